"""The machine form of a report: each rule's arithmetic as an expression that any language can
evaluate.

An expression is a number (`"0.59"`), true or false, a name (`{"name": "value"}`), a metric
(`{"metric": "on_time"}`), a date (`{"date": "2023-01-31"}`), a text (`{"text": "tốt"}`), or an
operator with its operands (`["*", "2", …]`). docs/reference/report.md says what each operator does.
"""

import ast
from collections import ChainMap
from collections.abc import Callable, Iterable
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Any, TypeAlias

from cchc_rules.base.interval import Interval
from cchc_rules.base.number import plain
from cchc_rules.base.state import Effect, State
from cchc_rules.rules import dependencies, formula
from cchc_rules.rules.model import (
    Credit,
    DeclaredEffect,
    FormulaRef,
    Metric,
    MetricRef,
    Rule,
    RuleSet,
    Scalar,
)
from cchc_rules.rules.value_function import (
    AllOf,
    Among,
    Axis,
    Compare,
    Computed,
    Condition,
    Constant,
    Line,
    Met,
    Otherwise,
    Piece,
    Staircase,
    Symbol,
    Term,
    ValueFunction,
    Within,
    value_function,
)

Expression: TypeAlias = Any
"""JSON data; see the top of this module."""

# The names that a report gives of each rule. `met` is true or false: whether its target is met.
VALUE = {"name": "value"}
THRESHOLD = {"name": "threshold"}
WEIGHT = {"name": "weight"}
LOWEST = {"name": "lowest"}
MET = {"name": "met"}

# Python's minus with one operand is "negative", so that an operator tells how many it has.
OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.USub: "negative",
    ast.Not: "not",
    ast.And: "and",
    ast.Or: "or",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}


