"""What single clauses of the semantics say where two of them meet, each worked by hand."""

from decimal import Decimal
from fractions import Fraction

import pytest

from cchc_rules import load_measurements, parse_rules, score

HEAD = """
format = 1
[ruleset]
id = "own"
version = "1"
title = "Own"
language = "en"
valid = { from = 2023-01-01, until = 2023-12-31 }
[group.work]
title = "Work"
[metric.a]
title = "A"
type = "number"
[metric.b]
title = "B"
type = "number"
"""
RULE = """
[rule.one]
group = "work"
title = "One"
source = ["1"]
metric = "a"
comparator = ">="
threshold = 100
weight = 4
deduction = "all_or_nothing"
"""


def scored(text, figures, **more):
    rules = parse_rules(HEAD + text)
    submission = {
        "format": 1,
        "ruleset": "own",
        "unit": "Commune",
        "period": "2023",
        "measurements": figures,
        **more,
    }
    return score(rules, load_measurements(submission, rules))


def test_a_shown_child_takes_no_more_than_what_is_left_of_its_group():
    """G2: of 0.01, halves for each child: 0.005 is earned, rounded up to 0.01; nothing is left to be shown or lost."""
    text = RULE.replace("weight = 4", "weight = 1")
    text += text.replace("rule.one", "rule.two").replace('metric = "a"', 'metric = "b"')
    group = '[group.work]\ntitle = "Work"\n'
    mean = (
        f'[absence]\nnot_applicable = "show"\n{group}combine = "mean"\nweight = 0.01\n'
    )
    whole = (HEAD + text).replace(group, mean)
    rules = parse_rules(whole)
    submission = {
        "format": 1,
        "ruleset": "own",
        "unit": "Commune",
        "period": "2023",
        "measurements": {"a": 100, "b": {"not_applicable": "none"}},
    }
    (group,) = score(rules, load_measurements(submission, rules)).groups
    assert (group.earned, group.excluded, group.lost) == (Decimal("0.01"), 0, 0)


def test_the_index_may_fall_below_zero():
    """I3: 0 of 4 points, scale 100; 3 off: −3."""
    penalty = """
[group.faults]
title = "Faults"
kind = "penalty"
cap = 10
[rule.faults]
group = "faults"
title = "Faults"
source = ["2"]
metric = "b"
comparator = "<="
threshold = 0
weight = 10
deduction = { kind = "per_unit", each = 1 }
"""
    index = scored(RULE + penalty, {"a": 0, "b": 3}).index
    assert (index.value, index.exact) == (Decimal("-3.00"), Fraction(-3))


def test_a_missing_rule_is_open_whatever_a_person_gave_for_it():
    """I4: 3 of 4 points by hand: 75; open all the same, so from 0 to 100."""
    text = '[absence]\nmissing = "manual"\n' + RULE
    points = {"one": {"points": 3, "reason": "Seen"}}
    report = scored(text, {}, points=points)
    assert report.rule("one").state == "missing"
    assert report.index.value == 75
    assert (report.index.lowest, report.index.highest) == (0, 100)


@pytest.mark.parametrize(
    ("window", "dated", "supported"),
    [
        ("", "2025-01-01", 100),
        ("window", "2025-01-01", 0),
        ("window", "2023-05-01", 100),
    ],
)
def test_a_document_of_any_figure_that_a_rule_reads_supports_it(
    window, dated, supported
):
    """I6: here of the figure in the target; a day after `as_of` matters only for the window."""
    text = RULE.replace("threshold = 100", 'threshold = { metric = "b" }')
    text += "evidence_required = true\n"
    if window:
        text += "[window]\nfrom = 2023-01-01\nuntil = 2023-12-31\n"
    evidence = [{"document": "Report 7", "date": dated}]
    report = scored(text, {"a": 9, "b": {"value": 5, "evidence": evidence}})
    assert report.index.value == 100
    assert report.index.supported == supported


def test_the_points_of_a_track_are_added_exactly():
    """I8: 1.125 and 0.5 of 4 and 1, in an index of two places."""
    two = RULE.replace("rule.one", "rule.two").replace("weight = 4", "weight = 1")
    rules = parse_rules('tracks = ["appraised"]\n' + HEAD + RULE + two)
    points = {"one": Decimal("1.125"), "two": Decimal("0.5")}
    submission = {
        "format": 1,
        "ruleset": "own",
        "unit": "Commune",
        "period": "2023",
        "measurements": {"a": 1},
        "tracks": {
            "appraised": {
                id_: {"points": given, "reason": "Seen"}
                for id_, given in points.items()
            }
        },
    }
    report = score(rules, load_measurements(submission, rules))
    (track,) = report.to_dict()["tracks"]
    assert (track["earned"], track["maximum"]) == ("1.625", "5.00")


def test_what_a_section_puts_in_a_place_whole_forgets_the_kind():
    """V3: hill communes need 50 until the rule is written anew in July; then all need 90."""
    kind = '[kind.hill]\ntitle = "Hill"\n[kind.hill.rule.one]\nthreshold = 50\n'
    anew = RULE.replace("[rule.one]", '[since."2023-07-01".rule.one]\nremove = true')
    anew = anew.replace("threshold = 100", "threshold = 90")
    for day, earned in (("2023-06-30", 4), ("2023-07-01", 0)):
        report = scored(RULE + kind + anew, {"a": 60}, unit_kind="hill", as_of=day)
        assert report.rule("one").earned == earned
