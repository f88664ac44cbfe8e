"""Opens workbooks within bounds and gives their cells; knows nothing of submissions.

Forms, tables of units, tables of results and weightings are all read here. A number is read as a
decimal of at most 15 significant digits, which is what a sheet keeps. Formulas, error values and
cells under a merge are told, so that no figure is lost or made up in silence.

A form is a workbook with tables in it. A table begins at a key row: `cchc:<name>` in the first
column, the name of each other column above it. It ends at the next key row, or with the sheet.
"""

import io
import re
import warnings
import zipfile
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from decimal import Context
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

from cchc_rules.base.input_files import read_bytes
from cchc_rules.base.messages import Figures, Foreign
from cchc_rules.base.problem import Problem, SubmissionError, quoted
from cchc_rules.base.text import composed_text
from cchc_rules.submissions.typed_cells import as_shown, shows_percent

MARK = "cchc:"
"""How the first cell of a key row begins."""

# What a form may have at most: bytes, packed and unpacked, parts of the file, rows and columns of
# a sheet. Ours have far less; more is no form that people have filled in.
MAX_BYTES = 4_000_000
MAX_UNPACKED = 10_000_000
MAX_PARTS = 500
MAX_ROWS = 20_000
MAX_COLUMNS = 200

DIGITS = Context(prec=15)
"""What a sheet keeps of a number: 97.35 stands in the file as 97.349999999999994 and is 97.35
again.
"""


class Bounds(NamedTuple):
    """How much a workbook may hold once it is unpacked, in bytes."""

    unpacked: int
    texts: int
    """Of the part that holds the texts: it is read whole, while the cells are read row by row."""


FORM = Bounds(unpacked=MAX_UNPACKED, texts=MAX_UNPACKED)
TABLE = Bounds(unpacked=400_000_000, texts=30_000_000)

# A sheet of figures shrinks to a tenth, one of nothing but formats to a fiftieth. What shrinks to
# less was made to swell: it would keep the program busy for hours.
MOST_SWELLING = 60
NEVER_TOO_SWOLLEN = MAX_UNPACKED


class Cell(NamedTuple):
    """What stands in a cell, and where."""

    value: object
    """An exact number, a text (NFC, trimmed), a day, yes or no, or None."""
    address: str
    """As `sheet!A1`."""
    percent: bool = False
    """Whether it shows its number in percent, 0.97 as 97 %."""
    fault: str = ""
    """The code of what is wrong: a formula, an error value, a merge; empty where nothing is. A cell
    with a fault has no value that counts.
    """

    @property
    def shown(self) -> object:
        """The number as the cell shows it: 97 for a stored 0.97 in percent."""
        if not self.percent:
            return self.value
        return as_shown(self.value)

    def problem(self, file: str) -> Problem:
        """Return the problem of a cell that has a fault, or is in percent where nothing may be."""
        code = self.fault or "form-percent"
        arguments = {"given": quoted(self.value)}
        return Problem(code, (), arguments, f"{file}:{self.address}", in_cell=True)


class Sheet(NamedTuple):
    """A worksheet: its title, and its rows from the first on, empty ones included."""

    title: str
    rows: Iterator[list[Cell]]


class Table(NamedTuple):
    """A table of a form: its name, and each row by column name."""

    name: str
    rows: list[dict[str, Cell]]


def tables(data: bytes, name: str) -> list[Table]:
    """Return the tables of a form; raise `SubmissionError` where it is broken or too large."""
    with open_sheets(io.BytesIO(data), name, FORM) as sheets:
        return [table for sheet in sheets for table in _tables(sheet, name)]


def bytes_of(path: Path) -> bytes:
    """Return the bytes of a form's file.

    Raises `SubmissionError` where it cannot be read or is too large.
    """
    return read_bytes(path, MAX_BYTES, SubmissionError)


