"""What people hand in as a table: read as it was meant, or refused in words, never dropped."""

import json
import os
import zipfile
from decimal import Decimal
from unicodedata import normalize

import openpyxl
import polars
import pytest
from rule_texts import OF_TEN
from test_table_files import run

from cchc_rules import SubmissionError
from cchc_rules.submissions.table_files import holds_many
from cchc_rules.tables.province.rank_table import rank_table
from cchc_rules.tables.province.scored_units import load_results
from cchc_rules.tables.whole_files import first_row_number, load_table

RULES = (
    OF_TEN
    + """
[metric.share]
title = "Tỷ lệ"
type = "percent"
ratio = { numerator = "n", denominator = "d" }
[group.g]
title = "g"
[rule.share]
group = "g"
title = "share"
source = ["I"]
metric = "share"
comparator = ">="
threshold = 100
weight = 10
deduction = "proportional"
"""
)
HEAD = ("unit", "period", "share")


@pytest.fixture
def rules(tmp_path):
    (tmp_path / "tiny.toml").write_text(RULES, encoding="utf-8")
    return tmp_path / "tiny.toml"


def sheet_of(path, *rows, change=lambda sheet: None):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    change(book.active)
    book.save(path)
    return path


def indices(rules, source):
    """The index of each unit that was scored, and the code of each that was refused."""
    code, results, errors = run(rules, source)
    found = {}
    if results is not None:
        found |= dict(results.select("unit", "index").rows())
    if errors is not None:
        found |= dict(errors.select("unit", "code").rows())
    return code, found


class TestWorksheets:
    def test_percent_cells_are_what_they_show(self, rules):
        """96.40 % of 10 points is 9.64, 100 % all of them; 0.5 shown as it is, 0.05."""

        def change(sheet):
            sheet["C2"].number_format = "0.00%"
            sheet["C3"].number_format = "0%"
            sheet["C4"].number_format = '0.0" %"'

        rows = [("A", "2023", 0.964), ("B", "2023", 1), ("C", "2023", 0.5)]
        source = sheet_of(rules.parent / "in.xlsx", HEAD, *rows, change=change)
        assert indices(rules, source) == (0, {"A": "9.64", "B": "10.00", "C": "0.05"})

    @pytest.mark.parametrize(
        ("column", "value", "style", "code"),
        [
            ("share", "=80+8", "General", "form-formula"),
            ("share", "#DIV/0!", "General", "cell-error"),
            ("share.numerator", 0.5, "0%", "form-percent"),
        ],
    )
    def test_cells_that_are_not_what_they_seem(self, rules, column, value, style, code):
        def change(sheet):
            sheet["C2"].number_format = style

        head = ("unit", "period", column)
        rows = [("A", "2023", value), ("B", "2023", None)]
        source = sheet_of(rules.parent / "in.xlsx", head, *rows, change=change)
        assert indices(rules, source) == (4, {"A": code, "B": "0.00"})

    def test_cells_merged_over_rows(self, rules):
        rows = [("A", "2023", 80), ("B", "2023", None), ("C", "2023", 90)]
        source = sheet_of(
            rules.parent / "in.xlsx",
            HEAD,
            *rows,
            change=lambda sheet: sheet.merge_cells("C2:C3"),
        )
        wanted = {"A": "form-merged", "B": "form-merged", "C": "9.00"}
        assert indices(rules, source) == (4, wanted)

    def test_a_figure_that_a_merge_hides(self, rules):
        """openpyxl empties hidden cells when it saves; a script leaves them: so it is put back."""
        source = sheet_of(
            rules.parent / "in.xlsx",
            HEAD,
            ("A", "2023", 80),
            change=lambda sheet: sheet.merge_cells("B2:C2"),
        )
        with zipfile.ZipFile(source) as packed:
            parts = {name: packed.read(name) for name in packed.namelist()}
        name = "xl/worksheets/sheet1.xml"
        hidden = b'<c r="C2"><v>80</v></c></row></sheetData>'
        parts[name] = parts[name].replace(b"</row></sheetData>", hidden)
        assert parts[name].count(b"C2") > 1
        with zipfile.ZipFile(source, "w") as packed:
            for part, data in parts.items():
                packed.writestr(part, data)
        assert indices(rules, source) == (4, {"A": "cell-hidden"})

    def test_the_sheet_with_the_heading_is_read_below_its_title(self, rules):
        book = openpyxl.Workbook()
        book.active.append(["Ghi chú"])
        sheet = book.create_sheet("Xã")
        sheet.append(["Kết quả các xã"])
        sheet.append(["unit ", " period", "share", None])
        sheet.append(["A", 2023, 88])
        book.save(rules.parent / "in.xlsx")
        assert holds_many(rules.parent / "in.xlsx")
        code, results, _ = run(rules, rules.parent / "in.xlsx")
        assert code == 0
        assert results.select("row", "unit", "index").rows() == [("3", "A", "8.80")]

    def test_two_sheets_of_units_are_refused(self, rules, capsys):
        book = openpyxl.Workbook()
        for sheet in (book.active, book.create_sheet("Xã")):
            sheet.append(HEAD)
            sheet.append(["A", 2023, 88])
        book.save(rules.parent / "in.xlsx")
        assert run(rules, rules.parent / "in.xlsx")[0] == 4
        assert "[table-sheets]" in capsys.readouterr().err

    def test_values_beyond_the_heading_are_refused(self, rules, capsys):
        source = sheet_of(rules.parent / "in.xlsx", HEAD, ("A", "2023", 80, 90))
        assert run(rules, source)[0] == 4
        assert "[column-unnamed]" in capsys.readouterr().err

    def test_a_workbook_that_swells(self, rules, tmp_path):
        with zipfile.ZipFile(
            tmp_path / "in.xlsx", "w", zipfile.ZIP_DEFLATED, compresslevel=9
        ) as packed:
            packed.writestr("xl/sharedStrings.xml", b"a" * 40_000_000)
        with pytest.raises(SubmissionError, match="workbook-too-large"):
            load_table(tmp_path / "in.xlsx")
        assert not holds_many(tmp_path / "in.xlsx")

    @pytest.mark.parametrize(
        ("value", "style", "code"),
        [("=1+1", "General", "form-formula"), (0.5, "0%", "form-percent")],
    )
    def test_results_and_weightings_say_it_too(self, tmp_path, value, style, code):
        def change(sheet):
            sheet["B2"].number_format = style

        sheet_of(tmp_path / "in.xlsx", ("unit", "index"), ("A", value), change=change)
        with pytest.raises(SubmissionError) as error:
            load_table(tmp_path / "in.xlsx")
        (problem,) = error.value.problems
        assert problem.code == code
        assert problem.file == "in.xlsx:Sheet!B2"


