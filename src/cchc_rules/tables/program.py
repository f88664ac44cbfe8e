"""One rule set, as it stands on a day for a kind of unit, made into steps over columns.

A `Program` is built before anything is read: figures, rules, groups and index as expressions whose
bounds are known. A `Machine` puts them in order and runs them over frames of one schema.
`programmed` tries the widths of numbers in turn and takes the first that holds every step.

What becomes of a row, in this order:

1. It fails a test (`FigureReader.tests`): a cell is not plain. The single engine scores it, or says
   what is wrong.
2. A rule without a form in columns is judged row by row (`ByRow`), the others in columns. That is
   so for one rule of a table, not for one row: it depends on the rules alone.
3. A step turns out to have no result, such as a division by zero (`Program.failed`): the single
   engine, again.
4. Everything else is scored in columns, with the same figures as one by one.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from fractions import Fraction
from typing import NamedTuple

import polars as pl

from cchc_rules.base.interval import Interval
from cchc_rules.base.state import State
from cchc_rules.rules import dependencies
from cchc_rules.rules.expressions import Lowering
from cchc_rules.rules.metric_values import as_number
from cchc_rules.rules.model import Metric, Rule
from cchc_rules.scoring.compiled_rules import CompiledRuleSet
from cchc_rules.scoring.needs import CompiledNeed
from cchc_rules.submissions.binding import takes_points
from cchc_rules.tables.column_formulas import ColumnFormula, NoColumnsError
from cchc_rules.tables.column_totals import Sums
from cchc_rules.tables.exact_columns import (
    FALSE,
    TRUE,
    WIDTHS,
    Gauge,
    Ratio,
    as_ratio,
    every,
    never,
    quotient,
    some,
)
from cchc_rules.tables.figures import SAYS, ColumnFigures, FigureReader
from cchc_rules.tables.judged import Judged
from cchc_rules.tables.judges import OF_REASON, Judge, strongest
from cchc_rules.tables.result_columns import Scale, Wanted
from cchc_rules.tables.row_rules import ByRow
from cchc_rules.tables.scored import Scored

CHOICES = (
    (0, 10**9),
    (0, 10**7),
    (1, 10**15),
    (1, 10**12),
    (1, 10**9),
)
"""The positions in `WIDTHS` that are tried, in this order, each with the largest figure that is
read: narrower numbers are faster, and a lower limit lets longer formulas fit. Rows with larger
figures go to the single engine.

