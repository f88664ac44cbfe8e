"""From the results of rules to groups and the index: exact sums of whole ticks (semantics G1 to
I4).
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from cchc_rules.base.number import half_up
from cchc_rules.scoring.compiled_rules import CompiledGroup, CompiledRuleSet
from cchc_rules.scoring.results import Result


class Total(NamedTuple):
    """The points of a group, in ticks; `rescaled` is the part of `excluded` that shrinks the
    maximum.
    """

    maximum: int
    earned: int
    lost: int
    excluded: int
    rescaled: int
    uncapped: int = 0


class Sum(NamedTuple):
    """The index: its parts and its rounded value in ticks; the unrounded base is
    `numerator`/`denominator` ticks.
    """

    base: Total
    numerator: int
    denominator: int
    rounded_base: int
    bonus: int
    penalty: int
    value: int
    held: bool
    unit: int
    scale: Fraction

    @property
    def exact_base(self) -> Fraction:
        """The base before rounding, in points."""
        return Fraction(self.numerator, self.denominator * self.unit)

    @property
    def exact(self) -> Fraction:
        """The index before rounding, in points, held to the scale where the rounded one is."""
        exact = self.exact_base + Fraction(self.bonus - self.penalty, self.unit)
        return min(exact, self.scale) if self.held else exact


def totals(compiled: CompiledRuleSet, results: Sequence[Result]) -> list[Total]:
    """Return the points of every group, in the plan's order: children before parents."""
    found: list[Total] = []
    for group in compiled.groups:
        if group.mean:
            found.append(mean(group, shares(compiled, group, results)))
        else:
            added = _added(group, results, found)
            found.append(
                added
                if group.kind == "base"
                else capped(group, added.earned, added.lost)
            )
    return found


def _added(
    group: CompiledGroup, results: Sequence[Result], found: list[Total]
) -> Total:
    earned = excluded = rescaled = 0
    for at in group.rules:
        result = results[at]
        earned += result.earned
        if result.excluded:
            excluded += result.excluded
            rescaled += result.excluded if result.rescales else 0
    for at in group.groups:
        child = found[at]
        earned = earned + child.earned
        excluded = excluded + child.excluded
        rescaled = rescaled + child.rescaled
    return Total(
        group.maximum, earned, group.maximum - earned - excluded, excluded, rescaled
    )


def capped(group: CompiledGroup, earned: int, lost: int) -> Total:
    """Return the points of a bonus or penalty pool, held to its cap; it has nothing excluded
    (semantics G3).
    """
    maximum = min(group.cap, group.maximum)
    if group.kind == "bonus":
        held = min(group.cap, earned)
        return Total(maximum, held, maximum - held, 0, 0, earned)
    held = min(group.cap, lost)
    return Total(maximum, maximum - held, held, 0, 0, lost)


class Share(NamedTuple):
    """What rules bring to a mean: the weight that counts, how much of it is shown only, the
    unrounded points.
    """

    weight: int
    shown: int
    points: Fraction


def share(compiled: CompiledRuleSet, at: int, result: Result) -> Share:
    """Return what one rule brings to a mean; a rule that rescales brings nothing."""
    if result.excluded and result.rescales:
        return Share(0, 0, Fraction(0))
    return Share(
        compiled.worths[at].weight, result.excluded, Fraction(result.n, result.d)
    )


def shares(
    compiled: CompiledRuleSet, group: CompiledGroup, results: Sequence[Result]
) -> Share:
    """Return what all rules of a mean group bring to it."""
    weight = shown = 0
    points = Fraction(0)
    for at in group.rules:
        own = share(compiled, at, results[at])
        weight = weight + own.weight
        shown = shown + own.shown
        points = points + own.points
    return Share(weight, shown, points)


def mean(group: CompiledGroup, brought: Share) -> Total:
    """Return the weighted mean of the children's shares, rounded once, here (semantics G2)."""
    weight = brought.weight
    if not weight:
        return Total(group.weight, 0, 0, group.weight, group.weight)
    exact = brought.points * group.weight / weight
    earned = half_up(exact.numerator, exact.denominator)
    excluded = min(half_up(group.weight * brought.shown, weight), group.weight - earned)
    return Total(group.weight, earned, group.weight - earned - excluded, excluded, 0)


def index(compiled: CompiledRuleSet, groups: Sequence[Total]) -> Sum:
    """Return the index of the groups' points (semantics I1 to I3)."""
    bonus = penalty = 0
    bases = [_NOTHING]
    for group, total in zip(compiled.groups, groups, strict=True):
        if group.top and group.kind == "base":
            bases.append(total)
        elif group.top and group.kind == "bonus":
            bonus += total.earned
        elif group.top:
            penalty += total.lost
    return held(compiled, Total(*map(sum, zip(*bases, strict=True))), bonus, penalty)


_NOTHING = Total(0, 0, 0, 0, 0)


def held(compiled: CompiledRuleSet, base: Total, bonus: int, penalty: int) -> Sum:
    """Return the index: earned × scale / (maximum − rescaled), rounded once, beside the pools, held
    to the scale.
    """
    scale = compiled.rules.index.scale
    unit = compiled.unit
    left = base.maximum - base.rescaled
    numerator, denominator = (
        (base.earned * scale.numerator * unit, left * scale.denominator)
        if left
        else (0, 1)
    )
    rounded = half_up(numerator, denominator)
    value = rounded + bonus - penalty
    over = bonus - penalty
    top_n = scale.numerator * unit
    top_d = scale.denominator
    above = (
        numerator + over * denominator
    ) * top_d > top_n * denominator or value * top_d > top_n
    held = above and not compiled.rules.index.over_scale
    shown = min(value, top_n // top_d) if held else value
    return Sum(
        base, numerator, denominator, rounded, bonus, penalty, shown, held, unit, scale
    )
