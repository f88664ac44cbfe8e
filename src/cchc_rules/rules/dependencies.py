"""What rules read, and how many points groups have: for checking, compiling and explaining.

While a file is checked, a formula may still be wrong: then it names nothing here, and the check
reports it.
"""

from collections import ChainMap
from collections.abc import Iterable, Iterator, Mapping
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
from cchc_rules.rules.value_function import AllOf, Computed


def rule_metrics(rules: RuleSet, rule: Rule) -> set[str]:
    """Return every metric that a rule reads: its own, its threshold's, those of its formulas.

    The metrics from which a derived one is computed are among them.

    >>> from cchc_rules import load_rules
    >>> rules = load_rules("cam-due-2023")
    >>> rule_metrics(rules, rules.rules["on-time"]) == {rules.rules["on-time"].metric}
    True
    """
    named = [name for _, name in metrics_named(rule)]
    for _, text, extra in rule_formulas(rules, rule):
        named += _names_in(rules, text, extra)
    return metrics_behind(rules, named)


def metrics_behind(rules: RuleSet, names: Iterable[str]) -> set[str]:
    """Return metrics, and those from which the derived ones among them are computed.

    >>> from cchc_rules import load_rules
    >>> metrics_behind(load_rules("cam-due-2023"), ["on_time"])
    {'on_time'}
    """
    waiting = [*names]
    # From each metric on to those in its formula. Each is visited once, so that a ring of formulas,
    # which the check reports, ends here.
    read: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in read or name not in rules.metrics:
            continue
        read.add(name)
        metric = rules.metrics[name]
        waiting += formula_names(rules, metric)
    return read


def _names_in(rules: RuleSet, text: str, extra: Mapping[str, str]) -> list[str]:
    """Return the metrics that a formula names; `extra` are the types of its other names."""
    # The rule's own names come first, even if a metric were called `value`. A `ChainMap` saves
    # copying the map of all metrics for every formula.
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

    The threshold's comes first, then those of the pieces in their order. Keys begin below the rule:
    `("deduction", "tiers", 0, "formula")`.
    """
    threshold = rule.threshold
    if isinstance(threshold, FormulaRef):
        # It decides what `threshold` is, so it has none of the rule's own names.
        yield ("threshold", "formula"), threshold.formula, {}
    own = own_names(rules, rule)
    for piece in rule.pieces:
        if isinstance(piece.points, Computed):
            yield piece.formula_key, piece.points.formula, own


def own_names(rules: RuleSet, rule: Rule) -> dict[str, str]:
    """Return the names that a rule's own formulas may use beside the metrics, with their types.

    >>> from cchc_rules import load_rules
    >>> rules = load_rules("cam-due-2023")
    >>> own_names(rules, rules.rules["plan-issued"])
    {'weight': 'number', 'value': 'date', 'threshold': 'date'}
    """
    names = {"weight": "number"}
    metric = rules.metrics.get(rule.metric or "")
    if metric is None:
        return names
    kind = rules.metric_types[metric.id]
    names["value"] = kind
    # Bounds and lists are several values, for which one name cannot stand.
    is_one_value = not isinstance(rule.threshold, Interval | tuple)
    if rule.threshold is not None and is_one_value:
        names["threshold"] = kind
    return names


def metrics_named(rule: Rule) -> Iterator[tuple[Path, str]]:
    """Yield each metric that a rule names outside formulas, with the key that names it.

    >>> from cchc_rules import load_rules
    >>> list(metrics_named(load_rules("cam-due-2023").rules["plan-issued"]))
    [(('metric',), 'plan_date')]
    """
    if rule.metric is not None:
        yield ("metric",), rule.metric
    threshold = rule.threshold
    if isinstance(threshold, MetricRef):
        yield ("threshold", "metric"), threshold.metric
    # What a deduction does not count, such as dossiers that were late through no fault of the unit.
    exempt = rule.deduction.axis.exempt
    if exempt is not None:
        yield ("deduction", "exempt"), exempt
    for piece in rule.pieces:
        if isinstance(piece.condition, AllOf):
            for test in piece.condition.tests:
                yield ("deduction", *piece.key, "when", test.metric), test.metric


def row_metrics(rule: Rule) -> list[str]:
    """Return the metrics that the rows of a decision table ask for; none of any other rule.

    Each stands there once, in the order of the file.
    """
    names = [
        test.metric
        for piece in rule.pieces
        if isinstance(piece.condition, AllOf)
        for test in piece.condition.tests
    ]
    return list(dict.fromkeys(names))


def formula_names(rules: RuleSet, metric: Metric) -> list[str]:
    """Return the metrics that a derived metric's formula names, none where the formula is wrong.

    Of a derived level they are those that the rows of its table ask for.
    """
    if metric.table is not None:
        return [name for name in metric.table.metrics if name in rules.metrics]
    if metric.formula is None:
        return []
    return _names_in(rules, metric.formula, {})


DEEPEST = 10
"""The most levels of groups that lie in groups.

