"""The catalogues as people write them."""

from babel.messages.pofile import read_po
from package_source import SOURCE

from cchc_rules.base import messages
from cchc_rules.base.state import Reason

LOCALE = SOURCE / "packaged" / "locale"


def catalogue(lang):
    with (LOCALE / f"{lang}.po").open("rb") as file:
        return read_po(file, locale=lang)


MESSAGES = {
    lang: {item.id: item.string for item in catalogue(lang) if item.id}
    for lang in messages.languages()
}
IDS = sorted(MESSAGES["vi"])

ABSENT = {Reason.NOT_REPORTED, *(r for r in Reason if f"absent.{r}" in IDS)}
"""The reasons that have words for an absent figure."""
