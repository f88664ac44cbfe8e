"""The workbook as a file: what stands in its cells, what may be changed, what is kept; nothing is computed here."""

import copy
import io
import json
import sys
import zipfile
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

import openpyxl
import pytest
from openpyxl.utils.escape import unescape
from packaged_rules import packaged
from searches import only_wide

from cchc_rules import load_measurements, load_rules, parse_rules, score
from cchc_rules.cli.main import main
from cchc_rules.render import render, render_bytes
from cchc_rules.render.workbook import workbook
from cchc_rules.render.workbook.cell_formulas import LocalName, Translator
from cchc_rules.render.workbook.cells import (
    LONGEST_TEXT,
    NotInSheetError,
    cell,
    checked,
    column,
    day,
    decimal,
    elsewhere,
    fits,
    quoted,
    serial,
    steady,
    words,
)
from cchc_rules.render.workbook.layout import (
    ABOVE,
    ACTUAL,
    BELOW,
    CAUSE,
    CODE,
    GIVEN,
    HEAD,
    MET,
    STATE,
    STATUS,
    WEIGHT,
    Frame,
    roman_number,
)
from cchc_rules.render.workbook.scores import (
    EARNED,
    EXCLUDED,
    LOST,
    MAXIMUM,
    NOTE,
    STATED,
)

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "cam-due-2023.json"

HEAD_OF_RULES = """
[ruleset]
id = "sheet"
version = "1"
title = "Bảng"
language = "vi"
valid = { from = 2023-01-01, until = 2023-12-31 }
[index]
scale = 10
[absence]
not_applicable = "exclude"
not_due = "show"
waived = "manual"
[group.all]
title = "Tất cả"
"""


def plan(lang="vi"):
    rules = packaged("cam-due-2023")
    return score(rules, load_measurements(EXAMPLE, rules)).to_dict(lang=lang)


def scored(text, measurements, **more):
    rules = parse_rules(f"format = 1\n{text}\n{HEAD_OF_RULES}")
    submission = {
        "format": 1,
        "ruleset": "sheet",
        "unit": "UBND xã",
        "period": "2023",
        "measurements": measurements,
    }
    return score(rules, load_measurements(submission | more, rules)).to_dict(lang="vi")


def opened(document, values=False):
    return openpyxl.load_workbook(io.BytesIO(workbook(document)), data_only=values)


def at(sheet, row, place):
    """A cell by its row and column, both from 0."""
    return sheet.cell(row + 1, place + 1)


SPREADSHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


class Parts:
    """What stands in the file itself: formulas and values by sheet and cell, shared texts, whether anything links."""

    def __init__(self, content):
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            sheets = {
                name: file.read(name)
                for name in file.namelist()
                if name.startswith("xl/worksheets/sheet")
            }
            texts = ElementTree.fromstring(file.read("xl/sharedStrings.xml"))
            book = ElementTree.fromstring(file.read("xl/workbook.xml"))
        self.titles = [one.get("name") for one in book.iter(f"{SPREADSHEET}sheet")]
        cells = {
            (title, one.get("r")): one
            for at, title in enumerate(self.titles, 1)
            for one in ElementTree.fromstring(
                sheets[f"xl/worksheets/sheet{at}.xml"]
            ).iter(f"{SPREADSHEET}c")
        }
        self.formulas = {
            place
            for place, one in cells.items()
            if one.find(f"{SPREADSHEET}f") is not None
        }
        self.values = {
            place: one.findtext(f"{SPREADSHEET}v") for place, one in cells.items()
        }
        self.texts = {unescape("".join(one.itertext())) for one in texts}
        self.links = any(b"<hyperlink" in sheet for sheet in sheets.values())


@pytest.fixture(scope="module")
def document():
    return plan()


@pytest.fixture(scope="module")
def book(document):
    return opened(document)


@pytest.fixture(scope="module")
def clean(document):
    return Parts(workbook(document))


