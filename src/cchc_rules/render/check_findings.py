"""Views of what a check found, for machines: JSON, SARIF 2.1.0, and the commands of GitHub's
workflows.
"""

import json
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

FORMATS = ("json", "sarif", "github")
SARIF = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def render(document: Mapping[str, Any], form: str) -> str:
    """Return the document of a check in one of `FORMATS`; an empty text where GitHub has nothing to
    be told.
    """
    if form == "github":
        return "".join(
            f"{_command(problem, document['language'])}\n"
            for problem in document["problems"]
        )
    shown = _sarif(document) if form == "sarif" else document
    return json.dumps(shown, ensure_ascii=False, indent=2) + "\n"


def _level(problem: Mapping[str, Any]) -> str:
    return "warning" if problem["warning"] else "error"


def _said(part: Mapping[str, Any], lang: str) -> str:
    return f"{part['what'][lang]} {part['fix'][lang]}"


# GitHub --------------------------------------------------------------------------------------------------------------


def _command(problem: Mapping[str, Any], lang: str) -> str:
    """Return the workflow command that marks a problem in a pull request."""
    marks = {
        "file": problem["file"],
        "line": problem["line"],
        "title": f"cchc-rules {problem['code']}",
    }
    said = ",".join(
        f"{key}={_property(str(value))}"
        for key, value in marks.items()
        if value is not None
    )
    place = f"{problem['place']}: " if problem["place"] else ""
    return f"::{_level(problem)} {said}::{_data(place + _said(problem, lang))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


# SARIF ---------------------------------------------------------------------------------------------------------------


def _sarif(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document as a SARIF log of one run."""
    lang = document["language"]
    codes = list(document["codes"])
    driver = {**document["engine"], "language": lang}
    driver["rules"] = [
        _rule(code, words, lang) for code, words in document["codes"].items()
    ]
    results = [
        _result(problem, codes.index(problem["code"]), lang)
        for problem in document["problems"]
    ]
    run = {
        "tool": {"driver": driver},
        "language": lang,
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    return {"$schema": SARIF, "version": "2.1.0", "runs": [run]}


def _rule(code: str, words: Mapping[str, Any], lang: str) -> dict[str, Any]:
    return {
        "id": code,
        "shortDescription": {"text": words["what"][lang]},
        "help": {"text": words["fix"][lang]},
        "properties": {"what": words["what"], "fix": words["fix"]},
    }


def _result(problem: Mapping[str, Any], index: int, lang: str) -> dict[str, Any]:
    return {
        "ruleId": problem["code"],
        "ruleIndex": index,
        "level": _level(problem),
        "message": {"text": _said(problem, lang)},
        "locations": _locations(problem),
        "properties": {key: problem[key] for key in ("source", "path", "what", "fix")},
    }


def _locations(problem: Mapping[str, Any]) -> list[Any]:
    if problem["file"] is None:
        return []
    place: dict[str, Any] = {
        "artifactLocation": {"uri": _uri(PurePath(problem["file"]))}
    }
    if problem["line"] is not None:
        place["region"] = {"startLine": problem["line"]}
    named = (
        {"logicalLocations": [{"fullyQualifiedName": problem["place"]}]}
        if problem["place"]
        else {}
    )
    return [{"physicalLocation": place, **named}]


def _uri(path: PurePath) -> str:
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())
