"""The submission's form: JSON or a mapping in, a checked record out, and printed again.

Every problem is told at once. Whether the figures fit a rule set is seen in
`cchc_rules.submissions.binding`.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from json.encoder import encode_basestring
from pathlib import Path as FilePath
from typing import Any, NamedTuple, NoReturn, TypeAlias

from cchc_rules.base import calendar, number
from cchc_rules.base.calendar import NEVER
from cchc_rules.base.frozen import frozen
from cchc_rules.base.input_files import read_bytes
from cchc_rules.base.messages import Figures, Foreign
from cchc_rules.base.number import Pair
from cchc_rules.base.problem import (
    MOST_PROBLEMS,
    Path,
    Problem,
    SubmissionError,
    bounded,
    nearest,
    quoted,
)
from cchc_rules.base.state import Absent
from cchc_rules.base.text import (
    composed_text,
    normal_name,
    normal_text,
    readable_name,
    text_key,
)
from cchc_rules.base.written_values import refusal, suggestion
from cchc_rules.rules.model import RuleSet
from cchc_rules.submissions import typed_cells
from cchc_rules.submissions.typed_cells import ANY, Allowed, TypedText

MAX_BYTES = 16_000_000
"""A larger file is refused: a submission of a thousand figures, each with its evidence, has a
hundredth of it.
"""


class EvidenceDocument(NamedTuple):
    """A piece of evidence: its name, and its date where one was given."""

    document: str
    dated: date | None = None


class Waiver(NamedTuple):
    """Who exempted a figure, why, and until when."""

    by: str
    why: str
    until: date


class Given(NamedTuple):
    """Points given by a person, as an exact pair, with the reason and evidence."""

    points: Pair
    reason: str
    evidence: tuple[EvidenceDocument, ...] = ()


class Entry(NamedTuple):
    """What was submitted for one metric, as written.

    It gives one of: a value, a share (numerator and denominator), items that are counted, a reason
    why the metric does not apply, or a waiver.
    """

    # A figure is kept as it came: only its metric knows what it must be.
    value: object = None
    numerator: object = None
    denominator: object = None
    items: tuple[str, ...] | None = None
    not_applicable: str | None = None
    """Why the metric does not apply to the unit."""
    waived: Waiver | None = None
    evidence: tuple[EvidenceDocument, ...] = ()
    """The documents that prove the figure."""
    note: str | None = None
    never: str | None = None
    """Why the day of a date never came; its value is `NEVER`."""


Figure: TypeAlias = Pair | Absent
"""A bound figure: an exact pair, or an absence.