@contextmanager
def open_sheets(
    source: Path | io.BytesIO, name: str, bounds: Bounds = TABLE
) -> Iterator[list[Sheet]]:
    """Open a workbook for as long as its sheets are read, row by row.

    Args:
        source: the file, or its bytes.
        name: what problems call the file.
        bounds: how large the workbook may become when it is unpacked.

    Raises `SubmissionError` where the workbook is broken, swells beyond the bounds or has macros,
    be it when it is opened or while its rows are read; `OSError` where there is no such file.
    """
    with _as_broken(name):
        merges = _inspect(source, name, bounds)
        book = _load(source)
    try:
        yield [_sheet(sheet, merges.get(sheet.title, []), name) for sheet in book]
    finally:
        book.close()


def _refused(code: str, file: str, **arguments: str) -> SubmissionError:
    return SubmissionError([Problem(code, (), arguments, file)])


@contextmanager
def _as_broken(name: str) -> Iterator[None]:
    """Report as a broken workbook whatever the packages raise while they read one."""
    # Over damaged bytes they may raise anything. That a package is missing, or that a file cannot
    # be read, has its own message.
    try:
        yield
    except (SubmissionError, ModuleNotFoundError, OSError):
        raise
    except Exception as error:
        words = quoted(f"{type(error).__name__}: {error}", 200)
        reason = Foreign(words, "parser.workbook")
        raise _refused("form-broken", name, reason=reason) from None


def _load(source: Path | io.BytesIO) -> Any:
    # Only those who hand in a workbook need the package.
    from openpyxl import load_workbook  # noqa: PLC0415

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # Read row by row: only so does the package keep what stands under a merge.
        return load_workbook(source, read_only=True, keep_links=False)


# What is seen before anything is read

# How many bytes of a part are searched at a time.
_CHUNK = 1 << 20

# Merged cells stand behind all rows of a sheet, and are needed with the first: so each part is
# searched for them before it is read.
_MERGE = re.compile(
    rb"<(?:\w+:)?mergeCell\s[^>]*?\bref=\"([A-Z]+)(\d+):([A-Z]+)(\d+)\""
)
_OVERLAP = 200
"""Bytes of a chunk that are looked at again with the next: longer than any tag looked for."""


class Merge(NamedTuple):
    """The rows and columns that merged cells cover, counted from 1."""

    first_row: int
    last_row: int
    first_column: int
    last_column: int

    @property
    def spans_rows(self) -> bool:
        """Whether it lies over several rows: whose content it shows nobody can say."""
        return self.last_row > self.first_row


def _inspect(
    source: Path | io.BytesIO, name: str, bounds: Bounds
) -> dict[str, list[Merge]]:
    """Hold a file against the bounds; return the merged cells of each sheet by its title."""
    with zipfile.ZipFile(source) as packed:
        _within(packed, name, bounds)
        merges = {part: _scanned(packed, part, name) for part in packed.namelist()}
        titles = _titles(packed)
    # All parts were searched, and only those that are sheets have merges.
    return {
        titles[part]: merges_of_part
        for part, merges_of_part in merges.items()
        if part in titles
    }


def _within(packed: zipfile.ZipFile, name: str, bounds: Bounds) -> None:
    """Refuse a workbook that is too large, made to swell, or has macros."""
    parts = packed.infolist()
    # Sizes as the file states them. The library that unpacks it goes by them too, so that a lie
    # makes a broken file and not a large one.
    size = sum(part.file_size for part in parts)
    packed_size = sum(part.compress_size for part in parts)
    text_parts = [part for part in parts if part.filename.endswith("sharedStrings.xml")]
    texts = sum(part.file_size for part in text_parts)
    swells = size > max(NEVER_TOO_SWOLLEN, MOST_SWELLING * packed_size)
    too_large = size > bounds.unpacked or texts > bounds.texts
    if len(parts) > MAX_PARTS or too_large or swells:
        code = "workbook-too-large"
        if bounds is FORM:
            code = "form-too-large"
        raise _refused(code, name, most=Figures(f"{bounds.unpacked} byte"))
    if any("vbaproject" in part.filename.lower() for part in parts):
        raise _refused("form-macros", name)


