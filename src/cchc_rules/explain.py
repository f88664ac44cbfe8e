"""The words of a result: what was asked, what was reported, the arithmetic, why; built only when read."""

import re
from collections import ChainMap
from collections.abc import Callable
from datetime import date
from fractions import Fraction
from typing import TypeAlias

from cchc_rules import formula, number, reads
from cchc_rules.interval import Interval
from cchc_rules.model import FormulaRef, Metric, MetricRef, Rule, Scalar, Threshold, Tier
from cchc_rules.number import plain, shown
from cchc_rules.outcome import Outcome
from cchc_rules.plan import as_number, closed, opened
from cchc_rules.state import COMPUTED, Absent, Effect, Reason, State
from cchc_rules.submission import Entry, Given
from cchc_rules.words import date as say_day
from cchc_rules.words import message
from cchc_rules.words import number as say_number

_COMPARATORS = {
    ">=": "at-least",
    ">": "above",
    "<=": "at-most",
    "<": "below",
    "==": "equal",
    "!=": "not-equal",
    "on_or_before": "on-or-before",
    "before": "before",
    "on_or_after": "on-or-after",
    "after": "after",
    "better": "better",
    "is": "is",
}


class Speaker:
    """Says what a scoring came to, in one language."""

    def __init__(self, outcome: Outcome, lang: str) -> None:
        self.outcome = outcome
        self.lang = lang

    # Figures

    def say(self, id_: str, **places: str) -> str:
        """Return a message of the catalogue."""
        return message(self.lang, id_, **places)

    def number(self, value: Fraction) -> str:
        """Return a figure for display in the language, at most four places when its decimal does not end."""
        return say_number(self.lang, shown(value))

    def points(self, ticks: int) -> str:
        """Return points with all their places, in the language."""
        return say_number(self.lang, self.outcome.points(ticks))

    def scalar(self, value: Scalar, metric: Metric) -> str:
        """Return a literal of a rule file as people read it, with its unit."""
        if isinstance(value, bool):
            return self.say("word.yes" if value else "word.no")
        if isinstance(value, date):
            return say_day(self.lang, value)
        if isinstance(value, str):
            return next((level.of(self.lang) for level in metric.levels if level.vi == value), value)
        return self.with_unit(self.number(value), metric)

    def with_unit(self, text: str, metric: Metric) -> str:
        """Return a figure with its unit."""
        return f"{text} {metric.unit.of(self.lang)}" if metric.unit else text

    def bare(self, name: str) -> str:
        """Return a metric's figure without unit, as it stands in an arithmetic line."""
        metric = self.outcome.rules.metrics[name]
        figure = self.outcome.figure(name)
        if isinstance(figure, Absent):
            return self.say(f"state.{figure.state}")
        value = opened(figure, metric)
        return self.number(value) if isinstance(value, Fraction) else self.scalar(value, metric)  # type: ignore[arg-type]

    def exact(self, value: Fraction) -> str:
        """Return a number for an arithmetic line, all its digits: `0,25`, or `(4/3)` where no decimal ends."""
        text = say_number(self.lang, plain(value))
        return f"({text})" if "/" in text else text

    def operand(self, name: str) -> str:
        """Return a metric's figure for an arithmetic line: all its digits, or the ratio it was given as."""
        figure, ratio = self.outcome.figure(name), self.as_ratio(name)
        if isinstance(figure, Absent) or not self.outcome.rules.metrics[name].numeric:
            return self.bare(name)
        ends = number.places(Fraction(*figure)) is not None
        return f"({ratio})" if ratio and not ends else self.exact(Fraction(*figure))

    def as_ratio(self, name: str) -> str:
        """Return `47/52` (`47/52 × 100` for a percent) where the figure was given so and not rounded, else nothing."""
        entry, metric = self.outcome.entry(name), self.outcome.rules.metrics[name]
        if entry is None or entry.denominator is None or metric.round is not None:
            return ""
        return f"{self.ratio(entry)} × 100" if metric.type == "percent" else self.ratio(entry)

    def figure(self, name: str) -> str:
        """Return a metric's figure as reported: `90,3846 % (47/52)`."""
        metric = self.outcome.rules.metrics[name]
        figure = self.outcome.figure(name)
        entry = self.outcome.entry(name)
        if isinstance(figure, Absent):
            return self.absence(figure)
        text = self.bare(name)
        text = self.with_unit(text, metric) if metric.numeric else text
        if entry and entry.denominator is not None:
            return f"{text} ({self.ratio(entry)})"
        return text

    def ratio(self, entry: Entry) -> str:
        """Return numerator and denominator as they were submitted: `47/52`."""
        above, below = (plain(number.fraction(part)) for part in (entry.numerator, entry.denominator))
        return f"{say_number(self.lang, above)}/{say_number(self.lang, below)}"

    def absence(self, absent: Absent) -> str:
        """Say why a figure is not there."""
        words = absent.text
        if absent.reason is Reason.WAIVER_ENDED:
            words = say_day(self.lang, date.fromisoformat(words))
        return self.say(f"absent.{absent.reason}", why=words)

    # What was asked

    def required(self, at: int) -> str:
        """Say what a rule asks for."""
        rule = self.outcome.rule(at)
        if rule.comparator is not None and rule.threshold is not None:
            return self.target(rule, rule.comparator, rule.threshold)
        if rule.deduction.kind == "tiers":
            return self.best_tier(rule)
        return self.say("required.points", points=self.points(self.outcome.plan.worths[at].weight))

    def target(self, rule: Rule, comparator: str, threshold: Threshold) -> str:
        """Say a comparator and its threshold: `tối thiểu 100 %`."""
        metric = self.outcome.rules.metrics[rule.metric or ""]
        if isinstance(threshold, Interval):
            return self.interval(threshold, metric)
        if isinstance(threshold, tuple):
            return self.say("required.one-of", list=", ".join(self.scalar(item, metric) for item in threshold))
        return self.say(f"required.{_COMPARATORS[comparator]}", threshold=self._threshold(threshold, metric))

    def _threshold(self, threshold: Scalar | MetricRef | FormulaRef, metric: Metric) -> str:
        """Say a threshold; one read from a metric or formula as what it came to, with where it came from."""
        if not isinstance(threshold, MetricRef | FormulaRef):
            return self.scalar(threshold, metric)
        value = resolved(self.outcome, threshold, metric)
        text = self.absence(value) if isinstance(value, Absent) else self.scalar(_as_scalar(value, metric), metric)
        if isinstance(threshold, MetricRef):
            title = self.outcome.rules.metrics[threshold.metric].title.of(self.lang)
            if isinstance(value, Absent):
                return self.say("required.of-absent", title=title, why=text)
            return f"{text} ({title})"
        return f"{text} ({self._spelled(threshold.formula, {})})"

    def interval(self, interval: Interval, metric: Metric | None) -> str:
        """Say an interval: `từ 90 % đến dưới 100 %`."""
        edges = []
        for edge, is_open, closed_id, open_id in (
            (interval.low, interval.low_open, "at-least", "above"),
            (interval.high, interval.high_open, "at-most", "below"),
        ):
            if edge is not None:
                words = self.scalar(edge, metric) if metric else self.number(edge)
                edges.append(self.say(f"required.{open_id if is_open else closed_id}", threshold=words))
        if interval.low is not None and interval.low == interval.high and metric:
            return self.say("required.equal", threshold=self.scalar(interval.low, metric))
        return self.say("word.and").join(edges)

    def best_tier(self, rule: Rule) -> str:
        """Say the condition of the tier that is worth most."""
        fixed = [(points, tier) for tier in rule.deduction.tiers if (points := reads.constant(rule, tier)) is not None]
        if not fixed:
            return self.say("required.points", points=self.points(int(rule.weight * self.outcome.plan.unit)))
        tier = max(fixed, key=lambda item: item[0])[1]
        return self.condition(rule, tier)

    def condition(self, rule: Rule, tier: Tier) -> str:
        """Say the condition of a tier."""
        metric = self.outcome.rules.metrics[rule.metric or ""]
        if tier.values is not None:
            return ", ".join(self.scalar(value, metric) for value in tier.values)
        if tier.interval is None:
            return self.say("required.otherwise")
        if rule.deduction.of:
            return self.say("required.days-late", days=self.interval(tier.interval, None))
        return self.interval(tier.interval, metric)

    # What was reported

    def reported(self, at: int) -> str:
        """Say what a rule's metric came to."""
        rule, result = self.outcome.rule(at), self.outcome.results[at]
        if rule.metric is not None:
            return self.figure(rule.metric)
        if isinstance(result.detail, Given):
            return self.say("reported.points", points=self.number(Fraction(*result.detail.points)))
        return (
            self.absence(result.detail)
            if isinstance(result.detail, Absent)
            else self.say("absent.points_awaited", why="")
        )

    def _said(self, at: int) -> str:
        """Say what was reported, as part of a sentence: `báo cáo 4 đợt`, or why there is nothing."""
        name = self.outcome.rule(at).metric
        if name is None or isinstance(self.outcome.figure(name), Absent):
            return self.reported(at)
        return self.say("reported.figure", figure=self.reported(at))

    # Why

    def reason(self, at: int) -> str:
        """Say why a rule is in its state."""
        result = self.outcome.results[at]
        places = {"required": self.required(at), "reported": self._said(at), "why": self._why(at)}
        return self.say(f"reason.{result.reason}", **places) + self._fallback(at)

    def _why(self, at: int) -> str:
        result, rule = self.outcome.results[at], self.outcome.rule(at)
        detail = result.detail
        if isinstance(detail, Given):
            return detail.reason
        if result.reason in (Reason.GATE_CLOSED, Reason.GATE_UNKNOWN):
            return self.outcome.rule(detail).title.of(self.lang)
        if result.reason is Reason.NOT_DUE and rule.due:
            return say_day(self.lang, rule.due)
        if result.reason is Reason.WAIVED and rule.metric:
            return self._waiver(at)
        if isinstance(detail, Absent):
            is_date = result.reason is Reason.WAIVER_ENDED
            return say_day(self.lang, date.fromisoformat(detail.text)) if is_date else detail.text
        if result.reason is Reason.TIER:
            return self.condition(rule, rule.deduction.tiers[detail])
        return ""

    def _waiver(self, at: int) -> str:
        """Say who waived a figure, why and until when."""
        entries = (self.outcome.entry(name) for name in self.outcome.plan.reads[self.outcome.plan.names[at]])
        waiver = next(entry.waived for entry in entries if entry and entry.waived)
        return self.say("absent.waived-by", by=waiver.by, why=waiver.why, until=say_day(self.lang, waiver.until))

    def _fallback(self, at: int) -> str:
        """Say that a formula had to fall back on another figure."""
        used = [source for name in self._derived(at) for source in self._trace(name)[1]]
        return "".join(" " + self.say("reason.fallback", source=self._spelled(source, {})) for source in used)

    # The arithmetic

    def calculation(self, at: int) -> str:
        """Return the arithmetic of a rule as one line that a person can redo."""
        result = self.outcome.results[at]
        if result.state not in COMPUTED:
            return self._absent_line(at)
        if result.reason is Reason.INFORMATION:
            return self.say("calculation.information")
        if result.reason is Reason.GATE_CLOSED:
            return self._outcome(at, self.say("calculation.gate", why=self._why(at)))
        steps = [self._derivation(name) for name in self._derived(at)]
        return "; ".join([*steps, self._outcome(at, self._arithmetic(at))])

    def _outcome(self, at: int, arithmetic: str) -> str:
        """Close an arithmetic line: `… = 1,8077 → 1,81; mất 0,19`."""
        result, lost = self.outcome.results[at], self.outcome.lost(at)
        exact, earned = Fraction(result.n, result.d * self.outcome.plan.unit), self.points(result.earned)
        middle = say_number(self.lang, self._unrounded(exact, result.earned))
        if result.reason in _JUDGED:
            line = f"{arithmetic} → {earned}"
        else:
            same = exact == Fraction(result.earned, self.outcome.plan.unit)
            line = f"{arithmetic} = {earned}" if same else f"{arithmetic} = {middle} → {earned}"
        return f"{line}; {self.say('calculation.lost', points=self.points(lost))}" if lost else line

    def _unrounded(self, exact: Fraction, ticks: int) -> str:
        """Return unrounded points with as many places as it takes to round them to what was earned, at least four."""
        if number.places(exact) is not None:
            return shown(exact)
        for places in range(number.SHOWN_PLACES, number.EXACT_PLACES):
            text = number.round_half_up(exact, places)
            if number.half_up(text.numerator * self.outcome.plan.unit, text.denominator) == ticks:
                return plain(text)
        return str(exact)

    def _absent_line(self, at: int) -> str:
        result, plan = self.outcome.results[at], self.outcome.plan
        if isinstance(result.detail, Given):
            return self.say("calculation.by-hand", points=self.points(result.earned))
        effect = Effect.LOST
        if result.excluded:
            effect = Effect.EXCLUDE if result.rescales else Effect.SHOW
        elif result.earned:
            effect = Effect.FULL
        return self.say(f"calculation.{_EFFECTS[effect]}", weight=self.points(plan.worths[at].weight))

    def _arithmetic(self, at: int) -> str:
        rule, result = self.outcome.rule(at), self.outcome.results[at]
        makers: dict[Reason, Callable[[int, Rule], str]] = {
            Reason.BELOW_TARGET: self._share,
            Reason.UNITS_OFF: self._units,
            Reason.TIER: self._tier,
            Reason.FORMULA: self._formula,
            Reason.MANUAL: lambda at, _: self.say("calculation.given"),
        }
        maker = makers.get(result.reason, self._comparison)
        return maker(at, rule)

    def _comparison(self, at: int, rule: Rule) -> str:
        """`47/52 = 90,3846 %, cần tối thiểu 100 %: đạt` for shapes that give all or nothing."""
        met = self.outcome.results[at].state is State.MET
        word = "met" if met else "below-floor" if self.outcome.results[at].reason is Reason.BELOW_FLOOR else "not-met"
        floor = self.number(rule.deduction.floor) if rule.deduction.floor is not None else ""
        reported, required = self._said(at), self.required(at)
        return self.say(f"calculation.{word}", reported=reported, required=required, floor=floor)

    def _share(self, at: int, rule: Rule) -> str:
        name, weight = rule.metric or "", self.exact(rule.weight)
        target, start = _number_of(threshold_value(self.outcome, at)), rule.deduction.from_ or Fraction(0)
        ratio, value = self.as_ratio(name), self.operand(name)
        if start:
            line = f"{weight} × ({value} − {self.exact(start)}) / ({self.exact(target)} − {self.exact(start)})"
        elif ratio.endswith(_HUNDRED) and target == 100:
            line = f"{weight} × {ratio.removesuffix(_HUNDRED)}"
        else:
            line = f"{weight} × {f'({ratio})' if ratio else value} / {self.exact(target)}"
        figure = Fraction(*self.outcome.figure(name))
        return self._held(rule, line, rule.weight * (figure - start) / (target - start))

    def _held(self, rule: Rule, line: str, points: Fraction) -> str:
        """Say that points are held between the fewest and the most, where the arithmetic alone goes beyond."""
        if points < rule.lowest:
            return self.say("calculation.at-least", line=line, lowest=self.exact(rule.lowest))
        return (
            self.say("calculation.at-most", line=line, most=self.exact(rule.weight)) if points > rule.weight else line
        )

    def _units(self, at: int, rule: Rule) -> str:
        units, loss = Fraction(*self.outcome.results[at].detail), reads.unit_loss(rule)
        line = f"{self.exact(rule.weight)} − {self.exact(loss)} × {self.exact(units)}"
        line = self._held(rule, line, rule.weight - loss * units)
        if rule.deduction.exempt is None:
            return line
        count, own = self.operand(rule.deduction.exempt), self.operand(rule.metric or "")
        target = self.exact(_number_of(threshold_value(self.outcome, at)))
        return f"{line} ({self.say('calculation.exempt', count=count, of=own, threshold=target)})"

    def _tier(self, at: int, rule: Rule) -> str:
        tier = rule.deduction.tiers[self.outcome.results[at].detail]
        condition = self.condition(rule, tier)
        if tier.value.formula is not None:
            worth = self._points(at, rule, tier.value.formula)
        elif tier.value.percent is not None:
            worth = f"{self.exact(rule.weight)} × {self.exact(tier.value.percent)} %"
        else:
            worth = self.exact(tier.value.points or Fraction(0))
        return self.say("calculation.tier", reported=self._said(at), condition=condition, worth=worth)

    def _formula(self, at: int, rule: Rule) -> str:
        return self._points(at, rule, rule.deduction.formula or "")

    def _points(self, at: int, rule: Rule, text: str) -> str:
        """Return a formula of points with its figures, and where the points were held."""
        rules, threshold = self.outcome.rules, threshold_value(self.outcome, at)
        parsed = formula.parse(text, ChainMap(reads.own_names(rules, rule), rules.metric_types), rules.calendar)
        metric = rules.metrics[rule.metric or ""]
        own: dict[str, formula.Value | Absent] = {
            "weight": rule.weight,
            "value": opened(self.outcome.figure(metric.id), metric),
        }
        if isinstance(threshold, Fraction):
            own["threshold"] = opened((threshold.numerator, threshold.denominator), metric)
        points = parsed.evaluate(named(self.outcome, parsed) | own)
        return self._held(rule, self._spelled(text, self._rule_names(at, rule)), points)  # type: ignore[arg-type]

    def _rule_names(self, at: int, rule: Rule) -> dict[str, str]:
        names = {"weight": self.exact(rule.weight), "value": self.operand(rule.metric or "")}
        threshold = threshold_value(self.outcome, at)
        if isinstance(threshold, Fraction):
            names["threshold"] = self.exact(threshold)
        return names

    # Derived metrics

    def _derived(self, at: int) -> list[str]:
        """Return the derived metrics that a rule reads, those that others need first."""
        rules = self.outcome.rules
        names = reads.rule_metrics(rules, self.outcome.rule(at))
        ordered = [self.outcome.plan.metrics[position] for position, _ in self.outcome.plan.derived]
        return [name for name in ordered if name in names]

    def _trace(self, name: str) -> tuple[formula.Value | Absent, list[str]]:
        metric = self.outcome.rules.metrics[name]
        parsed = formula.parse(metric.formula or "", self.outcome.rules.metric_types, self.outcome.rules.calendar)
        return parsed.trace(named(self.outcome, parsed))

    def _derivation(self, name: str) -> str:
        metric = self.outcome.rules.metrics[name]
        return f"{metric.title.of(self.lang)}: {self._spelled(metric.formula or '', {})} = {self.figure(name)}"

    def _spelled(self, text: str, own: dict[str, str]) -> str:
        """Return a formula with its names replaced by their figures."""

        def figure(match: re.Match[str]) -> str:
            name = match[0]
            if name in own:
                return own[name]
            return self.operand(name) if name in self.outcome.rules.metrics else name

        spelled = _NUMBER.sub(lambda match: say_number(self.lang, match[0]), text)
        return _NAME.sub(figure, spelled).replace("*", "×").replace(" - ", " − ")

    # What would win it back

    def win_back(self, at: int) -> str | None:
        """Say what would win the lost points back; None where nothing is lost."""
        result, lost = self.outcome.results[at], self.outcome.lost(at)
        if lost <= 0 or (result.state not in COMPUTED and result.state is not State.MISSING):
            return None
        if result.state in COMPUTED and self._past(at):
            return self.say("win-back.past", required=self.required(at))
        rule = self.outcome.rule(at)
        usual = "win-back.is" if rule.comparator == "is" and rule.deduction.kind != "tiers" else "win-back.reach"
        way = _WAYS.get(result.reason, "win-back.report" if result.state is State.MISSING else usual)
        return self.say(way, why=self._why(at), required=self._wanted(at), points=self.points(lost))

    def _wanted(self, at: int) -> str:
        """Say what gives all points: the best tier, which may ask for more than the target."""
        rule = self.outcome.rule(at)
        return self.best_tier(rule) if rule.deduction.kind == "tiers" else self.required(at)

    def _past(self, at: int) -> bool:
        """Whether the rule asked for a date that has gone by."""
        rule, threshold = self.outcome.rule(at), threshold_value(self.outcome, at)
        gone = rule.comparator in ("on_or_before", "before") and isinstance(threshold, Fraction)
        return gone and self.outcome.as_of.toordinal() > _number_of(threshold)

    # The index

    def index_line(self) -> str:
        """Return the arithmetic of the index as one line."""
        outcome, sums = self.outcome, self.outcome.index
        left = sums.base.maximum - sums.base.rescaled
        scale, base = self.exact(outcome.rules.index.scale), self.points(sums.rounded_base)
        line = self.say("calculation.nothing-left")
        if left:
            line = f"{self.points(sums.base.earned)} × {scale} / {self.points(left)} = "
            whole = sums.exact_base == Fraction(sums.rounded_base, outcome.plan.unit)
            unrounded = say_number(self.lang, self._unrounded(sums.exact_base, sums.rounded_base))
            line += base if whole else f"{unrounded} → {base}"
        for sign, ticks, word in (("+", sums.bonus, "bonus"), ("−", sums.penalty, "penalty")):
            if ticks:
                line += f"; {sign} {self.points(ticks)} ({self.say(f'word.{word}')})"
        if sums.held:
            line = self.say("calculation.at-most", line=line, most=scale)
        return line if not (sums.bonus or sums.penalty or sums.held) else f"{line} = {self.points(sums.value)}"


