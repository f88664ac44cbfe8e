"""The views: they lay a document out as text and Markdown, compute nothing, and show hostile texts as mere words."""

import copy
import json
import re
import unicodedata
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaged_rules import packaged
from searches import only_wide
from strategies import cases
from test_shapes import CASES, EACH_SHAPE, report_of

from cchc_rules import (
    load_measurements,
    parse_report,
    parse_rules,
    print_report,
    score,
)
from cchc_rules.base import messages
from cchc_rules.render import TEXTS, render
from cchc_rules.render.display import safe
from cchc_rules.render.markdown import plain

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = ("cam-due-2023", "cam-due-2023-mid-year", "cam-due-2023-strong")
WIDTHS = (40, 80, 120)


def document_of(name="cam-due-2023", lang="vi"):
    rules = packaged("cam-due-2023")
    return score(rules, load_measurements(EXAMPLES / f"{name}.json", rules)).to_dict(
        lang
    )


@pytest.fixture
def document():
    return document_of()


@pytest.fixture
def english():
    return document_of(lang="en")


def flat(text):
    """A text without its line breaks and the blanks that lay it out."""
    return " ".join(text.split())


def say(document, id_, **places):
    return messages.message(document["language"], f"report.{id_}", **places)


def wide(document):
    """The text on lines so long that nothing is broken."""
    return render(document, "text", width=2000)


def sections(text, heads):
    """The parts of a text under headings, by heading."""
    found, here = {}, None
    for line in text.splitlines():
        if line.lstrip("# ") in heads:
            here = line.lstrip("# ")
            found[here] = []
        elif here:
            found[here].append(line)
    return {head: "\n".join(lines) for head, lines in found.items()}


def cells(row):
    """The cells of a Markdown row, escaped bars left alone."""
    assert row.startswith("| ")
    assert row.endswith(" |")
    return row[2:-2].split(" | ")


def tables(text):
    """The tables of a Markdown text as lists of rows."""
    found, here = [], []
    for line in [*text.splitlines(), ""]:
        if line.startswith("|"):
            here.append(line)
        elif here:
            found.append(here)
            here = []
    return found


def well_formed(text):
    for heads, rule, *rows in tables(text):
        columns = len(cells(heads))
        assert rule == "|" + "---|" * columns
        assert all(len(cells(row)) == columns for row in rows)


def checked(document):
    """Both views of a document, each held against what must be true of every one."""
    text, markdown = wide(document), render(document, "markdown")
    for view in (text, markdown):
        assert view.endswith("\n")
        assert not view.endswith("\n\n")
        assert all(
            unicodedata.category(char) not in ("Cc", "Cf", "Cs")
            for char in view.replace("\n", "")
        )
    well_formed(markdown)
    for rule in document["rules"]:
        assert f"| {plain(rule['title'])} |" in markdown
    return text, markdown


class TestEveryDocumentHasItsViews:
    @pytest.mark.parametrize("lang", messages.languages())
    @pytest.mark.parametrize(("name", "submission", "_"), EACH_SHAPE)
    def test_of_every_shape(self, name, submission, _, lang):
        document = report_of(name, submission).to_dict(lang)
        text, markdown = checked(document)
        if document["index"]["value"] is None:
            shown = messages.message(lang, "report.no-index")
        else:
            shown = f"{messages.number(lang, document['index']['value'])} / "
        assert shown in text
        assert shown in markdown

    @pytest.mark.parametrize("lang", messages.languages())
    @pytest.mark.parametrize("name", NAMES)
    def test_of_the_examples(self, name, lang):
        checked(document_of(name, lang))

    @given(cases())
    def test_of_whatever_is_drawn(self, case):
        text, _, submission = case
        rules = parse_rules(text)
        report = score(rules, load_measurements(submission, rules))
        for lang in messages.languages():
            checked(report.to_dict(lang))

    @pytest.mark.parametrize("form", TEXTS)
    def test_a_document_read_back_gives_the_same_bytes(self, document, form):
        again = parse_report(print_report(document))
        assert render(again, form) == render(document, form)
        assert render(json.loads(json.dumps(document)), form, width=60) == render(
            document, form, width=60
        )

    def test_the_views_leave_the_document_alone(self, document):
        before = copy.deepcopy(document)
        for form in TEXTS:
            render(document, form)
        assert document == before

    def test_json_is_the_document(self, document):
        assert json.loads(render(document, "json")) == document
        assert render(document, "json") == print_report(document)

    def test_the_language_is_that_of_the_document(self, document, english):
        assert wide(document).startswith("BÁO CÁO TỰ CHẤM ĐIỂM CẢI CÁCH HÀNH CHÍNH\n")
        assert wide(english).startswith("SELF-ASSESSMENT OF ADMINISTRATIVE REFORM\n")
        assert render(document, "markdown").startswith(
            "# Báo cáo tự chấm điểm cải cách hành chính\n"
        )
        assert "31/12/2023" in wide(document)
        assert "31 December 2023" in wide(english)


