"""Everything that can be wrong with a rule set whose form is right.

`CHECKS` are functions from a rule set to its problems. None of them stops at the first problem, and
each must cope with a rule set in which the others find faults: an id that names nothing is skipped.
"""

import ast
import re
from collections import ChainMap
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction
from graphlib import CycleError, TopologicalSorter
from itertools import islice, pairwise
from typing import NamedTuple, TypeAlias

from cchc_rules.base import number
from cchc_rules.base.calendar import CalendarMissingError, known_country
from cchc_rules.base.interval import Interval
from cchc_rules.base.messages import Day, Figures
from cchc_rules.base.problem import (
    Path,
    Problem,
    bounded,
    figure,
    nearest,
    quoted,
    unknown,
)
from cchc_rules.base.state import State
from cchc_rules.base.written_values import unquoted
from cchc_rules.rules import dependencies, needs, range_checks
from cchc_rules.rules import formula as formulas
from cchc_rules.rules.formula import Formula
from cchc_rules.rules.metric_values import literal_fits
from cchc_rules.rules.model import (
    Conflict,
    Credit,
    FormulaRef,
    Group,
    Metric,
    MetricRef,
    Peers,
    Rounding,
    Rule,
    RuleSet,
    Scalar,
    Threshold,
)
from cchc_rules.rules.shared import Shared

Problems: TypeAlias = Iterator[Problem]
Check: TypeAlias = Callable[[RuleSet], Problems]

DATE_COMPARATORS = ("on_or_before", "before", "on_or_after", "after")
"""The comparators of dates."""

WHOLE = 100
"""All points, in percent."""

LITERAL_COMPARATORS = ("between", "one_of", "is")
"""The comparators whose thresholds are written out, never read from a metric or a formula."""


def run(rules: RuleSet, shared: Shared | None = None) -> list[Problem]:
    """Return every problem of a rule set, warnings among them.

    Args:
        rules: a rule set whose form is right; its references need not be.
        shared: keeps what was found of parts that several rule sets have in common.

    Returns:
        The problems in the order of `CHECKS`, at most as many as a reader can use. Their paths
        begin at the top of the document; the caller looks up files and lines.

    >>> from cchc_rules import load_rules
    >>> run(load_rules("cam-due-2023"))
    []
    """
    return bounded(_in_order(rules, shared or Shared()))


def _in_order(rules: RuleSet, shared: Shared) -> Problems:
    for check in CHECKS:
        if check is rule_settings:
            yield from _settings_of_each(rules, shared)
        elif check is metrics:
            of = tuple(rules.metrics.values())
            yield from shared.once("metrics", of, lambda: [*metrics(rules)])
        else:
            yield from check(rules)


def _settings_of_each(rules: RuleSet, shared: Shared) -> Problems:
    """Yield the faults of each rule's settings, which are dear to look for.

    They hang on the rule, the metrics, the groups and the places of points, and on no other rule.
    """
    parts = (*rules.metrics.values(), *rules.groups.values())
    around = shared.stamp(parts, rules.index)
    for rule in rules.rules.values():
        yield from shared.once(
            "settings",
            (rule, around),
            lambda: [*settings_of(rules, rule)],  # noqa: B023 - called at once
        )


# References and rings ------------------------------------------------------------------------


def references(rules: RuleSet) -> Problems:
    """Every id that is named is declared.

    Ids inside formulas are left to `metrics` and `rule_settings`, which parse them.
    """
    for rule in rules.rules.values():
        yield from _rule_references(rules, rule)
        yield from _required_shares(rules, rule)
    for group in rules.groups.values():
        parent = group.parent
        if parent is not None and parent not in rules.groups:
            path: Path = ("group", group.id, "parent")
            yield unknown("unknown-group", path, parent, rules.groups)
    yield from _gate_references(rules)
    yield from _quota_references(rules)
    yield from _target_references(rules)


def _rule_references(rules: RuleSet, rule: Rule) -> Problems:
    path: Path = ("rule", rule.id)
    if rule.group not in rules.groups:
        group_path = (*path, "group")
        yield unknown("unknown-group", group_path, rule.group, rules.groups)
    # A metric may be named in several places: `metric`, `threshold`, the exemption of a deduction.
    for key, metric in dependencies.metrics_named(rule):
        if metric not in rules.metrics:
            metric_path = (*path, *key)
            yield unknown("unknown-metric", metric_path, metric, rules.metrics)
    remedy = rule.remedy
    if remedy is not None and remedy not in rules.remedies:
        remedy_path = (*path, "remedy")
        yield unknown("unknown-remedy", remedy_path, remedy, rules.remedies)
    for position, name in enumerate(rule.requires):
        if name not in rules.rules:
            entry_path = (*path, "requires", position)
            yield unknown("unknown-rule", entry_path, name, rules.rules)


def _required_shares(rules: RuleSet, rule: Rule) -> Problems:
    """A rule may ask for a share of the points of another rule, and of nothing else."""
    path: Path = ("rule", rule.id, "requires")
    for need in rule.needs:
        if need.subject != "rule":
            yield Problem("requires-subject", path)
        elif need.id in rules.rules:
            yield from needs.faults(rules, need, path)


def _gate_references(rules: RuleSet) -> Problems:
    bands = [band.id for band in rules.bands]
    for position, gate in enumerate(rules.band_gates):
        path: Path = ("band_gate", position)
        if gate.rule is not None and gate.rule not in rules.rules:
            rule_path = (*path, "rule")
            yield unknown("unknown-rule", rule_path, gate.rule, rules.rules)
        for place, need in enumerate(gate.needs):
            need_path = (*path, "needs", place)
            yield from needs.faults(rules, need, need_path)
        if gate.at_most is None and gate.lower_by <= 0:
            yield Problem("not-positive", (*path, "lower_by"))
        if gate.at_most is not None and gate.at_most not in bands:
            band_path = (*path, "at_most")
            yield unknown("unknown-band", band_path, gate.at_most, bands)


