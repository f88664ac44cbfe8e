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
    BandGate,
    Credit,
    FormulaRef,
    Group,
    Metric,
    MetricRef,
    Need,
    Rounding,
    Rule,
    RuleSet,
    Target,
)
from cchc_rules.rules.needs import rules_asked
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
    # The rules of no particular kind of unit, as they stand in one version: whoever asks goes
    # through the others.
    for rule in judged:
        for change in _of_rule(rules, rule):
            yield Mutant(
                kind=change.kind,
                at=path_text(("rule", rule.id, *change.key)),
                before=_text(change.before),
                after=_text(change.after),
                rules=with_rule(rules, change.rule),
                touched=frozenset({rule.id}),
            )
        yield _dropped(rules, rule)
    judged_ids = {rule.id for rule in judged}
    for mutant in _swapped(rules):
        if mutant.touched & judged_ids:
            yield mutant
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
    by_id = {rule.id: rule for rule in changed}
    return replace(rules, rules={**rules.rules, **by_id})


def _text(value: object) -> str:
    """Return a value as a rule file writes it, `–` where it stands for nothing."""
    if isinstance(value, Fraction):
        return number.plain(value)
    if isinstance(value, Interval):
        return range_text(value)
    if isinstance(value, bool) or value is None:
        return _WORDS[value]
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


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
        # Somebody forgot one of the gates.
        left = tuple(name for name in rule.requires if name != other)
        yield Change(
            "requires",
            ("requires",),
            other,
            None,
            replace(rule, requires=left, needs=_needs_without(rule, other)),
        )
    yield from _required_shares(rule)
    yield from _absence(rule)
    for mode, rounding in _other_ways(rule.rounding):
        yield Change(
            "rounding",
            ("rounding", "mode"),
            mode,
            rounding.mode,
            replace(rule, rounding=rounding),
        )


def _other_ways(rounding: Rounding | None) -> Iterator[tuple[str, Rounding]]:
    """Yield the way in which a file rounds, with each other way to the same step."""
    if rounding is None:
        return
    for mode in ("half_up", "half_even", "down", "up"):
        if mode != rounding.mode:
            yield rounding.mode, replace(rounding, mode=mode)


def _needs_without(rule: Rule, required: str) -> tuple[Need, ...]:
    """Return what a rule asks of required rules, without what it asks of one of them."""
    return tuple(need for need in rule.needs if need.id != required)


def _required_shares(rule: Rule) -> Iterator[Change]:
    """Yield mistakes in the shares that a rule asks of others."""
    for position, need in enumerate(rule.needs):
        for bounds in _other_bounds(need):
            other = replace(need, bounds=bounds)
            needs = (*rule.needs[:position], other, *rule.needs[position + 1 :])
            yield Change(
                "requires",
                ("requires", need.id),
                need.bounds,
                bounds,
                replace(rule, needs=needs),
            )


def _threshold(rules: RuleSet, rule: Rule, metric: Metric) -> Iterator[Change]:
    # A rule whose threshold is its deadline says the day once: a mistake in it is in both.
    due_is_threshold = rule.due is not None and rule.due == rule.threshold
    for after in _other_thresholds(rules, rule, metric):
        due = after if due_is_threshold else rule.due
        yield Change(
            kind="threshold",
            key=("threshold",),
            before=_threshold_text(rule.threshold),
            after=_threshold_text(after),
            rule=replace(rule, threshold=after, due=due),
        )


def _threshold_text(threshold: Any) -> object:
    if isinstance(threshold, MetricRef):
        return threshold.metric
    if isinstance(threshold, FormulaRef):
        return threshold.formula
    if isinstance(threshold, tuple):
        return ", ".join(map(_text, threshold))
    return threshold


