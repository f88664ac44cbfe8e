"""The one module that owns numbers: text becomes exact at the door, and every rounding has its
place here.

Inside, a figure is either a `Fraction` (when a rule set is loaded, and in formulas) or a pair of
integers, numerator and positive denominator (when a submission is scored: several times faster than
`Fraction`).
"""

import re
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from math import gcd
from typing import NamedTuple, TypeAlias

Pair: TypeAlias = tuple[int, int]
"""An exact figure: numerator and denominator, the denominator above zero, not necessarily in lowest
terms.
"""

DIGITS = 30
"""The most digits before or behind the decimal point that a figure may have.

The budget of a country has 16 digits in đồng. The bound is for those who would let a sum of
fractions run for hours.
"""

LIMIT = 10**DIGITS
"""No figure reaches this."""

TEXTS = 4096
"""How many written numbers are kept: a report writes the same few hundred again and again."""

# No exponent, no `+`, no space, no separator of thousands: one way to write a number.
_PLAIN = re.compile(r"-?\d{1,30}(?:\.\d{1,30})?", re.ASCII)


class NotANumberError(ValueError):
    """What was given is no exact number; `code` names the problem."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def pair(value: object) -> Pair:
    """Return the exact pair of an int or a Decimal; refuse everything else with `NotANumberError`.

    >>> from decimal import Decimal
    >>> pair(Decimal("97.5"))
    (195, 2)

    The codes are `not-a-number`, `boolean-for-number`, `float-for-number`, `text-for-number`,
    `not-finite` and `number-too-long`.
    """
    # By its class: true is an integer to Python, and this is asked of every figure.
    kind = value.__class__
    if kind is int:
        if -LIMIT < value < LIMIT:
            return value, 1  # type: ignore[return-value]
        raise NotANumberError("number-too-long")
    if isinstance(value, Decimal):
        return _decimal_pair(value)
    raise NotANumberError(_REFUSALS.get(kind, "not-a-number"))


_REFUSALS: dict[type, str] = {
    bool: "boolean-for-number",
    float: "float-for-number",
    str: "text-for-number",
}


def _decimal_pair(value: Decimal) -> Pair:
    if not value.is_finite():
        raise NotANumberError("not-finite")
    exponent = value.as_tuple().exponent
    # Asked before it is made a ratio: 1e999999 would become a million digits.
    is_too_large = value.adjusted() >= DIGITS
    is_too_fine = not isinstance(exponent, int) or exponent < -DIGITS
    if is_too_large or is_too_fine:
        raise NotANumberError("number-too-long")
    return value.as_integer_ratio()


def fraction(value: object) -> Fraction:
    """Return the exact `Fraction` of an int or a Decimal; raise as `pair` does.

    >>> fraction(Decimal("97.35"))
    Fraction(1947, 20)
    """
    numerator, denominator = pair(value)
    return Fraction(numerator, denominator)


def argument(name: str, value: object) -> Fraction:
    """Return the exact number that a caller gave for an argument: an int, a Decimal, a Fraction.

    Raises `TypeError` for anything else, such as a float, and `ValueError` for a Decimal that is
    not finite or too long.

    >>> argument("index", Decimal("7.5"))
    Fraction(15, 2)
    >>> argument("index", "7.5")
    Traceback (most recent call last):
    TypeError: index: an int, a Decimal or a Fraction, not str
    """
    if isinstance(value, Fraction):
        return value
    if isinstance(value, Decimal) or value.__class__ is int:
        try:
            return fraction(value)
        except NotANumberError as error:
            raise ValueError(f"{name}: {error.code}") from None
    raise TypeError(
        f"{name}: an int, a Decimal or a Fraction, not {value.__class__.__name__}"
    )


def parse(text: str) -> Fraction:
    """Return the exact value of plain decimal text; raise `NotANumberError` for any other text.

    >>> parse("-12.50")
    Fraction(-25, 2)
    """
    if not _PLAIN.fullmatch(text):
        raise NotANumberError("not-a-number")
    return Fraction(text)


def half_up(numerator: int, denominator: int) -> int:
    """Return numerator/denominator rounded to a whole number, ties away from zero.

    The denominator is above zero. This is the one place where points are rounded.

    >>> half_up(5, 2), half_up(-5, 2), half_up(7, 3)
    (3, -3, 2)
    """
    # n/d + 1/2 = (2n + d) / 2d; `//` rounds down, so a tie goes up. Below zero the same is done
    # with the sign turned, so that it goes away from zero there too.
    if numerator >= 0:
        return (2 * numerator + denominator) // (2 * denominator)
    return -((denominator - 2 * numerator) // (2 * denominator))


class Rounding(NamedTuple):
    """How points are rounded: to whole steps of so many ticks, and which way (semantics L8).

    >>> quarters = Rounding("half_even", 25)
    >>> quarters.of(825, 2), quarters.of(875, 2), Rounding("down", 25).of(449, 1)
    (400, 450, 425)
    """

    mode: str
    """`half_up` and `half_even` go to the nearest step, `down` towards zero, `up` away from it."""
    step: int
    """The ticks of a step."""

    def of(self, numerator: int, denominator: int) -> int:
        """Return numerator/denominator ticks rounded to whole steps, in ticks.

        The denominator is above zero.
        """
        whole = denominator * self.step
        # Without its sign, so that both sides of zero are rounded alike.
        steps, rest = divmod(abs(numerator), whole)
        if self._goes_up(steps, rest, whole):
            steps += 1
        if numerator < 0:
            steps = -steps
        return steps * self.step

    def _goes_up(self, steps: int, rest: int, whole: int) -> bool:
        """Whether what is left beyond so many whole steps makes one more."""
        if self.mode == "down":
            return False
        if self.mode == "up":
            return rest > 0
        if self.mode == "half_even" and 2 * rest == whole:
            return steps % 2 == 1
        return 2 * rest >= whole


def round_half_up(value: Fraction, places: int) -> Fraction:
    """Return the value rounded half up (away from zero at a tie) to so many decimal places.

    >>> round_half_up(Fraction(2545, 1000), 2)
    Fraction(51, 20)
    """
    unit = 10**places
    return Fraction(half_up(value.numerator * unit, value.denominator), unit)


def floor(value: Fraction) -> Fraction:
    """Return the largest whole number not above the value.

    >>> floor(Fraction(-5, 2))
    Fraction(-3, 1)
    """
    return Fraction(value.numerator // value.denominator)


def ceiling(value: Fraction) -> Fraction:
    """Return the smallest whole number not below the value.

    >>> ceiling(Fraction(-5, 2))
    Fraction(-2, 1)
    """
    return Fraction(-(-value.numerator // value.denominator))


def places(value: Fraction) -> int | None:
    """Return how many decimal places write the value exactly, or None when no decimal ends.

    >>> places(Fraction(3, 8)), places(Fraction(1, 3))
    (3, None)
    """
    return _places_of(value.denominator)


@lru_cache(maxsize=1024)
def _places_of(denominator: int) -> int | None:
    """Return the places of a decimal; the figures of a report have few denominators."""
    # A decimal ends exactly when the denominator is made of twos and fives, and needs as many
    # places as there are of the more frequent of them.
    rest, twos = _strip(denominator, 2)
    rest, fives = _strip(rest, 5)
    if rest != 1:
        return None
    return max(twos, fives)


def _strip(number: int, prime: int) -> tuple[int, int]:
    """Return a number without its factors of a prime, and how many they were: 40 is 5 × 2³."""
    count = 0
    while number % prime == 0:
        number = number // prime
        count += 1
    return number, count


@lru_cache(maxsize=TEXTS)
def fixed(ticks: int, places: int) -> str:
    """Return whole ticks of 10^-places as a decimal string with all its places.

    >>> fixed(181, 2), fixed(-5, 2), fixed(7, 0)
    ('1.81', '-0.05', '7')
    """
    sign = ""
    if ticks < 0:
        sign = "-"
    # At least one digit before the point: 5 ticks of two places are 005, which is 0.05.
    digits = str(abs(ticks)).rjust(places + 1, "0")
    if not places:
        return sign + digits
    whole = digits[:-places]
    decimals = digits[-places:]
    return f"{sign}{whole}.{decimals}"


def plain(value: Fraction) -> str:
    """Return the value as the shortest exact decimal string.

    A value that no decimal writes exactly comes as `numerator/denominator`.

    >>> plain(Fraction(5, 2)), plain(Fraction(7, 11))
    ('2.5', '7/11')
    """
    # By its whole numbers: to find a `Fraction` again takes longer than to write it.
    return _plain(value.numerator, value.denominator)


@lru_cache(maxsize=TEXTS)
def _plain(numerator: int, denominator: int) -> str:
    count = _places_of(denominator)
    if count is None:
        return f"{numerator}/{denominator}"
    # The division leaves nothing over: so many places write the value exactly.
    ticks = numerator * 10**count // denominator
    return fixed(ticks, count)


SHOWN_PLACES = 4
"""The decimal places of a figure that is shown rounded."""

EXACT_PLACES = DIGITS
"""A decimal that ends within so many places is shown as it is.

