"""Exact arithmetic over columns of whole numbers that cannot overflow, because every number
knows how large it can get.

Polars computes in whole numbers of a fixed width and wraps silently where a result no longer
fits. So nothing here is computed before it is known to fit. Each number of a formula is a
`Whole`: a Polars expression with the least and the most that it can be. Whatever is added,
multiplied or divided gets bounds from the bounds of its parts, and a `Gauge` notes the largest
of all of them, its peak. When the whole formula has been built, and before a table is read, the
peak says which width holds every step, or that none does.

A worked example. A share is reported as two counts of at most a thousand million, and a rule of
6.00 points is lost in proportion below 90 %. In hundredths of a point (ticks) that is
600 / 90 × (100 × n / d), rounded half up. The product of the constants stays one fraction, `k`,
until it is needed, so only the rounding has to fit: (2 × 2000 × n + 3 × d) // (2 × 3 × d).

>>> gauge = Gauge(pl.Int64)
>>> n = gauge.whole(pl.col("answered"), 0, 10**9)
>>> d = gauge.whole(pl.col("received"), 1, 10**9)
>>> percent = quotient(n, d, Fraction(100)).within(Fraction(0), Fraction(100))
>>> ticks = percent.times(Fraction(600, 90)).rounded()
>>> ticks.low, ticks.high
(0, 667)
>>> gauge.peak, gauge.peak < 1 << 63
(4003000000000, True)

42 bits are enough, so 64-bit columns are, for all tables whose counts keep to the bound. (What
no bound holds, a larger count, is tested when the table is read and goes to the single engine.)

The same bounds leave out what is known beforehand: a share is never negative, so nobody looks
at its sign, and a test that always holds never reaches Polars.

>>> percent.holds(">=", gauge.ratio(Fraction(0))) is TRUE
True
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
"""A Polars type: its own class of types is no public name."""

WIDTHS: tuple[tuple[Dtype, int], ...] = (
    (pl.Int64, 63),
    (pl.Int128, 127),
)
"""The widths of whole numbers, the narrowest (and fastest) first: each with its bits beside the
sign.
"""

_BITS = dict(WIDTHS)

MOST_READ = 16
"""An expression that reads more columns than this becomes a column of its own: expressions
within expressions must not grow without end.
"""

Span: TypeAlias = tuple[Any, Any]
"""The least and the most that a number can be: whole numbers, or fractions."""

# Conditions

TRUE = pl.lit(True)
FALSE = pl.lit(False)
"""What holds in every row, or in none. Both are known before a table is read and are told apart
by identity, so that they can be left out of what is computed.
"""


def certain(holds: bool) -> pl.Expr:
    """Return the condition that holds in every row, or the one that holds in none."""
    if holds:
        return TRUE
    return FALSE


def every(conditions: Iterable[pl.Expr]) -> pl.Expr:
    """Return the condition that all conditions hold."""
    # What always holds adds nothing, and one that never holds decides alone: neither has to be
    # worked out in any row.
    uncertain = [condition for condition in conditions if condition is not TRUE]
    if any(condition is FALSE for condition in uncertain):
        return FALSE
    if not uncertain:
        return TRUE
    return reduce(pl.Expr.__and__, uncertain)


def never(condition: pl.Expr) -> pl.Expr:
    """Return the condition that another does not hold."""
    if condition is TRUE:
        return FALSE
    if condition is FALSE:
        return TRUE
    return ~condition


def some(conditions: Iterable[pl.Expr]) -> pl.Expr:
    """Return the condition that at least one condition holds."""
    uncertain = [condition for condition in conditions if condition is not FALSE]
    if any(condition is TRUE for condition in uncertain):
        return TRUE
    if not uncertain:
        return FALSE
    return reduce(pl.Expr.__or__, uncertain)


# Numbers


class Gauge:
    """Notes the largest number that any step can come to, and the columns worked out on the way.

    An expression that is used more than once is kept as a column. Otherwise it would be worked
    out again for each use, and what is built of such parts would grow without end. One that is
    known to be used only `once` stays an expression and is worked out where it is used, while
    its numbers are still in the processor's cache. (A program is built twice: the first time
    tells which columns those are.)
    """

    def __init__(self, dtype: Dtype, once: frozenset[str] = frozenset()) -> None:
        self.dtype = dtype
        self.once = once
        self.peak = 0
        """The largest magnitude that any step can come to; it only grows."""
        self.kept: dict[str, pl.Expr] = {}
        """The columns worked out on the way, by name."""
        # Expressions cannot be compared with each other, but their serialized forms can.
        self.names: dict[bytes, str] = {}
        self.numbers: dict[int, Whole] = {}
        self.literals: dict[int, pl.Expr] = {}

    def keep(self, expr: pl.Expr) -> pl.Expr:
        """Return an expression as a column of its own; what reads no column, or is one, stays as
        it is.

        Equal expressions get the same column.
        """
        columns_read = expr.meta.root_names()
        if not columns_read or expr.meta.is_column():
            return expr
        # No column of a table is called so: `|` stands in no id of a metric, rule or group.
        next_name = f"|{len(self.names)}"
        name = self.names.setdefault(expr.meta.serialize(), next_name)
        if name in self.once and len(columns_read) <= MOST_READ:
            return expr
        self.kept.setdefault(name, expr.alias(name))
        return pl.col(name)

    def used_once(self, wanted: Iterable[pl.Expr]) -> frozenset[str]:
        """Return the kept columns that are read exactly once on the way to what is wanted."""
        levels: dict[str, int] = {}
        uses: Counter[str] = Counter()
        for expr in wanted:
            self._level(expr, levels)
            uses.update(expr.meta.root_names())
        # Kept columns are read by others of them, too; `levels` has all that are needed.
        for name in levels:
            kept = self.kept[name]
            uses.update(kept.meta.root_names())
        return frozenset(name for name in levels if uses[name] == 1)

    def steps(self, wanted: Iterable[pl.Expr], done: set[str]) -> list[list[pl.Expr]]:
        """Return the kept columns that what is wanted is worked out from, in steps: each step
        reads only columns of the table and of earlier steps.

        Columns in `done` are left out; those that are returned are added to it.
        """
        levels: dict[str, int] = {}
        for expr in wanted:
            self._level(expr, levels)
        by_level: dict[int, list[pl.Expr]] = {}
        for name in levels.keys() - done:
            level = levels[name]
            by_level.setdefault(level, []).append(self.kept[name])
        done.update(levels)
        return [by_level[level] for level in sorted(by_level)]

    def _level(self, expr: pl.Expr, levels: dict[str, int]) -> int:
        """Return after how many steps an expression can be worked out; note the same in `levels`
        for each kept column below it.
        """
        level = 0
        for name in expr.meta.root_names():
            if name in self.kept:
                # Each column is gone through once, however many others read it.
                if name not in levels:
                    below = self._level(self.kept[name], levels)
                    levels[name] = 1 + below
                level = max(level, levels[name])
        return level

    def whole(
        self,
        expr: pl.Expr,
        low: int,
        high: int,
    ) -> "Whole":
        """Return a column of whole numbers, none below `low` and none above `high`."""
        # Every step passes here, so the peak is that of the whole formula.
        self.peak = max(self.peak, abs(low), abs(high))
        if low == high:
            return self.number(low)
        return Whole(self, expr, low, high)

    def number(self, value: int) -> "Whole":
        """Return a number that is the same in every row, of any size: only one that is used in a
        column counts for the peak.
        """
        # One object for each number: so `same` most often has only to ask whether it is that one.
        if value not in self.numbers:
            self.numbers[value] = Whole(self, None, value, value)
        return self.numbers[value]

    def literal(self, value: int) -> pl.Expr:
        """Return a number as Polars reads it.

        One that the width does not hold raises the peak above that width, so what is built of it
        is never run; anything may then stand in its place.
        """
        self.peak = max(self.peak, abs(value))
        if value not in self.literals:
            fits = abs(value) < 1 << _BITS[self.dtype]
            stand_in = 0
            if fits:
                stand_in = value
            self.literals[value] = pl.lit(stand_in, self.dtype)
        return self.literals[value]

    def total(self, parts: Iterable["Whole"]) -> "Whole":
        """Return the sum of columns, kept; what all rows share is added up beforehand."""
        # One horizontal sum reads all columns in one pass; a chain of additions would make a column
        # for each.
        parts = [*parts]
        fixed = sum(part.low for part in parts if part.fixed)
        moving = [part for part in parts if not part.fixed]
        if not moving:
            return self.number(fixed)
        low = sum(part.low for part in moving)
        high = sum(part.high for part in moving)
        added = moving[0].expr
        if len(moving) > 1:
            added = pl.sum_horizontal([part.expr for part in moving])
        moving_sum = self.whole(added, low, high)
        return (moving_sum + self.number(fixed)).kept()

    def ratio(self, value: Fraction) -> "Ratio":
        """Return a fraction that is the same in every row."""
        one = self.number(1)
        # The whole value goes into `k`, but for zero: `n` is then known to be zero.
        if not value:
            return Ratio(
                self.number(0),
                one,
                k=Fraction(1),
                low=value,
                high=value,
            )
        return Ratio(one, one, value, value, value)


@dataclass(frozen=True, eq=False)
class Whole:
    """Whole numbers, one a row, from `low` to `high`; where both are the same, so is the number
    in every row.
    """

    gauge: Gauge
    column: pl.Expr | None
    """How they are worked out; None for a number that all rows share."""
    low: int
    high: int
    positive: pl.Expr | None = None
    """Where they are above zero, for numbers of which that is cheaper to know than the numbers."""

    @property
    def expr(self) -> pl.Expr:
        """The numbers as Polars works them out; a number that all rows share counts for the
        gauge's peak from here on.
        """
        if self.column is None:
            return self.gauge.literal(self.low)
        return self.column

    @property
    def fixed(self) -> bool:
        """Whether the number is the same in every row."""
        return self.low == self.high

    def same(self, other: "Whole") -> bool:
        """Whether both are known to be the same numbers."""
        if self is other:
            return True
        return self.fixed and other.fixed and self.low == other.low

    # A sum is lowest where both parts are lowest; a difference where the first is lowest and the
    # second highest. What a zero or a one leaves unchanged is not computed.

    def __add__(self, other: "Whole") -> "Whole":
        if self.same(ZERO):
            return other
        if other.same(ZERO):
            return self
        low = self.low + other.low
        high = self.high + other.high
        return self.gauge.whole(self.expr + other.expr, low, high)

    def __sub__(self, other: "Whole") -> "Whole":
        if other.same(ZERO):
            return self
        low = self.low - other.high
        high = self.high - other.low
        return self.gauge.whole(self.expr - other.expr, low, high)

    def __neg__(self) -> "Whole":
        return self.gauge.number(0) - self  # Polars negates no 128 bits

    def __mul__(self, other: "Whole") -> "Whole":
        if self.same(ONE):
            return other
        if other.same(ONE):
            return self
        # Signs may differ, so the extremes are among all four products of the ends: from −2 to 3
        # times from −5 to 4, that is from −15 to 12.
        products = [
            mine * its
            for mine in (self.low, self.high)
            for its in (other.low, other.high)
        ]
        product = self.expr * other.expr
        return self.gauge.whole(product, min(products), max(products))

    def times(self, factor: int) -> "Whole":
        """Return the numbers times a number."""
        return self * self.gauge.number(factor)

    def over(self, other: "Whole") -> "Whole":
        """Return the quotients rounded down; the other numbers are above zero."""
        if other.same(ONE):
            return self
        # The divisor's lower bound may be 0 where its rows are known to be above it.
        least_divisor = max(other.low, 1)
        quotients = [
            mine // its
            for mine in (self.low, self.high)
            for its in (least_divisor, other.high)
        ]
        rounded_down = self.expr // other.expr
        return self.gauge.whole(rounded_down, min(quotients), max(quotients))

    def kept(self) -> "Whole":
        """Return the same numbers as a column that is worked out once."""
        if self.fixed:
            return self
        return Whole(
            self.gauge,
            self.gauge.keep(self.expr),
            self.low,
            self.high,
        )

    def above_zero(self) -> pl.Expr:
        """Return the condition that the numbers are above zero."""
        zero = self.gauge.number(0)
        return compared(">", self, zero)

    def magnitude(self) -> "Whole":
        """Return the numbers without their signs."""
        if self.low >= 0:
            return self
        most = max(-self.low, self.high)
        return self.gauge.whole(self.expr.abs(), 0, most)

    def least(self, other: "Whole") -> "Whole":
        """Return the smaller of two, row by row."""
        if self.high <= other.low:
            return self
        if other.high < self.low:
            return other
        low = min(self.low, other.low)
        high = min(self.high, other.high)
        smaller = pl.min_horizontal(self.expr, other.expr)
        return self.gauge.whole(smaller, low, high)


_NOWHERE = Gauge(pl.Int64)
ZERO = _NOWHERE.number(0)
ONE = _NOWHERE.number(1)
"""Numbers to compare others with by `same`; they belong to no program."""


def compared(
    sign: str,
    left: Whole,
    right: Whole,
) -> pl.Expr:
    """Return the condition that a comparison holds.

    A number that all rows share is put on the right, where Polars wants it.
    """
    known = settled(
        sign,
        (left.low, left.high),
        (right.low, right.high),
    )
    if known is not None:
        return known
    if left.fixed:
        return compared(MIRRORED[sign], right, left)
    asks_for_sign = right.fixed and (sign, right.low) in ABOVE_ZERO
    if left.positive is not None and asks_for_sign:
        if sign in (">", ">="):
            return left.positive
        return never(left.positive)
    return SIGNS[sign](left.expr, right.expr)


def settled(
    sign: str,
    left: Span,
    right: Span,
) -> pl.Expr | None:
    """Return what a comparison of two spans always comes to, None where that depends on the row.

    >>> settled("<=", (0, 3), (3, 9)) is TRUE
    True
    >>> settled("<", (0, 3), (3, 9)) is None
    True
    """
    if sign in ("==", "!="):
        return _settled_equality(sign, left, right)
    smaller = left
    larger = right
    if sign in (">", ">="):
        smaller = right
        larger = left
    # From here on the question is whether `smaller` is below `larger`. Spans that touch in one
    # number are settled by whether the sign allows equality.
    strict = sign in ("<", ">")
    touch_below = smaller[1] == larger[0]
    if smaller[1] < larger[0]:
        return TRUE
    if touch_below and not strict:
        return TRUE
    touch_above = smaller[0] == larger[1]
    if smaller[0] > larger[1]:
        return FALSE
    if touch_above and strict:
        return FALSE
    return None


def _settled_equality(
    sign: str,
    left: Span,
    right: Span,
) -> pl.Expr | None:
    left_below = left[1] < right[0]
    right_below = right[1] < left[0]
    if left_below or right_below:
        return certain(sign == "!=")
    alike = left[0] == left[1] == right[0] == right[1]
    if alike:
        return certain(sign == "==")
    return None


def pick(
    condition: pl.Expr,
    yes: Whole,
    no: Whole,
) -> Whole:
    """Return one number where a condition holds and another where it does not."""
    # Both branches are computed for every row; so what cannot happen is left out.
    if condition is TRUE or yes.same(no):
        return yes
    if condition is FALSE:
        return no
    low = min(yes.low, no.low)
    high = max(yes.high, no.high)
    picked = pl.when(condition).then(yes.expr).otherwise(no.expr)
    return yes.gauge.whole(picked, low, high)


# Fractions


@dataclass(frozen=True, eq=False)
class Ratio:
    """Exact fractions, one a row: k × n / d, each from `low` to `high`.

    The denominators `d` are above zero. What all rows share is gathered in `k`, an exact
    fraction of any size, so multiplying by a constant costs no room in the columns.
    """

    n: Whole
    d: Whole
    k: Fraction
    low: Fraction
    high: Fraction

    @property
    def fixed(self) -> bool:
        """Whether the fraction is the same in every row."""
        return self.low == self.high

    def same(self, other: "Ratio") -> bool:
        """Whether both are known to be the same fractions."""
        if self is other:
            return True
        return self.fixed and other.fixed and self.low == other.low

    def __add__(self, other: "Ratio") -> "Ratio":
        if self.n.same(ZERO):
            return other
        if other.n.same(ZERO):
            return self
        # a/2 + b/3 is (3a + 2b)/6: the constants go into `k` as far as both have them in common,
        # and columns are multiplied by what is left.
        k, mine, its = common(self.k, other.k)
        if self.d.same(other.d):
            n = self.n.times(mine) + other.n.times(its)
            d = self.d
        else:
            my_part = self.n * other.d.times(mine)
            its_part = other.n * self.d.times(its)
            n = my_part + its_part
            d = self.d * other.d
        return Ratio(
            n,
            d,
            k=k,
            low=self.low + other.low,
            high=self.high + other.high,
        )

    def __sub__(self, other: "Ratio") -> "Ratio":
        return self + other.times(Fraction(-1))

    def __mul__(self, other: "Ratio") -> "Ratio":
        products = [
            mine * its
            for mine in (self.low, self.high)
            for its in (other.low, other.high)
        ]
        n = self.n * other.n
        d = self.d * other.d
        return Ratio(
            n,
            d,
            k=self.k * other.k,
            low=min(products),
            high=max(products),
        )

    def kept(self) -> "Ratio":
        """Return the same fractions by columns that are worked out once."""
        return Ratio(
            self.n.kept(),
            self.d.kept(),
            k=self.k,
            low=self.low,
            high=self.high,
        )

    def times(self, number: Fraction) -> "Ratio":
        """Return the fractions times a number."""
        if not number:
            return self.n.gauge.ratio(number)
        ends = (self.low * number, self.high * number)
        low, high = sorted(ends)
        return Ratio(
            self.n,
            self.d,
            k=self.k * number,
            low=low,
            high=high,
        )

    def over(self, other: "Ratio") -> "Ratio":
        """Return the quotients; the other fractions are not zero.

        The divisor's sign moves to the numerator, so that the denominator stays above zero.
        """
        if other.fixed:
            return self.times(1 / other.low)
        rising = compared(
            ">=",
            other.n,
            other.n.gauge.number(0),
        )
        signed = pick(rising, self.n, -self.n)
        below = other.n.magnitude()
        # The divisor nearest to zero: its smallest numerator over its largest denominator.
        least_numerator = max(1, below.low)
        smallest = abs(other.k) * Fraction(least_numerator, other.d.high)
        largest = max(abs(self.low), abs(self.high))
        most = largest / smallest
        n = signed * other.d
        d = self.d * below
        return Ratio(
            n,
            d,
            k=self.k / other.k,
            low=-most,
            high=most,
        )

    def magnitude(self) -> "Ratio":
        """Return the fractions without their signs."""
        if self.low >= 0:
            return self
        most = max(-self.low, self.high)
        return Ratio(
            self.n.magnitude(),
            self.d,
            k=abs(self.k),
            low=Fraction(0),
            high=most,
        )

    def holds(self, sign: str, other: "Ratio") -> pl.Expr:
        """Return the condition that a comparison holds, row by row, on the exact values.

        Both sides are multiplied by both denominators, which are above zero.
        """
        known = settled(
            sign,
            (self.low, self.high),
            (other.low, other.high),
        )
        if known is not None:
            return known
        # Against zero the sign of the numerator is enough: `d` is above zero.
        if other.n.same(ZERO):
            if self.k < 0:
                sign = MIRRORED[sign]
            return compared(sign, self.n, other.n)
        _, mine, its = common(self.k, other.k)
        left = (self.n * other.d).times(mine)
        right = (other.n * self.d).times(its)
        return compared(sign, left, right)

    def floor(self) -> Whole:
        """Return the fractions rounded down."""
        above = self.n.times(self.k.numerator)
        below = self.d.times(self.k.denominator)
        return above.over(below)

    def ceiling(self) -> Whole:
        """Return the fractions rounded up."""
        # Polars rounds quotients of whole numbers down; up is down of the negative.
        return -self.times(Fraction(-1)).floor()

    def rounded(self) -> Whole:
        """Return the fractions rounded half up, away from zero at a tie."""
        gauge = self.n.gauge
        ratio = self.kept()
        if ratio.fixed:
            return gauge.number(half_up(*ratio.low.as_integer_ratio()))
        if ratio.low >= 0:
            return ratio._half_up()
        if ratio.high <= 0:
            return -ratio.times(Fraction(-1))._half_up()
        up = ratio.magnitude()._half_up().kept()
        zero = gauge.ratio(Fraction(0))
        return pick(ratio.holds(">=", zero), up, -up)

    def _half_up(self) -> Whole:
        """Round fractions of which none is negative: x rounded half up is (2x + 1) // 2."""
        if self.k.denominator == 1 and self.d.same(ONE):
            return self.n.times(self.k.numerator)
        # With 2k = factor/part, k × n/d is factor × n / (2 × part × d), and half of the divisor,
        # part × d, is added before the division. The module's own text works an example.
        factor, part = (2 * self.k).as_integer_ratio()
        doubled = self.n.times(factor) + self.d.times(part)
        rounded = doubled.over(self.d.times(2 * part))
        # The fraction's own bounds are narrower than those of the quotient of two columns.
        low = half_up(*self.low.as_integer_ratio())
        high = half_up(*self.high.as_integer_ratio())
        return rounded.gauge.whole(rounded.expr, low, high)

    def least(self, other: "Ratio") -> "Ratio":
        """Return the smaller of two, row by row."""
        mine = self.kept()
        its = other.kept()
        smaller = choose(mine.holds("<=", its), mine, its)
        return smaller.within(None, min(mine.high, its.high))

    def most(self, other: "Ratio") -> "Ratio":
        """Return the larger of two, row by row."""
        mine = self.kept()
        its = other.kept()
        larger = choose(mine.holds(">=", its), mine, its)
        return larger.within(max(mine.low, its.low), None)

    def within(self, low: Fraction | None, high: Fraction | None) -> "Ratio":
        """Return the same fractions, of which the caller knows that they lie between two numbers;
        None leaves a bound as it is.
        """
        if low is None or low < self.low:
            low = self.low
        if high is None or high > self.high:
            high = self.high
        return Ratio(
            self.n,
            self.d,
            k=self.k,
            low=low,
            high=high,
        )


