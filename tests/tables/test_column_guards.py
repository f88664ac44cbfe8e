"""Corners where a mistake in columns would give a wrong figure: each worked by hand, and held in columns and row by row.

Every row of a table stands beside 300 plain ones, as in a real file, and once by itself.
"""

from decimal import Decimal
from fractions import Fraction

import polars as pl
import pytest
from drawn_tables import numbered

from cchc_rules import load_measurements, parse_rules, score, score_table
from cchc_rules.tables.score_table import Scorer

PLAIN_ROWS = 300


def rule_set(body, scale=10, places=2, more=""):
    if 'group = "all"' in body:
        body = '[group.all]\ntitle = "A"\n' + body
    return parse_rules(f"""
format = 1
[ruleset]
id = "guards"
version = "1"
title = "G"
valid = {{ from = 2024-01-01, until = 2024-12-31 }}
[index]
scale = {scale}
places = {places}
weight_basis = "stated"
{more}
[absence]
not_applicable = "exclude"
not_due = "exclude"
waived = "exclude"
{body}
""")


def metric(id_, type_="number", more=""):
    return f'[metric.{id_}]\ntitle = "{id_}"\ntype = "{type_}"\n{more}\n'


def rule(id_, lines, weight=10, group="all"):
    head = f'[rule.{id_}]\ntitle = "{id_}"\ngroup = "{group}"\nsource = ["1"]\n'
    return f"{head}weight = {weight}\n{lines}\n"


def tiers(*lines, of=""):
    return f'deduction = {{ kind = "tiers", {of}tiers = [{", ".join(lines)}] }}'


def whole_target(metric_id, threshold, comparator=">="):
    return (
        f'metric = "{metric_id}"\ncomparator = "{comparator}"\nthreshold = {threshold}\n'
        'deduction = "all_or_nothing"'
    )


def column(values):
    """Cells of one type: where some are text, numbers are text, too."""
    if not any(isinstance(value, str) for value in values):
        return values
    return [None if value is None else str(value) for value in values]


def both(rules, cells, plain, schema=None, in_columns=True):
    """The results of one row of cells beside many plain rows, and alone: both are the same; refused rows give codes."""
    rows = [cells, *[plain] * PLAIN_ROWS]
    said = []
    for some in (rows, rows[:1]):
        names = dict.fromkeys(name for row in rows for name in row)
        frame = pl.DataFrame(
            {
                "unit": [f"Xã {at}" for at in range(len(some))],
                "period": ["2024"] * len(some),
                **{name: column([row.get(name) for row in some]) for name in names},
            },
            schema_overrides=schema,
        )
        scores = score_table(rules, frame)
        if len(some) > 1 and in_columns:
            assert scores.steps, "the many rows are scored in columns"
        first = scores.results.filter(pl.col("row") == 1).to_dicts()
        codes = scores.errors.filter(pl.col("row") == 1)["code"].to_list()
        said.append((first, codes))
    assert said[0] == said[1]
    return said[0][0][0] if said[0][0] else said[0][1]


