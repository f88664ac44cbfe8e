"""Submissions: JSON or a mapping in, exact figures bound to a rule set's metrics out; every problem at once."""

import hashlib
import json
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import lru_cache
from pathlib import Path as FilePath
from typing import Any, NamedTuple, TypeAlias

from cchc_rules import calendar, number
from cchc_rules.model import Metric, RuleSet
from cchc_rules.number import Pair
from cchc_rules.problem import Path, Problem, SubmissionError, nearest, quoted
from cchc_rules.state import NOT_REPORTED, ZERO_DENOMINATOR, Absent, Reason, State

MAX_BYTES = 16_000_000


class Document(NamedTuple):
    """A piece of evidence: its name, and its date where one was given."""

    document: str
    dated: date | None = None


class Waiver(NamedTuple):
    """Who let a figure off, why, and until when."""

    by: str
    why: str
    until: date


class Given(NamedTuple):
    """Points given by a person, with the reason and evidence."""

    points: Pair
    reason: str
    evidence: tuple[Document, ...] = ()


class Entry(NamedTuple):
    """What was submitted for one metric, as written."""

    value: object = None
    numerator: object = None
    denominator: object = None
    items: tuple[str, ...] | None = None
    not_applicable: str | None = None
    waived: Waiver | None = None
    evidence: tuple[Document, ...] = ()
    note: str | None = None


Figure: TypeAlias = Pair | Absent
"""A bound figure: an exact pair (yes is 1, a level its position from the best, a date its day), or an absence."""


class Bound(NamedTuple):
    """The figures of a submission held against one rule set, judged at one day."""

    rules: RuleSet
    as_of: date
    figures: dict[str, Figure]


@dataclass(frozen=True, eq=False)
class Measurements:
    """A submission whose form is right. `load_measurements` makes it; `score` reads it.

    Two submissions are equal when they say the same: when `dump_measurements` prints the same text for both.
    """

    ruleset: str
    unit: str
    unit_kind: str | None
    period: str
    span: tuple[date, date]
    as_of: date | None
    note: str | None
    entries: Mapping[str, Entry]
    points: Mapping[str, Given]
    absent: Mapping[str, str]
    tracks: Mapping[str, Mapping[str, Given]]
    file_sha256: str | None = None
    bound: "Bound | None" = field(default=None, repr=False)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Measurements) and dump_measurements(self) == dump_measurements(other)

    def __hash__(self) -> int:
        return hash(dump_measurements(self))

    @property
    def judged_at(self) -> date:
        """The day it is judged at unless told otherwise: its own `as_of`, else the end of its period."""
        return self.as_of or self.span[1]

    @property
    def sha256(self) -> str:
        """The hash of the file's bytes; for a mapping, of the text that `dump_measurements` gives."""
        return self.file_sha256 or hashlib.sha256(dump_measurements(self).encode()).hexdigest()


def load_measurements(
    source: str | FilePath | Mapping[str, Any], rules: RuleSet | None = None, *, as_of: date | None = None
) -> Measurements:
    """Return the submission of a JSON file or a mapping (ints, Decimals, dates, strings, bools; no floats).

    With the rule set given, every figure is held against its metric at once (judged at `as_of`, else the submission's
    own day, else the end of its period); otherwise `score` does it. Raises
    `SubmissionError` with every problem, each with its path and what to do.
    """
    reader = _Reader()
    if isinstance(source, Mapping):
        opened: tuple[object, str | None, str] = (source, None, "")
    else:
        opened = _open(FilePath(source), reader)
    content, digest, name = opened
    found = reader.submission(content, digest)
    bound = None if found is None or rules is None else _bind(found, rules, as_of or found.judged_at, reader)
    if reader.problems or found is None:
        raise SubmissionError([problem.at(name, 0) if name else problem for problem in reader.problems])
    return replace(found, bound=bound)


