"""Views of the documents of cases: text and JSON. They lay out what the document says."""

import json
import textwrap
from collections.abc import Iterator

from cchc_rules.base import messages
from cchc_rules.render.display import Document, safe

FORMATS = ("text", "json")


def cases(document: Document, form: str, *, width: int = 100) -> str:
    """Return the document of cases that were run in one of `FORMATS`; the width counts for text
    alone.
    """
    if form == "json":
        return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    return "\n".join(line.rstrip() for line in _Sheet(document, width).tested()) + "\n"


def mutants(document: Document, form: str, *, width: int = 100) -> str:
    """Return the document of mutants in one of `FORMATS`; the width counts for text alone."""
    if form == "json":
        return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    return "\n".join(line.rstrip() for line in _Sheet(document, width).mutated()) + "\n"


class _Sheet:
    """Says the parts of one document."""

    def __init__(self, document: Document, width: int) -> None:
        self.document = document
        self.lang: str = document["language"]
        self.width = width

    def say(self, id_: str, **places: object) -> str:
        return messages.message(
            self.lang,
            f"cases.{id_}",
            **{key: safe(value) for key, value in places.items()},
        )

    def lines(self, text: str, indent: int) -> Iterator[str]:
        """Yield words on as many lines as they need; those after the first stand under it."""
        first = " " * indent
        more = " " * (indent + 2)
        yield from textwrap.wrap(
            text,
            self.width,
            initial_indent=first,
            subsequent_indent=more,
            break_on_hyphens=False,
        )

    def tested(self) -> Iterator[str]:
        for file in self.document["files"]:
            for case in file["cases"]:
                if case["status"] != "passed":
                    yield from self.case(file, case)
        for file in self.document["files"]:
            yield from self.lines(
                self.say("file", name=file["name"], **file["counts"]), 0
            )
            if file["coverage"] is not None:
                yield from self.overlay(file)
                yield from self.coverage(file["coverage"])
        if len(self.document["files"]) > 1:
            yield self.say("total", **self.document["counts"])

    def case(self, file: Document, case: Document) -> Iterator[str]:
        """Yield what must be said of a case that failed or is open."""
        yield self.say(
            case["status"], name=file["name"], line=case["line"], id=case["id"]
        )
        if case["why"]:
            yield from self.lines(self.say("why", why=case["why"]), 2)
        for check in case["expectations"]:
            if check["status"] != "passed":
                yield from self.lines(
                    self.say(_ONE[check["status"]], **_shown(check)), 2
                )
        for id_, calculation in case["calculations"].items():
            yield from self.lines(
                self.say("calculation", id=id_, calculation=calculation), 2
            )
        yield ""

    def mutated(self) -> Iterator[str]:
        for file in self.document["files"]:
            for mutant in file["mutants"]:
                if mutant["status"] in _TOLD:
                    yield from self.lines(
                        self.say(_TOLD[mutant["status"]], **_words(mutant)), 0
                    )
                if mutant["case"]:
                    yield from ("", *mutant["case"].splitlines(), "")
        for file in self.document["files"]:
            yield from self.lines(
                self.say("mutants", name=file["name"], **file["counts"]), 0
            )
            yield from self.overlay(file)
            if file["unused"]:
                yield from self.lines(
                    self.say("unused", cases=", ".join(file["unused"])), 2
                )
        if len(self.document["files"]) > 1:
            yield from self.lines(
                self.say("mutants-total", **self.document["counts"]), 0
            )

    def overlay(self, file: Document) -> Iterator[str]:
        """Yield, of an overlay, that what it takes over is not counted."""
        if file["ruleset"]["extends"]:
            yield from self.lines(
                self.say("overlay", bases=", ".join(file["ruleset"]["extends"])), 2
            )

    def coverage(self, found: Document) -> Iterator[str]:
        """Yield how much the cases reach, and everything that none of them does."""
        yield from self.lines(
            self.say(
                "coverage",
                **{key: found[key] for key in ("percent", "reached", "goals")},
            ),
            2,
        )
        for kind, count in found["kinds"].items():
            if count["goals"]:
                yield from self.lines(self.say(kind, **count), 4)
        for goal in found["missed"]:
            yield from self.lines(
                self.say(_MISSED[goal["kind"]], **goal | {"side": self.side(goal)}), 4
            )

    def side(self, goal: Document) -> str:
        """Return where a figure is wanted, in words; ways of formulas are shown as they are
        written.
        """
        return self.say(goal["side"]) if goal["kind"] == "edge" else str(goal["side"])


_MISSED = {"state": "no-state", "tier": "no-tier", "way": "no-way", "edge": "no-edge"}


_TOLD = {"unnoticed": "unnoticed", "same": "same"}


def _words(mutant: Document) -> dict[str, str]:
    return {key: mutant[key] for key in ("at", "before", "after")}


def _shown(check: Document) -> dict[str, str]:
    return {
        key: "–" if check[key] is None else check[key]
        for key in ("path", "expected", "got")
    }


_ONE = {"failed": "failed-one", "open": "open-one"}