def _quota_references(rules: RuleSet) -> Problems:
    bands = [band.id for band in rules.bands]
    for position, quota in enumerate(rules.band_quotas):
        path: Path = ("band_quota", position)
        if quota.band not in bands:
            band_path = (*path, "band")
            yield unknown("unknown-band", band_path, quota.band, bands)
        for place, group in enumerate(quota.order):
            if group not in rules.groups:
                group_path = (*path, "order", place)
                yield unknown("unknown-group", group_path, group, rules.groups)


HUNDRED = 100
"""All of something, in percent."""


def quotas(rules: RuleSet) -> Problems:
    """A quota says how many units it leaves, once, and there is a band below for the others."""
    for position, quota in enumerate(rules.band_quotas):
        path: Path = ("band_quota", position)
        if (quota.percent is None) == (quota.units is None):
            yield Problem("quota-amount", path)
        percent = quota.percent
        if percent is not None and not 0 <= percent <= HUNDRED:
            yield Problem(
                "quota-percent", (*path, "percent"), {"given": figure(percent)}
            )
        if rules.ladder and quota.band == rules.ladder[0].id:
            yield Problem("quota-lowest", (*path, "band"), {"name": quota.band})


def _target_references(rules: RuleSet) -> Problems:
    for position, target in enumerate(rules.targets):
        for place, need in enumerate(target.needs):
            need_path: Path = ("target", position, "needs", place)
            yield from needs.faults(rules, need, need_path)


def cycles(rules: RuleSet) -> Problems:
    """Nothing depends on itself: groups in groups, gates behind gates, formulas over formulas.

    Groups may lie in each other `dependencies.DEEPEST` levels deep.
    """
    parents: dict[str, list[str]] = {}
    for group in rules.groups.values():
        parents[group.id] = []
        if group.parent:
            parents[group.id].append(group.parent)
    yield from _cycle_problems("group-cycle", "group", "parent", parents)
    # This holds for groups in a ring too: `above` goes round a ring only once.
    for group in rules.groups.values():
        if _is_too_deep(rules, group):
            arguments = {
                "name": group.id,
                "most": Figures(dependencies.DEEPEST),
            }
            yield Problem("group-too-deep", ("group", group.id), arguments)
    gates = {rule.id: list(rule.requires) for rule in rules.rules.values()}
    yield from _cycle_problems("gate-cycle", "rule", "requires", gates)
    # A threshold by formula is no metric, so nothing can depend on it: metrics are all there is.
    derived = {
        metric.id: dependencies.formula_names(rules, metric)
        for metric in rules.metrics.values()
    }
    for problem in _cycle_problems("formula-cycle", "metric", "formula", derived):
        *table, key = problem.path
        # A derived level has a table in place of the formula.
        if rules.metrics[str(table[-1])].table is not None:
            key = "table"
        yield replace(problem, path=(*table, key))


def _is_too_deep(rules: RuleSet, group: Group) -> bool:
    """Whether a group lies below too many others, itself counted among them."""
    above = dependencies.above(rules, group.id)
    # Only as many are looked at as decide it. With ten thousand groups inside each other, every one
    # of them would otherwise walk past all those above it.
    first_few = list(islice(above, dependencies.DEEPEST + 1))
    return len(first_few) > dependencies.DEEPEST


def _cycle_problems(
    code: str, table: str, key: str, edges: Mapping[str, list[str]]
) -> Problems:
    """Yield a problem for each ring, named from its alphabetically first member on.

    A ring that was reported is taken out, and the rest is searched for another, so no ring is
    reported twice, and there is one search for each. For `c → a → b → c` the problem stands at `a`
    and says `a → b → c → a`.
    """
    # Whoever needs nothing is in no ring; most rules and metrics are such.
    remaining = {name: needed for name, needed in edges.items() if needed}
    while cycle := _cycle(remaining):
        # The search may enter a ring anywhere. The report always begins at the same member, so that
        # the same file always gets the same message.
        start = cycle.index(min(cycle))
        from_start = [*cycle[start:], *cycle[:start]]
        ring = [*from_start, from_start[0]]
        arguments = {"cycle": " → ".join(ring)}
        yield Problem(code, (table, ring[0], key), arguments)
        for name in cycle:
            del remaining[name]


def _cycle(edges: Mapping[str, list[str]]) -> list[str]:
    """Return names of which each needs the next, and the last the first; none where there is no
    such ring.
    """
    try:
        TopologicalSorter(edges).prepare()
    except CycleError as error:
        # The library gives the ring in reverse, with its first name repeated at the end.
        return error.args[1][:0:-1]  # type: ignore[no-any-return]
    return []


# Metrics and formulas ------------------------------------------------------------------------


def metrics(rules: RuleSet) -> Problems:
    """Each metric's keys fit its type, and its formula is legal."""
    for metric in rules.metrics.values():
        path: Path = ("metric", metric.id)
        # In a formula, such a name would not mean the metric.
        if metric.id in formulas.RESERVED:
            yield Problem("bad-id", path, {"given": metric.id})
        yield from _metric_keys(metric, path)
        if metric.formula is not None:
            yield from _metric_formula(rules, metric, (*path, "formula"))
        if metric.table is not None:
            yield from metric.table.faults(rules, metric, (*path, "table"))
        if metric.peers is not None:
            yield from _metric_peers(rules, metric, metric.peers, (*path, "peers"))


