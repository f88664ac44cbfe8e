"""What is lost, and by which rule: figures worked out by hand (semantics G4 to G6, I2), and the law of conservation, read back
from what every view prints.
"""

import io
import re
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from rule_texts import head
from searches import mostly_tests, tests_something
from strategies import cases

from cchc_rules import load_measurements, parse_rules, score
from cchc_rules.render import render, render_bytes
from cchc_rules.report.verify import differences

ABSENCE = """
[absence]
missing = "lost"
not_applicable = "exclude"
"""


def group(id_, **settings):
    lines = "".join(f"{key} = {value}\n" for key, value in settings.items())
    return f'[group.{id_}]\ntitle = "Group {id_}"\n{lines}'


def share(id_, weight, group_id="mean", kind="proportional", **more):
    """A metric in percent, and a rule that asks for 100 %."""
    lines = "".join(f"{key} = {value}\n" for key, value in more.items())
    return f"""
[metric.{id_}]
title = "Share {id_}"
type = "percent"
[rule.{id_}]
group = "{group_id}"
title = "Rule {id_}"
source = ["{id_}"]
metric = "{id_}"
comparator = ">="
threshold = 100
weight = {weight}
deduction = "{kind}"
{lines}"""


def mean(weight):
    return group("mean", combine='"mean"', weight=weight)


def scored(scale, *parts, absence=ABSENCE, **figures):
    """The English document of a rule set of such parts, judged by such figures."""
    text = f"{head('losses', 'Mất điểm', 'Losses')}[index]\nscale = {scale}\n{absence}"
    rules = parse_rules(text + "".join(parts))
    submission = {
        "format": 1,
        "ruleset": "losses",
        "unit": "Commune A",
        "period": "2023",
        "measurements": figures,
    }
    document = score(rules, load_measurements(submission, rules)).to_dict("en")
    assert differences(document) == []
    return document


def of_rules(document, key):
    return {rule["id"]: rule[key] for rule in document["rules"]}


