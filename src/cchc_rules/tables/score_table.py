"""`score_table`: a table of submissions in, a table of scores out, with the same figures as one by
one.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from typing import Any

import polars as pl

from cchc_rules.base import calendar
from cchc_rules.base.problem import DEFAULT_LANGUAGE, SubmissionError
from cchc_rules.report.report import Report
from cchc_rules.report.score import score
from cchc_rules.rules.model import RuleSet
from cchc_rules.scoring.compiled_rules import compile_rules
from cchc_rules.submissions.binding import load_measurements, variant
from cchc_rules.tables.exact_columns import Dtype
from cchc_rules.tables.file_parts import SLICE, Lone
from cchc_rules.tables.program import Computation, Machine, ProgramInput, programmed
from cchc_rules.tables.result_columns import (
    APART,
    ERRORS,
    OF_UNIT,
    RESULTS,
    ROW,
    TRACKS,
    Wanted,
    conformed,
    lost_points,
    possible,
    reduced,
    refused,
    row_of,
    scale,
    schema,
)
from cchc_rules.tables.submission_columns import Layout, layout

MOST_MACHINES = 64
"""So many programs are kept: kinds of units, periods and days are few, tables of other columns
rare.
"""

FEW = 200
"""So many rows of one kind, period and day, or fewer, are scored one by one: a program would cost
more to make.
"""


@dataclass(frozen=True, eq=False)
class Scores:
    """The scores of a table: `results` and `errors`, every row in exactly one of them, and how they
    came about.

    `steps` say how each kind of unit, period and day was worked out, `alone` how many rows went
    through the single engine, `floats` which columns held binary floats, of which the shortest
    decimal form was taken.
    """

    rules: RuleSet
    results: pl.DataFrame
    errors: pl.DataFrame
    steps: tuple[Computation, ...]
    alone: int
    floats: tuple[str, ...]
    table: pl.DataFrame = field(repr=False)
    as_of: date | None = None

    @property
    def losses(self) -> pl.DataFrame:
        """The long form: a row for each rule of each unit that lost points."""
        return lost_points(self.rules, self.results)

    def report(self, row: int) -> Report:
        """Return the full report of a row of the table, counted from 1.

        Raises `IndexError` for a row that the table does not have, and `SubmissionError` for one
        that is refused.
        """
        position = self.table.get_column(ROW).index_of(row)
        if position is None:
            raise IndexError(f"no row {row}: the table has {self.table.height} rows")
        cells = self.table.row(position, named=True)
        return one_by_one(self.rules, layout(self.rules), cells, self.as_of)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Give the results to whatever reads Arrow data."""
        return self.results.__arrow_c_stream__(requested_schema)


def score_table(
    rules: RuleSet,
    table: Any,
    *,
    as_of: date | None = None,
    results: Iterable[str] = RESULTS,
    decimals: bool = True,
) -> Scores:
    """Return the scores of a table of submissions, one row a unit.

    The table is anything that gives Arrow data (Polars, pandas, pyarrow, DuckDB), or a lazy Polars
    frame; `layout` says what columns it may have. `results` says what is worked out (see
    `RESULTS`); points are exact decimals, or, without `decimals`, whole numbers in units of the
    last place. Raises `SubmissionError` for a column that means nothing, and `ValueError` for
    results that there are not; a row that cannot be scored is in `errors`.
    """
    frame = table.collect() if isinstance(table, pl.LazyFrame) else pl.DataFrame(table)
    scorer = _scorer(rules, as_of, Wanted(tuple(results), decimals))
    scorer.columns.known(frame.columns)
    return scorer.score(
        frame.with_row_index(ROW, offset=1).with_columns(pl.col(ROW).cast(pl.Int64))
    )


@lru_cache(maxsize=8)
def _scorer(rules: RuleSet, as_of: date | None, wanted: Wanted) -> "Scorer":
    """Return what scores tables of a rule set: tables of the same columns need no new program."""
    return Scorer(rules, as_of=as_of, wanted=wanted)