def figures_of(measurements: Measurements, rules: RuleSet, as_of: date) -> dict[str, Figure]:
    """Return the figures of a submission bound to a rule set's metrics; or raise `SubmissionError`."""
    bound = measurements.bound
    if bound is not None and bound.rules is rules and bound.as_of == as_of:
        return bound.figures
    reader = _Reader()
    figures = _bind(measurements, rules, as_of, reader).figures
    if reader.problems:
        raise SubmissionError(reader.problems)
    return figures


def _open(path: FilePath, reader: "_Reader") -> tuple[object, str | None, str]:
    name = str(path)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SubmissionError([Problem("file-unreadable", (), {"reason": quoted(reason)}, name)]) from None
    if len(data) > MAX_BYTES:
        raise SubmissionError([Problem("file-too-large", (), {"most": str(MAX_BYTES)}, name)])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise SubmissionError([Problem("not-utf8", (), {}, name, line)]) from None
    return parse_json(text, name, reader.problems), hashlib.sha256(data).hexdigest(), name


def parse_json(text: str, name: str, problems: list[Problem]) -> object:
    """Return the content of a JSON text with exact numbers; duplicate keys become problems, bad syntax is raised."""

    def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
        content = dict(pairs)
        if len(content) < len(pairs):
            keys = [key for key, _ in pairs]
            twice = {key for key in keys if keys.count(key) > 1}
            problems.extend(Problem("duplicate-key", (), {"name": quoted(key)}) for key in sorted(twice))
        return content

    try:
        return json.loads(
            text, parse_float=_decimal, parse_constant=Decimal, parse_int=_integer, object_pairs_hook=unique
        )
    except json.JSONDecodeError as error:
        places = {"reason": quoted(error.msg), "column": str(error.colno)}
        raise SubmissionError([Problem("json-syntax", (), places, name, error.lineno)]) from None
    except RecursionError:
        raise SubmissionError([Problem("json-too-deep", (), {}, name)]) from None


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal("Infinity")


def _integer(text: str) -> int | Decimal:
    return int(text) if len(text) <= number.DIGITS + 1 else Decimal("Infinity")


_TOP = frozenset(
    {"format", "ruleset", "unit", "unit_kind", "period", "as_of", "note", "measurements", "points", "absent", "tracks"}
)
_ENTRY = frozenset(Entry._fields)
_WAYS = ("value", "numerator", "items", "not_applicable", "waived")


