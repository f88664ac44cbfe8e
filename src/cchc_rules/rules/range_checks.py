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
    Units,
    ValueFunction,
    Within,
    value_function,
)

Problems: TypeAlias = Iterator[Problem]

EVERYTHING = Interval()


def range_text(interval: Interval) -> str:
    """Return an interval in signs that every language shares.

    >>> range_text(Interval(Fraction(89), Fraction(90), high_open=True))
    '≥ 89, < 90'
    >>> range_text(Interval(Fraction(5), Fraction(5))), range_text(Interval())
    ('= 5', '−∞ … ∞')
    """
    low = interval.low
    high = interval.high
    if low is not None and low == high:
        return f"= {number.plain(low)}"
    edges = []
    if low is not None:
        sign = ">" if interval.low_open else "≥"
        edges.append(f"{sign} {number.plain(low)}")
    if high is not None:
        sign = "<" if interval.high_open else "≤"
        edges.append(f"{sign} {number.plain(high)}")
    return ", ".join(edges) or "−∞ … ∞"


def _range_argument(interval: Interval) -> Figures:
    """Return an interval as an argument, its figures to be said in the reader's language."""
    return Figures(range_text(interval))


def pieces(rule: Rule, metric: Metric, path: Path) -> Problems:
    """Yield holes and overlaps of graded pieces, pieces never reached, and points that fall.

    `path` is that of the deduction; each problem names the key of its piece.
    """
    function = value_function(rule, metric)
    # Pieces are tried from the first on, so one for everything else leaves nothing to those after
    # it. What they cover does not matter then, and nothing more is reported.
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
    rule: Rule

    @property
    def at_low(self) -> Fraction | None:
        """The points at the low end, or just above it where it is open."""
        interval = self.interval
        return self._held(points_at(self.points, interval.low, int(interval.low_open)))

    @property
    def at_high(self) -> Fraction | None:
        """The points at the high end, or just below it where it is open."""
        interval = self.interval
        return self._held(
            points_at(self.points, interval.high, -int(interval.high_open))
        )

    def _held(self, points: Fraction | None) -> Fraction | None:
        """Return points held between the fewest and the most: a slope may lead beyond both."""
        if points is None:
            return None
        return min(self.rule.weight, max(self.rule.lowest, points))


def points_at(
    points: Points, figure: Fraction | None, side: int = 0
) -> Fraction | None:
    """Return the points of a figure before they are held, None where a formula gives them.

    A constant has no need of the figure.

    Args:
        points: what a piece gives.
        figure: the figure, None where an end of a range has none.
        side: 0 for the figure itself, 1 for what lies just above it, and −1 just below, where full
            or begun units may be one more or one less.

    >>> points_at(Staircase(Fraction(10), Fraction(2), Fraction(10)), Fraction(19))
    Fraction(28, 1)
    >>> whole = Staircase(Fraction(1), Fraction(1), Fraction(20), Fraction(5), "whole")
    >>> points_at(whole, Fraction(30)), points_at(whole, Fraction(30), -1)
    (Fraction(3, 1), Fraction(2, 1))
    """
    if isinstance(points, Constant):
        if isinstance(points.points, Fraction):
            return points.points
        return None
    if figure is None or not isinstance(points, Staircase):
        return None
    base = points.base
    origin = points.origin
    # A staircase down from a target begins at a figure that a submission may decide.
    if not isinstance(base, Fraction) or not isinstance(origin, Fraction):
        return None
    # Beyond the origin “just above” is farther off, short of it nearer.
    outwards = side
    if figure < origin:
        outwards = -side
    units = _counted(abs(figure - origin) / points.step, points.units, outwards)
    return base + points.each * units


def _counted(units: Fraction, way: Units, outwards: int) -> Fraction:
    """Return units with their parts counted; `outwards` is 1 just beyond them, −1 just short."""
    if way == "exact":
        return units
    if way == "whole" and outwards < 0:
        # Just short of three full units there are two.
        return number.ceiling(units) - 1
    if way == "started" and outwards > 0:
        # Just beyond three full units the fourth has begun.
        return number.floor(units) + 1
    if way == "whole":
        return number.floor(units)
    return number.ceiling(units)


