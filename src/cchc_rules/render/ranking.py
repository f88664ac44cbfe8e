"""Views of a ranking document: text, Markdown, CSV, JSON. They lay out what it says, and compute
nothing.

Text and Markdown leave out columns that say nothing of any unit, so that a ranking of ten communes
without districts is not half dashes. CSV is for programs: it always has the same columns.
"""

import csv
import io
import json
from collections.abc import Iterator
from functools import cached_property

from cchc_rules.base import messages
from cchc_rules.render.display import Document, Facts, Lines, Words, safe, safe_list
from cchc_rules.render.markdown import heading, pairs, table
from cchc_rules.render.text import BOLD, TextLayout

FORMATS = ("text", "markdown", "csv", "json")
COLUMNS = (
    "rank", "district_rank", "unit", "district", "unit_kind", "index", "exact", "band",
    "band_title", "band_before_quota", "quota", "before", "district_before", "index_before",
    "before_unranked", "move", "district_move", "index_move", "unranked", "row",
)  # fmt: skip
"""The columns of the table in CSV."""

FIGURES = ("rank", "district_rank", "index")
"""Columns of plain figures."""


def render(
    document: Document, form: str, *, width: int = 100, colour: bool = False
) -> str:
    """Return a ranking document in one of `FORMATS`.

    Args:
        document: the ranked units, and those that have no rank.
        form: one of `FORMATS`.
        width: how many characters a line of the text may have; the other forms have no width.
        colour: whether the text has escape codes for colour.

    Returns:
        The view, with a line end at its end.
    """
    if form == "json":
        return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    if form == "csv":
        return _csv(document)
    view = RankingView(document)
    if form == "markdown":
        return _joined(_markdown(view))
    return _joined(_RankingText(view, width, colour).lines())


def _joined(lines: Iterator[str]) -> str:
    return "\n".join(line.rstrip() for line in lines) + "\n"


# CSV


