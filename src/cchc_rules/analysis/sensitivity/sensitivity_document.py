"""The sensitivity document: plain data that its views are drawn from, its texts in one language."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import NamedTuple

from cchc_rules.analysis.sensitivity.other_readings import Reading
from cchc_rules.analysis.sensitivity.reading_deductions import AS_DECLARED, TIERS_MOVED
from cchc_rules.analysis.sensitivity.study import (
    HUNDRED,
    BandChange,
    SingleVariation,
    Study,
    Swing,
    Variation,
)
from cchc_rules.base import number
from cchc_rules.base.messages import message
from cchc_rules.base.messages import number as say_number
from cchc_rules.report import heading
from cchc_rules.report.heading import Document
from cchc_rules.report.result_text import ResultText
from cchc_rules.rules.model import Band, Conflict, Rule
from cchc_rules.scoring.scoring import Scoring

PLACES = 2
"""Percentages are shown in hundredths; the least change of weights is rounded up, so that so much
is enough.
"""


def document(study: Study, lang: str) -> Document:
    """Return the document of a study, its texts in a language."""
    return _Writer(study, lang).document()


class _Writer:
    """Writes the document of a study in one language."""

    def __init__(self, study: Study, lang: str) -> None:
        self.study = study
        self.lang = lang
        self.scoring = study.scoring
        self.texts = ResultText(study.scoring, lang)

    def document(self) -> Document:
        rules = self.scoring.rules
        ruleset = heading.ruleset(rules, self.lang)
        readings = None
        if self.study.readings is not None:
            readings = [self.reading(reading) for reading in self.ordered_readings()]
        together = self.study.together
        return {
            **heading.scored(self.texts),
            "ruleset": {**ruleset, "weight_basis": rules.index.basis},
            "range": number.plain(self.study.range),
            "index": {
                **self.index(self.scoring),
                "scale": number.plain(rules.index.scale),
            },
            "weights": self.weights(),
            "bands": self.bands(),
            "readings": readings,
            "together": {
                "all": self.several(together.all),
                "lowering": self.several(together.lowering),
                "raising": self.several(together.raising),
            },
            "chart": _Chart(self).chart(),
        }

    def say(self, id_: str, **arguments: str) -> str:
        return message(self.lang, f"sensitivity.{id_}", **arguments)

    def percent(self, value: Fraction) -> str:
        shown = number.shown(value)
        return f"{say_number(self.lang, shown)} %"

    # The index and its weights

    def index(self, scoring: Scoring) -> Document:
        """Return an index: as shown, before rounding, how far it is from the report's, and its
        band; None for each where nothing is left to score.
        """
        index = scoring.index
        if not index.scored:
            return dict.fromkeys(("value", "exact", "difference", "band"))
        difference = None
        if self.scoring.index.scored:
            difference = scoring.points(index.value - self.scoring.index.value)
        return {
            "value": scoring.points(index.value),
            "exact": number.ratio(index.exact),
            "difference": difference,
            "band": self.band(scoring.banding().band),
        }

    def band(self, band: Band | None) -> Document | None:
        if band is None:
            return None
        return {"id": band.id, "title": band.title.of(self.lang)}

    def weights(self) -> Document:
        """Return what other weights do: all at once within the range, and each by itself."""
        study = self.study
        weights = (area.weight for area in study.areas.values())
        total = sum(weights, Fraction(0))
        # The area whose weight counts most, unless none moves the index at all.
        widest = None
        if study.swings and study.swings[0].width:
            widest = study.swings[0].area
        return {
            "state": study.state,
            "text": self.state(),
            "total": number.plain(total),
            "lowest": self.variation(study.lowest),
            "highest": self.variation(study.highest),
            "most": widest,
            "areas": [self.area(swing) for swing in study.swings],
        }

    def state(self) -> str:
        """Say how far weights move the index, or why they cannot."""
        study = self.study
        if study.state != "varied":
            return self.say(study.state.replace("_", "-"))
        return self.say(
            "varied",
            range=self.percent(study.range),
            lowest=self.texts.points(study.lowest.scoring.index.value),
            highest=self.texts.points(study.highest.scoring.index.value),
        )

    def variation(self, variation: Variation) -> Document:
        return {
            **self.index(variation.scoring),
            "weights": self.named(variation.weights),
        }

    def named(self, weights: Mapping[str, Fraction]) -> list[Document]:
        """Return the weights of areas, in points: as shown, and exactly."""
        return [
            {"area": id_, "weight": number.shown(weight), "exact": number.ratio(weight)}
            for id_, weight in weights.items()
        ]

    def area(self, swing: Swing) -> Document:
        """Return an area, and what its weight alone does to the index."""
        group = self.scoring.rules.groups[swing.area]
        area = self.study.areas[swing.area]
        share = None
        if area.left:
            percent = area.earned / area.left * HUNDRED
            share = _rounded(percent)
        return {
            "id": swing.area,
            "title": group.title.of(self.lang),
            "weight_basis": group.basis,
            "weight": number.plain(area.weight),
            "earned": number.ratio(area.earned),
            "left": number.ratio(area.left),
            "share": share,
            "raised": self.single(swing.up),
            "lowered": self.single(swing.down),
            "swing": self.points(swing.width),
            "exact": number.ratio(swing.width),
        }

    def single(self, variation: SingleVariation) -> Document:
        return {
            **self.index(variation.scoring),
            "weight": number.shown(variation.weight),
        }

    def points(self, points: Fraction) -> str:
        """Return points that are no whole ticks, rounded half up to the places of the index."""
        return _with_places(points, self.scoring.rules.index.places)

    # Bands

    def bands(self) -> Document | None:
        """Return what takes the index into another band; None without bands."""
        up = self.study.up
        down = self.study.down
        if up is None or down is None:
            return None
        gates = self.scoring.banding().gates
        return {
            "reads": self.scoring.rules.bands_read,
            "gates": list(gates),
            "up": self.change(up, "up"),
            "down": self.change(down, "down"),
        }

    def change(self, change: BandChange, way: str) -> Document:
        """Return a change of the band, `way` being up or down."""
        return {
            "state": change.reason,
            "band": self.band(change.band),
            **self.least_change(change),
            "text": self.change_text(change, way),
        }

    def least_change(self, change: BandChange) -> Document:
        """Return the least range of weights that does it, in percent; None for each without one."""
        # No range below 100 % does it.
        if change.part is None or change.weights is None:
            return dict.fromkeys(("range", "exact", "attained", "weights"))
        percent = change.part * HUNDRED
        return {
            "range": _rounded_up(percent),
            "exact": number.ratio(percent),
            "attained": change.attained,
            "weights": self.named(change.weights),
        }

    def change_text(self, change: BandChange, way: str) -> str:
        """Say how much other weights would have to be, or why none do it."""
        if change.part is None or change.band is None:
            if change.reason == "never":
                return self.say(f"band-never-{way}")
            return self.say(f"band-{change.reason}")
        percent = change.part * HUNDRED
        shown = _rounded_up(percent)
        range_ = f"{say_number(self.lang, shown)} %"
        # On the edge itself the band has not changed yet. Where what is shown was rounded up, it
        # lies beyond the edge and is enough as it stands.
        if not change.attained and Fraction(shown) == percent:
            range_ = self.say("more-than", range=range_)
        title = change.band.title.of(self.lang)
        return self.say(f"band-{way}", range=range_, band=title)

    # Readings

    def ordered_readings(self) -> list[Reading]:
        """Return the readings, the one that moves the index most first; those that cannot be scored
        last.
        """

        def moved_by(reading: Reading) -> Fraction:
            # Less than any reading that leaves the index where it is.
            if reading.scoring is None:
                return Fraction(-1)
            move = reading.scoring.index.moved_from(self.scoring.index)
            return abs(move)

        return sorted(self.study.readings or (), key=moved_by, reverse=True)

    def reading(self, reading: Reading) -> Document:
        """Return a contradiction, and what the rule and the index come to read the other way."""
        contradiction = reading.contradictions[0]
        position = self.scoring.compiled.places[contradiction.rule]
        rule = self.scoring.rule(position)
        conflict = rule.conflicts[contradiction.position]
        result = self.scoring.results[position]
        deduction = None
        other_points = None
        index = None
        if reading.scoring is not None:
            deduction = reading.deduction
            other_result = reading.scoring.results[position]
            other_points = self.scoring.points(other_result.earned)
            index = self.index(reading.scoring)
        return {
            "rule": rule.id,
            "title": rule.title.of(self.lang),
            "source": list(rule.source),
            "required": self.texts.required(position),
            "other_source": conflict.source,
            "other_required": self.otherwise(rule, conflict),
            "note": conflict.note and conflict.note.of(self.lang),
            "deduction": deduction,
            "points": self.scoring.points(result.earned),
            "other_points": other_points,
            "index": index,
            "text": self.remark(reading),
        }

    def otherwise(self, rule: Rule, conflict: Conflict) -> str | None:
        """Say what the other reading asks for; None where it names no figure."""
        if conflict.comparator is None or conflict.threshold is None:
            return None
        if rule.metric is None:
            return None
        return self.texts.target(rule, conflict.comparator, conflict.threshold)

    def remark(self, reading: Reading) -> str | None:
        """Return what must be said of how a reading was computed, or why it was not."""
        if reading.scoring is None:
            return self.refused(reading)
        if reading.deduction == AS_DECLARED:
            return None
        if reading.deduction == TIERS_MOVED:
            return self.say("tiers-moved")
        return self.say("all-or-nothing")

    def refused(self, reading: Reading) -> str:
        """Say why a reading could not be scored."""
        if not reading.problems:
            return self.say("no-figure")
        reasons = [problem.what(self.lang) for problem in reading.problems]
        return self.say("refused", why=" ".join(reasons))

    def several(self, reading: Reading | None) -> Document | None:
        """Return readings that were taken at once; None where there were none."""
        if reading is None:
            return None
        index = None
        text = None
        if reading.scoring is None:
            text = self.refused(reading)
        else:
            index = self.index(reading.scoring)
        return {
            "readings": [
                {"rule": contradiction.rule, "position": contradiction.position}
                for contradiction in reading.contradictions
            ],
            "index": index,
            "text": text,
        }


def _rounded_up(percent: Fraction) -> str:
    hundredths = number.ceiling(percent * 10**PLACES)
    return number.fixed(int(hundredths), PLACES)


def _rounded(percent: Fraction) -> str:
    return _with_places(percent, PLACES)


def _with_places(value: Fraction, places: int) -> str:
    """Return a number rounded half up, with so many places."""
    ticks = number.half_up(value.numerator * 10**places, value.denominator)
    return number.fixed(ticks, places)


class _Bar(NamedTuple):
    """A range on the chart: what makes it, and the scorings at its ends.

    `kind` is `weights`, `area`, `reading` or `together`; `id` names the area or the rule.
    """

    kind: str
    id: str
    label: str
    low: Scoring
    high: Scoring


def _bar(
    kind: str,
    id_: str,
    label: str,
    one: Scoring,
    other: Scoring,
) -> _Bar:
    """Return a bar between two scorings, the lower one first."""
    low, high = sorted((one, other), key=lambda scoring: scoring.index.value)
    return _Bar(kind, id_, label, low, high)


class _Chart:
    """Places everything on one axis, in percent of its length: ranges as bars, the index and the
    bands as marks.
    """

    def __init__(self, writer: _Writer) -> None:
        self.writer = writer
        self.bars: list[_Bar] = []
        # Where nothing is left to score there is no index to place (semantics I2).
        if writer.scoring.index.scored:
            self.bars = list(self._bars())
        points = [_shown_points(writer.scoring)]
        for bar in self.bars:
            points += [_shown_points(bar.low), _shown_points(bar.high)]
        # The axis ends at whole points, so that its labels are short; it is never without length.
        self.low = number.floor(min(points))
        self.high = number.ceiling(max(points))
        if self.low == self.high:
            self.high += 1

    def _bars(self) -> Iterator[_Bar]:
        """Yield the bars: of all weights, of each area, of each reading that moves the index, of
        all readings together.
        """
        writer = self.writer
        study = writer.study
        rules = writer.scoring.rules
        lowest = study.lowest.scoring
        highest = study.highest.scoring
        yield _Bar("weights", "", writer.say("all-areas"), lowest, highest)
        for swing in study.swings:
            title = rules.groups[swing.area].title.of(writer.lang)
            up = swing.up.scoring
            down = swing.down.scoring
            # More weight on a weak area lowers the index, so either may be the lower end.
            yield _bar("area", swing.area, title, up, down)
        for reading in writer.ordered_readings():
            # Without an index there is no end to draw; one that is the same would have no length.
            if reading.scoring is None or not reading.scoring.index.scored:
                continue
            if reading.scoring.index.value == study.scoring.index.value:
                continue
            rule = rules.rules[reading.contradictions[0].rule]
            title = rule.title.of(writer.lang)
            yield _bar("reading", rule.id, title, study.scoring, reading.scoring)
        together = study.together.all
        if together is None or together.scoring is None:
            return
        if together.scoring.index.scored:
            label = writer.say("together")
            yield _bar("together", "", label, study.scoring, together.scoring)

    def place(self, points: Fraction) -> str:
        """Return where points stand on the axis, in percent of its length."""
        part = (points - self.low) / (self.high - self.low)
        # Four places of a percent are finer than any screen or paper.
        percent = number.round_half_up(part * HUNDRED, 4)
        return number.plain(percent)

    def end(self, scoring: Scoring) -> Document:
        """Return the index of a scoring, and where it stands on the axis."""
        return {
            "value": scoring.points(scoring.index.value),
            "place": self.place(_shown_points(scoring)),
        }

    def index(self) -> Document | None:
        if not self.writer.scoring.index.scored:
            return None
        return self.end(self.writer.scoring)

    def chart(self) -> Document:
        """Return the chart as data: no shapes, no colours."""
        low = number.plain(self.low)
        high = number.plain(self.high)
        return {
            "axis": {"low": low, "high": high},
            "index": self.index(),
            "bands": list(self.bands()),
            "bars": [self.bar(bar) for bar in self.bars],
        }

    def bar(self, bar: _Bar) -> Document:
        return {
            "kind": bar.kind,
            "id": bar.id,
            "label": bar.label,
            "low": self.end(bar.low),
            "high": self.end(bar.high),
        }

    def bands(self) -> Iterator[Document]:
        """Yield the bands that begin on the axis."""
        for band in self.writer.scoring.ladder:
            low = band.interval.low
            # The lowest band begins nowhere.
            if low is None or not self.low <= low <= self.high:
                continue
            yield {
                "id": band.id,
                "title": band.title.of(self.writer.lang),
                "from": number.plain(low),
                "place": self.place(low),
            }


def _shown_points(scoring: Scoring) -> Fraction:
    """Return the index as it is shown, in points."""
    return Fraction(scoring.index.value, scoring.compiled.unit)
