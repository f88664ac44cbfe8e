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
from functools import reduce
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
    Tier,
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
    """Turns the rules and the derived metrics of one rule set into expressions."""

    def __init__(self, rules: RuleSet) -> None:
        self.rules = rules

    # Formulas

    def derived(self, metric: Metric) -> Expression:
        """Return the formula of a derived metric, None for one that is submitted."""
        return None if metric.formula is None else self.formula(metric.formula, None)

    def formula(self, text: str, rule: Rule | None) -> Expression:
        """Return a formula, which may use the names of a rule."""
        own = {} if rule is None else dependencies.own_names(self.rules, rule)
        parsed = formula.parse(
            text, ChainMap(own, self.rules.metric_types), self.rules.calendar
        )
        return _Tree(parsed, own.keys()).of(parsed.tree)

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
        """Return the points of a rule over its value, threshold, weight and lowest; None where a
        person gives them.
        """
        match rule.deduction.kind:
            case "manual":
                return None
            case "all_or_nothing" | "none":
                return ["if", MET, WEIGHT, LOWEST]
            case "proportional":
                return ["if", MET, WEIGHT, self._share(rule)]
            case "per_unit":
                return [
                    "if",
                    MET,
                    WEIGHT,
                    _held(
                        [
                            "-",
                            WEIGHT,
                            [
                                "*",
                                plain(dependencies.unit_loss(rule)),
                                self._units(rule),
                            ],
                        ]
                    ),
                ]
            case "tiers":
                return self._tiers(rule)
            case _:
                return _held(self.formula(rule.deduction.formula or "", rule))

    def _share(self, rule: Rule) -> Expression:
        """weight × (value − from) / (target − from), nothing below the floor or where the target is
        not beyond it.
        """
        deduction = rule.deduction
        rising = rule.comparator == ">="
        start = plain(deduction.from_) if deduction.from_ is not None else "0"
        share = ["/", ["*", WEIGHT, ["-", VALUE, start]], ["-", THRESHOLD, start]]
        points: Expression = [
            "if",
            [">" if rising else "<", THRESHOLD, start],
            ["max", LOWEST, share],
            "0",
        ]
        if deduction.floor is None:
            return points
        return [
            "if",
            ["<" if rising else ">", VALUE, plain(deduction.floor)],
            "0",
            points,
        ]

    def _units(self, rule: Rule) -> Expression:
        """How many units lie between a figure and its target: exact, each begun one, or full ones."""
        deduction = rule.deduction
        by_date = self.rules.metrics[rule.metric or ""].type == "date"
        value: Expression = (
            VALUE
            if deduction.exempt is None
            else ["-", VALUE, {"metric": deduction.exempt}]
        )
        apart = ["days", THRESHOLD, value] if by_date else ["-", value, THRESHOLD]
        units = ["/", ["abs", apart], plain(deduction.step)]
        rounding = {"started": "round_up", "whole": "round_down"}.get(deduction.units)
        return [rounding, units] if rounding else units

    def _tiers(self, rule: Rule) -> Expression:
        """The points of the first tier whose condition holds; the last one takes what is left."""
        figure = (
            ["days", THRESHOLD, VALUE] if rule.deduction.of == "days_late" else VALUE
        )
        *first, last = rule.deduction.tiers
        return reduce(
            lambda rest, tier: [
                "if",
                condition(tier, figure),
                self._worth(rule, tier),
                rest,
            ],
            reversed(first),
            self._worth(rule, last),
        )

    def _worth(self, rule: Rule, tier: Tier) -> Expression:
        fixed = dependencies.constant(rule, tier)
        return (
            _held(self.formula(tier.value.formula or "", rule))
            if fixed is None
            else plain(fixed)
        )

    def effects(self, rule: Rule) -> dict[str, str]:
        """Return what each absence does to the points of a rule."""
        if rule.deduction.kind == "none":
            return {
                str(state): str(Effect.LOST) for state in (State.MISSING, *_DECLARED)
            }
        return {str(state): str(effect) for state, effect in rule.absence.items()}


_DECLARED = (State.NOT_APPLICABLE, State.NOT_DUE, State.WAIVED)


def condition(tier: Tier, figure: Expression) -> Expression:
    """Return the condition of a tier on a figure."""
    if tier.values is not None:
        return ["or", *(["==", figure, literal(value)] for value in tier.values)]
    return True if tier.interval is None else within(tier.interval, figure)


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
        return (
            operand
            if isinstance(node.op, ast.UAdd)
            else [OPERATORS[type(node.op)], operand]
        )

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
