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
from cchc_rules.base.state import (
    ZERO_DENOMINATOR,
    AbsenceKind,
    State,
    absence_kind,
)
from cchc_rules.report.score import score
from cchc_rules.rules import dependencies
from cchc_rules.rules.model import Metric, Rule, RuleSet
from cchc_rules.rules.value_function import (
    AllOf,
    Among,
    Compare,
    Condition,
    Within,
    bends_of,
    first_step,
    interval_ends,
)
from cchc_rules.submissions.binding import load_measurements, takes_points

Submission: TypeAlias = dict[str, Any]
"""A submission as a mapping, as JSON has it."""

Draw: TypeAlias = Callable[[st.SearchStrategy[Any]], Any]
"""Draws a value from a strategy."""

MOST_COUNTED = 400
"""Denominators go up to this, and figures without an upper end so far beyond their lower one."""

MOST_DAYS = 3660
"""Edges counted in days late lie no further from their date than ten years."""

_DAY = timedelta(days=1)


def submissions(
    rules: RuleSet,
    *,
    absences: bool = True,
) -> st.SearchStrategy[Submission]:
    """Return a strategy for submissions that the rule set accepts, as mappings for
    `load_measurements`.

    Many figures lie on a threshold or on the edge of a tier, or one step below or above it.

    Args:
        rules: The rule set, loaded.
        absences: Whether some metrics are missing, not applicable or waived, as far as the rules
            that read them declare an effect.

    >>> from hypothesis import find
    >>> from cchc_rules import load_rules
    >>> strategy = submissions(load_rules("example-access-to-law"))
    >>> find(strategy, lambda submission: True)["ruleset"]
    'example-access-to-law'
    """
    drawn = _drawn(rules, absences)
    return drawn.filter(lambda submission: accepted(rules, submission))


def accepted(rules: RuleSet, submission: Submission) -> bool:
    """Whether a submission is scored at all: a formula may turn figures into what no effect is
    declared for.

    >>> from cchc_rules import load_rules
    >>> accepted(load_rules("cam-due-2023"), {"format": 1, "ruleset": "another"})
    False
    """
    try:
        score(rules, load_measurements(submission, rules))
    except SubmissionError:
        return False
    return True


@st.composite
def _drawn(draw: Draw, rules: RuleSet, absences: bool) -> Submission:
    every_period = [*periods(*rules.valid)]
    period, (first, last) = draw(st.sampled_from(every_period))
    as_of = draw(st.none() | st.dates(first, last))
    # What may be submitted hangs on the day, and on the kind of unit.
    current = rules.at(as_of or last)
    kind = draw(st.sampled_from([None, *current.kinds]))
    active = current.kinds[kind] if kind else current
    strategies = EntryStrategies(active, as_of or last)
    submission: Submission = {
        "format": 1,
        "ruleset": rules.id,
        "unit": "UBND xã Ví Dụ",
        "period": period,
    }
    if kind:
        submission["unit_kind"] = kind
    if as_of:
        submission["as_of"] = as_of.isoformat()
    submission["measurements"] = {
        id_: draw(strategies.entries(metric, absences))
        for id_, metric in active.metrics.items()
        if metric.submitted
    }
    points: dict[str, Submission] = {}
    for id_, rule in active.rules.items():
        if not takes_points(active, id_):
            continue
        # Points that are still awaited are an absence, too.
        if absences and draw(_one_in(4)):
            continue
        drawn = draw(_points(active, rule))
        points[id_] = {"points": drawn, "reason": "biên bản"}
    submission["points"] = points
    absent: dict[str, str] = {}
    for id_, group in active.groups.items():
        if group.optional and absences and draw(_one_in(5)):
            absent[id_] = "không tổ chức"
    submission["absent"] = absent
    return submission


def periods(first: date, last: date) -> Iterator[tuple[str, tuple[date, date]]]:
    """Yield the periods inside a validity as a submission writes them: the whole, and some of its
    first three years.
    """
    yield f"{first}/{last}", (first, last)
    last_year = min(last.year, first.year + 2)
    for year in range(first.year, last_year + 1):
        # A year, a half, a quarter and a month.
        for text in (f"{year}", f"{year}-H1", f"{year}-Q3", f"{year}-02"):
            span = calendar.period(text)
            if span is None:
                continue
            start, end = span
            if first <= start and end <= last:
                yield text, span