class TestCells:
    def test_columns_have_letters(self):
        assert [column(place) for place in (0, 25, 26, 51, 52, 701, 702)] == [
            "A",
            "Z",
            "AA",
            "AZ",
            "BA",
            "ZZ",
            "AAA",
        ]
        assert cell(0, 0) == "$A$1"
        assert elsewhere("It's", "$A$1") == "'It''s'!$A$1"

    def test_what_xml_cannot_hold_is_shown_as_a_sign(self):
        assert words("a\x00b\x1bc\ufffed") == "a�b�c�d"

    def test_a_long_text_is_cut_with_a_sign(self):
        assert words("x" * LONGEST_TEXT) == "x" * LONGEST_TEXT
        assert words("x" * (LONGEST_TEXT + 1)) == "x" * (LONGEST_TEXT - 1) + "…"

    def test_a_sheet_counts_letters_beyond_the_first_plane_twice(self):
        cut = words("😀" * LONGEST_TEXT)
        assert cut.endswith("…")
        assert LONGEST_TEXT - 2 <= len(cut.encode("utf-16-le")) // 2 <= LONGEST_TEXT

    def test_exact_figures_are_decimals(self):
        assert decimal("1.81") == Decimal("1.81")
        assert abs(decimal("47/26") - Decimal("1.8076923076923076923")) < Decimal(
            "1e-18"
        )

    def test_days_are_numbers_from_march_1900_as_in_excel(self):
        assert (serial("1900-03-01"), serial("2023-01-31")) == (61, 44957)
        assert day("2023-01-31") == "DATE(2023,1,31)"
        assert day("1899-12-29") == "(-1)"

    def test_quotes_are_doubled_and_long_texts_are_no_constants(self):
        assert quoted('a"b') == '"a""b"'
        assert quoted("x" * 255) == '"' + "x" * 255 + '"'
        with pytest.raises(NotInSheetError):
            quoted("x" * 256)

    def test_a_sheet_keeps_fifteen_digits(self):
        assert fits("123456789012345")
        assert fits("0.000000000000000000001")
        assert fits("-1000000000000000000000")
        assert not fits("1.234567890123456")
        assert not fits("1/1234567890123456")

    def test_formulas_have_a_length_and_a_depth(self):
        assert checked("1+" * 4095 + "11") == "1+" * 4095 + "11"
        assert checked("(" * 64 + ")" * 64)
        for formula in ("1" * 8193, "(" * 65 + ")" * 65):
            with pytest.raises(NotInSheetError):
                checked(formula)

    @pytest.mark.parametrize(
        ("exact", "sure"),
        [
            ("1.425", True),  # on a tie: binary digits are rounded away
            ("1.4", True),
            ("1.4249", True),
            ("-2.675", True),
            ("1.42499999999", False),  # 1e-11 below a tie: binary digits cannot tell
            ("1.42500000001", False),
            ("1.4200000000001", True),  # near a tick, far from any tie
        ],
    )
    def test_what_lies_next_to_a_tie_is_not_left_to_binary_digits(self, exact, sure):
        assert steady(Fraction(exact), 2) is sure

    def test_roman_numbers(self):
        assert [roman_number(number) for number in (1, 4, 9, 14, 40, 90, 149)] == [
            "I",
            "IV",
            "IX",
            "XIV",
            "XL",
            "XC",
            "CXLIX",
        ]


class Here:
    """Figures that stand nowhere in particular."""

    def __init__(self, worked=False):
        self.worked = worked

    def figure(self, metric):
        return f"F_{metric}"

    def code(self, metric):
        return f"C_{metric}"

    def kind(self, metric):
        return {"y": "yes_no", "d": "date", "l": "level"}.get(metric, "number")

    def holidays(self):
        if self.worked:
            raise NotInSheetError
        return "FREE"


def metric(name):
    return {"metric": name}