class TestRules:
    def test_an_upper_end_that_is_open(self):
        """Below 50 is not up to 50."""
        steps = tiers("{ below = 50, points = 0 }", "{ from = 50, points = 10 }")
        rules = rule_set(metric("a") + rule("r", f'metric = "a"\n{steps}'))
        assert both(rules, {"a": 50}, {"a": 49})["index"] == 10
        assert both(rules, {"a": "49.9999"}, {"a": "50"})["index"] == 0

    def test_two_divisors_of_which_one_is_zero(self):
        body = metric("a") + metric("k", "count") + metric("l", "count")
        body += metric("sum", more='formula = "a / k + a / l"')
        rules = rule_set(body + rule("r", whole_target("sum", 1)))
        plain = {"a": 4, "k": 2, "l": 1}
        for k, l in ((0, 1), (1, 0), (0, 0)):  # noqa: E741 - the names of the metrics
            row = both(rules, {"a": 1, "k": k, "l": l}, plain)
            assert row["rule.r.state"] == "not_applicable"
            assert row["rule.r.reason"] == "zero_denominator"

    def test_two_divisors_in_a_rule(self):
        body = metric("a") + metric("k", "count") + metric("l", "count")
        formula = 'deduction = { kind = "formula", formula = "value / k + value / l" }'
        rules = rule_set(body + rule("r", f'metric = "a"\n{formula}'))
        row = both(rules, {"a": 1, "k": 0, "l": 1}, {"a": 4, "k": 2, "l": 1})
        assert row["rule.r.state"] == "not_applicable"
        assert both(rules, {"a": 1, "k": 2, "l": 4}, {"a": 4, "k": 2, "l": 1})[
            "index"
        ] == Decimal("0.75")

    def test_large_figures_below_zero(self):
        """A bound that left out the side below zero would let 64 bits wrap here: 10^9 × 10^4 × 10^10 / 10^4."""
        rules = rule_set(
            metric("a", more="most = 0") + rule("r", whole_target("a", "-0.1234567891"))
        )
        assert both(rules, {"a": -999_999_999}, {"a": 0})["index"] == 0
        assert both(rules, {"a": "-0.1234"}, {"a": "-7"})["index"] == 10

    @pytest.mark.parametrize(
        ("day", "earned", "state"),
        [
            ("2024-03-31", "10.00", "met"),
            ("2024-04-10", "0.01", "partly_met"),
            ("2024-04-11", "0.00", "not_met"),
        ],
    )
    def test_a_hundredth_for_being_late_is_partly_met(self, day, earned, state):
        steps = tiers(
            "{ to = 0, percent = 100 }",
            "{ above = 0, to = 10, points = 0.01 }",
            "{ above = 10, points = 0 }",
            of='of = "days_late", ',
        )
        lines = f'metric = "a"\ncomparator = "on_or_before"\nthreshold = 2024-03-31\n{steps}'
        rules = rule_set(metric("a", "date") + rule("r", lines))
        row = both(rules, {"a": day}, {"a": "2024-01-01"})
        assert (str(row["rule.r.earned"]), row["rule.r.state"]) == (earned, state)

    def test_large_shares_of_one(self):
        """A bound that took denominators for 2 and more would be half of what 999,999,999 ÷ 1, rounded, needs here:
        10^9 × 10^10 is more than 64 bits hold, 5 × 10^8 × 10^10 is not."""
        share = 'round = 0\nratio = { numerator = "n", denominator = "d" }'
        body = metric("a", more=share) + rule("r", whole_target("a", "0.1234567891"))
        row = both(
            rule_set(body),
            {"a.numerator": 999_999_999, "a.denominator": 1},
            {"a.numerator": 0, "a.denominator": 3},
        )
        assert row["index"] == 10

    def test_a_target_that_only_seems_out_of_reach(self):
        """The figure is at most 50, the target 50 by a formula, the start 60: met figures earn all."""
        share = 'deduction = { kind = "proportional", from = 60 }'
        body = metric("a", more='better = "higher"\nmost = 50') + metric("b")
        lines = f'metric = "a"\ncomparator = ">="\nthreshold = {{ formula = "b + 0" }}\n{share}'
        rules = rule_set(body + rule("r", lines))
        row = both(rules, {"a": 50, "b": 50}, {"a": 1, "b": 50})
        assert (row["index"], row["rule.r.state"]) == (10, "met")


