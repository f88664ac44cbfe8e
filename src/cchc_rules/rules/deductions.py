"""The kinds of deduction: how a rule gives points and takes them away.

Each kind is one class that knows three things: its settings, what is wrong with them, and how it
lowers to the pieces of a value function. Everything else reads the pieces, so that a new kind is
one class here, its table in `file_format`, and its words.

Settings say of themselves what they are (`_setting`), so that mistakes can be made in them on
purpose without knowing the kind.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from fractions import Fraction
from itertools import pairwise
from typing import Any, ClassVar, Literal

from cchc_rules.base.interval import Interval
from cchc_rules.base.problem import Path, Problem, figure, nearest, quoted
from cchc_rules.base.state import Reason
from cchc_rules.rules import range_checks, table_checks
from cchc_rules.rules.metric_values import as_number, literal_fits
from cchc_rules.rules.model import Metric, Rule, RuleSet, Scalar
from cchc_rules.rules.value_function import (
    AllOf,
    Among,
    Axis,
    Compare,
    Computed,
    Condition,
    Constant,
    Hit,
    Line,
    Met,
    MetricTest,
    Otherwise,
    Piece,
    Points,
    Staircase,
    Symbol,
    Term,
    Units,
    Within,
)

Problems = Iterator[Problem]


class Nature(Enum):
    """What a setting is, for those who change settings on purpose."""

    FIGURE = auto()
    """A figure of the metric: it moves by one unit of the metric's last place."""
    POINTS = auto()
    """Points: they move by one tick."""
    PERCENT = auto()
    """A percentage: it moves by one."""
    STEP = auto()
    """A width: it moves by one unit of its own last place."""
    WORD = auto()
    """One of a few words (`choices`)."""
    NAME = auto()
    """The id of a metric."""
    FORMULA = auto()
    """A formula of points."""
    LADDER = auto()
    """Tiers, whose edges move together."""
    PARTS = auto()
    """Tables with settings of their own."""


def _setting(
    nature: Nature, default: Any = ..., *, optional: bool = False, **more: Any
) -> Any:
    """Declare a setting; an `optional` one may also be taken away.

    Its name is the key of the rule file, with `_` behind one that is a word of Python (`from_`).
    """
    metadata = {"nature": nature, "optional": optional, **more}
    if default is ...:
        return field(metadata=metadata)
    return field(default=default, metadata=metadata)


class Deduction:
    """A kind of deduction with its settings."""

    kind: ClassVar[str]
    """Its name in rule files."""
    needs_target: ClassVar[bool] = True
    """Whether it means nothing without a comparator and a threshold."""
    scored: ClassVar[bool] = True
    """Whether the rule can win or lose points."""
    by_hand: ClassVar[bool] = False
    """Whether a person gives the points."""
    hit: Hit | None = None
    """Which row counts where the pieces are rows over several metrics; None where they are not."""

    @property
    def axis(self) -> Axis:
        """What the pieces are held against; the rule's figure where nothing else is said."""
        return Axis()

    def pieces(self, rule: Rule) -> tuple[Piece, ...]:
        """Return the pieces of the rule's value function.

        Together they cover the range of the metric; there are none where a person gives the points.

        >>> from cchc_rules import load_rules
        >>> rule = load_rules("cam-due-2023").rules["on-time"]
        >>> [piece.reason.value for piece in rule.deduction.pieces(rule)]
        ['target_met', 'below_target']
        """
        raise NotImplementedError

    def faults(
        self, rules: RuleSet, rule: Rule, metric: Metric, path: Path
    ) -> Problems:
        """Yield what is wrong with the settings for a metric.

        Args:
            rules: the rule set, for the other metrics that a setting may name.
            rule: the rule, whose other keys may still be wrong: these have problems of their own.
            metric: the metric that the rule reads.
            path: where in the document the deduction stands.
        """
        yield from ()


# Kinds with a target begin with it: whoever reaches it has every point, whatever comes after.
_TARGET_MET = Piece(Met(), Constant(Symbol.WEIGHT), Reason.TARGET_MET)


