"""Periods, dates, and working days with the public holidays of Viet Nam in 2023, written out by hand."""

from datetime import date, timedelta

import pytest

from cchc_rules.calendar import Calendar, iso_date, known_country, period

TET = [date(2023, 1, day) for day in range(20, 27)]
"""From 20 to 26 January 2023: announcement 4538/TB-BLĐTBXH of 9 November 2022."""

OTHER = [date(2023, 1, 2), date(2023, 5, 1), date(2023, 5, 2), date(2023, 5, 3), date(2023, 9, 1), date(2023, 9, 4)]
"""1 January, the Hùng Kings' day (29 April) and 30 April fell on a weekend and were made up for; 2 September too."""


class TestVietnam2023:
    calendar = Calendar("VN")

    def test_public_holidays_are_not_worked(self):
        worked = [day for day in TET + OTHER if self.calendar.works(day)]
        assert worked == []

    def test_every_other_weekday_is(self):
        days = [date(2023, 1, 1) + timedelta(days=at) for at in range(365)]
        idle = {day for day in days if day.weekday() < 5 and not self.calendar.works(day)}
        assert idle == {day for day in TET + OTHER if day.weekday() < 5}

    @pytest.mark.parametrize(
        ("start", "count", "end"),
        [
            (date(2023, 1, 19), 1, date(2023, 1, 27)),  # Thursday; Tết until Thursday; Friday
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


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2023", date(2023, 1, 1), date(2023, 12, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2023-Q1", date(2023, 1, 1), date(2023, 3, 31)),
        ("2023-Q4", date(2023, 10, 1), date(2023, 12, 31)),
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
    ],
)
def test_no_periods(text):
    assert period(text) is None


@pytest.mark.parametrize(
    "text", ["2023-1-2", "20230102", "2023-W01-1", "2023-02-29", "02/01/2023", "2023-01-02T00:00", ""]
)
def test_no_dates(text):
    assert iso_date(text) is None


def test_a_date():
    assert iso_date("2024-02-29") == date(2024, 2, 29)
