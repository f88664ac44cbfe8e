"""Blank forms and their reading: what is filled in comes back, and what is unsure is refused with its cell."""

import json
import zipfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from fill_form import Sheets, fill, filled
from hypothesis import given
from packaged_rules import packaged
from strategies import cases

from cchc_rules import (
    SubmissionError,
    load_measurements,
    load_rules,
    parse_rules,
    score,
)
from cchc_rules.base.json_schemas import form_text
from cchc_rules.cli.main import main
from cchc_rules.render.form_workbook import form
from cchc_rules.submissions import typed_cells
from cchc_rules.submissions import worksheets as sheets_module
from cchc_rules.submissions.blank import blank
from cchc_rules.submissions.blank_json import template
from cchc_rules.submissions.worksheets import exact_content

ROOT = Path(__file__).parents[2]
EXAMPLES = [
    ("cam-due-2023", path.stem)
    for path in sorted((ROOT / "examples").glob("cam-due-2023*.json"))
]
EXAMPLES = [pair for pair in EXAMPLES if "mistakes" not in pair[1]]
TINY = """
format = 1
tracks = ["appraised"]
[ruleset]
id = "tiny"
version = "1.0"
title = { vi = "Bộ nhỏ", en = "Small" }
language = "vi"
valid = { from = 2023-01-01, until = 2023-12-31 }
[absence]
missing = "lost"
[window]
from = 2023-01-01
until = 2023-12-31
[group.all]
title = "Tất cả"
[group.survey]
title = "Khảo sát"
optional = true
[metric]
share = { title = "Tỷ lệ", type = "percent", ratio = { numerator = "đúng hạn", denominator = "tổng số" } }
meetings = { title = "Số cuộc họp", type = "count", unit = "cuộc", evidence = "Biên bản" }
price = { title = "Chi phí", type = "number", least = 0 }
issued = { title = "Ngày ban hành", type = "date" }
done = { title = "Đã làm", type = "yes_no" }
grade = { title = "Mức", type = "level", levels = ["tốt, có khen", "kém"] }
papers = { title = "Văn bản", type = "count", distinct = true }
[remedy.act]
task = "Làm ngay"
lead = "Văn phòng"
[rule]
share = { group = "all", title = "R1", source = ["I.1"], metric = "share", comparator = ">=", threshold = 95, weight = 4, deduction = "proportional", remedy = "act" }
share-again = { group = "all", title = "R1b", source = ["I.2"], metric = "share", comparator = ">=", threshold = 50, weight = 1, deduction = "all_or_nothing" }
meetings = { group = "all", title = "R2", source = ["I.3"], metric = "meetings", comparator = ">=", threshold = 4, weight = 1, deduction = "proportional", evidence_required = true }
price = { group = "all", title = "R3", source = ["I.4"], metric = "price", comparator = ">=", threshold = 1, weight = 1, deduction = "all_or_nothing" }
issued = { group = "all", title = "R4", source = ["I.5"], metric = "issued", comparator = "on_or_before", threshold = 2023-03-01, weight = 1, deduction = "all_or_nothing" }
done = { group = "all", title = "R5", source = ["I.6"], metric = "done", comparator = "is", threshold = true, weight = 1, deduction = "all_or_nothing" }
grade = { group = "all", title = "R6", source = ["I.7"], metric = "grade", comparator = "is", threshold = "tốt, có khen", weight = 1, deduction = "all_or_nothing" }
papers = { group = "survey", title = "R7", source = ["I.8"], metric = "papers", comparator = ">=", threshold = 2, weight = 1, deduction = "proportional" }
hand = { group = "all", title = "R8", source = ["I.9"], weight = 2, deduction = "manual" }
"""
HEAD = {"format": 1, "ruleset": "tiny", "unit": "UBND xã", "period": "2023"}


@pytest.fixture(scope="module")
def tiny():
    return parse_rules(TINY)


@pytest.fixture(scope="module")
def tiny_form(tiny):
    return form(blank(tiny))


@pytest.fixture(scope="module")
def blank_sheets(tiny_form):
    """The form as it is handed out, to say where its cells are; nobody writes into it."""
    return Sheets(tiny_form)


