"""Conditions that gates ask for, held against what a scoring came to (semantics I5, N1 to N3)."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from cchc_rules.base import number
from cchc_rules.base.state import COMPUTED, PASSING, Absent, State
from cchc_rules.base.state import gate as effect_of
from cchc_rules.rules.metric_values import Figure, as_number
from cchc_rules.rules.model import BandGate, Need
from cchc_rules.rules.needs import WHOLE, rules_asked
from cchc_rules.scoring.results import Result

if TYPE_CHECKING:
    from cchc_rules.scoring.compiled_rules import CompiledRuleSet
    from cchc_rules.scoring.totals import Total

Positions: TypeAlias = tuple[int, ...]


class NeedState(StrEnum):
    """What became of a condition."""

    HOLDS = "holds"
    """What it asks for is there."""
    FAILS = "fails"
    """It is not, as far as has been reported."""
    MISSING = "missing"
    """It cannot be said, for what it reads was not reported."""
    NOT_APPLICABLE = "not_applicable"
    """There is nothing that it could ask of this unit: it stands in nobody's way."""


BARRING = frozenset({NeedState.FAILS, NeedState.MISSING})
"""The states in which a condition bars what hangs on it."""


class Seen(NamedTuple):
    """What conditions are held against."""

    results: "Sequence[Result] | Mapping[int, Result]"
    """What became of each rule, by position."""
    groups: "Sequence[Total] | Mapping[int, Total]"
    """The points of each group, by position."""
    figures: Sequence[Figure]
    """The figures of the metrics, by position."""


class Standing(NamedTuple):
    """How a condition stands."""

    state: NeedState
    reached: Fraction | None = None
    """The share of points in percent, or the figure of the metric; None where there is none."""
    earned: int = 0
    """Of a group, the points that it has, in ticks."""
    maximum: int = 0
    """Of a group, the points that count, in ticks."""
    barring: Positions = ()
    """Of a group whose rules are asked one by one, the positions of those that bar."""

    @property
    def bars(self) -> bool:
        """Whether what hangs on it is barred."""
        return self.state in BARRING


class CompiledNeed(NamedTuple):
    """A condition by positions."""

    need: Need
    rules: Positions
    """The positions of the rules that it hangs on."""
    metric: int | None
    """The position of the metric that it reads."""
    group: int | None
    """The position of the group whose points together it reads."""
    standing: Callable[[Seen], Standing]
    """How it stands."""

    def lacking(self, standing: Standing) -> int | None:
        """Return how many ticks its group is short of; None where that says nothing.

        60 % of 15.00 points are 9.00: with 8.99 of them one tick is lacking.
        """
        low = self.need.bounds.low
        if self.need.subject != "group" or low is None or not standing.bars:
            return None
        wanted = low * standing.maximum / WHOLE
        if self.need.bounds.low_open:
            ticks = number.floor(wanted) + 1
        else:
            ticks = number.ceiling(wanted)
        return int(ticks) - standing.earned


class CompiledGate(NamedTuple):
    """A gate on bands, by positions."""

    gate: BandGate
    at_most: int
    """The position in the ladder of the best band that it still lets pass; beyond the ladder where
    it lowers by bands.
    """
    needs: tuple[CompiledNeed, ...]
    """What it asks for."""

    def bars(self, seen: Seen) -> bool:
        """Whether it holds the band down: something that it asks for is not there."""
        return any(need.standing(seen).bars for need in self.needs)


def compiled_gates(compiled: "CompiledRuleSet") -> tuple[CompiledGate, ...]:
    """Return the gates on bands of a rule set, in file order."""
    rules = compiled.rules
    band_ids = [band.id for band in rules.ladder]
    compiled_gates = []
    for gate in rules.band_gates:
        at_most = len(band_ids)
        if gate.at_most is not None:
            at_most = band_ids.index(gate.at_most)
        needs = tuple(compiled_need(compiled, need) for need in gate.every_need)
        compiled_gates.append(CompiledGate(gate, at_most, needs))
    return tuple(compiled_gates)