class TestAMean:
    """G4: what a rule takes from a mean of weight G is G × (w − p) / Σ w."""

    def test_losses_are_points_of_the_index(self):
        """Of 8 points: 8 × 0.02/0.05 × 0.2 = 0.64 and 8 × 0.03/0.05 × 0.1 = 0.48, together 1.12."""
        parts = mean(8), share("post", "0.02"), share("phone", "0.03")
        document = scored(8, *parts, post=80, phone=90)
        assert document["index"]["value"] == "6.88"
        assert of_rules(document, "lost") == {"post": "0.64", "phone": "0.48"}
        assert of_rules(document, "earned") == {"post": "2.56", "phone": "4.32"}
        assert of_rules(document, "weight") == {"post": "0.02", "phone": "0.03"}
        assert document["losses"] == ["post", "phone"]
        (post, _) = document["rules"]
        assert post["calculation"] == (
            "0.02 × 80 / 100 = 0.016 of 0.02; 8 × (0.02 − 0.016) / 0.05 = 0.64 lost"
        )
        assert post["exact"] == "2/125"

    def test_the_largest_loss_stands_first(self):
        """Two rules at 60 % of a mean of 40 cost 8.00 each, one at 70 % of its own 10 costs 3.00."""
        parts = (
            mean(40),
            group("sum"),
            share("filed", 10, "sum"),
            share("post", 1),
            share("phone", 1),
        )
        document = scored(50, *parts, post=60, phone=60, filed=70)
        assert document["losses"] == ["phone", "post", "filed"]
        assert of_rules(document, "lost") == {
            "filed": "3.00",
            "post": "8.00",
            "phone": "8.00",
        }

    def test_ticks_go_to_the_largest_remainders_then_to_the_first(self):
        """Of 10 points three equal rules lose 10/3 each: 3.34, 3.33 and 3.33 add up to 10.00."""
        parts = mean(10), *(share(id_, 1) for id_ in "abc")
        document = scored(10, *parts, a=0, b=0, c=0)
        assert of_rules(document, "lost") == {"a": "3.34", "b": "3.33", "c": "3.33"}

    def test_a_loss_too_small_for_a_tick_is_listed(self):
        """Of 1 point 0.4 % is 0.004, less than the last place: a loss, but none of 0.00 points."""
        document = scored(
            1, mean(1), share("a", 1), share("b", 1), a=Decimal("99.2"), b=100
        )
        assert document["index"]["value"] == "1.00"
        assert document["losses"] == ["a"]
        assert document["index"]["at_its_highest"] is False
        text = render(document, "text")
        assert "1. −under 0.01 points  Rule a" in text
        assert "No points were lost" not in text

    def test_a_rule_that_leaves_hands_its_part_to_the_others(self):
        """Excluded from a mean of 6, the second rule leaves nothing to rescale: the first carries all."""
        absence = ABSENCE.replace('"lost"', '"exclude"')
        parts = mean(6), share("post", 70), share("phone", 30)
        document = scored(6, *parts, absence=absence, post=80)
        assert document["index"]["value"] == "4.80"
        assert of_rules(document, "lost") == {"post": "1.20", "phone": "0.00"}
        assert of_rules(document, "maximum") == {"post": "6.00", "phone": "0.00"}
        (_, phone) = document["rules"]
        assert phone["calculation"] == (
            "left out of the mean; its share goes to the other rules of the group"
        )
        assert "leave the maximum" not in render(document, "text")

    def test_gains_are_points_of_the_index_too(self):
        """Half of a mean of 4 with the relative weights 60 and 40: 1.20 and 0.80 can be won, not 30 and 20."""
        parts = mean(4), share("post", 60), share("phone", 40)
        document = scored(4, *parts, post=50, phone=50)
        gains = [
            (gain["aim"], gain["to"], gain["points"], gain["index"])
            for gain in document["rules"][0]["gains"]
        ]
        assert gains == [("any", "51", "0.02", "0.02"), ("all", "100", "1.20", "1.20")]
        assert document["rules"][0]["win_back"] == (
            "Reach at least 100 %: 1.20 points more"
        )

    @pytest.mark.parametrize(
        ("text", "change"),
        [
            ("79.999999999999995", "0.000000000000005"),
            ("79." + "9" * 28, "0." + "0" * 27 + "1"),
        ],
    )
    def test_a_figure_just_short_of_the_target_is_told_by_its_own_digits(
        self, text, change
    ):
        """Rounded, it would read as the 80 that it misses; the report recomputes alone."""
        parts = share("post", 2, "work", "all_or_nothing", threshold=80)
        document = scored(
            2, group("work"), parts.replace("threshold = 100\n", ""), post=Decimal(text)
        )
        (rule,) = document["rules"]
        (gain,) = rule["gains"]
        assert (gain["from"], gain["to"], gain["change"]) == (text, "80", change)
        assert gain["text"].startswith(f"from {text} up to 80")
        assert rule["reported"] == f"{text} %"
        assert differences(document) == []

    def test_points_under_a_tick_need_evidence_as_well(self):
        """I6: 80 × (0.0045 + 0.5) / 2 = 20.18 claimed, 80 × 0.5 / 2 = 20.00 supported."""
        needed = {"evidence_required": "true"}
        parts = mean(80), share("a", 1, **needed), share("b", 1, **needed)
        figures = {"a": Decimal("0.45"), "b": {"value": 50, "evidence": ["Report 4"]}}
        document = scored(80, *parts, **figures)
        assert document["index"]["claimed"] == "20.18"
        assert document["index"]["supported"] == "20.00"
        assert document["unsupported"] == ["a"]


COUNT = """
[metric.{id}]
title = "Count {id}"
type = "count"
better = "{better}"
[rule.{id}]
group = "{group}"
title = "Rule {id}"
source = ["{id}"]
metric = "{id}"
comparator = "{comparator}"
threshold = {threshold}
weight = {weight}
deduction = {deduction}
"""


def late(id_, weight):
    """A rule of the penalty pool that costs a point for each late report."""
    settings = {"better": "lower", "comparator": "<=", "threshold": 0}
    deduction = '{ kind = "per_unit", each = 1 }'
    return COUNT.format(
        id=id_, group="minus", weight=weight, deduction=deduction, **settings
    )


