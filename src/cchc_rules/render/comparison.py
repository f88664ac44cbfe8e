"""Views of a comparison: text, Markdown, JSON, HTML. They compute nothing.

A comparison is first said as blocks under headings; each view then lays out the same blocks.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cchc_rules.render.display import (
    Display,
    Document,
    LabelledText,
    is_zero,
    message,
    safe,
)
from cchc_rules.render.markdown import pairs, plain, table
from cchc_rules.render.text import BOLD, CYAN, GREEN, RED, TextLayout, joined
from cchc_rules.report.printing import print_report

FORMATS = ("text", "markdown", "html", "json")

SIDES = ("before", "after")
"""The two sides of a comparison, as the keys of its document name them."""

AMOUNTS = ("figures", "rules", "change")
"""What changed: by the figures, by the rules, in all."""


@dataclass(frozen=True)
class MovedItem:
    """One thing that moved: by how much, what it is, and what is said of it."""

    amount: str
    title: str
    pairs: list[LabelledText]

    @property
    def sign(self) -> str:
        """Whether it is more, less or neither: `more`, `less` or `same`."""
        return {"+": "more", "−": "less"}.get(self.amount[:1], "same")


@dataclass(frozen=True)
class Block:
    """A part of a comparison under a heading: facts, a table, things that moved, plain items."""

    heading: str
    pairs: list[LabelledText] | None = None
    heads: list[str] | None = None
    rows: list[list[str]] | None = None
    entries: list[MovedItem] | None = None
    items: list[str] | None = None


def render(
    document: Mapping[str, Any], form: str, *, width: int = 100, colour: bool = False
) -> str:
    """Return a comparison document in one of `FORMATS`; width and colour count for text alone."""
    if form == "json":
        return print_report(document)
    display: _ComparisonDisplay = _TrackDisplay(document)
    if document["kind"] == "comparison":
        display = _ReportsDisplay(document)
    if form == "markdown":
        return "\n".join(_markdown(display)) + "\n"
    if form == "html":
        from cchc_rules.render.comparison_page import page  # noqa: PLC0415 - the template engine is an extra

        return page(display.lang, display.heading(), list(display.blocks()))
    return joined(_ComparisonText(display, width, colour=colour).lines())


class _ComparisonDisplay(Display):
    """Says the parts of a comparison."""

    def tell(self, key: str, **arguments: object) -> str:
        """Return a message about comparisons, its arguments made safe."""
        return message(self.lang, f"comparison.{key}", arguments)

    def signed(self, amount: str) -> str:
        """Return an amount with its sign; nothing has none."""
        if is_zero(amount) or amount.startswith("-"):
            return self.number(amount)
        return f"+{self.number(amount)}"

    def arrow(self, before: str, after: str) -> str:
        """Return two words as a move, or one where nothing moved."""
        if before == after:
            return before
        return f"{before} → {after}"

    def heading(self) -> str:
        """Return the title of the whole."""
        raise NotImplementedError  # pragma: no cover

    def blocks(self) -> Iterator[Block]:
        """Yield the parts, in the order in which they are read."""
        raise NotImplementedError  # pragma: no cover

    def moved_block(
        self, heading: str, entries: list[MovedItem], nothing_moved: str
    ) -> Block:
        """Return the block of what moved, or of the words that say that nothing did."""
        if entries:
            return Block(heading, entries=entries)
        return Block(heading, entries=[], items=[nothing_moved])


class _ReportsDisplay(_ComparisonDisplay):
    """Says the parts of a comparison of two reports."""

    def heading(self) -> str:
        return self.tell("title")

    def blocks(self) -> Iterator[Block]:
        document = self.document
        yield Block("", pairs=list(self.summary()))
        yield from self.note_blocks()
        areas = [self.area_row(area) for area in document["areas"]]
        yield self.amounts_table("area", "areas", areas)
        steps = [self.step_row(line) for line in document["lines"] if _shows(line)]
        if steps:
            yield self.amounts_table("step", "steps", steps)
        yield from self.rule_blocks()
        if document["ranks"]:
            ranks = [self.rank(item) for item in document["ranks"]]
            yield Block(self.tell("ranks"), items=ranks)

    def note_blocks(self) -> Iterator[Block]:
        """Yield what must be known to read the comparison."""
        notes = [*self.document["notes"], *self.document["split"]["problems"]]
        if notes:
            yield Block(self.tell("notes"), items=[safe(note) for note in notes])

    def rule_blocks(self) -> Iterator[Block]:
        """Yield the rules that moved the index, then those that changed without moving it."""
        moved = []
        still = []
        for rule in self.document["rules"]:
            if _moves(rule):
                moved.append(self.moved_rule(rule))
            else:
                still.append(self.still_rule(rule))
        yield self.moved_block(self.tell("moved-rules"), moved, self.tell("no-rules"))
        if still:
            yield Block(self.tell("still"), items=still)

    # The summary

    def summary(self) -> Iterator[LabelledText]:
        """Yield what is compared, and how the index, the band and the targets moved."""
        document = self.document
        for side in SIDES:
            yield self.tell(side), self.side(document[side])
        yield self.say("index"), self.index_move()
        yield from self.split()
        yield self.say("band"), self.band_move()
        for target in document["targets"]:
            yield self.say("target"), self.target_move(target)
        yield self.say("counts"), self.tell("counts", **document["counts"])

    def side(self, side: Document) -> str:
        """Return what one side is: unit, period, day of judgement, rule set."""
        ruleset = side["ruleset"]
        return self.tell(
            "side",
            unit=side["unit"],
            period=side["period"],
            as_of=self.date(side["as_of"]),
            rules=f"{ruleset['id']} {ruleset['version']}",
        )

    def index_move(self) -> str:
        """Return the index of both sides, and the difference."""
        values = [self.index_value(side) for side in SIDES]
        change = self.signed(self.document["change"]["change"])
        return f"{self.arrow(*values)} ({change})"

    def index_value(self, side: str) -> str:
        """Return the index of a side, a dash where nothing was left to score."""
        value = self.document[side]["index"]["value"]
        return "–" if value is None else self.number(value)

    def split(self) -> Iterator[LabelledText]:
        """Yield which part of the change comes from figures, and which from rules."""
        change = self.document["change"]
        split = self.document["split"]
        if change["figures"] is not None:
            yield self.tell("figures"), self.signed(change["figures"])
            yield self.tell("rules"), self.signed(change["rules"])
        yield self.tell("split"), safe(split["text"])
        for words, key in (
            ("crossed-before", "rules_before"),
            ("crossed-after", "rules_after"),
        ):
            if split[key] is not None:
                yield self.tell(words), self.number(split[key])

    def band_move(self) -> str:
        """Return the bands of both sides, or the one of now where none moved."""
        band = self.document["band"]
        before, after = (self.band_title(band[side]) for side in SIDES)
        if not band["moved"]:
            return after
        return self.arrow(before, after)

    def band_title(self, band: Document | None) -> str:
        if band is None:
            return self.tell("none")
        return safe(band["title"])

    def target_move(self, target: Document) -> str:
        """Return a target with what became of it on both sides."""
        move = self.arrow(*(self.target_state(target[side]) for side in SIDES))
        return f"{safe(target['title'])} ({self.clauses(target)}): {move}"

    def target_state(self, reached: bool | None) -> str:
        if reached is None:
            return self.tell("none")
        return self.reached(reached=reached)

    # Tables of amounts

    def amounts_table(self, first: str, heading: str, rows: list[list[str]]) -> Block:
        """Return a table of amounts; `first` names its first column."""
        heads = [self.tell(first)]
        if first == "area":
            heads += [self.tell("points-before"), self.tell("points-after")]
        heads += [self.tell(key) for key in self.amount_keys()]
        return Block(self.tell(heading), heads=heads, rows=rows)

    def amount_keys(self) -> tuple[str, ...]:
        """Return the columns of amounts: one where the change is not split."""
        if self.document["change"]["figures"] is None:
            return ("change",)
        return AMOUNTS

    def amounts(self, item: Document) -> list[str]:
        """Return the amounts of a line, as many as it has."""
        if item["figures"] is None:
            return [self.signed(item["change"])]
        return [self.signed(item[key]) for key in AMOUNTS]

    def area_row(self, area: Document) -> list[str]:
        points = [self.points_of(area[side]) for side in SIDES]
        return [self.title(area), *points, *self.amounts(area)]

    def points_of(self, part: Document | None) -> str:
        """Return the points of one side as `7.5/10`; a dash where the side has no such part."""
        if part is None:
            return "–"
        return f"{self.number(part['earned'])}/{self.number(part['maximum'])}"

    def step_row(self, step: Document) -> list[str]:
        return [safe(step["title"]), *self.amounts(step)]

    def rank(self, item: Document) -> str:
        """Return how a rank moved."""
        ranks = [
            "–" if item[side] is None else self.number(item[side]) for side in SIDES
        ]
        return f"{safe(item['title'])}: {self.arrow(*ranks)}"

    # Rules

    def moved_rule(self, rule: Document) -> MovedItem:
        amount = self.signed(rule["change"])
        return MovedItem(amount, safe(rule["title"]), list(self.about(rule)))

    def about(self, rule: Document) -> Iterator[LabelledText]:
        """Yield what is said of a rule that moved."""
        sides = [rule[side] for side in SIDES if rule[side]]
        states = [self.state(side["state"]) for side in sides]
        points = [self.points_of(side) for side in sides]
        yield self.say("clause"), self.clauses(rule)
        yield self.tell("moved"), self.differs(rule)
        yield self.say("state"), self.arrow(states[0], states[-1])
        yield self.say("required"), self.on_both_sides(rule, "required")
        yield self.say("reported"), self.on_both_sides(rule, "reported")
        yield self.tell("points"), self.arrow(points[0], points[-1])
        if rule["figures"] is not None:
            yield self.tell("figures"), self.signed(rule["figures"])
            yield self.tell("rules"), self.signed(rule["rules"])

    def still_rule(self, rule: Document) -> str:
        """Return a rule that differs without moving the index, and in what."""
        name = f"{safe(rule['title'])} ({self.clauses(rule)})"
        return f"{name}: {self.differs(rule)}; {self.on_both_sides(rule, 'required')}"

    def on_both_sides(self, rule: Document, key: str) -> str:
        """Return what a rule says on both sides, once where it is the same or there is only one."""
        words = [safe(rule[side][key] or "–") for side in SIDES if rule[side]]
        return self.arrow(words[0], words[-1])

    def differs(self, rule: Document) -> str:
        """Return in what a rule differs."""
        if rule["status"] != "changed":
            return self.tell(rule["status"])
        return ", ".join(self.tell(f"moved-{key}") for key in rule["moved"])


class _TrackDisplay(_ComparisonDisplay):
    """Says the points that a report comes to beside the points of a track."""

    def heading(self) -> str:
        return self.tell("track-title", track=self.document["track"])

    def blocks(self) -> Iterator[Block]:
        yield Block("", pairs=list(self.summary()))
        heads = [self.tell(key) for key in ("area", "self", "track", "difference")]
        rows = [self.area_row(area) for area in self.document["areas"]]
        yield Block(self.tell("areas"), heads=heads, rows=rows)
        entries = [self.judged_rule(rule) for rule in self.document["rules"]]
        yield self.moved_block(
            self.tell("track-rules"), entries, self.tell("track-same")
        )

    def summary(self) -> Iterator[LabelledText]:
        """Yield whose points are compared, and the sums of both."""
        document = self.document
        total = document["total"]
        as_of = self.date(document["as_of"])
        period = self.say("period-line", period=document["period"], as_of=as_of)
        yield self.say("unit"), safe(document["unit"])
        yield self.say("period"), period
        yield self.tell("self"), self.of_maximum(total, "self")
        yield self.tell("track"), self.of_maximum(total, "track")
        yield self.tell("difference"), self.signed(total["difference"])
        yield self.say("counts"), self.tell("track-counts", **document["counts"])

    def of_maximum(self, part: Document, key: str) -> str:
        return f"{self.number(part[key])}/{self.number(part['maximum'])}"

    def area_row(self, area: Document) -> list[str]:
        return [
            safe(area["title"]),
            self.of_maximum(area, "self"),
            self.of_maximum(area, "track"),
            self.signed(area["difference"]),
        ]

    def judged_rule(self, rule: Document) -> MovedItem:
        """Return a rule that the track judges otherwise than the report."""
        facts = [
            (self.say("clause"), self.clauses(rule)),
            (self.say("required"), safe(rule["required"])),
            (self.say("reported"), safe(rule["reported"])),
            (self.say("arithmetic"), safe(rule["calculation"])),
            (self.tell("self"), self.of_maximum(rule, "self")),
            (self.tell("track"), self.of_maximum(rule, "track")),
        ]
        if rule["reason"]:
            facts.append((self.tell("track-reason"), safe(rule["reason"])))
        return MovedItem(self.signed(rule["difference"]), safe(rule["title"]), facts)


def _moves(rule: Document) -> bool:
    """Whether a rule moved the index at all, be it by less than is shown."""
    exact = rule["exact"]
    return exact["change"] != "0" or exact["figures"] not in (None, "0")


def _shows(step: Document) -> bool:
    """Whether any amount of a step shows: a step may be less than what is shown."""
    return any(step[key] and not is_zero(step[key]) for key in AMOUNTS)


class _ComparisonText(TextLayout):
    """Lays out the blocks of a comparison as text."""

    def __init__(
        self, display: _ComparisonDisplay, width: int, *, colour: bool
    ) -> None:
        super().__init__(width, colour=colour)
        self.display = display

    def lines(self) -> Iterator[str]:
        """Yield every line."""
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
        """Yield the content of a block."""
        if block.pairs:
            yield from self.pairs(block.pairs)
        if block.heads and block.rows:
            yield from self.table(block.heads, block.rows)
        for item in block.items or []:
            yield from self.bullet(item)
        for position, entry in enumerate(block.entries or [], start=1):
            colours = {"more": (GREEN,), "less": (RED,)}.get(entry.sign, ())
            yield from self.numbered(position, entry.amount, entry.title, *colours)
            yield from self.pairs(entry.pairs, indent=3)


def _markdown(display: _ComparisonDisplay) -> Iterator[str]:
    yield f"# {plain(display.heading())}"
    for block in display.blocks():
        if block.heading:
            yield from ("", f"## {block.heading}")
        yield ""
        yield from pairs(block.pairs or [])
        if block.heads:
            yield from table(block.heads, block.rows or [])
        yield from (f"- {plain(item)}" for item in block.items or [])
        for position, entry in enumerate(block.entries or [], start=1):
            yield from (f"### {position}. {entry.amount} · {plain(entry.title)}", "")
            yield from (*pairs(entry.pairs), "")
