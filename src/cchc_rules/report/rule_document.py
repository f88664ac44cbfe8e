"""One rule of the report document: what it asks, what was reported, what became of its points.

How what repeats is kept
------------------------
A thousand communes say “yes” to the same question, and the report says the same of each of them in
forty fields. What a report says of most rules hangs on few things: on the figure with what stands
beside it in the submission, on the points given by hand, on the result, and on the day of
judgement. So the finished entry of a rule is kept by these. An entry like one that was written
before is a copy of it, its text for the digest too.

Two parts always hang on the whole submission, and are written anew: what a gain adds to the index,
and the points of further tracks. Of rules that read other figures, stand behind a gate or share a
mean or a pool nothing is kept.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from cchc_rules.base import messages, number
from cchc_rules.base.state import Absent
from cchc_rules.report.arithmetic import Arithmetic
from cchc_rules.report.explanation import Explanation
from cchc_rules.report.fixed_parts import (
    CHANGEABLE,
    FixedParts,
    conflict_of,
    fresh,
    iso_day,
)
from cchc_rules.report.heading import Document
from cchc_rules.report.machine_form import machine_forms
from cchc_rules.report.result_text import ResultText
from cchc_rules.report.rule_json import Form, Frame
from cchc_rules.rules.metric_values import as_formula_value
from cchc_rules.rules.model import FormulaRef, Metric, MetricRef
from cchc_rules.scoring.gains import Gain
from cchc_rules.scoring.rescoring import network
from cchc_rules.scoring.steps import Steps
from cchc_rules.submissions.submission import Entry, Figure, Given

MOST_KEPT = 16
"""How many entries of one rule are kept: some 5 kB each, so that 81 rules take at most 6 MB; with
the texts of those that repeat, some 20 kB more each where both forms are asked for.