def quotient(
    n: Whole,
    d: Whole,
    k: Fraction = Fraction(1),
) -> Ratio:
    """Return k × n / d; the denominators and k are above zero."""
    least_divisor = max(d.low, 1)
    values = [
        k * Fraction(above, below)
        for above in (n.low, n.high)
        for below in (least_divisor, d.high)
    ]
    return Ratio(
        n,
        d,
        k=k,
        low=min(values),
        high=max(values),
    )


def between(
    n: Whole,
    d: Whole,
    k: Fraction,
    low: Fraction,
    high: Fraction,
) -> Ratio:
    """Return k × n / d, of which the caller knows that it lies between two numbers; one that all
    rows share is worked out beforehand.
    """
    if n.fixed and d.fixed:
        return n.gauge.ratio(k * Fraction(n.low, d.low))
    return Ratio(n, d, k, low, high)


def as_ratio(whole: Whole) -> Ratio:
    """Return whole numbers as fractions."""
    if whole.fixed:
        return whole.gauge.ratio(Fraction(whole.low))
    return quotient(whole, whole.gauge.number(1))


def common(first: Fraction, second: Fraction) -> tuple[Fraction, int, int]:
    """Return a fraction of which two others are whole multiples, and these multiples, which have
    no common factor.

    >>> common(Fraction(1, 2), Fraction(1, 3))
    (Fraction(1, 6), 3, 2)
    """
    denominator = first.denominator * second.denominator
    first_multiple = first.numerator * second.denominator
    second_multiple = second.numerator * first.denominator
    factor = gcd(first_multiple, second_multiple)
    unit = Fraction(factor, denominator)
    return unit, first_multiple // factor, second_multiple // factor


