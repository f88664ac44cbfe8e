"""Rules that have no form in columns, judged row by row.

The single engine's own functions judge them, and what they give becomes columns again: points, and
the number of a state and a reason in `KINDS`.

A rule has no form in columns when its formula reads words or days, or something that columns cannot
compute. That is one rule of many, so the rest of the table still goes through columns: only the
figures that this rule reads are taken out row by row.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from cchc_rules.base.state import COMPUTED, Absent, Reason, State
from cchc_rules.rules import dependencies, formula
from cchc_rules.rules.model import Rule
from cchc_rules.scoring.compiled_rules import CompiledRuleSet, Run
from cchc_rules.scoring.results import Result
from cchc_rules.submissions.submission import Figure
from cchc_rules.tables.exact_columns import TRUE, Gauge, Whole, as_ratio
from cchc_rules.tables.figures import ColumnFigures
from cchc_rules.tables.judged import PARTS, STATE, Branch, ColumnResult, Judged
from cchc_rules.tables.judges import OF_REASON

KINDS: tuple[tuple[State, Reason], ...] = (
    *(
        (state, reason)
        for state in COMPUTED
        for reason in Reason
        if reason not in OF_REASON
    ),
    *((state, reason) for reason, state in OF_REASON.items()),
)
"""The states and reasons of a rule: a column holds their positions here.

The number after the last stands for a row that only the single engine can judge.
"""

_NOTHING_YET = Result(
    State.MISSING,
    Reason.NOT_REPORTED,
    0,
    1,
    0,
)
"""The result of every rule before it is judged."""


class ByRow:
    """Judges one rule row by row.

    Args:
        compiled: The compiled rule set.
        rule: The rule.
        figures: The figures of each metric in columns, by its id.
        required: The rules that the rule requires, in columns.
        as_of: The day of judgement, as an ordinal.
    """

    def __init__(
        self,
        compiled: CompiledRuleSet,
        rule: Rule,
        figures: Mapping[str, ColumnFigures],
        required: Mapping[str, Judged],
        as_of: int,
    ) -> None:
        self.compiled = compiled
        self.rule = rule
        self.figures = figures
        self.required = required
        self.as_of = as_of
        judges = dict(compiled.judges)
        self.judge = judges[compiled.places[rule.id]]
        self.names = [name for name in compiled.reads[rule.id] if name in figures]
        self.blocks = [
            f"absent.{group.id}"
            for group in dependencies.above(compiled.rules, rule.group)
            if group.optional
        ]

    def read(self, schema: Iterable[str]) -> Mapping[str, pl.Expr]:
        """Return the columns that a row is judged by."""
        columns = {name: pl.col(name) for name in self.blocks if name in schema}
        for name in self.names:
            ratio = self.figures[name].ratio
            # The constant factor of a ratio is the same in every row: `_figure` puts it in.
            columns[f"{name}|n"] = ratio.n.expr
            columns[f"{name}|d"] = ratio.d.expr
            for where, reason in self.figures[name].absences:
                columns[f"{name}|{reason}"] = where
        for id_, required in self.required.items():
            states = required.word(lambda result: str(result.state), STATE)
            columns[f"{id_}|state"] = states
        return columns

    def columns(self, gauge: Gauge) -> Judged:
        """Return the rule by the columns that `frame` adds.

        Their bounds are those of the rule: whatever the single engine gives lies within them.
        """
        weight = int(self.rule.weight * self.compiled.unit)
        lowest = int(self.rule.lowest * self.compiled.unit)
        spans = {
            "earned": (lowest, weight),
            "lost": (0, weight - lowest),
            "excluded": (0, weight),
            "rescaled": (0, weight),
        }
        points = {
            part: gauge.whole(pl.col(f"{self.rule.id}|{part}"), *span)
            for part, span in spans.items()
        }
        return Judged([*self._branches(points, gauge)])

    def _branches(self, points: Mapping[str, Whole], gauge: Gauge) -> Iterable[Branch]:
        """Yield one branch for each state and reason, then that of the single engine."""
        unjudged = ColumnResult(
            State.MISSING,
            Reason.NOT_REPORTED,
            earned=points["earned"],
            lost=points["lost"],
            excluded=points["excluded"],
            rescaled=points["rescaled"],
            exact=as_ratio(points["earned"]),
            alone=True,
        )
        for position, (state, reason) in enumerate(KINDS):
            is_kind = pl.col(f"{self.rule.id}|kind") == position
            result = unjudged._replace(
                state=state,
                reason=reason,
                alone=False,
            )
            yield gauge.keep(is_kind), result
        yield TRUE, unjudged

    def frame(self, frame: pl.DataFrame, gauge: Gauge) -> pl.DataFrame:
        """Return the frame with the rule's columns."""
        # A rule may read no column at all; the first of the frame, under a name that no column
        # has, keeps the number of rows.
        first = pl.nth(0).alias("|")
        read = frame.select(first, **self.read(frame.columns))
        judged = [self._judged(row) for row in read.iter_rows(named=True)]
        schema: dict[str, Any] = {
            f"{self.rule.id}|{part}": gauge.dtype for part in PARTS
        }
        schema[f"{self.rule.id}|kind"] = pl.UInt8
        return frame.hstack(pl.DataFrame(judged, schema=schema, orient="row"))

    def _judged(self, row: Mapping[str, Any]) -> tuple[int, ...]:
        """Return the points of one row in the order of `PARTS`, and the position in `KINDS`."""
        # Of other rules only those that this one requires are asked, and of them only the state.
        results = [_NOTHING_YET] * len(self.compiled.names)
        for name in self.required:
            state = State(row[f"{name}|state"])
            place = self.compiled.places[name]
            results[place] = _NOTHING_YET._replace(state=state)
        absent = {}
        for name in self.blocks:
            if row.get(name):
                # Why a block is absent changes no points.
                absent[name.removeprefix("absent.")] = "–"
        submitted = {name: self._figure(name, row) for name in self.names}
        try:
            run = Run(
                self.compiled.figures(submitted),
                results,
                self.as_of,
                {},
                absent,
            )
            return self._points(self.judge(run), run)
        except formula.FormulaFailedError:
            return _ALONE

    def _figure(self, name: str, row: Mapping[str, Any]) -> Figure:
        """Return a figure of one row as the single engine takes it: a pair, or its absence."""
        for _, reason in self.figures[name].absences:
            if row[f"{name}|{reason}"]:
                return Absent(OF_REASON[reason], reason)
        factor = self.figures[name].ratio.k
        numerator = row[f"{name}|n"] * factor.numerator
        denominator = row[f"{name}|d"] * factor.denominator
        return numerator, denominator

    def _points(self, result: Result, run: Run) -> tuple[int, ...]:
        """Return a result as the columns of the rule have it."""
        kind = (result.state, result.reason)
        awaited = result.reason is Reason.POINTS_AWAITED
        if run.undeclared or awaited or kind not in KINDS:
            return _ALONE
        earned = result.earned
        excluded = result.excluded
        rescaled = 0
        if result.rescales:
            rescaled = excluded
        weight = int(self.rule.weight * self.compiled.unit)
        lost = weight - earned - excluded
        return earned, lost, excluded, rescaled, KINDS.index(kind)


_ALONE = (0, 0, 0, 0, len(KINDS))
"""A row for the single engine."""
