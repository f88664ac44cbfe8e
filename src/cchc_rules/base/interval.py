"""Intervals of exact numbers, each end open or closed: what tiers, bands and `between` declare."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from cchc_rules.base import number


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
    high_open: bool = False

    @property
    def low_key(self) -> tuple[bool, Fraction, bool]:
        """A key by which intervals are sorted from the left: no lower end, then the lowest."""
        return _low_key(self._low_end())

    def holds(self, value: Fraction) -> bool:
        """Whether the value lies inside."""
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
        """Whether no number lies inside."""
        if self.low is None or self.high is None:
            return False
        return self.low > self.high or (
            self.low == self.high and (self.low_open or self.high_open)
        )

    def meets(self, other: "Interval") -> "Interval":
        """Return the numbers that lie inside both; an empty interval where there are none."""
        low, low_open = max(self._low_end(), other._low_end(), key=_low_key)
        high, high_open = min(self._high_end(), other._high_end(), key=_high_key)
        return Interval(low, high, low_open, high_open)

    def without(self, other: "Interval") -> list["Interval"]:
        """Return the parts of this interval that the other leaves uncovered, lowest first.

        Where the other begins closed, the part below it ends open, and the other way round.
        """
        parts = []
        if other.low is not None:
            parts.append(
                self.meets(Interval(None, other.low, False, not other.low_open))
            )
        if other.high is not None:
            parts.append(
                self.meets(Interval(other.high, None, not other.high_open, False))
            )
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

    def _low_end(self) -> tuple[Fraction | None, bool]:
        return self.low, self.low_open

    def _high_end(self) -> tuple[Fraction | None, bool]:
        return self.high, self.high_open


# Ends are compared by keys. A low end without a number is lower than any with one; of two at
# one number the closed one is, since it holds that number. High ends are the mirror image.


def _low_key(end: tuple[Fraction | None, bool]) -> tuple[bool, Fraction, bool]:
    value, is_open = end
    return value is not None, value or Fraction(0), is_open


def _high_key(end: tuple[Fraction | None, bool]) -> tuple[bool, Fraction, bool]:
    value, is_open = end
    return value is None, value or Fraction(0), not is_open


def _first_whole(low: Fraction, is_open: bool) -> Fraction:
    first = number.ceiling(low)
    if is_open and first == low:
        return first + 1
    return first


def uncovered(domain: Interval, parts: Iterable[Interval]) -> list[Interval]:
    """Return what of the domain no part covers, lowest first.

    >>> whole = Interval(Fraction(0), Fraction(100))
    >>> for gap in uncovered(whole, [Interval(Fraction(0), Fraction(80))]):
    ...     print(gap.low, gap.low_open, gap.high)
    80 True 100
    """
    gaps = [] if domain.empty else [domain]
    for part in parts:
        gaps = [rest for gap in gaps for rest in _rests(gap, part)]
    return gaps


def _rests(gap: Interval, part: Interval) -> list[Interval]:
    """Return what is left of a gap when a part covers its share of it."""
    if gap.meets(part).empty:
        return [gap]
    return gap.without(part)
