"""From rules in columns to groups and the index in columns (semantics G1 to I6).

It does in columns what `cchc_rules.scoring.totals` does for one submission. Every amount is a whole
number of ticks with bounds (`Whole`) or an exact fraction (`Ratio`); `kept` marks what is used more
than once, so that it is computed once.

An example of two rows, and one group with rules of 300 and 100 ticks. In the first row the second
rule lost 40 ticks; in the second it does not apply, and its 100 ticks leave the scale:

    row   earned      lost   rescaled   left to score   index in ticks (scale 10, two places)
    1     360         40     0          400             1000 × 360 / 400 = 900
    2     300         0      100        300             1000 × 300 / 300 = 1000
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import NamedTuple

import polars as pl

from cchc_rules.base.state import COMPUTED, OPEN, Reason
from cchc_rules.rules.model import Band
from cchc_rules.scoring.compiled_rules import CompiledGroup, CompiledRuleSet
from cchc_rules.scoring.totals import in_order_of_ids
from cchc_rules.tables.column_needs import ColumnNeeds
from cchc_rules.tables.exact_columns import (
    FALSE,
    TRUE,
    ZERO,
    Gauge,
    Ratio,
    Whole,
    as_ratio,
    between,
    choose,
    compared,
    every,
    never,
    pick,
    quotient,
    some,
)
from cchc_rules.tables.judged import PARTS, ColumnResult, Judged, stacked


@dataclass(frozen=True, eq=False)
class ColumnTotal:
    """What became of a group in columns, in ticks.

    In every row `earned`, `lost` and `excluded` add up to the most that the group can have.
    """

    earned: Whole
    lost: Whole
    excluded: Whole
    rescaled: Whole
    """The part of `excluded` that leaves the scale: the index is reckoned without it."""


@dataclass(frozen=True, eq=False)
class ColumnIndex:
    """The index in columns."""

    value: Whole
    """Rounded, in ticks."""
    exact: Ratio
    """Before it is rounded, in points."""
    scored: pl.Expr = TRUE
    """In which rows anything is left to score; in others there is no index."""


class Counted(NamedTuple):
    """What a rule counts for in its group, in columns, in ticks of the index."""

    earned: Whole
    lost: Whole


def only_where(scored: pl.Expr, value: pl.Expr) -> pl.Expr:
    """Return a column that says nothing in the rows in which nothing is left to score."""
    if scored is TRUE:
        return value
    return pl.when(scored).then(value)


class Worths(NamedTuple):
    """What each rule is worth in columns, in ticks: its weight, and its fewest points."""

    weights: Sequence[Whole]
    lowest: Sequence[Whole]


def declared(compiled: CompiledRuleSet, gauge: Gauge) -> Worths:
    """Return what the rules are worth as the plan declares it, the same in every row."""
    weight_columns = [gauge.number(worth.weight) for worth in compiled.worths]
    lowest_columns = [gauge.number(worth.lowest) for worth in compiled.worths]
    return Worths(weight_columns, lowest_columns)


class MeanWeights(NamedTuple):
    """What is left of the children of a group that takes a mean, row by row."""

    left_out: list[pl.Expr]
    """Of each child, where it leaves the scale and with it the mean."""
    some_left: pl.Expr
    """Where any child is left."""
    divisor: Whole
    """The sum of the weights that are left; 1 where none is, so that nothing is divided by zero."""


class Sums:
    """Adds up the rules of one compiled rule set.

    Arguments:
        compiled: The rule set, whose groups stand with children before parents.
        gauge: Makes the columns, and notes which of them are used more than once.
        worths: What each rule is worth, where that differs from what the rule set declares.
    """

    def __init__(
        self,
        compiled: CompiledRuleSet,
        gauge: Gauge,
        worths: Worths | None = None,
    ) -> None:
        self.compiled = compiled
        self.gauge = gauge
        self.weights, self.lowest = worths or declared(compiled, gauge)
        self.maxima: list[Whole] = []
        for group in compiled.groups:
            self.maxima.append(self._maximum(group))

    def _maximum(self, group: CompiledGroup) -> Whole:
        """Return the most points of a group; those of the groups in it are known."""
        if group.mean:
            return self.gauge.number(group.weight)
        whole = self._whole(group)
        if group.capped:
            return whole.least(self.gauge.number(group.cap)).kept()
        return whole

    def _whole(self, group: CompiledGroup) -> Whole:
        """Return what lies right below a group that adds up comes to at most, before any cap."""
        weights = self._weights(group)
        inner = [self.maxima[position] for position in group.groups]
        return self.gauge.total([*weights, *inner])

    def _weights(self, group: CompiledGroup) -> list[Whole]:
        return [self.weights[position] for position in group.rules]

    def _none(self) -> Whole:
        return self.gauge.number(0)

    def _nothing(self) -> Ratio:
        return self.gauge.ratio(Fraction(0))

    def totals(self, judged: Sequence[Judged]) -> list[ColumnTotal]:
        """Return the points of every group, in the order of the compiled rule set.

        Children stand before parents, so what a parent adds up is there when it is its turn.

        Arguments:
            judged: The rules, in the order of the compiled rule set.
        """
        totals: list[ColumnTotal] = []
        groups = zip(self.compiled.groups, self.maxima, strict=True)
        for group, maximum in groups:
            rules = [judged[position] for position in group.rules]
            if group.mean:
                totals.append(self._mean(group, rules))
            else:
                totals.append(self._added(group, rules, totals, maximum))
        return totals

    def _added(
        self,
        group: CompiledGroup,
        rules: Sequence[Judged],
        earlier: Sequence[ColumnTotal],
        maximum: Whole,
    ) -> ColumnTotal:
        """Return the sum of a group's rules and of the groups in it (semantics G1)."""
        inner = [earlier[position] for position in group.groups]
        total = self.gauge.total
        # What the rules earned is not added up column by column: it is their weights, which are
        # constants, less what was lost and excluded.
        lost_in_rules = total([rule.part("lost") for rule in rules])
        excluded_in_rules = total([rule.part("excluded") for rule in rules])
        rescaled_in_rules = total([rule.part("rescaled") for rule in rules])
        earned_in_groups = [part.earned for part in inner]
        excluded_in_groups = [part.excluded for part in inner]
        rescaled_in_groups = [part.rescaled for part in inner]
        weights = self._weights(group)
        earned = total(
            [
                *weights,
                -lost_in_rules,
                -excluded_in_rules,
                *earned_in_groups,
            ]
        )
        excluded = total([excluded_in_rules, *excluded_in_groups])
        rescaled = total([rescaled_in_rules, *rescaled_in_groups])
        if group.capped:
            return self._held_to_cap(group, earned, excluded, rescaled)
        lost = maximum - earned - excluded
        result = ColumnTotal(earned, lost.kept(), excluded, rescaled)
        if group.kind == "base":
            return result
        return self._capped(group, result, maximum)

    def _held_to_cap(
        self,
        group: CompiledGroup,
        earned: Whole,
        excluded: Whole,
        rescaled: Whole,
    ) -> ColumnTotal:
        """Return a base group held to its cap: excluded is only what it can no longer come to
        (semantics G7).
        """
        cap = self.gauge.number(group.cap)
        whole = self._whole(group)
        maximum = whole.least(cap).kept()
        held = earned.least(cap).kept()
        attainable = (whole - excluded).least(cap).kept()
        left = (whole - rescaled).least(cap).kept()
        return ColumnTotal(
            held,
            (attainable - held).kept(),
            maximum - attainable,
            maximum - left,
        )

    def _mean(self, group: CompiledGroup, rules: Sequence[Judged]) -> ColumnTotal:
        """Return the weighted mean of the children's shares, rounded once, here (semantics G2).

        A child that leaves the scale leaves the mean: of a group of 500 ticks with children of
        weights 3 and 1, of which the second is left out in a row, the first alone is the mean
        there. Where no child is left, the group itself leaves the scale.
        """
        none = self._none()
        nothing = self._nothing()
        mean = self._mean_weights(group, rules)
        excluded_of_children = []
        points = nothing
        for out, rule in zip(mean.left_out, rules, strict=True):
            excluded_of_child = pick(out, none, rule.part("excluded"))
            excluded_of_children.append(excluded_of_child)
            exact = choose(out, nothing, rule.exact)
            points = (points + exact).kept()
        excluded_together = self.gauge.total(excluded_of_children)
        most = self.gauge.number(group.weight)
        low, high = self._span(points, group)
        share = between(
            points.n * most,
            points.d * mean.divisor,
            points.k,
            low,
            high,
        )
        earned = share.rounded().kept()
        # Both are rounded; together they may not exceed the group's weight by a tick.
        exact_excluded = quotient(most * excluded_together, mean.divisor)
        rounded_excluded = exact_excluded.rounded().kept()
        not_earned = (most - earned).kept()
        excluded = rounded_excluded.least(not_earned).kept()
        lost = most - earned - excluded
        scored = ColumnTotal(earned, lost, excluded, none)
        out_of_scale = ColumnTotal(none, none, most, most)
        columns = []
        for part in PARTS:
            column = pick(
                mean.some_left,
                getattr(scored, part),
                getattr(out_of_scale, part),
            )
            columns.append(column.kept())
        return ColumnTotal(*columns)

    def _mean_weights(
        self,
        group: CompiledGroup,
        rules: Sequence[Judged],
    ) -> MeanWeights:
        """Return what is left of the children of a mean, row by row."""
        none = self._none()
        left_out = []
        weights_left = []
        for rule, weight in zip(rules, self._weights(group), strict=True):
            out = self.gauge.keep(rule.holds(_leaves_scale))
            left_out.append(out)
            weights_left.append(pick(out, none, weight))
        weight_left = self.gauge.total(weights_left)
        some_left = self.gauge.keep(weight_left.above_zero())
        # Nothing may be divided by zero, not even in the rows whose quotient is thrown away.
        one = self.gauge.number(1)
        divisor = pick(some_left, weight_left, one).kept()
        return MeanWeights(left_out, some_left, divisor)

    def _span(
        self,
        points: Ratio,
        group: CompiledGroup,
    ) -> tuple[Fraction, Fraction]:
        """Return between which numbers a mean lies: that of its children's worst and best.

        Bounds decide how wide the numbers of a column must be. The divisor is the sum of some of
        the weights, so it lies between the least of them and all of them.
        """
        weights = self._weights(group)
        possible = [max(weight.low, 1) for weight in weights if weight.high]
        # Where all weights are zero, the divisor is 1 in every row.
        least = min(possible, default=1)
        most = sum(weight.high for weight in weights) or 1
        ends = [
            end * group.weight / part
            for end in (points.low, points.high)
            for part in (least, most)
        ]
        return min(ends), max(ends)

    def _capped(
        self,
        group: CompiledGroup,
        total: ColumnTotal,
        maximum: Whole,
    ) -> ColumnTotal:
        """Return a pool held to its cap: of a bonus the earned points, of a penalty the lost.

        What is beyond the cap counts for nothing, so that earned and lost together are the cap
        from then on: of a bonus of 300 ticks under a cap of 200, of which 250 were earned, 200
        are earned and none is lost.
        """
        none = self._none()
        cap = self.gauge.number(group.cap)
        maximum = maximum.least(cap).kept()
        if group.kind == "bonus":
            earned = total.earned.least(cap).kept()
            return ColumnTotal(earned, maximum - earned, none, none)
        lost = total.lost.least(cap).kept()
        return ColumnTotal(maximum - lost, lost, none, none)

    # What rules count for

    def counted(
        self,
        judged: Sequence[Judged],
        totals: Sequence[ColumnTotal],
    ) -> list[Counted]:
        """Return what each rule counts for in its group, in file order (semantics G4 to G7)."""
        compiled = self.compiled
        counted = {}
        # A rule that is simply added up counts for what it earned and lost.
        for position, rule in enumerate(judged):
            earned = rule.part("earned")
            counted[position] = Counted(earned, rule.part("lost"))
        for position, group in enumerate(compiled.groups):
            if group.mean:
                total = totals[position]
                counted |= self._counted_in_mean(group, judged, total)
        for position, group in enumerate(compiled.groups):
            # A cap that is no lower than all that a pool can come to takes nothing from anyone.
            most = self.maxima[position].high
            if group.kind != "base" and group.cap < most:
                members = self._members(position)
                total = totals[position]
                counted |= self._counted_in_pool(members, judged, total)
        for position in dict.fromkeys(compiled.held.values()):
            inside = [rule for rule, cap in compiled.held.items() if cap == position]
            members = in_order_of_ids(compiled, inside)
            total = totals[position]
            counted |= self._counted_in_pool(members, judged, total)
        return [counted[position] for position in range(len(judged))]

    def _members(self, pool: int) -> list[int]:
        """Return the positions of the rules in a pool and in the groups within it, by their ids."""
        pooled = self.compiled.pooled
        members = [rule for rule in pooled if pooled[rule] == pool]
        return in_order_of_ids(self.compiled, members)

    def _counted_in_mean(
        self,
        group: CompiledGroup,
        judged: Sequence[Judged],
        total: ColumnTotal,
    ) -> dict[int, Counted]:
        """Return what each rule of a mean counts for, by its position.

        A tick of a rule counts for the group's weight over the weights that are left: with 500
        ticks for the group and weights of 300 and 100, for 5/4 of a tick.
        """
        rules = [judged[position] for position in group.rules]
        weights = self._weights(group)
        mean = self._mean_weights(group, rules)
        most = self.gauge.number(group.weight)
        worth_of_a_tick = quotient(most, mean.divisor).kept()
        nothing = self._nothing()
        earned = {}
        lost = {}
        children = zip(group.rules, mean.left_out, rules, weights, strict=True)
        for position, out, rule, weight in children:
            excluded = rule.holds(_is_excluded)
            full = as_ratio(weight)
            lacks = (full - rule.exact).kept()
            earned_here = choose(out, nothing, rule.exact)
            earned[position] = (worth_of_a_tick * earned_here).kept()
            lost_here = choose(excluded, nothing, lacks)
            lost[position] = (worth_of_a_tick * lost_here).kept()
        by_id = in_order_of_ids(self.compiled, group.rules)
        earned_ticks = self._apportioned(
            total.earned, [earned[position] for position in by_id]
        )
        lost_ticks = self._apportioned(
            total.lost, [lost[position] for position in by_id]
        )
        counted = map(Counted, earned_ticks, lost_ticks)
        return dict(zip(by_id, counted, strict=True))

    def _counted_in_pool(
        self,
        members: Sequence[int],
        judged: Sequence[Judged],
        total: ColumnTotal,
    ) -> dict[int, Counted]:
        """Return what each rule of a pool or a base group with a cap counts for, by its position.

        The losses that the cap leaves are shared out as the rules lost: of losses of 300 and 100
        under a cap of 200, 150 and 50 count.
        """
        losses = [judged[position].part("lost") for position in members]
        lost_together = self.gauge.total(losses)
        counts = total.lost.least(lost_together).kept()
        some_lost = self.gauge.keep(lost_together.above_zero())
        one = self.gauge.number(1)
        divisor = pick(some_lost, lost_together, one).kept()
        shares = []
        for lost in losses:
            # Multiplied before it is divided: nothing is rounded until all shares are known.
            product = (lost * counts).kept()
            shares.append(quotient(product, divisor))
        counted = {}
        lost_ticks = self._apportioned(counts, shares)
        for position, lost in zip(members, lost_ticks, strict=True):
            earned = judged[position].part("earned")
            counted[position] = Counted(earned, lost)
        return counted

    def _apportioned(self, total: Whole, exact: Sequence[Ratio]) -> list[Whole]:
        """Return whole ticks that add up to a total, by the largest remainders.

        Of equal remainders the first has the tick, as in `cchc_rules.scoring.totals.apportioned`.
        Columns cannot be sorted within a row, so each remainder counts those that go before it:
        with parts of 1 2/3, 1 1/3 and 2 and a total of 5, the floors are 1, 1 and 2, one tick is
        left, the ranks are 0, 1 and 2, and the first part has the tick.
        """
        zero = self._none()
        one = self.gauge.number(1)
        floors = [part.floor().kept() for part in exact]
        rests = []
        for part, floor in zip(exact, floors, strict=True):
            rest = part - as_ratio(floor)
            # The bounds of a difference do not know that what is subtracted is its own floor.
            below_one = rest.within(Fraction(0), Fraction(1))
            rests.append(below_one.kept())
        left = (total - self.gauge.total(floors)).kept()
        ticks = []
        for position, floor in enumerate(floors):
            goes_before = self._before(rests, position)
            counts = [pick(where, one, zero) for where in goes_before]
            rank = self.gauge.total(counts)
            has_a_tick_more = compared("<", rank, left)
            ticks_of_part = pick(has_a_tick_more, floor + one, floor)
            ticks.append(ticks_of_part.kept())
        # A total rounded below the sum of its parts takes a tick from the last that has one.
        short = self.gauge.keep(compared("<", left, zero))
        taken: pl.Expr = FALSE
        for position in reversed(range(len(ticks))):
            has_one = floors[position].above_zero()
            takes = every((short, has_one, never(taken)))
            before = ticks[position]
            ticks[position] = pick(takes, before - one, before).kept()
            taken = self.gauge.keep(some((taken, takes)))
        return ticks

    def _before(self, rests: Sequence[Ratio], position: int) -> list[pl.Expr]:
        """Return, of each other remainder, where it goes before the one at a position."""
        rest = rests[position]
        # An equal remainder goes before when it stands earlier: so no two have the same rank.
        earlier = [other.holds(">=", rest) for other in rests[:position]]
        later = [other.holds(">", rest) for other in rests[position + 1 :]]
        return [self.gauge.keep(where) for where in (*earlier, *later)]

    def index(self, totals: list[ColumnTotal]) -> ColumnIndex:
        """Return the index of the groups' points (semantics I1 to I3).

        It is the share that the base groups earned of what is left to score, on the scale of the
        index, rounded once; bonus and penalty points are added to it, and the sum is held to the
        scale where the rule set says so.
        """
        compiled = self.compiled
        number = self.gauge.number
        bonuses = []
        penalties = []
        for group, total in zip(compiled.groups, totals, strict=True):
            if group.top and group.kind == "bonus":
                bonuses.append(total.earned)
            elif group.top and group.kind == "penalty":
                penalties.append(-total.lost)
        earned, left = self.base(totals)
        # Bonuses and penalties that are groups of a base group have been added up there.
        over = self.gauge.total([*bonuses, *penalties])
        some_left = self.gauge.keep(left.above_zero())
        numerator = pick(some_left, earned, self._none()).kept()
        # Where nothing is left, 0/1 stands in: the row's index is left out in the end.
        denominator = pick(some_left, left, number(1)).kept()
        scale_in_ticks = compiled.rules.index.scale * compiled.unit
        share = quotient(numerator, denominator, scale_in_ticks)
        value = self.gauge.total([share.rounded(), over])
        exact = (share + as_ratio(over)).kept()
        held = self._held(value, exact, Fraction(scale_in_ticks))
        return replace(held, scored=some_left)

    def base(self, totals: list[ColumnTotal]) -> tuple[Whole, Whole]:
        """Return the points that the base groups earned, and those that are left to be scored."""
        at_top = [
            position
            for position, group in enumerate(self.compiled.groups)
            if group.top and group.kind == "base"
        ]
        earned = []
        left = []
        for position in at_top:
            total = totals[position]
            earned.append(total.earned)
            left += [self.maxima[position], -total.rescaled]
        return self.gauge.total(earned), self.gauge.total(left)

    def _held(
        self,
        value: Whole,
        exact: Ratio,
        top: Fraction,
    ) -> ColumnIndex:
        """Hold the index to the scale and from below to its lowest, where the rule set does."""
        points = exact.times(Fraction(1, self.compiled.unit))
        if self.compiled.rules.index.over_scale:
            return self._held_up(ColumnIndex(value, points))
        most = self.gauge.ratio(top)
        whole_ticks = top.numerator // top.denominator
        whole = self.gauge.number(whole_ticks)
        # The exact index can be above the scale where the rounded one is not: a share of 99.004
        # with a bonus of 1 comes to 100.00 in ticks.
        exact_above = exact.holds(">", most)
        rounded_above = as_ratio(value).holds(">", most)
        above = self.gauge.keep(some((exact_above, rounded_above)))
        # Only where one of the two is above the scale are both held to it.
        scale = self.gauge.ratio(self.compiled.rules.index.scale)
        held_points = choose(above, points.least(scale), points)
        held_value = pick(above, value.least(whole), value)
        return self._held_up(ColumnIndex(held_value.kept(), held_points.kept()))

    def _held_up(self, index: ColumnIndex) -> ColumnIndex:
        """Hold the index from below to its lowest, where the rule set has one."""
        lowest = self.compiled.rules.index.lowest
        if lowest is None:
            return index
        least = self.gauge.ratio(lowest)
        ticks = self.gauge.number(int(lowest * self.compiled.unit))
        exact_below = index.exact.holds("<", least)
        rounded_below = compared("<", index.value, ticks)
        below = self.gauge.keep(some((exact_below, rounded_below)))
        # The greater of the two is less the lesser of their opposites.
        not_below = -((-index.value).least(-ticks))
        held_points = choose(below, index.exact.most(least), index.exact)
        held_value = pick(below, not_below, index.value)
        return ColumnIndex(held_value.kept(), held_points.kept())

    def again(self, judged: Sequence[Judged]) -> ColumnIndex:
        """Return the index that other judgements would give."""
        return self.index(self.totals(judged))

    def settled(self, judged: Sequence[Judged], points: Sequence[Whole]) -> ColumnIndex:
        """Return the index when every open rule comes to given points (semantics I4).

        Arguments:
            judged: The rules, of which some are open in some rows.
            points: What an open rule comes to, in ticks: its fewest points, or its weight.
        """
        settled_rules = []
        rules = zip(judged, points, self.weights, strict=True)
        for rule, ticks, weight in rules:
            change = self._settling(ticks, weight)
            settled_rules.append(rule.changed(change))
        return self.again(settled_rules)

    def _settling(
        self,
        ticks: Whole,
        weight: Whole,
    ) -> Callable[[ColumnResult], ColumnResult]:
        """Return the change of a result that is open into one with so many ticks."""

        def change(result: ColumnResult) -> ColumnResult:
            awaits_points = result.reason is Reason.POINTS_AWAITED
            if result.state in OPEN or awaits_points:
                return self.with_points(result, ticks, weight)
            return result

        return change

    def with_points(
        self,
        result: ColumnResult,
        ticks: Whole,
        weight: Whole,
    ) -> ColumnResult:
        """Return a result with so many ticks earned, the rest lost, and nothing excluded."""
        # Most often the fewest points are 0: then all is lost, and nothing is to be computed.
        lost = weight
        if not ticks.same(ZERO):
            lost = self.gauge.total([weight, -ticks])
        none = self._none()
        return result._replace(
            earned=ticks,
            lost=lost,
            excluded=none,
            rescaled=none,
            exact=as_ratio(ticks),
        )

    def supported(
        self,
        judged: Sequence[Judged],
        proved: Mapping[int, pl.Expr],
    ) -> ColumnIndex:
        """Return the index without the points that are claimed without evidence (semantics I6).

        Arguments:
            judged: The rules as they were judged.
            proved: By the position of each rule that must be proved, where evidence is named.
        """
        supported_rules = []
        for position, rule in enumerate(judged):
            where_proved = proved.get(position)
            if where_proved is None:
                supported_rules.append(rule)
            else:
                supported_rules.append(self._supported(position, rule, where_proved))
        return self.again(supported_rules)

    def _supported(
        self,
        position: int,
        rule: Judged,
        proved: pl.Expr,
    ) -> Judged:
        """Return a rule with nothing earned where it claims points without evidence."""

        def earns(result: ColumnResult) -> pl.Expr:
            # In a mean a point that is too little for a tick still adds up with others.
            if position in self.compiled.mean_of:
                return result.exact.holds(">", self._nothing())
            return result.earned.above_zero()

        # Points that are lost or excluded need no evidence: nobody claims them.
        def claims(result: ColumnResult) -> pl.Expr:
            if result.state in COMPUTED or result.given:
                return every((never(proved), earns(result)))
            return FALSE

        def without_points(result: ColumnResult) -> ColumnResult:
            weight = self.weights[position]
            return self.with_points(result, self._none(), weight)

        return rule.before(claims, without_points)

    def band(self, index: ColumnIndex, needs: ColumnNeeds) -> pl.Expr:
        """Return the id of the band, lowered by its gates (semantics I5).

        It is null where there is no index, and everywhere when the rule set has no bands.

        Arguments:
            index: The index.
            needs: Says where what gates ask for is there.
        """
        rules = self.compiled.rules
        if not rules.bands:
            return pl.lit(None, pl.String)
        read = index.exact
        if rules.bands_read != "exact":
            unit = self.gauge.number(self.compiled.unit)
            read = quotient(index.value, unit)
        read = read.kept()
        ladder = rules.ladder
        names = [band.id for band in ladder]
        # Below the edge of the lowest band lies the lowest, above that of the highest the highest.
        rungs = []
        for position, band in enumerate(ladder[:-1]):
            inside = self.gauge.keep(self._not_above(band, read))
            rungs.append((inside, _rung(position)))
        rungs.append((TRUE, _rung(len(ladder) - 1)))
        # Bands are positions on the ladder until the end: a gate asks which of two is higher.
        rung = stacked(rungs)
        for gate in self.compiled.band_gates:
            most = gate.at_most
            if gate.gate.at_most is None:
                continue
            lowered = every((never(needs.passes(gate)), rung > most))
            rung = pl.when(lowered).then(_rung(most)).otherwise(rung)
        # What lowers by bands comes last, and never leads below the lowest.
        for gate in self.compiled.band_gates:
            lower_by = gate.gate.lower_by
            if lower_by:
                lower = rung - pl.min_horizontal(rung, _rung(min(lower_by, 255)))
                rung = pl.when(needs.passes(gate)).then(rung).otherwise(lower)
        names_by_rung = rung.replace_strict(
            dict(enumerate(names)),
            default=None,
            return_dtype=pl.Enum(names),
        )
        return only_where(index.scored, names_by_rung)

    def _not_above(self, band: Band, value: Ratio) -> pl.Expr:
        """Return where the index lies in a band or below it."""
        high = band.interval.high
        if high is None:
            return TRUE
        sign = "<="
        if band.interval.high_open:
            sign = "<"
        return value.holds(sign, self.gauge.ratio(high))


def _rung(position: int) -> pl.Expr:
    """Return a position on the ladder of bands, which has far fewer than 256."""
    return pl.lit(position, pl.UInt8)


def _leaves_scale(result: ColumnResult) -> bool:
    """Whether a rule with this result is left out of the scale."""
    return result.rescaled.high > 0


def _is_excluded(result: ColumnResult) -> bool:
    """Whether a rule with this result has points that it can neither earn nor lose."""
    return result.excluded.high > 0
