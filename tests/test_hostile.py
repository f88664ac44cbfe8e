"""Hostile input is normal: whatever comes, out comes a report or an error of ours, in bounded size."""

import copy
import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st
from searches import examples

from cchc_rules import (
    CchcError,
    RulesError,
    SubmissionError,
    dump_measurements,
    load_measurements,
    load_rules,
    parse_report,
    parse_rules,
    score,
)
from cchc_rules.render import TEXTS, render

MORE = examples(40, wide=120)
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
        [
            "\ud800",
            "\u202e",
            "\0",
            "x" * 10_000,
            "__class__",
            "{x}",
            "{0.__class__}",
            "2023-01-01",
            "97,5",
        ]
    ),
)
VALUES = st.recursive(
    LEAVES,
    lambda below: st.one_of(
        st.lists(below, max_size=4),
        st.dictionaries(
            st.one_of(st.text(max_size=8), st.sampled_from(sorted(SUBMISSION))),
            below,
            max_size=4,
        ),
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
        for form in TEXTS:
            assert render(document, form).encode()


@settings(max_examples=MORE)
@given(VALUES)
def test_any_value_as_submission(value):
    if isinstance(value, str | Path):
        return
    if isinstance(value, dict):
        survive(value)
    else:
        survive({**SUBMISSION, "measurements": value})


@pytest.mark.wide
@settings(max_examples=3 * MORE)
@given(st.data(), VALUES)
def test_any_value_at_any_place(data, value):
    path = data.draw(st.sampled_from(list(nodes(SUBMISSION))[1:]))
    survive(changed(SUBMISSION, path, value))


@settings(max_examples=MORE)
@given(st.data(), st.text(max_size=12))
def test_any_key_at_any_place(data, key):
    path = data.draw(
        st.sampled_from(
            [
                path
                for path in nodes(SUBMISSION)
                if isinstance(at(SUBMISSION, path), dict)
            ]
        )
    )
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
        return {
            str(key).encode("utf-8", "replace").decode(): plain(part)
            for key, part in value.items()
        }
    if isinstance(value, list):
        return [plain(part) for part in value]
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, bool | int | float | date):
        return value if not isinstance(value, int) or abs(value) < 10**300 else 0
    if isinstance(value, Decimal):
        return value if value.is_finite() and abs(value.adjusted()) < 400 else 1
    return "none"


@pytest.mark.wide
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


@pytest.mark.wide
@settings(max_examples=2 * MORE)
@given(
    st.text(
        alphabet="abcdefgh_0123456789.()+-*/%<>=!,'\"[]{}:@~^&|\\ \n\u0300é",
        max_size=60,
    )
)
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


def file_of(folder, content):
    """A submission file of these bytes, or of this text."""
    path = folder / "hostile.json"
    path.write_bytes(
        content
        if isinstance(content, bytes)
        else content.encode("utf-8", "surrogatepass")
    )
    return path


def found_in(source):
    """The codes and paths that a submission is refused with; its words can be printed and are short."""
    with pytest.raises(SubmissionError) as error:
        score(RULES, load_measurements(source, RULES))
    for lang in ("vi", "en"):
        text = error.value.text(lang)
        assert text.encode()
        assert len(text) < 5000
        assert all(char.isprintable() or char == "\n" for char in text)
    return [(one.code, one.path) for one in error.value.problems]


def written(figure):
    """A submission's text with this text as the figure of the share."""
    head = '{"format": 1, "ruleset": "tiny", "unit": "UBND xã", "period": "2023", "measurements": {"share": '
    return head + figure + "}}"


SHARE = ("measurements", "share")


class TestNumbersInFiles:
    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("1e999999999", "number-too-long"),
            ("1e-999999999", "number-too-long"),
            ("-1e999999999", "number-too-long"),
            ("1e99999999999999999999", "number-too-long"),
            ("1e-99999999999999999999", "number-too-long"),
            ("1" + "0" * 5000, "number-too-long"),
            ("-1" + "0" * 5000, "number-too-long"),
            ("0." + "0" * 5000 + "1", "number-too-long"),
            ("9" * 31, "number-too-long"),
            ("1e30", "number-too-long"),
            ("1e-31", "number-too-long"),
            ("9" * 1_000_000, "number-too-long"),
            ("9" * 30, "out-of-range"),
            ("-1e-30", "out-of-range"),
            ("NaN", "not-finite"),
            ("Infinity", "not-finite"),
            ("-Infinity", "not-finite"),
            ('"' + "x" * 1_000_000 + '"', "not-a-number"),
            ("[" * 200 + "]" * 200, "not-a-number"),
        ],
        ids=lambda text: text[:24],
    )
    def test_refused(self, text, code, tmp_path):
        assert found_in(file_of(tmp_path, written(text))) == [(code, SHARE)]

    @pytest.mark.parametrize(
        "text", ["-0", "0e5", "-0.0", "0.0e-3", "1e-12", "1E+2", "100.000", "9.5e1"]
    )
    def test_taken(self, text, tmp_path):
        report = score(
            RULES, load_measurements(file_of(tmp_path, written(text)), RULES)
        )
        rule = next(
            rule for rule in report.to_dict()["rules"] if rule["id"] == "on-time"
        )
        figure = next(
            item["value"] for item in rule["inputs"] if item["metric"] == "share"
        )
        assert Decimal(figure) == Decimal(text)

    @pytest.mark.parametrize(
        "text",
        [
            "01",
            "+1",
            ".5",
            "5.",
            "0x10",
            "1_000",
            "1e",
            "nan",
            "inf",
            "--1",
            "1 2",
            "٣",
        ],
    )
    def test_no_json(self, text, tmp_path):
        assert found_in(file_of(tmp_path, written(text))) == [("json-syntax", ())]


