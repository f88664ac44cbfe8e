"""Reads a filled form: a workbook in, the content of a submission out, and the cell of each part.

It knows no rule set: the form says of each row what it holds. What does not fit is found when the
content is read as any submission is.
"""

import hashlib
from collections.abc import Callable, Iterator
from itertools import zip_longest
from pathlib import Path as FilePath
from typing import Any, NamedTuple

from cchc_rules.base import written_values
from cchc_rules.base.messages import Figures
from cchc_rules.base.problem import (
    MOST_PROBLEMS,
    Path,
    Problem,
    SubmissionError,
    quoted,
)
from cchc_rules.base.text import readable_name
from cchc_rules.submissions import typed_cells
from cchc_rules.submissions.worksheets import Cell, Table, bytes_of, tables

Row = dict[str, Cell]
"""The cells of a row by the names of their columns."""


class Form(NamedTuple):
    """A filled form as it was read."""

    content: dict[str, Any]
    """What a JSON submission would hold."""
    cells: dict[Path, str]
    """The address of each part of the content, as `sheet!A1`, by its path."""
    version: str
    """The version of the rule set that the form was made for."""
    problems: list[Problem]
    """What is wrong with single cells."""
    sha256: str
    """The hash of the file."""


def read(path: FilePath) -> Form:
    """Return what a filled form holds.

    What is wrong with a cell is among the form's problems. Raises `SubmissionError` where the file
    cannot be read, or is no form at all.
    """
    name = readable_name(path)
    data = bytes_of(path)
    form_tables = tables(data, name)
    table_names = {table.name for table in form_tables}
    if not {"head", "figures"} <= table_names:
        arguments = {"path": quoted(path, 200)}
        raise SubmissionError([Problem("form-unknown", (), arguments, name)])
    digest = hashlib.sha256(data).hexdigest()
    return _Reader(name).form(form_tables, digest)


# The columns of a form that people fill in. The others describe a row; only its id and the type of
# its metric are read.
_FIGURE_COLUMNS = (
    "value",
    "numerator",
    "denominator",
    "items",
    "not_applicable",
    "by",
    "why",
    "until",
    "documents",
    "dates",
    "note",
)
_POINTS_COLUMNS = ("points", "reason", "documents", "dates")
_DESCRIBING: tuple[str, ...] = ("id", "type")
_WAIVER_COLUMNS = ("by", "why", "until")

# What a submission calls the tables and columns of a form that have another name there.
_KEYS = {"figures": "measurements", "documents": "evidence"}


