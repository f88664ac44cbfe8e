"""The blank submission as a workbook to fill in: one row a metric, yellow cells open, everything
else locked.

Each table stands below a hidden key row that names its columns; a row is known by the id in its
first cell. `cchc_rules.submissions.worksheets` reads the tables back by these keys, so that people
may move rows and columns, and the headings may be in any language.
"""

from collections.abc import Iterable, Iterator
from datetime import date

from cchc_rules.base import messages
from cchc_rules.render.workbook.book import (
    A3,
    BOLD,
    BOX,
    CENTRE,
    FAINT,
    OPEN,
    PALE,
    SUBTITLE,
    TITLE,
    Book,
    ProtectedSheet,
    Style,
)
from cchc_rules.render.workbook.cells import FIRST_DAY, cell, day, elsewhere
from cchc_rules.submissions.blank import Document
from cchc_rules.submissions.worksheets import MARK

# Styles of cells. `@` makes a cell keep what is typed as a text: 01/02 stays a number of a document
# and does not become a day.
TEXT: Style = {**BOX, **OPEN, "num_format": "@"}
DAY: Style = {**BOX, **OPEN, "num_format": "dd/mm/yyyy"}
FIGURE: Style = {**BOX, **OPEN, "num_format": "#,##0.##########", "align": "right"}
CLOSED: Style = {**BOX, "bg_color": "#D9D9D9"}
KEY: Style = {**FAINT, **BOX}

WIDTHS = {
    "id": 13,
    "type": 6,
    "number": 5,
    "title": 44,
    "unit": 9,
    "allowed": 16,
    "clauses": 12,
    "numerator": 11,
    "denominator": 11,
    "value": 13,
    "items": 24,
    "not_applicable": 20,
    "evidence": 24,
    "documents": 28,
    "dates": 12,
    "by": 14,
    "why": 18,
    "until": 12,
    "note": 20,
    "track": 12,
    "points": 10,
    "reason": 36,
}
"""The columns of all sheets, with their widths in characters."""

_LAST_COLUMN = list(WIDTHS).index("note")
COLUMNS = tuple(WIDTHS)[: _LAST_COLUMN + 1]
"""The columns of the sheet of figures, up to the note."""

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
"""The rows of the head; the kind of unit is left out where a rule set knows none."""

FIXED_HEADS = ("ruleset", "version")

# The columns that the title, the labels and the entries of the head go over. The first two hold ids
# and types, which a program reads.
TITLE_COLUMNS = (2, 9)
LABEL_COLUMNS = (2, 3)
ENTRY_COLUMNS = (4, 9)

LINES = 9
"""Lines of the guide, `form.guide-1` and on in the catalogue."""

# A form has no empty limit: what a metric does not bound is held to what a sheet keeps exactly.
LEAST = "-1000000000000000"
MOST = "1000000000000000"

LAST_DAY = date.max.isoformat()

# Most characters of the message that refuses an entry, as Excel limits them.
LONGEST_ERROR_TITLE = 32
LONGEST_ERROR = 255


def form(document: Document) -> bytes:
    """Return the file of a blank form; the same document always gives the same bytes.

    Args:
        document: the blank submission of a rule set, as `cchc_rules.submissions.blank` gives it.

    Returns:
        The bytes of an `.xlsx` file, which `score` takes when it is filled in.
    """
    book = Book(document["from"], document["title"], "cchc-rules")
    _Form(document, book).write()
    return book.done()


