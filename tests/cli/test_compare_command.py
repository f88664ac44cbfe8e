"""`cchc-rules compare`: what is printed, exit codes, and views that show hostile texts as mere words."""

import copy
import json
import re
import subprocess
import sys
import unicodedata
from decimal import Decimal
from fractions import Fraction
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path

import pytest
from document_parts import described_objects, descriptions, in_both_languages, objects
from hypothesis import given
from jsonschema import Draft202012Validator, FormatChecker
from test_cli import process
from test_comparison import HEAD, group, pairs, rule, scored, small

from cchc_rules import (
    ReportError,
    SubmissionError,
    compare,
    compare_track,
    load_measurements,
    load_rules,
    moves,
    parse_report,
    parse_rules,
    print_report,
    score,
)
from cchc_rules.base import messages
from cchc_rules.cli.main import main
from cchc_rules.render.comparison import FORMATS, render
from cchc_rules.render.markdown import plain

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
EXAMPLE, STRONG = EXAMPLES / "cam-due-2023.json", EXAMPLES / "cam-due-2023-strong.json"
SCHEMA = json.loads(
    (
        resources.files("cchc_rules")
        / "packaged"
        / "schemas"
        / "comparison.schema.json"
    ).read_text(encoding="utf-8")
)
VALIDATOR = Draft202012Validator(SCHEMA, format_checker=FormatChecker())


@pytest.fixture
def run(capsys):
    """Run the command in process: (exit code, what was printed, what was complained)."""

    def running(*arguments):
        code = main(["compare", *(str(argument) for argument in arguments)])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return running


def report(path=EXAMPLE, rules="cam-due-2023"):
    rules = load_rules(rules)
    return score(rules, load_measurements(path, rules))


@pytest.fixture(scope="module")
def readings():
    return compare(report(), report(rules="cam-due-2023-annex"))


# Tracks --------------------------------------------------------------------------------------------------------------

TRACKS = 'tracks = ["appraised"]\n'


def appraised(points, **figures):
    """A report of three rules, some of them appraised."""
    text = HEAD.format(id="small", year=2023, scale=10).replace(
        "[ruleset]", TRACKS + "[ruleset]", 1
    )
    more = '[rule.d]\ngroup = "h"\ntitle = "Cho biết"\nsource = ["4"]\nmetric = "a"\ndeduction = "none"\n'
    rules = parse_rules(
        text
        + group()
        + rule("a", 6)
        + group("h")
        + rule("b", 2, group="h")
        + rule("c", 2, group="h")
        + more
    )
    submission = {
        "format": 1, "ruleset": "small", "unit": "UBND xã", "period": "2023",
        "measurements": {"a": 100, "b": 100, "c": 50, **figures},
        "tracks": {"appraised": {id_: {"points": value, "reason": "biên bản"} for id_, value in points.items()}},
    }  # fmt: skip
    return score(rules, load_measurements(submission, rules))