The indices of Vietnam's provinces have three: areas, criteria, component criteria.
"""


def above(rules: RuleSet, group: str | None) -> Iterator[Group]:
    """Yield a group and those it lies in, the nearest first.

    Groups that lie in a ring, which is a problem of its own, are passed only once.

    >>> from cchc_rules import load_rules
    >>> rules = load_rules("cam-due-2023")
    >>> [group.parent for group in above(rules, rules.rules["on-time"].group)][-1] is None
    True
    """
    seen: set[str] = set()
    while group is not None and group in rules.groups and group not in seen:
        seen.add(group)
        here = rules.groups[group]
        yield here
        group = here.parent


def children(rules: RuleSet) -> dict[str, list[Rule | Group]]:
    """Return what lies right below each group, by its id: groups first, then rules.

    Both stand in the order of the file; a group with nothing below it is not among the keys.
    """
    below: dict[str, list[Rule | Group]] = {}
    for group in rules.groups.values():
        if group.parent is not None:
            siblings = below.setdefault(group.parent, [])
            siblings.append(group)
    for rule in rules.rules.values():
        siblings = below.setdefault(rule.group, [])
        siblings.append(rule)
    return below


def maxima(rules: RuleSet) -> dict[str, Fraction]:
    """Return the most points of each group, by its id.

    That is the sum of the rules below it, in which a mean counts with its own weight, whatever its
    rules weigh, and a base group with a cap with no more than that.

    Points are added up from the lowest groups to the highest:

        group work (sum)             2 + 3 + 1 = 6
          rule on-time    2
          group survey (mean)        3, its weight; relative weights 1 and 4 go no further
            rule clear    1
            rule polite   4
          group events (cap 1)       1, of 0.5 + 0.5 + 0.5
            rules of 0.5, three of them
    """
    maximum = dict.fromkeys(rules.groups, Fraction(0))
    for rule in rules.rules.values():
        if rule.group in maximum:
            maximum[rule.group] += rule.weight
    for group in _lowest_first(rules):
        maximum[group.id] = _held_maximum(group, maximum[group.id])
        if group.parent in maximum:
            maximum[group.parent] += maximum[group.id]
    return maximum


def _lowest_first(rules: RuleSet) -> list[Group]:
    """Return the groups so that each comes after those in it."""
    levels = {}
    for id_ in rules.groups:
        # A file with more levels is refused; until then, the cost must not grow with their square.
        levels[id_] = len(list(islice(above(rules, id_), DEEPEST + 1)))
    in_order = sorted(levels, key=levels.__getitem__, reverse=True)
    return [rules.groups[id_] for id_ in in_order]


def _held_maximum(group: Group, below: Fraction) -> Fraction:
    """Return the most points of a group, of what lies right below it."""
    if group.combine == "mean":
        return group.weight or Fraction(0)
    # The cap of a pool holds what it brings to the index, not what its rules can come to.
    if group.kind == "base" and group.cap is not None:
        return min(group.cap, below)
    return below