Yes is 1, a level its position from the best, a date the number of its day.
"""


class Bound(NamedTuple):
    """The figures of a submission held against one rule set, judged at one day."""

    rules: RuleSet
    as_of: date
    """The day of judgement."""
    figures: dict[str, Figure]
    """The figure of each metric for which there is one, by its id."""
    entries: Mapping[str, Entry]
    """Those of the submission, with numbers where the rule set decides what was typed."""


@dataclass(frozen=True, eq=False)
class Measurements:
    """A submission whose form is right. `load_measurements` makes it; `score` reads it.

    Two submissions are equal when they say the same: when `dump_measurements` prints the same text
    for both.

    Attributes:
        ruleset: The id of the rule set that it was made for.
        unit: The name of the unit that reports.
        unit_kind: The kind of the unit, where the rule set has several.
        period: The period as written, such as `2023` or `2023-Q1`.
        span: The first and the last day of the period.
        as_of: The day of judgement, where it names one.
        note: A note to the whole of it.
        entries: What was submitted for each metric.
        points: The points that people give for rules.
        absent: The optional groups that the unit does not have, and why.
        tracks: The points of other columns, such as those of an appraisal.
        file_sha256: The hash of the file that it was read from.
        bound: Its figures, where it was loaded with a rule set.
        changes: The metrics whose figures were changed to try them.
        file: The name of that file.
        cells: Of a filled form, the cell that each part stood in, as `sheet!A1`.

    >>> from cchc_rules.submissions.binding import load_measurements
    >>> submission = load_measurements(
    ...     {"format": 1, "ruleset": "par", "unit": "Xã A", "period": "2023",
    ...      "measurements": {"on_time": {"value": 97}}}
    ... )
    >>> submission.judged_at
    datetime.date(2023, 12, 31)
    >>> submission.changed({"on_time": 98}).entries["on_time"].value
    98
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
    changes: tuple[str, ...] = ()
    file: str = field(default="", repr=False)
    cells: Mapping[Path, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        """Let nobody write into the mappings: the hash and the points hang on them."""
        # A frozen dataclass refuses plain assignment.
        for name in ("entries", "points", "absent", "cells"):
            mapping = frozen(getattr(self, name))
            object.__setattr__(self, name, mapping)
        tracks = {name: frozen(points) for name, points in self.tracks.items()}
        object.__setattr__(self, "tracks", frozen(tracks))

    def __repr__(self) -> str:
        count = len(self.entries)
        period = f"{self.ruleset} {self.period}"
        return f"<Measurements of {self.unit!r}, {period}: {count} figures>"

    # Nothing in it can change, so a copy would be the same.

    def __copy__(self) -> "Measurements":
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> "Measurements":
        return self

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Measurements):
            return False
        return dump_measurements(self) == dump_measurements(other)

    def __hash__(self) -> int:
        return hash(dump_measurements(self))

    @property
    def judged_at(self) -> date:
        """The day of judgement unless another is given: `as_of`, else the end of the period.

        What is due after it is not due yet, and a waiver that ended before it holds no more.
        """
        return self.as_of or self.span[1]

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What is doubtful and still scored as it stands, such as 0.922 where percentages belong.

        Empty where the submission was read without a rule set: then `Report.warnings` tells.
        """
        if self.bound is None:
            return ()
        # That module imports this one, so it can only be imported here.
        from cchc_rules.submissions.doubtful_figures import warnings  # noqa: PLC0415

        return warnings(self, self.bound.rules, self.bound.as_of)

    def place(self, path: Path) -> str:
        """Return the file, and of a form the cell, that a path of the submission stands in."""
        return place_of(path, self.file, self.cells)

    @property
    def sha256(self) -> str:
        """The hash of the file's bytes; for a mapping, of the text of `dump_measurements`.

        In hexadecimal digits, as `sha256sum` prints it.
        """
        if self.file_sha256:
            return self.file_sha256
        return hashlib.sha256(dump_measurements(self).encode()).hexdigest()

    def changed(self, figures: Mapping[str, Any]) -> "Measurements":
        """Return the submission with other figures of some metrics, to try them.

        Args:
            figures: the figure of each metric that changes; `None` leaves a metric out. A figure is
                what stands in a submission: `97.5`, `true`, `{"numerator": 48, "denominator": 52}`.

        Returns:
            A new submission. Evidence stays unless other evidence comes with the figure; `changes`
            names what was changed; `sha256` stays that of what was read.

        Raises:
            SubmissionError: when the form is wrong; whether the figures fit the rule set is seen by
                `score`.
        """
        reader = Reader()
        changed_entries = reader.figures(figures)
        if reader.problems:
            reader.refuse()
        entries = {
            id_: entry for id_, entry in self.entries.items() if id_ not in figures
        }
        for id_, entry in changed_entries.items():
            earlier = self.entries.get(id_)
            if earlier is not None and not entry.evidence:
                entries[id_] = entry._replace(evidence=earlier.evidence)
            else:
                entries[id_] = entry
        # What was changed before stays in front, each metric once.
        changes = tuple(dict.fromkeys((*self.changes, *figures)))
        return replace(
            self,
            entries=entries,
            file_sha256=self.sha256,
            bound=None,
            changes=changes,
        )


def read(
    source: str | FilePath | Mapping[str, Any], reader: "Reader"
) -> "Measurements | None":
    """Return the submission of a file or a mapping, None where it is no object at all.

    What is wrong with its form is left with the reader, so that what does not fit the rule set can
    be told with it.

    Raises `SubmissionError` where the file is no readable JSON at all.
    """
    if isinstance(source, Mapping):
        return reader.submission(source, None)
    content, digest = _open(FilePath(source), reader)
    return reader.submission(content, digest)


def read_json(path: FilePath) -> object:
    """Return the content of a JSON file with exact numbers.

    Raises `SubmissionError` where it is no readable JSON.
    """
    reader = Reader()
    content, _ = _open(path, reader)
    if reader.problems:
        raise SubmissionError(bounded(reader.problems))
    return content


def _open(path: FilePath, reader: "Reader") -> tuple[object, str]:
    name = reader.file = readable_name(path)
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        # Only for those who hand in a workbook: its packages take long to import.
        from cchc_rules.submissions import filled_form  # noqa: PLC0415

        form = filled_form.read(path)
        reader.cells = form.cells
        reader.form_version = form.version
        reader.problems += form.problems
        return form.content, form.sha256
    text, data = file_text(path)
    digest = hashlib.sha256(data).hexdigest()
    return parse_json(text, name, reader.problems), digest


def file_text(path: FilePath) -> tuple[str, bytes]:
    """Return the text of a file, and its bytes for a hash.

    Raises `SubmissionError` where it cannot be read as UTF-8.
    """
    name = readable_name(path)
    data = read_bytes(path, MAX_BYTES, SubmissionError, or_pipe=True)
    # Before it is decoded: “not UTF-8 in line 3” would be true of a PDF, and no help.
    kind = other_format(path, data)
    if kind:
        raise SubmissionError([Problem("other-format", (), {"given": kind}, name)])
    try:
        return data.decode("utf-8-sig"), data
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        raise SubmissionError([Problem("not-utf8", (), {}, name, line)]) from None


_OTHER_ENDINGS = (
    ".xls", ".xlsb", ".ods", ".numbers", ".doc", ".docx", ".odt", ".pdf", ".rtf",
)  # fmt: skip
"""Files that people hand in and nothing here reads."""

_OTHER_BEGINNINGS = {
    b"PK\x03\x04": "zip",
    b"\xd0\xcf\x11\xe0": "xls, doc",
    b"%PDF": "pdf",
    b"{\\rtf": "rtf",
}
"""How such files begin, whatever they are called; workbooks of this kind are read before."""


def other_format(path: FilePath, data: bytes) -> str:
    """Return the kind of a file of an office program, empty where it is none of the known ones.

    >>> other_format(FilePath("report.json"), b"%PDF-1.7")
    '.json (pdf)'
    """
    suffix = path.suffix.lower()
    if suffix in _OTHER_ENDINGS:
        return suffix
    for beginning, kind in _OTHER_BEGINNINGS.items():
        if data.startswith(beginning):
            return f"{suffix} ({kind})".strip()
    return ""


def parse_json(text: str, name: str, problems: list[Problem]) -> object:
    """Return the content of a JSON text with exact numbers.

    Args:
        text: the text.
        name: the name of its file, for problems.
        problems: takes a problem for each key that stands twice in an object.

    Raises:
        SubmissionError: where the text is no JSON, or nested too deeply.

    >>> parse_json('{"share": 90.25}', "a.json", [])
    {'share': Decimal('90.25')}
    """

    def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
        # Of two equal keys the last would win, and the first figure would be lost in silence.
        content = dict(pairs)
        if len(content) == len(pairs):
            return content
        counts = Counter(key for key, _ in pairs)
        repeated = [key for key, count in counts.items() if count > 1]
        for key in sorted(repeated):
            arguments = {"name": quoted(key)}
            problem = Problem("duplicate-key", (), arguments, name)
            problems.append(problem)
        return content

    try:
        return json.loads(
            text,
            parse_float=_decimal,
            parse_constant=Decimal,
            parse_int=_integer,
            object_pairs_hook=unique,
        )
    except json.JSONDecodeError as error:
        raise SubmissionError([_syntax_problem(error, name)]) from None
    except RecursionError:
        raise SubmissionError([Problem("json-too-deep", (), {}, name)]) from None


# A figure with a decimal comma behind a key: `"share": 90,25`.
_FIGURE_WITH_COMMA = re.compile(r":\s*(-?\d+,\d+)\s*(?=[,}\]]|$)", re.MULTILINE)


def _syntax_problem(error: json.JSONDecodeError, name: str) -> Problem:
    """Return the problem of a text that is no JSON.

    After `"share": 90,25` the parser takes the comma for the end of the entry and complains that
    25 is no key. So a figure with a comma is looked for where it stopped.
    """
    line = error.lineno
    # No figure that people write is longer than the part that is searched.
    start = max(0, error.pos - 100)
    end = error.pos + 100
    for figure in _FIGURE_WITH_COMMA.finditer(error.doc, start, end):
        if figure.start() < error.pos <= figure.end():
            written = figure[1]
            arguments = {"given": quoted(written), "hint": suggestion(written)}
            return Problem("decimal-comma", (), arguments, name, line)
    arguments = {
        "reason": Foreign(quoted(error.msg), "parser.json"),
        "column": Figures(error.colno),
    }
    return Problem("json-syntax", (), arguments, name, line)


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        # An exponent beyond all reason: what comes back is refused later as too long.
        return Decimal("1e999999")


def _integer(text: str) -> int | Decimal:
    # `int` takes long for thousands of digits, or refuses them; a number of so many is refused
    # later, with its path.
    if len(text) <= number.DIGITS + 1:
        return int(text)
    return Decimal(text)


KEYS_OF_SUBMISSION = frozenset(
    {
        "format",
        "guide",
        "ruleset",
        "unit",
        "unit_kind",
        "period",
        "as_of",
        "note",
        "measurements",
        "points",
        "absent",
        "tracks",
    }
)
KEYS_OF_ENTRY = frozenset(Entry._fields)
KEYS_OF_DOCUMENT = frozenset({"document", "date"})
KEYS_OF_WAIVER = frozenset(Waiver._fields)
KEYS_OF_GIVEN = frozenset(Given._fields)
"""The keys that a submission may have, and those of its parts."""

WAYS = ("value", "numerator", "items", "not_applicable", "waived", "never")
"""The ways to give a figure, each by the key that it begins with; an entry has one of them."""

FIGURE = frozenset({*WAYS, "denominator"})
"""The keys of an entry that give its figure, or say why there is none."""


def _positions_in(content: object) -> Callable[[Path], list[int]]:
    """Return the function that says where in the content a path stands, as positions to sort by.

    The order of the keys of a table is noted once, when the first path leads through it: a
    submission may have thousands of problems in one table.
    """
    orders: dict[Path, dict[object, int]] = {}

    def positions(path: Path) -> list[int]:
        part_of_content = content
        steps = []
        for depth, key in enumerate(path):
            if isinstance(part_of_content, Mapping):
                above = path[:depth]
                if above not in orders:
                    keys = enumerate(part_of_content)
                    orders[above] = {name: position for position, name in keys}
                order = orders[above]
                # A key that is missing comes behind those that are there.
                steps.append(order.get(key, len(order)))
                part_of_content = part_of_content.get(key)
            elif _is_position_in(part_of_content, key):
                steps.append(int(key))
                part_of_content = part_of_content[key]  # type: ignore[index]
        return steps

    return positions


def _is_position_in(content: object, key: str | int) -> bool:
    if not isinstance(content, list | tuple):
        return False
    return isinstance(key, int) and key < len(content)


def place_of(path: Path, file: str, cells: Mapping[Path, str]) -> str:
    """Return the file, and of a workbook the cell, that a path of a submission stands in.

    Args:
        path: the path; its longest part of which the cell is known counts.
        file: the name of the file.
        cells: the addresses of the parts of a form; empty for JSON.

    >>> cells = {("measurements", "on_time"): "Form!C7"}
    >>> place_of(("measurements", "on_time", "note"), "form.xlsx", cells)
    'form.xlsx:Form!C7'
    """
    if not cells:
        return file
    for length in range(len(path), 0, -1):
        address = cells.get(path[:length])
        if address is not None:
            return f"{file}:{address}"
    return file


class Reader:
    """Reads the form of a submission and collects what is wrong."""

    def __init__(self) -> None:
        self.file = ""
        # What is read; problems are reported in the order of its parts.
        self.content: object = None
        # No date of a figure may lie after it; set when the figures are held against a rule set.
        self.as_of = date.max
        # Of a form: where its parts stand, and the version of the rule set that it was made for.
        self.cells: Mapping[Path, str] = {}
        self.form_version = ""
        self.problems: list[Problem] = []

    def fault(self, code: str, *path: str | int, **arguments: str) -> None:
        """Note a problem at a path of the submission; a submission with too many is refused at
        once.
        """
        place = place_of(path, self.file, self.cells)
        in_cell = bool(self.cells)
        problem = Problem(code, path, arguments, place, in_cell=in_cell)
        self.problems.append(problem)
        if len(self.problems) > MOST_PROBLEMS:
            self.refuse()

    def refuse(self) -> NoReturn:
        """Raise every problem noted, in the order of the submission."""
        positions = _positions_in(self.content)
        in_order = sorted(self.problems, key=lambda problem: positions(problem.path))
        raise SubmissionError(bounded(in_order))

    def exact(
        self, value: object, *path: str | int, allowed: Allowed = ANY
    ) -> Pair | None:
        """Return the exact pair of a number; where it is none, note why and return None.

        Args:
            value: what stands in the submission.
            path: where it stands.
            allowed: what the figure may be, which decides how a text was probably meant.
        """
        if isinstance(value, TypedText):
            value = str(value)
        try:
            return number.pair(value)
        except number.NotANumberError as error:
            code, arguments = refusal(error.code, value)
            # Of two readings the metric often allows only one: that one is suggested.
            if "hint" in arguments and isinstance(value, str):
                meant = typed_cells.number(value, allowed)
                if isinstance(meant, Decimal):
                    arguments["hint"] = number.plain(Fraction(meant))
            self.fault(code, *path, **arguments)
            return None

    def submission(self, content: object, digest: str | None) -> Measurements | None:
        """Return the submission of parsed JSON, None where it is no object at all.

        Faults are noted, and harmless values take their places, so that one fault does not hide the
        next.
        """
        self.content = content
        if not isinstance(content, Mapping):
            self.fault("not-an-object", given=quoted(content))
            return None
        self._keys(content, KEYS_OF_SUBMISSION)
        # By its class, since true and 1.0 are equal to 1.
        version = content.get("format")
        if version.__class__ is not int or version != 1:
            self.fault("format-version", "format", given=quoted(version))
        period = self._text(content, "period", required=True)
        span = None
        if period:
            span = calendar.period(period)
            if span is None:
                self.fault("bad-period", "period", given=quoted(period))
        as_of = None
        if content.get("as_of") is not None:
            as_of = self._day(content["as_of"], "as_of")
        track_tables = self._table(content, "tracks")
        unit = self._text(content, "unit", required=True)
        ruleset = self._text(content, "ruleset", required=True)
        unit_kind = normal_text(self._text(content, "unit_kind"))
        note = self._text(content, "note")
        figures = self._table(content, "measurements")
        entries = self._entries(figures)
        points_by_hand = self._table(content, "points")
        points = self._points(points_by_hand, "points")
        absent_groups = self._table(content, "absent")
        absent = {
            id_: self._reason(why, "absent", id_) for id_, why in absent_groups.items()
        }
        tracks = {}
        for track in track_tables:
            table = self._table(track_tables, track, "tracks")
            tracks[track] = self._points(table, "tracks", track)
        return Measurements(
            ruleset=ruleset,
            unit=normal_name(unit) or unit,
            unit_kind=unit_kind or None,
            period=period,
            span=span or (date.min, date.max),
            as_of=as_of,
            note=note or None,
            entries=entries,
            points=points,
            absent=absent,
            tracks=tracks,
            file_sha256=digest,
            file=self.file,
            cells=self.cells,
        )

    def figures(self, table: Mapping[str, Any]) -> dict[str, Entry]:
        """Return the entries of a table of figures alone."""
        self.content = {"measurements": table}
        figures = self._table(self.content, "measurements")
        return self._entries(figures)

    def _keys(
        self, table: Mapping[str, Any], known: frozenset[str], *path: str | int
    ) -> None:
        if known.issuperset(table):
            return
        for key in table:
            if key not in known:
                name = str(key)
                near = nearest(name, known)
                self.fault(
                    "unknown-key",
                    *path,
                    name,
                    key=quoted(key),
                    nearest=near,
                )

    def _text(
        self,
        table: Mapping[str, Any],
        key: str,
        *path: str | int,
        required: bool = False,
    ) -> str:
        """Return the text under a key of the table at a path, empty where there is none."""
        value = table.get(key)
        if value is None:
            if required:
                self.fault("missing-key", *path, key=key)
            return ""
        return self._reason(value, *path, key)

    def _reason(self, value: object, *path: str | int) -> str:
        """Return a text that must say something, in composed letters."""
        if not isinstance(value, str):
            self.fault("not-text", *path, given=quoted(value))
            return ""
        text = value.strip()
        if not text:
            self.fault("empty-text", *path, given="")
        # Nothing in it can be composed, or be half a character.
        if text.isascii():
            return text
        try:
            text.encode()
        except UnicodeEncodeError:  # half a character, as "\\ud800" in JSON
            self.fault("not-text", *path, given=quoted(value))
            return ""
        return composed_text(text)

    def _table(
        self, table: Mapping[str, Any], key: str, *path: str | int
    ) -> Mapping[str, Any]:
        value = table.get(key)
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            self.fault(
                "not-an-object",
                *path,
                key,
                given=quoted(value),
            )
            return {}
        # The keys of JSON are texts; those of a mapping from Python may be anything.
        if {*map(type, value)} <= {str}:
            return value
        for name in value:
            if not isinstance(name, str):
                self.fault(
                    "not-text",
                    *path,
                    key,
                    given=quoted(name),
                )
        return {name: inside for name, inside in value.items() if isinstance(name, str)}

    def _day(self, value: object, *path: str | int) -> date | None:
        day = as_day(value)
        if day is None:
            self.fault("not-a-date", *path, given=quoted(value))
        return day

    def _entries(self, table: Mapping[str, Any]) -> dict[str, Entry]:
        """Return the entries of `measurements`; a metric that is null is missing.

        A figure alone, `97.5` or true, is an entry with this value.
        """
        entries = {}
        for id_, raw in table.items():
            # The class first: to ask whether something is a mapping takes much longer.
            if raw.__class__ is dict or isinstance(raw, Mapping):
                entry = self._entry(raw, id_)
                if entry is not None:
                    entries[id_] = entry
            elif raw is not None:
                entries[id_] = Entry(raw)
        return entries

    def _entry(self, raw: Mapping[str, Any], id_: str) -> Entry | None:
        """Return an entry, None where it gives no figure.

        Nearly all give a value, or numerator and denominator, perhaps with evidence and a note.
        Those are read at once: where the keys that are filled in are as many as the keys of an
        entry, it has no other. `_rare_entry` reads all others.
        """
        # Entries make up most of a submission, so the method is looked up only once.
        get = raw.get
        value = get("value")
        above = get("numerator")
        below = get("denominator")
        evidence = get("evidence")
        note = get("note")
        has_value = value is not None
        has_share = above is not None and below is not None
        has_evidence = evidence is not None
        has_note = note is not None
        # True counts as 1, so this is the number of keys that are filled in.
        usual_keys = has_value + 2 * has_share + has_evidence + has_note
        if has_value == has_share or len(raw) != usual_keys:
            return self._rare_entry(raw, id_)
        documents: tuple[EvidenceDocument, ...] = ()
        if has_evidence:
            documents = self._documents(evidence, "measurements", id_, "evidence")
        words = None
        if has_note:
            words = self._reason(note, "measurements", id_, "note")
        return Entry(value, above, below, None, None, None, documents, words)

    def _rare_entry(self, raw: Mapping[str, Any], id_: str) -> Entry | None:
        """Return any other entry than the usual ones, None where it gives no figure or two."""
        path = ("measurements", id_)
        self._keys(raw, KEYS_OF_ENTRY, *path)
        given = {key: value for key, value in raw.items() if value is not None}
        ways = [way for way in WAYS if way in given]
        has_numerator = "numerator" in given
        has_denominator = "denominator" in given
        names_a_figure = not FIGURE.isdisjoint(raw)
        if names_a_figure and not ways and not has_denominator:
            return None  # a figure left null is missing
        if len(ways) != 1 or has_numerator != has_denominator:
            # The ways that were taken, else the keys that stand there.
            names = ", ".join(map(str, ways or raw))
            self.fault("entry-ways", *path, ways=quoted(names or "{}"))
            return None
        readers = {
            "items": self._items,
            "not_applicable": self._reason,
            "waived": self._waiver,
            "evidence": self._documents,
            "note": self._reason,
            "never": self._never,
        }
        parts = {
            key: read_part(given[key], *path, key)
            for key, read_part in readers.items()
            if key in given
        }
        value = given.get("value")
        if "never" in parts:
            value = NEVER
        numerator = given.get("numerator")
        denominator = given.get("denominator")
        return Entry(value, numerator, denominator, **parts)  # type: ignore[arg-type]

    def _never(self, value: object, *path: str | int) -> str:
        """Return why a day never came; the word alone, as people type it, is not enough."""
        if value == "":
            self.fault("never-unexplained", *path)
            return ""
        return self._reason(value, *path)

    def _items(self, value: object, *path: str | int) -> tuple[str, ...]:
        if not isinstance(value, (list, tuple)):
            self.fault("not-a-list", *path, given=quoted(value))
            return ()
        items = []
        for position, item in enumerate(value):
            items.append(self._reason(item, *path, position))
        return tuple(items)

    def _waiver(self, value: object, *path: str | int) -> Waiver:
        if not isinstance(value, Mapping):
            self.fault("not-an-object", *path, given=quoted(value))
            return Waiver("", "", date.min)
        self._keys(value, KEYS_OF_WAIVER, *path)
        by = self._text(value, "by", *path, required=True)
        why = self._text(value, "why", *path, required=True)
        # A waiver whose end is not known counts as ended: a fault must not save points.
        until: date | None = date.min
        if value.get("until") is None:
            self.fault("missing-key", *path, key="until")
        else:
            until = self._day(value["until"], *path, "until")
        return Waiver(by, why, until or date.min)

    def _documents(
        self, value: object, *path: str | int
    ) -> tuple[EvidenceDocument, ...]:
        if not isinstance(value, (list, tuple)):
            self.fault("not-a-list", *path, given=quoted(value))
            return ()
        # A list in between is faster than a generator, and every figure has documents.
        documents = [
            self._document(item, path, position) for position, item in enumerate(value)
        ]
        return tuple(documents)

    def _document(self, item: object, path: Path, position: int) -> EvidenceDocument:
        """Return a document: a name alone, or an object with a name and perhaps a date."""
        # Most are names, which are quicker to recognise; what is neither is refused as no text.
        if isinstance(item, str) or not isinstance(item, Mapping):
            name = self._reason(item, *path, position)
            return EvidenceDocument(name, None)
        self._keys(item, KEYS_OF_DOCUMENT, *path, position)
        day = None
        if item.get("date") is not None:
            day = self._day(item["date"], *path, position, "date")
        name = self._text(item, "document", *path, position, required=True)
        return EvidenceDocument(name, day)

    def _points(self, table: Mapping[str, Any], *path: str | int) -> dict[str, Given]:
        """Return the points that people give, by the ids of their rules; null gives none."""
        points = {}
        for id_, raw in table.items():
            given = self._given(raw, *path, id_)
            if given is not None:
                points[id_] = given
        return points

    def _given(self, raw: object, *path: str | int) -> Given | None:
        if raw is None:
            return None
        if not isinstance(raw, Mapping):
            self.fault("not-an-object", *path, given=quoted(raw))
            return None
        self._keys(raw, KEYS_OF_GIVEN, *path)
        points: Pair | None = (0, 1)
        if raw.get("points") is None:
            self.fault("missing-key", *path, key="points")
        else:
            points = self.exact(raw["points"], *path, "points")
        reason = self._text(raw, "reason", *path, required=True)
        evidence: tuple[EvidenceDocument, ...] = ()
        if raw.get("evidence") is not None:
            evidence = self._documents(raw["evidence"], *path, "evidence")
        return Given(points or (0, 1), reason, evidence)


def as_day(value: object) -> date | None:
    """Return a date, or the date of a text in ISO form; None for anything else.

    >>> as_day("2023-01-20"), as_day("20/01/2023")
    (datetime.date(2023, 1, 20), None)
    """
    if isinstance(value, str):
        return calendar.iso_date(value)
    # A moment is a date to Python, and not to people: its time of day would be lost.
    if isinstance(value, datetime):
        return None
    if isinstance(value, date):
        return value
    return None


def same_item(item: str) -> str:
    """Return what two items have in common when they count as one.

    Case and spaces make no difference.

    >>> same_item("Quyết định  số 1") == same_item("QUYẾT ĐỊNH SỐ 1")
    True
    """
    return text_key(item)


def dump_measurements(measurements: Measurements) -> str:
    """Return the submission as canonical JSON text.

    The same submission always gives the same bytes: metrics, rules and groups stand in the order of
    their ids, numbers in their own digits, and what was left out is left out. `load_measurements`
    reads the text.

    >>> from cchc_rules.submissions.binding import load_measurements
    >>> submission = load_measurements(
    ...     {"format": 1, "ruleset": "par", "unit": "Xã A", "period": "2023",
    ...      "measurements": {"on_time": {"value": 97}}}
    ... )
    >>> '"measurements": {"on_time": {"value": 97}}' in dump_measurements(submission)
    True
    """
    content: dict[str, Any] = {
        "format": 1,
        "ruleset": measurements.ruleset,
        "unit": measurements.unit,
        "period": measurements.period,
    }
    for key in ("unit_kind", "as_of", "note"):
        value = getattr(measurements, key)
        if value is not None:
            content[key] = value
    # The keys of the form have a fixed order; ids are in alphabetical order.
    entries = sorted(measurements.entries.items())
    content["measurements"] = {id_: _plain_entry(entry) for id_, entry in entries}
    content["points"] = _plain_points(measurements.points)
    content["absent"] = dict(sorted(measurements.absent.items()))
    tracks = sorted(measurements.tracks.items())
    content["tracks"] = {track: _plain_points(points) for track, points in tracks}
    return _json(content) + "\n"


def _plain_entry(entry: Entry) -> dict[str, Any]:
    """Return an entry as plain values, without what it leaves out."""
    fields = entry._asdict()
    kept = {key: value for key, value in fields.items() if value is not None}
    # The day that stands for never is no figure that anybody wrote.
    if "never" in kept:
        del kept["value"]
    if "waived" in kept:
        kept["waived"] = kept["waived"]._asdict()
    evidence = [_plain_document(item) for item in kept.pop("evidence")]
    if evidence:
        kept["evidence"] = evidence
    return kept


def _plain_document(item: EvidenceDocument) -> object:
    if item.dated:
        return {"document": item.document, "date": item.dated}
    return item.document


def _plain_points(points: Mapping[str, Given]) -> dict[str, Any]:
    plain = {}
    for id_, given in sorted(points.items()):
        # Points were written as a decimal, so an exact decimal exists.
        exact = Fraction(*given.points)
        written = Decimal(number.plain(exact))
        entry: dict[str, Any] = {"points": written, "reason": given.reason}
        if given.evidence:
            entry["evidence"] = [_plain_document(item) for item in given.evidence]
        plain[id_] = entry
    return plain


def _json(value: object) -> str:
    """Return JSON text in which a Decimal has its own digits and a date is a string.

    The standard library writes no Decimal, and a float would not be exact.
    """
    # Nearly all values are texts, told by their class faster than by `isinstance`.
    if value.__class__ is str:
        return encode_basestring(value)
    if isinstance(value, Mapping):
        members = []
        for key, item in value.items():
            name = _json(str(key))
            members.append(f"{name}: {_json(item)}")
        return "{" + ", ".join(members) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_json, value)) + "]"
    # Without an exponent, and of any length: `str` refuses whole numbers of 5,000 digits.
    if isinstance(value, Decimal) or value.__class__ is int:
        return format(Decimal(value), "f")
    if isinstance(value, date):
        return f'"{value.isoformat()}"'
    return json.dumps(value, ensure_ascii=False, default=str)


def named_ruleset(path: FilePath) -> str:
    """Return the id of the rule set that a submission file names.

    Raises `SubmissionError` where the file names none, or cannot be read.
    """
    content, _ = _open(path, Reader())
    ruleset = None
    if isinstance(content, Mapping):
        ruleset = content.get("ruleset")
    if isinstance(ruleset, str) and ruleset.strip():
        return ruleset.strip()
    arguments = {"key": "ruleset"}
    name = readable_name(path)
    raise SubmissionError([Problem("missing-key", (), arguments, name)])
