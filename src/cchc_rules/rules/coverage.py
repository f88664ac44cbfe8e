"""Do tiers and bands cover their range once, and do points rise with the metric?"""

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from typing import TypeAlias

from cchc_rules.base import number
from cchc_rules.base.interval import Interval, uncovered
from cchc_rules.base.problem import Path, Problem
from cchc_rules.rules.dependencies import constant
from cchc_rules.rules.model import Band, Deduction, Metric, Rule, Scalar, Tier

Problems: TypeAlias = Iterator[Problem]

EVERYTHING = Interval()


def range_text(interval: Interval) -> str:
    """Return an interval in signs that every language shares: `≥ 89, < 90`, or `= 5`."""
    if interval.low is not None and interval.low == interval.high:
        return f"= {number.plain(interval.low)}"
    low = (
        ""
        if interval.low is None
        else f"{'>' if interval.low_open else '≥'} {number.plain(interval.low)}"
    )
    high = (
        ""
        if interval.high is None
        else f"{'<' if interval.high_open else '≤'} {number.plain(interval.high)}"
    )
    return ", ".join(edge for edge in (low, high) if edge) or "−∞ … ∞"


def tiers(rule: Rule, metric: Metric, path: Path) -> Problems:
    """The tiers cover the metric's range once, in falling or rising order of worth."""
    steps = rule.deduction.tiers
    if any(tier.otherwise for tier in steps[:-1]):
        yield Problem(
            "tier-unreachable",
            (*path, [tier.otherwise for tier in steps].index(True) + 1),
        )
        return
    if metric.numeric or rule.deduction.of:
        pieces = [_pieces(tier, metric, rule.deduction) for tier in steps]
        yield from _number_ladder(rule, metric, pieces, path)
    else:
        yield from _value_ladder(rule, metric, path)


def _domain(metric: Metric, deduction: Deduction) -> Interval:
    return EVERYTHING if deduction.of else metric.range


def _tidy(interval: Interval, metric: Metric, deduction: Deduction) -> Interval:
    return interval.whole_only() if metric.whole or deduction.of else interval


def _pieces(tier: Tier, metric: Metric, deduction: Deduction) -> list[Interval]:
    """Return the parts of the metric's range that a tier names (none for `otherwise`)."""
    parts = [tier.interval] if tier.interval is not None else []
    parts += [
        Interval(value, value)
        for value in tier.values or ()
        if isinstance(value, Fraction)
    ]
    return [
        _tidy(part, metric, deduction).meets(_domain(metric, deduction))
        for part in parts
    ]


def _number_ladder(
    rule: Rule, metric: Metric, steps: list[list[Interval]], path: Path
) -> Problems:
    tiers = rule.deduction.tiers
    domain = _domain(metric, rule.deduction)
    taken: list[Interval] = []
    for at, (tier, parts) in enumerate(zip(tiers, steps, strict=True)):
        if not tier.otherwise and all(part.empty for part in parts):
            yield Problem("tier-unreachable", (*path, at))
        for part in parts:
            clash = [old for old in taken if not old.meets(part).empty]
            if clash:
                yield Problem(
                    "tiers-overlap",
                    (*path, at),
                    {"range": range_text(clash[0].meets(part))},
                )
            taken += [] if part.empty else [part]
    gaps = [
        _tidy(gap, metric, rule.deduction)
        for gap in uncovered(domain, _closed(taken, metric, rule.deduction))
    ]
    gaps = [gap for gap in gaps if not gap.empty]
    if gaps and not tiers[-1].otherwise:
        yield Problem("tiers-gap", path, {"range": range_text(gaps[0])})
    if not gaps and tiers[-1].otherwise:
        yield Problem("tier-unreachable", (*path, len(tiers) - 1))
    direction = "lower" if rule.deduction.of else metric.better
    yield from _falls(rule, [*zip(tiers, steps, strict=True)], gaps, direction, path)


def _closed(
    parts: list[Interval], metric: Metric, deduction: Deduction
) -> list[Interval]:
    """Whole numbers leave no room between 3 and 4: let neighbouring steps touch."""
    if not (metric.whole or deduction.of):
        return parts
    one = Fraction(1)
    return [
        Interval(
            None if part.low is None else part.low - one,
            None if part.high is None else part.high + one,
            True,
            True,
        )
        for part in parts
    ]


def _falls(
    rule: Rule,
    steps: list[tuple[Tier, list[Interval]]],
    gaps: list[Interval],
    direction: str,
    path: Path,
) -> Problems:
    """Points may not fall while the metric gets better (semantics law 4)."""
    if direction == "neither":
        return
    worth = [
        (part, constant(rule, tier))
        for tier, parts in steps
        for part in parts
        if not part.empty
    ]
    worth += [
        (gap, constant(rule, steps[-1][0])) for gap in gaps if steps[-1][0].otherwise
    ]
    worth.sort(
        key=lambda item: (item[0].low is not None, item[0].low or 0, item[0].low_open)
    )
    known = [(part, points) for part, points in worth if points is not None]
    if direction == "lower":
        known.reverse()
    for (_, before), (part, after) in pairwise(known):
        if after < before:
            places = {
                "range": range_text(part),
                "points": number.plain(after),
                "before": number.plain(before),
            }
            yield Problem("points-fall", path, places)
            return


def _value_ladder(rule: Rule, metric: Metric, path: Path) -> Problems:
    tiers = rule.deduction.tiers
    everything = (
        [True, False]
        if metric.type == "yes_no"
        else [level.vi for level in metric.levels]
    )
    worth: dict[Scalar, Fraction | None] = {}
    for at, tier in enumerate(tiers):
        named = everything if tier.values is None else tier.values
        fresh = [value for value in dict.fromkeys(named) if value not in worth]
        if tier.values and len(fresh) < len(tier.values):
            yield Problem(
                "tiers-overlap",
                (*path, at),
                {"range": ", ".join(map(str, tier.values))},
            )
        elif not fresh:
            yield Problem("tier-unreachable", (*path, at))
        worth |= dict.fromkeys(fresh, constant(rule, tier))
    rest = [str(value) for value in everything if value not in worth]
    if rest:
        yield Problem("tiers-gap", path, {"range": ", ".join(rest)})
        return
    yield from _value_falls([worth[value] for value in everything], metric, path)


def _value_falls(points: list[Fraction | None], metric: Metric, path: Path) -> Problems:
    best_first = (
        points
        if metric.better == ("lower" if metric.levels else "higher")
        else points[::-1]
    )
    known = [value for value in best_first if value is not None]
    for before, after in pairwise(known):
        if after > before and metric.better != "neither":
            yield Problem(
                "points-fall",
                path,
                {
                    "range": metric.id,
                    "points": number.plain(before),
                    "before": number.plain(after),
                },
            )
            return


def bands(ladder: tuple[Band, ...], scale: Fraction) -> Problems:
    """The bands cover the scale once."""
    intervals = [band.interval for band in ladder]
    for at, interval in enumerate(intervals):
        if interval.meets(Interval(Fraction(0), scale)).empty:
            yield Problem("tier-unreachable", ("band", at))
        clash = [old for old in intervals[:at] if not old.meets(interval).empty]
        if clash:
            yield Problem(
                "bands-overlap",
                ("band", at),
                {"range": range_text(clash[0].meets(interval))},
            )
    gaps = uncovered(Interval(Fraction(0), scale), intervals) if intervals else []
    if gaps:
        yield Problem("bands-gap", ("band", 0), {"range": range_text(gaps[0])})
