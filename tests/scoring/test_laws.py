"""The thirteen laws of docs/reference/semantics.md, each as properties over whole rule sets and submissions."""

import copy
import json
import operator
from datetime import date
from decimal import Decimal
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from oracle import (
    Scoring,
    end_of_period,
    half_up,
    inputs_of,
    of_kind,
    oracle,
    required_ids,
    round_as,
)
from searches import examples
from strategies import cases, read_toml, reported, rule_sets, submissions, to_toml

from cchc_rules import (
    dump_measurements,
    dump_rules,
    load_measurements,
    parse_report,
    parse_rules,
    score,
)
from cchc_rules.report import verify
from cchc_rules.tables.score_table import score_table

FIGURES = ("earned", "lost", "excluded", "maximum")
COMPUTED = ("met", "partly_met", "not_met")
COUNTED = (
    "met",
    "partly_met",
    "not_met",
    "missing",
    "not_applicable",
    "not_due",
    "waived",
)


def report_of(text, submission):
    rules = parse_rules(text)
    return score(rules, load_measurements(submission, rules))


def scored(text, submission):
    """The report document of a submission."""
    return report_of(text, submission).to_dict(lang="vi")


def by_id(items):
    return {item["id"]: item for item in items}


def figures_of(rule):
    return {key: rule[key] for key in (*FIGURES, "exact", "state")} | {
        "reason": rule["reason"]["code"]
    }


def downstream(document, names):
    """The rules that are gated by some rules, however far."""
    names = set(names)
    while True:
        more = {
            name
            for name, rule in document["rule"].items()
            if names & set(required_ids(rule))
        } - names
        if not more:
            return names
        names |= more


def readers(document, metric):
    """The rules that read a submitted metric, directly or through formulas."""
    return {
        name
        for name, rule in document["rule"].items()
        if metric in inputs_of(document, rule)
    }


def last_day(submission):
    if "as_of" in submission:
        return date.fromisoformat(submission["as_of"])
    return end_of_period(submission["period"])


class TestLaw01Exactness:
    """Law 1 (L1 to L6, G1 to G3, I1 to I7): the report and the oracle agree on every figure, state and reason."""

    @given(cases())
    def test_rules_agree(self, case):
        text, document, submission = case
        report, expected = scored(text, submission), oracle(document, submission)
        assert [rule["id"] for rule in report["rules"]] == list(expected["rules"])
        for rule in report["rules"]:
            wanted = expected["rules"][rule["id"]]
            assert rule["state"] == wanted["state"], rule["id"]
            assert rule["reason"]["code"] in wanted["reasons"], rule["id"]
            for key in (*FIGURES, "exact"):
                assert Fraction(rule[key]) == wanted[key], (rule["id"], key)

    @given(cases())
    def test_groups_and_index_agree(self, case):
        text, document, submission = case
        report, expected = scored(text, submission), oracle(document, submission)
        groups = by_id(report["groups"])
        assert set(groups) == set(expected["groups"])
        for name, wanted in expected["groups"].items():
            for key in (
                FIGURES if groups[name]["kind"] != "base" else (*FIGURES, "rescaled")
            ):
                assert Fraction(groups[name][key]) == wanted[key], (name, key)
        for key in (
            *FIGURES,
            "rescaled",
            "value",
            "exact",
            "base",
            "bonus",
            "penalty",
            "lowest",
            "highest",
            "claimed",
            "supported",
        ):
            figure = report["index"][key]
            # Without anything left to score there is no index, of either scorer.
            came_to = None if figure is None else Fraction(figure)
            assert came_to == expected["index"][key], key

    @given(cases())
    def test_bands_targets_and_lists_agree(self, case):
        text, document, submission = case
        report, expected = scored(text, submission), oracle(document, submission)
        assert (report["band"] and report["band"]["id"]) == expected["band"]
        if report["band"]:
            gated = (
                expected["ungated"] if expected["ungated"] != expected["band"] else None
            )
            assert report["band"]["gated_from"] == gated
        assert {
            target["id"]: target["reached"] for target in report["targets"]
        } == expected["targets"]
        assert set(report["unsupported"]) == expected["unsupported"]
        states = [rule["state"] for rule in expected["rules"].values()]
        assert report["index"]["counts"] == {
            state: states.count(state) for state in COUNTED
        }
        for state in ("missing", "not_due", "not_applicable", "waived"):
            assert set(report[state]) == {
                name
                for name, rule in expected["rules"].items()
                if rule["state"] == state
            }

    @given(cases())
    def test_losses_are_ordered(self, case):
        """Computed rules that lost points, the largest loss first, then by id."""
        text, document, submission = case
        rules = oracle(document, submission)["rules"]
        lost = {
            name: (-rule["lost"], -rule["loss"], name)
            for name, rule in rules.items()
            if rule["loss"] > 0 and rule["state"] in COMPUTED
        }
        assert scored(text, submission)["losses"] == sorted(lost, key=lost.__getitem__)

    @given(st.data(), cases())
    def test_the_day_may_be_given_at_scoring(self, data, case):
        text, document, submission = case
        end = end_of_period(submission["period"])
        as_of = data.draw(
            st.dates(last_day(submission), end)
        )  # not before: no date reported may lie after the day
        rules = parse_rules(text)
        report = score(
            rules, load_measurements(submission, rules), as_of=as_of
        ).to_dict(lang="vi")
        expected = oracle(document, submission, as_of=as_of)
        assert report["as_of"] == as_of.isoformat()
        assert {rule["id"]: rule["state"] for rule in report["rules"]} == {
            name: rule["state"] for name, rule in expected["rules"].items()
        }
        assert amount(report["index"]["value"]) == expected["index"]["value"]


def amount(text):
    """A figure of a report, None where there is none."""
    return None if text is None else Fraction(text)


def with_index(report):
    """The index of a report of which something is left to score; others are not looked at."""
    assume(report["index"]["value"] is not None)
    return report["index"]


