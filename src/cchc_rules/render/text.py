"""The report as text for a terminal or a pipe."""

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from cchc_rules.render.display import Display, Document, LabelledText, safe

BAR = 20
"""Width of the bar of an area, in characters."""

TITLE = 20
"""Fewest characters for the titles of a table; with less room, rows stand one below the other."""

NARROWEST = 10
"""Fewest characters that words are wrapped to, however narrow the page is."""

GAP = 2
"""Spaces between two columns."""

COLUMNS = ("earned", "lost", "excluded", "maximum")

# Codes of "Select Graphic Rendition" (ECMA-48, 8.3.117).
BOLD = "1"
DIM = "2"
RED = "31"
GREEN = "32"
CYAN = "36"


def text(document: Document, *, width: int = 100, colour: bool = False) -> str:
    """Lay out a report as text.

    Args:
        document: the report, as `Report.to_dict` gives it.
        width: how many characters a line may have.
        colour: whether escape codes for colour are written; the words stay the same.

    Returns:
        The text, with a line end after each line and no space before it.
    """
    layout = ReportText(Display(document), width, colour=colour)
    return joined(layout.lines())


def joined(lines: Iterable[str]) -> str:
    """Return lines as one text without spaces at the ends of lines.

    >>> joined(["a  ", "b"])
    'a\\nb\\n'
    """
    return "\n".join(line.rstrip() for line in lines) + "\n"


