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

ALWAYS_SHOWN = ("missing", "not_applicable")
"""The states that have a tile even where no rule is in them."""

NOTHING = Fraction(0)


def page(document: Document, study: Document | None = None) -> str:
    """Return a report as a page of HTML.

    Args:
        document: the report.
        study: the sensitivity document of the same scoring, shown as a section of the page.

    Raises:
        ValueError: the study is of another scoring.
    """
    if study is not None and _scoring(study) != _scoring(document):
        raise ValueError("study: ≠ report")
    style = file("chart.css") + file("page.css")
    script = file("page.js")
    html = template("page.html").render(
        view=_PageView(document),
        report=document,
        sure=None if study is None else SensitivityView(study),
        style=Markup(style),
        script=Markup(script),
        policy=policy(style, script),
    )
    return html + "\n"


def _scoring(document: Document) -> tuple[object, ...]:
    """Return what tells scorings apart: language, rule set, submission, day and index."""
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
        """Return the group at the top that a group lies in."""
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
        for key in LISTS[1:]:
            if self.document[key]:
                yield key, self.list_heading(key), self.listed_rules(key)

    def settled(self) -> list[Document]:
        """Return the rules that stand in no list: met, and nothing lost."""
        return [rule for rule in self.document["rules"] if rule["id"] not in self.homes]

    def bounds(self, band: Document) -> str:
        """Return the range of a band in signs, such as `≥ 70, < 80`."""
        edges = band["range"] or {}
        return ", ".join(
            f"{sign} {self.number(edges[edge])}"
            for edge, sign in EDGE_SIGNS.items()
            if edge in edges
        )

    def titles(self, ids: Sequence[str]) -> str:
        """Return the titles of rules."""
        return "; ".join(self.rules[id_]["title"] for id_ in ids)

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
                parts.append(self.say(f"state-{key}", points=self.number(points[key])))
        return Tile(
            state, self.list_heading(state), points["maximum"], "; ".join(parts)
        )

    def _counted(self, *states: str) -> str:
        counts = self.document["index"]["counts"]
        return ", ".join(
            f"{counts[state]} {self.state(state)}" for state in states if counts[state]
        )

    # Lengths of bars: the only things that a page works out

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
        scale = self.document["index"]["scale"]
        edges = [_lower_edge(rung) for rung in ladder[1:]]
        lows = [
            "0",
            *(min(max("0", edge, key=Fraction), scale, key=Fraction) for edge in edges),
        ]
        highs = [*lows[1:], scale]
        for rung, low, high in zip(ladder, lows, highs, strict=True):
            length = _percent(Fraction(high) - Fraction(low), self._scale)
            yield self.gauge(low), length, low, rung["id"] == band["id"]

    def marks(self) -> Iterator[tuple[str, str, str]]:
        """Yield the figures under the scale, without those that stand too close to another.

        Of each: where it stands, its words, and which end of them stands there.
        """
        last = NOTHING
        yield "0%", self.number("0"), "start"
        for _, _, low, _ in self.rungs():
            edge = Fraction(low)
            if edge - last >= self._scale * LEAST_DISTANCE:
                last = edge
                yield self.gauge(low), self.number(low), "middle"
        # The last figure ends at the edge of the scale, so it needs twice the room.
        if self._scale - last >= self._scale * 2 * LEAST_DISTANCE:
            yield "100%", self.number(self.document["index"]["scale"]), "end"

    def area_bar(self, group: Document) -> Iterator[tuple[str, str, str]]:
        """Yield the parts of an area's bar, in percent of the largest area.

        Of each: what it shows, where it begins, and how long it is.
        """
        start = NOTHING
        for key, points in zip(PARTS, _points_of(group), strict=True):
            if points:
                begin = _percent(start, self._largest_area)
                yield key, begin, _percent(points, self._largest_area)
            start += points

    def step_bar(self, step: Document) -> tuple[str, str, str, str]:
        """Return the bar of a step of the index, in percent of the range of all steps.

        These are where it begins, how long it is, where the total came from and where it ends. The
        first and the last step are totals, and begin at zero.
        """
        lowest, highest = self._range_of_steps
        total = Fraction(step["total"])
        before = NOTHING
        if step["kind"] not in ("maximum", "index"):
            before = total - Fraction(step["change"])

        def percent(distance: Fraction) -> str:
            return _percent(distance, highest - lowest)

        return (
            percent(min(before, total) - lowest),
            percent(abs(total - before)),
            percent(before - lowest),
            percent(total - lowest),
        )

    def loss_bar(self, rule: Document) -> str:
        """Return how long a loss is, in percent of the largest."""
        return _percent(Fraction(rule["lost"]), self._largest_loss)

    @cached_property
    def _scale(self) -> Fraction:
        return Fraction(self.document["index"]["scale"])

    @cached_property
    def _largest_area(self) -> Fraction:
        sums = (sum(_points_of(area), NOTHING) for area in self.areas())
        return max(sums, default=NOTHING)

    @cached_property
    def _largest_loss(self) -> Fraction:
        losses = (Fraction(rule["lost"]) for rule in self.listed_rules("losses"))
        return max(losses, default=NOTHING)

    @cached_property
    def _range_of_steps(self) -> tuple[Fraction, Fraction]:
        """The least and the largest total of any step, and zero."""
        totals = [Fraction(step["total"]) for step in self.document["index"]["steps"]]
        return min(NOTHING, *totals), max(NOTHING, *totals)


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
        share = max(NOTHING, min(part / whole, Fraction(1)))
    return fixed(half_up(share.numerator * 10000, share.denominator), 2) + "%"