def _metric_peers(rules: RuleSet, metric: Metric, peers: Peers, path: Path) -> Problems:
    """A figure from peers is one that units could report, of the type of what it is taken from."""
    if not metric.submitted or metric.distinct or not metric.numeric:
        arguments = {"key": "peers", "type": metric.type}
        yield Problem("metric-key-misplaced", path, arguments)
        return
    of = rules.metrics.get(peers.of)
    if of is None:
        yield unknown("unknown-metric", (*path, "of"), peers.of, rules.metrics)
        return
    if not of.submitted or not of.numeric or of.peers is not None:
        yield Problem("peers-of", (*path, "of"), {"name": of.id})
        return
    expected = {"count": "count", "rank": "rank"}.get(peers.take, of.type)
    if metric.type != expected:
        arguments = {"take": peers.take, "type": expected}
        yield Problem("peers-type", (*path, "take"), arguments)
    # The decimal of a mean may not end, nor that of a share: then both of its numbers are needed.
    may_not_end = peers.take == "mean"
    if peers.take in ("min", "max"):
        may_not_end = of.ratio is not None
    if may_not_end and metric.ratio is None:
        yield Problem("peers-ratio", path, {"take": peers.take})


def _metric_keys(metric: Metric, path: Path) -> Problems:
    is_measured = metric.type in ("percent", "number")
    is_derived = metric.derived
    has_ratio = metric.ratio is not None
    has_places = metric.round is not None
    has_levels = bool(metric.levels)
    is_level = metric.type == "level"
    is_of_period = metric.from_period is not None
    has_least = metric.range.low is not None
    has_most = metric.range.high is not None
    # Each key with the condition under which it is out of place; a key may stand twice, since
    # each reason is a problem of its own. Levels are the one key that a type must also have.
    misplaced = [
        ("ratio", has_ratio and not is_measured),
        ("ratio", has_ratio and is_derived),
        ("round", has_places and not is_measured),
        ("distinct", metric.distinct and metric.type != "count"),
        ("distinct", metric.distinct and is_derived),
        ("levels", has_levels != is_level),
        ("formula", metric.formula is not None and is_level),
        ("table", metric.table is not None and not is_level),
        ("from_period", is_of_period and not _plain_count(metric)),
        ("above_100", metric.above_100 and metric.type != "percent"),
        ("least", has_least and not metric.numeric),
        ("most", has_most and not metric.numeric),
    ]
    for key, is_misplaced in misplaced:
        if is_misplaced:
            arguments = {"key": key, "type": metric.type}
            yield Problem("metric-key-misplaced", (*path, key), arguments)
    if metric.range.empty:
        yield Problem("range-empty", (*path, "least"))
    # A submission may name a level in either language, so a word must mean one level only.
    # The set leaves out what a plain string would count twice: it stands for both languages.
    names = [
        text.casefold() for level in metric.levels for text in {level.vi, level.en}
    ]
    is_ambiguous = len(names) != len(set(names))
    if is_ambiguous:
        yield Problem("levels-twice", (*path, "levels"))


def _plain_count(metric: Metric) -> bool:
    """Whether a metric is a plain count, as the months of a period are."""
    is_counted_otherwise = metric.formula or metric.distinct
    has_usual_range = metric.range == Interval(Fraction(0))
    return metric.type == "count" and has_usual_range and not is_counted_otherwise


def _metric_formula(rules: RuleSet, metric: Metric, path: Path) -> Problems:
    # Formulas know only one type of number: percentages, counts and ranks are all the same to them.
    wanted_type = "number" if metric.numeric else metric.type
    text = metric.formula or ""
    yield from _formula(rules, text, _NO_NAMES, wanted_type, path)


class _RuleNames(NamedTuple):
    """The names that a formula may use beside those of metrics.

    In the formula of a rule these are `value`, `threshold` and `weight`; that of a metric, or of a
    threshold, has none of its own.
    """

    types: Mapping[str, str]
    """The type of each name."""

    metric: Metric | None = None
    """The metric for a value of which `value` and `threshold` stand."""

    rule: Rule | None = None
    """The rule whose `weight` and `threshold` they are."""


_NO_NAMES = _RuleNames({})
"""What a formula outside a rule has beside the metrics."""


def _formula(
    rules: RuleSet, text: str, names: _RuleNames, wanted_type: str, path: Path
) -> Problems:
    """A formula is legal, gives the type that is wanted, and no comparison in it always fails."""
    types = ChainMap(dict(names.types), rules.metric_types)
    try:
        parsed = formulas.parse(text, types, rules.calendar)
    except formulas.FormulaError as error:
        yield _formula_problem(error.code, text, path, error.column, **error.arguments)
        return
    if parsed.gives != wanted_type:
        yield _formula_problem(
            "formula-type",
            text,
            path,
            source=quoted(text),
            found=parsed.gives,
            wanted=wanted_type,
        )
    rule_metrics = dict.fromkeys(names.types, names.metric)
    yield from _levels(rules, parsed, rule_metrics, path)
    yield from _whole_arguments(rules, parsed, names, path)


def _formula_problem(
    code: str, text: str, path: Path, column: int = 1, **arguments: str
) -> Problem:
    # The caller looks up the line; within a formula only the column is known.
    position = {"column": str(column), "formula": quoted(text, 200)}
    return Problem(code, path, {**position, **arguments})


RuleMetrics: TypeAlias = Mapping[str, Metric | None]
"""The names that a rule's formula has beside those of metrics, each with the metric whose value it
stands for.
"""


def _levels(
    rules: RuleSet, parsed: Formula, rule_metrics: RuleMetrics, path: Path
) -> Problems:
    """Each level that a formula names is one of some metric, and of the one it is compared with."""
    # A level that is not compared with anything may belong to any metric.
    known = {
        words
        for metric in rules.metrics.values()
        for level in metric.levels
        for words in (level.vi, level.en)
    }
    texts = [text for text in parsed.literals.values() if isinstance(text, str)]
    strays = [text for text in texts if text not in known]
    for text in strays:
        arguments = {
            "level": quoted(text),
            "nearest": nearest(text, known),
        }
        yield Problem("formula-unknown-level", path, arguments)
    # A misspelt level can equal nothing either; one message is enough.
    if strays:
        return
    for left, right in _compared(parsed):
        fault = _never_equal(rules, rule_metrics, left, right)
        if fault is not None:
            possible = ", ".join(sorted(fault.possible))
            yield _formula_problem(
                "formula-level-never",
                parsed.text,
                path,
                source=_part_text(parsed, fault.compared),
                other=_part_text(parsed, fault.other),
                levels=quoted(possible, 200),
                nearest=nearest(fault.stray, fault.possible),
            )


