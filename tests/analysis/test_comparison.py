"""Comparing: what moved the index, in parts that add up, figures apart from rules (docs/reference/comparison.md)."""

import copy
from collections import Counter
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from packaged_rules import packaged
from strategies import cases, rule_sets, submissions, to_toml

from cchc_rules import (
    ReportError,
    RulesError,
    compare,
    load_measurements,
    parse_report,
    parse_rules,
    print_report,
    score,
)
from cchc_rules.analysis.comparison.contributions import (
    ChangePart,
    apportioned,
    exact,
    moved,
    standing,
)
from cchc_rules.analysis.comparison.crossing import crossed, shifted
from cchc_rules.base import messages
from cchc_rules.render.comparison import render

F = Fraction

# Whole rule sets -----------------------------------------------------------------------------------------------------


def reported(text, submission):
    rules = parse_rules(text)
    return score(rules, load_measurements(submission, rules))


def tweaked(draw, document):
    """A rule set that is much like another: a weight, a threshold, a cap, the scale changed; a rule or an area gone."""
    other = copy.deepcopy(document)
    for name in draw(
        st.lists(st.sampled_from(sorted(other["rule"])), max_size=4, unique=True)
    ):
        rule = other["rule"][name]
        way = draw(st.integers(1, 4))
        if way == 1 and "weight" in rule:
            rule["weight"] = draw(st.integers(1, 9))
        elif (
            way == 2
            and isinstance(rule.get("threshold"), (int, Decimal))
            and not isinstance(rule["threshold"], bool)
        ):
            rule["threshold"] = draw(st.integers(1, 99))
        elif way == 3 and len(other["rule"]) > 1:
            del other["rule"][name]
        elif way == 4:
            other.setdefault("absence", {})["missing"] = draw(
                st.sampled_from(["lost", "full", "exclude", "show"])
            )
    for group in other["group"].values():
        if group.get("combine") != "mean" and draw(st.booleans()):
            group.pop("weight", None)
    return other


def accepted(text):
    try:
        parse_rules(text)
    except RulesError:
        return False
    return True


@st.composite
def pairs(draw):
    """Two reports: of one rule set, of two much alike, or of two that have little in common."""
    text, document = draw(rule_sets())
    way = draw(st.sampled_from(["same", "alike", "alike", "strange"]))
    other_text, other = text, document
    if way == "strange":
        other_text, other = draw(rule_sets())
    elif way == "alike":
        other = tweaked(draw, document)
        other_text = to_toml(other)
        assume(accepted(other_text))
    return reported(text, draw(submissions(document))), reported(
        other_text, draw(submissions(other))
    )


def index_change(before, after):
    """How far the index moved; reckoned from 0, or to 0, where a side has none (and a note says so)."""
    before_value, after_value = (
        report.to_dict()["index"]["value"] for report in (before, after)
    )
    return F(after_value or 0) - F(before_value or 0)


def amounts_of(document):
    """Every amount of a comparison that stands beside others: rules, and steps."""
    return [*document["rules"], *document["lines"]]


