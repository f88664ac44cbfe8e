"""Views of a comparison: text, Markdown, JSON, HTML. They compute nothing.

A comparison is first said as blocks under headings; each view then lays out the same blocks. What
is said therefore stands in one place, and a view knows only how a block looks:

    document ─ _ReportsDisplay ─┐             ┌─ text: columns for a terminal
                                ├─▶ blocks ─▶ ├─ Markdown: lists and tables
    document ─ _TrackDisplay ───┘             └─ HTML: the template reads them
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cchc_rules.render.display import (
    Display,
    Document,
    Facts,
    LabelledText,
    Lines,
    is_zero,
    message,
    safe,
)
from cchc_rules.render.markdown import pairs, plain, table
from cchc_rules.render.text import (
    BOLD,
    CYAN,
    GREEN,
    RED,
    WORDS_INDENT,
    TextLayout,
    joined,
)
from cchc_rules.report.printing import print_report

FORMATS = ("text", "markdown", "html", "json")

# Two kinds of documents come here, by their `kind`: two reports against each other, and one report
# against a track of its own. They share their blocks and views, and hardly a word.

SIDES = ("before", "after")
"""The two sides of a comparison, as the keys of its document name them."""

AMOUNTS = ("figures", "rules", "change")
"""What changed: by the figures, by the rules, in all."""

CROSSED_INDEXES = {
    "crossed-before": "rules_before",
    "crossed-after": "rules_after",
}
"""The messages for figures of one side under rules of the other, with their keys."""

COLOURS = {"more": GREEN, "less": RED}
"""The colour of an amount, by its sign; one that is the same has none."""


@dataclass(frozen=True)
class MovedItem:
    """One thing that moved: by how much, what it is, and what is said of it.

    >>> MovedItem("−0.25", "Sent on time", []).sign
    'less'
    """

    amount: str
    title: str
    pairs: list[LabelledText]

    @property
    def sign(self) -> str:
        """Whether it is more, less or neither: `more`, `less` or `same`."""
        # Amounts are printed already, with the minus sign of print, which is no hyphen.
        sign = self.amount[:1]
        return {"+": "more", "−": "less"}.get(sign, "same")


@dataclass(frozen=True)
class Block:
    """A part of a comparison under a heading: facts, a table, things that moved, plain items.

    Most blocks have one of these; a view shows whatever a block has, in the order of its fields.
    """

    heading: str
    pairs: list[LabelledText] | None = None
    heads: list[str] | None = None
    rows: list[list[str]] | None = None
    entries: list[MovedItem] | None = None
    items: list[str] | None = None


def render(
    document: Mapping[str, Any], form: str, *, width: int = 100, colour: bool = False
) -> str:
    """Return a comparison document in one of `FORMATS`.

    Args:
        document: the comparison of two reports, or of a report with one of its tracks.
        form: one of `FORMATS`; HTML needs the extra `html`.
        width: how many characters a line of the text may have; the other forms have no width.
        colour: whether the text has escape codes for colour.
    """
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
        """Return two texts as a move, or one where nothing moved.

        The texts are compared as they are shown: an arrow between two equal ones would only puzzle.

        >>> _TrackDisplay({"language": "en", "rules": []}).arrow("7.5/10", "8/10")
        '7.5/10 → 8/10'
        """
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
        """Return the block of what moved, or of the words that say that nothing did.

        A heading with nothing under it would leave open whether something was forgotten.
        """
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
        shown_steps = filter(_shows, document["lines"])
        steps = [self.step_row(step) for step in shown_steps]
        if steps:
            yield self.amounts_table("step", "steps", steps)
        yield from self.rule_blocks()
        if document["ranks"]:
            ranks = [self.rank(item) for item in document["ranks"]]
            yield Block(self.tell("ranks"), items=ranks)

    def note_blocks(self) -> Iterator[Block]:
        """Yield what must be known to read the comparison."""
        document = self.document
        notes = [*document["notes"], *document["split"]["problems"]]
        if notes:
            items = list(map(safe, notes))
            yield Block(self.tell("notes"), items=items)

    def rule_blocks(self) -> Iterator[Block]:
        """Yield the rules that moved the index, then those that changed without moving it."""
        moved = []
        still = []
        # Rules that neither differ nor moved are not in the document at all.
        for rule in self.document["rules"]:
            if _moves(rule):
                moved.append(self.moved_rule(rule))
            else:
                still.append(self.still_rule(rule))
        heading = self.tell("moved-rules")
        yield self.moved_block(heading, moved, self.tell("no-rules"))
        if still:
            yield Block(self.tell("still"), items=still)

    # The summary: what is compared, and what came of it, before any detail

    def summary(self) -> Facts:
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
        rules = f"{ruleset['id']} {ruleset['version']}"
        return self.tell(
            "side",
            unit=side["unit"],
            period=side["period"],
            as_of=self.date(side["as_of"]),
            rules=rules,
        )

    def index_move(self) -> str:
        """Return the index of both sides, and the difference."""
        before, after = map(self.index_value, SIDES)
        change = self.signed(self.document["change"]["change"])
        return f"{self.arrow(before, after)} ({change})"

    def index_value(self, side: str) -> str:
        """Return the index of a side, a dash where nothing was left to score."""
        value = self.document[side]["index"]["value"]
        if value is None:
            return "–"
        return self.number(value)

    def split(self) -> Facts:
        """Yield which part of the change comes from figures, and which from rules.

        Where both the figures and the rules differ, there are two orders to change them in, and the
        parts depend on the order. The document has the mean of both; the two indexes
        on the way, the new figures under the old rules and the reverse, are told below it.
        """
        change = self.document["change"]
        split = self.document["split"]
        if change["figures"] is not None:
            yield self.tell("figures"), self.signed(change["figures"])
            yield self.tell("rules"), self.signed(change["rules"])
        yield self.tell("split"), safe(split["text"])
        for words, key in CROSSED_INDEXES.items():
            if split[key] is not None:
                yield self.tell(words), self.number(split[key])

    def band_move(self) -> str:
        """Return the bands of both sides, or the one of now where none moved."""
        band = self.document["band"]
        before = self.band_title(band["before"])
        after = self.band_title(band["after"])
        # Bands of two rule sets may differ and yet have one title, and the reverse.
        if not band["moved"]:
            return after
        return self.arrow(before, after)

    def band_title(self, band: Document | None) -> str:
        """Return the title of a band, or the word for none."""
        if band is None:
            return self.tell("none")
        return safe(band["title"])

    def target_move(self, target: Document) -> str:
        """Return a target with what became of it on both sides."""
        title = safe(target["title"])
        clauses = self.clauses(target)
        before = self.target_state(target["before"])
        after = self.target_state(target["after"])
        return f"{title} ({clauses}): {self.arrow(before, after)}"

    def target_state(self, reached: bool | None) -> str:
        """Return what became of a target on one side; None where the side has no such target."""
        if reached is None:
            return self.tell("none")
        return self.reached(reached=reached)

    # Tables of amounts: the areas, and the steps between the areas and the index

    def amounts_table(self, first: str, heading: str, rows: list[list[str]]) -> Block:
        """Return a table of amounts.

        Args:
            first: the message above the first column; areas have their points of both sides too.
            heading: the message above the table.
            rows: the cells of each row.
        """
        keys = [first]
        if first == "area":
            keys += ["points-before", "points-after"]
        keys += self.amount_keys()
        heads = [self.tell(key) for key in keys]
        return Block(self.tell(heading), heads=heads, rows=rows)

    def amount_keys(self) -> tuple[str, ...]:
        """Return the columns of amounts: one where the change is not split."""
        if self.document["change"]["figures"] is None:
            return ("change",)
        return AMOUNTS

    def amounts(self, item: Document) -> list[str]:
        """Return the amounts of a line, as many as the table has columns for."""
        if item["figures"] is None:
            return [self.signed(item["change"])]
        return [self.signed(item[key]) for key in AMOUNTS]

    def area_row(self, area: Document) -> list[str]:
        """Return an area with its points on both sides and its amounts."""
        points = [self.points_of(area[side]) for side in SIDES]
        return [self.title(area), *points, *self.amounts(area)]

    def points_of(self, part: Document | None) -> str:
        """Return the points of one side as `7.5/10`; a dash where the side has no such part."""
        if part is None:
            return "–"
        earned = self.number(part["earned"])
        maximum = self.number(part["maximum"])
        return f"{earned}/{maximum}"

    def step_row(self, step: Document) -> list[str]:
        """Return a step between the areas and the index, such as rescaling, with its amounts."""
        return [safe(step["title"]), *self.amounts(step)]

    def rank(self, item: Document) -> str:
        """Return how a rank moved."""
        before = self.rank_on_one_side(item["before"])
        after = self.rank_on_one_side(item["after"])
        return f"{safe(item['title'])}: {self.arrow(before, after)}"

    def rank_on_one_side(self, rank: str | None) -> str:
        """Return a rank; a dash where the side reports none."""
        if rank is None:
            return "–"
        return self.number(rank)

    # Rules

    def moved_rule(self, rule: Document) -> MovedItem:
        """Return a rule that moved the index, with what it asked and got on both sides."""
        amount = self.signed(rule["change"])
        title = safe(rule["title"])
        return MovedItem(amount, title, list(self.about(rule)))

    def about(self, rule: Document) -> Facts:
        """Yield what is said of a rule that moved."""
        # A rule that only one of the two rule sets has stands on one side: first is then last.
        sides = [rule[side] for side in SIDES if rule[side]]
        states = [self.state(side["state"]) for side in sides]
        points = [self.points_of(side) for side in sides]
        # Whether the rule itself changed comes before what became of it: it explains the rest.
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
        title = safe(rule["title"])
        clauses = self.clauses(rule)
        required = self.on_both_sides(rule, "required")
        return f"{title} ({clauses}): {self.differs(rule)}; {required}"

    def on_both_sides(self, rule: Document, key: str) -> str:
        """Return what a rule says on both sides, once where it is the same or there is only one."""
        sides = [rule[side] for side in SIDES if rule[side]]
        words = [safe(side[key] or "–") for side in sides]
        return self.arrow(words[0], words[-1])

    def differs(self, rule: Document) -> str:
        """Return in what a rule differs, or that it is new or gone."""
        if rule["status"] != "changed":
            return self.tell(rule["status"])
        parts = [self.tell(f"moved-{key}") for key in rule["moved"]]
        return ", ".join(parts)


class _TrackDisplay(_ComparisonDisplay):
    """Says the points that a report comes to beside the points of a track."""

    def heading(self) -> str:
        return self.tell("track-title", track=self.document["track"])

    def blocks(self) -> Iterator[Block]:
        yield Block("", pairs=list(self.summary()))
        heads = [self.tell(key) for key in ("area", "self", "track", "difference")]
        areas = self.document["areas"]
        rows = [self.area_row(area) for area in areas]
        yield Block(self.tell("areas"), heads=heads, rows=rows)
        rules = self.document["rules"]
        entries = [self.judged_rule(rule) for rule in rules]
        heading = self.tell("track-rules")
        yield self.moved_block(heading, entries, self.tell("track-same"))

    def summary(self) -> Facts:
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
        """Return points with what could be had, such as `7.5/10`; `key` says whose points."""
        points = self.number(part[key])
        maximum = self.number(part["maximum"])
        return f"{points}/{maximum}"

    def area_row(self, area: Document) -> list[str]:
        """Return an area with the points of the report, of the track, and their difference."""
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
            reason = safe(rule["reason"])
            facts.append((self.tell("track-reason"), reason))
        amount = self.signed(rule["difference"])
        return MovedItem(amount, safe(rule["title"]), facts)


def _moves(rule: Document) -> bool:
    """Whether a rule moved the index at all, be it by less than is shown.

    A change by figures that a change of the rules undoes is a move too: the sum is 0, its parts are
    not.
    """
    exact = rule["exact"]
    changed = exact["change"] != "0"
    figures_moved = exact["figures"] not in (None, "0")
    return changed or figures_moved


def _shows(step: Document) -> bool:
    """Whether any amount of a step shows: a step may be less than what is shown."""
    amounts = [step[key] for key in AMOUNTS if step[key]]
    return not all(map(is_zero, amounts))


class _ComparisonText(TextLayout):
    """Lays out the blocks of a comparison as text."""

    def __init__(
        self, display: _ComparisonDisplay, width: int, *, colour: bool
    ) -> None:
        super().__init__(width, colour=colour)
        self.display = display

    def lines(self) -> Lines:
        """Yield every line."""
        yield from self.titled(self.display.heading(), BOLD)
        for block in self.display.blocks():
            if block.heading:
                yield ""
                yield from self.titled(block.heading, BOLD, CYAN)
            yield from self.block(block)

    def titled(self, words: str, *codes: str) -> Lines:
        """Yield a heading on lines that fit."""
        for line in self.wrap(words.upper(), 0):
            yield self.style(line, *codes)

    def block(self, block: Block) -> Lines:
        """Yield the content of a block."""
        if block.pairs:
            yield from self.pairs(block.pairs)
        if block.heads and block.rows:
            yield from self.table(block.heads, block.rows)
        for item in block.items or []:
            yield from self.bullet(item)
        for position, entry in enumerate(block.entries or [], start=1):
            colours = []
            if entry.sign in COLOURS:
                colours.append(COLOURS[entry.sign])
            yield from self.numbered(position, entry.amount, entry.title, *colours)
            yield from self.pairs(entry.pairs, indent=WORDS_INDENT)


def _markdown(display: _ComparisonDisplay) -> Lines:
    yield f"# {plain(display.heading())}"
    for block in display.blocks():
        if block.heading:
            yield ""
            yield f"## {block.heading}"
        yield ""
        yield from pairs(block.pairs or [])
        if block.heads:
            yield from table(block.heads, block.rows or [])
        for item in block.items or []:
            yield f"- {plain(item)}"
        for position, entry in enumerate(block.entries or [], start=1):
            title = plain(entry.title)
            yield f"### {position}. {entry.amount} · {title}"
            yield ""
            yield from pairs(entry.pairs)
            yield ""