class TestFigures:
    def test_counts_written_with_a_decimal_point_stay_in_columns(self):
        rules = rule_set(metric("a", "count") + rule("r", whole_target("a", 2)))
        cells = [Decimal("2.0"), Decimal("1.0"), Decimal("2.5")]
        frame = pl.DataFrame({"unit": list("XYZ"), "period": ["2024"] * 3, "a": cells})
        scores = Scorer(rules, few=0).score(numbered(frame))
        assert [*scores.results["index"]] == [10, 0]
        assert scores.alone == 0
        assert scores.errors.select("row", "code").rows() == [(3, "not-whole")]

    def test_shares_whose_parts_have_other_places_stay_in_columns(self):
        share = 'ratio = { numerator = "n", denominator = "d" }'
        rules = rule_set(
            metric("a", "percent", share) + rule("r", whole_target("a", 50))
        )
        cells = {
            "a.numerator": [Decimal("50.5"), Decimal("50.5"), Decimal("0.0")],
            "a.denominator": [100, 102, 0],
        }
        frame = pl.DataFrame({"unit": list("XYZ"), "period": ["2024"] * 3, **cells})
        scores = Scorer(rules, few=0).score(numbered(frame))
        reasons = ["target_met", "target_missed", "zero_denominator"]
        assert [*scores.results["rule.r.reason"]] == reasons
        assert scores.alone == 0

    def test_a_decimal_lower_limit(self):
        rules = rule_set(
            metric("a", more="least = 0.5") + rule("r", whole_target("a", 1))
        )
        assert both(rules, {"a": 0}, {"a": 1}) == ["out-of-range"]
        assert both(rules, {"a": 1}, {"a": 2})["index"] == 10

    def test_a_decimal_upper_limit(self):
        rules = rule_set(
            metric("a", more="most = 1.5") + rule("r", whole_target("a", 1))
        )
        assert both(rules, {"a": 2}, {"a": 1}) == ["out-of-range"]

    @pytest.mark.parametrize("kind", ["percent", "number"])
    def test_a_numerator_over_zero(self, kind):
        share = 'ratio = { numerator = "n", denominator = "d" }'
        rules = rule_set(metric("a", kind, share) + rule("r", whole_target("a", 1)))
        plain = {"a.numerator": 1, "a.denominator": 2}
        codes = both(rules, {"a.numerator": 3, "a.denominator": 0}, plain)
        assert isinstance(codes, list), "refused, in columns and alone"
        row = both(rules, {"a.numerator": 0, "a.denominator": 0}, plain)
        assert row["rule.r.reason"] == "zero_denominator"

    @pytest.mark.parametrize("documents", [[], None, ["BC-12"]])
    def test_an_empty_list_is_no_evidence(self, documents):
        rules = rule_set(
            metric("a", "yes_no")
            + rule("r", whole_target("a", "true", "is") + "\nevidence_required = true")
        )
        plain = {"a": True, "a.evidence": ["BC-1"]}
        row = both(
            rules,
            {"a": True, "a.evidence": documents},
            plain,
            {"a.evidence": pl.List(pl.String)},
        )
        assert row["index"] == 10
        assert row["supported"] == (10 if documents else 0)


LATE = metric(
    "late",
    "percent",
    'better = "lower"\nratio = { numerator = "n", denominator = "d" }',
)
WAIVER = {
    "late.waived_by": "UBND",
    "late.waived_why": "bão",
    "late.waived_until": "2025-03-31",
}
ABSENCES = {
    "waived": (WAIVER, "waived", "waived"),
    "waiver ended": (
        WAIVER | {"late.waived_until": "2024-03-31"},
        "missing",
        "waiver_ended",
    ),
    "not applicable": (
        {"late.not_applicable": "không có"},
        "not_applicable",
        "not_applicable",
    ),
    "zero": (
        {"late.numerator": 0, "late.denominator": 0},
        "not_applicable",
        "zero_denominator",
    ),
    "nothing": ({}, "missing", "not_reported"),
}
"""The cells of a row, and its state and reason; beside it stand rows with numbers."""

