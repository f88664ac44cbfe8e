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
from typing import Any

from cchc_rules.cases.case_file import CaseFile
from cchc_rules.cases.figures import Tries
from cchc_rules.cases.run import Ran
from cchc_rules.cases.trial_scorer import BoundTry, TrialScorer, Try
from cchc_rules.rules.model import Rule, RuleSet, Text
from cchc_rules.scoring.scoring import Scoring

_NO_WORDS = Text("", "")


@dataclass(eq=False)
class Version:
    """A rule set as it stands between two days on which it changes."""

    whole: RuleSet
    """The rule set with all of its versions."""
    rules: RuleSet
    """The version as it stands in the whole rule set."""
    alone: RuleSet
    """The version without those after it; changed copies are made of this one."""
    given: Mapping[str, Any]
    """What every submission that is tried on it starts from."""
    day: date | None
    """The day of judgement that such a submission must name; None where the usual day fits."""

    @cached_property
    def tries(self) -> Tries:
        """What makes submissions to try on it, and scores them."""
        return Tries(TrialScorer(self.alone, self.given))

    def holds(self, day: date) -> bool:
        """Whether the version holds on a day."""
        return self.whole.at(day) is self.rules

    def judges(self, ran: Ran) -> bool:
        """Whether a case is judged on a day when the version holds."""
        return self.holds(ran.scoring.as_of)

    def bound(self, submission: Try) -> BoundTry | None:
        """Return a submission that is tried as the version reads it.

        None where it is refused, or where another version holds on its day.
        """
        bound = self.tries.scorer.read(submission)
        if bound is None or not self.holds(bound.day):
            return None
        return bound

    def scored(self, submission: Try) -> tuple[BoundTry, Scoring] | None:
        """Return a submission that is tried with what it comes to; None as for `bound`, or where
        scoring refuses it.
        """
        bound = self.bound(submission)
        if bound is None:
            return None
        scoring = self.tries.scorer.scoring(bound)
        if scoring is None:
            return None
        return bound, scoring

    def dated(self, submission: Try) -> Try:
        """Return a submission that was tried, with the day of judgement that it needs in a case."""
        # On the usual day of the file, the version holds, and a case need not name it.
        if self.day is None:
            return submission
        return {"as_of": self.day, **submission}


def versions(file: CaseFile) -> list[Version]:
    """Return the versions of a case file's rule set in the order of their days, the plain rules
    first.
    """
    rules = file.rules
    _, last_day_of_all = rules.valid
    usual = TrialScorer(rules, file.given).read({})
    # Where a submission without anything is refused, its day would be the end of the validity.
    usual_day = last_day_of_all
    if usual is not None:
        usual_day = usual.day
    later_starts = sorted(rules.dated)
    standing = [rules, *(rules.dated[day] for day in later_starts)]
    # Each version holds until the day before the next.
    last_days = [day - timedelta(days=1) for day in later_starts]
    last_days.append(last_day_of_all)
    return [
        _version(file, version, last_day, usual_day)
        for version, last_day in zip(standing, last_days, strict=True)
    ]


def _version(
    file: CaseFile,
    rules: RuleSet,
    last_day: date,
    usual_day: date,
) -> Version:
    # A submission of the case file is judged on its usual day. Where another version holds then,
    # what is tried on this one names a day of its own.
    given = file.given
    day = None
    if file.rules.at(usual_day) is not rules:
        day = last_day
        given = {**given, "as_of": day}
    # Without the later versions, or scoring would choose among them by the day.
    alone = rules
    if rules.dated:
        alone = replace(rules, dated={})
    return Version(file.rules, rules, alone, given, day)


def judging(rule: Rule) -> Rule:
    """Return a rule without what only explains it.

    Two rules that are equal then give the same points over the same figures.
    """
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
