"""What another version of an instrument does to those who are scored: who gains, who loses, who
changes band.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeAlias

from cchc_rules.analysis.comparison.compare import Comparison, compare_rules
from cchc_rules.analysis.comparison.crossing import under
from cchc_rules.base.problem import SubmissionError
from cchc_rules.report.report import Report
from cchc_rules.report.score import score
from cchc_rules.rules.model import RuleSet
from cchc_rules.submissions.binding import load_measurements

Document: TypeAlias = dict[str, Any]

MOST_RULES = 5
"""So many rules are named for each unit, those that moved it most."""


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
    nothing. `watch` is told how many are done.
    """
    lang = lang or new.language
    units = []
    refused = []
    for done, path in enumerate(paths):
        watch(done)
        try:
            units.append(_unit(path, *_reports(path, old, new), lang))
        except SubmissionError as error:
            refused.append(
                {
                    "file": path.name,
                    "problems": [problem.text(lang) for problem in error.problems],
                }
            )
    return {
        "format": 1,
        "kind": "impact",
        "language": lang,
        "before": {
            "id": old.id,
            "version": old.version,
            "title": old.title.of(lang),
            "sha256": old.sha256,
        },
        "after": {
            "id": new.id,
            "version": new.version,
            "title": new.title.of(lang),
            "sha256": new.sha256,
        },
        "counts": _counts(units, refused),
        "units": sorted(
            units, key=lambda unit: (Decimal(unit["change"]), unit["file"])
        ),
        "rules": _rules(units),
        "refused": refused,
    }


def _reports(path: Path, old: RuleSet, new: RuleSet) -> tuple[Report, Report]:
    """Return the reports of a submission under both rule sets."""
    found = load_measurements(path)
    if not old.reads_submissions_for(found.ruleset) and new.reads_submissions_for(
        found.ruleset
    ):
        found = replace(found, ruleset=old.id)
    before = score(old, found)
    crossed = under(new, before)
    if crossed.report is None:
        raise SubmissionError(crossed.problems)
    return before, crossed.report


def _unit(path: Path, before: Report, after: Report, lang: str) -> Document:
    moved = compare_rules(before, after)
    bands = [report.band for report in (before, after)]
    return {
        "file": path.name,
        "unit": before.scoring.measurements.unit,
        "period": before.scoring.measurements.period,
        "before": str(before.index.value),
        "after": str(after.index.value),
        "change": str(moved.change),
        "band_before": bands[0] and bands[0].title.of(lang),
        "band_after": bands[1] and bands[1].title.of(lang),
        "band_moved": (bands[0] and bands[0].id) != (bands[1] and bands[1].id),
        "rules": _moves(moved, before, after, lang),
    }


def _moves(
    moved: Comparison, before: Report, after: Report, lang: str
) -> list[Document]:
    """Return the rules that moved the index, the largest first."""
    known = {**before.scoring.rules.rules, **after.scoring.rules.rules}
    moves = sorted(moved.by_rule.items(), key=lambda item: (-abs(item[1]), item[0]))
    return [
        {"id": id_, "title": known[id_].title.of(lang), "change": str(points)}
        for id_, points in moves
        if points
    ]


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
    """Return what each rule does to all units together, the largest first."""
    sums: dict[str, Decimal] = {}
    counts: dict[str, int] = {}
    titles: dict[str, str] = {}
    for unit in units:
        for move in unit["rules"]:
            id_ = move["id"]
            titles[id_], counts[id_] = move["title"], counts.get(id_, 0) + 1
            sums[id_] = sums.get(id_, Decimal(0)) + Decimal(move["change"])
        unit["rules"] = unit["rules"][:MOST_RULES]
    order = sorted(sums, key=lambda id_: (-abs(sums[id_]), id_))
    return [
        {
            "id": id_,
            "title": titles[id_],
            "change": str(sums[id_]),
            "units": counts[id_],
        }
        for id_ in order
    ]
