"""What would have to be mended, as values and as a document that views are drawn from."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from cchc_rules.base import number
from cchc_rules.report import heading
from cchc_rules.report.arithmetic import Arithmetic
from cchc_rules.report.document import changed
from cchc_rules.report.explanation import Explanation
from cchc_rules.report.heading import Document
from cchc_rules.report.report import Report
from cchc_rules.report.result_text import ResultText
from cchc_rules.rules.model import Band, Text
from cchc_rules.scoring.steps import Steps
from cchc_rules.submissions.submission import Figure

WORK = 2**14
"""So many ways to mend figures that touch each other are tried one by one; where there are more,
the best of each number of changes are kept, and the answer says that it is not proven to be the
fewest.
"""


@dataclass(frozen=True, eq=False)
class Change:
    """One figure changed so that a rule gains all it can: what it takes, and what it alone brings
    the index shown.
    """

    rule: str
    steps: Steps
    step: int
    figure: Figure
    gain: Decimal
    effort: Fraction | None
    behind: tuple[str, ...]

    @property
    def metric(self) -> str:
        """The metric that changes."""
        return self.steps.metric.id

    @property
    def rate(self) -> Fraction:
        """What it brings the index for each unit of effort; without efforts, what it brings."""
        return Fraction(self.gain) / (self.effort or 1)


@dataclass(frozen=True, eq=False)
class Step:
    """One change of the answer: the points its rule gains, and the index shown, once it and those
    before are made.
    """

    change: Change
    points: Decimal
    value: Decimal


@dataclass(frozen=True, eq=False)
class Mending:
    """How to reach an index or a band: the fewest changes, each scored, and all changes there are.

    `reached` says whether the target is reached with the steps; if not, they lead as far as one can
    get. `proven` says whether it is proven that no fewer changes do, or that no others lead
    further.
    """

    index: Fraction | None
    band: Band | None
    now: Report
    then: Report
    reached: bool
    proven: bool
    steps: tuple[Step, ...]
    mendable: tuple[Change, ...]

    def to_dict(self, lang: str | None = None) -> Document:
        """Return the document that the views are drawn from, its texts in the language asked for."""
        return document(self, lang or self.now.language)


def document(mending: Mending, lang: str) -> Document:
    """Return the document of a mending, its texts in a language."""
    return _Writer(mending, lang).document()


class _Writer:
    """Writes the document of a mending in one language."""

    def __init__(self, mending: Mending, lang: str) -> None:
        self.mending = mending
        self.lang = lang
        self.scoring = mending.now.scoring
        self.speaker = ResultText(self.scoring, lang)
        self.explanation = Explanation(Arithmetic(self.speaker))

    def document(self) -> Document:
        mending = self.mending
        return {
            **heading.scored(self.speaker),
            "target": self.target(),
            "reached": mending.reached,
            "proven": mending.proven,
            "text": self.summary(),
            "now": self.state(mending.now),
            "then": self.state(mending.then),
            "steps": [
                self.step(at, step) for at, step in enumerate(mending.steps, start=1)
            ],
            "mendable": [self.change(change) for change in mending.mendable],
        }

    def words(self, text: Text | None) -> str | None:
        return text.of(self.lang) if text else None

    def target(self) -> Document:
        index = self.mending.index
        band = self.mending.band
        return {
            "index": None if index is None else number.plain(index),
            "band": band and band.id,
            "title": self.words(band.title) if band else None,
        }

    def goal(self) -> str:
        index = self.mending.index
        band = self.mending.band
        if band is not None:
            return self.speaker.say("plan.band", band=band.title.of(self.lang))
        return self.speaker.say(
            "plan.index", index=self.speaker.number(index or Fraction(0))
        )

    def summary(self) -> str:
        """Say the answer in one sentence or two."""
        mending = self.mending
        places = {"goal": self.goal(), "count": str(len(mending.steps))}
        places["value"] = self.speaker.points(mending.then.scoring.index.value)
        way = (
            "plan.already" if mending.reached and not mending.steps else "plan.reached"
        )
        text = self.speaker.say(
            way if mending.reached else "plan.out-of-reach", **places
        )
        if mending.proven:
            return text
        return f"{text} {self.speaker.say('plan.unproven', work=self.speaker.number(Fraction(WORK)))}"

    def state(self, report: Report) -> Document:
        scoring = report.scoring
        band = report.band
        return {
            "value": scoring.points(scoring.index.value),
            "exact": number.ratio(scoring.index.exact),
            "band": band and {"id": band.id, "title": self.words(band.title)},
        }

    def step(self, at: int, step: Step) -> Document:
        return {
            "step": at,
            **self.change(step.change),
            "points": str(step.points),
            "value": str(step.value),
        }

    def change(self, change: Change) -> Document:
        rules = self.scoring.rules
        rule = rules.rules[change.rule]
        steps = change.steps
        remedy = rules.remedies.get(rule.remedy or "")
        text = self.explanation.change(steps, change.step)
        if change.metric != rule.metric:
            text = f"{steps.metric.title.of(self.lang)}: {text}"
        return {
            "rule": rule.id,
            "title": self.words(rule.title),
            "source": list(rule.source),
            **changed(steps, change.step),
            "missing": not steps.reported,
            "text": text,
            "index": str(change.gain),
            "effort": None if change.effort is None else number.plain(change.effort),
            "per_effort": None if change.effort is None else number.shown(change.rate),
            "behind": list(change.behind),
            "task": self.words(remedy.task) if remedy else None,
            "lead": self.words(remedy.lead) if remedy else None,
            "due": self.words(remedy.due) if remedy else None,
        }
