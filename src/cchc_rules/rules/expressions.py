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
from typing import Any, TypeAlias

from cchc_rules.base.interval import Interval
from cchc_rules.base.number import plain
from cchc_rules.base.state import Effect, State
from cchc_rules.rules import dependencies, formula
from cchc_rules.rules.model import (
    FormulaRef,
    Metric,
    MetricRef,
    Rule,
    RuleSet,
    Scalar,
)
from cchc_rules.rules.value_function import (
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
    Within,
    value_function,
)

Expression: TypeAlias = Any
"""JSON data; see the top of this module."""

VALUE, THRESHOLD, WEIGHT, LOWEST, MET = (
    {"name": name} for name in ("value", "threshold", "weight", "lowest", "met")
)

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
    """Return a literal of a rule file as an expression."""
    if isinstance(value, bool):
        return value
    if isinstance(value, date):
        return {"date": value.isoformat()}
    return {"text": value} if isinstance(value, str) else plain(value)


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
        """Return the formula of a derived metric, None for one that is submitted."""
        return None if metric.formula is None else self.formula(metric.formula, None)

    def formula(self, text: str, rule: Rule | None) -> Expression:
        """Return a formula, which may use the names of a rule."""
        own_names: dict[str, str] = {}
        if rule is not None:
            own_names = dependencies.own_names(self.rules, rule)
        types = ChainMap(own_names, self.rules.metric_types)
        parsed = formula.parse(text, types, self.rules.calendar)
        return _Tree(parsed, own_names.keys()).of(parsed.tree)

    # Rules

    def threshold(self, rule: Rule) -> Expression:
        """Return a rule's threshold, None where it is no single figure."""
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
        *first, last = function.pieces
        expression = self._points(last, rule, metric)
        for piece in reversed(first):
            points = self._points(piece, rule, metric)
            expression = ["if", condition(piece.condition, figure), points, expression]
        return expression

    def _points(self, piece: Piece, rule: Rule, metric: Metric) -> Expression:
        """Return what a piece gives, held between the fewest points and the weight."""
        match piece.points:
            case Constant(points):
                return term(points)
            case Line() as line:
                return _share(line, rising=rule.comparator == ">=")
            case Staircase() as stairs:
                return _held(_stairs(stairs, rule.deduction.axis, metric))
            case Computed(text):
                return _held(self.formula(text, rule))

    def effects(self, rule: Rule) -> dict[str, str]:
        """Return what each absence does to the points of a rule."""
        if not rule.deduction.scored:
            return {
                str(state): str(Effect.LOST) for state in (State.MISSING, *_DECLARED)
            }
        return {str(state): str(effect) for state, effect in rule.absence.items()}


_DECLARED = (State.NOT_APPLICABLE, State.NOT_DUE, State.WAIVED)


def term(value: Term) -> Expression:
    """Return a number, or the name of what is known when a rule is scored."""
    return {"name": str(value)} if isinstance(value, Symbol) else plain(value)


def _figure(axis: Axis) -> Expression:
    """Return what the conditions of pieces are held against."""
    return ["days", THRESHOLD, VALUE] if axis.days_late else VALUE


def condition(where: Condition, figure: Expression) -> Expression:
    """Return the condition of a piece on a figure."""
    match where:
        case Met():
            return MET
        case Compare(sign, edge):
            return [sign, figure, term(edge)]
        case Among(values):
            return ["or", *(["==", figure, literal(value)] for value in values)]
        case Within(interval):
            return within(interval, figure)
        case Otherwise():
            return True


def _share(line: Line, *, rising: bool) -> Expression:
    """weight × (value − start) / (end − start), nothing where the end is not beyond the start."""
    start = plain(line.start)
    end = term(line.end)
    share = ["/", ["*", WEIGHT, ["-", VALUE, start]], ["-", end, start]]
    return ["if", [">" if rising else "<", end, start], ["max", LOWEST, share], "0"]


def _stairs(stairs: Staircase, axis: Axis, metric: Metric) -> Expression:
    """base ± each × units, parts of a unit counted as they are, as whole ones, or not at all."""
    origin = term(stairs.origin)
    value: Expression = VALUE
    if axis.exempt is not None:
        value = ["-", VALUE, {"metric": axis.exempt}]
    apart = ["-", value, origin]
    if metric.type == "date":
        apart = ["days", origin, value]
    units = ["/", ["abs", apart], plain(stairs.step)]
    rounding = {"started": "round_up", "whole": "round_down"}.get(stairs.units)
    if rounding is not None:
        units = [rounding, units]
    sign = "-" if stairs.each < 0 else "+"
    return [sign, term(stairs.base), ["*", plain(abs(stairs.each)), units]]


def within(interval: Interval, figure: Expression) -> Expression:
    """Return the condition of lying inside an interval."""
    edges = (
        (">" if interval.low_open else ">=", interval.low),
        ("<" if interval.high_open else "<=", interval.high),
    )
    return [
        "and",
        *([sign, figure, plain(edge)] for sign, edge in edges if edge is not None),
    ]


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
        return {"name" if node.id in self.own else "metric": node.id}

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
            for sign, left, right in zip(signs, parts, parts[1:], strict=False)
        ]
        return pairs[0] if len(pairs) == 1 else ["and", *pairs]


_VISITS: dict[type[ast.expr], Callable[[_Tree, Any], Expression]] = {
    ast.Constant: _Tree.constant,
    ast.Name: _Tree.name,
    ast.UnaryOp: _Tree.unary,
    ast.Compare: _Tree.compare,
    ast.BinOp: lambda tree, node: [
        OPERATORS[type(node.op)],
        tree.of(node.left),
        tree.of(node.right),
    ],
    ast.BoolOp: lambda tree, node: [OPERATORS[type(node.op)], *tree.all(node.values)],
    ast.IfExp: lambda tree, node: [
        "if",
        tree.of(node.test),
        tree.of(node.body),
        tree.of(node.orelse),
    ],
    ast.Call: lambda tree, node: [node.func.id, *tree.all(node.args)],
}