READERS = {
    "the figure": whole_target("late", 20, "<="),
    "a formula": whole_target("in_time", 80),
    "a formula of a formula": whole_target("half", 40),
    "tiers of a formula": f'metric = "in_time"\n{tiers("{ from = 80, points = 10 }", "{ otherwise = true, points = 0 }")}',
    "a share of a formula": whole_target("in_time", 80).replace(
        "all_or_nothing", "proportional"
    ),
    "units of a formula": 'metric = "in_time"\ncomparator = ">="\nthreshold = 80\n'
    'deduction = { kind = "per_unit", each = 0.1, units = "exact" }',
    "a threshold": whole_target("other", '{ metric = "late" }', "=="),
    "a threshold by a formula": whole_target("other", '{ formula = "in_time - 1" }'),
    "points": 'metric = "other"\ndeduction = { kind = "formula", formula = "weight * in_time / 100" }',
}


class TestAbsencesBehindFormulas:
    """Why there is no figure reaches the rule, however many formulas lie between."""

    @pytest.mark.parametrize("absence", ABSENCES)
    @pytest.mark.parametrize("reader", READERS)
    def test_beside_rows_with_figures(self, absence, reader):
        cells, state, reason = ABSENCES[absence]
        body = LATE + metric("other", "percent", 'better = "neither"')
        body += metric("in_time", "percent", 'formula = "100 - late"')
        body += metric("half", "percent", 'formula = "in_time / 2"')
        rules = rule_set(body + rule("r", READERS[reader]), scale=10)
        plain = {**dict.fromkeys(WAIVER), "late.not_applicable": None, "other": 50}
        plain |= {"late.numerator": 7, "late.denominator": 10}
        row = both(rules, {"other": 50, **cells}, plain)
        assert (row["rule.r.state"], row["rule.r.reason"]) == (state, reason)
        if state == "missing":
            assert row["group.all.lost"] == 10
        else:
            assert row["group.all.excluded"] == 10

    @pytest.mark.parametrize(
        "text", ["m9 + m10", "m10 + m9", "min(m10, m9)", "m10 if m9 > 3 else 1"]
    )
    @pytest.mark.parametrize("ended", ["m9", "m10"])
    def test_of_equal_absences_the_first_in_the_text_counts(self, text, ended):
        body = metric("m9") + metric("m10") + metric("both", more=f'formula = "{text}"')
        rules = rule_set(body + rule("r", whole_target("both", 1)))
        waiver = {
            "waived_by": "UBND",
            "waived_why": "bão",
            "waived_until": "2024-03-31",
        }
        cells = {f"{ended}.{key}": value for key, value in waiver.items()}
        row = both(rules, cells, {"m9": 1, "m10": 2})
        first = "m9" if "if" in text or text.startswith("m9") else "m10"
        assert row["rule.r.reason"] == (
            "waiver_ended" if first == ended else "not_reported"
        )

    @pytest.mark.parametrize("best_first", [True, False])
    def test_a_derived_figure_outside_its_type(self, best_first):
        """100 - (70 + 45) is no percentage: no tier foresees it, wherever the last one lies; alone or among hundreds."""
        body = metric("late", "percent") + metric("poor", "percent")
        body += metric("clean", "percent", 'formula = "100 - (late + poor)"')
        lines = [
            "{ from = 90, points = 10 }",
            "{ from = 50, below = 90, points = 5 }",
            "{ from = 0, below = 50, points = 0 }",
        ]
        steps = tiers(*(lines if best_first else lines[::-1]))
        rules = rule_set(body + rule("r", f'metric = "clean"\n{steps}'))
        plain = {"late": 5, "poor": 20}
        assert both(rules, {"late": 5, "poor": 5}, plain)["index"] == 10
        assert both(rules, {"late": 55, "poor": 45}, plain)["index"] == 0
        assert both(rules, {"late": 70, "poor": 45}, plain) == ["formula-failed"]


