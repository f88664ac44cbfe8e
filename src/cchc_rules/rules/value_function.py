"""Value functions: from a figure to points, as a finite list of pieces.

A rule that reads one figure gives points by a *value function*, the term of multi-criteria
analysis. It is written down once, here, as pieces; whoever scores, explains, checks, inverts or
prints a rule reads the pieces and asks for no kind of deduction.

The first piece whose condition holds gives the points. `deduction = "proportional"` with a floor
of 50 for a target of 90 % and a weight of 4 is three pieces:

    Met()               Constant(WEIGHT)           target met: 4.00
    Compare("<", 50)    Constant(0)                below the floor: 0.00
    Otherwise()         Line(0, THRESHOLD)         4 × value / 90

A term is a number, or the name of something that is known only when a rule is scored: a threshold
may be read from another figure. The names are those of the report's machine form.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Literal, NamedTuple, TypeAlias

from cchc_rules.base.interval import Interval
from cchc_rules.base.problem import Path
from cchc_rules.base.state import Reason
from cchc_rules.rules.metric_values import as_number
from cchc_rules.rules.model import Metric, Rule, Scalar


class Symbol(StrEnum):
    """What a term may name in place of a number."""

    THRESHOLD = "threshold"
    """The rule's threshold, read from the rule file, from another metric or from a formula."""
    WEIGHT = "weight"
    """The most points of the rule."""
    LOWEST = "lowest"
    """The fewest points of the rule, zero or below."""


Term: TypeAlias = Fraction | Symbol

# Conditions: where a piece holds ---------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Met:
    """The figure reaches the rule's target."""


@dataclass(frozen=True, slots=True)
class Compare:
    """The figure compares so with an edge: `sign` is one of `>= > <= < == !=`."""

    sign: str
    edge: Term


@dataclass(frozen=True, slots=True)
class Within:
    """The figure lies in an interval."""

    interval: Interval


@dataclass(frozen=True, slots=True)
class Among:
    """The figure is one of some values, as the rule file writes them."""

    values: tuple[Scalar, ...]

    def numbers(self, metric: Metric) -> list[Fraction]:
        """Return the values as the metric's figures: yes is 1, a level its position."""
        return [as_number(value, metric) for value in self.values]


@dataclass(frozen=True, slots=True)
class Otherwise:
    """Every figure that no piece before takes."""


class MetricTest(NamedTuple):
    """A condition on a metric of its own, which need not be that of the rule."""

    metric: str
    where: Within | Among

    def holds(self, figure: Fraction, metric: Metric) -> bool:
        """Whether a figure of the metric, as a number, meets the condition."""
        if isinstance(self.where, Within):
            return self.where.interval.holds(figure)
        return figure in self.where.numbers(metric)


@dataclass(frozen=True, slots=True)
class AllOf:
    """Several metrics each meet a condition: a row of a decision table."""

    tests: tuple[MetricTest, ...]

    def of(self, metric: str) -> list[MetricTest]:
        """Return the tests on one metric."""
        return [test for test in self.tests if test.metric == metric]


Condition: TypeAlias = Met | Compare | Within | Among | Otherwise | AllOf

Hit: TypeAlias = Literal["first", "one"]
"""Which row of a decision table counts: the first that holds, or the only one that does."""

# Points: what a piece gives --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Constant:
    """The same points for every figure."""

    points: Term
    percent: Fraction | None = None
    """How the rule file writes them where it gives a share of the weight: for the sentence only."""


@dataclass(frozen=True, slots=True)
class Line:
    """weight × (figure − start) / (end − start): nothing at `start`, the weight at `end`.

    Nothing at all where `end` does not lie beyond `start`, as a threshold that is read from
    another figure may come to.
    """

    start: Fraction
    end: Term


Units: TypeAlias = Literal["exact", "started", "whole"]
"""How parts of a unit count: as they are, each begun one as a whole one, full ones only."""


@dataclass(frozen=True, slots=True)
class Staircase:
    """base + each × units, where units = |figure − origin| / step, and parts count as `units` says.

    With exact units a staircase is a straight line. Of 4 points, half a point off for each started
    2 % below 90 %, a figure of 87 % is 3 / 2 units off, which count as 2: 4 − 0.5 × 2 = 3.
    """

    base: Term
    """The points at the origin."""
    each: Fraction
    """What one unit changes: below zero where points are taken."""
    origin: Term
    """The figure from which units are counted, most often the threshold."""
    step: Fraction = Fraction(1)
    """How much of the figure makes a unit."""
    units: Units = "exact"


@dataclass(frozen=True, slots=True)
class Computed:
    """What a formula gives, which may read other metrics."""

    formula: str


Points: TypeAlias = Constant | Line | Staircase | Computed


class Piece(NamedTuple):
    """Where a piece holds, what it gives, why, and the key of the deduction that says so."""

    condition: Condition
    points: Points
    reason: Reason
    """What a report says of a figure that the piece takes."""
    key: Path = ()
    """`("tiers", 2)` for the third tier, `("floor",)` for a floor, and empty for what the deduction
    as a whole says.
    """

    @property
    def formula_key(self) -> Path:
        """The key of the rule that holds the formula of a computed piece.

        >>> Piece(Otherwise(), Computed("value * 2"), Reason.TIER, ("tiers", 2)).formula_key
        ('deduction', 'tiers', 2, 'formula')
        """
        return ("deduction", *self.key, "formula")