class TestText:
    @pytest.mark.parametrize(
        ("content", "encoding"),
        [
            ("unit,period,share,\nA,2023,88,\n", "utf-8"),
            ("Kết quả,,\nunit,period,share\nA,2023,88\n", "utf-8"),
            ("sep=;\nunit;period;share\nA;2023;88\n", "utf-8"),
            ("unit\tperiod\tshare\nA\t2023\t88\n", "utf-16"),
            ("unit , period,share\u00a0\nA,2023,88 %\n", "utf-8-sig"),
        ],
    )
    def test_as_spreadsheets_write_it(self, rules, content, encoding):
        source = rules.parent / "in.csv"
        source.write_bytes(content.encode(encoding))
        assert indices(rules, source) == (0, {"A": "8.80"})

    def test_rows_are_numbered_below_a_title(self, rules):
        source = rules.parent / "in.csv"
        source.write_text(
            '"Kết quả\ncác xã",,\nunit,period,share\nA,2023,88\nB,2023\nC,2023,x\n',
            encoding="utf-8",
        )
        _, results, errors = run(rules, source)
        assert results["row"].to_list() == ["3"]
        assert sorted(errors["row"].to_list()) == ["4", "5"]

    @pytest.mark.parametrize(
        ("content", "code"),
        [
            (b"unit,period,share,\nA,2023,88,7\n", "column-unnamed"),
            (b"cchc:head,,,,value\nruleset,,x,,tiny\n,,,,\n", "form-as-text"),
            (b"unit,period,share\nX\xe3 An,2023,88\n", "table-encoding"),
        ],
    )
    def test_what_is_no_table_says_what_to_do(self, rules, content, code, capsys):
        (rules.parent / "in.csv").write_bytes(content)
        assert run(rules, rules.parent / "in.csv") == (4, None, None)
        assert f"[{code}]" in capsys.readouterr().err

    def test_decomposed_names_and_answers(self, rules):
        source = rules.parent / "in.csv"
        text = "unit,period,share.not_applicable\nXã,2023,Không phát sinh\n"
        source.write_text(normalize("NFD", text), encoding="utf-8")
        assert run(rules, source)[0] == 0


