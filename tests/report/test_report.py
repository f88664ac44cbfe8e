"""The report: natural names, a document, and lines of arithmetic that anyone can redo with pencil and paper."""

import json
import os
import re
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from packaged_rules import packaged
from rule_texts import head
from searches import mostly_tests, tests_something
from strategies import cases, direct_reads
from test_shapes import CASES, EACH_SHAPE, report_of

import cchc_rules
from cchc_rules import (
    ReportError,
    State,
    load_measurements,
    parse_report,
    parse_rules,
    print_report,
    rank,
    score,
)

EXAMPLES = Path(__file__).parents[2] / "examples"
LANGUAGES = ("vi", "en")
COMPUTED = {"met", "partly_met", "not_met"}


@cache
def example(name="cam-due-2023"):
    rules = packaged("cam-due-2023")
    return score(rules, load_measurements(EXAMPLES / f"{name}.json", rules))


def rules_of(body, top="", places=2):
    """A rule set with one group, from the tables that matter."""
    return parse_rules(
        head("small", "Bộ nhỏ", "Small", f"{top}\n")
        + f"""[index]
scale = 10
places = {places}
weight_basis = "chosen"
[absence]
not_applicable = "exclude"
not_due = "show"
waived = "full"
[group.all]
title = {{ vi = "Tất cả", en = "All" }}
{body}
"""
    )


def scored(rules, measurements=None, **more):
    submission = {"format": 1, "ruleset": "small", "unit": "UBND xã", "period": "2023"}
    return score(
        rules,
        load_measurements(
            {**submission, "measurements": measurements or {}, **more}, rules
        ),
    )


def line_of(report, rule="one", lang="en"):
    return {item["id"]: item for item in report.to_dict(lang)["rules"]}[rule][
        "calculation"
    ]


ONE = """
[metric.x]
title = { vi = "Số x", en = "Figure x" }
type = "number"
least = 0
[rule.one]
group = "all"
title = { vi = "Một", en = "One" }
source = ["I.1"]
metric = "x"
weight = 10
"""


# A second pair of eyes: arithmetic read from text ---------------------------------------------------------------------

