"""The sensitivity command and its views: the same words everywhere, hostile texts shown and not run."""

import json
import re
import sys
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from rule_texts import tiny_files
from test_sensitivity import (
    CONFLICT,
    FIGURES,
    HEAD,
    NO_FIGURE,
    PROPORTIONAL,
    THREE,
    area,
    ruled,
    study,
    submission,
)

from cchc_rules.cli import console
from cchc_rules.cli.main import main
from cchc_rules.render.sensitivity import FORMATS, render

ROOT = Path(__file__).parents[2]
EXAMPLE = str(ROOT / "examples" / "cam-due-2023.json")
HOSTILE = "<script>alert(1)</script> | **b** \x1b[31mđỏ \u202e"


@pytest.fixture(autouse=True)
def plain(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")


def run(capsys, *arguments):
    code = main(["sensitivity", *arguments])
    shown = capsys.readouterr()
    return code, shown.out, shown.err


class Page(HTMLParser):
    """A page as a browser would read it: its tags closed, its texts, its tags with attributes."""

    def __init__(self, text):
        super().__init__()
        self.open, self.texts, self.tags = [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "line"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(" ".join(data.split()))


class TestTheCommand:
    def test_says_what_was_found(self, capsys):
        code, out, err = run(capsys, EXAMPLE)
        assert (code, err) == (0, "")
        assert "từ 80,61 đến 84,57" in out
        assert (
            "lên “Xuất sắc” khi điểm tối đa của các lĩnh vực tăng giảm đến 71,69 %"
            in out
        )

    @pytest.mark.wide
    def test_the_range_may_be_given(self, capsys):
        assert "từ 82,56 đến 82,56" in run(capsys, EXAMPLE, "--range", "0")[1]
        narrow = json.loads(
            run(capsys, EXAMPLE, "--range", "12.5", "--format", "json")[1]
        )
        assert narrow["range"] == "12.5"

    @pytest.mark.parametrize("given", ["100", "-1", "a lot", "1e1", ""])
    def test_a_range_that_is_none_is_wrong_usage(self, capsys, given):
        code, out, err = run(capsys, EXAMPLE, f"--range={given}")
        assert (code, out) == (2, "")
        assert "--range" in err

    @pytest.mark.wide
    def test_options_as_score_has_them(self, capsys, tmp_path):
        output = tmp_path / "study.md"
        more = [
            "--rules",
            "cam-due-2023-annex",
            "--as-of",
            "2023-12-31",
            "--lang",
            "en",
            "--format",
            "markdown",
        ]
        code, out, _ = run(capsys, EXAMPLE, *more, "--output", str(output))
        text = output.read_text(encoding="utf-8")
        assert (code, out) == (0, "")
        assert text.startswith("# How sure the index is\n")
        assert "judged at 31 December 2023" in text
        assert "cam-due-2023-annex" in text

    @pytest.mark.wide
    @pytest.mark.parametrize("form", ["text", "markdown", "html"])
    def test_says_which_figures_were_tried(self, capsys, form):
        said = " ".join(
            unescape(
                run(capsys, EXAMPLE, "--set", "on_time=48/52", "--format", form)[1]
            ).split()
        )
        assert "Thử với" in said
        assert "92,3077 % (48/52)" in said

    def test_what_is_refused_is_said(self, capsys, tmp_path):
        assert run(capsys, EXAMPLE, "--rules", "cam-due-2032")[0] == 3
        assert run(capsys, str(tmp_path / "nowhere.json"))[0] == 4
        assert (
            run(capsys, *tiny_files(tmp_path), "--output", str(tmp_path / "no" / "a"))[
                0
            ]
            == 2
        )

    def test_help_speaks_both_languages(self, capsys):
        assert (
            "how much each area's weight may move"
            in run(capsys, "--help", "--lang", "en")[1]
        )
        assert "tăng giảm" in run(capsys, "--help")[1]

    def test_without_the_extra_it_says_which_to_install(
        self, capsys, monkeypatch, tmp_path
    ):
        monkeypatch.setitem(sys.modules, "jinja2", None)
        monkeypatch.delitem(
            sys.modules, "cchc_rules.render.sensitivity_page", raising=False
        )
        monkeypatch.delitem(
            sys.modules, "cchc_rules.render.html_template", raising=False
        )
        code, out, err = run(
            capsys, *tiny_files(tmp_path), "--format", "html", "--lang", "en"
        )
        assert (code, out) == (2, "")
        assert (
            err
            == 'This needs the package jinja2. Install it with: pip install "cchc-rules[html]"\n'
        )

    def test_another_missing_module_is_no_missing_extra(self):
        def work():
            raise ModuleNotFoundError("no", name="some_module")

        with pytest.raises(ModuleNotFoundError):
            console.guarded(work, "vi")


@pytest.fixture(scope="module")
def documents():
    return {
        "three": study(THREE, FIGURES).to_dict("en"),
        "no bands": study(HEAD + area("a", 10), {"a": 50}).to_dict("en"),
        "no figure": study(ruled(NO_FIGURE), {"x": 45, "y": 50}).to_dict("en"),
        "no areas": study(
            HEAD + area("a", 5, 'kind = "bonus"\ncap = 5'), {"a": 100}
        ).to_dict("en"),
        "both ways": both_ways().to_dict("en"),
    }


def both_ways():
    """One reading lowers the index and one raises it."""
    rule = f'comparator = ">="\nthreshold = 60\n{CONFLICT.format(">=", 90)}\n{PROPORTIONAL}'
    text = ruled(rule).replace("[rule.y]", "[rule.y]\n" + CONFLICT.format(">=", 80))
    return study(text, {"x": 45, "y": 50})


class TestViews:
    @pytest.mark.parametrize("form", FORMATS)
    @pytest.mark.parametrize(
        "name", ["three", "no bands", "no figure", "no areas", "both ways"]
    )
    def test_every_form_of_every_study_is_drawn(self, documents, name, form):
        text = render(documents[name], form)
        assert text.endswith("\n")
        if form != "json":
            assert documents[name]["weights"]["text"] in " ".join(
                unescape(text).split()
            )

    def test_json_is_the_document(self, documents):
        assert json.loads(render(documents["three"], "json")) == documents["three"]

    def test_words_for_what_is_not_there(self, documents):
        assert "the rule set has no bands" in render(documents["no bands"], "text")
        for form in ("text", "markdown", "html"):
            assert "The rule set declares no contradictions." in render(
                documents["no bands"], form
            )
            said = render(documents["no figure"], form)
            assert "not computed" in said
            assert "This contradiction has no other figure to score with." in said

    @pytest.mark.parametrize("form", ["text", "markdown", "html"])
    def test_readings_that_lower_and_that_raise_stand_apart(self, documents, form):
        said = render(documents["both ways"], form)
        assert "The readings that lower it, at once" in said
        assert "The readings that raise it, at once" in said
        assert "−12.50" in said
        assert "+6.25" in said
        assert "lower it" not in render(documents["three"], form)

    @pytest.mark.parametrize("form", ["text", "markdown", "html"])
    def test_readings_that_were_not_scored(self, documents, form):
        said = " ".join(
            unescape(render(documents["three"] | {"readings": None}, form)).split()
        )
        assert "The other readings are not scored here" in said
        assert "declares no contradictions" not in said

    def test_one_row_a_reading_in_markdown(self, documents):
        said = render(documents["both ways"], "markdown")
        assert (
            "| Target y | PL.1 | at least 100 % | at least 80 % | 25.00 → 31.25 | 68.75 | +6.25 |"
            in said
        )

    @pytest.mark.wide
    @pytest.mark.parametrize("width", [40, 60, 100, 120])
    def test_text_fits_its_width(self, width, capsys):
        document = json.loads(run(capsys, EXAMPLE, "--format", "json")[1])
        lines = render(document, "text", width=width).splitlines()
        assert max(map(len, lines)) <= width

    def test_colour_changes_no_word(self, documents):
        plain_, coloured = (
            render(documents["three"], "text", colour=colour)
            for colour in (False, True)
        )
        assert "\x1b[" in coloured
        assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == plain_

    def test_hostile_texts_are_shown(self):
        text = THREE.replace("Lĩnh vực a", "NAME").replace("Area a", "NAME")
        document = study(
            text, FIGURES, unit=HOSTILE.replace("\x1b", "").replace("\u202e", "")
        ).to_dict("en")
        document["weights"]["areas"][0]["title"] = document["measurements"]["unit"] = (
            HOSTILE
        )
        document["chart"]["bars"][0]["label"] = HOSTILE
        for form in ("text", "markdown", "html"):
            said = render(document, form)
            assert "\x1b" not in said
            assert "\u202e" not in said
        assert "<script" not in render(document, "html")
        assert "<script" not in render(document, "markdown").replace("\\<", "")
        assert "| **b**" not in render(document, "markdown")


class TestThePage:
    def test_is_whole_and_says_what_the_text_says(self, documents):
        page = Page(render(documents["three"], "html"))
        said = " ".join(page.texts)
        for words in (
            "59.00 / 100",
            "up to “Middle” once weights move by 5.27 %",
            "Area c",
            "62.80",
        ):
            assert words in said

    def test_loads_nothing_and_runs_nothing(self, documents):
        page = Page(render(documents["three"], "html"))
        policy = next(
            attributes["content"]
            for tag, attributes in page.tags
            if "http-equiv" in attributes
        )
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert not {"script", "link", "img", "iframe"} & {tag for tag, _ in page.tags}
        for _, attributes in page.tags:
            assert not {"style", "src", "href"} & set(attributes)
            assert not [name for name in attributes if name.startswith("on")]

    def test_the_chart_draws_what_the_document_places(self, documents):
        page = Page(render(documents["three"], "html"))
        bars = [
            at
            for tag, at in page.tags
            if tag == "line" and at["class"].startswith("bar ")
        ]
        places = [
            (bar["low"]["place"] + "%", bar["high"]["place"] + "%")
            for bar in documents["three"]["chart"]["bars"]
        ]
        assert [(bar["x1"], bar["x2"]) for bar in bars] == places

    def test_speaks_its_language(self, documents):
        assert ("html", {"lang": "en"}) in Page(render(documents["three"], "html")).tags
        assert ("html", {"lang": "vi"}) in Page(
            render(study(THREE, FIGURES).to_dict(), "html")
        ).tags


def test_submissions_name_their_unit():
    assert submission(FIGURES)["unit"] in render(
        study(THREE, FIGURES).to_dict(), "text"
    )
