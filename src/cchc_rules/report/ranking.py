"""Ranks of units over their reports (shape S31)."""

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import NamedTuple

from cchc_rules.base import number
from cchc_rules.base.problem import Problem, SubmissionError, quoted
from cchc_rules.base.text import normal_name
from cchc_rules.report.report import Report

MOST_NAMED = 120
"""So many characters of the names of rule sets or periods are told."""


class Ranked(NamedTuple):
    """A report and its rank; 1 is the highest index.

    A report of which nothing was left to score has no index, and so no rank: None.
    """

    rank: int | None
    report: Report


def rank(reports: Iterable[Report], *, mixed: bool = False) -> list[Ranked]:
    """Return the reports by falling exact index, with competition ranks: 1, 1, 3.

    The unrounded index decides, so 95.451 stands before 95.449 although both show as 95.45. Reports
    without an index come last, without a rank. Indices of different rule sets, versions, scales or
    periods are not comparable; `mixed` ranks them all the same. Raises `SubmissionError` where they
    differ and `mixed` does not allow it.
    """
    every = list(reports)
    if not mixed:
        _require_comparable(every)
    scored = [report for report in every if _has_index(report)]
    ordered = sorted(scored, key=_exact_index, reverse=True)
    ranked: list[Ranked] = []
    for position, report in enumerate(ordered, start=1):
        before = ranked[-1] if ranked else None
        if before and _exact_index(before.report) == _exact_index(report):
            ranked.append(Ranked(before.rank, report))
        else:
            ranked.append(Ranked(position, report))
    without = [Ranked(None, report) for report in every if not _has_index(report)]
    return ranked + without


class Move(NamedTuple):
    """A unit and its rank in two rankings; None where it has none there."""

    unit: str
    before: int | None
    after: int | None


def moves(before: Iterable[Report], after: Iterable[Report]) -> list[Move]:
    """Return every unit with its rank before and after, by its rank after; units that are gone come
    last.

    Units are told apart by their names, in normal form. The two sides may be of different periods
    and rule sets; the reports of one side must be comparable, as for `rank`. Raises `ValueError`
    where a unit stands twice on a side.
    """
    old = _rank_by_unit(before)
    new = _rank_by_unit(after)
    return [Move(unit, old.get(unit), new.get(unit)) for unit in {**new, **old}]


def _rank_by_unit(reports: Iterable[Report]) -> dict[str, int | None]:
    ranks: dict[str, int | None] = {}
    for ranked in rank(reports):
        unit = normal_name(ranked.report.scoring.measurements.unit)
        if unit in ranks:
            raise ValueError(f"the unit {unit!r} stands twice")
        ranks[unit] = ranked.rank
    return ranks


def _has_index(report: Report) -> bool:
    """Whether anything was left to score (semantics I2)."""
    base = report.scoring.index.base
    return base.maximum != base.rescaled


def _exact_index(report: Report) -> Fraction:
    return report.scoring.index.exact


# What is comparable


def _require_comparable(reports: Sequence[Report]) -> None:
    """Refuse reports whose indices do not measure the same."""
    problems = [
        Problem(code, (), {name: quoted(", ".join(different), MOST_NAMED)})
        for code, name, read in (
            ("several-rulesets", "rulesets", _ruleset),
            ("several-periods", "periods", _period),
        )
        if len(different := _different(reports, read)) > 1
    ]
    if problems:
        raise SubmissionError(problems)


def _different(reports: Sequence[Report], read: Callable[[Report], str]) -> list[str]:
    return sorted({read(report) for report in reports})


def _ruleset(report: Report) -> str:
    """Return what a report was scored by, as a problem names it: `cam-due-2023 1.0 (0 – 100)`."""
    rules = report.scoring.rules
    return f"{rules.id} {rules.version} (0 – {number.plain(rules.index.scale)})"


def _period(report: Report) -> str:
    return normal_name(report.scoring.measurements.period)
