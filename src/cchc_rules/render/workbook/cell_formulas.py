"""From the machine form of a report to formulas of a sheet (Excel 2007 and later, LibreOffice).

A sheet computes with binary digits. Figures are therefore rounded to `GUARD` places before they are
compared or rounded: that takes off what binary digits add, and leaves every tie a tie. An absent
figure has a code above 0 and no figure; a division by zero is an error of the sheet, which
`IFERROR` catches where the semantics say so.

An expression is a list of an operator and its operands, as in Lisp, or a leaf. So
`["*", "2", {"metric": "late"}]` becomes `(2*Figures!$I$7)`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeAlias

from cchc_rules.render.workbook.cells import (
    GUARD,
    LONGEST_FORMULA,
    MOST_OPERANDS,
    NotInSheetError,
    day,
    fits,
    quoted,
)

Expression: TypeAlias = Any
"""JSON data, see the report's `machine`."""

NUMBER = "number"
YES_NO = "yes_no"
DATE = "date"
LEVEL = "level"
REPORTED, WAIVED, NOT_APPLICABLE, MISSING = range(4)
"""The codes of figures; the largest of several is the absence that wins (semantics L6)."""

KINDS = {"yes_no": YES_NO, "date": DATE, "level": LEVEL}
"""The kind of value of a metric's type; all other types are numbers."""

