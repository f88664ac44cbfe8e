"""Which single figures could be changed for more points: one metric, put where a rule gains all it
can.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction

from cchc_rules.analysis.what_if.needed_figures import nearest_step
from cchc_rules.analysis.what_if.plan_document import PlannedChange, PlanStep
from cchc_rules.base.state import OPEN, Absent, State, gate
from cchc_rules.rules.model import Rule
from cchc_rules.scoring import totals
from cchc_rules.scoring.gains import Find, Gains, exact_points
from cchc_rules.scoring.needs import gate_effect
from cchc_rules.scoring.rescoring import Trial
from cchc_rules.scoring.scoring import Scoring
from cchc_rules.scoring.steps import Steps


class PossibleChanges:
    """The changes of a scoring that win points back, or open a gate, by the metric that changes.

    Each change puts one metric to the figure nearest to what was submitted with which one of the
    rules that read it gains all it can, and was scored by itself. Of several rules that a figure
    serves equally well, the change names the one that gains most.

    Args:
        scoring: The submission as it was scored.
    """

    def __init__(self, scoring: Scoring) -> None:
        self.scoring = scoring
        self.gains = Gains(scoring)
        self.trial: Trial = self.gains.trial
        # Positions of the rules that hold a band down while they are not met.
        self.needs = [
            need for gate in scoring.compiled.band_gates for need in gate.needs
        ]
        self.gates_of_bands: set[int] = set()
        for need in self.needs:
            # A share of points is reached by points, which every change is to bring anyway.
            if not need.need.is_share:
                self.gates_of_bands.update(need.rules)
        self.by_metric = self._by_metric()

    def most_rewarding_first(self) -> list[PlannedChange]:
        """Return the best change of each rule, the one that brings most for its effort first."""
        every_change: list[PlannedChange] = []
        for changes in self.by_metric.values():
            every_change += changes
        every_change.sort(key=_rate_then_metric)
        best: dict[str, PlannedChange] = {}
        for change in every_change:
            best.setdefault(change.rule, change)
        return sorted(best.values(), key=reward_order)

    def one_after_another(self, changes: Sequence[PlannedChange]) -> Iterator[PlanStep]:
        """Yield the changes in turn, each with what its rule gains and the index after it.

        Both are in points as shown. They are not those of the change alone: a second rule of a
        pool that stands at its cap, say, brings nothing more.
        """
        compiled = self.scoring.compiled
        trial = Trial(self.scoring)
        for change in changes:
            position = compiled.places[change.rule]
            # What the rule gains is measured against the trial before this change.
            results = [*trial.run.results]
            groups = [*trial.groups]
            result = trial.advance({change.metric: change.figure})[position]
            gained = totals.gained(compiled, results, groups, position, result)
            value = None
            if trial.now.covered:
                value = self._points(trial.now.value)
            yield PlanStep(change, self._points(gained), value)

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
        for change in self._needed_changes():
            by_step.setdefault(change.metric, {}).setdefault(change.step, change)
        return {metric: list(changes.values()) for metric, changes in by_step.items()}

    def _needed_changes(self) -> Iterator[PlannedChange]:
        """Yield the changes with which a condition of a gate on a metric comes to hold.

        Each names the first rule that reads the metric: the checks see to it that there is one.
        """
        network = self.trial.network
        for need in self.needs:
            if need.metric is None or not need.standing(self.scoring.seen).bars:
                continue
            metric = need.need.id
            for name in sorted(network.inputs.get(metric, {metric})):
                step = nearest_step(self.gains, need, name)
                steps = self.gains.steps(name)
                if step is None or steps is None:
                    continue
                change = self._change(min(network.direct[name]), steps, step)
                if change is not None:
                    yield change

    def _candidates(self) -> Iterator[tuple[int, str]]:
        """Yield the position of every rule that could be better, with each metric that may be
        changed for it.

        A figure that was reported is changed where the rule judges it, be it through a formula; the
        figure that only its threshold reads is reported where it is missing, never changed.
        """
        reads = self.scoring.compiled.reads
        for position in range(len(self.scoring.results)):
            rule = self.scoring.rule(position)
            if rule.metric is None or not self._could_be_better(position):
                continue
            judged = self.gains.judged(rule)
            for metric in reads[rule.id]:
                if metric in judged or self._missing(metric):
                    yield position, metric

    def _could_be_better(self, position: int) -> bool:
        """Whether a rule has not all of its points, waits for a figure, or keeps a gate closed.

        Points are those before rounding: in a mean of 4, a rule of weight 0.4 with 99.3 % has
        0.3972 points, shown as 0.40 of 0.40, and still keeps the mean below 4.
        """
        result = self.scoring.results[position]
        if result.state in OPEN or self._closes(position):
            return True
        weight = self.scoring.compiled.worths[position].weight
        # What was excluded cannot be won, whatever the figure.
        return exact_points(result) + result.excluded < weight

    def _closes(self, position: int) -> bool:
        """Whether a rule stands in the way of another one, or of a band."""
        state = self.scoring.results[position].state
        if gate(state) is None:
            return False
        if position in self.gates_of_bands:
            return True
        gated_rules = self.trial.network.required_by[position]
        return bool(gated_rules)

    def _missing(self, metric: str) -> bool:
        figure = self.scoring.figure(metric)
        return isinstance(figure, Absent) and figure.state is State.MISSING

    def _finds(self, position: int, metric: str) -> Iterator[Find]:
        """Yield where a rule gains most, and where it lets what stands behind it pass.

        The gates before the rule are taken as passed: they are changes of their own.
        """
        has_gates = bool(self.scoring.rule(position).requires)
        most = self.gains.search(position, metric, opened=has_gates)
        if most is not None:
            yield most
        # The figure with most points need not meet the rule: tiers give points below the target.
        if self._closes(position):
            met = self.gains.passing(position, metric)
            if met is not None:
                yield met

    def _change(self, position: int, steps: Steps, step: int) -> PlannedChange | None:
        """Return a change, None where nothing would change or scoring would refuse it."""
        # Step 0 is the figure that was submitted; of a missing metric it is the first figure that
        # can be reported, which is a change.
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
        # Without an index before or after there is none that could rise.
        gained_ticks = 0
        if index.covered and self.scoring.index.covered:
            gained_ticks = index.value - self.scoring.index.value
        return PlannedChange(
            rule=rule.id,
            steps=steps,
            step=step,
            figure=figure,
            gain=self._points(gained_ticks),
            effort=self._effort(rule),
            behind=tuple(self._closed_gates(position)),
        )

    def _effort(self, rule: Rule) -> Fraction | None:
        """Return the effort that the rule states, else that of its remedy."""
        if rule.effort is not None:
            return rule.effort
        remedy = self.scoring.rules.remedies.get(rule.remedy or "")
        if remedy is None:
            return None
        return remedy.effort

    def _closed_gates(self, position: int) -> Iterator[str]:
        """Yield the ids of the rules that have to be met before a rule."""
        names = self.scoring.compiled.names
        rule = self.scoring.rule(position)
        for required in self.trial.network.requires[position]:
            name = names[required]
            weight = self.scoring.compiled.worths[required].weight
            result = self.scoring.results[required]
            if gate_effect(rule.need_of(name), weight, result) is not None:
                yield name


def reward_order(change: PlannedChange) -> tuple[bool, Fraction, str]:
    """Return what sorts the change first that brings most for its effort; unknown efforts come
    last.

    Their rate is in points, the others' in points for each unit of effort, so that the two cannot
    be compared. The rule's id settles ties.
    """
    return change.effort is None, -change.rate, change.rule


def _rate_then_metric(change: PlannedChange) -> tuple[Fraction, str]:
    # The metric settles ties, so that the same submission always gives the same list.
    return -change.rate, change.metric


def _rate_then_rule(change: PlannedChange) -> tuple[Fraction, str]:
    return change.rate, change.rule
