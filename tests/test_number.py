"""The one module that owns numbers, held against Python's own decimals and fractions."""

from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cchc_rules import number
from cchc_rules.number import NotANumberError

FRACTIONS = st.fractions(max_denominator=10**6)
PLACES = st.integers(0, 6)


class TestPair:
    @given(st.integers(-(10**30) + 1, 10**30 - 1))
    def test_whole_numbers(self, value):
        assert number.pair(value) == (value, 1)

    @given(st.decimals(min_value=-(10**20), max_value=10**20, places=9))
    def test_decimals(self, value):
        assert Fraction(*number.pair(value)) == Fraction(value) == number.fraction(value)

    @pytest.mark.parametrize(
        ("value", "code"),
        [
            (True, "boolean-for-number"),
            (1.0, "float-for-number"),
            ("1", "text-for-number"),
            (None, "not-a-number"),
            (Fraction(1, 2), "not-a-number"),
            ([1], "not-a-number"),
            (Decimal("NaN"), "not-finite"),
            (Decimal("Infinity"), "not-finite"),
            (10**30, "number-too-long"),
            (-(10**30), "number-too-long"),
            (Decimal("1e30"), "number-too-long"),
            (Decimal("1e-31"), "number-too-long"),
            (Decimal("1e999999"), "number-too-long"),
        ],
        ids=repr,
    )
    def test_refused(self, value, code):
        with pytest.raises(NotANumberError) as error:
            number.pair(value)
        assert error.value.code == code

    def test_the_longest(self):
        assert number.pair(Decimal("9" * 30)) == (10**30 - 1, 1)
        assert Fraction(*number.pair(Decimal("1e-30"))) == Fraction(1, 10**30)


class TestText:
    @given(st.integers(-(10**12), 10**12), PLACES)
    def test_plain_text_is_read_as_written(self, ticks, places):
        text = number.fixed(ticks, places)
        assert number.parse(text) == Fraction(ticks, 10**places)
        assert Decimal(text) == Decimal(ticks).scaleb(-places)

    @pytest.mark.parametrize(
        "text", ["", " 1", "1 ", "1e3", "+1", "1_000", "1,5", ".5", "5.", "٣", "1/2", "NaN", "1" * 31, "--1"]
    )
    def test_everything_else_is_refused(self, text):
        with pytest.raises(NotANumberError):
            number.parse(text)

    @given(FRACTIONS)
    def test_plain_reads_back(self, value):
        text = number.plain(value)
        assert Fraction(text) == value
        assert ("/" in text) == (number.places(value) is None)

    @pytest.mark.parametrize(
        ("value", "shown"),
        [
            ("1/3", "0.3333"),
            ("2/3", "0.6667"),
            ("1/8", "0.125"),
            ("12.50", "12.5"),
            ("-1/3", "-0.3333"),
            ("1e-13", "0"),
        ],
    )
    def test_shown(self, value, shown):
        assert number.shown(Fraction(value)) == shown

    def test_fixed_keeps_its_places(self):
        assert [number.fixed(181, 2), number.fixed(-5, 2), number.fixed(0, 2), number.fixed(7, 0)] == [
            "1.81",
            "-0.05",
            "0.00",
            "7",
        ]

    def test_ratio(self):
        assert [number.ratio(Fraction(94, 52)), number.ratio(Fraction(4, 2))] == ["47/26", "2"]


class TestRounding:
    @given(FRACTIONS, PLACES)
    def test_half_up_away_from_zero(self, value, places):
        rounded = number.round_half_up(value, places)
        unit = Fraction(1, 10**places)
        assert rounded % unit == 0
        distance = abs(rounded - value)
        assert distance < unit / 2 or (distance == unit / 2 and abs(rounded) > abs(value))

    @given(st.decimals(min_value=-1000, max_value=1000, places=5), st.integers(0, 4))
    def test_as_decimal_does(self, value, places):
        theirs = value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, Context(prec=60))
        assert number.round_half_up(Fraction(value), places) == Fraction(theirs)

    @given(FRACTIONS)
    def test_floor_and_ceiling(self, value):
        low, high = number.floor(value), number.ceiling(value)
        assert low <= value <= high
        assert high - low == (value.denominator != 1)

    @pytest.mark.parametrize(("value", "places"), [("1/8", 3), ("3", 0), ("1/20", 2), ("1/3", None), ("7/6", None)])
    def test_places(self, value, places):
        assert number.places(Fraction(value)) == places


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("97,5", "97.5"),
        ("1.212", "1212 / 1.212"),
        ("1.212,5", "1212.5"),
        ("95 %", "95"),
        ("x", "97.5"),
        ("1,2,3", "97.5"),
    ],
)
def test_what_a_text_may_have_meant(text, hint):
    assert number.suggestion(text) == hint