class _Reader:
    """Reads the form of a submission and collects what is wrong."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def fault(self, code: str, *path: str | int, **places: str) -> None:
        self.problems.append(Problem(code, path, places))

    def submission(self, content: object, digest: str | None) -> Measurements | None:
        if not isinstance(content, Mapping):
            self.fault("not-an-object", given=quoted(content))
            return None
        self._keys(content, _TOP)
        if content.get("format") != 1 or isinstance(content.get("format"), bool):
            self.fault("format-version", "format", given=quoted(content.get("format")))
        period = self._text(content, "period", required=True)
        span = calendar.period(period) if period else None
        if period and span is None:
            self.fault("bad-period", "period", given=quoted(period))
        as_of = self._day(content.get("as_of"), "as_of") if content.get("as_of") is not None else None
        return Measurements(
            ruleset=self._text(content, "ruleset", required=True),
            unit=self._text(content, "unit", required=True),
            unit_kind=self._text(content, "unit_kind") or None,
            period=period,
            span=span or (date.min, date.max),
            as_of=as_of,
            note=self._text(content, "note") or None,
            entries=self._entries(self._table(content, "measurements")),
            points=self._points(self._table(content, "points"), "points"),
            absent={id_: self._reason(why, "absent", id_) for id_, why in self._table(content, "absent").items()},
            tracks={
                track: self._points(self._table(self._table(content, "tracks"), track, "tracks"), "tracks", track)
                for track in self._table(content, "tracks")
            },
            file_sha256=digest,
        )

    def _keys(self, table: Mapping[str, Any], known: frozenset[str], *path: str | int) -> None:
        for key in table:
            if key not in known:
                self.fault("unknown-key", *path, str(key), key=quoted(key), nearest=nearest(str(key), known))

    def _text(self, table: Mapping[str, Any], key: str, *path: str | int, required: bool = False) -> str:
        value = table.get(key)
        if value is None:
            if required:
                self.fault("missing-key", *path, key=key)
            return ""
        return self._reason(value, *path, key)

    def _reason(self, value: object, *path: str | int) -> str:
        if not isinstance(value, str):
            self.fault("not-text", *path, given=quoted(value))
            return ""
        if not value.strip():
            self.fault("empty-text", *path, given="")
        return unicodedata.normalize("NFC", value.strip())

    def _table(self, table: Mapping[str, Any], key: str, *path: str | int) -> Mapping[str, Any]:
        value = table.get(key)
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            self.fault("not-an-object", *path, key, given=quoted(value))
            return {}
        return value

    def _day(self, value: object, *path: str | int) -> date | None:
        day = as_day(value)
        if day is None:
            self.fault("not-a-date", *path, given=quoted(value))
        return day

    def _entries(self, table: Mapping[str, Any]) -> dict[str, Entry]:
        return {
            id_: entry for id_, raw in table.items() if raw is not None and (entry := self._entry(raw, id_)) is not None
        }

    def _entry(self, raw: object, id_: str) -> Entry | None:
        if not isinstance(raw, Mapping):
            return Entry(raw)
        if not _ENTRY.issuperset(raw):
            self._keys(raw, _ENTRY, "measurements", id_)
        ways = [way for way in _WAYS if raw.get(way) is not None]
        if len(ways) != 1 or (raw.get("numerator") is None) != (raw.get("denominator") is None):
            self._no_way(raw, ways, id_)
            return None
        path = ("measurements", id_)
        return Entry(
            raw.get("value"),
            raw.get("numerator"),
            raw.get("denominator"),
            self._items(raw["items"], *path, "items") if "items" in raw else None,
            self._reason(raw["not_applicable"], *path, "not_applicable") if "not_applicable" in raw else None,
            self._waiver(raw["waived"], *path, "waived") if "waived" in raw else None,
            self._documents(raw["evidence"], *path, "evidence") if "evidence" in raw else (),
            self._reason(raw["note"], *path, "note") if raw.get("note") is not None else None,
        )

    def _no_way(self, raw: Mapping[str, Any], ways: list[str], id_: str) -> None:
        """Say that an entry gives its figure in no way or in several; a lone null value is simply missing."""
        if "value" in raw and raw["value"] is None and not ways:
            return
        self.fault("entry-ways", "measurements", id_, ways=", ".join(ways) or "–")

    def _items(self, value: object, *path: str | int) -> tuple[str, ...]:
        if not isinstance(value, list | tuple):
            self.fault("not-a-list", *path, given=quoted(value))
            return ()
        return tuple(self._reason(item, *path, at) for at, item in enumerate(value))

    def _waiver(self, value: object, *path: str | int) -> Waiver:
        table = value if isinstance(value, Mapping) else {}
        if not isinstance(value, Mapping):
            self.fault("not-an-object", *path, given=quoted(value))
            return Waiver("", "", date.min)
        self._keys(table, frozenset(Waiver._fields), *path)
        until = self._day(table.get("until"), *path, "until")
        by, why = (self._text(table, key, *path, required=True) for key in ("by", "why"))
        return Waiver(by, why, until or date.min)

    def _documents(self, value: object, *path: str | int) -> tuple[Document, ...]:
        if not isinstance(value, list | tuple):
            self.fault("not-a-list", *path, given=quoted(value))
            return ()
        return tuple(self._document(item, *path, at) for at, item in enumerate(value))

    def _document(self, item: object, *path: str | int) -> Document:
        if not isinstance(item, Mapping):
            return Document(self._reason(item, *path))
        self._keys(item, frozenset({"document", "date"}), *path)
        day = self._day(item["date"], *path, "date") if item.get("date") is not None else None
        return Document(self._text(item, "document", *path, required=True), day)

    def _points(self, table: Mapping[str, Any], *path: str | int) -> dict[str, Given]:
        return {id_: given for id_, raw in table.items() if (given := self._given(raw, *path, id_)) is not None}

    def _given(self, raw: object, *path: str | int) -> Given | None:
        if raw is None:
            return None
        if not isinstance(raw, Mapping):
            self.fault("not-an-object", *path, given=quoted(raw))
            return None
        self._keys(raw, frozenset(Given._fields), *path)
        points = self.exact(raw.get("points"), *path, "points")
        reason = self._text(raw, "reason", *path, required=True)
        evidence = self._documents(raw["evidence"], *path, "evidence") if "evidence" in raw else ()
        return Given(points or (0, 1), reason, evidence)

    def exact(self, value: object, *path: str | int) -> Pair | None:
        """Return the exact pair of a number, or say why it is none."""
        try:
            return number.pair(value)
        except number.NotANumberError as error:
            self.fault(error.code, *path, given=quoted(value), hint=_hint(value))
            return None


def _hint(value: object) -> str:
    """Return how a number in text should have been written: `97,5` → 97.5, `1.212` stays in doubt."""
    text = str(value).replace("\u00a0", " ").replace("%", "").strip()
    if text.count(",") == 1:
        text = text.replace(".", "").replace(",", ".")
    try:
        return number.plain(number.parse(text))
    except number.NotANumberError:
        return "97.5"


def as_day(value: object) -> date | None:
    """Return a date, or the date of a text such as `2023-01-20`; None for anything else."""
    if isinstance(value, str):
        return calendar.iso_date(value)
    return value if isinstance(value, date) and not isinstance(value, datetime) else None


Bind: TypeAlias = Callable[[Entry, _Reader], "Figure | None"]


def _bind(found: Measurements, rules: RuleSet, as_of: date, reader: _Reader) -> Bound:
    """Return the figure of every submitted metric; say what does not fit the rule set."""
    active = _envelope(found, rules, reader)
    binders = _binders(active)
    figures: dict[str, Figure] = {}
    for id_, entry in found.entries.items():
        bind = binders.get(id_)
        if bind is None:
            _unknown_metric(active, id_, reader)
        elif entry.not_applicable is None and entry.waived is None:
            figure = bind(entry, reader)
            if figure is not None:
                figures[id_] = figure
        else:
            figures[id_] = _absence(entry, as_of)
    _no_later(figures, active, as_of, reader)
    return Bound(rules, as_of, figures)


def _no_later(figures: Mapping[str, Figure], rules: RuleSet, as_of: date, reader: _Reader) -> None:
    """Say which reported dates lie after the day the submission is judged at."""
    last = as_of.toordinal()
    for id_ in _dates(rules):
        figure = figures.get(id_, NOT_REPORTED)
        if not isinstance(figure, Absent) and figure[0] > last:
            given = date.fromordinal(figure[0]).isoformat()
            reader.fault("date-after-as-of", "measurements", id_, given=given, as_of=as_of.isoformat())


@lru_cache(maxsize=64)
def _dates(rules: RuleSet) -> tuple[str, ...]:
    """Return the submitted metrics that are dates."""
    return tuple(m.id for m in rules.metrics.values() if m.type == "date" and m.formula is None)


def _absence(entry: Entry, as_of: date) -> Absent:
    if entry.waived is None:
        return Absent(State.NOT_APPLICABLE, Reason.NOT_APPLICABLE, entry.not_applicable or "")
    if as_of > entry.waived.until:
        return Absent(State.MISSING, Reason.WAIVER_ENDED, entry.waived.until.isoformat())
    return Absent(State.WAIVED, Reason.WAIVED, entry.waived.why)


def _unknown_metric(rules: RuleSet, id_: str, reader: _Reader) -> None:
    if id_ in rules.metrics:
        reader.fault("derived-metric", "measurements", id_, name=id_, formula=rules.metrics[id_].formula or "")
    else:
        name, near = quoted(id_), nearest(id_, rules.metrics)
        reader.fault("unknown-metric", "measurements", id_, name=name, nearest=near)


def variant(found: Measurements, rules: RuleSet) -> RuleSet:
    """Return the rule set as it stands for the submission's kind of unit."""
    return rules.kinds.get(found.unit_kind, rules) if found.unit_kind else rules


