"""Everything that can be wrong with a rule set whose form is right: `CHECKS`, functions from rule
set to problems.
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
from cchc_rules.base.problem import Path, Problem, bounded, figure, nearest, quoted
from cchc_rules.base.state import State
from cchc_rules.base.written_values import unquoted
from cchc_rules.rules import dependencies, range_checks
from cchc_rules.rules import formula as formulas
from cchc_rules.rules.formula import Formula
from cchc_rules.rules.metric_values import literal_fits
from cchc_rules.rules.model import (
    Conflict,
    FormulaRef,
    Group,
    Metric,
    MetricRef,
    Rule,
    RuleSet,
    Threshold,
)

Problems: TypeAlias = Iterator[Problem]
Check: TypeAlias = Callable[[RuleSet], Problems]

EVERYTHING = Interval()
DATE_COMPARATORS = ("on_or_before", "before", "on_or_after", "after")


def run(rules: RuleSet) -> list[Problem]:
    """Return every problem of the rule set, warnings among them."""
    return bounded(problem for check in CHECKS for problem in check(rules))


def unknown(code: str, path: Path, name: str, names: Iterable[str]) -> Problem:
    """Return the problem of a name that nothing is declared under, with the known name most like
    it.
    """
    return Problem(code, path, {"name": quoted(name), "nearest": nearest(name, names)})


def references(rules: RuleSet) -> Problems:
    """Every id that is named is declared."""
    for rule in rules.rules.values():
        yield from _rule_references(rules, rule)
    for group in rules.groups.values():
        if group.parent is not None and group.parent not in rules.groups:
            yield unknown(
                "unknown-group",
                ("group", group.id, "parent"),
                group.parent,
                rules.groups,
            )
    for at, gate in enumerate(rules.band_gates):
        if gate.rule not in rules.rules:
            yield unknown(
                "unknown-rule", ("band_gate", at, "rule"), gate.rule, rules.rules
            )
        bands = [band.id for band in rules.bands]
        if gate.at_most not in bands:
            yield unknown(
                "unknown-band", ("band_gate", at, "at_most"), gate.at_most, bands
            )


def _rule_references(rules: RuleSet, rule: Rule) -> Problems:
    path: Path = ("rule", rule.id)
    if rule.group not in rules.groups:
        yield unknown("unknown-group", (*path, "group"), rule.group, rules.groups)
    for key, metric in dependencies.metrics_named(rule):
        if metric not in rules.metrics:
            yield unknown("unknown-metric", (*path, *key), metric, rules.metrics)
    if rule.remedy is not None and rule.remedy not in rules.remedies:
        yield unknown("unknown-remedy", (*path, "remedy"), rule.remedy, rules.remedies)
    for at, other in enumerate(rule.requires):
        if other not in rules.rules:
            yield unknown("unknown-rule", (*path, "requires", at), other, rules.rules)


def cycles(rules: RuleSet) -> Problems:
    """Nothing depends on itself: groups in groups, gates behind gates, formulas over formulas."""
    parents = {
        group.id: [group.parent] if group.parent else []
        for group in rules.groups.values()
    }
    yield from _cycle_problems("group-cycle", "group", "parent", parents)
    for group in rules.groups.values():
        if (
            len(
                list(
                    islice(
                        dependencies.above(rules, group.id), dependencies.DEEPEST + 1
                    )
                )
            )
            > dependencies.DEEPEST
        ):
            yield Problem(
                "group-too-deep",
                ("group", group.id),
                {"name": group.id, "most": Figures(dependencies.DEEPEST)},
            )
    gates = {rule.id: list(rule.requires) for rule in rules.rules.values()}
    yield from _cycle_problems("gate-cycle", "rule", "requires", gates)
    derived = {
        metric.id: dependencies.formula_names(rules, metric)
        for metric in rules.metrics.values()
    }
    yield from _cycle_problems("formula-cycle", "metric", "formula", derived)


def _cycle_problems(
    code: str, table: str, key: str, edges: Mapping[str, list[str]]
) -> Problems:
    left = dict(edges)
    while cycle := _cycle(left):
        first = cycle.index(min(cycle))
        way = [*cycle[first:], *cycle[:first], cycle[first]]
        yield Problem(code, (table, way[0], key), {"cycle": " → ".join(way)})
        for name in cycle:
            del left[name]


def _cycle(edges: Mapping[str, list[str]]) -> list[str]:
    """Return names of which each needs the next and the last the first; empty when there is no such
    round.
    """
    try:
        TopologicalSorter(edges).prepare()
    except CycleError as error:
        return error.args[1][:0:-1]  # type: ignore[no-any-return]
    return []


def metrics(rules: RuleSet) -> Problems:
    """Each metric's keys fit its type, and its formula is legal."""
    for metric in rules.metrics.values():
        path: Path = ("metric", metric.id)
        if metric.id in formulas.RESERVED:
            yield Problem("bad-id", path, {"given": metric.id})
        yield from _metric_shape(metric, path)
        if metric.formula is not None:
            yield from _metric_formula(rules, metric, (*path, "formula"))