Yes and no, levels and small counts come to fewer; shares of large numbers hardly ever repeat."""


class _Change(NamedTuple):
    """A gain with what is the same wherever the index stands."""

    gain: Gain
    content: Document
    words: str


class _Entry:
    """A rule as it is written for every submission that says the same of it."""

    def __init__(self, content: Document, changes: tuple[_Change, ...]) -> None:
        self.content = content
        self.changes = changes
        self.repeated = False
        """Whether another submission said the same, so that one more may."""
        self._texts: dict[Frame, dict[str, str]] = {}
        self._wholes: dict[Frame, str] = {}
        # Lists and tables with others inside them are copied all through.
        deep = [key for key in _DEEP if content[key]]
        flat = [key for key in _NESTED if content[key].__class__ in CHANGEABLE]
        self._deep = tuple(deep)
        self._flat = tuple(key for key in flat if key not in deep)

    def copy(self) -> Document:
        """Return the content as a table of its own, with lists and tables of its own in it."""
        content = self.content.copy()
        for key in self._flat:
            content[key] = content[key].copy()
        for key in self._deep:
            content[key] = fresh(content[key])
        return content

    def text(self, frame: Frame, anew: Document) -> str:
        """Return the text of the rule in one of its frames.

        Args:
            frame: The frame of the form that is asked for.
            anew: What hangs on the whole submission, by its keys.
        """
        # Most rules gain nothing and have no tracks: their whole text is the same.
        same = not any(anew.values())
        if same and frame in self._wholes:
            return self._wholes[frame]
        texts = self._texts.get(frame)
        if texts is None:
            texts = frame.texts(self.content)
        whole = frame.filled(texts, anew)
        # Texts are longer than the content, and kept of that alone which is said again.
        if self.repeated:
            self._texts[frame] = texts
            if same:
                self._wholes[frame] = whole
        return whole


_DEEP = ("inputs", "evidence", "remedy", "conflicts")
"""The keys of a rule whose tables and lists have others inside them."""

_NESTED = ("source", "reason", "requires", "threshold", *_DEEP)
"""The keys of a rule whose values are lists or tables, so that each document has its own."""


class RuleDocuments:
    """Writes the rules of one scoring for its document.

    Rules are asked for by their position in the rule file.

    Args:
        explanation: Explains the scoring, in the language of the document.
        with_gains: Whether the document says what would win points back.
    """

    def __init__(self, explanation: Explanation, *, with_gains: bool) -> None:
        self.scoring = explanation.scoring
        self.with_gains = with_gains
        self.explanation = explanation
        self.arithmetic: Arithmetic = explanation.arithmetic
        self.speaker: ResultText = explanation.speaker
        self.lang = self.speaker.lang
        self.fixed = self.speaker.fixed
        self.places = self.scoring.rules.index.places
        self.kept = _kept(self.fixed)
        # The digest and the text are written of the same entries.
        self._entries: dict[int, _Entry] = {}
        self._written_anew: dict[int, Document] = {}

    def rule(self, position: int) -> Document:
        """Return one rule: what it asks for, what was reported, and what became of its points.

        Returns:
            Plain data of the reader's own, which may be changed; points are decimal strings. The
            machine form is not among its keys yet.
        """
        content = self._entry(position).copy()
        content |= self._anew(position)
        return content

    def texts(self, form: Form) -> list[str]:
        """Return the JSON text of every rule, with its machine form.

        Args:
            form: The form of the text: `CANONICAL` for the digest, `PRINTED` for people.
        """
        return [
            self._entry(position).text(frame, self._anew(position))
            for position, frame in enumerate(self._frames(form))
        ]

    def _frames(self, form: Form) -> list[Frame]:
        """Return the frames of all rules in a form, made once for a rule set and a language."""
        compiled = self.fixed.compiled
        key = (Frame, form, self.lang)
        frames: list[Frame] | None = compiled.kept.get(key)
        if frames is None:
            machines = machine_forms(compiled).of_rules()
            frames = [
                Frame(form, self.fixed.rule(position) | {"machine": machine})
                for position, machine in enumerate(machines)
            ]
            compiled.kept[key] = frames
        return frames

    def _anew(self, position: int) -> Document:
        """Return what hangs on the whole submission: the gains of a rule, and its tracks."""
        anew = self._written_anew.get(position)
        if anew is None:
            id_ = self.scoring.compiled.names[position]
            anew = {
                "gains": self._gain_documents(self._entry(position), position),
                "tracks": self._tracks(id_),
                "track_reasons": self._track_reasons(id_),
            }
            self._written_anew[position] = anew
        return anew

    def _entry(self, position: int) -> _Entry:
        """Return what is said of a rule, as it was kept or written now."""
        entry = self._entries.get(position)
        if entry is None:
            entry = self._entries[position] = self._kept_entry(position)
        return entry

    def _kept_entry(self, position: int) -> _Entry:
        """Return what is said of a rule, as it was kept for a submission that says the same of it,
        or written now.
        """
        entries = self.kept[position]
        if entries is None:
            return self._new_entry(position)
        key = self._key(position)
        entry = entries.get(key)
        if entry is None:
            entry = self._new_entry(position)
            if len(entries) >= MOST_KEPT:
                # The oldest goes: a dictionary has its keys in the order in which they came.
                entries.pop(next(iter(entries)), None)
            entries[key] = entry
        else:
            entry.repeated = True
        return entry

    def _key(self, position: int) -> tuple[object, ...]:
        """Return all on which the entry of a rule hangs that reads no more than its own metric."""
        scoring = self.scoring
        figure: Figure | None = None
        entry: Entry | None = None
        digits = None
        metric = self.fixed.metrics[position]
        if metric is not None:
            figure = scoring.figure(metric.id)
            entry = scoring.entry(metric.id)
        if entry is not None:
            # 12.5 and 12.50 are equal, and so are 1 and true, but they are not written alike.
            digits = (
                str(entry.value),
                str(entry.numerator),
                str(entry.denominator),
            )
        result = scoring.results[position]
        given = scoring.given(position)
        return self.with_gains, result, figure, entry, digits, given, scoring.as_of

    def _new_entry(self, position: int) -> _Entry:
        content = self._content(position)
        gains = self._gains(position)
        return _Entry(content, tuple(self._change(gain, position) for gain in gains))

    def _gain_documents(self, entry: _Entry, position: int) -> list[Document]:
        """Return the gains of a rule, with what they add to the index of this submission."""
        gains = self.explanation.gains
        return [
            self._gain(change, gains.rise(change.gain, position))
            for change in entry.changes
        ]

    def _content(self, position: int) -> Document:
        """Return a rule with all that does not hang on the rest of the submission: without gains
        and tracks.
        """
        scoring = self.scoring
        rule = scoring.rule(position)
        result = scoring.results[position]
        speaker = self.speaker
        places = self.places
        fixed = number.fixed
        content = self.fixed.rule(position)
        content["state"] = str(result.state)
        if isinstance(rule.threshold, MetricRef | FormulaRef):
            content["threshold"] = self._threshold(position)
        content["value"] = self._value(position)
        content["inputs"] = self._inputs(position)
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
        content["win_back"] = self._win_back(position)
        content["evidence"] = self._evidence(position)
        if content["conflicts"] is None:
            content["conflicts"] = [
                conflict_of(rule, conflict, speaker) for conflict in rule.conflicts
            ]
        return content

    def _win_back(self, position: int) -> str | None:
        """Say what would win a rule's points back, None where that is not asked for."""
        if not self.with_gains:
            return None
        return self.explanation.win_back(position)

    def _gains(self, position: int) -> tuple[Gain, ...]:
        """Return the changes of one metric that would win points of a rule back."""
        if not self.with_gains:
            return ()
        return self.explanation.gains.of(position)

    def _threshold(self, position: int) -> object:
        """Return a threshold that was computed, with as many digits as a figure of its metric; None
        where figures are absent from which it is computed.
        """
        value = self.scoring.threshold(position)
        if not isinstance(value, Fraction):
            return None
        metric = self.scoring.rules.metrics[self.scoring.rule(position).metric or ""]
        return _plain(as_formula_value((value.numerator, value.denominator), metric))

    def _value(self, position: int) -> object:
        """Return what a rule's metric came to, None where there is no figure."""
        metric = self.fixed.metrics[position]
        if metric is None:
            return None
        figure = self.scoring.figure(metric.id)
        if isinstance(figure, Absent):
            return None
        return _figure(figure, metric)

    def _inputs(self, position: int) -> list[Document]:
        """Return everything submitted that a rule reads: metrics, then the points of a person."""
        compiled = self.scoring.compiled
        rule_id = compiled.names[position]
        inputs = [self._input(name) for name in compiled.reads[rule_id]]
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

    def _input(self, name: str) -> Document:
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
            # The items themselves, not their count: that is the figure, and stands in `text`.
            if entry.items is not None:
                content["items"] = list(entry.items)
        if isinstance(figure, Absent):
            content["state"] = str(figure.state)
        # A ratio stands as it was given: its quotient may have no end as a decimal.
        if entry is not None and entry.denominator is not None:
            content["numerator"] = _as_written(entry.numerator)
            content["denominator"] = _as_written(entry.denominator)
        elif not isinstance(figure, Absent):
            content["value"] = self._submitted_value(metric, entry, figure)
        return content

    def _submitted_value(
        self,
        metric: Metric,
        entry: Entry | None,
        figure: Figure,
    ) -> object:
        """Return a figure as it was submitted: a number with its own digits, else a date, a text,
        true or false.
        """
        if entry is not None and entry.value is not None and metric.numeric:
            return _as_written(entry.value)
        return _figure(figure, metric)

    def _change(self, gain: Gain, position: int) -> "_Change":
        """Return what of a gain is the same wherever the index stands."""
        content = {
            "aim": gain.aim,
            **changed(gain.steps, gain.step),
            "points": number.fixed(gain.points, self.places),
            "index": None,
            "text": None,
        }
        return _Change(gain, content, self.explanation.change_named(gain, position))

    def _gain(self, change: "_Change", value: int) -> Document:
        """Return a gain with the ticks that it brings the index."""
        content = change.content.copy()
        content["index"] = number.fixed(value, self.places)
        points = change.gain.points
        content["text"] = self.explanation.gain(change.words, points, value)
        return content

    def _evidence(self, position: int) -> Document:
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

    def _tracks(self, id_: str) -> dict[str, str | None]:
        """Return the points that each further track gave a rule, None where it gave none."""
        names = self.scoring.rules.tracks
        if not names:
            return {}
        tracks = self.scoring.measurements.tracks
        return {name: self._track_points(tracks.get(name, {}), id_) for name in names}

    def _track_reasons(self, id_: str) -> dict[str, str]:
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

    def _track_points(self, points: Mapping[str, Given], id_: str) -> str | None:
        """Return the points that one track gave a rule, None where it gave none."""
        if id_ not in points:
            return None
        return self.speaker.padded(Fraction(*points[id_].points))


