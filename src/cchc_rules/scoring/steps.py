"""The figures that a metric may take, counted in whole steps from what was submitted.

A search needs whole numbers to halve, and a person needs a figure that can be handed in. So a
figure is changed by steps of its own last place, as it would be written. 12.5 days have steps of
0.1: step −3 is 12.2. Where a rule asks for 12.25, the step is 0.01, so that the target can be hit.

Steps of a ratio
----------------
Of 47 files out of 52 only the numerator can change: what was asked for stays as it is. A step is
one file, and the figure of step k is (47 + k)/52, so that a target of 95 % is reached at

    first step with (47 + k)/52 ≥ 95/100:  k ≥ 52 × 95/100 − 47 = 2.4, hence k = 3 (50/52)

`Steps.step_at` works this out for any edge: the edge times the denominator (divided by 100 where
the metric is in percent) is the numerator that it asks for. The range of the metric bounds the
numerator in the same way, and a percentage never has more above than below, unless it may exceed
100 %.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from cchc_rules.base import number
from cchc_rules.base.state import Absent, State
from cchc_rules.rules.model import Metric
from cchc_rules.scoring.scoring import Scoring
from cchc_rules.submissions import binding
from cchc_rules.submissions.submission import Entry, Figure

Written: TypeAlias = Fraction | bool | date | str
"""What is written for a step: a number, yes or no, a day, a level.

