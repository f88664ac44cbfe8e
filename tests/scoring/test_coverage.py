"""I9: no index while less is reported than the rule set asks for, with figures worked by hand."""

import copy
from decimal import Decimal
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import oracle
from searches import examples
from strategies import cases, read_toml, to_toml

from cchc_rules import load_measurements, parse_rules, score
from cchc_rules.analysis.comparison.compare import compare
from cchc_rules.analysis.sensitivity.sensitivity import sensitivity
from cchc_rules.analysis.what_if.plan_to import plan_to
from cchc_rules.render import render
from cchc_rules.render.workbook import workbook
from cchc_rules.report import verify
from cchc_rules.report.ranking import rank
from cchc_rules.tables.score_table import score_table
from cchc_rules.tables.weightings import score_weightings

HEAD = """
format = 1
ruleset = { id = "cover", version = "1", title = "C", language = "en", valid = { from = 2024-01-01, until = 2024-12-31 } }
absence = { missing = "exclude", not_applicable = "exclude", not_due = "exclude", waived = "exclude" }
band = [{ id = "fair", title = "Fair", from = 0, below = 8 }, { id = "good", title = "Good", from = 8, to = 10 }]
target = [{ id = "seven", title = "Seven", source = ["2"], comparator = ">=", threshold = 7 }]
"""
WAIVED = {"waived": {"by": "A", "why": "B", "until": "2024-12-31"}}
NOT_HERE = {"not_applicable": "no office"}


def share(name, weight, group="all", more=""):
    return (
        f'[metric.{name}]\ntitle = "Share {name}"\ntype = "percent"\n'
        f'[rule.{name}]\ngroup = "{group}"\ntitle = "Rule {name}"\nsource = ["1"]\nmetric = "{name}"\n'
        f'comparator = ">="\nthreshold = 100\nweight = {weight}\ndeduction = "proportional"\n{more}\n'
    )


def rules_of(least, *parts, group='[group.all]\ntitle = "All"\n'):
    index = (
        f"index = {{ scale = 10, weight_basis = 'chosen', least_coverage = {least} }}\n"
    )
    return HEAD + index + group + "".join(parts)


PLAIN = (share("a", 5), share("b", 3), share("c", 2))


def submission_of(measurements, **more):
    head = {"format": 1, "ruleset": "cover", "unit": "U", "period": "2024"}
    return {**head, "measurements": measurements, **more}


def scored(text, measurements, **more):
    """The report, after the verifier and the oracle agreed with it."""
    rules = parse_rules(text)
    submission = submission_of(measurements, **more)
    report = score(rules, load_measurements(submission, rules))
    document = report.to_dict()
    assert verify.differences(document) == []
    wanted = oracle(read_toml(text), submission)["index"]
    assert Fraction(document["index"]["coverage"]["reached"]) == wanted["coverage"]
    for key in ("value", "lowest", "highest", "supported"):
        told = document["index"][key]
        assert (None if told is None else Fraction(told)) == wanted[key], key
    return report