class TestLaw02Conservation:
    """Law 2 (L5, G1, G2, G3, G7, I1): nothing is lost between leaf and index, in the figures as shown."""

    @given(cases())
    def test_earned_lost_and_excluded_are_the_maximum(self, case):
        text, _, submission = case
        report = scored(text, submission)
        for part in [*report["rules"], *report["groups"], report["index"]]:
            beyond = Fraction(part.get("without_effect", 0))
            assert Fraction(part["earned"]) + Fraction(part["lost"]) + Fraction(
                part["excluded"]
            ) + beyond == Fraction(part["maximum"])

    @given(cases())
    def test_parents_are_the_sums_of_their_children(self, case):
        text, document, submission = case
        report = scored(text, submission)
        for group in report["groups"]:
            children = [
                rule for rule in report["rules"] if rule["group"] == group["id"]
            ]
            children += [
                other for other in report["groups"] if other["parent"] == group["id"]
            ]
            total = {
                key: sum(Fraction(child[key]) for child in children) for key in FIGURES
            }
            mine = {key: Fraction(group[key]) for key in FIGURES}
            beyond = sum(Fraction(child.get("without_effect", 0)) for child in children)
            if group["combine"] == "mean":  # G2, G4
                assert mine["maximum"] == Fraction(
                    document["group"][group["id"]]["weight"]
                )
                assert mine == total
            elif caps_above(document, group["id"]):  # G7
                inside = sum(Fraction(child["earned"]) for child in children)
                whole = sum(
                    Fraction(child["weight"] if "weight" in child else child["maximum"])
                    for child in children
                )
                cap = Fraction(whole if group["cap"] is None else group["cap"])
                assert mine["maximum"] == min(cap, whole)
                assert mine["earned"] == min(cap, inside)
                if caps_above(document, group["id"]) == [group["id"]]:
                    below = [
                        rule
                        for rule in report["rules"]
                        if group["id"] in caps_above(document, rule["group"])
                    ]
                    for key in ("lost", "excluded"):
                        assert mine[key] == sum(Fraction(rule[key]) for rule in below)
            elif group["kind"] == "base":  # G1; in a pool a part may be without effect
                assert mine == {**total, "lost": total["lost"] + beyond}
            else:  # G3, G5
                own = total["lost"] + beyond
                counts = {"bonus": min(mine["lost"], own), "penalty": mine["lost"]}
                if not any(
                    other["parent"] == group["id"] for other in report["groups"]
                ):
                    assert total["lost"] == counts[group["kind"]]
                total["lost"] = own
                cap = Fraction(group["cap"])
                assert mine["maximum"] == min(cap, total["maximum"])
                assert mine["excluded"] == 0
                key = "earned" if group["kind"] == "bonus" else "lost"
                assert mine[key] == min(cap, total[key])
        tops = [group for group in report["groups"] if group["parent"] is None]
        for key in (*FIGURES, "rescaled"):  # I1
            assert Fraction(report["index"][key]) == sum(
                Fraction(group[key]) for group in tops if group["kind"] == "base"
            )
        bonus = sum(
            Fraction(group["earned"]) for group in tops if group["kind"] == "bonus"
        )
        penalty = sum(
            Fraction(group["lost"]) for group in tops if group["kind"] == "penalty"
        )
        assert (
            Fraction(report["index"]["bonus"]),
            Fraction(report["index"]["penalty"]),
        ) == (bonus, penalty)  # I3


MEAN_GROUP = """
format = 1

[ruleset]
id = "mean"
version = "1.0"
title = "Bình quân"
language = "vi"
valid = { from = 2023-01-01, until = 2023-12-31 }

[absence]
not_applicable = "show"

[group.g]
title = "Nhóm"
combine = "mean"
weight = 1.01
""" + "".join(
    f"""
[metric.{name}]
title = "Số liệu {name}"
type = "yes_no"

[rule.{name}]
group = "g"
title = "Quy tắc {name}"
source = ["1"]
metric = "{name}"
comparator = "is"
threshold = true
weight = 1
deduction = "all_or_nothing"
"""
    for name in "ab"
)


def group_of(report, rule):
    """The group that a rule lies in."""
    return next(group for group in report["groups"] if group["id"] == rule["group"])


class TestLaw03Bounds:
    """Law 3 (L1, L2 c, L4, I3, I4, I6): every figure lies between its bounds."""

    @given(cases())
    def test_rules_lie_between_lowest_and_maximum(self, case):
        text, document, submission = case
        report = scored(text, submission)
        for rule in report["rules"]:
            earned, lost, excluded, maximum = (Fraction(rule[key]) for key in FIGURES)
            lowest, weight = Fraction(rule["lowest"]), Fraction(rule["weight"])
            assert lowest <= Fraction(rule["exact"]) <= weight
            assert earned <= maximum
            assert lost >= 0
            if caps_above(document, rule["group"]):
                # G7: what a cap leaves of a weight that is excluded whole
                assert 0 <= excluded <= maximum
            else:
                assert excluded in (0, maximum)
            if group_of(report, rule)["combine"] == "mean":
                continue
            assert maximum == weight
            assert lowest <= earned
            assert lost <= maximum - lowest

    @given(cases())
    def test_groups_lose_nothing_below_zero(self, case):
        text, _, submission = case
        for group in scored(text, submission)["groups"]:
            assert Fraction(group["lost"]) >= 0
            assert (
                0
                <= Fraction(group["rescaled"])
                <= Fraction(group["excluded"])
                <= Fraction(group["maximum"])
            )

    def test_two_ties_in_a_mean_group_lose_nothing_below_zero(self):
        """G2: 0.505 earned and 0.505 excluded of 1.01 are 0.51 and 0.50, not 0.51 and 0.51."""
        entries = {"a": True, "b": {"not_applicable": "không phát sinh"}}
        submission = {
            "format": 1,
            "ruleset": "mean",
            "unit": "UBND xã",
            "period": "2023",
            "measurements": entries,
        }
        group = scored(MEAN_GROUP, submission)["groups"][0]
        assert [group[key] for key in FIGURES] == ["0.51", "0.00", "0.50", "1.01"]

    @given(cases())
    def test_the_index_is_held_to_the_scale(self, case):
        text, document, submission = case
        index = with_index(scored(text, submission))
        if not document["index"]["over_scale"]:
            assert Fraction(index["value"]) <= Fraction(index["scale"])
        assert Fraction(index["base"]) <= Fraction(index["scale"])
        assert (
            Fraction(index["supported"])
            <= Fraction(index["claimed"])
            == Fraction(index["value"])
        )

    @given(cases(plain=True))
    def test_what_is_open_lies_around_the_value(self, case):
        """Where no rule goes below zero; a rule below zero weighs more when others are excluded."""
        text, _, submission = case
        index = with_index(scored(text, submission))
        assert (
            Fraction(index["lowest"])
            <= Fraction(index["value"])
            <= Fraction(index["highest"])
        )


