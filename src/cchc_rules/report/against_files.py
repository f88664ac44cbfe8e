"""A printed report held against its rule file, or against rule file and submission."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from cchc_rules.base.calendar import iso_date
from cchc_rules.report.heading import Document
from cchc_rules.report.score import score
from cchc_rules.report.verify import Difference, metrics_in
from cchc_rules.rules.model import FormulaRef, MetricRef, RuleSet
from cchc_rules.submissions.binding import load_measurements
from cchc_rules.submissions.submission import Measurements

# What of each part of a report hangs on no figure.
_OF_A_RULE = (
    "id",
    "group",
    "title",
    "source",
    "metric",
    "metric_title",
    "unit",
    "comparator",
    "weight",
    "lowest",
    "weight_basis",
    "deduction",
    "origin",
    "remedy",
    "requires",
    "due",
    "note",
    "machine",
)
_OF_A_GROUP = (
    "id",
    "parent",
    "title",
    "kind",
    "combine",
    "weight_basis",
    "cap",
    "note",
    "source",
)
_OF_A_TARGET = ("id", "title", "source", "comparator", "threshold")
_OF_A_METRIC = ("id", "type", "better", "round", "levels", "formula")
_OF_THE_MACHINE = (
    "places",
    "over_scale",
    "least_coverage",
    "bands_read",
    "bands",
    "band_gates",
    "window",
)


def against_rules(report: Document, rules: RuleSet) -> Iterator[Difference]:
    """Yield where a report says something else of its rules than the rule set does.

    What it is held against is the report of a submission without any figure, of the same unit kind,
    period and day: whatever does not depend on figures stands there as in every other.

    Raises:
        SubmissionError: No submission of that kind of unit and period can be scored by the rule
            set.
    """
    measurements = report["measurements"]
    blank = {
        "format": 1,
        "ruleset": rules.id,
        "unit": measurements["unit"],
        "period": measurements["period"],
        "measurements": {},
    }
    # Kinds of unit may have other rules, weights and absences.
    if measurements["unit_kind"] is not None:
        blank["unit_kind"] = measurements["unit_kind"]
    # The report's own day: dated sections of the rules may begin between two days.
    day = iso_date(report["as_of"])
    scored = score(rules, load_measurements(blank, rules, as_of=day), as_of=day)
    true = scored.to_dict(report["language"])
    current = scored.rules_used
    titles = {band.id: band.title.of(report["language"]) for band in current.ladder}
    yield from apart("", _of_rules(report, current), _of_rules(true, current))
    yield from apart("band", _titles(report), _titles(report, titles))
    # Which days stand there hangs on the figures; whether each is worked, on the calendar alone.
    unusual = report["machine"]["unusual_days"]
    for text, works in unusual.items():
        expected = current.calendar.works(date.fromisoformat(text))
        yield from apart(f"machine.unusual_days.{text}", works, expected)


def _of_rules(report: Document, rules: RuleSet) -> Document:
    """Return what of a report the rule set alone decides."""
    machine = report["machine"]
    return {
        "ruleset": report["ruleset"],
        "index": {"scale": report["index"]["scale"]},
        "groups": [_group(group) for group in report["groups"]],
        "rules": [_rule(rule, rules) for rule in report["rules"]],
        "targets": [_picked(target, _OF_A_TARGET) for target in report["targets"]],
        "tracks": [{"id": track["id"]} for track in report["tracks"]],
        "origins": report["origins"],
        "machine": {
            **_picked(machine, _OF_THE_MACHINE),
            # It stands there only where the rule set has one.
            "lowest": machine.get("lowest"),
            "targets": machine.get("targets"),
            "rounding": machine.get("rounding"),
            "required_shares": machine.get("required_shares"),
            "metrics": [_picked(it, _OF_A_METRIC) for it in machine["metrics"]],
        },
    }


def _picked(record: Mapping[str, Any], keys: tuple[str, ...]) -> Document:
    """Return some keys of a record."""
    return {key: record[key] for key in keys}


def _group(group: Document) -> Document:
    """Return what a rule set says of a group; the weight of a mean stands as its maximum."""
    fixed = _picked(group, _OF_A_GROUP)
    # Keys that few rule sets have stand only where they are used.
    fixed["rounding"] = group.get("rounding")
    if group["combine"] == "mean":
        fixed["maximum"] = group["maximum"]
    return fixed


def _rule(rule: Document, rules: RuleSet) -> Document:
    """Return what a rule set says of a rule; a threshold only where it hangs on no figure."""
    said = _picked(rule, _OF_A_RULE)
    # Points by hand are an input too, but under no metric, and no matter of the rules.
    said["inputs"] = [
        {"metric": entry["metric"], "title": entry["title"]}
        for entry in rule["inputs"]
        if entry["metric"] is not None
    ]
    said["evidence"] = _picked(rule["evidence"], ("required", "expected"))
    said["conflicts"] = _conflicts(rule, rules)
    if not metrics_in(rule["machine"]["threshold"]):
        said |= _picked(rule, ("threshold", "required"))
    return said


def _conflicts(rule: Document, rules: RuleSet) -> list[Document]:
    """Return what other clauses ask for, without the words of a target that figures decide."""
    declared = rules.rules.get(rule["id"])
    computed: set[int] = set()
    if declared:
        for position, conflict in enumerate(declared.conflicts):
            if isinstance(conflict.threshold, MetricRef | FormulaRef):
                computed.add(position)
    conflicts = []
    for position, said in enumerate(rule["conflicts"]):
        if position in computed:
            conflicts.append(said | {"required": None})
        else:
            conflicts.append(said)
    return conflicts


def _titles(report: Document, titles: Mapping[str, str] | None = None) -> object:
    """Return the titles of the bands of a report, or those that a rule set gives to their ids."""
    if report["band"] is None:
        return None
    ladder = report["band"]["ladder"]
    if titles is None:
        return {"ladder": [step["title"] for step in ladder]}
    return {"ladder": [titles.get(step["id"]) for step in ladder]}


def against_submission(
    report: Document,
    rules: RuleSet,
    measurements: Measurements,
    day: date,
) -> tuple[list[Difference], Document]:
    """Return where scoring a submission again gives another report, and that other report.

    Of another day than `day` it is another report: its head alone is compared, not each figure.
    """
    true = score(rules, measurements, as_of=day).to_dict(report["language"])
    # A due day, a window, a dated section of the rules: hardly a figure would be the same.
    if report["as_of"] != true["as_of"]:
        head = ("as_of", "ruleset", "measurements")
        return [*apart("", _picked(report, head), _picked(true, head))], true
    return [*apart("", report, true)], true


def apart(
    path: str,
    said: Any,
    found: Any,
) -> Iterator[Difference]:
    """Yield where two documents differ, values that a document does not have as None.

    >>> [*apart("", {"a": [1, 2]}, {"a": [1, 3]})]
    [Difference(path='a[1]', said=2, found=3)]
    """
    if isinstance(said, dict) and isinstance(found, dict):
        # The keys of both, those of the true document in its order first.
        for key in {**found, **said}:
            inside = str(key)
            if path:
                inside = f"{path}.{key}"
            yield from apart(inside, said.get(key), found.get(key))
    elif isinstance(said, list) and isinstance(found, list) and len(said) == len(found):
        for position, (left, right) in enumerate(zip(said, found, strict=True)):
            yield from apart(f"{path}[{position}]", left, right)
    # 1 and true are equal to Python, but not in a document.
    elif said != found or type(said) is not type(found):
        yield Difference(path, said, found)
