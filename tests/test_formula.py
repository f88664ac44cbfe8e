"""The caged expression language: exact, typed, bounded, and nothing beyond the list."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cchc_rules.calendar import Calendar
from cchc_rules.formula import FormulaError, FormulaFailedError, parse
from cchc_rules.state import NOT_REPORTED, ZERO_DENOMINATOR, Absent, Reason, State

TYPES = {
    "a": "number",
    "b": "number",
    "c": "number",
    "p": "yes_no",
    "q": "yes_no",
    "d": "date",
    "e": "date",
    "k": "level",
}
WAIVED = Absent(State.WAIVED, Reason.WAIVED, "thí điểm")
GONE = Absent(State.NOT_APPLICABLE, Reason.NOT_APPLICABLE, "không có")
NUMBERS = st.fractions(min_value=-50, max_value=50, max_denominator=20)


def value(text, **names):
    return parse(text, TYPES, Calendar()).evaluate(names)


def refusal(text):
    with pytest.raises(FormulaError) as error:
        parse(text, TYPES, Calendar())
    return error.value.code, error.value.column, error.value.places


def tree(depth):
    """Formulas as text, with Python's own reading of them over fractions as the oracle."""
    leaf = st.sampled_from(["a", "b", "c", "2", "0.1", "7.25"])
    if not depth:
        return leaf
    below = tree(depth - 1)
    return st.one_of(
        leaf,
        st.builds("({} {} {})".format, below, st.sampled_from("+-*"), below),
        st.builds("{} {} {}".format, leaf, st.sampled_from("+-*"), leaf),
        st.builds("min({}, {})".format, below, below),
        st.builds("max({}, {}, 1)".format, below, below),
        st.builds("abs(-{})".format, below),
        st.builds("({} if {} <= {} else {})".format, below, below, below, below),
    )


class TestArithmetic:
    @given(tree(3), NUMBERS, NUMBERS, NUMBERS)
    def test_as_python_does_over_fractions(self, text, a, b, c):
        oracle = text
        for literal in ("7.25", "0.1"):
            oracle = oracle.replace(literal, f"F('{literal}')")
        expected = eval(oracle, {"F": Fraction, "a": a, "b": b, "c": c})
        assert value(text, a=a, b=b, c=c) == expected

    def test_literals_are_exact(self):
        assert value("0.1 + 0.2") == Fraction(3, 10)
        assert value("1.10 * 3") == Fraction(33, 10)

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("2 + 3 * 4", 14),
            ("-2 - -3", 1),
            ("+5", 5),
            ("7 / 2", Fraction(7, 2)),
            ("round_half_up(2.675, 2)", Fraction(268, 100)),
            ("round_half_up(-0.5, 0)", -1),
            ("round_down(2.9)", 2),
            ("round_down(-2.1)", -3),
            ("round_up(2.1)", 3),
            ("days(d, e)", 10),
            ("count(p, q, p)", 2),
            ("1 if p and not q else 2", 1),
            ("1 if p or q else 2", 1),
            ("1 if 1 < 2 <= 2 < 3 else 0", 1),
            ("1 if 3 > 2 >= 2 != 1 else 0", 1),
            ("1 if d == e else 0", 0),
            ("1 if k == 'tốt' else 0", 1),
            ('1 if k != "kém" else 0', 1),
            ("1 if True else 0", 1),
            ("first(a, b)", 3),
            ("largest_known(a, b, 5)", 5),
        ],
    )
    def test_every_operator_and_function(self, text, expected):
        names = {"a": Fraction(3), "b": Fraction(4), "p": True, "q": False, "k": "tốt"}
        assert value(text, **names, d=date(2023, 1, 1), e=date(2023, 1, 11)) == expected

    def test_dates(self):
        assert value("add_days(d, 30)", d=date(2023, 1, 1)) == date(2023, 1, 31)
        assert value("add_working_days(d, 5)", d=date(2023, 3, 3)) == date(2023, 3, 10)
        vietnam = parse("add_working_days(d, 1)", TYPES, Calendar("VN"))
        assert vietnam.evaluate({"d": date(2023, 1, 19)}) == date(2023, 1, 27)


class TestAbsence:
    """Semantics L6: over several absences the first of missing, not applicable, waived."""

    @pytest.mark.parametrize(
        ("a", "b", "found"),
        [
            (NOT_REPORTED, Fraction(1), NOT_REPORTED),
            (WAIVED, NOT_REPORTED, NOT_REPORTED),
            (WAIVED, GONE, GONE),
            (Fraction(1), WAIVED, WAIVED),
        ],
    )
    @pytest.mark.parametrize("text", ["a + b", "max(a, b)", "a if b > 0 else 1", "1 if a > 0 else b", "0 * a + b"])
    def test_the_strongest_wins(self, text, a, b, found):
        assert value(text, a=a, b=b) == found
        assert parse(text, TYPES).absence({"a": a, "b": b}) == found

    def test_looking_past_an_absence(self):
        assert value("first(a, b)", a=NOT_REPORTED, b=Fraction(2)) == 2
        assert value("largest_known(a, b, c)", a=NOT_REPORTED, b=Fraction(2), c=Fraction(1)) == 2
        assert value("first(a, b)", a=WAIVED, b=NOT_REPORTED) == NOT_REPORTED
        assert value("first(1 / a, b)", a=Fraction(0), b=Fraction(2)) == 2
        assert value("first(1 / a)", a=Fraction(0)) == ZERO_DENOMINATOR

    def test_the_fallback_is_named(self):
        formula = parse("first(a, b + 1)", TYPES)
        assert formula.trace({"a": NOT_REPORTED, "b": Fraction(2)}) == (3, ["b + 1"])
        assert formula.trace({"a": Fraction(1), "b": Fraction(2)}) == (1, [])

    def test_division_by_zero_is_not_applicable(self):
        assert value("a / b", a=Fraction(1), b=Fraction(0)) == ZERO_DENOMINATOR