class TestWidthAndColour:
    @pytest.mark.parametrize("width", WIDTHS)
    @pytest.mark.parametrize("lang", messages.languages())
    def test_no_line_is_wider(self, width, lang):
        text = render(document_of(lang=lang), "text", width=width)
        assert max(map(len, text.splitlines())) <= width
        assert all(line == line.rstrip() for line in text.splitlines())

    @pytest.mark.parametrize("width", WIDTHS)
    def test_no_word_is_lost_to_the_width(self, document, width):
        narrow = re.sub(r"\s", "", render(document, "text", width=width))
        for rule in document["rules"]:
            if rule["id"] in document["losses"]:
                for part in (
                    rule["title"],
                    rule["calculation"],
                    rule["required"],
                    rule["reported"],
                ):
                    assert re.sub(r"\s", "", part) in narrow

    def test_the_usual_width(self, document):
        assert render(document, "text") == render(document, "text", width=100)

    def test_colour(self, document):
        bare, coloured = render(document, "text"), render(document, "text", colour=True)
        assert "\x1b" not in bare
        assert "\x1b[" in coloured
        stripped = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
        assert [line.rstrip() for line in stripped.splitlines()] == bare.splitlines()

    @pytest.mark.parametrize(
        ("name", "value"),
        [("FORCE_COLOR", "1"), ("COLUMNS", "33"), ("TERM", "dumb"), ("NO_COLOR", "1")],
    )
    def test_neither_hangs_on_the_environment(self, document, monkeypatch, name, value):
        bare, coloured = render(document, "text"), render(document, "text", colour=True)
        monkeypatch.setenv(name, value)
        assert render(document, "text") == bare
        assert render(document, "text", colour=True) == coloured

    def test_markdown_has_neither(self, document):
        assert render(document, "markdown", width=40, colour=True) == render(
            document, "markdown"
        )


