"""Compile `packaged/locale/*.po` to the `.mo` files that the package reads; run it after changing
a catalogue.

Beside the words, each `.mo` gets its language's forms of numbers and dates, as the Unicode locale
data (CLDR) has them:
Babel is needed here, and not where the package runs.
"""

import io
from datetime import UTC, date, datetime
from pathlib import Path

from babel.dates import format_date
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import get_decimal_symbol, get_group_symbol

LOCALE = Path(__file__).parents[1] / "src" / "cchc_rules" / "packaged" / "locale"
DATES = {"vi": "dd/MM/yyyy", "en": "d MMMM yyyy"}
SAMPLE_YEAR = 2023
NO_DAY = datetime(2000, 1, 1, tzinfo=UTC)


def compiled(source: Path) -> bytes:
    """Return the bytes of the compiled catalogue of a `.po` file."""
    with source.open("rb") as text:
        catalogue = read_po(text, locale=source.stem)
    catalogue.creation_date = catalogue.revision_date = (
        NO_DAY  # the same words always give the same bytes
    )
    add_forms(catalogue, source.stem)
    out = io.BytesIO()
    write_mo(out, catalogue)
    return out.getvalue()


def add_forms(catalogue: Catalog, lang: str) -> None:
    """Add the decimal and group signs, and for each month the form of its dates."""
    catalogue.add("locale.decimal", get_decimal_symbol(lang))
    catalogue.add("locale.group", get_group_symbol(lang))
    for month in range(1, 13):
        form = format_date(
            date(SAMPLE_YEAR, month, 1),
            DATES[lang].replace("dd", "'{day:02}'"),
            locale=lang,
        )
        form = form if "{" in form else form.replace("1 ", "{day} ", 1)
        catalogue.add(f"locale.date-{month}", form.replace(str(SAMPLE_YEAR), "{year}"))


def main() -> None:
    for source in sorted(LOCALE.glob("*.po")):
        source.with_suffix(".mo").write_bytes(compiled(source))


if __name__ == "__main__":
    main()
