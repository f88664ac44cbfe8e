"""The figures that a metric may take, counted in whole steps from what was submitted."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import TypeAlias

from cchc_rules.base import number
from cchc_rules.base.state import Absent, State
from cchc_rules.rules.model import Metric
from cchc_rules.scoring.scoring import Scoring
from cchc_rules.submissions import binding
from cchc_rules.submissions.submission import Entry, Figure

Written: TypeAlias = Fraction | bool | date | str
"""What is written for a step: a number (of a ratio its numerator, of a list its length), yes or no,
a day, a level.
"""

DOUBTFUL_PLACES = 2
"""So many places at least where a figure is held against one that the rule file does not write out."""


@dataclass(frozen=True, eq=False)
class Steps:
    """Every figure that a metric may take: step 0 is what was submitted, others lie so many steps
    above or below it.

    `low` and `high` are the last steps inside the metric's range, None where it has no end. A
    metric that was not reported starts at the figure nearest to zero, or at the day of judgement.
    """

    metric: Metric
    reported: bool
    low: int | None
    high: int | None
    write: Callable[[int], Written]
    entry: Callable[[int], Entry]
    bind: Callable[[Entry], Figure | None] = field(repr=False)
    start: Fraction = Fraction(0)
    unit: Fraction = Fraction(1)
    denominator: Fraction | None = None

    def figure(self, step: int) -> Figure | None:
        """Return the figure of a step as a submission would have it, None where it would be
        refused.
        """
        return self.bind(self.entry(step))

    def at(self, value: Fraction) -> int:
        """Return the first step whose number is not below a value."""
        if self.denominator is not None:
            value = value * self.denominator / _times(self.metric)
        return number.ceiling((value - self.start) / self.unit).numerator


def steps_of(
    scoring: Scoring, name: str, edges: Iterable[Fraction | None]
) -> Steps | None:
    """Return the figures that a submitted metric may take; None where nobody can change it.

    `edges` are the numbers that rules hold it against, None for one that is not written out: a step
    is no coarser.
    """
    metric = scoring.rules.metrics[name]
    figure = scoring.figure(name)
    entry = scoring.entry(name)
    if not metric.submitted:
        return None
    if isinstance(figure, Absent):
        return _fresh(scoring, metric, edges) if figure.state is State.MISSING else None
    assert entry is not None
    if metric.type == "yes_no":
        return _switch(scoring, metric, entry.value is True)
    if metric.type == "level":
        return _levels(scoring, metric, figure[0], reported=True)
    if metric.type == "date":
        return _today(scoring, metric, figure[0])
    if entry.denominator is not None:
        return _ratio(scoring, metric, entry)
    if metric.distinct:
        return _numbers(scoring, metric, Fraction(figure[0]), 0)
    places = 0 if metric.whole else max(_places_written(entry.value), _finest(edges))
    return _numbers(scoring, metric, number.fraction(entry.value), places)


def _fresh(scoring: Scoring, metric: Metric, edges: Iterable[Fraction | None]) -> Steps:
    """Return the figures of a metric that was not reported."""
    if metric.type == "yes_no":
        return _switch(scoring, metric, False, reported=False)
    if metric.type == "level":
        return _levels(scoring, metric, 0, reported=False)
    if metric.type == "date":
        return _days(scoring, metric)
    low = metric.range.low
    high = metric.range.high
    start = Fraction(0)
    start = start if low is None else max(start, low)
    start = start if high is None else min(start, high)
    return _numbers(
        scoring, metric, start, 0 if metric.whole else _finest(edges), reported=False
    )


def _switch(
    scoring: Scoring, metric: Metric, now: bool, *, reported: bool = True
) -> Steps:
    def write(step: int) -> bool:
        return now if step == 0 else not now

    return Steps(
        metric,
        reported,
        0,
        1,
        write,
        lambda step: Entry(write(step)),
        _bind(scoring, metric),
    )


def _levels(scoring: Scoring, metric: Metric, now: int, *, reported: bool) -> Steps:
    def write(step: int) -> str:
        return metric.levels[now + step].vi

    high = len(metric.levels) - 1 - now
    return Steps(
        metric,
        reported,
        -now,
        high,
        write,
        lambda step: Entry(write(step)),
        _bind(scoring, metric),
        Fraction(now),
    )


def _today(scoring: Scoring, metric: Metric, now: int) -> Steps:
    """Return a day that was reported and the day of judgement: what has gone by cannot be done on
    another day.
    """
    days = (date.fromordinal(now), scoring.as_of)
    return Steps(
        metric,
        True,
        0,
        int(days[0] < days[1]),
        lambda step: days[step],
        lambda step: Entry(days[step]),
        _bind(scoring, metric),
    )


def _days(scoring: Scoring, metric: Metric) -> Steps:
    """Return the days up to the day of judgement."""
    first, last = scoring.rules.window or scoring.rules.valid
    start = min(scoring.as_of, last) if scoring.rules.window else scoring.as_of

    def write(step: int) -> date:
        return date.fromordinal(start.toordinal() + step)

    low = min(0, (first - start).days)
    start_number = Fraction(start.toordinal())
    return Steps(
        metric,
        False,
        low,
        0,
        write,
        lambda step: Entry(write(step)),
        _bind(scoring, metric),
        start_number,
    )


def _numbers(
    scoring: Scoring,
    metric: Metric,
    start: Fraction,
    places: int,
    *,
    reported: bool = True,
) -> Steps:
    unit = Fraction(1, 10**places)

    write, as_json_at = _along(start, unit)
    low, high = _within(metric.range.low, metric.range.high, start, unit)
    bind = _bind(scoring, metric)
    return Steps(
        metric,
        reported,
        low,
        high,
        write,
        lambda step: Entry(as_json_at(step)),
        bind,
        start,
        unit,
    )


def _ratio(scoring: Scoring, metric: Metric, entry: Entry) -> Steps:
    start = number.fraction(entry.numerator)
    below = number.fraction(entry.denominator)
    unit = Fraction(
        1,
        10 ** max(_places_written(entry.numerator), _places_written(entry.denominator)),
    )
    times = _times(metric)
    bounded = metric.type == "percent" and not metric.above_100

    write, as_json_at = _along(start, unit)
    least = (
        Fraction(0)
        if metric.range.low is None
        else max(Fraction(0), metric.range.low * below / times)
    )
    most = None if metric.range.high is None else metric.range.high * below / times
    most = below if bounded and (most is None or most > below) else most
    low, high = _within(least, most, start, unit)

    def as_entry(step: int) -> Entry:
        return Entry(None, as_json_at(step), entry.denominator)

    return Steps(
        metric,
        True,
        low,
        high,
        write,
        as_entry,
        _bind(scoring, metric),
        start,
        unit,
        below,
    )


def _along(
    start: Fraction, unit: Fraction
) -> tuple[Callable[[int], Fraction], Callable[[int], int | Decimal]]:
    """Return what gives the number of a step, and what gives it as a submission has it."""

    def write(step: int) -> Fraction:
        return start + step * unit

    if start.denominator == unit.denominator == unit.numerator == 1:
        first = start.numerator
        return write, lambda step: first + step
    return write, lambda step: as_json(write(step))


def _bind(scoring: Scoring, metric: Metric) -> Callable[[Entry], Figure | None]:
    return binding.binder(metric, scoring.rules, scoring.as_of)


def _times(metric: Metric) -> int:
    return 100 if metric.type == "percent" else 1


def _within(
    least: Fraction | None, most: Fraction | None, start: Fraction, unit: Fraction
) -> tuple[int | None, int | None]:
    """Return the last steps down and up that lie between two numbers."""
    low = None if least is None else number.ceiling((least - start) / unit).numerator
    high = None if most is None else number.floor((most - start) / unit).numerator
    return low, high


def as_json(value: Fraction) -> int | Decimal:
    """Return a number as a submission has it: whole, or a Decimal with the digits it needs."""
    return value.numerator if value.denominator == 1 else Decimal(number.plain(value))


def _places_written(value: object) -> int:
    exponent = value.as_tuple().exponent if isinstance(value, Decimal) else 0
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _finest(edges: Iterable[Fraction | None]) -> int:
    """Return the places of the edge that has most."""
    places = (
        DOUBTFUL_PLACES if edge is None else number.places(edge) for edge in edges
    )
    return max(
        (DOUBTFUL_PLACES if count is None else count for count in places), default=0
    )
