"""The page: all that the document says, escaped, in one file; read without a script and without a network.

What only a browser can tell is tested in Chromium, where it and playwright are installed (`pip install ".[web]"`).
With CCHC_BROWSER=1 these tests fail instead of being skipped.
"""

import base64
import copy
import hashlib
import json
import os
import re
import shutil
import sys
from fractions import Fraction
from functools import cache
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from packaged_rules import packaged
from rule_texts import tiny_files
from searches import only_wide
from strategies import cases
from test_sensitivity import (
    CONFLICT,
    FIGURES,
    HEAD,
    PROPORTIONAL,
    THREE,
    area,
    ruled,
    submission,
)
from test_shapes import CASES, report_of

from cchc_rules import load_measurements, load_rules, parse_rules, score, sensitivity
from cchc_rules.analysis.versions.all_variants import whole
from cchc_rules.base import messages
from cchc_rules.cli.main import main
from cchc_rules.render import render
from cchc_rules.render.instrument import render as instrument_page

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = ("cam-due-2023", *only_wide("cam-due-2023-mid-year", "cam-due-2023-strong"))
LANGUAGES = messages.languages()
VOID = {"meta", "input", "br", "link", "img", "hr"}
STEPS_OF_THE_EXAMPLE = """
maximum   -               100.00  100.00
lost      direction        -0.76   99.24
lost      institutions     -0.56   98.68
lost      procedures       -1.06   97.62
lost      organisation     -4.36   93.26
lost      civil-service    -1.45   91.81
lost      finance          -1.03   90.78
lost      digital          -3.72   87.06
excluded  -               -25.79   61.27
rescaled  -                21.29   82.56
index     -                 0.00   82.56
"""


@cache
def report_on(name):
    rules = packaged("cam-due-2023")
    return score(rules, load_measurements(EXAMPLES / f"{name}.json", rules))


@cache
def sensitivity_of(name, **more):
    """Studied once in a run: it scores the submission hundreds of times."""
    rules = packaged("cam-due-2023")
    found = load_measurements(EXAMPLES / f"{name}.json", rules)
    return sensitivity(rules, found, **more)


def document_of(name="cam-due-2023", lang="vi"):
    return report_on(name).to_dict(lang)


def study_of(name="cam-due-2023", lang="vi", **more):
    return sensitivity_of(name, **more).to_dict(lang)


def both_of(text, figures, lang="en", **more):
    """The report and the study of a submission."""
    rules = parse_rules(text)
    found = load_measurements(submission(figures), rules)
    return score(rules, found).to_dict(lang), sensitivity(rules, found, **more).to_dict(
        lang
    )


def shape(id_, lang="en"):
    name, submission, _ = next(case.values for case in CASES if case.id == id_)
    return report_of(name, submission).to_dict(lang)


@pytest.fixture
def document():
    return document_of()


def flat(text):
    return " ".join(text.split())


