"""The report as one page of HTML that needs no network, and no script to be read.

Templates, style and script stand in `packaged/html`. Everything shown is escaped by the template
engine and passes `safe`; what a page may load or run is said in its policy: the style and the
script that stand in it, by their hashes.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import cached_property

from markupsafe import Markup

from cchc_rules.base.number import fixed, half_up
from cchc_rules.render.display import Display, Document
from cchc_rules.render.html_template import file, policy, template
from cchc_rules.render.sensitivity import View

LISTS = ("losses", "missing", "not_due", "not_applicable", "waived", "unsupported")
"""The lists of a document, in the order in which the page shows them."""

APART = Fraction(8, 100)
"""How far apart figures under the scale must stand to be read on a phone."""


def page(document: Document, study: Document | None = None) -> str:
    """Return the report as a page of HTML, with the study of how sure its index is where there is
    one.
    """
    if study is not None and _scoring(study) != _scoring(document):
        raise ValueError("study: ≠ report")
    style = file("chart.css") + file("page.css")
    script = file("page.js")
    shown = {
        "style": Markup(style),
        "script": Markup(script),
        "policy": policy(style, script),
    }
    views = {
        "view": _View(document),
        "report": document,
        "sure": None if study is None else View(study),
    }
    return template("page.html").render(**views, **shown) + "\n"


def _scoring(document: Document) -> tuple[object, ...]:
    """Return what tells scorings apart: language, rule set, submission, day and index."""
    hashes = (document[key]["sha256"] for key in ("ruleset", "measurements"))
    return (
        document["language"],
        *hashes,
        document["as_of"],
        document["index"]["exact"],
    )


class _View(Display):
    """Says the parts of one document for the page, finds what belongs together, and measures bars."""

    def __init__(self, document: Document) -> None:
        super().__init__(document)
        self.groups: dict[str, Document] = {
            group["id"]: group for group in document["groups"]
        }
        self.at = {id_: place for place, id_ in enumerate(self.rules, 1)}
        self.homes = {id_: key for key in reversed(LISTS) for id_ in document[key]}

    def signed(self, text: str) -> str:
        """Return a figure with its sign, whether it is more or less."""
        return self.number(text) if text.startswith("-") else f"+{self.number(text)}"

    def area(self, id_: str) -> Document:
        """Return the group at the top above a group."""
        group = self.groups[id_]
        return group if group["parent"] is None else self.area(group["parent"])

    def depth(self, group: Document) -> int:
        """Return how deep a group lies, 0 at the top."""
        return (
            0
            if group["parent"] is None
            else 1 + self.depth(self.groups[group["parent"]])
        )

    def by_area(self) -> Iterator[tuple[Document, list[Document]]]:
        """Yield each area with its rules, both in the order of the document."""
        found: dict[str, list[Document]] = {group["id"]: [] for group in self.areas()}
        for rule in self.document["rules"]:
            found[self.area(rule["group"])["id"]].append(rule)
        yield from ((self.groups[id_], rules) for id_, rules in found.items() if rules)

    def listed(self) -> Iterator[tuple[str, str, list[Document]]]:
        """Yield what stands apart from the lost points: key, heading and rules."""
        for key in LISTS[1:]:
            if self.document[key]:
                yield key, self.say(f"list-{key.replace('_', '-')}"), self.picked(key)

    def settled(self) -> list[Document]:
        """Return the rules that stand in no list: met, and nothing lost."""
        return [rule for rule in self.document["rules"] if rule["id"] not in self.homes]

    def bounds(self, band: Document) -> str:
        """Return the range of a band in signs."""
        edges = band["range"] or {}
        return ", ".join(
            f"{_SIGNS[key]} {self.number(edges[key])}" for key in _SIGNS if key in edges
        )

    def titles(self, ids: Sequence[str]) -> str:
        """Return the titles of rules."""
        return "; ".join(self.rules[id_]["title"] for id_ in ids)

    def conflicting(self) -> list[Document]:
        """Return the rules that have another reading."""
        return [rule for rule in self.document["rules"] if rule["conflicts"]]

    def tiles(self) -> Iterator[tuple[str, str, str, str]]:
        """Yield the figures that come first: kind, label, points and what they are made of."""
        index = self.document["index"]
        counts = self.document["index"]["counts"]
        yield (
            "earned",
            self.say("earned"),
            index["earned"],
            self._counted("met", "partly_met"),
        )
        yield (
            "lost",
            self.say("lost"),
            index["lost"],
            self._counted("partly_met", "not_met", "missing"),
        )
        for state in ("missing", "not_applicable", "not_due", "waived"):
            if counts[state] or state in ("missing", "not_applicable"):
                label = self.say(f"list-{state.replace('_', '-')}")
                yield (
                    state,
                    label,
                    index["states"][state]["maximum"],
                    self._worth_of(state),
                )

    def _worth_of(self, state: str) -> str:
        """Return how many rules are in a state and what became of their points."""
        index = self.document["index"]
        points = index["states"][state]
        parts = [
            self.say(f"state-{key}", points=self.number(points[key]))
            for key in _PARTS
            if Fraction(points[key])
        ]
        count = self.say("rule-count", count=index["counts"][state])
        return "; ".join([count, *parts])

    def _counted(self, *states: str) -> str:
        counts = self.document["index"]["counts"]
        return ", ".join(
            f"{counts[state]} {self.state(state)}" for state in states if counts[state]
        )

    # Lengths of bars: the only things that a page works out

    def gauge(self, text: str) -> str:
        """Return where a figure stands on the scale of the index, in percent of its length."""
        return _percent(Fraction(text), Fraction(self.document["index"]["scale"]))

    def rungs(self) -> Iterator[tuple[str, str, str, bool]]:
        """Yield the bands of the scale: where one begins, how long it is, its lower edge, and
        whether it is reached.
        """
        band = self.document["band"]
        scale = self.document["index"]["scale"]
        ladder = band["ladder"] if band else []
        lows = ["0", *(_low(rung) for rung in ladder[1:]), scale]
        for rung, low, high in zip(ladder, lows, lows[1:], strict=False):
            length = _percent(Fraction(high) - Fraction(low), Fraction(scale))
            yield self.gauge(low), length, low, rung["id"] == band["id"]

    def marks(self) -> Iterator[tuple[str, str, str]]:
        """Yield the figures under the scale: where, what, and which end stands there; those too
        close are left out.
        """
        scale = Fraction(self.document["index"]["scale"])
        last = Fraction(0)
        yield "0%", self.number("0"), "start"
        for _, _, low, _ in self.rungs():
            if Fraction(low) - last >= scale * APART:
                last = Fraction(low)
                yield self.gauge(low), self.number(low), "middle"
        if scale - last >= scale * 2 * APART:
            yield "100%", self.number(self.document["index"]["scale"]), "end"

    def area_bar(self, group: Document) -> Iterator[tuple[str, str, str]]:
        """Yield the parts of an area's bar: what, where it begins, how long it is, in percent of
        the largest area.
        """
        start = Fraction(0)
        for key, part in zip(_PARTS, _parts(group), strict=True):
            if part:
                yield (
                    key,
                    _percent(start, self._largest_area),
                    _percent(part, self._largest_area),
                )
            start += part

    def step_bar(self, step: Document) -> tuple[str, str, str, str]:
        """Return where a step's bar begins, how long it is, where it came from and where it ends,
        in percent.
        """
        total, (low, high) = Fraction(step["total"]), self._reach
        before = (
            Fraction(0)
            if step["kind"] in ("maximum", "index")
            else total - Fraction(step["change"])
        )
        begin = min(before, total) - low
        length = abs(total - before)
        where = [
            _percent(place, high - low)
            for place in (begin, length, before - low, total - low)
        ]
        return where[0], where[1], where[2], where[3]

    def loss_bar(self, rule: Document) -> str:
        """Return how long a loss is, in percent of the largest."""
        return _percent(Fraction(rule["lost"]), self._largest_loss)

    @cached_property
    def _largest_area(self) -> Fraction:
        return max(
            (sum(_parts(area), Fraction(0)) for area in self.areas()),
            default=Fraction(0),
        )

    @cached_property
    def _largest_loss(self) -> Fraction:
        return max(
            (Fraction(rule["lost"]) for rule in self.picked("losses")),
            default=Fraction(0),
        )

    @cached_property
    def _reach(self) -> tuple[Fraction, Fraction]:
        totals = [
            Fraction(0),
            *(Fraction(step["total"]) for step in self.document["index"]["steps"]),
        ]
        return min(totals), max(totals)


_PARTS = ("earned", "lost", "excluded")
_SIGNS = {"from": "≥", "above": ">", "to": "≤", "below": "<"}


def _low(band: Document) -> str:
    edges = band["range"] or {}
    low: str = edges.get("from") or edges.get("above") or "0"
    return low


def _parts(group: Document) -> list[Fraction]:
    return [max(Fraction(group[key]), Fraction(0)) for key in _PARTS]


def _percent(part: Fraction, whole: Fraction) -> str:
    """Return a share as a length between 0 and 100 percent; of nothing it is 0."""
    share = (
        max(Fraction(0), min(part / whole, Fraction(1))) if whole > 0 else Fraction(0)
    )
    return fixed(half_up(share.numerator * 10000, share.denominator), 2) + "%"
