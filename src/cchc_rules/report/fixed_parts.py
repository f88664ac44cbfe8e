"""What a report says that is the same for every submission, said once for a rule set and a
language.

Most of a report is not about the commune at all: titles, clauses, tasks, what is required, the
arithmetic for other programs. A province scores a thousand communes by one rule set, so all of
that is made when the first report asks for it, and copied into the others. It is kept on the
compiled rule set, one for each language, and goes when that goes.
"""

from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import Any

from cchc_rules.base import number
from cchc_rules.base.interval import Interval
from cchc_rules.report.machine_form import bounds, rounding_of
from cchc_rules.report.provenance import Provenance
from cchc_rules.rules import dependencies
from cchc_rules.rules.formula import Formula
from cchc_rules.rules.model import (
    Conflict,
    FormulaRef,
    Metric,
    MetricRef,
    Rule,
    Text,
)
from cchc_rules.rules.rule_text import RuleText
from cchc_rules.rules.value_function import Computed, value_function
from cchc_rules.scoring.compiled_rules import CompiledRuleSet

Document = dict[str, Any]


def fixed_parts(compiled: CompiledRuleSet, lang: str) -> "FixedParts":
    """Return what reports by a rule set have in common in a language, made once.

    Args:
        compiled: The rule set, as it stands for a kind of unit and a day.
        lang: The language of the texts: `"vi"` or `"en"`.

    >>> from cchc_rules import load_rules
    >>> from cchc_rules.scoring.compiled_rules import compile_rules
    >>> compiled = compile_rules(load_rules("example-access-to-law"))
    >>> fixed_parts(compiled, "vi") is fixed_parts(compiled, "vi")
    True
    """
    key = (FixedParts, lang)
    # Two threads may both make them: they are equal, and the later ones stay.
    parts: FixedParts | None = compiled.kept.get(key)
    if parts is None:
        parts = FixedParts(compiled, lang)
        compiled.kept[key] = parts
    return parts