def _envelope(found: Measurements, rules: RuleSet, reader: _Reader) -> RuleSet:
    """Hold everything but the figures against the rule set; return the rule set for the unit's kind."""
    if found.ruleset and not rules.reads_submissions_for(found.ruleset):
        reader.fault("other-ruleset", "ruleset", given=quoted(found.ruleset), wanted=rules.id)
    if found.unit_kind and found.unit_kind not in rules.kinds:
        reader.fault(
            "unknown-kind", "unit_kind", name=quoted(found.unit_kind), nearest=nearest(found.unit_kind, rules.kinds)
        )
    first, last = rules.valid
    if found.span != (date.min, date.max) and not (first <= found.span[0] and found.span[1] <= last):
        reader.fault(
            "other-period", "period", given=quoted(found.period), first=first.isoformat(), last=last.isoformat()
        )
    active = variant(found, rules)
    _names_known(found, active, reader)
    return active


def _names_known(found: Measurements, rules: RuleSet, reader: _Reader) -> None:
    for id_ in found.absent:
        if id_ not in rules.groups:
            reader.fault("unknown-group", "absent", id_, name=quoted(id_), nearest=nearest(id_, rules.groups))
        elif not rules.groups[id_].optional:
            reader.fault("group-not-optional", "absent", id_, name=id_)
    _points_known(found.points, rules, reader, "points")
    for track, points in found.tracks.items():
        if track not in rules.tracks:
            reader.fault("unknown-track", "tracks", track, name=quoted(track), nearest=nearest(track, rules.tracks))
        _points_known(points, rules, reader, "tracks", track)