@pytest.fixture
def hand_in(tiny, tiny_form, tmp_path):
    """Fill the small form in with a submission and single cells, and read it."""

    def read(measurements=None, cells=(), change=None, **head):
        sheets = Sheets(tiny_form)
        fill(sheets, {**HEAD, "measurements": measurements or {}, **head})
        for (table, id_, key), value in cells:
            sheets.cells[table, id_, key].value = value
        if change:
            change(sheets)
        path = tmp_path / "filled.xlsx"
        path.write_bytes(sheets.saved())
        return load_measurements(path, tiny)

    return read


def refused(read, *arguments, **named):
    with pytest.raises(SubmissionError) as error:
        read(*arguments, **named)
    return [
        (found.code, found.file.partition("filled.xlsx:")[2])
        for found in error.value.problems
    ]


def at(sheets, *place):
    cell = sheets.cells[place]
    return f"{cell.parent.title}!{cell.coordinate}"


# What is filled in comes back ---------------------------------------------------------------------------------------


def same(path, data, submission, rules):
    path.write_bytes(filled(data, submission))
    return load_measurements(path, rules) == load_measurements(submission, rules)


@pytest.mark.wide
@given(cases())
def test_a_drawn_submission_comes_back_from_the_workbook(tmp_path_factory, case):
    text, _, submission = case
    rules = parse_rules(text)
    assert same(
        tmp_path_factory.mktemp("x") / "f.xlsx", form(blank(rules)), submission, rules
    )


@given(cases())
def test_a_drawn_submission_comes_back_from_json(case):
    text, _, submission = case
    rules = parse_rules(text)
    content = json.loads(template(blank(rules)), parse_float=Decimal)
    assert set(submission["measurements"]) <= set(content["measurements"])
    assert set(submission.get("points", {})) <= set(content["points"])
    assert set(submission.get("absent", {})) <= set(content["guide"]["absent"])
    assert set(submission.get("tracks", {})) <= set(content["tracks"])
    score(rules, load_measurements(content, rules))
    for key, value in submission.items():
        content[key] = {**content[key], **value} if isinstance(value, dict) else value
    content["tracks"] = submission.get("tracks", {})
    assert load_measurements(content, rules) == load_measurements(submission, rules)


@pytest.mark.parametrize(("rules", "name"), EXAMPLES)
def test_the_examples_of_the_plan_come_back(rules, name, tmp_path):
    source = ROOT / "examples" / f"{name}.json"
    submission = json.loads(source.read_text(encoding="utf-8"), parse_float=Decimal)
    loaded = load_rules(rules)
    assert same(tmp_path / "f.xlsx", form(blank(loaded)), submission, loaded)


def test_every_part_of_a_submission_comes_back(hand_in, tiny):
    submission = {
        "unit_kind": None,
        "as_of": "2023-12-20",
        "note": "Ghi chú chung",
        "points": {
            "hand": {
                "points": Decimal("1.5"),
                "reason": "theo biên bản",
                "evidence": ["BB 1"],
            }
        },
        "tracks": {"appraised": {"share": {"points": 2, "reason": "thẩm định"}}},
        "absent": {"survey": "không tổ chức"},
    }
    measurements = {
        "share": {"numerator": 47, "denominator": 52, "note": "đã rà soát"},
        "meetings": {
            "value": 4,
            "evidence": ["BB 1", {"document": "BB 2", "date": "2023-03-04"}],
        },
        "price": {"waived": {"by": "huyện", "why": "bão", "until": "2023-12-31"}},
        "issued": "2023-02-01",
        "done": False,
        "grade": "tốt, có khen",
        "papers": {"items": ["NQ 1", "NQ 2"]},
    }
    del submission["unit_kind"]
    assert hand_in(measurements, **submission) == load_measurements(
        {**HEAD, **submission, "measurements": measurements}, tiny
    )


