"""Tells a table of many submissions from the file of one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

ENDINGS = (".csv", ".tsv", ".parquet", ".jsonl", ".ndjson")
"""Files that hold many submissions whatever stands in them."""


def holds_many(path: Path) -> bool:
    """Whether a path leads to many submissions: a folder, a table, a workbook whose first row names
    a `unit`.
    """
    return (
        path.is_dir()
        or path.suffix.lower() in ENDINGS
        or (path.suffix.lower() == ".xlsx" and _is_sheet(path))
    )


def _is_sheet(path: Path) -> bool:
    try:
        return "unit" in next(rows(path), ())
    except ModuleNotFoundError:
        raise
    except Exception:
        return False


def rows(path: Path) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a workbook's first sheet."""
    from openpyxl import load_workbook  # noqa: PLC0415 - a package that only workbooks need

    book = load_workbook(path, read_only=True)
    try:
        yield from book.worksheets[0].iter_rows(values_only=True)
    finally:
        book.close()
