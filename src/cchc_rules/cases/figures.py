"""Figures worth trying on a rule: those at and beside its edges, and every way of giving none.

What is tried is laid out as submissions, and goes the whole way that a person's figures go: it is
read, bound and scored. For a rule that asks for 90 % and has a gate these are, in turn:
90, 89.99, 90.01 and some round figures with the gate met, then nothing, not applicable and waived,
then 90 with the gate not met and without its figure.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from itertools import chain, islice, pairwise, product
from typing import Any

from cchc_rules.base import number
from cchc_rules.base.state import Absent, Effect, Reason, State
from cchc_rules.cases.edges import domain, edges, unit_of
from cchc_rules.cases.trial_scorer import TrialScorer, Try
from cchc_rules.rules.dependencies import above
from cchc_rules.rules.model import Metric, Rule
from cchc_rules.rules.value_function import (
    AllOf,
    Staircase,
    Symbol,
    edges_of,
    interval_ends,
)
from cchc_rules.scoring.compiled_rules import compile_rules
from cchc_rules.scoring.steps import as_json
from cchc_rules.submissions.submission import Figure

MOST_TRIES = 160
"""The most submissions that are made for one rule."""

MOST_COMBINED = 24
"""The most combinations of the other figures that a rule reads."""

MOST_ITEMS = 100
"""The most items of a list: nobody reads a case that lists more."""

COMMON = tuple(map(Fraction, (0, 1, 2, 3, 5, 10, 100, 10_000)))
"""Figures for metrics that no rule holds against anything written out."""

STEPS_OFF = (1, 2, 3)
"""How many units off a target are tried."""

SAID = "–"

NOTHING_OF_NOTHING = {"numerator": 0, "denominator": 0}
"""The entry of a ratio whose denominator is zero."""
"""The words of reasons that nobody reads."""

Table = dict[str, Any]
"""Figures by metric, as a submission has them."""


class Tries:
    """Makes submissions to try on the rules of one rule set.

    Args:
        scorer: Scores what is tried under that rule set.
    """

    def __init__(self, scorer: TrialScorer) -> None:
        self.scorer = scorer
        self.rules = scorer.rules
        self.compiled = compile_rules(scorer.rules)
        self.reader = self.compiled.reader
        # The first submission that brings a rule into a state, None where none does: gates are
        # asked for again by every rule behind them.
        self._first: dict[tuple[str, State], Try | None] = {}

    def of(self, rule: Rule) -> Iterator[Try]:
        """Yield submissions that are worth trying on a rule, the plainest first.

        The rules that it requires are met in them, but for the last few.
        """
        yield from islice(self._of(rule), MOST_TRIES)

    def _of(self, rule: Rule) -> Iterator[Try]:
        base = self.before(rule)
        for own in chain(self.reported(rule), self.absences(rule)):
            yield laid(base, own)
        plain = next(self.reported(rule), {})
        # A gate that is not met, and one of which nothing is known.
        for gate in rule.requires:
            required = self.rules.rules[gate]
            unmet = self.first(required, State.NOT_MET)
            if unmet is not None:
                gates_met = laid(base, plain)
                yield laid(gates_met, unmet)
            unknown = _without(base, self.compiled.reads[gate])
            yield laid(plain, {"measurements": unknown})

    def before(self, rule: Rule) -> Try:
        """Return a submission in which the rules that a rule requires are met.

        Those for which none was found stay as they are.
        """
        all_met: Try = {}
        for gate in rule.requires:
            required = self.rules.rules[gate]
            met = self.first(required, State.MET)
            all_met = laid(all_met, met or {})
        return all_met

    def first(self, rule: Rule, state: State) -> Try | None:
        """Return the first submission that brings a rule into a state, None where none does."""
        key = (rule.id, state)
        if key not in self._first:
            wanted = (
                submission
                for submission in self.of(rule)
                if self.state(submission, rule) is state
            )
            self._first[key] = next(wanted, None)
        return self._first[key]

    def state(self, submission: Try, rule: Rule) -> State | None:
        """Return the state of a rule under a submission, None where scoring refuses it."""
        bound = self.scorer.read(submission)
        if bound is None:
            return None
        scoring = self.scorer.scoring(bound)
        if scoring is None:
            return None
        position = self.compiled.places[rule.id]
        return scoring.results[position].state

    def reported(self, rule: Rule) -> Iterator[Try]:
        """Yield submissions with figures: for points given by a person the ends and the middle of
        what is allowed.
        """
        if rule.metric is None:
            middle = (rule.lowest + rule.weight) / 2
            middle = number.round_half_up(middle, self.rules.index.places)
            # The fewest points of most rules are 0: what stands there twice is tried once.
            choices = dict.fromkeys((rule.weight, middle, Fraction(0), rule.lowest))
            for points in choices:
                yield {"points": {rule.id: _given(points)}}
            return
        tables = list(islice(self.tables(rule), MOST_TRIES))
        yield from ({"measurements": table} for table in tables)
        if rule.due is None:
            return
        # What is missing, or misses the target, is not due on the day before the deadline (L2), and
        # is on the day itself.
        with_nothing = [*tables[:MOST_COMBINED], {}]
        for day in (rule.due - timedelta(days=1), rule.due):
            for table in with_nothing:
                yield {"measurements": table, "as_of": day}

    def absences(self, rule: Rule) -> Iterator[Try]:
        """Yield submissions in which a figure that the rule reads is absent, each in one way.

        It is missing, not applicable or waived, or the block in which the rule lies is absent.
        """
        yield {}
        # The waiver holds to the end of the validity, so that it has not ended on any day.
        _, until = self.rules.valid
        waiver = {"by": SAID, "why": SAID, "until": until}
        ways: list[Any] = [{"not_applicable": SAID}, {"waived": waiver}]
        # Where people give points for an absence, both are tried: with and without them.
        by_hand: Try = {}
        if Effect.MANUAL in rule.absence.values():
            by_hand = {"points": {rule.id: _given(rule.weight)}}
        table: Table = {}
        if rule.metric:
            table = next(self.tables(rule), {})
        for name in self.submitted(rule):
            if (
                Reason.ZERO_DENOMINATOR in rule.absence
                and self.rules.metrics[name].ratio
            ):
                yield {"measurements": {**table, name: NOTHING_OF_NOTHING}}
            for way in ways:
                absent = {"measurements": {**table, name: way}}
                yield absent
                if by_hand:
                    yield {**absent, **by_hand}
            if table:
                others = dict(table)
                others.pop(name, None)
                yield {"measurements": others}
        for group in above(self.rules, rule.group):
            if group.optional:
                yield {"measurements": table, "absent": {group.id: SAID}}

    def submitted(self, rule: Rule) -> list[str]:
        """Return the metrics that a submission gives for a rule, its own first."""
        reads = self.compiled.reads[rule.id]
        names = [name for name in reads if self.rules.metrics[name].submitted]
        return sorted(names, key=lambda name: name != rule.metric)

    def tables(self, rule: Rule) -> Iterator[Table]:
        """Yield the figures that a rule reads: its own at and beside its edges, among others."""
        metric = self.rules.metrics[rule.metric or ""]
        names = self.submitted(rule)
        others = [name for name in names if name != metric.id]
        choices = [self.beside(rule, self.rules.metrics[name]) for name in others]
        for figures in islice(product(*choices), MOST_COMBINED):
            table = dict(zip(others, figures, strict=True))
            if metric.submitted:
                for figure in self.own(rule, metric, table):
                    yield {metric.id: figure, **table}
            else:
                # Nobody submits a derived figure: one of its inputs is changed for it.
                yield from self.solved(rule, metric, table)
                yield table

    def beside(self, rule: Rule, metric: Metric) -> list[Any]:
        """Return some figures of a metric that a rule reads beside its own.

        Those that the rows of a decision table ask for come first.
        """
        common = self.common(metric)
        if not metric.numeric:
            return common
        conditions = [piece.condition for piece in rule.pieces]
        for derived in self.rules.metrics.values():
            if derived.table is not None:
                conditions += derived.table.conditions
        unit = unit_of(self.rules, metric)
        asked: dict[Fraction, None] = {}
        for condition in conditions:
            # Any other condition is one on the rule's own figure.
            if isinstance(condition, AllOf):
                for edge in edges_of(condition, metric):
                    asked |= dict.fromkeys((edge, edge - unit, edge + unit))
        written = [_written(metric, figure) for figure in asked if _in(metric, figure)]
        return [*written, *(figure for figure in common if figure not in written)]

    def common(self, metric: Metric) -> list[Any]:
        """Return some figures of a metric that a rule only reads beside its own."""
        if not metric.numeric:
            return self.values(metric, [])
        # Small beside most figures, and large beside them; one, and what nothing is divided by.
        round_figures = map(Fraction, (10, 10_000, 1, 0))
        fitting = [figure for figure in round_figures if _in(metric, figure)]
        if not fitting:
            return self.values(metric, [])[:4]
        return [_written(metric, figure) for figure in fitting]

    def own(self, rule: Rule, metric: Metric, table: Table) -> list[Any]:
        """Return figures of a rule's own metric, where the others are given."""
        return self.values(metric, [*self.around(rule, table)])

    def around(self, rule: Rule, table: Table) -> Iterator[Fraction]:
        """Yield the edges of a rule as figures of its metric, where the others are given."""
        rule_edges = edges(self.rules, rule)
        threshold = None
        if any(edge.relative for edge in rule_edges):
            threshold = self._threshold(rule, table)
        for edge in rule_edges:
            figure = edge.value
            if edge.relative:
                if threshold is None:
                    continue
                figure += threshold
            yield figure
            yield from _steps_off(rule, figure)

    def _threshold(self, rule: Rule, table: Table) -> Fraction | None:
        """Return what a rule's threshold comes to where these figures are submitted."""
        figures = self.figures(table)
        if figures is None:
            return None
        threshold = self.reader.threshold(rule, figures)
        if not isinstance(threshold, Fraction):
            return None
        return threshold

    def figures(self, table: Table) -> list[Figure] | None:
        """Return every figure, derived ones too, where these are submitted.

        None where such a submission is refused.
        """
        bound = self.scorer.read({"measurements": table})
        if bound is None:
            return None
        return self.compiled.figures(bound.figures)

    def values(self, metric: Metric, wanted: list[Fraction]) -> list[Any]:
        """Return figures of a metric: at and beside the wanted ones, between them, at its ends."""
        if metric.type == "yes_no":
            return [True, False]
        if metric.type == "level":
            return [level.vi for level in metric.levels]
        inside = domain(self.rules, metric)
        unit = unit_of(self.rules, metric)
        spread = wanted
        # Of dates there are too many to try the ends: the first day of the period stands for all.
        if metric.type == "date" and not wanted:
            first_day = self.rules.valid[0]
            spread = [Fraction(first_day.toordinal())]
        figures: list[Fraction] = []
        for edge in spread:
            figures += (edge, edge - unit, edge + unit)
        figures += _between(metric, spread, unit)
        figures += _before_rounding(metric, spread, unit)
        values: list[Any] = []
        for figure in dict.fromkeys(figures):
            if inside.holds(figure) and _fits(metric, figure):
                values.append(_written(metric, figure))
        return values

    def solved(self, rule: Rule, metric: Metric, table: Table) -> Iterator[Table]:
        """Yield tables in which a derived metric has a wanted figure.

        One input is changed for it, if one can be found.
        """
        if not metric.numeric:
            return
        # The figures that would be tried on the metric if people submitted it.
        as_submitted = replace(metric, formula=None)
        edges_around = [*self.around(rule, table)]
        numeric = [name for name in table if self.rules.metrics[name].numeric]
        for value in self.values(as_submitted, edges_around):
            wanted = number.fraction(value)
            for name in numeric:
                changed = self.solution(metric, wanted, table, name)
                if changed is not None:
                    yield changed

    def solution(
        self,
        metric: Metric,
        wanted: Fraction,
        table: Table,
        name: str,
    ) -> Table | None:
        """Return the table with one input changed so that a derived metric has a wanted figure.

        The formula is tried at 1 and at 2, and the line through both is followed to the wanted
        figure. With `100 - late` that is 99 and 98, so that 90 is looked for at 10. Whether the
        formula is a line is not asked: what was found is computed.
        """
        at_one = self.derived(metric, {**table, name: 1})
        at_two = self.derived(metric, {**table, name: 2})
        if at_one is None or at_two is None or at_one == at_two:
            return None
        input_metric = self.rules.metrics[name]
        value = 1 + (wanted - at_one) / (at_two - at_one)
        # A figure without an end, such as 1/3, cannot be written.
        if not _in(input_metric, value) or number.places(value) is None:
            return None
        changed = {**table, name: _written(input_metric, value)}
        if self.derived(metric, changed) != wanted:
            return None
        return changed

    def derived(self, metric: Metric, table: Table) -> Fraction | None:
        """Return the figure of a derived metric, None where there is none."""
        figures = self.figures(table)
        if not figures:
            return None
        position = self.compiled.positions[metric.id]
        figure = figures[position]
        if isinstance(figure, Absent):
            return None
        return Fraction(*figure)


