"""The comparison document: plain data that every view is drawn from, its texts in one language."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any, TypeAlias

from cchc_rules.analysis.comparison.contributions import (
    LINES,
    RULE,
    ChangePart,
    own_weight,
    top,
)
from cchc_rules.analysis.comparison.division import Division, Side
from cchc_rules.base import number
from cchc_rules.base.messages import message
from cchc_rules.report import heading
from cchc_rules.report.document import document as report_document
from cchc_rules.report.heading import Document

ReportPart: TypeAlias = Mapping[str, Any]
"""A part of a report document, be it scored here or read from a file."""

ById: TypeAlias = Mapping[str, ReportPart]
"""Rules, groups or targets of one side by their ids."""


def document(division: Division, lang: str) -> Document:
    """Return the document of a comparison, its texts in a language (those of a report read back
    stay as they are).

    docs/reference/comparison.md describes it. Amounts are in points, as text.
    """
    return _Writer(division, lang).document()


class _Writer:
    """Writes the document of a comparison in one language.

    Areas, rules and targets of both sides are told once, in the order of the new side, and then
    those that only the old side has.
    """

    def __init__(self, division: Division, lang: str) -> None:
        self.division = division
        self.lang = lang
        self.before = self.worded(division.before)
        self.after = self.worded(division.after)
        sides = (self.before, self.after)
        self.groups = [_by_id(side["groups"]) for side in sides]
        self.rules = [_by_id(side["rules"]) for side in sides]

    def worded(self, side: Side) -> ReportPart:
        """Return a side's document in the language asked for; one that was read stays as it is."""
        # A document alone has lost what its texts were made from.
        if side.report is None or side.document["language"] == self.lang:
            return side.document
        return report_document(side.report.scoring, self.lang, gains=False)

    def document(self) -> Document:
        moved = self.moved_rules()
        return {
            **heading.written(self.lang),
            "kind": "comparison",
            "before": _side(self.before),
            "after": _side(self.after),
            "change": self.amount(self.division.columns.parts),
            "split": self.split(),
            "band": self.band(),
            "targets": self.targets(),
            "areas": self.areas(),
            "lines": self.lines(),
            "rules": moved,
            "ranks": self.ranks(),
            "counts": self.counts(moved),
            "notes": list(self.notes()),
        }

    def say(self, id_: str, **arguments: str) -> str:
        return message(self.lang, f"comparison.{id_}", **arguments)

    # Amounts

    def amount(self, parts: Iterable[ChangePart]) -> Document:
        """Return what some parts moved the index by: as shown, and exactly."""
        parts = [*parts]
        shown = self.division.shown(parts)
        exact = self.division.exact(parts)
        figures = None
        rules = None
        if self.division.divided:
            figures = self.points(shown.figures)
            rules = self.points(shown.rules)
        return {
            "change": self.points(shown.change),
            "figures": figures,
            "rules": rules,
            "exact": {
                "change": _ratio(exact.change),
                "figures": _ratio(exact.figures),
                "rules": _ratio(exact.rules),
            },
        }

    def points(self, ticks: int) -> str:
        """Return ticks as points, with the places of the finer index."""
        return number.fixed(ticks, self.division.places)

    def split(self) -> Document:
        """Return how the change was divided, and what was scored for it."""
        basis = self.division.basis
        message_id = f"basis-{basis.replace('_', '-')}"
        crossings = self.division.crossings
        problems = [
            f"{problem.what(self.lang)} {problem.fix(self.lang)}"
            for problem in crossings.problems
        ]
        return {
            "basis": basis,
            "text": self.say(message_id),
            "rules_before": _text(crossings.rules_before),
            "rules_after": _text(crossings.rules_after),
            "kept_before": list(crossings.kept_before),
            "kept_after": list(crossings.kept_after),
            "years": crossings.years,
            "problems": problems,
        }

    # What moved

    def band(self) -> Document:
        """Return the bands of both sides, and whether the index went from one to another."""
        # Ids decide: another rule set may give the same band another title.
        before = _picked(self.before["band"], _BAND)
        after = _picked(self.after["band"], _BAND)
        return {"before": before, "after": after, "moved": _id(before) != _id(after)}

    def targets(self) -> list[Document]:
        """Return the targets of the index, and whether they were reached."""
        before = _by_id(self.before["targets"])
        after = _by_id(self.after["targets"])
        ids = {**after, **before}
        return [self.target(before.get(id_), after.get(id_)) for id_ in ids]

    def target(
        self,
        before: ReportPart | None,
        after: ReportPart | None,
    ) -> Document:
        """Return a target of the index, and whether each side reached it (None: has no such)."""
        target = after or before or {}
        return {
            "id": target["id"],
            "title": target["title"],
            "source": target["source"],
            "before": before and before["reached"],
            "after": after and after["reached"],
        }

    def areas(self) -> list[Document]:
        """Return every area with what its rules, means and caps moved the index by."""
        before, after = map(_areas, self.groups)
        parts: dict[str, list[ChangePart]] = {id_: [] for id_ in {**after, **before}}
        for part in self.division.columns.parts:
            # Parts without an area are those of the index itself, such as its rounding.
            if part.area:
                parts[part.area].append(part)
        return [
            self.area(id_, before.get(id_), after.get(id_), of_area)
            for id_, of_area in parts.items()
        ]

    def area(
        self,
        id_: str,
        before: ReportPart | None,
        after: ReportPart | None,
        parts: list[ChangePart],
    ) -> Document:
        group = after or before or {}
        return {
            "id": id_,
            "title": group["title"],
            "kind": group["kind"],
            "before": _picked(before, _AREA),
            "after": _picked(after, _AREA),
            **self.amount(parts),
        }

    def lines(self) -> list[Document]:
        """Return the steps between the rules and the index that moved it, in their order."""
        parts = [part for part in self.division.columns.parts if part.kind != RULE]
        parts.sort(key=_on_the_way)
        return [self.line(part) for part in parts]

    def line(self, part: ChangePart) -> Document:
        before, after = self.groups
        # The rounding and the scale of the index itself belong to no group.
        group = after.get(part.id) or before.get(part.id) or {"title": ""}
        message_id = f"line-{part.kind.replace('_', '-')}"
        return {
            "kind": part.kind,
            "group": part.id or None,
            "area": part.area or None,
            "title": self.say(message_id, group=group["title"]),
            **self.amount([part]),
        }

    def moved_rules(self) -> list[Document]:
        """Return the rules that moved, the largest effect first, then by id."""
        before, after = self.rules
        parts: dict[str, list[ChangePart]] = {id_: [] for id_ in {**after, **before}}
        for part in self.division.columns.parts:
            if part.kind == RULE:
                parts[part.id].append(part)
        moved: list[Document] = []
        effects: dict[str, Fraction] = {}
        for id_, of_rule in parts.items():
            rule = self.rule(id_, of_rule)
            if rule["moved"] or rule["status"] != "changed":
                moved.append(rule)
            # As shown, two effects may look the same; the exact ones put them in order.
            effects[id_] = abs(self.division.exact(of_rule).change)

        def largest_first(rule: Document) -> tuple[Fraction, str]:
            return -effects[rule["id"]], rule["id"]

        return sorted(moved, key=largest_first)

    def rule(self, id_: str, parts: list[ChangePart]) -> Document:
        """Return a rule: what of it moved, what it came to on both sides, what that did."""
        before, after = (rules.get(id_) for rules in self.rules)
        # Titles and places are those of now; of a rule that is gone, those of before.
        rule = after or before or {}
        groups_before, groups_after = self.groups
        groups = groups_after if after else groups_before
        area = top(groups, rule["group"])
        exact = self.division.exact(parts)
        # Figures and rules may have moved the index by as much in opposite directions.
        has_effect = bool(exact.change or exact.figures)
        return {
            "id": id_,
            "title": rule["title"],
            "source": rule["source"],
            "area": area["id"],
            "status": _status(before, after),
            "moved": _differences(before, after, has_effect),
            "before": _picked(before, _RULE),
            "after": _picked(after, _RULE),
            **self.amount(parts),
        }

    def ranks(self) -> list[Document]:
        """Return the ranks that moved, of the rules whose metric is a rank."""
        before = self.ranks_of(self.before)
        after = self.ranks_of(self.after)
        ranks: list[Document] = []
        for id_, rule in {**before, **after}.items():
            rank_before = _rank(before.get(id_))
            rank_after = _rank(after.get(id_))
            if rank_before == rank_after:
                continue
            rank = {
                "rule": id_,
                "title": rule["title"],
                "before": rank_before,
                "after": rank_after,
            }
            ranks.append(rank)
        return ranks

    @staticmethod
    def ranks_of(side: ReportPart) -> ById:
        """Return the rules of a side whose metric is a rank."""
        metrics = side["machine"]["metrics"]
        ranks = {metric["id"] for metric in metrics if metric["type"] == "rank"}
        return _by_id(rule for rule in side["rules"] if rule["metric"] in ranks)

    def counts(self, moved: list[Document]) -> Document:
        """Return how many rules were added, removed, changed, and how many stand as they were."""
        status = [rule["status"] for rule in moved]
        before, after = self.rules
        every_rule = {**before, **after}
        return {
            "added": status.count("added"),
            "removed": status.count("removed"),
            "changed": status.count("changed"),
            "unchanged": len(every_rule) - len(moved),
        }

    def notes(self) -> Iterable[str]:
        """Yield what a reader must know before the change is believed."""
        crossings = self.division.crossings
        unit_before = self.before["measurements"]["unit"]
        unit_after = self.after["measurements"]["unit"]
        if unit_before != unit_after:
            yield self.say("other-unit")
        index_before = self.before["index"]
        index_after = self.after["index"]
        # With no index on either side there is no change to be wary of.
        missing_before = index_before["value"] is None
        missing_after = index_after["value"] is None
        if missing_before and not missing_after:
            yield self.say("no-index-before")
        if missing_after and not missing_before:
            yield self.say("no-index-after")
        if index_before["scale"] != index_after["scale"]:
            yield self.say("other-scale")
        # Another version of this package may round or judge otherwise.
        if self.before["engine"] != self.after["engine"]:
            yield self.say("other-engine")
        # Days were moved, for a plan of one year is held against the rules of another.
        if crossings.years:
            years = abs(crossings.years)
            yield self.say("years", years=str(years))
        if crossings.kept_before:
            yield self.say("kept-before", names=", ".join(crossings.kept_before))
        if crossings.kept_after:
            yield self.say("kept-after", names=", ".join(crossings.kept_after))


