"""A comparison as blocks to lay out, and its views: text, Markdown, JSON, HTML. They compute
nothing.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cchc_rules.base import messages
from cchc_rules.render.display import Display, Document, safe
from cchc_rules.render.markdown import plain, table
from cchc_rules.render.text import BOLD, CYAN, GREEN, RED, Sheet

FORMATS = ("text", "markdown", "html", "json")

Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Entry:
    """One thing that moved: by how much, what it is, and what must be said of it."""

    amount: str
    title: str
    pairs: Pairs

    @property
    def sign(self) -> str:
        """Whether it is more, less or neither."""
        return {"+": "more", "−": "less"}.get(self.amount[:1], "same")


@dataclass(frozen=True)
class Block:
    """A part of a comparison under a heading: labelled lines, a table, entries, or plain items."""

    heading: str
    pairs: Pairs | None = None
    heads: list[str] | None = None
    rows: list[list[str]] | None = None
    entries: list[Entry] | None = None
    items: list[str] | None = None


def render(
    document: Mapping[str, Any], form: str, *, width: int = 100, colour: bool = False
) -> str:
    """Return a comparison document in one of `FORMATS`; width and colour count for text alone."""
    if form == "json":
        return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    display = (_Compared if document["kind"] == "comparison" else _Appraised)(document)
    if form == "markdown":
        return "\n".join(_markdown(display)) + "\n"
    if form == "html":
        from cchc_rules.render.comparison_page import page  # noqa: PLC0415 - the template engine is an extra

        return page(display.lang, display.heading(), list(display.blocks()))
    lines = _Text(display, width, colour).lines()
    return "\n".join(line.rstrip() for line in lines) + "\n"


class _Told(Display):
    """Says the parts of a comparison."""

    def tell(self, id_: str, **places: object) -> str:
        """Return a message about comparisons, its places made safe."""
        return messages.message(
            self.lang,
            f"comparison.{id_}",
            **{key: safe(value) for key, value in places.items()},
        )

    def signed(self, text: str) -> str:
        """Return an amount with its sign; nothing has none."""
        sign = "+" if text.strip("0.") and not text.startswith("-") else ""
        return sign + self.number(text)

    def arrow(self, before: str, after: str) -> str:
        """Return two words as a move, or one where nothing moved."""
        return before if before == after else f"{before} → {after}"

    def heading(self) -> str:
        """Return the title of the whole."""
        raise NotImplementedError  # pragma: no cover

    def blocks(self) -> Iterator[Block]:
        """Yield the parts, in the order in which they are read."""
        raise NotImplementedError  # pragma: no cover


class _Compared(_Told):
    """Says the parts of a comparison of two reports."""

    def heading(self) -> str:
        return self.tell("title")

    def blocks(self) -> Iterator[Block]:
        document = self.document
        yield Block("", pairs=list(self.summary()))
        notes = [*document["notes"], *document["split"]["problems"]]
        if notes:
            yield Block(self.tell("notes"), items=[safe(note) for note in notes])
        yield self.table(
            "area", "areas", [self.area_row(area) for area in document["areas"]]
        )
        steps = [self.line_row(line) for line in document["lines"] if _shows(line)]
        if steps:
            yield self.table("step", "steps", steps)
        entries = [self.entry(rule) for rule in document["rules"] if _moves(rule)]
        yield Block(
            self.tell("moved-rules"),
            entries=entries,
            items=None if entries else [self.tell("no-rules")],
        )
        still = [self.still(rule) for rule in document["rules"] if not _moves(rule)]
        if still:
            yield Block(self.tell("still"), items=still)
        if document["ranks"]:
            yield Block(
                self.tell("ranks"),
                items=[self.rank(item) for item in document["ranks"]],
            )

    def table(self, first: str, heading: str, rows: list[list[str]]) -> Block:
        """Return a table of amounts."""
        return Block(self.tell(heading), heads=self.heads(first), rows=rows)

    def still(self, rule: Document) -> str:
        """Return a rule that differs without moving the index, and in what."""
        return f"{safe(rule['title'])} ({self.clauses(rule)}): {self.differs(rule)}; {self.both(rule, 'required')}"

    def both(self, rule: Document, key: str) -> str:
        """Return what a rule says on both sides, once where it is the same or there is only one."""
        said = [
            safe(rule[side][key] or "–") for side in ("before", "after") if rule[side]
        ]
        return self.arrow(said[0], said[-1])

    def differs(self, rule: Document) -> str:
        """Return in what a rule differs."""
        if rule["status"] != "changed":
            return self.tell(rule["status"])
        return ", ".join(self.tell(f"moved-{key}") for key in rule["moved"])

    def summary(self) -> Iterator[tuple[str, str]]:
        document = self.document
        change = self.document["change"]
        split = self.document["split"]
        yield self.tell("before"), self.side(document["before"])
        yield self.tell("after"), self.side(document["after"])
        before, after = (
            self.number(document[key]["index"]["value"]) for key in ("before", "after")
        )
        yield (
            self.say("index"),
            f"{self.arrow(before, after)} ({self.signed(change['change'])})",
        )
        if change["figures"] is not None:
            yield self.tell("figures"), self.signed(change["figures"])
            yield self.tell("rules"), self.signed(change["rules"])
        yield self.tell("split"), safe(split["text"])
        if split["rules_before"] is not None:
            yield self.tell("crossed-before"), self.number(split["rules_before"])
            yield self.tell("crossed-after"), self.number(split["rules_after"])
        bands = [self.band_of(document["band"][key]) for key in ("before", "after")]
        yield (
            self.say("band"),
            self.arrow(*bands) if document["band"]["moved"] else bands[1],
        )
        for target in document["targets"]:
            moved = self.arrow(
                *(self.reached(target[key]) for key in ("before", "after"))
            )
            yield (
                self.say("target"),
                f"{safe(target['title'])} ({self.clauses(target)}): {moved}",
            )
        yield self.say("counts"), self.tell("counts", **document["counts"])

    def side(self, side: Document) -> str:
        """Return what one side is."""
        rules = f"{side['ruleset']['id']} {side['ruleset']['version']}"
        return self.tell(
            "side",
            unit=side["unit"],
            period=side["period"],
            as_of=self.date(side["as_of"]),
            rules=rules,
        )

    def band_of(self, band: Document | None) -> str:
        return safe(band["title"]) if band else self.tell("none")

    def reached(self, reached: bool | None) -> str:
        return (
            self.tell("none")
            if reached is None
            else self.say("reached" if reached else "not-reached")
        )

    def heads(self, first: str) -> list[str]:
        """Return the heads of a table of amounts."""
        points = (
            [self.tell("points-before"), self.tell("points-after")]
            if first == "area"
            else []
        )
        return [
            self.tell(first),
            *points,
            *self.columns(
                self.tell("figures"), self.tell("rules"), self.tell("change")
            ),
        ]

    def columns(self, figures: str, rules: str, change: str) -> list[str]:
        """Return the cells of an amount: one where the change is not divided."""
        return (
            [change]
            if self.document["change"]["figures"] is None
            else [figures, rules, change]
        )

    def amounts(self, item: Document) -> list[str]:
        if item["figures"] is None:
            return [self.signed(item["change"])]
        return [self.signed(item[key]) for key in ("figures", "rules", "change")]

    def area_row(self, area: Document) -> list[str]:
        points = [self.points_of(area[key]) for key in ("before", "after")]
        return [self.title(area), *points, *self.amounts(area)]

    def points_of(self, part: Document | None) -> str:
        return (
            f"{self.number(part['earned'])}/{self.number(part['maximum'])}"
            if part
            else "–"
        )

    def line_row(self, line: Document) -> list[str]:
        return [safe(line["title"]), *self.amounts(line)]

    def rank(self, item: Document) -> str:
        ranks = [
            "–" if item[key] is None else self.number(item[key])
            for key in ("before", "after")
        ]
        return f"{safe(item['title'])}: {self.arrow(*ranks)}"

    def entry(self, rule: Document) -> Entry:
        return Entry(
            self.signed(rule["change"]), safe(rule["title"]), list(self.about(rule))
        )

    def about(self, rule: Document) -> Iterator[tuple[str, str]]:
        """Yield what must be said of a rule that moved: label and words."""
        yield self.say("clause"), self.clauses(rule)
        yield self.tell("moved"), self.differs(rule)
        sides = [rule[key] for key in ("before", "after") if rule[key]]
        states = [self.state(side["state"]) for side in sides]
        points = [self.points_of(side) for side in sides]
        yield self.say("state"), self.arrow(states[0], states[-1])
        yield self.say("required"), self.both(rule, "required")
        yield self.say("reported"), self.both(rule, "reported")
        yield self.tell("points"), self.arrow(points[0], points[-1])
        if rule["figures"] is not None:
            yield self.tell("figures"), self.signed(rule["figures"])
            yield self.tell("rules"), self.signed(rule["rules"])


class _Appraised(_Told):
    """Says the parts of a report's own points against a track's."""

    def heading(self) -> str:
        return self.tell("track-title", track=self.document["track"])

    def blocks(self) -> Iterator[Block]:
        document = self.document
        total = self.document["total"]
        counts = self.document["counts"]
        period = self.say(
            "period-line", period=document["period"], as_of=self.date(document["as_of"])
        )
        yield Block("", pairs=[
            (self.say("unit"), safe(document["unit"])),
            (self.say("period"), period),
            (self.tell("self"), self.of(total, "self")),
            (self.tell("track"), self.of(total, "track")),
            (self.tell("difference"), self.signed(total["difference"])),
            (self.say("counts"), self.tell("track-counts", **counts)),
        ])  # fmt: skip
        heads = [self.tell(key) for key in ("area", "self", "track", "difference")]
        yield Block(
            self.tell("areas"),
            heads=heads,
            rows=[self.row(area) for area in document["areas"]],
        )
        entries = [self.entry(rule) for rule in document["rules"]]
        yield Block(
            self.tell("track-rules"),
            entries=entries,
            items=None if entries else [self.tell("track-same")],
        )

    def of(self, part: Document, key: str) -> str:
        return f"{self.number(part[key])}/{self.number(part['maximum'])}"

    def row(self, area: Document) -> list[str]:
        return [
            safe(area["title"]),
            *(self.of(area, key) for key in ("self", "track")),
            self.signed(area["difference"]),
        ]

    def entry(self, rule: Document) -> Entry:
        return Entry(self.signed(rule["difference"]), safe(rule["title"]), [
            (self.say("clause"), self.clauses(rule)),
            (self.say("required"), safe(rule["required"])),
            (self.say("reported"), safe(rule["reported"])),
            (self.say("arithmetic"), safe(rule["calculation"])),
            (self.tell("self"), self.of(rule, "self")),
            (self.tell("track"), self.of(rule, "track")),
        ])  # fmt: skip


def _moves(rule: Document) -> bool:
    """Whether a rule moved the index at all."""
    return bool(
        rule["exact"]["change"] != "0" or rule["exact"]["figures"] not in (None, "0")
    )


def _shows(item: Document) -> bool:
    """Whether any amount shows: a step may be less than what is shown."""
    return any(
        item[key] and item[key].strip("-0.") for key in ("change", "figures", "rules")
    )


class _Text(Sheet):
    """Lays out the blocks of a comparison as text."""

    display: _Told

    def lines(self) -> Iterator[str]:
        yield from self.titled(self.display.heading(), BOLD)
        for block in self.display.blocks():
            if block.heading:
                yield ""
                yield from self.titled(block.heading, BOLD, CYAN)
            yield from self.block(block)

    def titled(self, words: str, *codes: str) -> Iterator[str]:
        """Yield a heading on lines that fit."""
        yield from (self.style(line, *codes) for line in self.wrap(words.upper(), 0))

    def block(self, block: Block) -> Iterator[str]:
        if block.pairs:
            yield from self.pairs(block.pairs)
        if block.heads and block.rows:
            yield from self.table(block.heads, block.rows)
        for item in block.items or []:
            top, *more = self.wrap(item, 2)
            yield from (f"• {top}", *(f"  {line}" for line in more))
        for at, entry in enumerate(block.entries or [], start=1):
            yield from self.entry(at, entry)

    def entry(self, at: int, entry: Entry) -> Iterator[str]:
        number = f"{at}. "
        indent = len(number) + len(entry.amount) + 2
        top, *more = self.wrap(entry.title, indent)
        colours = {"more": (GREEN,), "less": (RED,)}.get(entry.sign, ())
        yield ""
        yield (
            self.style(number, BOLD)
            + self.style(entry.amount, BOLD, *colours)
            + "  "
            + self.style(top, BOLD)
        )
        yield from (" " * indent + self.style(line, BOLD) for line in more)
        yield from self.pairs(entry.pairs, indent=3)


def _markdown(display: _Told) -> Iterator[str]:
    yield f"# {plain(display.heading())}"
    for block in display.blocks():
        yield from ("", f"## {block.heading}") if block.heading else ()
        yield ""
        yield from _listed(block.pairs or [])
        if block.heads:
            yield from table(block.heads, block.rows or [])
        yield from (f"- {plain(item)}" for item in block.items or [])
        for at, entry in enumerate(block.entries or [], start=1):
            yield from (f"### {at}. {entry.amount} · {plain(entry.title)}", "")
            yield from (*_listed(entry.pairs), "")


def _listed(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    for label, said in pairs:
        yield f"- **{plain(label)}:** {plain(said)}"