def test_the_form_of_one_kind_knows_its_kind(tmp_path):
    text = (
        TINY
        + '[kind.mountain]\ntitle = "Miền núi"\n[kind.mountain.rule.price]\nremove = true\n'
    )
    text += "[kind.mountain.metric.price]\nremove = true\n"
    rules = parse_rules(text)
    (tmp_path / "f.xlsx").write_bytes(filled(form(blank(rules, kind="mountain")), HEAD))
    assert load_measurements(tmp_path / "f.xlsx", rules).unit_kind == "mountain"
    assert "price" not in template(blank(rules, kind="mountain"))
    sheets = Sheets(filled(form(blank(rules)), HEAD))
    sheets.put("head", "unit_kind", "value", "mountain – Miền núi")
    (tmp_path / "g.xlsx").write_bytes(sheets.saved())
    assert load_measurements(tmp_path / "g.xlsx", rules).unit_kind == "mountain"


@pytest.mark.parametrize("overlay", ["a-town", "z-town"])
def test_a_form_of_a_frame_is_scored_by_what_extends_it(tmp_path, tiny_form, overlay):
    """The overlay has a version of its own, wherever its id stands in the alphabet."""
    (tmp_path / "frame.toml").write_text(TINY, encoding="utf-8")
    town = f"""format = 1
extends = "frame.toml"
[ruleset]
id = "{overlay}"
version = "2.0"
"""
    (tmp_path / "town.toml").write_text(town, encoding="utf-8")
    (tmp_path / "f.xlsx").write_bytes(filled(tiny_form, HEAD))
    rules = load_rules(tmp_path / "town.toml")
    assert load_measurements(tmp_path / "f.xlsx", rules).ruleset == "tiny"


# Ways to write ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (97.35, "97.35"),
        ("97,35", "97.35"),
        (" 97.35 % ", "97.35"),
        ("97,35\u00a0%", "97.35"),
        (0.1 + 0.2, "0.3"),
        ("0,125", "0.125"),
        (64, "64"),
        (64.0, "64"),
        ("64", "64"),
    ],
)
def test_a_percentage_is_read_as_typed(hand_in, written, read):
    assert hand_in(cells=[(("figures", "share", "value"), written)]).entries[
        "share"
    ].value == Decimal(read)


@pytest.mark.parametrize(
    "stored", ["97.349999999999994", "97.3500000000000085", "9.735E1", "97.35"]
)
def test_what_excel_stores_for_97_35_is_97_35(hand_in, tiny, tmp_path, stored):
    hand_in({"share": Decimal("97.35")})
    path = tmp_path / "filled.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(tmp_path / "g.xlsx", "w") as new:
        for name in old.namelist():
            text, written = (
                old.read(name),
                b"<v>97.34999999999999</v>",
            )  # openpyxl itself writes 16 digits
            assert ("sheet1.xml" in name) is (written in text)
            new.writestr(name, text.replace(written, f"<v>{stored}</v>".encode()))
    assert load_measurements(tmp_path / "g.xlsx", tiny).entries[
        "share"
    ].value == Decimal("97.35")


def test_a_cell_shown_in_percent_is_what_it_shows(hand_in):
    def percent(sheets):
        sheets.cells["figures", "share", "value"].number_format = "0.00%"

    found = hand_in(cells=[(("figures", "share", "value"), 0.9735)], change=percent)
    assert found.entries["share"].value == Decimal("97.35")


@pytest.mark.parametrize(
    "written",
    [date(2023, 2, 1), datetime(2023, 2, 1), "01/02/2023", "1/2/2023", "2023-02-01"],
)
def test_a_day_is_read_as_written(hand_in, written):
    found = hand_in(cells=[(("figures", "issued", "value"), written)])
    assert found.bound.figures["issued"] == (date(2023, 2, 1).toordinal(), 1)


@pytest.mark.parametrize(
    ("written", "read"), [("Có", True), (" KHÔNG ", False), ("yes", True), (True, True)]
)
def test_yes_and_no_are_read_as_written(hand_in, written, read):
    assert (
        hand_in(cells=[(("figures", "done", "value"), written)]).entries["done"].value
        is read
    )


def test_words_come_in_one_form_of_unicode(hand_in):
    found = hand_in(
        cells=[
            (("figures", "done", "value"), "co\u0301"),
            (("figures", "papers", "items"), " NQ 1 \n\n nq  1\nNghi\u0323 quyết"),
            (("head", "period", "value"), 2023),
        ]
    )
    assert found.entries["done"].value is True
    assert found.entries["papers"].items == ("NQ 1", "nq  1", "Nghị quyết")
    assert found.bound.figures["papers"] == (2, 1)
    assert found.period == "2023"


