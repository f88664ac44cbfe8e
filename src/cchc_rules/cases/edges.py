"""Where the points of a rule change: its threshold, the edges of its tiers, its floor.

Most mistakes in a rule file are made there, so that cases should try each edge three times. For a
target of 90 % whose figures have two decimal places these are 89.99, 90 and 90.01.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from cchc_rules.base import number
from cchc_rules.base.interval import Interval
from cchc_rules.rules.model import FormulaRef, Metric, MetricRef, Rule, RuleSet
from cchc_rules.rules.value_function import AllOf, Among, Compare, Within, interval_ends

# The sides of an edge.
BELOW = "below"
"""At most one unit of the last place under it."""
AT = "at"
"""The edge itself."""
ABOVE = "above"
"""At most one unit of the last place over it."""
SIDES = (BELOW, AT, ABOVE)

PERCENT_PLACES = 2
"""The fewest decimal places that a figure in percent is taken to have."""


class Edge(NamedTuple):
    """A figure at which something changes."""

    of: str
    """What changes there: `threshold`, `tier`, `bracket` or `floor`."""
    value: Fraction
    """The figure, or how far it lies from the threshold where the edge is relative."""
    relative: bool
    """Whether the edge counts from a threshold that the rule file does not write out."""
    unit: Fraction
    """One unit in the metric's last place."""

    def side(self, figure: Fraction, threshold: Fraction | None) -> str | None:
        """Return where a figure lies: `at` the edge, or at most one unit `below` or `above` it.

        None when it lies further off, or when the threshold is not known.

        >>> edge = Edge("threshold", Fraction(90), relative=False, unit=Fraction(1, 100))
        >>> edge.side(Fraction(8999, 100), None), edge.side(Fraction(89), None)
        ('below', None)
        """
        figure_at_edge = self.value
        if self.relative:
            if threshold is None:
                return None
            figure_at_edge += threshold
        off = figure - figure_at_edge
        if abs(off) > self.unit:
            return None
        if off < 0:
            return BELOW
        if off > 0:
            return ABOVE
        return AT


def edges(rules: RuleSet, rule: Rule) -> list[Edge]:
    """Return the edges of a rule, each value once.

    The threshold comes first, then the tiers from the first, then the floor.

    >>> from cchc_rules import load_rules
    >>> rules = load_rules("cam-due-2023")
    >>> [(edge.of, str(edge.value)) for edge in edges(rules, rules.rules["on-time"])]
    [('threshold', '100')]
    """
    metric = rules.metrics.get(rule.metric or "")
    if metric is None or not (metric.numeric or metric.type == "date"):
        return []
    unit = unit_of(rules, metric)
    edge_at: dict[tuple[bool, Fraction], Edge] = {}
    for of, value, relative in _written(rule):
        # A tier that begins at the target is the target's edge, which comes first.
        edge = Edge(of, value, relative, unit)
        edge_at.setdefault((relative, value), edge)
    return list(edge_at.values())


def _written(rule: Rule) -> Iterator[tuple[str, Fraction, bool]]:
    """Yield the figures at which a rule's points change.

    Each is what changes there, the figure, and whether it counts from a threshold that is not
    written out.
    """
    threshold = _literal(rule.threshold)
    if threshold is not None:
        yield "threshold", threshold, False
    elif isinstance(rule.threshold, MetricRef | FormulaRef):
        yield "threshold", Fraction(0), True
    elif isinstance(rule.threshold, Interval):
        for end in interval_ends(rule.threshold):
            yield "threshold", end, False
    # Tiers of days late are written from the deadline on.
    late = rule.deduction.axis.days_late
    relative = late and threshold is None
    shift = Fraction(0)
    if late and threshold is not None:
        shift = threshold
    for piece in rule.pieces:
        match piece.condition:
            case Within(interval):
                ends = interval_ends(interval)
            case Compare(_, Fraction() as edge):
                ends = [edge]
            case AllOf() as row:
                ends = [*_row_ends(row, rule.metric or "")]
            case _:
                continue
        # The key of the piece in the rule file, in the singular: `tiers` has a `tier`.
        name = str(piece.key[0]).removesuffix("s")
        for end in ends:
            yield name, end + shift, relative


def _row_ends(row: AllOf, metric: str) -> Iterator[Fraction]:
    """Yield the ends of what a row of a decision table asks of one metric."""
    for test in row.of(metric):
        if isinstance(test.where, Within):
            yield from interval_ends(test.where.interval)


def _literal(threshold: object) -> Fraction | None:
    """Return a threshold that is written out as a number or a date, else None."""
    if isinstance(threshold, date):
        return Fraction(threshold.toordinal())
    if isinstance(threshold, Fraction):
        return threshold
    return None


def unit_of(rules: RuleSet, metric: Metric) -> Fraction:
    """Return one unit in a metric's last place.

    That is one for counts, ranks and days. Else it is the place to which the metric is rounded, or
    the smallest that the rule file writes for it, in percent at least 0.01.

    >>> from cchc_rules import load_rules
    >>> rules = load_rules("cam-due-2023")
    >>> str(unit_of(rules, rules.metrics[rules.rules["on-time"].metric]))
    '1/100'
    """
    if metric.whole or not metric.numeric:
        return Fraction(1)
    if metric.round is not None:
        return Fraction(1, 10**metric.round)
    written = interval_ends(metric.range)
    for rule in rules.rules.values():
        if rule.metric == metric.id:
            written += _numbers(rule)
        for piece in rule.pieces:
            if isinstance(piece.condition, AllOf):
                written += _row_ends(piece.condition, metric.id)
    for derived in rules.metrics.values():
        if derived.table is not None:
            for condition in derived.table.conditions:
                if isinstance(condition, AllOf):
                    written += _row_ends(condition, metric.id)
    # A number without an end, such as 1/3, has no last place.
    places = [number.places(value) or 0 for value in written]
    if metric.type == "percent":
        places.append(PERCENT_PLACES)
    most_places = max(places, default=0)
    return Fraction(1, 10**most_places)


def _numbers(rule: Rule) -> Iterator[Fraction]:
    """Yield the numbers that a rule holds its figure against."""
    for _, value, relative in _written(rule):
        if not relative:
            yield value
    lists: list[Iterable[object]] = []
    if isinstance(rule.threshold, tuple):
        lists.append(rule.threshold)
    for piece in rule.pieces:
        if isinstance(piece.condition, Among):
            lists.append(piece.condition.values)
    # Levels stand in lists, too, and are no numbers.
    for values in lists:
        yield from (value for value in values if isinstance(value, Fraction))


def needed(rules: RuleSet, rule: Rule, edge: Edge) -> list[str]:
    """Return the sides of an edge for which a case is needed: those inside the metric's range."""
    # Such an edge is no figure of the metric: it counts from a threshold, or leaves the exempt out.
    if edge.relative or rule.deduction.axis.exempt is not None:
        return list(SIDES)
    inside = domain(rules, rules.metrics[rule.metric or ""])
    figure_on = {
        BELOW: edge.value - edge.unit,
        AT: edge.value,
        ABOVE: edge.value + edge.unit,
    }
    return [side for side, figure in figure_on.items() if inside.holds(figure)]


def domain(rules: RuleSet, metric: Metric) -> Interval:
    """Return the figures that a metric may have: its range; of a date the window, else any day."""
    if metric.type != "date":
        return metric.range
    first, last = rules.window or (date.min, date.max)
    low = Fraction(first.toordinal())
    high = Fraction(last.toordinal())
    return Interval(low, high)
