"""Which way a formula went: the arms, operands and arguments that decided its value.

Of `weight if a >= 3 and b else max(a, 1)` over a = 2 and b = yes the ways are: `a >= 3` is false,
so `a >= 3 and b` is false, `b` is not looked at, and `max(a, 1)` takes `a`. The formula is walked
once more from the top, and each part that decides something is evaluated alone. That is slower
than to note ways while evaluating, but the evaluator, which every score depends on, stays free of
it.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import replace

from cchc_rules.base.state import Absent
from cchc_rules.rules.formula import LENIENT, Formula, Value

Branch = tuple[str, str]
"""The source text of a part of a formula with its place, and what became of it: a way it can go."""

Names = Mapping[str, Value | Absent]
CHOOSING = ("min", "max", *LENIENT)
TRUE = "true"
FALSE = "false"


def branches(formula: Formula) -> list[Branch]:
    """Return every way in which a formula can go, in the order of its text.

    Of `a if c else b`: c true, c false. Of each operand of `and` and `or`: true, false. Of min,
    max, first and largest_known over several arguments: each argument, as the one that is taken.
    """
    return [branch for node in _nodes(formula.tree) for branch in _ways(formula, node)]


def _nodes(tree: ast.AST) -> Iterator[ast.expr]:
    deciding = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.IfExp | ast.BoolOp | ast.Call)
    ]
    # In the order of the text; of two parts that begin together, the longer first.
    yield from sorted(
        deciding,
        key=lambda node: (node.lineno, node.col_offset, -(node.end_col_offset or 0)),
    )


def _ways(formula: Formula, node: ast.expr) -> Iterator[Branch]:
    if isinstance(node, ast.IfExp):
        yield from ((_text(formula, node.test), word) for word in (TRUE, FALSE))
    elif isinstance(node, ast.BoolOp):
        yield from (
            (_text(formula, value), word)
            for value in node.values
            for word in (TRUE, FALSE)
        )
    elif isinstance(node, ast.Call) and _chooses(node):
        yield from ((_text(formula, node), _source(formula, arg)) for arg in node.args)


def _chooses(node: ast.Call) -> bool:
    return (
        isinstance(node.func, ast.Name)
        and node.func.id in CHOOSING
        and len(node.args) > 1
    )


def _source(formula: Formula, node: ast.AST) -> str:
    return ast.get_source_segment(formula.text, node) or ""


def _text(formula: Formula, node: ast.expr) -> str:
    """Return the text of a part; where it stands twice, with the column of this one."""
    text = _source(formula, node)
    if formula.text.count(text) == 1:
        return text
    return f"{text} @{node.col_offset + 1}"


def taken(formula: Formula, names: Names) -> set[Branch]:
    """Return the ways in which a formula went over some figures."""
    return set(_taken(formula, formula.tree, names))


def _taken(formula: Formula, node: ast.expr, names: Names) -> Iterator[Branch]:
    if isinstance(node, ast.IfExp):
        yield from _taken(formula, node.test, names)
        is_true = _value(formula, node.test, names)
        if isinstance(is_true, bool):
            yield _text(formula, node.test), _word(is_true)
            arm = node.body if is_true else node.orelse
            yield from _taken(formula, arm, names)
    elif isinstance(node, ast.BoolOp):
        yield from _operands(formula, node, names)
    else:
        yield from _chosen(formula, node, names)
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                yield from _taken(formula, child, names)


def _operands(formula: Formula, node: ast.BoolOp, names: Names) -> Iterator[Branch]:
    """Yield the outcome of each operand up to the one that settles it."""
    for operand in node.values:
        yield from _taken(formula, operand, names)
        is_true = _value(formula, operand, names)
        if not isinstance(is_true, bool):
            return
        yield _text(formula, operand), _word(is_true)
        # A true operand settles `or`, a false one `and`: Python looks no further either.
        if is_true is isinstance(node.op, ast.Or):
            return


def _word(is_true: bool) -> str:
    return TRUE if is_true else FALSE


def _chosen(formula: Formula, node: ast.expr, names: Names) -> Iterator[Branch]:
    """Yield which argument was taken; the first of equal ones."""
    if isinstance(node, ast.Call) and _chooses(node):
        value = _value(formula, node, names)
        equal = [
            arg
            for arg in node.args
            if not isinstance(value, Absent) and _value(formula, arg, names) == value
        ]
        if equal:
            yield _text(formula, node), _source(formula, equal[0])


def _value(formula: Formula, node: ast.expr, names: Names) -> Value | Absent:
    return replace(formula, tree=node).evaluate(names)
