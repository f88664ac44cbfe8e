"""What a cell can hold: safe texts, exact figures as decimals, days as serial numbers, addresses.

The limits are those of Excel 2007 and later, as Microsoft's page "Excel specifications and limits"
states them; LibreOffice allows at least as much.
"""

from datetime import date
from decimal import Context, Decimal
from fractions import Fraction

from cchc_rules.render.display import safe

# Excel offers to repair a file that goes beyond a limit, and drops what it minds.

LONGEST_TEXT = 32_767
"""Most characters of a cell, counted as UTF-16."""

LONGEST_FORMULA = 8_192
"""Most characters of a formula."""

LONGEST_QUOTE = 255
"""Most characters of a text within a formula."""

DEEPEST = 64
"""Most levels of brackets in a formula."""

MOST_OPERANDS = 255
"""Most operands of a function."""

DIGITS = 15
"""Significant digits that a sheet keeps of a number.

It computes with binary numbers of 53 bits (IEEE 754), which tell all decimals of 15 digits apart.
"""

CUT = "…"
"""Stands at the end of a text that was cut."""

NO_DAY = date(1899, 12, 30)
"""Day 0 of a sheet; Excel agrees from March 1900 on."""

FIRST_DAY = date(1900, 3, 1)
"""The first day that a formula may name: Excel counts a 29 February 1900 that never was."""

LARGE = 10**5
"""From here on the decimals of a computed figure drown in what binary digits add."""

GUARD = 10
"""Places to which figures are rounded before anything reads them.

That takes off what binary digits add: 0.1 + 0.2 is 0.30000000000000004 in a sheet, and with ten
places it is 0.3 again.
"""

_UNSURE = Fraction(1, 10**GUARD)
"""How near to a tie binary digits may decide the rounding."""

_DECIMALS = Context(prec=28)
"""Digits to spare: a sheet keeps 15 of them."""


# XML 1.0, 2.2: of the characters that `safe` leaves, these two stand in no document.
_NOT_IN_XML = str.maketrans({"\ufffe": "�", "\uffff": "�"})


class NotInSheetError(ValueError):
    """What a sheet cannot compute: its value is kept instead."""


def words(text: object) -> str:
    r"""Return a text that a cell can hold: without signs that XML forbids, and cut if too long.

    >>> words("on\ntime"), len(words("x" * 40_000))
    ('on time', 32767)
    """
    clean = safe(text).translate(_NOT_IN_XML)
    if _utf16_length(clean) <= LONGEST_TEXT:
        return clean
    encoded = clean.encode("utf-16-le")[: 2 * (LONGEST_TEXT - len(CUT))]
    # The cut may fall into a pair of surrogates, half of which is no character.
    return encoded.decode("utf-16-le", errors="ignore") + CUT


def _utf16_length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def decimal(exact: str) -> Decimal:
    """Return an exact figure, `1.81` or `47/26`, as a decimal: what ends is exact, else 28 digits.

    Only what is kept beside a formula comes through here; formulas divide for themselves.

    >>> decimal("1.81"), decimal("1/8")
    (Decimal('1.81'), Decimal('0.125'))
    """
    numerator, _, denominator = exact.partition("/")
    if not denominator:
        return Decimal(numerator)
    return _DECIMALS.divide(Decimal(numerator), Decimal(denominator))


def fits(number: str) -> bool:
    """Whether a sheet keeps all digits of a decimal string, or of both parts of a fraction.

    >>> fits("1234567890.12345"), fits("0.1234567890123456")
    (True, False)
    """
    return all(_significant_digits(part) <= DIGITS for part in number.split("/"))


def _significant_digits(number: str) -> int:
    # Noughts at both ends move the point alone: 0.00120 has the digits 12.
    digits = number.lstrip("-").replace(".", "")
    return len(digits.strip("0"))


def serial(iso: str) -> int:
    """Return a day, given as ISO text, as the number with which a sheet counts days.

    >>> serial("2023-07-14")
    45121
    """
    return (date.fromisoformat(iso) - NO_DAY).days


def day(iso: str) -> str:
    """Return a day, given as ISO text, as a formula has it.

    >>> day("2023-07-14"), day("1899-12-31")
    ('DATE(2023,7,14)', '(1)')
    """
    named = date.fromisoformat(iso)
    if named < FIRST_DAY:
        return f"({serial(iso)})"
    return f"DATE({named.year},{named.month},{named.day})"


def quoted(text: str) -> str:
    """Return a text as a formula has it.

    Raises:
        NotInSheetError: the text is too long for a formula.

    >>> quoted('a "good" year')
    '"a ""good"" year"'
    """
    clean = words(text)
    if _utf16_length(clean) > LONGEST_QUOTE:
        raise NotInSheetError
    return '"' + clean.replace('"', '""') + '"'


def column(index: int) -> str:
    """Return the letters of a column, the first being 0.

    Letters are digits without a zero: after Z (25) comes AA (26), so each step to the next letter
    takes one off before it divides.

    >>> column(0), column(25), column(26)
    ('A', 'Z', 'AA')
    """
    letters = ""
    number = index + 1
    while number:
        number, letter = divmod(number - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return letters


def cell(row: int, column_index: int) -> str:
    """Return the address of a cell on its own sheet; rows and columns from 0.

    >>> cell(0, 1)
    '$B$1'
    """
    return f"${column(column_index)}${row + 1}"


def elsewhere(sheet: str, address: str) -> str:
    """Return an address as another sheet names it.

    >>> elsewhere("Points", "$B$1")
    "'Points'!$B$1"
    """
    return "'" + sheet.replace("'", "''") + "'!" + address


def checked(formula: str) -> str:
    """Return a formula that a sheet can hold.

    Raises:
        NotInSheetError: the formula is too long or too deep.
    """
    if len(formula) > LONGEST_FORMULA or _depth(formula) > DEEPEST:
        raise NotInSheetError
    return formula


def _depth(formula: str) -> int:
    # Brackets in quoted texts are counted too: one too many keeps a value that could be live, and
    # that is all.
    depth = 0
    deepest = 0
    for char in formula:
        if char == "(":
            depth += 1
            deepest = max(deepest, depth)
        elif char == ")":
            depth -= 1
    return deepest


def coarse(figure: str) -> bool:
    """Whether a computed figure is so large that binary digits spoil its decimals.

    >>> coarse("250000.5"), coarse("250000"), coarse("2500.5")
    (True, False, False)
    """
    exact = Fraction(figure)
    return abs(exact) >= LARGE and exact.denominator > 1


def steady(exact: Fraction, places: int) -> bool:
    """Whether binary digits round a figure as exact ones do.

    They do where the figure lies on a tie, which `GUARD` places restore, or well away from any. In
    units of half of the last place the ties are the odd whole numbers. To 2 places, 0.125 is
    25 such units, a tie; 0.1249999999999 is 24.99999999998, too close to it to tell.

    >>> steady(Fraction("0.125"), 2), steady(Fraction("0.1249999999999"), 2)
    (True, False)
    """
    halves: int = 2 * 10**places
    half_units = abs(exact) * halves
    nearest = _nearest_whole(half_units)
    distance = abs(half_units - nearest)
    is_near_a_tie = nearest % 2 == 1
    if not is_near_a_tie or distance == 0:
        return True
    return distance >= halves * _UNSURE


def _nearest_whole(number: Fraction) -> int:
    """Return a number, not below zero, rounded half up to a whole one."""
    return (2 * number.numerator + number.denominator) // (2 * number.denominator)
