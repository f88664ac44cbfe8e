"""The caged expression language; the only module that knows simpleeval.

A formula is parsed and type-checked once, when a rule set is loaded. What is allowed is listed;
everything else is refused. Numbers are `Fraction`s: literals are taken from the source text, never
from the parser's binary floats.

The checker rewrites the tree as it walks: where Python's parser put a binary float, the exact
`Fraction` of the source text goes in its place. What simpleeval walks afterwards is an ordinary
tree whose constants happen to be exact, so it needs to know nothing of this. Of `0.1 + 0.2` it
sees `Fraction(1, 10) + Fraction(1, 5)`, and comes to 3/10.
"""

import ast
import keyword
import operator
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

from simpleeval import (  # type: ignore[import-untyped]
    NameNotDefined,
    SimpleEval,
)

from cchc_rules.base import number
from cchc_rules.base.calendar import NEVER, Calendar
from cchc_rules.base.problem import nearest
from cchc_rules.base.state import ZERO_DENOMINATOR, Absent, strongest
from cchc_rules.base.text import composed_text

Value: TypeAlias = Fraction | bool | date | str
"""What a formula computes with: a number, a yes/no, a date, a level."""

Result: TypeAlias = Value | Absent
"""What a formula comes to: its value, or the absence in its way."""

Names: TypeAlias = Mapping[str, Result]
"""What the names in a formula stand for, the figures of a submission above all."""

MAX_LENGTH = 500
"""A formula has at most so many characters."""

MAX_DEPTH = 30
"""Operations lie in operations at most so many levels deep."""

MAX_BITS = 12_000
"""Numerator and denominator of a result together have at most so many bits.

12,000 bits are 3,613 digits. Python writes no whole number of more than 4,300, and points are
reckoned from such a figure with some hundreds of digits more.
"""

MAX_DAYS = 36_600
"""`add_days` goes at most so far, a little more than a hundred years."""

MAX_WORKING_DAYS = 3_660
"""`add_working_days` goes at most so far: it looks at every day between."""

MAX_PLACES = 12
"""`round_half_up` rounds to at most so many decimal places."""

# The types of values. Percentages, counts and ranks are all numbers: they may be added up, as they
# may on paper.
NUMBER = "number"
YES_NO = "yes_no"
DATE = "date"
LEVEL = "level"


class FormulaError(ValueError):
    """A formula is refused.

    `code` is that of a problem, `column` (from 1) says where in the formula, `arguments` are the
    words to fill into the message.
    """

    def __init__(self, code: str, column: int = 1, **arguments: str) -> None:
        super().__init__(code, column, arguments)
        self.code = code
        self.column = column
        self.arguments = arguments


class FormulaFailedError(ArithmeticError):
    """The figures of a submission take a formula beyond its bounds."""


class _OutOfBoundsError(ArithmeticError):
    """A result outgrew its bound, or a number of days or places is not a whole number within its
    own.
    """


_BEYOND_BOUNDS = (_OutOfBoundsError, OverflowError)
"""What an evaluation raises where figures lead beyond the bounds."""

_FAULTS = (*_BEYOND_BOUNDS, NameNotDefined)
"""What an evaluation raises for the sake of an absence: a threshold that is itself beyond the
bounds has no value that a name could stand for."""


# Functions and operators ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the language."""

    takes: tuple[str, ...]
    """The types of its arguments; the last one repeats when `many`."""

    gives: str
    """The type of its result."""

    run: Callable[..., Any]
    """What computes it; of the lenient functions this is never called."""

    many: bool = False
    """Whether it takes any number of arguments from one on."""

    whole: tuple[int, int] | None = None
    """The least and the most that its last argument, a whole number, may be."""

    def takes_so_many(self, count: int) -> bool:
        """Whether the function can be called with so many arguments."""
        if self.many:
            return count >= 1
        return count == len(self.takes)


def _whole(value: Fraction, bounds: tuple[int, int]) -> int:
    least, most = bounds
    if value.denominator != 1 or not least <= value <= most:
        raise _OutOfBoundsError
    return value.numerator


def _never_run(*_: object) -> Value:
    raise AssertionError  # pragma: no cover - the evaluator itself looks past absences