def _metric_shape(metric: Metric, path: Path) -> Problems:
    wrong = [
        (
            "ratio",
            metric.ratio is not None and metric.type not in ("percent", "number"),
        ),
        ("ratio", metric.ratio is not None and metric.formula is not None),
        (
            "round",
            metric.round is not None and metric.type not in ("percent", "number"),
        ),
        ("distinct", metric.distinct and metric.type != "count"),
        ("distinct", metric.distinct and metric.formula is not None),
        ("levels", bool(metric.levels) != (metric.type == "level")),
        ("formula", metric.formula is not None and metric.type == "level"),
        ("from_period", metric.from_period is not None and not _plain_count(metric)),
        ("above_100", metric.above_100 and metric.type != "percent"),
        ("least", metric.range.low is not None and not metric.numeric),
        ("most", metric.range.high is not None and not metric.numeric),
    ]
    for key, fault in wrong:
        if fault:
            yield Problem(
                "metric-key-misplaced", (*path, key), {"key": key, "type": metric.type}
            )
    if metric.range.empty:
        yield Problem("range-empty", (*path, "least"))
    names = [
        text.casefold() for level in metric.levels for text in {level.vi, level.en}
    ]
    if len(names) != len(set(names)):
        yield Problem("levels-twice", (*path, "levels"))


def _plain_count(metric: Metric) -> bool:
    return (
        metric.type == "count"
        and metric.range == Interval(Fraction(0))
        and not (metric.formula or metric.distinct)
    )


def _metric_formula(rules: RuleSet, metric: Metric, path: Path) -> Problems:
    wanted = "number" if metric.numeric else metric.type
    yield from _formula(rules, metric.formula or "", _NO_NAMES, wanted, path)


class _OwnNames(NamedTuple):
    """The types of the names that a formula may use beside the metrics.

    `value` and `threshold` among them stand for a figure of `metric`.
    """

    types: Mapping[str, str]
    metric: Metric | None = None


_NO_NAMES = _OwnNames({})


def _formula(
    rules: RuleSet, text: str, names: _OwnNames, wanted: str, path: Path
) -> Problems:
    """A formula is legal, gives what is wanted, and compares nothing that can never be equal."""
    try:
        parsed = formulas.parse(
            text, ChainMap(dict(names.types), rules.metric_types), rules.calendar
        )
    except formulas.FormulaError as error:
        yield _formula_problem(error.code, text, path, error.column, **error.arguments)
        return
    if parsed.gives != wanted:
        yield _formula_problem(
            "formula-type",
            text,
            path,
            source=quoted(text),
            found=parsed.gives,
            wanted=wanted,
        )
    own = dict.fromkeys(names.types, names.metric)
    yield from _levels(rules, parsed, own, path)
    yield from _whole_arguments(rules, parsed, own, path)