def _points_known(points: Mapping[str, Given], rules: RuleSet, reader: _Reader, *path: str) -> None:
    for id_, given in points.items():
        rule = rules.rules.get(id_)
        if rule is None:
            reader.fault("unknown-rule", *path, id_, name=quoted(id_), nearest=nearest(id_, rules.rules))
            continue
        value = Fraction(*given.points)
        if not rule.lowest <= value <= rule.weight:
            places = {"lowest": number.plain(rule.lowest), "weight": number.plain(rule.weight)}
            reader.fault("points-out-of-range", *path, id_, "points", points=number.plain(value), **places)
        if path == ("points",) and not _takes_points(rules, id_):
            reader.fault("points-not-asked", *path, id_, name=id_)


def _takes_points(rules: RuleSet, id_: str) -> bool:
    rule = rules.rules[id_]
    return rule.deduction.kind == "manual" or "manual" in rule.absence.values()


@lru_cache(maxsize=64)
def _binders(rules: RuleSet) -> dict[str, Bind]:
    """Return, for each metric that is submitted, the function that turns an entry into its figure."""
    return {metric.id: _binder(metric, rules) for metric in rules.metrics.values() if metric.formula is None}


def _binder(metric: Metric, rules: RuleSet) -> Bind:
    if metric.numeric:
        return _number_binder(metric)
    if metric.type == "yes_no":
        return _yes_no_binder(metric)
    return _date_binder(metric, rules) if metric.type == "date" else _level_binder(metric)


