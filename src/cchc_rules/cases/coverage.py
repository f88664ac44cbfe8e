"""What cases reach of a rule set: states, tiers, ways of formulas, and figures below, at and above
each edge.

A case reaches what a rule does only where it expects that rule's state or points.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from fractions import Fraction
from typing import NamedTuple, TypeAlias

from cchc_rules.base.number import plain
from cchc_rules.base.problem import path_text
from cchc_rules.base.state import Absent, Reason
from cchc_rules.cases.branches import branches, taken
from cchc_rules.cases.case_file import CaseFile
from cchc_rules.cases.edges import edges, needed
from cchc_rules.cases.own_content import OwnContent
from cchc_rules.cases.run import Ran
from cchc_rules.cases.versions import Version, judging, versions
from cchc_rules.rules import dependencies, formula
from cchc_rules.rules.model import Rule, RuleSet
from cchc_rules.scoring.compiled_rules import compile_rules
from cchc_rules.scoring.rule_figures import RuleFigures
from cchc_rules.scoring.scoring import Scoring

Named: TypeAlias = "dict[str, formula.Value | Absent]"

METRIC = "metric"
STATE = "state"
TIER = "tier"
WAY = "way"
EDGE = "edge"
KINDS = (STATE, TIER, WAY, EDGE)


class Goal(NamedTuple):
    """One thing that a case can reach: of which kind, of what (a rule, or a formula by its path),
    and which.
    """

    kind: str
    of: str
    which: str
    side: str = ""


class Coverage(NamedTuple):
    """What there is to reach, in the order of the rule file, and what of it is reached."""

    goals: tuple[Goal, ...]
    reached: frozenset[Goal]

    @property
    def missed(self) -> list[Goal]:
        """What no case reaches."""
        return [goal for goal in self.goals if goal not in self.reached]

    @property
    def percent(self) -> Fraction:
        """How much is reached, of everything there is, in percent; of nothing, all."""
        return (
            100 * (1 - Fraction(len(self.missed), len(self.goals)))
            if self.goals
            else Fraction(100)
        )


class Survey:
    """Says what submissions reach of one rule set."""

    def __init__(self, rules: RuleSet) -> None:
        self.rules = rules
        self.reader = RuleFigures(rules, compile_rules(rules).positions)

    def goals(self, rule: Rule) -> Iterator[Goal]:
        """Yield what there is to reach of a rule, without its states: they are found by trying."""
        tiers = [piece for piece in rule.pieces if piece.reason is Reason.TIER]
        yield from (
            Goal(TIER, rule.id, str(number + 1)) for number in range(len(tiers))
        )
        for path, parsed in self.formulas(rule):
            yield from (
                Goal(WAY, path, text, scoring) for text, scoring in branches(parsed)
            )
        for edge in edges(self.rules, rule):
            which = edge_text(edge.of, edge.value, edge.relative, self.dated(rule))
            yield from (
                Goal(EDGE, rule.id, which, side)
                for side in needed(self.rules, rule, edge)
            )

    def dated(self, rule: Rule) -> bool:
        """Whether the figure of a rule is a date."""
        return (
            rule.metric is not None and self.rules.metrics[rule.metric].type == "date"
        )

    def formulas(self, rule: Rule) -> Iterator[tuple[str, formula.Formula]]:
        """Yield the formulas that decide a rule, its own and those of metrics it reads, each with
        its path.
        """
        for path, text, extra in dependencies.rule_formulas(self.rules, rule):
            yield path_text(("rule", rule.id, *path)), self.reader.parsed(text, extra)
        for name in sorted(dependencies.rule_metrics(self.rules, rule)):
            derived = self.rules.metrics[name].formula
            if derived is not None:
                yield (
                    path_text((METRIC, name, "formula")),
                    self.reader.parsed(derived, {}),
                )

    def reached(self, rule: Rule, scoring: Scoring) -> Iterator[Goal]:
        """Yield what a scoring reaches of a rule."""
        result = scoring.results[scoring.compiled.places[rule.id]]
        yield Goal(STATE, rule.id, str(result.state))
        if result.reason is Reason.TIER:
            yield Goal(TIER, rule.id, str(result.detail + 1))
        yield from self._ways(rule, scoring)
        yield from self._sides(rule, scoring)

    def _ways(self, rule: Rule, scoring: Scoring) -> Iterator[Goal]:
        own = {path: (text, extra) for path, text, extra in self._own(rule, scoring)}
        for path, parsed in self.formulas(rule):
            if path.startswith(METRIC) or path in own:
                names = self.reader.named(parsed, scoring.figures) | self._own_names(
                    rule, parsed, scoring
                )
                if len(names) == len(parsed.names):
                    yield from (
                        Goal(WAY, path, text, word)
                        for text, word in taken(parsed, names)
                    )

    def _own(
        self, rule: Rule, scoring: Scoring
    ) -> Iterator[tuple[str, str, dict[str, str]]]:
        """Yield the rule's own formulas that were computed: of tiers only the one it fell into."""
        piece = scoring.piece(scoring.compiled.places[rule.id])
        for path, text, extra in dependencies.rule_formulas(self.rules, rule):
            if path[0] == "threshold" or (
                piece is not None and path == piece.formula_key
            ):
                yield path_text(("rule", rule.id, *path)), text, extra

    def _own_names(
        self, rule: Rule, parsed: formula.Formula, scoring: Scoring
    ) -> Named:
        """Return what the rule's own names stand for; what has no figure is left out."""
        own = scoring.own_values(scoring.compiled.places[rule.id])
        return {name: value for name, value in own.items() if name in parsed.names}

    def threshold(self, rule: Rule, scoring: Scoring) -> Fraction | None:
        """Return the threshold of a rule over the figures of a scoring, None where it has none."""
        found = self.reader.threshold(rule, scoring.figures)
        return found if isinstance(found, Fraction) else None

    def _sides(self, rule: Rule, scoring: Scoring) -> Iterator[Goal]:
        held = edges(self.rules, rule)
        read = (rule.metric, rule.deduction.axis.exempt) if held else ()
        if not held or any(
            scoring.figure(name).__class__ is not tuple for name in read if name
        ):
            return
        figure = Fraction(*self.reader.counted(rule, scoring.figures))
        threshold = self.threshold(rule, scoring)
        for edge in held:
            side = edge.side(figure, threshold)
            if side is not None:
                which = edge_text(edge.of, edge.value, edge.relative, self.dated(rule))
                yield Goal(EDGE, rule.id, which, side)


