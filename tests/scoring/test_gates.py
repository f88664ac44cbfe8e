"""Gates: what a required rule does to the rule behind it, every state against every situation (semantics L2)."""

import itertools
import json
from decimal import Decimal

import pytest

from cchc_rules import load_measurements, parse_rules, print_report, score
from cchc_rules.base.state import State, gate
from cchc_rules.report.verify import differences

HEAD = """
format = 1
[ruleset]
id = "gates"
version = "1"
title = "Gates"
valid = { from = 2023-01-01, until = 2023-12-31 }
[absence]
not_applicable = "exclude"
not_due = "exclude"
waived = "exclude"
[metric.first]
title = "First"
type = "percent"
[metric.second]
title = "Second"
type = "percent"
[group.work]
title = "Work"
"""
RULE = """
[rule.{id}]
group = "work"
title = "{id}"
source = ["1"]
metric = "{id}"
comparator = ">="
threshold = 80
weight = 2
deduction = "proportional"
{more}
"""
GONE = {"not_applicable": "không có"}
FREE = {"waived": {"by": "UBND huyện", "why": "thí điểm", "until": "2023-12-31"}}
FIRST = {
    "met": (80, ""),
    "partly_met": (40, ""),
    "not_met": (0, ""),
    "missing": (None, ""),
    "not_applicable": (GONE, ""),
    "not_due": (40, "due = 2023-12-31"),
    "waived": (FREE, ""),
}
SECOND = {**FIRST, "missing and not due": (None, "due = 2023-12-31")}

PASSES = ("met", "not_applicable", "not_due", "waived")
ALONE = {**{name: name for name in FIRST}, "missing and not due": "not_due"}


def expected(first, second):
    """By hand, in the order of L2: a waiver; a closed gate; an absence; an unknown gate; the figures."""
    if second == "waived":
        return "waived"
    if first in ("partly_met", "not_met"):
        return "not_met"
    if first == "missing" and ALONE[second] not in ("missing", "not_applicable"):
        return "not_due" if second == "missing and not due" else "missing"
    return ALONE[second]


def scored(first, second, requires='requires = ["first"]', reverse=False):
    rules = [
        RULE.format(id="first", more=FIRST[first][1]),
        RULE.format(id="second", more=f"{requires}\n{SECOND[second][1]}"),
    ]
    text = HEAD + "".join(reversed(rules) if reverse else rules)
    figures = {"first": FIRST[first][0], "second": SECOND[second][0]}
    submission = {
        "format": 1,
        "ruleset": "gates",
        "unit": "U",
        "period": "2023",
        "as_of": "2023-06-30",
        "measurements": {
            name: figure for name, figure in figures.items() if figure is not None
        },
    }
    rules = parse_rules(text)
    return {
        rule.id: rule
        for rule in score(rules, load_measurements(submission, rules)).rules
    }


@pytest.mark.parametrize(("first", "second"), list(itertools.product(FIRST, SECOND)))
@pytest.mark.parametrize(
    "reverse", [False, True], ids=["in order", "the other way about"]
)
def test_every_state_against_every_situation(first, second, reverse):
    found = scored(first, second, reverse=reverse)
    assert found["first"].state == first
    assert found["second"].state == expected(first, second)


@pytest.mark.parametrize(("first", "second"), list(itertools.product(FIRST, SECOND)))
def test_without_a_gate_each_stands_alone(first, second):
    found = scored(first, second, requires="")
    assert (found["first"].state, found["second"].state) == (first, ALONE[second])


def test_the_table_has_every_state():
    assert {str(state) for state in State} == set(FIRST)
    assert {state for state in State if gate(state) is None} == set(PASSES)


@pytest.mark.parametrize(
    ("first", "last"),
    [("met", "met"), ("partly_met", "not_met"), ("missing", "missing")],
)
def test_a_chain_carries_the_first_to_the_last(first, last):
    rules = [RULE.format(id="r0", more="").replace('metric = "r0"', 'metric = "first"')]
    for at in range(1, 6):
        rule = RULE.format(id=f"r{at}", more=f'requires = ["r{at - 1}"]').replace(
            f'metric = "r{at}"', 'metric = "second"'
        )
        rules.insert(0, rule)
    rules_text = HEAD + "".join(rules)
    figures = {"second": 90} | (
        {} if FIRST[first][0] is None else {"first": FIRST[first][0]}
    )
    submission = {
        "format": 1,
        "ruleset": "gates",
        "unit": "U",
        "period": "2023",
        "measurements": figures,
    }
    ruleset = parse_rules(rules_text)
    found = {
        rule.id: rule.state
        for rule in score(ruleset, load_measurements(submission, ruleset)).rules
    }
    assert found["r0"] == first
    assert [found[f"r{at}"] for at in range(1, 6)] == [last] * 5


def states(text, figures, as_of="2023-06-30"):
    rules = parse_rules(text)
    submission = {
        "format": 1,
        "ruleset": "gates",
        "unit": "U",
        "period": "2023",
        "as_of": as_of,
        "measurements": {
            name: figure for name, figure in figures.items() if figure is not None
        },
    }
    return {
        rule.id: rule
        for rule in score(rules, load_measurements(submission, rules)).rules
    }


THIRD = """
[metric.third]
title = "Third"
type = "percent"
"""


