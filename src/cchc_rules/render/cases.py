"""Views of the documents of cases and of mutants: text and JSON. They lay out what these say."""

import textwrap
from collections.abc import Iterator

from cchc_rules.render.display import Document, message
from cchc_rules.render.text import joined
from cchc_rules.report.printing import print_report

FORMATS = ("text", "json")

MISSED_GOALS = {
    "state": "no-state",
    "tier": "no-tier",
    "way": "no-way",
    "edge": "no-edge",
}
"""The message for a goal that no case reaches, by its kind."""

SHOWN_MUTANTS = {"unnoticed": "unnoticed", "same": "same"}
"""The message for a mutant, by its status; noticed mutants are only counted."""

EXPECTATIONS = {"failed": "failed-one", "open": "open-one"}
"""The message for an expectation, by its status; those that hold are not shown."""


def cases(document: Document, form: str, *, width: int = 100) -> str:
    """Return the document of cases that were run in one of `FORMATS`.

    The width counts for text alone.
    """
    if form == "json":
        return print_report(document)
    return joined(_CasesText(document, width).run_cases())


def mutants(document: Document, form: str, *, width: int = 100) -> str:
    """Return the document of mutants in one of `FORMATS`; the width counts for text alone."""
    if form == "json":
        return print_report(document)
    return joined(_CasesText(document, width).mutants())


class _CasesText:
    """Says the parts of one document as lines of text."""

    def __init__(self, document: Document, width: int) -> None:
        self.document = document
        self.lang: str = document["language"]
        self.width = width

    def say(self, key: str, **arguments: object) -> str:
        """Return a message about cases, its arguments made safe."""
        return message(self.lang, f"cases.{key}", arguments)

    def wrapped(self, indent: int, key: str, **arguments: object) -> Iterator[str]:
        """Yield a message on as many lines as it needs; further lines are indented by two more."""
        yield from textwrap.wrap(
            self.say(key, **arguments),
            self.width,
            initial_indent=" " * indent,
            subsequent_indent=" " * (indent + 2),
            break_on_hyphens=False,
        )

    # Cases that were run

    def run_cases(self) -> Iterator[str]:
        """Yield the cases that do not hold, then the sums of every file."""
        files = self.document["files"]
        for file in files:
            for case in file["cases"]:
                if case["status"] != "passed":
                    yield from self.case(file, case)
        for file in files:
            yield from self.wrapped(0, "file", name=file["name"], **file["counts"])
            if file["coverage"] is not None:
                yield from self.overlay(file)
                yield from self.coverage(file["coverage"])
        if len(files) > 1:
            yield self.say("total", **self.document["counts"])

    def case(self, file: Document, case: Document) -> Iterator[str]:
        """Yield what is said of a case that failed or is open."""
        position = {"name": file["name"], "line": case["line"]}
        yield self.say(case["status"], **position, id=case["id"])
        if case["why"]:
            yield from self.wrapped(2, "why", why=case["why"])
        for expectation in case["expectations"]:
            if expectation["status"] != "passed":
                key = EXPECTATIONS[expectation["status"]]
                yield from self.wrapped(2, key, **_expectation(expectation))
        for id_, calculation in case["calculations"].items():
            yield from self.wrapped(2, "calculation", id=id_, calculation=calculation)
        yield ""

    # Mutants

    def mutants(self) -> Iterator[str]:
        """Yield the mutants that no case noticed, then the sums of every file."""
        files = self.document["files"]
        for file in files:
            for mutant in file["mutants"]:
                yield from self.mutant(mutant)
        for file in files:
            yield from self.wrapped(0, "mutants", name=file["name"], **file["counts"])
            yield from self.overlay(file)
            if file["unused"]:
                yield from self.wrapped(2, "unused", cases=", ".join(file["unused"]))
        if len(files) > 1:
            yield from self.wrapped(0, "mutants-total", **self.document["counts"])

    def mutant(self, mutant: Document) -> Iterator[str]:
        """Yield a mutant that no case noticed, with a case that would."""
        key = SHOWN_MUTANTS.get(mutant["status"])
        if key is not None:
            change = {name: mutant[name] for name in ("at", "before", "after")}
            yield from self.wrapped(0, key, **change)
        if mutant["case"]:
            yield from ("", *mutant["case"].splitlines(), "")

    # Both

    def overlay(self, file: Document) -> Iterator[str]:
        """Yield, of an overlay, that what it takes over is not counted."""
        bases = file["ruleset"]["extends"]
        if bases:
            yield from self.wrapped(2, "overlay", bases=", ".join(bases))

    def coverage(self, coverage: Document) -> Iterator[str]:
        """Yield how much the cases reach, and everything that none of them does."""
        sums = {key: coverage[key] for key in ("percent", "reached", "goals")}
        yield from self.wrapped(2, "coverage", **sums)
        for kind, count in coverage["kinds"].items():
            if count["goals"]:
                yield from self.wrapped(4, kind, **count)
        for goal in coverage["missed"]:
            arguments = {**goal, "side": self.side(goal)}
            yield from self.wrapped(4, MISSED_GOALS[goal["kind"]], **arguments)

    def side(self, goal: Document) -> str:
        """Return on which side of an edge a figure is wanted, or the way of a formula as it is."""
        if goal["kind"] == "edge":
            return self.say(goal["side"])
        return str(goal["side"])


def _expectation(expectation: Document) -> dict[str, str]:
    """Return what was expected and what came out; a dash where there is nothing."""
    shown = {key: expectation[key] for key in ("path", "expected", "got")}
    return {key: "–" if value is None else value for key, value in shown.items()}
