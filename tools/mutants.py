"""Small mistakes put into the modules, one at a time: which of them do the tests not notice?

    python tools/mutants.py scoring --sample 30 --seed 1
    python tools/mutants.py tables/figures.py submissions/binding.py

The operators of `cosmic-ray` (https://cosmic-ray.readthedocs.io) make the mistakes. Of each module
a sample of places is drawn, and one of the mistakes that can be made at each. What survives is
printed with its difference; docs/explanation/surviving-mutants.md argues those known so far.

A fresh pytest for each mistake would take hours. So the tests of a room are collected once, and run
once with a note of the lines that each of them reaches. Each mistake is then made in a fork of that
process, in the functions as they live there. Those tests come first that reach the spoilt line, the
quickest of them at the beginning, then the others of the room; the first that fails ends the fork.
A mistake in what is done at import is tried in a fork that has imported nothing of this project
before. A search that fails is not shrunk.

The repository is copied: nothing in it is touched.
"""

import argparse
import ast
import difflib
import gc
import importlib
import inspect
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
from dataclasses import dataclass
from functools import cache
from importlib.util import cache_from_source
from pathlib import Path
from types import CodeType, FunctionType
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

PATIENCE = 8
"""So many seconds of the processor a mistake is tried; what is not noticed until then survives."""
SECONDS = 25
"""A mistake may loop for ever: a test that has not ended by then has noticed it."""
WAITING = 300
"""And so long it may wait, for nothing that will come."""
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
            "tests/report/test_kept_entries.py",
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

    def spoilt(self, source: str) -> str:
        """Return the text of the module with the mistake in it."""
        text = mutate_code(source, _operator(self.operator), self.occurrence)
        if text is None:
            raise ValueError(self)
        return str(text)


def _operator(name: str) -> Operator:
    return get_operator(name)()


def _operators() -> Iterator[str]:
    for name in operator_names():
        # Those with arguments exchange variables that somebody has to name.
        if not get_operator(name).arguments():
            yield name


@cache
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


def in_fork(
    work: Callable[[], None], output: Path, waiting: float = float("inf")
) -> int:
    """Do a work in a fork of this process; return its exit code, negative where it was ended."""
    child = os.fork()
    if child:
        return _waited_for(child, waiting)
    code = NOT_RUN
    try:
        os.setpgid(0, 0)
        target = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(target, 1)
        os.dup2(target, 2)
        work()
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _waited_for(child: int, waiting: float) -> int:
    end = time.monotonic() + waiting
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return -int(signal.SIGKILL)


NOTICED = 1
NOT_RUN = 70
"""Exit codes of a fork: a test failed; the tests could not be run, for the import failed."""

SURVIVED, BY_TEST, BY_IMPORT, BY_TIME = "survived", "test", "import", "time"


def _how(code: int) -> str:
    """Say what the exit code of a fork means."""
    if code < 0:
        return BY_TIME
    return {0: SURVIVED, NOTICED: BY_TEST}.get(code, BY_IMPORT)


