"""What changed figures would come to: only what they touch is judged and added up again.

A search asks this thousands of times, and one figure touches few of a hundred rules. `Network`
knows which: from a metric over the metrics derived from it to the rules that read one of them, and
on to the rules that require those.

How groups are added up again
-----------------------------
Sums of whole ticks need no second addition: what has changed below is carried up. Say that group
`land` (maximum 1,000) lies in `work`, and a rule of `land` comes from 100 to 250 ticks:

    land     800 + 150 = 950 earned            moved by 150 → to its parent
    work   3,000 + 150 = 3,150 earned          moved by 150 → into the index
    index  base 6,127 + 150, divided and rounded anew

Children stand before their parents in the compiled order, so that the lowest position among the
groups that moved is always one whose children are done. A group that does more than add stops the
carrying, and only its own difference goes on: a mean is rounded from the exact points of its rules
(a `Share`, in which the old ones are replaced), and a pool is held to its cap anew. A pool at 180
of at most 200 that gains 150 comes to 200, and hands on 20.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple, TypeAlias, TypeVar

from cchc_rules.base.state import Reason, State
from cchc_rules.rules import dependencies, formula
from cchc_rules.scoring import totals
from cchc_rules.scoring.compiled_rules import CompiledRuleSet, Judge, Run
from cchc_rules.scoring.coverage import covered
from cchc_rules.scoring.needs import Seen
from cchc_rules.scoring.results import Result
from cchc_rules.scoring.rule_figures import Figures
from cchc_rules.scoring.scoring import Scoring
from cchc_rules.scoring.totals import Share, Sum, Total
from cchc_rules.submissions.submission import Figure

Changes: TypeAlias = Mapping[str, Figure]
"""Figures of submitted metrics in place of those that were reported."""

Derivation: TypeAlias = "tuple[int, Callable[[Figures], Figure]]"
"""The position of a derived metric, and what computes it."""

Looked = TypeVar("Looked")

_PASSED = Result(State.MET, Reason.TARGET_MET, 0, 1, 0)
"""What stands for a gate that is taken as met, but for its points."""


class Network:
    """Who reads what in a compiled rule set: from a metric to derived metrics, rules and groups."""

    def __init__(self, compiled: CompiledRuleSet) -> None:
        self.compiled = compiled
        self.judges: dict[int, Judge] = dict(compiled.judges)
        # When each rule is judged: after those that it requires.
        self.turn = {
            rule_position: turn
            for turn, (rule_position, _) in enumerate(compiled.judges)
        }
        self.requires = [
            tuple(compiled.places[name] for name in rule.requires)
            for rule in compiled.rules.rules.values()
        ]
        self.required_by = _inverted(self.requires)
        # The rules that read a submitted metric, be it through a derived one; gates left out.
        self.direct: dict[str, list[int]] = {}
        for name, metrics in compiled.reads.items():
            for metric in metrics:
                self.direct.setdefault(metric, []).append(compiled.places[name])
        self.inputs = _inputs(compiled)
        self.derived = _derived(compiled, self.inputs)
        self.group_of = compiled.group_of
        self.parents = compiled.parent_of
        self._readers: dict[str, tuple[int, ...]] = {}

    def alone(self, rule_position: int, metric: str) -> bool:
        """Whether a metric touches one rule and nothing else."""
        if metric in self.derived:
            return False
        return self.readers(metric) == (rule_position,)

    def readers(self, metric: str) -> tuple[int, ...]:
        """Return the rules that a metric touches, through formulas and gates too, in order of
        judgement.
        """
        if metric not in self._readers:
            direct = self.direct.get(metric, ())
            touched = _closure(direct, self.required_by)
            self._readers[metric] = self._ordered(touched)
        return self._readers[metric]

    def gates(self, rule_position: int, metric: str) -> tuple[int, ...]:
        """Return the rules before a rule, however far, that the metric touches too, in order of
        judgement.
        """
        if not self.requires[rule_position]:
            return ()
        before = _closure(self.requires[rule_position], self.requires)
        touched = {*self.readers(metric)}
        return self._ordered(before & touched)

    def _ordered(self, places: "set[int]") -> tuple[int, ...]:
        return tuple(sorted(places, key=self.turn.__getitem__))


@lru_cache(maxsize=64)
def network(compiled: CompiledRuleSet) -> Network:
    """Return who reads what in a compiled rule set, worked out once."""
    return Network(compiled)


def _inverted(lists: Sequence[Sequence[int]]) -> list[list[int]]:
    """Return, for each rule, the rules that name it, where each names some others."""
    inverted: list[list[int]] = [[] for _ in lists]
    for rule_position, named in enumerate(lists):
        for other in named:
            inverted[other].append(rule_position)
    return inverted


def _closure(start: Sequence[int], following: Sequence[Sequence[int]]) -> set[int]:
    """Return rules with all that follow them, however far."""
    closure: set[int] = set()
    waiting = list(start)
    while waiting:
        rule_position = waiting.pop()
        if rule_position not in closure:
            closure.add(rule_position)
            waiting += following[rule_position]
    return closure


def _inputs(compiled: CompiledRuleSet) -> dict[str, set[str]]:
    """Return, for each derived metric, the submitted ones that it hangs on."""
    inputs: dict[str, set[str]] = {}
    for position, _ in compiled.derived:
        name = compiled.metrics[position]
        metric = compiled.rules.metrics[name]
        inputs[name] = set()
        for other in dependencies.formula_names(compiled.rules, metric):
            # Derived metrics that others need stand first, so theirs are known already.
            inputs[name] |= inputs.get(other, {other})
    return inputs


def _derived(
    compiled: CompiledRuleSet,
    inputs: Mapping[str, set[str]],
) -> dict[str, list[Derivation]]:
    """Return, for each submitted metric, the derived ones that hang on it, those that others need
    first.
    """
    derived: dict[str, list[Derivation]] = {}
    for position, derive in compiled.derived:
        for metric in inputs[compiled.metrics[position]]:
            derived.setdefault(metric, []).append((position, derive))
    return derived


class Trial:
    """Tries changed figures on one scoring; nothing of the scoring is changed.

    Every try sets figures, judges the rules that read them by the compiled rule set's own
    functions, and sets all back; `advance` alone lets them stand, so that later tries go on from
    there.

    Args:
        scoring: The scoring that is tried on.

    >>> from cchc_rules import load_measurements, load_rules, score
    >>> rules = load_rules("cam-due-2023")
    >>> report = score(rules, load_measurements("examples/cam-due-2023.json", rules))
    >>> trial = Trial(report.scoring)
    >>> all_placed = trial.index({"officials_placed": (100, 1)})
    >>> all_placed.value - trial.now.value
    196
    """

    def __init__(self, scoring: Scoring) -> None:
        self.scoring = scoring
        self.compiled = scoring.compiled
        self.network = network(scoring.compiled)
        submitted = scoring.measurements
        # Copies, in which figures and results are set and set back.
        self.run = Run(
            [*scoring.figures],
            [*scoring.results],
            scoring.as_of.toordinal(),
            submitted.points,
            submitted.absent,
        )
        self.groups = [*scoring.groups]
        self.now = scoring.index
        self._shares: dict[int, Share] = {}

    def probe(
        self,
        rule_position: int,
        metric: str,
        *,
        opened: bool = False,
    ) -> "Probe":
        """Return what tries figures of one metric on one rule.

        Args:
            rule_position: The position of the rule.
            metric: The id of the submitted metric that changes.
            opened: Whether the rules that the rule requires are taken as met.
        """
        return Probe(self, rule_position, metric, opened)

    def results(self, changes: Changes) -> dict[int, Result] | None:
        """Return the results of all rules that the changes touch, by position.

        None where scoring would refuse the changes.
        """
        touched: set[int] = set()
        derived: dict[int, Derivation] = {}
        for metric in changes:
            touched.update(self.network.readers(metric))
            for derivation in self.network.derived.get(metric, ()):
                derived[derivation[0]] = derivation
        order = sorted(touched, key=self.network.turn.__getitem__)
        derivations: list[Derivation] = []
        if derived:
            # In the compiled order, so that each comes after those that it reads.
            derivations = [
                derived[position]
                for position, _ in self.compiled.derived
                if position in derived
            ]
        figures = {
            self.compiled.positions[metric]: figure
            for metric, figure in changes.items()
        }
        return self.judged(figures, derivations, order)

    def judged(
        self,
        figures: Mapping[int, Figure],
        derived: Sequence[Derivation],
        order: Sequence[int],
    ) -> dict[int, Result] | None:
        """Return the results of rules judged in an order over changed figures, and set all back."""
        run = self.run
        judges = self.network.judges
        # Gates are read from the results of the run, so that they are judged in it and set back.
        before = [
            (rule_position, run.results[rule_position]) for rule_position in order
        ]

        def judge() -> dict[int, Result] | None:
            for rule_position in order:
                run.results[rule_position] = judges[rule_position](run)
            # A state for which the rule set declares no effect: scoring refuses the submission.
            if run.undeclared:
                return None
            return {
                rule_position: run.results[rule_position] for rule_position in order
            }

        try:
            return self.seen(figures, derived, judge)
        finally:
            run.undeclared.clear()
            for rule_position, result in before:
                run.results[rule_position] = result

    def seen(
        self,
        figures: Mapping[int, Figure],
        derived: Sequence[Derivation],
        look: Callable[[], Looked],
    ) -> Looked | None:
        """Return what `look` returns while figures are changed, and set all back.

        None where a formula fails over the changed figures.
        """
        now = self.run.figures
        changing = [*figures, *(position for position, _ in derived)]
        before = [(position, now[position]) for position in changing]
        try:
            for position, figure in figures.items():
                now[position] = figure
            for position, derive in derived:
                now[position] = derive(now)
            return look()
        except formula.FormulaFailedError:
            return None
        finally:
            for position, figure in before:
                now[position] = figure

    def index(self, changes: Changes) -> Sum | None:
        """Return the index that changed figures come to, None where scoring would refuse them."""
        results = self.results(changes)
        # A formula failed, or a state has no effect declared.
        if results is None:
            return None
        return self.summed(results)

    def summed(self, results: Mapping[int, Result]) -> Sum:
        """Return the index with other results of some rules: only the groups above them are added
        up again.

        Args:
            results: The other results, by the positions of their rules.
        """
        index = self._added_up(results)
        if covered(self.compiled, self.run.results, results):
            return index
        return index._replace(covered=False)

    def _added_up(self, results: Mapping[int, Result]) -> Sum:
        if self.compiled.added_up.issuperset(results):
            return totals.index_with(self.compiled, self.now, self.run.results, results)
        ledger = _Ledger(self)
        for rule_position, result in results.items():
            ledger.put(rule_position, result)
        return ledger.index()

    def after(self, changes: Changes, results: Mapping[int, Result]) -> Seen:
        """Return what conditions are held against when figures change.

        Args:
            changes: Figures by the ids of their metrics, as `results` has taken them.
            results: What all rules come to that they touch.
        """
        ledger = _Ledger(self)
        for rule_position, result in results.items():
            ledger.put(rule_position, result)
        ledger.index()
        groups = [*self.groups]
        for group_position, total in ledger.totals.items():
            groups[group_position] = total
        all_results = [*self.run.results]
        for rule_position, result in results.items():
            all_results[rule_position] = result
        return Seen(all_results, groups, self._figures_after(changes))

    def _figures_after(self, changes: Changes) -> Figures:
        figures = [*self.run.figures]
        for metric, figure in changes.items():
            figures[self.compiled.positions[metric]] = figure
        touched = {
            position
            for metric in changes
            for position, _ in self.network.derived.get(metric, ())
        }
        # In the compiled order, so that each comes after those that it reads.
        for position, derive in self.compiled.derived:
            if position in touched:
                figures[position] = derive(figures)
        return figures

    def advance(self, changes: Changes) -> dict[int, Result]:
        """Let changed figures that scoring takes stand; return the results of all rules that they
        touch.

        Args:
            changes: Figures by the ids of their metrics, as `index` has taken them before.
        """
        results = self.results(changes)
        # Whoever asks has tried the changes before, and knows that scoring takes them.
        assert results is not None
        ledger = _Ledger(self)
        for rule_position, result in results.items():
            ledger.put(rule_position, result)
        is_covered = covered(self.compiled, self.run.results, results)
        self.now = ledger.index()._replace(covered=is_covered)
        for group_position, total in ledger.totals.items():
            self.groups[group_position] = total
        self._shares.update(ledger.means)
        for rule_position, result in results.items():
            self.run.results[rule_position] = result
        figures = self.run.figures
        for metric, figure in changes.items():
            figures[self.compiled.positions[metric]] = figure
        # Only now: a derived metric may read several of the figures that have changed.
        for metric in changes:
            for position, derive in self.network.derived.get(metric, ()):
                figures[position] = derive(figures)
        return results

    def share(self, group_position: int) -> Share:
        """Return what the rules of a mean group bring to it now."""
        if group_position not in self._shares:
            self._shares[group_position] = totals.shares(
                self.compiled,
                self.compiled.groups[group_position],
                self.run.results,
            )
        return self._shares[group_position]


class Probe:
    """Tries figures of one metric on one rule, as fast as it goes.

    What a figure touches is worked out once: the derived metrics between it and the rule, and the
    gates before the rule that read it too.
    """

    def __init__(
        self,
        trial: Trial,
        rule_position: int,
        metric: str,
        opened: bool,
    ) -> None:
        network = trial.network
        compiled = trial.compiled
        self.trial = trial
        self.at = rule_position
        self.position = compiled.positions[metric]
        read = (
            dependencies.rule_metrics(compiled.rules, trial.scoring.rule(rule_position))
            if metric in network.derived
            else set()
        )
        gates = () if opened else network.gates(rule_position, metric)
        wanted = {*(compiled.positions[name] for name in read)}
        every = network.derived.get(metric, [])
        self.derived = every if gates else [one for one in every if one[0] in wanted]
        self.order = (*gates, rule_position)
        self.passed = network.requires[rule_position] if opened else ()
        self.alone = not (self.derived or gates or self.passed)
        self.judge = network.judges[rule_position]

    def result(self, figure: Figure) -> Result | None:
        """Return the rule's result with the figure, None where scoring would refuse it."""
        if self.alone:
            return self._alone(figure)
        results = self.trial.run.results
        kept = [(gate, self.trial.run.results[gate]) for gate in self.passed]
        for gate, _ in kept:
            # All of its points, for the rule behind it may ask for a share of them.
            weight = self.trial.compiled.worths[gate].weight
            results[gate] = _PASSED._replace(n=weight)
        judged = self.trial.judged({self.position: figure}, self.derived, self.order)
        for gate, result in kept:
            results[gate] = result
        if judged is None:
            return None
        return judged[self.at]

    def _alone(self, figure: Figure) -> Result | None:
        """Return the result of a rule that reads the figure as it is, and hangs on no other rule
        that does.
        """
        run = self.trial.run
        before = run.figures[self.position]
        run.figures[self.position] = figure
        try:
            result = self.judge(run)
            return None if run.undeclared else result
        except formula.FormulaFailedError:
            return None
        finally:
            run.undeclared.clear()
            run.figures[self.position] = before

    def value(self, figure: Figure, position: int) -> Figure | None:
        """Return what a metric, perhaps a derived one, comes to with the figure; None where a
        formula fails.

        Args:
            figure: The figure of the metric that changes.
            position: The position of the metric that is asked for.
        """
        if position == self.position:
            return figure
        figures = self.trial.run.figures
        return self.trial.seen(
            {self.position: figure},
            self.derived,
            lambda: figures[position],
        )