def _other_thresholds(rules: RuleSet, rule: Rule, metric: Metric) -> Iterator[Any]:
    """Yield thresholds that are a little off: by a unit of the metric's last place, a day, a level,
    or with one value of a list left out.
    """
    threshold = rule.threshold
    unit = unit_of(rules, metric)
    if isinstance(threshold, bool):
        yield not threshold
    elif isinstance(threshold, Fraction):
        yield threshold - unit
        yield threshold + unit
    elif isinstance(threshold, date):
        yield threshold - ONE_DAY
        yield threshold + ONE_DAY
    elif isinstance(threshold, str):
        levels = [level.vi for level in metric.levels]
        yield from _neighbours(threshold, levels)
    elif isinstance(threshold, Interval):
        yield from _other_intervals(threshold, unit)
    elif isinstance(threshold, tuple) and len(threshold) > 1:
        for left_out in threshold:
            yield tuple(value for value in threshold if value != left_out)
    elif isinstance(threshold, MetricRef) and rule.comparator != "better":
        # `better` holds a figure against the metric itself; its mistake is the comparator.
        for text in _beside(threshold.metric, metric, unit):
            yield FormulaRef(text)
    elif isinstance(threshold, FormulaRef):
        for text in other_formulas(rules, threshold.formula, {}):
            yield FormulaRef(text)


def _neighbours(word: str, words: list[str]) -> Iterator[str]:
    """Yield the word before one and the word after it, where there are such."""
    position = words.index(word)
    if position > 0:
        yield words[position - 1]
    if position + 1 < len(words):
        yield words[position + 1]


def _other_intervals(interval: Interval, unit: Fraction) -> Iterator[Interval]:
    """Yield an interval with each end moved by a unit both ways, opened or closed."""
    low = interval.low
    high = interval.high
    if low is not None:
        yield replace(interval, low=low - unit)
        yield replace(interval, low=low + unit)
        yield replace(interval, low_open=not interval.low_open)
    if high is not None:
        yield replace(interval, high=high - unit)
        yield replace(interval, high=high + unit)
        yield replace(interval, high_open=not interval.high_open)


def _beside(name: str, metric: Metric, unit: Fraction) -> Iterator[str]:
    """Yield formulas for a figure a unit, or a day, beside that of a metric."""
    if metric.type == "date":
        yield f"add_days({name}, -1)"
        yield f"add_days({name}, 1)"
        return
    by = number.plain(unit)
    yield f"{name} - {by}"
    yield f"{name} + {by}"


_FLIPPED = {
    ">=": ">",
    "<=": "<",
    "==": "!=",
    "on_or_before": "before",
    "on_or_after": "after",
}
_FLIPPED_BACK = {after: before for before, after in _FLIPPED.items()}
FLIPPED = {**_FLIPPED, **_FLIPPED_BACK}
"""For each comparator the one that differs from it at the edge alone, both ways round."""

ONE_DAY = timedelta(days=1)


def _comparator(rule: Rule, metric: Metric) -> Iterator[Change]:
    after = FLIPPED.get(rule.comparator or "")
    # `better` than last time, taken as no worse than last time.
    if rule.comparator == "better":
        after = "<=" if metric.better == "lower" else ">="
    if after is not None:
        changed = replace(rule, comparator=after)
        yield Change("comparator", ("comparator",), rule.comparator, after, changed)


def _lowest(rules: RuleSet, rule: Rule) -> Iterator[Change]:
    if not rule.lowest:
        return
    tick = Fraction(1, 10**rules.index.places)
    # A tick less may be nothing, too; it is one mistake then.
    others = dict.fromkeys((Fraction(0), rule.lowest - tick, rule.lowest + tick))
    for after in others:
        changed = replace(rule, lowest=after)
        yield Change("lowest", ("lowest",), rule.lowest, after, changed)


def _due(rule: Rule) -> Iterator[Change]:
    if rule.due is None:
        return
    for after in (None, rule.due - ONE_DAY, rule.due + ONE_DAY):
        changed = replace(rule, due=after)
        yield Change("due", ("due",), rule.due, after, changed)


OTHER_EFFECT = {
    Effect.LOST: Effect.EXCLUDE,
    Effect.FULL: Effect.LOST,
    Effect.EXCLUDE: Effect.LOST,
    Effect.SHOW: Effect.EXCLUDE,
    Effect.MANUAL: Effect.LOST,
}
"""What an absence might have been declared to do by mistake."""


def _absence(rule: Rule) -> Iterator[Change]:
    if not rule.deduction.scored:
        return
    for kind, effect in rule.absence.items():
        # Without a deadline a rule is never not due yet.
        if kind is State.NOT_DUE and rule.due is None:
            continue
        # A part of the points may have been meant to be none.
        after = Effect.LOST
        if not isinstance(effect, Credit):
            after = OTHER_EFFECT[effect]
        absence = {**rule.absence, kind: after}
        changed = replace(rule, absence=absence)
        yield Change("absence", ("absence", str(kind)), effect, after, changed)


