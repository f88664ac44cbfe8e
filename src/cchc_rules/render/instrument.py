"""The page of an instrument, as Markdown and as HTML; both show one document and compute nothing."""

from collections.abc import Iterator
from typing import Any

from cchc_rules.base.messages import message
from cchc_rules.render.display import safe
from cchc_rules.render.markdown import pairs, plain, table
from cchc_rules.render.versions import Difference, Part
from cchc_rules.rules.instrument import every_rule

FORMATS = ("markdown", "html")

Document = dict[str, Any]
Rows = list[list[str]]


def render(document: Document, form: str) -> str:
    """Return the page of an instrument; HTML needs the extra `html`."""
    view = View(document)
    if form == "markdown":
        return "\n".join(_lines(view)) + "\n"
    from cchc_rules.render.instrument_page import page  # noqa: PLC0415 - the template engine is an extra

    return page(view)


class View:
    """What both forms show: labels with words, tables, and the tree of areas."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.lang: str = document["language"]

    def say(self, id_: str, **places: object) -> str:
        """Return a message of the instrument's page."""
        return message(
            self.lang,
            f"instrument.{id_}",
            **{key: str(value) for key, value in places.items()},
        )

    def head(self) -> Iterator[tuple[str, str]]:
        """Yield what the instrument is: label and words."""
        document = self.document
        for key in ("id", "version", "valid", "source", "note"):
            if document[key]:
                yield self.say(key), safe(document[key])
        yield (
            self.say("scale"),
            self.say("scale-line", scale=document["scale"], places=document["places"]),
        )
        if document["kinds"]:
            yield self.say("kinds"), ", ".join(map(safe, document["kinds"]))

    def area_heads(self) -> list[str]:
        """Return the heads of the table of areas."""
        return [self.say(key) for key in ("area", "rules", "weight", "basis")]

    def area_rows(self) -> Rows:
        """Return the areas at the top: title, number of rules, points, where the points come from."""
        return [
            [self.named(area), str(counted(area)), area["weight"], self.basis(area)]
            for area in self.areas
        ]

    @property
    def areas(self) -> list[Document]:
        """The areas at the top."""
        found: list[Document] = self.document["areas"]
        return found

    def basis(self, part: Document) -> str:
        """Return where the points of a part come from."""
        return message(self.lang, "report." + f"basis-{part['basis']}")

    def named(self, area: Document) -> str:
        """Return the title of an area, with what sets it apart from a plain sum."""
        title: str = safe(area["title"])
        return (
            title
            if area["kind"] == "base"
            else f"{title} ({self.say(area['kind'], cap=area['cap'])})"
        )

    def remarks(self, area: Document) -> list[str]:
        """Return what must be said of an area before its rules."""
        said = [self.say(key) for key in ("mean", "optional") if area[key]]
        return [*said, *([safe(area["note"])] if area["note"] else [])]

    def worth(self, rule: Document) -> str:
        """Return what a rule is worth."""
        return (
            self.say("information")
            if rule["weight"] is None
            else self.say("points", points=rule["weight"])
        )

    def rule(self, rule: Document) -> Iterator[tuple[str, str]]:
        """Yield what a rule asks: label and words; how it gives points stands in `losing`."""
        yield self.say("clause"), ", ".join(map(safe, rule["source"]))
        for key in ("measures", "required"):
            if rule[key]:
                yield self.say(key), safe(rule[key])
        yield (
            self.say("losing"),
            safe("; ".join(line.rstrip(".") for line in rule["losing"])),
        )
        if rule["due"]:
            yield self.say("due"), self.say("due-line", due=rule["due"])
        yield from self._further(rule)

    def _further(self, rule: Document) -> Iterator[tuple[str, str]]:
        if rule["requires"]:
            yield self.say("requires"), safe("; ".join(rule["requires"]))
        if rule["absence"]:
            yield self.say("absence"), safe("; ".join(rule["absence"]))
        if rule["evidence"] or rule["evidence_required"]:
            yield self.say("evidence"), self._evidence(rule)
        if rule["remedy"]:
            yield self.say("remedy"), safe(rule["remedy"])
        for conflict in rule["conflicts"]:
            parts = (conflict["source"], conflict["required"], conflict["note"])
            yield self.say("conflict"), ": ".join(safe(part) for part in parts if part)
        if rule["note"]:
            yield self.say("note"), safe(rule["note"])

    def _evidence(self, rule: Document) -> str:
        words = safe(rule["evidence"] or "")
        if not rule["evidence_required"]:
            return words
        return (
            self.say("evidence-required", evidence=words)
            if words
            else self.say("evidence-any")
        )

    def conflict_heads(self) -> list[str]:
        """Return the heads of the table of contradictions."""
        return [self.say(key) for key in ("conflict-rule", "governs", "where", "other")]

    def conflict_rows(self) -> Rows:
        """Return where the document contradicts itself: the rule, what governs, where else, what
        stands there.
        """
        return [
            [
                rule["title"],
                conflict["governs"] or "–",
                conflict["source"],
                conflict["required"] or conflict["note"] or "–",
            ]
            for rule in every_rule(self.areas)
            for conflict in rule["conflicts"]
        ]

    def remedy_heads(self) -> list[str]:
        """Return the heads of the table of remedies."""
        return [
            self.say(key)
            for key in ("task", "clause", "lead", "with", "by", "product", "for")
        ]

    def remedy_rows(self) -> Rows:
        """Return who must do what, with whom, by when, for which rules."""
        keys = ("lead", "with", "due", "product")
        return [
            [
                one["task"],
                ", ".join(one["source"]),
                *(one[key] or "–" for key in keys),
                "; ".join(one["rules"]) or "–",
            ]
            for one in self.document["remedies"]
        ]

    def derived(self) -> Iterator[tuple[str, str]]:
        """Yield the derived figures with their formulas."""
        for one in self.document["derived"]:
            yield (
                safe(one["title"]),
                safe(
                    "; ".join(part for part in (one["formula"], one["rounds"]) if part)
                ),
            )

    def bands(self) -> Iterator[tuple[str, str]]:
        """Yield the bands with their edges."""
        for band in self.document["bands"]:
            yield safe(band["title"]), safe(band["edges"])

    def versions(self) -> Iterator[Part]:
        """Yield what differs for a kind of unit or from a day on: heading, and what differs with
        its lines.
        """
        words = Difference(self.document)
        for version in self.document["versions"]:
            yield from words.version(version)

    def files(self) -> Iterator[tuple[str, str]]:
        """Yield the files with their hashes."""
        for file in self.document["files"]:
            yield safe(file["name"]), f"SHA-256 {file['sha256']}"