def _scanned(packed: zipfile.ZipFile, part: str, name: str) -> list[Merge]:
    """Return the merged cells of a part; refuse one with a DOCTYPE, which no workbook has.

    With a DOCTYPE, a few lines of XML can be made to stand for gigabytes.
    """
    # A dictionary, since what two chunks share is found twice.
    merges: dict[Merge, None] = {}
    rest = b""
    with packed.open(part) as file:
        while chunk := file.read(_CHUNK):
            text = rest + chunk
            if b"<!DOCTYPE" in text:
                raise _refused("form-broken", name, reason="DOCTYPE")
            for match in _MERGE.finditer(text):
                merges[_merge(match)] = None
            rest = text[-_OVERLAP:]
    return [*merges]


def _merge(match: re.Match[bytes]) -> Merge:
    left, top, right, bottom = match.groups()
    return Merge(int(top), int(bottom), column_number(left), column_number(right))


def column_number(letters: bytes) -> int:
    """Return the number of a column, 1 for A and 27 for AA.

    >>> column_number(b"Z"), column_number(b"AA"), column_number(b"AG"), column_number(b"BB")
    (26, 27, 33, 54)
    """
    number = 0
    for letter in letters:
        place_in_alphabet = letter - ord("A") + 1
        number = 26 * number + place_in_alphabet
    return number


# The part that lists the sheets by their titles, and the one that says in which part each stands.
_WORKBOOK = "xl/workbook.xml"
_RELATIONS = "xl/_rels/workbook.xml.rels"


def _titles(packed: zipfile.ZipFile) -> dict[str, str]:
    """Return the title of each sheet by the name of its part.

    `<sheet name="Form" r:id="rId1"/>` is found through the relation `rId1`, whose target is
    `worksheets/sheet1.xml`: the title of `xl/worksheets/sheet1.xml` is Form.
    """
    # Without them, the package that reads the sheets says what is missing.
    if not {_WORKBOOK, _RELATIONS} <= {*packed.namelist()}:
        return {}
    relations = ElementTree.fromstring(packed.read(_RELATIONS))
    targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
    workbook = ElementTree.fromstring(packed.read(_WORKBOOK))
    titles = {}
    for element in workbook.iter():
        if not element.tag.endswith("}sheet"):
            continue
        # Programs differ in the namespace of the key, and in whether targets begin at the top.
        ids = [value for key, value in element.items() if key.endswith("}id")]
        relation_id = next(iter(ids), None)
        target = targets.get(relation_id, "")
        part = f"xl/{target}"
        if target.startswith("/"):
            part = target.removeprefix("/")
        titles[part] = element.get("name", "")
    return titles


# Cells


def _sheet(sheet: Any, merges: list[Merge], name: str) -> Sheet:
    # Other programs state a wrong size of the sheet, and the package would cut it to that.
    if hasattr(sheet, "reset_dimensions"):
        sheet.reset_dimensions()
    return Sheet(sheet.title, _rows(sheet, merges, name))


def _rows(sheet: Any, merges: list[Merge], name: str) -> Iterator[list[Cell]]:
    """Yield the rows of a sheet, each with the merges that lie over it.

    Merges wait in the order of their first rows, and are active from there to their last: no row is
    held against merges that lie elsewhere.
    """
    if not hasattr(sheet, "iter_rows"):  # a sheet that is a chart
        return
    # The letters of the columns so far, so that they are not worked out for every row.
    letters: list[str] = []
    waiting = deque(sorted(merges))
    active: list[Merge] = []
    with _as_broken(name):
        for number, row in enumerate(sheet.iter_rows(), 1):
            active = [merge for merge in active if merge.last_row >= number]
            while waiting and waiting[0].first_row <= number:
                active.append(waiting.popleft())
            while len(letters) < len(row):
                letters.append(column_letters(len(letters) + 1))
            under: dict[int, Merge] = {}
            width = len(row)
            if active:
                under = _merged_columns(active, len(letters))
                # A row ends with its last cell that is stored; a merge may reach beyond it.
                width = max(width, *under, 0)
            stored = [*row, *[None] * (width - len(row))]
            yield [
                _cell(
                    cell,
                    f"{sheet.title}!{letters[position]}{number}",
                    position + 1,
                    under.get(position + 1),
                )
                for position, cell in enumerate(stored)
            ]


