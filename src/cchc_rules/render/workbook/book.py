"""A workbook being written: styles made once, and one way each to put a text, a number, a day or a
formula.

Nothing else imports XlsxWriter. Rows and columns count from 0; styles are properties by the names
that XlsxWriter gives them, added to those that every cell has (`BASE`).
"""

import io
import textwrap
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, TypeAlias

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from cchc_rules.render.workbook.cells import checked, serial, words

Style: TypeAlias = dict[str, Any]
"""Properties of a format, as XlsxWriter names them."""

CachedValue: TypeAlias = Decimal | int | str | None
"""What a cell shows before anything is computed."""

# Colours. What may be changed is yellow everywhere; print in grey tells all of them apart.
INK = "#1F2A44"
GRID = "#8A94A6"
SHADE = "#DCE6F1"
PALE = "#EEF3F9"
INPUT = "#FFF6CC"

# Styles. The typeface is the one that Decree 30/2020/NĐ-CP asks of administrative documents.
BASE: Style = {
    "font_name": "Times New Roman",
    "font_size": 11,
    "valign": "vcenter",
    "text_wrap": True,
}
BOX: Style = {"border": 1, "border_color": GRID}
HEADING: Style = {
    **BOX,
    "bold": True,
    "align": "center",
    "bg_color": SHADE,
}
TITLE: Style = {
    "bold": True,
    "font_size": 15,
    "align": "center",
    "font_color": INK,
}
SUBTITLE: Style = {"italic": True, "align": "center"}
BOLD: Style = {"bold": True}
CENTRE: Style = {"align": "center"}
CENTRED_BOX: Style = {**BOX, **CENTRE}
"""The usual cell of a figure or a short word in a table."""

FAINT: Style = {"font_color": "#5B6472", "font_size": 9}
OPEN: Style = {"bg_color": INPUT, "locked": False}
"""Cells that an auditor may change."""

# Paper sizes as XlsxWriter numbers them.
A3 = 8
A4 = 9

LINE_HEIGHT = 15
"""The height of a line of text, in points of print."""

TALLEST = 27
"""Most lines of a row: Excel allows rows of 409 points."""

LONGEST_TITLE = 255
"""Most characters of the title of a file, and of the message that refuses an entry."""