class TestFilesThatAreNone:
    @pytest.mark.parametrize(
        ("content", "code"),
        [
            (b"", "json-syntax"),
            (b"\xef\xbb\xbf", "json-syntax"),
            (b"\xef\xbb\xbf\xef\xbb\xbf{}", "json-syntax"),
            (b"\0", "json-syntax"),
            (json.dumps({"format": 1}).encode() + b"\0", "json-syntax"),
            (b'{"format": "\0"}', "json-syntax"),
            (b'{"format": 1', "json-syntax"),
            (b"{'format': 1}", "json-syntax"),
            (b"\xff\xfe{\0}\0", "not-utf8"),
            ('{"unit": "xã"}'.encode("utf-16"), "not-utf8"),
            ('{"unit": "xã"}'.encode("latin-1"), "not-utf8"),
            (b'{"unit": "\xed\xa0\x80"}', "not-utf8"),
            (b'{"unit": "\xc0\x80"}', "not-utf8"),
            ('{"unit": "xã"}'.encode("utf-16-le"), "not-utf8"),
            (b"null", "not-an-object"),
            (b"[]", "not-an-object"),
            (b'"x"', "not-an-object"),
            (b"NaN", "not-an-object"),
            (b"[" * 100_000, "json-too-deep"),
            (b'{"a":' * 100_000, "json-too-deep"),
            (b"[" * 100_000 + b"]" * 100_000, "json-too-deep"),
            (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "json-too-deep"),
        ],
        ids=range(22),
    )
    def test_refused(self, content, code, tmp_path):
        assert found_in(file_of(tmp_path, content)) == [(code, ())]

    @pytest.mark.parametrize("depth", [*range(2, 40), *range(900, 1000, 3)])
    def test_any_depth(self, depth, tmp_path):
        """Also where the reader still follows and the words about it no longer might."""
        for opened, closed in (('{"value":', "}"), ("[", "]")):
            ((code, _),) = found_in(
                file_of(tmp_path, written(opened * depth + "1" + closed * depth))
            )
            assert code in (
                "not-a-number",
                "entry-ways",
                "unknown-key",
                "json-too-deep",
            )

    @pytest.mark.parametrize(
        "text",
        [
            '{"format": 1, "measurements": {"share": {"value": 1, "value": 2}}}',
            '{"format": 1, "measurements": {"share": {"waived": {"by": "a", "by": "b"}}}}',
            '{"format": 1, "tracks": {"appraised": {"meetings": {"points": 1, "points": 2, "reason": "x"}}}}',
            '{"format": 1, "measurements": {"grade": [[[{"a": 1, "a": 2}]]]}}',
            '{"format": 1, "value": 1, "value": 2}',
        ],
    )
    def test_a_key_twice_at_any_depth(self, text, tmp_path):
        assert found_in(file_of(tmp_path, text))[0] == ("duplicate-key", ())


