"""The cases that are missing, as text: figures that reach what no case does. What must come out is
left to people.

The engine is asked which figures reach what; nothing that it comes to (a state, a tier, points) is
written down.
"""

from collections.abc import Iterator
from pathlib import Path

from cchc_rules.base.messages import message
from cchc_rules.cases import case_text
from cchc_rules.cases.case_file import CaseFile
from cchc_rules.cases.coverage import EDGE, WAY, Goal, Survey, coverage
from cchc_rules.cases.rescored import Try
from cchc_rules.cases.run import run
from cchc_rules.cases.versions import Version, versions
from cchc_rules.rules.model import Rule
from cchc_rules.rules.source import CASES

ASKED = ("state", "points", "excluded")
"""What is asked of the rule in every case: absences differ in what they exclude."""


def suggested(file: CaseFile, lang: str) -> str:
    """Return the cases that are missing in a file, as text to be added to it; what no figure tried
    reaches, as notes.

    Raises `CasesError` where a case of the file is refused when it is scored.
    """
    missed = dict.fromkeys(coverage(file, run(file)).missed)
    taken = {case.id for case in file.cases}
    texts = (
        [] if file.cases else [case_text.head(Path(file.name).name.removesuffix(CASES))]
    )
    for version in versions(file):
        survey = Survey(version.alone)
        for rule in version.rules.rules.values():
            for case, goals in _reaching(rule, missed, survey, version):
                id_ = _id(rule.id, taken)
                why = "; ".join(dict.fromkeys(_why(goal, lang) for goal in goals))
                asked = [("rule", rule.id, key) for key in ASKED]
                texts.append(case_text.case(id_, why, version.dated(case), asked))
    texts += [
        f"# {message(lang, 'cases.not-found', of=goal.of, goal=_why(goal, lang))}\n"
        for goal in missed
    ]
    return "\n".join(texts) or f"# {message(lang, 'cases.nothing-missing')}\n"


def _reaching(
    rule: Rule, missed: dict[Goal, None], survey: Survey, version: Version
) -> Iterator[tuple[Try, list[Goal]]]:
    """Yield submissions that reach something missed, each with what it reaches first; that is
    missed no longer.
    """
    if not any(_concerns(goal, rule, survey) for goal in missed):
        return
    for case in version.tries.of(rule):
        tried = version.tried(case)
        scoring = version.tries.bench.scoring(tried) if tried else None
        if scoring is None:
            continue
        goals = [goal for goal in survey.reached(rule, scoring) if goal in missed]
        if goals:
            for goal in dict.fromkeys(goals):
                del missed[goal]
            yield case, goals


def _concerns(goal: Goal, rule: Rule, survey: Survey) -> bool:
    """Whether a rule's cases can reach something."""
    return goal.of == rule.id or (
        goal.kind == WAY and any(path == goal.of for path, _ in survey.formulas(rule))
    )


def _id(rule: str, taken: set[str]) -> str:
    """Return an id that no case has yet."""
    at = 1
    while f"{rule}-{at}" in taken:
        at += 1
    taken.add(f"{rule}-{at}")
    return f"{rule}-{at}"


def _why(goal: Goal, lang: str) -> str:
    """Return what a case is for, without saying what must come out."""
    if goal.kind == EDGE:
        return f"{message(lang, f'cases.{goal.side}')} {goal.which}"
    return message(lang, _WHY[goal.kind], of=goal.of)


_WHY = {"state": "cases.for-state", "tier": "cases.for-tier", "way": "cases.for-way"}