def _bounded() -> None:
    """Let this process use no more than a mistake may."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 5))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


# Running tests -----------------------------------------------------------------------------------

OPTIONS = (
    *("-q", "-s", "-n", "0", "-p", "no:cacheprovider"),
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),
)


class Runner:
    """A plugin of pytest that runs tests in an order of its own.

    The first failure ends the process, unless a tracer notes what each test reaches.
    """

    def __init__(self) -> None:
        self.tracer: coverage.Coverage | None = None
        self.seconds: dict[str, float] = {}
        self.failed: set[str] = set()

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self) -> None:
        """A search that fails says so at once."""
        phases = (Phase.explicit, Phase.generate)
        settings.register_profile("unshrunk", settings(), phases=phases, database=None)
        settings.load_profile("unshrunk")

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        if self.tracer:
            self.tracer.switch_context(nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        before = self.seconds.get(report.nodeid, 0.0)
        self.seconds[report.nodeid] = before + report.duration
        if not report.failed:
            return
        self.failed.add(report.nodeid)
        if not self.tracer:
            _say(f"noticed by {report.nodeid}")
            os._exit(NOTICED)

    def run(self, items: list[pytest.Item]) -> None:
        """Run tests in this order; without a tracer until patience is at its end."""
        following = [*items[1:], None]
        for item, next_item in zip(items, following, strict=True):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=next_item)
            if not self.tracer and time.process_time() > PATIENCE:
                return


class Afresh(Runner):
    """Runs tests in a process that has imported nothing of this project before."""

    def __init__(self, order: list[str]) -> None:
        super().__init__()
        self.order = order

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = {item.nodeid: item for item in session.items}
        self.run([items[test] for test in self.order if test in items])
        return True


@dataclass
class Reached:
    """What the tests of a room reach, and how long they take."""

    seconds: dict[str, float]
    by_line: dict[str, dict[str, list[str]]]
    """For each module and line the tests that reach it; what only the import runs has none."""
    failed: list[str]

    def in_turn(self, mistake: Mistake) -> list[str]:
        """Return the tests that reach a mistake, then the others, each time the quickest first.

        A test may read what an earlier one has made and kept: the lines are noted of that one only.
        """
        lines = self.by_line.get(mistake.module, {})
        reaching = set(lines.get(str(mistake.line), ()))
        sound = self.seconds.keys() - set(self.failed)
        return sorted(
            sound, key=lambda test: (test not in reaching, self.seconds[test])
        )


class Trials(Runner):
    """Tries mistakes in forks of a session that has collected its tests."""

    def __init__(self, copy: Path, mistakes: list[Mistake]) -> None:
        super().__init__()
        self.copy = copy
        self.mistakes = mistakes
        self.hows: list[str] = []

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.items = {item.nodeid: item for item in session.items}
        for module in {mistake.module for mistake in self.mistakes}:
            # What is imported only when it is needed has no functions yet.
            name = module.removesuffix(".py").replace("/", ".")
            importlib.import_module(f"cchc_rules.{name}")
        self.functions = _living_functions()
        in_fork(self.note_reached, self.copy / "reached.txt")
        known = reached(self.copy)
        for mistake in self.mistakes:
            how = self.tried(mistake, known)
            _note(self.copy, mistake, how)
        return True

    def note_reached(self) -> None:
        """Run all tests, sound as they are, and write down which lines they reach."""
        package = self.copy / "src/cchc_rules"
        modules = {mistake.module for mistake in self.mistakes}
        self.tracer = coverage.Coverage(
            data_file=None,
            config_file=False,
            include=[str(package / module) for module in modules],
        )
        self.tracer.start()
        self.run([*self.items.values()])
        self.tracer.stop()
        data = self.tracer.get_data()
        by_line = {}
        for module in modules:
            lines = data.contexts_by_lineno(str(package / module))
            by_line[module] = {str(line): tests for line, tests in lines.items()}
        known = Reached(self.seconds, by_line, sorted(self.failed))
        (self.copy / "reached.json").write_text(json.dumps(vars(known)))

    def tried(self, mistake: Mistake, known: Reached) -> str:
        """Return how a mistake was noticed; by import where it has to be tried afresh."""
        path = self.copy / "src/cchc_rules" / mistake.module
        source = path.read_text(encoding="utf-8")

        def work() -> None:
            _bounded()
            sound, spoilt = (
                compile(text, str(path), "exec", dont_inherit=True)
                for text in (source, mistake.spoilt(source))
            )
            spoilt_functions = 0
            for before, after in changed(sound, spoilt):
                for function in self.functions[_name(before)]:
                    function.__code__ = after
                    spoilt_functions += 1
            if not spoilt_functions:
                raise AtImportError
            self.run([self.items[test] for test in known.in_turn(mistake)])

        return _how(in_fork(work, self.copy / "tried.txt", WAITING))


def reached(copy: Path) -> Reached:
    """Read what the tests of a room reach."""
    note = copy / "reached.json"
    if not note.exists():
        log = (copy / "reached.txt").read_text(encoding="utf-8", errors="replace")
        raise SystemExit(log[-5000:])
    return Reached(**json.loads(note.read_text(encoding="utf-8")))


# Functions as they live --------------------------------------------------------------------------

Name = tuple[str, str, int]


def _name(code: CodeType) -> Name:
    return code.co_filename, code.co_qualname, code.co_firstlineno


def _living_functions() -> dict[Name, list[FunctionType]]:
    """Return every function of this process by the place of its text."""
    functions = defaultdict(list)
    gc.unfreeze()  # what is frozen is not listed
    for thing in gc.get_objects():
        if isinstance(thing, FunctionType):
            functions[_name(thing.__code__)].append(thing)
    gc.freeze()
    return functions


def changed(sound: CodeType, spoilt: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    """Yield the functions of a module that a mistake changed: as they were, and as they are.

    The body of a module or class has run long ago: a mistake there raises ``AtImportError``.
    """
    if _content(sound) != _content(spoilt):
        if not sound.co_flags & inspect.CO_OPTIMIZED:
            raise AtImportError
        yield sound, spoilt
        return
    for one, other in zip(_inner(sound), _inner(spoilt), strict=True):
        if not _same(one, other):
            inside = [*changed(one, other)]
            is_function = sound.co_flags & inspect.CO_OPTIMIZED
            # A function within a function is made anew by each call of the outer one.
            yield from inside
            if is_function:
                yield sound, spoilt
                return


class AtImportError(Exception):
    """What a mistake changes is done when the module is imported."""


def _inner(code: CodeType) -> list[CodeType]:
    return [constant for constant in code.co_consts if isinstance(constant, CodeType)]


def _content(code: CodeType) -> tuple[object, ...]:
    """Return what a code does without that of functions within it, and without its lines."""
    constants = [
        (type(constant), repr(constant))
        for constant in code.co_consts
        if not isinstance(constant, CodeType)
    ]
    names = code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars
    return code.co_code, constants, names, code.co_exceptiontable


def _same(one: CodeType, other: CodeType) -> bool:
    pairs = zip(_inner(one), _inner(other), strict=False)
    return _content(one) == _content(other) and all(_same(*pair) for pair in pairs)


# Trying ------------------------------------------------------------------------------------------


def try_room(room: Room, mistakes: list[Mistake]) -> list[str]:
    """Try mistakes against the tests of a room; return how each was noticed."""
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place)
        for part in COPIED:
            _copied(ROOT / part, copy / part)
        os.environ["PYTHONPATH"] = str(copy / "src")
        sys.path.insert(0, str(copy / "src"))
        os.chdir(copy)
        trials = Trials(copy, mistakes)

        def work() -> None:
            pytest.main([*OPTIONS, *room.tests], plugins=[trials])

        in_fork(work, copy / "trials.txt")
        known = reached(copy)
        for test in known.failed:
            _say(f"fails without any mistake, and is left out: {test}")
        hows = [_noted(copy, mistake) for mistake in mistakes]
        for number, mistake in enumerate(mistakes):
            if hows[number] == BY_IMPORT:
                hows[number] = try_afresh(mistake, known.in_turn(mistake), room, copy)
        sys.path.pop(0)
        os.chdir(ROOT)
    return hows


def try_afresh(mistake: Mistake, order: list[str], room: Room, copy: Path) -> str:
    """Try a mistake in a process that imports the spoilt module; return how it was noticed."""
    path = copy / "src/cchc_rules" / mistake.module
    source = path.read_text(encoding="utf-8")

    def work() -> None:
        _bounded()
        code = pytest.main([*OPTIONS, *room.tests], plugins=[Afresh(order)])
        if code:
            raise ImportError(mistake.module)

    path.write_text(mistake.spoilt(source), encoding="utf-8")
    # What was compiled before or after is not to be taken for what is there now.
    compiled = Path(cache_from_source(str(path)))
    compiled.unlink(missing_ok=True)
    try:
        return _how(in_fork(work, copy / "tried.txt", WAITING))
    finally:
        compiled.unlink(missing_ok=True)
        path.write_text(source, encoding="utf-8")


def _note(copy: Path, mistake: Mistake, how: str) -> None:
    with (copy / "hows.jsonl").open("a", encoding="utf-8") as stream:
        stream.write(json.dumps([vars(mistake), how]) + "\n")


def _noted(copy: Path, mistake: Mistake) -> str:
    for line in (copy / "hows.jsonl").read_text(encoding="utf-8").splitlines():
        noted, how = json.loads(line)
        if noted == vars(mistake):
            return str(how)
    return BY_IMPORT


def tell(mistakes: list[Mistake], hows: list[str]) -> None:
    """Print what survived of the mistakes in a module, and how many were noticed."""
    module = mistakes[0].module
    source = (ROOT / "src/cchc_rules" / module).read_text(encoding="utf-8")
    for mistake, how in zip(mistakes, hows, strict=True):
        if how == SURVIVED:
            spoilt = mistake.spoilt(source).splitlines()
            lines = difflib.unified_diff(source.splitlines(), spoilt, lineterm="", n=1)
            difference = "\n".join([*lines][2:])
            _say(f"\n{module}:{mistake.line} {mistake.operator}\n{difference}\n")
    noticed = len(hows) - hows.count(SURVIVED)
    _say(
        f"{module}: {noticed} of {len(hows)} noticed "
        f"({hows.count(BY_IMPORT)} at import, {hows.count(BY_TIME)} by time), "
        f"of {len(places(module, source))} places"
    )


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
        mistakes = []
        for module in _modules(room):
            if name in options.asked or module in options.asked:
                source = (ROOT / "src/cchc_rules" / module).read_text(encoding="utf-8")
                mistakes += sample(module, source, options.sample, options.seed)
        if not mistakes:
            continue
        start = time.monotonic()
        hows = dict(zip(mistakes, try_room(room, mistakes), strict=True))
        for module in dict.fromkeys(mistake.module for mistake in mistakes):
            its = [mistake for mistake in mistakes if mistake.module == module]
            tell(its, [hows[mistake] for mistake in its])
        survived = [*hows.values()].count(SURVIVED)
        survivors += survived
        _say(
            f"{name}: {len(hows) - survived} of {len(hows)} noticed, "
            f"seed {options.seed}, {time.monotonic() - start:.0f} s\n"
        )
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