class TestIndex:
    def test_of_two_failed_gates_the_lower_counts(self):
        bands = "".join(
            f'[[band]]\nid = "{id_}"\ntitle = "{id_}"\n{span}\n'
            for id_, span in (
                ("high", "from = 8"),
                ("mid", "from = 5\nbelow = 8"),
                ("low", "below = 5"),
            )
        )
        gates = "".join(
            f'[[band_gate]]\nrule = "{id_}"\nat_most = "{most}"\n'
            for id_, most in (("b", "low"), ("c", "mid"))
        )
        body = (
            metric("a") + metric("b", "yes_no") + metric("c", "yes_no") + bands + gates
        )
        body += rule("a", whole_target("a", 1), 8)
        body += rule("b", whole_target("b", "true", "is"), 1) + rule(
            "c", whole_target("c", "true", "is"), 1
        )
        rules = rule_set(body, more="")
        plain = {"a": 1, "b": True, "c": True}
        assert both(rules, {"a": 1, "b": False, "c": False}, plain)["band"] == "low"
        assert both(rules, {"a": 1, "b": True, "c": False}, plain)["band"] == "mid"
        assert both(rules, plain, plain)["band"] == "high"

    @pytest.mark.parametrize(("met", "of", "bonus"), [(6, 7, "1.43"), (5, 6, "1.67")])
    def test_exact_above_the_scale_though_rounded_on_it(self, met, of, bonus):
        """10 × 6/7 = 8.571… is 8.57, and with 1.43 the index is 10.00; exactly it is 10.0014…, held to 10."""
        assert Fraction(10 * met, of) + Fraction(bonus) > 10
        body = metric("a") + '[group.more]\ntitle = "M"\nkind = "bonus"\ncap = 5\n'
        body += rule("a", whole_target("a", 1), met) + rule(
            "b", whole_target("a", 5), of - met
        )
        body += rule("c", whole_target("a", 1), bonus, "more")
        rules = rule_set(body)
        row = both(rules, {"a": 1}, {"a": 0})
        assert (row["index"], row["index.numerator"], row["index.denominator"]) == (
            10,
            10,
            1,
        )
        alone = {"format": 1, "ruleset": "guards", "unit": "A", "period": "2024"}
        figures = load_measurements(alone | {"measurements": {"a": 1}}, rules)
        assert score(rules, figures).scoring.index.exact == 10

    @pytest.mark.parametrize(
        ("penalty", "bonus", "band"), [(2, 0, "low"), (0, 13, "high")]
    )
    def test_below_zero_and_above_the_scale_have_a_band(self, penalty, bonus, band):
        body = (
            metric("a")
            + '[[band]]\nid = "high"\ntitle = "H"\nfrom = 5\n[[band]]\nid = "low"\ntitle = "L"\nbelow = 5\n'
        )
        body += '[group.more]\ntitle = "M"\nkind = "bonus"\ncap = 20\n[group.less]\ntitle = "L"\nkind = "penalty"\ncap = 20\n'
        body += rule("a", whole_target("a", 100)) + rule(
            "b", whole_target("a", 13), 13, "more"
        )
        body += rule("c", whole_target("a", 2), 2, "less")
        rules = rule_set(body, more="over_scale = true")
        row = both(rules, {"a": bonus}, {"a": 100})
        assert row["index"] == bonus - penalty
        assert row["band"] == band


class TestPools:
    @pytest.mark.parametrize(
        ("figure", "lost"), [(0, ["1.50", "0.50"]), (5, ["0.00", "0.00"])]
    )
    def test_losses_that_a_cap_leaves_are_shared_out(self, figure, lost):
        """Losses of 3 and 1 under a cap of 2 count for 1.50 and 0.50."""
        body = metric("a") + rule("r", whole_target("a", 0))
        body += '[group.more]\ntitle = "M"\nkind = "bonus"\ncap = 2\n'
        body += rule("b", whole_target("a", 5), 3, "more")
        body += rule("c", whole_target("a", 9), 1, "more")
        # With the first earned the pool is full, so that nothing of the second is lost.
        row = both(rule_set(body), {"a": figure}, {"a": 9})
        assert [str(row[f"rule.{id_}.lost"]) for id_ in "bc"] == lost