# Deductions ---------------------------------------------------------------------------


def _deduction(rules: RuleSet, rule: Rule, metric: Metric) -> Iterator[Change]:
    # Settings first, then tiers, which are settings with a shape of their own.
    for key, before, after, deduction in _other_deductions(rules, rule, metric):
        yield Change(
            kind="deduction",
            key=("deduction", *key),
            before=before,
            after=after,
            rule=replace(rule, deduction=deduction),
        )
    yield from _tiers(rules, rule, metric)


End = tuple[int, str]
"""An end of a step of a ladder: the position of the step, and `low` or `high`."""

Other = tuple[Path, object, object, Deduction]
"""Another deduction: the key of what differs, what stood there, what stands there then, and the
deduction as a whole.
"""


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
    """Yield a table of settings with one of them changed, as its nature allows.

    Settings say themselves what they are (see `Nature` in `rules.deductions`), so that mistakes in
    a new kind of deduction are made without a word here. A setting that is a list of tables, such
    as the brackets of a progressive rule, is gone through table by table.
    """
    left_out: list[tuple[Path, object, object, Any]] = []
    for setting in fields(settings):
        before = getattr(settings, setting.name)
        nature = setting.metadata.get("nature")
        if before is None or nature is None:
            continue
        # Some names end in an underscore, to keep out of the way of Python's own.
        key = setting.name.rstrip("_")
        for after in _other_values_of(rules, rule, metric, before, setting.metadata):
            changed = replace(settings, **{setting.name: after})
            yield (key,), before, after, changed
        if nature is Nature.PARTS:
            for position, part in enumerate(before):
                # What a row of a decision table asks may be asked of another metric.
                name = getattr(part, "metric", None)
                asked = rules.metrics.get(name or "", metric)
                # The file has conditions under the ids of metrics, and other tables in lists.
                place = position if name is None else name
                others = _other_settings(rules, rule, asked, part)
                for inner, old, new, changed_part in others:
                    parts = _with_item(before, position, changed_part)
                    changed = replace(settings, **{setting.name: parts})
                    yield (key, place, *inner), old, new, changed
        if setting.metadata["optional"]:
            without = replace(settings, **{setting.name: None})
            left_out.append(((key,), before, None, without))
    yield from left_out


def _with_item(items: tuple[Any, ...], position: int, item: Any) -> tuple[Any, ...]:
    """Return items with another one at a position."""
    return (*items[:position], item, *items[position + 1 :])


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
            tick = Fraction(1, 10**rules.index.places)
            yield from _both_ways(before, tick)
        case Nature.PERCENT:
            yield from _both_ways(before, Fraction(1))
        case Nature.STEP:
            # A unit of the last place that the file writes: 0.5 may have been 0.4 or 0.6.
            places = number.places(before) or 0
            yield from _both_ways(before, Fraction(1, 10**places))
        case Nature.WORD:
            yield from (word for word in metadata["choices"] if word != before)
        case Nature.FORMULA:
            own_names = dependencies.own_names(rules, rule)
            yield from other_formulas(rules, before, own_names)


def _both_ways(value: Fraction, unit: Fraction) -> tuple[Fraction, Fraction]:
    return value - unit, value + unit


def _tiers(rules: RuleSet, rule: Rule, metric: Metric) -> Iterator[Change]:
    """Yield tiers with one edge moved, or one of them worth something else."""
    for setting in fields(rule.deduction):  # type: ignore[arg-type]
        if setting.metadata.get("nature") is not Nature.LADDER:
            continue
        tiers: tuple[Tier, ...] = getattr(rule.deduction, setting.name)
        others = _other_tiers(rules, rule, metric, tiers)
        for position, before, after, changed in others:
            deduction = replace(rule.deduction, **{setting.name: changed})  # type: ignore[type-var]
            yield Change(
                kind="tier",
                key=("deduction", setting.name, position),
                before=before,
                after=after,
                rule=replace(rule, deduction=deduction),
            )