def models(id_, weight):
    """A rule of the bonus pool: as many models as points."""
    settings = {"better": "higher", "comparator": ">=", "threshold": weight}
    return COUNT.format(
        id=id_, group="plus", weight=weight, deduction='"proportional"', **settings
    )


BASE = group("base") + share("filed", 10, "base")
MINUS = group("minus", kind='"penalty"', cap=2)
PLUS = group("plus", kind='"bonus"', cap=3)


class TestACap:
    """G5: what lies beyond the cap of a pool is no loss, but without effect."""

    def test_a_penalty_takes_no_more_than_its_cap(self):
        document = scored(10, BASE, MINUS, late("late", 6), late=5, filed=100)
        assert document["index"]["penalty"] == "2.00"
        (_, rule) = document["rules"]
        assert (rule["lost"], rule["without_effect"]) == ("2.00", "3.00")
        assert rule["maximum"] == "6.00"
        assert document["without_effect"] == ["late"]
        assert rule["calculation"].endswith(
            "2.00 lost; 3.00 beyond the cap, without effect"
        )

    def test_two_rules_share_the_cap_by_what_they_lost(self):
        """5 and 3 lost, 2 of them count: 2 × 5/8 = 1.25 and 2 × 3/8 = 0.75."""
        parts = BASE, MINUS, late("a", 6), late("b", 4)
        document = scored(10, *parts, a=5, b=3, filed=100)
        assert of_rules(document, "lost") == {"filed": "0.00", "a": "1.25", "b": "0.75"}
        gains = of_rules(document, "gains")
        assert gains["a"] == gains["b"] == []  # the other one alone fills the cap

    def test_a_full_bonus_has_lost_nothing(self):
        document = scored(10, BASE, PLUS, models("models", 4), models=3, filed=100)
        assert document["index"]["bonus"] == "3.00"
        assert document["losses"] == []
        (_, rule) = document["rules"]
        assert (rule["lost"], rule["without_effect"]) == ("0.00", "1.00")
        assert rule["win_back"] is None
        assert rule["gains"] == []

    def test_below_its_cap_a_bonus_can_win_no_more_than_to_the_cap(self):
        """Two of four points: 1.00 is left below the cap of 3, and the other 1.00 lies beyond it."""
        document = scored(10, BASE, PLUS, models("models", 4), models=2, filed=90)
        (_, rule) = document["rules"]
        assert (rule["lost"], rule["without_effect"]) == ("1.00", "1.00")
        assert [gain["points"] for gain in rule["gains"]] == ["1.00"]
        assert [gain["to"] for gain in rule["gains"]] == ["3"]


class TestNothingIsLost:
    """G6: that nothing was lost is said only where the index is the highest that it can be."""

    def test_said_where_it_is_so(self):
        document = scored(10, BASE, filed=100)
        assert document["index"]["at_its_highest"] is True
        assert "No points were lost" in render(document, "text")

    @pytest.mark.parametrize("form", ["text", "markdown", "html"])
    def test_not_said_where_a_figure_is_missing(self, form):
        document = scored(20, BASE, share("seen", 10, "base"), filed=100)
        assert document["losses"] == []
        assert "No points were lost" not in render(document, form)

    def test_no_loss_of_nought_is_printed(self):
        absence = ABSENCE.replace('"lost"', '"exclude"')
        parts = BASE, share("seen", 1, "base")
        document = scored(11, *parts, absence=absence, filed=80)
        text = render(document, "text")
        assert "0.00 points" not in text
        assert "1. 1.00 points excluded  Rule seen" in text


NOTHING = """
[[band]]
id = "good"
title = "Good"
from = 6
[[band]]
id = "weak"
title = "Weak"
below = 6
[[target]]
id = "goal"
title = "At least 7"
source = ["1"]
comparator = ">="
threshold = 7
"""


