"""One rule set, as it stands on a day for a kind of unit, compiled into steps over columns; it says
what it chose.
"""

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from typing import NamedTuple

import polars as pl

from cchc_rules.rules import dependencies
from cchc_rules.rules.expressions import Lowering
from cchc_rules.rules.model import Metric, Rule
from cchc_rules.scoring.compiled_rules import CompiledRuleSet
from cchc_rules.submissions.binding import takes_points
from cchc_rules.tables.column_formulas import Formula, NoColumnsError
from cchc_rules.tables.column_totals import Sums
from cchc_rules.tables.exact_columns import (
    FALSE,
    WIDTHS,
    Gauge,
    Ratio,
    as_ratio,
    every,
    never,
    quotient,
    some,
)
from cchc_rules.tables.figures import SAYS, FigureReader, Figures
from cchc_rules.tables.judged import Judged
from cchc_rules.tables.judges import Judge, strongest
from cchc_rules.tables.result_columns import Scale, Wanted
from cchc_rules.tables.row_rules import ByRow
from cchc_rules.tables.scored import Scored

CHOICES = ((0, 10**9), (0, 10**7), (1, 10**15), (1, 10**12), (1, 10**9))
"""Which width, with figures up to which size, is tried, in this order."""

ALONE = "|alone"


class Steps(NamedTuple):
    """How a rule set is scored in columns: the width of the numbers, the largest figure, the rules
    judged by row.
    """

    bits: int
    limit: int
    by_row: tuple[str, ...]


class Table(NamedTuple):
    """What a program is made for: the columns of a table, the day, and the months of its period.

    `carried` columns stand in the results too; `foreign` ones belong to other kinds of unit, and
    rows in which they say something are not scored in columns.
    """

    schema: pl.Schema
    as_of: date
    months: int | None
    carried: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()


class Program:
    """The steps that turn a table's columns into scores, for one width of numbers; built before
    anything is read.
    """

    def __init__(
        self,
        compiled: CompiledRuleSet,
        table: Table,
        choice: tuple[int, int],
        once: frozenset[str] = frozenset(),
    ) -> None:
        (dtype, self.bits), self.limit = WIDTHS[choice[0]], choice[1]
        self.compiled = compiled
        self.rules = compiled.rules
        self.as_of = table.as_of
        self.schema = table.schema
        self.gauge = Gauge(dtype, once)
        self.reader = FigureReader(
            self.rules, table.schema, table.as_of, self.gauge, self.limit
        )
        self.reader.demand(
            self.reader.said("unit"),
            *(never(self.reader.said(name)) for name in table.foreign),
        )
        self.reader.demand(
            *(self.reader.documents(f"{id_}.evidence") for id_ in self.rules.metrics)
        )
        self.failed: list[pl.Expr] = []
        self.figures = {**self._submitted(), **self._of_the_period(table.months)}
        self._derive()
        self.by_row: list[ByRow] = []
        self.judged = self._judge()
        judged = [self.judged[id_] for id_ in compiled.names]
        self.scored = Scored(Sums(compiled, self.gauge), judged, self._proved)

    @property
    def fits(self) -> bool:
        """Whether no step can come to a number that the width does not hold, and means get
        unrounded points.
        """
        means = {
            at for group in self.compiled.groups if group.mean for at in group.rules
        }
        unrounded = all(
            self.compiled.places[one.rule.id] not in means for one in self.by_row
        )
        return unrounded and not self.scored.long and self.gauge.peak < 1 << self.bits

    @property
    def steps(self) -> Steps:
        """What was chosen."""
        return Steps(
            self.bits + 1, self.limit, tuple(one.rule.id for one in self.by_row)
        )

    # Figures

    def _submitted(self) -> dict[str, Figures]:
        return {
            id_: self.reader.figures(metric)
            for id_, metric in self.rules.metrics.items()
            if metric.submitted
        }

    def _of_the_period(self, months: int | None) -> dict[str, Figures]:
        given = [
            id_
            for id_, metric in self.rules.metrics.items()
            if metric.from_period is not None
        ]
        return {id_: Figures(self.gauge.ratio(Fraction(months or 0))) for id_ in given}

    def _derive(self) -> None:
        """Add the derived metrics that have a form in columns, each after those that it is derived
        from.
        """
        lowering = Lowering(self.rules)
        for at, _ in self.compiled.derived:
            metric = self.rules.metrics[self.compiled.metrics[at]]
            found = Formula(self.rules.metrics, self.figures, self.gauge)
            try:
                ratio = (
                    found.number(lowering.derived(metric), {})
                    if metric.numeric
                    else None
                )
            except NoColumnsError:
                ratio = None
            if ratio is not None:
                self.figures[metric.id] = self._derived(metric, ratio, found)

    def _derived(self, metric: Metric, ratio: Ratio, formula: Formula) -> Figures:
        absences = []
        before = FALSE
        for where, reason in strongest(
            [formula.names[name] for name in sorted(formula.names)]
        ):
            absences.append((self.gauge.keep(every((where, never(before)))), reason))
            before = some((before, where))
        if metric.round is not None:
            unit = 10**metric.round
            rounded = ratio.times(Fraction(unit)).rounded()
            ratio = quotient(rounded, self.gauge.number(unit))
        ratio = ratio.kept()
        # What a formula gives where it divides by zero, or beyond the metric's type, is for the
        # single engine to say; a null of an absent figure says nothing.
        usual = every((*formula.plain, *self._of_its_type(metric, ratio)))
        self.failed.append(every((never(usual), never(before))))
        return Figures(ratio, tuple(absences))

    def _of_its_type(self, metric: Metric, ratio: Ratio) -> Iterator[pl.Expr]:
        """Yield what holds where a derived value lies in its metric's range and is whole if it
        must be: only such values are foreseen by a rule's tiers.
        """
        for sign, edge in ((">=", metric.range.low), ("<=", metric.range.high)):
            if edge is not None:
                yield ratio.holds(sign, self.gauge.ratio(edge))
        if metric.whole:
            yield ratio.holds("==", as_ratio(ratio.floor()))

    # Rules

    def _judge(self) -> dict[str, Judged]:
        judge = Judge(
            self.rules, self.compiled.unit, self.figures, self.gauge, self.as_of
        )
        found: dict[str, Judged] = {}
        for at, _ in self.compiled.judges:
            rule = self.rules.rules[self.compiled.names[at]]
            try:
                found[rule.id] = self._in_columns(rule, judge, found)
            except NoColumnsError:
                required = {name: found[name] for name in rule.requires}
                self.by_row.append(
                    ByRow(
                        self.compiled,
                        rule,
                        self.figures,
                        required,
                        self.as_of.toordinal(),
                    )
                )
                found[rule.id] = self.by_row[-1].columns(self.gauge)
            self.failed.append(found[rule.id].holds(lambda one: one.alone))
        return found

    def _in_columns(self, rule: Rule, judge: Judge, known: dict[str, Judged]) -> Judged:
        above = [
            group
            for group in dependencies.above(self.rules, rule.group)
            if group.optional
        ]
        absent = some(self.reader.said(f"absent.{group.id}") for group in above)
        given = (
            self.reader.points(rule)
            if takes_points(self.rules, rule.id)
            else Figures(self.gauge.ratio(Fraction(0)))
        )
        found = judge.judged(
            rule, [known[name] for name in rule.requires], given, absent
        )
        if (
            rule.deduction.kind != "manual"
        ):  # a person's points in place of a figure: one by one
            self.reader.demand(*(where for where, _ in given.absences))
        return found

    def _proved(self) -> dict[int, pl.Expr]:
        """Return, for each rule that must be proved, where a document is named."""
        found = {}
        for at, metrics in self.compiled.evidence:
            named = [
                f"points.{self.compiled.names[at]}.evidence",
                *(f"{metric}.evidence" for metric in metrics),
            ]
            found[at] = some(self.reader.proves(name) for name in named)
        return found


