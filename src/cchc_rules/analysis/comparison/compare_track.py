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

    Raises `ReportError` when a document is no report, `SubmissionError` when it has no such track.
    """
    if isinstance(report, Report):
        language = lang or report.language
        source = report_document(report.scoring, language, gains=False)
    else:
        source = read_side(report).document
    try:
        tracks = [str(item["id"]) for item in source["tracks"]]
        found = (
            _Appraisal(source, track, lang or source["language"]).document()
            if track in tracks
            else None
        )
    except BROKEN as error:
        raise broken(error) from None
    if found is None:
        raise SubmissionError(
            [
                Problem(
                    "unknown-track",
                    (),
                    {"name": quoted(track), "nearest": nearest(track, tracks)},
                )
            ]
        )
    return found


class _Appraisal:
    """Sets the points of a track beside the report's own."""

    def __init__(self, source: Mapping[str, Any], track: str, lang: str) -> None:
        self.source = source
        self.track = track
        self.lang = lang
        self.groups = {group["id"]: group for group in source["groups"]}
        self.leaves = [rule for rule in source["rules"] if rule["deduction"] != "none"]
        self.scored = [
            rule for rule in self.leaves if rule["tracks"].get(track) is not None
        ]
        self.places = max(
            [
                source["machine"]["places"],
                *(number.places(self.given(rule)) or 0 for rule in self.scored),
            ]
        )

    def document(self) -> Document:
        rules = [self.rule(rule) for rule in self.scored]
        apart = [rule for rule in rules if rule["difference"] != self.points(ZERO)]
        return {
            **written(self.lang),
            "kind": "track",
            "unit": self.source["measurements"]["unit"],
            "period": self.source["measurements"]["period"],
            "as_of": self.source["as_of"],
            "track": self.track,
            "total": self.sums(self.scored),
            "areas": list(self.areas()),
            "rules": sorted(
                apart, key=lambda rule: (-abs(Fraction(rule["difference"])), rule["id"])
            ),
            "unscored": [rule["id"] for rule in self.leaves if rule not in self.scored],
            "counts": {
                "scored": len(self.scored),
                "agreed": len(rules) - len(apart),
                "lower": sum(rule["difference"].startswith("-") for rule in apart),
                "higher": sum(not rule["difference"].startswith("-") for rule in apart),
                "unscored": len(self.leaves) - len(self.scored),
            },
        }

    def given(self, rule: Mapping[str, Any]) -> Fraction:
        return exact(rule["tracks"][self.track])

    def points(self, points: Fraction) -> str:
        return number.fixed(int(points * 10**self.places), self.places)

    def sums(self, rules: Iterable[Mapping[str, Any]]) -> Document:
        """Return the points of some rules by the report and by the track, and how far the track
        lies above.
        """
        rules = list(rules)
        own, given, most = (
            sum((part(rule) for rule in rules), ZERO)
            for part in (
                lambda rule: exact(rule["earned"]),
                self.given,
                lambda rule: exact(rule["maximum"]),
            )
        )
        return {
            "self": self.points(own),
            "track": self.points(given),
            "maximum": self.points(most),
            "difference": self.points(given - own),
        }

    def areas(self) -> Iterable[Document]:
        found: dict[str, list[Mapping[str, Any]]] = {}
        for rule in self.scored:
            found.setdefault(top(self.groups, rule["group"])["id"], []).append(rule)
        for id_ in (id_ for id_ in self.groups if id_ in found):
            yield {
                "id": id_,
                "title": self.groups[id_]["title"],
                "scored": len(found[id_]),
                **self.sums(found[id_]),
            }

    def rule(self, rule: Mapping[str, Any]) -> Document:
        kept = {
            key: rule[key]
            for key in (
                "id",
                "title",
                "source",
                "state",
                "required",
                "reported",
                "calculation",
            )
        }
        return (
            kept | {"area": top(self.groups, rule["group"])["id"]} | self.sums([rule])
        )