Of a ratio the number is its numerator, of a list its length.
"""

DOUBTFUL_PLACES = 2
"""Places of a figure, at least, where what it is held against is not written out."""


class Counted(NamedTuple):
    """Figures that are counts, or counts over one other count: most of all figures.

    The figure of step k is (first + k) × times / over.
    """

    first: int
    """The count of step 0."""
    over: int
    """What it is divided by, 1 for a figure that is no ratio."""
    times: int
    """By what it is multiplied: 100 for a percentage, else 1."""


@dataclass(frozen=True, eq=False)
class Steps:
    """Every figure that a metric may take.

    Step 0 is what was submitted, the others lie so many steps above or below it. A metric that was
    not reported starts at the figure nearest to zero, or at the day of judgement.
    """

    metric: Metric
    reported: bool
    """Whether step 0 is what was submitted."""
    low: int | None
    """The last step down inside the metric's range, None where that has no end."""
    high: int | None
    """The last step up inside the metric's range, None where that has no end."""
    write: Callable[[int], Written]
    """What is written for a step."""
    entry: Callable[[int], Entry]
    """What a submission has for a step."""
    bind: Callable[[Entry], Figure | None] = field(repr=False)
    """From an entry to its figure, None where a submission would be refused with it."""
    start: Fraction = Fraction(0)
    """The number of step 0."""
    unit: Fraction = Fraction(1)
    """By how much the number grows with each step."""
    denominator: Fraction | None = None
    """What a ratio was given over, None for a figure that is no ratio."""
    counted: "Counted | None" = None
    """The whole numbers behind the figures, where all of them are counts."""

    def figure(self, step: int) -> Figure | None:
        """Return the figure of a step as a submission would have it.

        None where a submission would be refused with it.
        """
        if self.counted is not None:
            count = self.counted.first + step
            # Inside the range of the metric nothing but its length can be wrong with a count.
            if self._inside(step) and 0 <= count < number.LIMIT:
                return count * self.counted.times, self.counted.over
        return self.bind(self.entry(step))

    def _inside(self, step: int) -> bool:
        """Whether a step lies in the range of the metric."""
        if self.low is not None and step < self.low:
            return False
        return self.high is None or step <= self.high

    def step_at(self, figure: Fraction) -> int:
        """Return the first step whose figure is not below a given one.

        Args:
            figure: The figure as the metric has it: of a percentage, in percent.
        """
        if self.counted is not None:
            # figure × over / times − first, rounded up, in whole numbers.
            above = figure.numerator * self.counted.over
            below = figure.denominator * self.counted.times
            return -(-above // below) - self.counted.first
        wanted = figure
        if self.denominator is not None:
            wanted = figure * self.denominator / _times(self.metric)
        return number.ceiling((wanted - self.start) / self.unit).numerator


def steps_of(
    scoring: Scoring,
    name: str,
    edges: Iterable[Fraction | None],
) -> Steps | None:
    """Return the figures that a submitted metric may take, None where nobody can change it.

    Args:
        scoring: The scoring from which steps are counted.
        name: The id of the metric.
        edges: The numbers that rules hold it against, None for one that is not written out. A step
            is no coarser than any of them.

    >>> from cchc_rules import load_measurements, load_rules, score
    >>> rules = load_rules("cam-due-2023")
    >>> scoring = score(rules, load_measurements("examples/cam-due-2023.json", rules)).scoring
    >>> steps = steps_of(scoring, "officials_placed", [Fraction(100)])
    >>> steps.write(0), steps.denominator, steps.step_at(Fraction(100))
    (Fraction(7, 1), Fraction(11, 1), 4)
    """
    metric = scoring.rules.metrics[name]
    figure = scoring.figure(name)
    entry = scoring.entry(name)
    if not metric.submitted:
        return None
    if isinstance(figure, Absent):
        if figure.state is not State.MISSING:
            return None
        return _unreported(scoring, metric, edges)
    # The figure is there, so somebody submitted it or the period gives it.
    assert entry is not None
    if metric.type == "yes_no":
        return _switch(scoring, metric, entry.value is True)
    if metric.type == "level":
        return _levels(scoring, metric, figure[0], reported=True)
    if metric.type == "date":
        return _today(scoring, metric, figure[0])
    if entry.denominator is not None:
        return _ratio(scoring, metric, entry)
    # Of a list the number of different items counts, whatever it repeats.
    if metric.distinct:
        return _numbers(scoring, metric, Fraction(figure[0]), 0)
    # As fine as it was written, and fine enough to hit each edge.
    places = 0
    if not metric.whole:
        places = max(_places_written(entry.value), _finest(edges))
    return _numbers(scoring, metric, number.fraction(entry.value), places)


def _unreported(
    scoring: Scoring,
    metric: Metric,
    edges: Iterable[Fraction | None],
) -> Steps:
    """Return the figures of a metric that was not reported."""
    if metric.type == "yes_no":
        return _switch(scoring, metric, False, reported=False)
    if metric.type == "level":
        return _levels(scoring, metric, 0, reported=False)
    if metric.type == "date":
        return _days(scoring, metric)
    # Zero, or the figure in the range that is nearest to it.
    start = Fraction(0)
    if metric.range.low is not None:
        start = max(start, metric.range.low)
    if metric.range.high is not None:
        start = min(start, metric.range.high)
    places = 0
    if not metric.whole:
        places = _finest(edges)
    return _numbers(scoring, metric, start, places, reported=False)


def _switch(
    scoring: Scoring,
    metric: Metric,
    now: bool,
    *,
    reported: bool = True,
) -> Steps:
    """Return yes and no: the answer that stands, and one step up the other one."""

    def write(step: int) -> bool:
        if step == 0:
            return now
        return not now

    return Steps(
        metric,
        reported,
        0,
        1,
        write,
        lambda step: Entry(write(step)),
        _bind(scoring, metric),
    )


def _levels(
    scoring: Scoring,
    metric: Metric,
    now: int,
    *,
    reported: bool,
) -> Steps:
    """Return the levels of a metric, a step each, in the order in which they are declared."""

    def write(step: int) -> str:
        # A submission may name a level in either language.
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
    """Return a day that was reported and, after it, the day of judgement.

    What has gone by cannot be done on another day; it can only be done again, today.
    """
    # Step 0 and step 1.
    days = (date.fromordinal(now), scoring.as_of)
    # What was never done can still be done today.
    can_be_done_again = days[0] != days[1]
    return Steps(
        metric,
        True,
        0,
        int(can_be_done_again),
        lambda step: days[step],
        lambda step: Entry(days[step]),
        _bind(scoring, metric),
    )


def _days(scoring: Scoring, metric: Metric) -> Steps:
    """Return the days up to the day of judgement."""
    first, _ = scoring.rules.valid
    # What is reported has happened, so that no day lies beyond that of judgement.
    start = scoring.as_of
    if scoring.rules.window:
        first, last = scoring.rules.window
        start = min(start, last)

    def write(step: int) -> date:
        return date.fromordinal(start.toordinal() + step)

    return Steps(
        metric,
        False,
        min(0, (first - start).days),
        0,
        write,
        lambda step: Entry(write(step)),
        _bind(scoring, metric),
        Fraction(start.toordinal()),
    )


def _numbers(
    scoring: Scoring,
    metric: Metric,
    start: Fraction,
    places: int,
    *,
    reported: bool = True,
) -> Steps:
    """Return numbers from one on, in steps of its last place."""
    unit = _unit(places)
    write, written = _along(start, unit)
    low, high = _within(metric.range.low, metric.range.high, start, unit)
    counted = None
    if start.denominator == 1 and not places and metric.round is None:
        counted = Counted(start.numerator, 1, 1)
    return Steps(
        metric,
        reported,
        low,
        high,
        write,
        lambda step: Entry(written(step)),
        _bind(scoring, metric),
        start,
        unit,
        None,
        counted,
    )


def _ratio(scoring: Scoring, metric: Metric, entry: Entry) -> Steps:
    """Return ratios over the same denominator, the numerator in steps of the last place."""
    start = number.fraction(entry.numerator)
    denominator = number.fraction(entry.denominator)
    places = max(_places_written(entry.numerator), _places_written(entry.denominator))
    unit = _unit(places)
    write, written = _along(start, unit)
    least, most = _numerators(metric, denominator)
    low, high = _within(least, most, start, unit)

    def as_entry(step: int) -> Entry:
        return Entry(None, written(step), entry.denominator)

    # Counts over a count need no fractions; a metric that rounds does.
    counted = None
    both_whole = start.denominator == denominator.denominator == 1
    if both_whole and not places and metric.round is None:
        counted = Counted(start.numerator, denominator.numerator, _times(metric))
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
        denominator,
        counted,
    )