class TestNoIndex:
    """I2: where nothing is left to score there is no index, no band, and no target is missed."""

    def document(self):
        nothing_arose = {"not_applicable": "nothing arose"}
        return scored(10, BASE, NOTHING, filed=nothing_arose)

    def test_no_figure_stands_for_it(self):
        document = self.document()
        index = document["index"]
        for key in ("value", "exact", "lowest", "highest", "claimed", "supported"):
            assert index[key] is None
        assert document["band"] is None
        assert document["targets"][0]["reached"] is None
        assert [step["kind"] for step in index["steps"]] == ["maximum", "excluded"]
        assert index["at_its_highest"] is False

    @pytest.mark.parametrize("form", ["text", "markdown", "html"])
    def test_the_views_say_so(self, form):
        shown = render(self.document(), form)
        assert "nothing is left to score" in shown
        assert "not reached" not in shown
        assert "Weak" not in shown

    def test_a_workbook_is_made_all_the_same(self):
        assert render_bytes(self.document(), "xlsx").startswith(b"PK")


GATED = """
[metric.audit]
title = "Audit"
type = "yes_no"
[rule.audit]
group = "base"
title = "Audit without findings"
source = ["audit"]
metric = "audit"
comparator = "is"
threshold = true
deduction = "none"
[[band]]
id = "top"
title = "Top"
from = 8
[[band]]
id = "low"
title = "Low"
below = 8
[[band_gate]]
rule = "audit"
at_most = "low"
"""


class TestGatesOfBands:
    """I5: a gate is told for what it is: not met, or not reported; and before the band that it bars."""

    def test_not_reported_is_not_called_not_met(self):
        text = render(scored(10, BASE, GATED, filed=95), "text")
        assert "lowered because not reported: Audit without findings" in text
        assert "not met: Audit" not in text

    def test_not_met(self):
        text = render(scored(10, BASE, GATED, filed=95, audit=False), "text")
        assert "lowered because not met: Audit without findings" in text

    @pytest.mark.parametrize("form", ["text", "markdown", "html"])
    def test_the_next_band_is_not_promised_behind_a_gate(self, form):
        document = scored(10, BASE, GATED, filed=60, audit=False)
        assert document["band"]["next"]["gates"] == ["audit"]
        shown = render(document, form)
        assert (
            "2.00 points below “Top”, which also needs: Audit without findings" in shown
        )

    def test_nothing_bars_it_once_the_gate_is_met(self):
        document = scored(10, BASE, GATED, filed=60, audit=True)
        assert document["band"]["next"]["gates"] == []


OTHER = """
[metric.answered]
title = "Letters answered"
type = "percent"
[metric.reminded]
title = "Reminder sent"
type = "yes_no"
better = "neither"
[rule.answers]
group = "base"
title = "Answers"
source = ["1"]
metric = "answered"
weight = 4
deduction = { kind = "tiers", tiers = [
  { from = 85, points = 4 }, { below = 85, formula = "2 if reminded else 1" } ] }
"""
FALLBACK = """
[metric.visitors]
title = "Visitors this year"
type = "number"
[metric.before]
title = "Visitors last year"
type = "number"
[metric.known]
title = "Visitors"
type = "number"
formula = "first(visitors, before)"
[rule.known]
group = "base"
title = "Visitors"
source = ["v"]
metric = "known"
comparator = ">="
threshold = {threshold}
weight = 5
deduction = "proportional"
"""


class TestWhichFigure:
    def test_the_figure_that_is_missing_is_named(self):
        document = scored(4, group("base"), OTHER, answered=50)
        text = render(document, "text")
        assert "Reminder sent" in text
        assert "Report “Reminder sent”: up to 4.00 points more" in text

    @pytest.mark.parametrize("form", ["text", "markdown", "html"])
    @pytest.mark.parametrize("threshold", [400, 200])
    def test_a_fallback_is_told_of_rules_that_are_met_or_not(self, form, threshold):
        rules = FALLBACK.replace("{threshold}", str(threshold))
        document = scored(5, group("base"), rules, before=300)
        assert "A fallback figure was used: 300." in render(document, form)


# Conservation, as printed ----------------------------------------------------------------------


def amounts(lines, pattern):
    """The points lost in the lines that a pattern finds; what is under a tick counts as nothing."""
    found = [re.search(pattern, line) for line in lines]
    texts = [match.group(1).replace(",", "") for match in found if match]
    return sum((Decimal(text) for text in texts), Decimal(0))


