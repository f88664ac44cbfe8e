"""The closed sets of the engine: states, effects of absence, reason codes."""

from enum import StrEnum
from typing import NamedTuple


class State(StrEnum):
    """What became of a rule; every rule of every report is in exactly one of these."""

    MET = "met"
    PARTLY_MET = "partly_met"
    NOT_MET = "not_met"
    MISSING = "missing"
    NOT_APPLICABLE = "not_applicable"
    NOT_DUE = "not_due"
    WAIVED = "waived"


class Effect(StrEnum):
    """What an absence does to the points; semantics L4."""

    LOST = "lost"
    FULL = "full"
    EXCLUDE = "exclude"
    SHOW = "show"
    MANUAL = "manual"


class Reason(StrEnum):
    """Why a rule is in its state; docs/reference/report.md says what each means."""

    TARGET_MET = "target_met"
    INFORMATION = "information"
    TARGET_MISSED = "target_missed"
    BELOW_TARGET = "below_target"
    BELOW_FLOOR = "below_floor"
    UNITS_OFF = "units_off"
    TIER = "tier"
    FORMULA = "formula"
    MANUAL = "manual"
    GATE_CLOSED = "gate_closed"
    GATE_UNKNOWN = "gate_unknown"
    NOT_REPORTED = "not_reported"
    WAIVER_ENDED = "waiver_ended"
    POINTS_AWAITED = "points_awaited"
    NOT_APPLICABLE = "not_applicable"
    ZERO_DENOMINATOR = "zero_denominator"
    BLOCK_ABSENT = "block_absent"
    NOT_DUE = "not_due"
    WAIVED = "waived"


COMPUTED = frozenset({State.MET, State.PARTLY_MET, State.NOT_MET})
"""States that come from figures; the others are absences."""

OPEN = frozenset({State.MISSING, State.NOT_DUE})
"""States that may still become anything: they make the range of the index still possible."""

PRECEDENCE = (State.MISSING, State.NOT_APPLICABLE, State.WAIVED)
"""Which absence wins when a figure depends on several (semantics L6)."""


class Absent(NamedTuple):
    """A figure that is not there: why, and what was said about it."""

    state: State
    reason: Reason
    text: str = ""


NOT_REPORTED = Absent(State.MISSING, Reason.NOT_REPORTED)
ZERO_DENOMINATOR = Absent(State.NOT_APPLICABLE, Reason.ZERO_DENOMINATOR)


def strongest(absences: list[Absent]) -> Absent | None:
    """Return the absence that wins among several, None among none (semantics L6)."""
    return min(
        absences, key=lambda absent: PRECEDENCE.index(absent.state), default=None
    )


def gate(state: State) -> State | None:
    """Return what a required rule's state does to the rule behind it: None lets it pass (semantics
    L2).
    """
    return _GATE[state]


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
