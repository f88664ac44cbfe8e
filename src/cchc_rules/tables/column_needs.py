"""Conditions of gates in columns, as `cchc_rules.scoring.needs` holds them one by one."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

import polars as pl

from cchc_rules.base.state import COMPUTED, PASSING, State
from cchc_rules.rules.needs import WHOLE
from cchc_rules.scoring.needs import CompiledGate, CompiledNeed
from cchc_rules.tables.exact_columns import Gauge, Ratio, Whole, as_ratio, every, some
from cchc_rules.tables.judged import Judged

if TYPE_CHECKING:
    from cchc_rules.tables.column_totals import ColumnTotal

MetricPasses: TypeAlias = Callable[[CompiledNeed], pl.Expr]
"""In which rows a condition on a metric does not bar."""


class ColumnNeeds:
    """Says in which rows conditions do not bar.

    Arguments:
        gauge: Makes the columns.
        weights: What each rule is worth, in ticks.
        judged: The rules, in the order of the compiled rule set.
        totals: The points of the groups, in that order.
        metric_passes: Says it of conditions on metrics.
    """

    def __init__(
        self,
        gauge: Gauge,
        weights: Sequence[Whole],
        judged: Sequence[Judged],
        totals: "Sequence[ColumnTotal]",
        metric_passes: MetricPasses,
    ) -> None:
        self.gauge = gauge
        self.weights = weights
        self.judged = judged
        self.totals = totals
        self.metric_passes = metric_passes

    def passes(self, gate: CompiledGate) -> pl.Expr:
        """Return in which rows nothing that a gate asks for bars."""
        return every([self._passes(need) for need in gate.needs])

    def _passes(self, need: CompiledNeed) -> pl.Expr:
        if need.metric is not None:
            return self.metric_passes(need)
        if need.group is not None:
            return self._group_passes(need, self.totals[need.group])
        return every([self._rule_passes(need, position) for position in need.rules])

    def _rule_passes(self, need: CompiledNeed, position: int) -> pl.Expr:
        rule = self.judged[position]
        if not need.need.is_share:
            met = rule.holds(lambda result: result.state in PASSING)
            if need.need.subject == "rule":
                return met
            return some((met, self._is_nothing(self.weights[position])))
        weight = self.weights[position]
        absent = rule.holds(lambda result: _stands_aside(result.state))
        computed = rule.holds(lambda result: result.state in COMPUTED)
        enough = self._reaches(need, rule.exact, as_ratio(weight))
        return some((absent, self._is_nothing(weight), every((computed, enough))))

    def _group_passes(self, need: CompiledNeed, total: "ColumnTotal") -> pl.Expr:
        # What is excluded does not count: what counts was earned or lost.
        counting = (total.earned + total.lost).kept()
        enough = self._reaches(need, as_ratio(total.earned), as_ratio(counting))
        return some((self._is_nothing(counting), enough))

    def _is_nothing(self, whole: Whole) -> pl.Expr:
        return as_ratio(whole).holds("==", self.gauge.ratio(Fraction(0)))

    def _reaches(self, need: CompiledNeed, part: Ratio, whole: Ratio) -> pl.Expr:
        """Return where a part of a whole is a share that a condition asks for."""
        bounds = need.need.bounds
        sign = ">"
        if not bounds.low_open:
            sign = ">="
        wanted = whole.times((bounds.low or Fraction(0)) / WHOLE)
        return part.holds(sign, wanted)


def _stands_aside(state: State) -> bool:
    return state in PASSING and state not in COMPUTED
