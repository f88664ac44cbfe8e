"""Views of the document of a plan, what would win points back: text, Markdown, JSON.

They lay out what the document says.
"""

import textwrap

from cchc_rules.render.display import Document, Facts, Lines, Words, safe, safe_list
from cchc_rules.render.markdown import heading, pairs, plain
from cchc_rules.render.text import WORDS_INDENT, TextLayout, joined
from cchc_rules.report.printing import print_report

FORMATS = ("text", "markdown", "json")


def render(document: Document, form: str, *, width: int = 100) -> str:
    """Return the document of a plan in one of `FORMATS`.

    Args:
        document: what would win points back, and the fewest changes that lead to a goal.
        form: one of `FORMATS`.
        width: how many characters a line of the text may have; the other forms have no width.

    Returns:
        The view, with a line end at its end.
    """
    if form == "json":
        return print_report(document)
    view = _PlanView(document)
    if form == "markdown":
        return joined(_markdown(view))
    return joined(_PlanText(view, width).lines())


class _PlanView(Words):
    """Says the parts of the document, for every view alike."""

    def head(self) -> Facts:
        """Yield whose plan it is, where the index stands, and where the steps lead."""
        document = self.document
        submission = document["measurements"]
        ruleset = document["ruleset"]
        as_of = self.date(document["as_of"])
        period = self.say("period-line", period=submission["period"], as_of=as_of)
        name = f"{ruleset['id']} {ruleset['version']} – {ruleset['title']}"
        yield self.say("unit"), safe(submission["unit"])
        yield self.say("period"), period
        yield self.say("ruleset"), safe(name)
        for change in submission["changes"]:
            yield self.say("tried"), safe(change["text"])
        yield self.say("now"), self.index_with_band(document["now"])
        # Without steps the goal is reached already, or out of reach: there is no “then”.
        if document["steps"]:
            yield self.say("then"), self.index_with_band(document["then"])
        yield self.say("goal"), safe(document["text"])

    def index_with_band(self, standing: Document) -> str:
        """Return an index with the band that it is in, or that there is none."""
        if standing["value"] is None:
            return self.say("too-little")
        value = self.number(standing["value"])
        if not standing["band"]:
            return value
        return f"{value} – {safe(standing['band']['title'])}"

    def title(self, change: Document) -> str:
        """Return the name of the rule that a change improves, with its clauses."""
        title = safe(change["title"])
        clauses = safe_list(change["source"])
        return f"{title} ({clauses})"

    def change(self, change: Document) -> str:
        """Return what becomes of the figure; one that is missing counts as the best."""
        words = safe(change["text"])
        # Nobody knows what a missing figure will be. A plan needs it at its best, and says so.
        if change["missing"]:
            return self.say("counted-best", text=words)
        return words

    def step(self, step: Document) -> Facts:
        """Yield what is said of a step."""
        yield self.say("figure-change"), self.change(step)
        yield self.say("won"), self.number(step["points"])
        if step["value"] is not None:
            yield self.say("after"), self.number(step["value"])
        # What the plan itself orders for the rule; a rule without a remedy has none of these.
        for key in ("task", "lead", "due"):
            if step[key]:
                yield self.say(key), safe(step[key])

    def gain(self, change: Document) -> str:
        """Return what a change alone would bring, and what it takes.

        Gains of several changes need not add up: rounding, caps and gates lie between them. Only
        the steps, each reckoned on top of those before it, say what comes of all together.
        """
        index = self.number(change["index"])
        parts = [self.say("rise", text=self.change(change), index=index)]
        # Effort is what the rule set says of it; without it gains are not set against anything.
        if change["effort"]:
            effort = self.number(change["effort"])
            rate = self.number(change["per_effort"])
            parts.append(self.say("effort", effort=effort, rate=rate))
        if change["behind"]:
            gates = ", ".join(change["behind"])
            parts.append(self.say("behind", rules=gates))
        return "; ".join(parts)


class _PlanText(TextLayout):
    """Lays out a plan for a terminal or a pipe."""

    def __init__(self, view: _PlanView, width: int) -> None:
        super().__init__(width, colour=False)
        self.view = view

    def lines(self) -> Lines:
        """Yield every line."""
        view = self.view
        yield view.say("plan").upper()
        yield from self.pairs(view.head())
        yield from self.steps()
        yield ""
        yield view.say("mendable").upper()
        changes = view.document["mendable"]
        if not changes:
            yield view.say("nothing-mendable")
        for number, change in enumerate(changes, start=1):
            yield from self.hanging(f"{number}. ", view.title(change))
            yield from self.hanging("   ", view.gain(change))

    def steps(self) -> Lines:
        """Yield the steps that lead to the goal, one after the other."""
        view = self.view
        steps = view.document["steps"]
        if steps:
            yield ""
            yield view.say("steps").upper()
        for number, step in enumerate(steps, start=1):
            yield ""
            yield from self.hanging(f"{number}. ", view.title(step))
            yield from self.pairs(view.step(step), indent=WORDS_INDENT)

    def hanging(self, head: str, words: str) -> Lines:
        """Yield words behind a head, a number say; words that do not fit go on below themselves."""
        yield from textwrap.wrap(
            words,
            self.width,
            initial_indent=head,
            subsequent_indent=" " * len(head),
            break_on_hyphens=False,
        )


def _markdown(view: _PlanView) -> Lines:
    document = view.document
    yield f"# {view.say('plan')}"
    yield ""
    yield from pairs(view.head())
    if document["steps"]:
        yield ""
        yield f"## {view.say('steps')}"
    for number, step in enumerate(document["steps"], start=1):
        title = plain(view.title(step))
        yield from heading(f"{number}. {title}", level=3)
        yield from pairs(view.step(step))
    yield from heading(view.say("mendable"))
    if not document["mendable"]:
        yield view.say("nothing-mendable")
    # Each of these is reckoned alone, as if nothing else changed.
    for number, change in enumerate(document["mendable"], start=1):
        title = plain(view.title(change))
        gain = plain(view.gain(change))
        yield f"{number}. **{title}**: {gain}"
