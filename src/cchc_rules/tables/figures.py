"""From the columns of a table to figures: a numerator, a denominator, and why there is none.

What is not plain (a text where a number belongs, a figure out of range, more digits than fit) is
not judged here: the row fails a test, and goes to the single engine, which scores it or says what
is wrong with it. What follows may therefore rely on what was tested: a share of plain rows lies
between 0 and 1.
"""

from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from math import ceil, floor
from typing import NamedTuple, TypeAlias

import polars as pl

from cchc_rules.base.state import Reason
from cchc_rules.base.written_values import YES_NO
from cchc_rules.rules.model import Metric, Rule, RuleSet
from cchc_rules.tables.exact_columns import (
    FALSE,
    TRUE,
    Gauge,
    Ratio,
    Whole,
    as_ratio,
    choose,
    every,
    never,
    quotient,
    some,
)
from cchc_rules.tables.submission_columns import named

Schema: TypeAlias = pl.Schema

PLACES = 4
"""So many decimal places of a figure are read in columns; figures with more go to the single
engine.
"""

HUNDRED = Fraction(100)
NUMBER = rf"^(-?)(\d{{1,12}})(?:\.(\d{{1,{PLACES}}})0*)?$"
UNSURE = r"^-?[1-9]\d{0,2}[.,]\d{3}$"
"""A text that can be read two ways: the single engine decides, or refuses it."""

SAYS = r"[^\s\x1c-\x1f]"
"""What a text has that is not blank: four control characters are spaces to Python, but none to
Polars.
"""

ODD_ITEM = r"[^ -~–—“”‘’…ÀÁÂÃÈÉÊÌÍÒÓÔÕÙÚÝàáâãèéêìíòóôõùúýĂăĐđĨĩŨũƠơƯưẠ-ỹ]|  |^ | $|^$"
"""What an item has whose case and spaces the single engine compares: letters beyond Vietnamese,
spaces beyond one.
"""


@dataclass(frozen=True, eq=False)
class Figures:
    """A metric's figures in columns: fractions (null where there are none), and for which rows
    there are none, why.

    No row has two reasons.
    """

    ratio: Ratio
    absences: tuple[tuple[pl.Expr, Reason], ...] = ()


@dataclass(frozen=True, eq=False)
class Cells:
    """What some columns say of one figure: the fractions, and in which rows they say one."""

    ratio: Ratio
    given: pl.Expr
    zero: pl.Expr = field(default=FALSE)
    """Where the denominator is zero."""


class Test(NamedTuple):
    """What holds of rows that the columns can judge: row by row (null passes), and faster, of whole
    columns.
    """

    rows: pl.Expr
    whole: pl.Expr