class TestFormulas:
    @pytest.mark.parametrize(
        ("expression", "formula"),
        [
            ("-0.5", "(-0.5)"),
            ("1/3", "(1/3)"),
            (True, "1"),
            (["+", "1", metric("a")], "(1+F_a)"),
            (["negative", metric("a")], "(-F_a)"),
            ([">=", metric("a"), "5"], "(ROUND(F_a-5,10)>=0)"),
            (["!=", metric("y"), True], "(F_y*1<>1*1)"),
            (["<", metric("d"), {"date": "2023-02-01"}], "(F_d<DATE(2023,2,1))"),
            (["==", metric("l"), {"text": "tốt"}], '(F_l="tốt")'),
            (["and", metric("y"), metric("y")], "AND(F_y,F_y)"),
            (["and"], "AND(1)"),
            (
                ["or", metric("y"), [">", ["/", "1", metric("a")], "2"]],
                "IF(F_y,TRUE,(ROUND((1/F_a)-2,10)>0))",
            ),
            (
                ["and", metric("y"), [">", ["/", "1", metric("a")], "2"]],
                "IF(F_y,(ROUND((1/F_a)-2,10)>0),FALSE)",
            ),
            (["not", metric("y")], "NOT(F_y)"),
            (["if", metric("y"), "1", "2"], "IF(F_y,1,2)"),
            (["min", "1", metric("a")], "MIN(1,F_a)"),
            (["count", metric("y"), metric("y")], "(F_y*1+F_y*1)"),
            (["round_half_up", metric("a"), "2"], "ROUND(ROUND(F_a,MAX(10,2)),2)"),
            (["round_down", metric("a")], "(INT(ROUND(F_a,10)))"),
            (["round_up", metric("a")], "(-INT(ROUND(-F_a,10)))"),
            (["first", metric("a"), "80"], "IFERROR(IF(C_a=0,F_a,NA()),80)"),
            (["days", metric("d"), metric("d")], "(F_d-F_d)"),
            (["add_days", metric("d"), "15"], "(F_d+15)"),
            (["add_working_days", metric("d"), "5"], "WORKDAY(F_d,5,FREE)"),
            (
                ["==", ["if", metric("y"), metric("d"), metric("d")], metric("d")],
                "(IF(F_y,F_d,F_d)=F_d)",
            ),
            (["==", ["add_days", metric("d"), "1"], metric("d")], "((F_d+1)=F_d)"),
            (["==", True, ["not", metric("y")]], "(1*1=NOT(F_y)*1)"),
            (["==", {"date": "2023-02-01"}, metric("d")], "(DATE(2023,2,1)=F_d)"),
            (["==", {"name": "value"}, {"name": "value"}], "(V=V)"),
        ],
    )
    def test_each_operator(self, expression, formula):
        assert (
            Translator(Here(), {"value": LocalName("V", "date")}).value(expression)
            == formula
        )

    def test_the_smallest_known_looks_past_absences(self):
        formula = Translator(Here(), {}).value(["smallest_known", metric("a"), "3"])
        least = "MIN(IFERROR(IF(C_a=0,F_a,NA()),1E+300),IFERROR(3,1E+300))"
        assert formula == f"IF({least}=1E+300,NA(),{least})"

    def test_the_largest_known_looks_past_absences(self):
        formula = Translator(Here(), {}).value(["largest_known", metric("a"), "3"])
        most = "MAX(IFERROR(IF(C_a=0,F_a,NA()),-1E+300),IFERROR(3,-1E+300))"
        assert formula == f"IF({most}=-1E+300,NA(),{most})"

    @pytest.mark.parametrize(
        ("expression", "codes"),
        [
            ("5", "0"),
            (None, "0"),
            (True, "0"),
            ({"name": "value"}, "0"),
            (metric("a"), "C_a"),
            (["+", metric("a"), metric("a")], "C_a"),
            (["+", metric("a"), ["*", "2", metric("b")]], "MAX(C_a,C_b)"),
            (["first", metric("a"), "80"], "0"),
            (["first", metric("a"), metric("b")], "IF(MIN(C_a,C_b)=0,0,MAX(C_a,C_b))"),
            (
                ["first", metric("a"), ["/", metric("b"), "4"]],
                "IF(MIN(C_a,C_b)=0,0,MAX(C_a,C_b))",
            ),
            (
                ["first", metric("a"), ["/", "1", {"name": "value"}]],
                "IF(C_a<MAX(C_a,IF(ISERROR((1/V)),2,0)),0,"
                "IF(MIN(C_a,IF(ISERROR((1/V)),2,0))=0,0,C_a))",
            ),
        ],
    )
    def test_absences(self, expression, codes):
        names = {"value": LocalName("V", "number")}
        assert Translator(Here(), names).absence(expression) == codes

    def test_calls_in_calls_that_grow_beyond_a_sheet(self):
        """Each level names its operand twice: 30 of them would be a text of gigabytes."""
        expression = metric("a")
        for _ in range(30):
            expression = ["largest_known", expression, ["/", "1", metric("b")]]
        translator = Translator(Here(), {})
        for written in (translator.value, translator.absence):
            with pytest.raises(NotInSheetError):
                written(expression)

    @pytest.mark.parametrize(
        "expression",
        [
            ["unheard_of", "1"],
            ["or", *[True] * 256],
            "0.1234567890123456",
            ["==", metric("l"), {"text": "x" * 256}],
        ],
    )
    def test_what_a_sheet_cannot_have_is_refused(self, expression):
        with pytest.raises(NotInSheetError):
            Translator(Here(), {}).value(expression)

    def test_too_many_absences_are_refused(self):
        with pytest.raises(NotInSheetError):
            Translator(Here(), {}).absence(
                ["max", *(metric(f"m{place}") for place in range(256))]
            )

    def test_worked_weekends_are_refused(self):
        with pytest.raises(NotInSheetError):
            Translator(Here(worked=True), {}).value(
                ["add_working_days", metric("d"), "5"]
            )