class _Reader:
    """Turns the tables of a form into the content of a submission, and collects what is wrong."""

    def __init__(self, file: str) -> None:
        self.file = file
        # The address of each part of the submission, by its path there.
        self.cells: dict[Path, str] = {}
        self.problems: list[Problem] = []

    def form(self, form_tables: list[Table], digest: str) -> Form:
        """Return the form that its tables make up; a table of another name is passed over."""
        head_rows: list[Row] = []
        for table in form_tables:
            if table.name == "head":
                head_rows += table.rows
        head = self.head(head_rows)
        # Not a key of submissions, but needed to recognise an old form.
        version = str(head.pop("version", ""))
        content: dict[str, Any] = {
            "format": 1,
            **head,
            "measurements": {},
            "points": {},
            "absent": {},
            "tracks": {},
        }
        readers: dict[str, Callable[[list[Row], dict[str, Any]], None]] = {
            "figures": self.figures,
            "points": self.points,
            "absent": self.absent,
            "tracks": self.tracks,
        }
        # A table may come in several parts.
        for table in form_tables:
            read_rows = readers.get(table.name)
            if read_rows is not None:
                key = _KEYS.get(table.name, table.name)
                read_rows(table.rows, content[key])
        return Form(content, self.cells, version, self.problems, digest)

    def fault(self, code: str, cell: Cell, *path: str, **arguments: str) -> None:
        """Note a problem of a cell, unless there are more already than will be reported."""
        if len(self.problems) > MOST_PROBLEMS:
            return
        place = f"{self.file}:{cell.address}"
        problem = Problem(code, path, arguments, place, in_cell=True)
        self.problems.append(problem)

    # Rows

    def rows(
        self, rows: list[Row], inputs: tuple[str, ...], *path: str
    ) -> Iterator[tuple[str, Row]]:
        """Yield each row that holds something, by its id: the cells filled in, and what describes
        them.

        What stands beside no id, or beside one that stood before, is a problem.

        Args:
            rows: the rows of a table.
            inputs: the columns that people fill in.
            path: where in a submission the rows belong.
        """
        # The address of each id that stood before.
        first_cells: dict[str, str] = {}
        for row in rows:
            given = {key: row[key] for key in inputs if key in row}
            filled_in = {key: cell for key, cell in given.items() if self.holds(cell)}
            id_cell = row["id"]
            id_ = id_cell.value
            if not isinstance(id_, str):
                # Rows in which nothing was filled in are no fault; one problem a row is enough.
                for cell in list(filled_in.values())[:1]:
                    self.fault(
                        "form-no-id",
                        cell,
                        *path,
                        given=quoted(cell.value),
                    )
                continue
            if id_ in first_cells:
                name = quoted(id_)
                arguments = {"name": name, "first": first_cells[id_]}
                self.fault(
                    "form-id-twice",
                    id_cell,
                    *path,
                    name,
                    **arguments,
                )
                continue
            first_cells[id_] = id_cell.address
            if filled_in:
                self.note_cells(filled_in, *path, id_)
                described = {key: row[key] for key in _DESCRIBING if key in row}
                yield id_, {**filled_in, **described}

    def holds(self, cell: Cell) -> bool:
        """Whether a cell holds something that counts.

        A formula, an error and a cell under a merge do not count, and are problems.
        """
        if cell.value is None:
            return False
        if cell.fault:
            self.fault(cell.fault, cell, given=quoted(cell.value))
        return not cell.fault

    def note_cells(self, row: Row, *path: str) -> None:
        """Note where each part of a row stands, so that problems can name its cell.

        A part of several cells, such as an entry or a waiver, stands where its first cell does.
        """
        first_cell = next(iter(row.values()))
        self.cells.setdefault(path, first_cell.address)
        for key, cell in row.items():
            submission_key = _KEYS.get(key, key)
            self.cells[*path, submission_key] = cell.address
        waiver_path = (*path, "waived")
        for key in _WAIVER_COLUMNS:
            if key in row:
                address = row[key].address
                self.cells[*waiver_path, key] = address
                self.cells.setdefault(waiver_path, address)

    # Tables

    def head(self, rows: list[Row]) -> dict[str, Any]:
        """Return what the head says: the unit, the period and so on, each by its key."""
        for row in rows:  # empty ones too: a problem says which cell is to be filled in
            id_ = row["id"].value
            if "value" in row and isinstance(id_, str):
                self.cells[id_,] = row["value"].address
        head: dict[str, Any] = {}
        for key, row in self.rows(rows, ("value",)):
            cell = row["value"]
            self.cells[key,] = cell.address
            if key == "as_of":
                head[key] = day(cell)
            else:
                head[key] = text(cell)
        unit_kind = head.get("unit_kind")
        if isinstance(unit_kind, str):
            # The form offers kinds as `mountain – Miền núi`.
            head["unit_kind"] = unit_kind.partition(" – ")[0].strip()
        return head

    def figures(self, rows: list[Row], measurements: dict[str, Any]) -> None:
        for id_, row in self.rows(rows, _FIGURE_COLUMNS, "measurements"):
            measurements[id_] = self.entry(row, "measurements", id_)

    def entry(self, row: Row, *path: str) -> dict[str, Any]:
        """Return what a row says of a metric, in the keys of a JSON submission."""
        metric_type = None
        if "type" in row:
            metric_type = row["type"].value
        # Stays null where the row has only evidence or a note: the figure is then missing.
        entry: dict[str, Any] = {"value": None}
        for key in ("numerator", "denominator"):
            # Both sides of a share are counts, whatever the share itself is.
            if key in row:
                entry[key] = self.number(row[key], "count", *path)
        if "value" in row:
            value = self.value(row["value"], metric_type, *path)
            # A day that never came says so itself, with the reason behind the word.
            if isinstance(value, dict):
                del entry["value"]
                entry |= value
                self.cells[*path, "never"] = row["value"].address
            else:
                entry["value"] = value
        if "items" in row:
            entry["items"] = items(row["items"])
        for key in ("not_applicable", "note"):
            if key in row:
                entry[key] = text(row[key])
        readers = {"by": text, "why": text, "until": day}
        waiver = {key: readers[key](row[key]) for key in _WAIVER_COLUMNS if key in row}
        if waiver:
            entry["waived"] = waiver
        return entry | self.evidence(row, *path)

    def value(self, cell: Cell, metric_type: object, *path: str) -> object:
        """Return a figure as its metric's type reads it, else as it stands in the cell."""
        if metric_type == "date":
            return day_or_never(cell)
        if metric_type == "level":
            return cell.value
        if metric_type != "yes_no":
            return self.number(cell, metric_type, *path)
        if isinstance(cell.value, str):
            return written_values.yes_no(cell.value)
        return cell.value

    def number(self, cell: Cell, metric_type: object, *path: str) -> object:
        """Return the exact number of a cell: of one shown in percent, what it shows."""
        value = cell.value
        is_percentage = metric_type == "percent"
        has_sign = isinstance(value, str) and value.endswith("%")
        if (cell.percent or has_sign) and not is_percentage:
            self.fault(
                "form-percent",
                cell,
                *path,
                given=quoted(value),
            )
            return (
                0  # the form is refused; a number in its place brings no second problem
            )
        if isinstance(value, str):
            # The range of the metric is not known here: a text with two readings stays a text.
            allowed = typed_cells.Allowed(percent=is_percentage)
            return typed_cells.number(value, allowed)
        return cell.shown

    def evidence(self, row: Row, *path: str) -> dict[str, Any]:
        """Return the documents of a row, a line each, with the dates beside them."""
        names: list[Any] = []
        days: list[Any] = []
        if "documents" in row:
            names = lines(row["documents"])
        if "dates" in row:
            days = dates(row["dates"])
        if len(days) > len(names):
            counts = {"dates": Figures(len(days)), "documents": Figures(len(names))}
            self.fault(
                "form-dates",
                row["dates"],
                *path,
                **counts,
            )
        # All dates stand in one cell.
        for position in range(len(days)):
            date_path: Path = (*path, "evidence", position, "date")
            self.cells[date_path] = row["dates"].address
        documents: list[Any] = []
        # The last documents may have no date.
        for name, dated in zip_longest(names, days[: len(names)]):
            if dated:
                documents.append({"document": name, "date": dated})
            else:
                documents.append(name)
        if not documents:
            return {}
        return {"evidence": documents}

    def points(self, rows: list[Row], points: dict[str, Any], *path: str) -> None:
        """Read points that people give, into `points` by the ids of their rules.

        `path` is where they belong in a submission: that of a track, else `points` itself.
        """
        path = path or ("points",)
        for id_, row in self.rows(rows, _POINTS_COLUMNS, *path):
            entry: dict[str, Any] = {}
            rule_path = (*path, id_)
            if "points" in row:
                entry["points"] = self.number(row["points"], "count", *rule_path)
            if "reason" in row:
                entry["reason"] = text(row["reason"])
            points[id_] = entry | self.evidence(row, *rule_path)

    def absent(self, rows: list[Row], absent: dict[str, Any]) -> None:
        """Read the groups that the unit does not have, each with the reason."""
        for id_, row in self.rows(rows, ("reason",), "absent"):
            cell = row["reason"]
            self.cells["absent", id_] = cell.address
            absent[id_] = text(cell)

    def tracks(self, rows: list[Row], tracks: dict[str, Any]) -> None:
        """Read the points of other columns, such as those of an appraisal."""
        # One table holds the rows of all tracks, and an id may stand in it once for each.
        rows_by_track: dict[str, list[Row]] = {}
        for row in rows:
            track = None
            if "track" in row:
                track = row["track"].value
            rows_of_track = rows_by_track.setdefault(str(track), [])
            rows_of_track.append(row)
        for track, rows_of_track in rows_by_track.items():
            points: dict[str, Any] = {}
            self.points(rows_of_track, points, "tracks", track)
            if points:
                tracks[track] = points


