"""What a report carries so that it can be recomputed from itself alone.

docs/reference/report.md describes it under "machine". Each rule has its points as an expression
over its figure, and each metric the exact figure that it came to, so that whoever has the report
needs no rule file and no calendar: of the days that formulas counted it says which are unlike
their weekday.
"""

import hashlib
import json
import marshal
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import Any

from cchc_rules.base.calendar import SATURDAY, Calendar
from cchc_rules.base.interval import Interval
from cchc_rules.base.number import plain, plain_pair
from cchc_rules.base.state import Absent
from cchc_rules.rules import dependencies, formula
from cchc_rules.rules.expressions import Expression, Lowering
from cchc_rules.rules.metric_values import as_formula_value, as_number
from cchc_rules.rules.model import BandGate, Metric, Need, Rounding, Rule, RuleSet
from cchc_rules.scoring.compiled_rules import CompiledRuleSet
from cchc_rules.scoring.scoring import Scoring

Document = dict[str, Any]


def rounding_of(rounding: Rounding, rules: RuleSet) -> Document:
    """Return how points are rounded, its step in points (semantics L8)."""
    step = rounding.step
    if step is None:
        step = Fraction(1, 10**rules.index.places)
    return {"mode": rounding.mode, "step": plain(step)}


def effect_of(rule: Mapping[str, Any]) -> Any:
    """Return the effect that a rule of a report declares for its absence (semantics L4).

    Args:
        rule: The rule as the report has it.

    Returns:
        The effect as the machine form writes it; None where the rule is not absent, or is so with
        its whole block.

    >>> effects = {"missing": "lost", "not_applicable": "lost", "zero_denominator": "exclude"}
    >>> effect_of({"state": "not_applicable", "reason": {"code": "zero_denominator"},
    ...            "machine": {"effects": effects}})
    'exclude'
    """
    code = rule["reason"]["code"]
    if code == "block_absent":
        return None
    effects = rule["machine"]["effects"]
    if code == "zero_denominator" and code in effects:
        return effects[code]
    return effects.get(rule["state"])


class MachineForms:
    """The part of the machine form that is the same for every submission, made once."""

    def __init__(self, compiled: CompiledRuleSet) -> None:
        self.compiled = compiled
        self.rules = compiled.rules
        self.lowering = Lowering(compiled.rules)

    @cached_property
    def _of_rules(self) -> bytes:
        # `marshal` makes new lists and tables of plain data faster than anything else: each
        # document has its own.
        return marshal.dumps([self._of_rule(rule) for rule in self.compiled.ordered])

    def of_rules(self) -> list[Document]:
        """Return the machine form of every rule, by position."""
        forms: list[Document] = marshal.loads(self._of_rules)
        return forms

    def _of_rule(self, rule: Rule) -> Document:
        form: Document = {
            "threshold": self.lowering.threshold(rule),
            "points": self.lowering.points(rule),
            "exempt": rule.deduction.axis.exempt,
            "effects": self.lowering.effects(rule),
        }
        if rule.rounding is not None:
            form["rounding"] = rounding_of(rule.rounding, self.compiled.rules)
        return form

    @cached_property
    def metrics(self) -> list[Metric]:
        """The metrics that rules read, as the rule file lists them."""
        names = {
            name
            for rule in self.compiled.ordered
            for name in dependencies.rule_metrics(self.rules, rule)
        }
        return [metric for metric in self.rules.metrics.values() if metric.id in names]

    @cached_property
    def _of_metrics(self) -> bytes:
        return marshal.dumps([self._of_metric(metric) for metric in self.metrics])

    def of_metrics(self) -> list[Document]:
        """Return what every metric is that rules read, with None at what figures decide."""
        forms: list[Document] = marshal.loads(self._of_metrics)
        return forms

    def _of_metric(self, metric: Metric) -> Document:
        return {
            "id": metric.id,
            "type": metric.type,
            "better": metric.better,
            "round": metric.round,
            "levels": [level.vi for level in metric.levels],
            "formula": self.lowering.derived(metric),
            "state": None,
            "figure": None,
        }

    @cached_property
    def counting_days(self) -> list[tuple[str, Rule | None]]:
        """The formulas that count working days, each with its rule, None of a derived metric."""
        formulas: list[tuple[str, Rule | None]] = [
            (metric.formula, None)
            for metric in self.metrics
            if metric.formula is not None
        ]
        for rule in self.compiled.ordered:
            of_rule = dependencies.rule_formulas(self.rules, rule)
            formulas += [(text, rule) for _, text, _ in of_rule]
        return [(text, rule) for text, rule in formulas if "add_working_days" in text]


