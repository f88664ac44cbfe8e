"""Where the points of a rule change: its threshold, the edges of its tiers, its floor; and the
figures beside them.
"""

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from cchc_rules.base import number
from cchc_rules.base.interval import Interval
from cchc_rules.rules.model import FormulaRef, Metric, MetricRef, Rule, RuleSet
from cchc_rules.rules.value_function import Among, Compare, Within, interval_ends

BELOW = "below"
AT = "at"
ABOVE = "above"
SIDES = (BELOW, AT, ABOVE)
PERCENT_PLACES = 2
"""So many places at least of a figure in percent."""


class Edge(NamedTuple):
    """A figure at which something changes. `value` counts from the threshold where that is not
    written out.
    """

    of: str
    value: Fraction
    relative: bool
    unit: Fraction

    def side(self, figure: Fraction, threshold: Fraction | None) -> str | None:
        """Return where a figure lies: at the edge, or at most one unit beside it; None when further
        off.
        """
        if self.relative and threshold is None:
            return None
        off = figure - self.value - (threshold or 0 if self.relative else 0)
        if abs(off) > self.unit:
            return None
        return AT if off == 0 else BELOW if off < 0 else ABOVE


def edges(rules: RuleSet, rule: Rule) -> list[Edge]:
    """Return the edges of a rule, each value once: the threshold, then the tiers from the first,
    then the floor.
    """
    metric = rules.metrics.get(rule.metric or "")
    if metric is None or not (metric.numeric or metric.type == "date"):
        return []
    unit = unit_of(rules, metric)
    found = dict[tuple[bool, Fraction], Edge]()
    for of, value, relative in _written(rule):
        found.setdefault((relative, value), Edge(of, value, relative, unit))
    return list(found.values())


def _written(rule: Rule) -> Iterator[tuple[str, Fraction, bool]]:
    """Yield the figures at which a rule changes its mind: of what, the figure, whether it counts
    from a threshold that is not written out.
    """
    base = _literal(rule.threshold)
    if base is not None:
        yield "threshold", base, False
    elif isinstance(rule.threshold, MetricRef | FormulaRef):
        yield "threshold", Fraction(0), True
    elif isinstance(rule.threshold, Interval):
        yield from (("threshold", end, False) for end in interval_ends(rule.threshold))
    late = rule.deduction.axis.days_late
    shift = base or Fraction(0) if late else Fraction(0)
    for piece in rule.pieces:
        match piece.condition:
            case Within(interval):
                ends = interval_ends(interval)
            case Compare(_, Fraction() as edge):
                ends = [edge]
            case _:
                continue
        name = str(piece.key[0]).removesuffix("s")
        yield from ((name, end + shift, late and base is None) for end in ends)


def _literal(threshold: object) -> Fraction | None:
    if isinstance(threshold, date):
        return Fraction(threshold.toordinal())
    return threshold if isinstance(threshold, Fraction) else None


def unit_of(rules: RuleSet, metric: Metric) -> Fraction:
    """Return one unit in a metric's last place.

    One for counts, ranks and days; else the last place to which it is rounded, or the smallest that
    the rule file writes for it, in percent at least 0.01.
    """
    if metric.whole or not metric.numeric:
        return Fraction(1)
    if metric.round is not None:
        return Fraction(1, 10**metric.round)
    written = [
        value
        for rule in rules.rules.values()
        if rule.metric == metric.id
        for value in _numbers(rule)
    ]
    places = [
        number.places(value) or 0 for value in (*written, *interval_ends(metric.range))
    ]
    least = PERCENT_PLACES if metric.type == "percent" else 0
    return Fraction(1, 10 ** max(least, *places, 0))


def _numbers(rule: Rule) -> Iterator[Fraction]:
    """Yield the numbers that a rule holds its figure against."""
    for _, value, relative in _written(rule):
        if not relative:
            yield value
    if isinstance(rule.threshold, tuple):
        yield from (value for value in rule.threshold if isinstance(value, Fraction))
    for piece in rule.pieces:
        if isinstance(piece.condition, Among):
            numbers = piece.condition.values
            yield from (value for value in numbers if isinstance(value, Fraction))


def needed(rules: RuleSet, rule: Rule, edge: Edge) -> list[str]:
    """Return the sides of an edge for which a case is needed: those that lie inside the metric's
    range.
    """
    if edge.relative or rule.deduction.axis.exempt is not None:
        return list(SIDES)
    inside = domain(rules, rules.metrics[rule.metric or ""])
    figures = zip(
        SIDES, (edge.value - edge.unit, edge.value, edge.value + edge.unit), strict=True
    )
    return [side for side, figure in figures if inside.holds(figure)]


def domain(rules: RuleSet, metric: Metric) -> Interval:
    """Return the figures that a metric may have: its range, for a date the window, else every day."""
    if metric.type != "date":
        return metric.range
    first, last = (
        Fraction(day.toordinal()) for day in rules.window or (date.min, date.max)
    )
    return Interval(first, last)