class TestTheParts:
    @given(pairs())
    def test_add_up_exactly_to_the_change(self, pair):
        before, after = pair
        comparison = compare(before, after)
        assert sum(comparison.parts.values()) == index_change(before, after)
        document = comparison.to_dict()
        assert sum(
            F(item["exact"]["change"]) for item in amounts_of(document)
        ) == index_change(before, after)
        if document["change"]["figures"] is not None:
            for key in ("figures", "rules"):
                total = F(document["change"]["exact"][key])
                assert (
                    sum(F(item["exact"][key]) for item in amounts_of(document)) == total
                )
            assert F(document["change"]["exact"]["figures"]) + F(
                document["change"]["exact"]["rules"]
            ) == index_change(before, after)

    @pytest.mark.wide
    @given(pairs())
    def test_add_up_as_they_are_shown(self, pair):
        before, after = pair
        document = compare(before, after).to_dict()
        change = Decimal(document["change"]["change"])
        assert F(change) == index_change(before, after)
        keys = (
            ("change",)
            if document["change"]["figures"] is None
            else ("change", "figures", "rules")
        )
        top = [line for line in document["lines"] if line["area"] is None]
        for key in keys:
            total = Decimal(document["change"][key])
            assert sum(Decimal(item[key]) for item in amounts_of(document)) == total
            assert (
                sum(Decimal(item[key]) for item in [*document["areas"], *top]) == total
            )
        for item in [document["change"], *document["areas"], *amounts_of(document)]:
            if len(keys) == 3:
                assert Decimal(item["figures"]) + Decimal(item["rules"]) == Decimal(
                    item["change"]
                )

    @pytest.mark.wide
    @given(pairs())
    def test_are_shown_within_a_tick_and_a_half_of_what_they_are(self, pair):
        """Half a tick by rounding, one by adding up."""
        division = compare(*pair).division
        for at, column in enumerate(division.columns.both):
            assert abs(division.totals[at] - sum(column.values()) * division.unit) < 1
            for part, amount in column.items():
                assert abs(division.ticks[part][at] - amount * division.unit) < F(3, 2)

    @pytest.mark.wide
    @given(pairs())
    def test_areas_are_the_sums_of_what_lies_in_them(self, pair):
        comparison = compare(*pair)
        document = comparison.to_dict()
        for area in document["areas"]:
            inside = [
                item for item in amounts_of(document) if item["area"] == area["id"]
            ]
            homes = {
                part.area
                for part in comparison.parts
                if part.id in {item.get("id") for item in inside}
            }
            lodgers = {
                part.id
                for part in comparison.parts
                if part.kind == "rule" and part.area == area["id"]
            }
            if homes <= {area["id"]} and lodgers <= {item.get("id") for item in inside}:
                assert sum(F(item["exact"]["change"]) for item in inside) == F(
                    area["exact"]["change"]
                )
            exactly = sum(
                at for part, at in comparison.parts.items() if part.area == area["id"]
            )
            assert exactly == F(area["exact"]["change"])

    @pytest.mark.wide
    @given(pairs())
    def test_every_rule_stands_in_one_list(self, pair):
        before, after = (report.to_dict() for report in pair)
        document = compare(*pair).to_dict()
        names = [{rule["id"] for rule in side["rules"]} for side in (before, after)]
        status = {rule["id"]: rule["status"] for rule in document["rules"]}
        assert {name for name in status if status[name] == "added"} == names[1] - names[
            0
        ]
        assert {name for name in status if status[name] == "removed"} == names[
            0
        ] - names[1]
        assert sum(document["counts"].values()) == len(names[0] | names[1])
        sizes = [abs(F(rule["exact"]["change"])) for rule in document["rules"]]
        assert sizes == sorted(sizes, reverse=True)


class TestSides:
    @pytest.mark.wide
    @given(cases())
    def test_comparing_with_itself_is_empty(self, case):
        text, _, submission = case
        document = compare(
            reported(text, submission), reported(text, submission)
        ).to_dict()
        assert (
            document["rules"]
            == document["lines"]
            == document["ranks"]
            == document["notes"]
            == []
        )
        assert document["change"]["exact"] == {
            "change": "0",
            "figures": "0",
            "rules": "0",
        }
        assert not document["band"]["moved"]
        assert all(
            F(area["change"]) == 0 and area["before"] == area["after"]
            for area in document["areas"]
        )
        assert document["counts"] == {
            "added": 0,
            "removed": 0,
            "changed": 0,
            "unchanged": len(parse_rules(text).rules),
        }

    @pytest.mark.wide
    @given(pairs())
    def test_swapping_the_sides_changes_the_signs(self, pair):
        before, after = pair
        there, back = compare(before, after), compare(after, before)
        assert {part: -amount for part, amount in back.parts.items()} == there.parts
        one, two = there.to_dict(), back.to_dict()
        assert one["split"]["basis"] == two["split"]["basis"]
        for key in ("change", "figures", "rules"):
            if one["change"][key] is not None:
                assert Decimal(one["change"][key]) == -Decimal(two["change"][key])
                for name in ("rules", "lines", "areas"):
                    mine = {
                        item.get("id") or (item["kind"], item["group"]): Decimal(
                            item[key]
                        )
                        for item in one[name]
                    }
                    theirs = {
                        item.get("id") or (item["kind"], item["group"]): -Decimal(
                            item[key]
                        )
                        for item in two[name]
                    }
                    assert mine == theirs
        assert [one["before"], one["after"]] == [two["after"], two["before"]]

    @pytest.mark.wide
    @given(st.data(), rule_sets())
    def test_the_same_rules_leave_everything_to_the_figures(self, data, drawn):
        text, document = drawn
        kind = data.draw(submissions(document))
        other = data.draw(submissions(document))
        if "unit_kind" in kind:
            assume(kind["unit_kind"] == other["unit_kind"])
        comparison = compare(reported(text, kind), reported(text, other))
        assert comparison.basis == "same_rules"
        assert comparison.rules == 0
        assert comparison.figures == comparison.change

    @pytest.mark.wide
    @given(st.data(), rule_sets(kinds=False))
    def test_the_same_figures_leave_everything_to_the_rules(self, data, drawn):
        text, document = drawn
        submission = data.draw(submissions(document))
        other = tweaked(data.draw, document)
        other["index"] = {**other["index"], "scale": 50}
        assume(accepted(to_toml(other)))
        try:
            after = reported(to_toml(other), submission)
        except Exception:
            assume(False)
        comparison = compare(reported(text, submission), after)
        assert comparison.basis == "same_figures"
        assert comparison.figures == 0
        assert comparison.rules == comparison.change

    @pytest.mark.wide
    @given(pairs())
    def test_documents_alone_say_the_same_where_they_can(self, pair):
        there = compare(*pair)
        alone = compare(
            *(parse_report(print_report(report.to_dict())) for report in pair)
        )
        assert alone.change == there.change
        if there.basis in ("same_rules", "same_figures"):
            assert alone.to_dict() == there.to_dict()
        else:
            assert alone.basis == "unsplit"
            assert alone.figures is alone.rules is None
            assert alone.to_dict()["change"]["exact"]["figures"] is None


