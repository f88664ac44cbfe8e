"""How sure an index is: other weights of the areas within a range, and the other readings of the
plan.

The areas are the base groups at the top. What each came to is taken as scored, so that the weights
as they are give the index of the report to the last digit; weights inside an area stay.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

from cchc_rules.analysis.sensitivity import extremes
from cchc_rules.analysis.sensitivity.extremes import Area, Points, Reach, Weights
from cchc_rules.analysis.sensitivity.readings import Reading, Together
from cchc_rules.base import number
from cchc_rules.report.report import Report
from cchc_rules.rules.model import Band
from cchc_rules.scoring import totals
from cchc_rules.scoring.scoring import Scoring
from cchc_rules.scoring.totals import Total

HUNDRED = Fraction(100)
HIGHER = 1
LOWER = -1


class Variation(NamedTuple):
    """The index under other weights: the weights by area, and the outcome that they give."""

    weights: dict[str, Fraction]
    scoring: Scoring

    @property
    def exact(self) -> Fraction:
        """The index before rounding."""
        return self.scoring.index.exact


class Alone(NamedTuple):
    """The index when the weight of one area is another, and the others make up for it."""

    weight: Fraction
    scoring: Scoring

    @property
    def exact(self) -> Fraction:
        """The index before rounding."""
        return self.scoring.index.exact


class Swing(NamedTuple):
    """What one area's weight alone does to the index, up and down by the range."""

    area: str
    up: Alone
    down: Alone

    @property
    def width(self) -> Fraction:
        """How far the index moves between the two, before rounding."""
        return abs(self.up.exact - self.down.exact)


class Change(NamedTuple):
    """The least change of weights that changes the band: `reason` says whether there is one.

    `reached`: `part` of each weight (more than it, unless `attained`) leads to `band`. Otherwise
    `top` or `bottom`: there is no further band; `gated`: a gate holds the band; `never`: no change
    below 100 % does it.
    """

    reason: str
    band: Band | None = None
    part: Fraction | None = None
    attained: bool = True
    weights: dict[str, Fraction] | None = None


@dataclass(frozen=True, eq=False)
class Study:
    """How far an index depends on weights that nobody stated and on readings of the plan that
    somebody chose.

    `readings` is None where none was scored.
    """

    report: Report
    range: Fraction
    readings: tuple[Reading, ...] | None
    together: Together

    @property
    def scoring(self) -> Scoring:
        """The scoring that all is compared with."""
        return self.report.scoring

    @cached_property
    def areas(self) -> dict[str, Area]:
        """The areas that have points, by id."""
        pairs = zip(self.scoring.compiled.groups, self.scoring.groups, strict=True)
        totals = {
            plan.id: total
            for plan, total in pairs
            if plan.top and plan.kind == "base" and total.maximum
        }
        unit = self.scoring.compiled.unit
        return {
            id_: Area(
                Fraction(totals[id_].maximum, unit),
                Fraction(totals[id_].earned, totals[id_].maximum),
                Fraction(
                    totals[id_].maximum - totals[id_].rescaled, totals[id_].maximum
                ),
            )
            for id_ in self.scoring.rules.groups
            if id_ in totals
        }

    @property
    def state(self) -> str:
        """Whether weights can vary: `varied`, or why not: `nothing_left` to score, or `one_area`
        alone.
        """
        if not any(area.left for area in self.areas.values()):
            return "nothing_left"
        return "varied" if len(self.areas) > 1 else "one_area"

    @cached_property
    def lowest(self) -> Variation:
        """The lowest index of all weights in the range."""
        return self._extreme(LOWER)

    @cached_property
    def highest(self) -> Variation:
        """The highest index of all weights in the range."""
        return self._extreme(HIGHER)

    def _extreme(self, sign: int) -> Variation:
        if self.state == "nothing_left":
            return self.under(extremes.given(self._weighed))
        return self.under(
            extremes.extreme(self._weighed, self.range / HUNDRED, sign).weights
        )

    @cached_property
    def _weighed(self) -> Sequence[Area]:
        return tuple(self.areas.values())

    def under(self, weights: Weights) -> Variation:
        """Return the index under some weights of the areas, in their order."""
        named = dict(zip(self.areas, weights, strict=True))
        if self.state == "nothing_left":
            return Variation(named, self.scoring)
        return Variation(named, self._at(extremes.ratio(self._weighed, weights)))

    def _at(self, ratio: Fraction) -> Scoring:
        """Return the outcome when the areas give a ratio of points earned to points left."""
        sums = self.scoring.index
        base = Total(ratio.denominator, ratio.numerator, 0, 0, 0)
        index = totals.held(self.scoring.compiled, base, sums.bonus, sums.penalty)
        return replace(self.scoring, index=index)

    @cached_property
    def swings(self) -> tuple[Swing, ...]:
        """What each area's weight alone does, the widest swing first."""
        part = self.range / HUNDRED
        whole = extremes.points(self._weighed)
        found = [
            Swing(id_, self._alone(whole, area, part), self._alone(whole, area, -part))
            for id_, area in self.areas.items()
        ]
        return tuple(sorted(found, key=lambda swing: -swing.width))

    def _alone(self, whole: Points, area: Area, part: Fraction) -> Alone:
        weight = extremes.alone(whole, area, part)
        if self.state == "nothing_left":
            return Alone(weight, self.scoring)
        return Alone(weight, self._at(extremes.ratio_alone(whole, area, weight)))

    @cached_property
    def up(self) -> Change | None:
        """The least change of weights that lifts the index into a higher band; None without bands."""
        banding = self.scoring.banding()
        ladder = self.scoring.ladder
        if banding.band is None or banding.before is None:
            return None
        following = ladder.index(banding.before) + 1
        if not banding.gates and following == len(ladder):
            return Change("top")
        if banding.gates or ladder[self.scoring.gated(following)[0]] is banding.band:
            return Change("gated")
        return self._change(ladder[following], ladder[following], HIGHER)

    @cached_property
    def down(self) -> Change | None:
        """The least change of weights that lets the index fall into a lower band; None without
        bands.
        """
        band = self.scoring.banding().band
        ladder = self.scoring.ladder
        if band is None:
            return None
        at = ladder.index(band)
        return self._change(band, ladder[at - 1], LOWER) if at else Change("bottom")

    def _change(self, edge: Band, band: Band, sign: int) -> Change:
        """Return the least change that takes the index over the lower edge of a band."""
        ratio, inside = self._edge(edge)
        if self.state == "nothing_left":
            return Change("never")
        found = extremes.reach(
            self._weighed, ratio, sign, closed=inside if sign == HIGHER else not inside
        )
        return Change("never") if found is None else self._reached(band, found)

    def _reached(self, band: Band, found: Reach) -> Change:
        weights = dict(zip(self.areas, found.weights(self._weighed), strict=True))
        return Change("reached", band, found.part, found.attained, weights)

    def _edge(self, band: Band) -> tuple[Fraction, bool]:
        """Return the ratio at which a band begins, and whether the ratio itself lies in it
        (semantics I2, I3, I5).
        """
        sums = self.scoring.index
        low = band.interval.low or Fraction(0)
        closed = not band.interval.low_open
        if self.scoring.rules.bands_read == "rounded":
            ticks = low * sums.unit
            first = number.ceiling(ticks) if closed else number.floor(ticks) + 1
            base = first - sums.bonus + sums.penalty
            low = (base - Fraction(1, 2)) / sums.unit
            closed = base > 0
        else:
            low -= Fraction(sums.bonus - sums.penalty, sums.unit)
        return low / self.scoring.rules.index.scale, closed
