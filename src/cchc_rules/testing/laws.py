"""The laws of docs/reference/semantics.md held against one rule set: for every drawn submission, or
where not.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Any, NamedTuple, TypeVar

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from cchc_rules.base.messages import message
from cchc_rules.base.problem import DEFAULT_LANGUAGE
from cchc_rules.base.state import COMPUTED, Effect, Reason, State
from cchc_rules.report import verify
from cchc_rules.report.printing import print_report
from cchc_rules.report.report import Report
from cchc_rules.report.score import score
from cchc_rules.rules import dependencies
from cchc_rules.rules.model import Metric, Rule, RuleSet
from cchc_rules.submissions import binding
from cchc_rules.submissions.binding import load_measurements
from cchc_rules.submissions.submission import (
    Measurements,
    dump_measurements,
    parse_json,
)
from cchc_rules.testing.submissions import (
    Draw,
    EntryStrategies,
    Submission,
    accepted,
    submissions,
)

ONE_WAY = (
    ">=",
    ">",
    "<=",
    "<",
    "is",
    "on_or_before",
    "before",
    "on_or_after",
    "after",
    "better",
    None,
)
"""Comparators under which a better figure is never further from the target."""

Item = TypeVar("Item")

FIGURES = ("earned", "lost", "excluded", "maximum")


class LawBrokenError(AssertionError):
    """A law does not hold; the message says which, where, and what stands there."""


@dataclass(frozen=True)
class DrawnCase:
    """A rule set with a drawn submission and its report."""

    rules: RuleSet
    submission: Submission

    @cached_property
    def measurements(self) -> Measurements:
        """The submission as it was read."""
        return load_measurements(self.submission, self.rules)

    @cached_property
    def report(self) -> Report:
        """The report of the submission."""
        return score(self.rules, self.measurements)

    @cached_property
    def document(self) -> dict[str, Any]:
        """The report as the dictionary that is printed."""
        return self.report.to_dict(DEFAULT_LANGUAGE)

    @cached_property
    def by_rule(self) -> dict[str, dict[str, Any]]:
        """What the document says of each rule, by its id."""
        return {rule["id"]: rule for rule in self.document["rules"]}

    @property
    def active(self) -> RuleSet:
        """The rule set as it stands on the day of judgement for the submission's kind of unit."""
        return binding.variant(
            self.measurements,
            self.rules,
            self.measurements.judged_at,
        )

    @property
    def strategies(self) -> EntryStrategies:
        """What further figures for this submission are drawn from."""
        return EntryStrategies(self.active, self.report.as_of)

    def figures(self) -> dict[str, tuple[object, ...]]:
        """Return the state and every figure of each rule by its id."""
        return {
            id_: tuple(rule[key] for key in ("state", "exact", *FIGURES))
            for id_, rule in self.by_rule.items()
        }

    def with_entry(self, metric: str, entry: object) -> "DrawnCase":
        """Return the case with another entry for one metric; what the rule set does not accept is
        drawn anew.
        """
        measurements = self.submission["measurements"] | {metric: entry}
        changed = self.submission | {"measurements": measurements}
        assume(accepted(self.rules, changed))
        return DrawnCase(self.rules, changed)

    def without_points(self, rule: str) -> "DrawnCase":
        """Return the case without the points that a person gave a rule."""
        points = {
            id_: given
            for id_, given in self.submission["points"].items()
            if id_ != rule
        }
        return DrawnCase(self.rules, self.submission | {"points": points})


class Break(NamedTuple):
    """Where a law is broken, what stands there, and what the law allows."""

    where: str
    found: object
    allowed: object


@dataclass(frozen=True)
class Law:
    """A law by its name, and what tries it on a submission: it yields each place that breaks it."""

    name: str
    broken: Callable[[DrawnCase, Draw], Iterator[Break]]

    def says(self, lang: str = DEFAULT_LANGUAGE) -> str:
        """Return what the law says, in one sentence."""
        return message(lang, f"law.{self.name}")


def hold(
    rules: RuleSet,
    *,
    examples: int = 100,
    laws: Iterable[Law] | None = None,
) -> None:
    """Hold a rule set to the laws, each over so many drawn submissions.

    Args:
        rules: The rule set, loaded.
        examples: How many submissions each law is tried on.
        laws: Some of `LAWS`; all of them where none are named.

    Raises:
        LawBrokenError: At the first law that is broken; hypothesis adds the smallest submission
            that breaks it.

    >>> from cchc_rules import load_rules
    >>> hold(load_rules("example-access-to-law"), examples=2, laws=LAWS[:1])
    """
    for law in LAWS if laws is None else laws:
        _hold(rules, law, examples)


