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
"""What the names of a formula stand for."""

CHOOSING = ("min", "max", *LENIENT)
"""Functions whose value is that of one of their arguments."""

# What becomes of a condition or an operand.
TRUE = "true"
FALSE = "false"


def branches(formula: Formula) -> list[Branch]:
    """Return every way in which a formula can go, in the order of its text.

    Of `a if c else b`: c true, c false. Of each operand of `and` and `or`: true, false. Of min,
    max, first, largest_known and smallest_known over several arguments: each argument, as the one
    that is taken.
    """
    every_way: list[Branch] = []
    for node in _deciding(formula.tree):
        every_way += _ways(formula, node)
    return every_way


def _deciding(tree: ast.AST) -> list[ast.expr]:
    """Return the parts of a formula that decide something, in the order of the text."""
    kinds = ast.IfExp | ast.BoolOp | ast.Call
    deciding: list[ast.expr] = []
    for node in ast.walk(tree):
        if isinstance(node, kinds):
            deciding.append(node)
    return sorted(deciding, key=_in_text_order)


def _in_text_order(node: ast.expr) -> tuple[int, int, int]:
    # Of two parts that begin together, the longer first.
    end = node.end_col_offset or 0
    return node.lineno, node.col_offset, -end


def _ways(formula: Formula, node: ast.expr) -> Iterator[Branch]:
    """Yield the ways in which one part can go."""
    if isinstance(node, ast.IfExp):
        condition = _text(formula, node.test)
        yield condition, TRUE
        yield condition, FALSE
    elif isinstance(node, ast.BoolOp):
        for value in node.values:
            operand = _text(formula, value)
            yield operand, TRUE
            yield operand, FALSE
    elif isinstance(node, ast.Call) and _chooses(node):
        call = _text(formula, node)
        for argument in node.args:
            yield call, _source(formula, argument)


def _chooses(node: ast.Call) -> bool:
    """Whether a call takes one of several arguments: `max(a)` has nothing to choose."""
    if not isinstance(node.func, ast.Name):
        return False
    return node.func.id in CHOOSING and len(node.args) > 1


def _source(formula: Formula, node: ast.AST) -> str:
    return ast.get_source_segment(formula.text, node) or ""


def _text(formula: Formula, node: ast.expr) -> str:
    """Return the text of a part; where it stands twice, with the column of this one."""
    text = _source(formula, node)
    if formula.text.count(text) == 1:
        return text
    return f"{text} @{node.col_offset + 1}"


def taken(formula: Formula, names: Names) -> set[Branch]:
    """Return the ways in which a formula went over some figures.

    Args:
        formula: The formula.
        names: What its names stand for.
    """
    return set(_taken(formula, formula.tree, names))


def _taken(formula: Formula, node: ast.expr, names: Names) -> Iterator[Branch]:
    """Yield the ways in which a part of a formula went, and the parts of it that were evaluated."""
    if isinstance(node, ast.IfExp):
        yield from _taken(formula, node.test, names)
        is_true = _value(formula, node.test, names)
        # A condition over an absent figure is absent, and no arm is evaluated.
        if not isinstance(is_true, bool):
            return
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
    if is_true:
        return TRUE
    return FALSE


def _chosen(formula: Formula, node: ast.expr, names: Names) -> Iterator[Branch]:
    """Yield which argument was taken; the first of equal ones."""
    if not isinstance(node, ast.Call) or not _chooses(node):
        return
    value = _value(formula, node, names)
    if isinstance(value, Absent):
        return
    for argument in node.args:
        if _value(formula, argument, names) == value:
            yield _text(formula, node), _source(formula, argument)
            return


def _value(formula: Formula, node: ast.expr, names: Names) -> Value | Absent:
    """Return what a part of a formula comes to by itself."""
    part = replace(formula, tree=node)
    return part.evaluate(names)