@dataclass(frozen=True, slots=True)
class AllOrNothing(Deduction):
    """The weight where the target is met, else the fewest points."""

    kind: ClassVar[str] = "all_or_nothing"

    def pieces(self, rule: Rule) -> tuple[Piece, ...]:
        """Return the weight at the target, and the fewest points elsewhere."""
        missed = Piece(Otherwise(), Constant(Symbol.LOWEST), Reason.TARGET_MISSED)
        return _TARGET_MET, missed


@dataclass(frozen=True, slots=True)
class NoPoints(Deduction):
    """Information only: shown, never in a sum."""

    kind: ClassVar[str] = "none"
    needs_target: ClassVar[bool] = False
    scored: ClassVar[bool] = False

    def pieces(self, rule: Rule) -> tuple[Piece, ...]:
        """Return pieces that say whether the target is met; the rule has no points to lose."""
        met = Piece(Met(), Constant(Symbol.WEIGHT), Reason.INFORMATION)
        missed = Piece(Otherwise(), Constant(Symbol.LOWEST), Reason.INFORMATION)
        return met, missed


@dataclass(frozen=True, slots=True)
class Manual(Deduction):
    """Points that a person gives, with a reason."""

    kind: ClassVar[str] = "manual"
    needs_target: ClassVar[bool] = False
    by_hand: ClassVar[bool] = True

    def pieces(self, rule: Rule) -> tuple[Piece, ...]:
        """Return nothing: no figure gives the points."""
        return ()


@dataclass(frozen=True, slots=True)
class Proportional(Deduction):
    """The weight times how far the figure has come from `from_` to the target.

    Nothing is given below the floor (above it, where less is better).
    """

    kind: ClassVar[str] = "proportional"

    from_: Fraction | None = _setting(Nature.FIGURE, None)
    """The figure that earns nothing; zero where it is not given."""
    floor: Fraction | None = _setting(Nature.FIGURE, None, optional=True)
    """The figure short of which nothing is earned, though the line would give something."""

    def pieces(self, rule: Rule) -> tuple[Piece, ...]:
        """Return the target, the floor if there is one, and the line between start and target."""
        line = Line(self.from_ or Fraction(0), Symbol.THRESHOLD)
        share = Piece(Otherwise(), line, Reason.BELOW_TARGET)
        if self.floor is None:
            return _TARGET_MET, share
        # The floor itself still earns its share.
        sign = ">"
        if rule.comparator == ">=":
            sign = "<"
        short = Compare(sign, self.floor)
        zero = Constant(Fraction(0))
        nothing = Piece(short, zero, Reason.BELOW_FLOOR, ("floor",))
        return _TARGET_MET, nothing, share

    def faults(
        self, rules: RuleSet, rule: Rule, metric: Metric, path: Path
    ) -> Problems:
        """Yield a target that is strict or no number, and a line that leads nowhere."""
        rising = rule.comparator == ">="
        # At the target the line gives the full weight, although a strict target is missed there.
        if rule.comparator in (">", "<"):
            arguments = {"comparator": rule.comparator}
            yield Problem("proportional-strict", path, arguments)
            return
        if not metric.numeric or rule.comparator not in (">=", "<="):
            yield _wrong_type(self, metric, path)
            return
        # Where less is better, nobody can guess which figure is so bad that it earns nothing.
        if self.from_ is None and not rising:
            yield Problem("proportional-from", path)
            return
        start = self.from_ or Fraction(0)
        yield from self._falls_at_the_floor(rule, start, path)
        target = rule.threshold
        # A target that a submission decides may lie on the wrong side: the line then gives nothing.
        if not isinstance(target, Fraction):
            return
        if rising:
            leads_on = target > start
        else:
            leads_on = target < start
        if not leads_on:
            arguments = {
                "base": figure(start),
                "threshold": figure(target),
            }
            yield Problem("proportional-base", path, arguments)

    def _falls_at_the_floor(self, rule: Rule, start: Fraction, path: Path) -> Problems:
        """Yield a floor short of `from` where points go below zero: the worse figure earns more.

        With `from = 50`, `floor = 30` and fewest points of −2, a figure of 31 earns less than zero,
        and 29, below the floor, earns nothing, which is more.
        """
        if self.floor is None or rule.lowest >= 0:
            return
        below_zero = self.floor > start
        if rule.comparator == ">=":
            below_zero = self.floor < start
        if below_zero:
            arguments = {"floor": figure(self.floor)}
            yield Problem("floor-earns-more", (*path, "floor"), arguments)


