"""A whole scoring as values: what was read, what rules came to, the sums, the band; no words."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

from cchc_rules.base import calendar
from cchc_rules.base.number import fixed
from cchc_rules.base.state import (
    COMPUTED,
    Absent,
    Reason,
    State,
    absence_kind,
)
from cchc_rules.rules import dependencies, formula
from cchc_rules.rules.model import Band, DeclaredEffect, Rule, RuleSet, Target
from cchc_rules.rules.value_function import Condition, Hit, Piece
from cchc_rules.scoring import totals
from cchc_rules.scoring.compiled_rules import CompiledRuleSet, Run
from cchc_rules.scoring.coverage import Coverage, covered, is_open
from cchc_rules.scoring.coverage import coverage as coverage_of
from cchc_rules.scoring.evaluators import comparison
from cchc_rules.scoring.needs import Seen
from cchc_rules.scoring.results import Result, Worth
from cchc_rules.scoring.row_search import RowHit, RowSearch
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
    """The band that an index lies in, and the next one up. All is empty where there is no index."""

    band: Band | None = None
    """The band after gates."""
    before: Band | None = None
    """The band before gates lowered it."""
    gates: tuple[str, ...] = ()
    """The names of the gates that lowered it: ids, or those of their rules."""
    next: Band | None = None
    """The next band up from the one before gates; None from the highest."""
    distance: Fraction = Fraction(0)
    """How far the next band is, in points."""
    next_gates: tuple[str, ...] = ()
    """The names of the gates that would still bar the next band."""


class Step(NamedTuple):
    """One step on the way from the maximum to the index, in ticks.

    `kind` is `maximum`, `lost`, `excluded`, `rescaled`, `bonus`, `penalty`, `held` or `index`;
    `group` is the id of the group at the top whose step it is, None of a step of the whole.
    """

    kind: str
    group: str | None
    change: int
    """By how much the step changes what was left before it."""
    total: int
    """What is left after it."""


class Track(NamedTuple):
    """A further track's total over the rules that it scored, in points.

    `scored` and `unscored` count the rules with and without points in this track.
    """

    id: str
    earned: Fraction
    maximum: Fraction
    scored: int
    unscored: int


@dataclass(frozen=True, eq=False)
class Scoring:
    """Everything that a scoring came to; what few ask for is computed when it is asked for.

    Rules are asked for by their position in the rule file, metrics and groups by their ids.

    >>> from cchc_rules import load_measurements, load_rules, score
    >>> rules = load_rules("example-access-to-law")
    >>> submission = {"format": 1, "ruleset": rules.id, "unit": "Commune A",
    ...               "period": "2023-07-01/2024-06-30", "measurements": {}}
    >>> scoring = score(rules, load_measurements(submission, rules)).scoring
    >>> scoring.index.value, scoring.points(scoring.index.value)
    (0, '0.00')
    """

    compiled: CompiledRuleSet
    measurements: Measurements
    as_of: date
    figures: Figures
    results: Sequence[Result]
    groups: Sequence[Total]
    index: Sum

    @cached_property
    def rules(self) -> RuleSet:
        """The rule set, as it stands for the unit's kind."""
        return self.compiled.rules

    def rule(self, position: int) -> Rule:
        """Return the rule at a position."""
        return self.compiled.ordered[position]

    def points(self, ticks: int) -> str:
        """Return ticks as a decimal string of points, with all places of the index.

        Args:
            ticks: Points, in ticks of the index.
        """
        return fixed(ticks, self.rules.index.places)

    @cached_property
    def counted(self) -> list[Counted]:
        """What each rule counts for in its group, in file order (semantics G4 to G6)."""
        return totals.counted(self.compiled, self.results, self.groups)

    def lost(self, position: int) -> int:
        """Return the points that a rule takes from its group, in ticks of the index.

        In a mean it is the rule's part of what the group lost; in a pool what the cap spares is
        taken off (semantics G4, G5).

        Args:
            position: The position of the rule.
        """
        return self.counted[position].lost

    def loses(self, position: int) -> bool:
        """Whether a rule takes anything from its group, be it too little for a tick."""
        return self.counted[position].exact_lost.numerator > 0

    def figure(self, metric: str) -> Figure:
        """Return a metric's figure, or why it is not there."""
        return self.figures[self.compiled.positions[metric]]

    def entry(self, metric: str) -> Entry | None:
        """Return what was submitted for a metric, or what the period says of it."""
        # Some metrics are not reported: the length of the period itself is the value.
        if metric in self.compiled.from_period:
            return Entry(calendar.whole_months(*self.measurements.span))
        return self.measurements.entries.get(metric)

    def threshold(self, position: int) -> Known:
        """Return what a rule's threshold came to, as a number; None where it is no single one.

        A date is its day number. Where the threshold hangs on figures that are absent, why they are
        is returned in its place.

        Args:
            position: The position of the rule.
        """
        known = self.compiled.literals[position]
        if known is not None:
            return known
        if position not in self._thresholds:
            computed = self.compiled.reader.threshold(self.rule(position), self.figures)
            self._thresholds[position] = computed
        return self._thresholds[position]

    @cached_property
    def _thresholds(self) -> dict[int, Known]:
        """The thresholds that were computed from figures, by the positions of their rules."""
        return {}

    def piece(self, position: int) -> Piece | None:
        """Return the piece of a rule's value function that its figure fell into.

        None where a person gives the points, or the rule was not judged by its figure.
        """
        result = self.results[position]
        pieces = self.rule(position).pieces
        if result.reason is Reason.TIER:
            # Tiers share one reason, so their result says which of them it was.
            piece_position: int = result.detail
            return pieces[piece_position]
        of_reason = (piece for piece in pieces if piece.reason is result.reason)
        return next(of_reason, None)

    def reads(self, position: int) -> tuple[str, ...]:
        """Return the submitted metrics on which a rule hangs, by their ids.

        Of a decision table that waits for figures, they are those behind its own metric and behind
        what keeps rows open: any other figure that is absent is in nobody's way.

        Args:
            position: The position of the rule.
        """
        every = self.compiled.reads[self.compiled.names[position]]
        rule = self.rule(position)
        if rule.deduction.hit is None or self.results[position].state in COMPUTED:
            return every
        conditions = [piece.condition for piece in rule.pieces]
        hit = self.row(conditions, rule.deduction.hit)
        waits_for = {rule.metric or ""}
        for metric_position in hit.open:
            waits_for.add(self.compiled.metrics[metric_position])
        behind: set[str] = set()
        for name in waits_for:
            behind |= dependencies.metrics_behind(self.rules, [name])
        return tuple(name for name in every if name in behind)

    def row(self, conditions: Iterable[Condition], hit: Hit | None) -> RowHit:
        """Return the row of a decision table that decides over the figures, or what it waits for.

        Args:
            conditions: Where each row holds.
            hit: Which row counts.
        """
        metrics = self.rules.metrics
        search = RowSearch(conditions, hit, metrics, self.compiled.positions)
        return search.find(self.figures)

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
        """Return the evidence for a rule, each document with whether it counts.

        Dated evidence outside the window of the rule set does not count.
        """
        rule_id = self.compiled.names[position]
        documents = self._evidence(position, self.compiled.reads[rule_id])
        return [(document, counts(document, self.rules)) for document in documents]

    def _evidence(
        self,
        position: int,
        metrics: Iterable[str],
    ) -> list[EvidenceDocument]:
        """Return the evidence for metrics that a rule reads, then that for its given points."""
        documents: list[EvidenceDocument] = []
        for name in metrics:
            entry = self.entry(name)
            if entry:
                documents += entry.evidence
        given = self.given(position)
        if given is not None:
            documents += given.evidence
        return documents

    def effect(self, position: int) -> DeclaredEffect | None:
        """Return the declared effect that gave a rule its points (semantics L4).

        None where a figure gave them or a person has still to give them, or its whole block is
        absent.
        """
        result = self.results[position]
        if result.reason is Reason.BLOCK_ABSENT:
            return None
        if result.reason is Reason.POINTS_AWAITED:
            # Points are awaited for the rule itself, or in place of an absence kept beside them.
            awaited = result.detail
            if not isinstance(awaited, Absent) or awaited.reason is not result.reason:
                return None
        effects = self.rule(position).absence
        return effects.get(absence_kind(result.state, result.reason, effects))

    def losses(self) -> list[int]:
        """Return the positions of computed rules that lost points, the largest loss first, then by
        id.
        """
        # What is missing or waived has a list of its own.
        losing = [
            position
            for position, result in enumerate(self.results)
            if result.state in COMPUTED and self.loses(position)
        ]
        return sorted(losing, key=self._largest_first)

    def _largest_first(self, position: int) -> tuple[int, Fraction, str]:
        """Return by what losses are sorted: what is shown, then what is not, then the id."""
        rule = self.counted[position]
        return -rule.lost, -rule.exact_lost, self.compiled.names[position]

    def without_effect(self) -> list[int]:
        """Return the positions of rules that lost points beyond a cap, in file order."""
        # What does not apply has lost nothing, whatever a cap leaves of its points.
        return [
            position
            for position, rule in enumerate(self.counted)
            if rule.without_effect and not self.results[position].excluded
        ]

    @cached_property
    def coverage(self) -> Coverage | None:
        """How much was reported, None where the rule set asks for no least coverage (semantics
        I9).
        """
        return coverage_of(self.compiled, self.results)

    @property
    def at_its_highest(self) -> bool:
        """Whether nothing was lost and nothing is open: the index is the highest it can be."""
        if not self.index.scored:
            return False
        any_lost = any(rule.exact_lost.numerator > 0 for rule in self.counted)
        return not any_lost and self.index.value == self.highest.value

    def in_state(self, state: State) -> list[int]:
        """Return the positions of the rules in a state, in file order."""
        return self._by_state[state]

    @cached_property
    def _by_state(self) -> dict[State, list[int]]:
        """The positions of the rules in each state, in file order."""
        by_state: dict[State, list[int]] = {state: [] for state in State}
        for position, result in enumerate(self.results):
            by_state[result.state].append(position)
        return by_state

    def parts(self, state: State) -> tuple[int, int, int, int]:
        """Return maximum, earned, lost and excluded of the rules in a state, in ticks.

        They are what the rules count for in their groups.

        Args:
            state: The state.
        """
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
        way = [Step("maximum", None, maximum, maximum)]
        for kind, group, change in self._changes():
            # Without an index only what became of the maximum can be told.
            is_shown = self.index.scored or kind in ("lost", "excluded")
            if change and is_shown:
                way.append(Step(kind, group, change, way[-1].total + change))
        if self.index.scored:
            way.append(Step("index", None, 0, way[-1].total))
        return way

    def _changes(self) -> Iterator[tuple[str, str | None, int]]:
        """Yield kind, group and ticks of every step between the maximum and the index."""
        sums = self.index
        top_groups = self._top_groups()
        for id_, kind, total in top_groups:
            if kind == "base":
                yield "lost", id_, -total.lost
        yield "excluded", None, -sums.base.excluded
        # What the points that are left gain by being brought to the whole scale.
        yield "rescaled", None, sums.rounded_base - sums.base.earned
        for id_, kind, total in top_groups:
            if kind == "bonus":
                yield "bonus", id_, total.earned
        for id_, kind, total in top_groups:
            if kind == "penalty":
                yield "penalty", id_, -total.lost
        unheld = sums.rounded_base + sums.bonus - sums.penalty
        # Zero, and so left out, unless the index was brought down to the scale or up to its lowest.
        yield "held", None, sums.value - unheld

    def _top_groups(self) -> list[tuple[str, str, Total]]:
        """Return id, kind and points of the groups at the top, as the rule file lists them."""
        # Totals stand children before parents, so they are sorted again by the rule file.
        by_id = {}
        for group, total in zip(self.compiled.groups, self.groups, strict=True):
            if group.top:
                by_id[group.id] = (group.id, group.kind, total)
        return [by_id[id_] for id_ in self.rules.groups if id_ in by_id]

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
        documents = self._evidence(position, metrics)
        return any(counts(document, self.rules) for document in documents)

    @cached_property
    def supported(self) -> Sum:
        """The index when what is claimed without evidence earns nothing (semantics I6)."""
        # Most submissions claim nothing without evidence: their index is this one.
        if not self.unsupported:
            return self.index
        results = self.results
        others = {
            position: _without_points(results[position])
            for position in self.unsupported
        }
        # What is not supported was reported all the same.
        return self._index_with(others)._replace(covered=self.index.covered)

    @cached_property
    def lowest(self) -> Sum:
        """The index when every open rule comes to its fewest points (semantics I4)."""
        return self._index_with_open_at(lambda worth: worth.lowest)

    @cached_property
    def highest(self) -> Sum:
        """The index when every open rule comes to its weight (semantics I4)."""
        return self._index_with_open_at(lambda worth: worth.weight)

    def _index_with_open_at(self, points_of: Callable[[Worth], int]) -> Sum:
        """Return the index when every open rule comes to some of its points, in ticks."""
        # Where nothing is open, the index cannot come to anything else.
        if not self._open:
            return self.index
        others = {}
        for position in self._open:
            points = points_of(self.compiled.worths[position])
            others[position] = _settled(self.results[position], points)
        return self._index_with(others)

    @cached_property
    def _open(self) -> list[int]:
        """The positions of the rules that may still come to anything, in file order."""
        return [
            position for position, result in enumerate(self.results) if is_open(result)
        ]

    def _index_with(self, others: Mapping[int, Result]) -> Sum:
        """Return the index that it would be with other results of some rules."""
        if self.compiled.added_up.issuperset(others):
            return totals.index_with(self.compiled, self.index, self.results, others)
        results = [*self.results]
        for position, result in others.items():
            results[position] = result
        return totals.index(self.compiled, totals.totals(self.compiled, results))

    def banding(self) -> Banding:
        """Return the band of the index after its gates; none where there is no index (semantics
        I5).
        """
        ladder = self.ladder
        if not self.index.scored or not ladder:
            return Banding()
        # 79.996 shows as 80.00; whether that is in the band from 80 on, the rule set says.
        exact = self.index.exact
        if self.rules.bands_read == "rounded":
            exact = Fraction(self.index.value, self.compiled.unit)
        position = _position_in(ladder, exact)
        allowed, gates = self.gated(position)
        band = ladder[allowed]
        before = ladder[position]
        if position + 1 == len(ladder):
            return Banding(band, before, gates)
        # The next band is told from where points alone lead: gates bar it, they do not move it.
        following = ladder[position + 1]
        edge = following.interval.low or Fraction(0)
        distance = edge - exact
        next_gates = self.gated(position + 1)[1]
        return Banding(band, before, gates, following, distance, next_gates)

    @property
    def ladder(self) -> tuple[Band, ...]:
        """The bands, the lowest first."""
        return self.rules.ladder

    def gated(self, position: int) -> tuple[int, tuple[str, ...]]:
        """Return where in the ladder gates leave a position, and the gates that lower it.

        Args:
            position: The position of a band in the ladder, 0 for the lowest.

        Returns:
            The position after gates, and the names of the gates that bar more, in file order.
        """
        gates = []
        allowed = position
        for gate in self.compiled.band_gates:
            # A gate at or above the band bars nothing, and is not named.
            if gate.at_most < position and gate.bars(self.seen):
                gates.append(gate.gate.name)
                allowed = min(allowed, gate.at_most)
        # What lowers by bands comes after what lowers to one, and never leads below the lowest.
        for gate in self.compiled.band_gates:
            lower_by = gate.gate.lower_by
            if lower_by and allowed and gate.bars(self.seen):
                gates.append(gate.gate.name)
                allowed = max(allowed - lower_by, 0)
        return allowed, tuple(gates)

    @property
    def seen(self) -> Seen:
        """What conditions are held against: results, points of groups, figures."""
        return Seen(self.results, self.groups, self.figures)

    def reached(self, target: Target) -> bool | None:
        """Whether a target is reached: by the exact index, and by what it asks for besides
        (semantics I7).

        Returns:
            None where there is no index.
        """
        if not self.index.scored:
            return None
        if target.comparator is not None and target.threshold is not None:
            exact = self.index.exact
            holds = comparison(target.comparator, target.threshold)
            if not holds((exact.numerator, exact.denominator)):
                return False
        needs = self.compiled.target_needs[target.id]
        return not any(need.standing(self.seen).bars for need in needs)

    def tracks(self) -> list[Track]:
        """Return the totals of the further tracks."""
        by_track = self.measurements.tracks
        return [self._track(name, by_track.get(name, {})) for name in self.rules.tracks]

    def _track(self, name: str, points: Mapping[str, Given]) -> Track:
        """Return the total of one track, of the points that it gave rules by their ids."""
        # Rules that only inform have no points to give.
        every_rule = self.rules.rules.values()
        scored_rules = [rule for rule in every_rule if rule.deduction.scored]
        earned = Fraction(0)
        for given in points.values():
            earned += Fraction(*given.points)
        # Held against the rules that this track scored, not against all: it may be half filled in.
        maximum = Fraction(0)
        for rule in scored_rules:
            if rule.id in points:
                maximum += rule.weight
        unscored = len(scored_rules) - len(points)
        return Track(name, earned, maximum, len(points), unscored)


