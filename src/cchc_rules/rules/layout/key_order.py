"""The one layout of a rule file: keys in the order of the reference, `=` in a column, a blank line
before each table.

Values are printed as they were written. The text is cut into statements, the statements into
tables, and each table printed anew. What is hard is not the keys but the comments: they belong to
something, and must go where it goes.

    # Set by decision 12.                a comment above a header goes with the table
    [rule.a]
    # What follows was agreed in May.    set off by a blank line: it stays at the head of the table

    # In percent.                        a comment above a key goes with the key
    threshold = 80  # was 75             and so does one behind it
    metric = "m"
    # weight = 2                         below the last key, before a blank line: stays here

The reference names `metric` before `threshold`, so the two change places, and the table becomes

    # Set by decision 12.
    [rule.a]
    # What follows was agreed in May.
    metric    = "m"
    # In percent.
    threshold = 80  # was 75
    # weight = 2
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
"""How far each open list indents the lines in it."""

MOST_BLANK = 2
"""So many blank lines may stand together: they set off a comment that speaks of several tables."""

WITH_IDS = ("metric", "group", "rule", "remedy")
"""Tables of tables, whose keys are ids: their order says something and stays."""

LISTS = ("band", "band_gate", "target")
"""Lists of tables; in an overlay they may stand as tables with ids."""

INSIDE = ("absence", "conflict", "ratio")
"""Tables inside a table with an id."""


def laid_out(text: str) -> str:
    """Return a TOML text (line ends `\\n`) in the one layout; what is laid out stays as it is."""
    lines: list[str] = []
    for table in _tables(statements(tokens(text))):
        above = table.above if lines else _without_first_blanks(table.above)
        lines += [*above, *table.lines()]
    return "\n".join(_without_last_blanks(lines)) + "\n" if any(lines) else ""


@dataclass
class KeyLine:
    """A key with its value, the comments above it and the one behind it."""

    key: str
    first: str
    value: str
    above: list[str]
    behind: str
    dotted: bool


@dataclass
class TableText:
    """A table: what stands above its header, the header, what stands at its head, its keys, and
    comments below them.
    """

    path: tuple[str, ...] = ()
    above: list[str] = field(default_factory=list)
    header: str = ""
    head: list[str] = field(default_factory=list)
    items: list[KeyLine] = field(default_factory=list)
    below: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """Yield the lines of the table in the one layout."""
        if self.header:
            yield self.header
        yield from self.head
        order = {key: position for position, key in enumerate(_order(self.path))}
        last = len(order)
        # Keys that the reference does not know come last, as they stood: sorting keeps their order.
        ordered = sorted(self.items, key=lambda item: order.get(item.first, last))
        yield from _aligned(ordered)
        yield from self.below


def _order(path: tuple[str, ...]) -> list[str]:
    """Return the order of a table's keys; none for tables that the reference does not know, or
    whose keys are ids.

    `[since."2023-07-01".kind.hill.rule.a]` has the order of `[rule.a]`: sections hold what a file
    holds.
    """
    while path[:1] in (("kind",), ("since",)) and len(path) > 1:
        path = path[2:]
        if not path:
            return ["title", *keys_in_order()]
    table = path[0] if path else ""
    if table in WITH_IDS or (table in LISTS and len(path) > 1):
        return _order_with_id(path)
    if len(path) < 2 or path == ("ruleset", "valid"):
        return keys_in_order(*path)
    return []


def _order_with_id(path: tuple[str, ...]) -> list[str]:
    """Return the order of the keys of a table with an id, or of a table inside one."""
    match path:
        case (table, _):
            return keys_in_order(table)
        case (_, _, inside) if inside in INSIDE:
            return keys_in_order(inside)
        case _:
            return []


def _aligned(items: list[KeyLine]) -> Iterator[str]:
    """Yield the lines of keys: `=` in one column, over which dotted keys may run, and comments
    behind in another.
    """
    simple = [len(item.key) for item in items if not item.dotted]
    dotted = [len(item.key) for item in items if item.dotted]
    key_width = max(simple or dotted, default=0)
    texts = [f"{item.key.ljust(key_width)} = {item.value}" for item in items]
    # A value of several lines has its comment behind its last one, in no column.
    column = max(
        (
            len(text)
            for text, item in zip(texts, items, strict=True)
            if item.behind and "\n" not in text
        ),
        default=0,
    )
    for text, item in zip(texts, items, strict=True):
        yield from item.above
        padded = text if "\n" in text else text.ljust(column)
        yield _behind(padded, item.behind)


def _behind(text: str, comment: str) -> str:
    return f"{text}  {comment}" if comment else text.rstrip()


def _tables(found: Iterable[Statement]) -> Iterator[TableText]:
    """Yield the tables of a file, the keys before the first header as one without."""
    table = TableText()
    waiting: list[str] = []
    for statement in found:
        if not statement.tokens:
            # A blank line or a comment: what comes next says what it belongs to.
            waiting.append(statement.comment)
            continue
        if statement.is_header:
            table.below, above = _parted(waiting)
            yield table
            table = _opened(statement, above)
        else:
            _add(table, statement, waiting)
        waiting = []
    table.below, above = _parted([*waiting, ""])
    yield table
    yield TableText(above=_spaced(above))


def _parted(waiting: list[str]) -> tuple[list[str], list[str]]:
    """Part comments between two tables: up to the first blank line they belong to the one above."""
    if "" not in waiting:
        return [], waiting
    first_blank = waiting.index("")
    return waiting[:first_blank], waiting[first_blank:]


def _opened(statement: Statement, above: list[str]) -> TableText:
    header = "".join(token.text for token in statement.tokens)
    return TableText(
        names(statement.tokens), _spaced(above), _behind(header, statement.comment)
    )


def _spaced(above: list[str]) -> list[str]:
    """Return what stands above a table: one blank line, or the two that set off a comment;
    elsewhere one at a time.
    """
    kept = _without_first_blanks(above)
    blank_lines = len(above) - len(kept)
    if kept and blank_lines >= MOST_BLANK:
        return [""] * MOST_BLANK + _single_blanks(kept)
    return ["", *_single_blanks(kept)]


def _single_blanks(lines: list[str]) -> list[str]:
    """Return lines with one blank line where several stand together."""
    return [
        line
        for position, line in enumerate(lines)
        if line or (position and lines[position - 1])
    ]


def _without_first_blanks(lines: list[str]) -> list[str]:
    for position, line in enumerate(lines):
        if line:
            return lines[position:]
    return []


def _without_last_blanks(lines: list[str]) -> list[str]:
    return _without_first_blanks(lines[::-1])[::-1]


def _add(table: TableText, statement: Statement, waiting: list[str]) -> None:
    """Add a key to its table. Before the first key, what is set off by a blank line stays at the
    head of the table.
    """
    if not table.items and not table.header:
        waiting = _directives_set_off(waiting)
    if not table.items and "" in waiting:
        behind_last_blank = len(waiting) - waiting[::-1].index("")
        is_file = not table.header
        table.head = _head(waiting[:behind_last_blank], of_file=is_file)
        waiting = waiting[behind_last_blank:]
    equals = statement.tokens.index(Token("sign", "="))
    key = statement.tokens[:equals]
    value = statement.tokens[equals + 1 :]
    first, *rest = names(key)
    line = KeyLine(
        key="".join(token.text for token in key),
        first=first,
        value=spelled(value),
        above=[line for line in waiting if line],
        behind=statement.comment,
        dotted=bool(rest),
    )
    table.items.append(line)


def _directives_set_off(waiting: list[str]) -> list[str]:
    """Return comments with what speaks to the editor (`#:schema …`) kept apart at the top of the
    file.
    """
    count = 0
    while count < len(waiting) and waiting[count].startswith("#:"):
        count += 1
    if not count:
        return waiting
    return [*waiting[:count], "", *waiting[count:]]


def _head(lines: list[str], *, of_file: bool) -> list[str]:
    """Return what stands at the head: of the file with its blank lines, one at a place; of a table
    without.
    """
    kept = _without_last_blanks(_without_first_blanks(lines))
    if not of_file or not kept:
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
        opening = _lists_opened(token)
        if token.kind == "end":
            # One blank line may stay between two lines of a list.
            if lines[-1] or lines[-2:-1] != [[]]:
                lines.append([])
        elif lines[-1]:
            lines[-1] += [_gap(last, token), token.text]
        else:
            # A closing bracket stands as far left as the line that opened its list.
            levels = depth + min(opening, 0) if len(lines) > 1 else 0
            lines[-1] += [INDENT * levels, token.text]
        depth += opening
        last = token
    return "\n".join("".join(line) for line in lines)


def _lists_opened(token: Token) -> int:
    """Return how many more lists are open behind a token."""
    return (token == Token("sign", "[")) - (token == Token("sign", "]"))


def _gap(last: Token, token: Token) -> str:
    """Return what stands between two tokens of one line."""
    if token.kind == "comment":
        return "  "
    if last.text in ("[", "", ".") or token.text in ("]", ",", "."):
        return ""
    is_empty_table = (last.text, token.text) == ("{", "}")
    return "" if is_empty_table else " "
