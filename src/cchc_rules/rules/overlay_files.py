"""A rule file and all files that it is laid over: each read once, each laid over its own. Opens
files.
"""

import os
from collections.abc import Iterator, Mapping
from functools import reduce
from pathlib import Path as FilePath
from typing import Any

from cchc_rules.base.problem import Path, Problem, RulesError, quoted
from cchc_rules.rules import overlay
from cchc_rules.rules.overlay import NAMED_BY, Cell, Clash, Place, Tree
from cchc_rules.rules.source import Source, find, read

MAX_OVERLAYS = 16
"""A file may lie over so many others, all levels together."""


class Layers:
    """What a rule file says together with the files below it.

    `sources` are all files, the file itself first, `tree` what they say, `problems` what they
    change that is not there, and what files beside each other say differently. Raises `RulesError`
    when a file cannot be read.
    """

    def __init__(self, source: Source, folder: FilePath) -> None:
        self.problems: list[Problem] = []
        self._known: dict[str, Source] = {os.path.abspath(source.name): source}
        self._below: dict[Source, set[Source]] = {}
        self._trees: dict[Source, Tree] = {}
        self.tree = self._read(source, folder, ())
        self.sources = [*reversed(self._below)]
        self.problems += map(self._clash, overlay.clashes(self.tree, self._lies_over))

    def _lies_over(self, one: Source, other: Source) -> bool:
        return other in self._below[one]

    def _read(
        self, source: Source, folder: FilePath, above: tuple[Source, ...]
    ) -> Tree:
        """Return what a file says, laid over the files it extends, which are read before it."""
        if source not in self._trees:
            wanted = [*_extended(source)]
            bases = [
                self._base(source, path, name, folder, (*above, source))
                for path, name in reversed(wanted)
            ]
            self._below[source] = {
                *bases,
                *(deep for base in bases for deep in self._below[base]),
            }
            self._trees[source] = self._laid(source, [*reversed(bases)])
        return self._trees[source]

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
                way = (
                    FilePath(one.name).name
                    for one in (*above[above.index(base) :], base)
                )
                raise RulesError(
                    [Problem("extends-round", path, {"way": " → ".join(way)})]
                )
            self._read(base, file.parent, above)
        except RulesError as error:
            at = source.locator.line(path)
            raise RulesError(
                [p if p.line else p.at(source.name, at) for p in error.problems]
            ) from None
        return base

    def _once(self, file: FilePath) -> Source:
        key = os.path.abspath(file)
        if key not in self._known:
            if len(self._known) > MAX_OVERLAYS:
                raise RulesError(
                    [Problem("extends", ("extends",), {"most": str(MAX_OVERLAYS)})]
                )
            self._known[key] = read(file)
        return self._known[key]

    def _laid(self, source: Source, bases: list[Source]) -> Tree:
        below: Tree = reduce(
            lambda one, base: overlay.beside(one, self._trees[base], self._lies_over),
            bases,
            {},
        )
        own = overlay.tree(
            {key: value for key, value in source.content.items() if key != "extends"},
            Place(source),
        )
        if bases:
            self.problems += [
                placed(problem, [source]) for problem in overlay.unknown(below, own)
            ]
        return overlay.over(below, own)

    def _clash(self, clash: Clash) -> Problem:
        """Return the problem of a clash, which names both places."""
        one, other = (
            _line(cell.place, clash.path) for cell in (clash.one, clash.other)
        )
        places = {"one": _said(clash.one), "other": _said(clash.other)}
        places |= {
            "first": _spot(clash.one.place, one),
            "second": _spot(clash.other.place, other),
        }
        path = (*clash.one.place.section, *clash.path[len(clash.one.place.section) :])
        return Problem("overlay-conflict", path, places).at(
            clash.one.place.source.name, one
        )


def _extended(source: Source) -> Iterator[tuple[Path, str]]:
    """Yield the files that a file extends, each with the path that names it."""
    wanted = source.content.get("extends", [])
    named = [(("extends",), wanted)] if isinstance(wanted, str) else _listed(wanted)
    if "extends" in source.content and not named:
        raise RulesError(
            [
                placed(
                    Problem("extends", ("extends",), {"most": str(MAX_OVERLAYS)}),
                    [source],
                )
            ]
        )
    yield from named


def _listed(wanted: object) -> list[tuple[Path, str]]:
    names = wanted if isinstance(wanted, list) else []
    return (
        [(("extends", at), name) for at, name in enumerate(names)]
        if all(isinstance(n, str) for n in names)
        else []
    )


def _said(cell: Cell) -> str:
    return quoted(cell.value)


def _spot(place: Place, line: int) -> str:
    return f"{place.source.name}:{line}"


def _line(place: Place, path: Path) -> int:
    """Return the line of the longest part of a path that a file holds."""
    return next(
        (
            line
            for length in range(len(path), 0, -1)
            if (line := _at(place.source, path[:length]))
        ),
        1,
    )


def placed(problem: Problem, sources: list[Source]) -> Problem:
    """Return the problem with the file and line that declare its path, the topmost file first."""
    for length in range(len(problem.path), 0, -1):
        for source in sources:
            line = _at(source, problem.path[:length])
            if line:
                return problem.at(source.name, line)
    return problem.at(sources[0].name, 1)


def _at(source: Source, path: Path) -> int:
    """Return the line on which a file itself declares a path, 0 where it does not."""
    own = _as_written(source, path)
    return source.locator.line(own) if source.locator.holds(own) else 0


def _as_written(source: Source, path: Path) -> Path:
    """Return a path as a file has it: of a list, an entry that is known by its name stands at a
    number.
    """
    here: Any = source.content
    own: list[str | int] = []
    for before, part in zip((None, *path), path, strict=False):
        named = isinstance(here, list) and isinstance(part, str) and before in NAMED_BY
        at = _position(here, NAMED_BY[str(before)], part) if named else part
        own.append(at)
        here = here[at] if _within(here, at) else None
    return tuple(own)


def _position(entries: list[Any], by: str, name: object) -> int:
    """Return where in a list an entry of a name stands, else a place after its end."""
    found = (
        at
        for at, one in enumerate(entries)
        if isinstance(one, Mapping) and one.get(by) == name
    )
    return next(found, len(entries))


def _within(here: object, part: object) -> bool:
    if isinstance(here, Mapping):
        return part in here
    return isinstance(here, list) and isinstance(part, int) and part < len(here)
