"""From a key path to its line in a TOML text. Runs only when there is a problem.

The text is cut into its tables once, each parsed alone; within a table the smallest prefix that
holds the path ends at the line we want. A prefix inside a list is closed by force to see how far it
has come.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import tomli

from cchc_rules.base.problem import Path

_HEADER = re.compile(r"^\s*\[")
_CLOSERS = ("", "]", "}", "]}", "}]", "}]}", "]}]}", '"""', "'''")


@dataclass
class _Piece:
    """A table of the file: its first line (from 1), its lines, what it parses to."""

    line: int
    lines: list[str]
    content: Mapping[str, object] = field(default_factory=dict)
    beginnings: dict[int, list[Mapping[str, object]]] = field(default_factory=dict)

    def offset(self, path: Path) -> int:
        """Return how many lines stand before the one that first declares a path, by halving what is
        left.
        """
        low = 1
        high = len(self.lines)
        while low < high:
            middle = (low + high) // 2
            if any(
                _contains(content, path) for content in self.begun(self.whole(middle))
            ):
                high = middle
            else:
                low = middle + 1
        return self.whole(low) - 1

    def whole(self, count: int) -> int:
        """Return the number of lines, this or the next, that end where the text can be read so far."""
        while count < len(self.lines) and not self.begun(count):
            count += 1
        return count

    def begun(self, count: int) -> list[Mapping[str, object]]:
        """Return what so many of its lines say, each way that what is open may be closed; none in
        mid-sentence.
        """
        if count not in self.beginnings:
            parsed = (_parse(self.lines[:count], closer) for closer in _CLOSERS)
            self.beginnings[count] = [
                content for content in parsed if content is not None
            ]
        return self.beginnings[count]


class Locator:
    """Finds lines of key paths in one TOML text."""

    def __init__(self, text: str) -> None:
        self.pieces = _pieces([line.removesuffix("\r") for line in text.split("\n")])

    def line(self, path: Path) -> int:
        """Return the line (from 1) of the longest part of the path that the text holds; 0 when it
        holds none.
        """
        for length in range(len(path), 0, -1):
            found = self._line(path[:length])
            if found:
                return found
        return 0

    def holds(self, path: Path) -> bool:
        """Whether the text itself declares the path."""
        return bool(self._line(path))

    def _line(self, path: Path) -> int:
        skipped = 0
        for piece in self.pieces:
            own, count = _shift(path, piece.content, skipped)
            if own is not None and _contains(piece.content, own):
                return piece.line + piece.offset(own)
            skipped += count
        return 0


def _shift(
    path: Path, content: Mapping[str, object], skipped: int
) -> tuple[Path | None, int]:
    """Return the path within one piece: of `[[band]]` number 3, only the fourth piece with bands
    holds it.
    """
    place = next(
        (at for at, part in enumerate(path) if isinstance(part, int)), len(path)
    )
    rows = _inside(content, path[:place])
    if place == len(path) or not isinstance(rows, list):
        return path, 0
    at = int(path[place]) - skipped
    return ((*path[:place], at, *path[place + 1 :]) if at >= 0 else None), len(rows)


def _pieces(lines: list[str]) -> list[_Piece]:
    starts = [
        0,
        *(at for at, line in enumerate(lines) if at and _HEADER.match(line)),
        len(lines),
    ]
    pieces: list[_Piece] = []
    begin = 0
    for end in starts[1:]:
        content = _parse(lines[begin:end])
        if content is not None:
            pieces.append(_Piece(begin + 1, lines[begin:end], content))
            begin = end
    return pieces


def _parse(lines: list[str], closer: str = "") -> Mapping[str, object] | None:
    try:
        return tomli.loads(
            "\n".join(lines).rstrip().removesuffix(",") + closer
            if closer
            else "\n".join(lines)
        )
    except (tomli.TOMLDecodeError, RecursionError):
        return None


_NOTHING = object()


def _inside(content: object, path: Path) -> object:
    for part in path:
        inside: Any = content
        known = isinstance(content, Mapping) and part in content
        if not known and not (
            isinstance(content, list) and isinstance(part, int) and part < len(content)
        ):
            return _NOTHING
        content = inside[part]
    return content


def _contains(content: object, path: Path) -> bool:
    return _inside(content, path) is not _NOTHING