# Cells


def text(cell: Cell) -> object:
    """Return a cell's text, also of a number that stands for one, such as the period 2023.

    Anything else comes back as it is, and is refused as no text.

    >>> text(Cell(2023, "Form!B3"))
    '2023'
    """
    value = cell.value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value


def lines(cell: Cell) -> list[Any]:
    """Return the lines of a cell that hold something.

    >>> lines(Cell("Báo cáo 12/BC\\nBáo cáo 40/BC\\n", "Form!G9"))
    ['Báo cáo 12/BC', 'Báo cáo 40/BC']
    """
    if not isinstance(cell.value, str):
        return [text(cell)]
    return [*typed_cells.lines(cell.value)]


def items(cell: Cell) -> list[Any]:
    """Return the items of a cell, a line each; a zero says that there are none."""
    # An empty cell does not say so: it may just not be filled in yet.
    if cell.value in (0, "0"):
        return []
    return lines(cell)


def day(cell: Cell) -> object:
    """Return a cell's day: a date cell, or `31/12/2023` or `2023-12-31` as text.

    Anything else comes back as it is, and is refused as no day.

    >>> day(Cell("31/12/2023", "Form!C7"))
    datetime.date(2023, 12, 31)
    """
    if isinstance(cell.value, str):
        return written_values.day(cell.value)
    return cell.value


def day_or_never(cell: Cell) -> object:
    """Return a cell's day as `day` does, or what a submission says where it never came.

    >>> day_or_never(Cell("chưa có: HĐND chưa họp", "Form!C7"))
    {'never': 'HĐND chưa họp'}
    """
    if isinstance(cell.value, str):
        return written_values.day_or_never(cell.value)
    return cell.value


def dates(cell: Cell) -> list[Any]:
    """Return the days of a cell, a line each; a dash is none.

    >>> dates(Cell("20/01/2023\\n-", "Form!H9"))
    [datetime.date(2023, 1, 20), None]
    """
    if not isinstance(cell.value, str):
        return [cell.value]
    dates_of_lines: list[Any] = []
    # Every line counts, empty ones too: it belongs to the document on the same line beside it.
    for line in cell.value.split("\n"):
        written = line.strip()
        if written in ("", "-", "–"):
            dates_of_lines.append(None)
        else:
            dates_of_lines.append(written_values.day(written))
    return dates_of_lines