class Reader:
    """Reads the columns of one rule set, judged on one day; no figure exceeds the limit.

    `tests` are what a row passes whose columns were read; `texts` are the columns in which no text
    may be blank.
    """

    def __init__(
        self, rules: RuleSet, schema: Schema, as_of: date, gauge: Gauge, limit: int
    ) -> None:
        self.rules = rules
        self.schema = schema
        self.as_of = as_of
        self.gauge = gauge
        self.limit = limit
        self.tests: list[Test] = []
        self.texts: dict[str, pl.Expr] = {}

    def demand(self, *conditions: pl.Expr) -> None:
        """Leave rows in which a condition does not hold to the single engine."""
        self.tests += [Test(one, one.all()) for one in conditions if one is not TRUE]

    def figures(self, metric: Metric) -> Figures:
        """Return the figures of a submitted metric."""
        cells = self._cells(metric)
        reasons, gone = self._absence(metric)
        missing = every((never(cells.given), never(gone)))
        absences = (
            *reasons,
            (cells.zero, Reason.ZERO_DENOMINATOR),
            (missing, Reason.NOT_REPORTED),
        )
        self.demand(never(every((cells.given, gone))))
        found = tuple(
            (self.gauge.keep(where), reason)
            for where, reason in absences
            if where is not FALSE
        )
        return Figures(cells.ratio, found)

    def points(self, rule: Rule) -> Figures:
        """Return the points that people gave for a rule."""
        name, reason, evidence = (
            f"points.{rule.id}.{part}" for part in ("points", "reason", "evidence")
        )
        why = self.said(reason)
        others = (self.said(reason), self.said(evidence))
        if not self.has(name):
            self.demand(never(some(others)))
            return Figures(
                self.gauge.ratio(Fraction(0)), ((TRUE, Reason.POINTS_AWAITED),)
            )
        ticks, places = self._ticks(name)
        given = self.said(name)
        alone = never(some((self.said(name), *others)))
        low, high = self._span(rule.lowest, rule.weight, places)
        texts = TRUE if self._text(reason) else FALSE
        self.demand(
            some((alone, every((given, why)))),
            ticks >= low,
            ticks <= high,
            self.documents(evidence),
            texts,
        )
        ratio = quotient(self._whole(ticks), self.gauge.number(10**places)).within(
            rule.lowest, rule.weight
        )
        return Figures(ratio, ((self.gauge.keep(never(given)), Reason.POINTS_AWAITED),))

    # Which columns there are

    def has(self, name: str) -> bool:
        """Whether the table has a column that can say anything."""
        return name in self.schema and self.schema[name] != pl.Null

    def _text(self, name: str) -> bool:
        return not self.has(name) or self.schema[name] == pl.String

    def said(self, name: str) -> pl.Expr:
        """Return whether a cell says anything; blank texts are not plain."""
        if not self.has(name):
            return FALSE
        if self.schema[name] == pl.String and name not in self.texts:
            text = self.texts[name] = pl.col(name)
            whole = text.map_batches(
                _none_blank, return_dtype=pl.Boolean, returns_scalar=True
            )
            self.tests.append(Test(text.str.contains(SAYS), whole))
        return pl.col(name).is_not_null()

    def _read(self, found: pl.Expr, name: str) -> None:
        """Demand that something was found in each cell of a column that says anything; nothing is
        found in blanks.
        """
        column = pl.col(name)
        if self.schema[name] == pl.String:
            self.texts[name] = column
        self.tests.append(
            Test(
                found.is_not_null() | column.is_null(),
                found.null_count() == column.null_count(),
            )
        )

    def documents(self, name: str) -> pl.Expr:
        """Return whether a column of evidence speaks plainly: text, or lists of it."""
        if self._text(name):
            return TRUE
        if self.schema[name] != pl.List(pl.String):
            return never(self.said(name))
        return (
            pl.col(name)
            .list.eval(pl.element().str.contains(SAYS))
            .list.all()
            .fill_null(True)
        )

    def proves(self, name: str) -> pl.Expr:
        """Return whether a column of evidence names a document."""
        said = self.said(name)
        listed = self.has(name) and self.schema[name] == pl.List(pl.String)
        return self.gauge.keep(said & (pl.col(name).list.len() > 0)) if listed else said

    # Absences

    def _absence(self, metric: Metric) -> tuple[list[tuple[pl.Expr, Reason]], pl.Expr]:
        """Return the reasons that people give why there is no figure, and whether they give any."""
        gone = self.said(f"{metric.id}.not_applicable")
        waiver = [
            self.said(f"{metric.id}.waived_{part}") for part in ("by", "why", "until")
        ]
        waived = every(waiver)
        any_waiver = some(waiver)
        until = f"{metric.id}.waived_until"
        texts = all(
            self._text(f"{metric.id}.{part}")
            for part in ("not_applicable", "waived_by", "waived_why")
        )
        day = self._day(until)
        self.demand(
            some((FALSE if day is None else waived, never(any_waiver))),
            never(every((gone, any_waiver))),
        )
        self.demand(TRUE if texts else FALSE)
        reasons = [(gone, Reason.NOT_APPLICABLE)]
        if waived is not FALSE and day is not None:
            ended = day < self.as_of
            reasons += [
                (waived & ended, Reason.WAIVER_ENDED),
                (waived & ~ended, Reason.WAIVED),
            ]
        return reasons, some((gone, any_waiver))

    # Figures

    def _cells(self, metric: Metric) -> Cells:
        if metric.numeric and not metric.distinct:
            return self._number(metric)
        part = "items" if metric.distinct else "value"
        name = named(metric.id, part)
        found = (
            _READERS["items" if metric.distinct else metric.type](self, metric, name)
            if self.has(name)
            else None
        )
        if found is None:
            self.demand(never(self.said(name)))
            return Cells(self.gauge.ratio(Fraction(0)), self.said(name))
        return Cells(as_ratio(found), pl.col(name).is_not_null())

    def _whole(
        self, column: pl.Expr, low: int | None = None, high: int | None = None
    ) -> Whole:
        """Return whole numbers that are within the limit, or within narrower ones."""
        low = -self.limit if low is None else low
        high = self.limit if high is None else high
        column = (
            column
            if self.gauge.dtype == pl.Int64
            else self.gauge.keep(column.cast(self.gauge.dtype))
        )
        return self.gauge.whole(column, low, high)

    def _yes_no(self, _: Metric, name: str) -> "Found":
        if self.schema[name] == pl.String:
            words = pl.col(name).str.strip_chars().str.to_lowercase()
            found = self.gauge.keep(
                words.replace_strict(
                    YES_NO, default=None, return_dtype=pl.Boolean
                ).cast(pl.Int64)
            )
            self._read(found, name)
            return self._whole(found, 0, 1)
        if self.schema[name] == pl.Boolean:
            return self._whole(self.gauge.keep(pl.col(name).cast(pl.Int64)), 0, 1)
        return None

    def _date(self, _: Metric, name: str) -> "Found":
        day = self._day(name)
        if day is None:
            return None
        first, last = self.rules.window or (date.min, self.as_of)
        last = max(first, min(last, self.as_of))
        days = self.gauge.keep(
            day.to_physical().cast(pl.Int64) + date(1970, 1, 1).toordinal()
        )
        self.demand(day >= first, day <= last)
        return self._whole(days, first.toordinal(), last.toordinal())

    def _day(self, name: str) -> pl.Expr | None:
        """Return a column of days; text is read as people type it, if it is usual."""
        if not self.has(name) or self.schema[name] not in (pl.String, pl.Date):
            return None
        if self.schema[name] == pl.Date:
            return pl.col(name)
        text = pl.col(name).str.strip_chars()
        iso = (
            pl.when(text.str.contains(r"^\d{4}-\d\d-\d\d$"))
            .then(text)
            .str.to_date("%Y-%m-%d", strict=False)
        )
        typed = (
            pl.when(text.str.contains(r"^\d\d?/\d\d?/\d{4}$"))
            .then(text)
            .str.to_date("%d/%m/%Y", strict=False)
        )
        found = self.gauge.keep(pl.coalesce(iso, typed))
        self._read(found, name)
        return found

    def _level(self, metric: Metric, name: str) -> "Found":
        if self.schema[name] != pl.String:
            return None
        places = {
            words: at
            for at, level in enumerate(metric.levels)
            for words in (level.vi, level.en)
        }
        found = self.gauge.keep(
            pl.col(name).replace_strict(places, default=None, return_dtype=pl.Int64)
        )
        self._read(found, name)
        return self._whole(found, 0, len(metric.levels) - 1)

    def _items(self, _: Metric, name: str) -> "Found":
        """Count the items of a list, or of a text's lines, those once that differ only in case."""
        column = pl.col(name)
        dtype = self.schema[name]
        if dtype == pl.List(pl.Null):
            self.demand(column.list.len() == 0)
            return self.gauge.number(0)
        if dtype == pl.String:
            self.demand(column.str.strip_chars() != "0")
            column = self.gauge.keep(column.str.split("\n"))
        elif dtype != pl.List(pl.String):
            return None
        length = column.list.len()
        several = pl.when(length > 1).then(column).list.n_unique()
        self._usual(column)
        self.demand(length <= self.limit)
        count = self._whole(
            self.gauge.keep(pl.coalesce(several, length).cast(pl.Int64)), 0, self.limit
        )
        return replace(count, positive=self.gauge.keep(length > 0))

    def _usual(self, column: pl.Expr) -> None:
        """Demand that items are plain text, and that none of a list differ in case alone."""
        item = pl.element()
        plain = column.list.eval(
            item.is_not_null() & ~item.str.contains(ODD_ITEM)
        ).list.all()
        alike = (
            column.list.n_unique()
            == column.list.eval(item.str.to_lowercase()).list.n_unique()
        )
        whole = column.map_batches(
            _usual_items, return_dtype=pl.Boolean, returns_scalar=True
        )
        self.tests.append(Test(plain & alike, whole))

    def _number(self, metric: Metric) -> Cells:
        value, above, below = (
            named(metric.id, part) for part in ("value", "numerator", "denominator")
        )
        ways = [self._single(metric, value)] if self.has(value) else []
        ways += (
            [self._share(metric, above, below)]
            if self.has(above) or self.has(below)
            else []
        )
        if not ways:
            return Cells(self.gauge.ratio(Fraction(0)), FALSE)
        cells = ways[0] if len(ways) == 1 else self._either(*ways)
        if metric.round is None:
            return cells
        unit = 10**metric.round
        ratio = quotient(
            cells.ratio.times(Fraction(unit)).rounded(), self.gauge.number(unit)
        )
        return Cells(ratio.kept(), cells.given, cells.zero)

    def _either(self, one: Cells, other: Cells) -> Cells:
        """Return a figure that stands in some columns or in others."""
        self.demand(never(every((one.given, other.given))))
        ratio = choose(one.given, one.ratio, other.ratio)
        return Cells(ratio, some((one.given, other.given)), other.zero)

    def _single(self, metric: Metric, name: str) -> Cells:
        ticks, places = self._ticks(name, sure=_below_a_thousand(metric))
        low, high = self._span(metric.range.low, metric.range.high, places)
        self.demand(
            ticks >= low,
            ticks <= high,
            *([ticks % 10**places == 0] if metric.whole and places else []),
        )
        ratio = quotient(self._whole(ticks, low, high), self.gauge.number(10**places))
        return Cells(ratio, self.said(name))

    def _span(
        self, low: Fraction | None, high: Fraction | None, places: int
    ) -> tuple[int, int]:
        """Return the least and the most that a figure may be, in units of its last place; never
        beyond the limit.
        """
        unit = 10**places
        least = -self.limit if low is None else max(ceil(low * unit), -self.limit)
        return least, self.limit if high is None else min(
            floor(high * unit), self.limit
        )

    def _share(self, metric: Metric, above: str, below: str) -> Cells:
        if not (self.has(above) and self.has(below)):
            half = some((self.said(above), self.said(below)))
            self.demand(never(half))
            return Cells(self.gauge.ratio(Fraction(0)), half)
        (n, n_places), (d, d_places) = self._ticks(above), self._ticks(below)
        k = Fraction(100 if metric.type == "percent" else 1) * Fraction(10) ** (
            d_places - n_places
        )
        ratio = quotient(self._whole(n, 0), self._whole(d, 1), k)
        if metric.type == "percent" and not metric.above_100:
            ratio = self._part(n, d, ratio)
        else:
            self._both(n, d, self.gauge.keep(n <= d))
            self.demand(
                n >= 0, n <= self.limit, d >= 0, d <= self.limit, (d > 0) | (n == 0)
            )
        edges = ((">=", metric.range.low), ("<=", metric.range.high))
        self.demand(
            *(
                ratio.holds(sign, self.gauge.ratio(edge))
                for sign, edge in edges
                if edge is not None
            )
        )
        given = pl.col(above).is_not_null()
        return Cells(
            ratio.within(metric.range.low, metric.range.high),
            given,
            self.gauge.keep(d.eq_missing(0)),
        )

    def _part(self, n: pl.Expr, d: pl.Expr, ratio: Ratio) -> Ratio:
        """Demand that numerators are within their denominators, so that nothing stands above zero;
        at most 100 then.
        """
        within = (
            ratio.n.expr <= ratio.d.expr
            if ratio.k == HUNDRED
            else ratio.holds("<=", self.gauge.ratio(HUNDRED))
        )
        within = self.gauge.keep(within)
        self._both(n, d, within)
        self.demand(
            n >= 0,
            d <= self.limit,
            within,
            *([] if ratio.k == HUNDRED else [n <= self.limit, d >= 0]),
        )
        return ratio.within(Fraction(0), HUNDRED)

    def _both(self, n: pl.Expr, d: pl.Expr, compared: pl.Expr) -> None:
        """Demand that there are both numbers or neither: then a comparison of both is as often null
        as each.
        """
        times = compared.null_count()
        self.tests.append(
            Test(
                n.is_null() == d.is_null(),
                (n.null_count() == times) & (d.null_count() == times),
            )
        )

    def _ticks(self, name: str, *, sure: bool = False) -> tuple[pl.Expr, int]:
        """Return the numbers of a column in units of their last place, and how many; their size is
        not tested.

        With `sure`, a text such as `1.212` can only be a decimal.
        """
        dtype = self.schema[name]
        column = pl.col(name)
        if dtype.is_integer():
            found = (
                column
                if dtype == pl.Int64
                else self.gauge.keep(column.cast(pl.Int64, strict=False))
            )
            places = 0
            read = TRUE
        elif dtype.is_numeric() or dtype == pl.String:
            found, read = self._decimals(name, sure=sure)
            places = PLACES
        else:
            found = pl.lit(None, pl.Int64)
            places = 0
            read = FALSE
        self.demand(read)
        if found is not column:
            self._read(found, name)
        return found, places

    def _decimals(self, name: str, *, sure: bool) -> tuple[pl.Expr, pl.Expr]:
        """Return the numbers of a column of decimals, floats or texts, and which of them can be
        read in one way.
        """
        column, quick = self._quick(name)
        text = (
            pl.when(quick.is_null())
            .then(column.cast(pl.String))
            .str.strip_chars()
            .str.replace(",", ".", literal=True)
        )
        sign, whole, rest = (text.str.extract(NUMBER, at) for at in (1, 2, 3))
        digits = pl.concat_str(
            sign, whole, rest.fill_null("").str.pad_end(PLACES, "0")
        ).cast(pl.Int64, strict=False)
        read = TRUE
        if self.schema[name] == pl.String and not sure:
            read = ~text.str.contains(UNSURE)
        return self.gauge.keep(pl.coalesce(quick * 10**PLACES, digits)), read

    def _quick(self, name: str) -> tuple[pl.Expr, pl.Expr]:
        """Return a column, and its whole numbers, which are read faster than others; null for what
        is none.
        """
        column = pl.col(name)
        if self.schema[name] == pl.String:
            return column, self.gauge.keep(
                pl.when(~column.str.contains("[+]")).then(
                    column.cast(pl.Int64, strict=False)
                )
            )
        if self.schema[name].is_float():
            whole = (column == column.floor()) & (column.abs() <= self.limit)
            return column, self.gauge.keep(pl.when(whole).then(column).cast(pl.Int64))
        return column, self.gauge.keep(pl.when(FALSE).then(pl.lit(0, pl.Int64)))


def _below_a_thousand(metric: Metric) -> bool:
    """Whether a metric's range leaves no thousands, so that `96.125` can only be a decimal."""
    low = metric.range.low
    high = metric.range.high
    return (
        not metric.whole
        and low is not None
        and high is not None
        and low > -1000
        and high < 1000
    )


def _usual_items(lists: pl.Series) -> bool:
    """Whether all items of a column are plain text, and no two differ in case alone, wherever they
    stand.
    """
    items = lists.explode(empty_as_null=False, keep_nulls=False).unique()
    plain = not items.null_count() and not items.str.contains(ODD_ITEM).any()
    return plain and items.str.to_lowercase().n_unique() == items.len()


def _none_blank(texts: pl.Series) -> bool:
    """Whether no text of a column is blank; most begin with a plain letter, and that is seen
    sooner.
    """
    given = texts.drop_nulls()
    return bool(
        ((given >= "!") & (given < "\x7f")).all() or given.str.contains(SAYS).all()
    )


Found: TypeAlias = Whole | None
"""The numbers of a column; None where the column's type is another."""

_READERS = {
    "items": Reader._items,
    "yes_no": Reader._yes_no,
    "date": Reader._date,
    "level": Reader._level,
}
