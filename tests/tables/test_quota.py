"""Quotas on bands, worked by hand (clause M2): at most so many units, by index, then by points of groups."""

import json
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cchc_rules import SubmissionError, parse_rules, rank_table
from cchc_rules.cli.main import main
from cchc_rules.render.ranking import render
from cchc_rules.tables.province.overview import overview
from cchc_rules.tables.province.ranking_document import ranking

RULES = """
format = 1
[ruleset]
id = "quota"
version = "1"
title = "Quota"
language = "vi"
valid = { from = 2023-01-01, until = 2023-12-31 }
[group.v]
title = { vi = "Nhóm V", en = "Group V" }
[group.bonus]
title = { vi = "Điểm thưởng", en = "Bonus" }
kind = "bonus"
cap = 5
[rule.v]
group = "v"
title = "v"
source = ["V"]
weight = 100
deduction = "manual"
[rule.more]
group = "bonus"
title = "more"
source = ["VI"]
weight = 5
deduction = "manual"
[[band]]
id = "excellent"
title = { vi = "Xuất sắc", en = "Excellent" }
from = 90
[[band]]
id = "good"
title = { vi = "Tốt", en = "Good" }
from = 80
below = 90
[[band]]
id = "fair"
title = { vi = "Khá", en = "Fair" }
below = 80
"""
QUARTER = (
    RULES
    + '[[band_quota]]\nband = "excellent"\npercent = 25\norder = ["bonus", "v"]\nsource = ["VII.2"]\n'
)


def results(*units):
    """Results of units, each its index and, where it says so, its bonus."""
    rows = []
    for number, (index, bonus) in enumerate(units, 1):
        band = "fair"
        if index >= 80:
            band = "good"
        if index >= 90:
            band = "excellent"
        rows.append(
            {
                "row": number,
                "unit": f"Xã {number:02}",
                "district": "Đông" if number % 2 else "Tây",
                "period": "2023",
                "index": Decimal(index),
                "index.numerator": index,
                "index.denominator": 1,
                "band": band,
                "group.v.earned": Decimal(index - bonus),
                "group.v.lost": Decimal(100 - index + bonus),
                "group.bonus.earned": Decimal(bonus),
                "group.bonus.lost": Decimal(5 - bonus),
                "rule.v.lost": Decimal(100 - index + bonus),
                "rule.more.lost": Decimal(5 - bonus),
            }
        )
    return pl.DataFrame(rows)


ELEVEN = results(
    (95, 0), (91, 0), (93, 0), (85, 0), (84, 0), (83, 0), (70, 0), (69, 0), (60, 0),
    (50, 0), (40, 0),
)  # fmt: skip


def moved(table):
    """What quotas have changed: unit, band, band before, why."""
    changed = table.filter(pl.col("quota").is_not_null())
    return changed.select("unit", "band", "band_before_quota", "quota").rows()


def test_a_quarter_of_eleven_units_is_two():
    found = rank_table(ELEVEN, rules=parse_rules(QUARTER))
    assert moved(found) == [("Xã 02", "good", "excellent", "beyond")]
    assert found.filter(pl.col("band") == "excellent")["unit"].to_list() == [
        "Xã 01",
        "Xã 03",
    ]


def test_without_the_rules_bands_are_as_they_were_scored():
    found = rank_table(ELEVEN)
    assert "quota" not in found.columns
    assert found["band"].to_list().count("excellent") == 3


@pytest.mark.parametrize(
    ("units", "gone"),
    [
        # Two of eight: among the three of 92 the bonus decides for two.
        ([(92, 1), (92, 3), (92, 2)], [("Xã 01", "beyond")]),
        # All three are equal: no room for all, so for none.
        ([(92, 1), (92, 1), (92, 1)], [(f"Xã 0{n}", "equal") for n in (1, 2, 3)]),
        # One is better, and the two that are equal below it have room for one only.
        ([(95, 0), (92, 1), (92, 1)], [("Xã 02", "equal"), ("Xã 03", "equal")]),
        # The room is full when the equal ones come.
        ([(95, 0), (94, 0), (92, 1), (92, 1)], [("Xã 03", "beyond"), ("Xã 04", "beyond")]),
    ],
)  # fmt: skip
def test_who_is_beyond_is_decided_by_index_then_bonus_never_guessed(units, gone):
    others = [(50, 0)] * (8 - len(units))
    found = rank_table(results(*units, *others), rules=parse_rules(QUARTER))
    assert [(unit, why) for unit, _, _, why in moved(found)] == gone


