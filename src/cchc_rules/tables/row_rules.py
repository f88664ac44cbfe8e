"""Rules that have no form in columns, judged row by row by the single engine's own functions, as
columns again.
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
from cchc_rules.tables.figures import Figures
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
"""What can become of a rule: each has its number; the one after the last: for the single engine."""


class ByRow:
    """Judges one rule row by row; `as_of` is the day, as an ordinal."""

    def __init__(
        self,
        compiled: CompiledRuleSet,
        rule: Rule,
        figures: Mapping[str, Figures],
        required: Mapping[str, Judged],
        as_of: int,
    ) -> None:
        self.compiled = compiled
        self.rule = rule
        self.figures = figures
        self.required = required
        self.as_of = as_of
        self.judge = dict(compiled.judges)[compiled.places[rule.id]]
        self.names = [name for name in compiled.reads[rule.id] if name in figures]
        self.blocks = [
            f"absent.{group.id}"
            for group in dependencies.above(compiled.rules, rule.group)
            if group.optional
        ]

    def read(self, schema: Iterable[str]) -> Mapping[str, pl.Expr]:
        """Return the columns that a row is judged by."""
        found = {name: pl.col(name) for name in self.blocks if name in schema}
        for name in self.names:
            ratio = self.figures[name].ratio
            found |= {f"{name}|n": ratio.n.expr, f"{name}|d": ratio.d.expr}
            for where, reason in self.figures[name].absences:
                found[f"{name}|{reason}"] = where
        return found | {
            f"{id_}|state": one.word(lambda it: str(it.state), STATE)
            for id_, one in self.required.items()
        }

    def columns(self, gauge: Gauge) -> Judged:
        """Return the rule by the columns that `frame` adds."""
        weight, lowest = (
            int(points * self.compiled.unit)
            for points in (self.rule.weight, self.rule.lowest)
        )
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
        exact = as_ratio(points["earned"])
        earned, lost, excluded, rescaled = (points[part] for part in PARTS)
        for at, (state, reason) in enumerate(KINDS):
            yield (
                gauge.keep(pl.col(f"{self.rule.id}|kind") == at),
                ColumnResult(state, reason, earned, lost, excluded, rescaled, exact),
            )
        yield (
            TRUE,
            ColumnResult(
                State.MISSING,
                Reason.NOT_REPORTED,
                earned,
                lost,
                excluded,
                rescaled,
                exact,
                alone=True,
            ),
        )

    def frame(self, frame: pl.DataFrame, gauge: Gauge) -> pl.DataFrame:
        """Return the frame with the rule's columns."""
        rows = frame.select(pl.nth(0).alias("|"), **self.read(frame.columns)).iter_rows(
            named=True
        )
        schema = {f"{self.rule.id}|{part}": gauge.dtype for part in PARTS} | {
            f"{self.rule.id}|kind": pl.UInt8
        }
        return frame.hstack(
            pl.DataFrame([*map(self._judged, rows)], schema=schema, orient="row")
        )

    def _judged(self, row: Mapping[str, Any]) -> tuple[int, ...]:
        results = [Result(State.MISSING, Reason.NOT_REPORTED, 0, 1, 0)] * len(
            self.compiled.names
        )
        for name in self.required:
            results[self.compiled.places[name]] = results[0]._replace(
                state=State(row[f"{name}|state"])
            )
        absent = {
            name.removeprefix("absent."): "–" for name in self.blocks if row.get(name)
        }
        submitted = {name: self._figure(name, row) for name in self.names}
        try:
            run = Run(self.compiled.figures(submitted), results, self.as_of, {}, absent)
            return self._points(self.judge(run), run)
        except formula.FormulaFailedError:
            return _ALONE

    def _figure(self, name: str, row: Mapping[str, Any]) -> Figure:
        for _, reason in self.figures[name].absences:
            if row[f"{name}|{reason}"]:
                return Absent(OF_REASON[reason], reason)
        value = self.figures[name].ratio.k
        return row[f"{name}|n"] * value.numerator, row[f"{name}|d"] * value.denominator

    def _points(self, result: Result, run: Run) -> tuple[int, ...]:
        kind = (result.state, result.reason)
        if (
            run.undeclared
            or result.reason is Reason.POINTS_AWAITED
            or kind not in KINDS
        ):
            return _ALONE
        lost = (
            int(self.rule.weight * self.compiled.unit) - result.earned - result.excluded
        )
        return (
            result.earned,
            lost,
            result.excluded,
            result.excluded if result.rescales else 0,
            KINDS.index(kind),
        )


_ALONE = (0, 0, 0, 0, len(KINDS))
