"""Views of a sensitivity document: text, Markdown, JSON, HTML. They lay out what it says, and
compute nothing.

The document answers two questions: how far the index moves when the weights of the areas are
changed within a range, and how far when another reading of the plan is taken. Each has a table; the
findings above them say in a sentence or two what comes of it for the band.
"""

from collections.abc import Mapping

from cchc_rules.base import messages
from cchc_rules.render.display import (
    Document,
    Facts,
    Lines,
    Words,
    is_zero,
    message,
    safe,
)
from cchc_rules.render.markdown import heading, pairs, plain, table
from cchc_rules.render.text import BOLD, DIM, GREEN, TextLayout, joined
from cchc_rules.report.printing import print_report

FORMATS = ("text", "markdown", "html", "json")

# Columns, as the messages name their headings. `lowered` and `raised` are the index with the weight
# of the area at the ends of the range, `at-lowest` and `at-highest` the weights that take the index
# to its own ends.
AREA_COLUMNS = (
    "area",
    "weight",
    "share",
    "lowered",
    "raised",
    "swing",
    "at-lowest",
    "at-highest",
)
SEVERAL = {
    "all": "together",
    "lowering": "lowering",
    "raising": "raising",
}
"""Readings that are taken together, by their keys, with the messages that name them."""

READING_COLUMNS = (
    "target",
    "clause",
    "now",
    "otherwise",
    "points",
    "index",
    "difference",
)


def render(
    document: Document, form: str, *, width: int = 100, colour: bool = False
) -> str:
    """Return a sensitivity document in one of `FORMATS`.

    Args:
        document: the sensitivity of one scoring.
        form: one of `FORMATS`; HTML needs the extra `html`.
        width: how many characters a line of the text may have; the other forms have no width.
        colour: whether the text has escape codes for colour.

    Returns:
        The view, with a line end at its end.
    """
    if form == "json":
        return print_report(document)
    view = SensitivityView(document)
    if form == "markdown":
        return "\n".join(_markdown(view)) + "\n"
    if form == "html":
        from cchc_rules.render.sensitivity_page import page  # noqa: PLC0415 - it needs an extra

        return page(view)
    return joined(_SensitivityText(view, width, colour=colour).lines())