class TestApportioning:
    @given(st.lists(st.fractions(-9, 9), min_size=1, max_size=12), st.integers(1, 100))
    def test_adds_up_and_stays_near(self, amounts, unit):
        parts = dict(enumerate(amounts))
        total = int(sum(amounts) * unit)
        ticks = apportioned(parts, total, unit)
        assert sum(ticks.values()) == total
        assert all(abs(ticks[key] - parts[key] * unit) < 2 for key in parts)
        back = apportioned(
            {key: -amount for key, amount in parts.items()}, -total, unit
        )
        assert back == {key: -tick for key, tick in ticks.items()}

    def test_by_hand(self):
        """Three thirds of 1.00: 0.33 each, and the first of the equals gets the tick that is left."""
        assert apportioned(dict.fromkeys("abc", F(1, 3)), 100, 100) == {
            "a": 34,
            "b": 33,
            "c": 33,
        }
        assert apportioned({"a": F(1, 2), "b": F(1, 2)}, 1, 1) == {"a": 0, "b": 1}
        assert apportioned({"a": F(1), "b": F(0)}, 1, 1) == {"a": 1, "b": 0}


# By hand -------------------------------------------------------------------------------------------------------------

HEAD = """format = 1
[ruleset]
id = "{id}"
version = "1"
title = "Bộ nhỏ"
language = "vi"
valid = {{ from = {year}-01-01, until = {year}-12-31 }}
[index]
scale = {scale}
[absence]
not_applicable = "exclude"
waived = "exclude"
not_due = "exclude"
"""
YES = """[metric.{name}]
title = "Số liệu {name}"
type = "percent"
[rule.{name}]
group = "{group}"
title = "Quy tắc {name}"
source = ["1.{name}"]
metric = "{name}"
comparator = ">="
threshold = {threshold}
weight = {weight}
deduction = "{deduction}"
"""


def rule(name, weight, threshold=100, deduction="proportional", group="g"):
    return YES.format(
        name=name, weight=weight, threshold=threshold, deduction=deduction, group=group
    )


def group(name="g", **keys):
    return f'[group.{name}]\ntitle = "Nhóm {name}"\n' + "".join(
        f"{key} = {value}\n" for key, value in keys.items()
    )


def small(*parts, name="small", year=2023, scale=100):
    return parse_rules(HEAD.format(id=name, year=year, scale=scale) + "".join(parts))


def scored(rules, year=2023, as_of=None, **figures):
    submission = {
        "format": 1,
        "ruleset": rules.id,
        "unit": "UBND xã",
        "period": str(year),
        "measurements": figures,
    }
    return score(rules, load_measurements(submission, rules, as_of=as_of), as_of=as_of)


def parts(comparison):
    """Exact parts by short names: the rule's id, or the step and its group."""
    found = Counter()
    for part, at in comparison.parts.items():
        found[part.id if part.kind == "rule" else ":".join(part[:2]).strip(":")] += at
    return dict(found)


