"""What a report carries so that it can be recomputed from itself alone.

docs/reference/report.md describes it under "machine". Each rule has its points as an expression
over its figure, and each metric the exact figure that it came to, so that whoever has the report
needs no rule file and no calendar: of the days that formulas counted it says which are unlike
their weekday.
"""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from cchc_rules.base.calendar import SATURDAY, Calendar
from cchc_rules.base.interval import Interval
from cchc_rules.base.number import plain
from cchc_rules.base.state import Absent
from cchc_rules.rules import dependencies, formula
from cchc_rules.rules.expressions import Expression, Lowering
from cchc_rules.rules.metric_values import as_formula_value
from cchc_rules.rules.model import Metric, Rule, RuleSet
from cchc_rules.scoring.scoring import Scoring

Document = dict[str, Any]


class Proof:
    """Writes the machine form of one scoring.

    >>> from cchc_rules import load_measurements, load_rules, score
    >>> rules = load_rules("cam-due-2023")
    >>> report = score(rules, load_measurements("examples/cam-due-2023.json", rules))
    >>> position = report.scoring.compiled.places["officials-placed"]
    >>> Proof(report.scoring).rule(position)["threshold"]
    '100'
    """

    def __init__(self, scoring: Scoring, lowering: Lowering | None = None) -> None:
        self.scoring = scoring
        self.rules = scoring.rules
        self.lowering = lowering or Lowering(scoring.rules)

    def whole(self) -> Document:
        """Return what concerns the whole report."""
        rules = self.rules
        return {
            "places": rules.index.places,
            "over_scale": rules.index.over_scale,
            "bands_read": rules.bands_read,
            "bands": [
                {"id": band.id, **bounds(band.interval)} for band in self.scoring.ladder
            ],
            "band_gates": [
                {"rule": gate.rule, "at_most": gate.at_most}
                for gate in rules.band_gates
            ],
            "window": _window(rules),
            "metrics": [self.metric(metric) for metric in self._read()],
            "unusual_days": {
                day.isoformat(): works
                for day, works in sorted(self._unusual_days().items())
            },
        }

    def rule(self, position: int) -> Document:
        """Return what concerns one rule."""
        rule = self.scoring.rule(position)
        return {
            "threshold": self.lowering.threshold(rule),
            "points": self.lowering.points(rule),
            "exempt": rule.deduction.axis.exempt,
            "effects": self.lowering.effects(rule),
        }

    def metric(self, metric: Metric) -> Document:
        """Return what a metric is and the exact figure that it came to."""
        figure = self.scoring.figure(metric.id)
        state = "reported"
        exact = None
        if isinstance(figure, Absent):
            state = str(figure.state)
        else:
            exact = _exact(as_formula_value(figure, metric))
        return {
            "id": metric.id,
            "type": metric.type,
            "better": metric.better,
            "round": metric.round,
            "levels": [level.vi for level in metric.levels],
            "formula": self.lowering.derived(metric),
            "state": state,
            "figure": exact,
        }

    def _read(self) -> list[Metric]:
        """Return the metrics that rules read, as the rule file lists them."""
        names = {
            name
            for rule in self.rules.rules.values()
            for name in dependencies.rule_metrics(self.rules, rule)
        }
        return [metric for metric in self.rules.metrics.values() if metric.id in names]

    # Working days

    def _unusual_days(self) -> dict[date, bool]:
        """Return the days that formulas counted and that are unlike their weekday.

        A day off from Monday to Friday is false, a weekend that is worked is true.
        """
        usual = self.rules.calendar
        calendar = _Watched(usual.country, usual.extra_holidays, usual.extra_workdays)
        for text, rule in self._formulas():
            if "add_working_days" in text:
                self._evaluate(text, rule, calendar)
        return calendar.unusual

    def _formulas(self) -> list[tuple[str, Rule | None]]:
        formulas: list[tuple[str, Rule | None]] = [
            (metric.formula, None)
            for metric in self._read()
            if metric.formula is not None
        ]
        for rule in self.rules.rules.values():
            formulas += [
                (text, rule)
                for _, text, _ in dependencies.rule_formulas(self.rules, rule)
            ]
        return formulas

    def _evaluate(self, text: str, rule: Rule | None, calendar: Calendar) -> None:
        own = {} if rule is None else dependencies.own_names(self.rules, rule)
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
    return hashlib.sha256(text.encode()).hexdigest()


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
    edges = {
        "above" if interval.low_open else "from": interval.low,
        "below" if interval.high_open else "to": interval.high,
    }
    return {key: plain(edge) for key, edge in edges.items() if edge is not None}


def _exact(value: formula.Value | Absent) -> Expression:
    if isinstance(value, Fraction):
        return plain(value)
    if isinstance(value, date):
        return value.isoformat()
    return value
