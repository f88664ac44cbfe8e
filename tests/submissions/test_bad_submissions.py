"""One bad submission a problem: each gives its code at its path; all problems at once, in the submission's order."""

import ast
import json
import re
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from cchc_rules import SubmissionError, load_measurements, load_rules, score
from cchc_rules.base.messages import LANGUAGES
from cchc_rules.base.problem import MOST_PROBLEMS, path_text
from cchc_rules.cli.main import main
from cchc_rules.submissions import submission

ROOT = Path(__file__).parents[2]
BAD = Path(__file__).parents[1] / "bad" / "submissions"
FILES = sorted(BAD.glob("*.json"))
RULES = load_rules(BAD / "rules.toml")

GOOD = {
    "format": 1,
    "ruleset": "tiny",
    "unit": "UBND xã",
    "period": "2023",
    "measurements": {"share": {"numerator": 47, "denominator": 52}, "meetings": 4},
}


def refused(source):
    """The problems of a submission, found when it is read or when it is scored."""
    with pytest.raises(SubmissionError) as error:
        score(RULES, load_measurements(source, RULES))
    return error.value.problems


def said(found):
    """Every problem is said in both languages, every place filled in, with what to do."""
    for lang in LANGUAGES:
        text = found.text(lang)
        assert found.what(lang) in text
        assert found.fix(lang) in text
        assert found.what(lang) != found.fix(lang)
        assert not re.search(r"\{\w+\}", text)


def expected(path):
    """What a bad file says of itself: its code and its path (none where it is no JSON at all)."""
    code = path.stem.partition("--")[0]
    text = path.read_bytes().decode("utf-8", "replace")
    found = re.search(r'"expect:\s?([^"]*)"', text)
    return code, found[1].strip() if found else None


def with_entry(**entries):
    return {**GOOD, "measurements": {**GOOD["measurements"], **entries}}


MADE_HERE = {
    "file-too-large",
    "file-unreadable",
    "json-too-deep",
    "float-for-number",
    "too-many-problems",
    "form-version",
    "other-format",
}
"""Codes for which no bad file lies in the folder: the tests below make them, tests/submissions/test_intake.py the last."""

HIDDEN = {"negative-count", "numerator-over-zero", "numerator-above-denominator"}
"""Codes that the source returns rather than says."""


def codes_in_source():
    """Every code that reading, binding or scoring a submission may give."""
    found = set(HIDDEN) | {"boolean-for-number", "float-for-number", "text-for-number"}
    for module in (
        "submissions/submission",
        "submissions/binding",
        "report/score",
        "base/number",
    ):
        tree = ast.parse(
            (ROOT / "src" / "cchc_rules" / f"{module}.py").read_text(encoding="utf-8")
        )
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Call)
                and node.args
                and isinstance(node.args[0], ast.Constant)
            ):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                if name in ("Problem", "fault", "NotANumberError"):
                    found.add(node.args[0].value)
    return found


class TestEachBadFile:
    def test_there_are_many(self):
        assert len(FILES) > 80

    def test_every_code_has_a_file(self):
        codes = {path.stem.partition("--")[0] for path in FILES}
        assert codes_in_source() - codes <= MADE_HERE
        assert codes <= codes_in_source()

    def test_the_good_one_is_good(self):
        assert score(RULES, load_measurements(GOOD, RULES)).index.value >= 0

    @pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
    def test_gives_its_code_at_its_path_and_nothing_else(self, path):
        code, place = expected(path)
        found = refused(path)
        assert [one.code for one in found] == [code]
        assert place is None or path_text(found[0].path) == place
        elsewhere = {"effect-undeclared": "rules.toml", "formula-failed": ""}
        assert found[0].file == elsewhere.get(code, str(path))
        said(found[0])

    @pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
    def test_says_the_same_of_the_mapping(self, path):
        if expected(path)[0] in ("duplicate-key", "number-too-long"):
            return
        try:
            content = json.loads(
                path.read_bytes().decode(), parse_float=Decimal, parse_constant=Decimal
            )
        except ValueError:
            return
        if not isinstance(content, dict):
            return
        assert [(one.code, one.path) for one in refused(content)] == [
            (one.code, one.path) for one in refused(path)
        ]