def columns(comparison):
    """Exact figures and rules by rule."""
    document = comparison.to_dict()
    return {
        item["id"]: (F(item["exact"]["figures"]), F(item["exact"]["rules"]))
        for item in document["rules"]
    }


class TestByHand:
    """Rule sets of a few points, so that every number can be redone on paper."""

    def test_a_figure_changed(self):
        """6 of 10 points at scale 10; b goes from half of 4 to all: 2 points more."""
        rules = small(group(), rule("a", 6), rule("b", 4), scale=10)
        comparison = compare(scored(rules, a=100, b=50), scored(rules, a=100, b=100))
        assert comparison.change == Decimal("2.00")
        assert parts(comparison) == {"b": 2}
        assert (comparison.figures, comparison.rules) == (2, 0)
        assert comparison.by_rule == {"b": Decimal("2.00")}

    def test_a_threshold_changed(self):
        """40 of 80 is half of 4 points; of 50 it is four fifths: 3.2 instead of 2."""
        before = small(group(), rule("a", 6), rule("b", 4, 80), scale=10)
        after = small(group(), rule("a", 6), rule("b", 4, 50), scale=10)
        comparison = compare(scored(before, a=100, b=40), scored(after, a=100, b=40))
        assert comparison.basis == "same_figures"
        assert parts(comparison) == {"b": F(6, 5)}
        assert (comparison.figures, comparison.rules) == (0, Decimal("1.20"))
        assert comparison.to_dict()["rules"][0]["moved"] == ["requirement", "points"]

    def test_a_weight_changed(self):
        """a earns all of 6, then of 7; b nothing of 4, then of 3: 6 to 7 of 10. One point more of a, worth 1, and one
        more that counts, at the mean 0.65 that a point earns: 0.35. One less of b that counts: 0.65."""
        before = small(group(), rule("a", 6), rule("b", 4), scale=10)
        after = small(group(), rule("a", 7), rule("b", 3), scale=10)
        comparison = compare(scored(before, a=100, b=0), scored(after, a=100, b=0))
        assert parts(comparison) == {"a": F(35, 100), "b": F(65, 100)}
        assert comparison.rules == comparison.change == Decimal("1.00")
        moved = {rule["id"]: rule["moved"] for rule in comparison.to_dict()["rules"]}
        assert moved == {"a": ["weight", "points"], "b": ["weight"]}

    def test_a_rule_added_that_nobody_meets(self):
        """6 of 6 is 10; 6 of 8 is 7.5: the rule that is new took 2.5, the other did nothing."""
        before, after = (
            small(group(), rule("a", 6), scale=10),
            small(group(), rule("a", 6), rule("b", 2), scale=10),
        )
        comparison = compare(scored(before, a=100), scored(after, a=100, b=0))
        assert comparison.basis == "rescored"
        assert columns(comparison) == {"b": (0, F(-5, 2))}
        assert comparison.to_dict()["split"]["kept_after"] == ["b"]
        assert comparison.to_dict()["counts"] == {
            "added": 1,
            "removed": 0,
            "changed": 0,
            "unchanged": 1,
        }

    def test_a_rule_removed(self):
        comparison = compare(
            scored(small(group(), rule("a", 6), rule("b", 2), scale=10), a=100, b=0),
            scored(small(group(), rule("a", 6), scale=10), a=100),
        )
        assert columns(comparison) == {"b": (0, F(5, 2))}
        assert comparison.to_dict()["rules"][0]["after"] is None

    def test_both_changed(self):
        """b: half of 4 (2), by the new threshold 50 all of 4 (4); 25 gives 1 by the old, 2 by the new. From 2 to 2:
        the figures took (1 − 2) and (2 − 4), in the mean −1.5; the rules gave (4 − 2) and (2 − 1), in the mean 1.5."""
        before = small(group(), rule("a", 6), rule("b", 4, 100), scale=10)
        after = small(group(), rule("a", 6), rule("b", 4, 50), scale=10)
        comparison = compare(scored(before, a=100, b=50), scored(after, a=100, b=25))
        assert comparison.change == 0
        assert columns(comparison) == {"b": (F(-3, 2), F(3, 2))}
        split = comparison.to_dict()["split"]
        assert (split["rules_before"], split["rules_after"]) == ("7.00", "10.00")

    def test_rescaling_on_one_side(self):
        """b of 2 is not applicable, then half met. 6 of 8 that count is 7.5; 7 of 10 is 7. One point more at the mean
        worth of (10/8 + 10/10) / 2 = 1.125; two more that count at 10 × 6.5 / (8 × 10) = 0.8125 each: −1.625."""
        rules = small(group(), rule("a", 8), rule("b", 2), scale=10)
        comparison = compare(
            scored(rules, a=75, b={"not_applicable": "không"}),
            scored(rules, a=75, b=50),
        )
        assert comparison.change == Decimal("-0.50")
        assert parts(comparison) == {"b": F(9, 8) - F(13, 8)}

    def test_nothing_left_to_score_on_one_side(self):
        rules = small(group(), rule("a", 8), scale=10)
        comparison = compare(
            scored(rules, a={"not_applicable": "không"}), scored(rules, a=75)
        )
        assert parts(comparison) == {"a": F(15, 2)}
        both = compare(
            scored(rules, a={"not_applicable": "không"}),
            scored(rules, a={"not_applicable": "lại"}),
        )
        assert parts(both) == {}
        assert both.to_dict()["counts"]["unchanged"] == 1

    def test_pools_lift_no_index_that_is_not_there(self):
        """Before, a alone is in the base and does not apply: none, though b's 3 of bonus are earned. After: 7.5 + 3,
        held to 10. Reckoned from 0 that is 10: a brings 7.5, b its 3 points, and the hold takes 0.5."""
        rules = small(
            group(),
            rule("a", 8),
            group("more", kind='"bonus"', cap=5),
            rule("b", 3, group="more"),
            scale=10,
        )
        without = scored(rules, a={"not_applicable": "không"}, b=100)
        comparison = compare(without, scored(rules, a=75, b=100))
        assert comparison.change == 10
        assert sum(comparison.parts.values()) == 10
        assert comparison.by_rule == {"a": Decimal("7.50"), "b": Decimal("3.00")}

    def test_a_side_without_an_index_says_so(self):
        """The document of a report without an index has no value; the change is reckoned from 0."""
        rules = small(group(), rule("a", 8), scale=10)
        nothing = scored(rules, a={"not_applicable": "không"}).to_dict("en")
        nothing["index"] |= {"value": None, "exact": None}
        for lang in ("vi", "en"):
            document = compare(nothing, scored(rules, a=75).to_dict("en")).to_dict(lang)
            assert document["before"]["index"]["value"] is None
            assert document["change"]["change"] == "7.50"
            note = messages.message(lang, "comparison.no-index-before")
            assert note in document["notes"]
            assert "– →" in render(document, "text")

    def test_rounding_stands_in_a_line(self):
        """1 of 3 is 3.333… → 3.33; 2 of 3 is 6.666… → 6.67: a third of 10, and the roundings' 1/150."""
        rules = small(group(), rule("a", 3), scale=10)
        comparison = compare(scored(rules, a=Decimal(20)), scored(rules, a=Decimal(40)))
        assert parts(comparison) == {"a": 2}
        rules = small(group(), rule("a", 1), rule("b", 1), rule("c", 1), scale=10)
        comparison = compare(
            scored(rules, a=100, b=0, c=0), scored(rules, a=100, b=100, c=0)
        )
        assert parts(comparison) == {"b": F(10, 3), "rounding": F(334, 100) - F(10, 3)}
        document = comparison.to_dict()
        assert [document["rules"][0]["change"], document["lines"][0]["change"]] == [
            "3.33",
            "0.01",
        ]

    def test_a_cap_on_bonus_points(self):
        """2 and 2 of bonus under a cap of 3: b adds 2, the cap holds 1 back."""
        rules = small(
            group(), rule("a", 10),
            group("more", kind='"bonus"', cap=3), rule("b", 2, group="more"), rule("c", 2, group="more"), scale=100,
        )  # fmt: skip
        comparison = compare(
            scored(rules, a=50, b=0, c=100), scored(rules, a=50, b=100, c=100)
        )
        assert parts(comparison) == {"b": 2, "cap:more": -1}
        assert comparison.change == Decimal("1.00")
        line = comparison.to_dict()["lines"][0]
        assert (line["kind"], line["area"], line["title"]) == (
            "cap",
            "more",
            "Mức trần của “Nhóm more”",
        )

    def test_penalties_and_their_cap(self):
        rules = small(
            group(), rule("a", 10),
            group("less", kind='"penalty"', cap=3), rule("b", 2, group="less"), rule("c", 2, group="less"), scale=100,
        )  # fmt: skip
        comparison = compare(
            scored(rules, a=50, b=100, c=0), scored(rules, a=50, b=0, c=0)
        )
        assert parts(comparison) == {"b": -2, "cap:less": 1}

    def test_held_to_the_scale(self):
        """10 of 10 and 1 of bonus is held to 10: a took 1 less before, the hold lets 1 go."""
        rules = small(
            group(),
            rule("a", 10),
            group("more", kind='"bonus"', cap=1),
            rule("b", 1, group="more"),
            scale=10,
        )
        comparison = compare(scored(rules, a=100, b=100), scored(rules, a=80, b=100))
        assert parts(comparison) == {"a": -2, "held": 1}

    def test_a_weighted_mean(self):
        """A mean of weight 4 over two equal rules: half and nothing is 1; half and a third is 1.666… → 1.67."""
        rules = small(
            group(), rule("a", 6), group("m", combine='"mean"', weight=4),
            rule("b", 1, group="m"), rule("c", 1, group="m"), scale=10,
        )  # fmt: skip
        third = {"value": Decimal("33.3")}
        comparison = compare(
            scored(rules, a=100, b=50, c=0), scored(rules, a=100, b=50, c=third)
        )
        assert parts(comparison) == {
            "c": F(666, 1000),
            "mean_rounding:m": F(67, 100) - F(666, 1000),
        }

    def test_a_weighted_mean_that_lost_a_rule(self):
        """b half, c all: 3 of 4; without c, b alone: 2 of 4. What c did is −1; b moved by nothing of its own."""
        rules = small(
            group(), rule("a", 6), group("m", combine='"mean"', weight=4),
            rule("b", 1, group="m"), rule("c", 1, group="m"), scale=10,
        )  # fmt: skip
        comparison = compare(
            scored(rules, a=100, b=50, c=100),
            scored(rules, a=100, b=50, c={"not_applicable": "không"}),
        )
        assert parts(comparison) == {"c": -1}

    def test_the_weight_of_a_mean_changed(self):
        texts = [
            small(
                group(),
                rule("a", 6),
                group("m", combine='"mean"', weight=weight),
                rule("b", 1, group="m"),
                scale=10,
            )
            for weight in (4, 2)
        ]
        comparison = compare(*(scored(rules, a=100, b=50) for rules in texts))
        assert set(parts(comparison)) == {"mean_weight:m"}
        assert sum(parts(comparison).values()) == F(875, 100) - 8

    def test_another_scale(self):
        """Three quarters on a scale of 10 and of 100: nothing but the scale moved."""
        comparison = compare(
            scored(small(group(), rule("a", 4), scale=10), a=75),
            scored(small(group(), rule("a", 4), scale=100), a=75),
        )
        assert parts(comparison) == {"scale": F(675, 10)}
        assert "thang điểm khác nhau" in comparison.to_dict()["notes"][0]

    def test_a_rule_that_moved_from_a_sum_into_a_mean(self):
        before = small(group(), rule("a", 6), rule("b", 4), scale=10)
        after = small(
            group(),
            rule("a", 6),
            group("m", combine='"mean"', weight=4),
            rule("b", 2, group="m"),
            scale=10,
        )
        comparison = compare(scored(before, a=100, b=50), scored(after, a=100, b=50))
        assert parts(comparison) == {"b": F(22, 10), "mean_weight:m": F(-22, 10)}
        assert [area["id"] for area in comparison.to_dict()["areas"]] == ["g", "m"]


