"""What changed between two rule sets, part by part and field by field, in words of one language."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple, TypeAlias

from cchc_rules.base.calendar import Calendar
from cchc_rules.base.interval import Interval
from cchc_rules.base.messages import message
from cchc_rules.rules.instrument import every_rule, instrument
from cchc_rules.rules.model import RuleSet, Text
from cchc_rules.rules.rule_text import RuleText

Document: TypeAlias = dict[str, Any]
Changes: TypeAlias = dict[str, list[Document]]
"""What changed, by the kinds of parts."""


class Field(NamedTuple):
    """One field of a part: what is compared, and the words that show it."""

    value: object
    words: str


Part: TypeAlias = dict[str, Field]
"""A rule, an area, a figure, a remedy or a band, field by field."""

PARTS = ("head", "areas", "rules", "metrics", "remedies", "bands", "gates", "targets")
STRICTER = {">=": 1, ">": 1, "<=": -1, "<": -1}
"""Whether a larger threshold asks for more, or for less."""


def difference(old: RuleSet, new: RuleSet, lang: str | None = None) -> Document:
    """Return the document of what changed from one rule set to another;
    docs/reference/difference.md describes it.
    """
    lang = lang or new.language
    parts = changes(old, new, lang, with_kinds=True)
    versions = [*_versions(old, new, lang)]
    return {
        "format": 1,
        "kind": "difference",
        "language": lang,
        "before": _named(old, lang),
        "after": _named(new, lang),
        "same": not versions and not any(parts.values()),
        **parts,
        "versions": versions,
    }


def changes(
    old: RuleSet, new: RuleSet, lang: str, *, with_kinds: bool = False
) -> Changes:
    """Return what changed between two rule sets as they stand; `with_kinds`, also which kinds of
    unit they know.
    """
    before = _Parts(old, lang, with_kinds=with_kinds)
    after = _Parts(new, lang, with_kinds=with_kinds)
    parts = {name: [*_changes(before.of(name), after.of(name))] for name in PARTS}
    for one in parts["rules"]:
        one["stricter"] = _stricter(one, old, new)
    return parts


def version(
    rules: RuleSet, kind: RuleSet | None, found: Changes, lang: str
) -> Document:
    """Return what changed for a kind of unit, or from a day on, under the words that say for whom
    and when.
    """
    words = (
        [message(lang, "difference.since", day=RuleText(rules, lang).day(rules.since))]
        if rules.since
        else []
    )
    titles = (rules.since_title, kind.kind_title if kind else None)
    label = " – ".join((*words, *(title.of(lang) for title in titles if title)))
    return {
        "since": rules.since.isoformat() if rules.since else None,
        "kind": kind.kind if kind else None,
        "title": label,
        **found,
    }


def _versions(old: RuleSet, new: RuleSet, lang: str) -> Iterator[Document]:
    """Yield the kinds of unit, and the days, for which something else changed than before that day
    and for all.
    """
    kinds = (None, *{**old.kinds, **new.kinds})
    known: dict[str | None, Changes] = dict.fromkeys(kinds, changes(old, new, lang))
    for day in (None, *sorted({*old.dated, *new.dated})):
        before, after = (rules.at(day) if day else rules for rules in (old, new))
        named = before if before.since == day != after.since else after
        moved = False
        for kind in kinds:
            found = changes(
                before.kinds.get(kind or "", before),
                after.kinds.get(kind or "", after),
                lang,
            )
            if found != known[None if moved else kind]:
                yield version(
                    named,
                    after.kinds.get(kind or "") or before.kinds.get(kind or ""),
                    found,
                    lang,
                )
                moved = moved or kind is None
            known[kind] = found


def _named(rules: RuleSet, lang: str) -> Document:
    return {
        "id": rules.id,
        "version": rules.version,
        "title": rules.title.of(lang),
        "sha256": rules.sha256,
    }


def _changes(
    before: Mapping[str, Part], after: Mapping[str, Part]
) -> Iterator[Document]:
    """Yield what was added, taken away, renamed or changed, in the order of the new rule set and
    then of the old.
    """
    gone, fresh = (
        [id_ for id_ in one if id_ not in other]
        for one, other in ((before, after), (after, before))
    )
    renamed = {
        new: old for new in fresh for old in gone if _same(before[old], after[new])
    }
    for id_, part in after.items():
        if id_ in renamed:
            yield _change("renamed", id_, part, was=renamed[id_])
        elif id_ not in before:
            yield _change("added", id_, part, moved=[*_moved({}, part)])
        elif not _same(before[id_], part):
            yield _change("changed", id_, part, moved=[*_moved(before[id_], part)])
    for id_ in gone:
        if id_ not in renamed.values():
            yield _change("removed", id_, before[id_], moved=[*_moved(before[id_], {})])


def _change(
    kind: str,
    id_: str,
    part: Part,
    *,
    was: str | None = None,
    moved: list[Document] | None = None,
) -> Document:
    return {
        "id": id_,
        "title": part["title"].words,
        "change": kind,
        "was": was,
        "fields": moved or [],
    }


def _same(one: Part, other: Part) -> bool:
    return {key: field.value for key, field in one.items()} == {
        key: field.value for key, field in other.items()
    }


def _moved(before: Part, after: Part) -> Iterator[Document]:
    nothing = Field(None, "")
    for key in {**after, **before}:
        old = before.get(key, nothing)
        new = after.get(key, nothing)
        if old.value != new.value and (old.words or new.words):
            yield {"key": key, "before": old.words, "after": new.words}


def _stricter(change: Document, old: RuleSet, new: RuleSet) -> bool | None:
    """Whether a rule asks for more than before, where that can be told: the same comparison with
    another number.
    """
    if change["change"] != "changed":
        return None
    before = old.rules[change["id"]]
    after = new.rules[change["id"]]
    first = before.threshold
    second = after.threshold
    way = STRICTER.get(after.comparator or "")
    if before.comparator != after.comparator or way is None or first == second:
        return None
    return (
        way * second > way * first
        if isinstance(first, Fraction) and isinstance(second, Fraction)
        else None
    )


class _Parts:
    """The parts of one rule set, each field with its words."""

    def __init__(self, rules: RuleSet, lang: str, *, with_kinds: bool) -> None:
        self.rules = rules
        self.lang = lang
        self.with_kinds = with_kinds
        self.words = RuleText(rules, lang)
        self.document = instrument(rules, lang)
        self.said = {rule["id"]: rule for rule in every_rule(self.document["areas"])}

    def of(self, name: str) -> dict[str, Part]:
        """Return the parts of a kind by id."""
        rules = self.rules
        tables: dict[str, Mapping[str, Any]] = {
            "areas": rules.groups,
            "metrics": rules.metrics,
            "remedies": rules.remedies,
            "bands": {band.id: band for band in rules.bands},
            "targets": {target.id: target for target in rules.targets},
        }
        if name == "head":
            return {"": self.head()}
        if name == "rules":
            return {id_: self.rule(id_) for id_ in rules.rules}
        if name == "gates":
            gates = zip(rules.band_gates, self.document["gates"], strict=True)
            return {gate.rule: {"title": Field(gate, words)} for gate, words in gates}
        return {id_: self.plain(part) for id_, part in tables[name].items()}

    def head(self) -> Part:
        rules = self.rules
        index = self.rules.index
        keys = ("valid", "source", "note", "window", "tracks", "calendar", "bands_read")
        found = {key: self.field(getattr(rules, key)) for key in ("title", *keys)}
        found |= {
            key: self.field(getattr(index, key))
            for key in ("scale", "places", "over_scale", "basis")
        }
        kinds = {"kinds": Field(sorted(rules.kinds), "; ".join(self.document["kinds"]))}
        return found | (kinds if self.with_kinds else {})

    def rule(self, id_: str) -> Part:
        """Return a rule; what belongs together is one field: comparator and threshold, deduction
        and fewest points.
        """
        rule = self.rules.rules[id_]
        said = self.said[id_]
        found = self.plain(
            rule,
            (
                "comparator",
                "threshold",
                "deduction",
                "lowest",
                "conflicts",
                "metric",
                "absence",
            ),
        )
        found["measures"] = Field(rule.metric, said["measures"] or "")
        found["required"] = Field(
            (rule.comparator, rule.threshold), said["required"] or ""
        )
        found["losing"] = Field(
            (rule.deduction, rule.lowest), "; ".join(said["losing"])
        )
        found["absence"] = Field(dict(rule.absence), "; ".join(self.effects(id_)))
        found["conflicts"] = Field(
            rule.conflicts, "; ".join(self.conflict(one) for one in said["conflicts"])
        )
        return found

    def effects(self, id_: str) -> list[str]:
        return [
            f"{self.words.say(f'state.{state}')}: {message(self.lang, 'instrument.' + f'effect-{effect}')}"
            for state, effect in sorted(self.rules.rules[id_].absence.items())
        ]

    def conflict(self, one: Document) -> str:
        return ": ".join(
            part for part in (one["source"], one["required"], one["note"]) if part
        )

    def plain(self, part: Any, apart: tuple[str, ...] = ()) -> Part:
        """Return the fields of a part of the model, but for those that are told apart."""
        names = [
            field.name for field in fields(part) if field.name not in ("id", *apart)
        ]
        found = {name.rstrip("_"): self.field(getattr(part, name)) for name in names}
        return found if "title" in found else {"title": found.pop("task"), **found}

    def field(self, value: object) -> Field:
        return Field(value, self.show(value))

    def show(self, value: object) -> str:
        """Return a value of the model in words."""
        if value is None or value == ():
            return ""
        if isinstance(value, bool):
            return self.words.say("word.yes" if value else "word.no")
        if isinstance(value, Text):
            return value.of(self.lang)
        if isinstance(value, Fraction):
            return self.words.exact(value)
        if isinstance(value, date):
            return self.words.day(value)
        if isinstance(value, Interval):
            return self.words.interval(value, None)
        if isinstance(value, tuple):
            return "; ".join(map(self.show, value))
        if isinstance(value, Calendar):
            return self.show(
                (
                    value.country,
                    *sorted(value.extra_holidays),
                    *sorted(value.extra_workdays),
                )
            )
        return str(value)
