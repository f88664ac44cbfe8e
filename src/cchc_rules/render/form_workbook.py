"""The blank submission as a workbook to fill in: one row a figure, yellow cells open, everything
else locked.

Each table stands below a hidden key row that names its columns (`cchc_rules.intake.sheets`); a row
is known by its id.
"""

from datetime import date
from typing import Any

from cchc_rules.base.messages import message
from cchc_rules.base.messages import number as say_number
from cchc_rules.render.workbook.book import (
    A3,
    BOLD,
    BOX,
    CENTRE,
    FAINT,
    OPEN,
    PALE,
    TITLE,
    Book,
    Sheet,
)
from cchc_rules.render.workbook.cells import cell, day, elsewhere
from cchc_rules.submissions.blank import Document
from cchc_rules.submissions.worksheets import MARK

TEXT = {**BOX, **OPEN, "num_format": "@"}
DAY = {**BOX, **OPEN, "num_format": "dd/mm/yyyy"}
FIGURE = {**BOX, **OPEN, "num_format": "#,##0.##########", "align": "right"}
CLOSED = {**BOX, "bg_color": "#D9D9D9"}
KEY = {**FAINT, **BOX}
WIDTHS = {
    "id": 13, "type": 6, "number": 5, "title": 44, "unit": 9, "allowed": 16, "clauses": 12, "numerator": 11,
    "denominator": 11, "value": 13, "items": 24, "not_applicable": 20, "evidence": 24, "documents": 28, "dates": 12,
    "by": 14, "why": 18, "until": 12, "note": 20, "track": 12, "points": 10, "reason": 36,
}  # fmt: skip
COLUMNS = tuple(WIDTHS)[:19]
POINTS = (
    "id",
    "track",
    "number",
    "title",
    "clauses",
    "allowed",
    "points",
    "reason",
    "documents",
    "dates",
)
BLOCKS = ("id", "track", "number", "title", "reason")
HEADS = ("ruleset", "version", "unit", "unit_kind", "period", "as_of", "note")
FIRST_DAY = "DATE(1900,3,1)"


def form(document: Document) -> bytes:
    """Return the file of a blank form; the same document always gives the same bytes."""
    book = Book(document["from"], document["title"], "cchc-rules")
    _Form(document, book).write()
    return book.done()