class TestTheFiguresOfAnotherYear:
    DAY = """[metric.day]
title = "Ngày ban hành"
type = "date"
[rule.day]
group = "g"
title = "Ban hành đúng hạn"
source = ["2"]
metric = "day"
comparator = "on_or_before"
threshold = {year}-01-31
weight = 4
deduction = "all_or_nothing"
absence = {{ not_due = "exclude" }}
"""

    def rules(self, year, *more):
        return small(
            group(),
            rule("a", 6),
            self.DAY.format(year=year),
            *more,
            name=f"y{year}",
            year=year,
            scale=10,
        )

    def test_dates_move_to_the_year_of_the_rules(self):
        """Late in 2023, in time in 2024, and the rules are the same but for the year: all of it are figures."""
        before = scored(self.rules(2023), 2023, a=50, day="2023-02-10")
        after = scored(self.rules(2024), 2024, a=50, day="2024-01-20")
        comparison = compare(before, after)
        assert comparison.basis == "rescored"
        assert (comparison.change, comparison.figures, comparison.rules) == (4, 4, 0)
        document = comparison.to_dict("en")
        assert document["split"]["years"] == 1
        assert "moved by 1 years" in document["notes"][0]

    def test_leap_days_and_far_years(self):
        assert shifted(date(2024, 2, 29), -1) == date(2023, 2, 28)
        assert shifted(date(2024, 2, 29), 4) == date(2028, 2, 29)
        assert shifted(date(9999, 12, 31), 1) == date(9999, 12, 31)

    def test_waivers_move_too(self):
        waiver = {
            "waived": {"by": "UBND huyện", "why": "thí điểm", "until": "2024-12-31"}
        }
        before = scored(self.rules(2023), 2023, a=50, day="2023-01-20")
        after = scored(self.rules(2024), 2024, a=50, day=waiver)
        cross = crossed(before, after)
        assert cross.report.rules[1].state == "waived"
        assert cross.report.as_of == date(2023, 12, 31)

    def test_a_figure_that_only_one_side_can_read_stays(self):
        """150 is no percentage of 100: by the first rules, the first figure stands."""
        wide = rule("b", 4).replace(
            'type = "percent"', 'type = "percent"\nabove_100 = true'
        )
        before = scored(
            small(group(), rule("a", 6), rule("b", 4), scale=10), a=100, b=50
        )
        after = scored(small(group(), rule("a", 6), wide, scale=10), a=100, b=150)
        comparison = compare(before, after)
        assert comparison.to_dict()["split"]["kept_before"] == ["b"]
        assert columns(comparison)["b"] == (1, 1)

    def test_a_figure_that_neither_gives_is_missing(self):
        """The day is after the day of judgement, even moved; without it the first side has no figure for it either."""
        early = scored(
            self.rules(2024), 2024, as_of=date(2024, 1, 10), a=50, day="2024-01-05"
        )
        late = scored(
            self.rules(2023, rule("c", 2)), 2023, a=50, c=50, day="2023-03-10"
        )
        cross = crossed(late, early)
        assert cross.report.as_of == date(2023, 1, 10)
        assert cross.kept == ("c",)

    def test_where_the_other_rules_cannot_score_it_is_said(self):
        bare = HEAD.format(id="bare", year=2023, scale=10).replace(
            'not_applicable = "exclude"\n', ""
        )
        strict = parse_rules(bare + group() + rule("a", 6))
        before, after = (
            scored(strict, a=50),
            scored(
                small(group(), rule("a", 6), scale=10), a={"not_applicable": "không"}
            ),
        )
        comparison = compare(before, after)
        assert comparison.basis == "unsplit"
        assert comparison.figures is None
        document = comparison.to_dict("en")
        assert "not_applicable" in document["split"]["problems"][0]
        assert parts(comparison)["a"] == -5

    def test_points_and_blocks_are_taken_where_both_ask(self):
        block = '[group.h]\ntitle = "Khối"\noptional = true\n' + rule("b", 2, group="h")
        hand = '[rule.c]\ngroup = "g"\ntitle = "Cho điểm"\nsource = ["3"]\nweight = 2\ndeduction = "manual"\n'
        one, two = (
            small(group(), rule("a", 6), block, hand, scale=10),
            small(group(), rule("a", 5), block, hand, scale=10),
        )

        def of(rules, points, absent):
            submission = {
                "format": 1, "ruleset": rules.id, "unit": "UBND xã", "period": "2023", "absent": absent,
                "measurements": {"a": 100, "b": 50}, "points": {"c": {"points": points, "reason": "biên bản"}},
            }  # fmt: skip
            return score(rules, load_measurements(submission, rules))

        cross = crossed(of(one, 1, {}), of(two, 2, {"h": "không tổ chức"})).report
        states = {record.id: (record.state, record.earned) for record in cross.rules}
        assert states["c"] == ("met", 2)
        assert states["b"] == ("not_applicable", 0)