def _merged_columns(active: list[Merge], width: int) -> dict[int, Merge]:
    """Return the merge over each column of a row that is merged.

    Columns beyond `width`, in which no row has had a cell yet, are of no interest.
    """
    widths = [merge.last_column - merge.first_column + 1 for merge in active]
    if sum(widths) > _MOST_WIDE:
        raise ValueError("merged cells overlap")
    merge_over: dict[int, Merge] = {}
    for merge in active:
        last_column = min(merge.last_column, width)
        for column in range(merge.first_column, last_column + 1):
            merge_over[column] = merge
    return merge_over


_MOST_WIDE = 16_384
"""Columns of a sheet. No program overlaps merges, so those of a row are no wider together."""


def column_letters(column: int) -> str:
    """Return the letters of a column, A for 1 and AA for 27.

    >>> column_letters(26), column_letters(27)
    ('Z', 'AA')
    """
    # Base 26 with digits from 1 to 26: there is no zero, so 1 is taken off each time.
    text = ""
    while column:
        column, letter = divmod(column - 1, 26)
        text = chr(ord("A") + letter) + text
    return text


def _cell(cell: Any, address: str, column: int, merge: Merge | None) -> Cell:
    """Return a cell as the package gives it, None for one that is not stored.

    `merge` is what lies over it. A merge within one row shows its first cell, and hides the rest.
    """
    value = None
    sort = ""
    if cell is not None:
        value = exact_content(cell.value)
        sort = cell.data_type
    fault = ""
    if sort == "f":
        fault = "form-formula"
    elif sort == "e":
        fault = "cell-error"
    elif merge is not None and merge.spans_rows:
        fault = "form-merged"
    elif merge is not None and value is not None and column > merge.first_column:
        fault = "cell-hidden"
    is_number = sort == "n" and value is not None
    percent = is_number and shows_percent(str(cell.number_format))
    return Cell(value, address, percent, fault)


def exact_content(value: object) -> object:
    """Return a cell's content in its exact form.

    A number has at most 15 digits, a day at midnight is a date, a text is NFC and trimmed.
    """
    if isinstance(value, float):
        exact = DIGITS.create_decimal(repr(value))
        if exact.is_finite() and exact == exact.to_integral_value():
            return int(exact)
        return exact
    if isinstance(value, datetime):
        if value.time() == time():
            return value.date()
        return value
    if isinstance(value, bool | int | date) or value is None:
        return value
    # A no-break space is one to the eye; `_x000D_` is how the format writes the other half of a
    # line end from Windows.
    text = str(value).replace("\u00a0", " ").replace("_x000D_", "")
    return composed_text(text).strip() or None


# Tables of a form


def _tables(sheet: Sheet, name: str) -> Iterator[Table]:
    """Yield the tables of a sheet: each from its key row to the next one, or to the end."""
    table: Table | None = None
    columns: dict[int, str] = {}
    for number, row in enumerate(sheet.rows, 1):
        if number > MAX_ROWS or len(row) > MAX_COLUMNS:
            most = Figures(f"{MAX_ROWS} × {MAX_COLUMNS}")
            raise _refused("form-too-large", name, most=most)
        mark: object = None
        if row:
            mark = row[0].value
        if isinstance(mark, str) and mark.startswith(MARK):
            if table is not None:
                yield table
            table = Table(mark.removeprefix(MARK), [])
            columns = _columns(row)
        elif table is not None:
            first_address = f"{sheet.title}!A{number}"
            table.rows.append(_by_column(row, columns, first_address))
    if table is not None:
        yield table


def _columns(key_row: list[Cell]) -> dict[int, str]:
    """Return the name of each column but the first by its position."""
    return {
        position: cell.value
        for position, cell in enumerate(key_row)
        if position and isinstance(cell.value, str)
    }


def _by_column(row: list[Cell], columns: dict[int, str], first: str) -> dict[str, Cell]:
    """Return the cells of a row by their columns; a row ends with its last cell that was used.

    `first` is the address of its first cell, which stands for those that are not there.
    """
    empty = Cell(None, first)
    named = {0: "id", **columns}
    cells: dict[str, Cell] = {}
    for position, key in named.items():
        cells[key] = empty
        if position < len(row):
            cells[key] = row[position]
    return cells
