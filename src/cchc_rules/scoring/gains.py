"""What would win lost points back: the least change of one figure that gains anything, and the one
that gains most.

How a search finds the nearest step
-----------------------------------
A figure changes by whole steps (`steps`), and each step can be scored (`rescoring`). To try them
all would take too long, and the points may rise, jump and fall. So the steps are cut wherever the
value function has an edge: a target, the end of a tier, the start of a line, the figure from which
points are held. Between two neighbouring cuts the points only rise or only fall.

7 of 11 officials are placed by the standard, 4 points hang on all of them. The edges 0 % and
100 % lie at the steps −7 and 4. With the steps beside each, the step 0 and the ends of the range
the cuts are −7, −6, 0, 3 and 4, in the direction upwards with these points:

    step      0      3      4
    points  2.55   3.64   4.00

- The most that can be had stands at a cut: 4.00.
- The nearest step with enough points lies at, or just before, the first cut that has enough. For
  more than 2.55 that is step 3, so that the steps between 0 and 3 are halved: step 1 gives 2.91,
  which is enough, and nothing lies before it. One more official is the least that gains anything.
- The same is done downwards, and the nearer of the two is told; of equals the one towards better.

Where a formula stands between the figure and the points nothing is known of its shape, so that
more cuts are made: at the numbers that it writes out, at the figures that it names, and at steps
that double. A range of few steps is tried one by one. Whatever is found is scored as a whole in
the end, so that a gain that is told is true; only a nearer one may be missed.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cached_property, partial
from itertools import chain, pairwise
from typing import NamedTuple, TypeAlias

from cchc_rules.base.interval import Interval
from cchc_rules.base.state import COMPUTED, Absent, State
from cchc_rules.rules import dependencies, formula
from cchc_rules.rules.model import FormulaRef, Metric, MetricRef, Rule
from cchc_rules.rules.value_function import (
    AllOf,
    Among,
    Within,
    bends_of,
    edges_of,
    first_step,
    held_from,
    interval_ends,
    value_function,
)
from cchc_rules.scoring import totals
from cchc_rules.scoring.compiled_rules import CompiledRuleSet
from cchc_rules.scoring.rescoring import Probe, Trial
from cchc_rules.scoring.results import Result
from cchc_rules.scoring.scoring import Scoring
from cchc_rules.scoring.steps import Steps, steps_of
from cchc_rules.submissions.submission import Figure

FURTHEST = 2**30
"""How many steps a range without end is searched where a formula gives the points."""

FEW = 64
"""How many steps are tried one by one where a formula gives the points."""


Points: TypeAlias = "int | Fraction"
"""Points of a rule, in ticks: whole ones, but exact ones in a mean, which alone is rounded."""

Measure: TypeAlias = Callable[[Result], Points]
"""What a search tries to raise: the points that a result is worth."""


class Gain(NamedTuple):
    """One change of one metric, and what it gains."""

    aim: str
    """`any` for the least change that gains anything, `all` for the one that gains most."""
    steps: Steps
    """The figures that the metric may take."""
    step: int
    """The step to which it changes."""
    points: int
    """What the rule brings its group more, in ticks."""
    value: int
    """By how much the index that is shown rises, in ticks."""
    result: Result | None = None
    """What the rule comes to, where the change touches it and no other."""

    @property
    def metric(self) -> str:
        """The metric that changes."""
        return self.steps.metric.id


class Find(NamedTuple):
    """What a search found."""

    steps: Steps
    """The figures that the metric may take."""
    any: int
    """The nearest step that gains anything."""
    all: int
    """The nearest step that gains most."""
    most: Points
    """How much it gains."""
    results: Mapping[int, Result]
    """What the rule came to at each step that was tried and that scoring takes."""


class Gains:
    """Finds the gains of one scoring.

    >>> from cchc_rules import load_measurements, load_rules, score
    >>> rules = load_rules("cam-due-2023")
    >>> report = score(rules, load_measurements("examples/cam-due-2023.json", rules))
    >>> position = report.scoring.compiled.places["officials-placed"]
    >>> [(gain.aim, gain.step, gain.points) for gain in Gains(report.scoring).of(position)]
    [('any', 1, 36), ('all', 4, 145)]
    """

    def __init__(self, scoring: Scoring) -> None:
        self.scoring = scoring
        self.trial = Trial(scoring)
        self._steps: dict[str, Steps | None] = {}
        self._gains_of: dict[int, tuple[Gain, ...]] = {}

    def of(self, position: int) -> tuple[Gain, ...]:
        """Return the gains of a rule: the least and the greatest, or one that is both, or none.

        Args:
            position: The position of the rule.
        """
        if position not in self._gains_of:
            self._gains_of[position] = tuple(self._gains(position))
        return self._gains_of[position]

    def _gains(self, position: int) -> Iterator[Gain]:
        rule = self.scoring.rule(position)
        if not self.scoring.loses(position) or rule.metric is None:
            return
        # What is missing has to be reported first: a change of a figure is not what it lacks.
        if isinstance(self.scoring.figure(rule.metric), Absent):
            return
        # So it is with a row that waits for a figure: another row is no way round reporting it.
        waits = self.scoring.results[position].state not in COMPUTED
        if rule.deduction.hit is not None and waits:
            return
        worth, first = self._effective(position)
        finds: list[Find] = []
        for name in self.inputs(rule):
            find = self._found_by(position, name, worth, first)
            if find is not None:
                finds.append(find)
        if not finds:
            return
        best = min(finds, key=_most_and_nearest)
        if best.any != best.all:
            yield from self._gain(position, "any", best, best.any)
        yield from self._gain(position, "all", best, best.all)

    def _results(
        self,
        position: int,
        find: Find,
        step: int,
    ) -> Mapping[int, Result] | None:
        """Return the results of all rules that a step touches, None where it would be refused."""
        metric = find.steps.metric.id
        # The search judged the rule alone; where nothing else reads the figure, that is all.
        if step in find.results and self.trial.network.alone(position, metric):
            return {position: find.results[step]}
        figure = find.steps.figure(step)
        if figure is None:
            return None
        return self.trial.results({metric: figure})

    def _gain(
        self,
        position: int,
        aim: str,
        find: Find,
        step: int,
    ) -> Iterator[Gain]:
        """Yield a change, scored as a whole, unless nothing comes of it in the end."""
        results = self._results(position, find, step)
        if results is None:
            return
        scoring = self.scoring
        points = totals.gained(
            scoring.compiled,
            scoring.results,
            scoring.groups,
            position,
            results[position],
        )
        rise = self._rise(results)
        result = None
        if len(results) == 1:
            result = results[position]
        # Another rule that reads the figure may lose what this one gains: both are told.
        if points or rise:
            yield Gain(aim, find.steps, step, points, rise, result)

    def rise(self, gain: Gain, position: int) -> int:
        """Return by how much a gain raises the index of this scoring, in ticks.

        The gain may have been found for another submission, if what it says of the rule is the
        same: then the index alone is added up anew.
        """
        found_here = any(gain is own for own in self._gains_of.get(position, ()))
        if gain.result is None or found_here:
            return gain.value
        return self._rise({position: gain.result})

    def _rise(self, results: Mapping[int, Result]) -> int:
        """Return by how much other results raise the index that is shown, in ticks."""
        now = self.scoring.index
        then = self.trial.summed(results)
        # Where nothing is left to score, before or after, there is no index that could rise.
        if then.scored and now.scored:
            return then.value - now.value
        return 0

    def _effective(self, position: int) -> tuple[Measure, Points]:
        """Return what of a rule's points has an effect on its group, and the least that shows.

        In a mean it takes half a tick of the group to show; in a pool only what lies within the cap
        counts.
        """
        compiled = self.scoring.compiled
        result = self.scoring.results[position]
        if position in compiled.mean_of:
            group_position = compiled.mean_of[position]
            group = compiled.groups[group_position]
            if group.rounding is not None:
                # What moves the mean by less than a step brings nothing.
                return self._risen_by(position), 1
            brought = self.trial.share(group_position)
            others = brought.points - Fraction(result.n, result.d)
            shows = self.scoring.groups[group_position].earned + Fraction(1, 2)
            # points × group weight / weight comes to `shows` where all points come to `all_points`.
            all_points = shows * brought.weight / (group.weight or 1)
            return exact_points, all_points - others
        if position in compiled.held:
            # What lifts its group over a cap brings nothing.
            return self._risen_by(position), 1
        if position not in compiled.pooled:
            return whole_points, result.earned + 1
        pool_position = compiled.pooled[position]
        pool = compiled.groups[pool_position]
        # Negative where the pool stands beyond its cap.
        room = pool.cap - self.scoring.groups[pool_position].uncapped
        if pool.kind == "bonus":
            # What would lift the pool over its cap brings nothing.
            most = max(result.earned, result.earned + room)
            return lambda other: min(other.earned, most), result.earned + 1
        # In a penalty pool what is lost beyond the cap must be won back first, without effect.
        least = result.earned - min(room, 0)
        return lambda other: max(other.earned, least), least + 1

    def _risen_by(self, position: int) -> Measure:
        """Return what tells by how many ticks a result of a rule lifts its group."""
        return partial(
            totals.gained,
            self.scoring.compiled,
            self.scoring.results,
            self.scoring.groups,
            position,
        )

    def inputs(self, rule: Rule) -> list[str]:
        """Return the submitted metrics by which a rule judges and that have a figure."""
        names = sorted(self.judged(rule))
        figure = self.scoring.figure
        return [name for name in names if not isinstance(figure(name), Absent)]

    def judged(self, rule: Rule) -> set[str]:
        """Return the submitted metrics by which a rule judges: its own, or those it comes from.

        The metrics that the rows of a decision table ask for are taken like the rule's own.
        """
        inputs: set[str] = set()
        for metric in (rule.metric or "", *dependencies.row_metrics(rule)):
            # A metric that is submitted has no inputs, and is judged itself.
            inputs |= self.trial.network.inputs.get(metric, {metric})
        return inputs

    def steps(self, name: str) -> Steps | None:
        """Return the figures that a metric may take."""
        if name not in self._steps:
            numbers = self._held_against(name)
            self._steps[name] = steps_of(self.scoring, name, numbers)
        return self._steps[name]

    def _held_against(self, name: str) -> Sequence[Fraction | None]:
        """Return the numbers that all rules hold a metric against, found once for a rule set."""
        kept = self.scoring.compiled.kept
        key = (Gains, name)
        if key not in kept:
            metrics = self.scoring.rules.metrics
            written: list[Fraction | None] = []
            for position in self.trial.network.direct.get(name, ()):
                rule = self.scoring.rule(position)
                written += _written(rule, metrics[rule.metric or ""], name)
            written += self._needed(name)
            kept[key] = written
        numbers: Sequence[Fraction | None] = kept[key]
        return numbers

    def _needed(self, name: str) -> Iterator[Fraction | None]:
        """Yield the numbers that gates hold a metric against, None for what is derived from it."""
        inputs = self.trial.network.inputs
        for gate in self.scoring.rules.band_gates:
            for need in gate.needs:
                if need.subject == "metric" and need.id == name:
                    yield from interval_ends(need.bounds)
                    numbers = need.values
                    yield from (one for one in numbers if isinstance(one, Fraction))
                elif need.subject == "metric" and name in inputs.get(need.id, ()):
                    yield None

    def search(self, position: int, name: str, *, opened: bool = False) -> Find | None:
        """Return the changes of one metric that raise a rule's own points, None where none does.

        Args:
            position: The position of the rule.
            name: The id of the metric.
            opened: Whether the rules that it requires are taken as met.
        """
        result = self.scoring.results[position]
        # In a mean no number of whole ticks says what shows: only the most is asked for.
        if position in self.scoring.compiled.mean_of:
            return self._found_by(position, name, exact_points, None, opened=opened)
        return self._found_by(
            position,
            name,
            whole_points,
            result.earned + 1,
            opened=opened,
        )

    def _found_by(
        self,
        position: int,
        name: str,
        worth: Measure,
        first: "Points | None",
        *,
        opened: bool = False,
    ) -> Find | None:
        """Return the changes of one metric that raise what a rule is worth to so much at first, and
        to the most.
        """
        steps = self.steps(name)
        if steps is None:
            return None
        probe = self.trial.probe(position, name, opened=opened)
        search = Search(self.scoring, steps, probe, worth)
        return search.find(worth(self.scoring.results[position]), first)

    def passing(self, position: int, name: str) -> Find | None:
        """Return the changes of one metric that meet a rule, None where none does.

        The rules that it requires are taken as met: they are changes of their own.

        Args:
            position: The position of the rule.
            name: The id of the metric.
        """
        steps = self.steps(name)
        if steps is None:
            return None
        probe = self.trial.probe(position, name, opened=True)
        # The same search with 1 for a rule that is met and 0 for any other.
        search = Search(self.scoring, steps, probe, _met)
        return search.find(0, 1)


class Search:
    """Finds the nearest steps of one metric that win points of one rule.

    The range is cut where a target, a tier or another edge of the rule is crossed. Between two cuts
    points only rise or only fall, so that the ends tell the most, and halving finds the nearest.
    Where a formula stands between the figure and the points, more cuts are made: at the numbers
    that it writes out, at the figures that it names, and at steps that double; a range of few steps
    is tried one by one.
    """

    def __init__(
        self,
        scoring: Scoring,
        steps: Steps,
        probe: Probe,
        worth: Measure,
    ) -> None:
        self.scoring = scoring
        self.worth = worth
        self.steps = steps
        self.probe = probe
        self.rules = [scoring.rule(position) for position in probe.order]
        # Where points may jump or bend: the position of a metric, and one of its figures.
        self.edges = self._edges()
        # By step, what was worked out for it: cuts and halvings come to the same steps often.
        self._figures: dict[int, Figure | None] = {}
        self._values: dict[tuple[int, int], Fraction | None] = {}
        self._points: dict[int, Points] = {}
        self._results: dict[int, Result] = {}

    def _edges(self) -> Sequence[tuple[int, Fraction]]:
        """Return the edges of all rules that are judged, each once."""
        own = [_edges_now(self.scoring, position) for position in self.probe.order]
        rows = [edge for rule in self.rules for edge in self._row_edges(rule)]
        # Most figures touch one rule, whose edges were told apart already.
        if len(own) == 1 and not rows:
            return own[0]
        return [*dict.fromkeys(chain(*own, rows))]

    def _row_edges(self, rule: Rule) -> Iterator[tuple[int, Fraction]]:
        """Yield the edges of what the search moves beside the rule's own metric: what the rows of
        its decision table, and those of derived levels before it, ask for.
        """
        compiled = self.scoring.compiled
        metrics = self.scoring.rules.metrics
        derived = [compiled.metrics[position] for position, _ in self.probe.derived]
        moved = {compiled.metrics[self.probe.position], *derived}
        tables = [[piece.condition for piece in rule.pieces]]
        for name in derived:
            table = metrics[name].table
            if table is not None:
                tables.append(table.conditions)
        for name in moved - {rule.metric}:
            for conditions in tables:
                for condition in conditions:
                    if isinstance(condition, AllOf):
                        for edge in edges_of(condition, metrics[name]):
                            yield compiled.positions[name], edge

    def find(self, now: Points, first: "Points | None") -> Find | None:
        """Return what the search found against the points of now, None where nothing gains.

        `first` are the fewest points that show as a gain; what gains less is found as the most.
        """
        cuts = self.cuts()
        # Between two cuts points only rise or only fall, so that the most stands at a cut.
        most = max(map(self.points, cuts))
        if most <= now:
            return None
        farthest = self.nearest(cuts, most)
        nearest = farthest
        if first is not None and now < first < most:
            nearest = self.nearest(cuts, first)
        return Find(self.steps, nearest, farthest, most - now, self._results)

    def figure(self, step: int) -> Figure | None:
        """Return the figure of a step, None where a submission would be refused with it."""
        if step not in self._figures:
            self._figures[step] = self.steps.figure(step)
        return self._figures[step]

    def points(self, step: int) -> Points:
        """Return the points of a step in ticks; fewer than any where it would be refused."""
        points = self._points.get(step)
        if points is None:
            points = self._points[step] = self._judged(step)
        return points

    def _judged(self, step: int) -> Points:
        figure = self.figure(step)
        if figure is None:
            return REFUSED
        result = self.probe.result(figure)
        if result is None:
            return REFUSED
        self._results[step] = result
        return self.worth(result)

    def nearest(self, cuts: Sequence[int], wanted: Points) -> int:
        """Return the step nearest to now with so many points; of two, the one towards better."""
        up = [cut for cut in cuts if cut >= 0]
        down = [cut for cut in reversed(cuts) if cut <= 0]
        reached = (self.reached(up, wanted), self.reached(down, wanted))
        worse = -1 if self.steps.metric.better == "higher" else 1
        steps = [step for step in reached if step is not None]
        # False sorts before true: of two as near, the one that is not towards worse.
        return min(steps, key=lambda step: (abs(step), step * worse > 0))

    def reached(self, cuts: Sequence[int], wanted: Points) -> int | None:
        """Return the first step with so many points along cuts that lead away from now."""
        if self.points(cuts[0]) >= wanted:
            return cuts[0]
        for near, far in pairwise(cuts):
            if self.points(far) >= wanted:
                return self._turn(near, far, wanted)
        return None

    def _turn(self, near: int, far: int, wanted: Points) -> int:
        """Return the step nearest to `near` with so many points: `far` has them, `near` has not.

        On a line the step is computed, and only held against the one before it.
        """
        if abs(far - near) > 1 and self.straight and not self.computed:
            step = self._on_the_line(near, far, wanted)
            if step is not None:
                return step
        return halved(near, far, lambda step: self.points(step) >= wanted)

    def _on_the_line(self, near: int, far: int, wanted: Points) -> int | None:
        """Return the first step with so many points if they rise evenly; None where they do not.

        Points of 2.00 at step 0 and 3.00 at step 8 rise by 1/8 a step. 2.30 are shown from 2.295
        on, so that it takes 0.295 × 8 = 2.36 steps, and so 3.
        """
        start = self._results.get(near)
        end = self._results.get(far)
        if start is None or end is None:
            return None
        # What is rounded half up shows from half a tick below on.
        least = wanted
        if self.worth is not exact_points:
            least = wanted - Fraction(1, 2)
        # Both over one denominator: (end − start) × start.d × end.d.
        rise = end.n * start.d - start.n * end.d
        if rise <= 0:
            return None
        missing = least * start.d - start.n
        # The steps between that bring what is missing: missing / rise of them all, rounded up.
        away = abs(far - near)
        steps = -(-missing.numerator * end.d * away // (missing.denominator * rise))
        if not 0 < steps < away:
            return None
        towards = 1 if far > near else -1
        step = near + towards * steps
        # The step must have so many points, and the one before it not: else this is no line.
        if self.points(step) >= wanted > self.points(step - towards):
            return step
        return None

    def cuts(self) -> list[int]:
        """Return the steps between which points only rise or only fall, in order."""
        low, high = self.ends()
        samples = (step for step in self._samples(low, high) if low < step < high)
        marks = {low, 0, high, *samples}
        crossed: set[int] = set()
        if self.straight:
            # The step of an edge is worked out; those beside it stand on its two sides.
            for _, edge in self.edges:
                step = self.steps.step_at(edge)
                crossed |= {step - 1, step, step + 1}
        else:
            # Behind a formula or a rounding an edge has to be looked for, mark by mark.
            for near, far in pairwise(sorted(marks)):
                for metric_position, edge in self.edges:
                    crossed.update(self._crossings(near, far, metric_position, edge))
        return sorted(marks | {step for step in crossed if low < step < high})

    @cached_property
    def straight(self) -> bool:
        """Whether every rule reads the figure as it is submitted."""
        if self.steps.metric.round is not None:
            return False
        own = self.probe.position
        return all(metric_position == own for metric_position, _ in self.edges)

    @cached_property
    def computed(self) -> bool:
        """Whether a formula stands between the figure and the points."""
        if self.probe.derived:
            return True
        compiled = self.scoring.compiled
        return any(
            _has_formulas(compiled, position)
            or rule.deduction.axis.exempt
            or rule.metric != self.steps.metric.id
            for rule, position in zip(self.rules, self.probe.order, strict=True)
        )

    def ends(self) -> tuple[int, int]:
        """Return the last steps down and up that matter."""
        low = self.steps.low
        high = self.steps.high
        if low is not None and high is not None:
            return low, high
        # Beyond the outermost edges nothing changes; one unit and one step are room enough.
        reach = [0]
        for _, edge in self.edges:
            reach.append(self.steps.step_at(edge - 1) - 1)
            reach.append(self.steps.step_at(edge + 1) + 1)
        if self.computed:
            reach += [-FURTHEST, FURTHEST]
        if low is None:
            low = min(reach)
        if high is None:
            high = max(reach)
        return low, high

    def _samples(self, low: int, high: int) -> Iterator[int]:
        """Yield further steps to cut at where a formula stands between figure and points."""
        if not self.computed:
            return
        if high - low <= FEW:
            yield from range(low, high + 1)
            return
        # Close together near now, where the nearest step is looked for, and wide apart far off.
        for power in range((high - low).bit_length()):
            yield -(2**power)
            yield 2**power
        for value in self._named():
            step = self.steps.step_at(value)
            yield from (step - 1, step, step + 1)

    def _named(self) -> Iterator[Fraction]:
        """Yield the numbers that the formulas write out, and the figures that they name."""
        rules = self.scoring.rules
        compiled = self.scoring.compiled
        # Each formula, with the types of the names that it may use beside metrics.
        texts: list[tuple[str, dict[str, str]]] = []
        for position, _ in self.probe.derived:
            metric = rules.metrics[compiled.metrics[position]]
            if metric.formula is not None:
                texts.append((metric.formula, {}))
        for rule in self.rules:
            for _, text, own_names in dependencies.rule_formulas(rules, rule):
                texts.append((text, own_names))
        for text, own_names in texts:
            types = {**rules.metric_types, **own_names}
            parsed = formula.parse(text, types, rules.calendar)
            for literal in parsed.literals.values():
                if isinstance(literal, Fraction):
                    yield literal
            metrics = [name for name in parsed.names if name in compiled.positions]
            yield from self._known(metrics)
        judged = [rule.metric for rule in self.rules if rule.metric is not None]
        yield from self._known(judged)

    def _known(self, names: Iterable[str]) -> Iterator[Fraction]:
        """Yield the figures of some metrics, of those that have one."""
        for name in names:
            figure = self.scoring.figure(name)
            if not isinstance(figure, Absent):
                yield Fraction(*figure)

    def _crossings(
        self,
        near: int,
        far: int,
        metric_position: int,
        edge: Fraction,
    ) -> Iterator[int]:
        """Yield the steps on both sides of where a metric comes to an edge, and goes beyond it."""

        def below(step: int) -> bool:
            value = self._value(step, metric_position)
            return value is not None and value < edge

        def beyond(step: int) -> bool:
            value = self._value(step, metric_position)
            return value is not None and value > edge

        for test in (below, beyond):
            if test(near) != test(far):
                turned = partial(_same, test, test(far))
                step = halved(near, far, turned)
                yield from (step - 1, step)

    def _value(self, step: int, metric_position: int) -> Fraction | None:
        """Return what a metric comes to at a step, None where it comes to nothing."""
        # Every edge is looked for between the same marks, from below and from above.
        known = (step, metric_position)
        if known not in self._values:
            self._values[known] = self._computed(step, metric_position)
        return self._values[known]

    def _computed(self, step: int, metric_position: int) -> Fraction | None:
        figure = self.figure(step)
        if figure is None:
            return None
        value = self.probe.value(figure, metric_position)
        if value is None or isinstance(value, Absent):
            return None
        return Fraction(*value)


def whole_points(result: Result) -> Points:
    """Return the points of a rule in a sum, where each rule is rounded."""
    return result.earned


def exact_points(result: Result) -> Points:
    """Return the points of a rule in a mean, which are not rounded."""
    return Fraction(result.n, result.d)


def _most_and_nearest(find: Find) -> tuple[Points, int, str]:
    """Return what sorts the search that gains most first, of equals the nearest, then by id."""
    return -find.most, abs(find.all), find.steps.metric.id


def _met(result: Result) -> Points:
    return int(result.state is State.MET)


REFUSED = -(10**40)
"""Fewer points than any rule has."""


def _same(test: Callable[[int], bool], wanted: bool, step: int) -> bool:
    """Whether a test of a step comes to what is wanted."""
    return test(step) == wanted


def halved(near: int, far: int, reached: Callable[[int], bool]) -> int:
    """Return the step nearest to `near` that reaches: `far` does, `near` does not, and in between
    it turns once.

    >>> halved(0, 100, lambda step: step >= 37)
    37
    """
    # `near` never reaches and `far` always does, until nothing lies between them.
    while abs(far - near) > 1:
        middle = (near + far) // 2
        if reached(middle):
            far = middle
        else:
            near = middle
    return far


def _has_formulas(compiled: CompiledRuleSet, position: int) -> bool:
    """Whether a formula gives the threshold or points of a rule, found out once for a rule set."""
    key = (_has_formulas, position)
    has_formulas: bool | None = compiled.kept.get(key)
    if has_formulas is None:
        rule = compiled.ordered[position]
        has_formulas = any(dependencies.rule_formulas(compiled.rules, rule))
        compiled.kept[key] = has_formulas
    return has_formulas


def _edges_now(scoring: Scoring, position: int) -> Sequence[tuple[int, Fraction]]:
    """Return the edges of a rule, each once, with the position of the metric that they are of.

    They are found once for a rule set where no figure moves them.
    """
    rule = scoring.rule(position)
    if isinstance(rule.threshold, MetricRef | FormulaRef):
        return _own_edges(scoring, position)
    kept = scoring.compiled.kept
    key = (_edges_now, position)
    if key not in kept:
        kept[key] = _own_edges(scoring, position)
    known: Sequence[tuple[int, Fraction]] = kept[key]
    return known


def _own_edges(scoring: Scoring, position: int) -> Sequence[tuple[int, Fraction]]:
    rule = scoring.rule(position)
    if rule.metric is None:
        return ()
    metric_position = scoring.compiled.positions[rule.metric]
    figures = edges(scoring, rule, scoring.threshold(position))
    return [(metric_position, figure) for figure in dict.fromkeys(figures)]


def edges(
    scoring: Scoring,
    rule: Rule,
    threshold: "Fraction | Absent | None",
) -> Iterator[Fraction]:
    """Yield the figures of a rule's metric at which its points may jump or bend.

    Args:
        scoring: The scoring whose figures are changed.
        rule: The rule.
        threshold: What its threshold came to, as `Scoring.threshold` has it.
    """
    metric = scoring.rules.metrics[rule.metric or ""]
    function = value_function(rule, metric)
    # Tiers of days late are counted from the deadline.
    late = Fraction(0)
    if isinstance(threshold, Fraction):
        yield threshold
        if function.axis.days_late:
            late = threshold
    yield from edges_of(function.target, metric)
    for piece in function.pieces:
        yield from bends_of(piece.points)
        yield from (late + edge for edge in edges_of(piece.condition, metric))
        yield from (late + edge for edge in held_from(piece.points, rule))


def _written(rule: Rule, metric: Metric, name: str) -> Iterator[Fraction | None]:
    """Yield the numbers that a rule holds a metric against.

    None stands for what the rule computes: another metric, a threshold or points by formula.
    """
    function = value_function(rule, metric)
    if rule.metric != name and name in dependencies.row_metrics(rule):
        for piece in function.pieces:
            if isinstance(piece.condition, AllOf):
                for test in piece.condition.of(name):
                    if isinstance(test.where, Within):
                        yield from interval_ends(test.where.interval)
        return
    if rule.metric != name or function.formula is not None:
        yield None
        return
    if isinstance(rule.threshold, Fraction):
        yield rule.threshold
    elif isinstance(rule.threshold, tuple):
        yield from (value for value in rule.threshold if isinstance(value, Fraction))
    elif isinstance(rule.threshold, Interval):
        yield from edges_of(function.target, metric)
    elif rule.threshold is not None:
        yield None
    for piece in function.pieces:
        yield from bends_of(piece.points)
        if not isinstance(piece.condition, Among):
            yield from edges_of(piece.condition, metric)
        yield from first_step(piece.points)
