"""From a key path to its line in a TOML text. Runs only when there is a problem.

The text is cut into its tables once, each parsed alone; within a table the smallest prefix that holds the path ends at
the line we want. A prefix inside a list is closed by force to see how far it has come.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import tomli

from cchc_rules.problem import Path

_HEADER = re.compile(r"^\s*\[")
_CLOSERS = ("", "]", "}", "]}", "}]", "}]}", "]}]}", '"""', "'''")


@dataclass
class _Piece:
    """A table of the file: its first line (from 1), its lines, what it parses to."""

    line: int
    lines: list[str]
    content: Mapping[str, object] = field(default_factory=dict)


class Locator:
    """Finds lines of key paths in one TOML text."""

    def __init__(self, text: str) -> None:
        self.pieces = _pieces(text.splitlines())

    def line(self, path: Path) -> int:
        """Return the line (from 1) of the longest part of the path that the text holds; 0 when it holds none."""
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
                return piece.line + _offset(piece.lines, own)
            skipped += count
        return 0


def _shift(path: Path, content: Mapping[str, object], skipped: int) -> tuple[Path | None, int]:
    """Return the path within one piece: of `[[band]]` number 3, only the fourth piece with bands holds it."""
    rows = content.get(str(path[0]))
    if len(path) < 2 or not isinstance(path[1], int) or not isinstance(rows, list):
        return path, 0
    at = path[1] - skipped
    return ((path[0], at, *path[2:]) if at >= 0 else None), len(rows)


def _pieces(lines: list[str]) -> list[_Piece]:
    starts = [0, *(at for at, line in enumerate(lines) if at and _HEADER.match(line)), len(lines)]
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
        return tomli.loads("\n".join(lines).rstrip().removesuffix(",") + closer if closer else "\n".join(lines))
    except (tomli.TOMLDecodeError, RecursionError):
        return None


def _contains(content: object, path: Path) -> bool:
    for part in path:
        inside: Any = content
        known = isinstance(content, Mapping) and part in content
        if not known and not (isinstance(content, list) and isinstance(part, int) and part < len(content)):
            return False
        content = inside[part]
    return True


def _offset(lines: list[str], path: Path) -> int:
    for count in range(1, len(lines)):
        for closer in _CLOSERS:
            content = _parse(lines[:count], closer)
            if content is not None and _contains(content, path):
                return count - 1
    return len(lines) - 1
