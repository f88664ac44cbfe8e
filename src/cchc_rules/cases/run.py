"""Cases are run: each submission is scored, and what came out is held against what was expected,
exactly.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from cchc_rules.base.problem import CasesError, Problem, SubmissionError
from cchc_rules.cases.case_file import Case, CaseFile, Expectation, Value
from cchc_rules.report.score import score
from cchc_rules.scoring.scoring import Scoring

PASSED = "passed"
FAILED = "failed"
OPEN = "open"


class CheckedExpectation(NamedTuple):
    """One expectation and what was found."""

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
        """Every expectation with what was found."""
        return [
            CheckedExpectation(one, got(self.scoring, one))
            for one in self.case.expectations
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
    """Score every case; raise `CasesError` with those that scoring refuses (a state without a
    declared effect).
    """
    ran: list[Ran] = []
    problems: list[Problem] = []
    for case in file.cases:
        try:
            ran.append(Ran(case, score(file.rules, case.measurements).scoring))
        except SubmissionError as error:
            problems += [file.problem_at(case, problem) for problem in error.problems]
    if problems:
        raise CasesError(problems)
    return ran


def got(scoring: Scoring, expectation: Expectation) -> Value:
    """Return what an expectation is about: points, a state, a band; None where there is none."""
    part, id_, key, _ = expectation
    if part == "rule":
        values = of_rule(scoring, id_)
    elif part == "group":
        values = of_group(scoring, id_)
    else:
        values = of_index(scoring)
    return dict(values).get(key)


def of_rule(scoring: Scoring, id_: str) -> Iterator[tuple[str, Value]]:
    """Yield what became of a rule; nothing where there is no such rule."""
    at = scoring.compiled.places.get(id_)
    if at is not None:
        result = scoring.results[at]
        yield "state", str(result.state)
        ticks = {
            "points": result.earned,
            "lost": scoring.lost(at),
            "excluded": result.excluded,
        }
        yield from (
            (key, Fraction(count, scoring.compiled.unit))
            for key, count in ticks.items()
        )


def of_group(scoring: Scoring, id_: str) -> Iterator[tuple[str, Value]]:
    """Yield what a group came to; nothing where there is no such group."""
    for group, total in zip(scoring.compiled.groups, scoring.groups, strict=True):
        if group.id == id_:
            ticks = {
                "points": total.earned,
                "lost": total.lost,
                "excluded": total.excluded,
            }
            yield from (
                (key, Fraction(count, scoring.compiled.unit))
                for key, count in ticks.items()
            )


def of_index(scoring: Scoring) -> Iterator[tuple[str, Value]]:
    """Yield what the index came to."""
    sums = scoring.index
    band = scoring.banding().band
    ticks = {
        "value": sums.value,
        "base": sums.rounded_base,
        "bonus": sums.bonus,
        "penalty": sums.penalty,
        "claimed": sums.value,
        "supported": scoring.supported.value,
        "lowest": scoring.lowest.value,
        "highest": scoring.highest.value,
    }
    yield from (
        (key, Fraction(count, scoring.compiled.unit)) for key, count in ticks.items()
    )
    yield "band", band.id if band else None
