"""The versions of a rule set that cases are judged by: its plain rules, and those of each dated
section.

A case belongs to the version that holds on its day of judgement. What is tried on a version is
judged on a day when it holds: the usual day of the case file where that fits, else the last day of
the version. Of a file with a section from 1 October, whose cases are judged at the end of the year,
figures are tried on the plain rules on 30 September.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Any

from cchc_rules.cases.case_file import CaseFile
from cchc_rules.cases.figures import Tries
from cchc_rules.cases.rescored import Bench, Tried, Try
from cchc_rules.cases.run import Ran
from cchc_rules.rules.model import Rule, RuleSet, Text

_NO_WORDS = Text("", "")


@dataclass(eq=False)
class Version:
    """A version: `rules` as it stands in `whole`, the rule set; `alone` without those after it.

    `day` is the day of judgement that what is tried must name; None where the usual day fits.
    """

    whole: RuleSet
    rules: RuleSet
    alone: RuleSet
    given: Mapping[str, Any]
    day: date | None

    @cached_property
    def tries(self) -> Tries:
        """What makes submissions to try on it."""
        return Tries(Bench(self.alone, self.given))

    def holds(self, day: date) -> bool:
        """Whether the version holds on a day."""
        return self.whole.at(day) is self.rules

    def judges(self, ran: Ran) -> bool:
        """Whether a case is judged on a day when the version holds."""
        return self.holds(ran.scoring.as_of)

    def tried(self, case: Try) -> Tried | None:
        """Return a submission that is tried, None where it is refused or another version holds."""
        tried = self.tries.bench.read(case)
        return tried if tried is not None and self.holds(tried.day) else None

    def dated(self, case: Try) -> Try:
        """Return a submission that was tried, with the day of judgement that it needs."""
        return case if self.day is None else {"as_of": self.day, **case}


def versions(file: CaseFile) -> list[Version]:
    """Return the versions of a case file's rule set, the plain rules first."""
    rules = file.rules
    usual = Bench(rules, file.given).read({})
    usual_day = rules.valid[1] if usual is None else usual.day
    starts = [rules.valid[0], *sorted(rules.dated)]
    ends = [later - timedelta(days=1) for _, later in pairwise(starts)]
    found = []
    for version, end in zip(
        (rules, *(rules.dated[day] for day in starts[1:])),
        (*ends, rules.valid[1]),
        strict=True,
    ):
        fits = rules.at(usual_day) is version
        day = None if fits else end
        given = file.given if day is None else {**file.given, "as_of": day}
        alone = replace(version, dated={}) if version.dated else version
        found.append(Version(rules, version, alone, given, day))
    return found


def judging(rule: Rule) -> Rule:
    """Return a rule without what only explains it: two that are equal then give the same points."""
    return replace(
        rule,
        title=_NO_WORDS,
        source=(),
        note=None,
        remedy=None,
        effort=None,
        conflicts=(),
        basis="stated",
    )