def _other_tiers(
    rules: RuleSet,
    rule: Rule,
    metric: Metric,
    tiers: tuple[Tier, ...],
) -> Iterator[tuple[int, object, object, tuple[Tier, ...]]]:
    """Yield tiers with one of them changed: its position, its words before and after, and all."""
    whole = metric.whole or rule.deduction.axis.days_late
    intervals = [tier.interval for tier in tiers]
    unit = unit_of(rules, metric)
    for position, before, after, moved in other_ladders(intervals, unit, whole):
        pairs = zip(tiers, moved, strict=True)
        changed = tuple(replace(tier, interval=interval) for tier, interval in pairs)
        yield position, before, after, changed
    for position, value in _other_values(rules, rule, metric, tiers):
        tier = tiers[position]
        changed = _with_item(tiers, position, replace(tier, value=value))
        yield position, _worth(tier.value), _worth(value), changed


def _other_values(
    rules: RuleSet,
    rule: Rule,
    metric: Metric,
    tiers: Sequence[Tier],
) -> Iterator[tuple[int, TierValue]]:
    """Yield what else tiers may be worth: what the tier beside is worth, or another formula."""
    # Somebody slipped by one line of the table.
    for position, (tier, following) in enumerate(pairwise(tiers)):
        if tier.value != following.value:
            if _may_have(tier, following.value):
                yield position, following.value
            if _may_have(following, tier.value):
                yield position + 1, tier.value
    for position, tier in enumerate(tiers):
        if tier.value.formula is not None:
            own_names = dependencies.own_names(rules, rule)
            for text in other_formulas(rules, tier.value.formula, own_names):
                yield position, replace(tier.value, formula=text)
        # Of the settings of a slope each may be a little more or less.
        if tier.value.each is not None:
            for *_, value in _other_settings(rules, rule, metric, tier.value):
                yield position, value


def _may_have(tier: Tier, value: TierValue) -> bool:
    """Whether a tier may have a value: a slope begins at a low edge."""
    return value.each is None or tier.low is not None


def _worth(value: TierValue) -> str:
    """Return what a tier is worth, as a rule file writes it."""
    base = _base(value)
    if value.each is None:
        return base
    slope = f"{base}, each = {number.plain(value.each)}"
    if value.step is not None:
        slope = f"{slope}, step = {number.plain(value.step)}"
    if value.units is not None:
        slope = f"{slope}, units = {value.units}"
    return slope


def _base(value: TierValue) -> str:
    """Return what a tier is worth at its low edge."""
    if value.points is not None:
        return number.plain(value.points)
    if value.formula:
        return value.formula
    percent = number.plain(value.percent or Fraction(0))
    return f"{percent} %"


Move = Callable[[Interval, str], Interval]
"""Moves one end of an interval, `low` or `high`."""

Ladder = list[Interval | None]
"""The intervals of tiers or bands in their order; None is the one for everything else."""


def other_ladders(
    steps: Sequence[Interval | None],
    unit: Fraction,
    whole: bool,
) -> Iterator[tuple[int, Interval, Interval, Ladder]]:
    """Yield ladders with one edge moved by a unit both ways, or counted to the step on its other
    side.

    The step with that edge as its low end (else the one with it as its high end), as it was and as
    it is then, comes first. Two steps that meet at an edge move together: of “below 50” and “from
    50” both move to 49.99. One alone would leave a hole or an overlap, which the checks refuse.

    Args:
        steps: The steps of the ladder.
        unit: By how much an edge moves.
        whole: Whether figures are whole numbers. Then “from 50” and “above 49” are the same, and
            counting an edge to its other side is no other mistake than moving it.
    """
    ways: list[Move] = [_shift(-unit), _shift(unit)]
    if not whole:
        ways.append(_opened)
    for cut in _cuts(steps, whole):
        for way in ways:
            moved: Ladder = list(steps)
            for position, end in cut:
                moved[position] = way(moved[position] or Interval(), end)
            first = cut[0][0]
            before = steps[first] or Interval()
            after = moved[first] or Interval()
            yield first, before, after, moved