def _number_binder(metric: Metric) -> Bind:
    path = ("measurements", metric.id)
    in_range = _range_test(metric)
    places = metric.round
    single = _items_binder(metric) if metric.distinct else _single_binder(metric)

    def bind(entry: Entry, reader: _Reader) -> Figure | None:
        figure = single(entry, reader) if entry.denominator is None else _ratio(metric, entry, reader)
        if figure is None or figure.__class__ is not tuple:
            return figure
        if not in_range(figure):  # type: ignore[arg-type]
            _say_range(metric, figure, reader)  # type: ignore[arg-type]
            return None
        if places is None:
            return figure
        return number.half_up(figure[0] * 10**places, figure[1]), 10**places  # type: ignore[arg-type]

    def _say_range(metric: Metric, figure: Pair, reader: _Reader) -> None:
        low, high = metric.range.low, metric.range.high
        bounds = {
            "least": "–∞" if low is None else number.plain(low),
            "most": "∞" if high is None else number.plain(high),
        }
        reader.fault("out-of-range", *path, given=number.shown(Fraction(*figure)), **bounds)

    return bind


def _range_test(metric: Metric) -> Callable[[Pair], bool]:
    low, high = metric.range.low, metric.range.high
    low_n, low_d = (low.numerator, low.denominator) if low is not None else (None, 1)
    high_n, high_d = (high.numerator, high.denominator) if high is not None else (None, 1)

    def test(figure: Pair) -> bool:
        n, d = figure
        return (low_n is None or n * low_d >= low_n * d) and (high_n is None or n * high_d <= high_n * d)

    return test


def _single_binder(metric: Metric) -> Bind:
    path, whole = ("measurements", metric.id), metric.whole

    def bind(entry: Entry, reader: _Reader) -> Figure | None:
        if entry.items is not None:
            reader.fault("items-not-asked", *path, "items", name=metric.id)
            return None
        value = entry.value
        figure = (value, 1) if value.__class__ is int and -1 < value < 10**18 else reader.exact(value, *path)
        if whole and figure is not None and figure[0] % figure[1]:
            reader.fault("not-whole", *path, given=quoted(value))
            return None
        return figure

    return bind


def _items_binder(metric: Metric) -> Bind:
    path = ("measurements", metric.id)

    def bind(entry: Entry, reader: _Reader) -> Figure | None:
        if entry.items is None:
            reader.fault("items-asked", *path, name=metric.id)
            return None
        return len({" ".join(item.casefold().split()) for item in entry.items}), 1

    return bind


def _ratio(metric: Metric, entry: Entry, reader: _Reader) -> Figure | None:
    path = ("measurements", metric.id)
    if metric.ratio is None:
        reader.fault("ratio-not-asked", *path, name=metric.id)
        return None
    above = reader.exact(entry.numerator, *path, "numerator")
    below = reader.exact(entry.denominator, *path, "denominator")
    if above is None or below is None:
        return None
    return _divided(metric, above, below, reader)


def _divided(metric: Metric, above: Pair, below: Pair, reader: _Reader) -> Figure | None:
    (an, ad), (bn, bd) = above, below
    path = ("measurements", metric.id)
    shown = {"numerator": _shown(above), "denominator": _shown(below)}
    if an < 0 or bn < 0:
        reader.fault("negative-count", *path, **shown)
        return None
    if not bn:
        if not an:
            return ZERO_DENOMINATOR
        reader.fault("numerator-over-zero", *path, **shown)
        return None
    percent = metric.type == "percent"
    if percent and not metric.above_100 and an * bd > bn * ad:
        reader.fault("numerator-above-denominator", *path, **shown)
        return None
    return an * bd * (100 if percent else 1), ad * bn


def _shown(figure: Pair) -> str:
    return str(figure[0]) if figure[1] == 1 else number.shown(Fraction(*figure))


def _plain_value(metric: Metric, entry: Entry, reader: _Reader) -> bool:
    """Whether the entry gives a single value; say so when it does not."""
    if entry.denominator is None and entry.items is None:
        return True
    reader.fault("value-asked", "measurements", metric.id, name=metric.id, type=metric.type)
    return False


def _yes_no_binder(metric: Metric) -> Bind:
    def bind(entry: Entry, reader: _Reader) -> Figure | None:
        if entry.value is True:
            return 1, 1
        if entry.value is False:
            return 0, 1
        if _plain_value(metric, entry, reader):
            reader.fault("not-yes-no", "measurements", metric.id, given=quoted(entry.value))
        return None

    return bind


