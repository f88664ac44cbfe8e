"""What stands beside the points: the tracks with their reasons, and words that say no more than the file."""

import io
import re
from decimal import Decimal

import openpyxl
import pytest

from cchc_rules import load_measurements, parse_rules, score
from cchc_rules.analysis.comparison.compare_track import compare_track
from cchc_rules.analysis.versions.all_variants import whole
from cchc_rules.render import render, render_bytes
from cchc_rules.render.comparison import render as render_comparison
from cchc_rules.render.instrument import render as render_instrument

HEAD = """format = 1
{top}
[ruleset]
id = "words"
version = "1"
title = "Words"
language = "{lang}"
valid = {{ from = 2024-01-01, until = 2024-12-31 }}
[index]
scale = {scale}
weight_basis = "chosen"
[absence]
missing = "{missing}"
not_applicable = "exclude"
not_due = "exclude"
waived = "exclude"
[group.g]
title = "Area"
[metric.a]
title = "On time"
type = "percent"
[metric.u]
title = "Reminded"
type = "yes_no"
"""

ON_TIME = """[rule.a]
group = "g"
title = "On time"
source = ["a"]
metric = "a"
comparator = ">="
threshold = 100
weight = {weight}
deduction = "proportional"
"""

REMINDED = """[rule.u]
group = "g"
title = "Reminded"
source = ["u"]
metric = "u"
comparator = "is"
threshold = true
weight = {weight}
deduction = "all_or_nothing"
"""

FORMULA = """[rule.f]
group = "g"
title = "Formula"
source = ["f"]
metric = "a"
weight = 4
deduction = { kind = "formula", formula = "4 if value >= 95 and not u else 2 if u or value > 99 else 0.5" }
"""

INFORMATION = """[metric.n]
title = "Visits"
type = "count"
[rule.n]
group = "g"
title = "Visits"
source = ["n"]
metric = "n"
deduction = "none"
"""

REASON = "the log does not match"


def rules_of(*parts, scale, lang="en", missing="lost", top=""):
    head = HEAD.format(scale=scale, lang=lang, missing=missing, top=top)
    return parse_rules(head + "".join(parts))


def report_of(rules, measurements, lang="en", **more):
    content = {
        "format": 1,
        "ruleset": "words",
        "unit": "Commune",
        "period": "2024",
        "measurements": measurements,
        **more,
    }
    return score(rules, load_measurements(content, rules)).to_dict(lang)


def flat(text):
    return " ".join(text.split())


class TestTracks:
    """A board gave 3.25 of 8 with a reason, and 2 of 2: 5.25 of 10 in all."""

    @pytest.fixture
    def document(self):
        rules = rules_of(
            ON_TIME.format(weight=8),
            REMINDED.format(weight=2),
            scale=10,
            top='tracks = ["board"]',
        )
        board = {
            "a": {"points": Decimal("3.25"), "reason": REASON},
            "u": {"points": 2, "reason": "seen"},
        }
        return report_of(rules, {"a": 90, "u": True}, tracks={"board": board})

    def test_the_report_keeps_the_reason(self, document):
        rules = {rule["id"]: rule for rule in document["rules"]}
        assert rules["a"]["track_reasons"] == {"board": REASON}
        assert rules["u"]["track_reasons"] == {"board": "seen"}

    @pytest.mark.parametrize("form", ["text", "markdown", "html"])
    def test_every_view_shows_sum_points_and_reason(self, document, form):
        text = flat(re.sub(r"<[^>]+>", " ", render(document, form)))
        assert "5.25" in text
        assert "3.25" in text
        assert REASON in text

    @pytest.mark.parametrize("form", ["text", "markdown", "html", "json"])
    def test_the_comparison_says_the_reason(self, document, form):
        compared = compare_track(document, "board", "en")
        assert REASON in flat(render_comparison(compared, form))

    def test_a_report_without_reasons_is_still_shown(self, document):
        for rule in document["rules"]:
            del rule["track_reasons"]
        for form in ("text", "markdown", "html"):
            assert "5.25" in render(document, form)
        compared = compare_track(document, "board", "en")
        assert "Reason" not in render_comparison(compared, "text")

    def test_without_tracks_nothing_is_said_of_them(self):
        rules = rules_of(ON_TIME.format(weight=8), scale=8)
        document = report_of(rules, {"a": 90})
        assert "track" not in render(document, "text").lower()


class TestPointsThatLeaveTheMaximum:
    """A rule of 2 points is not reported, and its points leave the maximum: nothing is lost."""

    @pytest.mark.parametrize(
        ("lang", "excluded"),
        [("en", "2.00 points excluded"), ("vi", "loại trừ 2,00 điểm")],
    )
    def test_they_are_no_loss_of_nought(self, lang, excluded):
        rules = rules_of(
            ON_TIME.format(weight=8),
            REMINDED.format(weight=2),
            scale=10,
            missing="exclude",
        )
        document = report_of(rules, {"a": 90}, lang)
        for form in ("text", "markdown"):
            text = render(document, form)
            assert excluded in text
            assert not re.search(r"[−-]0[.,]00", text)


class TestWords:
    def test_a_formula_is_said_in_vietnamese(self):
        rules = rules_of(FORMULA, scale=4, lang="vi")
        document = report_of(rules, {"a": 90, "u": True}, "vi")
        page = render_instrument(whole(rules, "vi"), "markdown")
        for text in (page, render(document, "text"), render(document, "markdown")):
            assert not re.search(r"\b(if|else|and|not|or)\b", text)
            assert ", không thì 2 nếu" in flat(text)

    def test_a_formula_is_left_as_it_is_in_english(self):
        rules = rules_of(FORMULA, scale=4)
        page = render_instrument(whole(rules, "en"), "markdown")
        assert "and not “Reminded” else 2 if “Reminded” or" in page

    def test_one_point_is_one(self):
        rules = rules_of(ON_TIME.format(weight=1), REMINDED.format(weight=2), scale=3)
        for form in ("markdown", "html"):
            page = render_instrument(whole(rules, "en"), form)
            assert "1 point" in page
            assert not re.search(r"(?<![\d.])1 points", page)
            assert "2 points" in page

    def test_what_is_for_information_requires_nothing(self):
        rules = rules_of(ON_TIME.format(weight=1), INFORMATION, scale=1)
        document = report_of(rules, {"a": 100, "n": 7})
        required = {rule["id"]: rule["required"] for rule in document["rules"]}
        assert required["n"] == "for information"

    def test_chosen_weights_claim_no_reasons(self):
        rules = rules_of(ON_TIME.format(weight=1), scale=1)
        document = report_of(rules, {"a": 100})
        assert "Weights     chosen\n" in render(document, "text")
        assert "reasons" not in render(document, "markdown")
        assert "reasons" not in render_instrument(whole(rules, "en"), "markdown")


class TestBandsInTheWorkbook:
    BANDS = """[[band]]
id = "tier-one"
title = "First"
from = 90
[[band]]
id = "tier-two"
title = "Second"
from = 50
below = 90
[[band]]
id = "tier-three"
title = "Third"
below = 50
"""

    def test_every_cell_names_them_by_their_titles(self):
        rules = rules_of(ON_TIME.format(weight=100), self.BANDS, scale=100)
        document = report_of(rules, {"a": 95})
        content = render_bytes(document, "xlsx")
        book = openpyxl.load_workbook(io.BytesIO(content))
        cells = [
            str(cell.value)
            for sheet in book
            for row in sheet.iter_rows()
            for cell in row
            if cell.value is not None
        ]
        assert {"First", "Second", "Third"} <= set(cells)
        assert not [cell for cell in cells if "tier-" in cell]
