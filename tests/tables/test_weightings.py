"""One submission under many weightings: figures by hand, and the laws against the oracle and against `sensitivity`."""

import copy
import json
from decimal import Decimal
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from oracle import oracle
from packaged_rules import packaged
from strategies import cases

from cchc_rules import (
    SubmissionError,
    load_measurements,
    parse_rules,
    score,
    score_weightings,
)
from cchc_rules.analysis.sensitivity.other_readings import Together
from cchc_rules.analysis.sensitivity.study import Study
from cchc_rules.cli.main import main
from cchc_rules.scoring.compiled_rules import compile_rules
from cchc_rules.tables import weightings as module

RULES = """
format = 1
[ruleset]
id = "three"
version = "1"
title = "Three"
language = "en"
valid = { from = 2023-01-01, until = 2023-12-31 }
[index]
scale = 100
places = 2
weight_basis = "chosen"
[absence]
not_applicable = "exclude"
[metric.on_time]
title = "On time"
type = "percent"
ratio = { numerator = "on time", denominator = "all" }
[metric.posted]
title = "Posted"
type = "percent"
[metric.trained]
title = "Trained"
type = "percent"
[group.work]
title = "Work"
[group.staff]
title = "Staff"
[group.note]
title = "Note"
[band.good]
title = "Good"
from = 60
[band.poor]
title = "Poor"
below = 60
[rule.on-time]
group = "work"
title = "On time"
source = ["1"]
metric = "on_time"
comparator = ">="
threshold = 90
weight = 60
deduction = "proportional"
evidence_required = true
[rule.posted]
group = "work"
title = "Posted"
source = ["2"]
metric = "posted"
comparator = ">="
threshold = 100
weight = 30
deduction = "proportional"
[rule.trained]
group = "staff"
title = "Trained"
source = ["3"]
metric = "trained"
comparator = ">="
threshold = 50
weight = 10
deduction = "all_or_nothing"
[rule.noted]
group = "note"
title = "Noted"
source = ["4"]
metric = "trained"
deduction = "none"
"""
ON_TIME = {
    "numerator": 60,
    "denominator": 90,
}  # two thirds of 100 %, 20/27 of the target


def report_of(text=RULES, **changes):
    rules = parse_rules(text)
    figures = {"on_time": ON_TIME, "posted": 50, "trained": 20} | changes
    given = {
        "format": 1,
        "ruleset": "three",
        "unit": "A",
        "period": "2023",
        "measurements": figures,
    }
    return score(rules, load_measurements(given, rules))


TWO_CAPS = """
format = 1
[ruleset]
id = "two-caps"
version = "1"
title = "Two caps"
valid = { from = 2023-01-01, until = 2023-12-31 }
[group.work]
title = "Work"
cap = 4
[group.inner]
title = "Inner"
parent = "work"
cap = 3
""" + "".join(
    f"""
[metric.{name}]
title = "{name}"
type = "yes_no"
[rule.{name}]
group = "{group}"
title = "{name}"
source = ["1"]
metric = "{name}"
comparator = "is"
threshold = true
weight = 2
deduction = "all_or_nothing"
"""
    for name, group in (("first", "work"), ("second", "inner"), ("third", "inner"))
)


def problems_of(table, **options):
    with pytest.raises(SubmissionError) as refused:
        score_weightings(report_of(), table, **options)
    return [(one.code, one.path) for one in refused.value.problems]


