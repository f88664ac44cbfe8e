"""Periods, dates, and working days with the public holidays of Viet Nam in 2023, written out by hand."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cchc_rules import RulesError, parse_rules
from cchc_rules.base.calendar import (
    Calendar,
    CalendarMissingError,
    iso_date,
    known_country,
    period,
)

TET = [date(2023, 1, day) for day in range(20, 27)]
"""From 20 to 26 January 2023: announcement 4538/TB-BLĐTBXH of 9 November 2022."""

OTHER = [
    date(2023, 1, 2),
    date(2023, 5, 1),
    date(2023, 5, 2),
    date(2023, 5, 3),
    date(2023, 9, 1),
    date(2023, 9, 4),
]
"""1 January, the Hùng Kings' day (29 April) and 30 April fell on a weekend and were made up for; 2 September too."""


class TestVietnam2023:
    calendar = Calendar("VN")

    def test_public_holidays_are_not_worked(self):
        worked = [day for day in TET + OTHER if self.calendar.works(day)]
        assert worked == []

    def test_every_other_weekday_is(self):
        days = [date(2023, 1, 1) + timedelta(days=at) for at in range(365)]
        idle = {
            day for day in days if day.weekday() < 5 and not self.calendar.works(day)
        }
        assert idle == {day for day in TET + OTHER if day.weekday() < 5}

    @pytest.mark.parametrize(
        ("start", "count", "end"),
        [
            (
                date(2023, 1, 19),
                1,
                date(2023, 1, 27),
            ),  # Thursday; Tết until Thursday; Friday
            (date(2023, 1, 16), 5, date(2023, 1, 30)),  # 17 18 19 27 30
            (date(2023, 1, 27), -1, date(2023, 1, 19)),
            (date(2023, 4, 28), 1, date(2023, 5, 4)),
            (date(2023, 3, 6), 0, date(2023, 3, 6)),
            (date(2023, 3, 3), 1, date(2023, 3, 6)),  # over a weekend
        ],
    )
    def test_adding_working_days(self, start, count, end):
        assert self.calendar.add_working_days(start, count) == end


class TestAmended:
    def test_a_rule_file_may_add_and_take_away(self):
        saturday, monday = date(2023, 3, 4), date(2023, 3, 6)
        calendar = Calendar("VN", frozenset({monday}), frozenset({saturday}))
        assert calendar.works(saturday)
        assert not calendar.works(monday)
        assert calendar.add_working_days(date(2023, 3, 3), 2) == date(2023, 3, 7)

    def test_without_a_country_only_weekends_are_free(self):
        assert Calendar().works(date(2023, 9, 1))
        assert not Calendar().works(date(2023, 9, 2))

    def test_countries(self):
        assert known_country("VN")
        assert not known_country("Atlantis")


DAYS = st.dates(date(2023, 1, 1), date(2023, 12, 31))
WORKED = {
    day
    for day in (date(2023, 1, 1) + timedelta(days=at) for at in range(365))
    if day.weekday() < 5 and day not in TET and day not in OTHER
}


class TestWalking:
    @given(DAYS, st.integers(-300, 300))
    def test_the_days_walked_are_the_days_worked(self, start, count):
        """Between the start, not counted, and the end, counted, lie just so many worked days."""
        end = Calendar("VN").add_working_days(start, count)
        if end.year != 2023:
            return
        walked = {
            day
            for day in WORKED
            if (start < day <= end if count >= 0 else end <= day < start)
        }
        assert len(walked) == abs(count)
        assert end in WORKED or count == 0

    @given(
        st.dates(date(2000, 1, 1), date(2040, 12, 31)),
        st.integers(-50, 50),
        st.integers(0, 50),
    )
    def test_in_two_steps(self, start, first, then):
        plain = Calendar()
        then = then if first >= 0 else -then
        once = plain.add_working_days(start, first + then)
        assert (
            plain.add_working_days(plain.add_working_days(start, first), then) == once
        )

    def test_a_weekend_made_a_working_day(self):
        """The Saturday that is worked instead of the Friday after Tết."""
        swapped = Calendar(
            "VN", frozenset({date(2023, 1, 27)}), frozenset({date(2023, 1, 28)})
        )
        assert swapped.add_working_days(date(2023, 1, 19), 1) == date(2023, 1, 28)
        assert swapped.add_working_days(date(2023, 1, 30), -1) == date(2023, 1, 28)

    def test_a_public_holiday_that_is_worked(self):
        assert Calendar("VN", extra_workdays=frozenset({date(2023, 5, 1)})).works(
            date(2023, 5, 1)
        )

    def test_both_free_and_worked_is_worked(self):
        day = frozenset({date(2023, 3, 6)})
        assert Calendar("", day, day).works(date(2023, 3, 6))

    def test_no_days_need_no_calendar(self):
        assert Calendar("Atlantis").add_working_days(date(2023, 3, 4), 0) == date(
            2023, 3, 4
        )


