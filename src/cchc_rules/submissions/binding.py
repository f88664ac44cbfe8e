"""A submission held against a rule set: each entry becomes its metric's exact figure, or a problem.

For each metric a function (`Bind`) is made once that turns an entry into the figure: the metric's
type, range and rounding are looked up once, and not again for every submission.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction
from functools import lru_cache
from pathlib import Path as FilePath
from typing import Any, TypeAlias

from cchc_rules.base import calendar, number
from cchc_rules.base.calendar import NEVER
from cchc_rules.base.messages import Day, Figures
from cchc_rules.base.number import Pair
from cchc_rules.base.problem import (
    Path,
    Problem,
    SubmissionError,
    nearest,
    path_text,
    quoted,
)
from cchc_rules.base.state import ZERO_DENOMINATOR, Absent, Reason, State
from cchc_rules.base.text import normal_text, text_key
from cchc_rules.rules.model import Metric, RuleSet
from cchc_rules.submissions import typed_cells
from cchc_rules.submissions.submission import (
    Bound,
    Entry,
    Figure,
    Given,
    Measurements,
    Reader,
    as_day,
    read,
    same_item,
)
from cchc_rules.submissions.typed_cells import TypedText


def load_measurements(
    source: str | FilePath | Mapping[str, Any],
    rules: RuleSet | None = None,
    *,
    as_of: date | str | None = None,
) -> Measurements:
    """Return the submission of a file or a mapping.

    Args:
        source: a JSON file, a filled form (`.xlsx`), or a mapping of ints, Decimals, dates, strings
            and bools; there are no floats.
        rules: the rule set. With it every figure is held against its metric at once; otherwise
            `score` does it.
        as_of: the day of judgement; by default the submission's own, else the end of its period.

    Raises:
        SubmissionError: with every problem, each with its path and what to do.

    >>> submission = load_measurements(
    ...     {"format": 1, "ruleset": "par", "unit": "Xã A", "period": "2023",
    ...      "measurements": {"late": {"numerator": 3, "denominator": 48}}}
    ... )
    >>> submission.unit, submission.entries["late"].numerator
    ('Xã A', 3)
    >>> load_measurements({"format": 1, "ruleset": "par", "unit": "Xã A", "period": "2023-13"})
    Traceback (most recent call last):
        ...
    cchc_rules.base.problem.SubmissionError: ...
    """
    day = judgement_day(as_of)
    reader = Reader()
    measurements = read(source, reader)
    bound = None
    if measurements is not None and rules is not None:
        bound = _bind(measurements, rules, day or measurements.judged_at, reader)
    if reader.problems or measurements is None:
        reader.refuse()
    if bound is None:
        return measurements
    return replace(measurements, bound=bound, entries=bound.entries)


def judgement_day(as_of: object) -> date | None:
    """Return the day of judgement that a caller gives: a `date`, ISO text, or a moment at midnight.

    None stays None. Raises `SubmissionError` for anything else.

    >>> judgement_day("2023-12-31")
    datetime.date(2023, 12, 31)
    """
    if as_of is None:
        return None
    day = calendar.day_of(as_of)
    if day is None:
        arguments = {"given": quoted(as_of)}
        raise SubmissionError([Problem("not-a-date", ("as_of",), arguments)])
    return day


def figures_of(
    measurements: Measurements, rules: RuleSet, as_of: date
) -> dict[str, Figure]:
    """Return the figure of every metric that a submission has one for, by the metric's id.

    Figures that were bound to the same rule set at the same day before are not bound again. Raises
    `SubmissionError` with everything that does not fit the rule set.

    >>> from cchc_rules import load_rules
    >>> submission = load_measurements({"format": 1, "ruleset": "cam-due-2023", "unit": "Xã A",
    ...     "period": "2023", "measurements": {"on_time": {"numerator": 47, "denominator": 52}}})
    >>> figures_of(submission, load_rules("cam-due-2023"), date(2023, 12, 31))
    {'on_time': (4700, 52)}
    """
    bound = measurements.bound
    # Rule sets are compared by identity: two that say the same may come from different files.
    if bound is not None and bound.rules is rules and bound.as_of == as_of:
        return bound.figures
    reader = Reader()
    figures = _bind(measurements, rules, as_of, reader).figures
    if reader.problems:
        reader.refuse()
    return figures


Bind: TypeAlias = Callable[[Entry, Reader], "Figure | None"]
"""Turns an entry into the figure of its metric, or leaves a problem and returns None."""


def _bind(
    measurements: Measurements, rules: RuleSet, as_of: date, reader: Reader
) -> Bound:
    """Return the figure of every submitted metric; say what does not fit the rule set."""
    reader.as_of = as_of
    active = _envelope(measurements, rules, reader)
    binders = _binders(active)
    figures: dict[str, Figure] = {}
    entries = decided(measurements.entries, active)
    for id_ in measurements.changes:
        # A metric that a trial leaves out has no entry, so a misspelt one would not be noticed
        # below.
        if id_ not in binders and id_ not in measurements.entries:
            _unknown_metric(active, id_, reader)
    for id_, entry in entries.items():
        bind = binders.get(id_)
        if bind is None:
            _unknown_metric(active, id_, reader)
        elif entry.never is not None and active.metrics[id_].type != "date":
            metric_type = active.metrics[id_].type
            reader.fault("never-not-a-date", "measurements", id_, type=metric_type)
        elif entry.not_applicable is None and entry.waived is None:
            figure = bind(entry, reader)
            # None: a problem was noted, and the submission will be refused.
            if figure is not None:
                figures[id_] = figure
        else:
            figures[id_] = _absence(entry, as_of)
    figures |= _of_the_period(measurements, active, reader)
    return Bound(rules, as_of, figures, entries)


def decided(entries: Mapping[str, Entry], rules: RuleSet) -> Mapping[str, Entry]:
    """Return the entries with numbers where their metrics decide what a typed text means.

    >>> from cchc_rules import load_rules
    >>> typed = {"on_time": Entry(numerator=900, denominator=TypedText("1.902"))}
    >>> decided(typed, load_rules("cam-due-2023"))["on_time"].denominator
    Decimal('1902')
    """
    # JSON has numbers: only what was typed into cells may need a decision.
    if not any(map(_is_typed, entries.values())):
        return entries
    with_numbers = dict(entries)
    for id_, entry in entries.items():
        metric = rules.metrics.get(id_)
        if metric is not None and metric.numeric and _is_typed(entry):
            with_numbers[id_] = _decided_entry(entry, metric)
    return with_numbers


def _is_typed(entry: Entry) -> bool:
    figures = (entry.value, entry.numerator, entry.denominator)
    return TypedText in map(type, figures)


def _decided_entry(entry: Entry, metric: Metric) -> Entry:
    if isinstance(entry.value, TypedText):
        allowed = typed_cells.allowed_by(metric)
        value = typed_cells.number(entry.value, allowed)
        return entry._replace(value=value)
    at_most_one = metric.type == "percent" and not metric.above_100
    numerator, denominator = typed_cells.share(
        entry.numerator, entry.denominator, at_most_one=at_most_one
    )
    return entry._replace(numerator=numerator, denominator=denominator)


def _of_the_period(
    measurements: Measurements, rules: RuleSet, reader: Reader
) -> dict[str, Figure]:
    """Return the figures that the period gives; a period that is not of whole months gives none."""
    wanted = [
        metric.id for metric in rules.metrics.values() if metric.from_period is not None
    ]
    # A period that could not be read is a problem already.
    period_is_known = measurements.span != (date.min, date.max)
    if not wanted or not period_is_known:
        return {}
    months = calendar.whole_months(*measurements.span)
    if months is None:
        arguments = {"given": quoted(measurements.period), "name": wanted[0]}
        reader.fault("period-not-months", "period", **arguments)
        return {}
    return dict.fromkeys(wanted, (months, 1))


def _absence(entry: Entry, as_of: date) -> Absent:
    """Return what an entry without a figure says: it does not apply, is waived, or was."""
    waiver = entry.waived
    if waiver is None:
        why = entry.not_applicable or ""
        return Absent(State.NOT_APPLICABLE, Reason.NOT_APPLICABLE, why)
    # The waiver still holds on its last day.
    if as_of > waiver.until:
        last_day = waiver.until.isoformat()
        return Absent(State.MISSING, Reason.WAIVER_ENDED, last_day)
    return Absent(State.WAIVED, Reason.WAIVED, waiver.why)


def _unknown_metric(rules: RuleSet, id_: str, reader: Reader) -> None:
    """Say why nobody may submit a metric: it is derived, of the period, or not declared."""
    path = ("measurements", id_)
    metric = rules.metrics.get(id_)
    if metric is None:
        near = nearest(id_, rules.metrics)
        reader.fault(
            "unknown-metric",
            *path,
            name=quoted(id_),
            nearest=near,
        )
    elif metric.from_period is not None:
        reader.fault("period-metric", *path, name=id_)
    else:
        formula = metric.formula or path_text(("metric", id_, "table"))
        reader.fault(
            "derived-metric",
            *path,
            name=id_,
            formula=formula,
        )


def variant(measurements: Measurements, rules: RuleSet, as_of: date) -> RuleSet:
    """Return the rule set as it stands on a day for the submission's kind of unit.

    A kind that the rule set does not name is a problem of its own; then the plain rules hold.
    """
    current = rules
    if rules.dated:
        current = rules.at(as_of)
    if not measurements.unit_kind:
        return current
    return current.kinds.get(measurements.unit_kind, current)


def _envelope(measurements: Measurements, rules: RuleSet, reader: Reader) -> RuleSet:
    """Hold everything but the figures against the rule set.

    Returns the rule set as it stands for the day and the unit's kind. What is empty because its
    form was wrong has been reported already, and is passed over.
    """
    ruleset = measurements.ruleset
    form_version = reader.form_version
    if ruleset and not rules.reads_submissions_for(ruleset):
        given = quoted(ruleset)
        reader.fault(
            "other-ruleset",
            "ruleset",
            given=given,
            wanted=rules.id,
        )
    # A form has the rows of its version: what was added since then, nobody was asked for.
    elif form_version and ruleset == rules.id and form_version != rules.version:
        given = quoted(form_version)
        reader.fault(
            "form-version",
            "version",
            given=given,
            wanted=rules.version,
        )
    kind = measurements.unit_kind
    kinds = rules.at(reader.as_of).kinds
    if kind and kind not in kinds:
        near = nearest(kind, kinds)
        reader.fault(
            "unknown-kind",
            "unit_kind",
            name=quoted(kind),
            nearest=near,
        )
    first, last = rules.valid
    begins, ends = measurements.span
    period_is_known = measurements.span != (date.min, date.max)
    lies_in_validity = first <= begins and ends <= last
    if period_is_known and not lies_in_validity:
        reader.fault(
            "other-period",
            "period",
            given=quoted(measurements.period),
            first=Day(first.isoformat()),
            last=Day(last.isoformat()),
        )
    active = variant(measurements, rules, reader.as_of)
    _names_known(measurements, active, reader)
    return active


def _names_known(measurements: Measurements, rules: RuleSet, reader: Reader) -> None:
    """Say which groups, rules and tracks of a submission the rule set does not know."""
    for id_ in measurements.absent:
        path = ("absent", id_)
        if id_ not in rules.groups:
            near = nearest(id_, rules.groups)
            reader.fault(
                "unknown-group",
                *path,
                name=quoted(id_),
                nearest=near,
            )
        elif not rules.groups[id_].optional:
            reader.fault("group-not-optional", *path, name=id_)
    _points_known(measurements.points, rules, reader, "points")
    for track, points in measurements.tracks.items():
        path = ("tracks", track)
        if track not in rules.tracks:
            near = nearest(track, rules.tracks)
            reader.fault(
                "unknown-track",
                *path,
                name=quoted(track),
                nearest=near,
            )
        _points_known(points, rules, reader, *path)


def _points_known(
    points: Mapping[str, Given], rules: RuleSet, reader: Reader, *path: str
) -> None:
    """Say which points go to no rule, to one that takes none, or beyond what it can have."""
    for id_, given in points.items():
        rule = rules.rules.get(id_)
        if rule is None:
            near = nearest(id_, rules.rules)
            name = quoted(id_)
            reader.fault(
                "unknown-rule",
                *path,
                id_,
                name=name,
                nearest=near,
            )
            continue
        value = Fraction(*given.points)
        if not rule.lowest <= value <= rule.weight:
            arguments = {
                "points": Figures(number.plain(value)),
                "lowest": Figures(number.plain(rule.lowest)),
                "weight": Figures(number.plain(rule.weight)),
            }
            reader.fault(
                "points-out-of-range",
                *path,
                id_,
                "points",
                **arguments,
            )
        # An appraisal may give points to any rule, the unit itself only where the rules ask for
        # them.
        if path == ("points",) and not takes_points(rules, id_):
            reader.fault(
                "points-not-asked",
                *path,
                id_,
                name=id_,
            )


def takes_points(rules: RuleSet, id_: str) -> bool:
    """Whether people give a rule points, always or in some state.

    >>> from cchc_rules import load_rules
    >>> takes_points(load_rules("cam-due-2023"), "on-time")
    False
    """
    rule = rules.rules[id_]
    return rule.deduction.by_hand or "manual" in rule.absence.values()


# Cache size for rule sets in use at once; each kind and each date of one counts as another.
@lru_cache(maxsize=64)
def _binders(rules: RuleSet) -> dict[str, Bind]:
    """Return what turns an entry into its figure, for each metric that is submitted."""
    return {
        metric.id: _binder(metric, rules)
        for metric in rules.metrics.values()
        if metric.submitted
    }


def binder(
    metric: Metric, rules: RuleSet, as_of: date
) -> Callable[[Entry], Figure | None]:
    """Return what gives the figure of an entry of one metric, None where it would be refused.

    Args:
        metric: the metric; for one that counts items, an entry's value is the count.
        rules: the rule set for the kind of unit and the day.
        as_of: the day of judgement, after which no date may lie.

    >>> from cchc_rules import load_rules
    >>> rules = load_rules("cam-due-2023")
    >>> figure = binder(rules.metrics["on_time"], rules, date(2023, 12, 31))
    >>> figure(Entry(numerator=47, denominator=52)), figure(Entry(numerator=53, denominator=52))
    ((4700, 52), None)
    """
    reader = Reader()
    bind = _single_binders(rules)[metric.id]
    reader.as_of = as_of

    def figure(entry: Entry) -> Figure | None:
        bound_figure = bind(entry, reader)
        # One reader serves thousands of trials, and nobody asks what was wrong with them.
        reader.problems.clear()
        return bound_figure

    return figure


@lru_cache(maxsize=64)
def _single_binders(rules: RuleSet) -> dict[str, Bind]:
    """Return the binders of single values: a metric that counts items takes the count instead."""
    submitted = [metric for metric in rules.metrics.values() if metric.submitted]
    counted = [replace(metric, distinct=False) for metric in submitted]
    return {metric.id: _binder(metric, rules) for metric in counted}


def _binder(metric: Metric, rules: RuleSet) -> Bind:
    if metric.numeric:
        return _number_binder(metric)
    if metric.type == "yes_no":
        return _yes_no_binder(metric)
    if metric.type == "date":
        return _date_binder(metric, rules)
    return _level_binder(metric)


def _number_binder(metric: Metric) -> Bind:
    """Return the binder of a number: read, held to its range, rounded, in this order.

    A share of 2/3 in percent, with `round = 1`, is 200/3 and then 667/10.
    """
    single = _single_binder(metric)
    if metric.distinct:
        single = _items_binder(metric)
    ratio = _ratio_binder(metric)
    held = _range_holder(metric)
    places = metric.round

    def bind(entry: Entry, reader: Reader) -> Figure | None:
        if entry.denominator is None:
            figure = single(entry, reader)
        else:
            figure = ratio(entry, reader)
        # Asking for the class is faster than `isinstance`.
        if figure.__class__ is not tuple:
            return figure
        if not held(figure, reader):  # type: ignore[arg-type]
            return None
        if places is None:
            return figure
        return _rounded(figure, places)  # type: ignore[arg-type]

    return bind


def _rounded(figure: Pair, places: int) -> Pair:
    numerator, denominator = figure
    unit = 10**places
    return number.half_up(numerator * unit, denominator), unit


def _range_holder(metric: Metric) -> Callable[[Pair, Reader], bool]:
    """Return the test whether a figure lies in the metric's range; it says so where it does not."""
    low = metric.range.low
    high = metric.range.high
    # Whole numbers are compared crosswise: to make a `Fraction` of every figure would take longer.
    # n/d ≥ low_n/low_d where n × low_d ≥ low_n × d, denominators being above zero.
    low_n, low_d = _edge(low)
    high_n, high_d = _edge(high)

    def held(figure: Pair, reader: Reader) -> bool:
        n, d = figure
        reaches_low = low_n is None or n * low_d >= low_n * d
        if reaches_low and (high_n is None or n * high_d <= high_n * d):
            return True
        reader.fault(
            "out-of-range",
            "measurements",
            metric.id,
            given=_shown(figure),
            least=_edge_text(low, "–∞"),
            most=_edge_text(high, "∞"),
        )
        return False

    return held


