"""From the columns of a table to figures: a numerator, a denominator, and why there is none.

What is not plain (a text where a number belongs, a figure out of range, more digits than fit) is not judged here: the
row is marked, and goes to the single engine, which scores it or says what is wrong with it.
"""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import reduce
from typing import TypeAlias

import polars as pl

from cchc_rules.model import Metric, Rule, RuleSet
from cchc_rules.state import Reason
from cchc_rules.table.exact import Gauge, Ratio, Whole, choose
from cchc_rules.table.layout import ENVELOPE

Schema: TypeAlias = pl.Schema

PLACES = 4
"""So many decimal places of a figure are read in columns; figures with more go to the single engine."""

REASONS = tuple(Reason)
NUMBER = rf"^(-?)(\d{{1,12}})(?:\.(\d{{1,{PLACES}}})0*)?$"
ODD_CASE = "[" + "".join(chr(at) for at in range(sys.maxunicode) if chr(at).casefold() != chr(at).lower()) + "]"
"""Letters whose case folds into other letters; lists that have one are counted by the single engine."""


@dataclass(frozen=True, eq=False)
class Figures:
    """A metric's figures in columns: the fraction, why there is none (a reason's number, else null), and whether the
    column speaks plainly."""

    ratio: Ratio
    absent: pl.Expr
    plain: pl.Expr


def code(reason: Reason) -> pl.Expr:
    """Return a reason as a number."""
    return pl.lit(REASONS.index(reason), pl.UInt8)


def every(conditions: Iterable[pl.Expr]) -> pl.Expr:
    """Return whether all conditions hold."""
    return reduce(lambda one, other: one & other, conditions, pl.lit(True))


