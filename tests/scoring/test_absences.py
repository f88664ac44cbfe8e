"""Several absences at once, and points by hand: semantics L2, L4, L6, L7 and I6, with figures worked by hand."""

from fractions import Fraction
from types import MappingProxyType

import polars
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from oracle import oracle
from searches import examples
from strategies import read_toml

from cchc_rules import load_measurements, parse_rules, score
from cchc_rules.base.state import NOT_REPORTED
from cchc_rules.render.workbook import workbook
from cchc_rules.report import verify
from cchc_rules.rules.formula import parse
from cchc_rules.tables.score_table import score_table

HEAD = """
format = 1
ruleset = { id = "absent", version = "1", title = "Absences", valid = { from = 2024-01-01, until = 2024-12-31 } }
absence = { missing = "lost", not_applicable = "exclude", not_due = "exclude", waived = "exclude" }
index = { scale = 5, weight_basis = "stated" }

[group.all]
title = "All"
"""


def metric(name, type_="number", **settings):
    lines = [f"[metric.{name}]", f'title = "{name}"', f'type = "{type_}"']
    return (
        "\n".join([*lines, *(f"{key} = {value}" for key, value in settings.items())])
        + "\n"
    )


def rule(name, **settings):
    lines = [
        f"[rule.{name}]",
        'group = "all"',
        f'title = "{name}"',
        f'source = ["{name}"]',
    ]
    return (
        "\n".join([*lines, *(f"{key} = {value}" for key, value in settings.items())])
        + "\n"
    )


def results(text, measurements, **more):
    """State, earned, lost and excluded of each rule, after the oracle and the verifier agreed."""
    submission = {
        "format": 1,
        "ruleset": "absent",
        "unit": "A",
        "period": "2024",
        **more,
    }
    submission["measurements"] = measurements
    rules = parse_rules(HEAD + text)
    report = score(rules, load_measurements(submission, rules))
    assert verify.differences(report.to_dict()) == []
    told = {
        one.id: (str(one.state), str(one.earned), str(one.lost), str(one.excluded))
        for one in report.rules
    }
    wanted = oracle(read_toml(HEAD + text), submission)["rules"]
    assert {name: told[name][0] for name in told} == {
        name: wanted[name]["state"] for name in told
    }
    return report, told


class TestTheFirstOfSeveral:
    """L6: missing, then not applicable, then waived, however a formula is written."""

    NOTHING_ARISEN = MappingProxyType({"done": 0, "due": 0})

    @pytest.mark.parametrize(
        "formula",
        [
            "first(rate, done / due)",
            "first(rate, share)",
            "largest_known(done / due, rate)",
            "largest_known(rate, share) + 1",
            "1 + first(rate, done / due) * 2",
            "first(rate, done / due) + done / due",
            "done / due + first(rate, done / due)",
            "first(rate, done / due) if done == 0 else 1",
        ],
    )
    def test_missing_wins_over_a_division_by_zero(self, formula):
        text = (
            metric("rate")
            + metric("done", "count")
            + metric("due", "count")
            + metric("share", formula='"done / due"')
            + metric("result", formula=f'"{formula}"')
            + rule(
                "r",
                metric='"result"',
                comparator='">="',
                threshold=1,
                weight=5,
                deduction='"proportional"',
            )
        )
        _, told = results(text, dict(self.NOTHING_ARISEN))
        assert told["r"] == ("missing", "0.00", "5.00", "0.00")

    def test_the_arm_that_is_not_taken_decides_nothing(self):
        text = (
            metric("done", "count")
            + metric("due", "count")
            + metric("result", formula='"done / due if done == 0 else 1 / done"')
            + rule(
                "r",
                metric='"result"',
                comparator='">="',
                threshold=1,
                weight=5,
                deduction='"proportional"',
            )
        )
        _, told = results(text, dict(self.NOTHING_ARISEN))
        assert told["r"] == ("not_applicable", "0.00", "0.00", "5.00")

    @pytest.mark.parametrize(
        ("here", "there", "state"),
        [
            ({"not_applicable": "no office"}, None, "missing"),
            (None, {"not_applicable": "no office"}, "missing"),
            ({"not_applicable": "no office"}, 4, "not_applicable"),
            (
                {"not_applicable": "no office"},
                {"not_applicable": "no post"},
                "not_applicable",
            ),
        ],
    )
    def test_the_value_of_a_rule_is_one_of_them(self, here, there, state):
        text = (
            metric("here")
            + metric("there", better='"neither"')
            + rule(
                "r",
                metric='"here"',
                weight=5,
                deduction='{ kind = "formula", formula = "largest_known(value, there)" }',
            )
        )
        given = {"here": here, "there": there}
        _, told = results(
            text, {name: figure for name, figure in given.items() if figure is not None}
        )
        assert told["r"][0] == state

    def test_the_threshold_of_a_rule_is_one_of_them(self):
        text = (
            metric("here")
            + metric("there", better='"neither"')
            + metric("goal", better='"neither"')
            + rule(
                "r",
                metric='"here"',
                comparator='">="',
                threshold='{ metric = "goal" }',
                weight=5,
                deduction='{ kind = "formula", formula = "largest_known(threshold, there)" }',
            )
        )
        _, told = results(text, {"here": 3, "goal": {"not_applicable": "no goal"}})
        assert told["r"] == ("missing", "0.00", "5.00", "0.00")


