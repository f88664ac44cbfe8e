"""Check the documents: links, paths, an index that names all, the version, clauses that tests name,
the walk through the house, and what the documents say of the project's own commands and numbers.

Prints everything that is wrong, grouped, and exits with 1 if there is anything.
"""

import re
import sys
import tomllib
import unicodedata
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import get_args
from urllib.parse import unquote

import generated_pages
from room_map import rooms

from cchc_rules.cli.arguments import Parser
from cchc_rules.cli.commands import COMMANDS
from cchc_rules.rules.deductions import KINDS
from cchc_rules.rules.file_format import Comparator

ROOT = Path(__file__).parents[1]
FOLDERS = ("docs", "examples", "rules", "tests", "tools", "benchmarks", "src")
LAWS = range(1, 14)

FENCE = re.compile(r"^(```+|~~~+).*?^\1[ \t]*$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"!?\[[^\]]*\]\(([^()\s]+)\)")
HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.MULTILINE)
OUTSIDE = re.compile(r"^(?:[a-z][a-z0-9+.-]*:|//)", re.IGNORECASE)
PATH = re.compile(
    rf"(?:(?:{'|'.join(FOLDERS)})/[\w./*-]*|[A-Z]+\.md|pyproject\.toml|LICENSE)"
)
NAMED = re.compile(r"\bcam-due-20\d\d(?:-[a-z]+)*(?:\.(?:toml|json))?")
OPTION = re.compile(r"(?<![\w-])--[a-z]+(?:-[a-z]+)*")
OTHER_OPTIONS = {"--deep", "--new-seeds", "--wide", "--check", "--write"}
"""Options of the tests and of the benchmarks, named by themselves."""
MACHINE = re.compile(
    r"(?<![\w./~-])/(?:home|root|tmp|work|Users|mnt|private|var/folders)/[\w.-]|\b[A-Z]:\\Users\\"
)


def pages() -> list[Path]:
    """Return every document of the project."""
    return sorted(
        [
            *ROOT.glob("*.md"),
            *(path for name in FOLDERS for path in (ROOT / name).rglob("*.md")),
        ]
    )


def name_of(path: Path) -> str:
    """Return a path as people write it in this project."""
    return path.relative_to(ROOT).as_posix()


@cache
def generated() -> dict[Path, str]:
    """Return the pages that are made when the site is built, by where they will stand."""
    return {ROOT / name: text for name, text in generated_pages.pages().items()}


def text_of(path: Path) -> str:
    """Return the text of a document of the project, or of one that is made."""
    return generated().get(path) or path.read_text(encoding="utf-8")


def unfenced(text: str) -> str:
    """Return a document without its fenced blocks, its lines kept."""
    return FENCE.sub(lambda block: "\n" * block[0].count("\n"), text)


def anchors(path: Path) -> set[str]:
    """Return the anchors of a document's headings, as GitHub makes them."""
    found: set[str] = set()
    for heading in HEADING.findall(unfenced(text_of(path))):
        plain = (
            re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading)
            .replace("`", "")
            .replace("*", "")
            .strip()
            .lower()
        )
        kept = "".join(
            char
            for char in plain
            if char in " -_" or unicodedata.category(char)[0] in "LNM"
        )
        slug = kept.replace(" ", "-")
        again = [f"{slug}-{number}" for number in range(1, 100)]
        found.add(
            slug
            if slug not in found
            else next(one for one in again if one not in found)
        )
    return found


def places(pattern: re.Pattern[str], text: str) -> Iterator[tuple[int, str]]:
    """Yield what a pattern finds, with its line."""
    for match in pattern.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, match[match.lastindex or 0]


def links(path: Path) -> Iterator[tuple[int, str, Path, str]]:
    """Yield the links of a document to files of the project: line, as written, file, anchor."""
    text = CODE.sub(
        lambda code: " " * len(code[0]), unfenced(path.read_text(encoding="utf-8"))
    )
    for line, target in places(LINK, text):
        if not OUTSIDE.match(target):
            file, _, anchor = unquote(target).partition("#")
            yield line, target, (path.parent / file).resolve() if file else path, anchor


def broken_links() -> Iterator[str]:
    """Links whose file or heading is not there.

    Pages under `docs` may link to those that are made; the others are read where nothing is made.
    """
    for path in pages():
        made = generated() if path.is_relative_to(ROOT / "docs") else {}
        for line, target, file, anchor in links(path):
            if file not in made and (not file.exists() or file in generated()):
                yield f"{name_of(path)}:{line}: {target}: no such file"
            elif anchor and (file.suffix != ".md" or anchor not in anchors(file)):
                yield f"{name_of(path)}:{line}: {target}: no such heading"


