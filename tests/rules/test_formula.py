"""The caged expression language: exact, typed, bounded, and nothing beyond the list."""

import re
import warnings
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cchc_rules.base import number
from cchc_rules.base.calendar import Calendar
from cchc_rules.base.state import NOT_REPORTED, ZERO_DENOMINATOR, Absent, Reason, State
from cchc_rules.rules.formula import FormulaError, FormulaFailedError, parse

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
    return error.value.code, error.value.column, error.value.arguments


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


def loose(depth):
    """Formulas without brackets, so that the precedence of the operators is what decides."""
    leaf = st.sampled_from(["a", "b", "c", "-a", "+b", "2", "0.1", "7.25"])
    if not depth:
        return leaf
    return st.builds("{} {} {}".format, leaf, st.sampled_from("+-*/"), loose(depth - 1))


def truths(depth):
    """Conditions without brackets, over numbers and yes or no."""
    leaf = st.one_of(
        st.sampled_from(["p", "q", "True", "False"]),
        st.builds(
            "{} {} {}".format,
            loose(1),
            st.sampled_from(["<", "<=", ">", ">=", "==", "!="]),
            loose(1),
        ),
        st.builds("{} < {} <= {}".format, loose(0), loose(1), loose(0)),
    )
    leaf = st.one_of(leaf, leaf.map("not {}".format))
    if not depth:
        return leaf
    return st.builds(
        "{} {} {}".format, leaf, st.sampled_from(["and", "or"]), truths(depth - 1)
    )


def by_python(text, **names):
    for literal in ("7.25", "0.1", "2"):
        text = re.sub(
            rf"(?<![\w.]){re.escape(literal)}(?![\w.])", f"F('{literal}')", text
        )
    try:
        return eval(text, {"F": Fraction, **names})
    except ZeroDivisionError:
        return ZERO_DENOMINATOR


class TestArithmetic:
    @given(loose(5), NUMBERS, NUMBERS, NUMBERS)
    def test_operators_bind_as_in_python(self, text, a, b, c):
        assert value(text, a=a, b=b, c=c) == by_python(text, a=a, b=b, c=c)

    @given(truths(3), NUMBERS, NUMBERS, NUMBERS, st.booleans(), st.booleans())
    def test_conditions_bind_as_in_python(self, text, a, b, c, p, q):
        names = {"a": a, "b": b, "c": c, "p": p, "q": q}
        assert value(text, **names) == by_python(text, **names)
        assert value(f"a if {text} else b", **names) == by_python(
            f"a if {text} else b", **names
        )

    @given(st.integers(-(10**6), 10**6), st.integers(0, 9))
    def test_every_literal_is_what_it_says(self, ticks, places):
        text = number.fixed(abs(ticks), places)
        assert value(text) == Fraction(abs(ticks), 10**places)
        assert value(f"a + {text}", a=Fraction(ticks)) == ticks + Fraction(
            abs(ticks), 10**places
        )

    def test_the_longest_literals(self):
        nines = "9" * 30
        assert value(f"{nines}.{nines}") == Fraction(f"{nines}.{nines}")
        assert value("0.1 * 3 - 0.3") == 0
        assert value("1 / 3 * 3") == 1

    @given(
        st.lists(
            st.one_of(NUMBERS, st.sampled_from([NOT_REPORTED, WAIVED, GONE])),
            min_size=3,
            max_size=3,
        )
    )
    def test_functions_that_look_past(self, figures):
        """Semantics L6: all absent, the strongest; else the first, or the largest, that is there."""
        names = dict(zip("abc", figures, strict=True))
        known = [figure for figure in figures if isinstance(figure, Fraction)]
        gone = [figure for figure in figures if not isinstance(figure, Fraction)]
        strongest = next(
            (one for one in (NOT_REPORTED, GONE, WAIVED) if one in gone), None
        )
        assert value("first(a, b, c)", **names) == (known[0] if known else strongest)
        assert value("largest_known(a, b, c)", **names) == (
            max(known) if known else strongest
        )
        assert value("smallest_known(a, b, c)", **names) == (
            min(known) if known else strongest
        )
        assert value("max(a, b, c)", **names) == (strongest or max(known))
        assert value("min(a, b, c)", **names) == (strongest or min(known))
        assert value("a + first(b, c)", **names) == by_hand(figures)

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
            ("smallest_known(b, a, 5)", 3),
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


