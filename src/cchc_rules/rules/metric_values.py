"""A metric's values in their three forms: the literal of a rule file, the figure, the formula's.

A *figure* is a pair of integers, or why there is none. Yes is 1 and no is 0, a date is its day
number, a level its position from the best. A formula computes with yes and no, dates and the
words of levels themselves.
"""

from datetime import date
from fractions import Fraction
from typing import TypeAlias

from cchc_rules.base.number import Pair
from cchc_rules.base.state import Absent
from cchc_rules.rules.formula import Value
from cchc_rules.rules.model import Metric, Scalar

Figure: TypeAlias = Pair | Absent


def as_number(value: Scalar, metric: Metric) -> Fraction:
    """Return a literal of a rule file as the number of a figure.

    Args:
        value: a number, true or false, a date, or the Vietnamese words of a level.
        metric: the metric whose figure it is; it knows its levels.

    >>> from cchc_rules import load_rules
    >>> on_time = load_rules("cam-due-2023").metrics["on_time"]
    >>> as_number(date(2023, 1, 31), on_time) == date(2023, 1, 31).toordinal()
    True
    """
    if isinstance(value, Fraction):
        return value
    if isinstance(value, bool):
        return Fraction(value)
    if isinstance(value, date):
        return Fraction(value.toordinal())
    return Fraction([level.vi for level in metric.levels].index(value))


def literal_fits(value: object, metric: Metric) -> bool:
    """Whether a literal of a rule file is of a metric's type, for a level one of its levels."""
    if metric.type == "yes_no":
        return isinstance(value, bool)
    if metric.type == "date":
        return isinstance(value, date)
    if metric.type == "level":
        return isinstance(value, str) and value in {level.vi for level in metric.levels}
    return isinstance(value, Fraction)


def as_formula_value(figure: Figure, metric: Metric) -> Value | Absent:
    """Return a figure as formulas compute with it: a number, a yes/no, a date, a level's words."""
    if isinstance(figure, Absent):
        return figure
    numerator, denominator = figure
    if metric.type == "yes_no":
        return bool(numerator)
    if metric.type == "date":
        return date.fromordinal(numerator)
    if metric.type == "level":
        return metric.levels[numerator].vi
    return Fraction(numerator, denominator)


def as_figure(value: Value | Absent) -> Figure:
    """Return what a formula gave as a figure again."""
    if isinstance(value, Absent):
        return value
    if isinstance(value, Fraction):
        return value.numerator, value.denominator
    if isinstance(value, date):
        return value.toordinal(), 1
    return int(value), 1
