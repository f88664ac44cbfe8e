"""What running cases came to, as a plain document, ready for JSON.

Every number of points is a decimal string. Views only lay the document out.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import count
from typing import Any, TypeAlias

from cchc_rules.base.number import fixed, floor, plain
from cchc_rules.cases import case_text
from cchc_rules.cases.case_file import CaseFile, Value
from cchc_rules.cases.coverage import KINDS, Coverage
from cchc_rules.cases.mutation import STATUSES, Fate
from cchc_rules.cases.run import FAILED, OPEN, PASSED, CheckedExpectation, Ran
from cchc_rules.report.arithmetic import Arithmetic
from cchc_rules.report.result_text import ResultText
from cchc_rules.rules.model import RuleSet

Document: TypeAlias = dict[str, Any]
"""A part of the document: keys in a fixed order."""

Tested: TypeAlias = tuple[CaseFile, list[Ran], Coverage | None]
"""A case file with its cases as they were scored, and with what they reach where that was asked."""

Mutated: TypeAlias = tuple[CaseFile, list[Ran], list[Fate]]
"""A case file with its cases as they were scored, and what became of every mutant."""


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
    documents = [tested_file(file, ran, reached, lang) for file, ran, reached in files]
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
    ran: list[Ran],
    reached: Coverage | None,
    lang: str,
) -> Document:
    """Return the document of one file's cases; arguments as of `tested`."""
    of_status = Counter(result.status for result in ran)
    # Statuses that no case has are counted, too, as 0.
    counts = {status: of_status[status] for status in (PASSED, FAILED, OPEN)}
    coverage = None
    if reached is not None:
        coverage = covered(reached)
    return {
        "name": file.name,
        "ruleset": _ruleset(file),
        "counts": {"cases": len(ran), **counts},
        "cases": [_case(result, lang) for result in ran],
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
    documents = [_mutated_file(file, ran, fates) for file, ran, fates in files]
    return {
        "format": 1,
        "language": lang,
        "counts": _totals(documents, ("mutants", *STATUSES)),
        "files": documents,
    }


def _mutated_file(file: CaseFile, ran: list[Ran], fates: list[Fate]) -> Document:
    of_status = Counter(fate.status for fate in fates)
    counts = {status: of_status[status] for status in STATUSES}
    numbers = count(1)
    # Cases that fail or are open notice nothing, and the reader should know which.
    unused = [result.case.id for result in ran if result.status != PASSED]
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


def _case(ran: Ran, lang: str) -> Document:
    status = ran.status
    rules = ran.scoring.rules
    # A line has to be searched for, and nobody looks for a case that passed.
    line = None
    if status != PASSED:
        line = ran.case.line()
    # How points came about helps whoever has to find the mistake.
    calculations: dict[str, str] = {}
    if status == FAILED:
        calculations = _calculations(ran, lang)
    return {
        "id": ran.case.id,
        "line": line,
        "why": ran.case.why,
        "status": status,
        "expectations": [_check(check, rules) for check in ran.checks],
        "calculations": calculations,
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

    Points have the decimal places of the index, or more where they were written with more.

    >>> from cchc_rules import load_rules
    >>> from fractions import Fraction
    >>> said(Fraction(1, 2), load_rules("cam-due-2023"))
    '0.50'
    """
    if value is None or isinstance(value, str):
        return value
    places = rules.index.places
    ticks = value * 10**places
    if ticks.denominator != 1:
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
