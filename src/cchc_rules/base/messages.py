"""The words of the package in both languages: GNU gettext catalogues, and numbers and dates in the
language's own form.

`packaged/locale/<language>.po` is what people edit; `tools/compile_words.py` compiles it, with the
language's forms of numbers and dates (`locale.*`, from the Unicode locale data), to the `.mo` that
is read here.
"""

import datetime
import io
import re
from functools import lru_cache
from gettext import GNUTranslations
from string import Formatter

from cchc_rules.base.calendar import NEVER
from cchc_rules.base.packaged import packaged_bytes

LANGUAGES = ("vi", "en")
"""The languages of reports and messages, the usual one first."""


def languages() -> tuple[str, ...]:
    """Return the languages that reports and messages are written in.

    >>> languages()
    ('vi', 'en')
    """
    return LANGUAGES


@lru_cache(maxsize=len(LANGUAGES))
def _catalogue(lang: str) -> GNUTranslations:
    if lang not in LANGUAGES:
        raise LookupError(f"no language {lang!r}; there are {', '.join(LANGUAGES)}")
    return GNUTranslations(io.BytesIO(packaged_bytes(f"locale/{lang}.mo")))


@lru_cache(maxsize=1024)
def _template(lang: str, id_: str) -> str:
    text = _catalogue(lang).gettext(id_)
    # gettext gives an id that it does not know back as it is; a report must not say ids.
    if text == id_:
        raise LookupError(f"no message {id_!r} in {lang}")
    return text


class Argument(str):
    """An argument of a message that each language says in its own way.

    As a text it is what a program would write; `said` returns it in a language.
    """

    __slots__ = ()

    def said(self, lang: str) -> str:
        """Return the argument in a language."""
        return str(self)


class Figures(Argument):
    """Plain decimal figures in a message, alone or in a text of signs: `1902.5`, `≥ 0.5`.

    >>> message("vi", "problem.file-too-large", most=Figures(8000000))
    'Tệp lớn hơn 8.000.000 byte.'
    """

    __slots__ = ()

    def said(self, lang: str) -> str:
        """Return the text with each figure in the language's form."""
        return _FIGURE.sub(lambda match: number(lang, match[0]), self)


class Day(Argument):
    """A day in a message; as a text it is `2023-12-31`.

    >>> Day("2023-12-31").said("vi")
    '31/12/2023'
    """

    __slots__ = ()

    def said(self, lang: str) -> str:
        """Return the day in the language's form."""
        return date(lang, datetime.date.fromisoformat(self))


class Phrase(Argument):
    """A message within a message, such as the reason of the operating system.

    As a text it is the id of the message.

    >>> Phrase("system.disk-full").said("en")
    'the disk is full, or the file too large'
    """

    def __new__(cls, id_: str, **arguments: str) -> "Phrase":
        """Make a phrase of the id of a message and its arguments."""
        phrase = super().__new__(cls, id_)
        phrase.arguments = arguments
        return phrase

    arguments: dict[str, str]

    def said(self, lang: str) -> str:
        """Return the message of the phrase in a language."""
        return message(lang, str(self), **self.arguments)


class Foreign(Argument):
    """English words of another program (a parser, a library), kept in English messages only.

    In other languages the message `id_` stands in their place.
    """

    def __new__(cls, text: str, id_: str) -> "Foreign":
        """Make an argument of foreign words and the id of the message that stands for them."""
        foreign = super().__new__(cls, text)
        foreign.id = id_
        return foreign

    id: str

    def __getnewargs__(self) -> tuple[str, str]:  # type: ignore[override]
        # What pickle makes it of again: a plain text would be made of its words alone.
        return str(self), self.id

    def said(self, lang: str) -> str:
        """Return the words themselves in English, else the message that stands for them."""
        if lang == "en":
            return str(self)
        return message(lang, self.id)


_FIGURE = re.compile(r"-?\d+(?:\.\d+)?", re.ASCII)


def message(lang: str, id_: str, **arguments: str) -> str:
    """Return the message of an id in a language, its arguments filled in.

    Arguments that are an `Argument` are said in the language; others stand as they are.

    >>> message("en", "problem.unknown-metric", name="on_tme")
    'There is no metric “on_tme”.'
    """
    template = _template(lang, id_)
    for name, value in arguments.items():
        # Nearly all arguments are plain text, which needs no more than this look at its class.
        if value.__class__ is not str and isinstance(value, Argument):
            arguments[name] = value.said(lang)
    return template.format(**arguments)


@lru_cache(maxsize=1024)
def arguments_of(lang: str, id_: str) -> frozenset[str]:
    """Return the names of the arguments that a message says.

    >>> arguments_of("en", "problem.unknown-metric")
    frozenset({'name'})
    """
    parts = Formatter().parse(_template(lang, id_))
    return frozenset(name for _, name, _, _ in parts if name)


def known(lang: str, id_: str) -> bool:
    """Whether a language has a message of that id.

    >>> known("en", "problem.unknown-metric"), known("en", "problem.no-such-code")
    (True, False)
    """
    return _catalogue(lang).gettext(id_) != id_


class _Open(dict[str, str]):
    """Arguments of which none is known yet."""

    def __missing__(self, key: str) -> str:
        return "…"


def outline(lang: str, id_: str) -> str:
    """Return the message of an id with `…` in each of its places: what it says of anything.

    >>> outline("en", "problem.unknown-metric")
    'There is no metric “…”.'
    """
    return _template(lang, id_).format_map(_Open())


@lru_cache(maxsize=4096)
def number(lang: str, text: str) -> str:
    """Return a plain decimal string in the language's form, all digits kept.

    >>> number("vi", "-1212.50"), number("en", "-1212.50")
    ('−1.212,50', '−1,212.50')
    """
    whole, point, rest = text.partition(".")
    digits = whole.removeprefix("-")
    said = digits
    # A fraction such as `7/11` has no thousands, and no figure has forty digits.
    if digits.isdigit() and len(digits) < 40:
        said = f"{int(digits):,}".replace(",", _template(lang, "locale.group"))
    if digits != whole:
        said = f"−{said}"
    if point:
        said += _template(lang, "locale.decimal") + rest
    return said


@lru_cache(maxsize=1024)
def date(lang: str, day: datetime.date) -> str:
    """Return a date in the language's form.

    >>> day = datetime.date(2023, 12, 31)
    >>> date("vi", day), date("en", day)
    ('31/12/2023', '31 December 2023')
    >>> date("vi", NEVER), date("en", NEVER)
    ('chưa có', 'never')
    """
    if day == NEVER:
        return _template(lang, "word.never")
    # A template for each month: in English it holds the month's name.
    template = _template(lang, f"locale.date-{day.month}")
    return template.format(day=day.day, year=f"{day.year:04}")
