"""Hostile input is normal: whatever comes, out comes a report or an error of ours, in bounded size."""

import copy
import json
import os
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st

from cchc_rules import CchcError, load_measurements, load_rules, parse_report, parse_rules, score
from cchc_rules.render import FORMATS, render

MORE = 2000 if os.environ.get("CCHC_DEEP") else 120
BAD = Path(__file__).parent / "bad" / "submissions"
RULES = load_rules(BAD / "rules.toml")
DOCUMENT = dict(RULES.document)
SUBMISSION = {
    "format": 1,
    "ruleset": "tiny",
    "unit": "UBND xã",
    "period": "2023",
    "as_of": "2023-12-31",
    "measurements": {
        "share": {
            "numerator": 47,
            "denominator": 52,
            "evidence": ["Báo cáo", {"document": "QĐ", "date": "2023-02-01"}],
        },
        "meetings": {"value": 4, "note": "ghi chú"},
        "regulations": {"items": ["NQ 01", "NQ 02"]},
        "plan": True,
        "issued": "2023-01-20",
        "grade": "Tốt",
    },
    "points": {"leadership": {"points": Decimal("1.5"), "reason": "theo dõi"}},
    "absent": {"survey": "không khảo sát"},
    "tracks": {"appraised": {"meetings": {"points": 1, "reason": "thẩm định"}}},
}

LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(10**400), 10**400),
    st.floats(),
    st.decimals(),
    st.text(),
    st.dates(),
    st.datetimes(),
    st.binary(max_size=5),
    st.sampled_from(
        ["\ud800", "\u202e", "\0", "x" * 10_000, "__class__", "{x}", "{0.__class__}", "2023-01-01", "97,5"]
    ),
)
VALUES = st.recursive(
    LEAVES,
    lambda below: st.one_of(
        st.lists(below, max_size=4),
        st.dictionaries(st.one_of(st.text(max_size=8), st.sampled_from(sorted(SUBMISSION))), below, max_size=4),
    ),
    max_leaves=12,
)


def nodes(value, path=()):
    """Every place of a document."""
    yield path
    if isinstance(value, dict):
        for key, part in value.items():
            yield from nodes(part, (*path, key))
    elif isinstance(value, list):
        for at, part in enumerate(value):
            yield from nodes(part, (*path, at))


def changed(document, path, value):
    """A copy of a document with another value at a place."""
    if not path:
        return value
    result = copy.deepcopy(document)
    here = result
    for part in path[:-1]:
        here = here[part]
    here[path[-1]] = value
    return result


def survive(submission):
    """Score and print it in every way, or be refused in words of both languages."""
    try:
        report = score(RULES, load_measurements(submission, RULES))
    except CchcError as error:
        assert 0 < len(error.problems) <= 501
        for lang in ("vi", "en"):
            assert len(error.text(lang)) < 400_000
        assert all(ord(char) >= 32 or char == "\n" for char in str(error))
        return
    for lang in ("vi", "en"):
        document = report.to_dict(lang)
        for form in FORMATS:
            assert render(document, form)


@settings(max_examples=MORE)
@given(VALUES)
def test_any_value_as_submission(value):
    if isinstance(value, str | Path):
        return
    if isinstance(value, dict):
        survive(value)
    else:
        survive({**SUBMISSION, "measurements": value})


@settings(max_examples=3 * MORE)
@given(st.data(), VALUES)
def test_any_value_at_any_place(data, value):
    path = data.draw(st.sampled_from(list(nodes(SUBMISSION))[1:]))
    survive(changed(SUBMISSION, path, value))


@settings(max_examples=MORE)
@given(st.data(), st.text(max_size=12))
def test_any_key_at_any_place(data, key):
    path = data.draw(st.sampled_from([path for path in nodes(SUBMISSION) if isinstance(at(SUBMISSION, path), dict)]))
    table = {**at(SUBMISSION, path), key: data.draw(LEAVES)}
    survive(changed(SUBMISSION, path, table))


def at(document, path):
    for part in path:
        document = document[part]
    return document


@settings(max_examples=MORE)
@given(st.text(max_size=60))
def test_any_text_as_file(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("any") / "any.json"
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    with pytest.raises(CchcError):
        load_measurements(path, RULES)


@settings(max_examples=MORE)
@given(st.binary(max_size=80))
def test_any_bytes_as_files(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("any")
    for name, load in (("any.json", load_measurements), ("any.toml", load_rules)):
        path = folder / name
        path.write_bytes(data)
        with pytest.raises(CchcError):
            load(path)


def plain(value):
    """A value that TOML can write."""
    if isinstance(value, dict):
        return {str(key).encode("utf-8", "replace").decode(): plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [plain(part) for part in value]
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, bool | int | float | date):
        return value if not isinstance(value, int) or abs(value) < 10**300 else 0
    if isinstance(value, Decimal):
        return value if value.is_finite() and abs(value.adjusted()) < 400 else 1
    return "none"


@settings(max_examples=3 * MORE)
@given(st.data(), VALUES)
def test_any_value_at_any_place_of_a_rule_file(data, value):
    path = data.draw(st.sampled_from(list(nodes(DOCUMENT))[1:]))
    text = tomli_w.dumps(plain(changed(DOCUMENT, path, value)))
    try:
        rules = parse_rules(text)
    except CchcError as error:
        assert 0 < len(error.problems) <= 501
        assert all(problem.line > 0 for problem in error.problems)
        for lang in ("vi", "en"):
            assert error.text(lang)
        return
    assert rules.rules
    try:
        score(rules, load_measurements(SUBMISSION, rules)).to_dict()
    except CchcError as error:
        assert error.problems


@settings(max_examples=2 * MORE)
@given(st.text(alphabet="abcdefgh_0123456789.()+-*/%<>=!,'\"[]{}:@~^&|\\ \n\u0300é", max_size=60))
def test_any_formula(text):
    document = copy.deepcopy(DOCUMENT)
    document["metric"]["share"] = {"title": "X", "type": "number", "formula": text}
    try:
        parse_rules(tomli_w.dumps(plain(document)))
    except CchcError as error:
        assert error.problems


@settings(max_examples=MORE)
@given(VALUES)
def test_any_report(value):
    try:
        text = json.dumps(value, default=str)
    except (ValueError, TypeError):
        return
    with pytest.raises(CchcError):
        parse_report(text)


class TestKeysThatAreNoText:
    @pytest.mark.parametrize("key", [1, None, True, ("a",), b"x", Decimal(1)])
    def test_are_unknown_names(self, key):
        for place in ("measurements", "points", "absent", "tracks"):
            with pytest.raises(CchcError):
                load_measurements({**SUBMISSION, place: {key: {"value": 1}}}, RULES)
        with pytest.raises(CchcError):
            load_measurements({**SUBMISSION, key: 1}, RULES)


class TestSizes:
    def test_many_duplicate_keys(self, tmp_path):
        path = tmp_path / "many.json"
        path.write_text('{"format": 1, ' + ", ".join(['"a": 1'] * 200_000) + "}")
        with pytest.raises(CchcError) as error:
            load_measurements(path, RULES)
        assert error.value.problems[0].code == "duplicate-key"

    def test_very_long_names_and_values(self):
        for entry in (
            {"x" * 1_000_000: 1},
            {"share": "9" * 1_000_000},
            {"meetings": 10**4000},
            {"grade": "t" * 1_000_000},
        ):
            with pytest.raises(CchcError) as error:
                load_measurements({**SUBMISSION, "measurements": entry}, RULES)
            assert len(str(error.value)) < 5000
