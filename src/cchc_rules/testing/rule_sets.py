"""Whole rule sets, drawn by hypothesis: every type of metric, comparator, deduction and group,
small enough to read.
"""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, TypeAlias

from hypothesis import strategies as st

from cchc_rules.report.printing import toml_text
from cchc_rules.rules.load import parse_rules
from cchc_rules.rules.model import RuleSet
from cchc_rules.testing.submissions import Draw

Table: TypeAlias = dict[str, Any]
Target: TypeAlias = "tuple[Table, Table]"
"""A metric, and what a rule asks of it: comparator, threshold, deduction."""

MOST_RULES = 8
"""How many rules a drawn rule set has at most: more would find little more, and be hard to read."""

LEVELS = ["tốt", "khá", "yếu"]
EFFECTS = st.sampled_from(["lost", "full", "exclude", "show", {"percent": 40}])
"""What an absence may do; points by hand are left out, for they would have to be drawn with it."""


def rule_sets() -> st.SearchStrategy[RuleSet]:
    """Return a strategy for checked rule sets, to test programs that take any instrument with.

    >>> from hypothesis import find
    >>> find(rule_sets(), lambda rules: True).id
    'drawn'
    """
    return rule_files().map(parse_rules)


@st.composite
def rule_files(draw: Draw) -> str:
    """Return a strategy for the texts of rule files that pass `check`.

    >>> from hypothesis import find
    >>> find(rule_files(), lambda text: True).splitlines()[0]
    'format = 1'
    """
    groups = {"base": {"title": "Chính"}, **draw(_further_groups())}
    metrics: dict[str, Table] = {}
    rules: dict[str, Table] = {}
    # Every group has a rule; what is left of the rules falls into any of them.
    left = MOST_RULES - len(groups)
    further = draw(st.lists(st.sampled_from([*groups]), max_size=left))
    target = st.one_of(*(strategy() for strategy in TARGETS))
    for position, group in enumerate([*groups, *further]):
        metric, asked = draw(target)
        rule = {
            "group": group,
            "title": f"Chỉ tiêu {position}",
            "source": [f"II.{position}"],
            "weight": draw(_points(1, 500)),
        }
        if metric:
            id_ = f"m{position}"
            metrics[id_] = {"title": f"Số liệu {position}", **metric}
            rule["metric"] = id_
        cut = asked.pop("cut", None)
        if cut is not None:
            beside = f"m{position}_beside"
            metrics[beside] = {"title": f"Số liệu {position} kèm theo", "type": "count"}
            metrics[id_]["table"] = _levels_by(cut, beside)
        rows = asked.pop("rows", None)
        if rows is not None:
            beside = f"m{position}_beside"
            metrics[beside] = {
                "title": f"Số liệu {position} kèm theo",
                "type": "yes_no",
            }
            asked["deduction"] = _table_over(rows, id_, beside)
        # Points below zero count in plain groups alone.
        if {"kind", "combine", "cap"} & groups[group].keys():
            asked.pop("lowest", None)
        # Only rules that are there already are required, so that no circle comes about.
        conditions = draw(_conditions([*rules]))
        asks = {**rule, **asked, **conditions}
        # A mean is rounded as a whole; the fewest points would have to be whole steps, too.
        if "combine" not in groups[group] and "lowest" not in asks:
            asks |= draw(_roundings(asks["weight"]))
        rules[f"r{position}"] = asks
    absent_states = ("not_applicable", "not_due", "waived")
    file = {
        "format": 1,
        "ruleset": HEADING,
        "absence": {state: draw(EFFECTS) for state in absent_states},
        "metric": metrics,
        "group": groups,
        "rule": rules,
        **draw(_bands([*rules])),
    }
    return toml_text(file)


# What every drawn rule set says of itself: nothing that a law could hang on.
HEADING = {
    "id": "drawn",
    "version": "1",
    "title": "Bộ tiêu chí",
    "valid": {"from": date(2023, 1, 1), "until": date(2023, 12, 31)},
}


def _points(low: int, high: int) -> st.SearchStrategy[Decimal]:
    """Return a strategy for points in hundredths."""
    return st.integers(low, high).map(lambda ticks: Decimal(ticks).scaleb(-2))


