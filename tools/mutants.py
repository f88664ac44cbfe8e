"""Small mistakes put into the modules, one at a time: which of them do the tests not notice?

    python tools/mutants.py scoring --sample 30 --seed 1
    python tools/mutants.py tables/figures.py submissions/binding.py

The operators of `cosmic-ray` (https://cosmic-ray.readthedocs.io) make the mistakes. Of each module
a sample of places is drawn, and one of the mistakes that can be made at each. What survives is
printed with its difference; docs/explanation/surviving-mutants.md argues those known so far.

A fresh pytest for each mistake would take hours, so three things are done to spare them:

- everything that is not of this project is imported once; each mistake is tried in a fork of that
  process, which imports the spoilt module and runs the tests;
- the tests of the room are run once before, with a note of the lines that each of them reaches:
  those that reach the spoilt line are run first, the quickest of them at the beginning, then the
  others of the room; the first that fails ends the run;
- a failing search is not shrunk.

The repository is copied: nothing in it is touched.
"""

import argparse
import ast
import contextlib
import difflib
import importlib
import json
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import coverage
import pytest
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Operator
from cosmic_ray.plugins import get_operator, operator_names
from hypothesis import Phase, settings

ROOT = Path(__file__).parents[1]
COPIED = (
    *("src", "tests", "examples", "rules", "docs", "tools", "benchmarks"),
    *("pyproject.toml", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "noxfile.py"),
)

SECONDS = 120
"""A mistake may loop for ever: so much of the processor its tests may take."""
OTHERS = 10
"""So many seconds the tests may take that do not reach the line themselves."""
WAITING = 1200
"""And so long they may wait, for nothing that will come."""
MEMORY = 6_000_000_000
"""Nor may it fill the machine: bytes of address space."""


class Room(NamedTuple):
    """Modules in which mistakes are made, and the tests that should notice them."""

    modules: tuple[str, ...]
    tests: tuple[str, ...]


ROOMS = {
    "scoring": Room(
        ("scoring/*.py",),
        (
            "tests/scoring",
            "tests/report/test_losses.py",
            "tests/report/test_report.py",
            "tests/report/test_arithmetic_lines.py",
            "tests/report/test_required_tier.py",
            "tests/analysis/test_plan_to.py",
            "tests/analysis/test_try_a_change.py",
        ),
    ),
    "tables": Room(
        (
            "tables/figures.py",
            "tables/judges.py",
            "tables/column_totals.py",
            "tables/exact_columns.py",
            "tables/column_formulas.py",
            "tables/doubtful_rows.py",
            "tables/weightings.py",
        ),
        (
            "tests/tables/test_column_guards.py",
            "tests/tables/test_tables.py",
            "tests/tables/test_table_laws.py",
            "tests/tables/test_table_oracle.py",
            "tests/tables/test_table_exact.py",
            "tests/tables/test_large_tables.py",
            "tests/tables/test_doubtful_rows.py",
            "tests/tables/test_settled_targets.py",
            "tests/tables/test_score_frame.py",
            "tests/tables/test_table_files.py",
            "tests/tables/test_table_intake.py",
            "tests/tables/test_weightings.py",
        ),
    ),
    "submissions": Room(
        ("submissions/*.py",),
        (
            "tests/submissions",
            "tests/scoring/test_absences.py",
            "tests/tables/test_table_intake.py",
            "tests/cli/test_doubts.py",
        ),
    ),
    "overlays": Room(
        ("rules/overlay.py", "rules/overlay_files.py"),
        (
            "tests/rules/test_overlays.py",
            "tests/rules/test_dated.py",
            "tests/rules/test_bad_rules.py",
            "tests/cases/test_dated_rules.py",
        ),
    ),
    "verify": Room(
        ("report/verify.py",),
        ("tests/report/test_verify.py", "tests/report/test_kept_entries.py"),
    ),
    "rules": Room(
        ("rules/formula.py", "rules/value_function.py", "rules/deductions.py"),
        (
            "tests/rules/test_formula.py",
            "tests/rules/test_check.py",
            "tests/rules/test_bad_rules.py",
            "tests/scoring/test_shapes.py",
            "tests/scoring/test_gains.py",
            "tests/scoring/test_absences.py",
            "tests/scoring/test_laws.py",
            "tests/analysis/test_versions.py",
        ),
    ),
}
"""The rooms that figures depend on. Tests of an office or a browser are wide, and left out."""


# The mistakes ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mistake:
    """One mistake that can be made in a module."""

    module: str
    line: int
    operator: str
    occurrence: int

    def spoilt(self, source: str) -> str | None:
        """Return the text of the module with the mistake in it."""
        text: str | None = mutate_code(
            source, _operator(self.operator), self.occurrence
        )
        return text


def _operator(name: str) -> Operator:
    return get_operator(name)()


def _operators() -> Iterator[str]:
    for name in operator_names():
        # Those with arguments exchange variables that somebody has to name.
        if not get_operator(name).arguments():
            yield name


