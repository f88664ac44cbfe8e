"""Values as people write them, each worked by hand."""

from datetime import date
from decimal import Decimal
from unicodedata import normalize

import pytest

from cchc_rules.base import written_values
from cchc_rules.base.written_values import (
    readings,
    refusal,
    suggestion,
    unquoted,
    yes_no,
)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("12", ["12"]),
        ("-12,5", ["-12.5"]),
        ("−12.5", ["-12.5"]),
        ("1.212,50", ["1212.5"]),
        ("1,212.50", ["1212.5"]),
        ("1.003.145", ["1003145"]),
        ("1,003,145", ["1003145"]),
        ("3 145", ["3145"]),
        ("3\u00a0145,250", ["3145.25"]),
        ("0,125", ["0.125"]),
        ("1234,567", ["1234.567"]),
        ("1.212", ["1212", "1.212"]),
        ("12,345", ["12345", "12.345"]),
        ("96.125", ["96125", "96.125"]),
        ("1.2120", ["1.212"]),
        ("12.34.567", []),
        ("1.21,5.6", []),
        ("1 21", []),
        ("٣", []),
        ("-", []),
        ("", []),
        ("9" * 61, []),
    ],
)
def test_readings(text, numbers):
    assert [*readings(text)] == [Decimal(one) for one in numbers]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("97,5", "97.5"),
        ("1.212", "1212 / 1.2120"),
        ("95 %", "95"),
        ("95\u00a0%", "95"),
        ("12.50", "12.5"),
        ("1.212.000", "1212000"),
        ("x", ""),
        ("1,2,3", ""),
        ("#DIV/0!", ""),
    ],
)
def test_what_a_text_may_have_meant(text, hint):
    assert suggestion(text) == hint
    for one in filter(None, hint.split(" / ")):
        assert len(readings(one)) == 1, "a hint that is followed is read"


def test_no_figure_is_offered_where_none_was_written():
    assert refusal("text-for-number", "n/a") == ("not-a-number", {"given": "n/a"})
    assert refusal("boolean-for-number", True) == (
        "boolean-for-number",
        {"given": "true"},
    )


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (normalize("NFD", "Có"), True),
        (normalize("NFD", "KHÔNG"), False),
        (" yes\u00a0", True),
        ("đã làm", "đã làm"),
    ],
)
def test_yes_and_no(text, answer):
    assert yes_no(text) == answer


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("31/12/2023", date(2023, 12, 31)),
        (" 1-6-2023 ", date(2023, 6, 1)),
        ("2023-12-31", date(2023, 12, 31)),
        ("5/31/2024", "5/31/2024"),
        ("31/12/9999", date(9999, 12, 31)),
    ],
)
def test_days(text, day):
    assert written_values.day(text) == day


@pytest.mark.parametrize(
    ("text", "sort", "value"),
    [
        ("2024-12-31", "date", "2024-12-31"),
        ("31/12/2024", "date", "2024-12-31"),
        ("soon", "date", ""),
        ("true", "yes_no", "true"),
        ("Không", "yes_no", "false"),
        ("maybe", "yes_no", ""),
        ("90", "number", "90"),
        ("much", "number", ""),
    ],
)
def test_values_in_quotation_marks(text, sort, value):
    assert unquoted(text, sort) == value
