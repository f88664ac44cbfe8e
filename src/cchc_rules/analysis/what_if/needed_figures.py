"""The figure nearest to the submitted one with which a condition on a metric holds."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise

from cchc_rules.rules.metric_values import Figure, as_number
from cchc_rules.scoring.gains import FEW, FURTHEST, Gains, halved
from cchc_rules.scoring.needs import CompiledNeed, NeedState, Seen
from cchc_rules.scoring.steps import Steps


def nearest_step(gains: Gains, need: CompiledNeed, name: str) -> int | None:
    """Return the step of a submitted metric with which a condition holds, None where none does.

    Args:
        gains: Knows the figures that metrics may take.
        need: A condition on the metric, or on one that is derived from it.
        name: The id of the submitted metric that changes.
    """
    steps = gains.steps(name)
    if steps is None:
        return None
    search = _Search(gains, need, steps)
    cuts = search.cuts()
    up = [cut for cut in cuts if cut >= 0]
    down = [cut for cut in reversed(cuts) if cut <= 0]
    reached = (search.first(up), search.first(down))
    return min((step for step in reached if step is not None), key=abs, default=None)


class _Search:
    """Tries steps of one metric on one condition."""

    def __init__(self, gains: Gains, need: CompiledNeed, steps: Steps) -> None:
        self.trial = gains.trial
        self.need = need
        self.steps = steps
        self.position = self.trial.compiled.positions[steps.metric.id]

    def cuts(self) -> list[int]:
        """Return the steps between which a condition turns at most once, in order."""
        low = self.steps.low
        if low is None:
            low = -FURTHEST
        high = self.steps.high
        if high is None:
            high = FURTHEST
        cuts = {low, 0, high, *self._marks()}
        if high - low <= FEW:
            cuts.update(range(low, high + 1))
        elif self.need.metric != self.position:
            # Of what a formula makes of it nothing is known: steps that double find most turns.
            for power in range((high - low).bit_length()):
                cuts |= {-(2**power), 2**power}
        return sorted(cut for cut in cuts if low <= cut <= high)

    def _marks(self) -> Iterator[int]:
        """Yield the steps beside the edges of the condition."""
        for edge in self._edges():
            step = self.steps.step_at(edge)
            yield from (step - 1, step, step + 1)

    def _edges(self) -> Iterator[Fraction]:
        need = self.need.need
        for edge in (need.bounds.low, need.bounds.high):
            if edge is not None:
                yield edge
        metric = self.trial.compiled.rules.metrics[need.id]
        for value in need.values:
            yield as_number(value, metric)

    def first(self, cuts: Sequence[int]) -> int | None:
        """Return the first step along cuts, away from now, with which the condition holds."""
        if self.holds(cuts[0]):
            return cuts[0]
        for near, far in pairwise(cuts):
            if self.holds(far):
                return halved(near, far, self.holds)
        return None

    def holds(self, step: int) -> bool:
        """Whether the condition holds with the figure of a step."""
        value = self._value(step)
        if value is None or self.need.metric is None:
            return False
        figures: list[Figure] = [*self.trial.run.figures]
        figures[self.need.metric] = value
        return self.need.standing(Seen((), (), figures)).state is NeedState.HOLDS

    def _value(self, step: int) -> Figure | None:
        """Return what the metric of the condition comes to, None where scoring would refuse it."""
        figure = self.steps.figure(step)
        if figure is None or self.need.metric == self.position:
            return figure
        asked = self.need.metric or 0
        figures = self.trial.run.figures
        derived = self.trial.network.derived.get(self.steps.metric.id, ())
        return self.trial.seen({self.position: figure}, derived, lambda: figures[asked])
