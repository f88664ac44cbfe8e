"""What running cases came to, as a plain document: JSON-ready, every figure a decimal string. Views
only lay it out.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import count
from typing import Any

from cchc_rules.base.number import fixed, floor, plain
from cchc_rules.cases import case_text
from cchc_rules.cases.case_file import CaseFile, Value
from cchc_rules.cases.coverage import KINDS, Coverage
from cchc_rules.cases.mutation import STATUSES, Fate
from cchc_rules.cases.run import FAILED, OPEN, PASSED, CheckedExpectation, Ran
from cchc_rules.report.arithmetic import Arithmetic
from cchc_rules.report.result_text import ResultText
from cchc_rules.rules.model import RuleSet

Document = dict[str, Any]


def tested(
    files: list[tuple[CaseFile, list[Ran], Coverage | None]], lang: str
) -> Document:
    """Return the document of the cases of some files, with what they reach where that was asked
    for.
    """
    found = [tested_file(file, ran, reached, lang) for file, ran, reached in files]
    totals = {
        key: sum(one["counts"][key] for one in found)
        for key in ("cases", PASSED, FAILED, OPEN)
    }
    return {"format": 1, "language": lang, "counts": totals, "files": found}


def tested_file(
    file: CaseFile, ran: list[Ran], reached: Coverage | None, lang: str
) -> Document:
    """Return the document of one file's cases."""
    statuses = Counter(one.status for one in ran)
    return {
        "name": file.name,
        "ruleset": _ruleset(file),
        "counts": {
            "cases": len(ran),
            **{status: statuses[status] for status in (PASSED, FAILED, OPEN)},
        },
        "cases": [_case(one, lang) for one in ran],
        "coverage": covered(reached) if reached else None,
    }


def _ruleset(file: CaseFile) -> Document:
    return {
        "id": file.rules.id,
        "version": file.rules.version,
        "extends": [*file.rules.bases],
    }


def mutated(files: list[tuple[CaseFile, list[Ran], list[Fate]]], lang: str) -> Document:
    """Return the document of the mutants of some files."""
    found = [_mutated_file(file, ran, fates) for file, ran, fates in files]
    totals = {
        key: sum(one["counts"][key] for one in found) for key in ("mutants", *STATUSES)
    }
    return {"format": 1, "language": lang, "counts": totals, "files": found}


def _mutated_file(file: CaseFile, ran: list[Ran], fates: list[Fate]) -> Document:
    counts = Counter(fate.status for fate in fates)
    numbers = count(1)
    return {
        "name": file.name,
        "ruleset": _ruleset(file),
        "unused": [one.case.id for one in ran if one.status != PASSED],
        "counts": {
            "mutants": len(fates),
            **{status: counts[status] for status in STATUSES},
        },
        "mutants": [_mutant(fate, numbers) for fate in fates],
    }


def _mutant(fate: Fate, numbers: Iterator[int]) -> Document:
    """Return a mutant; of one that no case notices, the case that would, its expectations still
    open.
    """
    mutant = fate.mutant
    found = fate.difference
    told = f"{mutant.at}: {mutant.before} → {mutant.after}"
    return {
        "kind": mutant.kind,
        "at": mutant.at,
        "before": mutant.before,
        "after": mutant.after,
        "status": fate.status,
        "noticed_by": fate.case,
        "case": case_text.case(f"mutant-{next(numbers)}", told, found.one, found.wanted)
        if found
        else None,
    }


def covered(found: Coverage) -> Document:
    """Return what cases reach; percents are rounded down, so that 100.00 means everything."""
    kinds = {
        kind: [goal for goal in found.goals if goal.kind == kind] for kind in KINDS
    }
    return {
        "percent": fixed(floor(found.percent * 100).numerator, 2),
        "goals": len(found.goals),
        "reached": len(found.goals) - len(found.missed),
        "kinds": {
            kind: {
                "goals": len(goals),
                "reached": sum(goal in found.reached for goal in goals),
            }
            for kind, goals in kinds.items()
        },
        "missed": [goal._asdict() for goal in found.missed],
    }


def _case(ran: Ran, lang: str) -> Document:
    status = ran.status
    failed = status == FAILED
    return {
        "id": ran.case.id,
        "line": ran.case.line() if status != PASSED else None,
        "why": ran.case.why,
        "status": status,
        "expectations": [_check(check, ran.scoring.rules) for check in ran.checks],
        "calculations": _calculations(ran, lang) if failed else {},
    }


def _check(check: CheckedExpectation, rules: RuleSet) -> Document:
    """Return an expectation; what an open one came to is not said, so that nobody copies it."""
    expectation = check.expectation
    status = check.status
    return {
        "path": expectation.path,
        "status": status,
        "expected": said(expectation.value, rules),
        "got": None if status == OPEN else said(check.got, rules),
    }


def said(value: Value, rules: RuleSet) -> str | None:
    """Return a value for the document: points with the places of the index, or more where they were
    written.
    """
    if value is None or isinstance(value, str):
        return value
    ticks = value * 10**rules.index.places
    return (
        fixed(ticks.numerator, rules.index.places)
        if ticks.denominator == 1
        else plain(value)
    )


def _calculations(ran: Ran, lang: str) -> dict[str, str]:
    """Return the arithmetic of each rule of which an expectation fails."""
    arithmetic = Arithmetic(ResultText(ran.scoring, lang))
    rules = [check.expectation for check in ran.checks if check.status == FAILED]
    places = ran.scoring.compiled.places
    return {
        one.id: arithmetic.calculation(places[one.id])
        for one in rules
        if one.part == "rule"
    }
