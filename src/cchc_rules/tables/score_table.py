"""`score_table`: a table of submissions in, a table of scores out, with the same figures as one by
one.

Rows of one kind of unit, period and day follow the same rules. Each such part of a table gets a
program over columns, unless it has few rows. Rows that the program cannot judge, and parts
without one, go through the single engine: the result says how many.
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
from cchc_rules.submissions.binding import judgement_day, load_measurements, variant
from cchc_rules.tables.doubtful_rows import (
    DoubtfulRow,
    doubtful_rows,
    submission_of,
    suspects,
)
from cchc_rules.tables.exact_columns import Dtype
from cchc_rules.tables.file_parts import SLICE, Lone
from cchc_rules.tables.headings import Choices
from cchc_rules.tables.peers import PeerFigures
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
"""How many programs are kept: there are few kinds of units, periods and days, and tables of a
rule set mostly have the same columns.
"""

FEW = 200
"""Up to this many rows of one kind, period and day are scored one by one: a program would cost
more to make than it saves.
"""


@dataclass(frozen=True, eq=False)
class Scores:
    """The scores of a table: every row is in exactly one of `results` and `errors`."""

    rules: RuleSet
    results: pl.DataFrame
    errors: pl.DataFrame
    steps: tuple[Computation, ...]
    """How the rows of each kind of unit, period and day were worked out in columns."""
    alone: int
    """How many rows the single engine scored."""
    floats: tuple[str, ...]
    """The columns of binary floats, of which the shortest decimal form was taken."""
    table: pl.DataFrame = field(repr=False)
    """The table, its rows numbered."""
    as_of: date | None = None
    lang: str = DEFAULT_LANGUAGE

    @property
    def losses(self) -> pl.DataFrame:
        """The long form: a row for each rule of each unit that lost points."""
        return lost_points(self.rules, self.results)

    @property
    def warnings(self) -> pl.DataFrame:
        """What is doubtful in the rows that were scored: a row for each doubt, with the columns of
        `errors`.

        It is looked for when it is asked for: to make submissions of the rows in which something
        may be doubtful takes longer than to score them.
        """
        columns = layout(self.rules)
        found: list[tuple[Any, ...]] = []
        rows = suspects(self.rules, self.scored_rows())
        for row in doubtful_rows(self.rules, columns, rows, self.as_of):
            found += refused(row.doubts, row.number, row.source, columns, self.lang)
        return pl.DataFrame(found, schema=ERRORS, orient="row")

    def scored_rows(self) -> pl.DataFrame:
        """Return the rows of the table that were scored."""
        # A table without rows, as a folder of submissions has one, may have no columns either.
        if self.errors.is_empty() or self.table.is_empty():
            return self.table
        return self.table.join(
            self.results,
            on=ROW,
            how="semi",
            maintain_order="left",
        )

    def report(self, row: int) -> Report:
        """Return the full report of a row of the table, counted from 1.

        Raises `IndexError` for a row that the table does not have, and `SubmissionError` for one
        that is refused.
        """
        position = self.table.get_column(ROW).index_of(row)
        if position is None:
            raise IndexError(f"no row {row}: the table has {self.table.height} rows")
        cells = self.table.row(position, named=True)
        return one_by_one(
            self.rules,
            layout(self.rules),
            cells,
            self.as_of,
        )

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Give the results to whatever reads Arrow data."""
        return self.results.__arrow_c_stream__(requested_schema)