class TextLayout:
    """Lays out headings, facts and tables in lines of one width."""

    def __init__(self, width: int, *, colour: bool) -> None:
        self.width = width
        self.colour = colour

    def style(self, words: str, *codes: str) -> str:
        """Return words in a style; a style never changes what the words say."""
        if not codes or not words or not self.colour:
            return words
        return f"\x1b[{';'.join(codes)}m{words}\x1b[0m"

    def heading(self, words: str) -> Iterator[str]:
        """Yield a heading and the empty line above it."""
        yield ""
        yield self.style(words.upper(), BOLD, CYAN)

    def wrap(self, words: str, indent: int) -> list[str]:
        """Return words on lines that fit beside an indent; a word too long for a line is broken."""
        room = max(self.width - indent, NARROWEST)
        return textwrap.wrap(words, room, break_on_hyphens=False) or [""]

    def bullet(self, words: str, *codes: str) -> Iterator[str]:
        """Yield words as an item of a list, its further lines below its first."""
        first, *more = self.wrap(words, GAP)
        yield f"• {self.style(first, *codes)}"
        yield from (f"  {self.style(line, *codes)}" for line in more)

    def pairs(
        self, pairs: Iterable[LabelledText], indent: int = 0, first_style: str = ""
    ) -> Iterator[str]:
        """Yield labels and words in two columns; words that do not fit go on below themselves.

        `first_style` is the style of the words of the first pair.
        """
        rows = list(pairs)
        label_width = max(len(label) for label, _ in rows) + GAP
        column = indent + label_width
        codes = (first_style,) if first_style else ()
        for label, words in rows:
            first, *more = self.wrap(words, column)
            space = " " * (label_width - len(label))
            yield (
                " " * indent
                + self.style(label, DIM)
                + space
                + self.style(first, *codes)
            )
            for line in more:
                yield " " * column + self.style(line, *codes)
            codes = ()

    def numbered(
        self, position: int, amount: str, title: str, *colours: str
    ) -> Iterator[str]:
        """Yield the heading of an item that moved the index: its number, its points, its title."""
        number = f"{position}. "
        indent = len(number) + len(amount) + GAP
        first, *more = self.wrap(title, indent)
        yield ""
        yield (
            self.style(number, BOLD)
            + self.style(amount, BOLD, *colours)
            + " " * GAP
            + self.style(first, BOLD)
        )
        yield from (" " * indent + self.style(line, BOLD) for line in more)

    # Tables

    def table(
        self, heads: list[str], rows: list[list[str]], notes: Sequence[str] = ()
    ) -> Iterator[str]:
        """Yield a table whose first column wraps.

        Where the table does not fit, its rows stand one below the other. `notes` has, where it is
        given, one text for each row, which stands below it.
        """
        widths = column_widths(heads, rows)
        room = self.width - sum(widths[1:]) - GAP * len(widths)
        fits = room >= min(widths[0], TITLE)
        widths[0] = min(widths[0], room)
        if fits:
            yield self.style(self.row(heads, widths).rstrip(), DIM)
        for position, cells in enumerate(rows):
            if fits:
                yield from self.wrapped_row(cells, widths)
            else:
                yield from self.stacked(heads, [cells])
            note = notes[position] if notes else ""
            if note:
                yield from (
                    f"  {self.style(line, DIM)}" for line in self.wrap(note, GAP)
                )

    def stacked(
        self, heads: Sequence[str], rows: Iterable[Sequence[str]]
    ) -> Iterator[str]:
        """Yield each row as its title and, below it, its figures with their names."""
        for title, *figures in rows:
            yield from self.wrap(title, 0)
            named = zip(heads[1:], figures, strict=True)
            line = " · ".join(f"{head} {figure}" for head, figure in named)
            yield from (f"  {part}" for part in self.wrap(line, GAP))

    def wrapped_row(self, cells: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
        """Yield a row of a table whose first cell goes on below itself."""
        lines = textwrap.wrap(cells[0], widths[0], break_on_hyphens=False) or [""]
        yield self.row([lines[0], *cells[1:]], widths)
        yield from lines[1:]

    @staticmethod
    def row(cells: Sequence[str], widths: Sequence[int]) -> str:
        """Return the cells of a row: the first at the left of its column, figures at the right.

        >>> TextLayout.row(["Area", "7.5"], [6, 5])
        'Area      7.5  '
        """
        space = " " * GAP
        figures = zip(cells[1:], widths[1:], strict=True)
        title = cells[0].ljust(widths[0]) + space
        return title + "".join(cell.rjust(width) + space for cell, width in figures)


def column_widths(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[int]:
    """Return how wide each column must be for its longest cell."""
    return [max(map(len, cells)) for cells in zip(heads, *rows, strict=True)]


class ReportText(TextLayout):
    """Lays out the parts of a report, one below the other."""

    def __init__(self, display: Display, width: int, *, colour: bool) -> None:
        super().__init__(width, colour=colour)
        self.display = display

    def lines(self) -> Iterator[str]:
        """Yield every line."""
        display = self.display
        yield self.style(display.say("title").upper(), BOLD)
        yield from self.pairs(display.head())
        yield ""
        yield from self.pairs(display.index(), first_style=f"{BOLD};{GREEN}")
        yield from self.areas()
        for title, rules in display.lost():
            yield from self.lost(title, rules)
        for key, title, rules in display.apart():
            yield from self.apart(key, title, rules)
        yield from self.tracks()
        yield from self.heading(display.say("provenance"))
        yield from self.pairs(display.foot())

    def areas(self) -> Iterator[str]:
        """Yield the groups at the top as a table with bars.

        Where the table does not fit, they stand one below the other, without bars.
        """
        display = self.display
        yield from self.heading(display.say("areas"))
        heads = [display.say("area"), *map(display.say, COLUMNS)]
        groups = display.areas()
        rows = [self.area_cells(group) for group in groups]
        bar_head = display.say("bar")
        widths = column_widths(heads, rows)
        bar_width = max(BAR, len(bar_head))
        room = self.width - sum(widths[1:]) - GAP * len(widths) - bar_width
        if room < TITLE:
            yield from self.stacked(heads, rows)
            return
        widths[0] = min(widths[0], room)
        yield self.style(self.row(heads, widths) + bar_head, DIM)
        for group, cells in zip(groups, rows, strict=True):
            lines = textwrap.wrap(cells[0], widths[0]) or [""]
            yield self.row([lines[0], *cells[1:]], widths) + self.bar(group)
            yield from lines[1:]

    def area_cells(self, group: Document) -> list[str]:
        """Return the cells of an area: its title, then its points."""
        points = (self.display.number(group[key]) for key in COLUMNS)
        return [self.display.title(group), *points]

    def bar(self, group: Document) -> str:
        """Draw what was earned (█), lost (░) and excluded (·) as parts of one bar.

        The parts are rounded down and what is left over goes to the loss, so that a bar is full
        only where nothing is lost.
        """
        maximum = Decimal(group["maximum"])
        if maximum <= 0:
            return ""
        earned = _bar_cells(max(Decimal(group["earned"]), Decimal(0)), maximum)
        excluded = _bar_cells(Decimal(group["excluded"]), maximum)
        excluded = min(excluded, BAR - earned)
        lost = BAR - earned - excluded
        return (
            self.style("█" * earned, GREEN)
            + self.style("░" * lost, RED)
            + self.style("·" * excluded, DIM)
        )

    def lost(self, title: str, rules: list[Document]) -> Iterator[str]:
        """Yield a list of rules that lost points, with everything that is said of each."""
        display = self.display
        yield from self.heading(title)
        if not rules:
            yield display.no_losses()
        for position, rule in enumerate(rules, start=1):
            points = display.lost_points(rule)
            yield from self.numbered(position, points, safe(rule["title"]), RED)
            yield from self.pairs(display.loss(rule), indent=3)

    def apart(self, key: str, title: str, rules: list[Document]) -> Iterator[str]:
        """Yield a list of rules that stand apart from the lost points, each with its reason."""
        display = self.display
        yield from self.heading(title)
        for rule in rules:
            name = f"{safe(rule['title'])} ({display.clauses(rule)})"
            reason = safe(rule["reason"]["text"])
            points = display.points_at_stake(rule, key)
            yield from self.bullet(f"{name} – {points}")
            for line in self.wrap(reason, GAP):
                yield f"  {self.style(line, DIM)}"

    def tracks(self) -> Iterator[str]:
        """Yield the further tracks: the sum of each, and the points of its rules with reasons."""
        display = self.display
        tracks = list(display.tracks())
        if tracks:
            yield from self.heading(display.say("tracks"))
        for words, rules in tracks:
            yield from (self.style(line, BOLD) for line in self.wrap(words, 0))
            for rule in rules:
                yield from self.bullet(rule)


def _bar_cells(part: Decimal, whole: Decimal) -> int:
    return min(int(part * BAR / whole), BAR)
