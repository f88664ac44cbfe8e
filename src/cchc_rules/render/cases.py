"""Views of the documents of cases and of mutants: text and JSON. They lay out what these say."""

import textwrap

from cchc_rules.render.display import Document, Lines, message
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

CHANGE = ("at", "before", "after")
"""What is said of a mistake: where it is made, what stood there, and what stands there now."""

COVERAGE_SUMS = ("percent", "reached", "goals")
"""The sums of a coverage, over all kinds of goals."""


def cases(document: Document, form: str, *, width: int = 100) -> str:
    """Return the document of cases that were run in one of `FORMATS`.

    Args:
        document: the cases of every file, with what was expected and what came out.
        form: one of `FORMATS`.
        width: how many characters a line of the text may have; JSON has no width.

    Returns:
        The view, with a line end at its end. The text leaves out cases that passed.
    """
    if form == "json":
        return print_report(document)
    return joined(_CasesText(document, width).run_cases())


def mutants(document: Document, form: str, *, width: int = 100) -> str:
    """Return the document of mutants in one of `FORMATS`.

    Args:
        document: the mistakes that were made on purpose in every file, and what noticed them.
        form: one of `FORMATS`.
        width: how many characters a line of the text may have; JSON has no width.

    Returns:
        The view, with a line end at its end. The text leaves out mistakes that a case noticed.
    """
    if form == "json":
        return print_report(document)
    return joined(_CasesText(document, width).mutants())


class _CasesText:
    """Says the parts of one document as lines of text.

    What asks for an answer comes first, the sums last, so that they stand above the prompt of a
    terminal when the rest has scrolled by.
    """

    def __init__(self, document: Document, width: int) -> None:
        self.document = document
        self.lang: str = document["language"]
        self.width = width

    def say(self, key: str, **arguments: object) -> str:
        """Return a message about cases, its arguments made safe."""
        return message(self.lang, f"cases.{key}", arguments)

    def wrapped(self, indent: int, key: str, **arguments: object) -> Lines:
        """Yield a message on as many lines as it needs; further lines are indented by two more."""
        words = self.say(key, **arguments)
        yield from textwrap.wrap(
            words,
            self.width,
            initial_indent=" " * indent,
            subsequent_indent=" " * (indent + 2),
            break_on_hyphens=False,
        )

    # Cases that were run

    def run_cases(self) -> Lines:
        """Yield the cases that do not hold, then the sums of every file."""
        files = self.document["files"]
        for file in files:
            for case in file["cases"]:
                if case["status"] != "passed":
                    yield from self.case(file, case)
        for file in files:
            counts = file["counts"]
            yield from self.wrapped(0, "file", name=file["name"], **counts)
            if file["coverage"] is not None:
                yield from self.overlay(file)
                yield from self.coverage(file["coverage"])
        if len(files) > 1:
            yield self.say("total", **self.document["counts"])

    def case(self, file: Document, case: Document) -> Lines:
        """Yield what is said of a case that failed or is open."""
        # `name:line` is what editors and terminals turn into a link to the case.
        position = {"name": file["name"], "line": case["line"]}
        yield self.say(case["status"], **position, id=case["id"])
        if case["why"]:
            yield from self.wrapped(2, "why", why=case["why"])
        for expectation in case["expectations"]:
            key = EXPECTATIONS.get(expectation["status"])
            # Of a case that was refused nothing came out; why, is said below.
            is_empty = case["problems"] and expectation["got"] is None
            if key is not None and not is_empty:
                said = _expectation(expectation)
                yield from self.wrapped(2, key, **said)
        for problem in case["problems"]:
            if case["status"] == "failed":
                yield from self.wrapped(2, "refused-one", **problem)
        for id_, calculation in case["calculations"].items():
            said = {"id": id_, "calculation": calculation}
            yield from self.wrapped(2, "calculation", **said)
        yield ""

    # Mutants

    def mutants(self) -> Lines:
        """Yield the mutants that no case noticed, then the sums of every file."""
        files = self.document["files"]
        for file in files:
            for mutant in file["mutants"]:
                yield from self.mutant(mutant)
        for file in files:
            counts = file["counts"]
            yield from self.wrapped(0, "mutants", name=file["name"], **counts)
            yield from self.overlay(file)
            if file["unused"]:
                unused = ", ".join(file["unused"])
                yield from self.wrapped(2, "unused", cases=unused)
        if len(files) > 1:
            counts = self.document["counts"]
            yield from self.wrapped(0, "mutants-total", **counts)

    def mutant(self, mutant: Document) -> Lines:
        """Yield a mutant that no case noticed, with a case that would."""
        # A mistake in which no difference was found (`same`) is told too: a person should look.
        key = SHOWN_MUTANTS.get(mutant["status"])
        if key is not None:
            change = {name: mutant[name] for name in CHANGE}
            yield from self.wrapped(0, key, **change)
        if mutant["case"]:
            # The case is TOML to be copied into a file: it is neither wrapped nor indented.
            yield ""
            yield from mutant["case"].splitlines()
            yield ""

    # Both

    def overlay(self, file: Document) -> Lines:
        """Yield, of an overlay, that what it takes over is not counted."""
        # What an overlay takes over has cases of its own, beside the file that it comes from.
        bases = file["ruleset"]["extends"]
        if bases:
            named = ", ".join(bases)
            yield from self.wrapped(2, "overlay", bases=named)

    def coverage(self, coverage: Document) -> Lines:
        """Yield how much the cases reach, and everything that none of them does.

        A goal is a state of a rule, a tier, a way through a formula, or one side of an edge.
        """
        sums = {key: coverage[key] for key in COVERAGE_SUMS}
        yield from self.wrapped(2, "coverage", **sums)
        for kind, count in coverage["kinds"].items():
            if count["goals"]:
                yield from self.wrapped(4, kind, **count)
        for goal in coverage["missed"]:
            key = MISSED_GOALS[goal["kind"]]
            arguments = {**goal, "side": self.side(goal)}
            yield from self.wrapped(4, key, **arguments)

    def side(self, goal: Document) -> str:
        """Return on which side of an edge a figure is wanted, or the way of a formula as it is."""
        if goal["kind"] == "edge":
            return self.say(goal["side"])
        return str(goal["side"])


def _expectation(expectation: Document) -> dict[str, str]:
    """Return what was expected and what came out; a dash where there is nothing."""
    words = {}
    for key in ("path", "expected", "got"):
        value = expectation[key]
        if value is None:
            value = "–"
        words[key] = value
    return words
