"""Runs cases: each submission is scored, and what came out is held against what was expected.

Numbers are compared exactly.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from cchc_rules.base.problem import CasesError, Problem, SubmissionError
from cchc_rules.cases.case_file import Case, CaseFile, Expectation, Value
from cchc_rules.report.score import score
from cchc_rules.scoring.scoring import Scoring

PASSED = "passed"
"""Every expectation holds."""

FAILED = "failed"
"""An expectation does not hold."""

OPEN = "open"
"""No expectation fails, and one has still to be filled in by a person."""


class CheckedExpectation(NamedTuple):
    """One expectation, and what came out.

    >>> CheckedExpectation(Expectation("index", "", "value", Fraction(80)), Fraction(79)).status
    'failed'
    """

    expectation: Expectation
    got: Value

    @property
    def status(self) -> str:
        """Whether it holds; an expectation without a value is open."""
        if self.expectation.value is None:
            return OPEN
        if self.got == self.expectation.value:
            return PASSED
        return FAILED


@dataclass(frozen=True, eq=False)
class Ran:
    """A case that was scored."""

    case: Case
    scoring: Scoring

    @property
    def checks(self) -> list[CheckedExpectation]:
        """Every expectation with what came out."""
        return [
            CheckedExpectation(expectation, got(self.scoring, expectation))
            for expectation in self.case.expectations
        ]

    @property
    def status(self) -> str:
        """Failed where one expectation fails, else open where one is open, else passed."""
        statuses = {check.status for check in self.checks}
        for status in (FAILED, OPEN):
            if status in statuses:
                return status
        return PASSED


def run(file: CaseFile) -> list[Ran]:
    """Score every case of a file.

    Raises:
        CasesError: with the problems of all cases that scoring refuses, such as a state without a
            declared effect.

    >>> from cchc_rules.cases.case_file import case_files, read_cases
    >>> [path] = case_files(["cam-due-2023"])
    >>> {ran.status for ran in run(read_cases(path))}
    {'passed'}
    """
    ran: list[Ran] = []
    problems: list[Problem] = []
    # The public way to score: cases test what people will get.
    for case in file.cases:
        try:
            report = score(file.rules, case.measurements)
        except SubmissionError as error:
            problems += [file.problem_at(case, problem) for problem in error.problems]
        else:
            ran.append(Ran(case, report.scoring))
    if problems:
        raise CasesError(problems)
    return ran


def got(scoring: Scoring, expectation: Expectation) -> Value:
    """Return what an expectation is about: points, a state, a band.

    None where the scoring has no such thing, as of a rule that a kind of unit takes away.
    """
    if expectation.part == "rule":
        values = of_rule(scoring, expectation.id)
    elif expectation.part == "group":
        values = of_group(scoring, expectation.id)
    else:
        values = of_index(scoring)
    return dict(values).get(expectation.key)


def of_rule(scoring: Scoring, id_: str) -> Iterator[tuple[str, Value]]:
    """Yield what became of a rule, by key; nothing where there is no such rule."""
    position = scoring.compiled.places.get(id_)
    if position is None:
        return
    result = scoring.results[position]
    yield "state", str(result.state)
    # As the report counts them: the loss of a rule in a mean or pool is that of its group.
    ticks = {
        "points": result.earned,
        "lost": scoring.lost(position),
        "excluded": result.excluded,
    }
    yield from _in_points(ticks, scoring)


def of_group(scoring: Scoring, id_: str) -> Iterator[tuple[str, Value]]:
    """Yield what a group came to, by key; nothing where there is no such group."""
    # Totals stand in the order of the groups; few groups are asked for, so none are indexed.
    groups = scoring.compiled.groups
    for group, total in zip(groups, scoring.groups, strict=True):
        if group.id != id_:
            continue
        ticks = {
            "points": total.earned,
            "lost": total.lost,
            "excluded": total.excluded,
        }
        yield from _in_points(ticks, scoring)


def of_index(scoring: Scoring) -> Iterator[tuple[str, Value]]:
    """Yield what the index came to, by key."""
    index = scoring.index
    band = scoring.banding().band
    # What each of them is, docs/reference/semantics.md says (I2 to I6).
    ticks = {
        "value": index.value,
        "base": index.rounded_base,
        "bonus": index.bonus,
        "penalty": index.penalty,
        "claimed": index.value,
        "supported": scoring.supported.value,
        "lowest": scoring.lowest.value,
        "highest": scoring.highest.value,
    }
    yield from _in_points(ticks, scoring)
    yield "band", band.id if band else None


def _in_points(
    ticks: Mapping[str, int],
    scoring: Scoring,
) -> Iterator[tuple[str, Value]]:
    for key, count in ticks.items():
        yield key, Fraction(count, scoring.compiled.unit)