def _cuts(
    steps: Sequence[Interval | None],
    whole: bool,
) -> Iterator[list[End]]:
    """Yield the edges of a ladder: for each the steps that have it as an end, the one that begins
    there first.

    Each is the position of a step, and which of its ends it is.
    """
    paired: set[int] = set()
    for position, step in enumerate(steps):
        if step is None or step.low is None:
            continue
        cut = [(position, "low")]
        for other in _ending(steps, step, whole):
            paired.add(other)
            cut.append((other, "high"))
        yield cut
    for position, step in enumerate(steps):
        if step is None or step.high is None or position in paired:
            continue
        yield [(position, "high")]


def _ending(steps: Sequence[Interval | None], step: Interval, whole: bool) -> list[int]:
    """Return the position of the step that ends where another begins, as a list: empty where none
    does.

    Steps meet at one figure, or of whole numbers “to 4” and “from 5”.
    """
    low = step.low or Fraction(0)
    for position, other in enumerate(steps):
        if other is None or other is step or other.high is None:
            continue
        gap = low - other.high
        if gap == 0:
            return [position]
        both_closed = not step.low_open and not other.high_open
        if whole and gap == 1 and both_closed:
            return [position]
    return []


def _shift(by: Fraction) -> Move:
    """Return what moves an end of an interval."""

    def shifted(interval: Interval, end: str) -> Interval:
        moved = getattr(interval, end) + by
        return replace(interval, **{end: moved})

    return shifted