class TestTracks:
    def test_by_hand(self):
        """a 6 and 5.5, c 1 and 1.125; b agrees. Together 9 and 8.625 of 10."""
        given_points = {"a": Decimal("5.5"), "b": 2, "c": Decimal("1.125")}
        document = compare_track(appraised(given_points), "appraised")
        assert document["total"] == {
            "self": "9.000",
            "track": "8.625",
            "maximum": "10.000",
            "difference": "-0.375",
        }
        assert [(r["id"], r["difference"]) for r in document["rules"]] == [
            ("a", "-0.500"),
            ("c", "0.125"),
        ]
        assert [(a["id"], a["scored"], a["difference"]) for a in document["areas"]] == [
            ("g", 1, "-0.500"),
            ("h", 2, "0.125"),
        ]
        assert document["counts"] == {
            "scored": 3,
            "agreed": 1,
            "lower": 1,
            "higher": 1,
            "unscored": 0,
        }

    def test_a_report_with_a_broken_track(self):
        document = appraised({"a": 5}).to_dict()
        document["rules"][0]["tracks"]["appraised"] = 5
        with pytest.raises(ReportError) as raised:
            compare_track(document, "appraised")
        assert raised.value.problems[0].code == "report-broken"

    def test_rules_not_scored_are_no_difference(self):
        document = compare_track(appraised({"b": 2}).to_dict(), "appraised")
        assert document["total"]["difference"] == "0.00"
        assert document["rules"] == []
        assert document["unscored"] == ["a", "c"]
        assert "Không có tiêu chí nào chênh lệch." in render(document, "text")

    def test_differences_add_up(self):
        document = compare_track(appraised({"a": 1, "c": 2}), "appraised", "en")
        total = Fraction(document["total"]["difference"])
        assert total == sum(Fraction(r["difference"]) for r in document["rules"]) == -4
        assert total == sum(Fraction(a["difference"]) for a in document["areas"])

    def test_an_unknown_track_and_no_report(self):
        with pytest.raises(SubmissionError) as raised:
            compare_track(appraised({}), "apraised")
        assert raised.value.problems[0].arguments["nearest"] == "appraised"
        with pytest.raises(ReportError):
            compare_track({}, "appraised")

    @pytest.mark.parametrize("lang", messages.languages())
    @pytest.mark.parametrize("form", FORMATS)
    def test_every_view(self, form, lang):
        document = compare_track(appraised({"a": Decimal("5.5")}), "appraised", lang)
        assert messages.number(lang, "-0.50") in render(document, form).replace(
            "-0.50", messages.number(lang, "-0.50")
        )
        assert VALIDATOR.is_valid(document)

    def test_the_command(self, run, tmp_path):
        path = tmp_path / "self.json"
        path.write_text(print_report(appraised({"a": 5}).to_dict()), encoding="utf-8")
        code, out, _ = run(path, "--track", "appraised")
        assert code == 0
        assert "Chênh lệch  −1,00" in out
        assert run(path, "--track", "survey")[0] == 4
        assert run(path)[0] == 2
        assert run(path, path, "--track", "appraised")[0] == 2


class TestMoves:
    def test_ranks_before_and_after(self):
        rules = small(group(), rule("a", 10), scale=10)

        def of(unit, value):
            submission = {
                "format": 1, "ruleset": "small", "unit": unit, "period": "2023", "measurements": {"a": value},
            }  # fmt: skip
            return score(rules, load_measurements(submission, rules))

        before = [of("Một", 90), of("Hai", 80), of("Ba", 70)]
        after = [of("Một", 70), of("Hai", 80), of("Bốn", 80)]
        assert moves(before, after) == [
            ("Hai", 2, 1),
            ("Bốn", None, 1),
            ("Một", 1, 3),
            ("Ba", 3, None),
        ]
        assert moves(before, before) == [("Một", 1, 1), ("Hai", 2, 2), ("Ba", 3, 3)]
        with pytest.raises(ValueError, match="Một"):
            moves([before[0], before[0]], after)


# The document --------------------------------------------------------------------------------------------------------


