"""How much an index could rise by silence: a figure that is left out, reported later, or called not
applicable.

Nothing is tried: a bound is read off the rules. Of a rule that reads the figure it is known how few
points a reported figure may come to, and what the absence is worth by its declared effect. Let a
base group earn E of the D points that count, and let the silence take x points out of D, as
`exclude` does. Since nothing earns more than what counts, the share rises by at most

    E₁ / (D − x) − E₀ / D  ≤  (x + E₁ − E₀) / D

so that what each rule adds is simply added up: its weight less its fewest points where it leaves
the maximum, else what the absence is worth above them. The same holds of a mean among its own
weights.

    weight 4, fewest points 0, of 20 that count, on a scale of 100
    missing = "lost"                 0
    missing = { points = 1 }         100 × 1 / 20 = 5
    not_applicable = "exclude"       100 × (4 − 0) / 20 = 20

The bound holds while the index does not fall below zero; bands are not looked at.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple, TypeAlias

from cchc_rules.base.number import floor, round_half_up
from cchc_rules.base.state import NOT_REPORTED, AbsenceKind, Effect, State
from cchc_rules.rules import dependencies, formula
from cchc_rules.rules.model import (
    Credit,
    DeclaredEffect,
    Group,
    Rounding,
    Rule,
    RuleSet,
)
from cchc_rules.rules.value_function import Constant, Piece, Symbol


class Way(StrEnum):
    """A way to say nothing of a figure."""

    LEFT_OUT = "left_out"
    """It is not reported, or not before it is due."""
    NOT_APPLICABLE = "not_applicable"
    """The unit says that it does not apply."""


_KINDS: dict[Way, tuple[AbsenceKind, ...]] = {
    Way.LEFT_OUT: (State.MISSING, State.NOT_DUE),
    Way.NOT_APPLICABLE: (State.NOT_APPLICABLE,),
}
"""The kinds of absence that each way leads to."""

Rises: TypeAlias = dict[str, Fraction]
"""By how many of its own points each rule could rise, by its id."""


class Gain(NamedTuple):
    """By how much the index could rise at most when nothing is said of a figure."""

    metric: str
    way: Way
    most: Fraction
    """In points of the index, while every other rule counts."""
    rules: tuple[str, ...]
    """The rules that could rise, the one that adds most first."""


class Counting(NamedTuple):
    """What counts in one scoring before the silence; all that the rule set has where it is None."""

    points: Fraction
    """The points of base groups that are not taken out of the maximum."""
    weights: Mapping[str, Fraction]
    """The weights by which each mean is divided, by the id of the group."""


class Silence:
    """Bounds what silence can win under one rule set.

    Args:
        rules: The rule set, checked, as it stands for a kind of unit and a day.

    >>> from cchc_rules import load_rules
    >>> silence = Silence(load_rules("cam-due-2023"))
    >>> silence.most("on_time", Way.LEFT_OUT)
    Fraction(0, 1)
    >>> silence.most("on_time", Way.NOT_APPLICABLE)
    Fraction(91, 100)
    """

    def __init__(self, rules: RuleSet) -> None:
        self.rules = rules
        self.tick = Fraction(1, 10**rules.index.places)

    def gains(self) -> Iterator[Gain]:
        """Yield what can be won at most by each figure and way, where that is anything."""
        for metric in self.rules.metrics.values():
            if not metric.submitted:
                continue
            for way in Way:
                rises = self.rises(metric.id, way)
                if rises is None:
                    continue
                most = self._index_rise(rises, self._all)
                if most > 0:
                    largest_first = sorted(rises, key=rises.__getitem__, reverse=True)
                    yield Gain(metric.id, way, most, tuple(largest_first))

    def most(
        self, metric: str, way: Way, counting: Counting | None = None
    ) -> Fraction | None:
        """Return by how many points the index can rise at most when nothing is said of a figure.

        Args:
            metric: The id of a submitted metric.
            way: How nothing is said of it.
            counting: What counts in the scoring from which it rises; None for all rules.

        Returns:
            None where the submission would be refused, for an effect that is not declared.
        """
        rises = self.rises(metric, way)
        if rises is None:
            return None
        return self._index_rise(rises, counting or self._all)

    # Rules

    def rises(self, metric: str, way: Way) -> Rises | None:
        """Return by how many of its own points each rule could rise, those that could at all.

        None where an effect is not declared, so that the submission would be refused.
        """
        rises: Rises = {}
        opened: set[str] = set()
        unknown: set[str] = set()
        for rule in self.rules.rules.values():
            if metric not in self._read[rule.id]:
                continue
            # Another figure may stand in for this one, and be worth anything.
            if self._looks_past(rule, metric):
                rises[rule.id] = rule.weight - self._fewest(rule)
                opened.add(rule.id)
                continue
            rise = self._rise(rule, way, self._fewest(rule))
            if rise is None:
                return None
            rises[rule.id] = rise
            # A rule that does not apply, or is not due, stands in nobody's way.
            if way is Way.NOT_APPLICABLE or rule.due is not None:
                opened.add(rule.id)
            else:
                unknown.add(rule.id)
        self._behind(rises, opened, unknown)
        return {id_: rise for id_, rise in rises.items() if rise > 0}

    def _behind(self, rises: Rises, opened: set[str], unknown: set[str]) -> None:
        """Add what the rules can win that require those of which nothing is said."""
        # From rule to rule, until no further one is touched.
        grown = True
        while grown:
            grown = False
            for rule in self.rules.rules.values():
                required = set(rule.requires)
                if rule.id not in opened and required & opened:
                    # Behind a closed gate it earned nothing.
                    rises[rule.id] = rule.weight - min(self._fewest(rule), Fraction(0))
                    opened.add(rule.id)
                    grown = True
                elif rule.id not in opened | unknown and required & unknown:
                    # Behind a closed gate it earned nothing. Behind an unknown one an absence of
                    # its own, of whatever kind, goes first (semantics L2).
                    fewest = min(self._fewest(rule), Fraction(0))
                    worths = [
                        self._effect_rise(rule, effect, fewest)
                        for effect in rule.absence.values()
                        if rule.deduction.scored
                    ]
                    rises[rule.id] = max(worths, default=Fraction(0))
                    unknown.add(rule.id)
                    grown = True

    def _rise(self, rule: Rule, way: Way, fewest: Fraction) -> Fraction | None:
        """Return by how much an absence lifts a rule from its fewest points."""
        if not rule.deduction.scored:
            return Fraction(0)
        rise = Fraction(0)
        for kind in _KINDS[way]:
            # Without a day until which it is not due, or without an effect of that, it is missing,
            # or the submission refused.
            if kind is State.NOT_DUE and (rule.due is None or kind not in rule.absence):
                continue
            if kind not in rule.absence:
                return None
            rise = max(rise, self._effect_rise(rule, rule.absence[kind], fewest))
        return rise

    def _effect_rise(
        self, rule: Rule, effect: DeclaredEffect, fewest: Fraction
    ) -> Fraction:
        in_pool = self._top(rule).kind != "base"
        if isinstance(effect, Credit):
            exact = effect.points_of(rule.weight)
            # In a mean it counts as it is, in a sum it is rounded.
            worth = max(exact, round_half_up(exact, self.rules.index.places))
            worth = min(worth + self._step(rule.rounding), rule.weight)
        elif effect in (Effect.FULL, Effect.MANUAL):
            # A person may give all points.
            worth = rule.weight
        elif effect is Effect.EXCLUDE and not in_pool:
            if self._is_capped(rule):
                # What it earned may have lain beyond the cap.
                return rule.weight - min(fewest, Fraction(0))
            return rule.weight - fewest
        elif effect is not Effect.LOST and self._top(rule).kind == "penalty":
            # What is not counted takes nothing off.
            worth = rule.weight
        else:
            worth = Fraction(0)
        return worth - fewest

    def _fewest(self, rule: Rule) -> Fraction:
        """Return no more than the fewest points to which a rule comes when all is reported."""
        pieces = rule.pieces
        alone = len(self._read[rule.id]) == 1 and not rule.requires and not rule.due
        points = [self._fewest_of(rule, piece) for piece in pieces]
        fewest = max(rule.lowest, min(points, default=rule.lowest))
        # Where something else may keep it from being judged, it may have earned nothing.
        if not alone:
            fewest = min(fewest, Fraction(0))
        # A rounding that the file asks for may take as much as a step off.
        fewest = max(fewest - self._step(rule.rounding), rule.lowest)
        return floor(fewest / self.tick) * self.tick

    def _step(self, rounding: Rounding | None) -> Fraction:
        """Return by how much a rounding of a rule's own may move its points at most."""
        if rounding is None:
            return Fraction(0)
        return rounding.step or self.tick

    def _fewest_of(self, rule: Rule, piece: Piece) -> Fraction:
        if not isinstance(piece.points, Constant):
            return rule.lowest
        match piece.points.points:
            case Symbol.WEIGHT:
                return rule.weight
            case Fraction() as points:
                return points
        return rule.lowest

    # What rules read

    @cached_property
    def _read(self) -> dict[str, set[str]]:
        """The metrics that each rule reads, derived ones and those behind them among them."""
        return {
            rule.id: dependencies.rule_metrics(self.rules, rule)
            for rule in self.rules.rules.values()
        }

    def _looks_past(self, rule: Rule, metric: str) -> bool:
        """Whether a rule may have points although one of the figures that it reads is absent.

        So it may where it has a value with all others there: with fewer it has none the more.
        """
        if metric in dependencies.row_metrics(rule):
            return True
        absent = self._absent_with(metric, self._read[rule.id])
        named = {name for _, name in dependencies.metrics_named(rule)}
        if named & absent:
            return False
        return not any(
            self._lacks(text, own, absent)
            for _, text, own in dependencies.rule_formulas(self.rules, rule)
        )

    def _absent_with(self, metric: str, names: set[str]) -> set[str]:
        """Return which of some metrics are absent when one submitted metric is, all others not."""
        absent = {metric}
        grown = True
        while grown:
            grown = False
            for name in names - absent:
                text = self.rules.metrics[name].formula
                if text is not None and self._lacks(text, {}, absent):
                    absent.add(name)
                    grown = True
        return absent

    def _lacks(self, text: str, own: Mapping[str, str], absent: set[str]) -> bool:
        """Whether a formula has no value where some metrics are absent."""
        types = {**self.rules.metric_types, **own}
        parsed = formula.parse(text, types, self.rules.calendar)
        names = {name: NOT_REPORTED for name in parsed.names if name in absent}
        return parsed.absence(names) is not None

    # Groups and the index

    @cached_property
    def _all(self) -> Counting:
        """What counts where no rule is excluded."""
        maxima = dependencies.maxima(self.rules)
        base = [
            maxima[group.id]
            for group in self.rules.groups.values()
            if group.parent is None and group.kind == "base"
        ]
        weights = dict.fromkeys(self.rules.groups, Fraction(0))
        for rule in self.rules.rules.values():
            weights[rule.group] += rule.weight
        return Counting(sum(base, Fraction(0)), weights)

    def _index_rise(self, rises: Rises, counting: Counting) -> Fraction:
        """Return by how much the index rises at most where rules rise by so many points."""
        base = Fraction(0)
        pools: dict[str, Fraction] = {}
        means: dict[str, Fraction] = {}
        for id_, rise in rises.items():
            rule = self.rules.rules[id_]
            group = self.rules.groups[rule.group]
            points = rise
            if group.combine != "sum":
                points = self._of_mean(group, rise, counting)
                means[group.id] = self._step(group.rounding) or self.tick
            top = self._top(rule)
            if top.kind == "base":
                base += points
            else:
                pools[top.id] = pools.get(top.id, Fraction(0)) + points
        # A mean is rounded as a whole, before and after.
        base += sum(means.values())
        index = Fraction(0)
        if base and counting.points > 0:
            index = self.rules.index.scale * base / counting.points
        for id_, points in pools.items():
            cap = self.rules.groups[id_].cap
            index += points if cap is None else min(points, cap)
        return index

    def _of_mean(self, group: Group, rise: Fraction, counting: Counting) -> Fraction:
        """Return what a rule's rise brings its group at most: no more than the group has."""
        weight = group.weight or Fraction(0)
        whole = counting.weights.get(group.id, Fraction(0))
        if group.combine != "mean" or whole <= 0:
            return weight
        return min(weight, weight * rise / whole)

    def _top(self, rule: Rule) -> Group:
        """Return the group at the top that a rule lies in."""
        *_, top = dependencies.above(self.rules, rule.group)
        return top

    def _is_capped(self, rule: Rule) -> bool:
        """Whether a cap holds what a rule brings to the base."""
        above = dependencies.above(self.rules, rule.group)
        return any(group.kind == "base" and group.cap is not None for group in above)
