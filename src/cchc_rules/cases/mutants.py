"""Small mistakes in a rule set, one at a time: each a rule set of its own, made on the model."""

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from datetime import date, timedelta
from fractions import Fraction
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

from cchc_rules.base import number
from cchc_rules.base.interval import Interval
from cchc_rules.base.problem import Path, path_text
from cchc_rules.base.state import Effect, State
from cchc_rules.cases.edges import unit_of
from cchc_rules.cases.file_content import FileContent
from cchc_rules.rules import dependencies, formula
from cchc_rules.rules.deductions import Deduction, Nature, Tier, TierValue, replacements
from cchc_rules.rules.model import (
    FormulaRef,
    Group,
    Metric,
    MetricRef,
    Rule,
    RuleSet,
)
from cchc_rules.rules.range_checks import range_text


class Mutant(NamedTuple):
    """One mistake."""

    kind: str
    """What sort of mistake it is, such as `threshold`."""
    at: str
    """The key where it is, such as `rule.on-time.threshold`."""
    before: str
    """What stood there."""
    after: str
    """What stands there now."""
    rules: RuleSet
    """The rule set with the mistake."""
    touched: frozenset[str] = frozenset()
    """The ids of the rules that it may change."""
    groups: frozenset[str] = frozenset()
    """The ids of the groups that it may change of itself."""


class Change(NamedTuple):
    """A change of one part of a rule: its kind, the key, the words, the rule as it is then."""

    kind: str
    key: Path
    before: object
    after: object
    rule: Rule


def mutants(rules: RuleSet) -> Iterator[Mutant]:
    """Yield every mutant of what a file gives itself: of rules, metrics, groups, the index.

    >>> from cchc_rules import load_rules
    >>> first = next(mutants(load_rules("cam-due-2023")))
    >>> first.kind, first.before != first.after
    ('threshold', True)
    """
    own = FileContent(rules)
    judged = [rule for rule in rules.rules.values() if own.judges(rule)]
    for rule in judged:
        for change in _of_rule(rules, rule):
            changed = with_rule(rules, change.rule)
            at = path_text(("rule", rule.id, *change.key))
            yield Mutant(
                change.kind,
                at,
                _text(change.before),
                _text(change.after),
                changed,
                frozenset({rule.id}),
            )
        yield _dropped(rules, rule)
    judged_ids = {rule.id for rule in judged}
    yield from (mutant for mutant in _swapped(rules) if mutant.touched & judged_ids)
    for metric in rules.metrics.values():
        if own.gives("metric", metric.id):
            yield from _of_metric(rules, metric)
    for group in rules.groups.values():
        if own.gives("group", group.id):
            yield from _of_group(rules, group)
    for mutant in _of_index(rules):
        table = mutant.at.partition(".")[0]
        if own.gives(table):
            yield mutant


def with_rule(rules: RuleSet, *changed: Rule) -> RuleSet:
    """Return the rule set with other rules in place of those of their ids."""
    return replace(rules, rules={**rules.rules, **{rule.id: rule for rule in changed}})


def _text(value: object) -> str:
    if isinstance(value, Fraction):
        return number.plain(value)
    if isinstance(value, Interval):
        return range_text(value)
    if isinstance(value, bool) or value is None:
        return _WORDS[value]
    return value.isoformat() if isinstance(value, date) else str(value)


_WORDS = {True: "true", False: "false", None: "–"}


# Rules --------------------------------------------------------------------------------


def _of_rule(rules: RuleSet, rule: Rule) -> Iterator[Change]:
    metric = rules.metrics.get(rule.metric or "")
    if metric is not None:
        yield from _threshold(rules, rule, metric)
        yield from _comparator(rule, metric)
        yield from _deduction(rules, rule, metric)
    yield from _lowest(rules, rule)
    yield from _due(rule)
    for other in rule.requires:
        left = tuple(name for name in rule.requires if name != other)
        yield Change(
            "requires",
            ("requires",),
            other,
            None,
            replace(rule, requires=left),
        )
    yield from _absence(rule)