# What of each part of a report stands in the comparison, as the report says it.
_INDEX = (
    "value",
    "scale",
    "exact",
    "earned",
    "maximum",
    "rescaled",
    "bonus",
    "penalty",
)
_RULESET = ("id", "version", "sha256", "title", "kind", "kind_title")
_BAND = ("id", "title")
_AREA = ("earned", "lost", "excluded", "maximum")
_RULE = (
    "state",
    "maximum",
    "earned",
    "lost",
    "excluded",
    "value",
    "required",
    "reported",
    "calculation",
    "weight_basis",
)

_ASKED = ("metric", "comparator", "deduction", "lowest", "requires", "due", "machine")
"""What a rule asks for: where one of these differs, its requirement has moved."""

_GIVEN = ("numerator", "denominator", "value", "points", "items", "state")
"""What was submitted for each of a rule's inputs: where one differs, its figures have moved."""


def _by_id(items: Iterable[ReportPart]) -> ById:
    return {item["id"]: item for item in items}


def _side(side: ReportPart) -> Document:
    return {
        "unit": side["measurements"]["unit"],
        "period": side["measurements"]["period"],
        "as_of": side["as_of"],
        "sha256": side["measurements"]["sha256"],
        "ruleset": _picked(side["ruleset"], _RULESET),
        "index": _picked(side["index"], _INDEX),
    }