class _Form:
    def __init__(self, document: Document, book: Book) -> None:
        self.document = document
        self.book = book
        self.levels = 0

    def say(self, word: str, **places: str) -> str:
        return message(self.document["language"], f"form.{word}", **places)

    def write(self) -> None:
        self.sheet = self.open("figures", COLUMNS)
        self.lists = self.book.workbook.add_worksheet(self.say("sheet-lists"))
        self.lists.hide()
        self.figures()
        if self.document["points"]:
            self.points("points", [(rule, "") for rule in self.document["points"]])
        if self.document["tracks"]:
            self.points(
                "tracks",
                [
                    (r, track["id"])
                    for track in self.document["tracks"]
                    for r in track["rules"]
                ],
            )
        if self.document["blocks"]:
            self.blocks()
        self.guide()

    def open(self, name: str, columns: tuple[str, ...]) -> Sheet:
        sheet = self.book.sheet(
            self.say(f"sheet-{name}"), [WIDTHS[column] for column in columns], A3
        )
        for at, column in enumerate(columns):
            if column in ("type", "track") and name != "tracks":
                sheet.worksheet.set_column(at, at, 1, None, {"hidden": True})
        return sheet

    def keys(self, row: int, name: str, columns: tuple[str, ...]) -> None:
        """Put a key row: hidden, it says what the columns below hold."""
        for at, column in enumerate(columns):
            self.sheet.text(row, at, MARK + name if not at else column, **FAINT)
        self.sheet.worksheet.set_row(row, None, None, {"hidden": True})
        self.sheet.lines.pop(row, None)

    def title(self, words: str) -> None:
        self.sheet.over(0, (2, 9), words, **TITLE)

    def check(self, row: int, column: int, rule: dict[str, Any], words: str) -> None:
        """Let a cell hold only what it may; the cell says what that is."""
        rule = {
            **rule,
            "error_title": self.say("wrong")[:32],
            "error_message": words[:255],
        }
        self.sheet.worksheet.data_validation(row, column, row, column, rule)

    # The sheet of figures

    def figures(self) -> None:
        self.title(self.document["title"].upper())
        self.sheet.over(1, (2, 9), self.say("fill-yellow"), italic=True, align="center")
        row = self.head(2) + 1
        self.sheet.heads(row, [self.say(f"column-{column}") for column in COLUMNS])
        self.keys(row + 1, "figures", COLUMNS)
        self.sheet.worksheet.freeze_panes(row + 2, 4)
        row = row + 2
        number = 0
        for at, area in enumerate(self.document["areas"], start=1):
            self.banner(row, f"{at}. {area['title']}", {**BOLD, "bg_color": PALE})
            row += 1
            for officer in area["officers"]:
                if officer["lead"]:
                    self.banner(
                        row, self.say("lead", lead=officer["lead"]), {"italic": True}
                    )
                    row += 1
                for metric in officer["metrics"]:
                    number += 1
                    self.figure(row, number, metric)
                    row += 1

    def banner(self, row: int, words: str, style: dict[str, Any]) -> None:
        self.sheet.over(row, (2, len(COLUMNS) - 1), words, **{**BOX, **style})

    def head(self, row: int) -> int:
        """Put the head of the form: who reports, for when; return the row below it."""
        self.keys(row, "head", ("id", "", "", "", "value"))
        for name in HEADS:
            if name != "unit_kind" or self.document["kinds"] or self.document["kind"]:
                row += 1
                self.sheet.text(row, 0, name, **KEY)
                self.sheet.over(
                    row, (2, 3), self.say(f"head-{name}"), **{**BOX, **BOLD}
                )
                self.head_cell(row, name)
        self.keys(row + 1, "end", ("id",))
        return row + 2

    def head_cell(self, row: int, name: str) -> None:
        given = (
            self.document["kind"] if name == "unit_kind" else self.document.get(name)
        )
        style = (
            DAY
            if name == "as_of"
            else {**BOX, "bg_color": PALE}
            if name in ("ruleset", "version")
            else TEXT
        )
        self.sheet.over(row, (4, 9), given, **style)
        if name == "as_of":
            self.check(
                row,
                4,
                {"validate": "date", "criteria": ">=", "value": "=" + FIRST_DAY},
                self.say("day"),
            )
        elif name == "unit_kind" and not given:
            kinds = [
                f"{kind['id']} – {kind['title']}" for kind in self.document["kinds"]
            ]
            self.check(
                row,
                4,
                {"validate": "list", "source": self.listed(kinds)},
                self.say("choose"),
            )

    def figure(self, row: int, number: int, metric: Document) -> None:
        said = {
            "id": metric["id"],
            "type": metric["type"],
            "number": str(number),
            "title": self.titled(metric),
            "unit": metric["unit"],
            "allowed": metric["allowed"],
            "clauses": ", ".join(metric["clauses"]),
            "evidence": (metric["evidence"] or "")
            + (self.say("required") if metric["evidence_required"] else ""),
        }
        for at, column in enumerate(COLUMNS):
            if column in said:
                self.sheet.text(
                    row, at, said[column], **(KEY if column == "id" else BOX)
                )
            else:
                self.sheet.text(row, at, None, **self.style(column, metric))
        self.hold(row, metric)

    def titled(self, metric: Document) -> str:
        """Return a figure's title; of a ratio, with what stands above and below the line."""
        if not metric["ratio"]:
            return str(metric["title"])
        above, below = metric["ratio"]
        return f"{metric['title']} ({self.say('ratio', above=above, below=below)})"

    def style(self, column: str, metric: Document) -> dict[str, Any]:
        """Return how an input cell looks: what this figure does not ask for is grey and locked."""
        if column in ("numerator", "denominator"):
            return FIGURE if metric["ratio"] else CLOSED
        if column == "items":
            return TEXT if metric["distinct"] else CLOSED
        if column == "value" and metric["distinct"]:
            return CLOSED
        if column == "value":
            return {"date": DAY, "yes_no": TEXT, "level": TEXT}.get(
                metric["type"], FIGURE
            )
        return DAY if column in ("dates", "until") else TEXT

    def hold(self, row: int, metric: Document) -> None:
        """Let the figure's cells hold only what they may."""
        at = COLUMNS.index
        if metric["ratio"]:
            for column in ("numerator", "denominator"):
                rule = {"validate": "decimal", "criteria": ">=", "value": "=0"}
                self.check(row, at(column), rule, self.say("not-below-0"))
        rule = {"validate": "date", "criteria": ">=", "value": "=" + FIRST_DAY}
        self.check(row, at("until"), rule, self.say("day"))
        if not metric["distinct"]:
            self.check(
                row,
                at("value"),
                self.rule(metric),
                self.say("allowed", allowed=metric["allowed"]),
            )

    def rule(self, metric: Document) -> dict[str, Any]:
        if metric["type"] == "yes_no":
            return {
                "validate": "list",
                "source": self.listed([self.yes("yes"), self.yes("no")]),
            }
        if metric["type"] == "level":
            return {"validate": "list", "source": self.listed(metric["levels"])}
        if metric["type"] == "date":
            first, last = (
                (day(edge) for edge in metric["window"])
                if metric["window"]
                else (FIRST_DAY, day(LAST_DAY))
            )
            return {
                "validate": "date",
                "criteria": "between",
                "minimum": "=" + first,
                "maximum": "=" + last,
            }
        low, high = (
            "=" + (edge or unbounded)
            for edge, unbounded in ((metric["least"], LEAST), (metric["most"], MOST))
        )
        sort = "integer" if metric["type"] in ("count", "rank") else "decimal"
        return {
            "validate": sort,
            "criteria": "between",
            "minimum": low,
            "maximum": high,
        }

    def yes(self, word: str) -> str:
        return message(self.document["language"], f"word.{word}")

    def listed(self, choices: list[str]) -> str:
        """Put choices on the hidden sheet; return where they stand, as a formula."""
        for at, choice in enumerate(choices):
            self.lists.write_string(at, self.levels, choice)
        column = self.levels
        self.levels = self.levels + 1
        area = f"{cell(0, column)}:{cell(len(choices) - 1, column)}"
        return "=" + elsewhere(self.say("sheet-lists"), area)

    # Points, blocks, guide

    def points(self, name: str, asked: list[tuple[Document, str]]) -> None:
        self.sheet = self.open(name, POINTS)
        self.title(self.say(f"sheet-{name}").upper())
        self.sheet.heads(1, [self.say(f"column-{column}") for column in POINTS])
        self.keys(2, name, POINTS)
        self.sheet.worksheet.freeze_panes(3, 4)
        for number, (rule, track) in enumerate(asked, start=1):
            row = number + 2
            allowed = " – ".join(
                say_number(self.document["language"], rule[end])
                for end in ("lowest", "weight")
            )
            said = (
                rule["id"],
                track,
                str(number),
                rule["title"],
                ", ".join(rule["clauses"]),
                allowed,
            )
            for at, words in enumerate(said):
                self.sheet.text(row, at, words, **(BOX if at else KEY))
            for at, style in enumerate((FIGURE, TEXT, TEXT, DAY), start=len(said)):
                self.sheet.text(row, at, None, **style)
            ends = {"minimum": "=" + rule["lowest"], "maximum": "=" + rule["weight"]}
            check = {"validate": "decimal", "criteria": "between", **ends}
            self.check(row, len(said), check, self.say("allowed", allowed=allowed))

    def blocks(self) -> None:
        self.sheet = self.open("absent", BLOCKS)
        self.sheet.over(0, (2, 4), self.say("sheet-absent").upper(), **TITLE)
        self.sheet.heads(1, [self.say(f"column-{column}") for column in BLOCKS])
        self.keys(2, "absent", BLOCKS)
        self.sheet.worksheet.freeze_panes(3, 4)
        for number, block in enumerate(self.document["blocks"], start=1):
            for at, words in enumerate((block["id"], "", str(number), block["title"])):
                self.sheet.text(number + 2, at, words, **(BOX if at else KEY))
            self.sheet.text(number + 2, 4, None, **TEXT)

    def guide(self) -> None:
        sheet = self.book.sheet(self.say("sheet-guide"), [5, 110])
        sheet.banner(0, self.say("sheet-guide").upper(), **TITLE)
        for at in range(1, LINES + 1):
            sheet.text(at, 0, str(at), **CENTRE)
            sheet.text(at, 1, self.say(f"guide-{at}"))


LINES = 9
LEAST = "-1000000000000000"
MOST = "1000000000000000"
LAST_DAY = date(9999, 12, 31).isoformat()
