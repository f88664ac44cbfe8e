"""Gates: what a required rule does to the rule behind it, every state against every situation (semantics L2)."""

import itertools

import pytest

from cchc_rules import load_measurements, parse_rules, score
from cchc_rules.state import State, gate

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
        "measurements": {name: figure for name, figure in figures.items() if figure is not None},
    }
    rules = parse_rules(text)
    return {rule.id: rule for rule in score(rules, load_measurements(submission, rules)).rules}


@pytest.mark.parametrize(("first", "second"), list(itertools.product(FIRST, SECOND)))
@pytest.mark.parametrize("reverse", [False, True], ids=["in order", "the other way about"])
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


@pytest.mark.parametrize(("first", "last"), [("met", "met"), ("partly_met", "not_met"), ("missing", "missing")])
def test_a_chain_carries_the_first_to_the_last(first, last):
    rules = [RULE.format(id="r0", more="").replace('metric = "r0"', 'metric = "first"')]
    for at in range(1, 6):
        rule = RULE.format(id=f"r{at}", more=f'requires = ["r{at - 1}"]').replace(
            f'metric = "r{at}"', 'metric = "second"'
        )
        rules.insert(0, rule)
    rules_text = HEAD + "".join(rules)
    figures = {"second": 90} | ({} if FIRST[first][0] is None else {"first": FIRST[first][0]})
    submission = {"format": 1, "ruleset": "gates", "unit": "U", "period": "2023", "measurements": figures}
    ruleset = parse_rules(rules_text)
    found = {rule.id: rule.state for rule in score(ruleset, load_measurements(submission, ruleset)).rules}
    assert found["r0"] == first
    assert [found[f"r{at}"] for at in range(1, 6)] == [last] * 5
