"""The law of tables: in columns and one by one, every figure and every state is the same, whatever the rule set."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from drawn_tables import drawn_plan, expected, numbered, shown, table_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from searches import examples
from strategies import cases
from test_shapes import GOOD, NAMES, expected_of

import cchc_rules.testing as pack
from cchc_rules import load_rules, parse_rules
from cchc_rules.tables import program
from cchc_rules.tables.score_table import Scorer
from cchc_rules.tables.submission_columns import layout

SLOW = settings(
    max_examples=examples(25, wide=60, deep=3000),
    deadline=None,
    suppress_health_check=[*HealthCheck],
)


def hold(rules, frame, few=0):
    """Score a table and hold it against the single engine, row by row; return the scores."""
    columns = layout(rules)
    wanted = expected(
        rules, [columns.submission(row) for row in frame.iter_rows(named=True)]
    )
    scores = Scorer(rules, few=few).score(numbered(frame))
    good = [row for row in wanted if row is not None]
    refused = [at for at, row in enumerate(wanted, 1) if row is None]
    assert sorted({*scores.errors["row"]}) == refused
    assert shown(scores.results, good) == good
    return scores


def plain(submission):
    """A drawn submission with its days as text."""
    measurements = {}
    for id_, entry in submission["measurements"].items():
        entry = entry.isoformat() if isinstance(entry, date) else entry
        if isinstance(entry, dict) and "waived" in entry:
            entry = {
                **entry,
                "waived": {key: str(value) for key, value in entry["waived"].items()},
            }
        measurements[id_] = entry
    return {**submission, "measurements": measurements}


class TestLaw:
    @pytest.mark.wide
    @SLOW
    @given(st.data())
    def test_rule_sets_of_the_property_pack(self, data):
        rules = data.draw(pack.rule_sets())
        submissions = data.draw(
            st.lists(pack.submissions(rules), min_size=1, max_size=5)
        )
        # Decision tables, roundings and dates that are never go to the single engine, whole or by
        # rows: what goes through columns is told in `test_the_plan` and in `test_column_guards.py`.
        hold(rules, table_of(rules, [*map(plain, submissions)]))

    @SLOW
    @given(cases())
    def test_rule_sets_of_every_kind(self, case):
        text, _, submission = case
        rules = parse_rules(text)
        hold(rules, table_of(rules, [submission]))

    @SLOW
    @given(cases(), st.sampled_from([1, 2, 3, 4]))
    def test_wide_numbers(self, case, choice):
        """Forced to other widths and limits than those that are tried first."""
        text, _, submission = case
        rules = parse_rules(text)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(program, "CHOICES", (program.CHOICES[choice],))
            hold(rules, table_of(rules, [submission]))


def test_the_plan():
    rules, frame = drawn_plan(400)
    scores = hold(rules, frame)
    assert len(scores.steps) == 1, "one width does for both periods"
    assert not scores.steps[0].by_row
    assert scores.alone + scores.results.height < 800


BY_ROW = {
    "s14-comparisons": ("signed",),  # a formula over days
    "s15-fallback": ("share",),  # the first figure that is known
    "s15-fallback-by-period": ("share",),
    "s20-deadline": ("answer",),  # working days
    "s47-decision-table": ("capacity", "tasks"),  # what a row waits for
    "s49-derived-level": ("grade",),  # a derived level
    "s20-never": ("waited", "within-30-days"),  # formulas over days
}
"""The rules of the good files, one a shape, that have no form in columns and are judged row by row."""


@pytest.mark.parametrize("name", NAMES)
def test_every_shape(name):
    rules = load_rules(GOOD / f"{name}.toml")
    given = [case["submission"] for case in expected_of(name)["cases"]]
    for (
        submission
    ) in given:  # by themselves: what is said in none of them has no column
        hold(rules, table_of(rules, [submission]))
    scores = hold(rules, table_of(rules, given))
    assert {id_ for steps in scores.steps for id_ in steps.by_row} == {
        *BY_ROW.get(name, ())
    }


def test_the_packaged_instruments():
    by_row = {}
    for id_, period in (
        ("cam-due-2023", "2023"),
        ("cam-due-2023-annex", "2023"),
        ("qd-766-2022", "2024"),
    ):
        scores = Scorer(load_rules(id_), few=0).score(
            numbered(pl.DataFrame({"unit": ["A"], "period": [period]}))
        )
        by_row[id_] = scores.steps[0].by_row
    assert by_row == {
        "cam-due-2023": (),
        "cam-due-2023-annex": (),
        "qd-766-2022": ("synchronised",),
    }


HEAD = """
format = 1
[ruleset]
id = "lone"
version = "1"
title = "T"
valid = { from = 2023-01-01, until = 2023-12-31 }
[index]
scale = 10
places = 2
[absence]
not_applicable = "exclude"
not_due = "exclude"
waived = "exclude"
[metric.share]
title = "S"
type = "percent"
[metric.other]
title = "O"
type = "percent"
[metric.late]
title = "D"
type = "count"
[metric.received]
title = "R"
type = "date"
[metric.answered]
title = "A"
type = "date"
[metric.days]
title = "Y"
type = "number"
[metric.large]
title = "G"
type = "number"
least = -5_000_000_000
most = 5_000_000_000
[metric.rounded]
title = "R"
type = "number"
round = 1
formula = "share / 3"
[metric.known]
title = "K"
type = "percent"
formula = "first(share, other)"
[metric.grade]
title = "V"
type = "level"
levels = ["tốt", "khá"]
[group.all]
title = "A"
"""


def rule(id_, lines):
    """The text of a rule of the group."""
    return f'[rule.{id_}]\ntitle = "{id_}"\ngroup = "all"\nsource = ["I.1"]\n{lines}\n'


def held(text, **columns):
    """Score a table of one rule set's head and some rules, and hold it against the single engine."""
    height = max(len(values) for values in columns.values())
    units = {"unit": [f"Xã {at}" for at in range(height)], "period": ["2023"] * height}
    return hold(parse_rules(HEAD + text), pl.DataFrame(units | columns, strict=False))


