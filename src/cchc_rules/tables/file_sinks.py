"""Tables written to files, part by part, in the form that the file's ending names."""

import io
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Protocol

import polars as pl

from cchc_rules.base.messages import Figures
from cchc_rules.base.output_files import whole_files, writing
from cchc_rules.base.problem import Problem, SubmissionError

MOST_ROWS = 1_048_575
"""A worksheet has no more rows below its heading."""

MOST_DIGITS = 10**15
"""Whole numbers from here on lose digits in a spreadsheet, which keeps fifteen."""


class Sink(Protocol):
    """Takes the parts of a table, in order."""

    def write(self, part: pl.DataFrame) -> None:
        """Write a part."""

    def close(self) -> None:
        """Finish the file."""


class _Csv:
    """CSV with the mark in front by which spreadsheets know UTF-8."""

    def __init__(self, path: Path, head: pl.DataFrame) -> None:
        self.file: IO[bytes] = path.open("wb")
        head.write_csv(self.file, include_bom=True)

    def write(self, part: pl.DataFrame) -> None:
        part.write_csv(self.file, include_header=False)

    def close(self) -> None:
        self.file.close()


class _Lines:
    """JSON Lines: a row is an object, a line of its own. There is no heading to write."""

    def __init__(self, path: Path, _: pl.DataFrame) -> None:
        self.file: IO[bytes] = path.open("wb")

    def write(self, part: pl.DataFrame) -> None:
        part.write_ndjson(self.file)

    def close(self) -> None:
        self.file.close()


class _Parquet:
    """Parquet, a group of rows for each part."""

    def __init__(self, path: Path, head: pl.DataFrame) -> None:
        import pyarrow.parquet as pq  # noqa: PLC0415 - only where it is asked for

        # As whole numbers of their last place: so decimals are kept in memory, too.
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
    """Writes each part while the next one is worked out; no more than one waits.

    What goes wrong in a part is raised when the next one is written, or at the end.
    """

    def __init__(self, sink: Sink) -> None:
        self.sink = sink
        self.worker = ThreadPoolExecutor(1)
        self.last: Future[None] | None = None

    def write(self, part: pl.DataFrame) -> None:
        # A second part would wait in memory; so the faster of the two waits for the slower.
        self._wait()
        self.last = self.worker.submit(self.sink.write, part)

    def close(self) -> None:
        try:
            self._wait()
        finally:
            self.worker.shutdown()
            self.sink.close()

    def _wait(self) -> None:
        # Forgotten first: a fault is raised once, and not again when the file is closed.
        last = self.last
        self.last = None
        if last is not None:
            last.result()


class _Memory(io.BytesIO):
    """Bytes in memory that stay open: a zip file that failed writes to them again at its end."""

    def close(self) -> None:
        pass


class _Sheet:
    """A worksheet, which is written at once, when all its parts are there.

    It takes no more rows than a worksheet can hold, and keeps each number that a spreadsheet would
    not as text.
    """

    def __init__(self, path: Path, head: pl.DataFrame) -> None:
        self.path = path
        self.parts = [head]
        self.rows = 0

    def write(self, part: pl.DataFrame) -> None:
        self.rows += part.height
        if self.rows > MOST_ROWS:
            arguments = {"most": Figures(MOST_ROWS)}
            raise SubmissionError([Problem("sheet-full", (), arguments)])
        self.parts.append(part)

    def close(self) -> None:
        frame = pl.concat(self.parts)
        # In memory first: the package that writes workbooks goes back and forth in its file, and
        # when the disk is full it fails in ways of its own.
        workbook = _Memory()
        try:
            frame.with_columns(map(_kept, frame)).write_excel(
                workbook,
                autofit=False,
                freeze_panes=(1, 2),
            )
        except Exception as error:  # its temporary files may find the disk full too
            raise _first_fault(error) from None
        self.path.write_bytes(workbook.getbuffer())


def _first_fault(error: BaseException) -> BaseException:
    """Return the fault of the system behind a fault, itself where there is none."""
    # The package wraps what it meets, or fails anew while it tidies up.
    earlier = error.__context__
    while earlier is not None:
        if isinstance(earlier, OSError):
            return earlier
        earlier = earlier.__context__
    return error


def _kept(column: pl.Series) -> pl.Series:
    """Return a column whose numbers a spreadsheet keeps; whole numbers of more digits are text."""
    whole = column.dtype.is_integer() or column.dtype == pl.Decimal(38, 0)
    if whole and (column.abs() >= MOST_DIGITS).any():
        return column.cast(pl.String)
    return column


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
    """Open a table for writing, in the form that the file's ending names.

    The file is put in its place when all went well (see `base.output_files`). Raises `OutputError`
    where it cannot be written.

    Arguments:
        path: The file, whose ending is one of `SINKS`.
        head: A table without rows, whose columns all parts have.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "scores.jsonl")
    ...     part = pl.DataFrame({"unit": ["Xã A"], "lost": [3]})
    ...     with sink(path, part.clear()) as opened:
    ...         opened.write(part)
    ...     path.read_text(encoding="utf-8")
    '{"unit":"Xã A","lost":3}\\n'
    """
    with sinks((path, head)) as (opened,):
        yield opened


@contextmanager
def sinks(*tables: tuple[Path, pl.DataFrame]) -> Iterator[tuple[Sink, ...]]:
    """Open several tables for writing: all of them are put in their places, or none."""
    paths = [path for path, _ in tables]
    with whole_files(*paths) as parts, ExitStack() as stack:
        opened = tuple(
            stack.enter_context(_opened(path, part, head))
            for part, (path, head) in zip(parts, tables, strict=True)
        )
        yield opened


@contextmanager
def _opened(
    path: Path,
    part: Path,
    head: pl.DataFrame,
) -> Iterator[Sink]:
    """Write the parts of a table into the file that will take the place of another."""
    with writing(path):
        opened = SINKS[path.suffix.lower()]
        made = opened(part, head)
    # A worksheet is written at the end: there is nothing to do behind the next part.
    inner: Sink = made
    if not isinstance(made, _Sheet):
        inner = _Behind(made)
    try:
        yield _Told(inner, path)
    except BaseException:
        # The file is open still; a worksheet has none to close.
        if inner is not made:
            with suppress(OSError):
                inner.close()
        raise
    with writing(path):
        inner.close()


class _Told:
    """A sink whose faults are told as faults of the file that is to be written."""

    def __init__(self, sink: Sink, path: Path) -> None:
        self.sink = sink
        self.path = path

    def write(self, part: pl.DataFrame) -> None:
        try:
            with writing(self.path):
                self.sink.write(part)
        except SubmissionError as error:
            raise SubmissionError(
                problem.at(self.path.name, 0) for problem in error.problems
            ) from None

    def close(self) -> None:
        self.sink.close()
