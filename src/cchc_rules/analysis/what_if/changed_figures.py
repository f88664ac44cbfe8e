"""Figures that are tried in place of those that were submitted: from words to what stands in a
submission.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any

from cchc_rules.base import number, written_values
from cchc_rules.base.problem import Problem, SubmissionError, nearest, quoted
from cchc_rules.rules.model import Metric, RuleSet
from cchc_rules.submissions import typed_cells
from cchc_rules.submissions.binding import variant
from cchc_rules.submissions.submission import Measurements, same_item

MISSING = "missing"
"""What leaves a metric out, in place of a figure."""


def tried(
    measurements: Measurements,
    rules: RuleSet,
    settings: Iterable[str],
    *,
    as_of: date | None = None,
) -> Measurements:
    """Return the submission with figures as `metric=value` says them.

    Args:
        measurements: The submission as it is.
        rules: The rule set.
        settings: A number is written as 97.5 or as 48/52, an answer as có or yes, a level as its
            text, a day as 2023-01-20 or 20/01/2023;
            `missing` leaves the metric out, and a metric of listed items
            may be given as their number.
        as_of: The day of judgement, where it is another than the submission's.

    Raises:
        SubmissionError: With every setting of a metric that is not there.

    >>> from cchc_rules import load_measurements, load_rules
    >>> rules = load_rules("cam-due-2023")
    >>> figures = load_measurements("examples/cam-due-2023.json", rules)
    >>> changed = tried(figures, rules, ["officials_placed=8/11"])
    >>> changed.entries["officials_placed"].numerator
    8
    """
    day = as_of or measurements.judged_at
    # The metrics are those of the submission's kind of unit on that day.
    metrics = variant(measurements, rules, day).metrics
    figures: dict[str, Any] = {}
    problems: list[Problem] = []
    for setting in settings:
        name, _, text = setting.partition("=")
        name = name.strip()
        if name in metrics:
            figures[name] = _figure(text.strip(), metrics[name], measurements)
        else:
            problems.append(_unknown(name, metrics))
    if problems:
        raise SubmissionError(problems)
    # A submission that is not changed is still that of its file.
    if not figures:
        return measurements
    return measurements.changed(figures)


def _unknown(name: str, metrics: Mapping[str, Metric]) -> Problem:
    arguments = {"name": quoted(name), "nearest": nearest(name, metrics)}
    return Problem("unknown-metric", ("measurements", quoted(name)), arguments)


def _figure(text: str, metric: Metric, measurements: Measurements) -> Any:
    """Return what a submission in JSON says for a text; what cannot be read stays a text.

    Nothing is refused here: whoever scores the submission says what is wrong, in the words that
    are used for any other.
    """
    if text == MISSING:
        return None
    if metric.type == "yes_no":
        return written_values.yes_no(text)
    if metric.type == "date":
        typed = written_values.day_or_never(text)
        # To try what it would cost, nobody has to say why it was not done.
        if typed == {"never": ""}:
            return {"never": text}
        return typed
    if not metric.numeric:
        return text
    numerator, fraction_line, denominator = text.partition("/")
    if fraction_line:
        return {"numerator": _number(numerator), "denominator": _number(denominator)}
    if metric.distinct:
        return _items(text, metric, measurements)
    if metric.whole:
        # For a count 1.250 can only be a thousand and more, as people type it.
        return typed_cells.number(text, typed_cells.allowed_by(metric))
    return _number(text, percent=metric.type == "percent")


def _number(text: str, *, percent: bool = False) -> Any:
    """Return a number as JSON has it, or as people type it; what is none stays a text.

    A decimal point is one here, even in 1.125: plans and gains print figures so.
    """
    stripped = text.strip()
    try:
        number.parse(stripped)
    except number.NotANumberError:
        return typed_cells.number(text, typed_cells.Allowed(percent=percent))
    if "." in text:
        return Decimal(stripped)
    return int(text)


def _items(text: str, metric: Metric, measurements: Measurements) -> Any:
    """Return as many items as are asked for: those that were submitted, then numbered ones."""
    count = _number(text)
    if not isinstance(count, int) or not 0 <= count <= MOST_ITEMS:
        return text
    entry = measurements.entries.get(metric.id)
    submitted: Sequence[str] = ()
    if entry and entry.items:
        submitted = entry.items
    return {"items": listed(submitted, count)}


MOST_ITEMS = 10**5
"""No more items than this are made up for a number of them: a slip of the keyboard must not fill
the memory.
"""


def listed(items: Sequence[str], count: int) -> list[str]:
    """Return so many different items: the first of those that are there, then numbered ones.

    >>> listed(["Plan", "plan", "Budget"], 3)
    ['Plan', 'Budget', '+1']
    """
    # Upper and lower case are the same item; the way it was written first stays.
    different: dict[str, str] = {}
    for item in items:
        different.setdefault(same_item(item), item)
    kept = dict(islice(different.items(), count))
    # At most `count` of the numbered ones are there already, so twice as many are enough.
    numbered = (f"+{number_}" for number_ in range(1, 2 * count + 1))
    added = (item for item in numbered if item not in kept)
    lacking = count - len(kept)
    return [*kept.values(), *islice(added, lacking)]
