"""What became of one rule, and how many points it can win and lose."""

from collections.abc import Callable
from typing import Any, NamedTuple

from cchc_rules.base.number import Pair, Rounding, half_up
from cchc_rules.base.state import Reason, State


class Result(NamedTuple):
    """What became of one rule: its points unrounded (`n`/`d` ticks) and rounded, and why."""

    state: State
    """Whether it is met, in part or not at all, or why that cannot be said."""
    reason: Reason
    """Where its points come from."""
    n: int
    """The numerator of its points before rounding, in ticks."""
    d: int
    """The denominator of its points before rounding, above zero."""
    earned: int
    """Its points in whole ticks, rounded half up once."""
    excluded: int = 0
    """The ticks of its weight that are neither earned nor lost."""
    rescales: bool = False
    """Whether what is excluded shrinks the maximum, so that the rest counts for more."""
    detail: Any = None
    """What the words need, by reason: the position of a tier or of a required rule, the units off
    the target (a pair), what a person gave, or the absence.
    """


class Worth(NamedTuple):
    """The most and the fewest points of a rule, in ticks."""

    weight: int
    """The most points: those of a rule that is met."""
    lowest: int
    """The fewest points, below zero where a rule may take points off."""
    rounding: Rounding | None = None
    """How its points are rounded, where the file says it."""

    @property
    def rounded(self) -> Callable[[int, int], int]:
        """What rounds its points of n/d ticks to whole ticks (semantics L1, L8)."""
        if self.rounding is None:
            return half_up
        return self.rounding.of

    def held(self, n: int, d: int) -> Pair:
        """Return n/d ticks held between the fewest and the most points.

        >>> Worth(weight=400, lowest=0).held(900, 2)
        (400, 1)
        """
        if n > self.weight * d:
            return self.weight, 1
        if n < self.lowest * d:
            return self.lowest, 1
        return n, d

    def result(
        self,
        n: int,
        d: int,
        reason: Reason,
        met: bool | None = None,
        detail: Any = None,
    ) -> Result:
        """Return the result of n/d ticks, which is rounded to whole ticks here and once.

        The state is that of the target (`met`), or of the points where there is no target.

        >>> result = Worth(weight=400, lowest=0).result(2909, 8, Reason.BELOW_TARGET, False)
        >>> str(result.state), result.earned
        ('partly_met', 364)
        """
        # Unrounded points decide (semantics L3): 3.999 of 4 are not all, shown as 4.00 or not.
        if met is None:
            met = n >= self.weight * d
        if met:
            state = State.MET
        elif n > 0:
            state = State.PARTLY_MET
        else:
            state = State.NOT_MET
        earned = half_up(n, d) if self.rounding is None else self.rounding.of(n, d)
        return Result(state, reason, n, d, earned, detail=detail)