class TestWhatMustBeSaid:
    @pytest.mark.parametrize("name", NAMES)
    @pytest.mark.parametrize("lang", messages.languages())
    def test_of_every_lost_point(self, name, lang):
        document = document_of(name, lang)
        rules = {rule["id"]: rule for rule in document["rules"]}
        text, markdown = wide(document), render(document, "markdown")
        blocks = re.split(r"\n(?=\d+\. −)", text)[1:]
        written = re.split(
            r"\n### \d+\. ", markdown.partition("\n## " + say(document, "all-rules"))[0]
        )[1:]
        listed = [*document["losses"], *document["missing"]]
        assert len(blocks) == len(written) == len(listed) > 0
        for id_, block, item in zip(listed, blocks, written, strict=True):
            rule = rules[id_]
            shown = [
                rule["title"],
                *rule["source"],
                rule["required"],
                rule["reported"],
                rule["calculation"],
            ]
            shown += [rule["win_back"], messages.number(lang, rule["lost"])]
            if rule["remedy"]:
                shown += [
                    rule["remedy"][key]
                    for key in ("task", "lead", "with", "due", "product", "budget")
                ]
            shown += [conflict["source"] for conflict in rule["conflicts"]]
            shown += [
                proof["document"]
                for proof in rule["evidence"]["documents"]
                if proof["valid"]
            ]
            for part in filter(None, shown):
                assert flat(part) in flat(block), (id_, part)
                assert plain(part) in item, (id_, part)

    def test_the_largest_loss_comes_first(self, document):
        text = wide(document).partition(say(document, "list-missing").upper())[0]
        lost = re.findall(r"^\d+\. −(\d+,\d+) điểm", text, re.MULTILINE)
        assert len(lost) == len(document["losses"])
        assert lost == sorted(lost, key=lambda text: -int(text.replace(",", "")))

    @pytest.mark.parametrize("lang", messages.languages())
    def test_what_is_missing_and_what_does_not_apply_stand_apart(self, lang):
        document = document_of(lang=lang)
        rules = {rule["id"]: rule for rule in document["rules"]}
        keys = ("missing", "not_due", "not_applicable", "waived", "unsupported")
        heads = {key: say(document, f"list-{key.replace('_', '-')}") for key in keys}
        losses, provenance = say(document, "losses"), say(document, "provenance")
        shouted = {name.upper(): name for name in (*heads.values(), losses, provenance)}
        in_text = {
            shouted[head]: body
            for head, body in sections(wide(document), shouted).items()
        }
        in_markdown = sections(
            render(document, "markdown"),
            {*heads.values(), losses, provenance, say(document, "all-rules")},
        )
        for key in keys:
            assert document[key]
            for body, escape in (
                (in_text[heads[key]], flat),
                (in_markdown[heads[key]], plain),
            ):
                for id_ in document[key]:
                    assert escape(rules[id_]["title"]) in body
                    if key != "missing":
                        assert escape(rules[id_]["reason"]["text"]) in flat(body)
                if key != "missing":
                    assert len(re.findall(r"^• |^- \*\*", body, re.MULTILINE)) == len(
                        document[key]
                    )
        for key in keys[:4]:
            for id_ in document[key]:
                assert rules[id_]["title"] not in in_text[losses]

    def test_a_rule_that_waits_for_another_names_it(self):
        """Its own figure was reported; without the reason nobody can tell why it counts as missing."""
        name, submission, _ = next(
            case.values for case in CASES if case.id == "s36-gated-3"
        )
        document = report_of(name, submission).to_dict("en")
        waiting = next(
            rule
            for rule in document["rules"]
            if rule["reason"]["code"] == "gate_unknown"
        )
        text = wide(document)
        block = text[text.index(f"  {waiting['title']}\n") :].partition("\n\n")[0]
        assert "Ban hành kế hoạch" in block, block

    def test_what_a_document_does_not_say_is_left_out(self, document):
        for rule in document["rules"]:
            rule |= {"win_back": None, "remedy": None, "conflicts": []}
            rule["evidence"]["documents"] = []
        for view in (wide(document), render(document, "markdown")):
            for id_ in (
                "win-back",
                "task",
                "lead",
                "with",
                "due",
                "budget",
                "product",
                "documents",
            ):
                assert f"{say(document, id_)}  " not in view
                assert f"**{say(document, id_)}:**" not in view
            assert "None" not in view

    def test_lists_without_rules_are_left_out(self):
        name, submission, _ = next(
            case.values for case in CASES if case.id == "s01-yes-no-1"
        )
        document = report_of(name, submission).to_dict()
        for view in checked(document):
            assert "Chưa báo cáo" not in view
            assert "CHƯA BÁO CÁO" not in view
            assert say(document, "no-losses") in view

    def test_the_counts_leave_out_states_that_do_not_occur(self):
        name, submission, _ = next(
            case.values for case in CASES if case.id == "s01-yes-no-1"
        )
        assert "1 đạt\n" in wide(report_of(name, submission).to_dict())

    def test_the_bands_gates(self):
        name, submission, _ = next(
            case.values for case in CASES if case.id == "s30-bands-5"
        )
        document = report_of(name, submission).to_dict("en")
        assert document["band"]["gates"] == ["no-discipline"]
        for view in checked(document):
            assert "lowered because" in view
            assert document["rules"][1]["title"] in view

    def test_bonus_and_penalty_are_marked(self):
        name, submission, _ = next(
            case.values for case in CASES if case.id == "s25-bonus-and-penalty-1"
        )
        document = report_of(name, submission).to_dict("en")
        text = wide(document)
        kinds = {group["title"]: group["kind"] for group in document["groups"]}
        for title, kind in kinds.items():
            assert (f"{title} ({kind})" in text) == (kind != "base")

    def test_bonus_and_penalty_are_marked_in_markdown_too(self):
        name, submission, _ = next(
            case.values for case in CASES if case.id == "s25-bonus-and-penalty-1"
        )
        document = report_of(name, submission).to_dict("en")
        for group in document["groups"]:
            if group["kind"] != "base":
                assert f"| {plain(group['title'])} ({group['kind']}) |" in render(
                    document, "markdown"
                )

    def test_the_bar(self, document):
        rows = [line for line in wide(document).splitlines() if "█" in line][1:]
        assert len(rows) == 8
        assert all(len(re.findall("[█░·]", row)) == 20 for row in rows)

    def test_a_group_without_points_has_no_bar(self, document):
        group = document["groups"][0]
        group.update(dict.fromkeys(("earned", "lost", "excluded", "maximum"), "0.00"))
        assert not re.search(
            "[█░·]",
            next(
                line for line in wide(document).splitlines() if group["title"] in line
            ),
        )

    def test_a_group_below_zero_has_an_empty_bar(self, document):
        document["groups"][0] |= {
            "earned": "-1.00",
            "lost": "11.00",
            "excluded": "0.00",
            "maximum": "10.00",
        }
        line = next(
            line
            for line in wide(document).splitlines()
            if document["groups"][0]["title"] in line
        )
        assert line.count("░") == 20

    def test_tracks_and_the_hash_of_every_file(self, document):
        document["ruleset"]["files"].append({"name": "more.toml", "sha256": "a" * 64})
        for view in (wide(document), render(document, "markdown")):
            for file in document["ruleset"]["files"]:
                assert file["name"] in view
                assert file["sha256"] in view
            assert document["measurements"]["sha256"] in view
            assert "cchc-rules 0.1.0" in view


