"""The figures of one report under the rules of another: what a comparison needs to tell figures
from rules.

What the rules ask for is taken from the other submission wherever both rule sets ask for it; where
only these rules do, or cannot read what was given, their own submission's figure stands: such a
figure has nothing to be compared with.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple

from cchc_rules.base.problem import Problem, SubmissionError
from cchc_rules.report.report import Report
from cchc_rules.report.score import score
from cchc_rules.rules.model import RuleSet
from cchc_rules.submissions.binding import takes_points, variant
from cchc_rules.submissions.submission import Entry, Measurements, as_day


class Crossed(NamedTuple):
    """The report of a crossing, or the problems for which there is none.

    `kept` are the ids, sorted, for which the figure of the rules' own submission stands.
    """

    report: Report | None
    kept: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


def crossed(rules_of: Report, figures_of: Report) -> Crossed:
    """Return the report of one report's figures under another's rules.

    Args:
        rules_of: The report whose rules are applied, on the day for which they stood.
        figures_of: The report whose figures are scored. Its dates move with the years between the
            two rule sets: a plan of 2023 that was on time for 2023 is held against 2024 as a plan
            of 2024.
    """
    scoring = rules_of.scoring
    return _Crossing(scoring.rules, scoring.measurements, figures_of).report()


def under(rules: RuleSet, figures_of: Report) -> Crossed:
    """Return the report of one report's figures under a rule set that has no figures of its own."""
    submitted = figures_of.scoring.measurements
    years = rules.valid[0].year - figures_of.scoring.rules.valid[0].year
    active = variant(submitted, rules, shifted(figures_of.as_of, years))
    empty = replace(submitted, entries={}, points={}, absent={}, tracks={})
    start, end = submitted.span
    first_day, last_day = active.valid
    if start < first_day or last_day < end:
        # The rules are of another year: the period moves with them.
        span = (shifted(start, years), shifted(end, years))
        empty = replace(empty, period=f"{span[0]}/{span[1]}", span=span)
    return _Crossing(active, empty, figures_of).report()


def _settled(rules: RuleSet) -> RuleSet:
    """Return a rule set as it stood on the day of its report, whatever day it is asked for."""
    if not rules.dated:
        return rules
    return replace(rules, dated={})


TABLES = {"measurements", "points", "absent"}
"""The parts of a submission whose entries can give way one by one."""


class _Crossing:
    """Fits a submission to rules that it was not made for.

    Whether a figure fits is found by trying: what is refused gives way to the rules' own figure,
    and what is refused again to none. Every round refuses something that was not refused as often
    before, so that the search ends: after two rounds for every entry at most.
    """

    def __init__(self, rules: RuleSet, own: Measurements, figures_of: Report) -> None:
        self.own = own
        self.other = figures_of.scoring.measurements
        self.rules = _settled(rules)
        self.other_rules = figures_of.scoring.rules
        self.years = self.rules.valid[0].year - self.other_rules.valid[0].year
        self.day = shifted(figures_of.as_of, self.years)
        # How often the entry of a table was refused.
        self.refused: Counter[tuple[str, str]] = Counter()

    def report(self) -> Crossed:
        """Return the report; each figure that is refused gives way to the rules' own, and then to
        none.
        """
        while True:
            try:
                report = score(self.rules, self.submission(), as_of=self.day)
            except SubmissionError as error:
                entries = _entries_refused(error.problems)
                tables = {table for table, _ in entries}
                # What is wrong with the submission as a whole, no entry can mend.
                if not entries or not tables <= TABLES:
                    return Crossed(None, (), error.problems)
                self.refused.update(entries)
            else:
                kept = sorted(self.kept())
                return Crossed(report, tuple(kept))

    def submission(self) -> Measurements:
        """Return the other submission, fitted."""
        own = self.own
        other = self.other
        rules = self.rules
        entries = self.picked(
            "measurements",
            rules.metrics,
            own.entries,
            self.entries(),
        )
        points = self.picked("points", rules.rules, own.points, other.points)
        absent = self.picked("absent", rules.groups, own.absent, other.absent)
        return replace(
            own,
            ruleset=rules.id,
            # The rule set is that of a kind of unit already.
            unit_kind=None,
            entries=entries,
            points=points,
            absent=absent,
            tracks={},
            # No file says this, and what it binds to has not been computed.
            file_sha256=None,
            bound=None,
        )

    def picked(
        self,
        table: str,
        ids: Mapping[str, Any],
        own: Mapping[str, Any],
        other: Mapping[str, Any],
    ) -> dict[str, Any]:
        """Return for each id what is submitted for it, if anything."""
        picked = {}
        for id_ in ids:
            source = own if self.keeps(table, id_) else other
            # Refused once, it is the rules' own; refused twice, there is none.
            if id_ in source and self.refused[table, id_] < 2:
                picked[id_] = source[id_]
        return picked

    def keeps(self, table: str, id_: str) -> bool:
        """Whether the rules' own figure stands."""
        if self.refused[table, id_] > 0:
            return True
        asks = _ASKS[table]
        return not asks(self.other_rules, id_)

    def kept(self) -> set[str]:
        """Return the ids for which something of the rules' own submission stands."""
        tables: dict[str, Mapping[str, Any]] = {
            "measurements": self.own.entries,
            "points": self.own.points,
            "absent": self.own.absent,
        }
        kept: set[str] = set()
        for table, submitted in tables.items():
            kept.update(id_ for id_ in submitted if self.keeps(table, id_))
        return kept

    def entries(self) -> dict[str, Entry]:
        """Return the other submission's figures, their dates moved to the year of the rules."""
        return {
            id_: self.entry(id_, entry) for id_, entry in self.other.entries.items()
        }

    def entry(self, id_: str, entry: Entry) -> Entry:
        """Return a figure whose dates have moved to the year of the rules."""
        if entry.waived:
            until = shifted(entry.waived.until, self.years)
            entry = entry._replace(waived=entry.waived._replace(until=until))
        metric = self.other_rules.metrics.get(id_)
        if metric is None or metric.type != "date":
            return entry
        day = as_day(entry.value)
        # A text that is no day stays, and is refused with the rest.
        if day is None:
            return entry
        return entry._replace(value=shifted(day, self.years))


def _entries_refused(problems: Iterable[Problem]) -> set[tuple[str, str]]:
    """Return which entries of which tables problems are about."""
    return {
        (str(problem.path[0]), str(problem.path[1]))
        for problem in problems
        if len(problem.path) > 1
    }


def _asks_figure(rules: RuleSet, id_: str) -> bool:
    return id_ in rules.metrics and rules.metrics[id_].submitted


def _asks_points(rules: RuleSet, id_: str) -> bool:
    return id_ in rules.rules and takes_points(rules, id_)


def _asks_block(rules: RuleSet, id_: str) -> bool:
    return id_ in rules.groups and rules.groups[id_].optional


_ASKS: dict[str, Callable[[RuleSet, str], bool]] = {
    "measurements": _asks_figure,
    "points": _asks_points,
    "absent": _asks_block,
}
"""Whether a rule set asks for an entry of each table."""


def shifted(day: date, years: int) -> date:
    """Return a day so many years later, 29 February becoming the 28th in other years.

    A day beyond the calendar's years stays within them, for the submission to be refused in words.

    >>> shifted(date(2024, 2, 29), 1)
    datetime.date(2025, 2, 28)
    """
    year = min(max(day.year + years, date.min.year), date.max.year)
    try:
        return day.replace(year=year)
    except ValueError:
        return day.replace(year=year, day=28)