def test_no_items_are_none_and_an_empty_cell_is_missing(hand_in):
    assert (
        hand_in(cells=[(("figures", "papers", "items"), 0)]).entries["papers"].items
        == ()
    )
    assert hand_in(cells=[(("figures", "papers", "items"), 12)]).entries[
        "papers"
    ].items == ("12",)
    assert "papers" not in hand_in().entries


def test_evidence_without_a_figure_gives_none(hand_in):
    assert hand_in(cells=[(("figures", "share", "documents"), "BC 1")]).entries == {}


def test_rows_may_move_and_empty_rows_do_no_harm(hand_in):
    def move(sheets):
        sheet = sheets.cells["figures", "share", "value"].parent
        row, last = sheets.cells["figures", "share", "value"].row, sheet.max_row + 5
        for cell in [*sheet[row]]:
            if not isinstance(cell, openpyxl.cell.cell.MergedCell):
                sheet.cell(last, cell.column).value, cell.value = cell.value, None

    assert (
        hand_in({"share": 12, "meetings": 3}, change=move).entries["share"].value == 12
    )


# What is refused ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "written", "code"),
    [
        (("price", "value"), "1.234", "text-for-number"),
        (("share", "value"), "nhiều", "not-a-number"),
        (("share", "value"), "=47/52*100", "form-formula"),
        (("share", "value"), 101, "out-of-range"),
        (("share", "value"), datetime(2023, 5, 1), "not-a-number"),
        (("share", "value"), True, "boolean-for-number"),
        (("meetings", "value"), "97 %", "form-percent"),
        (("meetings", "value"), 2.5, "not-whole"),
        (("meetings", "numerator"), 2, "entry-ways"),
        (("issued", "value"), "31/02/2023", "not-a-date"),
        (("issued", "value"), True, "not-a-date"),
        (("issued", "value"), "01/02/2022", "date-outside-window"),
        (("done", "value"), "chắc là có", "not-yes-no"),
        (("grade", "value"), "giỏi", "unknown-level"),
        (("papers", "value"), 3, "items-asked"),
        (("meetings", "until"), "ngày kia", "missing-key"),
    ],
)
def test_a_wrong_cell_is_named(hand_in, blank_sheets, place, written, code):
    place = ("figures", *place)
    found = refused(hand_in, cells=[(place, written)])
    assert (code, at(blank_sheets, *place)) in found


def test_points_out_of_range_are_named_with_their_cell(hand_in, blank_sheets):
    given_points = {"hand": {"points": 3, "reason": "x"}}
    assert refused(hand_in, points=given_points) == [
        ("points-out-of-range", at(blank_sheets, "points", "hand", "points"))
    ]
    assert (
        refused(hand_in, cells=[(("points", "hand", "reason"), "x")])[0][0]
        == "missing-key"
    )


def test_more_dates_than_documents(hand_in, blank_sheets):
    cells = [
        (("figures", "share", "value"), 1),
        (("figures", "share", "documents"), "A"),
        (("figures", "share", "dates"), "1/2/2023\n2/2/2023"),
    ]
    assert refused(hand_in, cells=cells) == [
        ("form-dates", at(blank_sheets, "figures", "share", "dates"))
    ]
    cells[1:] = [(("figures", "share", "dates"), date(2023, 1, 1))]
    assert refused(hand_in, cells=cells)[0][0] == "form-dates"


def test_a_wrong_date_of_evidence_is_named(hand_in, blank_sheets):
    cells = [
        (("figures", "share", "value"), 1),
        (("figures", "share", "documents"), "A\nB"),
    ]
    cells += [(("figures", "share", "dates"), "–\nhôm qua")]
    assert refused(hand_in, cells=cells) == [
        ("not-a-date", at(blank_sheets, "figures", "share", "dates"))
    ]


