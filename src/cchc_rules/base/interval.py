"""Intervals of exact numbers, each end open or closed: what tiers, bands and `between` declare."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from cchc_rules.base import number

End: TypeAlias = tuple[Fraction | None, bool]
"""An end of an interval: where it lies, None where there is none, and whether it is open."""

LowKey: TypeAlias = tuple[bool, Fraction, bool]
"""What low ends are sorted by: whether there is one, where it lies, whether it is open."""


@dataclass(frozen=True, slots=True)
class Interval:
    """The numbers between two ends; an end of None is unbounded.

    >>> tier = Interval(Fraction(80), Fraction(95), high_open=True)
    >>> tier.holds(Fraction(80)), tier.holds(Fraction(95))
    (True, False)
    """

    low: Fraction | None = None
    high: Fraction | None = None
    low_open: bool = False
    """Whether the low end itself lies outside; of an end of None it says nothing."""
    high_open: bool = False

    @property
    def low_key(self) -> LowKey:
        """A key by which intervals are sorted from the left: no lower end, then the lowest."""
        return _low_key(self._low_end())

    def holds(self, value: Fraction) -> bool:
        """Whether the value lies inside; an end belongs to it where it is closed."""
        return self._above_low(value) and self._below_high(value)

    def _above_low(self, value: Fraction) -> bool:
        return (
            self.low is None
            or value > self.low
            or (value == self.low and not self.low_open)
        )

    def _below_high(self, value: Fraction) -> bool:
        return (
            self.high is None
            or value < self.high
            or (value == self.high and not self.high_open)
        )

    @property
    def empty(self) -> bool:
        """Whether no number lies inside.

        >>> Interval(Fraction(5), Fraction(5)).empty
        False
        >>> Interval(Fraction(5), Fraction(5), low_open=True).empty
        True
        """
        if self.low is None or self.high is None:
            return False
        if self.low == self.high:
            # The one number that is left belongs to it only where both ends are closed.
            return self.low_open or self.high_open
        return self.low > self.high

    def meets(self, other: "Interval") -> "Interval":
        """Return the numbers that lie inside both; an empty interval where there are none.

        >>> shared = Interval(Fraction(0), Fraction(90)).meets(Interval(Fraction(80)))
        >>> shared.low, shared.high
        (Fraction(80, 1), Fraction(90, 1))
        """
        # The higher of the low ends, and the lower of the high ones.
        low_ends = (self._low_end(), other._low_end())
        high_ends = (self._high_end(), other._high_end())
        low, low_open = max(low_ends, key=_low_key)
        high, high_open = min(high_ends, key=_high_key)
        return Interval(low, high, low_open, high_open)

    def without(self, other: "Interval") -> list["Interval"]:
        """Return the parts of this interval that the other leaves uncovered, lowest first.

        Where the other begins closed, the part below it ends open, and the other way round.
        """
        parts = []
        if other.low is not None:
            below = Interval(high=other.low, high_open=not other.low_open)
            parts.append(self.meets(below))
        if other.high is not None:
            above = Interval(low=other.high, low_open=not other.high_open)
            parts.append(self.meets(above))
        return [part for part in parts if not part.empty]

    def whole_only(self) -> "Interval":
        """Return the tightest closed interval that holds the same whole numbers.

        >>> Interval(Fraction(3, 2), Fraction(5), high_open=True).whole_only()
        Interval(low=Fraction(2, 1), high=Fraction(4, 1), low_open=False, high_open=False)
        """
        low = self.low
        if low is not None:
            low = _first_whole(low, self.low_open)
        high = self.high
        if high is not None:
            # The last whole number below is the first one above, seen from the other side.
            high = -_first_whole(-high, self.high_open)
        return Interval(low, high)

    def _low_end(self) -> End:
        return self.low, self.low_open

    def _high_end(self) -> End:
        return self.high, self.high_open


# Ends are compared by keys. A low end without a number is lower than any with one; of two at
# one number the closed one is, since it holds that number. High ends are the mirror image.


def _low_key(end: End) -> LowKey:
    value, is_open = end
    return value is not None, value or Fraction(0), is_open


def _high_key(end: End) -> tuple[bool, Fraction, bool]:
    value, is_open = end
    return value is None, value or Fraction(0), not is_open


def _first_whole(low: Fraction, is_open: bool) -> Fraction:
    """Return the lowest whole number of those that begin at an end: above 3 that is 4."""
    first = number.ceiling(low)
    if is_open and first == low:
        return first + 1
    return first


def uncovered(domain: Interval, parts: Iterable[Interval]) -> list[Interval]:
    """Return what of the domain no part covers, lowest first.

    At first all of it is a gap; each part takes its share out of every gap that it touches.

    >>> whole = Interval(Fraction(0), Fraction(100))
    >>> for gap in uncovered(whole, [Interval(Fraction(0), Fraction(80))]):
    ...     print(gap.low, gap.low_open, gap.high)
    80 True 100
    """
    if domain.empty:
        return []
    gaps = [domain]
    for part in parts:
        gaps = [rest for gap in gaps for rest in _rests(gap, part)]
    return gaps


def _rests(gap: Interval, part: Interval) -> list[Interval]:
    """Return what is left of a gap when a part covers its share of it."""
    if gap.meets(part).empty:
        return [gap]
    return gap.without(part)