def _compared(parsed: Formula) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Yield the two sides of each comparison; `a < b < c` compares twice."""
    for node in ast.walk(parsed.tree):
        if isinstance(node, ast.Compare):
            yield from pairwise([node.left, *node.comparators])


def _part_text(parsed: Formula, node: ast.expr) -> str:
    source = ast.get_source_segment(parsed.text, node)
    return quoted(source or "")


class _NeverEqual(NamedTuple):
    """Two parts of a formula of which the second has, or may have, no level of the first."""

    compared: ast.expr
    possible: set[str]
    """The levels that `compared` may come to."""

    other: ast.expr
    stray: str
    """A level that `other` names and `compared` never comes to; empty where it names none."""


def _never_equal(
    rules: RuleSet, rule_metrics: RuleMetrics, left: ast.expr, right: ast.expr
) -> _NeverEqual | None:
    """Return why two levels that are compared can never be the same one, None where they can.

    Of `risk == 'Small'` the left side may be Low or High, the right side is Small: the comparison
    decides nothing. Where a side chooses between levels that it names, as in
    `risk == ('Low' if new else 'Small')`, each of them must be possible on the other side.
    """
    for compared, other in ((left, right), (right, left)):
        possible = _possible_levels(rules, compared, rule_metrics)
        possible_of_other = _possible_levels(rules, other, rule_metrics)
        # Numbers, dates, yes and no are no levels, and of those nothing can be said here.
        if possible is None or possible_of_other is None:
            return None
        strays = _named_levels(other) - possible
        have_one_in_common = possible & possible_of_other
        if strays or not have_one_in_common:
            # The alphabetically first of several, so that the same file always gets the same
            # message.
            stray = min(strays, default="")
            return _NeverEqual(compared, possible, other, stray)
    return None


def _possible_levels(
    rules: RuleSet, node: ast.expr, rule_metrics: RuleMetrics
) -> set[str] | None:
    """Return every level that a part of a formula may come to, None where it is no level."""
    if isinstance(node, ast.Name):
        metric = rule_metrics.get(node.id) or rules.metrics.get(node.id)
        if metric is None or not metric.levels:
            return None
        return {level.vi for level in metric.levels}
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {node.value}
    if isinstance(node, ast.IfExp):
        chosen = _possible_levels(rules, node.body, rule_metrics)
        otherwise = _possible_levels(rules, node.orelse, rule_metrics)
        if chosen is None or otherwise is None:
            return None
        return chosen | otherwise
    return None


def _named_levels(node: ast.expr) -> set[str]:
    """Return the levels that a part of a formula may come to because it names them."""
    if isinstance(node, ast.IfExp):
        return _named_levels(node.body) | _named_levels(node.orelse)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {node.value}
    return set()


def _whole_arguments(
    rules: RuleSet, parsed: Formula, names: _RuleNames, path: Path
) -> Problems:
    """A name that says how many places or days are meant can be a whole number within bounds."""
    for argument in formulas.whole_arguments(parsed):
        # Anything but a name is computed, and checked against its bounds when a submission is
        # scored.
        if not isinstance(argument.node, ast.Name):
            continue
        name = argument.node.id
        least, most = argument.bounds
        bounds = Interval(Fraction(least), Fraction(most))
        possible = _possible_numbers(rules, names, name)
        if possible.whole_only().meets(bounds).empty:
            yield _formula_problem(
                "formula-not-whole",
                parsed.text,
                path,
                source=name,
                least=str(least),
                most=str(most),
            )


def _possible_numbers(rules: RuleSet, names: _RuleNames, name: str) -> Interval:
    """Return the numbers that a name of a formula may stand for, as far as the file tells."""
    if name not in names.types:
        return _possible_figures(rules.metrics[name])
    rule = names.rule
    # A formula that has names of its own belongs to a rule.
    if rule is None or names.metric is None:
        return range_checks.EVERYTHING
    if name == "weight":
        return Interval(rule.weight, rule.weight)
    if name == "value":
        return _possible_figures(names.metric)
    threshold = rule.threshold
    if isinstance(threshold, MetricRef) and threshold.metric in rules.metrics:
        return _possible_figures(rules.metrics[threshold.metric])
    if isinstance(threshold, Fraction):
        return Interval(threshold, threshold)
    return range_checks.EVERYTHING


def _possible_figures(metric: Metric) -> Interval:
    """Return the numbers that a metric may come to: nothing holds a formula to its range."""
    if metric.formula is not None:
        return range_checks.EVERYTHING
    if metric.round is None:
        return metric.range
    # Figures lie in the range as they are reported, and are rounded then: 0.5 becomes 1.
    low = _rounded_end(metric.range.low, metric.round)
    high = _rounded_end(metric.range.high, metric.round)
    return Interval(low, high)


def _rounded_end(end: Fraction | None, places: int) -> Fraction | None:
    if end is None:
        return None
    return number.round_half_up(end, places)


def read_metrics(rules: RuleSet, shared: Shared | None = None) -> set[str]:
    """Return the ids of the metrics that some rule reads, through formulas too, or some condition.

    Args:
        rules: the rule set.
        shared: keeps what was found of rules that several rule sets have in common.

    >>> from cchc_rules import load_rules
    >>> rules = load_rules("cam-due-2023")
    >>> read_metrics(rules) == set(rules.metrics)
    True
    """
    shared = shared or Shared()
    # What a rule reads hangs on the formulas of metrics.
    around = shared.stamp(rules.metrics.values())
    read: set[str] = set()
    for rule in rules.rules.values():
        read |= shared.once(
            "reads",
            (rule, around),
            lambda: {*dependencies.rule_metrics(rules, rule)},  # noqa: B023 - called at once
        )
    # What is taken from all units reads what they report.
    peers = [rules.metrics[name].peers for name in read if name in rules.metrics]
    of_peers = {taken.of for taken in peers if taken is not None}
    # A condition on a metric that no rule reads is refused, for a reason of its own.
    of_gates = [need for gate in rules.band_gates for need in gate.needs]
    of_targets = [need for target in rules.targets for need in target.needs]
    conditions = (*of_gates, *of_targets)
    of_conditions = {need.id for need in conditions if need.subject == "metric"}
    return read | of_peers | of_conditions


def working_days(rules: RuleSet) -> Problems:
    """Working days are counted with a declared calendar (a warning): without one, public holidays
    count as working days.
    """
    if rules.calendar.country or rules.calendar.extra_holidays:
        return
    # The text is searched, not the parsed formula, so that a formula with another fault is covered.
    for path, text in _all_formulas(rules):
        if re.search(rf"\b{formulas.WORKING_DAYS}\b", text):
            arguments = {"formula": quoted(text, 200)}
            yield Problem("calendar-undeclared", path, arguments, warning=True)


def _all_formulas(rules: RuleSet) -> Iterator[tuple[Path, str]]:
    """Yield every formula of a rule set with its path, those of other readings of a target too."""
    for metric in rules.metrics.values():
        if metric.formula is not None:
            yield ("metric", metric.id, "formula"), metric.formula
    for rule in rules.rules.values():
        rule_path = ("rule", rule.id)
        for key, text, _ in dependencies.rule_formulas(rules, rule):
            yield (*rule_path, *key), text
        for position, conflict in enumerate(rule.conflicts):
            threshold = conflict.threshold
            if isinstance(threshold, FormulaRef):
                key = ("conflict", position, "threshold", "formula")
                yield (*rule_path, *key), threshold.formula


# Rules ---------------------------------------------------------------------------------------


def rule_settings(rules: RuleSet) -> Problems:
    """Each rule has what its deduction needs, of the right type.

    That is: a metric, a target with which its values can be compared, points in whole ticks,
    settings that the deduction accepts, and formulas that give the right type.
    """
    for rule in rules.rules.values():
        yield from settings_of(rules, rule)


def settings_of(rules: RuleSet, rule: Rule) -> Problems:
    """Yield what is wrong with the settings of one rule; no other rule is read for it."""
    path: Path = ("rule", rule.id)
    yield from _needs(rule, path)
    yield from _weight(rules, rule, path)
    # Without a metric, or with one that is not declared, there is no type to check.
    metric = rules.metrics.get(rule.metric or "")
    if metric is not None:
        deduction_path = (*path, "deduction")
        yield from _comparator(rules, rule, metric, path)
        yield from rule.deduction.faults(rules, rule, metric, deduction_path)
        for position, conflict in enumerate(rule.conflicts):
            conflict_path = (*path, "conflict", position)
            yield from _conflict(rules, rule, conflict, metric, conflict_path)
    for key, text, types in dependencies.rule_formulas(rules, rule):
        # A formula of a deduction gives points.
        wanted_type = "number"
        if key[0] == "threshold" and metric is not None:
            wanted_type = _threshold_type(metric)
        names = _RuleNames(types, metric, rule)
        formula_path = (*path, *key)
        yield from _formula(rules, text, names, wanted_type, formula_path)


def _threshold_type(metric: Metric) -> str:
    """Return what a formula must give to be a threshold of a metric."""
    return "date" if metric.type == "date" else "number"


def _conflict(
    rules: RuleSet, rule: Rule, conflict: Conflict, metric: Metric, path: Path
) -> Problems:
    """Another reading is shown with its figures, so it must be as sound as the rule itself."""
    threshold = conflict.threshold
    threshold_path = (*path, "threshold")
    if isinstance(threshold, MetricRef) and threshold.metric not in rules.metrics:
        name_path = (*threshold_path, "metric")
        yield unknown("unknown-metric", name_path, threshold.metric, rules.metrics)
        return
    # The rule as it would be under the other reading is checked like any other rule.
    other = replace(rule, comparator=conflict.comparator, threshold=threshold)
    yield from _comparator(rules, other, metric, path)
    if isinstance(threshold, FormulaRef):
        text = threshold.formula
        wanted_type = _threshold_type(metric)
        formula_path = (*threshold_path, "formula")
        yield from _formula(rules, text, _NO_NAMES, wanted_type, formula_path)


def _needs(rule: Rule, path: Path) -> Problems:
    deduction = rule.deduction
    if rule.metric is None and not deduction.by_hand:
        yield Problem("missing-key", path, {"key": "metric"})
    if deduction.by_hand and (rule.metric or rule.comparator):
        key = "metric" if rule.metric else "comparator"
        yield Problem("key-misplaced", (*path, key), {"kind": deduction.kind})
    # A target is a comparator and a threshold: whoever writes one of them means both.
    has_threshold = rule.threshold is not None
    needs_comparator = deduction.needs_target or has_threshold
    if rule.comparator is None and needs_comparator:
        yield Problem("missing-key", path, {"key": "comparator"})
    if rule.comparator is not None and not has_threshold:
        yield Problem("missing-key", path, {"key": "threshold"})


def _weight(rules: RuleSet, rule: Rule, path: Path) -> Problems:
    if not rule.deduction.scored:
        if rule.weight:
            arguments = {"kind": rule.deduction.kind}
            yield Problem("key-misplaced", (*path, "weight"), arguments)
        return
    if rule.weight <= 0:
        arguments = {"weight": figure(rule.weight)}
        yield Problem("weight-not-positive", (*path, "weight"), arguments)
    yield from _decimal_places(rules, rule.weight, (*path, "weight"))
    yield from _decimal_places(rules, rule.lowest, (*path, "lowest"))
    yield from _credits(rule, path)
    # `lowest` says how far below zero a rule may go; it is not for points that nobody can lose.
    if rule.lowest > 0:
        arguments = {"points": figure(rule.lowest)}
        yield Problem("lowest-above-zero", (*path, "lowest"), arguments)


def _credits(rule: Rule, path: Path) -> Problems:
    """What an absence is worth lies between the fewest and the most points of the rule."""
    for kind, effect in rule.absence.items():
        if not isinstance(effect, Credit):
            continue
        points = effect.points_of(rule.weight)
        if not rule.lowest <= points <= rule.weight:
            arguments = {
                "points": figure(points),
                "lowest": figure(rule.lowest),
                "weight": figure(rule.weight),
            }
            yield Problem("effect-outside", (*path, "absence", str(kind)), arguments)


def _decimal_places(rules: RuleSet, points: Fraction, path: Path) -> Problems:
    """Points that a file writes are whole ticks, so that what is shown is what is counted."""
    most = rules.index.places
    # A decimal that does not end cannot be written in a file, so `places` is never None here.
    written = number.places(points) or 0
    if written > most:
        arguments = {
            "points": figure(points),
            "places": Figures(most),
        }
        yield Problem("too-many-places", path, arguments)


def _comparator(rules: RuleSet, rule: Rule, metric: Metric, path: Path) -> Problems:
    comparator = rule.comparator
    threshold = rule.threshold
    if comparator is None or threshold is None:
        return
    arguments = {"comparator": comparator, "type": metric.type}
    if not _comparator_fits(comparator, metric):
        yield Problem("comparator-type", (*path, "comparator"), arguments)
        return
    threshold_path = (*path, "threshold")
    expected = _expected_threshold(rules, comparator, threshold, metric)
    if not expected:
        yield from _threshold_range(threshold, metric, threshold_path)
        return
    # `threshold = "2023-01-31"` is the commonest slip, and its correction can be copied.
    meant = _unquoted(threshold, metric)
    if meant:
        hint = {"given": quoted(threshold), "hint": meant}
        yield Problem("quoted-value", threshold_path, hint)
    else:
        arguments["expected"] = expected
        yield Problem("threshold-type", threshold_path, arguments)


def _comparator_fits(comparator: str, metric: Metric) -> bool:
    """Whether a comparator suits a metric; those that are not named below compare numbers."""
    if comparator in DATE_COMPARATORS:
        return metric.type == "date"
    if comparator == "is":
        return metric.type in ("yes_no", "level")
    if comparator == "one_of":
        return metric.numeric or metric.type == "level"
    if comparator == "better":
        return metric.numeric and metric.better != "neither"
    return metric.numeric


def _expected_threshold(
    rules: RuleSet, comparator: str, threshold: Threshold, metric: Metric
) -> str:
    """Return the kind of threshold that was expected, or an empty text where it fits.

    A threshold may be a metric, a formula or a literal. The first two fit most comparators; what a
    literal must be depends on the comparator.
    """
    is_literal_only = comparator in LITERAL_COMPARATORS
    if isinstance(threshold, MetricRef):
        expected = "same-kind-metric"
        other = rules.metrics.get(threshold.metric)
        # A metric that is not declared is a problem of its own.
        is_same_kind = other is None or _is_same_kind(other, metric)
        fits = is_same_kind and not is_literal_only
    elif isinstance(threshold, FormulaRef):
        expected = "literal"
        fits = not is_literal_only and comparator != "better"
    elif comparator == "better":
        # Better than before means better than another metric, so a literal never fits.
        return "metric"
    elif comparator == "between":
        expected = "bounds"
        fits = isinstance(threshold, Interval) and not threshold.empty
    elif comparator == "one_of":
        expected = "list"
        fits = isinstance(threshold, tuple) and _all_fit(threshold, metric)
    else:
        expected = _EXPECTED.get(metric.type, "number")
        fits = literal_fits(threshold, metric)
    return "" if fits else expected


_EXPECTED = {"yes_no": "true-false", "date": "date", "level": "level"}
"""The literal with which a metric is compared, by its type; all others take a number."""


def _all_fit(items: Iterable[Scalar], metric: Metric) -> bool:
    return all(literal_fits(item, metric) for item in items)


def _unquoted(threshold: Threshold, metric: Metric) -> str:
    """Return what a threshold in quotation marks was meant to be, empty where it can be no value of
    the metric.
    """
    # Levels are written in quotation marks.
    if not isinstance(threshold, str) or metric.type == "level":
        return ""
    if metric.numeric:
        return unquoted(threshold, "number")
    return unquoted(threshold, metric.type)


def _is_same_kind(first: Metric, second: Metric) -> bool:
    """Whether the values of two metrics can be compared: all numbers, or of one type."""
    if first.numeric and second.numeric:
        return True
    return first.type == second.type


def _threshold_range(threshold: Threshold, metric: Metric, path: Path) -> Problems:
    """A target that no value can meet, or every value meets, is a slip: `threshold = 950` percent.

    An interval only needs to have something in common with the metric's range.
    """
    allowed = Figures(range_checks.range_text(metric.range))
    if isinstance(threshold, Interval) and threshold.meets(metric.range).empty:
        written = Figures(range_checks.range_text(threshold))
        arguments = {"threshold": written, "range": allowed}
        yield Problem("threshold-out-of-range", path, arguments)
    literals: tuple[object, ...] = (threshold,)
    if isinstance(threshold, tuple):
        literals = threshold
    for literal in literals:
        if isinstance(literal, Fraction) and not metric.range.holds(literal):
            out_of_range = {"threshold": figure(literal), "range": allowed}
            yield Problem("threshold-out-of-range", path, out_of_range)


def dates(rules: RuleSet) -> Problems:
    """Dates are in order and inside the validity, and what is due has an effect before it is.

    The calendar belongs here, too: its country must be one whose holidays are known.
    """
    first, last = rules.valid
    if first > last:
        yield Problem("dates-reversed", ("ruleset", "valid"))
        return
    if rules.window is not None:
        opens, closes = rules.window
        if opens > closes:
            yield Problem("dates-reversed", ("window",))
    for rule in rules.rules.values():
        yield from _rule_dates(rule, first, last)
    yield from _country(rules.calendar.country)


def _country(country: str) -> Problems:
    """The country's public holidays are known, and the package that knows them is installed."""
    path: Path = ("calendar", "country")
    # The package that knows holidays is optional, so a valid country may still be unusable.
    try:
        known = not country or known_country(country)
    except CalendarMissingError:
        yield Problem("calendar-missing", path)
    else:
        if not known:
            yield Problem("unknown-country", path, {"name": quoted(country)})


