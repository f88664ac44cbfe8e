"""Rows of a table whose figures are right in form and still ask for a look.

What is doubtful is defined once, for single submissions (`submissions.doubtful_figures`). To ask
it of every row would take far longer than to score the table. So two steps are taken: conditions
over whole columns leave the few rows in which something may be doubtful, and only those are made
into submissions and asked.

The conditions may keep a row too many, which costs a moment, but no row too few. Each is therefore
wider than the doubt that it stands for, and a cell that it cannot read keeps its row.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import reduce
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from cchc_rules.base.problem import Problem, SubmissionError
from cchc_rules.rules.model import Metric, MetricRef, Rule, RuleSet
from cchc_rules.submissions.binding import load_measurements
from cchc_rules.submissions.doubtful_figures import (
    A_THOUSAND,
    MOST_TIMES_ONE_DOCUMENT,
    warnings,
)
from cchc_rules.submissions.submission import Measurements
from cchc_rules.tables.file_parts import Lone
from cchc_rules.tables.result_columns import ROW
from cchc_rules.tables.submission_columns import Layout, named, versions

MOST_EXAMINED = 10_000
"""A table of more rows is looked through only where doubts refuse a row.

Viet Nam has 3,321 communes, so that every table of one year is looked through. A longer one, of
many years or of tries, would wait for something that nobody reads.
"""

_EXACT = pl.Decimal(38, 4)
"""Figures of columns have at most four decimal places; others keep their row."""

_FRACTION = r"[.,]\d*[1-9]"
"""What the text of a number that is not whole has in it."""

_THREE_DECIMALS = r"[.,]\d{3}0*\s*$"
"""How the text of a number with three decimals ends; columns of decimals add zeros."""


class DoubtfulRow(NamedTuple):
    """A row of a table, or a submission that stands alone, and what is doubtful in it."""

    number: int
    source: Lone
    doubts: tuple[Problem, ...]


def submission_of(
    rules: RuleSet,
    columns: Layout,
    source: Lone,
    as_of: date | None,
) -> Measurements:
    """Return the submission that a row makes, or that stands alone as a mapping or in a file.

    Raises `SubmissionError` where it is refused.
    """
    # With figures from peers beside its own it was read before; `score` holds it against the rules.
    if isinstance(source, Measurements):
        return source
    submission = source
    if isinstance(source, Mapping) and "measurements" not in source:
        submission = columns.submission(source)
    return load_measurements(submission, rules, as_of=as_of)


def doubts_of(
    rules: RuleSet,
    columns: Layout,
    source: Lone,
    as_of: date | None,
) -> tuple[Problem, ...]:
    """Return what is doubtful in one row, as warnings; nothing of a row that is refused."""
    try:
        measurements = submission_of(rules, columns, source, as_of)
    except SubmissionError:
        return ()
    day = as_of or measurements.judged_at
    return warnings(measurements, rules, day)


def doubtful_rows(
    rules: RuleSet,
    columns: Layout,
    rows: Iterable[tuple[int, Lone]],
    as_of: date | None = None,
) -> Iterator[DoubtfulRow]:
    """Yield those of some rows that are doubtful, in their order.

    Arguments:
        rules: The rule set with which they are scored.
        columns: The layout of its tables.
        rows: Rows with their numbers: those of `suspects`, or submissions that stand alone.
        as_of: The day of judgement; by default each row's own.
    """
    for number, source in rows:
        doubts = doubts_of(rules, columns, source, as_of)
        if doubts:
            yield DoubtfulRow(number, source, doubts)


def suspects(rules: RuleSet, table: pl.DataFrame) -> Iterator[tuple[int, Lone]]:
    """Yield the numbered rows of a table in which something may be doubtful.

    >>> from cchc_rules import load_rules
    >>> table = pl.DataFrame({"row": [1, 2], "on_time": ["97.5", "0.975"]})
    >>> [number for number, _ in suspects(load_rules("cam-due-2023"), table)]
    [2]
    """
    conditions = [*_Suspicion(rules, table.schema).conditions()]
    if not conditions:
        return
    # Null is what a condition says of a cell that it cannot read.
    anything = reduce(pl.Expr.or_, [holds.fill_null(True) for holds in conditions])
    for row in table.filter(anything).iter_rows(named=True):
        yield row[ROW], row


class _Suspicion:
    """The conditions under which a row of some columns may be doubtful.

    Versions of a rule set (kinds of unit, days) may differ in what they ask. A row is kept where it
    may be doubtful by any of them.
    """

    def __init__(self, rules: RuleSet, schema: pl.Schema) -> None:
        self.versions = versions(rules)
        self.schema = schema

    def conditions(self) -> Iterator[pl.Expr]:
        """Yield conditions of which a doubtful row meets at least one; null keeps a row, too."""
        # Most versions have the same metrics: one condition does for all that ask the same of them.
        metrics = {}
        for version in self.versions:
            for metric in version.metrics.values():
                if metric.numeric:
                    key = (metric.id, metric.type, metric.better)
                    metrics[key] = metric
        for metric in metrics.values():
            yield from self._fractions(metric)
            if metric.type == "percent":
                yield from self._small_percentages(metric)
        for version in self.versions:
            for rule in version.rules.values():
                yield from self._beside_threshold(rule, version.metrics)
        yield from self._one_document()

    def _has(self, name: str) -> bool:
        return name in self.schema and self.schema[name] != pl.Null

    def _fractions(self, metric: Metric) -> Iterator[pl.Expr]:
        """Suspect a part of a share that is not whole, and a number of three decimals."""
        for part in ("numerator", "denominator"):
            yield from self._text_has(f"{metric.id}.{part}", _FRACTION)
        if metric.type == "number":
            yield from self._text_has(named(metric.id, "value"), _THREE_DECIMALS)

    def _text_has(self, name: str, pattern: str) -> Iterator[pl.Expr]:
        """Suspect cells whose text has a pattern in it; a column of whole numbers has none."""
        if not self._has(name) or self.schema[name].is_integer():
            return
        text = pl.col(name).cast(pl.String, strict=False)
        yield pl.col(name).is_not_null() & text.str.contains(pattern)

    def _figure(self, name: str) -> pl.Expr:
        """Return the numbers of a column; null for what is none, or has too many places."""
        # As decimals, since a float would make a threshold of 0.1 something else.
        figures = pl.col(name)
        if self.schema[name].is_integer():
            return figures.cast(_EXACT, strict=False)
        text = figures.cast(pl.String, strict=False).str.strip_chars(" %")
        decimal = text.str.replace(",", ".", literal=True)
        return decimal.cast(_EXACT, strict=False)

    def _small_percentages(self, metric: Metric) -> Iterator[pl.Expr]:
        """Suspect a share of 1 where percentages are expected."""
        name = named(metric.id, "value")
        if not self._has(name) or metric.better != "higher":
            return
        figure = self._figure(name)
        yield pl.col(name).is_not_null() & (figure > 0) & (figure <= 1)

    def _beside_threshold(
        self,
        rule: Rule,
        metrics: Mapping[str, Metric],
    ) -> Iterator[pl.Expr]:
        """Suspect a percentage that is exactly its threshold, and a figure of another scale."""
        if not rule.metric:
            return
        name = named(rule.metric, "value")
        if not self._has(name):
            return
        given = pl.col(name).is_not_null()
        if isinstance(rule.threshold, MetricRef):
            other = named(rule.threshold.metric, "value")
            if self._has(other):
                # From 500 to 2,000 times is doubtful; beyond, and far, is looked at and let go.
                mine = self._figure(name) * (A_THOUSAND // 2)
                its = self._figure(other) * (A_THOUSAND // 2)
                apart = (self._figure(name) >= its) | (self._figure(other) >= mine)
                yield given & pl.col(other).is_not_null() & apart
        elif metrics[rule.metric].type == "percent":
            threshold = _decimal(rule.threshold)
            if threshold is not None:
                yield given & (self._figure(name) == pl.lit(threshold, _EXACT))

    def _one_document(self) -> Iterator[pl.Expr]:
        """Suspect rows in which so many pieces of evidence are the same that one document may
        prove nearly everything.

        Of 25 pieces with 4 different texts no more than 22 can be the same: they are suspected.
        """
        columns = [
            name
            for name, dtype in self.schema.items()
            if name.endswith(".evidence") and dtype in (pl.String, pl.List(pl.String))
        ]
        if len(columns) < MOST_TIMES_ONE_DOCUMENT:
            return
        texts = []
        for name in columns:
            text = pl.col(name)
            if self.schema[name] != pl.String:
                text = text.list.join("\n", ignore_nulls=True)
            texts.append(text)
        lines = pl.concat_str(texts, separator="\n", ignore_nulls=True)
        # Documents are the same whatever their case and spaces. A cell may list several, each on a
        # line of its own.
        plain = lines.str.normalize("NFC").str.to_lowercase()
        documents = plain.str.replace_all(r"[^\S\n]+", "").str.split("\n")
        repeated = documents.list.len() - documents.list.n_unique()
        yield repeated >= MOST_TIMES_ONE_DOCUMENT - 1


def _decimal(threshold: Any) -> Decimal | None:
    """Return a plain threshold as a decimal of four places; None where no such figure is it."""
    if not isinstance(threshold, Fraction):
        return None
    units = threshold * 10**_EXACT.scale
    if units.denominator != 1:
        return None
    return Decimal(units.numerator).scaleb(-_EXACT.scale)


def placed(row: DoubtfulRow, file: Path) -> Iterator[Problem]:
    """Yield the doubts of a row with the file and row where they stand.

    A file of a folder says of itself where its figures are.
    """
    for doubt in row.doubts:
        if isinstance(row.source, Path):
            yield doubt
        else:
            yield doubt.at(file.name, row.number)