class SensitivityView(Words):
    """Says the parts of a sensitivity document, for every view alike."""

    def say(self, key: str, **arguments: object) -> str:
        """Return a message about sensitivity, its arguments made safe."""
        return message(self.lang, f"sensitivity.{key}", arguments)

    def as_reported(self, key: str) -> str:
        """Return a message in the words of the report."""
        return messages.message(self.lang, f"report.{key}")

    def number(self, figure: str | None) -> str:
        """Return a figure in the form of the language; a dash where there is none."""
        if figure is None:
            return "–"
        return super().number(figure)

    def signed(self, difference: str | None) -> str:
        """Return a difference with its sign; none has no sign."""
        if difference is None or is_zero(difference) or difference.startswith("-"):
            return self.number(difference)
        return f"+{self.number(difference)}"

    def head(self) -> Facts:
        """Yield what was scored, by which rule set, as of which day."""
        submission = self.document["measurements"]
        ruleset = self.document["ruleset"]
        as_of = self.date(self.document["as_of"])
        period = self.say("period-line", period=submission["period"], as_of=as_of)
        name = f"{ruleset['id']} {ruleset['version']} – {ruleset['title']}"
        yield self.say("unit"), safe(submission["unit"])
        yield self.say("period"), period
        yield self.say("ruleset"), safe(name)
        for change in submission["changes"]:
            yield self.as_reported("tried"), safe(change["text"])

    def findings(self) -> Facts:
        """Yield what was found of the weights."""
        areas = self.document["weights"]["areas"]
        yield self.say("index"), self._index_of_scale()
        yield self.say("in-range"), safe(self.document["weights"]["text"])
        yield self.say("band"), self._band()
        yield from self.changes()
        if areas:
            yield self.say("basis"), self._weight_bases(areas)
        yield from self.most()

    def _index_of_scale(self) -> str:
        index = self.document["index"]
        if index["value"] is None and self.document["weights"]["state"] == "too_little":
            return self.as_reported("too-little")
        if index["value"] is None:
            return self.as_reported("no-index")
        value = self.number(index["value"])
        scale = self.number(index["scale"])
        return f"{value} / {scale}"

    def _band(self) -> str:
        if self.document["index"]["value"] is None:
            return self.as_reported("not-judged")
        if not self.document["bands"]:
            return self.say("no-bands")
        return safe(self.document["index"]["band"]["title"])

    def _weight_bases(self, areas: list[Document]) -> str:
        bases = sorted({area["weight_basis"] for area in areas})
        words = [self.as_reported(f"basis-{basis}") for basis in bases]
        return "; ".join(words)

    def brief(self) -> Facts:
        """Yield the findings that a report does not have already."""
        yield self.say("in-range"), safe(self.document["weights"]["text"])
        yield from self.changes()
        yield from self.most()

    def changes(self) -> Facts:
        """Yield what it takes to change the band, upwards and downwards."""
        bands = self.document["bands"]
        if not bands:
            return
        for direction in ("up", "down"):
            yield self.say(direction), safe(bands[direction]["text"])

    def most(self) -> Facts:
        """Yield the area that matters most, if any does."""
        weights = self.document["weights"]
        if not weights["most"]:
            return
        # Areas stand in the order of their swing, the widest first.
        widest = weights["areas"][0]
        swing = self.number(widest["swing"])
        words = self.say("most-line", area=widest["title"], swing=swing)
        yield self.say("most"), words

    def moves(self) -> bool:
        """Return whether anything moves the index, so that there is a chart to draw."""
        bars = self.document["chart"]["bars"]
        return any(bar["low"] != bar["high"] for bar in bars)

    def readings(self) -> list[Document]:
        """Return the other readings that were scored, the one that moves the index most first."""
        return self.document["readings"] or []

    def no_readings(self) -> str:
        """Return why no other reading is shown: there is none, or too many to be scored."""
        too_many = self.document["readings"] is None
        if too_many:
            return self.say("unread")
        return self.say("no-readings")

    def foot(self) -> Facts:
        """Yield where everything comes from: the hashes of the files, and the program."""
        engine = self.document["engine"]
        ruleset_hash = self.document["ruleset"]["sha256"]
        submission_hash = self.document["measurements"]["sha256"]
        yield self.say("ruleset"), f"SHA-256 {ruleset_hash}"
        yield self.say("submission"), f"SHA-256 {submission_hash}"
        yield self.say("engine"), safe(f"{engine['name']} {engine['version']}")

    # The table of areas

    def area_heads(self) -> list[str]:
        """Return the heads of the table of areas."""
        return [self.say(column) for column in AREA_COLUMNS]

    def area_rows(self) -> list[list[str]]:
        """Return the table of areas, the one that matters most first."""
        weights = self.document["weights"]
        at_lowest = _weights_by_area(weights["lowest"])
        at_highest = _weights_by_area(weights["highest"])
        rows = []
        for area in weights["areas"]:
            figures = (
                area["weight"],
                area["share"],
                area["lowered"]["value"],
                area["raised"]["value"],
                area["swing"],
                at_lowest[area["id"]],
                at_highest[area["id"]],
            )
            title = safe(area["title"])
            rows.append([title, *map(self.number, figures)])
        return rows

    # The table of readings

    def reading_heads(self) -> list[str]:
        """Return the heads of the table of readings."""
        return [self.say(column) for column in READING_COLUMNS]

    def reading_rows(self) -> list[list[str]]:
        """Return the table of readings, and below it the readings that are taken together."""
        rows = [self._reading_row(reading) for reading in self.readings()]
        for words, reading in self.several():
            # What is taken together has no clause, no requirement and no points of its own.
            index = self.index(reading["index"])
            rows.append([words, "", "", "", "", *index])
        return rows

    def _reading_row(self, reading: Document) -> list[str]:
        # The other reading has no points where it could not be scored.
        points = (reading["points"], reading["other_points"])
        known = [self.number(figure) for figure in points if figure is not None]
        return [
            safe(reading["title"]),
            safe(reading["other_source"]),
            safe(reading["required"]),
            safe(reading["other_required"] or "–"),
            " → ".join(known),
            *self.index(reading["index"]),
        ]

    def index(self, index: Document | None) -> list[str]:
        """Return the index under a reading, and how far it is from the report's."""
        if index is None:
            return [self.say("not-computed"), "–"]
        value = self.number(index["value"])
        difference = self.signed(index["difference"])
        return [value, difference]

    def several(self) -> list[tuple[str, Document]]:
        """Return the readings that are taken together, with the words for them."""
        together = self.document["together"]
        readings = []
        for key, word in SEVERAL.items():
            if together[key]:
                readings.append((self.say(word), together[key]))
        return readings

    def remarks(self) -> list[str]:
        """Return what is said of single readings, by the clause they stand in."""
        remarks = []
        for reading in self.readings():
            if reading["text"]:
                title = safe(reading["title"])
                source = safe(reading["other_source"])
                text = safe(reading["text"])
                remarks.append(f"{title} ({source}): {text}")
        return remarks


