"""The columns of a table of submissions: their names, and what each says.

A `Layout` also makes the submission of one row, for rows that are scored by themselves. So a row

    unit   period   on_time.numerator   on_time.denominator   feedback.not_applicable
    Xã A   2023     97,5                100                   nobody wrote

becomes what a file of one submission would say:

    {"unit": "Xã A", "period": "2023", "measurements": {
        "on_time": {"numerator": 97.5, "denominator": 100},
        "feedback": {"not_applicable": "nobody wrote"}}}
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

from cchc_rules.base import number, written_values
from cchc_rules.base.problem import (
    Problem,
    RulesError,
    SubmissionError,
    nearest,
    quoted,
)
from cchc_rules.base.text import text_key
from cchc_rules.rules.model import Metric, RuleSet
from cchc_rules.submissions import typed_cells
from cchc_rules.submissions.binding import takes_points
from cchc_rules.tables.headings import (
    Choices,
    Headings,
    titles_of_envelope,
    titles_of_metric,
)

Row: TypeAlias = Mapping[str, Any]

ENVELOPE = ("unit", "district", "unit_kind", "period", "as_of", "note")
"""Columns that say of whom and when a row speaks.

The district is for rankings, and scores nothing.
"""

MOST_PLACES = 2 * number.DIGITS
"""A number further from one than so many places is not brought into the form people write."""

NUMBER = "row"
"""The column in which results number the rows; none of a table's own may be called so."""


class Column(NamedTuple):
    """What a column says."""

    kind: str
    """What it speaks of: `envelope`, `measurements`, `points` or `absent`."""
    id: str
    """The metric, rule or group there; of the envelope the column's own name."""
    part: str
    """What it says of that, such as `numerator`."""


class Unread(NamedTuple):
    """What stands in place of a cell that cannot be read; its row is refused for it."""

    problem: Problem


