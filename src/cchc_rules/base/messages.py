"""The words of the package in both languages: GNU gettext catalogues, and numbers and dates in the
language's own form.

`packaged/locale/<language>.po` is what people edit; `tools/compile_words.py` compiles it, with the
language's forms of numbers and dates (`locale.*`, from the Unicode locale data), to the `.mo` that
is read here.
"""

import datetime
import io
from functools import lru_cache
from gettext import GNUTranslations

from cchc_rules.base.packaged import packaged_bytes

LANGUAGES = ("vi", "en")


def languages() -> tuple[str, ...]:
    """Return the languages that reports and messages are written in."""
    return LANGUAGES


@lru_cache(maxsize=len(LANGUAGES))
def _catalogue(lang: str) -> GNUTranslations:
    if lang not in LANGUAGES:
        raise LookupError(f"no language {lang!r}; there are {', '.join(LANGUAGES)}")
    return GNUTranslations(io.BytesIO(packaged_bytes(f"locale/{lang}.mo")))


@lru_cache(maxsize=1024)
def _template(lang: str, id_: str) -> str:
    text = _catalogue(lang).gettext(id_)
    if text == id_:
        raise LookupError(f"no message {id_!r} in {lang}")
    return text


def message(lang: str, id_: str, **places: str) -> str:
    """Return the message of an id in a language, its places filled in."""
    return _template(lang, id_).format(**places)


def known(lang: str, id_: str) -> bool:
    """Whether a language has a message of that id."""
    return _catalogue(lang).gettext(id_) != id_


class _Open(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "…"


def outline(lang: str, id_: str) -> str:
    """Return the message of an id with `…` in each of its places: what it says of anything."""
    return _template(lang, id_).format_map(_Open())


def number(lang: str, text: str) -> str:
    """Return a plain decimal string in the language's form, all digits kept: `-1212.50` →
    `−1.212,50`.
    """
    whole, point, rest = text.partition(".")
    sign, digits = ("−", whole[1:]) if whole.startswith("-") else ("", whole)
    if digits.isdigit() and len(digits) < 40:
        digits = f"{int(digits):,}".replace(",", _template(lang, "locale.group"))
    return sign + digits + (_template(lang, "locale.decimal") + rest if point else "")


def date(lang: str, day: datetime.date) -> str:
    """Return a date in the language's form: `31/12/2023`, `31 December 2023`."""
    return _template(lang, f"locale.date-{day.month}").format(
        day=day.day, year=f"{day.year:04}"
    )
