"""Tables in files, read part by part: CSV, Parquet, JSON Lines, a worksheet, a folder of
submissions.

Every row is read once and numbered: in CSV and worksheets as a spreadsheet numbers it, the heading
being row 1; elsewhere from 1. Nothing passes through a binary float unless the file holds one.
"""

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import count, islice
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias, TypeVar
from zipfile import BadZipFile

import polars as pl

from cchc_rules.base.problem import Problem, SubmissionError, quoted
from cchc_rules.submissions.submission import parse_json
from cchc_rules.submissions.table_files import rows as workbook
from cchc_rules.submissions.worksheets import DIGITS
from cchc_rules.tables.result_columns import ROW
from cchc_rules.tables.rows import Numbered, columns
from cchc_rules.tables.submission_columns import ENVELOPE, Layout

SLICE = 256 << 10
"""So many rows in memory are scored at once."""

PART = 64 << 10
"""So many rows of a Parquet file are read, scored and written at once: the fewer, the less memory."""

BLOCK = 1 << 24
"""So many bytes of text are read at once."""

FEWER = 1 << 12
"""So many rows are read at once where each is read by itself."""

Lone: TypeAlias = Mapping[str, Any] | Path
"""What is scored by itself: a row, a whole submission, or the file of one."""


class Part(NamedTuple):
    """Some rows of a table: those in columns (numbered in `ROW`), those by themselves, and those
    that cannot be read.

    `done` is how much of the file has been read, between 0 and 1.
    """

    frame: pl.DataFrame
    alone: Sequence[tuple[int, Lone]]
    refused: Sequence[tuple[int, Problem]]
    done: float


def parts(path: Path, known: Layout) -> Iterator[Part]:
    """Yield a table part by part; raise `SubmissionError` where it cannot be read or has a column
    without meaning.
    """
    with refusing(path):
        yield from (
            _folder(path)
            if path.is_dir()
            else (_READERS.get(path.suffix.lower()) or _sheet)(path, known)
        )


def may_hold_submissions(path: Path) -> bool:
    """Whether a table may hold whole submissions, which say more than its columns can."""
    return path.is_dir() or path.suffix.lower() in (".jsonl", ".ndjson")


@contextmanager
def refusing(path: Path) -> Iterator[None]:
    """Say in the words of a problem that a file cannot be read."""
    import pyarrow as pa  # noqa: PLC0415 - only where files are read

    try:
        yield
    except (
        pa.ArrowInvalid,
        pl.exceptions.PolarsError,
        UnicodeDecodeError,
        csv.Error,
        BadZipFile,
    ) as error:
        reason = quoted(
            str(error).splitlines()[0] if str(error) else type(error).__name__, 120
        )
        raise SubmissionError(
            [Problem("table-unreadable", (), {"reason": reason}, path.name)]
        ) from None
    except OSError as error:
        places = {"path": quoted(path, 200), "reason": quoted(error.strerror or error)}
        raise SubmissionError(
            [Problem("file-unreadable", (), places, path.name)]
        ) from None


Item = TypeVar("Item")