class FixedParts:
    """What reports by one rule set have in common, in one language.

    Rules are asked for by their position in the rule file. What is handed out as part of a document
    is a copy that its reader may change.
    """

    def __init__(self, compiled: CompiledRuleSet, lang: str) -> None:
        self.compiled = compiled
        self.rules = compiled.rules
        self.lang = lang
        self.text = RuleText(self.rules, lang)
        self.provenance = Provenance(self.rules, lang)
        # Filled by whoever says it first: `ResultText` has the words of thresholds.
        self.required: dict[int, str] = {}
        """What rules ask for, of those that ask the same of every submission."""
        self._rule_templates: dict[int, tuple[Document, tuple[str, ...]]] = {}

    def words(self, text: Text | None) -> str | None:
        """Return a text of the rule file in the language, None where it has none.

        Args:
            text: The text in one or two languages.
        """
        if text:
            return text.of(self.lang)
        return None

    # What rules read

    @cached_property
    def metrics(self) -> tuple[Metric | None, ...]:
        """The metric of each rule; None where a person gives the points."""
        metrics = self.rules.metrics
        return tuple(metrics.get(rule.metric or "") for rule in self.compiled.ordered)

    @cached_property
    def derived(self) -> tuple[tuple[str, ...], ...]:
        """The derived metrics that each rule reads, those that others need first."""
        compiled = self.compiled
        # The order of a calculation, in which a figure is worked out before it is used.
        in_order = [compiled.metrics[position] for position, _ in compiled.derived]
        derived = []
        for rule in compiled.ordered:
            names = dependencies.rule_metrics(self.rules, rule)
            derived.append(tuple(name for name in in_order if name in names))
        return tuple(derived)

    @cached_property
    def formulas(self) -> tuple[tuple[Formula, ...], ...]:
        """The formulas of each rule's threshold and points."""
        reader = self.compiled.reader
        formulas = []
        for rule in self.compiled.ordered:
            of_rule = dependencies.rule_formulas(self.rules, rule)
            formulas.append(tuple(reader.parsed(text, own) for _, text, own in of_rule))
        return tuple(formulas)

    @cached_property
    def falling_back(self) -> tuple[tuple[tuple[Formula, bool], ...], ...]:
        """The formulas behind each rule that may fall back on another figure, in reading order.

        They are those that call `first`: of the derived metrics that it reads, then its own, which
        are marked as such.
        """
        rules = self.rules
        reader = self.compiled.reader
        falling_back = []
        for names, own_formulas in zip(self.derived, self.formulas, strict=True):
            texts = [rules.metrics[name].formula for name in names]
            # A derived level has no formula, and falls back on nothing.
            formulas = [
                (reader.parsed(text, {}), False) for text in texts if text is not None
            ]
            formulas += [(parsed, True) for parsed in own_formulas]
            # By its text alone: a formula that has the word as part of a name is traced in vain.
            calling = [pair for pair in formulas if "first" in pair[0].text]
            falling_back.append(tuple(calling))
        return tuple(falling_back)

    @cached_property
    def graded(self) -> tuple[bool, ...]:
        """Whether pieces of each rule have conditions of their own, as tiers do."""
        return tuple(
            metric is not None and value_function(rule, metric).graded
            for rule, metric in zip(self.compiled.ordered, self.metrics, strict=True)
        )

    @cached_property
    def asks_the_same(self) -> tuple[bool, ...]:
        """Whether each rule asks the same of every submission, in the same words."""
        return tuple(map(_asks_the_same, self.compiled.ordered))

    # Parts of the document

    @cached_property
    def _rule_set(self) -> Document:
        rules = self.rules
        return {
            "id": rules.id,
            "version": rules.version,
            "sha256": rules.sha256,
            "title": rules.title.of(self.lang),
            "source": self.words(rules.source),
            "note": self.words(rules.note),
            "weight_basis": rules.index.basis,
            "files": [
                {"name": file.name, "sha256": file.sha256} for file in rules.files
            ],
            "kind": rules.kind,
            "kind_title": self.words(rules.kind_title),
            "since": iso_day(rules.since),
            "since_title": self.words(rules.since_title),
        }

    def rule_set(self) -> Document:
        """Return which rule set was used, with the files that it was read from."""
        content: Document = fresh(self._rule_set)
        return content

    @cached_property
    def _ladder(self) -> list[Document]:
        return [
            {
                "id": band.id,
                "title": self.words(band.title),
                "range": bounds(band.interval) or None,
            }
            for band in self.rules.ladder
        ]

    def ladder(self) -> list[Document]:
        """Return all bands, the lowest first."""
        ladder: list[Document] = fresh(self._ladder)
        return ladder

    @cached_property
    def _groups(self) -> dict[str, Document]:
        return {id_: self._group(id_) for id_ in self.rules.groups}

    def _group(self, id_: str) -> Document:
        """Return one group, with None at what figures decide."""
        group = self.rules.groups[id_]
        cap = None
        if group.cap is not None:
            cap = number.plain(group.cap)
        content: Document = {
            "id": id_,
            "parent": group.parent,
            "title": self.words(group.title),
            "kind": group.kind,
            "combine": group.combine,
            "weight_basis": group.basis,
            **dict.fromkeys(("maximum", "earned", "lost", "excluded", "rescaled")),
            "cap": cap,
            "uncapped": None,
            "note": self.words(group.note),
            "source": list(group.source),
            "absent": None,
        }
        if group.rounding is not None:
            content["rounding"] = rounding_of(group.rounding, self.rules)
        return content

    def group(self, id_: str) -> Document:
        """Return one group, with None at what figures decide."""
        content: Document = fresh(self._groups[id_])
        return content

    @cached_property
    def origins(self) -> Document | None:
        """Where every value of the rule set comes from, None where all come from one place."""
        return self.provenance.document()

    def rule(self, position: int) -> Document:
        """Return what a rule is, with None at what figures decide; all keys stand in their order.

        The order of the keys is the order in which JSON shows them, and part of the format.
        """
        known = self._rule_templates.get(position)
        if known is None:
            known = self._rule_templates[position] = self._template(position)
        template, nested = known
        content = template.copy()
        # Lists and tables are copied, so that no two documents share what may be changed.
        for key in nested:
            content[key] = fresh(template[key])
        return content

    def _template(self, position: int) -> tuple[Document, tuple[str, ...]]:
        """Return the fixed part of a rule, and which of its keys hold lists or tables."""
        rule = self.compiled.ordered[position]
        metric = self.metrics[position]
        points = self.compiled.worths[position]
        places = self.rules.index.places
        metric_title = None
        unit = None
        if metric:
            metric_title = self.words(metric.title)
            unit = self.words(metric.unit)
        # What is only known when a submission is scored.
        later = None
        template: Document = {
            "id": rule.id,
            "group": rule.group,
            "title": self.words(rule.title),
            "source": list(rule.source),
            "state": later,
            "metric": rule.metric,
            "metric_title": metric_title,
            "unit": unit,
            "comparator": rule.comparator,
            "threshold": self._threshold(rule),
            "value": later,
            "inputs": later,
            "maximum": later,
            "earned": later,
            "lost": later,
            "excluded": later,
            "without_effect": later,
            "weight": number.fixed(points.weight, places),
            "lowest": number.fixed(points.lowest, places),
            "exact": later,
            "weight_basis": rule.basis,
            "deduction": rule.deduction.kind,
            "reason": later,
            "required": later,
            "origin": self.provenance.rule(rule.id),
            "reported": later,
            "calculation": later,
            "fallback": later,
            "win_back": later,
            "gains": later,
            "evidence": later,
            "remedy": self._remedy(rule),
            "conflicts": self._conflicts(rule),
            "requires": list(rule.requires),
            "due": iso_day(rule.due),
            "note": self.words(rule.note),
            "tracks": later,
            "track_reasons": later,
        }
        nested = [
            key for key, value in template.items() if isinstance(value, dict | list)
        ]
        return template, tuple(nested)

    def _remedy(self, rule: Rule) -> Document | None:
        """Return the task that the plan sets for a rule, None where it sets none."""
        remedy = self.rules.remedies.get(rule.remedy or "")
        if remedy is None:
            return None
        texts = {
            "task": remedy.task,
            "product": remedy.product,
            "lead": remedy.lead,
            "with": remedy.with_,
        }
        return {
            "id": remedy.id,
            "source": list(remedy.source),
            **{key: self.words(text) for key, text in texts.items()},
            "due": self.words(remedy.due),
            "due_date": iso_day(remedy.due_date),
            "budget": self.words(remedy.budget),
        }

    def _threshold(self, rule: Rule) -> object:
        """Return a threshold that the rule file writes out, all its digits kept; else None."""
        if isinstance(rule.threshold, Interval):
            return bounds(rule.threshold)
        if isinstance(rule.threshold, tuple):
            return [_literal(item) for item in rule.threshold]
        if rule.metric is None or isinstance(rule.threshold, MetricRef | FormulaRef):
            return None
        return _literal(rule.threshold)

    def _conflicts(self, rule: Rule) -> list[Document] | None:
        """Return what other clauses ask for, None where figures decide what that is."""
        thresholds = [conflict.threshold for conflict in rule.conflicts]
        if any(isinstance(each, MetricRef | FormulaRef) for each in thresholds):
            return None
        return [conflict_of(rule, conflict, self.text) for conflict in rule.conflicts]


