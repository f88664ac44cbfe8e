"""A plan that wins points back: its steps as values, and the document that views are drawn from."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from cchc_rules.base import number
from cchc_rules.report import heading
from cchc_rules.report.arithmetic import Arithmetic
from cchc_rules.report.explanation import Explanation
from cchc_rules.report.heading import Document
from cchc_rules.report.report import Report
from cchc_rules.report.result_text import ResultText
from cchc_rules.report.rule_document import changed
from cchc_rules.rules.model import Band, Remedy, Text
from cchc_rules.scoring.steps import Steps
from cchc_rules.submissions.submission import Figure

MOST_SETS = 2**14
"""How many sets of changes that touch each other are tried one by one at most. Where there are
more, the best of each number of changes are kept, and the plan says that it is not proven to be the
fewest.
"""


@dataclass(frozen=True, eq=False)
class PlannedChange:
    """One figure changed so that a rule gains all it can.

    `step` of `steps` is the figure that is to be reported, `figure` the same as scoring takes it.
    `gain` is what the change alone brings the index shown, in points: zero where gates are closed
    before the rule, which `behind` names.
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
        """What it brings the index for each unit of effort; without an effort, what it brings."""
        return Fraction(self.gain) / (self.effort or 1)


@dataclass(frozen=True, eq=False)
class PlanStep:
    """One change of a plan, once it and those before it are made.

    `points` is what its rule gains, or the mean that the rule lies in; `value` is the index shown,
    None while too little is reported for one.
    """

    change: PlannedChange
    points: Decimal
    value: Decimal | None


@dataclass(frozen=True, eq=False)
class Plan:
    """How to reach an index or a band: the fewest changes, each scored, and all changes there are.

    `reached` says whether the goal is reached with the steps; if not, they lead as far as one can
    get. `proven` says whether it is proven that no fewer changes do, or that no others lead
    further. `mendable` has the best change of every rule that has one, the most rewarding first.

    `index` or `band` is the goal, the other None. `now` is the report of the submission as it is,
    `then` that of the submission with all steps made.
    """

    index: Fraction | None
    band: Band | None
    now: Report
    then: Report
    reached: bool
    proven: bool
    steps: tuple[PlanStep, ...]
    mendable: tuple[PlannedChange, ...]

    def to_dict(self, lang: str | None = None) -> Document:
        """Return the document that the views are drawn from, its texts in a language."""
        return document(self, lang or self.now.language)


def document(plan: Plan, lang: str) -> Document:
    """Return the document of a plan, its texts in a language."""
    return _Writer(plan, lang).document()


class _Writer:
    """Writes the document of a plan in one language."""

    def __init__(self, plan: Plan, lang: str) -> None:
        self.plan = plan
        self.lang = lang
        self.scoring = plan.now.scoring
        self.texts = ResultText(self.scoring, lang)
        self.explanation = Explanation(Arithmetic(self.texts))

    def document(self) -> Document:
        plan = self.plan
        numbered_steps = enumerate(plan.steps, start=1)
        return {
            **heading.scored(self.texts),
            "target": self.target(),
            "reached": plan.reached,
            "proven": plan.proven,
            "text": self.summary(),
            "now": self.state(plan.now),
            "then": self.state(plan.then),
            "steps": [self.step(position, step) for position, step in numbered_steps],
            "mendable": [self.change(change) for change in plan.mendable],
        }

    def words(self, text: Text | None) -> str | None:
        if text is None:
            return None
        return text.of(self.lang)

    def target(self) -> Document:
        """Return the goal: an index, or a band."""
        band = self.plan.band
        if band is not None:
            title = self.words(band.title)
            return {"index": None, "band": band.id, "title": title}
        index = self.plan.index
        assert index is not None
        return {"index": number.plain(index), "band": None, "title": None}

    def goal(self) -> str:
        """Say what was to be reached."""
        band = self.plan.band
        if band is not None:
            return self.texts.say("plan.band", band=band.title.of(self.lang))
        index = self.plan.index or Fraction(0)
        return self.texts.say("plan.index", index=self.texts.number(index))

    def summary(self) -> str:
        """Say the answer in one sentence or two."""
        plan = self.plan
        answer = self.texts.say(
            self._answer(),
            goal=self.goal(),
            count=str(len(plan.steps)),
            value=self._value_then(),
        )
        # The search adds up points, and does not know which figures bring an index about.
        if not plan.now.scoring.index.covered:
            reservation = self.texts.say("plan.unproven-coverage")
            return f"{answer} {reservation}"
        # The fewest of all sets, or the fewest of those that were tried: the reader must know.
        if plan.proven:
            return answer
        work = self.texts.number(Fraction(MOST_SETS))
        reservation = self.texts.say("plan.unproven", work=work)
        return f"{answer} {reservation}"

    def _value_then(self) -> str:
        """Say the index that the plan leads to, a dash where it leads to none."""
        index = self.plan.then.scoring.index
        if not index.covered:
            return "–"
        return self.texts.points(index.value)

    def _answer(self) -> str:
        """Return the id of the message that answers."""
        # A plan out of reach may have steps, too: those that lead furthest.
        if not self.plan.reached:
            return "plan.out-of-reach"
        if not self.plan.steps:
            return "plan.already"
        return "plan.reached"

    def state(self, report: Report) -> Document:
        """Return the index of a report, shown and exactly, and its band."""
        scoring = report.scoring
        band = report.band
        value = None
        exact = None
        # Too little is reported for an index (semantics I9).
        if scoring.index.covered:
            value = scoring.points(scoring.index.value)
            exact = number.ratio(scoring.index.exact)
        return {
            "value": value,
            "exact": exact,
            "band": band and {"id": band.id, "title": self.words(band.title)},
        }

    def step(self, position: int, step: PlanStep) -> Document:
        """Return a change with what it brings after those before it."""
        value = None
        if step.value is not None:
            value = str(step.value)
        return {
            "step": position,
            **self.change(step.change),
            "points": str(step.points),
            "value": value,
        }

    def change(self, change: PlannedChange) -> Document:
        """Return a change with what it brings by itself, and who is to make it by when."""
        rules = self.scoring.rules
        rule = rules.rules[change.rule]
        remedy = rules.remedies.get(rule.remedy or "")
        steps = change.steps
        text = self.explanation.change(steps, change.step)
        # The rule's title says what changes, unless it judges something computed from it.
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
            **self.effort(change),
            "behind": list(change.behind),
            **self.remedy(remedy),
        }

    def remedy(self, remedy: Remedy | None) -> Document:
        """Return the task that mends a rule, who leads it and when it is due."""
        # The keys are there in any case: views read them without asking.
        if remedy is None:
            return {"task": None, "lead": None, "due": None}
        return {
            "task": self.words(remedy.task),
            "lead": self.words(remedy.lead),
            "due": self.words(remedy.due),
        }

    def effort(self, change: PlannedChange) -> Document:
        """Return what a change costs, in the rule set's own unit of effort, and what it brings for
        each unit of it.
        """
        # Nobody said what it costs, so that nothing can be said for its price.
        if change.effort is None:
            return {"effort": None, "per_effort": None}
        return {
            "effort": number.plain(change.effort),
            "per_effort": number.shown(change.rate),
        }
