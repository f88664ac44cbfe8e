"""Printing rule sets and reading reports back: what is printed parses to the same thing."""

import json
from collections.abc import Iterable, Mapping
from json.encoder import encode_basestring
from pathlib import Path
from typing import Any

from cchc_rules.base.problem import Problem, ReportError, SubmissionError, quoted
from cchc_rules.rules.model import RuleSet
from cchc_rules.submissions.submission import file_text, parse_json

# What every report has had since format 1. Keys that came later may be absent from an older one.
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
    """Return a rule set as TOML text, which `parse_rules` reads back to the same rule set.

    Args:
        rules: The rule set. Where it was laid over others, the text holds what came of them all.

    >>> from cchc_rules import load_rules, parse_rules
    >>> rules = load_rules("example-access-to-law")
    >>> parse_rules(dump_rules(rules)).document == rules.document
    True
    """
    return toml_text(rules.document)


def toml_text(document: Mapping[str, Any]) -> str:
    """Return a document as TOML text, its Decimals digit for digit.

    >>> from decimal import Decimal
    >>> toml_text({"weight": Decimal("1.50")})
    'weight = 1.50\\n'
    """
    import tomli_w  # noqa: PLC0415 - only for printing

    return tomli_w.dumps(document)


def load_report(path: str | Path) -> dict[str, Any]:
    """Return the document of a report file, as `print_report` wrote it.

    Args:
        path: The JSON file.

    Returns:
        The report document; points are decimal strings.

    Raises:
        ReportError: The file cannot be read, is no JSON, or lacks keys of a report.

    >>> load_report("no-such-report.json")
    Traceback (most recent call last):
        ...
    cchc_rules.base.problem.ReportError: ...
    """
    try:
        text, _ = file_text(Path(path))
    except SubmissionError as error:
        raise ReportError(error.problems) from None
    return parse_report(text, name=str(path))


def parse_report(text: str, *, name: str = "") -> dict[str, Any]:
    """Return the document of a printed report.

    Args:
        text: The report as JSON text.
        name: The name of its file, for what is said of its problems.

    Raises:
        ReportError: The text is no JSON, or lacks keys of a report.

    >>> from cchc_rules import load_measurements, load_rules, score
    >>> rules = load_rules("example-access-to-law")
    >>> submission = {"format": 1, "ruleset": rules.id, "unit": "Commune A",
    ...               "period": "2023-07-01/2024-06-30", "measurements": {}}
    >>> content = score(rules, load_measurements(submission, rules)).to_dict()
    >>> parse_report(print_report(content)) == content
    True
    """
    problems: list[Problem] = []
    try:
        content = parse_json(text, name, problems)
    except SubmissionError as error:
        raise ReportError(error.problems) from None
    return checked_report(content, name, problems)


def checked_report(
    content: object,
    name: str = "",
    problems: Iterable[Problem] = (),
) -> dict[str, Any]:
    """Return parsed JSON that has the keys of a report document.

    Args:
        content: What was parsed.
        name: The name of its file, for what is said of its problems.
        problems: What was already found wrong while parsing.

    Raises:
        ReportError: Anything is wrong; it holds all problems, those found earlier first.
    """
    every_problem = list(problems)
    if not isinstance(content, dict):
        arguments = {"given": quoted(content)}
        every_problem.append(Problem("not-an-object", (), arguments, name))
        raise ReportError(every_problem)
    for key in _KEYS:
        if key not in content:
            every_problem.append(Problem("missing-key", (), {"key": key}, name))
    if every_problem:
        raise ReportError(every_problem)
    return content


def print_report(document: Mapping[str, Any]) -> str:
    """Return a report document as JSON text: the same document always gives the same bytes.

    >>> print_report({"unit": "xã"})
    '{\\n  "unit": "xã"\\n}\\n'
    """
    return indented(document, "\n") + "\n"


class _OtherDataError(Exception):
    """A value is of a class that a document seldom has."""


def indented(value: object, newline: str) -> str:
    """Return a value of a document as JSON text, indented by two blanks a level.

    Args:
        value: Plain data.
        newline: The line break with the indent of the line that the value begins on.

    >>> indented(["xã"], "\\n    ")
    '[\\n      "xã"\\n    ]'
    """
    try:
        return _indented(value, newline)
    except _OtherDataError:
        # Vietnamese letters are written as they are, so that people can read and search the file.
        text = json.dumps(value, ensure_ascii=False, indent=2)
        # Line breaks of a text are written as signs, so that these are those of the layout.
        return text.replace("\n", newline)


def _indented(value: object, newline: str) -> str:
    """Return what `json.dumps` with an indent of two returns, several times as fast.

    The standard library writes with an indent only in Python, piece by piece; here every table and
    every list is one text.

    Args:
        value: Plain data.
        newline: The line break with the indent of the line that the value begins on.

    Raises:
        _OtherDataError: The value holds something that is not told by its class alone.
    """
    kind = value.__class__
    # Every line inside is two blanks further in than the one that the value begins on.
    inside = newline + "  "
    if kind is dict:
        if not value:
            return "{}"
        members = []
        for key, item in value.items():  # type: ignore[attr-defined]
            if key.__class__ is not str:
                raise _OtherDataError
            # Most values are texts, which need no call of this function.
            if item.__class__ is str:
                text = encode_basestring(item)
            else:
                text = _indented(item, inside)
            members.append(f"{encode_basestring(key)}: {text}")
        return f"{{{inside}{f',{inside}'.join(members)}{newline}}}"
    if kind is list:
        if not value:
            return "[]"
        items = [_indented(item, inside) for item in value]  # type: ignore[attr-defined]
        return f"[{inside}{f',{inside}'.join(items)}{newline}]"
    if kind is str:
        return encode_basestring(value)  # type: ignore[arg-type]
    if value is None:
        return "null"
    if kind is bool:
        return "true" if value else "false"
    if kind is int:
        return str(value)
    raise _OtherDataError
