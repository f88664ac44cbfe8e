"""Conditions that gates ask for, held against the rule set: what they name, and whether they can
be asked so.
"""

from collections.abc import Iterator
from fractions import Fraction

from cchc_rules.base.interval import Interval
from cchc_rules.base.problem import Path, Problem, unknown
from cchc_rules.rules import dependencies
from cchc_rules.rules.metric_values import literal_fits
from cchc_rules.rules.model import Metric, Need, Rule, RuleSet

WHOLE = Fraction(100)
"""All points of a rule or a group, in percent."""


def faults(rules: RuleSet, need: Need, path: Path) -> Iterator[Problem]:
    """Yield what is wrong with a condition.

    Args:
        rules: the rule set.
        need: the condition.
        path: where it is written.
    """
    subject_path = (*path, need.subject)
    if need.subject == "metric":
        if need.id not in rules.metrics:
            yield unknown("unknown-metric", subject_path, need.id, rules.metrics)
            return
        yield from _of_metric(rules, need, path)
        return
    if need.subject == "rule":
        if need.id not in rules.rules:
            yield unknown("unknown-rule", subject_path, need.id, rules.rules)
            return
    elif need.id not in rules.groups:
        yield unknown("unknown-group", subject_path, need.id, rules.groups)
        return
    yield from _of_points(rules, need, path)


def _of_metric(rules: RuleSet, need: Need, path: Path) -> Iterator[Problem]:
    metric = rules.metrics[need.id]
    if not _fits(need, metric):
        yield Problem("need-value", path, {"type": metric.type})
    # What nobody reports cannot be held against anything, and a report has its figures by rules.
    if not any(need.id in _read(rules, rule) for rule in rules.rules.values()):
        yield Problem("need-unread", (*path, "metric"), {"name": need.id})


def _fits(need: Need, metric: Metric) -> bool:
    """Whether a condition has bounds or values, and such as the type of its metric has."""
    is_bounded = need.bounds != Interval()
    if is_bounded == bool(need.values):
        return False
    if is_bounded:
        return metric.numeric and not need.bounds.empty
    return all(literal_fits(value, metric) for value in need.values)


def _read(rules: RuleSet, rule: Rule) -> set[str]:
    return dependencies.rule_metrics(rules, rule)


def _of_points(rules: RuleSet, need: Need, path: Path) -> Iterator[Problem]:
    bounds = need.bounds
    is_open_upwards = bounds.high is None and not need.values
    # A group is never met as a whole: of its points some share is asked for.
    has_bounds = bounds.low is not None or need.subject != "group"
    if not (is_open_upwards and has_bounds and _possible(bounds)):
        yield Problem("need-share", path)
        return
    if not _has_points(rules, need):
        yield Problem("need-no-points", (*path, need.subject), {"name": need.id})


def _has_points(rules: RuleSet, need: Need) -> bool:
    """Whether there are points of which a share could be asked for."""
    if need.subject == "rule":
        return not need.is_share or rules.rules[need.id].weight > 0
    return bool(rules_that_count(rules, need.id))


def _possible(bounds: Interval) -> bool:
    """Whether some share, from nothing to all of the points, lies within bounds."""
    shares = Interval(Fraction(0), WHOLE)
    low = bounds.low
    return low is None or (low >= 0 and not bounds.meets(shares).empty)


def rules_that_count(rules: RuleSet, group: str) -> list[str]:
    """Return the ids of the rules with points in a group and in those below it, in file order.

    >>> from cchc_rules import load_rules
    >>> rules = load_rules("example-access-to-law")
    >>> len(rules_that_count(rules, next(iter(rules.groups)))) > 0
    True
    """
    return [
        rule.id
        for rule in rules.rules.values()
        if rule.weight
        and any(above.id == group for above in dependencies.above(rules, rule.group))
    ]


def rules_asked(rules: RuleSet, need: Need) -> list[str]:
    """Return the ids of the rules that a condition hangs on; none where it reads a metric.

    >>> from cchc_rules import load_rules
    >>> rules = load_rules("cam-due-2023")
    >>> rules_asked(rules, Need("rule", "on-time"))
    ['on-time']
    """
    if need.subject == "metric":
        return []
    if need.subject == "rule":
        return [need.id]
    return rules_that_count(rules, need.id)