def choose(
    condition: pl.Expr,
    yes: Ratio,
    no: Ratio,
) -> Ratio:
    """Return one fraction where a condition holds and another where it does not."""
    if condition is TRUE:
        return yes
    if condition is FALSE:
        return no
    condition = yes.n.gauge.keep(condition)
    # Zero is zero times any k: it takes the other's, so that nothing has to be multiplied.
    yes_k = yes.k
    no_k = no.k
    if yes.n.same(ZERO):
        yes_k = no.k
    if no.n.same(ZERO):
        no_k = yes.k
    k, yes_factor, no_factor = common(yes_k, no_k)
    n = pick(
        condition,
        yes.n.times(yes_factor),
        no.n.times(no_factor),
    )
    d = pick(condition, yes.d, no.d)
    return Ratio(
        n,
        d,
        k=k,
        low=min(yes.low, no.low),
        high=max(yes.high, no.high),
    )


# Signs

ABOVE_ZERO = (
    (">", 0),
    (">=", 1),
    ("<=", 0),
    ("<", 1),
)
"""Comparisons of whole numbers that ask whether they are above zero, or are not."""

MIRRORED = {
    "<=": ">=",
    "<": ">",
    ">=": "<=",
    ">": "<",
    "==": "==",
    "!=": "!=",
}
"""The sign that says the same when both sides change places."""

SIGNS: dict[str, Callable[[pl.Expr, pl.Expr], pl.Expr]] = {
    "<=": pl.Expr.__le__,
    "<": pl.Expr.__lt__,
    ">=": pl.Expr.__ge__,
    ">": pl.Expr.__gt__,
    "==": pl.Expr.__eq__,
    "!=": pl.Expr.__ne__,
}