class TestAllAtOnce:
    def test_the_example_full_of_mistakes(self):
        """Worked by reading the file from top to bottom."""
        rules = load_rules("cam-due-2023")
        with pytest.raises(SubmissionError) as error:
            load_measurements(ROOT / "examples" / "cam-due-2023-mistakes.json", rules)
        found = [(one.code, path_text(one.path)) for one in error.value.problems]
        assert found == MISTAKES
        assert len(found) == 37
        for one in error.value.problems:
            said(one)

    def test_the_example_as_a_mapping_says_the_same(self):
        """A mapping has no key twice: all the other mistakes are there, in the same order."""
        text = (ROOT / "examples" / "cam-due-2023-mistakes.json").read_text(
            encoding="utf-8"
        )
        content = json.loads(text, parse_float=Decimal, parse_constant=Decimal)
        with pytest.raises(SubmissionError) as error:
            load_measurements(content, load_rules("cam-due-2023"))
        assert [
            (one.code, path_text(one.path)) for one in error.value.problems
        ] == MISTAKES[1:]

    def test_the_example_names_what_is_nearest(self):
        with pytest.raises(SubmissionError) as error:
            load_measurements(
                ROOT / "examples" / "cam-due-2023-mistakes.json",
                load_rules("cam-due-2023"),
            )
        near = {
            path_text(one.path): one.arguments["nearest"]
            for one in error.value.problems
            if "nearest" in one.arguments
        }
        assert near["measurements.on_tme"] == "on_time"
        assert near["measurements.surprise_inspection"] == "surprise_inspections"
        assert near["measurements.satisfaction_construction.valeu"] == "value"
        assert near["measurements.structure_arranged"] == "Đã hoàn thành"

    def test_form_and_figures_are_told_together(self):
        """What is wrong with the form of one entry hides nothing about another."""
        found = refused(
            with_entry(share={"items": "x"}, meetings=1.5, grade="Tot")
            | {"unit": " ", "format": 2}
        )
        assert [(one.code, path_text(one.path)) for one in found] == [
            ("format-version", "format"),
            ("empty-text", "unit"),
            ("not-a-list", "measurements.share.items"),
            ("items-not-asked", "measurements.share.items"),
            ("float-for-number", "measurements.meetings"),
            ("unknown-level", "measurements.grade"),
        ]

    def test_without_rules_the_figures_are_told_when_it_is_scored(self):
        source = with_entry(share=True, meetings="4", shaer=1)
        found = load_measurements(source)
        with pytest.raises(SubmissionError) as error:
            score(RULES, found)
        assert [(one.code, one.path) for one in error.value.problems] == [
            (one.code, one.path) for one in refused(source)
        ]
        assert len(error.value.problems) == 3
        assert (
            score(RULES, load_measurements(GOOD)).index
            == score(RULES, load_measurements(GOOD, RULES)).index
        )

    def test_without_rules_only_the_form_is_told(self):
        with pytest.raises(SubmissionError) as error:
            load_measurements(with_entry(shaer=1) | {"note": 5})
        assert [one.code for one in error.value.problems] == ["not-text"]

    def test_every_absence_without_an_effect_at_once(self):
        gone = {"not_applicable": "không có"}
        found = refused(with_entry(share=gone, meetings=gone, plan=gone))
        assert [(one.code, path_text(one.path)) for one in found] == [
            ("effect-undeclared", "rule.on-time"),
            ("effect-undeclared", "rule.meetings"),
            ("effect-undeclared", "rule.plan"),
        ]

    def test_what_it_says_stands_beside_it(self, monkeypatch, capsys):
        monkeypatch.chdir(ROOT / "examples")
        assert main(["score", "cam-due-2023-mistakes.json"]) == 4
        assert capsys.readouterr().err == Path("cam-due-2023-mistakes.txt").read_text(
            encoding="utf-8"
        )

    def test_no_more_than_can_be_read(self):
        found = refused(
            with_entry(**{f"m{at}": 1 for at in range(MOST_PROBLEMS + 100)})
        )
        assert {one.code for one in found} == {"unknown-metric", "too-many-problems"}
        assert len(found) == MOST_PROBLEMS + 1
        said(found[-1])

    @pytest.mark.parametrize(
        ("change", "name"),
        [
            ({"measurements": {"shaer": 1}}, "share"),
            ({"points": {"leadershp": {"points": 1, "reason": "x"}}}, "leadership"),
            ({"absent": {"survy": "không có"}}, "survey"),
            ({"tracks": {"apraised": {}}}, "appraised"),
            ({"mesurements": {}}, "measurements"),
            ({"unit_kind": "mountian"}, "mountain"),
            ({"measurements": {"grade": "Tôt"}}, "Tốt"),
            ({"measurements": {"share": {"valeu": 1, "value": 1}}}, "value"),
            (
                {
                    "measurements": {
                        "share": {"value": 1, "evidence": [{"document": "x", "dat": 1}]}
                    }
                },
                "date",
            ),
            (
                {"points": {"leadership": {"points": 1, "reason": "x", "evidnce": []}}},
                "evidence",
            ),
        ],
    )
    def test_the_nearest_name_is_offered(self, change, name):
        (found,) = refused({**GOOD, **change})
        assert f"“{name}”" in found.fix("vi")
        assert f"Did you mean “{name}”?" in found.fix("en")


def nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


class Whole(int):
    """A whole number of a type of its own."""


class Array:
    """Like an array of numpy: it compares to many truths, has no hash, and knows its own numbers."""

    __hash__ = None

    def __eq__(self, other):
        raise ValueError("the truth of an array is ambiguous")

    __ne__ = __eq__

    def __array__(self):
        return [97]

    def __float__(self):
        return 97.0

    def __str__(self):
        return "[97]"


STRANGE = {
    "moment": (datetime(2023, 1, 1), "not-a-number"),
    "day": (date(2023, 1, 1), "not-a-number"),
    "list": ([97], "not-a-number"),
    "whole number of another type": (Whole(97), "not-a-number"),
    "array": (Array(), "not-a-number"),
    "generator": ((value for value in [97]), "not-a-number"),
    "no number": (Decimal("NaN"), "not-finite"),
    "signalling": (Decimal("sNaN"), "not-finite"),
    "beyond reason": (Decimal("1e999999999"), "number-too-long"),
    "next to nothing": (Decimal("1e-999999999"), "number-too-long"),
    "of 5001 digits": (10**5000, "number-too-long"),
    "of 5001 digits below zero": (-(10**5000), "number-too-long"),
    "digits within a list": ([10**5000], "not-a-number"),
    "nested without end": (nested(100_000), "not-a-number"),
}
"""What Python may hand over as a figure, and the code it is refused with."""


