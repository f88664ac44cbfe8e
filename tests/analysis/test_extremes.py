"""Other weights of areas: exact extremes against every vertex, and the least change that reaches an edge."""

from fractions import Fraction
from itertools import product

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from searches import mostly_tests, tests_something

from cchc_rules.analysis.sensitivity import extreme_weights as extremes
from cchc_rules.analysis.sensitivity.extreme_weights import Area

F = Fraction
TEN = [
    Area(F(10), F(1, 2), F(1)),
    Area(F(30), F(1), F(1)),
    Area(F(60), F(1, 4), F(1, 2)),
]
"""5 + 30 + 15 points earned of 10 + 30 + 30 left: 50/70."""


def vertices(areas, part):
    """Every corner of the weights: all but one at an end of its range, that one by the sum of all."""
    total = sum(area.weight for area in areas)
    ends = [(area.weight * (1 - part), area.weight * (1 + part)) for area in areas]
    for free in range(len(areas)):
        others = [ends[at] if at != free else (None,) for at in range(len(areas))]
        for chosen in product(*others):
            own = total - sum(weight for weight in chosen if weight is not None)
            if ends[free][0] <= own <= ends[free][1]:
                yield [own if weight is None else weight for weight in chosen]


def by_hand(areas, weights):
    earned = sum(
        weight * area.earned for area, weight in zip(areas, weights, strict=True)
    )
    return earned / sum(
        weight * area.left for area, weight in zip(areas, weights, strict=True)
    )


def alone(areas, at, part):
    """The weight of one area moved by a part of itself, and the ratio that it gives."""
    whole = extremes.points(areas)
    weight = extremes.single_weight(whole, areas[at], part)
    return weight, extremes.single_ratio(whole, areas[at], weight)


parts = st.fractions(0, F(39, 40), max_denominator=40)


@st.composite
def areas(draw, least=1):
    found = []
    for _ in range(draw(st.integers(least, 5))):
        left = draw(st.sampled_from([F(1), F(1), F(1), F(1, 2), F(3, 4), F(0)]))
        earned = draw(st.fractions(F(-1, 5) if left else 0, left, max_denominator=20))
        found.append(Area(F(draw(st.integers(1, 200)), 10), earned, left))
    if not any(area.left for area in found):
        found[0] = Area(found[0].weight, F(1, 3), F(1))
    return found


def unlike(found):
    """Whether other weights of the areas give another ratio."""
    ways = {area.earned / area.left for area in found if area.left}
    return len(ways) > 1


class TestByHand:
    def test_as_it_is(self):
        assert extremes.ratio(TEN, extremes.stated_weights(TEN)) == F(5, 7)

    def test_the_highest(self):
        """λ near 5/7: the second area gains 2/7 a point, the third loses 3/28, the first loses 3/14.

        20 of 100 points may move: 30 → 36 takes 6, of which the first area gives all it may, 2, and the third 4.
        """
        found = extremes.extreme(TEN, F(1, 5), 1)
        assert found.weights == [8, 36, 56]
        assert found.ratio == F(4 + 36 + 14, 8 + 36 + 28) == F(3, 4)

    def test_the_lowest(self):
        found = extremes.extreme(TEN, F(1, 5), -1)
        assert found.weights == [12, 24, 64]
        assert found.ratio == F(6 + 24 + 16, 12 + 24 + 32) == F(23, 34)

    def test_the_least_change_that_reaches_an_edge(self):
        """3/4 is what 20 % reaches, so 3/4 needs 20 %: to the last digit."""
        found = extremes.reach(TEN, F(3, 4), 1, closed=True)
        assert found.part == F(1, 5)
        assert found.attained
        assert found.weights(TEN) == [8, 36, 56]

    def test_downwards(self):
        found = extremes.reach(TEN, F(23, 34), -1, closed=False)
        assert found.part == F(1, 5)
        assert not found.attained

    def test_standing_on_an_edge(self):
        assert extremes.reach(TEN, F(5, 7), 1, closed=False).part == 0

    def test_out_of_reach(self):
        assert extremes.reach(TEN, F(99, 100), 1, closed=True) is None

    def test_areas_alike_cannot_move_it(self):
        alike = [Area(F(10), F(1, 2), F(1)), Area(F(30), F(1, 2), F(1))]
        assert extremes.extreme(alike, F(1, 2), 1).weights == [10, 30]
        assert extremes.reach(alike, F(3, 5), 1, closed=True) is None

    def test_an_area_that_is_excluded_takes_weight_from_the_others(self):
        """With the first area gone, raising it leaves less of the better one: 10 of 20 to 15 of 15 + 5."""
        gone = [
            Area(F(10), F(0), F(0)),
            Area(F(10), F(1), F(1)),
            Area(F(10), F(0), F(1)),
        ]
        assert extremes.extreme(gone, F(1, 2), 1).ratio == F(3, 4)

    def test_one_alone(self):
        """10 → 12: the other 90 give 2, so 30 becomes 30 × 88/90 and 60 becomes 60 × 88/90."""
        assert alone(TEN, 0, F(1, 5)) == (12, by_hand(TEN, [12, F(88, 3), F(176, 3)]))
        assert alone(TEN, 0, -F(1, 5)) == (8, by_hand(TEN, [8, F(92, 3), F(184, 3)]))

    def test_one_alone_that_holds_more_than_half(self):
        """60 could go to 72, but the others hold 40 and may give a fifth of it, 8."""
        assert alone(TEN, 2, F(1, 5)) == (68, by_hand(TEN, [8, 24, 68]))

    def test_one_area_has_nobody_to_take_from(self):
        assert alone(TEN[:1], 0, F(1, 5)) == (10, F(1, 2))


