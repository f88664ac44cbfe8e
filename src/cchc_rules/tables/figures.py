"""From the columns of a table to figures: a numerator, a denominator, and why there is none.

Only plain rows are judged in columns. A cell that is not plain (a text where a number belongs, a
figure out of range, more digits than fit) fails a test, and its row goes to the single engine,
which scores it or says what is wrong with it. What follows may therefore rely on what was tested:
a percentage of plain rows lies between 0 and 100.

So a misreading here can only be of one kind: a row that passes every test and means something
else. The tests err on the side of the single engine.

An example, a column of texts for a percentage from 0 to 100, in units of the fourth decimal place:

    cell          read as    plain?
    "97,35"        973500    yes
    " 98 "         980000    yes
    "1.212"             –    no: out of range, or one and a bit? The single engine decides.
    "97.12345"          –    no: five decimal places
    "n/a"               –    no: nothing was read, though something stands there
    (empty)             –    yes: nothing is reported
"""

from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from math import ceil, floor
from typing import NamedTuple, TypeAlias

import polars as pl

from cchc_rules.base.state import Reason
from cchc_rules.base.written_values import yes_no_words
from cchc_rules.rules.model import Metric, Rule, RuleSet
from cchc_rules.tables.exact_columns import (
    FALSE,
    TRUE,
    Gauge,
    Ratio,
    Whole,
    as_ratio,
    certain,
    choose,
    every,
    never,
    quotient,
    some,
)
from cchc_rules.tables.submission_columns import named

Schema: TypeAlias = pl.Schema

PLACES = 4
"""Decimal places of a figure that are read in columns; one with more goes to the single engine."""

HUNDRED = Fraction(100)
NUMBER = rf"^(-?)(\d{{1,12}})(?:\.(\d{{1,{PLACES}}})0*)?$"
"""A number as most people type it: its sign, its whole part, and its decimals without zeros at the
end. Twelve digits and four decimals fit into 64 bits together.
"""

UNSURE = r"^-?[1-9]\d{0,2}[.,]\d{3}$"
"""A text that can be read as a thousand or as a decimal: the single engine decides, or refuses
it.
"""

SAYS = r"[^\s\x1c-\x1f]"
"""What a text has that is not blank: four control characters are spaces to Python, but none to
Polars.
"""

ODD_ITEM = r"[^ -~–—“”‘’…ÀÁÂÃÈÉÊÌÍÒÓÔÕÙÚÝàáâãèéêìíòóôõùúýĂăĐđĨĩŨũƠơƯưẠ-ỹ]|  |^ | $|^$"
"""What makes an item one for the single engine, which compares items without case and spaces:
letters beyond Vietnamese, or spaces beyond one.
"""

_FIRST_DAY = date(1970, 1, 1)
EPOCH = _FIRST_DAY.toordinal()
"""The day from which Polars counts days, as Python counts them."""


@dataclass(frozen=True, eq=False)
class ColumnFigures:
    """A metric's figures in columns: fractions, null where there are none, and the reasons why
    there are none.

    Each absence is a condition with its reason. No row has two reasons, and no condition is ever
    null: what stands behind it in a formula is asked only where it does not hold.
    """

    ratio: Ratio
    absences: tuple[tuple[pl.Expr, Reason], ...] = ()


@dataclass(frozen=True, eq=False)
class FigureCells:
    """What some columns say of one figure: the fractions, and in which rows they say one."""

    ratio: Ratio
    given: pl.Expr
    zero: pl.Expr = field(default=FALSE)
    """Where the denominator is zero."""


class PlainTest(NamedTuple):
    """A test that plain rows pass, in two forms: row by row, and of whole columns.

    Nearly every table passes every test, and whole columns are tested faster. So `whole` is asked
    first, and `rows` (null passes) only where something failed.
    """

    rows: pl.Expr
    whole: pl.Expr