def _weights_by_area(extreme: Document) -> Mapping[str, str]:
    return {item["area"]: item["weight"] for item in extreme["weights"]}


def _markdown(view: SensitivityView) -> Lines:
    yield f"# {view.say('title')}"
    yield ""
    yield from pairs(view.head())
    yield ""
    yield from pairs(view.findings())
    yield from heading(view.say("weights"))
    yield from table(view.area_heads(), view.area_rows())
    # A table has no room to say what its columns mean; a line below it does.
    yield ""
    yield plain(view.say("columns"))
    yield from heading(view.say("readings"))
    if view.readings():
        yield from table(view.reading_heads(), view.reading_rows())
    else:
        yield plain(view.no_readings())
    remarks = view.remarks()
    if remarks:
        yield ""
        for remark in remarks:
            yield f"- {plain(remark)}"
    yield from heading(view.say("provenance"))
    yield from pairs(view.foot())


class _SensitivityText(TextLayout):
    """Lays out a sensitivity document for a terminal or a pipe."""

    def __init__(self, view: SensitivityView, width: int, *, colour: bool) -> None:
        super().__init__(width, colour=colour)
        self.view = view

    def lines(self) -> Lines:
        """Yield every line."""
        view = self.view
        yield self.style(view.say("title").upper(), BOLD)
        yield from self.pairs(view.head())
        yield ""
        yield from self.pairs(view.findings(), first_style=f"{BOLD};{GREEN}")
        yield from self.heading(view.say("weights"))
        yield from self.table(view.area_heads(), view.area_rows())
        yield ""
        for line in self.wrap(view.say("columns"), 0):
            yield self.style(line, DIM)
        yield from self.heading(view.say("readings"))
        yield from self.readings()
        yield from self.heading(view.say("provenance"))
        yield from self.pairs(view.foot())

    def readings(self) -> Lines:
        """Yield the other readings: points and index of each, and below it what is asked.

        The clause stands behind the title, and both requirements below the row, so that the table
        fits a terminal.
        """
        view = self.view
        if not view.readings():
            yield from self.wrap(view.no_readings(), 0)
            return
        heads = view.reading_heads()
        rows = []
        requirements = []
        for title, clause, now, otherwise, *figures in view.reading_rows():
            name = title
            requirement = ""
            if clause:
                name = f"{title} ({clause})"
            if now:
                requirement = f"{now} → {otherwise}"
            rows.append([name, *figures])
            requirements.append(requirement)
        figure_heads = [heads[0], *heads[4:]]
        yield from self.table(figure_heads, rows, requirements)
        for remark in view.remarks():
            yield from self.bullet(remark)
