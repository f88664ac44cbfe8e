"""Views of what a check found, for machines: JSON, SARIF 2.1.0, and the commands of GitHub's
workflows.

SARIF is the OASIS standard for results of static analysis; a workflow command is a line of output
with which GitHub marks a line of a pull request.
"""

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from cchc_rules.render.display import Document
from cchc_rules.report.printing import print_report

FORMATS = ("json", "sarif", "github")
SARIF = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def render(document: Document, form: str) -> str:
    """Return the document of a check in one of `FORMATS`.

    Args:
        document: the problems that a check found, in both languages.
        form: one of `FORMATS`.

    Returns:
        The view, with a line end at its end. Where nothing was found, the form for GitHub is an
        empty text.
    """
    if form == "json":
        return print_report(document)
    if form == "sarif":
        return print_report(_sarif(document))
    lang = document["language"]
    commands = (_workflow_command(problem, lang) for problem in document["problems"])
    return "".join(f"{command}\n" for command in commands)


def _level(problem: Document) -> str:
    """Return how grave a problem is, in words that GitHub and SARIF share."""
    if problem["warning"]:
        return "warning"
    return "error"


def _words(problem: Document, lang: str) -> str:
    return f"{problem['what'][lang]} {problem['fix'][lang]}"


# GitHub: docs.github.com/actions, "Workflow commands"


def _workflow_command(problem: Document, lang: str) -> str:
    """Return the workflow command that marks a problem in a pull request."""
    properties = {
        "file": problem["file"],
        "line": problem["line"],
        "title": f"cchc-rules {problem['code']}",
    }
    known = []
    for key, value in properties.items():
        if value is not None:
            known.append(f"{key}={_escaped_property(str(value))}")
    written = ",".join(known)
    words = _words(problem, lang)
    if problem["place"]:
        words = f"{problem['place']}: {words}"
    return f"::{_level(problem)} {written}::{_escaped(words)}"


def _escaped(text: str) -> str:
    """Return a text that ends neither the line nor the command.

    >>> _escaped("50 %")
    '50 %25'
    """
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escaped_property(text: str) -> str:
    """Return a text that ends no property either.

    >>> _escaped_property("C:\\\\rules, new")
    'C%3A\\\\rules%2C new'
    """
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")


# SARIF


def _sarif(document: Document) -> dict[str, Any]:
    """Return the document as a SARIF log of one run."""
    lang = document["language"]
    codes: Mapping[str, Any] = document["codes"]
    rules = []
    # A result names its rule by id and by its position among the rules.
    positions = {}
    for position, (code, words) in enumerate(codes.items()):
        rules.append(_sarif_rule(code, words, lang))
        positions[code] = position
    results = []
    for problem in document["problems"]:
        position = positions[problem["code"]]
        results.append(_sarif_result(problem, position, lang))
    driver = {
        **document["engine"],
        "language": lang,
        "rules": rules,
    }
    run = {
        "tool": {"driver": driver},
        "language": lang,
        # Columns would else be counted in UTF-16, the default of SARIF.
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    return {"$schema": SARIF, "version": "2.1.0", "runs": [run]}


def _sarif_rule(code: str, words: Document, lang: str) -> dict[str, Any]:
    """Return the description of a problem code, which SARIF calls a rule."""
    return {
        "id": code,
        "shortDescription": {"text": words["what"][lang]},
        "help": {"text": words["fix"][lang]},
        "properties": {"what": words["what"], "fix": words["fix"]},
    }


def _sarif_result(problem: Document, index: int, lang: str) -> dict[str, Any]:
    return {
        "ruleId": problem["code"],
        "ruleIndex": index,
        "level": _level(problem),
        "message": {"text": _words(problem, lang)},
        "locations": _locations(problem),
        "properties": {key: problem[key] for key in ("source", "path", "what", "fix")},
    }


def _locations(problem: Document) -> list[Any]:
    """Return where a problem stands: file, line and path of the key, as far as they are known."""
    if problem["file"] is None:
        return []
    uri = _uri(PurePath(problem["file"]))
    physical: dict[str, Any] = {"artifactLocation": {"uri": uri}}
    if problem["line"] is not None:
        physical["region"] = {"startLine": problem["line"]}
    location: dict[str, Any] = {"physicalLocation": physical}
    if problem["place"]:
        logical = {"fullyQualifiedName": problem["place"]}
        location["logicalLocations"] = [logical]
    return [location]


def _uri(path: PurePath) -> str:
    """Return a path as a URI; a relative one stays relative, to the root of the repository."""
    if path.is_absolute():
        return path.as_uri()
    return quote(path.as_posix())
