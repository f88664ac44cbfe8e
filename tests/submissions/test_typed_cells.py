"""What is typed into cells is read once, in one way; each figure worked by hand."""

from decimal import Decimal
from fractions import Fraction

import pytest

from cchc_rules.base.interval import Interval
from cchc_rules.submissions import typed_cells, worksheets
from cchc_rules.submissions.typed_cells import Allowed, TypedText

PERCENT = Allowed(Interval(Fraction(0), Fraction(100)), percent=True)
COUNT = Allowed(Interval(low=Fraction(0)), whole=True)
PRICE = Allowed(Interval(low=Fraction(0)))


@pytest.mark.parametrize(
    ("text", "allowed", "value"),
    [
        ("97.358", PERCENT, "97.358"),  # 97358 % there is not
        ("97,358", PERCENT, "97.358"),
        ("1.212", PERCENT, "1.212"),
        ("96,4 %", PERCENT, "96.4"),
        ("2.791", COUNT, "2791"),  # a count is whole
        ("3,145", COUNT, "3145"),
        ("2 791", COUNT, "2791"),
        ("2.5", COUNT, "2.5"),  # refused later, as a count that is not whole
        ("150.125", PERCENT, "150.125"),  # refused later, as out of range
        ("12.345", Allowed(Interval(high=Fraction(9)), whole=True), "12345"),
    ],
)
def test_type_and_range_decide_what_can_be_decided(text, allowed, value):
    assert typed_cells.number(text, allowed) == Decimal(value)


@pytest.mark.parametrize(
    ("text", "allowed"),
    [("1.212", PRICE), ("97 %", COUNT), ("n/a", PERCENT), ("", PERCENT)],
)
def test_what_stays_open_stays_a_text(text, allowed):
    read = typed_cells.number(text, allowed)
    assert isinstance(read, TypedText)
    assert read == text


@pytest.mark.parametrize(
    ("above", "below", "decided"),
    [
        (900, "1.902", (900, 1902)),  # 900 of 1.902 is no share
        ("1.774", 1902, None),  # 1774 of 1902, or 1.774 of it
        ("1.774", "1.902", None),
        ("x", 1902, None),
        ("1.774", 0, None),
    ],
)
def test_a_share_of_at_most_all_decides(above, below, decided):
    above, below = (
        TypedText(one) if isinstance(one, str) else one for one in (above, below)
    )
    read = typed_cells.share(above, below, at_most_one=True)
    assert read == (decided or (above, below))


def test_a_share_above_all_leaves_it_open():
    pair = (900, TypedText("1.902"))
    assert typed_cells.share(*pair, at_most_one=False) == pair


@pytest.mark.parametrize(
    ("number_format", "percent"),
    [
        ("0%", True),
        ("0.00 %", True),
        ("General", False),
        ('0.00" %"', False),  # only printed behind the number
        (r"0.00\%", False),
        ("[Red]0.0%", True),
    ],
)
def test_formats_that_show_percent(number_format, percent):
    assert typed_cells.shows_percent(number_format) is percent


def test_a_percent_cell_is_what_it_shows():
    assert typed_cells.as_shown(Decimal("0.9735")) == Decimal("97.35")
    assert typed_cells.as_shown(1) == 100
    assert typed_cells.as_shown(True) is True
    assert typed_cells.as_shown("0.97") == "0.97"


@pytest.mark.parametrize(
    ("letters", "column"),
    [("A", 1), ("Z", 26), ("AA", 27), ("AG", 33), ("BB", 54), ("AAA", 703)],
)
def test_columns_beyond_z(letters, column):
    """26 columns have one letter; AG is the seventh of the next 26."""
    assert worksheets.column_number(letters.encode()) == column