def _rule_dates(rule: Rule, first: date, last: date) -> Problems:
    path: Path = ("rule", rule.id)
    # Where the file names no due day, the deadline is the due day too.
    is_implied = rule.due == rule.threshold
    for key, day in (("due", rule.due), ("threshold", rule.threshold)):
        if not isinstance(day, date) or first <= day <= last:
            continue
        # A due day that the file does not write is not reported: the threshold is.
        if key == "due" and is_implied:
            continue
        arguments = {"date": Day(day.isoformat())}
        yield Problem("date-outside-validity", (*path, key), arguments)
    # For an implied due day, the effect is needed only by a submission that is judged before it.
    if rule.due is None or is_implied or not rule.deduction.scored:
        return
    if State.NOT_DUE not in rule.absence:
        yield Problem("effect-undeclared", path, {"state": "not_due"})


# Groups and index ----------------------------------------------------------------------------


def groups(rules: RuleSet) -> Problems:
    """Groups have children, caps and weights where they must, and their points are the sum of what
    their children have.
    """
    # Both are made once for all groups: made for each, the cost would grow with their square.
    children_of = dependencies.children(rules)
    maxima = dependencies.maxima(rules)
    for group in rules.groups.values():
        path: Path = ("group", group.id)
        children = children_of.get(group.id, [])
        if not children:
            yield Problem("group-empty", path, {"name": group.id})
            continue
        yield from _group_kind(rules, group, path)
        if group.combine == "mean":
            yield from _mean(rules, group, children, path)
        elif group.weight is not None:
            yield from _sum(group, children, maxima, path)


