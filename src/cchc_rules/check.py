"""Everything that can be wrong with a rule set whose form is right: `CHECKS`, functions from rule set to problems."""

from collections import ChainMap
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import TypeAlias

from cchc_rules import formula as formulas
from cchc_rules import number
from cchc_rules.calendar import CalendarMissingError, known_country
from cchc_rules.interval import Interval, uncovered
from cchc_rules.model import (
    Deduction,
    FormulaRef,
    Group,
    Metric,
    MetricRef,
    Rule,
    RuleSet,
    Scalar,
    Threshold,
    Tier,
)
from cchc_rules.problem import Path, Problem, bounded, nearest, quoted
from cchc_rules.state import State

Problems: TypeAlias = Iterator[Problem]
Check: TypeAlias = Callable[[RuleSet], Problems]

EVERYTHING = Interval()
ORDER_COMPARATORS = (">=", ">", "<=", "<", "==", "!=", "between", "better")
DATE_COMPARATORS = ("on_or_before", "before", "on_or_after", "after")
FREE_OF_TARGET = ("tiers", "formula", "manual", "none")


def run(rules: RuleSet) -> list[Problem]:
    """Return every problem of the rule set, warnings among them."""
    return bounded(problem for check in CHECKS for problem in check(rules))


def _unknown(code: str, path: Path, name: str, names: Iterable[str]) -> Problem:
    return Problem(code, path, {"name": quoted(name), "nearest": nearest(name, names)})


def references(rules: RuleSet) -> Problems:
    """Every id that is named is declared."""
    for rule in rules.rules.values():
        yield from _rule_references(rules, rule)
    for group in rules.groups.values():
        if group.parent is not None and group.parent not in rules.groups:
            yield _unknown("unknown-group", ("group", group.id, "parent"), group.parent, rules.groups)
    for at, gate in enumerate(rules.band_gates):
        if gate.rule not in rules.rules:
            yield _unknown("unknown-rule", ("band_gate", at, "rule"), gate.rule, rules.rules)
        bands = [band.id for band in rules.bands]
        if gate.at_most not in bands:
            yield _unknown("unknown-band", ("band_gate", at, "at_most"), gate.at_most, bands)


def _rule_references(rules: RuleSet, rule: Rule) -> Problems:
    path: Path = ("rule", rule.id)
    if rule.group not in rules.groups:
        yield _unknown("unknown-group", (*path, "group"), rule.group, rules.groups)
    for key, metric in _metrics_named(rule):
        if metric not in rules.metrics:
            yield _unknown("unknown-metric", (*path, *key), metric, rules.metrics)
    if rule.remedy is not None and rule.remedy not in rules.remedies:
        yield _unknown("unknown-remedy", (*path, "remedy"), rule.remedy, rules.remedies)
    for at, other in enumerate(rule.requires):
        if other not in rules.rules:
            yield _unknown("unknown-rule", (*path, "requires", at), other, rules.rules)


def _metrics_named(rule: Rule) -> Iterator[tuple[Path, str]]:
    if rule.metric is not None:
        yield ("metric",), rule.metric
    if isinstance(rule.threshold, MetricRef):
        yield ("threshold", "metric"), rule.threshold.metric
    if rule.deduction.exempt is not None:
        yield ("deduction", "exempt"), rule.deduction.exempt


def cycles(rules: RuleSet) -> Problems:
    """Nothing depends on itself: groups in groups, gates behind gates, formulas over formulas."""
    parents = {group.id: [group.parent] if group.parent else [] for group in rules.groups.values()}
    yield from _cycle_problems("group-cycle", "group", "parent", parents)
    gates = {rule.id: list(rule.requires) for rule in rules.rules.values()}
    yield from _cycle_problems("gate-cycle", "rule", "requires", gates)
    reads = {metric.id: _formula_names(rules, metric) for metric in rules.metrics.values()}
    yield from _cycle_problems("formula-cycle", "metric", "formula", reads)


def _formula_names(rules: RuleSet, metric: Metric) -> list[str]:
    if metric.formula is None:
        return []
    try:
        return list(formulas.parse(metric.formula, rules.metric_types, rules.calendar).names)
    except formulas.FormulaError:
        return []