class TestTheSchema:
    def test_is_a_schema_written_as_it_is_printed(self):
        Draft202012Validator.check_schema(SCHEMA)
        text = (
            resources.files("cchc_rules")
            / "packaged"
            / "schemas"
            / "comparison.schema.json"
        ).read_text(encoding="utf-8")
        assert text == print_report(SCHEMA)
        assert SCHEMA["$id"] == "urn:cchc-rules:comparison:1"

    def test_every_object_is_closed_and_requires_all_its_keys(self):
        closed = described_objects(SCHEMA)
        assert len(closed) > 12
        for part in closed:
            assert part["additionalProperties"] is False
            assert part["required"] == list(part["properties"])

    def test_descriptions_are_in_both_languages(self):
        said = descriptions(SCHEMA)
        assert len(said) > 50
        assert all(map(in_both_languages, said))

    @pytest.mark.wide
    @given(pairs())
    def test_whatever_is_compared_validates(self, pair):
        for lang in messages.languages():
            assert list(VALIDATOR.iter_errors(compare(*pair).to_dict(lang))) == []

    @pytest.mark.wide
    def test_any_dropped_or_further_key_is_refused(self, readings):
        document = readings.to_dict()
        for path, part in objects(document):
            if len(path) > 1 and path[1] not in (
                0,
                "ruleset",
                "index",
                "exact",
                "before",
            ):
                continue
            for key in list(part):
                kept = part.pop(key)
                assert not VALIDATOR.is_valid(document), (*path, key)
                part[key] = kept
            part["further"] = None
            assert not VALIDATOR.is_valid(document), path
            del part["further"]
        assert VALIDATOR.is_valid(document)


# The views -----------------------------------------------------------------------------------------------------------


