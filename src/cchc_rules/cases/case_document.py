"""What running cases came to, as a plain document, ready for JSON.

Every number of points is a decimal string. Views only lay the document out.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from itertools import count
from typing import Any, TypeAlias

from cchc_rules.base.number import fixed, floor, plain, round_half_up
from cchc_rules.base.number import places as decimal_places
from cchc_rules.base.problem import Problem
from cchc_rules.cases import case_text
from cchc_rules.cases.case_file import CaseFile, Value
from cchc_rules.cases.coverage import KINDS, Coverage
from cchc_rules.cases.mutation import STATUSES, Fate
from cchc_rules.cases.run import (
    FAILED,
    OPEN,
    PASSED,
    CheckedExpectation,
    Outcome,
    Ran,
    Refused,
)
from cchc_rules.report.arithmetic import Arithmetic
from cchc_rules.report.result_text import ResultText
from cchc_rules.rules.model import RuleSet

Document: TypeAlias = dict[str, Any]
"""A part of the document: keys in a fixed order."""

MORE_PLACES = 12
"""So many more places than points have are said of a value whose decimal does not end."""

Tested: TypeAlias = tuple[CaseFile, list[Outcome], Coverage | None]
"""A case file with what became of its cases, and with what they reach where that was asked."""

Mutated: TypeAlias = tuple[CaseFile, list[Outcome], list[Fate]]
"""A case file with what became of its cases and of every mutant."""


def tested(
    files: list[Tested],
    lang: str,
) -> Document:
    """Return the document of the cases of some files.

    Args:
        files: each case file with its cases as they were scored, and with what they reach where
            that was asked for.
        lang: `vi` or `en`, the language of calculations.
    """
    documents = [
        tested_file(file, outcomes, reached, lang) for file, outcomes, reached in files
    ]
    return {
        "format": 1,
        "language": lang,
        "counts": _totals(documents, ("cases", PASSED, FAILED, OPEN)),
        "files": documents,
    }


def _totals(documents: list[Document], keys: tuple[str, ...]) -> dict[str, int]:
    """Return the counts of all files together."""
    totals = dict.fromkeys(keys, 0)
    for document in documents:
        for key in keys:
            totals[key] += document["counts"][key]
    return totals


def tested_file(
    file: CaseFile,
    outcomes: list[Outcome],
    reached: Coverage | None,
    lang: str,
) -> Document:
    """Return the document of one file's cases; arguments as of `tested`."""
    of_status = Counter(outcome.status for outcome in outcomes)
    # Statuses that no case has are counted, too, as 0.
    counts = {status: of_status[status] for status in (PASSED, FAILED, OPEN)}
    coverage = None
    if reached is not None:
        coverage = covered(reached)
    return {
        "name": file.name,
        "ruleset": _ruleset(file),
        "counts": {"cases": len(outcomes), **counts},
        "cases": [_case(outcome, file.rules, lang) for outcome in outcomes],
        "coverage": coverage,
    }


def _ruleset(file: CaseFile) -> Document:
    return {
        "id": file.rules.id,
        "version": file.rules.version,
        "extends": [*file.rules.bases],
    }


def mutated(files: list[Mutated], lang: str) -> Document:
    """Return the document of the mutants of some files.

    Args:
        files: each case file with its cases as they were scored, and what became of every mutant.
        lang: `vi` or `en`.
    """
    documents = [
        _mutated_file(file, outcomes, fates) for file, outcomes, fates in files
    ]
    return {
        "format": 1,
        "language": lang,
        "counts": _totals(documents, ("mutants", *STATUSES)),
        "files": documents,
    }


def _mutated_file(
    file: CaseFile,
    outcomes: list[Outcome],
    fates: list[Fate],
) -> Document:
    of_status = Counter(fate.status for fate in fates)
    counts = {status: of_status[status] for status in STATUSES}
    numbers = count(1)
    # Cases that fail or are open notice nothing, and the reader should know which.
    unused = [outcome.case.id for outcome in outcomes if outcome.status != PASSED]
    return {
        "name": file.name,
        "ruleset": _ruleset(file),
        "unused": unused,
        "counts": {"mutants": len(fates), **counts},
        "mutants": [_mutant(fate, numbers) for fate in fates],
    }