class TestBelowTheLeast:
    def test_there_is_no_index(self):
        """5 of 10 points are reported, 80 % are asked for."""
        report = scored(rules_of(80, *PLAIN), {"a": 50})
        document = report.to_dict()
        assert (report.index.value, document["band"]) == (None, None)
        assert document["index"]["coverage"]["open"] == ["b", "c"]
        assert not document["index"]["at_its_highest"]
        (target,) = document["targets"]
        assert (target["value"], target["reached"]) == (None, None)
        # a earned 2.5; b and c come to nothing, or to 3 and 2.
        assert document["index"]["lowest"] == "2.50"
        assert document["index"]["highest"] == "7.50"

    @pytest.mark.parametrize(
        ("figures", "reached", "value"),
        [
            ({"a": 50, "b": 100}, "80", "6.88"),
            ({"a": 50, "c": 100}, "70", None),
            # What does not apply or is waived is not asked for: 5 of 7, and 7 of 7.
            ({"a": 50, "b": NOT_HERE}, "500/7", None),
            ({"a": 50, "b": WAIVED, "c": 100}, "100", "6.43"),
            ({}, "0", None),
        ],
    )
    def test_what_is_covered(self, figures, reached, value):
        index = scored(rules_of(80, *PLAIN), figures).to_dict()["index"]
        assert (index["coverage"]["reached"], index["value"]) == (reached, value)

    def test_what_is_not_yet_due_is_open(self):
        due = share("b", 3, more="due = 2024-10-01")
        text = rules_of(80, share("a", 5), due, share("c", 2))
        figures = {"a": 50, "b": 20, "c": 100}
        early = scored(text, figures, as_of="2024-06-30").to_dict()["index"]
        assert (early["coverage"]["reached"], early["value"]) == ("70", None)
        late = scored(text, figures, as_of="2024-12-31").to_dict()["index"]
        assert (late["coverage"]["reached"], late["value"]) == ("100", "5.10")

    def test_points_that_a_person_has_to_give(self):
        manual = (
            '[rule.m]\ngroup = "all"\ntitle = "M"\nsource = ["1"]\nweight = 5\n'
            'deduction = "manual"\n'
        )
        text = rules_of(60, share("a", 5), manual)
        assert scored(text, {"a": 50}).index.value is None
        given_points = {"m": {"points": 5, "reason": "seen"}}
        report = scored(text, {"a": 50}, points=given_points)
        assert report.index.value == Decimal("7.50")

    def test_pools_do_not_count(self):
        pool = '[group.all]\ntitle = "All"\n[group.more]\ntitle = "More"\nkind = "bonus"\ncap = 5\n'
        text = rules_of(80, *PLAIN, share("d", 5, "more"), group=pool)
        index = scored(text, {"a": 50, "b": 100}).to_dict()["index"]
        assert (index["coverage"]["reached"], index["value"]) == ("80", "6.88")

    def test_the_parts_of_a_mean_and_under_a_cap(self):
        """The mean of 6 with weights 1 and 2 has parts of 2 and 4; a cap of 4 over 5 + 3 halves."""
        groups = (
            '[group.part]\ntitle = "Mean"\ncombine = "mean"\nweight = 6\n'
            '[group.held]\ntitle = "Held"\ncap = 4\n'
        )
        parts = [
            share("a", 1, "part"),
            share("b", 2, "part"),
            share("c", 5, "held"),
            share("d", 3, "held"),
        ]
        text = rules_of(80, *parts, group=groups)
        coverage = scored(text, {"b": 50, "c": 50}).to_dict()["index"]["coverage"]
        told = {one["rule"]: one["points"] for one in coverage["parts"]}
        assert told == {"a": "2", "b": "4", "c": "5/2", "d": "3/2"}
        assert (coverage["reached"], coverage["open"]) == ("65", ["a", "d"])