@dataclass(frozen=True)
class Layout:
    """The columns that a rule set's tables may have, by name."""

    rules: RuleSet
    columns: Mapping[str, Column]
    choices: Choices
    """What somebody says of the headings of the tables that are read."""

    @cached_property
    def headings(self) -> Headings:
        """What leads from the headings of a table to its columns."""
        titles: dict[str, dict[str, None]] = {}
        for title, name in titles_of_envelope():
            titles.setdefault(text_key(title), {})[name] = None
        for version in versions(self.rules):
            for metric in version.metrics.values():
                for title, part in titles_of_metric(metric):
                    name = named(metric.id, part)
                    # A derived metric has a title, and no column.
                    if name in self.columns:
                        titles.setdefault(text_key(title), {})[name] = None
        return Headings(self.columns, titles, self.choices)

    def counts_percent(self, name: str) -> bool:
        """Whether a column holds percentages, so that a percent cell is what it shows."""
        column = self.columns.get(name)
        if column is None or column.part != "value":
            return False
        metric = self._metrics.get(column.id)
        return metric is not None and metric.type == "percent"

    def takes_lists(self, name: str) -> bool:
        """Whether a column may hold lists of texts."""
        column = self.columns.get(name)
        return column is not None and column.part in ("items", "evidence")

    @cached_property
    def _metrics(self) -> Mapping[str, Metric]:
        """The metrics of every kind of unit and every day; where they differ, the first."""
        metrics: dict[str, Metric] = {}
        for version in versions(self.rules):
            # What is known already stands on the right, and wins. Only how text is read depends on
            # it; the metric itself is that of the row's own version.
            metrics = {**version.metrics, **metrics}
        return metrics

    def submission(self, row: Row) -> dict[str, Any]:
        """Return the submission that a row makes, as a mapping for `load_measurements`.

        Arguments:
            row: The cells of a row, by the names of their columns. Empty ones say nothing, and the
                district is for rankings only.

        Raises `SubmissionError` with every cell of it that cannot be read.
        """
        unread = [cell.problem for cell in row.values() if isinstance(cell, Unread)]
        if unread:
            raise SubmissionError(unread)
        submission: dict[str, Any] = {"format": 1, "ruleset": self.rules.id}
        parts: dict[str, dict[str, dict[str, Any]]] = {
            "measurements": {},
            "points": {},
            "absent": {},
        }
        for name, value in row.items():
            column = self.columns.get(name)
            # The number of the row is among its cells, and has no column here.
            if column is None or blank(value) or name == "district":
                continue
            if column.kind == "envelope":
                submission[column.id] = self._envelope(column.id, value)
            else:
                entry = parts[column.kind].setdefault(column.id, {})
                entry[column.part] = self._given(column, value)
        measurements = {}
        for id_, cells in parts["measurements"].items():
            measurements[id_] = _entry(cells)
        absent = {}
        for id_, cells in parts["absent"].items():
            absent[id_] = cells["reason"]
        submission["measurements"] = measurements
        submission["points"] = parts["points"]
        submission["absent"] = absent
        return submission

    def _envelope(self, name: str, value: Any) -> Any:
        """Return what a cell says of the submission.

        A number that stands for a text, such as the period 2023, becomes one.
        """
        if isinstance(value, str) and name == "as_of":
            return written_values.day(value.strip())
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        return value

    def column(self, path: Sequence[object]) -> str:
        """Return the column to which the path of a problem in a submission points.

        A table of errors names columns, which people see, where a submission has keys.
        """
        words = [str(word) for word in path]
        name = ".".join(words)
        if words[:1] == ["measurements"] and len(words) > 1:
            id_, *part = words[1:]
            name = named(id_, "_".join(part) or "value")
        # People look for it under the heading that they gave it.
        return self.headings.heading(name)

    def _given(self, column: Column, value: Any) -> Any:
        """Return what a cell says; text is read as people type it."""
        if isinstance(value, float):
            # The shortest decimal that reads back as the same float is what was typed once.
            return Decimal(repr(value))
        if isinstance(value, Decimal) and value.is_finite():
            return _without_zeros(value)
        if not isinstance(value, str):
            return value
        text = value.strip()
        # A percentage may be typed with its sign, 97 %; nothing else may.
        if column.part == "value" and self._kind(column) == "number":
            metric = self._metrics.get(column.id)
            percent = metric is not None and metric.type == "percent"
            allowed = typed_cells.Allowed(percent=percent)
            return typed_cells.number(text, allowed)
        read_text = _TYPED.get(self._kind(column), str)
        return read_text(text)

    def _kind(self, column: Column) -> str:
        """Return how a column's text is read."""
        if column.part != "value":
            return column.part
        metric = self._metrics.get(column.id)
        if metric is None or metric.numeric:
            return "number"
        return metric.type


_TYPED: dict[str, Callable[[str], Any]] = {
    **dict.fromkeys(
        ("number", "numerator", "denominator", "points"),
        typed_cells.number,
    ),
    "date": written_values.day_or_never,
    "waived_until": written_values.day,
    "yes_no": written_values.yes_no,
    "items": typed_cells.items,
    "evidence": typed_cells.lines,
}


def layout(rules: RuleSet, choices: Choices = Choices()) -> Layout:  # noqa: B008 - it never changes
    """Return the columns that tables of a rule set may have.

    Those of every kind of unit and every day are among them: rows of one table may differ in both.

    Args:
        rules: The rule set.
        choices: What somebody says of the headings of the tables that are read.

    >>> from cchc_rules import load_rules
    >>> columns = layout(load_rules("cam-due-2023")).columns
    >>> columns["on_time.numerator"]
    Column(kind='measurements', id='on_time', part='numerator')
    """
    columns = {name: Column("envelope", name, name) for name in ENVELOPE}
    for version in versions(rules):
        for metric in version.metrics.values():
            for part in _parts(metric):
                name = named(metric.id, part)
                columns[name] = Column("measurements", metric.id, part)
        for id_ in version.rules:
            if takes_points(version, id_):
                for part in ("points", "reason", "evidence"):
                    columns[f"points.{id_}.{part}"] = Column("points", id_, part)
        for group in version.groups.values():
            if group.optional:
                columns[f"absent.{group.id}"] = Column("absent", group.id, "reason")
    return Layout(rules, columns, choices)


