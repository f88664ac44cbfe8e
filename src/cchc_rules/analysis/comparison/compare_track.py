"""`compare_track`: what a commune gave itself against what another track gave, rule by rule."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from cchc_rules.analysis.comparison.compare import BROKEN, broken, read_side
from cchc_rules.analysis.comparison.contributions import ZERO, exact, top
from cchc_rules.base import number
from cchc_rules.base.problem import Problem, SubmissionError, nearest, quoted
from cchc_rules.report.document import document as report_document
from cchc_rules.report.heading import Document, written
from cchc_rules.report.report import Report


def compare_track(
    report: Report | Mapping[str, Any], track: str, lang: str | None = None
) -> Document:
    """Return the document of a report's own points against those of one of its tracks, over the
    rules it scored.

    `report` is a `Report`, or the document of one. Raises `ReportError` when a document is no
    report, `SubmissionError` when it has no such track.
    """
    source = _document_of(report, lang)
    try:
        tracks = [str(item["id"]) for item in source["tracks"]]
        if track in tracks:
            return _Appraisal(source, track, lang or source["language"]).document()
    except BROKEN as error:
        raise broken(error) from None
    arguments = {"name": quoted(track), "nearest": nearest(track, tracks)}
    raise SubmissionError([Problem("unknown-track", (), arguments)])


def _document_of(
    report: Report | Mapping[str, Any], lang: str | None
) -> Mapping[str, Any]:
    if isinstance(report, Report):
        language = lang or report.language
        return report_document(report.scoring, language, gains=False)
    return read_side(report).document


_KEPT = ("id", "title", "source", "state", "required", "reported", "calculation")
"""What is said of a rule as its report says it."""


class _Appraisal:
    """Sets the points of a track beside the report's own."""

    def __init__(self, source: Mapping[str, Any], track: str, lang: str) -> None:
        self.source = source
        self.track = track
        self.lang = lang
        self.groups = {group["id"]: group for group in source["groups"]}
        self.with_points = [
            rule for rule in source["rules"] if rule["deduction"] != "none"
        ]
        self.scored = [
            rule for rule in self.with_points if rule["tracks"].get(track) is not None
        ]
        of_track = [number.places(self.track_points(rule)) or 0 for rule in self.scored]
        self.places = max([source["machine"]["places"], *of_track])

    def document(self) -> Document:
        rules = [self.rule(rule) for rule in self.scored]
        differing = [rule for rule in rules if rule["difference"] != self.points(ZERO)]
        return {
            **written(self.lang),
            "kind": "track",
            "unit": self.source["measurements"]["unit"],
            "period": self.source["measurements"]["period"],
            "as_of": self.source["as_of"],
            "track": self.track,
            "total": self.sums(self.scored),
            "areas": list(self.areas()),
            "rules": sorted(differing, key=_largest_difference_first),
            "unscored": [
                rule["id"] for rule in self.with_points if rule not in self.scored
            ],
            "counts": self.counts(differing),
        }

    def counts(self, differing: list[Document]) -> Document:
        """Return how many rules the track scored, and how many of them otherwise."""
        lower = [rule for rule in differing if rule["difference"].startswith("-")]
        return {
            "scored": len(self.scored),
            "agreed": len(self.scored) - len(differing),
            "lower": len(lower),
            "higher": len(differing) - len(lower),
            "unscored": len(self.with_points) - len(self.scored),
        }

    def track_points(self, rule: Mapping[str, Any]) -> Fraction:
        return exact(rule["tracks"][self.track])

    def points(self, points: Fraction) -> str:
        return number.fixed(int(points * 10**self.places), self.places)

    def sums(self, rules: Iterable[Mapping[str, Any]]) -> Document:
        """Return the points of some rules by the report and by the track, and how far the track
        lies above.
        """
        by_report = by_track = maximum = ZERO
        for rule in rules:
            by_report += exact(rule["earned"])
            by_track += self.track_points(rule)
            maximum += exact(rule["maximum"])
        return {
            "self": self.points(by_report),
            "track": self.points(by_track),
            "maximum": self.points(maximum),
            "difference": self.points(by_track - by_report),
        }

    def areas(self) -> Iterable[Document]:
        """Yield the areas in which the track scored anything, in the order of the file."""
        members: dict[str, list[Mapping[str, Any]]] = {}
        for rule in self.scored:
            members.setdefault(self.area_of(rule), []).append(rule)
        for id_, group in self.groups.items():
            if id_ in members:
                yield {
                    "id": id_,
                    "title": group["title"],
                    "scored": len(members[id_]),
                    **self.sums(members[id_]),
                }

    def area_of(self, rule: Mapping[str, Any]) -> str:
        return str(top(self.groups, rule["group"])["id"])

    def rule(self, rule: Mapping[str, Any]) -> Document:
        kept = {key: rule[key] for key in _KEPT}
        # Reports that were written before reasons were kept have none.
        reasons = rule.get("track_reasons", {})
        return {
            **kept,
            "area": self.area_of(rule),
            **self.sums([rule]),
            "reason": reasons.get(self.track),
        }


def _largest_difference_first(rule: Document) -> tuple[Fraction, str]:
    return -abs(Fraction(rule["difference"])), rule["id"]
