"""What changed between two instruments, and what that does to units: as text and Markdown; computes
nothing.
"""

from collections.abc import Iterator
from typing import Any

from cchc_rules.base.messages import message, number
from cchc_rules.render.display import safe
from cchc_rules.render.markdown import plain
from cchc_rules.report.printing import print_report

FORMATS = ("text", "markdown", "json")

Document = dict[str, Any]
Part = tuple[str, list[tuple[str, list[str]]]]
"""A heading with its entries, each with its lines."""

FIRST_TOLD = (
    "source",
    "measures",
    "required",
    "weight",
    "losing",
    "due",
    "interval",
    "formula",
    "lead",
)
"""What is said of something that was added or taken away."""


def render(document: Document, form: str) -> str:
    """Return a document of `difference` or `impact` in a form."""
    if form == "json":
        return print_report(document)
    lines = (
        Difference(document) if document["kind"] == "difference" else _Impact(document)
    )
    return "\n".join(lines.markdown() if form == "markdown" else lines.text()) + "\n"


def _safe(places: dict[str, object]) -> dict[str, str]:
    return {key: safe(str(value)) for key, value in places.items()}


class _Lines:
    """Headings and lines of one document; Markdown marks them, text indents them."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.lang: str = document["language"]

    def say(self, id_: str, **places: object) -> str:
        """Return a message about the document, what is filled in made safe to show."""
        raise NotImplementedError

    def number(self, text: str) -> str:
        return number(self.lang, text)

    def title(self) -> str:
        names = {
            key: f"{self.document[key]['id']} {self.document[key]['version']}"
            for key in ("before", "after")
        }
        return self.say("heading", **names)

    def parts(self) -> Iterator[Part]:
        """Yield each part: its heading, and its entries with their lines."""
        raise NotImplementedError

    def text(self) -> Iterator[str]:
        yield self.title()
        for heading, entries in self.parts():
            yield from ("", heading)
            for head, lines in entries:
                yield f"  {head}"
                yield from (f"    {line}" for line in lines)

    def markdown(self) -> Iterator[str]:
        yield f"# {plain(self.title())}"
        for heading, entries in self.parts():
            yield from ("", f"## {plain(heading)}", "")
            for head, lines in entries:
                yield f"- {plain(head)}"
                yield from (f"  - {plain(line)}" for line in lines)


class Difference(_Lines):
    """What changed, part by part."""

    def say(self, id_: str, **places: object) -> str:
        """Return a message about what changed."""
        return message(self.lang, f"difference.{id_}", **_safe(places))

    def parts(self) -> Iterator[Part]:
        """Yield what changed for all from the beginning, then for kinds of unit and from days on."""
        if self.document["same"]:
            yield self.say("same"), []
        yield from self.changes(self.document)
        for version in self.document["versions"]:
            yield from self.version(version)

    def version(self, version: Document) -> Iterator[Part]:
        """Yield the parts for a kind of unit, or from a day on, each under the words that say so."""
        found = [*self.changes(version)] or [(self.say("same"), [])]
        title = safe(version["title"])
        yield from ((f"{title}: {heading}", entries) for heading, entries in found)

    def changes(self, document: Document) -> Iterator[Part]:
        """Yield the parts in which something changed."""
        for part in (
            "head",
            "areas",
            "rules",
            "metrics",
            "remedies",
            "bands",
            "gates",
            "targets",
        ):
            if document[part]:
                yield (
                    self.say(f"part-{part}"),
                    [self.entry(one) for one in document[part]],
                )

    def entry(self, one: Document) -> tuple[str, list[str]]:
        """Return a change with its fields."""
        kind = one["change"]
        title = safe(one["title"])
        head = (
            title
            if kind == "changed"
            else self.say(kind, title=title, was=one["was"], id=one["id"])
        )
        told = [
            field
            for field in one["fields"]
            if kind == "changed" or field["key"] in FIRST_TOLD
        ]
        lines = [self.field(field) for field in told]
        if one.get("stricter") is not None:
            head += f" ({self.say('stricter' if one['stricter'] else 'looser')})"
        return head, lines

    def field(self, field: Document) -> str:
        """Return a field with what it was and what it is."""
        label = self.say(f"label-{field['key']}")
        if not field["before"]:
            return f"{label}: {safe(field['after'])}"
        if not field["after"]:
            return self.say("field-gone", label=label, before=field["before"])
        return f"{label}: {safe(field['before'])} → {safe(field['after'])}"


class _Impact(_Lines):
    def say(self, id_: str, **places: object) -> str:
        return message(self.lang, f"impact.{id_}", **_safe(places))

    def parts(self) -> Iterator[Part]:
        counts = self.document["counts"]
        said = self.say("counts", **{**counts, "bands": counts["band_moved"]})
        yield said, [(f"{self.say('change')}: {self.number(counts['change'])}", [])]
        yield (
            self.say("units"),
            [
                (self.unit(one), [*map(self.rule, one["rules"])])
                for one in self.document["units"]
            ],
        )
        if self.document["rules"]:
            yield (
                self.say("rules"),
                [(self.together(one), []) for one in self.document["rules"]],
            )
        if self.document["refused"]:
            yield (
                self.say("refused"),
                [
                    (safe(one["file"]), self.problems(one))
                    for one in self.document["refused"]
                ],
            )

    def problems(self, one: Document) -> list[str]:
        return [
            safe(line.strip())
            for problem in one["problems"]
            for line in problem.splitlines()
        ]

    def unit(self, one: Document) -> str:
        before, after, change = (
            self.number(one[key]) for key in ("before", "after", "change")
        )
        bands = ""
        if one["band_moved"]:
            bands = f"; {self.say('band')}: {safe(one['band_before'] or '–')} → {safe(one['band_after'] or '–')}"
        return f"{safe(one['unit'])} ({safe(one['file'])}): {before} → {after} ({change}){bands}"

    def together(self, one: Document) -> str:
        return f"{self.rule(one)} ({self.say('count')}: {one['units']})"

    def rule(self, one: Document) -> str:
        return f"{self.number(one['change'])}  {safe(one['title'])}"
