"""From the results of rules to groups and the index: exact sums of whole ticks (semantics G1 to I4)."""

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from cchc_rules.model import Index
from cchc_rules.number import half_up
from cchc_rules.plan import GroupPlan, Plan
from cchc_rules.scale import Result


class Total(NamedTuple):
    """The points of a group, in ticks; `rescaled` is the part of `excluded` that shrinks the maximum."""

    maximum: int
    earned: int
    lost: int
    excluded: int
    rescaled: int
    uncapped: int = 0


class Sum(NamedTuple):
    """The index: its parts in ticks, its value rounded and exact (in points)."""

    base: Total
    rounded_base: int
    bonus: int
    penalty: int
    value: int
    exact: Fraction
    exact_base: Fraction
    held: bool


def totals(plan: Plan, results: Sequence[Result]) -> list[Total]:
    """Return the points of every group, in the plan's order: children before parents."""
    found: list[Total] = []
    for group in plan.groups:
        if group.mean:
            found.append(_mean(plan, group, results))
        else:
            added = _added(plan, group, results, found)
            found.append(added if group.kind == "base" else _capped(group, added))
    return found


def _added(plan: Plan, group: GroupPlan, results: Sequence[Result], found: list[Total]) -> Total:
    maximum = earned = excluded = rescaled = 0
    for at in group.rules:
        result = results[at]
        maximum += plan.worths[at].weight
        earned += result.earned
        if result.excluded:
            excluded += result.excluded
            rescaled += result.excluded if result.rescales else 0
    for at in group.groups:
        child = found[at]
        maximum, earned = maximum + child.maximum, earned + child.earned
        excluded, rescaled = excluded + child.excluded, rescaled + child.rescaled
    return Total(maximum, earned, maximum - earned - excluded, excluded, rescaled)


def _capped(group: GroupPlan, added: Total) -> Total:
    """Bonus and penalty pools are held to their cap and have nothing excluded (semantics G3)."""
    maximum = min(group.cap, added.maximum)
    if group.kind == "bonus":
        earned = min(group.cap, added.earned)
        return Total(maximum, earned, maximum - earned, 0, 0, added.earned)
    lost = min(group.cap, added.lost)
    return Total(maximum, maximum - lost, lost, 0, 0, added.lost)


def _mean(plan: Plan, group: GroupPlan, results: Sequence[Result]) -> Total:
    """The weighted mean of the children's shares, rounded once, here (semantics G2)."""
    weight = shown = 0
    points = Fraction(0)
    for at in group.rules:
        result, worth = results[at], plan.worths[at].weight
        if result.excluded and result.rescales:
            continue
        weight += worth
        shown += result.excluded
        points += Fraction(result.n, result.d)
    if not weight:
        return Total(group.weight, 0, 0, group.weight, group.weight)
    share = points * group.weight / weight
    earned = half_up(share.numerator, share.denominator)
    excluded = min(half_up(group.weight * shown, weight), group.weight - earned)
    return Total(group.weight, earned, group.weight - earned - excluded, excluded, 0)


def index(plan: Plan, groups: Sequence[Total]) -> Sum:
    """Return the index of the groups' points (semantics I1 to I3)."""
    settings = plan.rules.index
    tops = [(group, total) for group, total in zip(plan.groups, groups, strict=True) if group.top]
    bases = [total for group, total in tops if group.kind == "base"]
    base = Total(*(sum(total[field] for total in bases) for field in range(5)))
    bonus = sum(total.earned for group, total in tops if group.kind == "bonus")
    penalty = sum(total.lost for group, total in tops if group.kind == "penalty")
    exact = _rescaled(base, settings, plan.unit)
    return _held(base, exact, bonus, penalty, plan)


def _rescaled(base: Total, settings: Index, unit: int) -> Fraction:
    """Return the base in ticks of the scale, unrounded: earned × scale / (maximum − rescaled)."""
    left = base.maximum - base.rescaled
    return base.earned * settings.scale * unit / left if left else Fraction(0)


def _held(base: Total, exact: Fraction, bonus: int, penalty: int, plan: Plan) -> Sum:
    settings, top = plan.rules.index, plan.rules.index.scale * plan.unit
    rounded = half_up(exact.numerator, exact.denominator)
    value, exact_value = rounded + bonus - penalty, exact + bonus - penalty
    held = not settings.over_scale and (value > top or exact_value > top)
    if held:
        value, exact_value = min(value, int(top)), min(exact_value, top)
    return Sum(base, rounded, bonus, penalty, value, exact_value / plan.unit, exact / plan.unit, held)