def edge_text(of: str, value: Fraction, relative: bool, dated: bool) -> str:
    """Return an edge as people write it: `threshold 90`, `tier 2023-02-15`, `threshold`, `tier
    +15`.
    """
    if not relative:
        return f"{of} {_day(value) if dated else plain(value)}"
    return of if not value and of == "threshold" else f"{of} +{plain(value)}"


def _day(value: Fraction) -> str:
    return date.fromordinal(int(value)).isoformat()


def coverage(file: CaseFile, ran: list[Ran]) -> Coverage:
    """Return what the cases of a file reach of its rule set: of an overlay, of what it gives
    itself.

    The states of a rule are those to which a figure brings it that is worth trying, or that a case
    itself comes to. A rule that a dated section changes is counted as it stands before and after:
    a case reaches it as it stands on the case's day.
    """
    goals: dict[Goal, None] = {}
    reached: set[Goal] = set()
    all_versions = versions(file)
    ids = dict.fromkeys(id_ for version in all_versions for id_ in version.rules.rules)
    for id_ in ids:
        known: list[tuple[Rule, object]] = []
        for version in all_versions:
            rule = version.rules.rules.get(id_)
            if rule is None or not OwnContent(version.rules).judges(rule):
                continue
            survey = Survey(version.alone)
            reaching = {
                goal
                for one in ran
                if version.judges(one) and _speaks(one, rule)
                for goal in survey.reached(rule, one.scoring)
            }
            reached |= reaching
            states = {goal.which for goal in reaching if goal.kind == STATE}
            as_judged = (judging(rule), version.rules.metrics)
            if as_judged not in known:
                known.append(as_judged)
                states |= set(states_of(rule, version))
                goals |= dict.fromkeys(_in_order(id_, states))
                goals |= dict.fromkeys(survey.goals(rule))
            goals |= dict.fromkeys(_in_order(id_, states))
    return Coverage(tuple(goals), frozenset(reached))


def _in_order(rule: str, states: Iterable[str]) -> list[Goal]:
    return [Goal(STATE, rule, state) for state in sorted(states)]


def _speaks(ran: Ran, rule: Rule) -> bool:
    """Whether a case expects a rule's state or points, and scores it as it stands in the version:
    a kind of unit may have changed it.
    """
    scored = ran.scoring.rules.rules.get(rule.id)
    same = scored is not None and judging(scored) == judging(rule)
    return same and ran.case.expects(rule.id)


def states_of(rule: Rule, version: Version) -> Iterator[str]:
    """Yield the states to which the figures that are worth trying bring a rule."""
    position = version.tries.compiled.places[rule.id]
    for case in version.tries.of(rule):
        tried = version.tried(case)
        scoring = version.tries.bench.scoring(tried) if tried else None
        if scoring is not None:
            yield str(scoring.results[position].state)