class TestMeans:
    MEAN = '[group.mean]\ntitle = "M"\ncombine = "mean"\nweight = {weight}\n'

    def test_what_is_shown_and_what_is_earned_are_not_more_than_there_is(self):
        """Half of 0.1 is earned and half shown, each rounds to 0.1: what is left for the second is nothing."""
        body = metric("a") + metric("b") + self.MEAN.format(weight="0.1")
        body += rule("a", whole_target("a", 1), 1, "mean")
        body += rule(
            "b",
            whole_target("b", 1) + '\nabsence = { not_applicable = "show" }',
            1,
            "mean",
        )
        rules = rule_set(body, scale=10, places=1)
        row = both(rules, {"a": 1, "b.not_applicable": "–"}, {"a": 1, "b": 1})
        parts = [row[f"group.mean.{part}"] for part in ("earned", "lost", "excluded")]
        assert parts == [Decimal("0.1"), 0, 0]

    def test_a_rule_that_is_gone_brings_no_tick(self):
        body = metric("a") + metric("b") + self.MEAN.format(weight=10)
        body += rule("a", whole_target("a", 1), 1, "mean") + rule(
            "b", whole_target("b", 1), 1, "mean"
        )
        row = both(rule_set(body), {"a": 0, "b.not_applicable": "–"}, {"a": 1, "b": 1})
        assert row["group.mean.lost"] == 10


class TestByHand:
    def test_points_for_an_absence_are_rounded_half_up(self):
        body = metric("a") + rule(
            "r", whole_target("a", 1) + '\nabsence = { not_applicable = "manual" }', 2
        )
        cells = {
            "a.not_applicable": "–",
            "points.r.points": "1.25",
            "points.r.reason": "biên bản",
        }
        row = both(rule_set(body, places=1, scale=2), cells, {"a": 1})
        assert row["rule.r.earned"] == Decimal("1.3")

    def test_without_points_behind_an_unknown_gate_before_its_day(self):
        """The gate is not reported: that is why the rule is missing, though it is due later, too."""
        body = metric("a") + rule("gate", whole_target("a", 1), 5)
        body += rule(
            "r", 'deduction = "manual"\nrequires = ["gate"]\ndue = 2024-12-31', 5
        )
        day = {"as_of": "2024-06-30"}
        row = both(rule_set(body), day, {"a": 1, **day})
        assert (row["rule.r.state"], row["rule.r.reason"]) == (
            "missing",
            "gate_unknown",
        )


class TestManyDigits:
    """Constants that no column holds: rows are then scored in wider columns, or one by one, and never stop with a traceback."""

    @pytest.mark.parametrize(
        "lines",
        [
            'comparator = ">="\nthreshold = 98.76543210987654\ndeduction = { kind = "proportional", from = 1.23456789012345 }',
            'comparator = ">="\nthreshold = 1e20\ndeduction = "proportional"'.replace(
                "1e20", "1" + "0" * 20
            ),
            'comparator = ">="\nthreshold = 50\ndeduction = { kind = "proportional", floor = 20.12345678901234 }',
            'comparator = ">="\nthreshold = 50\ndeduction = { kind = "per_unit", each = 0.12, step = 1.23456789012345, units = "started" }',
            'deduction = { kind = "tiers", tiers = [{ from = 33.33333333333333, points = 10 }, { below = 33.33333333333333, points = 0 }] }',
            'deduction = { kind = "formula", formula = "weight * value * 0.123456789012345678901 / 100" }',
            'deduction = { kind = "formula", formula = "weight * value / 123456789012345678901" }',
            'comparator = ">="\nthreshold = { formula = "a * 1.00000000000001" }\ndeduction = "all_or_nothing"',
        ],
    )
    @pytest.mark.parametrize("places", [2, 9])
    def test_constants(self, lines, places):
        rules = rule_set(
            metric("a") + rule("r", f'metric = "a"\n{lines}'), places=places
        )
        for value in ("33.3333", "0", "98.7654", "-7"):
            both(rules, {"a": value}, {"a": 50}, in_columns=False)

    def test_goalposts(self):
        """10 × (60.5 − 1.23456789012345) / (98.76543210987654 − 1.23456789012345) = 6.0765…"""
        lines = 'metric = "a"\ncomparator = ">="\nthreshold = 98.76543210987654\n'
        lines += 'deduction = { kind = "proportional", from = 1.23456789012345 }'
        row = both(rule_set(metric("a") + rule("r", lines)), {"a": "60.5"}, {"a": 99})
        assert row["index"] == Decimal("6.08")

    @pytest.mark.parametrize(("key", "edge"), [("least", 10**20), ("most", -(10**20))])
    def test_a_range_beyond_all_columns(self, key, edge):
        rules = rule_set(
            metric("a", more=f"{key} = {edge}") + rule("r", whole_target("a", edge))
        )
        assert both(rules, {"a": 5}, {"a": 6}) == ["out-of-range"]


