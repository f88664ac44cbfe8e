"""What a rule set may not be, though its form is right: the edges of each check."""

import time
from itertools import pairwise
from pathlib import Path

import pytest

from cchc_rules import RulesError, load_rules, packaged_rule_sets, parse_rules
from cchc_rules.rules.load import problems_of

HEAD = """\
format = 1

[ruleset]
id = "tiny"
version = "1"
title = "A tiny rule set"
valid = { from = 2023-01-01, until = 2023-12-31 }
"""


CHOSEN = '\n[index]\nweight_basis = "chosen"\n'


def metric(kind="percent", name="share", more=""):
    return f'\n[metric.{name}]\ntitle = "M"\ntype = "{kind}"\n{more}\n'


def group(name="work", more=""):
    return f'\n[group.{name}]\ntitle = "G"\n{more}\n'


def rule(name="one", deduction='"all_or_nothing"', target=">= 90", more="", **keys):
    comparator, _, threshold = target.partition(" ")
    values = {
        "group": '"work"',
        "source": f'["{name}"]',
        "metric": '"share"',
        "weight": "2",
    } | keys
    lines = [f"{key} = {value}" for key, value in values.items() if value]
    lines += (
        [f'comparator = "{comparator}"', f"threshold = {threshold}"] if target else []
    )
    return (
        f'\n[rule.{name}]\ntitle = "R"\ndeduction = {deduction}\n'
        + "\n".join(lines)
        + f"\n{more}\n"
    )


def tiered(tiers, kind="percent", more="", of="", target=""):
    deduction = f'{{ kind = "tiers", {of} tiers = [{tiers}] }}'
    return (
        HEAD
        + metric(kind, more=more)
        + group()
        + rule(deduction=deduction, target=target)
    )


def late(tiers, target="on_or_before 2023-05-01"):
    return tiered(tiers, "date", of='of = "days_late",', target=target)


def base(*parts):
    return HEAD + metric() + group() + "".join(parts)


def found(text):
    try:
        return list(parse_rules(text).warnings)
    except RulesError as error:
        return list(error.problems)


def codes(text):
    return [one.code for one in found(text)]


class TestTiersOverNumbers:
    @pytest.mark.parametrize("kind", ["count", "rank"])
    def test_whole_numbers_leave_no_room_between_neighbours(self, kind):
        better = 'better = "higher"'
        assert (
            codes(
                tiered("{ from = 5, points = 2 }, { to = 4, points = 0 }", kind, better)
            )
            == []
        )
        assert (
            codes(
                tiered(
                    "{ above = 4, points = 2 }, { below = 5, points = 0 }", kind, better
                )
            )
            == []
        )

    @pytest.mark.parametrize("kind", ["percent", "number"])
    def test_other_numbers_do(self, kind):
        assert codes(
            tiered("{ from = 5, points = 2 }, { to = 4, points = 0 }", kind)
        ) == ["tiers-gap"]

    @pytest.mark.parametrize("kind", ["percent", "number", "count"])
    @pytest.mark.parametrize(
        ("high", "low", "expected"),
        [
            ("from", "below", []),
            ("above", "to", []),
            ("from", "to", ["tiers-overlap"]),
            ("above", "below", ["tiers-gap"]),
        ],
    )
    def test_open_and_closed_edges(self, kind, high, low, expected):
        text = tiered(
            f"{{ {high} = 50, points = 2 }}, {{ {low} = 50, points = 0 }}", kind
        )
        assert codes(text) == expected

    def test_a_tier_between_two_whole_numbers_is_reached_by_none(self):
        tiers = "{ from = 4.5, points = 2 }, { above = 4.1, below = 4.5, points = 1 }, { to = 4.1, points = 0 }"
        assert codes(tiered(tiers, "number")) == []
        (one,) = found(tiered(tiers, "count"))
        assert (one.code, one.path[-1]) == ("tier-unreachable", 1)

    def test_values_stand_beside_ranges(self):
        assert (
            codes(
                tiered("{ is = [0, 1], points = 0 }, { from = 2, points = 2 }", "count")
            )
            == []
        )
        assert codes(
            tiered("{ is = [0, 1, 2], points = 0 }, { from = 2, points = 2 }", "count")
        ) == ["tiers-overlap"]
        assert codes(
            tiered("{ is = 0, points = 0 }, { from = 2, points = 2 }", "count")
        ) == ["tiers-gap"]

    def test_one_value_twice_in_one_tier(self):
        assert "tiers-overlap" in codes(
            tiered(
                "{ is = [3, 3], points = 1 }, { otherwise = true, points = 1 }", "count"
            )
        )

    def test_the_range_is_the_metric_s_own(self):
        most = "least = 2\nmost = 3"
        assert (
            codes(
                tiered("{ is = 2, points = 0 }, { is = 3, points = 2 }", "count", most)
            )
            == []
        )
        assert codes(
            tiered(
                "{ is = 1, points = 0 }, { otherwise = true, points = 2 }",
                "count",
                most,
            )
        ) == ["tier-unreachable"]
        assert codes(
            tiered("{ above = 100, points = 2 }, { to = 100, points = 0 }")
        ) == ["tier-unreachable"]
        assert (
            codes(
                tiered(
                    "{ above = 100, points = 2 }, { to = 100, points = 0 }",
                    more="above_100 = true",
                )
            )
            == []
        )

    def test_otherwise(self):
        assert codes(tiered("{ otherwise = true, points = 2 }")) == []
        assert codes(
            tiered("{ from = 0, points = 2 }, { otherwise = true, points = 0 }")
        ) == ["tier-unreachable"]
        (one,) = found(
            tiered("{ otherwise = true, points = 2 }, { from = 0, points = 2 }")
        )
        assert (one.code, one.path[-1]) == ("tier-unreachable", 1)
        assert (
            codes(
                tiered(
                    "{ from = 1, otherwise = false, points = 2 }, { otherwise = true, points = 0 }"
                )
            )
            == []
        )


