"""A rule file as it is read: found by path or packaged id, its bytes, its TOML. Opens files."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path as FilePath
from typing import Any

import tomli

from cchc_rules.base.packaged import packaged_rules_folder
from cchc_rules.base.problem import Problem, RulesError, nearest, quoted
from cchc_rules.rules.locate import Locator

MAX_BYTES = 8_000_000
MAX_DEPTH = 40

CASES = ".cases.toml"
"""How the files of cases end that stand beside rule files."""

Document = dict[str, Any]


@dataclass(eq=False)
class Source:
    """A file as read: its name, text, hash and content. Compared by identity."""

    name: str
    text: str
    sha256: str
    content: Document
    _locator: Locator | None = field(default=None, repr=False)

    @property
    def locator(self) -> Locator:
        """What finds the lines of its key paths."""
        if self._locator is None:
            self._locator = Locator(self.text)
        return self._locator

    @property
    def id(self) -> str:
        """The id of the rule set that it declares, an empty text where it declares none."""
        head = self.content.get("ruleset")
        return str(head.get("id", "")) if isinstance(head, Mapping) else ""


def packaged_rule_sets() -> tuple[str, ...]:
    """Return the ids of the packaged rule sets."""
    names = (
        path.name
        for path in packaged_rules_folder().glob("*.toml")
        if not path.name.endswith(CASES)
    )
    return tuple(sorted(name.removesuffix(".toml") for name in names))


def find(source: str, folder: FilePath) -> FilePath:
    """Return the path of a file named as beside a folder, or of a packaged id; raise `RulesError`
    for neither.
    """
    direct = folder / source
    if source.endswith(".toml") or direct.is_file():
        return direct
    if source in packaged_rule_sets():
        return packaged_rules_folder() / f"{source}.toml"
    places = {"name": quoted(source), "nearest": nearest(source, packaged_rule_sets())}
    raise RulesError([Problem("unknown-ruleset", (), places)])


def read(path: FilePath) -> Source:
    """Return a file as read; raise `RulesError` when it cannot be read or is no TOML."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        places = {"path": quoted(path, 200), "reason": quoted(reason)}
        raise RulesError([Problem("file-unreadable", (), places, str(path))]) from None
    return parse(data, str(path))


def parse(data: bytes, name: str) -> Source:
    """Return bytes as a file of that name; raise `RulesError` when they are no TOML."""
    if len(data) > MAX_BYTES:
        raise RulesError(
            [Problem("file-too-large", (), {"most": str(MAX_BYTES)}, name)]
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise RulesError([Problem("not-utf8", (), {}, name, line)]) from None
    return Source(name, text, hashlib.sha256(data).hexdigest(), toml(text, name))


def toml(text: str, name: str = "") -> Document:
    """Return what a TOML text says, numbers exact; raise `RulesError` where it is none."""
    try:
        content = tomli.loads(text, parse_float=_decimal)
        if _deeper(content, MAX_DEPTH):
            raise RecursionError
        return content
    except tomli.TOMLDecodeError as error:
        line = getattr(error, "lineno", 0)
        places = {
            "reason": quoted(getattr(error, "msg", error)),
            "column": str(getattr(error, "colno", 0)),
        }
        raise RulesError([Problem("toml-syntax", (), places, name, line)]) from None
    except RecursionError:
        raise RulesError([Problem("toml-too-deep", (), {}, name)]) from None
    except ValueError as error:  # Python reads no whole number of thousands of digits
        raise RulesError(
            [Problem("number-too-long", (), {"given": quoted(error)}, name)]
        ) from None


def _deeper(content: object, levels: int) -> bool:
    """Whether tables and lists are nested more levels deep."""
    below = [content]
    for _ in range(levels):
        below = [part for outer in below for part in _parts(outer)]
    return bool(below)


def _parts(content: object) -> Iterable[object]:
    if isinstance(content, Mapping):
        return content.values()
    return content if isinstance(content, list) else ()


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal(
            "1e999999"
        )  # an exponent beyond all reason: refused later as too long
