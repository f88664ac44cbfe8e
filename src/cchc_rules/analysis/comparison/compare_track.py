"""`compare_track`: what a commune gave itself against what another track gave, rule by rule."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any, TypeAlias

from cchc_rules.analysis.comparison.compare import BROKEN, broken, read_side
from cchc_rules.analysis.comparison.contributions import ZERO, exact, top
from cchc_rules.base import number
from cchc_rules.base.problem import Problem, SubmissionError, nearest, quoted
from cchc_rules.report.document import document as report_document
from cchc_rules.report.heading import Document, written
from cchc_rules.report.report import Report
from cchc_rules.rules.deductions import KINDS

ReportPart: TypeAlias = Mapping[str, Any]
"""A part of a report document, be it scored here or read from a file."""


def compare_track(
    report: Report | ReportPart,
    track: str,
    lang: str | None = None,
) -> Document:
    """Return the document of a report's own points against those of one of its tracks, over the
    rules it scored.

    Args:
        report: A `Report`, or the document of one.
        track: The id of a column of points that others gave, such as an appraisal.
        lang: The language of the document, the report's own where none is given; the texts of a
            document that was read stay as they are.

    Returns:
        The document of docs/reference/comparison.md, points as text with as many places as the
        finer of the two sides.

    Raises:
        ReportError: When a document is no report.
        SubmissionError: When the report has no such track.
    """
    source = _document_of(report, lang)
    try:
        tracks = [str(item["id"]) for item in source["tracks"]]
        if track in tracks:
            language = lang or source["language"]
            return _Appraisal(source, track, language).document()
    except BROKEN as error:
        raise broken(error) from None
    # A misspelt track is an error of whoever asks, a broken document one of the file.
    arguments = {"name": quoted(track), "nearest": nearest(track, tracks)}
    raise SubmissionError([Problem("unknown-track", (), arguments)])


def _document_of(
    report: Report | ReportPart,
    lang: str | None,
) -> ReportPart:
    if isinstance(report, Report):
        language = lang or report.language
        # What would win points back is the dearest part of a report, and not compared here.
        return report_document(report.scoring, language, gains=False)
    return read_side(report).document


_KEPT = ("id", "title", "source", "state", "required", "reported", "calculation")
"""What is said of a rule as its report says it."""

_WITHOUT_POINTS = tuple(kind.kind for kind in KINDS if not kind.scored)
"""Names of the deductions whose rules are information only. The document of a newer version may
name others; a rule is taken to have points unless it is known to have none.
"""


class _Appraisal:
    """Sets the points of a track beside the report's own.

    Rules that the track left open are in neither sum: an appraisal that is half done would else
    look like one that is strict.
    """

    def __init__(self, source: ReportPart, track: str, lang: str) -> None:
        self.source = source
        self.track = track
        self.lang = lang
        self.groups = {group["id"]: group for group in source["groups"]}
        self.with_points: list[ReportPart] = []
        self.scored: list[ReportPart] = []
        for rule in source["rules"]:
            if rule["deduction"] in _WITHOUT_POINTS:
                continue
            self.with_points.append(rule)
            if rule["tracks"].get(track) is not None:
                self.scored.append(rule)
        self.places = self.finest_places()

    def finest_places(self) -> int:
        """Return the decimal places that show every point: those of the index, or more where the
        track has more.
        """
        places: int = self.source["machine"]["places"]
        for rule in self.scored:
            # A fraction without an end has no places, and is cut at those of the others.
            of_track = number.places(self.track_points(rule)) or 0
            places = max(places, of_track)
        return places

    def document(self) -> Document:
        measurements = self.source["measurements"]
        no_difference = self.points(ZERO)
        rules = [self.rule(rule) for rule in self.scored]
        differing = [rule for rule in rules if rule["difference"] != no_difference]
        unscored = [rule for rule in self.with_points if rule not in self.scored]
        return {
            **written(self.lang),
            "kind": "track",
            "unit": measurements["unit"],
            "period": measurements["period"],
            "as_of": self.source["as_of"],
            "track": self.track,
            "total": self.sums(self.scored),
            "areas": list(self.areas()),
            "rules": sorted(differing, key=_largest_difference_first),
            "unscored": [rule["id"] for rule in unscored],
            "counts": self.counts(differing),
        }

    def counts(self, differing: list[Document]) -> Document:
        """Return how many rules the track scored, and how many of them otherwise."""
        scored = len(self.scored)
        lower = [rule for rule in differing if rule["difference"].startswith("-")]
        return {
            "scored": scored,
            "agreed": scored - len(differing),
            "lower": len(lower),
            "higher": len(differing) - len(lower),
            "unscored": len(self.with_points) - scored,
        }

    def track_points(self, rule: ReportPart) -> Fraction:
        """Return the points that the track gave a rule it scored, exactly."""
        return exact(rule["tracks"][self.track])

    def points(self, points: Fraction) -> str:
        """Return points as text with the places of the document."""
        ticks = int(points * 10**self.places)
        return number.fixed(ticks, self.places)

    def sums(self, rules: Iterable[ReportPart]) -> Document:
        """Return the points of some rules by the report and by the track, and how far the track
        lies above.
        """
        by_report = ZERO
        by_track = ZERO
        maximum = ZERO
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
        members: dict[str, list[ReportPart]] = {}
        for rule in self.scored:
            area = self.area_of(rule)
            members.setdefault(area, []).append(rule)
        for id_, group in self.groups.items():
            rules = members.get(id_)
            if rules is None:
                continue
            yield {
                "id": id_,
                "title": group["title"],
                "scored": len(rules),
                **self.sums(rules),
            }

    def area_of(self, rule: ReportPart) -> str:
        """Return the id of the group at the top that a rule lies in."""
        area = top(self.groups, rule["group"])
        return str(area["id"])

    def rule(self, rule: ReportPart) -> Document:
        """Return a rule that the track scored, both its points and the track's reason."""
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
