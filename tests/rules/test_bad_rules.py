"""One bad file a problem: each gives its code, at its line, and nothing else; all problems at once, in file order."""

import re
import string
from pathlib import Path

import pytest
import tomli_w

from cchc_rules import RulesError, load_rules, parse_rules
from cchc_rules.base import problem
from cchc_rules.base.messages import LANGUAGES
from cchc_rules.base.problem import MOST_PROBLEMS, Problem
from cchc_rules.rules import source
from cchc_rules.rules.load import problems_of

BAD = Path(__file__).parents[1] / "bad" / "rules"
FILES = sorted(BAD.glob("*.toml"))
EXPECT = re.compile(r"# expect: (?:(?P<file>\S+):)?(?P<line>\d+)")

TINY = """
format = 1

[ruleset]
id = "tiny"
version = "1"
title = "A tiny rule set"
valid = { from = 2023-01-01, until = 2023-12-31 }

[metric.share]
title = "Dossiers on time"
type = "percent"

[group.work]
title = "Work"

[rule.on-time]
group = "work"
title = "Dossiers on time"
source = ["1"]
metric = "share"
comparator = ">="
threshold = 90
weight = 2
deduction = "all_or_nothing"
"""


def expected(path: Path) -> tuple[str, Path, int]:
    """What a bad file says of itself: code, file and line."""
    first = path.read_bytes().splitlines()[0].decode()
    found = EXPECT.fullmatch(first)
    assert found, f"{path.name} says nothing of what to expect"
    file = (path.parent / found["file"]).resolve() if found["file"] else path
    return path.stem.partition("--")[0], file, int(found["line"])


def said(found: Problem) -> None:
    """Every problem is said in both languages, every place filled in, with what to do."""
    for lang in LANGUAGES:
        text = found.text(lang)
        assert found.what(lang) in text
        assert found.fix(lang) in text
        assert found.what(lang) != found.fix(lang)
        assert f"[{found.code}]" in text
        assert not re.search(r"\{\w+\}", text)
        assert text.isprintable() or set(text) - set(string.printable) - {"\n"}


def codes(text: str) -> list[str]:
    """The codes of a text's problems, in the order they are said."""
    try:
        return [found.code for found in parse_rules(text).warnings]
    except RulesError as error:
        return [found.code for found in error.problems]


class TestEachBadFile:
    def test_there_are_many(self):
        assert len(FILES) > 150

    @pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
    def test_gives_its_code_at_its_line_and_nothing_else(self, path):
        code, file, line = expected(path)
        found = problems_of(path)
        assert [(one.code, Path(one.file).resolve(), one.line) for one in found] == [
            (code, file.resolve(), line)
        ]
        said(found[0])

    @pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
    def test_is_refused_unless_it_is_a_warning(self, path):
        found = problems_of(path)
        if all(one.warning for one in found):
            assert load_rules(path).warnings == found
            return
        with pytest.raises(RulesError) as refused:
            load_rules(path)
        assert refused.value.problems == found
        assert f"{Path(found[0].file).name}:{found[0].line}" in str(refused.value)
        assert found[0].what() in str(refused.value)