def test_who_leaves_a_band_counts_for_the_quota_of_the_next():
    two = QUARTER + '[[band_quota]]\nband = "good"\nunits = 2\n'
    found = rank_table(ELEVEN, rules=parse_rules(two))
    assert moved(found) == [
        ("Xã 02", "good", "excellent", "beyond"),
        ("Xã 05", "fair", "good", "beyond"),
        ("Xã 06", "fair", "good", "beyond"),
    ]


def test_the_percentage_is_of_all_known_units_where_the_rules_say_so():
    whole = QUARTER.replace("percent = 25", 'percent = 25\nof = "all"')
    units = {"unit": [f"Xã {n:02}" for n in range(1, 13)], "district": [None] * 12}
    table = ELEVEN.with_columns(district=pl.lit(None, pl.String))
    # A quarter of twelve is three: the twelfth has not handed in.
    assert moved(rank_table(table, units=units, rules=parse_rules(whole))) == []
    assert moved(rank_table(table, units=units, rules=parse_rules(QUARTER))) != []


def test_each_group_of_units_may_have_a_quota_of_its_own():
    own = QUARTER.replace("percent = 25", 'units = 1\nwithin = "district"')
    found = rank_table(ELEVEN, rules=parse_rules(own))
    # Đông has 01 and 03, Tây has 02.
    assert [unit for unit, *_ in moved(found)] == ["Xã 03"]


def test_a_unit_without_an_index_is_in_no_band_and_takes_no_room():
    empty = ELEVEN.with_columns(
        [
            pl.when(pl.col("row") == 11).then(None).otherwise(pl.col(name)).alias(name)
            for name in ("index", "index.numerator", "index.denominator", "band")
        ]
    )
    # A quarter of ten is two as well.
    assert moved(rank_table(empty, rules=parse_rules(QUARTER))) == [
        ("Xã 02", "good", "excellent", "beyond")
    ]


@given(
    st.lists(
        st.tuples(st.integers(40, 100), st.integers(0, 5)), min_size=1, max_size=14
    ),
    st.integers(0, 100),
)
def test_never_more_units_than_the_quota_and_nobody_rises(units, percent):
    rules = parse_rules(QUARTER.replace("percent = 25", f"percent = {percent}"))
    units = [(max(index, bonus), bonus) for index, bonus in units]
    found = rank_table(results(*units), rules=rules)
    excellent = found.filter(pl.col("band") == "excellent")
    assert excellent.height <= len(units) * percent // 100
    assert (
        found.sort("unit")["rank"].to_list()
        == rank_table(results(*units)).sort("unit")["rank"].to_list()
    )
    lowest_kept = excellent["index"].min()
    for unit, band, before, _ in moved(found):
        assert (band, before) == ("good", "excellent"), unit
        index = found.filter(pl.col("unit") == unit)["index"][0]
        assert lowest_kept is None or index <= lowest_kept


def test_results_without_the_points_that_decide_are_refused():
    with pytest.raises(SubmissionError, match=r"group\.bonus\.earned"):
        rank_table(ELEVEN.drop("group.bonus.earned"), rules=parse_rules(QUARTER))


def test_ranking_and_overview_say_it_in_both_languages(tmp_path, capsys):
    rules = parse_rules(QUARTER)
    document = ranking(ELEVEN, rules=rules, lang="en")
    (unit,) = [unit for unit in document["units"] if unit["quota"]]
    assert (unit["band"], unit["band_title"]) == ("good", "Good")
    assert unit["band_before_quota_title"] == "Excellent"
    text = render(document, "text", width=200)
    assert "“Excellent” by its index; the quota is filled" in text
    assert "at most 25 % of the units that have an index" in text
    assert "points of these decide: Bonus; Group V" in text
    counts = {
        band["id"]: band["units"] for band in overview(rules, ELEVEN, document)["bands"]
    }
    assert counts == {"excellent": 2, "good": 4, "fair": 5}
    (tmp_path / "quota.toml").write_text(QUARTER, encoding="utf-8")
    ELEVEN.write_csv(tmp_path / "out.csv")
    code = main(
        ["rank", str(tmp_path / "out.csv"), "--rules", str(tmp_path / "quota.toml")]
    )
    assert code == 0
    assert "Theo chỉ số là “Xuất sắc”; hạn mức đã đủ" in " ".join(
        capsys.readouterr().out.split()
    )
    main(["doc", str(tmp_path / "quota.toml"), "--lang", "en"])
    assert "“Excellent”: at most 25 %" in capsys.readouterr().out
    code = main(
        [
            "rank",
            str(tmp_path / "out.csv"),
            "--rules",
            str(tmp_path / "quota.toml"),
            "--format",
            "json",
        ]
    )
    assert json.loads(capsys.readouterr().out)["quotas"]
    assert code == 0
