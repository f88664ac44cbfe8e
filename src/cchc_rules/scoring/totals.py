"""From the results of rules to groups and the index: exact sums of whole ticks (semantics G1 to
I4), and what each rule counts for in its group (G4 to G6).

Rules and groups are told by their positions in the compiled rule set.
"""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from cchc_rules.base.number import Rounding, half_up
from cchc_rules.scoring.compiled_rules import CompiledGroup, CompiledRuleSet
from cchc_rules.scoring.results import Result


class Total(NamedTuple):
    """The points of a group, in ticks: `maximum` is the sum of `earned`, `lost` and `excluded`.

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
    """The points before a cap: lost in a penalty pool, else earned."""
    uncapped_excluded: int = 0
    """Of a base group with a cap, what is excluded below it."""
    uncapped_rescaled: int = 0
    """Of a base group with a cap, the part of that which shrinks the maximum."""

    def __add__(self, other: object) -> "Total":
        """Return the points of two groups together; the caps of pools do not add up."""
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
    """The index: its parts, and its value in ticks.

    The base is kept as a pair of whole numbers, so that nothing is lost before it is rounded.
    """

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
    """Whether the index was held to its scale, or from below to its lowest."""
    unit: int
    """The number of ticks in a point."""
    scale: Fraction
    """The points of an index at its highest."""
    lowest: Fraction | None = None
    """The points of an index at its lowest; None where nothing holds it from below."""
    covered: bool = True
    """Whether as much was reported as the rule set asks for (semantics I9)."""

    @property
    def scored(self) -> bool:
        """Whether there is an index: something is left to score (semantics I2), and covered."""
        return self.covered and self.something_left

    @property
    def something_left(self) -> bool:
        """Whether anything is left to score."""
        return self.base.maximum != self.base.rescaled

    @property
    def exact_base(self) -> Fraction:
        """The base before rounding, in points."""
        return Fraction(self.numerator, self.denominator * self.unit)

    @property
    def exact(self) -> Fraction:
        """The index before rounding, in points, held where the rounded one is."""
        exact = self.exact_base + Fraction(self.bonus - self.penalty, self.unit)
        if not self.held:
            return exact
        if self.held_from_below:
            return max(exact, self.lowest or Fraction(0))
        return min(exact, self.scale)

    @property
    def held_from_below(self) -> bool:
        """Whether the index was held up to its lowest."""
        if not self.held or self.lowest is None:
            return False
        return self.value == self.lowest * self.unit

    def moved_from(self, other: "Sum") -> Fraction:
        """Return how far the index is from another before rounding, 0 where one of them is none."""
        if not self.scored or not other.scored:
            return Fraction(0)
        return self.exact - other.exact


def totals(compiled: CompiledRuleSet, results: Sequence[Result]) -> list[Total]:
    """Return the points of every group.

    Args:
        compiled: The rule set.
        results: What became of each rule, in file order.

    Returns:
        The totals in ticks, in the order of the compiled rule set: children before parents.
    """
    group_totals: list[Total] = []
    for group in compiled.groups:
        if group.mean:
            total = mean(group, shares(compiled, group, results))
        else:
            total = _added(group, results, group_totals)
            if group.kind != "base":
                total = capped(group, total.earned, total.lost)
            elif group.cap:
                total = held_to_cap(group, total.earned, total.excluded, total.rescaled)
        group_totals.append(total)
    return group_totals


def _added(
    group: CompiledGroup,
    results: Sequence[Result],
    group_totals: Sequence[Total],
) -> Total:
    """Return what a group's own rules and the groups below it add up to, before any cap.

    This runs for each of a hundred thousand rows of a table, so plain numbers are added here, not
    totals.
    """
    earned = 0
    excluded = 0
    rescaled = 0
    for position in group.rules:
        result = results[position]
        earned += result.earned
        if result.excluded:
            excluded += result.excluded
            if result.rescales:
                rescaled += result.excluded
    for position in group.groups:
        child = group_totals[position]
        earned += child.earned
        excluded += child.excluded
        rescaled += child.rescaled
    lost = group.whole - earned - excluded
    return Total(group.whole, earned, lost, excluded, rescaled)


def capped(group: CompiledGroup, earned: int, lost: int) -> Total:
    """Return the points of a bonus or penalty pool, held to its cap (semantics G3).

    Args:
        group: The pool.
        earned: What its rules earned, in ticks; it counts in a bonus pool.
        lost: What they lost, in ticks; it counts in a penalty pool.

    Returns:
        The total in ticks. Nothing of a pool is excluded: a rule that does not apply simply neither
        earns a bonus nor takes anything off.
    """
    maximum = min(group.cap, group.maximum)
    if group.kind == "bonus":
        held = min(group.cap, earned)
        return Total(maximum, held, maximum - held, 0, 0, earned)
    held = min(group.cap, lost)
    return Total(maximum, maximum - held, held, 0, 0, lost)


def held_to_cap(
    group: CompiledGroup,
    earned: int,
    excluded: int,
    rescaled: int,
) -> Total:
    """Return the points of a base group, held to its cap (semantics G7).

    Five items of 0.50 under a cap of 2.00, of which one does not apply and one is not done, earn
    1.50 of 2.00: the four that are left still come to the cap, so that nothing of it is excluded.
    With two that do not apply, 0.50 of it is: no more than 1.50 can be had.

    Args:
        group: The group.
        earned: What lies in it earned, in ticks.
        excluded: What of it is excluded, in ticks.
        rescaled: The part of that which shrinks the maximum.
    """
    maximum = group.maximum
    held_earned = min(group.cap, earned)
    # Excluded is only what the group can no longer come to.
    held_excluded = maximum - min(group.cap, group.whole - excluded)
    held_rescaled = maximum - min(group.cap, group.whole - rescaled)
    return Total(
        maximum,
        held_earned,
        maximum - held_earned - held_excluded,
        held_excluded,
        held_rescaled,
        earned,
        excluded,
        rescaled,
    )


class Share(NamedTuple):
    """What rules bring to a mean, in ticks of their own weights.

    A mean of weights 2.00 and 1.00, of which the first earned a half, has 300 ticks of weight and
    100 of points.
    """

    weight: int
    """What counts of the weights."""
    shown: int
    """The part of it that is excluded, but does not shrink the maximum."""
    points: Fraction
    """The unrounded points."""


def share(compiled: CompiledRuleSet, position: int, result: Result) -> Share:
    """Return what one rule brings to a mean; a rule that rescales brings nothing."""
    if result.excluded and result.rescales:
        return Share(0, 0, Fraction(0))
    return Share(
        compiled.worths[position].weight,
        result.excluded,
        Fraction(result.n, result.d),
    )


def shares(
    compiled: CompiledRuleSet,
    group: CompiledGroup,
    results: Sequence[Result],
) -> Share:
    """Return what all rules of a mean group bring to it."""
    weight = 0
    shown = 0
    points = Fraction(0)
    for position in group.rules:
        brought = share(compiled, position, results[position])
        weight += brought.weight
        shown += brought.shown
        points += brought.points
    return Share(weight, shown, points)


def mean(group: CompiledGroup, brought: Share) -> Total:
    """Return the points of a mean: its weight × the mean share of its rules (semantics G2).

    The mean is rounded half up, once, here. Rules with weights 2 and 1 that earned 1 and 1 of them
    bring ⅔, so a group of weight 10.00 earns 6.67.

    Args:
        group: The mean group.
        brought: What all of its rules bring to it.
    """
    weight = brought.weight
    if not weight:
        # Every rule rescales: the whole group leaves the index.
        return Total(group.weight, 0, 0, group.weight, group.weight)
    # A fraction until here: the rules of a mean are not rounded one by one.
    exact = brought.points * group.weight / weight
    earned = rounded(group.rounding, exact.numerator, exact.denominator)
    # Both may have been rounded up; together they must not exceed the group.
    left = group.weight - earned
    excluded = min(half_up(group.weight * brought.shown, weight), left)
    return Total(group.weight, earned, left - excluded, excluded, 0)


def rounded(rounding: Rounding | None, numerator: int, denominator: int) -> int:
    """Return numerator/denominator ticks in whole ticks: half up, unless the file says how."""
    if rounding is None:
        return half_up(numerator, denominator)
    return rounding.of(numerator, denominator)


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
    compiled: CompiledRuleSet,
    results: Sequence[Result],
    groups: Sequence[Total],
) -> list[Counted]:
    """Return what each rule counts for, in file order.

    The losses of a group's rules add up to the group's loss, to the tick.

    Args:
        compiled: The rule set.
        results: What became of each rule, in file order.
        groups: The points of every group, as `totals` gives them.
    """
    by_rule: dict[int, Counted] = {}
    pool_of = compiled.pool_of
    for group_position, group in enumerate(compiled.groups):
        if group.mean:
            total = groups[group_position]
            by_rule |= _counted_in_mean(compiled, group, results, total)
        elif group_position not in pool_of:
            for position in group.rules:
                by_rule[position] = _as_it_stands(compiled, position, results[position])
    # A cap holds all the rules of a pool together, whatever groups within it they lie in.
    for pool in dict.fromkeys(pool_of.values()):
        pooled = compiled.pooled.items()
        inside = [position for position, its_pool in pooled if its_pool == pool]
        members = in_order_of_ids(compiled, inside)
        kind = compiled.groups[pool].kind
        by_rule |= _counted_in_pool(compiled, kind, members, results, groups[pool])
    for cap in dict.fromkeys(compiled.held.values()):
        by_rule |= _counted_under_cap(compiled, cap, results, groups)
    return [by_rule[position] for position in range(len(results))]


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
    nothing = Counted(0, 0, 0, 0, Fraction(0), 0)
    by_rule = dict.fromkeys(group.rules, nothing)
    everyone = in_order_of_ids(compiled, group.rules)
    members = [position for position in everyone if not _leaves(results[position])]
    if not any(compiled.worths[position].weight for position in members):
        # Nothing carries the group: its whole weight is excluded, divided over all of its rules.
        members = everyone
    weights = [compiled.worths[position].weight for position in members]
    # How many ticks of the group one tick of a rule's weight stands for.
    ratio = Fraction(group.weight, sum(weights) or 1)
    earned: list[Fraction] = []
    lost: list[Fraction] = []
    excluded: list[Fraction] = []
    for position, weight in zip(members, weights, strict=True):
        result = results[position]
        exact_earned = Fraction(result.n, result.d) * ratio
        exact_excluded = Fraction(0)
        if result.excluded:
            exact_excluded = weight * ratio
        earned.append(exact_earned)
        excluded.append(exact_excluded)
        lost.append(weight * ratio - exact_earned - exact_excluded)
    # A step may be many ticks: what rounding gave or took is shared in proportion first.
    if group.rounding is not None:
        earned = _in_proportion(total.earned, earned)
        lost = _in_proportion(total.lost, lost)
    # Each column adds up to that of the group, whose mean was rounded once.
    rows = zip(
        members,
        apportioned(total.earned, earned),
        apportioned(total.lost, lost),
        apportioned(total.excluded, excluded),
        lost,
        strict=True,
    )
    for position, ticks_earned, ticks_lost, ticks_excluded, exact_lost in rows:
        by_rule[position] = Counted(
            earned=ticks_earned,
            lost=ticks_lost,
            excluded=ticks_excluded,
            without_effect=0,
            exact_lost=exact_lost,
            most_to_win=ticks_lost,
        )
    return by_rule


def in_order_of_ids(compiled: CompiledRuleSet, positions: Iterable[int]) -> list[int]:
    """Return the positions of rules, sorted by the ids of the rules.

    Ticks that are left over go by this order where remainders are equal: by the order of the file
    a tick would change hands when somebody moves a paragraph (law 6).
    """
    return sorted(positions, key=compiled.names.__getitem__)


def _in_proportion(total: int, exact: Sequence[Fraction]) -> list[Fraction]:
    """Return amounts that add up to a total in the proportions of others."""
    whole = sum(exact, Fraction(0))
    if not whole:
        return list(exact)
    return [amount * total / whole for amount in exact]


def _leaves(result: Result) -> bool:
    """Whether a rule of a mean leaves it, so that the others carry its part."""
    return bool(result.excluded and result.rescales)


def counting_weight(
    compiled: CompiledRuleSet,
    group: CompiledGroup,
    results: Sequence[Result],
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
    # What each rule would count for if the pool had no cap.
    alone = [
        _as_it_stands(compiled, position, results[position]) for position in members
    ]
    uncapped = sum(rule.lost for rule in alone)
    effective = min(total.lost, uncapped)
    # Each rule's loss shrinks in the same ratio: no rule is the one that the cap spared.
    ratio = Fraction(0)
    if uncapped:
        ratio = Fraction(effective, uncapped)
    losses = apportioned(effective, [rule.lost * ratio for rule in alone])
    by_rule = {}
    for position, rule, lost in zip(members, alone, losses, strict=True):
        if kind == "penalty":
            # Without this rule's loss the others may still fill the cap.
            without_rule = min(total.lost, uncapped - rule.lost)
            most_to_win = total.lost - without_rule
        else:
            most_to_win = min(rule.lost, total.lost)
        by_rule[position] = Counted(
            earned=rule.earned,
            lost=lost,
            excluded=rule.excluded,
            without_effect=rule.lost - lost,
            exact_lost=Fraction(lost),
            most_to_win=most_to_win,
        )
    return by_rule


class Parts(NamedTuple):
    """What a cap leaves of what was lost and excluded below it: 1 where it takes nothing."""

    lost: Fraction
    excluded: Fraction


def _counted_under_cap(
    compiled: CompiledRuleSet,
    cap: int,
    results: Sequence[Result],
    groups: Sequence[Total],
) -> dict[int, Counted]:
    """Return what the rules of a base group with a cap count for: their losses, and what of them is
    excluded, shrink in the ratio in which the cap cuts them (semantics G7).

    Of caps within caps the ratios multiply. Five items of 0.50 under a cap of 2.00, one of them
    not done, lost 0.50 before the cap and nothing after it: the ratio is 0.
    """
    parts: dict[int, Parts] = {}
    group_of = compiled.group_of
    # From the outermost group inwards: each has the parts of the one around it.
    for position in reversed(range(cap + 1)):
        if compiled.cap_of.get(position) == cap:
            around = parts.get(compiled.parent_of.get(position, -1), _ALL)
            parts[position] = _parts_left(
                compiled.groups[position], groups[position], around
            )
    inside = [rule for rule, its_cap in compiled.held.items() if its_cap == cap]
    members = in_order_of_ids(compiled, inside)
    alone = [
        _as_it_stands(compiled, position, results[position]) for position in members
    ]
    lost = []
    excluded = []
    for position, rule in zip(members, alone, strict=True):
        left = parts[group_of[position]]
        lost.append(rule.lost * left.lost)
        excluded.append(rule.excluded * left.excluded)
    total = groups[cap]
    rows = zip(
        members,
        alone,
        apportioned(total.lost, lost),
        apportioned(total.excluded, excluded),
        strict=True,
    )
    by_rule = {}
    for position, rule, ticks_lost, ticks_excluded in rows:
        by_rule[position] = Counted(
            earned=rule.earned,
            lost=ticks_lost,
            excluded=ticks_excluded,
            without_effect=rule.lost + rule.excluded - ticks_lost - ticks_excluded,
            exact_lost=Fraction(ticks_lost),
            most_to_win=_through_caps(compiled, groups, position, rule.lost),
        )
    return by_rule


_ALL = Parts(Fraction(1), Fraction(1))


def _parts_left(group: CompiledGroup, total: Total, around: Parts) -> Parts:
    """Return what a group's cap, and those around it, leave of what its children lost."""
    if not group.capped:
        return around
    excluded = total.uncapped_excluded
    lost = group.whole - total.uncapped - excluded
    lost_part = Fraction(total.lost, lost or 1)
    excluded_part = Fraction(total.excluded, excluded or 1)
    return Parts(around.lost * lost_part, around.excluded * excluded_part)


