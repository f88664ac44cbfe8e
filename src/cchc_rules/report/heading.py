"""The head of every document: what wrote it, by which rule set, over which submission."""

from functools import lru_cache
from importlib.metadata import version
from typing import Any

from cchc_rules.report.result_text import ResultText
from cchc_rules.rules.model import RuleSet

# What every document is: plain data with text keys, as JSON has it.
Document = dict[str, Any]


def written(lang: str) -> Document:
    """Return what every document begins with: its format, its language and what wrote it.

    Args:
        lang: The language of the document's texts: `"vi"` or `"en"`.

    >>> head = written("vi")
    >>> head["format"], head["language"], head["engine"]["name"]
    (1, 'vi', 'cchc-rules')
    """
    return {
        "format": 1,
        "language": lang,
        "engine": {"name": "cchc-rules", "version": _version()},
    }


@lru_cache(maxsize=1)
def _version() -> str:
    """Return the version of the package, which is looked for in its files only once."""
    return version("cchc-rules")


def scored(speaker: ResultText) -> Document:
    """Return the head of a document about one scoring: what wrote it, the rule set, the submission
    and the day.

    Args:
        speaker: Says the values of that scoring, in the language of the document.

    Returns:
        The head; `as_of` is the day of judgement, an ISO date.
    """
    scoring = speaker.scoring
    # The order of the keys is the order in which JSON shows them, and part of the format.
    return {
        **written(speaker.lang),
        "ruleset": ruleset(scoring.rules, speaker.lang),
        "measurements": measurements(speaker),
        "as_of": scoring.as_of.isoformat(),
    }


def ruleset(rules: RuleSet, lang: str) -> Document:
    """Return which rule set a document is about.

    Args:
        rules: The rule set.
        lang: The language of its title: `"vi"` or `"en"`.

    Returns:
        Its id, version and title, and the digest of its contents, by which two rule sets of one
        version are told apart.

    >>> from cchc_rules import load_rules
    >>> ruleset(load_rules("example-access-to-law"), "en")["id"]
    'example-access-to-law'
    """
    return {
        "id": rules.id,
        "version": rules.version,
        "sha256": rules.sha256,
        "title": rules.title.of(lang),
    }


def measurements(speaker: ResultText) -> Document:
    """Return which submission was scored, with the metrics that were changed to try them.

    Args:
        speaker: Says the values of the scoring, in the language of the document.

    Returns:
        The unit, the period and the digest of the submission; `changes` is empty but for a what-if.
    """
    submission = speaker.scoring.measurements
    metrics = speaker.scoring.rules.metrics
    changes = []
    # A report of figures that were only tried says so, so that nobody hands it in for a true one.
    for name in submission.changes:
        title = metrics[name].title.of(speaker.lang)
        text = f"{title}: {speaker.figure(name)}"
        changes.append({"metric": name, "text": text})
    return {
        "unit": submission.unit,
        "unit_kind": submission.unit_kind,
        "period": submission.period,
        "sha256": submission.sha256,
        "note": submission.note,
        "changes": changes,
    }