def _formula_problem(
    code: str, text: str, path: Path, column: int = 1, **arguments: str
) -> Problem:
    place = {"column": str(column), "formula": quoted(text, 200)}
    return Problem(code, path, {**place, **arguments})


Own: TypeAlias = Mapping[str, Metric | None]
"""The names that a rule's formula has beside the metrics, each with the metric that it means."""


def _levels(rules: RuleSet, parsed: Formula, own: Own, path: Path) -> Problems:
    """Each level that a formula names is one of some metric, and of the one it is compared with."""
    known = {
        words
        for metric in rules.metrics.values()
        for level in metric.levels
        for words in (level.vi, level.en)
    }
    texts = [text for text in parsed.literals.values() if isinstance(text, str)]
    strays = {text for text in texts if text not in known}
    for text in texts:
        if text in strays:
            arguments = {"level": quoted(text), "nearest": nearest(text, known)}
            yield Problem("formula-unknown-level", path, arguments)
    if strays:
        return
    for node in ast.walk(parsed.tree):
        if isinstance(node, ast.Compare):
            for left, right in pairwise([node.left, *node.comparators]):
                fault = _never_equal(rules, own, left, right)
                if fault is not None:
                    yield _formula_problem(
                        "formula-level-never",
                        parsed.text,
                        path,
                        source=_part_text(parsed, fault.compared),
                        other=_part_text(parsed, fault.other),
                        levels=quoted(", ".join(sorted(fault.possible)), 200),
                        nearest=nearest(fault.stray, fault.possible),
                    )


def _part_text(parsed: Formula, node: ast.expr) -> str:
    return quoted(ast.get_source_segment(parsed.text, node) or "")


class _NeverEqual(NamedTuple):
    """Two parts of a formula of which the second has, or may have, no level of the first."""

    compared: ast.expr
    possible: set[str]
    other: ast.expr
    stray: str


def _never_equal(
    rules: RuleSet, own: Own, left: ast.expr, right: ast.expr
) -> _NeverEqual | None:
    """Return why two levels that are compared can never be the same one, None where they can.

    Of `risk == 'Small'` the left side may be Low or High, the right side is Small: the comparison
    decides nothing. Where a side chooses between levels that it names, as in
    `risk == ('Low' if new else 'Small')`, each of them must be possible on the other side.
    """
    for compared, other in ((left, right), (right, left)):
        possible = _possible_levels(rules, compared, own)
        others = _possible_levels(rules, other, own)
        if possible is None or others is None:
            return None
        strays = _named_levels(other) - possible
        if strays or not possible & others:
            return _NeverEqual(compared, possible, other, min(strays, default=""))
    return None


def _possible_levels(rules: RuleSet, node: ast.expr, own: Own) -> set[str] | None:
    """Return every level that a part of a formula may come to, None where it is no level."""
    if isinstance(node, ast.Name):
        metric = own.get(node.id) or rules.metrics.get(node.id)
        if metric is None or not metric.levels:
            return None
        return {level.vi for level in metric.levels}
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {node.value}
    if isinstance(node, ast.IfExp):
        first = _possible_levels(rules, node.body, own)
        second = _possible_levels(rules, node.orelse, own)
        return None if first is None or second is None else first | second
    return None


def _named_levels(node: ast.expr) -> set[str]:
    """Return the levels that a part of a formula may come to because it names them."""
    if isinstance(node, ast.IfExp):
        return _named_levels(node.body) | _named_levels(node.orelse)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {node.value}
    return set()


def _whole_arguments(rules: RuleSet, parsed: Formula, own: Own, path: Path) -> Problems:
    """A metric that says how many places or days are meant can be a whole number within bounds."""
    for argument in formulas.whole_arguments(parsed):
        name = argument.node.id if isinstance(argument.node, ast.Name) else ""
        metric = own.get(name) or rules.metrics.get(name)
        if metric is None:
            continue
        least, most = argument.bounds
        bounds = Interval(Fraction(least), Fraction(most))
        if metric.range.whole_only().meets(bounds).empty:
            yield _formula_problem(
                "formula-not-whole",
                parsed.text,
                path,
                source=name,
                least=str(least),
                most=str(most),
            )


