"""Tries submissions on a rule set and on changed copies of it, without reading the figures anew
where they stay.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

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

_WAITING = Result(State.MISSING, Reason.NOT_REPORTED, 0, 1, 0)

Try = Mapping[str, Any]
"""What a case gives of its submission: the keys of a submission."""


class Tried(NamedTuple):
    """A submission with its figures as one rule set reads them."""

    measurements: Measurements
    day: date
    figures: dict[str, Figure]


class Bench:
    """Tries submissions on one rule set; `given` is what each of them starts from."""

    def __init__(self, rules: RuleSet, given: Mapping[str, Any]) -> None:
        self.rules = rules
        self.given = given

    def read(self, case: Try) -> Tried | None:
        """Return a submission as it is read, None where it would be refused."""
        try:
            measurements = load_measurements(
                submission_of(self.rules, self.given, case), self.rules
            )
        except SubmissionError:
            return None
        return self.held(measurements)

    def held(self, measurements: Measurements) -> Tried:
        """Return a submission that was read before."""
        day = measurements.judged_at
        return Tried(measurements, day, figures_of(measurements, self.rules, day))

    def scoring(self, tried: Tried, rules: RuleSet | None = None) -> Scoring | None:
        """Return what a submission comes to, under changed rules where they are given; None where
        it is refused.
        """
        rules = rules or self.rules
        try:
            figures = (
                tried.figures
                if rules.metrics == self.rules.metrics
                else self._again(tried, rules)
            )
            compiled = compile_rules(variant(tried.measurements, rules, tried.day))
            held = compiled.figures(figures)
            given = tried.measurements
            run = Run(
                held,
                [_WAITING] * len(compiled.names),
                tried.day.toordinal(),
                given.points,
                given.absent,
            )
            judge(compiled, run)
        except (SubmissionError, formula.FormulaFailedError):
            return None
        return None if run.undeclared else gather(compiled, given, tried.day, run)

    def _again(self, tried: Tried, rules: RuleSet) -> dict[str, Figure]:
        return figures_of(tried.measurements, rules, tried.day)