def _days_later(day: date, count: int) -> date:
    try:
        return day + timedelta(days=count)
    except OverflowError:
        raise _OutOfBoundsError from None


_PLACES = (0, MAX_PLACES)
_DAYS = (-MAX_DAYS, MAX_DAYS)
_WORKING_DAYS = (-MAX_WORKING_DAYS, MAX_WORKING_DAYS)


def _count(*flags: bool) -> Fraction:
    return Fraction(sum(flags))


def _rounded(value: Fraction, places: Fraction) -> Fraction:
    return number.round_half_up(value, _whole(places, _PLACES))


def _days_between(first: date, last: date) -> Fraction:
    return Fraction((last - first).days)


def _add_days(day: date, count: Fraction) -> date:
    # So many days after never is never, too.
    if day == NEVER:
        return day
    return _days_later(day, _whole(count, _DAYS))


def _functions(calendar: Calendar) -> dict[str, Function]:
    """Return the functions of the language by their names; the calendar says which days are worked.

    docs/reference/format.md, Formulas, says what each does.
    """

    def working_days_later(day: date, count: Fraction) -> date:
        try:
            return calendar.add_working_days(day, _whole(count, _WORKING_DAYS))
        except OverflowError:
            raise _OutOfBoundsError from None

    number_to_number = ((NUMBER,), NUMBER)
    return {
        "min": Function(*number_to_number, lambda *args: min(args), many=True),
        "max": Function(*number_to_number, lambda *args: max(args), many=True),
        "abs": Function(*number_to_number, abs),
        "first": Function(*number_to_number, _never_run, many=True),
        "largest_known": Function(*number_to_number, _never_run, many=True),
        "smallest_known": Function(*number_to_number, _never_run, many=True),
        "count": Function((YES_NO,), NUMBER, _count, many=True),
        "round_half_up": Function((NUMBER, NUMBER), NUMBER, _rounded, whole=_PLACES),
        "round_down": Function(*number_to_number, number.floor),
        "round_up": Function(*number_to_number, number.ceiling),
        "days": Function((DATE, DATE), NUMBER, _days_between),
        "add_days": Function((DATE, NUMBER), DATE, _add_days, whole=_DAYS),
        "add_working_days": Function(
            (DATE, NUMBER), DATE, working_days_later, whole=_WORKING_DAYS
        ),
    }


WORKING_DAYS = "add_working_days"
"""The one function that asks the calendar which days are worked."""

FUNCTIONS = tuple(_functions(Calendar()))
"""The names of all functions."""

RESERVED = frozenset({*keyword.kwlist, "value", "threshold", "weight"})
"""Names that mean something else in a formula, so that no metric may have them."""

LENIENT = ("first", "largest_known", "smallest_known")
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
    """Return an operation that refuses results beyond `MAX_BITS`.

    Without a bound, `a * a * a …` over figures of thirty digits could be made to run for minutes.
    """

    def bounded(*args: Any) -> Any:
        result = run(*args)
        # A result is at most as large as the product of two figures within the bound, so no single
        # operation takes long, and it is soon enough to look afterwards.
        if isinstance(result, Fraction):
            above_line = result.numerator.bit_length()
            below_line = result.denominator.bit_length()
            if above_line + below_line > MAX_BITS:
                raise _OutOfBoundsError
        return result

    return bounded


_OPERATORS = {
    **{kind: _bounded(run) for kind, run in (_ARITHMETIC | _UNARY).items()},
    **_COMPARISONS,
}


# Evaluation -------------------------------------------------------------------------------------

_ALLOWED_NODES = (
    ast.Constant,
    ast.Name,
    ast.BinOp,
    ast.UnaryOp,
    ast.BoolOp,
    ast.Compare,
    ast.IfExp,
    ast.Call,
)


class _Outcome(NamedTuple):
    """What a call of a lenient function, or an argument of it, comes to."""

    value: Any
    """Its value, or its absence."""

    fallbacks: list[str]
    """The source text of each argument that `first` took in it in place of its first."""


