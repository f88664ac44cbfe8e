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
from cchc_rules.testing.submissions import Desk, Draw, Submission, accepted, submissions

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

Found = TypeVar("Found")

FIGURES = ("earned", "lost", "excluded", "maximum")


class LawBrokenError(AssertionError):
    """A law does not hold; the message says which, where, and what was found."""


@dataclass(frozen=True)
class Case:
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
            self.measurements, self.rules, self.measurements.judged_at
        )

    @property
    def desk(self) -> Desk:
        """Where further figures for this submission are drawn."""
        return Desk(self.active, self.report.as_of)

    def figures(self) -> dict[str, tuple[object, ...]]:
        """Return the state and every figure of each rule by its id."""
        return {
            id_: tuple(rule[key] for key in ("state", "exact", *FIGURES))
            for id_, rule in self.by_rule.items()
        }

    def with_entry(self, metric: str, entry: object) -> "Case":
        """Return the case with another entry for one metric; what the rule set does not accept is
        drawn anew.
        """
        changed = self.submission | {
            "measurements": self.submission["measurements"] | {metric: entry}
        }
        assume(accepted(self.rules, changed))
        return Case(self.rules, changed)

    def without_points(self, rule: str) -> "Case":
        """Return the case without the points that a person gave a rule."""
        points = {
            id_: given
            for id_, given in self.submission["points"].items()
            if id_ != rule
        }
        return Case(self.rules, self.submission | {"points": points})


@dataclass(frozen=True)
class Law:
    """A law by its name, and what tries it on a submission: it yields each place that breaks it."""

    name: str
    broken: Callable[[Case, Draw], Iterator["Break"]]

    def says(self, lang: str = DEFAULT_LANGUAGE) -> str:
        """Return what the law says, in one sentence."""
        return message(lang, f"law.{self.name}")


class Break(NamedTuple):
    """Where a law is broken, what stands there, and what the law allows."""

    where: str
    found: object
    allowed: object


def hold(
    rules: RuleSet, *, examples: int = 100, laws: Iterable[Law] | None = None
) -> None:
    """Hold a rule set to the laws, each over so many drawn submissions.

    Raises `LawBrokenError` at the first law that is broken; hypothesis adds the smallest submission
    that breaks it.
    """
    for law in LAWS if laws is None else laws:
        _hold(rules, law, examples)


def _hold(rules: RuleSet, law: Law, examples: int) -> None:
    @settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=[*HealthCheck],
        database=None,
    )
    @given(submissions(rules), st.data())
    def held(submission: Submission, data: st.DataObject) -> None:
        for place in law.broken(Case(rules, submission), data.draw):
            places = {key: str(value) for key, value in place._asdict().items()}
            words = message(rules.language, "law.broken", **places)
            raise LawBrokenError(f"{law.name}: {law.says(rules.language)}\n{words}")

    held()


def _bounds(case: Case, _: Draw) -> Iterator[Break]:
    for rule in case.document["rules"]:
        lowest, earned, most = (
            Fraction(rule[key]) for key in ("lowest", "earned", "maximum")
        )
        if not lowest <= earned <= most:
            yield Break(rule["id"], earned, f"{lowest} … {most}")
    for group in case.document["groups"]:
        if Fraction(group["lost"]) < 0:
            yield Break(group["id"], group["lost"], "0 …")
    index = case.document["index"]
    if not case.active.index.over_scale and Fraction(index["value"]) > Fraction(
        index["scale"]
    ):
        yield Break("index", index["value"], f"… {index['scale']}")


def _conservation(case: Case, _: Draw) -> Iterator[Break]:
    for part in (
        *case.document["rules"],
        *case.document["groups"],
        case.document["index"],
    ):
        *parts, most = (Fraction(part[key]) for key in FIGURES)
        if sum(parts) != most:
            yield Break(
                part.get("id", "index"),
                " + ".join(part[key] for key in FIGURES[:3]),
                most,
            )


def _monotone(case: Case, draw: Draw) -> Iterator[Break]:
    metric = _one_of(_directed(case.active), draw)
    figures = case.desk.figures(metric) if metric else None
    if metric is None or figures is None:
        return
    one, other = (case.with_entry(metric.id, draw(figures)) for _ in range(2))
    worse, better = sorted((one, other), key=lambda known: _goodness(known, metric))
    before = worse.by_rule
    after = better.by_rule
    for rule in _read_alone(case.active, metric):
        low = before[rule.id]
        high = after[rule.id]
        if {low["state"], high["state"]} <= COMPUTED and Fraction(
            high["exact"]
        ) < Fraction(low["exact"]):
            yield Break(rule.id, high["exact"], f"{low['exact']} … ({metric.id})")


def _one_of(known: list[Found], draw: Draw) -> Found | None:
    """Draw one of what there is, None where there is nothing."""
    return draw(st.sampled_from(known)) if known else None


def _goodness(case: Case, metric: Metric) -> Fraction:
    """Return a number that is larger when a metric is better."""
    figure = binding.figures_of(case.measurements, case.rules, case.report.as_of)[
        metric.id
    ]
    assume(isinstance(figure, tuple))
    rises = metric.better == ("lower" if metric.type == "level" else "higher")
    return Fraction(*figure) if rises else -Fraction(*figure)