def _cycle_problems(code: str, table: str, key: str, edges: Mapping[str, list[str]]) -> Problems:
    for start in edges:
        cycle = _cycle_from(start, edges)
        if cycle and start == min(cycle):
            yield Problem(code, (table, start, key), {"cycle": " → ".join(cycle)})


def _cycle_from(start: str, edges: Mapping[str, list[str]]) -> list[str]:
    """Return the shortest way from start back to itself, both ends named; empty when there is none."""
    trails, seen = [[start]], set()
    for trail in trails:
        for following in edges.get(trail[-1], []):
            if following == start:
                return [*trail, start]
            if following not in seen:
                seen.add(following)
                trails.append([*trail, following])
    return []


def metrics(rules: RuleSet) -> Problems:
    """Each metric's keys fit its type, and its formula is legal."""
    for metric in rules.metrics.values():
        path: Path = ("metric", metric.id)
        yield from _metric_shape(metric, path)
        if metric.formula is not None:
            yield from _metric_formula(rules, metric, (*path, "formula"))


def _metric_shape(metric: Metric, path: Path) -> Problems:
    wrong = [
        ("ratio", metric.ratio is not None and metric.type not in ("percent", "number")),
        ("ratio", metric.ratio is not None and metric.formula is not None),
        ("round", metric.round is not None and metric.type not in ("percent", "number")),
        ("distinct", metric.distinct and metric.type != "count"),
        ("distinct", metric.distinct and metric.formula is not None),
        ("levels", bool(metric.levels) != (metric.type == "level")),
        ("formula", metric.formula is not None and metric.type == "level"),
        ("above_100", metric.above_100 and metric.type != "percent"),
        ("range", metric.range != EVERYTHING and not metric.numeric),
    ]
    for key, fault in wrong:
        if fault:
            yield Problem("metric-key-misplaced", (*path, key), {"key": key, "type": metric.type})
    if metric.range.empty:
        yield Problem("range-empty", (*path, "least"))
    names = [text.casefold() for level in metric.levels for text in {level.vi, level.en}]
    if len(names) != len(set(names)):
        yield Problem("levels-twice", (*path, "levels"))


def _metric_formula(rules: RuleSet, metric: Metric, path: Path) -> Problems:
    wanted = "number" if metric.numeric else metric.type
    yield from _formula(rules, metric.formula or "", {}, wanted, path)


def _formula(rules: RuleSet, text: str, extra: Mapping[str, str], wanted: str, path: Path) -> Problems:
    try:
        parsed = formulas.parse(text, ChainMap(dict(extra), rules.metric_types), rules.calendar)
    except formulas.FormulaError as error:
        yield Problem(error.code, path, {"column": str(error.column), "formula": quoted(text, 200), **error.places})
        return
    if parsed.gives != wanted:
        places = {"column": "1", "formula": quoted(text, 200), "source": quoted(text), "found": parsed.gives}
        yield Problem("formula-type", path, {**places, "wanted": wanted})
    levels = {words for metric in rules.metrics.values() for level in metric.levels for words in (level.vi, level.en)}
    for literal in parsed.literals.values():
        if isinstance(literal, str) and literal not in levels:
            yield Problem(
                "formula-unknown-level", path, {"level": quoted(literal), "nearest": nearest(literal, levels)}
            )


def unused(rules: RuleSet) -> Problems:
    """A metric that no rule reads is probably a slip (a warning)."""
    read = {name for rule in rules.rules.values() for name in rule_metrics(rules, rule)}
    for metric in rules.metrics.values():
        if metric.id not in read:
            yield Problem("metric-unused", ("metric", metric.id), {"name": metric.id}, warning=True)


def rule_metrics(rules: RuleSet, rule: Rule) -> set[str]:
    """Return every metric that a rule reads, directly, through formulas, or as threshold or exemption."""
    waiting = [name for _, name in _metrics_named(rule)]
    for _, text, extra in rule_formulas(rules, rule):
        waiting += _names_in(rules, text, extra)
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in rules.metrics and name not in found:
            found.add(name)
            waiting += _formula_names(rules, rules.metrics[name])
    return found


