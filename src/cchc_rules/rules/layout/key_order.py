"""The one layout of a rule file: keys in the order of the reference, `=` in a column, a blank line
before each table.

Comments above a key go with it, those above a table with the table. Values are printed as they were
written.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from cchc_rules.rules.file_format import keys_in_order
from cchc_rules.rules.layout.statements import (
    Statement,
    Token,
    names,
    statements,
    tokens,
)

INDENT = "  "
MOST_BLANK = 2
WITH_IDS = ("metric", "group", "rule", "remedy")
LISTS = ("band", "band_gate", "target")
INSIDE = ("absence", "conflict", "ratio")


def laid_out(text: str) -> str:
    """Return a TOML text, its line ends `\\n`, in the one layout. What is laid out stays as it is."""
    lines: list[str] = []
    for section in _sections(statements(tokens(text))):
        above = section.above if lines else _without_first_blanks(section.above)
        lines += [*above, *section.lines()]
    return "\n".join(_without_last_blanks(lines)) + "\n" if any(lines) else ""


@dataclass
class Item:
    """A key with its value, the comments above it and the one behind it."""

    key: str
    first: str
    value: str
    above: list[str]
    behind: str
    dotted: bool


@dataclass
class Section:
    """A table: what stands above its header, the header, what stands at its head, its keys, and
    comments below them.
    """

    path: tuple[str, ...] = ()
    above: list[str] = field(default_factory=list)
    header: str = ""
    head: list[str] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    below: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """Yield the lines of the table in the one layout."""
        if self.header:
            yield self.header
        yield from self.head
        order = {key: at for at, key in enumerate(_order(self.path))}
        yield from _aligned(
            sorted(self.items, key=lambda item: order.get(item.first, len(order)))
        )
        yield from self.below


def _order(path: tuple[str, ...]) -> list[str]:
    """Return the order of a table's keys; none for tables that the reference does not know, or
    whose keys are ids.
    """
    while path[:1] in (("kind",), ("since",)) and len(path) > 1:
        path = path[2:]
        if not path:
            return ["title", *keys_in_order()]
    if path[:1] and (path[0] in WITH_IDS or (path[0] in LISTS and path[1:])):
        known = len(path) == 2 or (len(path) == 3 and path[2] in INSIDE)
        return keys_in_order(path[2] if path[2:] else path[0]) if known else []
    return keys_in_order(*path) if len(path) < 2 or path == ("ruleset", "valid") else []


def _aligned(items: list[Item]) -> Iterator[str]:
    """Yield the lines of keys: `=` in one column, over which dotted keys may run, and comments
    behind in another.
    """
    simple = [len(item.key) for item in items if not item.dotted]
    wide = max(simple or [len(item.key) for item in items], default=0)
    texts = [f"{item.key.ljust(wide)} = {item.value}" for item in items]
    short = [
        len(text)
        for text, item in zip(texts, items, strict=True)
        if item.behind and "\n" not in text
    ]
    column = max(short, default=0)
    for text, item in zip(texts, items, strict=True):
        yield from item.above
        yield _behind(text.ljust(0 if "\n" in text else column), item.behind)


def _behind(text: str, comment: str) -> str:
    return f"{text}  {comment}" if comment else text.rstrip()


def _sections(found: Iterable[Statement]) -> Iterator[Section]:
    """Yield the tables of a file, the keys before the first header as one without."""
    section = Section()
    waiting = list[str]()
    for statement in found:
        if not statement.tokens:
            waiting.append(statement.comment)
        elif statement.is_header:
            section.below, above = _parted(waiting)
            yield section
            section = _opened(statement, above)
            waiting = []
        else:
            _add(section, statement, waiting)
            waiting = []
    section.below, above = _parted([*waiting, ""])
    yield section
    yield Section(above=_spaced(above))


def _parted(waiting: list[str]) -> tuple[list[str], list[str]]:
    """Part comments between two tables: up to the first blank line they belong to the one above."""
    at = waiting.index("") if "" in waiting else 0
    return waiting[:at], waiting[at:]


def _opened(statement: Statement, above: list[str]) -> Section:
    header = "".join(token.text for token in statement.tokens)
    return Section(
        names(statement.tokens), _spaced(above), _behind(header, statement.comment)
    )


def _spaced(above: list[str]) -> list[str]:
    """Return what stands above a table: one blank line, or the two that set off a comment;
    elsewhere one at a place.
    """
    kept = _without_first_blanks(above)
    wide = len(above) - len(kept) >= MOST_BLANK and kept
    return [""] * (MOST_BLANK if wide else 1) + _single_blanks(kept)


def _single_blanks(lines: list[str]) -> list[str]:
    return [line for at, line in enumerate(lines) if line or (at and lines[at - 1])]


def _without_first_blanks(lines: list[str]) -> list[str]:
    return lines[next((at for at, line in enumerate(lines) if line), len(lines)) :]


def _without_last_blanks(lines: list[str]) -> list[str]:
    return _without_first_blanks(lines[::-1])[::-1]


def _add(section: Section, statement: Statement, waiting: list[str]) -> None:
    """Add a key to its table. Before the first key, what is set off by a blank line stays at the
    head of the table.
    """
    if not section.items and not section.header:
        waiting = _directives_set_off(waiting)
    if not section.items and "" in waiting:
        at = len(waiting) - waiting[::-1].index("")
        section.head = _head(waiting[:at], own=not section.header)
        waiting = waiting[at:]
    at = statement.tokens.index(Token("sign", "="))
    key = statement.tokens[:at]
    value = statement.tokens[at + 1 :]
    above = [line for line in waiting if line]
    first, *rest = names(key)
    written = "".join(token.text for token in key)
    section.items.append(
        Item(written, first, spelled(value), above, statement.comment, bool(rest))
    )


def _directives_set_off(waiting: list[str]) -> list[str]:
    """Return comments with what speaks to the editor (`#:schema …`) kept apart at the top of the
    file.
    """
    at = next(
        (at for at, line in enumerate(waiting) if not line.startswith("#:")),
        len(waiting),
    )
    return [*waiting[:at], *([""] if at else []), *waiting[at:]]


def _head(lines: list[str], *, own: bool) -> list[str]:
    """Return what stands at the head: of the file with its blank lines, one at a place; of a table
    without.
    """
    kept = _without_last_blanks(_without_first_blanks(lines))
    if not own or not kept:
        return [line for line in kept if line]
    return [*_single_blanks(kept), ""]


def spelled(value: Iterable[Token]) -> str:
    """Return a value with spaces where they belong; its lines stay lines, indented by the lists
    that are open.
    """
    lines: list[list[str]] = [[]]
    depth = 0
    last = Token("sign", "")
    for token in value:
        opened = _lists(token)
        if token.kind == "end":
            lines += [[]] if lines[-1] or lines[-2:-1] != [[]] else []
        else:
            indent = INDENT * (depth + min(opened, 0)) if len(lines) > 1 else ""
            lines[-1] += [_gap(last, token) if lines[-1] else indent, token.text]
        depth = depth + opened
        last = token
    return "\n".join(map("".join, lines))


def _lists(token: Token) -> int:
    """Return how many more lists are open behind a token."""
    return (token == Token("sign", "[")) - (token == Token("sign", "]"))


def _gap(last: Token, token: Token) -> str:
    """Return what stands between two tokens of one line."""
    if token.kind == "comment":
        return "  "
    if last.text in ("[", "", ".") or token.text in ("]", ",", "."):
        return ""
    return "" if (last.text, token.text) == ("{", "}") else " "