def is_one_way(rule):
    """May a better figure never lower this rule's points?"""
    return rule.get("comparator") not in ("==", "!=", "between")


def one_way_metrics(document):
    """Submitted metrics that rules read themselves, each in the direction in which it gets better."""
    names = []
    for name, metric in document.get("metric", {}).items():
        if {"formula", "table"} & {*metric} or metric.get("better") == "neither":
            continue
        reading = [document["rule"][rule] for rule in readers(document, name)]
        alone = all(
            rule.get("metric") == name
            and inputs_of(document, {**rule, "metric": name})
            == inputs_of(document, rule)
            for rule in reading
        )
        elsewhere = any(
            name in elsewhere_in(document, rule) for rule in document["rule"].values()
        )
        numbers = any(
            rule.get("comparator") == "one_of" and metric["type"] != "level"
            for rule in reading
        )
        if alone and not elsewhere and not numbers and all(map(is_one_way, reading)):
            names.append(name)
    return names


def elsewhere_in(document, rule):
    """The submitted metrics that a rule reads in its threshold, its exemption or its formulas."""
    without = {key: value for key, value in rule.items() if key != "metric"}
    return inputs_of(document, without)


def goodness(document, submission, name):
    """A key that is larger when a metric is better."""
    metric = document["metric"][name]
    value = Scoring(document, submission, None).value(name)
    if metric["type"] == "level":
        return -metric["levels"].index(value)
    if metric["type"] == "date":
        value = Fraction(value.toordinal())
    better = metric.get(
        "better", "lower" if metric["type"] in ("rank", "date") else "higher"
    )
    return -Fraction(value) if better == "lower" else Fraction(value)


@st.composite
def improvements(draw):
    """A rule set, and two submissions of which the second is better in one metric."""
    text, document, submission = draw(cases(plain=True, absences=False))
    names = one_way_metrics(of_kind(document, submission.get("unit_kind")))
    assume(names)
    name = draw(st.sampled_from(names))
    other = copy.deepcopy(submission)
    other["measurements"][name] = draw(reported(document, name, last_day(submission)))
    return text, *sorted(
        (submission, other), key=lambda one: goodness(document, one, name)
    )


class TestLaw04Monotonicity:
    """Law 4 (L2, L3, L4, I2, I3): doing better in one metric never lowers the index.

    It is held for reported metrics that rules read themselves, in the metric's own direction, where no rule goes below
    zero and where a target reached is worth the whole weight if it has a due date: outside that the clauses themselves
    say otherwise, see TestWhereDoingBetterCosts.
    """

    @given(improvements())
    def test_doing_better_never_lowers_the_index(self, case):
        text, worse, better = case
        now = with_index(scored(text, worse))
        then = with_index(scored(text, better))
        assert Fraction(now["value"]) <= Fraction(then["value"])

    @given(improvements())
    def test_nor_any_rule_that_stays_counted(self, case):
        text, worse, better = case
        before, after = (
            by_id(scored(text, worse)["rules"]),
            by_id(scored(text, better)["rules"]),
        )
        for name in before:
            if before[name]["state"] in COMPUTED and after[name]["state"] in COMPUTED:
                assert Fraction(before[name]["exact"]) <= Fraction(after[name]["exact"])


TWO_RULES = """
format = 1

[ruleset]
id = "two"
version = "1.0"
title = "Hai quy tắc"
language = "vi"
valid = { from = 2023-01-01, until = 2023-12-31 }

[index]
scale = 4

[absence]
not_due = "exclude"

[metric.plan]
title = "Có kế hoạch"
type = "yes_no"

[metric.clean]
title = "Không vi phạm"
type = "yes_no"

[metric.share]
title = "Tỷ lệ"
type = "percent"

[group.g]
title = "Nhóm"

[rule.plan]
group = "g"
title = "Có kế hoạch"
source = ["1"]
metric = "plan"
comparator = "is"
threshold = true
weight = 1
deduction = "all_or_nothing"

[rule.clean]
group = "g"
title = "Không vi phạm"
source = ["2"]
metric = "clean"
comparator = "is"
threshold = true
weight = 1
lowest = -2
deduction = "all_or_nothing"
requires = ["plan"]

[rule.share]
group = "g"
title = "Tỷ lệ"
source = ["3"]
metric = "share"
comparator = ">="
threshold = 50
weight = 2
due = 2023-12-31
deduction = { kind = "tiers", tiers = [
  { from = 75, points = 2 },
  { from = 50, below = 75, points = 0.5 },
  { below = 50, points = 0 },
] }
"""


class TestWhereDoingBetterCosts:
    """The clauses that bound law 4: a gate that opens on a rule below zero (L2 c, f), a target reached early (L2 g)."""

    def index(self, **measurements):
        submission = {
            "format": 1,
            "ruleset": "two",
            "unit": "UBND xã",
            "period": "2023",
            "as_of": "2023-06-30",
        }
        return scored(TWO_RULES, {**submission, "measurements": measurements})["index"][
            "value"
        ]

    def test_a_plan_opens_the_way_to_a_rule_below_zero(self):
        assert self.index(plan=False, clean=False, share=80) == "2.00"  # 0 + 0 + 2 of 4
        assert self.index(plan=True, clean=False, share=80) == "1.00"  # 1 - 2 + 2 of 4

    def test_a_target_reached_before_it_is_due_counts_with_what_its_tier_gives(self):
        assert (
            self.index(plan=True, clean=True, share=40) == "4.00"
        )  # 1 + 1 of 2, the third is not due
        assert self.index(plan=True, clean=True, share=60) == "2.50"  # 1 + 1 + 0.5 of 4


