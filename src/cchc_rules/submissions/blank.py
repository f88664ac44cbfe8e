"""What a blank submission holds, as a document in one language.

The document is a plain dictionary with every figure that is asked for. The JSON form and the
workbook are made from it.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from cchc_rules.base.calendar import period
from cchc_rules.base.number import plain
from cchc_rules.base.problem import Problem, RulesError, nearest, quoted
from cchc_rules.rules import dependencies
from cchc_rules.rules.model import Metric, Rule, RuleSet
from cchc_rules.rules.rule_text import RuleText
from cchc_rules.submissions.binding import takes_points

Document = dict[str, Any]

# A rule, with the version of the rule set in which it stands.
RuleOfVersion = tuple[RuleSet, Rule]


def blank(rules: RuleSet, lang: str | None = None, kind: str | None = None) -> Document:
    """Return the document of a blank submission.

    Args:
        rules: the rule set that the submission will be held against.
        lang: the language of the words; by default that of the rule set.
        kind: a kind of unit; by default the document asks for the figures of all kinds.

    Raises:
        RulesError: where the rule set has no such kind.

    >>> from cchc_rules import load_rules
    >>> document = blank(load_rules("cam-due-2023"), "en")
    >>> document["period"], document["from"]
    ('2023', '2023-01-01')
    """
    if kind is not None and kind not in rules.kinds:
        near = nearest(kind, rules.kinds)
        arguments = {"name": quoted(kind), "nearest": near}
        raise RulesError([Problem("unknown-kind", (), arguments)])
    lang = lang or rules.language
    return _Blank(rules, lang, kind).document()


class _Blank:
    """Describes the figures that a rule set asks for, in any of its versions."""

    def __init__(self, rules: RuleSet, lang: str, kind: str | None) -> None:
        self.rules = rules
        self.lang = lang
        self.kind = kind
        dated = [rules, *rules.dated.values()]
        of_kinds: list[RuleSet] = []
        for version in dated:
            for name, rules_of_kind in version.kinds.items():
                if kind in (None, name):
                    of_kinds.append(rules_of_kind)
        # The figures of any kind and any day are asked for: which will hold is not known yet.
        self.variants = of_kinds
        if not kind:
            self.variants = dated + of_kinds
        self.words = RuleText(rules, lang)
        # By metric, the rules that read it, each with the version in which it stands.
        self.readers: dict[str, list[RuleOfVersion]] = {}
        for variant in self.variants:
            for rule in variant.rules.values():
                self.read(variant, rule)

    def read(self, variant: RuleSet, rule: Rule) -> None:
        """Note what a rule reads; a rule that several kinds have is noted once."""
        for name in dependencies.rule_metrics(variant, rule):
            readers = self.readers.setdefault(name, [])
            known_ids = [known.id for _, known in readers]
            if rule.id not in known_ids:
                readers.append((variant, rule))

    def document(self) -> Document:
        rules = self.rules
        # A form for one kind need not ask which it is.
        kinds: list[Document] = []
        if not self.kind:
            kinds = [self.unit_kind(name, rules) for name in rules.kinds]
        points: list[Document] = []
        for variant, rule in self.each_rule():
            if takes_points(variant, rule.id):
                points.append(self.points(rule))
        tracks: list[Document] = []
        for track in rules.tracks:
            tracks.append({"id": track, "rules": self.scored()})
        first_day, _ = rules.valid
        return {
            "language": self.lang,
            "ruleset": rules.id,
            "version": rules.version,
            "title": rules.title.of(self.lang),
            "from": first_day.isoformat(),
            "period": self.period(),
            "kind": self.kind,
            "kinds": kinds,
            "areas": self.areas(),
            "points": points,
            "blocks": self.blocks(),
            "tracks": tracks,
        }

    def unit_kind(self, name: str, rules: RuleSet) -> Document:
        """Return a kind of unit; one without a title goes by its name."""
        title = name
        kind_title = rules.kinds[name].kind_title
        if kind_title:
            title = kind_title.of(self.lang)
        return {"id": name, "title": title}

    def period(self) -> str:
        """Return a period to begin with.

        It is the first whole year of the rule set's validity, else all of its validity.
        """
        first, last = self.rules.valid
        # A validity that begins within a year has its first whole one in the next.
        for year in (first.year, first.year + 1):
            span = period(str(year))
            if span is None:
                continue
            new_year, new_years_eve = span
            if first <= new_year and new_years_eve <= last:
                return str(year)
        return f"{first.isoformat()}/{last.isoformat()}"

    # Figures

    def areas(self) -> list[Document]:
        """Return the figures by area, in the order of the rules, and in an area by officer.

        Figures that no rule reads come last, in an area without an id.
        """
        # Area, then officer, then figures; empty names are those without.
        by_area: dict[str, dict[str, list[Document]]] = {}
        titles = {"": self.words.say("form.other-figures")}
        for metric in self.metrics():
            area, lead = self.belongs(metric, titles)
            by_officer = by_area.setdefault(area, {})
            figures = by_officer.setdefault(lead, [])
            figures.append(self.metric(metric))
        order = [group for variant in self.variants for group in variant.groups]
        order.append("")
        documents: list[Document] = []
        for area in sorted(by_area, key=order.index):
            officers = [
                {"lead": lead or None, "metrics": metrics}
                for lead, metrics in by_area[area].items()
            ]
            document = {"id": area, "title": titles[area], "officers": officers}
            documents.append(document)
        return documents

    def metrics(self) -> list[Metric]:
        """Return every metric that is submitted, for any kind of unit.

        One that a kind or a date declares otherwise stands as the first version has it.
        """
        metrics: dict[str, Metric] = {}
        for variant in self.variants:
            for metric in variant.metrics.values():
                if metric.submitted:
                    metrics.setdefault(metric.id, metric)
        return list(metrics.values())

    def belongs(self, metric: Metric, titles: dict[str, str]) -> tuple[str, str]:
        """Return the area of the first rule that reads a metric, and the officer in charge there.

        The title of the area is added to `titles`; where there is none, both are empty.
        """
        if metric.id not in self.readers:
            return "", ""
        variant, rule = self.readers[metric.id][0]
        # The last of the groups above a rule is the one at the top: the area.
        *_, area = dependencies.above(variant, rule.group)
        titles[area.id] = area.title.of(self.lang)
        # Whoever must act on lost points of the rule is asked for its figure.
        if not rule.remedy:
            return area.id, ""
        lead = variant.remedies[rule.remedy].lead
        if not lead:
            return area.id, ""
        return area.id, lead.of(self.lang)

    def metric(self, metric: Metric) -> Document:
        """Return what a form says of a metric, in words and in plain values."""
        readers = self.readers.get(metric.id, [])
        reading = [rule for _, rule in readers]
        clauses: list[str] = []
        for rule in reading:
            clauses += rule.source
        window: list[str] = []
        if self.rules.window is not None:
            window = [edge.isoformat() for edge in self.rules.window]
        ratio = None
        if metric.ratio:
            ratio = [part.of(self.lang) for part in metric.ratio]
        evidence = None
        if metric.evidence:
            evidence = metric.evidence.of(self.lang)
        # Words are for people, plain values for the checks that a workbook makes itself.
        return {
            "id": metric.id,
            "title": metric.title.of(self.lang),
            "type": metric.type,
            "unit": self.unit(metric),
            "least": _plain_or_none(metric.range.low),
            "most": _plain_or_none(metric.range.high),
            "window": window,
            "allowed": self.allowed(metric),
            "ratio": ratio,
            "levels": [level.of(self.lang) for level in metric.levels],
            "distinct": metric.distinct,
            "evidence": evidence,
            "evidence_required": any(rule.evidence_required for rule in reading),
            "clauses": list(dict.fromkeys(clauses)),
            "rules": [rule.id for rule in reading],
        }

    def unit(self, metric: Metric) -> str | None:
        if metric.unit is not None:
            return metric.unit.of(self.lang)
        if metric.type == "percent":
            return "%"
        return None

    def allowed(self, metric: Metric) -> str:
        """Say what a figure may be; nothing of a day where any may stand."""
        if metric.type == "yes_no":
            yes = self.words.say("word.yes")
            no = self.words.say("word.no")
            return f"{yes} / {no}"
        if metric.type == "level":
            return "; ".join(level.of(self.lang) for level in metric.levels)
        if metric.type == "date":
            never = self.words.say("form.never")
            if self.rules.window is None:
                return never
            first, last = map(self.words.day, self.rules.window)
            days = self.words.say("form.day-between", first=first, last=last)
            return f"{days}; {never}"
        if metric.distinct:
            return self.words.say("form.list")
        return self.words.interval(metric.range, None)

    # Points, blocks, tracks

    def each_rule(self) -> Iterator[RuleOfVersion]:
        """Yield every rule of any kind of unit, once."""
        seen: set[str] = set()
        for variant in self.variants:
            for rule in variant.rules.values():
                if rule.id not in seen:
                    seen.add(rule.id)
                    yield variant, rule

    def points(self, rule: Rule) -> Document:
        """Return what a form says of a rule to which a person gives points.

        `always` tells whether that is the usual way, or only where the figure is absent.
        """
        return {
            "id": rule.id,
            "title": rule.title.of(self.lang),
            "clauses": list(rule.source),
            "lowest": plain(rule.lowest),
            "weight": plain(rule.weight),
            "always": rule.deduction.by_hand,
        }

    def scored(self) -> list[Document]:
        """Return every rule that has points: an appraisal gives its own for any of them."""
        rules = [rule for _, rule in self.each_rule()]
        return [self.points(rule) for rule in rules if rule.deduction.scored]

    def blocks(self) -> list[Document]:
        """Return the groups that a unit may not have, such as the work of a border commune."""
        # Of a group that several versions have, the last one's title.
        blocks: dict[str, Document] = {}
        for variant in self.variants:
            for group in variant.groups.values():
                if group.optional:
                    title = group.title.of(self.lang)
                    blocks[group.id] = {"id": group.id, "title": title}
        return list(blocks.values())


def _plain_or_none(edge: Fraction | None) -> str | None:
    """Return an end of a range in plain digits, None where the range has no such end."""
    if edge is None:
        return None
    return plain(edge)