def score_table(  # noqa: PLR0913 - options, each given by its name
    rules: RuleSet,
    table: Any,
    *,
    as_of: date | str | None = None,
    results: Iterable[str] = RESULTS,
    decimals: bool = True,
    columns: Mapping[str, str] | None = None,
    leave_aside: Iterable[str] = (),
) -> Scores:
    """Return the scores of a table of submissions, one row a unit.

    Arguments:
        rules: The rule set.
        table: Anything that gives Arrow data (Polars, pandas, pyarrow, DuckDB), or a lazy Polars
            frame. Its columns are called as the reference of tables says, by the titles of
            metrics in either language, or as `columns` says.
        as_of: The day of judgement; by default each row's own, else the end of its period.
        results: What is worked out, of `RESULTS`; what is left out costs no time.
        decimals: Whether points are exact decimals, or whole numbers in units of the last place.
        columns: The column that each heading of this table stands for, where it is called neither
            by its name nor by a title.
        leave_aside: Headings of columns that are not read. Any other column that means nothing is
            refused.

    A row that cannot be scored is in `errors`, and does not disturb the others. Raises
    `SubmissionError` for a column that means nothing, and `ValueError` for results that there are
    not.

    >>> from cchc_rules import load_rules
    >>> table = {"unit": ["A", "B"], "period": ["2023", "never"]}
    >>> scores = score_table(load_rules("cam-due-2023"), table, results=["index", "band"])
    >>> scores.results["unit"].to_list(), scores.errors["row"].to_list()
    (['A'], [2])
    """
    if isinstance(table, pl.LazyFrame):
        frame = table.collect()
    else:
        frame = pl.DataFrame(table)
    wanted = Wanted(tuple(results), decimals)
    possible(wanted, RESULTS)
    choices = Choices(tuple((columns or {}).items()), tuple(leave_aside))
    scorer = _scorer(rules, judgement_day(as_of), wanted, choices)
    read = scorer.columns.headings.read(frame.columns)
    frame = frame.select(list(read)).rename(read)
    numbered = frame.with_row_index(ROW, offset=1)
    numbered = numbered.with_columns(pl.col(ROW).cast(pl.Int64))
    peers = scorer.peers(frame.columns)
    peers.add(numbered)
    return scorer.score(peers.beside(numbered))


@lru_cache(maxsize=8)
def _scorer(
    rules: RuleSet,
    as_of: date | None,
    wanted: Wanted,
    choices: Choices,
) -> "Scorer":
    """Return what scores tables of a rule set: tables of the same columns need no new program."""
    return Scorer(rules, as_of=as_of, wanted=wanted, choices=choices)