class TestPointsRiseWithTheMetric:
    FALLING = "{ from = 50, points = 0 }, { below = 50, points = 2 }"

    @pytest.mark.parametrize(
        ("better", "expected"),
        [("higher", ["points-fall"]), ("lower", []), ("neither", [])],
    )
    def test_in_its_own_direction(self, better, expected):
        assert codes(tiered(self.FALLING, more=f'better = "{better}"')) == expected

    def test_in_the_rest_too(self):
        assert codes(
            tiered("{ from = 50, points = 1 }, { otherwise = true, points = 2 }")
        ) == ["points-fall"]
        assert codes(
            tiered(
                "{ from = 40, to = 60, points = 1 }, { otherwise = true, points = 0 }"
            )
        ) == ["points-fall"]

    def test_equal_points_do_not_fall(self):
        assert (
            codes(tiered("{ from = 50, points = 1 }, { below = 50, points = 1 }")) == []
        )

    def test_formulas_are_not_compared(self):
        tiers = '{ from = 50, formula = "value / 50" }, { below = 50, points = 2 }'
        assert codes(tiered(tiers)) == []

    def test_percents_are_of_the_weight(self):
        assert (
            codes(tiered("{ from = 50, percent = 50 }, { below = 50, points = 1 }"))
            == []
        )
        assert codes(
            tiered("{ from = 50, percent = 50 }, { below = 50, points = 1.01 }")
        ) == ["points-fall"]
        assert codes(
            tiered("{ from = 50, percent = 101 }, { below = 50, points = 1 }")
        ) == ["points-out-of-range"]

    @pytest.mark.parametrize(
        ("better", "expected"),
        [("higher", []), ("lower", ["points-fall"]), ("neither", [])],
    )
    def test_yes_and_no(self, better, expected):
        tiers = "{ is = true, points = 2 }, { is = false, points = 0 }"
        assert codes(tiered(tiers, "yes_no", f'better = "{better}"')) == expected

    @pytest.mark.parametrize(
        ("better", "expected"),
        [
            ("", []),
            ('better = "lower"', []),
            ('better = "higher"', ["points-fall"]),
            ('better = "neither"', []),
        ],
    )
    def test_levels_best_first(self, better, expected):
        tiers = '{ is = "good", points = 2 }, { is = "bad", points = 0 }'
        assert (
            codes(tiered(tiers, "level", f'levels = ["good", "bad"]\n{better}'))
            == expected
        )

    def test_a_level_worth_a_formula(self):
        tiers = '{ is = "good", points = 1 }, { is = "fair", formula = "weight" }, { is = "bad", points = 0 }'
        assert codes(tiered(tiers, "level", 'levels = ["good", "fair", "bad"]')) == []

    def test_days_late(self):
        assert codes(late("{ to = 0, points = 2 }, { from = 1, points = 0 }")) == []
        assert codes(late("{ to = 0, points = 0 }, { from = 1, points = 2 }")) == [
            "points-fall"
        ]


