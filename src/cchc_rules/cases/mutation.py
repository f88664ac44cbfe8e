"""Which mutants the cases of a rule set notice, and a submission that shows each one they do not.

A mutant is the rule set with one mistake made in it on purpose. For each the question goes through
three stages, and most mutants end in the first two:

    refused by the checks?                   nobody could make this mistake unseen
    noticed by a case?                       only cases that can concern it are run
    told apart by any submission we try?     then a case is missing, and that submission is it;
                                             else the mutant is the same as the rule set
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple, TypeAlias

from cchc_rules.base import number
from cchc_rules.base.state import State
from cchc_rules.cases.case_file import DECIDING_KEYS, CaseFile, Value
from cchc_rules.cases.case_text import Wanted
from cchc_rules.cases.figures import Table, laid
from cchc_rules.cases.mutants import Mutant, mutants
from cchc_rules.cases.run import PASSED, Ran, got, of_group, of_index, of_rule
from cchc_rules.cases.trial_scorer import BoundTry, TrialScorer, Try
from cchc_rules.cases.versions import Version, versions
from cchc_rules.rules import check, dependencies
from cchc_rules.rules.model import Rule, RuleSet
from cchc_rules.rules.value_function import Line, interval_ends
from cchc_rules.scoring.scoring import Scoring
from cchc_rules.scoring.steps import as_json

NOTICED = "noticed"
"""A case notices it."""

UNNOTICED = "unnoticed"
"""No case notices it, though a submission shows a difference."""

REFUSED = "refused"
"""The checks of rule sets refuse it."""

SAME = "same"
"""Everything that was tried scores as under the rule set itself."""

STATUSES = (NOTICED, UNNOTICED, REFUSED, SAME)

MOST_TICKS = 10**6
"""The most ticks that the search for an index at the edge of a band takes off."""

MOST_REST = 300
"""The most ticks that a value which is a little lower takes off; the rest is left out whole."""

FINE_PLACES = 4
"""The decimal places of such a value."""

Progress: TypeAlias = Callable[[int, int], None]
"""Called with how many mutants are done, and of how many."""

ScoredTry: TypeAlias = tuple[Try, BoundTry, Scoring]
"""A submission that was tried: as a case says it, as it was read, and what it comes to."""

RulesBehind: TypeAlias = dict[str, set[str]]
"""For each rule, by id, the rules that require it."""


class Counterexample(NamedTuple):
    """A submission that the rule set and a mutant of it score differently."""

    submission: Try
    wanted: tuple[Wanted, ...]
    """What differs: a case that expects it notices the mutant."""


@dataclass(frozen=True, eq=False)
class Fate:
    """What became of a mutant."""

    mutant: Mutant
    status: str
    """One of `STATUSES`."""
    case: str | None = None
    """The id of the first case that notices it."""
    counterexample: Counterexample | None = None
    """What would notice it, where no case does."""


def fates(
    file: CaseFile,
    ran: list[Ran],
    progress: Progress | None = None,
) -> list[Fate]:
    """Return what becomes of every mutant of a rule set under its cases.

    A mistake in a plain value is in every version in which no dated section gives the value anew:
    a case of any of these versions may notice it.

    Args:
        file: the case file with its rule set.
        ran: those of its cases that were scored; those that fail or are open notice nothing.
        progress: called after each mutant.

    >>> from cchc_rules.cases.case_file import without_cases
    >>> first, *_ = fates(without_cases("example-access-to-law"), [])
    >>> first.mutant.at, first.status
    ('rule.documents-lawful.deduction.tiers[1]', 'unnoticed')
    """
    trials = [_VersionTrial(version, ran) for version in versions(file)]
    # The same mistake in several versions is one mutant.
    by_mistake: dict[tuple[str, ...], list[_VersionMutant]] = {}
    for trial in trials:
        for mutant in mutants(trial.version.alone):
            mistake = (mutant.kind, mutant.at, mutant.before, mutant.after)
            by_mistake.setdefault(mistake, []).append((mutant, trial))
    all_fates: list[Fate] = []
    for in_versions in by_mistake.values():
        all_fates.append(_fate(in_versions))
        if progress is not None:
            progress(len(all_fates), len(by_mistake))
    return all_fates


class _VersionTrial:
    """The cases that are judged by one version, and the search for more of them.

    Both keep what they have scored, and serve every mutant of the version.
    """

    def __init__(self, version: Version, ran: list[Ran]) -> None:
        self.version = version
        self.cases = _PassingCases(version, ran)
        self.search = CounterexampleSearch(version)


_VersionMutant: TypeAlias = tuple[Mutant, _VersionTrial]
"""A mistake as it stands in one version, and what tries it there."""


def _fate(in_versions: list[_VersionMutant]) -> Fate:
    """Return what becomes of a mutant, from how it stands in each version that has it."""
    mutant, _ = in_versions[0]
    sound = [(changed, trial) for changed, trial in in_versions if _is_sound(changed)]
    if not sound:
        return Fate(mutant, REFUSED)
    # Cases first, in every version: the search costs many scorings, a case only one.
    for changed, trial in sound:
        case = trial.cases.noticing(changed)
        if case is not None:
            return Fate(mutant, NOTICED, case)
    for changed, trial in sound:
        counterexample = trial.search.counterexample(changed)
        if counterexample is not None:
            return Fate(mutant, UNNOTICED, None, counterexample)
    return Fate(mutant, SAME)


def _is_sound(mutant: Mutant) -> bool:
    """Whether the checks of rule files let a mutant pass; a warning refuses nothing."""
    return all(problem.warning for problem in check.run(mutant.rules))


class _PassingCases:
    """The cases that pass; those that can concern a mutant are run on it."""

    def __init__(self, version: Version, ran: list[Ran]) -> None:
        self.rules = version.alone
        self.scorer = TrialScorer(version.alone, version.given)
        self.cases: list[tuple[Ran, BoundTry]] = []
        for result in ran:
            # Mutants are made of the rules of no particular kind of unit; cases of a kind score
            # others.
            if result.scoring.rules is not version.rules or result.status != PASSED:
                continue
            bound = self.scorer.bound(result.scoring.measurements)
            self.cases.append((result, bound))
        self.behind = _rules_behind(version.alone)

    def noticing(self, mutant: Mutant) -> str | None:
        """Return the id of a case that notices a mutant, None where none does.

        Those that speak of a rule it touches are asked first, for they are the likeliest to.
        """
        reach = Reach(self.rules, mutant, self.behind)
        deciding: list[tuple[Ran, BoundTry]] = []
        others: list[tuple[Ran, BoundTry]] = []
        for result, bound in self.cases:
            if not reach.concerns(result):
                continue
            likely = deciding if reach.decides(result) else others
            likely.append((result, bound))
        for result, bound in (*deciding, *others):
            if self.differs(result, bound, mutant):
                return result.case.id
        return None

    def differs(self, ran: Ran, bound: BoundTry, mutant: Mutant) -> bool:
        """Whether an expectation of a case no longer holds."""
        scoring = self.scorer.scoring(bound, mutant.rules)
        # What is refused gives no value to expect: the case would fail loudly.
        if scoring is None:
            return True
        for expectation in ran.case.expectations:
            if got(scoring, expectation) != expectation.value:
                return True
        return False


def _rules_behind(rules: RuleSet) -> RulesBehind:
    """Return, for each rule, the rules right behind it: those that require it."""
    behind: RulesBehind = {}
    for rule in rules.rules.values():
        for required in rule.requires:
            behind.setdefault(required, set()).add(rule.id)
    return behind


class Reach:
    """What a mutant may change: rules, the groups above them, and always the index.

    The rules are those that it touches, and all behind them. If `paid` requires `signed`, and
    `audited` requires `paid`, then a mistake in `signed` may change the points of all three.
    """

    def __init__(self, rules: RuleSet, mutant: Mutant, behind: RulesBehind) -> None:
        # Dictionaries without values: sets that keep their order.
        self.rules: dict[str, None] = {}
        waiting = sorted(mutant.touched)
        while waiting:
            rule = waiting.pop(0)
            if rule not in self.rules:
                self.rules[rule] = None
                waiting += sorted(behind.get(rule, ()))
        self.groups: dict[str, None] = {}
        groups_of_rules = [rules.rules[rule].group for rule in self.rules]
        for lowest in (*groups_of_rules, *sorted(mutant.groups)):
            for group in dependencies.above(rules, lowest):
                self.groups[group.id] = None

    def concerns(self, ran: Ran) -> bool:
        """Whether a case expects anything that the mutant may change."""
        parts = {"rule": self.rules, "group": self.groups, "index": {"": None}}
        for expectation in ran.case.expectations:
            # A figure and the order of losses may be changed by any mistake.
            touched = parts.get(expectation.part)
            if touched is None or expectation.id in touched:
                return True
        return False

    def decides(self, ran: Ran) -> bool:
        """Whether a case expects the state or the points of a rule that the mutant may change."""
        return any(ran.case.expects(rule) for rule in self.rules)


class CounterexampleSearch:
    """Looks for submissions that a rule set and its mutants score differently.

    What it tries, and what that comes to under the rule set, is kept: it serves every mutant.
    """

    def __init__(self, version: Version) -> None:
        self.version = version
        self.rules = version.alone
        self.tries = version.tries
        self.scorer = self.tries.scorer
        self.behind = _rules_behind(version.alone)
        self._of_rule: dict[str, list[ScoredTry]] = {}
        self._whole: list[ScoredTry] | None = None

    def counterexample(self, mutant: Mutant) -> Counterexample | None:
        """Return the first submission tried on which a mutant differs, None where none does."""
        reach = Reach(self.rules, mutant, self.behind)
        # The plainest submissions come first, so that the case that is told is easy to read.
        for submission, bound, scoring in self.worth_trying(mutant):
            under_mutant = self.scorer.scoring(bound, mutant.rules)
            # A case cannot expect that a submission is refused, so this would be no case.
            if under_mutant is None:
                continue
            wanted = tuple(_differing(scoring, under_mutant, reach))
            if wanted:
                return Counterexample(self.version.dated(submission), wanted)
        return None

    def worth_trying(self, mutant: Mutant) -> Iterator[ScoredTry]:
        """Yield submissions on the rules that a mutant touches, in the order of the rule file.

        For a mistake that touches no rule, but groups, bands or the index, they are whole ones.
        """
        if not mutant.touched:
            yield from self.whole()
            return
        for id_, rule in self.rules.rules.items():
            if id_ in mutant.touched:
                yield from self.of(rule)

    def of(self, rule: Rule) -> list[ScoredTry]:
        """Return the submissions worth trying on a rule, with what they come to."""
        if rule.id not in self._of_rule:
            scored = self.scored(self.tries.of(rule))
            self._of_rule[rule.id] = list(scored)
        return self._of_rule[rule.id]

    def scored(self, submissions: Iterable[Try]) -> Iterator[ScoredTry]:
        """Yield the submissions that are scored at all, with what they come to."""
        for submission in submissions:
            scored = self.version.scored(submission)
            if scored is not None:
                yield submission, *scored

    def whole(self) -> list[ScoredTry]:
        """Return the whole submissions worth trying, with what they come to."""
        if self._whole is None:
            self._whole = list(self.scored(self._whole_tries()))
        return self._whole

    def _whole_tries(self) -> Iterator[Try]:
        """Yield submissions that speak of every rule.

        They are: everything met, nothing reported, nothing met; one rule not met or partly met,
        all others met; and an index at, just below and just above each edge of a band.
        """
        rules = list(self.rules.rules.values())
        best = self._all(rules, State.MET)
        worst = self._all(rules, State.NOT_MET)
        yield from (best, {}, worst)
        # One rule at a time: what lies above rules then shows its own part, unhidden by others.
        for rule in rules:
            for state in (State.NOT_MET, State.PARTLY_MET):
                falling_short = self.tries.first(rule, state)
                yield laid(best, falling_short or {})
        yield from self._at_bands(best)

    def _all(self, rules: Iterable[Rule], state: State) -> Try:
        """Return a submission that brings every rule into a state, as far as tries do."""
        submission: Try = {}
        for rule in rules:
            into_state = self.tries.first(rule, state)
            submission = laid(submission, into_state or {})
        return submission

    def _at_bands(self, best: Try) -> Iterator[Try]:
        """Yield submissions with an index at, and one tick beside, each edge of a band.

        Each is the best submission with just so many points taken off.
        """
        edges: set[Fraction] = set()
        for band in self.rules.bands:
            edges.update(interval_ends(band.interval))
        if not edges:
            return
        # Bands are declared in points, the search counts in ticks.
        unit = self.tries.compiled.unit
        for _, _, scoring in self.scored([best]):
            for edge in sorted(edges):
                for beside in (0, -1, 1):
                    excess = _excess(scoring, edge * unit + beside)
                    if excess is not None:
                        yield from self._lowered(best, scoring, excess)

    def _lowered(self, best: Try, scoring: Scoring, ticks: int) -> Iterator[Try]:
        """Yield a submission that earns so many ticks less, if one is found.

        The values of some rules are left out, which takes their points off whole. What no sum of
        points gives exactly is taken off by one value that is a little lower. To take off 2.53 of
        points where rules earn 1.50, 1.00 and, in shares, 4.00, the first two are left out, and
        the third earns 3.97.
        """
        # The smallest rest first: whole rules left out make a submission that is easy to read.
        for rest in range(min(ticks, MOST_REST) + 1):
            left_out = _adding_up_to(scoring, ticks - rest)
            if left_out is None:
                continue
            lowered: Table | None = {}
            if rest:
                lowered = self._lower_value(scoring, left_out, rest)
            if lowered is None:
                continue
            remaining = self._without(best, left_out)
            yield laid(remaining, {"measurements": lowered})
            return

    def _lower_value(
        self,
        scoring: Scoring,
        left_out: list[Rule],
        ticks: int,
    ) -> Table | None:
        """Return the value with which one rule earns so many ticks less than its weight.

        The rule is not one of those left out, and gives a share of its weight along a line: for a
        target of 90 and a weight of 4, a value of 89.325 earns 3.97. None where there is none.
        """
        lost = Fraction(ticks, self.tries.compiled.unit)
        for rule in self.rules.rules.values():
            line = _line_of(rule)
            if rule in left_out or line is None or rule.weight <= lost:
                continue
            metric = self.rules.metrics[rule.metric or ""]
            target = self.tries.reader.threshold(rule, scoring.figures)
            # A count of whole things seldom comes to just so many points.
            is_fine = metric.submitted and not metric.whole
            if is_fine and isinstance(target, Fraction):
                share = (rule.weight - lost) / rule.weight
                exact = line.start + (target - line.start) * share
                value = number.round_half_up(exact, FINE_PLACES)
                return {metric.id: as_json(value)}
        return None

    def _without(self, submission: Try, left_out: list[Rule]) -> Try:
        """Return a submission without the values that some rules read."""
        measurements = dict(submission.get("measurements", {}))
        points = dict(submission.get("points", {}))
        for rule in left_out:
            points.pop(rule.id, None)
            for name in self.tries.compiled.reads[rule.id]:
                measurements.pop(name, None)
        return {**submission, "measurements": measurements, "points": points}


def _excess(scoring: Scoring, ticks: Fraction) -> int | None:
    """Return by how many ticks of points an index lies above so many ticks of its own.

    Taken as if every point counted the same: nothing is excluded. None where that is no whole
    number of ticks, or out of reach.
    """
    index = scoring.index
    ticks_above = index.value - ticks
    # A point of the base is worth scale / maximum of the index.
    whole_index = index.scale * index.unit
    excess = ticks_above * index.base.maximum / whole_index
    if excess.denominator == 1 and 0 <= excess <= MOST_TICKS:
        return excess.numerator
    return None


def _line_of(rule: Rule) -> Line | None:
    """Return the line along which a rule gives shares of its weight, None where it has none."""
    for piece in rule.pieces:
        if isinstance(piece.points, Line):
            return piece.points
    return None


def _adding_up_to(scoring: Scoring, ticks: int) -> list[Rule] | None:
    """Return rules that together earn just so many ticks, None where no rules do.

    This is the problem of subset sums. The sums that the first rules can give are kept as the bits
    of one integer: bit n is set where some of them add up to n. A rule of p ticks turns sums S into
    S | S << p. Of rules of 2 and 3 ticks the integers are 1, 101 and 101101 in binary: the sums 0,
    then 0 and 2, then 0, 2, 3 and 5. Then the rules are walked back: one is taken where the sum
    that is left could not be reached without it.

    Rules that give shares come last, so that they are the ones left for `_lower_value`.
    """

    def gives_shares(rule: tuple[int, int]) -> bool:
        position, _ = rule
        return _line_of(scoring.rule(position)) is not None

    # The position of each rule that earned anything, and its ticks.
    earned: list[tuple[int, int]] = []
    for position, result in enumerate(scoring.results):
        if 0 < result.earned <= ticks:
            earned.append((position, result.earned))
    earned.sort(key=gives_shares)
    # Sums beyond the wanted one are of no use; cut off, the integers stay short.
    no_more_than_ticks = (2 << ticks) - 1
    # Of no rules the only sum is 0.
    reachable = [1]
    for _, points in earned:
        before = reachable[-1]
        sums = before | before << points
        reachable.append(sums & no_more_than_ticks)
    is_reachable = reachable[-1] >> ticks & 1
    if not is_reachable:
        return None
    remaining = ticks
    rules: list[Rule] = []
    # Each rule beside the sums that those before it can give, the last rule first.
    sums_without = reachable[:-1]
    last_first = zip(reversed(earned), reversed(sums_without), strict=True)
    for (position, points), before in last_first:
        reachable_without = before >> remaining & 1
        if not reachable_without:
            remaining -= points
            rules.append(scoring.rule(position))
    return rules


FOLLOWING_KEYS = ("maximum", "share", "exact", "scored", "band_before_gates")
"""What a person who fills in a case can do without: it follows from what else is asked."""


def _differing(before: Scoring, after: Scoring, reach: Reach) -> list[Wanted]:
    """Return what differs between two scorings: rules; where none does, groups; else the index.

    Of a rule its state and points are asked for in any case: they make the case one of its own.
    """
    of_rules: list[Wanted] = []
    deciding: list[Wanted] = []
    for rule in reach.rules:
        differing = _differing_keys(of_rule(before, rule), of_rule(after, rule))
        of_rules += (("rule", rule, key) for key in differing)
        if differing:
            deciding += (("rule", rule, key) for key in DECIDING_KEYS)
    if of_rules:
        each_once = dict.fromkeys([*deciding, *of_rules])
        return list(each_once)
    of_groups: list[Wanted] = []
    for group in reach.groups:
        differing = _differing_keys(of_group(before, group), of_group(after, group))
        of_groups += (("group", group, key) for key in differing)
    if of_groups:
        return of_groups
    keys = _differing_keys(of_index(before), of_index(after))
    return [("index", "", key) for key in keys]


def _differing_keys(
    before: Iterable[tuple[str, Value]],
    after: Iterable[tuple[str, Value]],
) -> list[str]:
    """Return the keys whose values differ, in the order of the first.

    What follows from others, such as the share of a group from its points, is asked for only where
    nothing else differs.
    """
    values_after = dict(after)
    keys = [key for key, value in before if values_after.get(key) != value]
    plain = [key for key in keys if key not in FOLLOWING_KEYS]
    return plain or keys
