"""The caged expression language; the only module that knows simpleeval.

A formula is parsed and type-checked once, when a rule set is loaded. What is allowed is listed;
everything else is refused. Numbers are `Fraction`s: literals are taken from the source text, never
from the parser's binary floats.
"""

import ast
import keyword
import operator
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache
from typing import Any, TypeAlias

from simpleeval import SimpleEval  # type: ignore[import-untyped]

from cchc_rules.base import number
from cchc_rules.base.calendar import Calendar
from cchc_rules.base.problem import nearest
from cchc_rules.base.state import ZERO_DENOMINATOR, Absent, strongest
from cchc_rules.base.text import composed_text

Value: TypeAlias = Fraction | bool | date | str
"""What a formula computes with: a number, a yes/no, a date, a level."""

MAX_LENGTH = 500
MAX_DEPTH = 30
# 12,000 bits are 3,613 digits. Python writes no whole number of more than 4,300, and points are
# reckoned from such a figure with some hundreds of digits more.
MAX_BITS = 12_000
MAX_DAYS = 36_600

NUMBER = "number"
YES_NO = "yes_no"
DATE = "date"
LEVEL = "level"


class FormulaError(ValueError):
    """A formula is refused: a problem code, the column (from 1) and the words to fill in."""

    def __init__(self, code: str, column: int = 1, **places: str) -> None:
        super().__init__(code, column, places)
        self.code = code
        self.column = column
        self.places = places


class _TooBigError(ArithmeticError):
    """A figure outgrew its bound."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the language: the types it takes (the last one repeats when `many`), and the
    type it gives.
    """

    takes: tuple[str, ...]
    gives: str
    run: Callable[..., Any]
    many: bool = False


def _whole(value: Fraction, most: int) -> int:
    if value.denominator != 1 or abs(value) > most:
        raise _TooBigError
    return value.numerator


def _places(value: Fraction) -> int:
    if value < 0:
        raise _TooBigError
    return _whole(value, 12)


def _unused(*_: object) -> Value:
    raise AssertionError  # pragma: no cover - `first` and `largest_known` are evaluated by the cage itself


def _later(day: date, count: int) -> date:
    try:
        return day + timedelta(days=count)
    except OverflowError:
        raise _TooBigError from None


