"""The JSON Schemas of rule files and submissions: what readers take as to form is valid, what they refuse is not."""

import copy
import importlib.util
import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker
from strategies import cases, to_toml

from cchc_rules import SubmissionError, packaged_rule_sets
from cchc_rules.base.json_schemas import FORMS, form_text
from cchc_rules.base.messages import LANGUAGES
from cchc_rules.base.packaged import packaged_rules_folder
from cchc_rules.cli.main import main
from cchc_rules.rules import file_format
from cchc_rules.submissions.submission import Reader, read

ROOT = Path(__file__).parents[2]
PACKAGED = [packaged_rules_folder() / f"{name}.toml" for name in packaged_rule_sets()]
BAD = ROOT / "tests" / "bad"
RULES, SUBMISSION = (
    Draft202012Validator(json.loads(form_text(name)), format_checker=FormatChecker())
    for name in ("rules", "submission")
)

FORM_CODES = {
    "bad-id", "bad-threshold", "boolean-for-number", "empty-list", "empty-text", "format-version", "missing-key",
    "missing-kind", "not-a-date", "not-a-number", "not-finite", "not-text", "number-too-long", "text-for-number",
    "effect-value", "number-outside", "tier-condition", "two-edges", "unknown-key", "unknown-word", "wrong-type",
    "gate-form", "gate-effect", "need-subject",
}  # fmt: skip
"""What a schema can say of a rule file; every other code hangs on what several tables, or files, say together."""

BEYOND = {
    "missing-key--comparator", "missing-key--comparator-alone", "missing-key--mean", "missing-key--metric",
    "missing-key--target", "missing-key--threshold", "tier-condition", "tier-condition--level",
}  # fmt: skip
"""Bad files of such a code that hang all the same on what else the rule says: its deduction, its metric's type."""

CAUGHT_TOO = {"extends", "extends--none", "quoted-value--day", "since-date--word"}

SUBMISSION_CODES = {
    "bad-period", "empty-text", "entry-ways", "format-version", "missing-key", "never-unexplained", "not-a-date", "not-a-list",
    "not-a-number", "not-an-object", "not-text", "number-too-long", "text-for-number", "unknown-key",
}  # fmt: skip

SUBMISSION_BEYOND = {
    "bad-period--reversed", "not-a-date--no-such-day", "not-a-date--number", "not-a-date--value",
    "number-too-long--tiny", "text-for-number", "text-for-number--comma", "text-for-number--percent",
}  # fmt: skip
"""Bare values, which are right or wrong as the type of their metric has it; and a figure of too many places."""


def decimal(text):
    """A number as it stands, or null as editors see what JSON has no number for."""
    try:
        value = Decimal(text.replace("_", ""))
    except InvalidOperation:
        return 10**30
    return value if value.is_finite() else None


def plain(value):
    """A TOML document as editors hold it against a schema: dates are texts."""
    if isinstance(value, Mapping):
        return {key: plain(inside) for key, inside in value.items()}
    if isinstance(value, list):
        return [plain(inside) for inside in value]
    return value.isoformat() if isinstance(value, date | datetime) else value


def toml(text):
    return plain(tomli.loads(text, parse_float=decimal))