class TestRefused:
    @pytest.mark.parametrize(
        ("text", "code", "column"),
        [
            ("", "formula-syntax", 1),
            ("a +", "formula-syntax", 1),
            ("a b", "formula-syntax", 1),
            ("a; b", "formula-syntax", 1),
            ("a = b", "formula-syntax", 1),
            ("a\0", "formula-syntax", 1),
            ("a + on_time", "formula-unknown-name", 5),
            ("sum(a, b)", "formula-unknown-function", 1),
            ("__import__('os')", "formula-unknown-function", 1),
            ("a.real", "formula-not-allowed", 1),
            ("().__class__", "formula-not-allowed", 1),
            ("a ** b", "formula-not-allowed", 1),
            ("a % b", "formula-not-allowed", 1),
            ("a // b", "formula-not-allowed", 1),
            ("~a", "formula-not-allowed", 1),
            ("a[0]", "formula-not-allowed", 1),
            ("[a, b]", "formula-not-allowed", 1),
            ("{a: b}", "formula-not-allowed", 1),
            ("(a, b)", "formula-not-allowed", 1),
            ("lambda: a", "formula-not-allowed", 1),
            ("[x for x in a]", "formula-not-allowed", 1),
            ("(y := a)", "formula-not-allowed", 2),
            ("f'{a}'", "formula-not-allowed", 1),
            ("await a", "formula-not-allowed", 1),
            ("a in b", "formula-not-allowed", 1),
            ("a is b", "formula-not-allowed", 1),
            ("p < q", "formula-not-allowed", 1),
            ("k < 'tốt'", "formula-not-allowed", 1),
            ("1j", "formula-not-allowed", 1),
            ("None", "formula-not-allowed", 1),
            ("...", "formula-not-allowed", 1),
            ("b'x'", "formula-not-allowed", 1),
            ("0x10", "formula-not-allowed", 1),
            ("1e3", "formula-not-allowed", 1),
            ("1_000", "formula-not-allowed", 1),
            ("9" * 31, "formula-not-allowed", 1),
            ("a + p", "formula-type", 5),
            ("a and b", "formula-type", 1),
            ("not a", "formula-type", 5),
            ("-p", "formula-type", 2),
            ("a == 'x'", "formula-type", 6),
            ("1 if a else 2", "formula-type", 6),
            ("1 if p else q", "formula-type", 13),
            ("days(a, d)", "formula-type", 6),
            ("'a' * 1000000000", "formula-type", 1),
            ("abs(a, b)", "formula-arguments", 1),
            ("min()", "formula-arguments", 1),
            ("min(a, key=b)", "formula-arguments", 1),
            ("min(*a)", "formula-not-allowed", 5),
            ("a + " * 200 + "a", "formula-too-long", 1),
            ("-" * 40 + "a", "formula-too-deep", 31),
            ("\uff41 + 1", "formula-unknown-name", 1),
        ],
    )
    def test_with_code_and_column(self, text, code, column):
        found = refusal(text)
        assert found[0] == code
        assert found[1] == column or code == "formula-syntax"  # where Python sees the fault differs by version

    def test_the_nearest_name_is_offered(self):
        with pytest.raises(FormulaError) as error:
            parse("on_tme + 1", {"on_time": "number"})
        assert error.value.places["nearest"] == "on_time"
        assert refusal("mix(a)")[2]["nearest"] in ("min", "max")

    @pytest.mark.parametrize("text", ["(" * 400 + "a" + ")" * 50, "(" * 200 + "a" + ")" * 200])
    def test_brackets_without_end(self, text):
        try:
            parse(text, TYPES)
        except FormulaError as error:
            assert error.code in ("formula-syntax", "formula-too-long")

    @pytest.mark.parametrize(
        ("text", "names"),
        [
            (" * ".join("a" * 25), {"a": Fraction(10**300, 7**200)}),
            ("round_half_up(a, 0.5)", {"a": Fraction(1)}),
            ("round_half_up(a, 99)", {"a": Fraction(1)}),
            ("days(d, add_days(d, a))", {"d": date(2023, 1, 1), "a": Fraction(1, 2)}),
            ("days(d, add_days(d, a))", {"d": date(2023, 1, 1), "a": Fraction(10**9)}),
            ("days(d, add_days(d, a))", {"d": date(9999, 12, 31), "a": Fraction(1)}),
            ("days(d, add_working_days(d, a))", {"d": date(9999, 12, 30), "a": Fraction(100)}),
        ],
    )
    def test_figures_that_outgrow_their_bounds(self, text, names):
        with pytest.raises(FormulaFailedError):
            value(text, **names)
