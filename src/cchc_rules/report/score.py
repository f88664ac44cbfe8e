"""`score`: a rule set and a submission in, a report out. Pure: no clock, no files, same input, same
report.
"""

from datetime import date

from cchc_rules.base.calendar import iso_date
from cchc_rules.base.problem import Problem, SubmissionError, quoted
from cchc_rules.base.state import Reason, State
from cchc_rules.report.report import Report
from cchc_rules.rules import formula
from cchc_rules.rules.model import RuleSet
from cchc_rules.scoring.compiled_rules import CompiledRuleSet, Run, compile_rules
from cchc_rules.scoring.results import Result
from cchc_rules.scoring.scoring import gather, judge
from cchc_rules.submissions import binding
from cchc_rules.submissions.submission import Figure, Measurements

_WAITING = Result(State.MISSING, Reason.NOT_REPORTED, 0, 1, 0)


def score(
    rules: RuleSet, measurements: Measurements, *, as_of: date | str | None = None
) -> Report:
    """Return the report of a submission, judged at `as_of` (else the submission's own, else the end
    of its period).

    Raises `SubmissionError` when the submission does not fit the rule set: a figure of the wrong
    type or out of range, a date after `as_of`, an absence for which the rule set declares no
    effect.
    """
    day = _day(as_of) or measurements.as_of or measurements.span[1]
    submitted = binding.figures_of(measurements, rules, day)
    compiled = compile_rules(binding.variant(measurements, rules, day))
    run = _run(compiled, measurements, submitted, day)
    if run.undeclared:
        raise SubmissionError(_undeclared(run, rules))
    return Report(gather(compiled, measurements, day, run))


def _day(as_of: date | str | None) -> date | None:
    if not isinstance(as_of, str):
        return as_of
    day = iso_date(as_of)
    if day is None:
        raise SubmissionError(
            [Problem("not-a-date", ("as_of",), {"given": quoted(as_of)})]
        )
    return day


def _run(
    compiled: CompiledRuleSet,
    measurements: Measurements,
    submitted: dict[str, Figure],
    day: date,
) -> Run:
    try:
        figures = compiled.figures(submitted)
        run = Run(
            figures,
            [_WAITING] * len(compiled.names),
            day.toordinal(),
            measurements.points,
            measurements.absent,
        )
        judge(compiled, run)
    except formula.FormulaFailedError as error:
        raise SubmissionError(
            [Problem("formula-failed", (), {"formula": quoted(error, 200)})]
        ) from None
    return run


def _undeclared(run: Run, rules: RuleSet) -> list[Problem]:
    file = rules.files[0].name if rules.files else ""
    return [
        Problem(
            "effect-undeclared",
            ("rule", missing.rule),
            {"state": str(missing.state)},
            file,
        )
        for missing in run.undeclared
    ]