def literal(value: Scalar) -> Expression:
    """Return a literal of a rule file as an expression.

    A number is a text, so that no reader of JSON makes a binary float of it.

    >>> from fractions import Fraction
    >>> literal(Fraction(59, 100)), literal(date(2023, 1, 31)), literal("tốt")
    ('0.59', {'date': '2023-01-31'}, {'text': 'tốt'})
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, date):
        return {"date": value.isoformat()}
    if isinstance(value, str):
        return {"text": value}
    return plain(value)


class Lowering:
    """Turns the rules and the derived metrics of one rule set into expressions.

    >>> from cchc_rules import load_rules
    >>> rules = load_rules("cam-due-2023")
    >>> lowering = Lowering(rules)
    >>> lowering.threshold(rules.rules["on-time"])
    '100'
    >>> lowering.points(rules.rules["on-time"])[:3]
    ['if', {'name': 'met'}, {'name': 'weight'}]
    """

    def __init__(self, rules: RuleSet) -> None:
        self.rules = rules

    # Formulas

    def derived(self, metric: Metric) -> Expression:
        """Return the formula of a derived metric, None for one that is submitted.

        A derived level has rows, each with its test before its level.
        """
        if metric.table is not None:
            rows: list[Expression] = []
            for row in metric.table.rows:
                rows.append(self._row(row.condition, None))
                rows.append(literal(row.level))
            return [f"{metric.table.hit}_row", *rows]
        if metric.formula is None:
            return None
        return self.formula(metric.formula, None)

    def formula(self, text: str, rule: Rule | None) -> Expression:
        """Return a formula as an expression.

        Args:
            text: the formula as the file writes it; a checked one, which parses.
            rule: the rule whose names (`value`, `threshold`, `weight`) it may use, None for the
                formula of a metric or of a threshold.

        >>> from cchc_rules import load_rules
        >>> Lowering(load_rules("cam-due-2023")).formula("on_time * 2", None)
        ['*', {'metric': 'on_time'}, '2']
        """
        own_names: dict[str, str] = {}
        if rule is not None:
            own_names = dependencies.own_names(self.rules, rule)
        types = ChainMap(own_names, self.rules.metric_types)
        parsed = formula.parse(text, types, self.rules.calendar)
        return _Tree(parsed, own_names.keys()).of(parsed.tree)

    # Rules

    def threshold(self, rule: Rule) -> Expression:
        """Return a rule's threshold, None where it is no single figure.

        Bounds and lists stand in the conditions of pieces instead.
        """
        match rule.threshold:
            case None | Interval() | tuple():
                return None
            case MetricRef(name):
                return {"metric": name}
            case FormulaRef(text):
                return self.formula(text, None)
            case value:
                return literal(value)

    def points(self, rule: Rule) -> Expression:
        """Return the points of a rule over its value, threshold, weight and lowest.

        None where a person gives them.
        """
        metric = self.rules.metrics.get(rule.metric or "")
        if metric is None or not rule.pieces:
            return None
        function = value_function(rule, metric)
        figure = _figure(function.axis)
        # From the last piece back: each becomes the "else" of the one before it. The condition of
        # the last is not asked, since pieces cover the whole range.
        if rule.deduction.hit is not None:
            return self._rows(function, rule)
        *first, last = function.pieces
        expression = self._points(last, rule, metric)
        for piece in reversed(first):
            test = condition(piece.condition, figure)
            points = self._points(piece, rule, metric)
            expression = ["if", test, points, expression]
        return expression

    def _rows(self, function: ValueFunction, rule: Rule) -> Expression:
        """Return the rows of a decision table, each with its test before its points.

        The operator says which row counts. Unlike "if" it asks no more than what decides: a row
        that surely fails by one figure does not wait for another.
        """
        metric = self.rules.metrics[rule.metric or ""]
        rows: list[Expression] = []
        for piece in function.pieces:
            rows.append(self._row(piece.condition, rule.metric))
            rows.append(self._points(piece, rule, metric))
        return [f"{rule.deduction.hit}_row", *rows]

    def _row(self, where: Condition, own: str | None) -> Expression:
        """Return the test of a row, in which every condition stands by itself under "and".

        The figure of the rule's `own` metric is its value; a derived level has none.
        """
        if not isinstance(where, AllOf):
            return True
        tests: list[Expression] = []
        for test in where.tests:
            figure: Expression = {"metric": test.metric}
            if test.metric == own:
                figure = VALUE
            asked = condition(test.where, figure)
            # An interval with one end is one comparison, and says so without an "and".
            if isinstance(test.where, Within):
                tests += asked[1:]
            else:
                tests.append(asked)
        return ["and", *tests]

    def _points(self, piece: Piece, rule: Rule, metric: Metric) -> Expression:
        """Return what a piece gives, held between the fewest points and the weight.

        A constant lies between them already, which `check` sees to; a share never exceeds the
        weight where its target is missed.
        """
        match piece.points:
            case Constant(points):
                return term(points)
            case Line() as line:
                rising = rule.comparator == ">="
                return _share(line, rising=rising)
            case Staircase() as stairs:
                points_of_stairs = _stairs(stairs, rule.deduction.axis, metric)
                return _held(points_of_stairs)
            case Computed(text):
                return _held(self.formula(text, rule))

    def effects(self, rule: Rule) -> dict[str, Any]:
        """Return what each absence does to the points of a rule, by the names of their kinds."""
        # A rule without points has none to keep or to exclude, whatever the file says of absences.
        if not rule.deduction.scored:
            return {str(state): str(Effect.LOST) for state in _ABSENCES}
        return {
            str(kind): _effect(effect, rule.weight)
            for kind, effect in rule.absence.items()
        }


_ABSENCES = (State.MISSING, State.NOT_APPLICABLE, State.NOT_DUE, State.WAIVED)
"""The states without a value."""


def _effect(effect: DeclaredEffect, weight: Fraction) -> Any:
    """Return an effect as a word, or the points that it is worth, of which a percentage is one."""
    if isinstance(effect, Credit):
        return {"points": plain(effect.points_of(weight))}
    return str(effect)


def term(value: Term) -> Expression:
    """Return a number, or the name of what is known when a rule is scored.

    >>> term(Symbol.THRESHOLD)
    {'name': 'threshold'}
    """
    if isinstance(value, Symbol):
        return {"name": str(value)}
    return plain(value)


def _figure(axis: Axis) -> Expression:
    """Return what the conditions of pieces are held against."""
    if axis.days_late:
        return ["days", THRESHOLD, VALUE]
    return VALUE


def condition(where: Condition, figure: Expression) -> Expression:
    """Return the condition of a piece on a figure, itself an expression.

    >>> from fractions import Fraction
    >>> condition(Compare("<", Fraction(50)), VALUE)
    ['<', {'name': 'value'}, '50']
    """
    match where:
        case Met():
            return MET
        case Compare(sign, edge):
            return [sign, figure, term(edge)]
        case Among(values):
            tests = [["==", figure, literal(value)] for value in values]
            return ["or", *tests]
        case Within(interval):
            return within(interval, figure)
        case Otherwise():
            return True
        case AllOf():  # pragma: no cover - the rows of a table are lowered together
            raise AssertionError(where)


def _share(line: Line, *, rising: bool) -> Expression:
    """weight × (value − start) / (end − start), nothing where the end is not beyond the start."""
    start = plain(line.start)
    end = term(line.end)
    way_come = ["-", VALUE, start]
    whole_way = ["-", end, start]
    # Multiplied first, so that only one division stands in the arithmetic that people check.
    share = ["/", ["*", WEIGHT, way_come], whole_way]
    sign = "<"
    if rising:
        sign = ">"
    leads_on = [sign, end, start]
    return ["if", leads_on, ["max", LOWEST, share], "0"]


def _stairs(stairs: Staircase, axis: Axis, metric: Metric) -> Expression:
    """base ± each × units, parts of a unit counted as they are, as whole ones, or not at all."""
    origin = term(stairs.origin)
    value: Expression = VALUE
    if axis.exempt is not None:
        value = ["-", VALUE, {"metric": axis.exempt}]
    apart = ["-", value, origin]
    if axis.days_late:
        apart = ["-", _figure(axis), origin]
    elif metric.type == "date":
        apart = ["days", origin, value]
    # The distance without its sign: whichever way the target was missed, each unit counts alike.
    units = ["/", ["abs", apart], plain(stairs.step)]
    rounding = {"started": "round_up", "whole": "round_down"}.get(stairs.units)
    if rounding is not None:
        units = [rounding, units]
    sign = "+"
    if stairs.each < 0:
        sign = "-"
    change = ["*", plain(abs(stairs.each)), units]
    return [sign, term(stairs.base), change]


def within(interval: Interval, figure: Expression) -> Expression:
    """Return the condition of lying inside an interval.

    >>> from fractions import Fraction
    >>> within(Interval(Fraction(80), Fraction(90), high_open=True), VALUE)
    ['and', ['>=', {'name': 'value'}, '80'], ['<', {'name': 'value'}, '90']]
    """
    tests = []
    if interval.low is not None:
        sign = ">" if interval.low_open else ">="
        tests.append([sign, figure, plain(interval.low)])
    if interval.high is not None:
        sign = "<" if interval.high_open else "<="
        tests.append([sign, figure, plain(interval.high)])
    # Without edges nothing is tested, and "and" of nothing is true.
    return ["and", *tests]


def _held(points: Expression) -> Expression:
    return ["min", WEIGHT, ["max", LOWEST, points]]


class _Tree:
    """Turns a checked formula into an expression."""

    def __init__(self, parsed: formula.Formula, own: Iterable[str]) -> None:
        self.parsed = parsed
        self.own = frozenset(own)

    def of(self, node: ast.expr) -> Expression:
        return _VISITS[type(node)](self, node)

    def all(self, nodes: Iterable[ast.expr]) -> list[Expression]:
        return [self.of(node) for node in nodes]

    def constant(self, node: ast.Constant) -> Expression:
        return literal(self.parsed.literals[node.lineno, node.col_offset])

    def name(self, node: ast.Name) -> Expression:
        """A name is one of the rule's own, or else a metric: the checker let no other pass."""
        if node.id in self.own:
            return {"name": node.id}
        return {"metric": node.id}

    def unary(self, node: ast.UnaryOp) -> Expression:
        operand = self.of(node.operand)
        if isinstance(node.op, ast.UAdd):
            return operand
        return [OPERATORS[type(node.op)], operand]

    def compare(self, node: ast.Compare) -> Expression:
        """`a < b < c` is `a < b and b < c`."""
        parts = self.all([node.left, *node.comparators])
        signs = [OPERATORS[type(sign)] for sign in node.ops]
        pairs = [
            [sign, left, right]
            for sign, (left, right) in zip(signs, pairwise(parts), strict=True)
        ]
        if len(pairs) == 1:
            return pairs[0]
        return ["and", *pairs]

    def binary(self, node: ast.BinOp) -> Expression:
        operator = OPERATORS[type(node.op)]
        return [operator, self.of(node.left), self.of(node.right)]

    def logical(self, node: ast.BoolOp) -> Expression:
        operator = OPERATORS[type(node.op)]
        return [operator, *self.all(node.values)]

    def conditional(self, node: ast.IfExp) -> Expression:
        return ["if", self.of(node.test), self.of(node.body), self.of(node.orelse)]

    def call(self, node: ast.Call) -> Expression:
        """Functions keep the names that they have in rule files."""
        return [formula.function_name(node), *self.all(node.args)]


_VISITS: dict[type[ast.expr], Callable[[_Tree, Any], Expression]] = {
    ast.Constant: _Tree.constant,
    ast.Name: _Tree.name,
    ast.UnaryOp: _Tree.unary,
    ast.Compare: _Tree.compare,
    ast.BinOp: _Tree.binary,
    ast.BoolOp: _Tree.logical,
    ast.IfExp: _Tree.conditional,
    ast.Call: _Tree.call,
}
"""What becomes of each sort of node; the checker has refused all others."""
