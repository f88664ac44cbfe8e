"""Texts that people type, brought into the one form in which they are compared."""

import os
import unicodedata
from itertools import groupby
from pathlib import PurePath


def normal_text(text: str) -> str:
    """Return a text in the form in which texts are compared: what reads the same is the same.

    Letters are composed (Unicode NFC: a Mac writes `ồ` as three characters, Windows as one), every
    run of white space becomes one space (no-break and thin spaces and line ends too), and there is
    none at either end. Upper and lower case stay as they are.

    >>> normal_text(" Xã  Đồng\\u00a0Tâm ")
    'Xã Đồng Tâm'
    >>> normal_text("Đo\\u0302\\u0300ng") == "Đồng"
    True
    """
    return composed_text(" ".join(text.split()))


# Word processors and web pages leave these in copied text. They have no width, so a reader cannot
# see them, and `str.split` does not take them for spaces: zero-width space, word joiner, byte order
# mark, soft hyphen.
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u2060\ufeff\u00ad"))


def normal_name(name: str) -> str:
    """Return a name in the form in which names are compared: as `normal_text`, without characters
    that have no width.

    Two units whose names look the same would else stand twice in a ranking. An answer that holds
    such a character is refused instead, since it decides points.

    >>> normal_name("Xã\\u200b An\\ufeff")
    'Xã An'
    """
    return normal_text(name.translate(_INVISIBLE))


def text_key(text: str) -> str:
    """Return what two texts have in common that count as one whatever their case and spaces.

    Answers such as yes and no, levels, and items that are counted once are compared so.

    >>> text_key("CÓ") == text_key(" co\\u0301 ")
    True
    """
    return composed_text(normal_text(text).casefold())


# Unicode's stream-safe text format ends a run of combining marks at 30: no language needs more.
# Putting a run into order takes time that grows with its square, so a longer one is left alone.
MOST_MARKS_IN_A_RUN = 30

# A text no longer than this is composed fast, whatever it holds.
SHORT_TEXT = 1000


def composed_text(text: str) -> str:
    """Return a text with its letters composed (Unicode NFC); spaces stay as they are.

    A long text with a run of more than 30 combining marks comes back as it is.

    >>> composed_text("co\\u0301  ")
    'có  '
    """
    if text.isascii():
        return text
    if len(text) > SHORT_TEXT and _has_a_long_run_of_marks(text):
        return text
    return unicodedata.normalize("NFC", text)


def _has_a_long_run_of_marks(text: str) -> bool:
    runs = groupby(text, key=_is_mark)
    return any(
        is_mark and sum(1 for _ in run) > MOST_MARKS_IN_A_RUN for is_mark, run in runs
    )


def _is_mark(character: str) -> bool:
    return unicodedata.combining(character) > 0


def readable_name(path: PurePath) -> str:
    """Return a path as text that can be printed, written and hashed.

    A name from an old archive may hold bytes that are no UTF-8. Python keeps each as half a
    surrogate pair, which no file and no digest can take in; � stands for it here.

    >>> readable_name(PurePath("r\\udcff.toml"))
    'r�.toml'
    """
    return os.fsencode(path).decode("utf-8", errors="replace")


# Categories of characters that a terminal would obey instead of showing: control codes, marks that
# turn the direction of writing or cannot be seen, halves of surrogate pairs.
_OBEYED = ("Cc", "Cf", "Cs")


def one_line(text: object) -> str:
    """Return a text on one line without control characters and marks that turn the direction.

    A text from a file then cannot clear the screen of whoever reads it, nor pretend to be a further
    line of a program.

    >>> one_line("II.1.4\\x1b[2J\\nerror")
    'II.1.4\ufffd[2J error'
    """
    flat = " ".join(str(text).split())
    if flat.isprintable():
        return flat
    return "".join(
        "\ufffd" if unicodedata.category(char) in _OBEYED else char for char in flat
    )
