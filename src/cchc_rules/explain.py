"""Why a rule is in its state, and what would win its points back."""

from fractions import Fraction

from cchc_rules.arithmetic import Arithmetic
from cchc_rules.speech import number_of, threshold_value
from cchc_rules.state import COMPUTED, Reason, State


class Explanation:
    """Explains the rules of one scoring, in the language of its speaker."""

    def __init__(self, arithmetic: Arithmetic) -> None:
        self.arithmetic = arithmetic
        self.speaker = arithmetic.speaker
        self.outcome = arithmetic.outcome

    def reason(self, at: int) -> str:
        """Say why a rule is in its state."""
        result = self.outcome.results[at]
        places = {"required": self.speaker.required(at), "reported": self.speaker.said(at), "why": self.speaker.why(at)}
        return self.speaker.say(f"reason.{result.reason}", **places) + self.arithmetic.fallbacks(at)

    def win_back(self, at: int) -> str | None:
        """Say what would win the lost points back; None where nothing is lost."""
        result, lost = self.outcome.results[at], self.outcome.lost(at)
        if lost <= 0 or (result.state not in COMPUTED and result.state is not State.MISSING):
            return None
        if result.state in COMPUTED and self._past(at):
            return self.speaker.say("win-back.past", required=self.speaker.required(at))
        rule = self.outcome.rule(at)
        usual = "win-back.is" if rule.comparator == "is" and rule.deduction.kind != "tiers" else "win-back.reach"
        way = _WAYS.get(result.reason, "win-back.report" if result.state is State.MISSING else usual)
        return self.speaker.say(
            way, why=self.speaker.why(at), required=self._wanted(at), points=self.speaker.points(lost)
        )

    def _wanted(self, at: int) -> str:
        """Say what gives all points: the best tier, which may ask for more than the target."""
        rule = self.outcome.rule(at)
        return self.speaker.best_tier(rule) if rule.deduction.kind == "tiers" else self.speaker.required(at)

    def _past(self, at: int) -> bool:
        """Whether the rule asked for a date that has gone by."""
        rule, threshold = self.outcome.rule(at), threshold_value(self.outcome, at)
        gone = rule.comparator in ("on_or_before", "before") and isinstance(threshold, Fraction)
        return gone and self.outcome.as_of.toordinal() > number_of(threshold)


_WAYS = {
    Reason.GATE_CLOSED: "win-back.gate",
    Reason.GATE_UNKNOWN: "win-back.gate-unknown",
    Reason.POINTS_AWAITED: "win-back.points",
}
"""The reasons that have a way back of their own."""