The product of two shares of 10^9 over 10^9, times 10^4 ticks, needs 10^22 and does not fit into 64
bits; with 10^7 it is 10^18 and does. Counts of communes are far below either.
"""

ALONE = "|alone"
"""The column that says which rows go to the single engine after all."""


class Computation(NamedTuple):
    """How rows were scored in columns."""

    bits: int
    """The bits of the whole numbers, with the sign: 64 or 128."""
    limit: int
    """The largest figure that was read."""
    by_row: tuple[str, ...]
    """The rules that were judged row by row."""


class ProgramInput(NamedTuple):
    """What a program is made for."""

    schema: pl.Schema
    """The columns of the table."""
    as_of: date
    """The day of judgement, the same for all rows."""
    months: int | None
    """The whole months of their period; None where there are none."""
    carried: tuple[str, ...] = ()
    """The columns that stand in the results, too."""
    foreign: tuple[str, ...] = ()
    """The columns that belong to other kinds of unit: rows in which they say something are not
    scored in columns.
    """


class Program:
    """The expressions that turn a table's columns into scores, for one width of numbers."""

    def __init__(
        self,
        compiled: CompiledRuleSet,
        source: ProgramInput,
        choice: tuple[int, int],
        once: frozenset[str] = frozenset(),
    ) -> None:
        width, self.limit = choice
        dtype, self.bits = WIDTHS[width]
        self.compiled = compiled
        self.rules = compiled.rules
        self.as_of = source.as_of
        self.schema = source.schema
        self.gauge = Gauge(dtype, once)
        self.reader = FigureReader(
            self.rules,
            source.schema,
            source.as_of,
            self.gauge,
            self.limit,
        )
        self._demand_usual_rows(source.foreign)
        self.failed: list[pl.Expr] = []
        """Where a row turns out to be one for the single engine after all."""
        submitted = self._submitted()
        self.figures = submitted | self._of_the_period(source.months)
        self._derive()
        self.by_row: list[ByRow] = []
        self.judged = self._judge()
        judged = [self.judged[id_] for id_ in compiled.names]
        self.scored = Scored(
            Sums(compiled, self.gauge),
            judged,
            self._proved,
            self._metric_passes,
        )

    def _demand_usual_rows(self, foreign: Iterable[str]) -> None:
        """Demand a unit, nothing in columns of other kinds of unit, and evidence in plain texts."""
        reader = self.reader
        reader.demand(reader.said("unit"))
        for name in foreign:
            reader.demand(never(reader.said(name)))
        for metric in self.rules.metrics:
            reader.demand(reader.documents(f"{metric}.evidence"))

    @property
    def fits(self) -> bool:
        """Whether no step can come to a number that the width does not hold.

        Rules judged row by row give rounded points only, so a mean, which needs unrounded ones,
        can have none of them.
        """
        # A share of the points of a required rule is for the single engine to hold.
        if any(rule.needs for rule in self.compiled.ordered):
            return False
        exactly: set[int] = set()
        for group in self.compiled.groups:
            if group.mean:
                exactly.update(group.rules)
        for gate in self.compiled.band_gates:
            for need in gate.needs:
                if need.metric is not None and need.need.id not in self.figures:
                    return False
                # So does a share of a rule's own points.
                if need.need.is_share and need.group is None:
                    exactly.update(need.rules)
        by_row = {self.compiled.places[judged.rule.id] for judged in self.by_row}
        if by_row & exactly:
            return False
        if self.scored.long:
            return False
        return self.gauge.peak < 1 << self.bits

    @property
    def computation(self) -> Computation:
        """How rows are scored by this program."""
        by_row = tuple(judged.rule.id for judged in self.by_row)
        return Computation(self.bits + 1, self.limit, by_row)

    # Figures

    def _submitted(self) -> dict[str, ColumnFigures]:
        return {
            id_: self.reader.figures(metric)
            for id_, metric in self.rules.metrics.items()
            if metric.submitted
        }

    def _of_the_period(self, months: int | None) -> dict[str, ColumnFigures]:
        """Return the metrics that the period itself gives: so many months, in every row."""
        count = self.gauge.ratio(Fraction(months or 0))
        return {
            id_: ColumnFigures(count)
            for id_, metric in self.rules.metrics.items()
            if metric.from_period is not None
        }

    def _derive(self) -> None:
        """Add the derived metrics that have a form in columns, each after those that it is derived
        from; rules that read the others are judged row by row.
        """
        lowering = Lowering(self.rules)
        for position, _ in self.compiled.derived:
            metric = self.rules.metrics[self.compiled.metrics[position]]
            if not metric.numeric:
                continue
            formula = ColumnFormula(self.rules.metrics, self.figures, self.gauge)
            try:
                ratio = formula.number(lowering.derived(metric), {})
            except NoColumnsError:
                continue
            self.figures[metric.id] = self._derived(metric, ratio, formula)

    def _derived(
        self,
        metric: Metric,
        ratio: Ratio,
        formula: ColumnFormula,
    ) -> ColumnFigures:
        absences = []
        before = FALSE
        # Of equal absences the first counts, as in the single engine (semantics L7).
        for where, reason in strongest([*formula.names.values()]):
            only_here = every((where, never(before)))
            absences.append((self.gauge.keep(only_here), reason))
            before = some((before, where))
        if metric.round is not None:
            unit = 10**metric.round
            in_units = ratio.times(Fraction(unit))
            rounded = in_units.rounded()
            ratio = quotient(rounded, self.gauge.number(unit))
        ratio = ratio.kept()
        # What a formula gives where it divides by zero, or beyond the metric's type, is for the
        # single engine to say; a null of an absent figure says nothing.
        usual = every((*formula.plain, *self._of_its_type(metric, ratio)))
        unusual = every((never(usual), never(before)))
        self.failed.append(unusual)
        return ColumnFigures(ratio, tuple(absences))

    def _of_its_type(self, metric: Metric, ratio: Ratio) -> Iterator[pl.Expr]:
        """Yield what holds where a derived value lies in its metric's range and is whole if it
        must be: only such values are foreseen by a rule's tiers.
        """
        edges = (
            (">=", metric.range.low),
            ("<=", metric.range.high),
        )
        for sign, edge in edges:
            if edge is not None:
                yield ratio.holds(sign, self.gauge.ratio(edge))
        if metric.whole:
            yield ratio.holds("==", as_ratio(ratio.floor()))

    # Rules

    def _judge(self) -> dict[str, Judged]:
        judge = Judge(
            self.rules,
            self.compiled.unit,
            self.figures,
            self.gauge,
            self.as_of,
        )
        # The compiled rule set has the judges in an order in which what a rule requires is known.
        judged: dict[str, Judged] = {}
        for position, _ in self.compiled.judges:
            rule = self.rules.rules[self.compiled.names[position]]
            try:
                judged[rule.id] = self._in_columns(rule, judge, judged)
            except NoColumnsError:
                judged[rule.id] = self._row_by_row(rule, judged)
            alone = judged[rule.id].holds(lambda result: result.alone)
            self.failed.append(alone)
        return judged

    def _row_by_row(self, rule: Rule, known: dict[str, Judged]) -> Judged:
        required = {name: known[name] for name in rule.requires}
        day = self.as_of.toordinal()
        by_row = ByRow(
            self.compiled,
            rule,
            self.figures,
            required,
            day,
        )
        self.by_row.append(by_row)
        return by_row.columns(self.gauge)

    def _in_columns(
        self,
        rule: Rule,
        judge: Judge,
        known: dict[str, Judged],
    ) -> Judged:
        blocks = [
            group
            for group in dependencies.above(self.rules, rule.group)
            if group.optional
        ]
        absent = some(self.reader.said(f"absent.{group.id}") for group in blocks)
        points = ColumnFigures(self.gauge.ratio(Fraction(0)))
        if takes_points(self.rules, rule.id):
            points = self.reader.points(rule)
        required = [known[name] for name in rule.requires]
        judged = judge.judged(rule, required, points, absent)
        if not rule.deduction.by_hand:
            # A person's points in place of a figure: one by one.
            self.reader.demand(*(where for where, _ in points.absences))
        return judged

    def _metric_passes(self, need: CompiledNeed) -> pl.Expr:
        """Return where a condition on a metric does not bar (semantics N1).

        What is missing bars; what does not apply or is waived stands in nobody's way.
        """
        figures = self.figures.get(need.need.id)
        # Without the metric in columns no program fits, and the single engine is asked.
        if figures is None:
            return TRUE
        bounds = need.need.bounds
        ratio = figures.ratio
        holds = self._within(ratio, bounds)
        if need.need.values:
            metric = self.rules.metrics[need.need.id]
            numbers = [as_number(value, metric) for value in need.need.values]
            holds = some(ratio.holds("==", self.gauge.ratio(one)) for one in numbers)
        for where, reason in figures.absences:
            stands_aside = pl.lit(OF_REASON[reason] is not State.MISSING)
            holds = pl.when(where).then(stands_aside).otherwise(holds)
        return holds

    def _within(self, ratio: Ratio, bounds: Interval) -> pl.Expr:
        """Return where figures lie in an interval."""
        conditions = []
        if bounds.low is not None:
            sign = ">" if bounds.low_open else ">="
            conditions.append(ratio.holds(sign, self.gauge.ratio(bounds.low)))
        if bounds.high is not None:
            sign = "<" if bounds.high_open else "<="
            conditions.append(ratio.holds(sign, self.gauge.ratio(bounds.high)))
        return every(conditions)

    def _proved(self) -> dict[int, pl.Expr]:
        """Return, for each rule that must be proved, the condition that a document is named.

        It may be named with the points of the rule, or with any figure that the rule reads.
        """
        proved = {}
        for position, metrics in self.compiled.evidence:
            columns = [f"points.{self.compiled.names[position]}.evidence"]
            columns += [f"{metric}.evidence" for metric in metrics]
            proved[position] = some(self.reader.proves(name) for name in columns)
        return proved


