"""Views of a sensitivity document: text, Markdown, JSON, HTML. They lay out what it says, and
compute nothing.
"""

import json
from collections.abc import Iterator
from datetime import date

from cchc_rules.base import messages
from cchc_rules.render.display import Document, safe
from cchc_rules.render.markdown import pairs, plain, table
from cchc_rules.render.text import BOLD, DIM, GREEN, Sheet

FORMATS = ("text", "markdown", "html", "json")


def render(
    document: Document, form: str, *, width: int = 100, colour: bool = False
) -> str:
    """Return a sensitivity document in one of `FORMATS`; width and colour count for text alone."""
    if form == "json":
        return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    if form == "markdown":
        return "\n".join(_markdown(View(document))) + "\n"
    if form == "html":
        from cchc_rules.render.sensitivity_page import page  # noqa: PLC0415 - it needs an extra

        return page(View(document))
    lines = _Text(View(document), width, colour).lines()
    return "\n".join(line.rstrip() for line in lines) + "\n"


class View:
    """Says the parts of a sensitivity document, for every view alike."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.lang: str = document["language"]

    def say(self, id_: str, **places: object) -> str:
        """Return a message of the catalogue, its places made safe."""
        return messages.message(
            self.lang,
            f"sensitivity.{id_}",
            **{key: safe(value) for key, value in places.items()},
        )

    def as_reported(self, id_: str) -> str:
        """Return a message of the report."""
        return messages.message(self.lang, f"report.{id_}")

    def number(self, text: str | None) -> str:
        """Return a figure in the language's form; a dash where there is none."""
        return messages.number(self.lang, text) if text is not None else "–"

    def signed(self, text: str) -> str:
        """Return a difference with its sign."""
        zero = not text.strip("-0.")
        return (
            self.number(text)
            if zero or text.startswith("-")
            else f"+{self.number(text)}"
        )

    def head(self) -> Iterator[tuple[str, str]]:
        """Yield the lines of the head: label and words."""
        found = self.document["measurements"]
        rules = self.document["ruleset"]
        day = messages.date(self.lang, date.fromisoformat(self.document["as_of"]))
        yield self.say("unit"), safe(found["unit"])
        yield (
            self.say("period"),
            self.say("period-line", period=found["period"], as_of=day),
        )
        yield (
            self.say("ruleset"),
            safe(f"{rules['id']} {rules['version']} – {rules['title']}"),
        )
        for change in found["changes"]:
            yield self.as_reported("tried"), safe(change["text"])

    def findings(self) -> Iterator[tuple[str, str]]:
        """Yield what was found of the weights: label and words."""
        index, weights, bands = (
            self.document[key] for key in ("index", "weights", "bands")
        )
        yield (
            self.say("index"),
            f"{self.number(index['value'])} / {self.number(index['scale'])}",
        )
        yield self.say("in-range"), safe(weights["text"])
        yield (
            self.say("band"),
            safe(index["band"]["title"]) if bands else self.say("no-bands"),
        )
        yield from self.changes()
        if weights["areas"]:
            bases = sorted({area["weight_basis"] for area in weights["areas"]})
            yield (
                self.say("basis"),
                "; ".join(self.as_reported(f"basis-{basis}") for basis in bases),
            )
        yield from self.most()

    def brief(self) -> Iterator[tuple[str, str]]:
        """Yield the findings that a report does not have already: label and words."""
        yield self.say("in-range"), safe(self.document["weights"]["text"])
        yield from self.changes()
        yield from self.most()

    def changes(self) -> Iterator[tuple[str, str]]:
        """Yield what it takes to change the band, both ways: label and words."""
        for way in ("up", "down") if self.document["bands"] else ():
            yield self.say(way), safe(self.document["bands"][way]["text"])

    def most(self) -> Iterator[tuple[str, str]]:
        """Yield the area that matters most, if any does: label and words."""
        weights = self.document["weights"]
        if weights["most"]:
            widest = weights["areas"][0]
            swing = self.number(widest["swing"])
            yield (
                self.say("most"),
                self.say("most-line", area=widest["title"], swing=swing),
            )

    def moves(self) -> bool:
        """Return whether anything moves the index, so that there is a chart to draw."""
        return any(bar["low"] != bar["high"] for bar in self.document["chart"]["bars"])

    def readings(self) -> list[Document]:
        """Return the other readings that were scored, the one that moves the index most first."""
        return self.document["readings"] or []

    def no_readings(self) -> str:
        """Return why there is no other reading: the rule set has none, or they were too many to be
        scored.
        """
        return self.say(
            "unread" if self.document["readings"] is None else "no-readings"
        )

    def foot(self) -> Iterator[tuple[str, str]]:
        """Yield where it all comes from: label and words."""
        rules = self.document["ruleset"]
        engine = self.document["engine"]
        yield self.say("ruleset"), f"SHA-256 {rules['sha256']}"
        yield (
            self.say("submission"),
            f"SHA-256 {self.document['measurements']['sha256']}",
        )
        yield self.say("engine"), safe(f"{engine['name']} {engine['version']}")

    def area_heads(self) -> list[str]:
        """Return the heads of the table of areas."""
        keys = (
            "area",
            "weight",
            "share",
            "lowered",
            "raised",
            "swing",
            "at-lowest",
            "at-highest",
        )
        return [self.say(key) for key in keys]

    def area_rows(self) -> list[list[str]]:
        """Return the table of areas, the one that matters most first."""
        weights = self.document["weights"]
        low, high = (
            {one["area"]: one["weight"] for one in weights[key]["weights"]}
            for key in ("lowest", "highest")
        )
        return [
            [
                safe(area["title"]),
                self.number(area["weight"]),
                self.number(area["share"]),
                self.number(area["lowered"]["value"]),
                self.number(area["raised"]["value"]),
                self.number(area["swing"]),
                self.number(low[area["id"]]),
                self.number(high[area["id"]]),
            ]
            for area in weights["areas"]
        ]

    def reading_heads(self) -> list[str]:
        """Return the heads of the table of readings."""
        keys = ("target", "clause", "now", "otherwise", "points", "index", "difference")
        return [self.say(key) for key in keys]

    def reading_rows(self) -> list[list[str]]:
        """Return the table of readings, and below it the readings that are taken together."""
        rows = [self._reading(reading) for reading in self.readings()]
        for key, found in self.several():
            rows.append([key, "", "", "", "", *self.index(found["index"])])
        return rows

    def _reading(self, reading: Document) -> list[str]:
        points = [
            self.number(text)
            for text in (reading["points"], reading["other_points"])
            if text is not None
        ]
        return [
            safe(reading["title"]),
            safe(reading["other_source"]),
            safe(reading["required"]),
            safe(reading["other_required"] or "–"),
            " → ".join(points),
            *self.index(reading["index"]),
        ]

    def index(self, index: Document | None) -> list[str]:
        """Return the index under a reading, and how far it is from the report's."""
        if index is None:
            return [self.say("not-computed"), "–"]
        return [self.number(index["value"]), self.signed(index["difference"])]

    def several(self) -> list[tuple[str, Document]]:
        """Return the readings that are taken together, with the words for them."""
        found = self.document["together"]
        words_ = (("together", "all"), ("lowering", "lowering"), ("raising", "raising"))
        return [(self.say(id_), found[key]) for id_, key in words_ if found[key]]

    def remarks(self) -> list[str]:
        """Return what must be said of single readings, by the clause they stand in."""
        return [
            f"{safe(reading['title'])} ({safe(reading['other_source'])}): {safe(reading['text'])}"
            for reading in self.readings()
            if reading["text"]
        ]