class TestTiersOverValues:
    LEVELS = 'levels = ["good", "fair", "bad"]'

    def test_each_once(self):
        tiers = '{ is = ["good", "fair"], points = 2 }, { is = "bad", points = 0 }'
        assert codes(tiered(tiers, "level", self.LEVELS)) == []
        assert codes(
            tiered(tiers.replace('"fair"', '"bad"'), "level", self.LEVELS)
        ) == ["tiers-overlap", "tiers-gap"]

    def test_the_rest(self):
        tiers = '{{ is = ["good"{}], points = 2 }}, {{ otherwise = true, points = 0 }}'
        assert codes(tiered(tiers.format(""), "level", self.LEVELS)) == []
        assert codes(tiered(tiers.format(', "fair", "bad"'), "level", self.LEVELS)) == [
            "tier-unreachable"
        ]

    def test_an_empty_list_names_no_value(self):
        tiers = '{ is = "good", points = 2 }, { is = [], points = 0 }'
        assert codes(tiered(tiers, "level", self.LEVELS)) == ["empty-list"]

    def test_one_level_twice_in_one_tier(self):
        tiers = (
            '{ is = ["good", "good"], points = 2 }, { otherwise = true, points = 0 }'
        )
        assert codes(tiered(tiers, "level", self.LEVELS)) == ["tiers-overlap"]

    @pytest.mark.parametrize(
        ("kind", "value"), [("yes_no", "1"), ("number", "true"), ("count", '"1"')]
    )
    def test_values_of_another_type(self, kind, value):
        assert codes(
            tiered(
                f"{{ is = {value}, points = 2 }}, {{ otherwise = true, points = 0 }}",
                kind,
            )
        ) == ["tier-condition"]

    def test_days_late_need_a_deadline(self):
        tiers = "{ to = 0, points = 2 }, { from = 1, points = 0 }"
        assert codes(late(tiers, "before 2023-05-01")) == []
        assert codes(late(tiers, "on_or_after 2023-05-01")) == ["tiers-days-late"]
        assert codes(late(tiers, "")) == ["tiers-days-late"]


NUMERIC = (">=", ">", "<=", "<", "==", "!=", "between", "one_of", "better")
FITS = {
    **dict.fromkeys(("percent", "count", "number", "rank"), NUMERIC),
    "yes_no": ("is",),
    "level": ("is", "one_of"),
    "date": ("on_or_before", "before", "on_or_after", "after"),
}
"""Which comparators a type of metric knows, as docs/reference/format.md says."""

SUITED = {
    "between": "{ from = 1, to = 3 }",
    "better": '{ metric = "other" }',
    "one_of": "[1, 2]",
}
LITERAL = {"yes_no": "true", "level": '"good"', "date": "2023-05-01"}


class TestComparators:
    @pytest.mark.parametrize("kind", FITS)
    @pytest.mark.parametrize(
        "comparator", sorted({one for known in FITS.values() for one in known})
    )
    def test_each_fits_what_the_format_says(self, kind, comparator):
        threshold = SUITED.get(comparator, LITERAL.get(kind, "50"))
        threshold = (
            '["good"]' if (kind, comparator) == ("level", "one_of") else threshold
        )
        levels = 'levels = ["good", "bad"]' if kind == "level" else ""
        other = metric(kind, "other", levels) + rule(
            "two", '"none"', "", metric='"other"', weight=""
        )
        text = (
            HEAD
            + metric(kind, more=levels)
            + group()
            + rule(target=f"{comparator} {threshold}")
            + other
        )
        fits = comparator in FITS[kind]
        assert codes(text) == ([] if fits else ["comparator-type"])

    def test_better_needs_a_direction(self):
        other = metric("number", "other") + rule(
            "two", '"none"', "", metric='"other"', weight=""
        )
        text = HEAD + metric("number", more='better = "neither"') + group()
        assert codes(text + rule(target='better { metric = "other" }') + other) == [
            "comparator-type"
        ]

    @pytest.mark.parametrize(
        ("kind", "target"),
        [
            ("percent", "better 5"),
            ("percent", 'better { formula = "5" }'),
            ("percent", 'one_of { formula = "5" }'),
            ("percent", "between [1, 2]"),
            ("percent", "between { from = 3, to = 1 }"),
            ("percent", "between { above = 3, to = 3 }"),
            ("percent", "one_of 5"),
            ("percent", 'one_of [5, "good"]'),
            ("percent", "one_of [true]"),
            ("percent", ">= [5]"),
            ("percent", ">= true"),
            ("percent", ">= 2023-05-01"),
            ("percent", '>= { metric = "date" }'),
            ("percent", 'between { metric = "date" }'),
            ("yes_no", "is 1"),
            ("yes_no", 'is "good"'),
            ("date", "before 5"),
        ],
    )
    def test_thresholds_that_do_not_fit(self, kind, target):
        other = metric("date", "date") + rule(
            "two", '"none"', "", metric='"date"', weight=""
        )
        assert codes(HEAD + metric(kind) + group() + rule(target=target) + other) == [
            "threshold-type"
        ]

    @pytest.mark.parametrize(
        "target",
        [">= -1", ">= 100.5", "one_of [50, 101]", "between { from = 200, to = 300 }"],
    )
    def test_thresholds_outside_the_range(self, target):
        assert codes(base(rule(target=target))) == ["threshold-out-of-range"]