def _edge_text(edge: Fraction | None, endless: str) -> str:
    if edge is None:
        return endless
    return Figures(number.plain(edge))


def _edge(edge: Fraction | None) -> tuple[int | None, int]:
    """Return the numerator and denominator of an end of a range, no numerator where it has none."""
    if edge is None:
        return None, 1
    return edge.numerator, edge.denominator


def _single_binder(metric: Metric) -> Bind:
    """Return the binder of a figure that is written as one number."""
    path = ("measurements", metric.id)
    whole = metric.whole
    allowed = typed_cells.allowed_by(metric)

    def bind(entry: Entry, reader: Reader) -> Figure | None:
        if entry.items is not None:
            reader.fault(
                "items-not-asked",
                *path,
                "items",
                name=metric.id,
            )
            return None
        value = entry.value
        # Nearly all figures are plain counts; those need no more tests.
        if value.__class__ is int and -1 < value < number.LIMIT:
            return value, 1
        figure = reader.exact(value, *path, allowed=allowed)
        if figure is None or not whole:
            return figure
        numerator, denominator = figure
        # 12.0 is a whole number, however it is written.
        if numerator % denominator:
            reader.fault("not-whole", *path, given=quoted(value))
            return None
        return figure

    return bind


def _items_binder(metric: Metric) -> Bind:
    """Return the binder of a metric that counts items, each once."""
    path = ("measurements", metric.id)

    def bind(entry: Entry, reader: Reader) -> Figure | None:
        if entry.items is None:
            reader.fault("items-asked", *path, name=metric.id)
            return None
        distinct_items = {*map(same_item, entry.items)}
        return len(distinct_items), 1

    return bind