class TestHostileText:
    """Half characters, marks that turn the direction, escapes of terminals: refused or harmless, never a crash."""

    STRANGE = (
        "\ud800",
        "x\udfffy",
        "\0",
        "\u202e\u2066",
        "\u200f",
        "\x1b[31m",
        "a\nb\r\nc",
        "\u2028",
        "\ufeff",
    )

    @pytest.mark.parametrize("text", STRANGE, ids=ascii)
    @pytest.mark.parametrize(
        "path",
        [
            ("unit",),
            ("note",),
            ("measurements", "meetings", "note"),
            ("measurements", "share", "evidence", 0),
            ("measurements", "share", "evidence", 1, "document"),
            ("measurements", "regulations", "items", 0),
            ("points", "leadership", "reason"),
            ("absent", "survey"),
            ("tracks", "appraised", "meetings", "reason"),
        ],
        ids=lambda path: path[-1],
    )
    def test_as_text(self, path, text, tmp_path):
        submission = changed(SUBMISSION, path, text)
        survive(submission)
        survive(file_of(tmp_path, json.dumps(submission, default=float)))

    @pytest.mark.parametrize("text", STRANGE, ids=ascii)
    def test_as_a_name(self, text, tmp_path):
        for place, code in (
            (("measurements",), "unknown-metric"),
            (("points",), "unknown-rule"),
            (("absent",), "unknown-group"),
            (("tracks",), "unknown-track"),
            (("tracks", "appraised"), "unknown-rule"),
            (("measurements", "share"), "unknown-key"),
            ((), "unknown-key"),
        ):
            entry = (
                {"points": 1, "reason": "x"}
                if code == "unknown-rule"
                else {}
                if code == "unknown-track"
                else "x"
            )
            table = {**at(SUBMISSION, place), text: entry}
            submission = changed(SUBMISSION, place, table)
            assert found_in(submission) == [(code, (*place, text))]
            name = file_of(tmp_path, json.dumps(submission, default=float))
            assert (code, (*place, text)) in found_in(name)

    @pytest.mark.parametrize(
        "text", [text for text in STRANGE if text.strip()], ids=ascii
    )
    def test_as_a_choice(self, text):
        for path, code in (
            (("period",), "bad-period"),
            (("as_of",), "not-a-date"),
            (("ruleset",), "other-ruleset"),
            (("unit_kind",), "unknown-kind"),
            (("measurements", "grade"), "unknown-level"),
            (("measurements", "issued"), "not-a-date"),
            (("measurements", "plan"), "not-yes-no"),
            (("measurements", "meetings", "value"), "not-a-number"),
        ):
            ((found, place),) = found_in(changed(SUBMISSION, path, text))
            half = (
                found == "not-text" and text != text.encode(errors="replace").decode()
            )
            assert (code if half else found, place[:2]) == (code, path[:2])

    @pytest.mark.parametrize(
        "name",
        [
            "__proto__",
            "__class__",
            "__dict__",
            "constructor",
            "{0.__class__}",
            "%s",
            "a.b",
        ],
    )
    def test_names_that_mean_something_elsewhere(self, name):
        assert found_in({**SUBMISSION, name: 1}) == [("unknown-key", (name,))]
        submission = changed(SUBMISSION, ("measurements",), {name: {"value": 1}})
        assert found_in(submission) == [("unknown-metric", ("measurements", name))]

    @pytest.mark.parametrize(
        "level",
        ["Tô\u0301t", "To\u0302\u0301t", "TỐT", " tốt ", "Tốt\u00a0", "good", "GOOD"],
    )
    def test_one_level_however_it_is_written(self, level):
        report = score(
            RULES,
            load_measurements(
                changed(SUBMISSION, ("measurements", "grade"), level), RULES
            ),
        )
        without = {"measurements": 0, "digest": 0}
        assert report.to_dict() | without == REPORT.to_dict() | without

    @pytest.mark.parametrize(
        "level", ["Tot", "Tố", "\u200fTốt", "T\u200bốt", "Т\u1ed1t", "", "1", "Tốt Tốt"]
    )
    def test_no_level(self, level):
        submission = changed(SUBMISSION, ("measurements", "grade"), level)
        assert found_in(submission) == [("unknown-level", ("measurements", "grade"))]

    def test_the_unit_in_one_form(self):
        for unit in (
            "UBND xa\u0303 Ca\u0302\u0309m",
            "UBND xã Cẩm",
            " UBND xã Ca\u0309\u0302m".replace("a\u0309\u0302", "ẩ"),
        ):
            found = load_measurements({**SUBMISSION, "unit": unit}, RULES)
            assert found.unit == "UBND xã Cẩm"

    def test_texts_of_a_megabyte(self):
        long = "ắ" * 1_000_000
        for path in (
            ("unit",),
            ("note",),
            ("measurements", "share", "evidence", 0),
            ("points", "leadership", "reason"),
        ):
            report = score(
                RULES, load_measurements(changed(SUBMISSION, path, long), RULES)
            )
            assert report.index.value == REPORT.index.value
        assert render(report.to_dict(), "json").encode()
        for path in (
            ("period",),
            ("as_of",),
            ("ruleset",),
            ("unit_kind",),
            ("measurements", "issued"),
        ):
            found_in(changed(SUBMISSION, path, long))


