"""What rules in columns come to: groups, the index, and the columns in which results say it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import TypeAlias

import polars as pl

from cchc_rules.tables.column_totals import Index, Sums, only_where
from cchc_rules.tables.exact_columns import Dtype, Whole
from cchc_rules.tables.judged import REASON, STATE, Judged
from cchc_rules.tables.result_columns import EXACT, Scale, Wanted

Proved: TypeAlias = Callable[[], Mapping[int, pl.Expr]]
"""Gives, for each rule that must be proved, where a document is named; asked only where that is
wanted.
"""


class Scored:
    """Judged rules, in the plan's order, and their sums; `proved` says of rules that must be proved
    where they are.

    The exact index is written as whole numbers of a type of its own; `long` says that one may not
    fit.
    """

    def __init__(
        self,
        sums: Sums,
        judged: Sequence[Judged],
        proved: Proved,
        exact: Dtype = pl.Int64,
    ) -> None:
        self.sums = sums
        self.compiled = sums.compiled
        self.gauge = sums.gauge
        self.judged = judged
        self.proved = proved
        self.exact = exact
        self.totals = sums.totals(judged)
        self.index = sums.index(self.totals)
        self.long = False

    def results(self, wanted: Wanted, scale: Scale) -> Iterator[pl.Expr]:
        """Yield the columns of the results: points as decimals, or as whole numbers of the last
        place.
        """
        shown = partial(points, own=self.compiled.rules.index.places, scale=scale)
        for name in wanted.index():
            yield from (
                self._exact()
                if name == "exact"
                else [self._once(name, shown).alias(name)]
            )
        for group, total in zip(self.compiled.groups, self.totals, strict=True):
            yield from (
                shown(getattr(total, part)).alias(f"group.{group.id}.{part}")
                for part in wanted.of("group")
            )
        asked = wanted.of("rule")
        points_asked = {"earned", "lost"} & {*asked}
        counted = self.sums.counted(self.judged, self.totals) if points_asked else []
        for at, (id_, rule) in enumerate(
            zip(self.compiled.names, self.judged, strict=True)
        ):
            for part in asked:
                if part in ("state", "reason"):
                    found = _word(rule, part)
                else:
                    found = shown(getattr(counted[at], part))
                yield found.alias(f"rule.{id_}.{part}")

    def _exact(self) -> Iterator[pl.Expr]:
        """Yield the index before it is rounded: a numerator and a denominator, not in lowest terms."""
        exact = self.index.exact
        end = 1 << 63 if self.exact == pl.Int64 else 10**38
        parts = (exact.n.times(exact.k.numerator), exact.d.times(exact.k.denominator))
        self.long |= any(max(-part.low, part.high) >= end for part in parts)
        yield from (
            only_where(self.index.scored, written(part, self.exact)).alias(name)
            for part, name in zip(parts, EXACT, strict=True)
        )

    def _once(self, name: str, shown: Callable[[Whole], pl.Expr]) -> pl.Expr:
        """Return the index, its band, what of it is supported, or the least or the most that it can
        come to.
        """
        if name == "band":
            return self.sums.band(self.index, self.judged)
        found = self._reckoned(name)
        return only_where(found.scored, shown(found.value))

    def _reckoned(self, name: str) -> Index:
        if name == "index":
            return self.index
        if name == "supported":
            return self.sums.supported(self.judged, self.proved())
        points = self.sums.lowest if name == "lowest" else self.sums.weights
        return self.sums.settled(self.judged, points)


def _word(judged: Judged, part: str) -> pl.Expr:
    if part == "state":
        return judged.word(lambda one: str(one.state), STATE)
    return judged.word(lambda one: str(one.reason), REASON)


def points(ticks: Whole, own: int, scale: Scale) -> pl.Expr:
    """Return ticks, of so many places of their own, as points: whole ticks, or decimals, without
    any arithmetic.
    """
    return written(ticks.times(10 ** (scale.places - own)), scale.dtype)


def written(whole: Whole, dtype: Dtype) -> pl.Expr:
    """Return whole numbers as a type of results; decimals take them as units of their last place."""
    if dtype.is_integer():
        return whole.expr.cast(dtype)
    if whole.fixed:
        return pl.lit(Decimal(whole.low).scaleb(-dtype.scale), dtype)
    return whole.expr.cast(pl.Int128).reinterpret(dtype=dtype)
