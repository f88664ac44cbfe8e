"""Figures, targets and absences in words of one language; nothing is judged here."""

from datetime import date
from fractions import Fraction
from typing import NamedTuple

from cchc_rules.base import number
from cchc_rules.base.messages import date as say_day
from cchc_rules.base.messages import number as say_number
from cchc_rules.base.state import COMPUTED, Absent, Reason, State
from cchc_rules.report.fixed_parts import fixed_parts
from cchc_rules.rules import formula
from cchc_rules.rules.metric_values import as_formula_value
from cchc_rules.rules.model import FormulaRef, Metric, MetricRef, Rule
from cchc_rules.rules.rule_text import RuleText
from cchc_rules.rules.value_function import (
    Computed,
    Constant,
    Piece,
    Points,
    Within,
    value_function,
)
from cchc_rules.scoring.rule_figures import as_scalar, number_of
from cchc_rules.scoring.scoring import Scoring
from cchc_rules.submissions.submission import Entry, Given


class _Offer(NamedTuple):
    """The most points that can be had in a tier (None: unknown), and what is required for them."""

    points: Fraction | None
    required: str


class ResultText(RuleText):
    """Says the figures, targets and causes of a scoring, in one language.

    Rules are asked for by their position in the rule file, metrics by their ids.

    Args:
        scoring: The scoring that is spoken of.
        lang: The language of all texts: `"vi"` or `"en"`.

    >>> from cchc_rules import load_measurements, load_rules, score
    >>> rules = load_rules("example-access-to-law")
    >>> submission = {"format": 1, "ruleset": rules.id, "unit": "Commune A",
    ...               "period": "2023-07-01/2024-06-30", "measurements": {}}
    >>> scoring = score(rules, load_measurements(submission, rules)).scoring
    >>> ResultText(scoring, "vi").points(150), ResultText(scoring, "en").points(150)
    ('1,50', '1.50')
    """

    def __init__(self, scoring: Scoring, lang: str) -> None:
        super().__init__(scoring.rules, lang)
        self.scoring = scoring
        self.fixed = fixed_parts(scoring.compiled, lang)
        self.places = scoring.rules.index.places
        # One rule is asked for the same words by its reason, its calculation and its gains.
        self._required: dict[int, str] = {}
        self._figures: dict[str, str] = {}
        self._computed: dict[tuple[MetricRef | FormulaRef, str], str] = {}

    # Figures

    def points(self, ticks: int) -> str:
        """Return points with all places of the index, in the language.

        Args:
            ticks: The points, in ticks of the index.
        """
        return say_number(self.lang, number.fixed(ticks, self.places))

    def padded(self, points: Fraction) -> str:
        """Return points with the places of the index, and with more only where they were given.

        They are a decimal string of the document, in no language.
        """
        ticks = points * self.scoring.compiled.unit
        if ticks.denominator == 1:
            return number.fixed(ticks.numerator, self.places)
        return number.plain(points)

    def whole(self, count: int) -> str:
        """Return a whole number in the language."""
        return say_number(self.lang, str(count))

    def gone(self, ticks: int, exact: Fraction) -> str:
        """Return lost points, or that they are too few for the last place: `dưới 0,01`.

        Args:
            ticks: The points as they are shown, in ticks of the index.
            exact: The points before they were brought to whole ticks, in ticks too.
        """
        if ticks or not exact:
            return self.points(ticks)
        return self.say("word.under", points=self.points(1))

    def bare(self, name: str) -> str:
        """Return a metric's figure without unit, as it stands in an arithmetic line."""
        metric = self.scoring.rules.metrics[name]
        figure = self.scoring.figure(name)
        if isinstance(figure, Absent):
            return self.say(f"state.{figure.state}")
        if metric.numeric:
            return say_number(self.lang, number.shown_pair(*figure))
        value = as_formula_value(figure, metric)
        return self.scalar(value, metric)  # type: ignore[arg-type]

    def operand(self, name: str) -> str:
        """Return a metric's figure for an arithmetic line: all its digits, or the ratio it was
        given as.
        """
        figure = self.scoring.figure(name)
        ratio = self.as_ratio(name)
        if isinstance(figure, Absent) or not self.scoring.rules.metrics[name].numeric:
            return self.bare(name)
        text = number.plain_pair(*figure)
        # A decimal that never ends, as 1/3, cannot be redone from its digits, but from its ratio.
        endless = "/" in text
        if ratio and endless:
            return f"({ratio})"
        if endless:
            return f"({say_number(self.lang, text)})"
        return say_number(self.lang, text)

    def as_ratio(self, name: str) -> str:
        """Return `47/52` (`47/52 × 100` for a percent) where the figure was given so and not
        rounded, else nothing.
        """
        entry = self.scoring.entry(name)
        metric = self.scoring.rules.metrics[name]
        if entry is None or entry.denominator is None or metric.round is not None:
            return ""
        ratio = self.ratio(entry)
        if metric.type == "percent":
            return f"{ratio} × 100"
        return ratio

    def figure(self, name: str) -> str:
        """Return a metric's figure as reported: `90,3846 % (47/52)`."""
        text = self._figures.get(name)
        if text is None:
            text = self._figures[name] = self._figure(name)
        return text

    def _figure(self, name: str) -> str:
        metric = self.scoring.rules.metrics[name]
        figure = self.scoring.figure(name)
        entry = self.scoring.entry(name)
        if isinstance(figure, Absent):
            return self.absence(figure)
        text = self.bare(name)
        if metric.numeric:
            text = self.with_unit(text, metric)
        if entry and entry.denominator is not None:
            return f"{text} ({self.ratio(entry)})"
        if entry and entry.never is not None:
            return self.say("reported.never", never=text, why=entry.never)
        return text

    def ratio(self, entry: Entry) -> str:
        """Return numerator and denominator as they were submitted: `47/52`."""
        above = say_number(self.lang, _written(entry.numerator))
        below = say_number(self.lang, _written(entry.denominator))
        return f"{above}/{below}"

    def absence(self, absent: Absent) -> str:
        """Say why a figure is not there."""
        words = absent.text
        if absent.reason is Reason.WAIVER_ENDED:
            # The text of an ended waiver is the day on which it ended, in ISO form.
            words = say_day(self.lang, date.fromisoformat(words))
        return self.say(f"absent.{absent.reason}", why=words)

    # What was asked

    def required(self, position: int) -> str:
        """Say what a rule asks for."""
        required = self.fixed.required.get(position) or self._required.get(position)
        if required is None:
            required = self._asked(position)
            kept = self._required
            if self.fixed.asks_the_same[position]:
                kept = self.fixed.required
            kept[position] = required
        return required

    def _asked(self, position: int) -> str:
        rule = self.scoring.rule(position)
        if rule.comparator is not None and rule.threshold is not None:
            return self.target(rule, rule.comparator, rule.threshold)
        if self.graded(rule):
            return self.best_tier(rule)
        if not rule.deduction.scored:
            return self.say("required.information")
        weight = self.scoring.compiled.worths[position].weight
        return self.say("required.points", points=self.points(weight))

    def computed(self, threshold: MetricRef | FormulaRef, metric: Metric) -> str:
        """Say a threshold that is read from a metric or a formula: what it came to, and where it
        came from.
        """
        key = (threshold, metric.id)
        text = self._computed.get(key)
        if text is None:
            text = self._computed[key] = self._resolved(threshold, metric)
        return text

    def _resolved(self, threshold: MetricRef | FormulaRef, metric: Metric) -> str:
        value = self.scoring.compiled.reader.resolved(
            threshold, metric, self.scoring.figures
        )
        if isinstance(value, Absent):
            title = self._named(threshold)
            why = self.absence(value)
            return self.say("required.of-absent", title=title, why=why)
        text = self.scalar(as_scalar(number_of(value), metric), metric)
        if isinstance(threshold, MetricRef):
            return f"{text} ({self._named(threshold)})"
        return f"{text} ({self.spelled(threshold.formula, {})})"

    def _named(self, threshold: MetricRef | FormulaRef) -> str:
        """Say where a threshold is read from: a metric's title, or a formula with titles for its
        names.
        """
        if isinstance(threshold, MetricRef):
            return self.title(threshold.metric)
        titles = {name: self.title(name) for name in self.scoring.rules.metrics}
        return self.spelled(threshold.formula, titles)

    def graded(self, rule: Rule) -> bool:
        """Whether pieces of a rule have conditions of their own, as tiers do."""
        return self.fixed.graded[self.scoring.compiled.places[rule.id]]

    def best_tier(self, rule: Rule) -> str:
        """Say where most points can be had: the condition of the best tier, or a value in it.

        A tier with a formula offers what the formula comes to at the ends of the tier. Of `from 70:
        value / 10` for 10 points that is 7 at 70 % and 10 at 100 %, so 100 % is what is asked.
        Where no tier is known to offer all points, but a formula might, the points are asked.
        """
        offers = [self._offer(rule, piece) for piece in rule.pieces]
        known = [offer for offer in offers if offer.points is not None]
        best = max(known, key=lambda offer: offer.points or Fraction(0), default=None)
        all_known = len(known) == len(offers)
        if best is None or not (all_known or best.points == rule.weight):
            full = int(rule.weight * self.scoring.compiled.unit)
            return self.say("required.points", points=self.points(full))
        return best.required

    def _offer(self, rule: Rule, piece: Piece) -> _Offer:
        """Return the most points that can be had in a piece, and what is required for them."""
        condition = self.condition(rule, piece)
        points = piece.points
        if isinstance(points, Constant) and isinstance(points.points, Fraction):
            return _Offer(points.points, condition)
        metric = self.scoring.rules.metrics[rule.metric or ""]
        days_late = value_function(rule, metric).axis.days_late
        if not isinstance(piece.condition, Within) or not metric.numeric or days_late:
            return _Offer(None, condition)
        reach = piece.condition.interval.meets(metric.range)
        low = self._points_at(rule, points, reach.low)
        high = self._points_at(rule, points, reach.high)
        if low is None or high is None:
            return _Offer(None, condition)
        if low == high:
            return _Offer(low, condition)
        # A formula may rise or fall within the piece: what is asked is the end that gives more.
        if high > low:
            most = high
            comparator = ">="
            best_end = reach.high
            end_is_out = reach.high_open
        else:
            most = low
            comparator = "<="
            best_end = reach.low
            end_is_out = reach.low_open
        if end_is_out or best_end is None:
            return _Offer(most, condition)
        return _Offer(most, self.target(rule, comparator, best_end))

    def _points_at(
        self,
        rule: Rule,
        points: Points,
        value: Fraction | None,
    ) -> Fraction | None:
        """Return what a formula comes to at a value, None where that is not known."""
        if value is None or not isinstance(points, Computed):
            return None
        compiled = self.scoring.compiled
        position = compiled.places[rule.id]
        parsed = compiled.reader.points_formula(rule, points.formula)
        # A formula names the rule's metric as `value` or by its id: both stand for the value asked.
        names = self.scoring.named(parsed) | self.scoring.own_values(position)
        names |= {"weight": rule.weight, "value": value, rule.metric or "": value}
        try:
            computed = parsed.evaluate(names)
        except formula.FormulaFailedError:
            return None
        if not isinstance(computed, Fraction):
            return None
        # No rule gives less than its fewest points or more than its weight.
        at_most_weight = min(computed, rule.weight)
        return max(rule.lowest, at_most_weight)

    # What was reported

    def reported(self, position: int) -> str:
        """Say what a rule's metric came to."""
        rule = self.scoring.rule(position)
        detail = self.scoring.results[position].detail
        given = self.scoring.given(position)
        if rule.metric is not None:
            return self.figure(rule.metric)
        if isinstance(detail, Absent):
            return self.absence(detail)
        if given is None:
            return self.say("absent.points_awaited", why="")
        points = self.number(Fraction(*given.points))
        return self.say("reported.points", points=points)

    def said(self, position: int) -> str:
        """Say what was reported, as part of a sentence: `báo cáo 4 đợt`, or why nothing was."""
        name = self.scoring.rule(position).metric
        if name is None or isinstance(self.scoring.figure(name), Absent):
            return self.reported(position)
        figure = self._quoted(self.reported(position), name)
        return self.say("reported.figure", figure=figure)

    def asked(self, position: int) -> str:
        """Say what a rule asks for, as part of a sentence: `tối thiểu 100 %`, `“có”`."""
        rule = self.scoring.rule(position)
        required = self.required(position)
        if rule.comparator == "is":
            return self._quoted(required, rule.metric)
        return required

    def _quoted(self, text: str, name: str | None) -> str:
        """Return a word of a metric in quotation marks, to tell it from the sentence around it; a
        figure as it is.
        """
        metric = self.scoring.rules.metrics[name or ""]
        if metric.type in ("yes_no", "level"):
            return self.say("word.quoted", word=text)
        return text

    # Why

    def why(self, position: int) -> str:
        """Say what stands behind a rule's state: a person's reason, a required rule, a date, a
        tier.
        """
        result = self.scoring.results[position]
        rule = self.scoring.rule(position)
        detail = result.detail
        if isinstance(detail, Given):
            if result.reason is Reason.MANUAL:
                return detail.reason
            # Points given for an absence stand in its place: what is absent is looked up.
            detail = self._behind_points(position)
        if result.reason in (Reason.GATE_CLOSED, Reason.GATE_UNKNOWN):
            return self._required_rule(rule, detail)
        if result.reason is Reason.NOT_DUE and rule.due:
            return say_day(self.lang, rule.due)
        if result.reason is Reason.WAIVED and rule.metric:
            return self._waiver(position)
        if isinstance(detail, Absent):
            if result.reason is Reason.WAIVER_ENDED:
                return say_day(self.lang, date.fromisoformat(detail.text))
            return detail.text
        if result.reason is Reason.TIER:
            return self.condition(rule, rule.pieces[detail])
        return ""

    def _required_rule(self, rule: Rule, required: int) -> str:
        """Say which rule is required, and which share of its points if it need not be met."""
        required_rule = self.scoring.rule(required)
        need = rule.need_of(required_rule.id)
        if need is None:
            return required_rule.title.of(self.lang)
        return self.need(need)

    def _behind_points(self, position: int) -> int | Absent | None:
        """Return what a person gave points in place of: a required rule, by its position, or an
        absence; None where that is the day of judgement.
        """
        scoring = self.scoring
        rule = scoring.rule(position)
        result = scoring.results[position]
        if result.reason is Reason.GATE_UNKNOWN:
            gates = [scoring.compiled.places[name] for name in rule.requires]
            missing = (
                gate for gate in gates if scoring.results[gate].state is State.MISSING
            )
            return next(missing)
        for name in (rule.metric, *scoring.reads(position)):
            if name is None:
                continue
            figure = scoring.figure(name)
            if isinstance(figure, Absent) and figure.reason is result.reason:
                return figure
        return None

    def missing_beside(self, position: int) -> list[str]:
        """Return the submitted metrics, other than the rule's own, whose absence is the rule's."""
        rule = self.scoring.rule(position)
        state = self.scoring.results[position].state
        # Nothing that a computed rule reads is absent in its own state.
        if state in COMPUTED:
            return []
        absent = []
        for name in self.scoring.reads(position):
            figure = self.scoring.figure(name)
            if isinstance(figure, Absent) and figure.state is state:
                absent.append(name)
        # The rule's own metric explains its absence by itself.
        if rule.metric in absent:
            return []
        return absent

    def titles(self, names: list[str]) -> str:
        """Return the titles of metrics in quotation marks, one after the other."""
        quoted = [self.say("word.quoted", word=self.title(name)) for name in names]
        return ", ".join(quoted)

    def _waiver(self, position: int) -> str:
        """Say who waived a figure, why and until when."""
        metrics = self.scoring.reads(position)
        entries = [self.scoring.entry(name) for name in metrics]
        # A waived rule has at least one waived entry; the first one speaks for all.
        waiver = next(entry.waived for entry in entries if entry and entry.waived)
        return self.say(
            "absent.waived-by",
            by=waiver.by,
            why=waiver.why,
            until=say_day(self.lang, waiver.until),
        )


def _written(value: object) -> str:
    """Return a submitted number with the digits that it needs."""
    if value.__class__ is int:
        return str(value)
    return number.plain(number.fraction(value))
