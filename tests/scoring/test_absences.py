"""Several absences at once, and points by hand: semantics L2, L4, L6, L7 and I6, with figures worked by hand."""

from types import MappingProxyType

import polars
import pytest
from oracle import oracle
from strategies import read_toml

from cchc_rules import load_measurements, parse_rules, score
from cchc_rules.report import verify
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
