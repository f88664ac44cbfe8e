"""From a rule and the figures it depends on to its shape: thresholds and formulas are resolved
here.
"""

from collections import ChainMap
from collections.abc import Callable, Mapping
from datetime import date
from fractions import Fraction
from typing import TypeAlias

from cchc_rules.base.number import Pair
from cchc_rules.base.state import Absent, Reason
from cchc_rules.rules import dependencies, formula
from cchc_rules.rules.model import (
    FormulaRef,
    Metric,
    MetricRef,
    Rule,
    RuleSet,
    Scalar,
    Tier,
)
from cchc_rules.scoring import shapes
from cchc_rules.scoring.shapes import Shape, Test, Worth
from cchc_rules.submissions.submission import Figure

Figures: TypeAlias = list[Figure]
Seen: TypeAlias = Mapping[int, Figure] | Figures
"""All figures, or those that matter, by position."""


class Shapes:
    """Makes the shapes of a rule set's rules, over figures by position."""

    def __init__(self, rules: RuleSet, positions: Mapping[str, int]) -> None:
        unit = self.unit = 10**rules.index.places
        self.rules = rules
        self.positions = positions
        self.worths = {
            rule.id: Worth(int(rule.weight * unit), int(rule.lowest * unit))
            for rule in rules.rules.values()
        }
        self._parsed: dict[tuple[str, ...], formula.Formula] = {}

    def parsed(self, text: str, extra: Mapping[str, str]) -> formula.Formula:
        """Return a checked formula over the metrics and a rule's own names, parsed once."""
        key = (text, *extra, *extra.values())
        if key not in self._parsed:
            self._parsed[key] = formula.parse(
                text,
                ChainMap(dict(extra), self.rules.metric_types),
                self.rules.calendar,
            )
        return self._parsed[key]

    def loss(self, rule: Rule) -> shapes.Loss:
        """Return what each unit off the target costs, in ticks."""
        deduction = rule.deduction
        return shapes.Loss(
            dependencies.unit_loss(rule) * self.unit, deduction.step, deduction.units
        )

    def counted(self, rule: Rule, figures: Figures) -> Pair:
        """Return the rule's figure, less the exempt ones."""
        n, d = figures[self.positions[rule.metric or ""]]  # type: ignore[misc]
        if rule.deduction.exempt is None:
            return n, d
        en, ed = figures[self.positions[rule.deduction.exempt]]  # type: ignore[misc]
        return n * ed - en * d, d * ed

    def threshold(self, rule: Rule, figures: Seen) -> "Fraction | Absent | None":
        """Return the threshold as a number (a date as its day number), None where it is no single
        number.
        """
        if isinstance(rule.threshold, MetricRef):
            figure = figures[self.positions[rule.threshold.metric]]
            return figure if isinstance(figure, Absent) else Fraction(*figure)
        if isinstance(rule.threshold, FormulaRef):
            parsed = self.parsed(rule.threshold.formula, {})
            found = closed(parsed.evaluate(self.named(parsed, figures)))
            return found if isinstance(found, Absent) else Fraction(*found)
        return literal(rule, self.rules.metrics[rule.metric or ""])

    def named(
        self, parsed: formula.Formula, figures: Seen
    ) -> dict[str, formula.Value | Absent]:
        """Return the figures that a formula names, as it computes with them."""
        metrics = self.rules.metrics
        return {
            name: opened(figures[self.positions[name]], metrics[name])
            for name in parsed.names
            if name in self.positions
        }

    def shape(self, rule: Rule, threshold: Fraction | None, figures: Seen) -> Shape:
        """Return the rule's shape for a threshold that is known."""
        worth = self.worths[rule.id]
        deduction = rule.deduction
        metric = self.rules.metrics[rule.metric or ""]
        met = target_test(rule, metric, threshold)
        match deduction.kind:
            case "all_or_nothing":
                return shapes.all_or_nothing(worth, met or _always)
            case "none":
                return shapes.all_or_nothing(worth, met or _always, scored=False)
            case "proportional":
                start = deduction.from_ or Fraction(0)
                rising = rule.comparator == ">="
                return shapes.proportional(
                    worth, rising, threshold or Fraction(0), start, deduction.floor
                )
            case "per_unit":
                return shapes.per_unit(
                    worth,
                    rule.comparator == ">=",
                    threshold or Fraction(0),
                    self.loss(rule),
                )
            case "tiers":
                return self._tiers(rule, metric, threshold, met, figures)
            case _:
                points = self._points(rule, deduction.formula or "", threshold, figures)
                return lambda v: worth.result(
                    *worth.held(*points(v)), Reason.FORMULA, met(v) if met else None
                )

    def _tiers(
        self,
        rule: Rule,
        metric: Metric,
        threshold: Fraction | None,
        met: Test | None,
        figures: Seen,
    ) -> Shape:
        late = threshold if rule.deduction.of == "days_late" else None
        steps: list[tuple[Test, shapes.TierPoints]] = []
        for tier in rule.deduction.tiers:
            test = _tier_test(tier, metric)
            fixed = dependencies.constant(rule, tier)
            if fixed is not None:
                ticks = fixed * self.unit
                steps.append(
                    (_shifted(test, late), (ticks.numerator, ticks.denominator))
                )
            else:
                steps.append(
                    (
                        _shifted(test, late),
                        self._points(
                            rule, tier.value.formula or "", threshold, figures
                        ),
                    )
                )
        return shapes.tiers(self.worths[rule.id], steps, met)

    def _points(
        self, rule: Rule, text: str, threshold: Fraction | None, figures: Seen
    ) -> Callable[[Pair], Pair]:
        """Return the function that computes a formula of points, in ticks, from the rule's figure."""
        metric = self.rules.metrics[rule.metric or ""]
        parsed = self.parsed(text, dependencies.own_names(self.rules, rule))
        own: dict[str, formula.Value | Absent] = {"weight": rule.weight}
        if threshold is not None:
            own["threshold"] = opened(
                (threshold.numerator, threshold.denominator), metric
            )

        def points(v: Pair) -> Pair:
            found = parsed.evaluate(
                self.named(parsed, figures) | own | {"value": opened(v, metric)}
            )
            if isinstance(found, Absent):
                raise ZeroDivisionError
            ticks = found * self.unit
            return ticks.numerator, ticks.denominator

        return points