SHARED = frozenset(
    {
        "maximum",
        "earned",
        "lost",
        "excluded",
        "without_effect",
        "gains",
        "win_back",
        "calculation",
        "supported",
    }
)
"""What a rule of a mean or of a capped pool counts for hangs on the rules beside it (G4 to G6)."""


def caps_above(document, group):
    """The base groups with a cap that a group is or lies in."""
    caps = []
    while group is not None:
        table = document["group"][group]
        if "cap" in table and table.get("kind", "base") == "base":
            caps.append(group)
        group = table.get("parent")
    return caps


def shares_points(document, group):
    """The keys of a rule's record that hang on the rules beside it."""
    while group is not None:
        table = document["group"][group]
        # Pools have a cap, too.
        if table.get("combine") == "mean" or "cap" in table:
            return SHARED
        group = table.get("parent")
    return frozenset()


class TestLaw05Independence:
    """Law 5 (L2, L6): a metric changes the rules that read it, directly, through formulas or gates, and no other."""

    @given(st.data(), cases())
    def test_other_rules_stay_as_they_are(self, data, case):
        text, document, submission = case
        names = [
            name
            for name, metric in document.get("metric", {}).items()
            if not {"formula", "table"} & {*metric}
        ]
        assume(names)
        name = data.draw(st.sampled_from(names))
        other = copy.deepcopy(submission)
        entries = st.one_of(
            reported(document, name, last_day(submission)),
            st.sampled_from(
                [
                    None,
                    {"not_applicable": "không phát sinh"},
                    {"waived": {"by": "a", "why": "b", "until": "2023-12-31"}},
                ]
            ),
        )
        other["measurements"][name] = data.draw(entries)
        touched = downstream(document, readers(document, name))
        before, after = (
            by_id(scored(text, submission)["rules"]),
            by_id(scored(text, other)["rules"]),
        )
        for rule in set(before) - touched:
            for report in (before, after):
                for gain in report[rule]["gains"]:
                    del (
                        gain["index"],
                        gain["text"],
                    )  # what the rest of the report makes of it
            shared = shares_points(document, before[rule]["group"])
            own = [
                {key: said for key, said in report[rule].items() if key not in shared}
                for report in (before, after)
            ]
            assert own[0] == own[1]


def shuffled(random, mapping):
    items = list(mapping.items())
    random.shuffle(items)
    return dict(items)


class TestLaw06Order:
    """Law 6 (G1, I1): the order in which things are written changes no figure."""

    @given(cases(), st.randoms(use_true_random=False))
    def test_order_changes_nothing(self, case, random):
        text, document, submission = case
        other = {
            key: shuffled(random, value)
            if key in ("metric", "group", "rule")
            else value
            for key, value in document.items()
        }
        if "band" in other:
            other["band"] = random.sample(other["band"], len(other["band"]))
        moved = shuffled(random, submission)
        moved["measurements"] = shuffled(random, submission["measurements"])
        before, after = scored(text, submission), scored(to_toml(other), moved)
        assert by_id(before["rules"]) == by_id(after["rules"])
        without = (
            "calculation",
            "steps",
        )  # words and steps follow the file's order, figures do not
        assert changes(before) == changes(after)
        for one, two in [
            (by_id(before["groups"]), by_id(after["groups"])),
            ({"": before["index"]}, {"": after["index"]}),
        ]:
            assert {
                name: {key: part[key] for key in part if key not in without}
                for name, part in one.items()
            } == {
                name: {key: part[key] for key in part if key not in without}
                for name, part in two.items()
            }
        assert before["band"] == after["band"]
        assert before["losses"] == after["losses"]
        assert sorted(before["missing"]) == sorted(after["missing"])

    @settings(max_examples=examples(60), deadline=None)
    @given(st.data())
    def test_no_tick_of_a_mean_or_a_pool_changes_hands(self, data):
        """G4, G5, G7: equal remainders are common where rules weigh the same and reach the same."""
        kind = data.draw(st.sampled_from(["mean", "penalty", "bonus", "cap"]))
        ids = data.draw(st.permutations(["a", "b", "c", "a2", "a-1"]))
        ids = ids[: data.draw(st.integers(2, 5))]
        weights = {id_: data.draw(st.sampled_from([1, 1, 2])) for id_ in ids}
        figures = {
            f"m{number}": data.draw(st.sampled_from([0, 50, 50, 100, None]))
            for number in range(len(ids))
        }
        cap = data.draw(st.integers(1, 9))
        absence = data.draw(st.sampled_from(["lost", "exclude", "show"]))
        settings = {
            "mean": f'combine = "mean"\nweight = {cap}',
            "penalty": f'kind = "penalty"\ncap = {cap}',
            "bonus": f'kind = "bonus"\ncap = {cap}',
            "cap": f"cap = {cap}",
        }
        head = (
            'format = 1\nruleset = { id = "order", version = "1", title = "Order",'
            " valid = { from = 2023-01-01, until = 2023-12-31 } }\n"
            f'absence = {{ missing = "{absence}" }}\n'
            'index = { places = 0, scale = 100, weight_basis = "chosen" }\n'
            f'[group.g]\ntitle = "G"\n{settings[kind]}\n'
            '[group.base]\ntitle = "B"\n'
            '[metric.x]\ntitle = "X"\ntype = "percent"\n'
            '[rule.x]\ngroup = "base"\ntitle = "X"\nsource = ["1"]\nmetric = "x"\n'
            'comparator = ">="\nthreshold = 100\nweight = 9\ndeduction = "proportional"\n'
        )

        def written(order):
            text = head
            for number, id_ in order:
                text += (
                    f'[metric.m{number}]\ntitle = "M"\ntype = "percent"\n'
                    f'[rule.{id_}]\ngroup = "g"\ntitle = "R"\nsource = ["1"]\n'
                    f'metric = "m{number}"\ncomparator = ">="\nthreshold = 100\n'
                    f'weight = {weights[id_]}\ndeduction = "proportional"\n'
                )
            return text

        order = [*enumerate(ids)]
        texts = [written(order), written(data.draw(st.permutations(order)))]
        submission = {"format": 1, "ruleset": "order", "unit": "U", "period": "2023"}
        submission["measurements"] = {**figures, "x": 100}
        frame = pl.DataFrame([{"unit": "U", "period": "2023", **figures, "x": 100}] * 2)
        told = []
        for text in texts:
            report = scored(text, submission)
            assert verify.differences(report) == []
            rules = by_id(report["rules"])
            wanted = oracle(read_toml(text), submission)["rules"]
            for name, rule in rules.items():
                for key in ("earned", "lost", "excluded", "maximum"):
                    assert Fraction(rule[key]) == wanted[name][key]
            columns = score_table(
                parse_rules(text), frame, results=("rule.earned", "rule.lost")
            ).results
            for name, rule in rules.items():
                for key in ("earned", "lost"):
                    assert str(columns[f"rule.{name}.{key}"][0]) == rule[key]
            told.append(rules)
        assert told[0] == told[1]


