"""Compile `locale/*.po` to the `.mo` files that the package reads. Run it after changing a catalogue."""

from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LOCALE = Path(__file__).parents[1] / "src" / "cchc_rules" / "locale"


def main() -> None:
    for source in sorted(LOCALE.glob("*.po")):
        with source.open("rb") as text, source.with_suffix(".mo").open("wb") as compiled:
            write_mo(compiled, read_po(text, locale=source.stem))


if __name__ == "__main__":
    main()