def counted(area: Document) -> int:
    """Return how many rules lie under an area."""
    return sum(1 for _ in every_rule([area]))


def _lines(view: View) -> Iterator[str]:
    document = view.document
    yield from (f"# {plain(document['title'])}", "")
    yield from pairs(view.head())
    yield from ("", f"## {view.say('areas')}", "")
    yield from table(view.area_heads(), view.area_rows())
    yield from ("", f"## {view.say('usual')}", "", view.say("usual-line"), "")
    yield from (f"- {plain(line)}" for line in document["absence"])
    for area in view.areas:
        yield from _area(view, area, 2)
    yield from _tables(view)
    yield from _lists(view)
    yield from _versions(view)
    yield from ("", f"## {view.say('files')}", "", view.say("made"), "")
    yield from pairs(view.files())


def _area(view: View, area: Document, level: int) -> Iterator[str]:
    marks = "#" * min(level, 5)
    yield from (
        "",
        f"{marks} {plain(view.named(area))} – {view.say('points', points=area['weight'])}",
    )
    for remark in view.remarks(area):
        yield from ("", plain(remark))
    for rule in area["rules"]:
        yield from ("", f"{marks}# {plain(rule['title'])} – {view.worth(rule)}", "")
        yield from pairs(view.rule(rule))
    for inner in area["areas"]:
        yield from _area(view, inner, level + 1)


def _tables(view: View) -> Iterator[str]:
    for key, heads, rows in (
        ("conflicts", view.conflict_heads(), view.conflict_rows()),
        ("remedies", view.remedy_heads(), view.remedy_rows()),
    ):
        if rows:
            yield from ("", f"## {view.say(key)}", "")
            yield from table(heads, rows)


def _lists(view: View) -> Iterator[str]:
    for key, found in (("derived", [*view.derived()]), ("bands", [*view.bands()])):
        if found:
            yield from ("", f"## {view.say(key)}", "")
            yield from pairs(found)
            yield from (
                f"- {plain(line)}" for line in view.document["gates"] if key == "bands"
            )
    if view.document["targets"]:
        yield from ("", f"## {view.say('targets')}", "")
        yield from (f"- {plain(line)}" for line in view.document["targets"])


def _versions(view: View) -> Iterator[str]:
    found = [*view.versions()]
    if found:
        yield from ("", f"## {view.say('versions')}", "", view.say("versions-line"))
    for heading, entries in found:
        yield from ("", f"### {plain(heading)}", *([""] if entries else []))
        for head, lines in entries:
            yield f"- {plain(head)}"
            yield from (f"  - {plain(line)}" for line in lines)
