"""A rule set compiled once: figures in a list, a function a rule, groups in the order that adds
them up.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import cached_property, lru_cache
from graphlib import TopologicalSorter
from typing import Any, NamedTuple, TypeAlias

from cchc_rules.base import number
from cchc_rules.base.state import (
    COMPUTED,
    NOT_REPORTED,
    AbsenceKind,
    Absent,
    Effect,
    Reason,
    State,
    absence_kind,
    gate,
    strongest,
)
from cchc_rules.rules import dependencies, formula
from cchc_rules.rules.deductions import LevelTable
from cchc_rules.rules.metric_values import as_figure, as_number
from cchc_rules.rules.model import (
    Credit,
    DeclaredEffect,
    FormulaRef,
    Metric,
    MetricRef,
    Rule,
    RuleSet,
)
from cchc_rules.rules.value_function import Condition, Hit
from cchc_rules.scoring.evaluators import Evaluate
from cchc_rules.scoring.needs import (
    CompiledGate,
    CompiledNeed,
    compiled_gates,
    compiled_need,
    gate_effect,
)
from cchc_rules.scoring.results import Result, Worth
from cchc_rules.scoring.row_search import RowSearch, absences_at
from cchc_rules.scoring.rule_figures import (
    Figures,
    FiguresByPosition,
    Named,
    NoPointsError,
    RuleFigures,
    in_ticks,
    literal,
)
from cchc_rules.submissions.submission import Figure, Given

Judge: TypeAlias = "Callable[[Run], Result]"

KEPT = 256
"""Cache size for evaluators of one rule whose threshold depends on the submission.

A threshold such as last year's rank takes few values among the units of a province."""


class Undeclared(NamedTuple):
    """A state occurred for which the rule set declares no effect."""

    rule: str
    state: State


@dataclass(slots=True)
class Run:
    """One scoring: the figures by position, what people decided, and the results as they come."""

    figures: Figures
    results: list[Result]
    as_of: int
    points: Mapping[str, Given]
    absent: Mapping[str, str]
    undeclared: list[Undeclared] = field(default_factory=list)


class CompiledGroup(NamedTuple):
    """A group by position, its points in ticks."""

    id: str
    """The id that the rule file gives it."""
    kind: str
    """`base`, `bonus` or `penalty`."""
    mean: bool
    """Whether it is a mean of its rules, and not their sum."""
    weight: int
    """The weight of a mean, as the rule file declares it."""
    cap: int
    """The most points of a pool, or of a base group that is held to some; else 0."""
    whole: int
    """What a mean weighs; else the sum of what lies right below."""
    maximum: int
    """The most points: the whole, in a base group with a cap no more than that."""
    rules: tuple[int, ...]
    """The positions of the rules right below it."""
    groups: tuple[int, ...]
    """The positions of the groups right below it."""
    top: bool
    """Whether it lies in no other group."""
    rounding: number.Rounding | None
    """How a mean is rounded, where the file says it."""

    @property
    def capped(self) -> bool:
        """Whether it is a base group whose points are held to a cap (semantics G7)."""
        return self.kind == "base" and self.cap > 0

    @property
    def only_adds(self) -> bool:
        """Whether the points of what lies in it go into the base as they are."""
        return self.kind == "base" and not self.mean and not self.cap