def _hold(rules: RuleSet, law: Law, examples: int) -> None:
    # No database: a rule set of one's own is tried afresh, wherever the test runs.
    @settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=[*HealthCheck],
        database=None,
    )
    @given(submissions(rules), st.data())
    def held(submission: Submission, data: st.DataObject) -> None:
        # The first place is enough, and is what hypothesis makes small.
        for place in law.broken(DrawnCase(rules, submission), data.draw):
            arguments = {key: str(value) for key, value in place._asdict().items()}
            words = message(rules.language, "law.broken", **arguments)
            raise LawBrokenError(f"{law.name}: {law.says(rules.language)}\n{words}")

    held()


# Bounds: points lie between the fewest and the most of a rule, an index does not exceed its scale


def _bounds(case: DrawnCase, _: Draw) -> Iterator[Break]:
    for rule in case.document["rules"]:
        lowest = Fraction(rule["lowest"])
        earned = Fraction(rule["earned"])
        maximum = Fraction(rule["maximum"])
        if not lowest <= earned <= maximum:
            yield Break(rule["id"], earned, f"{lowest} … {maximum}")
    for group in case.document["groups"]:
        if Fraction(group["lost"]) < 0:
            yield Break(group["id"], group["lost"], "0 …")
    index = case.document["index"]
    above = Fraction(index["value"]) > Fraction(index["scale"])
    if above and not case.active.index.over_scale:
        yield Break("index", index["value"], f"… {index['scale']}")


# Conservation: earned, lost and excluded add up to the maximum


def _conservation(case: DrawnCase, _: Draw) -> Iterator[Break]:
    document = case.document
    for part in (*document["rules"], *document["groups"], document["index"]):
        *shares, maximum = (Fraction(part[key]) for key in FIGURES)
        if sum(shares) != maximum:
            sum_as_written = " + ".join(part[key] for key in FIGURES[:3])
            yield Break(part.get("id", "index"), sum_as_written, maximum)


# Monotone: while a figure gets better, no rule that judges it loses points


def _monotone(case: DrawnCase, draw: Draw) -> Iterator[Break]:
    metric = _one_of(_metrics_with_a_direction(case.active), draw)
    if metric is None:
        return
    figures = case.strategies.figures(metric)
    if figures is None:
        return
    # Exact points are compared: rounded ones could hide a fall of less than half a tick.
    tried = [case.with_entry(metric.id, draw(figures)) for _ in range(2)]
    worse, better = sorted(tried, key=lambda known: _goodness(known, metric))
    before = worse.by_rule
    after = better.by_rule
    for rule in _judging_it_alone(case.active, metric):
        low = before[rule.id]
        high = after[rule.id]
        computed = {low["state"], high["state"]} <= COMPUTED
        if computed and Fraction(high["exact"]) < Fraction(low["exact"]):
            yield Break(rule.id, high["exact"], f"{low['exact']} … ({metric.id})")


def _one_of(known: list[Item], draw: Draw) -> Item | None:
    """Draw one of what there is, None where there is nothing."""
    return draw(st.sampled_from(known)) if known else None


def _goodness(case: DrawnCase, metric: Metric) -> Fraction:
    """Return a number that is larger when a metric is better; levels are listed best first."""
    figures = binding.figures_of(case.measurements, case.rules, case.report.as_of)
    figure = figures[metric.id]
    assume(isinstance(figure, tuple))
    larger_is_better = metric.better == "higher"
    if metric.type == "level":
        larger_is_better = metric.better == "lower"
    return Fraction(*figure) if larger_is_better else -Fraction(*figure)


def _metrics_with_a_direction(rules: RuleSet) -> list[Metric]:
    return [
        metric
        for metric in _submitted(rules)
        if metric.better != "neither" and _judging_it_alone(rules, metric)
    ]


def _submitted(rules: RuleSet) -> list[Metric]:
    return [metric for metric in rules.metrics.values() if metric.submitted]


def _judging_it_alone(rules: RuleSet, metric: Metric) -> list[Rule]:
    """Return the rules that judge a metric by itself: it stands in no threshold of theirs and in no
    exemption.
    """
    judging = []
    for rule in rules.rules.values():
        if rule.metric == metric.id and rule.comparator in ONE_WAY:
            elsewhere = dependencies.rule_metrics(rules, replace(rule, metric=None))
            if metric.id not in elsewhere:
                judging.append(rule)
    return judging


# Independence: a figure changes no rule that does not read it


def _independence(case: DrawnCase, draw: Draw) -> Iterator[Break]:
    metric = _one_of(_submitted(case.active), draw)
    if metric is None:
        return
    entry = draw(case.strategies.entries(metric))
    before = case.figures()
    after = case.with_entry(metric.id, entry).figures()
    for id_ in before.keys() - _touched(case.active, metric.id):
        if before[id_] != after[id_]:
            yield Break(id_, after[id_], before[id_])


def _touched(rules: RuleSet, metric: str) -> set[str]:
    """Return the rules that read a metric, and those that are gated by them, however far."""
    touched = {
        rule.id
        for rule in rules.rules.values()
        if metric in dependencies.rule_metrics(rules, rule)
    }
    while True:
        gated = {
            rule.id for rule in rules.rules.values() if touched & set(rule.requires)
        }
        if gated <= touched:
            return touched
        touched |= gated