@dataclass(frozen=True, slots=True)
class PerUnit(Deduction):
    """So much off for each unit off the target: `each` points, or `percent` of the weight."""

    kind: ClassVar[str] = "per_unit"

    each: Fraction | None = _setting(Nature.POINTS, None)
    """The points that a unit costs; either these or `percent`."""
    percent: Fraction | None = _setting(Nature.PERCENT, None)
    step: Fraction = _setting(Nature.STEP, Fraction(1))
    """How much of the metric makes a unit: 5 for “each five dossiers”."""
    units: Units = _setting(Nature.WORD, "exact", choices=("exact", "started", "whole"))
    exempt: str | None = _setting(Nature.NAME, None, optional=True)
    """A metric whose value is taken off the figure first, such as delays that were excused."""

    @property
    def axis(self) -> Axis:
        """The figure, less what is exempt."""
        return Axis(exempt=self.exempt)

    def loss(self, rule: Rule) -> Fraction:
        """Return the points that one unit off the target costs; below zero only by mistake."""
        if self.each is not None:
            return self.each
        return (self.percent or Fraction(0)) * rule.weight / 100

    def pieces(self, rule: Rule) -> tuple[Piece, ...]:
        """Return the target, and the stairs that lead down from it.

        They go on without an end; whoever reads them holds the points to the fewest.
        """
        stairs = Staircase(
            base=Symbol.WEIGHT,
            each=-self.loss(rule),
            origin=Symbol.THRESHOLD,
            step=self.step,
            units=self.units,
        )
        return _TARGET_MET, Piece(Otherwise(), stairs, Reason.UNITS_OFF)

    def faults(
        self, rules: RuleSet, rule: Rule, metric: Metric, path: Path
    ) -> Problems:
        """Yield a target that has no units, a loss that is none or too large, a wrong exemption."""
        by_number = metric.numeric and rule.comparator in (">=", "<=")
        by_day = metric.type == "date" and rule.comparator == "on_or_before"
        if not (by_number or by_day):
            yield _wrong_type(self, metric, path)
        # One of the two must be given, and not both.
        if (self.each is None) == (self.percent is None):
            yield Problem("per-unit-loss", path)
        else:
            yield from self._loss_faults(rule, path)
        # What is exempt is counted as the figure is; a name that is not declared is told elsewhere.
        exempt = rules.metrics.get(self.exempt or "")
        if exempt is not None and exempt.type != "count" and rule.comparator == "<=":
            arguments = {"kind": "exempt", "type": exempt.type}
            yield Problem("deduction-type", (*path, "exempt"), arguments)

    def _loss_faults(self, rule: Rule, path: Path) -> Problems:
        loss = self.loss(rule)
        # From all points down to the fewest: no unit can cost more than that.
        most = rule.weight - rule.lowest
        if loss <= 0:
            yield Problem("not-positive", (*path, "each"))
        elif self.step <= 0:
            yield Problem("not-positive", (*path, "step"))
        if loss > most:
            arguments = {
                "loss": figure(loss),
                "weight": figure(most),
            }
            yield Problem("deduction-above-weight", path, arguments)
        # Where more is better, taking exempt cases off the figure would make it worse.
        if self.exempt is not None and rule.comparator != "<=":
            arguments = {"kind": f"{self.kind} {rule.comparator}"}
            yield Problem("key-misplaced", (*path, "exempt"), arguments)


