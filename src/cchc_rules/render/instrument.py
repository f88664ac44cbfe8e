"""A rule set as a document to read, in Markdown and HTML; both show one document and compute
nothing.
"""

from collections.abc import Iterator
from typing import Any

from cchc_rules.base import messages
from cchc_rules.render.display import Document, Facts, Lines, Words, safe, safe_list
from cchc_rules.render.markdown import heading, pairs, plain, table
from cchc_rules.render.versions import DifferenceView, Part, markdown_items
from cchc_rules.rules.instrument import every_rule

FORMATS = ("markdown", "html")

Rows = list[list[str]]

HEAD_KEYS = ("id", "version", "valid", "source", "note")
"""What is said of a rule set first, as the keys of its document name it."""

AREA_COLUMNS = ("area", "rules", "weight", "basis")
CONFLICT_COLUMNS = ("conflict-rule", "governs", "where", "other")
REMEDY_COLUMNS = ("task", "clause", "lead", "with", "by", "product", "for")
REMEDY_KEYS = ("lead", "with", "due", "product")
"""The columns of a remedy that may be empty, as the keys of its document name them."""

DEEPEST_HEADING = 5
"""Most marks of an area's heading: its rules have one more, and Markdown ends at six."""


def render(document: Document, form: str) -> str:
    """Return the page of a rule set in one of `FORMATS`.

    Args:
        document: the rule set in words, as `cchc_rules.rules.instrument` gives it.
        form: one of `FORMATS`; HTML needs the extra `html`.

    Returns:
        The page, with a line end at its end.
    """
    view = InstrumentView(document)
    if form == "markdown":
        return "\n".join(_markdown(view)) + "\n"
    from cchc_rules.render.instrument_page import page  # noqa: PLC0415 - the template engine is an extra

    return page(view)