def _names_in(rules: RuleSet, text: str, extra: Mapping[str, str]) -> list[str]:
    try:
        names = formulas.parse(text, ChainMap(dict(extra), rules.metric_types), rules.calendar).names
    except formulas.FormulaError:
        return []
    return [name for name in names if name not in extra]


def rule_formulas(rules: RuleSet, rule: Rule) -> Iterator[tuple[Path, str, dict[str, str]]]:
    """Yield each formula of a rule with its key path and the types of the names it adds to the metrics."""
    if isinstance(rule.threshold, FormulaRef):
        yield ("threshold", "formula"), rule.threshold.formula, {}
    own = own_names(rules, rule)
    if rule.deduction.formula is not None:
        yield ("deduction", "formula"), rule.deduction.formula, own
    for at, tier in enumerate(rule.deduction.tiers):
        if tier.value.formula is not None:
            yield ("deduction", "tiers", at, "formula"), tier.value.formula, own


def own_names(rules: RuleSet, rule: Rule) -> dict[str, str]:
    """Return the names that a rule's own formulas may use beside the metrics, with their types."""
    names = {"weight": "number"}
    metric = rules.metrics.get(rule.metric or "")
    if metric:
        kind = rules.metric_types[metric.id]
        names["value"] = kind
        if rule.threshold is not None and not isinstance(rule.threshold, Interval | tuple):
            names["threshold"] = kind
    return names


def rule_words(rules: RuleSet) -> Problems:
    """Each rule has what its deduction needs, of the right type."""
    for rule in rules.rules.values():
        path: Path = ("rule", rule.id)
        yield from _needs(rule, path)
        yield from _weight(rules, rule, path)
        metric = rules.metrics.get(rule.metric or "")
        if metric:
            yield from _comparator(rules, rule, metric, path)
            yield from _deduction_type(rule, metric, path)
        for key, text, extra in rule_formulas(rules, rule):
            wanted = "date" if key[0] == "threshold" and metric and metric.type == "date" else "number"
            yield from _formula(rules, text, extra, wanted, (*path, *key))


def _needs(rule: Rule, path: Path) -> Problems:
    kind = rule.deduction.kind
    if rule.metric is None and kind != "manual":
        yield Problem("missing-key", path, {"key": "metric"})
    if kind == "manual" and (rule.metric or rule.comparator):
        yield Problem("key-misplaced", (*path, "metric" if rule.metric else "comparator"), {"kind": kind})
    if rule.comparator is None and kind not in FREE_OF_TARGET:
        yield Problem("missing-key", path, {"key": "comparator"})
    if rule.comparator is not None and rule.threshold is None:
        yield Problem("missing-key", path, {"key": "threshold"})
    if rule.threshold is not None and rule.comparator is None:
        yield Problem("missing-key", path, {"key": "comparator"})


def _weight(rules: RuleSet, rule: Rule, path: Path) -> Problems:
    if rule.deduction.kind == "none":
        if rule.weight:
            yield Problem("key-misplaced", (*path, "weight"), {"kind": "none"})
        return
    if rule.weight <= 0:
        yield Problem("weight-not-positive", (*path, "weight"), {"weight": number.plain(rule.weight)})
    for key, points in _points_written(rule):
        if (number.places(points) or 0) > rules.index.places:
            places = {"points": number.plain(points), "places": str(rules.index.places)}
            yield Problem("too-many-places", (*path, *key), places)
    if rule.lowest > 0:
        yield Problem("lowest-above-zero", (*path, "lowest"), {"points": number.plain(rule.lowest)})


def _points_written(rule: Rule) -> Iterator[tuple[Path, Fraction]]:
    yield ("weight",), rule.weight
    yield ("lowest",), rule.lowest


def _comparator(rules: RuleSet, rule: Rule, metric: Metric, path: Path) -> Problems:
    if rule.comparator is None or rule.threshold is None:
        return
    if not _comparator_fits(rule.comparator, metric):
        yield Problem("comparator-type", (*path, "comparator"), {"comparator": rule.comparator, "type": metric.type})
        return
    expected = _threshold_fault(rules, rule.comparator, rule.threshold, metric)
    if expected:
        places = {"comparator": rule.comparator, "type": metric.type, "expected": expected}
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
    return metric.numeric and not (comparator == "better" and metric.better == "neither")


