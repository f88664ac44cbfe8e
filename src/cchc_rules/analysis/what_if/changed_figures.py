"""Figures that are tried in place of those that were submitted: from words to what stands in a
submission.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from cchc_rules.base import number
from cchc_rules.base.problem import Problem, SubmissionError, nearest, quoted
from cchc_rules.rules.model import Metric, RuleSet
from cchc_rules.submissions.binding import variant
from cchc_rules.submissions.submission import Measurements, same_item

MISSING = "missing"
WORDS = {
    "true": True,
    "có": True,
    "yes": True,
    "false": False,
    "không": False,
    "no": False,
}


def tried(
    measurements: Measurements,
    rules: RuleSet,
    settings: Iterable[str],
    *,
    as_of: date | None = None,
) -> Measurements:
    """Return the submission with figures as `metric=value` says them: `share=97.5`, `share=48/52`,
    `issued=có`.

    A level is its text, a day is written as 2023-01-20, `missing` leaves the metric out, and a
    metric of listed items may be given as their number. Raises `SubmissionError` with every setting
    of a metric that is not there.
    """
    metrics = variant(measurements, rules, as_of or measurements.judged_at).metrics
    pairs = [setting.partition("=")[::2] for setting in settings]
    unknown = [name.strip() for name, _ in pairs if name.strip() not in metrics]
    if unknown:
        raise SubmissionError(_unknown(name, metrics) for name in unknown)
    figures = {
        name.strip(): _figure(text.strip(), metrics[name.strip()], measurements)
        for name, text in pairs
    }
    return measurements.changed(figures) if figures else measurements


def _unknown(name: str, metrics: Mapping[str, Metric]) -> Problem:
    places = {"name": quoted(name), "nearest": nearest(name, metrics)}
    return Problem("unknown-metric", ("measurements", quoted(name)), places)


def _figure(text: str, metric: Metric, measurements: Measurements) -> Any:
    if text == MISSING:
        return None
    if metric.type == "yes_no":
        return WORDS.get(text.casefold(), text)
    if not metric.numeric:
        return text
    above, line, below = text.partition("/")
    if line:
        return {"numerator": _number(above), "denominator": _number(below)}
    if metric.distinct:
        return _items(text, metric, measurements)
    return _number(text)


def _number(text: str) -> Any:
    """Return a number as JSON has it; what is none stays a text, and is refused as one."""
    try:
        number.parse(text.strip())
    except number.NotANumberError:
        return text
    return Decimal(text.strip()) if "." in text else int(text)


def _items(text: str, metric: Metric, measurements: Measurements) -> Any:
    """Return as many items as are asked for: those that were submitted, then numbered ones."""
    entry = measurements.entries.get(metric.id)
    count = _number(text)
    if not isinstance(count, int) or not 0 <= count <= MOST_ITEMS:
        return text
    return {"items": listed(entry.items if entry and entry.items else (), count)}


MOST_ITEMS = 10**5
"""No more items are made up for a number of them."""


def listed(items: Sequence[str], count: int) -> list[str]:
    """Return so many different items: the first of those that are there, then numbered ones."""
    kept = {same_item(item): item for item in reversed(items)}
    found = [kept.pop(key) for key in dict.fromkeys(map(same_item, items))][:count]
    more = (f"+{place}" for place in range(1, 2 * count + 1))
    taken = {*map(same_item, found)}
    return [*found, *[item for item in more if item not in taken][: count - len(found)]]