def _group_kind(rules: RuleSet, group: Group, path: Path) -> Problems:
    is_base = group.kind == "base"
    # Bonus and penalty points are added after the base is rescaled, so their groups stand at the
    # top.
    if not is_base and group.parent is not None:
        yield Problem("kind-nested", (*path, "kind"), {"kind": group.kind})
    # Bonus and penalty groups must have a cap, since nothing else bounds them.
    if group.cap is None and not is_base:
        yield Problem("cap", (*path, "cap"), {"kind": group.kind})
    if group.cap is not None and is_base:
        yield from _cap_of_base(rules, group, path)
    for key, points in (("weight", group.weight), ("cap", group.cap)):
        if points is None:
            continue
        if points <= 0:
            yield Problem("not-positive", (*path, key))
        yield from _decimal_places(rules, points, (*path, key))


def _cap_of_base(rules: RuleSet, group: Group, path: Path) -> Problems:
    """A base group with a cap adds up, and so do the groups around it: only there is it clear what
    lies beyond the cap.
    """
    groups_above = list(dependencies.above(rules, group.id))
    for other in groups_above:
        if other.kind != "base" or other.combine != "sum":
            yield Problem("cap-place", (*path, "cap"), {"group": other.id})
            return


def _mean(
    rules: RuleSet,
    group: Group,
    children: list[Rule | Group],
    path: Path,
) -> Problems:
    # The weights of a mean's rules are relative: only the group says what they come to.
    if group.weight is None:
        yield Problem("missing-key", path, {"key": "weight"})
    for child in children:
        if isinstance(child, Group):
            parent_path = ("group", child.id, "parent")
            yield Problem("mean-children", parent_path, {"group": group.id})
    if group.kind != "base":
        yield Problem("mean-kind", (*path, "combine"), {"kind": group.kind})
    for other in dependencies.above(rules, group.parent):
        if other.kind == "base" and other.cap is not None:
            cap_path = ("group", other.id, "cap")
            yield Problem("cap-place", cap_path, {"group": group.id})