def _date_binder(metric: Metric, rules: RuleSet) -> Bind:
    path, window = ("measurements", metric.id), rules.window

    def bind(entry: Entry, reader: _Reader) -> Figure | None:
        if not _plain_value(metric, entry, reader):
            return None
        day = as_day(entry.value)
        if day is None:
            reader.fault("not-a-date", *path, given=quoted(entry.value))
            return None
        if window and not window[0] <= day <= window[1]:
            first, last = (edge.isoformat() for edge in window)
            reader.fault("date-outside-window", *path, given=day.isoformat(), first=first, last=last)
            return None
        return day.toordinal(), 1

    return bind


def _level_binder(metric: Metric) -> Bind:
    positions = {
        " ".join(words.casefold().split()): at
        for at, level in enumerate(metric.levels)
        for words in (level.vi, level.en)
    }

    def bind(entry: Entry, reader: _Reader) -> Figure | None:
        if not _plain_value(metric, entry, reader):
            return None
        words = unicodedata.normalize("NFC", entry.value) if isinstance(entry.value, str) else ""
        at = positions.get(" ".join(words.casefold().split()))
        if at is not None:
            return at, 1
        allowed = ", ".join(level.vi for level in metric.levels)
        near = nearest(words, [level.vi for level in metric.levels])
        path: Path = ("measurements", metric.id)
        reader.fault("unknown-level", *path, given=quoted(entry.value), allowed=allowed, nearest=near)
        return None

    return bind


def dump_measurements(found: Measurements) -> str:
    """Return the submission as canonical JSON text: the same submission always gives the same bytes."""
    content: dict[str, Any] = {"format": 1, "ruleset": found.ruleset, "unit": found.unit, "period": found.period}
    content |= {
        key: value
        for key, value in (("unit_kind", found.unit_kind), ("as_of", found.as_of), ("note", found.note))
        if value is not None
    }
    content["measurements"] = {id_: _plain_entry(found.entries[id_]) for id_ in sorted(found.entries)}
    content["points"] = _plain_points(found.points)
    content["absent"] = dict(sorted(found.absent.items()))
    content["tracks"] = {track: _plain_points(found.tracks[track]) for track in sorted(found.tracks)}
    return _json(content) + "\n"


def _plain_entry(entry: Entry) -> dict[str, Any]:
    kept = {key: value for key, value in entry._asdict().items() if value is not None}
    if "waived" in kept:
        kept["waived"] = kept["waived"]._asdict()
    evidence = [_plain_document(item) for item in kept.pop("evidence")]
    return kept | ({"evidence": evidence} if evidence else {})


def _plain_document(item: Document) -> object:
    return {"document": item.document, "date": item.dated} if item.dated else item.document


def _plain_points(points: Mapping[str, Given]) -> dict[str, Any]:
    return {
        id_: {
            "points": Decimal(number.plain(Fraction(*given.points))),
            "reason": given.reason,
            **({"evidence": [_plain_document(item) for item in given.evidence]} if given.evidence else {}),
        }
        for id_, given in sorted(points.items())
    }


def _json(value: object) -> str:
    """Return JSON text in which a Decimal is a number with its own digits and a date is a string."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_json(str(key))}: {_json(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_json, value)) + "]"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date):
        return f'"{value.isoformat()}"'
    return json.dumps(value, ensure_ascii=False)


def named_ruleset(path: FilePath) -> str:
    """Return the rule set that a submission file names; raise `SubmissionError` when it names none."""
    content, _, name = _open(path, _Reader())
    wanted = content.get("ruleset") if isinstance(content, Mapping) else None
    if not isinstance(wanted, str) or not wanted.strip():
        raise SubmissionError([Problem("missing-key", (), {"key": "ruleset"}, name)])
    return wanted.strip()
