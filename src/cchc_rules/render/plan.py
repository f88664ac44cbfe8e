"""Views of the document of a mending: text, Markdown, JSON. They lay out what the document says."""

import json
import textwrap
from collections.abc import Iterable, Iterator

from cchc_rules.render.display import Document, Words, safe
from cchc_rules.render.markdown import plain

Pair = tuple[str, str]
FORMATS = ("text", "markdown", "json")


def mending(document: Document, form: str, *, width: int = 100) -> str:
    """Return the document of a mending in one of `FORMATS`; the width counts for text alone."""
    if form == "json":
        return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    sheet = _Sheet(document)
    lines = sheet.markdown() if form == "markdown" else sheet.text(width)
    return "\n".join(line.rstrip() for line in lines) + "\n"


class _Sheet(Words):
    """Says the parts of one document."""

    def head(self) -> Iterator[Pair]:
        """Yield the lines of the head: label and words."""
        document = self.document
        measured = document["measurements"]
        rules = document["ruleset"]
        yield self.say("unit"), safe(measured["unit"])
        as_of = self.date(document["as_of"])
        yield (
            self.say("period"),
            self.say("period-line", period=measured["period"], as_of=as_of),
        )
        yield (
            self.say("ruleset"),
            safe(f"{rules['id']} {rules['version']} – {rules['title']}"),
        )
        for change in measured["changes"]:
            yield self.say("tried"), safe(change["text"])
        yield self.say("now"), self.standing(document["now"])
        if document["steps"]:
            yield self.say("then"), self.standing(document["then"])
        yield self.say("goal"), safe(document["text"])

    def standing(self, state: Document) -> str:
        """Return an index with its band."""
        band = f" – {safe(state['band']['title'])}" if state["band"] else ""
        return self.number(state["value"]) + band

    def title(self, change: Document) -> str:
        """Return the name of the rule that a change mends, with its clauses."""
        return f"{safe(change['title'])} ({', '.join(map(safe, change['source']))})"

    def text_of(self, change: Document) -> str:
        """Return what becomes of the figure."""
        text = safe(change["text"])
        return self.say("counted-best", text=text) if change["missing"] else text

    def step(self, step: Document) -> Iterator[Pair]:
        """Yield what must be said of a step: label and words."""
        yield self.say("figure-change"), self.text_of(step)
        yield self.say("won"), self.number(step["points"])
        yield self.say("after"), self.number(step["value"])
        for key in ("task", "lead", "due"):
            if step[key]:
                yield self.say(key), safe(step[key])

    def mendable(self, change: Document) -> str:
        """Return what a change alone would bring, and what it takes."""
        line = self.say(
            "rise", text=self.text_of(change), index=self.number(change["index"])
        )
        if change["effort"]:
            places = {
                "effort": self.number(change["effort"]),
                "rate": self.number(change["per_effort"]),
            }
            line += "; " + self.say("effort", **places)
        if change["behind"]:
            line += "; " + self.say("behind", rules=", ".join(change["behind"]))
        return line

    def text(self, width: int) -> Iterator[str]:
        """Yield the lines of the text."""
        yield self.say("plan").upper()
        yield from _columns(self.head(), width, 0)
        for at, step in enumerate(self.document["steps"], start=1):
            yield from ("", self.say("steps").upper()) if at == 1 else ()
            yield ""
            yield from _hung(f"{at}. ", self.title(step), width)
            yield from _columns(self.step(step), width, 3)
        yield from ("", self.say("mendable").upper())
        if not self.document["mendable"]:
            yield self.say("nothing-mendable")
        for at, change in enumerate(self.document["mendable"], start=1):
            yield from _hung(f"{at}. ", self.title(change), width)
            yield from _hung("   ", self.mendable(change), width)

    def markdown(self) -> Iterator[str]:
        """Yield the lines of the Markdown."""
        yield from (f"# {self.say('plan')}", "")
        yield from (
            f"- **{plain(label)}:** {plain(words)}" for label, words in self.head()
        )
        for at, step in enumerate(self.document["steps"], start=1):
            yield from ("", f"## {self.say('steps')}") if at == 1 else ()
            yield from ("", f"### {at}. {plain(self.title(step))}", "")
            yield from (
                f"- **{plain(label)}:** {plain(words)}"
                for label, words in self.step(step)
            )
        yield from ("", f"## {self.say('mendable')}", "")
        if not self.document["mendable"]:
            yield self.say("nothing-mendable")
        for at, change in enumerate(self.document["mendable"], start=1):
            yield f"{at}. **{plain(self.title(change))}**: {plain(self.mendable(change))}"


def _hung(head: str, words: str, width: int) -> Iterator[str]:
    """Yield words behind a head; words that do not fit go on under themselves."""
    yield from textwrap.wrap(
        words,
        width,
        initial_indent=head,
        subsequent_indent=" " * len(head),
        break_on_hyphens=False,
    )


def _columns(pairs: Iterable[Pair], width: int, indent: int) -> Iterator[str]:
    """Yield labels and words in two columns; words that do not fit go on under themselves."""
    rows = list(pairs)
    column = indent + max(len(label) for label, _ in rows) + 2
    for label, words in rows:
        top, *more = textwrap.wrap(
            words, max(width - column, 10), break_on_hyphens=False
        ) or [""]
        yield " " * indent + label.ljust(column - indent) + top
        yield from (" " * column + line for line in more)
