"""TOML text cut into statements, nothing lost: blank lines, comments, headers, and keys with their
values.

The text must be TOML already; what it means is not looked at.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

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
    text: str


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
    """Yield the tokens of a TOML text whose line ends are `\\n`; raise `ValueError` where there is
    none.
    """
    position = 0
    while position < len(text):
        match = TOKEN.match(text, position)
        if match is None:
            raise ValueError(f"no TOML at {position}")
        position = match.end()
        if match.lastgroup == "comment":
            yield Token("comment", match[0].rstrip())
        elif match.lastgroup != "space":
            yield Token(str(match.lastgroup), match[0])


def comments(text: str) -> list[str]:
    """Return every comment of a TOML text, in their order."""
    return [token.text for token in tokens(text) if token.kind == "comment"]


def statements(found: Iterable[Token]) -> Iterator[Statement]:
    """Yield the statements that tokens make up.

    A line ends a statement only where no bracket is open: a list may go over many lines.
    """
    held: list[Token] = []
    depth = 0
    for token in (*found, Token("end", "\n")):
        depth += _depth(token)
        if token.kind == "end" and depth == 0:
            yield _statement(held)
            held = []
        else:
            held.append(token)


def _depth(token: Token) -> int:
    if token.kind != "sign":
        return 0
    return (token.text in "[{") - (token.text in "]}")


def _statement(held: list[Token]) -> Statement:
    if held and held[-1].kind == "comment":
        return Statement(tuple(held[:-1]), held[-1].text)
    return Statement(tuple(held), "")


def plain(token: Token) -> str:
    """Return the name that a token of a key stands for; escapes in quotes are left as they are."""
    return token.text[1:-1] if token.text[:1] in ("'", '"') else token.text


def names(key: Iterable[Token]) -> tuple[str, ...]:
    """Return the names that a dotted key, or a header, is made of."""
    return tuple(plain(token) for token in key if token.kind == "word")
