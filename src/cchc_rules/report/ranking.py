"""Ranks of units over their reports (shape S31)."""

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import NamedTuple

from cchc_rules.base import number
from cchc_rules.base.problem import Problem, SubmissionError, quoted
from cchc_rules.base.text import normal_name
from cchc_rules.report.report import Report

# The most characters of the names of rule sets or periods that a problem quotes.
MOST_NAMED = 120


class Ranked(NamedTuple):
    """A report and its rank; 1 is the highest index.

    A report of which nothing was left to score has no index, and so no rank: None.
    """

    rank: int | None
    report: Report


def rank(reports: Iterable[Report], *, mixed: bool = False) -> list[Ranked]:
    """Return the reports by falling exact index, with competition ranks: 1, 1, 3.

    The unrounded index decides, so 95.451 stands before 95.449 although both show as 95.45. Reports
    without an index come last, without a rank.

    Args:
        reports: The reports to rank, one for each unit.
        mixed: Whether reports of different rule sets, versions, scales or periods are ranked all
            the same; their indices are not comparable.

    Returns:
        Each report with its rank, the highest index first.

    Raises:
        SubmissionError: The reports are not comparable, and `mixed` does not allow it.

    >>> from cchc_rules import load_measurements, load_rules, score
    >>> rules = load_rules("example-access-to-law")
    >>> submission = {"format": 1, "ruleset": rules.id, "unit": "Commune A",
    ...               "period": "2023-07-01/2024-06-30", "measurements": {}}
    >>> report = score(rules, load_measurements(submission, rules))
    >>> [place.rank for place in rank([report, report])]
    [1, 1]
    """
    every = list(reports)
    if not mixed:
        _require_comparable(every)
    scored = [report for report in every if _has_index(report)]
    ordered = sorted(scored, key=_exact_index, reverse=True)
    ranked: list[Ranked] = []
    for position, report in enumerate(ordered, start=1):
        place: int | None = position
        if ranked and _exact_index(ranked[-1].report) == _exact_index(report):
            # Equal indices share the rank of the first; the next lower one counts them all.
            place = ranked[-1].rank
        ranked.append(Ranked(place, report))
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
    and rule sets.

    Args:
        before: The reports of the earlier ranking; they must be comparable, as for `rank`.
        after: The reports of the later ranking; they too must be comparable among themselves.

    Raises:
        ValueError: A unit stands twice on a side.
        SubmissionError: The reports of a side are not comparable.

    >>> from cchc_rules import load_measurements, load_rules, score
    >>> rules = load_rules("example-access-to-law")
    >>> submission = {"format": 1, "ruleset": rules.id, "unit": "Commune A",
    ...               "period": "2023-07-01/2024-06-30", "measurements": {}}
    >>> report = score(rules, load_measurements(submission, rules))
    >>> moves([], [report])
    [Move(unit='Commune A', before=None, after=1)]
    """
    old = _rank_by_unit(before)
    new = _rank_by_unit(after)
    # New units first, in the order of their ranks; a key that is there already keeps its place.
    units = {**new, **old}
    return [Move(unit, old.get(unit), new.get(unit)) for unit in units]


def _rank_by_unit(reports: Iterable[Report]) -> dict[str, int | None]:
    """Return the rank of each unit, the highest index first."""
    ranks: dict[str, int | None] = {}
    for ranked in rank(reports):
        unit = normal_name(ranked.report.scoring.measurements.unit)
        if unit in ranks:
            raise ValueError(f"the unit {unit!r} stands twice")
        ranks[unit] = ranked.rank
    return ranks


def _has_index(report: Report) -> bool:
    """Whether anything was left to score, and enough was reported (semantics I2, I9)."""
    return report.scoring.index.scored


def _exact_index(report: Report) -> Fraction:
    """Return the index before rounding, in points."""
    return report.scoring.index.exact


# What is comparable


def _require_comparable(reports: Sequence[Report]) -> None:
    """Refuse reports whose indices do not measure the same."""
    compared = (
        ("several-rulesets", "rulesets", _ruleset),
        ("several-periods", "periods", _period),
    )
    problems = []
    for code, argument, name_of in compared:
        names = _distinct(reports, name_of)
        if len(names) > 1:
            quoted_names = quoted(", ".join(names), MOST_NAMED)
            problems.append(Problem(code, (), {argument: quoted_names}))
    if problems:
        raise SubmissionError(problems)


def _distinct(reports: Sequence[Report], name_of: Callable[[Report], str]) -> list[str]:
    """Return the different names that reports have, in order of the alphabet."""
    return sorted({name_of(report) for report in reports})


def _ruleset(report: Report) -> str:
    """Return what a report was scored by, as a problem names it: `cam-due-2023 1.0 (0 – 100)`."""
    rules = report.scoring.rules
    return f"{rules.id} {rules.version} (0 – {number.plain(rules.index.scale)})"


def _period(report: Report) -> str:
    return normal_name(report.scoring.measurements.period)
