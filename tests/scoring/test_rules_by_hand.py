"""Corners of single rules, each worked by hand."""

from fractions import Fraction

import pytest
from rule_texts import TINY_LINES

from cchc_rules import (
    RulesError,
    SubmissionError,
    load_measurements,
    parse_rules,
    score,
)

HEAD = (
    TINY_LINES
    + """absence = { missing = "lost" }
index = { scale = 10 }
[group.work]
title = "Work"
"""
)


def result_of(metrics, lines, **figures):
    """What a rule of 10 points over metric m comes to."""
    rule = f"""[rule.r]
group = "work"
title = "R"
source = ["1"]
weight = 10
metric = "m"
{lines}
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
    return result


def earned(metrics, tiers, **figures):
    """What a rule of tiers earns."""
    lines = f'deduction = {{ kind = "tiers", tiers = [{", ".join(tiers)}] }}'
    return Fraction(result_of(metrics, lines, **figures).earned)


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


@pytest.mark.parametrize(
    ("count", "points", "state"),
    [
        (0, "0.00", "not_met"),
        # 10 × 1/3000 = 0.0033… and 10 × 3/3000 = 0.01: what is earned may be too little to show.
        (1, "0.00", "partly_met"),
        (3, "0.01", "partly_met"),
        (2999, "10.00", "partly_met"),
        (3000, "10.00", "met"),
    ],
)
def test_a_share_is_partly_met_however_little_of_it_shows(count, points, state):
    lines = 'comparator = ">="\nthreshold = 3000\ndeduction = "proportional"'
    result = result_of(metric("m", 'type = "count"'), lines, m=count)
    assert (f"{result.earned:.2f}", str(result.state)) == (points, state)


@pytest.mark.parametrize(
    ("count", "points", "state"),
    [(0, "0.00", "not_met"), (1, "0.01", "partly_met"), (2, "10.00", "met")],
)
def test_a_tier_of_a_hundredth_is_partly_met(count, points, state):
    tiers = [
        "{ from = 2, points = 10 }",
        "{ from = 1, below = 2, points = 0.01 }",
        "{ below = 1, points = 0 }",
    ]
    lines = f'deduction = {{ kind = "tiers", tiers = [{", ".join(tiers)}] }}'
    result = result_of(metric("m", 'type = "count"'), lines, m=count)
    assert (f"{result.earned:.2f}", str(result.state)) == (points, state)


@pytest.mark.parametrize(("floor", "refused"), [(40, False), (60, True)])
def test_a_floor_beyond_the_start_would_earn_more_than_below_zero(floor, refused):
    """From 10 down to nothing at 50 and on to −2: at 60 nothing would be more than at 59."""
    lines = 'comparator = "<="\nthreshold = 10\nlowest = -2\n'
    lines += f'deduction = {{ kind = "proportional", from = 50, floor = {floor} }}'
    late = metric("m", 'type = "count"\nbetter = "lower"')
    if not refused:
        assert result_of(late, lines, m=10).earned == 10
        return
    with pytest.raises(RulesError) as error:
        result_of(late, lines, m=10)
    assert [problem.code for problem in error.value.problems] == ["floor-earns-more"]
