"""The report document: plain data that every view is drawn from, its texts in one language."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction

from cchc_rules.base import number
from cchc_rules.base.interval import Interval
from cchc_rules.base.state import Absent, State
from cchc_rules.report import heading
from cchc_rules.report.arithmetic import Arithmetic
from cchc_rules.report.explanation import Explanation
from cchc_rules.report.heading import Document
from cchc_rules.report.machine_form import Proof, bounds, digest
from cchc_rules.report.provenance import Provenance
from cchc_rules.report.result_text import Speaker
from cchc_rules.rules.model import FormulaRef, Metric, MetricRef, Remedy, Rule, Text
from cchc_rules.scoring.gains import Gain
from cchc_rules.scoring.scoring import Outcome
from cchc_rules.scoring.steps import Steps
from cchc_rules.scoring.thresholds import threshold_value
from cchc_rules.scoring.totals import Total
from cchc_rules.scoring.value_functions import opened
from cchc_rules.submissions.submission import Entry, Figure, Given


def document(outcome: Outcome, lang: str, *, machine: bool = True) -> Document:
    """Return the document of an outcome, its texts in a language; without `machine`, its words and
    figures alone.
    """
    writer = _Writer(outcome, lang)
    return writer.proved(writer.document()) if machine else writer.document()


class _Writer:
    """Writes the document of an outcome in one language."""

    def __init__(self, outcome: Outcome, lang: str) -> None:
        self.outcome = outcome
        self.lang = lang
        self.speaker = Speaker(outcome, lang)
        self.arithmetic = Arithmetic(self.speaker)
        self.explanation = Explanation(self.arithmetic)
        self.provenance = Provenance(outcome.rules, lang)

    def document(self) -> Document:
        outcome = self.outcome
        names = outcome.plan.names
        lists = {
            state: [names[at] for at in outcome.in_state(state)] for state in _LISTED
        }
        return {
            **heading.scored(self.speaker),
            "ruleset": self.ruleset(),
            "index": self.index(),
            "band": self.band(),
            "targets": self.targets(),
            "groups": self.groups(),
            "rules": [self.rule(at) for at in range(len(outcome.results))],
            "losses": [names[at] for at in outcome.losses()],
            **{str(state): ids for state, ids in lists.items()},
            "unsupported": [names[at] for at in sorted(outcome.unsupported)],
            "tracks": self.tracks(),
            "origins": self.provenance.document(),
        }

    def proved(self, content: Document) -> Document:
        """Return a document with what it takes to recompute it: the machine form, and a digest of
        all the rest.
        """
        proof = Proof(self.outcome)
        for at, rule in enumerate(content["rules"]):
            rule["machine"] = proof.rule(at)
        content["machine"] = proof.whole()
        return {**content, "digest": digest(content)}

    def words(self, text: Text | None) -> str | None:
        return text.of(self.lang) if text else None

    def ruleset(self) -> Document:
        rules = self.outcome.rules
        return {
            **heading.ruleset(rules, self.lang),
            "source": self.words(rules.source),
            "note": self.words(rules.note),
            "weight_basis": rules.index.basis,
            "files": [
                {"name": file.name, "sha256": file.sha256} for file in rules.files
            ],
            "kind": rules.kind,
            "kind_title": self.words(rules.kind_title),
            "since": rules.since.isoformat() if rules.since else None,
            "since_title": self.words(rules.since_title),
        }

    def index(self) -> Document:
        outcome = self.outcome
        sums = self.outcome.index
        points = outcome.points
        return {
            "value": points(sums.value),
            "scale": number.plain(outcome.rules.index.scale),
            "exact": number.ratio(sums.exact),
            **self.total(sums.base),
            "base": points(sums.rounded_base),
            "bonus": points(sums.bonus),
            "penalty": points(sums.penalty),
            "calculation": self.arithmetic.index_line(),
            "lowest": points(outcome.lowest.value),
            "highest": points(outcome.highest.value),
            "claimed": points(sums.value),
            "supported": points(outcome.supported.value),
            "counts": {str(state): len(outcome.in_state(state)) for state in State},
            "states": {str(state): self.parts(state) for state in State},
            "steps": self.steps(),
        }

    def parts(self, state: State) -> Document:
        keys = ("maximum", "earned", "lost", "excluded")
        return dict(
            zip(keys, map(self.outcome.points, self.outcome.parts(state)), strict=True)
        )

    def steps(self) -> list[Document]:
        points = self.outcome.points
        return [
            {
                "kind": step.kind,
                "group": step.group,
                "change": points(step.change),
                "total": points(step.total),
            }
            for step in self.outcome.steps()
        ]

    def total(self, total: Total) -> Document:
        points = self.outcome.points
        return {
            "maximum": points(total.maximum),
            "earned": points(total.earned),
            "lost": points(total.lost),
            "excluded": points(total.excluded),
            "rescaled": points(total.rescaled),
        }

    def band(self) -> Document | None:
        outcome = self.outcome
        banding = self.outcome.banding()
        if banding.band is None or banding.before is None:
            return None
        following = banding.next
        return {
            "id": banding.band.id,
            "title": self.words(banding.band.title),
            "gated_from": banding.before.id if banding.gates else None,
            "gates": list(banding.gates),
            "next": following
            and {
                "id": following.id,
                "title": self.words(following.title),
                "distance": outcome.points(
                    int(number.ceiling(banding.distance * outcome.plan.unit))
                ),
            },
            "ladder": [
                {
                    "id": band.id,
                    "title": self.words(band.title),
                    "range": bounds(band.interval) or None,
                }
                for band in outcome.ladder
            ],
        }

    def targets(self) -> list[Document]:
        outcome = self.outcome
        return [
            {
                "id": target.id,
                "title": self.words(target.title),
                "source": list(target.source),
                "comparator": target.comparator,
                "threshold": number.plain(target.threshold),
                "value": outcome.points(outcome.index.value),
                "reached": outcome.reached(target.comparator, target.threshold),
            }
            for target in outcome.rules.targets
        ]

    def groups(self) -> list[Document]:
        at = {
            plan.id: total
            for plan, total in zip(
                self.outcome.plan.groups, self.outcome.groups, strict=True
            )
        }
        return [self.group(id_, at[id_]) for id_ in self.outcome.rules.groups]

    def group(self, id_: str, total: Total) -> Document:
        group = self.outcome.rules.groups[id_]
        return {
            "id": id_,
            "parent": group.parent,
            "title": self.words(group.title),
            "kind": group.kind,
            "combine": group.combine,
            "weight_basis": group.basis,
            **self.total(total),
            "cap": None if group.cap is None else number.plain(group.cap),
            "uncapped": self.outcome.points(total.uncapped)
            if group.kind != "base"
            else None,
            "note": self.words(group.note),
            "source": list(group.source),
            "absent": self.outcome.measurements.absent.get(id_),
        }

    def rule(self, at: int) -> Document:
        outcome = self.outcome
        rule = self.outcome.rule(at)
        result = self.outcome.results[at]
        speaker = self.speaker
        points = self.outcome.points
        metric = outcome.rules.metrics.get(rule.metric or "")
        return {
            "id": rule.id,
            "group": rule.group,
            "title": self.words(rule.title),
            "source": list(rule.source),
            "state": str(result.state),
            "metric": rule.metric,
            "metric_title": self.words(metric.title) if metric else None,
            "unit": self.words(metric.unit) if metric else None,
            "comparator": rule.comparator,
            "threshold": self.threshold(at),
            "value": self.value(at),
            "inputs": self.inputs(at),
            "maximum": points(outcome.plan.worths[at].weight),
            "earned": points(result.earned),
            "lost": points(outcome.lost(at)),
            "excluded": points(result.excluded),
            "lowest": points(outcome.plan.worths[at].lowest),
            "exact": number.ratio(Fraction(result.n, result.d * outcome.plan.unit)),
            "weight_basis": rule.basis,
            "deduction": rule.deduction.kind,
            "reason": {"code": str(result.reason), "text": self.explanation.reason(at)},
            "required": speaker.required(at),
            "origin": self.provenance.rule(rule.id),
            "reported": speaker.reported(at),
            "calculation": self.arithmetic.calculation(at),
            "win_back": self.explanation.win_back(at),
            "gains": [self.gain(gain, at) for gain in self.explanation.gains.of(at)],
            "evidence": self.evidence(at),
            "remedy": self.remedy(outcome.rules.remedies.get(rule.remedy or "")),
            "conflicts": [
                self.conflict(rule, position) for position in range(len(rule.conflicts))
            ],
            "requires": list(rule.requires),
            "due": rule.due.isoformat() if rule.due else None,
            "note": self.words(rule.note),
            "tracks": self.rule_tracks(rule.id),
        }

    def threshold(self, at: int) -> object:
        rule = self.outcome.rule(at)
        if isinstance(rule.threshold, Interval):
            return bounds(rule.threshold)
        if isinstance(rule.threshold, tuple):
            return [_exact(item) for item in rule.threshold]
        value = threshold_value(self.outcome, at)
        if not isinstance(value, Fraction):
            return None
        metric = self.outcome.rules.metrics[rule.metric or ""]
        scalar = opened((value.numerator, value.denominator), metric)
        return (
            _plain(scalar)
            if isinstance(rule.threshold, MetricRef | FormulaRef)
            else _exact(scalar)
        )

    def value(self, at: int) -> object:
        name = self.outcome.rule(at).metric
        if name is None:
            return None
        metric = self.outcome.rules.metrics[name]
        figure = self.outcome.figures[self.outcome.plan.positions[name]]
        return None if isinstance(figure, Absent) else _plain(opened(figure, metric))

    def inputs(self, at: int) -> list[Document]:
        found = [
            self.input(name)
            for name in self.outcome.plan.reads[self.outcome.plan.names[at]]
        ]
        given = self.outcome.given(at)
        if given is not None:
            points = number.plain(Fraction(*given.points))
            found.append(
                {
                    **_NO_INPUT,
                    "points": points,
                    "state": "reported",
                    "text": points,
                    "note": given.reason,
                }
            )
        return found

    def input(self, name: str) -> Document:
        metric = self.outcome.rules.metrics[name]
        entry = self.outcome.entry(name)
        figure = self.outcome.figures[self.outcome.plan.positions[name]]
        absent = isinstance(figure, Absent)
        ratio = entry is not None and entry.denominator is not None
        state = str(figure.state) if isinstance(figure, Absent) else "reported"
        return {
            **_NO_INPUT,
            "metric": name,
            "title": self.words(metric.title),
            "numerator": _as_written(entry.numerator) if entry and ratio else None,
            "denominator": _as_written(entry.denominator) if entry and ratio else None,
            "value": None
            if absent or ratio
            else self.given_value(metric, entry, figure),
            "items": list(entry.items) if entry and entry.items is not None else None,
            "state": state,
            "text": self.speaker.figure(name),
            "note": entry.note if entry else None,
        }

    def given_value(
        self, metric: Metric, entry: Entry | None, figure: Figure
    ) -> object:
        """Return a figure as it was submitted: a number with its own digits, else a date, a text,
        true or false.
        """
        if entry is not None and entry.value is not None and metric.numeric:
            return _as_written(entry.value)
        return _plain(opened(figure, metric))

    def gain(self, gain: Gain, at: int) -> Document:
        points = self.outcome.points
        return {
            "aim": gain.aim,
            **changed(gain.steps, gain.step),
            "points": points(gain.points),
            "index": points(gain.value),
            "text": self.explanation.gain(gain, at),
        }

    def evidence(self, at: int) -> Document:
        rule = self.outcome.rule(at)
        documents = self.outcome.documents(at)
        metric = self.outcome.rules.metrics.get(rule.metric or "")
        return {
            "required": rule.evidence_required,
            "supported": at not in self.outcome.unsupported,
            "documents": [
                {
                    "document": item.document,
                    "date": item.dated.isoformat() if item.dated else None,
                    "valid": valid,
                }
                for item, valid in documents
            ],
            "expected": self.words(metric.evidence) if metric else None,
        }

    def remedy(self, remedy: Remedy | None) -> Document | None:
        if remedy is None:
            return None
        texts = {
            "task": remedy.task,
            "product": remedy.product,
            "lead": remedy.lead,
            "with": remedy.with_,
        }
        return {
            "id": remedy.id,
            "source": list(remedy.source),
            **{key: self.words(text) for key, text in texts.items()},
            "due": self.words(remedy.due),
            "due_date": remedy.due_date.isoformat() if remedy.due_date else None,
            "budget": self.words(remedy.budget),
        }

    def conflict(self, rule: Rule, position: int) -> Document:
        conflict = rule.conflicts[position]
        required = None
        if (
            conflict.comparator is not None
            and conflict.threshold is not None
            and rule.metric is not None
        ):
            required = self.speaker.target(
                rule, conflict.comparator, conflict.threshold
            )
        return {
            "source": conflict.source,
            "required": required,
            "note": self.words(conflict.note),
        }

    def rule_tracks(self, id_: str) -> dict[str, str | None]:
        tracks = self.outcome.measurements.tracks
        return {
            name: self.given(tracks.get(name, {}), id_)
            for name in self.outcome.rules.tracks
        }

    def given(self, points: Mapping[str, Given], id_: str) -> str | None:
        return self.padded(Fraction(*points[id_].points)) if id_ in points else None

    def padded(self, points: Fraction) -> str:
        """Return points with at least the places of the index, and more only where they were given."""
        ticks = points * self.outcome.plan.unit
        return (
            self.outcome.points(ticks.numerator)
            if ticks.denominator == 1
            else number.plain(points)
        )

    def tracks(self) -> list[Document]:
        return [
            {
                "id": track.id,
                "earned": self.padded(track.earned),
                "maximum": self.padded(track.maximum),
                "scored": track.scored,
                "unscored": track.unscored,
            }
            for track in self.outcome.tracks()
        ]


_LISTED = (State.MISSING, State.NOT_DUE, State.NOT_APPLICABLE, State.WAIVED)
_NO_INPUT: Document = dict.fromkeys(
    (
        "metric",
        "title",
        "numerator",
        "denominator",
        "value",
        "points",
        "items",
        "state",
        "text",
        "note",
    )
)


def changed(steps: Steps, step: int) -> Document:
    """Return a change of a metric for a document: from what, to what, and by how much where it is a
    number.
    """
    now = steps.write(0)
    then = steps.write(step)
    numbers = isinstance(now, Fraction) and isinstance(then, Fraction)
    return {
        "metric": steps.metric.id,
        "from": _plain(now) if steps.reported else None,
        "to": _plain(then),
        "change": _plain(then - now) if numbers and steps.reported else None,  # type: ignore[operator]
    }


def _as_written(value: object) -> str:
    """Return a submitted number with its own digits: `12.50` stays `12.50`."""
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _exact(value: object) -> object:
    """Return a literal of the rule file for the document, all its digits kept."""
    return number.plain(value) if isinstance(value, Fraction) else _plain(value)


def _plain(value: object) -> object:
    """Return a figure for the document: a decimal string, an ISO date, a text, true or false."""
    if isinstance(value, Fraction):
        return number.shown(value)
    return value.isoformat() if isinstance(value, date) else value
