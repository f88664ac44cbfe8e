"""From a rule to columns: its points, its state and the reason, for every row at once (semantics L1
to L6).

The same model as `plan` compiles, and the same order of judgement. A rule without a form in columns
raises `NoColumnsError`: it is judged row by row, by the functions that the single engine has for
it.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

import polars as pl

from cchc_rules.base.interval import Interval
from cchc_rules.base.state import COMPUTED, PRECEDENCE, Effect, Reason, State, gate
from cchc_rules.rules import dependencies
from cchc_rules.rules.expressions import Lowering
from cchc_rules.rules.model import FormulaRef, MetricRef, Rule, RuleSet, Tier
from cchc_rules.scoring.shapes import Worth
from cchc_rules.scoring.value_functions import _SIGNS as COMPARATORS
from cchc_rules.scoring.value_functions import as_number, literal
from cchc_rules.tables.column_formulas import Formula, NoColumnsError
from cchc_rules.tables.exact_columns import (
    FALSE,
    TRUE,
    Gauge,
    Ratio,
    as_ratio,
    choose,
    every,
    never,
    settled,
    some,
)
from cchc_rules.tables.figures import Figures
from cchc_rules.tables.judged import Branch, ColumnResult, Judged, when

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


class Judge:
    """Judges the rules of one rule set in columns."""

    def __init__(
        self,
        rules: RuleSet,
        unit: int,
        figures: Mapping[str, Figures],
        gauge: Gauge,
        as_of: date,
    ) -> None:
        self.rules = rules
        self.unit = unit
        self.figures = figures
        self.gauge = gauge
        self.as_of = as_of
        self.lowering = Lowering(rules)

    def judged(
        self, rule: Rule, required: Sequence[Judged], given: Figures, absent: pl.Expr
    ) -> Judged:
        """Return a rule in columns.

        `required` are the rules that it requires, `given` the points that people gave, `absent`
        says where a block in which it lies is absent.
        """
        return Bench(self, rule, required, given, absent).judged()

    def worth(self, rule: Rule) -> Worth:
        """Return a rule's weight and its fewest points, in ticks."""
        return Worth(int(rule.weight * self.unit), int(rule.lowest * self.unit))