class Reader:
    """Reads the columns of one rule set, judged on one day; no figure exceeds the limit."""

    def __init__(self, rules: RuleSet, schema: Schema, as_of: date, gauge: Gauge, limit: int) -> None:
        self.rules, self.schema, self.as_of, self.gauge, self.limit = rules, schema, as_of, gauge, limit

    def figures(self, metric: Metric) -> Figures:
        """Return the figures of a submitted metric."""
        ratio, given, plain, zero = self._figure(metric)
        gone, gone_plain, gone_given = self._absence(metric)
        absent = pl.when(given & zero).then(code(Reason.ZERO_DENOMINATOR)).when(given).then(None)
        once = ~(given & gone_given)
        return Figures(ratio, absent.otherwise(gone), every((plain, gone_plain, once)))

    # Which columns there are

    def has(self, name: str) -> bool:
        return name in self.schema and self.schema[name] != pl.Null

    def name(self, metric: Metric, part: str) -> str:
        return metric.id if part == "value" and metric.id not in ENVELOPE else f"{metric.id}.{part}"

    def said(self, name: str) -> pl.Expr:
        """Return whether a cell says anything."""
        if not self.has(name):
            return pl.lit(False)
        filled = pl.col(name).is_not_null()
        return filled & (pl.col(name).str.strip_chars() != "") if self.schema[name] == pl.String else filled

    def documents(self, name: str) -> pl.Expr:
        """Return whether a column of evidence speaks plainly: text, or lists of it."""
        if not self.has(name) or self.schema[name] == pl.String:
            return pl.lit(True)
        if self.schema[name] != pl.List(pl.String):
            return ~self.said(name)
        return pl.col(name).list.eval(pl.element().str.strip_chars() != "").list.all().fill_null(True)

    def proves(self, name: str) -> pl.Expr:
        """Return whether a column of evidence names a document."""
        said = self.said(name)
        listed = self.has(name) and self.schema[name] == pl.List(pl.String)
        return said & (pl.col(name).list.len() > 0) if listed else said

    def points(self, rule: Rule) -> Figures:
        """Return the points that people gave for a rule."""
        name, reason, evidence = (f"points.{rule.id}.{part}" for part in ("points", "reason", "evidence"))
        given, why = self.said(name), self.said(reason)
        texts = pl.lit(not self.has(reason) or self.schema[reason] == pl.String)
        alone = ~given & ~why & ~self.said(evidence)
        if not self.has(name):
            return Figures(self.gauge.ratio(Fraction(0)), code(Reason.POINTS_AWAITED), alone)
        ticks, places, plain = self._ticks(name)
        ratio = Ratio(self._kept(ticks, given & plain), self.gauge.number(10**places))
        least, most = (self.gauge.ratio(edge) for edge in (rule.lowest, rule.weight))
        inside = plain & ratio.holds(">=", least) & ratio.holds("<=", most) & self.documents(evidence)
        absent = pl.when(given).then(None).otherwise(code(Reason.POINTS_AWAITED))
        return Figures(ratio, absent, (alone | (given & why & inside)) & texts)

    # Absences

    def _absence(self, metric: Metric) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
        """Return why there is no figure, whether the columns say it plainly, and whether they say anything."""
        gone = self.said(f"{metric.id}.not_applicable")
        waiver = [self.said(f"{metric.id}.waived_{part}") for part in ("by", "why", "until")]
        waived, any_waiver = every(waiver), ~every(~one for one in waiver)
        until, readable = f"{metric.id}.waived_until", pl.lit(True)
        ended = pl.lit(False)
        if self.has(until):
            ended = pl.col(until) < self.as_of if self.schema[until] == pl.Date else ended
            readable = pl.lit(self.schema[until] == pl.Date) | ~any_waiver
        absent = (
            pl.when(gone)
            .then(code(Reason.NOT_APPLICABLE))
            .when(waived & ended)
            .then(code(Reason.WAIVER_ENDED))
            .when(waived)
            .then(code(Reason.WAIVED))
            .otherwise(code(Reason.NOT_REPORTED))
        )
        plain = readable & (waived | ~any_waiver) & ~(gone & any_waiver) & self._texts(metric)
        return absent, plain, gone | any_waiver

    def _texts(self, metric: Metric) -> pl.Expr:
        """Whether the columns of reasons hold text."""
        names = [f"{metric.id}.{part}" for part in ("not_applicable", "waived_by", "waived_why")]
        return pl.lit(all(self.schema[name] == pl.String for name in names if self.has(name)))

    # Figures

    def _figure(self, metric: Metric) -> tuple[Ratio, pl.Expr, pl.Expr, pl.Expr]:
        """Return the fraction, whether there is one, whether it is plain, whether its denominator is zero."""
        if metric.numeric and not metric.distinct:
            return self._number(metric)
        name = self.name(metric, "items" if metric.distinct else "value")
        given = self.said(name)
        if not self.has(name):
            return self.gauge.ratio(Fraction(0)), given, pl.lit(True), pl.lit(False)
        column, plain, most = _READERS["items" if metric.distinct else metric.type](self, metric, name)
        whole = self.gauge.whole(column.fill_null(0).cast(self.gauge.dtype), most)
        return Ratio(whole, self.gauge.number(1)), given, ~given | plain, pl.lit(False)

    def _yes_no(self, _: Metric, name: str) -> tuple[pl.Expr, pl.Expr, int]:
        if self.schema[name] != pl.Boolean:
            return pl.lit(0), pl.lit(False), 0
        return pl.col(name).cast(pl.Int64), pl.lit(True), 1

    def _date(self, _: Metric, name: str) -> tuple[pl.Expr, pl.Expr, int]:
        days = date.max.toordinal()
        if self.schema[name] != pl.Date:
            return pl.lit(0), pl.lit(False), days
        first, last = self.rules.window or (date.min, self.as_of)
        column = pl.col(name)
        plain = (column >= first) & (column <= min(last, self.as_of))
        return column.to_physical().cast(pl.Int64) + date(1970, 1, 1).toordinal(), plain, days

    def _level(self, metric: Metric, name: str) -> tuple[pl.Expr, pl.Expr, int]:
        places = {words: at for at, level in enumerate(metric.levels) for words in (level.vi, level.en)}
        if self.schema[name] != pl.String:
            return pl.lit(0), pl.lit(False), 0
        found = pl.col(name).replace_strict(places, default=None, return_dtype=pl.Int64)
        return found, found.is_not_null(), len(metric.levels)

    def _items(self, _: Metric, name: str) -> tuple[pl.Expr, pl.Expr, int]:
        """Count the items of a list, those once that differ only in case and spaces."""
        if self.schema[name] == pl.List(pl.Null):
            return pl.lit(0), pl.col(name).list.len() == 0, 0
        if self.schema[name] != pl.List(pl.String):
            return pl.lit(0), pl.lit(False), 0
        item = pl.element().str.normalize("NFC")
        plain = pl.col(name).list.eval(~item.str.contains(ODD_CASE) & (item.str.strip_chars() != "")).list.all()
        same = item.str.to_lowercase().str.replace_all(r"\s+", " ").str.strip_chars(" ")
        return pl.col(name).list.eval(same).list.n_unique().cast(pl.Int64), plain.fill_null(False), self.limit

    def _number(self, metric: Metric) -> tuple[Ratio, pl.Expr, pl.Expr, pl.Expr]:
        value, above, below = (self.name(metric, part) for part in ("value", "numerator", "denominator"))
        single = [self._single(metric, value)] if self.has(value) else []
        shares = [self._share(metric, above, below)] if self.has(above) or self.has(below) else []
        ways = [*single, *shares]
        if not ways:
            return self.gauge.ratio(Fraction(0)), pl.lit(False), pl.lit(True), pl.lit(False)
        ratio, given, plain, zero = ways[0]
        for other, other_given, other_plain, other_zero in ways[1:]:
            ratio, zero = choose(given, ratio, other), pl.when(given).then(zero).otherwise(other_zero)
            plain, given = plain & other_plain & ~(given & other_given), given | other_given
        return *self._held(metric, ratio, given, plain, zero), zero

    def _held(
        self, metric: Metric, ratio: Ratio, given: pl.Expr, plain: pl.Expr, zero: pl.Expr
    ) -> tuple[Ratio, pl.Expr, pl.Expr]:
        """Hold figures against the metric's range, and round them where it rounds."""
        edges = (("<=", metric.range.high), (">=", metric.range.low))
        inside = every(ratio.holds(sign, self.gauge.ratio(edge)) for sign, edge in edges if edge is not None)
        if metric.round is not None:
            unit = 10**metric.round
            ratio = Ratio(ratio.times(Fraction(unit)).rounded(), self.gauge.number(unit))
        return ratio, given, plain & (~given | zero | inside)

    def _single(self, metric: Metric, name: str) -> tuple[Ratio, pl.Expr, pl.Expr, pl.Expr]:
        given, (ticks, places, plain) = self.said(name), self._ticks(name)
        whole = (ticks % 10**places) == 0 if metric.whole and places else pl.lit(True)
        ratio = Ratio(self._kept(ticks, given & plain), self.gauge.number(10**places))
        return ratio, given, ~given | (plain & whole), pl.lit(False)

    def _share(self, metric: Metric, above: str, below: str) -> tuple[Ratio, pl.Expr, pl.Expr, pl.Expr]:
        given = self.said(above) | self.said(below)
        if not (self.has(above) and self.has(below)):
            return self.gauge.ratio(Fraction(0)), given, ~given, pl.lit(False)
        (n, n_places, n_plain), (d, d_places, d_plain) = self._ticks(above), self._ticks(below)
        plain, zero = n_plain & d_plain & self.said(above) & self.said(below), (d == 0).fill_null(False)
        top, bottom = self._kept(n, given & plain), self._kept(d, given & plain & ~zero, 1)
        times = (100 if metric.type == "percent" else 1) * 10 ** max(d_places - n_places, 0)
        ratio = Ratio(top * self.gauge.number(times), bottom * self.gauge.number(10 ** max(n_places - d_places, 0)))
        fair = (n >= 0) & (d >= 0) & ((d > 0) | (n == 0))
        if metric.type == "percent" and not metric.above_100:
            fair &= ratio.holds("<=", self.gauge.ratio(Fraction(100))) | zero
        return ratio, given, ~given | (plain & fair).fill_null(False), zero

    def _ticks(self, name: str) -> tuple[pl.Expr, int, pl.Expr]:
        """Return the numbers of a column in units of their last place, how many places, and which are plain."""
        if self.schema[name].is_integer():
            column = pl.col(name).cast(pl.Int64, strict=False)
            return column, 0, (column.is_not_null() & (column.abs() <= self.limit)).fill_null(False)
        text = pl.col(name).cast(pl.String).str.strip_chars()
        if not (self.schema[name].is_numeric() or self.schema[name] == pl.String):
            return pl.lit(0), 0, pl.lit(False)
        sign, whole, rest = (text.str.extract(NUMBER, at) for at in (1, 2, 3))
        digits = pl.concat_str(sign, whole, rest.fill_null("").str.pad_end(PLACES, "0"))
        ticks = digits.cast(pl.Int64, strict=False)
        return ticks, PLACES, (ticks.is_not_null() & (ticks.abs() <= self.limit)).fill_null(False)

    def _kept(self, ticks: pl.Expr, good: pl.Expr, else_: int = 0) -> Whole:
        """Return numbers that are within the limit; what is not good becomes another number, its row being marked."""
        return self.gauge.whole(
            pl.when(good).then(ticks).otherwise(else_).cast(self.gauge.dtype), max(self.limit, else_)
        )


_READERS = {"items": Reader._items, "yes_no": Reader._yes_no, "date": Reader._date, "level": Reader._level}
