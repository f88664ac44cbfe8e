"""Figures from peers (clause M1), worked by hand: the best, the worst, the mean of what all units report."""

import json
from decimal import Decimal
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_table_files import run

from cchc_rules import (
    SubmissionError,
    load_measurements,
    parse_rules,
    score,
    score_table,
)
from cchc_rules.report.verify import differences
from cchc_rules.tables.spark import score_frame

RULES = """
format = 1
[ruleset]
id = "peers"
version = "1"
title = "Peers"
language = "vi"
valid = { from = 2023-01-01, until = 2023-12-31 }
[index]
scale = 3
[absence]
not_applicable = "lost"
[metric.own]
title = "Của đơn vị"
type = "number"
[metric.least]
title = "Thấp nhất"
type = "number"
better = "neither"
peers = { of = "own", take = "min" }
[metric.most]
title = "Cao nhất"
type = "number"
better = "neither"
peers = { of = "own", take = "max" }
[group.g]
title = "g"
[rule.own]
group = "g"
title = "Từ thấp nhất đến cao nhất"
source = ["I"]
metric = "own"
weight = 3
deduction = { kind = "formula", formula = "weight * (value - least) / (most - least)" }
"""

ALL = RULES.replace(
    "[group.g]",
    """[metric.mean]
title = "Bình quân"
type = "number"
better = "neither"
ratio = { numerator = "tổng", denominator = "số đơn vị" }
peers = { of = "own", take = "mean" }
[metric.units]
title = "Số đơn vị"
type = "count"
better = "neither"
peers = { of = "own", take = "count" }
[metric.place]
title = "Hạng"
type = "rank"
peers = { of = "own", take = "rank" }
[group.g]""",
) + "".join(
    f"""[rule.{name}]
group = "g"
title = "{name}"
source = ["II"]
metric = "{name}"
deduction = "none"
"""
    for name in ("mean", "units", "place")
)


def table(*own, **more):
    units = [f"Xã {number}" for number in range(1, len(own) + 1)]
    return pl.DataFrame(
        {"unit": units, "period": ["2023"] * len(own), "own": own, **more}
    )


class TestWorkedByHand:
    def test_from_the_least_to_the_most(self):
        # 3 × (20 − 10) / 30 = 1.00, 3 × 15 / 30 = 1.50.
        scores = score_table(parse_rules(RULES), table(10, 20, 25, 40))
        assert scores.results["index"].to_list() == [
            Decimal(points) for points in ("0.00", "1.00", "1.50", "3.00")
        ]

    def test_mean_count_and_rank(self):
        scores = score_table(parse_rules(ALL), table(10, 20, 20, 41, None))
        figures = scores.report(2).to_dict("en")["rules"]
        assert {rule["id"]: rule["reported"] for rule in figures[1:]} == {
            "mean": "22.75 (91/4)",
            "units": "4",
            "place": "2",
        }
        missing = scores.report(5).to_dict("en")["rules"]
        # It has no place of its own; the others are there all the same.
        assert [rule["state"] for rule in missing] == [
            "missing",
            "met",
            "met",
            "missing",
        ]

    def test_a_mean_is_exact_where_no_decimal_is(self):
        scores = score_table(parse_rules(ALL), table(1, 1, 2))
        mean = scores.report(1).to_dict()["rules"][1]["inputs"][0]
        assert (mean["numerator"], mean["denominator"]) == ("4", "3")

    def test_each_group_of_units_for_itself(self):
        rules = RULES.replace('take = "max"', 'take = "max", within = "district"')
        rules = rules.replace('take = "min"', 'take = "min", within = "district"')
        frame = table(10, 20, 25, 40, 30, 35, district=["A", "A", "A", "B", "B", "B"])
        scores = score_table(parse_rules(rules), frame)
        # A: 0, 3 × 10/15 = 2, 3; B: 3, 0, 3 × 5/10 = 1.5.
        assert [float(index) for index in scores.results["index"]] == [
            0,
            2,
            3,
            3,
            0,
            1.5,
        ]

    def test_less_is_better_where_the_metric_says_so(self):
        rules = ALL.replace(
            'type = "number"\n[metric.least]',
            'type = "number"\nbetter = "lower"\n[metric.least]',
        )
        scores = score_table(parse_rules(rules), table(10, 20, 20, 41))
        places = [
            scores.report(row).to_dict("en")["rules"][3]["reported"]
            for row in range(1, 5)
        ]
        assert places == ["1", "2", "2", "4"]


class TestWhatATableSaysItself:
    def test_a_column_goes_before_what_would_be_worked_out(self):
        frame = table(10, 20, most=[50, 50])
        scores = score_table(parse_rules(RULES), frame)
        # 3 × 10 / 40 = 0.75.
        assert scores.results["index"].to_list() == [Decimal("0.00"), Decimal("0.75")]

    def test_one_unit_has_them_given_and_its_report_recomputes_alone(self):
        rules = parse_rules(RULES)
        submission = {
            "format": 1,
            "ruleset": "peers",
            "unit": "Xã 2",
            "period": "2023",
            "measurements": {"own": 20, "least": 10, "most": 40},
        }
        report = score(rules, load_measurements(submission, rules))
        assert report.index.value == 1
        assert differences(json.loads(report.render("json"))) == []

    def test_without_them_a_unit_alone_is_missing(self):
        rules = parse_rules(RULES)
        submission = {
            "format": 1,
            "ruleset": "peers",
            "unit": "A",
            "period": "2023",
            "measurements": {"own": 20},
        }
        report = score(rules, load_measurements(submission, rules))
        assert report.rule("own").state == "missing"