class Read(HTMLParser):
    """A page as it was read: its tags in order, with attributes, and the texts between them; every tag is closed."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.tags, self.open, self.texts, self.code = [], [], [], {}
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        assert len(dict(attributes)) == len(attributes), tag
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in ("script", "style"):
            self.code.setdefault(self.open[-1], []).append(data)
        else:
            self.texts.append(data)

    @property
    def text(self):
        return flat("".join(self.texts))

    def values(self, attribute):
        return [found[attribute] for _, found in self.tags if attribute in found]

    @property
    def bones(self):
        """The tags with the names of their attributes and their classes: what no text may change."""
        return [(tag, sorted(found), found.get("class")) for tag, found in self.tags]


def pages(document, study=None):
    """A page, read, and held against what must be true of every one."""
    page = render(document, "html", study=study)
    read = Read(page)
    assert page.startswith("<!doctype html>\n")
    assert page.endswith("</html>\n")
    assert page.count("<script") == page.count("<style") == 1
    ids = read.values("id")
    assert len(ids) == len(set(ids))
    for anchor in read.values("href"):
        assert anchor.startswith("#")
        assert anchor[1:] in ids
    assert set(read.values("aria-labelledby")) | set(read.values("for")) <= set(ids)
    assert not {
        name
        for _, found in read.tags
        for name in found
        if name.startswith("on") or name in ("style", "src")
    }
    for value in [
        *read.values("width"),
        *read.values("x"),
        *read.values("x1"),
        *read.values("x2"),
    ]:
        assert 0 <= Fraction(value.removesuffix("%")) <= 100, value
    assert "None" not in re.sub(
        r"\w*None\w+|\w+None\w*", "", read.text
    ) or "None" in json.dumps([document, study])
    for rule in document["rules"]:
        assert f"r{document['rules'].index(rule) + 1}" in ids
    return read


class TestEveryDocumentHasAPage:
    @pytest.mark.wide
    @pytest.mark.parametrize("lang", LANGUAGES)
    @pytest.mark.parametrize(("name", "submission", "_"), CASES)
    def test_of_every_shape(self, name, submission, _, lang):
        pages(report_of(name, submission).to_dict(lang))

    @pytest.mark.wide
    @given(cases())
    def test_of_whatever_is_drawn(self, case):
        text, _, submission = case
        rules = parse_rules(text)
        found = load_measurements(submission, rules)
        pages(
            score(rules, found).to_dict("vi"), sensitivity(rules, found).to_dict("vi")
        )

    @pytest.mark.wide
    @pytest.mark.parametrize("name", NAMES)
    def test_the_languages_have_the_same_bones(self, name):
        vi, en = (
            pages(document_of(name, lang), study_of(name, lang))
            for lang in ("vi", "en")
        )
        assert vi.bones == en.bones
        assert [read.tags[0] for read in (vi, en)] == [
            ("html", {"lang": "vi"}),
            ("html", {"lang": "en"}),
        ]

    def test_the_same_document_gives_the_same_bytes_and_is_left_alone(self, document):
        before = copy.deepcopy(document)
        assert render(document, "html") == render(
            json.loads(json.dumps(document)), "html"
        )
        assert document == before


def figures(part):
    """The figures of a document, the machine form, gains (which stand in words) and identifiers left out."""
    if isinstance(part, dict):
        for key, value in part.items():
            if key not in ("machine", "gains", "version", "sha256", "period", "id"):
                yield from figures(value)
    elif isinstance(part, list):
        for value in part:
            yield from figures(value)
    elif isinstance(part, str) and re.fullmatch(r"-?\d+(\.\d+)?", part):
        yield part


class TestWhatStandsOnThePage:
    @pytest.mark.parametrize("lang", LANGUAGES)
    @pytest.mark.parametrize("name", NAMES)
    def test_every_figure_of_the_document(self, name, lang):
        document = document_of(name, lang)
        text = pages(document).text
        assert len(set(figures(document))) > 50
        for figure in set(figures(document)):
            shown = messages.number(lang, figure)
            assert re.search(rf"(?<![\d,.]){re.escape(shown)}(?![\d]|[.,]\d)", text), (
                figure
            )

    @pytest.mark.parametrize("lang", LANGUAGES)
    def test_every_word_on_a_rule(self, lang):
        document = document_of(lang=lang)
        text = pages(document).text
        for rule in document["rules"]:
            remedy = rule["remedy"] or {}
            said = [
                rule["title"],
                rule["required"],
                rule["reported"],
                rule["calculation"],
                rule["reason"]["text"],
            ]
            said += [
                rule["win_back"],
                rule["exact"],
                rule["note"],
                rule["id"],
                *rule["source"],
            ]
            said += [
                remedy.get(key)
                for key in ("task", "lead", "with", "due", "product", "budget")
            ]
            said += [conflict["note"] for conflict in rule["conflicts"]]
            said += [item["document"] for item in rule["evidence"]["documents"]]
            said += [
                rule["evidence"]["expected"],
                *(input_["text"] for input_ in rule["inputs"]),
            ]
            for words_ in filter(None, said):
                assert flat(words_) in text, (rule["id"], words_)

    def test_who_when_what_and_how_to_verify(self, document):
        text = pages(document).text
        for said in (
            "UBND xã Cẩm Duệ",
            "20/12/2023",
            "82,56 / 100",
            "Tốt",
            "còn 7,44 điểm nữa lên “Xuất sắc”",
            "từ 67,32 đến 88,53",
            "python -m cchc_rules verify report.json",
            document["ruleset"]["files"][0]["sha256"],
            document["measurements"]["sha256"],
            document["digest"],
            "cchc-rules 0.1.0",
        ):
            assert said in text, said

    def test_the_losses_come_in_their_order_and_apart_from_the_others(self, document):
        page = render(document, "html")
        part = {
            name: page.split(f'<section id="{name}"')[1].split("</section>")[0]
            for name in ("losses", "apart")
        }
        order = [
            int(at) for at in re.findall(r'<details[^>]* id="r(\d+)"', part["losses"])
        ]
        assert [document["rules"][at - 1]["id"] for at in order] == document["losses"]
        for key in ("missing", "not_due", "not_applicable", "waived", "unsupported"):
            for id_ in document[key]:
                at = next(
                    at
                    for at, rule in enumerate(document["rules"], 1)
                    if rule["id"] == id_
                )
                assert f'#r{at}"' in part["apart"] or f'id="r{at}"' in part["apart"]
                assert f'id="r{at}"' not in part["losses"] or id_ in document["losses"]

    def test_what_would_win_a_point_back(self, document):
        rule = next(
            rule for rule in document["rules"] if rule["id"] == document["losses"][0]
        )
        rule["gains"] = [
            {"aim": "any", "text": "đưa <b> về 1"},
            {"aim": "all", "text": "thêm hai người nữa"},
        ]
        text, gains = (
            pages(document).text,
            "Ít nhất: đưa <b> về 1Để lấy hết: thêm hai người nữa",
        )
        assert f"{rule['win_back']}{gains}" in text
        rule["win_back"] = None
        assert gains in pages(document).text

    def test_what_bands_gates_pools_tracks_and_blocks_say(self):
        gated = pages(shape("s30-bands-5")).text
        assert "lowered because" in gated
        pools = pages(shape("s25-bonus-and-penalty-1")).text
        assert "Bonus: " in pools
        assert "Penalty: " in pools
        assert "Further tracks" in pages(shape("s27-tracks-1")).text
        mean = next(
            case.id for case in CASES if case.id.startswith("s32-weighted-mean")
        )
        assert "Takes a weighted mean." in pages(shape(mean)).text
        blocks = [
            shape(case.id) for case in CASES if case.id.startswith("s28-block-absent")
        ]
        absent = [
            group["absent"]
            for block in blocks
            for group in block["groups"]
            if group["absent"]
        ]
        assert absent
        assert any(
            f"Does not apply: {why}." in pages(block).text
            for block in blocks
            for why in absent
        )

    def test_documents_outside_the_window_are_marked(self, document):
        rule = next(rule for rule in document["rules"] if rule["evidence"]["documents"])
        rule["evidence"]["documents"] = [
            {"document": "Cũ", "date": "2022-01-02", "valid": False}
        ]
        assert "Cũ (02/01/2022) – ngoài kỳ đánh giá" in pages(document).text

    def test_the_highest_band_no_band_and_no_losses(self):
        strong = document_of("cam-due-2023-strong")
        assert "mức xếp loại cao nhất" in pages(strong).text
        plain = shape("s01-yes-no-1")
        assert plain["band"] is None
        text = pages(plain).text
        assert (
            "No points lost" in text
            or messages.message("en", "report.no-losses") in text
        )
        assert messages.message("en", "report.apart-none") in text
        assert messages.message("en", "report.settled") in text
        assert messages.message("en", "report.all-supported") in text

    def test_everything_is_there_without_the_script(self, document):
        read = pages(document)
        hidden = [
            (tag, found.get("id")) for tag, found in read.tags if "hidden" in found
        ]
        assert hidden == [("form", "filter")]
        assert not [
            tag
            for tag, _ in read.tags
            if tag in ("template", "noscript", "iframe", "object", "img", "link")
        ]


def section(page, id_):
    """What stands in a section of a page; nothing where it has none."""
    return page.partition(f'<section id="{id_}"')[2].partition("</section>")[0]


def said(part):
    return flat(unescape(re.sub(r"<[^>]+>", " ", part)))


@pytest.fixture(scope="module")
def page():
    return render(document_of(), "html", study=study_of())


class TestHowSureItIs:
    def test_how_far_the_index_moves_what_changes_the_band_and_what_matters_most(
        self, page
    ):
        part = said(section(page, "sure"))
        assert (
            "từ 80,61 đến 84,57 khi điểm tối đa của mỗi lĩnh vực tăng giảm không quá 20 %"
            in part
        )
        assert (
            "lên “Xuất sắc” khi điểm tối đa của các lĩnh vực tăng giảm đến 71,69 %"
            in part
        )
        assert (
            "xuống “Khá” khi điểm tối đa của các lĩnh vực tăng giảm đến 26,36 %" in part
        )
        assert (
            "Cải cách tổ chức bộ máy: riêng lĩnh vực này làm chỉ số thay đổi 1,48 điểm"
            in part
        )

    def test_by_hand(self):
        """59 of 100, at most 6 + 36 + 20.8, at least 4 + 24 + 27.2; “Middle” from 60 on, at a nineteenth."""
        document, study = both_of(THREE, FIGURES)
        part = said(section(render(document, "html", study=study), "sure"))
        assert "55.20 to 62.80" in part
        assert "up to “Middle” once weights move by 5.27 %" in part
        assert "already in the lowest band" in part
        assert "Area c: alone it moves the index by 7.60 points" in part
        assert "The rule set declares no contradictions." in part

    def test_every_other_reading_with_its_index(self, page):
        document, study = document_of(), study_of()
        at = {rule["id"]: place for place, rule in enumerate(document["rules"], 1)}
        rows = re.findall(
            r"<tr.*?</tr>", section(page, "sure").partition("<tbody")[2], re.DOTALL
        )
        assert len(rows) == len(study["readings"]) + 1 == 19
        for row, reading in zip(rows, study["readings"], strict=False):
            words_ = said(row)
            assert f'href="#r{at[reading["rule"]]}"' in row
            for wanted in (
                reading["title"],
                reading["required"],
                reading["other_source"],
                reading["note"],
            ):
                assert flat(wanted) in words_
            assert words_.endswith(
                f"{messages.number('vi', reading['index']['value'])} {signed(reading)}"
            )
        assert "Tất cả cách hiểu khác cùng lúc 84,01 +1,45" in said(rows[-1])

    def test_all_or_nothing_and_moved_tiers_are_said(self, page):
        part = said(section(page, "sure"))
        assert part.count("chấm đạt hết hoặc mất hết") == 2
        assert part.count("Mốc của các bậc điểm chuyển theo mức yêu cầu kia.") == 2

    @pytest.mark.wide
    def test_the_chart_draws_what_the_study_places(self, page):
        bars = re.findall(
            r'<line class="bar [^>]*x1="([\d.]+)%" x2="([\d.]+)%"',
            section(page, "sure"),
        )
        assert bars == [
            (bar["low"]["place"], bar["high"]["place"])
            for bar in study_of()["chart"]["bars"]
        ]

    def test_the_contradictions_stand_once(self, page):
        assert section(page, "conflicts") == ""
        alone = render(document_of(), "html")
        assert section(alone, "conflicts")
        assert section(alone, "sure") == ""
        assert "#sure" not in alone
        assert '<a href="#sure">' in page

    def test_too_many_readings_to_be_scored(self):
        study = study_of(work=18 * 81 - 1)
        assert study["readings"] is None
        page = render(document_of(), "html", study=study)
        assert "Các cách hiểu khác không được chấm ở đây" in said(section(page, "sure"))
        assert "từ 80,61 đến 84,57" in said(section(page, "sure"))
        assert section(page, "conflicts").count("<tr") == 19

    def test_readings_that_cannot_be_scored(self):
        document, study = both_of(
            ruled('comparator = ">="\nthreshold = 60\n' + NO_OTHER), {"x": 45, "y": 50}
        )
        part = said(section(render(document, "html", study=study), "sure"))
        assert "This contradiction has no other figure to score with." in part
        assert "not computed –" in part

    def test_readings_that_lower_and_that_raise(self):
        rule = f'comparator = ">="\nthreshold = 60\n{CONFLICT.format(">=", 90)}\n{PROPORTIONAL}'
        text = ruled(rule).replace("[rule.y]", "[rule.y]\n" + CONFLICT.format(">=", 80))
        document, study = both_of(text, {"x": 45, "y": 50})
        part = said(section(render(document, "html", study=study), "sure"))
        assert "The readings that lower it, at once" in part
        assert "The readings that raise it, at once" in part

    @pytest.mark.parametrize(
        ("text", "figures", "why"),
        [
            (HEAD + area("a", 10), {"a": 50}, "there is one area alone"),
            (
                HEAD + area("a", 5, 'kind = "bonus"\ncap = 5'),
                {"a": 100},
                "nothing is left to score",
            ),
        ],
    )
    def test_where_no_weight_can_vary_it_says_why_and_draws_nothing(
        self, text, figures, why
    ):
        document, study = both_of(text, figures)
        page = render(document, "html", study=study)
        assert why in said(section(page, "sure"))
        assert "<figure" not in page
        assert "Band up" not in said(page)

    @pytest.mark.wide
    @pytest.mark.parametrize(
        "other",
        [
            {"lang": "en"},
            {"name": "cam-due-2023-strong"},
            {"as_of": "2023-12-31"},
        ],
    )
    def test_the_study_of_another_scoring_is_refused(self, document, other):
        with pytest.raises(ValueError, match="study"):
            render(document, "html", study=study_of(**other))

    @pytest.mark.wide
    @pytest.mark.parametrize(
        "payload", ["</style><b>", "\"'><img src=x onerror=alert(1)>", "{{ 7 * 7 }}"]
    )
    def test_hostile_texts(self, document, payload):
        clean = poisoned(document, "words"), poisoned(study_of(), "words")
        hostile = poisoned(document, payload), poisoned(study_of(), payload)
        assert pages(*hostile).bones == pages(*clean).bones
        assert (
            said(section(render(hostile[0], "html", study=hostile[1]), "sure")).count(
                flat(payload)
            )
            > 40
        )


NO_OTHER = (
    'conflict = [{ source = "PL.1", note = { vi = "Nói khác", en = "Says otherwise" } }]\n'
    + PROPORTIONAL
)


def signed(reading):
    difference = reading["index"]["difference"]
    return (
        messages.number("vi", difference)
        if difference == "0.00"
        else f"+{messages.number('vi', difference)}"
    )


class TestSteps:
    def test_of_the_example_as_worked_by_hand(self, document):
        wanted = [line.split() for line in STEPS_OF_THE_EXAMPLE.strip().splitlines()]
        found = [
            [s["kind"], s["group"] or "-", s["change"], s["total"]]
            for s in document["index"]["steps"]
        ]
        assert found == wanted

    def test_pools_and_the_top_of_the_scale(self):
        indices = [shape(case.id)["index"] for case in CASES]
        ways = [[step["kind"] for step in index["steps"]] for index in indices]
        assert any({"bonus", "penalty"} <= set(kinds) for kinds in ways)
        assert any("held" in kinds for kinds in ways)
        for index, kinds in zip(indices, ways, strict=True):
            assert kinds[0] == "maximum"
            # Where nothing is left to score there is no index to lead to (semantics I2).
            assert ("index" in kinds) == (index["value"] is not None)
            assert "index" not in kinds[:-1]

    @given(cases())
    def test_lead_from_the_maximum_to_the_index(self, case):
        text, _, submission = case
        rules = parse_rules(text)
        document = score(rules, load_measurements(submission, rules)).to_dict("vi")
        total, index = Fraction(0), document["index"]
        for step in index["steps"]:
            total += Fraction(step["change"])
            assert Fraction(step["total"]) == total
        if index["value"] is None:
            assert total == Fraction(index["earned"]) == 0
        else:
            assert total == Fraction(index["value"])
        for state, points in index["states"].items():
            rules_in = [rule for rule in document["rules"] if rule["state"] == state]
            assert len(rules_in) == index["counts"][state]
            for key, value in points.items():
                assert Fraction(value) == sum(Fraction(rule[key]) for rule in rules_in)

    def test_the_ladder_holds_every_band(self, document):
        ladder = document["band"]["ladder"]
        assert [(rung["id"], rung["range"]) for rung in ladder] == [
            ("weak", {"below": "50"}),
            ("average", {"from": "50", "below": "70"}),
            ("fair", {"from": "70", "below": "80"}),
            ("good", {"from": "80", "below": "90"}),
            ("excellent", {"from": "90"}),
        ]
        text = pages(document).text
        assert "Trung bình ≥ 50, < 70" in text

    def test_a_band_without_edges(self, document):
        document["band"]["ladder"] = [{"id": "good", "title": "Tốt", "range": None}]
        read = pages(document)
        whole = {
            "class": "rung here",
            "x": "0.00%",
            "y": "22",
            "width": "100.00%",
            "height": "16",
        }
        assert ("rect", whole) in read.tags

    def test_edges_too_close_to_be_read_are_left_out_of_the_scale(self, document):
        edges = ("50", "55", "64.5", "99")
        rungs = [
            {"id": f"b{low}", "title": low, "range": {"above": low}} for low in edges
        ]
        document["band"]["ladder"] = [
            {"id": "low", "title": "Thấp", "range": {"to": "50"}},
            *rungs,
        ]
        marks = re.findall(r"<text [^>]*>([^<]+)</text>", render(document, "html"))
        assert marks == ["0", "50", "64,5", "99"]


PAYLOADS = (
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</style><style>*{display:none}</style>",
    "\"'><img src=x onerror=alert(1)>",
    "javascript:alert(1)",
    "{{ 7 * 7 }}{% raw %}",
    "<!--",
    "&lt;b&gt;&amp;",
    "]]><svg onload=alert(1)>",
)
KEPT = {
    "language",
    "state",
    "kind",
    "combine",
    "weight_basis",
    "code",
    "comparator",
    "deduction",
    "as_of",
    "date",
}
KEPT |= {
    "aim",
    "rule",
    "digest",
    "due_date",
    "id",
    "group",
    "parent",
    "metric",
    "requires",
    "gates",
    "gated_from",
    "sha256",
    "machine",
}


def poisoned(part, payload, key=""):
    """A document in which every free text is a payload."""
    if isinstance(part, dict):
        return {
            name: value if name in KEPT else poisoned(value, payload, name)
            for name, value in part.items()
        }
    if isinstance(part, list):
        return (
            part
            if key in ("losses", "missing", *PLACES)
            else [poisoned(item, payload, key) for item in part]
        )
    if (
        not isinstance(part, str)
        or key == "due"
        or re.fullmatch(r"-?\d+([./]\d+)?", part)
    ):
        return part
    return payload


PLACES = ("not_due", "not_applicable", "waived", "unsupported")


class TestHostileTexts:
    @pytest.mark.wide
    @pytest.mark.parametrize("payload", PAYLOADS)
    def test_are_shown_and_change_nothing(self, document, payload):
        clean = poisoned(document, "words")
        read = pages(poisoned(document, payload))
        assert read.bones == pages(clean).bones
        assert read.text.count(flat(payload)) > 500
        assert read.code == pages(clean).code

    @pytest.mark.parametrize(
        "char", ["\x00", "\x1b", "\x07", "\x9b", "\u202e", "\u200b", "\ud800", "\ufeff"]
    )
    def test_control_characters_are_shown_not_kept(self, document, char):
        page = render(poisoned(document, f"a{char}b"), "html")
        assert char not in page
        assert "a�b" in page

    def test_ids_make_no_anchors(self, document):
        for rule in document["rules"]:
            rule["group"] = "direction"
        document["rules"][0] |= {"id": 'x" onclick="alert(1)', "metric": "<b>"}
        document["losses"] = ['x" onclick="alert(1)']
        for key in ("missing", *PLACES):
            document[key] = []
        document["index"]["steps"] = document["index"]["steps"][:1]
        assert "x&#34; onclick=&#34;alert(1)" in render(document, "html")
        pages(document)


class TestThePolicy:
    def test_allows_the_pages_own_style_and_script_and_nothing_else(self, document):
        page = render(document, "html")
        policy = dict(
            part.split(" ", 1) for part in Read(page).tags[3][1]["content"].split("; ")
        )
        assert (
            policy.pop("default-src")
            == policy.pop("base-uri")
            == policy.pop("form-action")
            == "'none'"
        )
        for tag, key in (("style", "style-src"), ("script", "script-src")):
            code = re.search(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)[1]
            digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
            assert policy.pop(key) == f"'sha256-{digest}'"
        assert not policy

    def test_nothing_is_fetched(self, document):
        page = render(document, "html")
        assert not re.search(
            r"https?:|//[a-z]|@import|url\((?!#)", page.replace("data:", "")
        )


class TestTheCommand:
    def test_writes_a_page(self, tmp_path, capsys):
        target = tmp_path / "report.html"
        submission, *rules_given = tiny_files(tmp_path)
        command = ["score", submission, *rules_given, "--format", "html"]
        assert main([*command, "--lang", "en", "--output", str(target)]) == 0
        rules = load_rules(rules_given[-1])
        measurements = load_measurements(submission, rules)
        document = score(rules, measurements).to_dict("en")
        study = sensitivity(rules, measurements).to_dict("en")
        page = render(document, "html", study=study)
        assert target.read_text(encoding="utf-8") == page
        assert capsys.readouterr() == ("", "")

    @pytest.mark.parametrize(
        ("lang", "said"), [("vi", "Hãy cài thêm"), ("en", "Install it with")]
    )
    def test_says_which_extra_is_missing(
        self, monkeypatch, capsys, tmp_path, lang, said
    ):
        monkeypatch.setitem(sys.modules, "jinja2", None)
        monkeypatch.delitem(sys.modules, "cchc_rules.render.page", raising=False)
        monkeypatch.delitem(
            sys.modules, "cchc_rules.render.html_template", raising=False
        )
        assert (
            main(
                [
                    "score",
                    *tiny_files(tmp_path),
                    "--format",
                    "html",
                    "--lang",
                    lang,
                ]
            )
            == 2
        )
        out, err = capsys.readouterr()
        assert out == ""
        assert said in err
        assert 'pip install "cchc-rules[html]"' in err

    @pytest.mark.parametrize(
        ("module", "code", "is_extra"),
        [("markupsafe", 2, True), ("cchc_rules.base.packaged", 70, False)],
    )
    def test_only_a_missing_extra_is_offered(
        self, monkeypatch, capsys, tmp_path, module, code, is_extra
    ):
        monkeypatch.setitem(sys.modules, module, None)
        monkeypatch.delitem(sys.modules, "cchc_rules.render.page", raising=False)
        monkeypatch.delitem(
            sys.modules, "cchc_rules.render.html_template", raising=False
        )
        command = ["score", *tiny_files(tmp_path), "--format", "html"]
        assert main(command) == code
        _, err = capsys.readouterr()
        assert ('pip install "cchc-rules[html]"' in err) == is_extra


# In a browser --------------------------------------------------------------------------------------------------------

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
]
ARGUMENTS += ["--disable-component-update", "--disable-sync"]
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))),
    None,
)


def absent(reason):
    """Skip for want of a browser; where one is promised, fail."""
    if os.environ.get("CCHC_BROWSER") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def chromium():
    if CHROMIUM is None:
        absent("no Chromium is installed")
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415
    except ModuleNotFoundError:
        absent('playwright is not installed: pip install ".[web]"')
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium, tmp_path):
    """Opens a document's page; afterwards nothing was complained of and nothing asked for but the page itself."""
    contexts, complaints, asked = [], [], []

    def open_page(document, width=1280, scheme="light", script=True, study=None):
        path = tmp_path / "report.html"
        path.write_text(
            render(document, "html", study=study), encoding="utf-8", newline="\n"
        )
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            java_script_enabled=script,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "dialog",
            lambda dialog: (complaints.append(dialog.message), dialog.dismiss()),
        )
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
    assert {url.rpartition("/")[2].partition("#")[0] for url in asked} == {
        "report.html"
    }
    assert all(url.startswith("file:") for url in asked)