def _through_caps(
    compiled: CompiledRuleSet,
    groups: Sequence[Total],
    position: int,
    change: int,
) -> int:
    """Return by how much the outermost group with a cap rises when a rule earns so much more."""
    outermost = compiled.held[position]
    group_position = compiled.group_of[position]
    while True:
        group = compiled.groups[group_position]
        total = groups[group_position]
        if group.capped:
            change = min(group.cap, total.uncapped + change) - total.earned
        if group_position == outermost:
            return change
        group_position = compiled.parent_of[group_position]


def gained(
    compiled: CompiledRuleSet,
    results: Sequence[Result],
    groups: Sequence[Total],
    position: int,
    new: Result,
) -> int:
    """Return how many ticks a rule brings its group when it alone comes to another result.

    In a mean that is what its own loss shrinks by; in a pool, or in a base group with a cap, what
    that moves within its cap.

    Args:
        compiled: The rule set.
        results: What became of each rule, in file order.
        groups: The points of every group, as `totals` gives them.
        position: The position of the rule.
        new: The result that it comes to.

    Returns:
        Ticks of the index; negative where the rule comes to less.
    """
    old = results[position]
    if position in compiled.mean_of:
        group_position = compiled.mean_of[position]
        group = compiled.groups[group_position]
        # In a mean one rule moves the rounding of the others, so all are apportioned again.
        replaced = [*results]
        replaced[position] = new
        # Its loss, not its points: what it alone is told to lose shrinks by so much.
        total_after = mean(group, shares(compiled, group, replaced))
        total_before = groups[group_position]
        before = _counted_in_mean(compiled, group, results, total_before)
        after = _counted_in_mean(compiled, group, replaced, total_after)
        return before[position].lost - after[position].lost
    change = new.earned - old.earned
    if position in compiled.held:
        return _through_caps(compiled, groups, position, change)
    if position not in compiled.pooled:
        return change
    pool_position = compiled.pooled[position]
    pool = compiled.groups[pool_position]
    uncapped = groups[pool_position].uncapped
    before_change = min(pool.cap, uncapped)
    if pool.kind == "penalty":
        # What is excluded in a penalty pool takes nothing off, as what is earned.
        change += new.excluded - old.excluded
        after_change = min(pool.cap, uncapped - change)
        return before_change - after_change
    after_change = min(pool.cap, uncapped + change)
    return after_change - before_change


