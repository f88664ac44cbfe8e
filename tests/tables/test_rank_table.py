"""Ranks of scored tables: competition ranks, ties as declared, districts, kinds, the period before, refusals."""

import json
import unicodedata
from decimal import Decimal
from functools import cache

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaged_rules import packaged

from cchc_rules import (
    SubmissionError,
    load_measurements,
    rank,
    rank_table,
    score,
    score_table,
)
from cchc_rules.cli.main import main
from cchc_rules.render.ranking import render
from cchc_rules.tables.province.rank_table import RankBy, make_ranking
from cchc_rules.tables.province.ranking_document import ranking
from cchc_rules.tables.province.scored_units import (
    GivenResults,
    load_results,
    refused_rows,
)
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
        rules = packaged("cam-due-2023")
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
            (
                results(units=["Xã An", " ", "Xã Cam", "Xã Dầu", "Xã Em"]),
                "scores-no-unit",
            ),
            (results(index=[None, "95.45", "1", "2", "3"]), "scores-empty"),
            (results(**{"index.numerator": [None, 1, 1, 1, 1]}), "scores-empty"),
            (results(**{"index.denominator": [1, 0, 1, 1, 1]}), "scores-denominator"),
            (results(**{"index.denominator": [1, -1, 1, 1, 1]}), "scores-denominator"),
            (results(index=[True] * 5), "scores-cell"),
            (results(index=[[1]] * 5), "scores-cell"),
            (
                results(
                    index=pl.Series(["1", "x", "1", "2", "3"], dtype=pl.Categorical)
                ),
                "scores-cell",
            ),
            (results(unit=[["Xã An"]] * 5), "scores-cell"),
            (
                results(
                    **{
                        "group.g.earned": ["1"] * 5,
                        "group.g.lost": ["1", None, "1", "1", "1"],
                    }
                ),
                "scores-empty",
            ),
            (
                results(
                    **{
                        "rule.r.state": ["met"] * 5,
                        "rule.r.lost": [None, "1", "1", "1", "1"],
                    }
                ),
                "scores-empty",
            ),
        ],
    )
    def test_results_that_cannot_be_ranked(self, table, code):
        with pytest.raises(SubmissionError) as refused:
            rank_table(table)
        assert {one.code for one in refused.value.problems} == {code}

    def test_other_ties(self):
        with pytest.raises(ValueError, match="exact or shown"):
            rank_table(results(), ties="none")


DECOMPOSED = unicodedata.normalize("NFD", "Xã Bình")


class TestNames:
    """Names that read the same are the same, however they were typed."""

    @pytest.mark.parametrize(
        "typed",
        [DECOMPOSED, "Xã Bình ", " Xã  Bình", "Xã\u00a0Bình", "Xã\u2009Bình\ufeff"],
    )
    def test_a_unit_of_the_period_before(self, typed):
        names = ["Xã An", typed, "Xã Cam", "Xã Dầu", "Xã Em"]
        found = make_ranking(results(), results(units=names), None, RankBy())
        assert found.gone == []
        assert found.table["move"].to_list() == [0] * 5
        assert found.table["unit"].to_list().count("Xã Bình") == 1

    def test_a_district(self):
        named = ["Tây", "Tây", "Đông", unicodedata.normalize("NFD", "Đông "), None]
        found = rank_table(results(district=named))
        assert ranks(found, "district_rank") == ranks(
            rank_table(results()), "district_rank"
        )

    def test_a_kind(self):
        kinds = ["xã", "xã ", unicodedata.normalize("NFD", "xã"), "xã", "xã"]
        found = rank_table(results(unit_kind=kinds), each_kind=True)
        assert ranks(found, "rank") == ranks(rank_table(results()), "rank")

    @pytest.mark.parametrize("typed", [DECOMPOSED, "Xã\u00a0Bình "])
    def test_a_unit_that_stands_twice(self, typed):
        table = results(
            units=["Xã An", "Xã Bình", typed, "Xã Dầu", "Xã Em"], district=["Tây"] * 5
        )
        with pytest.raises(SubmissionError) as refused:
            rank_table(table)
        assert [one.code for one in refused.value.problems] == ["unit-twice"]

    def test_two_units_of_one_name_before_districts_were_told(self):
        """Now the units are told apart by nothing but their names, then by districts too."""
        then = results(units=["Xã An", "Xã An", "Xã Cam", "Xã Dầu", "Xã Em"],
                       district=["Tây", "Đông", "Tây", "Đông", "Tây"])  # fmt: skip
        with pytest.raises(SubmissionError) as refused:
            rank_table(results().drop("district"), before=then)
        assert [one.code for one in refused.value.problems] == ["unit-twice"]


def errors(*rows):
    return pl.DataFrame(
        [(row, unit, "x") for row, unit in rows],
        schema=["row", "unit", "code"],
        orient="row",
    )