def shown(page):
    return page.locator("table.rules tr[data-rule]:visible").count()


@pytest.mark.wide
@pytest.mark.untraced
class TestInABrowser:
    @pytest.mark.parametrize(
        ("lang", "scheme", "width"),
        [
            ("vi", "light", 1280),
            ("vi", "dark", 390),
            ("en", "light", 390),
            ("en", "dark", 1280),
        ],
    )
    def test_axe_finds_nothing_serious(self, opened, lang, scheme, width):
        """Any two of language, colours and width together: no fault hangs on all three."""
        try:
            from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415
        except ModuleNotFoundError:
            absent('axe-playwright-python is not installed: pip install ".[web]"')
        page = opened(document_of(lang=lang), width, scheme, study=study_of(lang=lang))
        page.evaluate(
            "for (const part of document.querySelectorAll('details')) part.open = true"
        )
        found = Axe().run(page).response["violations"]
        grave = [
            (item["id"], item["nodes"][0]["html"])
            for item in found
            if item["impact"] in ("serious", "critical")
        ]
        assert grave == []

    @pytest.mark.parametrize(
        ("lang", "scheme", "width"), [("vi", "light", 1280), ("en", "dark", 390)]
    )
    def test_nor_on_the_page_of_an_instrument(
        self, chromium, tmp_path, lang, scheme, width
    ):
        try:
            from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415
        except ModuleNotFoundError:
            absent('axe-playwright-python is not installed: pip install ".[web]"')
        path = tmp_path / "instrument.html"
        path.write_text(
            instrument_page(whole(packaged("cam-due-2023"), lang), "html"),
            encoding="utf-8",
        )
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme
        )
        page = context.new_page()
        page.goto(path.as_uri())
        found = Axe().run(page).response["violations"]
        assert [
            item["id"] for item in found if item["impact"] in ("serious", "critical")
        ] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        context.close()

    @pytest.mark.parametrize("lang", LANGUAGES)
    @pytest.mark.parametrize("name", NAMES)
    def test_nothing_scrolls_sideways(self, opened, name, lang):
        page = opened(document_of(name, lang), study=study_of(name, lang))
        for opening in ("false", "true"):
            page.evaluate(
                f"for (const part of document.querySelectorAll('details')) part.open = {opening}"
            )
            for width in (360, 390, 768, 900, 1280):
                page.set_viewport_size({"width": width, "height": 900})
                assert page.evaluate("document.documentElement.scrollWidth") <= width, (
                    opening,
                    width,
                )

    def test_long_words_do_not_scroll_it_either(self, opened, document):
        page = opened(
            poisoned(document, "x" * 300), study=poisoned(study_of(), "x" * 300)
        )
        page.evaluate(
            "for (const part of document.querySelectorAll('details')) part.open = true"
        )
        for width in (360, 900, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, width

    def test_filters_by_state_area_and_text(self, opened, document):
        page = opened(document)
        states = [rule["state"] for rule in document["rules"]]
        assert shown(page) == len(states) == 81
        page.select_option("#f-state", "not_applicable")
        assert shown(page) == states.count("not_applicable") == 6
        assert page.inner_text("#f-count") == "6"
        page.select_option("#f-area", index=1)
        assert shown(page) == 2
        page.fill("#f-text", "NANG THU HANG sipas")
        assert shown(page) == 1
        assert "SIPAS" in page.inner_text("table.rules tr[data-rule]:visible")
        page.fill("#f-text", "không có gì như thế")
        assert shown(page) == 0
        assert page.locator("table.rules tr.area:visible").count() == 0
        page.fill("#f-text", "")
        page.select_option("#f-state", "")
        page.select_option("#f-area", "")
        assert shown(page) == 81

    def test_a_search_finds_who_is_named_in_a_rules_block(self, opened, document):
        page = opened(document)
        page.fill("#f-text", "tư pháp hộ tịch")
        named = [
            r
            for r in document["rules"]
            if r["remedy"] and "Tư pháp – Hộ tịch" in (r["remedy"]["lead"] or "")
        ]
        assert shown(page) >= len(named) > 0
        assert shown(page) < 81

    def test_a_loss_opens_with_a_click_with_a_key_and_from_the_table(
        self, opened, document
    ):
        page = opened(document)
        first = page.locator("#losses details").first
        facts = first.locator("dl")
        assert not facts.is_visible()
        first.locator("summary").click()
        assert facts.is_visible()
        assert (
            document["rules"][int(first.get_attribute("id")[1:]) - 1]["calculation"]
            in facts.inner_text()
        )
        first.locator("summary").press("Enter")
        assert not facts.is_visible()
        page.locator("table.rules a", has_text="Ban hành kế hoạch CCHC").first.click()
        assert page.locator("#settled details:target dl").is_visible()

    def test_keys_reach_the_skip_link_first(self, opened, document):
        page = opened(document)
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        assert page.locator(".skip").bounding_box()["x"] >= 0

    def test_without_the_script_all_is_read_and_the_filter_is_away(
        self, opened, document
    ):
        page = opened(document, script=False)
        assert not page.locator("#filter").is_visible()
        assert shown(page) == 81
        page.locator("#losses summary").first.click()
        assert page.locator("#losses dl").first.is_visible()

    @pytest.mark.parametrize("script", [True, False])
    def test_prints_with_everything_open(self, opened, document, script, tmp_path):
        page = opened(document, scheme="dark", script=script, study=study_of())
        pdf = page.pdf(path=tmp_path / "report.pdf", prefer_css_page_size=True)
        assert pdf.startswith(b"%PDF")
        assert 10 < pdf.count(b"/Type /Page\n") < 60
        page.emulate_media(media="print")
        assert not page.locator("#filter").is_visible()
        assert page.locator("#losses dl").first.is_visible()
        assert page.locator("#settled dl").first.is_visible()
        assert page.locator("#sure table").is_visible()

    def test_the_chart_shows_the_same_ends_on_a_phone(self, opened, document):
        for width in (1280, 390):
            page = opened(document, width, study=study_of())
            boxes = [
                page.locator(f"#sure .bar-{kind}").first.bounding_box()
                for kind in ("weights", "area")
            ]
            assert boxes[0]["x"] < boxes[1]["x"]
            assert boxes[0]["x"] + boxes[0]["width"] > boxes[1]["x"] + boxes[1]["width"]
            assert boxes[0]["x"] + boxes[0]["width"] < width

    @pytest.mark.parametrize("payload", PAYLOADS)
    def test_hostile_texts_run_nothing(self, opened, document, payload):
        page = opened(poisoned(document, payload))
        assert page.locator("img").count() == 0
        assert page.locator("script").count() == 1
