"""A rule file and all the files over which it is laid, each read once. Opens files."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path as FilePath
from typing import Any

from cchc_rules.base.messages import Figures
from cchc_rules.base.problem import Path, Problem, RulesError, quoted
from cchc_rules.rules import overlay
from cchc_rules.rules.overlay import (
    FORGOTTEN,
    NAMED_BY,
    Clash,
    FieldValue,
    Giver,
    Tree,
    name_of,
)
from cchc_rules.rules.source import Source, find, read

MAX_OVERLAYS = 16
"""A file may lie over so many others, all levels together.

Each costs a file to open and a layer to merge. A country, a province, a kind of unit and a commune
need four.
"""


class Layers:
    """What a rule file says together with the files below it.

    `sources` are all files, the file itself first; `tree` is what they say together; `problems` are
    changes of what is not there, and clashes between files beside each other. Raises `RulesError`
    when a file cannot be read.

    A file may be reached in several ways: district and sector both extend the frame, and a commune
    extends both. It is read once and laid once; what the two make of it is merged field by field.
    """

    def __init__(self, source: Source, folder: FilePath) -> None:
        self.problems: list[Problem] = []
        # A path is made absolute but its links are not followed: problems name files as they were
        # called, and relative paths inside a file are looked up where it was found.
        own_path = os.path.abspath(source.name)
        self._by_path: dict[str, Source] = {own_path: source}
        # Of each file those below it, however deep. Entered when a file is done, which is after all
        # that it extends; so the order of its keys is that of the files from the bottom up.
        self._files_below: dict[Source, set[Source]] = {}
        self._trees: dict[Source, Tree] = {}
        laid = self._read(source, folder, ())
        self.sources = [*reversed(self._files_below)]
        clashes = overlay.clashes(laid, self._lies_over)
        self.problems += map(self._clash, clashes)
        # Only now, since marks of what was forgotten were needed to find the clashes.
        self.tree = overlay.settled(laid)

    def _lies_over(self, one: Source, other: Source) -> bool:
        return other in self._files_below[one]

    def _read(
        self, source: Source, folder: FilePath, above: tuple[Source, ...]
    ) -> Tree:
        """Return what a file says, laid over the files it extends, which are read before it.

        Args:
            source: the file.
            folder: where the names in its `extends` are looked up.
            above: the files through which it was reached, the topmost first; a file that comes up
                again lies over itself.
        """
        if source in self._trees:
            return self._trees[source]
        way = (*above, source)
        # The last one first: `sources` lists the files in the order of `extends`.
        bases = [
            self._base(source, path, name, folder, way)
            for path, name in reversed([*_extended(source)])
        ]
        below = set(bases)
        for base in bases:
            below |= self._files_below[base]
        self._files_below[source] = below
        tree = self._laid(source, [*reversed(bases)])
        self._trees[source] = tree
        return tree

    def _base(
        self,
        source: Source,
        path: Path,
        name: str,
        folder: FilePath,
        above: tuple[Source, ...],
    ) -> Source:
        """Return a file that another extends, by what it is called there."""
        try:
            file = find(name, folder)
            base = self._once(file)
            if base in above:
                raise RulesError([_round_problem(above, base, path)])
            self._read(base, file.parent, above)
        except RulesError as error:
            # A file that cannot be found has no lines: the line that names it is reported.
            line = source.locator.line(path)
            problems = [
                problem if problem.line else problem.at(source.name, line)
                for problem in error.problems
            ]
            raise RulesError(problems) from None
        return base

    def _once(self, file: FilePath) -> Source:
        path = os.path.abspath(file)
        if path not in self._by_path:
            # The file itself is among them, and is not an overlay of itself.
            if len(self._by_path) > MAX_OVERLAYS:
                raise RulesError([_extends_problem()])
            self._by_path[path] = read(file)
        return self._by_path[path]

    def _laid(self, source: Source, bases: list[Source]) -> Tree:
        """Return a file laid over the files that it extends, these merged beside each other."""
        below: Tree = {}
        for base in bases:
            below = overlay.beside(below, self._trees[base], self._lies_over)
        content = {
            key: value for key, value in source.content.items() if key != "extends"
        }
        top = overlay.tree(content, Giver(source))
        # A file that extends none declares everything itself, and changes nothing.
        if bases:
            unknown = overlay.unknown(below, top)
            self.problems += [placed(problem, [source]) for problem in unknown]
        return overlay.over(below, top)

    def _clash(self, clash: Clash) -> Problem:
        """Return the problem of a clash, which names both positions."""
        first_line = _line(clash.one, clash.path)
        second_line = _line(clash.other, clash.path)
        first = clash.one.giver
        second = clash.other.giver
        arguments = {
            "one": quoted(clash.one.value),
            "other": quoted(clash.other.value),
            "first": f"{first.source.name}:{first_line}",
            "second": f"{second.source.name}:{second_line}",
        }
        section = first.section
        path = (*section, *clash.path[len(section) :])
        problem = Problem("overlay-conflict", path, arguments)
        return problem.at(first.source.name, first_line)


def _round_problem(above: tuple[Source, ...], base: Source, path: Path) -> Problem:
    """Return the problem of a file that lies, over others, over itself."""
    # The files that lead to the ring from outside are no part of it.
    start = above.index(base)
    ring = (*above[start:], base)
    way = " → ".join(FilePath(source.name).name for source in ring)
    return Problem("extends-round", path, {"way": way})


def _extends_problem() -> Problem:
    return Problem("extends", ("extends",), {"most": Figures(MAX_OVERLAYS)})


def _extended(source: Source) -> Iterator[tuple[Path, str]]:
    """Yield the names of the files that a file extends, each with the path that gives it."""
    if "extends" not in source.content:
        return
    wanted = source.content["extends"]
    if isinstance(wanted, str):
        yield ("extends",), wanted
        return
    names = wanted if isinstance(wanted, list) else []
    if not names or not all(isinstance(name, str) for name in names):
        raise RulesError([placed(_extends_problem(), [source])])
    for position, name in enumerate(names):
        yield ("extends", position), name


# Positions --------------------------------------------------------------------------------------


def _line(field: FieldValue, path: Path) -> int:
    """Return the line on which its file gives a field, or the longest part of its path."""
    if field.value is FORGOTTEN:
        path = _outside_sections(path)
    for length in range(len(path), 0, -1):
        line = _declared_on(field.giver.source, path[:length])
        if line:
            return line
    return 1


def _outside_sections(path: Path) -> Path:
    """Return a path without the sections that it leads through.

    A file that removes a rule also drops what sections below say of it, and does so at the rule.
    """
    while path[:1] in (("since",), ("kind",)):
        path = path[2:]
    return path


def placed(problem: Problem, sources: list[Source]) -> Problem:
    """Return the problem with the file and line that declare its path, the topmost file first.

    The longest part of the path that any file declares counts: a key that is missing in a table is
    reported at the table.
    """
    for length in range(len(problem.path), 0, -1):
        for source in sources:
            line = _declared_on(source, problem.path[:length])
            if line:
                return problem.at(source.name, line)
    return problem.at(sources[0].name, 1)


def _declared_on(source: Source, path: Path) -> int:
    """Return the line on which a file itself declares a path, 0 where it does not."""
    written = _as_written(source, path)
    if not source.locator.holds(written):
        return 0
    return source.locator.line(written)


def _as_written(source: Source, path: Path) -> Path:
    """Return a path as a file has it: there, an entry of a list has a number and not a name.

    `("band", "good", "from")` is `("band", 1, "from")` where good is the second `[[band]]`.
    """
    here: Any = source.content
    written: list[str | int] = []
    # The key of the table in which the next step is taken; None at the top of the document.
    table: str | int | None = None
    for part in path:
        step = part
        is_named = isinstance(part, str) and table in NAMED_BY
        if isinstance(here, list) and is_named:
            step = _position(here, str(table), part)
        written.append(step)
        # Where the file has nothing more, the rest of the path stays as it is.
        if _has(here, step):
            here = here[step]
        else:
            here = None
        table = part
    return tuple(written)


def _position(entries: list[Any], table: str, name: object) -> int:
    """Return where in a list an entry of a name stands, else a position behind its end."""
    for position, entry in enumerate(entries):
        if isinstance(entry, Mapping) and name_of(table, entry) == name:
            return position
    return len(entries)


def _has(here: object, step: object) -> bool:
    if isinstance(here, Mapping):
        return step in here
    return isinstance(here, list) and isinstance(step, int) and step < len(here)