def read_metrics(rules: RuleSet) -> set[str]:
    """Return the metrics that some rule reads."""
    return {
        name
        for rule in rules.rules.values()
        for name in dependencies.rule_metrics(rules, rule)
    }


def working_days(rules: RuleSet) -> Problems:
    """Working days are counted by a declared calendar: without one, holidays count as worked (a
    warning).
    """
    if rules.calendar.country or rules.calendar.extra_holidays:
        return
    for path, text in _all_formulas(rules):
        if re.search(rf"\b{formulas.WORKING_DAYS}\b", text):
            arguments = {"formula": quoted(text, 200)}
            yield Problem("calendar-undeclared", path, arguments, warning=True)


def _all_formulas(rules: RuleSet) -> Iterator[tuple[Path, str]]:
    """Yield every formula of a rule set with its path, those of other readings among them."""
    for metric in rules.metrics.values():
        if metric.formula is not None:
            yield ("metric", metric.id, "formula"), metric.formula
    for rule in rules.rules.values():
        for key, text, _ in dependencies.rule_formulas(rules, rule):
            yield ("rule", rule.id, *key), text
        for position, conflict in enumerate(rule.conflicts):
            if isinstance(conflict.threshold, FormulaRef):
                path = ("rule", rule.id, "conflict", position, "threshold", "formula")
                yield path, conflict.threshold.formula


def rule_words(rules: RuleSet) -> Problems:
    """Each rule has what its deduction needs, of the right type."""
    for rule in rules.rules.values():
        path: Path = ("rule", rule.id)
        yield from _needs(rule, path)
        yield from _weight(rules, rule, path)
        metric = rules.metrics.get(rule.metric or "")
        if metric:
            yield from _comparator(rules, rule, metric, path)
            yield from rule.deduction.faults(rules, rule, metric, (*path, "deduction"))
            for at, conflict in enumerate(rule.conflicts):
                yield from _conflict(
                    rules, rule, conflict, metric, (*path, "conflict", at)
                )
        for key, text, extra in dependencies.rule_formulas(rules, rule):
            wanted = (
                "date"
                if key[0] == "threshold" and metric and metric.type == "date"
                else "number"
            )
            names = _OwnNames(extra, metric)
            yield from _formula(rules, text, names, wanted, (*path, *key))


def _conflict(
    rules: RuleSet, rule: Rule, conflict: Conflict, metric: Metric, path: Path
) -> Problems:
    """Another reading is shown with its figures, so it must be as sound as the rule's own."""
    threshold = conflict.threshold
    if isinstance(threshold, MetricRef) and threshold.metric not in rules.metrics:
        yield unknown(
            "unknown-metric",
            (*path, "threshold", "metric"),
            threshold.metric,
            rules.metrics,
        )
        return
    yield from _comparator(
        rules,
        replace(rule, comparator=conflict.comparator, threshold=threshold),
        metric,
        path,
    )
    if isinstance(threshold, FormulaRef):
        wanted = "date" if metric.type == "date" else "number"
        yield from _formula(
            rules, threshold.formula, _NO_NAMES, wanted, (*path, "threshold", "formula")
        )


def _needs(rule: Rule, path: Path) -> Problems:
    deduction = rule.deduction
    if rule.metric is None and not deduction.by_hand:
        yield Problem("missing-key", path, {"key": "metric"})
    if deduction.by_hand and (rule.metric or rule.comparator):
        key = "metric" if rule.metric else "comparator"
        yield Problem("key-misplaced", (*path, key), {"kind": deduction.kind})
    if rule.comparator is None and (
        deduction.needs_target or rule.threshold is not None
    ):
        yield Problem("missing-key", path, {"key": "comparator"})
    if rule.comparator is not None and rule.threshold is None:
        yield Problem("missing-key", path, {"key": "threshold"})