@dataclass(frozen=True, eq=False)
class CompiledRuleSet:
    """A rule set made ready to run."""

    rules: RuleSet
    """The rule set."""
    unit: int
    """The number of ticks in a point."""
    metrics: tuple[str, ...]
    """The ids of the metrics, by position."""
    positions: Mapping[str, int]
    """The position of each metric."""
    derived: tuple[tuple[int, Callable[[Figures], Figure]], ...]
    """The position of each derived metric and its function, those that others need first."""
    names: tuple[str, ...]
    """The ids of the rules, by position."""
    places: Mapping[str, int]
    """The position of each rule."""
    judges: tuple[tuple[int, Judge], ...]
    """The position of each rule and its judge, required rules before those behind them."""
    worths: tuple[Worth, ...]
    """The most and the fewest points of each rule, by position."""
    reader: RuleFigures
    """What reads thresholds and formulas from figures."""
    groups: tuple[CompiledGroup, ...]
    """The groups, children before parents."""
    reads: Mapping[str, tuple[str, ...]]
    """The submitted metrics that each rule reads, by its id."""
    evidence: tuple[tuple[int, tuple[str, ...]], ...]
    """The rules that ask for evidence, by position, with the metrics that it may stand beside."""

    @cached_property
    def kept(self) -> dict[object, Any]:
        """What is the same for every submission, kept by whoever works it out, by a key of its own.

        It goes with the rule set: nothing outlives the compiled rules that it was made from.
        """
        return {}

    @cached_property
    def band_gates(self) -> tuple[CompiledGate, ...]:
        """The gates on bands, in file order."""
        return compiled_gates(self)

    @cached_property
    def target_needs(self) -> Mapping[str, tuple[CompiledNeed, ...]]:
        """The conditions of each target, by its id."""
        return {
            target.id: tuple(compiled_need(self, need) for need in target.needs)
            for target in self.rules.targets
        }

    @cached_property
    def ordered(self) -> tuple[Rule, ...]:
        """The rules, by position."""
        return tuple(self.rules.rules.values())

    @cached_property
    def added_up(self) -> frozenset[int]:
        """The rules whose points go into the index as they are: all groups above them only add."""
        adding: set[int] = set()
        rules: list[int] = []
        # Children stand before their parents, so that parents come first here.
        for position in reversed(range(len(self.groups))):
            group = self.groups[position]
            if group.only_adds and (group.top or position in adding):
                adding.update(group.groups)
                rules += group.rules
        return frozenset(rules)

    @cached_property
    def rounding(self) -> number.Rounding | None:
        """How the base is rounded, where the file says it."""
        return in_ticks(self.rules.index.rounding, self.unit)

    @cached_property
    def rounds_its_own_way(self) -> bool:
        """Whether anything is rounded otherwise than half up to the last place."""
        if self.rounding is not None:
            return True
        roundings = [worth.rounding for worth in self.worths]
        roundings += [group.rounding for group in self.groups]
        return any(rounding is not None for rounding in roundings)

    @cached_property
    def in_columns(self) -> bool:
        """Whether all groups have a form in columns, in which tables are scored."""
        if self.rounds_its_own_way:
            return False
        # Under caps within caps the ratios of several groups multiply.
        for position, outermost in self.cap_of.items():
            if self.groups[position].capped and position != outermost:
                return False
        return True

    @cached_property
    def literals(self) -> tuple[Fraction | None, ...]:
        """The threshold of each rule that the file writes out as a single number, else None."""
        metrics = self.rules.metrics
        return tuple(
            None if rule.metric is None else literal(rule, metrics[rule.metric])
            for rule in self.ordered
        )

    @cached_property
    def from_period(self) -> frozenset[str]:
        """The metrics that nobody reports: the length of the period is their value."""
        metrics = self.rules.metrics.values()
        return frozenset(
            metric.id for metric in metrics if metric.from_period is not None
        )

    @cached_property
    def mean_of(self) -> Mapping[int, int]:
        """The mean group of each rule in one, both by position."""
        return {
            rule_position: position
            for position, group in enumerate(self.groups)
            if group.mean
            for rule_position in group.rules
        }

    @cached_property
    def cap_of(self) -> Mapping[int, int]:
        """The outermost base group with a cap of each group in one, itself included, by position.

        Groups within it only add up, or have a cap of their own.
        """
        caps: dict[int, int] = {}
        # Parents stand after their children, and are met first here.
        for position in reversed(range(len(self.groups))):
            group = self.groups[position]
            if group.capped:
                caps.setdefault(position, position)
            if position in caps:
                caps |= dict.fromkeys(group.groups, caps[position])
        return caps

    @cached_property
    def held(self) -> Mapping[int, int]:
        """The outermost base group with a cap of each rule in one, both by position."""
        return {
            rule_position: cap
            for position, cap in self.cap_of.items()
            for rule_position in self.groups[position].rules
        }

    @cached_property
    def parent_of(self) -> Mapping[int, int]:
        """The group that each group lies in, both by position; those at the top are left out."""
        return {
            below: position
            for position, group in enumerate(self.groups)
            for below in group.groups
        }

    @cached_property
    def group_of(self) -> Mapping[int, int]:
        """The group of each rule, both by position."""
        return {
            rule_position: position
            for position, group in enumerate(self.groups)
            for rule_position in group.rules
        }

    @cached_property
    def pool_of(self) -> Mapping[int, int]:
        """The bonus or penalty pool of each group in one, itself included, by position."""
        pools: dict[int, int] = {}
        for position in reversed(range(len(self.groups))):
            group = self.groups[position]
            if group.kind != "base":
                pools[position] = position
            if position in pools:
                pools |= dict.fromkeys(group.groups, pools[position])
        return pools

    @cached_property
    def pooled(self) -> Mapping[int, int]:
        """The bonus or penalty pool of each rule in one, both by position."""
        return {
            rule_position: pool
            for position, pool in self.pool_of.items()
            for rule_position in self.groups[position].rules
        }

    def figures(self, submitted: Mapping[str, Figure]) -> Figures:
        """Return the figures of all metrics by position, derived ones computed.

        Args:
            submitted: The figures of the submitted metrics by their ids; what is not there is taken
                as not reported.

        Raises:
            FormulaFailedError: Where a formula cannot be computed over the figures.
        """
        figures = [submitted.get(name, NOT_REPORTED) for name in self.metrics]
        for position, derive in self.derived:
            figures[position] = derive(figures)
        return figures


