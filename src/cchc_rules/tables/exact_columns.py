"""Exact arithmetic over columns of whole numbers that cannot overflow: every number knows how large
it can get.

Polars wraps silently where a number no longer fits. So each number carries the least and the most
that it can be, and a gauge remembers the largest of all: it says which width holds them. The same
bounds leave out what is known before a table is read: a share is never negative, so nobody looks at
its sign.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from math import gcd
from typing import Any, TypeAlias

import polars as pl

from cchc_rules.base.number import half_up

Dtype: TypeAlias = Any
WIDTHS: tuple[tuple[Dtype, int], ...] = ((pl.Int64, 63), (pl.Int128, 127))
"""The widths of whole numbers, the narrowest (and fastest) first: each with its bits beside the
sign.
"""

MOST_READ = 16
"""What reads more columns is kept as one: expressions within expressions must not grow without end."""

# Conditions

TRUE = pl.lit(True)
FALSE = pl.lit(False)
"""What holds in every row, or in none: known before a table is read, and left out of what is worked
out.
"""


def every(conditions: Iterable[pl.Expr]) -> pl.Expr:
    """Return whether all conditions hold."""
    open_ = [one for one in conditions if one is not TRUE]
    if any(one is FALSE for one in open_):
        return FALSE
    return reduce(lambda one, other: one & other, open_) if open_ else TRUE


def never(condition: pl.Expr) -> pl.Expr:
    """Return whether a condition does not hold."""
    if condition is TRUE or condition is FALSE:
        return FALSE if condition is TRUE else TRUE
    return ~condition


def some(conditions: Iterable[pl.Expr]) -> pl.Expr:
    """Return whether any condition holds."""
    open_ = [one for one in conditions if one is not FALSE]
    if any(one is TRUE for one in open_):
        return TRUE
    return reduce(lambda one, other: one | other, open_) if open_ else FALSE


# Numbers


class Gauge:
    """Remembers the largest number that any step can come to, and the columns that are worked out
    on the way.

    What is used more than once is kept as a column: otherwise it would be worked out again each
    time, and what is built of such parts would grow without end. What is known to be used `once` is
    worked out where it is used, while it is near.
    """

    def __init__(self, dtype: Dtype, once: frozenset[str] = frozenset()) -> None:
        self.dtype = dtype
        self.once = once
        self.peak = 0
        self.kept: dict[str, pl.Expr] = {}
        self.names: dict[bytes, str] = {}
        self.numbers: dict[int, Whole] = {}

    def keep(self, expr: pl.Expr) -> pl.Expr:
        """Return an expression as a column of its own, which is worked out once; a column stays
        what it is.
        """
        read = expr.meta.root_names()
        if not read or expr.meta.is_column():
            return expr
        name = self.names.setdefault(expr.meta.serialize(), f"|{len(self.names)}")
        if name in self.once and len(read) <= MOST_READ:
            return expr
        self.kept.setdefault(name, expr.alias(name))
        return pl.col(name)

    def used_once(self, wanted: Iterable[pl.Expr]) -> frozenset[str]:
        """Return the kept columns of which only one other makes use, and only once."""
        levels: dict[str, int] = {}
        uses: Counter[str] = Counter()
        for expr in wanted:
            self._level(expr, levels)
            uses.update(expr.meta.root_names())
        for name in levels:
            uses.update(self.kept[name].meta.root_names())
        return frozenset(name for name in levels if uses[name] == 1)

    def steps(self, wanted: Iterable[pl.Expr], done: set[str]) -> list[list[pl.Expr]]:
        """Return the columns that others are worked out from, in steps, without those that are
        done; those are, now.
        """
        levels: dict[str, int] = {}
        for expr in wanted:
            self._level(expr, levels)
        found: dict[int, list[pl.Expr]] = {}
        for name in levels.keys() - done:
            found.setdefault(levels[name], []).append(self.kept[name])
        done.update(levels)
        return [found[level] for level in sorted(found)]

    def _level(self, expr: pl.Expr, levels: dict[str, int]) -> int:
        """Note after how many steps an expression can be worked out, and those that it is worked
        out from.
        """
        level = 0
        for name in expr.meta.root_names():
            if name in self.kept:
                if name not in levels:
                    levels[name] = 1 + self._level(self.kept[name], levels)
                level = max(level, levels[name])
        return level

    def whole(self, expr: pl.Expr, low: int, high: int) -> "Whole":
        """Return a column of whole numbers, none below the least and none above the most."""
        self.peak = max(self.peak, abs(low), abs(high))
        return self.number(low) if low == high else Whole(self, expr, low, high)

    def number(self, value: int) -> "Whole":
        """Return a number that is the same in every row."""
        if value not in self.numbers:
            literal = pl.lit(value, self.dtype) if abs(value) < 1 << 126 else pl.lit(0)
            self.numbers[value] = Whole(self, literal, value, value)
        return self.numbers[value]

    def total(self, parts: Iterable["Whole"]) -> "Whole":
        """Return the sum of columns, kept."""
        parts = [*parts]
        fixed = sum(part.low for part in parts if part.fixed)
        moving = [part for part in parts if not part.fixed]
        if not moving:
            return self.number(fixed)
        low = sum(part.low for part in moving)
        high = sum(part.high for part in moving)
        added = (
            pl.sum_horizontal([part.expr for part in moving])
            if len(moving) > 1
            else moving[0].expr
        )
        return (self.whole(added, low, high) + self.number(fixed)).kept()

    def ratio(self, value: Fraction) -> "Ratio":
        """Return a fraction that is the same in every row."""
        n, k = (self.number(1), value) if value else (self.number(0), Fraction(1))
        return Ratio(n, self.number(1), k, value, value)


@dataclass(frozen=True, eq=False)
class Whole:
    """Whole numbers, one a row, from `low` to `high`; where both are the same, so is the number in
    every row.
    """

    gauge: Gauge
    expr: pl.Expr
    low: int
    high: int
    positive: pl.Expr | None = None
    """Where they are above zero, for whole numbers of which that is known sooner than the numbers
    are.
    """

    @property
    def fixed(self) -> bool:
        """Whether the number is the same in every row."""
        return self.low == self.high

    def same(self, other: "Whole") -> bool:
        """Whether both are known to be the same numbers."""
        return self is other or (self.fixed and other.fixed and self.low == other.low)

    def __add__(self, other: "Whole") -> "Whole":
        if self.same(ZERO) or other.same(ZERO):
            return other if self.same(ZERO) else self
        return self.gauge.whole(
            self.expr + other.expr, self.low + other.low, self.high + other.high
        )

    def __sub__(self, other: "Whole") -> "Whole":
        if other.same(ZERO):
            return self
        return self.gauge.whole(
            self.expr - other.expr, self.low - other.high, self.high - other.low
        )

    def __neg__(self) -> "Whole":
        return self.gauge.number(0) - self  # Polars negates no 128 bits

    def __mul__(self, other: "Whole") -> "Whole":
        if self.same(ONE) or other.same(ONE):
            return other if self.same(ONE) else self
        ends = [
            one * two
            for one in (self.low, self.high)
            for two in (other.low, other.high)
        ]
        return self.gauge.whole(self.expr * other.expr, min(ends), max(ends))

    def times(self, factor: int) -> "Whole":
        """Return the numbers times a number."""
        return self * self.gauge.number(factor)

    def over(self, other: "Whole") -> "Whole":
        """Return the quotient rounded down; the other is above zero."""
        if other.same(ONE):
            return self
        ends = [
            one // two
            for one in (self.low, self.high)
            for two in (max(other.low, 1), other.high)
        ]
        return self.gauge.whole(self.expr // other.expr, min(ends), max(ends))

    def kept(self) -> "Whole":
        """Return the same numbers as a column that is worked out once."""
        return (
            self
            if self.fixed
            else Whole(self.gauge, self.gauge.keep(self.expr), self.low, self.high)
        )

    def above_zero(self) -> pl.Expr:
        """Return whether the numbers are above zero."""
        return compared(">", self, self.gauge.number(0))

    def magnitude(self) -> "Whole":
        """Return the numbers without their signs."""
        if self.low >= 0:
            return self
        return self.gauge.whole(self.expr.abs(), 0, max(-self.low, self.high))

    def least(self, other: "Whole") -> "Whole":
        """Return the smaller of two, row by row."""
        if settled("<=", (self.low, self.high), (other.low, other.high)) is not None:
            return self if self.high <= other.low else other
        low = min(self.low, other.low)
        high = min(self.high, other.high)
        return self.gauge.whole(pl.min_horizontal(self.expr, other.expr), low, high)


_NOWHERE = Gauge(pl.Int64)
ZERO = _NOWHERE.number(0)
ONE = _NOWHERE.number(1)


def compared(sign: str, one: Whole, other: Whole) -> pl.Expr:
    """Return whether a comparison holds; a number that all rows share stands on the right, where
    Polars wants it.
    """
    known = settled(sign, (one.low, one.high), (other.low, other.high))
    if known is not None:
        return known
    if one.fixed:
        return compared(MIRRORED[sign], other, one)
    if one.positive is not None and other.fixed and (sign, other.low) in ABOVE_ZERO:
        return one.positive if sign in (">", ">=") else never(one.positive)
    return SIGNS[sign](one.expr, other.expr)


def settled(sign: str, one: tuple[Any, Any], other: tuple[Any, Any]) -> pl.Expr | None:
    """Return what a comparison of two spans always comes to, None where that depends on the row."""
    if sign in ("==", "!="):
        apart = one[1] < other[0] or other[1] < one[0]
        alike = one[0] == one[1] == other[0] == other[1]
        return None if apart == alike else TRUE if alike == (sign == "==") else FALSE
    low, high = (one, other) if sign in ("<=", "<") else (other, one)
    strict = sign in ("<", ">")
    if low[1] < high[0] or (low[1] == high[0] and not strict):
        return TRUE
    return FALSE if low[0] > high[1] or (low[0] == high[1] and strict) else None


def pick(condition: pl.Expr, yes: Whole, no: Whole) -> Whole:
    """Return one number where a condition holds and another where it does not."""
    if condition is TRUE or yes.same(no):
        return yes
    if condition is FALSE:
        return no
    low = min(yes.low, no.low)
    high = max(yes.high, no.high)
    return yes.gauge.whole(
        pl.when(condition).then(yes.expr).otherwise(no.expr), low, high
    )


@dataclass(frozen=True, eq=False)
class Ratio:
    """Exact fractions, one a row: k × n / d, the denominators above zero; each from `low` to
    `high`.
    """

    n: Whole
    d: Whole
    k: Fraction
    low: Fraction
    high: Fraction

    def same(self, other: "Ratio") -> bool:
        """Whether both are known to be the same fractions."""
        return self is other or self.low == self.high == other.low == other.high

    def __add__(self, other: "Ratio") -> "Ratio":
        if self.n.same(ZERO) or other.n.same(ZERO):
            return other if self.n.same(ZERO) else self
        k, mine, its = common(self.k, other.k)
        if self.d.same(other.d):
            n = self.n.times(mine) + other.n.times(its)
            d = self.d
        else:
            n = self.n * other.d.times(mine) + other.n * self.d.times(its)
            d = self.d * other.d
        return Ratio(n, d, k, self.low + other.low, self.high + other.high)

    def __sub__(self, other: "Ratio") -> "Ratio":
        return self + other.times(Fraction(-1))

    def __mul__(self, other: "Ratio") -> "Ratio":
        ends = [
            one * two
            for one in (self.low, self.high)
            for two in (other.low, other.high)
        ]
        return Ratio(
            self.n * other.n, self.d * other.d, self.k * other.k, min(ends), max(ends)
        )

    def kept(self) -> "Ratio":
        """Return the same fractions by columns that are worked out once."""
        return Ratio(self.n.kept(), self.d.kept(), self.k, self.low, self.high)

    def times(self, number: Fraction) -> "Ratio":
        """Return the fractions times a number."""
        if not number:
            return self.n.gauge.ratio(number)
        low, high = sorted((self.low * number, self.high * number))
        return Ratio(self.n, self.d, self.k * number, low, high)

    def over(self, other: "Ratio") -> "Ratio":
        """Return the quotient; the other is not zero."""
        if other.low == other.high:
            return self.times(1 / other.low)
        sign = compared(">=", other.n, other.n.gauge.number(0))
        above = pick(sign, self.n, -self.n)
        below = other.n.magnitude()
        lowest = abs(other.k) * Fraction(max(1, below.low), other.d.high)
        most = max(abs(self.low), abs(self.high)) / lowest
        return Ratio(above * other.d, self.d * below, self.k / other.k, -most, most)

    def magnitude(self) -> "Ratio":
        """Return the fractions without their signs."""
        if self.low >= 0:
            return self
        return Ratio(
            self.n.magnitude(),
            self.d,
            abs(self.k),
            Fraction(0),
            max(-self.low, self.high),
        )

    def holds(self, sign: str, other: "Ratio") -> pl.Expr:
        """Return whether a comparison holds, row by row, on the exact values."""
        known = settled(sign, (self.low, self.high), (other.low, other.high))
        if known is not None:
            return known
        if other.n.same(ZERO):
            return compared(sign if self.k > 0 else MIRRORED[sign], self.n, other.n)
        _, mine, its = common(self.k, other.k)
        return compared(
            sign, (self.n * other.d).times(mine), (other.n * self.d).times(its)
        )

    def floor(self) -> Whole:
        """Return the fractions rounded down."""
        return self.n.times(self.k.numerator).over(self.d.times(self.k.denominator))

    def ceiling(self) -> Whole:
        """Return the fractions rounded up."""
        return -self.times(Fraction(-1)).floor()

    def rounded(self) -> Whole:
        """Return the fractions rounded half up, away from zero at a tie."""
        gauge = self.n.gauge
        found = self.kept()
        if found.low == found.high:
            return gauge.number(half_up(found.low.numerator, found.low.denominator))
        if found.low >= 0:
            return found._half_up()
        if found.high <= 0:
            return -found.times(Fraction(-1))._half_up()
        up = found.magnitude()._half_up().kept()
        return pick(found.holds(">=", gauge.ratio(Fraction(0))), up, -up)

    def _half_up(self) -> Whole:
        if self.k.denominator == 1 and self.d.same(ONE):
            return self.n.times(self.k.numerator)
        factor, part = (2 * self.k).as_integer_ratio()
        up = (self.n.times(factor) + self.d.times(part)).over(self.d.times(2 * part))
        return up.gauge.whole(
            up.expr,
            half_up(*self.low.as_integer_ratio()),
            half_up(*self.high.as_integer_ratio()),
        )

    def least(self, other: "Ratio") -> "Ratio":
        """Return the smaller of two, row by row."""
        one = self.kept()
        other = other.kept()
        high = min(one.high, other.high)
        return choose(one.holds("<=", other), one, other).within(None, high)

    def most(self, other: "Ratio") -> "Ratio":
        """Return the larger of two, row by row."""
        one = self.kept()
        other = other.kept()
        low = max(one.low, other.low)
        return choose(one.holds(">=", other), one, other).within(low, None)

    def within(self, low: Fraction | None, high: Fraction | None) -> "Ratio":
        """Return the same fractions, of which it is known that they lie between two numbers."""
        low = self.low if low is None else max(low, self.low)
        high = self.high if high is None else min(high, self.high)
        return Ratio(self.n, self.d, self.k, low, high)


def quotient(n: Whole, d: Whole, k: Fraction = Fraction(1)) -> Ratio:
    """Return k × n / d, the denominators above zero, k too."""
    ends = [
        k * Fraction(one, two)
        for one in (n.low, n.high)
        for two in (max(d.low, 1), d.high)
    ]
    return Ratio(n, d, k, min(ends), max(ends))


def between(n: Whole, d: Whole, k: Fraction, low: Fraction, high: Fraction) -> Ratio:
    """Return k × n / d, of which it is known that it lies between two numbers; one that all rows
    share as it is.
    """
    if n.fixed and d.fixed:
        return n.gauge.ratio(k * Fraction(n.low, d.low))
    return Ratio(n, d, k, low, high)


def as_ratio(whole: Whole) -> Ratio:
    """Return whole numbers as fractions, one that all rows share as it is."""
    if whole.fixed:
        return whole.gauge.ratio(Fraction(whole.low))
    return quotient(whole, whole.gauge.number(1))


def common(one: Fraction, other: Fraction) -> tuple[Fraction, int, int]:
    """Return the largest fraction of which both are whole multiples, and these multiples."""
    below = one.denominator * other.denominator
    mine = one.numerator * other.denominator
    its = other.numerator * one.denominator
    factor = gcd(mine, its)
    return Fraction(factor, below), mine // factor, its // factor


def choose(condition: pl.Expr, yes: Ratio, no: Ratio) -> Ratio:
    """Return one fraction where a condition holds and another where it does not."""
    if condition is TRUE or condition is FALSE:
        return yes if condition is TRUE else no
    condition = yes.n.gauge.keep(condition)
    k, mine, its = common(
        *(
            (one.k if not one.n.same(ZERO) else other.k)
            for one, other in ((yes, no), (no, yes))
        )
    )
    n = pick(condition, yes.n.times(mine), no.n.times(its))
    return Ratio(
        n, pick(condition, yes.d, no.d), k, min(yes.low, no.low), max(yes.high, no.high)
    )


ABOVE_ZERO = ((">", 0), (">=", 1), ("<=", 0), ("<", 1))
MIRRORED = {"<=": ">=", "<": ">", ">=": "<=", ">": "<", "==": "==", "!=": "!="}

SIGNS: dict[str, Callable[[pl.Expr, pl.Expr], pl.Expr]] = {
    "<=": lambda one, other: one <= other,
    "<": lambda one, other: one < other,
    ">=": lambda one, other: one >= other,
    ">": lambda one, other: one > other,
    "==": lambda one, other: one == other,
    "!=": lambda one, other: one != other,
}
