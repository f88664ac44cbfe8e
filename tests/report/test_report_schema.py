"""The JSON Schema of the report document: every report validates, and nothing may be left out of one."""

import copy
import json
from functools import cache
from importlib import resources
from pathlib import Path
from typing import get_args

import pytest
from document_parts import described_objects, descriptions, in_both_languages, objects
from hypothesis import given
from jsonschema import Draft202012Validator, FormatChecker
from packaged_rules import packaged
from searches import only_wide
from strategies import cases
from test_shapes import EACH_SHAPE, report_of

from cchc_rules import (
    Effect,
    Reason,
    State,
    load_measurements,
    parse_report,
    parse_rules,
    score,
)
from cchc_rules import print_report as printed
from cchc_rules.base import messages
from cchc_rules.rules.file_format import METRIC_ID, OTHER_ID, Comparator
from cchc_rules.rules.model import Basis

EXAMPLES = Path(__file__).parents[2] / "examples"
SCHEMA = json.loads(
    (
        resources.files("cchc_rules") / "packaged" / "schemas" / "report.schema.json"
    ).read_text(encoding="utf-8")
)
VALIDATOR = Draft202012Validator(SCHEMA, format_checker=FormatChecker())

NAMED = {
    (): "ruleset measurements as_of engine index band targets groups rules",
    ("ruleset",): "id version sha256",
    ("measurements",): "unit period sha256",
    ("engine",): "name version",
    ("index",): "value scale earned lost excluded maximum lowest highest",
    (
        "rules",
        0,
    ): "id group title source state metric comparator threshold value inputs maximum earned lost excluded "
    "reason calculation evidence remedy",
    ("rules", 0, "reason"): "code text",
}
"""The keys that readers of reports count on, whatever else changes."""


def faults(document):
    errors = VALIDATOR.iter_errors(document)
    return [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}"
        for error in errors
    ]


@cache
def example(name="cam-due-2023"):
    rules = packaged("cam-due-2023")
    return score(rules, load_measurements(EXAMPLES / f"{name}.json", rules))


@pytest.fixture(scope="module")
def document():
    return example().to_dict()


@pytest.fixture
def short(document):
    """The document with the first of its rules and groups alone, new each time so that a test may spoil it."""
    first = {key: document[key][:1] for key in ("rules", "groups")}
    return copy.deepcopy({**document, **first})


def at(document, path):
    for step in path:
        document = document[step]
    return document


def shape(path):
    """A path with its list places left out: objects of one shape are required alike."""
    return tuple(step for step in path if isinstance(step, str))


def open_map(path):
    """Whether the object at a path has keys that the rule set names, not the format."""
    return path[-1:] in (("tracks",), ("effects",), ("unusual_days",))


WHERE_USED = {
    "conditions",
    "lowest",
    "needs",
    "required_shares",
    "rounding",
    "targets",
}
"""Keys that stand in a report only where the rule file has what they are about."""


class TestTheSchema:
    def test_is_a_schema(self):
        Draft202012Validator.check_schema(SCHEMA)
        assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        assert SCHEMA["$id"] == "urn:cchc-rules:report:1"

    def test_is_written_as_it_is_printed(self):
        text = (
            resources.files("cchc_rules")
            / "packaged"
            / "schemas"
            / "report.schema.json"
        ).read_text(encoding="utf-8")
        assert text == printed(SCHEMA)

    def test_every_object_is_closed_and_requires_all_its_keys(self):
        closed = described_objects(SCHEMA)
        assert len(closed) > 15
        for part in closed:
            assert part["additionalProperties"] is False
            # A condition has bounds or values of a few ways.
            if "oneOf" in part:
                continue
            if part not in (SCHEMA["$defs"]["bounds"], SCHEMA["$defs"]["band"]):
                needed = [key for key in part["properties"] if key in part["required"]]
                assert part["required"] == needed
                assert {*part["properties"]} - {*needed} <= WHERE_USED

    def test_descriptions_are_in_both_languages(self):
        said = descriptions(SCHEMA)
        assert len(said) > 100
        assert all(map(in_both_languages, said))

    @pytest.mark.parametrize(
        ("name", "values"), [("state", State), ("reason", Reason), ("effect", Effect)]
    )
    def test_enumerations_are_those_of_the_code(self, name, values):
        assert SCHEMA["$defs"][name]["enum"] == [str(value) for value in values]

    def test_words_of_rule_files_are_those_of_the_code(self):
        definitions = SCHEMA["$defs"]
        assert set(definitions["comparator"]["enum"]) == set(get_args(Comparator))
        assert set(definitions["basis"]["enum"]) == set(get_args(Basis))
        assert definitions["id"]["pattern"] == OTHER_ID
        assert definitions["metricId"]["pattern"] == METRIC_ID
        assert set(SCHEMA["properties"]["language"]["enum"]) == set(
            messages.languages()
        )
        assert set(
            SCHEMA["properties"]["index"]["properties"]["counts"]["properties"]
        ) == {str(s) for s in State}

    @pytest.mark.parametrize("path", NAMED, ids=str)
    def test_the_keys_that_readers_count_on_are_required(self, path, document):
        part = SCHEMA
        for step in path:
            part = part["items"] if isinstance(step, int) else part["properties"][step]
            part = (
                SCHEMA["$defs"][part["$ref"].rpartition("/")[2]]
                if "$ref" in part
                else part
            )
        assert set(NAMED[path].split()) <= set(part["required"])
        assert set(NAMED[path].split()) <= set(at(document, path))


