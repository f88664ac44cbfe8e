"""Bands beyond the ends of the scale (I3, I5): the lowest reaches down, the highest up."""

import json
from fractions import Fraction

import pytest

from cchc_rules import RulesError, load_measurements, parse_rules, score
from cchc_rules.report.verify import differences


def rule_set(bands, index="scale = 10", more=""):
    """One base rule of 10 points that may take off 4, and a bonus rule of up to 3."""
    return f"""
format = 1
[ruleset]
id = "beyond"
version = "1"
title = "Beyond the scale"
valid = {{ from = 2024-01-01, until = 2024-12-31 }}
[index]
{index}
weight_basis = "stated"
[absence]
missing = "lost"
[metric.issued]
title = "Plan issued"
type = "yes_no"
[metric.ideas]
title = "Ideas"
type = "count"
[group.base]
title = "Base"
[group.more]
title = "Bonus"
kind = "bonus"
cap = 3
[rule.issued]
group = "base"
title = "Plan issued"
source = ["1"]
metric = "issued"
comparator = "is"
threshold = true
weight = 10
deduction = "all_or_nothing"
lowest = -4
[rule.ideas]
group = "more"
title = "Ideas"
source = ["2"]
metric = "ideas"
comparator = ">="
threshold = 3
weight = 3
deduction = "proportional"
{more}
{bands}
"""


def band(id_, edges):
    return f'[[band]]\nid = "{id_}"\ntitle = "{id_}"\n{edges}\n'


FOUR = (
    band("gold", "above = 10")
    + band("good", "from = 5\nto = 10")
    + band("low", "from = 0\nbelow = 5")
    + band("red", "below = 0")
)
TWO = band("good", "from = 5\nto = 10") + band("low", "from = 0\nbelow = 5")
OVER = "scale = 10\nover_scale = true"

FIGURES = [
    # issued, ideas; index with over_scale and without; band of FOUR, of TWO
    (False, 0, "-4.00", "-4.00", "red", "low"),
    (False, 3, "-1.00", "-1.00", "red", "low"),
    (True, 0, "10.00", "10.00", "good", "good"),
    (True, 1, "11.00", "10.00", "gold", "good"),
    (True, 3, "13.00", "10.00", "gold", "good"),
]


def submission(issued, ideas):
    return {
        "format": 1,
        "ruleset": "beyond",
        "unit": "Xã A",
        "period": "2024",
        "measurements": {"issued": issued, "ideas": ideas},
    }


def document(text, issued, ideas):
    rules = parse_rules(text)
    measurements = load_measurements(submission(issued, ideas), rules)
    return score(rules, measurements).to_dict()


@pytest.mark.parametrize(
    ("issued", "ideas", "over", "held", "of_four", "of_two"), FIGURES
)
class TestBeyondTheScale:
    def test_bands_of_their_own(self, issued, ideas, over, held, of_four, of_two):
        report = document(rule_set(FOUR, OVER), issued, ideas)
        assert (report["index"]["value"], report["band"]["id"]) == (over, of_four)

    def test_else_the_band_at_the_end(self, issued, ideas, over, held, of_four, of_two):
        for index, value in ((OVER, over), ("scale = 10", held)):
            report = document(rule_set(TWO, index), issued, ideas)
            assert (report["index"]["value"], report["band"]["id"]) == (value, of_two)

    def test_of_the_index_that_is_shown(
        self, issued, ideas, over, held, of_four, of_two
    ):
        text = rule_set(FOUR, OVER, '[bands]\nreads = "rounded"')
        assert document(text, issued, ideas)["band"]["id"] == of_four

    def test_in_columns(self, issued, ideas, over, held, of_four, of_two):
        pl = pytest.importorskip("polars")
        from cchc_rules import score_table  # noqa: PLC0415 - needs polars

        rows = pl.DataFrame(
            {
                "unit": [f"Xã {number}" for number in range(300)],
                "period": ["2024"] * 300,
                "issued": [issued] * 300,
                "ideas": [ideas] * 300,
            }
        )
        scores = score_table(parse_rules(rule_set(FOUR, OVER)), rows)
        assert set(scores.results["band"]) == {of_four}
        scores = score_table(parse_rules(rule_set(TWO, OVER)), rows)
        assert set(scores.results["band"]) == {of_two}

    def test_the_report_verifies(self, issued, ideas, over, held, of_four, of_two):
        for bands in (FOUR, TWO):
            report = document(rule_set(bands, OVER), issued, ideas)
            assert differences(json.loads(json.dumps(report))) == []