def changes(report):
    """What each step on the way from the maximum to the index changes."""
    return sorted(
        (step["kind"], step["group"] or "", step["change"])
        for step in report["index"]["steps"]
    )


def times(value, factor):
    product = Decimal(value) * factor
    return int(product) if isinstance(value, int) else product


def scaled_rule(rule, factor):
    rule = copy.deepcopy(rule)
    for key in ("weight", "lowest"):
        if key in rule:
            rule[key] = times(rule[key], factor)
    scale_step(rule, factor)
    if isinstance(rule.get("deduction"), dict):
        deduction = rule["deduction"]
        lists = ("tiers", "brackets", "rows")
        parts = [part for key in lists for part in deduction.get(key, [])]
        for part in [deduction, *parts]:
            for key in ("each", "points"):
                if key in part:
                    part[key] = times(part[key], factor)
    return rule


def scale_step(table, factor):
    """Make the step of a rounding so many times as large."""
    rounding = table.get("rounding", {})
    if "step" in rounding:
        rounding["step"] = times(rounding["step"], factor)


def scaled(document, factor):
    """The document with all points so many times as large."""
    document = {
        key: value
        for key, value in document.items()
        if key not in ("band", "bands", "band_gate", "target")
    }
    document = copy.deepcopy(document)
    for key in ("scale", "lowest"):
        if key in document["index"]:
            document["index"][key] = times(document["index"][key], factor)
    scale_step(document["index"], factor)
    for group in document["group"].values():
        scale_step(group, factor)
        for key in ("weight", "cap"):
            if key in group:
                group[key] = times(group[key], factor)
    document["rule"] = {
        name: scaled_rule(rule, factor) for name, rule in document["rule"].items()
    }
    for kind in document.get("kind", {}).values():
        if "rule" in kind:
            kind["rule"] = {
                name: scaled_rule(rule, factor) for name, rule in kind["rule"].items()
            }
    return document


class TestLaw07Scaling:
    """Law 7 (L1, I2): all points k times as large make every exact figure k times as large."""

    @given(cases(), st.integers(2, 9))
    def test_exact_points_scale(self, case, factor):
        text, document, submission = case
        larger = copy.deepcopy(submission)
        for entry in larger.get("points", {}).values():
            entry["points"] = times(entry["points"], factor)
        before, after = (
            scored(text, submission),
            scored(to_toml(scaled(document, factor)), larger),
        )
        for one, two in zip(before["rules"], after["rules"], strict=True):
            assert Fraction(two["exact"]) == factor * Fraction(one["exact"])
            assert two["state"] == one["state"]
        whole = all(
            Fraction(rule["exact"]) == Fraction(rule["earned"])
            for rule in before["rules"]
        )
        if whole and all(
            group["combine"] == "sum" for group in before["groups"]
        ):  # nothing was rounded on the way
            unscaled = before["index"]["exact"]
            if (
                unscaled is None
            ):  # nothing is left to score, however many points it is worth
                assert after["index"]["exact"] is None
            else:
                assert Fraction(after["index"]["exact"]) == factor * Fraction(unscaled)


def gives_up_with_others(document, rules, name):
    """Whether what is excluded of a rule is its part of an amount of its group (G4, G7): under a cap, or in a mean
    of which nothing is left."""
    rule = document["rule"][name]
    group = document["group"][rule["group"]]
    if group.get("combine") == "mean":
        return all(
            rules[key]["maximum"] == rules[key]["excluded"]
            for key, other in document["rule"].items()
            if other["group"] == rule["group"] and key in rules
        )
    groups = [group]
    while "parent" in groups[-1]:
        groups.append(document["group"][groups[-1]["parent"]])
    computed = rules[name]["state"] in ("met", "partly_met", "not_met")
    return not computed and any("cap" in one for one in groups)