ENDED = {"waived": {"by": "A", "why": "B", "until": "2024-06-30"}}
GONE_EQUALLY = {"b": ENDED, "c": 0}
"""a was not reported, the waiver of b has ended: both are missing."""


class TestEqualAbsences:
    """L7: of equals the first in the text, a test before its branches; a division by zero last of all."""

    FORMULAS = (
        ("a + b", "a"),
        ("b + a", "b"),
        ("max(b, a) - c", "b"),
        ("a if b > 1 else 2", "b"),
        ("b if c > 1 else a", "b"),
        ("first(b, a)", "b"),
        ("largest_known(a, b)", "a"),
        ("c / c + b", "b"),
        ("first(c / c, a, b)", "a"),
        ("first(b, c / c)", "b"),
    )

    @pytest.mark.parametrize(("formula", "first"), FORMULAS)
    @pytest.mark.parametrize("where", ["metric", "points", "threshold"])
    def test_the_first_counts(self, where, formula, first):
        metrics = metric("a") + metric("b") + metric("c")
        quoted = f'"{formula}"'
        if where == "metric":
            metrics += metric("d", formula=quoted)
            scoring = {"metric": '"d"', "comparator": '">="', "threshold": 1}
            scoring["deduction"] = '"all_or_nothing"'
        elif where == "points":
            scoring = {"metric": '"c"'}
            scoring["deduction"] = f'{{ kind = "formula", formula = {quoted} }}'
        else:
            scoring = {"metric": '"c"', "comparator": '">="'}
            scoring |= {
                "threshold": f"{{ formula = {quoted} }}",
                "deduction": '"all_or_nothing"',
            }
        read = rule("reads", metric='"c"', deduction='"none"')
        read += rule("a", metric='"a"', deduction='"none"')
        read += rule("b", metric='"b"', deduction='"none"')
        text = metrics + rule("r", weight=5, **scoring) + read
        report, told = results(text, GONE_EQUALLY)
        assert told["r"][0] == "missing"
        wanted = {"a": "not_reported", "b": "waiver_ended"}[first]
        assert str(report.rules[0].reason) == wanted
        submission = {"format": 1, "ruleset": "absent", "unit": "A", "period": "2024"}
        submission["measurements"] = GONE_EQUALLY
        by_oracle = oracle(read_toml(HEAD + text), submission)["rules"]["r"]
        assert by_oracle["reasons"] == {wanted}
        row = {"unit": "A", "period": "2024", "a": None, "c": 0}
        row |= {f"b.waived_{key}": value for key, value in ENDED["waived"].items()}
        frame = polars.DataFrame([row] * 300, schema_overrides={"a": polars.Int64})
        scores = score_table(parse_rules(HEAD + text), frame, results=("rule.reason",))
        assert {*scores.results["rule.r.reason"]} == {wanted}