@dataclass(frozen=True, slots=True)
class TierValue:
    """What a tier gives: exactly one of points, a percentage of the weight, a formula.

    With `each` that is given at the low edge of the tier, and from there on so much more for each
    unit: of “10 to 20 %: 1 point; above 20 %: 0.25 more for each full 5 %” the upper tier has
    1 point, 0.25 for each, steps of 5, and whole units. 31 % is two full steps beyond 20, and
    comes to 1 + 0.25 × 2 = 1.5.
    """

    points: Fraction | None = None
    percent: Fraction | None = None
    formula: str | None = None
    each: Fraction | None = _setting(Nature.POINTS, None)
    """The points that a unit beyond the low edge adds, below zero where it takes some."""
    step: Fraction | None = _setting(Nature.STEP, None)
    """How much of the figure makes a unit; one where it is not given."""
    units: Units | None = _setting(
        Nature.WORD, None, choices=("exact", "started", "whole")
    )
    """How parts of a unit count; as they are where it is not given."""

    def of(self, rule: Rule, low: Fraction | None) -> Points:
        """Return the points of a piece; a percentage comes to points of the rule's weight.

        Args:
            rule: the rule, for its weight.
            low: the low edge of the tier, where a slope begins.
        """
        base = self._base(rule)
        # Without an edge, or over a formula, a slope begins nowhere: the file is refused.
        is_fixed = isinstance(base, Constant) and isinstance(base.points, Fraction)
        if self.each is None or low is None or not is_fixed:
            return base
        return Staircase(
            base=base.points,  # type: ignore[union-attr]
            each=self.each,
            origin=low,
            step=self.step or Fraction(1),
            units=self.units or "exact",
        )

    def _base(self, rule: Rule) -> Points:
        if self.points is not None:
            return Constant(self.points)
        if self.percent is not None:
            points = rule.weight * self.percent / 100
            return Constant(points, self.percent)
        if self.formula is not None:
            return Computed(self.formula)
        return Constant(Fraction(0))  # the file is refused: a tier must give something


@dataclass(frozen=True, slots=True)
class Tier:
    """One tier: an interval, or a set of values, or (both None) everything else."""

    value: TierValue
    interval: Interval | None = None
    values: tuple[Scalar, ...] | None = None

    @property
    def condition(self) -> Condition:
        """Where the tier holds."""
        if self.values is not None:
            return Among(self.values)
        if self.interval is not None:
            return Within(self.interval)
        return Otherwise()

    def points(self, rule: Rule) -> Points:
        """Return what the tier gives."""
        return self.value.of(rule, self.low)

    @property
    def low(self) -> Fraction | None:
        """The low edge, where a slope begins; None where the tier has none."""
        if self.interval is None:
            return None
        return self.interval.low


@dataclass(frozen=True, slots=True)
class Tiers(Deduction):
    """So much in each tier of the figure, or of the days it is late (`of`)."""

    kind: ClassVar[str] = "tiers"
    needs_target: ClassVar[bool] = False

    of: Literal["days_late"] | None = None
    """What the tiers read: the days after a deadline, or (None) the figure itself."""
    tiers: tuple[Tier, ...] = _setting(Nature.LADDER, ())
    """The tiers in the order of the file."""

    @property
    def axis(self) -> Axis:
        """The figure, or the days after the deadline."""
        return Axis(days_late=self.of is not None)

    def pieces(self, rule: Rule) -> tuple[Piece, ...]:
        """Return a piece for each tier."""
        return tuple(
            Piece(tier.condition, tier.points(rule), Reason.TIER, ("tiers", position))
            for position, tier in enumerate(self.tiers)
        )

    def faults(
        self, rules: RuleSet, rule: Rule, metric: Metric, path: Path
    ) -> Problems:
        """Yield tiers of the wrong type, then holes, overlaps and points that fall."""
        by_deadline = rule.comparator in ("on_or_before", "before")
        if self.of is not None and not by_deadline:
            yield Problem("tiers-days-late", (*path, "of"))
            return
        # The edges of tiers are numbers: dates have none but the days after a deadline.
        if metric.type == "date" and self.of is None:
            yield Problem("tiers-days-late", path)
            return
        faults: list[Problem] = []
        for position, tier in enumerate(self.tiers):
            tier_path = (*path, "tiers", position)
            faults += self._tier_faults(rule, metric, tier, tier_path)
        yield from faults
        # A tier of the wrong type takes no part of the range that could be checked.
        if not faults:
            yield from range_checks.pieces(rule, metric, path)

    def _tier_faults(
        self, rule: Rule, metric: Metric, tier: Tier, path: Path
    ) -> Problems:
        value = tier.value
        # Exactly one of three is given: two are not.
        if [value.points, value.percent, value.formula].count(None) != 2:
            yield Problem("tier-value", path)
        in_days = self.of is not None
        if tier.interval is not None and not (metric.numeric or in_days):
            yield Problem("tier-condition", path)
        items = tier.values or ()
        if in_days:
            fits = all(isinstance(item, Fraction) for item in items)
        else:
            fits = all(literal_fits(item, metric) for item in items)
        if not fits:
            yield Problem("tier-condition", path)
        yield from self._slope_faults(tier, path)
        # The points of a formula are known, and held, only when a submission is scored; those of a
        # slope are held, too, but for what it begins with.
        match tier.points(rule):
            case Constant(points) | Staircase(points):
                yield from _out_of_range(points, rule, path)

    def _slope_faults(self, tier: Tier, path: Path) -> Problems:
        """Yield a slope that begins nowhere, steps of no width, and keys of a slope without one."""
        value = tier.value
        if value.each is None:
            for key in ("step", "units"):
                if getattr(value, key) is not None:
                    arguments = {"kind": "tiers"}
                    yield Problem("key-misplaced", (*path, key), arguments)
            return
        if tier.low is None or value.formula is not None:
            yield Problem("tier-slope", path)
        if value.step is not None and value.step <= 0:
            yield Problem("not-positive", (*path, "step"))


