"""Submissions for a rule set, drawn by hypothesis: figures on every edge and beside it, and every
kind of absence.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeAlias

from hypothesis import strategies as st

from cchc_rules.base import calendar, number
from cchc_rules.base.interval import Interval
from cchc_rules.base.problem import SubmissionError
from cchc_rules.base.state import State
from cchc_rules.report.score import score
from cchc_rules.rules import dependencies
from cchc_rules.rules.model import Metric, Rule, RuleSet
from cchc_rules.submissions.binding import load_measurements, takes_points

Submission: TypeAlias = dict[str, Any]
Draw: TypeAlias = Callable[[st.SearchStrategy[Any]], Any]

MOST_COUNTED = 400
"""Denominators go up to this, and figures without an upper end so far beyond their lower one."""

MOST_DAYS = 3660
"""Edges counted in days late lie no further from their date than ten years."""

_DAY = timedelta(days=1)


def submissions(
    rules: RuleSet, *, absences: bool = True
) -> st.SearchStrategy[Submission]:
    """Return a strategy for submissions that the rule set accepts, as mappings for
    `load_measurements`.

    Many figures lie on a threshold or on the edge of a tier, or one step below or above it. With
    `absences`, some metrics are missing, not applicable or waived, as far as the rules that read
    them declare an effect.
    """
    return _drawn(rules, absences).filter(
        lambda submission: accepted(rules, submission)
    )


def accepted(rules: RuleSet, submission: Submission) -> bool:
    """Whether a submission is scored at all: a formula may turn figures into what no effect is
    declared for.
    """
    try:
        score(rules, load_measurements(submission, rules))
    except SubmissionError:
        return False
    return True


@st.composite
def _drawn(draw: Draw, rules: RuleSet, absences: bool) -> Submission:
    period, (first, last) = draw(st.sampled_from([*periods(*rules.valid)]))
    as_of = draw(st.none() | st.dates(first, last))
    current = rules.at(as_of or last)
    kind = draw(st.sampled_from([None, *current.kinds]))
    active = current.kinds[kind] if kind else current
    desk = Desk(active, as_of or last)
    submission: Submission = {
        "format": 1,
        "ruleset": rules.id,
        "unit": "UBND xã Ví Dụ",
        "period": period,
    }
    submission |= {"unit_kind": kind} if kind else {}
    submission |= {"as_of": as_of.isoformat()} if as_of else {}
    submission["measurements"] = {
        id_: draw(desk.entries(metric, absences))
        for id_, metric in active.metrics.items()
        if metric.submitted
    }
    submission["points"] = {
        id_: {"points": draw(_points(active, rule)), "reason": "biên bản"}
        for id_, rule in active.rules.items()
        if takes_points(active, id_) and (not absences or draw(_one_in(4)) is False)
    }
    optional = [id_ for id_, group in active.groups.items() if group.optional]
    submission["absent"] = {
        id_: "không tổ chức" for id_ in optional if absences and draw(_one_in(5))
    }
    return submission


def periods(first: date, last: date) -> Iterator[tuple[str, tuple[date, date]]]:
    """Yield the periods inside a validity as a submission writes them: the whole, and some of its
    first three years.
    """
    yield f"{first}/{last}", (first, last)
    for year in range(first.year, min(last.year, first.year + 2) + 1):
        for text in (f"{year}", f"{year}-H1", f"{year}-Q3", f"{year}-02"):
            span = calendar.period(text)
            if span and first <= span[0] and span[1] <= last:
                yield text, span


def _one_in(count: int) -> st.SearchStrategy[bool]:
    """Return a strategy that is true once in so many times."""
    return st.integers(1, count).map(lambda drawn: drawn == count)


def _points(rules: RuleSet, rule: Rule) -> st.SearchStrategy[Decimal]:
    return _decimals(rule.lowest, rule.weight, min(2, rules.index.places))


def _decimals(low: Fraction, high: Fraction, places: int) -> st.SearchStrategy[Decimal]:
    """Return a strategy for the numbers of so many places between two."""
    bounds = (
        number.ceiling(low * 10**places).numerator,
        number.floor(high * 10**places).numerator,
    )
    return st.integers(*bounds).map(lambda ticks: Decimal(ticks).scaleb(-places))


@dataclass(frozen=True)
class Desk:
    """Where one submission is drawn: its rule set, and the day up to which things have happened."""

    rules: RuleSet
    as_of: date

    def entries(self, metric: Metric, absences: bool = True) -> st.SearchStrategy[Any]:
        """Return a strategy for one metric's entry: a figure more often than an absence."""
        figures = self.figures(metric)
        if figures is None:
            return st.none()
        return (
            figures
            if not absences
            else st.one_of(figures, figures, figures, *self._absences(metric))
        )

    def figures(self, metric: Metric) -> st.SearchStrategy[Any] | None:
        """Return a strategy for what a metric may be reported as; None where no date has come yet."""
        if metric.type == "yes_no":
            return st.booleans()
        if metric.type == "level":
            return st.sampled_from([level.vi for level in metric.levels])
        if metric.type == "date":
            return self._days(metric)
        if metric.distinct:
            return st.lists(
                st.integers(0, 20).map(lambda at: f"Văn bản {at}"), max_size=12
            ).map(_items)
        numbers = self._numbers(metric)
        return numbers if metric.ratio is None else numbers | _ratios(metric)

    def _absences(self, metric: Metric) -> Iterator[st.SearchStrategy[Any]]:
        readers = [
            rule
            for rule in self.rules.rules.values()
            if metric.id in dependencies.rule_metrics(self.rules, rule)
        ]
        declared = set(State).intersection(*(rule.absence for rule in readers))
        yield st.none()
        if State.NOT_APPLICABLE in declared:
            yield st.just({"not_applicable": "không phát sinh"})
        if State.WAIVED in declared:
            ends = [self.as_of, self.as_of + _DAY]
            waivers = st.sampled_from(ends).map(
                lambda day: {"by": "UBND huyện", "why": "thí điểm", "until": day}
            )
            yield waivers.map(lambda waiver: {"waived": waiver})

    def _days(self, metric: Metric) -> st.SearchStrategy[Any] | None:
        first, last = self.rules.window or self.rules.valid
        last = min(last, self.as_of)
        if first > last:
            return None
        edges = [
            edge for edge in edges_of(self.rules, metric.id) if isinstance(edge, date)
        ]
        near = [
            day
            for edge in edges
            for day in (edge - _DAY, edge, edge + _DAY)
            if first <= day <= last
        ]
        days = st.dates(first, last)
        return st.sampled_from(near) | days if near else days

    def _numbers(self, metric: Metric) -> st.SearchStrategy[Any]:
        edges = [
            edge
            for edge in edges_of(self.rules, metric.id)
            if isinstance(edge, Fraction)
        ]
        places = (
            0
            if metric.whole
            else max([2, *(number.places(edge) or 0 for edge in edges)])
        )
        step = Fraction(1, 10**places)
        low, high = _range(metric)
        near = [
            value
            for edge in edges
            for value in (edge - step, edge, edge + step)
            if low <= value <= high
        ]
        near = [
            value
            for value in near
            if number.places(value) is not None and (value / step).denominator == 1
        ]
        anywhere = _decimals(low, high, places)
        return (
            st.sampled_from([Decimal(number.plain(value)) for value in near]) | anywhere
            if near
            else anywhere
        )


