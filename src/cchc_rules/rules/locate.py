"""From a key path to its line in a TOML text. Runs only when there is a problem.

The parser says what a text holds, not where. So the text itself is asked: which is the smallest
number of lines, from the top, that already hold the path? Its last line is the one we want, and
halving finds it.

An example. The path is `("rule", "a", "threshold")`, the table's lines are

    1  [rule.a]
    2  metric = "m"
    3  threshold = [
    4    10,
    5  ]
    6  weight = 2

Lines 1 to 6 hold it, lines 1 to 3 should, and lines 1 to 2 do not. But lines 1 to 3 alone are no
TOML: a list is open. So what is open is closed by force, in every way of `_CLOSERS`; with a `]` set
behind line 3 the text can be read and holds the path, and the answer is line 3.

The file is cut into its tables first, and each table is parsed alone: most files have hundreds of
tables of ten lines each, so that halving parses a few lines and not the whole file. A line that
looks like a header may also stand inside a list or a text of many lines; what is before it is then
no TOML, and the table goes on to the next such line.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import tomli

from cchc_rules.base.problem import Path

_HEADER = re.compile(r"^\s*\[")

_CLOSERS = ("", "]", "}", "]}", "}]", "}]}", "]}]}", '"""', "'''")
"""What closes the lists, tables and texts that can be open at the end of a line of a rule file.

The deepest is a list of words in a tier, in the list of tiers, in a deduction: `]}]}`.
"""


@dataclass
class _TableText:
    """A table of the file, from its header up to the next one that can be read."""

    line: int
    """Its first line, from 1."""
    lines: list[str]
    content: Mapping[str, object] = field(default_factory=dict)
    """What it parses to by itself: the path of its header, and its keys below."""
    # What so many of its first lines say: several paths of one table are often asked for.
    _readings: dict[int, list[Mapping[str, object]]] = field(default_factory=dict)

    def lines_before(self, path: Path) -> int:
        """Return how many of its lines stand before the one that first declares a path.

        The path must stand in the table. `fewest` and `most` lines hold the answer between them.
        """
        fewest = 1
        most = len(self.lines)
        while fewest < most:
            middle = (fewest + most) // 2
            readings = self._read_first(self._readable(middle))
            # Any way of closing will do: each only ends what the lines have begun.
            if any(_contains(content, path) for content in readings):
                most = middle
            else:
                fewest = middle + 1
        # Lines that could not be read belong to what the next one ends.
        return self._readable(fewest) - 1

    def _readable(self, count: int) -> int:
        """Return so many lines, or the next number of lines that can be read."""
        while count < len(self.lines) and not self._read_first(count):
            count += 1
        return count

    def _read_first(self, count: int) -> list[Mapping[str, object]]:
        """Return what its first lines say, once for each way in which what is open may be closed.

        Nothing comes back where they end in mid-sentence, such as behind `threshold =`.
        """
        if count not in self._readings:
            first_lines = self.lines[:count]
            readings = [_parse(first_lines, closer) for closer in _CLOSERS]
            self._readings[count] = [
                content for content in readings if content is not None
            ]
        return self._readings[count]


class Locator:
    """Finds lines of key paths in one TOML text.

    >>> text = 'title = "a"\\n[[band]]\\nid = "low"\\n[[band]]\\nid = "high"\\nfrom = 8'
    >>> Locator(text).line(("band", 1, "from"))
    6
    """

    def __init__(self, text: str) -> None:
        lines = [line.removesuffix("\r") for line in text.split("\n")]
        self.tables = _tables(lines)

    def line(self, path: Path) -> int:
        """Return the line (from 1) of the longest part of the path that the text holds; 0 when it
        holds none.
        """
        for length in range(len(path), 0, -1):
            line = self._line(path[:length])
            if line:
                return line
        return 0

    def holds(self, path: Path) -> bool:
        """Whether the text itself declares the path."""
        return bool(self._line(path))

    def _line(self, path: Path) -> int:
        # Entries of the path's list that stand in tables further up.
        entries_before = 0
        for table in self.tables:
            inside, entries = _within_table(path, table.content, entries_before)
            if inside is not None and _contains(table.content, inside):
                return table.line + table.lines_before(inside)
            entries_before += entries
        return 0


def _within_table(
    path: Path, content: Mapping[str, object], entries_before: int
) -> tuple[Path | None, int]:
    """Return a path as one table has it, and how many entries of the path's list the table holds.

    Each `[[band]]` is a table of its own, and parsed alone it holds one band, number 0. So of
    `("band", 3, "from")` the first three tables with bands are passed by, and the fourth is asked
    for `("band", 0, "from")`. None comes back for a table that lies behind the entry.
    """
    numbers = [part for part in path if isinstance(part, int)]
    if not numbers:
        return path, 0
    # Lists inside an entry, such as tiers in a deduction, lie in one table: the first list alone
    # may be spread over several.
    position = path.index(numbers[0])
    list_path = path[:position]
    entries = _inside(content, list_path)
    if not isinstance(entries, list):
        return path, 0
    entry = numbers[0] - entries_before
    if entry < 0:
        return None, len(entries)
    return (*list_path, entry, *path[position + 1 :]), len(entries)


def _tables(lines: list[str]) -> list[_TableText]:
    """Return the tables of a file: it is cut before each header where the part can be read."""
    # A header on the very first line has nothing before it to be cut off.
    headers = [
        number for number, line in enumerate(lines) if number and _HEADER.match(line)
    ]
    tables: list[_TableText] = []
    begin = 0
    for end in (*headers, len(lines)):
        part = lines[begin:end]
        content = _parse(part)
        if content is not None:
            tables.append(_TableText(begin + 1, part, content))
            begin = end
    return tables


def _parse(lines: list[str], closer: str = "") -> Mapping[str, object] | None:
    """Return what lines say with a closer behind them, None where that is no TOML."""
    text = "\n".join(lines)
    if closer:
        # In front of a closing brace TOML allows no comma.
        text = text.rstrip().removesuffix(",") + closer
    try:
        return tomli.loads(text)
    except (tomli.TOMLDecodeError, RecursionError):
        return None


_NOTHING = object()


def _inside(content: object, path: Path) -> object:
    """Return what stands at a path, `_NOTHING` where there is no such path."""
    for part in path:
        if not _has(content, part):
            return _NOTHING
        container: Any = content
        content = container[part]
    return content


def _has(content: object, part: str | int) -> bool:
    if isinstance(content, Mapping):
        return part in content
    if not isinstance(content, list):
        return False
    return isinstance(part, int) and part < len(content)


def _contains(content: object, path: Path) -> bool:
    return _inside(content, path) is not _NOTHING
