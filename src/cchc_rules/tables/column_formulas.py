"""Formulas in columns: the expressions of rules, over exact fractions in columns.

Words and days have no form here; a formula that reads one goes to the single engine.

An expression is a list that begins with a sign, as reports carry it. `late / 4 >= 2` is
`[">=", ["/", {"metric": "late"}, "4"], "2"]`; its column is built from the inside out, each list
from the columns of its operands.
"""

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import reduce
from typing import Any, TypeAlias

import polars as pl

from cchc_rules.rules.model import Metric
from cchc_rules.tables.exact_columns import (
    FALSE,
    SIGNS,
    TRUE,
    Gauge,
    Ratio,
    certain,
    choose,
    every,
    never,
    pick,
    quotient,
    some,
)
from cchc_rules.tables.figures import ColumnFigures

Value: TypeAlias = Ratio | pl.Expr
"""A number, or whether something holds."""


class NoColumnsError(Exception):
    """Something has no form in columns; the message says what."""


class ColumnFormula:
    """Computes one formula in columns.

    Afterwards `names` has the figures that the formula read, and `plain` a condition for each
    divisor that can be zero: only in rows in which all of them hold is the result the formula's.

    Arguments:
        metrics: The metrics of the rule set.
        figures: The figures that have columns, by the metric's id.
        gauge: Makes the columns.
    """

    def __init__(
        self,
        metrics: Mapping[str, Metric],
        figures: Mapping[str, ColumnFigures],
        gauge: Gauge,
    ) -> None:
        self.metrics = metrics
        self.figures = figures
        self.gauge = gauge
        self.names: dict[str, ColumnFigures] = {}
        self.plain: list[pl.Expr] = []

    def number(self, expression: Any, rule_values: Mapping[str, Ratio]) -> Ratio:
        """Return the column of a formula that gives a number.

        Arguments:
            expression: The formula as an expression: `["/", {"metric": "late"}, "4"]` is a quarter
                of the figure of `late`.
            rule_values: What the names of a rule stand for: its value, weight and threshold.

        Raises `NoColumnsError` where a part of the formula has no form in columns.
        """
        # The types of formulas were checked when the rule set was loaded.
        return self._value(expression, rule_values)  # type: ignore[return-value]

    def _value(self, expression: Any, rule_values: Mapping[str, Ratio]) -> Value:
        # Numbers are texts in an expression: JSON has no exact decimals.
        if isinstance(expression, bool):
            return certain(expression)
        if isinstance(expression, str):
            return self.gauge.ratio(Fraction(expression))
        if isinstance(expression, dict):
            return self._named(expression, rule_values)
        sign, *operands = expression
        parts = [self._value(operand, rule_values) for operand in operands]
        return self._step(sign, parts)

    def _named(
        self,
        expression: Mapping[str, str],
        rule_values: Mapping[str, Ratio],
    ) -> Value:
        """Return what a name of the rule or a metric stands for; yes is a condition, not 1."""
        name = expression.get("name", "")
        if name in rule_values:
            return rule_values[name]
        id_ = expression.get("metric", "")
        known = id_ in self.figures
        if not known or self.metrics[id_].type in ("date", "level"):
            raise NoColumnsError(f"{name}{id_}")
        figure = self.figures[id_]
        self.names[id_] = figure
        if self.metrics[id_].type != "yes_no":
            return figure.ratio
        yes = self.gauge.ratio(Fraction(1))
        return figure.ratio.holds("==", yes)

    def _step(self, sign: str, parts: list[Value]) -> Value:
        """Return the column of one step, whose operands are columns.

        What a step may take was checked when the rule set was loaded; here only steps without a
        column, such as a comparison of two conditions, are refused.
        """
        ratios = [part for part in parts if isinstance(part, Ratio)]
        tests = [part for part in parts if isinstance(part, pl.Expr)]
        if sign == "if" and len(tests) == 1:
            return choose(tests[0], *ratios)
        if sign == "count" and not ratios:
            return self._count(tests)
        if not ratios and sign in _TESTS:
            return _TESTS[sign](tests)
        if tests or (sign not in _STEPS and sign not in SIGNS):
            raise NoColumnsError(sign)
        if sign in SIGNS:
            return ratios[0].holds(sign, ratios[1])
        if sign == "/":
            return self._over(*ratios)
        return _STEPS[sign](ratios)

    def _count(self, tests: list[pl.Expr]) -> Ratio:
        """Return how many tests hold."""
        yes = self.gauge.number(1)
        no = self.gauge.number(0)
        ones = [pick(test, yes, no) for test in tests]
        return quotient(self.gauge.total(ones), yes)

    def _over(self, dividend: Ratio, divisor: Ratio) -> Ratio:
        """Return a quotient; rows whose divisor is zero are not plain."""
        dividend = dividend.kept()
        divisor = divisor.kept()
        zero = self.gauge.ratio(Fraction(0))
        is_zero = divisor.holds("==", zero)
        if is_zero is TRUE:
            raise NoColumnsError("nothing but zero below a fraction")
        # Bounds often tell that a divisor is never zero; then there is nothing to ask in any row.
        if is_zero is not FALSE:
            self.plain.append(never(is_zero))
        return dividend.over(divisor)


_TESTS: dict[str, Callable[[list[pl.Expr]], pl.Expr]] = {
    "and": every,
    "or": some,
    "not": lambda tests: never(tests[0]),
}

_STEPS: dict[str, Callable[[list[Ratio]], Ratio]] = {
    "+": lambda parts: reduce(Ratio.__add__, parts),
    "-": lambda parts: reduce(Ratio.__sub__, parts),
    "*": lambda parts: reduce(Ratio.__mul__, parts),
    "/": lambda parts: reduce(Ratio.over, parts),
    "min": lambda parts: reduce(Ratio.least, parts),
    "max": lambda parts: reduce(Ratio.most, parts),
    "negative": lambda parts: parts[0].times(Fraction(-1)),
    "abs": lambda parts: parts[0].magnitude(),
}
