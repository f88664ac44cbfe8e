"""What rules in columns come to: groups, the index, and the columns in which results say it.

Each result is worked out only where it is asked for. Points stay whole numbers of ticks to the end;
`points` then gives them the type of the results without dividing anything.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import TypeAlias

import polars as pl

from cchc_rules.tables.column_needs import ColumnNeeds, MetricPasses
from cchc_rules.tables.column_totals import ColumnIndex, Counted, Sums, only_where
from cchc_rules.tables.exact_columns import Dtype, Whole
from cchc_rules.tables.judged import REASON, STATE, Judged
from cchc_rules.tables.result_columns import EXACT, Scale, Wanted

Proved: TypeAlias = Callable[[], Mapping[int, pl.Expr]]
"""Gives, for each rule that must be proved, where a document is named.

It is called only where the supported index is asked for: most tables have no columns of evidence.
"""


class Scored:
    """Judged rules and what they come to.

    Arguments:
        sums: Adds the rules up.
        judged: The rules, in the order of the compiled rule set.
        proved: Says of rules that must be proved where they are.
        metric_passes: Says where conditions on metrics do not bar.
        exact: The type of whole numbers in which the exact index is written. Once the results have
            been asked for, `long` says whether one of them may not fit.
    """

    def __init__(
        self,
        sums: Sums,
        judged: Sequence[Judged],
        proved: Proved,
        metric_passes: MetricPasses,
        exact: Dtype = pl.Int64,
    ) -> None:
        self.sums = sums
        self.compiled = sums.compiled
        self.gauge = sums.gauge
        self.judged = judged
        self.proved = proved
        self.metric_passes = metric_passes
        self.exact = exact
        self.totals = sums.totals(judged)
        self.index = sums.index(self.totals)
        self.long = False

    def results(self, wanted: Wanted, scale: Scale) -> Iterator[pl.Expr]:
        """Yield the columns of the results, in the order in which results have them.

        Arguments:
            wanted: Which results are asked for.
            scale: How points are written: as decimals, or as whole numbers of the last place.
        """
        shown = partial(
            points,
            places=self.compiled.rules.index.places,
            scale=scale,
        )
        for name in wanted.index():
            if name == "exact":
                yield from self._exact()
            else:
                yield self._once(name, shown).alias(name)
        groups = zip(self.compiled.groups, self.totals, strict=True)
        for group, total in groups:
            for part in wanted.of("group"):
                ticks = getattr(total, part)
                yield shown(ticks).alias(f"group.{group.id}.{part}")
        yield from self._rules(wanted.of("rule"), shown)

    def _rules(
        self,
        parts: Sequence[str],
        shown: Callable[[Whole], pl.Expr],
    ) -> Iterator[pl.Expr]:
        """Yield the columns of the rules: those of `parts`, rule by rule."""
        # To share out what a rule counts for needs many columns: only where it is asked for. It is
        # done for all rules at once, because shares of one group depend on each other.
        counted: Sequence[Counted] = []
        if "earned" in parts or "lost" in parts:
            counted = self.sums.counted(self.judged, self.totals)
        for position, id_ in enumerate(self.compiled.names):
            for part in parts:
                if part in ("state", "reason"):
                    column = _word(self.judged[position], part)
                else:
                    column = shown(getattr(counted[position], part))
                yield column.alias(f"rule.{id_}.{part}")

    def _exact(self) -> Iterator[pl.Expr]:
        """Yield the index before it is rounded: numerator and denominator, not in lowest terms."""
        # The program is told by `long`, and tries the next width, or goes row by row.
        exact = self.index.exact
        # The first number that the type cannot hold; decimals have 38 digits.
        end = 10**38
        if self.exact == pl.Int64:
            end = 1 << 63
        numerator = exact.n.times(exact.k.numerator)
        denominator = exact.d.times(exact.k.denominator)
        parts = (numerator, denominator)
        for part in parts:
            largest = max(-part.low, part.high)
            self.long |= largest >= end
        for part, name in zip(parts, EXACT, strict=True):
            column = written(part, self.exact)
            yield only_where(self.index.scored, column).alias(name)

    def _once(self, name: str, shown: Callable[[Whole], pl.Expr]) -> pl.Expr:
        """Return a column that there is once in a row: the band, or an index in points."""
        if name == "band":
            needs = ColumnNeeds(
                self.gauge,
                self.sums.weights,
                self.judged,
                self.totals,
                self.metric_passes,
            )
            return self.sums.band(self.index, needs)
        index = self._reckoned(name)
        return only_where(index.scored, shown(index.value))

    def _reckoned(self, name: str) -> ColumnIndex:
        """Return the index, what of it is supported, or the least or most that it can come to."""
        if name == "index":
            return self.index
        if name == "supported":
            return self.sums.supported(self.judged, self.proved())
        if name == "lowest":
            return self.sums.settled(self.judged, self.sums.lowest)
        return self.sums.settled(self.judged, self.sums.weights)


def _word(judged: Judged, part: str) -> pl.Expr:
    """Return the state of a rule, or the reason for it, as a column of words."""
    if part == "state":
        return judged.word(lambda result: str(result.state), STATE)
    return judged.word(lambda result: str(result.reason), REASON)


def points(
    ticks: Whole,
    places: int,
    scale: Scale,
) -> pl.Expr:
    """Return ticks as points in the way that results are written.

    Arguments:
        ticks: Whole numbers of the last place of one version of the rule set.
        places: How many decimal places that version has: a later one may have others.
        scale: How results are written: with at least as many places, and as which type.
    """
    # Results have the places of the version that has most: ticks of the others are multiplied.
    more_places = scale.places - places
    return written(ticks.times(10**more_places), scale.dtype)


def written(whole: Whole, dtype: Dtype) -> pl.Expr:
    """Return whole numbers as a type of results; decimals take them as units of their last place.

    A decimal of two places is stored as the whole number of hundredths, so nothing is divided:
    8256 becomes 82.56 by a change of type.
    """
    if dtype.is_integer():
        return whole.expr.cast(dtype)
    if whole.fixed:
        number = Decimal(whole.low).scaleb(-dtype.scale)
        return pl.lit(number, dtype)
    return whole.expr.cast(pl.Int128).reinterpret(dtype=dtype)
