"""Every check of the project, named once: `nox --list` shows them, `nox --session lint` runs one.

A check runs in the Python that nox is installed in; it makes no environment and installs nothing,
so that it takes seconds. `.ci/run` makes a new environment and calls the same checks.
"""

import os
import re
import secrets
import shutil
import sys
import tempfile
from pathlib import Path

import nox

nox.needs_version = ">=2024.4.15"
nox.options.default_venv_backend = "none"
nox.options.sessions = [
    "lint",
    "types",
    "imports",
    "dead_code",
    "documents",
    "examples",
    "tests",
]

WRITTEN_BY_PEOPLE = ("src", "tests", "tools", "benchmarks", "noxfile.py")
EXAMPLE = Path("examples", "cam-due-2023.json").absolute()

LAWS = (
    "tests/scoring/test_laws.py",
    "tests/tables/test_table_laws.py",
    "tests/analysis/test_plan_to.py",
)
NEW_SEEDS = Path(".new-seeds")
TESTS_FAILED = 1
"""The code with which pytest ends where it ran all tests and one failed."""

DEMANDED = {
    "CCHC_BROWSER": "1",
    "CCHC_OFFICE": "1",
    "CCHC_ORACLE": "100000",
    "CCHC_TAPLO": "1",
}
"""What makes the wide tests fail, not skip, where a browser, an office or an editor is missing; and
how many rows the oracle goes through.
"""


DOCUMENTS_ARE_THERE = """
import pathlib, re, cchc_rules
package = pathlib.Path(cchc_rules.__file__).parent
code = "".join(path.read_text(encoding="utf-8") for path in package.rglob("*.py"))
for page in set(re.findall("docs/[a-z-]+/[a-z-]+[.]md", code)):
    assert (package / "packaged" / page).is_file(), page
"""
"""The documents that docstrings name are in the wheel, under `packaged`."""


def python(session: nox.Session, *arguments: str, **options: object) -> None:
    """Run the Python that nox runs in."""
    session.run(sys.executable, *arguments, **options)


@nox.session
def lint(session: nox.Session) -> None:
    """Mistakes that ruff sees, and the layout of the code."""
    python(session, "-m", "ruff", "check", ".")
    python(session, "-m", "ruff", "format", "--check", *WRITTEN_BY_PEOPLE)


@nox.session
def types(session: nox.Session) -> None:
    """The types, by mypy in its strict mode."""
    python(session, "-m", "mypy")


@nox.session
def imports(session: nox.Session) -> None:
    """A room imports only rooms below it, and the map of rooms in CONTRIBUTING.md is true."""
    session.run(str(Path(sys.executable).with_name("lint-imports")), "--no-cache")
    python(session, "tools/room_map.py", "--check")


@nox.session
def dead_code(session: nox.Session) -> None:
    """Functions, constants and attributes that nothing uses, as vulture sees them."""
    python(session, "-m", "vulture")


@nox.session
def documents(session: nox.Session) -> None:
    """Links, paths, options and clauses that the documents name."""
    python(session, "tools/check_docs.py")


@nox.session
def site(session: nox.Session) -> None:
    """The documents as a site, in `build/site`; a broken link fails it. Needs the extra docs."""
    python(session, "tools/build_site.py")


@nox.session
def examples(session: nox.Session) -> None:
    """The examples in docstrings give what they say."""
    python(
        session,
        *("-m", "pytest", "--numprocesses=0", "--doctest-modules"),
        *("--doctest-ignore-import-errors", "--pyargs", "cchc_rules"),
        "--ignore-glob=*__main__.py",
    )


@nox.session
def rules(session: nox.Session) -> None:
    """The cases of the packaged rule files reach everything and notice every mistake."""
    python(
        session,
        "-m",
        "cchc_rules",
        "test",
        "rules",
        "--coverage",
        "--fail-under",
        "100",
        "--lang",
        "en",
    )
    python(session, "-m", "cchc_rules", "mutate", "rules", "--lang", "en")


@nox.session
def tests(session: nox.Session) -> None:
    """The tests that people run, on all cores; `nox -s tests -- tests/scoring`: one room's."""
    python(session, "-m", "pytest", *session.posargs)


@nox.session
def wide(session: nox.Session) -> None:
    """All tests, and how many lines and branches they reach.

    Needs Chromium, LibreOffice, Java 17, and the extras web, editor and spark.
    """
    demanded = os.environ | DEMANDED
    python(
        session,
        "-m",
        "pytest",
        "--wide",
        "--numprocesses=0",
        "tests/tables/test_spark.py",
        env=demanded | {"CCHC_SPARK": "1"},
    )
    python(
        session,
        "-m",
        "pytest",
        "--wide",
        "--cov",
        "--ignore=tests/tables/test_spark.py",
        *session.posargs,
        env=demanded,
    )


@nox.session
def new_seeds(session: nox.Session) -> None:
    """The laws of scoring on examples that no run has tried; what it finds is mended next.

    `nox -s new_seeds -- SEED` tries those of a seed again. What it finds makes no check fail: the
    next run would not find it. It is printed, and kept in `.new-seeds/`.
    """
    seed = session.posargs[0] if session.posargs else str(secrets.randbelow(2**32))
    session.log(f"seed {seed}")
    said = session.run(
        *(sys.executable, "-m", "pytest", "--new-seeds", f"--hypothesis-seed={seed}"),
        *LAWS,
        silent=True,
        success_codes=[0, TESTS_FAILED],
    )
    print(said)
    if re.search(r"^(FAILED|ERROR) ", said, re.MULTILINE):
        NEW_SEEDS.mkdir(exist_ok=True)
        kept = NEW_SEEDS / f"{seed}.txt"
        kept.write_text(said, encoding="utf-8")
        session.warn(f"seed {seed} found something; the examples are in {kept}")


@nox.session
def fuzz(session: nox.Session) -> None:
    """Hostile inputs for every command; `nox -s fuzz -- --seconds 1200 --seed 7` for longer."""
    python(session, "tools/fuzz.py", "--seconds", "45", *session.posargs)


@nox.session
def mutants(session: nox.Session) -> None:
    """A sample of small mistakes in the modules that figures depend on: minutes to hours."""
    python(session, "tools/mutants.py", *session.posargs)


@nox.session
def wheel(session: nox.Session) -> None:
    """The wheel alone, in an environment and a folder of its own, scores what it carries."""
    with tempfile.TemporaryDirectory() as folder:
        outside = Path(folder)
        python(session, "-m", "build", "--wheel", "--outdir", folder, ".", silent=True)
        python(session, "-m", "venv", str(outside / "venv"))
        programs = outside / "venv" / ("Scripts" if os.name == "nt" else "bin")
        session.run(
            str(programs / "pip"),
            "install",
            "--quiet",
            *map(str, outside.glob("*.whl")),
        )
        shutil.copy(EXAMPLE, outside)
        with session.chdir(outside):
            scored = (
                str(programs / "cchc-rules"),
                "score",
                EXAMPLE.name,
                "--lang",
                "en",
            )
            session.run(*scored, "--output", "report.txt")
            session.run(*scored, "--format", "json", "--output", "report.json")
            session.run(
                str(programs / "python"),
                "-m",
                "cchc_rules",
                "check",
                "cam-due-2023",
                "cam-due-2023-annex",
            )
            session.run(str(programs / "python"), "-c", DOCUMENTS_ARE_THERE)
            if "82.56 / 100" not in Path("report.txt").read_text(encoding="utf-8"):
                session.error("the wheel does not score the example as the README says")
