"""Which changes belong together, and what every set of them brings to the index.

Two changes whose effects simply add up can be chosen one without the other. Two that touch a common
rule (through a formula, or one behind the other's gate), a common mean, or a common pool with a cap
cannot: what both bring is not the sum of what each brings. Metrics that hang together so, directly
or through others, form a *cluster*; inside a cluster every set of changes is scored as a whole, and
between clusters effects add up.

For example: `a` and `b` are rules of a mean, `c` and `d` rules of a sum. The clusters are {a, b},
{c} and {d}. The first has four sets: nothing, `a`, `b`, and both.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from math import prod
from typing import NamedTuple

from cchc_rules.analysis.what_if.plan_document import MOST_SETS, PlannedChange
from cchc_rules.analysis.what_if.possible_changes import PossibleChanges
from cchc_rules.scoring.needs import CompiledNeed
from cchc_rules.scoring.results import Result
from cchc_rules.submissions.submission import Figure

KEPT = 64
"""How many sets of each number of changes are kept where not all are tried."""


class ChangeSet(NamedTuple):
    """Some changes of one cluster, and what they bring together, in ticks.

    `size` is how many changes they are. `earned` and `rescaled` are what the base's change by,
    `pools` is what bonus less penalty changes by; `opens_gates` says that the cluster's gates then
    let the band through.
    """

    size: int
    earned: int
    rescaled: int
    pools: int
    opens_gates: bool
    changes: tuple[PlannedChange, ...]


class Clusters(NamedTuple):
    """The sets of changes of each cluster, and whether all that could matter are among them."""

    sets: list[list[ChangeSet]]
    complete: bool


def clusters(possible: PossibleChanges, needs: Sequence[CompiledNeed]) -> Clusters:
    """Return the sets of changes by cluster, of each those that could be among the fewest.

    Args:
        possible: The single changes that there are.
        needs: What a band waits for; none where the goal is an index.
    """
    by_cluster: list[list[ChangeSet]] = []
    complete = True
    for metrics in metrics_together(possible, needs):
        cluster = _Cluster(possible, metrics, needs)
        if cluster.number_of_sets <= MOST_SETS:
            sets = cluster.all_sets()
        else:
            sets = cluster.best_sets()
            complete = False
        by_cluster.append(undominated(sets))
    return Clusters(by_cluster, complete)


def metrics_together(
    possible: PossibleChanges,
    needs: Sequence[CompiledNeed] = (),
) -> list[list[str]]:
    """Return the metrics that can be changed, those together that touch a common rule, mean, pool
    or condition.
    """
    cluster_of: dict[str, list[str]] = {}
    first_to_touch: dict[object, str] = {}
    for metric in possible.by_metric:
        cluster_of[metric] = [metric]
        touched_by_it = list(_touched(possible, metric))
        # Whether a condition holds hangs on all that it reads, and is no sum of parts.
        touched_by_it += [
            ("need", position)
            for position, need in enumerate(needs)
            if touches(possible, metric, need)
        ]
        for touched in touched_by_it:
            other = first_to_touch.setdefault(touched, metric)
            _merge(cluster_of, metric, other)
    # Metrics of one cluster share one list; lists cannot be keys, their identity can.
    distinct = {id(cluster): cluster for cluster in cluster_of.values()}
    return list(distinct.values())


def _merge(cluster_of: dict[str, list[str]], first: str, second: str) -> None:
    """Make one cluster of those of two metrics; the larger takes the smaller in.

    So a metric changes its list only when its cluster at least doubles: all merging together costs
    n·log n steps.
    """
    pair = sorted((cluster_of[first], cluster_of[second]), key=len)
    smaller, larger = pair
    if smaller is larger:
        return
    larger += smaller
    for metric in smaller:
        cluster_of[metric] = larger


def touches(possible: PossibleChanges, metric: str, need: CompiledNeed) -> bool:
    """Whether a submitted metric moves what a condition reads."""
    network = possible.trial.network
    if need.metric is not None:
        name = need.need.id
        return metric in network.inputs.get(name, {name})
    return not set(need.rules).isdisjoint(network.readers(metric))


def _touched(possible: PossibleChanges, metric: str) -> Iterator[object]:
    """Yield what two metrics must not both touch if their effects are to add up."""
    network = possible.trial.network
    groups = possible.scoring.compiled.groups
    for rule in network.readers(metric):
        yield "rule", rule
        group = network.group_of[rule]
        # A mean is rounded once over all of its rules (semantics G2), so they count together.
        if groups[group].mean:
            yield "group", group
        # Under a cap the second rule may bring less than alone, too (G7).
        if rule in possible.scoring.compiled.held:
            yield "group", possible.scoring.compiled.held[rule]
        while not groups[group].top:
            group = network.parents[group]
        # A pool may stand at its cap (G3): then the second rule brings less than alone.
        if groups[group].kind != "base":
            yield "group", group


class _Cluster:
    """Scores sets of changes of one cluster."""

    def __init__(
        self,
        possible: PossibleChanges,
        metrics: Sequence[str],
        needs: Sequence[CompiledNeed],
    ) -> None:
        self.possible = possible
        self.changes: Mapping[str, list[PlannedChange]] = {
            metric: possible.by_metric[metric] for metric in metrics
        }
        self.needs = [
            need
            for need in needs
            if any(touches(possible, metric, need) for metric in metrics)
        ]

    @property
    def number_of_sets(self) -> int:
        """How many sets there are: each metric stays, or changes in one of its ways."""
        choices = (1 + len(changes) for changes in self.changes.values())
        return prod(choices)

    def all_sets(self) -> list[ChangeSet]:
        """Return every set that scoring takes."""
        # Of each metric no change, or one of its changes.
        choices = [(None, *changes) for changes in self.changes.values()]
        every_set: list[ChangeSet] = []
        for choice in product(*choices):
            scored = self._scored([change for change in choice if change])
            if scored is not None:
                every_set.append(scored)
        return every_set

    def best_sets(self) -> list[ChangeSet]:
        """Return the best sets of each number of changes, each grown from the best of one change
        fewer.
        """
        # This is a beam search: quick, but a set whose parts are all poor may be missed.
        nothing = self._scored([])
        assert nothing is not None
        kept = [nothing]
        best = [nothing]
        # A set has at most one change of each metric.
        for _ in self.changes:
            grown: list[ChangeSet] = []
            for changes in self._grown(best):
                scored = self._scored(changes)
                if scored is not None:
                    grown.append(scored)
            best = sorted(grown, key=_brings_most)[:KEPT]
            kept += best
        return kept

    def _grown(self, sets: Sequence[ChangeSet]) -> Iterable[tuple[PlannedChange, ...]]:
        """Return the sets with one change more, each once."""
        grown: dict[frozenset[int], tuple[PlannedChange, ...]] = {}
        for base in sets:
            changed = {change.metric for change in base.changes}
            for metric, changes in self.changes.items():
                if metric in changed:
                    continue
                for change in changes:
                    # The same changes are reached in several orders; one of them is enough.
                    larger = (*base.changes, change)
                    identity = frozenset(map(id, larger))
                    grown[identity] = larger
        return grown.values()

    def _scored(self, changes: Sequence[PlannedChange]) -> ChangeSet | None:
        """Return what changes bring together, None where scoring would refuse them."""
        trial = self.possible.trial
        figures = {change.metric: change.figure for change in changes}
        results = trial.results(figures)
        if results is None:
            return None
        now = self.possible.scoring.index
        # What only a gate lets through is in `results` too, so gates are scored, not assumed.
        then = trial.summed(results)
        pools_now = now.bonus - now.penalty
        pools_then = then.bonus - then.penalty
        return ChangeSet(
            size=len(changes),
            earned=then.base.earned - now.base.earned,
            rescaled=then.base.rescaled - now.base.rescaled,
            pools=pools_then - pools_now,
            opens_gates=self._opens_gates(figures, results),
            changes=tuple(changes),
        )

    def _opens_gates(
        self,
        figures: Mapping[str, Figure],
        results: Mapping[int, Result],
    ) -> bool:
        """Whether the conditions that the cluster touches are there; `figures` and `results` are
        those that changed.
        """
        if not self.needs:
            return True
        seen = self.possible.trial.after(figures, results)
        return not any(need.standing(seen).bars for need in self.needs)


def _brings_most(changes: ChangeSet) -> int:
    # Points rescaled away count as won here: a guess, for what they are worth hangs on the index.
    return -(changes.earned + changes.rescaled + changes.pools)


def undominated(sets: Iterable[ChangeSet]) -> list[ChangeSet]:
    """Return the sets that no other beats with as few changes, the smallest first.

    A set beats another of its size when it brings no less to the base and no less to the pools. One
    that earns 5 and one that brings the pools 3 are both kept: which leads further hangs on how
    much a point of the base is worth.
    """
    kept: dict[tuple[int, int, bool], list[ChangeSet]] = {}
    for changes in sets:
        # Whether more or less rescaled is better hangs on the target, so it is not compared.
        alike = (changes.size, changes.rescaled, changes.opens_gates)
        rivals = kept.setdefault(alike, [])
        if any(_beats(rival, changes) for rival in rivals):
            continue
        rivals[:] = [rival for rival in rivals if not _beats(changes, rival)]
        rivals.append(changes)
    undominated = [changes for rivals in kept.values() for changes in rivals]
    return sorted(undominated, key=lambda changes: changes.size)


def _beats(changes: ChangeSet, other: ChangeSet) -> bool:
    return changes.earned >= other.earned and changes.pools >= other.pools
