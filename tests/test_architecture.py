"""The house: modules stand in one line and import only what stands below them; numbers are exact."""

import ast
import io
import re
import tokenize
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "cchc_rules"

LINE = (
    "__main__",
    "cli",
    "commands.mutate",
    "commands.test",
    "commands.schema",
    "commands.fmt",
    "commands.check",
    "commands.init",
    "commands.template",
    "commands.doc",
    "commands.impact",
    "commands.diff",
    "commands.verify",
    "commands.plan",
    "commands.compare",
    "commands.sensitivity",
    "commands.overview",
    "commands.rank",
    "commands.score",
    "commands.tables",
    "commands",
    "console",
    "__init__",
    "province",
    "province.folder",
    "province.overview",
    "province.ranking",
    "province.ranks",
    "province.scores",
    "spark",
    "table.files",
    "table.whole",
    "table.written",
    "table.score",
    "table.weightings",
    "table.parts",
    "table.rows",
    "table.compiled",
    "table.scored",
    "table.results",
    "table.sums",
    "table.by_row",
    "table.judges",
    "table.formulas",
    "table.figures",
    "table.judged",
    "table.exact",
    "table.layout",
    "intake.book",
    "render",
    "render.overview",
    "render.ranking",
    "render.instrument",
    "render.instrument_page",
    "render.versions",
    "render.comparison",
    "render.comparison_page",
    "render.cases",
    "render.mending",
    "render.page",
    "render.sensitivity",
    "render.sensitivity_page",
    "render.workbook",
    "render.workbook.aside",
    "render.workbook.summary",
    "render.workbook.scores",
    "render.workbook.inputs",
    "render.workbook.steps",
    "render.workbook.book",
    "render.workbook.frame",
    "render.workbook.formulas",
    "render.workbook.cells",
    "render.markdown",
    "render.text",
    "render.template",
    "render.display",
    "testing",
    "testing.rulesets",
    "testing.laws",
    "testing.submissions",
    "render.findings",
    "findings",
    "layout.tidy",
    "verify",
    "dump",
    "versions.impact",
    "comparing.track",
    "comparing.sides",
    "comparing.document",
    "comparing.crossing",
    "comparing.division",
    "comparing.contribution",
    "cases.document",
    "cases.suggest",
    "cases.coverage",
    "cases.hunt",
    "cases.mutants",
    "cases.toml",
    "cases.figures",
    "cases.bench",
    "cases.branches",
    "cases.edges",
    "cases.run",
    "cases.form",
    "cases.own",
    "ranking",
    "whatif.mend",
    "whatif.document",
    "robustness.study",
    "robustness.document",
    "robustness.areas",
    "robustness.readings",
    "score",
    "report",
    "document",
    "proof",
    "provenance",
    "explain",
    "arithmetic",
    "whatif.gain",
    "head",
    "speech",
    "versions.whole",
    "versions.difference",
    "instrument",
    "intake.plain",
    "intake.blank",
    "intake.start",
    "wording",
    "whatif.steps",
    "whatif.trial",
    "outcome",
    "robustness.weighing",
    "tally",
    "plan",
    "shapes",
    "scale",
    "machine",
    "whatif.tries",
    "measure",
    "submission",
    "intake.many",
    "intake.filled",
    "intake.sheets",
    "intake.typed",
    "load",
    "layers",
    "overlay",
    "source",
    "locate",
    "check",
    "ladder",
    "reads",
    "build",
    "layout.canon",
    "layout.scan",
    "schema",
    "model",
    "formula",
    "calendar",
    "interval",
    "problem",
    "words",
    "state",
    "number",
    "cases",
    "forms",
    "intake",
    "comparing",
    "versions",
    "layout",
    "table",
    "robustness",
    "whatif",
)
"""Every module, the highest first."""

COMMAND_LINE = {name for name in LINE if name.split(".")[0] in ("__main__", "cli", "commands", "console")}

ONLY = {
    "pydantic": {"schema"},
    "pydantic_core": {"schema"},
    "simpleeval": {"formula"},
    "tomli": {"source", "locate"},
    "tomli_w": {"dump"},
    "rich": set(),
    "babel": set(),
    "holidays": {"calendar"},
    "jinja2": {"render.template"},
    "markupsafe": {
        "render.template",
        "render.page",
        "render.overview",
        "render.sensitivity_page",
        "render.instrument_page",
    },
    "xlsxwriter": {"render.workbook.book"},
    "openpyxl": {"intake.sheets", "intake.many"},
    "polars": {"spark", "province.ranks", "province.scores", *(name for name in LINE if name.startswith("table."))}
    - {"table.layout"},
    "pyarrow": {"spark", "table.parts", "table.written"},
    "pyspark": {"spark"},
    "hypothesis": {"testing.laws", "testing.submissions", "testing.rulesets"},
}
"""Which modules may know a package."""


def modules() -> dict[str, Path]:
    return {
        ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__"): path
        for path in sorted(SOURCE.rglob("*.py"))
    }


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module == "cchc_rules":
            names |= {f"cchc_rules.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return names


def test_every_module_has_its_place() -> None:
    assert set(modules()) == set(LINE)


@pytest.mark.parametrize("name", LINE)
def test_modules_import_only_what_stands_below(name: str) -> None:
    below = set(LINE[LINE.index(name) + 1 :])
    own = {
        module.removeprefix("cchc_rules.") for module in imported(modules()[name]) if module.startswith("cchc_rules")
    }
    assert own - {"cchc_rules"} <= below


@pytest.mark.parametrize("package", ONLY)
def test_packages_are_known_where_they_belong(package: str) -> None:
    users = {name for name, path in modules().items() if any(i.split(".")[0] == package for i in imported(path))}
    assert users <= ONLY[package]


@pytest.mark.parametrize("name", LINE)
def test_no_binary_float_in_the_source(name: str) -> None:
    text = modules()[name].read_text(encoding="utf-8")
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    numbers = [token.string for token in tokens if token.type == tokenize.NUMBER]
    assert not [number for number in numbers if "." in number or "e" in number.lower().replace("0x", "")]
    assert not re.search(r"(?<!\w)float\(", text)


@pytest.mark.parametrize("name", [name for name in LINE if name not in COMMAND_LINE | {"verify"}])
def test_only_the_command_line_and_the_checker_that_runs_alone_print_or_exit(name: str) -> None:
    calls = [
        node.func.id
        for node in ast.walk(ast.parse(modules()[name].read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    ]
    assert not {"print", "exit", "input", "eval", "exec"} & set(calls)


def test_nothing_reads_the_clock_or_the_environment_but_the_command_line() -> None:
    for name, path in modules().items():
        text = path.read_text(encoding="utf-8")
        assert ".today(" not in text, name
        assert ".now(" not in text, name
        assert name in COMMAND_LINE or "environ" not in text, name
