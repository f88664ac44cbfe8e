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
"""How much further the lines in a list are indented than the list."""

MOST_BLANK = 2
"""The most blank lines in a row: two set off a comment that speaks of several tables."""

WITH_IDS = ("metric", "group", "rule", "remedy")
"""Tables of tables, whose keys are ids: their order says something and stays."""

LISTS = ("band", "band_gate", "band_quota", "target")
"""Lists of tables; in an overlay they may stand as tables with ids."""

SECTIONS = ("kind", "since")
"""Tables whose tables are overlays: they hold what a file holds."""

INSIDE = ("absence", "conflict", "ratio", "peers")
"""Tables inside a table with an id."""


def laid_out(text: str) -> str:
    r"""Return a TOML text in the one layout; a text in that layout comes back as it is.

    Args:
        text: TOML that parses, its line ends `\n`.

    Raises:
        ValueError: where the text cannot be cut into the signs and words of TOML.

    >>> print(laid_out('[rule.a]\nweight=2 # points\ngroup = "g"'))
    [rule.a]
    group  = "g"
    weight = 2  # points
    <BLANKLINE>
    """
    lines: list[str] = []
    for table in _tables(statements(tokens(text))):
        lines += [*table.above, *table.lines()]
    lines = _without_last_blanks(_without_first_blanks(lines))
    if not lines:
        return ""
    return "\n".join(lines) + "\n"


@dataclass
class KeyLine:
    """A key with its value, the comments above it and the one behind it."""

    key: str
    """The key as it is written, dots and quotation marks included."""
    first: str
    """The first name of the key, by which it is ordered."""
    value: str
    above: list[str]
    behind: str
    dotted: bool


@dataclass
class TableText:
    """A table with its comments, in the order of the fields.

    The keys before the first header of a file make a table without a header.
    """

    path: tuple[str, ...] = ()
    """The names in its header; none of the keys before the first header."""
    above: list[str] = field(default_factory=list)
    """The blank lines and comments above the header."""
    header: str = ""
    head: list[str] = field(default_factory=list)
    """The comments below the header that are set off from the first key."""
    items: list[KeyLine] = field(default_factory=list)
    below: list[str] = field(default_factory=list)
    """The comments below the last key that do not belong to the next table."""

    def lines(self) -> Iterator[str]:
        """Yield the lines of the table in the one layout."""
        if self.header:
            yield self.header
        yield from self.head
        known_keys = _order(self.path)
        order = {key: position for position, key in enumerate(known_keys)}
        last = len(order)
        # Keys that the reference does not know come last, as they stood: sorting keeps their order.
        ordered = sorted(self.items, key=lambda item: order.get(item.first, last))
        yield from _aligned(ordered)
        yield from self.below


def _order(path: tuple[str, ...]) -> list[str]:
    """Return the keys of a table in their order.

    There are none for tables that the reference does not know, or whose keys are ids.
    `[since."2023-07-01".kind.hill.rule.a]` has the order of `[rule.a]`: sections hold what a file
    holds.
    """
    while len(path) > 1 and path[0] in SECTIONS:
        # The name of the section goes too: a date, or the id of a kind.
        path = path[2:]
        if not path:
            return ["title", *keys_in_order()]
    if not path:
        return keys_in_order()
    table = path[0]
    # `[[band]]` is one entry of a list, `[band.good]` changes an entry by its id.
    is_changed_entry = table in LISTS and len(path) > 1
    if table in WITH_IDS or is_changed_entry:
        return _order_with_id(path)
    if len(path) == 1 or path == ("ruleset", "valid"):
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
    """Yield the lines of keys: `=` in one column, the comments behind them in another.

    Dotted keys are often long; they may run over the column where there are others.
    """
    plain_widths = [len(item.key) for item in items if not item.dotted]
    dotted_widths = [len(item.key) for item in items if item.dotted]
    # A table of dotted keys alone has its column where the longest of them ends.
    key_width = max(plain_widths or dotted_widths, default=0)
    texts = [f"{item.key.ljust(key_width)} = {item.value}" for item in items]
    # A value of several lines has its comment behind its last one, in no column.
    widths = [
        len(text)
        for text, item in zip(texts, items, strict=True)
        if item.behind and "\n" not in text
    ]
    column = max(widths, default=0)
    for text, item in zip(texts, items, strict=True):
        yield from item.above
        if "\n" in text:
            yield _behind(text, item.behind)
        else:
            yield _behind(text.ljust(column), item.behind)


def _behind(text: str, comment: str) -> str:
    if not comment:
        return text.rstrip()
    return f"{text}  {comment}"


