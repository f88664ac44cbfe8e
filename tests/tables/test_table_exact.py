"""Exact numbers in columns: what they come to is what fractions come to, and no number exceeds its bounds."""

from fractions import Fraction
from math import ceil, floor

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from searches import examples

from cchc_rules.base.number import half_up
from cchc_rules.tables.exact_columns import (
    FALSE,
    TRUE,
    WIDTHS,
    Gauge,
    Whole,
    as_ratio,
    compared,
    every,
    never,
    pick,
    quotient,
    some,
)

NUMBERS = st.integers(-1000, 1000)
FACTORS = st.fractions(-3, 3, max_denominator=9)
STEPS = (
    "+",
    "-",
    "*",
    "over",
    "least",
    "most",
    "times",
    "magnitude",
    "rounded",
    "floor",
    "ceiling",
)


def shown(gauge, ratio, frame):
    """The fractions of each row, and whether each lies within its bounds."""
    for columns in gauge.steps([ratio.n.expr, ratio.d.expr], set()):
        frame = frame.with_columns(columns)
    found = (
        frame.with_columns(above=ratio.n.expr, below=ratio.d.expr)
        .select("above", "below")
        .rows()
    )
    values = [ratio.k * Fraction(n, d) for n, d in found]
    assert all(ratio.low <= value <= ratio.high for value in values), (
        ratio.low,
        ratio.high,
        values,
    )
    assert all(ratio.n.low <= n <= ratio.n.high for n, _ in found)
    return values


WANTED = {
    "+": lambda one, two: one + two,
    "-": lambda one, two: one - two,
    "*": lambda one, two: one * two,
    "over": lambda one, two: one / (two or 1),
    "least": min,
    "most": max,
    "magnitude": lambda one, _: abs(one),
    "rounded": lambda one, _: Fraction(half_up(*one.as_integer_ratio())),
    "floor": lambda one, _: Fraction(floor(one)),
    "ceiling": lambda one, _: Fraction(ceil(one)),
}


def taken(step, one, two, factor, gauge):
    if step == "times":
        return one.times(factor)
    if step in ("rounded", "floor", "ceiling"):
        return quotient(getattr(one, step)(), gauge.number(1))
    if step == "magnitude":
        return one.magnitude()
    method = {"+": "__add__", "-": "__sub__", "*": "__mul__"}.get(step, step)
    return getattr(one, method)(two)


@settings(deadline=None, max_examples=examples(50, wide=150))
@given(
    st.lists(
        st.tuples(NUMBERS, st.integers(1, 40), st.integers(1, 1000)),
        min_size=1,
        max_size=8,
    ),
    st.lists(st.tuples(st.sampled_from(STEPS), FACTORS), max_size=4),
    st.sampled_from([0, 1]),
)
def test_every_step_is_that_of_fractions(rows, steps, width):
    frame = pl.DataFrame(rows, schema=["n", "d", "m"], orient="row").with_columns(
        pl.all().cast(WIDTHS[width][0])
    )
    gauge = Gauge(WIDTHS[width][0])
    one = quotient(
        Whole(gauge, pl.col("n"), -1000, 1000), Whole(gauge, pl.col("d"), 1, 40)
    )
    two = quotient(Whole(gauge, pl.col("m"), 1, 1000), gauge.number(7), Fraction(2, 3))
    values, others = (
        [Fraction(n, d) for n, d, _ in rows],
        [Fraction(2 * m, 21) for *_, m in rows],
    )
    for step, factor in steps:
        if step == "rounded" and one.high > 10**6:
            continue
        one = taken(step, one, two, factor, gauge)
        wanted = (
            (lambda value, _, by=factor: value * by)
            if step == "times"
            else WANTED[step]
        )
        values = [
            wanted(value, other) for value, other in zip(values, others, strict=True)
        ]
    if gauge.peak < 1 << WIDTHS[width][1]:
        assert shown(gauge, one, frame) == values