class TestThePlan:
    def test_the_two_readings(self):
        """guide-vi/kiem-tra.md says it: six rules changed, 1.45 in all, by the reading alone."""
        strict, loose = packaged("cam-due-2023"), packaged("cam-due-2023-annex")
        path = "examples/cam-due-2023.json"
        comparison = compare(
            *(score(rules, load_measurements(path, rules)) for rules in (strict, loose))
        )
        assert (comparison.change, comparison.figures) == (Decimal("1.45"), 0)
        assert {name: str(points) for name, points in comparison.by_rule.items()} == {
            "shortcomings-fixed": "0.25",
            "results-digitised": "0.16",
            "satisfaction": "0.05",
            "satisfaction-land": "0.07",
            "dossiers-online": "0.05",
            "staff-qualified": "0.87",
        }
        assert comparison.to_dict()["counts"] == {
            "added": 0,
            "removed": 0,
            "changed": 18,
            "unchanged": 63,
        }

    def test_ranks_bands_and_targets_that_moved(self):
        rules = packaged("cam-due-2023")
        one, two = (
            score(rules, load_measurements(f"examples/{name}.json", rules))
            for name in ("cam-due-2023", "cam-due-2023-strong")
        )
        document = compare(one, two).to_dict("en")
        ranks = {
            item["rule"]: (item["before"], item["after"]) for item in document["ranks"]
        }
        assert ranks == {"par-rank": ("7", "1"), "sipas-rank": (None, "3")}
        good, excellent = (
            {"id": "good", "title": "Good"},
            {"id": "excellent", "title": "Excellent"},
        )
        assert document["band"] == {"before": good, "after": excellent, "moved": True}
        assert (
            document["targets"][0]["before"] is document["targets"][0]["after"] is True
        )


