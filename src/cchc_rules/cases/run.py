"""Runs cases: each submission is scored, and what came out is held against what was expected.

Numbers are compared exactly.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple, TypeAlias

from cchc_rules.base.problem import Problem, SubmissionError
from cchc_rules.base.state import Absent
from cchc_rules.cases.case_file import Case, CaseFile, Expectation, Value
from cchc_rules.report.score import score
from cchc_rules.rules.metric_values import as_formula_value
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


def _status(checks: Iterable[CheckedExpectation]) -> str:
    """Return failed where one expectation fails, else open where one is open, else passed."""
    statuses = {check.status for check in checks}
    for status in (FAILED, OPEN):
        if status in statuses:
            return status
    return PASSED


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
        return _status(self.checks)


@dataclass(frozen=True, eq=False)
class Refused:
    """A case whose submission was refused, by whoever read it or by the scorer."""

    case: Case
    problems: tuple[Problem, ...]
    """Why, each with its line in the case file."""

    @property
    def checks(self) -> list[CheckedExpectation]:
        """Every expectation with what came out: nothing, but for the codes of the problems."""
        return [
            CheckedExpectation(expectation, self._got(expectation))
            for expectation in self.case.expectations
        ]

    def _got(self, expectation: Expectation) -> Value:
        if expectation.part != "refused":
            return None
        codes = tuple(dict.fromkeys(problem.code for problem in self.problems))
        expected = expectation.value
        # Further problems may stand beside those that the case is about.
        if isinstance(expected, tuple) and set(expected) <= set(codes):
            return expected
        return codes

    @property
    def status(self) -> str:
        """Failed unless the case expects these problems."""
        status = _status(self.checks)
        is_expected = any(item.part == "refused" for item in self.case.expectations)
        if status == OPEN and not is_expected:
            return FAILED
        return status


Outcome: TypeAlias = Ran | Refused
"""What became of a case."""


def run(file: CaseFile) -> list[Outcome]:
    """Score every case of a file; one that is refused stops no other.

    >>> from cchc_rules.cases.case_file import case_files, read_cases
    >>> [path] = case_files(["cam-due-2023"])
    >>> {outcome.status for outcome in run(read_cases(path))}
    {'passed'}
    """
    return [_outcome(file, case) for case in file.cases]


def _outcome(file: CaseFile, case: Case) -> Outcome:
    if case.measurements is None:
        return Refused(case, case.problems)
    # The public way to score: cases test what people will get.
    try:
        report = score(file.rules, case.measurements)
    except SubmissionError as error:
        problems = [file.problem_at(case, problem) for problem in error.problems]
        return Refused(case, tuple(problems))
    return Ran(case, report.scoring)


def scored(outcomes: Iterable[Outcome]) -> list[Ran]:
    """Return the cases that were scored: of these it can be said what they reach and notice."""
    return [outcome for outcome in outcomes if isinstance(outcome, Ran)]


def got(scoring: Scoring, expectation: Expectation) -> Value:
    """Return what an expectation is about: points, a state, a band.

    None where the scoring has no such thing, as of a rule that a kind of unit takes away.
    """
    match expectation.part:
        case "losses":
            return tuple(scoring.compiled.names[rule] for rule in scoring.losses())
        # What is scored was not refused.
        case "refused":
            return None
        case "metric":
            values = of_metric(scoring, expectation.id)
        case "rule":
            values = of_rule(scoring, expectation.id)
        case "group":
            values = of_group(scoring, expectation.id)
        case _:
            values = of_index(scoring)
    return dict(values).get(expectation.key)


def of_metric(scoring: Scoring, id_: str) -> Iterator[tuple[str, Value]]:
    """Yield what a metric came to, or why to nothing; nothing where there is no such metric."""
    metric = scoring.rules.metrics.get(id_)
    if metric is None:
        return
    value = as_formula_value(scoring.figure(id_), metric)
    if isinstance(value, Absent):
        yield "state", str(value.state)
    else:
        yield "value", value


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
        "maximum": scoring.counted[position].maximum,
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
            "maximum": total.maximum,
        }
        yield from _in_points(ticks, scoring)
        # In percent of what was left to earn; of nothing there is no share.
        applicable = total.maximum - total.excluded
        if applicable:
            yield "share", Fraction(100 * total.earned, applicable)


def of_index(scoring: Scoring) -> Iterator[tuple[str, Value]]:
    """Yield what the index came to, by key."""
    index = scoring.index
    yield "scored", index.scored
    # What each of them is, docs/reference/semantics.md says (I2 to I6).
    ticks = {
        "bonus": index.bonus,
        "penalty": index.penalty,
        "maximum": index.base.maximum,
    }
    indices = {
        "value": index,
        "claimed": index,
        "supported": scoring.supported,
        "lowest": scoring.lowest,
        "highest": scoring.highest,
    }
    # Where nothing is left to score there is no index, and no index is not 0.
    ticks |= {key: one.value for key, one in indices.items() if one.scored}
    if index.scored:
        ticks["base"] = index.rounded_base
        yield "exact", index.exact
    yield from _in_points(ticks, scoring)
    banding = scoring.banding()
    bands = {"band": banding.band, "band_before_gates": banding.before}
    for key, band in bands.items():
        if band is not None:
            yield key, band.id


def _in_points(
    ticks: Mapping[str, int],
    scoring: Scoring,
) -> Iterator[tuple[str, Value]]:
    for key, count in ticks.items():
        yield key, Fraction(count, scoring.compiled.unit)
