"""From rows as mappings (JSON Lines, worksheets) to columns, each of one type; rows that do not fit
stand alone.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeAlias

import polars as pl

Numbered: TypeAlias = tuple[int, Mapping[str, Any]]
"""A row with its number."""

MOST_PLACES = 10
MOST_DIGITS = 18


def columns(
    rows: Sequence[Numbered], names: Sequence[str]
) -> tuple[dict[str, pl.Series], list[Numbered]]:
    """Return the columns of the rows that are of one type with most others, and the rows that are
    not.
    """
    types = {name: _usual(row.get(name) for _, row in rows) for name in names}
    alike = [
        row
        for row in rows
        if all(_kind(row[1].get(name)) in (None, types[name]) for name in names)
    ]
    apart = [
        row
        for row in rows
        if not all(_kind(row[1].get(name)) in (None, types[name]) for name in names)
    ]
    found = {
        name: _series(name, types[name], [row.get(name) for _, row in alike])
        for name in names
    }
    return found, apart


def _usual(values: Any) -> str | None:
    """Return the kind that most values are of, None where none is of a kind that columns hold."""
    counts = Counter(
        kind for value in values if (kind := _kind(value)) not in (None, "odd")
    )
    return counts.most_common(1)[0][0] if counts else None


def _kind(value: Any) -> str | None:
    """Return of what kind a value is, None for none; `odd` for one that no column holds."""
    if value is None:
        return None
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return "number" if _fits(Decimal(value)) else "odd"
    if isinstance(value, list):
        return "list" if all(isinstance(one, str) for one in value) else "odd"
    return {bool: "bool", str: "text", date: "day", datetime: "odd"}.get(
        type(value), "odd"
    )


def _fits(value: Decimal) -> bool:
    exponent = value.as_tuple().exponent
    return (
        isinstance(exponent, int)
        and exponent >= -MOST_PLACES
        and value.adjusted() < MOST_DIGITS
    )


def _series(name: str, kind: str | None, values: list[Any]) -> pl.Series:
    if kind == "number":
        values = [None if value is None else Decimal(value) for value in values]
    return pl.Series(name, values, dtype=_DTYPES.get(kind or "", pl.Null))


_DTYPES: dict[str, Any] = {
    "number": pl.Decimal(MOST_DIGITS + MOST_PLACES, MOST_PLACES),
    "bool": pl.Boolean,
    "text": pl.String,
    "day": pl.Date,
    "list": pl.List(pl.String),
}