class TestNumbersFromPython:
    @pytest.mark.parametrize(
        ("value", "code"),
        [
            (97.5, "float-for-number"),
            (float("nan"), "float-for-number"),
            (Fraction(1, 3), "not-a-number"),
            (1j, "not-a-number"),
            (b"97", "not-a-number"),
            (Decimal("sNaN"), "not-finite"),
            (Decimal("-Infinity"), "not-finite"),
            (10**30, "number-too-long"),
            (Decimal("1e-31"), "number-too-long"),
            (True, "boolean-for-number"),
            ("97.5", "text-for-number"),
        ],
        ids=repr,
    )
    def test_refused(self, value, code):
        (found,) = refused(with_entry(share={"value": value}))
        assert found.code == code
        said(found)

    @pytest.mark.parametrize(
        "value", [Decimal("97.350"), 97, Decimal("9.735E+1"), Decimal("-0")]
    )
    def test_taken(self, value):
        report = score(
            RULES, load_measurements(with_entry(share={"value": value}), RULES)
        )
        rule = next(
            rule for rule in report.to_dict()["rules"] if rule["id"] == "on-time"
        )
        item = next(item for item in rule["inputs"] if item["metric"] == "share")
        assert Decimal(item["value"]) == value

    def test_a_comma_in_a_text_is_guessed_aloud_and_never_used(self):
        for text, hint in (
            ("97,5", "97.5"),
            ("1.212", "1.212"),  # a share cannot be a thousand
            ("1.212,5", "1212.5"),
            ("95 %", "95"),
        ):
            (found,) = refused(with_entry(share=text))
            assert hint in found.fix("vi")

    @pytest.mark.parametrize("text", ["x", "-", "N/A", "không phát sinh", "#DIV/0!"])
    def test_no_figure_is_offered_where_none_was_written(self, text):
        (found,) = refused(with_entry(share=text))
        assert found.code == "not-a-number"
        assert not re.search(r"\d", found.fix("vi") + found.fix("en"))

    @pytest.mark.parametrize("name", STRANGE)
    @pytest.mark.parametrize(
        "wrap",
        [lambda value: value, lambda value: {"value": value}],
        ids=["bare", "in a table"],
    )
    def test_strange_figures(self, name, wrap):
        value, code = STRANGE[name]
        (found,) = refused(with_entry(share=wrap(value)))
        assert (found.code, found.path) == (code, ("measurements", "share"))
        said(found)

    @pytest.mark.parametrize("name", STRANGE)
    def test_strange_points(self, name):
        value, code = STRANGE[name]
        (found,) = refused(
            {**GOOD, "points": {"leadership": {"points": value, "reason": "x"}}}
        )
        assert (found.code, found.path) == (code, ("points", "leadership", "points"))

    @pytest.mark.parametrize("name", STRANGE)
    def test_strange_versions(self, name):
        (found,) = refused({**GOOD, "format": STRANGE[name][0]})
        assert (found.code, found.path) == ("format-version", ("format",))
        said(found)


class TestNull:
    @pytest.mark.parametrize(
        "entry",
        [
            None,
            {"value": None},
            {"numerator": None, "denominator": None},
            {"value": None, "evidence": ["x"], "note": "y"},
        ],
        ids=repr,
    )
    def test_a_figure_left_null_is_missing(self, entry):
        report = score(RULES, load_measurements(with_entry(share=entry), RULES))
        assert (
            next(rule for rule in report.rules if rule.id == "on-time").state
            == "missing"
        )

    def test_null_beside_a_figure_says_nothing(self):
        entry = {
            "value": 90,
            "numerator": None,
            "not_applicable": None,
            "waived": None,
            "evidence": None,
            "note": None,
        }
        assert (
            load_measurements(with_entry(share=entry), RULES).entries["share"].value
            == 90
        )

    def test_null_at_the_top_is_absent(self):
        found = load_measurements(
            {
                **GOOD,
                "note": None,
                "as_of": None,
                "points": None,
                "absent": None,
                "tracks": None,
            }
        )
        assert (found.note, found.as_of, found.points, found.absent, found.tracks) == (
            None,
            None,
            {},
            {},
            {},
        )

    def test_points_left_null(self):
        assert load_measurements({**GOOD, "points": {"leadership": None}}).points == {}


class TestFiles:
    def test_too_large(self, tmp_path, monkeypatch):
        monkeypatch.setattr(submission, "MAX_BYTES", 100)
        path = tmp_path / "large.json"
        path.write_text(json.dumps({**GOOD, "note": "x" * 100}))
        (found,) = refused(path)
        assert found.code == "file-too-large"
        said(found)

    def test_unreadable(self, tmp_path):
        for path in (tmp_path / "none.json", tmp_path, tmp_path / "a\0b.json"):
            (found,) = refused(path)
            assert found.code == "file-unreadable"
            said(found)

    @pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000])
    def test_nested_too_deeply(self, text, tmp_path):
        path = tmp_path / "deep.json"
        path.write_text(text)
        (found,) = refused(path)
        assert found.code == "json-too-deep"
        said(found)

    def test_a_byte_order_mark_is_read_over(self, tmp_path):
        path = tmp_path / "windows.json"
        path.write_bytes(b"\xef\xbb\xbf" + json.dumps(GOOD).encode())
        assert load_measurements(path).unit == "UBND xã"

    @pytest.mark.parametrize("encoding", ["utf-16", "latin-1", "cp1252"])
    def test_another_encoding(self, encoding, tmp_path):
        path = tmp_path / "other.json"
        path.write_bytes(
            json.dumps({**GOOD, "unit": "UBND xã"}, ensure_ascii=False).encode(encoding)
        )
        (found,) = refused(path)
        assert found.code == "not-utf8"


