"""The figures that rules and formulas read: thresholds, exemptions, and what names stand for."""

from collections import ChainMap
from collections.abc import Callable, Mapping
from datetime import date
from fractions import Fraction
from typing import TypeAlias

from cchc_rules.base import number
from cchc_rules.base.interval import Interval
from cchc_rules.base.number import Pair
from cchc_rules.base.state import Absent
from cchc_rules.rules import dependencies, formula, model
from cchc_rules.rules.metric_values import (
    Figure,
    as_figure,
    as_formula_value,
    as_number,
)
from cchc_rules.rules.model import (
    FormulaRef,
    Metric,
    MetricRef,
    Rule,
    RuleSet,
    Scalar,
    Threshold,
)
from cchc_rules.rules.value_function import value_function
from cchc_rules.scoring.evaluators import Compiler, Evaluate, Ticks
from cchc_rules.scoring.results import Worth

Figures: TypeAlias = list[Figure]
"""The figures of all metrics, by position."""

FiguresByPosition: TypeAlias = Mapping[int, Figure] | Figures
"""All figures, or those that matter, by position."""

Named: TypeAlias = dict[str, formula.Value | Absent]
"""What the names of a formula stand for."""


class RuleFigures:
    """Reads what the rules of one rule set need from figures by position; parses formulas once.

    Args:
        rules: The rule set.
        positions: The position of each metric among the figures, by its id.
    """

    def __init__(self, rules: RuleSet, positions: Mapping[str, int]) -> None:
        self.rules = rules
        self.positions = positions
        self.unit = 10**rules.index.places
        self.worths = {
            rule.id: Worth(
                int(rule.weight * self.unit),
                int(rule.lowest * self.unit),
                in_ticks(rule.rounding, self.unit),
            )
            for rule in rules.rules.values()
        }
        self._parsed: dict[tuple[str, ...], formula.Formula] = {}

    # Formulas

    def parsed(self, text: str, extra: Mapping[str, str]) -> formula.Formula:
        """Return a checked formula over the metrics and a rule's own names, parsed once.

        Args:
            text: The formula.
            extra: The types of a rule's own names, such as `value`, by name.
        """
        # Two rules may write the same text, and mean values of other types by it.
        key = (text, *extra, *extra.values())
        if key not in self._parsed:
            types = ChainMap(dict(extra), self.rules.metric_types)
            self._parsed[key] = formula.parse(text, types, self.rules.calendar)
        return self._parsed[key]

    def points_formula(self, rule: Rule, text: str) -> formula.Formula:
        """Return a formula of a rule's points, which may use the rule's own names."""
        return self.parsed(text, dependencies.own_names(self.rules, rule))

    def named(self, parsed: formula.Formula, figures: FiguresByPosition) -> Named:
        """Return the figures that a formula names, as it computes with them."""
        metrics = self.rules.metrics
        positions = self.positions
        return {
            name: as_formula_value(figures[positions[name]], metrics[name])
            for name in parsed.names
            if name in positions
        }

    def own_values(self, rule: Rule, figure: Figure, threshold: "Known") -> Named:
        """Return what a rule's own names stand for: `weight`, `value`, and a known `threshold`."""
        metric = self.rules.metrics[rule.metric or ""]
        values: Named = {
            "weight": rule.weight,
            "value": as_formula_value(figure, metric),
        }
        if isinstance(threshold, Fraction):
            as_pair = (threshold.numerator, threshold.denominator)
            values["threshold"] = as_formula_value(as_pair, metric)
        elif isinstance(threshold, Absent):
            values["threshold"] = threshold
        return values

    # Figures of a rule

    def counted(self, rule: Rule, figures: Figures) -> Pair:
        """Return the rule's figure, less the exempt ones; both are known to be there.

        Returns:
            A pair, numerator and denominator, not reduced.
        """
        n, d = figures[self.positions[rule.metric or ""]]  # type: ignore[misc]
        exempt = rule.deduction.axis.exempt
        if exempt is None:
            return n, d
        exempt_n, exempt_d = figures[self.positions[exempt]]  # type: ignore[misc]
        return n * exempt_d - exempt_n * d, d * exempt_d

    def threshold(self, rule: Rule, figures: FiguresByPosition) -> "Known":
        """Return a rule's threshold as a number, None where it is no single number.

        A date is its day number; an absence is returned where the threshold hangs on figures that
        are absent.
        """
        if rule.threshold is None or rule.metric is None:
            return None
        return self.resolved(rule.threshold, self.rules.metrics[rule.metric], figures)

    def threshold_told(self, rule: Rule, figures: FiguresByPosition) -> "Known":
        """Return a rule's threshold for formulas that are asked what stands in their way.

        As `threshold`, but a division by zero in its formula is `formula.DIVISION`, which is no
        absent figure, and a formula beyond the bounds is None: neither counts where a figure is
        absent.
        """
        try:
            value = self.threshold(rule, figures)
        except formula.FormulaFailedError:
            return None
        if isinstance(rule.threshold, FormulaRef) and isinstance(value, Absent):
            parsed = self.parsed(rule.threshold.formula, {})
            return parsed.absence(self.named(parsed, figures)) or formula.DIVISION
        return value

    def resolved(
        self,
        threshold: Threshold,
        metric: Metric,
        figures: FiguresByPosition,
    ) -> "Known":
        """Return what a threshold of a metric comes to; None where it is no single number."""
        match threshold:
            case Interval() | tuple():
                return None
            case MetricRef(name):
                figure = figures[self.positions[name]]
            case FormulaRef(text):
                parsed = self.parsed(text, {})
                figure = as_figure(parsed.evaluate(self.named(parsed, figures)))
            case _:
                return as_number(threshold, metric)
        if isinstance(figure, Absent):
            return figure
        return Fraction(*figure)

    # Points of a rule

    def evaluator(
        self,
        rule: Rule,
        threshold: Fraction | None,
        figures: FiguresByPosition,
    ) -> Evaluate:
        """Return the function from a rule's figure to its result, for a threshold that is known.

        Args:
            rule: The rule.
            threshold: Its threshold as a number, None where it is no single number.
            figures: The figures that its formulas of points read, by position.
        """
        metric = self.rules.metrics[rule.metric or ""]
        computed = self._computed(rule, threshold, figures)
        compiler = Compiler(
            metric,
            self.worths[rule.id],
            self.unit,
            threshold,
            computed,
        )
        return compiler.evaluator(value_function(rule, metric))

    def _computed(
        self,
        rule: Rule,
        threshold: Fraction | None,
        figures: FiguresByPosition,
    ) -> Callable[[str], Ticks]:
        """Return what makes the function of a formula of points, in ticks of the rule's figure."""

        def ticks_of(text: str) -> Ticks:
            parsed = self.points_formula(rule, text)

            def ticks(v: Pair) -> Pair:
                own_values = self.own_values(rule, v, threshold)
                points = parsed.evaluate(self.named(parsed, figures) | own_values)
                if isinstance(points, Absent):
                    # Figures that are in the way are dealt with before: here a divisor was zero,
                    # alone or beside figures that `first` would have looked past.
                    raise NoPointsError(points)
                exact = points * self.unit
                return exact.numerator, exact.denominator

            return ticks

        return ticks_of


