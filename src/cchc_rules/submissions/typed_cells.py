"""What people type into cells, read once and in one way: numbers of metrics, lines, items.

Forms, worksheets, tables of text, JSON Lines, `--set` and weightings all read through this module.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from cchc_rules.base.interval import Interval
from cchc_rules.base.written_values import readings
from cchc_rules.rules.model import Metric

# Numbers


class TypedText(str):
    """A figure typed into a cell as text, which only its metric's type and range can decide.

    `1.212` is one and a bit in a percentage from 0 to 100, and a thousand and more in a count.
    """

    __slots__ = ()


class Allowed(NamedTuple):
    """What a figure may be, as far as that helps to read it."""

    range: Interval = Interval()
    whole: bool = False
    """Whether it must be a whole number."""
    percent: bool = False
    """Whether a percent sign may stand behind it."""


ANY = Allowed()
"""Nothing is known of the figure."""


def allowed_by(metric: Metric) -> Allowed:
    """Return what a metric's value may be.

    >>> from cchc_rules.rules.model import Text
    >>> allowed_by(Metric("visits", Text("Lượt", "Visits"), "count")).whole
    True
    """
    is_percentage = metric.type == "percent"
    return Allowed(metric.range, metric.whole, is_percentage)


def number(text: str, allowed: Allowed = ANY) -> Decimal | TypedText:
    """Return the number that a text means, or the text where it means none or may mean two.

    Args:
        text: what was typed; a percent sign may follow where percentages are counted.
        allowed: what the figure may be: that decides between a thousand and a decimal.

    >>> number("1.212"), number("1.212", Allowed(whole=True))
    ('1.212', Decimal('1212'))
    """
    figure = text.strip()
    if allowed.percent:
        figure = figure.removesuffix("%")
    numbers = readings(figure)
    if len(numbers) == 1:
        return numbers[0]
    fitting = [reading for reading in numbers if _fits(reading, allowed)]
    if len(fitting) == 1:
        return fitting[0]
    if numbers and not fitting:
        # Neither can be: what is wrong is then said of the number, not of how it is written.
        thousand, decimal = numbers
        if allowed.whole:
            return thousand
        return decimal
    # No number at all, or two that are both possible: nobody guesses.
    return TypedText(text)


def _fits(value: Decimal, allowed: Allowed) -> bool:
    exact = Fraction(value)
    if allowed.whole and exact.denominator != 1:
        return False
    return allowed.range.holds(exact)


def share(
    numerator: object, denominator: object, *, at_most_one: bool
) -> tuple[object, object]:
    """Return a numerator and a denominator, typed texts decided where only one reading is possible.

    Args:
        numerator: what stands above the line, as it was read from a cell.
        denominator: what stands below it.
        at_most_one: whether the numerator is a part of the denominator, and so at most as large.

    >>> share(900, TypedText("1.902"), at_most_one=True)
    (900, Decimal('1902'))
    """
    # Of 900 / `1.902`, 900 of 1.902 cannot be; 900 of 1,902 can. Every reading of the one is tried
    # with every reading of the other: four at most.
    possible: list[tuple[object, object]] = []
    for above in _numbers_of(numerator):
        for below in _numbers_of(denominator):
            is_too_large = at_most_one and above > below
            if below > 0 and not is_too_large:
                possible.append((above, below))
    if len(possible) == 1:
        return possible[0]
    return numerator, denominator


def _numbers_of(value: object) -> Iterator[int | Decimal]:
    """Yield the numbers that a value can mean; none where it is no number."""
    if isinstance(value, TypedText):
        yield from readings(value)
    elif isinstance(value, int | Decimal) and Decimal(value).is_finite():
        yield value


def shows_percent(number_format: str) -> bool:
    """Whether a worksheet's number format shows 0.97 as 97 %.

    A quoted or escaped percent sign is only printed behind the number.

    >>> shows_percent("0.00%"), shows_percent('0.00" %"')
    (True, False)
    """
    # Out goes what a format prints as it stands, and what is in brackets: a colour, a condition.
    signs = re.sub(r'"[^"]*"|\\.|\[[^\]]*\]', "", number_format)
    return "%" in signs


def as_shown(value: object) -> object:
    """Return the number that a percent cell shows: 97.35 for a stored 0.9735.

    >>> as_shown(Decimal("0.9735"))
    Decimal('97.35')
    """
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return value
    # The point moves two places, and no digit changes.
    return Decimal(value).scaleb(2)


# Lines and items


def lines(text: str) -> list[str]:
    """Return the lines of a text that hold something.

    >>> lines("Báo cáo 12\\n\\n Báo cáo 40 ")
    ['Báo cáo 12', 'Báo cáo 40']
    """
    stripped = [line.strip() for line in text.split("\n")]
    return [line for line in stripped if line]


def items(text: str) -> list[str]:
    """Return the items of a text, one a line; a zero says that there are none.

    >>> items("Xã A\\nXã B"), items("0")
    (['Xã A', 'Xã B'], [])
    """
    if text.strip() == "0":
        return []
    return lines(text)