class TestByHand:
    def test_rules(self):
        """60 × 20/27 = 44.44…; 27 × 20/27 = 20 of 27 + 30 + 10; 1.01 × 20/27 = 0.748…, 0.50 of 1.00."""
        table = pl.DataFrame(
            {
                "weighting": ["as it is", "exact", "small"],
                "rule.on-time": ["60", "27", "1,01"],
                "rule.posted": [Decimal("30.00"), Decimal(30), Decimal("1.000")],
                "rule.trained": [10.0, 10.0, 0.0],
            }
        )
        found = score_weightings(
            report_of(),
            table,
            results=(
                "index",
                "exact",
                "band",
                "supported",
                "group.lost",
                "rule.earned",
                "rule.lost",
            ),
        )
        assert found["row"].to_list() == [1, 2, 3]
        assert found["weighting"].to_list() == ["as it is", "exact", "small"]
        assert found["rule.on-time.earned"].to_list() == [
            Decimal("44.44"),
            Decimal(20),
            Decimal("0.75"),
        ]
        assert found["rule.posted.lost"].to_list() == [
            Decimal(15),
            Decimal(15),
            Decimal("0.50"),
        ]
        assert found["rule.trained.lost"].to_list() == [
            Decimal(10),
            Decimal(10),
            Decimal(0),
        ]
        assert found["group.work.lost"].to_list() == [
            Decimal("30.56"),
            Decimal(22),
            Decimal("0.76"),
        ]
        # 59.44 of 100; 35 of 67 = 52.238…; 1.25 of 2.01 = 62.189…
        assert found["index"].to_list() == [
            Decimal("59.44"),
            Decimal("52.24"),
            Decimal("62.19"),
        ]
        exact = zip(found["index.numerator"], found["index.denominator"], strict=True)
        assert [*exact] == [(1486, 25), (3500, 67), (12500, 201)]
        assert found["band"].to_list() == ["poor", "poor", "good"]
        # without what is claimed without evidence: 15 of 100, 15 of 67, 0.50 of 2.01
        assert found["supported"].to_list() == [
            Decimal(15),
            Decimal("22.39"),
            Decimal("24.88"),
        ]

    def test_areas(self):
        """Work earned 59.44 of 90, staff 0 of 10: 59.44/90 × 3 of 4 = 0.4953…"""
        found = score_weightings(
            report_of(),
            {"group.work": [90, 3], "group.staff": [10, 1]},
            results=("index", "exact"),
        )
        assert found["index"].to_list() == [Decimal("59.44"), Decimal("49.53")]
        exact = [
            Fraction(int(n), int(d))
            for n, d in found.select("index.numerator", "index.denominator").rows()
        ]
        assert exact == [Fraction(5944, 100), Fraction(5944, 90) * 3 / 4]

    def test_an_area_that_is_a_mean(self):
        """Work: 44.44 of 60. Staff: the mean of one, 0.5, the other left out. 49.44 of 70; 2.222 + 0.5 of 4."""
        text = RULES.replace(
            'title = "Staff"\n', 'title = "Staff"\ncombine = "mean"\nweight = 10\n'
        )
        text = text.replace(
            '[rule.posted]\ngroup = "work"', '[rule.posted]\ngroup = "staff"'
        )
        weights = {"group.work": [60, 3], "group.staff": [10, 1]}
        report = report_of(text, trained={"not_applicable": "none"})
        assert score_weightings(report, weights)["index"].to_list() == [
            Decimal("70.63"),
            Decimal("68.05"),
        ]

    def test_what_has_no_column_keeps_its_weight(self):
        found = score_weightings(report_of(), {"rule.trained": [10, 0]})
        assert found["index"].to_list() == [
            Decimal("59.44"),
            Decimal("66.04"),
        ]  # 59.44 of 90
        assert score_weightings(report_of(), {"group.staff": [0]})[
            "index"
        ].to_list() == [Decimal("66.04")]

    def test_what_is_excluded_stays_so(self):
        report = report_of(posted={"not_applicable": "none"}, trained=50)
        found = score_weightings(
            report,
            {"rule.posted": [30, 1000], "rule.trained": [10, 30]},
            results=("index",),
        )
        assert found["index"].to_list() == [
            Decimal("77.77"),
            Decimal("82.71"),
        ]  # 54.44 of 70, 74.44 of 90

    def test_what_is_open_lies_between(self):
        found = score_weightings(
            report_of(trained=None),
            {"rule.trained": [10, 110]},
            results=("lowest", "highest"),
        )
        assert found["lowest"].to_list() == [Decimal("59.44"), Decimal("29.72")]
        assert found["highest"].to_list() == [Decimal("69.44"), Decimal("84.72")]

    def test_nothing_weighs_anything(self):
        weights = {"rule.on-time": [0], "rule.posted": [0], "rule.trained": [0]}
        assert score_weightings(report_of(), weights)["index"].to_list() == [None]

    def test_whole_numbers_of_the_last_place(self):
        found = score_weightings(
            report_of(),
            {"rule.trained": [10]},
            results=("index", "rule.lost"),
            decimals=False,
        )
        assert found.row(0, named=True)["rule.on-time.lost"] == 1556
        assert found["index"].to_list() == [5944]


