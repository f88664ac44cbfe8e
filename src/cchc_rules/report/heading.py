"""The head of every document: what wrote it, by which rule set, over which submission."""

from importlib.metadata import version
from typing import Any

from cchc_rules.report.result_text import ResultText
from cchc_rules.rules.model import RuleSet

Document = dict[str, Any]


def written(lang: str) -> Document:
    """Return what every document begins with: its format, its language and what wrote it."""
    return {
        "format": 1,
        "language": lang,
        "engine": {"name": "cchc-rules", "version": version("cchc-rules")},
    }


def scored(speaker: ResultText) -> Document:
    """Return the head of a document about one scoring: what wrote it, the rule set, the submission
    and the day.
    """
    scoring = speaker.scoring
    return {
        **written(speaker.lang),
        "ruleset": ruleset(scoring.rules, speaker.lang),
        "measurements": measurements(speaker),
        "as_of": scoring.as_of.isoformat(),
    }


def ruleset(rules: RuleSet, lang: str) -> Document:
    """Return which rule set a document is about."""
    return {
        "id": rules.id,
        "version": rules.version,
        "sha256": rules.sha256,
        "title": rules.title.of(lang),
    }


def measurements(speaker: ResultText) -> Document:
    """Return what was scored: whose figures they are, and those that were changed to try them."""
    found = speaker.scoring.measurements
    metrics = speaker.scoring.rules.metrics
    return {
        "unit": found.unit,
        "unit_kind": found.unit_kind,
        "period": found.period,
        "sha256": found.sha256,
        "note": found.note,
        "changes": [
            {
                "metric": name,
                "text": f"{metrics[name].title.of(speaker.lang)}: {speaker.figure(name)}",
            }
            for name in found.changes
        ],
    }