def _threshold_fault(rules: RuleSet, comparator: str, threshold: Threshold, metric: Metric) -> str:
    """Return the kind of threshold that was expected, or an empty text when it fits."""
    if isinstance(threshold, MetricRef):
        other = rules.metrics.get(threshold.metric)
        fits = comparator not in ("between", "one_of", "is") and (other is None or _same_kind(other, metric))
        return "" if fits else "same-kind-metric"
    if isinstance(threshold, FormulaRef):
        return "" if comparator not in ("between", "one_of", "is", "better") else "literal"
    if comparator == "better":
        return "metric"
    if comparator == "between":
        return "" if isinstance(threshold, Interval) and not threshold.empty else "bounds"
    if comparator == "one_of":
        return "" if isinstance(threshold, tuple) and all(_scalar_fits(item, metric) for item in threshold) else "list"
    return "" if _scalar_fits(threshold, metric) else _EXPECTED.get(metric.type, "number")


_EXPECTED = {"yes_no": "true-false", "date": "date", "level": "level"}


def _same_kind(one: Metric, other: Metric) -> bool:
    return one.numeric == other.numeric and (one.numeric or one.type == other.type)


def _scalar_fits(value: object, metric: Metric) -> bool:
    if metric.type == "yes_no":
        return isinstance(value, bool)
    if metric.type == "date":
        return isinstance(value, date)
    if metric.type == "level":
        return isinstance(value, str) and value in {level.vi for level in metric.levels}
    return isinstance(value, Fraction)


def _threshold_range(threshold: Threshold, metric: Metric, path: Path) -> Problems:
    literals = threshold if isinstance(threshold, tuple) else (threshold,)
    for literal in literals:
        if isinstance(literal, Fraction) and not isinstance(literal, bool) and not metric.range.holds(literal):
            places = {"threshold": number.plain(literal), "range": range_text(metric.range)}
            yield Problem("threshold-out-of-range", path, places)


def range_text(interval: Interval) -> str:
    """Return an interval as people of the field write it: `[0; 100]`, open ends with round brackets."""
    low = "(-∞" if interval.low is None else f"{'(' if interval.low_open else '['}{number.plain(interval.low)}"
    high = "∞)" if interval.high is None else f"{number.plain(interval.high)}{')' if interval.high_open else ']'}"
    return f"{low}; {high}"


def _deduction_type(rule: Rule, metric: Metric, path: Path) -> Problems:
    deduction, where = rule.deduction, (*path, "deduction")
    if deduction.kind == "proportional":
        yield from _proportional(rule, metric, where)
    if deduction.kind == "per_unit":
        yield from _per_unit(rule, metric, where)
    if deduction.kind == "tiers":
        yield from _tiers(rule, metric, where)


def _proportional(rule: Rule, metric: Metric, path: Path) -> Problems:
    if rule.comparator in (">", "<"):
        yield Problem("proportional-strict", path, {"comparator": rule.comparator})
        return
    if not metric.numeric or rule.comparator not in (">=", "<="):
        yield Problem("deduction-type", path, {"kind": "proportional", "type": metric.type})
        return
    start = rule.deduction.from_
    if start is None and rule.comparator == "<=":
        yield Problem("proportional-from", path)
        return
    base, target = start or Fraction(0), rule.threshold
    if isinstance(target, Fraction) and (target <= base if rule.comparator == ">=" else target >= base):
        yield Problem("proportional-base", path, {"base": number.plain(base), "threshold": number.plain(target)})


def _per_unit(rule: Rule, metric: Metric, path: Path) -> Problems:
    deduction = rule.deduction
    by_number = metric.numeric and rule.comparator in (">=", "<=")
    if not by_number and not (metric.type == "date" and rule.comparator == "on_or_before"):
        yield Problem("deduction-type", path, {"kind": "per_unit", "type": metric.type})
    if (deduction.each is None) == (deduction.percent is None):
        yield Problem("per-unit-loss", path)
        return
    loss = unit_loss(rule)
    if loss <= 0 or deduction.step <= 0:
        yield Problem("not-positive", (*path, "each" if loss <= 0 else "step"))
    if loss > rule.weight - rule.lowest:
        places = {"loss": number.plain(loss), "weight": number.plain(rule.weight - rule.lowest)}
        yield Problem("deduction-above-weight", path, places)
    if deduction.exempt is not None and rule.comparator != "<=":
        yield Problem("key-misplaced", (*path, "exempt"), {"kind": f"per_unit {rule.comparator}"})


