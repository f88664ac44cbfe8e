"""The report: natural names for the results of one scoring."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cached_property

from cchc_rules.base import number
from cchc_rules.base.problem import Problem
from cchc_rules.base.state import Reason, State
from cchc_rules.report.arithmetic import Arithmetic
from cchc_rules.report.document import document
from cchc_rules.report.heading import Document
from cchc_rules.report.result_text import ResultText
from cchc_rules.rules.model import Band, Rule
from cchc_rules.scoring.scoring import Scoring
from cchc_rules.submissions import doubtful_figures
from cchc_rules.scoring.totals import Counted, Sum


@dataclass(frozen=True)
class Index:
    """The index and its parts, as exact decimals in points.

    Where nothing is left to score there is no index: `value`, `exact`, `lowest`, `highest` and
    `supported` are None.
    """

    value: Decimal | None
    scale: Decimal
    exact: Fraction | None
    earned: Decimal
    lost: Decimal
    excluded: Decimal
    maximum: Decimal
    lowest: Decimal | None
    highest: Decimal | None
    supported: Decimal | None

    def __str__(self) -> str:
        return "–" if self.value is None else str(self.value)


@dataclass(frozen=True)
class RuleRecord:
    """One rule of a report. Points are exact decimals; the words are built when they are read."""

    report: "Report"
    at: int

    @property
    def rule(self) -> Rule:
        """The rule as the rule set declares it."""
        return self.report.scoring.rule(self.at)

    @property
    def id(self) -> str:
        """The rule's id."""
        return self.rule.id

    @property
    def source(self) -> tuple[str, ...]:
        """The clauses of the plan that the rule holds."""
        return self.rule.source

    @property
    def state(self) -> State:
        """What became of the rule."""
        return self.report.scoring.results[self.at].state

    @property
    def reason(self) -> Reason:
        """Why it is in that state."""
        return self.report.scoring.results[self.at].reason

    @property
    def maximum(self) -> Decimal:
        """The most points it could bring to its group; their sum is the group's."""
        return self.report.decimal(self._counted.maximum)

    @property
    def earned(self) -> Decimal:
        """The points it brought to its group."""
        return self.report.decimal(self._counted.earned)

    @property
    def lost(self) -> Decimal:
        """The points it took from its group; zero also for a loss that is too small for a tick."""
        return self.report.decimal(self._counted.lost)

    @property
    def excluded(self) -> Decimal:
        """The points that neither count as earned nor as lost."""
        return self.report.decimal(self._counted.excluded)

    @property
    def without_effect(self) -> Decimal:
        """The points it lost beyond the cap of a bonus or penalty pool."""
        return self.report.decimal(self._counted.without_effect)

    @property
    def weight(self) -> Decimal:
        """The rule's own weight; in a mean group it is relative to the other rules'."""
        return self.report.decimal(self.report.scoring.compiled.worths[self.at].weight)

    @property
    def _counted(self) -> Counted:
        return self.report.scoring.counted[self.at]

    @property
    def title(self) -> str:
        """The rule's name in the rule set's language."""
        return self.rule.title.of(self.report.language)

    @property
    def calculation(self) -> str:
        """The arithmetic, as one line that a person can redo."""
        return self.report.arithmetic.calculation(self.at)

    def __str__(self) -> str:
        return f"{self.title} ({', '.join(self.source)}): {self.calculation}"


class Report:
    """The result of one scoring. `to_dict` gives the document of docs/reference/report.md."""

    def __init__(self, scoring: Scoring) -> None:
        self.scoring = scoring

    def decimal(self, ticks: int) -> Decimal:
        """Return ticks as points."""
        return Decimal(self.scoring.points(ticks))

    @property
    def language(self) -> str:
        """The rule set's language."""
        return self.scoring.rules.language

    @cached_property
    def arithmetic(self) -> Arithmetic:
        """Writes the sums of this report in its language."""
        return Arithmetic(ResultText(self.scoring, self.language))

    @property
    def as_of(self) -> date:
        """The day the submission is judged at."""
        return self.scoring.as_of

    @property
    def index(self) -> Index:
        """The index and its parts."""
        sums = self.scoring.index
        scoring = self.scoring
        base = sums.base
        return Index(
            value=self._value(sums),
            scale=Decimal(number.plain(scoring.rules.index.scale)),
            exact=sums.exact if sums.scored else None,
            earned=self.decimal(base.earned),
            lost=self.decimal(base.lost),
            excluded=self.decimal(base.excluded),
            maximum=self.decimal(base.maximum),
            lowest=self._value(scoring.lowest),
            highest=self._value(scoring.highest),
            supported=self._value(scoring.supported),
        )

    def _value(self, sums: Sum) -> Decimal | None:
        return self.decimal(sums.value) if sums.scored else None

    @property
    def band(self) -> Band | None:
        """The band of the index, after its gates."""
        return self.scoring.banding().band

    @cached_property
    def rules(self) -> tuple[RuleRecord, ...]:
        """Every rule, in file order."""
        return tuple(RuleRecord(self, at) for at in range(len(self.scoring.results)))

    @property
    def losses(self) -> tuple[RuleRecord, ...]:
        """The rules that lost points by their figures, the largest loss first."""
        return tuple(self.rules[at] for at in self.scoring.losses())

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What is doubtful in the submission; it is scored as it stands, and no view shows it."""
        scoring = self.scoring
        return doubtful_figures.warnings(
            scoring.measurements, scoring.rules, scoring.as_of
        )

    def to_dict(self, lang: str | None = None, *, machine: bool = True) -> Document:
        """Return the document that every view is drawn from, its texts in the language asked for.

        Without `machine` the machine form and the digest are left out: for views that only show
        words.
        """
        return document(self.scoring, lang or self.language, machine=machine)
