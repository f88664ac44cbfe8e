"""The report document: plain data that every view is drawn from, its texts in one language."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction

from cchc_rules.base import messages, number
from cchc_rules.base.state import Absent, State
from cchc_rules.report import heading
from cchc_rules.report.arithmetic import Arithmetic
from cchc_rules.report.explanation import Explanation
from cchc_rules.report.fixed_parts import conflict_of, fresh, iso_day
from cchc_rules.report.heading import Document
from cchc_rules.report.machine_form import Proof, digest
from cchc_rules.report.result_text import ResultText
from cchc_rules.rules.metric_values import as_formula_value
from cchc_rules.rules.model import FormulaRef, Metric, MetricRef, Text
from cchc_rules.scoring.gains import Gain
from cchc_rules.scoring.scoring import Banding, Scoring
from cchc_rules.scoring.steps import Steps
from cchc_rules.scoring.totals import Sum, Total
from cchc_rules.submissions.submission import Entry, Figure, Given


def document(
    scoring: Scoring, lang: str, *, machine: bool = True, gains: bool = True
) -> Document:
    """Return the report document of a scoring, its texts in one language.

    Args:
        scoring: The scoring to write about.
        lang: The language of the texts: `"vi"` or `"en"`.
        machine: Whether the machine form of every rule and the digest are added, by which other
            programs recompute the index.
        gains: Whether the document says what would win points back. Each gain judges every rule
            that reads the metric anew, so the work grows with the square of their number.

    Returns:
        Plain data that can be written as JSON; points are decimal strings, in points of the index
        and with all its places.

    >>> from cchc_rules import load_measurements, load_rules, score
    >>> rules = load_rules("example-access-to-law")
    >>> submission = {"format": 1, "ruleset": rules.id, "unit": "Commune A",
    ...               "period": "2023-07-01/2024-06-30", "measurements": {}}
    >>> scoring = score(rules, load_measurements(submission, rules)).scoring
    >>> content = document(scoring, "en", machine=False, gains=False)
    >>> content["language"], "digest" in content
    ('en', False)
    """
    writer = _Writer(scoring, lang, gains=gains)
    content = writer.document()
    if machine:
        return writer.proved(content)
    return content


class _Writer:
    """Writes the document of a scoring in one language.

    Rules are asked for by their position in the rule file, groups and metrics by their ids.
    """

    def __init__(self, scoring: Scoring, lang: str, *, gains: bool) -> None:
        self.scoring = scoring
        self.lang = lang
        self.with_gains = gains
        self.speaker = ResultText(scoring, lang)
        self.arithmetic = Arithmetic(self.speaker)
        self.explanation = Explanation(self.arithmetic)
        self.fixed = self.speaker.fixed
        self.places = scoring.rules.index.places

    def document(self) -> Document:
        """Return the whole document but for the machine form and the digest."""
        scoring = self.scoring
        rule_positions = range(len(scoring.results))
        # The order of the keys is the order in which JSON shows them, and part of the format.
        return {
            **heading.scored(self.speaker),
            "ruleset": self.fixed.rule_set(),
            "index": self.index(),
            "band": self.band(),
            "targets": self.targets(),
            "groups": self.groups(),
            "rules": [self.rule(position) for position in rule_positions],
            "losses": self.ids(scoring.losses()),
            "without_effect": self.ids(scoring.without_effect()),
            **{str(state): self.ids(scoring.in_state(state)) for state in _LISTED},
            "unsupported": self.ids(sorted(scoring.unsupported)),
            "tracks": self.tracks(),
            "origins": fresh(self.fixed.origins),
        }

    def proved(self, content: Document) -> Document:
        """Return a document with what it takes to recompute it: the machine form, and a digest of
        all the rest.
        """
        proof = Proof(self.scoring)
        forms = proof.of_rules()
        for rule, form in zip(content["rules"], forms, strict=True):
            rule["machine"] = form
        content["machine"] = proof.whole()
        # The digest comes last: it is taken over everything that stands before it.
        return {**content, "digest": digest(content)}

    def ids(self, positions: Iterable[int]) -> list[str]:
        """Return the ids of the rules at positions."""
        names = self.scoring.compiled.names
        return [names[position] for position in positions]

    def words(self, text: Text | None) -> str | None:
        """Return a text of the rule file in the document's language, None where it has none."""
        if text:
            return text.of(self.lang)
        return None

    def index(self) -> Document:
        """Return the index with its parts, its range, and the steps from the maximum to it."""
        scoring = self.scoring
        sums = scoring.index
        points = scoring.points
        value = self.value_of(sums)
        exact = None
        if sums.scored:
            exact = number.ratio(sums.exact)
        return {
            "value": value,
            "scale": number.plain(scoring.rules.index.scale),
            "exact": exact,
            **self.total(sums.base),
            "base": points(sums.rounded_base),
            "bonus": points(sums.bonus),
            "penalty": points(sums.penalty),
            "calculation": self.arithmetic.index_line(),
            "lowest": self.value_of(scoring.lowest),
            "highest": self.value_of(scoring.highest),
            # The index takes every claim as it stands; `supported` leaves out what lacks evidence.
            "claimed": value,
            "supported": self.value_of(scoring.supported),
            "at_its_highest": scoring.at_its_highest,
            "counts": {str(state): len(scoring.in_state(state)) for state in State},
            "states": {str(state): self.parts(state) for state in State},
            "steps": self.steps(),
        }

    def value_of(self, sums: Sum) -> str | None:
        """Return an index as it is shown, None where nothing is left to score."""
        if not sums.scored:
            return None
        return self.scoring.points(sums.value)

    def parts(self, state: State) -> Document:
        """Return the points of all rules in a state."""
        points = self.scoring.points
        maximum, earned, lost, excluded = self.scoring.parts(state)
        return {
            "maximum": points(maximum),
            "earned": points(earned),
            "lost": points(lost),
            "excluded": points(excluded),
        }

    def steps(self) -> list[Document]:
        """Return the way from the maximum to the index, for a waterfall chart."""
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
        """Return the points of a group, or of all groups that make up the base."""
        points = self.scoring.points
        return {
            "maximum": points(total.maximum),
            "earned": points(total.earned),
            "lost": points(total.lost),
            "excluded": points(total.excluded),
            "rescaled": points(total.rescaled),
        }

    def band(self) -> Document | None:
        """Return the band of the index, the next one up and all bands, or None."""
        banding = self.scoring.banding()
        if banding.band is None or banding.before is None:
            return None
        gated_from = None
        if banding.gates:
            gated_from = banding.before.id
        return {
            "id": banding.band.id,
            "title": self.words(banding.band.title),
            "gated_from": gated_from,
            "gates": list(banding.gates),
            "next": self.next_band(banding),
            "ladder": self.fixed.ladder(),
        }

    def next_band(self, banding: Banding) -> Document | None:
        """Return the next band up and how far it is, None from the highest one."""
        band = banding.next
        if band is None:
            return None
        # Rounded up: who gains the points that are shown is sure to be in the band.
        distance = number.ceiling(banding.distance * self.scoring.compiled.unit)
        return {
            "id": band.id,
            "title": self.words(band.title),
            "distance": self.scoring.points(int(distance)),
            "gates": list(banding.next_gates),
        }

    def targets(self) -> list[Document]:
        """Return the targets on the index, each with whether it is reached."""
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
        """Return all groups, in file order."""
        # The totals stand children before parents; the document follows the rule file.
        groups = zip(self.scoring.compiled.groups, self.scoring.groups, strict=True)
        totals = {compiled.id: total for compiled, total in groups}
        return [self.group(id_, totals[id_]) for id_ in self.scoring.rules.groups]

    def group(self, id_: str, total: Total) -> Document:
        """Return one group with its points."""
        group = self.scoring.rules.groups[id_]
        content = self.fixed.group(id_)
        content |= self.total(total)
        # Only pools have a cap, and points that may lie beyond it.
        if group.kind != "base":
            content["uncapped"] = self.scoring.points(total.uncapped)
        content["absent"] = self.scoring.measurements.absent.get(id_)
        return content

    def rule(self, position: int) -> Document:
        """Return one rule: what it asks for, what was reported, and what became of its points."""
        scoring = self.scoring
        rule = scoring.rule(position)
        result = scoring.results[position]
        speaker = self.speaker
        places = self.places
        fixed = number.fixed
        content = self.fixed.rule(position)
        content["state"] = str(result.state)
        if isinstance(rule.threshold, MetricRef | FormulaRef):
            content["threshold"] = self.threshold(position)
        content["value"] = self.value(position)
        content["inputs"] = self.inputs(position)
        # The result is in the rule's own points; `counted` says what of them reaches the group,
        # which differs in a mean and beyond the cap of a pool.
        counted = scoring.counted[position]
        content["maximum"] = fixed(counted.maximum, places)
        content["earned"] = fixed(counted.earned, places)
        content["lost"] = fixed(counted.lost, places)
        content["excluded"] = fixed(counted.excluded, places)
        content["without_effect"] = fixed(counted.without_effect, places)
        content["exact"] = number.ratio_of(result.n, result.d * scoring.compiled.unit)
        content["reason"] = {
            "code": str(result.reason),
            "text": self.explanation.reason(position),
        }
        content["required"] = speaker.required(position)
        content["reported"] = speaker.reported(position)
        content["calculation"] = self.arithmetic.calculation(position)
        content["fallback"] = " ".join(self.arithmetic.fallbacks(position)) or None
        content["win_back"] = self.win_back(position)
        content["gains"] = self.gains(position)
        content["evidence"] = self.evidence(position)
        if content["conflicts"] is None:
            content["conflicts"] = [
                conflict_of(rule, conflict, speaker) for conflict in rule.conflicts
            ]
        content["tracks"] = self.rule_tracks(rule.id)
        content["track_reasons"] = self.track_reasons(rule.id)
        return content

    def win_back(self, position: int) -> str | None:
        """Say what would win a rule's points back, None where that is not asked for."""
        if not self.with_gains:
            return None
        return self.explanation.win_back(position)

    def gains(self, position: int) -> list[Document]:
        """Return the changes of one metric that would win points of a rule back."""
        if not self.with_gains:
            return []
        return [
            self.gain(gain, position) for gain in self.explanation.gains.of(position)
        ]

    def threshold(self, position: int) -> object:
        """Return a threshold that was computed, with as many digits as a figure of its metric; None
        where figures are absent from which it is computed.
        """
        value = self.scoring.threshold(position)
        if not isinstance(value, Fraction):
            return None
        metric = self.scoring.rules.metrics[self.scoring.rule(position).metric or ""]
        return _plain(as_formula_value((value.numerator, value.denominator), metric))

    def value(self, position: int) -> object:
        """Return what a rule's metric came to, None where there is no figure."""
        metric = self.fixed.metrics[position]
        if metric is None:
            return None
        figure = self.scoring.figure(metric.id)
        if isinstance(figure, Absent):
            return None
        return _figure(figure, metric)

    def inputs(self, position: int) -> list[Document]:
        """Return everything submitted that a rule reads: metrics, then the points of a person."""
        compiled = self.scoring.compiled
        rule_id = compiled.names[position]
        inputs = [self.input(name) for name in compiled.reads[rule_id]]
        given = self.scoring.given(position)
        if given is not None:
            points = number.plain(Fraction(*given.points))
            inputs.append(
                {
                    **_NO_INPUT,
                    "points": points,
                    "state": "reported",
                    "text": messages.number(self.speaker.lang, points),
                    "note": given.reason,
                }
            )
        return inputs

    def input(self, name: str) -> Document:
        """Return what was submitted for a metric: a value, a ratio or items, or an absence."""
        metric = self.scoring.rules.metrics[name]
        entry = self.scoring.entry(name)
        figure = self.scoring.figure(name)
        content = _NO_INPUT.copy()
        content["metric"] = name
        content["title"] = metric.title.of(self.lang)
        content["state"] = "reported"
        content["text"] = self.speaker.figure(name)
        if entry is not None:
            content["note"] = entry.note
            if entry.items is not None:
                content["items"] = list(entry.items)
        if isinstance(figure, Absent):
            content["state"] = str(figure.state)
        # A ratio stands as it was given: its quotient may have no end as a decimal.
        if entry is not None and entry.denominator is not None:
            content["numerator"] = _as_written(entry.numerator)
            content["denominator"] = _as_written(entry.denominator)
        elif not isinstance(figure, Absent):
            content["value"] = self.submitted_value(metric, entry, figure)
        return content

    def submitted_value(
        self, metric: Metric, entry: Entry | None, figure: Figure
    ) -> object:
        """Return a figure as it was submitted: a number with its own digits, else a date, a text,
        true or false.
        """
        if entry is not None and entry.value is not None and metric.numeric:
            return _as_written(entry.value)
        return _figure(figure, metric)

    def gain(self, gain: Gain, position: int) -> Document:
        """Return a change of a metric, with the points and the index that it would bring."""
        points = self.scoring.points
        return {
            "aim": gain.aim,
            **changed(gain.steps, gain.step),
            "points": points(gain.points),
            "index": points(gain.value),
            "text": self.explanation.gain(gain, position),
        }

    def evidence(self, position: int) -> Document:
        """Return the documents that support a rule's points, and what the plan expects."""
        documents = self.scoring.documents(position)
        metric = self.fixed.metrics[position]
        expected = None
        if metric and metric.evidence:
            expected = metric.evidence.of(self.lang)
        return {
            "required": self.scoring.rule(position).evidence_required,
            "supported": position not in self.scoring.unsupported,
            "documents": [
                {
                    "document": item.document,
                    "date": iso_day(item.dated),
                    "valid": valid,
                }
                for item, valid in documents
            ],
            "expected": expected,
        }

    def rule_tracks(self, id_: str) -> dict[str, str | None]:
        """Return the points that each further track gave a rule, None where it gave none."""
        names = self.scoring.rules.tracks
        if not names:
            return {}
        tracks = self.scoring.measurements.tracks
        return {name: self.track_points(tracks.get(name, {}), id_) for name in names}

    def track_reasons(self, id_: str) -> dict[str, str]:
        """Return why a rule was given its points, by the track that gave them."""
        names = self.scoring.rules.tracks
        if not names:
            return {}
        tracks = self.scoring.measurements.tracks
        return {
            name: tracks[name][id_].reason
            for name in names
            if id_ in tracks.get(name, {})
        }

    def track_points(self, points: Mapping[str, Given], id_: str) -> str | None:
        """Return the points that one track gave a rule, None where it gave none."""
        if id_ not in points:
            return None
        return self.padded(Fraction(*points[id_].points))

    def padded(self, points: Fraction) -> str:
        """Return points with the places of the index, and with more only where they were given."""
        ticks = points * self.scoring.compiled.unit
        if ticks.denominator == 1:
            return self.scoring.points(ticks.numerator)
        return number.plain(points)

    def tracks(self) -> list[Document]:
        """Return the totals of the further tracks, such as the appraised points."""
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


