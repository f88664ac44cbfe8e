"""From the results of rules to groups and the index: exact sums of whole ticks (semantics G1 to
I4), and what each rule counts for in its group (G4 to G6).
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import NamedTuple

from cchc_rules.base.number import half_up
from cchc_rules.scoring.compiled_rules import CompiledGroup, CompiledRuleSet
from cchc_rules.scoring.results import Result


class Total(NamedTuple):
    """The points of a group, in ticks.

    >>> reform = Total(maximum=1000, earned=800, lost=150, excluded=50, rescaled=50)
    >>> budget = Total(maximum=500, earned=500, lost=0, excluded=0, rescaled=0)
    >>> (reform + budget).earned
    1300
    """

    maximum: int
    """The most points that the group could have had."""
    earned: int
    """The points that it has."""
    lost: int
    """The points that its rules lost."""
    excluded: int
    """The points that count as neither earned nor lost."""
    rescaled: int
    """The part of `excluded` that shrinks the maximum of the index."""
    uncapped: int = 0
    """Of a pool the points before its cap: earned in a bonus pool, lost in a penalty pool."""

    def __add__(self, other: object) -> "Total":
        """Return the points of two groups together, whose caps have nothing to do with each other."""
        if not isinstance(other, Total):
            return NotImplemented
        return Total(
            self.maximum + other.maximum,
            self.earned + other.earned,
            self.lost + other.lost,
            self.excluded + other.excluded,
            self.rescaled + other.rescaled,
        )


class Sum(NamedTuple):
    """The index: its parts, and its value in ticks."""

    base: Total
    """The base groups at the top, added up."""
    numerator: int
    """The numerator of the base before it is rounded, in ticks."""
    denominator: int
    """The denominator of the base before it is rounded."""
    rounded_base: int
    """The base in whole ticks, rounded half up."""
    bonus: int
    """What the bonus pools earned, in ticks."""
    penalty: int
    """What the penalty pools took, in ticks."""
    value: int
    """The index that is shown, in ticks."""
    held: bool
    """Whether the index was held to its scale."""
    unit: int
    """The number of ticks in a point."""
    scale: Fraction
    """The points of an index at its highest."""

    @property
    def scored(self) -> bool:
        """Whether anything is left to score; without it there is no index (semantics I2)."""
        return self.base.maximum != self.base.rescaled

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
    """Return the points of every group, in the compiled order: children before parents."""
    group_totals: list[Total] = []
    for group in compiled.groups:
        if group.mean:
            total = mean(group, shares(compiled, group, results))
        else:
            total = _added(group, results, group_totals)
            if group.kind != "base":
                total = capped(group, total.earned, total.lost)
        group_totals.append(total)
    return group_totals


def _added(
    group: CompiledGroup, results: Sequence[Result], found: list[Total]
) -> Total:
    earned = excluded = rescaled = 0
    for position in group.rules:
        result = results[position]
        earned += result.earned
        if result.excluded:
            excluded += result.excluded
            rescaled += result.excluded if result.rescales else 0
    for position in group.groups:
        child = found[position]
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


def share(compiled: CompiledRuleSet, position: int, result: Result) -> Share:
    """Return what one rule brings to a mean; a rule that rescales brings nothing."""
    if result.excluded and result.rescales:
        return Share(0, 0, Fraction(0))
    return Share(
        compiled.worths[position].weight, result.excluded, Fraction(result.n, result.d)
    )


def shares(
    compiled: CompiledRuleSet, group: CompiledGroup, results: Sequence[Result]
) -> Share:
    """Return what all rules of a mean group bring to it."""
    weight = shown = 0
    points = Fraction(0)
    for position in group.rules:
        own = share(compiled, position, results[position])
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


class Counted(NamedTuple):
    """What a rule counts for in its group, in ticks of the index (semantics G4 to G6).

    `without_effect` is what the rule lost beyond a cap. `maximum` is the sum of the four others.
    `exact_lost` is the loss before it is brought to whole ticks: a loss in a mean may be above zero
    and still too small for a tick.
    """

    earned: int
    lost: int
    excluded: int
    without_effect: int
    exact_lost: Fraction
    most_to_win: int
    """By how much the group rises when this rule alone earns all that it can."""

    @property
    def maximum(self) -> int:
        """The most points that the rule could have brought to its group."""
        return self.earned + self.lost + self.excluded + self.without_effect


def counted(
    compiled: CompiledRuleSet, results: Sequence[Result], groups: Sequence[Total]
) -> list[Counted]:
    """Return what each rule counts for, in file order: the losses of a group's rules add up to the
    group's.
    """
    found: dict[int, Counted] = {}
    pool_of = compiled.pool_of
    for group_position, group in enumerate(compiled.groups):
        if group.mean:
            found |= _counted_in_mean(compiled, group, results, groups[group_position])
        elif group_position not in pool_of:
            found |= {
                position: _as_it_stands(compiled, position, results[position])
                for position in group.rules
            }
    for pool in dict.fromkeys(pool_of.values()):
        inside = sorted(
            position for position, its in compiled.pooled.items() if its == pool
        )
        kind = compiled.groups[pool].kind
        found |= _counted_in_pool(compiled, kind, inside, results, groups[pool])
    return [found[position] for position in range(len(results))]


def _as_it_stands(compiled: CompiledRuleSet, position: int, result: Result) -> Counted:
    """Return what a rule of a sum counts for: its own points (semantics L5)."""
    lost = compiled.worths[position].weight - result.earned - result.excluded
    return Counted(result.earned, lost, result.excluded, 0, Fraction(lost), lost)


def _counted_in_mean(
    compiled: CompiledRuleSet,
    group: CompiledGroup,
    results: Sequence[Result],
    total: Total,
) -> dict[int, Counted]:
    """Return what the rules of a mean count for: the group's weight × their part of the weights ×
    their shares (semantics G4).
    """
    members = [position for position in group.rules if not _leaves(results[position])]
    if not any(compiled.worths[position].weight for position in members):
        members = list(group.rules)
    weights = [compiled.worths[position].weight for position in members]
    point = Fraction(group.weight, sum(weights) or 1)
    earned = [
        Fraction(results[position].n, results[position].d) * point
        for position in members
    ]
    excluded = [
        weight * point * bool(results[position].excluded)
        for position, weight in zip(members, weights, strict=True)
    ]
    lost = [
        weight * point - won - gone
        for weight, won, gone in zip(weights, earned, excluded, strict=True)
    ]
    rows = zip(
        apportioned(total.earned, earned),
        apportioned(total.lost, lost),
        apportioned(total.excluded, excluded),
        lost,
        strict=True,
    )
    nothing = Counted(0, 0, 0, 0, Fraction(0), 0)
    found = dict.fromkeys(group.rules, nothing)
    for position, (won, gone, out, exact) in zip(members, rows, strict=True):
        found[position] = Counted(won, gone, out, 0, exact, gone)
    return found


def _leaves(result: Result) -> bool:
    """Whether a rule of a mean leaves it, so that the others carry its part."""
    return bool(result.excluded and result.rescales)


def counting_weight(
    compiled: CompiledRuleSet, group: CompiledGroup, results: Sequence[Result]
) -> int:
    """Return the weights, in ticks, by which a mean is divided."""
    return sum(
        compiled.worths[position].weight
        for position in group.rules
        if not _leaves(results[position])
    )


def _counted_in_pool(
    compiled: CompiledRuleSet,
    kind: str,
    members: Sequence[int],
    results: Sequence[Result],
    total: Total,
) -> dict[int, Counted]:
    """Return what the rules of a bonus or penalty pool count for: what lies beyond its cap is
    without effect (semantics G5).
    """
    own = [_as_it_stands(compiled, position, results[position]) for position in members]
    whole = sum(rule.lost for rule in own)
    counts = min(total.lost, whole)
    part = Fraction(counts, whole) if whole else Fraction(0)
    lost = apportioned(counts, [rule.lost * part for rule in own])
    found = {}
    for position, rule, effective in zip(members, own, lost, strict=True):
        beyond = rule.lost - effective
        if kind == "penalty":
            most = total.lost - min(total.lost, whole - rule.lost)
        else:
            most = min(rule.lost, total.lost)
        found[position] = Counted(
            rule.earned, effective, rule.excluded, beyond, Fraction(effective), most
        )
    return found


def gained(
    compiled: CompiledRuleSet,
    results: Sequence[Result],
    groups: Sequence[Total],
    position: int,
    new: Result,
) -> int:
    """Return how many ticks a rule brings its group when it alone comes to another result.

    In a mean that is what its own loss shrinks by; in a pool, what the pool moves within its cap.
    """
    old = results[position]
    if position in compiled.mean_of:
        group_position = compiled.mean_of[position]
        group = compiled.groups[group_position]
        replaced = [*results]
        replaced[position] = new
        total = mean(group, shares(compiled, group, replaced))
        before = _counted_in_mean(compiled, group, results, groups[group_position])[
            position
        ]
        after = _counted_in_mean(compiled, group, replaced, total)[position]
        return before.lost - after.lost
    change = new.earned - old.earned
    if position not in compiled.pooled:
        return change
    pool = compiled.groups[compiled.pooled[position]]
    uncapped = groups[compiled.pooled[position]].uncapped
    if pool.kind == "penalty":
        change += new.excluded - old.excluded
        return min(pool.cap, uncapped) - min(pool.cap, uncapped - change)
    return min(pool.cap, uncapped + change) - min(pool.cap, uncapped)


def apportioned(total: int, exact: Iterable[Fraction]) -> list[int]:
    """Return whole ticks that add up to a total, each within one of its exact amount.

    Each amount is rounded down; the ticks that are then left go to the largest remainders, of equal
    ones to the first (the method of the largest remainder). Where a total was itself rounded below
    the amounts, the last one that has a tick gives it up.

    >>> apportioned(10, [Fraction(10, 3)] * 3)
    [4, 3, 3]
    """
    amounts = list(exact)
    ticks = [amount.numerator // amount.denominator for amount in amounts]
    left = total - sum(ticks)
    order = sorted(
        range(len(amounts)),
        key=lambda position: amounts[position] - ticks[position],
        reverse=True,
    )
    for position in order[: max(left, 0)]:
        ticks[position] += 1
    for position in reversed(range(len(amounts))):
        if left < 0 and ticks[position] > 0:
            ticks[position] -= 1
            left += 1
    return ticks


def index(compiled: CompiledRuleSet, groups: Sequence[Total]) -> Sum:
    """Return the index of the groups' points (semantics I1 to I3)."""
    bonus = penalty = 0
    base = _NOTHING
    for group, total in zip(compiled.groups, groups, strict=True):
        if group.top and group.kind == "base":
            base = base + total
        elif group.top and group.kind == "bonus":
            bonus += total.earned
        elif group.top:
            penalty += total.lost
    return held(compiled, base, bonus, penalty)


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