class Machine:
    """A program with its steps in order, for the results that are wanted: it runs over frames of
    one schema.
    """

    def __init__(
        self, program: Program, wanted: Wanted, scale: Scale, carried: tuple[str, ...]
    ) -> None:
        gauge = program.gauge
        failed = some(program.failed)
        done = set[str]()
        outputs = [
            *program.scored.results(wanted, scale),
            *([failed.alias(ALONE)] if failed is not FALSE else []),
        ]
        tests = program.reader.tests
        self.texts = [*program.reader.texts.values()]
        self.gauge = gauge
        self.steps = program.steps
        self.fits = program.fits
        self.whole = pl.all_horizontal([test.whole for test in tests])
        self.rows = pl.all_horizontal([test.rows for test in tests]).fill_null(True)
        self.reads = gauge.steps([self.whole], done)
        self.reads_of_rows = gauge.steps([self.rows], {*done})
        self.by_row = [
            (one, gauge.steps(one.read(program.schema).values(), done))
            for one in program.by_row
        ]
        self.last = gauge.steps(outputs, done)
        self.outputs = [*carried, *outputs]
        self.alone = failed is not FALSE
        self.spent = _spent(self.last, outputs, done)
        self.once = gauge.used_once([self.whole, *outputs])

    def run(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the scores of the rows that can be scored in columns."""
        frame = self._plain(frame)
        for rule, steps in self.by_row:
            frame = rule.frame(_stepped(frame, steps), self.gauge)
        for columns, spent in zip(self.last, self.spent, strict=True):
            frame = frame.with_columns(columns)
            frame = frame.drop(spent) if spent else frame
        found = frame.select(self.outputs)
        return found.filter(~pl.col(ALONE)).drop(ALONE) if self.alone else found

    def _plain(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the rows that pass every test: most often all do, and whole columns are tested
        faster than rows.
        """
        read = _stepped(frame, self.reads)
        if read.select(self.whole).item():
            return read
        filled = frame.with_columns(
            pl.when(text.str.contains(SAYS)).then(text) for text in self.texts
        )
        return _stepped(filled, [*self.reads, *self.reads_of_rows]).filter(self.rows)


def _spent(
    steps: list[list[pl.Expr]], outputs: list[pl.Expr], kept: set[str]
) -> list[list[str]]:
    """Return the kept columns that nothing after each step reads: without them memory stays small,
    and near.
    """
    found: list[list[str]] = []
    read = _read(outputs)
    for columns in reversed(steps):
        own = _read(columns)
        found.append([name for name in own - read if name in kept])
        read |= own
    return found[::-1]


def _read(columns: list[pl.Expr]) -> set[str]:
    return {name for column in columns for name in column.meta.root_names()}


def _stepped(frame: pl.DataFrame, steps: list[list[pl.Expr]]) -> pl.DataFrame:
    for columns in steps:
        frame = frame.with_columns(columns)
    return frame


def programmed(
    compiled: CompiledRuleSet, table: Table, wanted: Wanted, scale: Scale
) -> Machine | None:
    """Return the first machine whose numbers all fit, None where none does."""

    def made(choice: tuple[int, int], once: frozenset[str] = frozenset()) -> Machine:
        return Machine(
            Program(compiled, table, choice, once), wanted, scale, table.carried
        )

    for choice in CHOICES:
        machine = made(choice)
        if machine.fits:
            return made(choice, machine.once)
    return None