class Scorer:
    """Scores tables of one rule set, part by part; a program made for one part serves the next.

    Arguments:
        rules: The rule set.
        as_of: The day of judgement; by default each row's own.
        wanted: Which results are worked out, and how points are written.
        lang: The language in which errors say what is wrong.
        few: Up to how many rows of one kind are scored one by one, `FEW` by default.
        choices: What somebody says of the headings of the tables.
    """

    def __init__(  # noqa: PLR0913 - options, each given by its name
        self,
        rules: RuleSet,
        *,
        as_of: date | None = None,
        wanted: Wanted | None = None,
        lang: str = DEFAULT_LANGUAGE,
        few: int | None = None,
        choices: Choices | None = None,
    ) -> None:
        self.rules = rules
        self.as_of = as_of
        self.wanted = wanted or Wanted()
        self.lang = lang
        possible(self.wanted, (*RESULTS, *TRACKS))
        self.few = FEW
        if few is not None:
            self.few = few
        self.choices = choices or Choices()
        self.columns = layout(rules, self.choices)
        self.scale = scale(rules, self.wanted)
        # By what rows of a part have in common, and by the table's columns; None where such rows
        # have no program, so that it is not tried again for each part.
        self.machines: dict[Any, Machine | None] = {}

    def peers(self, given: Iterable[str]) -> PeerFigures:
        """Return what works out the figures from peers of a table.

        Arguments:
            given: The columns that the table has: what they say is not worked out.
        """
        return PeerFigures(self.rules, self.columns, self.as_of, given)

    def with_tracks(self) -> "Scorer":
        """Return a scorer of the same kind whose results carry the points of the tracks, too."""
        wanted = replace(self.wanted, results=(*self.wanted.results, *TRACKS))
        return Scorer(
            self.rules,
            as_of=self.as_of,
            wanted=wanted,
            lang=self.lang,
            few=self.few,
            choices=self.choices,
        )

    def score(
        self,
        numbered: pl.DataFrame,
        alone: Sequence[tuple[int, Lone]] = (),
        given: Mapping[str, Dtype] | None = None,
    ) -> Scores:
        """Return the scores of a table whose rows are numbered in `ROW`, and of submissions that
        stand alone.

        Arguments:
            numbered: The table.
            alone: Submissions, or their files, with numbers that no row of the table has.
            given: The types of the table's own columns in the results, where they are not those of
                the table: parts of one file must all give the same types.
        """
        numbered = _usual(numbered)
        carried: Mapping[str, Dtype] = numbered.schema
        if given is not None:
            carried = given
        target = schema(self.rules, self.wanted, carried)
        in_columns = []
        computations = []
        for part in _partitions(numbered):
            machine = self._machine(part)
            if machine is not None:
                # Memory for the steps of a slice is given back before the next one is scored.
                for rows_of_slice in part.iter_slices(SLICE):
                    scored = reduced(machine.run(rows_of_slice))
                    in_columns.append(conformed(scored, target))
                computations.append(machine.computation)
        # Whatever a machine has left, for whatever reason, is scored or refused one by one: so no
        # row can be lost.
        left: list[tuple[int, Lone]] = []
        for row in _left(numbered, in_columns).iter_rows(named=True):
            left.append((row[ROW], row))
        rows, errors = self._one_by_one([*left, *alone])
        by_itself = pl.DataFrame(
            [{name: row.get(name) for name in target} for row in rows],
            schema=target,
        )
        results = pl.concat([*in_columns, by_itself])
        if rows or len(in_columns) > 1:
            results = results.sort(ROW)
        floats = [name for name, dtype in numbered.schema.items() if dtype.is_float()]
        return Scores(
            self.rules,
            results,
            pl.DataFrame(errors, schema=ERRORS, orient="row"),
            steps=(*dict.fromkeys(computations),),
            alone=len(rows),
            floats=(*floats,),
            table=numbered,
            as_of=self.as_of,
            lang=self.lang,
        )

    def doubtful(
        self,
        scores: Scores,
        alone: Iterable[tuple[int, Lone]] = (),
    ) -> Iterator[DoubtfulRow]:
        """Yield the rows that were scored and have something doubtful, in the table's order.

        Arguments:
            scores: What `score` has returned.
            alone: The submissions that stood alone beside its table.
        """
        yield from doubtful_rows(
            self.rules,
            self.columns,
            suspects(self.rules, scores.scored_rows()),
            self.as_of,
        )
        scored = {*scores.results.get_column(ROW)}
        scored_alone = []
        for number, source in alone:
            if number in scored:
                scored_alone.append((number, source))
        yield from doubtful_rows(self.rules, self.columns, scored_alone, self.as_of)

    def refuse_doubtful(
        self,
        scores: Scores,
        alone: Iterable[tuple[int, Lone]] = (),
    ) -> Scores:
        """Return the scores without the doubtful rows, which are among the errors then."""
        numbers = []
        errors: list[tuple[Any, ...]] = []
        for row in self.doubtful(scores, alone):
            numbers.append(row.number)
            errors += refused(
                row.doubts,
                row.number,
                row.source,
                self.columns,
                self.lang,
            )
        if not errors:
            return scores
        added = pl.DataFrame(errors, schema=ERRORS, orient="row")
        all_errors = pl.concat([scores.errors, added])
        return replace(
            scores,
            results=scores.results.filter(~pl.col(ROW).is_in(numbers)),
            errors=all_errors.sort(ROW, maintain_order=True),
        )

    def _machine(self, part: pl.DataFrame) -> Machine | None:
        """Return what scores the rows of one kind, period and day; None where they are scored one
        by one.
        """
        # All rows of a part say the same in these columns, so that the first speaks for all.
        first = part.row(0, named=True)
        envelope = {name: first[name] for name in APART if name in first}
        key = (tuple(envelope.items()), tuple(part.schema.items()))
        if key in self.machines:
            return self.machines[key]
        if part.height <= self.few:
            return None
        self.machines[key] = self._made(envelope, part.schema)
        if len(self.machines) > MOST_MACHINES:
            oldest = next(iter(self.machines))
            del self.machines[oldest]
        return self.machines[key]

    def _made(self, envelope: Mapping[str, Any], table: pl.Schema) -> Machine | None:
        """Return the machine for rows that say this of themselves, None where the single engine
        has to say what is wrong with them, or where numbers would be too long.
        """
        # A submission without figures, for what its period and kind decide: which version of the
        # rules holds, and the day of judgement. Its unit does not matter.
        submission = {**self.columns.submission(envelope), "unit": "–"}
        try:
            measurements = load_measurements(submission, self.rules, as_of=self.as_of)
        except SubmissionError:
            return None
        day = self.as_of or measurements.judged_at
        compiled = compile_rules(variant(measurements, self.rules, day))
        carried = (ROW, *(name for name in OF_UNIT if name in table))
        own_columns = layout(compiled.rules).columns
        # A column that only another kind of unit has must be empty here: one that is filled is
        # refused, by the single engine, for this row alone.
        foreign = tuple(
            name
            for name in table
            if name in self.columns.columns and name not in own_columns
        )
        months = calendar.whole_months(*measurements.span)
        source = ProgramInput(table, day, months, carried, foreign)
        return programmed(compiled, source, self.wanted, self.scale)

    def _one_by_one(
        self,
        rows: Iterable[tuple[int, Lone]],
    ) -> tuple[list[dict[str, Any]], list[tuple[Any, ...]]]:
        """Return the rows of results and of errors of what stands alone."""
        results: list[dict[str, Any]] = []
        errors: list[tuple[Any, ...]] = []
        for number, source in rows:
            try:
                report = one_by_one(
                    self.rules,
                    self.columns,
                    source,
                    self.as_of,
                )
            except SubmissionError as error:
                errors += refused(
                    error.problems,
                    number,
                    source,
                    self.columns,
                    self.lang,
                )
            else:
                row = row_of(
                    report.scoring,
                    number,
                    source,
                    self.wanted,
                    self.scale.places,
                )
                results.append(row)
        return results, errors