def _weight(rules: RuleSet, rule: Rule, path: Path) -> Problems:
    if not rule.deduction.scored:
        if rule.weight:
            yield Problem(
                "key-misplaced", (*path, "weight"), {"kind": rule.deduction.kind}
            )
        return
    if rule.weight <= 0:
        yield Problem(
            "weight-not-positive",
            (*path, "weight"),
            {"weight": figure(rule.weight)},
        )
    for key, points in _points_written(rule):
        if (number.places(points) or 0) > rules.index.places:
            places = {"points": figure(points), "places": Figures(rules.index.places)}
            yield Problem("too-many-places", (*path, *key), places)
    if rule.lowest > 0:
        yield Problem(
            "lowest-above-zero",
            (*path, "lowest"),
            {"points": figure(rule.lowest)},
        )


def _points_written(rule: Rule) -> Iterator[tuple[Path, Fraction]]:
    yield ("weight",), rule.weight
    yield ("lowest",), rule.lowest


def _comparator(rules: RuleSet, rule: Rule, metric: Metric, path: Path) -> Problems:
    if rule.comparator is None or rule.threshold is None:
        return
    if not _comparator_fits(rule.comparator, metric):
        yield Problem(
            "comparator-type",
            (*path, "comparator"),
            {"comparator": rule.comparator, "type": metric.type},
        )
        return
    expected = _threshold_fault(rules, rule.comparator, rule.threshold, metric)
    meant = _unquoted(rule.threshold, metric) if expected else ""
    if meant:
        arguments = {"given": quoted(rule.threshold), "hint": meant}
        yield Problem("quoted-value", (*path, "threshold"), arguments)
        return
    if expected:
        places = {
            "comparator": rule.comparator,
            "type": metric.type,
            "expected": expected,
        }
        yield Problem("threshold-type", (*path, "threshold"), places)
        return
    yield from _threshold_range(rule.threshold, metric, (*path, "threshold"))


def _comparator_fits(comparator: str, metric: Metric) -> bool:
    if comparator in DATE_COMPARATORS:
        return metric.type == "date"
    if comparator == "is":
        return metric.type in ("yes_no", "level")
    if comparator == "one_of":
        return metric.numeric or metric.type == "level"
    return metric.numeric and not (
        comparator == "better" and metric.better == "neither"
    )


def _threshold_fault(
    rules: RuleSet, comparator: str, threshold: Threshold, metric: Metric
) -> str:
    """Return the kind of threshold that was expected, or an empty text when it fits."""
    if isinstance(threshold, MetricRef):
        other = rules.metrics.get(threshold.metric)
        fits = comparator not in ("between", "one_of", "is") and (
            other is None or _same_kind(other, metric)
        )
        return "" if fits else "same-kind-metric"
    if isinstance(threshold, FormulaRef):
        return (
            "" if comparator not in ("between", "one_of", "is", "better") else "literal"
        )
    if comparator == "better":
        return "metric"
    if comparator == "between":
        return (
            "" if isinstance(threshold, Interval) and not threshold.empty else "bounds"
        )
    if comparator == "one_of":
        return (
            ""
            if isinstance(threshold, tuple)
            and all(literal_fits(item, metric) for item in threshold)
            else "list"
        )
    return (
        "" if literal_fits(threshold, metric) else _EXPECTED.get(metric.type, "number")
    )


_EXPECTED = {"yes_no": "true-false", "date": "date", "level": "level"}


def _unquoted(threshold: Threshold, metric: Metric) -> str:
    """Return what a threshold in quotation marks was to be, empty where it is none of the metric's."""
    if not isinstance(threshold, str) or metric.type == "level":
        return ""
    return unquoted(threshold, "number" if metric.numeric else metric.type)