class TestWhatStandsBesideTheFormulas:
    """The values written with the formulas are the report's, for viewers that do not compute."""

    @pytest.mark.parametrize("lang", ["vi", "en"])
    def test_every_figure_of_the_report(self, lang):
        document = plan(lang)
        frame, book = Frame(document), opened(document, values=True)
        scores, steps = book[frame.sheets["scores"]], book[frame.sheets["steps"]]
        for line in frame.lines:
            keys = (
                (MAXIMUM, "maximum"),
                (EARNED, "earned"),
                (LOST, "lost"),
                (EXCLUDED, "excluded"),
            )
            for place, key in keys:
                assert (
                    str(
                        Decimal(str(at(scores, line.row, place).value)).quantize(
                            Decimal("0.01")
                        )
                    )
                    == line.item[key]
                )
            if not line.group:
                assert at(scores, line.row, STATED).value == frame.display.state(
                    line.item["state"]
                )
                exact = Fraction(at(steps, line.row, ACTUAL.exact).value)
                assert abs(exact - Fraction(line.item["exact"])) < Fraction(1, 10**12)
        summary = {
            row[1]: row[2]
            for row in book[frame.sheets["summary"]].iter_rows(values_only=True)
            if row[1]
        }
        assert summary[frame.say("index")] == 82.56
        assert summary[frame.say("reckoning-at-least")] == 67.32
        assert summary[frame.say("reckoning-at-most")] == 88.53
        assert summary[frame.say("reckoning-supported")] == 81.34
        assert summary[frame.say("band")] == document["band"]["title"]

    def test_the_same_report_gives_the_same_bytes(self, document):
        before = copy.deepcopy(document)
        assert workbook(document) == workbook(json.loads(json.dumps(document)))
        assert document == before

    def test_the_day_of_the_file_is_the_day_of_judgement(self, book):
        assert book.properties.created.date() == date(2023, 12, 20)


