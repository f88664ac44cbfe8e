"""How much of what can be scored was reported, and whether that is enough for an index (semantics
I9).
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import floor
from typing import NamedTuple

from cchc_rules.base.state import COMPUTED, Reason, State
from cchc_rules.scoring.compiled_rules import CompiledRuleSet
from cchc_rules.scoring.results import Result

HUNDRED = 100
"""Coverage is asked for in percent."""


class Coverage(NamedTuple):
    """How much of what can be scored was reported.

    >>> Coverage(Fraction(60), Fraction(80), Fraction(75)).reached
    Fraction(75, 1)
    """

    reported: Fraction
    """The points, in ticks, of the rules that were reported."""
    asked: Fraction
    """The points, in ticks, of these and of the rules that are open."""
    least: Fraction
    """The least percentage that the rule set asks for."""

    @property
    def reached(self) -> Fraction:
        """The percentage that was reached, 100 where nothing was asked."""
        if not self.asked:
            return Fraction(HUNDRED)
        return self.reported * HUNDRED / self.asked

    @property
    def shown(self) -> Fraction:
        """The percentage that was reached, cut off after two places.

        Rounded half up, 79.996 % would read as the 80 % that it falls short of.
        """
        return Fraction(floor(self.reached * HUNDRED), HUNDRED)

    @property
    def enough(self) -> bool:
        """Whether so much was reported that there is an index."""
        return self.reached >= self.least


def coverage(compiled: CompiledRuleSet, results: Sequence[Result]) -> Coverage | None:
    """Return what a submission covers, None where the rule set asks for no least coverage.

    What does not apply or is waived is not asked of the unit. What is missing or not yet due, or
    waits for the points of a person, is open, whatever an effect makes of its points meanwhile.

    Args:
        compiled: The rule set.
        results: What became of each rule, in file order.
    """
    least = compiled.rules.index.least_coverage
    if least is None:
        return None
    reported = Fraction(0)
    asked = Fraction(0)
    for part, result in zip(parts_of_base(compiled), results, strict=True):
        if is_covered(result):
            reported += part
            asked += part
        elif is_open(result):
            asked += part
    return Coverage(reported, asked, least)


def is_covered(result: Result) -> bool:
    """Whether a rule was judged by what was reported."""
    return result.state in COMPUTED


def is_open(result: Result) -> bool:
    """Whether a rule may still come to anything (semantics I4)."""
    is_awaited = result.reason is Reason.POINTS_AWAITED
    return result.state in (State.MISSING, State.NOT_DUE) or is_awaited


def covered(
    compiled: CompiledRuleSet,
    results: Sequence[Result],
    others: Mapping[int, Result],
) -> bool:
    """Whether enough is reported for an index, with other results of some rules.

    Args:
        compiled: The rule set.
        results: What became of each rule, in file order.
        others: What some rules come to instead, by position.
    """
    if compiled.rules.index.least_coverage is None:
        return True
    replaced = [*results]
    for position, result in others.items():
        replaced[position] = result
    reckoned = coverage(compiled, replaced)
    return reckoned is None or reckoned.enough


def parts_of_base(compiled: CompiledRuleSet) -> Sequence[Fraction]:
    """Return what each rule is worth in the base, in ticks, by position; 0 in pools.

    That is its weight; in a mean the group's weight times its part of the weights of all rules in
    it; under a cap its part shrinks with what the cap leaves of the maximum. No report moves it: of
    a mean of 10 with weights of 1 and 3 the rules are worth 2.5 and 7.5, reported or not.
    """
    if parts_of_base not in compiled.kept:
        compiled.kept[parts_of_base] = _parts_of_base(compiled)
    parts: Sequence[Fraction] = compiled.kept[parts_of_base]
    return parts


def _parts_of_base(compiled: CompiledRuleSet) -> list[Fraction]:
    parts = [Fraction(0)] * len(compiled.names)
    left: dict[int, Fraction] = {}
    # Children stand before their parents, so that parents come first here.
    for position in reversed(range(len(compiled.groups))):
        group = compiled.groups[position]
        if group.kind != "base":
            continue
        factor = left.get(position, Fraction(1))
        if group.mean:
            weights = sum(compiled.worths[rule].weight for rule in group.rules)
            factor *= Fraction(group.weight, weights or 1)
        elif group.capped:
            factor *= Fraction(group.maximum, group.whole or 1)
        left.update(dict.fromkeys(group.groups, factor))
        for rule in group.rules:
            parts[rule] = compiled.worths[rule].weight * factor
    return parts