def _same_kind(one: Metric, other: Metric) -> bool:
    return one.numeric == other.numeric and (one.numeric or one.type == other.type)


def _threshold_range(threshold: Threshold, metric: Metric, path: Path) -> Problems:
    if isinstance(threshold, Interval) and threshold.meets(metric.range).empty:
        ranges = {
            "threshold": Figures(range_checks.range_text(threshold)),
            "range": Figures(range_checks.range_text(metric.range)),
        }
        yield Problem("threshold-out-of-range", path, ranges)
    literals = threshold if isinstance(threshold, tuple) else (threshold,)
    for literal in literals:
        if (
            isinstance(literal, Fraction)
            and not isinstance(literal, bool)
            and not metric.range.holds(literal)
        ):
            places = {
                "threshold": figure(literal),
                "range": Figures(range_checks.range_text(metric.range)),
            }
            yield Problem("threshold-out-of-range", path, places)


def dates(rules: RuleSet) -> Problems:
    """Dates are in order and inside the validity, and what is due has an effect before it is."""
    first, last = rules.valid
    if first > last:
        yield Problem("dates-reversed", ("ruleset", "valid"))
        return
    if rules.window and rules.window[0] > rules.window[1]:
        yield Problem("dates-reversed", ("window",))
    for rule in rules.rules.values():
        yield from _rule_dates(rule, first, last)
    yield from _country(rules.calendar.country)


def _country(country: str) -> Problems:
    """The country's public holidays are known, and the package that knows them is installed."""
    path: Path = ("calendar", "country")
    try:
        known = not country or known_country(country)
    except CalendarMissingError:
        yield Problem("calendar-missing", path)
    else:
        if not known:
            yield Problem("unknown-country", path, {"name": quoted(country)})


def _rule_dates(rule: Rule, first: date, last: date) -> Problems:
    path: Path = ("rule", rule.id)
    for key, day in (("due", rule.due), ("threshold", rule.threshold)):
        if (
            isinstance(day, date)
            and not first <= day <= last
            and not (key == "due" and day == rule.threshold)
        ):
            yield Problem(
                "date-outside-validity", (*path, key), {"date": Day(day.isoformat())}
            )
    implied = (
        rule.due == rule.threshold
    )  # the deadline itself: refused only when a report meets it undeclared
    if (
        rule.due is not None
        and not implied
        and State.NOT_DUE not in rule.absence
        and rule.deduction.scored
    ):
        yield Problem("effect-undeclared", path, {"state": "not_due"})


def groups(rules: RuleSet) -> Problems:
    """Groups have children, caps and weights where they must, and a parent's points equal its
    children's sum.
    """
    children = dependencies.children(rules)
    maxima = dependencies.maxima(rules)
    for group in rules.groups.values():
        path: Path = ("group", group.id)
        below = children.get(group.id, [])
        if not below:
            yield Problem("group-empty", path, {"name": group.id})
            continue
        yield from _group_kind(rules, group, path)
        if group.combine == "mean":
            yield from _mean(rules, group, below, path)
        elif group.weight is not None:
            yield from _sum(group, below, maxima, path)


def _group_kind(rules: RuleSet, group: Group, path: Path) -> Problems:
    if group.kind != "base" and group.parent is not None:
        yield Problem("kind-nested", (*path, "kind"), {"kind": group.kind})
    if (group.cap is None) == (group.kind != "base"):
        yield Problem("cap", (*path, "cap"), {"kind": group.kind})
    for key, points in (("weight", group.weight), ("cap", group.cap)):
        if points is not None and points <= 0:
            yield Problem("not-positive", (*path, key))
        if points is not None and (number.places(points) or 0) > rules.index.places:
            yield Problem(
                "too-many-places",
                (*path, key),
                {"points": figure(points), "places": Figures(rules.index.places)},
            )


