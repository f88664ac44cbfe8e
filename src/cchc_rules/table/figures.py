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
from cchc_rules.table.exact import Gauge, Ratio, Whole, choose, compared
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


TRUE, FALSE = pl.lit(True), pl.lit(False)
"""What holds in every row, or in none: known before a table is read, and left out of what is worked out."""


def every(conditions: Iterable[pl.Expr]) -> pl.Expr:
    """Return whether all conditions hold."""
    open_ = [one for one in conditions if one is not TRUE]
    if any(one is FALSE for one in open_):
        return FALSE
    return reduce(lambda one, other: one & other, open_) if open_ else TRUE


def never(condition: pl.Expr) -> pl.Expr:
    """Return whether a condition does not hold."""
    if condition is TRUE or condition is FALSE:
        return FALSE if condition is TRUE else TRUE
    return ~condition


def some(conditions: Iterable[pl.Expr]) -> pl.Expr:
    """Return whether any condition holds."""
    return never(every(map(never, conditions)))


class Reader:
    """Reads the columns of one rule set, judged on one day; no figure exceeds the limit."""

    def __init__(self, rules: RuleSet, schema: Schema, as_of: date, gauge: Gauge, limit: int) -> None:
        self.rules, self.schema, self.as_of, self.gauge, self.limit = rules, schema, as_of, gauge, limit

    def figures(self, metric: Metric) -> Figures:
        """Return the figures of a submitted metric."""
        ratio, given, good, zero = self._figure(metric)
        gone, gone_plain, gone_given = self._absence(metric)
        if good is FALSE:
            return Figures(ratio, gone, every((never(given), gone_plain)))
        good = self.gauge.keep(good.fill_null(False))
        absent = pl.when(good).then(None).otherwise(gone)
        if zero is not FALSE:
            absent = pl.when(good & zero).then(code(Reason.ZERO_DENOMINATOR)).otherwise(absent)
        once = never(every((given, gone_given)))
        return Figures(ratio, absent, every((some((good, never(given))), gone_plain, once)))

    # Which columns there are

    def has(self, name: str) -> bool:
        return name in self.schema and self.schema[name] != pl.Null

    def name(self, metric: Metric, part: str) -> str:
        return metric.id if part == "value" and metric.id not in ENVELOPE else f"{metric.id}.{part}"

    def said(self, name: str) -> pl.Expr:
        """Return whether a cell says anything."""
        if not self.has(name):
            return FALSE
        filled = pl.col(name).is_not_null()
        return filled & (pl.col(name).str.strip_chars() != "") if self.schema[name] == pl.String else filled

    def documents(self, name: str) -> pl.Expr:
        """Return whether a column of evidence speaks plainly: text, or lists of it."""
        if not self.has(name) or self.schema[name] == pl.String:
            return TRUE
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
        texts = TRUE if not self.has(reason) or self.schema[reason] == pl.String else FALSE
        alone = never(some((given, why, self.said(evidence))))
        if not self.has(name):
            return Figures(self.gauge.ratio(Fraction(0)), code(Reason.POINTS_AWAITED), alone)
        ticks, places, plain = self._ticks(name)
        ratio = Ratio(self._kept(ticks, plain), self.gauge.number(10**places))
        least, most = (self.gauge.ratio(edge) for edge in (rule.lowest, rule.weight))
        inside = every((plain, ratio.holds(">=", least), ratio.holds("<=", most), self.documents(evidence)))
        absent = pl.when(given).then(None).otherwise(code(Reason.POINTS_AWAITED))
        return Figures(ratio, absent, every((some((alone, every((given, why, inside)))), texts)))

    # Absences

    def _absence(self, metric: Metric) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
        """Return why there is no figure, whether the columns say it plainly, and whether they say anything."""
        gone = self.said(f"{metric.id}.not_applicable")
        waiver = [self.said(f"{metric.id}.waived_{part}") for part in ("by", "why", "until")]
        waived, any_waiver, until = every(waiver), some(waiver), f"{metric.id}.waived_until"
        absent = code(Reason.NOT_REPORTED)
        if waived is not FALSE:
            by_day = self.schema[until] == pl.Date
            ended = pl.col(until) < self.as_of if by_day else FALSE
            waived = waived if by_day else FALSE
            over = pl.when(ended).then(code(Reason.WAIVER_ENDED)).otherwise(code(Reason.WAIVED))
            absent = pl.when(waived).then(over).otherwise(absent)
        if gone is not FALSE:
            absent = pl.when(gone).then(code(Reason.NOT_APPLICABLE)).otherwise(absent)
        plain = every((some((waived, never(any_waiver))), never(every((gone, any_waiver))), self._texts(metric)))
        return absent, plain, some((gone, any_waiver))

    def _texts(self, metric: Metric) -> pl.Expr:
        """Whether the columns of reasons hold text."""
        names = [f"{metric.id}.{part}" for part in ("not_applicable", "waived_by", "waived_why")]
        return TRUE if all(self.schema[name] == pl.String for name in names if self.has(name)) else FALSE

    # Figures

    def _figure(self, metric: Metric) -> tuple[Ratio, pl.Expr, pl.Expr, pl.Expr]:
        """Return the fraction, whether the columns say one, whether it is good, whether its denominator is zero."""
        if metric.numeric and not metric.distinct:
            return self._number(metric)
        name = self.name(metric, "items" if metric.distinct else "value")
        given, none = self.said(name), self.gauge.ratio(Fraction(0))
        found = _READERS["items" if metric.distinct else metric.type](self, metric, name) if self.has(name) else None
        if found is None:
            return none, given, FALSE, FALSE
        column, good, most = found
        whole = self.gauge.whole(column.fill_null(0).cast(self.gauge.dtype), most)
        return Ratio(whole, self.gauge.number(1)), given, every((given, good)), FALSE

    def _yes_no(self, _: Metric, name: str) -> tuple[pl.Expr, pl.Expr, int] | None:
        return (pl.col(name).cast(pl.Int64), TRUE, 1) if self.schema[name] == pl.Boolean else None

    def _date(self, _: Metric, name: str) -> tuple[pl.Expr, pl.Expr, int] | None:
        if self.schema[name] != pl.Date:
            return None
        first, last = self.rules.window or (date.min, self.as_of)
        column = pl.col(name)
        good = (column >= first) & (column <= min(last, self.as_of))
        days = column.to_physical().cast(pl.Int64) + date(1970, 1, 1).toordinal()
        return days, good, date.max.toordinal()

    def _level(self, metric: Metric, name: str) -> tuple[pl.Expr, pl.Expr, int] | None:
        if self.schema[name] != pl.String:
            return None
        places = {words: at for at, level in enumerate(metric.levels) for words in (level.vi, level.en)}
        found = self.gauge.keep(pl.col(name).replace_strict(places, default=None, return_dtype=pl.Int64))
        return found, found.is_not_null(), len(metric.levels)

    def _items(self, _: Metric, name: str) -> tuple[pl.Expr, pl.Expr, int] | None:
        """Count the items of a list, those once that differ only in case and spaces."""
        if self.schema[name] == pl.List(pl.Null):
            return pl.lit(0), pl.col(name).list.len() == 0, 0
        if self.schema[name] != pl.List(pl.String):
            return None
        item = pl.element().str.normalize("NFC")
        good = pl.col(name).list.eval(~item.str.contains(ODD_CASE) & (item.str.strip_chars() != "")).list.all()
        same = item.str.to_lowercase().str.replace_all(r"\s+", " ").str.strip_chars(" ")
        return pl.col(name).list.eval(same).list.n_unique().cast(pl.Int64), good.fill_null(False), self.limit

    def _number(self, metric: Metric) -> tuple[Ratio, pl.Expr, pl.Expr, pl.Expr]:
        value, above, below = (self.name(metric, part) for part in ("value", "numerator", "denominator"))
        ways = [self._single(metric, value)] if self.has(value) else []
        ways += [self._share(metric, above, below)] if self.has(above) or self.has(below) else []
        if not ways:
            return self.gauge.ratio(Fraction(0)), FALSE, FALSE, FALSE
        ratio, given, good, zero = ways[0]
        for other, other_given, other_good, other_zero in ways[1:]:
            ratio, zero = choose(good.fill_null(False), ratio, other), other_zero
            good = some((every((good, never(other_given))), every((other_good, never(given)))))
            given = some((given, other_given))
        if metric.round is not None:
            unit = 10**metric.round
            ratio = Ratio(ratio.times(Fraction(unit)).rounded(), self.gauge.number(unit))
        return ratio, given, good, zero

    def _inside(self, metric: Metric, ratio: Ratio, shared: bool) -> list[pl.Expr]:
        """Return the tests of the metric's range; those that hold of every share are left out."""
        edges = (("<=", metric.range.high, 100), (">=", metric.range.low, 0))
        held = shared and metric.type == "percent" and not metric.above_100
        return [
            ratio.holds(sign, self.gauge.ratio(edge))
            for sign, edge, usual in edges
            if edge is not None and not (held and edge == usual)
        ]

    def _single(self, metric: Metric, name: str) -> tuple[Ratio, pl.Expr, pl.Expr, pl.Expr]:
        ticks, places, plain = self._ticks(name)
        ratio = Ratio(self._kept(ticks, plain), self.gauge.number(10**places))
        whole = [(ticks % 10**places) == 0] if metric.whole and places else []
        return ratio, self.said(name), every([plain, *whole, *self._inside(metric, ratio, False)]), FALSE

    def _share(self, metric: Metric, above: str, below: str) -> tuple[Ratio, pl.Expr, pl.Expr, pl.Expr]:
        given = some((self.said(above), self.said(below)))
        if not (self.has(above) and self.has(below)):
            return self.gauge.ratio(Fraction(0)), given, FALSE, FALSE
        (n, n_places, n_plain), (d, d_places, d_plain) = self._ticks(above), self._ticks(below)
        n_unit, d_unit = 10 ** max(d_places - n_places, 0), 10 ** max(n_places - d_places, 0)
        plain = self.gauge.keep(every((n_plain, d_plain, n >= 0, d >= 0)).fill_null(False))
        some_below = self.gauge.keep((d > 0).fill_null(False))
        part, whole = self._kept(n, plain), self._kept(d, every((plain, some_below)), 1)
        part, whole = part * self.gauge.number(n_unit), whole * self.gauge.number(d_unit)
        ratio, zero = Ratio(part * self.gauge.number(100 if metric.type == "percent" else 1), whole), never(some_below)
        fair = some((some_below, n == 0))
        if metric.type == "percent" and not metric.above_100:
            fair = every((fair, some((zero, compared("<=", part, whole)))))
        inside = self._inside(metric, ratio, True)
        return ratio, given, every([plain, fair, *([some((zero, every(inside)))] if inside else [])]), zero

    def _ticks(self, name: str) -> tuple[pl.Expr, int, pl.Expr]:
        """Return the numbers of a column in units of their last place, how many places, and which are plain."""
        if self.schema[name].is_integer():
            column = pl.col(name) if self.schema[name] == pl.Int64 else pl.col(name).cast(pl.Int64, strict=False)
            return column, 0, column.is_between(-self.limit, self.limit)
        if not (self.schema[name].is_numeric() or self.schema[name] == pl.String):
            return pl.lit(0), 0, FALSE
        text = pl.col(name).cast(pl.String).str.strip_chars()
        sign, whole, rest = (text.str.extract(NUMBER, at) for at in (1, 2, 3))
        digits = pl.concat_str(sign, whole, rest.fill_null("").str.pad_end(PLACES, "0"))
        ticks = self.gauge.keep(digits.cast(pl.Int64, strict=False))
        return ticks, PLACES, ticks.is_between(-self.limit, self.limit)

    def _kept(self, ticks: pl.Expr, good: pl.Expr, else_: int = 0) -> Whole:
        """Return numbers that are within the limit; what is not good becomes another number, its row being marked."""
        column = pl.when(good).then(ticks).otherwise(else_)
        column = column if self.gauge.dtype == pl.Int64 else column.cast(self.gauge.dtype)
        return self.gauge.whole(column, max(self.limit, else_))


_READERS = {"items": Reader._items, "yes_no": Reader._yes_no, "date": Reader._date, "level": Reader._level}
