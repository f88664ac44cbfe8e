"""Scored units as a ranking reads them: the results of a table, held against what a ranking needs,
and the rows of that table that were refused.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from cchc_rules.base.problem import Problem, SubmissionError, bounded, nearest, quoted
from cchc_rules.base.text import normal_name
from cchc_rules.tables.exact_columns import Dtype
from cchc_rules.tables.result_columns import EXACT, ROW
from cchc_rules.tables.score_files import errors_beside
from cchc_rules.tables.score_table import Scores
from cchc_rules.tables.whole_files import first_row_number, load_table

NAMES = ("unit", "district", "unit_kind", "period", "band")
"""The columns of results that are words; so are those of states."""

POINTS = pl.Decimal(38, 12)
"""What points are while they are added up and compared: an index has at most twelve places."""

MOST_CELLS = 3
"""So many wrong cells of one column are named; a column of another type has thousands."""

MOST_UNITS_NAMED = 5
"""So many units that stand twice are named."""


class GivenResults(NamedTuple):
    """Results as they are handed over, with what is known of the rows that were refused.

    A row that was refused has no result, but its unit has its place in a ranking all the same: it
    is named there as one without a rank.
    """

    table: pl.DataFrame
    refused: pl.DataFrame | None = None
    """The rows that were refused, as `refused_rows` gives them; None where nobody knows."""
    name: str = ""
    """What problems call the table."""
    first_row: int = 1
    """The number of the first row, as readers of the file count."""


class ScoredUnits(NamedTuple):
    """Units, each once, with names in normal form and points as decimals.

    A unit of which nothing was left to score has no index.
    """

    frame: pl.DataFrame
    refused: pl.DataFrame | None
    name: str


def load_results(path: Path, errors: Path | None = None) -> GivenResults:
    """Load results that `score` has written, with the errors that it wrote beside them.

    Arguments:
        path: The file of the results.
        errors: The table of errors, where it does not stand beside the results. One that is named
            must be there; one that would stand beside them may be missing.

    Raises `SubmissionError` where a file cannot be read, or is no such table.
    """
    table = load_table(path)
    first_row = first_row_number(path)
    written = errors or errors_beside(path)
    # Where nobody says that there are errors, none need be there: but then it is not known whether
    # any rows were refused.
    if errors is None and not written.is_file():
        return GivenResults(table, None, path.name, first_row)
    refused = refused_rows(load_table(written), written.name)
    return GivenResults(table, refused, path.name, first_row)


def given_results(results: Any, name: str = "") -> GivenResults:
    """Return results in one form: those of `score_table` bring their errors, a bare table none.

    Arguments:
        results: `GivenResults`, `Scores`, or anything that Polars makes a table of.
        name: What problems call the table.
    """
    if isinstance(results, GivenResults):
        return results
    if isinstance(results, Scores):
        refused = refused_rows(results.errors)
        return GivenResults(results.results, refused, name)
    if isinstance(results, pl.DataFrame):
        return GivenResults(results, None, name)
    return GivenResults(pl.DataFrame(results), None, name)


def refused_rows(errors: Any, name: str = "errors") -> pl.DataFrame:
    """Return the rows that a table of errors speaks of, each once: `row` and `unit`.

    The unit is null where the row could not be read that far. Raises `SubmissionError` where it is
    no table of errors.
    """
    table = _as_table(errors)
    _require(table, (ROW, "code"), name)
    if "unit" not in table.columns:
        no_unit = pl.lit(None, pl.String).alias("unit")
        table = table.with_columns(no_unit)
    # A row has an error for each thing that is wrong with it; it is one row all the same.
    read = _read(GivenResults(table, None, name), (ROW, "unit"))
    return read.unique(ROW, keep="first", maintain_order=True)


def listed_units(units: Any, name: str = "units") -> pl.DataFrame:
    """Return a list of units in normal form, each once: `unit`, and `district` where it is there.

    Raises `SubmissionError` where the table has no column `unit`.
    """
    table = _as_table(units)
    _require(table, ("unit",), name)
    read = _read(GivenResults(table, None, name), unit_key(table))
    return read.drop_nulls("unit").unique(maintain_order=True)


def read_units(
    results: Any,
    needed: Iterable[str],
    name: str = "",
) -> ScoredUnits:
    """Return the units of results, held against what a ranking needs.

    Arguments:
        results: The results, in any form that `given_results` takes.
        needed: The columns without which they are refused.
        name: What problems call the table.

    Raises `SubmissionError` where a column is missing or a cell does not hold what `score` writes
    there, a unit stands twice, there are several periods, or the errors belong to other results.
    """
    given = given_results(results, name)
    _require(given.table, needed, given.name)
    # Only columns that mean something here are read: results may have been joined with others.
    known = [column for column in given.table.columns if _is_known(column)]
    frame = _read(given, known)
    problems = [
        *_nameless(frame, given),
        *_half_empty(frame, given),
        *_no_fraction(frame, given),
        *_twice(frame, unit_key(frame), given.name),
        *_several_periods(frame, given.name),
        *_other_errors(frame, given),
    ]
    if problems:
        raise SubmissionError(bounded(problems))
    return ScoredUnits(frame, given.refused, given.name)


def unit_key(frame: pl.DataFrame) -> Sequence[str]:
    """Return the columns that tell units apart: a name stands for one unit in each district."""
    if "district" in frame.columns:
        return ("unit", "district")
    return ("unit",)


def require_once(units: ScoredUnits, columns: Sequence[str]) -> None:
    """Raise `SubmissionError` where two units are the same in these columns."""
    problems = _twice(units.frame, columns, units.name)
    if problems:
        raise SubmissionError(problems)


# Reading


def _as_table(source: Any) -> pl.DataFrame:
    if isinstance(source, pl.DataFrame):
        return source
    return pl.DataFrame(source)


def _require(
    table: pl.DataFrame,
    needed: Iterable[str],
    name: str,
) -> None:
    """Refuse a table without the columns that are needed."""
    problems = []
    for column in needed:
        if column not in table.columns:
            arguments = {
                "name": quoted(column),
                "nearest": nearest(column, table.columns),
            }
            problem = Problem("scores-columns", (column,), arguments, name)
            problems.append(problem)
    if problems:
        raise SubmissionError(bounded(problems))


def _is_known(column: str) -> bool:
    """Whether a ranking or an overview may read a column; others are left as they are."""
    if column in NAMES or column.endswith(".state"):
        return True
    return _is_number(column)


def _is_number(column: str) -> bool:
    if column in (ROW, "index", *EXACT):
        return True
    return column.endswith((".earned", ".lost", ".excluded"))


def _read(given: GivenResults, columns: Iterable[str]) -> pl.DataFrame:
    """Return columns as numbers and words; raise `SubmissionError` for cells that are neither."""
    read = []
    problems: list[Problem] = []
    for column in columns:
        cells = given.table.get_column(column)
        if _is_number(column):
            values = _numbers(cells)
        else:
            values = _words(cells)
        read.append(values)
        problems += _unread(cells, values, given)
    if problems:
        raise SubmissionError(bounded(problems))
    return pl.DataFrame(read)


def _numbers(cells: pl.Series) -> pl.Series:
    """Return exact numbers, null where a cell is none; a binary float is none, however it looks."""
    dtype: Dtype = POINTS
    if cells.name in (ROW, *EXACT):
        dtype = pl.Int64
    # Two indices that differ in the ninth place are two ranks: a float may not tell them apart.
    if cells.dtype.is_float() or cells.dtype.is_nested():
        return _nulls(cells, dtype)
    if cells.dtype.is_integer() or cells.dtype.is_decimal():
        return cells.cast(dtype, strict=False)
    # Points have no marks between thousands. So a comma is the decimal sign, as it is where a
    # Vietnamese Excel has saved the results anew: 82,56 is 82.56.
    texts = cells.cast(pl.String)
    with_points = texts.str.replace(r"^(-?\d+),(\d+)$", "$1.$2")
    return with_points.cast(dtype, strict=False)


def _nulls(cells: pl.Series, dtype: Dtype) -> pl.Series:
    return pl.Series(cells.name, [None] * len(cells), dtype)


def _words(cells: pl.Series) -> pl.Series:
    """Return words in normal form, null where there are none."""
    if cells.dtype.is_nested() or cells.dtype == pl.Binary:
        return _nulls(cells, pl.String)
    texts = cells.cast(pl.String)
    # A column has few different words, or as many as units: each is brought into form once.
    forms: dict[str | None, str | None] = {}
    for text in texts.unique().drop_nulls():
        forms[text] = normal_name(text) or None
    normal = [forms.get(text) for text in texts]
    return pl.Series(cells.name, normal, pl.String)


def _unread(
    cells: pl.Series,
    values: pl.Series,
    given: GivenResults,
) -> Iterator[Problem]:
    """Yield the cells of which nothing could be read, though they are not empty."""
    filled = cells.is_not_null()
    if cells.dtype == pl.String:
        filled &= cells.str.strip_chars() != ""
    unread = filled & values.is_null()
    for position in unread.arg_true().head(MOST_CELLS):
        arguments = {
            "given": quoted(cells[position]),
            "row": _row(given, position),
        }
        yield Problem("scores-cell", (cells.name,), arguments, given.name)


def _row(given: GivenResults, position: int) -> str:
    """Return the number of a row as readers of the file count; positions count from 0."""
    return str(position + given.first_row)


# What results must keep to


def _nameless(frame: pl.DataFrame, given: GivenResults) -> Iterator[Problem]:
    """Yield the rows that name no unit."""
    unnamed = frame.get_column("unit").is_null()
    for position in unnamed.arg_true().head(MOST_CELLS):
        row = {"row": _row(given, position)}
        yield Problem("scores-no-unit", ("unit",), row, given.name)


def _half_empty(frame: pl.DataFrame, given: GivenResults) -> Iterator[Problem]:
    """Yield the cells that are empty beside one that `score` never fills alone."""
    for column, other in _together(frame.columns):
        missing = frame.get_column(column).is_null()
        other_missing = frame.get_column(other).is_null()
        alone = missing != other_missing
        for position in alone.arg_true().head(MOST_CELLS):
            empty = other
            filled = column
            if missing[position]:
                empty = column
                filled = other
            arguments = {"row": _row(given, position), "other": quoted(filled)}
            yield Problem("scores-empty", (empty,), arguments, given.name)


def _together(columns: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the pairs of columns of which both are filled in a row, or neither."""
    known = {*columns}
    for column in EXACT:
        if {"index", column} <= known:
            yield "index", column
    # Results may lack columns, but of those that are there a row has all or none: a group or a
    # rule of another kind of unit has none.
    for column in columns:
        whose, _, part = column.rpartition(".")
        lost = f"{whose}.lost"
        if part in ("earned", "state") and lost in known:
            yield column, lost


