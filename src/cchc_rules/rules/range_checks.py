"""Do pieces and bands cover their range just once, and do points rise as the metric gets better?"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple, TypeAlias

from cchc_rules.base import number
from cchc_rules.base.interval import Interval, uncovered
from cchc_rules.base.messages import Figures
from cchc_rules.base.problem import Path, Problem, figure
from cchc_rules.rules.model import Band, Metric, Rule, Scalar
from cchc_rules.rules.value_function import (
    Among,
    Constant,
    Otherwise,
    Piece,
    Points,
    Staircase,
    ValueFunction,
    Within,
    value_function,
)

Problems: TypeAlias = Iterator[Problem]

EVERYTHING = Interval()


def range_text(interval: Interval) -> str:
    """Return an interval in signs that every language shares: `≥ 89, < 90`, or `= 5`."""
    if interval.low is not None and interval.low == interval.high:
        return f"= {number.plain(interval.low)}"
    edges = []
    if interval.low is not None:
        edges.append(
            f"{'>' if interval.low_open else '≥'} {number.plain(interval.low)}"
        )
    if interval.high is not None:
        edges.append(
            f"{'<' if interval.high_open else '≤'} {number.plain(interval.high)}"
        )
    return ", ".join(edges) or "−∞ … ∞"


def _range_argument(interval: Interval) -> Figures:
    """Return an interval as an argument, its figures to be said in the reader's language."""
    return Figures(range_text(interval))


def pieces(rule: Rule, metric: Metric, path: Path) -> Problems:
    """Yield holes and overlaps of graded pieces, pieces never reached, and points that fall.

    `path` is that of the deduction; each problem names the key of its piece.
    """
    function = value_function(rule, metric)
    catch_alls = [isinstance(piece.condition, Otherwise) for piece in function.pieces]
    if any(catch_alls[:-1]):
        shadowed = function.pieces[catch_alls.index(True) + 1]
        yield Problem("tier-unreachable", (*path, *shadowed.key))
    elif metric.numeric or function.axis.days_late:
        yield from _NumberLine(rule, metric, function, path).problems()
    else:
        yield from _words(metric, function, path)


class _Part(NamedTuple):
    """A part of the range that a piece takes, and its points at both ends where they are known."""

    interval: Interval
    points: Points

    @property
    def at_low(self) -> Fraction | None:
        """The points at the low end."""
        return points_at(self.points, self.interval.low)

    @property
    def at_high(self) -> Fraction | None:
        """The points at the high end."""
        return points_at(self.points, self.interval.high)


def points_at(points: Points, figure: Fraction | None) -> Fraction | None:
    """Return the points of a figure before they are held, None where a formula gives them.

    A constant has no need of the figure.

    >>> points_at(Staircase(Fraction(10), Fraction(2), Fraction(10)), Fraction(19))
    Fraction(28, 1)
    """
    if isinstance(points, Constant):
        if isinstance(points.points, Fraction):
            return points.points
        return None
    if figure is None or not isinstance(points, Staircase):
        return None
    if not isinstance(points.base, Fraction) or not isinstance(points.origin, Fraction):
        return None
    return points.base + points.each * abs(figure - points.origin) / points.step


class _NumberLine:
    """The pieces of one rule along the numbers that its metric can have."""

    def __init__(
        self, rule: Rule, metric: Metric, function: ValueFunction, path: Path
    ) -> None:
        self.rule = rule
        self.metric = metric
        self.function = function
        self.path = path
        self.late = function.axis.days_late
        self.whole = metric.whole or self.late
        self.domain = EVERYTHING if self.late else metric.range

    def problems(self) -> Problems:
        """Yield what is wrong, piece by piece, then holes, then points that fall."""
        taken: list[_Part] = []
        for piece in self.function.pieces:
            parts = self._parts(piece)
            if not isinstance(piece.condition, Otherwise) and all(
                part.empty for part in parts
            ):
                yield Problem("tier-unreachable", (*self.path, *piece.key))
            for part in parts:
                yield from self._overlap(piece, part, taken)
                if not part.empty:
                    taken.append(_Part(part, piece.points))
        last = self.function.pieces[-1]
        gaps = self._gaps([part.interval for part in taken])
        if isinstance(last.condition, Otherwise):
            if not gaps:
                yield Problem("tier-unreachable", (*self.path, *last.key))
            taken += [_Part(gap, last.points) for gap in gaps]
        elif gaps:
            yield Problem(
                "tiers-gap",
                (*self.path, last.key[0]),
                {"range": _range_argument(gaps[0])},
            )
        yield from self._falls(taken, (*self.path, last.key[0]))

    def _parts(self, piece: Piece) -> list[Interval]:
        """Return the parts of the metric's range that a piece names, none for a catch-all."""
        match piece.condition:
            case Within(interval):
                named = [interval]
            case Among(values):
                numbers = [value for value in values if isinstance(value, Fraction)]
                named = [Interval(value, value) for value in numbers]
            case _:
                named = []
        return [self._tidy(part).meets(self.domain) for part in named]

    def _tidy(self, interval: Interval) -> Interval:
        return interval.whole_only() if self.whole else interval

    def _overlap(
        self, piece: Piece, part: Interval, taken: Sequence[_Part]
    ) -> Problems:
        for other in taken:
            shared = other.interval.meets(part)
            if not shared.empty:
                arguments = {"range": _range_argument(shared)}
                yield Problem("tiers-overlap", (*self.path, *piece.key), arguments)
                return

    def _gaps(self, taken: list[Interval]) -> list[Interval]:
        """Return what no piece takes.

        Whole numbers leave no room between 3 and 4: neighbours are made to touch first.
        """
        if self.whole:
            taken = [_widened(part) for part in taken]
        gaps = [self._tidy(gap) for gap in uncovered(self.domain, taken)]
        return [gap for gap in gaps if not gap.empty]

    def _falls(self, parts: list[_Part], path: Path) -> Problems:
        """Points may not fall while the metric gets better (semantics law 4)."""
        better = "lower" if self.late else self.metric.better
        if better == "neither":
            return
        for part in parts:
            if _slopes_down(part.points, better):
                yield Problem(
                    "points-fall", path, _fall(part.interval, part.at_high, part.at_low)
                )
                return
        ordered = sorted(parts, key=lambda part: part.interval.low_key)
        known = [part for part in ordered if not _by_formula(part)]
        if better == "lower":
            known.reverse()
        for worse, part in pairwise(known):
            before = worse.at_high if better == "higher" else worse.at_low
            after = part.at_low if better == "higher" else part.at_high
            if before is not None and after is not None and after < before:
                yield Problem("points-fall", path, _fall(part.interval, after, before))
                return


