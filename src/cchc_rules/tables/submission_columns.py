"""The columns of a table of submissions: their names, what each says, and the submission that one
row makes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

from cchc_rules.base import written_values
from cchc_rules.base.problem import (
    Problem,
    RulesError,
    SubmissionError,
    bounded,
    nearest,
    quoted,
)
from cchc_rules.rules.model import Metric, RuleSet
from cchc_rules.submissions import typed_cells
from cchc_rules.submissions.binding import takes_points

Row: TypeAlias = Mapping[str, Any]

ENVELOPE = ("unit", "district", "unit_kind", "period", "as_of", "note")
"""Columns that say of whom and when a row speaks; the district is for rankings, and scores nothing."""

NUMBER = "row"
"""The column in which results number the rows; none of a table's own may be called so."""

PARTS = (
    "value",
    "numerator",
    "denominator",
    "items",
    "not_applicable",
    "waived",
    "evidence",
)


class Column(NamedTuple):
    """What a column says: of the submission, of a metric, of a rule's points, or that a block is
    absent.
    """

    kind: str
    id: str
    part: str


class Unread(NamedTuple):
    """What stands in place of a cell that cannot be read; its row is refused for it."""

    problem: Problem


@dataclass(frozen=True)
class Layout:
    """The columns that a rule set's tables may have, by name."""

    rules: RuleSet
    columns: Mapping[str, Column]

    def known(self, names: Iterable[str]) -> None:
        """Refuse a table with a column that means nothing here: a figure must not be lost in
        silence.
        """
        problems = [
            self._unknown(name, position)
            for position, name in enumerate(names, 1)
            if name not in self.columns
        ]
        if problems:
            raise SubmissionError(bounded(problems))

    def _unknown(self, name: str, position: int) -> Problem:
        if not name.strip():
            return Problem("column-unnamed", (), {"column": str(position)})
        arguments = {"name": quoted(name), "nearest": nearest(name, self.columns)}
        return Problem("unknown-column", (name,), arguments)

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
        found: dict[str, Metric] = {}
        for version in versions(self.rules):
            found = {**version.metrics, **found}
        return found

    def submission(self, row: Row) -> dict[str, Any]:
        """Return the submission that a row makes, as a mapping for `load_measurements`.

        Raises `SubmissionError` with every cell of it that cannot be read.
        """
        unread = [cell.problem for cell in row.values() if isinstance(cell, Unread)]
        if unread:
            raise SubmissionError(unread)
        found: dict[str, Any] = {"format": 1, "ruleset": self.rules.id}
        parts: dict[str, dict[str, dict[str, Any]]] = {
            "measurements": {},
            "points": {},
            "absent": {},
        }
        for name, value in row.items():
            column = self.columns.get(name)
            if column is None or blank(value):
                continue
            if name == "district":
                continue
            if column.kind == "envelope":
                found[column.id] = self._envelope(column.id, value)
            else:
                parts[column.kind].setdefault(column.id, {})[column.part] = self._given(
                    column, value
                )
        found["measurements"] = {
            id_: _entry(entry) for id_, entry in parts["measurements"].items()
        }
        found["points"] = parts["points"]
        found["absent"] = {id_: said["reason"] for id_, said in parts["absent"].items()}
        return found

    def _envelope(self, name: str, value: Any) -> Any:
        """Return what a cell says of the submission: a number that stands for a text, such as 2023,
        becomes one.
        """
        if isinstance(value, str):
            return written_values.day(value.strip()) if name == "as_of" else value
        return (
            str(value)
            if isinstance(value, int) and not isinstance(value, bool)
            else value
        )

    def column(self, path: Sequence[object]) -> str:
        """Return the column to which the path of a problem in a submission points."""
        words = [str(word) for word in path]
        if words[:1] != ["measurements"]:
            return ".".join(words)
        if len(words) == 1:
            return words[0]
        id_, *part = words[1:]
        return named(id_, "_".join(part) or "value")

    def _given(self, column: Column, value: Any) -> Any:
        """Return what a cell says; text is read as people type it."""
        if isinstance(value, float):
            return Decimal(repr(value))
        if isinstance(value, Decimal) and value.is_finite():
            return _without_zeros(value)
        if not isinstance(value, str):
            return value
        text = value.strip()
        if column.part == "value" and self._kind(column) == "number":
            metric = self._metrics.get(column.id)
            percent = metric is not None and metric.type == "percent"
            return typed_cells.number(text, typed_cells.Allowed(percent=percent))
        return _TYPED.get(self._kind(column), str)(text)

    def _kind(self, column: Column) -> str:
        """Return how a column's text is read."""
        if column.part != "value":
            return column.part
        metric = self._metrics.get(column.id)
        return "number" if metric is None or metric.numeric else metric.type


