"""The closed sets of the engine: states, effects of absence, reason codes."""

from collections.abc import Container
from enum import StrEnum
from typing import NamedTuple, TypeAlias


class State(StrEnum):
    """What became of a rule; every rule of every report is in exactly one of these."""

    MET = "met"
    """The target is met; of a rule without one, all points are earned."""
    PARTLY_MET = "partly_met"
    """The target is missed, and a part of the points is earned."""
    NOT_MET = "not_met"
    """The target is missed, or a required rule is, and nothing is earned."""
    MISSING = "missing"
    """A figure that the rule needs was not reported."""
    NOT_APPLICABLE = "not_applicable"
    """The rule does not apply to this unit, or there was nothing to measure."""
    NOT_DUE = "not_due"
    """The day of judgement comes before the day on which the rule is due."""
    WAIVED = "waived"
    """Somebody who may do so has exempted the unit, and the waiver still runs."""


class Effect(StrEnum):
    """What an absence does to the points; semantics L4."""

    LOST = "lost"
    """Nothing is earned."""
    FULL = "full"
    """All points are earned."""
    EXCLUDE = "exclude"
    """The points leave the maximum, and the index is rescaled to what is left."""
    SHOW = "show"
    """Nothing is earned; the points are shown apart, and the index is not scaled back."""
    MANUAL = "manual"
    """A person gives the points."""


class Reason(StrEnum):
    """Why a rule is in its state; docs/reference/report.md says what each means."""

    TARGET_MET = "target_met"
    """The figure meets the target."""
    INFORMATION = "information"
    """The rule carries no points; it is there to be read."""
    TARGET_MISSED = "target_missed"
    """The figure misses a target that is all or nothing."""
    BELOW_TARGET = "below_target"
    """The figure is short of the target and earns a part in proportion."""
    BELOW_FLOOR = "below_floor"
    """The share lies under the floor, below which nothing is earned."""
    UNITS_OFF = "units_off"
    """Points are taken for each unit by which the target is missed."""
    TIER = "tier"
    """The tier in which the figure lies gives the points."""
    FORMULA = "formula"
    """The formula of the rule gives the points."""
    MANUAL = "manual"
    """The points were given by a person."""
    GATE_CLOSED = "gate_closed"
    """A rule that must be met first is not met."""
    GATE_UNKNOWN = "gate_unknown"
    """Of a rule that must be met first nobody knows whether it is met."""
    NOT_REPORTED = "not_reported"
    """The figure was not reported."""
    WAIVER_ENDED = "waiver_ended"
    """There was a waiver, and it ended before the day of judgement."""
    POINTS_AWAITED = "points_awaited"
    """A person has to give the points and has not done so yet."""
    NOT_APPLICABLE = "not_applicable"
    """The submission says so, with the reason."""
    ZERO_DENOMINATOR = "zero_denominator"
    """Numerator and denominator are both nought: nothing arose to be measured."""
    BLOCK_ABSENT = "block_absent"
    """The whole group does not exist in this unit or period."""
    NOT_DUE = "not_due"
    """The rule is not due yet."""
    WAIVED = "waived"
    """The unit is exempt, and the submission says by whom and why."""


COMPUTED = frozenset({State.MET, State.PARTLY_MET, State.NOT_MET})
"""States that come from figures; the others are absences."""

OPEN = frozenset({State.MISSING, State.NOT_DUE})
"""States that may still become anything: they make the range of the index still possible."""

PRECEDENCE = (State.MISSING, State.NOT_APPLICABLE, State.WAIVED)
"""Which absence wins when a figure depends on several (semantics L6)."""


class Absent(NamedTuple):
    """A figure that is not there: why, and what was said about it."""

    state: State
    """What the rule becomes that needs the figure."""
    reason: Reason
    text: str = ""
    """What the submission says: why it does not apply or is waived, or when the waiver ended."""


AbsenceKind: TypeAlias = State | Reason
"""What a rule set declares an effect for: a state, or the zero denominator, whose effect may differ
from that of what a unit calls not applicable.
"""


def absence_kind(
    state: State, reason: Reason, declared: Container[AbsenceKind]
) -> AbsenceKind:
    """Return the kind of absence whose effect holds (semantics L4).

    That of the state, but for a denominator of zero where it has an effect of its own.

    Args:
        state: The state of the absence.
        reason: Its reason.
        declared: The kinds for which effects are declared.

    >>> declared = {State.NOT_APPLICABLE, Reason.ZERO_DENOMINATOR}
    >>> absence_kind(State.NOT_APPLICABLE, Reason.ZERO_DENOMINATOR, declared)
    <Reason.ZERO_DENOMINATOR: 'zero_denominator'>
    >>> absence_kind(State.NOT_APPLICABLE, Reason.ZERO_DENOMINATOR, {State.NOT_APPLICABLE})
    <State.NOT_APPLICABLE: 'not_applicable'>
    """
    if reason is Reason.ZERO_DENOMINATOR and reason in declared:
        return reason
    return state


NOT_REPORTED = Absent(State.MISSING, Reason.NOT_REPORTED)
ZERO_DENOMINATOR = Absent(State.NOT_APPLICABLE, Reason.ZERO_DENOMINATOR)


def strongest(absences: list[Absent]) -> Absent | None:
    """Return the absence that wins among several, None among none (semantics L6).

    Of two with the same state the first wins, and its text is the one that is shown.

    >>> strongest([ZERO_DENOMINATOR, NOT_REPORTED]).reason
    <Reason.NOT_REPORTED: 'not_reported'>
    """
    # The first in `PRECEDENCE` is the strongest.
    return min(
        absences,
        key=lambda absent: PRECEDENCE.index(absent.state),
        default=None,
    )


def gate(state: State) -> State | None:
    """Return what a required rule's state does to the rule behind it (semantics L2).

    None lets the rule pass; any other state becomes its own.

    >>> gate(State.PARTLY_MET), gate(State.WAIVED)
    (<State.NOT_MET: 'not_met'>, None)
    """
    return _GATE[state]


# Semantics L2, (c) and (e). What does not apply, is waived or not yet due stands in nobody's way:
# no unit loses points for what it need not do.
_GATE: dict[State, State | None] = {
    State.MET: None,
    State.PARTLY_MET: State.NOT_MET,
    State.NOT_MET: State.NOT_MET,
    State.MISSING: State.MISSING,
    State.NOT_APPLICABLE: None,
    State.NOT_DUE: None,
    State.WAIVED: None,
}

PASSING = frozenset(state for state in State if gate(state) is None)
"""The states of a required rule that stand in nobody's way, nor in that of a band."""
