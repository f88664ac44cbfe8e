"""Why a rule is in its state, and what would win its points back."""

from datetime import date
from fractions import Fraction

from cchc_rules.base.messages import arguments_of
from cchc_rules.base.state import COMPUTED, Reason, State
from cchc_rules.report.arithmetic import Arithmetic
from cchc_rules.scoring.gains import Gain, Gains
from cchc_rules.scoring.rule_figures import number_of
from cchc_rules.scoring.steps import Steps
from cchc_rules.submissions.submission import Given


class Explanation:
    """Explains the rules of one scoring, in the language of its speaker.

    Args:
        arithmetic: Writes the calculations of the scoring that is explained.

    >>> from cchc_rules import load_measurements, load_rules, score
    >>> rules = load_rules("example-access-to-law")
    >>> submission = {"format": 1, "ruleset": rules.id, "unit": "Commune A",
    ...               "period": "2023-07-01/2024-06-30", "measurements": {}}
    >>> report = score(rules, load_measurements(submission, rules))
    >>> report.explanation.reason(0) == report.rules[0].reason_text
    True
    """

    def __init__(self, arithmetic: Arithmetic) -> None:
        self.arithmetic = arithmetic
        self.gains = Gains(arithmetic.scoring)
        self.speaker = arithmetic.speaker
        self.scoring = arithmetic.scoring

    def reason(self, position: int) -> str:
        """Say why a rule is in its state.

        Args:
            position: The position of the rule in the rule file.

        Returns:
            One or more sentences: the cause, the metrics that are missing beside the rule's own,
            and the formulas that fell back on another value.
        """
        result = self.scoring.results[position]
        speaker = self.speaker
        id_ = _REASON_IDS[result.reason]
        # Most reasons say one or two of these.
        said = arguments_of(speaker.lang, id_)
        arguments = {}
        if "required" in said:
            arguments["required"] = speaker.asked(position)
        if "reported" in said:
            arguments["reported"] = self._reported(position)
        if "why" in said:
            arguments["why"] = speaker.why(position)
        sentences = [speaker.say(id_, **arguments)]
        # Points that a person gave in place of an absence have their own reason.
        if isinstance(result.detail, Given) and result.reason is not Reason.MANUAL:
            why = result.detail.reason
            sentences.append(speaker.say("reason.manual", why=why))
        # A rule may wait for a metric that only its threshold or formula reads: it is named.
        other_missing = self.speaker.missing_beside(position)
        if other_missing:
            titles = self.speaker.titles(other_missing)
            sentences.append(self.speaker.say("reason.for-lack-of", titles=titles))
        sentences += self.arithmetic.fallbacks(position)
        *before, last = sentences
        return " ".join([*map(_closed, before), last])

    def _reported(self, position: int) -> str:
        """Say what was reported, and what of it is exempt: a target holds for the rest."""
        said = self.speaker.said(position)
        exempt = self.scoring.rule(position).deduction.axis.exempt
        if exempt is None or self.scoring.results[position].state not in COMPUTED:
            return said
        count = self.speaker.operand(exempt)
        return self.speaker.say("reported.exempt", reported=said, count=count)

    def win_back(self, position: int) -> str | None:
        """Say what would win a rule's lost points back.

        Args:
            position: The position of the rule in the rule file.

        Returns:
            A sentence; None where nothing is lost, or where the state is no matter of figures, as
            when the rule is not applicable.
        """
        scoring = self.scoring
        result = scoring.results[position]
        counted = scoring.counted[position]
        computed = result.state in COMPUTED
        # Not what is shown but the exact loss decides: in a mean it may be less than a tick.
        if counted.exact_lost.numerator <= 0 or not (
            computed or result.state is State.MISSING
        ):
            return None
        if computed and self._past(position):
            # After the date a later day may still earn a part, as tiers of days late do.
            way = "win-back.past-partly"
            if self._hopeless(position):
                way = "win-back.past"
            return self.speaker.say(way, required=self.speaker.required(position))
        # Behind a closed gate no figure of the rule's own helps, but opening the gate does.
        gate_closed = result.reason is Reason.GATE_CLOSED
        if computed and not gate_closed and self._hopeless(position):
            return self.speaker.say("win-back.none", required=self._wanted(position))
        # Whether the loss is shared with others that fill the cap of a penalty pool without it.
        if not counted.most_to_win and position in scoring.compiled.pooled:
            return self.speaker.say("win-back.at-cap")
        way, why = self._way_back(position)
        return self.speaker.say(
            way,
            why=why,
            required=self._wanted(position),
            points=self.speaker.gone(counted.most_to_win, counted.exact_lost),
        )

    def _way_back(self, position: int) -> tuple[str, str]:
        """Return the message that says how to win points back, and its argument `why`."""
        result = self.scoring.results[position]
        if result.reason in _WAYS:
            return _WAYS[result.reason], self.speaker.why(position)
        if result.state is State.MISSING:
            other_missing = self.speaker.missing_beside(position)
            if other_missing:
                return "win-back.report-other", self.speaker.titles(other_missing)
            return "win-back.report", ""
        rule = self.scoring.rule(position)
        if rule.comparator == "is" and not self.speaker.graded(rule):
            return "win-back.is", self.speaker.why(position)
        return "win-back.reach", self.speaker.why(position)

    def _wanted(self, position: int) -> str:
        """Say what gives all points: the best tier, which may ask for more than the target."""
        rule = self.scoring.rule(position)
        if self.speaker.graded(rule):
            return self.speaker.best_tier(rule)
        return self.speaker.required(position)

    def _hopeless(self, position: int) -> bool:
        """Whether no change of a single figure wins anything back."""
        return self.scoring.rule(position).metric is not None and not self.gains.of(
            position
        )

    def _past(self, position: int) -> bool:
        """Whether the rule asked for a date that has gone by."""
        if self.scoring.rule(position).comparator not in ("on_or_before", "before"):
            return False
        # Days are counted, so a threshold that is a date is a number; None where it is unknown.
        threshold = self.scoring.threshold(position)
        if not isinstance(threshold, Fraction):
            return False
        return self.scoring.as_of.toordinal() > number_of(threshold)

    def gain(
        self,
        change: str,
        points: int,
        value: int,
    ) -> str:
        """Say a change and what it gains: `thêm 3 hồ sơ số hóa (51/52): +0,25 điểm, chỉ số +0,25`.

        Args:
            change: The change in words, as `change_named` says it.
            points: What the rule brings its group more, in ticks.
            value: By how much the index that is shown rises, in ticks.
        """
        signed = self._signed(points)
        if not self.scoring.index.scored:
            return self.speaker.say("gain.no-index", change=change, points=signed)
        if not value:
            return self.speaker.say("gain.rule-only", change=change, points=signed)
        return self.speaker.say(
            "gain.both", change=change, points=signed, index=self._signed(value)
        )

    def change_named(self, gain: Gain, position: int) -> str:
        """Say a change of a gain; the metric is named where the rule does not judge it itself."""
        change = self.change(gain.steps, gain.step)
        if gain.metric == self.scoring.rule(position).metric:
            return change
        return f"{gain.steps.metric.title.of(self.speaker.lang)}: {change}"

    def _signed(self, ticks: int) -> str:
        """Return points with their sign: `+0,25`, `−0,25`, `0,00`."""
        points = self.speaker.points(ticks)
        if ticks > 0:
            return f"+{points}"
        return points

    def change(self, steps: Steps, step: int) -> str:
        """Say what becomes of a metric: `thêm 3 hồ sơ số hóa (51/52)`, `từ 4 lên 6 đợt`.

        Args:
            steps: The values that the metric can take, counted from the one that was reported.
            step: How many steps away the new value is; negative for a smaller one.
        """
        if steps.reported and steps.denominator is not None:
            return self._ratio(steps, step)
        say = self.speaker.say
        now = steps.write(0)
        then = steps.write(step)
        new_value = self.speaker.scalar(then, steps.metric)
        if not steps.reported:
            if isinstance(then, Fraction):
                return say("gain.report", to=new_value)
            return say("gain.report-as", to=new_value)
        # A date cannot be more or less of something: it is done again by another day.
        if isinstance(then, date):
            return say("gain.again", to=new_value)
        if not isinstance(now, Fraction) or not isinstance(then, Fraction):
            return say("gain.becomes", to=new_value)
        arguments = {"from": self.speaker.exact(now), "to": new_value}
        if step > 0:
            return say("gain.up", **arguments)
        return say("gain.down", **arguments)

    def _ratio(self, steps: Steps, step: int) -> str:
        """Say how many more or fewer above the line, the denominator kept."""
        counted = ""
        if steps.metric.ratio:
            counted = steps.metric.ratio[0].of(self.speaker.lang)
        if steps.counted is not None:
            whole = self.speaker.whole
            change = whole(abs(step))
            numerator = whole(steps.counted.first + step)
            denominator = whole(steps.counted.over)
        else:
            exact = self.speaker.exact
            change = exact(abs(step) * steps.unit)
            numerator = exact(steps.start + step * steps.unit)
            denominator = exact(steps.denominator or Fraction(0))
        arguments = {
            "change": change,
            "of": counted,
            "to": numerator,
            "denominator": denominator,
        }
        if step > 0:
            return self.speaker.say("gain.more", **arguments)
        return self.speaker.say("gain.fewer", **arguments)


_REASON_IDS = {reason: f"reason.{reason}" for reason in Reason}
"""The message of each reason."""


def _closed(sentence: str) -> str:
    """Return a sentence with a full stop: what a person wrote at its end may have none.

    >>> _closed("Waived: by the district"), _closed("Met.")
    ('Waived: by the district.', 'Met.')
    """
    if sentence.endswith((".", "!", "?", "…")):
        return sentence
    return f"{sentence}."


_WAYS = {
    Reason.GATE_CLOSED: "win-back.gate",
    Reason.GATE_UNKNOWN: "win-back.gate-unknown",
    Reason.POINTS_AWAITED: "win-back.points",
}
"""The reasons that have a way back of their own."""
