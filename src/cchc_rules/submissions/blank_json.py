"""The blank submission as JSON: every figure null, and a guide beside them.

Reading passes over the guide: it is for the person who fills the file in.
"""

import json
from typing import Any

from cchc_rules.base.messages import message
from cchc_rules.submissions.blank import Document


def template(document: Document) -> str:
    """Return the JSON text of a blank submission.

    `score` reads it as it stands, with every figure missing.

    Args:
        document: what `cchc_rules.submissions.blank.blank` returns.

    >>> from cchc_rules import load_rules
    >>> from cchc_rules.submissions.blank import blank
    >>> json.loads(template(blank(load_rules("cam-due-2023"))))["measurements"]["on_time"]
    {'numerator': None, 'denominator': None, 'evidence': [], 'note': None}
    """
    metrics = _metrics(document)
    # Null is a figure that is missing, so the file can be scored at any time on the way.
    content: dict[str, Any] = {
        "format": 1,
        "guide": _guide(document),
        "ruleset": document["ruleset"],
        "unit": message(document["language"], "form.unit-here"),
        "unit_kind": document["kind"],
        "period": document["period"],
        "as_of": None,
        "note": None,
        "measurements": {metric["id"]: _entry(metric) for metric in metrics},
        "points": {rule["id"]: None for rule in document["points"]},
        "absent": {},
        "tracks": {track["id"]: {} for track in document["tracks"]},
    }
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def _metrics(document: Document) -> list[Document]:
    return [
        metric
        for area in document["areas"]
        for officer in area["officers"]
        for metric in officer["metrics"]
    ]


def _entry(metric: Document) -> Document:
    # Only the keys that a metric takes: people fill in what they find.
    if metric["distinct"]:
        keys = ["items"]
    elif metric["ratio"]:
        keys = ["numerator", "denominator"]
    else:
        keys = ["value"]
    return {**dict.fromkeys(keys), "evidence": [], "note": None}


def _guide(document: Document) -> Document:
    """Return how to fill the file in, and what each of its keys asks for."""
    lang = document["language"]
    points = {}
    for rule in document["points"]:
        points[rule["id"]] = {key: rule[key] for key in _ASKED}
    return {
        "how": [message(lang, id_) for id_ in _HOW],
        "version": document["version"],
        "kinds": {kind["id"]: kind["title"] for kind in document["kinds"]},
        "measurements": _guide_to_metrics(document),
        "points": points,
        "absent": {block["id"]: block["title"] for block in document["blocks"]},
    }


def _guide_to_metrics(document: Document) -> Document:
    """Return what is said of each metric, by its id; what is empty is left out."""
    guide = {}
    for area in document["areas"]:
        for officer in area["officers"]:
            for metric in officer["metrics"]:
                words = {key: metric[key] for key in _SAID if metric[key]}
                # Whose figure it is, before what it is.
                head = {"area": area["title"], "lead": officer["lead"]}
                guide[metric["id"]] = head | words
    return guide


# The messages that say how to fill the file in, a sentence each.
_HOW = ("form.json-1", "form.json-2", "form.json-3", "form.json-4")

# What the guide says of a metric and of a rule: keys of the document, in the order of reading.
_SAID = (
    "title",
    "ratio",
    "unit",
    "allowed",
    "clauses",
    "evidence",
    "evidence_required",
)
_ASKED = ("title", "clauses", "lowest", "weight")
