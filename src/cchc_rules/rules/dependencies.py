"""What rules read and what they are worth: questions that checking, compiling and explaining all
ask of the model.
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
    """Return every metric that a rule reads, directly, through formulas, or as threshold or
    exemption.
    """
    waiting = [name for _, name in metrics_named(rule)]
    for _, text, extra in rule_formulas(rules, rule):
        waiting += _names_in(rules, text, extra)
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in rules.metrics and name not in found:
            found.add(name)
            waiting += formula_names(rules, rules.metrics[name])
    return found


def _names_in(rules: RuleSet, text: str, extra: Mapping[str, str]) -> list[str]:
    try:
        names = formulas.parse(
            text, ChainMap(dict(extra), rules.metric_types), rules.calendar
        ).names
    except formulas.FormulaError:
        return []
    return [name for name in names if name not in extra]


def rule_formulas(
    rules: RuleSet, rule: Rule
) -> Iterator[tuple[Path, str, dict[str, str]]]:
    """Yield each formula of a rule with its key path and the types of the names it adds to the
    metrics.
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
        if rule.threshold is not None and not isinstance(
            rule.threshold, Interval | tuple
        ):
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
    """Return the metrics that a derived metric's formula names; none for a formula that is refused."""
    if metric.formula is None:
        return []
    try:
        return list(
            formulas.parse(metric.formula, rules.metric_types, rules.calendar).names
        )
    except formulas.FormulaError:
        return []


DEEPEST = 10
"""Groups may lie in groups so many levels deep."""


def above(rules: RuleSet, group: str | None) -> Iterator[Group]:
    """Yield a group and those it lies in, the nearest first; a round of groups is gone through
    once.
    """
    seen: set[str] = set()
    while group is not None and group in rules.groups and group not in seen:
        seen.add(group)
        yield rules.groups[group]
        group = rules.groups[group].parent


def children(rules: RuleSet) -> dict[str, list[Rule | Group]]:
    """Return what lies right below each group."""
    found: dict[str, list[Rule | Group]] = {}
    for group in rules.groups.values():
        if group.parent is not None:
            found.setdefault(group.parent, []).append(group)
    for rule in rules.rules.values():
        found.setdefault(rule.group, []).append(rule)
    return found


def maxima(rules: RuleSet) -> dict[str, Fraction]:
    """Return each group's points: the sum of the rules' below it, where a mean counts with its own
    weight.
    """
    found = dict.fromkeys(rules.groups, Fraction(0))
    means = [group for group in rules.groups.values() if group.combine == "mean"]
    found |= {group.id: group.weight or Fraction(0) for group in means}
    parts = [(group.parent, found[group.id]) for group in means]
    parts += [(rule.group, rule.weight) for rule in rules.rules.values()]
    for start, points in parts:
        for group in islice(above(rules, start), DEEPEST):
            if group.combine == "mean":
                break
            found[group.id] += points
    return found