class TestBeforeTheDueDay:
    """L2 d: what is missing before the day is not yet due, whatever a missing figure is worth."""

    RULE = metric("trained", "count") + rule(
        "r",
        metric='"trained"',
        comparator='">="',
        threshold=10,
        weight=5,
        deduction='"all_or_nothing"',
        due="2024-09-30",
        absence='{ missing = "manual" }',
    )

    def test_nothing_is_lost_before_it(self):
        _, told = results(self.RULE, {}, as_of="2024-08-15")
        assert told["r"] == ("not_due", "0.00", "0.00", "5.00")

    def test_points_are_awaited_after_it(self):
        _, told = results(self.RULE, {}, as_of="2024-10-01")
        assert told["r"] == ("missing", "0.00", "5.00", "0.00")

    def test_points_given_before_it_wait_too(self):
        points = {"r": {"points": 3, "reason": "seen"}}
        _, told = results(self.RULE, {}, as_of="2024-08-15", points=points)
        assert told["r"] == ("not_due", "0.00", "0.00", "5.00")


class TestBehindAnUnknownGate:
    """I6: points by hand are claimed, so that without a document they are not supported."""

    RULES = (
        metric("plan")
        + metric("visits")
        + rule(
            "plan", metric='"plan"', comparator='">="', threshold=1, deduction='"none"'
        )
        + rule(
            "visits",
            metric='"visits"',
            comparator='">="',
            threshold=4,
            weight=5,
            deduction='"all_or_nothing"',
            requires='["plan"]',
            evidence_required="true",
            absence='{ missing = "manual" }',
        )
    )

    @pytest.mark.parametrize(
        ("evidence", "supported"), [([], "0.00"), (["Công văn 12/UBND"], "3.00")]
    )
    def test_what_a_document_makes_of_them(self, evidence, supported):
        points = {
            "visits": {
                "points": 3,
                "reason": "seen by the officer",
                "evidence": evidence,
            }
        }
        report, told = results(self.RULES, {"visits": 6}, points=points)
        assert told["visits"] == ("missing", "3.00", "2.00", "0.00")
        assert str(report.to_dict()["index"]["supported"]) == supported