# Order: the order in which files are written changes no figure


def _order(case: DrawnCase, _: Draw) -> Iterator[Break]:
    entries = dict(reversed(case.submission["measurements"].items()))
    submission = case.submission | {"measurements": entries}
    yield from _differences(case, DrawnCase(_backwards(case.rules), submission))


@lru_cache(maxsize=8)
def _backwards(rules: RuleSet) -> RuleSet:
    """Return the same rule set with everything that has an id written the other way round."""
    return replace(
        rules,
        metrics=_turned(rules.metrics),
        groups=_turned(rules.groups),
        rules=_turned(rules.rules),
        kinds={id_: _backwards(kind) for id_, kind in rules.kinds.items()},
        dated={day: _backwards(version) for day, version in rules.dated.items()},
    )


def _turned(table: Mapping[str, Item]) -> dict[str, Item]:
    return {id_: table[id_] for id_ in reversed([*table])}


INDEX_KEYS = ("value", "base", "exact", "lowest", "highest", "supported")


def _differences(
    case: DrawnCase,
    other: DrawnCase,
    *,
    without: str = "",
) -> Iterator[Break]:
    """Yield where two reports differ in a figure of a rule that both have, or of the index."""
    before = case.figures()
    after = other.figures()
    for id_ in before.keys() - {without}:
        if before[id_] != after[id_]:
            yield Break(id_, after[id_], before[id_])
    for key in INDEX_KEYS:
        expected = case.document["index"][key]
        found = other.document["index"][key]
        if expected != found:
            yield Break("index." + key, found, expected)


# Not applicable: a rule that does not apply and is excluded is as good as not written


def _not_applicable(case: DrawnCase, draw: Draw) -> Iterator[Break]:
    # Overlays would bring the rule back; the active rule set has taken them in already.
    submission = {**case.submission, "unit_kind": None, "tracks": {}}
    plain = DrawnCase(replace(case.active, kinds={}, dated={}), submission)
    rule = _one_of(_separable(plain.rules), draw)
    if rule is None or rule.metric is None:
        return
    entry = {"not_applicable": "không phát sinh"}
    with_it = plain.with_entry(rule.metric, entry).without_points(rule.id)
    reason = with_it.by_rule[rule.id]["reason"]["code"]
    if reason != Reason.NOT_APPLICABLE:  # a closed gate came first
        return
    # The metric stays, as one that nobody reads; what it says must then not matter.
    fewer_rules = _without(plain.rules, rule.id)
    without_it = DrawnCase(fewer_rules, plain.without_points(rule.id).submission)
    without_it = without_it.with_entry(rule.metric, None)
    yield from _differences(with_it, without_it, without=rule.id)


def _separable(rules: RuleSet) -> list[Rule]:
    """Return the rules that could be left out: alone with their metrics, excluded where they do not
    apply, not the last of their group.
    """
    readers = Counter(
        metric
        for rule in rules.rules.values()
        for metric in dependencies.rule_metrics(rules, rule)
    )
    weighted = Counter(rule.group for rule in rules.rules.values() if rule.weight)
    separable = []
    for rule in rules.rules.values():
        read = dependencies.rule_metrics(rules, rule)
        excluded = rule.absence.get(State.NOT_APPLICABLE) is Effect.EXCLUDE
        if not excluded or rule.metric not in read:
            continue
        alone = all(readers[metric] == 1 for metric in read)
        submitted = rules.metrics[rule.metric].submitted
        if alone and submitted and weighted[rule.group] > 1:
            separable.append(rule)
    return separable


@lru_cache(maxsize=256)
def _without(rules: RuleSet, id_: str) -> RuleSet:
    """Return the rule set without one rule, which nothing requires any more, bands included."""
    left = {}
    for name, rule in rules.rules.items():
        if name != id_:
            required = tuple(other for other in rule.requires if other != id_)
            left[name] = replace(rule, requires=required)
    return replace(rules, rules=left, bands=(), band_gates=())


# Re-scores: the submission as it is written scores to the same report, and the report proves itself


def _rescores(case: DrawnCase, _: Draw) -> Iterator[Break]:
    reread = load_measurements(_reread(case.measurements), case.rules)
    printed = print_report(case.document)
    again = print_report(score(case.rules, reread).to_dict(DEFAULT_LANGUAGE))
    if again != printed:
        yield Break("report", again, printed)
    for difference in verify.differences(case.document):
        yield Break(difference.path, difference.said, difference.found)


def _reread(measurements: Measurements) -> Submission:
    content = parse_json(dump_measurements(measurements), "", [])
    assert isinstance(content, dict)
    return content


LAWS = (
    Law("bounds", _bounds),
    Law("conservation", _conservation),
    Law("monotone", _monotone),
    Law("independence", _independence),
    Law("order", _order),
    Law("not-applicable", _not_applicable),
    Law("re-scores", _rescores),
)
"""The laws that a rule set is held to, in the order of docs/how-to/hold-the-laws.md."""
