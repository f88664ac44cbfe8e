"""A whole scoring as values: what was read, what every rule came to, the sums, the band. No words."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

from cchc_rules.base import calendar
from cchc_rules.base.number import fixed
from cchc_rules.base.state import COMPUTED, OPEN, PASSING, Reason, State
from cchc_rules.rules import formula
from cchc_rules.rules.model import Band, Rule, RuleSet
from cchc_rules.rules.value_function import Piece
from cchc_rules.scoring import totals
from cchc_rules.scoring.compiled_rules import CompiledRuleSet, Run
from cchc_rules.scoring.evaluators import comparison
from cchc_rules.scoring.results import Result, Worth
from cchc_rules.scoring.rule_figures import Figures, Known, Named
from cchc_rules.scoring.totals import Counted, Sum, Total
from cchc_rules.submissions.submission import (
    Entry,
    EvidenceDocument,
    Figure,
    Given,
    Measurements,
)


class Banding(NamedTuple):
    """The band of the index, the one before gates lowered it, the gates that did, the next one up,
    how far it is, and the gates that would still bar it.
    """

    band: Band | None = None
    before: Band | None = None
    gates: tuple[str, ...] = ()
    next: Band | None = None
    distance: Fraction = Fraction(0)
    next_gates: tuple[str, ...] = ()


class Step(NamedTuple):
    """One step on the way from the maximum to the index: what it is, its group, and its points in
    ticks.
    """

    kind: str
    group: str | None
    change: int
    total: int


class Track(NamedTuple):
    """A further track's total over the leaves that it scored."""

    id: str
    earned: Fraction
    maximum: Fraction
    scored: int
    unscored: int