def _threshold(rules: RuleSet, rule: Rule, metric: Metric) -> Iterator[Change]:
    for after in _other_thresholds(rules, rule, metric):
        due = after if rule.due is not None and rule.due == rule.threshold else rule.due
        changed = replace(rule, threshold=after, due=due)
        yield Change(
            "threshold",
            ("threshold",),
            _threshold_text(rule.threshold),
            _threshold_text(after),
            changed,
        )


def _threshold_text(threshold: Any) -> object:
    if isinstance(threshold, MetricRef):
        return threshold.metric
    if isinstance(threshold, FormulaRef):
        return threshold.formula
    return (
        ", ".join(map(_text, threshold)) if isinstance(threshold, tuple) else threshold
    )


def _other_thresholds(rules: RuleSet, rule: Rule, metric: Metric) -> Iterator[Any]:
    threshold = rule.threshold
    unit = unit_of(rules, metric)
    if isinstance(threshold, bool):
        yield not threshold
    elif isinstance(threshold, Fraction):
        yield from (threshold - unit, threshold + unit)
    elif isinstance(threshold, date):
        yield from (threshold - timedelta(days=1), threshold + timedelta(days=1))
    elif isinstance(threshold, str):
        yield from _neighbours(threshold, [level.vi for level in metric.levels])
    elif isinstance(threshold, Interval):
        yield from _other_intervals(threshold, unit)
    elif isinstance(threshold, tuple) and len(threshold) > 1:
        for left_out in threshold:
            yield tuple(value for value in threshold if value != left_out)
    elif isinstance(threshold, MetricRef) and rule.comparator != "better":
        yield from (
            FormulaRef(text) for text in _beside(threshold.metric, metric, unit)
        )
    elif isinstance(threshold, FormulaRef):
        yield from (
            FormulaRef(text) for text in other_formulas(rules, threshold.formula, {})
        )


def _neighbours(word: str, words: list[str]) -> Iterator[str]:
    """Yield the word before one and the word after it."""
    position = words.index(word)
    yield from words[max(position - 1, 0) : position]
    yield from words[position + 1 : position + 2]


def _other_intervals(interval: Interval, unit: Fraction) -> Iterator[Interval]:
    """Yield an interval with each end moved by a unit both ways, opened or closed."""
    if interval.low is not None:
        yield from (replace(interval, low=interval.low + by) for by in (-unit, unit))
        yield replace(interval, low_open=not interval.low_open)
    if interval.high is not None:
        yield from (replace(interval, high=interval.high + by) for by in (-unit, unit))
        yield replace(interval, high_open=not interval.high_open)


def _beside(name: str, metric: Metric, unit: Fraction) -> Iterator[str]:
    if metric.type == "date":
        yield from (f"add_days({name}, {by})" for by in ("-1", "1"))
    else:
        yield from (f"{name} {sign} {number.plain(unit)}" for sign in "-+")


_FLIPPED = {
    ">=": ">",
    "<=": "<",
    "==": "!=",
    "on_or_before": "before",
    "on_or_after": "after",
}
FLIPPED = {**_FLIPPED, **{after: before for before, after in _FLIPPED.items()}}


def _comparator(rule: Rule, metric: Metric) -> Iterator[Change]:
    after = FLIPPED.get(rule.comparator or "")
    if rule.comparator == "better":
        after = "<=" if metric.better == "lower" else ">="
    if after is not None:
        changed = replace(rule, comparator=after)
        yield Change("comparator", ("comparator",), rule.comparator, after, changed)


def _lowest(rules: RuleSet, rule: Rule) -> Iterator[Change]:
    if rule.lowest:
        tick = Fraction(1, 10**rules.index.places)
        for after in dict.fromkeys(
            (Fraction(0), rule.lowest - tick, rule.lowest + tick)
        ):
            yield Change(
                "lowest",
                ("lowest",),
                rule.lowest,
                after,
                replace(rule, lowest=after),
            )


def _due(rule: Rule) -> Iterator[Change]:
    if rule.due is not None:
        for after in (None, rule.due - timedelta(days=1), rule.due + timedelta(days=1)):
            yield Change("due", ("due",), rule.due, after, replace(rule, due=after))


OTHER_EFFECT = {
    Effect.LOST: Effect.EXCLUDE,
    Effect.FULL: Effect.LOST,
    Effect.EXCLUDE: Effect.LOST,
    Effect.SHOW: Effect.EXCLUDE,
    Effect.MANUAL: Effect.LOST,
}