def absent_paths() -> Iterator[str]:
    """Paths in backticks that look like files of the project and are not there."""
    for path in pages():
        for line, code in places(CODE, unfenced(path.read_text(encoding="utf-8"))):
            if PATH.fullmatch(code) and not (
                any(ROOT.glob(code)) if "*" in code else _known(path, code)
            ):
                yield f"{name_of(path)}:{line}: `{code}`: no such file"


def _known(page: Path, code: str) -> bool:
    """Whether a path is there, or is plainly a pattern for a file still to be written
    (CONTRIBUTING's `my-code`).
    """
    pattern = page.name == "CONTRIBUTING.md" and re.search(r"sNN-name|my-code", code)
    return bool(pattern) or (ROOT / code).exists() or ROOT / code in generated()


MADE_UP = {"cam-due-2032", "cam-due-2024", "cam-due-2024.toml"}
"""A slip that is shown on purpose, and a plan that a story makes."""


def _help(command: str) -> str:
    """Return the help of a command."""
    parser = Parser(lang="en")
    import_module(f"cchc_rules.cli.commands.{command}").add(parser)
    return str(parser.format_help())


def unknown_names() -> Iterator[str]:
    """Rule sets, examples and options of the command line that are named and do not exist."""
    files = {
        path.name for name in ("rules", "examples") for path in (ROOT / name).iterdir()
    }
    known = files | {name.rpartition(".")[0] for name in files} | MADE_UP
    options = {
        option for name in COMMANDS for option in OPTION.findall(_help(name))
    } | OTHER_OPTIONS
    for path in pages():
        text = path.read_text(encoding="utf-8")
        for line, name in places(NAMED, text):
            if name not in known:
                yield f"{name_of(path)}:{line}: {name}: no such rule set or example"
        for line, code in places(CODE, text):
            for option in (
                OPTION.findall(code) if code.startswith("--") or "cchc" in code else ()
            ):
                if option not in options:
                    yield f"{name_of(path)}:{line}: {option}: no such option"


def loose_lines() -> Iterator[str]:
    """Lines that end in blanks, paths of somebody's machine, and marks of a merge."""
    for path in pages():
        for line, text in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
            if text != text.rstrip():
                yield f"{name_of(path)}:{line}: trailing whitespace"
            if text.startswith(("<<<<<<< ", ">>>>>>> ")):
                yield f"{name_of(path)}:{line}: a merge that was not ended"
            if MACHINE.search(text):
                yield f"{name_of(path)}:{line}: a path of one machine"


def unlisted() -> Iterator[str]:
    """Documents that docs/README.md does not link to."""
    index = ROOT / "docs" / "README.md"
    if not index.exists():
        yield "docs/README.md is not there"
        return
    named = {file for _, _, file, _ in links(index)} | {index}
    for path in sorted((ROOT / "docs").rglob("*.md")):
        if path not in named:
            yield f"docs/README.md does not link to {name_of(path)}"


