"""Tables that were made elsewhere: their own headings, columns of others, several worksheets."""

import openpyxl
import polars
import pytest
from test_table_files import run
from test_table_intake import RULES

from cchc_rules import SubmissionError, load_rules, parse_rules, score_table
from cchc_rules.submissions.table_files import holds_many
from cchc_rules.tables.headings import Choices
from cchc_rules.tables.submission_columns import layout

TWO = (
    RULES
    + """
[metric.staff]
title = { vi = "Số cán bộ", en = "Staff" }
type = "count"
better = "neither"
[metric.clerks]
title = { vi = "Số văn thư", en = "Staff" }
type = "count"
better = "neither"
[rule.staff]
group = "g"
title = "staff"
source = ["II"]
metric = "staff"
deduction = "none"
[rule.clerks]
group = "g"
title = "clerks"
source = ["II"]
metric = "clerks"
deduction = "none"
"""
)
"""Two metrics that share their English title."""

OWN_HEAD = (
    "STT",
    "Tên đơn vị",
    "Kỳ",
    "N",
    "D",
    "Số  cán bộ",
    "Điện thoại",
    "Ghi chú riêng",
)
OWN_ROWS = (
    (1, "Xã A", "2023", 3, 4, 12, "0912", "gấp"),
    (2, "Xã B", "2023", 4, 4, 9, "0913", None),
)
"""The table of eight columns: 3/4 of 10 points are 7.50, 4/4 are 10.00."""

ASIDE = (
    "--leave-aside",
    "STT",
    "--leave-aside",
    "điện thoại",
    "--leave-aside",
    "Ghi chú riêng",
)


@pytest.fixture
def rules(tmp_path):
    (tmp_path / "tiny.toml").write_text(TWO, encoding="utf-8")
    return tmp_path / "tiny.toml"


def written(path, head=OWN_HEAD, rows=OWN_ROWS, title=None):
    """The table as a file of the form that its name ends in."""
    if path.suffix == ".xlsx":
        book = openpyxl.Workbook()
        book.active.title = title or "Bảng"
        for row in (head, *rows):
            book.active.append(row)
        book.save(path)
        return path
    frame = polars.DataFrame(
        {name: [str(row[at] or "") for row in rows] for at, name in enumerate(head)}
    )
    if path.suffix == ".parquet":
        frame.write_parquet(path)
    elif path.suffix == ".jsonl":
        frame.write_ndjson(path)
    else:
        frame.write_csv(path)
    return path


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".parquet", ".jsonl"])
def test_a_table_with_columns_of_others_is_scored_by_its_titles(
    rules, tmp_path, ending, capsys
):
    source = written(tmp_path / f"own{ending}")
    code, results, errors = run(rules, source, "out.csv", *ASIDE, "--lang", "en")
    assert code == 0
    assert errors.is_empty()
    assert dict(results.select("unit", "index").rows()) == {
        "Xã A": "7.50",
        "Xã B": "10.00",
    }
    said = capsys.readouterr().err
    assert "Columns left aside: STT, Điện thoại, Ghi chú riêng." in said


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".parquet", ".jsonl"])
def test_what_nobody_has_left_aside_is_refused_by_its_name(
    rules, tmp_path, ending, capsys
):
    source = written(tmp_path / f"own{ending}")
    code, _, _ = run(rules, source, "out.csv", *ASIDE[:4], "--lang", "en")
    assert code == 4
    assert "Ghi chú riêng" in capsys.readouterr().err


class TestHeadings:
    def of(self, **choices):
        return layout(parse_rules(TWO), Choices(**choices)).headings

    def test_a_name_goes_before_a_title_and_a_choice_before_both(self):
        assert self.of().read(["unit", "staff"])["staff"] == "staff"
        chosen = self.of(mapped=(("staff", "clerks"), ("Xã", "unit")))
        assert chosen.read(["xã", "staff"]) == {"xã": "unit", "staff": "clerks"}

    def test_titles_of_both_languages_parts_and_parts_after_titles(self):
        read = self.of().read(["Unit", "period", "SỐ CÁN BỘ", "Tỷ lệ: n", "d"])
        assert [*read.values()] == [
            "unit",
            "period",
            "staff",
            "share.numerator",
            "share.denominator",
        ]

    def test_a_title_of_two_metrics_is_refused_with_both(self):
        with pytest.raises(SubmissionError) as caught:
            self.of().read(["unit", "Staff"])
        (problem,) = caught.value.problems
        assert problem.code == "column-ambiguous"
        assert "staff, clerks" in problem.text("en")

    def test_two_headings_of_one_column_are_refused(self):
        with pytest.raises(SubmissionError) as caught:
            self.of().read(["unit", "Tên đơn vị"])
        assert {problem.code for problem in caught.value.problems} == {
            "repeated-column"
        }

    def test_a_choice_must_name_a_column(self):
        with pytest.raises(SubmissionError, match="on_tme"):
            self.of(mapped=(("Tỷ lệ", "on_tme"),))


def test_errors_name_the_heading_that_people_see(rules, tmp_path):
    source = written(
        tmp_path / "own.csv", ("Tên đơn vị", "Kỳ", "Tỷ lệ"), [("Xã A", "2023", "120")]
    )
    code, _, errors = run(rules, source)
    assert code == 4
    assert errors.select("column", "code").rows() == [("Tỷ lệ", "out-of-range")]


def test_a_frame_takes_the_same_choices(rules):
    frame = {"Xã": ["A"], "Kỳ": ["2023"], "Điểm": [80], "Khác": ["x"]}
    scores = score_table(
        load_rules(rules),
        frame,
        columns={"Xã": "unit", "Điểm": "share"},
        leave_aside=["Khác"],
    )
    assert scores.results.select("unit", "index").rows() == [("A", 8)]


class TestWorkbooks:
    def two_tables(self, path):
        book = openpyxl.Workbook()
        book.active.title = "Quý I"
        for number, value in enumerate((50, 100)):
            sheet = book.worksheets[0] if not number else book.create_sheet("Quý II")
            sheet.append(("unit", "period", "share"))
            sheet.append(("Xã A", "2023", value))
        book.save(path)
        return path

    def test_one_of_several_tables_is_chosen_by_the_title_of_its_sheet(
        self, rules, tmp_path, capsys
    ):
        source = self.two_tables(tmp_path / "book.xlsx")
        assert run(rules, source)[0] == 4
        code, results, _ = run(rules, source, "out.csv", "--sheet", "quý ii")
        assert code == 0
        assert results.select("index").rows() == [("10.00",)]
        capsys.readouterr()
        assert (
            run(rules, source, "out.csv", "--sheet", "Quý IV", "--lang", "en")[0] == 4
        )
        said = capsys.readouterr().err
        assert "[unknown-sheet]" in said
        assert "The workbook has no sheet Quý IV; it has Quý I, Quý II." in said

    def test_a_heading_that_names_the_unit_makes_a_workbook_a_table(self, tmp_path):
        path = written(tmp_path / "own.xlsx", ("Xã phường", "Kỳ"), [("A", "2023")])
        assert not holds_many(path)
        assert holds_many(path, ["Xã phường"])


def test_a_number_of_a_billion_digits_is_refused_at_once(rules, tmp_path):
    source = tmp_path / "own.jsonl"
    source.write_text('{"unit": "Xã A", "period": "2023", "share": 1e999999999}\n')
    code, _, errors = run(rules, source)
    assert code == 4
    assert errors["unit"].to_list() == ["Xã A"]
