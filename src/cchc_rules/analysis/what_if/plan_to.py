"""The fewest rules to mend for an index or a band, exactly: shared figures, formulas, gates, pools
and means count.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import product
from typing import NamedTuple

from cchc_rules.analysis.what_if.changed_figures import listed
from cchc_rules.analysis.what_if.plan_document import WORK, Change, Mending, Step
from cchc_rules.base import number
from cchc_rules.base.problem import Problem, SubmissionError, nearest, quoted
from cchc_rules.base.state import Absent, State
from cchc_rules.report.score import score
from cchc_rules.rules.model import Band, RuleSet
from cchc_rules.scoring.gains import Find, Gains
from cchc_rules.scoring.rescoring import Trial
from cchc_rules.scoring.scoring import Scoring
from cchc_rules.scoring.steps import Steps, as_json
from cchc_rules.scoring.totals import Sum
from cchc_rules.submissions.submission import Measurements

KEPT = 64
"""So many of each number of changes are kept where not all ways are tried."""


def plan_to(
    rules: RuleSet,
    measurements: Measurements,
    *,
    index: Decimal | int | None = None,
    band: str | None = None,
    as_of: date | str | None = None,
) -> Mending:
    """Return the fewest rules to mend so that the unrounded index is at least `index`, or the band
    at least `band`.

    Every change puts one submitted metric to the nearest figure with which a rule that reads it
    gains all it can; figures that are missing are counted at their best. Raises `SubmissionError`
    as `score` does, and for a band that the rule set does not have; `ValueError` unless exactly one
    of `index` and `band` is given.
    """
    if (index is None) == (band is None):
        raise ValueError("give exactly one of index and band")
    report = score(rules, measurements, as_of=as_of)
    goal = _goal(
        report.scoring, None if index is None else number.fraction(index), band
    )
    mender = _Mender(report.scoring, goal)
    chosen = mender.solve()
    ordered = sorted(chosen.changes, key=_worth_first)
    raw = {
        change.metric: submitted(change.steps, change.step, measurements)
        for change in ordered
    }
    then = score(rules, measurements.changed(raw), as_of=as_of) if raw else report
    steps = tuple(mender.along(ordered))
    reached = goal.reached(then.scoring)
    return Mending(
        goal.index,
        goal.band,
        report,
        then,
        reached,
        mender.proven,
        steps,
        tuple(mender.mendable()),
    )


def _worth_first(change: Change) -> tuple[bool, Fraction, str]:
    """Return what puts the change first that brings most for its effort; those of unknown effort
    come last.
    """
    return change.effort is None, -change.rate, change.rule


def submitted(steps: Steps, step: int, measurements: Measurements) -> object:
    """Return what a submission says for a step of a metric."""
    value = steps.write(step)
    if not isinstance(value, Fraction):
        return value
    if steps.denominator is not None:
        return {"numerator": as_json(value), "denominator": as_json(steps.denominator)}
    entry = measurements.entries.get(steps.metric.id)
    if steps.metric.distinct:
        return {
            "items": listed(entry.items if entry and entry.items else (), int(value))
        }
    return as_json(value)


# What is wanted -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Goal:
    """What the index must be at least (or above, when `strict`), in ticks, and the rules that hold
    the band down.
    """

    index: Fraction | None
    band: Band | None
    ticks: Fraction | None
    strict: bool
    gates: tuple[int, ...]
    bands: tuple[str, ...]

    def reached(self, scoring: Scoring) -> bool:
        """Whether an outcome reaches it."""
        if self.index is not None:
            return scoring.index.exact >= self.index
        band = scoring.banding().band
        return band is not None and self.bands.index(band.id) >= self.bands.index(
            self.band.id if self.band else ""
        )

    def high_enough(self, found: Sum) -> bool:
        """Whether an index is high enough; gates are another matter."""
        exact = found.exact * found.unit
        ticks = self.ticks or Fraction(0)
        return exact > ticks if self.strict else exact >= ticks


def _goal(scoring: Scoring, index: Fraction | None, band: str | None) -> _Goal:
    rules = scoring.rules
    unit = scoring.compiled.unit
    if band is None:
        return _Goal(index, None, (index or Fraction(0)) * unit, False, (), ())
    ladder = sorted(
        rules.bands,
        key=lambda one: (one.interval.low is not None, one.interval.low or 0),
    )
    names = tuple(one.id for one in ladder)
    if band not in names:
        places = {"name": quoted(band), "nearest": nearest(band, names)}
        raise SubmissionError([Problem("unknown-band", ("band",), places)])
    wanted = ladder[names.index(band)]
    gates = {
        gate.rule
        for gate in rules.band_gates
        if names.index(gate.at_most) < names.index(band)
    }
    ticks, strict = _edge(wanted, unit, rules.bands_read)
    return _Goal(
        None,
        wanted,
        ticks,
        strict,
        tuple(sorted(scoring.compiled.places[name] for name in gates)),
        names,
    )


def _edge(band: Band, unit: int, read: str) -> tuple[Fraction | None, bool]:
    """Return what the unrounded index must be, in ticks, and whether it must be above that.

    The index shown reaches an edge where the unrounded one lies at most half a tick below it.
    """
    low = band.interval.low
    above = band.interval.low_open
    if low is None:
        return None, False
    if read == "exact":
        return low * unit, above
    first = number.floor(low * unit) + 1 if above else number.ceiling(low * unit)
    return first - Fraction(1, 2), False


# What may change ------------------------------------------------------------------------------------------------------


class _Way(NamedTuple):
    """One way to change the figures of a cluster: how many changes, and what it brings in ticks.

    `earned` and `rescaled` are the base's, `over` is what bonus less penalty comes to; `passes`
    says that the cluster's gates let the band through.
    """

    size: int
    earned: int
    rescaled: int
    over: int
    passes: bool
    changes: tuple[Change, ...]


class _Chosen(NamedTuple):
    """The changes that were chosen."""

    changes: tuple[Change, ...]


class _Mender:
    """Looks for the fewest changes of one outcome."""

    def __init__(self, scoring: Scoring, goal: _Goal) -> None:
        self.scoring = scoring
        self.goal = goal
        self.gains = Gains(scoring)
        self.trial: Trial = self.gains.trial
        self.proven = True
        self.changes = self._changes()

    def mendable(self) -> list[Change]:
        """Return every change that there is, the one that brings most for its effort first; one for
        each rule.
        """
        best: dict[str, Change] = {}
        for change in sorted(self._all(), key=lambda one: (-one.rate, one.metric)):
            best.setdefault(change.rule, change)
        return sorted(best.values(), key=_worth_first)

    def _all(self) -> list[Change]:
        return [change for changes in self.changes.values() for change in changes]

    def along(self, changes: Sequence[Change]) -> Iterator[Step]:
        """Yield the changes one after another with the index after each."""
        trial = Trial(self.scoring)
        for change in changes:
            at = self.scoring.compiled.places[change.rule]
            before = trial.run.results[at].earned
            earned = trial.advance({change.metric: change.figure})[at].earned
            yield Step(
                change, self._points(earned - before), self._points(trial.now.value)
            )

    def _points(self, ticks: int) -> Decimal:
        return Decimal(self.scoring.points(ticks))

    def _changes(self) -> dict[str, list[Change]]:
        """Return the changes that there are, by metric: one for each figure that serves a rule."""
        found: dict[str, dict[int, Change]] = {}
        for at, name in self._pairs():
            for find, step in self._finds(at, name):
                change = self._change(at, find.steps, step)
                if change is not None:
                    known = found.setdefault(name, {})
                    known[step] = max(
                        known.get(step, change),
                        change,
                        key=lambda one: (one.rate, one.rule),
                    )
        return {name: list(known.values()) for name, known in found.items()}

    def _pairs(self) -> Iterator[tuple[int, str]]:
        """Yield every rule that is not as good as can be with each metric that may be changed for
        it.
        """
        for at, result in enumerate(self.scoring.results):
            rule = self.scoring.rule(at)
            if rule.metric is None or not (
                self.scoring.lost(at) > 0 or result.state in _OPEN or self._closes(at)
            ):
                continue
            own = self.trial.network.inputs.get(rule.metric, {rule.metric})
            read = self.scoring.compiled.reads[rule.id]
            yield from (
                (at, name) for name in read if name in own or self._missing(name)
            )

    def _closes(self, at: int) -> bool:
        """Whether a rule stands in the way of another one, or of a band."""
        gates = any(
            self.scoring.compiled.places[gate.rule] == at
            for gate in self.scoring.rules.band_gates
        )
        return self.scoring.results[at].state in _CLOSING and (
            gates or bool(self.trial.network.required_by[at])
        )

    def _missing(self, name: str) -> bool:
        figure = self.scoring.figure(name)
        return isinstance(figure, Absent) and figure.state is State.MISSING

    def _finds(self, at: int, name: str) -> Iterator[tuple[Find, int]]:
        rule = self.scoring.rule(at)
        most = self.gains.search(at, name, opened=bool(rule.requires))
        if most is not None:
            yield most, most.all
        if self._closes(at):
            met = self.gains.passing(at, name)
            if met is not None:
                yield met, met.all

    def _change(self, at: int, steps: Steps, step: int) -> Change | None:
        """Return a change, None where nothing would change or scoring would refuse it."""
        figure = None if step == 0 and steps.reported else steps.figure(step)
        found = None if figure is None else self.trial.index({steps.metric.id: figure})
        if figure is None or found is None:
            return None
        rule = self.scoring.rule(at)
        gates = self.trial.network.requires[at]
        remedy = self.scoring.rules.remedies.get(rule.remedy or "")
        effort = (
            rule.effort
            if rule.effort is not None
            else remedy.effort
            if remedy
            else None
        )
        behind = tuple(
            self.scoring.compiled.names[gate]
            for gate in gates
            if self.scoring.results[gate].state in _CLOSING
        )
        gain = self._points(found.value - self.scoring.index.value)
        return Change(rule.id, steps, step, figure, gain, effort, behind)

    # Which changes

    def solve(self) -> _Chosen:
        """Return the fewest changes that reach the goal, or those that lead as far as one can get."""
        if self.goal.reached(self.scoring):
            return _Chosen(())
        clusters = [self._ways(cluster) for cluster in self._clusters()]
        solver = _Solver(self, clusters)
        return solver.fewest() or solver.furthest()

    def _clusters(self) -> list[list[str]]:
        """Return the metrics that can be changed, those together that touch a common rule, mean or
        pool.
        """
        parts: dict[str, list[str]] = {}
        of: dict[object, str] = {}
        for name in self.changes:
            parts[name] = [name]
            for key in self._touched(name):
                self._join(parts, name, of.setdefault(key, name))
        seen = {id(part): part for part in parts.values()}
        return list(seen.values())

    def _join(self, parts: dict[str, list[str]], one: str, other: str) -> None:
        into, gone = sorted((parts[one], parts[other]), key=len, reverse=True)
        if into is not gone:
            into += gone
            for name in gone:
                parts[name] = into

    def _touched(self, name: str) -> Iterator[object]:
        """Yield what makes two metrics hang together: a rule that both touch, a mean or a pool that
        both lead to.
        """
        network = self.trial.network
        groups = self.scoring.compiled.groups
        for at in network.readers(name):
            yield "rule", at
            place = network.group_of[at]
            if groups[place].mean:
                yield "group", place
            while not groups[place].top:
                place = network.parents[place]
            if groups[place].kind != "base":
                yield "group", place

    def _ways(self, names: Sequence[str]) -> list[_Way]:
        """Return the ways to change the figures of a cluster; not all of them where there are too
        many.
        """
        options = [[None, *self.changes[name]] for name in names]
        total = 1
        for option in options:
            total *= len(option)
        gates = self._gates(names)
        if total <= WORK:
            ways = (
                self._way([change for change in picked if change], gates)
                for picked in product(*options)
            )
            return _undominated(way for way in ways if way is not None)
        self.proven = False
        return self._some_ways(names, gates)

    def _some_ways(self, names: Sequence[str], gates: Sequence[int]) -> list[_Way]:
        """Return the best ways of each number of changes, each grown from the best of one change
        fewer.
        """
        stay = self._way([], gates)
        assert stay is not None
        found = [stay]
        grown = [stay]
        for _ in names:
            longer = {
                frozenset(map(id, changes)): changes
                for way in grown
                for name in names
                if name not in {change.metric for change in way.changes}
                for change in self.changes[name]
                if (changes := (*way.changes, change))
            }
            ways = (self._way(changes, gates) for changes in longer.values())
            grown = sorted(
                (way for way in ways if way),
                key=lambda way: -(way.earned + way.rescaled + way.over),
            )[:KEPT]
            found += grown
        return _undominated(found)

    def _gates(self, names: Iterable[str]) -> tuple[int, ...]:
        touched = {at for name in names for at in self.trial.network.readers(name)}
        return tuple(gate for gate in self.goal.gates if gate in touched)

    def _way(self, changes: Sequence[Change], gates: Sequence[int]) -> _Way | None:
        results = self.trial.results(
            {change.metric: change.figure for change in changes}
        )
        if results is None:
            return None
        now = self.scoring.index
        then = self.trial.summed(results)
        return _Way(
            len(changes),
            then.base.earned - now.base.earned,
            then.base.rescaled - now.base.rescaled,
            then.bonus - then.penalty - now.bonus + now.penalty,
            all(
                results.get(gate, self.scoring.results[gate]).state in _PASSES
                for gate in gates
            ),
            tuple(changes),
        )

    def passing(self) -> bool:
        """Whether the gates that no change touches let the band through."""
        touched = {
            at for name in self.changes for at in self.trial.network.readers(name)
        }
        return all(
            self.scoring.results[gate].state in _PASSES
            for gate in self.goal.gates
            if gate not in touched
        )


_CLOSING = frozenset({State.PARTLY_MET, State.NOT_MET, State.MISSING})
_OPEN = frozenset({State.MISSING, State.NOT_DUE})
_PASSES = frozenset({State.MET, State.NOT_APPLICABLE, State.NOT_DUE, State.WAIVED})


def _undominated(ways: Iterable[_Way]) -> list[_Way]:
    """Return the ways of which no other has as few changes and brings as much."""
    best: dict[tuple[int, int, bool], list[_Way]] = {}
    for way in ways:
        rivals = best.setdefault((way.size, way.rescaled, way.passes), [])
        if not any(
            other.earned >= way.earned and other.over >= way.over for other in rivals
        ):
            rivals[:] = [
                one for one in rivals if one.earned > way.earned or one.over > way.over
            ]
            rivals.append(way)
    return sorted(
        (way for rivals in best.values() for way in rivals), key=lambda way: way.size
    )


class _Best(NamedTuple):
    """The most that some changes bring towards a target, and the ways that bring it, the last one
    first.
    """

    brings: int | Fraction
    way: "_Way | None" = None
    before: "_Best | None" = None

    def changes(self) -> list[Change]:
        """Return the changes of all its ways."""
        here: _Best | None = self
        found: list[Change] = []
        while here is not None:
            found += here.way.changes if here.way else ()
            here = here.before
        return found


class _Table(NamedTuple):
    """For a target: the best of each number of changes in clusters of many ways, and single
    changes, best first.
    """

    many: Mapping[int, _Best]
    single: Sequence[_Way]
    sums: Sequence[int | Fraction]


class _Solver:
    """Puts the ways of all clusters together.

    An index of at least T is (earned + e) × scale + (over + o − T) × (left − r) ≥ 0, where e, o and
    r are the sums of what the changes bring. That is a sum over clusters, so for each number of
    changes the best of each cluster add up, as long as o and r do not change both: then every way
    of the clusters that change o is gone through.
    """

    def __init__(self, mender: _Mender, clusters: Sequence[Sequence[_Way]]) -> None:
        self.mender = mender
        self.goal = mender.goal
        self.now = mender.scoring.index
        rescaling = any(way.rescaled for ways in clusters for way in ways)
        self.inner = [
            ways
            for ways in clusters
            if not (rescaling and any(way.over for way in ways))
        ]
        self.outer = [
            ways for ways in clusters if rescaling and any(way.over for way in ways)
        ]
        scale = mender.scoring.rules.index.scale
        self.unit = self.now.unit
        self.times = scale.numerator * self.unit
        self.below = scale.denominator
        self.earned = self.now.base.earned
        self.left = self.now.base.maximum - self.now.base.rescaled
        self.over = self.now.bonus - self.now.penalty
        if not self.left:  # nothing is left to score: what is proven below does not hold for ways that leave it so
            self.left, mender.proven = (0, False) if rescaling else (1, mender.proven)

    def fewest(self) -> _Chosen | None:
        """Return the fewest changes that reach the goal; of as few, those that bring most."""
        ticks = self.goal.ticks
        index = self.mender.scoring.rules.index
        beyond = (
            ticks is not None
            and not index.over_scale
            and ticks > index.scale * self.unit
        )
        if ticks is None or beyond or not self.mender.passing():
            return None
        found = list(self.tables(ticks, gated=True))
        counts = [self.count(base, table) for base, table in found]
        least = min((count for count in counts if count is not None), default=None)
        most = sum(
            max((way.size for way in ways), default=0)
            for ways in (*self.inner, *self.outer)
        )
        for count in range(least or 0, most + 1) if least is not None else ():
            changes = self.best(found, count)
            index_then = self.mender.trial.index(
                {change.metric: change.figure for change in changes}
            )
            if index_then is not None and self.goal.high_enough(index_then):
                return _Chosen(tuple(changes))
        return None

    def furthest(self) -> _Chosen:
        """Return the changes that lead furthest: the target is raised to what is reached until
        nothing goes beyond.
        """
        reached = self.now.exact * self.unit
        chosen = _Chosen(())
        while True:
            changes = max(
                (
                    self.all_of(base, table)
                    for base, table in self.tables(reached, gated=False)
                ),
                key=lambda one: one[0],
            )[1]
            index = self.mender.trial.index(
                {change.metric: change.figure for change in changes}
            )
            if index is None or index.exact * self.unit <= reached:
                return chosen
            reached = index.exact * self.unit
            chosen = _Chosen(tuple(changes))

    def tables(self, ticks: Fraction, *, gated: bool) -> Iterator[tuple[_Best, _Table]]:
        """Yield, for every way of the clusters that change pools, what it brings and the table of
        all the others.
        """
        kept: dict[int, _Table | None] = {}
        for count, picked in enumerate(product(*self.outer)):
            if count >= WORK:
                self.mender.proven = False
                return
            if gated and not all(way.passes for way in picked):
                continue
            over = self.over + sum(way.over for way in picked)
            if over not in kept:
                kept[over] = self.table(ticks - over, gated)
            table = kept[over]
            if table is not None:
                yield self.start(picked, ticks - over), table

    def start(self, picked: Sequence[_Way], missing: Fraction) -> _Best:
        """Return what the ways that were picked bring, with all that is there already."""
        earned = self.earned + sum(way.earned for way in picked)
        left = self.left - sum(way.rescaled for way in picked)
        best = _Best(earned * self.times - missing * left * self.below)
        for way in picked:
            best = _Best(best.brings, way, best)
        return best

    def table(self, missing: Fraction, gated: bool) -> _Table | None:
        """Return the best of each number of changes; None where a cluster's gates never let the
        band through.
        """
        many: dict[int, _Best] = {0: _Best(0)}
        single: list[tuple[int | Fraction, _Way]] = []
        for ways in self.inner:
            best = self.of_counts(ways, missing, gated)
            if not best:
                return None
            if set(best) <= {0, 1} and best.get(0, (1, None))[0] == 0:
                single += [best[1]] if 1 in best and best[1][0] > 0 else []
            else:
                many = _joined(many, best)
        single.sort(key=lambda item: (-item[0], item[1].changes[0].rule))
        sums: list[int | Fraction] = [0]
        for brings, _ in single:
            sums.append(sums[-1] + brings)
        return _Table(many, [way for _, way in single], sums)

    def of_counts(
        self, ways: Sequence[_Way], missing: Fraction, gated: bool
    ) -> dict[int, tuple[int | Fraction, _Way]]:
        """Return a cluster's best way of each number of changes."""
        best: dict[int, tuple[int | Fraction, _Way]] = {}
        for way in ways:
            brings = (
                way.earned * self.times
                + (missing * way.rescaled + way.over * self.left) * self.below
            )
            if (way.passes or not gated) and (
                way.size not in best or brings > best[way.size][0]
            ):
                best[way.size] = brings, way
        return best

    def count(self, base: _Best, table: _Table) -> int | None:
        """Return the fewest changes that reach the target; None where none do."""
        started = _counted(base)
        found = []
        for count, best in table.many.items():
            wanted = -(base.brings + best.brings)
            find = bisect_right if self.goal.strict else bisect_left
            more = find(table.sums, wanted)
            if more < len(table.sums):
                found.append(started + count + more)
        return min(found, default=None)

    def best(self, tables: Sequence[tuple[_Best, _Table]], count: int) -> list[Change]:
        """Return the changes, at most so many, that bring most."""
        offers = []
        for base, table in tables:
            for used, best in table.many.items():
                more = min(count - _counted(base) - used, len(table.single))
                if more >= 0:
                    offers.append(
                        (
                            base.brings + best.brings + table.sums[more],
                            base,
                            best,
                            table.single[:more],
                        )
                    )
        return _all_changes(max(offers, key=lambda offer: offer[0]))

    def all_of(self, base: _Best, table: _Table) -> tuple[int | Fraction, list[Change]]:
        """Return the changes that bring most, however many, and how much that is."""
        best = max(table.many.values(), key=lambda one: one.brings)
        brings = base.brings + best.brings + table.sums[-1]
        return brings, _all_changes((brings, base, best, table.single))


def _counted(base: _Best) -> int:
    return len(base.changes())


def _all_changes(
    offer: tuple[int | Fraction, _Best, _Best, Sequence[_Way]],
) -> list[Change]:
    _, base, best, single = offer
    return [
        *base.changes(),
        *best.changes(),
        *(change for way in single for change in way.changes),
    ]


def _joined(
    many: Mapping[int, _Best], best: Mapping[int, tuple[int | Fraction, _Way]]
) -> dict[int, _Best]:
    """Return the best of each number of changes, those of one more cluster among them."""
    found: dict[int, _Best] = {}
    for count, before in many.items():
        for more, (brings, way) in best.items():
            total = before.brings + brings
            if count + more not in found or total > found[count + more].brings:
                found[count + more] = _Best(total, way, before)
    return found