class NoPointsError(ZeroDivisionError):
    """A formula of points has no value; `absent` says why."""

    def __init__(self, absent: Absent) -> None:
        super().__init__(absent)
        self.absent = absent


Known: TypeAlias = Fraction | Absent | None
"""A threshold that came to a number, or why it did not; None where it is no single number."""


def literal(rule: Rule, metric: Metric) -> Fraction | None:
    """Return a threshold that the rule file writes out as a single number, else None.

    >>> from cchc_rules import load_rules
    >>> rules = load_rules("cam-due-2023")
    >>> rule = rules.rules["on-time"]
    >>> literal(rule, rules.metrics[rule.metric])
    Fraction(100, 1)
    """
    if isinstance(rule.threshold, Fraction | bool | date | str):
        return as_number(rule.threshold, metric)
    return None


def number_of(value: Known) -> Fraction:
    """Return a threshold that is known to be a number, in a rule whose figure was judged by it."""
    if not isinstance(value, Fraction):
        return Fraction(0)
    return value


def as_scalar(value: Fraction, metric: Metric) -> Scalar:
    """Return a figure's number as the literal of a rule file: true, a date, a level."""
    if metric.numeric:
        return value
    return as_formula_value((value.numerator, value.denominator), metric)  # type: ignore[return-value]


def in_ticks(
    rounding: model.Rounding | None,
    unit: int,
) -> number.Rounding | None:
    """Return how points are rounded, its step in ticks; None for half up to a tick."""
    if rounding is None:
        return None
    step = 1
    if rounding.step is not None:
        step = int(rounding.step * unit)
    return number.Rounding(rounding.mode, step)