SIGNS = {"==": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
"""The comparisons of an expression as a sheet writes them."""


# A sheet has no types to ask for: a day is a number, and so is yes. Which kind of value an
# expression gives is therefore known here, and decides how two of them are compared.


class LocalName(NamedTuple):
    """A name that only one rule knows, such as its weight: its formula, and its kind of value."""

    formula: str
    kind: str


class FigureAddresses(Protocol):
    """Where the figures stand."""

    def figure(self, metric: str) -> str:
        """Return the address of a metric's figure."""

    def code(self, metric: str) -> str:
        """Return the address of the code of a metric's state."""

    def kind(self, metric: str) -> str:
        """Return the kind of a metric's figure."""

    def holidays(self) -> str:
        """Return the address of the free days; `NotInSheetError` where weekends are worked."""


def rounded(formula: str, places: str | int) -> str:
    """Return a formula rounded half up, away from zero at a tie, as exact figures are.

    >>> rounded("A1", 2)
    'ROUND(ROUND(A1,10),2)'
    """
    return f"ROUND(ROUND({formula},{GUARD}),{places})"


def rounded_as(formula: str, places: int, rounding: Mapping[str, str] | None) -> str:
    """Return a formula rounded as a report says, half up where it says nothing (semantics L8).

    >>> rounded_as("A1", 2, {"mode": "down", "step": "0.25"})
    'ROUND(ROUNDDOWN(ROUND((A1)/0.25,10),0)*0.25,2)'
    """
    if rounding is None:
        return rounded(formula, places)
    step = rounding["step"]
    steps = f"ROUND(({formula})/{step},{GUARD})"
    mode = rounding["mode"]
    whole = f"ROUND({steps},0)"
    if mode == "down":
        whole = f"ROUNDDOWN({steps},0)"
    elif mode == "up":
        whole = f"ROUNDUP({steps},0)"
    elif mode == "half_even":
        # Half of the steps is rounded, then doubled: 2.5 steps are 1.25 pairs, so 1 pair, so 2.
        tie = f"ROUND(ABS({steps}-TRUNC({steps})),{GUARD})=0.5"
        whole = f"IF({tie},2*ROUND({steps}/2,0),{whole})"
    return f"ROUND({whole}*{step},{places})"


def compared(sign: str, left: str, right: str) -> str:
    """Return the comparison of two numbers, by the sign of their difference.

    >>> compared("!=", "A1", "95")
    '(ROUND(A1-95,10)<>0)'
    """
    return f"(ROUND({left}-{right},{GUARD}){SIGNS[sign]}0)"


def largest(codes: Iterable[str]) -> str:
    """Return the formula of the strongest of several absences.

    >>> largest(["0", "A1", "A2", "A1"])
    'MAX(A1,A2)'

    Raises:
        NotInSheetError: there are more than a function of a sheet takes.
    """
    # An expression may read one metric many times: each code counts once, in the order read.
    distinct = list(dict.fromkeys(code for code in codes if code != "0"))
    if len(distinct) > MOST_OPERANDS:
        raise NotInSheetError
    if not distinct:
        return "0"
    if len(distinct) == 1:
        return distinct[0]
    return f"MAX({','.join(distinct)})"


def bounded(formula: str) -> str:
    """Return a part of a formula that is not too long by itself.

    Some operators name an operand twice. Thirty of them in each other would be a text of a gigabyte
    before anybody measured the whole.

    Raises:
        NotInSheetError: it is longer than a formula may be.
    """
    if len(formula) > LONGEST_FORMULA:
        raise NotInSheetError
    return formula


class Translator:
    """Writes expressions as formulas.

    Every formula that it gives is closed: it has brackets or is a call, so that it may be put into
    another without a thought of what binds more strongly.

    `value` is what an expression comes to when every figure is there, `absence` is what stands in
    its way when one is not. Together they make a cell: `IF(absence>0,"",value)`.
    """

    def __init__(
        self, figures: FigureAddresses, names: Mapping[str, LocalName]
    ) -> None:
        self.figures = figures
        self.names = names

    def value(self, expression: Expression) -> str:
        """Return the formula of an expression's value, for figures that are all there.

        Raises:
            NotInSheetError: a sheet cannot compute it.
        """
        # Numbers are texts here, so that no digit is lost on the way through JSON.
        if isinstance(expression, bool):
            return str(int(expression))
        if isinstance(expression, str):
            return _number(expression)
        if isinstance(expression, Mapping):
            return self._leaf(expression)
        operator, *operands = expression
        if operator not in _OPERATORS or len(operands) > MOST_OPERANDS:
            raise NotInSheetError
        return bounded(_OPERATORS[operator](self, operands))

    def _leaf(self, leaf: Mapping[str, str]) -> str:
        ((sort, name),) = leaf.items()
        match sort:
            case "name":
                return self.names[name].formula
            case "metric":
                return self.figures.figure(name)
            case "date":
                return day(name)
            case _:
                return quoted(name)

    def values(self, expressions: Iterable[Expression]) -> list[str]:
        """Return the formulas of several expressions."""
        return [self.value(expression) for expression in expressions]

    def kind(self, expression: Expression) -> str:
        """Return the kind of value that an expression gives."""
        if isinstance(expression, bool):
            return YES_NO
        if isinstance(expression, str):
            return NUMBER
        if isinstance(expression, Mapping):
            return self._leaf_kind(expression)
        operator, *operands = expression
        if operator == "if":
            return self.kind(operands[1])
        return _KIND_GIVEN.get(operator, NUMBER)

    def _leaf_kind(self, leaf: Mapping[str, str]) -> str:
        ((sort, name),) = leaf.items()
        match sort:
            case "name":
                return self.names[name].kind
            case "metric":
                return self.figures.kind(name)
            case "date":
                return DATE
            case _:
                return LEVEL

    def absence(self, expression: Expression) -> str:
        """Return the formula of the absence that stands in an expression's way.

        It is the code of the strongest absence among the metrics that are read, 0 where there is
        none. `first`, `largest_known` and `smallest_known` need only one of their operands.
        """
        if isinstance(expression, Mapping):
            if "metric" in expression:
                return self.figures.code(expression["metric"])
            return "0"
        if not isinstance(expression, Sequence) or isinstance(expression, str):
            return "0"
        operator, *operands = expression
        if operator in _LENIENT:
            return self._lenient_absence(operands)
        return largest(self.absence(operand) for operand in operands)

    def _lenient_absence(self, operands: list[Expression]) -> str:
        """Return the absence where no operand has a value, which nothing else is in the way of.

        Of `first(a, b)` that is `IF(MIN(A,B)=0,0,MAX(A,B))`. An operand that divides by zero has no
        value either: of `first(a, b/c)` it is the strongest code among a, b and c.
        """
        absence = largest(self.absence(operand) for operand in operands)
        states = [self._state(operand) for operand in operands]
        # An operand that reads no metric is always known: then nothing stands in the way.
        if absence == "0" or "0" in states:
            return "0"
        strongest = largest(states)
        formula = f"IF(MIN({','.join(states)})=0,0,{absence})"
        if strongest != absence:
            # A division that is stronger than what is absent makes the value an error, no absence.
            formula = f"IF({absence}<{strongest},0,{formula})"
        return bounded(formula)

    def _state(self, operand: Expression) -> str:
        """Return the formula of an operand's absence, in which a division by zero counts too."""
        absence = self.absence(operand)
        if not _may_fail(operand):
            return absence
        failed = f"IF(ISERROR({self.value(operand)}),{NOT_APPLICABLE},0)"
        if absence == "0":
            return failed
        return bounded(f"IF({absence}>0,{absence},{failed})")

    # Operators

    def sum_of(self, sign: str, operands: list[Expression]) -> str:
        """Return operands joined by a sign."""
        return f"({sign.join(self.values(operands))})"

    def negative(self, operands: list[Expression]) -> str:
        """Return an operand with its sign turned."""
        return f"(-{self.value(operands[0])})"

    def compare(self, sign: str, operands: list[Expression]) -> str:
        """Return a comparison; yes and no are numbers here."""
        left, right = self.values(operands)
        kind = self.kind(operands[0])
        if kind == NUMBER:
            return compared(sign, left, right)
        # Yes is 1 in a cell and TRUE in a condition, and Excel takes TRUE for more than any number.
        as_number = ""
        if kind == YES_NO:
            as_number = "*1"
        return f"({left}{as_number}{SIGNS[sign]}{right}{as_number})"

    def all_of(self, operands: list[Expression]) -> str:
        """Return whether all hold."""
        return self._joined("AND", "1", "IF({},{},FALSE)", operands)

    def any_of(self, operands: list[Expression]) -> str:
        """Return whether any holds."""
        return self._joined("OR", "0", "IF({},TRUE,{})", operands)

    def _joined(
        self, function: str, empty: str, nested: str, operands: list[Expression]
    ) -> str:
        """Return conditions joined by a function, or nested where one of them may fail.

        `AND` and `OR` of a sheet look at every operand, and one division by zero spoils the whole.
        The semantics stop at the first operand that decides, as nested `IF`s do: `b <> 0 and a / b
        > 2` becomes `IF(b<>0,a/b>2,FALSE)`.
        """
        # Plain functions are shorter and flatter, and a sheet allows 64 levels of brackets.
        *first, last = self.values(operands) or [empty]
        if not any(map(_may_fail, operands)):
            return f"{function}({','.join([*first, last])})"
        formula = last
        for operand in reversed(first):
            formula = nested.format(operand, formula)
        return formula

    def choice(self, operands: list[Expression]) -> str:
        """Return one of two, by a condition; the other is not looked at."""
        return f"IF({','.join(self.values(operands))})"

    def call(self, function: str, operands: list[Expression]) -> str:
        """Return a call of a function that a sheet has."""
        return f"{function}({','.join(self.values(operands))})"

    def count(self, operands: list[Expression]) -> str:
        """Return how many are yes."""
        flags = (f"{flag}*1" for flag in self.values(operands))
        return f"({'+'.join(flags)})"

    def half_up(self, operands: list[Expression]) -> str:
        """Return a figure rounded half up to a number of places."""
        # The guard must not round more coarsely than what is asked for.
        figure, places = self.values(operands)
        return f"ROUND(ROUND({figure},MAX({GUARD},{places})),{places})"

    def whole(self, sign: str, operands: list[Expression]) -> str:
        """Return a figure rounded down, or with a minus sign up: −INT(−x).

        `INT` goes towards minus infinity, as the semantics do; `TRUNC` would go towards zero.
        """
        figure = self.value(operands[0])
        return f"({sign}INT(ROUND({sign}{figure},{GUARD})))"

    def first(self, operands: list[Expression]) -> str:
        """Return the first operand that is known."""
        *first, formula = map(self._known, operands)
        for operand in reversed(first):
            formula = f"IFERROR({operand},{formula})"
        return formula

    def largest_known(self, operands: list[Expression]) -> str:
        """Return the largest operand that is known."""
        known = map(self._known, operands)
        figures = [f"IFERROR({operand},{_NOTHING})" for operand in known]
        joined = ",".join(figures)
        most = f"MAX({joined})"
        return f"IF({most}={_NOTHING},NA(),{most})"

    def smallest_known(self, operands: list[Expression]) -> str:
        """Return the smallest operand that is known."""
        known = (f"IFERROR({self._known(operand)},{_BEYOND})" for operand in operands)
        least = f"MIN({','.join(known)})"
        return f"IF({least}={_BEYOND},NA(),{least})"

    def _known(self, operand: Expression) -> str:
        """Return an operand that is an error of the sheet where it is absent."""
        absence = self.absence(operand)
        value = self.value(operand)
        if absence == "0":
            return value
        return f"IF({absence}=0,{value},NA())"

    def days(self, operands: list[Expression]) -> str:
        """Return the days from one date to another."""
        # A day is the number of days since 30 December 1899, so that days are plain differences.
        first, last = self.values(operands)
        return f"({last}-{first})"

    def working_days(self, operands: list[Expression]) -> str:
        """Return a date a number of working days later.

        `WORKDAY` leaves out Saturdays, Sundays and the days of a range, and so does the semantics
        where no weekend is worked.
        """
        start, count = self.values(operands)
        return f"WORKDAY({start},{count},{self.figures.holidays()})"


_NOTHING = "-1E+300"
"""Less than any figure: what `MAX` is given for an operand that is not known."""

_BEYOND = "1E+300"
"""More than any figure: what `MIN` is given for an operand that is not known."""

_LENIENT = ("first", "largest_known", "smallest_known")
"""The operators that need only one of their operands."""

_KIND_GIVEN = {
    **dict.fromkeys((*SIGNS, "not", "and", "or"), YES_NO),
    **dict.fromkeys(("add_days", "add_working_days"), DATE),
}
"""The kind of value that an operator gives; all others give numbers."""

# Operators that take a sign or a name of a function are made from it; the others are methods, which
# the table calls with the translator as their first argument.
OperatorWriter: TypeAlias = Callable[[Translator, list[Expression]], str]


def _signs(sign: str) -> OperatorWriter:
    return lambda translator, operands: translator.sum_of(sign, operands)


def _comparison(sign: str) -> OperatorWriter:
    return lambda translator, operands: translator.compare(sign, operands)


def _function(name: str) -> OperatorWriter:
    return lambda translator, operands: translator.call(name, operands)


_OPERATORS: dict[str, OperatorWriter] = {
    **{sign: _signs(sign) for sign in "+-*/"},
    **{sign: _comparison(sign) for sign in SIGNS},
    **{name: _function(name.upper()) for name in ("min", "max", "abs", "not")},
    "negative": Translator.negative,
    "and": Translator.all_of,
    "or": Translator.any_of,
    "if": Translator.choice,
    "count": Translator.count,
    "first": Translator.first,
    "largest_known": Translator.largest_known,
    "smallest_known": Translator.smallest_known,
    "round_half_up": Translator.half_up,
    "round_down": lambda translator, operands: translator.whole("", operands),
    "round_up": lambda translator, operands: translator.whole("-", operands),
    "days": Translator.days,
    "add_days": _signs("+"),
    "add_working_days": Translator.working_days,
}


def _number(text: str) -> str:
    """Return a number of an expression as a formula has it."""
    if not fits(text):
        raise NotInSheetError
    if text.startswith("-") or "/" in text:
        return f"({text})"
    return text


def _may_fail(expression: Expression) -> bool:
    """Whether a division by zero may lie in an expression."""
    if not isinstance(expression, list):
        return False
    operator, *operands = expression
    # No file divides by a number that is zero: that is refused when it is read.
    if operator == "/" and isinstance(operands[1], str):
        return _may_fail(operands[0])
    return operator in ("/", *_LENIENT) or any(map(_may_fail, operands))
