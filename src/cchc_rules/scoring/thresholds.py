"""What the thresholds of a finished scoring came to, as numbers; nothing is said of them here."""

from fractions import Fraction
from typing import TypeAlias

from cchc_rules.base.interval import Interval
from cchc_rules.base.state import Absent
from cchc_rules.rules import formula
from cchc_rules.rules.model import FormulaRef, Metric, MetricRef, Scalar
from cchc_rules.scoring.scoring import Scoring
from cchc_rules.scoring.value_functions import as_number, closed, opened

Known: TypeAlias = "Fraction | Absent | None"


def threshold_value(scoring: Scoring, at: int) -> Known:
    """Return what a rule's threshold came to, as a number; None where it is no single figure."""
    rule = scoring.rule(at)
    if (
        rule.metric is None
        or rule.threshold is None
        or isinstance(rule.threshold, Interval | tuple)
    ):
        return None
    return resolved(scoring, rule.threshold, scoring.rules.metrics[rule.metric])


def resolved(
    scoring: Scoring, threshold: Scalar | MetricRef | FormulaRef, metric: Metric
) -> Fraction | Absent:
    """Return what a threshold came to, as a number (a date as its day number)."""
    if isinstance(threshold, MetricRef):
        figure = scoring.figures[scoring.compiled.positions[threshold.metric]]
    elif isinstance(threshold, FormulaRef):
        parsed = formula.parse(
            threshold.formula, scoring.rules.metric_types, scoring.rules.calendar
        )
        figure = closed(parsed.evaluate(named(scoring, parsed)))
    else:
        return as_number(threshold, metric)
    return figure if isinstance(figure, Absent) else Fraction(*figure)


def named(
    scoring: Scoring, parsed: formula.Formula
) -> dict[str, formula.Value | Absent]:
    """Return the figures that a formula over metrics names."""
    metrics = scoring.rules.metrics
    positions = scoring.compiled.positions
    return {
        name: opened(scoring.figures[positions[name]], metrics[name])
        for name in parsed.names
        if name in positions
    }


def number_of(value: Known) -> Fraction:
    """Return a threshold that is known to be a number."""
    return value if isinstance(value, Fraction) else Fraction(0)


def as_scalar(value: Fraction, metric: Metric) -> Scalar:
    """Return a figure's number as the literal that a rule file would have: true, a date, a level."""
    if metric.numeric:
        return value
    return opened((value.numerator, value.denominator), metric)  # type: ignore[return-value]