class TestTables:
    @pytest.mark.parametrize(
        "weights",
        [
            pl.Series([10, 0], dtype=pl.UInt8),
            pl.Series([Decimal("10.0"), Decimal("0.0")]),
            pl.Series([Decimal("10.0000"), Decimal("0.0000")]),
            pl.Series([10.0, 0.0]),
            pl.Series([10.0, 0.0], dtype=pl.Float32),
            pl.Series(["10", " 0 "]),
            pl.Series(["10,00", "0.0"]),
        ],
    )
    def test_weights_are_read_exactly(self, weights):
        found = score_weightings(report_of(), pl.DataFrame({"rule.trained": weights}))
        assert found["index"].to_list() == [Decimal("59.44"), Decimal("66.04")]

    def test_short_floats_by_their_own_shortest_form(self):
        """97.35 in 32 bits is 97.3499984… in 64: too many places, if it were read so."""
        found = score_weightings(
            report_of(),
            pl.DataFrame({"rule.trained": pl.Series([97.35], dtype=pl.Float32)}),
        )
        assert found["index"].to_list() == [Decimal("31.73")]  # 59.44 of 187.35

    def test_any_that_gives_arrow_data(self):
        table = pl.DataFrame({"rule.trained": [10]})
        for given_table in (table.lazy(), table.to_arrow(), table):
            assert score_weightings(report_of(), given_table)["index"].to_list() == [
                Decimal("59.44")
            ]

    def test_no_rows_and_no_columns(self):
        assert (
            score_weightings(report_of(), pl.DataFrame({"rule.trained": []})).height
            == 0
        )
        assert (
            score_weightings(report_of(), {"weighting": ["a", "b"]})["index"].to_list()
            == [Decimal("59.44")] * 2
        )

    def test_part_by_part(self, monkeypatch):
        monkeypatch.setattr(module, "SLICE", 3)
        weights = [*range(10)]
        found = score_weightings(report_of(), {"rule.trained": weights})
        assert found["index"].to_list() == [
            score_weightings(report_of(), {"rule.trained": [one]})["index"][0]
            for one in weights
        ]

    def test_large_weights_need_wider_numbers(self):
        found = score_weightings(
            report_of(),
            {"rule.on-time": [10**9], "rule.posted": [10**9]},
            results=("index",),
        )
        # (20/27 + 1/2) × 10^9 of 2 × 10^9 + 10
        assert found["index"].to_list() == [Decimal("62.04")]


class TestCommand:
    def test_a_table_of_weightings(self, tmp_path, monkeypatch, capsys):
        monkeypatch.chdir(tmp_path)
        (tmp_path / "three.toml").write_text(RULES, encoding="utf-8")
        figures = {"on_time": ON_TIME, "posted": 50, "trained": 20}
        one = {
            "format": 1,
            "ruleset": "three",
            "unit": "A",
            "period": "2023",
            "measurements": figures,
        }
        (tmp_path / "one.json").write_text(json.dumps(one), encoding="utf-8")
        (tmp_path / "weights.csv").write_text(
            'weighting,rule.trained\na,10\nb,"0,00"\n', encoding="utf-8"
        )
        assert (
            main(
                [
                    "sensitivity",
                    "one.json",
                    "--weightings",
                    "weights.csv",
                    "--output",
                    "out.csv",
                ]
            )
            == 0
        )
        found = pl.read_csv("out.csv", infer_schema=False)
        assert found.select("row", "weighting", "index", "band").rows() == [
            ("1", "a", "59.44", "poor"),
            ("2", "b", "66.04", "good"),
        ]
        assert (
            main(
                [
                    "sensitivity",
                    "one.json",
                    "--weightings",
                    "weights.csv",
                    "--lang",
                    "en",
                ]
            )
            == 2
        )
        assert ".parquet" in capsys.readouterr().err
        (tmp_path / "weights.csv").write_text("rule.trained\nmuch\n", encoding="utf-8")
        assert (
            main(
                [
                    "sensitivity",
                    "one.json",
                    "--weightings",
                    "weights.csv",
                    "--output",
                    "out.csv",
                    "--lang",
                    "en",
                ]
            )
            == 4
        )
        refusal = capsys.readouterr().err
        assert "weighting[1].rule.trained\n    “much” is no weight" in refusal
        assert "with at most 2 decimal places" in refusal


