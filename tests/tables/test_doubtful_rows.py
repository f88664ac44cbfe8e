"""Doubtful rows of tables: the same doubts as one by one, said, bounded, and refused when asked."""

import json
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rule_texts import DOUBTFUL

from cchc_rules import load_measurements, parse_rules, score, score_table
from cchc_rules.cli.main import main
from cchc_rules.submissions import doubtful_figures
from cchc_rules.tables import doubtful_rows, score_files
from cchc_rules.tables.score_table import Scorer
from cchc_rules.tables.submission_columns import layout

RULES = DOUBTFUL.replace('language = "vi"', 'language = "en"')
TINY = parse_rules(RULES)
MANY = parse_rules(
    RULES
    + "".join(f'[metric.m{at}]\ntitle = "m{at}"\ntype = "number"\n' for at in range(25))
)


def table(**columns):
    rows = max(map(len, columns.values()))
    units = [f"Xã {at}" for at in range(rows)]
    return pl.DataFrame({"unit": units, "period": ["2023"] * rows, **columns})


def told(frame, rules=TINY):
    """What a table's warnings say: row, column and code."""
    warnings = score_table(rules, frame, results=["index"]).warnings
    return warnings.select("row", "column", "code").rows()


class TestEachDoubt:
    @pytest.mark.parametrize("as_text", [False, True])
    def test_percentages(self, as_text):
        figures = pl.Series(
            [Decimal("0.9"), Decimal(90), Decimal(91), Decimal(1), None]
        )
        if as_text:
            figures = pl.Series(["0,9", "90", "91", "1.0", None])
        assert told(table(online=figures)) == [
            (1, "online", "doubtful-percentage"),
            (2, "online", "doubtful-threshold"),
            (4, "online", "doubtful-percentage"),
        ]

    def test_floats(self):
        assert told(table(online=[0.9, 90.0, 91.5])) == [
            (1, "online", "doubtful-percentage"),
            (2, "online", "doubtful-threshold"),
        ]

    def test_less_is_better(self):
        # Half a percent overdue is usual; exactly the threshold is not.
        assert told(table(late=["0.5", "5"])) == [(2, "late", "doubtful-threshold")]

    def test_shares(self):
        frame = table(
            **{
                "online.numerator": [Decimal("1.774"), Decimal("12.5"), Decimal(1774)],
                "online.denominator": [Decimal(1902), Decimal(100), Decimal(1902)],
            }
        )
        assert told(frame) == [
            (1, "online.numerator", "doubtful-thousand"),
            (2, "online.numerator", "doubtful-fraction"),
        ]

    def test_a_thousand_beside_whole_numbers(self):
        frame = table(income=[1.212, 1212.0, 1.21], income_before=[1200, 1200, 1200])
        assert told(frame) == [
            (1, "income", "doubtful-thousand"),
            (1, "income", "doubtful-scale"),
            (3, "income", "doubtful-scale"),
        ]

    def test_the_edges_of_the_scale(self):
        frame = table(
            income=[500, 499, 2000, 2001, 1, 1], income_before=[1, 1, 1, 1, 500, 2001]
        )
        assert [row for row, *_ in told(frame)] == [1, 3, 5]

    @pytest.mark.parametrize("lists", [False, True])
    def test_one_document(self, lists):
        def row(same):
            names = ["Số  12/BC", "số 12/bc"] + ["Số 12/BC"] * 23
            return names[:same] + [f"Số {at}" for at in range(same, 25)]

        rows = [row(19), row(20), row(25)]
        columns = {f"m{at}.evidence": [r[at] for r in rows] for at in range(25)}
        if lists:
            columns = {
                name: [[text] for text in texts] for name, texts in columns.items()
            }
        figures = {f"m{at}": [1, 2, 3] for at in range(25)}
        assert told(table(**figures, **columns), MANY) == [
            (2, "m0.evidence", "doubtful-evidence"),
            (3, "m0.evidence", "doubtful-evidence"),
        ]

    def test_refused_rows_have_no_warnings(self):
        frame = table(online=["0.9", "0.9"], income=["x", "1"])
        assert told(frame) == [(2, "online", "doubtful-percentage")]


def codes_alone(frame, number):
    """The codes of a row's warnings, when it is scored by itself."""
    row = dict(zip(frame.columns, frame.row(number - 1), strict=True))
    columns = layout(TINY)
    measurements = load_measurements(columns.submission(row), TINY)
    return [warning.code for warning in score(TINY, measurements).warnings]