def versions() -> Iterator[str]:
    """The top entry of the changelog is the project's version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))[
        "project"
    ]["version"]
    changelog = ROOT / "CHANGELOG.md"
    text = changelog.read_text(encoding="utf-8") if changelog.exists() else ""
    entry = re.search(r"^## \[([^\]]+)\]", text, re.MULTILINE)
    if entry is None or entry[1] != project:
        begins = entry[1] if entry else "no version"
        yield f"CHANGELOG.md begins with {begins}, pyproject.toml says {project}"


def untested() -> Iterator[str]:
    """Clauses and laws of the semantics that no test names."""
    semantics = (ROOT / "docs" / "reference" / "semantics.md").read_text(
        encoding="utf-8"
    )
    tests = "\n".join(
        path.read_text(encoding="utf-8")
        for path in sorted((ROOT / "tests").rglob("*.py"))
    )
    for clause in re.findall(r"\*\*([A-Z]\d+)\*\*", semantics):
        if not re.search(rf"\b{clause}\b", tests):
            yield f"no test names the clause {clause}"
    for law in LAWS:
        if not re.search(rf"\bLaw {law}\b", tests, re.IGNORECASE):
            yield f"no test names Law {law}"


WALK = re.compile(r"`(src/[\w/]+\.py)`: ((?:`\w+`(?:, )?)+)")
"""A module and the functions of it that a figure passes, as docs/explanation/architecture.md
writes them.
"""


def lost_ways() -> Iterator[str]:
    """Functions of the walk through the house that are no longer where it says."""
    page = ROOT / "docs" / "explanation" / "architecture.md"
    for module, functions in WALK.findall(page.read_text(encoding="utf-8")):
        source = (ROOT / module).read_text(encoding="utf-8")
        for name in CODE.findall(functions):
            if not re.search(rf"^ *def {name}\(", source, re.MULTILINE):
                yield f"{name_of(page)}: {module} has no function {name}"


SESSION = re.compile(r"nox (?:-s|--session) (\w+)")
EXTRA = re.compile(r"""(?:\.|cchc-rules)\[([a-z,]+)\]""")
VARIABLE = re.compile(r"\bCCHC_[A-Z_]+\b")
FILE = re.compile(r"\b(?:tests|tools|benchmarks)/[\w/-]+\.py\b")
PYTEST_OPTION = re.compile(r"-m pytest[^`\n]*?(?<!\w)(--[a-z-]+)")
OF_PYTEST = {"--cov"}


def unknown_to_the_project() -> Iterator[str]:
    """Sessions of nox, extras, variables of the environment, files and options of pytest that
    documents name and the project does not have.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = set(project["project"]["optional-dependencies"])
    sessions = (ROOT / "noxfile.py").read_text(encoding="utf-8")
    options = (ROOT / "tests" / "conftest.py").read_text(encoding="utf-8")
    code = "\n".join(
        path.read_text(encoding="utf-8")
        for folder in ("src", "tests", "tools")
        for path in (ROOT / folder).rglob("*.py")
    )
    for path in pages():
        text = path.read_text(encoding="utf-8")
        for line, session in places(SESSION, text):
            if f"\ndef {session}(" not in sessions:
                yield f"{name_of(path)}:{line}: {session}: no such session of nox"
        for line, names in places(EXTRA, text):
            for extra in set(names.split(",")) - extras:
                yield f"{name_of(path)}:{line}: {extra}: no such extra"
        for line, variable in places(VARIABLE, text):
            if variable not in code:
                yield f"{name_of(path)}:{line}: {variable}: nothing reads it"
        for line, file in places(FILE, text):
            if not (ROOT / file).exists():
                yield f"{name_of(path)}:{line}: {file}: no such file"
        for line, option in places(PYTEST_OPTION, text):
            if option not in OF_PYTEST and f'"{option}"' not in options:
                yield f"{name_of(path)}:{line}: {option}: no such option of the tests"


DOCUMENT = re.compile(r"\bdocs/[\w-]+/[\w-]+\.md\b")

NUMBERS: dict[str, Callable[[], bool]] = {
    "eleven rooms": lambda: len(rooms()) == 11,
    "thirteen laws": lambda: len(LAWS) == 13,
    "nine kinds": lambda: len(KINDS) == 9,
    "fourteen comparators": lambda: len(get_args(Comparator)) == 14,
}
"""Numbers that documents say in words, and whether they are so."""


def untrue_numbers() -> Iterator[str]:
    """Numbers in words that are no longer so."""
    for path in pages():
        text = path.read_text(encoding="utf-8")
        for words, holds in NUMBERS.items():
            if words in text and not holds():
                yield f"{name_of(path)}: not {words} any more"


def lost_references() -> Iterator[str]:
    """Documents that the code names and that are not there."""
    for module in sorted((ROOT / "src").rglob("*.py")):
        for line, page in places(DOCUMENT, module.read_text(encoding="utf-8")):
            if not (ROOT / page).exists():
                yield f"{name_of(module)}:{line}: {page}: no such document"


CHECKS = {
    "links": broken_links,
    "paths in backticks": absent_paths,
    "names": unknown_names,
    "lines": loose_lines,
    "index of documents": unlisted,
    "version": versions,
    "clauses and laws": untested,
    "walk through the house": lost_ways,
    "commands of the project": unknown_to_the_project,
    "numbers in words": untrue_numbers,
    "documents that the code names": lost_references,
}


def main() -> int:
    """Print what is wrong, grouped; 1 if anything is."""
    wrong = 0
    for title, check in CHECKS.items():
        found = list(check())
        wrong += len(found)
        if found:
            print(f"{title} ({len(found)})", *(f"  {one}" for one in found), sep="\n")
    print(f"{len(pages())} documents, {wrong} finding(s)")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
