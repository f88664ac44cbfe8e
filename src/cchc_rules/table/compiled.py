"""One rule set, as it stands on a day for a kind of unit, compiled into steps over columns; it says what it chose."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple

import polars as pl

from cchc_rules import formula, reads
from cchc_rules.machine import Lowering
from cchc_rules.measure import takes_points
from cchc_rules.model import Metric, Rule, RuleSet
from cchc_rules.plan import Plan, Run
from cchc_rules.scale import Result
from cchc_rules.state import COMPUTED, NOT_REPORTED, Absent, Reason, State
from cchc_rules.submission import Figure
from cchc_rules.table.exact import WIDTHS, Dtype, Gauge, Ratio, Whole
from cchc_rules.table.figures import REASONS, Figures, Reader, every
from cchc_rules.table.formulas import Formula, NoColumnsError
from cchc_rules.table.judges import OF_REASON, STATES, Judge, Judged, strongest
from cchc_rules.table.sums import Sums

CHOICES = ((0, 10**9), (0, 10**7), (1, 10**15), (1, 10**12), (1, 10**9))
"""Which width, with figures up to which size, is tried, in this order."""

PLAIN = "|plain"
PARTS = ("earned", "excluded", "rescaled", "state", "reason")


class Steps(NamedTuple):
    """How a rule set is scored in columns: the width of the numbers, the largest figure, the rules judged by row."""

    width: Dtype
    limit: int
    by_row: tuple[str, ...]


class Program:
    """The steps that turn a table's columns into scores, for one width of numbers; built before anything is read."""

    def __init__(self, plan: Plan, schema: pl.Schema, as_of: date, months: int | None, choice: tuple[int, int]) -> None:
        (dtype, self.bits), self.limit = WIDTHS[choice[0]], choice[1]
        self.plan, self.rules, self.as_of = plan, plan.rules, as_of
        self.gauge = Gauge(dtype)
        self.reader = Reader(self.rules, schema, as_of, self.gauge, self.limit)
        self.possible = True
        self.reading: list[pl.Expr] = []
        self.plain: list[pl.Expr] = [self.reader.said("unit"), *map(self._documents, self.rules.metrics)]
        self.figures = {
            id_: self._kept(id_, self.reader.figures(metric)) for id_, metric in self.rules.metrics.items() if metric.submitted
        }
        self.figures |= self._of_the_period(months)
        self.means = {at for group in plan.groups if group.mean for at in group.rules}
        self.exact: dict[str, Ratio] = {}
        self.reads = [*self.gauge.steps(), self.reading]
        self.deriving = [*self._deriving()]
        self.stages = [*self._stages()]
        self.totals = [*self._totals()]
        self.adding = self.gauge.steps()

    @property
    def fits(self) -> bool:
        """Whether no step can come to a number that the width does not hold, and means get unrounded points."""
        return self.possible and self.gauge.peak < 1 << self.bits

    @property
    def steps(self) -> Steps:
        """What was chosen."""
        return Steps(self.gauge.dtype, self.limit, tuple(rule.id for *_, rules in self.stages for rule in rules))

    def run(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the table with its scores beside its columns; rows that are not `PLAIN` are not scored."""
        plain = pl.all_horizontal(self.plain).fill_null(False).alias(PLAIN)
        for columns in (*self.reads, [plain], *self.deriving):
            frame = frame.with_columns(columns)
        for steps, by_row in self.stages:
            for columns in steps:
                frame = frame.with_columns(columns)
            if by_row:
                frame = self._judged_by_row(frame, by_row)
            known = pl.all_horizontal(PLAIN, *(name for name in frame.columns if name.endswith("|known")))
            frame = frame.with_columns(known.fill_null(False).alias(PLAIN))
        for columns in self.adding:
            frame = frame.with_columns(columns)
        return frame.with_columns(self.totals)

    # Figures

    def _documents(self, metric: str) -> pl.Expr:
        return self.reader.documents(f"{metric}.evidence")

    def _kept(self, id_: str, found: Figures) -> Figures:
        """Return figures as columns of the table, which are read once."""
        self.plain.append(self.gauge.keep(found.plain))
        self.reading.append(found.absent.alias(f"{id_}|absent"))
        return Figures(self._named(id_, found.ratio, self.reading), pl.col(f"{id_}|absent"), pl.lit(True))

    def _column(self, name: str, whole: Whole, columns: list[pl.Expr]) -> Whole:
        if whole.value is not None:
            return whole
        columns.append(whole.expr.alias(name))
        return self.gauge.column(name, whole.bound)

    def _of_the_period(self, months: int | None) -> dict[str, Figures]:
        given = [id_ for id_, metric in self.rules.metrics.items() if metric.from_period is not None]
        ratio = Ratio(self.gauge.number(months or 0), self.gauge.number(1))
        return {id_: Figures(ratio, pl.lit(None, pl.UInt8), pl.lit(True)) for id_ in given}

    def _deriving(self) -> Iterator[list[pl.Expr]]:
        """Yield the columns of each derived metric, after those that it is derived from."""
        lowering = Lowering(self.rules)
        for at, _ in self.plan.derived:
            metric = self.rules.metrics[self.plan.metrics[at]]
            found = Formula(self.rules.metrics, self.figures, self.gauge)
            try:
                ratio = found.number(lowering.derived(metric), {}) if metric.numeric else None
            except NoColumnsError:
                ratio = None
            if ratio is not None:
                columns = self._derived(metric, ratio, found)
                yield from self.gauge.steps()
                yield columns

    def _derived(self, metric: Metric, ratio: Ratio, found: Formula) -> list[pl.Expr]:
        absences = [found.names[name].absent for name in sorted(found.names)]
        absent = strongest(absences) if absences else pl.lit(None, pl.UInt8)
        if metric.round is not None:
            unit = 10**metric.round
            ratio = Ratio(ratio.times(Fraction(unit)).rounded(), self.gauge.number(unit))
        columns = [absent.alias(f"{metric.id}|absent"), (every(found.plain) | absent.is_not_null()).alias(f"{metric.id}|known")]
        self.figures[metric.id] = Figures(self._named(metric.id, ratio, columns), pl.col(f"{metric.id}|absent"), pl.lit(True))
        return columns

    def _named(self, id_: str, ratio: Ratio, columns: list[pl.Expr]) -> Ratio:
        """Return a fraction by its columns, which are added to the others."""
        return Ratio(*(self._column(f"{id_}|{name}", part, columns) for name, part in zip("nd", (ratio.n, ratio.d), strict=True)))

    # Rules

    def _stages(self) -> Iterator[tuple[list[list[pl.Expr]], list[Rule]]]:
        """Yield the rules in stages, required rules before those behind them: in columns, then those judged by row."""
        depths: dict[str, int] = {}
        for at, _ in self.plan.judges:
            rule = self.rules.rules[self.plan.names[at]]
            depths[rule.id] = 1 + max((depths[name] for name in rule.requires), default=0)
        judge = Judge(self.rules, self.plan.unit, self.figures, self.gauge, self.as_of)
        for depth in sorted({*depths.values()}):
            columns: list[pl.Expr] = []
            by_row: list[Rule] = []
            for rule in (self.rules.rules[id_] for id_, own in depths.items() if own == depth):
                try:
                    columns += self._in_columns(rule, judge)
                except NoColumnsError:
                    by_row.append(rule)
                    self.possible &= self.plan.places[rule.id] not in self.means
            yield [*self.gauge.steps(), columns], by_row

    def _in_columns(self, rule: Rule, judge: Judge) -> list[pl.Expr]:
        states = {name: pl.col(f"{name}|state") for name in rule.requires}
        given = self.reader.points(rule) if takes_points(self.rules, rule.id) else None
        blocks = ~every(~self.reader.said(f"absent.{group.id}") for group in reads.above(self.rules, rule.group) if group.optional)
        judged, known = judge.judged(rule, states, given if rule.deduction.kind == "manual" else None, blocks)
        plain = known if given is None else known & given.plain
        if given is not None and rule.deduction.kind != "manual":
            plain = plain & given.absent.is_not_null()
        parts = (judged.earned.expr, judged.excluded.expr, judged.rescaled.expr, judged.state, judged.reason)
        named = [expr.alias(f"{rule.id}|{part}") for part, expr in zip(PARTS, parts, strict=True)]
        if self.plan.places[rule.id] in self.means:
            self.exact[rule.id] = self._named(rule.id, judged.exact, named)
        return [*named, plain.alias(f"{rule.id}|known")]

    def _judged_by_row(self, frame: pl.DataFrame, rules: list[Rule]) -> pl.DataFrame:
        """Judge rules that have no form in columns with the single engine's own functions, row by row."""
        rows = _Rows(self.plan, self.figures, rules, self.as_of)
        schema = {name: dtype for rule in rules for name, dtype in rows.schema(rule, self.gauge.dtype)}
        return frame.hstack(pl.DataFrame([*map(rows.judged, frame.iter_rows(named=True))], schema=schema, orient="row"))

    # Totals

    def _totals(self) -> Iterator[pl.Expr]:
        judged = [self._judged(rule) for rule in self.rules.rules.values()]
        sums = Sums(self.plan, self.gauge)
        totals = sums.totals(judged)
        index = sums.index(totals)
        for group, total in zip(self.plan.groups, totals, strict=True):
            yield from (getattr(total, part).expr.alias(f"group.{group.id}|{part}") for part in ("earned", "lost", "excluded"))
        supported = sums.again([self._supported(at, one) for at, one in enumerate(judged)])
        figures = {"index": index.value, "supported": supported}
        figures |= {name: sums.settled(judged, field) for name, field in (("lowest", "lowest"), ("highest", "weight"))}
        yield from (whole.expr.alias(f"|{name}") for name, whole in figures.items())
        yield sums.band(index, judged).alias("|band")

    def _judged(self, rule: Rule) -> Judged:
        """Return a rule by its columns."""
        weight = int(rule.weight * self.plan.unit)
        most = max(weight, abs(int(rule.lowest * self.plan.unit)))
        wholes = [self.gauge.column(f"{rule.id}|{part}", most) for part in PARTS[:3]]
        exact = self.exact.get(rule.id) or Ratio(wholes[0], self.gauge.number(1))
        return Judged(exact, *wholes, pl.col(f"{rule.id}|state"), pl.col(f"{rule.id}|reason"))

    def _supported(self, at: int, judged: Judged) -> Judged:
        """Return a rule with nothing earned where it claims points without evidence (semantics I6)."""
        metrics = dict(self.plan.evidence).get(at)
        if metrics is None:
            return judged
        named = [f"points.{self.plan.names[at]}.evidence", *(f"{metric}.evidence" for metric in metrics)]
        proved = ~every(~self.reader.proves(name) for name in named)
        claims = judged.state.is_in([STATES.index(state) for state in COMPUTED]) & (judged.earned.expr > 0)
        return judged.settled(claims & ~proved, 0)


class _Rows:
    """Judges some rules row by row."""

    def __init__(self, plan: Plan, figures: Mapping[str, Figures], rules: list[Rule], as_of: date) -> None:
        self.plan, self.figures, self.rules, self.as_of = plan, figures, rules, as_of
        self.judges = dict(plan.judges)
        self.named = {name for rule in rules for name in plan.reads[rule.id]}
        self.blocks = {group.id for rule in rules for group in reads.above(plan.rules, rule.group) if group.optional}

    def schema(self, rule: Rule, dtype: Dtype) -> Iterable[tuple[str, Dtype]]:
        dtypes = (dtype, dtype, dtype, pl.UInt8, pl.UInt8)
        yield from ((f"{rule.id}|{part}", one) for part, one in zip(PARTS, dtypes, strict=True))
        yield f"{rule.id}|known", pl.Boolean

    def judged(self, row: Mapping[str, Any]) -> list[Any]:
        """Return the columns of every rule for one row."""
        if not row[PLAIN]:
            return [*(0, 0, 0, 0, 0, False) * len(self.rules)]
        submitted = {name: self._figure(name, row) for name in self.named}
        absent = {id_: "–" for id_ in self.blocks if row.get(f"absent.{id_}")}
        found: list[Any] = []
        for rule in self.rules:
            found += self._one(rule, submitted, absent, row)
        return found

    def _figure(self, name: str, row: Mapping[str, Any]) -> Figure:
        reason = row.get(f"{name}|absent")
        if reason is not None:
            return Absent(OF_REASON[REASONS[reason]], REASONS[reason])
        parts = (self.figures[name].ratio.n, self.figures[name].ratio.d)
        n, d = (row[f"{name}|{part}"] if one.value is None else one.value for part, one in zip("nd", parts, strict=True))
        return n, d

    def _one(self, rule: Rule, submitted: Mapping[str, Figure], absent: Mapping[str, str], row: Mapping[str, Any]) -> list[Any]:
        waiting = Result(State.MISSING, Reason.NOT_REPORTED, 0, 1, 0)
        results = [waiting] * len(self.plan.names)
        for name in rule.requires:
            results[self.plan.places[name]] = waiting._replace(state=STATES[row[f"{name}|state"]])
        try:
            run = Run(self.plan.figures(submitted), results, self.as_of.toordinal(), {}, absent)
            result = self.judges[self.plan.places[rule.id]](run)
        except formula.FormulaFailedError:
            return [0, 0, 0, 0, 0, False]
        known = not run.undeclared and result.reason is not Reason.POINTS_AWAITED
        rescaled = result.excluded if result.rescales else 0
        codes = (STATES.index(result.state), REASONS.index(result.reason))
        return [result.earned, result.excluded, rescaled, *codes, known]


def programmed(plan: Plan, schema: pl.Schema, as_of: date, months: int | None) -> Program | None:
    """Return the first program whose numbers all fit, None where none does or a group has no form in columns."""
    programs = (Program(plan, schema, as_of, months, choice) for choice in CHOICES)
    return next((program for program in programs if program.fits), None)