NUMBER = {
    "vi": re.compile(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?|\d+(?:,\d+)?"),
    "en": re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"),
}
ABSENT = re.compile(
    "chưa báo cáo|không áp dụng|được miễn|missing|not applicable|waived"
)
WORDS = re.compile(r"[a-z_]+")
LOGIC = re.compile(r" if | and | or |not |[<>]|==|!=|days\(|add_\w+\(")


def figure(text, lang):
    """The exact value of a number in a language's form."""
    group, decimal = (".", ",") if lang == "vi" else (",", ".")
    return Fraction(text.replace(group, "").replace(decimal, "."))


class Redo:
    """Reads an arithmetic text: numbers, + − × / %, brackets and the functions of formulas."""

    def __init__(self, text, lang, known=()):
        self.text, self.lang, self.at, self.known = text, lang, 0, dict(known)

    def value(self):
        found = self.sum()
        self.space()
        assert self.at == len(self.text), (
            f"cannot read {self.text[self.at :]!r} of {self.text!r}"
        )
        return found

    def space(self):
        while self.text[self.at : self.at + 1] == " ":
            self.at += 1

    def takes(self, *marks):
        self.space()
        for mark in marks:
            if self.text.startswith(mark, self.at):
                self.at += len(mark)
                return mark
        return None

    def sum(self):
        found = self.product()
        while mark := self.takes("+", "−"):
            right = self.product()
            found = found + right if mark == "+" else found - right
        return found

    def product(self):
        found = self.unary()
        while mark := self.takes("×", "/"):
            right = self.unary()
            found = found * right if mark == "×" else found / right
        return found

    def unary(self):
        if self.takes("-", "−"):
            return -self.unary()
        found = self.atom()
        return found / 100 if self.takes("%") else found

    def atom(self):
        if self.takes("("):
            found = self.sum()
            assert self.takes(")")
            return found
        self.space()
        if absent := ABSENT.match(self.text, self.at):
            self.at = absent.end()
            return None
        if number := NUMBER[self.lang].match(self.text, self.at):
            self.at = number.end()
            return self.known.get(number[0], figure(number[0], self.lang))
        name = WORDS.match(self.text, self.at)
        assert name, f"cannot read {self.text[self.at :]!r} of {self.text!r}"
        self.at = name.end()
        assert self.takes("(")
        arguments = [self.argument()]
        while self.takes(", "):
            arguments.append(self.argument())
        assert self.takes(")")
        return FUNCTIONS[name[0]](*arguments)

    def argument(self):
        start = self.at
        try:
            return self.sum()
        except TypeError:  # a figure is absent somewhere in it: the whole is
            depth = 0
            self.at = start
            while depth or self.text[self.at] not in "),":
                depth += {"(": 1, ")": -1}.get(self.text[self.at], 0)
                self.at += 1
            return None


FUNCTIONS = {
    "min": min,
    "max": max,
    "abs": abs,
    "first": lambda *values: next(value for value in values if value is not None),
    "largest_known": lambda *values: max(
        (value for value in values if value is not None), default=None
    ),
    "smallest_known": lambda *values: min(
        (value for value in values if value is not None), default=None
    ),
    "round_down": lambda value: Fraction(value.numerator // value.denominator),
    "round_up": lambda value: Fraction(-(-value.numerator // value.denominator)),
}

LOST = {
    "vi": re.compile(r"; mất (−?[\d.,]+)$"),
    "en": re.compile(r"; (−?[\d.,]+) lost$"),
}
BEYOND = re.compile(
    r"; [\d.,]+ (?:beyond the cap, without effect|vượt mức trần, không tính)$"
)
ROUNDED = re.compile(r"( → [\d.,]+) \((?:làm tròn|bỏ phần|rounded|cut off)[^)]*\)")
HELD = re.compile(
    r", (không thấp hơn|not below|không vượt quá|not above) (−?[\d.,]*\d)"
)
EXEMPT = re.compile(
    r" \(([\d.,]+) (?:trừ|less) ([\d.,]+) (?:được loại trừ, so với|exempt, against) ([\d.,]*\d)\)"
)


def redone(line, lang, rounded=()):
    """Redo a line of arithmetic: (its exact value, what it says was earned, what it says was lost)."""
    line = ROUNDED.sub(r"\1", BEYOND.sub("", line))
    lost = LOST[lang].search(line)
    body = line[: lost.start()] if lost else line
    *steps, body = body.split("; ")
    known = {}
    for step in steps:
        title, _, sum_ = step.partition(": ")
        text, is_sum, shown = sum_.rpartition(" = ")
        # A figure beside the one that the rows of a table are asked of is no sum.
        if is_sum and title not in rounded:
            known[NUMBER[lang].search(shown)[0]] = abs(Redo(text, lang, known).value())
    left, _, right = body.rpartition(" = ")
    held = HELD.search(left)
    left = EXEMPT.sub("", HELD.sub("", left))
    value = Redo(left.rpartition(": ")[2], lang, known).value()
    if held:
        edge = Redo(held[2], lang).value()
        assert (
            value < edge if held[1] in ("không thấp hơn", "not below") else value > edge
        )
        value = edge
    middle, _, earned = right.rpartition(" → ")
    if middle:
        places = len(re.split(r"[.,]", middle)[1]) if re.search(r"[.,]", middle) else 0
        shown = Redo(middle, lang).value()
        assert (
            abs(shown - value) <= Fraction(1, 2 * 10 ** max(places, 4)) or "/" in middle
        )
    return value, Redo(earned, lang).value(), figure(lost[1], lang) if lost else 0


ARITHMETIC = {"below_target", "units_off", "tier", "formula"}


def readable(rule):
    """Whether a rule's line is plain arithmetic (formulas with conditions and dates are not, nor
    are rules of a mean: their line has two sums).
    """
    own = Fraction(rule["weight"]) == Fraction(rule["maximum"])
    in_mean = re.search(r" (?:of|trên) [\d.,]+(?:;|$)", rule["calculation"])
    plain = rule["reason"]["code"] in ARITHMETIC and own and not in_mean
    # What is reported as never is a judgement, whatever kind of rule reads it.
    plain = plain and " = " in rule["calculation"]
    return plain and not LOGIC.search(rule["calculation"])


def redo_all(report):
    count = 0
    rounded = {
        m.title.of(lang)
        for m in report.scoring.rules.metrics.values()
        if m.round is not None or m.table is not None
        for lang in LANGUAGES
    }
    for lang in LANGUAGES:
        for rule in report.to_dict(lang)["rules"]:
            if readable(rule):
                value, earned, lost = redone(rule["calculation"], lang, rounded)
                assert value == Fraction(rule["exact"]), rule["calculation"]
                assert earned == Fraction(rule["earned"]), rule["calculation"]
                assert lost == Fraction(rule["lost"]), rule["calculation"]
                count += 1
    return count


class TestLinesCanBeRedone:
    @pytest.mark.parametrize(("name", "submission", "_"), EACH_SHAPE)
    def test_of_every_shape(self, name, submission, _):
        redo_all(report_of(name, submission))

    @pytest.mark.parametrize(
        "name", ["cam-due-2023", "cam-due-2023-mid-year", "cam-due-2023-strong"]
    )
    def test_of_the_examples(self, name):
        assert redo_all(example(name)) > 10

    @mostly_tests
    @given(cases(absences=False, always=["share"]))
    def test_whatever_is_drawn(self, case):
        text, document, submission = case
        plain = {"proportional", "per_unit", "tiers", "progressive", "table"}
        rules = parse_rules(text)
        report = score(rules, load_measurements(submission, rules))

        def reads_derived(rule):
            """The line of a derived figure tells its formula first."""
            names = direct_reads(document["rule"][rule["id"]])
            return any(
                {"formula", "table"} & {*document["metric"][name]} for name in names
            )

        for lang in LANGUAGES:
            for rule in report.to_dict(lang)["rules"]:
                if (
                    rule["deduction"] in plain
                    and readable(rule)
                    and not reads_derived(rule)
                ):
                    tests_something()
                    value, earned, lost = redone(rule["calculation"], lang)
                    assert value == Fraction(rule["exact"]), rule["calculation"]
                    assert (earned, lost) == (
                        Fraction(rule["earned"]),
                        Fraction(rule["lost"]),
                    )

    @pytest.mark.parametrize(
        ("deduction", "value", "earned"),
        [
            ('{ kind = "formula", formula = "2 * value" }', 8, 10),
            ('{ kind = "formula", formula = "value - 9" }', 8, 0),
            (
                '{ kind = "tiers", tiers = [ { from = 5, formula = "3 * value" }, { below = 5, points = 0 } ] }',
                8,
                10,
            ),
        ],
    )
    def test_a_line_that_is_held_says_so(self, deduction, value, earned):
        report = scored(rules_of(f"{ONE}deduction = {deduction}"), {"x": value})
        assert report.rules[0].earned == earned
        line = line_of(report)
        left = line.partition(";")[0].rpartition(" = ")[0].rpartition(": ")[2]
        held = re.search(r", not (above|below) ", left)
        assert held or Redo(left, "en").value() == earned, line

    def test_a_share_below_its_start_says_that_it_is_held(self):
        body = f'{ONE}comparator = ">="\nthreshold = 10\ndeduction = {{ kind = "proportional", from = 5 }}'
        report = scored(rules_of(body), {"x": 3})
        assert report.rules[0].earned == 0
        assert "not below 0" in line_of(report), line_of(report)

    def test_negative_points(self):
        body = f'{ONE}lowest = -5\ncomparator = "<="\nthreshold = 0\ndeduction = {{ kind = "per_unit", each = 2 }}'
        report = scored(rules_of(body), {"x": 20})
        assert line_of(report) == "10 − 2 × 20, not below −5 = −5.00; 15.00 lost"
        assert (
            line_of(report, lang="vi")
            == "10 − 2 × 20, không thấp hơn −5 = −5,00; mất 15,00"
        )

    def test_as_many_places_as_it_takes(self):
        """3 × 1/3 of a share just under a tie: four places would round the other way."""
        body = f'{ONE}comparator = ">="\nthreshold = 3\ndeduction = "proportional"'
        body = body.replace(
            'type = "number"\nleast = 0',
            'type = "number"\nleast = 0\nratio = { numerator = "a", denominator = "b" }',
        )
        report = scored(
            rules_of(body), {"x": {"numerator": 1049999, "denominator": 700000 * 10}}
        )
        rule = report.to_dict("en")["rules"][0]
        value, earned, _ = redone(rule["calculation"], "en")
        assert value == Fraction(rule["exact"])
        assert earned == Fraction(rule["earned"])
        assert "→ 0.50" in rule["calculation"]

    def test_a_long_figure_stands_in_the_line_with_all_its_digits(self):
        body = f'{ONE}comparator = ">="\nthreshold = 3\ndeduction = "proportional"'
        report = scored(rules_of(body), {"x": Decimal("0.30149999999999999999")})
        assert report.rules[0].earned == Decimal("1.00")
        rule = report.to_dict("en")["rules"][0]
        value, earned, _ = redone(rule["calculation"], "en")
        assert (value, earned) == (Fraction(rule["exact"]), Fraction(rule["earned"]))


def test_a_tier_of_one_number_of_days_late():
    body = """
[rule.one]
group = "all"
title = "One"
source = ["1"]
metric = "issued"
comparator = "on_or_before"
threshold = 2023-03-01
weight = 2
deduction = { kind = "tiers", of = "days_late", tiers = [
  { to = -1, points = 2 }, { is = 0, points = 1 }, { from = 1, points = 0 },
] }
absence = { not_due = "exclude" }
[metric.issued]
title = "Issued"
type = "date"
"""
    report = scored(rules_of(body), {"issued": "2023-03-01"})
    assert (
        line_of(report)
        == "reported 1 March 2023, tier “0 days late”: 1 = 1.00; 1.00 lost"
    )


class TestTheIndexLine:
    def test_of_the_example(self):
        assert (
            example().to_dict("vi")["index"]["calculation"]
            == "61,27 × 100 / 74,21 = 82,563 → 82,56"
        )
        assert (
            example().to_dict("en")["index"]["calculation"]
            == "61.27 × 100 / 74.21 = 82.563 → 82.56"
        )

    @pytest.mark.parametrize(("name", "submission", "_"), EACH_SHAPE)
    def test_can_be_redone(self, name, submission, _):
        for lang in LANGUAGES:
            index = report_of(name, submission).to_dict(lang)["index"]
            if index["maximum"] == index["rescaled"]:
                continue
            base, *more = ROUNDED.sub(r"\1", index["calculation"]).split("; ")
            left, _, right = base.partition(" = ")
            exact = Redo(left, lang).value()
            middle, _, shown = right.partition(" → ")
            total = Redo((shown or middle).partition(" = ")[0], lang).value()
            assert abs(
                Redo(middle.partition(" = ")[0], lang).value() - exact
            ) <= Fraction(1, 20000)
            assert total == Fraction(index["base"])
            for part in more:
                words = re.fullmatch(
                    r"([+−]) (\S+) \([^)]*\)(?:[^=]*)(?: = (\S+))?", part
                )
                total += figure(words[2], lang) * (1 if words[1] == "+" else -1)
            assert total == Fraction(index["base"]) + Fraction(
                index["bonus"]
            ) - Fraction(index["penalty"])

    def held(self):
        name, submission, _ = next(
            case.values for case in CASES if case.id == "s25-bonus-and-penalty-2"
        )
        return report_of(name, submission).to_dict("en")["index"]

    def test_an_index_held_to_its_scale_says_so(self):
        """99 + 3 is not 100: the line says why it stops there."""
        index = self.held()
        assert (index["base"], index["bonus"], index["value"]) == (
            "99.00",
            "3.00",
            "100.00",
        )
        assert "not above" in index["calculation"], index["calculation"]

    def test_nothing_left_to_score_is_said(self):
        """Semantics I2: the base is 0 and the report says so; nothing is divided by zero."""
        name, submission, _ = next(
            case.values for case in CASES if case.id == "s01-yes-no-3"
        )
        for lang in LANGUAGES:
            index = report_of(name, submission).to_dict(lang)["index"]
            assert (index["base"], index["value"]) == ("0.00", None)
            assert not re.search(r"/ 0[.,]00", index["calculation"]), index[
                "calculation"
            ]

    def test_no_arrow_where_nothing_is_rounded(self):
        """An arrow means a rounding: 5 and 5.00 are the same."""
        name, submission, _ = next(
            case.values for case in CASES if case.id == "s02-levels-2"
        )
        line = report_of(name, submission).to_dict("en")["index"]["calculation"]
        assert "→" not in line, line


class TestTheIndex:
    def test_is_a_decimal_that_prints_itself(self):
        report = example()
        assert report.index.value == Decimal("82.56")
        assert str(report.index) == f"{report.index}" == "82.56"
        assert report.index.exact == Fraction(612700, 7421)
        assert report.index.scale == 100

    def test_adds_up(self):
        index = example().index
        assert index.earned + index.lost + index.excluded == index.maximum == 100
        assert index.lowest <= index.value <= index.highest
        assert index.supported <= index.value

    @given(cases())
    def test_bounds_and_sums_whatever_is_drawn(self, case):
        text, _, submission = case
        rules = parse_rules(text)
        document = score(rules, load_measurements(submission, rules)).to_dict()
        index, groups = document["index"], document["groups"]
        scored_at_all = index["value"] is not None
        if scored_at_all and all(
            Fraction(rule["lowest"]) == 0 for rule in document["rules"]
        ):
            assert (
                Fraction(index["lowest"])
                <= Fraction(index["value"])
                <= Fraction(index["highest"])
            )
        assert index["claimed"] == index["value"]
        top = [
            group
            for group in groups
            if group["parent"] is None and group["kind"] == "base"
        ]
        for key in ("maximum", "earned", "lost", "excluded", "rescaled"):
            assert sum(Fraction(group[key]) for group in top) == Fraction(index[key])
        for rule in document["rules"]:
            assert sum(Fraction(rule[key]) for key in PARTS) == Fraction(
                rule["maximum"]
            )
        base = {group["id"] for group in top}
        for group in groups:
            # What a cap leaves of them is held to by law 2 (G7).
            if top_of(groups, group) in base and not under_cap(groups, group):
                rules_in = [
                    rule for rule in document["rules"] if rule["group"] == group["id"]
                ]
                children = rules_in + [
                    child for child in groups if child["parent"] == group["id"]
                ]
                for key in ("maximum", "earned", "lost", "excluded"):
                    assert sum(Fraction(child[key]) for child in children) == Fraction(
                        group[key]
                    )
        assert sum(index["counts"].values()) == len(document["rules"])


PARTS = ("earned", "lost", "excluded", "without_effect")
"""What the maximum of a rule is made of."""


def under_cap(groups, group):
    """Whether a group, or one that it lies in, has a cap."""
    by_id = {item["id"]: item for item in groups}
    while group["cap"] is None and group["parent"] is not None:
        group = by_id[group["parent"]]
    return group["cap"] is not None


def top_of(groups, group):
    """The id of the group at the top that a group lies in."""
    by_id = {item["id"]: item for item in groups}
    while group["parent"] is not None:
        group = by_id[group["parent"]]
    return group["id"]


class TestNaturalNames:
    def test_the_band(self):
        assert example().band.id == "good"
        assert example().band.title.vi == "Tốt"
        assert (
            scored(
                rules_of(f'{ONE}deduction = {{ kind = "formula", formula = "value" }}'),
                {"x": 1},
            ).band
            is None
        )

    def test_the_day_and_the_language(self):
        report = example()
        assert report.as_of.isoformat() == "2023-12-20"
        assert report.language == "vi"

    def test_rules_stand_in_file_order(self):
        report = example()
        assert [rule.id for rule in report.rules] == list(
            packaged("cam-due-2023").rules
        )
        assert report.rules is report.rules

    def test_a_rule_says_everything(self):
        rule = next(
            rule for rule in example().rules if rule.id == example().losses[1].id
        )
        assert rule.title.startswith("100% công chức")
        assert (rule.maximum, rule.earned, rule.lost, rule.excluded) == (
            4,
            Decimal("2.55"),
            Decimal("1.45"),
            0,
        )
        assert rule.source == ("II.5.1",)
        assert rule.state is State.PARTLY_MET
        assert rule.reason == "below_target"
        assert rule.calculation == "4 × 7/11 = 2,5455 → 2,55; mất 1,45"
        assert str(rule) == f"{rule.title} (II.5.1): {rule.calculation}"
        assert rule.rule.weight == 4

    def test_losses_the_largest_first_then_by_id(self):
        losses = example().losses
        assert [(-rule.lost, rule.id) for rule in losses] == sorted(
            (-rule.lost, rule.id) for rule in losses
        )
        assert len({rule.lost for rule in losses}) < len(losses)
        assert all(rule.lost > 0 and str(rule.state) in COMPUTED for rule in losses)
        assert [rule.id for rule in losses] == example().to_dict()["losses"]

    def test_figures_are_those_of_the_document(self):
        report = example()
        for rule, shown in zip(report.rules, report.to_dict()["rules"], strict=True):
            for key in ("maximum", "earned", "lost", "excluded"):
                assert str(getattr(rule, key)) == shown[key]
            assert (rule.id, str(rule.state), str(rule.reason)) == (
                shown["id"],
                shown["state"],
                shown["reason"]["code"],
            )
        index = report.to_dict()["index"]
        for key in (
            "value",
            "scale",
            "earned",
            "lost",
            "excluded",
            "maximum",
            "lowest",
            "highest",
            "supported",
        ):
            assert str(getattr(report.index, key)) == index[key]

    def test_ranks(self):
        reports = [example("cam-due-2023"), example("cam-due-2023-strong")]
        first, second = rank(reports)
        assert (first.rank, second.rank) == (1, 2)
        assert first.report is reports[1]
        assert rank([]) == []
        assert [item.rank for item in rank([reports[0], reports[0]])] == [1, 1]


def one(body, lang="en", value=None, **more):
    """The single rule of a small rule set, as its report shows it."""
    report = scored(rules_of(body), {} if value is None else {"x": value}, **more)
    return {item["id"]: item for item in report.to_dict(lang)["rules"]}["one"]


def metric_of(kind, more=""):
    return f"""
[metric.x]
title = {{ vi = "Số x", en = "Figure x" }}
type = "{kind}"
{more}
[rule.one]
group = "all"
title = {{ vi = "Một", en = "One" }}
source = ["I.1"]
metric = "x"
weight = 10
"""


ALL = 'deduction = "all_or_nothing"\n'
LEVELS = 'levels = [ { vi = "tốt", en = "good" }, { vi = "khá", en = "fair" }, { vi = "yếu", en = "weak" } ]'


class TestWhatIsSaid:
    @pytest.mark.parametrize(
        ("kind", "target", "value", "required"),
        [
            ("number", 'comparator = ">="\nthreshold = 1212.5', 1, "at least 1,212.5"),
            ("number", 'comparator = ">"\nthreshold = 2', 1, "above 2"),
            ("number", 'comparator = "<="\nthreshold = 2', 3, "at most 2"),
            ("number", 'comparator = "<"\nthreshold = 2', 3, "below 2"),
            ("number", 'comparator = "=="\nthreshold = 2', 3, "exactly 2"),
            ("number", 'comparator = "!="\nthreshold = 3', 3, "other than 3"),
            (
                "number",
                'comparator = "between"\nthreshold = { from = 1, to = 2 }',
                3,
                "at least 1 and at most 2",
            ),
            (
                "number",
                'comparator = "between"\nthreshold = { above = 1, below = 2 }',
                3,
                "above 1 and below 2",
            ),
            (
                "number",
                'comparator = "between"\nthreshold = { from = 2, to = 2 }',
                3,
                "exactly 2",
            ),
            (
                "percent",
                'comparator = "between"\nthreshold = { from = 90 }',
                3,
                "at least 90 %",
            ),
            (
                "number",
                'comparator = "one_of"\nthreshold = [1, 2.5]',
                3,
                "one of: 1, 2.5",
            ),
            (
                "date",
                'comparator = "on_or_before"\nthreshold = 2023-01-20',
                "2023-02-01",
                "on or before 20 January 2023",
            ),
            (
                "date",
                'comparator = "before"\nthreshold = 2023-01-20',
                "2023-02-01",
                "before 20 January 2023",
            ),
            (
                "date",
                'comparator = "on_or_after"\nthreshold = 2023-03-20',
                "2023-02-01",
                "on or after 20 March 2023",
            ),
            (
                "date",
                'comparator = "after"\nthreshold = 2023-03-20',
                "2023-02-01",
                "after 20 March 2023",
            ),
            ("yes_no", 'comparator = "is"\nthreshold = true', False, "yes"),
            ("yes_no", 'comparator = "is"\nthreshold = false', True, "no"),
        ],
    )
    def test_every_target(self, kind, target, value, required):
        rule = one(metric_of(kind) + ALL + target, value=value)
        assert rule["state"] == "not_met"
        assert rule["required"] == required
        assert required in rule["reason"]["text"]
        assert required in rule["calculation"]
        assert required in rule["win_back"]

    @pytest.mark.parametrize(
        ("threshold", "wanted"),
        [
            ("{ from = 1, below = 2.5 }", {"from": "1", "below": "2.5"}),
            ("{ above = 1 }", {"above": "1"}),
            ("{ to = 3 }", {"to": "3"}),
        ],
    )
    def test_bounds_in_the_document(self, threshold, wanted):
        body = (
            metric_of("number")
            + ALL
            + f'comparator = "between"\nthreshold = {threshold}'
        )
        assert one(body, value=9)["threshold"] == wanted

    @pytest.mark.parametrize(
        ("lang", "said"), [("vi", "một trong: tốt, khá"), ("en", "one of: good, fair")]
    )
    def test_levels_speak_both_languages(self, lang, said):
        body = (
            metric_of("level", LEVELS)
            + ALL
            + 'comparator = "one_of"\nthreshold = ["tốt", "khá"]'
        )
        rule = one(body, lang, value="yếu")
        assert rule["required"] == said
        assert rule["reported"] == {"vi": "yếu", "en": "weak"}[lang]
        assert (rule["threshold"], rule["value"]) == (["tốt", "khá"], "yếu")

    def test_a_threshold_that_is_another_figure(self):
        more = '[metric.y]\ntitle = { vi = "Mốc", en = "Mark" }\ntype = "number"\n'
        body = (
            metric_of("number")
            + ALL
            + 'comparator = ">="\nthreshold = { metric = "y" }\n'
            + more
        )
        report = scored(rules_of(body), {"x": 1, "y": 2})
        rule = report.to_dict("en")["rules"][0]
        assert rule["required"] == "at least 2 (Mark)"
        assert rule["threshold"] == "2"
        assert [item["metric"] for item in rule["inputs"]] == ["x", "y"]
        rule = scored(rules_of(body), {"x": 1}).to_dict("en")["rules"][0]
        assert "Mark" in rule["required"]
        assert (rule["state"], rule["threshold"]) == ("missing", None)

    def test_a_threshold_by_formula(self):
        body = (
            metric_of("number")
            + ALL
            + 'comparator = ">="\nthreshold = { formula = "1.5 * 2 - 0.25" }'
        )
        assert one(body, value=1)["required"] == "at least 2.75 (1.5 × 2 − 0.25)"
        assert one(body, "vi", value=1)["required"] == "tối thiểu 2,75 (1,5 × 2 − 0,25)"

    def test_tiers_by_formula_alone_ask_for_the_full_points(self):
        body = (
            metric_of("number")
            + 'deduction = { kind = "tiers", tiers = [ { otherwise = true, formula = "value" } ] }'
        )
        rule = one(body, value=3)
        assert rule["required"] in ("the full 10 points", "the full 10.00 points")
        assert rule["earned"] == "3.00"

    def test_a_tier_of_several_values(self):
        tiers = '[ { is = ["tốt", "khá"], points = 10 }, { is = "yếu", points = 0 } ]'
        rule = one(
            metric_of("level", LEVELS)
            + f'deduction = {{ kind = "tiers", tiers = {tiers} }}',
            value="yếu",
        )
        assert rule["required"] == "good, fair"

    def test_a_rounded_metric_shows_what_was_compared(self):
        body = metric_of(
            "percent", 'round = 0\nratio = { numerator = "a", denominator = "b" }'
        )
        rule = one(
            body + 'deduction = "proportional"\ncomparator = ">="\nthreshold = 100',
            value={"numerator": 2, "denominator": 3},
        )
        assert rule["value"] == "67"
        assert rule["calculation"] == "10 × 67 / 100 = 6.70; 3.30 lost"

    def test_a_ratio_of_a_number(self):
        body = metric_of("number", 'ratio = { numerator = "a", denominator = "b" }')
        rule = one(
            body + 'deduction = "proportional"\ncomparator = ">="\nthreshold = 2',
            value={"numerator": 2, "denominator": 3},
        )
        assert rule["calculation"] == "10 × (2/3) / 2 = 3.3333 → 3.33; 6.67 lost"


BOTH = metric_of("number") + ALL + 'comparator = ">="\nthreshold = 2\n'
MANUAL = """
[rule.one]
group = "all"
title = "Một"
source = ["I.1"]
weight = 10
deduction = "manual"
"""
WAIVED = {"waived": {"by": "UBND huyện", "why": "thí điểm", "until": "2023-12-31"}}
ENDED = {"waived": {"by": "UBND huyện", "why": "thí điểm", "until": "2023-06-30"}}


class TestWhyNothingWasComputed:
    @pytest.mark.parametrize(
        ("value", "more", "state", "reason", "said"),
        [
            (None, "", "missing", "not_reported", "No figure was reported"),
            (
                {"not_applicable": "không có"},
                "",
                "not_applicable",
                "not_applicable",
                "Not applicable: không có",
            ),
            (
                WAIVED,
                "",
                "waived",
                "waived",
                "by UBND huyện, until 31 December 2023: thí điểm",
            ),
            (ENDED, "", "missing", "waiver_ended", "the waiver ended on 30 June 2023"),
            (1, "due = 2023-12-31", "not_due", "not_due", "31 December 2023"),
            (None, "due = 2023-12-31", "not_due", "not_due", "31 December 2023"),
        ],
        ids=str,
    )
    def test_every_absence(self, value, more, state, reason, said):
        measurements = {} if value is None else {"x": value}
        report = scored(
            rules_of(BOTH + more),
            measurements,
            **({"as_of": "2023-12-30"} if more else {}),
        )
        rule = report.to_dict("en")["rules"][0]
        assert (rule["state"], rule["reason"]["code"]) == (state, reason)
        assert said in rule["reason"]["text"]
        assert rule["reported"]
        assert (rule["win_back"] is None) == (state != "missing")
        vi = report.to_dict("vi")["rules"][0]
        assert vi["reason"]["text"] != rule["reason"]["text"]

    def test_a_waived_figure_under_a_formula(self):
        derived = """
[metric.y]
title = "Y"
type = "number"
formula = "x + z"
[metric.z]
title = "Z"
type = "number"
"""
        body = BOTH.replace('metric = "x"', 'metric = "y"') + derived
        rule = scored(rules_of(body), {"x": WAIVED, "z": 1}).to_dict("en")["rules"][0]
        assert rule["state"] == "waived"
        assert "by UBND huyện, until 31 December 2023" in rule["reason"]["text"]
        assert [(item["metric"], item["state"]) for item in rule["inputs"]] == [
            ("x", "waived"),
            ("z", "reported"),
        ]
        rule = scored(rules_of(body), {"x": 1, "z": WAIVED}).to_dict("en")["rules"][0]
        assert "by UBND huyện, until 31 December 2023" in rule["reason"]["text"]

    def test_a_rule_that_waits_for_another(self):
        second = (
            BOTH.replace("[rule.one]", "[rule.two]")
            .split("[rule")[1]
            .replace(".two]", "[rule.two]", 1)
        )
        body = (
            BOTH
            + 'requires = ["two"]\n'
            + second.replace('metric = "x"', 'metric = "y"').replace('"Một"', '"Hai"')
        )
        body = body.replace(
            'en = "One" }\nsource = ["I.1"]\nmetric = "y"',
            'en = "Two" }\nsource = ["I.2"]\nmetric = "y"',
        )
        body += '[metric.y]\ntitle = "Y"\ntype = "number"\n'
        closed = {
            item["id"]: item
            for item in scored(rules_of(body), {"x": 5, "y": 0}).to_dict("en")["rules"]
        }["one"]
        assert closed["reason"]["code"] == "gate_closed"
        assert "“Two” is not met" in closed["calculation"]
        assert "“Two”" in closed["win_back"]
        unknown = {
            item["id"]: item
            for item in scored(rules_of(body), {"x": 5}).to_dict("en")["rules"]
        }["one"]
        assert unknown["reason"]["code"] == "gate_unknown"
        assert "Two" in unknown["reason"]["text"]

    def test_what_waits_for_another_rule_does_not_ask_for_its_own_figure(self):
        """Its own figure was reported: what would win the points back is the other rule's figure."""
        name, submission, _ = next(
            case.values for case in CASES if case.id == "s36-gated-3"
        )
        rule = {
            item["id"]: item
            for item in report_of(name, submission).to_dict("en")["rules"]
        }["progress"]
        assert rule["reason"]["code"] == "gate_unknown"
        assert "Ban hành kế hoạch" in rule["win_back"], rule["win_back"]

    def test_what_waits_for_points_does_not_ask_for_a_figure(self):
        name, submission, _ = next(
            case.values for case in CASES if case.id == "s40-manual-3"
        )
        rule = report_of(name, submission).to_dict("en")["rules"][0]
        assert rule["reason"]["code"] == "points_awaited"
        assert "figure" not in rule["win_back"], rule["win_back"]

    def test_points_from_a_person_and_without(self):
        rule = scored(rules_of(MANUAL)).to_dict("en")["rules"][0]
        assert (rule["state"], rule["reported"]) == (
            "missing",
            "waiting for points from a person",
        )
        given_points = {
            "one": {
                "points": Decimal("7.5"),
                "reason": "biên bản",
                "evidence": ["BB 1"],
            }
        }
        rule = scored(rules_of(MANUAL), points=given_points).to_dict("en")["rules"][0]
        assert (rule["state"], rule["reported"]) == ("partly_met", "7.5 points")
        assert rule["evidence"]["documents"] == [
            {"document": "BB 1", "date": None, "valid": True}
        ]
        assert "biên bản" in rule["reason"]["text"]

    def test_points_by_hand_for_an_absence(self):
        body = BOTH + 'absence = { not_applicable = "manual" }'
        given_points = {"one": {"points": 4, "reason": "biên bản"}}
        rule = one(body, value={"not_applicable": "không có"}, points=given_points)
        assert (rule["state"], rule["earned"]) == ("not_applicable", "4.00")
        assert rule["calculation"] == "4.00 points given by a person"
        assert rule["inputs"][-1]["points"] == "4"
        assert (
            one(body, value={"not_applicable": "không có"})["reason"]["code"]
            == "points_awaited"
        )

    def test_a_deadline_gone_by_cannot_be_won_back(self):
        body = metric_of("date") + ALL + 'comparator = "before"\nthreshold = 2023-01-20'
        assert one(body, value="2023-02-01")["win_back"].startswith(
            "Cannot be won back"
        )

    def test_conflicts_and_remedies_stand_in_the_document(self):
        body = BOTH + (
            'remedy = "fix"\nconflict = [ { source = "PL.1", comparator = ">=", threshold = 1 }, '
            '{ source = "PL.2", note = "khác" } ]\n[remedy.fix]\ntask = { vi = "Làm", en = "Do it" }\n'
            "due_date = 2023-06-30\n"
        )
        rule = one(body, value=1)
        assert [
            (item["source"], item["required"], item["note"])
            for item in rule["conflicts"]
        ] == [
            ("PL.1", "at least 1", None),
            ("PL.2", None, "khác"),
        ]
        assert (
            rule["remedy"]["task"],
            rule["remedy"]["due_date"],
            rule["remedy"]["lead"],
        ) == (
            "Do it",
            "2023-06-30",
            None,
        )

    def test_tracks(self):
        body = BOTH + 'absence = { waived = "exclude" }'
        rules = rules_of(body, top='tracks = ["appraised", "survey"]')
        tracks = {
            "appraised": {"one": {"points": Decimal("1.125"), "reason": "thẩm định"}}
        }
        document = scored(rules, {"x": 5}, tracks=tracks).to_dict()
        assert document["rules"][0]["tracks"] == {"appraised": "1.125", "survey": None}
        assert document["tracks"][0] == {
            "id": "appraised",
            "earned": "1.125",
            "maximum": "10.00",
            "scored": 1,
            "unscored": 0,
        }

    def test_evidence(self):
        body = (
            BOTH
            + "evidence_required = true\n[window]\nfrom = 2023-01-01\nuntil = 2023-12-31\n"
        )
        rules = rules_of(body)
        for documents, supported in (
            ([], False),
            (["BC 1"], True),
            ([{"document": "BC 1", "date": "2022-12-31"}], False),
            ([{"document": "BC 1", "date": "2023-01-01"}], True),
        ):
            report = scored(rules, {"x": {"value": 5, "evidence": documents}})
            assert report.to_dict()["rules"][0]["evidence"]["supported"] is supported
            assert report.index.supported == (10 if supported else 0)

    def test_evidence_for_points_by_hand(self):
        body = MANUAL + "evidence_required = true\n"
        for documents, supported in (([], 0), (["BB 1"], 5)):
            given_points = {
                "one": {"points": 5, "reason": "biên bản", "evidence": documents}
            }
            assert (
                scored(rules_of(body), points=given_points).index.supported == supported
            )


TEXTS = {
    "origin", "fallback",
    "language", "title", "text", "calculation", "required", "reported", "win_back", "note", "source", "unit",
    "metric_title", "expected", "task", "product", "lead", "with", "due", "budget",
}  # fmt: skip


def figures(value, path=()):
    """Everything in a document that is no text for people, by path."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from figures(part, (*path, key))
    elif isinstance(value, list):
        for place, part in enumerate(value):
            yield from figures(part, (*path, place))
    elif not (
        TEXTS & {step for step in path[1:] if isinstance(step, str)}
    ) and path not in (
        ("language",),
        ("digest",),
    ):
        yield path, value


class TestTheDocument:
    @pytest.mark.parametrize(("name", "submission", "_"), EACH_SHAPE)
    def test_figures_do_not_depend_on_the_language(self, name, submission, _):
        report = report_of(name, submission)
        assert dict(figures(report.to_dict("vi"))) == dict(
            figures(report.to_dict("en"))
        )

    def test_the_rule_sets_language_unless_asked_otherwise(self):
        assert example().to_dict() == example().to_dict(lang="vi")
        assert example().to_dict("en")["language"] == "en"

    def test_an_unknown_language_is_refused(self):
        with pytest.raises(LookupError):
            example().to_dict("fr")

    def test_provenance(self):
        document = example().to_dict()
        assert document["engine"] == {"name": "cchc-rules", "version": "0.1.0"}
        assert [file["name"] for file in document["ruleset"]["files"]] == [
            "cam-due-2023.toml"
        ]
        assert (
            document["ruleset"]["sha256"] == document["ruleset"]["files"][0]["sha256"]
        )

    def test_lists_and_counts_agree(self):
        document = example().to_dict()
        for state in ("missing", "not_due", "not_applicable", "waived"):
            ids = [rule["id"] for rule in document["rules"] if rule["state"] == state]
            assert document[state] == ids
            assert document["index"]["counts"][state] == len(ids)
        unsupported = [
            rule["id"]
            for rule in document["rules"]
            if not rule["evidence"]["supported"]
        ]
        assert document["unsupported"] == unsupported

    def test_inputs_are_complete(self):
        """Every metric that a rule or one of its formulas names is there, in alphabetical order."""
        for name, submission, _ in (case.values for case in CASES):
            report = report_of(name, submission)
            rules = report.scoring.rules
            for shown, rule in zip(
                report.to_dict()["rules"], report.rules, strict=True
            ):
                todo = [
                    str(rule.rule.metric or ""),
                    str(rule.rule.deduction),
                    str(rule.rule.threshold),
                ]
                wanted = set()
                while todo:
                    for word in re.findall(r"[a-z][a-z0-9_]*", todo.pop()):
                        if word in rules.metrics and word not in wanted:
                            if rules.metrics[word].formula is None:
                                wanted.add(word)
                            todo.append(rules.metrics[word].formula or "")
                found = [item["metric"] for item in shown["inputs"] if item["metric"]]
                assert found == sorted(found)
                assert wanted <= set(found) or "tiers" in str(rule.rule.deduction), (
                    rule.id,
                    wanted,
                    found,
                )

    def test_a_manual_decision_is_an_input(self):
        name, submission, _ = next(
            case.values for case in CASES if case.id == "s40-manual-1"
        )
        given_points = report_of(name, submission).to_dict()["rules"][0]["inputs"]
        assert [
            (item["metric"], item["points"], item["state"]) for item in given_points
        ] == [(None, "1.25", "reported")]
        assert given_points[0]["note"]

    def test_the_same_bytes_in_two_processes(self):
        """This one, and one that puts what Python hashes in another order."""
        code = (
            "from cchc_rules import *; r = load_rules('cam-due-2023');"
            f"m = load_measurements({str(EXAMPLES / 'cam-due-2023.json')!r}, r);"
            "import sys; s = score(r, m);"
            "[sys.stdout.buffer.write(print_report(s.to_dict(l)).encode()) for l in ('vi', 'en')]"
        )
        there = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": "4711"},
        ).stdout
        here = "".join(print_report(example().to_dict(lang)) for lang in LANGUAGES)
        assert there.decode() == here


class TestReadingBack:
    def test_print_and_parse(self):
        document = example().to_dict()
        assert parse_report(print_report(document)) == document
        assert json.loads(print_report(document)) == document

    @pytest.mark.parametrize(
        ("text", "codes"),
        [
            ("", ["json-syntax"]),
            ("[]", ["not-an-object"]),
            ("{}", ["missing-key"] * 10),
            ('{"format": 1, "format": 2}', ["duplicate-key"] + ["missing-key"] * 9),
            ("[" * 100_000, ["json-too-deep"]),
        ],
    )
    def test_what_is_no_report_is_refused(self, text, codes):
        with pytest.raises(ReportError) as caught:
            parse_report(text)
        assert [problem.code for problem in caught.value.problems] == codes
        assert caught.value.text("en") != caught.value.text("vi") == str(caught.value)

    def test_it_is_an_error_of_the_package(self):
        assert issubclass(ReportError, cchc_rules.CchcError)


@pytest.mark.parametrize(
    ("lang", "sipas", "deputies"),
    [
        (
            "vi",
            "tối đa mức của “max(Thứ hạng Chỉ số hài lòng (SIPAS) kỳ liền trước − 1, 1)”"
            " (không áp dụng: Cấp trên chưa xếp hạng SIPAS cho cấp xã)",
            "báo cáo “không”, yêu cầu “có”: không đạt → 0,00; mất 1,83",
        ),
        ("en", None, "reported “no”, required “yes”: not met → 0.00; 1.83 lost"),
    ],
)
def test_words_stand_in_quotation_marks_and_absent_operands_by_name(
    lang, sipas, deputies
):
    rules = packaged("cam-due-2023")
    example = Path(__file__).parents[2] / "examples" / "cam-due-2023.json"
    found = {
        rule["id"]: rule
        for rule in score(rules, load_measurements(example, rules)).to_dict(lang)[
            "rules"
        ]
    }
    assert found["deputies"]["calculation"] == deputies
    assert sipas is None or sipas in {rule["required"] for rule in found.values()}