def conflict_of(
    rule: Rule,
    conflict: Conflict,
    text: RuleText,
) -> Document:
    """Return what another clause of the plan asks for in place of the rule's own target.

    Args:
        rule: The rule.
        conflict: The other clause.
        text: Says the target, in the language of the document.
    """
    # A conflict without a target of its own is told by its note alone.
    required = None
    comparator = conflict.comparator
    if (
        comparator is not None
        and conflict.threshold is not None
        and rule.metric is not None
    ):
        required = text.target(rule, comparator, conflict.threshold)
    note = None
    if conflict.note:
        note = conflict.note.of(text.lang)
    return {"source": conflict.source, "required": required, "note": note}


def _asks_the_same(rule: Rule) -> bool:
    """Whether a rule asks the same of every submission: nothing that it asks is computed."""
    # Of tiers with formulas the best one hangs on what the formulas come to.
    if isinstance(rule.threshold, MetricRef | FormulaRef):
        return False
    return not any(isinstance(piece.points, Computed) for piece in rule.pieces)


def fresh(value: Any) -> Any:
    """Return plain data again as tables and lists of its own.

    >>> table = {"a": [1]}
    >>> fresh(table) == table, fresh(table)["a"] is table["a"]
    (True, False)
    """
    kind = value.__class__
    if kind is dict:
        table = value.copy()
        for key, item in value.items():
            if item.__class__ in CHANGEABLE:
                table[key] = fresh(item)
        return table
    if kind is list:
        return [fresh(item) if item.__class__ in CHANGEABLE else item for item in value]
    return value


CHANGEABLE = (dict, list)
"""The classes of plain data that can be changed, of which each document has its own."""


def _literal(value: object) -> object:
    """Return a literal of the rule file for the document, all its digits kept."""
    if isinstance(value, Fraction):
        return number.plain(value)
    if isinstance(value, date):
        return value.isoformat()
    return value


def iso_day(day: date | None) -> str | None:
    """Return a day as ISO text, None where there is none."""
    if day is None:
        return None
    return day.isoformat()
