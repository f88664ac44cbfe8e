"""From rows as mappings (JSON Lines, worksheets) to columns, each of one type; rows that do not fit stand alone."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeAlias

import polars as pl

Numbered: TypeAlias = tuple[int, Mapping[str, Any]]
"""A row with its number."""

MOST_PLACES, MOST_DIGITS = 10, 18


def columns(rows: Sequence[Numbered], names: Sequence[str]) -> tuple[dict[str, pl.Series], list[Numbered]]:
    """Return the columns of the rows that are of one type with most others, and the rows that are not."""
    types = {name: _usual(row.get(name) for _, row in rows) for name in names}
    alike = [row for row in rows if all(_kind(row[1].get(name)) in (None, types[name]) for name in names)]
    apart = [row for row in rows if not all(_kind(row[1].get(name)) in (None, types[name]) for name in names)]
    found = {name: pl.Series(name, [row.get(name) for _, row in alike], dtype=_dtype(types[name])) for name in names}
    return found, [(number, row) for number, row in apart]


def _usual(values: Any) -> str | None:
    """Return the kind that most values are of; a whole number is a number with places, where there are such."""
    counts = Counter(kind for value in values if (kind := _kind(value)) is not None)
    return counts.most_common(1)[0][0] if counts else None


def _kind(value: Any) -> str | None:
    """Return of what kind a value is, None for none; `odd` for one that no column holds."""
    if value is None:
        return None
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return "number" if _fits(Decimal(value)) else "odd"
    if isinstance(value, list):
        return "list" if all(isinstance(one, str) for one in value) else "odd"
    return {bool: "bool", str: "text", date: "day", datetime: "odd"}.get(type(value), "odd")


def _fits(value: Decimal) -> bool:
    exponent = value.as_tuple().exponent
    return isinstance(exponent, int) and -MOST_PLACES <= exponent and value.adjusted() < MOST_DIGITS


def _dtype(kind: str | None) -> Any:
    number = pl.Decimal(MOST_DIGITS + MOST_PLACES, MOST_PLACES)
    return {"number": number, "bool": pl.Boolean, "text": pl.String, "day": pl.Date, "list": pl.List(pl.String)}.get(kind or "", pl.Null)
