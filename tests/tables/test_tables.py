"""Tables of submissions: what goes in, what comes out, and what is said of rows that cannot be scored."""

from datetime import date, datetime
from decimal import Decimal

import polars as pl
import pytest
from drawn_tables import numbered
from packaged_rules import packaged

from cchc_rules import (
    RulesError,
    SubmissionError,
    load_measurements,
    parse_rules,
    score,
    score_table,
)
from cchc_rules.submissions import typed_cells
from cchc_rules.tables import program
from cchc_rules.tables import score_table as module
from cchc_rules.tables.figures import none_blank, usual_items
from cchc_rules.tables.result_columns import RESULTS, Wanted
from cchc_rules.tables.score_table import Scorer
from cchc_rules.tables.submission_columns import heading, layout

TINY = """
format = 1
[ruleset]
id = "tiny"
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
ratio = { numerator = "a", denominator = "b" }
[metric.done]
title = "D"
type = "yes_no"
[metric.day]
title = "N"
type = "date"
[metric.names]
title = "I"
type = "count"
distinct = true
[group.all]
title = "A"
[rule.share]
title = "S"
group = "all"
source = ["I.1"]
metric = "share"
comparator = ">="
threshold = 90
weight = 4
deduction = "proportional"
[rule.done]
title = "D"
group = "all"
source = ["I.2"]
metric = "done"
comparator = "is"
threshold = true
weight = 2
deduction = "all_or_nothing"
[rule.day]
title = "N"
group = "all"
source = ["I.3"]
metric = "day"
comparator = "on_or_before"
threshold = 2023-06-30
weight = 2
deduction = "all_or_nothing"
[rule.names]
title = "I"
group = "all"
source = ["I.4"]
metric = "names"
comparator = ">="
threshold = 2
weight = 2
deduction = "all_or_nothing"
"""
RULES = parse_rules(TINY)
LONG = {"share": "share", "done": "done", "day": "day", "names": "names.items"}


def scored(few=0, rules=RULES, **columns):
    """Score a table of two rows or more, its columns by name (a double underscore stands for a point)."""
    height = max(len(values) for values in columns.values())
    frame = pl.DataFrame(
        {"unit": [f"Xã {at}" for at in range(height)], "period": ["2023"] * height}
    )
    frame = frame.with_columns(
        pl.Series(name.replace("__", "."), values) for name, values in columns.items()
    )
    return Scorer(rules, few=few).score(numbered(frame))


def points(scores, rule):
    return [str(value) for value in scores.results[f"rule.{rule}.earned"]]