def _areas(groups: ById) -> ById:
    """Return the groups at the top."""
    return {id_: group for id_, group in groups.items() if group["parent"] is None}


def _on_the_way(part: ChangePart) -> tuple[int, str]:
    """Return what orders the steps between the rules and the index."""
    return LINES.index(part.kind), part.id


def _status(before: object, after: object) -> str:
    """Return whether a rule is new, gone, or on both sides (whether it moved or not)."""
    if before is None:
        return "added"
    if after is None:
        return "removed"
    return "changed"


def _rank(rule: ReportPart | None) -> str | None:
    """Return a rank as text, None where none was reported or there is no such rule."""
    value = rule and rule["value"]
    return _text(value)


def _picked(table: ReportPart | None, keys: tuple[str, ...]) -> Document | None:
    """Return some keys of a table, None where a side has no such table."""
    if table is None:
        return None
    return {key: table[key] for key in keys}


def _id(band: Document | None) -> object:
    return band and band["id"]


def _text(value: object) -> str | None:
    if value is None:
        return None
    return str(value)


def _ratio(amount: Fraction | None) -> str | None:
    if amount is None:
        return None
    return number.ratio(amount)


def _differences(
    before: ReportPart | None,
    after: ReportPart | None,
    effect: bool,
) -> list[str]:
    """Return what of a rule moved; a rule that is not on both sides has moved as a whole."""
    if before is None or after is None:
        return []
    differs = {
        "state": before["state"] != after["state"],
        "figures": _given(before) != _given(after),
        "requirement": any(before[key] != after[key] for key in _ASKED),
        "weight": own_weight(before) != own_weight(after),
        "points": _points_differ(before, after),
    }
    moved = [key for key, is_other in differs.items() if is_other]
    # A rule that is as it was may still move the index: what counts around it has changed.
    if effect and not moved:
        return ["surroundings"]
    return moved


def _points_differ(before: ReportPart, after: ReportPart) -> bool:
    """Whether a rule has other points of its own.

    In a mean, what it counts for changes with its neighbours too: that is no change of its own.
    """
    if before["exact"] != after["exact"]:
        return True
    if before["maximum"] != after["maximum"]:
        return False
    if before["earned"] != after["earned"]:
        return True
    return bool(before["excluded"] != after["excluded"])


def _given(rule: ReportPart) -> object:
    """Return what was submitted for a rule, to be held against the other side's."""
    inputs = []
    for item in rule["inputs"]:
        figures = [item[key] for key in _GIVEN]
        inputs.append([item["metric"], *figures])
    return rule["value"], inputs