class TestSums:
    def parts(self, *weights, total, more=""):
        rules = "".join(
            rule(f"r{at}", weight=weight) for at, weight in enumerate(weights)
        )
        return HEAD + metric() + group(more=f"weight = {total}\n{more}") + rules

    def test_exactly(self):
        assert codes(self.parts("0.1", "0.2", total="0.3")) == []
        assert codes(self.parts(*["0.1"] * 10, total="1.0")) == []
        (one,) = found(self.parts("0.1", "0.2", total="0.31"))
        assert (one.code, one.arguments["sum"], one.arguments["weight"]) == (
            "group-sum",
            "0.3",
            "0.31",
        )

    def test_a_hair_is_enough(self):
        places = "[index]\nplaces = 12\n"
        assert codes(self.parts("0.1", "0.2", total="0.300000000001") + places) == [
            "group-sum"
        ]

    def test_groups_in_groups(self):
        inner = group("inner", 'parent = "work"\nweight = 0.2') + rule(
            "in", group='"inner"', weight="0.2"
        )
        assert codes(self.parts("0.1", total="0.3") + inner) == []
        assert codes(self.parts("0.1", total="0.1") + inner) == ["group-sum"]

    def test_a_mean_counts_with_its_own_weight(self):
        mean = group("inner", 'parent = "work"\ncombine = "mean"\nweight = 0.2') + rule(
            "in", group='"inner"'
        )
        assert codes(self.parts("0.1", total="0.3") + mean) == []

    @pytest.mark.parametrize("kind", ["bonus", "penalty"])
    def test_a_cap_may_be_below_or_above_the_sum(self, kind):
        text = (
            HEAD
            + metric()
            + group()
            + rule()
            + group("more", f'kind = "{kind}"\ncap = {{}}')
        )
        text += rule("extra", group='"more"')
        assert codes(text.replace("{}", "1")) == codes(text.replace("{}", "9")) == []
        assert codes(text.replace("{}", "0")) == ["not-positive"]
        assert codes(text.replace("{}", "0.001")) == ["too-many-places"]


class TestBands:
    def bands(self, *edges):
        return base(
            rule(),
            *(
                f'\n[[band]]\nid = "b{at}"\ntitle = "B"\n{edge}\n'
                for at, edge in enumerate(edges)
            ),
        )

    @pytest.mark.parametrize(
        ("edges", "expected"),
        [
            (["from = 90", "from = 50\nbelow = 90", "below = 50"], []),
            (["below = 50", "from = 90", "from = 50\nbelow = 90"], []),
            (["from = 0\nto = 100"], []),
            ([""], []),
            (["above = 90", "from = 50\nbelow = 90", "below = 50"], ["bands-gap"]),
            (["from = 90", "from = 50\nbelow = 90"], ["bands-gap"]),
            (["from = 90\nbelow = 100", "below = 90"], ["bands-gap"]),
            (["from = 90", "to = 90"], ["bands-overlap"]),
            (
                ["from = 50", "below = 50", "from = 90", "to = 10"],
                ["bands-overlap", "bands-overlap"],
            ),
        ],
    )
    def test_cover_the_scale_once(self, edges, expected):
        assert codes(self.bands(*edges)) == expected

    def test_the_scale_is_the_file_s_own(self):
        text = self.bands("from = 5\nto = 10", "below = 5")
        assert codes(text) == ["bands-gap"]
        assert codes(text + "\n[index]\nscale = 10\n") == []

    def test_each_id_once(self):
        (one,) = found(self.bands("from = 50", "below = 50").replace('"b1"', '"b0"'))
        assert (one.code, one.path) == ("id-twice", ("band", 1, "id"))


