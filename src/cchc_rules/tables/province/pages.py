"""The reports of a province's units, a page each, beside its overview."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from cchc_rules.base.problem import SubmissionError
from cchc_rules.report.heading import Document
from cchc_rules.report.report import Report
from cchc_rules.rules.model import RuleSet
from cchc_rules.tables.file_parts import Lone, parts
from cchc_rules.tables.score_table import one_by_one
from cchc_rules.tables.submission_columns import Layout, layout

Write: TypeAlias = Callable[[Report, Path], None]
"""Writes the page of a report into a file."""

PAGES = "units"


class Pages(NamedTuple):
    """How pages are made: by which rules, judged on which day, and what writes them."""

    rules: RuleSet
    as_of: date | None
    write: Write


def reports(
    table: Path, units: Sequence[Document], folder: Path, pages: Pages
) -> Iterator[tuple[int, str]]:
    """Write the report of every unit that a table of submissions has; yield its place and the link
    to its page.
    """
    places = {_key(unit): at for at, unit in enumerate(units)}
    (folder / PAGES).mkdir(parents=True, exist_ok=True)
    for given in _rows(table, layout(pages.rules)):
        try:
            report = one_by_one(pages.rules, layout(pages.rules), given, pages.as_of)
        except SubmissionError:
            continue  # it is among the refused, and in no ranking
        at = places.get(
            _key(
                {
                    **(given if isinstance(given, Mapping) else {}),
                    "unit": report.scoring.measurements.unit,
                }
            )
        )
        if at is not None:
            link = f"{PAGES}/{at + 1}.html"
            pages.write(report, folder / link)
            yield at, link


def _rows(table: Path, columns: Layout) -> Iterator[Lone]:
    for part in parts(table, columns):
        yield from part.frame.iter_rows(named=True)
        yield from (given for _, given in part.alone)


def _key(unit: Mapping[str, Any]) -> tuple[str, str | None]:
    """Return what tells a unit apart, as text: a table may name it by a number."""
    district = unit.get("district")
    return str(unit["unit"]), None if district is None else str(district)