class TestUnitsWithoutARank:
    """Nobody vanishes: refused, without a score, or not handed in."""

    def scored(self):
        """Xã Em has no index: nothing was left to score."""
        return results().with_columns(
            pl.when(pl.col("unit") != "Xã Em").then(pl.col(name)).alias(name)
            for name in ("index", "index.numerator", "index.denominator", "band")
        )

    def test_they_stand_last_with_the_reason(self):
        listed = {"unit": [*UNITS, "Xã Gia", "Xã Hà"]}
        found = rank_table(
            self.scored(), errors=errors((9, "Xã Gia "), (12, None)), units=listed
        )
        assert found.select("unit", "rank", "unranked", "row").rows()[3:] == [
            ("Xã Dầu", 4, None, None),
            ("Xã Em", None, "no_score", None),
            ("Xã Gia", None, "refused", 9),
            ("Xã Hà", None, "not_submitted", None),
            (None, None, "refused", 12),
        ]

    @pytest.mark.parametrize("ties", ["exact", "shown"])
    def test_no_score_is_no_zero(self, ties):
        """A unit that lost everything is last, and shares its rank with no unit without a score."""
        table = results(
            exact=[(0, 1), (80, 1), (80, 1), (80, 1), (0, 1)],
            index=["0", "80", "80", "80", None],
            **{
                "index.numerator": [0, 80, 80, 80, None],
                "index.denominator": [1, 1, 1, 1, None],
            },
        )
        assert ranks(rank_table(table, ties=ties), "unit", "rank") == [
            ("Xã An", 4), ("Xã Bình", 1), ("Xã Cam", 1), ("Xã Dầu", 1), ("Xã Em", None),
        ]  # fmt: skip

    def test_the_document_counts_and_names_them(self):
        table = GivenResults(
            self.scored(), refused_rows(errors((9, "Xã Gia"), (9, "Xã Gia")))
        )
        found = ranking(table, units={"unit": ["Xã An", "Xã Hà"]}, lang="en")
        assert found["counts"] == {
            "ranked": 4,
            "refused": 1,
            "no_score": 1,
            "not_submitted": 1,
        }
        assert [unit["unit"] for unit in found["units"]] == [
            "Xã An",
            "Xã Cam",
            "Xã Bình",
            "Xã Dầu",
        ]
        assert [(unit["unit"], unit["unranked"]) for unit in found["unranked"]] == [
            ("Xã Em", "no_score"), ("Xã Gia", "refused"), ("Xã Hà", "not_submitted"),
        ]  # fmt: skip
        assert found["unlisted"] == ["Xã Bình", "Xã Cam", "Xã Dầu", "Xã Em"]

    def test_what_nobody_knows_is_null(self):
        counts = ranking(results())["counts"]
        assert counts == {
            "ranked": 5,
            "refused": None,
            "no_score": 0,
            "not_submitted": None,
        }

    def test_scores_bring_their_own_errors(self):
        communes = pl.DataFrame(
            {
                "unit": ["Xã An", "Xã Bình"],
                "period": ["2023"] * 2,
                "on_time.numerator": [5, 105],
                "on_time.denominator": [100, 100],
            }
        )
        found = rank_table(score_table(packaged("cam-due-2023"), communes))
        assert found.select("unit", "rank", "unranked").rows() == [
            ("Xã An", 1, None),
            ("Xã Bình", None, "refused"),
        ]

    def test_a_unit_refused_in_one_row_and_scored_in_another_is_ranked(self):
        found = rank_table(results().drop("district"), errors=errors((9, "Xã An")))
        assert found["unranked"].to_list() == [None] * 5

    def test_a_unit_refused_now_is_not_gone_and_one_refused_before_is_not_new(self):
        now = GivenResults(results().head(3), refused_rows(errors((9, "Xã Dầu"))))
        before = GivenResults(
            results().filter(pl.col("unit") != "Xã An"),
            refused_rows(errors((9, "Xã An"))),
        )
        found = ranking(now, before=before, lang="en")
        assert found["gone"] == ["Xã Em"]
        assert [(unit["unit"], unit["before_unranked"]) for unit in found["units"]] == [
            ("Xã An", "refused"), ("Xã Cam", None), ("Xã Bình", None),
        ]  # fmt: skip
        assert "refused before" in render(found, "text")

    def test_gone_though_districts_are_told_only_now(self):
        now = results().filter(pl.col("unit") != "Xã Em")
        found = ranking(now, before=results().drop("district"), lang="en")
        assert found["gone"] == ["Xã Em"]
        assert "Xã Em" in render(found, "text")

    def test_a_unit_without_a_score_keeps_its_rank_of_before(self):
        found = ranking(self.scored(), before=results(), lang="en")
        assert found["gone"] == []
        assert [(unit["unit"], unit["before"]) for unit in found["unranked"]] == [
            ("Xã Em", 3)
        ]
        back = ranking(results(), before=self.scored(), lang="en")
        em = next(unit for unit in back["units"] if unit["unit"] == "Xã Em")
        assert (em["before"], em["before_unranked"]) == (None, "no_score")

    def test_errors_of_another_table(self):
        with pytest.raises(SubmissionError) as refused:
            rank_table(results(), errors=errors((2, "Xã Gia")))
        assert [one.code for one in refused.value.problems] == ["errors-of-others"]

    @pytest.mark.parametrize("form", ["text", "markdown", "csv"])
    def test_every_view_names_them(self, form):
        table = GivenResults(
            self.scored(), refused_rows(errors((9, "Xã Gia"), (12, None)))
        )
        view = render(ranking(table, units={"unit": ["Xã Hà"]}, lang="en"), form)
        assert all(name in view for name in ("Xã Em", "Xã Gia", "Xã Hà", "12"))
        if form != "csv":
            told = "4 of 8 units have no rank (refused: 2, without a score: 1, not handed in: 1)"
            assert told in " ".join(view.split())