class _Evaluator:
    """simpleeval with an allow-list of nodes, exact operators, and functions that may look past
    absences.

    Making one takes longer than most evaluations, so a formula keeps those it has made.
    """

    def __init__(self, text: str, functions: Mapping[str, Callable[..., Any]]) -> None:
        self.text = text
        # What the current evaluation reads: `run` sets it anew each time.
        self.names: Names = {}
        self.all_known = True
        # The source text of each argument that `first` took in place of its first.
        self.fallbacks: list[str] = []
        # What each lenient call came to, so that none is worked out twice: where figures are
        # absent it is asked both for its absence and for its value, and calls nest thirty deep.
        self._outcomes: dict[ast.Call, _Outcome | Exception] = {}
        # simpleeval's `nodes` say what is done with each sort of node. The checker refuses all
        # others already; leaving them out here keeps the cage closed even if it missed one.
        self._cage = SimpleEval(operators=_OPERATORS, functions=functions, names={})
        nodes = self._cage.nodes
        self._strict_call = nodes[ast.Call]
        self._cage.nodes = {kind: nodes[kind] for kind in _ALLOWED_NODES}
        self._cage.nodes[ast.Call] = self._call

    def run(self, tree: ast.expr, names: Names) -> Result:
        """Return the value of a tree over the named figures, or the absence in its way.

        `fallbacks` then has the source text of what `first` took in place of its first argument.
        """
        self._begin(names)
        return self._value_of(tree)

    def absence(self, tree: ast.expr, names: Names) -> Absent | None:
        """Return the absence of figures that stands in the way of a tree's value (semantics L6).

        A division by zero is none: it counts only where no figure is in the way (semantics L7).
        """
        self._begin(names)
        absent = self._absence(tree)
        if absent is DIVISION:
            return None
        return absent

    def _begin(self, names: Names) -> None:
        self.names = names
        self.all_known = not any(isinstance(value, Absent) for value in names.values())
        self.fallbacks = []
        self._outcomes.clear()
        self._cage.names = names

    def _value_of(self, node: ast.expr) -> Result:
        """Return the value of a part, or the absence in its way: of a figure, or of a division.

        Nothing over nothing has no value (semantics L6), which the division itself finds out.
        """
        if not self.all_known:
            absent = self._absence(node)
            if absent is not None:
                return absent
        try:
            return self._cage.eval(self.text, previously_parsed=node)  # type: ignore[no-any-return]
        except ZeroDivisionError:
            return DIVISION

    def _absence(self, node: ast.AST) -> Absent | None:
        """Return the absence that stands in the way of a part, whichever branches are taken.

        `first`, `largest_known` and `smallest_known` have a value as soon as one of their arguments
        has: of `first(a, b) + c` with a and c missing and b known, c alone is in the way. Where
        none has, they are as absent as a figure is: of `first(a, 0 / 0) + c` with a missing and c
        not applicable, a is in the way, as if `first(a, 0 / 0)` stood in a metric of its own.
        """
        if isinstance(node, ast.Name):
            value = self.names.get(node.id)
            if isinstance(value, Absent):
                return value
            return None
        if isinstance(node, ast.Call) and function_name(node) in LENIENT:
            return self._absence_of_call(node)
        absences = [self._absence(part) for part in _parts(node)]
        gone = [absent for absent in absences if absent is not None]
        figures = [absent for absent in gone if not _is_division(absent)]
        return strongest(figures or gone)

    def _absence_of_call(self, node: ast.Call) -> Absent | None:
        """Return the absence of a lenient call, None where one of its arguments has a value."""
        try:
            value = self._outcome(node).value
        except _FAULTS:
            # It counts only where it is reached: what is absent beside it makes no fault.
            return None
        # Where a division is the strongest, the call fails as a division does: where it is reached.
        if isinstance(value, Absent) and value is not DIVISION:
            return value
        return None

    def _call(self, node: ast.Call) -> Result:
        if function_name(node) not in LENIENT:
            return self._strict_call(node)  # type: ignore[no-any-return]
        outcome = self._outcome(node)
        # Absent figures were asked for before: here no argument has a value for a division by zero.
        if isinstance(outcome.value, Absent):
            raise ZeroDivisionError
        self.fallbacks += outcome.fallbacks
        return outcome.value  # type: ignore[no-any-return]

    def _outcome(self, node: ast.Call) -> _Outcome:
        """Return what a lenient call comes to, or the same fault again, worked out once."""
        outcome = self._outcomes.get(node)
        if outcome is None:
            try:
                outcome = self._worked_out(node)
            except _FAULTS as fault:
                outcome = fault
            self._outcomes[node] = outcome
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def _worked_out(self, node: ast.Call) -> _Outcome:
        arguments = [self._argument(argument) for argument in node.args]
        known = [
            argument for argument in arguments if not isinstance(argument.value, Absent)
        ]
        if not known:
            absences = [argument.value for argument in arguments]
            # Of equals a figure that is absent comes before a division (semantics L7).
            absences.sort(key=_is_division)
            return _Outcome(strongest(absences), [])
        name = function_name(node)
        if name != "first":
            choose = max if name == "largest_known" else min
            fallbacks = [text for argument in known for text in argument.fallbacks]
            return _Outcome(choose(argument.value for argument in known), fallbacks)
        taken = known[0]
        fallbacks = taken.fallbacks
        # The report says which figure stands in for the first.
        if taken is not arguments[0]:
            position = arguments.index(taken)
            source = ast.get_source_segment(self.text, node.args[position])
            fallbacks = [*fallbacks, source or ""]
        return _Outcome(taken.value, fallbacks)

    def _argument(self, node: ast.expr) -> _Outcome:
        """Return what an argument of a lenient call comes to, with the fallbacks in it alone."""
        outside = self.fallbacks
        self.fallbacks = []
        try:
            value = self._value_of(node)
            return _Outcome(value, self.fallbacks)
        finally:
            self.fallbacks = outside


