"""Ranks of units over their reports (shape S31)."""

from collections.abc import Iterable
from typing import NamedTuple

from cchc_rules.report.report import Report


class Ranked(NamedTuple):
    """A report and its rank; 1 is the highest index."""

    rank: int
    report: Report


def rank(reports: Iterable[Report]) -> list[Ranked]:
    """Return the reports by falling exact index, with competition ranks: equals share one, the next
    is skipped.

    The unrounded index decides, so 95.451 stands before 95.449 although both show as 95.45.
    """
    ordered = sorted(reports, key=lambda report: report.index.exact, reverse=True)
    ranked: list[Ranked] = []
    for position, report in enumerate(ordered, start=1):
        same = ranked and ranked[-1].report.index.exact == report.index.exact
        ranked.append(Ranked(ranked[-1].rank if same else position, report))
    return ranked


class Move(NamedTuple):
    """A unit and its rank in two rankings; None where it is not among the ranked."""

    unit: str
    before: int | None
    after: int | None


def moves(before: Iterable[Report], after: Iterable[Report]) -> list[Move]:
    """Return every unit with its rank before and after, by its rank after; units that are gone come
    last.

    Units are told apart by their names; each may stand once on a side.
    """
    old = _places(before)
    new = _places(after)
    return [Move(unit, old.get(unit), new.get(unit)) for unit in {**new, **old}]


def _places(reports: Iterable[Report]) -> dict[str, int]:
    places: dict[str, int] = {}
    for place in rank(reports):
        unit = place.report.scoring.measurements.unit
        if unit in places:
            raise ValueError(f"the unit {unit!r} stands twice")
        places[unit] = place.rank
    return places
