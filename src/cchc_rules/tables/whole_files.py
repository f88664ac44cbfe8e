"""A table in a file, read as a whole: scores to be ranked, weightings.

What is text in the file stays text. Tables that may be too long for memory are read by
`cchc_rules.tables.file_parts`.
"""

from pathlib import Path

import polars as pl

from cchc_rules.base.problem import Problem, SubmissionError, bounded, quoted
from cchc_rules.base.text import normal_text
from cchc_rules.submissions.worksheets import Cell, open_sheets
from cchc_rules.tables.file_parts import refusing

ENDINGS = (".parquet", ".csv", ".jsonl", ".ndjson", ".xlsx")
"""How the names of the files end that are read."""


def load_table(path: Path) -> pl.DataFrame:
    """Return the table in a file.

    Columns of Parquet and JSON Lines have the types of the file; those of CSV and of a worksheet
    are text, numbers of a worksheet in their shortest decimal form. Raises `SubmissionError` where
    the file cannot be read, or its name ends in none of `ENDINGS`.
    """
    if path.suffix.lower() not in ENDINGS:
        places = {"given": quoted(path.name, 200), "endings": ", ".join(ENDINGS)}
        raise SubmissionError([Problem("table-form", (), places, path.name)])
    with refusing(path):
        match path.suffix.lower():
            case ".parquet":
                return pl.read_parquet(path)
            case ".csv":
                # No types are guessed: a binary float would take digits from a number.
                return pl.read_csv(path, infer_schema=False)
            case ".xlsx":
                return _sheet(path)
            case _:
                return pl.read_ndjson(path, infer_schema_length=None)


def _sheet(path: Path) -> pl.DataFrame:
    """Return the first worksheet as text, by its first row.

    Raises `SubmissionError` with every cell whose content is not what it seems: formulas, errors,
    numbers in percent, cells under a merge.
    """
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
    return pl.DataFrame(full, schema=dict.fromkeys(names, pl.String), orient="row")


def _text(cell: Cell) -> str | None:
    if cell.value is None:
        return None
    return str(cell.value)