def _absence(rule: Rule) -> Iterator[Change]:
    if not rule.deduction.scored:
        return
    for state, effect in rule.absence.items():
        if state is not State.NOT_DUE or rule.due is not None:
            after = OTHER_EFFECT[effect]
            changed = replace(rule, absence={**rule.absence, state: after})
            yield Change("absence", ("absence", str(state)), effect, after, changed)


# Deductions ---------------------------------------------------------------------------


def _deduction(rules: RuleSet, rule: Rule, metric: Metric) -> Iterator[Change]:
    for key, before, after, deduction in _other_deductions(rules, rule, metric):
        yield Change(
            "deduction",
            ("deduction", *key),
            before,
            after,
            replace(rule, deduction=deduction),
        )
    yield from _tiers(rules, rule, metric)


Other = tuple[Path, object, object, Deduction]


def _other_deductions(rules: RuleSet, rule: Rule, metric: Metric) -> Iterator[Other]:
    """Yield what else a deduction might have said, setting by setting, and other kinds."""
    deduction = rule.deduction
    for other in replacements(rule):
        yield (), deduction.kind, other.kind, other
    yield from _other_settings(rules, rule, metric, deduction)


def _other_settings(
    rules: RuleSet,
    rule: Rule,
    metric: Metric,
    settings: Any,
) -> Iterator[tuple[Path, object, object, Any]]:
    """Yield a table of settings with one of them changed, as its nature allows."""
    left_out: list[tuple[Path, object, object, Any]] = []
    for setting in fields(settings):
        before = getattr(settings, setting.name)
        nature = setting.metadata.get("nature")
        if before is None or nature is None:
            continue
        key = setting.name.rstrip("_")
        for after in _other_values_of(rules, rule, metric, before, setting.metadata):
            yield (key,), before, after, replace(settings, **{setting.name: after})
        if nature is Nature.PARTS:
            for position, part in enumerate(before):
                for inner, old, new, changed in _other_settings(
                    rules,
                    rule,
                    metric,
                    part,
                ):
                    parts = (*before[:position], changed, *before[position + 1 :])
                    whole = replace(settings, **{setting.name: parts})
                    yield (key, position, *inner), old, new, whole
        if setting.metadata["optional"]:
            without = replace(settings, **{setting.name: None})
            left_out.append(((key,), before, None, without))
    yield from left_out


def _other_values_of(
    rules: RuleSet,
    rule: Rule,
    metric: Metric,
    before: Any,
    metadata: Mapping[str, Any],
) -> Iterator[object]:
    """Yield what a setting might have been by mistake."""
    match metadata["nature"]:
        case Nature.FIGURE:
            yield from _both_ways(before, unit_of(rules, metric))
        case Nature.POINTS:
            yield from _both_ways(before, Fraction(1, 10**rules.index.places))
        case Nature.PERCENT:
            yield from _both_ways(before, Fraction(1))
        case Nature.STEP:
            yield from _both_ways(
                before, Fraction(1, 10 ** (number.places(before) or 0))
            )
        case Nature.WORD:
            yield from (word for word in metadata["choices"] if word != before)
        case Nature.FORMULA:
            yield from other_formulas(
                rules,
                before,
                dependencies.own_names(rules, rule),
            )


def _both_ways(value: Fraction, unit: Fraction) -> tuple[Fraction, Fraction]:
    return value - unit, value + unit


def _tiers(rules: RuleSet, rule: Rule, metric: Metric) -> Iterator[Change]:
    """Yield tiers with one edge moved, or one of them worth something else."""
    for setting in fields(rule.deduction):  # type: ignore[arg-type]
        if setting.metadata.get("nature") is Nature.LADDER:
            tiers: tuple[Tier, ...] = getattr(rule.deduction, setting.name)
            for position, before, after, changed in _other_tiers(
                rules,
                rule,
                metric,
                tiers,
            ):
                deduction = replace(rule.deduction, **{setting.name: changed})  # type: ignore[type-var]
                path = ("deduction", setting.name, position)
                yield Change(
                    "tier",
                    path,
                    before,
                    after,
                    replace(rule, deduction=deduction),
                )