class TestLaws:
    @given(areas(), parts)
    def test_extremes_are_those_of_the_vertices(self, found, part):
        ratios = [by_hand(found, weights) for weights in vertices(found, part)]
        assert extremes.extreme(found, part, 1).ratio == max(ratios)
        assert extremes.extreme(found, part, -1).ratio == min(ratios)

    @given(areas(), parts, st.sampled_from([1, -1]))
    def test_the_weights_are_in_range_keep_their_sum_and_give_the_ratio(
        self, found, part, sign
    ):
        extreme = extremes.extreme(found, part, sign)
        assert sum(extreme.weights) == sum(area.weight for area in found)
        for area, weight in zip(found, extreme.weights, strict=True):
            assert abs(weight - area.weight) <= part * area.weight
        assert by_hand(found, extreme.weights) == extreme.ratio

    @given(areas(), st.lists(parts, min_size=2, max_size=2).map(sorted))
    def test_a_wider_range_reaches_no_less_far(self, found, ranges):
        narrow, wide = ranges
        assert (
            extremes.extreme(found, wide, 1).ratio
            >= extremes.extreme(found, narrow, 1).ratio
        )
        assert (
            extremes.extreme(found, wide, -1).ratio
            <= extremes.extreme(found, narrow, -1).ratio
        )

    @mostly_tests
    @given(
        areas(least=2).filter(unlike),
        st.sampled_from([1, -1]),
        st.integers(0, 22),
        st.booleans(),
    )
    def test_the_least_change_is_the_least(self, found, sign, twentieths, closed):
        """The edge lies so far on the way to the farthest ratio that there is, or beyond it."""
        now = extremes.ratio(found, extremes.stated_weights(found))
        far = extremes.extreme(found, F(9999, 10000), sign).ratio
        edge = now + F(twentieths, 20) * (far - now)
        assume(edge != now or not closed)
        reach = extremes.reach(found, edge, sign, closed=closed)
        if reach is None:
            assert sign * (far - edge) < 0 or (far == edge and not closed)
            return
        tests_something()
        assert extremes.extreme(found, reach.part, sign).ratio == edge
        assert by_hand(found, reach.weights(found)) == edge
        more = (reach.part + 1) / 2
        assert sign * (extremes.extreme(found, more, sign).ratio - edge) > 0
        if reach.part:
            assert (
                sign
                * (
                    extremes.extreme(found, reach.part * F(999, 1000), sign).ratio
                    - edge
                )
                < 0
            )

    @given(areas(least=2), parts, st.data())
    def test_one_alone_stays_in_range_and_between_the_extremes(self, found, part, data):
        at = data.draw(st.integers(0, len(found) - 1))
        signed = data.draw(st.sampled_from([part, -part]))
        weight, ratio = alone(found, at, signed)
        total, own = sum(area.weight for area in found), found[at].weight
        assert (weight - own) * signed >= 0
        assert weight != own or not part
        less = (weight - own) / (total - own)
        weights = [
            weight if place == at else area.weight * (1 - less)
            for place, area in enumerate(found)
        ]
        assert ratio == by_hand(found, weights)
        for area, weight in zip(found, weights, strict=True):
            assert abs(weight - area.weight) <= part * area.weight
        low, high = (extremes.extreme(found, part, sign).ratio for sign in (-1, 1))
        assert low <= by_hand(found, weights) <= high


@pytest.mark.parametrize("sign", [1, -1])
def test_no_range_is_no_change(sign):
    assert extremes.extreme(TEN, F(0), sign) == (F(5, 7), [10, 30, 60])