class TestWhatIsReadIsPrinted:
    """A submission that is read without rules can be printed and compared, or is refused: never anything else."""

    @pytest.mark.parametrize(
        "change",
        [
            {"unit": "\ud800"},
            {"note": "\udfff"},
            {"measurements": {1: 2, "a": 3}},
            {"measurements": {"a": b"x"}},
            {"measurements": {"a": {1, 2}}},
            {"measurements": {"a": 10**5000}},
            {"absent": {None: "x", "a": "y"}},
            {"tracks": {1: {}, "a": {}}},
        ],
        ids=range(8),
    )
    def test_or_refused(self, change):
        try:
            found = load_measurements({**SUBMISSION, **change})
            assert dump_measurements(found).encode()
            assert found.sha256
            assert found == load_measurements({**SUBMISSION, **change})
        except CchcError as error:
            assert error.problems


REPORT = score(RULES, load_measurements(SUBMISSION, RULES))
TEXT = (BAD / "rules.toml").read_text(encoding="utf-8")


def refused_rules(text):
    """The codes that a rule file is refused with; each has its line and its words."""
    with pytest.raises(RulesError) as error:
        parse_rules(text)
    for lang in ("vi", "en"):
        assert error.value.text(lang).encode()
    return [one.code for one in error.value.problems]


class TestHostileRuleFiles:
    def test_the_good_one_is_good(self):
        assert parse_rules(TEXT).rules

    @pytest.mark.parametrize(
        ("value", "code"),
        [
            ("1e999999999", "number-too-long"),
            ("1e-999999999", "number-too-long"),
            ("1e99999999999999999999", "number-too-long"),
            ("9" * 31, "number-too-long"),
            ("9" * 5000, "number-too-long"),
            ("0x" + "f" * 40, "number-too-long"),
            ("0x" + "f" * 5000, "number-too-long"),
            ("nan", "not-finite"),
            ("-inf", "not-finite"),
            ("2023-02-30", "toml-syntax"),
            ("0000-01-01", "toml-syntax"),
            ("\0", "toml-syntax"),
            ("[" * 100_000, "toml-too-deep"),
            ("{a=" * 100_000, "toml-too-deep"),
            ("[" * 900 + "]" * 900, "toml-too-deep"),
        ],
        ids=lambda text: text[:24].replace("\0", "NUL"),
    )
    def test_a_figure(self, value, code):
        assert refused_rules(TEXT.replace("most = 12", f"most = {value}")) == [code]

    @pytest.mark.parametrize("place", ['title = "Work"', "format = 1", 'version = "1"'])
    @pytest.mark.parametrize(
        "value", ["9" * 5000, "0x" + "f" * 5000], ids=["decimal", "hexadecimal"]
    )
    def test_digits_without_end_anywhere(self, place, value):
        assert refused_rules(TEXT.replace(place, f"{place.split()[0]} = {value}", 1))

    @pytest.mark.parametrize("depth", [50, 300, 500, 700, 950, 2000])
    @pytest.mark.parametrize(
        "text",
        [
            lambda path: TEXT.replace("most = 12", f"most = 12\n{path} = 1"),
            lambda path: TEXT + f"\n[{path}]\nx = 1",
            lambda path: TEXT + f"\n[metric.{path}]\nx = 1",
            lambda path: TEXT.replace("[ruleset]", f"[ruleset]\n{path} = 1"),
        ],
        ids=["in a metric", "at the top", "as a metric", "in the head"],
    )
    def test_dotted_keys_without_end(self, text, depth):
        assert refused_rules(text(".".join("a" * depth)))[0] in (
            "unknown-key",
            "missing-key",
            "toml-too-deep",
        )

    @pytest.mark.parametrize("place", ['"Work"', '"tiny"', '"Dossiers on time"'])
    def test_half_a_character(self, place):
        """TOML allows no escape of one; text from Python may hold one all the same."""
        with pytest.raises(RulesError):
            parse_rules(TEXT.replace(place, '"\ud800"', 1))
        assert refused_rules(TEXT.replace(place, '"\\ud800"', 1)) == ["toml-syntax"]

    @pytest.mark.parametrize("name", ["__class__", "__proto__"])
    def test_names_that_mean_something_elsewhere(self, name):
        assert refused_rules(TEXT + f"\n[{name}]\nx = 1\n") == ["unknown-key"]
        assert "bad-id" in refused_rules(TEXT + f'\n[group.{name}]\ntitle = "x"\n')

    def test_a_title_of_a_kind_with_another_key(self):
        for title in (
            '{ vi = "Miền núi", en = "Mountain", fr = "x" }',
            '{ fr = "x" }',
            '{ "" = "x" }',
        ):
            found = refused_rules(
                TEXT.replace('title = "Mountain communes"', f"title = {title}")
            )
            assert "unknown-key" in found

    def test_levels_in_another_normal_form(self):
        rules = parse_rules(TEXT.replace("Tốt", "To\u0302\u0301t"))
        assert (
            score(rules, load_measurements(SUBMISSION, rules)).index.value
            == REPORT.index.value
        )

    @pytest.mark.wide
    @pytest.mark.parametrize(
        "text",
        [
            "\n".join(f"k{at} = 1" for at in range(5000)),
            TEXT + "\n".join(f"[rule.r{at}]" for at in range(1000)),
            TEXT + "\n".join(f"[[band]]\nx = {at}" for at in range(500)),
            TEXT.replace("most = 12", "most = [" + "1,\n" * 20_000 + "]"),
            TEXT.replace('"Work"', '["Work"' + "\n[a]," * 20_000 + "]"),
            TEXT.replace('"Work"', '"' + "x" * 1_000_000),
        ],
        ids=[
            "keys",
            "tables",
            "lists of tables",
            "lines of a list",
            "what looks like tables",
            "no end",
        ],
    )
    def test_sizes(self, text):
        assert 0 < len(refused_rules(text)) <= 501