class TestAllAtOnce:
    def test_in_file_order(self):
        text = (
            TINY.replace('"percent"', '"percnt"')
            .replace('title = "Work"', 'titel = "Work"')
            .replace("threshold = 90", 'threshold = "90"')
            .replace("weight = 2", "weight = 2.123")
            .replace("from = 2023-01-01", 'from = "soon"')
        )
        text += (
            '\n[rule.second]\ngroup = "wrok"\ntitle = "Second"\nsource = ["2"]\nmetric = "shaer"\ncomparator = ">="\n'
            'threshold = 90\nweight = 0\ndeduction = "all_or_nothing"\n'
        )
        with pytest.raises(RulesError) as refused:
            parse_rules(text, name="ten.toml")
        lines = [found.line for found in refused.value.problems]
        assert lines == sorted(lines)
        found = {found.code for found in refused.value.problems}
        assert {
            "unknown-word",
            "unknown-key",
            "missing-key",
            "not-a-date",
            "unknown-group",
        } <= found

    def test_a_form_fault_hides_no_other_rule_s_fault(self):
        text = TINY.replace("weight = 2", "weight = true")
        text += (
            '\n[rule.second]\ngroup = "work"\ntitle = "Second"\nsource = ["2"]\nmetric = "share"\ncomparator = ">="\n'
            'threshold = 190\nweight = 1\ndeduction = "all_or_nothing"\n'
        )
        assert codes(text) == ["boolean-for-number", "threshold-out-of-range"]

    def test_a_form_fault_hides_no_unknown_name_of_its_own_rule(self):
        text = TINY.replace('comparator = ">="', 'comparator = "=>"').replace(
            'metric = "share"', 'metric = "shaer"'
        )
        text = text.replace('group = "work"\n', 'group = "wrok"\nremedy = "hurry"\n', 1)
        assert sorted(codes(text)) == [
            "unknown-group",
            "unknown-metric",
            "unknown-remedy",
            "unknown-word",
        ]

    def test_the_nearest_name_is_offered(self):
        for lang, words in (
            ("vi", "Có phải là “on-time”?"),
            ("en", "Did you mean “on-time”?"),
        ):
            text = (
                TINY
                + '\n[[band_gate]]\nrule = "on-tme"\nat_most = "low"\n[[band]]\nid = "low"\ntitle = "Low"\nto = 100\n'
            )
            with pytest.raises(RulesError) as refused:
                parse_rules(text)
            assert words in refused.value.text(lang)

    def test_no_more_than_can_be_read(self):
        text = TINY + "".join(
            f"[rule.on-time.extra{at}]\nx = 1\n" for at in range(MOST_PROBLEMS + 100)
        )
        found = codes(text)
        assert len(found) == MOST_PROBLEMS + 1
        assert set(found) == {"unknown-key", "too-many-problems"}
        with pytest.raises(RulesError) as refused:
            parse_rules(text)
        for one in refused.value.problems[:2]:
            said(one)

    def test_many_warnings_do_not_refuse(self):
        metrics = "".join(
            f'[metric.m{at}]\ntitle = "M"\ntype = "count"\n'
            for at in range(MOST_PROBLEMS + 5)
        )
        warnings = parse_rules(TINY + metrics).warnings
        assert len(warnings) == MOST_PROBLEMS + 1
        assert {one.code for one in warnings} == {"metric-unused", "too-many-problems"}


class TestMadeHere:
    """Problems that no file in the folder can show."""

    def test_file_too_large(self, tmp_path, monkeypatch):
        monkeypatch.setattr(source, "MAX_BYTES", 1000)
        path = tmp_path / "large.toml"
        path.write_text(TINY + "# " + "x" * 1000)
        (found,) = problems_of(path)
        assert (found.code, found.file) == ("file-too-large", str(path))
        said(found)

    def test_file_unreadable(self, tmp_path):
        for path in (tmp_path / "none.toml", tmp_path):
            (found,) = problems_of(path if path.suffix else f"{path}/")
            assert found.code in ("file-unreadable", "unknown-ruleset")
            said(found)
        (found,) = problems_of(tmp_path / "a\0b.toml")
        assert found.code == "file-unreadable"

    @pytest.mark.parametrize(
        "deep", ["[" * 100_000, "{a = " * 100_000, "[" * 100_000 + "]" * 100_000]
    )
    def test_toml_too_deep(self, deep):
        assert codes(TINY + f"\nx = {deep}\n")[0] in ("toml-too-deep", "toml-syntax")

    def test_a_number_too_long_to_read(self):
        assert codes(TINY.replace("weight = 2", "weight = " + "9" * 5000)) == [
            "number-too-long"
        ]

    @pytest.mark.usefixtures("without_holidays")
    def test_calendar_missing(self):
        with pytest.raises(RulesError) as refused:
            parse_rules(TINY + '\n[calendar]\ncountry = "VN"\n')
        (found,) = refused.value.problems
        assert (found.code, found.line) == ("calendar-missing", 28)
        said(found)

    @pytest.mark.parametrize("value", ["true", "1.0", '"1"', "2", "0"])
    def test_format_version(self, value):
        assert codes(TINY.replace("format = 1", f"format = {value}")) == [
            "format-version"
        ]