class TestText:
    def test_one_normal_form(self):
        found = load_measurements(
            {**GOOD, "unit": "UBND xa\u0303", "note": " e\u0302\u0301 "}
        )
        assert (found.unit, found.note) == ("UBND xã", "ế")


MISTAKES = [
    ("duplicate-key", ""),
    ("unknown-kind", "unit_kind"),
    ("not-a-date", "measurements.plan_date"),
    ("date-outside-window", "measurements.bottleneck_meeting_date"),
    ("entry-ways", "measurements.communication_tasks"),
    ("items-asked", "measurements.initiatives"),
    ("boolean-for-number", "measurements.surprise_inspections"),
    ("entry-ways", "measurements.surprise_coverage"),
    ("out-of-range", "measurements.par_rank"),
    ("not-whole", "measurements.par_rank_before"),
    ("not-yes-no", "measurements.rule_of_law_plan"),
    ("negative-count", "measurements.drafts_commented"),
    ("not-yes-no", "measurements.law_monitoring"),
    ("text-for-number", "measurements.procedures_posted.numerator"),
    ("out-of-range", "measurements.results_digitised"),
    ("unknown-metric", "measurements.on_tme"),
    ("numerator-above-denominator", "measurements.on_time"),
    ("numerator-over-zero", "measurements.feedback_settled"),
    ("text-for-number", "measurements.satisfaction"),
    ("empty-text", "measurements.satisfaction_land.not_applicable"),
    ("entry-ways", "measurements.satisfaction_construction"),
    ("unknown-key", "measurements.satisfaction_construction.valeu"),
    ("not-finite", "measurements.costs_cut"),
    ("unknown-level", "measurements.structure_arranged"),
    ("not-a-list", "measurements.deputies.evidence"),
    ("missing-key", "measurements.staff_promoted.waived"),
    ("missing-key", "measurements.staff_promoted.waived"),
    ("text-for-number", "measurements.electronic_files"),
    ("unknown-metric", "measurements.surprise_inspection"),
    ("not-a-list", "measurements.investment_projects.items"),
    ("items-asked", "measurements.new_enterprises"),
    ("negative-count", "measurements.budget_revenue"),
    ("points-not-asked", "points.on-time"),
    ("points-out-of-range", "points.on-time.points"),
    ("group-not-optional", "absent.digital"),
    ("unknown-track", "tracks.appraised"),
    ("points-out-of-range", "tracks.appraised.on-time.points"),
]


def test_the_line_of_a_wrong_letter(tmp_path):
    """Lines are counted from 1: the letter after two line ends stands in the third."""
    path = tmp_path / "submission.json"
    path.write_bytes(b'{\n"format": 1,\n"unit": "\xff"}')
    with pytest.raises(SubmissionError) as raised:
        load_measurements(path)
    assert [(one.code, one.line) for one in raised.value.problems] == [("not-utf8", 3)]


def test_two_unknown_keys_beside_a_value(tmp_path):
    """As many keys as a share has: each that is unknown is told all the same."""
    entry = {"value": 4, "vlaue": 1, "noet": "x"}
    path = tmp_path / "submission.json"
    path.write_text(json.dumps({**GOOD, "measurements": {"meetings": entry}}))
    assert [problem.code for problem in refused(path)] == ["unknown-key"] * 2
