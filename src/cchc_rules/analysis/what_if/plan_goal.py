"""What a plan is to reach: an index, or a band with the gates that hold it down."""

from dataclasses import dataclass
from fractions import Fraction

from cchc_rules.base import number
from cchc_rules.base.problem import Problem, SubmissionError, nearest, quoted
from cchc_rules.rules.model import Band
from cchc_rules.scoring.scoring import Scoring
from cchc_rules.scoring.totals import Sum


@dataclass(frozen=True)
class PlanGoal:
    """An index of at least `index`, or a band of at least `band`.

    `ticks` is what the unrounded index must come to, `strict` whether it must lie above that; None
    where every index will do. `gates` are the positions of the rules that hold the band down while
    they are closed. `ladder` holds the ids of all bands, the lowest first.
    """

    index: Fraction | None
    band: Band | None
    ticks: Fraction | None
    strict: bool = False
    gates: tuple[int, ...] = ()
    ladder: tuple[str, ...] = ()

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
    rules = scoring.rules
    ladder = {band.id: band for band in scoring.ladder}
    ids = tuple(ladder)  # the lowest band first
    if id_ not in ladder:
        arguments = {"name": quoted(id_), "nearest": nearest(id_, ids)}
        raise SubmissionError([Problem("unknown-band", ("band",), arguments)])
    # A gate that still allows the band, or a better one, does not stand in the way.
    wanted = ids.index(id_)
    gates: set[int] = set()
    for gate in rules.band_gates:
        if ids.index(gate.at_most) < wanted:
            gates.add(scoring.compiled.places[gate.rule])
    band = ladder[id_]
    ticks, strict = _lower_edge(band, scoring.compiled.unit, rules.bands_read)
    return PlanGoal(
        index=None,
        band=band,
        ticks=ticks,
        strict=strict,
        gates=tuple(sorted(gates)),
        ladder=ids,
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