@pytest.mark.parametrize("sign", ["<=", "<", ">=", ">", "==", "!="])
@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1), st.integers(-3, 3))
def test_comparisons(sign, rows, fixed):
    frame, gauge = pl.DataFrame(rows, schema=["n", "m"], orient="row"), Gauge(pl.Int64)
    one, two = (Whole(gauge, pl.col(name), -1000, 1000) for name in "nm")
    test = {
        "<=": int.__le__,
        "<": int.__lt__,
        ">=": int.__ge__,
        ">": int.__gt__,
        "==": int.__eq__,
        "!=": int.__ne__,
    }[sign]
    pairs = ((one, two), (one, gauge.number(fixed)), (gauge.number(fixed), one))
    wanted = (
        [test(n, m) for n, m in rows],
        [test(n, fixed) for n, _ in rows],
        [test(fixed, n) for n, _ in rows],
    )
    for (left, right), values in zip(pairs, wanted, strict=True):
        assert frame.select(x=compared(sign, left, right))["x"].to_list() == values


@pytest.mark.parametrize(
    ("sign", "one", "other", "wanted"),
    [
        ("<=", (1, 2), (2, 3), TRUE),
        ("<", (1, 2), (2, 3), None),
        ("<", (3, 4), (1, 3), FALSE),
        (">", (3, 4), (1, 2), TRUE),
        (">=", (1, 2), (3, 4), FALSE),
        ("==", (1, 1), (1, 1), TRUE),
        ("==", (1, 2), (3, 4), FALSE),
        ("!=", (1, 2), (3, 4), TRUE),
        ("!=", (1, 2), (2, 4), None),
    ],
)
def test_what_the_bounds_know(sign, one, other, wanted):
    gauge = Gauge(pl.Int64)
    found = compared(
        sign, Whole(gauge, pl.col("n"), *one), Whole(gauge, pl.col("m"), *other)
    )
    known = next((one for one in (TRUE, FALSE) if found is one), None)
    assert known is wanted


def test_conditions():
    column = pl.col("n") > 0
    assert every([TRUE, FALSE, column]) is FALSE
    assert every([TRUE]) is TRUE
    assert every([TRUE, column]) is column
    assert some([FALSE, TRUE, column]) is TRUE
    assert some([FALSE]) is FALSE
    assert some([FALSE, column]) is column
    assert (never(TRUE), never(FALSE)) == (FALSE, TRUE)


def test_what_is_fixed_needs_no_column():
    gauge = Gauge(pl.Int64)
    three, four = gauge.number(3), gauge.number(4)
    assert pick(TRUE, three, four) is three
    assert pick(FALSE, three, four) is four
    assert pick(pl.col("n") > 0, three, gauge.number(3)) is three
    assert (three + four).low == (three + four).high == 7
    assert gauge.total([three, four]).low == 7
    assert gauge.ratio(Fraction(5, 2)).rounded().low == 3
    assert not gauge.kept
    assert gauge.number(1 << 130).low == 1 << 130, (
        "too large for any column, but no column is made of it"
    )
    assert gauge.peak < 1 << 10


def test_steps_that_need_nothing():
    gauge = Gauge(pl.Int64)
    n = Whole(gauge, pl.col("n"), -5, 5)
    ratio = quotient(n, gauge.number(1))
    assert ratio.floor() is n
    assert ratio.times(Fraction(0)).low == 0
    assert ratio.over(gauge.ratio(Fraction(1, 3))).k == 3
    below = quotient(Whole(gauge, pl.col("n"), -5, 0), gauge.number(2))
    assert pl.DataFrame({"n": [-3, 0]}).select(below.rounded().expr.alias("x"))[
        "x"
    ].to_list() == [-2, 0]


def test_the_gauge_remembers_the_largest_number():
    gauge = Gauge(pl.Int64)
    n = Whole(gauge, pl.col("n"), -(10**10), 10**9)
    assert (n * n).high == 10**20
    assert gauge.peak == 10**20


@pytest.mark.parametrize(
    ("low", "high", "most"), [(-7, 3, 7), (-3, 7, 7), (-7, -3, 7), (2, 7, 7)]
)
def test_the_bounds_of_a_magnitude(low, high, most):
    """Of −7 to 3 the largest magnitude is 7: by 3 a column of products would be thought narrow."""
    whole = Whole(Gauge(pl.Int64), pl.col("n"), low, high).magnitude()
    assert (whole.low, whole.high) == (max(low, 0), most)
    ratio = as_ratio(Whole(Gauge(pl.Int64), pl.col("n"), low, high)).magnitude()
    assert (ratio.low, ratio.high) == (max(low, 0), most)
    assert (ratio.n.low, ratio.n.high) == (max(low, 0), most)
