"""What a rule set asks, in words of one language: targets, tiers, formulas.

No submission is needed for it; what became of one is said by `report`, which builds on this.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from fractions import Fraction

from cchc_rules.base.interval import Interval
from cchc_rules.base.messages import date as say_day
from cchc_rules.base.messages import message
from cchc_rules.base.messages import number as say_number
from cchc_rules.base.number import plain, shown
from cchc_rules.rules.model import (
    Credit,
    DeclaredEffect,
    FormulaRef,
    Metric,
    MetricRef,
    Need,
    Peers,
    Rule,
    RuleSet,
    Scalar,
    Threshold,
)
from cchc_rules.rules.value_function import (
    AllOf,
    Among,
    Condition,
    MetricTest,
    Piece,
    Staircase,
    Within,
)

COMPARATOR_MESSAGES = {
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
"""The message of each comparator, below `required.`; `between` and `one_of` have their own."""


TAKEN = {
    "min": "instrument.take-min",
    "max": "instrument.take-max",
    "mean": "instrument.take-mean",
    "count": "instrument.take-count",
    "rank": "instrument.take-rank",
}
"""The words for what is taken from the figures of all units."""


class RuleText:
    """Says the targets, tiers and formulas of a rule set in one language.

    Args:
        rules: the rule set whose titles, units and levels are used.
        lang: `vi` or `en`.

    >>> from cchc_rules import load_rules
    >>> rules = load_rules("cam-due-2023")
    >>> rule = rules.rules["plan-issued"]
    >>> RuleText(rules, "en").target(rule, "on_or_before", rule.threshold)
    'on or before 31 January 2023'
    >>> RuleText(rules, "vi").spelled("0.5 if round_up(days) > 2 else 1", {})
    '0,5 nếu round_up(days) > 2, không thì 1'
    """

    def __init__(self, rules: RuleSet, lang: str) -> None:
        self.rules = rules
        self.lang = lang

    def say(self, id_: str, **arguments: str) -> str:
        """Return a message of the catalogue with its arguments filled in."""
        return message(self.lang, id_, **arguments)

    def effect(self, effect: DeclaredEffect) -> str:
        """Say what an absence does to the points of a rule.

        >>> from cchc_rules import load_rules
        >>> from cchc_rules.base.state import Effect
        >>> words = RuleText(load_rules("cam-due-2023"), "en")
        >>> words.effect(Effect.LOST), words.effect(Credit(percent=Fraction(40)))
        ('all points lost', '40 % of the points given')
        """
        if not isinstance(effect, Credit):
            name = f"effect-{effect}"
            return self.say(f"instrument.{name}")
        if effect.points is not None:
            points = self.number(effect.points)
            return self.say("instrument.effect-points", points=points)
        percent = self.number(effect.percent or Fraction(0))
        return self.say("instrument.effect-percent", percent=percent)

    def number(self, value: Fraction) -> str:
        """Return a number for display in the language.

        It has at most four decimal places where its decimal does not end.

        >>> from cchc_rules import load_rules
        >>> RuleText(load_rules("cam-due-2023"), "vi").number(Fraction(4, 3))
        '1,3333'
        """
        return say_number(self.lang, shown(value))

    def day(self, day: date) -> str:
        """Return a date as people read it: `31/12/2023`, `31 December 2023`."""
        return say_day(self.lang, day)

    def scalar(self, value: Scalar, metric: Metric) -> str:
        """Return a literal of a rule file as people read it, with its unit.

        Args:
            value: the literal: a number, true or false, a date, a level's Vietnamese words.
            metric: the metric of which it is a value.
        """
        # Yes and no before numbers, for Python takes them for integers.
        if isinstance(value, bool):
            if value:
                return self.say("word.yes")
            return self.say("word.no")
        if isinstance(value, date):
            return self.day(value)
        if isinstance(value, str):
            # A rule file names a level by its Vietnamese words.
            titles = {level.vi: level.of(self.lang) for level in metric.levels}
            return titles.get(value, value)
        return self.with_unit(self.number(value), metric)

    def with_unit(self, text: str, metric: Metric) -> str:
        """Return a written value with the unit of its metric, if that has one: `100 %`."""
        if metric.unit is None:
            return text
        return f"{text} {metric.unit.of(self.lang)}"

    def exact(self, value: Fraction) -> str:
        """Return a number for a line of arithmetic, with all its digits.

        Where its decimal does not end it is a fraction: `0,25`, but `(4/3)`.
        """
        text = say_number(self.lang, plain(value))
        # In brackets, so that `2 × 4/3` cannot be read as `(2 × 4) / 3`.
        if "/" in text:
            return f"({text})"
        return text

    def title(self, metric: str) -> str:
        """Return the title of a metric, by its id."""
        return self.rules.metrics[metric].title.of(self.lang)

    def peers(self, peers: Peers) -> str:
        """Say what a figure is taken from: `the least of all units: share`."""
        message = "instrument.peers"
        if peers.within == "district":
            message = "instrument.peers-district"
        take = self.say(TAKEN[peers.take])
        return self.say(message, take=take, of=self.title(peers.of))

    def target(self, rule: Rule, comparator: str, threshold: Threshold) -> str:
        """Say what a comparator and a threshold ask for: `tối thiểu 100 %`.

        Args:
            rule: the rule whose metric has the unit and the levels.
            comparator: the comparator as rule files write it.
            threshold: the rule's own threshold, or that of another reading of its target.
        """
        metric = self.rules.metrics[rule.metric or ""]
        if isinstance(threshold, Interval):
            return self.interval(threshold, metric)
        if isinstance(threshold, tuple):
            allowed = ", ".join(self.scalar(item, metric) for item in threshold)
            return self.say("required.one-of", list=allowed)
        words = self._threshold(threshold, metric)
        message_id = COMPARATOR_MESSAGES[comparator]
        return self.say(f"required.{message_id}", threshold=words)

    def _threshold(
        self, threshold: Scalar | MetricRef | FormulaRef, metric: Metric
    ) -> str:
        if isinstance(threshold, MetricRef | FormulaRef):
            return self.computed(threshold, metric)
        return self.scalar(threshold, metric)

    def computed(self, threshold: MetricRef | FormulaRef, metric: Metric) -> str:
        """Say a threshold that other values decide: the metric's title, or the formula.

        Its value is known only with a submission; `report` adds it there.
        """
        if isinstance(threshold, MetricRef):
            return f"“{self.title(threshold.metric)}”"
        return self.spelled(threshold.formula, {})

    def interval(self, interval: Interval, metric: Metric | None) -> str:
        """Say an interval: `từ 90 % đến dưới 100 %`; of a single number, that it must be equal.

        Args:
            interval: an interval with at least one edge.
            metric: the metric whose unit the edges have; None for plain numbers.
        """
        low = interval.low
        high = interval.high
        # Bands come without a metric, and none of them is a single number.
        if metric is not None and low is not None and low == high:
            value = self.scalar(low, metric)
            return self.say("required.equal", threshold=value)
        # “At least 90 %” and “below 100 %”: each edge as the comparator that it stands for.
        edges = []
        if low is not None:
            comparator = "above" if interval.low_open else "at-least"
            edges.append(self._edge(comparator, low, metric))
        if high is not None:
            comparator = "below" if interval.high_open else "at-most"
            edges.append(self._edge(comparator, high, metric))
        return self.say("word.and").join(edges)

    def _edge(self, comparator: str, edge: Fraction, metric: Metric | None) -> str:
        words = self.number(edge)
        if metric is not None:
            words = self.with_unit(words, metric)
        return self.say(f"required.{comparator}", threshold=words)

    def condition(self, rule: Rule, piece: Piece) -> str:
        """Say where a piece of a rule's value function holds: its values, its interval, or
        “otherwise”.
        """
        metric = self.rules.metrics[rule.metric or ""]
        # Then the figures are days, though the metric is a date.
        in_days_late = rule.deduction.axis.days_late
        match piece.condition:
            case Among(values) if in_days_late:
                numbers = (value for value in values if isinstance(value, Fraction))
                days = ", ".join(map(self.number, numbers))
                return self.say("required.days-late", days=days)
            case Among(values):
                return ", ".join(self.scalar(value, metric) for value in values)
            case Within(interval) if in_days_late:
                days = self.interval(interval, None)
                return self.say("required.days-late", days=days)
            case Within(interval):
                return self.interval(interval, metric)
            case AllOf() as row:
                return self.row(row, rule.metric)
            case _:
                return self.say("required.otherwise")

    def row(self, condition: Condition, own: str | None) -> str:
        """Say what a row of a decision table asks; of the rule's `own` metric without its title."""
        if not isinstance(condition, AllOf):
            return self.say("required.otherwise")
        return ", ".join(self._row_test(own, test) for test in condition.tests)

    def level_table(self, metric: Metric) -> str:
        """Say the table of a derived level, row by row."""
        table = metric.table
        if table is None:
            return ""
        rows = [
            f"{self.row(row.condition, None)}: {self.scalar(row.level, metric)}"
            for row in table.rows
        ]
        return "; ".join(rows)

    def _row_test(self, own: str | None, test: MetricTest) -> str:
        metric = self.rules.metrics[test.metric]
        if isinstance(test.where, Within):
            asked = self.interval(test.where.interval, metric)
        else:
            asked = ", ".join(self.scalar(value, metric) for value in test.where.values)
        if test.metric == own:
            return asked
        return f"{self.title(test.metric)}: {asked}"

    def need(self, need: Need) -> str:
        """Say what a condition of a gate asks for: `at least 60 % of the points of “Planning”`.

        >>> from cchc_rules import load_rules
        >>> rules = load_rules("cam-due-2023")
        >>> RuleText(rules, "en").need(Need("metric", "on_time", Interval(Fraction(90))))
        '“Dossiers settled early or on time”: at least 90 %'
        """
        if need.subject == "metric":
            required = self._metric_needed(need)
            title = self.title(need.id)
            return self.say("need.metric", title=title, required=required)
        if need.subject == "rule":
            title = self.rules.rules[need.id].title.of(self.lang)
        else:
            title = self.rules.groups[need.id].title.of(self.lang)
        is_each = need.subject == "each_rule_of"
        if not need.is_share:
            return self.say(
                "need.each-met" if is_each else "need.rule-met", title=title
            )
        share = self._share_needed(need.bounds)
        message_id = "need.each-share" if is_each else "need.share"
        return self.say(message_id, share=share, title=title)

    def needs(self, needs: Iterable[Need]) -> str:
        """Say what several conditions ask for together."""
        return self.say("word.and").join(map(self.need, needs))

    def _metric_needed(self, need: Need) -> str:
        metric = self.rules.metrics[need.id]
        if not need.values:
            return self.interval(need.bounds, metric)
        allowed = [self.scalar(value, metric) for value in need.values]
        if len(allowed) == 1:
            return self.say("required.is", threshold=allowed[0])
        return self.say("required.one-of", list=", ".join(allowed))

    def _share_needed(self, bounds: Interval) -> str:
        comparator = "above" if bounds.low_open else "at-least"
        share = f"{self.number(bounds.low or Fraction(0))} %"
        return self.say(f"required.{comparator}", threshold=share)

    # Formulas

    def spelled(self, text: str, names: Mapping[str, str]) -> str:
        """Return a formula in words of the language.

        Names become what they stand for, the words of conditions those of the language:
        `4 if value >= 95 else 2` is `4 nếu số liệu >= 95, không thì 2` in Vietnamese.

        Args:
            text: the formula as the rule file writes it.
            names: what the names stand for that the formula has beside those of metrics.
        """

        def in_words(match: re.Match[str]) -> str:
            name = match[0]
            word = name.lstrip()
            if word in CONDITION_WORDS:
                return self.say(f"formula.{word}")
            if name in names:
                return names[name]
            if name in self.rules.metrics:
                return self.operand(name)
            # The name of a function: the reference explains it under this name.
            return name

        # Numbers first: a title that is put in for a name may hold digits of its own.
        spelled = _NUMBER.sub(lambda match: say_number(self.lang, match[0]), text)
        spelled = _NAME.sub(in_words, spelled)
        return spelled.replace("*", "×").replace(" - ", " − ")

    def operand(self, name: str) -> str:
        """Return what stands for a metric in a formula: its title in quotation marks."""
        return f"“{self.title(name)}”"


