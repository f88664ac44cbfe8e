"""`score_weightings`: one submission under many weightings at once, to the same figures as one by
one.

A weighting says what rules, or areas, are worth instead, in points. A rule keeps the part of its
weight that it earned, before rounding, and is rounded anew; an area keeps the part that it earned
with its rules rounded, as in `sensitivity`.

A rule that earned 1.81 of 2.00 points, 90.5 %, earns 4.525 of a new weight of 5: 4.53. That part
is the same for all weightings, so a weighting is a row of a table, and the index a column.
"""

from collections.abc import Iterable, Mapping, Sequence
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
from cchc_rules.scoring.needs import CompiledNeed
from cchc_rules.scoring.scoring import Scoring
from cchc_rules.submissions import typed_cells
from cchc_rules.submissions.submission import Given
from cchc_rules.tables.column_totals import ColumnTotal, Sums, Worths, declared
from cchc_rules.tables.exact_columns import (
    TRUE,
    WIDTHS,
    Dtype,
    Gauge,
    Whole,
    as_ratio,
    certain,
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
"""The results that there are where rules are weighed; where areas are, only those of `INDEX`."""

LONG = pl.Decimal(38, 0)
"""Whole numbers that may have more than 64 bits, as other programs read them."""

MOST = 10**9
"""No weight is larger, in points."""

MOST_PROBLEMS = 20
"""How many wrong weights are told at once."""

Bounds: TypeAlias = tuple[tuple[str, int], ...]
"""The columns of weights, each with a number of ticks that none of its weights exceeds."""


def score_weightings(
    report: Report,
    weightings: Any,
    *,
    results: Iterable[str] = ("index", "band"),
    decimals: bool = True,
) -> pl.DataFrame:
    """Return what the index of a report would be under other weights, one row a weighting.

    Arguments:
        report: The report, whose figures and judgements stay as they are.
        weightings: A table (anything that gives Arrow data) with columns `rule.<id>`, or
            `group.<id>` for areas (base groups at the top), of weights in points from 0 up. What
            has no column keeps its weight. A column `weighting` may name each.
        results: What is worked out, of `OF_RULES`. The unrounded index (`exact`) is a numerator and
            a denominator, in lowest terms.
        decimals: Whether points are decimals, or whole numbers in units of the last place.

    Raises `SubmissionError` for a column that means nothing and for a weight that is none, and
    `ValueError` for results that there are not.

    >>> from cchc_rules import load_measurements, load_rules, score
    >>> rules = load_rules("cam-due-2023")
    >>> submission = {"format": 1, "ruleset": rules.id, "unit": "X", "period": "2023"}
    >>> report = score(rules, load_measurements(submission | {"measurements": {}}, rules))
    >>> score_weightings(report, {"weighting": ["as it is"]}, results=["index"]).rows()
    [(1, 'as it is', Decimal('0.00'))]
    """
    if isinstance(weightings, pl.LazyFrame):
        frame = weightings.collect()
    else:
        frame = pl.DataFrame(weightings)
    scoring = report.scoring
    wanted = Wanted(tuple(results), decimals)
    columns = [name for name in frame.columns if name != LABEL]
    by_area = _weighs_areas(scoring.compiled, columns)
    if by_area:
        possible(wanted, INDEX)
    else:
        possible(wanted, OF_RULES)
    ticks = _ticks(frame, scoring.compiled.unit)
    weigher = _weigher(scoring, _bounds(ticks), by_area, wanted)
    return weigher.run(ticks)


# Weights


def _weighs_areas(compiled: CompiledRuleSet, names: Sequence[str]) -> bool:
    """Return whether areas are weighed; refuse columns that mean nothing, and tables that weigh
    rules and areas.
    """
    weighed = {*names}
    areas = {_area(compiled, position) for position in _areas(compiled)}
    rules = set[str]()
    for id_, worth in zip(compiled.names, compiled.worths, strict=True):
        # A rule of no weight has earned no part of it that could be kept.
        if worth.weight:
            rules.add(f"rule.{id_}")
    problems = []
    for name in sorted(weighed - areas - rules):
        near = nearest(name, areas | rules)
        arguments = {"name": quoted(name), "nearest": near}
        problems.append(Problem("weight-column", (name,), arguments))
    # What caps within caps leave of rules of other weights has no form in columns; areas have, but
    # not where anything is rounded in a way of its own.
    by_rule = weighed & rules and not compiled.in_columns
    if by_rule or compiled.rounds_its_own_way:
        problems.append(Problem("weights-of-rules", (), {}))
    if weighed & areas and weighed & rules:
        problems.append(Problem("weights-of-both", (), {}))
    if problems:
        raise SubmissionError(problems)
    return bool(weighed & areas)


def _areas(compiled: CompiledRuleSet) -> list[int]:
    """Return the positions of the areas: base groups at the top that are worth something."""
    return [
        position
        for position, group in enumerate(compiled.groups)
        if group.top and group.kind == "base" and group.maximum
    ]


def _area(compiled: CompiledRuleSet, position: int) -> str:
    return f"group.{compiled.groups[position].id}"


def _ticks(frame: pl.DataFrame, unit: int) -> pl.DataFrame:
    """Return the weights in ticks, their rows numbered; raise `SubmissionError` where one is no
    weight.
    """
    weights = [column for column in frame if column.name != LABEL]
    labels = [column for column in frame if column.name == LABEL]
    ticks = frame.select(_column_of_ticks(column, unit) for column in weights)
    # All columns are tested at once; only those in which something is wrong are gone through.
    wrong = pl.all().is_null() | ~_is_weight(pl.all(), unit)
    problems = [
        problem
        for column in ticks.select(wrong.any())
        if column.any()
        for problem in _wrong(frame[column.name], ticks[column.name], unit)
    ]
    if problems:
        raise SubmissionError(problems[:MOST_PROBLEMS])
    numbers = pl.int_range(1, frame.height + 1, eager=True).alias(ROW)
    return pl.DataFrame([numbers, *labels, *ticks.get_columns()])


def _is_weight(ticks: pl.Expr, unit: int) -> pl.Expr:
    return ticks.is_between(0, MOST * unit)


def _wrong(
    column: pl.Series,
    ticks: pl.Series,
    unit: int,
) -> Iterable[Problem]:
    # The unit is a power of ten: 100 ticks a point are two places.
    places = len(str(unit)) - 1
    bounds = {"places": Figures(places), "most": Figures(MOST)}
    wrong = ticks.is_null() | ~ticks.is_between(0, MOST * unit)
    for row in wrong.arg_true().head(MOST_PROBLEMS):
        arguments = {"given": quoted(column[row]), **bounds}
        yield Problem("weight-unread", (LABEL, row, column.name), arguments)


def _column_of_ticks(column: pl.Series, unit: int) -> pl.Expr:
    """Return the weights of a column in ticks; null, or out of range, for what is none."""
    cells = pl.col(column.name)
    dtype = column.dtype
    if dtype.is_integer():
        return _times(cells.cast(pl.Int64, strict=False), unit)
    if isinstance(dtype, pl.Decimal):
        # A decimal is stored as the whole number of units of its last place.
        units = cells.reinterpret(dtype=pl.Int128)
        narrow = units.cast(pl.Int64, strict=False)
        return _of_units(narrow, unit, 10**dtype.scale)
    if dtype == pl.Float32:
        # By its own shortest form, not by that of the same number in 64 bits.
        column = column.cast(pl.String).cast(pl.Float64)
        cells = cells.cast(pl.String).cast(pl.Float64)
    # A table of thousands of weightings has few different weights: each is read once.
    different = column.unique()
    ticks = [_typed(cell, unit) for cell in different]
    return cells.replace_strict(
        different,
        ticks,
        default=None,
        return_dtype=pl.Int64,
    )


def _times(wholes: pl.Expr, unit: int) -> pl.Expr:
    """Return whole numbers times a unit; what is too large for a weight stays too large, and does
    not wrap.
    """
    if unit == 1:
        return wholes
    return wholes.clip(-1, MOST + 1) * unit


def _of_units(
    digits: pl.Expr,
    unit: int,
    per_point: int,
) -> pl.Expr:
    """Return ticks of weights that are written in units of their last place, `per_point` of which
    make a point; null for what is no whole tick.
    """
    if unit >= per_point:
        return _times(digits, unit // per_point)
    per_tick = per_point // unit
    return pl.when(digits % per_tick == 0).then(digits // per_tick)


def _typed(cell: object, unit: int) -> int | None:
    """Return a weight that is typed, or a float by its shortest decimal form, in ticks; None for
    what is none.
    """
    if isinstance(cell, float):
        weight: object = Decimal(repr(cell))
    else:
        weight = typed_cells.number(str(cell).strip())
    if not isinstance(weight, Decimal) or not weight.is_finite():
        return None
    if abs(weight) > MOST:
        return None
    ticks = Fraction(weight) * unit
    if ticks.denominator != 1:
        return None
    return ticks.numerator


def _bounds(ticks: pl.DataFrame) -> Bounds:
    """Return what no weight exceeds, generously: so one program does for all tables of such
    weights.

    The bound is the power of ten above the largest weight.
    """
    most = ticks.select(pl.exclude(ROW, LABEL).max().fill_null(0))
    bounds = []
    for column in most:
        digits = len(str(column[0]))
        bounds.append((column.name, 10**digits))
    return tuple(bounds)


# Programs


@lru_cache(maxsize=8)
def _weigher(
    scoring: Scoring,
    bounds: Bounds,
    by_area: bool,
    wanted: Wanted,
) -> "Weigher":
    """Return what scores weightings of an outcome, by the narrowest numbers that hold all that can
    occur.
    """
    for dtype, bits in WIDTHS:
        weigher = Weigher(scoring, dict(bounds), by_area, wanted, dtype)
        fits = weigher.scored.gauge.peak < 1 << bits
        if fits and not weigher.scored.long:
            return weigher
    raise SubmissionError([Problem("weights-too-long", (), {})])


class Weigher:
    """Scores weightings of one outcome, in columns."""

    def __init__(
        self,
        scoring: Scoring,
        bounds: Mapping[str, int],
        by_area: bool,
        wanted: Wanted,
        dtype: Dtype,
    ) -> None:
        self.scoring = scoring
        self.compiled = scoring.compiled
        self.gauge = Gauge(dtype)
        weights = {}
        for name, most in bounds.items():
            column = self._column(name)
            weights[name] = self.gauge.whole(column, 0, most)
        sums: Sums
        if by_area:
            sums = AreaSums(self.compiled, self.gauge, weights)
        else:
            sums = RuleSums(self.compiled, self.gauge, weights)
        # The submission was judged once, and every weighting keeps its states and reasons.
        judged = [
            self._judged(position, weight)
            for position, weight in enumerate(sums.weights)
        ]
        self.scored = Scored(
            sums,
            judged,
            self._proved,
            self._metric_passes,
            pl.Int128,
        )
        written_as = scale(scoring.rules, wanted)
        outputs = [*self.scored.results(wanted, written_as)]
        self.steps = self.gauge.steps(outputs, set())
        self.outputs = [pl.col(ROW), pl.col(f"^{LABEL}$"), *outputs]

    def run(self, ticks: pl.DataFrame) -> pl.DataFrame:
        """Return the results of weights in ticks."""
        slices = [*ticks.iter_slices(SLICE)] or [ticks]
        return pl.concat(map(self._scored, slices))

    def _scored(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the results of a slice; whole numbers of 128 bits as decimals without places."""
        for columns in self.steps:
            frame = frame.with_columns(columns)
        results = reduced(frame.select(self.outputs))
        # Too little was reported for an index, whatever weighs how much (semantics I9).
        if not self.scoring.index.covered:
            of_index = [name for name in results.columns if name in _OF_INDEX]
            results = results.with_columns(
                pl.when(False).then(pl.col(name)).alias(name) for name in of_index
            )
        return results.with_columns(
            pl.col(name).reinterpret(dtype=LONG)
            for name in EXACT
            if name in results.columns
        )

    def _column(self, name: str) -> pl.Expr:
        column = pl.col(name)
        if self.gauge.dtype == pl.Int64:
            return column
        return self.gauge.keep(column.cast(self.gauge.dtype))

    def _judged(self, position: int, weight: Whole) -> Judged:
        """Return a rule that keeps the part of its weight that it earned."""
        result = self.scoring.results[position]
        old_weight = self.compiled.worths[position].weight
        part = _part(Fraction(result.n, result.d), old_weight)
        exact = as_ratio(weight).times(part)
        earned = exact.rounded().kept()
        none = self.gauge.number(0)
        lost = none
        excluded = none
        rescaled = none
        # A rule that is excluded is excluded whole, whatever it weighs.
        if result.excluded:
            excluded = weight
        else:
            lost = (weight - earned).kept()
        if result.rescales:
            rescaled = excluded
        new_result = ColumnResult(
            result.state,
            result.reason,
            earned,
            lost,
            excluded,
            rescaled=rescaled,
            exact=exact,
            given=isinstance(result.detail, Given),
        )
        return Judged([(TRUE, new_result)])

    def _metric_passes(self, need: CompiledNeed) -> pl.Expr:
        """Return whether a condition on a metric bars: its figure is that of the report."""
        return certain(not need.standing(self.scoring.seen).bars)

    def _proved(self) -> dict[int, pl.Expr]:
        return {
            position: certain(self.scoring.proved(position, metrics))
            for position, metrics in self.compiled.evidence
        }


_OF_INDEX = ("index", "supported", "band", *EXACT)
"""The columns that are empty where there is no index."""


def _part(points: Fraction, weight: int) -> Fraction:
    """Return points as a part of a weight; what is worth nothing has earned nothing."""
    if not weight:
        return Fraction(0)
    return points / weight


class RuleSums(Sums):
    """Adds up rules with weights of their own; the fewest points of each are the same part of its
    weight as before.
    """

    def __init__(
        self,
        compiled: CompiledRuleSet,
        gauge: Gauge,
        weights: Mapping[str, Whole],
    ) -> None:
        old = declared(compiled, gauge)
        new = []
        for id_, weight in zip(compiled.names, old.weights, strict=True):
            new.append(weights.get(f"rule.{id_}", weight))
        lowest = []
        for weight, worth in zip(new, compiled.worths, strict=True):
            part = _part(Fraction(worth.lowest), worth.weight)
            exact_lowest = as_ratio(weight).times(part)
            lowest.append(exact_lowest.rounded())
        super().__init__(compiled, gauge, Worths(new, lowest))


class AreaSums(Sums):
    """Adds up areas with weights of their own, of which they keep the parts that they earned and
    that are left.
    """

    def __init__(
        self,
        compiled: CompiledRuleSet,
        gauge: Gauge,
        weights: Mapping[str, Whole],
    ) -> None:
        super().__init__(compiled, gauge)
        self.areas: dict[int, Whole] = {}
        for position in _areas(compiled):
            declared_most = self.maxima[position]
            name = _area(compiled, position)
            self.areas[position] = weights.get(name, declared_most)

    def base(self, totals: list[ColumnTotal]) -> tuple[Whole, Whole]:
        """Return the points that areas earned and those that are left to be scored.

        Both are as many times larger, so that they are whole: the index is their quotient. An area
        that earned 7/8 of its points and one that earned 2/3 are taken times 24, by 21 and 16.
        """
        earned = {}
        left = {}
        for area in self.areas:
            most = self.compiled.groups[area].maximum
            total = totals[area]
            earned[area] = Fraction(total.earned.low, most)
            left[area] = 1 - Fraction(total.rescaled.low, most)
        parts = (*earned.values(), *left.values())
        times = lcm(*(part.denominator for part in parts))
        return self._weighted(earned, times), self._weighted(left, times)

    def _weighted(self, parts: Mapping[int, Fraction], times: int) -> Whole:
        """Return the sum of parts of the areas' weights, so many times larger."""
        weighted = []
        for area, part in parts.items():
            factor = int(part * times)
            weighted.append(self.areas[area].times(factor))
        return self.gauge.total(weighted)