def compiled_need(compiled: "CompiledRuleSet", need: Need) -> CompiledNeed:
    """Return a condition with what holds it against a scoring."""
    metric = None
    group = None
    asked = rules_asked(compiled.rules, need)
    rules = tuple(compiled.places[name] for name in asked)
    if need.subject == "metric":
        metric = compiled.positions[need.id]
        standing = _of_metric(compiled, need, metric)
    elif need.subject == "rule":
        standing = _of_rule(compiled, need, rules[0])
    elif need.subject == "group":
        ids = [group.id for group in compiled.groups]
        group = ids.index(need.id)
        standing = _of_group(need, group)
    else:
        standing = _of_each_rule(compiled, need, rules)
    return CompiledNeed(need, rules, metric, group, standing)


Stands: TypeAlias = Callable[[Seen], Standing]


def _of_metric(compiled: "CompiledRuleSet", need: Need, position: int) -> Stands:
    metric = compiled.rules.metrics[need.id]
    allowed = {as_number(value, metric) for value in need.values}

    def standing(seen: Seen) -> Standing:
        figure: Any = seen.figures[position]
        if isinstance(figure, Absent):
            if figure.state is State.MISSING:
                return Standing(NeedState.MISSING)
            return Standing(NeedState.NOT_APPLICABLE)
        value = Fraction(*figure)
        return Standing(_held(need.holds(value, allowed)), value)

    return standing


def _of_rule(compiled: "CompiledRuleSet", need: Need, position: int) -> Stands:
    weight = compiled.worths[position].weight
    return lambda seen: rule_standing(need, weight, seen.results[position])


def rule_standing(need: Need, weight: int, result: Result) -> Standing:
    """Return how a condition on a rule stands (semantics N2).

    Args:
        need: The condition.
        weight: The most points of the rule, in ticks.
        result: What became of the rule.
    """
    if result.state is State.MISSING:
        return Standing(NeedState.MISSING)
    if result.state not in COMPUTED:
        return Standing(NeedState.NOT_APPLICABLE)
    if not need.is_share:
        return Standing(_held(result.state in PASSING))
    # A rule of no weight, which other weights may leave behind, has no points to ask for.
    if not weight:
        return Standing(NeedState.NOT_APPLICABLE)
    # Unrounded points decide, as they do for the rule itself (semantics L3).
    share = Fraction(result.n, result.d) * WHOLE / weight
    return Standing(_held(need.holds(share)), share)


def gate_effect(need: Need | None, weight: int, result: Result) -> State | None:
    """Return what a required rule does to the one behind it, None where it lets it pass
    (semantics L2).

    Args:
        need: The share of its points that is enough; None where it has to be met.
        weight: The most points of the required rule, in ticks.
        result: What became of the required rule.
    """
    if need is None:
        return effect_of(result.state)
    state = rule_standing(need, weight, result).state
    if state is NeedState.FAILS:
        return State.NOT_MET
    if state is NeedState.MISSING:
        return State.MISSING
    return None


def _of_group(need: Need, position: int) -> Stands:
    def standing(seen: Seen) -> Standing:
        total = seen.groups[position]
        counting = total.maximum - total.excluded
        if not counting:
            return Standing(NeedState.NOT_APPLICABLE)
        share = Fraction(total.earned, counting) * WHOLE
        state = _held(need.holds(share))
        return Standing(state, share, total.earned, counting)

    return standing


def _of_each_rule(compiled: "CompiledRuleSet", need: Need, rules: Positions) -> Stands:
    each = [(position, _of_rule(compiled, need, position)) for position in rules]

    def standing(seen: Seen) -> Standing:
        standings = {position: of_rule(seen) for position, of_rule in each}
        states = [one.state for one in standings.values()]
        barring = tuple(position for position, one in standings.items() if one.bars)
        state = _strongest(states)
        return Standing(state, barring=barring)

    return standing


def _strongest(states: Sequence[NeedState]) -> NeedState:
    """Return what becomes of a condition on several rules: one that fails decides, then one that
    is missing; where none counts there is nothing to ask.
    """
    order = (NeedState.FAILS, NeedState.MISSING, NeedState.HOLDS)
    present = (state for state in order if state in states)
    return next(present, NeedState.NOT_APPLICABLE)


def _held(holds: bool) -> NeedState:
    if holds:
        return NeedState.HOLDS
    return NeedState.FAILS