def by_hand(figures):
    """What `a + first(b, c)` is."""
    a, b, c = figures
    rest = next((one for one in (b, c) if isinstance(one, Fraction)), None)
    gone = [
        one
        for one in ([a] if rest is not None else [a, b, c])
        if not isinstance(one, Fraction)
    ]
    strongest = next((one for one in (NOT_REPORTED, GONE, WAIVED) if one in gone), None)
    return strongest or a + rest


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
    @pytest.mark.parametrize(
        "text",
        ["a + b", "max(a, b)", "a if b > 0 else 1", "1 if a > 0 else b", "0 * a + b"],
    )
    def test_the_strongest_wins(self, text, a, b, found):
        assert value(text, a=a, b=b) == found
        assert parse(text, TYPES).absence({"a": a, "b": b}) == found

    def test_looking_past_an_absence(self):
        assert value("first(a, b)", a=NOT_REPORTED, b=Fraction(2)) == 2
        assert (
            value(
                "largest_known(a, b, c)", a=NOT_REPORTED, b=Fraction(2), c=Fraction(1)
            )
            == 2
        )
        assert value("first(a, b)", a=WAIVED, b=NOT_REPORTED) == NOT_REPORTED
        assert value("first(1 / a, b)", a=Fraction(0), b=Fraction(2)) == 2
        assert value("first(1 / a)", a=Fraction(0)) == ZERO_DENOMINATOR

    def test_the_fallback_is_named(self):
        formula = parse("first(a, b + 1)", TYPES)
        assert formula.trace({"a": NOT_REPORTED, "b": Fraction(2)}) == (3, ["b + 1"])
        assert formula.trace({"a": Fraction(1), "b": Fraction(2)}) == (1, [])

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("min(1 / b, 2)", ZERO_DENOMINATOR),
            ("1 if p else 1 / b", 1),
            ("1 / b if p else 1", ZERO_DENOMINATOR),
            ("1 if p or 1 / b > 1 else 0", 1),
            ("1 if p and 1 / b > 1 else 0", ZERO_DENOMINATOR),
            ("first(first(1 / b, 2 / b), 3)", 3),
            ("first(1 / b, 2 / b)", ZERO_DENOMINATOR),
            ("largest_known(1 / b, -2)", -2),
            ("smallest_known(1 / b, 7, 2)", 2),
            ("0 / b", ZERO_DENOMINATOR),
            ("b / 5", 0),
        ],
    )
    def test_a_zero_below_only_where_it_is_reached(self, text, expected):
        assert value(text, b=Fraction(0), p=True) == expected

    def test_fallbacks_of_fallbacks(self):
        formula = parse("first(a, first(b, c), 7)", TYPES)
        assert formula.trace({"a": NOT_REPORTED, "b": WAIVED, "c": Fraction(2)}) == (
            2,
            ["c", "first(b, c)"],
        )
        assert formula.trace({"a": NOT_REPORTED, "b": WAIVED, "c": GONE}) == (7, ["7"])
        assert formula.absence({"a": NOT_REPORTED, "b": WAIVED, "c": GONE}) is None

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
            ("\uff41 + a", "formula-unknown-name", 1),
            ("ab\u017f(a)", "formula-unknown-function", 1),
            ("\u0430 + 1", "formula-unknown-name", 1),
            ("1 if k == 'tốt' else zz", "formula-unknown-name", 22),
            ("1 if k == 'đã rà soát' else p", "formula-type", 29),
            ("1 if k == 'tốt' else a[0]", "formula-not-allowed", 22),
            ("a if k == 'tốt' else (b if p else q)", "formula-type", 35),
            ("min(a,\n    zz)", "formula-unknown-name", 5),
            ("abs(abs)", "formula-unknown-name", 5),
            ("min + 1", "formula-unknown-name", 1),
            ("d + 1", "formula-type", 1),
            ("d - e", "formula-type", 1),
            ("max(d, e)", "formula-type", 5),
            ("min('a', 'b')", "formula-type", 5),
            ("first(p, q)", "formula-type", 7),
            ("count(a > 1, b)", "formula-type", 14),
            ("a == True", "formula-type", 6),
            ("True == 1", "formula-type", 9),
            ("a if a > b else d", "formula-type", 17),
            ("a < b == p", "formula-type", 10),
            ("round_half_up(a)", "formula-arguments", 1),
            ("days(d)", "formula-arguments", 1),
            ("first()", "formula-arguments", 1),
            ("largest_known()", "formula-arguments", 1),
            ("count()", "formula-arguments", 1),
            ("min(a, b)(a)", "formula-unknown-function", 1),
            ("r'x' == k", "formula-not-allowed", 1),
            ("a @ b", "formula-not-allowed", 1),
            ("a << b", "formula-not-allowed", 1),
            ("a | b", "formula-not-allowed", 1),
            ("a not in b", "formula-not-allowed", 1),
            ("d == e == a", "formula-type", 11),
            ("0.1" + "0" * 30, "formula-not-allowed", 1),
            (".5", "formula-not-allowed", 1),
            ("5.", "formula-not-allowed", 1),
        ],
    )
    def test_with_code_and_column(self, text, code, column):
        found = refusal(text)
        assert found[0] == code
        assert (
            found[1] == column or code == "formula-syntax"
        )  # where Python sees the fault differs by version

    def test_the_nearest_name_is_offered(self):
        with pytest.raises(FormulaError) as error:
            parse("on_tme + 1", {"on_time": "number"})
        assert error.value.arguments["nearest"] == "on_time"
        assert refusal("mix(a)")[2]["nearest"] in ("min", "max")

    @pytest.mark.parametrize(
        "text", ["(" * 400 + "a" + ")" * 50, "(" * 200 + "a" + ")" * 200]
    )
    def test_brackets_without_end(self, text):
        try:
            parse(text, TYPES)
        except FormulaError as error:
            assert error.code in ("formula-syntax", "formula-too-long")

    @pytest.mark.parametrize(
        ("text", "names"),
        [
            (" * ".join("a" * 25), {"a": Fraction(10**300, 7**200)}),
            ("round_half_up(a, b)", {"a": Fraction(1), "b": Fraction(1, 2)}),
            ("round_half_up(a, b)", {"a": Fraction(1), "b": Fraction(13)}),
            ("round_half_up(a, b)", {"a": Fraction(1234), "b": Fraction(-1)}),
            ("days(d, add_days(d, a))", {"d": date(2023, 1, 1), "a": Fraction(36601)}),
            (
                "days(d, add_working_days(d, a))",
                {"d": date(2023, 1, 1), "a": Fraction(3661)},
            ),
            (
                "days(d, add_working_days(d, a))",
                {"d": date(1, 1, 3), "a": Fraction(-100)},
            ),
            (
                "days(d, add_working_days(d, a))",
                {"d": date(2023, 1, 1), "a": Fraction(1, 3)},
            ),
            ("days(d, add_days(d, a))", {"d": date(2023, 1, 1), "a": Fraction(1, 2)}),
            ("days(d, add_days(d, a))", {"d": date(2023, 1, 1), "a": Fraction(10**9)}),
            ("days(d, add_days(d, a))", {"d": date(9999, 12, 30), "a": Fraction(2)}),
            (
                "days(d, add_working_days(d, a))",
                {"d": date(9999, 12, 30), "a": Fraction(100)},
            ),
        ],
    )
    def test_figures_outside_their_bounds(self, text, names):
        with pytest.raises(FormulaFailedError):
            value(text, **names)

    def test_just_inside_the_bounds(self):
        assert value("add_days(d, 36600)", d=date(2023, 1, 1)) == date(2123, 3, 18)
        assert value("add_days(d, -36600)", d=date(2123, 3, 18)) == date(2023, 1, 1)
        assert value("round_half_up(a, 12)", a=Fraction(1, 3)) == Fraction(
            "0.333333333333"
        )
        assert value("add_working_days(d, -3660)", d=date(2023, 1, 1)) < date(
            2009, 1, 1
        )
        assert parse(" + ".join("a" * 30), TYPES).names == ("a",)
        assert parse("a" + " " * 498 + "\n", TYPES).evaluate({"a": Fraction(1)}) == 1
        assert refusal(" + ".join("a" * 31))[0] == "formula-too-deep"

    @pytest.mark.parametrize(
        "text", ["1if p else 2", "'\\d' == k", "a # and nothing else", "5if p else 6"]
    )
    def test_nothing_is_said_beside(self, text):
        """Where Python itself would warn of a text, it is refused, or read in silence."""
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            try:
                parse(text, TYPES)
            except FormulaError as error:
                assert error.code == "formula-syntax"
        assert said == []

    def test_a_name_in_another_normal_form_is_offered_the_right_one(self):
        with pytest.raises(FormulaError) as error:
            parse("tie\u0302\u0300n + 1", {"tiền": "number"})
        assert error.value.code == "formula-unknown-name"

    def test_levels_are_compared_in_one_normal_form(self):
        assert value("1 if k == 'to\u0302\u0301t' else 0", k="tốt") == 1

    def test_blanks_around_and_lines_within(self):
        assert value(" (a +\n 1) ", a=Fraction(1)) == 2
        assert value("a * (\n0.5\n+ 0.25)", a=Fraction(4)) == 3