class _Form:
    """Writes the sheets of a form; `sheet` is the one being written."""

    def __init__(self, document: Document, book: Book) -> None:
        self.document = document
        self.lang: str = document["language"]
        self.book = book
        self.list_count = 0

    def say(self, key: str, **arguments: str) -> str:
        """Return a message about forms."""
        return messages.message(self.lang, f"form.{key}", **arguments)

    def write(self) -> None:
        """Write the sheets that the rule set needs."""
        document = self.document
        self.sheet = self.open("figures", COLUMNS)
        self.lists = self.book.workbook.add_worksheet(self.say("sheet-lists"))
        self.lists.hide()
        self.figures()
        if document["points"]:
            without_track = [(rule, "") for rule in document["points"]]
            self.points("points", without_track)
        if document["tracks"]:
            self.points("tracks", self.rules_of_tracks())
        if document["blocks"]:
            self.blocks()
        self.guide()

    def rules_of_tracks(self) -> Iterator[tuple[Document, str]]:
        """Yield every rule that a track gives points to, with the id of the track."""
        for track in self.document["tracks"]:
            for rule in track["rules"]:
                yield rule, track["id"]

    def open(self, name: str, columns: tuple[str, ...]) -> ProtectedSheet:
        """Add a sheet; columns that only a program reads are hidden."""
        title = self.say(f"sheet-{name}")
        widths = [WIDTHS[column] for column in columns]
        sheet = self.book.sheet(title, widths, A3)
        hidden = {"type", "track"}
        if name == "tracks":
            hidden.remove("track")
        for index, column in enumerate(columns):
            if column in hidden:
                sheet.worksheet.set_column(index, index, 1, None, {"hidden": True})
        return sheet

    def keys(self, row: int, name: str, columns: tuple[str, ...]) -> None:
        """Put a key row: hidden, it says which table begins and what its columns hold.

        Args:
            row: the row.
            name: the table, as the reader of forms knows it.
            columns: the keys of its columns; the mark of the table stands in place of the first.
        """
        keys = (MARK + name, *columns[1:])
        for index, key in enumerate(keys):
            self.sheet.text(row, index, key, **FAINT)
        self.sheet.worksheet.set_row(row, None, None, {"hidden": True})
        # A height that is set for its texts would show the row again.
        self.sheet.lines.pop(row, None)

    def title(self, words: str) -> None:
        """Put the title of the sheet."""
        self.sheet.over(0, TITLE_COLUMNS, words.upper(), **TITLE)

    # The sheet of figures

    def figures(self) -> None:
        """Write the head, and every metric by area and by the officer who reports it."""
        self.title(self.document["title"])
        advice = self.say("fill-yellow")
        self.sheet.over(1, TITLE_COLUMNS, advice, **SUBTITLE)
        row = self.head(2) + 1
        self.table_head(row, "figures", COLUMNS)
        row += 2
        number = 0
        for area_number, area in enumerate(self.document["areas"], start=1):
            title = f"{area_number}. {area['title']}"
            self.banner(row, title, {**BOLD, "bg_color": PALE})
            row += 1
            for officer in area["officers"]:
                if officer["lead"]:
                    lead = self.say("lead", lead=officer["lead"])
                    self.banner(row, lead, {"italic": True})
                    row += 1
                for metric in officer["metrics"]:
                    number += 1
                    self.figure(row, number, metric)
                    row += 1

    def table_head(self, row: int, name: str, columns: tuple[str, ...]) -> None:
        """Put the headings of a table, and below them its key row; both stay in sight."""
        heads = [self.say(f"column-{column}") for column in columns]
        self.sheet.heads(row, heads)
        self.keys(row + 1, name, columns)
        self.sheet.worksheet.freeze_panes(row + 2, 4)

    def banner(self, row: int, words: str, style: Style) -> None:
        """Put a heading within a table."""
        last = len(COLUMNS) - 1
        self.sheet.over(row, (2, last), words, **(BOX | style))

    def head(self, row: int) -> int:
        """Put the head of the form: who reports, for when; return the row below it."""
        self.keys(row, "head", ("id", "", "", "", "value"))
        has_kinds = self.document["kinds"] or self.document["kind"]
        for name in HEADS:
            if name == "unit_kind" and not has_kinds:
                continue
            row += 1
            label = self.say(f"head-{name}")
            self.sheet.text(row, 0, name, **KEY)
            self.sheet.over(row, LABEL_COLUMNS, label, **BOX, **BOLD)
            self.head_entry(row, name)
        self.keys(row + 1, "end", ("id",))
        return row + 2

    def head_entry(self, row: int, name: str) -> None:
        """Put the cell of a row of the head, with what is known already."""
        key = name
        if name == "unit_kind":
            key = "kind"
        entry = self.document.get(key)
        style = TEXT
        if name == "as_of":
            style = DAY
        elif name in FIXED_HEADS:
            style = {**BOX, "bg_color": PALE}
        self.sheet.over(row, ENTRY_COLUMNS, entry, **style)
        column = ENTRY_COLUMNS[0]
        if name == "as_of":
            self.limit(row, column, _any_day(), self.say("day"))
        elif name == "unit_kind" and not entry:
            kinds = self.document["kinds"]
            choices = [f"{kind['id']} – {kind['title']}" for kind in kinds]
            rule = self.choice_of(choices)
            self.limit(row, column, rule, self.say("choose"))

    def figure(self, row: int, number: int, metric: Document) -> None:
        """Put the row of a metric: what it is, and the cells to fill in."""
        words = {
            "id": metric["id"],
            "type": metric["type"],
            "number": str(number),
            "title": self.metric_title(metric),
            "unit": metric["unit"],
            "allowed": metric["allowed"],
            "clauses": ", ".join(metric["clauses"]),
            "evidence": self.evidence(metric),
        }
        for index, column in enumerate(COLUMNS):
            if column == "id":
                self.sheet.text(row, index, metric["id"], **KEY)
            elif column in words:
                self.sheet.text(row, index, words[column], **BOX)
            else:
                style = _entry_style(column, metric)
                self.sheet.text(row, index, None, **style)
        self.limit_entries(row, metric)

    def metric_title(self, metric: Document) -> str:
        """Return a metric's title; of a ratio, with what stands above and below the line."""
        title = str(metric["title"])
        if not metric["ratio"]:
            return title
        above, below = metric["ratio"]
        ratio = self.say("ratio", above=above, below=below)
        return f"{title} ({ratio})"

    def evidence(self, metric: Document) -> str:
        """Return which evidence is expected, and whether it must be given."""
        evidence = metric["evidence"] or ""
        if metric["evidence_required"]:
            evidence += self.say("required")
        return evidence

    # What the cells may hold

    def limit(self, row: int, column: int, rule: Style, words: str) -> None:
        """Let a cell hold only what it may; the message that refuses an entry says what that is."""
        rule = {
            **rule,
            "error_title": self.say("wrong")[:LONGEST_ERROR_TITLE],
            "error_message": words[:LONGEST_ERROR],
        }
        self.sheet.worksheet.data_validation(row, column, row, column, rule)

    def limit_entries(self, row: int, metric: Document) -> None:
        """Let the cells of a metric hold only what they may."""
        if metric["ratio"]:
            for column in ("numerator", "denominator"):
                rule = {"validate": "decimal", "criteria": ">=", "value": "=0"}
                words = self.say("not-below-0")
                self.limit(row, COLUMNS.index(column), rule, words)
        until = COLUMNS.index("until")
        self.limit(row, until, _any_day(), self.say("day"))
        # Where items are counted, there is no value to type.
        if not metric["distinct"]:
            allowed = self.say("allowed", allowed=metric["allowed"])
            value_column = COLUMNS.index("value")
            rule = self.value_rule(metric)
            if metric["type"] == "date":
                address = cell(row, value_column)
                rule = _day_or_text(address, *_window(metric))
            self.limit(row, value_column, rule, allowed)

    def value_rule(self, metric: Document) -> Style:
        """Return what the value of a metric may be, as XlsxWriter wants it."""
        match metric["type"]:
            case "yes_no":
                words = [self.word("yes"), self.word("no")]
                return self.choice_of(words)
            case "level":
                return self.choice_of(metric["levels"])
            case "count" | "rank":
                return _between("integer", *_number_range(metric))
            case _:
                return _between("decimal", *_number_range(metric))

    def word(self, key: str) -> str:
        """Return a word of the language, such as that for yes."""
        return messages.message(self.lang, f"word.{key}")

    def choice_of(self, choices: list[str]) -> Style:
        """Put choices on the hidden sheet; return the rule that a cell holds one of them.

        Each list has a column of its own. In the rule itself a list may have 255 characters in all,
        with commas between its texts, which may have commas themselves.
        """
        column = self.list_count
        self.list_count += 1
        for row, choice in enumerate(choices):
            self.lists.write_string(row, column, choice)
        cells = f"{cell(0, column)}:{cell(len(choices) - 1, column)}"
        source = "=" + elsewhere(self.say("sheet-lists"), cells)
        return {"validate": "list", "source": source}

    # Points, blocks, guide

    def points(self, name: str, rules: Iterable[tuple[Document, str]]) -> None:
        """Write a sheet for points that people give, of a rule or of a rule in a track."""
        self.sheet = self.open(name, POINTS)
        self.title(self.say(f"sheet-{name}"))
        self.table_head(1, name, POINTS)
        for number, (rule, track) in enumerate(rules, start=1):
            self.points_row(number, rule, track)

    def points_row(self, number: int, rule: Document, track: str) -> None:
        """Put the row of a rule; where no track is told, the points are the rule's own."""
        row = number + 2
        lowest = messages.number(self.lang, rule["lowest"])
        weight = messages.number(self.lang, rule["weight"])
        allowed = f"{lowest} – {weight}"
        clauses = ", ".join(rule["clauses"])
        words = (track, str(number), rule["title"], clauses, allowed)
        self.sheet.text(row, 0, rule["id"], **KEY)
        for column, text in enumerate(words, start=1):
            self.sheet.text(row, column, text, **BOX)
        # Points, reason, documents and their dates are to be filled in.
        entry_styles = (FIGURE, TEXT, TEXT, DAY)
        points_column = len(words) + 1
        for column, style in enumerate(entry_styles, start=points_column):
            self.sheet.text(row, column, None, **style)
        limits = _between("decimal", rule["lowest"], rule["weight"])
        complaint = self.say("allowed", allowed=allowed)
        self.limit(row, points_column, limits, complaint)

    def blocks(self) -> None:
        """Write the sheet for blocks that are absent."""
        self.sheet = self.open("absent", BLOCKS)
        title = self.say("sheet-absent").upper()
        self.sheet.over(0, (2, 4), title, **TITLE)
        self.table_head(1, "absent", BLOCKS)
        for number, block in enumerate(self.document["blocks"], start=1):
            row = number + 2
            words = ("", str(number), block["title"])
            self.sheet.text(row, 0, block["id"], **KEY)
            for column, text in enumerate(words, start=1):
                self.sheet.text(row, column, text, **BOX)
            # A block is absent once a reason stands here.
            reason = BLOCKS.index("reason")
            self.sheet.text(row, reason, None, **TEXT)

    def guide(self) -> None:
        """Write how to fill in the form."""
        title = self.say("sheet-guide")
        sheet = self.book.sheet(title, [5, 110])
        sheet.banner(0, title.upper(), **TITLE)
        for number in range(1, LINES + 1):
            sheet.text(number, 0, str(number), **CENTRE)
            sheet.text(number, 1, self.say(f"guide-{number}"))


