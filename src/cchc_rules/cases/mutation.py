"""Which mutants the cases notice; and of those that they do not, a submission that would show the
difference.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from cchc_rules.base import number
from cchc_rules.base.state import State
from cchc_rules.cases.case_file import CaseFile, Value
from cchc_rules.cases.case_text import Wanted
from cchc_rules.cases.figures import Table, laid
from cchc_rules.cases.mutants import Mutant, mutants
from cchc_rules.cases.rescored import Bench, Tried, Try
from cchc_rules.cases.run import PASSED, Ran, got, of_group, of_index, of_rule
from cchc_rules.cases.versions import Version, versions
from cchc_rules.rules import check, dependencies
from cchc_rules.rules.model import Rule, RuleSet
from cchc_rules.rules.value_function import Line
from cchc_rules.scoring.scoring import Scoring
from cchc_rules.scoring.steps import as_json

NOTICED = "noticed"
UNNOTICED = "unnoticed"
REFUSED = "refused"
SAME = "same"
STATUSES = (NOTICED, UNNOTICED, REFUSED, SAME)

MOST_TICKS = 10**6
"""An index of more ticks is not aimed at."""

MOST_REST = 300
"""So many ticks at most are taken off by a figure that is a little lower."""

FINE_PLACES = 4
"""The decimal places of such a figure."""

Progress = Callable[[int, int], None]
"""Told how many mutants are done, and of how many."""


class Difference(NamedTuple):
    """A submission that the rule set and its mutant score differently, and what of it differs."""

    one: Try
    wanted: tuple[Wanted, ...]


@dataclass(frozen=True, eq=False)
class Fate:
    """What became of a mutant.

    `noticed` by a case, `unnoticed` though a submission shows a difference, `refused` by the
    checks, or the `same` as the rule set over everything that was tried.
    """

    mutant: Mutant
    status: str
    case: str | None = None
    difference: Difference | None = None


def fates(
    file: CaseFile, ran: list[Ran], progress: Progress | None = None
) -> list[Fate]:
    """Return what becomes of every mutant of a rule set under its cases; cases that fail or are
    open notice nothing.

    A mistake in a plain value is in every version in which no dated section gives the value anew:
    a case of any of these versions may notice it.
    """
    trials = [_Trial(version, ran) for version in versions(file)]
    found: dict[tuple[str, ...], list[tuple[Mutant, _Trial]]] = {}
    for trial in trials:
        for mutant in mutants(trial.version.alone):
            key = (mutant.kind, mutant.at, mutant.before, mutant.after)
            found.setdefault(key, []).append((mutant, trial))
    answers: list[Fate] = []
    for in_versions in found.values():
        answers.append(_fate(in_versions))
        if progress is not None:
            progress(len(answers), len(found))
    return answers


class _Trial:
    """The cases that are judged by one version, and the search for more of them."""

    def __init__(self, version: Version, ran: list[Ran]) -> None:
        self.version = version
        self.jury = _Jury(version, ran)
        self.hunter = Hunter(version)


def _fate(in_versions: list[tuple[Mutant, _Trial]]) -> Fate:
    """Return what becomes of a mutant, given as it stands in each version that has it."""
    mutant = in_versions[0][0]
    sound = [
        (changed, trial)
        for changed, trial in in_versions
        if all(problem.warning for problem in check.run(changed.rules))
    ]
    if not sound:
        return Fate(mutant, REFUSED)
    for changed, trial in sound:
        case = trial.jury.notices(changed)
        if case is not None:
            return Fate(mutant, NOTICED, case)
    for changed, trial in sound:
        difference = trial.hunter.difference(changed)
        if difference is not None:
            return Fate(mutant, UNNOTICED, None, difference)
    return Fate(mutant, SAME)


class _Jury:
    """The cases that pass; those that can concern a mutant are run on it."""

    def __init__(self, version: Version, ran: list[Ran]) -> None:
        self.rules = version.alone
        self.bench = Bench(version.alone, version.given)
        of_no_kind = (one for one in ran if one.scoring.rules is version.rules)
        self.cases = [
            (one, self.bench.held(one.case.measurements))
            for one in of_no_kind
            if one.status == PASSED
        ]
        self.behind = _behind(version.alone)

    def notices(self, mutant: Mutant) -> str | None:
        """Return the first case that notices a mutant; those that speak of a rule it touches are
        asked first.
        """
        reach = Reach(self.rules, mutant, self.behind)
        concerned = [one for one in self.cases if reach.concerns(one[0])]
        concerned.sort(
            key=lambda one: not any(one[0].case.expects(rule) for rule in reach.rules)
        )
        return next(
            (
                ran.case.id
                for ran, tried in concerned
                if self.differs(ran, tried, mutant)
            ),
            None,
        )

    def differs(self, ran: Ran, tried: Tried, mutant: Mutant) -> bool:
        """Whether an expectation of a case no longer holds."""
        scoring = self.bench.scoring(tried, mutant.rules)
        return scoring is None or any(
            got(scoring, one) != one.value for one in ran.case.expectations
        )


def _behind(rules: RuleSet) -> dict[str, set[str]]:
    """Return, for each rule, the rules right behind it: those that require it."""
    found: dict[str, set[str]] = {}
    for rule in rules.rules.values():
        for other in rule.requires:
            found.setdefault(other, set()).add(rule.id)
    return found


class Reach:
    """What a mutant may change: the rules it touches and those behind them, the groups above them,
    the index.
    """

    def __init__(
        self, rules: RuleSet, mutant: Mutant, behind: dict[str, set[str]]
    ) -> None:
        self.rules: dict[str, None] = {}
        waiting = sorted(mutant.touched)
        while waiting:
            rule = waiting.pop(0)
            if rule not in self.rules:
                self.rules[rule] = None
                waiting += sorted(behind.get(rule, ()))
        starts = [
            *(rules.rules[rule].group for rule in self.rules),
            *sorted(mutant.groups),
        ]
        self.groups = dict.fromkeys(
            group.id for start in starts for group in dependencies.above(rules, start)
        )

    def concerns(self, ran: Ran) -> bool:
        """Whether a case expects anything that the mutant may change."""
        parts = {"rule": self.rules, "group": self.groups, "index": {"": None}}
        return any(one.id in parts[one.part] for one in ran.case.expectations)


class Hunter:
    """Looks for submissions that a rule set and its mutants score differently: with figures at and
    beside edges.
    """

    def __init__(self, version: Version) -> None:
        self.version = version
        self.rules = version.alone
        self.tries = version.tries
        self.bench = self.tries.bench
        self.behind = _behind(version.alone)
        self._tried: dict[str, list[tuple[Try, Tried, Scoring]]] = {}
        self._whole: list[tuple[Try, Tried, Scoring]] | None = None

    def difference(self, mutant: Mutant) -> Difference | None:
        """Return the first submission found on which a mutant differs, None where none is."""
        reach = Reach(self.rules, mutant, self.behind)
        for one, tried, scoring in self.worth_trying(mutant):
            other = self.bench.scoring(tried, mutant.rules)
            if other is not None:
                wanted = tuple(_differing(scoring, other, reach))
                if wanted:
                    return Difference(self.version.dated(one), wanted)
        return None

    def worth_trying(self, mutant: Mutant) -> Iterator[tuple[Try, Tried, Scoring]]:
        """Yield submissions for the rules that a mutant touches; for what lies above rules, whole
        submissions.
        """
        for rule in sorted(mutant.touched, key=list(self.rules.rules).index):
            yield from self.of(self.rules.rules[rule])
        if not mutant.touched:
            yield from self.whole()

    def of(self, rule: Rule) -> list[tuple[Try, Tried, Scoring]]:
        """Return the submissions worth trying on a rule, with what they come to."""
        if rule.id not in self._tried:
            self._tried[rule.id] = list(self.scored(self.tries.of(rule)))
        return self._tried[rule.id]

    def scored(self, found: Iterable[Try]) -> Iterator[tuple[Try, Tried, Scoring]]:
        """Yield the submissions that are scored at all, with what they come to."""
        for one in found:
            tried = self.version.tried(one)
            scoring = self.bench.scoring(tried) if tried else None
            if tried is not None and scoring is not None:
                yield one, tried, scoring

    def whole(self) -> list[tuple[Try, Tried, Scoring]]:
        """Return whole submissions: everything met, nothing given, nothing met, one rule not met,
        and every edge.
        """
        if self._whole is None:
            self._whole = list(self.scored(self._wholes()))
        return self._whole

    def _wholes(self) -> Iterator[Try]:
        rules = list(self.rules.rules.values())
        best = self._all(rules, State.MET)
        worst = self._all(rules, State.NOT_MET)
        yield from (best, {}, worst)
        for rule in rules:
            for state in (State.NOT_MET, State.PARTLY_MET):
                yield laid(best, self.tries.first(rule, state) or {})
        yield from self._at_bands(best)

    def _all(self, rules: Iterable[Rule], state: State) -> Try:
        """Return a submission that brings every rule into a state, as far as one was found."""
        found: Try = {}
        for rule in rules:
            found = laid(found, self.tries.first(rule, state) or {})
        return found

    def _at_bands(self, best: Try) -> Iterator[Try]:
        """Yield the best submission with figures left out so that the index lies at, and beside, an
        edge of a band.
        """
        ends = {
            end
            for band in self.rules.bands
            for end in (band.interval.low, band.interval.high)
            if end is not None
        }
        unit = self.tries.compiled.unit
        for _, _, scoring in self.scored([best] if ends else []):
            for end in sorted(ends):
                for beside in (0, -1, 1):
                    yield from self._lowered(
                        best, scoring, _over(scoring, end * unit + beside)
                    )

    def _lowered(self, best: Try, scoring: Scoring, over: int) -> Iterator[Try]:
        """Yield a submission that comes to so many ticks less: figures are left out, and one is a
        little lower.
        """
        for rest in range(min(over, MOST_REST) + 1):
            left = _left_out(scoring, over - rest)
            if left is not None:
                fine = self._lower(scoring, left, rest) if rest else {}
                if fine is not None:
                    yield laid(self._without(best, left), {"measurements": fine})
                    return

    def _lower(self, scoring: Scoring, left: list[Rule], ticks: int) -> Table | None:
        """Return the figure of a rule that is not left out with which it earns so many ticks less
        than its weight.
        """
        for rule in self.rules.rules.values():
            lost = Fraction(ticks, self.tries.compiled.unit)
            line = _line_of(rule)
            if rule in left or line is None or rule.weight <= lost:
                continue
            metric = self.rules.metrics[rule.metric or ""]
            target = self.tries.reader.threshold(rule, scoring.figures)
            if metric.submitted and not metric.whole and isinstance(target, Fraction):
                share = (rule.weight - lost) / rule.weight
                exact = line.start + (target - line.start) * share
                return {metric.id: as_json(number.round_half_up(exact, FINE_PLACES))}
        return None

    def _without(self, best: Try, left: list[Rule]) -> Try:
        """Return a submission without the figures of some rules."""
        ids = {rule.id for rule in left}
        names = {name for rule in left for name in self.tries.compiled.reads[rule.id]}
        figures = {
            name: figure
            for name, figure in best.get("measurements", {}).items()
            if name not in names
        }
        points = {
            id_: given
            for id_, given in best.get("points", {}).items()
            if id_ not in ids
        }
        return {**best, "measurements": figures, "points": points}


def _over(scoring: Scoring, ticks: Fraction) -> int:
    """Return by how many ticks of points the index lies above so many of its own; -1 where no whole
    number is.

    Taken as if every point counted the same: nothing is excluded.
    """
    sums = scoring.index
    over = (sums.value - ticks) * sums.base.maximum / (sums.scale * sums.unit)
    return over.numerator if over.denominator == 1 and 0 <= over <= MOST_TICKS else -1


def _line_of(rule: Rule) -> Line | None:
    """Return the line along which a rule gives shares of its weight, None where it has none."""
    lines = (piece.points for piece in rule.pieces)
    return next((points for points in lines if isinstance(points, Line)), None)


def _left_out(scoring: Scoring, over: int) -> list[Rule] | None:
    """Return rules that together earn so many ticks, None where there are none; those without
    shares go first.
    """
    parts = [
        (at, result.earned)
        for at, result in enumerate(scoring.results)
        if 0 < result.earned <= over
    ]
    parts.sort(key=lambda part: _line_of(scoring.rule(part[0])) is not None)
    sums = [
        1
    ]  # bit n of the entry after k parts: n ticks are the sum of some of the first k
    for _, points in parts:
        sums.append((sums[-1] | sums[-1] << points) & ((2 << over) - 1))
    if not sums[-1] >> over & 1:
        return None
    left = over
    found = list[Rule]()
    for (at, points), before in zip(reversed(parts), reversed(sums[:-1]), strict=True):
        if not before >> left & 1:
            left -= points
            found.append(scoring.rule(at))
    return found


def _differing(one: Scoring, two: Scoring, reach: Reach) -> list[Wanted]:
    """Return what differs between two scorings: rules, with state and points; where none does,
    groups, the index.
    """
    rules = [
        ("rule", rule, key)
        for rule in reach.rules
        for key in _keys(of_rule(one, rule), of_rule(two, rule))
    ]
    if rules:
        shown = dict.fromkeys(
            ("rule", rule, key) for _, rule, _ in rules for key in ("state", "points")
        )
        return list(shown | dict.fromkeys(rules))
    groups = [
        ("group", group, key)
        for group in reach.groups
        for key in _keys(of_group(one, group), of_group(two, group))
    ]
    return groups or [("index", "", key) for key in _keys(of_index(one), of_index(two))]


def _keys(
    one: Iterable[tuple[str, Value]], two: Iterable[tuple[str, Value]]
) -> list[str]:
    found = dict(two)
    return [key for key, value in one if found.get(key) != value]
