"""What a blank submission holds, as a document: every figure that is asked for, in words of one
language.

A plain dictionary from which the JSON form and the workbook are made.
"""

from collections.abc import Iterator
from typing import Any

from cchc_rules.base.calendar import period
from cchc_rules.base.number import plain
from cchc_rules.base.problem import Problem, RulesError, nearest, quoted
from cchc_rules.rules import dependencies
from cchc_rules.rules.model import Metric, Rule, RuleSet
from cchc_rules.rules.rule_text import RuleText
from cchc_rules.submissions.binding import takes_points

Document = dict[str, Any]


def blank(rules: RuleSet, lang: str | None = None, kind: str | None = None) -> Document:
    """Return the document of a blank submission, for one kind of unit or for all.

    Raises `RulesError` where the rule set has no such kind.
    """
    if kind is not None and kind not in rules.kinds:
        places = {"name": quoted(kind), "nearest": nearest(kind, rules.kinds)}
        raise RulesError([Problem("unknown-kind", (), places)])
    return _Blank(rules, lang or rules.language, kind).document()


class _Blank:
    def __init__(self, rules: RuleSet, lang: str, kind: str | None) -> None:
        self.rules = rules
        self.lang = lang
        self.kind = kind
        stands = [rules, *rules.dated.values()]
        kinds = [
            one.kinds[name]
            for one in stands
            for name in one.kinds
            if kind in (None, name)
        ]
        self.variants = kinds if kind else stands + kinds
        self.words = RuleText(rules, lang)
        self.readers: dict[str, list[tuple[RuleSet, Rule]]] = {}
        for variant in self.variants:
            for rule in variant.rules.values():
                self.read(variant, rule)

    def read(self, variant: RuleSet, rule: Rule) -> None:
        """Note what a rule reads; a rule that several kinds have is noted once."""
        for name in dependencies.rule_metrics(variant, rule):
            known = self.readers.setdefault(name, [])
            if rule.id not in [other.id for _, other in known]:
                known.append((variant, rule))

    def document(self) -> Document:
        rules = self.rules
        return {
            "language": self.lang,
            "ruleset": rules.id,
            "version": rules.version,
            "title": rules.title.of(self.lang),
            "from": rules.valid[0].isoformat(),
            "period": self.period(),
            "kind": self.kind,
            "kinds": []
            if self.kind
            else [self.unit_kind(name, one) for name, one in rules.kinds.items()],
            "areas": self.areas(),
            "points": [
                self.points(rule)
                for variant, rule in self.each_rule()
                if takes_points(variant, rule.id)
            ],
            "blocks": self.blocks(),
            "tracks": [{"id": track, "rules": self.scored()} for track in rules.tracks],
        }

    def unit_kind(self, name: str, rules: RuleSet) -> Document:
        return {
            "id": name,
            "title": rules.kind_title.of(self.lang) if rules.kind_title else name,
        }

    def period(self) -> str:
        """Return a period to begin with: the first whole year of the rule set's validity, else all
        of it.
        """
        first, last = self.rules.valid
        for year in (first.year, first.year + 1):
            span = period(str(year))
            if span is not None and first <= span[0] and span[1] <= last:
                return str(year)
        return f"{first.isoformat()}/{last.isoformat()}"

    # Figures

    def areas(self) -> list[Document]:
        """Return the figures by area, in the order of the rules, and in an area by who is in
        charge.
        """
        found: dict[str, dict[str, list[Document]]] = {}
        titles = {"": self.words.say("form.other-figures")}
        for metric in self.metrics():
            area, lead = self.belongs(metric, titles)
            found.setdefault(area, {}).setdefault(lead, []).append(self.metric(metric))
        order = [group for variant in self.variants for group in variant.groups]
        return [
            {
                "id": area,
                "title": titles[area],
                "officers": [
                    {"lead": lead or None, "metrics": own}
                    for lead, own in found[area].items()
                ],
            }
            for area in sorted(
                found, key=lambda id_: order.index(id_) if id_ else len(order)
            )
        ]

    def metrics(self) -> list[Metric]:
        """Return every metric that is submitted, for any kind of unit."""
        found: dict[str, Metric] = {}
        for variant in self.variants:
            for metric in variant.metrics.values():
                if metric.submitted:
                    found.setdefault(metric.id, metric)
        return list(found.values())

    def belongs(self, metric: Metric, titles: dict[str, str]) -> tuple[str, str]:
        """Return the area of the first rule that reads a metric, and who leads what that rule asks
        for.
        """
        if metric.id not in self.readers:
            return "", ""
        variant, rule = self.readers[metric.id][0]
        *_, top = dependencies.above(variant, rule.group)
        titles[top.id] = top.title.of(self.lang)
        lead = variant.remedies[rule.remedy].lead if rule.remedy else None
        return top.id, lead.of(self.lang) if lead else ""

    def metric(self, metric: Metric) -> Document:
        reading = [rule for _, rule in self.readers.get(metric.id, ())]
        return {
            "id": metric.id,
            "title": metric.title.of(self.lang),
            "type": metric.type,
            "unit": self.unit(metric),
            "least": None if metric.range.low is None else plain(metric.range.low),
            "most": None if metric.range.high is None else plain(metric.range.high),
            "window": [edge.isoformat() for edge in self.rules.window or ()],
            "allowed": self.allowed(metric),
            "ratio": [part.of(self.lang) for part in metric.ratio]
            if metric.ratio
            else None,
            "levels": [level.of(self.lang) for level in metric.levels],
            "distinct": metric.distinct,
            "evidence": metric.evidence.of(self.lang) if metric.evidence else None,
            "evidence_required": any(rule.evidence_required for rule in reading),
            "clauses": list(
                dict.fromkeys(clause for rule in reading for clause in rule.source)
            ),
            "rules": [rule.id for rule in reading],
        }

    def unit(self, metric: Metric) -> str | None:
        if metric.unit is not None:
            return metric.unit.of(self.lang)
        return "%" if metric.type == "percent" else None

    def allowed(self, metric: Metric) -> str:
        """Say what a figure may be."""
        if metric.type == "yes_no":
            return f"{self.words.say('word.yes')} / {self.words.say('word.no')}"
        if metric.type == "level":
            return "; ".join(level.of(self.lang) for level in metric.levels)
        if metric.type == "date":
            edges = [
                self.words.scalar(edge, metric) for edge in self.rules.window or ()
            ]
            return (
                self.words.say("form.day-between", first=edges[0], last=edges[1])
                if edges
                else ""
            )
        if metric.distinct:
            return self.words.say("form.list")
        return self.words.interval(metric.range, None)

    # Points, blocks, tracks

    def each_rule(self) -> Iterator[tuple[RuleSet, Rule]]:
        """Yield every rule of any kind of unit, once."""
        seen: set[str] = set()
        for variant in self.variants:
            for rule in variant.rules.values():
                if rule.id not in seen:
                    seen.add(rule.id)
                    yield variant, rule

    def points(self, rule: Rule) -> Document:
        return {
            "id": rule.id,
            "title": rule.title.of(self.lang),
            "clauses": list(rule.source),
            "lowest": plain(rule.lowest),
            "weight": plain(rule.weight),
            "always": rule.deduction.by_hand,
        }

    def scored(self) -> list[Document]:
        return [
            self.points(rule) for _, rule in self.each_rule() if rule.deduction.scored
        ]

    def blocks(self) -> list[Document]:
        found = {
            group.id: group
            for variant in self.variants
            for group in variant.groups.values()
            if group.optional
        }
        return [
            {"id": group.id, "title": group.title.of(self.lang)}
            for group in found.values()
        ]