def _ratio_binder(metric: Metric) -> Bind:
    """Return the binder of a figure that is written as numerator and denominator."""
    percent = metric.type == "percent"
    bounded = percent and not metric.above_100
    # 47 of 52 is 47/52, and of a percentage 100 × 47/52.
    times = 1
    if percent:
        times = 100
    path: Path = ("measurements", metric.id)

    def bind(entry: Entry, reader: Reader) -> Figure | None:
        if metric.ratio is None:
            reader.fault("ratio-not-asked", *path, name=metric.id)
            return None
        n = entry.numerator
        d = entry.denominator
        # Nearly all shares are a count and another that it is part of; those need no more tests.
        both_whole = n.__class__ is int and d.__class__ is int
        if both_whole and 0 <= n <= d < number.LIMIT and d:  # type: ignore[operator]
            return n * times, d  # type: ignore[operator,return-value]
        above = reader.exact(n, *path, "numerator")
        below = reader.exact(d, *path, "denominator")
        if above is None or below is None:
            return None
        # What is taken from all units is no count: the mean of figures below zero lies there, too.
        if metric.peers is not None and above[0] < 0:
            fault = _ratio_fault((-above[0], above[1]), below, bounded=False)
        else:
            fault = _ratio_fault(above, below, bounded)
        if fault:
            arguments = {"numerator": _shown(above), "denominator": _shown(below)}
            reader.fault(fault, *path, **arguments)
            return None
        # Nothing of nothing: there was nothing to measure, so the metric does not apply.
        if not below[0]:
            return ZERO_DENOMINATOR
        # (a/b) / (c/d) = a × d / (b × c)
        return above[0] * below[1] * times, above[1] * below[0]

    return bind