def _no_fraction(frame: pl.DataFrame, given: GivenResults) -> Iterator[Problem]:
    """Yield the denominators that are not above zero."""
    column = EXACT[1]
    if column not in frame.columns:
        return
    denominators = frame.get_column(column)
    wrong = (denominators < 1).fill_null(False)
    for position in wrong.arg_true().head(MOST_CELLS):
        arguments = {
            "given": quoted(denominators[position]),
            "row": _row(given, position),
        }
        yield Problem("scores-denominator", (column,), arguments, given.name)


def _twice(
    frame: pl.DataFrame,
    columns: Sequence[str],
    name: str,
) -> list[Problem]:
    """Return the units that are the same in these columns, the first by name."""
    repeated = frame.filter(frame.select(columns).is_duplicated())
    names = repeated.get_column("unit").drop_nulls().unique().sort()
    return [
        Problem("unit-twice", (), {"name": quoted(unit)}, name)
        for unit in names.head(MOST_UNITS_NAMED)
    ]


def _several_periods(frame: pl.DataFrame, name: str) -> Iterator[Problem]:
    """Ranks compare units over one time."""
    if "period" not in frame.columns:
        return
    periods = frame.get_column("period")
    periods = periods.unique().drop_nulls().sort()
    if len(periods) > 1:
        arguments = {"periods": quoted(", ".join(periods), 120)}
        yield Problem("several-periods", (), arguments, name)


def _other_errors(frame: pl.DataFrame, given: GivenResults) -> Iterator[Problem]:
    """A row is scored or refused, never both: else the errors are those of another table."""
    if given.refused is None or ROW not in frame.columns:
        return
    both = given.refused.join(
        frame.select(ROW),
        on=ROW,
        how="semi",
    )
    for row in both.get_column(ROW).head(1):
        yield Problem("errors-of-others", (), {"row": str(row)}, given.name)