class TestRounds:
    """Cycles of one, two and three."""

    def round(self, names):
        return [*pairwise(names), (names[-1], names[0])]

    @pytest.mark.parametrize("names", ["a", "ab", "abc", "cab"])
    def test_of_gates(self, names):
        text = base(
            *(rule(one, requires=f'["{other}"]') for one, other in self.round(names))
        )
        (one,) = found(text)
        assert (one.code, one.path) == ("gate-cycle", ("rule", "a", "requires"))
        assert one.arguments["cycle"].startswith("a → ")
        assert (
            one.arguments["cycle"].split(" → ") == [*"abc"[: len(names)], "a"]
            or names == "cab"
        )
        assert sorted(one.arguments["cycle"].split(" → ")) == sorted([*names, "a"])

    @pytest.mark.parametrize("names", ["a", "ab", "abc"])
    def test_of_groups(self, names):
        groups = "".join(
            group(one, f'parent = "{other}"') for one, other in self.round(names)
        )
        assert "group-cycle" in codes(base(groups, rule(), rule("deep", group='"a"')))

    @pytest.mark.parametrize("names", ["a", "ab", "abc"])
    def test_of_formulas(self, names):
        metrics = "".join(
            metric("number", one, f'formula = "1 + {other}"')
            for one, other in self.round(names)
        )
        assert codes(base(metrics, rule(), rule("two", metric='"a"'))) == [
            "formula-cycle"
        ]

    def test_two_at_once_are_both_named(self):
        text = base(
            *(
                rule(one, requires=f'["{other}"]')
                for one, other in [*self.round("ab"), *self.round("cd")]
            )
        )
        assert [one.path[1] for one in found(text)] == ["a", "c"]

    def test_no_round_is_no_fault(self):
        text = base(
            rule("a", requires='["b", "c"]'), rule("b", requires='["c"]'), rule("c")
        )
        assert codes(text) == []


class TestWarnings:
    def test_a_metric_that_is_not_read(self):
        (one,) = found(base(rule(), metric(name="other")))
        assert (one.code, one.warning, one.path) == (
            "metric-unused",
            True,
            ("metric", "other"),
        )

    @pytest.mark.parametrize(
        "reader",
        [
            rule("two", target='>= { metric = "other" }'),
            rule("two", target='>= { formula = "other + 1" }'),
            rule("two", '{ kind = "formula", formula = "other" }', ""),
            rule(
                "two",
                '{ kind = "tiers", tiers = [{ otherwise = true, formula = "other" }] }',
                "",
            ),
            rule("two", metric='"derived"')
            + metric("number", "derived", 'formula = "other"'),
        ],
    )
    def test_every_way_of_reading_counts(self, reader):
        assert codes(base(rule(), metric("number", "other"), reader)) == []

    def test_an_exemption_reads_too(self):
        deduction = '{ kind = "per_unit", each = 1, exempt = "other" }'
        assert (
            codes(
                base(rule(), metric("count", "other"), rule("two", deduction, "<= 90"))
            )
            == []
        )

    def test_it_is_held_back_where_a_name_is_wrong(self):
        assert codes(base(rule(metric='"shaer"'))) == ["unknown-metric"]

    def test_one_clause_with_two_thresholds(self):
        (one,) = found(
            base(
                rule("a", source='["1"]'),
                rule("b", source='["2", "1"]', target=">= 80"),
            )
        )
        assert (one.code, one.warning, one.path) == (
            "clause-claimed-twice",
            True,
            ("rule", "b", "source"),
        )
        assert (one.arguments["one"], one.arguments["other"]) == ("a", "b")

    @pytest.mark.parametrize("declared", ["a", "b"])
    def test_is_silent_where_either_declares_the_conflict(self, declared):
        conflict = 'conflict = [{ source = "9", comparator = ">=", threshold = 80 }]'
        rules = [
            rule(
                name,
                source='["1"]',
                target=target,
                more=conflict if name == declared else "",
            )
            for name, target in (("a", ">= 90"), ("b", ">= 80"))
        ]
        assert codes(base(*rules)) == []

    def test_is_silent_where_nothing_differs(self):
        assert codes(base(rule("a", source='["1"]'), rule("b", source='["1"]'))) == []
        assert (
            codes(
                base(
                    rule("a", source='["1"]'),
                    rule("b", '"none"', "", source='["1"]', weight=""),
                )
            )
            == []
        )
        other = metric(name="other") + rule(
            "b", source='["1"]', target=">= 80", metric='"other"'
        )
        assert codes(base(rule("a", source='["1"]'), other)) == []

    def test_both_are_kept_with_the_rules(self):
        rules = parse_rules(base(rule(), metric(name="other")))
        assert [one.code for one in rules.warnings] == ["metric-unused"]


class TestConflicts:
    """Another reading is shown with its figures: it must be as sound as the rule's own."""

    @pytest.mark.parametrize(
        ("reading", "expected"),
        [
            ('comparator = "<=", threshold = { metric = "nope" }', "unknown-metric"),
            ('comparator = "<=", threshold = { formula = "1 +" }', "formula-syntax"),
            (
                'comparator = "<=", threshold = { formula = "nope" }',
                "formula-unknown-name",
            ),
            ('comparator = "<=", threshold = "much"', "threshold-type"),
            ('comparator = "before", threshold = 5', "comparator-type"),
        ],
    )
    def test_are_checked(self, reading, expected):
        assert codes(
            base(rule(more=f'conflict = [{{ source = "2", {reading} }}]'))
        ) == [expected]