class Book:
    """A workbook in memory.

    Args:
        as_of: the day, as ISO text, that stands in the file as that of its making.
        title: the title of the file.
        author: the program that made it.
    """

    def __init__(self, as_of: str, title: str, author: str) -> None:
        self.stream = io.BytesIO()
        options = {
            "in_memory": True,
            # A text stays a text, whatever it looks like: nothing that people typed may run.
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        self.workbook = Workbook(self.stream, options)
        properties = {
            "title": words(title)[:LONGEST_TITLE],
            "author": words(author),
            # The clock is not read: one document always gives the same bytes.
            "created": _midnight(as_of),
        }
        self.workbook.set_properties(properties)
        self.formats: dict[tuple[tuple[str, Any], ...], Format] = {}
        self.sheets: list[ProtectedSheet] = []

    def style(self, **style: Any) -> Format:
        """Return a style, made once.

        Excel allows 65,490 formats in a file, and every cell asks for one.
        """
        properties = BASE | style
        key = tuple(sorted(properties.items()))
        if key not in self.formats:
            self.formats[key] = self.workbook.add_format(dict(key))
        return self.formats[key]

    def sheet(self, name: str, widths: list[int], paper: int = A4) -> "ProtectedSheet":
        """Add a sheet behind those that are there.

        Args:
            name: the name on its tab.
            widths: the width of each column, in characters.
            paper: `A4` or `A3`, printed across; a sheet is one page wide.
        """
        worksheet = self.workbook.add_worksheet(name)
        sheet = ProtectedSheet(self, worksheet, widths, paper)
        self.sheets.append(sheet)
        return sheet

    def done(self) -> bytes:
        """Return the file."""
        for sheet in self.sheets:
            sheet.set_heights()
        self.workbook.close()
        return self.stream.getvalue()


def _midnight(iso: str) -> datetime:
    day = date.fromisoformat(iso)
    midnight = datetime.combine(day, datetime.min.time(), UTC)
    # XlsxWriter takes a time without a zone and writes it as UTC.
    return midnight.replace(tzinfo=None)


class ProtectedSheet:
    """One sheet, one page wide on its paper, and locked but for the cells that may be changed."""

    def __init__(
        self, book: Book, worksheet: Worksheet, widths: list[int], paper: int
    ) -> None:
        self.book = book
        self.worksheet = worksheet
        self.widths = widths
        self.lines: dict[int, int] = {}
        for index, width in enumerate(widths):
            worksheet.set_column(index, index, width, book.style())
        worksheet.set_landscape()
        worksheet.set_paper(paper)
        worksheet.fit_to_pages(1, 0)
        # Margins in inches: narrow at the sides, room for the page number below.
        side = Decimal("0.4")
        top = Decimal("0.6")
        worksheet.set_margins(side, side, top, top)
        worksheet.set_footer("&C&P/&N")
        # No password: this keeps formulas from accidents, not from people.
        allowed = {
            "format_columns": True,
            "format_rows": True,
            "autofilter": True,
        }
        worksheet.protect("", allowed)

    # Texts

    def text(self, row: int, column: int, text: object, **style: Any) -> None:
        """Put a text; it is never taken for a formula, a number or a link."""
        clean = _clean(text)
        form = self.book.style(**style)
        self._make_room(row, clean, self.widths[column])
        # An empty text is not an empty cell: `A1=""` holds for both, but `COUNTA` counts the text.
        if clean:
            self.worksheet.write_string(row, column, clean, form)
        else:
            self.worksheet.write_blank(row, column, None, form)

    def over(
        self, row: int, columns: tuple[int, int], text: object, **style: Any
    ) -> None:
        """Put a text over several columns, from the first to the last of them."""
        first, last = columns
        clean = _clean(text)
        form = self.book.style(**style)
        self.worksheet.merge_range(row, first, row, last, "", form)
        if clean:
            self.worksheet.write_string(row, first, clean, form)
        width = sum(self.widths[first : last + 1])
        self._make_room(row, clean, width)

    def banner(self, row: int, text: object, **style: Any) -> None:
        """Put a text over the whole width."""
        last = len(self.widths) - 1
        self.over(row, (0, last), text, **style)

    def _make_room(self, row: int, text: str, width: int) -> None:
        """See that a row is as high as its texts need.

        Programs set the height of merged and of computed cells by their first line, so it is set
        here, from the number of characters.
        """
        if len(text) <= width:
            return
        # Wrapping is slow for a text of many pages, and a row holds no more than this of it.
        shown = text[: width * 2 * TALLEST]
        wrapped = textwrap.wrap(shown, max(1, width))
        needed = min(len(wrapped), TALLEST)
        so_far = self.lines.get(row, 1)
        self.lines[row] = max(so_far, needed)

    def set_heights(self) -> None:
        """Give the rows their heights."""
        for row, lines in self.lines.items():
            self.worksheet.set_row(row, LINE_HEIGHT * lines + 2)

    def heads(self, row: int, heads: list[str]) -> None:
        """Put the headings; they stay in sight and stand on every page."""
        for index, head in enumerate(heads):
            self.text(row, index, head, **HEADING)
        self.worksheet.freeze_panes(row + 1, 2)
        self.worksheet.repeat_rows(row)

    # Figures and formulas

    def number(
        self, row: int, column: int, number: Decimal | int, **style: Any
    ) -> None:
        """Put a number."""
        self.worksheet.write_number(row, column, number, self.book.style(**style))

    def day(self, row: int, column: int, iso: str, **style: Any) -> None:
        """Put a day."""
        self.number(row, column, serial(iso), **style)

    def put(self, row: int, column: int, value: CachedValue, **style: Any) -> None:
        """Put a value that no formula gives: a number or a text."""
        if isinstance(value, Decimal | int):
            self.number(row, column, value, **style)
        else:
            self.text(row, column, value, **style)

    def formula(
        self, row: int, column: int, formula: str, value: CachedValue, **style: Any
    ) -> None:
        """Put a formula, with the value that the report says it comes to.

        A viewer that does not compute shows that value; where the report says none, it is empty.

        Raises:
            NotInSheetError: the formula goes beyond the limits of a sheet.
        """
        shown: Decimal | int | str = ""
        if isinstance(value, Decimal | int):
            shown = value
        else:
            shown = _clean(value)
        form = self.book.style(**style)
        whole = "=" + checked(formula)
        self.worksheet.write_formula(row, column, whole, form, shown)

    # What a cell may hold

    def choice(
        self, row: int, column: int, source: str | list[str], complaint: str
    ) -> None:
        """Let a cell hold only what a list has.

        Args:
            row: the row.
            column: the column.
            source: the range that has the list, or its texts.
            complaint: what is said to whoever types something else.
        """
        rule = {"validate": "list", "source": source}
        self._validate(row, column, rule, complaint)

    def between(
        self, cell: tuple[int, int], sort: str, ends: tuple[str, str], complaint: str
    ) -> None:
        """Let a cell hold only numbers (`decimal`) or days (`date`) between two formulas.

        Args:
            cell: the row and the column.
            sort: what it holds, as XlsxWriter names it.
            ends: the least and the greatest, which count as allowed.
            complaint: what is said to whoever types something else.
        """
        low, high = ends
        rule = {
            "validate": sort,
            "criteria": "between",
            "minimum": "=" + low,
            "maximum": "=" + high,
        }
        self._validate(*cell, rule, complaint)

    def _validate(self, row: int, column: int, rule: Style, complaint: str) -> None:
        rule = {**rule, "error_message": complaint[:LONGEST_TITLE]}
        self.worksheet.data_validation(row, column, row, column, rule)


def _clean(text: object) -> str:
    if text is None:
        return ""
    return words(text)
