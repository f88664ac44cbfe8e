"""What rules read and what they are worth: what checking, compiling and explaining all ask.

A formula may be wrong while a file is checked: then it names nothing here, and the check tells.
"""

from collections import ChainMap
from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import islice

from cchc_rules.base.interval import Interval
from cchc_rules.base.problem import Path
from cchc_rules.rules import formula as formulas
from cchc_rules.rules.model import (
    FormulaRef,
    Group,
    Metric,
    MetricRef,
    Rule,
    RuleSet,
)
from cchc_rules.rules.value_function import Computed


def rule_metrics(rules: RuleSet, rule: Rule) -> set[str]:
    """Return every metric that a rule reads: its own, its threshold's, those of its formulas.

    The metrics from which a derived one is computed are among them.

    >>> from cchc_rules import load_rules
    >>> rules = load_rules("cam-due-2023")
    >>> rule_metrics(rules, rules.rules["on-time"]) == {rules.rules["on-time"].metric}
    True
    """
    waiting = [name for _, name in metrics_named(rule)]
    for _, text, extra in rule_formulas(rules, rule):
        waiting += _names_in(rules, text, extra)
    read: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in rules.metrics and name not in read:
            read.add(name)
            waiting += formula_names(rules, rules.metrics[name])
    return read


def _names_in(rules: RuleSet, text: str, extra: Mapping[str, str]) -> list[str]:
    """Return the metrics that a formula names; `extra` are the types of its other names."""
    types = ChainMap(dict(extra), rules.metric_types)
    try:
        parsed = formulas.parse(text, types, rules.calendar)
    except formulas.FormulaError:
        return []
    return [name for name in parsed.names if name not in extra]


def rule_formulas(
    rules: RuleSet, rule: Rule
) -> Iterator[tuple[Path, str, dict[str, str]]]:
    """Yield each formula of a rule: its key, its text, the types of the names beside metrics.

    The threshold's comes first, then those of the pieces in their order.
    """
    if isinstance(rule.threshold, FormulaRef):
        yield ("threshold", "formula"), rule.threshold.formula, {}
    own = own_names(rules, rule)
    for piece in rule.pieces:
        if isinstance(piece.points, Computed):
            yield piece.formula_key, piece.points.formula, own


def own_names(rules: RuleSet, rule: Rule) -> dict[str, str]:
    """Return the names that a rule's own formulas may use beside the metrics, with their types."""
    names = {"weight": "number"}
    metric = rules.metrics.get(rule.metric or "")
    if metric:
        kind = rules.metric_types[metric.id]
        names["value"] = kind
        one_value = not isinstance(rule.threshold, Interval | tuple)
        if rule.threshold is not None and one_value:
            names["threshold"] = kind
    return names


def metrics_named(rule: Rule) -> Iterator[tuple[Path, str]]:
    """Yield each metric that a rule names outside formulas, with the key that names it."""
    if rule.metric is not None:
        yield ("metric",), rule.metric
    if isinstance(rule.threshold, MetricRef):
        yield ("threshold", "metric"), rule.threshold.metric
    exempt = rule.deduction.axis.exempt
    if exempt is not None:
        yield ("deduction", "exempt"), exempt


def formula_names(rules: RuleSet, metric: Metric) -> list[str]:
    """Return the metrics that a derived metric's formula names, none of one that is refused."""
    if metric.formula is None:
        return []
    return _names_in(rules, metric.formula, {})


DEEPEST = 10
"""The most levels of groups that lie in groups."""


def above(rules: RuleSet, group: str | None) -> Iterator[Group]:
    """Yield a group and those it lies in, the nearest first; a circle of groups only once round."""
    seen: set[str] = set()
    while group is not None and group in rules.groups and group not in seen:
        seen.add(group)
        yield rules.groups[group]
        group = rules.groups[group].parent


def children(rules: RuleSet) -> dict[str, list[Rule | Group]]:
    """Return what lies right below each group."""
    below: dict[str, list[Rule | Group]] = {}
    for group in rules.groups.values():
        if group.parent is not None:
            below.setdefault(group.parent, []).append(group)
    for rule in rules.rules.values():
        below.setdefault(rule.group, []).append(rule)
    return below


def maxima(rules: RuleSet) -> dict[str, Fraction]:
    """Return the most points of each group, by its id.

    That is the sum of the rules below it, in which a mean counts with its own weight, whatever its
    rules weigh.
    """
    maximum = dict.fromkeys(rules.groups, Fraction(0))
    means = [group for group in rules.groups.values() if group.combine == "mean"]
    maximum |= {group.id: group.weight or Fraction(0) for group in means}
    parts = [(group.parent, maximum[group.id]) for group in means]
    parts += [(rule.group, rule.weight) for rule in rules.rules.values()]
    for start, points in parts:
        for group in islice(above(rules, start), DEEPEST):
            if group.combine == "mean":
                break
            maximum[group.id] += points
    return maximum