def test_an_id_twice_none_or_unknown(hand_in, blank_sheets):
    place = at(blank_sheets, "figures", "meetings", "value").replace("J", "A")

    def rename(name):
        def change(sheets):
            cell = sheets.cells["figures", "meetings", "value"]
            cell.parent.cell(cell.row, 1).value = name

        return change

    assert ("form-id-twice", place) in refused(
        hand_in, {"meetings": 4}, change=rename("share")
    )
    assert refused(hand_in, {"meetings": 4}, change=rename(None)) == [
        ("form-no-id", place.replace("A", "J"))
    ]
    assert refused(hand_in, {"meetings": 4}, change=rename("meting")) == [
        ("unknown-metric", place.replace("A", "J"))
    ]


def test_a_merge_over_rows(hand_in, blank_sheets):
    def merge(sheets):
        cell = sheets.cells["figures", "share", "value"]
        cell.parent.merge_cells(
            start_row=cell.row, end_row=cell.row + 1, start_column=10, end_column=10
        )

    assert refused(hand_in, {"share": 4}, change=merge) == [
        ("form-merged", at(blank_sheets, "figures", "share", "value"))
    ]
    assert hand_in(change=merge).entries == {}


def test_another_rule_set_or_version(hand_in, blank_sheets):
    assert (
        refused(hand_in, cells=[(("head", "ruleset", "value"), "other")])[0][0]
        == "other-ruleset"
    )
    version = ("head", "version", "value")
    assert refused(hand_in, cells=[(version, "0.9")]) == [
        ("form-version", at(blank_sheets, *version))
    ]


def test_an_unknown_track(hand_in):
    def rename(sheets):
        sheets.cells["appraised", "share", "track"].value = "inspected"

    given_points = {"appraised": {"share": {"points": 1, "reason": "x"}}}
    assert refused(hand_in, tracks=given_points, change=rename)[0][0] == "unknown-track"


def test_no_more_problems_than_are_told(tmp_path, tiny):
    book = openpyxl.Workbook()
    for row in (
        ("cchc:head", "value"),
        ("cchc:figures", "value"),
        *[(None, "x")] * 600,
    ):
        book.active.append(row)
    book.save(tmp_path / "filled.xlsx")
    with pytest.raises(SubmissionError) as error:
        load_measurements(tmp_path / "filled.xlsx", tiny)
    assert error.value.problems[-1].code == "too-many-problems"


def packed(path, parts):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in parts.items():
            file.writestr(name, data)


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"xl/vbaProject.bin": b""}, "form-macros"),
        ({"xl/workbook.xml": b"<!DOCTYPE x>"}, "form-broken"),
        ({"xl/workbook.xml": b"no workbook"}, "form-broken"),
        ({"bomb": b"0" * (sheets_module.MAX_UNPACKED + 1)}, "form-too-large"),
        ({str(at): b"" for at in range(sheets_module.MAX_PARTS + 1)}, "form-too-large"),
    ],
)
def test_what_is_no_workbook_to_trust(tmp_path, parts, code):
    packed(tmp_path / "filled.xlsx", parts)
    assert [
        found for found, _ in refused(load_measurements, tmp_path / "filled.xlsx")
    ] == [code]


def test_files_that_are_no_form(tmp_path, monkeypatch):
    path = tmp_path / "filled.xlsx"
    assert refused(load_measurements, path)[0][0] == "file-unreadable"
    path.write_bytes(b"PK")
    assert refused(load_measurements, path)[0][0] == "form-broken"
    book = openpyxl.Workbook()
    book.active["A1"] = "cchc:figures"
    book.save(path)
    assert refused(load_measurements, path)[0][0] == "form-unknown"
    book.active["XFD1048576"] = 1
    book.save(path)
    assert refused(load_measurements, path)[0][0] == "form-too-large"
    monkeypatch.setattr(sheets_module, "MAX_BYTES", 10)
    assert refused(load_measurements, path)[0][0] == "file-too-large"


@pytest.mark.parametrize(
    ("words", "read"),
    [
        ("12", Decimal(12)),
        ("-12,5", Decimal("-12.5")),
        ("1.212,50", Decimal("1212.5")),
        ("1.212", "1.212"),
        ("1,212", "1,212"),
        ("1 212", Decimal(1212)),
        ("9" * 61, "9" * 61),
        ("", ""),
    ],
)
def test_numbers_as_typed(words, read):
    assert typed_cells.number(words) == read