class TestJsonLines:
    @pytest.mark.parametrize(
        "row",
        [
            {"unit": "A", "period": ["2023"], "share": 5},
            {"unit": "A", "period": "2023", "district": [1], "share": 5},
            {"unit": {"name": "A"}, "period": "2023", "share": 5},
            {"unit": "A", "period": "2023", "share": [5]},
        ],
    )
    def test_nested_values(self, rules, row):
        source = rules.parent / "in.jsonl"
        source.write_text(json.dumps(row), encoding="utf-8")
        code, _, errors = run(rules, source)
        assert (code, errors["code"].to_list()) == (4, ["nested-value"])

    def test_a_whole_submission_with_a_list_for_its_figures(self, rules):
        source = rules.parent / "in.jsonl"
        row = {"unit": "A", "period": "2023", "measurements": []}
        source.write_text(json.dumps(row), encoding="utf-8")
        code, _, errors = run(rules, source)
        assert code == 4
        assert "not-an-object" in errors["code"].to_list()


@pytest.mark.parametrize("ending", ["ods", "xls", "pdf"])
def test_files_of_office_programs_are_told_to_be_saved_as_xlsx(rules, ending, capsys):
    path = rules.parent / f"in.{ending}"
    path.write_bytes(b"\xd0\xcf\x11\xe0")
    assert run(rules, path)[0] == 4
    said = capsys.readouterr().err
    assert "[other-format]" in said
    assert "xlsx" in said


class TestSemicolons:
    """Excel of a country with decimal commas puts semicolons between the cells."""

    @pytest.mark.parametrize(
        ("text", "first"),
        [
            ("unit;index\nXã A;82,56\n", 2),
            ("sep=;\nunit;index\nXã A;82,56\n", 3),
            ("\ufeffunit;index\r\nXã A;82,56\r\n", 2),
            ("unit\tindex\nXã A\t82,56\n", 2),
            ('unit,index\nXã A,"82,56"\n', 2),
            ('unit;index\n"Xã A";"82,56"\n', 2),
        ],
    )
    def test_the_heading_decides(self, tmp_path, text, first):
        path = tmp_path / "in.csv"
        path.write_bytes(text.encode())
        assert load_table(path).to_dicts() == [{"unit": "Xã A", "index": "82,56"}]
        assert first_row_number(path) == first

    def test_commas_in_cells_do_not_count(self, tmp_path):
        path = tmp_path / "in.csv"
        path.write_text("unit;why\nA;a, b, c, d, e\n", encoding="utf-8")
        assert load_table(path).columns == ["unit", "why"]

    def test_one_column(self, tmp_path):
        path = tmp_path / "in.csv"
        path.write_text("unit\nXã A; B\n", encoding="utf-8")
        assert load_table(path)["unit"].to_list() == ["Xã A; B"]

    def test_empty(self, tmp_path):
        path = tmp_path / "in.csv"
        path.write_bytes(b"")
        with pytest.raises(SubmissionError, match="table-unreadable"):
            load_table(path)

    def test_results_that_a_spreadsheet_saved_anew_are_ranked(self, tmp_path):
        path = tmp_path / "scores.csv"
        heading = "row;unit;district;index;index.numerator;index.denominator;band"
        path.write_text(
            f"{heading}\n2;A;Đông;82,56;8256;100;good\n3;B;Đông;91;91;1;good\n",
            encoding="utf-8",
        )
        ranks = rank_table(load_results(path))
        assert ranks["unit"].to_list() == ["B", "A"]
        assert ranks["index"].to_list() == [Decimal(91), Decimal("82.56")]

    def test_wrong_cells_are_told_by_the_row_of_the_file(self, tmp_path):
        path = tmp_path / "scores.csv"
        heading = "row;unit;index;index.numerator;index.denominator;band"
        path.write_text(f"sep=;\n{heading}\n2;A;1.000,5;1;1;good\n", encoding="utf-8")
        with pytest.raises(SubmissionError) as refused:
            rank_table(load_results(path))
        (problem,) = refused.value.problems
        assert problem.code == "scores-cell"
        assert problem.arguments["row"] == "3"


@pytest.mark.parametrize("ending", ["csv", "parquet", "jsonl"])
def test_a_whole_table_whose_name_is_not_utf8(tmp_path, ending):
    """Found by tools/fuzz.py: the package that reads JSON Lines knew no such name."""
    frame = polars.DataFrame({"unit": ["A"]})
    write = {
        "csv": frame.write_csv,
        "parquet": frame.write_parquet,
        "jsonl": frame.write_ndjson,
    }
    (tmp_path / "plain").mkdir()
    plain = tmp_path / "plain" / f"scores.{ending}"
    write[ending](plain)
    odd = tmp_path / os.fsdecode(b"\xff\xfe-scores." + ending.encode())
    try:
        plain.rename(odd)
    except OSError:
        pytest.skip("this file system takes no such name")
    assert load_table(odd).to_dicts() == [{"unit": "A"}]