def _ratio_fault(above: Pair, below: Pair, bounded: bool) -> str:
    """Return the code of what is wrong with a share, empty when nothing is.

    Fractions are compared crosswise, without a division: a/b > c/d where a·d > c·b.
    """
    if above[0] < 0 or below[0] < 0:
        return "negative-count"
    if above[0] and not below[0]:
        return "numerator-over-zero"
    if bounded and above[0] * below[1] > below[0] * above[1]:
        return "numerator-above-denominator"
    return ""


def _shown(pair: Pair) -> str:
    return Figures(number.shown(Fraction(*pair)))


def _plain_value(metric: Metric, entry: Entry, reader: Reader) -> bool:
    """Whether the entry gives a single value; say so when it does not."""
    if entry.denominator is None and entry.items is None:
        return True
    path = ("measurements", metric.id)
    reader.fault(
        "value-asked",
        *path,
        name=metric.id,
        type=metric.type,
    )
    return False


def _yes_no_binder(metric: Metric) -> Bind:
    """Return the binder of yes, which is 1, and no, which is 0."""
    path = ("measurements", metric.id)

    def bind(entry: Entry, reader: Reader) -> Figure | None:
        # By identity: 1 is equal to true, and is no answer.
        if entry.value is True:
            return 1, 1
        if entry.value is False:
            return 0, 1
        if _plain_value(metric, entry, reader):
            reader.fault("not-yes-no", *path, given=quoted(entry.value))
        return None

    return bind


