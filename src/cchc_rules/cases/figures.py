"""Figures worth trying on a rule: those at and beside its edges, and every way of giving none."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from itertools import chain, islice, pairwise, product
from typing import Any

from cchc_rules.base import number
from cchc_rules.base.state import Absent, Effect, State
from cchc_rules.cases.edges import domain, edges, unit_of
from cchc_rules.cases.trial_scorer import TrialScorer, Try
from cchc_rules.rules.dependencies import above
from cchc_rules.rules.model import Metric, Rule
from cchc_rules.rules.value_function import Staircase, Symbol
from cchc_rules.scoring.compiled_rules import compile_rules
from cchc_rules.scoring.scoring import Scoring
from cchc_rules.scoring.steps import as_json
from cchc_rules.submissions.submission import Figure

MOST_TRIES = 160
"""The most submissions that are made for one rule."""

MOST_COMBINED = 24
"""The most combinations of the other figures that a rule reads."""

MOST_ITEMS = 100
"""The most items of a list."""

COMMON = tuple(Fraction(figure) for figure in (0, 1, 2, 3, 5, 10, 100, 10_000))
"""Figures for metrics that no rule holds against anything written out."""

STEPS_OFF = (1, 2, 3)
"""How many units off a target are tried."""

SAID = "–"
"""The words of reasons that nobody reads."""

Table = dict[str, Any]
"""Figures by metric, as a submission has them."""


class Tries:
    """Makes submissions to try on the rules of one rule set."""

    def __init__(self, scorer: TrialScorer) -> None:
        self.scorer = scorer
        self.rules = scorer.rules
        self.compiled = compile_rules(scorer.rules)
        self.reader = self.compiled.reader
        self._found: dict[tuple[str, State], Try | None] = {}

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
        for gate in rule.requires:
            unmet = self.first(self.rules.rules[gate], State.NOT_MET)
            if unmet is not None:
                yield laid(laid(base, plain), unmet)
            yield laid(
                plain, {"measurements": _without(base, self.compiled.reads[gate])}
            )

    def before(self, rule: Rule) -> Try:
        """Return a submission in which the rules that a rule requires are met.

        Those for which none was found stay as they are.
        """
        all_met: Try = {}
        for gate in rule.requires:
            met = self.first(self.rules.rules[gate], State.MET)
            all_met = laid(all_met, met or {})
        return all_met

    def first(self, rule: Rule, state: State) -> Try | None:
        """Return the first submission that brings a rule into a state."""
        key = (rule.id, state)
        if key not in self._found:
            at = self.compiled.places[rule.id]
            wanted = (
                one
                for one in self.of(rule)
                if self.came_to(one, lambda out: out.results[at].state is state)
            )
            self._found[key] = next(wanted, None)
        return self._found[key]

    def came_to(self, one: Try, so: Callable[[Scoring], bool]) -> bool:
        """Whether a submission is scored and comes to what is asked."""
        tried = self.scorer.read(one)
        scoring = self.scorer.scoring(tried) if tried else None
        return scoring is not None and so(scoring)

    def reported(self, rule: Rule) -> Iterator[Try]:
        """Yield submissions with figures: for points given by a person the ends and the middle of
        what is allowed.
        """
        if rule.metric is None:
            middle = number.round_half_up(
                (rule.lowest + rule.weight) / 2, self.rules.index.places
            )
            for points in dict.fromkeys(
                (rule.weight, middle, Fraction(0), rule.lowest)
            ):
                yield {"points": {rule.id: {"points": as_json(points), "reason": SAID}}}
            return
        tables = list(islice(self.tables(rule), MOST_TRIES))
        yield from ({"measurements": table} for table in tables)
        if rule.due is not None:
            for day in (rule.due - timedelta(days=1), rule.due):
                yield from (
                    {"measurements": table, "as_of": day}
                    for table in (*tables[:MOST_COMBINED], {})
                )

    def absences(self, rule: Rule) -> Iterator[Try]:
        """Yield submissions in which a figure that the rule reads is absent, each in one way.

        It is missing, not applicable or waived, or the block in which the rule lies is absent.
        """
        yield {}
        until = self.rules.valid[1]
        waiver = {"waived": {"by": SAID, "why": SAID, "until": until}}
        ways: list[Any] = [{"not_applicable": SAID}, waiver]
        by_hand: Try = {}
        if Effect.MANUAL in rule.absence.values():
            given = {"points": as_json(rule.weight), "reason": SAID}
            by_hand = {"points": {rule.id: given}}
        table: Table = {}
        if rule.metric:
            table = next(self.tables(rule), {})
        for name in self.submitted(rule):
            for way in ways:
                absent = {"measurements": {**table, name: way}}
                yield absent
                if by_hand:
                    yield {**absent, **by_hand}
            if table:
                others = {other: table[other] for other in table if other != name}
                yield {"measurements": others}
        for group in above(self.rules, rule.group):
            if group.optional:
                yield {"measurements": table, "absent": {group.id: SAID}}

    def submitted(self, rule: Rule) -> list[str]:
        """Return the metrics that a submission gives for a rule, its own first."""
        names = [
            name
            for name in self.compiled.reads[rule.id]
            if self.rules.metrics[name].submitted
        ]
        return sorted(names, key=lambda name: name != rule.metric)

    def tables(self, rule: Rule) -> Iterator[Table]:
        """Yield the figures that a rule reads: its own at and beside its edges, among others."""
        metric = self.rules.metrics[rule.metric or ""]
        names = self.submitted(rule)
        others = [name for name in names if name != metric.id]
        combined = product(*(self.common(self.rules.metrics[name]) for name in others))
        for figures in islice(combined, MOST_COMBINED):
            table = dict(zip(others, figures, strict=True))
            if metric.submitted:
                yield from (
                    {metric.id: figure, **table}
                    for figure in self.own(rule, metric, table)
                )
            else:
                yield from self.solved(rule, metric, table)
                yield table

    def common(self, metric: Metric) -> list[Any]:
        """Return some figures of a metric that a rule only reads beside its own."""
        if not metric.numeric:
            return self.values(metric, [])
        round_figures = (Fraction(10), Fraction(10_000), Fraction(1), Fraction(0))
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
        return threshold if isinstance(threshold, Fraction) else None

    def figures(self, table: Table) -> list[Figure] | None:
        """Return every figure, derived ones too, where these are submitted.

        None where such a submission is refused.
        """
        tried = self.scorer.read({"measurements": table})
        return self.compiled.figures(tried.figures) if tried else None

    def values(self, metric: Metric, wanted: list[Fraction]) -> list[Any]:
        """Return figures of a metric: at and beside the wanted ones, between them, at its ends."""
        if metric.type == "yes_no":
            return [True, False]
        if metric.type == "level":
            return [level.vi for level in metric.levels]
        inside = domain(self.rules, metric)
        unit = unit_of(self.rules, metric)
        spread = wanted
        if metric.type == "date" and not wanted:
            spread = [Fraction(self.rules.valid[0].toordinal())]
        figures: list[Fraction] = []
        for edge in spread:
            figures += (edge, edge - unit, edge + unit)
        figures += _between(metric, spread, unit)
        figures += _before_rounding(metric, spread, unit)
        return [
            _written(metric, figure)
            for figure in dict.fromkeys(figures)
            if inside.holds(figure) and _fits(metric, figure)
        ]

    def solved(self, rule: Rule, metric: Metric, table: Table) -> Iterator[Table]:
        """Yield tables in which a derived metric has a wanted figure.

        One input is changed for it, if one can be found.
        """
        if not metric.numeric:
            return
        as_submitted = replace(metric, formula=None)
        numeric = [name for name in table if self.rules.metrics[name].numeric]
        for wanted in self.values(as_submitted, [*self.around(rule, table)]):
            for name in numeric:
                changed = self.solution(metric, number.fraction(wanted), table, name)
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
        value = 1 + (wanted - at_one) / (at_two - at_one)
        if not _in(self.rules.metrics[name], value) or number.places(value) is None:
            return None
        changed = {**table, name: _written(self.rules.metrics[name], value)}
        return changed if self.derived(metric, changed) == wanted else None

    def derived(self, metric: Metric, table: Table) -> Fraction | None:
        """Return the figure of a derived metric, None where there is none."""
        figures = self.figures(table)
        if not figures:
            return None
        figure = figures[self.compiled.positions[metric.id]]
        return None if isinstance(figure, Absent) else Fraction(*figure)


def _steps_off(rule: Rule, target: Fraction) -> Iterator[Fraction]:
    """Yield figures that are some units off a target, where each unit costs points."""
    for piece in rule.pieces:
        if (
            isinstance(piece.points, Staircase)
            and piece.points.origin is Symbol.THRESHOLD
        ):
            sign = -1 if rule.comparator == ">=" else 1
            step = sign * piece.points.step
            yield from (target + step * count for count in STEPS_OFF)


def _between(
    metric: Metric,
    spread: Iterable[Fraction],
    unit: Fraction,
) -> Iterator[Fraction]:
    """Yield the ends of a metric's range, and figures between edges that do not come out even."""
    ends = [end for end in (metric.range.low, metric.range.high) if end is not None]
    known = sorted({*spread, *ends})
    if metric.type != "date":
        for low, high in pairwise(known):
            yield _rounded((low + high) / 2, unit)
            yield _rounded(low + (high - low) / 3, unit)
        yield from (_rounded(edge / 3, unit) for edge in spread)
    yield from ends
    if len(known) < 3 and metric.type != "date":
        yield from COMMON


