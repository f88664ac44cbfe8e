"""What a blank form asks for, and the period that it begins with."""

import json

import pytest
from rule_texts import SHARE, TINY, WORK, head, share_rule

from cchc_rules import parse_rules
from cchc_rules.submissions.blank import blank
from cchc_rules.submissions.blank_json import template

KINDS = """[kind.city]
title = "City"
[kind.city.metric.trees]
title = "Trees"
type = "count"
[kind.city.rule.trees]
group = "work"
title = "Trees"
source = ["2"]
metric = "trees"
comparator = ">="
threshold = 10
weight = 1
deduction = "all_or_nothing"
[kind.village]
title = "Village"
"""


def asked_for(document):
    """The figures that a form asks for, by their rules."""
    figures = {}
    for area in document["areas"]:
        for officer in area["officers"]:
            for figure in officer["metrics"]:
                figures[figure["id"]] = figure["rules"]
    return figures


@pytest.mark.parametrize(
    ("kind", "trees"), [(None, True), ("city", True), ("village", False)]
)
def test_what_a_kind_adds_is_asked_of_it(kind, trees):
    document = blank(parse_rules(TINY + KINDS), kind=kind)
    wanted = {"share": ["on-time"]}
    if trees:
        wanted["trees"] = ["trees"]
    assert asked_for(document) == wanted


@pytest.mark.parametrize(
    ("first", "last", "period"),
    [
        ("2023-01-01", "2023-12-31", "2023"),
        ("2023-01-01", "2025-12-31", "2023"),
        # The first whole year is the next, as long as it is whole.
        ("2023-06-01", "2024-12-31", "2024"),
        ("2023-06-01", "2024-12-30", "2023-06-01/2024-12-30"),
        ("2023-06-01", "2023-12-31", "2023-06-01/2023-12-31"),
    ],
)
def test_the_first_whole_year_is_the_period(first, last, period):
    text = head("tiny", "Bộ nhỏ", "Tiny") + SHARE + WORK
    text += share_rule("on-time", "Đúng hạn", "On time", 90, 2, "all_or_nothing")
    text = text.replace("2023-01-01", first).replace("2023-12-31", last)
    assert blank(parse_rules(text))["period"] == period


def test_words_are_written_as_people_read_them():
    assert '"Tỷ lệ"' in template(blank(parse_rules(TINY), "vi"))


def test_each_figure_is_asked_for_by_the_keys_that_it_takes():
    names = '[metric.names]\ntitle = "Names"\ntype = "count"\ndistinct = true\n'
    parts = '[metric.part]\ntitle = "Part"\ntype = "percent"\n'
    parts += 'ratio = { numerator = "done", denominator = "all" }\n'
    rules = parse_rules(TINY + names + parts)
    form = json.loads(template(blank(rules, "en")))
    proof = {"evidence": [], "note": None}
    assert form["measurements"] == {
        "share": {"value": None, **proof},
        "names": {"items": None, **proof},
        "part": {"numerator": None, "denominator": None, **proof},
    }
    guide = form["guide"]["measurements"]
    said = [(name, said["area"], said["title"]) for name, said in guide.items()]
    assert said == [
        ("share", "Work", "Share"),
        ("names", "Other figures", "Names"),
        ("part", "Other figures", "Part"),
    ]


def test_points_by_hand_are_explained():
    seen = """[rule.seen]
group = "work"
title = { vi = "Đã xem", en = "Seen" }
source = ["7"]
weight = 3
deduction = "manual"
"""
    form = json.loads(template(blank(parse_rules(TINY + seen), "en")))
    assert form["points"] == {"seen": None}
    assert form["guide"]["points"] == {
        "seen": {"title": "Seen", "clauses": ["7"], "lowest": "0", "weight": "3"}
    }