def _always(_: Pair) -> bool:
    return True


def opened(figure: Figure, metric: Metric) -> formula.Value | Absent:
    """Return a figure as formulas compute with it: a number, a yes/no, a date, a level's words."""
    if isinstance(figure, Absent):
        return figure
    n, d = figure
    if metric.type == "yes_no":
        return bool(n)
    if metric.type == "date":
        return date.fromordinal(n)
    return metric.levels[n].vi if metric.type == "level" else Fraction(n, d)


def closed(value: formula.Value | Absent) -> Figure:
    """Return what a formula gave as a figure again."""
    if isinstance(value, Absent):
        return value
    if isinstance(value, Fraction):
        return value.numerator, value.denominator
    return (value.toordinal(), 1) if isinstance(value, date) else (int(value), 1)


def as_number(value: Scalar, metric: Metric) -> Fraction:
    """Return a literal as a figure's number: yes is 1, a date its day number, a level its position
    from the best.
    """
    if isinstance(value, Fraction):
        return value
    if isinstance(value, bool):
        return Fraction(value)
    if isinstance(value, date):
        return Fraction(value.toordinal())
    return Fraction([level.vi for level in metric.levels].index(value))


def literal(rule: Rule, metric: Metric) -> Fraction | None:
    """Return a threshold that the rule file writes out, as a figure's number; None where it is no
    single one.
    """
    if isinstance(rule.threshold, Fraction | bool | date | str):
        return as_number(rule.threshold, metric)
    return None


_SIGNS = {
    "is": "==",
    "on_or_before": "<=",
    "before": "<",
    "on_or_after": ">=",
    "after": ">",
}


def target_test(rule: Rule, metric: Metric, threshold: Fraction | None) -> Test | None:
    """Return the test whether a figure reaches the rule's target, None when the rule has no target
    of its own.
    """
    if rule.comparator is None:
        return None
    if rule.comparator == "between":
        return shapes.within(rule.threshold)  # type: ignore[arg-type]
    if rule.comparator == "one_of":
        return shapes.among(
            frozenset(as_number(value, metric) for value in rule.threshold)  # type: ignore[union-attr]
        )
    sign = _SIGNS.get(rule.comparator, rule.comparator)
    if rule.comparator == "better":
        sign = "<" if metric.better == "lower" else ">"
    return shapes.comparison(sign, threshold or Fraction(0))


def _tier_test(tier: Tier, metric: Metric) -> Test:
    if tier.values is not None:
        return shapes.among(
            frozenset(as_number(value, metric) for value in tier.values)
        )
    return _always if tier.interval is None else shapes.within(tier.interval)


def _shifted(test: Test, late: Fraction | None) -> Test:
    """Return the test over days after a date instead of the date itself."""
    if late is None:
        return test
    start = int(late)
    return lambda v: test((v[0] - start, 1))
