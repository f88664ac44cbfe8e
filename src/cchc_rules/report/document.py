"""The report document: plain data that every view is drawn from, its texts in one language."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction

from cchc_rules.base import messages, number
from cchc_rules.base.interval import Interval
from cchc_rules.base.state import Absent, State
from cchc_rules.report import heading
from cchc_rules.report.arithmetic import Arithmetic
from cchc_rules.report.explanation import Explanation
from cchc_rules.report.heading import Document
from cchc_rules.report.machine_form import Proof, bounds, digest
from cchc_rules.report.provenance import Provenance
from cchc_rules.report.result_text import ResultText
from cchc_rules.rules.metric_values import as_formula_value
from cchc_rules.rules.model import FormulaRef, Metric, MetricRef, Remedy, Rule, Text
from cchc_rules.scoring.gains import Gain
from cchc_rules.scoring.scoring import Scoring
from cchc_rules.scoring.steps import Steps
from cchc_rules.scoring.totals import Sum, Total
from cchc_rules.submissions.submission import Entry, Figure, Given


def document(
    scoring: Scoring, lang: str, *, machine: bool = True, gains: bool = True
) -> Document:
    """Return the document of an outcome, its texts in a language; without `machine`, its words and
    figures alone.

    Without `gains`, nothing is said of what would win points back: each gain judges every rule that
    reads the figure anew, which takes the square of their number.
    """
    writer = _Writer(scoring, lang, gains=gains)
    return writer.proved(writer.document()) if machine else writer.document()


class _Writer:
    """Writes the document of an outcome in one language."""

    def __init__(self, scoring: Scoring, lang: str, *, gains: bool) -> None:
        self.scoring = scoring
        self.lang = lang
        self.with_gains = gains
        self.speaker = ResultText(scoring, lang)
        self.arithmetic = Arithmetic(self.speaker)
        self.explanation = Explanation(self.arithmetic)
        self.provenance = Provenance(scoring.rules, lang)

    def document(self) -> Document:
        scoring = self.scoring
        names = scoring.compiled.names
        lists = {
            state: [names[at] for at in scoring.in_state(state)] for state in _LISTED
        }
        return {
            **heading.scored(self.speaker),
            "ruleset": self.ruleset(),
            "index": self.index(),
            "band": self.band(),
            "targets": self.targets(),
            "groups": self.groups(),
            "rules": [self.rule(at) for at in range(len(scoring.results))],
            "losses": [names[at] for at in scoring.losses()],
            "without_effect": [names[at] for at in scoring.without_effect()],
            **{str(state): ids for state, ids in lists.items()},
            "unsupported": [names[at] for at in sorted(scoring.unsupported)],
            "tracks": self.tracks(),
            "origins": self.provenance.document(),
        }

    def proved(self, content: Document) -> Document:
        """Return a document with what it takes to recompute it: the machine form, and a digest of
        all the rest.
        """
        proof = Proof(self.scoring)
        for at, rule in enumerate(content["rules"]):
            rule["machine"] = proof.rule(at)
        content["machine"] = proof.whole()
        return {**content, "digest": digest(content)}

    def words(self, text: Text | None) -> str | None:
        return text.of(self.lang) if text else None

    def ruleset(self) -> Document:
        rules = self.scoring.rules
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
        scoring = self.scoring
        sums = self.scoring.index
        points = scoring.points
        value = self.value_of(sums)
        return {
            "value": value,
            "scale": number.plain(scoring.rules.index.scale),
            "exact": number.ratio(sums.exact) if sums.scored else None,
            **self.total(sums.base),
            "base": points(sums.rounded_base),
            "bonus": points(sums.bonus),
            "penalty": points(sums.penalty),
            "calculation": self.arithmetic.index_line(),
            "lowest": self.value_of(scoring.lowest),
            "highest": self.value_of(scoring.highest),
            "claimed": value,
            "supported": self.value_of(scoring.supported),
            "at_its_highest": scoring.at_its_highest,
            "counts": {str(state): len(scoring.in_state(state)) for state in State},
            "states": {str(state): self.parts(state) for state in State},
            "steps": self.steps(),
        }

    def value_of(self, sums: Sum) -> str | None:
        """Return an index as it is shown, None where nothing is left to score."""
        return self.scoring.points(sums.value) if sums.scored else None

    def parts(self, state: State) -> Document:
        keys = ("maximum", "earned", "lost", "excluded")
        return dict(
            zip(keys, map(self.scoring.points, self.scoring.parts(state)), strict=True)
        )

    def steps(self) -> list[Document]:
        points = self.scoring.points
        return [
            {
                "kind": step.kind,
                "group": step.group,
                "change": points(step.change),
                "total": points(step.total),
            }
            for step in self.scoring.steps()
        ]

    def total(self, total: Total) -> Document:
        points = self.scoring.points
        return {
            "maximum": points(total.maximum),
            "earned": points(total.earned),
            "lost": points(total.lost),
            "excluded": points(total.excluded),
            "rescaled": points(total.rescaled),
        }

    def band(self) -> Document | None:
        scoring = self.scoring
        banding = self.scoring.banding()
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
                "distance": scoring.points(
                    int(number.ceiling(banding.distance * scoring.compiled.unit))
                ),
                "gates": list(banding.next_gates),
            },
            "ladder": [
                {
                    "id": band.id,
                    "title": self.words(band.title),
                    "range": bounds(band.interval) or None,
                }
                for band in scoring.ladder
            ],
        }

    def targets(self) -> list[Document]:
        scoring = self.scoring
        return [
            {
                "id": target.id,
                "title": self.words(target.title),
                "source": list(target.source),
                "comparator": target.comparator,
                "threshold": number.plain(target.threshold),
                "value": self.value_of(scoring.index),
                "reached": scoring.reached(target.comparator, target.threshold),
            }
            for target in scoring.rules.targets
        ]

    def groups(self) -> list[Document]:
        at = {
            compiled.id: total
            for compiled, total in zip(
                self.scoring.compiled.groups, self.scoring.groups, strict=True
            )
        }
        return [self.group(id_, at[id_]) for id_ in self.scoring.rules.groups]

    def group(self, id_: str, total: Total) -> Document:
        group = self.scoring.rules.groups[id_]
        return {
            "id": id_,
            "parent": group.parent,
            "title": self.words(group.title),
            "kind": group.kind,
            "combine": group.combine,
            "weight_basis": group.basis,
            **self.total(total),
            "cap": None if group.cap is None else number.plain(group.cap),
            "uncapped": self.scoring.points(total.uncapped)
            if group.kind != "base"
            else None,
            "note": self.words(group.note),
            "source": list(group.source),
            "absent": self.scoring.measurements.absent.get(id_),
        }

    def rule(self, at: int) -> Document:
        scoring = self.scoring
        rule = self.scoring.rule(at)
        result = self.scoring.results[at]
        counted = self.scoring.counted[at]
        speaker = self.speaker
        points = self.scoring.points
        metric = scoring.rules.metrics.get(rule.metric or "")
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
            "maximum": points(counted.maximum),
            "earned": points(counted.earned),
            "lost": points(counted.lost),
            "excluded": points(counted.excluded),
            "without_effect": points(counted.without_effect),
            "weight": points(scoring.compiled.worths[at].weight),
            "lowest": points(scoring.compiled.worths[at].lowest),
            "exact": number.ratio(Fraction(result.n, result.d * scoring.compiled.unit)),
            "weight_basis": rule.basis,
            "deduction": rule.deduction.kind,
            "reason": {"code": str(result.reason), "text": self.explanation.reason(at)},
            "required": speaker.required(at),
            "origin": self.provenance.rule(rule.id),
            "reported": speaker.reported(at),
            "calculation": self.arithmetic.calculation(at),
            "fallback": " ".join(self.arithmetic.fallbacks(at)) or None,
            "win_back": self.win_back(at),
            "gains": self.gains(at),
            "evidence": self.evidence(at),
            "remedy": self.remedy(scoring.rules.remedies.get(rule.remedy or "")),
            "conflicts": [
                self.conflict(rule, position) for position in range(len(rule.conflicts))
            ],
            "requires": list(rule.requires),
            "due": rule.due.isoformat() if rule.due else None,
            "note": self.words(rule.note),
            "tracks": self.rule_tracks(rule.id),
            "track_reasons": self.track_reasons(rule.id),
        }

    def win_back(self, at: int) -> str | None:
        return self.explanation.win_back(at) if self.with_gains else None

    def gains(self, at: int) -> list[Document]:
        gains = self.explanation.gains.of(at) if self.with_gains else ()
        return [self.gain(gain, at) for gain in gains]

    def threshold(self, at: int) -> object:
        rule = self.scoring.rule(at)
        if isinstance(rule.threshold, Interval):
            return bounds(rule.threshold)
        if isinstance(rule.threshold, tuple):
            return [_exact(item) for item in rule.threshold]
        value = self.scoring.threshold(at)
        if not isinstance(value, Fraction):
            return None
        metric = self.scoring.rules.metrics[rule.metric or ""]
        scalar = as_formula_value((value.numerator, value.denominator), metric)
        return (
            _plain(scalar)
            if isinstance(rule.threshold, MetricRef | FormulaRef)
            else _exact(scalar)
        )

    def value(self, at: int) -> object:
        name = self.scoring.rule(at).metric
        if name is None:
            return None
        metric = self.scoring.rules.metrics[name]
        figure = self.scoring.figures[self.scoring.compiled.positions[name]]
        return (
            None
            if isinstance(figure, Absent)
            else _plain(as_formula_value(figure, metric))
        )

    def inputs(self, at: int) -> list[Document]:
        found = [
            self.input(name)
            for name in self.scoring.compiled.reads[self.scoring.compiled.names[at]]
        ]
        given = self.scoring.given(at)
        if given is not None:
            points = number.plain(Fraction(*given.points))
            found.append(
                {
                    **_NO_INPUT,
                    "points": points,
                    "state": "reported",
                    "text": messages.number(self.speaker.lang, points),
                    "note": given.reason,
                }
            )
        return found

    def input(self, name: str) -> Document:
        metric = self.scoring.rules.metrics[name]
        entry = self.scoring.entry(name)
        figure = self.scoring.figures[self.scoring.compiled.positions[name]]
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
        return _plain(as_formula_value(figure, metric))

    def gain(self, gain: Gain, at: int) -> Document:
        points = self.scoring.points
        return {
            "aim": gain.aim,
            **changed(gain.steps, gain.step),
            "points": points(gain.points),
            "index": points(gain.value),
            "text": self.explanation.gain(gain, at),
        }

    def evidence(self, at: int) -> Document:
        rule = self.scoring.rule(at)
        documents = self.scoring.documents(at)
        metric = self.scoring.rules.metrics.get(rule.metric or "")
        return {
            "required": rule.evidence_required,
            "supported": at not in self.scoring.unsupported,
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
        tracks = self.scoring.measurements.tracks
        return {
            name: self.given(tracks.get(name, {}), id_)
            for name in self.scoring.rules.tracks
        }

    def track_reasons(self, id_: str) -> dict[str, str]:
        """Return why a rule was given its points, by the track that gave them."""
        tracks = self.scoring.measurements.tracks
        return {
            name: tracks[name][id_].reason
            for name in self.scoring.rules.tracks
            if id_ in tracks.get(name, {})
        }

    def given(self, points: Mapping[str, Given], id_: str) -> str | None:
        return self.padded(Fraction(*points[id_].points)) if id_ in points else None

    def padded(self, points: Fraction) -> str:
        """Return points with at least the places of the index, and more only where they were given."""
        ticks = points * self.scoring.compiled.unit
        return (
            self.scoring.points(ticks.numerator)
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
            for track in self.scoring.tracks()
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
