"""What a plan is to reach: an index, or a band with the gates that hold it down."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations

from cchc_rules.base import number
from cchc_rules.base.problem import Problem, SubmissionError, nearest, quoted
from cchc_rules.rules.model import Band
from cchc_rules.scoring.needs import CompiledGate, CompiledNeed
from cchc_rules.scoring.scoring import Scoring
from cchc_rules.scoring.totals import Sum


@dataclass(frozen=True)
class PlanGoal:
    """An index of at least `index`, or a band of at least `band`.

    `ticks` is what the unrounded index must come to, `strict` whether it must lie above that; None
    where every index will do. `needs` are the conditions of gates that hold the band down while
    they are not there. `ladder` holds the ids of all bands, the lowest first.
    """

    index: Fraction | None
    band: Band | None
    ticks: Fraction | None
    strict: bool = False
    needs: tuple[CompiledNeed, ...] = ()
    ladder: tuple[str, ...] = ()
    alternatives: "tuple[PlanGoal, ...]" = ()
    """Other ways to the same band: higher in the ladder, where some gates still lower it."""

    def reached(self, scoring: Scoring) -> bool:
        """Whether a scoring reaches the goal, gates included."""
        if self.band is None:
            return self.high_enough(scoring.index)
        band = scoring.banding().band
        # Where nothing is left to score there is no band.
        if band is None:
            return False
        reached = self.ladder.index(band.id)
        wanted = self.ladder.index(self.band.id)
        return reached >= wanted

    def high_enough(self, index: Sum) -> bool:
        """Whether an index is high enough; gates are another matter."""
        if self.ticks is None:
            return True
        if not index.scored:
            return False
        exact_ticks = index.exact * index.unit
        if self.strict:
            return exact_ticks > self.ticks
        return exact_ticks >= self.ticks


def index_goal(scoring: Scoring, index: Fraction) -> PlanGoal:
    """Return the goal of an unrounded index of at least so many points.

    An index of 84.996 is shown as 85.00 and does not reach 85.
    """
    ticks = index * scoring.compiled.unit
    return PlanGoal(index, None, ticks)


def band_goal(scoring: Scoring, id_: str) -> PlanGoal:
    """Return the goal of a band or a better one; raise `SubmissionError` where there is no such
    band.
    """
    ladder = {band.id: band for band in scoring.ladder}
    ids = tuple(ladder)  # the lowest band first
    if id_ not in ladder:
        arguments = {"name": quoted(id_), "nearest": nearest(id_, ids)}
        raise SubmissionError([Problem("unknown-band", ("band",), arguments)])
    # A gate that still allows the band, or a better one, does not stand in the way.
    wanted = ids.index(id_)
    goals = []
    for left_closed in _lowerings_left(scoring):
        # Whoever is lowered by two bands has to come two bands higher.
        lowered = sum(gate.gate.lower_by for gate in left_closed)
        if wanted + lowered < len(ids):
            position = wanted + lowered
            goal = _goal(scoring, ladder[id_], position, left_closed)
            goals.append(goal)
    first, *others = goals
    return replace(first, alternatives=tuple(others))


MOST_LOWERINGS = 4
"""Of so many gates that lower by bands every choice is tried of those that stay closed."""


def _lowerings_left(scoring: Scoring) -> Iterator[tuple[CompiledGate, ...]]:
    """Yield the choices of gates that lower by bands and may stay closed; none of them first."""
    gates = [gate for gate in scoring.compiled.band_gates if gate.gate.lower_by]
    for count in range(min(len(gates), MOST_LOWERINGS) + 1):
        yield from combinations(gates, count)


def _goal(
    scoring: Scoring,
    band: Band,
    position: int,
    left_closed: tuple[CompiledGate, ...],
) -> PlanGoal:
    """Return the goal of an index in the band at a position, with gates that stay closed."""
    needs: list[CompiledNeed] = []
    for gate in scoring.compiled.band_gates:
        lowers = gate.at_most < position or gate.gate.lower_by > 0
        if lowers and gate not in left_closed:
            needs += gate.needs
    ladder = scoring.ladder
    read = scoring.rules.bands_read
    ticks, strict = _lower_edge(ladder[position], scoring.compiled.unit, read)
    return PlanGoal(
        index=None,
        band=band,
        ticks=ticks,
        strict=strict,
        needs=tuple(needs),
        ladder=tuple(step.id for step in ladder),
    )


def _lower_edge(band: Band, unit: int, read: str) -> tuple[Fraction | None, bool]:
    """Return what the unrounded index must come to, in ticks, and whether it must lie above that.

    Where bands read the index shown, that index reaches an edge when the unrounded one lies at most
    half a tick below it: an index of 66.666… is shown as 66.67 and in a band from 66.67.
    """
    low = band.interval.low
    above = band.interval.low_open
    if low is None:
        return None, False
    edge = low * unit
    if read == "exact":
        return edge, above
    if above:
        first_tick = number.floor(edge) + 1
    else:
        first_tick = number.ceiling(edge)
    return first_tick - Fraction(1, 2), False