class Page(HTMLParser):
    """The tags, attributes and words of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.said, self.silent = [], [], [], 0
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *pair) for pair in attrs]
        self.silent += tag == "style"

    def handle_endtag(self, tag):
        self.silent -= tag == "style"

    def handle_data(self, data):
        if not self.silent:
            self.said.append(data)

    @property
    def words(self):
        return " ".join(" ".join(self.said).split())


HOSTILE = "</dd><script>alert(1)</script>\x1b[31m| # *đậm* \u202eođảo\n## đầu"


class TestTheViews:
    @pytest.mark.wide
    @given(pairs())
    def test_whatever_is_compared_can_be_shown(self, pair):
        document = compare(*pair).to_dict()
        before = copy.deepcopy(document)
        for form in FORMATS:
            shown = render(document, form, width=60)
            assert shown.endswith("\n")
            assert all(
                unicodedata.category(char) not in ("Cc", "Cf", "Cs")
                for char in shown.replace("\n", "")
            )
        assert document == before

    @pytest.mark.parametrize("lang", messages.languages())
    @pytest.mark.parametrize("width", [40, 80, 120])
    def test_no_line_is_wider(self, readings, lang, width):
        text = render(readings.to_dict(lang), "text", width=width)
        assert max(map(len, text.splitlines())) <= width

    def test_every_amount_is_shown(self, readings):
        document = readings.to_dict("en")
        for form in ("text", "markdown", "html"):
            shown = render(document, form)
            for amount in (
                "+1.45",
                "+0.87",
                "+0.25",
                "+0.16",
                "+0.07",
                "82.56 → 84.01",
            ):
                assert amount in shown
        assert json.loads(render(document, "json")) == document

    @pytest.mark.parametrize("form", ["text", "markdown", "html"])
    def test_notes_are_shown(self, form):
        rules = small(group(), rule("a", 6), scale=10)
        one, two = scored(rules, a=50).to_dict(), scored(rules, a=100).to_dict()
        two["measurements"]["unit"] = "UBND xã khác"
        assert "The sides are two different units" in render(
            compare(one, two).to_dict("en"), form
        )

    def test_colour_says_nothing_new(self, readings):
        document = compare(report(STRONG), report()).to_dict()
        coloured = render(document, "text", colour=True)
        assert "\x1b[1;31m" in coloured
        assert "\x1b[1;32m" in render(readings.to_dict(), "text", colour=True)
        assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == render(document, "text")

    def test_a_change_that_is_not_divided_has_one_column(self):
        one, two = (
            print_report(side.to_dict("en"))
            for side in (report(), report(STRONG, "cam-due-2023-annex"))
        )
        document = compare(parse_report(one), parse_report(two)).to_dict("en")
        assert document["split"]["basis"] == "unsplit"
        text = render(document, "text")
        assert "By figures" not in text
        assert "Figures and rules are not told apart." in " ".join(text.split())

    def test_the_page_stands_alone(self, readings):
        page = Page(render(readings.to_dict(), "html"))
        assert not {"script", "link", "img", "iframe", "form"} & set(page.tags)
        assert not [
            item
            for item in page.attributes
            if item[1] in ("href", "src", "style") or item[1].startswith("on")
        ]
        assert ("html", "lang", "vi") in page.attributes
        assert "SO SÁNH" not in page.words
        assert page.tags.count("h1") == 1

    def test_hostile_texts_are_words(self):
        first, second = (
            small(group(), rule("a", 6), scale=10),
            small(group(), rule("a", 6, 50), rule("b", 2), scale=10),
        )
        one, two = (
            copy.deepcopy(scored(rules, a=25).to_dict()) for rules in (first, second)
        )
        for document in (one, two):
            document["measurements"]["unit"] = HOSTILE
            document["ruleset"]["id"] = HOSTILE
            for part in [*document["rules"], *document["groups"]]:
                part["title"] = HOSTILE
            for part in document["rules"]:
                part["source"], part["required"], part["reported"] = (
                    [HOSTILE],
                    HOSTILE,
                    HOSTILE,
                )
        document = compare(one, two).to_dict()
        page = Page(render(document, "html"))
        assert "script" not in page.tags
        assert "<script>alert(1)</script>" in page.words
        markdown = render(document, "markdown")
        assert "<script" not in markdown.replace(plain("<script"), "")
        assert not any(line.startswith("## đầu") for line in markdown.splitlines())
        for form in ("text", "markdown", "html"):
            assert not {"\x1b", "\u202e"} & set(render(document, form))


JUNK = (None, 7, -1, True, "x", "", "1/0", "9" * 5000, [], [[]], {}, {"id": []})


class TestBrokenReports:
    @pytest.mark.wide
    @pytest.mark.untraced
    @pytest.mark.parametrize("junk", JUNK, ids=lambda junk: repr(junk)[:20])
    def test_whatever_stands_anywhere_is_refused_or_shown(self, junk):
        """Every value of a report document, of every shape once, gives way to junk."""
        rules = small(
            group(), rule("a", 6), group("m", combine='"mean"', weight=2), rule("b", 1, group="m"),
            group("n", kind='"bonus"', cap=1), rule("c", 2, group="n"), scale=10,
        )  # fmt: skip
        whole = scored(rules, a=25, b={"not_applicable": "không"}, c=50).to_dict()
        other, seen, refused = copy.deepcopy(whole), set(), 0
        other["rules"][0]["earned"] = "1.00"
        for path, part in list(objects(whole)):
            for key in list(part):
                shape = (*(step for step in path if isinstance(step, str)), key)
                if shape in seen:
                    continue
                seen.add(shape)
                kept, part[key] = part[key], junk
                try:
                    document = compare(whole, other).to_dict()
                except ReportError:
                    refused += 1
                else:
                    for form in FORMATS:
                        render(document, form)
                part[key] = kept
        assert 20 < refused < len(seen)


# The command ---------------------------------------------------------------------------------------------------------


class TestTheCommand:
    def test_two_readings_of_the_plan(self, run, readings):
        code, out, err = run(EXAMPLE, EXAMPLE, "--rules-after", "cam-due-2023-annex")
        assert (code, err) == (0, "")
        assert out == render(readings.to_dict("vi"), "text")
        code, out, _ = run(
            EXAMPLE,
            EXAMPLE,
            "--rules-after",
            "cam-due-2023-annex",
            "--format",
            "json",
            "--lang",
            "en",
        )
        assert json.loads(out) == readings.to_dict("en")

    def test_reports_and_submissions_may_be_mixed(self, run, tmp_path):
        path = tmp_path / "before.json"
        path.write_text(print_report(report().to_dict()), encoding="utf-8")
        code, out, _ = run(path, STRONG, "--format", "json")
        assert code == 0
        assert json.loads(out)["split"]["basis"] == "same_rules"
        code, out, _ = run(
            path, STRONG, "--rules", "cam-due-2023-annex", "--format", "json"
        )
        assert json.loads(out)["split"]["basis"] == "unsplit"

    def test_days(self, run):
        code, out, _ = run(
            EXAMPLE, EXAMPLE, "--as-of-after", "2023-12-31", "--format", "json"
        )
        document = json.loads(out)
        assert (code, document["before"]["as_of"], document["after"]["as_of"]) == (
            0,
            "2023-12-20",
            "2023-12-31",
        )
        assert document["split"]["basis"] == "same_rules"
        document = json.loads(
            run(EXAMPLE, EXAMPLE, "--as-of", "2023-12-31", "--format", "json")[1]
        )
        assert document["before"]["as_of"] == document["after"]["as_of"] == "2023-12-31"

    def test_output(self, run, tmp_path):
        path = tmp_path / "so-sanh.html"
        assert run(EXAMPLE, STRONG, "--format", "html", "--output", path) == (0, "", "")
        assert path.read_bytes().startswith(b"<!doctype html>\n")
        assert b"\r" not in path.read_bytes()
        assert run(EXAMPLE, STRONG, "--output", tmp_path / "no" / "where")[0] == 2

    @pytest.mark.parametrize(
        ("content", "code"),
        [
            ("[]", "nothing-to-compare"),
            ("{}", "nothing-to-compare"),
            ("7", "nothing-to-compare"),
            ('{"index": 1}', "missing-key"),
            ('{"index": 1, "index": 2}', "duplicate-key"),
            ("{", "json-syntax"),
            ('{"measurements": {}}', "missing-key"),
        ],
    )
    def test_what_can_not_be_compared_is_said(self, run, tmp_path, content, code):
        path = tmp_path / "odd.json"
        path.write_text(content, encoding="utf-8")
        left, out, err = run(path, EXAMPLE, "--lang", "en")
        assert (left, out) == (4, "")
        assert f"[{code}]" in err
        assert "odd.json" in err

    def test_a_broken_report_is_said(self, run, tmp_path):
        document = report().to_dict()
        document["rules"][0]["earned"] = "nhiều"
        path = tmp_path / "broken.json"
        path.write_text(print_report(document), encoding="utf-8")
        left, out, err = run(path, EXAMPLE)
        assert (left, out) == (4, "")
        assert "[report-broken]" in err

    def test_a_file_that_is_not_there_and_rules_that_are_not(self, run, tmp_path):
        assert run(tmp_path / "none.json", EXAMPLE)[0] == 4
        assert run(EXAMPLE, EXAMPLE, "--rules", "cam-due-2032")[0] == 3

    def test_without_the_template_engine(self, run, monkeypatch):
        monkeypatch.setitem(sys.modules, "jinja2", None)
        monkeypatch.delitem(
            sys.modules, "cchc_rules.render.comparison_page", raising=False
        )
        monkeypatch.delitem(
            sys.modules, "cchc_rules.render.html_template", raising=False
        )
        left, out, err = run(EXAMPLE, STRONG, "--format", "html", "--lang", "en")
        assert (left, out) == (2, "")
        assert 'pip install "cchc-rules[html]"' in err

    def test_scoring_loads_none_of_it(self, tmp_path):
        code = (
            "import sys; from cchc_rules.cli.main import main; main(['score', sys.argv[1]]); "
            "print([name for name in sys.modules if 'compar' in name or 'jinja' in name], file=sys.stderr)"
        )
        ran = subprocess.run(
            [sys.executable, "-c", code, str(EXAMPLE)], capture_output=True, check=True
        )
        assert ran.stderr.decode().strip() == "[]"

    def test_as_people_run_it(self, tmp_path):
        ran = process("compare", EXAMPLE, STRONG, "--lang", "en", cwd=tmp_path)
        assert ran.returncode == 0
        assert ran.stdout.decode().startswith("COMPARISON OF TWO SCORINGS\n")