def _other_tiers(
    rules: RuleSet,
    rule: Rule,
    metric: Metric,
    tiers: tuple[Tier, ...],
) -> Iterator[tuple[int, object, object, tuple[Tier, ...]]]:
    whole = metric.whole or rule.deduction.axis.days_late
    intervals = [tier.interval for tier in tiers]
    for position, before, after, moved in other_ladders(
        intervals,
        unit_of(rules, metric),
        whole,
    ):
        pairs = zip(tiers, moved, strict=True)
        changed = tuple(replace(tier, interval=interval) for tier, interval in pairs)
        yield position, before, after, changed
    for position, value in _other_values(rules, rule, tiers):
        tier = replace(tiers[position], value=value)
        changed = (*tiers[:position], tier, *tiers[position + 1 :])
        yield position, _worth(tiers[position].value), _worth(value), changed


def _other_values(
    rules: RuleSet,
    rule: Rule,
    tiers: Sequence[Tier],
) -> Iterator[tuple[int, TierValue]]:
    """Yield what else tiers may be worth: what the tier beside is worth, or another formula."""
    for position, (tier, following) in enumerate(pairwise(tiers)):
        if tier.value != following.value:
            yield position, following.value
            yield position + 1, tier.value
    for position, tier in enumerate(tiers):
        if tier.value.formula is not None:
            own = dependencies.own_names(rules, rule)
            for text in other_formulas(rules, tier.value.formula, own):
                yield position, replace(tier.value, formula=text)


def _worth(value: TierValue) -> str:
    if value.points is not None:
        return number.plain(value.points)
    return value.formula or f"{number.plain(value.percent or Fraction(0))} %"


Ladder = list[Interval | None]


def other_ladders(
    steps: Sequence[Interval | None],
    unit: Fraction,
    whole: bool,
) -> Iterator[tuple[int, Interval, Interval, Ladder]]:
    """Yield ladders with one edge moved by a unit both ways, or counted to the step on its other
    side.

    The step with that edge as its low end (else the one with it as its high end), as it was and as
    it is then, comes first. Two steps that meet at an edge move together.
    """
    for cut in _cuts(steps, whole):
        ways: list[Callable[[Interval, str], Interval]] = [_shift(-unit), _shift(unit)]
        for way in (*ways, *([] if whole else [_opened])):
            moved: Ladder = list(steps)
            for at, end in cut:
                moved[at] = way(moved[at] or Interval(), end)
            place = cut[0][0]
            yield place, steps[place] or Interval(), moved[place] or Interval(), moved


def _cuts(
    steps: Sequence[Interval | None],
    whole: bool,
) -> Iterator[list[tuple[int, str]]]:
    """Yield the edges of a ladder: for each the steps that have it as an end, the one that begins
    there first.
    """
    paired: set[int] = set()
    for at, step in enumerate(steps):
        if step is not None and step.low is not None:
            other = _ending(steps, step, whole)
            paired |= {*other}
            yield [(at, "low"), *((place, "high") for place in other)]
    for at, step in enumerate(steps):
        if step is not None and step.high is not None and at not in paired:
            yield [(at, "high")]


def _ending(steps: Sequence[Interval | None], step: Interval, whole: bool) -> list[int]:
    """Return the step that ends where another begins: at the same figure, or at the whole number
    before it.
    """
    low = step.low or Fraction(0)
    for at, other in enumerate(steps):
        if other is not None and other is not step and other.high is not None:
            gap = low - other.high
            if gap == 0 or (
                whole and gap == 1 and not (step.low_open or other.high_open)
            ):
                return [at]
    return []


def _shift(by: Fraction) -> Callable[[Interval, str], Interval]:
    return lambda interval, end: replace(interval, **{end: getattr(interval, end) + by})


def _opened(interval: Interval, end: str) -> Interval:
    if end == "low":
        return replace(interval, low_open=not interval.low_open)
    return replace(interval, high_open=not interval.high_open)


# Formulas -----------------------------------------------------------------------------