def function_name(node: ast.Call) -> str:
    """Return the name of the function that a node calls, an empty text for anything else."""
    if not isinstance(node.func, ast.Name):
        return ""
    return node.func.id


DIVISION = Absent(*ZERO_DENOMINATOR)
"""What a division by zero gives inside a formula.

It equals the absence of a figure whose numerator and denominator are both nought, but is another
object, so that the two are told apart: always ask with `is`.
"""


def _is_division(absent: Absent) -> bool:
    return absent is DIVISION


def _parts(node: ast.AST) -> Iterator[ast.AST]:
    """Return the parts of a part; the name of a function, one for Python, stands for no value."""
    if isinstance(node, ast.Call):
        return iter(node.args)
    return ast.iter_child_nodes(node)


@dataclass(frozen=True)
class Formula:
    """A checked formula."""

    text: str
    tree: ast.expr
    """The text as Python's parser reads it, its constants exact."""

    literals: Mapping[tuple[int, int], Value]
    """Its exact constants by line and byte offset, as the nodes of `tree` have them."""

    functions: Mapping[str, Callable[..., Any]]
    """All functions of the language, those that it calls among them."""

    names: tuple[str, ...]
    """The names that it reads, in the order of the alphabet."""

    in_order: tuple[str, ...]
    """The same names in the order in which absences count (semantics L7)."""

    gives: str
    """The type of its value."""

    lenient: bool
    """Whether it can have a value although a figure is missing: it calls a lenient function."""

    # Evaluators that are not in use. Each evaluation takes one out and puts it back, so that two
    # threads never share one; `list.pop` and `list.append` are atomic.
    _idle: list[_Evaluator] = field(
        default_factory=list, init=False, repr=False, compare=False
    )

    def evaluate(self, names: Names) -> Result:
        """Return the exact value over the named figures, or the absence that stands in its way.

        Raises `FormulaFailedError` where the figures lead beyond the bounds.

        >>> from fractions import Fraction
        >>> share = parse("100 * done / due", {"done": "number", "due": "number"})
        >>> share.evaluate({"done": Fraction(47), "due": Fraction(52)})
        Fraction(1175, 13)
        """
        return self.trace(names)[0]

    def absence(self, names: Names) -> Absent | None:
        """Return the absence of figures that stands in the way of the value, None when every
        figure it needs is there.

        A division by zero is no absent figure; a name may stand for one by `DIVISION`.
        """
        if self.lenient:
            evaluator = self._take_evaluator()
            absent = evaluator.absence(self.tree, names)
            self._idle.append(evaluator)
            return absent
        # Without a lenient function every absence is in the way: no need to walk the tree.
        figures = [names.get(name) for name in self.in_order]
        absences = [figure for figure in figures if isinstance(figure, Absent)]
        return strongest([absent for absent in absences if not _is_division(absent)])

    def trace(self, names: Names) -> tuple[Result, list[str]]:
        """Return the value as `evaluate` does, and the source text of each fallback that `first`
        had to use.

        >>> from cchc_rules.base.state import NOT_REPORTED
        >>> visits = parse("first(now, then)", {"now": "number", "then": "number"})
        >>> visits.trace({"now": NOT_REPORTED, "then": Fraction(300)})
        (Fraction(300, 1), ['then'])
        """
        evaluator = self._take_evaluator()
        try:
            value = evaluator.run(self.tree, names)
        except _BEYOND_BOUNDS:
            raise FormulaFailedError(self.text) from None
        fallbacks = evaluator.fallbacks
        self._idle.append(evaluator)
        if value is DIVISION:
            value = ZERO_DENOMINATOR  # of other formulas it is a figure
        return value, fallbacks

    def _take_evaluator(self) -> _Evaluator:
        # Not looked at first: another thread could take the last one in between.
        try:
            return self._idle.pop()
        except IndexError:
            return _Evaluator(self.text, self.functions)