class Moved(NamedTuple):
    """By how much the ticks of a group have changed."""

    earned: int
    excluded: int
    rescaled: int

    def __add__(self, other: object) -> "Moved":
        """Return both changes together."""
        if not isinstance(other, Moved):
            return NotImplemented
        return Moved(
            self.earned + other.earned,
            self.excluded + other.excluded,
            self.rescaled + other.rescaled,
        )


class _Ledger:
    """The sums of a trial as it stands, in which the results of single rules are replaced.

    The top of this module says how the changes are carried up.
    """

    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        self.groups = trial.compiled.groups
        # Groups whose points have changed below, not yet carried up.
        self.moved: dict[int, Moved] = {}
        # What the rules of the means that are touched bring to them now.
        self.means: dict[int, Share] = {}
        # The points of the groups that are closed.
        self.totals: dict[int, Total] = {}
        self.base = trial.now.base
        self.pools = {"bonus": trial.now.bonus, "penalty": trial.now.penalty}

    def put(self, rule_position: int, result: Result) -> None:
        """Replace one rule's result."""
        old = self.trial.run.results[rule_position]
        group_position = self.trial.network.group_of[rule_position]
        # Results that no figure changes are made once, so that the same one comes back.
        if result is old:
            return
        if self.groups[group_position].mean:
            self._replace_in_mean(group_position, rule_position, result)
            return
        change = Moved(
            result.earned - old.earned,
            result.excluded - old.excluded,
            totals.rescaled_points(result) - totals.rescaled_points(old),
        )
        self.move(group_position, change)

    def _replace_in_mean(
        self,
        group_position: int,
        rule_position: int,
        result: Result,
    ) -> None:
        """Replace what one rule brings to a mean."""
        compiled = self.trial.compiled
        replaced = self.trial.run.results[rule_position]
        before = self.means.get(group_position) or self.trial.share(group_position)
        old = totals.share(compiled, rule_position, replaced)
        new = totals.share(compiled, rule_position, result)
        self.means[group_position] = Share(
            before.weight - old.weight + new.weight,
            before.shown - old.shown + new.shown,
            # Exact fractions: taking away what was added leaves nothing behind.
            before.points - old.points + new.points,
        )

    def move(self, group_position: int, by: Moved) -> None:
        """Note by how much what a group adds up has changed."""
        self.moved[group_position] = self.moved.get(group_position, _STILL) + by

    def index(self) -> Sum:
        """Return the index: every group that changed is closed, children before parents."""
        for group_position, brought in self.means.items():
            total = totals.mean(self.groups[group_position], brought)
            self.close(group_position, total)
        while self.moved:
            group_position = min(self.moved)
            change = self.moved.pop(group_position)
            self.close(group_position, self.closed(group_position, change))
        return totals.held(
            self.trial.compiled,
            self.base,
            self.pools["bonus"],
            self.pools["penalty"],
        )

    def closed(self, group_position: int, by: Moved) -> Total:
        """Return the points of a group that adds up, after the change."""
        group = self.groups[group_position]
        old = self.trial.groups[group_position]
        # `uncapped` is what counts in the pool: earned in a bonus pool, lost in a penalty pool,
        # where each tick that is earned or excluded is one lost less.
        if group.kind != "base":
            return totals.capped(
                group,
                old.uncapped + by.earned,
                old.uncapped - by.earned - by.excluded,
            )
        if group.capped:
            return totals.held_to_cap(
                group,
                old.uncapped + by.earned,
                old.uncapped_excluded + by.excluded,
                old.uncapped_rescaled + by.rescaled,
            )
        earned = old.earned + by.earned
        excluded = old.excluded + by.excluded
        return Total(
            group.maximum,
            earned,
            group.maximum - earned - excluded,
            excluded,
            old.rescaled + by.rescaled,
        )

    def close(self, group_position: int, new: Total) -> None:
        """Carry a group's change to the group above it, or into the index."""
        group = self.groups[group_position]
        old = self.trial.groups[group_position]
        self.totals[group_position] = new
        by = Moved(
            new.earned - old.earned,
            new.excluded - old.excluded,
            new.rescaled - old.rescaled,
        )
        if not group.top:
            self.move(self.trial.network.parents[group_position], by)
        elif group.kind == "base":
            lost = new.lost - old.lost
            self.base = self.base + Total(0, by.earned, lost, by.excluded, by.rescaled)
        elif group.kind == "bonus":
            self.pools["bonus"] += by.earned
        else:
            self.pools["penalty"] += new.lost - old.lost


_STILL = Moved(0, 0, 0)