def other_formulas(
    rules: RuleSet,
    text: str,
    extra: Mapping[str, str],
) -> Iterator[str]:
    """Yield a formula with one thing changed.

    A number moves by a unit of its last place, a sign takes in its edge or leaves it out, `min`
    becomes `max`, and `and` becomes `or`.
    """
    parsed = formula.parse(text, {**rules.metric_types, **extra}, rules.calendar)
    source = parsed.text.encode()
    nodes = [node for node in ast.walk(parsed.tree) if isinstance(node, ast.expr)]
    for node in sorted(nodes, key=lambda node: _span(source, node)):
        for start, end, word in _edits(source, node):
            yield (source[:start] + word.encode() + source[end:]).decode()


def _span(source: bytes, node: ast.expr) -> tuple[int, int]:
    """Return where a part of a formula begins and ends, counted in bytes through all its lines."""
    lines = [0, *accumulate(len(line) for line in source.splitlines(keepends=True))]
    last = node.end_lineno or node.lineno
    column = node.end_col_offset or 0
    return lines[node.lineno - 1] + node.col_offset, lines[last - 1] + column


def _edits(source: bytes, node: ast.expr) -> Iterator[tuple[int, int, str]]:
    start, end = _span(source, node)
    if isinstance(node, ast.Constant) and not isinstance(node.value, bool | str):
        yield from (
            (start, end, text)
            for text in _numbers_both_ways(source[start:end].decode())
        )
    elif isinstance(node, ast.Compare):
        parts = [node.left, *node.comparators]
        yield from _between(source, parts, FLIPPED)
    elif isinstance(node, ast.BoolOp):
        yield from _between(source, node.values, {"and": "or", "or": "and"})
    elif (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("min", "max")
    ):
        yield (
            start,
            start + len(node.func.id),
            "max" if node.func.id == "min" else "min",
        )


def _numbers_both_ways(text: str) -> Iterator[str]:
    value = number.parse(text)
    unit = Fraction(1, 10 ** len(text.partition(".")[2]))
    yield from (number.plain(value + by) for by in (-unit, unit))


def _between(
    source: bytes,
    parts: Sequence[ast.expr],
    words: Mapping[str, str],
) -> Iterator[tuple[int, int, str]]:
    """Yield the changes of the signs between parts of a formula."""
    for left, right in pairwise(parts):
        start = _span(source, left)[1]
        end = _span(source, right)[0]
        sign = source[start:end].decode().strip("() \t\r\n")
        if sign in words:
            at = start + source[start:end].index(sign.encode())
            yield at, at + len(sign), words[sign]


# What lies around rules ---------------------------------------------------------------


def _dropped(rules: RuleSet, rule: Rule) -> Mutant:
    """Return the rule set without a rule.

    Nothing requires it any more, and the points of its groups are less by its own.
    """
    left = {
        id_: replace(
            other, requires=tuple(name for name in other.requires if name != rule.id)
        )
        for id_, other in rules.rules.items()
        if id_ != rule.id
    }
    gates = tuple(gate for gate in rules.band_gates if gate.rule != rule.id)
    groups = _without_points(rules, rule, left)
    changed = replace(rules, rules=left, groups=groups, band_gates=gates)
    touched = frozenset(
        {rule.id, *(id_ for id_, other in left.items() if other != rules.rules[id_])}
    )
    return Mutant(
        "drop",
        path_text(("rule", rule.id)),
        rule.id,
        _text(None),
        changed,
        touched,
    )


def _without_points(
    rules: RuleSet,
    rule: Rule,
    left: Mapping[str, Rule],
) -> dict[str, Group]:
    groups = dict(rules.groups)
    above = list(dependencies.above(rules, rule.group))
    for group in above:
        if group.combine == "mean":
            break
        if group.weight is not None:
            groups[group.id] = replace(group, weight=group.weight - rule.weight)
    for group in above:
        held = {other.group for other in left.values()} | {
            other.parent for other in groups.values()
        }
        if group.id not in held:
            del groups[group.id]
    return groups


def _swapped(rules: RuleSet) -> Iterator[Mutant]:
    """Yield the rule set with the weights of two neighbours in a group exchanged."""
    for group in rules.groups:
        inside = [
            rule
            for rule in rules.rules.values()
            if rule.group == group and rule.deduction.scored
        ]
        for one, two in pairwise(inside):
            if one.weight != two.weight:
                changed = with_rule(
                    rules,
                    replace(one, weight=two.weight),
                    replace(two, weight=one.weight),
                )
                first_key = path_text(("rule", one.id, "weight"))
                second_key = path_text(("rule", two.id, "weight"))
                at = f"{first_key}, {second_key}"
                before = f"{_text(one.weight)}, {_text(two.weight)}"
                after = f"{_text(two.weight)}, {_text(one.weight)}"
                yield Mutant(
                    "weight",
                    at,
                    before,
                    after,
                    changed,
                    frozenset({one.id, two.id}),
                )


