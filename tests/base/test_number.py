"""The one module that owns numbers, held against Python's own decimals and fractions."""

from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cchc_rules.base import number
from cchc_rules.base.number import NotANumberError

FRACTIONS = st.fractions(max_denominator=10**6)
PLACES = st.integers(0, 6)


class TestPair:
    @given(st.integers(-(10**30) + 1, 10**30 - 1))
    def test_whole_numbers(self, value):
        assert number.pair(value) == (value, 1)

    @given(st.decimals(min_value=-(10**20), max_value=10**20, places=9))
    def test_decimals(self, value):
        assert (
            Fraction(*number.pair(value)) == Fraction(value) == number.fraction(value)
        )

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
        """Thirty digits before the point and thirty behind are read; one more of either is refused."""
        nines = "9" * 30
        for text in (
            nines,
            f"-{nines}",
            f"{nines}.{nines}",
            f"-{nines}.{nines}",
            f"0.{nines}",
        ):
            assert (
                number.fraction(Decimal(text)) == Fraction(text) == number.parse(text)
            )
        for text in (
            f"9{nines}",
            f"-9{nines}",
            f"{nines}.{nines}9",
            f"0.{nines}9",
            f"1{'0' * 30}",
            f"9{nines}.5",
        ):
            with pytest.raises(NotANumberError) as error:
                number.pair(Decimal(text))
            assert error.value.code == "number-too-long"
            with pytest.raises(NotANumberError):
                number.parse(text)
        assert number.pair(10**30 - 1) == (10**30 - 1, 1)
        assert number.pair(1 - 10**30) == (1 - 10**30, 1)

    @pytest.mark.parametrize("text", ["-0", "0", "0.0", "-0.000", "0e5", "0e-30"])
    def test_nought(self, text):
        n, d = number.pair(Decimal(text))
        assert n == 0
        assert d > 0

    @given(st.decimals(allow_nan=True, allow_infinity=True))
    def test_any_decimal_is_exact_or_refused(self, value):
        try:
            n, d = number.pair(value)
        except NotANumberError as error:
            assert error.code == (
                "number-too-long" if value.is_finite() else "not-finite"
            )
            assert (
                not value.is_finite()
                or value.adjusted() >= 30
                or value.as_tuple().exponent < -30
            )
        else:
            assert d > 0
            assert Fraction(n, d) == Fraction(value)

    @given(
        st.one_of(
            st.none(),
            st.booleans(),
            st.floats(),
            st.text(),
            st.binary(),
            st.dates(),
            st.fractions(),
        )
    )
    def test_nothing_else_is_a_number(self, value):
        with pytest.raises(NotANumberError) as error:
            number.pair(value)
        codes = {
            bool: "boolean-for-number",
            float: "float-for-number",
            str: "text-for-number",
        }
        assert error.value.code == codes.get(type(value), "not-a-number")

    def test_the_shortest(self):
        assert number.pair(Decimal("9" * 30)) == (10**30 - 1, 1)
        assert Fraction(*number.pair(Decimal("1e-30"))) == Fraction(1, 10**30)


