"""What running cases came to, as a plain document: JSON-ready, every figure a decimal string. Views only lay it out."""

from collections import Counter
from typing import Any

from cchc_rules.arithmetic import Arithmetic
from cchc_rules.cases.form import CaseFile, Value
from cchc_rules.cases.run import FAILED, OPEN, PASSED, Check, Ran
from cchc_rules.model import RuleSet
from cchc_rules.number import fixed, plain
from cchc_rules.speech import Speaker

Document = dict[str, Any]


def tested(files: list[tuple[CaseFile, list[Ran]]], lang: str) -> Document:
    """Return the document of the cases of some files."""
    found = [tested_file(file, ran, lang) for file, ran in files]
    totals = {key: sum(one["counts"][key] for one in found) for key in ("cases", PASSED, FAILED, OPEN)}
    return {"format": 1, "language": lang, "counts": totals, "files": found}


def tested_file(file: CaseFile, ran: list[Ran], lang: str) -> Document:
    """Return the document of one file's cases."""
    statuses = Counter(one.status for one in ran)
    return {
        "name": file.name,
        "ruleset": {"id": file.rules.id, "version": file.rules.version},
        "counts": {"cases": len(ran), **{status: statuses[status] for status in (PASSED, FAILED, OPEN)}},
        "cases": [_case(one, lang) for one in ran],
    }


def _case(ran: Ran, lang: str) -> Document:
    status = ran.status
    failed = status == FAILED
    return {
        "id": ran.case.id,
        "line": ran.case.line() if status != PASSED else None,
        "why": ran.case.why,
        "status": status,
        "expectations": [_check(check, ran.outcome.rules) for check in ran.checks],
        "calculations": _calculations(ran, lang) if failed else {},
    }


def _check(check: Check, rules: RuleSet) -> Document:
    """Return an expectation; what an open one came to is not said, so that nobody copies it."""
    expectation, status = check.expectation, check.status
    return {
        "path": expectation.path,
        "status": status,
        "expected": said(expectation.value, rules),
        "got": None if status == OPEN else said(check.got, rules),
    }


def said(value: Value, rules: RuleSet) -> str | None:
    """Return a value for the document: points with the places of the index, or more where they were written."""
    if value is None or isinstance(value, str):
        return value
    ticks = value * 10**rules.index.places
    return fixed(ticks.numerator, rules.index.places) if ticks.denominator == 1 else plain(value)


def _calculations(ran: Ran, lang: str) -> dict[str, str]:
    """Return the arithmetic of each rule of which an expectation fails."""
    arithmetic = Arithmetic(Speaker(ran.outcome, lang))
    rules = [check.expectation for check in ran.checks if check.status == FAILED]
    places = ran.outcome.plan.places
    return {one.id: arithmetic.calculation(places[one.id]) for one in rules if one.part == "rule"}