def _of_metric(rules: RuleSet, metric: Metric) -> Iterator[Mutant]:
    readers = frozenset(
        rule.id
        for rule in rules.rules.values()
        if metric.id in dependencies.rule_metrics(rules, rule)
    )
    changes: list[tuple[str, object, object, Metric]] = []
    if metric.round is not None:
        roundings = [None, metric.round - 1, metric.round + 1]
        changes += [
            ("round", metric.round, after, replace(metric, round=after))
            for after in roundings
            if after != -1
        ]
    if metric.formula is not None:
        texts = other_formulas(rules, metric.formula, {})
        changes += [
            ("formula", metric.formula, text, replace(metric, formula=text))
            for text in texts
        ]
    for key, before, after, changed in changes:
        metrics = replace(rules, metrics={**rules.metrics, metric.id: changed})
        at = path_text(("metric", metric.id, key))
        yield Mutant(key, at, _text(before), _text(after), metrics, readers)


def _of_group(rules: RuleSet, group: Group) -> Iterator[Mutant]:
    tick = Fraction(1, 10**rules.index.places)
    key = "weight" if group.combine == "mean" else "cap"
    before = group.weight if group.combine == "mean" else group.cap
    if before is not None:
        for after in (before - tick, before + tick):
            if key == "weight":
                other = replace(group, weight=after)
            else:
                other = replace(group, cap=after)
            changed = replace(rules, groups={**rules.groups, group.id: other})
            at = path_text(("group", group.id, key))
            yield Mutant(
                key,
                at,
                _text(before),
                _text(after),
                changed,
                groups=frozenset({group.id}),
            )


def _of_index(rules: RuleSet) -> Iterator[Mutant]:
    index = rules.index
    for places in (index.places - 1, index.places + 1):
        if places >= 0:
            changed = replace(rules, index=replace(index, places=places))
            everywhere = frozenset(rules.rules)
            groups = frozenset(rules.groups)
            yield Mutant(
                "places",
                "index.places",
                _text(index.places),
                _text(places),
                changed,
                everywhere,
                groups,
            )
    changed = replace(rules, index=replace(index, over_scale=not index.over_scale))
    yield Mutant(
        "over_scale",
        "index.over_scale",
        _text(index.over_scale),
        _text(not index.over_scale),
        changed,
    )
    yield from _of_bands(rules)


def _of_bands(rules: RuleSet) -> Iterator[Mutant]:
    tick = Fraction(1, 10**rules.index.places)
    for at, before, after, moved in other_ladders(
        [band.interval for band in rules.bands],
        tick,
        False,
    ):
        pairs = zip(rules.bands, moved, strict=True)
        bands = tuple(
            replace(band, interval=interval or Interval()) for band, interval in pairs
        )
        name = path_text(("band", rules.bands[at].id))
        yield Mutant(
            "band",
            name,
            _text(before),
            _text(after),
            replace(rules, bands=bands),
        )
    if rules.bands:
        reading = "rounded" if rules.bands_read == "exact" else "exact"
        yield Mutant(
            "bands",
            "bands.reads",
            rules.bands_read,
            reading,
            replace(rules, bands_read=reading),
        )
    for at, gate in enumerate(rules.band_gates):
        gates = rules.band_gates[:at] + rules.band_gates[at + 1 :]
        yield Mutant(
            "band_gate",
            path_text(("band_gate", at)),
            gate.rule,
            "–",
            replace(rules, band_gates=gates),
        )
        for other in _neighbours(gate.at_most, [band.id for band in rules.bands]):
            changed = (
                *rules.band_gates[:at],
                replace(gate, at_most=other),
                *rules.band_gates[at + 1 :],
            )
            name = path_text(("band_gate", at, "at_most"))
            yield Mutant(
                "band_gate",
                name,
                gate.at_most,
                other,
                replace(rules, band_gates=changed),
            )