So is every submitted number, which has no more digits: rounded,
79.999999999999995 would read as the 80 that it misses.
"""


def shown(value: Fraction) -> str:
    """Return the value for display.

    It is exact where its decimal ends within 30 places, else rounded half up to 4.

    >>> shown(Fraction(1, 8)), shown(Fraction(7, 11))
    ('0.125', '0.6364')
    """
    return _shown(value.numerator, value.denominator)


@lru_cache(maxsize=TEXTS)
def _shown(numerator: int, denominator: int) -> str:
    count = _places_of(denominator)
    if count is not None and count <= EXACT_PLACES:
        return _plain(numerator, denominator)
    return plain(round_half_up(Fraction(numerator, denominator), SHOWN_PLACES))


def shown_pair(numerator: int, denominator: int) -> str:
    """Return a figure for display, as `shown` does, without a `Fraction` for it.

    >>> shown_pair(4700, 52), shown_pair(6, 4)
    ('90.3846', '1.5')
    """
    if denominator == 1:
        return str(numerator)
    divisor = gcd(numerator, denominator)
    return _shown(numerator // divisor, denominator // divisor)


def plain_pair(numerator: int, denominator: int) -> str:
    """Return an exact figure, as `plain` does, without a `Fraction` for it.

    >>> plain_pair(10, 4), plain_pair(14, 22)
    ('2.5', '7/11')
    """
    if denominator == 1:
        return str(numerator)
    divisor = gcd(numerator, denominator)
    return _plain(numerator // divisor, denominator // divisor)


def ratio_of(numerator: int, denominator: int) -> str:
    """Return a fraction in lowest terms, as `ratio` does, from its whole numbers.

    >>> ratio_of(94, 52), ratio_of(4, 2)
    ('47/26', '2')
    """
    divisor = gcd(numerator, denominator)
    if divisor == denominator:
        return str(numerator // divisor)
    return f"{numerator // divisor}/{denominator // divisor}"


def ratio(value: Fraction) -> str:
    """Return the value as a fraction in lowest terms, or as a whole number.

    >>> ratio(Fraction(94, 52)), ratio(Fraction(4, 2))
    ('47/26', '2')
    """
    return str(value)
