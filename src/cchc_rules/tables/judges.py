"""From a rule to columns: its points, its state and the reason, for every row at once.

The meaning is that of `scoring.compiled_rules`: the same pieces, and the same order of judgement
(semantics L1 to L6). A rule without a form in columns raises `NoColumnsError`: it is judged row
by row, by the functions that the single engine has for it.

How pieces become columns
-------------------------
The single engine asks, of one figure, which piece holds. A column has many figures, so that every
piece becomes a *branch*: where it holds, and what it gives there. Each row takes the first branch
that holds. `proportional` with a floor of 50, a target of 90 % and a weight of 4 points, which
are 400 ticks, comes to these branches:

    no figure              what the declared effect makes of it
    value >= 90            met           400
    value < 50             not met         0
    400 × value / 90 > 0   partly met    400 × value / 90, rounded half up
    in all other rows      not met       the same, which is nothing

`when(condition, yes, no)` puts one ladder into another: the branches of `yes` hold where the
condition does too, and the rows that are left fall through to `no`. A condition that is the same
in every row (`TRUE`, `FALSE`) is known before anything is computed, so that a branch that no row
can reach, such as a closed gate behind rules that are all met, is left out.

The pieces are gone through from the last to the first, since each needs the ladder of those after
it as its `no`.
"""

from collections import ChainMap
from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import NamedTuple

import polars as pl

