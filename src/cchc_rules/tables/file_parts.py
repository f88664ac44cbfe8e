"""Tables in files, read part by part: CSV, Parquet, JSON Lines, a worksheet, a folder of
submissions.

Every row is read once and numbered: in CSV and worksheets as a spreadsheet numbers it, the heading
being row 1; elsewhere from 1. Nothing passes through a binary float unless the file holds one.
"""

import codecs
import csv
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain, count, islice
from pathlib import Path
from typing import Any, NamedTuple, TextIO, TypeAlias, TypeVar

import polars as pl

from cchc_rules.base.input_files import is_folder, note_input, unreadable
from cchc_rules.base.messages import Foreign
from cchc_rules.base.problem import Problem, SubmissionError, nearest, quoted
from cchc_rules.base.text import normal_text, text_key
from cchc_rules.submissions.submission import Measurements, parse_json
from cchc_rules.submissions.table_files import MOST_TITLE_ROWS, is_heading, unit_keys
from cchc_rules.submissions.worksheets import (
    MARK,
    Cell,
    Sheet,
    column_letters,
    open_sheets,
)
from cchc_rules.tables.headings import Choices
from cchc_rules.tables.result_columns import ROW
from cchc_rules.tables.rows import Numbered, columns
from cchc_rules.tables.submission_columns import ENVELOPE, Layout, Unread

SLICE = 256 << 10
"""So many rows in memory are scored at once."""

PART = 64 << 10
"""So many rows of a Parquet file are read at once: the fewer, the less memory."""

BLOCK = 1 << 24
"""So many bytes of text are read at once."""

FEWER = 1 << 12
"""So many rows are read at once where each is read by itself."""

Lone: TypeAlias = Mapping[str, Any] | Path | Measurements
"""What is scored by itself: a row, a whole submission, the file of one, or what was read of it."""


class Part(NamedTuple):
    """Some rows of a table.

    `frame` has those in columns, numbered in `ROW`; `alone` those that are scored by themselves,
    and `refused` the problems of those that cannot be read, each with its number. `done` is how
    much of the file has been read, between 0 and 1; `aside` the headings that were not read.
    """

    frame: pl.DataFrame
    alone: Sequence[tuple[int, Lone]]
    refused: Sequence[tuple[int, Problem]]
    done: float
    aside: Sequence[str] = ()


def parts(path: Path, known: Layout) -> Iterator[Part]:
    """Yield a table part by part, in the order of its rows.

    Arguments:
        path: The file, or a folder of submissions.
        known: The columns that the table may have.

    Raises `SubmissionError` where it cannot be read or has a column without meaning.
    """
    with refusing(path):
        if is_folder(path):
            yield from _folder(path)
        else:
            # What is no text of a known ending is a workbook, or refused as one.
            reader = _READERS.get(path.suffix.lower(), _sheet)
            yield from reader(path, known)


def may_hold_submissions(path: Path) -> bool:
    """Whether a table may hold whole submissions, which say more than its columns can."""
    return path.is_dir() or path.suffix.lower() in (".jsonl", ".ndjson")


@contextmanager
def refusing(path: Path) -> Iterator[None]:
    """Say in the words of a problem that a file cannot be read."""
    import pyarrow as pa  # noqa: PLC0415 - only where files are read

    note_input(path)
    try:
        yield
    except (
        pa.ArrowInvalid,
        pl.exceptions.PolarsError,
        csv.Error,
    ) as error:
        words = str(error).splitlines() or [type(error).__name__]
        reason = Foreign(quoted(words[0], 120), "parser.table")
        raise SubmissionError(
            [Problem("table-unreadable", (), {"reason": reason}, path.name)]
        ) from None
    except UnicodeError:  # UTF-16 that breaks off within a letter
        raise _not_text(path, 1) from None
    except OSError as error:
        raise SubmissionError([unreadable(path, error)]) from None


Item = TypeVar("Item")