FIGURES = [
    (("index", "value"), "12.34"),
    (("index", "lowest"), "1.23"),
    (("index", "supported"), "2.34"),
    (("groups", 0, "earned"), "3.45"),
    (("band", "next", "distance"), "4.56"),
]


class TestTheViewsComputeNothing:
    @pytest.mark.parametrize(("path", "value"), FIGURES, ids=str)
    @pytest.mark.parametrize("form", ["text", "markdown"])
    def test_a_changed_figure_changes_just_itself(self, document, path, value, form):
        before = render(document, form, width=300).splitlines()
        part = document
        for step in path[:-1]:
            part = part[step]
        old, part[path[-1]] = part[path[-1]], value
        after = render(document, form, width=300).splitlines()
        changed = [
            (one, two) for one, two in zip(before, after, strict=True) if one != two
        ]
        assert len(changed) == 1
        old, new = messages.number("vi", old), messages.number("vi", value)
        bar = str.maketrans("", "", "█░· ")
        assert changed[0][0].translate(bar).replace(old, new) == changed[0][
            1
        ].translate(bar)

    def test_even_sums_that_are_wrong_are_shown_as_they_are(self, document):
        for group in document["groups"]:
            group["lost"] = "77.77"
        document["index"]["counts"]["met"] = 99
        for view in (wide(document), render(document, "markdown")):
            assert view.count("77,77") == 8
            assert "99 đạt" in view

    def test_words_are_taken_as_they_stand(self, document):
        lost = next(
            rule for rule in document["rules"] if rule["id"] == document["losses"][0]
        )
        lost |= {
            "calculation": "một cộng một bằng ba",
            "required": "gì cũng được",
            "reported": "không rõ",
        }
        for view in (wide(document), render(document, "markdown")):
            for part in ("một cộng một bằng ba", "gì cũng được", "không rõ"):
                assert part in view


HOSTILE = [
    "\x1b[31mđỏ\x1b[0m",
    "\x1b]8;;http://x.example\x1b\\liên kết\x1b]8;;\x1b\\",
    "\x9b31m",
    "một\nhai\r\nba\u2028bốn\x0bnăm\x85sáu",
    "\n# Tiêu đề giả\n",
    "\u202eđảo ngược\u202c \u2066cách ly\u2069 \u200e\u200f\u061c",
    "zero\u200bwidth\ufeff\u00ad\u2060",
    "[red]đỏ[/red] [bold]đậm[/] [link=http://x.example]x[/link] \\[x]",
    ":smile: :warning:",
    "| a | b |",
    "a|b\\|c\\",
    "<script>alert(1)</script> <img src=x onerror=y> &lt;b&gt; &amp;",
    "**đậm** _nghiêng_ `mã` ~~gạch~~ # đầu",
    "[liên kết](http://x.example) ![hình](http://x.example/a.png) <http://x.example>",
    "- gạch đầu dòng",
    "1. đánh số",
    "> trích dẫn",
    "\ttab\tvà  nhiều   khoảng   trắng ",
    "\x00\x07\x08\x7f",
    "\ud800",
]