# Parsing ----------------------------------------------------------------------------------------


def parse(
    text: str, types: Mapping[str, str], calendar: Calendar | None = None
) -> Formula:
    """Return a formula, parsed and checked over names of known types.

    Args:
        text: the formula as the file has it.
        types: the type of every name that it may read: "number", "yes_no", "date" or "level".
        calendar: which days are worked; without one, Monday to Friday.

    Raises:
        FormulaError: with a problem's code, the column and the words to fill in.

    >>> parse("days(asked, done)", {"asked": "date", "done": "date"}).gives
    'number'
    >>> parse("sqrt(a)", {"a": "number"})
    Traceback (most recent call last):
    ...
    cchc_rules.rules.formula.FormulaError: ('formula-unknown-function', 1, {...})
    """
    # A formula reads only names that stand in its text. With only these as a key, the cache of
    # parsed formulas serves rule sets that differ in their other metrics.
    mentioned = {name for name in set(_NAME.findall(text)) if name in types}
    known = tuple(sorted((name, types[name]) for name in mentioned))
    try:
        return _parse(text.strip(), known, calendar or Calendar())
    except FormulaError as error:
        if error.code == "formula-unknown-name":
            error.arguments["nearest"] = nearest(error.arguments["source"], types)
        raise


_NAME = re.compile(r"\w+")


@lru_cache(maxsize=4096)
def _parse(
    text: str, types: tuple[tuple[str, str], ...], calendar: Calendar
) -> Formula:
    """Parse a formula over the names that it mentions: rule sets with the same formula share it."""
    tree = _tree(text)
    checker = _Checker(text, dict(types), _functions(calendar))
    gives = checker.type_of(tree, MAX_DEPTH)
    lenient = any(
        isinstance(node, ast.Call) and function_name(node) in LENIENT
        for node in ast.walk(tree)
    )
    names = tuple(sorted(checker.names))
    in_order = tuple(
        dict.fromkeys(name for name in _names_in_order(tree) if name in checker.names)
    )
    return Formula(
        text, tree, checker.literals, checker.runs, names, in_order, gives, lenient
    )


def _names_in_order(node: ast.AST) -> Iterator[str]:
    """Yield the names in a part as absences count: left to right, a test before its branches."""
    if isinstance(node, ast.Name):
        yield node.id
    for part in _parts(node):
        yield from _names_in_order(part)


def _tree(text: str) -> ast.expr:
    """Return a text as Python's parser reads it, before any name or type is looked at."""
    # Nested brackets cost the parser much memory, so the length is bounded first.
    if len(text) > MAX_LENGTH:
        raise FormulaError("formula-too-long", most=str(MAX_LENGTH))
    try:
        with warnings.catch_warnings():
            # What Python only warns of is refused or read here, in our own words.
            warnings.simplefilter("ignore")
            return ast.parse(text, mode="eval").body
    except SyntaxError as error:
        raise FormulaError("formula-syntax", error.offset or 1) from None
    # Which of these Python raises depends on its version.
    except (ValueError, RecursionError, MemoryError):  # pragma: no cover
        raise FormulaError("formula-syntax") from None


_LINE_END = re.compile(r"\r\n?|\n")
"""What ends a line for Python's parser, which counts lines and columns."""

