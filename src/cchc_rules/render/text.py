"""The report as text for a terminal or a pipe."""

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from cchc_rules.render.display import Display, Document, safe

BAR = 20
TITLE = 20
COLUMNS = ("earned", "lost", "excluded", "maximum")
BOLD = "1"
DIM = "2"
RED = "31"
GREEN = "32"
CYAN = "36"


def text(document: Document, *, width: int = 100, colour: bool = False) -> str:
    """Return the report as text of a width, with or without colour."""
    sheet = Sheet(Display(document), width, colour)
    return "\n".join(line.rstrip() for line in sheet.lines()) + "\n"


class Sheet:
    """Lays out the parts of a report, one below the other."""

    def __init__(self, display: Display, width: int, colour: bool) -> None:
        self.display = display
        self.width = width
        self.colour = colour

    def lines(self) -> Iterator[str]:
        """Yield every line."""
        display = self.display
        yield self.style(display.say("title").upper(), BOLD)
        yield from self.pairs(display.head())
        yield ""
        yield from self.pairs(display.index(), first=f"{BOLD};{GREEN}")
        yield from self.areas()
        for title, rules in display.lost():
            yield from self.lost(title, rules)
        for title, rules in display.apart():
            yield from self.apart(title, rules)
        yield from self.heading(display.say("provenance"))
        yield from self.pairs(display.foot())

    def style(self, words: str, *codes: str) -> str:
        """Return words in a style; a style never changes what the words say."""
        return (
            f"\x1b[{';'.join(codes)}m{words}\x1b[0m" if self.colour and words else words
        )

    def heading(self, words: str) -> Iterator[str]:
        """Yield a heading and the empty line above it."""
        yield ""
        yield self.style(words.upper(), BOLD, CYAN)

    def wrap(self, words: str, indent: int) -> list[str]:
        """Return words on lines that fit beside an indent; a word too long for a line is broken."""
        room = max(self.width - indent, 10)
        return textwrap.wrap(words, room, break_on_hyphens=False) or [""]

    def pairs(
        self, pairs: Iterable[tuple[str, str]], indent: int = 0, first: str = ""
    ) -> Iterator[str]:
        """Yield labels and words in two columns; words that do not fit go on under themselves."""
        rows = list(pairs)
        label_width = max(len(label) for label, _ in rows)
        column = indent + label_width + 2
        for at, (label, words) in enumerate(rows):
            top, *more = self.wrap(words, column)
            style = (first,) if first and at == 0 else ()
            head = (
                " " * indent
                + self.style(label, DIM)
                + " " * (label_width + 2 - len(label))
            )
            yield head + (self.style(top, *style) if style else top)
            for line in more:
                yield " " * column + (self.style(line, *style) if style else line)

    def areas(self) -> Iterator[str]:
        """Yield the groups at the top as a table with bars, or one below the other where a table
        does not fit.
        """
        display = self.display
        yield from self.heading(display.say("areas"))
        heads = [display.say("area"), *map(display.say, COLUMNS)]
        groups = display.areas()
        rows = [
            [display.title(group), *(display.number(group[key]) for key in COLUMNS)]
            for group in groups
        ]
        widths = [max(map(len, cells)) for cells in zip(heads, *rows, strict=True)]
        room = (
            self.width
            - sum(widths[1:])
            - 2 * len(widths)
            - max(BAR, len(display.say("bar")))
        )
        if room < TITLE:
            yield from self.stacked(heads, rows)
            return
        widths[0] = min(widths[0], room)
        yield self.style(self.row(heads, widths) + display.say("bar"), DIM)
        for group, cells in zip(groups, rows, strict=True):
            title, *more = textwrap.wrap(cells[0], widths[0]) or [""]
            yield self.row([title, *cells[1:]], widths) + self.bar(group)
            yield from more

    def stacked(
        self, heads: Sequence[str], rows: Iterable[Sequence[str]]
    ) -> Iterator[str]:
        """Yield each row as its title and, below it, its figures with their names."""
        for title, *figures in rows:
            yield from self.wrap(title, 0)
            line = " · ".join(
                f"{head} {figure}"
                for head, figure in zip(heads[1:], figures, strict=True)
            )
            yield from (f"  {part}" for part in self.wrap(line, 2))

    def table(
        self, heads: list[str], rows: list[list[str]], below: Sequence[str] = ()
    ) -> Iterator[str]:
        """Yield a table whose first column wraps, or its rows one below the other where it does not
        fit.
        """
        widths = [max(map(len, cells)) for cells in zip(heads, *rows, strict=True)]
        room = self.width - sum(widths[1:]) - 2 * len(widths)
        fits = room >= min(widths[0], TITLE)
        widths[0] = min(widths[0], room)
        if fits:
            yield self.style(self.row(heads, widths).rstrip(), DIM)
        for at, cells in enumerate(rows):
            yield from (
                self.laid(cells, widths) if fits else self.stacked(heads, [cells])
            )
            under = self.wrap(below[at], 2) if below and below[at] else ()
            yield from (f"  {self.style(line, DIM)}" for line in under)

    def laid(self, cells: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
        """Yield a row of a table whose first cell goes on under itself."""
        title, *more = textwrap.wrap(cells[0], widths[0], break_on_hyphens=False) or [
            ""
        ]
        yield self.row([title, *cells[1:]], widths)
        yield from more

    @staticmethod
    def row(cells: Sequence[str], widths: Sequence[int]) -> str:
        """Return the cells of a row in columns of these widths, the first to the left and figures
        to the right.
        """
        figures = (
            cell.rjust(width) + "  "
            for cell, width in zip(cells[1:], widths[1:], strict=True)
        )
        return cells[0].ljust(widths[0]) + "  " + "".join(figures)

    def bar(self, group: Document) -> str:
        """Draw what was earned (█), lost (░) and excluded (·) as parts of one bar."""
        maximum = Decimal(group["maximum"])
        if maximum <= 0:
            return ""
        earned = _cells(max(Decimal(group["earned"]), Decimal(0)), maximum)
        excluded = min(_cells(Decimal(group["excluded"]), maximum), BAR - earned)
        lost = BAR - earned - excluded
        return (
            self.style("█" * earned, GREEN)
            + self.style("░" * lost, RED)
            + self.style("·" * excluded, DIM)
        )

    def lost(self, title: str, rules: list[Document]) -> Iterator[str]:
        """Yield a list of rules that lost points, each with all that must be said of it."""
        display = self.display
        yield from self.heading(title)
        if not rules:
            yield display.say("no-losses")
        for at, rule in enumerate(rules, start=1):
            points = display.say("minus", points=display.number(rule["lost"]))
            number = f"{at}. "
            indent = len(number) + len(points) + 2
            top, *more = self.wrap(safe(rule["title"]), indent)
            yield ""
            yield (
                self.style(number, BOLD)
                + self.style(points, BOLD, RED)
                + "  "
                + self.style(top, BOLD)
            )
            yield from (" " * indent + self.style(line, BOLD) for line in more)
            yield from self.pairs(display.loss(rule), indent=3)

    def apart(self, title: str, rules: list[Document]) -> Iterator[str]:
        """Yield a list of rules that stand apart from what was lost."""
        display = self.display
        yield from self.heading(title)
        for rule in rules:
            points = display.worth(rule)
            head = self.wrap(
                f"{safe(rule['title'])} ({display.clauses(rule)}) – {points}", 2
            )
            yield f"• {head[0]}"
            yield from (f"  {line}" for line in head[1:])
            yield from (
                "  " + self.style(line, DIM)
                for line in self.wrap(safe(rule["reason"]["text"]), 2)
            )


def _cells(part: Decimal, whole: Decimal) -> int:
    return min(int(part * BAR / whole), BAR)
