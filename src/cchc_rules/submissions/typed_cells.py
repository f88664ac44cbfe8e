"""What people type into cells, read exactly: numbers with a comma or a point, days, yes or no,
lines.
"""

import re
from datetime import date
from decimal import Decimal

from cchc_rules.base.calendar import iso_date
from cchc_rules.base.messages import LANGUAGES, message

YES_NO = {
    **{
        message(lang, f"word.{word}").casefold(): word == "yes"
        for lang in LANGUAGES
        for word in ("yes", "no")
    },
    "true": True,
    "false": False,
}
"""The words for yes and no, in every language, and what programs and spreadsheets write for them."""

PLAIN = r"-?\d+(?:[.,]\d+)?"
UNSURE = r"-?[1-9]\d{0,2}[.,]\d{3}"
"""A number that can be read two ways: `1.212` is a thousand and more, or one and a bit."""

_PLAIN = re.compile(PLAIN, re.ASCII)
_UNSURE = re.compile(UNSURE, re.ASCII)
_GROUPED = re.compile(r"-?\d{1,3}(?:\.\d{3})+,\d+", re.ASCII)
_MOST_TYPED = 60


def number(words: str) -> object:
    """Return the number of a text as typed, `97,35` or `97.35`; one that can be read two ways stays
    a text.
    """
    if (
        len(words) <= _MOST_TYPED
        and _PLAIN.fullmatch(words)
        and not _UNSURE.fullmatch(words)
    ):
        return Decimal(words.replace(",", "."))
    if len(words) <= _MOST_TYPED and _GROUPED.fullmatch(words):
        return Decimal(words.replace(".", "").replace(",", "."))
    return words


def yes_no(words: str) -> bool | str:
    """Return whether a text says yes or no; anything else as it is."""
    return YES_NO.get(words.casefold(), words)


def lines(words: str) -> list[str]:
    """Return the lines of a text that hold something."""
    return [line.strip() for line in words.split("\n") if line.strip()]


def items(words: str) -> list[str]:
    """Return the items of a text, one a line; a zero says that there are none."""
    return [] if words.strip() == "0" else lines(words)


_WRITTEN = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", re.ASCII)


def day(words: str) -> date | str:
    """Return the day of a text, `31/12/2023` or `2023-12-31`; anything else as it is."""
    found = _WRITTEN.fullmatch(words)
    iso = "{2}-{1:0>2}-{0:0>2}".format(*found.groups()) if found else words
    return iso_date(iso) or words