def machine_forms(compiled: CompiledRuleSet) -> MachineForms:
    """Return the fixed part of the machine form of a rule set, made once.

    >>> from cchc_rules import load_rules
    >>> from cchc_rules.scoring.compiled_rules import compile_rules
    >>> compiled = compile_rules(load_rules("example-access-to-law"))
    >>> machine_forms(compiled) is machine_forms(compiled)
    True
    """
    # In no language: expressions and figures are the same in all of them.
    forms: MachineForms | None = compiled.kept.get(MachineForms)
    if forms is None:
        forms = compiled.kept[MachineForms] = MachineForms(compiled)
    return forms


class Proof:
    """Writes the machine form of one scoring.

    >>> from cchc_rules import load_measurements, load_rules, score
    >>> rules = load_rules("cam-due-2023")
    >>> report = score(rules, load_measurements("examples/cam-due-2023.json", rules))
    >>> position = report.scoring.compiled.places["officials-placed"]
    >>> Proof(report.scoring).of_rules()[position]["threshold"]
    '100'
    """

    def __init__(self, scoring: Scoring) -> None:
        self.scoring = scoring
        self.rules = scoring.rules
        self.forms = machine_forms(scoring.compiled)

    def whole(self) -> Document:
        """Return what concerns the whole report."""
        rules = self.rules
        form: Document = {
            "places": rules.index.places,
            "over_scale": rules.index.over_scale,
            **_lowest(rules),
            "least_coverage": _least_coverage(rules),
            "bands_read": rules.bands_read,
            "bands": [
                {"id": band.id, **bounds(band.interval)} for band in self.scoring.ladder
            ],
            "band_gates": [_gate(gate, rules) for gate in rules.band_gates],
            **_targets(rules),
            **_required_shares(rules),
            "window": _window(rules),
            "metrics": self._metrics(),
            "unusual_days": {
                day.isoformat(): works
                for day, works in sorted(self._unusual_days().items())
            },
        }
        if rules.index.rounding is not None:
            form["rounding"] = rounding_of(rules.index.rounding, rules)
        return form

    def of_rules(self) -> list[Document]:
        """Return what concerns each rule, by position."""
        return self.forms.of_rules()

    def _metrics(self) -> list[Document]:
        """Return what each metric is and the exact figure that it came to."""
        contents = self.forms.of_metrics()
        for metric, content in zip(self.forms.metrics, contents, strict=True):
            figure = self.scoring.figure(metric.id)
            if isinstance(figure, Absent):
                content["state"] = str(figure.state)
                continue
            content["state"] = "reported"
            if metric.numeric:
                content["figure"] = plain_pair(*figure)
            else:
                content["figure"] = _exact(as_formula_value(figure, metric))
        return contents

    # Working days

    def _unusual_days(self) -> dict[date, bool]:
        """Return the days that formulas counted and that are unlike their weekday.

        A day off from Monday to Friday is false, a weekend that is worked is true.
        """
        usual = self.rules.calendar
        calendar = _Watched(usual.country, usual.extra_holidays, usual.extra_workdays)
        for text, rule in self.forms.counting_days:
            self._evaluate(text, rule, calendar)
        return calendar.unusual

    def _evaluate(
        self,
        text: str,
        rule: Rule | None,
        calendar: Calendar,
    ) -> None:
        """Evaluate a formula for the days that its calendar is asked about."""
        own: dict[str, str] = {}
        if rule is not None:
            own = dependencies.own_names(self.rules, rule)
        # Parsed anew: the formula that scored is bound to the calendar of the rule set.
        parsed = formula.parse(text, {**self.rules.metric_types, **own}, calendar)
        parsed.evaluate(self.scoring.named(parsed) | self._own(rule))

    def _own(self, rule: Rule | None) -> dict[str, formula.Value | Absent]:
        """Return the figures of a rule's own names."""
        if rule is None or rule.metric is None:
            return {}
        return self.scoring.own_values(self._at(rule))

    def _at(self, rule: Rule) -> int:
        return self.scoring.compiled.places[rule.id]


