"""The report as one page of HTML that needs no network, and no script to be read.

Templates, style and script stand in `packaged/html`. Everything shown is escaped by the template
engine and passes `safe`; what a page may load or run is said in its policy: the style and the
script that stand in it, by their hashes.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

from markupsafe import Markup

from cchc_rules.base.number import fixed, half_up
from cchc_rules.render.display import APART_LISTS, Display, Document
from cchc_rules.render.html_template import file, policy, template
from cchc_rules.render.sensitivity import SensitivityView

LISTS = ("losses", "missing", *APART_LISTS)
"""The lists of a document, in the order in which the page shows them."""

LEAST_DISTANCE = Fraction(8, 100)
"""Least distance of two figures under the scale, as a share of it, that a phone shows apart."""

PARTS = ("earned", "lost", "excluded")
"""The parts of the points of a group or a state."""

EDGE_SIGNS = {"from": "≥", "above": ">", "to": "≤", "below": "<"}
"""The edges of a band, with the signs that people read."""

ALWAYS_SHOWN = ("missing", "not_applicable")
"""The states that have a tile even where no rule is in them."""

NOTHING = Fraction(0)

TOTALS = ("maximum", "index")
"""The steps of the index that are totals; all others add to a total or take from it."""


def page(document: Document, study: Document | None = None) -> str:
    """Return a report as a page of HTML.

    Args:
        document: the report.
        study: the sensitivity document of the same scoring, shown as a section of the page.

    Returns:
        The page, with its style and script in it and a line end at its end.

    Raises:
        ValueError: the study is of another scoring.
    """
    sure = None
    if study is not None:
        if _scoring(study) != _scoring(document):
            raise ValueError("study: ≠ report")
        sure = SensitivityView(study)
    style = file("chart.css") + file("page.css")
    script = file("page.js")
    html = template("page.html").render(
        view=_PageView(document),
        report=document,
        sure=sure,
        style=Markup(style),
        script=Markup(script),
        policy=policy(style, script),
    )
    return html + "\n"


def _scoring(document: Document) -> tuple[object, ...]:
    """Return what tells scorings apart: language, rule set, submission, day and index.

    The index is among them for figures that were tried out: they change it, and no hash.
    """
    return (
        document["language"],
        document["ruleset"]["sha256"],
        document["measurements"]["sha256"],
        document["as_of"],
        document["index"]["exact"],
    )


class Tile(NamedTuple):
    """A figure that comes first on the page: its kind, its label, points, and their make-up."""

    kind: str
    label: str
    points: str
    words: str


class _PageView(Display):
    """Says the parts of a report for the page, finds what belongs together, and measures bars."""

    def __init__(self, document: Document) -> None:
        super().__init__(document)
        self.groups: dict[str, Document] = {
            group["id"]: group for group in document["groups"]
        }
        # The anchor of a rule is its number, for an id may be no name in HTML.
        self.at = {id_: number for number, id_ in enumerate(self.rules, 1)}
        # A rule in two lists is shown in full in the first of them.
        self.homes = {id_: key for key in reversed(LISTS) for id_ in document[key]}

    def signed(self, figure: str) -> str:
        """Return a figure with its sign, whether it is more or less."""
        if figure.startswith("-"):
            return self.number(figure)
        return f"+{self.number(figure)}"

    def area(self, id_: str) -> Document:
        """Return the group at the top that a group lies in, given the id of the group."""
        group = self.groups[id_]
        if group["parent"] is None:
            return group
        return self.area(group["parent"])

    def depth(self, group: Document) -> int:
        """Return how deep a group lies, 0 at the top."""
        if group["parent"] is None:
            return 0
        return 1 + self.depth(self.groups[group["parent"]])

    def by_area(self) -> Iterator[tuple[Document, list[Document]]]:
        """Yield each area with its rules, both in the order of the document."""
        rules: dict[str, list[Document]] = {group["id"]: [] for group in self.areas()}
        for rule in self.document["rules"]:
            rules[self.area(rule["group"])["id"]].append(rule)
        for id_, area_rules in rules.items():
            if area_rules:
                yield self.groups[id_], area_rules

    def listed(self) -> Iterator[tuple[str, str, list[Document]]]:
        """Yield what stands apart from the lost points: key, heading and rules."""
        # The first list is the losses, which the page shows in a form of its own.
        for key in LISTS[1:]:
            if self.document[key]:
                yield key, self.list_heading(key), self.listed_rules(key)

    def settled(self) -> list[Document]:
        """Return the rules that stand in no list: met, and nothing lost."""
        return [rule for rule in self.document["rules"] if rule["id"] not in self.homes]

    def bounds(self, band: Document) -> str:
        """Return the range of a band in signs, such as `≥ 70, < 80`."""
        edges = band["range"] or {}
        bounds = []
        for edge, sign in EDGE_SIGNS.items():
            if edge in edges:
                bounds.append(f"{sign} {self.number(edges[edge])}")
        return ", ".join(bounds)

    def required_rules(self, rule: Document) -> str:
        """Return the titles of the rules that one requires, or the share of points it asks for."""
        shares = {
            share["requires"]: share["text"]
            for share in self.document.get("required_shares", [])
            if share["rule"] == rule["id"]
        }
        titles: list[str] = []
        for id_ in rule["requires"]:
            title = shares.get(id_, self.rules[id_]["title"])
            titles.append(str(title))
        return "; ".join(titles)

    def titles(self, ids: Sequence[str]) -> str:
        """Return the titles of rules."""
        titles = [self.rules[id_]["title"] for id_ in ids]
        return "; ".join(titles)

    def conflicting(self) -> list[Document]:
        """Return the rules whose target has another reading."""
        return [rule for rule in self.document["rules"] if rule["conflicts"]]

    # Tiles

    def tiles(self) -> Iterator[Tile]:
        """Yield the figures that come first on the page."""
        index = self.document["index"]
        earned = self._counted("met", "partly_met")
        lost = self._counted("partly_met", "not_met", "missing")
        yield Tile("earned", self.say("earned"), index["earned"], earned)
        yield Tile("lost", self.say("lost"), index["lost"], lost)
        # A tile that says “0 missing” is news: it says that everything was reported.
        for state in ("missing", "not_applicable", "not_due", "waived"):
            if index["counts"][state] or state in ALWAYS_SHOWN:
                yield self._state_tile(state)

    def _state_tile(self, state: str) -> Tile:
        """Return how many points are in a state, how many rules, and what became of them."""
        index = self.document["index"]
        points = index["states"][state]
        parts = [self.say("rule-count", count=index["counts"][state])]
        for key in PARTS:
            if Fraction(points[key]):
                figure = self.number(points[key])
                parts.append(self.say(f"state-{key}", points=figure))
        heading = self.list_heading(state)
        return Tile(state, heading, points["maximum"], "; ".join(parts))

    def _counted(self, *states: str) -> str:
        """Return how many rules are in each of some states, in words."""
        counts = self.document["index"]["counts"]
        words = [
            f"{counts[state]} {self.state(state)}" for state in states if counts[state]
        ]
        return ", ".join(words)

    # Lengths of bars: the only things that a page works out

    # They are exact fractions until they are printed, as all figures are, so that the same document
    # gives the same page on every machine.

    def gauge(self, figure: str) -> str:
        """Return where a figure stands on the scale of the index, in percent of its length."""
        return _percent(Fraction(figure), self._scale)

    def rungs(self) -> Iterator[tuple[str, str, str, bool]]:
        """Yield the bands of the scale.

        Of each: where it begins, how long it is, its lower edge, and whether it is reached.
        """
        band = self.document["band"]
        if not band:
            return
        ladder = band["ladder"]
        # The lowest band begins with the scale, whatever its own lower edge says.
        # An edge below zero or above the scale is drawn at its end: that band has no length.
        # Edges stay texts as the document writes them, because they are printed below the scale.
        scale = self.document["index"]["scale"]
        lows = ["0"]
        for rung in ladder[1:]:
            edge = max("0", _lower_edge(rung), key=Fraction)
            lows.append(min(edge, scale, key=Fraction))
        highs = [*lows[1:], scale]
        for rung, low, high in zip(ladder, lows, highs, strict=True):
            length = _percent(Fraction(high) - Fraction(low), self._scale)
            is_reached = rung["id"] == band["id"]
            yield self.gauge(low), length, low, is_reached

    def marks(self) -> Iterator[tuple[str, str, str]]:
        """Yield the figures under the scale, without those that stand too close to another.

        Of each: where it stands, its words, and which end of them stands there.
        """
        last = NOTHING
        yield "0%", self.number("0"), "start"
        least_distance = self._scale * LEAST_DISTANCE
        for _, _, low, _ in self.rungs():
            edge = Fraction(low)
            if edge - last >= least_distance:
                last = edge
                yield self.gauge(low), self.number(low), "middle"
        # The last figure ends at the edge of the scale, so it needs twice the room.
        if self._scale - last >= 2 * least_distance:
            scale = self.document["index"]["scale"]
            yield "100%", self.number(scale), "end"

    def area_bar(self, group: Document) -> Iterator[tuple[str, str, str]]:
        """Yield the parts of an area's bar, in percent of the largest area.

        Of each: what it shows, where it begins, and how long it is.
        """
        # Each part begins where the one before it ends.
        start = NOTHING
        for key, points in zip(PARTS, _points_of(group), strict=True):
            if points:
                begin = _percent(start, self._largest_area)
                length = _percent(points, self._largest_area)
                yield key, begin, length
            start += points

    def step_bar(self, step: Document) -> tuple[str, str, str, str]:
        """Return the bar of a step of the index, in percent of the range of all steps.

        These are where it begins, how long it is, where the total came from and where it ends. The
        first and the last step are totals, and begin at zero.

        The bars hang in the air like those of a waterfall. Where all steps lie between 0 and 100,
        one that takes the total from 90 to 80 begins at 80 %, is 10 % long, came from 90 % and ends
        at 80 %.
        """
        lowest, highest = self._range_of_steps
        total = Fraction(step["total"])
        before = NOTHING
        if step["kind"] not in TOTALS:
            before = total - Fraction(step["change"])
        distances = (
            min(before, total) - lowest,
            abs(total - before),
            before - lowest,
            total - lowest,
        )
        start, length, came_from, end = (
            _percent(distance, highest - lowest) for distance in distances
        )
        return start, length, came_from, end

    def loss_bar(self, rule: Document) -> str:
        """Return how long a loss is, in percent of the largest."""
        return _percent(Fraction(rule["lost"]), self._largest_loss)

    @cached_property
    def _scale(self) -> Fraction:
        return Fraction(self.document["index"]["scale"])

    @cached_property
    def _largest_area(self) -> Fraction:
        sums = [sum(_points_of(area), NOTHING) for area in self.areas()]
        return max(sums, default=NOTHING)

    @cached_property
    def _largest_loss(self) -> Fraction:
        rules = self.listed_rules("losses")
        losses = [Fraction(rule["lost"]) for rule in rules]
        return max(losses, default=NOTHING)

    @cached_property
    def _range_of_steps(self) -> tuple[Fraction, Fraction]:
        """The least and the largest total of any step, and zero."""
        steps = self.document["index"]["steps"]
        totals = [NOTHING, *(Fraction(step["total"]) for step in steps)]
        return min(totals), max(totals)


def _lower_edge(band: Document) -> str:
    edges = band["range"] or {}
    edge: str = edges.get("from") or edges.get("above") or "0"
    return edge


def _points_of(group: Document) -> list[Fraction]:
    """Return the parts of a group's points; a bar has no length below zero."""
    return [max(Fraction(group[key]), NOTHING) for key in PARTS]


def _percent(part: Fraction, whole: Fraction) -> str:
    """Return a share as a length between 0 and 100 percent; of nothing it is 0.

    >>> _percent(Fraction(1), Fraction(3))
    '33.33%'
    """
    share = NOTHING
    if whole > 0:
        share = min(max(part / whole, NOTHING), Fraction(1))
    hundredths = half_up(share.numerator * 10000, share.denominator)
    return fixed(hundredths, 2) + "%"
