"""What cases reach of a rule set: states, tiers, ways of formulas, and the sides of each edge.

The sides of an edge are figures below, at and above it. A case reaches what a rule does only where
it expects that rule's state or points: what nobody looks at is not tested.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from fractions import Fraction
from typing import NamedTuple, TypeAlias

from cchc_rules.base.number import plain
from cchc_rules.base.problem import path_text
from cchc_rules.base.state import Absent, Reason, absence_kind
from cchc_rules.cases.branches import branches, taken
from cchc_rules.cases.case_file import CaseFile
from cchc_rules.cases.edges import Edge, edges, needed
from cchc_rules.cases.file_content import FileContent
from cchc_rules.cases.run import Ran
from cchc_rules.cases.versions import Version, judging, versions
from cchc_rules.rules import dependencies, formula
from cchc_rules.rules.model import Rule, RuleSet
from cchc_rules.scoring.compiled_rules import compile_rules
from cchc_rules.scoring.results import Result
from cchc_rules.scoring.rule_figures import RuleFigures
from cchc_rules.scoring.scoring import Scoring

Named: TypeAlias = "dict[str, formula.Value | Absent]"
"""What the names of a formula stand for."""

METRIC = "metric"

STATE = "state"
"""A state of a rule."""

TIER = "tier"
"""A tier, by its number from 1."""

WAY = "way"
"""A way that a formula can take: a condition with what it comes to."""

EDGE = "edge"
"""A side of an edge: a figure below, at or above it."""

KINDS = (STATE, TIER, WAY, EDGE)


class Goal(NamedTuple):
    """One thing that a case can reach."""

    kind: str
    """One of `KINDS`."""
    of: str
    """The id of the rule, or the path of the formula."""
    which: str
    """The state, the number of the tier, the part of the formula, or the edge."""
    side: str = ""
    """Which side of an edge, or what the part of a formula comes to."""


class Coverage(NamedTuple):
    """What there is to reach in a rule set, and what of it cases reach.

    >>> met = Goal(STATE, "on-time", "met")
    >>> not_met = Goal(STATE, "on-time", "not_met")
    >>> Coverage((met, not_met), frozenset({met})).percent
    Fraction(50, 1)
    """

    goals: tuple[Goal, ...]
    """What there is to reach, in the order of the rule file."""
    reached: frozenset[Goal]

    @property
    def missed(self) -> list[Goal]:
        """What no case reaches."""
        return [goal for goal in self.goals if goal not in self.reached]

    @property
    def percent(self) -> Fraction:
        """The exact percentage of the goals that is reached; of no goals, all."""
        # A rule set that judges nothing is tested as far as it can be.
        if not self.goals:
            return Fraction(100)
        part_missed = Fraction(len(self.missed), len(self.goals))
        return 100 * (1 - part_missed)


class Survey:
    """Says what there is to reach of one rule set, and what scorings of it reach.

    Args:
        rules: One version of a rule set.
    """

    def __init__(self, rules: RuleSet) -> None:
        self.rules = rules
        positions = compile_rules(rules).positions
        self.reader = RuleFigures(rules, positions)

    def goals(self, rule: Rule) -> Iterator[Goal]:
        """Yield what there is to reach of a rule, without its states: they are found by trying."""
        # Asked of the pieces, so that every kind of rule that gives points by tiers is counted.
        tiers = [piece for piece in rule.pieces if piece.reason is Reason.TIER]
        for number, _ in enumerate(tiers, start=1):
            yield Goal(TIER, rule.id, str(number))
        for path, parsed in self.formulas(rule):
            for text, way in branches(parsed):
                yield Goal(WAY, path, text, way)
        for edge in edges(self.rules, rule):
            for side in needed(self.rules, rule, edge):
                yield self.edge_goal(rule, edge, side)

    def edge_goal(self, rule: Rule, edge: Edge, side: str) -> Goal:
        """Return the goal that is one side of an edge."""
        is_date = self.is_date(rule)
        text = edge_text(edge.of, edge.value, edge.relative, is_date)
        return Goal(EDGE, rule.id, text, side)

    def is_date(self, rule: Rule) -> bool:
        """Whether the figure of a rule is a date."""
        if rule.metric is None:
            return False
        return self.rules.metrics[rule.metric].type == "date"

    def formulas(self, rule: Rule) -> Iterator[tuple[str, formula.Formula]]:
        """Yield the formulas that decide a rule, each with its path.

        They are its own, and those of the derived metrics that it reads.
        """
        for key, text, types in dependencies.rule_formulas(self.rules, rule):
            path = path_text(("rule", rule.id, *key))
            yield path, self.reader.parsed(text, types)
        names = dependencies.rule_metrics(self.rules, rule)
        for name in sorted(names):
            text_of_metric = self.rules.metrics[name].formula
            if text_of_metric is None:
                continue
            path = path_text((METRIC, name, "formula"))
            yield path, self.reader.parsed(text_of_metric, {})

    def reached(self, rule: Rule, scoring: Scoring) -> Iterator[Goal]:
        """Yield what a scoring reaches of a rule."""
        position = scoring.compiled.places[rule.id]
        result = scoring.results[position]
        yield Goal(STATE, rule.id, _state_of(rule, result))
        # A rule that is not judged, or has no figure, falls into no tier. Tiers count from 1.
        if result.reason is Reason.TIER:
            yield Goal(TIER, rule.id, str(result.detail + 1))
        yield from self._ways(rule, scoring)
        yield from self._sides(rule, scoring)

    def _ways(self, rule: Rule, scoring: Scoring) -> Iterator[Goal]:
        """Yield the ways that were taken in the formulas that were computed."""
        computed = set(self._computed(rule, scoring))
        for path, parsed in self.formulas(rule):
            if not path.startswith(METRIC) and path not in computed:
                continue
            of_metrics = self.reader.named(parsed, scoring.figures)
            values = of_metrics | self._rule_values(rule, parsed, scoring)
            # A formula with a name that stands for nothing was not computed.
            if len(values) < len(parsed.names):
                continue
            for text, way in taken(parsed, values):
                yield Goal(WAY, path, text, way)

    def _computed(self, rule: Rule, scoring: Scoring) -> Iterator[str]:
        """Yield the paths of the rule's own formulas that were computed.

        Of the formulas of tiers it is only that of the tier that the figure fell into.
        """
        position = scoring.compiled.places[rule.id]
        piece = scoring.piece(position)
        key_of_piece = piece and piece.formula_key
        for key, _, _ in dependencies.rule_formulas(self.rules, rule):
            # A threshold is computed before anything is held against it.
            if key[0] == "threshold" or key == key_of_piece:
                yield path_text(("rule", rule.id, *key))

    def _rule_values(
        self,
        rule: Rule,
        parsed: formula.Formula,
        scoring: Scoring,
    ) -> Named:
        """Return what the names of a rule stand for, such as `value`, where a formula names them.

        A name without a figure is left out.
        """
        position = scoring.compiled.places[rule.id]
        values = scoring.own_values(position)
        return {name: value for name, value in values.items() if name in parsed.names}

    def threshold(self, rule: Rule, scoring: Scoring) -> Fraction | None:
        """Return the threshold of a rule over the figures of a scoring, None where it has none."""
        threshold = self.reader.threshold(rule, scoring.figures)
        if not isinstance(threshold, Fraction):
            return None
        return threshold

    def _sides(self, rule: Rule, scoring: Scoring) -> Iterator[Goal]:
        """Yield the side of each edge that the figure of a rule lies on."""
        rule_edges = edges(self.rules, rule)
        if not rule_edges:
            return
        for name in (rule.metric, rule.deduction.axis.exempt):
            # A figure is a pair of integers; anything else is the reason why there is none.
            if name and scoring.figure(name).__class__ is not tuple:
                return
        figure = Fraction(*self.reader.counted(rule, scoring.figures))
        threshold = self.threshold(rule, scoring)
        for edge in rule_edges:
            side = edge.side(figure, threshold)
            if side is not None:
                yield self.edge_goal(rule, edge, side)


def edge_text(
    of: str,
    value: Fraction,
    relative: bool,
    is_date: bool,
) -> str:
    """Return an edge as people write it.

    Args:
        of: what has the edge: `threshold` or `tier`.
        value: the edge itself, or how far it lies from the threshold.
        relative: whether it is counted from a threshold that is known only when a submission is
            scored.
        is_date: whether an edge that is not relative is the number of a day.

    >>> edge_text("tier", Fraction(90), False, False), edge_text("tier", Fraction(15), True, False)
    ('tier 90', 'tier +15')
    >>> edge_text("threshold", Fraction(0), True, False)
    'threshold'
    """
    if relative:
        is_threshold_itself = of == "threshold" and not value
        if is_threshold_itself:
            return of
        return f"{of} +{plain(value)}"
    if is_date:
        day = date.fromordinal(int(value))
        return f"{of} {day.isoformat()}"
    return f"{of} {plain(value)}"


def coverage(file: CaseFile, ran: list[Ran]) -> Coverage:
    """Return what the cases of a file reach of its rule set.

    Of an overlay only that counts which it gives itself. The states of a rule are those to which a
    figure brings it that is worth trying, or that a case itself comes to. A rule that a dated
    section changes is counted as it stands before and after: a case reaches it as it stands on the
    case's day.

    Args:
        file: the case file.
        ran: those of its cases that were scored.

    >>> from cchc_rules.cases.case_file import case_files, read_cases
    >>> from cchc_rules.cases.run import run, scored
    >>> [path] = case_files(["example-access-to-law"])
    >>> file = read_cases(path)
    >>> coverage(file, scored(run(file))).percent
    Fraction(100, 1)
    """
    goals: dict[Goal, None] = {}
    reached: set[Goal] = set()
    all_versions = versions(file)
    # Rules in the order of the file, those that only a later version has behind them.
    ids: dict[str, None] = {}
    for version in all_versions:
        ids |= dict.fromkeys(version.rules.rules)
    for id_ in ids:
        # A version that leaves the rule as it was before adds no goals, and its states need not be
        # tried once more.
        counted: list[tuple[Rule, object]] = []
        for version in all_versions:
            rule = version.rules.rules.get(id_)
            if rule is None or not FileContent(version.rules).judges(rule):
                continue
            survey = Survey(version.alone)
            reached_here: set[Goal] = set()
            for result in ran:
                if version.judges(result) and _speaks_of(result, rule):
                    reached_here.update(survey.reached(rule, result.scoring))
            reached |= reached_here
            states = {goal.which for goal in reached_here if goal.kind == STATE}
            # Derived metrics may have changed, too, with the rule as it was.
            as_judged = (judging(rule), version.rules.metrics)
            # Trying is dear, and would find the same states again.
            if as_judged not in counted:
                counted.append(as_judged)
                states |= set(states_of(rule, version))
                goals |= dict.fromkeys(_state_goals(id_, states))
                goals |= dict.fromkeys(survey.goals(rule))
            goals |= dict.fromkeys(_state_goals(id_, states))
    return Coverage(tuple(goals), frozenset(reached))


def _state_goals(rule: str, states: Iterable[str]) -> list[Goal]:
    return [Goal(STATE, rule, state) for state in sorted(states)]


def _speaks_of(ran: Ran, rule: Rule) -> bool:
    """Whether a case expects the state or points of a rule as it stands in a version.

    The kind of the case's unit may have changed the rule; then it speaks of another one.
    """
    scored_rule = ran.scoring.rules.rules.get(rule.id)
    if scored_rule is None or judging(scored_rule) != judging(rule):
        return False
    return ran.case.expects(rule.id)


def states_of(rule: Rule, version: Version) -> Iterator[str]:
    """Yield the states to which the submissions that are worth trying bring a rule."""
    position = version.tries.compiled.places[rule.id]
    for submission in version.tries.of(rule):
        scored = version.scored(submission)
        if scored is not None:
            _, scoring = scored
            yield _state_of(rule, scoring.results[position])


def _state_of(rule: Rule, result: Result) -> str:
    """Return the state of a result; a zero denominator by itself where it has an effect of its
    own.
    """
    return str(absence_kind(result.state, result.reason, rule.absence))
