"""Why a rule is in its state, and what would win its points back."""

from datetime import date
from fractions import Fraction

from cchc_rules.base.state import COMPUTED, Reason, State
from cchc_rules.report.arithmetic import Arithmetic
from cchc_rules.scoring.gains import Gain, Gains
from cchc_rules.scoring.rule_figures import number_of
from cchc_rules.scoring.steps import Steps


class Explanation:
    """Explains the rules of one scoring, in the language of its speaker."""

    def __init__(self, arithmetic: Arithmetic) -> None:
        self.arithmetic = arithmetic
        self.gains = Gains(arithmetic.scoring)
        self.speaker = arithmetic.speaker
        self.scoring = arithmetic.scoring

    def reason(self, at: int) -> str:
        """Say why a rule is in its state."""
        result = self.scoring.results[at]
        places = {
            "required": self.speaker.asked(at),
            "reported": self.speaker.said(at),
            "why": self.speaker.why(at),
        }
        sentences = [self.speaker.say(f"reason.{result.reason}", **places)]
        others = self.speaker.missing_beside(at)
        if others:
            titles = self.speaker.titles(others)
            sentences.append(self.speaker.say("reason.for-lack-of", titles=titles))
        return " ".join([*sentences, *self.arithmetic.fallbacks(at)])

    def win_back(self, at: int) -> str | None:
        """Say what would win the lost points back; None where nothing is lost."""
        result = self.scoring.results[at]
        counted = self.scoring.counted[at]
        open_or_computed = result.state in COMPUTED or result.state is State.MISSING
        if counted.exact_lost <= 0 or not open_or_computed:
            return None
        if result.state in COMPUTED and self._past(at):
            return self.speaker.say("win-back.past", required=self.speaker.required(at))
        if (
            result.state in COMPUTED
            and result.reason is not Reason.GATE_CLOSED
            and self._hopeless(at)
        ):
            return self.speaker.say("win-back.none", required=self._wanted(at))
        rule = self.scoring.rule(at)
        usual = (
            "win-back.is"
            if rule.comparator == "is" and not self.speaker.graded(rule)
            else "win-back.reach"
        )
        why = self.speaker.why(at)
        way = _WAYS.get(result.reason, usual)
        if result.state is State.MISSING and result.reason not in _WAYS:
            others = self.speaker.missing_beside(at)
            why = self.speaker.titles(others)
            way = "win-back.report-other" if others else "win-back.report"
        return self.speaker.say(
            way,
            why=why,
            required=self._wanted(at),
            points=self.speaker.gone(counted.most_to_win, counted.exact_lost),
        )

    def _wanted(self, at: int) -> str:
        """Say what gives all points: the best tier, which may ask for more than the target."""
        rule = self.scoring.rule(at)
        return (
            self.speaker.best_tier(rule)
            if self.speaker.graded(rule)
            else self.speaker.required(at)
        )

    def _hopeless(self, at: int) -> bool:
        """Whether no change of a single figure wins anything back."""
        return self.scoring.rule(at).metric is not None and not self.gains.of(at)

    def _past(self, at: int) -> bool:
        """Whether the rule asked for a date that has gone by."""
        rule = self.scoring.rule(at)
        threshold = self.scoring.threshold(at)
        gone = rule.comparator in ("on_or_before", "before") and isinstance(
            threshold, Fraction
        )
        return gone and self.scoring.as_of.toordinal() > number_of(threshold)

    def gain(self, gain: Gain, at: int) -> str:
        """Say a change and what it gains: `thêm 3 hồ sơ số hóa (51/52): +0,25 điểm, chỉ số +0,25`."""
        change = self.change(gain.steps, gain.step)
        if gain.metric != self.scoring.rule(at).metric:
            change = f"{gain.steps.metric.title.of(self.speaker.lang)}: {change}"
        points = self._signed(gain.points)
        if not gain.value:
            return self.speaker.say("gain.rule-only", change=change, points=points)
        return self.speaker.say(
            "gain.both", change=change, points=points, index=self._signed(gain.value)
        )

    def _signed(self, ticks: int) -> str:
        return (
            f"+{self.speaker.points(ticks)}"
            if ticks > 0
            else self.speaker.points(ticks)
        )

    def change(self, steps: Steps, step: int) -> str:
        """Say what becomes of a figure: `thêm 3 hồ sơ số hóa (51/52)`, `từ 4 lên 6 đợt`."""
        now = steps.write(0)
        then = steps.write(step)
        say = self.speaker.say
        if isinstance(then, date) and steps.reported:
            return say("gain.again", to=self.speaker.scalar(then, steps.metric))
        if not steps.reported:
            way = "gain.report" if isinstance(then, Fraction) else "gain.report-as"
            return say(way, to=self.speaker.scalar(then, steps.metric))
        if not isinstance(now, Fraction) or not isinstance(then, Fraction):
            return say("gain.becomes", to=self.speaker.scalar(then, steps.metric))
        if steps.denominator is not None:
            return self._ratio(steps, now, then)
        places = {
            "from": self.speaker.number(now),
            "to": self.speaker.scalar(then, steps.metric),
        }
        return say("gain.up" if then > now else "gain.down", **places)

    def _ratio(self, steps: Steps, now: Fraction, then: Fraction) -> str:
        """Say how many more or fewer above the line, the denominator kept."""
        of = steps.metric.ratio[0].of(self.speaker.lang) if steps.metric.ratio else ""
        below = self.speaker.exact(steps.denominator or Fraction(0))
        places = {
            "change": self.speaker.exact(abs(then - now)),
            "of": of,
            "to": self.speaker.exact(then),
        }
        return self.speaker.say(
            "gain.more" if then > now else "gain.fewer", **places, denominator=below
        )


_WAYS = {
    Reason.GATE_CLOSED: "win-back.gate",
    Reason.GATE_UNKNOWN: "win-back.gate-unknown",
    Reason.POINTS_AWAITED: "win-back.points",
}
"""The reasons that have a way back of their own."""
