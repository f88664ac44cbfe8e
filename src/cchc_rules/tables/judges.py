"""From a rule to columns: its points, its state and the reason, for every row at once (semantics L1
to L6).

The same model as `plan` compiles, and the same order of judgement. A rule without a form in columns
raises `NoColumnsError`: it is judged row by row, by the functions that the single engine has for
it.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import NamedTuple

import polars as pl

from cchc_rules.base.interval import Interval
from cchc_rules.base.state import COMPUTED, PRECEDENCE, Effect, Reason, State, gate
from cchc_rules.rules.expressions import Lowering
from cchc_rules.rules.model import FormulaRef, MetricRef, Rule, RuleSet
from cchc_rules.rules.value_function import (
    Among,
    Compare,
    Computed,
    Condition,
    Constant,
    Line,
    Met,
    Otherwise,
    Piece,
    Staircase,
    Symbol,
    Term,
    ValueFunction,
    Within,
    value_function,
)
from cchc_rules.scoring.results import Worth
from cchc_rules.scoring.rule_figures import literal
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


class Operands(NamedTuple):
    """What pieces are computed from: the value and the threshold in columns, and what computes formulas."""

    value: Ratio
    threshold: Ratio | None
    formula: Formula


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
        self.by_hand = rule.deduction.by_hand

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
            self.rule.absence
            if self.rule.deduction.scored
            else dict.fromkeys(State, Effect.LOST)
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
        name = self.rule.deduction.axis.exempt
        exempt = [] if name is None else [self._figure(name)]
        value = own.ratio - exempt[0].ratio if exempt else own.ratio
        points = self._pieces(value, threshold, formula)
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
        return [*gone, *points]

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

    # Pieces

    def _pieces(
        self, value: Ratio, threshold: Ratio | None, formula: Formula
    ) -> list[Branch]:
        """Return the outcomes of the rule's value function, the first piece that holds first."""
        rule = self.rule
        function = value_function(rule, self.rules.metrics[rule.metric or ""])
        operands = Operands(value, threshold, formula)
        met = (
            None
            if function.target is None
            else self._holds(function.target, operands, None)
        )
        targeted = isinstance(function.pieces[0].condition, Met)
        late = function.axis.days_late and threshold is not None
        read = (
            operands._replace(value=value - threshold)
            if late and threshold is not None
            else operands
        )
        branches: list[Branch] = []
        for piece in reversed(function.pieces):
            reached = met
            if targeted:
                reached = TRUE if isinstance(piece.condition, Met) else FALSE
            outcomes = self._gives(piece, operands, reached)
            if isinstance(piece.condition, Met):
                outcomes = self._reached(outcomes, branches, function, operands)
            where = TRUE
            if branches:
                where = self._holds(piece.condition, read, met)
            branches = when(where, outcomes, branches) if branches else outcomes
        return branches

    def _holds(
        self, condition: Condition, operands: Operands, met: pl.Expr | None
    ) -> pl.Expr:
        """Return where a condition holds."""
        metric = self.rules.metrics[self.rule.metric or ""]
        match condition:
            case Met():
                return TRUE if met is None else met
            case Compare(sign, edge):
                return operands.value.holds(sign, self._term(edge, operands))
            case Within(interval):
                return self._within(operands.value, interval)
            case Among():
                return self._among(operands.value, condition.numbers(metric))
            case Otherwise():
                return TRUE

    def _term(self, term: Term, operands: Operands) -> Ratio:
        """Return a figure that a piece names, in columns."""
        match term:
            case Symbol.THRESHOLD if operands.threshold is not None:
                return operands.threshold
            case Fraction():
                return self.gauge.ratio(term)
            case _:
                raise AssertionError(
                    term
                )  # pragma: no cover - points are no place on the axis

    def _gives(
        self, piece: Piece, operands: Operands, met: pl.Expr | None
    ) -> list[Branch]:
        """Return the outcomes of one piece."""
        match piece.points:
            case Constant(points):
                return self._constant(points, piece.reason, met)
            case Line() as line:
                return self._result(self._share(line, operands), piece.reason, met)
            case Staircase() as stairs:
                return self._result(self._stairs(stairs, operands), piece.reason, met)
            case Computed(text):
                return self._result(self._computed(text, operands), piece.reason, met)

    def _constant(
        self, points: Term, reason: Reason, met: pl.Expr | None
    ) -> list[Branch]:
        """Return the outcomes of the same points in every row."""
        if met is not TRUE and met is not FALSE:
            return self._result(self._ticks(points), reason, met)
        ticks = self._worth_of(points)
        if met is TRUE:
            state = State.MET
        else:
            state = State.PARTLY_MET if ticks > 0 else State.NOT_MET
        return [(TRUE, self._fixed(ticks, 0, False, state, reason))]

    def _worth_of(self, points: Term) -> int:
        """Return points that are the rule's weight, its fewest, or nothing, in whole ticks."""
        if points is Symbol.WEIGHT:
            return self.worth.weight
        return self.worth.lowest if points is Symbol.LOWEST else 0

    def _reached(
        self,
        full: list[Branch],
        short: list[Branch],
        function: ValueFunction,
        operands: Operands,
    ) -> list[Branch]:
        """Return the outcomes of a target that is met.

        Where the target is the same in every row and nothing lies beyond it, the line that leads
        to it comes to the weight on it: then points need no test.
        """
        points = function.pieces[-1].points
        threshold = operands.threshold
        if not isinstance(points, Line) or threshold is None:
            return full
        sign = ">" if self.rule.comparator == ">=" else "<"
        value = operands.value
        beyond = settled(sign, (value.low, value.high), (threshold.low, threshold.high))
        on_target = short[-1][1]
        comes_to_weight = on_target.earned.high == self.worth.weight
        if threshold.low == threshold.high and beyond is FALSE and comes_to_weight:
            reached = on_target._replace(state=State.MET, reason=Reason.TARGET_MET)
            return [(TRUE, reached)]
        return full

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
        return some(value.holds("==", self.gauge.ratio(number)) for number in numbers)

    def _share(self, line: Line, operands: Operands) -> Ratio:
        """weight × (value − start) / (end − start), in ticks, at least the fewest points.

        Nothing where the end does not lie beyond the start.
        """
        rising = self.rule.comparator == ">="
        none = self.gauge.ratio(Fraction(0))
        start = self.gauge.ratio(line.start)
        part = (operands.value - start).times(Fraction(self.worth.weight))
        span = (self._term(line.end, operands) - start).kept()
        reachable = self.gauge.keep(span.holds(">" if rising else "<", none))
        ticks = none if reachable is FALSE else choose(reachable, part.over(span), none)
        ticks = ticks.most(self.gauge.ratio(Fraction(self.worth.lowest)))
        return ticks.within(None, Fraction(self.worth.weight))

    def _stairs(self, stairs: Staircase, operands: Operands) -> Ratio:
        """base + each × units between the value and the origin, in ticks, held."""
        apart = operands.value - self._term(stairs.origin, operands)
        units = apart.magnitude().times(1 / stairs.step)
        if stairs.units == "started":
            units = as_ratio(units.ceiling())
        elif stairs.units == "whole":
            units = as_ratio(units.floor())
        unit = self.judge.unit
        base = self._ticks(stairs.base)
        change = units.times(abs(stairs.each) * unit)
        return self._held(base - change if stairs.each < 0 else base + change)

    def _ticks(self, points: Term) -> Ratio:
        """Return written points, in ticks."""
        match points:
            case Symbol.WEIGHT:
                return self.gauge.ratio(Fraction(self.worth.weight))
            case Symbol.LOWEST:
                return self.gauge.ratio(Fraction(self.worth.lowest))
            case Fraction():
                return self.gauge.ratio(points * self.judge.unit)
            case _:
                raise AssertionError(
                    points
                )  # pragma: no cover - a threshold is no points

    def _held(self, ticks: Ratio) -> Ratio:
        """Return points that are held between the fewest and the weight."""
        return ticks.least(self._ticks(Symbol.WEIGHT)).most(self._ticks(Symbol.LOWEST))

    def _computed(self, text: str, operands: Operands) -> Ratio:
        """Return what a formula of points gives, in ticks, held between the fewest points and the
        weight.
        """
        if not self.rules.metrics[self.rule.metric or ""].numeric:
            raise NoColumnsError("formula over words or days")
        names = {"value": operands.value, "weight": self.gauge.ratio(self.rule.weight)}
        if operands.threshold is not None:
            names["threshold"] = operands.threshold
        tree = self.lowering.formula(text, self.rule)
        return self._held(
            operands.formula.number(tree, names).times(Fraction(self.judge.unit))
        )

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
