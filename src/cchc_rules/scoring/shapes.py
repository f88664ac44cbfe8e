"""The scoring shapes as small pure functions over exact integers.

A shape takes the metric's figure, a pair of integers, and gives the points as a fraction of ticks
(10^-places of a point): numerator, denominator, reason, and what the explanation needs. Each is
made once, when a rule set is compiled; outcomes that never change are made then too.
"""

from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple, TypeAlias

from cchc_rules.base.interval import Interval
from cchc_rules.base.number import Pair, half_up
from cchc_rules.base.state import Reason, State

Test: TypeAlias = Callable[[Pair], bool]
"""Whether a figure reaches the target, compared unrounded."""


class Result(NamedTuple):
    """What became of one rule: its points unrounded (`n`/`d` ticks) and rounded, and why.

    `detail` is what the words need, by reason: the position of a tier or of a required rule, the
    units off the target (a pair), what a person gave, or the absence.
    """

    state: State
    reason: Reason
    n: int
    d: int
    earned: int
    excluded: int = 0
    rescales: bool = False
    detail: Any = None


Shape: TypeAlias = Callable[[Pair], Result]


class Worth(NamedTuple):
    """The most and the fewest points of a rule, in ticks."""

    weight: int
    lowest: int

    def held(self, n: int, d: int) -> Pair:
        """Return n/d held between the fewest and the most points."""
        if n > self.weight * d:
            return self.weight, 1
        return (self.lowest, 1) if n < self.lowest * d else (n, d)

    def result(
        self,
        n: int,
        d: int,
        reason: Reason,
        met: bool | None = None,
        detail: Any = None,
    ) -> Result:
        """Return the result of so many points, its state by the target, or by the points where
        there is none.
        """
        if met is None:
            met = n >= self.weight * d
        state = State.MET if met else State.PARTLY_MET if n > 0 else State.NOT_MET
        return Result(state, reason, n, d, half_up(n, d), detail=detail)


def comparison(comparator: str, threshold: Fraction) -> Test:
    """Return the test of an order comparator against a fixed number."""
    tn = threshold.numerator
    td = threshold.denominator
    tests: dict[str, Test] = {
        ">=": lambda v: v[0] * td >= tn * v[1],
        ">": lambda v: v[0] * td > tn * v[1],
        "<=": lambda v: v[0] * td <= tn * v[1],
        "<": lambda v: v[0] * td < tn * v[1],
        "==": lambda v: v[0] * td == tn * v[1],
        "!=": lambda v: v[0] * td != tn * v[1],
    }
    return tests[comparator]


def within(interval: Interval) -> Test:
    """Return the test for lying inside an interval."""
    tests: list[Test] = []
    if interval.low is not None:
        tests.append(comparison(">" if interval.low_open else ">=", interval.low))
    if interval.high is not None:
        tests.append(comparison("<" if interval.high_open else "<=", interval.high))
    if len(tests) == 1:
        return tests[0]
    return lambda v: all(test(v) for test in tests)


def among(values: frozenset[Fraction]) -> Test:
    """Return the test for being one of some values."""
    tests = [comparison("==", value) for value in values]
    if len(tests) == 1:
        return tests[0]
    return lambda v: any(test(v) for test in tests)


def all_or_nothing(worth: Worth, met: Test, scored: bool = True) -> Shape:
    """Return the shape that gives the weight, or the fewest points; not `scored`: information only."""
    full, none = (
        (Reason.TARGET_MET, Reason.TARGET_MISSED)
        if scored
        else (Reason.INFORMATION, Reason.INFORMATION)
    )
    reached = Result(State.MET, full, worth.weight, 1, worth.weight)
    missed = Result(State.NOT_MET, none, worth.lowest, 1, worth.lowest)
    return lambda v: reached if met(v) else missed


