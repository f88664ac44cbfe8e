"""The JSON text of the rules of a report: canonical for the digest, and printed for people.

Of a rule's forty fields a submission decides fifteen. Titles, clauses, tasks and the machine form
are the same for a thousand communes, so their text is written once for a rule set and a language,
as a frame with a gap wherever figures decide:

    "deduction": "proportional",
    "reason": %(reason)s,
    "required": %(required)s,

What a gap takes is written with each submission. Both texts are those that `json.dumps` would give
of the whole document; tests hold them against it.
"""

import json
from collections.abc import Callable, Iterable
from functools import partial
from json.encoder import encode_basestring
from typing import Any, NamedTuple

from cchc_rules.report.printing import indented

Document = dict[str, Any]

WRITTEN_ANEW = ("gains", "tracks", "track_reasons")
"""The keys of a rule that hang on the whole submission."""

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
        # Most rules gain nothing and have no tracks.
        if not value and value is not False:
            return str(value)
        return self.nested(value)


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
        self._gaps = [
            key for key in template if template[key] is None and key not in WRITTEN_ANEW
        ]
        members = []
        for key in form.ordered(template):
            # A title that has a per cent sign must not be taken for a gap.
            text = form.value(template[key]).replace("%", "%%")
            if template[key] is None:
                text = f"%({key})s"
            members.append(f'"{key}"{form.colon}{text}')
        joined = form.comma.join(members)
        self._text = f"{form.opening}{joined}{form.closing}"

    def texts(self, content: Document) -> dict[str, str]:
        """Return the texts for the gaps that hang on the rule alone, by their keys."""
        value = self.form.value
        return {key: value(content[key]) for key in self._gaps}

    def filled(self, texts: dict[str, str], anew: Document) -> str:
        """Return the text of the rule, its gaps filled.

        Args:
            texts: What hangs on the rule alone, as `texts` gives it.
            anew: What hangs on the whole submission.
        """
        value = self.form.value
        # A table of its own: the texts are kept, and another thread may fill them in too.
        filling = texts | {key: value(anew[key]) for key in WRITTEN_ANEW}
        return self._text % filling