@st.composite
def _roundings(draw: Draw, most: Decimal) -> Table:
    """Draw how points are rounded, now and then, to a step that goes into the most of them."""
    if draw(st.integers(1, 6)) > 1:
        return {}
    ticks = int(most * 100)
    parts = [part for part in (1, 2, 4, 5, 10) if ticks % part == 0]
    step = Decimal(ticks // draw(st.sampled_from(parts))).scaleb(-2)
    mode = draw(st.sampled_from(["half_up", "half_even", "down", "up"]))
    return {"rounding": {"mode": mode, "step": step}}


@st.composite
def _further_groups(draw: Draw) -> dict[str, Table]:
    """Draw groups beside the first: inside it, with a cap, a mean, a bonus or penalty pool."""
    known: dict[str, Table] = {
        "inner": {
            "title": "Bên trong",
            "parent": "base",
            "optional": draw(st.booleans()),
        },
        "capped": {
            "title": "Có mức trần",
            "parent": "base",
            "cap": draw(_points(1, 500)),
        },
        "mean": {
            "title": "Bình quân",
            "combine": "mean",
            "weight": draw(_points(1, 500)),
        },
        "bonus": {"title": "Thưởng", "kind": "bonus", "cap": draw(_points(1, 200))},
        "penalty": {"title": "Phạt", "kind": "penalty", "cap": draw(_points(1, 200))},
    }
    known["mean"] |= draw(_roundings(known["mean"]["weight"]))
    # Sorted, or the same draws would give other files from run to run.
    chosen = draw(st.sets(st.sampled_from(sorted(known))))
    return {id_: known[id_] for id_ in sorted(chosen)}


@st.composite
def _conditions(draw: Draw, before: list[str]) -> Table:
    """Draw what hangs on a rule beside its target: required rules, evidence, effects of its own."""
    conditions: Table = {"evidence_required": draw(st.booleans())}
    if before and draw(st.integers(1, 4)) == 1:
        required: Any = draw(st.sampled_from(before))
        if draw(st.integers(1, 3)) == 1:
            # At least partly met.
            required = {"rule": required, "above": 0}
        conditions["requires"] = [required]
    if draw(st.integers(1, 4)) == 1:
        kind = draw(st.sampled_from(["not_applicable", "zero_denominator"]))
        conditions["absence"] = {kind: draw(EFFECTS)}
    return conditions


@st.composite
def _bands(draw: Draw, rules: list[str]) -> Table:
    """Draw two bands with an edge in hundredths, and sometimes a rule that keeps the upper one."""
    if draw(st.booleans()):
        return {}
    edge = draw(_points(1, 9999))
    bands = [
        {"id": "high", "title": "Cao", "from": edge},
        {"id": "low", "title": "Thấp", "below": edge},
    ]
    if not draw(st.booleans()):
        return {"band": bands}
    gate: Table = {"rule": draw(st.sampled_from(rules)), "at_most": "low"}
    if draw(st.booleans()):
        gate = {"id": "asks", "needs": [draw(_need(rules))], "at_most": "low"}
    return {"band": bands, "band_gate": [gate]}


@st.composite
def _need(draw: Draw, rules: list[str]) -> Table:
    """Draw a condition of a gate: a rule that is met, or a share of the points of a group."""
    asked: Table = draw(
        st.sampled_from(
            [
                {"rule": rules[0]},
                {"each_rule_of": "base"},
                {"group": "base", "from": 60},
                {"each_rule_of": "base", "above": 0},
            ]
        )
    )
    return asked


# Targets


@st.composite
def _share(draw: Draw) -> Target:
    """Draw a percentage with a target: all or nothing, in proportion, or so much for each unit."""
    metric: Table = {"type": "percent"}
    if draw(st.booleans()):
        metric["ratio"] = {"numerator": "đạt", "denominator": "tổng số"}
    deductions = [
        "all_or_nothing",
        "proportional",
        {"kind": "per_unit", "percent": draw(st.integers(1, 20)), "step": 5},
    ]
    asked = {
        "comparator": ">=",
        "threshold": draw(_points(1, 10000)),
        "deduction": draw(st.sampled_from(deductions)),
    }
    return metric, asked


@st.composite
def _ladder(draw: Draw) -> Target:
    """Draw a percentage or a count with tiers; the lowest may still give something."""
    kind = draw(st.sampled_from(["percent", "count"]))
    edges = st.lists(st.integers(1, 90), min_size=2, max_size=2, unique=True)
    low, high = sorted(draw(edges))
    # Points that fall while the figure gets better would be refused.
    shares = st.lists(st.integers(0, 100), min_size=2, max_size=2)
    worst, middle = sorted(draw(shares))
    tiers: list[Table] = [
        {"from": high, "percent": 100},
        {"from": low, "below": high, "percent": middle},
        {"below": low, "percent": worst},
    ]
    # Sometimes the best tier only begins with the middle share, and rises step by step.
    if draw(st.booleans()):
        units = draw(st.sampled_from(["exact", "started", "whole"]))
        rise = {"each": draw(_points(1, 100)), "step": 3, "units": units}
        tiers[0] = {"from": high, "percent": middle, **rise}
    return {"type": kind}, {"deduction": {"kind": "tiers", "tiers": tiers}}


@st.composite
def _count(draw: Draw) -> Target:
    """Draw a count of which fewer are better, with points below zero, or a list of items of which
    more are.
    """
    if draw(st.booleans()):
        asked = {
            "comparator": ">=",
            "threshold": draw(st.integers(1, 6)),
            "deduction": "proportional",
        }
        return {"type": "count", "distinct": True}, asked
    # One unit takes no more than the rule is worth.
    pair = st.lists(_points(1, 500), min_size=2, max_size=2)
    each, weight = sorted(draw(pair))
    deduction = {"kind": "per_unit", "each": each}
    asked = {
        "comparator": "<=",
        "threshold": draw(st.integers(0, 5)),
        "weight": weight,
        "lowest": -1,
    }
    return {"type": "count", "better": "lower"}, {**asked, "deduction": deduction}


@st.composite
def _day(draw: Draw) -> Target:
    """Draw a date to be kept, with tiers by days late or all or nothing."""
    tiers = [
        {"to": 0, "percent": 100},
        {"from": 1, "to": draw(st.integers(1, 30)), "percent": 50},
    ]
    late = {
        "kind": "tiers",
        "of": "days_late",
        "tiers": [*tiers, {"otherwise": True, "percent": 0}],
    }
    # Well inside the year, so that days before and after it can be submitted, too.
    days = st.dates(date(2023, 2, 1), date(2023, 11, 30))
    threshold = draw(days)
    deduction = draw(st.sampled_from([late, "all_or_nothing"]))
    return {"type": "date"}, {
        "comparator": "on_or_before",
        "threshold": threshold,
        "deduction": deduction,
    }


@st.composite
def _words(draw: Draw) -> Target:
    """Draw a yes or no, or a level."""
    if draw(st.booleans()):
        return {"type": "yes_no"}, {
            "comparator": "is",
            "threshold": True,
            "deduction": "all_or_nothing",
        }
    # The best one, or the best two: the worst level reaches no target.
    reaching = draw(st.integers(1, 2))
    asked = {
        "comparator": "one_of",
        "threshold": LEVELS[:reaching],
        "deduction": "all_or_nothing",
    }
    # Sometimes nobody reports the level: a count decides it.
    if draw(st.booleans()):
        asked["cut"] = draw(st.integers(2, 40))
    return {"type": "level", "levels": LEVELS}, asked


@st.composite
def _formula(draw: Draw) -> Target:
    """Draw points by a formula that rises with its figure."""
    # A line, a jump, and points that are no whole ticks up to a bound.
    formulas = [
        "weight * value / 100",
        "weight if value >= 37.5 else 0",
        "min(weight, value / 7)",
    ]
    text = draw(st.sampled_from(formulas))
    return {"type": "percent"}, {"deduction": {"kind": "formula", "formula": text}}


@st.composite
def _rows(draw: Draw) -> Target:
    """Draw a decision table over a percentage and a yes or no: the row's floor, whether a yes is
    asked, and its share.
    """
    edges = st.lists(st.integers(1, 90), min_size=2, max_size=2, unique=True)
    low, high = sorted(draw(edges))
    shares = draw(st.lists(st.integers(0, 99), min_size=3, max_size=3))
    worst, middle, good = sorted(shares)
    rows = [(high, False, 100), (low, True, good), (low, False, middle)]
    return {"type": "percent"}, {"rows": [*rows, (0, False, worst)]}


def _table_over(rows: list[tuple[int, bool, int]], metric: str, beside: str) -> Table:
    """Return a decision table over two metrics, of which the first row that holds counts."""
    table: list[Table] = []
    for floor, asks_beside, share in rows:
        when: Table = {metric: {"from": floor}}
        if asks_beside:
            when[beside] = {"is": True}
        table.append({"when": when, "percent": share})
    return {"kind": "table", "rows": table}


def _levels_by(cut: int, count: str) -> Table:
    """Return the table of a level by a count: the best from `cut` on, the next from one."""
    best, next_best, worst = LEVELS
    return {
        "hit": "one",
        "rows": [
            {"when": {count: {"from": cut}}, "level": best},
            {"when": {count: {"from": 1, "below": cut}}, "level": next_best},
            {"when": {count: {"is": 0}}, "level": worst},
        ],
    }


def _by_hand() -> st.SearchStrategy[Target]:
    """Return a strategy for points that a person gives."""
    return st.just(({}, {"deduction": "manual"}))


TARGETS: tuple[Callable[[], st.SearchStrategy[Target]], ...] = (
    _share,
    _ladder,
    _rows,
    _count,
    _day,
    _words,
    _formula,
    _by_hand,
)
