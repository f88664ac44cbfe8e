"""From rows as mappings (JSON Lines, worksheets) to columns, each of one type.

A column has the type of most of its values. Rows with a value of another type stand apart, and
are read one by one, so that a word in a column of numbers is a fault of its own row alone.

Were a column to take all its values, one word among a thousand numbers would make texts of them
all, and texts are read more slowly, and by other rules.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, TypeAlias

import polars as pl

Numbered: TypeAlias = tuple[int, Mapping[str, Any]]
"""A row with its number."""

MOST_PLACES = 10
"""Decimal places that a number in a column may have."""

MOST_DIGITS = 18
"""Digits before the point that a number in a column may have."""

_ODD = "odd"
"""The kind of values that no column holds."""


def columns(
    rows: Sequence[Numbered],
    names: Sequence[str],
) -> tuple[dict[str, pl.Series], list[Numbered]]:
    """Return the columns of the rows whose values are of the usual types, and the other rows.

    Arguments:
        rows: The rows, with their numbers.
        names: The columns that are wanted; a row need not have all of them.

    >>> usual, apart = columns([(1, {"a": 5}), (2, {"a": "five"}), (3, {"a": 7})], ["a"])
    >>> [int(value) for value in usual["a"]], apart
    ([5, 7], [(2, {'a': 'five'})])
    """
    kinds = {}
    for name in names:
        kinds[name] = _usual_kind(row.get(name) for _, row in rows)

    def fits(row: Mapping[str, Any]) -> bool:
        return all(_kind(row.get(name)) in (None, kinds[name]) for name in names)

    usual: list[Mapping[str, Any]] = []
    apart: list[Numbered] = []
    for row_number, row in rows:
        if fits(row):
            usual.append(row)
        else:
            apart.append((row_number, row))
    series = {}
    for name in names:
        values = [row.get(name) for row in usual]
        series[name] = _series(name, kinds[name], values)
    return series, apart


def _usual_kind(values: Iterable[Any]) -> str | None:
    """Return the kind that most values are of, None where none is of a kind that columns hold."""
    kinds = map(_kind, values)
    counts = Counter(kind for kind in kinds if kind not in (None, _ODD))
    # Of kinds that are as frequent the first that was met.
    for kind, _ in counts.most_common(1):
        return kind
    return None


def _kind(value: Any) -> str | None:
    """Return of what kind a value is, None for none; `odd` for one that no column holds."""
    if value is None:
        return None
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        if _fits(Decimal(value)):
            return "number"
        return _ODD
    if isinstance(value, list):
        if all(isinstance(item, str) for item in value):
            return "list"
        return _ODD
    # By type and not by isinstance: a datetime is a date too, but not a day.
    return {bool: "bool", str: "text", date: "day"}.get(type(value), _ODD)


def _fits(value: Decimal) -> bool:
    """Whether a number has no more places and digits than a column holds."""
    exponent = value.as_tuple().exponent
    # Infinity, and what is not a number, have a letter for it.
    if not isinstance(exponent, int):
        return False
    return exponent >= -MOST_PLACES and value.adjusted() < MOST_DIGITS


def _series(
    name: str,
    kind: str | None,
    values: list[Any],
) -> pl.Series:
    if kind == "number":
        values = [None if value is None else Decimal(value) for value in values]
    return pl.Series(
        name,
        values,
        dtype=_DTYPES.get(kind or "", pl.Null),
    )


_DTYPES: dict[str, Any] = {
    "number": pl.Decimal(MOST_DIGITS + MOST_PLACES, MOST_PLACES),
    "bool": pl.Boolean,
    "text": pl.String,
    "day": pl.Date,
    "list": pl.List(pl.String),
}