def unit_loss(rule: Rule) -> Fraction:
    """Return the points that one unit off the target costs."""
    deduction = rule.deduction
    return deduction.each if deduction.each is not None else (deduction.percent or Fraction(0)) * rule.weight / 100


def _tiers(rule: Rule, metric: Metric, path: Path) -> Problems:
    deduction = rule.deduction
    if deduction.of == "days_late" and rule.comparator not in ("on_or_before", "before"):
        yield Problem("tiers-days-late", (*path, "of"))
        return
    if metric.type == "date" and deduction.of is None:
        yield Problem("tiers-days-late", path)
        return
    faults = [
        fault for at, tier in enumerate(deduction.tiers) for fault in _tier(rule, metric, tier, (*path, "tiers", at))
    ]
    yield from faults
    if not faults:
        yield from _ladder(rule, metric, (*path, "tiers"))


def _tier(rule: Rule, metric: Metric, tier: Tier, path: Path) -> Problems:
    value = tier.value
    if [value.points, value.percent, value.formula].count(None) != 2:
        yield Problem("tier-value", path)
    by_interval = metric.numeric or rule.deduction.of == "days_late"
    if (tier.interval is not None and not by_interval) or (tier.interval is not None and tier.values is not None):
        yield Problem("tier-condition", path, {"type": metric.type})
    if tier.values is not None and not all(_scalar_fits(item, metric) for item in tier.values):
        yield Problem("tier-condition", path, {"type": metric.type})
    points = constant(rule, tier)
    if points is not None and not rule.lowest <= points <= rule.weight:
        places = {
            "points": number.plain(points),
            "lowest": number.plain(rule.lowest),
            "weight": number.plain(rule.weight),
        }
        yield Problem("points-out-of-range", path, places)


def constant(rule: Rule, tier: Tier) -> Fraction | None:
    """Return the points of a tier, or None when a formula gives them."""
    if tier.value.points is not None:
        return tier.value.points
    return None if tier.value.percent is None else rule.weight * tier.value.percent / 100


def _ladder(rule: Rule, metric: Metric, path: Path) -> Problems:
    """The tiers cover the metric's range once, in falling or rising order of worth."""
    tiers = rule.deduction.tiers
    if any(tier.otherwise for tier in tiers[:-1]):
        yield Problem("tier-unreachable", (*path, [tier.otherwise for tier in tiers].index(True) + 1))
        return
    if metric.numeric or rule.deduction.of:
        steps = [_pieces(tier, metric, rule.deduction) for tier in tiers]
        yield from _number_ladder(rule, metric, steps, path)
    else:
        yield from _value_ladder(rule, metric, path)


def _domain(metric: Metric, deduction: Deduction) -> Interval:
    return EVERYTHING if deduction.of else metric.range


def _tidy(interval: Interval, metric: Metric, deduction: Deduction) -> Interval:
    return interval.whole_only() if metric.whole or deduction.of else interval


def _pieces(tier: Tier, metric: Metric, deduction: Deduction) -> list[Interval]:
    """Return the parts of the metric's range that a tier names (none for `otherwise`)."""
    parts = [tier.interval] if tier.interval is not None else []
    parts += [Interval(value, value) for value in tier.values or () if isinstance(value, Fraction)]
    return [_tidy(part, metric, deduction).meets(_domain(metric, deduction)) for part in parts]


