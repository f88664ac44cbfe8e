"""`score`: a rule set and a submission in, a report out. Pure: no clock, no files, same input, same
report.
"""

from datetime import date

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

# What every rule holds until it is judged: nothing was reported, no points.
_WAITING = Result(State.MISSING, Reason.NOT_REPORTED, 0, 1, 0)


# The most characters of a formula that a problem quotes.
_MOST_QUOTED = 200


def score(
    rules: RuleSet,
    measurements: Measurements,
    *,
    as_of: date | str | None = None,
) -> Report:
    """Return the report of a submission by a rule set.

    Args:
        rules: The rule set.
        measurements: The submission.
        as_of: The day of judgement, a `date` or ISO text; else the submission's own, else the end
            of its period.

    Returns:
        The report. Its points are exact decimals, its index also an exact fraction.

    Raises:
        SubmissionError: The submission does not fit the rule set: a figure of the wrong type or out
            of range, a date after `as_of`, an absence for which the rule set declares no effect; or
            `as_of` is no day.

    >>> from cchc_rules import load_measurements, load_rules
    >>> rules = load_rules("example-access-to-law")
    >>> submission = {"format": 1, "ruleset": rules.id, "unit": "Commune A",
    ...               "period": "2023-07-01/2024-06-30", "measurements": {}}
    >>> report = score(rules, load_measurements(submission, rules), as_of="2023-12-31")
    >>> report.index.lost == report.index.maximum
    True
    """
    day = binding.judgement_day(as_of) or measurements.judged_at
    submitted = binding.figures_of(measurements, rules, day)
    # A rule set may have sections for kinds of unit and days of effect: one of each is in force.
    in_force = binding.variant(measurements, rules, day)
    compiled = compile_rules(in_force)
    run = _run(compiled, measurements, submitted, day)
    if run.undeclared:
        raise SubmissionError(_undeclared(run, rules))
    return Report(gather(compiled, measurements, day, run))


def _run(
    compiled: CompiledRuleSet,
    measurements: Measurements,
    submitted: dict[str, Figure],
    day: date,
) -> Run:
    """Return the run of a rule set over submitted values, every rule judged.

    Raises:
        SubmissionError: The submission takes a formula beyond its bounds.
    """
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
        arguments = {"formula": quoted(error, _MOST_QUOTED)}
        problem = Problem("formula-failed", (), arguments)
        raise SubmissionError([problem]) from None
    return run


def _undeclared(run: Run, rules: RuleSet) -> list[Problem]:
    """Return a problem for each absence of which the rule set does not say what it does."""
    # The rule set of a test or a notebook may come from text, and so from no file.
    file = ""
    if rules.files:
        file = rules.files[0].name
    return [
        Problem(
            "effect-undeclared",
            ("rule", missing.rule),
            {"state": str(missing.state)},
            file,
        )
        for missing in run.undeclared
    ]
