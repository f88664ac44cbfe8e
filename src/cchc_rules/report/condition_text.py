"""How the conditions of gates stand, in words and as parts of the report document."""

from fractions import Fraction

from cchc_rules.base import number
from cchc_rules.base.state import State
from cchc_rules.report.heading import Document
from cchc_rules.report.result_text import ResultText
from cchc_rules.scoring.needs import CompiledGate, CompiledNeed, NeedState, Standing

CENT = 100
"""A share is shown in hundredths of a percent."""


class ConditionText:
    """Writes down how conditions stand.

    Args:
        speaker: Says figures and titles of the scoring in one language.
    """

    def __init__(self, speaker: ResultText) -> None:
        self.speaker = speaker
        self.scoring = speaker.scoring

    def gate(self, gate: CompiledGate) -> Document:
        """Return a gate with conditions of its own, and how each of them stands."""
        title = None
        if gate.gate.title is not None:
            title = gate.gate.title.of(self.speaker.lang)
        return {
            "gate": gate.gate.name,
            "title": title,
            "passes": not gate.bars(self.scoring.seen),
            "needs": [self.need(need) for need in gate.needs],
        }

    def need(self, need: CompiledNeed) -> Document:
        """Return a condition, what it asks for, and what was reached."""
        standing = need.standing(self.scoring.seen)
        names = self.scoring.compiled.names
        exact = None
        if standing.reached is not None and self._is_number(need):
            exact = number.ratio(standing.reached)
        lacking = None
        ticks = need.lacking(standing)
        if ticks is not None:
            lacking = self.scoring.points(ticks)
        return {
            "subject": need.need.subject,
            "id": need.need.id,
            "state": str(standing.state),
            "exact": exact,
            "lacking": lacking,
            "rules": [names[position] for position in standing.barring],
            "text": self.text(need, standing),
        }

    def _is_number(self, need: CompiledNeed) -> bool:
        """Whether what was reached is a number, and not a yes, a date or a level."""
        if need.need.subject != "metric":
            return True
        return self.scoring.rules.metrics[need.need.id].numeric

    def text(self, need: CompiledNeed, standing: Standing) -> str:
        """Say what a condition asks for, and what was reached: `at least 60 % … (59.93 %: …)`."""
        return self.speaker.say(
            "need.text",
            required=self.speaker.need(need.need),
            now=self.reached(need, standing),
        )

    def reached(self, need: CompiledNeed, standing: Standing) -> str:
        """Say what was reached of a condition."""
        subject = need.need.subject
        if standing.barring:
            return self._of_rules(need, standing)
        if standing.state is NeedState.MISSING:
            return self.speaker.say("need.now-missing")
        if standing.state is NeedState.NOT_APPLICABLE:
            return self.speaker.say("need.now-not-applicable")
        if subject == "metric":
            reported = self.speaker.figure(need.need.id)
            return self.speaker.say("need.now-reported", reported=reported)
        if subject == "group":
            return self._of_group(need, standing)
        if standing.reached is not None:
            return self._share(standing.reached)
        if standing.state is NeedState.HOLDS:
            return self.speaker.say("need.now-holds")
        return self._of_rule(need.rules[0])

    def _of_group(self, need: CompiledNeed, standing: Standing) -> str:
        arguments = {
            "share": self._percent(standing.reached or Fraction(0)),
            "earned": self.speaker.points(standing.earned),
            "maximum": self.speaker.points(standing.maximum),
        }
        ticks = need.lacking(standing)
        if ticks is None:
            return self.speaker.say("need.now-group", **arguments)
        lacking = self.speaker.points(ticks)
        return self.speaker.say("need.now-lacking", **arguments, lacking=lacking)

    def _of_rules(self, need: CompiledNeed, standing: Standing) -> str:
        """Say which rules of a group bar, and what each has reached."""
        parts = []
        for position in standing.barring:
            rule = self.scoring.rule(position)
            now = self._of_rule(position, share=need.need.is_share)
            title = rule.title.of(self.speaker.lang)
            parts.append(self.speaker.say("need.now-rule", title=title, now=now))
        return ", ".join(parts)

    def _of_rule(self, position: int, *, share: bool = False) -> str:
        result = self.scoring.results[position]
        if result.state is State.MISSING:
            return self.speaker.say("need.now-missing")
        if share:
            weight = self.scoring.compiled.worths[position].weight
            return self._share(Fraction(result.n * CENT, result.d * weight))
        if result.state is State.PARTLY_MET:
            return self.speaker.say("need.now-partly-met")
        return self.speaker.say("need.now-not-met")

    def _share(self, percent: Fraction) -> str:
        return self.speaker.say("need.now-share", share=self._percent(percent))

    def _percent(self, percent: Fraction) -> str:
        """Return a share in percent, cut off and not rounded: 59.999 of 60 must not show as 60."""
        return self.speaker.number(number.floor(percent * CENT) / CENT)