class TestChecked:
    def codes(self, text):
        try:
            return [problem.code for problem in parse_rules(text).warnings]
        except RulesError as error:
            return [problem.code for problem in error.problems]

    def test_no_index_lies_above_the_scale_that_holds_it(self):
        assert self.codes(rule_set(FOUR)) == ["tier-unreachable"]

    def test_no_index_lies_so_far_above_the_scale(self):
        bands = FOUR.replace("above = 10", "above = 13").replace("to = 10", "to = 13")
        assert self.codes(rule_set(bands, OVER)) == ["tier-unreachable"]

    def test_no_index_lies_below_zero_where_nothing_takes_points_off(self):
        text = rule_set(FOUR, OVER).replace("lowest = -4\n", "")
        assert self.codes(text) == ["tier-unreachable"]

    def test_a_penalty_may_lead_below_zero(self):
        text = (
            rule_set(FOUR, OVER)
            .replace("lowest = -4\n", "")
            .replace('"bonus"', '"penalty"')
        )
        assert self.codes(text) == ["tier-unreachable"]  # gold alone: no bonus is left

    def test_a_gap_beyond_the_scale(self):
        for edges in ("below = -1", "above = 11"):
            bands = TWO + band("end", edges)
            assert self.codes(rule_set(bands, OVER)) == ["bands-gap"]


class TestHeldFromBelow:
    """I3: an index with a `lowest` does not fall below it, and the report says so."""

    LADDER = band("good", "from = 5\nto = 10") + band("low", "from = 0\nbelow = 5")

    @pytest.mark.parametrize(
        ("lowest", "value"), [("0", "0.00"), ("-2.5", "-2.50"), ("-6", "-4.00")]
    )
    def test_no_lower_than_the_file_says(self, lowest, value):
        text = rule_set(self.LADDER, f"scale = 10\nlowest = {lowest}")
        report = document(text, False, 0)
        assert report["index"]["value"] == value
        assert Fraction(report["index"]["exact"]) == Fraction(value)
        assert list(differences(report)) == []
        steps = {step["kind"]: step["change"] for step in report["index"]["steps"]}
        held = Fraction(value) + 4
        assert Fraction(steps.get("held", 0)) == held

    @pytest.mark.parametrize(
        ("lang", "said"),
        [
            ("en", "-4.00 × 10 / 10.00 = -4.00, not below 0 = 0.00"),
            ("vi", "-4,00 × 10 / 10,00 = -4,00, không thấp hơn 0 = 0,00"),
        ],
    )
    def test_the_report_says_so(self, lang, said):
        text = rule_set(self.LADDER, "scale = 10\nlowest = 0")
        rules = parse_rules(text)
        report = score(rules, load_measurements(submission(False, 0), rules))
        printed = report.to_dict(lang)["index"]["calculation"]
        assert printed.replace("−", "-") == said

    def test_no_band_below_it(self):
        text = rule_set(FOUR, OVER + "\nlowest = 0")
        with pytest.raises(RulesError) as refused:
            parse_rules(text)
        assert [problem.code for problem in refused.value.problems] == [
            "tier-unreachable"
        ]

    def test_in_columns(self):
        pl = pytest.importorskip("polars")
        from cchc_rules import score_table  # noqa: PLC0415 - needs polars

        rows = pl.DataFrame(
            {
                "unit": [f"Xã {number}" for number in range(300)],
                "period": ["2024"] * 300,
                "issued": [False, True, False] * 100,
                "ideas": [0, 3, 3] * 100,
            }
        )
        rules = parse_rules(rule_set(self.LADDER, "scale = 10\nlowest = -2"))
        scores = score_table(rules, rows, results=["index", "exact"])
        assert scores.alone == 0
        assert [str(one) for one in scores.results["index"]] == [
            *("-2.00", "10.00", "-1.00")
        ] * 100