SPOTS = [
    ("measurements", "unit"),
    ("measurements", "note"),
    ("measurements", "period"),
    ("ruleset", "title"),
    ("ruleset", "version"),
    ("ruleset", "files", 0, "name"),
    ("band", "title"),
    ("band", "next", "title"),
    ("targets", 0, "title"),
    ("targets", 0, "source", 0),
    ("index", "calculation"),
    ("groups", 0, "title"),
    ("engine", "version"),
]

RULE_SPOTS = ["title", "required", "reported", "calculation", "win_back"]


def poisoned(document, text):
    """A document with one text in every place for words."""
    for path in SPOTS:
        part = document
        for step in path[:-1]:
            part = part[step]
        part[path[-1]] = text
    for rule in document["rules"]:
        rule |= dict.fromkeys(RULE_SPOTS, text)
        rule["source"] = [text, text]
        rule["reason"]["text"] = text
        rule["evidence"]["documents"] = [
            {"document": text, "date": None, "valid": True}
        ]
        rule["conflicts"] = [{"source": text, "required": text, "note": text}]
        rule["remedy"] = {
            "id": "one", "source": [text], "task": text, "product": text, "lead": text, "with": text, "due": text,
            "due_date": None, "budget": text,
        }  # fmt: skip
    return document


def rendered_by_commonmark(text):
    """What is left of an escaped text when a Markdown reader takes its backslashes away."""
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text)


HOSTILE_IN_A_RUN = [*HOSTILE[::2], *only_wide(*HOSTILE[1::2])]


class TestHostileTexts:
    @pytest.mark.parametrize("text", HOSTILE_IN_A_RUN, ids=repr)
    def test_have_no_power_over_the_terminal(self, document, text):
        lines = len(wide(poisoned(copy.deepcopy(document), "x")).splitlines())
        shown = wide(poisoned(document, text))
        assert all(
            unicodedata.category(char) not in ("Cc", "Cf", "Cs")
            for char in shown.replace("\n", "")
        )
        assert len(shown.splitlines()) == lines
        assert safe(text) in shown
        coloured = render(document, "text", width=2000, colour=True)
        stripped = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
        assert [line.rstrip() for line in stripped.splitlines()] == shown.splitlines()

    @pytest.mark.parametrize("text", HOSTILE_IN_A_RUN, ids=repr)
    def test_have_no_power_over_markdown(self, document, text):
        calm = render(poisoned(copy.deepcopy(document), "x"), "markdown").splitlines()
        shown = render(poisoned(document, text), "markdown").splitlines()
        assert len(shown) == len(calm)
        well_formed("\n".join(shown))
        for one, two in zip(calm, shown, strict=True):
            head = re.match(r"#+ |\|| *- \*\*", one)
            assert two.startswith(head[0] if head else one)
        joined = "\n".join(shown)
        for mark in "`*_[]<>|#~&":
            for found in re.finditer(re.escape(mark), plain(text)):
                assert plain(text)[found.start() - 1] == "\\", (mark, plain(text))
        assert rendered_by_commonmark(plain(text)) == safe(text)
        assert plain(text) in joined

    @given(st.text())
    def test_whatever_the_text(self, text):
        assert all(
            unicodedata.category(char) not in ("Cc", "Cf", "Cs") for char in safe(text)
        )
        assert "\n" not in safe(text)
        assert safe(safe(text)) == safe(text)
        assert rendered_by_commonmark(plain(text)) == safe(text)
        assert not re.search(r"(?<!\\)(\\\\)*\|", plain(text))

    def test_ordinary_texts_are_left_alone(self):
        for text in ("Hồ sơ TTHC – 95 %", "UBND xã “Cẩm Duệ”", "a/b (c); d: e"):
            assert safe(text) == plain(text) == text

    def test_a_hostile_submission_comes_through_the_whole_way(self):
        rules = packaged("cam-due-2023")
        submission = json.loads(
            (EXAMPLES / "cam-due-2023.json").read_text(encoding="utf-8"),
            parse_float=Decimal,
        )
        submission["unit"] = "\x1b[31mUBND\x1b[0m [red]xã[/red] | <b>x</b>"
        submission["note"] = "\u202e# a\n\n# b"
        document = score(rules, load_measurements(submission, rules)).to_dict()
        text, markdown = checked(document)
        assert "�[31mUBND�[0m [red]xã[/red] | <b>x</b>" in text
        assert r"�\[31mUBND�\[0m \[red\]xã\[/red\] \| \<b\>x\</b\>" in markdown