def _mutant(fate: Fate, numbers: Iterator[int]) -> Document:
    """Return a mutant; of one that no case notices, the case that would, still to be filled in.

    Only such cases take a number.
    """
    mutant = fate.mutant
    counterexample = fate.counterexample
    case = None
    if counterexample is not None:
        case = case_text.case(
            id_=f"mutant-{next(numbers)}",
            why=f"{mutant.at}: {mutant.before} → {mutant.after}",
            submission=counterexample.submission,
            wanted=counterexample.wanted,
        )
    return {
        "kind": mutant.kind,
        "at": mutant.at,
        "before": mutant.before,
        "after": mutant.after,
        "status": fate.status,
        "noticed_by": fate.case,
        "case": case,
    }


def covered(coverage: Coverage) -> Document:
    """Return what cases reach; percentages are rounded down, so that 100.00 means everything.

    >>> from cchc_rules.cases.coverage import STATE, Goal
    >>> met, missed = Goal(STATE, "a", "met"), Goal(STATE, "a", "missing")
    >>> covered(Coverage((met, missed), frozenset({met})))["percent"]
    '50.00'
    """
    kinds: dict[str, dict[str, int]] = {}
    for kind in KINDS:
        goals = [goal for goal in coverage.goals if goal.kind == kind]
        reached = [goal for goal in goals if goal in coverage.reached]
        kinds[kind] = {"goals": len(goals), "reached": len(reached)}
    missed = coverage.missed
    reached_in_all = len(coverage.goals) - len(missed)
    # A percentage that is rounded up could show 100.00 with something missed.
    hundredths = floor(coverage.percent * 100).numerator
    return {
        "percent": fixed(hundredths, 2),
        "goals": len(coverage.goals),
        "reached": reached_in_all,
        "kinds": kinds,
        "missed": [goal._asdict() for goal in missed],
    }


def _case(outcome: Outcome, rules: RuleSet, lang: str) -> Document:
    status = outcome.status
    case = outcome.case
    # A line has to be searched for, and nobody looks for a case that passed.
    line = None
    if status != PASSED:
        line = case.line()
    # How points came about helps whoever has to find the mistake.
    calculations: dict[str, str] = {}
    problems: list[Document] = []
    if isinstance(outcome, Refused):
        problems = [_problem(problem, lang) for problem in outcome.problems]
    elif status == FAILED:
        calculations = _calculations(outcome, lang)
    return {
        "id": case.id,
        "line": line,
        "why": case.why,
        "status": status,
        "expectations": [_check(check, rules) for check in outcome.checks],
        "problems": problems,
        "calculations": calculations,
    }


def _problem(problem: Problem, lang: str) -> Document:
    """Return why a submission was refused: the code, the line in the case file, the words."""
    return {
        "code": problem.code,
        "line": problem.line,
        "text": problem.what(lang),
        "fix": problem.fix(lang),
    }


def _check(check: CheckedExpectation, rules: RuleSet) -> Document:
    """Return an expectation; what an open one came to is not said, so that nobody copies it."""
    expectation = check.expectation
    status = check.status
    got = None
    if status != OPEN:
        got = said(check.got, rules)
    return {
        "path": expectation.path,
        "status": status,
        "expected": said(expectation.value, rules),
        "got": got,
    }


def said(value: Value, rules: RuleSet) -> str | None:
    """Return a value as the document writes it.

    Points have the decimal places of the index, or more where they were written with more. Where no
    decimal writes a value exactly, it is rounded to twelve places more than are shown, after `≈`.

    >>> from cchc_rules import load_rules
    >>> from fractions import Fraction
    >>> said(Fraction(1, 2), load_rules("cam-due-2023"))
    '0.50'
    >>> said(Fraction(100, 7), load_rules("cam-due-2023"))
    '≈ 14.28571428571429'
    """
    match value:
        case None | str():
            return value
        case bool():
            return str(value).lower()
        case date():
            return value.isoformat()
        case tuple():
            return ", ".join(value) or None
    places = rules.index.places
    ticks = value * 10**places
    if ticks.denominator != 1:
        if decimal_places(value) is None:
            return f"≈ {plain(round_half_up(value, places + MORE_PLACES))}"
        return plain(value)
    return fixed(ticks.numerator, places)


def _calculations(ran: Ran, lang: str) -> dict[str, str]:
    """Return the arithmetic of each rule of which an expectation fails, by the id of the rule."""
    arithmetic = Arithmetic(ResultText(ran.scoring, lang))
    positions = ran.scoring.compiled.places
    calculations: dict[str, str] = {}
    for check in ran.checks:
        # Groups and the index have no single line of arithmetic.
        if check.status != FAILED or check.expectation.part != "rule":
            continue
        rule = check.expectation.id
        calculations[rule] = arithmetic.calculation(positions[rule])
    return calculations