class TestBands:
    def test_titles_come_with_the_rules(self):
        found = ranking(results(), rules=packaged("cam-due-2023"), lang="vi")
        assert {unit["band_title"] for unit in found["units"]} == {"Tốt"}
        for form in ("text", "markdown", "csv"):
            assert "Tốt" in render(found, form)
        assert "good" not in render(found, "text")

    def test_bands_of_other_rules(self):
        with pytest.raises(SubmissionError) as refused:
            ranking(results(band=["tier-one"] * 5), rules=packaged("cam-due-2023"))
        assert [one.code for one in refused.value.problems] == ["scores-band"]


def test_csv_is_no_formula_and_no_escape():
    names = ["=1+2", "-Xã", "\x1b[31mXã", "@x", "+x"]
    view = render(ranking(results(units=names)), "csv")
    assert {line.split(",")[2] for line in view.splitlines()[1:]} == {
        "'=1+2", "'-Xã", "\ufffd[31mXã", "'@x", "'+x",
    }  # fmt: skip


def test_a_move_down_stays_a_figure():
    before = results(
        exact=[(99, 1), (1, 1), (1, 1), (1, 1), (1, 1)],
        index=["99", "1", "1", "1", "1"],
    )
    view = render(ranking(results(), before=before), "csv")
    assert ",-3.55," in view


@cache
def communes():
    """Five communes that report one figure, of which the fourth is refused; and how they are ranked."""
    table = pl.DataFrame(
        {
            "unit": UNITS,
            "district": ["Tây"] * 5,
            "period": ["2023"] * 5,
            "on_time.numerator": [5, 1, 5, 105, 2],
        }
    ).with_columns(pl.lit(100).alias("on_time.denominator"))
    return table, rank_table(score_table(packaged("cam-due-2023"), table))


class TestFiles:
    @pytest.mark.parametrize("ending", ["parquet", "csv", "jsonl", "xlsx"])
    def test_results_come_back_as_they_were_written(self, tmp_path, ending):
        table, wanted = communes()
        table.write_parquet(tmp_path / "communes.parquet")
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
        found = rank_table(load_results(output)).drop("unit_kind", strict=False)
        assert found.drop("row").equals(wanted.drop("row"))
        assert found["unranked"].to_list() == [None] * 4 + ["refused"]

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
        assert (files / "ranks.csv").read_bytes()[:3] == b"\xef\xbb\xbf"
        lines = (files / "ranks.csv").read_text(encoding="utf-8-sig").splitlines()
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

    def test_errors_beside_are_read(self, files, capsys):
        errors((9, "Xã Gia")).write_csv("scores.errors.csv")
        errors((9, "Xã Em")).write_csv("before.errors.csv")
        assert (
            main(
                ["rank", "scores.parquet", "--before", "before.parquet", "--lang", "en"]
            )
            == 0
        )
        printed = capsys.readouterr()
        assert "1 of 6 units have no rank (refused: 1)" in printed.out
        assert "Xã Gia  refused" in printed.out
        assert "refused before" in printed.out
        assert "not known" not in printed.err

    def test_where_there_are_none_that_is_said(self, files, capsys):
        assert main(["rank", "scores.parquet", "--lang", "en"]) == 0
        printed = capsys.readouterr()
        assert "no table of errors beside scores.parquet" in printed.err
        assert "shown by their ids" in printed.err

    def test_the_list_of_units(self, files, capsys):
        pl.DataFrame({"unit": [*UNITS, "Xã Hà"]}).write_csv("all.csv")
        assert (
            main(["rank", "scores.parquet", "--units", "all.csv", "--lang", "en"]) == 0
        )
        assert "Xã Hà  not handed in" in capsys.readouterr().out

    def test_where_a_cell_was_emptied(self, files, capsys):
        results(**{"index.numerator": [95451, None, 1, 1, 1]}).write_csv("edited.csv")
        assert main(["rank", "edited.csv", "--lang", "en"]) == 4
        message = capsys.readouterr().err
        assert "edited.csv: error[scores-empty] index.numerator" in message
        assert "Row 3 of the results has nothing here" in message

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
    rules = packaged("cam-due-2023")
    figures = {
        "format": 1,
        "ruleset": rules.id,
        "unit": "A",
        "period": "2023",
        "measurements": {},
    }
    with pytest.raises(TypeError):
        rank_table(score(rules, load_measurements(figures, rules)))