def _mean(
    rules: RuleSet, group: Group, below: list[Rule | Group], path: Path
) -> Problems:
    if group.weight is None:
        yield Problem("missing-key", path, {"key": "weight"})
    for child in below:
        if isinstance(child, Group):
            yield Problem(
                "mean-children", ("group", child.id, "parent"), {"group": group.id}
            )
    if group.kind != "base":
        yield Problem("mean-kind", (*path, "combine"), {"kind": group.kind})


def _sum(
    group: Group, below: list[Rule | Group], maxima: Mapping[str, Fraction], path: Path
) -> Problems:
    total = maxima[group.id]
    if total != group.weight:
        parts = " + ".join(
            figure(maxima[c.id] if isinstance(c, Group) else c.weight) for c in below
        )
        places = {
            "weight": figure(group.weight or Fraction(0)),
            "sum": figure(total),
            "parts": Figures(parts),
        }
        yield Problem("group-sum", (*path, "weight"), places)


def index(rules: RuleSet) -> Problems:
    """The scale is positive, some rule earns points, bands leave no gap and no overlap, ids are not
    used twice.
    """
    scale = rules.index.scale
    places = rules.index.places
    if scale <= 0:
        yield Problem("not-positive", ("index", "scale"))
    if (number.places(scale) or 0) > places:
        yield Problem(
            "too-many-places",
            ("index", "scale"),
            {"points": figure(scale), "places": Figures(places)},
        )
    if not any(rule.weight for rule in rules.rules.values()):
        yield Problem("no-rules", ("rule",))
    yield from range_checks.bands(rules.bands, scale, possible_index(rules))
    for table, ids in (
        ("tracks", [*rules.tracks]),
        ("target", [t.id for t in rules.targets]),
        ("band", [b.id for b in rules.bands]),
    ):
        for at, id_ in enumerate(ids):
            if id_ in ids[:at]:
                path: Path = (table, at) if table == "tracks" else (table, at, "id")
                yield Problem("id-twice", path, {"name": id_})


def possible_index(rules: RuleSet) -> Interval:
    """Return the interval outside of which no index lies.

    It begins at zero, or has no lower end where a rule or a penalty may take points off: what is
    left is rescaled when points are excluded, so that no lowest index can be given. It ends with
    the scale, or with `over_scale` as far above it as bonus points reach.
    """
    takes_points_off = any(rule.lowest < 0 for rule in rules.rules.values()) or any(
        group.kind == "penalty" for group in rules.groups.values()
    )
    above = Fraction(0)
    if rules.index.over_scale:
        caps = [g.cap for g in rules.groups.values() if g.kind == "bonus" and g.cap]
        above = sum(caps, Fraction(0))
    low = None if takes_points_off else Fraction(0)
    return Interval(low, rules.index.scale + above)


def efforts(rules: RuleSet) -> Problems:
    """What it takes to mend something is above zero."""
    for table, items in (("rule", rules.rules), ("remedy", rules.remedies)):
        for id_, item in items.items():
            if item.effort is not None and item.effort <= 0:
                yield Problem("not-positive", (table, id_, "effort"))


def contradictions(rules: RuleSet) -> Problems:
    """Two rules that claim one clause for one metric with different thresholds should say so (a
    warning).
    """
    claims: dict[tuple[str, str], Rule] = {}
    for rule in rules.rules.values():
        for clause in rule.source:
            other = claims.setdefault((clause, rule.metric or rule.id), rule)
            declared = other.conflicts or rule.conflicts
            both = other.threshold is not None and rule.threshold is not None
            if both and other.threshold != rule.threshold and not declared:
                places = {"clause": clause, "one": other.id, "other": rule.id}
                yield Problem(
                    "clause-claimed-twice",
                    ("rule", rule.id, "source"),
                    places,
                    warning=True,
                )


CHECKS: tuple[Check, ...] = (
    references,
    cycles,
    metrics,
    working_days,
    rule_words,
    dates,
    groups,
    index,
    efforts,
    contradictions,
)
