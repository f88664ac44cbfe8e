"""Which file, dated section and kind of unit each value of a rule set comes from, for a document."""

from collections.abc import Mapping
from typing import Any

from cchc_rules.base.messages import date as say_day
from cchc_rules.base.messages import message
from cchc_rules.rules.model import Origin, RuleSet

Document = dict[str, Any]


class Provenance:
    """Says where the values of one rule set come from, in one language; nothing where all come from
    one place.
    """

    def __init__(self, rules: RuleSet, lang: str) -> None:
        self.rules = rules
        self.lang = lang
        self.places = {
            origin: at
            for at, origin in enumerate(dict.fromkeys(rules.origins.values()))
        }

    @property
    def several(self) -> bool:
        """Whether values come from more than one place."""
        return len(self.places) > 1

    def document(self) -> Document | None:
        """Return all places, and for every field that a file gives, under its keys there, the
        number of its place.
        """
        if not self.several:
            return None
        fields: Document = {}
        for path, origin in self.rules.origins.items():
            *tables, field = path
            inside = fields
            for table in tables:
                inside = inside.setdefault(str(table), {})
            inside[str(field)] = self.places[origin]
        return {"places": [_place(origin) for origin in self.places], "fields": fields}

    def rule(self, id_: str) -> str | None:
        """Say where a rule's threshold comes from, or without one its deduction: `ngưỡng lấy từ
        commune.toml`.
        """
        found: Mapping[Any, Origin] = self.rules.origins
        field = "threshold" if ("rule", id_, "threshold") in found else "deduction"
        origin = found.get(("rule", id_, field))
        return (
            message(self.lang, f"origin.{field}", place=self._said(origin))
            if self.several and origin
            else None
        )

    def _said(self, origin: Origin) -> str:
        """Say a place: `commune.toml`, `commune.toml (áp dụng từ 01/07/2024; Xã miền núi)`."""
        inside = (
            [message(self.lang, "origin.since", day=say_day(self.lang, origin.since))]
            if origin.since
            else []
        )
        if origin.kind is not None:
            inside.append(
                self.rules.kind_title.of(self.lang)
                if self.rules.kind_title
                else origin.kind
            )
        return (
            f"{origin.file.name} ({'; '.join(inside)})" if inside else origin.file.name
        )


def _place(origin: Origin) -> Document:
    since = origin.since.isoformat() if origin.since else None
    return {
        "file": origin.file.name,
        "sha256": origin.file.sha256,
        "since": since,
        "kind": origin.kind,
    }