class TestNothingOfNothing:
    """L4: a denominator of zero may have an effect of its own beside what a unit calls not applicable."""

    TEXT = (
        metric("share", ratio='{ numerator = "done", denominator = "due" }')
        + metric("done", "count")
        + metric("due", "count")
        + metric("derived", formula='"done / due"')
    )
    OWN = 'absence = { not_applicable = "lost", zero_denominator = "exclude" }\n'

    def told(self, asked, measurements, own=OWN):
        report, told = results(self.TEXT + asked + own, measurements)
        return report, told["r"]

    def asked(self, of="share", deduction='"proportional"', **more):
        return rule(
            "r",
            metric=f'"{of}"',
            comparator='">="',
            threshold=1,
            weight=5,
            deduction=deduction,
            **more,
        )

    ZERO = MappingProxyType({"numerator": 0, "denominator": 0})
    SAID = MappingProxyType({"not_applicable": "không phát sinh"})
    EXCLUDED = ("not_applicable", "0.00", "0.00", "5.00")
    LOST = ("not_applicable", "0.00", "5.00", "0.00")

    def test_a_sentence_is_not_enough(self):
        _, told = self.told(self.asked(), {"share": dict(self.ZERO)})
        assert told == self.EXCLUDED
        _, told = self.told(self.asked(), {"share": dict(self.SAID)})
        assert told == self.LOST

    def test_where_it_is_not_declared_it_is_as_before(self):
        for entry in (self.ZERO, self.SAID):
            _, told = self.told(self.asked(), {"share": dict(entry)}, own="")
            assert told == self.EXCLUDED

    def test_a_division_by_zero_in_a_formula(self):
        nothing = {"done": 0, "due": 0}
        _, told = self.told(self.asked("derived"), nothing)
        assert told == self.EXCLUDED
        by_points = '{ kind = "formula", formula = "5 * done / due" }'
        asked = rule("r", metric='"done"', weight=5, deduction=by_points)
        _, told = self.told(asked, nothing)
        assert told == self.EXCLUDED

    def test_the_absence_that_counts_first_decides(self):
        # L7: the figure that is said not to apply goes before the division by zero
        measurements = {"done": dict(self.SAID), "due": 0}
        _, told = self.told(self.asked("derived"), measurements)
        assert told == self.LOST
        # and of two figures the rule's own
        asked = rule(
            "r",
            metric='"share"',
            comparator='">="',
            threshold='{ metric = "done" }',
            weight=5,
            deduction='"proportional"',
        )
        _, told = self.told(asked, {"share": dict(self.ZERO), "done": dict(self.SAID)})
        assert told == self.EXCLUDED

    def test_points_by_hand_for_it_alone(self):
        own = 'absence = { zero_denominator = "manual" }\n'
        submission = {"share": dict(self.ZERO)}
        _, told = results(
            self.TEXT + self.asked() + own,
            submission,
            points={"r": {"points": 2, "reason": "biên bản"}},
        )
        assert told["r"] == ("not_applicable", "2.00", "3.00", "0.00")
        _, told = results(self.TEXT + self.asked() + own, submission)
        assert told["r"] == ("missing", "0.00", "5.00", "0.00")

    def test_the_verifier_tells_them_apart(self):
        report, _ = self.told(self.asked(), {"share": dict(self.ZERO)})
        document = report.to_dict()
        document["rules"][0]["machine"]["effects"]["zero_denominator"] = "lost"
        assert verify.differences(document) != []


# Calls that look past an absence, inside larger formulas ---------------------------------

NAMES = ("a", "b", "c", "d")
NOT_HERE = {"not_applicable": "no office"}
WAIVED = {"waived": {"by": "A", "why": "B", "until": "2024-12-31"}}
LENIENT = ("first", "largest_known", "smallest_known")


def scored(formula, where="metric"):
    """Rules with a formula in a metric, in points or in a threshold."""
    text = "".join(metric(name) for name in NAMES)
    quoted = f'"{formula}"'
    if where == "metric":
        text += metric("m", formula=quoted)
        return text + rule(
            "r",
            metric='"m"',
            comparator='">="',
            threshold=1,
            weight=5,
            deduction='"all_or_nothing"',
        )
    if where == "points":
        points = f'{{ kind = "formula", formula = {quoted} }}'
        return text + rule("r", metric='"d"', weight=5, deduction=points)
    return text + rule(
        "r",
        metric='"d"',
        comparator='">="',
        threshold=f"{{ formula = {quoted} }}",
        weight=5,
        deduction='"all_or_nothing"',
    )


