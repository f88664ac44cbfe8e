"""Does a decision table decide every case, just once, and do points rise as a metric gets better?

The question is answered exactly, by cutting. The range of each metric is cut at every edge that a
row names: of `from = 90` and `below = 80` over a percentage these are the parts 0 to below 80, 80,
between 80 and 90, 90, and above 90 to 100. Within a part no row can tell two values apart, so that
a *cell*, one part of each metric, is decided as a whole. There are finitely many cells, and each
is looked at:

    done \\ urged   yes              no
    90 and above    row 1            row 1
    80 to 90        row 2            row 2
    below 80        row 3            no row: a hole

The cells of a table are the product of the parts, so that they are bounded (`MOST_CELLS`).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise, product
from math import prod
from typing import NamedTuple, TypeAlias

from cchc_rules.base.interval import Interval
from cchc_rules.base.messages import Figures
from cchc_rules.base.problem import Path, Problem, figure, quoted
from cchc_rules.rules.metric_values import as_number
from cchc_rules.rules.model import Metric
from cchc_rules.rules.range_checks import range_text
from cchc_rules.rules.value_function import (
    AllOf,
    Condition,
    MetricTest,
    edges_of,
)

Problems: TypeAlias = Iterator[Problem]

MOST_CELLS = 20_000
"""The most cells of a table that are looked at; a table of 20,000 cells takes about a second."""


class Row(NamedTuple):
    """A row of a decision table, as the checks read it."""

    condition: Condition
    """`AllOf` of its tests, or `Otherwise`."""
    key: Path
    """Its key in the deduction or metric: `("rows", 2)`."""
    worth: Fraction | None
    """Its points, or the rank of its level; None where nothing is better than anything else."""
    level: str | None = None
    """The level that it gives, None of a row that gives points."""

    @property
    def gives(self) -> str:
        """How a message says what the row gives."""
        if self.level is not None:
            return quoted(self.level)
        return figure(self.worth or Fraction(0))


class _Part(NamedTuple):
    """A part of a metric's range that no row cuts."""

    interval: Interval
    sample: Fraction
    """A value in it: what is true of this one is true of all."""
    text: str
    """How a message names it."""


Cell: TypeAlias = tuple[_Part, ...]
"""One part of each metric, in the order of the metrics."""


def rows(
    table: Sequence[Row], metrics: Mapping[str, Metric], path: Path, *, one: bool
) -> Problems:
    """Yield holes, rows that are never reached, rows that overlap, and points that fall.

    Args:
        table: the rows in their order; their conditions fit the types of their metrics.
        metrics: the metrics that the rows name, by their ids.
        path: where the table stands; the keys of rows lie below it.
        one: whether just one row may hold, so that two that both do are a mistake.
    """
    parts = [_parts(metric, table) for metric in metrics.values()]
    cells = prod(map(len, parts))
    if cells > MOST_CELLS:
        arguments = {"cells": Figures(cells), "most": Figures(MOST_CELLS)}
        yield Problem("rows-too-many", path, arguments)
        return
    looker = _Cells(table, metrics, parts)
    yield from looker.problems(path, one)


def _parts(metric: Metric, table: Sequence[Row]) -> list[_Part]:
    """Return the range of a metric, cut at every edge that a row names."""
    if metric.type == "yes_no":
        words = {"true": Fraction(1), "false": Fraction(0)}
        return [_word(text, value) for text, value in words.items()]
    if metric.levels:
        names = [level.vi for level in metric.levels]
        return [_word(name, as_number(name, metric)) for name in names]
    edges: set[Fraction] = set()
    for row in table:
        edges.update(edges_of(row.condition, metric))
    return [*_cut(metric, sorted(edges))]


def _word(text: str, value: Fraction) -> _Part:
    return _Part(Interval(value, value), value, f"= {text}")


def _cut(metric: Metric, edges: list[Fraction]) -> Iterator[_Part]:
    """Yield the edges inside a metric's range, and what lies before, between and behind them."""
    ends: list[Fraction | None] = [None, *edges, None]
    for low, high in pairwise(ends):
        between = Interval(low, high, low is not None, high is not None)
        yield from _inside(metric, between)
        if high is not None:
            yield from _inside(metric, Interval(high, high))


def _inside(metric: Metric, interval: Interval) -> Iterator[_Part]:
    """Yield what of an interval a metric can have, if it can have any of it."""
    part = interval.meets(metric.range)
    # Between the counts 3 and 4 nothing lies.
    if metric.whole:
        part = part.whole_only()
    if not part.empty:
        yield _Part(part, _sample(part), range_text(part))


def _sample(part: Interval) -> Fraction:
    """Return a value in an interval: its end where that belongs to it, else one inside."""
    low = part.low
    high = part.high
    if low is not None and not part.low_open:
        return low
    if high is not None and not part.high_open:
        return high
    if low is not None and high is not None:
        return (low + high) / 2
    if low is not None:
        return low + 1
    if high is not None:
        return high - 1
    return Fraction(0)