def _date_binder(metric: Metric, rules: RuleSet) -> Bind:
    """Return the binder of a date, whose figure is the number of its day."""
    path = ("measurements", metric.id)
    window = rules.window

    def bind(entry: Entry, reader: Reader) -> Figure | None:
        if not _plain_value(metric, entry, reader):
            return None
        day = as_day(entry.value)
        if day is None:
            reader.fault("not-a-date", *path, given=quoted(entry.value))
            return None
        # It lies in no window, and can be reported on any day.
        if entry.never is not None:
            return NEVER.toordinal(), 1
        # A date outside the window is most likely a typing slip, such as 2203 for 2023.
        if window and not window[0] <= day <= window[1]:
            first, last = (Day(edge.isoformat()) for edge in window)
            reader.fault(
                "date-outside-window",
                *path,
                given=Day(day.isoformat()),
                first=first,
                last=last,
            )
            return None
        # What has not happened by the day of judgement cannot be reported.
        if day > reader.as_of:
            reader.fault(
                "date-after-as-of",
                *path,
                given=Day(day.isoformat()),
                as_of=Day(reader.as_of.isoformat()),
            )
            return None
        return day.toordinal(), 1

    return bind


def _level_binder(metric: Metric) -> Bind:
    """Return the binder of a level, whose figure is its position, the best being 0."""
    path: Path = ("measurements", metric.id)
    # In either language, whatever the case. No word means two levels: the rule set was checked.
    positions: dict[str, int] = {}
    for position, level in enumerate(metric.levels):
        for words in (level.vi, level.en):
            positions[text_key(words)] = position

    def bind(entry: Entry, reader: Reader) -> Figure | None:
        if not _plain_value(metric, entry, reader):
            return None
        words = ""
        if isinstance(entry.value, str):
            words = normal_text(entry.value)
        position = positions.get(text_key(words))
        if position is not None:
            return position, 1
        allowed = ", ".join(f"“{level.vi}”" for level in metric.levels)
        near = nearest(words, [level.vi for level in metric.levels])
        reader.fault(
            "unknown-level",
            *path,
            given=quoted(entry.value),
            allowed=allowed,
            nearest=near,
        )
        return None

    return bind
