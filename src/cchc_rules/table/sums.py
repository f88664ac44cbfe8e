"""From rules in columns to groups and the index in columns (semantics G1 to I5); means have no form here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from operator import add

import polars as pl

from cchc_rules.model import Band, RuleSet
from cchc_rules.plan import GroupPlan, Plan
from cchc_rules.state import OPEN, Reason, State
from cchc_rules.table.exact import Gauge, Ratio, Whole, choose, pick
from cchc_rules.table.figures import REASONS, every
from cchc_rules.table.judges import STATES, Judged

PARTS = ("earned", "lost", "excluded", "rescaled")
_PASSES = (State.MET, State.NOT_APPLICABLE, State.NOT_DUE, State.WAIVED)


@dataclass(frozen=True, eq=False)
class Total:
    """A group in columns, in ticks."""

    earned: Whole
    lost: Whole
    excluded: Whole
    rescaled: Whole


@dataclass(frozen=True, eq=False)
class Index:
    """The index in columns: rounded, in ticks, and unrounded, in points."""

    value: Whole
    exact: Ratio


class Sums:
    """Adds up the rules of one plan."""

    def __init__(self, plan: Plan, gauge: Gauge) -> None:
        self.plan, self.gauge = plan, gauge

    def totals(self, judged: Sequence[Judged]) -> list[Total]:
        """Return the points of every group, in the plan's order: children before parents."""
        found: list[Total] = []
        for group in self.plan.groups:
            own = [judged[at] for at in group.rules]
            if group.mean:
                found.append(self._mean(group, own))
                continue
            inner = [found[at] for at in group.groups]
            earned = self._sum([one.earned for one in (*own, *inner)])
            excluded = self._sum([one.excluded for one in (*own, *inner)])
            rescaled = self._sum([one.rescaled for one in (*own, *inner)])
            lost = self.gauge.number(group.maximum) - earned - excluded
            total = Total(earned, lost, excluded, rescaled)
            found.append(total if group.kind == "base" else self._capped(group, total))
        return found

    def _none(self) -> Whole:
        return self.gauge.number(0)

    def _sum(self, parts: Sequence[Whole]) -> Whole:
        return reduce(add, parts, self._none()).kept()

    def _mean(self, group: GroupPlan, own: Sequence[Judged]) -> Total:
        """Return the weighted mean of the children's shares, rounded once, here (semantics G2)."""
        number, weights = self.gauge.number, [self.plan.worths[at].weight for at in group.rules]
        gone = [one.rescaled.expr > 0 for one in own]
        weight = self._sum([pick(out, self._none(), number(ticks)) for out, ticks in zip(gone, weights, strict=True)])
        shown = self._sum([pick(out, self._none(), one.excluded) for out, one in zip(gone, own, strict=True)])
        nothing = self.gauge.ratio(Fraction(0))
        points = self.gauge.ratio(Fraction(0))
        for out, one in zip(gone, own, strict=True):
            points = (points + choose(out, nothing, one.exact)).kept()
        most, some = number(group.weight), weight.expr > 0
        below = pick(some, weight, number(1))
        earned = Ratio(points.n * most, points.d * below).rounded().kept()
        excluded = Ratio(most * shown, below).rounded().kept().least((most - earned).kept()).kept()
        held = Total(earned, most - earned - excluded, excluded, self._none())
        left = Total(self._none(), self._none(), most, most)
        return Total(*(pick(some, getattr(held, part), getattr(left, part)) for part in PARTS))

    def _capped(self, group: GroupPlan, total: Total) -> Total:
        cap, maximum = self.gauge.number(group.cap), self.gauge.number(min(group.cap, group.maximum))
        if group.kind == "bonus":
            held = total.earned.least(cap)
            return Total(held, maximum - held, self._none(), self._none())
        held = total.lost.least(cap)
        return Total(maximum - held, held, self._none(), self._none())

    def index(self, totals: Sequence[Total]) -> Index:
        """Return the index of the groups' points, rounded once, held to the scale (semantics I1 to I3)."""
        plan, number = self.plan, self.gauge.number
        tops = [(group, total) for group, total in zip(plan.groups, totals, strict=True) if group.top]
        bases = [(group, total) for group, total in tops if group.kind == "base"]
        earned = self._sum([total.earned for _, total in bases])
        left = number(sum(group.maximum for group, _ in bases)) - self._sum([total.rescaled for _, total in bases])
        over = self._sum([total.earned for group, total in tops if group.kind == "bonus"])
        over = over - self._sum([total.lost for group, total in tops if group.kind == "penalty"])
        scale, some = plan.rules.index.scale, left.expr > 0
        numerator = pick(some, earned * number(scale.numerator * plan.unit), self._none())
        exact = Ratio(numerator, pick(some, left * number(scale.denominator), number(1)))  # in ticks
        value = (exact.rounded() + over).kept()
        exact = (exact + Ratio(over, number(1))).kept()
        return self._held(value, exact, Fraction(scale * plan.unit))

    def _held(self, value: Whole, exact: Ratio, top: Fraction) -> Index:
        """Hold the index to the scale, where the rule set does."""
        points = exact.times(Fraction(1, self.plan.unit))
        if self.plan.rules.index.over_scale:
            return Index(value, points)
        most, whole = self.gauge.ratio(top), self.gauge.number(top.numerator // top.denominator)
        above = self.gauge.keep(exact.holds(">", most) | Ratio(value, self.gauge.number(1)).holds(">", most))
        held = points.least(self.gauge.ratio(self.plan.rules.index.scale))
        return Index(pick(above, value.least(whole), value), Ratio(pick(above, held.n, points.n), pick(above, held.d, points.d)))

    def again(self, judged: Sequence[Judged]) -> Whole:
        """Return the index that other judgements would give."""
        return self.index(self.totals(judged)).value

    def settled(self, judged: Sequence[Judged], field: str) -> Whole:
        """Return the index when every open rule comes to its fewest points, or to its weight (semantics I4)."""
        found = []
        for one, worth in zip(judged, self.plan.worths, strict=True):
            open_ = one.state.is_in([STATES.index(state) for state in OPEN]) | (
                one.reason == REASONS.index(Reason.POINTS_AWAITED)
            )
            found.append(one.settled(open_, getattr(worth, field)))
        return self.again(found)

    def band(self, index: Index, judged: Sequence[Judged]) -> pl.Expr:
        """Return the id of the band, lowered by its gates (semantics I5)."""
        rules = self.plan.rules
        if not rules.bands:
            return pl.lit(None, pl.String)
        read = index.exact if rules.bands_read == "exact" else Ratio(index.value, self.gauge.number(self.plan.unit))
        within = read.least(self.gauge.ratio(rules.index.scale)).most(self.gauge.ratio(Fraction(0))).kept()
        ladder = sorted(rules.bands, key=lambda band: (band.interval.low is not None, band.interval.low or 0))
        place: pl.Expr = pl.lit(len(ladder), pl.Int64)
        for at, band in reversed([*enumerate(ladder)]):
            place = pl.when(self._in(band, within)).then(pl.lit(at, pl.Int64)).otherwise(place)
        names = [band.id for band in ladder]
        for gate in rules.band_gates:
            passes = judged[self.plan.places[gate.rule]].state.is_in([STATES.index(state) for state in _PASSES])
            most = names.index(gate.at_most)
            place = pl.when(~passes & (place < len(names)) & (place > most)).then(pl.lit(most, pl.Int64)).otherwise(place)
        return place.replace_strict(dict(enumerate(names)), default=None, return_dtype=pl.String)

    def _in(self, band: Band, value: Ratio) -> pl.Expr:
        low, high = band.interval.low, band.interval.high
        edges = ((">" if band.interval.low_open else ">=", low), ("<" if band.interval.high_open else "<=", high))
        return every(value.holds(sign, self.gauge.ratio(edge)) for sign, edge in edges if edge is not None)