@pytest.mark.parametrize(("one", "two"), list(itertools.product(FIRST, FIRST)))
@pytest.mark.parametrize("order", list(itertools.permutations(range(3)))[::2])
def test_two_gates_the_closed_one_wins(one, two, order):
    """L2: (c) a required rule that is not met comes before (e) one that is missing, whichever is named first."""
    rules = [
        RULE.format(id="first", more=FIRST[one][1]),
        RULE.format(id="second", more=FIRST[two][1]),
        RULE.format(id="third", more='requires = ["second", "first"]'),
    ]
    figures = {"first": FIRST[one][0], "second": FIRST[two][0], "third": 90}
    found = states(HEAD + THIRD + "".join(rules[at] for at in order), figures)
    expectations = {
        (False, False): "met",
        (False, True): "missing",
        (True, False): "not_met",
        (True, True): "not_met",
    }
    closed = {one, two} & {"partly_met", "not_met"}
    assert found["third"].state == expectations[bool(closed), "missing" in (one, two)]
    assert (found["first"].state, found["second"].state) == (one, two)


@pytest.mark.parametrize("second", [name for name in SECOND if name != "waived"])
@pytest.mark.parametrize("first", ["partly_met", "not_met"])
def test_behind_a_closed_gate_nothing_is_earned(first, second):
    rule = scored(first, second)["second"]
    assert (rule.earned, rule.lost, rule.excluded) == (0, 2, 0)
    assert rule.reason == "gate_closed"


def test_behind_a_closed_gate_no_less_than_nothing():
    """L2 (c): `lowest` or 0 points, whichever is greater."""
    late = RULE.format(id="second", more='lowest = -1\nrequires = ["first"]').replace(
        'deduction = "proportional"',
        'deduction = { kind = "per_unit", each = 0.5, step = 1 }',
    )
    text = HEAD + RULE.format(id="first", more="") + late
    assert states(text, {"first": 90, "second": 70})["second"].earned == -1
    assert states(text, {"first": 10, "second": 70})["second"].earned == 0


@pytest.mark.parametrize(
    ("effect", "earned", "excluded"),
    [("lost", 0, 0), ("exclude", 0, 2), ("show", 0, 2), ("full", 2, 0)],
)
def test_an_unknown_gate_has_the_effect_of_missing(effect, earned, excluded):
    """L4: (e) has the effect of `missing`."""
    text = HEAD.replace("[absence]", f'[absence]\nmissing = "{effect}"')
    text += RULE.format(id="first", more="") + RULE.format(
        id="second", more='requires = ["first"]'
    )
    rule = states(text, {"second": 90})["second"]
    assert (rule.state, rule.reason) == ("missing", "gate_unknown")
    assert (rule.earned, rule.excluded) == (earned, excluded)


@pytest.mark.parametrize("as_of", ["2023-06-30", "2023-12-31"])
def test_an_unknown_gate_before_and_at_the_due_day(as_of):
    """A required rule that is not due stands in nobody's way; one that is missing at the day it is due does."""
    text = HEAD + RULE.format(id="first", more="due = 2023-12-31")
    text += RULE.format(id="second", more='requires = ["first"]')
    found = states(text, {"second": 90}, as_of)
    assert found["first"].state == ("not_due" if as_of < "2023-12-31" else "missing")
    assert found["second"].state == ("met" if as_of < "2023-12-31" else "missing")


@pytest.mark.parametrize("length", [2, 5, 12])
@pytest.mark.parametrize("broken", [0, 1, -1])
def test_a_chain_breaks_where_it_is_broken(length, broken):
    """Rules before the broken one are met; it and all behind it are not."""
    broken = range(length)[broken]
    metrics = "".join(
        f'[metric.r{at}]\ntitle = "M"\ntype = "percent"\n' for at in range(length)
    )
    head = (
        HEAD.partition("[metric.first]")[0] + metrics + '[group.work]\ntitle = "Work"\n'
    )
    rules = [
        RULE.format(id=f"r{at}", more=f'requires = ["r{at - 1}"]' if at else "")
        for at in range(length)
    ]
    figures = {f"r{at}": 0 if at == broken else 100 for at in range(length)}
    expected = ["met" if at < broken else "not_met" for at in range(length)]
    for order in (rules, rules[::-1], rules[1::2] + rules[::2]):
        found = states(head + "".join(order), figures)
        assert [found[f"r{at}"].state for at in range(length)] == expected


class TestPointsGivenByHand:
    """A closed gate gives nothing; what a person gave is kept all the same, and counts once the gate opens."""

    TEXT = (
        HEAD.replace('[metric.second]\ntitle = "Second"\ntype = "percent"\n', "")
        + RULE.format(id="first", more="")
        + '[rule.second]\ngroup = "work"\ntitle = "second"\nsource = ["1"]\nweight = 2\n'
        + 'deduction = "manual"\nrequires = ["first"]\n'
    )

    def report(self, share, **points):
        rules = parse_rules(self.TEXT)
        head = {"format": 1, "ruleset": "gates", "unit": "U", "period": "2023"}
        submission = {**head, "measurements": {"first": share}, "points": points}
        return score(rules, load_measurements(submission, rules)).to_dict("en")

    def test_they_are_reported_though_they_come_to_nothing(self):
        report = self.report(0, second={"points": Decimal("1.5"), "reason": "biên bản"})
        first, second = report["rules"]
        assert (second["state"], second["earned"], second["reported"]) == (
            "not_met",
            "0.00",
            "1.5 points",
        )
        assert [(one["points"], one["note"]) for one in second["inputs"]] == [
            ("1.5", "biên bản")
        ]
        assert (
            first["gains"][-1]["index"] == "87.50"
        )  # 2 + 1.5 of 4, once the first is met
        assert differences(json.loads(print_report(report))) == []

    def test_where_nobody_gave_any_they_are_awaited(self):
        second = self.report(0)["rules"][1]
        assert (second["state"], second["reported"], second["inputs"]) == (
            "not_met",
            "waiting for points from a person",
            [],
        )
