"""Figures from peers: the least, the most, the mean of what the units of one table report.

A metric with `peers` is a figure like any other for the scorer. In a table that has no column for
it, it is worked out here from the column of another metric, exactly, and written beside each row:
so the report of a unit carries it among its inputs, and recomputes alone.

    unit    share   ┆ best_share (most)   mean_share (mean: 155 / 2)
    Xã A    80      ┆ 80                  155 / 2
    Xã B    75      ┆ 80                  155 / 2
    Xã C    –       ┆ 80                  155 / 2     (no figure: no part in the mean)
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import Any, TypeAlias

import polars as pl

from cchc_rules.base import number
from cchc_rules.base.messages import Figures
from cchc_rules.base.problem import Problem, SubmissionError, quoted
from cchc_rules.base.state import Absent
from cchc_rules.base.text import normal_name
from cchc_rules.rules.model import Metric, Peers, RuleSet
from cchc_rules.submissions.binding import figures_of, load_measurements, variant
from cchc_rules.submissions.submission import Entry, Measurements
from cchc_rules.tables.file_parts import Lone, Part, parts
from cchc_rules.tables.result_columns import APART, ROW
from cchc_rules.tables.submission_columns import Layout, named, versions

Key: TypeAlias = tuple[str, str | None]
"""A metric, and the group of units whose figures are taken together; None: all units."""

ENTRY_COLUMNS = ("value", "numerator", "denominator")
"""What a column may say of a figure that is worked out."""

TIMES = "#times"
"""How often a row stands in a table; no column of a table may be called so."""


def peer_metrics(rules: RuleSet) -> dict[str, Metric]:
    """Return the metrics from peers of every version of a rule set, by id."""
    metrics: dict[str, Metric] = {}
    for version in versions(rules):
        for metric in version.metrics.values():
            if metric.peers is not None:
                metrics.setdefault(metric.id, metric)
    return metrics


class Gathered:
    """What the units of a group report for one metric: how often each figure stands there."""

    def __init__(self) -> None:
        self.figures: Counter[Fraction] = Counter()

    def of(self, peers: Peers, own: Fraction | None, better: str) -> Fraction | None:
        """Return what is asked for of the figures; None where there is nothing to take it from.

        Args:
            peers: What is asked for.
            own: The unit's own figure, for its rank.
            better: Which figures are better, `higher` or `lower`.
        """
        if peers.take == "count":
            return Fraction(self.figures.total())
        if not self.figures:
            return None
        match peers.take:
            case "min":
                return min(self.figures)
            case "max":
                return max(self.figures)
            case "mean":
                return self._sum() / self.figures.total()
            case _:
                return self._rank(own, better)

    def _sum(self) -> Fraction:
        """Return the sum of all figures: those with one denominator first, which is fast."""
        numerators: Counter[int] = Counter()
        for figure, times in self.figures.items():
            numerators[figure.denominator] += figure.numerator * times
        parts = [Fraction(part, below) for below, part in numerators.items()]
        return sum(parts, Fraction(0))

    def _rank(self, own: Fraction | None, better: str) -> Fraction | None:
        """Return 1 and the number of units that are better: equals share a rank."""
        if own is None:
            return None
        figures, units_below = self._in_order
        # As many units as stand at the figures before its own are lower.
        lower = units_below[bisect_left(figures, own)]
        if better == "lower":
            return Fraction(1 + lower)
        not_higher = lower + self.figures[own]
        return Fraction(1 + self.figures.total() - not_higher)

    @cached_property
    def _in_order(self) -> tuple[list[Fraction], list[int]]:
        """The different figures, the lowest first, and how many units are below each of them.

        It is asked for when all figures are gathered.
        """
        figures = sorted(self.figures)
        times = [self.figures[figure] for figure in figures]
        return figures, [0, *accumulate(times)]


class PeerFigures:
    """Gathers what units report, then says the figures from peers of each of them.

    Args:
        rules: The rule set.
        columns: The layout of its tables.
        as_of: The day of judgement; by default each row's own.
        given: The columns that the table has itself: what they say is not worked out.
    """

    def __init__(
        self,
        rules: RuleSet,
        columns: Layout,
        as_of: date | None,
        given: Iterable[str] = (),
    ) -> None:
        self.rules = rules
        self.columns = columns
        self.as_of = as_of
        own = {*given}
        self.metrics = {
            id_: metric
            for id_, metric in peer_metrics(rules).items()
            if not own & {named(id_, part) for part in ENTRY_COLUMNS}
        }
        self.gathered: dict[Key, Gathered] = {}
        # What was worked out: by what is asked for, and for ranks by the unit's own figure.
        self.values: dict[tuple[Key, str, Fraction | None], Fraction | None] = {}

    def add(self, frame: pl.DataFrame, alone: Iterable[tuple[int, Lone]] = ()) -> None:
        """Take in rows of a table, and submissions that stand alone."""
        if not self.metrics:
            return
        # A folder, and the end of some files, come with a frame that has not even columns.
        if not frame.is_empty():
            for row, times in self._different(frame):
                self._add(self._measurements(row), row.get("district"), times)
        for _, source in alone:
            district = source.get("district") if isinstance(source, Mapping) else None
            self._add(self._measurements(source), district, 1)

    def beside(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return rows of a table with the columns of the figures from peers."""
        if not self.metrics or frame.is_empty():
            return frame
        names = self._read(frame)
        different = frame.select(names).unique(maintain_order=True)
        further = []
        for row in different.iter_rows(named=True):
            measurements = self._measurements(row)
            entries = self._entries(measurements, row.get("district"))
            further.append(_cells(entries))
        columns = [
            name
            for name in dict.fromkeys(name for cells in further for name in cells)
            # A later part of a file may say for itself what the first one did not.
            if name not in frame.columns
        ]
        made = [
            _series(name, [cells.get(name) for cells in further]) for name in columns
        ]
        with_peers = different.with_columns(made)
        # Rows that say the same have the same figures; an empty cell is equal to an empty one.
        return frame.join(with_peers, on=names, how="left", nulls_equal=True)

    def with_entries(self, source: Lone) -> Lone:
        """Return a submission that stands alone with its figures from peers.

        One that is refused, or says them itself, stays as it is.
        """
        if not self.metrics:
            return source
        if isinstance(source, Mapping) and "measurements" not in source:
            measurements = self._measurements(source)
            entries = self._entries(measurements, source.get("district"))
            return {**_cells(entries), **source}
        loaded = self._measurements(source)
        if loaded is None:
            return source
        district = source.get("district") if isinstance(source, Mapping) else None
        entries = self._entries(loaded, district)
        return replace(loaded, entries={**entries, **loaded.entries}, bound=None)

    def _different(self, frame: pl.DataFrame) -> Iterator[tuple[dict[str, Any], int]]:
        """Yield rows that differ in what is read here, and how many rows say the same."""
        names = self._read(frame)
        counted = frame.group_by(names, maintain_order=True).len(TIMES)
        for row in counted.iter_rows(named=True):
            yield row, row.pop(TIMES)

    def _read(self, frame: pl.DataFrame) -> list[str]:
        """Return the columns that are read here: of the metrics, and of which version holds."""
        wanted = {metric.peers.of for metric in self.metrics.values() if metric.peers}
        known = self.columns.columns
        names = [name for name in (*APART, "district") if name in frame.columns]
        for name in frame.columns:
            column = known.get(name)
            if (
                column is not None
                and column.kind == "measurements"
                and column.id in wanted
            ):
                names.append(name)
        return names or [ROW]

    def _measurements(self, source: Lone) -> Measurements | None:
        """Return what a row says of itself and of the metrics, None where it is refused for it."""
        if isinstance(source, Measurements):
            return source
        submission = source
        try:
            if isinstance(source, Mapping) and "measurements" not in source:
                cells = {name: cell for name, cell in source.items() if name != ROW}
                submission = {"unit": "–", **self.columns.submission(cells)}
            return load_measurements(submission, self.rules, as_of=self.as_of)
        except SubmissionError:
            return None

    def _figures(self, measurements: Measurements) -> tuple[RuleSet, Mapping[str, Any]]:
        day = self.as_of or measurements.judged_at
        version = variant(measurements, self.rules, day)
        return version, figures_of(measurements, self.rules, day)

    def _add(
        self,
        measurements: Measurements | None,
        district: object,
        times: int,
    ) -> None:
        """Count a row: its figure of each metric that a metric from peers is taken of."""
        if measurements is None:
            return
        _, figures = self._figures(measurements)
        keys = {_key(peers, district) for peers in self._asked()}
        for key in keys:
            gathered = self.gathered.setdefault(key, Gathered())
            figure = _known(figures.get(key[0]))
            if figure is not None:
                gathered.figures[figure] += times

    def _asked(self) -> Iterator[Peers]:
        for metric in self.metrics.values():
            if metric.peers is not None:
                yield metric.peers

    def _entries(
        self,
        measurements: Measurements | None,
        district: object,
    ) -> dict[str, Entry]:
        """Return the figures from peers of one unit, those for which there is anything."""
        if measurements is None:
            return {}
        version, figures = self._figures(measurements)
        entries: dict[str, Entry] = {}
        for id_ in self.metrics:
            metric = version.metrics.get(id_)
            if metric is None or metric.peers is None:
                continue
            of = version.metrics[metric.peers.of]
            own = _known(figures.get(of.id))
            value = self._value(
                metric.peers, _key(metric.peers, district), own, of.better
            )
            if value is not None:
                entries[id_] = _entry(metric, value)
        return entries

    def _value(
        self,
        peers: Peers,
        key: Key,
        own: Fraction | None,
        better: str,
    ) -> Fraction | None:
        if peers.take != "rank":
            own = None
        asked = (key, peers.take, own)
        if asked not in self.values:
            gathered = self.gathered.get(key, Gathered())
            self.values[asked] = gathered.of(peers, own, better)
        return self.values[asked]