@lru_cache(maxsize=64)
def compile_rules(rules: RuleSet) -> CompiledRuleSet:
    """Return a rule set made ready to run, compiled once.

    >>> from cchc_rules import load_rules
    >>> rules = load_rules("cam-due-2023")
    >>> compiled = compile_rules(rules)
    >>> compiled.unit, compiled is compile_rules(rules)
    (100, True)
    """
    # Positions follow the rule file, whose tables keep their order.
    metrics = tuple(rules.metrics)
    positions = {name: position for position, name in enumerate(metrics)}
    names = tuple(rules.rules)
    places = {name: position for position, name in enumerate(names)}
    compiler = _Compiler(rules, positions, places)
    reads = {rule.id: _submitted(rules, rule) for rule in rules.rules.values()}
    return CompiledRuleSet(
        rules=rules,
        unit=compiler.unit,
        metrics=metrics,
        positions=positions,
        derived=tuple(
            (positions[name], compiler.derive(rules.metrics[name]))
            for name in _formula_order(rules)
        ),
        names=names,
        places=places,
        judges=tuple(
            (places[name], compiler.judge(rules.rules[name]))
            for name in _gate_order(rules)
        ),
        worths=tuple(compiler.worths.values()),
        reader=compiler.reader,
        groups=_compiled_groups(rules, compiler.unit, places, compiler.worths),
        reads=reads,
        evidence=tuple(
            (places[rule.id], reads[rule.id])
            for rule in rules.rules.values()
            if rule.evidence_required
        ),
    )


def _submitted(rules: RuleSet, rule: Rule) -> tuple[str, ...]:
    """Return the submitted metrics that a rule reads, in alphabetical order."""
    return tuple(
        sorted(
            name
            for name in dependencies.rule_metrics(rules, rule)
            if not rules.metrics[name].derived
        )
    )


