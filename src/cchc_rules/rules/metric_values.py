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
"""The exact value of a metric in one submission, or why it has none."""


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
    # Levels stand best first, so a lower position is better, as with ranks.
    words = [level.vi for level in metric.levels]
    return Fraction(words.index(value))


def literal_fits(value: object, metric: Metric) -> bool:
    """Whether a literal of a rule file is of a metric's type, for a level one of its levels.

    >>> from cchc_rules import load_rules
    >>> on_time = load_rules("cam-due-2023").metrics["on_time"]
    >>> literal_fits(Fraction(90), on_time), literal_fits("90", on_time)
    (True, False)
    """
    if metric.type == "yes_no":
        return isinstance(value, bool)
    if metric.type == "date":
        return isinstance(value, date)
    if metric.type == "level":
        words = {level.vi for level in metric.levels}
        return isinstance(value, str) and value in words
    return isinstance(value, Fraction)


def as_formula_value(figure: Figure, metric: Metric) -> Value | Absent:
    """Return a figure as formulas compute with it: a number, a yes/no, a date, a level's words.

    An absence stays what it is: the formula finds out whether it needs the figure.
    """
    if isinstance(figure, Absent):
        return figure
    # All but numbers are whole, over 1.
    numerator, denominator = figure
    if metric.type == "yes_no":
        return bool(numerator)
    if metric.type == "date":
        return date.fromordinal(numerator)
    if metric.type == "level":
        return metric.levels[numerator].vi
    return Fraction(numerator, denominator)


def as_figure(value: Value | Absent) -> Figure:
    """Return what a formula gave as a figure again.

    >>> as_figure(Fraction(1, 3)), as_figure(True)
    ((1, 3), (1, 1))
    """
    if isinstance(value, Absent):
        return value
    if isinstance(value, Fraction):
        return value.numerator, value.denominator
    if isinstance(value, date):
        return value.toordinal(), 1
    # No formula gives a level, so yes and no are left.
    return int(value), 1
