"""From the columns of a table to figures: a numerator, a denominator, and why there is none.

What is not plain (a text where a number belongs, a figure out of range, more digits than fit) is not judged here: the
row is marked, and goes to the single engine, which scores it or says what is wrong with it. What follows may therefore
rely on what was tested: a share of plain rows lies between 0 and 1.
"""

from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from math import ceil, floor
from typing import TypeAlias

import polars as pl

from cchc_rules.intake.typed import YES_NO
from cchc_rules.model import Metric, Rule, RuleSet
from cchc_rules.state import Reason
from cchc_rules.table.exact import FALSE, SIGNS, TRUE, Gauge, Ratio, Whole, choose, every, never, quotient, some
from cchc_rules.table.layout import named

Schema: TypeAlias = pl.Schema

PLACES = 4
"""So many decimal places of a figure are read in columns; figures with more go to the single engine."""

NUMBER = rf"^(-?)(\d{{1,12}})(?:\.(\d{{1,{PLACES}}})0*)?$"
UNSURE = r"^-?[1-9]\d{0,2}[.,]\d{3}$"
"""A text that `typed` can read two ways; the single engine refuses it."""

ODD_ITEM = r"[^ -~–—“”‘’…ÀÁÂÃÈÉÊÌÍÒÓÔÕÙÚÝàáâãèéêìíòóôõùúýĂăĐđĨĩŨũƠơƯưẠ-ỹ]|  |^ | $|^$"
"""What an item has whose case and spaces the single engine compares: letters beyond Vietnamese, spaces beyond one."""


@dataclass(frozen=True, eq=False)
class Figures:
    """A metric's figures in columns: fractions (null where there are none), and for which rows there are none, why.

    No row has two reasons. `plain` are the tests that a row passes which the columns can judge; null is passed.
    """

    ratio: Ratio
    absences: tuple[tuple[pl.Expr, Reason], ...] = ()
    plain: tuple[pl.Expr, ...] = ()


@dataclass(frozen=True, eq=False)
class Cells:
    """What some columns say of one figure: the fractions, in which rows they say one, and the tests that it passes."""

    ratio: Ratio
    given: pl.Expr
    plain: tuple[pl.Expr, ...] = ()
    zero: pl.Expr = field(default=FALSE)
    """Where the denominator is zero."""


