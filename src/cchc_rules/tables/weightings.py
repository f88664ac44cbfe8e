"""`score_weightings`: one submission under many weightings, scored together, to the same figures as
one by one.

A weighting says what rules, or areas, are worth instead, in points. A rule keeps the part of its
weight that it earned, before rounding, and is rounded anew; an area keeps the part that it earned
with its rules rounded, as in `sensitivity`.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from math import lcm
from typing import Any, TypeAlias

import polars as pl

from cchc_rules.base.messages import Figures
from cchc_rules.base.problem import Problem, SubmissionError, nearest, quoted
from cchc_rules.report.report import Report
from cchc_rules.scoring.compiled_rules import CompiledRuleSet
from cchc_rules.scoring.scoring import Scoring as Scoring
from cchc_rules.submissions import typed_cells
from cchc_rules.submissions.submission import Given
from cchc_rules.tables.column_totals import Sums, Total, Worths, declared
from cchc_rules.tables.exact_columns import (
    FALSE,
    TRUE,
    WIDTHS,
    Dtype,
    Gauge,
    Whole,
    as_ratio,
)
from cchc_rules.tables.file_parts import SLICE
from cchc_rules.tables.judged import ColumnResult, Judged
from cchc_rules.tables.result_columns import (
    EXACT,
    INDEX,
    OF_GROUP,
    ROW,
    Wanted,
    possible,
    reduced,
    scale,
)
from cchc_rules.tables.scored import Scored

LABEL = "weighting"
"""A column that names each weighting; it stands in the results too."""

OF_RULES = (*INDEX, *(f"group.{part}" for part in OF_GROUP), "rule.earned", "rule.lost")
"""What can be asked for where rules are weighed; where areas are, it is what there is once:
`INDEX`.
"""

LONG = pl.Decimal(38, 0)
"""Whole numbers that may have more than 64 bits, as other programs read them."""

MOST = 10**9
"""No weight is larger, in points."""

TOLD = 20
"""So many wrong weights are told at once."""

Spans: TypeAlias = tuple[tuple[str, int], ...]
"""The columns, each with a number that none of its weights exceeds, in ticks."""


def score_weightings(
    report: Report,
    weightings: Any,
    *,
    results: Iterable[str] = ("index", "band"),
    decimals: bool = True,
) -> pl.DataFrame:
    """Return what the index of a report would be under other weights, one row a weighting.

    The table of weightings (anything that gives Arrow data) has columns `rule.<id>`, or
    `group.<id>` for areas (base groups at the top), with weights in points from 0 up; what has no
    column keeps its weight. `weighting` names each. `results` are of `OF_RULES`; the unrounded
    index (`exact`) is a numerator and a denominator, in lowest terms. Raises `SubmissionError` for
    a column that means nothing and for a weight that is none, and `ValueError` for results that
    there are not.
    """
    frame = (
        weightings.collect()
        if isinstance(weightings, pl.LazyFrame)
        else pl.DataFrame(weightings)
    )
    scoring = report.scoring
    wanted = Wanted(tuple(results), decimals)
    by_area = _known(
        scoring.compiled, [name for name in frame.columns if name != LABEL]
    )
    possible(wanted, INDEX if by_area else OF_RULES)
    ticks = _ticks(frame, scoring.compiled.unit)
    return _weigher(scoring, _spans(ticks), by_area, wanted).run(ticks)


# Weights


def _known(plan: CompiledRuleSet, names: Iterable[str]) -> bool:
    """Whether areas are weighed; refuse columns that mean nothing, and tables that weigh rules and
    areas.
    """
    given = {*names}
    areas = {_area(plan, at) for at in _areas(plan)}
    rules = {
        f"rule.{id_}"
        for id_, worth in zip(plan.names, plan.worths, strict=True)
        if worth.weight
    }
    problems = [
        Problem(
            "weight-column",
            (name,),
            {"name": quoted(name), "nearest": nearest(name, areas | rules)},
        )
        for name in sorted(given - areas - rules)
    ]
    if given & areas and given & rules:
        problems.append(Problem("weights-of-both", (), {}))
    if problems:
        raise SubmissionError(problems)
    return bool(given & areas)


def _areas(plan: CompiledRuleSet) -> list[int]:
    """Return the positions of the areas: base groups at the top that are worth something."""
    return [
        at
        for at, group in enumerate(plan.groups)
        if group.top and group.kind == "base" and group.maximum
    ]


def _area(plan: CompiledRuleSet, at: int) -> str:
    return f"group.{plan.groups[at].id}"


def _ticks(frame: pl.DataFrame, unit: int) -> pl.DataFrame:
    """Return the weights in ticks, their rows numbered; raise `SubmissionError` where one is no
    weight.
    """
    weights = [column for column in frame if column.name != LABEL]
    ticks = frame.select(_whole(column, unit) for column in weights)
    odd = ticks.select((pl.all().is_null() | ~_is_weight(pl.all(), unit)).any())
    problems = [
        one
        for column in odd
        if column.any()
        for one in _wrong(frame[column.name], ticks[column.name], unit)
    ]
    if problems:
        raise SubmissionError(problems[:TOLD])
    numbers = pl.int_range(1, frame.height + 1, eager=True).alias(ROW)
    return pl.DataFrame(
        [
            numbers,
            *(column for column in frame if column.name == LABEL),
            *ticks.get_columns(),
        ]
    )


def _is_weight(ticks: pl.Expr, unit: int) -> pl.Expr:
    return ticks.is_between(0, MOST * unit)


def _wrong(column: pl.Series, ticks: pl.Series, unit: int) -> Iterable[Problem]:
    places = {"places": Figures(len(str(unit)) - 1), "most": Figures(MOST)}
    for at in (
        (ticks.is_null() | ~ticks.is_between(0, MOST * unit)).arg_true().head(TOLD)
    ):
        yield Problem(
            "weight-unread",
            (LABEL, at, column.name),
            {"given": quoted(column[at]), **places},
        )


def _whole(column: pl.Series, unit: int) -> pl.Expr:
    """Return the weights of a column in ticks; null, or out of range, for what is none."""
    name = pl.col(column.name)
    dtype = column.dtype
    if dtype.is_integer():
        return _times(name.cast(pl.Int64, strict=False), unit)
    if isinstance(dtype, pl.Decimal):
        return _of_units(
            name.reinterpret(dtype=pl.Int128).cast(pl.Int64, strict=False),
            unit,
            10**dtype.scale,
        )
    if (
        dtype == pl.Float32
    ):  # by its own shortest form, not by that of the same number in 64 bits
        column = column.cast(pl.String).cast(pl.Float64)
        name = name.cast(pl.String).cast(pl.Float64)
    each = column.unique()
    return name.replace_strict(
        each, [_typed(one, unit) for one in each], default=None, return_dtype=pl.Int64
    )


def _times(wholes: pl.Expr, unit: int) -> pl.Expr:
    """Return whole numbers times a unit; what is too large for a weight stays too large, and does
    not wrap.
    """
    return wholes if unit == 1 else wholes.clip(-1, MOST + 1) * unit


def _of_units(units: pl.Expr, unit: int, below: int) -> pl.Expr:
    """Return ticks of weights in units of their last place; null for what is no whole tick."""
    if unit >= below:
        return _times(units, unit // below)
    return pl.when(units % (below // unit) == 0).then(units // (below // unit))


def _typed(given: object, unit: int) -> int | None:
    """Return a weight that is typed, or a float by its shortest decimal form, in ticks; None for
    what is none.
    """
    read = (
        Decimal(repr(given))
        if isinstance(given, float)
        else typed_cells.number(str(given).strip())
    )
    if not isinstance(read, Decimal) or not read.is_finite() or abs(read) > MOST:
        return None
    ticks = Fraction(read) * unit
    return ticks.numerator if ticks.denominator == 1 else None


def _spans(ticks: pl.DataFrame) -> Spans:
    """Return what no weight exceeds, generously: so one program does for all tables of such
    weights.
    """
    most = ticks.select(pl.exclude(ROW, LABEL).max().fill_null(0))
    return tuple((column.name, 10 ** len(str(column[0]))) for column in most)


# Programs


@lru_cache(maxsize=8)
def _weigher(
    scoring: Scoring, spans: Spans, by_area: bool, wanted: Wanted
) -> "Weigher":
    """Return what scores weightings of an outcome, by the narrowest numbers that hold all that can
    occur.
    """
    for dtype, bits in WIDTHS:
        weigher = Weigher(scoring, dict(spans), by_area, wanted, dtype)
        if weigher.scored.gauge.peak < 1 << bits and not weigher.scored.long:
            return weigher
    raise SubmissionError([Problem("weights-too-long", (), {})])


class Weigher:
    """Scores weightings of one outcome, in columns."""

    def __init__(
        self,
        scoring: Scoring,
        spans: Mapping[str, int],
        by_area: bool,
        wanted: Wanted,
        dtype: Dtype,
    ) -> None:
        self.scoring = scoring
        self.compiled = scoring.compiled
        self.gauge = Gauge(dtype)
        weights = {
            name: self.gauge.whole(self._column(name), 0, most)
            for name, most in spans.items()
        }
        sums = (
            AreaSums(self.compiled, self.gauge, weights)
            if by_area
            else RuleSums(self.compiled, self.gauge, weights)
        )
        judged = [self._judged(at, weight) for at, weight in enumerate(sums.weights)]
        self.scored = Scored(sums, judged, self._proved, pl.Int128)
        carried = [pl.col(ROW), pl.col(f"^{LABEL}$")]
        self.outputs = [*self.scored.results(wanted, scale(scoring.rules, wanted))]
        self.steps = self.gauge.steps(self.outputs, set())
        self.outputs = [*carried, *self.outputs]

    def run(self, ticks: pl.DataFrame) -> pl.DataFrame:
        """Return the results of weights in ticks."""
        return pl.concat(map(self._scored, [*ticks.iter_slices(SLICE)] or [ticks]))

    def _scored(self, frame: pl.DataFrame) -> pl.DataFrame:
        for columns in self.steps:
            frame = frame.with_columns(columns)
        found = reduced(frame.select(self.outputs))
        return found.with_columns(
            pl.col(name).reinterpret(dtype=LONG)
            for name in EXACT
            if name in found.columns
        )

    def _column(self, name: str) -> pl.Expr:
        return (
            pl.col(name)
            if self.gauge.dtype == pl.Int64
            else self.gauge.keep(pl.col(name).cast(self.gauge.dtype))
        )

    def _judged(self, at: int, weight: Whole) -> Judged:
        """Return a rule that keeps the part of its weight that it earned."""
        result = self.scoring.results[at]
        none = self.gauge.number(0)
        exact = as_ratio(weight).times(
            _part(Fraction(result.n, result.d), self.compiled.worths[at].weight)
        )
        earned = exact.rounded().kept()
        lost, excluded = (
            (none, weight) if result.excluded else ((weight - earned).kept(), none)
        )
        rescaled = excluded if result.rescales else none
        given = isinstance(result.detail, Given)
        found = ColumnResult(
            result.state,
            result.reason,
            earned,
            lost,
            excluded,
            rescaled,
            exact,
            given=given,
        )
        return Judged([(TRUE, found)])

    def _proved(self) -> dict[int, pl.Expr]:
        return {
            at: TRUE if self.scoring.proved(at, metrics) else FALSE
            for at, metrics in self.compiled.evidence
        }


def _part(points: Fraction, weight: int) -> Fraction:
    """Return points as a part of a weight; what is worth nothing has earned nothing."""
    return points / weight if weight else Fraction(0)


class RuleSums(Sums):
    """Adds up rules with weights of their own; the fewest points of each are the same part of its
    weight as before.
    """

    def __init__(
        self, plan: CompiledRuleSet, gauge: Gauge, given: Mapping[str, Whole]
    ) -> None:
        old = declared(plan, gauge)
        new = [
            given.get(f"rule.{id_}", weight)
            for id_, weight in zip(plan.names, old.weights, strict=True)
        ]
        parts = [_part(Fraction(worth.lowest), worth.weight) for worth in plan.worths]
        least = [
            as_ratio(weight).times(part).rounded()
            for weight, part in zip(new, parts, strict=True)
        ]
        super().__init__(plan, gauge, Worths(new, least))


class AreaSums(Sums):
    """Adds up areas with weights of their own, of which they keep the parts that they earned and
    that are left.
    """

    def __init__(
        self, plan: CompiledRuleSet, gauge: Gauge, given: Mapping[str, Whole]
    ) -> None:
        super().__init__(plan, gauge)
        self.areas = {
            at: given.get(_area(plan, at), self.maxima[at]) for at in _areas(plan)
        }

    def base(self, totals: list[Total]) -> tuple[Whole, Whole]:
        """Return the points that areas earned and those that are left to be scored, both as many
        times larger.
        """
        most = {at: self.compiled.groups[at].maximum for at in self.areas}
        earned = {at: Fraction(totals[at].earned.low, most[at]) for at in most}
        left = {at: 1 - Fraction(totals[at].rescaled.low, most[at]) for at in most}
        times = lcm(*(part.denominator for part in (*earned.values(), *left.values())))
        both = (
            [self.areas[at].times(int(part * times)) for at, part in parts.items()]
            for parts in (earned, left)
        )
        points, whole = map(self.gauge.total, both)
        return points, whole