class TestRefused:
    @pytest.mark.parametrize("wrong", [-1, 10**9 + 1, 2**62, None])
    def test_whole_numbers(self, wrong):
        assert problems_of({"rule.trained": [1, wrong]}) == [
            ("weight-unread", ("weighting", 1, "rule.trained"))
        ]

    @pytest.mark.parametrize(
        "wrong",
        [
            "",
            "much",
            "1.212",
            "0.001",
            "-1",
            "1e9",
            "9" * 50,
            float("nan"),
            float("inf"),
            0.125,
            1e300,
            True,
        ],
    )
    def test_others(self, wrong):
        assert (
            problems_of(pl.DataFrame({"rule.trained": [wrong]}))[0][0]
            == "weight-unread"
        )

    @pytest.mark.parametrize(
        "wrong", ["0.001", "-0.01", "1000000000.01", "9999999999999999999999.99"]
    )
    def test_decimals(self, wrong):
        table = pl.DataFrame(
            {
                "rule.trained": pl.Series(
                    [Decimal(1), Decimal(wrong)], dtype=pl.Decimal(38, 3)
                )
            }
        )
        assert problems_of(table) == [
            ("weight-unread", ("weighting", 1, "rule.trained"))
        ]

    def test_every_wrong_weight_is_told_up_to_a_limit(self):
        assert (
            len(problems_of({"rule.trained": [-1] * 15, "rule.posted": [-1] * 15}))
            == module.MOST_PROBLEMS
        )

    def test_columns(self):
        table = {
            "rule.trained": [1],
            "rule.noted": [1],
            "group.note": [1],
            "index": [1],
        }
        assert problems_of(table) == [
            ("weight-column", (name,)) for name in ("group.note", "index", "rule.noted")
        ]
        assert problems_of({"rule.trained": [1], "group.work": [1]}) == [
            ("weights-of-both", ())
        ]

    def test_rules_under_caps_within_caps(self):
        """Of three rules of 2 points under caps of 3 and 4 points one is met: 2 of 4, whatever the area weighs."""
        rules = parse_rules(TWO_CAPS)
        submission = {
            "format": 1,
            "ruleset": "two-caps",
            "unit": "Xã A",
            "period": "2023",
            "measurements": {"first": True, "second": False, "third": False},
        }
        report = score(rules, load_measurements(submission, rules))
        with pytest.raises(SubmissionError) as refused:
            score_weightings(report, {"rule.first": [1]})
        assert [one.code for one in refused.value.problems] == ["weights-of-rules"]
        [value] = score_weightings(report, {"group.work": [9]})["index"]
        assert str(value) == "50.00"

    def test_roundings_of_their_own(self):
        report = report_of(RULES.replace("scale = 100", "scale = 100\nrounding = {}"))
        with pytest.raises(SubmissionError) as refused:
            score_weightings(report, {"group.work": [1]})
        assert [one.code for one in refused.value.problems] == ["weights-of-rules"]

    def test_results(self):
        with pytest.raises(ValueError, match=r"no such results: rule\.state"):
            score_weightings(
                report_of(), {"rule.trained": [1]}, results=("rule.state",)
            )
        with pytest.raises(ValueError, match=r"no such results: rule\.lost"):
            score_weightings(report_of(), {"group.work": [1]}, results=("rule.lost",))

    def test_numbers_that_nothing_holds(self, monkeypatch):
        monkeypatch.setattr(module, "WIDTHS", ((pl.Int64, 3),))
        assert problems_of({"rule.trained": [1]}) == [("weights-too-long", ())]