def _range(metric: Metric) -> tuple[Fraction, Fraction]:
    low = metric.range.low
    high = metric.range.high
    if low is None:
        low = (high or Fraction(0)) - MOST_COUNTED
    return low, high if high is not None else low + MOST_COUNTED


def _items(items: list[str]) -> Submission:
    return {"items": items}


def _ratios(metric: Metric) -> st.SearchStrategy[Any]:
    """Return a strategy for a numerator and a denominator whose share lies in the metric's range."""
    low, high = (
        edge / (100 if metric.type == "percent" else 1) for edge in _range(metric)
    )

    def above(below: int) -> st.SearchStrategy[Submission]:
        least = number.ceiling(max(low, Fraction(0)) * below)
        most = number.floor(high * below)
        most = (
            most
            if metric.above_100 or metric.type != "percent"
            else min(most, Fraction(below))
        )
        if least > most:
            return st.nothing()
        numerators = st.integers(least.numerator, most.numerator)
        return numerators.map(
            lambda numerator: {"numerator": numerator, "denominator": below}
        )

    return st.integers(1, MOST_COUNTED).flatmap(above)


def edges_of(rules: RuleSet, metric: str) -> list[Fraction | date]:
    """Return the figures where a rule that reads the metric changes its mind, each once."""
    found: dict[Fraction | date, None] = {}
    for rule in rules.rules.values():
        if rule.metric == metric:
            found |= dict.fromkeys(_edges(rule))
    return [*found]


def _edges(rule: Rule) -> Iterator[Fraction | date]:
    target = rule.threshold
    deduction = rule.deduction
    steps = [
        step
        for tier in deduction.tiers
        for step in _numbers_in([tier.interval, *(tier.values or ())])
    ]
    if isinstance(target, date):
        yield target
        yield from (
            target + int(step) * _DAY for step in steps if abs(step) < MOST_DAYS
        )
    else:
        targets = target if isinstance(target, tuple) else (target,)
        yield from _numbers_in([*targets, deduction.from_, deduction.floor])
        yield from steps


def _numbers_in(parts: Iterable[object]) -> Iterator[Fraction]:
    for part in parts:
        edges = (part.low, part.high) if isinstance(part, Interval) else (part,)
        yield from (edge for edge in edges if isinstance(edge, Fraction))
