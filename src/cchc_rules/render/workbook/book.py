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
Cached: TypeAlias = Decimal | int | str | None

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
FAINT: Style = {"font_color": "#5B6472", "font_size": 9}
OPEN: Style = {"bg_color": INPUT, "locked": False}
"""Cells that an auditor may change."""

A3 = 8
A4 = 9
LINE_HEIGHT = 15
TALLEST = 27
"""The height of a line, and so many lines a row may have."""


class Book:
    """A workbook in memory."""

    def __init__(self, as_of: str, title: str, author: str) -> None:
        self.stream = io.BytesIO()
        plain = {
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        self.workbook = Workbook(self.stream, {"in_memory": True, **plain})
        created = datetime.combine(
            date.fromisoformat(as_of), datetime.min.time(), UTC
        ).replace(tzinfo=None)
        self.workbook.set_properties(
            {"title": words(title)[:255], "author": words(author), "created": created}
        )
        self.formats: dict[tuple[tuple[str, Any], ...], Format] = {}
        self.sheets: list[Sheet] = []

    def style(self, **style: Any) -> Format:
        """Return a style, made once."""
        key = tuple(sorted((BASE | style).items()))
        if key not in self.formats:
            self.formats[key] = self.workbook.add_format(dict(key))
        return self.formats[key]

    def sheet(self, name: str, widths: list[int], paper: int = A4) -> "Sheet":
        """Add a sheet with columns of these widths."""
        self.sheets.append(
            Sheet(self, self.workbook.add_worksheet(name), widths, paper)
        )
        return self.sheets[-1]

    def done(self) -> bytes:
        """Return the file."""
        for sheet in self.sheets:
            sheet.heighten()
        self.workbook.close()
        return self.stream.getvalue()


class Sheet:
    """One sheet, one page wide on its paper, and locked but for the cells that may be changed."""

    def __init__(
        self, book: Book, worksheet: Worksheet, widths: list[int], paper: int
    ) -> None:
        self.book = book
        self.worksheet = worksheet
        self.widths = widths
        self.lines: dict[int, int] = {}
        for at, width in enumerate(widths):
            worksheet.set_column(at, at, width, book.style())
        worksheet.set_landscape()
        worksheet.set_paper(paper)
        worksheet.fit_to_pages(1, 0)
        worksheet.set_margins(*[Decimal("0.4")] * 2, *[Decimal("0.6")] * 2)
        worksheet.set_footer("&C&P/&N")
        worksheet.protect(
            "", {"format_columns": True, "format_rows": True, "autofilter": True}
        )

    def text(self, row: int, column: int, text: object, **style: Any) -> None:
        """Put a text; it is never taken for a formula, a number or a link."""
        clean = "" if text is None else words(text)
        self._room(row, clean, self.widths[column])
        if clean:
            self.worksheet.write_string(row, column, clean, self.book.style(**style))
        else:
            self.worksheet.write_blank(row, column, None, self.book.style(**style))

    def over(
        self, row: int, columns: tuple[int, int], text: object, **style: Any
    ) -> None:
        """Put a text over several columns."""
        first, last = columns
        clean = "" if text is None else words(text)
        self.worksheet.merge_range(row, first, row, last, "", self.book.style(**style))
        if clean:
            self.worksheet.write_string(row, first, clean, self.book.style(**style))
        self._room(row, clean, sum(self.widths[first : last + 1]))

    def banner(self, row: int, text: object, **style: Any) -> None:
        """Put a text over the whole width."""
        self.over(row, (0, len(self.widths) - 1), text, **style)

    def _room(self, row: int, text: str, width: int) -> None:
        """See that a row is as high as its texts need."""
        if len(text) > width:
            lines = len(textwrap.wrap(text[: width * 2 * TALLEST], max(1, width)))
            self.lines[row] = max(self.lines.get(row, 1), min(lines, TALLEST))

    def heighten(self) -> None:
        """Give the rows their heights."""
        for row, lines in self.lines.items():
            self.worksheet.set_row(row, LINE_HEIGHT * lines + 2)

    def number(
        self, row: int, column: int, number: Decimal | int, **style: Any
    ) -> None:
        """Put a number."""
        self.worksheet.write_number(row, column, number, self.book.style(**style))

    def day(self, row: int, column: int, iso: str, **style: Any) -> None:
        """Put a day."""
        self.number(row, column, serial(iso), **style)

    def put(self, row: int, column: int, value: Cached, **style: Any) -> None:
        """Put a value that is kept: a number or a text."""
        if isinstance(value, Decimal | int):
            self.number(row, column, value, **style)
        else:
            self.text(row, column, value, **style)

    def formula(
        self, row: int, column: int, formula: str, value: Cached, **style: Any
    ) -> None:
        """Put a formula with what the report says it comes to; nothing where the report does not
        say.
        """
        shown = (
            words(value) if isinstance(value, str) else "" if value is None else value
        )
        self.worksheet.write_formula(
            row, column, "=" + checked(formula), self.book.style(**style), shown
        )

    def heads(self, row: int, heads: list[str]) -> None:
        """Put the headings; they stay in sight and stand on every page."""
        for at, head in enumerate(heads):
            self.text(row, at, head, **HEADING)
        self.worksheet.freeze_panes(row + 1, 2)
        self.worksheet.repeat_rows(row)

    def choice(
        self, row: int, column: int, source: str | list[str], complaint: str
    ) -> None:
        """Let a cell hold only what a list has."""
        self._rule(row, column, {"validate": "list", "source": source}, complaint)

    def between(
        self, place: tuple[int, int], sort: str, ends: tuple[str, str], complaint: str
    ) -> None:
        """Let a cell hold only numbers (`decimal`) or days (`date`) between two ends, formulas
        both.
        """
        low, high = ("=" + end for end in ends)
        self._rule(
            *place,
            {"validate": sort, "criteria": "between", "minimum": low, "maximum": high},
            complaint,
        )

    def _rule(self, row: int, column: int, rule: Style, complaint: str) -> None:
        self.worksheet.data_validation(
            row, column, row, column, {**rule, "error_message": complaint[:255]}
        )