FILES = [".csv", ".jsonl", ".parquet"]


@pytest.mark.parametrize("ending", FILES)
def test_files_are_read_once_for_them_before_they_are_scored(tmp_path, ending):
    (tmp_path / "peers.toml").write_text(RULES, encoding="utf-8")
    frame = table(10, 20, 25, 40).cast({"own": pl.String})
    source = tmp_path / f"units{ending}"
    getattr(
        frame,
        {".csv": "write_csv", ".jsonl": "write_ndjson", ".parquet": "write_parquet"}[
            ending
        ],
    )(source)
    code, results, _ = run(tmp_path / "peers.toml", source)
    assert code == 0
    assert results["index"].to_list() == ["0.00", "1.00", "1.50", "3.00"]


def test_a_folder_of_submissions_is_a_table_too(tmp_path):
    (tmp_path / "peers.toml").write_text(RULES, encoding="utf-8")
    folder = tmp_path / "units"
    folder.mkdir()
    for number, own in enumerate((10, 20, 25, 40), 1):
        submission = {
            "format": 1,
            "ruleset": "peers",
            "unit": f"Xã {number}",
            "period": "2023",
            "measurements": {"own": own},
        }
        (folder / f"{number}.json").write_text(json.dumps(submission), encoding="utf-8")
    (folder / "5.json").write_text("{}", encoding="utf-8")
    code, results, errors = run(tmp_path / "peers.toml", folder)
    assert code == 4
    assert results["index"].to_list() == ["0.00", "1.00", "1.50", "3.00"]
    assert set(errors["unit"]) == {"5.json"}


def test_a_figure_that_is_refused_takes_no_part():
    scores = score_table(parse_rules(RULES), table("10", "20", "x", "40"))
    assert scores.results["index"].to_list() == [
        Decimal(points) for points in ("0.00", "1.00", "3.00")
    ]
    assert scores.errors["row"].to_list() == [3]


def test_more_digits_than_a_submission_may_have_are_refused():
    odd = RULES.replace(
        '[metric.least]\ntitle = "Thấp nhất"\ntype = "number"\nbetter = "neither"\npeers = { of = "own", take = "min" }',
        '[metric.least]\ntitle = "Thấp nhất"\ntype = "number"\nbetter = "neither"\n'
        'ratio = { numerator = "a", denominator = "b" }\npeers = { of = "own", take = "mean" }',
    ).replace(
        'type = "number"\n[metric.least]',
        'type = "number"\nratio = { numerator = "n", denominator = "d" }\n[metric.least]',
    )
    odd = odd.replace(
        'take = "max" }',
        'take = "max" }\nratio = { numerator = "x", denominator = "y" }',
    )
    primes = [
        101,
        103,
        107,
        109,
        113,
        127,
        131,
        137,
        139,
        149,
        151,
        157,
        163,
        167,
        173,
        179,
    ]
    frame = (
        table(*[None] * len(primes))
        .drop("own")
        .with_columns(
            pl.Series("own.numerator", [1] * len(primes)),
            pl.Series("own.denominator", primes),
        )
    )
    with pytest.raises(SubmissionError) as caught:
        score_table(parse_rules(odd), frame)
    assert [problem.code for problem in caught.value.problems] == ["peers-digits"]


@given(
    st.lists(st.integers(-50, 50) | st.none(), min_size=1, max_size=12), st.booleans()
)
def test_as_reckoned_one_by_one(own, many):
    frame = table(*own)
    if many:
        # More rows than are scored one by one, so that columns are asked.
        frame = pl.concat([frame] * (300 // len(own) + 1)).with_columns(
            unit=pl.int_range(pl.len()).cast(pl.String)
        )
    scores = score_table(parse_rules(ALL), frame)
    known = [value for value in frame["own"] if value is not None]
    for row, value in zip((1, 2), frame["own"], strict=False):
        rules = {rule["id"]: rule for rule in scores.report(row).to_dict()["rules"]}
        if not known:
            assert rules["mean"]["state"] == "missing"
            continue
        mean = Fraction(sum(known), len(known))
        given_mean = rules["mean"]["inputs"][0]
        assert (
            Fraction(given_mean["numerator"]) / Fraction(given_mean["denominator"])
            == mean
        )
        assert rules["units"]["value"] == str(len(known))
        if value is not None:
            assert rules["place"]["value"] == str(
                1 + sum(other > value for other in known)
            )


class TestSparkFrames:
    """The parts of a table in Spark do not know each other; nothing is run to find that out."""

    class Frame:
        columns = ("number", "unit", "period", "own")
        dtypes = (
            ("number", "bigint"),
            ("unit", "string"),
            ("period", "string"),
            ("own", "int"),
        )

    def test_what_is_taken_from_all_units_must_be_given(self):
        with pytest.raises(SubmissionError) as caught:
            score_frame(parse_rules(RULES), self.Frame(), row="number")
        codes = {problem.code for problem in caught.value.problems}
        assert codes == {"peers-in-parts"}
