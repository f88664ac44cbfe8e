"""What another version of an instrument does to those who are scored: who gains, who loses, who
changes band.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeAlias

from cchc_rules.analysis.comparison.compare import Comparison, compare_rules
from cchc_rules.analysis.comparison.crossing import under
from cchc_rules.analysis.versions.difference import version_names
from cchc_rules.base.problem import SubmissionError
from cchc_rules.report.report import Report
from cchc_rules.report.score import score
from cchc_rules.rules.model import RuleSet
from cchc_rules.submissions.binding import load_measurements

Document: TypeAlias = dict[str, Any]

MOST_RULES = 5
"""How many rules are named for each unit at most, those that moved it most."""


def impact(
    old: RuleSet,
    new: RuleSet,
    paths: Iterable[Path],
    lang: str | None = None,
    *,
    watch: Callable[[int], None] = lambda _: None,
) -> Document:
    """Return the document of what a new version does to submissions; docs/reference/difference.md
    describes it.

    Each is scored under both rule sets. One that either refuses is listed with the reason and stops
    nothing.

    Args:
        old: The version under which the submissions were made, as a rule.
        new: The version that is asked about.
        paths: The files of the submissions.
        lang: The language of its texts; that of the new version where none is given.
        watch: Told before each submission how many are done.
    """
    lang = lang or new.language
    units = []
    refused = []
    for done, path in enumerate(paths):
        watch(done)
        try:
            before, after = _reports(path, old, new)
        except SubmissionError as error:
            problems = [problem.text(lang) for problem in error.problems]
            refused.append({"file": path.name, "problems": problems})
        else:
            units.append(_unit(path, before, after, lang))
    return {
        "format": 1,
        "kind": "impact",
        "language": lang,
        "before": version_names(old, lang),
        "after": version_names(new, lang),
        "counts": _counts(units, refused),
        "units": sorted(units, key=_largest_loss_first),
        "rules": _rules(units),
        "refused": refused,
    }


def _largest_loss_first(unit: Document) -> tuple[Decimal, str]:
    return Decimal(unit["change"]), unit["file"]


def _reports(path: Path, old: RuleSet, new: RuleSet) -> tuple[Report, Report]:
    """Return the reports of a submission under both rule sets."""
    measurements = load_measurements(path)
    named = measurements.ruleset
    if not old.reads_submissions_for(named) and new.reads_submissions_for(named):
        # The submission was made for the new version, which the old one does not know.
        measurements = replace(measurements, ruleset=old.id)
    before = score(old, measurements)
    # As a comparison crosses them: figures that the new version does not ask for are left out, and
    # days move with its year.
    crossed = under(new, before)
    if crossed.report is None:
        raise SubmissionError(crossed.problems)
    return before, crossed.report


def _unit(
    path: Path,
    before: Report,
    after: Report,
    lang: str,
) -> Document:
    """Return what the new version does to one submission."""
    comparison = compare_rules(before, after)
    band_before = before.band
    band_after = after.band
    # Ids are compared: the new version may give a band another title.
    id_before = band_before and band_before.id
    id_after = band_after and band_after.id
    return {
        "file": path.name,
        "unit": before.scoring.measurements.unit,
        "period": before.scoring.measurements.period,
        "before": _shown(before),
        "after": _shown(after),
        "change": str(comparison.change),
        "band_before": band_before and band_before.title.of(lang),
        "band_after": band_after and band_after.title.of(lang),
        "band_moved": id_before != id_after,
        "rules": _rules_that_moved(comparison, before, after, lang),
    }


def _shown(report: Report) -> str | None:
    """Return the index of a report, None where it has none."""
    if report.index.value is None:
        return None
    return str(report.index.value)


def _rules_that_moved(
    comparison: Comparison,
    before: Report,
    after: Report,
    lang: str,
) -> list[Document]:
    """Return the rules that moved the index, the largest first."""
    rules = {**before.scoring.rules.rules, **after.scoring.rules.rules}
    changes = comparison.by_rule
    moved = []
    for id_ in _largest_first(changes):
        # A rule may have moved the index by less than shows.
        if not changes[id_]:
            continue
        title = rules[id_].title.of(lang)
        moved.append({"id": id_, "title": title, "change": str(changes[id_])})
    return moved


def _largest_first(changes: Mapping[str, Decimal]) -> list[str]:
    """Return the ids of changes, the largest in either direction first, then by id."""
    return sorted(changes, key=lambda id_: (-abs(changes[id_]), id_))


def _counts(units: list[Document], refused: list[Document]) -> Document:
    changes = [Decimal(unit["change"]) for unit in units]
    return {
        "scored": len(units),
        "refused": len(refused),
        "gain": sum(change > 0 for change in changes),
        "lose": sum(change < 0 for change in changes),
        "same": sum(change == 0 for change in changes),
        "band_moved": sum(unit["band_moved"] for unit in units),
        "change": str(sum(changes, Decimal(0))),
    }


def _rules(units: list[Document]) -> list[Document]:
    """Return what each rule does to all units together, the largest first.

    The rules of each unit are then cut to the first few: every one is in the sums.
    """
    # By the rule's id: what it moved all indices by, and how many of them.
    sums: dict[str, Decimal] = {}
    counts: dict[str, int] = {}
    titles: dict[str, str] = {}
    for unit in units:
        for move in unit["rules"]:
            id_ = move["id"]
            titles[id_] = move["title"]
            counts[id_] = counts.get(id_, 0) + 1
            change = Decimal(move["change"])
            sums[id_] = sums.get(id_, Decimal(0)) + change
        unit["rules"] = unit["rules"][:MOST_RULES]
    return [
        {
            "id": id_,
            "title": titles[id_],
            "change": str(sums[id_]),
            "units": counts[id_],
        }
        for id_ in _largest_first(sums)
    ]
