"""An instrument with all that it says otherwise: for each kind of unit, and from each day on."""

from collections.abc import Iterator

from cchc_rules.analysis.versions.difference import changes, version
from cchc_rules.rules.instrument import Document, instrument
from cchc_rules.rules.model import RuleSet


def whole(rules: RuleSet, lang: str | None = None) -> Document:
    """Return the document of an instrument; `versions` says what differs, as `difference` says what
    changed.

    Args:
        rules: The rule set as it was loaded, with its kinds of unit and its days.
        lang: The language of the texts; that of the rule set where none is given.
    """
    lang = lang or rules.language
    return {
        **instrument(rules, lang),
        "versions": [*_kinds(rules, lang), *_days(rules, lang)],
    }


def _kinds(rules: RuleSet, lang: str) -> Iterator[Document]:
    """Yield what differs for each kind of unit."""
    for kind in rules.kinds.values():
        yield version(rules, kind, changes(rules, kind, lang), lang)


def _days(rules: RuleSet, lang: str) -> Iterator[Document]:
    """Yield what changes on each day: for all, and for each kind of unit for which it is not the
    same.
    """
    before = rules
    for _, after in sorted(rules.dated.items()):
        usual = changes(before, after, lang)
        yield version(after, None, usual, lang)
        for id_, kind in after.kinds.items():
            kind_before = before.kinds.get(id_, before)
            of_kind = changes(kind_before, kind, lang)
            # A kind that the day brings in is told even where it differs from nothing.
            if of_kind != usual or id_ not in before.kinds:
                yield version(after, kind, of_kind, lang)
        before = after
