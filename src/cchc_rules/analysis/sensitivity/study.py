"""How sure an index is: other weights of the areas within a range, and the other readings of the
plan.

The areas are the base groups at the top. What each came to is taken as scored, so that the weights
as they are give the index of the report to the last digit; weights inside an area stay.
"""

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple, TypeAlias

from cchc_rules.analysis.sensitivity import extreme_weights
from cchc_rules.analysis.sensitivity.extreme_weights import (
    Area,
    LeastPart,
    Points,
    Weights,
)
from cchc_rules.analysis.sensitivity.other_readings import Reading, Together
from cchc_rules.base import number
from cchc_rules.report.report import Report
from cchc_rules.rules.model import Band
from cchc_rules.scoring import totals
from cchc_rules.scoring.scoring import Scoring
from cchc_rules.scoring.totals import Total

HUNDRED = Fraction(100)

# The directions in which an index is taken.
HIGHER = 1
LOWER = -1

AreaWeights: TypeAlias = dict[str, Fraction]
"""Points by the id of an area."""


def _exact_index(scoring: Scoring) -> Fraction | None:
    """Return the index before rounding; None where nothing is left to score."""
    index = scoring.index
    if not index.scored:
        return None
    return index.exact


class Variation(NamedTuple):
    """The index under other weights of all areas."""

    weights: AreaWeights
    scoring: Scoring

    @property
    def exact(self) -> Fraction | None:
        """The index before rounding; None where nothing is left to score."""
        return _exact_index(self.scoring)


class SingleVariation(NamedTuple):
    """The index when the weight of one area is another, and the others make up for it.

    `weight` is that of the one area, in points.
    """

    weight: Fraction
    scoring: Scoring

    @property
    def exact(self) -> Fraction | None:
        """The index before rounding; None where nothing is left to score."""
        return _exact_index(self.scoring)


class Swing(NamedTuple):
    """What one area's weight alone does to the index, up and down by the range."""

    area: str
    up: SingleVariation
    down: SingleVariation

    @property
    def width(self) -> Fraction:
        """How far the index moves between the two, before rounding; 0 where there is none."""
        up = self.up.scoring.index
        down = self.down.scoring.index
        return abs(up.moved_from(down))


class BandChange(NamedTuple):
    """The least change of weights that changes the band: `reason` says whether there is one.

    `reached`: `part` of each weight (more than it, unless `attained`) leads to `band`, and the
    areas then have `weights`. Otherwise `top` or `bottom`: there is no further band; `gated`: a
    gate holds the band; `never`: no change below 100 % does it.
    """

    reason: str
    band: Band | None = None
    part: Fraction | None = None
    attained: bool = True
    weights: AreaWeights | None = None


class BandEdge(NamedTuple):
    """The ratio of points earned to points left at which a band begins, and whether the ratio
    itself lies in the band.
    """

    ratio: Fraction
    inside: bool


