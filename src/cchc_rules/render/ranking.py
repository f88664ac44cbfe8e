"""Views of a ranking document: text, Markdown, CSV, JSON. They lay out what it says, and compute
nothing.
"""

import csv
import io
import json
from collections.abc import Iterator
from functools import cached_property

from cchc_rules.base import messages
from cchc_rules.render.display import Document, Words, safe
from cchc_rules.render.markdown import pairs, table
from cchc_rules.render.text import BOLD, Sheet

FORMATS = ("text", "markdown", "csv", "json")
COLUMNS = (
    "rank", "district_rank", "unit", "district", "unit_kind", "index", "exact", "band", "before", "district_before",
    "index_before", "move", "district_move", "index_move",
)  # fmt: skip
"""The columns of the table in CSV."""


def render(
    document: Document, form: str, *, width: int = 100, colour: bool = False
) -> str:
    """Return a ranking document in one of `FORMATS`; width and colour count for text alone."""
    if form == "json":
        return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    if form == "csv":
        return _csv(document)
    view = View(document)
    lines = (
        _markdown(view) if form == "markdown" else _Text(view, width, colour).lines()
    )
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _csv(document: Document) -> str:
    made = io.StringIO()
    writer = csv.DictWriter(made, COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(document["units"])
    return made.getvalue()


class View(Words):
    """Says the parts of a ranking, for every view alike."""

    def tell(self, id_: str, **places: object) -> str:
        """Return a message about rankings, its places made safe."""
        return messages.message(
            self.lang,
            f"ranking.{id_}",
            **{key: safe(value) for key, value in places.items()},
        )

    def head(self) -> Iterator[tuple[str, str]]:
        """Yield the lines of the head: label and words."""
        if self.document["period"]:
            yield self.tell("period"), safe(self.document["period"])
        yield self.tell("ties"), self.tell(f"ties-{self.document['ties']}")
        if self.document["each_kind"]:
            yield self.tell("kinds"), self.tell("kinds-apart")
        if self.document["gone"]:
            yield self.tell("gone"), safe(", ".join(self.document["gone"]))

    @cached_property
    def columns(self) -> list[str]:
        """The columns that say anything, the unit first."""
        found = ["unit", "rank", *(["move"] if self.document["compared"] else [])]
        known = [
            name
            for name in ("district", "district_rank", "unit_kind")
            if self.any(name)
        ]
        moved = ["index_move"] if self.document["compared"] else []
        return [
            *found,
            *known,
            "index",
            *moved,
            *(["band"] if self.any("band") else []),
        ]

    def any(self, name: str) -> bool:
        """Whether any unit has something."""
        return any(unit[name] is not None for unit in self.document["units"])

    def heads(self) -> list[str]:
        """Return the headings of the columns."""
        return [self.tell(f"column-{name.replace('_', '-')}") for name in self.columns]

    def rows(self) -> list[list[str]]:
        """Return the cells of every unit."""
        return [
            [self.cell(unit, name) for name in self.columns]
            for unit in self.document["units"]
        ]

    def cell(self, unit: Document, name: str) -> str:
        """Return what a unit has in a column."""
        value = unit[name]
        if name == "move":
            return self.moved(unit)
        if value is None:
            return "–"
        if name == "index_move":
            return self.signed(value)
        return (
            self.number(str(value))
            if name in ("rank", "district_rank", "index")
            else safe(value)
        )

    def moved(self, unit: Document) -> str:
        """Return how far a unit moved: up, down, or not; or that it is new."""
        if unit["before"] is None:
            return self.tell("new")
        move = unit["move"]
        return f"▲ {move}" if move > 0 else f"▼ {-move}" if move < 0 else "＝"

    def signed(self, text: str) -> str:
        """Return a difference with its sign."""
        return (
            self.number(text)
            if text.startswith("-") or not text.strip("0.")
            else f"+{self.number(text)}"
        )


def _markdown(view: View) -> Iterator[str]:
    yield from (f"# {view.tell('title')}", "")
    yield from pairs(view.head())
    yield ""
    yield from table(view.heads(), view.rows())


class _Text(Sheet):
    """Lays out a ranking for a terminal or a pipe."""

    def __init__(self, view: View, width: int, colour: bool) -> None:
        self.view = view
        self.width = width
        self.colour = colour

    def lines(self) -> Iterator[str]:
        """Yield every line."""
        yield self.style(self.view.tell("title").upper(), BOLD)
        yield from self.pairs(self.view.head())
        yield ""
        yield from self.table(self.view.heads(), self.view.rows())
