"""The comparison document: plain data that every view is drawn from, its texts in one language."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

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


def document(division: Division, lang: str) -> Document:
    """Return the document of a comparison, its texts in a language (those of a report read back
    stay as they are).
    """
    return _Writer(division, lang).document()


class _Writer:
    """Writes the document of a comparison in one language."""

    def __init__(self, division: Division, lang: str) -> None:
        self.division = division
        self.lang = lang
        self.before = self.worded(division.before)
        self.after = self.worded(division.after)
        self.sides = (self.before, self.after)
        self.groups = [_by_id(side["groups"]) for side in self.sides]
        self.rules = [_by_id(side["rules"]) for side in self.sides]

    def worded(self, side: Side) -> Mapping[str, Any]:
        """Return a side's document in the language asked for; one that was read stays as it is."""
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

    def say(self, id_: str, **places: str) -> str:
        return message(self.lang, f"comparison.{id_}", **places)

    # Amounts

    def amount(self, parts: Iterable[ChangePart]) -> Document:
        """Return what some parts moved the index by: as shown, and exactly."""
        parts = [*parts]
        divided = self.division.divided
        shown = self.division.shown(parts)
        exact = self.division.exact(parts)
        return {
            "change": self.points(shown.change),
            "figures": self.points(shown.figures) if divided else None,
            "rules": self.points(shown.rules) if divided else None,
            "exact": {
                key: None if part is None else number.ratio(part)
                for key, part in exact._asdict().items()
            },
        }

    def points(self, ticks: int) -> str:
        return number.fixed(ticks, self.division.places)

    def split(self) -> Document:
        crossings = self.division.crossings
        return {
            "basis": self.division.basis,
            "text": self.say(f"basis-{self.division.basis.replace('_', '-')}"),
            "rules_before": _text(crossings.rules_before),
            "rules_after": _text(crossings.rules_after),
            "kept_before": list(crossings.kept_before),
            "kept_after": list(crossings.kept_after),
            "years": crossings.years,
            "problems": [
                f"{problem.what(self.lang)} {problem.fix(self.lang)}"
                for problem in crossings.problems
            ],
        }

    # What moved

    def band(self) -> Document:
        before = _picked(self.before["band"], _BAND)
        after = _picked(self.after["band"], _BAND)
        return {"before": before, "after": after, "moved": _id(before) != _id(after)}

    def targets(self) -> list[Document]:
        before = _by_id(self.before["targets"])
        after = _by_id(self.after["targets"])
        return [
            self.target(before.get(id_), after.get(id_)) for id_ in {**after, **before}
        ]

    def target(
        self, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
    ) -> Document:
        target = after or before or {}
        return {
            **{key: target[key] for key in ("id", "title", "source")},
            "before": before and before["reached"],
            "after": after and after["reached"],
        }

    def areas(self) -> list[Document]:
        before, after = map(_areas, self.groups)
        parts: dict[str, list[ChangePart]] = {id_: [] for id_ in {**after, **before}}
        for part in self.division.columns.parts:
            if part.area:
                parts[part.area].append(part)
        return [
            self.area(id_, before.get(id_), after.get(id_), of_area)
            for id_, of_area in parts.items()
        ]

    def area(
        self,
        id_: str,
        before: Mapping[str, Any] | None,
        after: Mapping[str, Any] | None,
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
        parts = [part for part in self.division.columns.parts if part.kind != RULE]
        return [self.line(part) for part in sorted(parts, key=_on_the_way)]

    def line(self, part: ChangePart) -> Document:
        before, after = self.groups
        group = after.get(part.id) or before.get(part.id) or {"title": ""}
        kind = part.kind.replace("_", "-")
        return {
            "kind": part.kind,
            "group": part.id or None,
            "area": part.area or None,
            "title": self.say(f"line-{kind}", group=group["title"]),
            **self.amount([part]),
        }

    def moved_rules(self) -> list[Document]:
        """Return the rules that moved, the largest effect first, then by id."""
        before, after = self.rules
        parts: dict[str, list[ChangePart]] = {id_: [] for id_ in {**after, **before}}
        for part in self.division.columns.parts:
            if part.kind == RULE:
                parts[part.id].append(part)
        rules = [self.rule(id_, of_rule) for id_, of_rule in parts.items()]
        moved = [rule for rule in rules if rule["moved"] or rule["status"] != "changed"]
        sizes = {
            id_: abs(self.division.exact(of_rule).change)
            for id_, of_rule in parts.items()
        }
        return sorted(moved, key=lambda rule: (-sizes[rule["id"]], rule["id"]))

    def rule(self, id_: str, parts: list[ChangePart]) -> Document:
        before, after = (rules.get(id_) for rules in self.rules)
        rule = after or before or {}
        groups_before, groups_after = self.groups
        groups = groups_after if after else groups_before
        exact = self.division.exact(parts)
        return {
            "id": id_,
            "title": rule["title"],
            "source": rule["source"],
            "area": top(groups, rule["group"])["id"],
            "status": _status(before, after),
            "moved": _differences(before, after, any(exact[:2])),
            "before": _picked(before, _RULE),
            "after": _picked(after, _RULE),
            **self.amount(parts),
        }

    def ranks(self) -> list[Document]:
        """Return the ranks that moved, of the rules whose metric is a rank."""
        before = self.ranks_of(self.before)
        after = self.ranks_of(self.after)
        ranks = [
            {
                "rule": id_,
                "title": rule["title"],
                "before": _rank(before.get(id_)),
                "after": _rank(after.get(id_)),
            }
            for id_, rule in {**before, **after}.items()
        ]
        return [rank for rank in ranks if rank["before"] != rank["after"]]

    @staticmethod
    def ranks_of(side: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
        """Return the rules of a side whose metric is a rank."""
        metrics = {
            metric["id"]
            for metric in side["machine"]["metrics"]
            if metric["type"] == "rank"
        }
        return _by_id(rule for rule in side["rules"] if rule["metric"] in metrics)

    def counts(self, moved: list[Document]) -> Document:
        """Return how many rules were added, removed, changed, and how many stand as they were."""
        status = [rule["status"] for rule in moved]
        counts = {key: status.count(key) for key in ("added", "removed", "changed")}
        return {
            **counts,
            "unchanged": len({**self.rules[0], **self.rules[1]}) - len(moved),
        }

    def notes(self) -> Iterable[str]:
        """Yield what a reader must know before the change is believed."""
        crossings = self.division.crossings
        if self.before["measurements"]["unit"] != self.after["measurements"]["unit"]:
            yield self.say("other-unit")
        missing_before = self.before["index"]["value"] is None
        missing_after = self.after["index"]["value"] is None
        if missing_before and not missing_after:
            yield self.say("no-index-before")
        if missing_after and not missing_before:
            yield self.say("no-index-after")
        if self.before["index"]["scale"] != self.after["index"]["scale"]:
            yield self.say("other-scale")
        if self.before["engine"] != self.after["engine"]:
            yield self.say("other-engine")
        if crossings.years:
            yield self.say("years", years=str(abs(crossings.years)))
        if crossings.kept_before:
            yield self.say("kept-before", names=", ".join(crossings.kept_before))
        if crossings.kept_after:
            yield self.say("kept-after", names=", ".join(crossings.kept_after))


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
    "state", "maximum", "earned", "lost", "excluded", "value", "required", "reported",
    "calculation", "weight_basis",
)  # fmt: skip
_ASKED = ("metric", "comparator", "deduction", "lowest", "requires", "due", "machine")
_GIVEN = ("numerator", "denominator", "value", "points", "items", "state")


def _by_id(items: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    return {item["id"]: item for item in items}


def _side(side: Mapping[str, Any]) -> Document:
    return {
        "unit": side["measurements"]["unit"],
        "period": side["measurements"]["period"],
        "as_of": side["as_of"],
        "sha256": side["measurements"]["sha256"],
        "ruleset": _picked(side["ruleset"], _RULESET),
        "index": _picked(side["index"], _INDEX),
    }


def _areas(groups: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Return the groups at the top."""
    return {id_: group for id_, group in groups.items() if group["parent"] is None}


def _on_the_way(part: ChangePart) -> tuple[int, str]:
    """Return what orders the steps between the rules and the index."""
    return LINES.index(part.kind), part.id


def _status(before: object, after: object) -> str:
    if before is None:
        return "added"
    return "removed" if after is None else "changed"


def _rank(rule: Mapping[str, Any] | None) -> str | None:
    """Return a rank as text, None where none was reported or there is no such rule."""
    value = rule and rule["value"]
    return None if value is None else str(value)


def _picked(table: Mapping[str, Any] | None, keys: tuple[str, ...]) -> Document | None:
    return None if table is None else {key: table[key] for key in keys}


def _id(band: Document | None) -> object:
    return band and band["id"]


def _text(points: Decimal | None) -> str | None:
    return None if points is None else str(points)


def _differences(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, effect: bool
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
    return ["surroundings"] if effect and not moved else moved


def _points_differ(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether a rule has other points of its own.

    In a mean, what it counts for changes with its neighbours too: that is no change of its own.
    """
    if before["exact"] != after["exact"]:
        return True
    counts_the_same = before["maximum"] == after["maximum"]
    points = ("earned", "excluded")
    return counts_the_same and any(before[key] != after[key] for key in points)


def _given(rule: Mapping[str, Any]) -> object:
    return rule["value"], [
        [item["metric"], *(item[key] for key in _GIVEN)] for item in rule["inputs"]
    ]
