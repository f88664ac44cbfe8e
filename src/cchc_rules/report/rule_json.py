"""The JSON text of the rules of a report: canonical for the digest, and printed for people.

Of a rule's forty fields a submission decides fifteen. Titles, clauses, tasks and the machine form
are the same for a thousand communes, so their text is written once for a rule set and a language,
as a frame with a gap wherever figures decide:

    "deduction": "proportional",
    "reason": %s,
    "required": %s,

What a gap takes is written with each submission. Both texts are those that `json.dumps` would give
of the whole document; tests hold them against it.
"""

import json
from collections.abc import Callable, Iterable
from functools import partial
from json.encoder import encode_basestring
from typing import Any, NamedTuple, TypeAlias

from cchc_rules.report.printing import indented

Document = dict[str, Any]

Parts: TypeAlias = tuple[str, ...]
"""The text before the gains, from there to the tracks, and after them."""

WRITTEN_ANEW = ("gains", "tracks", "track_reasons")
"""The keys of a rule that hang on more than the rule: nothing of them is kept."""

canonical = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":")
).encode
"""Writes plain data in the form of which digests are taken: keys sorted, no spaces."""


class Form(NamedTuple):
    """One of the two ways in which a rule is written as JSON."""

    ordered: Callable[[Iterable[str]], Iterable[str]]
    """Brings the keys of a rule in the order in which they are written."""
    nested: Callable[[object], str]
    """Writes a value that is no text."""
    colon: str
    comma: str
    opening: str
    closing: str

    def value(self, value: object) -> str:
        """Return the text of a value of a rule."""
        # Texts, nearly all values, need no encoder that looks for others inside them.
        if value.__class__ is str:
            return encode_basestring(value)
        if value is None:
            return "null"
        return self.nested(value)

    def member(self, key: str, text: str) -> str:
        """Return a key with the text of its value."""
        return f'"{key}"{self.colon}{text}'


_LINE = "\n      "
"""A rule stands in the list of a document, so that its keys are three steps further in."""

CANONICAL = Form(sorted, canonical, ":", ",", "{", "}")
PRINTED = Form(
    iter,
    partial(indented, newline=_LINE),
    ": ",
    f",{_LINE}",
    f"{{{_LINE}",
    _LINE.removesuffix("  ") + "}",
)


class Frame:
    """The text of one rule in one form, with a gap wherever a submission decides.

    Args:
        form: How the rule is written.
        template: All keys of the rule, with None at what figures decide.
    """

    def __init__(self, form: Form, template: Document) -> None:
        self.form = form
        # Each part ends where something is written anew.
        parts: list[list[str]] = [[]]
        for key in form.ordered(template):
            if key not in WRITTEN_ANEW:
                parts[-1].append(key)
            elif parts[-1]:
                parts.append([])
        self._parts = [self._part(template, keys) for keys in parts]

    def _part(self, template: Document, keys: list[str]) -> tuple[str, list[str]]:
        """Return the text of some keys with its gaps, and the keys whose values these take."""
        form = self.form
        members = []
        for key in keys:
            # A title that has a per cent sign must not be taken for a gap.
            text = form.value(template[key]).replace("%", "%%")
            if template[key] is None:
                text = "%s"
            members.append(form.member(key, text))
        gaps = [key for key in keys if template[key] is None]
        return form.comma.join(members), gaps

    def filled(self, content: Document) -> Parts:
        """Return the text of a rule, in the parts between which something is written anew."""
        value = self.form.value
        return tuple(
            text % tuple([value(content[key]) for key in gaps])
            for text, gaps in self._parts
        )

    def whole(self, parts: Parts, content: Document) -> str:
        """Return the whole text of a rule.

        Args:
            parts: The text of what is kept, as `filled` gives it.
            content: What is written anew, by its keys.
        """
        form = self.form
        gains = form.member("gains", self._nested(content["gains"]))
        tracks = [
            form.member(key, self._nested(content[key]))
            for key in form.ordered(("tracks", "track_reasons"))
        ]
        before, between, after = parts
        members = form.comma.join((before, gains, between, *tracks, after))
        return f"{form.opening}{members}{form.closing}"

    def _nested(self, value: Document | list[Document]) -> str:
        # Most rules gain nothing and have no tracks.
        if not value:
            return str(value)
        return self.form.nested(value)