class TestEveryView:
    REPORT = (rules_of(80, *PLAIN), {"a": 50})

    @pytest.mark.parametrize("form", ["text", "markdown", "html"])
    def test_says_why(self, form):
        document = scored(*self.REPORT).to_dict()
        page = render(document, form).replace("\xa0", " ")
        page = " ".join(page.split())
        assert "too little was reported" in page
        assert "80 % are asked for" in page
        assert "Rule b; Rule c" in page
        assert "nothing is left to score" not in page

    def test_a_gain_brings_no_index(self):
        document = scored(*self.REPORT).to_dict()
        gains = document["rules"][0]["gains"]
        assert [gain["index"] for gain in gains] == ["0.00", "0.00"]
        assert all(gain["text"].endswith("there is still no index") for gain in gains)

    def test_a_percentage_is_never_rounded_up_to_what_is_asked_for(self):
        text = rules_of(80, share("a", "799.99"), share("b", "200.01"))
        coverage = scored(text, {"a": 100}).to_dict()["index"]["coverage"]
        assert coverage["reached"] == "79999/1000"
        assert coverage["text"].startswith("79.99 % of the points")

    def test_ranks_and_tables(self):
        text, figures = self.REPORT
        covered = scored(text, {**figures, "b": 100})
        assert [one.rank for one in rank([covered])] == [1]
        assert [one.rank for one in rank([scored(text, figures)])] == [None]
        rows = [{"unit": f"U{n}", "period": "2024", "a": 50} for n in range(300)]
        rows[7]["b"] = 100
        scores = score_table(
            parse_rules(text), pl.DataFrame(rows, infer_schema_length=None)
        )
        found = scores.results["index"].to_list()
        assert found[7] == Decimal("6.88")
        assert {*found[:7], *found[8:]} == {None}

    def test_weights_make_no_index(self):
        report = scored(*self.REPORT)
        weighed = score_weightings(report, {"rule.a": [1, 5], "weighting": ["x", "y"]})
        assert weighed["index"].to_list() == [None, None]
        study = sensitivity(report.scoring.rules, report.scoring.measurements)
        document = study.to_dict()
        assert document["weights"]["state"] == "too_little"
        assert "so that no weights make an index" in document["weights"]["text"]

    def test_a_plan_brings_the_index(self):
        text, figures = self.REPORT
        rules = parse_rules(text)
        measurements = load_measurements(submission_of(figures), rules)
        plan = plan_to(rules, measurements, index=5)
        document = plan.to_dict()
        assert document["now"] == {"value": None, "exact": None, "band": None}
        # b at its best would be enough: 80 % and 5.50 of 8; the plan does not claim to know.
        assert (plan.reached, plan.proven) == (True, False)
        assert "too little is reported" in document["text"]

    def test_a_comparison_is_reckoned_from_nothing(self):
        text, figures = self.REPORT
        before, after = scored(text, figures), scored(text, {**figures, "b": 100})
        found = compare(before, after)
        assert found.change == Decimal("6.88")
        document = found.to_dict()
        parts = sum(Decimal(area["change"]) for area in document["areas"])
        assert abs(parts - found.change) <= Decimal("0.01")
        assert "Before, there was no index" in " ".join(document["notes"])
        assert compare(before, before).change == 0

    def test_the_workbook(self):
        assert workbook(scored(*self.REPORT).to_dict())

    @pytest.mark.parametrize(
        "change",
        [
            lambda coverage: coverage.update(enough=True),
            lambda coverage: coverage.update(reached="90"),
            lambda coverage: coverage.update(least="40"),
            lambda coverage: coverage["parts"].pop(),
            lambda coverage: coverage["open"].reverse(),
        ],
    )
    def test_the_verifier_finds_a_change(self, change):
        document = copy.deepcopy(scored(*self.REPORT).to_dict())
        change(document["index"]["coverage"])
        document["digest"] = verify.digest(document)
        assert verify.differences(document) != []


class TestDrawn:
    @settings(max_examples=examples(60), deadline=None)
    @given(cases(), st.integers(1, 100))
    def test_engine_oracle_and_verifier_agree(self, case, least):
        _, document, submission = case
        document = copy.deepcopy(document)
        document["index"]["least_coverage"] = least
        text = to_toml(document)
        rules = parse_rules(text)
        report = score(rules, load_measurements(submission, rules))
        told = report.to_dict(lang="vi")
        assert verify.differences(told) == []
        wanted = oracle(document, submission)
        index = told["index"]
        assert Fraction(index["coverage"]["reached"]) == wanted["index"]["coverage"]
        for key in ("value", "exact", "lowest", "highest", "supported"):
            found = None if index[key] is None else Fraction(index[key])
            assert found == wanted["index"][key], key
        assert (told["band"] or {}).get("id") == wanted["band"]
        # Coverage changes nothing but whether there is an index.
        del document["index"]["least_coverage"]
        plain = parse_rules(to_toml(document))
        without = score(plain, load_measurements(submission, plain))
        assert [one.earned for one in report.rules] == [
            one.earned for one in without.rules
        ]
        if report.index.value is not None:
            assert report.index.value == without.index.value
