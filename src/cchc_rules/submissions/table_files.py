"""Tells a table of many submissions from the file of one, and finds its heading."""

from collections.abc import Sequence
from functools import cache
from itertools import islice
from pathlib import Path

from cchc_rules.base.input_files import is_folder
from cchc_rules.base.messages import LANGUAGES, message
from cchc_rules.base.problem import SubmissionError
from cchc_rules.base.text import text_key

ENDINGS = (".csv", ".tsv", ".parquet", ".jsonl", ".ndjson")
"""Files that hold many submissions whatever stands in them."""

MOST_TITLE_ROWS = 20
"""A heading stands among so many first rows; above it there may be titles."""


def holds_many(path: Path, unit_headings: Sequence[str] = ()) -> bool:
    """Whether a path leads to many submissions.

    That is a folder, a table, or a workbook in which a sheet has a column of units. Only a workbook
    is opened; one that cannot be read counts as the file of one submission.

    Args:
        path: where the file or folder lies.
        unit_headings: further headings that name the unit, beside the usual ones.

    >>> holds_many(Path("communes.csv")), holds_many(Path("commune.json"))
    (True, False)
    """
    suffix = path.suffix.lower()
    if is_folder(path) or suffix in ENDINGS:
        return True
    return suffix == ".xlsx" and _is_sheet_of_units(path, unit_headings)


def is_heading(row: Sequence[object], unit_headings: Sequence[str] = ()) -> bool:
    """Whether a row names columns of a table of units: one of them names the unit.

    Args:
        row: the values of its cells.
        unit_headings: further headings that name the unit, beside the usual ones.

    >>> is_heading(["unit ", "period", None]), is_heading(["Results of the communes"])
    (True, False)
    >>> is_heading(["Tên đơn vị", "Kỳ"]), is_heading(["Xã", "Kỳ"], ["Xã"])
    (True, True)
    """
    keys = unit_keys(unit_headings)
    return any(isinstance(cell, str) and text_key(cell) in keys for cell in row)


def unit_keys(unit_headings: Sequence[str] = ()) -> set[str]:
    """Return the headings that name the unit, as keys of comparison.

    Args:
        unit_headings: further ones, beside the usual ones.
    """
    return {*_usual_unit_keys(), *map(text_key, unit_headings)}


@cache
def _usual_unit_keys() -> frozenset[str]:
    """Return the headings that name the unit in either language, as keys of comparison."""
    titles = [
        title
        for lang in LANGUAGES
        for title in message(lang, "table.heading-unit").split(" | ")
    ]
    return frozenset(map(text_key, ["unit", *titles]))


def _is_sheet_of_units(path: Path, unit_headings: Sequence[str]) -> bool:
    """Whether a sheet of a workbook has a heading, and none is a form's."""
    from cchc_rules.submissions.worksheets import (  # noqa: PLC0415 - only for workbooks
        MARK,
        open_sheets,
    )

    first_rows: list[list[object]] = []
    try:
        with open_sheets(path, path.name) as sheets:
            for sheet in sheets:
                for row in islice(sheet.rows, MOST_TITLE_ROWS):
                    first_rows.append([cell.value for cell in row])
    except (SubmissionError, OSError):
        return False  # what is wrong with it is said by those who read it
    # A form asks for the unit too, in a row of its head.
    for values in first_rows:
        if any(isinstance(value, str) and value.startswith(MARK) for value in values):
            return False
    return any(is_heading(row, unit_headings) for row in first_rows)