class Scorer:
    """Scores tables of one rule set, part by part; what was made for one part is used for the next."""

    def __init__(
        self,
        rules: RuleSet,
        *,
        as_of: date | None = None,
        wanted: Wanted | None = None,
        lang: str = DEFAULT_LANGUAGE,
        few: int | None = None,
    ) -> None:
        self.rules = rules
        self.as_of = as_of
        self.wanted = wanted or Wanted()
        self.lang = lang
        possible(self.wanted, (*RESULTS, *TRACKS))
        self.few = FEW if few is None else few
        self.columns = layout(rules)
        self.scale = scale(rules, self.wanted)
        self.machines: dict[Any, Machine | None] = {}

    def with_tracks(self) -> "Scorer":
        """Return a scorer of the same kind whose results carry the points of the tracks, too."""
        wanted = replace(self.wanted, results=(*self.wanted.results, *TRACKS))
        return Scorer(
            self.rules, as_of=self.as_of, wanted=wanted, lang=self.lang, few=self.few
        )

    def score(
        self,
        numbered: pl.DataFrame,
        alone: Sequence[tuple[int, Lone]] = (),
        given: Mapping[str, Dtype] | None = None,
    ) -> Scores:
        """Return the scores of a table whose rows are numbered in `ROW`, and of submissions that
        stand alone.

        `given` are the types of the table's own columns in the results, where they are not those of
        the table.
        """
        numbered = _usual(numbered)
        target = schema(
            self.rules, self.wanted, numbered.schema if given is None else given
        )
        parts = []
        steps = []
        for part in _partitions(numbered):
            machine = self._machine(part)
            if machine is not None:
                parts += [
                    conformed(reduced(machine.run(rows)), target)
                    for rows in part.iter_slices(SLICE)
                ]
                steps.append(machine.computation)
        left = _left(numbered, parts).iter_rows(named=True)
        found, errors = self._one_by_one([*((row[ROW], row) for row in left), *alone])
        singles = pl.DataFrame(
            [{name: row.get(name) for name in target} for row in found], schema=target
        )
        results = pl.concat([*parts, singles])
        ordered = results if len(parts) < 2 and not found else results.sort(ROW)
        floats = tuple(
            name for name, dtype in numbered.schema.items() if dtype.is_float()
        )
        refusals = pl.DataFrame(errors, schema=ERRORS, orient="row")
        return Scores(
            self.rules,
            ordered,
            refusals,
            (*dict.fromkeys(steps),),
            len(found),
            floats,
            numbered,
            self.as_of,
        )

    def _machine(self, part: pl.DataFrame) -> Machine | None:
        """Return what scores the rows of one kind, period and day; None where they are scored one
        by one.
        """
        envelope = {
            name: value
            for name, value in part.row(0, named=True).items()
            if name in APART
        }
        key = (tuple(envelope.items()), tuple(part.schema.items()))
        if key not in self.machines:
            if part.height <= self.few:
                return None
            self.machines[key] = self._made(envelope, part.schema)
            if len(self.machines) > MOST_MACHINES:
                del self.machines[next(iter(self.machines))]
        return self.machines[key]

    def _made(self, envelope: Mapping[str, Any], given: pl.Schema) -> Machine | None:
        try:
            found = load_measurements(
                {**self.columns.submission(envelope), "unit": "–"},
                self.rules,
                as_of=self.as_of,
            )
        except SubmissionError:
            return None
        day = self.as_of or found.judged_at
        compiled = compile_rules(variant(found, self.rules, day))
        carried = (ROW, *(name for name in OF_UNIT if name in given))
        own = layout(compiled.rules).columns
        foreign = tuple(
            name for name in given if name in self.columns.columns and name not in own
        )
        months = calendar.whole_months(*found.span)
        source = ProgramInput(given, day, months, carried, foreign)
        return programmed(compiled, source, self.wanted, self.scale)

    def _one_by_one(
        self, rows: Iterable[tuple[int, Lone]]
    ) -> tuple[list[dict[str, Any]], list[tuple[Any, ...]]]:
        """Return the rows of results and of errors of what stands alone."""
        found: list[dict[str, Any]] = []
        errors: list[tuple[Any, ...]] = []
        for number, given in rows:
            try:
                outcome = one_by_one(
                    self.rules, self.columns, given, self.as_of
                ).scoring
                found.append(
                    row_of(outcome, number, given, self.wanted, self.scale.places)
                )
            except SubmissionError as error:
                errors += refused(
                    error.problems, number, given, self.columns, self.lang
                )
        return found, errors


def _usual(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a table whose floats of 32 bits are those of 64 with the same shortest form, and
    moments at midnight days.

    97.35 is then no 97.3499984, and the days of pandas, which has none, are days; a moment within a
    day stays one.
    """
    short = pl.col(pl.Float32).cast(pl.String).cast(pl.Float64)
    moments = [
        name
        for name, dtype in frame.schema.items()
        if isinstance(dtype, pl.Datetime) and not dtype.time_zone
    ]
    return frame.with_columns(
        short, *(_days(frame.get_column(name)) for name in moments)
    )


def _days(moments: pl.Series) -> pl.Series:
    days = moments.dt.date()
    inside = days.cast(moments.dtype) != moments
    if not inside.any():
        return days
    return days.cast(pl.String).zip_with(
        ~inside.fill_null(False), moments.cast(pl.String)
    )


def _partitions(frame: pl.DataFrame) -> Iterator[pl.DataFrame]:
    apart = [name for name in APART if name in frame.columns]
    if frame.is_empty():
        return iter(())
    if not apart or frame.select((pl.col(apart).n_unique() == 1).all().name.keep()).row(
        0
    ) == (True,) * len(apart):
        return iter([frame])
    return iter(frame.partition_by(apart, maintain_order=True))


def _left(frame: pl.DataFrame, parts: list[pl.DataFrame]) -> pl.DataFrame:
    """Return the rows that no part has scored."""
    if sum(part.height for part in parts) == frame.height:
        return frame.head(0)
    done = (
        pl.concat([part.select(ROW) for part in parts])
        if parts
        else frame.select(ROW).head(0)
    )
    return frame.join(done, on=ROW, how="anti", maintain_order="left")


def one_by_one(
    rules: RuleSet, columns: Layout, given: Lone, as_of: date | None
) -> Report:
    """Return the report of a row, of a whole submission or of its file."""
    flat = isinstance(given, Mapping) and "measurements" not in given
    source = columns.submission(given) if isinstance(given, Mapping) and flat else given
    return score(rules, load_measurements(source, rules, as_of=as_of), as_of=as_of)