def apportioned(total: int, exact: Iterable[Fraction]) -> list[int]:
    """Return whole ticks that add up to a total, each within one of its exact amount.

    Each amount is rounded down; the ticks that are then left go to the largest remainders, of equal
    ones to the first (the method of the largest remainder). Where a total was itself rounded below
    the amounts, the last one that has a tick gives it up.

    Three amounts of 3⅓ round down to 3; one tick of the 10 is left and goes to the first.

    Args:
        total: What the ticks add up to.
        exact: The amounts, in ticks.

    >>> apportioned(10, [Fraction(10, 3)] * 3)
    [4, 3, 3]
    """
    amounts = list(exact)
    ticks = [amount.numerator // amount.denominator for amount in amounts]
    remainders = [amount - whole for amount, whole in zip(amounts, ticks, strict=True)]
    left = total - sum(ticks)
    # Sorting is stable, in reverse too: of equal remainders the first stays first.
    positions = range(len(amounts))
    largest_first = sorted(positions, key=remainders.__getitem__, reverse=True)
    for position in largest_first[: max(left, 0)]:
        ticks[position] += 1
    for position in reversed(positions):
        if left < 0 and ticks[position] > 0:
            ticks[position] -= 1
            left += 1
    return ticks


def index(compiled: CompiledRuleSet, groups: Sequence[Total]) -> Sum:
    """Return the index of the groups' points (semantics I1 to I3).

    Args:
        compiled: The rule set.
        groups: The points of every group, as `totals` gives them.
    """
    base = _NOTHING
    bonus = 0
    penalty = 0
    for group, total in zip(compiled.groups, groups, strict=True):
        # What lies in groups below is in the totals of those at the top already.
        if not group.top:
            continue
        if group.kind == "base":
            base += total
        elif group.kind == "bonus":
            bonus += total.earned
        else:
            penalty += total.lost
    return held(compiled, base, bonus, penalty)


_NOTHING = Total(0, 0, 0, 0, 0)


def index_with(
    compiled: CompiledRuleSet,
    now: Sum,
    results: Sequence[Result],
    others: Mapping[int, Result],
) -> Sum:
    """Return the index with other results of rules whose groups do no more than add.

    Nothing is added up again: the points by which the rules move go into the base as they are.

    Args:
        compiled: The rule set.
        now: The index of the results.
        results: What became of each rule, in file order.
        others: What some rules come to instead, by position; all are among `compiled.added_up`.
    """
    earned = excluded = rescaled = 0
    for position, new in others.items():
        old = results[position]
        earned += new.earned - old.earned
        excluded += new.excluded - old.excluded
        rescaled += rescaled_points(new) - rescaled_points(old)
    change = Total(0, earned, -earned - excluded, excluded, rescaled)
    return held(compiled, now.base + change, now.bonus, now.penalty)


def rescaled_points(result: Result) -> int:
    """Return the excluded points of a rule that shrink the maximum of the index."""
    if not result.rescales:
        return 0
    return result.excluded


def held(
    compiled: CompiledRuleSet,
    base: Total,
    bonus: int,
    penalty: int,
) -> Sum:
    """Return the index: earned × scale / (maximum − rescaled), rounded once, beside the pools, held
    to the scale.

    With 60.00 of 80.00 points earned, 20.00 rescaled away and a scale of 100, the base is
    60 × 100 / (80 − 20) = 100.00; 3.00 bonus points then leave the index at 100.00, unless the rule
    set lets it rise over the scale. Where the rule set says how low it may be, it is held from
    below as well.

    Args:
        compiled: The rule set.
        base: The points of all base groups at the top, in ticks.
        bonus: What the bonus pools add, in ticks.
        penalty: What the penalty pools take off, in ticks.
    """
    scale = compiled.rules.index.scale
    unit = compiled.unit
    left = base.maximum - base.rescaled
    # Pairs of whole numbers, not fractions: here a table's rows spend their time.
    numerator = 0
    denominator = 1
    if left:
        numerator = base.earned * scale.numerator * unit
        denominator = left * scale.denominator
    rounded_base = rounded(compiled.rounding, numerator, denominator)
    change = bonus - penalty
    value = rounded_base + change
    # The scale in ticks is top_n / top_d: no whole number where the places of the index are few.
    top_n = scale.numerator * unit
    top_d = scale.denominator
    exact_n = numerator + change * denominator
    exact_is_above = exact_n * top_d > top_n * denominator
    rounded_is_above = value * top_d > top_n
    is_above = exact_is_above or rounded_is_above
    is_held = is_above and not compiled.rules.index.over_scale
    if is_held:
        value = min(value, top_n // top_d)
    lowest = compiled.rules.index.lowest
    if lowest is not None:
        # A whole number of ticks: the checks refuse any other.
        floor = int(lowest * unit)
        exact_is_below = exact_n < floor * denominator
        if exact_is_below or value < floor:
            is_held = True
            value = max(value, floor)
    return Sum(
        base,
        numerator,
        denominator,
        rounded_base,
        bonus,
        penalty,
        value,
        is_held,
        unit,
        scale,
        lowest,
    )
