"""The sensitivity document: plain data that its views are drawn from, its texts in one language."""

from collections.abc import Iterator, Mapping
from fractions import Fraction

from cchc_rules.analysis.sensitivity import readings
from cchc_rules.analysis.sensitivity.readings import Reading
from cchc_rules.analysis.sensitivity.variations import (
    HUNDRED,
    Change,
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
from cchc_rules.rules.model import Band, Rule
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
        self.speaker = ResultText(study.scoring, lang)

    def document(self) -> Document:
        rules = self.scoring.rules
        return {
            **heading.scored(self.speaker),
            "ruleset": {
                **heading.ruleset(rules, self.lang),
                "weight_basis": rules.index.basis,
            },
            "range": number.plain(self.study.range),
            "index": {
                **self.index(self.scoring),
                "scale": number.plain(rules.index.scale),
            },
            "weights": self.weights(),
            "bands": self.bands(),
            "readings": None
            if self.study.readings is None
            else [self.reading(one) for one in self.ordered()],
            "together": {
                key: reading and self.several(reading)
                for key, reading in self.study.together._asdict().items()
            },
            "chart": _Chart(self).chart(),
        }

    def say(self, id_: str, **places: str) -> str:
        return message(self.lang, f"sensitivity.{id_}", **places)

    def percent(self, value: Fraction) -> str:
        return f"{say_number(self.lang, number.shown(value))} %"

    # The index and its weights

    def index(self, scoring: Scoring) -> Document:
        """Return an index: as shown, before rounding, how far it is from the report's, and its
        band.
        """
        sums = scoring.index
        return {
            "value": scoring.points(sums.value),
            "exact": number.ratio(sums.exact),
            "difference": scoring.points(sums.value - self.scoring.index.value),
            "band": self.band(scoring.banding().band),
        }

    def band(self, band: Band | None) -> Document | None:
        return (
            None if band is None else {"id": band.id, "title": band.title.of(self.lang)}
        )

    def weights(self) -> Document:
        study = self.study
        total = sum((area.weight for area in study.areas.values()), Fraction(0))
        widest = study.swings[0] if study.swings and study.swings[0].width else None
        return {
            "state": study.state,
            "text": self.state(),
            "total": number.plain(total),
            "lowest": self.variation(study.lowest),
            "highest": self.variation(study.highest),
            "most": widest and widest.area,
            "areas": [self.area(swing) for swing in study.swings],
        }

    def state(self) -> str:
        range_ = self.percent(self.study.range)
        study = self.study
        if study.state != "varied":
            return self.say(study.state.replace("_", "-"))
        low, high = (
            self.speaker.points(one.scoring.index.value)
            for one in (study.lowest, study.highest)
        )
        return self.say("varied", range=range_, lowest=low, highest=high)

    def variation(self, variation: Variation) -> Document:
        return {
            **self.index(variation.scoring),
            "weights": self.named(variation.weights),
        }

    def named(self, weights: Mapping[str, Fraction]) -> list[Document]:
        return [
            {"area": id_, "weight": number.shown(weight), "exact": number.ratio(weight)}
            for id_, weight in weights.items()
        ]

    def area(self, swing: Swing) -> Document:
        group = self.scoring.rules.groups[swing.area]
        area = self.study.areas[swing.area]
        return {
            "id": swing.area,
            "title": group.title.of(self.lang),
            "weight_basis": group.basis,
            "weight": number.plain(area.weight),
            "earned": number.ratio(area.earned),
            "left": number.ratio(area.left),
            "share": _rounded(area.earned / area.left * HUNDRED) if area.left else None,
            "raised": {
                **self.index(swing.up.scoring),
                "weight": number.shown(swing.up.weight),
            },
            "lowered": {
                **self.index(swing.down.scoring),
                "weight": number.shown(swing.down.weight),
            },
            "swing": self.points(swing.width),
            "exact": number.ratio(swing.width),
        }

    def points(self, points: Fraction) -> str:
        """Return points that are no whole ticks, rounded half up to the places of the index."""
        places = self.scoring.rules.index.places
        return number.fixed(
            number.half_up(points.numerator * 10**places, points.denominator), places
        )

    # Bands

    def bands(self) -> Document | None:
        up = self.study.up
        down = self.study.down
        if up is None or down is None:
            return None
        return {
            "reads": self.scoring.rules.bands_read,
            "gates": list(self.scoring.banding().gates),
            "up": self.change(up, "up"),
            "down": self.change(down, "down"),
        }

    def change(self, change: Change, way: str) -> Document:
        return {
            "state": change.reason,
            "band": self.band(change.band),
            "range": None
            if change.part is None
            else _rounded_up(change.part * HUNDRED),
            "exact": None
            if change.part is None
            else number.ratio(change.part * HUNDRED),
            "attained": None if change.part is None else change.attained,
            "weights": None if change.weights is None else self.named(change.weights),
            "text": self.change_text(change, way),
        }

    def change_text(self, change: Change, way: str) -> str:
        if change.part is None or change.band is None:
            return self.say(
                f"band-{change.reason}-{way}"
                if change.reason == "never"
                else f"band-{change.reason}"
            )
        percent = change.part * HUNDRED
        shown = _rounded_up(percent)
        more = not change.attained and Fraction(shown) == percent
        range_ = f"{say_number(self.lang, shown)} %"
        if more:
            range_ = self.say("more-than", range=range_)
        return self.say(
            f"band-{way}", range=range_, band=change.band.title.of(self.lang)
        )

    # Readings

    def ordered(self) -> list[Reading]:
        """Return the readings, the one that moves the index most first; those that cannot be scored
        last.
        """
        base = self.scoring.index.exact

        def moves(reading: Reading) -> Fraction:
            return (
                Fraction(-1)
                if reading.scoring is None
                else abs(reading.scoring.index.exact - base)
            )

        return sorted(self.study.readings or (), key=moves, reverse=True)

    def reading(self, reading: Reading) -> Document:
        place = reading.places[0]
        at = self.scoring.compiled.places[place.rule]
        rule = self.scoring.rule(at)
        conflict = rule.conflicts[place.at]
        return {
            "rule": rule.id,
            "title": rule.title.of(self.lang),
            "source": list(rule.source),
            "required": self.speaker.required(at),
            "other_source": conflict.source,
            "other_required": self.otherwise(rule, place.at),
            "note": conflict.note and conflict.note.of(self.lang),
            "deduction": None if reading.scoring is None else reading.deduction,
            "points": self.scoring.points(self.scoring.results[at].earned),
            "other_points": reading.scoring
            and self.scoring.points(reading.scoring.results[at].earned),
            "index": reading.scoring and self.index(reading.scoring),
            "text": self.remark(reading),
        }

    def otherwise(self, rule: Rule, position: int) -> str | None:
        conflict = rule.conflicts[position]
        if (
            conflict.comparator is None
            or conflict.threshold is None
            or rule.metric is None
        ):
            return None
        return self.speaker.target(rule, conflict.comparator, conflict.threshold)

    def remark(self, reading: Reading) -> str | None:
        """Return what must be said of how a reading was computed, or why it was not."""
        if reading.scoring is None:
            return self.refused(reading)
        if reading.deduction == readings.AS_DECLARED:
            return None
        return self.say(
            "tiers-moved"
            if reading.deduction == readings.TIERS_MOVED
            else "all-or-nothing"
        )

    def refused(self, reading: Reading) -> str:
        if not reading.problems:
            return self.say("no-figure")
        return self.say(
            "refused",
            why=" ".join(problem.what(self.lang) for problem in reading.problems),
        )

    def several(self, reading: Reading) -> Document:
        return {
            "readings": [
                {"rule": place.rule, "position": place.at} for place in reading.places
            ],
            "index": reading.scoring and self.index(reading.scoring),
            "text": None if reading.scoring else self.refused(reading),
        }


def _rounded_up(percent: Fraction) -> str:
    return number.fixed(int(number.ceiling(percent * 10**PLACES)), PLACES)


def _rounded(percent: Fraction) -> str:
    return number.fixed(
        number.half_up(percent.numerator * 10**PLACES, percent.denominator), PLACES
    )


class _Chart:
    """Places everything on one axis, in percent of its length: ranges as bars, the index and the
    bands as marks.
    """

    def __init__(self, writer: _Writer) -> None:
        self.writer = writer
        self.bars = list(self._bars())
        values = [
            writer.scoring,
            *(scoring for _, _, _, low, high in self.bars for scoring in (low, high)),
        ]
        points = [
            Fraction(scoring.index.value, scoring.compiled.unit) for scoring in values
        ]
        self.low = number.floor(min(points))
        self.high = number.ceiling(max(points))
        self.high += self.low == self.high

    def _bars(self) -> Iterator[tuple[str, str, str, Scoring, Scoring]]:
        """Yield the bars, of readings those that move the index: kind, id, label, the lower outcome
        and the higher.
        """
        study = self.writer.study
        writer = self.writer
        yield (
            "weights",
            "",
            writer.say("all-areas"),
            study.lowest.scoring,
            study.highest.scoring,
        )
        for swing in study.swings:
            title = writer.scoring.rules.groups[swing.area].title.of(writer.lang)
            yield (
                "area",
                swing.area,
                title,
                *self._ordered(swing.up.scoring, swing.down.scoring),
            )
        for reading in writer.ordered():
            if (
                reading.scoring is not None
                and reading.scoring.index.value != study.scoring.index.value
            ):
                title = writer.scoring.rules.rules[reading.places[0].rule].title.of(
                    writer.lang
                )
                yield (
                    "reading",
                    reading.places[0].rule,
                    title,
                    *self._ordered(study.scoring, reading.scoring),
                )
        if study.together.all is not None and study.together.all.scoring is not None:
            yield (
                "together",
                "",
                writer.say("together"),
                *self._ordered(study.scoring, study.together.all.scoring),
            )

    @staticmethod
    def _ordered(one: Scoring, other: Scoring) -> tuple[Scoring, Scoring]:
        low, high = sorted((one, other), key=lambda scoring: scoring.index.value)
        return low, high

    def place(self, points: Fraction) -> str:
        """Return where points stand on the axis, in percent of its length."""
        return number.plain(
            number.round_half_up(
                (points - self.low) / (self.high - self.low) * HUNDRED, 4
            )
        )

    def end(self, scoring: Scoring) -> Document:
        points = Fraction(scoring.index.value, scoring.compiled.unit)
        return {
            "value": scoring.points(scoring.index.value),
            "place": self.place(points),
        }

    def chart(self) -> Document:
        """Return the chart as data: no shapes, no colours."""
        bands = self.writer.scoring.ladder
        edges = [
            (band, band.interval.low) for band in bands if band.interval.low is not None
        ]
        return {
            "axis": {"low": number.plain(self.low), "high": number.plain(self.high)},
            "index": self.end(self.writer.scoring),
            "bands": [
                {
                    "id": band.id,
                    "title": band.title.of(self.writer.lang),
                    "from": number.plain(low),
                    "place": place,
                }
                for band, low in edges
                if self.low <= low <= self.high
                for place in [self.place(low)]
            ],
            "bars": [
                {
                    "kind": kind,
                    "id": id_,
                    "label": label,
                    "low": self.end(low),
                    "high": self.end(high),
                }
                for kind, id_, label, low, high in self.bars
            ],
        }