class TestLaw08NotApplicable:
    """Law 8 (L2, L4, G2, I2): a rule excluded as not applicable is as good as not written."""

    @given(st.data(), cases())
    def test_it_changes_no_other_rule_and_no_share(self, data, case):
        _, document, submission = case
        assume("kind" not in document)
        choices = []
        for name, rule in document["rule"].items():
            others = [
                one
                for key, one in document["rule"].items()
                if key != name and one["group"] == rule["group"] and "weight" in one
            ]
            metric = rule.get("metric")
            if (
                not others
                or "weight" not in rule
                or metric is None
                or {"formula", "table"} & {*document["metric"][metric]}
            ):
                continue
            if readers(document, metric) == {name} and not elsewhere_in(document, rule):
                choices.append(name)
        assume(choices)
        name = data.draw(st.sampled_from(choices))
        metric = document["rule"][name]["metric"]
        with_rule = copy.deepcopy(
            {
                key: value
                for key, value in document.items()
                if key not in ("band", "bands", "band_gate", "target")
            }
        )
        with_rule["rule"][name].setdefault("absence", {})["not_applicable"] = "exclude"
        for group in with_rule["group"].values():
            if group.get("combine") != "mean":
                group.pop("weight", None)
        without = copy.deepcopy(with_rule)
        gated = downstream(document, {name}) - {name}
        del without["rule"][name]
        for rule in without["rule"].values():
            if name in required_ids(rule):
                del rule["requires"][required_ids(rule).index(name)]
                if not rule["requires"]:
                    del rule["requires"]
        if not any("remedy" in rule for rule in without["rule"].values()):
            without.pop("remedy", None)
        read = set().union(
            *(inputs_of(document, rule) for rule in without["rule"].values())
        )
        without["metric"] = {
            key: value for key, value in document["metric"].items() if key != metric
        }
        assume(metric not in read)
        there = copy.deepcopy(submission)
        there["measurements"][metric] = {"not_applicable": "không phát sinh"}
        gone = copy.deepcopy(submission)
        gone["measurements"].pop(metric, None)
        gone.get("points", {}).pop(name, None)
        there.get("points", {}).pop(name, None)
        for given_there in gone.get("tracks", {}).values():
            given_there.pop(name, None)
        one, two = scored(to_toml(with_rule), there), scored(to_toml(without), gone)
        assume(
            by_id(one["rules"])[name]["reason"]["code"] == "not_applicable"
        )  # no closed gate came first
        before, after = by_id(one["rules"]), by_id(two["rules"])
        for key, rule in after.items():
            shown, alone = figures_of(before[key]), figures_of(rule)
            if gives_up_with_others(with_rule, before, key):
                # What is given up together is divided over those that give it up.
                for figures in (shown, alone):
                    figures.pop("excluded")
                    figures.pop("maximum")
            assert shown == alone, key
        assert {*after} == {*before} - {name}
        assert gated <= set(after)
        for key in ("value", "base", "exact", "lowest", "highest", "supported"):
            assert one["index"][key] == two["index"][key], key


ONE_RULE = """
format = 1

[ruleset]
id = "one"
version = "1.0"
title = "Một quy tắc"
language = "vi"
valid = {{ from = 2023-01-01, until = 2023-12-31 }}

[index]
scale = {weight}

[absence]
not_applicable = "exclude"

[metric.m]
title = "Số liệu"
{metric}

[group.g]
title = "Nhóm"

[rule.r]
group = "g"
title = "Quy tắc"
source = ["1"]
metric = "m"
weight = {weight}
{rule}
"""


def one_rule(metric, rule, entry, weight="1"):
    """The only rule of a report."""
    text = ONE_RULE.format(metric=metric, rule=rule, weight=weight)
    submission = {
        "format": 1,
        "ruleset": "one",
        "unit": "UBND xã",
        "period": "2023",
        "measurements": {"m": entry},
    }
    return scored(text, submission)["rules"][0]


ORDERED = {
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
    "==": operator.eq,
    "!=": operator.ne,
}
NUMBER = 'type = "number"'
LESS_IS_BETTER = 'type = "number"\nbetter = "lower"'
NO_DIRECTION = 'type = "number"\nbetter = "neither"'


def parts_of_a_whole(least, most):
    """A numerator and a denominator that is not less."""
    pair = st.tuples(st.integers(least, most), st.integers(1, most))
    return pair.map(lambda drawn: (min(drawn), max(drawn)))


class TestLaw09UnroundedComparisons:
    """Law 9: a value on the threshold, or one unit of its last place beside it, is judged as the comparator says."""

    @given(
        st.sampled_from(sorted(ORDERED)),
        st.integers(-(10**6), 10**6),
        st.integers(0, 4),
        st.integers(-2, 2),
        st.integers(2, 12),
    )
    def test_comparators_at_the_edge(self, comparator, digits, places, off, last):
        threshold = Decimal(digits).scaleb(-places)
        value = threshold + Decimal(off).scaleb(-last)
        metric = (
            NUMBER
            if ">" in comparator
            else LESS_IS_BETTER
            if "<" in comparator
            else NO_DIRECTION
        )
        rule = f'comparator = "{comparator}"\nthreshold = {threshold:f}\ndeduction = "all_or_nothing"'
        found = one_rule(metric, rule, value)
        assert (found["state"] == "met") is ORDERED[comparator](value, threshold)
        assert found["earned"] == (
            "1.00" if ORDERED[comparator](value, threshold) else "0.00"
        )

    @given(
        st.integers(1, 99),
        st.integers(-1, 1),
        st.integers(2, 12),
        st.sampled_from(["from", "above"]),
    )
    def test_edges_of_tiers(self, cut, off, last, edge):
        value = Decimal(cut) + Decimal(off).scaleb(-last)
        other = {"from": "below", "above": "to"}[edge]
        tiers = (
            f"[{{ {edge} = {cut}, points = 1 }}, {{ {other} = {cut}, points = 0.5 }}]"
        )
        rule = f'deduction = {{ kind = "tiers", tiers = {tiers} }}'
        upper = value >= cut if edge == "from" else value > cut
        assert one_rule('type = "percent"', rule, value)["earned"] == (
            "1.00" if upper else "0.50"
        )

    @given(parts_of_a_whole(1, 10**6))
    def test_ratios_are_not_rounded_first(self, ratio):
        numerator, denominator = ratio
        metric = 'type = "percent"\nratio = { numerator = "a", denominator = "b" }'
        shown = half_up(Fraction(100 * numerator, denominator), 2)
        assume(shown > 0)
        text = format(Decimal(shown.numerator) / Decimal(shown.denominator), "f")
        rule = f'comparator = ">="\nthreshold = {text}\ndeduction = "all_or_nothing"'
        found = one_rule(
            metric, rule, {"numerator": numerator, "denominator": denominator}
        )
        assert (found["state"] == "met") is (
            Fraction(100 * numerator, denominator) >= shown
        )

    def test_2999_of_3000_is_not_100(self):
        metric = 'type = "percent"\nratio = { numerator = "a", denominator = "b" }'
        rule = 'comparator = ">="\nthreshold = 100\ndeduction = "all_or_nothing"'
        assert (
            one_rule(metric, rule, {"numerator": 2999, "denominator": 3000})["state"]
            == "not_met"
        )

    @pytest.mark.parametrize(
        ("rounding", "state"), [("", "not_met"), ("round = 2", "met")]
    )
    def test_unless_the_metric_is_declared_rounded(self, rounding, state):
        rule = 'comparator = ">="\nthreshold = 90\ndeduction = "all_or_nothing"'
        assert (
            one_rule('type = "percent"\n' + rounding, rule, Decimal("89.995"))["state"]
            == state
        )