# `0,5`, but neither part of `max(1, 2)`, where a space follows, nor of `a1,5`.
_DECIMAL_COMMA = re.compile(r"(?<![\w.])(\d+),(\d+)(?![\w.])", re.ASCII)


class _Checker:
    """Walks a parsed formula: only listed nodes, known names, fitting types.

    On the way it puts exact values into the constants and notes the names that are read. Each
    method of `_VISITS` checks one sort of node and returns the type of its value; `depth` is how
    many more levels may lie below it.
    """

    def __init__(
        self, text: str, types: Mapping[str, str], functions: Mapping[str, Function]
    ) -> None:
        self.text = text
        self.types = types
        self.functions = functions
        self.runs = {
            name: _bounded(function.run) for name, function in functions.items()
        }
        self.names: set[str] = set()
        self.literals: dict[tuple[int, int], Value] = {}

    def type_of(self, node: ast.expr, depth: int) -> str:
        """Return the type of a part that may be nested so many levels deeper.

        Raises `FormulaError` at the first thing that is not allowed.
        """
        if not depth:
            column = self._column(node)
            raise FormulaError("formula-too-deep", column, most=str(MAX_DEPTH))
        visit = self._VISITS.get(type(node))
        if visit is None:
            raise self._refuse_not_allowed(node)
        return visit(self, node, depth - 1)

    def _refuse(self, code: str, node: ast.AST, **arguments: str) -> FormulaError:
        return FormulaError(
            code, self._column(node), source=self._source(node), **arguments
        )

    def _refuse_not_allowed(self, node: ast.expr) -> FormulaError:
        if isinstance(node, ast.Tuple) and _DECIMAL_COMMA.search(self._source(node)):
            return self._refuse_decimal_comma(node)
        return self._refuse("formula-not-allowed", node)

    def _refuse_decimal_comma(self, node: ast.expr) -> FormulaError:
        """Return the refusal of `0,5 * a`, which Python reads as two values side by side."""
        source = self._source(node)
        hint = _DECIMAL_COMMA.sub(r"\1.\2", source)
        return self._refuse("formula-decimal-comma", node, hint=hint)

    def _source(self, node: ast.AST) -> str:
        return ast.get_source_segment(self.text, node) or ""

    def _column(self, node: ast.AST) -> int:
        """Return where in its line a part begins: letters from 1, where Python counts bytes."""
        line_number = getattr(node, "lineno", 1)
        byte_offset = getattr(node, "col_offset", 0)
        line = _LINE_END.split(self.text)[line_number - 1]
        before = line.encode()[:byte_offset]
        return len(before.decode(errors="ignore")) + 1

    def _written(self, node: ast.expr, name: str) -> bool:
        """Whether a name stands in the text as it is read: Python takes look-alike letters for the
        usual ones.
        """
        return self._source(node) == name

    def _constant(self, node: ast.Constant, _: int) -> str:
        value, kind = self._literal(node)
        self.literals[node.lineno, node.col_offset] = value
        # The tree is ours, and simpleeval hands on what stands in it: the exact value from here on.
        node.value = value  # type: ignore[assignment]
        return kind

    def _literal(self, node: ast.Constant) -> tuple[Value, str]:
        source = self._source(node)
        if isinstance(node.value, bool):
            return node.value, YES_NO
        # Texts with a letter in front, such as f"…" and r"…", are a programmer's.
        if isinstance(node.value, str) and source[:1] in "'\"":
            return composed_text(node.value), LEVEL
        # As the file writes it, where Python has a binary float; this refuses `1e3`, `0x1F` and
        # `1_000` too, which nobody writes on paper.
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
        kind = self.type_of(node, depth)
        if kind != wanted:
            raise self._refuse("formula-type", node, found=kind, wanted=wanted)

    def _binop(self, node: ast.BinOp, depth: int) -> str:
        if type(node.op) not in _ARITHMETIC:
            raise self._refuse("formula-not-allowed", node)
        self._expect(node.left, NUMBER, depth)
        self._expect(node.right, NUMBER, depth)
        # `a / 0` and `a / (1 / 0)` have no value, whatever is submitted.
        if isinstance(node.op, ast.Div):
            divisor = self._fixed(node.right)
            if divisor in (0, ZERO_DENOMINATOR):
                raise self._refuse("formula-division-by-zero", node)
        return NUMBER

    def _unary(self, node: ast.UnaryOp, depth: int) -> str:
        if type(node.op) not in _UNARY:
            raise self._refuse("formula-not-allowed", node)
        wanted = NUMBER
        if isinstance(node.op, ast.Not):
            wanted = YES_NO
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
            if type(comparator) not in _COMPARISONS:
                raise self._refuse("formula-not-allowed", node)
            # Python would compare levels alphabetically, and put yes above no.
            if ordered and kind not in (NUMBER, DATE):
                raise self._refuse("formula-not-allowed", node)
            self._expect(right, kind, depth)
        return YES_NO

    def _ifexp(self, node: ast.IfExp, depth: int) -> str:
        self._expect(node.test, YES_NO, depth)
        kind = self.type_of(node.body, depth)
        self._expect(node.orelse, kind, depth)
        return kind

    def _call(self, node: ast.Call, depth: int) -> str:
        name = function_name(node)
        function = self.functions.get(name)
        if function is None or not self._written(node.func, name):
            raise self._refuse(
                "formula-unknown-function",
                node.func,
                nearest=nearest(name, self.functions),
                functions=", ".join(self.functions),
            )
        if node.keywords or not function.takes_so_many(len(node.args)):
            # `abs(0,5)` has two arguments for Python, one too many.
            if _DECIMAL_COMMA.search(self._source(node)):
                raise self._refuse_decimal_comma(node)
            raise self._refuse("formula-arguments", node, takes=_signature(function))
        self._check_arguments(function, node.args, depth)
        return function.gives

    def _check_arguments(
        self, function: Function, args: Sequence[ast.expr], depth: int
    ) -> None:
        last = len(function.takes) - 1
        for position, arg in enumerate(args):
            wanted = function.takes[min(position, last)]
            self._expect(arg, wanted, depth)
        bounds = function.whole
        if bounds is not None:
            fixed = self._fixed(args[-1])
            if isinstance(fixed, Fraction) and not is_whole_within(fixed, bounds):
                raise self._refuse_not_whole(args[-1], bounds)

    def _refuse_not_whole(
        self, node: ast.expr, bounds: tuple[int, int]
    ) -> FormulaError:
        least, most = map(str, bounds)
        return self._refuse("formula-not-whole", node, least=least, most=most)

    def _fixed(self, node: ast.expr) -> Result | None:
        """Return the value of a part that reads no figure, None of one that does.

        Such a part comes to the same in every submission: `value / (2 - 2)` can be refused when the
        rule file is read.
        """
        # Names of functions are names to Python, too; `types` has only what stands for a value.
        for part in ast.walk(node):
            if isinstance(part, ast.Name) and part.id in self.types:
                return None
        return _Evaluator(self.text, self.runs).run(node, {})

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