def _by_formula(part: _Part) -> bool:
    return not isinstance(part.points, Constant | Staircase)


def _slopes_down(points: Points, better: str) -> bool:
    """Whether a staircase leads down while the metric gets better."""
    if not isinstance(points, Staircase):
        return False
    return points.each < 0 if better == "higher" else points.each > 0


def _fall(
    interval: Interval, after: Fraction | None, before: Fraction | None
) -> dict[str, str]:
    return {
        "range": _range_argument(interval),
        "points": _or_unknown(after),
        "before": _or_unknown(before),
    }


def _or_unknown(points: Fraction | None) -> str:
    return "?" if points is None else figure(points)


def _widened(part: Interval) -> Interval:
    """Return an interval of whole numbers with room up to the next ones on both sides."""
    low = None if part.low is None else part.low - 1
    high = None if part.high is None else part.high + 1
    return Interval(low, high, low_open=True, high_open=True)


def _words(metric: Metric, function: ValueFunction, path: Path) -> Problems:
    """Yield holes, overlaps and falling points of pieces over yes and no, or over levels."""
    everything: list[Scalar] = [level.vi for level in metric.levels]
    if metric.type == "yes_no":
        everything = [True, False]
    points: dict[Scalar, Fraction | None] = {}
    for piece in function.pieces:
        named = piece.condition.values if isinstance(piece.condition, Among) else None
        fresh = [
            value for value in dict.fromkeys(named or everything) if value not in points
        ]
        if named and len(fresh) < len(named):
            arguments = {"range": ", ".join(map(str, named))}
            yield Problem("tiers-overlap", (*path, *piece.key), arguments)
        elif not fresh:
            yield Problem("tier-unreachable", (*path, *piece.key))
        points |= dict.fromkeys(fresh, points_at(piece.points, None))
    key = function.pieces[-1].key[0]
    rest = [str(value) for value in everything if value not in points]
    if rest:
        yield Problem("tiers-gap", (*path, key), {"range": ", ".join(rest)})
        return
    yield from _words_fall(
        [points[value] for value in everything], metric, (*path, key)
    )


def _words_fall(points: list[Fraction | None], metric: Metric, path: Path) -> Problems:
    best_is_first = metric.better == ("lower" if metric.levels else "higher")
    best_first = points if best_is_first else points[::-1]
    known = [value for value in best_first if value is not None]
    for better, worse in pairwise(known):
        if worse > better and metric.better != "neither":
            arguments = {
                "range": metric.id,
                "points": figure(better),
                "before": figure(worse),
            }
            yield Problem("points-fall", path, arguments)
            return


def bands(ladder: tuple[Band, ...], scale: Fraction, possible: Interval) -> Problems:
    """Yield bands that overlap, leave a gap, or that no possible index lies in."""
    intervals = [band.interval for band in ladder]
    for position, interval in enumerate(intervals):
        if interval.meets(possible).empty:
            yield Problem("tier-unreachable", ("band", position))
        clash = [old for old in intervals[:position] if not old.meets(interval).empty]
        if clash:
            overlap = {"range": _range_argument(clash[0].meets(interval))}
            yield Problem("bands-overlap", ("band", position), overlap)
    if intervals:
        gaps = uncovered(_span([*intervals, Interval(Fraction(0), scale)]), intervals)
        if gaps:
            yield Problem("bands-gap", ("band", 0), {"range": _range_argument(gaps[0])})


def _span(parts: list[Interval]) -> Interval:
    """Return the interval from the lowest end of some intervals to the highest."""
    low = min(parts, key=lambda part: part.low_key)
    high = max(
        parts, key=lambda part: (part.high is None, part.high or 0, not part.high_open)
    )
    return Interval(low.low, high.high, low.low_open, high.high_open)