RULES = """
format = 1
[ruleset]
id = "days"
version = "1"
title = "Days"
valid = { from = 2023-01-01, until = 2023-12-31 }
[calendar]
country = "VN"
[metric.late]
title = "Late"
type = "number"
[group.work]
title = "Work"
[rule.late]
group = "work"
title = "Late"
source = ["1"]
metric = "late"
comparator = "<="
threshold = 1
weight = 1
deduction = "all_or_nothing"
"""


@pytest.mark.usefixtures("without_holidays")
class TestWithoutThePackage:
    def test_asking_for_a_country_says_so(self):
        with pytest.raises(CalendarMissingError, match="VN"):
            Calendar("VN").works(date(2023, 3, 6))
        with pytest.raises(CalendarMissingError):
            known_country("VN")

    def test_weekends_and_days_of_the_file_need_nothing(self):
        assert not Calendar("VN").works(date(2023, 3, 4))
        assert not Calendar("VN", frozenset({date(2023, 3, 6)})).works(date(2023, 3, 6))
        assert Calendar("VN", frozenset(), frozenset({date(2023, 3, 6)})).works(
            date(2023, 3, 6)
        )
        assert Calendar().works(date(2023, 5, 1))

    def test_a_rule_set_with_a_country_is_refused_in_words(self):
        with pytest.raises(RulesError) as error:
            parse_rules(RULES)
        (found,) = error.value.problems
        assert (found.code, found.path) == ("calendar-missing", ("calendar", "country"))
        assert found.line == 9
        for lang in ("vi", "en"):
            assert "cchc-rules[calendar]" in found.fix(lang)

    def test_one_without_is_not(self):
        assert parse_rules(RULES.replace('country = "VN"', "")).rules


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2023", date(2023, 1, 1), date(2023, 12, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2023-Q1", date(2023, 1, 1), date(2023, 3, 31)),
        ("2023-Q2", date(2023, 4, 1), date(2023, 6, 30)),
        ("2023-Q3", date(2023, 7, 1), date(2023, 9, 30)),
        ("2023-Q4", date(2023, 10, 1), date(2023, 12, 31)),
        ("2023-H1", date(2023, 1, 1), date(2023, 6, 30)),
        ("2023-06", date(2023, 6, 1), date(2023, 6, 30)),
        ("2023-12", date(2023, 12, 1), date(2023, 12, 31)),
        ("2023-02", date(2023, 2, 1), date(2023, 2, 28)),
        ("9999", date(9999, 1, 1), date(9999, 12, 31)),
        ("2023-05-05/2023-05-05", date(2023, 5, 5), date(2023, 5, 5)),
        ("2023-H2", date(2023, 7, 1), date(2023, 12, 31)),
        ("2022-07-01/2023-06-30", date(2022, 7, 1), date(2023, 6, 30)),
    ],
)
def test_periods(text, first, last):
    assert period(text) == (first, last)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "23",
        "2023-13",
        "2023-00",
        "2023-Q5",
        "2023-H3",
        "0000",
        "2023-02-30/2023-03-01",
        "2023-06-30/2023-01-01",
        "٢٠٢٣",
        "2023-6",
        "2023-q1",
        "2023 ",
        "2023-Q1-01",
        "2023-H",
        "2023-06-01",
        "2023/2024",
        "2023-01-01/2023-06-31",
        "2023-01-01/",
        "2023-01-01 2023-06-30",
        "2023\n",
    ],
)
def test_no_periods(text):
    assert period(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "2023-1-2",
        "20230102",
        "2023-W01-1",
        "2023-02-29",
        "02/01/2023",
        "2023-01-02T00:00",
        "",
    ],
)
def test_no_dates(text):
    assert iso_date(text) is None


def test_a_date():
    assert iso_date("2024-02-29") == date(2024, 2, 29)


@given(st.dates())
def test_every_date_reads_back(day):
    assert iso_date(day.isoformat()) == day


@given(st.text(max_size=24))
def test_any_text_is_a_period_or_none(text):
    found = period(text)
    assert found is None or found[0] <= found[1]


@given(st.dates(date(1, 1, 1)), st.dates(date(1, 1, 1)))
def test_every_span(first, last):
    assert period(f"{first}/{last}") == ((first, last) if first <= last else None)


@given(st.integers(1, 9999))
def test_the_parts_of_a_year_make_it_up(year):
    for parts in (
        [f"{year:04}-{month:02}" for month in range(1, 13)],
        [f"{year:04}-Q{at}" for at in range(1, 5)],
        [f"{year:04}-H{at}" for at in (1, 2)],
    ):
        spans = [period(part) for part in parts]
        assert (spans[0][0], spans[-1][1]) == period(f"{year:04}")
        assert all(
            one[1] + timedelta(days=1) == next_[0] for one, next_ in pairwise(spans)
        )