ESCAPES = [
    ("__import__('os')", "formula-unknown-function"),
    ("__import__('os').system('id')", "formula-unknown-function"),
    ("().__class__", "formula-not-allowed"),
    ("().__class__.__bases__[0].__subclasses__()", "formula-unknown-function"),
    ("share.__class__", "formula-not-allowed"),
    ("''.join(share)", "formula-unknown-function"),
    ("9**9**9", "formula-not-allowed"),
    ("9<<9**9", "formula-not-allowed"),
    ("'a'*10**9", "formula-type"),
    ("[0]*10**9", "formula-not-allowed"),
    ("lambda: 1", "formula-not-allowed"),
    ("(lambda: 1)()", "formula-unknown-function"),
    ("[x for x in (1, 2)]", "formula-not-allowed"),
    ("{x: 1 for x in (1, 2)}", "formula-not-allowed"),
    ("sum(x for x in (1, 2))", "formula-unknown-function"),
    ("(x := 1)", "formula-not-allowed"),
    ("f'{share}'", "formula-not-allowed"),
    ("f'{share.__class__}'", "formula-not-allowed"),
    ("meetings.real", "formula-not-allowed"),
    ("meetings[0]", "formula-not-allowed"),
    ("meetings[::]", "formula-not-allowed"),
    ("eval('1')", "formula-unknown-function"),
    ("getattr(meetings, 'x')", "formula-unknown-function"),
    ("globals()", "formula-unknown-function"),
    ("rand()", "formula-unknown-function"),
    ("randint(5)", "formula-unknown-function"),
    ("float('nan')", "formula-unknown-function"),
    ("await meetings", "formula-not-allowed"),
    ("meetings if plan else yield", "formula-syntax"),
    ("import os", "formula-syntax"),
    ("meetings; meetings", "formula-syntax"),
    ("*meetings", "formula-syntax"),
    ("min(*meetings)", "formula-not-allowed"),
    ("min(**meetings)", "formula-arguments"),
    ("min(meetings, key=abs)", "formula-arguments"),
    ("\uff4deetings_", "formula-unknown-name"),
    ("m\u0435etings", "formula-unknown-name"),
    ("meetings + " * 60 + "1", "formula-too-long"),
    ("1" + " + 1" * 10_000, "formula-too-long"),
    ("(" * 100_000 + "1" + ")" * 100_000, "formula-too-long"),
    ("-" * 100 + "1", "formula-too-deep"),
    ("not " * 60 + "plan", "formula-too-deep"),
    ("abs(" * 60 + "1" + ")" * 60, "formula-too-deep"),
    ("1 if plan else " * 30 + "1", "formula-too-deep"),
]


class TestFormulasThatTryToEscape:
    @pytest.mark.parametrize(
        ("text", "code"),
        ESCAPES,
        ids=lambda text: text[:30].encode("ascii", "replace").decode(),
    )
    def test_refused(self, text, code):
        document = copy.deepcopy(DOCUMENT)
        document["metric"]["days_allowed"] = {
            "title": "X",
            "type": "number",
            "formula": text,
        }
        assert refused_rules(tomli_w.dumps(plain(document))) == [code]