@dataclass(frozen=True, eq=False)
class _Watched(Calendar):
    """A calendar that notes which of the days it was asked about are unlike their weekday.

    It is equal only to itself, so that no formula that was parsed with another is taken for it.
    """

    unusual: dict[date, bool] = field(default_factory=dict)

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def works(self, day: date) -> bool:
        """Return whether a day is worked, and note it where its weekday would not tell."""
        works = super().works(day)
        if works != (day.weekday() < SATURDAY):
            self.unusual[day] = works
        return works


def digest(content: Document) -> str:
    """Return the SHA-256 of a document: of its JSON text with sorted keys and no spaces.

    >>> digest({"b": 1, "a": 2}) == digest({"a": 2, "b": 1})
    True
    """
    text = json.dumps(
        content, ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
    return digest_of(text.encode())


def digest_of(text: bytes) -> str:
    """Return the SHA-256 of a document whose canonical text is known: that of `digest`."""
    return hashlib.sha256(text).hexdigest()


def _gate(gate: BandGate, rules: RuleSet) -> Document:
    """Return a gate on bands: its rule, or its id and conditions."""
    effect: Document = {"at_most": gate.at_most}
    if gate.at_most is None:
        effect = {"lower_by": gate.lower_by}
    if gate.rule is not None:
        return {"rule": gate.rule, **effect}
    needs = [_need(need, rules) for need in gate.needs]
    return {"id": gate.id, "needs": needs, **effect}


def _need(need: Need, rules: RuleSet) -> Document:
    """Return a condition as a rule file has it: what it names, and its bounds or values."""
    written: Document = {need.subject: need.id, **bounds(need.bounds)}
    if need.values:
        metric = rules.metrics[need.id]
        numbers = [as_number(value, metric) for value in need.values]
        figures = [
            as_formula_value((one.numerator, one.denominator), metric)
            for one in numbers
        ]
        written["is"] = [_exact(figure) for figure in figures]
    return written


def _targets(rules: RuleSet) -> Document:
    """Return what targets ask for beside the index, nothing where none does."""
    targets = [
        {"id": target.id, "needs": [_need(need, rules) for need in target.needs]}
        for target in rules.targets
        if target.needs
    ]
    if not targets:
        return {}
    return {"targets": targets}


def _required_shares(rules: RuleSet) -> Document:
    """Return the shares of points that rules ask of others, nothing where none does."""
    shares = [
        {"id": rule.id, "needs": [_need(need, rules) for need in rule.needs]}
        for rule in rules.rules.values()
        if rule.needs
    ]
    if not shares:
        return {}
    return {"required_shares": shares}


def _lowest(rules: RuleSet) -> Document:
    """Return below which points the index does not fall, nothing where it may fall to any."""
    if rules.index.lowest is None:
        return {}
    return {"lowest": plain(rules.index.lowest)}


def _least_coverage(rules: RuleSet) -> str | None:
    """Return the least coverage that the rule set asks for, in percent."""
    least = rules.index.least_coverage
    if least is None:
        return None
    return plain(least)


def _window(rules: RuleSet) -> list[str] | None:
    """Return the first and the last day of the window, None where the rule set has none."""
    if not rules.window:
        return None
    return [day.isoformat() for day in rules.window]


def bounds(interval: Interval) -> dict[str, str]:
    """Return the edges of an interval: `from` and `to` belong to it, `above` and `below` do not.

    >>> bounds(Interval(Fraction(60), Fraction(80), high_open=True))
    {'from': '60', 'below': '80'}
    """
    low_key = "from"
    if interval.low_open:
        low_key = "above"
    high_key = "to"
    if interval.high_open:
        high_key = "below"
    edges = {}
    if interval.low is not None:
        edges[low_key] = plain(interval.low)
    if interval.high is not None:
        edges[high_key] = plain(interval.high)
    return edges


def _exact(value: formula.Value | Absent) -> Expression:
    if isinstance(value, Fraction):
        return plain(value)
    if isinstance(value, date):
        return value.isoformat()
    return value