def _csv(document: Document) -> str:
    """Return every unit as a row, those without a rank last."""
    rows = io.StringIO()
    writer = csv.DictWriter(rows, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for unit in [*document["units"], *document["unranked"]]:
        # A unit without a rank lacks the columns of ranked ones, and the reverse.
        cells = {name: _csv_cell(unit.get(name)) for name in COLUMNS}
        writer.writerow(cells)
    return rows.getvalue()


def _csv_cell(value: object) -> object:
    """Return a cell that no terminal obeys and no spreadsheet takes for a formula.

    An apostrophe before it makes a spreadsheet take a cell for a text (OWASP, "CSV Injection").

    >>> _csv_cell("=1+1"), _csv_cell("-1.01"), _csv_cell("Commune A")
    ("'=1+1", '-1.01', 'Commune A')
    """
    if not isinstance(value, str):
        return value
    text = safe(value)
    looks_like_formula = text.startswith(("=", "+", "-", "@"))
    if looks_like_formula and not _is_figure(text):
        return f"'{text}"
    return text


def _is_figure(text: str) -> bool:
    """Whether a text is a figure of the document, like `-1.01` or `-905/1000`."""
    unsigned = text.removeprefix("-")
    digits = unsigned.replace(".", "", 1).replace("/", "", 1)
    return digits.isdecimal()


# Words


class RankingView(Words):
    """Says the parts of a ranking, for every view alike."""

    def tell(self, id_: str, **arguments: object) -> str:
        """Return a message about rankings, its arguments made safe."""
        shown = {name: safe(value) for name, value in arguments.items()}
        return messages.message(self.lang, f"ranking.{id_}", **shown)

    def head(self) -> Facts:
        """Yield the lines of the head: label and words. That units are missing comes first."""
        document = self.document
        if document["unranked"]:
            yield self.tell("incomplete"), self.incomplete()
        if document["ruleset"]:
            ruleset = document["ruleset"]
            name = f"{ruleset['id']} {ruleset['version']} – {ruleset['title']}"
            yield self.tell("ruleset"), safe(name)
        if document["period"]:
            yield self.tell("period"), safe(document["period"])
        yield self.tell("ties"), self.tell(f"ties-{document['ties']}")
        if document["each_kind"]:
            yield self.tell("kinds"), self.tell("kinds-apart")
        for quota in document["quotas"]:
            yield self.tell("quota"), safe(quota)
        if document["gone"]:
            yield self.tell("gone"), safe_list(document["gone"])
        if document["unlisted"]:
            yield self.tell("unlisted"), safe_list(document["unlisted"])

    def incomplete(self) -> str:
        """Return how many units have no rank, by the reason."""
        counts = self.document["counts"]
        reasons = []
        for reason, count in counts.items():
            if reason != "ranked" and count:
                key = reason.replace("_", "-")
                reasons.append(self.tell(f"count-{key}", count=self.count(count)))
        unranked = len(self.document["unranked"])
        return self.tell(
            "incomplete-line",
            unranked=self.count(unranked),
            all=self.count(unranked + counts["ranked"]),
            reasons=", ".join(reasons),
        )

    def count(self, count: int) -> str:
        """Return a number of units in the language's form."""
        return self.number(str(count))

    # Ranked units

    @cached_property
    def columns(self) -> list[str]:
        """The columns that say anything, the unit first."""
        # The move stands beside the rank, and the difference beside the index: each next to what
        # it is a move of.
        compared = self.document["compared"]
        columns = ["unit", "rank"]
        if compared:
            columns.append("move")
        optional = ("district", "district_rank", "unit_kind")
        columns += filter(self.says_anything, optional)
        columns.append("index")
        if compared:
            columns.append("index_move")
        columns += filter(self.says_anything, ("band", "quota"))
        return columns

    def says_anything(self, column: str) -> bool:
        """Whether any ranked unit has something in a column."""
        units = self.document["units"]
        return any(unit[column] is not None for unit in units)

    def heads(self) -> list[str]:
        """Return the headings of the columns."""
        return [self.heading(column) for column in self.columns]

    def heading(self, column: str) -> str:
        """Return the heading of a column."""
        return self.tell(f"column-{column.replace('_', '-')}")

    def rows(self) -> list[list[str]]:
        """Return the cells of every ranked unit."""
        rows = []
        for unit in self.document["units"]:
            rows.append([self.cell(unit, column) for column in self.columns])
        return rows

    def cell(self, unit: Document, column: str) -> str:
        """Return what a unit has in a column; a band by its title where that is known."""
        if column == "move":
            return self.move(unit)
        value = unit[column]
        if value is None:
            return "–"
        if column == "band":
            return safe(unit["band_title"] or value)
        if column == "quota":
            return self.tell(f"quota-{value}", band=unit["band_before_quota_title"])
        if column == "index_move":
            return self.signed(value)
        if column in FIGURES:
            return self.number(str(value))
        return safe(value)

    def move(self, unit: Document) -> str:
        """Return how far a unit moved: up, down, or not; else why it had no rank before."""
        # A lower number is a better rank, and so `move` counts ranks that were won as above 0.
        if unit["before"] is None:
            reason = unit["before_unranked"]
            if reason is None:
                return self.tell("new")
            return self.tell(f"before-{reason.replace('_', '-')}")
        move = unit["move"]
        if move > 0:
            return f"▲ {move}"
        if move < 0:
            return f"▼ {-move}"
        return "＝"

    def signed(self, text: str) -> str:
        """Return a difference with its sign."""
        is_zero = not text.strip("0.")
        if is_zero or text.startswith("-"):
            return self.number(text)
        return f"+{self.number(text)}"

    # Units without a rank

    @cached_property
    def unranked_columns(self) -> list[str]:
        """The columns that say anything of units without a rank."""
        units = self.document["unranked"]
        columns = ["unit"]
        for name in ("district", "before"):
            if any(unit[name] is not None for unit in units):
                columns.append(name)
        return [*columns, "unranked"]

    def unranked_heads(self) -> list[str]:
        """Return the headings of the table of units without a rank."""
        return [self.heading(column) for column in self.unranked_columns]

    def unranked_rows(self) -> list[list[str]]:
        """Return the cells of every unit without a rank."""
        columns = self.unranked_columns
        rows = []
        for unit in self.document["unranked"]:
            rows.append([self.unranked_cell(unit, column) for column in columns])
        return rows

    def unranked_cell(self, unit: Document, column: str) -> str:
        """Return what is said of a unit without a rank; one without a name is known by its row."""
        value = unit[column]
        if column == "unranked":
            return self.tell(f"unranked-{value.replace('_', '-')}")
        if column == "unit" and value is None:
            return self.tell("row", row=unit["row"])
        if value is None:
            return "–"
        return safe(value)


# Markdown and text


def _markdown(view: RankingView) -> Lines:
    yield f"# {view.tell('title')}"
    yield ""
    yield from pairs(view.head())
    yield ""
    yield from table(view.heads(), view.rows())
    if view.document["unranked"]:
        yield from heading(view.tell("unranked"))
        yield from table(view.unranked_heads(), view.unranked_rows())


class _RankingText(TextLayout):
    """Lays out a ranking for a terminal or a pipe."""

    def __init__(self, view: RankingView, width: int, colour: bool) -> None:
        self.view = view
        self.width = width
        self.colour = colour

    def lines(self) -> Lines:
        """Yield every line."""
        view = self.view
        yield self.style(view.tell("title").upper(), BOLD)
        yield from self.pairs(view.head())
        yield ""
        yield from self.table(view.heads(), view.rows())
        if view.document["unranked"]:
            yield ""
            yield self.style(view.tell("unranked").upper(), BOLD)
            yield from self.table(view.unranked_heads(), view.unranked_rows())
