"""Ranks of scored tables: competition ranks, ties as declared, districts, kinds, the period before, refusals."""

import json
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cchc_rules import (
    SubmissionError,
    load_measurements,
    load_rules,
    rank,
    rank_table,
    score,
    score_table,
)
from cchc_rules.cli.main import main
from cchc_rules.tables.province.ranking_document import ranking
from cchc_rules.tables.whole_files import load_table

UNITS = ["Xã An", "Xã Bình", "Xã Cam", "Xã Dầu", "Xã Em"]
EXACT = [(95451, 1000), (95449, 1000), (190902, 2000), (80, 1), (95449, 1000)]
"""95.451 and 190.902/2 are equal and come first, then 95.449 twice, though all four show as 95.45; then 80."""


def results(units=UNITS, exact=EXACT, **more):
    frame = {
        "row": range(1, len(units) + 1),
        "unit": units,
        "district": ["Tây", "Tây", "Đông", "Đông", None][: len(units)],
        "period": ["2023"] * len(units),
        "index": [
            Decimal(n * 100 // d).scaleb(-2) if d == 1 else Decimal("95.45")
            for n, d in exact
        ],
        "index.numerator": [n for n, _ in exact],
        "index.denominator": [d for _, d in exact],
        "band": ["good"] * len(units),
    }
    return pl.DataFrame(frame | more)


def ranks(table, *names):
    return table.sort("unit").select(*names).rows()


class TestRanks:
    def test_the_exact_index_decides(self):
        found = rank_table(results())
        assert found["unit"].to_list() == [
            "Xã An",
            "Xã Cam",
            "Xã Bình",
            "Xã Em",
            "Xã Dầu",
        ]
        assert ranks(found, "rank", "district_rank") == [
            (1, 1),
            (3, 2),
            (1, 1),
            (5, 2),
            (3, None),
        ]

    def test_the_shown_index_decides(self):
        found = rank_table(results(), ties="shown")
        assert ranks(found, "rank", "district_rank") == [
            (1, 1),
            (1, 1),
            (1, 1),
            (5, 2),
            (1, None),
        ]
        assert "index.numerator" in found.columns
        without = results().drop("index.numerator", "index.denominator")
        assert ranks(rank_table(without, ties="shown"), "rank") == ranks(found, "rank")
        assert ranking(without, ties="shown")["units"][0]["exact"] is None

    def test_kinds_are_ranked_apart(self):
        table = results(unit_kind=["xã", "thị trấn", "xã", "thị trấn", "xã"])
        assert ranks(rank_table(table, each_kind=True), "rank") == [
            (1,),
            (1,),
            (1,),
            (2,),
            (3,),
        ]
        assert (
            rank_table(table, each_kind=True)["unit_kind"].to_list()
            == ["thị trấn"] * 2 + ["xã"] * 3
        )
        assert ranks(rank_table(results(), each_kind=True), "rank") == ranks(
            rank_table(results()), "rank"
        )

    def test_moves(self):
        before = results(exact=[(70, 1), (95, 1), (80, 1), (90, 1), (60, 1)])
        before = before.filter(pl.col("unit") != "Xã Em")
        found = rank_table(results(), before=before)
        assert ranks(
            found, "rank", "before", "move", "district_before", "district_move"
        ) == [
            (1, 4, 3, 2, 1),
            (3, 1, -2, 1, -1),
            (1, 3, 2, 2, 1),
            (5, 2, -3, 1, -1),
            (3, None, None, None, None),
        ]
        assert ranks(found, "index_move")[0] == (Decimal("25.45"),)

    def test_units_of_the_same_name_in_two_districts(self):
        table = results(
            units=["Xã An", "Xã An", "Xã Cam", "Xã Dầu", "Xã Em"],
            district=["Tây", "Đông", "Tây", "Đông", "Tây"],
        )
        found = rank_table(table, before=table)
        assert found["move"].to_list() == [0] * 5

    def test_without_districts_and_periods(self):
        table = results().drop("district", "period", "band")
        assert ranks(rank_table(table, before=table), "rank", "move") == [
            (1, 0),
            (3, 0),
            (1, 0),
            (5, 0),
            (3, 0),
        ]
        assert rank_table(table.head(0)).height == 0

    @given(
        st.lists(
            st.tuples(st.integers(0, 30), st.integers(1, 6)), min_size=1, max_size=12
        )
    )
    def test_a_rank_is_one_more_than_how_many_stand_higher(self, pairs):
        units = [f"Xã {at}" for at in range(len(pairs))]
        table = results(units=units, exact=pairs, district=["Tây"] * len(pairs))
        found = dict(rank_table(table).select("unit", "rank").rows())
        for unit, (n, d) in zip(units, pairs, strict=True):
            assert found[unit] == 1 + sum(
                other * d > n * below for other, below in pairs
            )

    def test_as_reports_are_ranked(self):
        rules = load_rules("cam-due-2023")
        shares = {"unit": [f"Xã {at}" for at in range(5)], "period": ["2023"] * 5}
        table = pl.DataFrame(
            shares
            | {
                "on_time.numerator": [5, 1, 5, 3, 2],
                "on_time.denominator": [10, 10, 10, 10, 10],
            }
        )
        scores = score_table(rules, table)
        found = rank([scores.report(row) for row in range(1, 6)])
        wanted = sorted(
            (place.report.scoring.measurements.unit, place.rank) for place in found
        )
        assert ranks(rank_table(scores), "unit", "rank") == wanted


class TestRefused:
    @pytest.mark.parametrize(
        ("table", "code"),
        [
            (results().drop("index"), "scores-columns"),
            (results().drop("index.numerator"), "scores-columns"),
            (results(index=[95.45] * 5), "scores-cell"),
            (results(index=["95.45", "x", "1", "2", "3"]), "scores-cell"),
            (
                results(units=["Xã An", "Xã An", "Xã Cam", "Xã Dầu", "Xã Em"]),
                "unit-twice",
            ),
            (results(period=["2023", "2023", "2022", "2023", None]), "several-periods"),
        ],
    )
    def test_results_that_cannot_be_ranked(self, table, code):
        with pytest.raises(SubmissionError) as refused:
            rank_table(table)
        assert {one.code for one in refused.value.problems} == {code}

    def test_other_ties(self):
        with pytest.raises(ValueError, match="exact or shown"):
            rank_table(results(), ties="none")


class TestFiles:
    @pytest.mark.parametrize("ending", ["parquet", "csv", "jsonl", "xlsx"])
    def test_results_come_back_as_they_were_written(self, tmp_path, ending):
        communes = pl.DataFrame(
            {
                "unit": UNITS,
                "district": ["Tây"] * 5,
                "period": ["2023"] * 5,
                "on_time.numerator": [5, 1, 5, 105, 2],
            }
        ).with_columns(pl.lit(100).alias("on_time.denominator"))
        communes.write_parquet(tmp_path / "communes.parquet")
        output = tmp_path / f"scores.{ending}"
        main(
            [
                "score",
                str(tmp_path / "communes.parquet"),
                "--rules",
                "cam-due-2023",
                "--output",
                str(output),
            ]
        )
        wanted = rank_table(score_table(load_rules("cam-due-2023"), communes))
        assert (
            rank_table(load_table(output))
            .drop("unit_kind", strict=False)
            .equals(wanted)
        )

    def test_other_files(self, tmp_path):
        with pytest.raises(SubmissionError) as refused:
            load_table(tmp_path / "scores.txt")
        assert refused.value.problems[0].code == "table-form"
        with pytest.raises(SubmissionError) as refused:
            load_table(tmp_path / "scores.csv")
        assert refused.value.problems[0].code == "file-unreadable"


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    results().write_parquet("scores.parquet")
    earlier = results(exact=[(70, 1), (95, 1), (80, 1), (90, 1), (60, 1)])
    gone = pl.col("unit").replace({"Xã Em": "Xã Giang"})
    earlier.with_columns(gone).write_parquet("before.parquet")
    return tmp_path


class TestCommand:
    def test_text(self, files, capsys):
        assert (
            main(
                ["rank", "scores.parquet", "--before", "before.parquet", "--lang", "en"]
            )
            == 0
        )
        lines = capsys.readouterr().out.splitlines()
        assert lines[:4] == [
            "RANKS",
            "Period  2023",
            "Equal   the same index before rounding",
            "Gone    Xã Giang",
        ]
        assert [line.split() for line in lines[6:9]] == [
            ["Xã", "An", "1", "▲", "3", "Tây", "1", "95.45", "+25.45", "good"],
            ["Xã", "Cam", "1", "▲", "2", "Đông", "1", "95.45", "+15.45", "good"],
            ["Xã", "Bình", "3", "▼", "2", "Tây", "2", "95.45", "+0.45", "good"],
        ]
        assert lines[9].split() == [
            "Xã",
            "Em",
            "3",
            "new",
            "–",
            "–",
            "95.45",
            "–",
            "good",
        ]

    def test_the_other_language_and_kinds(self, files, capsys):
        results(unit_kind=["xã"] * 5).write_parquet("scores.parquet")
        assert main(["rank", "scores.parquet", "--each-kind", "--ties", "shown"]) == 0
        shown = capsys.readouterr().out
        assert "BẢNG XẾP HẠNG" in shown
        assert "cùng chỉ số hiện ra" in shown
        assert "xếp hạng riêng" in shown

    def test_markdown(self, files, capsys):
        assert (
            main(["rank", "scores.parquet", "--format", "markdown", "--lang", "en"])
            == 0
        )
        assert "| Xã An | 1 | Tây | 1 | 95.45 | good |" in capsys.readouterr().out

    def test_csv(self, files, capsys):
        assert (
            main(["rank", "scores.parquet", "--format", "csv", "--output", "ranks.csv"])
            == 0
        )
        lines = (files / "ranks.csv").read_text(encoding="utf-8").splitlines()
        assert lines[0].startswith(
            "rank,district_rank,unit,district,unit_kind,index,exact,band"
        )
        assert lines[1].startswith("1,1,Xã An,Tây,,95.45,95451/1000,good")

    def test_json(self, files, capsys):
        assert (
            main(
                [
                    "rank",
                    "scores.parquet",
                    "--before",
                    "scores.parquet",
                    "--format",
                    "json",
                ]
            )
            == 0
        )
        document = json.loads(capsys.readouterr().out)
        assert document["kind"] == "ranking"
        assert document["gone"] == []
        assert document["units"][4]["exact"] == "80"
        assert [unit["move"] for unit in document["units"]] == [0] * 5

    def test_what_is_refused(self, files, capsys):
        assert main(["rank", "none.parquet", "--lang", "en"]) == 4
        assert "none.parquet" in capsys.readouterr().err


def test_points_of_more_places_are_shown_whole():
    table = results(index=["95.4512", "95.4512", "95.4500", "80", "95.0"])
    assert [unit["index"] for unit in ranking(table, ties="shown")["units"]] == [
        "95.4512",
        "95.4512",
        "95.45",
        "95.00",
        "80.00",
    ]


def test_a_report_by_itself_is_no_table():
    rules = load_rules("cam-due-2023")
    figures = {
        "format": 1,
        "ruleset": rules.id,
        "unit": "A",
        "period": "2023",
        "measurements": {},
    }
    with pytest.raises(TypeError):
        rank_table(score(rules, load_measurements(figures, rules)))
