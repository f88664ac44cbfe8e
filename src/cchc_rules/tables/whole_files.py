"""A table in a file, read as a whole: scores that are ranked, weightings; what is text there stays
text.
"""

from pathlib import Path

import polars as pl

from cchc_rules.base.problem import Problem, SubmissionError, quoted
from cchc_rules.submissions.table_files import rows
from cchc_rules.tables.file_parts import cell, refusing

ENDINGS = (".parquet", ".csv", ".jsonl", ".ndjson", ".xlsx")
"""The files that are read."""


def load_table(path: Path) -> pl.DataFrame:
    """Return the table in a file; numbers of a worksheet are text in their shortest decimal form.

    Raises `SubmissionError` where it cannot be read.
    """
    if path.suffix.lower() not in ENDINGS:
        places = {"given": quoted(path.name, 200), "endings": ", ".join(ENDINGS)}
        raise SubmissionError([Problem("table-form", (), places, path.name)])
    with refusing(path):
        match path.suffix.lower():
            case ".parquet":
                return pl.read_parquet(path)
            case ".csv":
                return pl.read_csv(path, infer_schema=False)
            case ".xlsx":
                return _sheet(path)
            case _:
                return pl.read_ndjson(path, infer_schema_length=None)


def _sheet(path: Path) -> pl.DataFrame:
    """Return a worksheet as text, by its first row."""
    cells = rows(path)
    names = [str(name) for name in next(cells, ()) if name is not None]
    found = [[cell(value) for value in row[: len(names)]] for row in cells]
    texts = [[None if value is None else str(value) for value in row] for row in found]
    return pl.DataFrame(texts, schema=dict.fromkeys(names, pl.String), orient="row")