def _one_in(count: int) -> st.SearchStrategy[bool]:
    """Return a strategy that is true once in so many times."""
    return st.integers(1, count).map(lambda drawn: drawn == count)


def _points(rules: RuleSet, rule: Rule) -> st.SearchStrategy[Decimal]:
    # Points with more places than the index would be refused.
    places = min(2, rules.index.places)
    return _decimals(rule.lowest, rule.weight, places)


def _decimals(low: Fraction, high: Fraction, places: int) -> st.SearchStrategy[Decimal]:
    """Return a strategy for the numbers of so many places between two."""
    least = number.ceiling(low * 10**places).numerator
    most = number.floor(high * 10**places).numerator
    return st.integers(least, most).map(lambda ticks: Decimal(ticks).scaleb(-places))


@dataclass(frozen=True)
class EntryStrategies:
    """Strategies for the entries of one submission."""

    rules: RuleSet
    """The rule set as it stands for the submission's kind of unit on its day."""
    as_of: date
    """The day of judgement, up to which things have happened."""

    def entries(self, metric: Metric, absences: bool = True) -> st.SearchStrategy[Any]:
        """Return a strategy for one metric's entry: a figure more often than an absence."""
        figures = self.figures(metric)
        if figures is None:
            return st.none()
        # Three times the figures: most entries are figures, as in a submission.
        if not absences:
            return figures
        return st.one_of(figures, figures, figures, *self._absences(metric))

    def figures(self, metric: Metric) -> st.SearchStrategy[Any] | None:
        """Return a strategy for what a metric may be reported as; None where no date has come."""
        if metric.type == "yes_no":
            return st.booleans()
        if metric.type == "level":
            return st.sampled_from([level.vi for level in metric.levels])
        if metric.type == "date":
            return self._days(metric)
        if metric.distinct:
            items = st.integers(0, 20).map(lambda item: f"Văn bản {item}")
            return st.lists(items, max_size=12).map(_items)
        numbers = self._numbers(metric)
        if metric.ratio is None:
            return numbers
        return numbers | _ratios(metric)

    def _absences(self, metric: Metric) -> Iterator[st.SearchStrategy[Any]]:
        """Yield strategies for the absences for which every rule that reads a metric has an
        effect.
        """
        declared: set[AbsenceKind] = {*State}
        zero_declared = True
        for rule in self.rules.rules.values():
            if metric.id in dependencies.rule_metrics(self.rules, rule):
                declared.intersection_update(rule.absence)
                kind = absence_kind(*ZERO_DENOMINATOR[:2], rule.absence)
                zero_declared = zero_declared and kind in rule.absence
        yield st.none()
        if metric.ratio and zero_declared:
            yield st.just({"numerator": 0, "denominator": 0})
        if State.NOT_APPLICABLE in declared:
            yield st.just({"not_applicable": "không phát sinh"})
        if State.WAIVED in declared:
            # A waiver counts up to its last day: that day, and the one after.
            ends = [self.as_of, self.as_of + _DAY]
            yield st.sampled_from(ends).map(_waived_until)

    def _days(self, metric: Metric) -> st.SearchStrategy[Any] | None:
        """Return a strategy for the days that have come; None where the window is still ahead."""
        first, last = self.rules.window or self.rules.valid
        last = min(last, self.as_of)
        if first > last:
            return None
        near_edges: list[date] = []
        for edge in edges_of(self.rules, metric.id):
            if not isinstance(edge, date):
                continue
            for day in (edge - _DAY, edge, edge + _DAY):
                if first <= day <= last:
                    near_edges.append(day)
        days = st.dates(first, last)
        never = st.just({"never": "không thực hiện"})
        if not near_edges:
            return days | never
        return st.sampled_from(near_edges) | days | never

    def _numbers(self, metric: Metric) -> st.SearchStrategy[Any]:
        """Return a strategy for numbers: on an edge, beside it, or anywhere in the range."""
        every_edge = edges_of(self.rules, metric.id)
        edges = [edge for edge in every_edge if isinstance(edge, Fraction)]
        places = _places(metric, edges)
        step = Fraction(1, 10**places)
        low, high = _range(metric)
        near_edges: list[Decimal] = []
        for edge in edges:
            for value in (edge - step, edge, edge + step):
                # An edge of a third is no figure that anybody reports.
                is_written = (value / step).denominator == 1
                if low <= value <= high and is_written:
                    near_edges.append(Decimal(number.plain(value)))
        anywhere = _decimals(low, high, places)
        if not near_edges:
            return anywhere
        return st.sampled_from(near_edges) | anywhere


