"""TOML text cut into statements, nothing lost: blank lines, comments, headers, keys with values.

A parser of TOML forgets comments and blank lines, and how a value was written. Here they are kept,
and nothing else is understood: the text must be TOML already.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

# A word is a text in one of the four kinds of quotation marks, or anything up to the next sign. A
# text in three marks may end with one or two more, which belong to it.
TOKEN = re.compile(
    r'(?P<word>"""(?:\\.|[^\\])*?"""(?:"{0,2})'
    r"|'''.*?'''(?:'{0,2})"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
    r"|[^\s\[\]{},=#\"'.]+)"
    r"|(?P<comment>\#[^\n]*)"
    r"|(?P<end>\n)"
    r"|(?P<space>[ \t]+)"
    r"|(?P<sign>[\[\]{},=.])",
    re.DOTALL,
)


class Token(NamedTuple):
    """A word (a bare key, a number, a text in quotes), a sign, a comment, or the end of a line."""

    kind: str
    """The name of its group in `TOKEN`: `word`, `comment`, `end` or `sign`."""
    text: str
    """What stands in the file, quotation marks and `#` included."""


class Statement(NamedTuple):
    """What stands up to the end of a line: the tokens, and the comment behind them.

    A blank line has neither, a comment of its own no tokens.
    """

    tokens: tuple[Token, ...]
    comment: str

    @property
    def is_header(self) -> bool:
        """Whether it opens a table."""
        return self.tokens[:1] == (Token("sign", "["),)


def tokens(text: str) -> Iterator[Token]:
    r"""Yield the tokens of a TOML text, spaces left out.

    Args:
        text: TOML whose line ends are `\n`.

    Raises:
        ValueError: at a place where no token begins.

    >>> [token.text for token in tokens('a = "b" # c')]
    ['a', '=', '"b"', '# c']
    """
    position = 0
    while position < len(text):
        match = TOKEN.match(text, position)
        if match is None:
            raise ValueError(f"no TOML at {position}")
        position = match.end()
        kind = str(match.lastgroup)
        if kind == "comment":
            # A space at the end of a line is nobody's intention.
            yield Token(kind, match[0].rstrip())
        elif kind != "space":
            yield Token(kind, match[0])


def comments(text: str) -> list[str]:
    r"""Return every comment of a TOML text, in their order.

    >>> comments('a = 1 # one\n# two')
    ['# one', '# two']
    """
    return [token.text for token in tokens(text) if token.kind == "comment"]


def statements(all_tokens: Iterable[Token]) -> Iterator[Statement]:
    r"""Yield the statements that tokens make up.

    A line ends a statement only where no bracket is open: a list may go over many lines.

    >>> [len(statement.tokens) for statement in statements(tokens('a = [\n1]\n# b'))]
    [6, 0]
    """
    waiting: list[Token] = []
    # How many brackets are open.
    depth = 0
    # The last line of a file may lack its end.
    for token in (*all_tokens, Token("end", "\n")):
        depth += _brackets_opened(token)
        if token.kind == "end" and depth == 0:
            yield _statement(waiting)
            waiting = []
        else:
            waiting.append(token)


def _brackets_opened(token: Token) -> int:
    """Return how many more brackets are open behind a token: 1, 0 or −1."""
    if token.kind != "sign":
        return 0
    if token.text in "[{":
        return 1
    if token.text in "]}":
        return -1
    return 0


def _statement(line: list[Token]) -> Statement:
    if line and line[-1].kind == "comment":
        *before, comment = line
        return Statement(tuple(before), comment.text)
    return Statement(tuple(line), "")


def plain(token: Token) -> str:
    """Return the name that a token of a key stands for; escapes in quotes are left as they are."""
    is_quoted = token.text[:1] in ("'", '"')
    if is_quoted:
        return token.text[1:-1]
    return token.text


def names(key: Iterable[Token]) -> tuple[str, ...]:
    """Return the names that a dotted key, or a header, is made of.

    >>> names(tokens('[since."2023-07-01".rule.a]'))
    ('since', '2023-07-01', 'rule', 'a')
    """
    return tuple(plain(token) for token in key if token.kind == "word")