class TestCells:
    def test_shares_by_their_numbers_or_their_value(self):
        found = scored(
            share__numerator=[45, 90, None, 0], share__denominator=[100, 100, None, 0]
        )
        assert points(found, "share") == ["2.00", "4.00", "0.00", "0.00"]
        reasons = ["below_target", "target_met", "not_reported", "zero_denominator"]
        assert [*found.results["rule.share.reason"]] == reasons
        assert points(scored(share=[45, 90]), "share") == ["2.00", "4.00"]
        assert found.alone == 0

    @pytest.mark.parametrize(
        "cells",
        [
            [45, Decimal("67.5")],
            [45.0, 67.5],
            ["45", "67.5"],
            ["45,0", " 67,50 "],
            [Decimal("45.0000"), Decimal("67.5000")],
        ],
    )
    def test_numbers_in_every_form(self, cells):
        found = scored(share=pl.Series(cells, strict=False))
        assert points(found, "share") == ["2.00", "3.00"]
        assert found.alone == 0

    def test_floats_are_read_by_their_shortest_form_and_named(self):
        found = scored(share=[89.995, 0.1 + 0.2, float("nan")])
        assert found.floats == ("share",)
        assert found.errors["code"].to_list() == ["not-finite"]
        wanted = Decimal("89.995") * 4 / 90
        assert found.results["rule.share.earned"][0] == round(wanted, 2)

    @pytest.mark.parametrize("few", [0, 9])
    def test_short_floats_have_their_own_shortest_form(self, few):
        """89.995 in 32 bits is 89.9950027… in 64."""
        found = scored(few=few, share=pl.Series([89.995, None], dtype=pl.Float32))
        assert found.results["rule.share.earned"][0] == round(
            Decimal("89.995") * 4 / 90, 2
        )
        assert found.floats == ("share",)

    def test_a_text_that_can_be_read_two_ways_is_refused(self):
        """A numerator may be a thousand of things or a bit of them; a share from 0 to 100 may not."""
        above = pl.Series("share.numerator", ["1.212", "45"])
        below = pl.Series("share.denominator", ["2000", "100"])
        found = scored(**{above.name: above, below.name: below})
        assert found.errors["code"].to_list() == ["text-for-number"]
        assert points(found, "share") == ["2.00"]

    @pytest.mark.parametrize("few", [0, 9])
    def test_the_range_decides_between_a_thousand_and_a_decimal(self, few):
        """4 × 45.125 / 90 = 2.00556: of the columns as of the single engine."""
        found = scored(few=few, share=["45.125", "45,125", "45"])
        assert points(found, "share") == ["2.01", "2.01", "2.00"]

    def test_text_for_yes_no_and_days(self):
        found = scored(
            done=["Có", "không", "yes", "No"],
            day=["2023-06-30", "30/06/2023", "1/7/2023", None],
        )
        assert points(found, "done") == ["2.00", "0.00", "2.00", "0.00"]
        assert points(found, "day") == ["2.00", "2.00", "0.00", "0.00"]
        assert found.alone == 0

    @pytest.mark.parametrize("few", [0, 9])
    def test_what_programs_write_for_yes_and_no(self, few):
        found = scored(few=few, done=["true", "False", "TRUE", "1"])
        assert points(found, "done") == ["2.00", "0.00", "2.00"]
        assert found.errors["row"].to_list() == [4]

    def test_days_that_the_columns_do_not_read(self):
        found = scored(day=["30-06-2023", "2023-6-1", "2023-02-30"])
        assert points(found, "day") == ["2.00"]
        assert found.alone == 1
        assert found.errors["code"].to_list() == ["not-a-date", "not-a-date"]

    def test_moments_at_midnight_are_days(self):
        days = [datetime(2023, 6, 30), None, datetime(2023, 7, 1)]
        found = scored(day=days)
        assert points(found, "day") == ["2.00", "0.00", "0.00"]
        assert (found.alone, found.errors.height) == (0, 0)
        odd = scored(day=[*days, datetime(2023, 6, 30, 8, 15)])
        assert points(odd, "day") == ["2.00", "0.00", "0.00"]
        assert odd.errors.select("row", "code").rows() == [(4, "not-a-date")]

    def test_items_in_lists_and_in_lines(self):
        lists = scored(names__items=[["A", "b"], ["A", "a"], [], None])
        lines = scored(names__items=["A\nb", "A\na", "0", None])
        assert (
            points(lists, "names")
            == points(lines, "names")
            == ["2.00", "0.00", "0.00", "0.00"]
        )
        assert [*lines.results["rule.names.reason"]][2:] == [
            "target_missed",
            "not_reported",
        ]
        assert lists.alone == 1, (
            "items that differ in case alone are looked at by themselves"
        )
        assert lines.alone == 2, "so is the zero"

    def test_items_that_differ_in_case_in_different_rows(self):
        found = scored(names__items=[["A", "b"], ["a", "B"], ["A"]])
        assert points(found, "names") == ["2.00", "2.00", "0.00"]
        assert found.alone == 0

    def test_an_item_that_is_nothing_is_refused(self):
        found = scored(names__items=[["A", None], ["A", "b"]])
        assert found.errors["row"].to_list() == [1]
        assert points(found, "names") == ["2.00"]

    def test_items_with_other_letters_and_spaces_go_one_by_one(self):
        found = scored(
            names__items=[["straße", "STRASSE"], ["a  b", "A B"], ["Ấp", "ấp"]]
        )
        assert points(found, "names") == ["0.00", "0.00", "0.00"]
        assert found.alone == 3

    def test_an_empty_column_of_lists(self):
        found = scored(names__items=pl.Series([[], []], dtype=pl.List(pl.Null)))
        assert [*found.results["rule.names.reason"]] == ["target_missed"] * 2

    def test_reasons_for_no_figure(self):
        found = scored(
            share__not_applicable=["không có", None, None, "  "],
            share__waived_by=[None, "UBND huyện", "UBND huyện", None],
            share__waived_why=[None, "thí điểm", "thí điểm", None],
            share__waived_until=[None, date(2024, 1, 1), date(2023, 3, 1), None],
        )
        reasons = ["not_applicable", "waived", "waiver_ended", "not_reported"]
        assert [*found.results["rule.share.reason"]] == reasons
        assert found.alone == 0

    def test_two_things_said_at_once_are_refused(self):
        found = scored(share=[45, None], share__not_applicable=["không có", "không có"])
        assert found.errors["code"].to_list() == ["entry-ways"]
        assert found.errors["row"].to_list() == [1]

    @pytest.mark.parametrize(
        ("column", "values", "code"),
        [
            ("share", [True, False], "boolean-for-number"),
            ("share", [120, -1], "out-of-range"),
            ("share__numerator", [1, 2], "entry-ways"),
            ("done", [1, 0], "not-yes-no"),
            ("done", ["maybe", "x"], "not-yes-no"),
            ("day", [20230101, 5], "not-a-date"),
            ("day", [date(2024, 5, 5), date(2024, 5, 6)], "date-after-as-of"),
            ("share__not_applicable", [1, 2], "not-text"),
            ("names__items", [[1], [2]], "not-text"),
        ],
    )
    def test_what_is_wrong_is_said_of_each_row(self, column, values, code):
        found = scored(**{column: values})
        assert {*found.errors["row"]} == {1, 2}
        assert code in {*found.errors["code"]}, found.errors
        assert found.results.is_empty()

    @pytest.mark.parametrize("documents", [[1, 2], [[" "], [""]]])
    def test_documents_that_are_none(self, documents):
        found = scored(share=[45, 90], share__evidence=documents)
        assert {*found.errors["row"]} == {1, 2}

    def test_documents(self):
        found = scored(
            share=[45, 90, 90], share__evidence=[["BC-1"], ["BC-1", "BC-2"], None]
        )
        assert found.alone == 0
        assert [str(one) for one in found.results["supported"]] == [
            "2.00",
            "4.00",
            "4.00",
        ]