class FigureReader:
    """Reads the columns of one rule set, judged on one day; no figure exceeds the limit.

    `tests` are what a row passes whose columns were read; `texts` are the columns in which no text
    may be blank.
    """

    def __init__(
        self,
        rules: RuleSet,
        schema: Schema,
        as_of: date,
        gauge: Gauge,
        limit: int,
    ) -> None:
        self.rules = rules
        self.schema = schema
        self.as_of = as_of
        self.gauge = gauge
        self.limit = limit
        self.tests: list[PlainTest] = []
        self.texts: dict[str, pl.Expr] = {}

    def demand(self, *conditions: pl.Expr) -> None:
        """Leave rows in which a condition does not hold to the single engine.

        A row in which it is null passes: nothing is said there that could be wrong.
        """
        self.tests += [
            PlainTest(condition, condition.all())
            for condition in conditions
            if condition is not TRUE
        ]

    def figures(self, metric: Metric) -> ColumnFigures:
        """Return the figures of a submitted metric, and demand what plain rows keep to.

        A reason that a person gives stands before what is wrong with the figure, as in the single
        engine; a row with both a figure and a reason for none is not plain.
        """
        cells = self._cells(metric)
        reasons, gone = self._absence(metric)
        not_given = never(cells.given)
        missing = every((not_given, never(gone)))
        absences = (
            *reasons,
            (cells.zero, Reason.ZERO_DENOMINATOR),
            (missing, Reason.NOT_REPORTED),
        )
        both = every((cells.given, gone))
        self.demand(never(both))
        # A day that never came is for the single engine, which knows what that is worth.
        if metric.type == "date":
            self.demand(never(self.said(f"{metric.id}.never")))
        possible = tuple(
            (self.gauge.keep(where), reason)
            for where, reason in absences
            if where is not FALSE
        )
        return ColumnFigures(cells.ratio, possible)

    def points(self, rule: Rule) -> ColumnFigures:
        """Return the points that people gave for a rule; they are awaited where they gave none.

        Points come with a reason, and lie between the fewest and the most of the rule.
        """
        name = f"points.{rule.id}.points"
        reason = f"points.{rule.id}.reason"
        evidence = f"points.{rule.id}.evidence"
        explained = self.said(reason)
        documented = self.said(evidence)
        if not self.has(name):
            about_none = some((explained, documented))
            self.demand(never(about_none))
            awaited_everywhere = (TRUE, Reason.POINTS_AWAITED)
            return ColumnFigures(self._nothing(), (awaited_everywhere,))
        ticks, places = self._ticks(name)
        given = self.said(name)
        anything = some((given, explained, documented))
        silent = never(anything)
        low, high = self._span(rule.lowest, rule.weight, places)
        complete = every((given, explained))
        self.demand(
            some((silent, complete)),
            ticks >= low,
            ticks <= high,
            self.documents(evidence),
            certain(self._is_text(reason)),
        )
        unit = self.gauge.number(10**places)
        points = quotient(self._whole(ticks), unit)
        awaited = self.gauge.keep(never(given))
        return ColumnFigures(
            points.within(rule.lowest, rule.weight),
            ((awaited, Reason.POINTS_AWAITED),),
        )

    def _nothing(self) -> Ratio:
        """Return what stands where no figure is: it is never looked at."""
        return self.gauge.ratio(Fraction(0))

    # Which columns there are

    def has(self, name: str) -> bool:
        """Whether the table has a column that can say anything."""
        return name in self.schema and self.schema[name] != pl.Null

    def _is_text(self, name: str) -> bool:
        """Whether a column is one of texts, or is not there."""
        return not self.has(name) or self.schema[name] == pl.String

    def said(self, name: str) -> pl.Expr:
        """Return whether a cell says anything; blank texts are not plain."""
        if not self.has(name):
            return FALSE
        is_text = self.schema[name] == pl.String
        if is_text and name not in self.texts:
            text = pl.col(name)
            self.texts[name] = text
            whole = text.map_batches(
                none_blank,
                return_dtype=pl.Boolean,
                returns_scalar=True,
            )
            not_blank = text.str.contains(SAYS)
            self.tests.append(PlainTest(not_blank, whole))
        return pl.col(name).is_not_null()

    def _demand_read(self, values: pl.Expr, name: str) -> None:
        """Demand that something was read from each cell of a column that says anything; nothing is
        read from blanks.
        """
        column = pl.col(name)
        if self.schema[name] == pl.String:
            self.texts[name] = column
        was_read = values.is_not_null()
        in_rows = was_read | column.is_null()
        # A null of the column is a null of the values, so equal counts mean that there is no other:
        # to count is faster than to look at each row.
        in_all = values.null_count() == column.null_count()
        self.tests.append(PlainTest(in_rows, in_all))

    def documents(self, name: str) -> pl.Expr:
        """Return whether a column of evidence speaks plainly: text, or lists of it."""
        if self._is_text(name):
            return TRUE
        if self.schema[name] != pl.List(pl.String):
            return never(self.said(name))
        says_something = pl.element().str.contains(SAYS)
        all_say = pl.col(name).list.eval(says_something).list.all()
        return all_say.fill_null(True)

    def proves(self, name: str) -> pl.Expr:
        """Return the condition that a column of evidence names a document; an empty list names
        none.
        """
        said = self.said(name)
        if not self.has(name):
            return said
        if self.schema[name] != pl.List(pl.String):
            return said
        has_items = pl.col(name).list.len() > 0
        return self.gauge.keep(said & has_items)

    # Absences

    def _absence(self, metric: Metric) -> tuple[list[tuple[pl.Expr, Reason]], pl.Expr]:
        """Return the reasons that people give why there is no figure, and the condition that they
        give any.
        """
        # A waiver says who gave it, why, and until when. One that lacks a part is refused, and one
        # that has run out leaves the figure missing.
        gone = self.said(f"{metric.id}.not_applicable")
        until = f"{metric.id}.waived_until"
        waiver = [
            self.said(f"{metric.id}.waived_by"),
            self.said(f"{metric.id}.waived_why"),
            self.said(until),
        ]
        whole_waiver = every(waiver)
        any_waiver = some(waiver)
        day = self._day(until)
        if day is None:
            whole_waiver = FALSE
        no_waiver = never(any_waiver)
        two_reasons = every((gone, any_waiver))
        self.demand(
            some((whole_waiver, no_waiver)),
            never(two_reasons),
        )
        texts = all(
            self._is_text(f"{metric.id}.{part}")
            for part in ("not_applicable", "waived_by", "waived_why")
        )
        self.demand(certain(texts))
        # A waiver is good through its last day.
        reasons = [(gone, Reason.NOT_APPLICABLE)]
        if day is not None and whole_waiver is not FALSE:
            ended = day < self.as_of
            reasons += [
                (whole_waiver & ended, Reason.WAIVER_ENDED),
                (whole_waiver & ~ended, Reason.WAIVED),
            ]
        return reasons, some((gone, any_waiver))

    # Figures

    def _cells(self, metric: Metric) -> FigureCells:
        """Return what the columns of a metric say of its figure."""
        if metric.numeric and not metric.distinct:
            return self._number(metric)
        part = "value"
        kind: str = metric.type
        if metric.distinct:
            part = "items"
            kind = "items"
        name = named(metric.id, part)
        read = _READERS[kind]
        numbers: Numbers = None
        if self.has(name):
            numbers = read(self, metric, name)
        if numbers is None:
            # A column of another type is read by the single engine, which says what is wrong.
            said = self.said(name)
            self.demand(never(said))
            return FigureCells(self._nothing(), said)
        given = pl.col(name).is_not_null()
        return FigureCells(as_ratio(numbers), given)

    def _whole(
        self,
        column: pl.Expr,
        low: int | None = None,
        high: int | None = None,
    ) -> Whole:
        """Return whole numbers that are within the limit, or within narrower ones."""
        if low is None:
            low = -self.limit
        if high is None:
            high = self.limit
        if self.gauge.dtype != pl.Int64:
            wider = column.cast(self.gauge.dtype)
            column = self.gauge.keep(wider)
        return self.gauge.whole(column, low, high)

    def _yes_no(self, _: Metric, name: str) -> "Numbers":
        if self.schema[name] == pl.Boolean:
            ones = self.gauge.keep(pl.col(name).cast(pl.Int64))
            return self._whole(ones, 0, 1)
        if self.schema[name] != pl.String:
            return None
        text = pl.col(name)
        words = text.str.strip_chars().str.to_lowercase()
        answers = words.replace_strict(
            yes_no_words(),
            default=None,
            return_dtype=pl.Boolean,
        )
        numbers = self.gauge.keep(answers.cast(pl.Int64))
        self._demand_read(numbers, name)
        return self._whole(numbers, 0, 1)

    def _date(self, _: Metric, name: str) -> "Numbers":
        day = self._day(name)
        if day is None:
            return None
        # A day after that of judgement has not come yet: nobody can report it.
        window = self.rules.window or (date.min, self.as_of)
        first, last_of_window = window
        last = max(first, min(last_of_window, self.as_of))
        days_since_epoch = day.to_physical().cast(pl.Int64)
        ordinals = self.gauge.keep(days_since_epoch + EPOCH)
        self.demand(day >= first, day <= last)
        return self._whole(ordinals, first.toordinal(), last.toordinal())

    def _day(self, name: str) -> pl.Expr | None:
        """Return a column of days; text is read as people type it, if it is usual."""
        if not self.has(name):
            return None
        dtype = self.schema[name]
        if dtype == pl.Date:
            return pl.col(name)
        if dtype != pl.String:
            return None
        # Each form is tried only on the texts that look like it: Polars would take others, such as
        # a year of two digits.
        text = pl.col(name).str.strip_chars()
        iso_text = pl.when(text.str.contains(r"^\d{4}-\d\d-\d\d$")).then(text)
        typed_text = pl.when(text.str.contains(r"^\d\d?/\d\d?/\d{4}$")).then(text)
        iso = iso_text.str.to_date("%Y-%m-%d", strict=False)
        typed = typed_text.str.to_date("%d/%m/%Y", strict=False)
        days = self.gauge.keep(pl.coalesce(iso, typed))
        self._demand_read(days, name)
        return days

    def _level(self, metric: Metric, name: str) -> "Numbers":
        if self.schema[name] != pl.String:
            return None
        # Levels are compared by their positions in the rule file, and named in either language.
        ranks = {
            words: rank
            for rank, level in enumerate(metric.levels)
            for words in (level.vi, level.en)
        }
        words = pl.col(name)
        read = words.replace_strict(ranks, default=None, return_dtype=pl.Int64)
        numbers = self.gauge.keep(read)
        self._demand_read(numbers, name)
        return self._whole(numbers, 0, len(metric.levels) - 1)

    def _items(self, _: Metric, name: str) -> "Numbers":
        """Count the items of a list, or of a text's lines, those once that differ only in case."""
        column = pl.col(name)
        dtype = self.schema[name]
        if dtype == pl.List(pl.Null):
            # Nothing but empty lists: of a list of nulls nobody knows what it counts.
            self.demand(column.list.len() == 0)
            return self.gauge.number(0)
        if dtype == pl.String:
            # People type 0 where there is nothing to list; the single engine understands that.
            self.demand(column.str.strip_chars() != "0")
            column = self.gauge.keep(column.str.split("\n"))
        elif dtype != pl.List(pl.String):
            return None
        length = column.list.len()
        # To count different items takes long, and of one item there is nothing to compare.
        only_long = pl.when(length > 1).then(column)
        several = only_long.list.n_unique()
        self._demand_usual_items(column)
        self.demand(length <= self.limit)
        counts = pl.coalesce(several, length).cast(pl.Int64)
        numbers = self.gauge.keep(counts)
        count = self._whole(numbers, 0, self.limit)
        # Whether a list has items is known without counting those that differ.
        has_items = self.gauge.keep(length > 0)
        return replace(count, positive=has_items)

    def _demand_usual_items(self, column: pl.Expr) -> None:
        """Demand that items are plain text, and that none of a list differ in case alone."""
        item = pl.element()
        is_plain = item.is_not_null() & ~item.str.contains(ODD_ITEM)
        plain = column.list.eval(is_plain).list.all()
        in_lower_case = column.list.eval(item.str.to_lowercase())
        alike = column.list.n_unique() == in_lower_case.list.n_unique()
        whole = column.map_batches(
            usual_items,
            return_dtype=pl.Boolean,
            returns_scalar=True,
        )
        self.tests.append(PlainTest(plain & alike, whole))

    def _number(self, metric: Metric) -> FigureCells:
        """Return a number, given by itself or as a share, rounded as the metric asks for."""
        value = named(metric.id, "value")
        above = named(metric.id, "numerator")
        below = named(metric.id, "denominator")
        ways = []
        if self.has(value):
            ways.append(self._single(metric, value))
        if self.has(above) or self.has(below):
            ways.append(self._share(metric, above, below))
        if not ways:
            return FigureCells(self._nothing(), FALSE)
        cells = ways[0]
        if len(ways) > 1:
            cells = self._either(*ways)
        if metric.round is None:
            return cells
        unit = 10**metric.round
        in_units = cells.ratio.times(Fraction(unit))
        rounded = in_units.rounded()
        ratio = quotient(rounded, self.gauge.number(unit))
        return FigureCells(ratio.kept(), cells.given, cells.zero)

    def _either(self, single: FigureCells, share: FigureCells) -> FigureCells:
        """Return a figure that some rows give as one number and others as a share."""
        both = every((single.given, share.given))
        self.demand(never(both))
        ratio = choose(single.given, single.ratio, share.ratio)
        either = some((single.given, share.given))
        return FigureCells(ratio, either, share.zero)

    def _single(self, metric: Metric, name: str) -> FigureCells:
        sure = _below_a_thousand(metric)
        ticks, places = self._ticks(name, sure=sure)
        low, high = self._span(
            metric.range.low,
            metric.range.high,
            places,
        )
        self.demand(ticks >= low, ticks <= high)
        if metric.whole and places:
            self.demand(ticks % 10**places == 0)
        whole = self._whole(ticks, low, high)
        unit = self.gauge.number(10**places)
        return FigureCells(quotient(whole, unit), self.said(name))

    def _span(
        self,
        low: Fraction | None,
        high: Fraction | None,
        places: int,
    ) -> tuple[int, int]:
        """Return the least and the most that a figure may be, in units of its last place; never
        beyond the limit.
        """
        unit = 10**places
        least = -self.limit
        if low is not None:
            least = max(ceil(low * unit), least)
        most = self.limit
        if high is not None:
            most = min(floor(high * unit), most)
        return least, most

    def _share(
        self,
        metric: Metric,
        above: str,
        below: str,
    ) -> FigureCells:
        if not (self.has(above) and self.has(below)):
            half = some((self.said(above), self.said(below)))
            self.demand(never(half))
            return FigureCells(self._nothing(), half)
        n, n_places = self._ticks(above)
        d, d_places = self._ticks(below)
        # Two columns may have different places: 12 in whole numbers over 155000, in units of the
        # fourth place, is 12 over 15.5. The difference goes into the constant.
        k = Fraction(10) ** (d_places - n_places)
        if metric.type == "percent":
            k *= 100
        numerators = self._whole(n, 0)
        # Rows with a denominator of zero are absences, whose fraction is never looked at.
        denominators = self._whole(d, 1)
        ratio = quotient(numerators, denominators, k)
        if metric.type == "percent" and not metric.above_100:
            ratio = self._part(n, d, ratio)
        else:
            self._demand_both(n, d, self.gauge.keep(n <= d))
            self.demand(n >= 0, n <= self.limit)
            self.demand(d >= 0, d <= self.limit)
            # Over zero only zero may stand: nothing was there to count.
            self.demand((d > 0) | (n == 0))
        edges = (
            (">=", metric.range.low),
            ("<=", metric.range.high),
        )
        for sign, edge in edges:
            if edge is not None:
                limit = self.gauge.ratio(edge)
                self.demand(ratio.holds(sign, limit))
        # Null, where nothing is reported, is not zero: it would hide the absences behind it.
        zero = self.gauge.keep(d.eq_missing(0))
        given = pl.col(above).is_not_null()
        return FigureCells(
            ratio.within(metric.range.low, metric.range.high),
            given,
            zero,
        )

    def _part(
        self,
        n: pl.Expr,
        d: pl.Expr,
        ratio: Ratio,
    ) -> Ratio:
        """Demand that numerators are within their denominators: such a share is at most 100, and
        nothing but zero stands over zero.
        """
        # With the same places two columns are compared as they are; otherwise the fractions are.
        same_places = ratio.k == HUNDRED
        if same_places:
            within = ratio.n.expr <= ratio.d.expr
        else:
            within = ratio.holds("<=", self.gauge.ratio(HUNDRED))
        within = self.gauge.keep(within)
        self._demand_both(n, d, within)
        self.demand(n >= 0, d <= self.limit, within)
        if not same_places:
            self.demand(n <= self.limit, d >= 0)
        return ratio.within(Fraction(0), HUNDRED)

    def _demand_both(
        self,
        n: pl.Expr,
        d: pl.Expr,
        compared: pl.Expr,
    ) -> None:
        """Demand that there are both numbers or neither: then a comparison of the two is null as
        often as each of them.
        """
        in_rows = n.is_null() == d.is_null()
        nulls = compared.null_count()
        above_alike = n.null_count() == nulls
        below_alike = d.null_count() == nulls
        in_all = above_alike & below_alike
        self.tests.append(PlainTest(in_rows, in_all))

    def _ticks(self, name: str, *, sure: bool = False) -> tuple[pl.Expr, int]:
        """Return the numbers of a column in units of their last place, and how many places they
        have; their size is not tested.

        With `sure`, a text such as `1.212` can only be a decimal.
        """
        dtype = self.schema[name]
        column = pl.col(name)
        if dtype == pl.Int64:
            return column, 0
        if dtype.is_integer():
            # A number that 64 bits do not hold becomes null, and is then one that was not read.
            narrow = column.cast(pl.Int64, strict=False)
            ticks = self.gauge.keep(narrow)
            places = 0
        elif dtype.is_numeric() or dtype == pl.String:
            ticks, read_one_way = self._decimals(name, sure=sure)
            places = PLACES
            self.demand(read_one_way)
        else:
            ticks = pl.lit(None, pl.Int64)
            places = 0
            self.demand(FALSE)
        self._demand_read(ticks, name)
        return ticks, places

    def _decimals(self, name: str, *, sure: bool) -> tuple[pl.Expr, pl.Expr]:
        """Return the numbers of a column of decimals, floats or texts, and the condition that they
        can be read in one way only.
        """
        column, whole_numbers = self._whole_numbers(name)
        is_other = whole_numbers.is_null()
        others = pl.when(is_other).then(column.cast(pl.String))
        stripped = others.str.strip_chars()
        text = stripped.str.replace(",", ".", literal=True)
        # The point is left out, and the decimals are filled up with zeros: −12.5 is −12 and 5000,
        # together −125000. So neither a binary float nor a decimal type is needed.
        sign = text.str.extract(NUMBER, 1)
        whole = text.str.extract(NUMBER, 2)
        rest = text.str.extract(NUMBER, 3).fill_null("")
        decimals = rest.str.pad_end(PLACES, "0")
        digits = pl.concat_str(sign, whole, decimals)
        ticks = digits.cast(pl.Int64, strict=False)
        read_one_way = TRUE
        is_text = self.schema[name] == pl.String
        if is_text and not sure:
            read_one_way = ~text.str.contains(UNSURE)
        whole_in_ticks = whole_numbers * 10**PLACES
        numbers = self.gauge.keep(pl.coalesce(whole_in_ticks, ticks))
        return numbers, read_one_way

    def _whole_numbers(self, name: str) -> tuple[pl.Expr, pl.Expr]:
        """Return a column, and its whole numbers, null for what is none: these are read faster
        than others.
        """
        column = pl.col(name)
        dtype = self.schema[name]
        numbers: pl.Expr
        if dtype == pl.String:
            # Polars reads "+5" as a number; people who type it are asked what they mean.
            without_plus = pl.when(~column.str.contains("[+]"))
            cast = column.cast(pl.Int64, strict=False)
            numbers = without_plus.then(cast)
        elif dtype.is_float():
            is_whole = column == column.floor()
            within_limit = column.abs() <= self.limit
            fitting = pl.when(is_whole & within_limit).then(column)
            numbers = fitting.cast(pl.Int64)
        else:
            # Decimals are all read by their digits.
            zero = pl.lit(0, pl.Int64)
            numbers = pl.when(FALSE).then(zero)
        return column, self.gauge.keep(numbers)


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


def usual_items(lists: pl.Series) -> bool:
    """Whether all items of a column are plain text, and no two differ in case alone, wherever they
    stand.
    """
    # Of all lists together: a table has far fewer different items than items.
    items = lists.explode(empty_as_null=False, keep_nulls=False).unique()
    if items.null_count():
        return False
    if items.str.contains(ODD_ITEM).any():
        return False
    return items.str.to_lowercase().n_unique() == items.len()


def none_blank(texts: pl.Series) -> bool:
    """Whether no text of a column is blank; most begin with a plain letter, and that is seen
    sooner.
    """
    given = texts.drop_nulls()
    plain_start = (given >= "!") & (given < "\x7f")
    if plain_start.all():
        return True
    return bool(given.str.contains(SAYS).all())


Numbers: TypeAlias = Whole | None
"""The numbers of a column; None where the column's type is another."""

_READERS = {
    "items": FigureReader._items,
    "yes_no": FigureReader._yes_no,
    "date": FigureReader._date,
    "level": FigureReader._level,
}