def _wrong_type(deduction: Deduction, metric: Metric, path: Path) -> Problem:
    """Return the problem of a deduction that cannot read metrics of such a type."""
    arguments = {"kind": deduction.kind, "type": metric.type}
    return Problem("deduction-type", path, arguments)


def _out_of_range(points: Term, rule: Rule, path: Path) -> Problems:
    """Yield points that lie above the weight or below the fewest."""
    if isinstance(points, Fraction) and not rule.lowest <= points <= rule.weight:
        arguments = {
            "points": figure(points),
            "lowest": figure(rule.lowest),
            "weight": figure(rule.weight),
        }
        yield Problem("points-out-of-range", path, arguments)


@dataclass(frozen=True, slots=True)
class ByFormula(Deduction):
    """The points that a formula gives, held between the fewest points and the weight."""

    kind: ClassVar[str] = "formula"
    needs_target: ClassVar[bool] = False

    formula: str = _setting(Nature.FORMULA)

    def pieces(self, rule: Rule) -> tuple[Piece, ...]:
        """Return the one piece that the formula is."""
        return (Piece(Otherwise(), Computed(self.formula), Reason.FORMULA),)


@dataclass(frozen=True, slots=True)
class Bracket:
    """A part of the range with a rate of its own, up to and with `to`; None: to the end."""

    each: Fraction = _setting(Nature.POINTS)
    to: Fraction | None = _setting(Nature.FIGURE, None)


