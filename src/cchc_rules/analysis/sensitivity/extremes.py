"""What other weights would make of an index: exact extremes over a range of weights, as a programme
over fractions.

An index before rounding is its scale times Σ wᵢeᵢ / Σ wᵢrᵢ: `weight` w of an area in points,
`earned` e and `left` r the parts of it that were earned and that remain to be scored. Every weight
may move by a part p of itself, and the sum of all stays. Such weights are w + pδ with |δᵢ| ≤ wᵢ and
Σ δᵢ = 0, where δ knows nothing of p: for a ratio λ the best δ gives to the areas with the largest
eᵢ − λrᵢ and takes from the others. So the largest Σ wᵢ(eᵢ − λrᵢ) is a straight line in p.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

NONE = Fraction(0)
ONE = Fraction(1)


class Area(NamedTuple):
    """An area: its weight in points, and the parts of it that were earned and that are left to be
    scored.
    """

    weight: Fraction
    earned: Fraction
    left: Fraction


Weights = list[Fraction]


class Extreme(NamedTuple):
    """The extreme ratio of points earned to points left, and weights that give it."""

    ratio: Fraction
    weights: Weights


class Reach(NamedTuple):
    """The least part p of each weight that takes the ratio to an edge; not `attained`: any more
    than p does.

    `moves` is δ: the weights that do it are w + pδ.
    """

    part: Fraction
    attained: bool
    moves: Weights

    def weights(self, areas: Sequence[Area]) -> Weights:
        """Return the weights at that part."""
        return moved(areas, self.moves, self.part)


def ratio(areas: Sequence[Area], weights: Weights) -> Fraction:
    """Return the points earned over the points left under some weights."""
    earned = sum(
        (weight * area.earned for area, weight in zip(areas, weights, strict=True)),
        NONE,
    )
    return earned / sum(
        (weight * area.left for area, weight in zip(areas, weights, strict=True)), NONE
    )


def given(areas: Sequence[Area]) -> Weights:
    """Return the weights as they are."""
    return [area.weight for area in areas]


def moved(areas: Sequence[Area], moves: Weights, part: Fraction) -> Weights:
    """Return the weights moved by a part of the moves."""
    return [area.weight + part * move for area, move in zip(areas, moves, strict=True)]


def gains(areas: Sequence[Area], at: Fraction, sign: int) -> Weights:
    """Return how much a point more of each area lifts (sign 1) or lowers (sign -1) the index
    against a ratio.
    """
    return [sign * (area.earned - at * area.left) for area in areas]


def best_moves(areas: Sequence[Area], values: Weights) -> Weights:
    """Return the moves, none beyond the weight itself and with sum 0, that gain most: half of all
    weight gives.
    """
    if len(set(values)) <= 1:
        return [NONE] * len(areas)
    total = sum(given(areas), NONE)
    moves = [NONE] * len(areas)
    room = total
    for at in sorted(range(len(areas)), key=lambda at: -values[at]):
        taken = min(2 * areas[at].weight, room)
        moves[at], room = taken - areas[at].weight, room - taken
    return moves


def extreme(areas: Sequence[Area], part: Fraction, sign: int) -> Extreme:
    """Return the highest (sign 1) or lowest (sign -1) ratio when weights move by at most a part of
    themselves, below 1.

    Each round takes the best weights for the ratio found so far (Dinkelbach): it ends, there are
    few such weights.
    """
    weights = given(areas)
    found = ratio(areas, weights)
    while True:
        tried = moved(areas, best_moves(areas, gains(areas, found, sign)), part)
        better = ratio(areas, tried)
        if sign * (better - found) <= 0:
            return Extreme(found, weights)
        found = better
        weights = tried


def reach(
    areas: Sequence[Area], edge: Fraction, sign: int, *, closed: bool
) -> Reach | None:
    """Return the least part of the weights that lifts the ratio to an edge (sign 1) or lowers it
    there (sign -1).

    `closed`: standing on the edge is enough. None when no part below 1 does it.
    """
    values = gains(areas, edge, sign)
    moves = best_moves(areas, values)
    lack = -sum(
        (area.weight * value for area, value in zip(areas, values, strict=True)), NONE
    )
    gain = sum((move * value for move, value in zip(moves, values, strict=True)), NONE)
    if not gain or lack >= gain:
        return None
    return Reach(lack / gain, closed, moves)


class Points(NamedTuple):
    """What areas come to together, in points: their weight, what was earned, and what is left to be
    scored.
    """

    weight: Fraction
    earned: Fraction
    left: Fraction


def points(areas: Sequence[Area]) -> Points:
    """Return what areas come to together."""
    return Points(
        sum((area.weight for area in areas), NONE),
        sum((area.weight * area.earned for area in areas), NONE),
        sum((area.weight * area.left for area in areas), NONE),
    )


def alone(whole: Points, area: Area, part: Fraction) -> Fraction:
    """Return the weight of one area moved by a part of itself, for which the others make up.

    An area that holds more than half of all weight moves no further than the others can, each by
    that part.
    """
    return area.weight + part * min(area.weight, whole.weight - area.weight)


def ratio_alone(whole: Points, area: Area, weight: Fraction) -> Fraction:
    """Return the ratio under another weight of one area; the others make up for it, each in
    proportion.
    """
    rest = whole.weight - area.weight
    kept = (whole.weight - weight) / rest if rest else ONE
    earned, left = (
        weight * own + kept * (of_all - area.weight * own)
        for own, of_all in ((area.earned, whole.earned), (area.left, whole.left))
    )
    return earned / left