def heading(rules: RuleSet, kind: str | None = None) -> str:
    """Return the first line of a blank table, for one kind of unit or for all.

    A share has columns for its two numbers only: a percentage that somebody has worked out and
    rounded already would not be exact. Why a day never came stands in the column of the day.

    Arguments:
        rules: The rule set.
        kind: The id of a kind of unit, whose columns alone are wanted.

    Raises `RulesError` where the rule set has no such kind.
    """
    if kind is not None:
        if kind not in rules.kinds:
            arguments = {"name": quoted(kind), "nearest": nearest(kind, rules.kinds)}
            raise RulesError([Problem("unknown-kind", (), arguments)])
        rules = rules.kinds[kind]
    columns = layout(rules).columns
    shares = {column.id for column in columns.values() if column.part == "numerator"}
    names = [
        name
        for name, column in columns.items()
        if column.part != "never"
        and (column.part != "value" or column.id not in shares)
    ]
    return ",".join(names) + "\n"


def versions(rules: RuleSet) -> list[RuleSet]:
    """Return a rule set as it stands from each of its days on, and for each kind of unit.

    The rule set itself comes first, then those of later days, then those of kinds of unit.
    """
    dated = [rules, *rules.dated.values()]
    of_kinds: list[RuleSet] = []
    for version in dated:
        of_kinds += version.kinds.values()
    return [*dated, *of_kinds]


def _parts(metric: Metric) -> Iterable[str]:
    """Return what columns may say of a metric; nothing of one that is not submitted."""
    if not metric.submitted:
        return ()
    figure: tuple[str, ...] = ("value",)
    if metric.type == "date":
        figure = ("value", "never")
    elif metric.distinct:
        figure = ("items",)
    elif metric.ratio:
        figure = ("value", "numerator", "denominator")
    return (*figure, *WITHOUT, "evidence")


WITHOUT = ("not_applicable", "waived_by", "waived_why", "waived_until")
"""The columns that say why there is no figure."""


def named(id_: str, part: str) -> str:
    """Return the name of a metric's column; the value's is the metric's own where that is free.

    >>> named("on_time", "value"), named("on_time", "evidence"), named("unit", "value")
    ('on_time', 'on_time.evidence', 'unit.value')
    """
    if part == "value" and id_ not in (*ENVELOPE, NUMBER):
        return id_
    return f"{id_}.{part}"


def _entry(cells: dict[str, Any]) -> dict[str, Any]:
    """Return the entry of a metric, made of what its columns say; a waiver has three of them."""
    waiver = {}
    for part in WITHOUT[1:]:
        if part in cells:
            waiver[part.removeprefix("waived_")] = cells.pop(part)
    entry: dict[str, Any] = {}
    # Evidence alone says that the figure is missing.
    if not waiver and not cells.keys() - {"evidence"}:
        entry["value"] = None
    entry |= cells
    # Text in a column of days may say that the day never came, and why.
    if isinstance(entry.get("value"), dict):
        entry |= entry.pop("value")
    if waiver:
        entry["waived"] = waiver
    return entry


def _without_zeros(value: Decimal) -> int | Decimal:
    """Return a number as people write it: a column of decimals adds zeros to all of them.

    >>> _without_zeros(Decimal("97.50")), _without_zeros(Decimal("98.00"))
    (Decimal('97.5'), 98)
    """
    # One of a billion digits is refused by whoever reads it; written out it would never end.
    if abs(value.adjusted()) > MOST_PLACES:
        return value
    if value == value.to_integral_value():
        return int(value)
    return Decimal(f"{value:f}".rstrip("0"))


def blank(value: Any) -> bool:
    """Whether a cell says nothing: null, or text without a letter.

    >>> blank(" "), blank(0)
    (True, False)
    """
    if value is None:
        return True
    return isinstance(value, str) and not value.strip()
