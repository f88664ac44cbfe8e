"""A rule file as it is read: found by path or packaged id, its bytes, its TOML. Opens files."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path as FilePath
from typing import Any, TypeAlias

import tomli

from cchc_rules.base.input_files import is_file, read_bytes
from cchc_rules.base.messages import Figures, Foreign
from cchc_rules.base.packaged import packaged_rules_folder
from cchc_rules.base.problem import Problem, RulesError, nearest, quoted
from cchc_rules.base.text import readable_name
from cchc_rules.base.written_values import suggestion
from cchc_rules.rules.locate import Locator

MAX_BYTES = 8_000_000
"""A rule file or case file is at most so long; the longest real one has a fiftieth of it."""

MAX_DEPTH = 40
"""Tables and lists lie in each other at most so many levels deep; the format needs seven."""

CASES = ".cases.toml"
"""How the files of cases end that stand beside rule files."""

TomlTable: TypeAlias = dict[str, Any]
"""What a TOML text says, its decimals exact."""


@dataclass(eq=False)
class Source:
    """A file as it was read. Compared by identity: it is the key to what is kept about the file."""

    name: str
    """The path by which it was read, as text that can be printed."""
    text: str
    sha256: str
    """The hash of its bytes, byte-order mark and line ends included."""
    content: TomlTable
    """What the text says."""
    _locator: Locator | None = field(default=None, repr=False)

    @property
    def locator(self) -> Locator:
        """What finds the lines of its key paths; made when it is first asked for."""
        if self._locator is None:
            self._locator = Locator(self.text)
        return self._locator

    @property
    def id(self) -> str:
        """The id of the rule set that it declares, an empty text where it declares none."""
        head = self.content.get("ruleset")
        # The form of the file is not checked yet.
        if not isinstance(head, Mapping):
            return ""
        return str(head.get("id", ""))


def packaged_rule_sets() -> tuple[str, ...]:
    """Return the ids of the packaged rule sets.

    Sorted; each may be given wherever the path of a rule file is asked for.

    >>> "cam-due-2023" in packaged_rule_sets()
    True
    """
    names = [path.name for path in packaged_rules_folder().glob("*.toml")]
    rule_files = [name for name in names if not name.endswith(CASES)]
    return tuple(sorted(name.removesuffix(".toml") for name in rule_files))


def find(source: str, folder: FilePath, *, or_pipe: bool = False) -> FilePath:
    """Return the path of a file, named as seen from a folder, or of a packaged rule set.

    A pipe is taken only with `or_pipe`. Raises `RulesError` where it is neither.

    >>> find("cam-due-2023", FilePath()).name
    'cam-due-2023.toml'
    """
    beside = folder / source
    # A name that ends so means a file even where there is none: reading it reports that.
    if source.endswith(".toml") or is_file(beside, or_pipe=or_pipe):
        return beside
    if source in packaged_rule_sets():
        return packaged_rules_folder() / f"{source}.toml"
    raise unknown_ruleset(source)


def unknown_ruleset(name: str) -> RulesError:
    """Return the error that there is no rule set of a name.

    >>> unknown_ruleset("cam-due-2032").problems[0].arguments["nearest"]
    'cam-due-2023'
    """
    known = packaged_rule_sets()
    arguments = {
        "name": quoted(name),
        "nearest": nearest(name, known),
    }
    return RulesError([Problem("unknown-ruleset", (), arguments)])


def read(path: FilePath, *, or_pipe: bool = False) -> Source:
    """Return a file (or, where asked for, a pipe) as read.

    Raises `RulesError` when it cannot be read or is no TOML.
    """
    data = read_bytes(path, MAX_BYTES, RulesError, or_pipe=or_pipe)
    return parse(data, readable_name(path))


def parse(data: bytes, name: str) -> Source:
    """Return bytes as a file of that name; raise `RulesError` when they are no TOML.

    >>> parse(b'[ruleset]\\nid = "mine"', "mine.toml").id
    'mine'
    """
    if len(data) > MAX_BYTES:
        most = {"most": Figures(MAX_BYTES)}
        raise RulesError([Problem("file-too-large", (), most, name)])
    # Windows editors put a byte-order mark in front, which TOML does not know.
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        raise RulesError([Problem("not-utf8", (), {}, name, line)]) from None
    sha256 = hashlib.sha256(data).hexdigest()
    return Source(name, text, sha256, toml(text, name))


def toml(text: str, name: str = "") -> TomlTable:
    """Return what a TOML text says, its decimals exact; raise `RulesError` where it is none.

    >>> toml("weight = 0.10")
    {'weight': Decimal('0.10')}
    """
    try:
        content = tomli.loads(text, parse_float=_decimal)
    except tomli.TOMLDecodeError as error:
        raise RulesError([_syntax_problem(error, text, name)]) from None
    except RecursionError:
        raise RulesError([Problem("toml-too-deep", (), {}, name)]) from None
    except ValueError as error:
        # Python reads no whole number of thousands of digits.
        given = {"given": quoted(error)}
        raise RulesError([Problem("number-too-long", (), given, name)]) from None
    if _is_deeper(content, MAX_DEPTH):
        raise RulesError([Problem("toml-too-deep", (), {}, name)])
    return content


_FIGURE_WITH_COMMA = re.compile(r"=\s*([-+]?\d[\d.]*,\d+)(?![\d.])", re.ASCII)
"""A figure as Vietnamese and most of Europe write it, `= 9,5` or `= 1.234,5`."""


def _syntax_problem(error: tomli.TOMLDecodeError, text: str, name: str) -> Problem:
    """Return the problem of a text that is no TOML.

    After `weight = 9,5` the parser waits for the end of the line and complains of the comma; in
    `{ from = 9,5, points = 1 }` it takes 5 for a key and complains behind it. So a figure with a
    comma is looked for up to where the parser stopped, and the author is told how to write it.
    """
    line = getattr(error, "lineno", 0)
    column = getattr(error, "colno", 0)
    lines = text.split("\n")
    stopped_in = ""
    if 0 < line <= len(lines):
        stopped_in = lines[line - 1]
    for figure in _FIGURE_WITH_COMMA.finditer(stopped_in):
        # `column` counts from 1 and may lie one behind the figure.
        if figure.start() < column <= figure.end() + 2:
            given = figure[1]
            arguments = {
                "given": quoted(given),
                "hint": suggestion(given),
            }
            return Problem("decimal-comma", (), arguments, name, line)
    # The parser's own sentence is English: it is shown as a quotation.
    complaint = quoted(getattr(error, "msg", error))
    arguments = {
        "reason": Foreign(complaint, "parser.toml"),
        "column": Figures(column),
    }
    return Problem("toml-syntax", (), arguments, name, line)


def _is_deeper(content: object, levels: int) -> bool:
    """Whether tables and lists are nested more levels deep."""
    # Level by level, without recursion: deep nesting would exhaust the stack.
    at_this_depth = [content]
    for _ in range(levels):
        at_this_depth = [part for outer in at_this_depth for part in _parts(outer)]
    return bool(at_this_depth)


def _parts(content: object) -> Iterable[object]:
    if isinstance(content, Mapping):
        return content.values()
    if isinstance(content, list):
        return content
    return ()


def _decimal(text: str) -> Decimal:
    """Return a number as the file writes it; the parser by itself would make a binary float."""
    try:
        return Decimal(text)
    except InvalidOperation:
        # An exponent beyond all reason: refused later as too long.
        return Decimal("1e999999")
