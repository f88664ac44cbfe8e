"""The cases that are missing, as text: submissions that reach what no case does.

What must come out is left to people. The engine is asked which figures reach what, but nothing that
it comes to (a state, a tier, points) is written down: a case that repeats what the engine says
would prove nothing.
"""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

from cchc_rules.base.messages import message
from cchc_rules.cases import case_text
from cchc_rules.cases.case_file import CaseFile
from cchc_rules.cases.coverage import EDGE, WAY, Goal, Survey, coverage
from cchc_rules.cases.run import run, scored
from cchc_rules.cases.trial_scorer import Try
from cchc_rules.cases.versions import Version, versions
from cchc_rules.rules.model import Rule
from cchc_rules.rules.source import CASES

ASKED = ("state", "points", "excluded")
"""What is asked of the rule in every case. State and points would be enough, but that absences
which earn nothing differ in what they exclude.
"""


def suggested(file: CaseFile, lang: str) -> str:
    """Return the cases that are missing in a file, as text to be added to it.

    What no submission that was tried reaches stands at the end as notes.

    Args:
        file: the case file, which may have no cases yet: then the text begins with its head.
        lang: `vi` or `en`, the language of what the cases are for.

    >>> from cchc_rules.cases.case_file import case_files, read_cases
    >>> [path] = case_files(["example-access-to-law"])
    >>> print(suggested(read_cases(path), "en"))
    # No case is missing.
    <BLANKLINE>
    """
    # A dictionary without values: a set that keeps the order of the rule file.
    missed = dict.fromkeys(coverage(file, scored(run(file))).missed)
    taken_ids = {case.id for case in file.cases}
    texts: list[str] = []
    if not file.cases:
        name = Path(file.name).name.removesuffix(CASES)
        texts.append(case_text.head(name))
    for version in versions(file):
        survey = Survey(version.alone)
        for rule in version.rules.rules.values():
            # What one submission reaches need not be reached by another: the list shrinks.
            for submission, goals in _reaching(rule, missed, survey, version):
                id_ = _free_id(rule.id, taken_ids)
                taken_ids.add(id_)
                dated = version.dated(submission)
                texts.append(_case(id_, rule, dated, goals, lang))
    for goal in missed:
        why = _why(goal, lang)
        note = message(lang, "cases.not-found", of=goal.of, goal=why)
        texts.append(f"# {note}\n")
    if not texts:
        nothing = message(lang, "cases.nothing-missing")
        return f"# {nothing}\n"
    return "\n".join(texts)


def _case(
    id_: str,
    rule: Rule,
    submission: Try,
    goals: list[Goal],
    lang: str,
) -> str:
    """Return the text of one case, which says all that it is for."""
    # Several goals may come to the same words.
    reasons = dict.fromkeys(_why(goal, lang) for goal in goals)
    asked = [("rule", rule.id, key) for key in ASKED]
    return case_text.case(id_, "; ".join(reasons), submission, asked)


def _reaching(
    rule: Rule,
    missed: dict[Goal, None],
    survey: Survey,
    version: Version,
) -> Iterator[tuple[Try, list[Goal]]]:
    """Yield submissions that reach something missed, each with what it is the first to reach.

    What is reached is taken out of `missed`, so that no two cases stand for one thing.
    """
    # Trying is dear: hundreds of submissions are scored for a rule.
    if not any(_concerns(goal, rule, survey) for goal in missed):
        return
    for submission in version.tries.of(rule):
        scored = version.scored(submission)
        if scored is None:
            continue
        _, scoring = scored
        goals = [goal for goal in survey.reached(rule, scoring) if goal in missed]
        if not goals:
            continue
        for goal in dict.fromkeys(goals):
            del missed[goal]
        yield submission, goals


def _concerns(goal: Goal, rule: Rule, survey: Survey) -> bool:
    """Whether a rule's cases can reach something: of the rule, or of a formula that it reads."""
    if goal.of == rule.id:
        return True
    if goal.kind != WAY:
        return False
    return any(path == goal.of for path, _ in survey.formulas(rule))


def _free_id(rule: str, taken: set[str]) -> str:
    """Return the first id after a rule's that no case has yet: `on-time-1`, `on-time-2`, …"""
    numbered = (f"{rule}-{number}" for number in count(1))
    return next(id_ for id_ in numbered if id_ not in taken)


def _why(goal: Goal, lang: str) -> str:
    """Return what a case is for, without saying what must come out."""
    if goal.kind == EDGE:
        side = message(lang, f"cases.{goal.side}")
        return f"{side} {goal.which}"
    return message(lang, _WHY[goal.kind], of=goal.of)


_WHY = {"state": "cases.for-state", "tier": "cases.for-tier", "way": "cases.for-way"}
"""What a case is for, by the kind of the goal that it reaches."""
