"""From the machine form of a report to formulas of a sheet (Excel 2007 and later, LibreOffice).

A sheet computes with binary digits. Figures are therefore rounded to `GUARD` places before they are
compared or rounded: that takes off what binary digits add, and leaves every tie a tie. An absent
figure has a code above 0 and no figure; a division by zero is an error of the sheet, which
`IFERROR` catches where the semantics say so.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeAlias

from cchc_rules.render.workbook.cells import (
    GUARD,
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


class Own(NamedTuple):
    """One of a rule's own names: what it is in a formula, and its kind."""

    formula: str
    kind: str


class Figures(Protocol):
    """Where the figures stand."""

    def figure(self, metric: str) -> str:
        """Return the address of a metric's figure."""

    def code(self, metric: str) -> str:
        """Return the address of a metric's code."""

    def kind(self, metric: str) -> str:
        """Return the kind of a metric's figure."""

    def holidays(self) -> str:
        """Return the address of the free days; `NotInSheetError` where weekends are worked."""


def rounded(formula: str, places: str | int) -> str:
    """Return a figure rounded half up, away from zero at a tie, as exact figures are."""
    return f"ROUND(ROUND({formula},{GUARD}),{places})"


def compared(sign: str, left: str, right: str) -> str:
    """Return the comparison of two numbers."""
    return f"(ROUND({left}-{right},{GUARD}){SIGNS[sign]}0)"


