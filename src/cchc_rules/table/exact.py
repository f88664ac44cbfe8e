"""Exact arithmetic over columns of whole numbers that cannot overflow: every number knows how large it can get.

Polars wraps silently where a number no longer fits. So each step tells a gauge how large its outcome can be, and
the gauge says which width holds them all.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

import polars as pl

from cchc_rules.number import half_up

Dtype: TypeAlias = Any
WIDTHS: tuple[tuple[Dtype, int], ...] = ((pl.Int64, 63), (pl.Int128, 127))
"""The widths of whole numbers, the narrowest (and fastest) first: each with its bits beside the sign."""


class Gauge:
    """Remembers the largest number that any step can come to, and the columns that are worked out on the way.

    What is used more than once is kept as a column: otherwise it would be worked out again each time, and what is
    built of such parts would grow without end.
    """

    def __init__(self, dtype: Dtype) -> None:
        self.dtype, self.peak = dtype, 0
        self.levels: dict[str, int] = {}
        self.waiting: list[tuple[int, pl.Expr]] = []

    def keep(self, expr: pl.Expr) -> pl.Expr:
        """Return an expression as a column of its own, which is worked out once; a column stays what it is."""
        roots = expr.meta.root_names()
        if not roots or expr.meta.is_column():
            return expr
        name = f"|{len(self.levels)}"
        self.levels[name] = 1 + max(self.levels.get(root, 0) for root in roots)
        self.waiting.append((self.levels[name], expr.alias(name)))
        return pl.col(name)

    def steps(self) -> list[list[pl.Expr]]:
        """Return the columns that were kept since the last call, those first that others are worked out from."""
        found: dict[int, list[pl.Expr]] = {}
        for level, expr in self.waiting:
            found.setdefault(level, []).append(expr)
        self.waiting = []
        return [found[level] for level in sorted(found)]

    def whole(self, expr: pl.Expr, bound: int) -> "Whole":
        """Return a column of whole numbers of which none is larger than the bound, in either direction."""
        self.peak = max(self.peak, bound)
        return Whole(self, expr, bound)

    def column(self, name: str, bound: int) -> "Whole":
        """Return a column of the table."""
        return self.whole(pl.col(name).cast(self.dtype), bound)

    def number(self, value: int) -> "Whole":
        """Return a number that is the same in every row."""
        return Whole(self, pl.lit(value, self.dtype) if abs(value) < 1 << 126 else pl.lit(0), abs(value), value)

    def ratio(self, value: Fraction) -> "Ratio":
        """Return a fraction that is the same in every row."""
        return Ratio(self.number(value.numerator), self.number(value.denominator))


@dataclass(frozen=True, eq=False)
class Whole:
    """Whole numbers, one a row; `bound` is how large any can get, `value` what all of them are, where that is known."""

    gauge: Gauge
    expr: pl.Expr
    bound: int
    value: int | None = None

    def __add__(self, other: "Whole") -> "Whole":
        if self.value is not None and other.value is not None:
            return self.gauge.number(self.value + other.value)
        if other.value == 0:
            return self
        return other if self.value == 0 else self.gauge.whole(self.expr + other.expr, self.bound + other.bound)

    def __sub__(self, other: "Whole") -> "Whole":
        return self + -other

    def __neg__(self) -> "Whole":
        if self.value is not None:
            return self.gauge.number(-self.value)
        return self.gauge.whole(pl.lit(0, self.gauge.dtype) - self.expr, self.bound)  # Polars negates no 128 bits

    def __mul__(self, other: "Whole") -> "Whole":
        if self.value is not None and other.value is not None:
            return self.gauge.number(self.value * other.value)
        if other.value == 1:
            return self
        return other if self.value == 1 else self.gauge.whole(self.expr * other.expr, self.bound * other.bound)

    def over(self, other: "Whole") -> "Whole":
        """Return the quotient rounded down; the other is above zero."""
        if self.value is not None and other.value is not None:
            return self.gauge.number(self.value // other.value)
        return self if other.value == 1 else self.gauge.whole(self.expr // other.expr, self.bound)

    def kept(self) -> "Whole":
        """Return the same numbers as a column that is worked out once."""
        return self if self.value is not None else Whole(self.gauge, self.gauge.keep(self.expr), self.bound)

    def magnitude(self) -> "Whole":
        """Return the numbers without their signs."""
        if self.value is not None:
            return self.gauge.number(abs(self.value))
        return self.gauge.whole(self.expr.abs(), self.bound)

    def least(self, other: "Whole") -> "Whole":
        """Return the smaller of two, row by row."""
        return pick(compared("<=", self, other), self, other)

    def most(self, other: "Whole") -> "Whole":
        """Return the larger of two, row by row."""
        return pick(compared(">=", self, other), self, other)


def compared(sign: str, one: Whole, other: Whole) -> pl.Expr:
    """Return whether a comparison holds; a number that all rows share stands on the right, where Polars wants it."""
    if one.value is not None and other.value is None:
        return SIGNS[MIRRORED[sign]](other.expr, one.expr)
    return SIGNS[sign](one.expr, other.expr)


def known(condition: pl.Expr) -> bool | None:
    """Return what a condition comes to that reads no column, None for any other."""
    return None if condition.meta.root_names() else bool(pl.select(condition).item())


def pick(condition: pl.Expr, yes: Whole, no: Whole) -> Whole:
    """Return one number where a condition holds and another where it does not."""
    if yes.value is not None and yes.value == no.value:
        return yes
    if known(condition) is not None:
        return yes if known(condition) else no
    return yes.gauge.whole(pl.when(condition).then(yes.expr).otherwise(no.expr), max(yes.bound, no.bound))


@dataclass(frozen=True, eq=False)
class Ratio:
    """Exact fractions, one a row, the denominators above zero."""

    n: Whole
    d: Whole

    def __add__(self, other: "Ratio") -> "Ratio":
        return Ratio(self.n * other.d + other.n * self.d, self.d * other.d)

    def __sub__(self, other: "Ratio") -> "Ratio":
        return Ratio(self.n * other.d - other.n * self.d, self.d * other.d)

    def __mul__(self, other: "Ratio") -> "Ratio":
        return Ratio(self.n * other.n, self.d * other.d)

    def kept(self) -> "Ratio":
        """Return the same fractions by columns that are worked out once."""
        return Ratio(self.n.kept(), self.d.kept())

    def times(self, number: Fraction) -> "Ratio":
        """Return the fractions times a number."""
        return self * self.n.gauge.ratio(number)

    def holds(self, sign: str, other: "Ratio") -> pl.Expr:
        """Return whether a comparison holds, row by row, on the exact values."""
        return compared(sign, self.n * other.d, other.n * self.d)

    def rounded(self) -> Whole:
        """Return the fractions rounded half up, away from zero at a tie."""
        n, d, two = self.n.kept(), self.d.kept(), self.n.gauge.number(2)
        if n.value is not None and d.value is not None:
            return n.gauge.number(half_up(n.value, d.value))
        up = (two * n.magnitude() + d).over(two * d).kept()
        return pick(n.expr >= 0, up, -up)

    def least(self, other: "Ratio") -> "Ratio":
        """Return the smaller of two, row by row."""
        one, other = self.kept(), other.kept()
        return choose(one.holds("<=", other), one, other)

    def most(self, other: "Ratio") -> "Ratio":
        """Return the larger of two, row by row."""
        one, other = self.kept(), other.kept()
        return choose(one.holds(">=", other), one, other)


def choose(condition: pl.Expr, yes: Ratio, no: Ratio) -> Ratio:
    """Return one fraction where a condition holds and another where it does not."""
    condition = yes.n.gauge.keep(condition)
    return Ratio(pick(condition, yes.n, no.n), pick(condition, yes.d, no.d))


MIRRORED = {"<=": ">=", "<": ">", ">=": "<=", ">": "<", "==": "==", "!=": "!="}

SIGNS: dict[str, Callable[[pl.Expr, pl.Expr], pl.Expr]] = {
    "<=": lambda one, other: one <= other,
    "<": lambda one, other: one < other,
    ">=": lambda one, other: one >= other,
    ">": lambda one, other: one > other,
    "==": lambda one, other: one == other,
    "!=": lambda one, other: one != other,
}