@dataclass(frozen=True, slots=True)
class Progressive(Deduction):
    """Brackets, each at its own rate on its own part, as a progressive tax is worked out.

    With 0 to 10 at 1, 10 to 20 at 2, and above at 3, a figure of 25 gives 10 + 20 + 15 = 45.
    """

    kind: ClassVar[str] = "progressive"
    needs_target: ClassVar[bool] = False

    from_: Fraction | None = _setting(Nature.FIGURE, None)
    """Where the first bracket begins; zero where it is not given."""
    brackets: tuple[Bracket, ...] = _setting(Nature.PARTS, ())

    def pieces(self, rule: Rule) -> tuple[Piece, ...]:
        """Return a line for each bracket, which begins with the points of those before it."""
        start = self.from_ or Fraction(0)
        # What the brackets before come to, each filled to its end.
        points = Fraction(0)
        pieces = []
        for position, bracket in enumerate(self.brackets):
            line = Staircase(points, bracket.each, start)
            # An edge belongs to the bracket below it; the points are the same on both sides.
            part = Interval(start, bracket.to, low_open=position > 0)
            key = ("brackets", position)
            pieces.append(Piece(Within(part), line, Reason.TIER, key))
            if bracket.to is not None:
                points += bracket.each * (bracket.to - start)
                start = bracket.to
        return tuple(pieces)

    def faults(
        self, rules: RuleSet, rule: Rule, metric: Metric, path: Path
    ) -> Problems:
        """Yield a metric that is no number, brackets out of order, holes and points that fall."""
        if not metric.numeric:
            yield _wrong_type(self, metric, path)
            return
        start = self.from_ or Fraction(0)
        ends = [start, *(bracket.to for bracket in self.brackets)]
        for position, (low, high) in enumerate(pairwise(ends)):
            is_last = position == len(self.brackets) - 1
            # Only the last bracket may go on to the end of the range.
            if high is None and is_last:
                continue
            out_of_order = high is None or (low is not None and high <= low)
            if out_of_order:
                yield Problem("brackets-order", (*path, "brackets", position))
                return
        yield from range_checks.pieces(rule, metric, path)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a row asks of one metric: bounds, or some values (`is_`)."""

    metric: str
    from_: Fraction | None = _setting(Nature.FIGURE, None)
    above: Fraction | None = _setting(Nature.FIGURE, None)
    to: Fraction | None = _setting(Nature.FIGURE, None)
    below: Fraction | None = _setting(Nature.FIGURE, None)
    is_: tuple[Scalar, ...] | None = None

    @property
    def test(self) -> MetricTest:
        """The condition as a piece has it."""
        if self.is_ is not None:
            return MetricTest(self.metric, Among(self.is_))
        low = self.above if self.from_ is None else self.from_
        high = self.below if self.to is None else self.to
        interval = Interval(low, high, self.above is not None, self.below is not None)
        return MetricTest(self.metric, Within(interval))

    def fits(self, metric: Metric) -> bool:
        """Whether the metric can be asked so: bounds are for numbers, and values of its type."""
        if metric.type == "date":
            return False
        if self.is_ is None:
            return metric.numeric
        return all(literal_fits(value, metric) for value in self.is_)


def row_condition(when: Sequence[Asked]) -> Condition:
    """Return where a row holds that asks so; one that asks nothing takes whatever is left."""
    if not when:
        return Otherwise()
    return AllOf(tuple(asked.test for asked in when))


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row of a decision table: what it asks of metrics (nothing: what is left), what it gives."""

    when: tuple[Asked, ...] = _setting(Nature.PARTS, ())
    points: Fraction | None = _setting(Nature.POINTS, None)
    percent: Fraction | None = _setting(Nature.PERCENT, None)

    @property
    def condition(self) -> Condition:
        """Where the row holds."""
        return row_condition(self.when)

    def gives(self, rule: Rule) -> Constant:
        """Return the points of the row; a percentage comes to points of the rule's weight."""
        if self.points is None:
            percent = self.percent or Fraction(0)
            return Constant(rule.weight * percent / 100, percent)
        return Constant(self.points)


@dataclass(frozen=True, slots=True)
class DecisionTable(Deduction):
    """Rows over several metrics, of which one gives the points.

    Of “90 % and more: 3; below 80 % but urged in writing: 2; below: 1” the second row asks two
    metrics: `{ when = { done = { below = 80 }, urged = { is = true } }, points = 2 }`.
    """

    kind: ClassVar[str] = "table"
    needs_target: ClassVar[bool] = False

    # No setting to make mistakes in: where rows exclude each other, both words mean the same.
    hit: Hit = "first"
    """Whether the first row that holds counts, or rows exclude each other."""
    rows: tuple[TableRow, ...] = _setting(Nature.PARTS, ())
    """The rows in the order of the file."""

    def pieces(self, rule: Rule) -> tuple[Piece, ...]:
        """Return a piece for each row."""
        return tuple(
            Piece(row.condition, row.gives(rule), Reason.TIER, ("rows", position))
            for position, row in enumerate(self.rows)
        )

    def faults(
        self, rules: RuleSet, rule: Rule, metric: Metric, path: Path
    ) -> Problems:
        """Yield a target beside the table, rows that ask or give the wrong thing, then holes."""
        if rule.comparator is not None:
            arguments = {"kind": self.kind}
            yield Problem("key-misplaced", (*path[:-1], "comparator"), arguments)
        faults: list[Problem] = []
        for position, row in enumerate(self.rows):
            faults += self._row_faults(rules, rule, row, (*path, "rows", position))
        yield from faults
        metrics = asked_metrics(self.rows)
        # A metric that is not declared is told elsewhere; a row that is wrong decides nothing.
        if faults or not all(name in rules.metrics for name in metrics):
            return
        table = [
            table_checks.Row(piece.condition, piece.key, row.gives(rule).points)  # type: ignore[arg-type]
            for row, piece in zip(self.rows, self.pieces(rule), strict=True)
        ]
        named = {name: rules.metrics[name] for name in metrics}
        yield from table_checks.rows(table, named, path, one=self.hit == "one")

    def _row_faults(
        self, rules: RuleSet, rule: Rule, row: TableRow, path: Path
    ) -> Problems:
        if (row.points is None) == (row.percent is None):
            yield Problem("row-value", path)
        yield from _out_of_range(row.gives(rule).points, rule, path)
        yield from condition_faults(rules, row.when, path)


