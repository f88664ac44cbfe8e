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
from cchc_rules.base.state import COMPUTED, Absent, Effect, Reason, State
from cchc_rules.report import verify
from cchc_rules.report.printing import print_report
from cchc_rules.report.report import Report
from cchc_rules.report.score import score
from cchc_rules.rules import dependencies
from cchc_rules.rules.model import Metric, Rule, RuleSet
from cchc_rules.rules.silence import Counting, Silence, Way
from cchc_rules.scoring.scoring import Scoring
from cchc_rules.scoring.totals import counting_weight
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
"""What the document says of the points of each rule and group, and of the index: the last is the
sum of the others.
"""


class LawBrokenError(AssertionError):
    """A law does not hold; the message says which, where, and what stands there."""


@dataclass(frozen=True)
class DrawnCase:
    """A rule set with a drawn submission and its report.

    What the laws ask for is computed when it is asked for, once: most need the document alone.

    Args:
        rules: The rule set that is held to the laws.
        submission: A submission that it accepts.
    """

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
        day = self.measurements.judged_at
        return binding.variant(self.measurements, self.rules, day)

    @property
    def strategies(self) -> EntryStrategies:
        """What further figures for this submission are drawn from."""
        return EntryStrategies(self.active, self.report.as_of)

    def figures(self) -> dict[str, tuple[object, ...]]:
        """Return the state and the figures of each rule by its id.

        What a rule of a mean, of a pool or under a cap counts for depends on the rules beside it
        (semantics G4 to G7); of such a rule only its own exact points are told.
        """
        groups = {group["id"]: group for group in self.document["groups"]}
        figures = {}
        for id_, rule in self.by_rule.items():
            group = groups[rule["group"]]
            keys: tuple[str, ...] = ("state", "exact")
            stands_alone = (group["kind"], group["combine"]) == ("base", "sum")
            if stands_alone and not _under_cap(groups, rule["group"]):
                keys = (*keys, *FIGURES)
            figures[id_] = tuple(rule[key] for key in keys)
        return figures

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
        points = dict(self.submission["points"])
        points.pop(rule, None)
        changed = self.submission | {"points": points}
        return DrawnCase(self.rules, changed)


def _under_cap(groups: Mapping[str, Any], group: str | None) -> bool:
    """Whether a group, or one that it lies in, has a cap."""
    while group is not None:
        if groups[group]["cap"] is not None:
            return True
        group = groups[group]["parent"]
    return False


class Break(NamedTuple):
    """Where a law is broken, what stands there, and what the law allows."""

    where: str
    """The id of a rule or group, or a key of the document."""
    found: object
    allowed: object


@dataclass(frozen=True)
class Law:
    """A law by its name, and what tries it on a submission: it yields each place that breaks it."""

    name: str
    """What `message` knows its sentence by, as `law.bounds`."""
    broken: Callable[[DrawnCase, Draw], Iterator[Break]]
    """Draws what else it needs, such as another figure, so that hypothesis can make that small."""

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
    if laws is None:
        laws = LAWS
    for law in laws:
        _hold(rules, law, examples)


def _hold(rules: RuleSet, law: Law, examples: int) -> None:
    """Hold a rule set to one law; raise `LawBrokenError` where it breaks it."""

    # No database: a rule set of one's own is tried afresh, wherever the test runs. No deadline and
    # no health checks: how long a rule set takes is no law.
    @settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=[*HealthCheck],
        database=None,
    )
    @given(submissions(rules), st.data())
    def held(submission: Submission, data: st.DataObject) -> None:
        # The first place is enough, and is what hypothesis makes small.
        case = DrawnCase(rules, submission)
        for place in law.broken(case, data.draw):
            raise LawBrokenError(_broken(rules, law, place))

    held()


def _broken(rules: RuleSet, law: Law, place: Break) -> str:
    """Say which law is broken, and where, in the language of the rule set."""
    sentence = law.says(rules.language)
    words = message(
        rules.language,
        "law.broken",
        where=place.where,
        found=str(place.found),
        allowed=str(place.allowed),
    )
    return f"{law.name}: {sentence}\n{words}"


# Bounds: points lie between the fewest and the most of a rule, an index does not exceed its scale


def _bounds(case: DrawnCase, _: Draw) -> Iterator[Break]:
    for rule in case.document["rules"]:
        lowest = Fraction(rule["lowest"])
        earned = Fraction(rule["earned"])
        maximum = Fraction(rule["maximum"])
        if not lowest <= earned <= maximum:
            yield Break(rule["id"], earned, f"{lowest} … {maximum}")
    # Rules may take points off, so that a group earns less than nothing; its loss is never below 0.
    for group in case.document["groups"]:
        lost = Fraction(group["lost"])
        if lost < 0:
            yield Break(group["id"], group["lost"], "0 …")
    index = case.document["index"]
    # Where nothing is left to score there is no index to lie above its scale (semantics I2).
    if index["value"] is None:
        return
    above = Fraction(index["value"]) > Fraction(index["scale"])
    if above and not case.active.index.over_scale:
        yield Break("index", index["value"], f"… {index['scale']}")
    floor = case.active.index.lowest
    if floor is not None and Fraction(index["value"]) < floor:
        yield Break("index", index["value"], f"{floor} …")