def _entry_style(column: str, metric: Document) -> Style:
    """Return how a cell to fill in looks: what a metric does not ask for is grey and locked."""
    match column:
        case "numerator" | "denominator" if not metric["ratio"]:
            return CLOSED
        case "numerator" | "denominator":
            return FIGURE
        case "items" if not metric["distinct"]:
            return CLOSED
        case "value" if metric["distinct"]:
            return CLOSED
        case "value":
            styles = {"date": DAY, "yes_no": TEXT, "level": TEXT}
            return styles.get(metric["type"], FIGURE)
        case "dates" | "until":
            return DAY
        case _:
            return TEXT


def _any_day() -> Style:
    first = "=" + day(FIRST_DAY.isoformat())
    return {"validate": "date", "criteria": ">=", "value": first}


def _day_or_text(address: str, low: str, high: str) -> Style:
    """Return the rule that a cell holds a day between two, or words that say why there is none."""
    is_day = f"AND(ISNUMBER({address}),{address}>={low},{address}<={high})"
    return {"validate": "custom", "value": f"=OR({is_day},ISTEXT({address}))"}


def _between(sort: str, low: str, high: str) -> Style:
    """Return the rule that a cell holds something between two formulas."""
    return {
        "validate": sort,
        "criteria": "between",
        "minimum": "=" + low,
        "maximum": "=" + high,
    }


def _window(metric: Document) -> tuple[str, str]:
    """Return the first and the last day that a date may have, as formulas."""
    if not metric["window"]:
        return day(FIRST_DAY.isoformat()), day(LAST_DAY)
    first, last = metric["window"]
    return day(first), day(last)


def _number_range(metric: Document) -> tuple[str, str]:
    """Return the least and the greatest figure of a metric, as formulas."""
    return metric["least"] or LEAST, metric["most"] or MOST