def _tables(all_statements: Iterable[Statement]) -> Iterator[TableText]:
    """Yield the tables of a file, the keys before the first header as one without.

    Comments and blank lines wait until the next key or header says whose they are. Those behind the
    last statement come as a table of their own.
    """
    table = TableText()
    waiting: list[str] = []
    for statement in all_statements:
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
    # With a blank line at the end, comments right below the last key are that table's.
    table.below, above = _parted([*waiting, ""])
    yield table
    yield TableText(above=_spaced(above))


def _parted(waiting: list[str]) -> tuple[list[str], list[str]]:
    """Part the comments between two tables in those of the upper and those of the lower one.

    Up to the first blank line they belong to the upper one.
    """
    if "" not in waiting:
        return [], waiting
    first_blank = waiting.index("")
    return waiting[:first_blank], waiting[first_blank:]


def _opened(statement: Statement, above: list[str]) -> TableText:
    header = "".join(token.text for token in statement.tokens)
    return TableText(
        path=names(statement.tokens),
        above=_spaced(above),
        header=_behind(header, statement.comment),
    )


def _spaced(above: list[str]) -> list[str]:
    """Return what stands above a table, with one blank line before it.

    Two of them before a comment stay, for they set it off; elsewhere one stands at a time.
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
    """Add a key to its table, with the comments that wait for it.

    Before the first key, those that a blank line sets off stay at the head of the table.
    """
    is_first_key = not table.items
    is_file = not table.header
    if is_first_key and is_file:
        waiting = _directives_set_off(waiting)
    # Further down a blank line sets nothing off, and is left out: keys of a table stand together.
    if is_first_key and "" in waiting:
        behind_last_blank = len(waiting) - waiting[::-1].index("")
        table.head = _head(waiting[:behind_last_blank], of_file=is_file)
        waiting = waiting[behind_last_blank:]
    # The first sign of equality ends the key: in a value, that of an inline table may follow.
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
    """Return comments with those for editors (`#:schema …`), which must stand at the very top of a
    file, set off from the others.
    """
    count = 0
    while count < len(waiting) and waiting[count].startswith("#:"):
        count += 1
    if not count:
        return waiting
    return [*waiting[:count], "", *waiting[count:]]


def _head(lines: list[str], *, of_file: bool) -> list[str]:
    """Return what stands at the head of a file, with single blank lines; of a table, with none."""
    kept = _without_last_blanks(_without_first_blanks(lines))
    if not of_file or not kept:
        return [line for line in kept if line]
    return [*_single_blanks(kept), ""]


def spelled(value: Iterable[Token]) -> str:
    r"""Return a value as the one layout writes it, with spaces where they belong.

    Lines stay lines, each indented by the lists that are open.

    Args:
        value: the tokens behind the `=` of a key.

    >>> spelled(tokens('[1,2\n]'))
    '[1, 2\n]'
    """
    # The lines so far, each the texts and gaps that it is made of.
    lines: list[list[str]] = [[]]
    # How many lists are open. Tables in braces go over one line in TOML, and indent nothing.
    depth = 0
    previous = Token("sign", "")
    for token in value:
        lists_opened = _lists_opened(token)
        line = lines[-1]
        if token.kind == "end":
            # One blank line may stay between two lines of a list.
            is_second_blank = not line and lines[-2:-1] == [[]]
            if not is_second_blank:
                lines.append([])
        elif line:
            gap = _gap(previous, token)
            line += [gap, token.text]
        else:
            steps = _indentation(lines, depth, lists_opened)
            line += [INDENT * steps, token.text]
        depth += lists_opened
        previous = token
    return "\n".join("".join(line) for line in lines)


def _indentation(lines: list[list[str]], depth: int, lists_opened: int) -> int:
    """Return by how many steps a line is indented that begins with a token.

    A closing bracket stands as far left as the line that opened its list.
    """
    is_first_line = len(lines) == 1
    if is_first_line:
        return 0
    return depth + min(lists_opened, 0)


def _lists_opened(token: Token) -> int:
    """Return how many more lists are open behind a token: 1, 0 or −1."""
    if token == Token("sign", "["):
        return 1
    if token == Token("sign", "]"):
        return -1
    return 0


def _gap(previous: Token, token: Token) -> str:
    """Return what stands between two tokens of one line."""
    if token.kind == "comment":
        return "  "
    # Lists lie close in their brackets, tables loose in their braces, as TOML's own examples do.
    if previous.text in ("[", "", ".") or token.text in ("]", ",", "."):
        return ""
    is_empty_table = (previous.text, token.text) == ("{", "}")
    if is_empty_table:
        return ""
    return " "