def _places(metric: Metric, edges: Iterable[Fraction]) -> int:
    """Return how many places figures of a metric are drawn with: as many as its finest edge has."""
    if metric.whole:
        return 0
    # Two at least: people report percentages in hundredths.
    places = 2
    for edge in edges:
        places = max(places, number.places(edge) or 0)
    return places


def _range(metric: Metric) -> tuple[Fraction, Fraction]:
    """Return the ends between which figures are drawn, for an end that is open one not far off."""
    low = metric.range.low
    high = metric.range.high
    if low is None:
        low = (high or Fraction(0)) - MOST_COUNTED
    if high is None:
        high = low + MOST_COUNTED
    return low, high


def _items(items: list[str]) -> Submission:
    return {"items": items}


def _waived_until(day: date) -> Submission:
    return {"waived": {"by": "UBND huyện", "why": "thí điểm", "until": day}}


def _ratios(metric: Metric) -> st.SearchStrategy[Any]:
    """Return a strategy for a numerator and a denominator with a share in the metric's range."""
    is_percent = metric.type == "percent"
    low, high = _range(metric)
    if is_percent:
        low /= 100
        high /= 100
    low = max(low, Fraction(0))
    if is_percent and not metric.above_100:
        high = min(high, Fraction(1))

    def with_denominator(denominator: int) -> st.SearchStrategy[Submission]:
        least = number.ceiling(low * denominator).numerator
        most = number.floor(high * denominator).numerator
        # Of 3, no share lies between 40 % and 60 %: such a denominator is drawn anew.
        if least > most:
            return st.nothing()
        return st.integers(least, most).map(
            lambda numerator: {"numerator": numerator, "denominator": denominator}
        )

    return st.integers(1, MOST_COUNTED).flatmap(with_denominator)


def edges_of(rules: RuleSet, metric: str) -> list[Fraction | date]:
    """Return the figures where a rule that judges the metric gives other points, each once."""
    edges: dict[Fraction | date, None] = {}
    for rule in rules.rules.values():
        if rule.metric == metric:
            edges |= dict.fromkeys(_edges(rule))
        conditions = [piece.condition for piece in rule.pieces]
        edges |= dict.fromkeys(_row_edges(conditions, metric))
    for derived in rules.metrics.values():
        if derived.table is not None:
            edges |= dict.fromkeys(_row_edges(derived.table.conditions, metric))
    return [*edges]


def _row_edges(conditions: Iterable[Condition], metric: str) -> Iterator[Fraction]:
    """Yield the figures that the rows of a decision table ask of a metric."""
    for condition in conditions:
        if isinstance(condition, AllOf):
            for test in condition.of(metric):
                if isinstance(test.where, Within):
                    yield from _numbers_in([test.where.interval])
                else:
                    yield from _numbers_in(test.where.values)


def _edges(rule: Rule) -> Iterator[Fraction | date]:
    """Yield the figures of a rule's target, then those at which its pieces begin and end."""
    target = rule.threshold
    written: list[Fraction] = []
    for piece in rule.pieces:
        written += bends_of(piece.points)
        written += first_step(piece.points)
        match piece.condition:
            case Within(interval):
                written += _numbers_in([interval])
            case Among(values):
                written += _numbers_in(values)
            case Compare(_, edge):
                written += _numbers_in([edge])
    if isinstance(target, date):
        yield target
        near = (days for days in written if abs(days) < MOST_DAYS)
        yield from (target + int(days) * _DAY for days in near)
    else:
        targets = target if isinstance(target, tuple) else (target,)
        yield from _numbers_in(targets)
        yield from written


def _numbers_in(parts: Iterable[object]) -> Iterator[Fraction]:
    """Yield the numbers among literals, and the ends of intervals."""
    for part in parts:
        if isinstance(part, Interval):
            yield from interval_ends(part)
        elif isinstance(part, Fraction):
            yield part
