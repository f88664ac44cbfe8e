"""Which single figures could be changed for more points: one metric, put where a rule gains all it
can.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction

from cchc_rules.analysis.what_if.plan_document import PlannedChange, PlanStep
from cchc_rules.base.state import OPEN, Absent, State, gate
from cchc_rules.rules.model import Rule
from cchc_rules.scoring import totals
from cchc_rules.scoring.gains import Find, Gains, exact_points
from cchc_rules.scoring.rescoring import Trial
from cchc_rules.scoring.scoring import Scoring
from cchc_rules.scoring.steps import Steps


class PossibleChanges:
    """The changes of a scoring that win points back, or open a gate, by the metric that changes.

    Of several rules that a figure serves equally well, the change names the one that gains most.
    """

    def __init__(self, scoring: Scoring) -> None:
        self.scoring = scoring
        self.gains = Gains(scoring)
        self.trial: Trial = self.gains.trial
        self.by_metric = self._by_metric()

    def most_rewarding_first(self) -> list[PlannedChange]:
        """Return the best change of each rule, the one that brings most for its effort first."""
        every = [change for changes in self.by_metric.values() for change in changes]
        best: dict[str, PlannedChange] = {}
        # The metric settles ties, so that the same submission always gives the same list.
        for change in sorted(every, key=lambda change: (-change.rate, change.metric)):
            best.setdefault(change.rule, change)
        return sorted(best.values(), key=reward_order)

    def one_after_another(self, changes: Sequence[PlannedChange]) -> Iterator[PlanStep]:
        """Yield the changes in turn, each with what its rule gains and the index after it."""
        trial = Trial(self.scoring)
        for change in changes:
            position = self.scoring.compiled.places[change.rule]
            results = [*trial.run.results]
            groups = [*trial.groups]
            result = trial.advance({change.metric: change.figure})[position]
            gained = totals.gained(
                self.scoring.compiled, results, groups, position, result
            )
            yield PlanStep(change, self._points(gained), self._points(trial.now.value))

    def _points(self, ticks: int) -> Decimal:
        return Decimal(self.scoring.points(ticks))

    def _by_metric(self) -> dict[str, list[PlannedChange]]:
        by_step: dict[str, dict[int, PlannedChange]] = {}
        for position, metric in self._candidates():
            for find in self._finds(position, metric):
                change = self._change(position, find.steps, find.all)
                if change is None:
                    continue
                # Several rules may ask for the same figure; it is one change all the same.
                changes = by_step.setdefault(metric, {})
                rival = changes.get(change.step, change)
                changes[change.step] = max(rival, change, key=_rate_then_rule)
        return {metric: list(changes.values()) for metric, changes in by_step.items()}

    def _candidates(self) -> Iterator[tuple[int, str]]:
        """Yield the position of every rule that could be better, with each metric that may be
        changed for it.

        A figure that was reported is changed where the rule judges it, be it through a formula; the
        figure that only its threshold reads is reported where it is missing, never changed.
        """
        for position in range(len(self.scoring.results)):
            rule = self.scoring.rule(position)
            if rule.metric is None or not self._could_be_better(position):
                continue
            judged = self.trial.network.inputs.get(rule.metric, {rule.metric})
            for metric in self.scoring.compiled.reads[rule.id]:
                if metric in judged or self._missing(metric):
                    yield position, metric

    def _could_be_better(self, position: int) -> bool:
        """Whether a rule has not all of its points, waits for a figure, or keeps a gate closed.

        Points are those before rounding: in a mean of 4, a rule of weight 0.4 with 99.3 % has
        0.3972 points, shown as 0.40 of 0.40, and still keeps the mean below 4.
        """
        result = self.scoring.results[position]
        weight = self.scoring.compiled.worths[position].weight
        has_all = exact_points(result) + result.excluded >= weight
        return not has_all or result.state in OPEN or self._closes(position)

    def _closes(self, position: int) -> bool:
        """Whether a rule stands in the way of another one, or of a band."""
        if gate(self.scoring.results[position].state) is None:
            return False
        gates_of_bands = {
            self.scoring.compiled.places[band_gate.rule]
            for band_gate in self.scoring.rules.band_gates
        }
        gated_rules = self.trial.network.required_by[position]
        return position in gates_of_bands or bool(gated_rules)

    def _missing(self, metric: str) -> bool:
        figure = self.scoring.figure(metric)
        return isinstance(figure, Absent) and figure.state is State.MISSING

    def _finds(self, position: int, metric: str) -> Iterator[Find]:
        """Yield where a rule gains most, and where it lets what stands behind it pass.

        The gates before the rule are taken as passed: they are changes of their own.
        """
        most = self.gains.search(
            position,
            metric,
            opened=bool(self.scoring.rule(position).requires),
        )
        if most is not None:
            yield most
        # The figure with most points need not meet the rule: tiers give points below the target.
        if self._closes(position):
            met = self.gains.passing(position, metric)
            if met is not None:
                yield met

    def _change(self, position: int, steps: Steps, step: int) -> PlannedChange | None:
        """Return a change, None where nothing would change or scoring would refuse it."""
        # Step 0 of a missing metric is its first figure, which is a change.
        if step == 0 and steps.reported:
            return None
        figure = steps.figure(step)
        if figure is None:
            return None
        # A formula may fail over the figure, or yield an absence without a declared effect.
        index = self.trial.index({steps.metric.id: figure})
        if index is None:
            return None
        rule = self.scoring.rule(position)
        gain = self._points(index.value - self.scoring.index.value)
        closed_gates = tuple(self._closed_gates(position))
        return PlannedChange(
            rule.id, steps, step, figure, gain, self._effort(rule), closed_gates
        )

    def _effort(self, rule: Rule) -> Fraction | None:
        """Return the effort that the rule states, else that of its remedy."""
        if rule.effort is not None:
            return rule.effort
        remedy = self.scoring.rules.remedies.get(rule.remedy or "")
        return remedy.effort if remedy else None

    def _closed_gates(self, position: int) -> Iterator[str]:
        """Yield the ids of the rules that have to be met before a rule."""
        for required in self.trial.network.requires[position]:
            if gate(self.scoring.results[required].state) is not None:
                yield self.scoring.compiled.names[required]


def reward_order(change: PlannedChange) -> tuple[bool, Fraction, str]:
    """Return what sorts the change first that brings most for its effort; unknown efforts come
    last.
    """
    return change.effort is None, -change.rate, change.rule


def _rate_then_rule(change: PlannedChange) -> tuple[Fraction, str]:
    return change.rate, change.rule
