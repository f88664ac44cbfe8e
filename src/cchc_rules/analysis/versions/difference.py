"""What changed between two rule sets, part by part and field by field, in words of one language."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple, TypeAlias

from cchc_rules.base.calendar import Calendar
from cchc_rules.base.interval import Interval
from cchc_rules.base.messages import message
from cchc_rules.rules.instrument import every_rule, instrument, rounding_words
from cchc_rules.rules.model import (
    DeclaredEffect,
    Need,
    Peers,
    Rounding,
    Rule,
    RuleSet,
    Text,
)
from cchc_rules.rules.rule_text import RuleText

Document: TypeAlias = dict[str, Any]
Changes: TypeAlias = dict[str, list[Document]]
"""What changed, by the kinds of parts."""


class Field(NamedTuple):
    """One field of a part: what is compared, and the words that show it."""

    value: object
    words: str


Fields: TypeAlias = dict[str, Field]
"""A rule, an area, a metric, a remedy or a band, field by field."""

PARTS = (
    "head",
    "areas",
    "rules",
    "metrics",
    "remedies",
    "bands",
    "gates",
    "quotas",
    "targets",
)
"""The kinds of parts, in the order in which they are told; the head is the plan as a whole."""

TOLD_TOGETHER = (
    # As what is required.
    "comparator",
    "threshold",
    # As how points are lost.
    "deduction",
    "lowest",
    # In words of their own.
    "conflicts",
    "metric",
    "absence",
)
"""Fields of a rule that are told together with others, or in words of their own."""

STRICTER = {">=": 1, ">": 1, "<=": -1, "<": -1}
"""Whether a larger threshold asks for more (1), or for less (-1)."""


def difference(old: RuleSet, new: RuleSet, lang: str | None = None) -> Document:
    """Return the document of what changed from one rule set to another;
    docs/reference/difference.md describes it.

    Args:
        old: The rule set of before.
        new: The rule set of now.
        lang: The language of its texts; that of the new rule set where none is given.

    >>> from cchc_rules import load_rules
    >>> rules = load_rules("cam-due-2023")
    >>> difference(rules, rules)["same"]
    True
    """
    lang = lang or new.language
    parts = changes(old, new, lang, with_kinds=True)
    versions = [*_versions(old, new, lang)]
    return {
        "format": 1,
        "kind": "difference",
        "language": lang,
        "before": version_names(old, lang),
        "after": version_names(new, lang),
        "same": not versions and not any(parts.values()),
        **parts,
        "versions": versions,
    }


def changes(
    old: RuleSet,
    new: RuleSet,
    lang: str,
    *,
    with_kinds: bool = False,
) -> Changes:
    """Return what changed between two rule sets as they stand, by the kinds of parts.

    Args:
        old: The rule set of before, for a kind of unit and a day.
        new: The rule set of now.
        lang: The language of the texts.
        with_kinds: Whether the kinds of unit that they know are compared, too.
    """
    before = _Parts(old, lang, with_kinds=with_kinds)
    after = _Parts(new, lang, with_kinds=with_kinds)
    parts: Changes = {}
    for name in PARTS:
        parts[name] = [*_changes(before.of(name), after.of(name))]
    for change in parts["rules"]:
        change["stricter"] = _stricter(change, old, new)
    return parts


def version(
    rules: RuleSet,
    kind: RuleSet | None,
    changed: Changes,
    lang: str,
) -> Document:
    """Return what changed for a kind of unit, or from a day on, under the words that say for whom
    and when.
    """
    since = None
    label = []
    if rules.since:
        since = rules.since.isoformat()
        day = RuleText(rules, lang).day(rules.since)
        label.append(message(lang, "difference.since", day=day))
    if rules.since_title:
        label.append(rules.since_title.of(lang))
    if kind and kind.kind_title:
        label.append(kind.kind_title.of(lang))
    return {
        "since": since,
        "kind": kind and kind.kind,
        "title": " – ".join(label),
        **changed,
    }


def _versions(old: RuleSet, new: RuleSet, lang: str) -> Iterator[Document]:
    """Yield the kinds of unit, and the days, for which something else changed than before that day
    and for all.

    The kind None stands for all units, the day None for the rule sets as they begin. What changed
    for a kind is told only where it is not what was told last: for that kind on an earlier day, or
    for all units on this day.

    For example: wards get a weight of their own, and from July on a threshold changes for all. Told
    are the wards; all units from July; and the wards from July, for they still differ from all
    units in the weight. Without the weight July would be told once.
    """
    kinds = (None, *{**old.kinds, **new.kinds})
    days = sorted({*old.dated, *new.dated})
    last_told: dict[str | None, Changes] = dict.fromkeys(kinds, changes(old, new, lang))
    for day in (None, *days):
        before = _on(old, day)
        after = _on(new, day)
        # The words that say from when are those of the rule set that has a section of this day.
        only_before_has_the_day = before.since == day != after.since
        dated = before if only_before_has_the_day else after
        told_for_all = False
        for kind in kinds:
            kind_before = before.kinds.get(kind or "")
            kind_after = after.kinds.get(kind or "")
            changed = changes(kind_before or before, kind_after or after, lang)
            reader_knows = last_told[None if told_for_all else kind]
            if changed != reader_knows:
                yield version(dated, kind_after or kind_before, changed, lang)
                # None is the first of the kinds, so that the others are held against it.
                told_for_all = told_for_all or kind is None
            last_told[kind] = changed


def _on(rules: RuleSet, day: date | None) -> RuleSet:
    """Return a rule set as it stands on a day; without a day, as it begins."""
    if day is None:
        return rules
    return rules.at(day)


def version_names(rules: RuleSet, lang: str) -> Document:
    """Return what tells one version of an instrument from another."""
    return {
        "id": rules.id,
        "version": rules.version,
        "title": rules.title.of(lang),
        "sha256": rules.sha256,
    }


def _changes(
    before: Mapping[str, Fields],
    after: Mapping[str, Fields],
) -> Iterator[Document]:
    """Yield what was added, taken away, renamed or changed, in the order of the new rule set and
    then of the old.

    A part is renamed where one of the same content is gone and the new id was not there before.
    """
    gone = [id_ for id_ in before if id_ not in after]
    added = [id_ for id_ in after if id_ not in before]
    renamed: dict[str, str] = {}
    for new in added:
        for old in gone:
            if _same(before[old], after[new]):
                renamed[new] = old
    for id_, part in after.items():
        # What is renamed says the same as before, so that no field has moved.
        if id_ in renamed:
            yield _change("renamed", id_, part, was=renamed[id_])
        elif id_ not in before:
            yield _change("added", id_, part, moved=_moved({}, part))
        elif not _same(before[id_], part):
            moved = _moved(before[id_], part)
            yield _change("changed", id_, part, moved=moved)
    for id_ in gone:
        if id_ not in renamed.values():
            part = before[id_]
            yield _change("removed", id_, part, moved=_moved(part, {}))


def _change(
    kind: str,
    id_: str,
    part: Fields,
    *,
    was: str | None = None,
    moved: Iterable[Document] = (),
) -> Document:
    return {
        "id": id_,
        "title": part["title"].words,
        "change": kind,
        "was": was,
        "fields": list(moved),
    }


def _same(part: Fields, other: Fields) -> bool:
    return _values(part) == _values(other)


def _values(part: Fields) -> dict[str, object]:
    return {key: field.value for key, field in part.items()}


def _moved(before: Fields, after: Fields) -> Iterator[Document]:
    """Yield the fields that differ and of which there are words."""
    nothing = Field(None, "")
    for key in {**after, **before}:
        old = before.get(key, nothing)
        new = after.get(key, nothing)
        # Some fields have no words, and nobody could read what became of them.
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
    direction = STRICTER.get(after.comparator or "")
    if before.comparator != after.comparator or direction is None:
        return None
    old_threshold = before.threshold
    new_threshold = after.threshold
    # Thresholds that are computed hang on the submission.
    if not isinstance(old_threshold, Fraction):
        return None
    if not isinstance(new_threshold, Fraction) or new_threshold == old_threshold:
        return None
    return direction * (new_threshold - old_threshold) > 0


_OF_PLAN = (
    "title",
    "valid",
    "source",
    "note",
    "window",
    "tracks",
    "calendar",
    "bands_read",
)
"""Fields of a rule set that its head tells."""

_OF_INDEX = (
    "scale",
    "places",
    "over_scale",
    "lowest",
    "rounding",
    "basis",
    "least_coverage",
)
"""Fields of its index that its head tells."""


class _Parts:
    """The parts of one rule set, each field with its words.

    Two parts are the same where their values are; words are only shown. So a text that is put into
    another form, `0.5` as `1/2`, is no change.
    """

    def __init__(self, rules: RuleSet, lang: str, *, with_kinds: bool) -> None:
        self.rules = rules
        self.lang = lang
        self.with_kinds = with_kinds
        self.words = RuleText(rules, lang)
        self.document = instrument(rules, lang)
        every = every_rule(self.document["areas"])
        self.described = {rule["id"]: rule for rule in every}

    def of(self, name: str) -> dict[str, Fields]:
        """Return the parts of a kind by id."""
        rules = self.rules
        if name == "head":
            return {"": self.head()}
        if name == "rules":
            return {id_: self.rule(id_) for id_ in rules.rules}
        if name == "gates":
            # A gate has no fields of its own that are told: the printed plan says it in one line.
            gates = zip(rules.band_gates, self.document["gates"], strict=True)
            return {gate.name: {"title": Field(gate, words)} for gate, words in gates}
        if name == "quotas":
            quotas = zip(rules.band_quotas, self.document["quotas"], strict=True)
            return {
                quota.band: {"title": Field(quota, words)} for quota, words in quotas
            }
        tables: dict[str, Mapping[str, Any]] = {
            "areas": rules.groups,
            "metrics": rules.metrics,
            "remedies": rules.remedies,
            "bands": {band.id: band for band in rules.bands},
            "targets": {target.id: target for target in rules.targets},
        }
        return {id_: self.plain(part) for id_, part in tables[name].items()}

    def head(self) -> Fields:
        """Return what the plan says of itself and of its index."""
        rules = self.rules
        head: Fields = {}
        for key in _OF_PLAN:
            head[key] = self.field(getattr(rules, key))
        for key in _OF_INDEX:
            head[key] = self.field(getattr(rules.index, key))
        if self.with_kinds:
            words = "; ".join(self.document["kinds"])
            head["kinds"] = Field(sorted(rules.kinds), words)
        return head

    def rule(self, id_: str) -> Fields:
        """Return a rule; what belongs together is one field: comparator and threshold, deduction
        and fewest points.

        Values are those of the model, words those of the printed plan.
        """
        rule = self.rules.rules[id_]
        described = self.described[id_]
        target = (rule.comparator, rule.threshold)
        losing = (rule.deduction, rule.lowest)
        losing_words = "; ".join(described["losing"])
        absence_words = "; ".join(self.effects(id_))
        conflicts = "; ".join(map(self.conflict, described["conflicts"]))
        return {
            **self.plain(rule, TOLD_TOGETHER),
            "weight": self.weight(rule, described),
            "measures": Field(rule.metric, described["measures"] or ""),
            "required": Field(target, described["required"] or ""),
            "losing": Field(losing, losing_words),
            "absence": Field(dict(rule.absence), absence_words),
            "conflicts": Field(rule.conflicts, conflicts),
        }

    def weight(self, rule: Rule, described: Document) -> Field:
        """Return a rule's most points; of a mean those that its share of the weights comes to.

        There the weight in the file is relative: of a mean of 8 points, with the weights 0.02 and
        0.03, the first rule counts for 3.2 points, and for 4 once both weigh the same.
        """
        share = described["share"]
        if share is None or described["weight"] is None:
            return self.field(rule.weight)
        points = described["weight"]
        words = self.words.say("instrument.points-of-mean", points=points, **share)
        return Field((rule.weight, points), words)

    def effects(self, id_: str) -> list[str]:
        """Return what each state without a figure does to a rule, in words."""
        absence = self.rules.rules[id_].absence
        return [self.effect(state, effect) for state, effect in sorted(absence.items())]

    def effect(self, state: object, effect: DeclaredEffect) -> str:
        """Return what a state does to a rule, in words: `missing: lost`."""
        state_words = self.words.say(f"state.{state}")
        effect_words = self.words.effect(effect)
        return f"{state_words}: {effect_words}"

    def conflict(self, conflict: Document) -> str:
        parts = (conflict["source"], conflict["required"], conflict["note"])
        return ": ".join(filter(None, parts))

    def plain(self, part: Any, apart: tuple[str, ...] = ()) -> Fields:
        """Return the fields of a part of the model, but for those that are told apart."""
        plain: Fields = {}
        for field in fields(part):
            if field.name == "id" or field.name in apart:
                continue
            # Some names end in an underscore, to keep out of the way of Python's own.
            name = field.name.rstrip("_")
            plain[name] = self.field(getattr(part, field.name))
        # A remedy has no title; its task is what it is known by.
        if "title" not in plain:
            return {"title": plain.pop("task"), **plain}
        return plain

    def field(self, value: object) -> Field:
        return Field(value, self.show(value))

    def show(self, value: object) -> str:
        """Return a value of the model in words."""
        if value is None or value == ():
            return ""
        # Truth values before numbers: in Python they are numbers, too.
        if isinstance(value, bool):
            return self.words.say("word.yes" if value else "word.no")
        if isinstance(value, Text):
            return value.of(self.lang)
        if isinstance(value, Fraction):
            return self.words.exact(value)
        if isinstance(value, Rounding):
            return rounding_words(self.words, value)
        if isinstance(value, date):
            return self.words.day(value)
        if isinstance(value, Need):
            return self.words.need(value)
        if isinstance(value, Interval):
            return self.words.interval(value, None)
        if isinstance(value, tuple):
            return "; ".join(map(self.show, value))
        if isinstance(value, Peers):
            return self.words.peers(value)
        if isinstance(value, Calendar):
            holidays = sorted(value.extra_holidays)
            workdays = sorted(value.extra_workdays)
            return self.show((value.country, *holidays, *workdays))
        return str(value)
