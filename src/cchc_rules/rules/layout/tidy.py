"""A rule file in the one layout, or refused where its meaning or its comments would change."""

from collections import Counter
from collections.abc import Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

from cchc_rules.base.output_files import rewrite_bytes, utf8
from cchc_rules.base.problem import Problem, RulesError
from cchc_rules.base.text import readable_name
from cchc_rules.rules.layout.key_order import SECTIONS, WITH_IDS, laid_out
from cchc_rules.rules.layout.statements import comments
from cchc_rules.rules.source import find, read, toml


class Tidied(NamedTuple):
    """A rule file as it is and as it should be."""

    path: Path
    before: str
    """Its text with line ends `\\n`."""
    after: str
    """The text in the one layout, with line ends `\\n`."""
    newline: str
    """How the lines of the file end."""

    @property
    def changed(self) -> bool:
        """Whether the file is not in the one layout; a byte-order mark alone is let pass."""
        return self.before != self.after

    @property
    def line(self) -> int:
        """The first line, from 1, that is laid out otherwise."""
        before_lines = self.before.split("\n")
        after_lines = self.after.split("\n")
        # One text may end sooner: what the other has there differs from nothing.
        pairs = zip_longest(before_lines, after_lines)
        return next(
            number for number, (before, after) in enumerate(pairs, 1) if before != after
        )


def tidied(source: str | Path) -> Tidied:
    """Return a rule file beside its one layout.

    Only TOML is asked for: the rules may still be wrong. Line ends stay `\\r\\n` where the first
    one is.

    Args:
        source: a rule file, or a packaged id.

    Raises:
        RulesError: where the file cannot be read, or with `layout-unsafe` where the new text would
            say something else, lose a comment, or be laid out otherwise the next time.

    >>> tidied("cam-due-2023").changed
    False
    """
    path = find(str(source), Path())
    file = read(path)
    text = file.text
    first_line = text.partition("\n")[0]
    newline = "\n"
    if first_line.endswith("\r"):
        newline = "\r\n"
    before = text.replace("\r\n", "\n")
    after = laid_out(before)
    # The layout is made from text alone, so it is proved each time rather than trusted.
    is_same_meaning = _means(after, file.content)
    keeps_comments = _keeps_comments(before, after)
    is_stable = laid_out(after) == after
    if not (is_same_meaning and keeps_comments and is_stable):
        raise RulesError([Problem("layout-unsafe", (), {}, file.name)])
    return Tidied(path, before, after, newline)


def _means(text: str, document: Mapping[str, Any]) -> bool:
    """Whether a text says what a document says, with ids in the same order."""
    try:
        content = toml(text)
    except RulesError:
        return False
    return same(content, document) and _ids(content) == _ids(document)


def same(first: object, second: object) -> bool:
    """Whether two documents say the same to the last digit.

    The order in which tables name their keys says nothing; that of lists does.

    >>> same({"a": 1, "b": [2]}, {"b": [2], "a": 1}), same(1, 1 == 1), same([1, 2], [2, 1])
    (True, False, False)
    """
    if isinstance(first, dict) and isinstance(second, dict):
        if first.keys() != second.keys():
            return False
        return all(same(first[key], second[key]) for key in first)
    if isinstance(first, list) and isinstance(second, list):
        if len(first) != len(second):
            return False
        return all(map(same, first, second))
    # Equal is not enough: 1 is equal to true, and 1.0 to 1.00.
    return type(first) is type(second) and repr(first) == repr(second)


def _ids(document: object) -> list[Any]:
    """Return the ids of a document in their order, which is that of reports.

    First by table, then the same of each section: two documents with equal lists name the same
    things in the same order.
    """
    if not isinstance(document, Mapping):
        return []
    # Ids of other tables are keys whose order says nothing, or entries of lists, which keep theirs.
    tables = {
        key: document[key]
        for key in (*WITH_IDS, *SECTIONS)
        if isinstance(document.get(key), Mapping)
    }
    ids: list[Any] = [(key, list(table)) for key, table in tables.items()]
    for key in SECTIONS:
        sections = tables.get(key, {})
        ids += map(_ids, sections.values())
    return ids


def _keeps_comments(before: str, after: str) -> bool:
    """Whether a text has every comment of another, wherever it stands."""
    # Counted, since two comments may read alike, and one of them could be lost.
    return Counter(comments(before)) == Counter(comments(after))


def layout_problems(source: str | Path) -> tuple[Problem, ...]:
    """Return the problem that a file is not in the one layout, none where it is.

    It names the first line that should be otherwise. A file that cannot be laid out has the
    problems of `tidied`.

    >>> layout_problems("cam-due-2023")
    ()
    """
    try:
        file = tidied(source)
    except RulesError as error:
        return error.problems
    if not file.changed:
        return ()
    return (Problem("layout", (), {}, readable_name(file.path), file.line),)


def replaced(file: Tidied) -> None:
    """Write the one layout in the place of the file, whole.

    Raises:
        OutputError: where the file cannot be written; it then stays as it was.
    """
    text = file.after.replace("\n", file.newline)
    rewrite_bytes(file.path, utf8(text))
