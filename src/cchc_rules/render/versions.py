"""What changed between two rule sets, and what that does to units: text, Markdown, JSON.

The views compute nothing. Both documents are said as parts, each a heading with items below it;
text sets these in with spaces, Markdown with marks.
"""

from collections.abc import Iterator, Mapping

from cchc_rules.render.display import Document, Lines, Words, message, safe
from cchc_rules.render.markdown import heading as heading_lines
from cchc_rules.render.markdown import plain
from cchc_rules.report.printing import print_report

FORMATS = ("text", "markdown", "json")

Item = tuple[str, list[str]]
"""One thing that changed, with its lines."""

Part = tuple[str, list[Item]]
"""A heading with the things below it."""

CHANGED_PARTS = (
    "head",
    "areas",
    "rules",
    "metrics",
    "remedies",
    "bands",
    "gates",
    "quotas",
    "targets",
)
"""The parts of a rule set that are compared, in the order of reading."""

FIELDS_OF_NEW_AND_GONE = (
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
"""The fields that are said of something that was added or taken away; of a change, all are said."""


def render(document: Document, form: str) -> str:
    """Return a document of `difference` or `impact` in one of `FORMATS`.

    Args:
        document: what changed, or what it does to units; its `kind` says which.
        form: one of `FORMATS`.

    Returns:
        The view, with a line end at its end.
    """
    if form == "json":
        return print_report(document)
    view: _VersionsView = _ImpactView(document)
    if document["kind"] == "difference":
        view = DifferenceView(document)
    lines = view.text()
    if form == "markdown":
        lines = view.markdown()
    return "\n".join(lines) + "\n"


class _VersionsView(Words):
    """Headings and lines of one document; Markdown marks them, text indents them."""

    def title(self) -> str:
        """Return the title: the two rule sets."""
        before = self.document["before"]
        after = self.document["after"]
        return self.say(
            "heading",
            before=f"{before['id']} {before['version']}",
            after=f"{after['id']} {after['version']}",
        )

    def parts(self) -> Iterator[Part]:
        """Yield each part: its heading, and what stands below it."""
        raise NotImplementedError  # pragma: no cover

    def text(self) -> Lines:
        """Yield the lines of the text."""
        yield self.title()
        for heading, items in self.parts():
            yield ""
            yield heading
            for name, lines in items:
                yield f"  {name}"
                for line in lines:
                    yield f"    {line}"

    def markdown(self) -> Lines:
        """Yield the lines of the Markdown."""
        yield f"# {plain(self.title())}"
        for heading, items in self.parts():
            yield from heading_lines(plain(heading))
            yield from markdown_items(items)


def markdown_items(items: list[Item]) -> Lines:
    """Yield things that changed as a list, their lines below them.

    >>> list(markdown_items([("On time", ["points: 2 → 3"])]))
    ['- On time', '  - points: 2 → 3']
    """
    for name, lines in items:
        yield f"- {plain(name)}"
        for line in lines:
            yield f"  - {plain(line)}"


class DifferenceView(_VersionsView):
    """Says what changed between two rule sets, part by part."""

    def say(self, key: str, **arguments: object) -> str:
        """Return a message about what changed."""
        return message(self.lang, f"difference.{key}", arguments)

    def parts(self) -> Iterator[Part]:
        """Yield what changed for all units, then for kinds of unit and from days on."""
        if self.document["same"]:
            yield self.say("same"), []
        yield from self.changes(self.document)
        for version in self.document["versions"]:
            yield from self.version(version)

    def version(self, version: Document) -> Iterator[Part]:
        """Yield the parts for a kind of unit, or from a day on, below the words that say so."""
        title = safe(version["title"])
        parts = list(self.changes(version))
        # A version that does not differ is named too, or a reader might take it for forgotten.
        if not parts:
            parts.append((self.say("same"), []))
        for heading, items in parts:
            yield f"{title}: {heading}", items

    def changes(self, document: Document) -> Iterator[Part]:
        """Yield the parts in which something changed."""
        for part in CHANGED_PARTS:
            if document[part]:
                items = [self.change(change) for change in document[part]]
                yield self.say(f"part-{part}"), items

    def change(self, change: Document) -> Item:
        """Return what changed, was added or was taken away, with its fields."""
        kind = change["change"]
        title = safe(change["title"])
        fields = change["fields"]
        if kind != "changed":
            was = change["was"]
            title = self.say(kind, title=title, was=was, id=change["id"])
            # A whole new rule would be told field by field, most of them beside the point.
            fields = [
                field for field in fields if field["key"] in FIELDS_OF_NEW_AND_GONE
            ]
        # None where it cannot be told in general: a tier that moved may favour one and not another.
        stricter = change.get("stricter")
        if stricter is not None:
            key = "looser"
            if stricter:
                key = "stricter"
            title += f" ({self.say(key)})"
        return title, [self.field(field) for field in fields]

    def field(self, field: Document) -> str:
        """Return a field with what it was and what it is."""
        label = self.say(f"label-{field['key']}")
        # A field that was empty has nothing to be contrasted with.
        if not field["before"]:
            return f"{label}: {safe(field['after'])}"
        if not field["after"]:
            return self.say("field-gone", label=label, before=field["before"])
        return f"{label}: {safe(field['before'])} → {safe(field['after'])}"


class _ImpactView(_VersionsView):
    """Says what another rule set does to the index of units."""

    def say(self, key: str, **arguments: object) -> str:
        """Return a message about what other rules do to units."""
        return message(self.lang, f"impact.{key}", arguments)

    def parts(self) -> Iterator[Part]:
        """Yield the sums, then units, rules, and the submissions that were refused."""
        document = self.document
        units = [self.unit(unit) for unit in document["units"]]
        yield self._sums(document["counts"])
        yield self.say("units"), units
        if document["rules"]:
            rules: list[Item] = [
                (self.rule_of_all(rule), []) for rule in document["rules"]
            ]
            yield self.say("rules"), rules
        if document["refused"]:
            refused = [self.refused(refusal) for refusal in document["refused"]]
            yield self.say("refused"), refused

    def _sums(self, counts: Mapping[str, str]) -> Part:
        heading = self.say("counts", **counts, bands=counts["band_moved"])
        change = self.number(counts["change"])
        line = f"{self.say('change')}: {change}"
        return heading, [(line, [])]

    def refused(self, refusal: Document) -> Item:
        """Return a submission that was refused, and why."""
        # A problem is several lines: where, what, and how to mend it. Each stays a line of its own.
        lines = "\n".join(refusal["problems"]).splitlines()
        problems = [safe(line.strip()) for line in lines]
        return safe(refusal["file"]), problems

    def unit(self, unit: Document) -> Item:
        """Return how the index and the band of a unit move, and by which rules."""
        before = self._index(unit["before"])
        after = self._index(unit["after"])
        change = self.number(unit["change"])
        name = safe(unit["unit"])
        file = safe(unit["file"])
        # One unit may stand in several files, such as those of two periods.
        words = f"{name} ({file}): {before} → {after} ({change})"
        if unit["band_moved"]:
            band_before = safe(unit["band_before"] or "–")
            band_after = safe(unit["band_after"] or "–")
            words += f"; {self.say('band')}: {band_before} → {band_after}"
        return words, [self.rule(rule) for rule in unit["rules"]]

    def _index(self, value: str | None) -> str:
        """Return an index, a dash where there is none."""
        if value is None:
            return "–"
        return self.number(value)

    def rule_of_all(self, rule: Document) -> str:
        """Return what a rule does to all units together."""
        return f"{self.rule(rule)} ({self.say('count')}: {rule['units']})"

    def rule(self, rule: Document) -> str:
        """Return by how much a rule moves the index."""
        return f"{self.number(rule['change'])}  {safe(rule['title'])}"