class TestDates:
    def test_due_needs_an_effect(self):
        assert codes(base(rule(more="due = 2023-05-01"))) == ["effect-undeclared"]
        assert (
            codes(base(rule(more='due = 2023-05-01\nabsence = { not_due = "lost" }')))
            == []
        )
        assert (
            codes(
                base(rule(more="due = 2023-05-01"), '\n[absence]\nnot_due = "show"\n')
            )
            == []
        )
        text = base(rule(), rule("two", '"none"', weight="", more="due = 2023-05-01"))
        assert codes(text) == []

    def test_the_deadline_itself_needs_none(self):
        text = HEAD + metric("date") + group()
        assert codes(text + rule(target="on_or_before 2023-05-01")) == []
        assert codes(
            text + rule(target="on_or_before 2023-05-01", more="due = 2023-06-01")
        ) == ["effect-undeclared"]

    @pytest.mark.parametrize(
        ("day", "expected"),
        [("2023-01-01", []), ("2022-12-31", ["date-outside-validity"])],
    )
    def test_both_ends_are_inside(self, day, expected):
        assert (
            codes(HEAD + metric("date") + group() + rule(target=f"on_or_before {day}"))
            == expected
        )

    def test_one_day_is_a_validity(self):
        assert (
            codes(base(rule()).replace("until = 2023-12-31", "until = 2023-01-01"))
            == []
        )

    def test_one_day_is_a_window(self):
        day = "\n[window]\nfrom = 2023-05-01\nuntil = 2023-05-01\n"
        assert codes(base(rule()) + day) == []


class TestDeductions:
    def test_a_tier_of_one_figure_between_two_open_ones(self):
        tiers = "{ above = 5, points = 2 }, { from = 5, to = 5, points = 1 }, { below = 5, points = 0 }"
        assert codes(tiered(tiers, "number")) == []

    @pytest.mark.parametrize(
        ("deduction", "target", "expected"),
        [
            ("{ kind = 'proportional', from = 90 }", ">= 90", ["proportional-base"]),
            ("{ kind = 'proportional', from = 89 }", ">= 90", []),
            ("{ kind = 'proportional', from = 90 }", "<= 90", ["proportional-base"]),
            ("{ kind = 'proportional', from = 91 }", "<= 90", []),
            ("'proportional'", "<= 90", ["proportional-from"]),
            ("'proportional'", ">= 0", ["proportional-base"]),
            ("'proportional'", "> 90", ["proportional-strict"]),
            ("'proportional'", "== 90", ["deduction-type"]),
            ("{ kind = 'proportional', from = 99 }", '>= { formula = "9" }', []),
            ("{ kind = 'per_unit', each = 2 }", ">= 90", []),
            ("{ kind = 'per_unit', each = 2.01 }", ">= 90", ["deduction-above-weight"]),
            ("{ kind = 'per_unit', percent = 100 }", ">= 90", []),
            (
                "{ kind = 'per_unit', percent = 101 }",
                ">= 90",
                ["deduction-above-weight"],
            ),
            (
                "{ kind = 'per_unit', each = 1, percent = 1 }",
                ">= 90",
                ["per-unit-loss"],
            ),
            ("{ kind = 'per_unit', each = 1, step = -1 }", ">= 90", ["not-positive"]),
            ("{ kind = 'per_unit', each = -1 }", ">= 90", ["not-positive"]),
            ("{ kind = 'per_unit', each = 1 }", "> 90", ["deduction-type"]),
            (
                "{ kind = 'per_unit', each = 1, exempt = 'share' }",
                ">= 90",
                ["key-misplaced"],
            ),
        ],
    )
    def test_settings(self, deduction, target, expected):
        assert codes(base(rule(deduction=deduction, target=target))) == expected

    def test_more_may_be_lost_where_less_than_nothing_is_left(self):
        assert (
            codes(
                base(
                    rule(
                        deduction="{ kind = 'per_unit', each = 3 }", more="lowest = -1"
                    )
                )
            )
            == []
        )

    @pytest.mark.parametrize(
        ("kind", "more"),
        [("yes_no", ""), ("date", ""), ("level", 'levels = ["good", "bad"]')],
    )
    def test_only_a_count_is_taken_off(self, kind, more):
        deduction = '{ kind = "per_unit", each = 1, exempt = "other" }'
        assert codes(
            base(rule(), metric(kind, "other", more), rule("two", deduction, "<= 90"))
        ) == ["deduction-type"]

    @pytest.mark.parametrize(
        ("argument", "more", "expected"),
        [
            # The weight is 2 whatever figures come; the figure is 13 and more.
            ("weight", "least = 13", []),
            ("value", "least = 13", ["formula-not-whole"]),
            ("other", "least = 13", ["formula-not-whole"]),
            ("value", "least = 12", []),
            ("threshold", "least = 13", ["formula-not-whole"]),
            ("threshold", "least = 5", []),
            # 12.4 is reported, and counts as 12.
            ("value", "least = 12.4\nround = 0", []),
            ("value", "least = 12.5\nround = 0", ["formula-not-whole"]),
            # Nothing holds a formula to the range of its metric.
            ("derived", "least = 13", []),
        ],
    )
    def test_places_that_no_submission_can_have(self, argument, more, expected):
        target = ">= 90"
        if more == "least = 5":
            target = ">= 5"
        formula = f'{{ kind = "formula", formula = "round_half_up(1, {argument})" }}'
        text = (
            HEAD
            + metric("number", more=more)
            + metric("number", "other", more)
            + metric("number", "derived", f'formula = "other"\n{more}')
            + group()
            + rule(deduction=formula, target=target)
            + rule("two", target=">= 90", metric='"derived"', weight="1")
        )
        assert codes(text) == expected

    def test_a_weight_that_is_no_number_of_places(self):
        formula = '{ kind = "formula", formula = "round_half_up(value, weight)" }'
        for weight, expected in (("0.5", ["formula-not-whole"]), ("12", [])):
            assert codes(base(rule(deduction=formula, weight=weight))) == expected
        assert codes(base(rule(deduction=formula, weight="13"))) == [
            "formula-not-whole"
        ]

    def test_information_only(self):
        assert codes(base(rule(), rule("two", '"none"', "", weight=""))) == []
        assert codes(base(rule(), rule("two", '"none"', "", weight="0"))) == []
        assert codes(base(rule("two", '"none"', "", weight=""))) == ["no-rules"]

    def test_a_person(self):
        assert codes(base(rule(), rule("two", '"manual"', "", metric=""))) == []
        assert codes(base(rule(), rule("two", '"manual"', "", metric='"share"'))) == [
            "key-misplaced"
        ]
        assert codes(base(rule(), rule("two", '"manual"', ">= 9", metric=""))) == [
            "key-misplaced"
        ]


