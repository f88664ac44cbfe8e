"""Tables written to files, part by part: beside first, renamed when whole; an interruption leaves
nothing half done.
"""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Protocol

import polars as pl

from cchc_rules.base.problem import Problem, SubmissionError

MOST_ROWS = 1_048_575
"""A worksheet has no more rows below its heading."""


MOST_DIGITS = 10**15
"""Whole numbers from here on lose digits in a spreadsheet."""


class Sink(Protocol):
    """Takes the parts of a table, in order."""

    def write(self, part: pl.DataFrame) -> None:
        """Write a part."""

    def close(self) -> None:
        """Finish the file."""


class _Csv:
    def __init__(self, path: Path, head: pl.DataFrame) -> None:
        self.file: IO[bytes] = path.open("wb")
        head.write_csv(self.file, include_bom=True)

    def write(self, part: pl.DataFrame) -> None:
        part.write_csv(self.file, include_header=False)

    def close(self) -> None:
        self.file.close()


class _Lines:
    def __init__(self, path: Path, _: pl.DataFrame) -> None:
        self.file: IO[bytes] = path.open("wb")

    def write(self, part: pl.DataFrame) -> None:
        part.write_ndjson(self.file)

    def close(self) -> None:
        self.file.close()


class _Parquet:
    def __init__(self, path: Path, head: pl.DataFrame) -> None:
        import pyarrow.parquet as pq  # noqa: PLC0415 - only where it is asked for

        self.writer = pq.ParquetWriter(
            path,
            head.to_arrow().schema,
            compression="zstd",
            store_decimal_as_integer=True,
        )

    def write(self, part: pl.DataFrame) -> None:
        self.writer.write_table(part.to_arrow())

    def close(self) -> None:
        self.writer.close()


class _Behind:
    """Writes each part while the next one is worked out; no more than one waits."""

    def __init__(self, sink: Sink) -> None:
        self.sink = sink
        self.worker = ThreadPoolExecutor(1)
        self.last: Future[None] | None = None

    def write(self, part: pl.DataFrame) -> None:
        self._wait()
        self.last = self.worker.submit(self.sink.write, part)

    def close(self) -> None:
        try:
            self._wait()
        finally:
            self.worker.shutdown()
            self.sink.close()

    def _wait(self) -> None:
        last = self.last
        self.last = None
        if last is not None:
            last.result()


class _Sheet:
    """A worksheet is written at once: no more rows than it can hold, and its numbers are those of
    spreadsheets.
    """

    def __init__(self, path: Path, head: pl.DataFrame) -> None:
        self.path = path
        self.parts = [head]
        self.rows = 0

    def write(self, part: pl.DataFrame) -> None:
        self.rows += part.height
        if self.rows > MOST_ROWS:
            raise SubmissionError(
                [Problem("sheet-full", (), {"most": str(MOST_ROWS)}, self.path.name)]
            )
        self.parts.append(part)

    def close(self) -> None:
        with self.path.open("wb") as file:
            frame = pl.concat(self.parts)
            frame.with_columns(map(_kept, frame)).write_excel(
                file, autofit=False, freeze_panes=(1, 2)
            )


def _kept(column: pl.Series) -> pl.Series:
    """Return a column whose numbers a spreadsheet keeps; whole numbers of more digits are text."""
    whole = column.dtype.is_integer() or column.dtype == pl.Decimal(38, 0)
    return (
        column.cast(pl.String)
        if whole and (column.abs() >= MOST_DIGITS).any()
        else column
    )


SINKS: dict[str, Any] = {
    ".parquet": _Parquet,
    ".csv": _Csv,
    ".jsonl": _Lines,
    ".ndjson": _Lines,
    ".xlsx": _Sheet,
}
"""What writes a file, by its ending."""


@contextmanager
def sink(path: Path, head: pl.DataFrame) -> Iterator[Sink]:
    """Open a table for writing, by the file's ending; its columns are those of a table without
    rows.
    """
    with beside(path) as part:
        made = SINKS[path.suffix.lower()](part, head)
        opened: Sink = made if isinstance(made, _Sheet) else _Behind(made)
        try:
            yield opened
        except BaseException:
            if opened is not made:
                opened.close()
            raise
        opened.close()


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """Yield a path beside a file, which takes the file's place when all went well."""
    part = path.with_name(f".{path.name}.part")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