class TestWholeColumns:
    """What is asked of a whole column at once, outside of Polars, whose threads no tracer sees."""

    def test_texts(self):
        assert none_blank(pl.Series(["a", None, "b c"]))
        assert none_blank(pl.Series(["Ấp", None, " a"]))
        assert not none_blank(pl.Series(["a", "\t", None]))
        assert none_blank(pl.Series([None, None], dtype=pl.String))

    def test_items(self):
        assert usual_items(
            pl.Series([["A", "b"], None, [], ["A"]], dtype=pl.List(pl.String))
        )
        assert not usual_items(pl.Series([["A"], ["a"]]))
        assert not usual_items(pl.Series([["A"], [None]]))
        assert not usual_items(pl.Series([["ß"], ["A"]]))

    @pytest.mark.parametrize(
        "space",
        ["\x1c", "\x1d", "\x1e", "\x1f", "\x85", "\xa0", "\u2003", "\ufeff", "\u200b"],
    )
    def test_spaces_are_those_of_the_single_engine(self, space):
        """A cell of such spaces is blank in columns when it is blank one by one."""
        cells = {
            "share": ["45", None],
            "share__not_applicable": [None, space],
            "done": ["có" + space, None],
        }
        alone, columns = scored(few=9, **cells), scored(**cells)
        assert columns.results.equals(alone.results)
        assert columns.errors.equals(alone.errors)