# Beside the losses, these states have a list of their own rules in the document. A rule that was
# judged is in none of them.
_LISTED = (State.MISSING, State.NOT_DUE, State.NOT_APPLICABLE, State.WAIVED)

# Every input has all of these keys, so that a reader of the document need not ask for any.
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

    Args:
        steps: The values that the metric can take, counted from the one that was reported.
        step: How many steps away the new value is; negative for a smaller one.

    Returns:
        `metric`, `from`, `to` and `change`; `from` and `change` are None where nothing was
        reported.
    """
    metric = steps.metric.id
    if steps.counted is not None and steps.reported:
        first = steps.counted.first
        return {
            "metric": metric,
            "from": str(first),
            "to": str(first + step),
            "change": str(step),
        }
    now = steps.write(0)
    then = steps.write(step)
    before = change = None
    if steps.reported:
        before = _plain(now)
        if isinstance(now, Fraction) and isinstance(then, Fraction):
            change = _plain(then - now)
    return {"metric": metric, "from": before, "to": _plain(then), "change": change}


def _as_written(value: object) -> str:
    """Return a submitted number with its own digits: `12.50` stays `12.50`."""
    if value.__class__ is int:
        return str(value)
    if isinstance(value, Decimal):
        # "f" keeps a Decimal from being written with an exponent.
        return format(value, "f")
    return str(value)


def _figure(figure: Figure, metric: Metric) -> object:
    """Return a figure that is there for the document."""
    if metric.numeric and not isinstance(figure, Absent):
        return number.shown_pair(*figure)
    return _plain(as_formula_value(figure, metric))


def _plain(value: object) -> object:
    """Return a figure for the document: a decimal string, an ISO date, a text, true or false."""
    if isinstance(value, Fraction):
        return number.shown(value)
    if isinstance(value, date):
        return value.isoformat()
    return value