def _sum(
    group: Group,
    children: list[Rule | Group],
    maxima: Mapping[str, Fraction],
    path: Path,
) -> Problems:
    """The weight that a plan states for a group is the sum of its parts; in plans it may not be."""
    total = maxima[group.id]
    if total == group.weight:
        return
    parts = []
    for child in children:
        points = child.weight
        if isinstance(child, Group):
            points = maxima[child.id]
        parts.append(figure(points or Fraction(0)))
    arguments = {
        "weight": figure(group.weight or Fraction(0)),
        "sum": figure(total),
        "parts": Figures(" + ".join(parts)),
    }
    yield Problem("group-sum", (*path, "weight"), arguments)


def roundings(rules: RuleSet) -> Problems:
    """A rounding stands where points are rounded, and its step is a whole part of the points."""
    for rule in rules.rules.values():
        path: Path = ("rule", rule.id)
        in_mean = any(
            group.combine == "mean" for group in dependencies.above(rules, rule.group)
        )
        # A mean alone is rounded, not its rules; and what only informs has no points.
        if rule.rounding is not None and (in_mean or not rule.deduction.scored):
            yield Problem("rounding-place", (*path, "rounding"))
            continue
        points = {"weight": rule.weight, "lowest": rule.lowest}
        yield from _rounding(rules, rule.rounding, points, path)
    for group in rules.groups.values():
        path = ("group", group.id)
        if group.rounding is not None and group.combine != "mean":
            yield Problem("rounding-place", (*path, "rounding"))
            continue
        points = {"weight": group.weight or Fraction(0)}
        yield from _rounding(rules, group.rounding, points, path)
    path = ("index",)
    yield from _rounding(
        rules, rules.index.rounding, {"scale": rules.index.scale}, path
    )
    # Whether an edge is reached must hang on the index alone, not on what pools add to its base.
    if rules.index.rounding is not None and rules.bands_read == "rounded":
        yield Problem("rounding-read", ("bands", "reads"))


