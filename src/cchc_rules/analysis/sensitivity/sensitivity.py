"""`sensitivity`: a submission scored, and how far its index hangs on weights and readings that
somebody chose.
"""

from datetime import date
from decimal import Decimal
from fractions import Fraction

from cchc_rules.analysis.sensitivity import other_readings
from cchc_rules.analysis.sensitivity.other_readings import Together
from cchc_rules.analysis.sensitivity.sensitivity_document import document
from cchc_rules.analysis.sensitivity.study import HUNDRED, Study
from cchc_rules.base import number
from cchc_rules.report.heading import Document
from cchc_rules.report.score import score
from cchc_rules.rules.model import RuleSet
from cchc_rules.scoring.scoring import Scoring
from cchc_rules.submissions.submission import Measurements

WORK_FOR_A_PAGE = 5000
"""How many rules are checked and scored anew at most for the other readings on a report's page,
which is to stay quick.
"""


class Sensitivity(Study):
    """How far an index depends on the weights of its areas and on the readings of the plan."""

    def to_dict(self, lang: str | None = None) -> Document:
        """Return the document of docs/reference/sensitivity.md, its texts in the language asked
        for.
        """
        return document(self, lang or self.report.language)


def sensitivity(
    rules: RuleSet,
    measurements: Measurements,
    *,
    range: Fraction | Decimal | int = 20,  # noqa: A002 - the word of the command line
    work: int | None = None,
    as_of: date | str | None = None,
) -> Sensitivity:
    """Return how far a submission's index depends on the weights of the areas and on the readings
    of the plan.

    Args:
        rules: The rule set.
        measurements: The submission.
        range: How many percent each weight may move, from 0 to below 100.
        work: At most so many rules are scored again for other readings, each of which checks and
            scores every rule; where it would be more, none is scored and `readings` is None.
        as_of: The day of judgement, as `score` takes it.

    Raises:
        SubmissionError: As `score` does.
        ValueError: For a range below 0 or from 100 on.
        TypeError: For a range that is no exact number, such as a float.

    >>> from cchc_rules import load_measurements, load_rules
    >>> rules = load_rules("cam-due-2023")
    >>> figures = load_measurements("examples/cam-due-2023.json", rules)
    >>> study = sensitivity(rules, figures, range=10)
    >>> study.lowest.exact < study.scoring.index.exact < study.highest.exact
    True
    """
    percent = percent_of(range)
    report = score(rules, measurements, as_of=as_of)
    scoring = report.scoring
    # Found before the work is done: a page must not wait for what it then leaves out.
    if work is not None:
        readings = len(other_readings.contradictions(scoring))
        rules_scored = readings * len(scoring.results)
        if rules_scored > work:
            return Sensitivity(report, percent, None, Together())

    def rescore(changed: RuleSet) -> Scoring:
        return score(changed, measurements, as_of=report.as_of).scoring

    single = other_readings.single_readings(scoring, rescore)
    together = other_readings.readings_together(scoring, single, rescore)
    return Sensitivity(report, percent, tuple(single), together)


def percent_of(range_: Fraction | Decimal | int) -> Fraction:
    """Return a range of weights in percent: from 0 to below 100, for at 100 an area may be left
    without weight.

    Raises:
        ValueError: For a range outside, or a number that is not finite.
        TypeError: For what is no exact number.

    >>> percent_of(Decimal("12.5"))
    Fraction(25, 2)
    """
    percent = number.argument("range", range_)
    if not 0 <= percent < HUNDRED:
        raise ValueError(f"range {percent}: 0 … < 100")
    return percent