class TestTexts:
    def test_windows_line_ends_and_a_byte_order_mark(self, tmp_path):
        path = tmp_path / "windows.toml"
        path.write_bytes(
            b"\xef\xbb\xbf"
            + TINY.replace("weight = 2", "weight = 2.123")
            .replace("\n", "\r\n")
            .encode()
        )
        (found,) = problems_of(path)
        assert (found.code, found.line) == ("too-many-places", 24)

    def test_decomposed_vietnamese_is_the_same_level(self):
        level = TINY.replace(
            'type = "percent"', 'type = "level"\nlevels = ["tốt", "kém"]'
        )
        level = level.replace(
            'comparator = ">="\nthreshold = 90',
            'comparator = "is"\nthreshold = "to\u0302\u0301t"',
        )
        assert codes(level) == []

    def test_points_may_rise_and_fall_where_neither_way_is_better(self):
        tiers = """deduction = { kind = "tiers", tiers = [
          { below = 20, points = 0 }, { from = 20, to = 60, points = 2 }, { above = 60, points = 1 } ] }"""
        text = TINY.replace('comparator = ">="\nthreshold = 90\n', "").replace(
            'deduction = "all_or_nothing"', tiers
        )
        assert codes(text) == ["points-fall"]
        assert (
            codes(
                text.replace('type = "percent"', 'type = "percent"\nbetter = "neither"')
            )
            == []
        )

    def test_a_rule_inside_a_kind_is_placed_there(self):
        text = (
            TINY
            + '\n[kind.mountain]\ntitle = "Mountain"\n[kind.mountain.rule.on-time]\nthreshold = 190\n'
        )
        with pytest.raises(RulesError) as refused:
            parse_rules(text)
        (found,) = refused.value.problems
        assert (found.code, found.line) == ("threshold-out-of-range", 30)
        assert problem.path_text(found.path) == "kind.mountain.rule.on-time.threshold"

    def test_hostile_names_stay_on_one_line(self):
        text = TINY + '\n[rule."on\\u001b[31m-time\\n"]\ngroup = "work"\n'
        with pytest.raises(RulesError) as refused:
            parse_rules(text)
        assert "\x1b" not in str(refused.value)


class TestOverlays:
    def test_a_problem_is_placed_in_the_file_that_says_it(self, tmp_path):
        (tmp_path / "base.toml").write_text(TINY)
        top = tmp_path / "top.toml"
        top.write_text('extends = "base.toml"\n[rule.on-time]\n\nthreshold = 190\n')
        (found,) = problems_of(top)
        assert (found.code, found.file, found.line) == (
            "threshold-out-of-range",
            str(top),
            4,
        )

    def test_what_the_base_says_stays_there(self, tmp_path):
        (tmp_path / "base.toml").write_text(
            TINY.replace("threshold = 90", "threshold = 190")
        )
        top = tmp_path / "top.toml"
        top.write_text('extends = "base.toml"\n[rule.on-time]\nweight = 3\n')
        (found,) = problems_of(top)
        assert (Path(found.file).name, found.line) == ("base.toml", 23)

    def test_remove_takes_away(self, tmp_path):
        (tmp_path / "base.toml").write_text(TINY)
        top = tmp_path / "top.toml"
        top.write_text('extends = "base.toml"\n[rule.on-time]\nremove = true\n')
        assert [found.code for found in problems_of(top)] == [
            "metric-unused",
            "no-rules",
            "group-empty",
        ] or {found.code for found in problems_of(top)} == {
            "metric-unused",
            "no-rules",
            "group-empty",
        }

    def test_a_base_that_is_no_rule_set_does_not_crash(self, tmp_path):
        (tmp_path / "base.toml").write_text("ruleset = 3\nrule = 1\nmetric = []\n")
        top = tmp_path / "top.toml"
        top.write_text('extends = "base.toml"\n' + TINY)
        assert load_rules(top).bases == ("",)

    def test_the_document_prints_and_parses(self):
        rules = parse_rules(TINY)
        assert parse_rules(tomli_w.dumps(rules.document)).rules == rules.rules