def _order(needs: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Return the names so that each comes after those it needs.

    Checked rule files have no circles.

    >>> _order({"b": ("a", "submitted"), "a": ()})
    ['a', 'b']
    """
    in_order = TopologicalSorter(needs).static_order()
    # What is needed but needs nothing, such as a submitted metric, is not asked for.
    return [name for name in in_order if name in needs]


def _formula_order(rules: RuleSet) -> list[str]:
    return _order(
        {
            metric.id: tuple(dependencies.formula_names(rules, metric))
            for metric in rules.metrics.values()
            if metric.derived
        }
    )


def _gate_order(rules: RuleSet) -> list[str]:
    return _order({rule.id: rule.requires for rule in rules.rules.values()})


def _compiled_groups(
    rules: RuleSet,
    unit: int,
    places: Mapping[str, int],
    worths: Mapping[str, Worth],
) -> tuple[CompiledGroup, ...]:
    """Return the groups, children before parents."""
    children: dict[str, tuple[str, ...]] = dict.fromkeys(rules.groups, ())
    for group in rules.groups.values():
        if group.parent is not None:
            children[group.parent] += (group.id,)
    # A group needs those in it: sums are then added up in one walk from the first to the last.
    order = _order(children)
    position_of = {name: position for position, name in enumerate(order)}
    members: dict[str, list[int]] = {name: [] for name in order}
    rule_maxima = dict.fromkeys(order, 0)
    for rule in rules.rules.values():
        members[rule.group].append(places[rule.id])
        rule_maxima[rule.group] += worths[rule.id].weight
    compiled: list[CompiledGroup] = []
    for name in order:
        group = rules.groups[name]
        below = tuple(position_of[child] for child in children[name])
        # Points that are no whole ticks are refused by the checks, so that nothing is cut off.
        weight = int((group.weight or Fraction(0)) * unit)
        mean = group.combine == "mean"
        cap = int((group.cap or Fraction(0)) * unit)
        whole = rule_maxima[name] + sum(compiled[child].maximum for child in below)
        if mean:
            whole = weight
        maximum = whole
        if cap and group.kind == "base":
            maximum = min(cap, whole)
        compiled.append(
            CompiledGroup(
                id=name,
                kind=group.kind,
                mean=mean,
                weight=weight,
                cap=cap,
                whole=whole,
                maximum=maximum,
                rules=tuple(members[name]),
                groups=below,
                top=group.parent is None,
                rounding=in_ticks(group.rounding, unit),
            )
        )
    return tuple(compiled)


class _Compiler:
    """Turns metrics and rules into functions over figures by position.

    A rule becomes one function from a run to its result. The order of judgement (semantics L2) is
    built from the inside out: the innermost judges the figure, and each step before it wraps what
    follows, so that a rule without gates, due day or optional block pays for none of them:

        block absent? → gate closed? → not yet due? → gate unknown? → figure or person's points
    """

    def __init__(
        self,
        rules: RuleSet,
        positions: Mapping[str, int],
        places: Mapping[str, int],
    ) -> None:
        self.rules = rules
        self.positions = positions
        self.places = places
        self.reader = RuleFigures(rules, positions)
        self.unit = self.reader.unit
        self.worths = self.reader.worths

    def derive(self, metric: Metric) -> Callable[[Figures], Figure]:
        """Return the function that computes a derived metric from the figures."""
        if metric.table is not None:
            return self._derive_level(metric, metric.table)
        parsed = self.reader.parsed(metric.formula or "", {})
        reader = self.reader

        def derive(figures: Figures) -> Figure:
            value = parsed.evaluate(reader.named(parsed, figures))
            return _rounded(as_figure(value), metric.round)

        return derive

    def _derive_level(
        self, metric: Metric, table: LevelTable
    ) -> Callable[[Figures], Figure]:
        """Return the function that finds a derived level: that of the row that decides."""
        search = self._search(table.conditions, table.hit)
        levels = [int(as_number(row.level, metric)) for row in table.rows]

        def derive(figures: Figures) -> Figure:
            hit = search.find(figures)
            if hit.row is not None:
                return levels[hit.row], 1
            obstacle = strongest(absences_at(hit.open, figures))
            if obstacle is None:
                raise formula.FormulaFailedError(search.formula)
            return obstacle

        return derive

    def _search(self, conditions: Iterable[Condition], hit: Hit | None) -> RowSearch:
        return RowSearch(conditions, hit, self.rules.metrics, self.positions)

    def judge(self, rule: Rule) -> Judge:
        """Return the function that judges a rule, with the wrappers it needs (semantics L2)."""
        if rule.deduction.by_hand:
            judge = self._manual(rule)
        else:
            judge = self._measured(rule)
        # From the inside out: what is wrapped last is asked first.
        if rule.requires:
            judge = self._unless_gate_unknown(rule, judge)
        if rule.due is not None:
            judge = self._unless_not_due(rule, judge)
        if rule.requires:
            judge = self._unless_gate_closed(rule, judge)
        blocks = self._optional_blocks(rule)
        if blocks:
            judge = self._unless_block_absent(rule, blocks, judge)
        return judge

    # What a figure or a person gives

    def _manual(self, rule: Rule) -> Judge:
        """Return the judge of a rule whose points a person gives."""
        worth = self.worths[rule.id]
        awaited = Absent(State.MISSING, Reason.POINTS_AWAITED)
        absent = self._absent(rule)

        def judge(run: Run) -> Result:
            given = run.points.get(rule.id)
            if given is None:
                return absent(awaited, run)
            n, d = given.points
            return worth.result(n * self.unit, d, Reason.MANUAL, None, given)

        return judge

    def _measured(self, rule: Rule) -> Judge:
        """Return the judge of a rule whose points a figure gives."""
        if rule.deduction.hit is not None:
            return self._by_rows(rule)
        if self._formulas(rule) or len(self._figures_named(rule)) > 1:
            return self._dependent(rule)
        # It reads its own metric alone: its evaluator is made once, for all submissions.
        position = self.positions[rule.metric or ""]
        absent = self._absent(rule)
        threshold = literal(rule, self.rules.metrics[rule.metric or ""])
        evaluate = self.reader.evaluator(rule, threshold, [])

        def judge(run: Run) -> Result:
            figure = run.figures[position]
            # `__class__` is twice as fast as isinstance, in the busiest line of all.
            if figure.__class__ is tuple:
                return evaluate(figure)  # type: ignore[arg-type]
            return absent(figure, run)  # type: ignore[arg-type]

        return judge

    def _by_rows(self, rule: Rule) -> Judge:
        """Return the judge of a decision table, whose rows ask several metrics."""
        conditions = [piece.condition for piece in rule.pieces]
        search = self._search(conditions, rule.deduction.hit)
        absent = self._absent(rule)
        worth = self.worths[rule.id]
        own_position = self.positions[rule.metric or ""]
        # Made once: every row gives the same points to every submission.
        results: list[Result] = []
        for position, piece in enumerate(rule.pieces):
            points: Fraction = piece.points.points * self.unit  # type: ignore[union-attr]
            result = worth.result(
                *points.as_integer_ratio(), piece.reason, None, position
            )
            results.append(result)

        def judge(run: Run) -> Result:
            figures = run.figures
            own = figures[own_position]
            if isinstance(own, Absent) and own.state is State.WAIVED:
                return absent(own, run)
            hit = search.find(figures)
            obstacle = strongest(absences_at((own_position, *hit.open), figures))
            if obstacle is not None:
                return absent(obstacle, run)
            if hit.row is None:
                raise formula.FormulaFailedError(search.formula)
            return results[hit.row]

        return judge

    def _figures_named(self, rule: Rule) -> tuple[int, ...]:
        """Return the positions of the figures that a rule needs outside formulas, its own first.

        After it come its threshold's and its exemption's.
        """
        names = [rule.metric, rule.deduction.axis.exempt]
        if isinstance(rule.threshold, MetricRef):
            names.insert(1, rule.threshold.metric)
        return tuple(self.positions[name] for name in names if name is not None)

    def _formulas(self, rule: Rule) -> tuple[formula.Formula, ...]:
        return tuple(
            self.reader.parsed(text, own_names)
            for _, text, own_names in dependencies.rule_formulas(self.rules, rule)
        )

    def _dependent(self, rule: Rule) -> Judge:
        """Return the judge of a rule that reads more than its own metric.

        Its evaluator depends on the submission.
        """
        absent = self._absent(rule)
        obstacle_in = self._obstacle(rule)
        evaluator_for = self._evaluator_for(rule)

        def judge(run: Run) -> Result:
            figures = run.figures
            obstacle = obstacle_in(figures)
            if obstacle is not None:
                return absent(obstacle, run)
            try:
                evaluate = evaluator_for(figures)
                # A formula may come to an absence over figures that are all there.
                if isinstance(evaluate, Absent):
                    return absent(evaluate, run)
                return evaluate(self.reader.counted(rule, figures))
            except NoPointsError as fault:
                # Nothing to count: 0 of 0 has no share, neither a good one nor a bad one.
                return absent(fault.absent, run)

        return judge

    def _evaluator_for(self, rule: Rule) -> "Callable[[Figures], Evaluate | Absent]":
        """Return what makes a rule's evaluator from the figures.

        Evaluators are kept by the figures that their threshold is read from, unless a formula of
        points reads others too.
        """

        def evaluator_for(figures: FiguresByPosition) -> Evaluate | Absent:
            threshold = self.reader.threshold(rule, figures)
            if isinstance(threshold, Absent):
                return threshold
            return self.reader.evaluator(rule, threshold, figures)

        formulas = dependencies.rule_formulas(self.rules, rule)
        # A formula of points reads figures when it is evaluated: its evaluator is of one run only.
        if any(key[0] == "deduction" for key, _, _ in formulas):
            return evaluator_for
        positions = self._threshold_reads(rule)

        @lru_cache(maxsize=KEPT)
        def kept(*figures: Figure) -> Evaluate | Absent:
            return evaluator_for(dict(zip(positions, figures, strict=True)))

        return lambda figures: kept(*[figures[position] for position in positions])

    def _threshold_reads(self, rule: Rule) -> tuple[int, ...]:
        """Return the positions of the metrics that a rule's threshold is read from."""
        if isinstance(rule.threshold, MetricRef):
            return (self.positions[rule.threshold.metric],)
        if isinstance(rule.threshold, FormulaRef):
            names = self.reader.parsed(rule.threshold.formula, {}).names
            return tuple(self.positions[name] for name in names)
        return ()

    # Absences

    def _obstacle(self, rule: Rule) -> Callable[[Figures], Absent | None]:
        """Return what finds the absence that stands in a rule's way (semantics L2, L6).

        That is its own waiver, else the strongest of all: of the figures it needs, and of its
        formulas. `first(value, other)` has a value as soon as one of its arguments has, so that
        formulas are asked themselves; they are told what the value and the threshold are.
        """
        needed = self._figures_named(rule)
        formulas = self._formulas(rule)
        # Other formulas lack their value and threshold only where these count by themselves.
        any_lenient = any(text.lenient for text in formulas)
        touched = set(needed)
        for text in formulas:
            named = [name for name in text.names if name in self.positions]
            touched.update(self.positions[name] for name in named)

        def obstacle(figures: Figures) -> Absent | None:
            # The usual case first: every figure is there.
            if all(figures[position].__class__ is tuple for position in touched):
                return None
            value = figures[needed[0]]
            if isinstance(value, Absent) and value.state is State.WAIVED:
                return value
            read = [figures[position] for position in needed]
            absences = [figure for figure in read if isinstance(figure, Absent)]
            own_values: Named = {}
            if any_lenient:
                threshold = self.reader.threshold_told(rule, figures)
                own_values = self.reader.own_values(rule, value, threshold)
            for text in formulas:
                names = self.reader.named(text, figures)
                absent = text.absence(names | own_values)
                if absent is not None:
                    absences.append(absent)
            return strongest(absences)

        return obstacle

    def _absent(self, rule: Rule) -> "AbsentJudge":
        """Return the function to a rule's result for an absence, by its effect (semantics L4)."""
        worth = self.worths[rule.id]
        unit = self.unit
        effects: Mapping[AbsenceKind, DeclaredEffect] = rule.absence
        # A rule that only informs has no points that an absence could do anything to.
        if not rule.deduction.scored:
            effects = dict.fromkeys(State, Effect.LOST)
        zero_has_own = Reason.ZERO_DENOMINATOR in effects
        # What effects make of the rule, but for those that wait for a person.
        fixed = {
            kind: _fixed(effect, worth, rule.weight, unit)
            for kind, effect in effects.items()
            if effect is not Effect.MANUAL
        }

        def judge(absent: Absent, run: Run) -> Result:
            kind: AbsenceKind = absent.state
            if zero_has_own:
                kind = absence_kind(absent.state, absent.reason, effects)
            points = fixed.get(kind)
            if points is None:
                return by_hand(absent, run)
            n, d, ticks, excluded, rescales = points
            state = absent.state
            return Result(
                state,
                absent.reason,
                n,
                d,
                ticks,
                excluded,
                rescales,
                absent,
            )

        def by_hand(absent: Absent, run: Run) -> Result:
            if absence_kind(absent.state, absent.reason, effects) in effects:
                return _by_hand(absent, run.points.get(rule.id), unit, worth)
            run.undeclared.append(Undeclared(rule.id, absent.state))
            return Result(absent.state, absent.reason, 0, 1, 0, detail=absent)

        return judge

    # What comes before the figure

    def _first_gate(self, rule: Rule) -> Callable[[Run, State], int | None]:
        """Return what finds the first required rule that has an effect on a rule."""
        gates = tuple(self.places[name] for name in rule.requires)
        if not rule.needs:
            return lambda run, effect: _first_gate(run, gates, effect)
        asked = [
            (self.places[name], rule.need_of(name), self.worths[name].weight)
            for name in rule.requires
        ]

        def first_gate(run: Run, effect: State) -> int | None:
            for place, need, weight in asked:
                if gate_effect(need, weight, run.results[place]) is effect:
                    return place
            return None

        return first_gate

    def _unless_gate_unknown(self, rule: Rule, judge: Judge) -> Judge:
        first_gate = self._first_gate(rule)
        absent = self._absent(rule)
        by_hand = rule.deduction.by_hand

        def judge_or_wait(run: Run) -> Result:
            result = judge(run)
            unknown = first_gate(run, State.MISSING)
            # An absence of the rule's own goes before the gate (semantics L2); points that a
            # person has still to give are not one.
            awaited = by_hand and result.state is State.MISSING
            if unknown is None or not (result.state in COMPUTED or awaited):
                return result
            waiting = absent(Absent(State.MISSING, Reason.GATE_UNKNOWN), run)
            if isinstance(waiting.detail, Given):
                return waiting  # whose evidence counts for the points given in place of the gate
            return waiting._replace(detail=unknown)

        return judge_or_wait

    def _unless_not_due(self, rule: Rule, judge: Judge) -> Judge:
        due = (rule.due or date.max).toordinal()
        absent = self._absent(rule)
        not_due = Absent(State.NOT_DUE, Reason.NOT_DUE)

        def judge_or_wait(run: Run) -> Result:
            # A rule that is met before its day is met, so it is judged in any case.
            result = judge(run)
            if run.as_of >= due or not _may_wait(result):
                return result
            return absent(not_due, run)

        return judge_or_wait

    def _unless_gate_closed(self, rule: Rule, judge: Judge) -> Judge:
        first_gate = self._first_gate(rule)
        position = None if rule.metric is None else self.positions[rule.metric]

        def judge_or_nothing(run: Run) -> Result:
            # A waiver goes before a closed gate (semantics L2 b and c).
            figure = None if position is None else run.figures[position]
            waived = isinstance(figure, Absent) and figure.state is State.WAIVED
            closed_gate = first_gate(run, State.NOT_MET)
            if closed_gate is None or waived:
                return judge(run)
            return Result(
                State.NOT_MET,
                Reason.GATE_CLOSED,
                0,
                1,
                0,
                detail=closed_gate,
            )

        return judge_or_nothing

    def _optional_blocks(self, rule: Rule) -> tuple[str, ...]:
        above = dependencies.above(self.rules, rule.group)
        return tuple(group.id for group in above if group.optional)

    def _unless_block_absent(
        self,
        rule: Rule,
        blocks: tuple[str, ...],
        judge: Judge,
    ) -> Judge:
        weight = self.worths[rule.id].weight

        def judge_or_leave(run: Run) -> Result:
            for block in blocks:
                if block in run.absent:
                    why = run.absent[block]
                    absent = Absent(State.NOT_APPLICABLE, Reason.BLOCK_ABSENT, why)
                    return Result(
                        absent.state,
                        absent.reason,
                        0,
                        1,
                        0,
                        weight,
                        True,
                        absent,
                    )
            return judge(run)

        return judge_or_leave


AbsentJudge: TypeAlias = "Callable[[Absent, Run], Result]"
"""From an absence to the result of its rule, by the effect that the rule set declares."""

_MAY_WAIT = frozenset({State.PARTLY_MET, State.NOT_MET, State.MISSING})
"""States that are not yet due before the day: anything short of the target."""


def _may_wait(result: Result) -> bool:
    """Whether a rule that is not yet due is not yet due, and not what its figure makes of it.

    Points that a person still has to give are awaited before the day only where they stand for a
    figure that is missing: those for any other absence, or behind an unknown gate, are final.
    """
    if result.state not in _MAY_WAIT or result.reason is Reason.GATE_UNKNOWN:
        return False
    if result.reason is not Reason.POINTS_AWAITED:
        return True
    return isinstance(result.detail, Absent) and result.detail.state is State.MISSING


def _first_gate(run: Run, gates: tuple[int, ...], effect: State) -> int | None:
    """Return the position of the first required rule whose state has the effect on this one."""
    results = run.results
    return next(
        (place for place in gates if gate(results[place].state) is effect), None
    )


def _fixed(
    effect: DeclaredEffect, worth: Worth, weight: Fraction, unit: int
) -> tuple[int, int, int, int, bool]:
    """Return what an effect makes of a rule: its points unrounded (n/d ticks) and rounded, the
    ticks excluded, whether these rescale.
    """
    if isinstance(effect, Credit):
        exact = effect.points_of(weight) * unit
        n, d = exact.numerator, exact.denominator
        return n, d, worth.rounded(n, d), 0, False
    if effect is Effect.LOST:
        return 0, 1, 0, 0, False
    if effect is Effect.FULL:
        return worth.weight, 1, worth.weight, 0, False
    # Both count the weight as neither earned nor lost; only `exclude` lets the rest count for more.
    return 0, 1, 0, worth.weight, effect is Effect.EXCLUDE


def _by_hand(
    absent: Absent,
    given: Given | None,
    unit: int,
    worth: Worth,
) -> Result:
    """Return the result of points that a person gives for an absence, or still has to give."""
    if given is None:
        return Result(State.MISSING, Reason.POINTS_AWAITED, 0, 1, 0, detail=absent)
    n = given.points[0] * unit
    d = given.points[1]
    earned = worth.rounded(n, d)
    return Result(absent.state, absent.reason, n, d, earned, detail=given)


def _rounded(figure: Figure, places: int | None) -> Figure:
    """Return a derived figure rounded half up to so many places, where the metric asks for it."""
    if places is None or isinstance(figure, Absent):
        return figure
    n, d = figure
    scale = 10**places
    return number.half_up(n * scale, d), scale
