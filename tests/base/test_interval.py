"""Intervals, held against a walk over a fine grid."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cchc_rules.base.interval import Interval, uncovered
from cchc_rules.scoring.evaluators import within

GRID = [Fraction(at, 2) for at in range(-2, 23)]
EDGE = st.one_of(st.none(), st.integers(0, 10).map(Fraction))
INTERVALS = st.builds(Interval, EDGE, EDGE, st.booleans(), st.booleans())


def inside(interval, value):
    low = interval.low is None or (
        value > interval.low if interval.low_open else value >= interval.low
    )
    high = interval.high is None or (
        value < interval.high if interval.high_open else value <= interval.high
    )
    return low and high


@given(INTERVALS)
def test_holds(interval):
    test = within(interval)
    for value in GRID:
        assert (
            interval.holds(value)
            == inside(interval, value)
            == test((value.numerator, value.denominator))
        )


@given(INTERVALS)
def test_empty(interval):
    closed = [value for value in GRID if inside(interval, value)]
    assert interval.empty == (not closed)


@given(INTERVALS, INTERVALS)
def test_meets(one, other):
    both = one.meets(other)
    for value in GRID:
        assert inside(both, value) == (inside(one, value) and inside(other, value))


@given(INTERVALS, st.lists(INTERVALS, max_size=4))
def test_uncovered_is_what_is_left(domain, parts):
    gaps = uncovered(domain, [part for part in parts if not part.empty])
    for value in GRID:
        left = inside(domain, value) and not any(inside(part, value) for part in parts)
        assert any(inside(gap, value) for gap in gaps) == left


@pytest.mark.parametrize(
    "interval",
    [
        Interval(Fraction(1), Fraction(5), True, True),
        Interval(Fraction(1, 2), Fraction(9, 2)),
    ],
)
def test_whole_numbers_alone(interval):
    whole = interval.whole_only()
    for value in GRID:
        if value.denominator == 1:
            assert inside(whole, value) == inside(interval, value)
    assert (whole.low_open, whole.high_open) == (False, False)


@given(INTERVALS, INTERVALS.filter(lambda other: not other.empty))
def test_without_is_what_the_other_leaves(one, other):
    parts = one.without(other)
    for value in GRID:
        assert any(inside(part, value) for part in parts) == (
            inside(one, value) and not inside(other, value)
        )
    assert not any(part.empty for part in parts)


@given(INTERVALS)
def test_whole_numbers_of_any_interval(interval):
    whole = interval.whole_only()
    for value in range(-2, 13):
        assert inside(whole, Fraction(value)) == inside(interval, Fraction(value))


@given(INTERVALS, st.lists(INTERVALS, max_size=4))
def test_gaps_come_lowest_first_and_apart(domain, parts):
    gaps = uncovered(domain, [part for part in parts if not part.empty])
    lows = [gap.low if gap.low is not None else Fraction(-99) for gap in gaps]
    assert lows == sorted(lows)
    for at, gap in enumerate(gaps):
        assert not gap.empty
        assert all(gap.meets(other).empty for other in gaps[at + 1 :])


@given(INTERVALS, INTERVALS, INTERVALS)
def test_meeting_has_no_order(one, two, three):
    both = one.meets(two)
    for value in GRID:
        assert inside(both, value) == inside(two.meets(one), value)
        assert inside(both.meets(three), value) == inside(
            one.meets(two.meets(three)), value
        )


def test_an_empty_domain_has_no_gaps():
    assert uncovered(Interval(Fraction(2), Fraction(1)), []) == []
    assert uncovered(Interval(), []) == [Interval()]
