"""What became of one rule, and how many points it can win and lose."""

from typing import Any, NamedTuple

from cchc_rules.base.number import Pair, half_up
from cchc_rules.base.state import Reason, State


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


class Worth(NamedTuple):
    """The most and the fewest points of a rule, in ticks."""

    weight: int
    lowest: int

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
        """Return the result of n/d ticks, which is rounded half up to whole ticks here and once.

        The state is that of the target (`met`), or of the points where there is no target.
        """
        if met is None:
            met = n >= self.weight * d
        if met:
            state = State.MET
        elif n > 0:
            state = State.PARTLY_MET
        else:
            state = State.NOT_MET
        return Result(state, reason, n, d, half_up(n, d), detail=detail)
