"""Provenance: the file, dated section and kind of unit that each value of a rule set comes from."""

from collections.abc import Mapping
from typing import Any

from cchc_rules.base.messages import date as say_day
from cchc_rules.base.messages import message
from cchc_rules.rules.model import Origin, RuleSet

Document = dict[str, Any]


class Provenance:
    """Says where the values of one rule set come from, in one language.

    Where all of them come from one place there is nothing to say, and nothing is said.

    >>> from cchc_rules import load_rules
    >>> provenance = Provenance(load_rules("example-access-to-law"), "en")
    >>> provenance.several, provenance.document()
    (False, None)
    """

    def __init__(self, rules: RuleSet, lang: str) -> None:
        self.rules = rules
        self.lang = lang
        # A thousand values of one rule file have few origins: fields point to them by number.
        distinct = dict.fromkeys(rules.origins.values())
        self.numbers = {origin: number for number, origin in enumerate(distinct)}

    @property
    def several(self) -> bool:
        """Whether values come from more than one place."""
        return len(self.numbers) > 1

    def document(self) -> Document | None:
        """Return where every value of the rule set comes from, None where all come from one place.

        Returns:
            `places`, a list of files with dated section and kind; and `fields`, nested as in the
            rule file, each with the number of its place in that list:
            `{"rule": {"on-time": {"threshold": 1, "weight": 0}}}`.
        """
        if not self.several:
            return None
        fields: Document = {}
        # ("rule", "on-time", "threshold") → {"rule": {"on-time": {"threshold": 1}}}
        for path, origin in self.rules.origins.items():
            *tables, field = path
            enclosing = fields
            for table in tables:
                enclosing = enclosing.setdefault(str(table), {})
            enclosing[str(field)] = self.numbers[origin]
        places = [_place(origin) for origin in self.numbers]
        return {"places": places, "fields": fields}

    def rule(self, id_: str) -> str | None:
        """Say where a rule's threshold comes from, or its deduction where it has no threshold.

        Args:
            id_: The rule's id.

        Returns:
            `ngưỡng lấy từ commune.toml`; None where all values come from one place.
        """
        if not self.several:
            return None
        origins: Mapping[Any, Origin] = self.rules.origins
        field = "threshold"
        if ("rule", id_, field) not in origins:
            field = "deduction"
        origin = origins.get(("rule", id_, field))
        if origin is None:
            return None
        return message(self.lang, f"origin.{field}", place=self._place_text(origin))

    def _place_text(self, origin: Origin) -> str:
        """Say a place: `commune.toml`, `commune.toml (áp dụng từ 01/07/2024; Xã miền núi)`."""
        parts = []
        if origin.since:
            day = say_day(self.lang, origin.since)
            parts.append(message(self.lang, "origin.since", day=day))
        if origin.kind is not None:
            kind = origin.kind
            # The title is that of the kind that is scored, whose section the value stands in.
            if self.rules.kind_title:
                kind = self.rules.kind_title.of(self.lang)
            parts.append(kind)
        if not parts:
            return origin.file.name
        return f"{origin.file.name} ({'; '.join(parts)})"


def _place(origin: Origin) -> Document:
    """Return a place for the document; `since` is an ISO date."""
    since = None
    if origin.since:
        since = origin.since.isoformat()
    return {
        "file": origin.file.name,
        "sha256": origin.file.sha256,
        "since": since,
        "kind": origin.kind,
    }