def _before_rounding(
    metric: Metric,
    spread: Iterable[Fraction],
    unit: Fraction,
) -> Iterator[Fraction]:
    """Yield figures that a metric's own rounding brings to an edge, and just not to it."""
    if metric.round is not None:
        yield from (
            edge - unit * part
            for edge in spread
            for part in (Fraction(1, 2), Fraction(51, 100))
        )


def _rounded(figure: Fraction, unit: Fraction) -> Fraction:
    return number.floor(figure / unit) * unit


def _fits(metric: Metric, figure: Fraction) -> bool:
    if metric.distinct and figure > MOST_ITEMS:
        return False
    return figure.denominator == 1 or not metric.whole


def _in(metric: Metric, figure: Fraction) -> bool:
    return metric.range.holds(figure) and _fits(metric, figure)


def _written(metric: Metric, figure: Fraction) -> Any:
    """Return a figure as a submission has it."""
    if metric.type == "date":
        return date.fromordinal(int(figure))
    if metric.distinct:
        return {"items": [f"+{count}" for count in range(1, int(figure) + 1)]}
    return as_json(figure)


def laid(base: Try, top: Try) -> Try:
    """Return one submission laid over another."""
    both = {
        key: {**base.get(key, {}), **top.get(key, {})}
        for key in ("measurements", "points", "absent")
    }
    days = {
        key: value
        for one in (base, top)
        for key, value in one.items()
        if key == "as_of"
    }
    return {**{key: table for key, table in both.items() if table}, **days}


def _without(one: Try, names: Iterable[str]) -> Table:
    return {
        name: figure
        for name, figure in one.get("measurements", {}).items()
        if name not in names
    }
