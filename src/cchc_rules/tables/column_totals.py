"""From rules in columns to groups and the index in columns (semantics G1 to I6)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import NamedTuple

import polars as pl

from cchc_rules.base.state import COMPUTED, OPEN, PASSING, Reason
from cchc_rules.rules.model import Band
from cchc_rules.scoring.compiled_rules import CompiledGroup, CompiledRuleSet
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
class Total:
    """A group in columns, in ticks."""

    earned: Whole
    lost: Whole
    excluded: Whole
    rescaled: Whole


@dataclass(frozen=True, eq=False)
class Index:
    """The index in columns: rounded, in ticks, and unrounded, in points; `scored` says in which rows
    anything is left to score.
    """

    value: Whole
    exact: Ratio
    scored: pl.Expr = TRUE


class Counted(NamedTuple):
    """What a rule counts for in its group, in columns, in ticks of the index."""

    earned: Whole
    lost: Whole


def only_where(scored: pl.Expr, value: pl.Expr) -> pl.Expr:
    """Return a column that says nothing in the rows in which nothing is left to score."""
    return value if scored is TRUE else pl.when(scored).then(value)


class Worths(NamedTuple):
    """What each rule is worth in columns, in ticks: its weight, and its fewest points."""

    weights: Sequence[Whole]
    lowest: Sequence[Whole]


def declared(compiled: CompiledRuleSet, gauge: Gauge) -> Worths:
    """Return what the rules are worth as the plan declares it, the same in every row."""
    weights, lowest = zip(*compiled.worths, strict=True)
    return Worths([*map(gauge.number, weights)], [*map(gauge.number, lowest)])


class Sums:
    """Adds up the rules of one plan, each of so much worth."""

    def __init__(
        self, compiled: CompiledRuleSet, gauge: Gauge, worths: Worths | None = None
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
        return self.gauge.total(
            [*self._weights(group), *(self.maxima[at] for at in group.groups)]
        )

    def _weights(self, group: CompiledGroup) -> list[Whole]:
        return [self.weights[at] for at in group.rules]

    def totals(self, judged: Sequence[Judged]) -> list[Total]:
        """Return the points of every group, in the plan's order: children before parents."""
        found: list[Total] = []
        for group, maximum in zip(self.compiled.groups, self.maxima, strict=True):
            own = [judged[at] for at in group.rules]
            found.append(
                self._mean(group, own)
                if group.mean
                else self._added(group, own, found, maximum)
            )
        return found

    def _added(
        self,
        group: CompiledGroup,
        own: Sequence[Judged],
        known: Sequence[Total],
        maximum: Whole,
    ) -> Total:
        inner = [known[at] for at in group.groups]
        total = self.gauge.total
        lost = total([one.part("lost") for one in own])
        out = total([one.part("excluded") for one in own])
        earned = total(
            [*self._weights(group), -lost, -out, *(one.earned for one in inner)]
        )
        excluded = total([out, *(one.excluded for one in inner)])
        rescaled = total(
            [
                total([one.part("rescaled") for one in own]),
                *(one.rescaled for one in inner),
            ]
        )
        lost = maximum - earned - excluded
        found = Total(earned, lost.kept(), excluded, rescaled)
        return found if group.kind == "base" else self._capped(group, found, maximum)

    def _none(self) -> Whole:
        return self.gauge.number(0)

    def _mean(self, group: CompiledGroup, own: Sequence[Judged]) -> Total:
        """Return the weighted mean of the children's shares, rounded once, here (semantics G2)."""
        number = self.gauge.number
        weights = self._weights(group)
        gone = [one.holds(lambda it: it.rescaled.high > 0) for one in own]
        gone = [self.gauge.keep(out) for out in gone]
        left = zip(gone, weights, strict=True)
        weight = self.gauge.total(
            [pick(out, self._none(), own_weight) for out, own_weight in left]
        )
        shown = self.gauge.total(
            [
                pick(out, self._none(), one.part("excluded"))
                for out, one in zip(gone, own, strict=True)
            ]
        )
        nothing = points = self.gauge.ratio(Fraction(0))
        for out, one in zip(gone, own, strict=True):
            points = (points + choose(out, nothing, one.exact)).kept()
        most = number(group.weight)
        some_left = self.gauge.keep(weight.above_zero())
        below = pick(some_left, weight, number(1)).kept()
        share = between(
            points.n * most,
            points.d * below,
            points.k,
            *self._span(points, group, weights),
        )
        earned = share.rounded().kept()
        excluded = (
            quotient(most * shown, below)
            .rounded()
            .kept()
            .least((most - earned).kept())
            .kept()
        )
        held = Total(earned, most - earned - excluded, excluded, self._none())
        away = Total(self._none(), self._none(), most, most)
        return Total(
            *(
                pick(some_left, getattr(held, part), getattr(away, part)).kept()
                for part in PARTS
            )
        )

    def _span(
        self, points: Ratio, group: CompiledGroup, weights: Sequence[Whole]
    ) -> tuple[Fraction, Fraction]:
        """Return between which numbers a mean lies: that of its children's worst and best."""
        least = min([max(weight.low, 1) for weight in weights if weight.high] or [1])
        most = sum(weight.high for weight in weights) or 1
        ends = [
            end * group.weight / part
            for end in (points.low, points.high)
            for part in (least, most)
        ]
        return min(ends), max(ends)

    def _capped(self, group: CompiledGroup, total: Total, maximum: Whole) -> Total:
        cap = self.gauge.number(group.cap)
        maximum = maximum.least(cap).kept()
        if group.kind == "bonus":
            held = total.earned.least(cap).kept()
            return Total(held, maximum - held, self._none(), self._none())
        held = total.lost.least(cap).kept()
        return Total(maximum - held, held, self._none(), self._none())

    def counted(
        self, judged: Sequence[Judged], totals: Sequence[Total]
    ) -> list[Counted]:
        """Return what each rule counts for in its group, in file order (semantics G4 to G6)."""
        compiled = self.compiled
        found = {
            at: Counted(rule.part("earned"), rule.part("lost"))
            for at, rule in enumerate(judged)
        }
        for position, group in enumerate(compiled.groups):
            if group.mean:
                found |= self._counted_in_mean(group, judged, totals[position])
        for position, group in enumerate(compiled.groups):
            if group.kind != "base" and group.cap < self.maxima[position].high:
                members = sorted(
                    at for at, pool in compiled.pooled.items() if pool == position
                )
                found |= self._counted_in_pool(members, judged, totals[position])
        return [found[at] for at in range(len(judged))]

    def _counted_in_mean(
        self, group: CompiledGroup, judged: Sequence[Judged], total: Total
    ) -> dict[int, Counted]:
        rules = [judged[at] for at in group.rules]
        weights = self._weights(group)
        none = self._none()
        gone = [
            self.gauge.keep(rule.holds(lambda it: it.rescaled.high > 0))
            for rule in rules
        ]
        whole = self.gauge.total(
            [pick(out, none, weight) for out, weight in zip(gone, weights, strict=True)]
        )
        below = pick(
            self.gauge.keep(whole.above_zero()), whole, self.gauge.number(1)
        ).kept()
        point = quotient(self.gauge.number(group.weight), below).kept()
        nothing = self.gauge.ratio(Fraction(0))
        earned = []
        lost = []
        for out, rule, weight in zip(gone, rules, weights, strict=True):
            shown = rule.holds(lambda it: it.excluded.high > 0)
            lacks = (as_ratio(weight) - rule.exact).kept()
            earned.append((point * choose(out, nothing, rule.exact)).kept())
            lost.append((point * choose(shown, nothing, lacks)).kept())
        parts = zip(
            self._apportioned(total.earned, earned),
            self._apportioned(total.lost, lost),
            strict=True,
        )
        return {
            at: Counted(won, away)
            for at, (won, away) in zip(group.rules, parts, strict=True)
        }

    def _counted_in_pool(
        self, members: Sequence[int], judged: Sequence[Judged], total: Total
    ) -> dict[int, Counted]:
        own = [judged[at].part("lost") for at in members]
        whole = self.gauge.total(own)
        counts = total.lost.least(whole).kept()
        some_lost = self.gauge.keep(whole.above_zero())
        below = pick(some_lost, whole, self.gauge.number(1)).kept()
        parts = [quotient((lost * counts).kept(), below) for lost in own]
        rows = zip(members, self._apportioned(counts, parts), strict=True)
        return {at: Counted(judged[at].part("earned"), lost) for at, lost in rows}

    def _apportioned(self, total: Whole, exact: Sequence[Ratio]) -> list[Whole]:
        """Return whole ticks that add up to a total, by the largest remainders; of equal ones the
        first has the tick (`cchc_rules.scoring.totals.apportioned`).
        """
        zero = self._none()
        one = self.gauge.number(1)
        floors = [part.floor().kept() for part in exact]
        rests = [
            (part - as_ratio(floor)).within(Fraction(0), Fraction(1)).kept()
            for part, floor in zip(exact, floors, strict=True)
        ]
        left = (total - self.gauge.total(floors)).kept()
        found = []
        for at, (floor, rest) in enumerate(zip(floors, rests, strict=True)):
            before = [
                self.gauge.keep(other.holds(">=" if place < at else ">", rest))
                for place, other in enumerate(rests)
                if place != at
            ]
            rank = self.gauge.total([pick(where, one, zero) for where in before])
            more = compared("<", rank, left)
            found.append(pick(more, floor + one, floor).kept())
        # A total that was rounded below the sum of its parts takes a tick from the last that has one.
        short = self.gauge.keep(compared("<", left, zero))
        taken: pl.Expr = FALSE
        for at in reversed(range(len(found))):
            takes = every((short, floors[at].above_zero(), never(taken)))
            found[at] = pick(takes, found[at] - one, found[at]).kept()
            taken = self.gauge.keep(some((taken, takes)))
        return found

    def index(self, totals: list[Total]) -> Index:
        """Return the index of the groups' points, rounded once, held to the scale (semantics I1 to
        I3).
        """
        compiled = self.compiled
        number = self.gauge.number
        tops = [
            (group, total)
            for group, total in zip(compiled.groups, totals, strict=True)
            if group.top
        ]
        earned, left = self.base(totals)
        more = [total.earned for group, total in tops if group.kind == "bonus"]
        over = self.gauge.total(
            [*more, *(-total.lost for group, total in tops if group.kind == "penalty")]
        )
        some_left = self.gauge.keep(left.above_zero())
        numerator = pick(some_left, earned, self._none()).kept()
        share = quotient(
            numerator,
            pick(some_left, left, number(1)).kept(),
            compiled.rules.index.scale * compiled.unit,
        )
        value = self.gauge.total([share.rounded(), over])
        exact = (share + as_ratio(over)).kept()
        top = Fraction(compiled.rules.index.scale * compiled.unit)
        return replace(self._held(value, exact, top), scored=some_left)

    def base(self, totals: list[Total]) -> tuple[Whole, Whole]:
        """Return the points that the base groups earned, and those that are left to be scored."""
        at_top = [
            at
            for at, group in enumerate(self.compiled.groups)
            if group.top and group.kind == "base"
        ]
        earned = self.gauge.total([totals[at].earned for at in at_top])
        left = self.gauge.total(
            [
                *(self.maxima[at] for at in at_top),
                *(-totals[at].rescaled for at in at_top),
            ]
        )
        return earned, left

    def _held(self, value: Whole, exact: Ratio, top: Fraction) -> Index:
        """Hold the index to the scale, where the rule set does."""
        points = exact.times(Fraction(1, self.compiled.unit))
        if self.compiled.rules.index.over_scale:
            return Index(value, points)
        most = self.gauge.ratio(top)
        whole = self.gauge.number(top.numerator // top.denominator)
        above = self.gauge.keep(
            some((exact.holds(">", most), as_ratio(value).holds(">", most)))
        )
        held = choose(
            above,
            points.least(self.gauge.ratio(self.compiled.rules.index.scale)),
            points,
        )
        return Index(pick(above, value.least(whole), value).kept(), held.kept())

    def again(self, judged: Sequence[Judged]) -> Index:
        """Return the index that other judgements would give."""
        return self.index(self.totals(judged))

    def settled(self, judged: Sequence[Judged], points: Sequence[Whole]) -> Index:
        """Return the index when every open rule comes to so many points: its fewest, or its weight
        (semantics I4).
        """
        both = zip(judged, points, self.weights, strict=True)
        return self.again(
            [one.changed(self._settling(ticks, weight)) for one, ticks, weight in both]
        )

    def _settling(
        self, ticks: Whole, weight: Whole
    ) -> Callable[[ColumnResult], ColumnResult]:
        def change(one: ColumnResult) -> ColumnResult:
            open_ = one.state in OPEN or one.reason is Reason.POINTS_AWAITED
            return self.with_points(one, ticks, weight) if open_ else one

        return change

    def with_points(
        self, one: ColumnResult, ticks: Whole, weight: Whole
    ) -> ColumnResult:
        """Return an outcome with so many points and nothing excluded."""
        lost = weight if ticks.same(ZERO) else self.gauge.total([weight, -ticks])
        none = self._none()
        return one._replace(
            earned=ticks, lost=lost, excluded=none, rescaled=none, exact=as_ratio(ticks)
        )

    def supported(
        self, judged: Sequence[Judged], proved: Mapping[int, pl.Expr]
    ) -> Index:
        """Return the index without the points that are claimed without evidence (semantics I6)."""
        pairs = zip(judged, self.weights, strict=True)
        return self.again(
            [
                self._supported(at, one, weight, proved.get(at))
                for at, (one, weight) in enumerate(pairs)
            ]
        )

    def _supported(
        self, at: int, judged: Judged, weight: Whole, proved: pl.Expr | None
    ) -> Judged:
        """Return a rule with nothing earned where it claims points without evidence."""
        if proved is None:
            return judged

        def earns(one: ColumnResult) -> pl.Expr:
            if at in self.compiled.mean_of:
                return one.exact.holds(">", self.gauge.ratio(Fraction(0)))
            return one.earned.above_zero()

        def claims(one: ColumnResult) -> pl.Expr:
            return (
                every((never(proved), earns(one)))
                if one.state in COMPUTED or one.given
                else FALSE
            )

        return judged.before(
            claims, lambda one: self.with_points(one, self._none(), weight)
        )

    def band(self, index: Index, judged: Sequence[Judged]) -> pl.Expr:
        """Return the id of the band, lowered by its gates (semantics I5)."""
        rules = self.compiled.rules
        if not rules.bands:
            return pl.lit(None, pl.String)
        read = (
            index.exact
            if rules.bands_read == "exact"
            else quotient(index.value, self.gauge.number(self.compiled.unit))
        )
        read = read.kept()
        ladder = rules.ladder
        # Below the edge of the lowest band lies the lowest, above that of the highest the highest.
        inside = [self.gauge.keep(self._not_above(band, read)) for band in ladder[:-1]]
        names = [band.id for band in ladder]
        rungs = [
            *((where, pl.lit(at, pl.UInt8)) for at, where in enumerate(inside)),
            (TRUE, pl.lit(len(ladder) - 1, pl.UInt8)),
        ]
        place = stacked(rungs)
        for gate in rules.band_gates:
            passes = judged[self.compiled.places[gate.rule]].holds(
                lambda one: one.state in PASSING
            )
            most = names.index(gate.at_most)
            higher = place > most
            place = (
                pl.when(every((never(passes), higher)))
                .then(pl.lit(most, pl.UInt8))
                .otherwise(place)
            )
        band = place.replace_strict(
            dict(enumerate(names)), default=None, return_dtype=pl.Enum(names)
        )
        return only_where(index.scored, band)

    def _not_above(self, band: Band, value: Ratio) -> pl.Expr:
        """Return where the index lies in a band or below it."""
        high = band.interval.high
        if high is None:
            return TRUE
        sign = "<" if band.interval.high_open else "<="
        return value.holds(sign, self.gauge.ratio(high))
