"""Formulas in columns: what `machine` lowers them to, over exact fractions; words and days have no
form here.
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
    choose,
    every,
    never,
    pick,
    quotient,
    some,
)
from cchc_rules.tables.figures import Figures

Value: TypeAlias = Ratio | pl.Expr
"""A number, or whether something holds."""


class NoColumnsError(Exception):
    """Something has no form in columns; the message says what."""


class Formula:
    """Computes one formula; afterwards `names` has the figures that it read, `plain` where no
    divisor was zero.
    """

    def __init__(
        self,
        metrics: Mapping[str, Metric],
        figures: Mapping[str, Figures],
        gauge: Gauge,
    ) -> None:
        self.metrics = metrics
        self.figures = figures
        self.gauge = gauge
        self.names: dict[str, Figures] = {}
        self.plain: list[pl.Expr] = []

    def number(self, tree: Any, own: Mapping[str, Ratio]) -> Ratio:
        """Return a formula that gives a number; `own` are the names of a rule: its value, weight
        and threshold.
        """
        return self._value(tree, own)  # type: ignore[return-value]  # its type has been checked

    def _value(self, tree: Any, own: Mapping[str, Ratio]) -> Value:
        if isinstance(tree, bool):
            return TRUE if tree else FALSE
        if isinstance(tree, str):
            return self.gauge.ratio(Fraction(tree))
        if isinstance(tree, dict):
            return self._named(tree, own)
        return self._step(tree[0], [self._value(part, own) for part in tree[1:]])

    def _named(self, tree: Mapping[str, str], own: Mapping[str, Ratio]) -> Value:
        name = tree.get("name", "")
        if name in own:
            return own[name]
        id_ = tree.get("metric", "")
        if id_ not in self.figures or self.metrics[id_].type in ("date", "level"):
            raise NoColumnsError(f"{name}{id_}")
        figure = self.names[id_] = self.figures[id_]
        yes = self.gauge.ratio(Fraction(1))
        return (
            figure.ratio.holds("==", yes)
            if self.metrics[id_].type == "yes_no"
            else figure.ratio
        )

    def _step(self, sign: str, parts: list[Value]) -> Value:
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
        return self._over(*ratios) if sign == "/" else _STEPS[sign](ratios)

    def _count(self, tests: list[pl.Expr]) -> Ratio:
        """Return how many tests hold."""
        yes = self.gauge.number(1)
        no = self.gauge.number(0)
        return quotient(self.gauge.total([pick(test, yes, no) for test in tests]), yes)

    def _over(self, one: Ratio, other: Ratio) -> Ratio:
        """Return a quotient; rows whose divisor is zero are not plain."""
        one = one.kept()
        other = other.kept()
        zero = other.holds("==", self.gauge.ratio(Fraction(0)))
        if zero is TRUE:
            raise NoColumnsError("nothing but zero below a fraction")
        if zero is not FALSE:
            self.plain.append(never(zero))
        return one.over(other)


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