def _number_ladder(rule: Rule, metric: Metric, steps: list[list[Interval]], path: Path) -> Problems:
    tiers, domain = rule.deduction.tiers, _domain(metric, rule.deduction)
    taken: list[Interval] = []
    for at, (tier, parts) in enumerate(zip(tiers, steps, strict=True)):
        if not tier.otherwise and all(part.empty for part in parts):
            yield Problem("tier-unreachable", (*path, at))
        for part in parts:
            clash = [old for old in taken if not old.meets(part).empty]
            if clash:
                yield Problem("tiers-overlap", (*path, at), {"range": range_text(clash[0].meets(part))})
        taken += [part for part in parts if not part.empty]
    gaps = [_tidy(gap, metric, rule.deduction) for gap in uncovered(domain, _closed(taken, metric, rule.deduction))]
    gaps = [gap for gap in gaps if not gap.empty]
    if gaps and not tiers[-1].otherwise:
        yield Problem("tiers-gap", path, {"range": range_text(gaps[0])})
    if not gaps and tiers[-1].otherwise:
        yield Problem("tier-unreachable", (*path, len(tiers) - 1))
    direction = "lower" if rule.deduction.of else metric.better
    yield from _falls(rule, [*zip(tiers, steps, strict=True)], gaps, direction, path)


def _closed(parts: list[Interval], metric: Metric, deduction: Deduction) -> list[Interval]:
    """Whole numbers leave no room between 3 and 4: let neighbouring steps touch."""
    if not (metric.whole or deduction.of):
        return parts
    one = Fraction(1)
    return [
        Interval(
            None if part.low is None else part.low - one, None if part.high is None else part.high + one, True, True
        )
        for part in parts
    ]


def _falls(
    rule: Rule, steps: list[tuple[Tier, list[Interval]]], gaps: list[Interval], direction: str, path: Path
) -> Problems:
    """Points may not fall while the metric gets better (semantics law 4)."""
    if direction == "neither":
        return
    worth = [(part, constant(rule, tier)) for tier, parts in steps for part in parts if not part.empty]
    worth += [(gap, constant(rule, steps[-1][0])) for gap in gaps if steps[-1][0].otherwise]
    worth.sort(key=lambda item: (item[0].low is not None, item[0].low or 0, item[0].low_open))
    known = [(part, points) for part, points in worth if points is not None]
    if direction == "lower":
        known.reverse()
    for (_, before), (part, after) in pairwise(known):
        if after < before:
            places = {"range": range_text(part), "points": number.plain(after), "before": number.plain(before)}
            yield Problem("points-fall", path, places)
            return


def _value_ladder(rule: Rule, metric: Metric, path: Path) -> Problems:
    tiers = rule.deduction.tiers
    everything = [True, False] if metric.type == "yes_no" else [level.vi for level in metric.levels]
    worth: dict[Scalar, Fraction | None] = {}
    for at, tier in enumerate(tiers):
        fresh = [value for value in tier.values or everything if value not in worth]
        if tier.values and len(fresh) < len(tier.values):
            yield Problem("tiers-overlap", (*path, at), {"range": ", ".join(map(str, tier.values))})
        elif not fresh:
            yield Problem("tier-unreachable", (*path, at))
        worth |= dict.fromkeys(fresh, constant(rule, tier))
    rest = [str(value) for value in everything if value not in worth]
    if rest:
        yield Problem("tiers-gap", path, {"range": ", ".join(rest)})
        return
    yield from _value_falls([worth[value] for value in everything], metric, path)


def _value_falls(points: list[Fraction | None], metric: Metric, path: Path) -> Problems:
    best_first = points if metric.better == ("lower" if metric.levels else "higher") else points[::-1]
    known = [value for value in best_first if value is not None]
    for before, after in pairwise(known):
        if after > before and metric.better != "neither":
            yield Problem(
                "points-fall", path, {"range": metric.id, "points": number.plain(before), "before": number.plain(after)}
            )
            return


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
    """The public holidays of the country are known, and the package that knows them is installed."""
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
        if isinstance(day, date) and not first <= day <= last and not (key == "due" and day == rule.threshold):
            yield Problem("date-outside-validity", (*path, key), {"date": day.isoformat()})
    implied = rule.due == rule.threshold  # the deadline itself: refused only when a report meets it undeclared
    if rule.due is not None and not implied and State.NOT_DUE not in rule.absence and rule.deduction.kind != "none":
        yield Problem("effect-undeclared", path, {"state": "not_due"})