def lost_in_text(document):
    """All lost points that the text lists: each rule stands under a number or a bullet."""
    lines = render(document, "text", width=100_000).splitlines()
    listed = amounts(lines, r"^\d+\. −([\d.,]+) points  ")
    return listed + amounts(lines, r"^• .* – −([\d.,]+) points$")


def lost_in_markdown(document):
    lines = render(document, "markdown").splitlines()
    listed = amounts(lines, r"^### \d+\. −([\d.,]+) points · ")
    return listed + amounts(lines, r"^- \*\*.*\*\* \(.*\) – −([\d.,]+) points\. ")


def lost_in_page(document):
    lines = render(document, "html").splitlines()
    return amounts(
        lines, r'<strong class="amount">−([\d.,]+) points</strong></summary>'
    )


def lost_in_workbook(document):
    """The sheet of lost points holds those by figures and by missing figures; its last line is their sum."""
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.load_workbook(
        io.BytesIO(render_bytes(document, "xlsx")), data_only=True
    )
    cells = [
        row[6] for row in book.worksheets[2].iter_rows(min_row=7, values_only=True)
    ]
    numbers = [Decimal(str(cell)) for cell in cells if isinstance(cell, int | float)]
    apart = [
        Decimal(rule["lost"])
        for rule in document["rules"]
        if rule["state"] in ("not_due", "not_applicable", "waived")
    ]
    if not numbers:
        return sum(apart)
    *lost, total = numbers
    assert sum(lost) == total
    return total + sum(apart)


def top_of(groups, id_):
    parents = {item["id"]: item["parent"] for item in groups}
    while parents[id_] is not None:
        id_ = parents[id_]
    return id_


@given(cases())
def test_what_every_view_lists_adds_up_to_what_was_lost(case):
    """G6: listed losses add up to what the groups lost, in the text, Markdown, the page and the workbook."""
    text, _, submission = case
    rules = parse_rules(text)
    document = score(rules, load_measurements(submission, rules)).to_dict("en")
    groups = document["groups"]
    tops = [item for item in groups if item["parent"] is None]
    lost = sum(Decimal(item["lost"]) for item in tops)
    excluded_in_bonus = any(
        item["kind"] == "bonus"
        and any(
            Decimal(rule["excluded"])
            for rule in document["rules"]
            if top_of(groups, rule["group"]) == item["id"]
        )
        for item in tops
    )
    printed = {
        "text": lost_in_text(document),
        "markdown": lost_in_markdown(document),
        "page": lost_in_page(document),
        "workbook": lost_in_workbook(document),
    }
    assert len(set(printed.values())) == 1, printed
    if excluded_in_bonus:
        assert printed["text"] <= lost
    else:
        assert printed["text"] == lost


@mostly_tests
@given(cases(always=["mean"]))
def test_the_losses_of_a_group_are_its_lost_points(case):
    """G4 to G6, from the document alone: each loss within a tick of its exact amount."""
    text, document, submission = case
    rules = parse_rules(text)
    report = score(rules, load_measurements(submission, rules)).to_dict()
    tick = Fraction(1, 10 ** document["index"]["places"])
    for item in report["groups"]:
        inside = [rule for rule in report["rules"] if rule["group"] == item["id"]]
        if item["combine"] != "mean":
            continue
        for key in ("earned", "lost", "excluded", "maximum"):
            assert sum(Fraction(rule[key]) for rule in inside) == Fraction(item[key])
        # What a step of its own gave or took is no part of the sum (L8).
        if "rounding" in item:
            continue
        staying = [rule for rule in inside if Fraction(rule["maximum"])]
        whole = sum(Fraction(rule["weight"]) for rule in staying)
        for rule in staying:
            if Fraction(rule["excluded"]):
                continue
            tests_something()
            lacks = Fraction(rule["weight"]) - Fraction(rule["exact"])
            exact = Fraction(item["maximum"]) * lacks / whole
            assert abs(Fraction(rule["lost"]) - exact) <= tick
