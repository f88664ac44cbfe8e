"""Working days and the periods of submissions."""

import calendar as civil
import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache

NEVER = date.max
"""The day of what was never done: 31 December 9999, later than every day that may be reported.

As a date it is compared, counted and printed in machine forms like any other; people read a word.
"""

SATURDAY = 5
"""The first day of the weekend, as `date.weekday` counts from Monday, which is 0."""


class CalendarMissingError(RuntimeError):
    """The optional package that knows public holidays is not installed."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which days are worked: Monday to Friday, less the country's public holidays, as a rule file
    may amend them.
    """

    country: str = ""
    """The two letters of the country whose public holidays count; empty where none do."""
    extra_holidays: frozenset[date] = frozenset()
    """Days off beside these, such as the Fridays that Vietnam's government moves."""
    extra_workdays: frozenset[date] = frozenset()
    """Days that are worked all the same, whatever else is said of them."""

    def works(self, day: date) -> bool:
        """Whether the day is worked.

        >>> Calendar().works(date(2023, 12, 31))  # a Sunday
        False
        >>> Calendar(extra_workdays=frozenset({date(2023, 12, 31)})).works(date(2023, 12, 31))
        True
        """
        if day in self.extra_workdays:
            return True
        if day.weekday() >= SATURDAY or day in self.extra_holidays:
            return False
        # Last, since this may have to load a year's holidays.
        return day not in public_holidays(self.country, day.year)

    def add_working_days(self, day: date, count: int) -> date:
        """Return the date so many working days after a day, or before it when negative.

        The day itself is not counted.

        >>> Calendar().add_working_days(date(2023, 12, 29), 1)  # from Friday to Monday
        datetime.date(2024, 1, 1)
        """
        # So many days after never is never, too.
        if day == NEVER:
            return day
        step = timedelta(days=1)
        if count < 0:
            step = -step
        left = abs(count)
        # Day by day, for holidays follow no rule; callers bound the count.
        while left:
            day += step
            if self.works(day):
                left -= 1
        return day


@lru_cache(maxsize=256)
def public_holidays(country: str, year: int) -> frozenset[date]:
    """Return the public holidays of a year; kept, since days are asked for one by one."""
    if not country:
        return frozenset()
    try:
        import holidays  # noqa: PLC0415 - heavy and optional: only for rule sets that count working days
    except ImportError as error:
        raise CalendarMissingError(country) from error
    return frozenset(holidays.country_holidays(country, years=year))


def known_country(country: str) -> bool:
    """Whether the holidays of a country are known.

    Args:
        country: its two-letter code, such as `VN`.

    Raises:
        CalendarMissingError: where the package that knows holidays is not installed.
    """
    # Any year will do: the package knows a country or does not.
    try:
        public_holidays(country, 2023)
    except NotImplementedError:
        return False
    return True


# Digits of ASCII only: Python's `\d` would take those of every script.
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

# `2023`, `2023-07`, `2023-Q3`, `2023-H2`: the year, and one of month, quarter and half year.
_PERIOD = re.compile(r"(\d{4})(?:-(?:(\d{2})|Q([1-4])|H([12])))?", re.ASCII)
_SPAN = re.compile(r"(\d{4}-\d{2}-\d{2})/(\d{4}-\d{2}-\d{2})", re.ASCII)


def period(text: str) -> tuple[date, date] | None:
    """Return the first and last day of a period, None for a text that names none.

    A period is a year, a quarter, a half year, a month, or two days with `/` between.

    >>> period("2023-Q1")
    (datetime.date(2023, 1, 1), datetime.date(2023, 3, 31))
    >>> period("2022-07-01/2023-06-30")
    (datetime.date(2022, 7, 1), datetime.date(2023, 6, 30))
    """
    # The form may be right and the day or the month none: 2023-13, 2023-02-30.
    try:
        return _span(text) or _named(text)
    except ValueError:
        return None


def _span(text: str) -> tuple[date, date] | None:
    match = _SPAN.fullmatch(text)
    if not match:
        return None
    first = date.fromisoformat(match[1])
    last = date.fromisoformat(match[2])
    if last < first:
        return None
    return first, last


def _named(text: str) -> tuple[date, date] | None:
    match = _PERIOD.fullmatch(text)
    if not match:
        return None
    year = int(match[1])
    _, month, quarter, half = match.groups()
    # Quarters begin in months 1, 4, 7 and 10, half years in 1 and 7.
    if month is not None:
        return _months(year, int(month), 1)
    if quarter is not None:
        return _months(year, 3 * int(quarter) - 2, 3)
    if half is not None:
        return _months(year, 6 * int(half) - 5, 6)
    return _months(year, 1, 12)


def whole_months(first: date, last: date) -> int | None:
    """Return how many months lie between two days that begin and end a month, None for others.

    >>> whole_months(date(2022, 11, 1), date(2023, 1, 31))
    3
    """
    if first.day != 1 or last.day != _days_in(last.year, last.month):
        return None
    years = last.year - first.year
    months = last.month - first.month
    # Both the first and the last month count.
    return 12 * years + months + 1


def _days_in(year: int, month: int) -> int:
    _, days = civil.monthrange(year, month)
    return days


def _months(year: int, first: int, count: int) -> tuple[date, date]:
    """Return the first and last day of so many months from one on, all of one year."""
    last = first + count - 1
    begin = date(year, first, 1)
    return begin, date(year, last, _days_in(year, last))


def day_of(day: object) -> date | None:
    """Return a day given as a `date`, as ISO text or as a moment at midnight; None for anything
    else.

    >>> day_of("2023-12-31"), day_of("31/12/2023")
    (datetime.date(2023, 12, 31), None)
    """
    if isinstance(day, str):
        return iso_date(day)
    # Spreadsheets and data frames give days as moments at midnight. Of any other moment nobody
    # knows which day is meant where clocks differ. A moment is a date to Python, so it comes first.
    if isinstance(day, datetime):
        if day.time() != time():
            return None
        return day.date()
    if isinstance(day, date):
        return day
    return None


def iso_date(text: str) -> date | None:
    """Return the date of a text in the form of ISO 8601, None when it is not one.

    >>> iso_date("2023-01-20"), iso_date("20/01/2023")
    (datetime.date(2023, 1, 20), None)
    """
    # Python itself takes more than one form of ISO 8601, `20230120` among them.
    if not _ISO.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