@pytest.mark.parametrize("value", [1e300 * 1e10, -1e300 * 1e10])
def test_no_number_is_no_number(value):
    assert not exact_content(value).is_finite()


# The form -----------------------------------------------------------------------------------------------------------


def test_the_form_says_what_is_asked(tiny):
    document = blank(tiny, "en")
    (area, survey) = document["areas"]
    assert [officer["lead"] for officer in area["officers"]] == ["Văn phòng", None]
    (share,) = area["officers"][0]["metrics"]
    assert share["clauses"] == ["I.1", "I.2"]
    assert share["rules"] == ["share", "share-again"]
    assert (share["unit"], share["allowed"]) == ("%", "at least 0 and at most 100")
    meetings, price, issued, done, grade = area["officers"][1]["metrics"]
    assert (meetings["unit"], meetings["evidence"], meetings["evidence_required"]) == (
        "cuộc",
        "Biên bản",
        True,
    )
    assert price["allowed"] == "at least 0"
    assert (
        issued["allowed"]
        == "from 1 January 2023 to 31 December 2023; or “never: reason”"
    )
    assert done["allowed"] == "yes / no"
    assert grade["allowed"] == "tốt, có khen; kém"
    assert survey["officers"][0]["metrics"][0]["allowed"] == "a list"
    assert [rule["id"] for rule in document["points"]] == ["hand"]
    assert document["blocks"] == [{"id": "survey", "title": "Khảo sát"}]


def test_every_sheet_is_locked_but_for_its_yellow_cells(tiny_form):
    sheets = Sheets(tiny_form)
    shown = [
        sheet for sheet in sheets.book.worksheets if sheet.sheet_state == "visible"
    ]
    assert all(sheet.protection.sheet for sheet in shown)
    for (table, id_, key), cell in sheets.cells.items():
        yellow = cell.fill.start_color.rgb == "FFFFF6CC"
        assert yellow is not cell.protection.locked, (table, id_, key)
    assert sheets.cells["figures", "meetings", "numerator"].protection.locked
    assert sheets.cells["figures", "papers", "value"].protection.locked
    assert not sheets.cells["figures", "share", "numerator"].protection.locked


def test_cells_hold_only_what_they_may(tiny_form):
    sheets = Sheets(tiny_form)
    (sheet,) = {
        cell.parent for (table, *_), cell in sheets.cells.items() if table == "figures"
    }
    rules = {str(rule.sqref): rule for rule in sheet.data_validations.dataValidation}

    def rule(*place):
        return rules[sheets.cells[place].coordinate]

    share = rule("figures", "share", "value")
    assert (share.type, share.formula1, share.formula2) == ("decimal", "0", "100")
    assert rule("figures", "meetings", "value").type == "whole"
    issued = rule("figures", "issued", "value")
    assert issued.type == "custom"
    assert "DATE(2023,1,1)" in issued.formula1
    # words say that the day never came, and why
    assert "ISTEXT" in issued.formula1
    for id_, choices in (("done", ["có", "không"]), ("grade", ["tốt, có khen", "kém"])):
        name, _, area = (
            rule("figures", id_, "value").formula1.replace("'", "").partition("!")
        )
        assert [
            cell.value for (cell,) in sheets.book[name][area.replace("$", "")]
        ] == choices


def test_the_same_form_is_the_same_bytes(tiny, tiny_form):
    assert form(blank(tiny)) == tiny_form


def test_a_metric_nobody_reads_and_a_validity_of_no_whole_year():
    text = TINY.replace(
        "from = 2023-01-01, until = 2023-12-31", "from = 2022-07-01, until = 2023-06-30"
    )
    text = text.replace("[window]\nfrom = 2023-01-01\nuntil = 2023-12-31\n", "")
    text = text.replace(
        "[remedy.act]", '[metric.spare]\ntitle = "Thừa"\ntype = "number"\n[remedy.act]'
    )
    document = blank(parse_rules(text))
    assert document["period"] == "2022-07-01/2023-06-30"
    assert document["areas"][-1]["title"] == "Số liệu khác"
    assert form(document)


