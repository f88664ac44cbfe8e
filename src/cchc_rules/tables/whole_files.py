"""A table in a file, read as a whole: scores to be ranked, weightings.

What is text in the file stays text. Tables that may be too long for memory are read by
`cchc_rules.tables.file_parts`.
"""

import re
from pathlib import Path
from typing import BinaryIO, NamedTuple

import polars as pl

from cchc_rules.base.problem import Problem, SubmissionError, bounded, quoted
from cchc_rules.base.text import normal_text
from cchc_rules.submissions.worksheets import Cell, open_sheets
from cchc_rules.tables.file_parts import LONGEST_LINE, most_frequent_separator, refusing

ENDINGS = (".parquet", ".csv", ".jsonl", ".ndjson", ".xlsx")
"""How the names of the files end that are read."""

WITH_HEADING = (".csv", ".xlsx")
"""Files whose first row is the heading, so that the first row of values is row 2."""


def load_table(path: Path) -> pl.DataFrame:
    """Return the table in a file.

    Columns of Parquet and JSON Lines have the types of the file; those of CSV and of a worksheet
    are text, numbers of a worksheet in their shortest decimal form.

    The cells of CSV are separated by commas, semicolons or tabs, whichever stands most often in
    the heading: where the decimal sign is a comma, as in Vietnam, Excel writes semicolons.

    Arguments:
        path: The file, whose name ends in one of `ENDINGS`.

    Raises `SubmissionError` where the file cannot be read, or its name ends in anything else.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "units.csv")
    ...     _ = path.write_text("unit;district\\nXã A;Đông\\n", encoding="utf-8")
    ...     load_table(path).to_dicts()
    [{'unit': 'Xã A', 'district': 'Đông'}]
    """
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        arguments = {"given": quoted(path.name, 200), "endings": ", ".join(ENDINGS)}
        raise SubmissionError([Problem("table-form", (), arguments, path.name)])
    if ending == ".xlsx":
        with refusing(path):
            return _sheet(path)
    # Polars is given the open file: it knows no path whose name is not UTF-8.
    with refusing(path), path.open("rb") as file:
        match ending:
            case ".parquet":
                return pl.read_parquet(file)
            case ".csv":
                return _text_table(path, file)
            case _:
                return pl.read_ndjson(file, infer_schema_length=None)


def first_row_number(path: Path) -> int:
    """Return the number of a table's first row of values, as readers of its file count.

    Raises `SubmissionError` where the file cannot be read.
    """
    ending = path.suffix.lower()
    if ending not in WITH_HEADING:
        return 1
    if ending == ".csv":
        with refusing(path):
            return 2 + _separation(path).lines_above
    return 2


class _Separation(NamedTuple):
    """What separates the cells of a CSV file, and how many lines stand above its heading."""

    mark: str
    lines_above: int


def _separation(path: Path) -> _Separation:
    """Decide from the heading what separates cells; Excel may say it in a line `sep=;` above."""
    # Letters that are no UTF-8 are refused by the reader of the table, which says where they are.
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        first_line = file.readline(LONGEST_LINE)
    stated = re.fullmatch(r"sep=(.)\s*", first_line)
    if stated:
        return _Separation(stated[1], lines_above=1)
    return _Separation(most_frequent_separator(first_line), lines_above=0)


def _text_table(path: Path, file: BinaryIO) -> pl.DataFrame:
    """Return a CSV file as text: to guess a type could take digits from a number."""
    separation = _separation(path)
    return pl.read_csv(
        file,
        separator=separation.mark,
        skip_rows=separation.lines_above,
        infer_schema=False,
    )


def _sheet(path: Path) -> pl.DataFrame:
    """Return the first worksheet as text, by its first row.

    Raises `SubmissionError` with every cell whose content is not what it seems: formulas, errors,
    numbers in percent, cells under a merge.
    """
    # No figure is scored here, so that a sheet is small: it is read at once.
    with open_sheets(path, path.name) as sheets:
        rows = [row for sheet in sheets[:1] for row in sheet.rows]
    cells = [cell for row in rows for cell in row]
    faults = [cell.problem(path.name) for cell in cells if cell.fault or cell.percent]
    if faults:
        raise SubmissionError(bounded(faults))
    heading = [cell.value for row in rows[:1] for cell in row]
    names = [normal_text(str(name)) for name in heading if name is not None]
    texts = [[_text(cell) for cell in row[: len(names)]] for row in rows[1:]]
    # A worksheet leaves out the empty cells at the end of a row.
    full = [[*row, *[None] * (len(names) - len(row))] for row in texts]
    return pl.DataFrame(
        full,
        schema=dict.fromkeys(names, pl.String),
        orient="row",
    )


def _text(cell: Cell) -> str | None:
    if cell.value is None:
        return None
    return str(cell.value)