def places(module: str, source: str) -> list[list[Mistake]]:
    """Return the places of a module where mistakes can be made, each with all of its mistakes.

    What types are annotated is left out: nothing reads it, or the import fails at once.
    """
    annotations = [*_annotations(source)]
    nodes = [*ast_nodes(get_ast(source))]
    by_place = defaultdict(list)
    for name in _operators():
        operator = _operator(name)
        positions = (
            start for node in nodes for start, _ in operator.mutation_positions(node)
        )
        for occurrence, start in enumerate(positions):
            if not any(begin <= start < end for begin, end in annotations):
                mistake = Mistake(module, start[0], name, occurrence)
                by_place[start].append(mistake)
    return [by_place[start] for start in sorted(by_place)]


Position = tuple[int, int]


def _annotations(source: str) -> Iterator[tuple[Position, Position]]:
    for node in ast.walk(ast.parse(source)):
        for name in ("annotation", "returns"):
            part = getattr(node, name, None)
            if isinstance(part, ast.expr):
                start = part.lineno, part.col_offset
                yield start, (part.end_lineno or 0, part.end_col_offset or 0)


def sample(module: str, source: str, number: int, seed: int) -> list[Mistake]:
    """Draw places of a module and one mistake at each: the same ones for the same seed."""
    chance = random.Random(f"{seed} {module}")
    every = places(module, source)
    drawn = chance.sample(every, min(number, len(every)))
    mistakes = [chance.choice(at_place) for at_place in drawn]
    return sorted(mistakes, key=lambda mistake: mistake.line)


# Forks -------------------------------------------------------------------------------------------


def in_fork(work: Callable[[], int], output: Path | None) -> int:
    """Do a work in a fork of this process; return its exit code, negative where it was ended."""
    child = os.fork()
    if child:
        return _waited_for(child)
    code = 70
    try:
        os.setpgid(0, 0)
        target = os.open(output or os.devnull, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(target, 1)
        os.dup2(target, 2)
        code = work()
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


def _waited_for(child: int) -> int:
    end = time.monotonic() + WAITING
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return -int(signal.SIGKILL)


OPTIONS = (
    *("-q", "-n", "0", "-p", "no:cacheprovider"),
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),
)


class Unshrunk:
    """A plugin of pytest: a search that fails says so at once."""

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self) -> None:
        phases = (Phase.explicit, Phase.generate)
        settings.register_profile("unshrunk", settings(), phases=phases, database=None)
        settings.load_profile("unshrunk")


class Ordered:
    """A plugin of pytest: only these tests, in this order."""

    def __init__(self, names: list[str]) -> None:
        self.order = {name: number for number, name in enumerate(names)}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if item.nodeid in self.order]
        items.sort(key=lambda item: self.order[item.nodeid])


# What each test reaches --------------------------------------------------------------------------