# Conservation: earned, lost and excluded add up to the maximum


def _conservation(case: DrawnCase, _: Draw) -> Iterator[Break]:
    document = case.document
    for part in (*document["rules"], *document["groups"], document["index"]):
        *shares, maximum = (Fraction(part[key]) for key in FIGURES)
        # Of a rule in a pool, what it lost beyond the cap is without effect (semantics G5).
        beyond_cap = Fraction(part.get("without_effect", 0))
        if sum(shares) + beyond_cap != maximum:
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
    tried = [case.with_entry(metric.id, draw(figures)) for _ in range(2)]
    worse, better = sorted(tried, key=lambda drawn: _goodness(drawn, metric))
    before = worse.by_rule
    after = better.by_rule
    for rule in _judging_it_alone(case.active, metric):
        with_worse = before[rule.id]
        with_better = after[rule.id]
        # A rule behind a closed gate, or one that is waived, is not judged by the figure.
        if not {with_worse["state"], with_better["state"]} <= COMPUTED:
            continue
        # Exact points are compared: rounded ones could hide a fall of less than half a tick.
        if Fraction(with_better["exact"]) < Fraction(with_worse["exact"]):
            allowed = f"{with_worse['exact']} … ({metric.id})"
            yield Break(rule.id, with_better["exact"], allowed)


def _one_of(choices: list[Item], draw: Draw) -> Item | None:
    """Draw one of what there is, None where there is nothing."""
    if not choices:
        return None
    chosen: Item = draw(st.sampled_from(choices))
    return chosen


def _goodness(case: DrawnCase, metric: Metric) -> Fraction:
    """Return a number that is larger when a metric is better.

    Levels are listed best first, and the figure of a level is its place: lower is better.
    """
    day = case.report.as_of
    figures = binding.figures_of(case.measurements, case.rules, day)
    figure = figures[metric.id]
    assume(isinstance(figure, tuple))
    value = Fraction(*figure)
    if metric.better == "higher":
        return value
    return -value


def _metrics_with_a_direction(rules: RuleSet) -> list[Metric]:
    """Return the metrics that can be better or worse, and that some rule judges by themselves."""
    directed: list[Metric] = []
    for metric in _submitted(rules):
        if metric.better != "neither" and _judging_it_alone(rules, metric):
            directed.append(metric)
    return directed


def _submitted(rules: RuleSet) -> list[Metric]:
    return [metric for metric in rules.metrics.values() if metric.submitted]


def _judging_it_alone(rules: RuleSet, metric: Metric) -> list[Rule]:
    """Return the rules that judge a metric by itself: it stands in no threshold of theirs and in no
    exemption.
    """
    judging: list[Rule] = []
    for rule in rules.rules.values():
        if rule.metric != metric.id or rule.comparator not in ONE_WAY:
            continue
        # A threshold that moves with the figure may move faster than it.
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
    every_rule = rules.rules.values()
    touched: set[str] = set()
    for rule in every_rule:
        if metric in dependencies.rule_metrics(rules, rule):
            touched.add(rule.id)
    # On to those behind them, until a round brings no rule more.
    while True:
        gated = {rule.id for rule in every_rule if touched & set(rule.requires)}
        if gated <= touched:
            return touched
        touched |= gated


# Order: the order in which files are written changes no figure


def _order(case: DrawnCase, _: Draw) -> Iterator[Break]:
    entries = dict(reversed(case.submission["measurements"].items()))
    submission = case.submission | {"measurements": entries}
    turned = DrawnCase(_backwards(case.rules), submission)
    yield from _differences(case, turned)


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
    """Return a table with its last entry first."""
    ids = reversed([*table])
    return {id_: table[id_] for id_ in ids}


INDEX_KEYS = ("value", "base", "exact", "lowest", "highest", "supported")
"""What two reports of the same points must agree on in their index."""


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
    index_before = case.document["index"]
    index_after = other.document["index"]
    for key in INDEX_KEYS:
        expected = index_before[key]
        actual = index_after[key]
        if expected != actual:
            yield Break("index." + key, actual, expected)


# Not applicable: a rule that does not apply and is excluded is as good as not written


