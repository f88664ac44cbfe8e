"""The report as text for a terminal or a pipe."""

import textwrap
from collections.abc import Iterable, Sequence
from decimal import Decimal

from cchc_rules.render.display import Display, Document, LabelledText, Lines, safe

# Widths, in characters. A terminal of 80 has room for the table of areas with its bars.

BAR = 20
"""Width of the bar of an area, in characters."""

TITLE = 20
"""Fewest characters for the titles of a table; with less room, rows stand one below the other."""

NARROWEST = 10
"""Fewest characters that words are wrapped to, however narrow the page is."""

GAP = 2
"""Spaces between two columns."""

WORDS_INDENT = 3
"""How far the words of an item stand to the right of its number."""

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

    >>> from cchc_rules import load_measurements, load_rules, score
    >>> report = score(load_rules("cam-due-2023"), load_measurements("examples/cam-due-2023.json"))
    >>> print(text(report.to_dict(lang="en")).splitlines()[0])
    SELF-ASSESSMENT OF ADMINISTRATIVE REFORM
    """
    layout = ReportText(Display(document), width, colour=colour)
    return joined(layout.lines())


def joined(lines: Iterable[str]) -> str:
    """Return lines as one text without spaces at the ends of lines.

    Columns are padded to their width; the padding of the last would stand in a file, where every
    program that compares texts would mark it.

    >>> joined(["a  ", "b"])
    'a\\nb\\n'
    """
    return "\n".join(line.rstrip() for line in lines) + "\n"


class TextLayout:
    """Lays out headings, facts and tables in lines of one width.

    Every width is counted in characters of the words alone. Escape codes for colour take no room on
    a terminal, so a style is put on after the words were wrapped and padded, never before.
    """

    def __init__(self, width: int, *, colour: bool) -> None:
        self.width = width
        self.colour = colour

    def style(self, words: str, *codes: str) -> str:
        r"""Return words in a style; a style never changes what the words say.

        Args:
            words: what is shown.
            codes: codes of "Select Graphic Rendition", such as `BOLD`; none leaves the words plain.

        >>> TextLayout(80, colour=True).style("lost", RED)
        '\x1b[31mlost\x1b[0m'
        >>> TextLayout(80, colour=False).style("lost", RED)
        'lost'
        """
        if not codes or not words or not self.colour:
            return words
        all_codes = ";".join(codes)
        return f"\x1b[{all_codes}m{words}\x1b[0m"

    def heading(self, words: str) -> Lines:
        """Yield a heading and the empty line above it."""
        yield ""
        yield self.style(words.upper(), BOLD, CYAN)

    def wrap(self, words: str, indent: int) -> list[str]:
        """Return words on lines that fit beside an indent; a word too long for a line is broken.

        There is always a first line, even where there are no words.

        >>> TextLayout(14, colour=False).wrap("met on time by all", 2)
        ['met on time', 'by all']
        """
        room = max(self.width - indent, NARROWEST)
        return _wrapped(words, room)

    def bullet(self, words: str, *codes: str) -> Lines:
        """Yield words as an item of a list, its further lines below its first."""
        # The mark and its space are as wide as the gap of columns, so that all text lines up.
        first, *more = self.wrap(words, GAP)
        yield f"• {self.style(first, *codes)}"
        for line in more:
            yield f"  {self.style(line, *codes)}"

    def pairs(
        self, pairs: Iterable[LabelledText], indent: int = 0, first_style: str = ""
    ) -> Lines:
        """Yield labels and words in two columns; words that do not fit go on below themselves.

        Args:
            pairs: the labels with their words; at least one.
            indent: how far the labels stand from the left.
            first_style: the style of the words of the first pair.

        >>> list(TextLayout(18, colour=False).pairs([("Unit", "Commune A"), ("Note", "late by 2")]))
        ['Unit  Commune A', 'Note  late by 2']
        """
        rows = list(pairs)
        longest_label = max(len(label) for label, _ in rows)
        label_width = longest_label + GAP
        column = indent + label_width
        margin = " " * indent
        codes: tuple[str, ...] = ()
        if first_style:
            codes = (first_style,)
        for label, words in rows:
            first, *more = self.wrap(words, column)
            space = " " * (label_width - len(label))
            shown_label = self.style(label, DIM)
            shown_words = self.style(first, *codes)
            yield f"{margin}{shown_label}{space}{shown_words}"
            for line in more:
                yield " " * column + self.style(line, *codes)
            # Only the first pair, the figure that is looked for, stands out.
            codes = ()

    def numbered(self, position: int, amount: str, title: str, *colours: str) -> Lines:
        """Yield the heading of an item that moved the index: its number, its points, its title.

        Args:
            position: the number of the item, from 1.
            amount: its points, as they are shown.
            title: what moved; it goes on below itself where it is long.
            colours: the codes of the colour of the amount.

        >>> list(TextLayout(40, colour=False).numbered(1, "−0.25", "Sent on time"))
        ['', '1. −0.25  Sent on time']
        """
        number = f"{position}. "
        indent = len(number) + len(amount) + GAP
        first, *more = self.wrap(title, indent)
        shown_number = self.style(number, BOLD)
        shown_amount = self.style(amount, BOLD, *colours)
        shown_title = self.style(first, BOLD)
        space = " " * GAP
        yield ""
        yield f"{shown_number}{shown_amount}{space}{shown_title}"
        for line in more:
            yield " " * indent + self.style(line, BOLD)

    # Tables

    def table(
        self, heads: list[str], rows: list[list[str]], notes: Sequence[str] = ()
    ) -> Lines:
        """Yield a table whose first column wraps.

        The columns of figures get the room that they need, and the titles what is left over.
        Where that is too little, the rows stand one below the other instead.

        Args:
            heads: the headings of the columns, that of the titles first.
            rows: the cells of each row, its title first.
            notes: a text for each row, which stands below it; an empty one is left out.
        """
        widths = column_widths(heads, rows)
        figures_width = sum(widths[1:])
        room = self.width - figures_width - GAP * len(widths)
        # A table of short titles is content with less room than `TITLE`.
        fits = room >= min(widths[0], TITLE)
        widths[0] = min(widths[0], room)
        if fits:
            heading = self.row(heads, widths).rstrip()
            yield self.style(heading, DIM)
        row_notes = notes or [""] * len(rows)
        for cells, note in zip(rows, row_notes, strict=True):
            if fits:
                yield from self.wrapped_row(cells, widths)
            else:
                yield from self.stacked(heads, [cells])
            if note:
                yield from self.note(note)

    def note(self, words: str) -> Lines:
        """Yield a remark, set in and faint, on as many lines as it needs."""
        for line in self.wrap(words, GAP):
            yield f"  {self.style(line, DIM)}"

    def stacked(self, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Lines:
        """Yield each row as its title and, below it, its figures with their names.

        >>> list(TextLayout(40, colour=False).stacked(["Area", "Lost"], [["Reform", "2.5"]]))
        ['Reform', '  Lost 2.5']
        """
        # The headings of a table do not stand above what is stacked: each figure takes its own.
        for title, *figures in rows:
            yield from self.wrap(title, 0)
            named = zip(heads[1:], figures, strict=True)
            line = " · ".join(f"{head} {figure}" for head, figure in named)
            for part in self.wrap(line, GAP):
                yield f"  {part}"

    def wrapped_row(self, cells: Sequence[str], widths: Sequence[int]) -> Lines:
        """Yield a row of a table whose first cell goes on below itself."""
        first, *more = _wrapped(cells[0], widths[0])
        yield self.row([first, *cells[1:]], widths)
        yield from more

    @staticmethod
    def row(cells: Sequence[str], widths: Sequence[int]) -> str:
        """Return the cells of a row: the first at the left of its column, figures at the right.

        >>> TextLayout.row(["Area", "7.5"], [6, 5])
        'Area      7.5  '
        """
        space = " " * GAP
        title = cells[0].ljust(widths[0])
        line = title + space
        for cell, width in zip(cells[1:], widths[1:], strict=True):
            line += cell.rjust(width) + space
        return line


def column_widths(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[int]:
    """Return how wide each column must be for its longest cell.

    >>> column_widths(["Area", "Lost"], [["Reform", "2"], ["All", "12.25"]])
    [6, 5]
    """
    columns = zip(heads, *rows, strict=True)
    return [max(map(len, cells)) for cells in columns]


def _wrapped(words: str, width: int) -> list[str]:
    # A hyphen is part of a name here (`TTHC-01`), not a place to break a line at.
    lines = textwrap.wrap(words, width, break_on_hyphens=False)
    return lines or [""]


class ReportText(TextLayout):
    """Lays out the parts of a report, one below the other."""

    def __init__(self, display: Display, width: int, *, colour: bool) -> None:
        super().__init__(width, colour=colour)
        self.display = display

    def lines(self) -> Lines:
        """Yield every line."""
        display = self.display
        title = display.say("title").upper()
        yield self.style(title, BOLD)
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

    def areas(self) -> Lines:
        """Yield the groups at the top as a table with bars.

        Where the table does not fit, they stand one below the other, without bars.
        """
        display = self.display
        yield from self.heading(display.say("areas"))
        heads = [display.say("area"), *map(display.say, COLUMNS)]
        groups = display.areas()
        rows = [self.area_cells(group) for group in groups]
        # The bars are a column of their own, to the right of the figures that they show.
        bar_head = display.say("bar")
        widths = column_widths(heads, rows)
        bar_width = max(BAR, len(bar_head))
        figures_width = sum(widths[1:])
        room = self.width - figures_width - GAP * len(widths) - bar_width
        if room < TITLE:
            yield from self.stacked(heads, rows)
            return
        widths[0] = min(widths[0], room)
        heading = self.row(heads, widths) + bar_head
        yield self.style(heading, DIM)
        for group, cells in zip(groups, rows, strict=True):
            first, *more = textwrap.wrap(cells[0], widths[0]) or [""]
            line = self.row([first, *cells[1:]], widths)
            yield line + self.bar(group)
            yield from more

    def area_cells(self, group: Document) -> list[str]:
        """Return the cells of an area: its title, then its points."""
        points = (self.display.number(group[key]) for key in COLUMNS)
        return [self.display.title(group), *points]

    def bar(self, group: Document) -> str:
        """Draw what was earned (█), lost (░) and excluded (·) as parts of one bar.

        The parts are rounded down and what is left over goes to the loss, so that a bar is full
        only where nothing is lost: for 9.99 of 10 points, 19 of 20 characters are █ and one is ░.
        """
        maximum = Decimal(group["maximum"])
        if maximum <= 0:
            return ""
        # Rules may take away more than they give; a bar does not grow to the left.
        points = max(Decimal(group["earned"]), Decimal(0))
        earned = _bar_cells(points, maximum)
        excluded = _bar_cells(Decimal(group["excluded"]), maximum)
        excluded = min(excluded, BAR - earned)
        lost = BAR - earned - excluded
        parts = [
            self.style("█" * earned, GREEN),
            self.style("░" * lost, RED),
            self.style("·" * excluded, DIM),
        ]
        return "".join(parts)

    def lost(self, title: str, rules: list[Document]) -> Lines:
        """Yield a list of rules that lost points, with everything that is said of each."""
        display = self.display
        yield from self.heading(title)
        if not rules:
            yield display.no_losses()
        # The document has the losses in the order of their size; the numbers are that order.
        for position, rule in enumerate(rules, start=1):
            points = display.lost_points(rule)
            title = safe(rule["title"])
            yield from self.numbered(position, points, title, RED)
            yield from self.pairs(display.loss(rule), indent=WORDS_INDENT)

    def apart(self, key: str, title: str, rules: list[Document]) -> Lines:
        """Yield a list of rules that stand apart from the lost points, each with its reason."""
        display = self.display
        yield from self.heading(title)
        for rule in rules:
            title = safe(rule["title"])
            clauses = display.clauses(rule)
            points = display.points_at_stake(rule, key)
            yield from self.bullet(f"{title} ({clauses}) – {points}")
            yield from self.note(safe(rule["reason"]["text"]))

    def tracks(self) -> Lines:
        """Yield the further tracks: the sum of each, and the points of its rules with reasons."""
        display = self.display
        # Points of a track are never in the index: they stand apart, below all that makes it.
        tracks = list(display.tracks())
        if tracks:
            yield from self.heading(display.say("tracks"))
        for words, rules in tracks:
            for line in self.wrap(words, 0):
                yield self.style(line, BOLD)
            for rule in rules:
                yield from self.bullet(rule)


def _bar_cells(part: Decimal, whole: Decimal) -> int:
    return min(int(part * BAR / whole), BAR)