def proportional(
    worth: Worth,
    rising: bool,
    target: Fraction,
    start: Fraction,
    floor: Fraction | None,
) -> Shape:
    """Return the shape weight × (value − start) / (target − start), capped at the target, nothing
    below the floor.
    """
    reached = Result(State.MET, Reason.TARGET_MET, worth.weight, 1, worth.weight)
    under = Result(State.NOT_MET, Reason.BELOW_FLOOR, 0, 1, 0)
    met = comparison(">=" if rising else "<=", target)
    nothing = comparison("<" if rising else ">", floor) if floor is not None else None
    reachable = target > start if rising else target < start
    slope = Fraction(worth.weight) / (target - start) if reachable else Fraction(0)
    kn = slope.numerator
    kd = slope.denominator * start.denominator
    sn = start.numerator
    sd = start.denominator
    low = worth.lowest
    partly = State.PARTLY_MET
    missed = State.NOT_MET
    reason = Reason.BELOW_TARGET

    def shape(v: Pair) -> Result:
        if met(v):
            return reached
        if nothing is not None and nothing(v):
            return under
        n, d = v
        n = kn * (n * sd - sn * d)
        d = kd * d
        if n <= low * d:
            n = low
            d = 1
        return Result(partly if n > 0 else missed, reason, n, d, half_up(n, d))

    return shape


def units_off(v: Pair, target: Fraction, loss: "Loss") -> Pair:
    """Return how many units lie between a figure and its target: exact, each begun one (`started`),
    full (`whole`).
    """
    n = abs(v[0] * target.denominator - target.numerator * v[1])
    d = v[1] * target.denominator
    n = n * loss.step.denominator
    d = d * loss.step.numerator
    if loss.rounding == "exact":
        return n, d
    return (-(-n // d) if loss.rounding == "started" else n // d), 1


class Loss(NamedTuple):
    """What each unit off the target costs, in ticks, how large a unit is, and how parts of one
    count.
    """

    each: Fraction
    step: Fraction
    rounding: str


def per_unit(worth: Worth, rising: bool, target: Fraction, loss: Loss) -> Shape:
    """Return the shape weight − loss × units off the target, at least the fewest points."""
    met = comparison(">=" if rising else "<=", target)
    reached = Result(State.MET, Reason.TARGET_MET, worth.weight, 1, worth.weight)
    each_n = loss.each.numerator
    each_d = loss.each.denominator

    def shape(v: Pair) -> Result:
        if met(v):
            return reached
        units = n, d = units_off(v, target, loss)
        n, d = worth.held(worth.weight * d * each_d - each_n * n, d * each_d)
        return worth.result(n, d, Reason.UNITS_OFF, False, units)

    return shape


TierTest: TypeAlias = Callable[[Pair], bool]
TierPoints: TypeAlias = "Callable[[Pair], Pair] | Pair"


def tiers(
    worth: Worth, steps: list[tuple[TierTest, TierPoints]], met: Test | None
) -> Shape:
    """Return the ladder: the points of the first step whose test holds (steps cover everything,
    once).
    """
    fixed = [
        (
            at,
            test,
            points
            if callable(points)
            else _tier_results(worth, points, at, met is not None),
        )
        for at, (test, points) in enumerate(steps)
    ]

    def shape(v: Pair) -> Result:
        for at, test, points in fixed:
            if test(v):
                reached = met(v) if met else None
                if callable(points):
                    return worth.result(
                        *worth.held(*points(v)), Reason.TIER, reached, at
                    )
                return points[bool(reached)]
        raise AssertionError(
            v
        )  # pragma: no cover - the checks hold that steps cover everything

    return shape


def _tier_results(
    worth: Worth, points: Pair, at: int, targeted: bool
) -> tuple[Result, Result]:
    if targeted:
        missed, reached = (
            worth.result(*points, Reason.TIER, met, at) for met in (False, True)
        )
        return missed, reached
    result = worth.result(*points, Reason.TIER, None, at)
    return result, result