def _directed(rules: RuleSet) -> list[Metric]:
    return [
        metric
        for metric in _submitted(rules)
        if metric.better != "neither" and _read_alone(rules, metric)
    ]


def _submitted(rules: RuleSet) -> list[Metric]:
    return [metric for metric in rules.metrics.values() if metric.submitted]


def _read_alone(rules: RuleSet, metric: Metric) -> list[Rule]:
    """Return the rules that judge a metric by itself: it stands in no threshold of theirs and in no
    exemption.
    """
    return [
        rule
        for rule in rules.rules.values()
        if rule.metric == metric.id
        and rule.comparator in ONE_WAY
        and metric.id
        not in dependencies.rule_metrics(rules, replace(rule, metric=None))
    ]


def _independence(case: Case, draw: Draw) -> Iterator[Break]:
    metric = _one_of(_submitted(case.active), draw)
    if metric is not None:
        yield from _others_alike(
            case, case.with_entry(metric.id, draw(case.desk.entries(metric))), metric.id
        )


def _others_alike(case: Case, changed: Case, metric: str) -> Iterator[Break]:
    """Yield the rules that changed with a metric that they do not read, not even through a gate."""
    before = case.figures()
    after = changed.figures()
    for id_ in before.keys() - _touched(case.active, metric):
        if before[id_] != after[id_]:
            yield Break(id_, after[id_], before[id_])


def _touched(rules: RuleSet, metric: str) -> set[str]:
    """Return the rules that read a metric, and those that are gated by them, however far."""
    found = {
        rule.id
        for rule in rules.rules.values()
        if metric in dependencies.rule_metrics(rules, rule)
    }
    while (
        more := {rule.id for rule in rules.rules.values() if found & {*rule.requires}}
        - found
    ):
        found |= more
    return found


def _order(case: Case, _: Draw) -> Iterator[Break]:
    entries = dict(reversed(case.submission["measurements"].items()))
    turned = Case(_backwards(case.rules), case.submission | {"measurements": entries})
    yield from _alike(case, turned)


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


def _turned(table: Mapping[str, Found]) -> dict[str, Found]:
    return {id_: table[id_] for id_ in reversed([*table])}


def _alike(one: Case, other: Case, *, without: str = "") -> Iterator[Break]:
    """Yield where two reports differ in a figure of a rule that both have, or of the index."""
    before = one.figures()
    after = other.figures()
    for id_ in before.keys() - {without}:
        if before[id_] != after[id_]:
            yield Break(id_, after[id_], before[id_])
    for key in ("value", "base", "exact", "lowest", "highest", "supported"):
        said = one.document["index"][key]
        found = other.document["index"][key]
        if said != found:
            yield Break("index." + key, found, said)


def _not_applicable(case: Case, draw: Draw) -> Iterator[Break]:
    """A rule that does not apply and is excluded is as good as not written."""
    plain = Case(
        replace(case.active, kinds={}, dated={}),
        {**case.submission, "unit_kind": None, "tracks": {}},
    )
    rule = _one_of(_separate(plain.rules), draw)
    if rule is None or rule.metric is None:
        return
    there = plain.with_entry(
        rule.metric, {"not_applicable": "không phát sinh"}
    ).without_points(rule.id)
    if (
        there.by_rule[rule.id]["reason"]["code"] == Reason.NOT_APPLICABLE
    ):  # no closed gate came first
        gone = Case(
            _less(plain.rules, rule.id), plain.without_points(rule.id).submission
        ).with_entry(rule.metric, None)
        yield from _alike(there, gone, without=rule.id)


def _separate(rules: RuleSet) -> list[Rule]:
    """Return the rules that could be left out: alone with their metric, excluded where it does not
    apply.
    """
    reading = Counter(
        name
        for rule in rules.rules.values()
        for name in dependencies.rule_metrics(rules, rule)
    )
    together = Counter(rule.group for rule in rules.rules.values() if rule.weight)
    return [
        rule
        for rule in rules.rules.values()
        if rule.absence.get(State.NOT_APPLICABLE) is Effect.EXCLUDE
        and rule.metric in dependencies.rule_metrics(rules, rule)
        and {reading[name] for name in dependencies.rule_metrics(rules, rule)} == {1}
        and rules.metrics[rule.metric].submitted
        and together[rule.group] > 1
    ]


@lru_cache(maxsize=256)
def _less(rules: RuleSet, id_: str) -> RuleSet:
    """Return the rule set without one rule, which no other requires any more and no band waits for."""
    left = {name: rule for name, rule in rules.rules.items() if name != id_}
    left = {
        name: replace(rule, requires=tuple(one for one in rule.requires if one != id_))
        for name, rule in left.items()
    }
    return replace(rules, rules=left, bands=(), band_gates=())


def _rescores(case: Case, _: Draw) -> Iterator[Break]:
    again = score(case.rules, load_measurements(_reread(case.measurements), case.rules))
    printed = print_report(again.to_dict(DEFAULT_LANGUAGE))
    if printed != print_report(case.document):
        yield Break("report", printed, print_report(case.document))
    for one in verify.differences(case.document):
        yield Break(one.path, one.said, one.found)


def _reread(found: Measurements) -> Submission:
    content = parse_json(dump_measurements(found), "", [])
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