class TestLayout:
    def test_the_sheets(self, book):
        assert book.sheetnames == [
            "Tổng hợp",
            "Bảng điểm",
            "Điểm mất",
            "Số liệu",
            "Các bước tính",
            "Danh mục",
            "Nguồn",
        ]
        assert opened(plan("en")).sheetnames[:4] == [
            "Summary",
            "Scores",
            "Lost points",
            "Figures",
        ]

    def test_groups_and_rules_are_numbered_as_on_scoring_sheets(self, document, book):
        numbers = [line.number for line in Frame(document).lines]
        assert numbers[:12] == [
            "I",
            "1",
            "2",
            "3",
            "4",
            "5",
            "6",
            "7",
            "8",
            "8.1",
            "8.2",
            "9",
        ]
        assert at(book["Bảng điểm"], HEAD + 1, 0).value == "I"
        assert at(book["Bảng điểm"], HEAD + 1, 1).font.bold

    def test_lost_points_name_the_line_of_the_scoring_sheet(self, document, book):
        assert [at(book["Điểm mất"], HEAD + 1, place).value for place in (0, 1, 2)] == [
            "1",
            "IV.3",
            "Bố trí số lượng cấp phó đúng quy định",
        ]

    def test_headings_stay_in_sight_and_stand_on_every_page(self, book):
        sheet = book["Bảng điểm"]
        assert sheet.freeze_panes == "C7"
        assert sheet.print_title_rows == "$6:$6"
        assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == (
            "landscape",
            9,
        )
        assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (
            1,
            0,
        )
        assert sheet.sheet_properties.pageSetUpPr.fitToPage

    def test_subtotals_are_sums_of_the_lines_below(self, document, book):
        frame = Frame(document)
        row = frame.rows[True, "direction"]
        assert (
            at(book["Bảng điểm"], row, EARNED).value
            == "=ROUND(SUM($I$8:$I$14,$I$15,$I$18),2)"
        )

    def test_only_inputs_may_be_changed(self, document, book):
        frame, sheet = Frame(document), book["Số liệu"]
        assert all(one.protection.sheet for one in book)
        row = frame.metric_rows["direction_tasks"]
        for place in (ABOVE, BELOW, GIVEN, STATUS):
            assert not at(sheet, row, place).protection.locked
            assert at(sheet, row, place).fill.start_color.rgb == "FFFFF6CC"
        open_cells = [
            one
            for sheet in book
            for line in sheet
            for one in line
            if not one.protection.locked
        ]
        assert not [one for one in open_cells if one.data_type == "f"]
        assert {one.parent.title for one in open_cells} == {"Số liệu", "Danh mục"}

    def test_inputs_hold_only_what_their_metric_takes(self, document, book):
        frame, sheet = Frame(document), book["Số liệu"]
        kinds = {
            str(rule.sqref): rule.type for rule in sheet.data_validations.dataValidation
        }
        assert kinds[f"D{frame.metric_rows['direction_tasks'] + 1}"] == "decimal"
        assert kinds[f"F{frame.metric_rows['plan_date'] + 1}"] == "date"
        assert kinds[f"F{frame.metric_rows['structure_arranged'] + 1}"] == "list"

    def test_points_show_their_places(self, document, book):
        assert at(book["Bảng điểm"], HEAD + 2, EARNED).number_format == "0.00"
        whole = scored(
            'rule.r = { group = "all", title = "R", source = ["1"], weight = 1, deduction = "manual" }',
            {},
        )
        whole["machine"]["places"] = 0
        assert at(opened(whole)["Bảng điểm"], HEAD + 2, EARNED).number_format == "0"


HOSTILE = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "=cmd|' /C calc'!A0",
    "http://a.b/",
    "_x0041_",
    "a\x00\x1b[31m",
]


class TestHostileText:
    def poisoned(self, text):
        document = plan()

        def poison(value):
            if isinstance(value, dict):
                return {
                    key: text
                    if key in SPOKEN and isinstance(item, str)
                    else poison(item)
                    for key, item in value.items()
                }
            return (
                [poison(item) for item in value] if isinstance(value, list) else value
            )

        return poison(document)

    @pytest.mark.wide
    @pytest.mark.untraced
    @pytest.mark.parametrize("text", HOSTILE)
    def test_no_text_becomes_a_formula(self, clean, text):
        poisoned = Parts(workbook(self.poisoned(text)))
        assert len(clean.formulas) > 3000
        assert poisoned.formulas == clean.formulas
        assert words(text) in poisoned.texts
        assert not poisoned.links

    def test_a_quote_in_a_level_stays_inside_its_quotes(self):
        level = 'a"&HYPERLINK("x")&"'
        text = (
            f"metric.m = {{ title = 'M', type = 'level', levels = ['{level}', 'b'] }}\n"
            f"rule.r = {{ group = 'all', title = 'R', source = ['1'], metric = 'm', weight = 1, comparator = 'is',"
            f" threshold = '{level}', deduction = 'all_or_nothing' }}"
        )
        sheet = opened(scored(text, {"m": "b"}))["Các bước tính"]
        assert '"a""&HYPERLINK(""x"")&"""' in at(sheet, HEAD + 2, 5).value


SPOKEN = {
    "title",
    "note",
    "unit",
    "document",
    "task",
    "product",
    "lead",
    "text",
    "required",
    "reported",
    "calculation",
}
SPOKEN |= {"win_back", "metric_title", "expected"}


