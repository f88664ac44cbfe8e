"""The arithmetic of rules and of the index, as lines that a person can redo."""

from collections import ChainMap
from collections.abc import Callable
from fractions import Fraction

from cchc_rules.base import number
from cchc_rules.base.messages import number as say_number
from cchc_rules.base.number import plain, shown
from cchc_rules.base.state import COMPUTED, Absent, Effect, Reason, State
from cchc_rules.report.result_text import ResultText
from cchc_rules.rules import dependencies, formula
from cchc_rules.rules.model import Rule
from cchc_rules.scoring.thresholds import named, number_of, threshold_value
from cchc_rules.scoring.value_functions import opened
from cchc_rules.submissions.submission import Given


class Arithmetic:
    """Writes the sums of one scoring, in the language of its speaker."""

    def __init__(self, speaker: ResultText) -> None:
        self.speaker = speaker
        self.scoring = speaker.scoring

    # Rules

    def calculation(self, at: int) -> str:
        """Return the arithmetic of a rule as one line that a person can redo."""
        result = self.scoring.results[at]
        if result.state not in COMPUTED:
            return self._absent_line(at)
        if result.reason is Reason.INFORMATION:
            return self.speaker.say("calculation.information")
        if result.reason is Reason.GATE_CLOSED:
            return self._outcome(
                at, self.speaker.say("calculation.gate", why=self.speaker.why(at))
            )
        steps = [self._derivation(name) for name in self._derived(at)]
        return "; ".join([*steps, self._outcome(at, self._arithmetic(at))])

    def _outcome(self, at: int, arithmetic: str) -> str:
        """Close an arithmetic line: `… = 1,8077 → 1,81; mất 0,19`."""
        result = self.scoring.results[at]
        lost = self.scoring.lost(at)
        exact = Fraction(result.n, result.d * self.scoring.compiled.unit)
        earned = self.speaker.points(result.earned)
        middle = say_number(self.speaker.lang, self._unrounded(exact, result.earned))
        if result.reason in _JUDGED:
            line = f"{arithmetic} → {earned}"
        else:
            same = exact == Fraction(result.earned, self.scoring.compiled.unit)
            line = (
                f"{arithmetic} = {earned}"
                if same
                else f"{arithmetic} = {middle} → {earned}"
            )
        return (
            f"{line}; {self.speaker.say('calculation.lost', points=self.speaker.points(lost))}"
            if lost
            else line
        )

    def _unrounded(self, exact: Fraction, ticks: int) -> str:
        """Return unrounded points with as many places as it takes to round them to what was earned,
        at least four.
        """
        if number.places(exact) is not None:
            return shown(exact)
        for places in range(number.SHOWN_PLACES, number.EXACT_PLACES):
            text = number.round_half_up(exact, places)
            if (
                number.half_up(
                    text.numerator * self.scoring.compiled.unit, text.denominator
                )
                == ticks
            ):
                return plain(text)
        return str(exact)

    def _absent_line(self, at: int) -> str:
        result = self.scoring.results[at]
        compiled = self.scoring.compiled
        if isinstance(result.detail, Given):
            return self.speaker.say(
                "calculation.by-hand", points=self.speaker.points(result.earned)
            )
        effect = Effect.LOST
        if result.excluded:
            effect = Effect.EXCLUDE if result.rescales else Effect.SHOW
        elif result.earned:
            effect = Effect.FULL
        return self.speaker.say(
            f"calculation.{_EFFECTS[effect]}",
            weight=self.speaker.points(compiled.worths[at].weight),
        )

    def _arithmetic(self, at: int) -> str:
        rule = self.scoring.rule(at)
        result = self.scoring.results[at]
        makers: dict[Reason, Callable[[int, Rule], str]] = {
            Reason.BELOW_TARGET: self._share,
            Reason.UNITS_OFF: self._units,
            Reason.TIER: self._tier,
            Reason.FORMULA: self._formula,
            Reason.MANUAL: lambda at, _: self.speaker.say("calculation.given"),
        }
        maker = makers.get(result.reason, self._comparison)
        return maker(at, rule)

    def _comparison(self, at: int, rule: Rule) -> str:
        """`47/52 = 90,3846 %, cần tối thiểu 100 %: đạt` for shapes that give all or nothing."""
        met = self.scoring.results[at].state is State.MET
        word = (
            "met"
            if met
            else "below-floor"
            if self.scoring.results[at].reason is Reason.BELOW_FLOOR
            else "not-met"
        )
        floor = (
            self.speaker.number(rule.deduction.floor)
            if rule.deduction.floor is not None
            else ""
        )
        reported = self.speaker.said(at)
        required = self.speaker.asked(at)
        return self.speaker.say(
            f"calculation.{word}", reported=reported, required=required, floor=floor
        )

    def _share(self, at: int, rule: Rule) -> str:
        name = rule.metric or ""
        weight = self.speaker.exact(rule.weight)
        target = number_of(threshold_value(self.scoring, at))
        start = rule.deduction.from_ or Fraction(0)
        ratio = self.speaker.as_ratio(name)
        value = self.speaker.operand(name)
        goal = self.speaker.exact(target)
        begin = self.speaker.exact(start)
        if start:
            line = f"{weight} × ({value} − {begin}) / ({goal} − {begin})"
        elif ratio.endswith(_HUNDRED) and target == 100:
            line = f"{weight} × {ratio.removesuffix(_HUNDRED)}"
        else:
            line = f"{weight} × {f'({ratio})' if ratio else value} / {goal}"
        figure = Fraction(*self.scoring.figure(name))
        return self._held(rule, line, rule.weight * (figure - start) / (target - start))

    def _held(self, rule: Rule, line: str, points: Fraction) -> str:
        """Say that points are held between the fewest and the most, where the arithmetic alone goes
        beyond.
        """
        if points < rule.lowest:
            return self.speaker.say(
                "calculation.at-least",
                line=line,
                lowest=self.speaker.exact(rule.lowest),
            )
        if points <= rule.weight:
            return line
        return self.speaker.say(
            "calculation.at-most", line=line, most=self.speaker.exact(rule.weight)
        )

    def _units(self, at: int, rule: Rule) -> str:
        units = Fraction(*self.scoring.results[at].detail)
        loss = dependencies.unit_loss(rule)
        line = f"{self.speaker.exact(rule.weight)} − {self.speaker.exact(loss)} × {self.speaker.exact(units)}"
        line = self._held(rule, line, rule.weight - loss * units)
        if rule.deduction.exempt is None:
            return line
        count = self.speaker.operand(rule.deduction.exempt)
        own = self.speaker.operand(rule.metric or "")
        target = self.speaker.exact(number_of(threshold_value(self.scoring, at)))
        return f"{line} ({self.speaker.say('calculation.exempt', count=count, of=own, threshold=target)})"

    def _tier(self, at: int, rule: Rule) -> str:
        tier = rule.deduction.tiers[self.scoring.results[at].detail]
        condition = self.speaker.condition(rule, tier)
        if tier.value.formula is not None:
            worth = self._points(at, rule, tier.value.formula)
        elif tier.value.percent is not None:
            worth = f"{self.speaker.exact(rule.weight)} × {self.speaker.exact(tier.value.percent)} %"
        else:
            worth = self.speaker.exact(tier.value.points or Fraction(0))
        return self.speaker.say(
            "calculation.tier",
            reported=self.speaker.said(at),
            condition=condition,
            worth=worth,
        )

    def _formula(self, at: int, rule: Rule) -> str:
        return self._points(at, rule, rule.deduction.formula or "")

    def _points(self, at: int, rule: Rule, text: str) -> str:
        """Return a formula of points with its figures, and where the points were held."""
        rules = self.scoring.rules
        threshold = threshold_value(self.scoring, at)
        parsed = formula.parse(
            text,
            ChainMap(dependencies.own_names(rules, rule), rules.metric_types),
            rules.calendar,
        )
        metric = rules.metrics[rule.metric or ""]
        own: dict[str, formula.Value | Absent] = {
            "weight": rule.weight,
            "value": opened(self.scoring.figure(metric.id), metric),
        }
        if isinstance(threshold, Fraction):
            own["threshold"] = opened(
                (threshold.numerator, threshold.denominator), metric
            )
        points = parsed.evaluate(named(self.scoring, parsed) | own)
        spelled = self.speaker.spelled(text, self._rule_names(at, rule))
        return self._held(rule, spelled, points)  # type: ignore[arg-type]

    def _rule_names(self, at: int, rule: Rule) -> dict[str, str]:
        names = {
            "weight": self.speaker.exact(rule.weight),
            "value": self.speaker.operand(rule.metric or ""),
        }
        threshold = threshold_value(self.scoring, at)
        if isinstance(threshold, Fraction):
            names["threshold"] = self.speaker.exact(threshold)
        return names

    # Derived metrics

    def _derived(self, at: int) -> list[str]:
        """Return the derived metrics that a rule reads, those that others need first."""
        rules = self.scoring.rules
        names = dependencies.rule_metrics(rules, self.scoring.rule(at))
        ordered = [
            self.scoring.compiled.metrics[position]
            for position, _ in self.scoring.compiled.derived
        ]
        return [name for name in ordered if name in names]

    def _trace(self, name: str) -> tuple[formula.Value | Absent, list[str]]:
        metric = self.scoring.rules.metrics[name]
        parsed = formula.parse(
            metric.formula or "",
            self.scoring.rules.metric_types,
            self.scoring.rules.calendar,
        )
        return parsed.trace(named(self.scoring, parsed))

    def _derivation(self, name: str) -> str:
        metric = self.scoring.rules.metrics[name]
        title = metric.title.of(self.speaker.lang)
        spelled = self.speaker.spelled(metric.formula or "", {})
        return f"{title}: {spelled} = {self.speaker.figure(name)}"

    def fallbacks(self, at: int) -> str:
        """Say that a formula had to fall back on another figure."""
        used = [source for name in self._derived(at) for source in self._trace(name)[1]]
        return "".join(
            " "
            + self.speaker.say(
                "reason.fallback", source=self.speaker.spelled(source, {})
            )
            for source in used
        )

    # The index

    def index_line(self) -> str:
        """Return the arithmetic of the index as one line."""
        scoring = self.scoring
        sums = self.scoring.index
        left = sums.base.maximum - sums.base.rescaled
        scale = self.speaker.exact(scoring.rules.index.scale)
        base = self.speaker.points(sums.rounded_base)
        line = self.speaker.say("calculation.nothing-left")
        if left:
            line = f"{self.speaker.points(sums.base.earned)} × {scale} / {self.speaker.points(left)} = "
            whole = sums.exact_base == Fraction(
                sums.rounded_base, scoring.compiled.unit
            )
            unrounded = say_number(
                self.speaker.lang, self._unrounded(sums.exact_base, sums.rounded_base)
            )
            line += base if whole else f"{unrounded} → {base}"
        for sign, ticks, word in (
            ("+", sums.bonus, "bonus"),
            ("−", sums.penalty, "penalty"),
        ):
            if ticks:
                line += f"; {sign} {self.speaker.points(ticks)} ({self.speaker.say(f'word.{word}')})"
        if sums.held:
            line = self.speaker.say("calculation.at-most", line=line, most=scale)
        return (
            line
            if not (sums.bonus or sums.penalty or sums.held)
            else f"{line} = {self.speaker.points(sums.value)}"
        )


_JUDGED = frozenset(
    {
        Reason.TARGET_MET,
        Reason.TARGET_MISSED,
        Reason.BELOW_FLOOR,
        Reason.GATE_CLOSED,
        Reason.MANUAL,
    }
)
"""Reasons whose arithmetic is a judgement, not a sum."""

_EFFECTS = {
    Effect.LOST: "absent-lost",
    Effect.FULL: "full",
    Effect.EXCLUDE: "exclude",
    Effect.SHOW: "show",
}
_HUNDRED = " × 100"