from cchc_rules.base.interval import Interval
from cchc_rules.base.number import half_up
from cchc_rules.base.state import (
    COMPUTED,
    PRECEDENCE,
    AbsenceKind,
    Effect,
    Reason,
    State,
    absence_kind,
    gate,
)
from cchc_rules.rules import dependencies, formula
from cchc_rules.rules.expressions import Lowering
from cchc_rules.rules.model import (
    Credit,
    DeclaredEffect,
    FormulaRef,
    MetricRef,
    Rule,
    RuleSet,
)
from cchc_rules.rules.value_function import (
    AllOf,
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
from cchc_rules.tables.column_formulas import ColumnFormula, NoColumnsError
from cchc_rules.tables.exact_columns import (
    FALSE,
    TRUE,
    Gauge,
    Ratio,
    as_ratio,
    certain,
    choose,
    every,
    never,
    settled,
    some,
)
from cchc_rules.tables.figures import ColumnFigures
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

_MAY_WAIT = (State.PARTLY_MET, State.NOT_MET, State.MISSING)
"""States that give way to “not yet due” before a rule's day."""


class Operands(NamedTuple):
    """What pieces are computed from, in columns."""

    value: Ratio
    """The rule's figure, less what is exempt."""
    threshold: Ratio | None
    """What the figure is held against, None where that is no single number."""
    formula: ColumnFormula
    """What computes formulas, and keeps the figures that they read."""


class Judge:
    """Judges the rules of one rule set in columns.

    Args:
        rules: The rule set.
        unit: The number of ticks in a point.
        figures: The figures of each metric in columns, by its id.
        gauge: What knows how large the numbers of a column may become.
        as_of: The day of judgement, the same for all rows.
    """

    def __init__(
        self,
        rules: RuleSet,
        unit: int,
        figures: Mapping[str, ColumnFigures],
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
        self,
        rule: Rule,
        required: Sequence[Judged],
        given: ColumnFigures,
        absent: pl.Expr,
    ) -> Judged:
        """Return a rule in columns.

        Args:
            rule: The rule to judge.
            required: The rules that it requires, judged before it.
            given: The points that people gave for it.
            absent: Where a block in which it lies is absent.

        Raises:
            NoColumnsError: The rule has no form in columns.
        """
        return RuleJudge(self, rule, required, given, absent).judged()

    def worth(self, rule: Rule) -> Worth:
        """Return a rule's weight and its fewest points, in ticks."""
        # The loader has refused weights that are no whole number of ticks.
        weight = rule.weight * self.unit
        lowest = rule.lowest * self.unit
        return Worth(int(weight), int(lowest))


class RuleJudge:
    """Judges one rule.

    The order of judgement is built from the inside out, as in the single engine: what the figure
    gives comes first, and each step that goes before it is laid around that.
    """

    def __init__(
        self,
        judge: Judge,
        rule: Rule,
        required: Sequence[Judged],
        given: ColumnFigures,
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
        if self.by_hand:
            judged = Judged(self._manual())
        else:
            judged = Judged(self._measured())
        # Each step from here on goes before all that stand above it: an absent block before a
        # closed gate, a closed gate before a day that has not come, that before an unknown gate.
        if self.rule.requires:
            judged = self._unless_gate_unknown(judged)
        if self.rule.due is not None and self.judge.as_of < self.rule.due:
            judged = self._unless_not_due(judged)
        branches = judged.branches
        if self.rule.requires:
            nothing = self._fixed(
                0,
                0,
                False,
                State.NOT_MET,
                Reason.GATE_CLOSED,
            )
            branches = when(self._closed(), [(TRUE, nothing)], branches)
        block_absent = self._fixed(
            0,
            self.worth.weight,
            True,
            State.NOT_APPLICABLE,
            Reason.BLOCK_ABSENT,
        )
        branches = when(self.absent, [(TRUE, block_absent)], branches)
        # Points, state and reason all read the conditions: each is worked out once.
        kept = [(self.gauge.keep(where), result) for where, result in branches]
        return Judged(kept)

    # Results

    def _fixed(
        self,
        earned: int,
        excluded: int,
        rescales: bool,
        state: State,
        reason: Reason,
    ) -> ColumnResult:
        """Return a result that is the same in every row."""
        lost = self.worth.weight - earned - excluded
        rescaled = 0
        if rescales:
            rescaled = excluded
        number = self.gauge.number
        return ColumnResult(
            state,
            reason,
            earned=number(earned),
            lost=number(lost),
            excluded=number(excluded),
            rescaled=number(rescaled),
            exact=self.gauge.ratio(Fraction(earned)),
        )

    def _absent(self, state: State, reason: Reason) -> ColumnResult:
        """Return what the declared effect of an absence makes of the rule (semantics L4).

        Where a person gives the points, or no effect is declared, the row is for the single
        engine.
        """
        effects: Mapping[AbsenceKind, DeclaredEffect] = self.rule.absence
        if not self.rule.deduction.scored:
            effects = dict.fromkeys(State, Effect.LOST)
        effect = effects.get(absence_kind(state, reason, effects))
        weight = self.worth.weight
        if effect is Effect.LOST:
            return self._fixed(0, 0, False, state, reason)
        if effect is Effect.FULL:
            return self._fixed(weight, 0, False, state, reason)
        if isinstance(effect, Credit):
            ticks = effect.points_of(self.rule.weight) * self.judge.unit
            rounded = half_up(ticks.numerator, ticks.denominator)
            credit = self._fixed(rounded, 0, False, state, reason)
            return credit._replace(exact=self.gauge.ratio(ticks))
        excluded = self._fixed(
            0,
            weight,
            effect is Effect.EXCLUDE,
            state,
            reason,
        )
        left_to_a_person = effect not in (Effect.EXCLUDE, Effect.SHOW)
        return excluded._replace(alone=left_to_a_person)

    def _result(
        self,
        ticks: Ratio,
        reason: Reason,
        met: pl.Expr | None,
    ) -> list[Branch]:
        """Return the branches of so many points, rounded here and once.

        The state is that of the target (`met`), or of the points where there is no target.
        """
        ticks = ticks.kept()
        if met is None:
            met = ticks.holds(">=", self._ticks(Symbol.WEIGHT))
        # A point too little for a tick is a point: the rule is partly met, and 0.00 is shown.
        above = ticks.holds(">", self.gauge.ratio(Fraction(0)))
        earned = ticks.rounded().kept()
        zero = self.gauge.number(0)
        lost = self.gauge.number(self.worth.weight) - earned
        result = ColumnResult(
            State.NOT_MET,
            reason,
            earned=earned,
            lost=lost,
            excluded=zero,
            rescaled=zero,
            exact=ticks,
        )
        return [
            (met, result._replace(state=State.MET)),
            (above, result._replace(state=State.PARTLY_MET)),
            (TRUE, result),
        ]

    # Figures

    def _manual(self) -> list[Branch]:
        """Return the branches of a rule whose points a person gives (semantics L3)."""
        awaited = self._absent(State.MISSING, Reason.POINTS_AWAITED)
        ticks = self.given.ratio.times(Fraction(self.judge.unit))
        points = self._result(ticks, Reason.MANUAL, None)
        # Points that a person gives are absent in one way only: nobody has given them yet.
        not_given, _ = self.given.absences[0]
        return when(not_given, [(TRUE, awaited)], points)

    def _measured(self) -> list[Branch]:
        """Return the branches of a rule that a figure decides: absences, then the pieces."""
        # Which figures a row waits for hangs on the others: it is judged row by row.
        if self.rule.deduction.hit is not None:
            raise NoColumnsError("decision table")
        value_figure = self._figure(self.rule.metric or "")
        value = value_figure.ratio
        columns = ColumnFormula(self.rules.metrics, self.figures, self.gauge)
        threshold, threshold_figure = self._threshold(columns)
        figures = [value_figure, *threshold_figure]
        # Units that are exempt, such as dossiers late by somebody else's fault, are not counted.
        exempt = self.rule.deduction.axis.exempt
        if exempt is not None:
            exempt_figure = self._figure(exempt)
            figures.append(exempt_figure)
            value = value - exempt_figure.ratio
        pieces = self._pieces(Operands(value, threshold, columns))
        figures += self._formula_figures(columns)
        absences = [
            (where, self._absent(OF_REASON[reason], reason))
            for where, reason in ranked(figures)
        ]
        if columns.plain:
            # A divisor of zero: what becomes of the row, the single engine says. The branch stands
            # behind the absences, since a figure that is not there makes no fault.
            failed = self._fixed(
                0,
                0,
                False,
                State.NOT_MET,
                Reason.FORMULA,
            )
            divided_by_zero = never(every(columns.plain))
            absences.append((divided_by_zero, failed._replace(alone=True)))
        return [*absences, *pieces]

    def _formula_figures(self, columns: ColumnFormula) -> list[ColumnFigures]:
        """Return the figures that the rule's formulas read, in the order in which absences count.

        Of equal absences the first counts (semantics L7). As in the single engine the threshold's
        formula comes before those of points.
        """
        names: list[str] = []
        for _, text, own_names in dependencies.rule_formulas(self.rules, self.rule):
            types = ChainMap(own_names, self.rules.metric_types)
            parsed = formula.parse(text, types, self.rules.calendar)
            names += [name for name in parsed.in_order if name in columns.names]
        # Each figure once, where it first stands.
        return [columns.names[name] for name in dict.fromkeys(names)]

    def _figure(self, name: str) -> ColumnFigures:
        """Return the figures of a metric; one whose formula has no columns has none."""
        if name not in self.figures:
            raise NoColumnsError(f"metric {name}")
        return self.figures[name]

    def _threshold(
        self,
        columns: ColumnFormula,
    ) -> tuple[Ratio | None, list[ColumnFigures]]:
        """Return the rule's threshold, and the one figure that it is read from, or none."""
        match self.rule.threshold:
            case MetricRef(name):
                figure = self._figure(name)
                return figure.ratio, [figure]
            case FormulaRef(_):
                tree = self.lowering.threshold(self.rule)
                return columns.number(tree, {}), []
        # Words and days are thresholds, too: by their rank, and by their ordinal.
        metric = self.rules.metrics[self.rule.metric or ""]
        known = literal(self.rule, metric)
        if known is None:
            return None, []
        return self.gauge.ratio(known), []

    # Pieces

    def _pieces(self, operands: Operands) -> list[Branch]:
        """Return the branches of the rule's value function, the first piece that holds first."""
        rule = self.rule
        function = value_function(rule, self.rules.metrics[rule.metric or ""])
        met = None
        if function.target is not None:
            met = self._holds(function.target, operands, None)
        targeted = isinstance(function.pieces[0].condition, Met)
        on_axis = operands
        if function.axis.days_late and operands.threshold is not None:
            days_late = operands.value - operands.threshold
            on_axis = operands._replace(value=days_late)
        branches: list[Branch] = []
        for piece in reversed(function.pieces):
            is_target = isinstance(piece.condition, Met)
            met_here = met
            # Where the first piece is the target, all others lie short of it.
            if targeted:
                met_here = certain(is_target)
            piece_branches = self._gives(piece, operands, on_axis, met_here)
            if is_target:
                piece_branches = self._reached(
                    piece_branches,
                    branches,
                    function,
                    operands,
                )
            if not branches:
                # The last piece takes every row that is left, and needs no test.
                branches = piece_branches
                continue
            where = self._holds(piece.condition, on_axis, met)
            branches = when(where, piece_branches, branches)
        return branches

    def _holds(
        self,
        condition: Condition,
        operands: Operands,
        met: pl.Expr | None,
    ) -> pl.Expr:
        """Return where a condition holds; `met` says where the target is met."""
        metric = self.rules.metrics[self.rule.metric or ""]
        match condition:
            case Met():
                if met is None:
                    return TRUE
                return met
            case Compare(sign, edge):
                return operands.value.holds(sign, self._term(edge, operands))
            case Within(interval):
                return self._within(operands.value, interval)
            case Among():
                return self._among(operands.value, condition.numbers(metric))
            case Otherwise():
                return TRUE
            case AllOf():  # pragma: no cover - decision tables have no columns
                raise AssertionError(condition)

    def _term(self, term: Term, operands: Operands) -> Ratio:
        """Return a figure that a piece names, in columns."""
        match term:
            case Symbol.THRESHOLD if operands.threshold is not None:
                return operands.threshold
            case Fraction():
                return self.gauge.ratio(term)
            case _:  # pragma: no cover - points are no place on the axis
                raise AssertionError(term)

    def _gives(
        self,
        piece: Piece,
        operands: Operands,
        on_axis: Operands,
        met: pl.Expr | None,
    ) -> list[Branch]:
        """Return the branches of one piece; `met` says where the target is met.

        `on_axis` has what the pieces are held against, the days late of a date among them.
        """
        match piece.points:
            case Constant(points):
                return self._constant(points, piece.reason, met)
            case Line() as line:
                ticks = self._share(line, operands)
            case Staircase() as stairs:
                ticks = self._stairs(stairs, on_axis)
            case Computed(text):
                ticks = self._computed(text, operands)
        return self._result(ticks, piece.reason, met)

    def _constant(
        self,
        points: Term,
        reason: Reason,
        met: pl.Expr | None,
    ) -> list[Branch]:
        """Return the branches of the same points in every row."""
        # Where state and points are both the same in every row, nothing is computed in any: most
        # pieces of tiers are of this kind.
        same_state = met is TRUE or met is FALSE
        ticks = self._whole_ticks(points)
        if not same_state or ticks is None:
            return self._result(self._ticks(points), reason, met)
        state = State.NOT_MET
        if met is TRUE:
            state = State.MET
        elif ticks > 0:
            state = State.PARTLY_MET
        return [(TRUE, self._fixed(ticks, 0, False, state, reason))]

    def _whole_ticks(self, points: Term) -> int | None:
        """Return written points in whole ticks; None where they are no whole number of them."""
        match points:
            case Symbol.WEIGHT:
                return self.worth.weight
            case Symbol.LOWEST:
                return self.worth.lowest
            case Fraction():
                ticks = points * self.judge.unit
                if ticks.denominator != 1:
                    return None
                return int(ticks)
            case _:  # pragma: no cover - a threshold is no points
                raise AssertionError(points)

    def _reached(
        self,
        full: list[Branch],
        short: list[Branch],
        function: ValueFunction,
        operands: Operands,
    ) -> list[Branch]:
        """Return the branches of a target that is met: `full`, or those of the line to it.

        Where the target is the same in every row and nothing lies beyond it, the line that leads
        to it (`short`) comes to the weight on it: then points need no test. A share of 0 to 100 %
        with a target of 100 % is the usual case.
        """
        points = function.pieces[-1].points
        threshold = operands.threshold
        if not isinstance(points, Line) or threshold is None:
            return full
        sign = "<"
        if self._rising:
            sign = ">"
        value = operands.value
        beyond = settled(
            sign,
            (value.low, value.high),
            (threshold.low, threshold.high),
        )
        same_target = threshold.low == threshold.high
        _, on_target = short[-1]
        comes_to_weight = on_target.earned.high == self.worth.weight
        if not (same_target and beyond is FALSE and comes_to_weight):
            return full
        reached = on_target._replace(state=State.MET, reason=Reason.TARGET_MET)
        return [(TRUE, reached)]

    @property
    def _rising(self) -> bool:
        """Whether a line leads up to its target, and not down."""
        return self.rule.comparator == ">="

    def _within(self, value: Ratio, interval: Interval) -> pl.Expr:
        """Return where a value lies in an interval, whose ends may be open."""
        above = ">="
        if interval.low_open:
            above = ">"
        below = "<="
        if interval.high_open:
            below = "<"
        conditions = []
        for sign, edge in ((above, interval.low), (below, interval.high)):
            if edge is not None:
                limit = self.gauge.ratio(edge)
                conditions.append(value.holds(sign, limit))
        return every(conditions)

    def _among(self, value: Ratio, numbers: list[Fraction]) -> pl.Expr:
        """Return where a value is one of some numbers: levels, or yes and no, are numbers here."""
        conditions = []
        for number in numbers:
            same = value.holds("==", self.gauge.ratio(number))
            conditions.append(same)
        return some(conditions)

    def _share(self, line: Line, operands: Operands) -> Ratio:
        """Return weight × (value − start) / (end − start), in ticks, at least the fewest points.

        Nothing where the end does not lie beyond the start: a target that another figure gives may
        lie anywhere.
        """
        weight = Fraction(self.worth.weight)
        zero = self.gauge.ratio(Fraction(0))
        start = self.gauge.ratio(line.start)
        way = operands.value - start
        part = way.times(weight)
        end = self._term(line.end, operands)
        span = (end - start).kept()
        sign = "<"
        if self._rising:
            sign = ">"
        leads_on = self.gauge.keep(span.holds(sign, zero))
        ticks = zero
        if leads_on is not FALSE:
            ticks = choose(leads_on, part.over(span), zero)
        # A line is asked only of figures that fall short of its end, so it stays below the weight;
        # its bounds alone do not tell that.
        held = ticks.most(self._ticks(Symbol.LOWEST))
        return held.within(None, weight)

    def _stairs(self, stairs: Staircase, operands: Operands) -> Ratio:
        """Return base + each × units between the value and the origin, in ticks, held.

        With 0.5 points off for each started 10 dossiers beyond 20, 31 dossiers are 2 units, and
        cost 100 ticks.
        """
        apart = operands.value - self._term(stairs.origin, operands)
        units = apart.magnitude().times(1 / stairs.step)
        if stairs.units == "started":
            units = as_ratio(units.ceiling())
        elif stairs.units == "whole":
            units = as_ratio(units.floor())
        base = self._ticks(stairs.base)
        ticks_each = abs(stairs.each) * self.judge.unit
        change = units.times(ticks_each)
        if stairs.each < 0:
            return self._held(base - change)
        return self._held(base + change)

    def _ticks(self, points: Term) -> Ratio:
        """Return written points, in ticks."""
        match points:
            case Symbol.WEIGHT:
                return self.gauge.ratio(Fraction(self.worth.weight))
            case Symbol.LOWEST:
                return self.gauge.ratio(Fraction(self.worth.lowest))
            case Fraction():
                return self.gauge.ratio(points * self.judge.unit)
            case _:  # pragma: no cover - a threshold is no points
                raise AssertionError(points)

    def _held(self, ticks: Ratio) -> Ratio:
        """Return points that are held between the fewest and the weight."""
        at_most_weight = ticks.least(self._ticks(Symbol.WEIGHT))
        return at_most_weight.most(self._ticks(Symbol.LOWEST))

    def _computed(self, text: str, operands: Operands) -> Ratio:
        """Return what a formula of points gives, in ticks, held."""
        if not self.rules.metrics[self.rule.metric or ""].numeric:
            raise NoColumnsError("formula over words or days")
        names = {
            "value": operands.value,
            "weight": self.gauge.ratio(self.rule.weight),
        }
        if operands.threshold is not None:
            names["threshold"] = operands.threshold
        tree = self.lowering.formula(text, self.rule)
        points = operands.formula.number(tree, names)
        return self._held(points.times(Fraction(self.judge.unit)))

    # Days and gates

    def _unless_not_due(self, judged: Judged) -> Judged:
        """Return the rule before its day: what may still change is not yet due (semantics L2)."""
        final = [Reason.GATE_UNKNOWN]
        if not self.by_hand:
            final.append(Reason.POINTS_AWAITED)
        not_due = self._absent(State.NOT_DUE, Reason.NOT_DUE)

        def waiting(result: ColumnResult) -> ColumnResult:
            may_wait = result.state in _MAY_WAIT and result.reason not in final
            if may_wait and not result.alone:
                return not_due
            return result

        return judged.changed(waiting)

    def _unless_gate_unknown(self, judged: Judged) -> Judged:
        """Return the rule where what it requires is not known: then it is missing itself."""
        kept_waiting = [*COMPUTED]
        if self.by_hand:
            kept_waiting.append(State.MISSING)
        waiting = self._absent(State.MISSING, Reason.GATE_UNKNOWN)
        unknown = self.gauge.keep(self._gate(State.MISSING))

        def waits(result: ColumnResult) -> pl.Expr:
            if result.state in kept_waiting and not result.alone:
                return unknown
            return FALSE

        return judged.before(waits, lambda _: waiting)

    def _closed(self) -> pl.Expr:
        """Return where a gate is closed, and the rule's own figure not waived."""
        conditions = [self._gate(State.NOT_MET)]
        if self.rule.metric is not None:
            figure = self._figure(self.rule.metric)
            for where, reason in figure.absences:
                if reason is Reason.WAIVED:
                    conditions.append(never(where))
        return every(conditions)

    def _gate(self, effect: State) -> pl.Expr:
        """Return where one of the required rules has an effect on this one."""

        def has_effect(result: ColumnResult) -> bool:
            return gate(result.state) is effect

        return some(required.holds(has_effect) for required in self.required)


def ranked(figures: Sequence[ColumnFigures]) -> list[tuple[pl.Expr, Reason]]:
    """Return what stands in a rule's way, the first that counts first (semantics L2, L6).

    That is the first figure's waiver, then the strongest of all. One figure has one reason at
    most, so that any order is right: then missing comes last, next to the pieces, whose results
    like its own exclude nothing and are merged with it.
    """
    if len(figures) == 1:
        return strongest(figures)[::-1]
    waived = [
        (where, reason)
        for figure in figures[:1]
        for where, reason in figure.absences
        if reason is Reason.WAIVED
    ]
    return waived + strongest(figures)


def strongest(figures: Sequence[ColumnFigures]) -> list[tuple[pl.Expr, Reason]]:
    """Return the absences of figures in the order in which they win (semantics L6)."""
    return [
        (where, reason)
        for state in PRECEDENCE
        for figure in figures
        for where, reason in figure.absences
        if OF_REASON[reason] is state
    ]
