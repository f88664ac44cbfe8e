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
from cchc_rules.base.state import gate

KEPT = 64
"""So many sets of each number of changes are kept where not all are tried."""


class ChangeSet(NamedTuple):
    """Some changes of one cluster, and what they bring together, in ticks.

    `earned` and `rescaled` are the base's, `pools` is what bonus less penalty changes by;
    `opens_gates` says that the cluster's gates then let the band through.
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


def clusters(possible: PossibleChanges, gates: Sequence[int]) -> Clusters:
    """Return the sets of changes by cluster; `gates` are the rules that a band waits for."""
    found: list[list[ChangeSet]] = []
    complete = True
    for metrics in metrics_together(possible):
        cluster = _Cluster(possible, metrics, gates)
        if cluster.number_of_sets <= MOST_SETS:
            sets = cluster.all_sets()
        else:
            sets = cluster.best_sets()
            complete = False
        found.append(undominated(sets))
    return Clusters(found, complete)


def metrics_together(possible: PossibleChanges) -> list[list[str]]:
    """Return the metrics that can be changed, those together that touch a common rule, mean or
    pool.
    """
    cluster_of: dict[str, list[str]] = {}
    first_to_touch: dict[object, str] = {}
    for metric in possible.by_metric:
        cluster_of[metric] = [metric]
        for touched in _touched(possible, metric):
            other = first_to_touch.setdefault(touched, metric)
            _merge(cluster_of, metric, other)
    # Metrics of one cluster share one list; lists cannot be keys, their identity can.
    distinct = {id(cluster): cluster for cluster in cluster_of.values()}
    return list(distinct.values())


def _merge(cluster_of: dict[str, list[str]], one: str, other: str) -> None:
    """Make one cluster of those of two metrics; the larger takes the smaller in."""
    pair = sorted((cluster_of[one], cluster_of[other]), key=len)
    smaller, larger = pair
    if smaller is larger:
        return
    larger += smaller
    for metric in smaller:
        cluster_of[metric] = larger


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
        while not groups[group].top:
            group = network.parents[group]
        # A pool may stand at its cap (G3): then the second rule brings less than alone.
        if groups[group].kind != "base":
            yield "group", group


class _Cluster:
    """Scores sets of changes of one cluster."""

    def __init__(
        self, possible: PossibleChanges, metrics: Sequence[str], gates: Sequence[int]
    ) -> None:
        self.possible = possible
        self.changes: Mapping[str, list[PlannedChange]] = {
            metric: possible.by_metric[metric] for metric in metrics
        }
        readers = possible.trial.network.readers
        touched = {rule for metric in metrics for rule in readers(metric)}
        self.gates = [rule for rule in gates if rule in touched]

    @property
    def number_of_sets(self) -> int:
        """How many sets there are: each metric stays, or changes in one of its ways."""
        return prod(1 + len(changes) for changes in self.changes.values())

    def all_sets(self) -> list[ChangeSet]:
        """Return every set that scoring takes."""
        choices = [(None, *changes) for changes in self.changes.values()]
        scored = (
            self._scored([change for change in choice if change])
            for choice in product(*choices)
        )
        return [changes for changes in scored if changes is not None]

    def best_sets(self) -> list[ChangeSet]:
        """Return the best sets of each number of changes, each grown from the best of one change
        fewer.
        """
        # This is a beam search: quick, but a set whose parts are all poor may be missed.
        nothing = self._scored([])
        assert nothing is not None
        found = [nothing]
        best = [nothing]
        for _ in self.changes:
            grown = (self._scored(changes) for changes in self._grown(best))
            scored = (changes for changes in grown if changes is not None)
            best = sorted(scored, key=_brings_most)[:KEPT]
            found += best
        return found

    def _grown(self, sets: Sequence[ChangeSet]) -> Iterable[tuple[PlannedChange, ...]]:
        """Return the sets with one change more, each once."""
        grown: dict[frozenset[int], tuple[PlannedChange, ...]] = {}
        for one in sets:
            changed = {change.metric for change in one.changes}
            for metric, changes in self.changes.items():
                if metric in changed:
                    continue
                for change in changes:
                    # The same changes are reached in several orders; one of them is enough.
                    more = (*one.changes, change)
                    grown[frozenset(map(id, more))] = more
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
        before = self.possible.scoring.results
        return ChangeSet(
            size=len(changes),
            earned=then.base.earned - now.base.earned,
            rescaled=then.base.rescaled - now.base.rescaled,
            pools=(then.bonus - then.penalty) - (now.bonus - now.penalty),
            opens_gates=all(
                gate(results.get(rule, before[rule]).state) is None
                for rule in self.gates
            ),
            changes=tuple(changes),
        )


def _brings_most(one: ChangeSet) -> int:
    return -(one.earned + one.rescaled + one.pools)


def undominated(sets: Iterable[ChangeSet]) -> list[ChangeSet]:
    """Return the sets that no other beats with as few changes, the smallest first."""
    best: dict[tuple[int, int, bool], list[ChangeSet]] = {}
    for one in sets:
        # Whether more or less rescaled is better hangs on the target, so it is not compared.
        rivals = best.setdefault((one.size, one.rescaled, one.opens_gates), [])
        if any(
            rival.earned >= one.earned and rival.pools >= one.pools for rival in rivals
        ):
            continue
        rivals[:] = [
            rival
            for rival in rivals
            if rival.earned > one.earned or rival.pools > one.pools
        ]
        rivals.append(one)
    kept = [one for rivals in best.values() for one in rivals]
    return sorted(kept, key=lambda one: one.size)
