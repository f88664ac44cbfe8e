"""Working days and the periods of submissions."""

import calendar as civil
import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache

SATURDAY = 5


class CalendarMissingError(RuntimeError):
    """The optional package that knows public holidays is not installed."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which days are worked: Monday to Friday, less the country's public holidays, as a rule file
    may amend them.
    """

    country: str = ""
    extra_holidays: frozenset[date] = frozenset()
    extra_workdays: frozenset[date] = frozenset()

    def works(self, day: date) -> bool:
        """Whether the day is worked.

        >>> Calendar().works(date(2023, 12, 31))  # a Sunday
        False
        >>> Calendar(extra_workdays=frozenset({date(2023, 12, 31)})).works(date(2023, 12, 31))
        True
        """
        if day in self.extra_workdays:
            return True
        return (
            day.weekday() < SATURDAY
            and day not in self.extra_holidays
            and day not in _holidays(self.country, day.year)
        )

    def add_working_days(self, day: date, count: int) -> date:
        """Return the date so many working days after a day, or before it when negative.

        The day itself is not counted.

        >>> Calendar().add_working_days(date(2023, 12, 29), 1)  # from Friday to Monday
        datetime.date(2024, 1, 1)
        """
        step = timedelta(days=1 if count >= 0 else -1)
        left = abs(count)
        while left:
            day += step
            left -= self.works(day)
        return day


@lru_cache(maxsize=256)
def _holidays(country: str, year: int) -> frozenset[date]:
    if not country:
        return frozenset()
    try:
        import holidays  # noqa: PLC0415 - heavy and optional: only for rule sets that count working days
    except ImportError as error:
        raise CalendarMissingError(country) from error
    return frozenset(holidays.country_holidays(country, years=year))


def known_country(country: str) -> bool:
    """Whether the holidays of a country are known (its two-letter code)."""
    try:
        _holidays(country, 2023)
    except NotImplementedError:
        return False
    return True


_ISO = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
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
    return (first, last) if first <= last else None


def _named(text: str) -> tuple[date, date] | None:
    match = _PERIOD.fullmatch(text)
    if not match:
        return None
    year, *parts = match.groups()
    month, quarter, half = (None if part is None else int(part) for part in parts)
    if month is not None:
        return _months(int(year), month, 1)
    if quarter is not None:
        return _months(int(year), 3 * quarter - 2, 3)
    if half is not None:
        return _months(int(year), 6 * half - 5, 6)
    return _months(int(year), 1, 12)


def whole_months(first: date, last: date) -> int | None:
    """Return how many months lie between two days that begin and end a month, None for others.

    >>> whole_months(date(2022, 11, 1), date(2023, 1, 31))
    3
    """
    days_of_last_month = civil.monthrange(last.year, last.month)[1]
    if first.day != 1 or last.day != days_of_last_month:
        return None
    return 12 * (last.year - first.year) + last.month - first.month + 1


def _months(year: int, first: int, count: int) -> tuple[date, date]:
    last = first + count - 1
    return date(year, first, 1), date(year, last, civil.monthrange(year, last)[1])


def day_of(day: object) -> date | None:
    """Return a day given as a `date`, as ISO text or as a moment at midnight; None for anything
    else.

    >>> day_of("2023-12-31"), day_of("31/12/2023")
    (datetime.date(2023, 12, 31), None)
    """
    if isinstance(day, str):
        return iso_date(day)
    if isinstance(day, datetime):
        return day.date() if day.time() == time() else None
    return day if isinstance(day, date) else None


def iso_date(text: str) -> date | None:
    """Return the date of a text in the form of ISO 8601, None when it is not one.

    >>> iso_date("2023-01-20"), iso_date("20/01/2023")
    (datetime.date(2023, 1, 20), None)
    """
    try:
        return date.fromisoformat(text) if _ISO.fullmatch(text) else None
    except ValueError:
        return None