def _numerators(
    metric: Metric,
    denominator: Fraction,
) -> tuple[Fraction, Fraction | None]:
    """Return the least and the greatest numerator of a metric's range, None where it has no end."""
    # The range bounds the figure, which is numerator × times / denominator.
    times = _times(metric) * denominator.denominator

    def numerator_at(figure: Fraction) -> Fraction:
        # One fraction instead of the three that fractions would make on the way.
        return Fraction(
            figure.numerator * denominator.numerator, figure.denominator * times
        )

    least = Fraction(0)
    if metric.range.low:
        least = max(least, numerator_at(metric.range.low))
    most = None
    if metric.range.high is not None:
        most = numerator_at(metric.range.high)
    # Of 52 files no more than 52 can be on time.
    bounded = metric.type == "percent" and not metric.above_100
    if bounded and (most is None or most > denominator):
        most = denominator
    return least, most


def _along(
    start: Fraction,
    unit: Fraction,
) -> tuple[Callable[[int], Fraction], Callable[[int], int | Decimal]]:
    """Return what gives the number of a step, and what gives it as a submission has it.

    Whole numbers, the most frequent ones, need no fraction to be written.
    """

    if start.denominator == unit.denominator == unit.numerator == 1:
        first = start.numerator
        return lambda step: Fraction(first + step), lambda step: first + step

    def write(step: int) -> Fraction:
        return start + step * unit

    return write, lambda step: as_json(write(step))


@lru_cache(maxsize=64)
def _unit(places: int) -> Fraction:
    """Return one in the last of so many places; a figure has at most thirty."""
    return Fraction(1, 10**places)


def _bind(scoring: Scoring, metric: Metric) -> Callable[[Entry], Figure | None]:
    """Return what makes an entry a figure, the same as for whole submissions."""
    binders: list[Callable[[Entry], Figure | None]] = []

    def bind(entry: Entry) -> Figure | None:
        # Counts inside their range, most of all figures, never come here.
        if not binders:
            binders.append(binding.binder(metric, scoring.rules, scoring.as_of))
        return binders[0](entry)

    return bind


def _times(metric: Metric) -> int:
    """Return by what a quotient is multiplied to give the metric's figure."""
    if metric.type == "percent":
        return 100
    return 1


def _within(
    least: Fraction | None,
    most: Fraction | None,
    start: Fraction,
    unit: Fraction,
) -> tuple[int | None, int | None]:
    """Return the last steps down and up that lie between two numbers."""
    low = None
    high = None
    if start.denominator == unit.denominator == unit.numerator == 1:
        # Whole numbers, the most frequent ones, are rounded before the start is taken off.
        if least is not None:
            low = -(-least.numerator // least.denominator) - start.numerator
        if most is not None:
            high = most.numerator // most.denominator - start.numerator
        return low, high
    if least is not None:
        low = number.ceiling((least - start) / unit).numerator
    if most is not None:
        high = number.floor((most - start) / unit).numerator
    return low, high


def as_json(value: Fraction) -> int | Decimal:
    """Return a number as a submission has it: whole, or a Decimal with the digits it needs.

    >>> as_json(Fraction(12)), as_json(Fraction(49, 4))
    (12, Decimal('12.25'))
    """
    if value.denominator == 1:
        return value.numerator
    return Decimal(number.plain(value))


def _places_written(value: object) -> int:
    """Return the decimal places that a figure was written with."""
    if not isinstance(value, Decimal):
        return 0
    exponent = value.as_tuple().exponent
    # What is no number has a letter for an exponent; a figure that was read is one.
    if not isinstance(exponent, int):
        return 0
    # 1E+2 has an exponent above zero, and no places.
    return max(0, -exponent)


def _finest(edges: Iterable[Fraction | None]) -> int:
    """Return the places of the edge that has most, of those that end."""
    return max(map(_places_of, edges), default=0)


def _places_of(edge: Fraction | None) -> int:
    """Return the decimal places of an edge; a third, or what is not written out, has none."""
    if edge is None:
        return DOUBTFUL_PLACES
    places = number.places(edge)
    if places is None:
        return DOUBTFUL_PLACES
    return places