def weighable(document, submission):
    """The rules whose points are a share of their weight, by the form of their deduction alone."""
    return [
        id_
        for id_, rule in document["rule"].items()
        if rule["deduction"] in ("all_or_nothing", "proportional")
        and "lowest" not in rule
        and id_ not in submission.get("points", {})
    ]


class TestLaw:
    @given(st.data())
    def test_rules_as_the_oracle_scores_them(self, data):
        """The oracle reads the rule set with the other weights written into it."""
        text, document, submission = data.draw(cases(kinds=False))
        assume(compile_rules(parse_rules(text)).in_columns)
        places = document["index"].get("places", 2)
        weights = st.integers(1, 10**4).map(
            lambda ticks: Decimal(ticks).scaleb(-places)
        )
        rows = data.draw(
            st.lists(
                st.fixed_dictionaries(
                    dict.fromkeys(weighable(document, submission), weights)
                ),
                min_size=1,
                max_size=3,
            )
        )
        rules = parse_rules(text)
        table = pl.DataFrame(
            {
                f"rule.{id_}": pl.Series(
                    [row[id_] for row in rows], dtype=pl.Decimal(20, 4)
                )
                for id_ in rows[0]
            }
        )
        found = score_weightings(
            score(rules, load_measurements(submission, rules)),
            table if rows[0] else {"weighting": [1] * len(rows)},
            results=("index", "exact", "lowest", "highest", "supported", "band"),
        )
        for row, weighed in zip(rows, found.iter_rows(named=True), strict=True):
            other = copy.deepcopy(document)
            for id_, weight in row.items():
                other["rule"][id_]["weight"] = weight
            wanted = oracle(other, submission)
            for name in ("index", "lowest", "highest", "supported"):
                assert (
                    weighed[name] == wanted["index"][{"index": "value"}.get(name, name)]
                )
            exact = None
            if weighed["index.numerator"] is not None:
                exact = Fraction(
                    int(weighed["index.numerator"]), int(weighed["index.denominator"])
                )
            assert exact == wanted["index"]["exact"]

    @given(st.data())
    def test_areas_as_sensitivity_weighs_them(self, data):
        text, _, submission = data.draw(cases())
        rules = parse_rules(text)
        report = score(rules, load_measurements(submission, rules))
        assume(not report.scoring.compiled.rounds_its_own_way)
        study = Study(report, Fraction(20), None, Together())
        weights = [data.draw(st.integers(1, 10**5)) for _ in study.areas]
        table = {
            f"group.{id_}": [weight]
            for id_, weight in zip(study.areas, weights, strict=True)
        }
        found = score_weightings(
            report, table or {"weighting": [1]}, results=("index", "exact", "band")
        )
        wanted = study.under([Fraction(weight) for weight in weights]).scoring
        if report.index.value is None:
            assert found.row(0, named=True)["index"] is None
            return
        assert found["index"][0] * wanted.compiled.unit == wanted.index.value
        assert (
            Fraction(
                int(found["index.numerator"][0]), int(found["index.denominator"][0])
            )
            == wanted.index.exact
        )
        band = wanted.banding().band
        assert found["band"][0] == (band and band.id)


def test_the_plan():
    """Its own weights give its own figures, whatever their number."""
    rules = packaged("cam-due-2023")
    report = score(rules, load_measurements("examples/cam-due-2023.json", rules))
    plan, results = (
        report.scoring.compiled,
        ("index", "supported", "lowest", "highest", "band", "rule.lost", "group.lost"),
    )
    own = {
        f"rule.{id_}": [str(Decimal(worth.weight) / 100)]
        for id_, worth in zip(plan.names, plan.worths, strict=True)
    }
    row = score_weightings(report, own, results=results, decimals=False).row(
        0, named=True
    )
    assert row["index"] == report.scoring.index.value
    assert [row[name] for name in ("supported", "lowest", "highest")] == [
        getattr(report.scoring, name).value
        for name in ("supported", "lowest", "highest")
    ]
    assert [row[f"rule.{id_}.lost"] for id_ in plan.names] == [
        report.scoring.lost(at) for at in range(len(plan.names))
    ]