class Bench:
    """One rule while it is judged."""

    def __init__(
        self,
        judge: Judge,
        rule: Rule,
        required: Sequence[Judged],
        given: Figures,
        absent: pl.Expr,
    ) -> None:
        self.judge = judge
        self.rule = rule
        self.required = required
        self.given = given
        self.absent = absent
        self.rules = judge.rules
        self.figures = judge.figures
        self.gauge = judge.gauge
        self.lowering = judge.lowering
        self.worth = judge.worth(rule)
        self.by_hand = rule.deduction.kind == "manual"

    def judged(self) -> Judged:
        """Return the rule in columns."""
        found = Judged(self._manual() if self.by_hand else self._measured())
        if self.rule.requires:
            found = self._unless_gate_unknown(found)
        if self.rule.due is not None and self.judge.as_of < self.rule.due:
            found = self._unless_not_due(found)
        branches = found.branches
        if self.rule.requires:
            nothing = self._fixed(0, 0, False, State.NOT_MET, Reason.GATE_CLOSED)
            branches = when(self._closed(), [(TRUE, nothing)], branches)
        gone = self._fixed(
            0, self.worth.weight, True, State.NOT_APPLICABLE, Reason.BLOCK_ABSENT
        )
        branches = when(self.absent, [(TRUE, gone)], branches)
        return Judged((self.gauge.keep(where), outcome) for where, outcome in branches)

    # Outcomes

    def _fixed(
        self, earned: int, excluded: int, rescales: bool, state: State, reason: Reason
    ) -> ColumnResult:
        """Return an outcome that is the same in every row."""
        lost = self.worth.weight - earned - excluded
        number = self.gauge.number
        exact = self.gauge.ratio(Fraction(earned))
        rescaled = number(excluded if rescales else 0)
        return ColumnResult(
            state,
            reason,
            number(earned),
            number(lost),
            number(excluded),
            rescaled,
            exact,
        )

    def _absent(self, state: State, reason: Reason) -> ColumnResult:
        """Return what the declared effect of an absence makes of the rule; a person's points are
        for the singl
        """
        effects = (
            dict.fromkeys(State, Effect.LOST)
            if self.rule.deduction.kind == "none"
            else self.rule.absence
        )
        effect = effects.get(state)
        weight = self.worth.weight
        if effect in (Effect.LOST, Effect.FULL):
            return self._fixed(
                weight if effect is Effect.FULL else 0, 0, False, state, reason
            )
        found = self._fixed(0, weight, effect is Effect.EXCLUDE, state, reason)
        return found._replace(alone=effect not in (Effect.EXCLUDE, Effect.SHOW))

    def _result(
        self, ticks: Ratio, reason: Reason, met: pl.Expr | None
    ) -> list[Branch]:
        """Return the outcomes of so many points, the state by the target, or by the points where
        there is none.
        """
        ticks = ticks.kept()
        if met is None:
            met = ticks.holds(">=", self.gauge.ratio(Fraction(self.worth.weight)))
        above = ticks.holds(">", self.gauge.ratio(Fraction(0)))
        earned = ticks.rounded().kept()
        none = self.gauge.number(0)
        lost = self.gauge.number(self.worth.weight) - earned
        states = ((met, State.MET), (above, State.PARTLY_MET), (TRUE, State.NOT_MET))
        return [
            (where, ColumnResult(state, reason, earned, lost, none, none, ticks))
            for where, state in states
        ]

    # Figures

    def _manual(self) -> list[Branch]:
        awaited = self._absent(State.MISSING, Reason.POINTS_AWAITED)
        points = self._result(
            self.given.ratio.times(Fraction(self.judge.unit)), Reason.MANUAL, None
        )
        return when(self.given.absences[0][0], [(TRUE, awaited)], points)

    def _measured(self) -> list[Branch]:
        own = self._figure(self.rule.metric or "")
        formula = Formula(self.rules.metrics, self.figures, self.gauge)
        threshold, read = self._threshold(formula)
        exempt = (
            [self._figure(self.rule.deduction.exempt)]
            if self.rule.deduction.exempt
            else []
        )
        value = own.ratio - exempt[0].ratio if exempt else own.ratio
        shape = self._shape(value, threshold, formula)
        figures = [
            own,
            *read,
            *exempt,
            *(formula.names[name] for name in sorted(formula.names)),
        ]
        gone = [
            (where, self._absent(OF_REASON[reason], reason))
            for where, reason in ranked(figures)
        ]
        if formula.plain:
            failed = self._fixed(0, 0, False, State.NOT_MET, Reason.FORMULA)._replace(
                alone=True
            )
            gone.append((never(every(formula.plain)), failed))
        return [*gone, *shape]

    def _figure(self, name: str) -> Figures:
        if name not in self.figures:
            raise NoColumnsError(f"metric {name}")
        return self.figures[name]

    def _threshold(self, formula: Formula) -> tuple[Ratio | None, list[Figures]]:
        """Return the rule's threshold, and the figure that it is read from."""
        match self.rule.threshold:
            case MetricRef(name):
                figure = self._figure(name)
                return figure.ratio, [figure]
            case FormulaRef(_):
                return formula.number(self.lowering.threshold(self.rule), {}), []
            case _:
                known = literal(self.rule, self.rules.metrics[self.rule.metric or ""])
                return None if known is None else self.gauge.ratio(known), []

    # Shapes

    def _shape(
        self, value: Ratio, threshold: Ratio | None, formula: Formula
    ) -> list[Branch]:
        met = self._met(value, threshold)
        kind = self.rule.deduction.kind
        match kind:
            case "all_or_nothing" | "none":
                return self._all_or_nothing(met)
            case "tiers":
                return self._tiers(value, threshold, met, formula)
            case "formula":
                tree = self.lowering.formula(
                    self.rule.deduction.formula or "", self.rule
                )
                return self._result(
                    self._points(tree, value, threshold, formula), Reason.FORMULA, met
                )
            case _:
                short = self._share if kind == "proportional" else self._units
                found = short(value, threshold)  # type: ignore[arg-type]  # it has a target
                reached = self._reached(found[-1][1], value, threshold)  # type: ignore[arg-type]
                return when(met, [(TRUE, reached)], found)  # type: ignore[arg-type]

    def _reached(
        self, short: ColumnResult, value: Ratio, threshold: Ratio
    ) -> ColumnResult:
        """Return the outcome of a target that is met: what falls short of it, where that comes to
        the weight on it.

        So it does where the target is the same in every row and nothing lies beyond it: points need
        no test then.
        """
        full = self._fixed(self.worth.weight, 0, False, State.MET, Reason.TARGET_MET)
        sign = ">" if self.rule.comparator == ">=" else "<"
        beyond = settled(sign, (value.low, value.high), (threshold.low, threshold.high))
        same = (
            self.rule.deduction.kind == "proportional"
            and threshold.low == threshold.high
        )
        exact = same and beyond is FALSE and short.earned.high == self.worth.weight
        return (
            short._replace(state=State.MET, reason=Reason.TARGET_MET) if exact else full
        )

    def _met(self, value: Ratio, threshold: Ratio | None) -> pl.Expr | None:
        rule = self.rule
        metric = self.rules.metrics[self.rule.metric or ""]
        if rule.comparator == "between":
            return self._within(value, rule.threshold)  # type: ignore[arg-type]
        if rule.comparator == "one_of":
            return self._among(
                value,
                [as_number(one, metric) for one in rule.threshold],  # type: ignore[union-attr]
            )
        if rule.comparator is None or threshold is None:
            return None
        sign = COMPARATORS.get(rule.comparator, rule.comparator)
        if rule.comparator == "better":
            sign = "<" if metric.better == "lower" else ">"
        return value.holds(sign, threshold)

    def _within(self, value: Ratio, interval: Interval) -> pl.Expr:
        edges = (
            (">" if interval.low_open else ">=", interval.low),
            ("<" if interval.high_open else "<=", interval.high),
        )
        return every(
            value.holds(sign, self.gauge.ratio(edge))
            for sign, edge in edges
            if edge is not None
        )

    def _among(self, value: Ratio, numbers: list[Fraction]) -> pl.Expr:
        return some(value.holds("==", self.gauge.ratio(one)) for one in numbers)

    def _all_or_nothing(self, met: pl.Expr | None) -> list[Branch]:
        scored = self.rule.deduction.kind != "none"
        full, none = (
            (Reason.TARGET_MET, Reason.TARGET_MISSED)
            if scored
            else (Reason.INFORMATION, Reason.INFORMATION)
        )
        reached = self._fixed(self.worth.weight, 0, False, State.MET, full)
        missed = self._fixed(self.worth.lowest, 0, False, State.NOT_MET, none)
        return [(TRUE if met is None else met, reached), (TRUE, missed)]

    def _share(self, value: Ratio, threshold: Ratio) -> list[Branch]:
        """weight × (value − start) / (target − start), nothing below the floor; nothing where start
        is the target.
        """
        deduction = self.rule.deduction
        rising = self.rule.comparator == ">="
        none = self.gauge.ratio(Fraction(0))
        start = self.gauge.ratio(deduction.from_ or Fraction(0))
        part = (value - start).times(Fraction(self.worth.weight))
        span = (threshold - start).kept()
        reachable = self.gauge.keep(span.holds(">" if rising else "<", none))
        ticks = none if reachable is FALSE else choose(reachable, part.over(span), none)
        ticks = ticks.most(self.gauge.ratio(Fraction(self.worth.lowest)))
        points = self._result(
            ticks.within(None, Fraction(self.worth.weight)), Reason.BELOW_TARGET, FALSE
        )
        if deduction.floor is None:
            return points
        under = value.holds("<" if rising else ">", self.gauge.ratio(deduction.floor))
        return when(
            under,
            [(TRUE, self._fixed(0, 0, False, State.NOT_MET, Reason.BELOW_FLOOR))],
            points,
        )

    def _units(self, value: Ratio, threshold: Ratio) -> list[Branch]:
        """weight − loss × units off the target."""
        deduction = self.rule.deduction
        units = (value - threshold).magnitude().times(1 / deduction.step)
        if deduction.units == "started":
            units = as_ratio(units.ceiling())
        elif deduction.units == "whole":
            units = as_ratio(units.floor())
        ticks = self._weight - units.times(
            dependencies.unit_loss(self.rule) * self.judge.unit
        )
        return self._result(self._held(ticks), Reason.UNITS_OFF, FALSE)

    @property
    def _weight(self) -> Ratio:
        return self.gauge.ratio(Fraction(self.worth.weight))

    def _held(self, ticks: Ratio) -> Ratio:
        """Return points that are held between the fewest and the weight."""
        return ticks.least(self._weight).most(
            self.gauge.ratio(Fraction(self.worth.lowest))
        )

    def _points(
        self, tree: Any, value: Ratio, threshold: Ratio | None, formula: Formula
    ) -> Ratio:
        """Return what a formula of points gives, in ticks, held between the fewest points and the
        weight.
        """
        if not self.rules.metrics[self.rule.metric or ""].numeric:
            raise NoColumnsError("formula over words or days")
        own = {"value": value, "weight": self.gauge.ratio(self.rule.weight)}
        own |= {"threshold": threshold} if threshold is not None else {}
        return self._held(formula.number(tree, own).times(Fraction(self.judge.unit)))

    def _tiers(
        self,
        value: Ratio,
        threshold: Ratio | None,
        met: pl.Expr | None,
        formula: Formula,
    ) -> list[Branch]:
        late = self.rule.deduction.of == "days_late" and threshold is not None
        read = value - threshold if late and threshold is not None else value
        found: list[Branch] = []
        for tier in reversed(self.rule.deduction.tiers):
            points = self._result(
                self._worth_of(tier, value, threshold, formula), Reason.TIER, met
            )
            found = when(self._in(tier, read), points, found) if found else points
        return found

    def _worth_of(
        self, tier: Tier, value: Ratio, threshold: Ratio | None, formula: Formula
    ) -> Ratio:
        """Return the points of a tier, in ticks."""
        fixed = dependencies.constant(self.rule, tier)
        if fixed is not None:
            return self.gauge.ratio(fixed * self.judge.unit)
        return self._points(
            self.lowering.formula(tier.value.formula or "", self.rule),
            value,
            threshold,
            formula,
        )

    def _in(self, tier: Tier, value: Ratio) -> pl.Expr:
        metric = self.rules.metrics[self.rule.metric or ""]
        if tier.values is not None:
            return self._among(value, [as_number(one, metric) for one in tier.values])
        return self._within(value, tier.interval or Interval())

    # Days and gates

    def _unless_not_due(self, found: Judged) -> Judged:
        final = (
            [Reason.GATE_UNKNOWN]
            if self.by_hand
            else [Reason.GATE_UNKNOWN, Reason.POINTS_AWAITED]
        )
        waits = (State.PARTLY_MET, State.NOT_MET, State.MISSING)
        not_due = self._absent(State.NOT_DUE, Reason.NOT_DUE)
        return found.changed(
            lambda one: (
                not_due
                if one.state in waits and one.reason not in final and not one.alone
                else one
            )
        )

    def _unless_gate_unknown(self, found: Judged) -> Judged:
        own = [*COMPUTED, State.MISSING] if self.by_hand else COMPUTED
        waiting = self._absent(State.MISSING, Reason.GATE_UNKNOWN)
        unknown = self.gauge.keep(
            some(
                one.holds(lambda it: gate(it.state) is State.MISSING)
                for one in self.required
            )
        )
        return found.before(
            lambda one: unknown if one.state in own and not one.alone else FALSE,
            lambda _: waiting,
        )

    def _closed(self) -> pl.Expr:
        """Return where a gate is closed, and the rule's own figure not waived."""
        closed = some(
            one.holds(lambda it: gate(it.state) is State.NOT_MET)
            for one in self.required
        )
        own = (
            self._figure(self.rule.metric).absences
            if self.rule.metric is not None
            else ()
        )
        return every(
            (
                closed,
                *(never(where) for where, reason in own if reason is Reason.WAIVED),
            )
        )


def ranked(figures: Sequence[Figures]) -> list[tuple[pl.Expr, Reason]]:
    """Return what stands in the way, in its order: the first figure's waiver, then the strongest
    (L2, L6).

    One figure has one reason at most: then a missing one, which like a scored one excludes nothing,
    comes next to that.
    """
    if len(figures) == 1:
        return strongest(figures)[::-1]
    waived = (
        [
            (where, reason)
            for where, reason in figures[0].absences
            if reason is Reason.WAIVED
        ]
        if figures
        else []
    )
    return waived + strongest(figures)


def strongest(figures: Sequence[Figures]) -> list[tuple[pl.Expr, Reason]]:
    """Return the absences of figures in the order in which they win (semantics L6)."""
    return [
        (where, reason)
        for state in PRECEDENCE
        for figure in figures
        for where, reason in figure.absences
        if OF_REASON[reason] is state
    ]