class TestNotes:
    def test_other_units_and_other_programs_are_said(self):
        rules = small(group(), rule("a", 6), scale=10)
        one, two = scored(rules, a=50).to_dict("en"), scored(rules, a=100).to_dict("en")
        two["measurements"] = {**two["measurements"], "unit": "UBND xã khác"}
        two["engine"] = {**two["engine"], "version": "9.9"}
        notes = compare(one, two).to_dict("en")["notes"]
        assert [note.split(",")[0] for note in notes] == [
            "The sides are two different units.",
            "The reports come from different versions of the program",
        ]

    def test_a_child_of_a_mean_moves_when_its_group_does(self):
        """Two children of 1: a half, b all. When b counts 3, a counts less of its group, by its surroundings alone."""
        texts = [
            small(
                group(), rule("z", 6), group("m", combine='"mean"', weight=4),
                rule("a", 1, group="m"), rule("b", weight, group="m"), scale=10,
            )
            for weight in (1, 3)
        ]  # fmt: skip
        document = compare(
            *(scored(rules, z=100, a=50, b=100) for rules in texts)
        ).to_dict()
        assert [item["id"] for item in document["rules"]] == ["b"]


class TestBrokenDocuments:
    @pytest.fixture
    def document(self):
        return scored(small(group(), rule("a", 6), scale=10), a=50).to_dict()

    @pytest.mark.parametrize(
        ("path", "value"),
        [
            (("index", "value"), 5),
            (("index", "value"), "5e999999999"),
            (("index", "value"), "١"),
            (("index", "base"), "5,0"),
            (("index",), None),
            (("rules", 0, "earned"), None),
            (("rules", 0, "maximum"), "1/0"),
            (("rules", 0, "group"), "nowhere"),
            (("rules", 0, "state"), "gone"),
            (("rules",), {}),
            (("rules",), 7),
            (("groups", 0, "maximum"), "many"),
            (("as_of",), "hôm nay"),
            (("language",), "fr"),
            (("ruleset", "files"), None),
            (("machine",), None),
        ],
        ids=str,
    )
    def test_are_refused_and_never_a_crash(self, document, path, value):
        whole = here = copy.deepcopy(document)
        for step in path[:-1]:
            here = here[step]
        here[path[-1]] = value
        with pytest.raises(ReportError) as raised:
            compare(whole, document)
        assert raised.value.problems[0].code == "report-broken"

    def test_groups_that_are_each_others_parents_are_refused(self, document):
        document["groups"][0]["parent"] = document["groups"][0]["id"]
        with pytest.raises(ReportError):
            compare(document, document)

    def test_figures_are_read_exactly(self):
        assert exact("47/26") == F(47, 26)
        assert exact("-1.50") == F(-3, 2)
        with pytest.raises(ValueError, match="1"):
            exact(1)

    def test_a_standing_adds_up(self, document):
        empty = {
            **document,
            "rules": [],
            "groups": [],
            "index": {**document["index"], "value": "0", "base": "0"},
        }
        assert moved(standing(empty), standing(document)) == {
            ChangePart("rule", "a", "g"): F(5)
        }