def _signature(function: Function) -> str:
    """Return how many arguments of which type a function takes: `date, number` or `number, …`."""
    types = ", ".join(function.takes)
    if function.many:
        return f"{types}, …"
    return types


def is_whole_within(value: Fraction, bounds: tuple[int, int]) -> bool:
    """Whether a value is a whole number from the first bound to the second.

    >>> is_whole_within(Fraction(3), (0, 12)), is_whole_within(Fraction(7, 2), (0, 12))
    (True, False)
    """
    least, most = bounds
    return value.denominator == 1 and least <= value <= most


@dataclass(frozen=True, slots=True)
class WholeArgument:
    """An argument that must be a whole number between two bounds."""

    function: str
    """The name of the function that is called."""

    node: ast.expr
    """The argument, as it stands in the tree of its formula."""

    bounds: tuple[int, int]
    """The least and the most that it may be."""


def whole_arguments(formula: Formula) -> list[WholeArgument]:
    """Return the arguments of a formula that must be whole numbers within bounds.

    Constants among them were held against the bounds when the formula was parsed.
    """
    known = _functions(Calendar())
    arguments = []
    for node in ast.walk(formula.tree):
        if not isinstance(node, ast.Call):
            continue
        name = function_name(node)
        bounds = known[name].whole
        if bounds is not None:
            argument = WholeArgument(name, node.args[-1], bounds)
            arguments.append(argument)
    return arguments
