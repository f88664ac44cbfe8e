"""The results of a scored table, read back exactly, and held against what a ranking needs."""

from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl

from cchc_rules.base.problem import Problem, SubmissionError, bounded, nearest, quoted
from cchc_rules.tables.result_columns import EXACT, ROW

NAMES = ("unit", "district", "unit_kind", "period", "band")
"""The columns of results that are words; so are those of states."""

POINTS = pl.Decimal(38, 10)
"""What points are while they are added up and compared."""


def checked(results: Any, needed: Iterable[str], name: str = "") -> pl.DataFrame:
    """Return results whose points are decimals and whose words are text.

    Raises `SubmissionError` where a column is missing or holds something else, a unit stands twice,
    or there are several periods: ranks compare units, each once, over one time. A name stands for
    one unit in each district.
    """
    frame = results if isinstance(results, pl.DataFrame) else pl.DataFrame(results)
    _there(frame, needed, name)
    known = [
        one
        for one in frame.columns
        if one in NAMES or _is_points(one) or one.endswith(".state")
    ]
    found = frame.select(_read(frame, one) for one in known)
    problems = [
        problem for one in known for problem in _unread(frame, found, one, name)
    ]
    if problems:
        raise SubmissionError(bounded(problems))
    _once(found, name)
    return found


def refused(errors: pl.DataFrame) -> int:
    """Return how many rows stand in a table of errors; raise `SubmissionError` where it is none."""
    _there(errors, (ROW, "code"), "errors")
    return errors.get_column(ROW).n_unique()


def _there(frame: pl.DataFrame, needed: Iterable[str], name: str) -> None:
    """Refuse a table without the columns that are needed."""
    missing = [one for one in needed if one not in frame.columns]
    if missing:
        places = [
            {"name": quoted(one), "nearest": nearest(one, frame.columns)}
            for one in missing
        ]
        raise SubmissionError(
            bounded(
                [Problem("scores-columns", (one["name"],), one, name) for one in places]
            )
        )


def _is_points(column: str) -> bool:
    return column in (ROW, "index", *EXACT) or column.endswith(
        (".earned", ".lost", ".excluded")
    )


def _read(frame: pl.DataFrame, column: str) -> pl.Expr:
    if not _is_points(column):
        return pl.col(column).cast(pl.String)
    dtype = pl.Int64 if column in (ROW, *EXACT) else POINTS
    return pl.col(column).cast(dtype, strict=False)


def _unread(
    frame: pl.DataFrame, found: pl.DataFrame, column: str, name: str
) -> Iterable[Problem]:
    """Yield what is no number in a column of points; a float is none, whatever it looks like."""
    if frame[column].dtype.is_float():
        wrong = frame[column].is_not_null()
    else:
        wrong = found[column].is_null() & frame[column].is_not_null()
    for at in wrong.arg_true().head(3):
        yield Problem(
            "scores-cell",
            (column,),
            {"given": quoted(frame[column][at]), "row": str(at + 1)},
            name,
        )


def _once(frame: pl.DataFrame, name: str) -> None:
    twice = frame.filter(frame.select(key(frame)).is_duplicated())
    problems = [
        Problem("unit-twice", (), {"name": quoted(unit)}, name)
        for unit in twice["unit"].unique().sort().head(5)
    ]
    periods = (
        frame["period"].unique().drop_nulls().sort().to_list()
        if "period" in frame.columns
        else []
    )
    if len(periods) > 1:
        problems.append(
            Problem(
                "several-periods",
                (),
                {"periods": quoted(", ".join(periods), 120)},
                name,
            )
        )
    if problems:
        raise SubmissionError(problems)


def key(frame: pl.DataFrame) -> Sequence[str]:
    """Return the columns that tell units apart."""
    return ("unit", "district") if "district" in frame.columns else ("unit",)