class TestWhatIsKept:
    def kept(self, document):
        frame, book = Frame(document), opened(document)
        return (
            frame,
            [one.value for line in book[frame.sheets["origin"]] for one in line][-1],
            book,
        )

    RATE = "metric.m = { title = 'M', type = 'percent', ratio = { numerator = 'a', denominator = 'b' } }\n"

    def rule(
        self, deduction="'proportional'", more="comparator = '>=', threshold = 100, "
    ):
        head = "rule.r = { group = 'all', title = 'R', source = ['1'], metric = 'm', weight = 10, "
        return f"{self.RATE}{head}{more}deduction = {deduction} }}"

    def test_usually_nothing(self, document):
        assert self.kept(document)[1] == "không có"

    def test_points_next_to_a_tie(self):
        """10 × 0.6124999999999 is 6.124999999999, which binary digits may take for the tie 6.125."""
        document = scored(self.rule(), {"m": Decimal("61.24999999999")})
        frame, kept, book = self.kept(document)
        assert kept == "r"
        assert document["rules"][0]["earned"] == "6.12"
        row = frame.rows[False, "r"]
        assert at(book["Các bước tính"], row, ACTUAL.earned).value == 6.12
        assert at(book["Các bước tính"], row, STATE).data_type == "n"
        assert "Giữ giá trị" in at(book["Bảng điểm"], row, NOTE).value

    def test_figures_of_too_many_digits(self):
        document = scored(self.rule(), {"m": Decimal("61.2345678901234567")})
        frame, kept, book = self.kept(document)
        assert kept == "m"
        given = at(book["Số liệu"], frame.metric_rows["m"], GIVEN)
        assert (given.value, given.data_type, given.protection.locked) == (
            "61.2345678901234567",
            "s",
            True,
        )

    def test_computed_figures_whose_decimals_drown(self):
        text = (
            'metric.a = { title = "A", type = "number" }\n'
            'metric.sum = { title = "S", type = "number", formula = "a * 0.1" }\n'
            'rule.metric = { group = "all", title = "R", source = ["1"], metric = "sum", comparator = ">=",'
            ' threshold = 1, weight = 5, deduction = "all_or_nothing" }\n'
            'rule.limit = { group = "all", title = "R", source = ["1"], metric = "a", comparator = ">=", weight = 5,'
            ' threshold = { formula = "a * 0.1" }, deduction = "all_or_nothing" }\n'
        )
        assert self.kept(scored(text, {"a": 999_999}))[1] == "không có"
        assert self.kept(scored(text, {"a": 1_000_000}))[1] == "không có"
        assert self.kept(scored(text, {"a": 1_000_001}))[1] == "sum, limit"

    def test_formulas_too_deep(self):
        nested = (
            "round_down(" * 25 + "m" + ")" * 25
        )  # three brackets each, 64 are allowed
        text = (
            f"metric.d = {{ title = 'D', type = 'number', formula = '{nested}' }}\n"
            + self.rule(more="", deduction="{ kind = 'formula', formula = 'd' }")
        )
        assert self.kept(scored(text, {"m": 50}))[1] == "d"

    def test_worked_weekends(self):
        text = (
            "calendar = { country = 'VN', extra_workdays = [2023-04-08] }\n"
            "metric.a = { title = 'A', type = 'date' }\nmetric.b = { title = 'B', type = 'date' }\n"
            "rule.r = { group = 'all', title = 'R', source = ['1'], metric = 'b', comparator = 'on_or_before',"
            " threshold = { formula = 'add_working_days(a, 3)' }, weight = 10, deduction = 'all_or_nothing' }"
        )
        assert self.kept(scored(text, {"a": "2023-04-06", "b": "2023-04-10"}))[1] == "r"
        frame, kept, book = self.kept(
            scored(text, {"a": "2023-04-27", "b": "2023-05-09"})
        )
        assert kept == "không có"
        row = frame.rows[False, "r"]
        assert (
            "WORKDAY('Số liệu'!$H$7,3,'Danh mục'!$D$2:$D$61)"
            in at(book["Các bước tính"], row, MET).value
        )
        free = [book["Danh mục"].cell(place, 4).value.date() for place in (2, 3)]
        assert free == [date(2023, 5, 1), date(2023, 5, 2)]
        assert "ngày nghỉ" in at(book["Bảng điểm"], row, NOTE).value


ODD = """
metric.m = { title = "M", type = "number", better = "neither" }
metric.l = { title = "L", type = "level", levels = ["a", "b", "c"] }
metric.n = { title = "N", type = "number", formula = "first(m, 80)" }
rule.between = { group = "all", title = "R", source = ["1"], metric = "m", weight = 1, comparator = "between",\
 threshold = { above = -2, to = 3 }, deduction = "all_or_nothing" }
rule.among = { group = "all", title = "R", source = ["1"], metric = "l", weight = 1, comparator = "one_of",\
 threshold = ["a", "b"], deduction = "all_or_nothing" }
rule.numbers = { group = "all", title = "R", source = ["1"], metric = "m", weight = 1, comparator = "one_of",\
 threshold = [1, 3], deduction = "all_or_nothing" }
rule.derived = { group = "all", title = "R", source = ["1"], metric = "n", weight = 1, comparator = ">=",\
 threshold = 80, deduction = "all_or_nothing" }
rule.person = { group = "all", title = "R", source = ["1"], weight = 1, deduction = "manual", due = 2023-06-30,\
 absence = { missing = "manual" } }
band = [{ id = "only", title = "Một hạng", from = 0 }]
""".replace("\\\n", "")


