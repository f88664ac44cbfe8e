"""`plan_to`: a submission scored, and the fewest changes that bring it to an index or a band."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction

from cchc_rules.analysis.what_if.changed_figures import listed
from cchc_rules.analysis.what_if.fewest_changes import fewest_changes
from cchc_rules.analysis.what_if.plan_document import Plan
from cchc_rules.analysis.what_if.plan_goal import PlanGoal, band_goal, index_goal
from cchc_rules.analysis.what_if.possible_changes import PossibleChanges, reward_order
from cchc_rules.base import number
from cchc_rules.report.score import score
from cchc_rules.rules.model import RuleSet
from cchc_rules.scoring.scoring import Scoring
from cchc_rules.scoring.steps import Steps, as_json
from cchc_rules.submissions.submission import Measurements


def plan_to(
    rules: RuleSet,
    measurements: Measurements,
    *,
    index: Fraction | Decimal | int | None = None,
    band: str | None = None,
    as_of: date | str | None = None,
) -> Plan:
    """Return the fewest changes of single figures that reach an index or a band.

    Every change puts one submitted metric to the nearest figure with which a rule that reads it
    gains all it can; figures that are missing are counted at their best.

    Args:
        rules: The rule set.
        measurements: The submission as it is.
        index: What the unrounded index is to be at least, in points.
        band: The id of the band to reach, or a better one; give this or `index`.
        as_of: The day of judgement, as `score` takes it.

    Returns:
        A `Plan`: its `steps`, whether the goal is `reached`, and whether that is `proven` to be the
        fewest.

    Raises:
        SubmissionError: As `score` does, and for a band that the rule set does not have.
        ValueError: Unless exactly one of `index` and `band` is given, or for an endless number.
        TypeError: For an index that is no exact number, such as a float.

    >>> from cchc_rules import load_measurements, load_rules
    >>> rules = load_rules("cam-due-2023")
    >>> figures = load_measurements("examples/cam-due-2023.json", rules)
    >>> plan = plan_to(rules, figures, index=85)
    >>> plan.reached, len(plan.steps), str(plan.then.index)
    (True, 1, '85.03')
    """
    if (index is None) == (band is None):
        raise ValueError("give exactly one of index and band")
    report = score(rules, measurements, as_of=as_of)
    goal = _goal(report.scoring, index, band)
    possible = PossibleChanges(report.scoring)
    answer = fewest_changes(possible, goal)
    changes = sorted(answer.changes, key=reward_order)
    # The search works on a trial; what is promised is what the changed submission scores to.
    changed = {
        change.metric: submitted(change.steps, change.step, measurements)
        for change in changes
    }
    then = report
    if changed:
        then = score(rules, measurements.changed(changed), as_of=as_of)
    steps = possible.one_after_another(changes)
    mendable = possible.most_rewarding_first()
    return Plan(
        index=goal.index,
        band=goal.band,
        now=report,
        then=then,
        reached=goal.reached(then.scoring),
        proven=answer.proven,
        steps=tuple(steps),
        mendable=tuple(mendable),
    )


def _goal(
    scoring: Scoring,
    index: Fraction | Decimal | int | None,
    band: str | None,
) -> PlanGoal:
    if band is not None:
        return band_goal(scoring, band)
    return index_goal(scoring, number.argument("index", index))


def submitted(steps: Steps, step: int, measurements: Measurements) -> object:
    """Return what a submission says for a step of a metric, as it stands in JSON.

    Args:
        steps: The figures that the metric can have.
        step: Which of them, counted from the submitted one.
        measurements: The submission that changes; items that it lists are kept.
    """
    value = steps.write(step)
    # Answers, levels and days stand in a submission as they are.
    if not isinstance(value, Fraction):
        return value
    denominator = steps.denominator
    if denominator is not None:
        return {"numerator": as_json(value), "denominator": as_json(denominator)}
    if not steps.metric.distinct:
        return as_json(value)
    # Items are told by name: as many are submitted as the metric is to count.
    entry = measurements.entries.get(steps.metric.id)
    items: Sequence[str] = ()
    if entry and entry.items:
        items = entry.items
    return {"items": listed(items, int(value))}