@dataclass(frozen=True, eq=False)
class Study:
    """How far an index depends on weights that nobody stated and on readings of the plan that
    somebody chose.

    What is asked for is computed once, when it is asked for.

    Args:
        report: The submission as it was scored.
        range: How many percent each weight may move.
        readings: The other readings, each scored by itself; None where none was to be scored.
        together: The other readings taken at once.
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
        """The areas that have points, by id, in file order."""
        unit = self.scoring.compiled.unit
        compiled = self.scoring.compiled.groups
        areas = {}
        for group, total in zip(compiled, self.scoring.groups, strict=True):
            # A group without points weighs nothing, whatever share of itself it earned.
            if group.top and group.kind == "base" and total.maximum:
                left = total.maximum - total.rescaled
                areas[group.id] = Area(
                    weight=Fraction(total.maximum, unit),
                    earned=Fraction(total.earned, total.maximum),
                    left=Fraction(left, total.maximum),
                )
        # Groups are compiled children first; areas are told in the order of the file.
        return {id_: areas[id_] for id_ in self.scoring.rules.groups if id_ in areas}

    @property
    def state(self) -> str:
        """Whether weights can vary: `varied`, or why not: `nothing_left` to score, `too_little`
        reported, or `one_area` alone.
        """
        if not any(area.left for area in self.areas.values()):
            return "nothing_left"
        if not self.scoring.index.covered:
            return "too_little"
        if len(self.areas) == 1:
            return "one_area"
        return "varied"

    @property
    def nothing_left(self) -> bool:
        """Whether nothing is left to score, or too little is reported: no weights make an index."""
        return self.state in ("nothing_left", "too_little")

    @cached_property
    def lowest(self) -> Variation:
        """The lowest index of all weights in the range."""
        return self._extreme(LOWER)

    @cached_property
    def highest(self) -> Variation:
        """The highest index of all weights in the range."""
        return self._extreme(HIGHER)

    def _extreme(self, sign: int) -> Variation:
        areas = self._weighed
        # Every weighting gives no index; the weights as they are stand for all of them.
        if self.nothing_left:
            return self.under(extreme_weights.stated_weights(areas))
        extreme = extreme_weights.extreme(areas, self._part, sign)
        return self.under(extreme.weights)

    @property
    def _part(self) -> Fraction:
        """The part of itself by which each weight may move."""
        return self.range / HUNDRED

    @cached_property
    def _weighed(self) -> tuple[Area, ...]:
        return tuple(self.areas.values())

    def under(self, weights: Weights) -> Variation:
        """Return the index under some weights of the areas, in their order."""
        by_area = self._by_area(weights)
        if self.nothing_left:
            return Variation(by_area, self.scoring)
        ratio = extreme_weights.ratio(self._weighed, weights)
        return Variation(by_area, self._at_ratio(ratio))

    def _by_area(self, weights: Weights) -> AreaWeights:
        return dict(zip(self.areas, weights, strict=True))

    def _at_ratio(self, ratio: Fraction) -> Scoring:
        """Return the scoring when the areas give a ratio of points earned to points left."""
        # A base of as many ticks as the denominator, of which the numerator is earned, has just
        # this ratio; so one function rounds and holds the index here as for the report.
        index = self.scoring.index
        base = Total(ratio.denominator, ratio.numerator, 0, 0, 0)
        compiled = self.scoring.compiled
        varied = totals.held(compiled, base, index.bonus, index.penalty)
        varied = varied._replace(covered=index.covered)
        return replace(self.scoring, index=varied)

    @cached_property
    def swings(self) -> tuple[Swing, ...]:
        """What each area's weight alone does, the widest swing first."""
        whole = extreme_weights.points(self._weighed)
        swings: list[Swing] = []
        for id_, area in self.areas.items():
            up = self._single(whole, area, self._part)
            down = self._single(whole, area, -self._part)
            swings.append(Swing(id_, up, down))
        # Of equal swings the area that comes first in the file stays first.
        swings.sort(key=lambda swing: -swing.width)
        return tuple(swings)

    def _single(self, whole: Points, area: Area, part: Fraction) -> SingleVariation:
        """Return the index when one area's weight moves by a part of itself."""
        weight = extreme_weights.single_weight(whole, area, part)
        if self.nothing_left:
            return SingleVariation(weight, self.scoring)
        ratio = extreme_weights.single_ratio(whole, area, weight)
        return SingleVariation(weight, self._at_ratio(ratio))

    @cached_property
    def up(self) -> BandChange | None:
        """The least change of weights that lifts the index into a higher band; None without bands.

        Where a gate holds the band, or would hold the next one, no weights lift it.
        """
        banding = self.scoring.banding()
        ladder = self.scoring.ladder
        if banding.band is None or banding.before is None:
            return None
        following = ladder.index(banding.before) + 1
        # A gate may hold the band, or bar the next one; one that lowers by bands leaves a way up.
        for rung in range(following, len(ladder)):
            allowed, _ = self.scoring.gated(rung)
            if ladder[allowed] is not banding.band:
                edge = band_edge(self.scoring, ladder[rung])
                return self._least_change(edge, ladder[allowed], HIGHER)
        if banding.gates or following < len(ladder):
            return BandChange("gated")
        return BandChange("top")

    @cached_property
    def down(self) -> BandChange | None:
        """The least change of weights that lets the index fall into a lower band; None without
        bands.
        """
        band = self.scoring.banding().band
        ladder = self.scoring.ladder
        if band is None:
            return None
        if ladder.index(band) == 0:
            return BandChange("bottom")
        # Downwards the band that counts is the one after gates: of all that they leave in it, the
        # lowest has the edge at which it is lost.
        left = [ladder[self.scoring.gated(rung)[0]] for rung in range(len(ladder))]
        lowest = left.index(band)
        edge = band_edge(self.scoring, ladder[lowest])
        return self._least_change(edge, left[lowest - 1], LOWER)

    def _least_change(self, edge: BandEdge, band: Band, sign: int) -> BandChange:
        """Return the least change that takes the index over an edge and into a band."""
        if self.nothing_left:
            return BandChange("never")
        # Upwards the edge must lie in the band that is entered, downwards outside the one left.
        enough = edge.inside == (sign == HIGHER)
        least = extreme_weights.reach(self._weighed, edge.ratio, sign, closed=enough)
        if least is None:
            return BandChange("never")
        return self._reached(band, least)

    def _reached(self, band: Band, least: LeastPart) -> BandChange:
        weights = least.weights(self._weighed)
        return BandChange(
            reason="reached",
            band=band,
            part=least.part,
            attained=least.attained,
            weights=self._by_area(weights),
        )


def band_edge(scoring: Scoring, band: Band) -> BandEdge:
    """Return the ratio of points earned to points left at which a band begins (semantics I2, I3,
    I5).

    Where bands read the index shown, the base, too, is rounded half up, away from zero: a base of
    −0.005 is shown as −0.01. So a ratio on the half tick itself lies in the band only above zero.

    For example: a band begins at 80, and 2 of the points come from bonuses. The base must be shown
    as 78.00, so that it must come to 77.995 at least: a ratio of 0.77995 on a scale of 100.
    """
    index = scoring.index
    low = band.interval.low or Fraction(0)
    inside = not band.interval.low_open
    pools = index.bonus - index.penalty
    if scoring.rules.bands_read == "rounded":
        ticks = low * index.unit
        if inside:
            first_tick = number.ceiling(ticks)
        else:
            first_tick = number.floor(ticks) + 1
        base = first_tick - pools
        low = (base - Fraction(1, 2)) / index.unit
        inside = base > 0
    else:
        low -= Fraction(pools, index.unit)
    return BandEdge(low / scoring.rules.index.scale, inside)