def test_comparisons_with_several_figures_and_a_person_who_may_wait():
    document = scored(ODD, {"m": 1, "l": "b"}, as_of="2023-05-01")
    assert [rule["state"] for rule in document["rules"]] == [
        "met",
        "met",
        "met",
        "not_met",
        "not_due",
    ]
    frame, book = Frame(document), opened(document)
    steps = book["Các bước tính"]
    row = frame.rows[False, "between"]
    assert (
        "IF(AND((ROUND('Số liệu'!$H$7-(-2),10)>0),(ROUND('Số liệu'!$H$7-3,10)<=0)),1,0)"
        in at(steps, row, MET).value
    )
    assert (
        """OR(('Số liệu'!$H$8="a"),('Số liệu'!$H$8="b"))"""
        in at(steps, row + 1, MET).value
    )
    assert (
        "OR((ROUND('Số liệu'!$H$7-1,10)=0),(ROUND('Số liệu'!$H$7-3,10)=0))"
        in at(steps, row + 2, MET).value
    )
    assert at(book["Số liệu"], frame.metric_rows["n"], CODE).value == '=IF($H$9="",2,0)'
    assert "AND('Số liệu'!$F$4<DATE(2023,6,30)," in at(steps, row + 4, CAUSE).value
    assert [
        line[4].value
        for line in book["Tổng hợp"]
        if line[1].value == "Xếp loại" and line[0].value is None
    ] == ["–"]


GOOD = sorted((ROOT / "tests" / "good").glob("*.toml"))


@pytest.mark.parametrize(
    "path",
    [*GOOD[::3], *only_wide(*GOOD[1::3], *GOOD[2::3])],
    ids=lambda path: path.stem,
)
def test_every_shape_has_a_workbook_that_says_what_the_report_says(path):
    rules = load_rules(path)
    for case in json.loads(
        path.with_suffix(".json").read_text(encoding="utf-8"), parse_float=Decimal
    )["cases"]:
        document = score(rules, load_measurements(case["submission"], rules)).to_dict(
            lang="en"
        )
        frame, parts = Frame(document), Parts(workbook(document))
        for line in frame.lines:
            for place, key in (
                (MAXIMUM, "maximum"),
                (EARNED, "earned"),
                (LOST, "lost"),
                (EXCLUDED, "excluded"),
            ):
                value = parts.values[
                    frame.sheets["scores"], f"{column(place)}{line.row + 1}"
                ]
                assert Fraction(value) == Fraction(line.item[key])


class TestTheCommand:
    def test_writes_the_file(self, tmp_path):
        path = tmp_path / "report.xlsx"
        assert (
            main(["score", str(EXAMPLE), "--format", "xlsx", "--output", str(path)])
            == 0
        )
        assert path.read_bytes() == workbook(plan())
        assert zipfile.is_zipfile(path)

    def test_below_a_limit_the_file_is_written_all_the_same(self, tmp_path):
        path = tmp_path / "report.xlsx"
        assert (
            main(
                [
                    "score",
                    str(EXAMPLE),
                    "--format",
                    "xlsx",
                    "--output",
                    str(path),
                    "--fail-under",
                    "90",
                ]
            )
            == 1
        )
        assert path.exists()

    def test_a_workbook_cannot_be_printed(self, capsys):
        assert main(["score", str(EXAMPLE), "--format", "xlsx", "--lang", "en"]) == 2
        assert capsys.readouterr() == (
            "",
            "A workbook cannot be printed: add --output FILE.\n",
        )

    def test_without_the_extra_it_says_what_to_install(
        self, tmp_path, capsys, monkeypatch
    ):
        for name in [
            name
            for name in sys.modules
            if name.startswith("cchc_rules.render.workbook")
        ]:
            monkeypatch.delitem(sys.modules, name)
        monkeypatch.setitem(sys.modules, "xlsxwriter", None)
        path = tmp_path / "report.xlsx"
        assert (
            main(
                [
                    "score",
                    str(EXAMPLE),
                    "--format",
                    "xlsx",
                    "--output",
                    str(path),
                    "--lang",
                    "en",
                ]
            )
            == 2
        )
        said = 'This needs the package xlsxwriter. Install it with: pip install "cchc-rules[xlsx]"\n'
        assert capsys.readouterr().err == said
        assert not path.exists()

    def test_an_unwritable_place(self, tmp_path, capsys):
        assert (
            main(["score", str(EXAMPLE), "--format", "xlsx", "--output", str(tmp_path)])
            == 2
        )
        assert str(tmp_path) in capsys.readouterr().err

    def test_texts_are_bytes_too(self, document):
        assert json.loads(render_bytes(document, "json")) == document
        assert render_bytes(document, "markdown").decode() == render(
            document, "markdown"
        )