FIGURES = st.one_of(
    st.none(),
    st.integers(0, 3000).map(str),
    st.decimals(0, 3000, places=1).map(str),
    st.decimals(0, 3, places=3).map(str),
    st.sampled_from(["90", "5,0", "90.000", "1.000", "0.9", "100", "1,774"]),
)


NAMES = (
    "online",
    "online.numerator",
    "online.denominator",
    "late",
    "income",
    "income_before",
)


@given(
    st.lists(
        st.fixed_dictionaries(dict.fromkeys(NAMES, FIGURES)), min_size=1, max_size=5
    ),
    st.sampled_from(["texts", "decimals"]),
)
def test_tables_doubt_what_single_submissions_doubt(rows, kind):
    columns = {}
    for name in NAMES:
        texts = pl.Series([row[name] for row in rows], dtype=pl.String)
        columns[name] = texts
        if kind == "decimals":
            figures = texts.str.replace(",", ".", literal=True)
            columns[name] = figures.cast(pl.Decimal(38, 10))
    frame = table(**columns)
    numbers = pl.int_range(1, frame.height + 1, eager=True).alias("row")
    scores = Scorer(TINY, few=0).score(frame.insert_column(0, numbers))
    alone = [
        (number, code)
        for number in scores.results["row"]
        for code in codes_alone(frame, number)
    ]
    assert scores.warnings.select("row", "code").rows() == alone


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.toml").write_text(RULES, encoding="utf-8")
    return tmp_path


def run(*arguments):
    return main(["score", *arguments, "--rules", "tiny.toml", "--lang", "en"])


class TestCommand:
    def test_doubts_are_said_and_change_nothing(self, folder, capsys):
        (folder / "in.csv").write_text("unit,period,online\nA,2023,0.9\nB,2023,91\n")
        assert run("in.csv", "--output", "out.csv") == 0
        said = capsys.readouterr().err
        assert "in.csv:2: warning[doubtful-percentage] measurements.online" in said
        assert said.count("warning[") == 1
        assert pl.read_csv("out.csv")["unit"].to_list() == ["A", "B"]

    def test_strict_refuses_doubtful_rows(self, folder, capsys):
        (folder / "in.csv").write_text(
            "unit,period,online\nA,2023,0.9\nB,2023,91\nC,2023,191\n"
        )
        assert run("in.csv", "--output", "out.csv", "--strict") == 4
        assert "warning[" not in capsys.readouterr().err
        assert pl.read_csv("out.csv")["unit"].to_list() == ["B"]
        errors = pl.read_csv("out.errors.csv")
        assert errors["unit"].to_list() == ["A", "C"]
        assert errors["row"].to_list() == [2, 4]
        assert errors["code"][0] == "doubtful-percentage"

    def test_a_folder_of_submissions(self, folder, capsys):
        (folder / "in").mkdir()
        for unit, value in (("a", "0.9"), ("b", "91")):
            submission = {
                "format": 1,
                "ruleset": "tiny",
                "unit": unit,
                "period": "2023",
                "measurements": {"online": {"value": Decimal(value)}},
            }
            text = json.dumps(submission, default=float)
            (folder / "in" / f"{unit}.json").write_text(text)
        assert run("in", "--output", "out.csv") == 0
        assert "a.json: warning[doubtful-percentage]" in capsys.readouterr().err
        assert run("in", "--output", "out.csv", "--strict") == 4
        assert pl.read_csv("out.csv")["unit"].to_list() == ["b"]

    def test_only_the_first_are_said(self, folder, capsys):
        rows = "".join(f"Xã {at},2023,0.9\n" for at in range(21))
        (folder / "in.csv").write_text(f"unit,period,online\n{rows}", encoding="utf-8")
        assert run("in.csv", "--output", "out.csv") == 0
        said = capsys.readouterr().err
        assert said.count("warning[") == score_files.MOST_DOUBTS == 20
        assert "There are more doubtful rows" in said

    def test_long_tables_are_not_looked_through(self, folder, capsys, monkeypatch):
        monkeypatch.setattr(score_files, "MOST_EXAMINED", 1)
        (folder / "in.csv").write_text("unit,period,online\nA,2023,0.9\nB,2023,91\n")
        assert run("in.csv", "--output", "out.csv") == 0
        said = capsys.readouterr().err
        assert "warning[" not in said
        assert f"more than {doubtful_rows.MOST_EXAMINED:,} rows" in said
        assert run("in.csv", "--output", "out.csv", "--strict") == 4


def test_the_bound_of_documents_is_that_of_single_submissions():
    assert doubtful_figures.MOST_TIMES_ONE_DOCUMENT == 20