def _batched(many: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Yield so many at once."""
    rest = iter(many)
    while some := [*islice(rest, size)]:
        yield some


def _numbered(frame: pl.DataFrame, numbers: Sequence[int] | pl.Series) -> pl.DataFrame:
    return frame.insert_column(0, pl.Series(ROW, numbers, dtype=pl.Int64))


# Parquet


def _parquet(path: Path, known: Layout) -> Iterator[Part]:
    import pyarrow.parquet as pq  # noqa: PLC0415

    file = pq.ParquetFile(path, pre_buffer=False)
    first = 1
    known.known(file.schema_arrow.names)
    for batch in file.iter_batches(batch_size=PART):
        frame = pl.DataFrame(batch)
        numbers = pl.int_range(first, first + frame.height, eager=True)
        first += frame.height
        yield Part(
            _numbered(frame, numbers), (), (), (first - 1) / file.metadata.num_rows
        )


# CSV


def _csv(path: Path, known: Layout) -> Iterator[Part]:
    """Read text, all of it as text: a number in it is read when it is known what it counts."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.csv as pc  # noqa: PLC0415

    head, delimiter = _head(path)
    known.known(head)
    odd: dict[int, Problem] = {}

    def wrong(row: Any) -> str:
        places = {
            "expected": str(row.expected_columns),
            "given": str(row.actual_columns),
        }
        odd[row.number] = Problem("row-length", (), places)
        return "skip"

    with path.open("rb") as file:
        reader = pc.open_csv(
            file,
            read_options=pc.ReadOptions(use_threads=False, block_size=BLOCK),
            parse_options=pc.ParseOptions(
                delimiter=delimiter,
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=wrong,
            ),
            convert_options=pc.ConvertOptions(
                column_types=dict.fromkeys(head, pa.string()),
                strings_can_be_null=True,
                null_values=[""],
            ),
        )
        size = path.stat().st_size
        numbers = count(2)
        for batch in reader:
            frame = pl.DataFrame(batch)
            given = [
                *islice(
                    (number for number in numbers if number not in odd), frame.height
                )
            ]
            frame = _numbered(frame, given)
            frame = frame.filter(
                ~pl.all_horizontal(pl.exclude(ROW).is_null())
            )  # empty lines are no rows
            yield Part(frame, (), _until(odd, given), file.tell() / size)
        yield Part(pl.DataFrame(), (), _until(odd, [1 << 62]), 1)


def _until(odd: dict[int, Problem], given: Sequence[int]) -> list[tuple[int, Problem]]:
    """Take the refused rows up to the last that was read."""
    last = given[-1] if given else 0
    return [(number, odd.pop(number)) for number in sorted(odd) if number <= last]


def _head(path: Path) -> tuple[list[str], str]:
    """Return the names of the columns, and what separates them."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        line = file.readline()
        delimiter = max(",;\t", key=line.count)
        file.seek(0)
        head = next(csv.reader(file, delimiter=delimiter), [])
    return _unique(head, path), delimiter


def _unique(head: Sequence[str], path: Path) -> list[str]:
    """Refuse a table in which a column stands twice."""
    twice = [name for name, times in Counter(head).items() if times > 1]
    if twice:
        raise SubmissionError(
            [
                Problem("repeated-column", (name,), {"name": quoted(name)}, path.name)
                for name in twice
            ]
        )
    return [*head]


# Rows by themselves


def _in_rows(rows: Iterator[tuple[Numbered, float]], known: Layout) -> Iterator[Part]:
    """Yield rows as parts: flat rows in columns, whole submissions and rows of unusual types by
    themselves.
    """
    for some in _batched(rows, FEWER):
        flat = [
            (number, _said(row))
            for (number, row), _ in some
            if "measurements" not in row
        ]
        names = [*dict.fromkeys(name for _, row in flat for name in row)]
        known.known(names)
        series, apart = columns(flat, names)
        taken = {number for number, _ in apart}
        frame = pl.DataFrame([*series.values()])
        frame = _numbered(frame, [number for number, _ in flat if number not in taken])
        whole = [row for row, _ in some if "measurements" in row[1]]
        yield Part(frame, [*apart, *whole], (), some[-1][1])


def _said(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a row in which what names something is a text: 2023 becomes “2023”."""
    return {
        name: str(value) if name in ENVELOPE and type(value) is int else value
        for name, value in row.items()
    }


def _lines(path: Path, known: Layout) -> Iterator[Part]:
    refused: list[tuple[int, Problem]] = []
    size = path.stat().st_size or 1

    def rows() -> Iterator[tuple[Numbered, float]]:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if not line.strip():
                    continue
                found, problems = _object(line, path.name)
                refused.extend(
                    (number, problem.at(path.name, number)) for problem in problems
                )
                if not problems:
                    yield (number, found), file.tell() / size

    for part in _in_rows(rows(), known):
        yield part._replace(refused=[*refused])
        refused.clear()
    yield Part(pl.DataFrame(), (), refused, 1)


def _object(line: bytes, name: str) -> tuple[Mapping[str, Any], list[Problem]]:
    """Return the object of a line, and what is wrong with it."""
    problems: list[Problem] = []
    try:
        found = parse_json(line.decode("utf-8-sig"), name, problems)
    except SubmissionError as error:
        return {}, [*error.problems]
    except UnicodeDecodeError:
        return {}, [Problem("not-utf8", (), {}, name)]
    if not isinstance(found, dict):
        return {}, [Problem("row-no-object", (), {"given": quoted(found)}, name)]
    return found, problems


def _sheet(path: Path, known: Layout) -> Iterator[Part]:
    cells = workbook(path)
    head = _unique([str(name) for name in next(cells, ()) if name is not None], path)
    known.known(head)
    rows = (
        (
            (
                number,
                {name: cell(value) for name, value in zip(head, row, strict=False)},
            ),
            0,
        )
        for number, row in enumerate(cells, 2)
        if any(value is not None for value in row)
    )
    yield from _in_rows(rows, known)


def cell(value: Any) -> Any:
    """Return what a cell holds: a float by its shortest decimal form, a day without its hours."""
    if isinstance(value, float):
        return int(value) if value.is_integer() else DIGITS.create_decimal(value)
    if isinstance(value, datetime):
        return (
            value.date()
            if value == datetime.combine(value.date(), datetime.min.time())
            else value
        )
    return None if isinstance(value, str) and not value.strip() else value


def _folder(path: Path) -> Iterator[Part]:
    files = sorted(
        one
        for one in path.iterdir()
        if one.suffix.lower() in (".json", ".xlsx") and one.is_file()
    )
    for some in _batched(enumerate(files, 1), 256):
        yield Part(pl.DataFrame(), some, (), some[-1][0] / len(files))


_READERS: dict[str, Callable[[Path, Layout], Iterator[Part]]] = {
    ".parquet": _parquet,
    ".csv": _csv,
    ".tsv": _csv,
    ".jsonl": _lines,
    ".ndjson": _lines,
}