FIRST = rule(
    "lone",
    'metric = "known"\ncomparator = ">="\nthreshold = 90\nweight = 6\ndeduction = "proportional"',
)
SHARES = {"share": [95, None, None, 100, 40], "other": [None, 45, None, 30, 99]}


class TestRowByRow:
    """Rules without a form in columns."""

    def test_before_another(self):
        behind = 'metric = "share"\ncomparator = ">="\nthreshold = 80\nweight = 4\nrequires = ["lone"]'
        scores = held(
            FIRST + rule("behind", behind + '\ndeduction = "all_or_nothing"'), **SHARES
        )
        assert scores.steps[0].by_row == ("lone",)
        assert scores.alone == 0

    def test_behind_another(self):
        text = rule(
            "gate",
            'metric = "share"\ncomparator = ">="\nthreshold = 80\nweight = 4\ndeduction = "all_or_nothing"',
        )
        scores = held(text + FIRST + 'requires = ["gate"]\n', **SHARES)
        assert scores.steps[0].by_row == ("lone",)
        assert scores.alone == 0

    def test_a_formula_that_fails(self):
        lines = 'metric = "answered"\ncomparator = "on_or_before"\nweight = 6\ndeduction = "all_or_nothing"'
        text = rule(
            "answer", lines + '\nthreshold = { formula = "add_days(received, days)" }'
        )
        scores = held(
            text,
            answered=["2023-03-05"] * 3,
            received=["2023-03-01"] * 3,
            days=["5", "2.5", "1"],
        )
        assert scores.errors["row"].to_list() == [2]
        assert scores.steps[0].by_row == ("answer",)


class TestRare:
    def test_a_rounded_derived_figure(self):
        text = rule(
            "rounded",
            'metric = "rounded"\ncomparator = ">="\nthreshold = 30\nweight = 6\ndeduction = "proportional"',
        )
        assert (
            held(text, share=[Decimal("89.84"), Decimal("89.85"), 90, None]).alone == 0
        )

    def test_a_share_of_a_target_that_is_read(self):
        lines = 'metric = "share"\ncomparator = ">="\nthreshold = { metric = "other" }\nweight = 4\n'
        lines += 'deduction = "proportional"'
        scores = held(
            rule("share", lines),
            share=[40, 50, 10, 10, None, 7],
            other=[80, 40, 0, None, 5, 3],
        )
        assert scores.alone == 0
        assert scores.steps[0].by_row == ()

    def test_an_absence_without_an_effect_behind_a_formula(self):
        absence = 'absence = { not_applicable = "manual", missing = "manual" }'
        scores = held(
            FIRST + absence,
            share=[None, 95],
            other=[None, 1],
            **{"points.lone.reason": [None, None]},
        )
        assert scores.alone == 1

    def test_whole_units(self):
        units = '{ kind = "per_unit", each = 1, step = 5, units = "whole" }'
        text = rule(
            "late",
            f'metric = "late"\ncomparator = "<="\nthreshold = 3\nweight = 4\ndeduction = {units}',
        )
        assert held(text, late=[3, 7, 8, 13, 100, None]).alone == 0

    def test_a_tier_with_a_formula(self):
        tier = (
            '{ from = 50, below = 80, formula = "weight * value / 100 if True else 0" }'
        )
        tiers = (
            f"[{{ from = 80, points = 4 }}, {tier}, {{ otherwise = true, points = 0 }}]"
        )
        lines = f'metric = "share"\nweight = 4\ndeduction = {{ kind = "tiers", tiers = {tiers} }}'
        assert (
            held(rule("tiers", lines), share=[80, 79, Decimal("50.5"), 49, None]).alone
            == 0
        )

    def test_a_range_beyond_the_limit(self):
        lines = 'metric = "large"\ncomparator = ">="\nthreshold = 100\nweight = 4\ndeduction = "proportional"'
        scores = held(
            rule("large", lines), large=["40", "-7", "2000000000", "6000000000"]
        )
        assert scores.alone == 1, (
            "more than the columns read, less than the range allows"
        )
        assert scores.errors["row"].to_list() == [4]

    def test_levels_that_are_no_text(self):
        lines = 'metric = "grade"\ncomparator = "is"\nthreshold = "tốt"\nweight = 4\ndeduction = "all_or_nothing"'
        assert held(rule("grade", lines), grade=[1, 2]).errors["row"].to_list() == [
            1,
            2,
        ]
        assert held(rule("grade", lines), grade=["tốt", "khá", "kém", None]).errors[
            "row"
        ].to_list() == [3]