class TestTable:
    def test_a_row_is_scored_as_by_itself(self):
        rules = packaged("cam-due-2023")
        figures = {"on_time.numerator": [96, 105], "on_time.denominator": [100, 100]}
        frame = pl.DataFrame({"unit": ["A", "B"], "period": ["2023", "2023"]} | figures)
        scores = score_table(rules, frame)
        alone = {"format": 1, "ruleset": rules.id, "unit": "A", "period": "2023"}
        alone["measurements"] = {"on_time": {"numerator": 96, "denominator": 100}}
        report = score(rules, load_measurements(alone))
        assert scores.results["index"].to_list() == [report.index.value]
        assert scores.report(1).to_dict("en")["index"] == report.to_dict("en")["index"]
        with pytest.raises(SubmissionError):
            scores.report(2)

    def test_few_rows_are_scored_one_by_one(self):
        found = scored(few=10, share=[45, 90])
        assert (found.alone, found.steps) == (2, ())
        assert points(found, "share") == ["2.00", "4.00"]

    def test_what_is_asked_for_and_how(self):
        frame = pl.DataFrame(
            {"unit": ["A"] * 300, "period": ["2023"] * 300, "share": [45] * 300}
        )
        found = score_table(
            RULES, frame, results=("index", "rule.lost"), decimals=False
        ).results
        assert found.columns == [
            "row",
            "unit",
            "period",
            "index",
            *(f"rule.{id_}.lost" for id_ in RULES.rules),
        ]
        assert found.row(0)[3:] == (200, 200, 200, 200, 200)
        assert found.schema["index"] == pl.Int64

    def test_numbers_that_no_width_holds_go_one_by_one(self, monkeypatch):
        wanted = scored(share=[45, 90])
        monkeypatch.setattr(program, "WIDTHS", ((pl.Int64, 3), (pl.Int128, 3)))
        found = scored(share=[45, 90])
        assert (found.alone, found.steps) == (2, ())
        assert points(found, "share") == points(wanted, "share")

    def test_slices_are_scored_as_the_whole(self, monkeypatch):
        shares = [*range(0, 100, 3), None]
        wanted = scored(share=shares, done=[True] * len(shares)).results
        monkeypatch.setattr(module, "SLICE", 4)
        assert scored(share=shares, done=[True] * len(shares)).results.equals(wanted)

    def test_long_form(self):
        found = scored(
            share=[45, 90],
            done=[True, True],
            day=[date(2023, 1, 2)] * 2,
            names__items=[["a", "b"], ["a"]],
        )
        rows = found.losses.select("row", "rule", "lost", "state").rows()
        assert rows == [
            (1, "share", Decimal("2.00"), "partly_met"),
            (2, "names", Decimal("2.00"), "not_met"),
        ]

    def test_other_tables(self):
        pyarrow = pytest.importorskip("pyarrow")
        table = pyarrow.table(
            {"unit": ["A", "B"], "period": ["2023", "2023"], "share": [45, 90]}
        )
        lazy = pl.DataFrame(
            {"unit": ["A", "B"], "period": ["2023", "2023"], "share": [45, 90]}
        ).lazy()
        wanted = score_table(RULES, lazy)
        assert score_table(RULES, table).results.equals(wanted.results)
        assert pyarrow.table(wanted).num_rows == 2

    def test_unknown_columns_are_refused(self):
        frame = pl.DataFrame({"unit": ["A"], "period": ["2023"], "shere": [45]})
        with pytest.raises(SubmissionError) as error:
            score_table(RULES, frame)
        assert error.value.problems[0].code == "unknown-column"
        assert "share" in error.value.problems[0].text("en")

    def test_no_rows(self):
        found = score_table(
            RULES,
            pl.DataFrame(
                schema={"unit": pl.String, "period": pl.String, "share": pl.Int64}
            ),
        )
        assert found.results.is_empty()
        assert found.losses.is_empty()

    def test_a_scorer_keeps_what_it_made(self):
        frame = pl.DataFrame(
            {
                "unit": ["A", "B"],
                "district": ["D", "E"],
                "period": ["2023"] * 2,
                "share": [45, 90],
            }
        )
        scorer = Scorer(RULES, few=0)
        first, second = scorer.score(numbered(frame)), scorer.score(numbered(frame))
        assert first.results.equals(second.results)
        assert first.results["district"].to_list() == ["D", "E"]
        assert len(scorer.machines) == 1
        assert (
            Scorer(RULES, few=9).score(numbered(frame)).results.equals(first.results)
        ), "the exact index too"

    def test_a_scorer_keeps_no_more_than_it_may(self, monkeypatch):
        monkeypatch.setattr(module, "MOST_MACHINES", 2)
        days = pl.Series([date(2023, 12, day) for day in (1, 2, 3, 1)])
        frame = pl.DataFrame(
            {
                "unit": ["A"] * 4,
                "period": ["2023"] * 4,
                "share": [45] * 4,
                "as_of": days,
            }
        )
        scorer = Scorer(RULES, few=0)
        assert scorer.score(numbered(frame)).results.height == 4
        assert len(scorer.machines) == 2

    def test_results_that_there_are_not(self):
        frame = pl.DataFrame({"unit": ["A"], "period": ["2023"]})
        with pytest.raises(
            ValueError, match="no such results: indx; there are index, exact"
        ):
            score_table(RULES, frame, results=("indx",))

    def test_a_metric_that_is_called_like_the_number_of_a_row(self):
        rules = parse_rules(
            TINY.replace("[metric.done]", "[metric.row]").replace(
                'metric = "done"', 'metric = "row"'
            )
        )
        frame = pl.DataFrame(
            {"unit": ["A", "B"], "period": ["2023"] * 2, "row.value": [True, False]}
        )
        found = Scorer(rules, few=0).score(numbered(frame))
        assert points(found, "done") == ["2.00", "0.00"]
        assert found.results["row"].to_list() == [1, 2]

    def test_rows_of_other_periods_are_scored_apart(self):
        frame = pl.DataFrame(
            {
                "unit": ["A", "B", "C"],
                "period": ["2023", "2022", None],
                "share": [45, 45, 45],
            }
        )
        found = Scorer(RULES, few=0).score(numbered(frame))
        assert found.results["unit"].to_list() == ["A"]
        assert found.errors.select("row", "code").rows() == [
            (2, "other-period"),
            (3, "missing-key"),
        ]

    def test_numbers_for_texts(self):
        frame = pl.DataFrame(
            {"unit": [28123, 28124], "period": [2023, 2023], "share": [45, 90]}
        )
        found = Scorer(RULES, few=0).score(numbered(frame))
        assert found.errors.is_empty()
        assert points(found, "share") == ["2.00", "4.00"]

    def test_as_of_in_a_column_or_for_all(self):
        days = [date(2023, 2, 1), date(2023, 12, 31)]
        frame = pl.DataFrame(
            {
                "unit": ["A", "B"],
                "period": ["2023"] * 2,
                "day": [date(2023, 3, 1)] * 2,
                "as_of": days,
            }
        )
        found = Scorer(RULES, few=0).score(numbered(frame))
        assert found.errors["code"].to_list() == ["date-after-as-of"]
        assert (
            Scorer(RULES, as_of=date(2023, 12, 1), few=0)
            .score(numbered(frame))
            .results.height
            == 2
        )