MEAN = """
[metric.share]
title = "Tỷ lệ"
type = "percent"
[group.mean]
title = "Bình quân"
combine = "mean"
weight = 10
[rule.large]
group = "mean"
title = "Lớn"
source = ["1"]
metric = "share"
comparator = ">="
threshold = 100
weight = 3
deduction = "proportional"
[rule.hand]
group = "mean"
title = "Tay"
source = ["2"]
weight = 1
deduction = "manual"
[rule.rest]
group = "all"
title = "Khác"
source = ["3"]
weight = 1
deduction = "manual"
"""


def test_a_rule_of_a_mean_is_reckoned_in_its_own_points():
    """The report says what it counts for, 7.50 of 10.00; the steps start from its weight, 3.00."""
    document = scored(MEAN, {"share": 50})
    frame = Frame(document)
    assert [rule["maximum"] for rule in document["rules"]] == [
        "7.50",
        "2.50",
        "1.00",
    ]
    steps = opened(document, values=True)[frame.sheets["steps"]]
    row = frame.rows[False, "large"]
    assert at(steps, row, WEIGHT).value == 3
    assert at(steps, row, ACTUAL.earned).value == 1.5
    inputs = opened(document)[frame.sheets["inputs"]]
    given = at(inputs, frame.point_rows["hand"], GIVEN).coordinate
    limits = [
        (rule.formula1, rule.formula2)
        for rule in inputs.data_validations.dataValidation
        if given in rule.sqref and rule.type == "decimal"
    ]
    assert [[Fraction(edge) for edge in edges] for edges in limits] == [[0, 1]]


BANDS = """
[rule.share]
group = "all"
title = "Tỷ lệ"
source = ["1"]
metric = "share"
comparator = ">="
threshold = 100
weight = 2
deduction = "proportional"

[metric.share]
title = "Tỷ lệ"
type = "percent"

[[band]]
id = "fair"
title = "Khá"
from = 0
below = 8

[[band]]
id = "good"
title = "Tốt"
from = 8
to = 10
"""


def bands_of(document):
    """The cells of the first sheet from the heads of the band to the last band."""
    frame = Frame(document)
    sheet = opened(document, values=True)[frame.sheets["summary"]]
    rows = [[cell.value for cell in row[:5]] for row in sheet.iter_rows()]
    first = next(
        position for position, row in enumerate(rows) if row[1] == frame.say("band")
    )
    return rows[first : first + 5]


def test_a_report_without_an_index_has_its_bands_and_says_that_none_is_reached():
    """Its one rule is not applicable. Bands without a title in the report are known by their edges."""
    nothing_left = scored(BANDS, {"share": {"not_applicable": "Không phát sinh"}})
    assert nothing_left["index"]["value"] is None
    assert nothing_left["band"] is None
    frame = Frame(nothing_left)
    heads, band, _, fair, good = bands_of(nothing_left)
    assert heads[3] == frame.say("in-report")
    assert band[1:] == [frame.say("band"), "–", "không xét: không có chỉ số", "–"]
    assert [fair[1], good[1]] == ["≥ 0 < 8", "≥ 8 ≤ 10"]
    # With a figure the same table names the bands and the one that is reached.
    _, band, _, fair, good = bands_of(scored(BANDS, {"share": 50}))
    assert [fair[1], good[1]] == ["Khá", "Tốt"]
    assert [band[2], band[3], band[4]] == ["Khá", "Khá", 3]