SIGNS = {"==": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


def largest(codes: Iterable[str]) -> str:
    """Return the strongest of several absences."""
    found = list(dict.fromkeys(code for code in codes if code != "0"))
    if len(found) > MOST_OPERANDS:
        raise NotInSheetError
    return f"MAX({','.join(found)})" if len(found) > 1 else "".join(found) or "0"


class Translator:
    """Writes expressions as formulas."""

    def __init__(self, figures: Figures, own: Mapping[str, Own]) -> None:
        self.figures = figures
        self.own = own

    def value(self, expression: Expression) -> str:
        """Return the formula of an expression's value, for figures that are all there."""
        if isinstance(expression, bool):
            return str(int(expression))
        if isinstance(expression, str):
            return _number(expression)
        if isinstance(expression, Mapping):
            return self._leaf(expression)
        operator, *operands = expression
        if operator not in _OPERATORS or len(operands) > MOST_OPERANDS:
            raise NotInSheetError
        return _OPERATORS[operator](self, operands)

    def _leaf(self, leaf: Mapping[str, str]) -> str:
        ((sort, name),) = leaf.items()
        match sort:
            case "name":
                return self.own[name].formula
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
        """Return what an expression gives."""
        if isinstance(expression, bool):
            return YES_NO
        if isinstance(expression, str):
            return NUMBER
        if isinstance(expression, Mapping):
            ((sort, name),) = expression.items()
            if sort == "name":
                return self.own[name].kind
            return (
                self.figures.kind(name)
                if sort == "metric"
                else {"date": DATE, "text": LEVEL}[sort]
            )
        operator, *operands = expression
        if operator == "if":
            return self.kind(operands[1])
        return _GIVES.get(operator, NUMBER)

    def absence(self, expression: Expression) -> str:
        """Return the formula of the absence that stands in an expression's way, 0 where there is
        none.
        """
        if isinstance(expression, Mapping):
            return (
                self.figures.code(expression["metric"])
                if "metric" in expression
                else "0"
            )
        if not isinstance(expression, Sequence) or isinstance(expression, str):
            return "0"
        codes = [self.absence(operand) for operand in expression[1:]]
        if expression[0] not in _LENIENT:
            return largest(codes)
        return (
            "0" if "0" in codes else f"IF(MIN({','.join(codes)})=0,0,{largest(codes)})"
        )

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
        one = "*1" if kind == YES_NO else ""
        return f"({left}{one}{SIGNS[sign]}{right}{one})"

    def all_of(self, operands: list[Expression]) -> str:
        """Return whether all hold; one that may fail is not looked at where one before it is false."""
        return self._joined("AND", "1", "IF({},{},FALSE)", operands)

    def any_of(self, operands: list[Expression]) -> str:
        """Return whether any holds; one that may fail is not looked at where one before it is true."""
        return self._joined("OR", "0", "IF({},TRUE,{})", operands)

    def _joined(
        self, function: str, none: str, nested: str, operands: list[Expression]
    ) -> str:
        *first, last = self.values(operands) or [none]
        if not any(map(_may_fail, operands)):
            return f"{function}({','.join([*first, last])})"
        for operand in reversed(first):
            last = nested.format(operand, last)
        return last

    def choice(self, operands: list[Expression]) -> str:
        """Return one of two, by a condition; the other is not looked at."""
        return f"IF({','.join(self.values(operands))})"

    def call(self, function: str, operands: list[Expression]) -> str:
        """Return a call of a function that a sheet has."""
        return f"{function}({','.join(self.values(operands))})"

    def count(self, operands: list[Expression]) -> str:
        """Return how many are yes."""
        return f"({'+'.join(f'{flag}*1' for flag in self.values(operands))})"

    def half_up(self, operands: list[Expression]) -> str:
        """Return a figure rounded half up to so many places."""
        figure, places = self.values(operands)
        return f"ROUND(ROUND({figure},MAX({GUARD},{places})),{places})"

    def whole(self, sign: str, operands: list[Expression]) -> str:
        """Return a figure rounded down, or with a minus sign up."""
        return f"({sign}INT(ROUND({sign}{self.value(operands[0])},{GUARD})))"

    def first(self, operands: list[Expression]) -> str:
        """Return the first operand that is known."""
        *first, last = [self._known(operand) for operand in operands]
        for operand in reversed(first):
            last = f"IFERROR({operand},{last})"
        return last

    def largest_known(self, operands: list[Expression]) -> str:
        """Return the largest operand that is known."""
        most = f"MAX({','.join(f'IFERROR({self._known(operand)},{_NOTHING})' for operand in operands)})"
        return f"IF({most}={_NOTHING},NA(),{most})"

    def _known(self, operand: Expression) -> str:
        """An operand that is an error of the sheet where it is absent."""
        absence = self.absence(operand)
        value = self.value(operand)
        return value if absence == "0" else f"IF({absence}=0,{value},NA())"

    def days(self, operands: list[Expression]) -> str:
        """Return the days from one date to another."""
        first, last = self.values(operands)
        return f"({last}-{first})"

    def working_days(self, operands: list[Expression]) -> str:
        """Return a date so many working days later."""
        start, count = self.values(operands)
        return f"WORKDAY({start},{count},{self.figures.holidays()})"


_NOTHING = "-1E+300"
_LENIENT = ("first", "largest_known")
_GIVES = dict.fromkeys([*SIGNS, "not", "and", "or"], YES_NO) | dict.fromkeys(
    ("add_days", "add_working_days"), DATE
)

Write: TypeAlias = Callable[[Translator, list[Expression]], str]


def _signs(sign: str) -> Write:
    return lambda translator, operands: translator.sum_of(sign, operands)


def _comparison(sign: str) -> Write:
    return lambda translator, operands: translator.compare(sign, operands)


def _function(name: str) -> Write:
    return lambda translator, operands: translator.call(name, operands)


_OPERATORS: dict[str, Write] = {
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
    "round_half_up": Translator.half_up,
    "round_down": lambda translator, operands: translator.whole("", operands),
    "round_up": lambda translator, operands: translator.whole("-", operands),
    "days": Translator.days,
    "add_days": _signs("+"),
    "add_working_days": Translator.working_days,
}


def _number(text: str) -> str:
    if not fits(text):
        raise NotInSheetError
    return f"({text})" if text.startswith("-") or "/" in text else text


def _may_fail(expression: Expression) -> bool:
    """Whether a division by zero may lie in an expression."""
    if not isinstance(expression, list):
        return False
    return expression[0] in ("/", *_LENIENT) or any(map(_may_fail, expression[1:]))
