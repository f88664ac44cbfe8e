"""What other weights of the areas would make of an index, to the last digit.

An index before rounding is its scale times the ratio

    Σ wᵢ·earnedᵢ / Σ wᵢ·leftᵢ

where wᵢ is the weight of an area in points, and `earned` and `left` are the parts of it that were
earned and that remain to be scored. Every weight may move by a part p of itself, and the sum of all
weights stays. Two questions are answered: the highest and lowest ratio for a given p (`extreme`),
and the least p that takes the ratio to an edge (`reach`).

The idea. Against a target ratio λ, a point of weight on area i is worth earnedᵢ − λ·leftᵢ: the
ratio is at least λ just when Σ wᵢ·(earnedᵢ − λ·leftᵢ) ≥ 0. Weights that may be reached are
w + p·move, where no move is larger than the weight itself and the moves add up to 0. Which moves
are best does not hang on p: the areas where a point is worth most take all they can, the others
give.

For example: areas of 10, 30 and 60 points earned a half, all and two fifths. The second takes 30,
then the first 10; the third gives 40: moves of +10, +30 and −40. With p = 1/5 the weights are 12,
36 and 52, and the index is 6 + 36 + 20.8 = 62.8 in place of 59. In p the index is 59 + 19·p, so
it comes to 60 at p = 1/19.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import NamedTuple, TypeAlias

NONE = Fraction(0)
ONE = Fraction(1)

# In all functions `sign` is 1 where the ratio is to rise and -1 where it is to fall: turning the
# sign of what a point is worth turns the best into the worst, so that one function does both.

Weights: TypeAlias = list[Fraction]
"""Points by area, in the order of the areas."""


class Area(NamedTuple):
    """An area: its weight in points, and the parts of it that were earned and that are left to be
    scored.
    """

    weight: Fraction
    earned: Fraction
    left: Fraction


Areas: TypeAlias = Sequence[Area]
"""The areas of an index, in the order of the file."""


class Extreme(NamedTuple):
    """The highest or lowest ratio of points earned to points left, and weights that give it."""

    ratio: Fraction
    weights: Weights


class LeastPart(NamedTuple):
    """The least part of each weight that takes the ratio to an edge.

    `attained` says whether so much is enough, or any more is needed. `moves` are those that do it:
    the weights are w + part × move. `part` is below 1: a part of 1/19 is shown as 5.27 %.
    """

    part: Fraction
    attained: bool
    moves: Weights

    def weights(self, areas: Areas) -> Weights:
        """Return the weights at that part."""
        return moved(areas, self.moves, self.part)


def ratio(areas: Areas, weights: Weights) -> Fraction:
    """Return the points earned over the points left under some weights.

    >>> half, all_earned = Area(ONE, ONE / 2, ONE), Area(ONE, ONE, ONE)
    >>> ratio([half, all_earned], [Fraction(10), Fraction(30)])
    Fraction(7, 8)
    """
    earned = NONE
    left = NONE
    for area, weight in zip(areas, weights, strict=True):
        earned += weight * area.earned
        left += weight * area.left
    return earned / left


def stated_weights(areas: Areas) -> Weights:
    """Return the weights as they are."""
    return [area.weight for area in areas]


def moved(areas: Areas, moves: Weights, part: Fraction) -> Weights:
    """Return the weights moved by a part of the moves."""
    pairs = zip(areas, moves, strict=True)
    return [area.weight + part * move for area, move in pairs]


def point_values(areas: Areas, against: Fraction, sign: int) -> Weights:
    """Return what a point more on each area is worth against a ratio, to lift it (sign 1) or to
    lower it (sign -1).
    """
    return [sign * (area.earned - against * area.left) for area in areas]


def best_moves(areas: Areas, values: Weights) -> Weights:
    """Return the moves that gain most, none beyond the weight itself and with sum 0.

    Taking it the other way round, an area starts from nothing and may have up to twice its weight:
    the best areas are filled until all weight is given out.

    Args:
        areas: The areas.
        values: What a point of weight more is worth on each of them, as `point_values` says.
    """
    # Where a point is worth the same everywhere, the weights stay as they are.
    if len(set(values)) <= 1:
        return [NONE] * len(areas)
    moves = [NONE] * len(areas)
    to_give_out = _sum(stated_weights(areas))
    best_first = sorted(range(len(areas)), key=lambda position: -values[position])
    for position in best_first:
        weight = areas[position].weight
        given = min(2 * weight, to_give_out)
        moves[position] = given - weight
        to_give_out -= given
    return moves


def extreme(areas: Areas, part: Fraction, sign: int) -> Extreme:
    """Return the highest (sign 1) or lowest (sign -1) ratio when weights move by at most a part of
    themselves, below 1.

    Each round takes the best weights against the ratio of the round before (Dinkelbach's method).
    It ends: every round but the last goes beyond the one before, and there are as many best weights
    as orders of the areas at most.
    """
    weights = stated_weights(areas)
    reached = ratio(areas, weights)
    while True:
        values = point_values(areas, reached, sign)
        moves = best_moves(areas, values)
        next_weights = moved(areas, moves, part)
        next_ratio = ratio(areas, next_weights)
        # No weights go beyond the ratio that they were chosen against: it is the extreme.
        if sign * (next_ratio - reached) <= 0:
            return Extreme(reached, weights)
        reached = next_ratio
        weights = next_weights


def reach(
    areas: Areas,
    edge: Fraction,
    sign: int,
    *,
    closed: bool,
) -> LeastPart | None:
    """Return the least part of the weights that lifts the ratio to an edge (sign 1) or lowers it
    there (sign -1); None when no part below 1 does it.

    What is lacking to the edge shrinks in a straight line as the part grows: at the weights as they
    are it is −Σ wᵢ·valueᵢ, and a part p takes p·Σ moveᵢ·valueᵢ off it.

    Args:
        areas: The areas.
        edge: The ratio that is to be reached.
        sign: 1 where it is to be reached from below, -1 from above.
        closed: Whether standing on the edge is enough.
    """
    values = point_values(areas, edge, sign)
    moves = best_moves(areas, values)
    lacking = -_product(stated_weights(areas), values)
    gained = _product(moves, values)
    # At part 1 an area would be left without weight, which is no weighting any more.
    if not gained or lacking >= gained:
        return None
    return LeastPart(lacking / gained, closed, moves)


class Points(NamedTuple):
    """What all areas come to together, in points: their weight, what was earned, what is left.

    Areas have their parts of 1 earned and left; here they are weighted, so that they add up.
    """

    weight: Fraction
    earned: Fraction
    left: Fraction


def points(areas: Areas) -> Points:
    """Return what areas come to together."""
    return Points(
        _sum(area.weight for area in areas),
        _sum(area.weight * area.earned for area in areas),
        _sum(area.weight * area.left for area in areas),
    )


def single_weight(whole: Points, area: Area, part: Fraction) -> Fraction:
    """Return the weight of one area moved by a part of itself, for which the others make up.

    An area that holds more than half of all weight moves no further than the others can, each by
    that part.
    """
    others = whole.weight - area.weight
    furthest = min(area.weight, others)
    return area.weight + part * furthest


def single_ratio(whole: Points, area: Area, weight: Fraction) -> Fraction:
    """Return the ratio when one area has another weight and the others make up for it, each in
    proportion.
    """
    others = whole.weight - area.weight
    # An area that is alone has nobody to make up for it, and keeps its weight.
    kept = ONE
    if others:
        kept = (whole.weight - weight) / others
    others_earned = whole.earned - area.weight * area.earned
    others_left = whole.left - area.weight * area.left
    earned = weight * area.earned + kept * others_earned
    left = weight * area.left + kept * others_left
    return earned / left


def _product(first: Weights, second: Weights) -> Fraction:
    """Return the sum of what two lists of numbers come to, multiplied one by one."""
    pairs = zip(first, second, strict=True)
    return _sum(one * other for one, other in pairs)


def _sum(points: Iterable[Fraction]) -> Fraction:
    return sum(points, NONE)
