"""The house: rooms import only what stands below them, packages are known where they belong, numbers are exact."""

import ast
import io
import re
import tokenize
from pathlib import Path

import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports
from package_source import SOURCE, modules, nodes

ROOT = Path(__file__).parents[1]
MODULES = modules()
COMMAND_LINE = {
    name for name in MODULES if name == "__main__.py" or name.startswith("cli/")
}
RUNS_ALONE = "report/verify.py"
PROTOCOLS = {"_fields", "_repr_html_"}
"""Names with an underscore that are public: of named tuples, and of objects that a notebook shows."""


def test_imports_keep_the_contracts_of_pyproject(capsys) -> None:
    assert (
        lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True)
        == EXIT_STATUS_SUCCESS
    ), capsys.readouterr().out


def test_the_top_of_the_package_is_rooms_and_nothing_loose() -> None:
    files = {path.name for path in SOURCE.iterdir() if path.is_file()}
    assert files == {"__init__.py", "__main__.py", "py.typed"}


def test_no_function_of_the_package_has_the_name_of_a_room() -> None:
    import cchc_rules  # noqa: PLC0415

    rooms = {path.name for path in SOURCE.iterdir() if path.is_dir()} | {
        path.stem for path in SOURCE.glob("*.py")
    }
    assert not rooms & set(cchc_rules.__all__)


def test_no_binary_float_in_the_source() -> None:
    assert [
        name
        for name, path in MODULES.items()
        if _floats(path.read_text(encoding="utf-8"))
    ] == []


def _floats(text: str) -> list[str]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    numbers = [
        token.string.lower() for token in tokens if token.type == tokenize.NUMBER
    ]
    written = [
        number for number in numbers if "." in number or "e" in number.replace("0x", "")
    ]
    return written + re.findall(r"(?<!\w)float\(", text)


@pytest.mark.parametrize("text", ["x = 0.5", "x = 1e3", "x = float(y)"])
def test_a_binary_float_is_seen(text: str) -> None:
    assert _floats(text)


def test_only_the_command_line_and_the_checker_that_runs_alone_print_or_exit() -> None:
    told = {"print", "exit", "input", "eval", "exec"}
    quiet = [name for name in MODULES if name not in COMMAND_LINE | {RUNS_ALONE}]
    assert [name for name in quiet if told & _called(MODULES[name])] == []


def _called(path: Path) -> set[str]:
    return {
        node.func.id
        for node in nodes(path)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }


def test_nothing_reads_the_clock_or_the_environment_but_the_command_line() -> None:
    for name, path in MODULES.items():
        text = path.read_text(encoding="utf-8")
        assert ".today(" not in text, name
        assert ".now(" not in text, name
        assert name in COMMAND_LINE or "environ" not in text, name


# What tests reach for


def test_tests_use_no_private_name_of_the_package() -> None:
    private = _private_names()
    word = re.compile(r"\b_[A-Za-z]\w*")
    reached_for = {
        path.relative_to(ROOT).as_posix(): names
        for path in sorted((ROOT / "tests").rglob("*.py"))
        # Most files have no such word, and need not be parsed.
        if private & {*word.findall(path.read_text(encoding="utf-8"))}
        and (names := _reached_for(path.read_text(encoding="utf-8"), private))
    }
    assert reached_for == {}


def _private_names() -> set[str]:
    """The private functions, classes, constants and attributes of the package."""
    names: set[str] = set()
    for path in MODULES.values():
        for node in nodes(path):
            match node:
                case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                    names.add(name)
                case ast.Name(id=name, ctx=ast.Store()):
                    names.add(name)
                case ast.Attribute(attr=name, ctx=ast.Store()):
                    names.add(name)
    return {name for name in names if re.fullmatch(r"_[A-Za-z]\w*", name)} - PROTOCOLS


def _reached_for(text: str, private: set[str]) -> list[str]:
    """The private names that a test imports, reads off an object, or names as a text to be replaced.

    A test may have private names of its own, those of its own classes among them.
    """
    names = []
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Attribute(value=ast.Name(id="self" | "cls")):
                pass
            case ast.Attribute(attr=name):
                names.append(name)
            case ast.ImportFrom(names=imported):
                names += [alias.name for alias in imported]
            case ast.Constant(value=str(value)):
                names.append(value.rpartition(".")[2])
    return sorted({*names} & private)


@pytest.mark.parametrize(
    "text",
    [
        "from cchc_rules.room import _hidden",
        "module._hidden()",
        "setattr(module, '_hidden', None)",
        "replace('cchc_rules.room._hidden', None)",
    ],
)
def test_a_private_name_is_seen(text: str) -> None:
    assert _reached_for(text, {"_hidden"}) == ["_hidden"]


@pytest.mark.parametrize(
    "text", ["self._hidden", "def _hidden(): pass", "'is _hidden'"]
)
def test_a_private_name_of_the_test_itself_is_none_of_the_package(text: str) -> None:
    assert _reached_for(text, {"_hidden"}) == []
