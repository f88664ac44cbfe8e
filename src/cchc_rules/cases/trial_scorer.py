"""Scores submissions under a rule set and under changed copies of it.

Thousands of submissions are tried on thousands of changed copies. So the figures of a submission
are bound once, and bound anew only for a copy whose metrics are changed.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple, TypeAlias

from cchc_rules.base.problem import SubmissionError
from cchc_rules.base.state import Reason, State
from cchc_rules.cases.case_file import submission_of
from cchc_rules.rules import formula
from cchc_rules.rules.model import RuleSet
from cchc_rules.scoring.compiled_rules import Run, compile_rules
from cchc_rules.scoring.results import Result
from cchc_rules.scoring.scoring import Scoring, gather, judge
from cchc_rules.submissions.binding import figures_of, load_measurements, variant
from cchc_rules.submissions.submission import Figure, Measurements

_NOT_JUDGED = Result(State.MISSING, Reason.NOT_REPORTED, 0, 1, 0)
"""What stands for the result of a rule until it is judged."""

Try: TypeAlias = Mapping[str, Any]
"""What a case says of its submission: some keys of a submission."""


class BoundTry(NamedTuple):
    """A submission that is tried, with its figures as one rule set reads them."""

    measurements: Measurements
    day: date
    """The day of judgement."""
    figures: dict[str, Figure]


class TrialScorer:
    """Scores submissions under one rule set, or under changed copies of it.

    Args:
        rules: the rule set that submissions are read for.
        given: what each of them starts from, as the table `given` of a case file.

    >>> from cchc_rules import load_rules
    >>> scorer = TrialScorer(load_rules("cam-due-2023"), {})
    >>> scorer.read({"measurements": {"no_such_metric": 1}}) is None
    True
    >>> bound = scorer.read({"measurements": {"plan_date": date(2023, 1, 31)}})
    >>> scorer.scoring(bound).figure("plan_date") == (date(2023, 1, 31).toordinal(), 1)
    True
    """

    def __init__(self, rules: RuleSet, given: Mapping[str, Any]) -> None:
        self.rules = rules
        self.given = given

    def read(self, submission: Try) -> BoundTry | None:
        """Return a submission as the rule set reads it, None where it would be refused.

        Args:
            submission: What is laid over the table `given`.
        """
        whole = submission_of(self.rules, self.given, submission)
        try:
            measurements = load_measurements(whole, self.rules)
        except SubmissionError:
            return None
        return self.bound(measurements)

    def bound(self, measurements: Measurements) -> BoundTry:
        """Return a submission that was loaded before, with its figures."""
        day = measurements.judged_at
        return BoundTry(measurements, day, figures_of(measurements, self.rules, day))

    def scoring(self, bound: BoundTry, rules: RuleSet | None = None) -> Scoring | None:
        """Return what a submission comes to, None where scoring refuses it.

        Args:
            bound: a submission that this scorer has read.
            rules: a changed copy of the rule set to score under; None for the rule set itself.
        """
        rules = rules or self.rules
        measurements = bound.measurements
        try:
            figures = bound.figures
            # A mistake in a metric may round or compute its figure otherwise.
            if rules.metrics != self.rules.metrics:
                figures = figures_of(measurements, rules, bound.day)
            compiled = compile_rules(variant(measurements, rules, bound.day))
            # As `score` does it, without the report: only the scoring is compared.
            run = Run(
                compiled.figures(figures),
                [_NOT_JUDGED] * len(compiled.names),
                bound.day.toordinal(),
                measurements.points,
                measurements.absent,
            )
            judge(compiled, run)
        except (SubmissionError, formula.FormulaFailedError):
            return None
        # A state without a declared effect; `score` refuses the submission for it.
        if run.undeclared:
            return None
        return gather(compiled, measurements, bound.day, run)
