"""The modules of the package as syntax trees, each parsed once in a run, and the texts that stand in them."""

import ast
from functools import cache
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "src" / "cchc_rules"


@cache
def modules() -> dict[str, Path]:
    """Every module of the package by its path within it, such as `base/number.py`."""
    return {
        path.relative_to(SOURCE).as_posix(): path
        for path in sorted(SOURCE.rglob("*.py"))
    }


@cache
def nodes(module: Path) -> tuple[ast.AST, ...]:
    """Every node of a module's syntax tree."""
    return tuple(ast.walk(ast.parse(module.read_text(encoding="utf-8"))))


@cache
def texts(module: Path) -> frozenset[str]:
    """The texts that stand in a module, docstrings left out."""
    docstrings = {
        id(node.value) for node in nodes(module) if isinstance(node, ast.Expr)
    }
    return frozenset(
        node.value
        for node in nodes(module)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in docstrings
    )
