"""What a rule of tiers requires: where most points can be had, formula tiers among them."""

import pytest

from cchc_rules import load_measurements, parse_rules, score

RULES = """
format = 1
[ruleset]
id = "ladder"
version = "1"
title = "Ladder"
language = "en"
valid = {{ from = 2024-01-01, until = 2024-12-31 }}
[index]
scale = 10
weight_basis = "stated"
[absence]
missing = "lost"
not_applicable = "exclude"
[metric.x]
title = "Letters answered in time"
type = "{type}"
better = "{better}"
[metric.y]
title = "Letters"
type = "count"
[metric.ok]
title = "Open"
type = "yes_no"
[group.g]
title = "Area"
[rule.r]
group = "g"
title = "Letters"
source = ["1"]
metric = "x"
weight = 10
deduction = {{ kind = "tiers", tiers = [{tiers}] }}
[rule.rest]
group = "g"
title = "Rest"
source = ["2"]
metric = "y"
deduction = "none"
comparator = ">="
threshold = 0
[rule.open]
group = "g"
title = "Open"
source = ["3"]
metric = "ok"
deduction = "none"
comparator = "is"
threshold = true
"""

HIGHER = [
    # value / 10 comes to 7 at 70 % and to 10 at 100 %; 50 % / 25 is 2, 70 / 25 is 2.8.
    (
        "{ from = 70, formula = 'value / 10' }, { from = 50, below = 70, formula = 'value / 25' },"
        " { below = 50, points = 0 }",
        "at least 100 %",
    ),
    # A constant tier worth less than the formula tier above it.
    (
        "{ from = 80, formula = 'value / 10' }, { from = 50, below = 80, points = 6 },"
        " { below = 50, points = 0 }",
        "at least 100 %",
    ),
    # The best tier is constant: the formula comes to 9 just below 90 %.
    (
        "{ from = 90, points = 10 }, { from = 50, below = 90, formula = 'value / 10' },"
        " { below = 50, points = 0 }",
        "at least 90 %",
    ),
    # A formula that is the same all over its tier.
    (
        "{ from = 60, formula = 'weight' }, { below = 60, points = 0 }",
        "at least 60 %",
    ),
    # Held to the weight: 25 points are 10.
    (
        "{ from = 50, formula = 'value / 4' }, { below = 50, points = 0 }",
        "at least 50 %",
    ),
    # Percentages of the weight beside a formula.
    (
        "{ from = 90, percent = 100 }, { below = 90, formula = 'value / 20' }",
        "at least 90 %",
    ),
    # Hanging on a figure that is missing: the points are asked for.
    (
        "{ from = 70, formula = 'value / 10 + y' }, { below = 70, points = 0 }",
        "the full 10.00 points",
    ),
]


def rule(text, **measurements):
    rules = parse_rules(text)
    submission = {
        "format": 1,
        "ruleset": "ladder",
        "unit": "A",
        "period": "2024",
        "measurements": measurements,
    }
    return score(rules, load_measurements(submission, rules)).to_dict()["rules"][0]


@pytest.mark.parametrize(("tiers", "required"), HIGHER)
def test_higher_is_better(tiers, required):
    text = RULES.format(type="percent", better="higher", tiers=tiers)
    reported = rule(text, x=30)
    assert reported["required"] == required
    assert "below 50 %" not in (reported["win_back"] or "")


def test_lower_is_better():
    """From 10 on nothing; below, a point less for each letter: 10 at none."""
    tiers = "{ from = 10, points = 0 }, { below = 10, formula = 'weight - value' }"
    text = RULES.format(type="number", better="lower", tiers=tiers).replace(
        'better = "lower"', 'better = "lower"\nleast = 0'
    )
    assert rule(text, x=12)["required"] == "at most 0"