class TestLenientCallsWithoutAValue:
    """L6: where no argument of `first` has a value, it is as absent as a figure is."""

    @pytest.mark.parametrize(
        ("formula", "state"),
        [
            # a is missing, b not applicable, c is 0, so that c / c has no value.
            ("first(a, c / c) + b", "missing"),
            ("b + largest_known(c / c, a)", "missing"),
            ("max(smallest_known(a, c / c), b, 2)", "missing"),
            ("b if first(a, c / c) > 1 else 2", "missing"),
            ("first(first(c / c, a), c / c) * b", "missing"),
            # Whichever branch is taken, as with a figure by itself.
            ("5 if c == 0 else first(a, c / c)", "missing"),
            ("1 if c == 0 or first(a, c / c) > 1 else 2", "missing"),
            # A division alone counts only where it is reached, and after every figure.
            ("5 if c == 0 else first(c / c, 1 / c)", "met"),
            ("first(c / c, 1 / c) + b", "not_applicable"),
            ("first(c / c, 1 / c) + a", "missing"),
            # One that has a value lacks nothing.
            ("first(a, c / c, 4) + b", "not_applicable"),
            ("first(a, c / c, 4) + 1", "met"),
        ],
    )
    @pytest.mark.parametrize("where", ["metric", "points", "threshold"])
    def test_the_strongest_wins(self, where, formula, state):
        figures = {"b": NOT_HERE, "c": 0, "d": 9}
        _, told = results(scored(formula, where), figures)
        assert told["r"][0] == state

    def test_a_waiver_goes_before_a_division(self):
        figures = {"a": WAIVED, "c": 0, "d": 9}
        _, told = results(scored("first(c / c, 1 / c) + a"), figures)
        assert told["r"][0] == "waived"

    def test_the_threshold_that_a_call_reads(self):
        text = "".join(metric(name) for name in NAMES) + rule(
            "r",
            metric='"d"',
            comparator='">="',
            threshold='{ formula = "c / c" }',
            weight=5,
            deduction='{ kind = "formula", formula = "first(threshold, a) + 1" }',
        )
        _, told = results(text, {"c": 0, "d": 9})
        assert told["r"][0] == "missing"

    def test_calls_in_calls_are_worked_out_once(self):
        """Asked twice each, 26 calls in each other would take minutes, and a sheet gigabytes."""
        formula = "first(a, " * 26 + "c / c" + ")" * 26
        text = HEAD + scored(f"{formula} + b")
        submission = {"format": 1, "ruleset": "absent", "unit": "A", "period": "2024"}
        submission["measurements"] = {"b": NOT_HERE, "c": 0}
        rules = parse_rules(text)
        report = score(rules, load_measurements(submission, rules))
        assert str(report.rules[0].state) == "missing"
        assert verify.differences(report.to_dict()) == []
        assert workbook(report.to_dict())

    def test_a_fallback_that_was_not_taken_is_not_told(self):
        text = "first(a, first(b, c))"
        parsed = parse(text, dict.fromkeys("abc", "number"))
        figures = {"a": Fraction(1), "b": NOT_REPORTED, "c": Fraction(3)}
        assert parsed.trace(figures) == (1, [])


def operands(depth):
    """Numbers of formulas over four figures, in which nothing divides by a plain number."""
    names = st.sampled_from(NAMES)
    if depth == 0:
        return st.one_of(names, names, st.sampled_from("012"))
    inner = operands(depth - 1)
    several = st.lists(inner, min_size=1, max_size=3).map(", ".join)
    return st.one_of(
        names,
        st.builds("({} {} {})".format, inner, st.sampled_from("+-*"), inner),
        st.builds("({} / {})".format, inner, names),
        st.builds("{}({})".format, st.sampled_from((*LENIENT, "max")), several),
        st.builds("{}({})".format, st.sampled_from(LENIENT), several),
        st.builds("({} if {} else {})".format, inner, conditions(depth - 1), inner),
    )


def conditions(depth):
    compared = st.builds(
        "{} {} {}".format,
        operands(depth),
        st.sampled_from((">", "<=", "==")),
        operands(depth),
    )
    if depth == 0:
        return compared
    joined = st.builds(
        "({} {} {})".format, compared, st.sampled_from(("and", "or")), compared
    )
    return st.one_of(compared, joined)


FIGURES = st.fixed_dictionaries(
    dict.fromkeys(NAMES, st.sampled_from([0, 0, 1, 2, None, NOT_HERE, WAIVED, ENDED]))
)