def slope_text(
    stairs: Staircase,
    value: str,
    figure: Callable[[Fraction], str],
    points: Callable[[Fraction], str],
) -> str:
    """Return a staircase from a written figure as a sum: `10 + 2 × (value − 10)`.

    Args:
        stairs: the staircase.
        value: what stands for the figure.
        figure: returns a figure as people read it.
        points: returns points as people read them.

    >>> whole = Staircase(Fraction(1), Fraction(1, 4), Fraction(20), Fraction(5), "whole")
    >>> slope_text(whole, "value", plain, plain)
    '1 + 0.25 × round_down((value − 20) / 5)'
    """
    base = origin = ""
    # A term that is known only when a submission is scored is left out.
    if isinstance(stairs.base, Fraction):
        base = points(stairs.base)
    if isinstance(stairs.origin, Fraction):
        origin = figure(stairs.origin)
    units = f"({value} − {origin})"
    if stairs.step != 1:
        units = f"{units} / {figure(stairs.step)}"
    # The functions have their names in formulas, which the reference explains.
    rounding = {"started": "round_up", "whole": "round_down"}.get(stairs.units)
    if rounding is not None:
        units = f"{rounding}({units})"
    sign = "+"
    if stairs.each < 0:
        sign = "−"
    return f"{base} {sign} {points(abs(stairs.each))} × {units}"


CONDITION_WORDS = ("if", "else", "and", "or", "not")
"""The words of Python that a formula may use; each has its words in the catalogues."""

# The space before "else" goes with it, for a comma may have to stand there instead.
_NAME = re.compile(r"\s+else\b|[A-Za-z_][A-Za-z0-9_]*")

# A number with a decimal point, which some languages write as a comma. Whole numbers are the same
# in all, and digits within a name are no number.
_NUMBER = re.compile(r"(?<![A-Za-z0-9_.])\d+\.\d+")
