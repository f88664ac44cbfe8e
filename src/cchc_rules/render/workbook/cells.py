"""What a cell can hold: texts made safe, exact figures as decimals, days as serial numbers,
addresses.
"""

from datetime import date
from decimal import Context, Decimal
from fractions import Fraction

from cchc_rules.render.display import safe

LONGEST_TEXT = 32_767
LONGEST_FORMULA = 8_192
LONGEST_QUOTE = 255
DEEPEST = 64
MOST_OPERANDS = 255
DIGITS = 15
"""So many significant digits a sheet keeps."""

CUT = "…"
NO_DAY = date(1899, 12, 30)
"""Day 0 of a sheet; Excel agrees from March 1900 on."""

FIRST_DAY = date(1900, 3, 1)
_PLENTY = Context(prec=28)


class NotInSheetError(ValueError):
    """What a sheet cannot compute: its value is kept instead."""


def words(text: object) -> str:
    """Return a text that a cell can hold: no signs that XML forbids, and cut with a sign where it
    is too long.
    """
    clean = "".join("�" if char in "\ufffe\uffff" else char for char in safe(text))
    if _units(clean) <= LONGEST_TEXT:
        return clean
    return (
        clean.encode("utf-16-le")[: 2 * LONGEST_TEXT - 2].decode(
            "utf-16-le", errors="ignore"
        )
        + CUT
    )


def _units(text: str) -> int:
    """Return how long a text is for a sheet, which counts UTF-16."""
    return len(text.encode("utf-16-le")) // 2


def decimal(exact: str) -> Decimal:
    """Return an exact figure, `1.81` or `47/26`, as a decimal: what ends is exact, else 28 digits."""
    above, _, below = exact.partition("/")
    return _PLENTY.divide(Decimal(above), Decimal(below)) if below else Decimal(above)


def fits(number: str) -> bool:
    """Whether a sheet keeps all digits of a decimal string (of both parts of a fraction)."""
    return all(
        len(part.lstrip("-").replace(".", "").strip("0")) <= DIGITS
        for part in number.split("/")
    )


def serial(iso: str) -> int:
    """Return a day as the number that a sheet counts days with."""
    return (date.fromisoformat(iso) - NO_DAY).days


def day(iso: str) -> str:
    """Return a day as a formula has it."""
    found = date.fromisoformat(iso)
    return (
        f"DATE({found.year},{found.month},{found.day})"
        if found >= FIRST_DAY
        else f"({serial(iso)})"
    )


def quoted(text: str) -> str:
    """Return a text as a formula has it."""
    clean = words(text)
    if _units(clean) > LONGEST_QUOTE:
        raise NotInSheetError
    return '"' + clean.replace('"', '""') + '"'


def column(at: int) -> str:
    """Return the letters of a column, the first being 0."""
    name = ""
    at += 1
    while at:
        at, rest = divmod(at - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def cell(row: int, at: int) -> str:
    """Return the address of a cell on its own sheet; rows and columns from 0."""
    return f"${column(at)}${row + 1}"


def elsewhere(sheet: str, address: str) -> str:
    """Return an address as another sheet names it."""
    return "'" + sheet.replace("'", "''") + "'!" + address


def checked(formula: str) -> str:
    """Return a formula that is neither too long nor too deep for a sheet; `NotInSheetError`
    otherwise.
    """
    if len(formula) > LONGEST_FORMULA or _depth(formula) > DEEPEST:
        raise NotInSheetError
    return formula


def _depth(formula: str) -> int:
    depth = deepest = 0
    for char in formula:
        depth += (char == "(") - (char == ")")
        deepest = max(deepest, depth)
    return deepest


def coarse(figure: str) -> bool:
    """Whether a computed figure is so large that its decimals drown in what binary digits add."""
    exact = Fraction(figure)
    return abs(exact) >= LARGE and exact.denominator > 1


LARGE = 10**5


def steady(exact: Fraction, places: int) -> bool:
    """Whether a figure lies on a tie or well away from any, so that binary digits round it as exact
    ones do.
    """
    doubled = abs(exact) * 2 * 10**places
    nearest = Fraction(
        (2 * doubled.numerator + doubled.denominator) // (2 * doubled.denominator)
    )
    apart = abs(doubled - nearest)
    return nearest % 2 == 0 or apart == 0 or apart >= 2 * 10**places * _UNSURE


GUARD = 10
"""Figures are rounded to so many places before anything reads them, which takes off what binary
digits add.
"""

_UNSURE = Fraction(1, 10**GUARD)