class _Cells:
    """The cells of one table, and the rows that hold in each."""

    def __init__(
        self,
        table: Sequence[Row],
        metrics: Mapping[str, Metric],
        parts: list[list[_Part]],
    ) -> None:
        self.table = table
        self.metrics = metrics
        self.parts = parts
        self.positions = {name: position for position, name in enumerate(metrics)}
        tests = [self._test(row.condition) for row in table]
        # By the positions of its parts: the positions of the rows that hold in a cell.
        self.hits: dict[tuple[int, ...], list[int]] = {}
        for place in product(*(range(len(of_metric)) for of_metric in parts)):
            cell = self._cell(place)
            self.hits[place] = [n for n, test in enumerate(tests) if test(cell)]

    def _cell(self, place: tuple[int, ...]) -> Cell:
        pairs = zip(self.parts, place, strict=True)
        return tuple(of_metric[position] for of_metric, position in pairs)

    def _test(self, condition: Condition) -> Callable[[Cell], bool]:
        """Return the test whether a row holds in a cell; one without conditions always does."""
        tests: tuple[MetricTest, ...] = ()
        if isinstance(condition, AllOf):
            tests = condition.tests
        asked = [
            (self.positions[test.metric], test, self.metrics[test.metric])
            for test in tests
        ]

        def holds(cell: Cell) -> bool:
            return all(
                test.holds(cell[position].sample, metric)
                for position, test, metric in asked
            )

        return holds

    def problems(self, path: Path, one: bool) -> Problems:
        """Yield the first hole, each row that is never reached or overlaps, and the first fall."""
        yield from self._hole(path)
        if one:
            yield from self._overlaps(path)
        reached = {hits[0] for hits in self.hits.values() if hits}
        for position, row in enumerate(self.table):
            if position not in reached:
                yield Problem("row-unreachable", (*path, *row.key))
        for position, (name, metric) in enumerate(self.metrics.items()):
            fall = self._fall(position, metric)
            if fall is not None:
                code = "rows-fall"
                if self.table[0].level is not None:
                    code = "levels-fall"
                yield Problem(code, path, {"metric": name, **fall})
                return

    def _hole(self, path: Path) -> Problems:
        for place, hits in self.hits.items():
            if not hits:
                yield Problem("rows-gap", path, {"cell": Figures(self._text(place))})
                return

    def _overlaps(self, path: Path) -> Problems:
        """Yield each row that holds where another before it does; what is left has no overlap."""
        told: set[int] = set()
        for place, hits in self.hits.items():
            both = [n for n in hits if isinstance(self.table[n].condition, AllOf)]
            if len(both) > 1 and both[1] not in told:
                told.add(both[1])
                row_path = (*path, *self.table[both[1]].key)
                arguments = {"cell": Figures(self._text(place))}
                yield Problem("rows-overlap", row_path, arguments)

    def _text(self, place: tuple[int, ...]) -> str:
        """Return a cell as a message names it: `done ≥ 80, < 90; urged = true`."""
        cell = self._cell(place)
        named = [
            f"{name} {part.text}"
            for name, part in zip(self.metrics, cell, strict=True)
            # A metric that is not cut has nothing to tell.
            if part.interval != self.metrics[name].range
        ]
        return "; ".join(named) or range_text(Interval())

    def _fall(self, position: int, metric: Metric) -> dict[str, str] | None:
        """Return where points fall while one metric gets better and the others stay (law 4)."""
        count = len(self.parts[position])
        steps = [*pairwise(range(count))]
        if not _last_is_best(metric):
            steps = [(after, before) for before, after in steps]
        if metric.better == "neither":
            return None
        for place, hits in self.hits.items():
            for worse, better in steps:
                if place[position] != better:
                    continue
                below = (*place[:position], worse, *place[position + 1 :])
                before = self._row(self.hits[below])
                after = self._row(hits)
                if before is None or after is None:
                    continue
                if _falls(before.worth, after.worth):
                    return {
                        "cell": Figures(self._text(place)),
                        "after": after.gives,
                        "before": before.gives,
                    }
        return None

    def _row(self, hits: list[int]) -> Row | None:
        if not hits:
            return None
        return self.table[hits[0]]


def _falls(before: Fraction | None, after: Fraction | None) -> bool:
    return before is not None and after is not None and after < before


def _last_is_best(metric: Metric) -> bool:
    """Whether the last part of a metric is its best one.

    Numbers rise from part to part. Of yes and no, yes stands first and is the “higher” one; levels
    stand in the order of the file, of which `better` names the end.
    """
    if metric.type == "yes_no":
        return metric.better == "lower"
    return metric.better == "higher"