def peers_of_file(
    source: Path,
    rules: RuleSet,
    columns: Layout,
    as_of: date | None,
) -> PeerFigures | None:
    """Return the figures from peers of a table in a file; None where the rule set has none.

    The table is read once for them before it is scored: the last row may have the highest figure.
    """
    if not peer_metrics(rules):
        return None
    peers: PeerFigures | None = None
    for part in parts(source, columns):
        if peers is None:
            peers = PeerFigures(rules, columns, as_of, part.frame.columns)
        peers.add(part.frame, part.alone)
    return peers


def with_peers(part: Part, peers: PeerFigures | None) -> Part:
    """Return a part of a table with the figures from peers beside its rows."""
    if peers is None:
        return part
    alone = [(number, peers.with_entries(source)) for number, source in part.alone]
    return part._replace(frame=peers.beside(part.frame), alone=alone)


def _key(peers: Peers, district: object) -> Key:
    if peers.within == "district" and district is not None:
        return peers.of, normal_name(str(district))
    if peers.within == "district":
        return peers.of, ""
    return peers.of, None


def _known(figure: Any) -> Fraction | None:
    """Return a figure as a number, None where there is none."""
    if figure is None or isinstance(figure, Absent):
        return None
    return Fraction(*figure)


def _entry(metric: Metric, value: Fraction) -> Entry:
    """Return a figure as a submission says it; one whose decimal may not end as a share.

    Raises:
        SubmissionError: `peers-digits`, where a submission could not say it: too many digits.
    """
    if metric.ratio is None:
        parts: Sequence[int] = (value.numerator, value.denominator)
        entry = Entry(value=Decimal(number.plain(value)))
    else:
        # A percentage is 100 times its share.
        share = value
        if metric.type == "percent":
            share = value / 100
        parts = share.as_integer_ratio()
        entry = Entry(numerator=parts[0], denominator=parts[1])
    if any(abs(part) >= 10**number.DIGITS for part in parts):
        arguments = {"name": quoted(metric.id), "most": Figures(number.DIGITS)}
        raise SubmissionError([Problem("peers-digits", (metric.id,), arguments)])
    return entry


def _cells(entries: Mapping[str, Entry]) -> dict[str, Decimal]:
    """Return figures from peers as the cells of a row."""
    cells: dict[str, Decimal] = {}
    for id_, entry in entries.items():
        for part in ENTRY_COLUMNS:
            said = getattr(entry, part)
            if said is not None:
                cells[named(id_, part)] = Decimal(said)
    return cells


def _series(name: str, cells: list[Decimal | None]) -> pl.Series:
    """Return cells as a column of exact decimals, with as many places as one of them needs."""
    exponents = [cell.as_tuple().exponent for cell in cells if cell is not None]
    places = max((-one for one in exponents if isinstance(one, int)), default=0)
    return pl.Series(name, cells, dtype=pl.Decimal(38, max(places, 0)))