def _markdown(view: View) -> Iterator[str]:
    yield from (f"# {view.say('title')}", "")
    yield from pairs(view.head())
    yield ""
    yield from pairs(view.findings())
    yield from ("", f"## {view.say('weights')}", "")
    yield from table(view.area_heads(), view.area_rows())
    yield from ("", plain(view.say("columns")))
    yield from ("", f"## {view.say('readings')}", "")
    if not view.readings():
        yield plain(view.no_readings())
    else:
        yield from table(view.reading_heads(), view.reading_rows())
    remarks = view.remarks()
    yield from ["", *(f"- {plain(remark)}" for remark in remarks)] if remarks else []
    yield from ("", f"## {view.say('provenance')}", "")
    yield from pairs(view.foot())


class _Text(Sheet):
    """Lays out a sensitivity document for a terminal or a pipe."""

    def __init__(self, view: View, width: int, colour: bool) -> None:
        self.view = view
        self.width = width
        self.colour = colour

    def lines(self) -> Iterator[str]:
        """Yield every line."""
        view = self.view
        yield self.style(view.say("title").upper(), BOLD)
        yield from self.pairs(view.head())
        yield ""
        yield from self.pairs(view.findings(), first=f"{BOLD};{GREEN}")
        yield from self.heading(view.say("weights"))
        yield from self.table(view.area_heads(), view.area_rows())
        yield ""
        yield from (self.style(line, DIM) for line in self.wrap(view.say("columns"), 0))
        yield from self.heading(view.say("readings"))
        yield from self.read()
        yield from self.heading(view.say("provenance"))
        yield from self.pairs(view.foot())

    def read(self) -> Iterator[str]:
        """Yield the other readings: the points and the index of each, and below it what is asked
        now and otherwise.
        """
        view = self.view
        if not view.readings():
            yield from self.wrap(view.no_readings(), 0)
            return
        heads = view.reading_heads()
        rows = view.reading_rows()
        short = [
            [f"{title} ({clause})" if clause else title, *rest[2:]]
            for title, clause, *rest in rows
        ]
        asked = [f"{now} → {other}" if now else "" for _, _, now, other, *_ in rows]
        yield from self.table([heads[0], *heads[4:]], short, asked)
        for remark in view.remarks():
            first, *more = self.wrap(remark, 2)
            yield f"• {first}"
            yield from (f"  {line}" for line in more)