class TestLaw10OneRounding:
    """Law 10 (L1, L8, G2, I2): a leaf is rounded once, and a rescaled index once."""

    @given(cases())
    def test_leaves_and_index(self, case):
        text, document, submission = case
        report = scored(text, submission)
        places = document["index"]["places"]
        with_index(report)
        for rule in report["rules"]:
            if group_of(report, rule)["combine"] == "sum":
                rounding = rule["machine"].get("rounding")
                exact = round_as(Fraction(rule["exact"]), places, rounding)
                assert Fraction(rule["earned"]) == exact
        index = {
            key: Fraction(report["index"][key])
            for key in (
                "earned",
                "maximum",
                "rescaled",
                "scale",
                "base",
                "bonus",
                "penalty",
                "value",
            )
        }
        left = index["maximum"] - index["rescaled"]
        exact = index["earned"] * index["scale"] / left if left else Fraction(0)
        rounding = report["machine"].get("rounding")
        assert index["base"] == round_as(exact, places, rounding)
        value = index["base"] + index["bonus"] - index["penalty"]
        unrounded = exact + index["bonus"] - index["penalty"]
        if not document["index"]["over_scale"]:
            value, unrounded = (
                min(value, index["scale"]),
                min(unrounded, index["scale"]),
            )
        if "lowest" in document["index"]:
            value = max(value, document["index"]["lowest"])
            unrounded = max(unrounded, document["index"]["lowest"])
        assert index["value"] == value
        assert Fraction(report["index"]["exact"]) == unrounded

    @given(cases())
    def test_figures_have_the_places_of_the_file(self, case):
        text, document, submission = case
        report = scored(text, submission)
        for part in [*report["rules"], *report["groups"], report["index"]]:
            for key in FIGURES:
                assert len(part[key].partition(".")[2]) == document["index"]["places"]

    @given(parts_of_a_whole(0, 400), st.integers(1, 2000))
    def test_ratio_times_weight(self, ratio, ticks):
        numerator, denominator = ratio
        weight = Decimal(ticks).scaleb(-2)
        metric = 'type = "percent"\nratio = { numerator = "a", denominator = "b" }'
        rule = 'comparator = ">="\nthreshold = 100\ndeduction = "proportional"'
        found = one_rule(
            metric,
            rule,
            {"numerator": numerator, "denominator": denominator},
            weight=format(weight, "f"),
        )
        ticked, rest = divmod(2 * numerator * ticks + denominator, 2 * denominator)
        assert Fraction(found["earned"]) == Fraction(ticked, 100)
        assert 0 <= rest < 2 * denominator

    @pytest.mark.parametrize(
        ("numerator", "denominator", "weight", "earned"),
        [
            (3, 4, "1.5", "1.13"),
            (5, 24, "3", "0.63"),
            (23, 24, "3", "2.88"),
            (47, 52, "2", "1.81"),
            (7125, 10000, "2", "1.43"),
        ],
    )
    def test_traps_that_were_measured(self, numerator, denominator, weight, earned):
        metric = 'type = "percent"\nratio = { numerator = "a", denominator = "b" }'
        rule = 'comparator = ">="\nthreshold = 100\ndeduction = "proportional"'
        entry = {"numerator": numerator, "denominator": denominator}
        assert one_rule(metric, rule, entry, weight=weight)["earned"] == earned

    @given(st.integers(-10000, 10000))
    def test_ties_go_away_from_zero(self, thousandths):
        value = Decimal(thousandths).scaleb(-3)
        rule = 'lowest = -10\ndeduction = { kind = "formula", formula = "value" }'
        found = one_rule(NUMBER, rule, value, weight="10")
        away = -1 if thousandths < 0 else 1
        assert Fraction(found["earned"]) == Fraction(
            away * ((abs(thousandths) + 5) // 10), 100
        )

    def test_minus_an_eighth(self):
        rule = 'lowest = -1\ndeduction = { kind = "formula", formula = "value" }'
        assert one_rule(NUMBER, rule, Decimal("-0.125"))["earned"] == "-0.13"


def children_of(report, group):
    return [rule for rule in report["rules"] if rule["group"] == group["id"]]


def is_out(rule):
    """Whether a rule's points count as excluded."""
    effect = rule["machine"]["effects"].get(rule["state"])
    return rule["reason"]["code"] == "block_absent" or effect in ("exclude", "show")


def mean_figures(weight, counted, shown, places, rounding=None):
    """Earned and excluded of a mean group (G2) from the figures of its children."""
    whole = sum(Fraction(rule["weight"]) for rule in [*counted, *shown])
    if not counted:
        return Fraction(0), weight
    earned = weight * sum(Fraction(rule["exact"]) for rule in counted) / whole
    excluded = weight * sum(Fraction(rule["weight"]) for rule in shown) / whole
    earned = round_as(earned, places, rounding)
    excluded = half_up(excluded, places)
    return earned, min(excluded, weight - earned)


class TestLaw11TheReportAloneRescores:
    """Law 11 (G1 to G3, I1 to I3): from the printed report alone the index can be worked out again."""

    @given(cases())
    def test_the_index_from_the_report(self, case):
        text, document, submission = case
        report = json.loads(json.dumps(scored(text, submission)))
        places = len(with_index(report)["value"].partition(".")[2])
        figures = {}

        def figure(group):
            inside = children_of(report, group)
            below = [
                figure(other)
                for other in report["groups"]
                if other["parent"] == group["id"]
            ]
            if group["combine"] == "mean":
                counted = [rule for rule in inside if not is_out(rule)]
                out = [rule for rule in inside if is_out(rule)]
                maximum, rescaled = (
                    Fraction(group["maximum"]),
                    Fraction(group["rescaled"]),
                )
                # the report does not say which absent children were shown and which were taken out: one choice must fit
                choices = [
                    [rule for bit, rule in enumerate(out) if number >> bit & 1]
                    for number in range(2 ** len(out))
                ]
                results = [
                    mean_figures(maximum, counted, shown, places, group.get("rounding"))
                    for shown in choices
                ]
                assert (
                    Fraction(group["earned"]),
                    Fraction(group["excluded"]),
                ) in results
                return Fraction(group["earned"]), maximum, rescaled
            earned = sum(
                round_as(
                    Fraction(rule["exact"]), places, rule["machine"].get("rounding")
                )
                for rule in inside
            ) + sum(one[0] for one in below)
            maximum = sum(Fraction(rule["maximum"]) for rule in inside) + sum(
                one[1] for one in below
            )
            if group["kind"] == "base" and group["cap"] is not None:  # G7
                earned = min(Fraction(group["cap"]), earned)
                maximum = min(Fraction(group["cap"]), maximum)
            return earned, maximum, Fraction(group["rescaled"])

        for group in report["groups"]:
            if group["parent"] is None:
                figures[group["id"]] = (group, *figure(group))
        base = [one for one in figures.values() if one[0]["kind"] == "base"]
        earned, maximum, rescaled = (
            sum(one[place] for one in base) for place in (1, 2, 3)
        )
        scale = Fraction(report["index"]["scale"])
        left = maximum - rescaled
        value = Fraction(0)
        if left:
            rounding = report["machine"].get("rounding")
            value = round_as(earned * scale / left, places, rounding)
        for group, points, most, _ in figures.values():
            if group["kind"] == "bonus":
                value += min(Fraction(group["cap"]), points)
            if group["kind"] == "penalty":
                lost = sum(
                    Fraction(rule["lost"]) + Fraction(rule["without_effect"])
                    for rule in children_of(report, group)
                )
                value -= min(Fraction(group["cap"]), lost)
                assert Fraction(group["maximum"]) == min(Fraction(group["cap"]), most)
        if not document["index"]["over_scale"]:
            value = min(value, scale)
        value = max(value, document["index"].get("lowest", value))
        assert value == Fraction(report["index"]["value"])


class TestLaw12SameBytes:
    """Law 12: the same input gives the same bytes, and no binary float is among them."""

    @given(cases())
    def test_two_runs_are_equal(self, case):
        text, _, submission = case
        for lang in ("vi", "en"):
            one, two = (
                report_of(text, copy.deepcopy(submission)).to_dict(lang=lang)
                for _ in range(2)
            )
            assert json.dumps(one, ensure_ascii=False) == json.dumps(
                two, ensure_ascii=False
            )

    @given(cases())
    def test_figures_do_not_depend_on_the_language(self, case):
        text, _, submission = case
        report = report_of(text, submission)
        one, two = report.to_dict(lang="vi"), report.to_dict(lang="en")
        assert list(map(figures_of, one["rules"])) == list(
            map(figures_of, two["rules"])
        )
        assert {
            key: one["index"][key] for key in one["index"] if key != "calculation"
        } == {key: two["index"][key] for key in two["index"] if key != "calculation"}

    @given(cases())
    def test_no_binary_floats(self, case):
        text, _, submission = case

        def walk(value):
            assert not isinstance(value, float)
            for item in (
                value.values()
                if isinstance(value, dict)
                else value
                if isinstance(value, list)
                else []
            ):
                walk(item)

        walk(scored(text, submission))


def without_digests(document):
    """A report without what names the very bytes of the rule file, and the lines in it."""
    document = copy.deepcopy(document)
    for key in ("sha256", "files"):
        document["ruleset"].pop(key)
    document.pop("origins", None)
    document.pop("digest")
    return document


class TestLaw13PrintAndParse:
    """Law 13: what is printed reads back as the same thing."""

    @given(cases())
    def test_rules(self, case):
        text, _, submission = case
        printed = dump_rules(parse_rules(text))
        assert dump_rules(parse_rules(printed)) == printed
        assert without_digests(scored(printed, submission)) == without_digests(
            scored(text, submission)
        )

    @given(cases())
    def test_measurements(self, case):
        text, _, submission = case
        rules = parse_rules(text)
        measurements = load_measurements(submission, rules)
        printed = dump_measurements(measurements)
        again = load_measurements(json.loads(printed, parse_float=Decimal), rules)
        assert again == measurements
        assert dump_measurements(again) == printed

    @given(cases())
    def test_reports(self, case):
        text, _, submission = case
        document = scored(text, submission)
        printed = json.dumps(document, ensure_ascii=False)
        parsed = parse_report(printed)
        assert (parsed if isinstance(parsed, dict) else parsed.to_dict()) == document


class TestTheStrategies:
    """What the properties are drawn from is itself valid, and the TOML says what the document says."""

    @given(rule_sets())
    def test_text_and_document_are_the_same(self, drawn):
        text, document = drawn
        assert read_toml(to_toml(document)) == document == read_toml(text)
        parse_rules(text)

    @given(st.data(), rule_sets())
    def test_submissions_are_valid(self, data, drawn):
        text, document = drawn
        load_measurements(data.draw(submissions(document)), parse_rules(text))