def readable(path):
    """The content of a bad file, where it is TOML or JSON at all."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
        return (
            toml(text)
            if path.suffix == ".toml"
            else json.loads(text, parse_float=decimal, parse_constant=lambda _: None)
        )
    except ValueError:
        return None


def faults(validator, document):
    return [
        f"{'/'.join(map(str, one.absolute_path))}: {one.message[:200]}"
        for one in validator.iter_errors(document)
    ]


def tool():
    spec = importlib.util.spec_from_file_location(
        "make_schemas", ROOT / "tools" / "make_schemas.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class TestTheyAreMade:
    def test_from_the_models_and_the_catalogues(self):
        for path, text in tool().made():
            assert path.read_text(encoding="utf-8") == text, (
                "run python tools/make_schemas.py"
            )

    def test_by_the_tool(self, tmp_path, monkeypatch):
        maker = tool()
        monkeypatch.setattr(maker, "SCHEMAS", tmp_path)
        maker.main()
        assert sorted(path.name for path in tmp_path.iterdir()) == [
            "rules.schema.json",
            "submission.schema.json",
        ]

    @pytest.mark.parametrize("name", FORMS)
    def test_as_schemas(self, name):
        document = json.loads(form_text(name))
        Draft202012Validator.check_schema(document)
        assert document["$id"] == f"urn:cchc-rules:{name}:1"

    @pytest.mark.parametrize(
        "validator", [RULES, SUBMISSION], ids=["rules", "submission"]
    )
    def test_every_key_says_what_it_means_in_both_languages(self, validator):
        tables = [validator.schema, *validator.schema["$defs"].values()]
        closed = [
            table for table in tables if table.get("additionalProperties") is False
        ]
        keys = [key for table in closed for key in table["properties"].values()]
        assert len(keys) > 20
        assert all(
            key["description"].startswith("vi ")
            and key["description"].count(" / en ") == 1
            for key in keys
        )

    def test_every_key_of_the_models_is_there(self):
        for name, keys in (
            ("rule", "threshold"),
            ("metric", "ratio"),
            ("remedy", "due_date"),
            ("band", "below"),
        ):
            assert keys in RULES.schema["$defs"][name]["properties"]
            assert set(file_format.keys_in_order(name)) <= set(
                RULES.schema["$defs"][name]["properties"]
            )


class TestRuleFiles:
    @pytest.mark.parametrize(
        "path",
        [*PACKAGED, *(ROOT / "tests" / "good").glob("*.toml")],
        ids=lambda path: path.stem,
    )
    def test_good_files_are_valid(self, path):
        assert faults(RULES, toml(path.read_text(encoding="utf-8"))) == []

    @pytest.mark.parametrize(
        "path", sorted((BAD / "rules").glob("*.toml")), ids=lambda path: path.stem
    )
    def test_of_bad_files_those_with_a_fault_of_form_are_refused(self, path):
        document = readable(path)
        if document is None:
            pytest.skip("no TOML")
        code = path.stem.partition("--")[0]
        refused = (
            code in FORM_CODES and path.stem not in BEYOND
        ) or path.stem in CAUGHT_TOO
        assert bool(faults(RULES, document)) == refused

    def test_an_overlay_says_only_what_differs(self):
        overlay = 'extends = "x"\n[ruleset]\nversion = "2"\n[rule.a]\nthreshold = 3\n[rule.b]\nremove = true\n'
        assert faults(RULES, toml(overlay)) == []
        assert faults(RULES, toml(overlay.replace('extends = "x"\n', ""))) != []
        assert faults(RULES, toml(overlay.replace("threshold", "treshold"))) != []
        assert faults(RULES, toml(overlay.replace("true", "false"))) != []
        assert (
            faults(
                RULES,
                toml(overlay.replace('"x"', '["x", "y"]').replace("true", '["note"]')),
            )
            == []
        )

    def test_entries_of_lists_by_name_and_sections_with_a_day(self):
        top = 'extends = "x"\n[band.good]\nfrom = 75\n[band.low]\nremove = true\n[band_gate.a]\nat_most = "low"\n'
        dated = "[since.2023-07-01]\ntitle = 'T'\n[since.2023-07-01.kind.hill.target.four]\nthreshold = 3\n"
        assert faults(RULES, toml(top + dated)) == []
        assert faults(RULES, toml(top.replace("from", "form"))) != []
        assert faults(RULES, toml(top + dated.replace("threshold", "treshold"))) != []

    @given(cases())
    def test_whatever_is_drawn_is_valid(self, case):
        assert faults(RULES, toml(case[0])) == []

    @given(cases(), st.data())
    def test_one_change_is_refused_by_both_or_by_neither(self, case, data):
        document = tomli.loads(case[0], parse_float=Decimal)
        document.pop("kind", None)
        table, key = data.draw(st.sampled_from(list(places(document))))
        if data.draw(st.booleans()):
            del table[key]
        else:
            table[data.draw(st.sampled_from([key, "nonsense", "weight", "title"]))] = (
                data.draw(st.sampled_from(OTHERS))
            )
        _, problems = file_format.read(document)
        assert bool(faults(RULES, plain(document))) == bool(problems), (
            problems,
            to_toml(document),
        )


OTHERS = [True, "", "x", " ", [], ["x"], [""], {}, {"vi": "x"}, {"vi": "x", "en": "y"}, -1, 10**30, Decimal("0.5"),
    {"from": 1, "above": 2}, {"from": 1}, {"metric": "x"}, "none", {"kind": "none"}, {"kind": "tiers", "tiers": []},
    {"kind": "tiers"}, [{"points": 1}], [{"from": 1, "is": 2}], [{"otherwise": True}], "tiers", "manual", ">=", "sum",
]  # fmt: skip


def places(document):
    """Every table of a document with each of its keys."""
    for key, value in document.items():
        yield document, key
        for inside in value if isinstance(value, list) else [value]:
            if isinstance(inside, dict):
                yield from places(inside)


class TestSubmissions:
    @pytest.mark.parametrize(
        "path",
        sorted((ROOT / "tests" / "good").glob("*.json")),
        ids=lambda path: path.stem,
    )
    def test_good_ones_are_valid(self, path):
        content = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
        for one in content if isinstance(content, list) else [content]:
            for submission in submissions_in(one):
                assert faults(SUBMISSION, submission) == []

    def test_the_examples(self):
        for name in ("cam-due-2023", "cam-due-2023-mid-year", "cam-due-2023-strong"):
            text = (ROOT / "examples" / f"{name}.json").read_text(encoding="utf-8")
            assert faults(SUBMISSION, json.loads(text, parse_float=Decimal)) == []

    @pytest.mark.parametrize(
        "path", sorted((BAD / "submissions").glob("*.json")), ids=lambda path: path.stem
    )
    def test_of_bad_ones_those_with_a_fault_of_form_are_refused(self, path):
        document = readable(path)
        if document is None:
            pytest.skip("no JSON")
        code = path.stem.partition("--")[0]
        assert bool(faults(SUBMISSION, document)) == (
            code in SUBMISSION_CODES and path.stem not in SUBMISSION_BEYOND
        )

    @given(cases(), st.data())
    def test_one_change_is_refused_by_both_or_by_neither(self, case, data):
        document = copy.deepcopy(plain(case[2]))
        assert faults(SUBMISSION, document) == []
        table, key = data.draw(st.sampled_from(list(places(document))))
        if data.draw(st.booleans()):
            del table[key]
        else:
            table[
                data.draw(st.sampled_from([key, "nonsense", "value", "evidence"]))
            ] = data.draw(st.sampled_from(PARTS))
        assert bool(faults(SUBMISSION, document)) == refused(document), document


PARTS = [None, True, "x", " ", 1, -1, 10**30, Decimal("0.5"), [], ["x"], [1], {}, {"value": 1}, {"value": None},
    {"numerator": 1}, {"numerator": 1, "denominator": 2}, {"numerator": 1, "denominator": None}, {"note": "x"},
    {"denominator": 2}, {"denominator": None}, {"value": 1, "items": ["x"]}, {"value": 1, "items": None},
    {"points": 1, "reason": "x"}, {"points": "1", "reason": "x"}, {"points": 1}, {"document": "x"},
    [{"document": "x", "date": "2023-01-01"}], {"by": "x", "why": "x", "until": "2023-12-31"}, {"not_applicable": ""},
]  # fmt: skip


def refused(document):
    """Whether the reader finds a fault of form; bare values are for the metric to judge, numbers among them."""
    reader = Reader()
    try:
        read(document, reader)
    except SubmissionError:
        return True
    return bool(reader.problems) or any(
        unjudged(one) for one in (document.get("measurements") or {}).values()
    )


def unjudged(entry):
    """Whether a figure is one that no metric takes, which the reader leaves to the metric."""
    values = (
        [entry.get(key) for key in ("value", "numerator", "denominator")]
        if isinstance(entry, dict)
        else [entry]
    )
    halves = values[1:] if isinstance(entry, dict) else []
    return any(
        isinstance(v, dict | list) or v == " " or v == 10**30 for v in values
    ) or any(isinstance(v, str | bool) for v in halves)


def submissions_in(content):
    """The submissions that a file of cases holds."""
    if isinstance(content, dict) and "measurements" in content:
        yield content
    elif isinstance(content, dict | list):
        for inside in content.values() if isinstance(content, dict) else content:
            yield from submissions_in(inside)


class TestTheCommand:
    @pytest.mark.parametrize("name", FORMS)
    def test_prints_each_as_it_is_shipped(self, name, capsys):
        assert main(["schema", name]) == 0
        assert capsys.readouterr().out == form_text(name)

    @pytest.mark.parametrize("lang", LANGUAGES)
    def test_in_one_language(self, lang, capsys):
        assert main(["schema", "rules", "--lang", lang]) == 0
        document = json.loads(capsys.readouterr().out)
        said = document["$defs"]["rule"]["properties"]["weight"]["description"]
        assert (
            said
            == {"vi": "điểm tối đa, lớn hơn 0", "en": "the most points, above zero"}[
                lang
            ]
        )
        Draft202012Validator.check_schema(document)

    def test_to_a_file(self, tmp_path, capsys):
        assert main(["schema", "submission", "--output", str(tmp_path / "s.json")]) == 0
        assert capsys.readouterr().out == ""
        assert (tmp_path / "s.json").read_text(encoding="utf-8") == form_text(
            "submission"
        )
        assert main(["schema", "rules", "--output", str(tmp_path)]) == 2
        assert main(["schema", "whim"]) == 2