def _opened(interval: Interval, end: str) -> Interval:
    """Return an interval that takes in an end which it left out, or the other way round."""
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
    becomes `max`, and `and` becomes `or`. The text is changed where the part stands, so that the
    rest of it is still as a person wrote it.

    Args:
        rules: The rule set with the metrics that the formula may name.
        text: The formula.
        extra: The types of further names that it may use, such as `value`.
    """
    types = {**rules.metric_types, **extra}
    parsed = formula.parse(text, types, rules.calendar)
    # Columns of Python's parser count bytes, not characters.
    source = parsed.text.encode()
    every_node = ast.walk(parsed.tree)
    parts = [node for node in every_node if isinstance(node, ast.expr)]
    # In the order of the text; of two that begin together, the shorter first.
    parts.sort(key=lambda part: _span(source, part))
    for node in parts:
        for start, end, word in _edits(source, node):
            edited = source[:start] + word.encode() + source[end:]
            yield edited.decode()


def _span(source: bytes, node: ast.expr) -> tuple[int, int]:
    """Return where a part of a formula begins and ends, counted in bytes through all its lines."""
    lengths = (len(line) for line in source.splitlines(keepends=True))
    line_starts = [0, *accumulate(lengths)]
    last_line = node.end_lineno or node.lineno
    start = line_starts[node.lineno - 1] + node.col_offset
    end = line_starts[last_line - 1] + (node.end_col_offset or 0)
    return start, end


def _edits(source: bytes, node: ast.expr) -> Iterator[tuple[int, int, str]]:
    """Yield the changes of one part of a formula: from where, to where, and what stands there."""
    start, end = _span(source, node)
    if isinstance(node, ast.Constant) and not isinstance(node.value, bool | str):
        written = source[start:end].decode()
        for text in _numbers_both_ways(written):
            yield start, end, text
    elif isinstance(node, ast.Compare):
        parts = [node.left, *node.comparators]
        yield from _between(source, parts, FLIPPED)
    elif isinstance(node, ast.BoolOp):
        yield from _between(source, node.values, {"and": "or", "or": "and"})
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        other = _OTHER_FUNCTION.get(node.func.id)
        if other is not None:
            yield start, start + len(node.func.id), other


_OTHER_FUNCTION = {"min": "max", "max": "min"}


def _numbers_both_ways(text: str) -> Iterator[str]:
    value = number.parse(text)
    _, _, decimals = text.partition(".")
    unit = Fraction(1, 10 ** len(decimals))
    yield number.plain(value - unit)
    yield number.plain(value + unit)


def _between(
    source: bytes,
    parts: Sequence[ast.expr],
    words: Mapping[str, str],
) -> Iterator[tuple[int, int, str]]:
    """Yield the changes of the signs between parts of a formula."""
    for left, right in pairwise(parts):
        _, start = _span(source, left)
        end, _ = _span(source, right)
        # Brackets belong to no part: in `(a) and (b)` the sign stands between them.
        between = source[start:end]
        sign = between.decode().strip("() \t\r\n")
        if sign in words:
            sign_start = start + between.index(sign.encode())
            yield sign_start, sign_start + len(sign), words[sign]


# What lies around rules ---------------------------------------------------------------


def _dropped(rules: RuleSet, rule: Rule) -> Mutant:
    """Return the rule set without a rule.

    Nothing requires it any more, and the points of its groups are less by its own.
    """
    left: dict[str, Rule] = {}
    touched = {rule.id}
    for id_, other in rules.rules.items():
        if id_ == rule.id:
            continue
        requires = tuple(name for name in other.requires if name != rule.id)
        needs = _needs_without(other, rule.id)
        left[id_] = replace(other, requires=requires, needs=needs)
        # A rule that waited for this one no longer does.
        if requires != other.requires:
            touched.add(id_)
    gates = tuple(_gates_without(rules, rule))
    groups = _without_points(rules, rule, left)
    return Mutant(
        kind="drop",
        at=path_text(("rule", rule.id)),
        before=rule.id,
        after=_text(None),
        rules=replace(
            rules,
            rules=left,
            groups=groups,
            band_gates=gates,
            targets=tuple(_targets_without(rules, rule)),
        ),
        touched=frozenset(touched),
    )


def _gates_without(rules: RuleSet, rule: Rule) -> Iterator[BandGate]:
    """Yield the gates on bands without what they ask of a rule; a gate that asks for nothing more
    is left out.
    """
    for gate in rules.band_gates:
        needs = tuple(
            need for need in gate.needs if rules_asked(rules, need) != [rule.id]
        )
        if gate.rule != rule.id and (gate.rule is not None or needs):
            yield replace(gate, needs=needs)


def _targets_without(rules: RuleSet, rule: Rule) -> Iterator[Target]:
    """Yield the targets without what they ask of a rule."""
    for target in rules.targets:
        asked = [need for need in target.needs if rules_asked(rules, need) != [rule.id]]
        yield replace(target, needs=tuple(asked))


def _without_points(
    rules: RuleSet,
    rule: Rule,
    left: Mapping[str, Rule],
) -> dict[str, Group]:
    """Return the groups without the points of a rule, and without those that hold nothing then.

    The points of a mean are its own, however many rules it has.
    """
    groups = dict(rules.groups)
    above = list(dependencies.above(rules, rule.group))
    for group in above:
        if group.combine == "mean":
            break
        if group.weight is not None:
            weight = group.weight - rule.weight
            groups[group.id] = replace(group, weight=weight)
    # From the lowest up: a group may hold nothing once the group in it is gone.
    for group in above:
        with_rules = {other.group for other in left.values()}
        with_groups = {other.parent for other in groups.values()}
        if group.id not in with_rules and group.id not in with_groups:
            del groups[group.id]
    return groups


def _swapped(rules: RuleSet) -> Iterator[Mutant]:
    """Yield the rule set with the weights of two neighbours in a group exchanged."""
    # A rule that only informs has no weight that anybody could mistake.
    scored = [rule for rule in rules.rules.values() if rule.deduction.scored]
    for group in rules.groups:
        inside = [rule for rule in scored if rule.group == group]
        for first, second in pairwise(inside):
            if first.weight == second.weight:
                continue
            first_key = path_text(("rule", first.id, "weight"))
            second_key = path_text(("rule", second.id, "weight"))
            first_weight = _text(first.weight)
            second_weight = _text(second.weight)
            heavier_first = replace(first, weight=second.weight)
            heavier_second = replace(second, weight=first.weight)
            yield Mutant(
                kind="weight",
                at=f"{first_key}, {second_key}",
                before=f"{first_weight}, {second_weight}",
                after=f"{second_weight}, {first_weight}",
                rules=with_rule(rules, heavier_first, heavier_second),
                touched=frozenset({first.id, second.id}),
            )


def _level_tables(
    rules: RuleSet, metric: Metric
) -> Iterator[tuple[str, object, object, Metric]]:
    """Yield mistakes in the table of a derived level: its settings, or the level of one row."""
    # No setting of a level is a formula, for which a rule would be asked.
    any_rule = next(iter(rules.rules.values()))
    for key, before, after, table in _other_settings(
        rules, any_rule, metric, metric.table
    ):
        path = path_text(("table", *key))
        yield path, before, after, replace(metric, table=table)
    for position, row in enumerate(metric.table.rows if metric.table else ()):
        for level in metric.levels:
            if level.vi != row.level and metric.table is not None:
                changed = replace(row, level=level.vi)
                rows = _with_item(metric.table.rows, position, changed)
                path = path_text(("table", "rows", position, "level"))
                other = replace(metric.table, rows=rows)
                yield path, row.level, level.vi, replace(metric, table=other)


def _of_metric(rules: RuleSet, metric: Metric) -> Iterator[Mutant]:
    """Yield mistakes in the rounding or the formula of a metric."""
    readers: set[str] = set()
    for rule in rules.rules.values():
        if metric.id in dependencies.rule_metrics(rules, rule):
            readers.add(rule.id)
    changes: list[tuple[str, object, object, Metric]] = []
    if metric.round is not None:
        for places in (None, metric.round - 1, metric.round + 1):
            if places == -1:
                continue
            changed = replace(metric, round=places)
            changes.append(("round", metric.round, places, changed))
    if metric.formula is not None:
        for text in other_formulas(rules, metric.formula, {}):
            changed = replace(metric, formula=text)
            changes.append(("formula", metric.formula, text, changed))
    if metric.table is not None:
        changes += _level_tables(rules, metric)
    for key, before, after, changed in changes:
        metrics = {**rules.metrics, metric.id: changed}
        yield Mutant(
            kind=key,
            at=path_text(("metric", metric.id, key)),
            before=_text(before),
            after=_text(after),
            rules=replace(rules, metrics=metrics),
            touched=frozenset(readers),
        )


def _of_group(rules: RuleSet, group: Group) -> Iterator[Mutant]:
    """Yield mistakes in the points of a mean, or in the cap of a pool."""
    tick = Fraction(1, 10**rules.index.places)
    for mode, rounding in _other_ways(group.rounding):
        rounded = replace(group, rounding=rounding)
        yield Mutant(
            kind="rounding",
            at=path_text(("group", group.id, "rounding", "mode")),
            before=_text(mode),
            after=_text(rounding.mode),
            rules=replace(rules, groups={**rules.groups, group.id: rounded}),
            groups=frozenset({group.id}),
        )
    # The points of any other group are the sum of what lies in it, and no declaration.
    if group.combine == "mean":
        key = "weight"
        before = group.weight
    else:
        key = "cap"
        before = group.cap
    if before is None:
        return
    for after in (before - tick, before + tick):
        if key == "weight":
            other = replace(group, weight=after)
        else:
            other = replace(group, cap=after)
        groups = {**rules.groups, group.id: other}
        yield Mutant(
            kind=key,
            at=path_text(("group", group.id, key)),
            before=_text(before),
            after=_text(after),
            rules=replace(rules, groups=groups),
            groups=frozenset({group.id}),
        )


def _of_index(rules: RuleSet) -> Iterator[Mutant]:
    """Yield mistakes in what the index is: its places, its scale, its bands."""
    index = rules.index
    for places in (index.places - 1, index.places + 1):
        if places < 0:
            continue
        other = replace(index, places=places)
        # Points of every rule are rounded to these places.
        yield Mutant(
            kind="places",
            at="index.places",
            before=_text(index.places),
            after=_text(places),
            rules=replace(rules, index=other),
            touched=frozenset(rules.rules),
            groups=frozenset(rules.groups),
        )
    if index.least_coverage is not None:
        yield Mutant(
            kind="least_coverage",
            at="index.least_coverage",
            before=_text(index.least_coverage),
            after=_text(None),
            rules=replace(rules, index=replace(index, least_coverage=None)),
        )
    for mode, rounding in _other_ways(index.rounding):
        yield Mutant(
            kind="rounding",
            at="index.rounding.mode",
            before=_text(mode),
            after=_text(rounding.mode),
            rules=replace(rules, index=replace(index, rounding=rounding)),
        )
    over_scale = not index.over_scale
    other = replace(index, over_scale=over_scale)
    yield Mutant(
        kind="over_scale",
        at="index.over_scale",
        before=_text(index.over_scale),
        after=_text(over_scale),
        rules=replace(rules, index=other),
    )
    if index.lowest is not None:
        other = replace(index, lowest=None)
        yield Mutant(
            kind="index_lowest",
            at="index.lowest",
            before=_text(index.lowest),
            after=_text(None),
            rules=replace(rules, index=other),
        )
    yield from _of_bands(rules)


def _of_bands(rules: RuleSet) -> Iterator[Mutant]:
    """Yield mistakes in the edges of bands, in which index they read, and in their gates."""
    tick = Fraction(1, 10**rules.index.places)
    intervals = [band.interval for band in rules.bands]
    for position, before, after, moved in other_ladders(intervals, tick, False):
        bands = []
        for band, interval in zip(rules.bands, moved, strict=True):
            bands.append(replace(band, interval=interval or Interval()))
        yield Mutant(
            kind="band",
            at=path_text(("band", rules.bands[position].id)),
            before=_text(before),
            after=_text(after),
            rules=replace(rules, bands=tuple(bands)),
        )
    if rules.bands:
        reading = "rounded" if rules.bands_read == "exact" else "exact"
        yield Mutant(
            kind="bands",
            at="bands.reads",
            before=rules.bands_read,
            after=reading,
            rules=replace(rules, bands_read=reading),
        )
    band_ids = [band.id for band in rules.bands]
    for position, gate in enumerate(rules.band_gates):
        before_it = rules.band_gates[:position]
        after_it = rules.band_gates[position + 1 :]
        gates = before_it + after_it
        yield Mutant(
            kind="band_gate",
            at=path_text(("band_gate", position)),
            before=gate.name,
            after="–",
            rules=replace(rules, band_gates=gates),
        )
        for place, other_gate, said_before, said_after in _other_needs(gate):
            yield Mutant(
                kind="band_gate",
                at=path_text(("band_gate", position, "needs", place)),
                before=said_before,
                after=said_after,
                rules=replace(rules, band_gates=(*before_it, other_gate, *after_it)),
            )
        for key, told_before, told_after, other_gate in _other_effects(gate, band_ids):
            gates = (*before_it, other_gate, *after_it)
            yield Mutant(
                kind="band_gate",
                at=path_text(("band_gate", position, key)),
                before=told_before,
                after=told_after,
                rules=replace(rules, band_gates=gates),
            )


def _other_effects(
    gate: BandGate, bands: list[str]
) -> Iterator[tuple[str, str, str, BandGate]]:
    """Yield mistakes in what a gate does: the key, what stood there, what stands, the gate."""
    if gate.at_most is None:
        more = gate.lower_by + 1
        other_gate = replace(gate, lower_by=more)
        yield "lower_by", str(gate.lower_by), str(more), other_gate
        return
    for other_band in _neighbours(gate.at_most, bands):
        other_gate = replace(gate, at_most=other_band)
        yield "at_most", gate.at_most, other_band, other_gate


def _other_needs(gate: BandGate) -> Iterator[tuple[int, BandGate, str, str]]:
    """Yield mistakes in the conditions of a gate: one left out, an edge moved or open for closed.

    Each comes with the position of the condition, and with what stood there and what stands.
    """
    for position, need in enumerate(gate.needs):
        others: list[Need | None] = []
        # A gate without conditions is told as one that is left out.
        if len(gate.needs) > 1:
            others.append(None)
        others += [replace(need, bounds=bounds) for bounds in _other_bounds(need)]
        for other in others:
            left: tuple[Need, ...] = ()
            after = "–"
            if other is not None:
                left = (other,)
                after = _need_text(other)
            needs = (*gate.needs[:position], *left, *gate.needs[position + 1 :])
            yield position, replace(gate, needs=needs), _need_text(need), after


def _other_bounds(need: Need) -> Iterator[Interval]:
    """Yield the bounds of a condition with a mistake in each edge."""
    bounds = need.bounds
    if bounds.low is not None:
        yield replace(bounds, low_open=not bounds.low_open)
        # All of the points is the most that there is to ask for.
        step = 1 if not need.is_share or bounds.low < 1 else -1
        yield replace(bounds, low=bounds.low + step)
    if bounds.high is not None:
        yield replace(bounds, high_open=not bounds.high_open)
        yield replace(bounds, high=bounds.high + 1)


def _need_text(need: Need) -> str:
    asked = ", ".join(map(_text, need.values))
    if need.bounds != Interval():
        asked = _text(need.bounds)
    return f"{need.subject} {need.id} {asked}".rstrip()