def _given(points: Fraction) -> Table:
    """Return points that a person gives, as a submission has them."""
    return {"points": as_json(points), "reason": SAID}


def _steps_off(rule: Rule, target: Fraction) -> Iterator[Fraction]:
    """Yield figures that are some units off a target, where each unit costs points."""
    # Towards what misses the target: below it where more is better, else above.
    sign = -1 if rule.comparator == ">=" else 1
    for piece in rule.pieces:
        if not isinstance(piece.points, Staircase):
            continue
        step = piece.points.step
        # The first units of a slope lead up from its own edge.
        if piece.points.origin == target and step != 1:
            yield from (target + step * count for count in STEPS_OFF)
        if piece.points.origin is not Symbol.THRESHOLD:
            continue
        step = sign * step
        for count in STEPS_OFF:
            yield target + step * count


def _between(
    metric: Metric,
    spread: Iterable[Fraction],
    unit: Fraction,
) -> Iterator[Fraction]:
    """Yield the ends of a metric's range, and figures between edges that do not come out even.

    A third of the way seldom gives whole ticks: it shows how points are rounded.
    """
    ends = interval_ends(metric.range)
    known = sorted({*spread, *ends})
    is_date = metric.type == "date"
    if not is_date:
        for low, high in pairwise(known):
            middle = (low + high) / 2
            third = low + (high - low) / 3
            yield _rounded(middle, unit)
            yield _rounded(third, unit)
        for edge in spread:
            yield _rounded(edge / 3, unit)
    yield from ends
    if len(known) < 3 and not is_date:
        yield from COMMON