def _functions(calendar: Calendar) -> dict[str, Function]:
    return {
        "min": Function((NUMBER,), NUMBER, lambda *args: min(args), many=True),
        "max": Function((NUMBER,), NUMBER, lambda *args: max(args), many=True),
        "abs": Function((NUMBER,), NUMBER, abs),
        "first": Function((NUMBER,), NUMBER, _unused, many=True),
        "largest_known": Function((NUMBER,), NUMBER, _unused, many=True),
        "count": Function(
            (YES_NO,), NUMBER, lambda *flags: Fraction(sum(flags)), many=True
        ),
        "round_half_up": Function(
            (NUMBER, NUMBER), NUMBER, lambda a, p: number.round_half_up(a, _places(p))
        ),
        "round_down": Function((NUMBER,), NUMBER, number.floor),
        "round_up": Function((NUMBER,), NUMBER, number.ceiling),
        "days": Function((DATE, DATE), NUMBER, lambda a, b: Fraction((b - a).days)),
        "add_days": Function(
            (DATE, NUMBER), DATE, lambda d, n: _later(d, _whole(n, MAX_DAYS))
        ),
        "add_working_days": Function(
            (DATE, NUMBER),
            DATE,
            lambda d, n: calendar.add_working_days(d, _whole(n, MAX_DAYS // 10)),
        ),
    }


FUNCTIONS = tuple(_functions(Calendar()))
RESERVED = frozenset({*keyword.kwlist, "value", "threshold", "weight"})
"""Names that mean something else in a formula, so that no metric may have them."""

LENIENT = ("first", "largest_known")
"""Functions that look past an absence; all others are absent when an argument is."""

_ARITHMETIC: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_COMPARISONS: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_UNARY: dict[type[ast.AST], Callable[[Any], Any]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: operator.not_,
}


def _bounded(run: Callable[..., Any]) -> Callable[..., Any]:
    def bounded(*args: Any) -> Any:
        result = run(*args)
        if (
            isinstance(result, Fraction)
            and result.numerator.bit_length() + result.denominator.bit_length()
            > MAX_BITS
        ):
            raise _TooBigError
        return result

    return bounded


_OPERATORS = {
    kind: _bounded(run) for kind, run in (_ARITHMETIC | _UNARY).items()
} | _COMPARISONS


class _Cage(SimpleEval):  # type: ignore[misc]
    """simpleeval with an allow-list of nodes, exact operators, and functions that may look past
    absences.
    """

    def __init__(self, formula: "Formula", names: Mapping[str, Value | Absent]) -> None:
        # The base class's own set-up (floats, random numbers, attribute access) is replaced, not inherited.
        self.formula = formula
        self.expr = formula.text
        self.operators = _OPERATORS
        self.functions = formula.functions
        self.names = names
        self.whole = not any(isinstance(value, Absent) for value in names.values())
        self.fallbacks: list[str] = []
        self.nodes = {
            ast.Constant: self._literal,
            ast.Name: self._eval_name,
            ast.BinOp: self._eval_binop,
            ast.UnaryOp: self._eval_unaryop,
            ast.BoolOp: self._eval_boolop,
            ast.Compare: self._eval_compare,
            ast.IfExp: self._eval_ifexp,
            ast.Call: self._call,
        }

    def _literal(self, node: ast.Constant) -> Value:
        return self.formula.literals[node.lineno, node.col_offset]

    def _call(self, node: ast.Call) -> Value | Absent:
        name = _function_name(node)
        if name not in LENIENT:
            return self._eval_call(node)  # type: ignore[no-any-return]
        known = [
            (at, value)
            for at, value in enumerate(map(self.scoring, node.args))
            if not isinstance(value, Absent)
        ]
        if not known:
            raise ZeroDivisionError
        position, value = (
            known[0] if name == "first" else max(known, key=lambda item: item[1])
        )
        if name == "first" and position > 0:
            self.fallbacks.append(
                ast.get_source_segment(self.expr, node.args[position]) or ""
            )
        return value

    def scoring(self, node: ast.expr) -> Value | Absent:
        """Evaluate one node to its value or to the absence that stands in its way."""
        absent = None if self.whole else _absence(node, self.names)
        if absent:
            return absent
        try:
            return self._eval(node)  # type: ignore[no-any-return]
        except ZeroDivisionError:
            return ZERO_DENOMINATOR


def _function_name(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _absence(node: ast.AST, names: Mapping[str, object]) -> Absent | None:
    if isinstance(node, ast.Name):
        value = names.get(node.id)
        return value if isinstance(value, Absent) else None
    if isinstance(node, ast.Call):
        found = [_absence(arg, names) for arg in node.args]
        if _function_name(node) in LENIENT and None in found:
            return None
    else:
        found = [_absence(child, names) for child in ast.iter_child_nodes(node)]
    return strongest([absent for absent in found if absent])


class FormulaFailedError(ArithmeticError):
    """A formula's figures outgrew their bounds, or a number of days or places was no whole number."""


@dataclass(frozen=True)
class Formula:
    """A checked formula: its text, the names it reads, the type it gives."""

    text: str
    tree: ast.expr
    literals: Mapping[tuple[int, int], Value]
    functions: Mapping[str, Callable[..., Any]]
    names: tuple[str, ...]
    gives: str
    lenient: bool

    def evaluate(self, names: Mapping[str, Value | Absent]) -> Value | Absent:
        """Return the exact value over the named figures, or the absence that stands in its way."""
        return self.trace(names)[0]

    def absence(self, names: Mapping[str, object]) -> Absent | None:
        """Return the absence that stands in the way of the value, None when every figure it needs
        is there.
        """
        if self.lenient:
            return _absence(self.tree, names)
        return strongest(
            [value for value in names.values() if isinstance(value, Absent)]
        )

    def trace(
        self, names: Mapping[str, Value | Absent]
    ) -> tuple[Value | Absent, list[str]]:
        """Return the value as `evaluate` does, and the source text of each fallback that `first`
        had to use.
        """
        cage = _Cage(self, names)
        try:
            return cage.scoring(self.tree), cage.fallbacks
        except (_TooBigError, OverflowError):
            raise FormulaFailedError(self.text) from None


def parse(
    text: str, types: Mapping[str, str], calendar: Calendar | None = None
) -> Formula:
    """Parse and check a formula over names of known types; raise `FormulaError` with code, column
    and words.
    """
    known = tuple(
        sorted(
            (name, types[name]) for name in set(_NAME.findall(text)) if name in types
        )
    )
    try:
        return _parse(text.strip(), known, calendar or Calendar())
    except FormulaError as error:
        if error.code == "formula-unknown-name":
            error.places["nearest"] = nearest(error.places["source"], types)
        raise


_NAME = re.compile(r"\w+")


@lru_cache(maxsize=4096)
def _parse(
    text: str, types: tuple[tuple[str, str], ...], calendar: Calendar
) -> Formula:
    tree = _tree(text)
    checker = _Checker(text, dict(types), _functions(calendar))
    gives = checker.type_of(tree, MAX_DEPTH)
    runs = {
        name: _bounded(function.run) for name, function in checker.functions.items()
    }
    lenient = any(
        isinstance(node, ast.Call) and _function_name(node) in LENIENT
        for node in ast.walk(tree)
    )
    return Formula(
        text, tree, checker.literals, runs, tuple(sorted(checker.names)), gives, lenient
    )


def _tree(text: str) -> ast.expr:
    if len(text) > MAX_LENGTH:
        raise FormulaError("formula-too-long", most=str(MAX_LENGTH))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # what Python only warns of is refused or read here, in our own words
            return ast.parse(text, mode="eval").body
    except SyntaxError as error:
        raise FormulaError("formula-syntax", error.offset or 1) from None
    except (
        ValueError,
        RecursionError,
        MemoryError,
    ):  # pragma: no cover - which of them Python raises is its version's
        raise FormulaError("formula-syntax") from None


class _Checker:
    """Walks a parsed formula: only listed nodes, known names, fitting types."""

    def __init__(
        self, text: str, types: Mapping[str, str], functions: Mapping[str, Function]
    ) -> None:
        self.text = text
        self.types = types
        self.functions = functions
        self.names: set[str] = set()
        self.literals: dict[tuple[int, int], Value] = {}

    def type_of(self, node: ast.expr, depth: int) -> str:
        if not depth:
            raise FormulaError(
                "formula-too-deep", self._column(node), most=str(MAX_DEPTH)
            )
        visit = self._VISITS.get(type(node))
        if visit is None:
            raise self._refuse("formula-not-allowed", node)
        return visit(self, node, depth - 1)

    def _refuse(self, code: str, node: ast.AST, **places: str) -> FormulaError:
        source = ast.get_source_segment(self.text, node) or ""
        return FormulaError(code, self._column(node), source=source, **places)

    def _column(self, node: ast.AST) -> int:
        """Return where a part begins, counted in letters from 1 (Python counts bytes)."""
        line = self.text.split("\n")[getattr(node, "lineno", 1) - 1]
        return (
            len(line.encode()[: getattr(node, "col_offset", 0)].decode(errors="ignore"))
            + 1
        )

    def _written(self, node: ast.expr, name: str) -> bool:
        """Whether a name stands in the text as it is read: Python takes look-alike letters for the
        usual ones.
        """
        return ast.get_source_segment(self.text, node) == name

    def _constant(self, node: ast.Constant, _: int) -> str:
        source = ast.get_source_segment(self.text, node) or ""
        value, kind = self._literal(node, source)
        self.literals[node.lineno, node.col_offset] = value
        return kind

    def _literal(self, node: ast.Constant, source: str) -> tuple[Value, str]:
        if isinstance(node.value, bool):
            return node.value, YES_NO
        if isinstance(node.value, str) and source[:1] in "'\"":
            return composed_text(node.value), LEVEL
        try:
            return number.parse(source), NUMBER
        except number.NotANumberError:
            raise self._refuse("formula-not-allowed", node) from None

    def _name(self, node: ast.Name, _: int) -> str:
        if node.id not in self.types or not self._written(node, node.id):
            raise self._refuse("formula-unknown-name", node)
        self.names.add(node.id)
        return self.types[node.id]

    def _expect(self, node: ast.expr, wanted: str, depth: int) -> None:
        found = self.type_of(node, depth)
        if found != wanted:
            raise self._refuse("formula-type", node, found=found, wanted=wanted)

    def _binop(self, node: ast.BinOp, depth: int) -> str:
        if type(node.op) not in _ARITHMETIC:
            raise self._refuse("formula-not-allowed", node)
        self._expect(node.left, NUMBER, depth)
        self._expect(node.right, NUMBER, depth)
        return NUMBER

    def _unary(self, node: ast.UnaryOp, depth: int) -> str:
        if type(node.op) not in _UNARY:
            raise self._refuse("formula-not-allowed", node)
        wanted = YES_NO if isinstance(node.op, ast.Not) else NUMBER
        self._expect(node.operand, wanted, depth)
        return wanted

    def _boolop(self, node: ast.BoolOp, depth: int) -> str:
        for value in node.values:
            self._expect(value, YES_NO, depth)
        return YES_NO

    def _compare(self, node: ast.Compare, depth: int) -> str:
        kind = self.type_of(node.left, depth)
        for comparator, right in zip(node.ops, node.comparators, strict=True):
            ordered = not isinstance(comparator, ast.Eq | ast.NotEq)
            if type(comparator) not in _COMPARISONS or (
                ordered and kind not in (NUMBER, DATE)
            ):
                raise self._refuse("formula-not-allowed", node)
            self._expect(right, kind, depth)
        return YES_NO

    def _ifexp(self, node: ast.IfExp, depth: int) -> str:
        self._expect(node.test, YES_NO, depth)
        kind = self.type_of(node.body, depth)
        self._expect(node.orelse, kind, depth)
        return kind

    def _call(self, node: ast.Call, depth: int) -> str:
        function = self.functions.get(_function_name(node))
        if function is None or not self._written(node.func, _function_name(node)):
            raise self._refuse(
                "formula-unknown-function",
                node.func,
                nearest=nearest(_function_name(node), self.functions),
            )
        if node.keywords or not self._fits(function, node.args):
            raise self._refuse("formula-arguments", node)
        for position, arg in enumerate(node.args):
            self._expect(
                arg, function.takes[min(position, len(function.takes) - 1)], depth
            )
        return function.gives

    @staticmethod
    def _fits(function: Function, args: Sequence[ast.expr]) -> bool:
        return len(args) >= 1 if function.many else len(args) == len(function.takes)

    _VISITS: Mapping[type[ast.expr], Callable[..., str]] = {
        ast.Constant: _constant,
        ast.Name: _name,
        ast.BinOp: _binop,
        ast.UnaryOp: _unary,
        ast.BoolOp: _boolop,
        ast.Compare: _compare,
        ast.IfExp: _ifexp,
        ast.Call: _call,
    }