def counts(item: EvidenceDocument, rules: RuleSet) -> bool:
    """Whether a document proves anything: a dated one must lie in the window of the rule set."""
    if item.dated is None or rules.window is None:
        return True
    first, last = rules.window
    return first <= item.dated <= last


def judge(compiled: CompiledRuleSet, run: Run) -> None:
    """Judge every rule of a run, required rules before those behind them.

    Args:
        compiled: The rule set.
        run: What is judged; its results are written over.
    """
    results = run.results
    for position, rule_judge in compiled.judges:
        results[position] = rule_judge(run)


def gather(
    compiled: CompiledRuleSet,
    measurements: Measurements,
    as_of: date,
    run: Run,
) -> Scoring:
    """Return the scoring of a run whose rules are judged.

    Args:
        compiled: The rule set.
        measurements: The submission that the run was made from.
        as_of: The day of judgement.
        run: The run, every rule judged by `judge`.
    """
    groups = totals.totals(compiled, run.results)
    index = totals.index(compiled, groups)
    if not covered(compiled, run.results, {}):
        index = index._replace(covered=False)
    return Scoring(
        compiled,
        measurements,
        as_of,
        run.figures,
        run.results,
        groups,
        index,
    )


def _without_points(result: Result) -> Result:
    """Return a result that earns nothing but is the same for the rest."""
    return result._replace(n=0, d=1, earned=0)


def _claims(result: Result) -> bool:
    """Whether points were claimed, by a value or by a person, so that evidence is due."""
    return result.state in COMPUTED or isinstance(result.detail, Given)


def _settled(result: Result, ticks: int) -> Result:
    """Return the result of an open rule that has come to some points."""
    # Whatever its absence excluded counts again (semantics I4).
    return result._replace(n=ticks, d=1, earned=ticks, excluded=0, rescales=False)


def _position_in(ladder: Sequence[Band], index: Fraction) -> int:
    """Return which band of a ladder an index lies in (semantics I5).

    The bands leave no gap. Below the edge of the lowest an index is in the lowest: a rule may take
    points off, and the index is −4 then. Above the edge of the highest it is in the highest: bonus
    points may lift it over the scale.
    """
    for position, band in enumerate(ladder[:-1]):
        # Bands are tried from the lowest up, so only the upper edge decides.
        up_to_edge = replace(band.interval, low=None, low_open=False)
        if up_to_edge.holds(index):
            return position
    return len(ladder) - 1
