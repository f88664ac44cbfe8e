"""`sensitivity`: a submission scored, and how far its index hangs on weights and readings that
somebody chose.
"""

from datetime import date
from decimal import Decimal
from fractions import Fraction

from cchc_rules.analysis.sensitivity import readings
from cchc_rules.analysis.sensitivity.readings import Together
from cchc_rules.analysis.sensitivity.sensitivity_document import document
from cchc_rules.analysis.sensitivity.variations import HUNDRED, Study
from cchc_rules.base import number
from cchc_rules.report.heading import Document
from cchc_rules.report.score import score
from cchc_rules.rules.model import RuleSet
from cchc_rules.scoring.scoring import Scoring
from cchc_rules.submissions.submission import Measurements

WORK = 5000
"""So many rules are checked and scored anew at most for the other readings on a report's page,
which stays quick.
"""


class Sensitivity(Study):
    """How far an index hangs on the weights of its areas and on the readings of the plan."""

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

    `range` is how many percent each weight may move, from 0 to below 100. Each other reading checks
    and scores every rule anew; where that makes more than `work` rules, none is scored, and
    `readings` is None. Raises as `score` does, and `ValueError` for a range that is none.
    """
    percent = percent_of(range)
    report = score(rules, measurements, as_of=as_of)
    found = report.scoring
    if work is not None and len(readings.places(found)) * len(found.results) > work:
        return Sensitivity(report, percent, None, Together())

    def rescore(changed: RuleSet) -> Scoring:
        return score(changed, measurements, as_of=report.as_of).scoring

    each = readings.each(found, rescore)
    together = readings.together(found, each, rescore)
    return Sensitivity(report, percent, tuple(each), together)


def percent_of(given: Fraction | Decimal | int) -> Fraction:
    """Return a range of weights in percent: from 0 to below 100, for at 100 an area may be left
    without weight.
    """
    percent = number.argument("range", given)
    if not 0 <= percent < HUNDRED:
        raise ValueError(f"range {percent}: 0 … < 100")
    return percent