def _not_applicable(case: DrawnCase, draw: Draw) -> Iterator[Break]:
    # Overlays would bring the rule back; the active rule set has taken them in already.
    submission = {**case.submission, "unit_kind": None, "tracks": {}}
    alone = replace(case.active, kinds={}, dated={})
    plain = DrawnCase(alone, submission)
    rule = _one_of(_separable(plain.rules), draw)
    if rule is None or rule.metric is None:
        return
    entry = {"not_applicable": "không phát sinh"}
    with_it = plain.with_entry(rule.metric, entry).without_points(rule.id)
    reason = with_it.by_rule[rule.id]["reason"]["code"]
    # A closed gate came first, and takes its points (semantics L2).
    if reason != Reason.NOT_APPLICABLE:
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
    every_rule = rules.rules.values()
    # How many rules read each metric, and how many of each group have any weight.
    readers: Counter[str] = Counter()
    for rule in every_rule:
        readers.update(dependencies.rule_metrics(rules, rule))
    weighted = Counter(rule.group for rule in every_rule if rule.weight)
    separable: list[Rule] = []
    for rule in every_rule:
        read = dependencies.rule_metrics(rules, rule)
        excluded = rule.absence.get(State.NOT_APPLICABLE) is Effect.EXCLUDE
        if not excluded or rule.metric not in read:
            continue
        alone = all(readers[metric] == 1 for metric in read)
        submitted = rules.metrics[rule.metric].submitted
        # A mean without any weight leaves the index as a whole (semantics G2).
        if alone and submitted and weighted[rule.group] > 1:
            separable.append(rule)
    return separable


@lru_cache(maxsize=256)
def _without(rules: RuleSet, id_: str) -> RuleSet:
    """Return the rule set without one rule, which nothing requires any more, bands included."""
    left: dict[str, Rule] = {}
    for name, rule in rules.rules.items():
        if name == id_:
            continue
        required = tuple(other for other in rule.requires if other != id_)
        asked = tuple(need for need in rule.needs if need.id != id_)
        left[name] = replace(rule, requires=required, needs=asked)
    # Bands and targets are left out: a condition may name the rule.
    return replace(rules, rules=left, bands=(), band_gates=(), targets=())


# Silence: to say nothing of a figure wins no more than the rules are known to give


def _silence(case: DrawnCase, draw: Draw) -> Iterator[Break]:
    scoring = case.report.scoring
    metrics = [
        metric.id
        for metric in case.active.metrics.values()
        if metric.submitted and not isinstance(scoring.figure(metric.id), Absent)
    ]
    metric = _one_of(metrics, draw)
    if metric is None or not scoring.index.scored:
        return
    silence = _silence_of(case.active)
    counting = _counting(scoring)
    for way, entry in (
        (Way.LEFT_OUT, None),
        (Way.NOT_APPLICABLE, {"not_applicable": "không phát sinh"}),
    ):
        most = silence.most(metric, way, counting)
        measurements = {**case.submission["measurements"], metric: entry}
        silent = {**case.submission, "measurements": measurements}
        if most is None or not accepted(case.rules, silent):
            continue
        after = DrawnCase(case.rules, silent).report.scoring
        # Below zero a share of fewer points is no smaller, and nothing can be said.
        if not after.index.scored or min(scoring.index.exact, after.index.exact) < 0:
            continue
        rise = after.index.exact - scoring.index.exact
        if rise > most:
            yield Break(f"{way}: {metric}", rise, most)


@lru_cache(maxsize=64)
def _silence_of(rules: RuleSet) -> Silence:
    return Silence(rules)


def _counting(scoring: Scoring) -> Counting:
    """Return what counts in a scoring: the points of the index, the weights of means."""
    unit = scoring.compiled.unit
    base = scoring.index.base
    weights = {
        group.id: Fraction(
            counting_weight(scoring.compiled, group, scoring.results), unit
        )
        for group in scoring.compiled.groups
        if group.mean
    }
    return Counting(Fraction(base.maximum - base.rescaled, unit), weights)


# Re-scores: the submission as it is written scores to the same report, and the report proves itself


def _rescores(case: DrawnCase, _: Draw) -> Iterator[Break]:
    reread = load_measurements(_reread(case.measurements), case.rules)
    printed = print_report(case.document)
    report = score(case.rules, reread)
    again = print_report(report.to_dict(DEFAULT_LANGUAGE))
    if again != printed:
        yield Break("report", again, printed)
    for difference in verify.differences(case.document):
        yield Break(difference.path, difference.said, difference.found)


def _reread(measurements: Measurements) -> Submission:
    """Return a submission as it comes back from its file."""
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
    Law("silence", _silence),
    Law("re-scores", _rescores),
)
"""The laws that a rule set is held to, in the order of docs/how-to/hold-the-laws.md."""