@dataclass(frozen=True, slots=True)
class LevelRow:
    """A row of a derived level: what it asks of metrics (nothing: what is left), and the level."""

    when: tuple[Asked, ...] = _setting(Nature.PARTS, ())
    level: str = ""
    """The level, by its Vietnamese words."""

    @property
    def condition(self) -> Condition:
        """Where the row holds."""
        return row_condition(self.when)


@dataclass(frozen=True, slots=True)
class LevelTable:
    """The decision table of a derived level: “advanced from 3 officials on, else basic”."""

    # No setting to make mistakes in: where rows exclude each other, both words mean the same.
    hit: Hit = "first"
    """Whether the first row that holds counts, or rows exclude each other."""
    rows: tuple[LevelRow, ...] = _setting(Nature.PARTS, ())
    """The rows in the order of the file."""

    @property
    def conditions(self) -> list[Condition]:
        """Where each row holds."""
        return [row.condition for row in self.rows]

    @property
    def metrics(self) -> list[str]:
        """The metrics that the rows ask for, each once."""
        return asked_metrics(self.rows)

    def faults(self, rules: RuleSet, metric: Metric, path: Path) -> Problems:
        """Yield rows that ask or give the wrong thing, then what is wrong with them together."""
        words = [level.vi for level in metric.levels]
        faults: list[Problem] = []
        for position, row in enumerate(self.rows):
            row_path = (*path, "rows", position)
            if row.level not in words:
                arguments = {
                    "level": quoted(row.level),
                    "nearest": nearest(row.level, words),
                }
                faults.append(Problem("row-level", (*row_path, "level"), arguments))
            for name in (asked.metric for asked in row.when):
                if name not in rules.metrics:
                    near = nearest(name, rules.metrics)
                    arguments = {"name": quoted(name), "nearest": near}
                    name_path = (*row_path, "when", name)
                    faults.append(Problem("unknown-metric", name_path, arguments))
            faults += condition_faults(rules, row.when, row_path)
        yield from faults
        if faults:
            return
        table = [
            table_checks.Row(
                row.condition, ("rows", position), self._worth(row, metric), row.level
            )
            for position, row in enumerate(self.rows)
        ]
        named = {name: rules.metrics[name] for name in self.metrics}
        yield from table_checks.rows(table, named, path, one=self.hit == "one")

    def _worth(self, row: LevelRow, metric: Metric) -> Fraction | None:
        """Return a number that is higher for the better level; None where no level is better."""
        if metric.better == "neither":
            return None
        rank = as_number(row.level, metric)
        return rank if metric.better == "higher" else -rank


def asked_metrics(rows: "Sequence[TableRow | LevelRow]") -> list[str]:
    """Return the metrics that rows ask for, each once, in the order of the file."""
    names = [asked.metric for row in rows for asked in row.when]
    return list(dict.fromkeys(names))


def condition_faults(rules: RuleSet, when: Sequence[Asked], path: Path) -> Problems:
    """Yield each condition of a row that does not fit the type of its metric."""
    for asked in when:
        metric = rules.metrics.get(asked.metric)
        if metric is not None and not asked.fits(metric):
            arguments = {"metric": metric.id, "type": metric.type}
            yield Problem("row-condition", (*path, "when", metric.id), arguments)


KINDS: tuple[type[Deduction], ...] = (
    AllOrNothing,
    Proportional,
    PerUnit,
    Tiers,
    Progressive,
    DecisionTable,
    ByFormula,
    Manual,
    NoPoints,
)
"""Every kind, in the order of the reference."""


def replacements(rule: Rule) -> Iterator[Deduction]:
    """Yield kinds that somebody might have written in place of a rule's own.

    Mistakes are made on purpose with them, to see whether the cases of a rule file notice.
    """
    kind = type(rule.deduction)
    has_number = isinstance(rule.threshold, Fraction)
    if kind is AllOrNothing:
        if rule.comparator == ">=" and has_number:
            yield Proportional()
        return
    # Without points there is nothing to notice, and a person's points have no figure.
    if kind in (NoPoints, Manual):
        return
    if rule.comparator is not None:
        yield AllOrNothing()