class Axis(NamedTuple):
    """What the pieces of a rule are held against: its figure, less exempt ones, or days late."""

    exempt: str | None = None
    """The metric whose value is taken off the figure."""
    days_late: bool = False
    """Whether it is the days from the threshold to the figure, both dates; below zero before it."""


class ValueFunction(NamedTuple):
    """The points of a rule over its figure. Without pieces, a person gives the points."""

    pieces: tuple[Piece, ...]
    """Asked from the first on: the first whose condition holds gives the points."""
    target: Condition | None
    """When the rule is met; None where that takes all points, as with tiers without a target."""
    axis: Axis

    @property
    def graded(self) -> bool:
        """Whether pieces have conditions of their own, as tiers do, and not the target's."""
        if not self.pieces:
            return False
        first = self.pieces[0]
        return not isinstance(first.condition, Met | Otherwise)

    @property
    def formula(self) -> str | None:
        """The one formula that gives the points of every figure, None where pieces do."""
        if not self.pieces:
            return None
        first = self.pieces[0]
        if not isinstance(first.condition, Otherwise):
            return None
        if not isinstance(first.points, Computed):
            return None
        return first.points.formula


_SIGNS = {
    "is": "==",
    "on_or_before": "<=",
    "before": "<",
    "on_or_after": ">=",
    "after": ">",
}
"""Comparators that are signs under another name: dates are compared as day numbers."""


def target_of(rule: Rule, metric: Metric) -> Condition | None:
    """Return the condition of meeting a rule's target, None where it has no target of its own.

    >>> from cchc_rules import load_rules
    >>> rules = load_rules("cam-due-2023")
    >>> target_of(rules.rules["plan-issued"], rules.metrics["plan_date"])
    Compare(sign='<=', edge=<Symbol.THRESHOLD: 'threshold'>)
    """
    comparator = rule.comparator
    threshold = rule.threshold
    if comparator is None or threshold is None:
        return None
    if isinstance(threshold, Interval):
        return Within(threshold)
    if isinstance(threshold, tuple):
        return Among(threshold)
    # A strict sign: a figure that stays as it was is no better.
    if comparator == "better" and metric.better == "lower":
        sign = "<"
    elif comparator == "better":
        sign = ">"
    else:
        sign = _SIGNS.get(comparator, comparator)
    return Compare(sign, Symbol.THRESHOLD)


def value_function(rule: Rule, metric: Metric) -> ValueFunction:
    """Return the value function of a rule over its metric.

    >>> from cchc_rules import load_rules
    >>> rules = load_rules("cam-due-2023")
    >>> rule = rules.rules["on-time"]
    >>> function = value_function(rule, rules.metrics[rule.metric])
    >>> [type(piece.points).__name__ for piece in function.pieces]
    ['Constant', 'Line']
    """
    deduction = rule.deduction
    pieces = deduction.pieces(rule)
    target = target_of(rule, metric)
    return ValueFunction(pieces, target, deduction.axis)


# What pieces are asked ---------------------------------------------------------------------


def interval_ends(interval: Interval | None) -> list[Fraction]:
    """Return the ends of an interval, the low one first; an end without a number is left out.

    >>> interval_ends(Interval(Fraction(80)))
    [Fraction(80, 1)]
    """
    if interval is None:
        return []
    ends = (interval.low, interval.high)
    return [end for end in ends if end is not None]


def edges_of(condition: Condition | None, metric: Metric) -> list[Fraction]:
    """Return the written figures at which a condition begins or ends to hold.

    At each of them, and on both sides, a rule file should have a case. A threshold that is read
    from elsewhere is not among them. Of a row over several metrics they are those of `metric`.
    """
    match condition:
        case Within(interval):
            return interval_ends(interval)
        case Among():
            return condition.numbers(metric)
        case Compare(_, Fraction() as edge):
            return [edge]
        case AllOf():
            edges: list[Fraction] = []
            for test in condition.of(metric.id):
                edges += edges_of(test.where, metric)
            return edges
        case _:
            return []


def bends_of(points: Points) -> Iterator[Fraction]:
    """Yield the written figures at which the points of a piece begin.

    >>> list(bends_of(Line(Fraction(50), Symbol.THRESHOLD)))
    [Fraction(50, 1)]
    """
    if isinstance(points, Line):
        yield points.start


def first_step(points: Points) -> Iterator[Fraction]:
    """Yield the end of the first unit of a staircase from a written figure.

    It has the places of the origin and of the step, so that figures as fine as it reach each unit.

    >>> list(first_step(Staircase(Fraction(1), Fraction(1), Fraction(20), Fraction(5, 2))))
    [Fraction(45, 2)]
    """
    if isinstance(points, Staircase) and isinstance(points.origin, Fraction):
        yield points.origin + points.step


def held_from(points: Points, rule: Rule) -> Iterator[Fraction]:
    """Yield the figures at which a staircase from a written figure comes to the most and the fewest
    points: beyond them the points are held, and nothing more is to win or to lose.

    From 10 points at a figure of 10, 2 more for each unit, a weight of 20 is reached at
    10 + (20 − 10) / 2 = 15.
    """
    match points:
        case Staircase(Fraction() as base, each, Fraction() as origin, step) if each:
            for end in (rule.weight, rule.lowest):
                units = (end - base) / each
                yield origin + units * step
