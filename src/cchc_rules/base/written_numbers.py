"""Numbers as people write them: `97,35`, `1.212,5`, `1 212`; and what to say where there is none."""

import re
from decimal import Decimal
from fractions import Fraction

from cchc_rules.base import number
from cchc_rules.base.problem import quoted
from cchc_rules.base.text import normal_text

MOST_WRITTEN = 60
"""Characters; a longer text is no figure that a person wrote."""

# `1212`, `1212,5`: digits with at most one separator, which then is the decimal one.
_PLAIN = re.compile(r"-?\d+(?:[.,]\d+)?", re.ASCII)

# `1.212` or `1,212`: a thousand and more, or one and a bit.
_UNSURE = re.compile(r"-?[1-9]\d{0,2}[.,]\d{3}", re.ASCII)

# `1.212,5` and `1.212.000`, `1,212.5` and `1,212,000`, `1 212` and `1 212,5`: thousands in groups,
# and another separator before decimals. The keys are the marks that group thousands.
_GROUPED = {
    ".": re.compile(
        r"-?[1-9]\d{0,2}(?:(?:\.\d{3}){2,}(?:,\d+)?|\.\d{3},\d+)", re.ASCII
    ),
    ",": re.compile(
        r"-?[1-9]\d{0,2}(?:(?:,\d{3}){2,}(?:\.\d+)?|,\d{3}\.\d+)", re.ASCII
    ),
    " ": re.compile(r"-?[1-9]\d{0,2}(?: \d{3})+(?:[.,]\d+)?", re.ASCII),
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
    if _UNSURE.fullmatch(text):
        decimal = text.replace(",", ".")
        return Decimal(decimal.replace(".", "")), Decimal(decimal)
    if _PLAIN.fullmatch(text):
        return (Decimal(text.replace(",", ".")),)
    for mark, pattern in _GROUPED.items():
        if pattern.fullmatch(text):
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
    numbers = readings(value.strip().removesuffix("%"))
    hints = [number.plain(Fraction(one)) for one in numbers]
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