class Noted:
    """A plugin of pytest: notes how long each test takes, and where its lines begin."""

    def __init__(self, tracer: coverage.Coverage) -> None:
        self.tracer = tracer
        self.seconds: dict[str, float] = {}
        self.failed: set[str] = set()

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.tracer.switch_context(nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        before = self.seconds.get(report.nodeid, 0.0)
        self.seconds[report.nodeid] = before + report.duration
        if report.failed:
            self.failed.add(report.nodeid)


@dataclass
class Reached:
    """What the tests of a room reach, and how long they take."""

    seconds: dict[str, float]
    by_line: dict[str, dict[str, list[str]]]
    """For each module and line the tests that reach it; a line run by the import has none."""
    failed: list[str]
    imported: list[str]
    """Modules of others that the tests import."""
    all: list[str] = field(init=False)
    """The tests that pass, the quickest first."""

    def __post_init__(self) -> None:
        sound = self.seconds.keys() - set(self.failed)
        self.all = sorted(sound, key=lambda name: self.seconds[name])

    def in_turn(self, mistake: Mistake) -> tuple[list[str], list[str]]:
        """Return the tests that reach a mistake, then the quick ones of the others.

        A test may read what an earlier one has made and kept: the lines are noted of that one only.
        """
        reaching = set(self.by_line.get(mistake.module, {}).get(str(mistake.line), ()))
        first = [name for name in self.all if name in reaching]
        others = []
        seconds = 0.0
        for name in self.all:
            if name in reaching:
                continue
            seconds += self.seconds[name]
            if seconds > OTHERS:
                break
            others.append(name)
        return first, others


def reached(room: Room, modules: list[str], copy: Path) -> Reached:
    """Run the tests of a room once, sound as they are, and note which lines they reach."""
    note = copy / "reached.json"
    log = copy / "reached.txt"

    def work() -> int:
        tracer = coverage.Coverage(
            data_file=None,
            config_file=False,
            include=[str(copy / "src/cchc_rules" / module) for module in modules],
        )
        tracer.start()
        noted = Noted(tracer)
        pytest.main([*OPTIONS, *room.tests], plugins=[Unshrunk(), noted])
        tracer.stop()
        data = tracer.get_data()
        by_line = {}
        for path in data.measured_files():
            module = path.partition("/cchc_rules/")[2]
            lines = data.contexts_by_lineno(path)
            by_line[module] = {
                line: [name for name in names if name] for line, names in lines.items()
            }
        note.write_text(
            json.dumps(
                {
                    "seconds": noted.seconds,
                    "by_line": by_line,
                    "failed": sorted(noted.failed),
                    "imported": [*_of_others(copy)],
                }
            )
        )
        return 0

    if in_fork(work, log):
        raise SystemExit(log.read_text(encoding="utf-8", errors="replace")[-5000:])
    return Reached(**json.loads(note.read_text(encoding="utf-8")))


def _of_others(copy: Path) -> Iterator[str]:
    """Yield the modules that are imported and lie outside the copy."""
    for name, module in [*sys.modules.items()]:
        path = getattr(module, "__file__", None)
        if path and not path.startswith(str(copy)) and name != "__main__":
            yield name


# Trying ------------------------------------------------------------------------------------------

SURVIVED, BY_TEST, BY_IMPORT, BY_TIME = "survived", "test", "import", "time"


def try_mistake(mistake: Mistake, known: Reached, copy: Path) -> tuple[str, str]:
    """Return how a mistake was noticed, and its difference."""
    path = copy / "src/cchc_rules" / mistake.module
    source = path.read_text(encoding="utf-8")
    spoilt = mistake.spoilt(source)
    if spoilt is None:
        raise ValueError(mistake)
    difference = difflib.unified_diff(
        source.splitlines(), spoilt.splitlines(), lineterm="", n=1
    )
    times = path.stat().st_mtime
    path.write_text(spoilt, encoding="utf-8")
    # Python compiles a module again when its time is another one, in whole seconds.
    os.utime(path, (times + 10, times + 10))
    try:
        how = SURVIVED
        for names in known.in_turn(mistake):
            if names and how == SURVIVED:
                how = _tried(names, copy)
    finally:
        path.write_text(source, encoding="utf-8")
        os.utime(path, (times, times))
    return how, "\n".join([*difference][2:])


def _tried(names: list[str], copy: Path) -> str:
    files = sorted({name.partition("::")[0] for name in names})

    def work() -> int:
        sys.dont_write_bytecode = True
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 5))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        return pytest.main(
            [*OPTIONS, "-x", *files], plugins=[Unshrunk(), Ordered(names)]
        )

    code = in_fork(work, copy / "tried.txt")
    if code == 0:
        return SURVIVED
    if code == pytest.ExitCode.TESTS_FAILED:
        return BY_TEST
    return BY_TIME if code < 0 else BY_IMPORT


def try_room(room: Room, modules: list[str], number: int, seed: int) -> int:
    """Try a sample of the mistakes of each module; return how many nobody noticed."""
    survivors = 0
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place)
        for part in COPIED:
            _copied(ROOT / part, copy / part)
        os.environ["PYTHONPATH"] = str(copy / "src")
        sys.path.insert(0, str(copy / "src"))
        os.chdir(copy)
        known = reached(room, modules, copy)
        for name in known.failed:
            _say(f"fails without any mistake, and is left out: {name}")
        for name in known.imported:
            # Some can be imported only by those that need them.
            with contextlib.suppress(Exception):
                importlib.import_module(name)
        for module in modules:
            survivors += try_module(module, known, copy, number, seed)
        sys.path.pop(0)
        os.chdir(ROOT)
    return survivors


def try_module(module: str, known: Reached, copy: Path, number: int, seed: int) -> int:
    """Try a sample of the mistakes of a module; return how many nobody noticed."""
    start = time.monotonic()
    source = (copy / "src/cchc_rules" / module).read_text(encoding="utf-8")
    hows = []
    for mistake in sample(module, source, number, seed):
        how, difference = try_mistake(mistake, known, copy)
        hows.append(how)
        if how == SURVIVED:
            _say(f"\n{module}:{mistake.line} {mistake.operator}\n{difference}\n")
    survivors = hows.count(SURVIVED)
    ways = ", ".join(f"{hows.count(how)} by {how}" for how in (BY_IMPORT, BY_TIME))
    _say(
        f"{module}: {len(hows) - survivors} of {len(hows)} noticed ({ways}), "
        f"of {len(places(module, source))} places, seed {seed}, "
        f"in {time.monotonic() - start:.0f} s"
    )
    return survivors


def _copied(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)


def _modules(room: Room) -> list[str]:
    package = ROOT / "src/cchc_rules"
    paths = [path for pattern in room.modules for path in sorted(package.glob(pattern))]
    names = [path.relative_to(package).as_posix() for path in paths]
    return [name for name in names if not name.endswith("__init__.py")]


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "asked",
        nargs="*",
        default=[*ROOMS],
        help=f"rooms ({', '.join(ROOMS)}) or modules of them",
    )
    parser.add_argument("--sample", type=int, default=30, help="places of each module")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    survivors = 0
    for name, room in ROOMS.items():
        modules = _modules(room)
        if name not in options.asked:
            modules = [module for module in modules if module in options.asked]
        if modules:
            survivors += try_room(room, modules, options.sample, options.seed)
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
