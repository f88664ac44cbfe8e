"""The plan's rules by hand in Polars, over 64-bit integers, as one who knows Polars well would write them.

The index and the points lost for each rule, in hundredths. It trusts every cell, knows
no states and no reasons, and fits this one plan.
"""

from datetime import date

import polars as pl
from plan_table import ROWS

EPOCH = date(1970, 1, 1).toordinal()


def share(rule, target, weight, _):
    n, d = pl.col(f"{rule}.numerator"), pl.col(f"{rule}.denominator")
    earned = (n * (200 * weight) + d * target) // (d * (2 * target))
    return weight - (
        earned if target == 100 else pl.min_horizontal(earned, pl.lit(weight))
    )


def yes(rule, target, weight, _):
    return pl.when(pl.col(rule)).then(0).otherwise(weight)


def count(rule, target, weight, _):
    return (
        pl.when(pl.col(f"{rule}.items").list.len() >= target).then(0).otherwise(weight)
    )


def fewer(rule, target, weight, _):
    points = (weight * (100 - 20 * (target - pl.col(rule)))).clip(0, 100 * weight)
    return weight - (2 * points + 100) // 200


def late(rule, target):
    return pl.col(rule).to_physical().cast(pl.Int64) + (EPOCH - target)


def late_months(rule, target, weight, _):
    quarters = (4 - (late(rule, target) + 29) // 30).clip(0, 4)
    return weight - (2 * weight * quarters + 4) // 8


def late_tiers(rule, target, weight, _):
    days = late(rule, target)
    return (
        pl.when(days <= 0)
        .then(0)
        .when(days <= 15)
        .then(weight - (weight + 1) // 2)
        .otherwise(weight)
    )


def level(rule, target, weight, words):
    lost = [0, weight - (weight + 1) // 2, weight]
    return pl.col(rule).replace_strict(
        dict(zip(words, lost, strict=True)), return_dtype=pl.Int64
    )


def revenue(rule, target, weight, _):
    n, d = 100 * pl.col(f"{rule}.numerator"), pl.col(f"{rule}.denominator")
    half = weight - (weight + 1) // 2
    return (
        pl.when(n > target * d).then(0).when(n >= 95 * d).then(half).otherwise(weight)
    )


def rank(rule, before, weight, _):
    best = pl.max_horizontal(pl.col(before) - 1, pl.lit(1))
    return pl.when(pl.col(rule) <= best).then(0).otherwise(weight)


KINDS = {
    "share": share,
    "yes": yes,
    "count": count,
    "fewer": fewer,
    "late_months": late_months,
    "late_tiers": late_tiers,
    "level": level,
    "revenue": revenue,
    "rank": rank,
}


def shares(row):
    return row[4] in ("share", "share!", "revenue")


def given(row):
    """The columns without which there is no figure."""
    metric = row[3]
    if row[4] == "rank":
        return [metric, row[5]]
    part = ".denominator" if shares(row) else ".items" if row[4] == "count" else ""
    return [metric + part]


def gone(row):
    """Where a rule does not apply."""
    named = [
        f"{name}.not_applicable"
        for name in ([row[3], row[5]] if row[4] == "rank" else [row[3]])
    ]
    found = pl.any_horizontal(pl.col(name).is_not_null() for name in named)
    if row[4] == "rank":  # a rank that is missing comes before one that does not apply
        known = [
            pl.col(name).is_not_null() | pl.col(f"{name}.not_applicable").is_not_null()
            for name in (row[3], row[5])
        ]
        found = found & known[0] & known[1]
    return (
        found | (pl.col(f"{row[3]}.denominator") == 0).fill_null(False)
        if shares(row)
        else found
    )


def lost(row, words):
    rule, kind, target, weight = row[3], row[4], row[5], row[6]
    points = KINDS[kind.rstrip("!")](rule, target, weight, words)
    without = pl.any_horizontal(pl.col(name).is_null() for name in given(row))
    left = weight if kind.endswith("!") else 0
    return (
        pl.when(pl.col(f"|{row[0]}"))
        .then(left)
        .when(without)
        .then(weight)
        .otherwise(points)
    )


def program(levels):
    """Return what scores a table; `levels` are the words of the one metric that has any."""
    marks = [gone(row).alias(f"|{row[0]}") for row in ROWS]
    points = [lost(row, levels).alias(f"rule.{row[0]}.lost") for row in ROWS]
    whole = sum(row[6] for row in ROWS)
    out = [
        pl.when(pl.col(f"|{row[0]}")).then(row[6]).otherwise(0)
        for row in ROWS
        if not row[4].endswith("!")
    ]
    left = whole - pl.sum_horizontal(out)
    earned = pl.col("|left") - pl.sum_horizontal(f"rule.{row[0]}.lost" for row in ROWS)
    index = (earned * 20000 + pl.col("|left")) // (2 * pl.col("|left"))

    def run(frame):
        found = (
            frame.lazy().with_columns(marks).with_columns(left.alias("|left"), *points)
        )
        return found.select(
            index.alias("index"), *(f"rule.{row[0]}.lost" for row in ROWS)
        ).collect()

    return run
