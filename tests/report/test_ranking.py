"""Ranks of reports: competition ranks, what is comparable, and reports without an index."""

import pytest

from cchc_rules import (
    SubmissionError,
    load_measurements,
    moves,
    parse_rules,
    rank,
    score,
)

RULES = """
format = 1
[ruleset]
id = "{id}"
version = "{version}"
title = "Two shares"
valid = {{ from = 2024-01-01, until = 2024-12-31 }}
[index]
scale = {scale}
weight_basis = "stated"
[absence]
missing = "lost"
not_applicable = "exclude"
[metric.a]
title = "Share A"
type = "percent"
[group.g]
title = "Area"
[rule.a]
group = "g"
title = "a"
source = ["a"]
metric = "a"
comparator = ">="
threshold = 100
weight = 10
deduction = "proportional"
"""


def rules(name="lib", version="1", scale=10):
    return parse_rules(RULES.format(id=name, version=version, scale=scale))


def report(share, unit="Xã An", period="2024", of=None):
    figure = {"not_applicable": "nothing arose"} if share is None else share
    one = {
        "format": 1,
        "ruleset": (of or rules()).id,
        "unit": unit,
        "period": period,
        "measurements": {"a": figure},
    }
    return score(of or rules(), load_measurements(one))


def ranks(reports, **ways):
    return [(place.rank, str(place.report.index)) for place in rank(reports, **ways)]


def test_equals_share_a_rank_and_the_next_is_skipped():
    shares = [80, 95, 95, 90]
    assert ranks(map(report, shares)) == [
        (1, "9.50"),
        (1, "9.50"),
        (3, "9.00"),
        (4, "8.00"),
    ]


@pytest.mark.parametrize(
    ("other", "code"),
    [
        (report(90, of=rules("other")), "several-rulesets"),
        (report(90, of=rules(version="2")), "several-rulesets"),
        (report(90, of=rules(scale=100)), "several-rulesets"),
        (report(90, period="2024-H1"), "several-periods"),
    ],
)
def test_what_is_not_comparable_is_refused(other, code):
    with pytest.raises(SubmissionError) as refused:
        rank([report(80), other])
    assert [problem.code for problem in refused.value.problems] == [code]
    assert [place.rank for place in rank([report(80), other], mixed=True)] == [1, 2]


def test_a_report_without_an_index_has_no_rank():
    """Nothing arose, so nothing was left to score: that is no 0, and no last place."""
    places = rank([report(None), report(0, "Xã Bình"), report(60, "Xã Cam")])
    named = [(place.report.scoring.measurements.unit, place.rank) for place in places]
    assert named == [("Xã Cam", 1), ("Xã Bình", 2), ("Xã An", None)]


def test_moves_tell_units_by_names_that_read_the_same():
    before = [report(70, "Xã Bi\u0300nh"), report(60, "Xã An")]
    after = [report(75, "Xã Bình"), report(80, "Xã\u00a0An"), report(None, "Xã Cam")]
    assert [tuple(move) for move in moves(before, after)] == [
        ("Xã An", 2, 1),
        ("Xã Bình", 1, 2),
        ("Xã Cam", None, None),
    ]
    with pytest.raises(ValueError, match="twice"):
        moves(before, [*after, report(10, "Xa\u0303 An")])


def test_the_two_sides_may_be_of_different_rules_and_periods():
    before = [report(70, of=rules(version="2"), period="2024-H1")]
    assert [tuple(move) for move in moves(before, [report(80)])] == [("Xã An", 1, 1)]
