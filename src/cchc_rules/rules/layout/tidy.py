"""A rule file in the one layout, or refused: its meaning and its comments are held against what
they were.
"""

from collections import Counter
from collections.abc import Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

from cchc_rules.base.output_files import rewrite_bytes, utf8
from cchc_rules.base.problem import Problem, RulesError
from cchc_rules.base.text import readable_name
from cchc_rules.rules.layout.key_order import WITH_IDS, laid_out
from cchc_rules.rules.layout.statements import comments
from cchc_rules.rules.source import find, read, toml

SECTIONS = ("kind", "since")
"""Tables whose tables are overlays."""


class Tidied(NamedTuple):
    """A rule file as it is (line ends `\\n`) and as it should be, and how its lines end."""

    path: Path
    before: str
    after: str
    newline: str

    @property
    def changed(self) -> bool:
        """Whether the file is not in the one layout; a byte-order mark alone is let pass."""
        return self.before != self.after

    @property
    def line(self) -> int:
        """The first line, from 1, that is laid out otherwise."""
        pairs = zip_longest(self.before.split("\n"), self.after.split("\n"))
        return next(
            number for number, (before, after) in enumerate(pairs, 1) if before != after
        )


def tidied(source: str | Path) -> Tidied:
    """Return a rule file (or a packaged id) beside its one layout; raise `RulesError` where that is
    not safe.

    Only TOML is asked for: the rules may still be wrong. Line ends stay `\\r\\n` where the first
    one is.
    """
    path = find(str(source), Path())
    file = read(path)
    text = file.text
    newline = "\r\n" if text.partition("\n")[0].endswith("\r") else "\n"
    before = text.replace("\r\n", "\n")
    after = laid_out(before)
    is_stable = laid_out(after) == after
    if not (_means(after, file.content) and _keeps(before, after) and is_stable):
        raise RulesError([Problem("layout-unsafe", (), {}, file.name)])
    return Tidied(path, before, after, newline)


def _means(text: str, document: Mapping[str, Any]) -> bool:
    """Whether a text says what a document says, with ids in the same order."""
    try:
        content = toml(text)
    except RulesError:
        return False
    return same(content, document) and _ids(content) == _ids(document)


def same(one: object, other: object) -> bool:
    """Whether two documents say the same to the last digit; in which order tables name their keys
    says nothing.
    """
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(
            same(one[key], other[key]) for key in one
        )
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and repr(one) == repr(other)


def _ids(document: object) -> list[Any]:
    """Return the ids of a document in their order, which is that of reports."""
    if not isinstance(document, Mapping):
        return []
    tables = {
        key: document[key]
        for key in (*WITH_IDS, *SECTIONS)
        if isinstance(document.get(key), Mapping)
    }
    sections = [section for key in SECTIONS for section in tables.get(key, {}).values()]
    return [
        *((key, list(table)) for key, table in tables.items()),
        *map(_ids, sections),
    ]


def _keeps(before: str, after: str) -> bool:
    """Whether a text has every comment of another, wherever it stands."""
    return Counter(comments(before)) == Counter(comments(after))


def layout_problems(source: str | Path) -> tuple[Problem, ...]:
    """Return the problem that a file is not in the one layout, at the first line that should be
    otherwise.
    """
    try:
        file = tidied(source)
    except RulesError as error:
        return error.problems
    if not file.changed:
        return ()
    return (Problem("layout", (), {}, readable_name(file.path), file.line),)


def replaced(file: Tidied) -> None:
    """Write the one layout in the place of the file, whole. Raises `OutputError`."""
    text = file.after.replace("\n", file.newline)
    rewrite_bytes(file.path, utf8(text))
