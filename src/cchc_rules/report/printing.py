"""Printing rule sets and reading reports back: what is printed parses to the same thing."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from cchc_rules.base.problem import Problem, ReportError, SubmissionError, quoted
from cchc_rules.rules.model import RuleSet
from cchc_rules.submissions.submission import file_text, parse_json

_KEYS = (
    "format",
    "engine",
    "ruleset",
    "measurements",
    "as_of",
    "index",
    "band",
    "targets",
    "groups",
    "rules",
)


def dump_rules(rules: RuleSet) -> str:
    """Return the rule set as TOML text, overlays laid, which `parse_rules` reads back to the same
    rule set.
    """
    return toml_text(rules.document)


def toml_text(document: Mapping[str, Any]) -> str:
    """Return a document as TOML text, its Decimals digit for digit."""
    import tomli_w  # noqa: PLC0415 - only for printing

    return tomli_w.dumps(document)


def load_report(path: str | Path) -> dict[str, Any]:
    """Return the document of a report file; raise `ReportError` when it is none."""
    try:
        text, _ = file_text(Path(path))
    except SubmissionError as error:
        raise ReportError(error.problems) from None
    return parse_report(text, name=str(path))


def parse_report(text: str, *, name: str = "") -> dict[str, Any]:
    """Return the document of a printed report; raise `ReportError` when the text is none."""
    problems: list[Problem] = []
    try:
        content = parse_json(text, name, problems)
    except SubmissionError as error:
        raise ReportError(error.problems) from None
    return checked_report(content, name, problems)


def checked_report(
    content: object, name: str = "", problems: Iterable[Problem] = ()
) -> dict[str, Any]:
    """Return parsed JSON that has the keys of a report document; raise `ReportError` with all that
    is wrong.
    """
    found = list(problems)
    if not isinstance(content, dict):
        raise ReportError(
            [*found, Problem("not-an-object", (), {"given": quoted(content)}, name)]
        )
    found += [
        Problem("missing-key", (), {"key": key}, name)
        for key in _KEYS
        if key not in content
    ]
    if found:
        raise ReportError(found)
    return content


def print_report(document: Mapping[str, Any]) -> str:
    """Return a report document as JSON text: the same document always gives the same bytes."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
