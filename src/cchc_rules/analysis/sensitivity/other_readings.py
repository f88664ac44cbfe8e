"""The other readings of a plan that contradicts itself: each as an overlay over the rule set, and
scored.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any, NamedTuple

from cchc_rules.analysis.sensitivity.reading_deductions import (
    AS_DECLARED,
    Table,
    deductions_for,
)
from cchc_rules.base.problem import CchcError, Problem
from cchc_rules.rules.load import relaid
from cchc_rules.rules.model import RuleSet
from cchc_rules.scoring.scoring import Scoring

Rescore = Callable[[RuleSet], Scoring]
"""Scores the submission under another rule set, on the same day."""


class Contradiction(NamedTuple):
    """One of the places where the plan says something else: a rule, and which of its conflicts."""

    rule: str
    position: int


class Reading(NamedTuple):
    """What the submission comes to under one or more other readings.

    `deduction` is how points are lost under it, of those that `reading_deductions` names. Without a
    scoring, `problems` say why: what the rule set would be refused for, or nothing where the
    conflict names no figure to read instead.
    """

    contradictions: tuple[Contradiction, ...]
    deduction: str = AS_DECLARED
    scoring: Scoring | None = None
    problems: tuple[Problem, ...] = ()


class Together(NamedTuple):
    """Other readings taken at once: all of them (None without any); where some lower and some raise
    the index, each sort at once.
    """

    all: Reading | None = None
    lowering: Reading | None = None
    raising: Reading | None = None


def contradictions(scoring: Scoring) -> list[Contradiction]:
    """Return every declared contradiction, in file order."""
    declared: list[Contradiction] = []
    for rule in scoring.rules.rules.values():
        for position in range(len(rule.conflicts)):
            declared.append(Contradiction(rule.id, position))
    return declared


def single_readings(scoring: Scoring, rescore: Rescore) -> list[Reading]:
    """Return the other reading of every declared contradiction, in file order, each scored by
    itself.

    Args:
        scoring: The submission under the rule set as it is.
        rescore: Scores the submission under another one.
    """
    return [
        _single_reading(scoring, contradiction, rescore)
        for contradiction in contradictions(scoring)
    ]


def _single_reading(
    scoring: Scoring,
    contradiction: Contradiction,
    rescore: Rescore,
) -> Reading:
    """Return a reading under the first deduction that the rule set takes with it."""
    table = _rule_table(scoring, contradiction.rule)
    conflict = table["conflict"][contradiction.position]
    # A contradiction in words alone, such as two different dates of a report, cannot be scored.
    if not _names_a_figure(table, conflict):
        return Reading((contradiction,))
    problems: tuple[Problem, ...] = ()
    # The checks of rule files decide: moved tiers with a hole, say, are refused.
    for deduction, fields in deductions_for(table, conflict).items():
        changes = {contradiction.rule: fields}
        rescored, problems = _rescored(scoring, changes, rescore)
        if rescored is not None:
            return Reading((contradiction,), deduction, rescored)
    return Reading((contradiction,), problems=problems)


def _names_a_figure(table: Table, conflict: Table) -> bool:
    """Whether a rule has a metric, and the conflict a target to hold it against."""
    if not table.get("metric"):
        return False
    return "comparator" in conflict and "threshold" in conflict


def readings_together(
    scoring: Scoring,
    single: Sequence[Reading],
    rescore: Rescore,
) -> Together:
    """Return the readings that can be scored taken together.

    Where one rule has several, the first counts; among those that lower, or raise, the one that
    moves the index most. So the lowest and the highest index are those of the worst and the best
    reading of every rule, as far as rules do not hang together.

    Args:
        scoring: The submission under the rule set as it is.
        single: The readings, each scored by itself.
        rescore: Scores the submission under another rule set.
    """
    moves: list[tuple[Fraction, Reading]] = []
    for reading in single:
        if reading.scoring is not None:
            move = reading.scoring.index.moved_from(scoring.index)
            moves.append((move, reading))
    lowering = [(move, reading) for move, reading in moves if move < 0]
    raising = [(move, reading) for move, reading in moves if move > 0]
    lowering.sort(key=lambda pair: pair[0])
    raising.sort(key=lambda pair: -pair[0])

    def taken(pairs: Sequence[tuple[Fraction, Reading]]) -> Reading | None:
        readings = [reading for _, reading in pairs]
        return _several(scoring, readings, rescore)

    # Where all go one way, all of them together are that sort.
    if lowering and raising:
        return Together(taken(moves), taken(lowering), taken(raising))
    return Together(taken(moves))


def _several(
    scoring: Scoring,
    readings: Sequence[Reading],
    rescore: Rescore,
) -> Reading | None:
    """Return readings taken at once; of one rule the first."""
    if not readings:
        return None
    first_of_rule: dict[str, Reading] = {}
    for reading in readings:
        contradiction = reading.contradictions[0]
        first_of_rule.setdefault(contradiction.rule, reading)
    changes: dict[str, Table] = {}
    taken: list[Contradiction] = []
    for rule, reading in first_of_rule.items():
        changes[rule] = _fields(scoring, reading)
        taken.append(reading.contradictions[0])
    rescored, problems = _rescored(scoring, changes, rescore)
    return Reading(tuple(taken), scoring=rescored, problems=problems)


def _fields(scoring: Scoring, reading: Reading) -> Table:
    """Return the fields of a rule under the deduction of a reading."""
    contradiction = reading.contradictions[0]
    table = _rule_table(scoring, contradiction.rule)
    conflict = table["conflict"][contradiction.position]
    return deductions_for(table, conflict)[reading.deduction]


def _rule_table(scoring: Scoring, rule: str) -> Table:
    """Return a rule's table as it stands on the day of judgement for the unit's kind."""
    document: Any = scoring.rules.document
    table: Table = document["rule"][rule]
    return table


def _rescored(
    scoring: Scoring,
    changes: Mapping[str, Table],
    rescore: Rescore,
) -> tuple[Scoring | None, tuple[Problem, ...]]:
    """Score with other fields of some rules, over the rule set as it stood; other days and kinds
    are left out.
    """
    # The rule set of the scoring already holds what its day and kind of unit say; laid over it
    # again, their sections would take the reading back.
    rules = scoring.rules
    document = {**rules.document}
    document.pop("kind", None)
    document.pop("since", None)
    overlay: Table = {"rule": changes}
    # The submission still names its kind of unit, which must be there, be it empty.
    if rules.kind is not None:
        overlay = {"rule": changes, "kind": {rules.kind: {}}}
    try:
        changed = relaid(replace(rules, document=document), overlay)
        return rescore(changed), ()
    except CchcError as error:
        return None, error.problems