class TestDrawnFormulas:
    """L6, L7: the engine, the oracle and the verifier find the same absence in every formula."""

    @settings(max_examples=examples(150), deadline=None)
    @given(operands(3), st.sampled_from(["metric", "points", "threshold"]), FIGURES)
    def test_all_readers_agree(self, formula, where, figures):
        assume(len(formula) <= 500)
        report, _ = results(scored(formula, where), dict(figures))
        submission = {"format": 1, "ruleset": "absent", "unit": "A", "period": "2024"}
        submission["measurements"] = figures
        wanted = oracle(read_toml(HEAD + scored(formula, where)), submission)
        told = report.rules[0]
        assert str(told.reason) in wanted["rules"]["r"]["reasons"]
        assert Fraction(told.earned) == wanted["rules"]["r"]["earned"]

    @settings(max_examples=examples(150), deadline=None)
    @given(operands(2), st.sampled_from(LENIENT), operands(2), FIGURES)
    def test_in_one_metric_or_in_two(self, first, name, second, figures):
        """A figure that is absent in a call is absent in the formula around it."""
        call = f"{name}({first})"
        part = metric("part", formula=f'"{call}"')
        seen = rule("seen", metric='"part"', deduction='"none"')
        two, told_two = results(part + scored(f"part + {second}") + seen, dict(figures))
        # Where a division has the last word, it is a figure only for whoever reads the metric.
        assume(str(two.rules[1].reason) != "zero_denominator")
        _, told_one = results(scored(f"{call} + {second}"), dict(figures))
        assert told_one["r"] == told_two["r"]


class TestAPartOfThePoints:
    """L4: an absence may be worth so many points, or so much of the weight; the rest is lost."""

    def told(self, effect, weight=26, measurements=None, **more):
        text = metric("m") + rule(
            "r",
            metric='"m"',
            comparator='">="',
            threshold=1,
            weight=weight,
            deduction='"all_or_nothing"',
            absence=effect,
            **more,
        )
        report, told = results(text, measurements or {})
        return report, told["r"]

    def test_points_and_percent(self):
        report, told = self.told("{ missing = { points = 10 } }")
        assert told == ("missing", "10.00", "16.00", "0.00")
        # what is open may still come to anything
        assert report.index.lowest == 0
        _, told = self.told("{ missing = { percent = 33.3 } }")
        # 26 × 33.3 % = 8.658
        assert told == ("missing", "8.66", "17.34", "0.00")

    def test_below_zero(self):
        more = {"lowest": -4}
        _, told = self.told("{ missing = { points = -1.5 } }", **more)
        assert told == ("missing", "-1.50", "27.50", "0.00")

    def test_the_sums_in_words(self):
        report, _ = self.told("{ missing = { points = 10 } }")
        for lang, line in (
            ("vi", "điểm quy định cho trường hợp này = 10,00; mất 16,00"),
            ("en", "points that the rules give in this case = 10.00; 16.00 lost"),
        ):
            assert report.to_dict(lang)["rules"][0]["calculation"] == line

    def test_in_a_mean_its_share_counts(self):
        # (40 % of 1 and 1 of 3) of weights 4: (0.4 + 1) / 4 of 8 points
        text = (
            '[group.mean]\ntitle = "Mean"\ncombine = "mean"\nweight = 8\n'
            + metric("m")
            + metric("n")
            + rule(
                "r",
                metric='"m"',
                comparator='">="',
                threshold=1,
                weight=1,
                deduction='"all_or_nothing"',
                absence="{ missing = { percent = 40 } }",
            )
            + rule(
                "s",
                metric='"n"',
                comparator='">="',
                threshold=3,
                weight=3,
                deduction='"proportional"',
            )
        ).replace('group = "all"', 'group = "mean"')
        text += rule("t", weight=1, deduction='"manual"')
        report, told = results(text, {"n": 1})
        (group,) = [one for one in report.groups if one.id == "mean"]
        assert str(group.earned) == "2.80"
        assert told["r"][:2] == ("missing", "0.80")