class TestForms:
    def test_every_missing_key_is_named(self):
        missing = [
            one.arguments["key"]
            for one in found(base(rule(), "\n[rule.two]\nweight = 1\n"))
        ]
        assert sorted(missing) == ["deduction", "group", "source", "title"]

    def test_an_empty_file_lacks_more_than_its_head(self):
        assert sorted(one.arguments["key"] for one in found("")) == [
            "format",
            "ruleset",
        ]

    @pytest.mark.parametrize(
        "text",
        [
            base(rule(deduction="{ kind = 'proportional', each = 1 }")),
            base(rule(), "\n[kind.m]\nextends = 'x'\n"),
            base(rule(), "\n[kind.m.kind.n]\ntitle = 'x'\n"),
        ],
    )
    def test_what_was_written_is_not_offered_again(self, text):
        (one,) = found(text)
        assert one.code == "unknown-key"
        assert one.arguments["nearest"] != one.arguments["key"]

    @pytest.mark.parametrize(
        ("text", "nearest"),
        [
            (base(rule(deduction="{ kind = 'proportional', flor = 1 }")), "floor"),
            (base(rule(more='absence = { waved = "full" }')), "waived"),
            (
                base(
                    rule(),
                    "\n[window]\nfrom = 2023-01-01\nuntil = 2023-02-01\nuntl = 2023-02-01\n",
                ),
                "until",
            ),
        ],
    )
    def test_the_nearest_key_of_that_table_is_offered(self, text, nearest):
        (one,) = found(text)
        assert (one.code, one.arguments["nearest"]) == ("unknown-key", nearest)

    def test_a_word_that_is_not_known_is_shown_as_it_was_written(self):
        for deduction in ('"propotional"', '{ kind = "propotional" }'):
            (one,) = found(base(rule(deduction=deduction)))
            assert (one.code, one.arguments["given"]) == ("unknown-word", "propotional")

    def test_a_list_of_the_wrong_things_is_not_also_empty(self):
        assert codes(tiered("1, 2")) == ["wrong-type", "wrong-type"]

    def test_a_number_in_quotes_between_two_edges(self):
        (one,) = found(base(rule(target='between { from = "1", to = 3 }')))
        assert (one.code, one.arguments["given"], one.arguments["hint"]) == (
            "text-for-number",
            "1",
            "1",
        )


