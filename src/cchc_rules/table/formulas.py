"""Formulas in columns: what `machine` lowers them to, over exact fractions; words, dates and fallbacks have no form here."""

from collections.abc import Callable, Mapping
from functools import reduce
from fractions import Fraction
from typing import Any, TypeAlias

import polars as pl

from cchc_rules.model import Metric
from cchc_rules.table.exact import SIGNS, Gauge, Ratio, Whole, choose, pick
from cchc_rules.table.figures import Figures, every

Value: TypeAlias = Ratio | pl.Expr
"""A number, or whether something holds."""


class NoColumnsError(Exception):
    """Something has no form in columns; the message says what."""


class Formula:
    """Computes one formula; afterwards `names` has the figures that it read, `plain` where no denominator was zero."""

    def __init__(self, metrics: Mapping[str, Metric], figures: Mapping[str, Figures], gauge: Gauge) -> None:
        self.metrics, self.figures, self.gauge = metrics, figures, gauge
        self.names: dict[str, Figures] = {}
        self.plain: list[pl.Expr] = []

    def number(self, tree: Any, own: Mapping[str, Ratio]) -> Ratio:
        """Return a formula that gives a number; `own` are the names of a rule: its value, weight and threshold."""
        found = self._value(tree, own)
        if not isinstance(found, Ratio):
            raise NoColumnsError("yes or no")
        return found

    def _value(self, tree: Any, own: Mapping[str, Ratio]) -> Value:
        if isinstance(tree, bool):
            return pl.lit(tree)
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
        return figure.ratio.n.expr == 1 if self.metrics[id_].type == "yes_no" else figure.ratio

    def _step(self, sign: str, parts: list[Value]) -> Value:
        ratios = [part for part in parts if isinstance(part, Ratio)]
        tests = [part for part in parts if isinstance(part, pl.Expr)]
        if sign == "if" and len(tests) == 1:
            return choose(tests[0], *ratios)
        if not ratios and sign in _TESTS:
            return _TESTS[sign](tests)
        if tests or sign not in _STEPS and sign not in SIGNS and sign not in ("/", "negative", "abs"):
            raise NoColumnsError(sign)
        if sign in SIGNS:
            return ratios[0].holds(sign, ratios[1])
        if sign == "/":
            return self._over(*ratios)
        if sign in _STEPS:
            return reduce(_STEPS[sign], ratios)
        n = ratios[0].n
        return Ratio(n.magnitude() if sign == "abs" else -n, ratios[0].d)

    def _over(self, one: Ratio, other: Ratio) -> Ratio:
        """Return a quotient; rows whose divisor is zero are not plain."""
        one, other = one.kept(), other.kept()
        some = other.n.expr != 0
        if other.n.value is None:
            self.plain.append(some)
        below = pick(some, other.n.magnitude(), self.gauge.number(1))
        above = pick(other.n.expr >= 0, one.n, -one.n)
        return Ratio(above * other.d, one.d * below)


_TESTS: dict[str, Callable[[list[pl.Expr]], pl.Expr]] = {
    "and": every,
    "or": lambda tests: ~every(~test for test in tests),
    "not": lambda tests: ~tests[0],
}

_STEPS: dict[str, Callable[[Ratio, Ratio], Ratio]] = {
    "+": lambda one, other: one + other,
    "-": lambda one, other: one - other,
    "*": lambda one, other: one * other,
    "min": lambda one, other: one.least(other),
    "max": lambda one, other: one.most(other),
}