class Reader:
    """Reads the columns of one rule set, judged on one day; no figure exceeds the limit."""

    def __init__(self, rules: RuleSet, schema: Schema, as_of: date, gauge: Gauge, limit: int) -> None:
        self.rules, self.schema, self.as_of, self.gauge, self.limit = rules, schema, as_of, gauge, limit

    def figures(self, metric: Metric) -> Figures:
        """Return the figures of a submitted metric."""
        cells = self._cells(metric)
        reasons, gone, plain = self._absence(metric)
        missing = every((never(cells.given), never(gone)))
        absences = (*reasons, (cells.zero, Reason.ZERO_DENOMINATOR), (missing, Reason.NOT_REPORTED))
        once = never(every((cells.given, gone)))
        found = tuple((self.gauge.keep(where), reason) for where, reason in absences if where is not FALSE)
        return Figures(cells.ratio, found, (*cells.plain, *plain, once))

    def points(self, rule: Rule) -> Figures:
        """Return the points that people gave for a rule."""
        name, reason, evidence = (f"points.{rule.id}.{part}" for part in ("points", "reason", "evidence"))
        given, why = self.said(name), self.said(reason)
        alone = never(some((given, why, self.said(evidence))))
        if not self.has(name):
            return Figures(self.gauge.ratio(Fraction(0)), ((TRUE, Reason.POINTS_AWAITED),), (alone,))
        ticks, places, plain = self._ticks(name, given)
        edges = [self._edge(ticks, sign, edge, places) for sign, edge in ((">=", rule.lowest), ("<=", rule.weight))]
        texts = TRUE if self._text(reason) else FALSE
        awaited = self.gauge.keep(never(given))
        tests = (some((alone, every((given, why)))), *plain, *edges, self.documents(evidence), texts)
        ratio = quotient(self._whole(ticks), self.gauge.number(10**places)).within(rule.lowest, rule.weight)
        return Figures(ratio, ((awaited, Reason.POINTS_AWAITED),), tests)

    # Which columns there are

    def has(self, name: str) -> bool:
        """Whether the table has a column that can say anything."""
        return name in self.schema and self.schema[name] != pl.Null

    def _text(self, name: str) -> bool:
        return not self.has(name) or self.schema[name] == pl.String

    def said(self, name: str) -> pl.Expr:
        """Return whether a cell says anything."""
        if not self.has(name):
            return FALSE
        filled = pl.col(name).is_not_null()
        if self.schema[name] != pl.String:
            return filled
        return self.gauge.keep(filled & (pl.col(name).str.strip_chars() != ""))

    def documents(self, name: str) -> pl.Expr:
        """Return whether a column of evidence speaks plainly: text, or lists of it."""
        if self._text(name):
            return TRUE
        if self.schema[name] != pl.List(pl.String):
            return never(self.said(name))
        return pl.col(name).list.eval(pl.element().str.strip_chars() != "").list.all().fill_null(True)

    def proves(self, name: str) -> pl.Expr:
        """Return whether a column of evidence names a document."""
        said = self.said(name)
        listed = self.has(name) and self.schema[name] == pl.List(pl.String)
        return self.gauge.keep(said & (pl.col(name).list.len() > 0)) if listed else said

    # Absences

    def _absence(self, metric: Metric) -> tuple[list[tuple[pl.Expr, Reason]], pl.Expr, tuple[pl.Expr, ...]]:
        """Return the reasons that people give why there is no figure, whether they give any, and what must hold."""
        gone = self.said(f"{metric.id}.not_applicable")
        waiver = [self.said(f"{metric.id}.waived_{part}") for part in ("by", "why", "until")]
        waived, any_waiver, until = every(waiver), some(waiver), f"{metric.id}.waived_until"
        texts = all(self._text(f"{metric.id}.{part}") for part in ("not_applicable", "waived_by", "waived_why"))
        day, dated = self._day(until)
        plain = (some((FALSE if day is None else waived, never(any_waiver))), never(every((gone, any_waiver))), *dated)
        reasons = [(gone, Reason.NOT_APPLICABLE)]
        if waived is not FALSE and day is not None:
            ended = day < self.as_of
            reasons += [(waived & ended, Reason.WAIVER_ENDED), (waived & ~ended, Reason.WAIVED)]
        return reasons, some((gone, any_waiver)), (*plain, TRUE if texts else FALSE)

    # Figures

    def _cells(self, metric: Metric) -> Cells:
        if metric.numeric and not metric.distinct:
            return self._number(metric)
        part = "items" if metric.distinct else "value"
        name = named(metric.id, part)
        given, nothing = self.said(name), self.gauge.ratio(Fraction(0))
        found = _READERS["items" if metric.distinct else metric.type](self, metric, name) if self.has(name) else None
        if found is None:
            return Cells(nothing, given, (never(given),))
        column, plain, (low, high) = found
        return Cells(quotient(self._whole(column, low, high), self.gauge.number(1)), given, plain)

    def _whole(self, column: pl.Expr, low: int | None = None, high: int | None = None) -> Whole:
        """Return whole numbers that are within the limit, or within narrower ones."""
        low, high = -self.limit if low is None else low, self.limit if high is None else high
        column = column if self.gauge.dtype == pl.Int64 else self.gauge.keep(column.cast(self.gauge.dtype))
        return self.gauge.whole(column, low, high)

    def _yes_no(self, _: Metric, name: str) -> "Found":
        if self.schema[name] == pl.String:
            words = pl.col(name).str.strip_chars().str.to_lowercase()
            found = self.gauge.keep(words.replace_strict(YES_NO, default=None, return_dtype=pl.Boolean).cast(pl.Int64))
            return found, (found.is_not_null() == self.said(name),), (0, 1)
        return (self.gauge.keep(pl.col(name).cast(pl.Int64)), (), (0, 1)) if self.schema[name] == pl.Boolean else None

    def _date(self, _: Metric, name: str) -> "Found":
        day, plain = self._day(name)
        if day is None:
            return None
        first, last = self.rules.window or (date.min, self.as_of)
        last = max(first, min(last, self.as_of))
        days = self.gauge.keep(day.to_physical().cast(pl.Int64) + date(1970, 1, 1).toordinal())
        return days, (*plain, (day >= first) & (day <= last)), (first.toordinal(), last.toordinal())

    def _day(self, name: str) -> tuple[pl.Expr | None, tuple[pl.Expr, ...]]:
        """Return a column of days, and what must hold; text is read as people type it, if it is usual."""
        if not self.has(name) or self.schema[name] not in (pl.String, pl.Date):
            return None, ()
        if self.schema[name] == pl.Date:
            return pl.col(name), ()
        text = pl.col(name).str.strip_chars()
        iso = pl.when(text.str.contains(r"^\d{4}-\d\d-\d\d$")).then(text).str.to_date("%Y-%m-%d", strict=False)
        typed = pl.when(text.str.contains(r"^\d\d?/\d\d?/\d{4}$")).then(text).str.to_date("%d/%m/%Y", strict=False)
        found = self.gauge.keep(pl.coalesce(iso, typed))
        return found, (found.is_not_null() == self.said(name),)

    def _level(self, metric: Metric, name: str) -> "Found":
        if self.schema[name] != pl.String:
            return None
        places = {words: at for at, level in enumerate(metric.levels) for words in (level.vi, level.en)}
        found = self.gauge.keep(pl.col(name).replace_strict(places, default=None, return_dtype=pl.Int64))
        return found, (found.is_not_null() == self.said(name),), (0, len(metric.levels) - 1)

    def _items(self, _: Metric, name: str) -> "Found":
        """Count the items of a list, or of a text's lines, those once that differ only in case."""
        column, dtype = pl.col(name), self.schema[name]
        zero: tuple[pl.Expr, ...] = ()
        if dtype == pl.List(pl.Null):
            return column.list.len().cast(pl.Int64), (column.list.len() == 0,), (0, 0)
        if dtype == pl.String:
            column, zero = self.gauge.keep(column.str.split("\n")), (column.str.strip_chars() != "0",)
        elif dtype != pl.List(pl.String):
            return None
        usual = column.list.eval(~pl.element().str.contains(ODD_ITEM)).list.all()
        several = pl.when(column.list.len() > 1).then(column).list.eval(pl.element().str.to_lowercase()).list.n_unique()
        count = self.gauge.keep(
            pl.when(column.list.len() > 1).then(several).otherwise(column.list.len()).cast(pl.Int64)
        )
        return count, (*zero, usual, count <= self.limit), (0, self.limit)

    def _number(self, metric: Metric) -> Cells:
        value, above, below = (named(metric.id, part) for part in ("value", "numerator", "denominator"))
        ways = [self._single(metric, value)] if self.has(value) else []
        ways += [self._share(metric, above, below)] if self.has(above) or self.has(below) else []
        if not ways:
            return Cells(self.gauge.ratio(Fraction(0)), FALSE)
        cells = ways[0] if len(ways) == 1 else self._either(*ways)
        if metric.round is None:
            return cells
        unit = 10**metric.round
        ratio = quotient(cells.ratio.times(Fraction(unit)).rounded(), self.gauge.number(unit))
        return Cells(ratio.kept(), cells.given, cells.plain, cells.zero)

    def _either(self, one: Cells, other: Cells) -> Cells:
        """Return a figure that stands in some columns or in others."""
        once = never(every((one.given, other.given)))
        ratio = choose(one.given, one.ratio, other.ratio)
        return Cells(ratio, some((one.given, other.given)), (*one.plain, *other.plain, once), other.zero)

    def _single(self, metric: Metric, name: str) -> Cells:
        given, range_ = self.said(name), metric.range
        ticks, places, plain = self._ticks(name, given)
        unit = 10**places
        tests = [self._edge(ticks, sign, edge, places) for sign, edge in ((">=", range_.low), ("<=", range_.high))]
        whole = [ticks % unit == 0] if metric.whole and places else []
        low = None if range_.low is None else max(ceil(range_.low * unit), -self.limit)
        high = None if range_.high is None else min(floor(range_.high * unit), self.limit)
        ratio = quotient(self._whole(ticks, low, high), self.gauge.number(unit))
        return Cells(ratio, given, (*plain, *whole, *tests))

    def _edge(self, ticks: pl.Expr, sign: str, edge: Fraction | None, places: int) -> pl.Expr:
        """Return whether figures, in units of their last place, are on the right side of an edge of their range."""
        if edge is None:
            return TRUE
        rising = sign == ">="
        tick = ceil(edge * 10**places) if rising else floor(edge * 10**places)
        if abs(tick) > self.limit:
            return TRUE if rising == (tick < 0) else FALSE
        return SIGNS[sign](ticks, pl.lit(tick))

    def _share(self, metric: Metric, above: str, below: str) -> Cells:
        over, under = self.said(above), self.said(below)
        if not (self.has(above) and self.has(below)):
            return Cells(self.gauge.ratio(Fraction(0)), some((over, under)), (never(some((over, under))),))
        (n, n_places, n_plain), (d, d_places, d_plain) = self._ticks(above, over), self._ticks(below, under)
        k = Fraction(100 if metric.type == "percent" else 1) * Fraction(10) ** (d_places - n_places)
        zero = self.gauge.keep(d == 0)
        ratio = quotient(self._whole(n, 0), self._whole(d, 1), k)
        tests = [*n_plain, *d_plain, n >= 0, over == under]
        if metric.type == "percent" and not metric.above_100:
            part, whole = (
                quotient(self._whole(one), self.gauge.number(10**places))
                for one, places in ((n, n_places), (d, d_places))
            )
            tests.append(part.holds("<=", whole))  # so that nothing stands above zero
            ratio = ratio.within(Fraction(0), Fraction(100))
        else:
            tests += [d >= 0, (d > 0) | (n == 0)]
        tests += [
            ratio.holds(sign, self.gauge.ratio(edge))
            for sign, edge in ((">=", metric.range.low), ("<=", metric.range.high))
            if edge is not None
        ]
        return Cells(ratio.within(metric.range.low, metric.range.high), over, tuple(tests), zero)

    def _ticks(self, name: str, given: pl.Expr) -> tuple[pl.Expr, int, tuple[pl.Expr, ...]]:
        """Return the numbers of a column in units of their last place, how many places, and what must hold."""
        dtype = self.schema[name]
        if dtype.is_integer():
            column = pl.col(name) if dtype == pl.Int64 else self.gauge.keep(pl.col(name).cast(pl.Int64, strict=False))
            read = () if dtype == pl.Int64 else (column.is_not_null() == given,)
            return column, 0, (*read, column.is_between(-self.limit, self.limit))
        if not (dtype.is_numeric() or dtype == pl.String):
            return pl.lit(0), 0, (FALSE,)
        column, quick = self._quick(name)
        text = (
            pl.when(quick.is_null()).then(column.cast(pl.String)).str.strip_chars().str.replace(",", ".", literal=True)
        )
        sign, whole, rest = (text.str.extract(NUMBER, at) for at in (1, 2, 3))
        digits = pl.concat_str(sign, whole, rest.fill_null("").str.pad_end(PLACES, "0")).cast(pl.Int64, strict=False)
        ticks = self.gauge.keep(pl.coalesce(quick * 10**PLACES, digits))
        sure = ~text.str.contains(UNSURE) if dtype == pl.String else TRUE
        return ticks, PLACES, (ticks.is_not_null() == given, sure, ticks.is_between(-self.limit, self.limit))

    def _quick(self, name: str) -> tuple[pl.Expr, pl.Expr]:
        """Return a column, and its whole numbers, which are read faster than others; null for what is none."""
        column = pl.col(name)
        if self.schema[name] == pl.String:
            return column, self.gauge.keep(
                pl.when(~column.str.contains("[+]")).then(column.cast(pl.Int64, strict=False))
            )
        if self.schema[name].is_float():
            whole = (column == column.floor()) & (column.abs() <= self.limit)
            return column, self.gauge.keep(pl.when(whole).then(column).cast(pl.Int64))
        return column, self.gauge.keep(pl.when(FALSE).then(pl.lit(0, pl.Int64)))


Found: TypeAlias = tuple[pl.Expr, tuple[pl.Expr, ...], tuple[int, int]] | None
"""A column of numbers, what must hold of it, and the least and the most; None where the column's type is another."""

_READERS = {"items": Reader._items, "yes_no": Reader._yes_no, "date": Reader._date, "level": Reader._level}