def _rounding(
    rules: RuleSet,
    rounding: Rounding | None,
    points: Mapping[str, Fraction],
    path: Path,
) -> Problems:
    if rounding is None or rounding.step is None:
        return
    step = rounding.step
    step_path = (*path, "rounding", "step")
    if step <= 0:
        yield Problem("not-positive", step_path)
        return
    yield from _decimal_places(rules, step, step_path)
    for key, most in points.items():
        # Else a rounded figure could lie beyond the most that there is.
        if (most / step).denominator != 1:
            arguments = {"step": figure(step), "key": key, "points": figure(most)}
            yield Problem("rounding-step", step_path, arguments)


def index(rules: RuleSet) -> Problems:
    """The scale is positive, some rule earns points, bands leave no gap and no overlap, and no id
    of a list is used twice.
    """
    scale = rules.index.scale
    if scale <= 0:
        yield Problem("not-positive", ("index", "scale"))
    yield from _decimal_places(rules, scale, ("index", "scale"))
    lowest = rules.index.lowest
    if lowest is not None:
        lowest_path = ("index", "lowest")
        yield from _decimal_places(rules, lowest, lowest_path)
        if lowest >= scale:
            arguments = {"lowest": figure(lowest), "scale": figure(scale)}
            yield Problem("lowest-above-scale", lowest_path, arguments)
    least = rules.index.least_coverage
    if least is not None and not 0 < least <= WHOLE:
        yield Problem("coverage-percent", ("index", "least_coverage"))
    if not any(rule.weight for rule in rules.rules.values()):
        yield Problem("no-rules", ("rule",))
    yield from range_checks.bands(rules.bands, scale, possible_index(rules))
    yield from _ids_once(rules)


def _ids_once(rules: RuleSet) -> Problems:
    # Rules, groups, metrics and remedies are tables named by their ids: TOML itself refuses a
    # second one with the same id. In lists it has to be looked for.
    for position, gate in enumerate(rules.band_gates):
        namesakes = [
            other for other in rules.band_gates[:position] if other.name == gate.name
        ]
        # Gates of one rule may stand twice; what has an id of its own may not.
        if any(one.id is not None for one in (gate, *namesakes)) and namesakes:
            key = "id" if gate.id is not None else "rule"
            gate_path: Path = ("band_gate", position, key)
            yield Problem("id-twice", gate_path, {"name": gate.name})
    lists: dict[str, list[str]] = {
        "tracks": list(rules.tracks),
        "target": [target.id for target in rules.targets],
        "band": [band.id for band in rules.bands],
    }
    for table, ids in lists.items():
        for position, id_ in enumerate(ids):
            if id_ in ids[:position]:
                path: Path = (table, position)
                # Tracks are a list of ids, the others lists of tables that have one.
                if table != "tracks":
                    path = (*path, "id")
                yield Problem("id-twice", path, {"name": id_})


def possible_index(rules: RuleSet) -> Interval:
    """Return the interval outside of which no index lies.

    It begins at zero. Where a rule or a penalty may take points off it begins at the index's own
    `lowest`, or has no lower end: when points are excluded, what is left is rescaled, so that no
    lowest index can be given. It ends with the scale, or with `over_scale` as far above it as bonus
    points reach.
    """
    all_groups = rules.groups.values()
    rule_takes_off = any(rule.lowest < 0 for rule in rules.rules.values())
    group_takes_off = any(group.kind == "penalty" for group in all_groups)
    low: Fraction | None = Fraction(0)
    lowest = rules.index.lowest
    if rule_takes_off or group_takes_off or (lowest or 0) > 0:
        low = lowest
    high = rules.index.scale
    if rules.index.over_scale:
        bonus_groups = (group for group in all_groups if group.kind == "bonus")
        high += sum(group.cap or 0 for group in bonus_groups)
    return Interval(low, high)


def efforts(rules: RuleSet) -> Problems:
    """The effort that a rule or a remedy takes is above zero: gains are weighed against it."""
    for table, items in (("rule", rules.rules), ("remedy", rules.remedies)):
        for id_, item in items.items():
            effort = item.effort
            if effort is not None and effort <= 0:
                yield Problem("not-positive", (table, id_, "effort"))


def contradictions(rules: RuleSet) -> Problems:
    """Two rules that claim one clause for one metric with different thresholds should say so (a
    warning).
    """
    # By clause and metric, the first rule that claims them. That rule is compared with itself too,
    # which never differs.
    claims: dict[tuple[str, str], Rule] = {}
    for rule in rules.rules.values():
        for clause in rule.source:
            # Rules without a metric get points by hand: each stands for itself.
            claim = (clause, rule.metric or rule.id)
            first = claims.setdefault(claim, rule)
            if first.threshold is None or rule.threshold is None:
                continue
            # Where another reading is declared, the author knows of it.
            is_declared = first.conflicts or rule.conflicts
            if first.threshold != rule.threshold and not is_declared:
                arguments = {
                    "clause": clause,
                    "one": first.id,
                    "other": rule.id,
                }
                source_path = ("rule", rule.id, "source")
                yield Problem(
                    "clause-claimed-twice", source_path, arguments, warning=True
                )


CHECKS: tuple[Check, ...] = (
    references,
    cycles,
    metrics,
    working_days,
    rule_settings,
    dates,
    groups,
    roundings,
    index,
    quotas,
    efforts,
    contradictions,
)
"""Every check; problems are collected in this order."""