class InstrumentView(Words):
    """What both forms show: labels with words, tables, and the tree of areas."""

    def say(self, key: str, **arguments: object) -> str:
        """Return a message of the page; its arguments are words of the document."""
        words = {name: str(value) for name, value in arguments.items()}
        return messages.message(self.lang, f"instrument.{key}", **words)

    def head(self) -> Facts:
        """Yield what the rule set is."""
        document = self.document
        for key in HEAD_KEYS:
            if document[key]:
                yield self.say(key), safe(document[key])
        scale = document["scale"]
        places = document["places"]
        words = self.say("scale-line", scale=scale, places=places)
        if document["lowest"]:
            words = f"{words}; {document['lowest']}"
        yield self.say("scale"), "; ".join([words, *document["rounding"]])
        if document["coverage"]:
            yield self.say("coverage"), document["coverage"]
        if document["kinds"]:
            yield self.say("kinds"), safe_list(document["kinds"])

    # Areas

    @property
    def areas(self) -> list[dict[str, Any]]:
        """The areas at the top."""
        areas: list[dict[str, Any]] = self.document["areas"]
        return areas

    def area_heads(self) -> list[str]:
        """Return the heads of the table of areas."""
        return [self.say(key) for key in AREA_COLUMNS]

    def area_rows(self) -> Rows:
        """Return the areas at the top: title, number of rules, points, origin of the points."""
        rows = []
        for area in self.areas:
            count = str(rule_count(area))
            title = self.area_title(area)
            rows.append([title, count, area["weight"], self.basis(area)])
        return rows

    def basis(self, area: Document) -> str:
        """Return where the points of an area come from."""
        basis = area["basis"]
        return messages.message(self.lang, f"report.basis-{basis}")

    def area_title(self, area: Document) -> str:
        """Return the title of an area; one with a cap says it, and whether it is a pool."""
        title = safe(area["title"])
        if area["cap"] is None:
            return title
        kind = area["kind"]
        if kind == "base":
            kind = "capped"
        cap = self.say(kind, cap=area["cap"])
        return f"{title} ({cap})"

    def remarks(self, area: Document) -> list[str]:
        """Return what is said of an area before its rules."""
        remarks = [self.say(key) for key in ("mean", "optional") if area[key]]
        remarks += area["rounding"]
        if area["note"]:
            remarks.append(safe(area["note"]))
        return remarks

    # Rules

    def worth(self, rule: Document) -> str:
        """Return how many points a rule gives; some are for information only.

        The weight of a rule in a mean is no number of points: what it brings its group depends on
        its neighbours, and is told as so much of so much.
        """
        if rule["weight"] is None:
            return self.say("information")
        if rule["share"] is not None:
            points = rule["weight"]
            return self.say("points-of-mean", points=points, **rule["share"])
        return self.points(rule["weight"])

    def points(self, figure: str) -> str:
        """Return a number of points in words: one has a word of its own in English."""
        if figure == "1":
            return self.say("one-point", points=figure)
        return self.say("points", points=figure)

    def rule(self, rule: Document) -> Facts:
        """Yield what a rule asks, and how points are lost."""
        yield self.say("clause"), safe_list(rule["source"])
        for key in ("measures", "required"):
            if rule[key]:
                yield self.say(key), safe(rule[key])
        # Each way to lose points is a sentence of its own; in a row they end only once.
        losing = [line.rstrip(".") for line in rule["losing"]]
        yield self.say("losing"), safe("; ".join(losing))
        if rule["due"]:
            yield self.say("due"), self.say("due-line", due=rule["due"])
        yield from self._further(rule)

    def _further(self, rule: Document) -> Facts:
        # Only what differs from the usual is said of a rule; the usual stands at the top, once.
        for key in ("requires", "absence"):
            if rule[key]:
                yield self.say(key), safe("; ".join(rule[key]))
        if rule["evidence"] or rule["evidence_required"]:
            yield self.say("evidence"), self._evidence(rule)
        if rule["remedy"]:
            yield self.say("remedy"), safe(rule["remedy"])
        for conflict in rule["conflicts"]:
            parts = (conflict["source"], conflict["required"], conflict["note"])
            words = safe_list(filter(None, parts), ": ")
            yield self.say("conflict"), words
        if rule["note"]:
            yield self.say("note"), safe(rule["note"])

    def _evidence(self, rule: Document) -> str:
        # A rule may name its evidence, demand any, or both.
        evidence = safe(rule["evidence"] or "")
        if not rule["evidence_required"]:
            return evidence
        if not evidence:
            return self.say("evidence-any")
        return self.say("evidence-required", evidence=evidence)

    # Tables and lists below the areas. Each gathers over all areas what concerns somebody else than
    # the officer of one rule: who wrote the document, who assigns the work, who reads the index.

    def conflict_heads(self) -> list[str]:
        """Return the heads of the table of contradictions."""
        return [self.say(key) for key in CONFLICT_COLUMNS]

    def conflict_rows(self) -> Rows:
        """Return where the document contradicts itself.

        Of each contradiction: the rule, what governs, where else, and what stands there.
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
        return [self.say(key) for key in REMEDY_COLUMNS]

    def remedy_rows(self) -> Rows:
        """Return who must do what, with whom, by when, for which rules."""
        rows = []
        for remedy in self.document["remedies"]:
            clauses = ", ".join(remedy["source"])
            details = [remedy[key] or "–" for key in REMEDY_KEYS]
            rules = "; ".join(remedy["rules"]) or "–"
            rows.append([remedy["task"], clauses, *details, rules])
        return rows

    def derived(self) -> Facts:
        """Yield the derived metrics with their formulas."""
        for metric in self.document["derived"]:
            parts = filter(None, (metric["formula"], metric["rounds"]))
            words = "; ".join(parts)
            yield safe(metric["title"]), safe(words)

    def bands(self) -> Facts:
        """Yield the bands with their edges."""
        for band in self.document["bands"]:
            yield safe(band["title"]), safe(band["edges"])

    def versions(self) -> Iterator[Part]:
        """Yield what differs for a kind of unit or from a day on: heading, and what differs."""
        view = DifferenceView(self.document)
        for version in self.document["versions"]:
            yield from view.version(version)

    def files(self) -> Facts:
        """Yield the files with their hashes."""
        for file in self.document["files"]:
            yield safe(file["name"]), f"SHA-256 {file['sha256']}"


def rule_count(area: dict[str, Any]) -> int:
    """Return how many rules lie in an area and the areas below it."""
    return sum(1 for _ in every_rule([area]))


def _markdown(view: InstrumentView) -> Lines:
    document = view.document
    title = plain(document["title"])
    yield f"# {title}"
    yield ""
    yield from pairs(view.head())
    yield from heading(view.say("areas"))
    yield from table(view.area_heads(), view.area_rows())
    yield from heading(view.say("usual"))
    yield view.say("usual-line")
    yield ""
    yield from _bullets(document["absence"])
    # The title of the page has the first level, so that areas begin at the second.
    for area in view.areas:
        yield from _area(view, area, 2)
    yield from _tables(view)
    yield from _lists(view)
    yield from _versions(view)
    yield from heading(view.say("files"))
    yield view.say("made")
    yield ""
    yield from pairs(view.files())


def _bullets(lines: list[str]) -> Lines:
    for line in lines:
        yield f"- {plain(line)}"


def _area(view: InstrumentView, area: Document, level: int) -> Lines:
    """Yield an area, its rules, and the areas below it, each one heading deeper."""
    marks = "#" * min(level, DEEPEST_HEADING)
    title = plain(view.area_title(area))
    points = view.points(area["weight"])
    yield ""
    yield f"{marks} {title} – {points}"
    for remark in view.remarks(area):
        yield ""
        yield plain(remark)
    for rule in area["rules"]:
        title = plain(rule["title"])
        yield ""
        yield f"{marks}# {title} – {view.worth(rule)}"
        yield ""
        yield from pairs(view.rule(rule))
    for inner in area["areas"]:
        yield from _area(view, inner, level + 1)


def _tables(view: InstrumentView) -> Lines:
    conflicts = view.conflict_rows()
    if conflicts:
        yield from heading(view.say("conflicts"))
        yield from table(view.conflict_heads(), conflicts)
    remedies = view.remedy_rows()
    if remedies:
        yield from heading(view.say("remedies"))
        yield from table(view.remedy_heads(), remedies)


def _lists(view: InstrumentView) -> Lines:
    document = view.document
    if document["derived"]:
        yield from heading(view.say("derived"))
        yield from pairs(view.derived())
    if document["bands"]:
        yield from heading(view.say("bands"))
        yield from pairs(view.bands())
        yield from _bullets([*document["gates"], *document["quotas"]])
    if document["targets"]:
        yield from heading(view.say("targets"))
        yield from _bullets(document["targets"])


def _versions(view: InstrumentView) -> Lines:
    if not view.document["versions"]:
        return
    yield from heading(view.say("versions"))
    yield view.say("versions-line")
    for title, items in view.versions():
        yield ""
        yield f"### {plain(title)}"
        if items:
            yield ""
            yield from markdown_items(items)
