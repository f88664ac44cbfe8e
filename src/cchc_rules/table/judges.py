"""From a rule to columns: its points, its state and the reason, for every row at once (semantics L1 to L6).

The same model as `plan` compiles, and the same order of judgement. A rule without a form in columns raises
`NoColumnsError`: it is judged row by row, by the functions that the single engine has for it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from functools import reduce
from typing import Any

import polars as pl

from cchc_rules import reads
from cchc_rules.interval import Interval
from cchc_rules.machine import Lowering
from cchc_rules.model import FormulaRef, MetricRef, Rule, RuleSet
from cchc_rules.scale import Worth
from cchc_rules.shapes import _SIGNS as COMPARATORS
from cchc_rules.shapes import as_number, literal
from cchc_rules.state import COMPUTED, PRECEDENCE, Effect, Reason, State, gate
from cchc_rules.table.exact import Gauge, Ratio, Whole, choose, known, pick
from cchc_rules.table.figures import REASONS, Figures, code, every
from cchc_rules.table.formulas import Formula, NoColumnsError

STATES = tuple(State)
OF_REASON = {
    Reason.NOT_REPORTED: State.MISSING,
    Reason.WAIVER_ENDED: State.MISSING,
    Reason.POINTS_AWAITED: State.MISSING,
    Reason.GATE_UNKNOWN: State.MISSING,
    Reason.NOT_APPLICABLE: State.NOT_APPLICABLE,
    Reason.ZERO_DENOMINATOR: State.NOT_APPLICABLE,
    Reason.BLOCK_ABSENT: State.NOT_APPLICABLE,
    Reason.NOT_DUE: State.NOT_DUE,
    Reason.WAIVED: State.WAIVED,
}
"""The state of each absence."""


@dataclass(frozen=True, eq=False)
class Judged:
    """A rule in columns: its points in ticks, rounded and not, what is excluded, what of that rescales, why."""

    exact: Ratio
    earned: Whole
    excluded: Whole
    rescaled: Whole
    state: pl.Expr
    reason: pl.Expr

    def settled(self, where: pl.Expr, ticks: int) -> "Judged":
        """Return the same but for some rows, which come to so many points and have nothing excluded."""
        points, nothing = self.exact.n.gauge.number(ticks), self.exact.n.gauge.number(0)
        where = points.gauge.keep(where)
        excluded, rescaled = (pick(where, nothing, part) for part in (self.excluded, self.rescaled))
        exact = choose(where, Ratio(points, self.exact.n.gauge.number(1)), self.exact)
        return replace(self, exact=exact, earned=pick(where, points, self.earned), excluded=excluded, rescaled=rescaled)


def number_of(state: State) -> pl.Expr:
    """Return a state as a number."""
    return pl.lit(STATES.index(state), pl.UInt8)


def when(condition: pl.Expr, yes: Judged, no: Judged) -> Judged:
    """Return one judgement where a condition holds and another where it does not."""
    if known(condition) is not None:
        return yes if known(condition) else no
    condition = yes.earned.gauge.keep(condition)
    return Judged(
        choose(condition, yes.exact, no.exact),
        pick(condition, yes.earned, no.earned),
        pick(condition, yes.excluded, no.excluded),
        pick(condition, yes.rescaled, no.rescaled),
        pl.when(condition).then(yes.state).otherwise(no.state),
        pl.when(condition).then(yes.reason).otherwise(no.reason),
    )


class Judge:
    """Judges the rules of one rule set in columns."""

    def __init__(self, rules: RuleSet, unit: int, figures: Mapping[str, Figures], gauge: Gauge, as_of: date) -> None:
        self.rules, self.unit, self.figures, self.gauge, self.as_of = rules, unit, figures, gauge, as_of
        self.lowering = Lowering(rules)

    def judged(
        self, rule: Rule, states: Mapping[str, pl.Expr], given: Figures | None, blocks: pl.Expr
    ) -> tuple[Judged, pl.Expr]:
        """Return a rule in columns, and for which rows that holds.

        `states` are those of the rules that it requires, `given` the points that people gave, `blocks` whether a block
        in which it lies is absent.
        """
        worth = self.worth(rule)
        found, plain = self._manual(rule, worth, given) if given is not None else self._measured(rule, worth)
        if rule.requires:
            found, plain = self._unless_gate_unknown(rule, (found, plain), states)
        if rule.due is not None and self.as_of < rule.due:
            found, plain = self._unless_not_due(rule, (found, plain))
        if rule.requires:
            found, plain = self._unless_gate_closed(rule, (found, plain), states)
        gone = self._fixed(0, worth.weight, True, State.NOT_APPLICABLE, Reason.BLOCK_ABSENT)
        return when(blocks, gone, found), plain | blocks

    def worth(self, rule: Rule) -> Worth:
        return Worth(int(rule.weight * self.unit), int(rule.lowest * self.unit))

    def _fixed(self, earned: int, excluded: int, rescales: bool, state: State, reason: Reason | pl.Expr) -> Judged:
        """Return a judgement that is the same in every row."""
        why = code(reason) if isinstance(reason, Reason) else reason
        ticks = (self.gauge.number(points) for points in (earned, excluded, excluded if rescales else 0))
        return Judged(self.gauge.ratio(Fraction(earned)), *ticks, number_of(state), why)

    # Absences

    def _absent(self, rule: Rule, state: State, reason: Reason | pl.Expr) -> tuple[Judged, pl.Expr]:
        """Return what the declared effect of an absence makes of a rule; a person's points are not read in columns."""
        effects = dict.fromkeys(State, Effect.LOST) if rule.deduction.kind == "none" else rule.absence
        effect, weight = effects.get(state), self.worth(rule).weight
        if effect in (Effect.LOST, Effect.FULL):
            return self._fixed(weight if effect is Effect.FULL else 0, 0, False, state, reason), pl.lit(True)
        known = effect in (Effect.EXCLUDE, Effect.SHOW)
        return self._fixed(0, weight, effect is Effect.EXCLUDE, state, reason), pl.lit(known)

    def _gone(self, rule: Rule, reason: pl.Expr, present: Judged) -> tuple[Judged, pl.Expr]:
        """Return the rule where a figure is absent for a reason (null where it is there)."""
        found, plain = present, pl.lit(True)
        for state in PRECEDENCE:
            absent, known = self._absent(rule, state, reason)
            here = self.gauge.keep(reason.is_in(_codes(state)).fill_null(False))
            found, plain = when(here, absent, found), plain & (known | ~here)
        return found, plain

    def _first(self, own: pl.Expr, further: list[pl.Expr]) -> pl.Expr:
        """Return the reason that stands in a rule's way: its own waiver, then the strongest (semantics L2, L6)."""
        if not further:
            return own
        waived = (own == REASONS.index(Reason.WAIVED)).fill_null(False)
        return pl.when(waived).then(own).otherwise(strongest([own, *further]))

    # Figures

    def _manual(self, rule: Rule, worth: Worth, given: Figures) -> tuple[Judged, pl.Expr]:
        awaited, known = self._absent(rule, State.MISSING, Reason.POINTS_AWAITED)
        points = self._result(worth, given.ratio.times(Fraction(self.unit)), Reason.MANUAL, None)
        missing = given.absent.is_not_null()
        return when(missing, awaited, points), known | ~missing

    def _measured(self, rule: Rule, worth: Worth) -> tuple[Judged, pl.Expr]:
        own = self._figure(rule.metric or "")
        formula = Formula(self.rules.metrics, self.figures, self.gauge)
        threshold, read = self._threshold(rule, formula)
        exempt = [self._figure(rule.deduction.exempt)] if rule.deduction.exempt else []
        value = own.ratio - exempt[0].ratio if exempt else own.ratio
        shape = self._shape(rule, worth, value, threshold, formula)
        further = [*read, *exempt, *(formula.names[name] for name in sorted(formula.names))]
        reason = self.gauge.keep(self._first(own.absent, [one.absent for one in further]))
        found, known = self._gone(rule, reason, shape)
        return found, known & (every(formula.plain) | reason.is_not_null())

    def _figure(self, name: str) -> Figures:
        if name not in self.figures:
            raise NoColumnsError(f"metric {name}")
        return self.figures[name]

    def _threshold(self, rule: Rule, formula: Formula) -> tuple[Ratio | None, list[Figures]]:
        """Return a rule's threshold, and the figure that it is read from."""
        match rule.threshold:
            case MetricRef(name):
                figure = self._figure(name)
                return figure.ratio, [figure]
            case FormulaRef(_):
                return formula.number(self.lowering.threshold(rule), {}), []
            case _:
                known = literal(rule, self.rules.metrics[rule.metric or ""])
                return None if known is None else self.gauge.ratio(known), []

    # Shapes

    def _result(self, worth: Worth, ticks: Ratio, reason: Reason, met: pl.Expr | None) -> Judged:
        """Return the judgement of so many points, its state by the target, or by the points where there is none."""
        ticks = ticks.kept()
        if met is None:
            met = ticks.holds(">=", self.gauge.ratio(Fraction(worth.weight)))
        some = ticks.n.expr > 0
        state = pl.when(met).then(number_of(State.MET)).when(some).then(number_of(State.PARTLY_MET))
        rest = state.otherwise(number_of(State.NOT_MET))
        return Judged(ticks, ticks.rounded(), self.gauge.number(0), self.gauge.number(0), rest, code(reason))

    def _shape(
        self, rule: Rule, worth: Worth, value: Ratio, threshold: Ratio | None, formula: Formula
    ) -> Judged:
        met = self._met(rule, value, threshold)
        match rule.deduction.kind:
            case "all_or_nothing" | "none":
                return self._all_or_nothing(rule, worth, met)
            case "tiers":
                return self._tiers(rule, worth, value, threshold, met, formula)
            case "formula":
                points = self._points(rule, worth, self.lowering.formula(rule.deduction.formula or "", rule), value, threshold, formula)
                return self._result(worth, points, Reason.FORMULA, met)
            case "proportional" | "per_unit" if threshold is not None and met is not None:
                short = self._share if rule.deduction.kind == "proportional" else self._units
                reached = self._fixed(worth.weight, 0, False, State.MET, Reason.TARGET_MET)
                return when(met, reached, short(rule, worth, value, threshold))
            case _:
                raise NoColumnsError(rule.deduction.kind)

    def _met(self, rule: Rule, value: Ratio, threshold: Ratio | None) -> pl.Expr | None:
        metric = self.rules.metrics[rule.metric or ""]
        if rule.comparator is None:
            return None
        if rule.comparator == "between":
            return self._within(value, rule.threshold)  # type: ignore[arg-type]
        if rule.comparator == "one_of":
            return self._among(value, [as_number(one, metric) for one in rule.threshold])  # type: ignore[union-attr]
        sign = COMPARATORS.get(rule.comparator, rule.comparator)
        if rule.comparator == "better":
            sign = "<" if metric.better == "lower" else ">"
        return value.holds(sign, threshold or self.gauge.ratio(Fraction(0)))

    def _within(self, value: Ratio, interval: Interval) -> pl.Expr:
        edges = ((">" if interval.low_open else ">=", interval.low), ("<" if interval.high_open else "<=", interval.high))
        return every(value.holds(sign, self.gauge.ratio(edge)) for sign, edge in edges if edge is not None)

    def _among(self, value: Ratio, values: list[Fraction]) -> pl.Expr:
        return ~every(value.holds("!=", self.gauge.ratio(one)) for one in values)

    def _all_or_nothing(self, rule: Rule, worth: Worth, met: pl.Expr | None) -> Judged:
        scored = rule.deduction.kind != "none"
        full, none = (Reason.TARGET_MET, Reason.TARGET_MISSED) if scored else (Reason.INFORMATION, Reason.INFORMATION)
        reached = self._fixed(worth.weight, 0, False, State.MET, full)
        return reached if met is None else when(met, reached, self._fixed(worth.lowest, 0, False, State.NOT_MET, none))

    def _share(self, rule: Rule, worth: Worth, value: Ratio, threshold: Ratio) -> Judged:
        """weight × (value − start) / (target − start), nothing below the floor."""
        deduction, rising = rule.deduction, rule.comparator == ">="
        target = literal(rule, self.rules.metrics[rule.metric or ""])
        if target is None:
            raise NoColumnsError("proportional to a target that is read")
        start = deduction.from_ or Fraction(0)
        reachable = target > start if rising else target < start
        slope = Fraction(worth.weight) / (target - start) if reachable else Fraction(0)
        ticks = (value - self.gauge.ratio(start)).times(slope)
        points = self._result(worth, ticks.most(self.gauge.ratio(Fraction(worth.lowest))), Reason.BELOW_TARGET, pl.lit(False))
        if deduction.floor is None:
            return points
        under = value.holds("<" if rising else ">", self.gauge.ratio(deduction.floor))
        return when(under, self._fixed(0, 0, False, State.NOT_MET, Reason.BELOW_FLOOR), points)

    def _units(self, rule: Rule, worth: Worth, value: Ratio, threshold: Ratio) -> Judged:
        """weight − loss × units off the target."""
        off = value - threshold
        units = Ratio(off.n.magnitude(), off.d).times(1 / rule.deduction.step)
        if rule.deduction.units == "started":
            units = Ratio(-(-units.n).over(units.d), self.gauge.number(1))
        elif rule.deduction.units == "whole":
            units = Ratio(units.n.over(units.d), self.gauge.number(1))
        weight, lowest = (self.gauge.ratio(Fraction(points)) for points in worth)
        ticks = weight - units.times(reads.unit_loss(rule) * self.unit)
        return self._result(worth, ticks.least(weight).most(lowest), Reason.UNITS_OFF, pl.lit(False))

    def _points(
        self, rule: Rule, worth: Worth, tree: Any, value: Ratio, threshold: Ratio | None, formula: Formula
    ) -> Ratio:
        """Return what a formula of points gives, in ticks, held between the fewest points and the weight."""
        if not self.rules.metrics[rule.metric or ""].numeric:
            raise NoColumnsError("formula over words or days")
        own = {"value": value, "weight": self.gauge.ratio(rule.weight)}
        own |= {"threshold": threshold} if threshold is not None else {}
        ticks = formula.number(tree, own).times(Fraction(self.unit))
        weight, lowest = (self.gauge.ratio(Fraction(points)) for points in worth)
        return ticks.least(weight).most(lowest)

    def _tiers(
        self, rule: Rule, worth: Worth, value: Ratio, threshold: Ratio | None, met: pl.Expr | None, formula: Formula
    ) -> Judged:
        own, metric, steps = value, self.rules.metrics[rule.metric or ""], rule.deduction.tiers
        if rule.deduction.of == "days_late" and threshold is not None:
            value = value - threshold
        found: Judged | None = None
        for tier in reversed(steps):
            fixed = reads.constant(rule, tier)
            if fixed is not None:
                ticks = self.gauge.ratio(fixed * self.unit)
            else:
                tree = self.lowering.formula(tier.value.formula or "", rule)
                ticks = self._points(rule, worth, tree, own, threshold, formula)
            points = self._result(worth, ticks, Reason.TIER, met)
            if found is None:
                found = points
            elif tier.values is not None:
                found = when(self._among(value, [as_number(one, metric) for one in tier.values]), points, found)
            else:
                found = when(self._within(value, tier.interval or Interval()), points, found)
        return found  # type: ignore[return-value]  # a ladder has steps

    # Days and gates

    def _unless_not_due(self, rule: Rule, known: tuple[Judged, pl.Expr]) -> tuple[Judged, pl.Expr]:
        (found, plain), by_hand = known, rule.deduction.kind == "manual"
        final = [Reason.GATE_UNKNOWN] if by_hand else [Reason.GATE_UNKNOWN, Reason.POINTS_AWAITED]
        found = replace(found, state=self.gauge.keep(found.state), reason=self.gauge.keep(found.reason))
        may_wait = found.state.is_in([STATES.index(one) for one in (State.PARTLY_MET, State.NOT_MET, State.MISSING)])
        waits = may_wait & ~found.reason.is_in([REASONS.index(one) for one in final])
        not_due, declared = self._absent(rule, State.NOT_DUE, Reason.NOT_DUE)
        return when(waits, not_due, found), (plain & ~waits) | (waits & declared & plain)

    def _unless_gate_unknown(
        self, rule: Rule, known: tuple[Judged, pl.Expr], states: Mapping[str, pl.Expr]
    ) -> tuple[Judged, pl.Expr]:
        found, plain = known
        found = replace(found, state=self.gauge.keep(found.state))
        own = [*COMPUTED, State.MISSING] if rule.deduction.kind == "manual" else COMPUTED
        unknown = _any_gate(rule, states, State.MISSING) & found.state.is_in([STATES.index(one) for one in own])
        waiting, declared = self._absent(rule, State.MISSING, Reason.GATE_UNKNOWN)
        return when(unknown, waiting, found), plain & (declared | ~unknown)

    def _unless_gate_closed(
        self, rule: Rule, known: tuple[Judged, pl.Expr], states: Mapping[str, pl.Expr]
    ) -> tuple[Judged, pl.Expr]:
        found, plain = known
        closed = _any_gate(rule, states, State.NOT_MET)
        if rule.metric is not None:
            closed &= ~(self._figure(rule.metric).absent == REASONS.index(Reason.WAIVED)).fill_null(False)
        nothing = self._fixed(0, 0, False, State.NOT_MET, Reason.GATE_CLOSED)
        return when(closed, nothing, found), plain | closed


def _any_gate(rule: Rule, states: Mapping[str, pl.Expr], effect: State) -> pl.Expr:
    """Return whether the state of any required rule has an effect on the rules behind it."""
    having = [STATES.index(state) for state in STATES if gate(state) is effect]
    return ~every(~states[name].is_in(having) for name in rule.requires)


def strongest(reasons: list[pl.Expr]) -> pl.Expr:
    """Return the reason that wins among absences (semantics L6)."""
    return pl.coalesce(
        pl.when(reason.is_in(_codes(state))).then(reason) for state in PRECEDENCE for reason in reasons
    )


def _codes(state: State) -> list[int]:
    """Return the numbers of the reasons for which a rule is in a state of absence."""
    return [REASONS.index(reason) for reason, of in OF_REASON.items() if of is state]