class TestWhatIsBuilt:
    def test_the_weight_s_basis_comes_from_the_nearest_that_says_one(self):
        inner = group("inner", 'parent = "outer"') + rule("two", group='"inner"')
        outer = group("outer", 'weight_basis = "borrowed"')
        rules = parse_rules(
            base(rule(), rule("own", more='weight_basis = "stated"'), outer, inner)
            + CHOSEN
        )
        assert {one.id: one.basis for one in rules.rules.values()} == {
            "one": "chosen",
            "own": "stated",
            "two": "borrowed",
        }
        assert rules.groups["inner"].basis == "borrowed"

    def test_packaged_rule_sets_are_found_by_id(self):
        for id_ in packaged_rule_sets():
            assert load_rules(id_).id == id_


class TestLaidOver:
    def laid(self, tmp_path, top, below):
        (tmp_path / "base.toml").write_text(below, encoding="utf-8")
        path = tmp_path / "top.toml"
        path.write_text(f'extends = "base.toml"\n{top}', encoding="utf-8")
        return path

    def test_a_kind_of_the_base_is_changed_field_by_field(self, tmp_path):
        kinds = '\n[kind.hill]\ntitle = "Hill"\n[kind.hill.rule.one]\nthreshold = 80\n'
        path = self.laid(
            tmp_path, "\n[kind.hill.rule.one]\nweight = 3\n", base(rule(), kinds)
        )
        changed = load_rules(path).kinds["hill"].rules["one"]
        assert (changed.threshold, changed.weight) == (80, 3)

    def test_only_what_is_there_can_be_taken_away(self, tmp_path):
        path = self.laid(tmp_path, "\n[rule.oen]\nremove = true\n", base(rule()))
        (one,) = problems_of(path)
        assert (one.code, Path(one.file), one.line) == ("remove-unknown", path, 3)

    def test_a_fault_that_only_a_kind_has_names_the_kind_once(self):
        kinds = "".join(
            f'\n[kind.{name}]\ntitle = "K"\n[kind.{name}.metric.share]\nmost = 50\n'
            for name in "ab"
        )
        problems = found(base(rule(), kinds))
        assert [one.code for one in problems] == ["threshold-out-of-range"] * 2
        assert [one.path[:2] for one in problems] == [("kind", "a"), ("kind", "b")]


class TestPlaces:
    def test_tables_in_a_list_of_a_rule_s_own(self):
        text = base(
            rule(
                more='\n[[rule.one.conflict]]\nsource = "2"\n\n[[rule.one.conflict]]\nsource = ""'
            )
        )
        (one,) = found(text)
        assert text.splitlines()[one.line - 1] == 'source = ""'

    def test_tiers_as_tables(self):
        text = base(rule(deduction="{}", target="")).replace("deduction = {}\n", "")
        text += '[rule.one.deduction]\nkind = "tiers"\n[[rule.one.deduction.tiers]]\nfrom = 50\npoints = 2\n'
        text += "[[rule.one.deduction.tiers]]\nbelow = 50\npoints = true\n"
        (one,) = found(text)
        assert text.splitlines()[one.line - 1] == "points = true"

    @pytest.mark.parametrize("sign", ["\u2028", "\u2029", "\u0085"])
    def test_only_what_toml_calls_a_line_end_is_one(self, sign):
        text = base(rule(target=">= 190")).replace(
            'title = "G"', f'title = "G{sign}G" # {sign}'
        )
        (one,) = found(text)
        assert text.split("\n")[one.line - 1] == "threshold = 190"

    def test_a_long_list_is_searched_in_little_time(self):
        tiers = "".join(
            f"\n  {{ from = {at}, below = {at + 1}, points = {at} }},"
            for at in range(3, 100)
        )
        begun = time.perf_counter()
        assert set(codes(tiered(f"{tiers}\n  {{ below = 3, points = 0 }}"))) == {
            "points-out-of-range"
        }
        assert time.perf_counter() - begun < 5


class TestIdsOfMetrics:
    @pytest.mark.parametrize(
        "name", ["late_rate", "visitors_", "a__b", "y2023", "a_1_"]
    )
    def test_letters_digits_and_underscores_after_a_letter_are_a_name(self, name):
        """Formulas name them, so what Python takes as a name is one."""
        shares = metric(name=name, more="above_100 = true")
        derived = metric(more=f'formula = "first({name}, 50)"')
        assert codes(HEAD + shares + derived + group() + rule()) == []

    @pytest.mark.parametrize(
        "name", ["_late", "2023_rate", "Late", '"late-rate"', '"tỷ_lệ"']
    )
    def test_other_signs_are_refused(self, name):
        assert "bad-id" in codes(HEAD + metric(name=name) + metric() + group() + rule())