def _batched(many: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Yield so many at once."""
    rest = iter(many)
    while batch := [*islice(rest, size)]:
        yield batch


def _numbered(frame: pl.DataFrame, numbers: Sequence[int] | pl.Series) -> pl.DataFrame:
    return frame.insert_column(0, pl.Series(ROW, numbers, dtype=pl.Int64))


# Parquet


def _parquet(path: Path, known: Layout) -> Iterator[Part]:
    import pyarrow.parquet as pq  # noqa: PLC0415

    # To read ahead would take memory for parts that nobody has asked for yet.
    file = pq.ParquetFile(path, pre_buffer=False)
    first = 1
    names = file.schema_arrow.names
    read = known.headings.read(names)
    aside = known.headings.left_aside(names)
    for batch in file.iter_batches(batch_size=PART):
        frame = pl.DataFrame(batch).select(list(read)).rename(read)
        numbers = pl.int_range(first, first + frame.height, eager=True)
        first += frame.height
        done = (first - 1) / file.metadata.num_rows
        yield Part(_numbered(frame, numbers), (), (), done, aside)


# CSV


def _csv(path: Path, known: Layout) -> Iterator[Part]:
    """Yield the parts of a table of text, all of it as text.

    A number in it is read when it is known what it counts. The reader of the columns calls `wrong`
    for a row with too few or too many cells and leaves it out of its batch, so the numbers of such
    rows are left out of those that the batch's rows have: with row 3 of rows 2 to 5 wrong, a batch
    of three rows has the numbers 2, 4 and 5.
    """
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.csv as pc  # noqa: PLC0415

    encoding = _encoding(path)
    heading = _csv_heading(path, encoding, known)
    named = [name for name in heading.names if name not in heading.unnamed]
    read = known.headings.read(named)
    aside = known.headings.left_aside(named)
    wrong_rows: dict[int, Problem] = {}

    def wrong(row: Any) -> str:
        arguments = {
            "expected": str(row.expected_columns),
            "given": str(row.actual_columns),
        }
        # The reader counts lines down to the heading, and rows from there on.
        number = row.number - heading.extra_lines
        wrong_rows[number] = Problem("row-length", (), arguments)
        return "skip"

    with path.open("rb") as file:
        reader = pc.open_csv(
            file,
            read_options=pc.ReadOptions(
                use_threads=False,
                block_size=BLOCK,
                encoding=encoding,
                column_names=heading.names,
                skip_rows=heading.lines,
            ),
            parse_options=pc.ParseOptions(
                delimiter=heading.delimiter,
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=wrong,
            ),
            convert_options=pc.ConvertOptions(
                column_types=dict.fromkeys(heading.names, pa.string()),
                strings_can_be_null=True,
                null_values=[""],
            ),
        )
        size = path.stat().st_size
        numbers = count(heading.row + 1)
        for batch in reader:
            frame = pl.DataFrame(batch)
            frame = _without_unnamed(frame, heading, path)
            frame = frame.select(list(read)).rename(read)
            right_numbers = (number for number in numbers if number not in wrong_rows)
            batch_numbers = [*islice(right_numbers, frame.height)]
            frame = _numbered(frame, batch_numbers)
            # Empty lines are numbered as lines of the file, but are no rows.
            is_empty = pl.all_horizontal(pl.exclude(ROW).is_null())
            frame = frame.filter(~is_empty)
            refused = []
            if batch_numbers:
                refused = _until(wrong_rows, batch_numbers[-1])
            yield Part(frame, (), refused, file.tell() / size, aside)
        # Wrong rows behind the last right one belong to no batch.
        last = max(wrong_rows, default=0)
        yield Part(pl.DataFrame(), (), _until(wrong_rows, last), 1, aside)


def _until(wrong_rows: dict[int, Problem], last: int) -> list[tuple[int, Problem]]:
    """Take the refused rows up to the last that was read; the reader is ahead of its batches."""
    numbers = [number for number in sorted(wrong_rows) if number <= last]
    return [(number, wrong_rows.pop(number)) for number in numbers]


class Heading(NamedTuple):
    """The heading of a table of text, and where it stands.

    `unnamed` are stand-ins for columns without a name: they are dropped where they hold nothing.
    """

    names: list[str]
    unnamed: list[str]
    delimiter: str
    row: int
    lines: int

    @property
    def extra_lines(self) -> int:
        """How many more lines than rows there are down to the heading: cells may hold line ends.

        >>> Heading(["unit"], [], ",", row=2, lines=4).extra_lines
        2
        """
        return self.lines - self.row


def _encoding(path: Path) -> str:
    """Return the encoding of a table of text: UTF-8, or UTF-16 where a mark in front says so.

    The whole file is tried before anything of it is scored: the reader of the columns would find a
    wrong letter only when results of earlier rows are written. Raises `SubmissionError` where it is
    neither, such as one of the old Vietnamese code pages.
    """
    with path.open("rb") as file:
        # Without a mark UTF-16 cannot be told from UTF-8 for sure; Excel writes one.
        mark = file.read(2)
        if mark in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16"
        file.seek(0)
        # A letter of several bytes may lie across two blocks: the decoder keeps its beginning.
        decoder = codecs.getincrementaldecoder("utf-8")()
        line = 1
        while block := file.read(BLOCK):
            try:
                decoder.decode(block)
            except UnicodeDecodeError as error:
                line += block[: error.start].count(b"\n")
                raise _not_text(path, line) from None
            line += block.count(b"\n")
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            raise _not_text(path, line) from None
    return "utf-8"


def _not_text(path: Path, line: int) -> SubmissionError:
    return SubmissionError(
        [Problem("table-encoding", (), {"line": str(line)}, path.name)]
    )


def _csv_heading(path: Path, encoding: str, known: Layout) -> Heading:
    """Return the heading of a table of text: the first row that names the unit, else the first."""
    unit_headings = known.choices.unit_headings
    # The mark that Excel puts before UTF-8 is no part of the first name.
    if encoding == "utf-8":
        encoding = "utf-8-sig"
    with path.open(encoding=encoding, newline="") as file:
        # Excel writes `sep=;` above a table to say what separates its cells.
        stated = re.fullmatch(r"sep=(.)\s*", file.readline(LONGEST_LINE))
        first = 0
        file.seek(0)
        if stated:
            first = 1
            delimiter = stated[1]
        else:
            delimiter = _delimiter(file, unit_headings)
        file.seek(0)
        reader = csv.reader(file, delimiter=delimiter)
        rows = [(row, reader.line_num) for row in islice(reader, MOST_TITLE_ROWS)]
    # A form that was saved as text has lost its cells, and is no table of units.
    if any(cell.startswith(MARK) for row, _ in rows for cell in row[:1]):
        raise SubmissionError(
            [Problem("form-as-text", (), {"given": path.suffix}, path.name)]
        )
    headings = [
        position
        for position, (row, _) in enumerate(rows)
        if is_heading(row, unit_headings)
    ]
    position = next(iter(headings), first)
    head: list[str] = []
    lines = 0
    if position < len(rows):
        head, lines = rows[position]
    names, unnamed = _named(head, path)
    return Heading(names, unnamed, delimiter, position + 1, lines)


LONGEST_LINE = 1 << 20
"""So many characters of a line are looked at: a file without line ends may be of any size."""


def _delimiter(file: TextIO, unit_headings: Sequence[str]) -> str:
    """Return what separates the cells: the mark that stands most often in the heading."""
    keys = unit_keys(unit_headings)
    lines = iter(lambda: file.readline(LONGEST_LINE), "")
    first_lines = [*islice(lines, MOST_TITLE_ROWS)]
    headings = []
    for line in first_lines:
        folded = text_key(line)
        if any(key in folded for key in keys):
            headings.append(line)
    heading = next(iter(headings or first_lines), "")
    return most_frequent_separator(heading)


def most_frequent_separator(heading: str) -> str:
    """Return the mark that stands most often in a heading: a comma, a semicolon or a tab.

    Names of columns have none of them. A heading of one column has no mark at all; what separates
    its cells is then of no account, and a comma is returned.

    >>> most_frequent_separator("unit;period;on_time")
    ';'
    """
    # Of marks that stand as often, `max` takes the first.
    return max(",;\t", key=heading.count)


_UNNAMED = "#"
"""How the stand-in for a column without a name begins; no column of a table is called so."""


def _named(head: Sequence[str], path: Path) -> tuple[list[str], list[str]]:
    """Return the names of the columns, and among them the stand-ins for those without a name."""
    names = [normal_text(name) for name in head]
    unnamed = []
    for position, name in enumerate(names):
        if not name:
            names[position] = f"{_UNNAMED}{position}"
            unnamed.append(names[position])
    return _unique(names, path), unnamed


def _without_unnamed(
    frame: pl.DataFrame,
    heading: Heading,
    path: Path,
) -> pl.DataFrame:
    """Return a part without the columns that have no name; refuse those that hold something."""
    for name in heading.unnamed:
        if frame.get_column(name).null_count() < frame.height:
            raise _unnamed(int(name.removeprefix(_UNNAMED)) + 1, path)
    return frame.drop(heading.unnamed)


def _unnamed(column: int, path: Path) -> SubmissionError:
    """Return the refusal of a table with values in a column without a heading, counted from 1."""
    arguments = {"column": column_letters(column)}
    return SubmissionError([Problem("column-unnamed", (), arguments, path.name)])


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
    """Yield rows as parts.

    Flat rows are put into columns; whole submissions and rows of unusual types stay by themselves.
    """
    for batch in _batched(rows, FEWER):
        flat: list[Numbered] = []
        whole: list[Numbered] = []
        for (number, row), _ in batch:
            if "measurements" in row:
                whole.append((number, row))
            else:
                flat.append((number, row))
        # A row of JSON Lines has the keys that it needs: together they have all columns.
        found = [*dict.fromkeys(name for _, row in flat for name in row)]
        read = known.headings.read(found)
        names = [*read.values()]
        flat = [(number, _said(row, read, known)) for number, row in flat]
        series, apart = columns(flat, names)
        taken = {number for number, _ in apart}
        frame = pl.DataFrame([*series.values()])
        numbers = [number for number, _ in flat if number not in taken]
        frame = _numbered(frame, numbers)
        _, done = batch[-1]
        aside = known.headings.left_aside(found)
        yield Part(frame, [*apart, *whole], (), done, aside)


def _said(
    row: Mapping[str, Any],
    read: Mapping[str, str],
    known: Layout,
) -> Mapping[str, Any]:
    """Return a row by its columns, without what is left aside; what names something is a text, and
    nothing is nested that may not be.

    The number 2023 becomes “2023”; a list where one value belongs says that it cannot be read.
    """
    return {
        read[name]: _said_cell(read[name], value, known)
        for name, value in row.items()
        if name in read
    }


def _said_cell(
    name: str,
    value: Any,
    known: Layout,
) -> Any:
    if name in ENVELOPE and type(value) is int:
        return str(value)
    wrong_list = isinstance(value, list) and not known.takes_lists(name)
    if isinstance(value, Mapping) or wrong_list:
        return Unread(Problem("nested-value", (name,), {"given": quoted(value)}))
    return value


def _lines(path: Path, known: Layout) -> Iterator[Part]:
    """Yield the parts of JSON Lines: each line is a row, or a whole submission."""
    refused: list[tuple[int, Problem]] = []
    size = path.stat().st_size or 1

    def rows() -> Iterator[tuple[Numbered, float]]:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if not line.strip():
                    continue
                row, problems = _object(line, path.name)
                for problem in problems:
                    refused.append((number, problem.at(path.name, number)))
                if not problems:
                    yield (number, row), file.tell() / size

    for part in _in_rows(rows(), known):
        yield part._replace(refused=[*refused])
        refused.clear()
    # A file may end with lines that cannot be read, or have no others.
    yield Part(pl.DataFrame(), (), refused, 1)


def _object(line: bytes, name: str) -> tuple[Mapping[str, Any], list[Problem]]:
    """Return the object of a line, and what is wrong with it."""
    problems: list[Problem] = []
    try:
        row = parse_json(line.decode("utf-8-sig"), name, problems)
    except SubmissionError as error:
        return {}, [*error.problems]
    except UnicodeDecodeError:
        return {}, [Problem("not-utf8", (), {}, name)]
    if not isinstance(row, dict):
        return {}, [Problem("row-no-object", (), {"given": quoted(row)}, name)]
    return row, problems


def _sheet(path: Path, known: Layout) -> Iterator[Part]:
    """Yield the parts of a workbook's table; empty rows are numbered, but are no rows."""
    with open_sheets(path, path.name) as sheets:
        table = _sheet_of_units(sheets, known.choices, path)
        heading = [str(cell.value or "") for cell in table.heading]
        names, unnamed = _named(heading, path)
        read = known.headings.read(name for name in names if name not in unnamed)
        # Whoever takes the cells has the headings still, so that it knows what was left aside.
        headed = [(name, read.get(name)) for name in names]
        numbered = enumerate(table.rows, table.first_number)
        # How much of a workbook has been read nobody knows before its end.
        rows = (
            ((number, _sheet_row(row, headed, known, path)), 0)
            for number, row in numbered
            if any(map(_says_something, row))
        )
        yield from _in_rows(rows, known)


def _says_something(cell: Cell) -> bool:
    """Whether a cell holds anything; one under a merge holds a fault, though no value."""
    return cell.value is not None or bool(cell.fault)


class _SheetOfUnits(NamedTuple):
    """A sheet with a table: its heading, the rows below it, and the number of the first of them."""

    heading: list[Cell]
    rows: Iterator[list[Cell]]
    first_number: int


def _sheet_of_units(
    sheets: Sequence[Sheet],
    choices: Choices,
    path: Path,
) -> _SheetOfUnits:
    """Return the one sheet with a heading that names the unit, else the first sheet as a whole; or
    the sheet that somebody has chosen.

    Raises `SubmissionError` where several sheets have such a heading, or none the title chosen.
    """
    if choices.sheet is not None:
        sheets = _chosen(sheets, choices.sheet, path)
    unit_headings = choices.unit_headings
    with_units: dict[str, _SheetOfUnits] = {}
    first: _SheetOfUnits | None = None
    for sheet in sheets:
        # Rows are read once, as they come: those that were looked at for a heading are put back in
        # front of the others.
        top = [*islice(sheet.rows, MOST_TITLE_ROWS)]
        headings = []
        for number, row in enumerate(top):
            if is_heading([cell.value for cell in row], unit_headings):
                headings.append(number)
        position = next(iter(headings), 0)
        heading = next(iter(top[position:]), [])
        rows_below = chain(top[position + 1 :], sheet.rows)
        # Positions count from 0, rows of a worksheet from 1; the rows begin below the heading.
        table = _SheetOfUnits(heading, rows_below, first_number=position + 2)
        first = first or table
        if headings:
            with_units[sheet.title] = table
    if len(with_units) > 1:
        arguments = {"sheets": quoted(", ".join(with_units), 200)}
        raise SubmissionError([Problem("table-sheets", (), arguments, path.name)])
    no_sheet = _SheetOfUnits([], iter(()), 1)
    return next(iter(with_units.values()), first) or no_sheet


def _chosen(sheets: Sequence[Sheet], title: str, path: Path) -> list[Sheet]:
    """Return the worksheet that somebody has chosen by its title."""
    titles = [sheet.title for sheet in sheets]
    chosen = [sheet for sheet in sheets if text_key(sheet.title) == text_key(title)]
    if chosen:
        return chosen
    arguments = {"name": quoted(title), "sheets": quoted(", ".join(titles), 200)}
    near = nearest(title, titles)
    problem = Problem("unknown-sheet", (), {**arguments, "nearest": near}, path.name)
    raise SubmissionError([problem])


def _sheet_row(
    row: Sequence[Cell],
    headed: Sequence[tuple[str, str | None]],
    known: Layout,
    path: Path,
) -> dict[str, Any]:
    """Return the cells of a row by their headings; a cell that cannot be read says why.

    Arguments:
        row: The cells.
        headed: The heading and the column of each of them; no column of one that is left aside.
        known: The columns that the table may have.
        path: The workbook.
    """
    cells: dict[str, Any] = {}
    for position, cell in enumerate(row):
        name = _UNNAMED
        column = None
        if position < len(headed):
            name, column = headed[position]
        if column is not None:
            cells[name] = _cell(cell, column, known)
        elif not name.startswith(_UNNAMED):
            cells[name] = None
        elif cell.value is not None:
            raise _unnamed(position + 1, path)
    return cells


def _cell(
    cell: Cell,
    name: str,
    known: Layout,
) -> Any:
    if cell.fault:
        return Unread(Problem(cell.fault, (name,), {"given": quoted(cell.value)}))
    # A cell that shows 97 % holds 0.97: which of the two is meant is clear only for percentages.
    if cell.percent and not known.counts_percent(name):
        return Unread(Problem("form-percent", (name,), {"given": quoted(cell.value)}))
    return cell.shown


def _folder(path: Path) -> Iterator[Part]:
    """Yield the submissions of a folder, numbered in the order of their names."""
    files = sorted(
        file
        for file in path.iterdir()
        if file.suffix.lower() in (".json", ".xlsx") and file.is_file()
    )
    for batch in _batched(enumerate(files, 1), _FILES_AT_ONCE):
        last_number, _ = batch[-1]
        yield Part(pl.DataFrame(), batch, (), last_number / len(files))


_FILES_AT_ONCE = 256
"""So many files are scored before their results are written: fewer than rows, they say more."""


_READERS: dict[str, Callable[[Path, Layout], Iterator[Part]]] = {
    ".parquet": _parquet,
    ".csv": _csv,
    ".tsv": _csv,
    ".jsonl": _lines,
    ".ndjson": _lines,
}
