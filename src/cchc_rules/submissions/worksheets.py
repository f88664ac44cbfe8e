"""Opens a filled form: a workbook within bounds, as tables of cells; knows nothing of submissions.

A table begins at a key row: `cchc:<name>` in the first column, the name of each other column above
it. It ends at the next key row, or with the sheet. Numbers are read as decimals of at most 15
significant digits, which is what a sheet keeps.
"""

import io
import unicodedata
import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Context
from pathlib import Path
from typing import Any, NamedTuple

from cchc_rules.base.problem import Problem, SubmissionError, quoted

MARK = "cchc:"
"""How the first cell of a key row begins."""

MAX_BYTES = 4_000_000
MAX_UNPACKED = 10_000_000
MAX_PARTS = 500
MAX_ROWS = 20_000
MAX_COLUMNS = 200
DIGITS = Context(prec=15)
"""What a sheet keeps of a number: 97.35 stands in the file as 97.349999999999994 and is 97.35
again.
"""


class Cell(NamedTuple):
    """What stands in a cell: an exact number, a text (NFC, trimmed), a day, yes or no, or None; and
    where it stands.
    """

    value: object
    address: str
    percent: bool = False
    formula: bool = False
    merged: bool = False


class Table(NamedTuple):
    """A table of a form: its name, and each row by column name."""

    name: str
    rows: list[dict[str, Cell]]


def tables(data: bytes, name: str) -> list[Table]:
    """Return the tables of a workbook; raise `SubmissionError` where it is broken, too large, or
    has macros.
    """
    _hold(data, name)
    try:
        book = _load(data)
        sheets = [sheet for sheet in book.worksheets if sheet.max_row is not None]
    except ModuleNotFoundError:
        raise
    except (
        Exception
    ) as error:  # whatever a broken workbook makes the package stumble over
        raise _refused(
            "form-broken", name, reason=quoted(f"{type(error).__name__}: {error}", 200)
        ) from None
    return [table for sheet in sheets for table in _tables(sheet, name)]


def bytes_of(path: Path) -> bytes:
    """Return the bytes of a form's file; raise `SubmissionError` where it cannot be read or is too
    large.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _refused(
            "file-unreadable", str(path), path=quoted(path, 200), reason=quoted(reason)
        ) from None
    if len(data) > MAX_BYTES:
        raise _refused("file-too-large", str(path), most=str(MAX_BYTES))
    return data


def _refused(code: str, file: str, **places: str) -> SubmissionError:
    return SubmissionError([Problem(code, (), places, file)])


def _load(data: bytes) -> Any:
    from openpyxl import load_workbook  # noqa: PLC0415 - optional: only for those who hand in a form

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return load_workbook(io.BytesIO(data), keep_links=False)


def _hold(data: bytes, name: str) -> None:
    """Hold a file against the bounds before anything is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            parts = packed.infolist()
            size = sum(part.file_size for part in parts)
            if len(parts) > MAX_PARTS or size > MAX_UNPACKED:
                raise _refused("form-too-large", name, most=f"{MAX_UNPACKED} bytes")
            if any("vbaproject" in part.filename.lower() for part in parts):
                raise _refused("form-macros", name)
            if any(b"<!DOCTYPE" in packed.read(part) for part in parts):
                raise _refused("form-broken", name, reason="DOCTYPE")
    except SubmissionError:
        raise
    except (
        Exception
    ) as error:  # no zip file, an unknown packing, a wrong checksum, a password
        raise _refused(
            "form-broken", name, reason=quoted(f"{type(error).__name__}: {error}", 200)
        ) from None


def _tables(sheet: Any, name: str) -> Iterator[Table]:
    if sheet.max_row > MAX_ROWS or sheet.max_column > MAX_COLUMNS:
        raise _refused(
            "form-too-large",
            name,
            most=f"{MAX_ROWS} × {MAX_COLUMNS} ({quoted(sheet.title)})",
        )
    merged = _merged(sheet)
    table: Table | None = None
    columns: dict[int, str] = {}
    for row in sheet.iter_rows():
        mark = _clean(row[0].value)
        if isinstance(mark, str) and mark.startswith(MARK):
            if table is not None:
                yield table
            table = Table(mark.removeprefix(MARK), [])
            columns = {
                at: key
                for at, cell in enumerate(row)
                if at and isinstance(key := _clean(cell.value), str)
            }
        elif table is not None:
            table.rows.append(
                {
                    key: _cell(row[at], sheet.title, merged)
                    for at, key in ((0, "id"), *columns.items())
                }
            )
    if table is not None:
        yield table


def _merged(sheet: Any) -> set[tuple[int, int]]:
    """Return the cells that lie in a merge over several rows: whose figure it holds nobody can say."""
    spans = [span for span in sheet.merged_cells.ranges if span.max_row > span.min_row]
    return {
        (row, column)
        for span in spans
        for row in range(span.min_row, min(span.max_row, MAX_ROWS) + 1)
        for column in range(span.min_col, min(span.max_col, MAX_COLUMNS) + 1)
    }


def _cell(cell: Any, sheet: str, merged: set[tuple[int, int]]) -> Cell:
    address = f"{sheet}!{cell.coordinate}"
    spread = (cell.row, cell.column) in merged
    value = _clean(cell.value)
    percent = not isinstance(value, str) and "%" in str(cell.number_format)
    return Cell(value, address, percent, cell.data_type == "f", spread)


def _clean(value: object) -> object:
    """Return a cell's content: a number as at most 15 digits, a day at midnight as a date, a text
    in one form.
    """
    if isinstance(value, float):
        exact = DIGITS.create_decimal(repr(value))
        return (
            int(exact)
            if exact.is_finite() and exact == exact.to_integral_value()
            else exact
        )
    if isinstance(value, datetime):
        return value.date() if value.time() == time() else value
    if isinstance(value, bool | int | date) or value is None:
        return value
    return (
        unicodedata.normalize(
            "NFC", str(value).replace("\u00a0", " ").replace("_x000D_", "")
        ).strip()
        or None
    )
