"""The reports of a province's units, a page each, beside its overview."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from cchc_rules.base.problem import SubmissionError
from cchc_rules.base.text import normal_name
from cchc_rules.report.heading import Document
from cchc_rules.report.report import Report
from cchc_rules.rules.model import RuleSet
from cchc_rules.tables.file_parts import Lone, parts
from cchc_rules.tables.peers import peers_of_file, with_peers
from cchc_rules.tables.score_table import one_by_one
from cchc_rules.tables.submission_columns import Layout, layout

WritePage: TypeAlias = Callable[[Report, Path], None]
"""Writes the page of a report into a file."""

PAGES = "units"
"""The folder of the pages, beside the overview."""


class Pages(NamedTuple):
    """How pages are made: by which rules, judged on which day, and what writes them."""

    rules: RuleSet
    as_of: date | None
    write: WritePage


def write_unit_pages(
    table: Path,
    units: Sequence[Document],
    folder: Path,
    pages: Pages,
) -> Iterator[tuple[int, str]]:
    """Write the report of every ranked unit that a table of submissions has.

    Arguments:
        table: The table, or the folder, from which the units were scored.
        units: The ranked units of the overview's document.
        folder: The folder of the overview, in which a folder of pages is made.
        pages: How pages are made.

    Yields the position of each unit among `units`, and the link to its page, as soon as it is
    written. Rows that are refused have no report, and units without a rank no page.
    """
    positions = {_unit_key(unit): position for position, unit in enumerate(units)}
    columns = layout(pages.rules)
    (folder / PAGES).mkdir(parents=True, exist_ok=True)
    for row in _rows(table, pages, columns):
        try:
            report = one_by_one(pages.rules, columns, row, pages.as_of)
        except SubmissionError:
            continue
        # A table may name the unit in another form than the submission that is made of its row; the
        # district stands in the table alone.
        unit: dict[str, Any] = {}
        if isinstance(row, Mapping):
            unit |= row
        unit["unit"] = report.scoring.measurements.unit
        position = positions.get(_unit_key(unit))
        if position is not None:
            # Numbers, not names: two units may have one name, and names may hold any letter.
            link = f"{PAGES}/{position + 1}.html"
            pages.write(report, folder / link)
            yield position, link


def _rows(table: Path, pages: Pages, columns: Layout) -> Iterator[Lone]:
    """Yield every row of a table that could be read, and every submission that stands alone."""
    peers = peers_of_file(table, pages.rules, columns, pages.as_of)
    for read in parts(table, columns):
        part = with_peers(read, peers)
        yield from part.frame.iter_rows(named=True)
        yield from (row for _, row in part.alone)


def _unit_key(unit: Mapping[str, Any]) -> tuple[str, str | None]:
    """Return what tells a unit apart, as text in normal form: a table may name it by a number."""
    name = normal_name(str(unit["unit"]))
    district = unit.get("district")
    if district is None:
        return name, None
    return name, normal_name(str(district)) or None