def _usual(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a table whose floats of 32 bits are those of 64 with the same shortest form, and
    moments at midnight days.

    97.35 is then no 97.3499984, and the days of pandas, which has none, are days; a moment within a
    day stays one.
    """
    # Through the text, which is the shortest that reads back as the same 32 bits.
    short = pl.col(pl.Float32).cast(pl.String).cast(pl.Float64)
    moments = [
        name
        for name, dtype in frame.schema.items()
        if isinstance(dtype, pl.Datetime) and not dtype.time_zone
    ]
    return frame.with_columns(
        short,
        *(_days(frame.get_column(name)) for name in moments),
    )


def _days(moments: pl.Series) -> pl.Series:
    """Return moments as days. Where one is within a day, all are texts, and that one is refused."""
    days = moments.dt.date()
    inside = days.cast(moments.dtype) != moments
    if not inside.any():
        return days
    is_day = ~inside.fill_null(False)
    day_texts = days.cast(pl.String)
    return day_texts.zip_with(is_day, moments.cast(pl.String))


def _partitions(frame: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Yield the rows of each kind of unit, period and day."""
    apart = [name for name in APART if name in frame.columns]
    if frame.is_empty():
        return
    # Most tables are of one kind, period and day: they are not copied.
    if all(frame.get_column(name).n_unique() == 1 for name in apart):
        yield frame
        return
    yield from frame.partition_by(apart, maintain_order=True)


def _left(frame: pl.DataFrame, scored: list[pl.DataFrame]) -> pl.DataFrame:
    """Return the rows that no part has scored."""
    if sum(part.height for part in scored) == frame.height:
        return frame.head(0)
    if not scored:
        return frame
    done = pl.concat([part.select(ROW) for part in scored])
    return frame.join(
        done,
        on=ROW,
        how="anti",
        maintain_order="left",
    )


def one_by_one(
    rules: RuleSet,
    columns: Layout,
    source: Lone,
    as_of: date | None,
) -> Report:
    """Return the report of a row, of a whole submission or of its file.

    Raises `SubmissionError` where it is refused.
    """
    measurements = submission_of(rules, columns, source, as_of)
    return score(rules, measurements, as_of=as_of)
