"""Reads a filled form: a workbook in, the content of a submission out, and for each part of it the
cell it stood in.

It knows no rule set: the form says of each row what it holds. What does not fit is found when the
content is read as any submission is.
"""

import hashlib
from collections.abc import Iterator
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

SUFFIXES = (".xlsx", ".xlsm")
"""How the names of files end that are read as forms."""

Row = dict[str, Cell]


class Form(NamedTuple):
    """A filled form as read: what a JSON submission would hold, the cell of each path, the rule
    set's version.
    """

    content: dict[str, Any]
    cells: dict[Path, str]
    version: str
    problems: list[Problem]
    sha256: str


def read(path: FilePath) -> Form:
    """Return what a filled form holds; raise `SubmissionError` where the file is no form at all."""
    data = bytes_of(path)
    found = tables(data, readable_name(path))
    names = {table.name for table in found}
    if not {"head", "figures"} <= names:
        raise SubmissionError(
            [
                Problem(
                    "form-unknown", (), {"path": quoted(path, 200)}, readable_name(path)
                )
            ]
        )
    return _Reader(readable_name(path)).form(found, hashlib.sha256(data).hexdigest())


class _Reader:
    def __init__(self, file: str) -> None:
        self.file = file
        self.cells: dict[Path, str] = {}
        self.problems: list[Problem] = []

    def form(self, found: list[Table], digest: str) -> Form:
        head = self.head(
            [row for table in found if table.name == "head" for row in table.rows]
        )
        version = str(head.pop("version", ""))
        content: dict[str, Any] = {
            "format": 1,
            **head,
            "measurements": {},
            "points": {},
            "absent": {},
            "tracks": {},
        }
        readers = {
            "figures": self.figures,
            "points": self.points,
            "absent": self.absent,
            "tracks": self.tracks,
        }
        for table in found:
            if table.name in readers:
                readers[table.name](
                    table.rows, content[_KEYS.get(table.name, table.name)]
                )
        return Form(content, self.cells, version, self.problems, digest)

    def fault(self, code: str, cell: Cell, *path: str, **places: str) -> None:
        if len(self.problems) <= MOST_PROBLEMS:
            self.problems.append(
                Problem(code, path, places, f"{self.file}:{cell.address}", in_cell=True)
            )

    # Rows

    def rows(
        self, rows: list[Row], inputs: tuple[str, ...], *path: str
    ) -> Iterator[tuple[str, Row]]:
        """Yield each row that holds something, by its id; what stands beside no id, or twice, is a
        problem.
        """
        seen: dict[str, str] = {}
        for row in rows:
            given = {
                key: row[key] for key in inputs if key in row and self.holds(row[key])
            }
            id_ = row["id"].value
            if not isinstance(id_, str):
                for cell in list(given.values())[:1]:
                    self.fault("form-no-id", cell, *path, given=quoted(cell.value))
                continue
            if id_ in seen:
                self.fault(
                    "form-id-twice",
                    row["id"],
                    *path,
                    quoted(id_),
                    name=quoted(id_),
                    first=seen[id_],
                )
                continue
            seen[id_] = row["id"].address
            if given:
                self.place(given, *path, id_)
                yield (
                    id_,
                    {
                        **given,
                        "id": row["id"],
                        **({"type": row["type"]} if "type" in row else {}),
                    },
                )

    def holds(self, cell: Cell) -> bool:
        """Whether a cell holds something that counts; a formula and a merge over rows do not, and
        are problems.
        """
        if cell.value is None:
            return False
        if cell.fault:
            self.fault(cell.fault, cell, given=quoted(cell.value))
        return not cell.fault

    def place(self, given: Row, *path: str) -> None:
        self.cells.setdefault(path, next(iter(given.values())).address)
        for key, cell in given.items():
            self.cells[*path, _KEYS.get(key, key)] = cell.address
        for key in ("by", "why", "until"):
            if key in given:
                self.cells[*path, "waived", key] = given[key].address
                self.cells.setdefault((*path, "waived"), given[key].address)

    # Tables

    def head(self, rows: list[Row]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for row in rows:  # empty ones too: a problem says which cell is to be filled in
            if "value" in row and isinstance(row["id"].value, str):
                self.cells[row["id"].value,] = row["value"].address
        for id_, row in self.rows(rows, ("value",)):
            found[id_] = day(row["value"]) if id_ == "as_of" else text(row["value"])
        if isinstance(found.get("unit_kind"), str):
            found["unit_kind"] = found["unit_kind"].partition(" – ")[0].strip()
        return found

    def figures(self, rows: list[Row], into: dict[str, Any]) -> None:
        for id_, row in self.rows(rows, _FIGURES, "measurements"):
            into[id_] = self.entry(row, "measurements", id_)

    def entry(self, row: Row, *path: str) -> dict[str, Any]:
        kind = row["type"].value if "type" in row else None
        entry: dict[str, Any] = {"value": None}
        for key in ("numerator", "denominator"):
            if key in row:
                entry[key] = self.number(row[key], "count", *path)
        if "value" in row:
            entry["value"] = self.value(row["value"], kind, *path)
        if "items" in row:
            entry["items"] = (
                [] if row["items"].value in (0, "0") else lines(row["items"])
            )
        for key in ("not_applicable", "note"):
            if key in row:
                entry[key] = text(row[key])
        if row.keys() & {"by", "why", "until"}:
            readers = {"by": text, "why": text, "until": day}
            entry["waived"] = {
                key: read(row[key]) for key, read in readers.items() if key in row
            }
        return entry | self.evidence(row, *path)

    def value(self, cell: Cell, kind: object, *path: str) -> object:
        """Return a figure as its metric's type reads it; what the type cannot read stays as it is."""
        if kind == "date":
            return day(cell)
        if kind == "level":
            return cell.value
        if kind != "yes_no":
            return self.number(cell, kind, *path)
        if isinstance(cell.value, str):
            return written_values.yes_no(cell.value)
        return cell.value

    def number(self, cell: Cell, kind: object, *path: str) -> object:
        """Return the exact number of a cell: of one shown in percent, what it shows."""
        signed = isinstance(cell.value, str) and cell.value.endswith("%")
        if (cell.percent or signed) and kind != "percent":
            self.fault("form-percent", cell, *path, given=quoted(cell.value))
            return 0
        if isinstance(cell.value, str):
            allowed = typed_cells.Allowed(percent=kind == "percent")
            return typed_cells.number(cell.value, allowed)
        return cell.shown

    def evidence(self, row: Row, *path: str) -> dict[str, Any]:
        """Return the documents of a row, a line each, with the dates beside them."""
        names = lines(row["documents"]) if "documents" in row else []
        days = dates(row["dates"]) if "dates" in row else []
        if len(days) > len(names):
            self.fault(
                "form-dates",
                row["dates"],
                *path,
                dates=Figures(len(days)),
                documents=Figures(len(names)),
            )
        for at in range(len(days)):
            self.cells[*path, "evidence", at, "date"] = row["dates"].address
        days += [None] * len(names)
        found = [
            {"document": name, "date": on} if on else name
            for name, on in zip(names, days, strict=False)
        ]
        return {"evidence": found} if found else {}

    def points(self, rows: list[Row], into: dict[str, Any], *path: str) -> None:
        path = path or ("points",)
        for id_, row in self.rows(rows, _POINTS, *path):
            points = (
                {"points": self.number(row["points"], "count", *path, id_)}
                if "points" in row
                else {}
            )
            reason = {"reason": text(row["reason"])} if "reason" in row else {}
            into[id_] = points | reason | self.evidence(row, *path, id_)

    def absent(self, rows: list[Row], into: dict[str, Any]) -> None:
        for id_, row in self.rows(rows, ("reason",), "absent"):
            self.cells["absent", id_] = row["reason"].address
            into[id_] = text(row["reason"])

    def tracks(self, rows: list[Row], into: dict[str, Any]) -> None:
        by_track: dict[str, list[Row]] = {}
        for row in rows:
            track = row["track"].value if "track" in row else None
            by_track.setdefault(str(track), []).append(row)
        for track, own in by_track.items():
            found: dict[str, Any] = {}
            self.points(own, found, "tracks", track)
            if found:
                into[track] = found


_KEYS = {"figures": "measurements", "documents": "evidence"}
_FIGURES = (
    "value", "numerator", "denominator", "items", "not_applicable", "by", "why", "until", "documents", "dates", "note",
)  # fmt: skip
_POINTS = ("points", "reason", "documents", "dates")


def text(cell: Cell) -> object:
    """Return a cell's text; a number that stands for a text, such as the period 2023, becomes one."""
    return (
        str(cell.value)
        if isinstance(cell.value, int) and not isinstance(cell.value, bool)
        else cell.value
    )


def lines(cell: Cell) -> list[Any]:
    """Return the lines of a cell that hold something."""
    if not isinstance(cell.value, str):
        return [text(cell)]
    return [*typed_cells.lines(cell.value)]


def day(cell: Cell) -> object:
    """Return a cell's day: a date cell, or `31/12/2023` or `2023-12-31` as text; anything else as
    it is.
    """
    return written_values.day(cell.value) if isinstance(cell.value, str) else cell.value


def dates(cell: Cell) -> list[Any]:
    """Return the days of a cell, a line each; a dash is none."""
    if not isinstance(cell.value, str):
        return [cell.value]
    found = [line.strip() for line in cell.value.split("\n")]
    return [
        None if line in ("", "-", "–") else written_values.day(line) for line in found
    ]