def test_what_is_derived_is_not_asked_for():
    rules = packaged("qd-766-2022")
    derived = {metric.id for metric in rules.metrics.values() if not metric.submitted}
    asked = {
        one["id"]
        for area in blank(rules)["areas"]
        for officer in area["officers"]
        for one in officer["metrics"]
    }
    assert derived
    assert asked == rules.metrics.keys() - derived


# The commands -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_init_writes_a_rule_file_that_passes(lang, tmp_path, capsys):
    path = tmp_path / "mine.toml"
    assert main(["init", str(path), "--lang", lang]) == 0
    assert load_rules(path).warnings == ()
    assert main(["fmt", "--check", str(path)]) == 0
    before, schema = path.read_bytes(), tmp_path / "rules.schema.json"
    assert schema.read_text(encoding="utf-8") == form_text("rules", lang)
    schema.write_text("{}", encoding="utf-8")
    assert main(["init", str(tmp_path / "second.toml"), "--lang", lang]) == 0
    assert schema.read_text(encoding="utf-8") == "{}"
    assert main(["init", str(path), "--lang", lang]) == 2
    assert path.read_bytes() == before
    assert str(path) in capsys.readouterr().err
    assert main(["init", str(tmp_path / "no" / "mine.toml")]) == 2


def test_the_starter_scores_as_its_comments_say(tmp_path):
    path = tmp_path / "mine.toml"
    assert main(["init", str(path), "--lang", "en"]) == 0
    rules = load_rules(path)
    measurements = {
        "on_time": 76,
        "trainings": 1,
        "plan_date": "2025-02-01",
        "website": True,
    }
    submission = {
        "format": 1,
        "ruleset": "my-index",
        "unit": "U",
        "period": "2025",
        "measurements": measurements,
    }
    report = score(rules, load_measurements(submission, rules))
    assert [str(rule.earned) for rule in report.rules] == [
        "3.20",
        "1.50",
        "0.00",
        "1.00",
    ]


def test_template_prints_writes_and_refuses(tmp_path, capsys):
    rules = "example-access-to-law"
    assert main(["template", rules]) == 0
    assert json.loads(capsys.readouterr().out)["ruleset"] == rules
    assert main(["template", rules, "--format", "xlsx"]) == 2
    assert main(["template", rules, "--kind", "town"]) == 3
    assert "unknown-kind" in capsys.readouterr().err
    path = tmp_path / "form.xlsx"
    assert (
        main(
            [
                "template",
                rules,
                "--format",
                "xlsx",
                "--output",
                str(path),
                "--lang",
                "en",
            ]
        )
        == 0
    )
    path.write_bytes(
        filled(
            path.read_bytes(), {"unit": "UBND xã", "period": "2023-07-01/2024-06-30"}
        )
    )
    for command in (["score"], ["sensitivity"], ["plan"], ["compare", str(path)]):
        assert main(
            [*command, str(path), *(["--to", "90"] if command == ["plan"] else [])]
        ) in (0, 1), command
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("command", [["score"], ["plan", "--to", "90"]])
def test_without_openpyxl_the_extra_is_named(
    tiny_form, tmp_path, monkeypatch, capsys, command
):
    (tmp_path / "form.xlsx").write_bytes(tiny_form)
    monkeypatch.setitem(__import__("sys").modules, "openpyxl", None)
    assert main([*command, str(tmp_path / "form.xlsx"), "--lang", "en"]) == 2
    assert "xlsx" in capsys.readouterr().err


def test_a_kind_goes_by_its_title_or_by_its_name():
    """Of three kinds one has no title: its id stands in the list of the form."""
    path = ROOT / "tests" / "good" / "s37-by-group-of-units.toml"
    text = path.read_text(encoding="utf-8").replace('title = "Nhóm 1"\n', "")
    kinds = blank(parse_rules(text), "vi")["kinds"]
    titles = {kind["id"]: kind["title"] for kind in kinds}
    assert titles == {"group-1": "group-1", "group-2": "Nhóm 2", "group-3": "Nhóm 3"}
