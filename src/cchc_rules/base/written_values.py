"""Values as people write them: numbers such as `97,35` and `1 212`, days, yes and no.

Forms, worksheets, tables of text, JSON Lines and `--set` read through this module, and what is
wrong with rule files and submissions in JSON is said with its help.
"""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from cchc_rules.base import number
from cchc_rules.base.calendar import iso_date
from cchc_rules.base.messages import LANGUAGES, message
from cchc_rules.base.problem import quoted
from cchc_rules.base.text import normal_text, text_key

# Numbers

MOST_WRITTEN = 60
"""Characters; a longer text is no figure that a person wrote."""

# The patterns are compiled when they are first used, which few commands do.

# `1212`, `1212,5`: digits with at most one separator, which then is the decimal one.
_PLAIN = r"-?\d+(?:[.,]\d+)?"

# `1.212` or `1,212`: a thousand and more, or one and a bit.
_UNSURE = r"-?[1-9]\d{0,2}[.,]\d{3}"

# `1.212,5` and `1.212.000`, `1,212.5` and `1,212,000`, `1 212` and `1 212,5`: thousands in groups,
# and another separator before decimals. The keys are the marks that group thousands.
_GROUPED = {
    ".": r"-?[1-9]\d{0,2}(?:(?:\.\d{3}){2,}(?:,\d+)?|\.\d{3},\d+)",
    ",": r"-?[1-9]\d{0,2}(?:(?:,\d{3}){2,}(?:\.\d+)?|,\d{3}\.\d+)",
    " ": r"-?[1-9]\d{0,2}(?: \d{3})+(?:[.,]\d+)?",
}


def readings(text: str) -> tuple[Decimal, ...]:
    """Return the numbers that a text can mean: none, one, or a thousand and a decimal.

    >>> readings("97,35"), readings("1 212,5")
    ((Decimal('97.35'),), (Decimal('1212.5'),))
    >>> readings("1.212")
    (Decimal('1212'), Decimal('1.212'))
    >>> readings("n/a")
    ()
    """
    if len(text) > MOST_WRITTEN:
        return ()
    text = normal_text(text).replace("−", "-")
    if re.fullmatch(_UNSURE, text, re.ASCII):
        decimal = text.replace(",", ".")
        return Decimal(decimal.replace(".", "")), Decimal(decimal)
    if re.fullmatch(_PLAIN, text, re.ASCII):
        return (Decimal(text.replace(",", ".")),)
    for mark, pattern in _GROUPED.items():
        if re.fullmatch(pattern, text, re.ASCII):
            return (Decimal(text.replace(mark, "").replace(",", ".")),)
    return ()


def suggestion(value: object) -> str:
    """Return how a text should have been written to be a number, empty where it means none.

    Of a text with two readings both are given, each so that it can be read in one way only: a
    fourth decimal makes `1.2120` no thousand.

    >>> suggestion("97,5 %"), suggestion("1.212"), suggestion("-")
    ('97.5', '1212 / 1.2120', '')
    """
    if not isinstance(value, str):
        return ""
    written = value.strip().removesuffix("%")
    numbers = readings(written)
    hints = [number.plain(Fraction(reading)) for reading in numbers]
    if len(numbers) > 1:
        thousand, decimal = numbers
        hints = [str(thousand), f"{decimal}0"]
    return " / ".join(hints)


def refusal(code: str, value: object) -> tuple[str, dict[str, str]]:
    """Return the code and the arguments of the problem that a value is no exact number.

    A text that means no number gets another code than one that is only written otherwise: nobody
    is offered a figure that nobody wrote.

    >>> refusal("text-for-number", "97,5")
    ('text-for-number', {'given': '97,5', 'hint': '97.5'})
    >>> refusal("text-for-number", "-")
    ('not-a-number', {'given': '-'})
    """
    arguments = {"given": quoted(value)}
    if code != "text-for-number":
        return code, arguments
    hint = suggestion(value)
    if not hint:
        return "not-a-number", arguments
    return code, {**arguments, "hint": hint}


# Yes and no


@lru_cache(maxsize=1)
def yes_no_words() -> Mapping[str, bool]:
    """Return the words for yes and no in every language, and what programs and spreadsheets write
    for them.

    >>> yes_no_words()["có"], yes_no_words()["false"]
    (True, False)
    """
    # Made when it is first asked for: most commands read no catalogue but that of their language.
    words = {"true": True, "false": False}
    for lang in LANGUAGES:
        words[text_key(message(lang, "word.yes"))] = True
        words[text_key(message(lang, "word.no"))] = False
    return words


def yes_no(text: str) -> bool | str:
    """Return whether a text says yes or no, whatever its case; anything else as it is.

    >>> yes_no("Có"), yes_no("NO"), yes_no("maybe")
    (True, False, 'maybe')
    """
    return yes_no_words().get(text_key(text), text)


# Days

_DAY_MONTH_YEAR = r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})"


def day(text: str) -> date | str:
    """Return the day of a text, `31/12/2023` or `2023-12-31`; anything else as it is.

    >>> day("1/6/2023")
    datetime.date(2023, 6, 1)
    """
    text = text.strip()
    match = re.fullmatch(_DAY_MONTH_YEAR, text, re.ASCII)
    if match is None:
        return iso_date(text) or text
    # Day before month, as in Vietnam and in our forms: 1/6 is the first of June.
    day_of_month, month, year = match.groups()
    iso = f"{year}-{month:0>2}-{day_of_month:0>2}"
    return iso_date(iso) or text


_NEVER = {
    text_key(word)
    for word in (*(message(lang, "word.never") for lang in LANGUAGES), "không có")
}
"""The words for a day that never came, in every language."""

_NEVER_WITH_REASON = re.compile(r"([^:–]+?)\s*[:–]\s*(.*)", re.DOTALL)


def day_or_never(text: str) -> date | str | dict[str, str]:
    """Return the day of a text as `day` does, or why it never came, as a submission says it.

    The reason stands behind the word and a colon; without one it is empty, and refused later.

    >>> day_or_never("chưa có: HĐND chưa họp"), day_or_never("never")
    ({'never': 'HĐND chưa họp'}, {'never': ''})
    >>> day_or_never("1/6/2023")
    datetime.date(2023, 6, 1)
    """
    if text_key(text) in _NEVER:
        return {"never": ""}
    match = _NEVER_WITH_REASON.fullmatch(text.strip())
    if match is not None and text_key(match[1]) in _NEVER:
        return {"never": match[2]}
    return day(text)


# Values in quotation marks


def unquoted(text: str, sort: str) -> str:
    """Return how a value in quotation marks is written without them, empty where it is none.

    The sort is `date`, `yes_no` or `number`, and the spelling is TOML's.

    >>> unquoted("31/12/2024", "date"), unquoted("có", "yes_no"), unquoted("9,5", "number")
    ('2024-12-31', 'true', '9.5')
    >>> unquoted("soon", "date")
    ''
    """
    if sort == "date":
        meant = day(text)
        if not isinstance(meant, date):
            return ""
        return meant.isoformat()
    if sort == "yes_no":
        answer = yes_no(text)
        if not isinstance(answer, bool):
            return ""
        return str(answer).lower()
    return suggestion(text)