@dataclass(frozen=True, eq=False)
class Scoring:
    """Everything that a scoring came to; what few ask for is computed when it is asked for."""

    compiled: CompiledRuleSet
    measurements: Measurements
    as_of: date
    figures: Figures
    results: Sequence[Result]
    groups: Sequence[Total]
    index: Sum

    @property
    def rules(self) -> RuleSet:
        """The rule set, as it stands for the unit's kind."""
        return self.compiled.rules

    def rule(self, position: int) -> Rule:
        """Return the rule at a position."""
        return self.rules.rules[self.compiled.names[position]]

    def points(self, ticks: int) -> str:
        """Return ticks as a decimal string of points."""
        return fixed(ticks, self.rules.index.places)

    @cached_property
    def counted(self) -> list[Counted]:
        """What each rule counts for in its group, in file order (semantics G4 to G6)."""
        return totals.counted(self.compiled, self.results, self.groups)

    def lost(self, position: int) -> int:
        """Return the points that a rule takes from its group, in ticks of the index."""
        return self.counted[position].lost

    def loses(self, position: int) -> bool:
        """Whether a rule takes anything from its group, be it too little for a tick."""
        return self.counted[position].exact_lost > 0

    def figure(self, metric: str) -> Figure:
        """Return a metric's figure, or why it is not there."""
        return self.figures[self.compiled.positions[metric]]

    def entry(self, metric: str) -> Entry | None:
        """Return what was submitted for a metric, or what the period says of it."""
        if self.rules.metrics[metric].from_period is not None:
            return Entry(calendar.whole_months(*self.measurements.span))
        return self.measurements.entries.get(metric)

    def threshold(self, position: int) -> Known:
        """Return what a rule's threshold came to, as a number; None where it is no single one."""
        return self.compiled.reader.threshold(self.rule(position), self.figures)

    def piece(self, position: int) -> Piece | None:
        """Return the piece of a rule's value function that its figure fell into.

        None where a person gives the points, or the rule was not judged by its figure.
        """
        rule = self.rule(position)
        result = self.results[position]
        pieces = rule.pieces
        if result.reason is Reason.TIER:
            tier: int = result.detail
            return pieces[tier]
        return next((piece for piece in pieces if piece.reason is result.reason), None)

    def named(self, parsed: formula.Formula) -> Named:
        """Return the figures that a formula over metrics names."""
        return self.compiled.reader.named(parsed, self.figures)

    def own_values(self, position: int) -> Named:
        """Return what the own names of a rule's formulas stand for: value, weight, threshold."""
        rule = self.rule(position)
        figure = self.figure(rule.metric or "")
        return self.compiled.reader.own_values(rule, figure, self.threshold(position))

    def given(self, position: int) -> Given | None:
        """Return the points that a person gave for a rule, counted or not."""
        return self.measurements.points.get(self.compiled.names[position])

    def documents(self, position: int) -> list[tuple[EvidenceDocument, bool]]:
        """Return the evidence for a rule, each with whether it counts: dated evidence outside the
        window does not.
        """
        names = self.compiled.reads[self.compiled.names[position]]
        found = [
            item
            for name in names
            if (entry := self.entry(name))
            for item in entry.evidence
        ]
        given = self.given(position)
        return [
            (item, counts(item, self.rules))
            for item in [*found, *(given.evidence if given else ())]
        ]

    def losses(self) -> list[int]:
        """Return the positions of computed rules that lost points, the largest loss first, then by
        id.
        """
        lost = [
            position
            for position, result in enumerate(self.results)
            if result.state in COMPUTED and self.loses(position)
        ]
        return sorted(lost, key=self._largest_first)

    def _largest_first(self, position: int) -> tuple[int, Fraction, str]:
        rule = self.counted[position]
        return -rule.lost, -rule.exact_lost, self.compiled.names[position]

    def without_effect(self) -> list[int]:
        """Return the positions of rules that lost points beyond a cap, in file order."""
        return [
            position
            for position, rule in enumerate(self.counted)
            if rule.without_effect
        ]

    @property
    def at_its_highest(self) -> bool:
        """Whether nothing was lost and nothing is open: the index is the highest it can be."""
        return (
            self.index.scored
            and not any(rule.exact_lost > 0 for rule in self.counted)
            and self.index.value == self.highest.value
        )

    def in_state(self, state: State) -> list[int]:
        """Return the positions of the rules in a state, in file order."""
        return [
            position
            for position, result in enumerate(self.results)
            if result.state is state
        ]

    def parts(self, state: State) -> tuple[int, int, int, int]:
        """Return maximum, earned, lost and excluded of the rules in a state, in ticks."""
        rules = [self.counted[position] for position in self.in_state(state)]
        return (
            sum(rule.maximum for rule in rules),
            sum(rule.earned for rule in rules),
            sum(rule.lost for rule in rules),
            sum(rule.excluded for rule in rules),
        )

    def steps(self) -> list[Step]:
        """Return the way from the maximum to the index; each total is the one before it and the
        change. It ends before an index where there is none.
        """
        maximum = self.index.base.maximum
        found = [Step("maximum", None, maximum, maximum)]
        for kind, group, change in self._changes():
            if change and (self.index.scored or kind in ("lost", "excluded")):
                found.append(Step(kind, group, change, found[-1].total + change))
        if not self.index.scored:
            return found
        return [*found, Step("index", None, 0, found[-1].total)]

    def _changes(self) -> Iterator[tuple[str, str | None, int]]:
        sums = self.index
        tops = self._tops()
        yield from (
            ("lost", id_, -total.lost) for id_, kind, total in tops if kind == "base"
        )
        yield "excluded", None, -sums.base.excluded
        yield "rescaled", None, sums.rounded_base - sums.base.earned
        yield from (
            ("bonus", id_, total.earned) for id_, kind, total in tops if kind == "bonus"
        )
        yield from (
            ("penalty", id_, -total.lost)
            for id_, kind, total in tops
            if kind == "penalty"
        )
        yield "held", None, sums.value - sums.rounded_base - sums.bonus + sums.penalty

    def _tops(self) -> list[tuple[str, str, Total]]:
        """Return id, kind and points of the groups at the top, as the rule file lists them."""
        found = {
            group.id: (group, total)
            for group, total in zip(self.compiled.groups, self.groups, strict=True)
        }
        return [
            (id_, found[id_][0].kind, found[id_][1])
            for id_ in self.rules.groups
            if found[id_][0].top
        ]

    @cached_property
    def unsupported(self) -> frozenset[int]:
        """The rules that claim points but have no valid evidence (semantics I6)."""
        return frozenset(
            position
            for position, metrics in self.compiled.evidence
            if self._earns(position)
            and _claims(self.results[position])
            and not self.proved(position, metrics)
        )

    def _earns(self, position: int) -> bool:
        """Whether a rule earns anything; in a mean also what is too little for a tick."""
        result = self.results[position]
        return result.earned > 0 or (result.n > 0 and position in self.compiled.mean_of)

    def proved(self, position: int, metrics: tuple[str, ...]) -> bool:
        """Whether valid evidence stands beside a rule's points, or beside one of the metrics that
        it reads.
        """
        given = self.given(position)
        if given is not None and any(
            counts(item, self.rules) for item in given.evidence
        ):
            return True
        entries = (self.entry(name) for name in metrics)
        return any(
            counts(item, self.rules)
            for entry in entries
            if entry
            for item in entry.evidence
        )

    @cached_property
    def supported(self) -> Sum:
        """The index when what is claimed without evidence earns nothing (semantics I6)."""
        without = self.unsupported
        return self._again(
            [
                _nothing(r) if position in without else r
                for position, r in enumerate(self.results)
            ]
        )

    @cached_property
    def lowest(self) -> Sum:
        """The index when every open rule comes to its fewest points (semantics I4)."""
        return self._settled(lambda worth: worth.lowest)

    @cached_property
    def highest(self) -> Sum:
        """The index when every open rule comes to its weight (semantics I4)."""
        return self._settled(lambda worth: worth.weight)

    def _settled(self, points: Callable[[Worth], int]) -> Sum:
        """Return the index when each open rule comes to so many points of its worth."""
        results = list(self.results)
        for position, worth in enumerate(self.compiled.worths):
            if is_open(results[position]):
                results[position] = _settled(results[position], points(worth))
        return self._again(results)

    def _again(self, results: Sequence[Result]) -> Sum:
        return totals.index(self.compiled, totals.totals(self.compiled, results))

    def banding(self) -> Banding:
        """Return the band of the index after its gates; none where there is no index (semantics
        I5).
        """
        rules = self.rules
        if not self.index.scored:
            return Banding()
        exact = (
            Fraction(self.index.value, self.compiled.unit)
            if rules.bands_read == "rounded"
            else self.index.exact
        )
        ladder = self.ladder
        if not ladder:
            return Banding()
        band_position = _position_in(ladder, exact)
        allowed, gates = self.gated(band_position)
        band = ladder[allowed]
        before = ladder[band_position]
        if band_position + 1 == len(ladder):
            return Banding(band, before, gates)
        following = ladder[band_position + 1]
        distance = (following.interval.low or Fraction(0)) - exact
        next_gates = self.gated(band_position + 1)[1]
        return Banding(band, before, gates, following, distance, next_gates)

    @property
    def ladder(self) -> tuple[Band, ...]:
        """The bands, the lowest first."""
        return self.rules.ladder

    def gated(self, band_position: int) -> tuple[int, tuple[str, ...]]:
        """Return the position in the ladder that gates leave of one, and the gates that lower it."""
        names = [band.id for band in self.ladder]
        gates = []
        allowed = band_position
        for gate in self.rules.band_gates:
            state = self.results[self.compiled.places[gate.rule]].state
            if state not in PASSING and names.index(gate.at_most) < band_position:
                gates.append(gate.rule)
                allowed = min(allowed, names.index(gate.at_most))
        return allowed, tuple(gates)

    def reached(self, comparator: str, threshold: Fraction) -> bool | None:
        """Whether the exact index reaches a target, None where there is no index (semantics I7)."""
        if not self.index.scored:
            return None
        return comparison(comparator, threshold)(
            (self.index.exact.numerator, self.index.exact.denominator)
        )

    def tracks(self) -> list[Track]:
        """Return the totals of the further tracks."""
        return [
            self._track(name, self.measurements.tracks.get(name, {}))
            for name in self.rules.tracks
        ]

    def _track(self, name: str, points: Mapping[str, Given]) -> Track:
        leaves = [rule for rule in self.rules.rules.values() if rule.deduction.scored]
        earned = sum(
            (Fraction(*given.points) for given in points.values()), Fraction(0)
        )
        maximum = sum(
            (rule.weight for rule in leaves if rule.id in points), Fraction(0)
        )
        return Track(name, earned, maximum, len(points), len(leaves) - len(points))