def _kept(fixed: FixedParts) -> tuple[dict[tuple[object, ...], _Entry] | None, ...]:
    """Return the entries that are kept of each rule; None of those of which nothing is."""
    kept: tuple[dict[tuple[object, ...], _Entry] | None, ...] | None
    kept = fixed.compiled.kept.get((RuleDocuments, fixed.lang))
    if kept is None:
        rules = range(len(fixed.compiled.names))
        kept = tuple({} if _stands_alone(fixed, rule) else None for rule in rules)
        fixed.compiled.kept[RuleDocuments, fixed.lang] = kept
    return kept


def _stands_alone(fixed: FixedParts, position: int) -> bool:
    """Whether nothing is said of a rule that hangs on more than its own metric and points."""
    compiled = fixed.compiled
    rule = compiled.ordered[position]
    reads = compiled.reads[rule.id]
    # A rule by hand reads nothing; a gate or a second figure changes what is said of the first.
    own_alone = reads in ((), (rule.metric,)) and not rule.requires
    computed = isinstance(rule.threshold, MetricRef | FormulaRef)
    conflicts = fixed.rule(position)["conflicts"] is None
    if not own_alone or computed or conflicts or fixed.formulas[position]:
        return False
    if position not in compiled.added_up:
        return False
    # What a gain adds to the index must be the rule's own alone.
    return rule.metric is None or network(compiled).alone(position, rule.metric)


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
    # Whole numbers, nearly all figures, are written without a fraction between.
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
        before = _exact(now)
        if isinstance(now, Fraction) and isinstance(then, Fraction):
            change = _exact(then - now)
    return {"metric": metric, "from": before, "to": _exact(then), "change": change}


def _exact(value: object) -> object:
    """Return a value that a metric may take, digit for digit: between 79.999999999999995 and 80
    lies a loss.
    """
    if isinstance(value, Fraction):
        return number.plain(value)
    return _plain(value)


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