class Machine:
    """A program with its steps in order, for the results that are wanted: it runs over frames of
    one schema.

    Columns are worked out in the order in which they are needed: those of the tests for all rows,
    then those of each rule that is judged row by row, then all others.
    """

    def __init__(
        self,
        program: Program,
        wanted: Wanted,
        scale: Scale,
        carried: tuple[str, ...],
    ) -> None:
        gauge = program.gauge
        failed = some(program.failed)
        # Kept columns that are worked out by the steps so far; each is worked out once.
        done = set[str]()
        outputs = [*program.scored.results(wanted, scale)]
        self.some_alone = failed is not FALSE
        if self.some_alone:
            outputs.append(failed.alias(ALONE))
        tests = program.reader.tests
        self.texts = [*program.reader.texts.values()]
        self.gauge = gauge
        self.computation = program.computation
        self.fits = program.fits
        whole = [test.whole for test in tests]
        self.whole = pl.all_horizontal(whole)
        rows = [test.rows for test in tests]
        self.rows = pl.all_horizontal(rows).fill_null(True)
        self.steps_of_whole = gauge.steps([self.whole], done)
        # What only the tests of rows need is not always run, and so is not `done`.
        self.steps_of_rows = gauge.steps([self.rows], {*done})
        self.by_row = []
        for judged in program.by_row:
            read = judged.read(program.schema)
            steps = gauge.steps(read.values(), done)
            self.by_row.append((judged, steps))
        self.last_steps = gauge.steps(outputs, done)
        self.outputs = [*carried, *outputs]
        self.spent = _spent(self.last_steps, outputs, done)
        self.once = gauge.used_once([self.whole, *outputs])

    def run(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the scores of the rows that can be scored in columns."""
        frame = self._plain(frame)
        for judged, steps in self.by_row:
            stepped = _stepped(frame, steps)
            frame = judged.frame(stepped, self.gauge)
        last = zip(self.last_steps, self.spent, strict=True)
        for columns, spent in last:
            frame = frame.with_columns(columns)
            if spent:
                frame = frame.drop(spent)
        results = frame.select(self.outputs)
        if not self.some_alone:
            return results
        return results.filter(~pl.col(ALONE)).drop(ALONE)

    def _plain(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the rows that pass every test: most often all do, and whole columns are tested
        faster than rows.
        """
        tested = _stepped(frame, self.steps_of_whole)
        if tested.select(self.whole).item():
            return tested
        # Blank texts say nothing, as empty cells do: rows are tested again with nulls for them.
        filled = frame.with_columns(
            pl.when(text.str.contains(SAYS)).then(text) for text in self.texts
        )
        steps = [*self.steps_of_whole, *self.steps_of_rows]
        return _stepped(filled, steps).filter(self.rows)


def _spent(
    steps: list[list[pl.Expr]],
    outputs: list[pl.Expr],
    kept: set[str],
) -> list[list[str]]:
    """Return, for each step, the kept columns that nothing after it reads: without them memory
    stays small, and near.
    """
    # From the last step back to the first: what a step reads and no later one does, it is the last
    # to read.
    spent: list[list[str]] = []
    read_later = _read(outputs)
    for columns in reversed(steps):
        read_here = _read(columns)
        spent.append([name for name in read_here - read_later if name in kept])
        read_later |= read_here
    return spent[::-1]


def _read(columns: list[pl.Expr]) -> set[str]:
    return {name for column in columns for name in column.meta.root_names()}


def _stepped(frame: pl.DataFrame, steps: list[list[pl.Expr]]) -> pl.DataFrame:
    for columns in steps:
        frame = frame.with_columns(columns)
    return frame


def programmed(
    compiled: CompiledRuleSet,
    source: ProgramInput,
    wanted: Wanted,
    scale: Scale,
) -> Machine | None:
    """Return the first machine whose numbers all fit, None where none does.

    It is built again once it is known which columns are used only once.

    Arguments:
        compiled: The rule set as it stands for the rows.
        source: The columns of the table, and what all rows have in common.
        wanted: Which results are asked for: what nobody asks for is not worked out.
        scale: How points are written.
    """

    def made(choice: tuple[int, int], once: frozenset[str] = frozenset()) -> Machine:
        program = Program(compiled, source, choice, once)
        return Machine(program, wanted, scale, source.carried)

    # Whether enough was reported for an index is asked of whole submissions (semantics I9).
    if compiled.rules.index.least_coverage is not None:
        return None
    # Losses under caps within caps, and roundings of a rule set's own, have no columns: such rule
    # sets are scored row by row.
    if not compiled.in_columns:
        return None
    for choice in CHOICES:
        machine = made(choice)
        if machine.fits:
            return made(choice, machine.once)
    return None