def groups(rules: RuleSet) -> Problems:
    """Groups have children, caps and weights where they must, and a parent's points equal its children's sum."""
    children = _children(rules)
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
            yield from _sum(rules, group, below, path)


def _children(rules: RuleSet) -> dict[str, list[Rule | Group]]:
    children: dict[str, list[Rule | Group]] = {}
    for group in rules.groups.values():
        if group.parent is not None:
            children.setdefault(group.parent, []).append(group)
    for rule in rules.rules.values():
        children.setdefault(rule.group, []).append(rule)
    return children


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
                "too-many-places", (*path, key), {"points": number.plain(points), "places": str(rules.index.places)}
            )


def _mean(rules: RuleSet, group: Group, below: list[Rule | Group], path: Path) -> Problems:
    if group.weight is None:
        yield Problem("missing-key", path, {"key": "weight"})
    for child in below:
        if isinstance(child, Group):
            yield Problem("mean-children", ("group", child.id, "parent"), {"group": group.id})
    if group.kind != "base":
        yield Problem("mean-kind", (*path, "combine"), {"kind": group.kind})


def group_maximum(rules: RuleSet, group: str, seen: frozenset[str] = frozenset()) -> Fraction:
    """Return the sum of a group's children's points (for a mean, its weight)."""
    own = rules.groups[group]
    if own.combine == "mean":
        return own.weight or Fraction(0)
    below = [child for child in _children(rules).get(group, []) if child.id not in seen]
    return sum(
        (group_maximum(rules, c.id, seen | {group}) if isinstance(c, Group) else c.weight for c in below), Fraction(0)
    )


def _sum(rules: RuleSet, group: Group, below: list[Rule | Group], path: Path) -> Problems:
    total = group_maximum(rules, group.id)
    if total != group.weight:
        parts = " + ".join(
            number.plain(group_maximum(rules, c.id) if isinstance(c, Group) else c.weight) for c in below
        )
        places = {"weight": number.plain(group.weight or Fraction(0)), "sum": number.plain(total), "parts": parts}
        yield Problem("group-sum", (*path, "weight"), places)


def index(rules: RuleSet) -> Problems:
    """The scale is positive, some rule earns points, bands leave no gap and no overlap, ids are not used twice."""
    if rules.index.scale <= 0 or (number.places(rules.index.scale) or 0) > rules.index.places:
        yield Problem("not-positive", ("index", "scale"))
    if not any(rule.weight for rule in rules.rules.values()):
        yield Problem("no-rules", ("rule",))
    yield from _bands(rules)
    for table, ids in (("target", [t.id for t in rules.targets]), ("band", [b.id for b in rules.bands])):
        for at, id_ in enumerate(ids):
            if id_ in ids[:at]:
                yield Problem("id-twice", (table, at, "id"), {"name": id_})


def _bands(rules: RuleSet) -> Problems:
    intervals = [band.interval for band in rules.bands]
    for at, interval in enumerate(intervals):
        clash = [old for old in intervals[:at] if not old.meets(interval).empty]
        if clash:
            yield Problem("bands-overlap", ("band", at), {"range": range_text(clash[0].meets(interval))})
    gaps = uncovered(Interval(Fraction(0), rules.index.scale), intervals) if intervals else []
    if gaps:
        yield Problem("bands-gap", ("band", 0), {"range": range_text(gaps[0])})


def contradictions(rules: RuleSet) -> Problems:
    """Two rules that claim one clause for one metric with different thresholds should say so (a warning)."""
    claims: dict[tuple[str, str], Rule] = {}
    for rule in rules.rules.values():
        for clause in rule.source:
            other = claims.setdefault((clause, rule.metric or rule.id), rule)
            declared = other.conflicts or rule.conflicts
            both = other.threshold is not None and rule.threshold is not None
            if both and other.threshold != rule.threshold and not declared:
                places = {"clause": clause, "one": other.id, "other": rule.id}
                yield Problem("clause-claimed-twice", ("rule", rule.id, "source"), places, warning=True)


CHECKS: tuple[Check, ...] = (
    references,
    cycles,
    metrics,
    unused,
    rule_words,
    dates,
    groups,
    index,
    contradictions,
)