class TestText:
    @given(st.integers(-(10**12), 10**12), PLACES)
    def test_plain_text_is_read_as_written(self, ticks, places):
        text = number.fixed(ticks, places)
        assert number.parse(text) == Fraction(ticks, 10**places)
        assert Decimal(text) == Decimal(ticks).scaleb(-places)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            " 1",
            "1 ",
            "1e3",
            "+1",
            "1_000",
            "1,5",
            ".5",
            "5.",
            "٣",
            "1/2",
            "NaN",
            "1" * 31,
            "--1",
        ],
    )
    def test_everything_else_is_refused(self, text):
        with pytest.raises(NotANumberError):
            number.parse(text)

    @given(st.text(alphabet="0123456789.-+eE_ ,٣", max_size=12))
    def test_only_plain_decimals_are_read(self, text):
        head, _, tail = text.removeprefix("-").partition(".")
        ascii_digits = set("0123456789")
        well = (
            bool(head)
            and set(head) <= ascii_digits
            and set(tail) <= ascii_digits
            and bool(tail) == ("." in text)
        )
        try:
            value = number.parse(text)
        except NotANumberError as error:
            assert not well
            assert error.code == "not-a-number"
        else:
            assert well
            assert value == Fraction(Decimal(text))

    @given(FRACTIONS)
    def test_what_is_shown_is_near_or_exact(self, value):
        text = number.shown(value)
        assert "/" not in text
        places = number.places(value)
        if places is not None and places <= 30:
            assert Fraction(text) == value
        else:
            assert Fraction(text) == number.round_half_up(value, 4)

    @given(st.integers(-(10**9), 10**9), st.integers(0, 8))
    def test_fixed_has_just_its_places(self, ticks, places):
        text = number.fixed(ticks, places)
        assert text == f"{Decimal(ticks).scaleb(-places):.{places}f}"

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
            ("1e-13", "0.0000000000001"),
        ],
    )
    def test_shown(self, value, shown):
        assert number.shown(Fraction(value)) == shown

    def test_fixed_keeps_its_places(self):
        assert [
            number.fixed(181, 2),
            number.fixed(-5, 2),
            number.fixed(0, 2),
            number.fixed(7, 0),
        ] == [
            "1.81",
            "-0.05",
            "0.00",
            "7",
        ]

    def test_ratio(self):
        assert [number.ratio(Fraction(94, 52)), number.ratio(Fraction(4, 2))] == [
            "47/26",
            "2",
        ]


class TestRounding:
    @given(FRACTIONS, PLACES)
    def test_half_up_away_from_zero(self, value, places):
        rounded = number.round_half_up(value, places)
        unit = Fraction(1, 10**places)
        assert rounded % unit == 0
        distance = abs(rounded - value)
        assert distance < unit / 2 or (
            distance == unit / 2 and abs(rounded) > abs(value)
        )

    @given(st.decimals(min_value=-1000, max_value=1000, places=5), st.integers(0, 4))
    def test_as_decimal_does(self, value, places):
        theirs = value.quantize(
            Decimal(1).scaleb(-places), ROUND_HALF_UP, Context(prec=60)
        )
        assert number.round_half_up(Fraction(value), places) == Fraction(theirs)

    @given(st.integers(-(10**12), 10**12), st.integers(1, 10**6))
    def test_to_a_whole_number(self, numerator, denominator):
        value = Fraction(numerator, denominator)
        expected = int(abs(value) + Fraction(1, 2)) * (1 if numerator >= 0 else -1)
        assert number.half_up(numerator, denominator) == expected
        assert number.half_up(3 * numerator, 3 * denominator) == expected

    @pytest.mark.parametrize(
        ("value", "places", "expected"),
        [
            ("1.425", 2, "1.43"),
            ("-0.125", 2, "-0.13"),
            ("0.5", 0, "1"),
            ("-0.5", 0, "-1"),
            ("2.5", 0, "3"),
            ("1.4249999", 2, "1.42"),
            ("0.004999", 2, "0"),
            ("-0.004", 2, "0"),
        ],
    )
    def test_at_a_tie(self, value, places, expected):
        """Semantics L1."""
        assert number.round_half_up(Fraction(value), places) == Fraction(expected)

    @given(FRACTIONS)
    def test_floor_and_ceiling(self, value):
        low, high = number.floor(value), number.ceiling(value)
        assert low <= value <= high
        assert high - low == (value.denominator != 1)

    @pytest.mark.parametrize(
        ("value", "places"),
        [("1/8", 3), ("3", 0), ("1/20", 2), ("1/3", None), ("7/6", None)],
    )
    def test_places(self, value, places):
        assert number.places(Fraction(value)) == places
