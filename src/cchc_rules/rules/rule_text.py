"""What a rule set asks, in words of one language: targets, tiers, formulas. No submission is needed
for it.
"""

import re
from collections.abc import Mapping
from datetime import date
from fractions import Fraction

from cchc_rules.base.interval import Interval
from cchc_rules.base.messages import date as say_day
from cchc_rules.base.messages import message
from cchc_rules.base.messages import number as say_number
from cchc_rules.base.number import plain, shown
from cchc_rules.rules.model import (
    FormulaRef,
    Metric,
    MetricRef,
    Rule,
    RuleSet,
    Scalar,
    Threshold,
)
from cchc_rules.rules.value_function import Among, Piece, Within

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


class RuleText:
    """Says the targets and tiers of a rule set, in one language."""

    def __init__(self, rules: RuleSet, lang: str) -> None:
        self.rules = rules
        self.lang = lang

    def say(self, id_: str, **places: str) -> str:
        """Return a message of the catalogue."""
        return message(self.lang, id_, **places)

    def number(self, value: Fraction) -> str:
        """Return a figure for display in the language, at most four places when its decimal does
        not end.
        """
        return say_number(self.lang, shown(value))

    def day(self, day: date) -> str:
        """Return a date as people read it."""
        return say_day(self.lang, day)

    def scalar(self, value: Scalar, metric: Metric) -> str:
        """Return a literal of a rule file as people read it, with its unit."""
        if isinstance(value, bool):
            return self.say("word.yes" if value else "word.no")
        if isinstance(value, date):
            return self.day(value)
        if isinstance(value, str):
            return next(
                (level.of(self.lang) for level in metric.levels if level.vi == value),
                value,
            )
        return self.with_unit(self.number(value), metric)

    def with_unit(self, text: str, metric: Metric) -> str:
        """Return a figure with its unit."""
        return f"{text} {metric.unit.of(self.lang)}" if metric.unit else text

    def exact(self, value: Fraction) -> str:
        """Return a number for an arithmetic line, all its digits: `0,25`, or `(4/3)` where no
        decimal ends.
        """
        text = say_number(self.lang, plain(value))
        return f"({text})" if "/" in text else text

    def title(self, metric: str) -> str:
        """Return the title of a metric."""
        return self.rules.metrics[metric].title.of(self.lang)

    def target(self, rule: Rule, comparator: str, threshold: Threshold) -> str:
        """Say a comparator and its threshold: `tối thiểu 100 %`."""
        metric = self.rules.metrics[rule.metric or ""]
        if isinstance(threshold, Interval):
            return self.interval(threshold, metric)
        if isinstance(threshold, tuple):
            return self.say(
                "required.one-of",
                list=", ".join(self.scalar(item, metric) for item in threshold),
            )
        return self.say(
            f"required.{_COMPARATORS[comparator]}",
            threshold=self._threshold(threshold, metric),
        )

    def _threshold(
        self, threshold: Scalar | MetricRef | FormulaRef, metric: Metric
    ) -> str:
        if isinstance(threshold, MetricRef | FormulaRef):
            return self.computed(threshold, metric)
        return self.scalar(threshold, metric)

    def computed(self, threshold: MetricRef | FormulaRef, metric: Metric) -> str:
        """Say a threshold that is read from a metric or a formula."""
        if isinstance(threshold, MetricRef):
            return f"“{self.title(threshold.metric)}”"
        return self.spelled(threshold.formula, {})

    def interval(self, interval: Interval, metric: Metric | None) -> str:
        """Say an interval: `từ 90 % đến dưới 100 %`."""
        edges = []
        for edge, is_open, closed_id, open_id in (
            (interval.low, interval.low_open, "at-least", "above"),
            (interval.high, interval.high_open, "at-most", "below"),
        ):
            if edge is not None:
                words = self.scalar(edge, metric) if metric else self.number(edge)
                edges.append(
                    self.say(
                        f"required.{open_id if is_open else closed_id}", threshold=words
                    )
                )
        if interval.low is not None and interval.low == interval.high and metric:
            return self.say(
                "required.equal", threshold=self.scalar(interval.low, metric)
            )
        return self.say("word.and").join(edges)

    def condition(self, rule: Rule, piece: Piece) -> str:
        """Say the condition of a piece of a rule's value function, as its own words."""
        metric = self.rules.metrics[rule.metric or ""]
        late = rule.deduction.axis.days_late
        match piece.condition:
            case Among(values) if late:
                numbers = (value for value in values if isinstance(value, Fraction))
                return self.say(
                    "required.days-late", days=", ".join(map(self.number, numbers))
                )
            case Among(values):
                return ", ".join(self.scalar(value, metric) for value in values)
            case Within(interval) if late:
                return self.say(
                    "required.days-late", days=self.interval(interval, None)
                )
            case Within(interval):
                return self.interval(interval, metric)
            case _:
                return self.say("required.otherwise")

    # Formulas

    def spelled(self, text: str, own: Mapping[str, str]) -> str:
        """Return a formula in words: its names replaced by what they stand for, and the words of
        its conditions by those of the language.

        `4 if value >= 95 else 2` is `4 nếu số liệu >= 95, không thì 2` in Vietnamese.
        """

        def named(match: re.Match[str]) -> str:
            name = match[0]
            if name.lstrip() in CONDITION_WORDS:
                return self.say(f"formula.{name.lstrip()}")
            if name in own:
                return own[name]
            return self.operand(name) if name in self.rules.metrics else name

        spelled = _NUMBER.sub(lambda match: say_number(self.lang, match[0]), text)
        return _NAME.sub(named, spelled).replace("*", "×").replace(" - ", " − ")

    def operand(self, name: str) -> str:
        """Return what stands for a metric in a formula: its title."""
        return f"“{self.title(name)}”"


CONDITION_WORDS = ("if", "else", "and", "or", "not")
"""The words of Python that a formula may use; each has its words in the catalogues."""

# What comes before "else" goes with it, for a comma may have to stand there.
_NAME = re.compile(r"\s+else\b|[A-Za-z_][A-Za-z0-9_]*")
_NUMBER = re.compile(r"(?<![A-Za-z0-9_.])\d+\.\d+")
