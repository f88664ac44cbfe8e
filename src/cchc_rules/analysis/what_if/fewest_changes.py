"""The search for the fewest changes that reach an index, exactly.

The index before rounding is, in ticks,

    index = earned × scale / left + pools

where `left` is the maximum without what was rescaled away and `pools` is bonus less penalty. With
changes that bring e points earned, r points rescaled and p of pools, it is at least T when

    surplus = (earned + e) × scale − (T − pools − p) × (left − r) ≥ 0

which has no quotient any more. As long as p is fixed, the surplus is a start plus a sum over the
changes: each brings e × scale + (T − pools − p) × r. Where nothing rescales p adds up too: each
change brings e × scale + p × left. So

1. Clusters (see `change_sets`) that change pools while others rescale are *varied*: every choice
   of their sets is gone through, which fixes p. All other clusters are *added up*. Usually none
   is varied.
2. Of each cluster that is added up only the set that brings most is kept for each size.
3. A cluster of one change is a single number. These are sorted, the largest first: the best k of
   them are the first k, and their sums stand in a list.
4. For clusters with more than one change, the best of each total number of changes is built up
   cluster by cluster (a knapsack whose weights are numbers of changes).
5. The fewest changes are then found by trying every number of changes from step 4, and looking in
   the list of step 3 how many more it takes.

For example: 21 of 100 points are missing, nothing is rescaled and there are no pools, so that a
change brings just its points. Single changes bring 9, 8, 5 and 1, with the sums 0, 9, 17, 22, 23. A
cluster of two brings 6 with one change and 15 with both, so it is 0, 6, 15 for no, one and two
changes. Without it 21 takes three single changes (22); with one of it, 15 more take two (17), three
in all; with both, 6 more take one (9), three in all. Three changes it is; of those ways the one
that brings most is taken, 15 + 9 = 24.

What cannot be reached is answered by the changes that lead furthest. With T as the index of now,
the changes of the largest surplus lead beyond T if any do; what they reach becomes the next T,
until nothing goes beyond (Dinkelbach's method for a quotient of sums).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import accumulate, product
from typing import NamedTuple, TypeAlias

from cchc_rules.analysis.what_if.change_sets import (
    ChangeSet,
    Clusters,
    clusters,
    touches,
)
from cchc_rules.analysis.what_if.plan_document import MOST_SETS, PlannedChange
from cchc_rules.analysis.what_if.plan_goal import PlanGoal
from cchc_rules.analysis.what_if.possible_changes import PossibleChanges

Surplus: TypeAlias = int | Fraction
"""What the surplus above comes to: below zero, the target is missed."""

Changes: TypeAlias = tuple[PlannedChange, ...]

BestBySize: TypeAlias = dict[int, tuple[Surplus, ChangeSet]]
"""For each number of changes the best set of a cluster, with the surplus that it brings."""


class Answer(NamedTuple):
    """The changes that were found; `proven` says that no fewer reach the goal, or none lead
    further.
    """

    changes: Changes
    proven: bool


def fewest_changes(possible: PossibleChanges, goal: PlanGoal) -> Answer:
    """Return the fewest changes that reach a goal, or those that lead as far as one can get.

    Args:
        possible: The single changes that there are.
        goal: What is to be reached.
    """
    if goal.reached(possible.scoring):
        return Answer((), True)
    answers: list[Changes] = []
    proven = True
    for way in (goal, *goal.alternatives):
        search = _Search(possible, way, clusters(possible, way.needs))
        changes = search.fewest()
        proven = proven and search.proven
        if changes is not None:
            answers.append(changes)
    if answers:
        return Answer(min(answers, key=len), proven)
    search = _Search(possible, goal, clusters(possible, goal.needs))
    return Answer(search.furthest(), proven and search.proven)


# Millions of sets of changes may be put together, and most are beaten at once. Linked in chains
# they share their beginnings, and each is written out as a list only when it is asked for.
class _Chain(NamedTuple):
    """Sets of changes with the surplus that they bring together: the last, and those before it."""

    surplus: Surplus
    last: ChangeSet | None = None
    before: "_Chain | None" = None

    def with_set(self, surplus: Surplus, added: ChangeSet) -> "_Chain":
        """Return the chain with one set more, which brings so much surplus."""
        return _Chain(self.surplus + surplus, added, self)

    def changes(self) -> Changes:
        """Return the changes of all its sets."""
        changes: list[PlannedChange] = []
        chain: _Chain | None = self
        while chain is not None:
            if chain.last is not None:
                changes += chain.last.changes
            chain = chain.before
        return tuple(changes)


class _Offers(NamedTuple):
    """What the clusters that are added up bring towards one target.

    `by_count` has the best of clusters with several changes for each number of changes; `singles`
    are the clusters of one change, the best first, and `sums` the surplus of the first so many.
    """

    by_count: Mapping[int, _Chain]
    singles: Sequence[ChangeSet]
    sums: Sequence[Surplus]

    def all_singles(self) -> Changes:
        """Return the changes of all clusters of one change."""
        return self.first_singles(len(self.singles))

    def first_singles(self, count: int) -> Changes:
        """Return the best so many changes of clusters of one change."""
        changes: list[PlannedChange] = []
        for single in self.singles[:count]:
            changes += single.changes
        return tuple(changes)


class _Start(NamedTuple):
    """One choice of the clusters that are varied, with the surplus that it starts from.

    `size` is how many changes the choice takes, `offers` what all other clusters then bring.
    """

    chain: _Chain
    size: int
    offers: _Offers


class _Search:
    """Puts the sets of all clusters together.

    `proven` turns false where sets were left out, so that fewer changes might have done.
    """

    def __init__(
        self,
        possible: PossibleChanges,
        goal: PlanGoal,
        candidates: Clusters,
    ) -> None:
        self.possible = possible
        self.goal = goal
        self.proven = candidates.complete
        now = possible.scoring.index
        scale = possible.scoring.rules.index.scale
        self.unit = now.unit
        # The scale may be no whole number of ticks; multiplied out, surpluses are integers then.
        self.scale_ticks = scale.numerator * self.unit
        self.scale_divisor = scale.denominator
        self.earned = now.base.earned
        self.left = now.base.maximum - now.base.rescaled
        self.pools = now.bonus - now.penalty
        # p × r is the one product that does not add up; without r there is none.
        rescaling = any(_rescale(sets) for sets in candidates.sets)
        self.varied: list[list[ChangeSet]] = []
        self.added_up: list[list[ChangeSet]] = []
        for sets in candidates.sets:
            if rescaling and _change_pools(sets):
                self.varied.append(sets)
            else:
                self.added_up.append(sets)
        # The surplus does not know how much is reported (semantics I9): fewer changes might do.
        if not now.covered:
            self.proven = False
        if not self.left:
            # Nothing is left to score, and the index is 0 by definition, not by a quotient. Sets
            # that leave it so do not follow the sum above: nothing is proven where others rescale.
            if rescaling:
                self.proven = False
            else:
                self.left = 1

    def fewest(self) -> Changes | None:
        """Return the fewest changes that reach the goal, None where none do.

        Of as few, those are taken that bring the largest surplus.
        """
        ticks = self.goal.ticks
        # Every index will do: it is not the index that keeps the goal away.
        if ticks is None:
            return None
        if self._beyond_the_scale(ticks) or not self._gates_can_open():
            return None
        # The surplus knows nothing of an index held to the scale, so each answer is scored, and
        # where it falls short the next number of changes is tried.
        starts = list(self._starts(ticks, gated=True))
        counts: list[int] = []
        for start in starts:
            counts += self._fewest_from(start)
        if not counts:
            return None
        for count in range(min(counts), self._most_changes() + 1):
            changes = self._best_of(starts, count)
            figures = {change.metric: change.figure for change in changes}
            index = self.possible.trial.index(figures)
            if index is not None and self.goal.high_enough(index):
                return changes
        return None

    def furthest(self) -> Changes:
        """Return the changes that lead furthest, whatever their number."""
        reached = self.possible.scoring.index.exact * self.unit
        chosen: Changes = ()
        while True:
            starts = self._starts(reached, gated=False)
            offers = (self._all_from(start) for start in starts)
            _, changes = max(offers, key=lambda offer: offer[0])
            figures = {change.metric: change.figure for change in changes}
            index = self.possible.trial.index(figures)
            if index is None:
                return chosen
            ticks = index.exact * self.unit
            if ticks <= reached:
                return chosen
            reached = ticks
            chosen = changes

    def _beyond_the_scale(self, ticks: Fraction) -> bool:
        """Whether no index comes to so many ticks, for it is held to the scale (semantics I3)."""
        index = self.possible.scoring.rules.index
        return not index.over_scale and ticks > index.scale * self.unit

    def _gates_can_open(self) -> bool:
        """Whether the conditions of gates that no change touches let the band through."""
        possible = self.possible
        seen = possible.scoring.seen
        for need in self.goal.needs:
            touched = any(
                touches(possible, metric, need) for metric in possible.by_metric
            )
            if not touched and need.standing(seen).bars:
                return False
        return True

    def _most_changes(self) -> int:
        """Return how many changes there can be at most."""
        most = 0
        for sets in (*self.added_up, *self.varied):
            most += max((changes.size for changes in sets), default=0)
        return most

    def _starts(self, ticks: Fraction, *, gated: bool) -> Iterator[_Start]:
        """Yield every choice of the clusters that are varied, with what all others then offer.

        `gated` leaves out what keeps the gates of the band closed.
        """
        offers_at: dict[int, _Offers | None] = {}
        for number, choice in enumerate(product(*self.varied)):
            if number >= MOST_SETS:
                self.proven = False
                return
            if gated and not all(changes.opens_gates for changes in choice):
                continue
            # Many choices come to the same pools, and then to the same offers.
            pools = self.pools + sum(changes.pools for changes in choice)
            if pools not in offers_at:
                offers_at[pools] = self._offers(ticks - pools, gated)
            offers = offers_at[pools]
            if offers is not None:
                chain = self._chain_of(choice, ticks - pools)
                yield _Start(chain, len(chain.changes()), offers)

    def _chain_of(self, choice: Sequence[ChangeSet], base_ticks: Fraction) -> _Chain:
        """Return the sets that were chosen, with the surplus of all that is there already."""
        earned = self.earned + sum(changes.earned for changes in choice)
        left = self.left - sum(changes.rescaled for changes in choice)
        wanted = base_ticks * left * self.scale_divisor
        chain = _Chain(earned * self.scale_ticks - wanted)
        for changes in choice:
            # What the set brings is in the start already.
            chain = chain.with_set(0, changes)
        return chain

    def _offers(self, base_ticks: Fraction, gated: bool) -> _Offers | None:
        """Return what the clusters that are added up bring where the base must come to so many
        ticks; None where a cluster's gates never let the band through.
        """
        by_count: dict[int, _Chain] = {0: _Chain(0)}
        singles: list[tuple[Surplus, ChangeSet]] = []
        for sets in self.added_up:
            best = self._best_by_size(sets, base_ticks, gated)
            if not best:
                return None
            if not _is_single(best):
                by_count = _combined(by_count, best)
            # A change that does not raise the surplus is never among the fewest.
            elif 1 in best and best[1][0] > 0:
                singles.append(best[1])
        # Of equal changes the rule's id decides, so that the answer is always the same.
        singles.sort(key=_largest_surplus_first)
        surpluses = (surplus for surplus, _ in singles)
        sums: list[Surplus] = list(accumulate(surpluses, initial=0))
        return _Offers(by_count, [changes for _, changes in singles], sums)

    def _best_by_size(
        self,
        sets: Iterable[ChangeSet],
        base_ticks: Fraction,
        gated: bool,
    ) -> BestBySize:
        """Return a cluster's best set of each number of changes, with the surplus it brings."""
        best: BestBySize = {}
        for changes in sets:
            if gated and not changes.opens_gates:
                continue
            # e × scale + (T − pools) × r + p × left, where r or p is 0 (see above).
            from_base = changes.earned * self.scale_ticks
            from_left = base_ticks * changes.rescaled + changes.pools * self.left
            surplus = from_base + from_left * self.scale_divisor
            rival = best.get(changes.size)
            if rival is None or surplus > rival[0]:
                best[changes.size] = surplus, changes
        return best

    def _fewest_from(self, start: _Start) -> Iterator[int]:
        """Yield how many changes it takes in all, for each number of them in larger clusters."""
        find = bisect_right if self.goal.strict else bisect_left
        for count, chain in start.offers.by_count.items():
            lacking = -(start.chain.surplus + chain.surplus)
            # `sums` rises, so the first place that reaches what is lacking is how many it takes.
            singles = find(start.offers.sums, lacking)
            if singles < len(start.offers.sums):
                yield start.size + count + singles

    def _best_of(self, starts: Iterable[_Start], most: int) -> Changes:
        """Return the changes, at most so many, that bring the largest surplus."""
        best_surplus: Surplus | None = None
        best: tuple[_Start, _Chain, int] | None = None
        for start in starts:
            offers = start.offers
            for count, chain in offers.by_count.items():
                singles = min(most - start.size - count, len(offers.singles))
                if singles < 0:
                    continue
                surplus = start.chain.surplus + chain.surplus + offers.sums[singles]
                if best_surplus is None or surplus > best_surplus:
                    best_surplus = surplus
                    best = start, chain, singles
        assert best is not None
        start, chain, singles = best
        changes = start.chain.changes() + chain.changes()
        return changes + start.offers.first_singles(singles)

    def _all_from(self, start: _Start) -> tuple[Surplus, Changes]:
        """Return the changes that bring the largest surplus, however many, and that surplus."""
        offers = start.offers
        chain = max(offers.by_count.values(), key=lambda chain: chain.surplus)
        surplus = start.chain.surplus + chain.surplus + offers.sums[-1]
        changes = start.chain.changes() + chain.changes()
        return surplus, changes + offers.all_singles()


