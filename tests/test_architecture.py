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