_TYPED: dict[str, Callable[[str], Any]] = {
    **dict.fromkeys(
        ("number", "numerator", "denominator", "points"), typed_cells.number
    ),
    **dict.fromkeys(("date", "waived_until"), written_values.day),
    "yes_no": written_values.yes_no,
    "items": typed_cells.items,
    "evidence": typed_cells.lines,
}


def layout(rules: RuleSet) -> Layout:
    """Return the columns of a rule set's tables, those of every kind of unit and every day among
    them.
    """
    found = {name: Column("envelope", name, name) for name in ENVELOPE}
    for version in versions(rules):
        for metric in version.metrics.values():
            found |= {
                named(metric.id, part): Column("measurements", metric.id, part)
                for part in _parts(metric)
            }
        for id_ in version.rules:
            if takes_points(version, id_):
                found |= {
                    f"points.{id_}.{part}": Column("points", id_, part)
                    for part in ("points", "reason", "evidence")
                }
        for group in version.groups.values():
            if group.optional:
                found[f"absent.{group.id}"] = Column("absent", group.id, "reason")
    return Layout(rules, found)


def heading(rules: RuleSet, kind: str | None = None) -> str:
    """Return the first line of a blank table, for one kind of unit or for all; a share has its two
    numbers.

    Raises `RulesError` where the rule set has no such kind.
    """
    if kind is not None and kind not in rules.kinds:
        places = {"name": quoted(kind), "nearest": nearest(kind, rules.kinds)}
        raise RulesError([Problem("unknown-kind", (), places)])
    found = layout(rules if kind is None else rules.kinds[kind]).columns
    shares = {column.id for column in found.values() if column.part == "numerator"}
    names = [
        name
        for name, column in found.items()
        if column.part != "value" or column.id not in shares
    ]
    return ",".join(names) + "\n"


def versions(rules: RuleSet) -> list[RuleSet]:
    """Return a rule set as it stands from each of its days on, and for each kind of unit."""
    stands = [rules, *rules.dated.values()]
    return [*stands, *(kind for stand in stands for kind in stand.kinds.values())]


def _parts(metric: Metric) -> Iterable[str]:
    if not metric.submitted:
        return ()
    first = (
        ("items",)
        if metric.distinct
        else ("value", "numerator", "denominator")
        if metric.ratio
        else ("value",)
    )
    return (*first, *WITHOUT, "evidence")


WITHOUT = ("not_applicable", "waived_by", "waived_why", "waived_until")
"""The columns that say why there is no figure."""


def named(id_: str, part: str) -> str:
    """Return the name of a metric's column; the value's is the metric's own where that is free."""
    return (
        id_ if part == "value" and id_ not in (*ENVELOPE, NUMBER) else f"{id_}.{part}"
    )


def _entry(given: dict[str, Any]) -> dict[str, Any]:
    waived = {
        part.removeprefix("waived_"): given.pop(part)
        for part in WITHOUT[1:]
        if part in given
    }
    figure = {} if given.keys() - {"evidence"} or waived else {"value": None}
    return {**figure, **given, **({"waived": waived} if waived else {})}


def _without_zeros(value: Decimal) -> int | Decimal:
    """Return a number as people write it: a column of decimals adds zeros to all of them."""
    if value == value.to_integral_value():
        return int(value)
    return Decimal(f"{value:f}".rstrip("0"))


def blank(value: Any) -> bool:
    """Whether a cell says nothing: null, or text without a letter."""
    return value is None or (isinstance(value, str) and not value.strip())