def test_a_row_that_is_not_there():
    rules = rule_set(metric("a") + rule("r", whole_target("a", 1)))
    scores = score_table(
        rules, pl.DataFrame({"unit": ["X", "Y"], "period": ["2024"] * 2, "a": [0, 1]})
    )
    assert scores.report(2).to_dict("en")["measurements"]["unit"] == "Y"
    for row in (3, 0, -1, 99):
        with pytest.raises(IndexError, match=str(row)):
            scores.report(row)


class TestEqualAbsencesBehindOneRule:
    """Of equal absences the first counts, as the single engine orders them (semantics L7)."""

    def reason(self, lines, ended):
        body = "".join(map(metric, ("m0", "m1", "m2")))
        rules = rule_set(body + rule("r", f'metric = "m0"\n{lines}'))
        waiver = {
            "waived_by": "UBND",
            "waived_why": "bão",
            "waived_until": "2024-03-31",
        }
        cells = {f"{ended}.{key}": value for key, value in waiver.items()}
        row = both(rules, {"m0": 5, **cells}, {"m0": 5, "m1": 1, "m2": 2})
        return row["rule.r.reason"]

    @pytest.mark.parametrize("ended", ["m1", "m2"])
    @pytest.mark.parametrize("first", ["m1", "m2"])
    def test_the_formula_of_the_threshold_comes_before_that_of_the_points(
        self, first, ended
    ):
        """One metric is missing, the other's waiver has ended: which is both missing."""
        second = "m2" if first == "m1" else "m1"
        points = (
            f'deduction = {{ kind = "formula", formula = "min(weight, {second})" }}'
        )
        lines = (
            f'comparator = ">="\nthreshold = {{ formula = "{first} + 1" }}\n{points}'
        )
        wanted = "waiver_ended" if first == ended else "not_reported"
        assert self.reason(lines, ended) == wanted

    @pytest.mark.parametrize("ended", ["m1", "m2"])
    @pytest.mark.parametrize("first", ["m1", "m2"])
    def test_the_formulas_of_tiers_come_in_their_order(self, first, ended):
        second = "m2" if first == "m1" else "m1"
        lines = tiers(
            f'{{ from = 3, formula = "min(weight, {first})" }}',
            f'{{ otherwise = true, formula = "min(weight, {second} / 2)" }}',
        )
        wanted = "waiver_ended" if first == ended else "not_reported"
        assert self.reason(lines, ended) == wanted

    @pytest.mark.parametrize("text", ["m1 + m2", "m2 + m1"])
    @pytest.mark.parametrize("ended", ["m1", "m2"])
    def test_within_one_formula_they_come_in_its_order(self, text, ended):
        lines = f'comparator = ">="\nthreshold = {{ formula = "{text}" }}\ndeduction = "all_or_nothing"'
        wanted = "waiver_ended" if text.startswith(ended) else "not_reported"
        assert self.reason(lines, ended) == wanted
