"""A workbook being written: styles made once, and one way each to put a text, a number, a day or a
formula.
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

INK = "#1F2A44"
GRID = "#8A94A6"
SHADE = "#DCE6F1"
PALE = "#EEF3F9"
INPUT = "#FFF6CC"
BASE: Style = {
    "font_name": "Times New Roman",
    "font_size": 11,
    "valign": "vcenter",
    "text_wrap": True,
}
BOX: Style = {"border": 1, "border_color": GRID}
HEADING: Style = {**BOX, "bold": True, "align": "center", "bg_color": SHADE}
TITLE: Style = {"bold": True, "font_size": 15, "align": "center", "font_color": INK}
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
    """A workbook in memory."""

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
        """Return a style, made once."""
        key = tuple(sorted((BASE | style).items()))
        if key not in self.formats:
            self.formats[key] = self.workbook.add_format(dict(key))
        return self.formats[key]

    def sheet(self, name: str, widths: list[int], paper: int = A4) -> "ProtectedSheet":
        """Add a sheet with columns of these widths."""
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
    midnight = datetime.combine(date.fromisoformat(iso), datetime.min.time(), UTC)
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
        side = Decimal("0.4")
        top = Decimal("0.6")
        worksheet.set_margins(side, side, top, top)
        worksheet.set_footer("&C&P/&N")
        allowed = {"format_columns": True, "format_rows": True, "autofilter": True}
        worksheet.protect("", allowed)

    # Texts

    def text(self, row: int, column: int, text: object, **style: Any) -> None:
        """Put a text; it is never taken for a formula, a number or a link."""
        clean = _clean(text)
        form = self.book.style(**style)
        self._make_room(row, clean, self.widths[column])
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
        self._make_room(row, clean, sum(self.widths[first : last + 1]))

    def banner(self, row: int, text: object, **style: Any) -> None:
        """Put a text over the whole width."""
        self.over(row, (0, len(self.widths) - 1), text, **style)

    def _make_room(self, row: int, text: str, width: int) -> None:
        """See that a row is as high as its texts need.

        Programs set the height of merged and of computed cells by their first line, so it is set
        here, from the number of characters.
        """
        if len(text) <= width:
            return
        # Wrapping is slow for a text of many pages, and a row holds no more than this of it.
        shown = text[: width * 2 * TALLEST]
        lines = min(len(textwrap.wrap(shown, max(1, width))), TALLEST)
        self.lines[row] = max(self.lines.get(row, 1), lines)

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
        """
        shown = value if isinstance(value, Decimal | int) else _clean(value)
        form = self.book.style(**style)
        self.worksheet.write_formula(row, column, "=" + checked(formula), form, shown)

    # What a cell may hold

    def choice(
        self, row: int, column: int, source: str | list[str], complaint: str
    ) -> None:
        """Let a cell hold only what a list has."""
        rule = {"validate": "list", "source": source}
        self._validate(row, column, rule, complaint)

    def between(
        self, cell: tuple[int, int], sort: str, ends: tuple[str, str], complaint: str
    ) -> None:
        """Let a cell hold only numbers (`decimal`) or days (`date`) between two formulas."""
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
    return "" if text is None else words(text)
