"""Small mistakes put into the modules, one at a time: which of them do the tests not notice?

    python tools/mutants.py scoring --sample 60 --seed 1

Works on a copy of the repository. `cosmic-ray` (https://cosmic-ray.readthedocs.io) makes the
mutants; a fixed sample of them is tried against the quick tests of the room. What survives is
printed with its difference; docs/explanation/surviving-mutants.md argues those known so far.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import TestOutcome, WorkerOutcome, WorkResult

ROOT = Path(__file__).parents[1]


class Room(NamedTuple):
    """Modules in which mistakes are made, and the tests that should notice them."""

    modules: tuple[str, ...]
    tests: tuple[str, ...]


ROOMS = {
    "scoring": Room(
        ("scoring",),
        (
            "tests/scoring/test_shapes.py",
            "tests/scoring/test_absences.py",
            "tests/scoring/test_gates.py",
            "tests/scoring/test_bands.py",
            "tests/scoring/test_gains.py",
            "tests/report/test_losses.py",
            "tests/scoring/test_laws.py",
        ),
    ),
    "tables": Room(
        ("tables",),
        (
            "tests/tables/test_column_guards.py",
            "tests/tables/test_tables.py",
            "tests/tables/test_table_files.py",
            "tests/tables/test_table_intake.py",
            "tests/tables/test_rank_table.py",
            "tests/tables/test_weightings.py",
            "tests/tables/test_table_laws.py",
        ),
    ),
    "submissions": Room(("submissions",), ("tests/submissions",)),
    "overlays": Room(
        ("rules/overlay.py", "rules/overlay_files.py", "rules/dependencies.py"),
        ("tests/rules/test_overlays.py", "tests/rules/test_dated.py"),
    ),
    "report": Room(
        ("report",),
        (
            "tests/report/test_losses.py",
            "tests/report/test_arithmetic_lines.py",
            "tests/report/test_sentence_reader.py",
            "tests/report/test_report.py",
            "tests/report/test_verify.py",
        ),
    ),
}
"""The rooms that figures depend on. The cheapest tests come first: they notice most."""

COPIED = ("src", "tests", "examples", "rules", "docs", "tools", "pyproject.toml")
SECONDS = 600
"""A mutant may loop for ever: so long its tests may take."""


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("rooms", nargs="*", default=[*ROOMS], help=", ".join(ROOMS))
    parser.add_argument("--sample", type=int, default=60, help="mutants of each room")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    survivors = 0
    for name in options.rooms:
        survivors += try_room(name, ROOMS[name], options.sample, options.seed)
    return 1 if survivors else 0


def try_room(name: str, room: Room, sample: int, seed: int) -> int:
    """Try a sample of the mutants of a room; return how many nobody noticed."""
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place)
        for part in COPIED:
            _copied(ROOT / part, copy / part)
        configuration = copy / "mutants.toml"
        configuration.write_text(_configuration(room), encoding="utf-8")
        session = copy / "mutants.sqlite"
        environment = os.environ | {"PYTHONPATH": str(copy / "src")}
        _cosmic_ray("init", configuration, session, copy, environment)
        made = _keep_sample(session, sample, seed)
        _cosmic_ray("exec", configuration, session, copy, environment)
        return _told(name, session, made)


def _copied(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)


def _configuration(room: Room) -> str:
    modules = ", ".join(f'"src/cchc_rules/{module}"' for module in room.modules)
    options = "-x -q -n 0 -p no:cacheprovider"
    tests = " ".join(room.tests)
    return f"""[cosmic-ray]
module-path = [{modules}]
timeout = {SECONDS}
excluded-modules = []
test-command = "{sys.executable} -m pytest {options} {tests}"

[cosmic-ray.distributor]
name = "local"
"""


def _cosmic_ray(
    command: str,
    configuration: Path,
    session: Path,
    folder: Path,
    environment: dict[str, str],
) -> None:
    program = str(Path(sys.executable).with_name("cosmic-ray"))
    arguments = [program, command, str(configuration), str(session)]
    subprocess.run(arguments, cwd=folder, env=environment, check=True)


def _keep_sample(session: Path, sample: int, seed: int) -> int:
    """Skip all mutants but a sample, the same for a seed; return how many there are."""
    with use_db(str(session), WorkDB.Mode.open) as work:
        # Mutants are ordered by where they stand: their ids are made anew each time.
        items = sorted(work.work_items, key=lambda item: str(item.mutations))
        kept = {
            item.job_id
            for item in random.Random(seed).sample(items, min(sample, len(items)))
        }
        for item in items:
            if item.job_id not in kept:
                work.set_result(item.job_id, WorkResult(WorkerOutcome.SKIPPED))
        return len(items)


def _told(name: str, session: Path, made: int) -> int:
    """Print what became of the sample, and each survivor with its difference."""
    survivors = []
    tried = 0
    with use_db(str(session), WorkDB.Mode.open) as work:
        places = {item.job_id: item.mutations[0] for item in work.work_items}
        for job_id, result in work.results:
            if result.worker_outcome is WorkerOutcome.SKIPPED:
                continue
            tried += 1
            if result.test_outcome is TestOutcome.SURVIVED:
                survivors.append((places[job_id], result.diff or ""))
    noticed = tried - len(survivors)
    _say(f"{name}: {noticed} of {tried} mutants noticed, of {made} that can be made")
    for mutation, difference in survivors:
        _say(
            f"\n{mutation.module_path}:{mutation.start_pos[0]} {mutation.operator_name}"
        )
        _say(difference)
    return len(survivors)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
