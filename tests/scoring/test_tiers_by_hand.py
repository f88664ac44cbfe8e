"""Corners of tiers, each worked by hand."""

from fractions import Fraction

import pytest
from rule_texts import TINY_LINES

from cchc_rules import SubmissionError, load_measurements, parse_rules, score

HEAD = (
    TINY_LINES
    + """absence = { missing = "lost" }
index = { scale = 10 }
[group.work]
title = "Work"
"""
)


def earned(metrics, tiers, **figures):
    """What a rule of 10 points over metric m earns."""
    rule = f"""[rule.r]
group = "work"
title = "R"
source = ["1"]
weight = 10
metric = "m"
deduction = {{ kind = "tiers", tiers = [{", ".join(tiers)}] }}
"""
    rules = parse_rules(HEAD + metrics + rule)
    submission = {
        "format": 1,
        "ruleset": "tiny",
        "unit": "Unit",
        "period": "2023",
        "measurements": figures,
    }
    report = score(rules, load_measurements(submission, rules))
    [result] = report.rules
    return Fraction(result.earned)


def metric(id_, lines):
    return f'[metric.{id_}]\ntitle = "{id_}"\n{lines}\n'


def derived(formula):
    late = metric("late", 'type = "percent"\nbetter = "lower"')
    return late + metric("m", f'type = "percent"\nformula = "{formula}"')


SHARES = [
    "{ from = 90, points = 10 }",
    "{ from = 50, below = 90, points = 5 }",
    "{ from = 0, below = 50, points = 0 }",
]


@pytest.mark.parametrize(("figure", "points"), [(5, 10), (0, 0), (3, 3), (25, 10)])
def test_one_figure_by_itself_and_a_formula_for_all_others(figure, points):
    """Exactly 5 earns all; any other figure a point for each."""
    tiers = ["{ is = 5, points = 10 }", '{ otherwise = true, formula = "value" }']
    assert earned(metric("m", 'type = "count"'), tiers, m=figure) == points


@pytest.mark.parametrize(("late", "points"), [(10, 10), (11, 5), (50, 5), (100, 0)])
def test_tiers_of_a_derived_figure(late, points):
    """100 − late: from 90 ten points, from 50 five, below none."""
    assert earned(derived("100 - late"), SHARES, late=late) == points


def test_a_derived_figure_that_no_tier_foresees_is_refused():
    """100 − 2 × 80 is no percentage: the last tier must not take it."""
    with pytest.raises(SubmissionError) as refused:
        earned(derived("100 - 2 * late"), SHARES, late=80)
    assert [problem.code for problem in refused.value.problems] == ["formula-failed"]