def _is_single(best: BestBySize) -> bool:
    """Whether a cluster is one change that may be left out at no cost."""
    unchanged = best.get(0)
    if unchanged is None or unchanged[0] != 0:
        return False
    return set(best) <= {0, 1}


def _largest_surplus_first(single: tuple[Surplus, ChangeSet]) -> tuple[Surplus, str]:
    surplus, changes = single
    return -surplus, changes.changes[0].rule


def _combined(
    by_count: Mapping[int, _Chain],
    best: BestBySize,
) -> dict[int, _Chain]:
    """Return the best of each number of changes with one cluster more.

    With 0 and 9 for no change and one, a cluster of 0, 6 and 15 makes 0, 9, 15, 24: one change is
    best made in the first, two in the second, three in both.
    """
    combined: dict[int, _Chain] = {}
    for count, chain in by_count.items():
        for more, (surplus, changes) in best.items():
            total = chain.surplus + surplus
            rival = combined.get(count + more)
            if rival is None or total > rival.surplus:
                combined[count + more] = chain.with_set(surplus, changes)
    return combined


def _rescale(sets: Iterable[ChangeSet]) -> bool:
    return any(changes.rescaled for changes in sets)


def _change_pools(sets: Iterable[ChangeSet]) -> bool:
    return any(changes.pools for changes in sets)