class TestReportsValidate:
    @pytest.mark.parametrize("lang", messages.languages())
    @pytest.mark.parametrize(("name", "submission", "_"), EACH_SHAPE)
    def test_every_shape(self, name, submission, _, lang):
        assert faults(report_of(name, submission).to_dict(lang)) == []

    @pytest.mark.parametrize("lang", messages.languages())
    @pytest.mark.parametrize(
        "name",
        ["cam-due-2023", *only_wide("cam-due-2023-mid-year", "cam-due-2023-strong")],
    )
    def test_the_examples(self, name, lang):
        assert faults(example(name).to_dict(lang)) == []

    @pytest.mark.wide
    @given(cases())
    def test_whatever_is_drawn(self, case):
        text, _, submission = case
        rules = parse_rules(text)
        report = score(rules, load_measurements(submission, rules))
        for lang in messages.languages():
            assert faults(report.to_dict(lang)) == []

    def test_a_document_read_back(self, document):
        assert faults(parse_report(printed(document))) == []


class TestNothingMayBeLeftOut:
    @pytest.mark.wide
    def test_any_dropped_key_is_refused(self, document):
        seen = set()
        for path, part in objects(document):
            loose = open_map(path) or {"threshold", "bands", "range"} & set(shape(path))
            if loose or (shape(path), frozenset(part)) in seen:
                continue
            seen.add((shape(path), frozenset(part)))
            for key in list(part):
                kept = part.pop(key)
                assert VALIDATOR.is_valid(document) is False, (*path, key)
                part[key] = kept
        assert len(seen) > 15
        assert faults(document) == []

    def test_any_further_key_is_refused(self, document):
        seen = set()
        for path, part in objects(document):
            if open_map(path) or shape(path) in seen:
                continue
            seen.add(shape(path))
            part["further"] = None
            assert VALIDATOR.is_valid(document) is False, path
            del part["further"]

    @pytest.mark.parametrize(
        ("path", "value"),
        [
            (("format",), 2),
            (("language",), "fr"),
            (("as_of",), "2023-02-30"),
            (("as_of",), "31/12/2023"),
            (("ruleset", "sha256"), "abc"),
            (("index", "value"), 82.56),
            (("index", "value"), "82,56"),
            (("index", "value"), "1e2"),
            (("index", "value"), "082.5"),
            (("index", "exact"), "1/0"),
            (("index", "counts", "met"), -1),
            (("rules", 0, "state"), "gone"),
            (("rules", 0, "reason", "code"), "because"),
            (("rules", 0, "comparator"), "=>"),
            (("rules", 0, "threshold"), 100),
            (("rules", 0, "threshold"), {"from": "1", "above": "1"}),
            (("rules", 0, "threshold"), {}),
            (("rules", 0, "deduction"), "some"),
            (("rules", 0, "value"), 1),
            (("rules", 0, "earned"), None),
            (("rules", 0, "inputs", 0, "state"), "met"),
            (("groups", 0, "kind"), "extra"),
            (("losses",), ["A b"]),
            (("losses",), ["one", "one"]),
        ],
        ids=str,
    )
    def test_wrong_values_are_refused(self, short, path, value):
        at(short, path[:-1])[path[-1]] = value
        assert not VALIDATOR.is_valid(short)

    @pytest.mark.parametrize(
        "value",
        ["60", "-1.5", True, "tốt", ["1", "tốt"], {"from": "1", "below": "3"}, None],
    )
    def test_every_form_of_threshold_is_taken(self, short, value):
        short["rules"][0]["threshold"] = value
        assert faults(short) == []