def _before_rounding(
    metric: Metric,
    spread: Iterable[Fraction],
    unit: Fraction,
) -> Iterator[Fraction]:
    """Yield figures that a metric's own rounding brings to an edge, and just not to it.

    With two places, 89.995 is rounded half up to 90, and 89.9949 down to 89.99.
    """
    if metric.round is None:
        return
    for edge in spread:
        yield edge - unit * Fraction(1, 2)
        yield edge - unit * Fraction(51, 100)


def _rounded(figure: Fraction, unit: Fraction) -> Fraction:
    """Return a figure rounded down to whole units of its last place."""
    return number.floor(figure / unit) * unit


def _fits(metric: Metric, figure: Fraction) -> bool:
    """Whether a metric can have a figure, but for its range: counts are whole numbers."""
    if metric.distinct and figure > MOST_ITEMS:
        return False
    return figure.denominator == 1 or not metric.whole


def _in(metric: Metric, figure: Fraction) -> bool:
    """Whether a metric can have a figure."""
    return metric.range.holds(figure) and _fits(metric, figure)


def _written(metric: Metric, figure: Fraction) -> Any:
    """Return a figure as a submission has it."""
    if metric.type == "date":
        return date.fromordinal(int(figure))
    if metric.distinct:
        numbers = range(1, int(figure) + 1)
        return {"items": [f"+{number_}" for number_ in numbers]}
    return as_json(figure)


def laid(base: Try, top: Try) -> Try:
    """Return one submission laid over another, entry by entry; tables without entries are left
    out.

    >>> laid({"measurements": {"a": 1, "b": 2}}, {"measurements": {"b": 3}, "points": {}})
    {'measurements': {'a': 1, 'b': 3}}
    """
    both: dict[str, Any] = {}
    for key in ("measurements", "points", "absent"):
        table = {**base.get(key, {}), **top.get(key, {})}
        if table:
            both[key] = table
    for submission in (base, top):
        if "as_of" in submission:
            both["as_of"] = submission["as_of"]
    return both


def _without(submission: Try, names: Iterable[str]) -> Table:
    """Return the figures of a submission without those of some metrics."""
    measurements = submission.get("measurements", {})
    return {name: figure for name, figure in measurements.items() if name not in names}