class _NumberLine:
    """The pieces of one rule along the numbers that its metric can have.

    Of tiers `from = 90`, `from = 80, to = 90` and `below = 80` over a percentage, the second and
    the first have 90 in common (an overlap), and nothing is left over (no hole).
    """

    def __init__(
        self, rule: Rule, metric: Metric, function: ValueFunction, path: Path
    ) -> None:
        self.rule = rule
        self.metric = metric
        self.function = function
        self.path = path
        self.late = function.axis.days_late
        self.whole = metric.whole or self.late
        # A day before the deadline is a negative number of days late.
        self.domain = metric.range
        if self.late:
            self.domain = EVERYTHING

    def problems(self) -> Problems:
        """Yield what is wrong, piece by piece, then holes, then points that fall."""
        taken: list[_Part] = []
        for piece in self.function.pieces:
            parts = self._parts(piece)
            is_catch_all = isinstance(piece.condition, Otherwise)
            if not is_catch_all and all(part.empty for part in parts):
                yield Problem("tier-unreachable", (*self.path, *piece.key))
            for part in parts:
                yield from self._overlap(piece, part, taken)
                if not part.empty:
                    taken.append(_Part(part, piece.points, self.rule))
        last = self.function.pieces[-1]
        # What concerns all pieces is reported at the list: `tiers` or `brackets`.
        list_path = (*self.path, last.key[0])
        gaps = self._gaps([part.interval for part in taken])
        if isinstance(last.condition, Otherwise):
            # The last piece takes what is left over, and there must be something left.
            if not gaps:
                yield Problem("tier-unreachable", (*self.path, *last.key))
            taken += [_Part(gap, last.points, self.rule) for gap in gaps]
        elif gaps:
            arguments = {"range": _range_argument(gaps[0])}
            yield Problem("tiers-gap", list_path, arguments)
        yield from self._falls(taken, list_path)

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
        """Return an interval with ends that values can have: of counts, `> 3` is `≥ 4`."""
        if not self.whole:
            return interval
        return interval.whole_only()

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

        Among whole numbers nothing lies between 3 and 4, so neighbours are made to touch first.
        """
        if self.whole:
            taken = [_widened(part) for part in taken]
        gaps = [self._tidy(gap) for gap in uncovered(self.domain, taken)]
        return [gap for gap in gaps if not gap.empty]

    def _falls(self, parts: list[_Part], path: Path) -> Problems:
        """Points may not fall while the metric gets better (semantics law 4).

        Points may fall within a piece, or from one piece to the next: the points at the best end of
        the worse piece are compared with those at the worst end of the better one. What a formula
        gives is not known here, so such pieces are passed over.
        """
        better = self.metric.better
        if self.late:
            better = "lower"
        if better == "neither":
            return
        for part in parts:
            if _slopes_down(part.points, better):
                fall = _fall(part.interval, part.at_high, part.at_low)
                yield Problem("points-fall", path, fall)
                return
        ordered = sorted(parts, key=lambda part: part.interval.low_key)
        known = [part for part in ordered if not _by_formula(part)]
        if better == "lower":
            known.reverse()
        for worse, part in pairwise(known):
            if better == "higher":
                before = worse.at_high
                after = part.at_low
            else:
                before = worse.at_low
                after = part.at_high
            if before is not None and after is not None and after < before:
                fall = _fall(part.interval, after, before)
                yield Problem("points-fall", path, fall)
                return


def _by_formula(part: _Part) -> bool:
    return not isinstance(part.points, Constant | Staircase)


def _slopes_down(points: Points, better: str) -> bool:
    """Whether a staircase leads down while the metric gets better."""
    if not isinstance(points, Staircase):
        return False
    # Points rise with the figure where `each` is above zero.
    if better == "higher":
        return points.each < 0
    return points.each > 0


def _fall(
    interval: Interval, after: Fraction | None, before: Fraction | None
) -> dict[str, str]:
    return {
        "range": _range_argument(interval),
        "points": _or_unknown(after),
        "before": _or_unknown(before),
    }


def _or_unknown(points: Fraction | None) -> str:
    if points is None:
        return "?"
    return figure(points)


def _widened(part: Interval) -> Interval:
    """Return an interval of whole numbers with room up to the next ones on both sides.

    3 to 5 becomes everything between 2 and 6, and 6 to 8 everything between 5 and 9: no gap is left
    between the two.
    """
    low = part.low
    high = part.high
    if low is not None:
        low -= 1
    if high is not None:
        high += 1
    return Interval(low, high, low_open=True, high_open=True)


def _words(metric: Metric, function: ValueFunction, path: Path) -> Problems:
    """Yield holes, overlaps and falling points of pieces over yes and no, or over levels."""
    everything: list[Scalar] = [level.vi for level in metric.levels]
    if metric.type == "yes_no":
        everything = [True, False]
    # Each word with the points of the first piece that names it.
    points: dict[Scalar, Fraction | None] = {}
    for piece in function.pieces:
        # A piece for everything else names none.
        named: tuple[Scalar, ...] = ()
        if isinstance(piece.condition, Among):
            named = piece.condition.values
        words = dict.fromkeys(named or everything)
        fresh = [word for word in words if word not in points]
        piece_path = (*path, *piece.key)
        # A word that one piece names twice is an overlap too.
        if len(fresh) < len(named):
            arguments = {"range": ", ".join(map(str, named))}
            yield Problem("tiers-overlap", piece_path, arguments)
        elif not fresh:
            yield Problem("tier-unreachable", piece_path)
        points |= dict.fromkeys(fresh, points_at(piece.points, None))
    list_path = (*path, function.pieces[-1].key[0])
    rest = [str(word) for word in everything if word not in points]
    if rest:
        yield Problem("tiers-gap", list_path, {"range": ", ".join(rest)})
        return
    in_order = [points[word] for word in everything]
    yield from _words_fall(in_order, metric, list_path)


def _words_fall(points: list[Fraction | None], metric: Metric, path: Path) -> Problems:
    """Yield the first step from a better word to a worse one that earns more (semantics law 4).

    Levels stand in the order of the file, of which `better` names the end: "lower" says that the
    first is the best. Of yes and no, yes stands first, and is the "higher" one.
    """
    best_is_first = metric.better == ("lower" if metric.levels else "higher")
    best_first = points
    if not best_is_first:
        best_first = points[::-1]
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
    """Yield bands that overlap, leave a gap, or that no possible index lies in.

    Args:
        ladder: the bands in the order of the file.
        scale: the index of a unit that loses nothing.
        possible: the interval outside of which no index lies.
    """
    intervals = [band.interval for band in ladder]
    for position, interval in enumerate(intervals):
        if interval.meets(possible).empty:
            yield Problem("tier-unreachable", ("band", position))
        shared = [old.meets(interval) for old in intervals[:position]]
        overlaps = [part for part in shared if not part.empty]
        if overlaps:
            arguments = {"range": _range_argument(overlaps[0])}
            yield Problem("bands-overlap", ("band", position), arguments)
    if intervals:
        # Bands may go beyond the scale, for bonus points; there must be no hole there either.
        whole_scale = Interval(Fraction(0), scale)
        everything = _span([*intervals, whole_scale])
        gaps = uncovered(everything, intervals)
        if gaps:
            arguments = {"range": _range_argument(gaps[0])}
            yield Problem("bands-gap", ("band", 0), arguments)


def _span(parts: list[Interval]) -> Interval:
    """Return the interval from the lowest end of some intervals to the highest."""
    lowest = min(parts, key=lambda part: part.low_key)
    highest = max(parts, key=_high_key)
    return Interval(lowest.low, highest.high, lowest.low_open, highest.high_open)


def _high_key(part: Interval) -> tuple[bool, Fraction, bool]:
    """Return what high ends are sorted by: no end is the highest, then the higher, then closed."""
    is_endless = part.high is None
    return is_endless, part.high or Fraction(0), not part.high_open