def counts(item: EvidenceDocument, rules: RuleSet) -> bool:
    """Whether a document proves anything: a dated one must lie in the window."""
    return (
        item.dated is None
        or rules.window is None
        or rules.window[0] <= item.dated <= rules.window[1]
    )


def judge(compiled: CompiledRuleSet, run: Run) -> None:
    """Judge every rule, required rules before those behind them."""
    results = run.results
    for position, rule_judge in compiled.judges:
        results[position] = rule_judge(run)


def gather(
    compiled: CompiledRuleSet, measurements: Measurements, as_of: date, run: Run
) -> Scoring:
    """Return the outcome of a run whose rules are judged."""
    groups = totals.totals(compiled, run.results)
    return Scoring(
        compiled,
        measurements,
        as_of,
        run.figures,
        run.results,
        groups,
        totals.index(compiled, groups),
    )


def _nothing(result: Result) -> Result:
    return result._replace(n=0, d=1, earned=0)


def _claims(result: Result) -> bool:
    return result.state in COMPUTED or isinstance(result.detail, Given)


def is_open(result: Result) -> bool:
    """Whether a rule may still come to anything (semantics I4)."""
    return result.state in OPEN or result.reason is Reason.POINTS_AWAITED


def _settled(result: Result, ticks: int) -> Result:
    return result._replace(n=ticks, d=1, earned=ticks, excluded=0, rescales=False)


def _position_in(ladder: Sequence[Band], index: Fraction) -> int:
    """Return which band of a ladder an index lies in (semantics I5).

    The bands leave no gap. Below the edge of the lowest an index is in the lowest: a rule may take
    points off, and the index is −4 then. Above the edge of the highest it is in the highest: bonus
    points may lift it over the scale.
    """
    for band_position, band in enumerate(ladder[:-1]):
        reach = replace(band.interval, low=None, low_open=False)
        if reach.holds(index):
            return band_position
    return len(ladder) - 1