class TestHeading:
    def test_heading(self):
        names = heading(RULES).strip().split(",")
        assert names[:7] == [
            "unit",
            "district",
            "unit_kind",
            "period",
            "as_of",
            "note",
            "share.numerator",
        ]
        assert "share" not in names
        assert {"names.items", "done", "done.waived_until", "share.evidence"} <= {
            *names
        }
        assert {*names} <= {*layout(RULES).columns}

    def test_heading_of_a_kind(self):
        with pytest.raises(RulesError, match="unknown-kind"):
            heading(RULES, "city")


class TestTyped:
    @pytest.mark.parametrize(
        ("text", "wanted"),
        [
            ("97,35", Decimal("97.35")),
            ("1.234.567,5", Decimal("1234567.5")),
            ("1.212", "1.212"),
            ("9" * 61, "9" * 61),
            ("x", "x"),
        ],
    )
    def test_numbers(self, text, wanted):
        assert typed_cells.number(text) == wanted

    def test_items(self):
        assert typed_cells.items(" 0 ") == []
        assert typed_cells.items("a\n\n b ") == ["a", "b"]


def test_every_result_can_be_asked_for_alone():
    frame = pl.DataFrame(
        {
            "unit": ["A", "B"],
            "period": ["2023"] * 2,
            "share": [45, 90],
            "done": [True, None],
        }
    )
    whole = Scorer(RULES, few=0).score(numbered(frame)).results
    for name in RESULTS:
        part = (
            Scorer(RULES, few=0, wanted=Wanted((name,))).score(numbered(frame)).results
        )
        assert part.equals(whole.select(part.columns)), name