_JUDGED = frozenset({Reason.TARGET_MET, Reason.TARGET_MISSED, Reason.BELOW_FLOOR, Reason.GATE_CLOSED, Reason.MANUAL})
"""Reasons whose arithmetic is a judgement, not a sum."""

_EFFECTS = {Effect.LOST: "absent-lost", Effect.FULL: "full", Effect.EXCLUDE: "exclude", Effect.SHOW: "show"}
_WAYS = {
    Reason.GATE_CLOSED: "win-back.gate",
    Reason.GATE_UNKNOWN: "win-back.gate-unknown",
    Reason.POINTS_AWAITED: "win-back.points",
}
"""The reasons that have a way back of their own."""

_HUNDRED = " × 100"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NUMBER = re.compile(r"(?<![A-Za-z0-9_.])\d+\.\d+")

Known: TypeAlias = "Fraction | Absent | None"


def threshold_value(outcome: Outcome, at: int) -> Known:
    """Return what a rule's threshold came to, as a number; None where it is no single figure."""
    rule = outcome.rule(at)
    if rule.metric is None or rule.threshold is None or isinstance(rule.threshold, Interval | tuple):
        return None
    return resolved(outcome, rule.threshold, outcome.rules.metrics[rule.metric])


def resolved(outcome: Outcome, threshold: Scalar | MetricRef | FormulaRef, metric: Metric) -> Fraction | Absent:
    """Return what a threshold came to, as a number (a date as its day number)."""
    if isinstance(threshold, MetricRef):
        figure = outcome.figures[outcome.plan.positions[threshold.metric]]
    elif isinstance(threshold, FormulaRef):
        parsed = formula.parse(threshold.formula, outcome.rules.metric_types, outcome.rules.calendar)
        figure = closed(parsed.evaluate(named(outcome, parsed)))
    else:
        return as_number(threshold, metric)
    return figure if isinstance(figure, Absent) else Fraction(*figure)


def named(outcome: Outcome, parsed: formula.Formula) -> dict[str, formula.Value | Absent]:
    """Return the figures that a formula over metrics names."""
    metrics, positions = outcome.rules.metrics, outcome.plan.positions
    return {name: opened(outcome.figures[positions[name]], metrics[name]) for name in parsed.names if name in positions}


def _number_of(value: Known) -> Fraction:
    return value if isinstance(value, Fraction) else Fraction(0)


def _as_scalar(value: Fraction, metric: Metric) -> Scalar:
    if metric.numeric:
        return value
    return opened((value.numerator, value.denominator), metric)  # type: ignore[return-value]
