"""Checks a printed report against itself: every figure is worked out again from what it records.

It needs Python's standard library and no other file of this package. Copy it and run

    python verify.py report.json

docs/reference/report.md says what it reads, and what a checker in another language needs. Exit
code: 0 verified, 1 differs, 4 not a report.

From top to bottom: how a file is read (`read`), the form of a report (`REPORT`) and what its parts
refer to (`Contents`); then the recount, from figures (`Figures`) over rules (`Judgement`) to groups
and the index (`Points`), written down as a report is (`Recount`); what stands in two places and
must agree (`Echoes`); and the program (`main`). Clauses in brackets are those of
docs/reference/semantics.md.
"""

import hashlib
import json
import operator
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

# What the semantics name -----------------------------------------------------------------

STATES = (
    "met",
    "partly_met",
    "not_met",
    "missing",
    "not_applicable",
    "not_due",
    "waived",
)
COMPUTED = ("met", "partly_met", "not_met")
# Which absence wins when a figure depends on several [L6]: what is missing can still come.
PRECEDENCE = ("missing", "not_applicable", "waived")
# The states of a required rule that stand in nobody's way, nor in that of a band [L2, I5].
PASSES = ("met", "not_applicable", "not_due", "waived")
# Comparators that are signs under another name: ISO dates are ordered as the days are.
SIGNS = {
    "is": "==",
    "on_or_before": "<=",
    "before": "<",
    "on_or_after": ">=",
    "after": ">",
}
# The keys of a range, each with the sign of its test.
EDGES = {"from": ">=", "above": ">", "to": "<=", "below": "<"}
# A maximum is the sum of the three others, of a rule as of a group.
PARTS = ("maximum", "earned", "lost", "excluded")
SUMS = (*PARTS, "rescaled")
ZERO = Fraction(0)

# Bounds: a report is a stranger's file, and no honest one comes near them.
# A century of days: formulas count deadlines, not history.
MOST_DAYS = 36_600
# Numerator and denominator together; a sum of a thousand shares stays far below.
MOST_BITS = 20_000
# Decimals that end within so many places are shown with all of them.
MOST_PLACES = 12
SHOWN_EXACTLY = 30


Part: TypeAlias = dict[str, Any]
"""A part of a report: an object of its JSON."""

Sums: TypeAlias = dict[str, Fraction]
"""Points by their keys, `maximum`, `earned` and so on."""

Names: TypeAlias = Mapping[str, Any]
"""What names stand for: those of metrics, or those that a rule's own expressions use."""


# What comes of a check -------------------------------------------------------------------


class NoReportError(ValueError):
    """What was given is no report that can be recomputed: where, and why in both languages."""

    def __init__(
        self,
        path: str,
        word: str,
        what: object = "",
    ) -> None:
        self.path = path
        # Sixty characters tell what it was; the file may hold a text of any length.
        shown_part = f"{what!r:.60}"
        if isinstance(what, str):
            shown_part = f"{what:.60}"
        self.sentences = {
            lang: sentence.format(what=shown_part)
            for lang, sentence in _REFUSALS[word].items()
        }
        super().__init__(self.said("en"))

    def said(self, lang: str) -> str:
        """Return where and why, in a language."""
        sentence = self.sentences[lang]
        if not self.path:
            return sentence
        return f"{self.path}: {sentence}"


_REFUSALS = {
    "kind": {
        "vi": "giá trị không đúng kiểu ({what})",
        "en": "the value is not of its kind ({what})",
    },
    "missing": {
        "vi": "thiếu khóa “{what}”",
        "en": "the key “{what}” is missing",
    },
    "unknown": {
        "vi": "khóa “{what}” không có trong dạng báo cáo này",
        "en": "the key “{what}” is not part of this form of report",
    },
    "twice": {
        "vi": "“{what}” có hai lần",
        "en": "“{what}” stands there twice",
    },
    "nowhere": {
        "vi": "nhắc đến “{what}”, báo cáo không có",
        "en": "names “{what}”, which is not in the report",
    },
    "circle": {
        "vi": "“{what}” dẫn vòng về chính nó",
        "en": "“{what}” leads back to itself",
    },
    "number": {
        "vi": "không phải số ({what})",
        "en": "not a number ({what})",
    },
    "whole": {
        "vi": "không phải số nguyên trong phạm vi cho phép ({what})",
        "en": "not a whole number within bounds ({what})",
    },
    "operator": {
        "vi": "biểu thức không có dạng cho phép ({what})",
        "en": "no form of an expression ({what})",
    },
    "unfit": {
        "vi": "giá trị và biểu thức không hợp nhau, không tính được",
        "en": "values and expressions do not fit together and give no result",
    },
    "deep": {
        "vi": "lồng nhau quá sâu",
        "en": "nested too deep",
    },
    "large": {
        "vi": "giá trị vượt mọi giới hạn",
        "en": "a figure outgrows every bound",
    },
    "json": {
        "vi": "không đọc được JSON ({what})",
        "en": "no JSON that can be read ({what})",
    },
    "file": {
        "vi": "không đọc được tệp ({what})",
        "en": "the file cannot be read ({what})",
    },
}


class Difference(NamedTuple):
    """A place of the report, what stands there, and what it should be."""

    path: str
    said: object
    found: object


class AnyOf(NamedTuple):
    """What a value may be, where the report does not fix it alone."""

    values: frozenset[str]

    def __str__(self) -> str:
        return " / ".join(sorted(self.values))


def differences(report: Any) -> list[Difference]:
    """Return every place where a report does not agree with itself.

    Raises `NoReportError` where it is no report: a key is missing, a value is of another kind, a
    name leads nowhere or back to itself.
    """
    try:
        # First the form: whatever is worked out below may rely on keys and kinds.
        REPORT(report, "")
        contents = Contents(report)
        recount = Recount(contents)
        recounted = {"digest": digest(report), **recount.report_again()}
        return [
            *_apart("", report, recounted),
            *Echoes(contents, recount).differences(),
        ]
    except NoReportError:
        raise
    except RecursionError as error:
        raise NoReportError("", "deep") from error
    # A text added to a date, a day that no calendar has: each part has its form, but they do not
    # fit together. To foresee every such pair would take longer than to catch it here.
    except (
        LookupError,
        TypeError,
        ValueError,
        AttributeError,
        ArithmeticError,
    ) as error:
        raise NoReportError("", "unfit") from error


def digest(report: Mapping[str, Any]) -> str:
    """Return the SHA-256 of everything else in a report.

    That is printed with sorted keys, nothing between its parts, and letters as they are.
    """
    rest = {key: value for key, value in report.items() if key != "digest"}
    # The one form of JSON that does not hang on the order of keys or the taste of a printer.
    text = json.dumps(
        rest,
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )
    return hashlib.sha256(text.encode()).hexdigest()


def _apart(
    path: str,
    said: Any,
    found: Any,
) -> Iterator[Difference]:
    """Yield where a report says something else than was found.

    Keys that were not worked out again are passed over.
    """
    if isinstance(said, dict) and isinstance(found, dict):
        for key, value in found.items():
            yield from _apart(_inner(path, key), said[key], value)
    elif _are_lists(said, found):
        for position, part in enumerate(said):
            inside = _item(path, part, position)
            yield from _apart(inside, part, found[position])
    elif not _same(said, found):
        yield Difference(path, said, found)


def _are_lists(said: Any, found: Any) -> bool:
    """Whether both are lists, of the same length; others differ as a whole."""
    if not isinstance(said, list) or not isinstance(found, list):
        return False
    return len(said) == len(found)


def _inner(path: str, key: str) -> str:
    if not path:
        return key
    return f"{path}.{key}"


def _item(
    path: str,
    part: Any,
    position: int,
) -> str:
    """Return the path of an item of a list, which is named by its id where it has one."""
    if isinstance(part, dict):
        return f"{path}[{part.get('id', position)}]"
    return f"{path}[{position}]"


def _same(said: Any, found: Any) -> bool:
    """Whether a report says what was found; `1.50` and `3/2` are the same number."""
    if isinstance(found, AnyOf):
        return said in found.values
    if isinstance(found, Fraction) and isinstance(said, str):
        return amount(said) == found
    # Python holds 1 and True for equal; a report that has one for the other is wrong.
    return type(said) is type(found) and bool(said == found)


# Reading a file --------------------------------------------------------------------------


def read(path: Path) -> Any:
    """Return what a JSON file holds; raise `NoReportError` where it can be read in two ways.

    A key that stands twice, NaN, Infinity and numbers with a fraction are such: parsers differ in
    what they make of them.
    """
    try:
        # With or without a byte order mark, which some editors put before the text.
        text = path.read_text(encoding="utf-8-sig")
        return json.loads(
            text,
            object_pairs_hook=_read_once,
            parse_float=_refuse_number,
            parse_constant=_refuse_number,
        )
    except OSError as error:
        raise NoReportError("", "file", error.strerror or "") from error
    except RecursionError as error:
        raise NoReportError("", "deep") from error
    except NoReportError:
        raise
    except ValueError as error:
        raise NoReportError("", "json", str(error)) from error


def _read_once(pairs: list[tuple[str, Any]]) -> Part:
    keys: dict[str, Any] = {}
    for key, value in pairs:
        if key in keys:
            raise NoReportError("", "twice", key)
        keys[key] = value
    return keys


def _refuse_number(text: str) -> Any:
    raise NoReportError("", "kind", text)


# Numbers ---------------------------------------------------------------------------------

# Exact sums of many shares have long numerators and denominators; decimals are short.
_NUMBER = re.compile(r"-?\d{1,9999}(\.\d{1,60}|/\d{1,9999})?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def amount(text: Any) -> Fraction:
    """Return the number of a decimal text or of a fraction such as `47/26`.

    Raises `NoReportError` for anything else.
    """
    if not isinstance(text, str) or not _NUMBER.fullmatch(text):
        raise NoReportError("", "number", text)
    try:
        return Fraction(text)
    except ZeroDivisionError:
        raise NoReportError("", "number", text) from None


def bounded(value: Any, most: int = MOST_PLACES) -> int:
    """Return a whole number that counts places or days; a report needs no more than so many.

    >>> bounded(Fraction(3))
    3

    Raises `NoReportError` for a fraction, and for a number beyond the bound, either way.
    """
    is_whole = not isinstance(value, bool) and value == int(value)
    if not is_whole or abs(value) > most:
        raise NoReportError("", "whole", str(value))
    return int(value)


def rounded(value: Fraction, places: int) -> Fraction:
    """Return the value rounded to so many decimal places; a tie goes away from zero.

    >>> rounded(Fraction(-5, 2), 0), rounded(Fraction(1, 3), 2)
    (Fraction(-3, 1), Fraction(33, 100))
    """
    # n/d + 1/2 = (2n + d) / 2d, rounded down; without its sign, so that a tie goes away from zero.
    doubled = 2 * abs(value.numerator) * 10**places
    nearest = (doubled + value.denominator) // (2 * value.denominator)
    if value < 0:
        nearest = -nearest
    return Fraction(nearest, 10**places)


def rounded_as(value: Fraction, places: int, rounding: Any) -> Fraction:
    """Return points rounded as a report says, half up to the last place where it says nothing [L8].

    >>> rounded_as(Fraction(33, 8), 2, {"mode": "half_even", "step": "0.25"})
    Fraction(4, 1)
    """
    if rounding is None:
        return rounded(value, places)
    step = amount(rounding["step"])
    steps = abs(value) / step
    whole = steps // 1
    rest = steps - whole
    mode = rounding["mode"]
    half = Fraction(1, 2)
    nearest = mode in ("half_up", "half_even") and rest >= half
    # The tie goes to the even step: down, where the step below is even.
    if mode == "half_even" and rest == half and whole % 2 == 0:
        nearest = False
    if nearest or (mode == "up" and rest > 0):
        whole += 1
    if value < 0:
        whole = -whole
    return whole * step


def shown(value: Any) -> Any:
    """Return a figure as a report shows it: 4 places where its decimal does not end within 30."""
    if isinstance(value, Gone):
        return None
    if isinstance(value, Fraction) and (value * 10**SHOWN_EXACTLY).denominator > 1:
        return rounded(value, 4)
    return value


def when(holds: bool, points: Fraction) -> Fraction:
    """Return points where something holds, else none."""
    if holds:
        return points
    return ZERO


def divided(part: Fraction, whole: Fraction) -> Fraction:
    """Return part / whole, nothing where there is no whole.

    >>> divided(Fraction(1), ZERO)
    Fraction(0, 1)
    """
    if not whole:
        return ZERO
    return part / whole


def total_of(numbers: Iterable[Fraction]) -> Fraction:
    """Return the sum of exact numbers."""
    return sum(numbers, ZERO)


# The form of a report --------------------------------------------------------------------
# A shape is a function that refuses what is not of its kind: `TEXT(value, path)`. Keys are always
# present, and there are no others: a figure beside the known ones would be one that nobody checks.

Shape: TypeAlias = Callable[[Any, str], None]


def _kind(test: Callable[[Any], bool]) -> Shape:
    """Return the shape of the values that pass a test."""

    def check(value: Any, path: str) -> None:
        if not test(value):
            raise NoReportError(path, "kind", value)

    return check


def _one_of(*values: object) -> Shape:
    """Return the shape of some constants; 1 is not True here."""

    def fits(value: Any) -> bool:
        # The type too: Python holds 1 and True for equal.
        alike = [constant for constant in values if type(constant) is type(value)]
        return value in alike

    return _kind(fits)


def _maybe(shape: Shape) -> Shape:
    """Return a shape, or null."""

    def check(value: Any, path: str) -> None:
        if value is not None:
            shape(value, path)

    return check


def _either(*shapes: Shape) -> Shape:
    """Return the shape of what has one of several."""

    def fits(shape: Shape, value: Any) -> bool:
        try:
            shape(value, "")
        except NoReportError:
            return False
        return True

    return _kind(lambda value: any(fits(shape, value) for shape in shapes))


def _list(
    item: Shape,
    least: int = 0,
    most: int | None = None,
) -> Shape:
    """Return the shape of a list; an item with an id is named by it."""

    def check(value: Any, path: str) -> None:
        if not isinstance(value, list) or len(value) < least:
            raise NoReportError(path, "kind", value)
        too_long = most is not None and len(value) > most
        if too_long:
            raise NoReportError(path, "kind", value)
        for position, part in enumerate(value):
            item(part, _item(path, part, position))

    return check


def _record(keys: Mapping[str, Shape], optional: Sequence[str] = ()) -> Shape:
    """Return the shape of an object that has just these keys."""

    def check(value: Any, path: str) -> None:
        if not isinstance(value, dict):
            raise NoReportError(path, "kind", value)
        # Unknown keys first: a misspelt key is both unknown and missing, and the former says more.
        for key in value:
            if key not in keys:
                raise NoReportError(path, "unknown", key)
        for key, shape in keys.items():
            if key in value:
                shape(value[key], _inner(path, key))
            elif key not in optional:
                raise NoReportError(path, "missing", key)

    return check


def _by_name(names: Shape, shape: Shape) -> Shape:
    """Return the shape of an object whose keys are names."""

    def check(value: Any, path: str) -> None:
        if not isinstance(value, dict):
            raise NoReportError(path, "kind", value)
        for key, part in value.items():
            names(key, path)
            shape(part, f"{path}.{key}")

    return check


def _is_day(value: Any) -> bool:
    # Python would also take 20231231 and week dates, which other languages do not.
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _number(value: Any, path: str) -> None:
    try:
        amount(value)
    except NoReportError:
        # Again, with the place: `amount` does not know where its text stands.
        raise NoReportError(path, "number", value) from None


def _points(value: Any, path: str) -> None:
    _number(value, path)
    # Points are written in ticks, so that their decimals end: no fraction is among them.
    if "/" in value:
        raise NoReportError(path, "number", value)


def _step_of_points(value: Any, path: str) -> None:
    _points(value, path)
    if amount(value) <= 0:
        raise NoReportError(path, "number", value)


TEXT = _kind(lambda value: isinstance(value, str))
FLAG = _kind(lambda value: isinstance(value, bool))
COUNT = _kind(lambda value: type(value) is int and value >= 0)
DAY = _kind(_is_day)
HASH = _kind(
    lambda value: (
        isinstance(value, str) and bool(re.fullmatch(r"[0-9a-f]{64}", value, re.ASCII))
    )
)
SCALAR = _either(TEXT, FLAG)
TEXTS = _list(TEXT)
NOTE = _maybe(TEXT)
BASIS = _one_of("stated", "borrowed", "chosen")
INPUT_STATE = _one_of("reported", *PRECEDENCE)
BOUNDS = _record(dict.fromkeys(EDGES, _points), tuple(EDGES))

# An expression, and how many operands each operator takes: at least, at most.
_OPERANDS: dict[str, tuple[int, int | None]] = {
    **dict.fromkeys(("+", "-", "*", "/"), (2, 2)),
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), (2, 2)),
    **dict.fromkeys(("negative", "abs", "not", "round_up", "round_down"), (1, 1)),
    **dict.fromkeys(("round_half_up", "days"), (2, 2)),
    **dict.fromkeys(("add_days", "add_working_days"), (2, 2)),
    **dict.fromkeys(("and", "or", "min", "max", "count"), (1, None)),
    **dict.fromkeys(("first", "largest_known", "smallest_known"), (1, None)),
    "if": (3, 3),
    **dict.fromkeys(("first_row", "one_row"), (2, None)),
}
_OPERAND = {
    "metric": TEXT,
    "name": _one_of("value", "threshold", "weight", "lowest", "met"),
    "date": DAY,
    "text": TEXT,
}


ROWS = ("first_row", "one_row")
"""The operators of decision tables."""


def _expression(value: Any, path: str) -> None:
    if isinstance(value, bool):
        return
    if isinstance(value, str):
        _number(value, path)
    elif isinstance(value, dict) and len(value) == 1:
        ((kind, name),) = value.items()
        if kind not in _OPERAND:
            raise NoReportError(path, "operator", value)
        _OPERAND[kind](name, path)
    elif isinstance(value, list) and value and isinstance(value[0], str):
        name, *operands = value
        _operation(name, operands, path)
    else:
        raise NoReportError(path, "operator", value)


def _operation(
    name: str,
    operands: list[Any],
    path: str,
) -> None:
    least, most = _OPERANDS.get(name, (1, 0))
    wrong_count = len(operands) < least or (most is not None and len(operands) > most)
    # Each row of a decision table is two operands: its test and its points.
    if name in ROWS and len(operands) % 2:
        wrong_count = True
    if wrong_count:
        raise NoReportError(path, "operator", [name, "…"])
    for operand in operands:
        _expression(operand, path)


def _placed(value: Any, path: str) -> None:
    """The fields of `origins`: tables in tables, and in them the numbers of places."""
    if isinstance(value, dict):
        for key, part in value.items():
            _placed(part, f"{path}.{key}")
    else:
        COUNT(value, path)


INPUT = _record(
    {
        "metric": NOTE,
        "title": NOTE,
        "numerator": _maybe(_number),
        "denominator": _maybe(_number),
        "value": _maybe(SCALAR),
        "points": _maybe(_number),
        "items": _maybe(TEXTS),
        "state": INPUT_STATE,
        "text": TEXT,
        "note": NOTE,
    }
)
GAIN = _record(
    {
        "aim": _one_of("any", "all"),
        "metric": TEXT,
        "from": _maybe(SCALAR),
        "to": SCALAR,
        "change": _maybe(_number),
        "points": _points,
        "index": _points,
        "text": TEXT,
    }
)
EVIDENCE = _record(
    {
        "required": FLAG,
        "supported": FLAG,
        "documents": _list(
            _record({"document": TEXT, "date": _maybe(DAY), "valid": FLAG})
        ),
        "expected": NOTE,
    }
)
REMEDY = _record(
    {
        "id": TEXT,
        "source": TEXTS,
        **dict.fromkeys(("task", "product", "lead", "with", "due", "budget"), NOTE),
        "due_date": _maybe(DAY),
    }
)
COMPARATOR = _one_of(
    *(">=", ">", "<=", "<", "==", "!=", "between", "one_of", "better"), *SIGNS
)
DEDUCTION = _one_of(
    *("all_or_nothing", "proportional", "per_unit", "progressive"),
    *("tiers", "table", "formula", "manual", "none"),
)
REASON = _one_of(
    *("target_met", "information", "target_missed", "below_target", "below_floor"),
    *("units_off", "tier", "formula", "manual", "gate_closed", "gate_unknown"),
    *("not_reported", "waiver_ended", "points_awaited", "not_applicable"),
    *("zero_denominator", "block_absent", "not_due", "waived"),
)
ROUNDING = _record(
    {
        "mode": _one_of("half_up", "half_even", "down", "up"),
        "step": _step_of_points,
    }
)
RULE = _record(
    {
        **dict.fromkeys(("id", "group", "title", "required"), TEXT),
        **dict.fromkeys(("reported", "calculation"), TEXT),
        **dict.fromkeys(("metric", "metric_title", "unit", "origin", "note"), NOTE),
        **dict.fromkeys(("fallback", "win_back"), NOTE),
        **dict.fromkeys((*PARTS, "without_effect", "weight", "lowest"), _points),
        "source": TEXTS,
        "state": _one_of(*STATES),
        "comparator": _maybe(COMPARATOR),
        "threshold": _maybe(_either(SCALAR, _list(SCALAR, 1), BOUNDS)),
        "value": _maybe(SCALAR),
        "inputs": _list(INPUT),
        "exact": _number,
        "weight_basis": BASIS,
        "deduction": DEDUCTION,
        "reason": _record({"code": REASON, "text": TEXT}),
        "gains": _list(GAIN, most=2),
        "evidence": EVIDENCE,
        "remedy": _maybe(REMEDY),
        "conflicts": _list(_record({"source": TEXT, "required": NOTE, "note": NOTE})),
        "requires": TEXTS,
        "due": _maybe(DAY),
        "tracks": _by_name(TEXT, _maybe(_number)),
        "track_reasons": _by_name(TEXT, TEXT),
        "machine": _record(
            {
                "threshold": _maybe(_expression),
                "points": _maybe(_expression),
                "exempt": NOTE,
                "effects": _by_name(
                    _one_of(*PRECEDENCE, "zero_denominator", "not_due"),
                    _either(
                        _one_of("lost", "full", "exclude", "show", "manual"),
                        _record({"points": _number}),
                    ),
                ),
                "rounding": ROUNDING,
            },
            ("rounding",),
        ),
    }
)
INDEX = _record(
    {
        **dict.fromkeys((*SUMS, "base", "bonus", "penalty", "scale"), _points),
        **dict.fromkeys(
            ("value", "lowest", "highest", "claimed", "supported"), _maybe(_points)
        ),
        "exact": _maybe(_number),
        "calculation": TEXT,
        "at_its_highest": FLAG,
        "coverage": _maybe(
            _record(
                {
                    **dict.fromkeys(("least", "reached"), _number),
                    "enough": FLAG,
                    "text": TEXT,
                    "parts": _list(_record({"rule": TEXT, "points": _number})),
                    "open": TEXTS,
                }
            )
        ),
        "counts": _record(dict.fromkeys(STATES, COUNT)),
        "states": _record(
            dict.fromkeys(STATES, _record(dict.fromkeys(PARTS, _points)))
        ),
        "steps": _list(
            _record({"kind": TEXT, "group": NOTE, "change": _points, "total": _points})
        ),
    }
)
SUBJECTS = ("rule", "group", "each_rule_of", "metric")
NEED = _record(
    {
        **dict.fromkeys(SUBJECTS, TEXT),
        **dict.fromkeys(EDGES, _number),
        "is": _list(SCALAR, 1),
    },
    (*SUBJECTS, *EDGES, "is"),
)
GATE = _either(
    _record({"rule": TEXT, "at_most": TEXT}),
    _record({"rule": TEXT, "lower_by": COUNT}),
    _record({"id": TEXT, "needs": _list(NEED, 1), "at_most": TEXT}),
    _record({"id": TEXT, "needs": _list(NEED, 1), "lower_by": COUNT}),
)
CONDITION = _record(
    {
        "subject": _one_of(*SUBJECTS),
        "id": TEXT,
        "state": _one_of("holds", "fails", "missing", "not_applicable"),
        "exact": _maybe(_number),
        "lacking": _maybe(_points),
        "rules": TEXTS,
        "text": TEXT,
    }
)
BAND = _record(
    {
        "id": TEXT,
        "title": TEXT,
        "gated_from": NOTE,
        "gates": TEXTS,
        "next": _maybe(
            _record({"id": TEXT, "title": TEXT, "distance": _points, "gates": TEXTS})
        ),
        "ladder": _list(_record({"id": TEXT, "title": TEXT, "range": _maybe(BOUNDS)})),
        "conditions": _list(
            _record(
                {"gate": TEXT, "title": NOTE, "passes": FLAG, "needs": _list(CONDITION)}
            ),
            1,
        ),
    },
    ("conditions",),
)
TARGET = _record(
    {
        "id": TEXT,
        "title": TEXT,
        "source": TEXTS,
        "comparator": _maybe(_one_of(">=", ">", "<=", "<")),
        "threshold": _maybe(_points),
        "value": _maybe(_points),
        "reached": _maybe(FLAG),
        "needs": _list(CONDITION, 1),
    },
    ("needs",),
)
GROUP = _record(
    {
        "id": TEXT,
        "parent": NOTE,
        "title": TEXT,
        "kind": _one_of("base", "bonus", "penalty"),
        "combine": _one_of("sum", "mean"),
        "weight_basis": BASIS,
        **dict.fromkeys(SUMS, _points),
        "cap": _maybe(_points),
        "uncapped": _maybe(_points),
        "note": NOTE,
        "source": TEXTS,
        "absent": NOTE,
        "rounding": ROUNDING,
    },
    ("rounding",),
)
METRIC = _record(
    {
        "id": TEXT,
        "type": _one_of(
            "percent", "count", "number", "rank", "yes_no", "date", "level"
        ),
        "better": _one_of("higher", "lower", "neither"),
        "round": _maybe(COUNT),
        "levels": TEXTS,
        "formula": _maybe(_expression),
        "state": INPUT_STATE,
        "figure": _maybe(SCALAR),
    }
)
FILE = _record({"name": TEXT, "sha256": HASH})
ORIGIN = _record({"file": TEXT, "sha256": HASH, "since": _maybe(DAY), "kind": NOTE})
LISTS = ("losses", "without_effect", *PRECEDENCE, "not_due", "unsupported")
REPORT = _record(
    {
        "format": _one_of(1),
        "language": _one_of("vi", "en"),
        "engine": _record({"name": _one_of("cchc-rules"), "version": TEXT}),
        "ruleset": _record(
            {
                **dict.fromkeys(("id", "version", "title"), TEXT),
                **dict.fromkeys(("source", "note", "kind", "kind_title"), NOTE),
                "sha256": HASH,
                "weight_basis": BASIS,
                "files": _list(FILE),
                "since": _maybe(DAY),
                "since_title": NOTE,
            }
        ),
        "measurements": _record(
            {
                **dict.fromkeys(("unit", "period"), TEXT),
                **dict.fromkeys(("unit_kind", "note"), NOTE),
                "sha256": HASH,
                "changes": _list(_record({"metric": TEXT, "text": TEXT})),
            }
        ),
        "as_of": DAY,
        "index": INDEX,
        "band": _maybe(BAND),
        "targets": _list(TARGET),
        "groups": _list(GROUP),
        "rules": _list(RULE),
        **dict.fromkeys(LISTS, TEXTS),
        "tracks": _list(
            _record(
                {
                    "id": TEXT,
                    **dict.fromkeys(("earned", "maximum"), _number),
                    **dict.fromkeys(("scored", "unscored"), COUNT),
                }
            )
        ),
        "origins": _maybe(_record({"places": _list(ORIGIN, 2), "fields": _placed})),
        "machine": _record(
            {
                "places": _kind(lambda n: type(n) is int and 0 <= n <= MOST_PLACES),
                "over_scale": FLAG,
                "lowest": _points,
                "least_coverage": _maybe(_number),
                "bands_read": _one_of("exact", "rounded"),
                "bands": _list(
                    _record({"id": TEXT, **dict.fromkeys(EDGES, _points)}, tuple(EDGES))
                ),
                "band_gates": _list(GATE),
                "targets": _list(_record({"id": TEXT, "needs": _list(NEED, 1)}), 1),
                "required_shares": _list(
                    _record({"id": TEXT, "needs": _list(NEED, 1)}), 1
                ),
                "window": _maybe(_list(DAY, 2, 2)),
                "metrics": _list(METRIC),
                "unusual_days": _by_name(DAY, FLAG),
                "rounding": ROUNDING,
            },
            ("lowest", "targets", "rounding", "required_shares"),
        ),
        "required_shares": _list(
            _record({"rule": TEXT, "requires": TEXT, "text": TEXT}), 1
        ),
        "digest": TEXT,
    },
    ("required_shares",),
)


# What the parts of a report refer to -----------------------------------------------------


class Contents:
    """The parts of a report by their ids, and who belongs to whom; every reference is held.

    Raises `NoReportError` where an id stands twice, a name leads nowhere, or groups, metrics or
    required rules lead back to themselves.
    """

    def __init__(self, report: Any) -> None:
        self.report = report
        self.machine = report["machine"]
        self.places: int = self.machine["places"]
        self.rules = _by_id("rules", report["rules"])
        self.groups = _by_id("groups", report["groups"])
        self.metrics = _by_id("machine.metrics", self.machine["metrics"])
        self.tracks = _by_id("tracks", report["tracks"])
        self.bands = _by_id("machine.bands", self.machine["bands"])
        # References are held before they are followed.
        self._hold_references()
        self.derived = {
            name: metrics_in(metric["formula"])
            for name, metric in self.metrics.items()
            if metric["formula"] is not None
        }
        parents: dict[str, list[str]] = {}
        for name, group in self.groups.items():
            parents[name] = []
            if group["parent"] is not None:
                parents[name].append(group["parent"])
        requires = {name: rule["requires"] for name, rule in self.rules.items()}
        _in_order("groups", parents)
        # In these orders whatever is needed comes first, so that nothing is worked out in depth.
        self.derived_order = _in_order("machine.metrics", self.derived)
        self.rules_order = _in_order("rules", requires)
        self._gather()

    def _gather(self) -> None:
        """Keep the first entry of each metric, the members of each group, a metric's readers."""
        self.inputs: dict[str, Any] = {}
        self.members: dict[str, list[str]] = {}
        self.children: dict[str, list[str]] = {}
        for name in self.groups:
            self.members[name] = []
            self.children[name] = []
        self.readers: dict[str, set[str]] = {}
        self.gated_by: dict[str, list[str]] = {}
        for name, group in self.groups.items():
            if group["parent"] is not None:
                self.children[group["parent"]].append(name)
        for name, rule in self.rules.items():
            self.members[rule["group"]].append(name)
            for gate in rule["requires"]:
                self.gated_by.setdefault(gate, []).append(name)
            for entry in rule["inputs"]:
                if entry["metric"] is not None:
                    self.inputs.setdefault(entry["metric"], entry)
                    self.readers.setdefault(entry["metric"], set()).add(name)
        for name in self.metrics:
            if name not in self.derived and name not in self.inputs:
                raise NoReportError("machine.metrics", "nowhere", name)

    def _hold_references(self) -> None:
        for name in LISTS:
            _known(name, self.report[name], self.rules)
        for name, group in self.groups.items():
            if group["parent"] is not None:
                _known(f"groups[{name}].parent", [group["parent"]], self.groups)
            is_pool = group["kind"] != "base"
            capped = group["cap"] is not None
            # A pool at the top must have a cap [G3]; a base group may, where points are added up.
            at_top = group["parent"] is None
            lacking = is_pool and at_top and not capped
            mixed = capped and group["combine"] != "sum"
            if lacking or mixed:
                raise NoReportError(f"groups[{name}].cap", "kind", group["cap"])
        for name, rule in self.rules.items():
            path = f"rules[{name}]"
            _known(f"{path}.group", [rule["group"]], self.groups)
            _known(f"{path}.requires", rule["requires"], self.rules)
            _once_each(f"{path}.requires", rule["requires"])
            _known(f"{path}.machine", self.read_directly(rule), self.metrics)
            _known(f"{path}.tracks", rule["tracks"], self.tracks)
            _known(f"{path}.track_reasons", rule["track_reasons"], self.tracks)
            for track in self.tracks:
                if track not in rule["tracks"]:
                    raise NoReportError(f"{path}.tracks", "missing", track)
            entries = [entry["metric"] for entry in rule["inputs"]]
            submitted = [metric for metric in entries if metric is not None]
            _known(f"{path}.inputs", submitted, self.metrics)
            _known(
                f"{path}.gains", [gain["metric"] for gain in rule["gains"]], submitted
            )
        for name, metric in self.metrics.items():
            _known(
                f"machine.metrics[{name}].formula",
                metrics_in(metric["formula"]),
                self.metrics,
            )
            _once_each(f"machine.metrics[{name}].levels", metric["levels"])
        self._hold_conditions()
        self._hold_shares()

    def _hold_conditions(self) -> None:
        gates = [gate_name(gate) for gate in self.machine["band_gates"]]
        _once_each("machine.band_gates", gates)
        for gate in self.machine["band_gates"]:
            for need in needs_of(gate):
                self._hold_need("machine.band_gates", need)
            if "at_most" in gate:
                _known("machine.band_gates", [gate["at_most"]], self.bands)
        asking = {target["id"]: target for target in self.machine.get("targets", [])}
        with_needs = [it["id"] for it in self.report["targets"] if "needs" in it]
        if [*asking] != with_needs:
            raise NoReportError("machine.targets", "kind", [*asking])
        for name, target in asking.items():
            for need in target["needs"]:
                self._hold_need(f"machine.targets[{name}]", need)

    def _hold_shares(self) -> None:
        """Hold the shares that rules ask of others: each of a rule that they require."""
        told = [
            (share["rule"], share["requires"])
            for share in self.report.get("required_shares", [])
        ]
        asked = []
        self.shares: dict[tuple[str, str], Any] = {}
        for rule in self.machine.get("required_shares", []):
            path = f"machine.required_shares[{rule['id']}]"
            _known(path, [rule["id"]], self.rules)
            for need in rule["needs"]:
                self._hold_need(path, need)
                if need.get("rule") not in self.rules[rule["id"]]["requires"]:
                    raise NoReportError(path, "kind", need)
                pair = rule["id"], need["rule"]
                asked.append(pair)
                self.shares[pair] = need
        if asked != told:
            raise NoReportError("required_shares", "kind", told)

    def _hold_need(self, path: str, need: Any) -> None:
        """Hold a condition to have one subject, which is there."""
        subjects = [subject for subject in SUBJECTS if subject in need]
        if len(subjects) != 1:
            raise NoReportError(path, "kind", need)
        known = {"rule": self.rules, "metric": self.metrics}
        _known(path, [need[subjects[0]]], known.get(subjects[0], self.groups))

    def read_directly(self, rule: Any) -> set[str]:
        """Return the metrics that stand in a rule, without those behind a derived one."""
        machine = rule["machine"]
        metrics = metrics_in(machine["threshold"]) | metrics_in(machine["points"])
        return metrics | ({rule["metric"], machine["exempt"]} - {None})

    def read_by(self, rule: Any) -> set[str]:
        """Return all metrics that a rule reads, directly or through formulas.

        A derived metric is among them, and so are those from which it is worked out.
        """
        metrics: set[str] = set()
        waiting = [*self.read_directly(rule)]
        while waiting:
            metric = waiting.pop()
            if metric not in metrics:
                metrics.add(metric)
                waiting += self.derived.get(metric, ())
        return metrics

    def above(self, group: str | None) -> Iterator[Any]:
        """Yield a group and those that it lies in, from the inside.

        It ends, for groups that lead back to themselves were refused before.
        """
        while group is not None:
            yield self.groups[group]
            group = self.groups[group]["parent"]

    def parts_of_base(self) -> dict[str, Fraction]:
        """Return what each rule is worth in the base, whatever is reported [I9]."""
        parts = {}
        for name, rule in self.rules.items():
            around = [*self.above(rule["group"])]
            part = self.weight(name)
            for group in around:
                inside = [self.weight(member) for member in self.members[group["id"]]]
                inside += [
                    amount(self.groups[child]["maximum"])
                    for child in self.children[group["id"]]
                ]
                if group["combine"] == "mean" or group["cap"] is not None:
                    part *= divided(amount(group["maximum"]), total_of(inside))
            # Bonus and penalty points are beside what has to be reported.
            if part and around[-1]["kind"] == "base":
                parts[name] = part
        return parts

    def pool(self, group: str) -> str | None:
        """Return the bonus or penalty pool that a group is or lies in."""
        # The kind of a group is that of the one at the top: pools do not lie in base groups.
        *_, top = self.above(group)
        if top["kind"] == "base":
            return None
        return str(top["id"])

    def cap(self, group: str) -> str | None:
        """Return the outermost base group with a cap that a group is or lies in [G7]."""
        outermost = None
        for record in self.above(group):
            if record["kind"] == "base" and record["cap"] is not None:
                outermost = str(record["id"])
        return outermost

    def in_mean(self, rule: Any) -> bool:
        """Whether a rule belongs to a mean group."""
        return bool(self.groups[rule["group"]]["combine"] == "mean")

    def weight(self, rule: str) -> Fraction:
        """Return a rule's own weight."""
        return amount(self.rules[rule]["weight"])


def _by_id(path: str, records: list[Any]) -> Part:
    parts: dict[str, Any] = {}
    for record in records:
        if record["id"] in parts:
            raise NoReportError(path, "twice", record["id"])
        parts[record["id"]] = record
    return parts


def _once_each(path: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise NoReportError(path, "twice", name)
        seen.add(name)


def _known(
    path: str,
    names: Iterable[str],
    there: Iterable[str],
) -> None:
    known = {*there}
    for name in names:
        if name not in known:
            raise NoReportError(path, "nowhere", name)


def _in_order(path: str, needs: Mapping[str, Iterable[str]]) -> list[str]:
    """Return names so that each comes after what it needs; raise `NoReportError` for a circle.

    Those that need nothing that is left are taken out, again and again; a circle is what stays.
    """
    left = {
        name: {need for need in needed if need in needs}
        for name, needed in needs.items()
    }
    needed_by: dict[str, list[str]] = {}
    for name, needed in left.items():
        for need in needed:
            needed_by.setdefault(need, []).append(name)
    order = [name for name, needed in left.items() if not needed]
    # The list grows while it is walked: whoever needed only `name` may stand after it.
    for name in order:
        for other in needed_by.get(name, ()):
            left[other].discard(name)
            if not left[other]:
                order.append(other)
    if len(order) < len(left):
        stuck = next(name for name, needed in left.items() if needed)
        raise NoReportError(path, "circle", stuck)
    return order


def metrics_in(expression: Any) -> set[str]:
    """Return the metrics that stand in an expression.

    >>> metrics_in(["/", {"metric": "done"}, {"metric": "asked"}]) == {"done", "asked"}
    True
    """
    if isinstance(expression, dict):
        if "metric" in expression:
            return {expression["metric"]}
        return set()
    if isinstance(expression, list):
        # The first item is the operator.
        return set().union(*map(metrics_in, expression[1:]))
    return set()


# Figures and expressions -----------------------------------------------------------------


class Gone(NamedTuple):
    """A figure that is not there, and the state that says why."""

    state: str
    code: str = ""
    """The code of the reason; a figure that is not reported has one of two, and none here."""
    division: bool = False
    """Whether it is a division by zero, and no figure that is absent."""


DIVISION = Gone("not_applicable", "zero_denominator", division=True)
"""What a division by zero comes to, inside the expression in which it stands."""


def strongest(absences: Iterable[Gone]) -> Gone | None:
    """Return the absence that counts among several: by state, then the first [L6, L7].

    A division by zero comes after the figures that are absent.
    """
    return min(
        absences,
        key=lambda gone: (PRECEDENCE.index(gone.state), gone.division),
        default=None,
    )


def state_of(figure: Any) -> str:
    """Return the state of a figure: `reported`, or why it is not there."""
    if isinstance(figure, Gone):
        return figure.state
    return "reported"


NEVER = date.max.isoformat()
"""What was never done: a date later than any other, and so many days after it is still never."""


def _later(day: str, count: Fraction) -> str:
    if day == NEVER:
        return day
    moved = date.fromisoformat(day) + timedelta(days=bounded(count, MOST_DAYS))
    return moved.isoformat()


def _days(first: str, last: str) -> Fraction:
    return Fraction((date.fromisoformat(last) - date.fromisoformat(first)).days)


KNOWN_OF: dict[str, Callable[[list[Any]], Any]] = {
    "first": lambda known: known[0],
    "largest_known": max,
    "smallest_known": min,
}
"""What operators that look past absences make of the operands that are known, in their order."""

OPERATORS: dict[str, Callable[..., Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "negative": operator.neg,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "not": operator.not_,
    "abs": abs,
    "min": lambda *values: min(values),
    "max": lambda *values: max(values),
    "count": lambda *flags: Fraction(sum(flags)),
    "round_half_up": lambda value, places: rounded(value, bounded(places)),
    "round_down": lambda value: Fraction(value.numerator // value.denominator),
    "round_up": lambda value: Fraction(-(-value.numerator // value.denominator)),
    "days": _days,
    "add_days": _later,
}


class Figures:
    """The figures of all metrics. Numbers are `Fraction`s, dates ISO texts."""

    def __init__(self, contents: Contents, replaced: Names | None = None) -> None:
        """Work all figures out; `replaced` holds those that are tried in place of the reported."""
        self.contents = contents
        self.known: dict[str, Any] = dict(replaced or {})
        for name in contents.metrics:
            if name not in contents.derived and name not in self.known:
                self.known[name] = self.held(
                    name, self.submitted(contents.inputs[name])
                )
        for name in contents.derived_order:
            formula = contents.metrics[name]["formula"]
            value = self.value(formula)
            # To whoever reads it, a metric that divides by zero is a figure that is absent.
            if isinstance(value, Gone):
                value = value._replace(division=False)
            self.known[name] = self.held(name, value)

    def figure(self, name: str) -> Any:
        """Return a metric's figure, or `Gone`.

        A figure is a `Fraction`, true or false, or the text of a date or a level.
        """
        return self.known[name]

    def held(self, name: str, value: Any) -> Any:
        """Return a figure rounded as its metric asks for.

        A metric is rounded once, where its figure arises: rules read the rounded one.
        """
        places = self.contents.metrics[name]["round"]
        if places is None or isinstance(value, Gone):
            return value
        return rounded(value, bounded(places))

    def submitted(self, entry: Any) -> Any:
        """Return the figure of an entry: a share, a count of items, a value, or `Gone`."""
        metric = self.contents.metrics[entry["metric"]]
        if entry["denominator"] is not None:
            return _share(entry, metric)
        if entry["items"] is not None:
            # Items are the same when letter case and runs of spaces are all that differs.
            items = {" ".join(item.casefold().split()) for item in entry["items"]}
            return Fraction(len(items))
        if entry["value"] is None:
            return Gone(entry["state"], entry["state"])
        return _typed(entry["value"], metric, f"inputs[{entry['metric']}].value")

    def value(self, expression: Any) -> Any:
        """Return what an expression over metrics comes to, or the absence in its way."""
        return Evaluation(self, {}).value(expression)

    def working_day(self, day: str, count: Fraction) -> str:
        """Return the day so many working days after a day, before it for less than none."""
        if day == NEVER:
            return day
        # Each day is looked at, so that the bound is lower than that of calendar days.
        left = abs(bounded(count, MOST_DAYS // 10))
        step = Fraction(1)
        if count < 0:
            step = Fraction(-1)
        # Days that are worked or off unlike their weekday: the report names them, and so needs no
        # calendar of public holidays.
        unusual = self.contents.machine["unusual_days"]
        while left > 0:
            day = _later(day, step)
            is_weekday = date.fromisoformat(day).weekday() < 5
            if unusual.get(day, is_weekday):
                left -= 1
        return day


class Evaluation:
    """Works expressions out over the figures of a report and the names of one rule."""

    def __init__(self, figures: Figures, names: Names) -> None:
        """Begin; what the names stand for is not changed while calls are kept."""
        self.figures = figures
        self.names = names
        # What each call of `first` and the like came to, or the refusal it ended in. It is asked
        # for its absence and then for its value, and calls lie in calls: without this the time
        # would double with every level.
        self._calls: dict[int, Any] = {}

    def value(self, expression: Any) -> Any:
        """Return what an expression comes to, or the absence that stands in its way."""
        # What is absent is asked first: an absence wins over a division by zero beside it.
        gone = self.absence(expression)
        if gone is not None:
            return gone
        try:
            return self.evaluate(expression)
        except ZeroDivisionError:
            return DIVISION

    def absence(self, expression: Any) -> Gone | None:
        """Return the strongest among the figures that an expression needs and lacks [L6].

        `first`, `largest_known` and `smallest_known` lack nothing as long as one of their operands
        has a value. Where none has, they are absent as a figure is, unless it is a division by zero
        that is the strongest: `["+", ["first", {"metric": "a"}, ["/", "1", "0"]], {"metric": "b"}]`
        is missing where a is, whatever b is.
        """
        if isinstance(expression, dict):
            return self._absence_of_name(expression)
        if not isinstance(expression, list):
            return None
        if expression[0] in KNOWN_OF:
            return self._absence_of_call(expression)
        if expression[0] in ROWS:
            return self._row(expression)[1]
        # Both branches of a choice are asked: which one is taken may hang on what is absent [L6].
        parts = [self.absence(part) for part in expression[1:]]
        return strongest(gone for gone in parts if gone is not None)

    def _absence_of_name(self, named: dict[str, str]) -> Gone | None:
        if "metric" in named:
            value = self.figures.figure(named["metric"])
        else:
            value = self.names.get(named.get("name", ""))
        if isinstance(value, Gone) and not value.division:
            return value
        return None

    def _absence_of_call(self, call: list[Any]) -> Gone | None:
        try:
            value = self._known_of(call)
        except NoReportError:
            # Beyond the bounds: that is found where the call is worked out, if it ever is.
            return None
        if isinstance(value, Gone) and not value.division:
            return value
        return None

    def evaluate(self, expression: Any) -> Any:
        """Return what an expression comes to; `ZeroDivisionError` where it has no value.

        Whoever calls it knows by `absence` that no figure is absent that the expression needs.
        """
        if isinstance(expression, dict):
            ((kind, text),) = expression.items()
            if kind == "metric":
                return self.figures.figure(text)
            if kind == "name":
                return self._named(text)
            # A date or a text stands for itself.
            return text
        if isinstance(expression, bool):
            return expression
        if not isinstance(expression, list):
            return amount(expression)
        name, *parts = expression
        # A choice, “and” and “or” leave out what they do not need: it may have no value.
        if name == "if":
            test, then, otherwise = parts
            if self.evaluate(test):
                return self.evaluate(then)
            return self.evaluate(otherwise)
        if name == "and":
            return all(self.evaluate(part) for part in parts)
        if name == "or":
            return any(self.evaluate(part) for part in parts)
        if name in KNOWN_OF:
            return self._with_value(expression)
        if name in ROWS:
            return self.evaluate(self._row(expression)[0])
        values = [self.evaluate(part) for part in parts]
        if name == "add_working_days":
            return self.figures.working_day(*values)
        return _within_bounds(OPERATORS[name](*values))

    def _row(self, expression: list[Any]) -> tuple[Any, Gone | None]:
        """Return the points of the row that decides, or the absence that keeps rows open [F3]."""
        name, *parts = expression
        gone: list[Gone] = []
        for test, points in zip(parts[::2], parts[1::2], strict=True):
            verdict = self._row_holds(test)
            if isinstance(verdict, Gone):
                gone.append(verdict)
                # An open row might have been the first that holds.
                if name == "first_row":
                    break
            elif verdict and not (test is True and gone):
                return points, None
        if not gone:
            raise ValueError(name)
        return None, strongest(gone)

    def _row_holds(self, test: Any) -> Any:
        """Return whether a row holds, or the absence that keeps it open.

        Each part is asked alone: one that fails settles it, whatever figures the others lack.
        """
        if isinstance(test, bool):
            return test
        gone: list[Gone] = []
        for part in test[1:]:
            lacks = self.absence(part)
            if lacks is not None:
                gone.append(lacks)
            elif not self.evaluate(part):
                return False
        return strongest(gone) or True

    def _named(self, name: str) -> Any:
        value = self.names[name]
        if isinstance(value, Gone):
            raise ZeroDivisionError
        return value

    def _with_value(self, call: list[Any]) -> Any:
        value = self._known_of(call)
        # None of its operands has a value, so that neither has this, just as where a divisor is
        # zero.
        if isinstance(value, Gone):
            raise ZeroDivisionError
        return value

    def _known_of(self, call: list[Any]) -> Any:
        """Return what a call makes of those of its operands that have a value, `Gone` where none
        has.
        """
        key = id(call)
        if key not in self._calls:
            try:
                self._calls[key] = self._chosen(*call)
            except NoReportError as refusal:
                self._calls[key] = refusal
        outcome = self._calls[key]
        if isinstance(outcome, NoReportError):
            raise outcome
        return outcome

    def _chosen(self, name: str, *operands: Any) -> Any:
        values = [self.value(operand) for operand in operands]
        known = [value for value in values if not isinstance(value, Gone)]
        if known:
            return KNOWN_OF[name](known)
        return strongest(values)


def _share(entry: Any, metric: Any) -> Any:
    above = amount(entry["numerator"])
    below = amount(entry["denominator"])
    # None of none: there was nothing of which a part could have been done.
    if not above and not below:
        return Gone("not_applicable", "zero_denominator")
    return above * _whole(metric) / below


def _whole(metric: Any) -> int:
    """Return what a share of everything comes to: 100 of a percentage, else 1."""
    if metric["type"] == "percent":
        return 100
    return 1


def _typed(
    value: Any,
    metric: Any,
    path: str,
) -> Any:
    """Return a value of a metric's type."""
    kind = metric["type"]
    if kind == "yes_no":
        FLAG(value, path)
        return value
    if kind == "date":
        DAY(value, path)
        return value
    if kind == "level":
        _one_of(*metric["levels"])(value, path)
        return value
    _number(value, path)
    return amount(value)


def _within_bounds(value: Any) -> Any:
    if isinstance(value, Fraction):
        bits = value.numerator.bit_length() + value.denominator.bit_length()
        if bits > MOST_BITS:
            raise NoReportError("", "large")
    return value


# Rules (semantics L1 to L6) --------------------------------------------------------------


class Leaf(NamedTuple):
    """What a rule comes to: its state, its exact points, and the codes that may be the reason."""

    state: str
    reasons: frozenset[str]
    exact: Fraction = ZERO
    excluded: bool = False
    """Whether its weight is excluded."""
    rescales: bool = False
    """Whether what is excluded shrinks the whole."""
    by_hand: bool = False
    """Whether a person gave the points of an absence."""
    final: bool = False
    """Whether it stays what it is before its due day."""

    @property
    def awaited(self) -> bool:
        """Whether a person still has to give the points."""
        return self.reasons == _AWAITED


_AWAITED = frozenset({"points_awaited"})
_ZERO = frozenset({"zero_denominator"})
# That a waiver had ended is in no other place of a report, so that either code may stand there.
_MISSING = frozenset({"not_reported", "waiver_ended"})
_ONE_REASON = {
    "manual": "manual",
    "none": "information",
    "formula": "formula",
    "tiers": "tier",
    "progressive": "tier",
    "table": "tier",
}
_MISSED_REASON = {"all_or_nothing": "target_missed", "per_unit": "units_off"}


class Judgement:
    """Judges every rule, those that others require first."""

    def __init__(
        self,
        contents: Contents,
        figures: Figures,
        known: Mapping[str, Leaf] | None = None,
    ) -> None:
        """Judge the rules that are not known yet."""
        self.contents = contents
        self.figures = figures
        self.leaves: dict[str, Leaf] = dict(known or {})
        for name in contents.rules_order:
            if name not in self.leaves:
                self.leaves[name] = self._judged_or_refused(name)

    def _judged_or_refused(self, name: str) -> Leaf:
        try:
            return self._judged(self.contents.rules[name])
        except NoReportError as error:
            # Expressions do not know in which rule they stand.
            error.path = error.path or f"rules[{name}]"
            error.args = (error.said("en"),)
            raise
        except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError):
            raise NoReportError(f"rules[{name}]", "unfit") from None

    def _gate(self, rule: str, required: str) -> str:
        """Return the state that a required rule has for the one behind it.

        Of one whose share of its points is asked for, that is whether the share is there.
        """
        leaf = self.leaves[required]
        need = self.contents.shares.get((rule, required))
        if need is None or leaf.state not in COMPUTED:
            return leaf.state
        share = divided(leaf.exact * 100, self.contents.weight(required))
        if _inside(need, share):
            return "met"
        return "not_met"

    def _judged(self, rule: Any) -> Leaf:
        """Return what a rule comes to, in the order of L2."""
        # (a) an absent block, before anything else
        above = self.contents.above(rule["group"])
        if any(group["absent"] is not None for group in above):
            absent_block = frozenset({"block_absent"})
            return Leaf("not_applicable", absent_block, ZERO, True, True)
        figure = None
        if rule["metric"]:
            figure = self.figures.figure(rule["metric"])
        # (b), (c) a closed gate, unless the rule's own figure is waived
        gates = {self._gate(rule["id"], name) for name in rule["requires"]}
        if gates & {"not_met", "partly_met"} and state_of(figure) != "waived":
            return Leaf("not_met", frozenset({"gate_closed"}))
        # (d), (f) what its figures or a person make of it
        leaf = self._measured(rule, figure)
        # (e) a gate of which nobody knows whether it is open; what comes of it is final
        by_hand = rule["deduction"] == "manual"
        waits = leaf.state in COMPUTED or (by_hand and leaf.state == "missing")
        if "missing" in gates and waits:
            leaf = self._absent(rule, "missing", frozenset({"gate_unknown"}))
            leaf = leaf._replace(final=True)
        # (g) what is not met waits for its day
        due = rule["due"]
        if due is None or self.contents.report["as_of"] >= due or leaf.final:
            return leaf
        if leaf.state in ("partly_met", "not_met", "missing"):
            return self._absent(rule, "not_due", frozenset({"not_due"}))
        return leaf

    def _absent(
        self,
        rule: Any,
        state: str,
        reasons: frozenset[str],
    ) -> Leaf:
        """Return what the declared effect of an absence makes of a rule [L4]."""
        effects = rule["machine"]["effects"]
        kind = state
        # Nothing over nothing may have an effect of its own.
        if reasons == _ZERO and "zero_denominator" in effects:
            kind = "zero_denominator"
        if kind not in effects:
            path = f"rules[{rule['id']}].machine.effects"
            raise NoReportError(path, "missing", state)
        effect = effects[kind]
        given = given_points(rule)
        if effect == "manual" and given is not None:
            return Leaf(state, reasons, given, by_hand=True)
        # The points that a person still has to give are missing, whatever was absent before.
        if effect == "manual":
            return Leaf("missing", _AWAITED, final=state != "missing")
        points = when(effect == "full", amount(rule["weight"]))
        # So many points all the same.
        if isinstance(effect, dict):
            points = amount(effect["points"])
        excluded = effect in ("exclude", "show")
        return Leaf(state, reasons, points, excluded, rescales=effect == "exclude")

    def _measured(self, rule: Any, figure: Any) -> Leaf:
        """Return what figures, or a person, make of a rule."""
        if rule["deduction"] == "manual":
            given = given_points(rule)
            if given is None:
                return self._absent(rule, "missing", _AWAITED)
            return _computed(rule, given, None, "manual")
        machine = rule["machine"]
        names = {
            "value": figure,
            "weight": amount(rule["weight"]),
            "lowest": amount(rule["lowest"]),
        }
        if machine["threshold"] is not None:
            names["threshold"] = self.figures.value(machine["threshold"])
        gone = self._absence(rule, figure, names)
        if gone is not None:
            return self._absent(rule, gone.state, _reasons_of_absence(gone))
        try:
            names["met"] = self._met(rule, figure, names.get("threshold"))
            points = Evaluation(self.figures, names).evaluate(machine["points"])
        except ZeroDivisionError:
            # No figure is absent, so that nothing goes before the division.
            return self._absent(rule, DIVISION.state, _reasons_of_absence(DIVISION))
        return _computed(rule, points, names["met"], self._reason(rule, names))

    def _absence(
        self,
        rule: Any,
        figure: Any,
        names: Names,
    ) -> Gone | None:
        """Return the absence that a rule comes to, None where it has all that it needs [L6]."""
        if isinstance(figure, Gone) and figure.state == "waived":
            return figure
        machine = rule["machine"]
        # In the order in which equal absences count: figures before formulas [L7].
        needed: list[Any] = ["needed", {"name": "value"}]
        if isinstance(machine["threshold"], dict):
            needed.append(machine["threshold"])
        if machine["exempt"] is not None:
            needed.append({"metric": machine["exempt"]})
        needed += [machine["threshold"], machine["points"]]
        gone = Evaluation(self.figures, names).absence(needed)
        threshold = names.get("threshold")
        if gone is None and isinstance(threshold, Gone):
            return threshold
        return gone

    def _reason(self, rule: Any, names: Names) -> str:
        """Return the code of a computed rule: its kind, whether it is met, and its floor fix it."""
        kind = rule["deduction"]
        if kind in _ONE_REASON:
            return _ONE_REASON[kind]
        if names["met"]:
            return "target_met"
        if kind in _MISSED_REASON:
            return _MISSED_REASON[kind]
        floor = _floor_of(rule["machine"]["points"])
        if floor is not None and Evaluation(self.figures, names).evaluate(floor):
            return "below_floor"
        return "below_target"

    def _met(
        self,
        rule: Any,
        value: Any,
        threshold: Any,
    ) -> bool | None:
        """Whether a figure reaches the target; None for a rule without one, whose points decide."""
        comparator = rule["comparator"]
        exempt = rule["machine"]["exempt"]
        if exempt is not None:
            value = value - self.figures.figure(exempt)
        # A rule that only informs cannot miss anything.
        if comparator is None and rule["deduction"] == "none":
            return True
        if comparator is None:
            return None
        if comparator == "between":
            return _inside(rule["threshold"], value)
        if comparator == "one_of":
            return value in [_like(value, item) for item in rule["threshold"]]
        if comparator == "better":
            metric = self.contents.metrics[rule["metric"]]
            comparator = ">"
            if metric["better"] == "lower":
                comparator = "<"
        return bool(OPERATORS[SIGNS.get(comparator, comparator)](value, threshold))


def _reasons_of_absence(gone: Gone) -> frozenset[str]:
    """Return the codes that the reason of an absence may have."""
    if gone.state == "missing":
        return _MISSING
    return frozenset({gone.code})


def given_points(rule: Any) -> Fraction | None:
    """Return the points that a person gave a rule."""
    for entry in rule["inputs"]:
        if entry["points"] is not None:
            return amount(entry["points"])
    return None


def _computed(
    rule: Any,
    points: Fraction,
    met: bool | None,
    reason: str,
) -> Leaf:
    """Return the leaf of computed points; without a target the points decide the state [L3]."""
    full = met
    if met is None:
        full = points >= amount(rule["weight"])
    if full:
        state = "met"
    elif points > 0:
        state = "partly_met"
    else:
        state = "not_met"
    return Leaf(state, frozenset({reason}), points)


def _floor_of(points: Any) -> Any:
    """Return the condition under which a proportional rule lies below its floor, None without one.

    Its points are ["if", met, weight, ["if", [sign, value, floor], "0", share]].
    """
    if not isinstance(points, list) or len(points) != 4:
        return None
    share = points[3]
    if not isinstance(share, list) or share[0] != "if":
        return None
    condition = share[1]
    if isinstance(condition, list) and condition[1] == {"name": "value"}:
        return condition
    return None


def _inside(edges: Mapping[str, str], value: Fraction) -> bool:
    return all(
        OPERATORS[EDGES[key]](value, amount(edge))
        for key, edge in edges.items()
        if key in EDGES
    )


def _like(value: Any, item: Any) -> Any:
    """Return an item of a threshold in the form of the figure that it is held against."""
    if isinstance(value, Fraction):
        return amount(item)
    return item


# Groups and the index (semantics G1 to I4) -----------------------------------------------


def _sums(
    maximum: Fraction,
    earned: Fraction,
    excluded: Fraction,
    rescaled: Fraction,
) -> Sums:
    return {
        "maximum": maximum,
        "earned": earned,
        "lost": maximum - earned - excluded,
        "excluded": excluded,
        "rescaled": rescaled,
    }


class MeanPart(NamedTuple):
    """What a rule of a mean earns, loses and has excluded of the group's points, unrounded [G4]."""

    earned: Fraction = ZERO
    lost: Fraction = ZERO
    excluded: Fraction = ZERO


class Points:
    """Adds the points of rules up to groups and the index, each sum once."""

    def __init__(
        self,
        contents: Contents,
        leaves: Mapping[str, Leaf],
        totals: Mapping[str, Sums] | None = None,
    ) -> None:
        """Add up what rules came to; `totals` holds groups that are known already."""
        self.contents = contents
        self.leaves = leaves
        self.totals: dict[str, Sums] = dict(totals or {})
        self._counted: dict[str, dict[str, Sums]] = {}

    # Rules

    def own(self, rule: str) -> Sums:
        """Return the parts of a rule by its own weight, rounded [L1, L5].

        In a mean or a pool that is not what the rule counts for: see `counted`.
        """
        leaf = self.leaves[rule]
        weight = self.contents.weight(rule)
        excluded = when(leaf.excluded, weight)
        rescaled = when(leaf.rescales, excluded)
        rounding = self.contents.rules[rule]["machine"].get("rounding")
        earned = rounded_as(leaf.exact, self.contents.places, rounding)
        return _sums(weight, earned, excluded, rescaled)

    def counted(self, rule: str) -> Sums:
        """Return what a rule counts for in its group, in points of the index [G4, G5]."""
        group = self.contents.rules[rule]["group"]
        pool = self.contents.pool(group)
        if self.contents.groups[group]["combine"] == "mean":
            return self._once(group, self._counted_in_mean)[rule]
        if pool is not None:
            return self._once(pool, self._counted_in_pool)[rule]
        cap = self.contents.cap(group)
        if cap is not None:
            return self._once(cap, self._counted_under_cap)[rule]
        return self._parts(self.own(rule), ZERO)

    def _once(
        self, group: str, count: Callable[[str], dict[str, Sums]]
    ) -> dict[str, Sums]:
        # All rules of a mean or a pool are apportioned together, so that each asks for all.
        if group not in self._counted:
            self._counted[group] = count(group)
        return self._counted[group]

    @staticmethod
    def _parts(sums: Mapping[str, Fraction], beyond: Fraction) -> Sums:
        parts = {key: sums[key] for key in PARTS}
        parts["lost"] -= beyond
        return parts | {"without_effect": beyond}

    def exact_loss(self, rule: str) -> Fraction:
        """Return what a rule takes from its group, be it too little to be shown.

        By it a rule that shows 0.00 may still be among the losses, and the index below its highest.
        """
        group = self.contents.rules[rule]["group"]
        if self.contents.groups[group]["combine"] == "mean":
            lost = self._mean_parts(group)
            if "rounding" not in self.contents.groups[group]:
                return lost[rule].lost
            whole = total_of(part.lost for part in lost.values())
            return lost[rule].lost * divided(self.total(group)["lost"], whole)
        return self.counted(rule)["lost"]

    def _mean_parts(self, group: str) -> dict[str, MeanPart]:
        rules = self.contents.members[group]
        inside = self._in_mean(group)
        # Nothing carries the group: its weight is excluded, over all of its rules [G4].
        if not any(self.contents.weight(rule) for rule in inside):
            inside = rules
        whole = total_of(self.contents.weight(rule) for rule in inside)
        weight = amount(self.contents.groups[group]["maximum"])
        # What one point of a rule's own weight is in points of the group.
        point = divided(weight, whole)
        parts = dict.fromkeys(rules, MeanPart())
        for rule in inside:
            leaf = self.leaves[rule]
            most = self.contents.weight(rule) * point
            earned = leaf.exact * point
            excluded = when(leaf.excluded, most)
            parts[rule] = MeanPart(earned, most - earned - excluded, excluded)
        return parts

    def _in_mean(self, group: str) -> list[str]:
        """Return the rules of a mean that stay in it: one that rescales leaves it [G2]."""
        return [
            rule
            for rule in self.contents.members[group]
            if not (self.leaves[rule].excluded and self.leaves[rule].rescales)
        ]

    def _counted_in_mean(self, group: str) -> dict[str, Sums]:
        exact = self._mean_parts(group)
        total = self.total(group)
        ticks = {}
        for key in MeanPart._fields:
            amounts = {rule: getattr(part, key) for rule, part in exact.items()}
            # A step may be many ticks: what it gave or took is shared in proportion [L8].
            if "rounding" in self.contents.groups[group] and key != "excluded":
                share = divided(total[key], total_of(amounts.values()))
                amounts = {rule: part * share for rule, part in amounts.items()}
            ticks[key] = self._apportioned(total[key], amounts)
        counted = {}
        for rule in exact:
            parts = {key: ticks[key][rule] for key in ticks}
            parts["maximum"] = total_of(parts.values())
            counted[rule] = parts | {"without_effect": ZERO}
        return counted

    def _counted_in_pool(self, pool: str) -> dict[str, Sums]:
        """Return the parts of the rules of a pool: what lies beyond its cap has no effect [G5]."""
        rules = [
            name
            for name, rule in self.contents.rules.items()
            if self.contents.pool(rule["group"]) == pool
        ]
        own = {rule: self.own(rule) for rule in rules}
        whole = total_of(parts["lost"] for parts in own.values())
        effective = min(self.total(pool)["lost"], whole)
        # Every loss shrinks in the same ratio: no rule is the one that the cap spared.
        share = divided(effective, whole)
        effective_losses = {rule: parts["lost"] * share for rule, parts in own.items()}
        lost = self._apportioned(effective, effective_losses)
        return {
            rule: self._parts(parts, parts["lost"] - lost[rule])
            for rule, parts in own.items()
        }

    def _counted_under_cap(self, cap: str) -> dict[str, Sums]:
        """Return the parts of the rules below a base group with a cap: what they lost, and what of
        them is excluded, shrinks as the cap cuts it, through caps within caps [G7].
        """
        own = {
            name: self.own(name)
            for name, rule in self.contents.rules.items()
            if self.contents.cap(rule["group"]) == cap
        }
        ticks = {}
        for key in ("lost", "excluded"):
            exact = {
                name: parts[key] * self._left_by_caps(name, key)
                for name, parts in own.items()
            }
            ticks[key] = self._apportioned(self.total(cap)[key], exact)
        counted = {}
        for name, parts in own.items():
            kept = {key: ticks[key][name] for key in ticks}
            beyond = parts["lost"] + parts["excluded"] - total_of(kept.values())
            counted[name] = parts | kept | {"without_effect": beyond}
            del counted[name]["rescaled"]
        return counted

    def _left_by_caps(self, rule: str, key: str) -> Fraction:
        """Return which part of what a rule lost, or has excluded, all caps around it leave."""
        part = Fraction(1)
        for record in self.contents.above(self.contents.rules[rule]["group"]):
            if record["cap"] is not None:
                below = self._below(record["id"])[key]
                part *= divided(self.total(record["id"])[key], below)
        return part

    def _below(self, group: str) -> Sums:
        """Return what lies right below a group added up, before any cap."""
        parts = [self.total(child) for child in self.contents.children[group]]
        parts += [self.own(rule) for rule in self.contents.members[group]]
        return {key: total_of(part[key] for part in parts) for key in SUMS}

    def _apportioned(self, total: Fraction, exact: Mapping[str, Fraction]) -> Sums:
        """Return points with all their places that add up to a total, by the largest remainders.

        Ten ticks over three times 10/3 are 4, 3 and 3: each is rounded down, and the ticks that are
        left go to the largest remainders, of equal ones to the first id. Where the total was
        rounded below the amounts, the last id that has a tick gives it up.
        """
        unit = 10**self.contents.places
        ticks = {name: part * unit // 1 for name, part in exact.items()}
        left = int(total * unit) - sum(ticks.values())
        remainders = {name: exact[name] * unit - ticks[name] for name in exact}
        # The order of the file must move no tick [law 6].
        by_id = sorted(exact)
        by_remainder = sorted(by_id, key=lambda name: -remainders[name])
        for name in by_remainder[: max(left, 0)]:
            ticks[name] += 1
        for name in reversed(by_id):
            if left < 0 and ticks[name] > 0:
                ticks[name] -= 1
                left += 1
        return {name: Fraction(count, unit) for name, count in ticks.items()}

    # Groups

    def total(self, group: str) -> Sums:
        """Return the sums of a group [G1 to G3].

        They are the parts and what is rescaled; of a pool also the points before its cap.
        """
        if group not in self.totals:
            self.totals[group] = self._summed(group)
        return self.totals[group]

    def _summed(self, group: str) -> Sums:
        record = self.contents.groups[group]
        if record["combine"] == "mean":
            return self._mean(group)
        # Groups lie in groups a few levels deep, so that this calls itself no oftener.
        whole = self._below(group)
        if record["kind"] == "base":
            if record["cap"] is None:
                return whole
            return self._held_to_cap(amount(record["cap"]), whole)
        # What is excluded of a pool neither earns a bonus nor takes anything off [G3].
        cap = amount(record["cap"])
        most = min(cap, whole["maximum"])
        if record["kind"] == "bonus":
            uncapped = whole["earned"]
            earned = min(cap, uncapped)
        else:
            uncapped = whole["lost"]
            earned = most - min(cap, uncapped)
        return _sums(most, earned, ZERO, ZERO) | {"uncapped": uncapped}

    @staticmethod
    def _held_to_cap(cap: Fraction, whole: Sums) -> Sums:
        """Return the sums of a base group with a cap: excluded is only what it can no longer come
        to [G7].
        """
        most = min(cap, whole["maximum"])
        earned = min(cap, whole["earned"])
        apart = {
            key: most - min(cap, whole["maximum"] - whole[key])
            for key in ("excluded", "rescaled")
        }
        sums = _sums(most, earned, apart["excluded"], apart["rescaled"])
        return sums | {"uncapped": whole["earned"]}

    def _mean(self, group: str) -> Sums:
        """Return the sums of a mean group, which is rounded as one [G2]."""
        weight = amount(self.contents.groups[group]["maximum"])
        inside = self._in_mean(group)
        whole = total_of(self.contents.weight(rule) for rule in inside)
        # Every rule has left: the whole group leaves the index.
        if not whole:
            return _sums(weight, ZERO, weight, weight)
        places = self.contents.places
        points = total_of(self.leaves[rule].exact for rule in inside)
        rounding = self.contents.groups[group].get("rounding")
        earned = rounded_as(points * weight / whole, places, rounding)
        apart = total_of(
            self.contents.weight(rule) for rule in inside if self.leaves[rule].excluded
        )
        # Both may have been rounded up; together they are no more than the group.
        excluded = min(rounded(weight * apart / whole, places), weight - earned)
        return _sums(weight, earned, excluded, ZERO)

    # The index

    def tops(self) -> list[tuple[str, str, Sums]]:
        """Return id, kind and sums of the groups that lie in no other.

        All other groups are in their sums, so that the index adds these alone.
        """
        return [
            (name, group["kind"], self.total(name))
            for name, group in self.contents.groups.items()
            if group["parent"] is None
        ]

    def is_covered(self) -> bool:
        """Whether as much was reported as the rule set asks for [I9]."""
        coverage = self.coverage()
        return coverage is None or coverage["enough"]

    def coverage(self) -> Part | None:
        """Return how much was reported of what can be scored; None where nothing is asked [I9]."""
        least = self.contents.machine["least_coverage"]
        if least is None:
            return None
        parts = self.contents.parts_of_base()
        reported = ZERO
        asked = ZERO
        waiting = []
        for name, part in parts.items():
            leaf = self.leaves[name]
            if leaf.state in COMPUTED:
                reported += part
                asked += part
            elif leaf.state in ("missing", "not_due") or leaf.awaited:
                asked += part
                waiting.append(name)
        reached = Fraction(100)
        if asked:
            reached = reported * 100 / asked
        waiting.sort(key=lambda name: (-parts[name], name))
        return {
            "least": amount(least),
            "reached": reached,
            "enough": reached >= amount(least),
            "parts": [{"rule": name, "points": part} for name, part in parts.items()],
            "open": waiting,
        }

    def index(self, *, covered: bool = False) -> Part:
        """Return the index and its parts; `value` and `exact` are None with nothing to score.

        Arguments:
            covered: Whether enough counts as reported, whatever was.
        """
        tops = self.tops()
        base = [total for _, kind, total in tops if kind == "base"]
        sums: dict[str, Any] = {
            key: total_of(part[key] for part in base) for key in SUMS
        }
        bonus = total_of(total["earned"] for _, kind, total in tops if kind == "bonus")
        penalty = total_of(
            total["lost"] for _, kind, total in tops if kind == "penalty"
        )
        sums |= {"bonus": bonus, "penalty": penalty, "coverage": self.coverage()}
        # Nothing left to score is no index, and not an index of zero [I2].
        left = sums["maximum"] - sums["rescaled"]
        if not left:
            return sums | {"base": ZERO, "value": None, "exact": None}
        scale = amount(self.contents.report["index"]["scale"])
        exact = sums["earned"] * scale / left
        rounding = self.contents.machine.get("rounding")
        shown_base = rounded_as(exact, self.contents.places, rounding)
        # Too little was reported: there is no index either [I9].
        if not covered and not self.is_covered():
            return sums | {"base": shown_base, "value": None, "exact": None}
        value = shown_base + bonus - penalty
        exact_value = exact + bonus - penalty
        # Held to the scale, shown and exact alike, as soon as either of them is beyond it [I3].
        over_scale = self.contents.machine["over_scale"]
        if max(value, exact_value) > scale and not over_scale:
            value = min(value, scale)
            exact_value = min(exact_value, scale)
        # From below to the lowest, where the rule set has one [I3].
        if "lowest" in self.contents.machine:
            lowest = amount(self.contents.machine["lowest"])
            if min(value, exact_value) < lowest:
                value = max(value, lowest)
                exact_value = max(exact_value, lowest)
        return sums | {"base": shown_base, "value": value, "exact": exact_value}


# Conditions of gates -------------------------------------------------------------------------


def gate_name(gate: Any) -> str:
    """Return what a gate goes by: its id, or that of its rule."""
    return str(gate.get("id", gate.get("rule")))


def needs_of(gate: Any) -> list[Any]:
    """Return what a gate asks for; a rule that stands for itself has to be met."""
    if "needs" in gate:
        return list(gate["needs"])
    return [{"rule": gate["rule"]}]


class Conditions:
    """Holds the conditions of gates against what the rules, groups and metrics came to [I5, N]."""

    def __init__(
        self,
        contents: Contents,
        leaves: Mapping[str, Leaf],
        points: Points,
        figures: Figures,
    ) -> None:
        self.contents = contents
        self.leaves = leaves
        self.points = points
        self.figures = figures

    def pass_all(self, gate: Any) -> bool:
        """Whether nothing that a gate asks for bars."""
        states = [self.standing(need)["state"] for need in needs_of(gate)]
        return not any(state in ("fails", "missing") for state in states)

    def parts(self) -> Part:
        """Return the part of the band that says how conditions stand; none without any."""
        gates = [
            gate for gate in self.contents.machine["band_gates"] if "needs" in gate
        ]
        if not gates:
            return {}
        return {
            "conditions": [
                {
                    "gate": gate["id"],
                    "passes": self.pass_all(gate),
                    "needs": self.standings(gate["needs"]),
                }
                for gate in gates
            ]
        }

    def standings(self, needs: Iterable[Any]) -> list[Part]:
        """Return how conditions stand."""
        return [self.standing(need) for need in needs]

    def standing(self, need: Any) -> Part:
        """Return how a condition stands: its state, what was reached, what is lacking."""
        subject = next(name for name in SUBJECTS if name in need)
        ways = {
            "rule": self._rule,
            "group": self._group,
            "each_rule_of": self._each,
            "metric": self._metric,
        }
        empty: Part = {"exact": None, "lacking": None, "rules": []}
        found = ways[subject](need[subject], need)
        return {"subject": subject, "id": need[subject], **empty, **found}

    def _rule(self, name: str, need: Any) -> Part:
        leaf = self.leaves[name]
        if leaf.state == "missing":
            return {"state": "missing"}
        if leaf.state not in COMPUTED:
            return {"state": "not_applicable"}
        if not _bounds_of(need):
            return {"state": _held(leaf.state == "met")}
        # Unrounded points decide, as they do for the rule itself [L3].
        share = divided(leaf.exact * 100, self.contents.weight(name))
        return {"state": _held(_inside(need, share)), "exact": share}

    def _group(self, name: str, need: Any) -> Part:
        total = self.points.total(name)
        counting = total["maximum"] - total["excluded"]
        if not counting:
            return {"state": "not_applicable"}
        share = total["earned"] * 100 / counting
        holds = _inside(need, share)
        lacking = None
        if not holds:
            lacking = self._lacking(need, counting) - total["earned"]
        return {"state": _held(holds), "exact": share, "lacking": lacking}

    def _lacking(self, need: Any, counting: Fraction) -> Fraction:
        """Return the fewest points, in whole ticks, that are enough of so many."""
        unit = 10**self.contents.places
        edge = amount(need.get("from") or need["above"])
        ticks = edge * counting * unit / 100
        if "above" in need:
            return Fraction(ticks // 1 + 1, unit)
        return Fraction(-(-ticks // 1), unit)

    def _each(self, group: str, need: Any) -> Part:
        states = {}
        for name, rule in self.contents.rules.items():
            above = [it["id"] for it in self.contents.above(rule["group"])]
            if group in above and self.contents.weight(name) > 0:
                states[name] = self._rule(name, need)["state"]
        barring = [
            name for name, state in states.items() if state in ("fails", "missing")
        ]
        for state in ("fails", "missing", "holds"):
            if state in states.values():
                return {"state": state, "rules": barring}
        return {"state": "not_applicable"}

    def _metric(self, name: str, need: Any) -> Part:
        figure = self.figures.figure(name)
        if isinstance(figure, Gone):
            if figure.state == "missing":
                return {"state": "missing"}
            return {"state": "not_applicable"}
        exact = None
        if isinstance(figure, Fraction):
            exact = figure
        if "is" in need:
            holds = any(figure == _like(figure, item) for item in need["is"])
        else:
            holds = _inside(need, figure)
        return {"state": _held(holds), "exact": exact}


def _bounds_of(need: Any) -> list[str]:
    return [edge for edge in EDGES if edge in need]


def _held(holds: bool) -> str:
    if holds:
        return "holds"
    return "fails"


# The report again ------------------------------------------------------------------------


class Recount:
    """Writes down every part of a report that can be worked out, in the report's own form."""

    def __init__(self, contents: Contents) -> None:
        self.contents = contents
        self.report = contents.report
        self.machine = contents.machine
        self.figures = Figures(contents)
        self.leaves = Judgement(contents, self.figures).leaves
        self.points = Points(contents, self.leaves)
        self.index = self.points.index()

    def report_again(self) -> Part:
        """Return every part of the report that can be worked out.

        Lists stand in the order of the report. Objects lack what only words say: `_apart` passes
        over keys that are not here.
        """
        rules = {name: self._rule(rule) for name, rule in self.contents.rules.items()}
        return {
            "rules": [*rules.values()],
            "groups": [
                {"uncapped": None, **self.points.total(name)}
                for name in self.contents.groups
            ],
            "index": {
                **self.index,
                **self._range(),
                **self._by_state(rules),
                "steps": self._steps(),
            },
            "band": self._band(),
            "targets": [self._target(target) for target in self.report["targets"]],
            "tracks": [self._track(track) for track in self.contents.tracks],
            "machine": {
                "metrics": [self._metric(name) for name in self.contents.metrics]
            },
            **self._lists(rules),
        }

    # Metrics and rules

    def _metric(self, name: str) -> Part:
        figure = self.figures.figure(name)
        exact = figure
        if isinstance(figure, Gone):
            exact = None
        return {"state": state_of(figure), "figure": exact}

    def _rule(self, rule: Any) -> Part:
        leaf = self.leaves[rule["id"]]
        value = None
        if rule["metric"]:
            value = shown(self.figures.figure(rule["metric"]))
        return {
            **self.points.counted(rule["id"]),
            "state": leaf.state,
            "reason": {"code": AnyOf(leaf.reasons)},
            "exact": leaf.exact,
            "value": value,
            "threshold": self._threshold(rule),
            "inputs": [self._input(entry) for entry in rule["inputs"]],
            "evidence": self._evidence(rule, leaf),
            "gains": [self._gain(rule, gain) for gain in rule["gains"]],
        }

    def _input(self, entry: Any) -> Part:
        """Return an input: the same wherever rules read the metric, and one way to give a figure.

        Points that a person gave stand apart, under no metric.
        """
        if entry["metric"] is None:
            keys_of_metrics = ("title", "numerator", "denominator", "value", "items")
            return dict.fromkeys(keys_of_metrics) | {"state": "reported"}
        first = self.contents.inputs[entry["metric"]]
        figure = self.figures.submitted(first)
        state = state_of(figure)
        value = first["value"]
        if first["denominator"] is not None:
            value = None
        elif first["items"] is not None:
            value = figure
        elif isinstance(figure, Gone):
            value = None
        numerator = first["numerator"]
        if first["denominator"] is None:
            numerator = None
        same = {**first, "numerator": numerator, "value": value, "state": state}
        return same | {"points": None}

    def _threshold(self, rule: Any) -> Any:
        expression = rule["machine"]["threshold"]
        # A range and a list stand in the rule alone: there is nothing to hold them against.
        if expression is None and rule["comparator"] in ("between", "one_of"):
            return rule["threshold"]
        if expression is None:
            return None
        if isinstance(expression, str):
            return amount(expression)
        return shown(self.figures.value(expression))

    def _evidence(self, rule: Any, leaf: Leaf) -> Part:
        """Return which documents are valid, and whether points are claimed without one [I6]."""
        # ISO days are ordered as texts are; without a window every day lies in it.
        first, last = self.machine["window"] or ("", "9999-12-31")
        evidence = rule["evidence"]
        valid = [
            document["date"] is None or first <= document["date"] <= last
            for document in evidence["documents"]
        ]
        earned = leaf.exact
        if not self.contents.in_mean(rule):
            earned = self.points.own(rule["id"])["earned"]
        by_figures = leaf.state in COMPUTED or leaf.by_hand
        claims = evidence["required"] and earned > 0 and by_figures
        return {
            "documents": [{"valid": one} for one in valid],
            "supported": any(valid) or not claims,
        }

    # Gains

    def _gain(self, rule: Any, gain: Any) -> Part:
        """Return what a rule and the index gain when a figure is what it might have been."""
        start, figure = self.tried(gain["metric"], gain["to"])
        leaf, points = self.trial(gain["metric"], figure, rule["id"])
        change = None
        if isinstance(start, Fraction):
            change = amount(gain["to"]) - start
        now = self.index["value"]
        then = points.index()["value"]
        # Without an index before or after there is none that could rise.
        rise = ZERO
        if now is not None and then is not None:
            rise = then - now
        return {
            "from": start,
            "change": change,
            "points": self.brought(rule, leaf),
            "index": rise,
        }

    def tried(self, metric: str, to: Any) -> tuple[Any, Any]:
        """Return where a change of a metric starts, and the figure that it comes to.

        Of a ratio the numerator changes, of a list of items their count.
        """
        entry = self.contents.inputs[metric]
        if entry["denominator"] is None:
            start = self.figures.submitted(entry)
            changed = entry | {"items": None, "value": to}
        else:
            start = amount(entry["numerator"])
            changed = entry | {"items": None, "numerator": to}
        # A rounded metric is rounded after the change too.
        return start, self.figures.held(metric, self.figures.submitted(changed))

    def trial(
        self,
        metric: str,
        figure: Any,
        rule: str,
    ) -> tuple[Leaf, Points]:
        """Return a rule and all points when a metric has another figure.

        What the metric does not touch is kept: the rules that read it are judged again, and those
        behind them by `requires`; the groups that these lie in are added up again.
        """
        contents = self.contents
        kept = {
            name: known
            for name, known in self.figures.known.items()
            if name not in contents.derived
        }
        # Derived figures are worked out again: few hang on the metric, but none is slow.
        figures = Figures(contents, {**kept, metric: figure})
        touched: set[str] = set()
        waiting = [*contents.readers[metric]]
        while waiting:
            name = waiting.pop()
            if name not in touched:
                touched.add(name)
                waiting += contents.gated_by.get(name, ())
        known = {
            name: leaf for name, leaf in self.leaves.items() if name not in touched
        }
        leaves = Judgement(contents, figures, known).leaves
        stale = {
            group["id"]
            for name in touched
            for group in contents.above(contents.rules[name]["group"])
        }
        totals = {
            name: total
            for name, total in self.points.totals.items()
            if name not in stale
        }
        return leaves[rule], Points(contents, leaves, totals)

    def brought(self, rule: Any, leaf: Leaf) -> Fraction:
        """Return how many points a rule brings its group when it alone comes to something else."""
        name = rule["id"]
        stale = {group["id"] for group in self.contents.above(rule["group"])}
        totals = {
            group: total
            for group, total in self.points.totals.items()
            if group not in stale
        }
        other = Points(self.contents, {**self.leaves, name: leaf}, totals)
        pool = self.contents.pool(rule["group"])
        cap = self.contents.cap(rule["group"])
        if cap is not None:
            return other.total(cap)["earned"] - self.points.total(cap)["earned"]
        if pool is None:
            if self.contents.in_mean(rule):
                return self.points.counted(name)["lost"] - other.counted(name)["lost"]
            return other.own(name)["earned"] - self.points.own(name)["earned"]
        before = self.points.total(pool)
        after = other.total(pool)
        if self.contents.groups[pool]["kind"] == "bonus":
            return after["earned"] - before["earned"]
        return before["lost"] - after["lost"]

    # The index

    def _range(self) -> Part:
        """Return the index claimed, what evidence supports of it, and what it may still become."""
        bare = {
            name
            for name, rule in self.contents.rules.items()
            if not rule["evidence"]["supported"]
        }
        supported = dict(self.leaves)
        for name in bare:
            supported[name] = supported[name]._replace(exact=ZERO)
        variants = {
            "lowest": {name: self._settled(name, "lowest") for name in self.leaves},
            "highest": {name: self._settled(name, "weight") for name in self.leaves},
            "supported": supported,
        }
        # At their fewest or most points the open rules are taken as reported.
        any_open = any(
            leaf.state in ("missing", "not_due") or leaf.awaited
            for leaf in self.leaves.values()
        )
        values = {
            key: Points(self.contents, leaves).index(
                covered=any_open and key != "supported"
            )["value"]
            for key, leaves in variants.items()
        }
        value = self.index["value"]
        at_its_highest = (
            value is not None
            and value == values["highest"]
            and not any(self.points.exact_loss(rule) > 0 for rule in self.leaves)
        )
        return values | {"claimed": value, "at_its_highest": at_its_highest}

    def _settled(self, name: str, key: str) -> Leaf:
        """Return a rule with an open one at its fewest or its most points [I4]."""
        leaf = self.leaves[name]
        if leaf.state in ("missing", "not_due") or leaf.awaited:
            points = amount(self.contents.rules[name][key])
            return Leaf(leaf.state, leaf.reasons, points)
        return leaf

    def _steps(self) -> list[Part]:
        """Return the steps from the maximum to the index that change something."""
        index = self.index
        tops = self.points.tops()

        def of(
            kind: str,
            step: str,
            key: str,
            sign: int,
        ) -> list[_Step]:
            return [
                (step, name, sign * total[key])
                for name, group_kind, total in tops
                if group_kind == kind
            ]

        changes = of("base", "lost", "lost", -1)
        changes.append(("excluded", None, -index["excluded"]))
        if index["value"] is not None:
            before_held = index["base"] + index["bonus"] - index["penalty"]
            changes.append(("rescaled", None, index["base"] - index["earned"]))
            changes += of("bonus", "bonus", "earned", 1)
            changes += of("penalty", "penalty", "lost", -1)
            changes.append(("held", None, index["value"] - before_held))
        steps: list[_Step] = [("maximum", None, index["maximum"])]
        steps += [step for step in changes if step[2]]
        if index["value"] is not None:
            steps.append(("index", None, ZERO))
        total = ZERO
        added = []
        for kind, group, change in steps:
            total += change
            added.append(
                {"kind": kind, "group": group, "change": change, "total": total}
            )
        return added

    def _by_state(self, rules: Mapping[str, Part]) -> Part:
        """Return how many rules are in each state, and what they have together."""
        counts = {}
        sums = {}
        for state in STATES:
            inside = [rule for rule in rules.values() if rule["state"] == state]
            counts[state] = len(inside)
            sums[state] = {key: total_of(rule[key] for rule in inside) for key in PARTS}
        return {"counts": counts, "states": sums}

    # Bands, targets, tracks, lists

    def _band(self) -> Part | None:
        """Return the band of the index, lowered by gates, and how far the next one is [I5]."""
        ladder = self.machine["bands"]
        # 79.996 shows as 80.00; whether that is in the band from 80 on, the rule set says.
        key = "exact"
        if self.machine["bands_read"] == "rounded":
            key = "value"
        value = self.index[key]
        if value is None or not ladder:
            return None
        # Below the edge of the lowest band lies the lowest, above that of the highest the highest.
        names = [band["id"] for band in ladder]
        position = len(ladder) - 1
        for rung, band in enumerate(ladder):
            if not _lies_above(value, band):
                position = rung
                break
        conditions = Conditions(self.contents, self.leaves, self.points, self.figures)
        barring = [
            gate for gate in self.machine["band_gates"] if not conditions.pass_all(gate)
        ]
        allowed, gates = _lowered(barring, names, position)
        gated_from = None
        if gates:
            gated_from = names[position]
        rungs = []
        for band in ladder:
            edges = {edge: band[edge] for edge in band if edge != "id"}
            rungs.append({"id": band["id"], "range": edges or None})
        return {
            "id": names[allowed],
            "gates": gates,
            "gated_from": gated_from,
            "ladder": rungs,
            "next": self._next_band(value, position, barring),
            **conditions.parts(),
        }

    def _next_band(
        self,
        value: Fraction,
        position: int,
        barring: list[Any],
    ) -> Part | None:
        ladder = self.machine["bands"]
        if position + 1 == len(ladder):
            return None
        following = ladder[position + 1]
        edge = amount(following.get("from") or following["above"])
        # Rounded up: who gains the points that are shown is sure to be in the band.
        unit = 10**self.contents.places
        distance = Fraction(-((value - edge) * unit // 1), unit)
        names = [band["id"] for band in ladder]
        _, gates = _lowered(barring, names, position + 1)
        return {"id": following["id"], "distance": distance, "gates": gates}

    def _target(self, target: Any) -> Part:
        exact = self.index["exact"]
        conditions = Conditions(self.contents, self.leaves, self.points, self.figures)
        asked = {it["id"]: it for it in self.machine.get("targets", [])}
        needs: Part = {}
        bars = False
        if target["id"] in asked:
            standings = conditions.standings(asked[target["id"]]["needs"])
            needs = {"needs": standings}
            bars = any(it["state"] in ("fails", "missing") for it in standings)
        if exact is None:
            return {"reached": None, "value": None, **needs}
        reached = not bars
        if target["comparator"] is not None:
            holds = OPERATORS[target["comparator"]]
            reached = reached and holds(exact, amount(target["threshold"]))
        return {"reached": reached, "value": self.index["value"], **needs}

    def _track(self, track: str) -> Part:
        rules = [*self.contents.rules.values()]
        # Rules that only inform have no points to give.
        counting = [rule for rule in rules if rule["deduction"] != "none"]
        scored = [rule for rule in rules if rule["tracks"][track] is not None]
        return {
            "maximum": total_of(
                amount(rule["weight"]) for rule in scored if rule["deduction"] != "none"
            ),
            "earned": total_of(amount(rule["tracks"][track]) for rule in scored),
            "scored": len(scored),
            "unscored": len(counting) - len(scored),
        }

    def _lists(self, rules: Mapping[str, Part]) -> Part:
        """Return the lists of rules; those that lost points begin with the largest loss."""
        losses = [
            name
            for name, rule in rules.items()
            if rule["state"] in COMPUTED and self.points.exact_loss(name) > 0
        ]

        def largest_first(name: str) -> tuple[Fraction, Fraction, str]:
            return -rules[name]["lost"], -self.points.exact_loss(name), name

        return {
            "losses": sorted(losses, key=largest_first),
            "without_effect": [
                name
                for name, rule in rules.items()
                if rule["without_effect"] and not self.leaves[name].excluded
            ],
            "unsupported": [
                name
                for name, rule in rules.items()
                if not rule["evidence"]["supported"]
            ],
            **{
                state: [name for name, rule in rules.items() if rule["state"] == state]
                for state in (*PRECEDENCE, "not_due")
            },
        }


def _lowered(
    barring: list[Any], names: list[str], position: int
) -> tuple[int, list[str]]:
    """Return where gates that hold leave a position in the ladder, and those that lower it: first
    all that lower to a band, then all that lower by some, never below the lowest [I5].
    """
    allowed = position
    gates = []
    for gate in barring:
        if "at_most" in gate and names.index(gate["at_most"]) < position:
            allowed = min(allowed, names.index(gate["at_most"]))
            gates.append(gate_name(gate))
    for gate in barring:
        if "lower_by" in gate and allowed > 0:
            allowed = max(allowed - int(gate["lower_by"]), 0)
            gates.append(gate_name(gate))
    return allowed, gates


_Step: TypeAlias = tuple[str, str | None, Fraction]


def _lies_above(value: Fraction, band: Mapping[str, str]) -> bool:
    upper = {edge: band[edge] for edge in ("to", "below") if edge in band}
    return bool(upper) and not _inside(upper, value)


# What stands in two places ---------------------------------------------------------------


class Echoes:
    """Finds what stands in two places and does not agree, and gains that are not told.

    No figure is worked out from these; but where one of two copies was changed, the report says
    two things.
    """

    def __init__(self, contents: Contents, recount: Recount) -> None:
        self.contents = contents
        self.report = contents.report
        self.recount = recount

    def differences(self) -> Iterator[Difference]:
        """Yield each place that is unlike its echo.

        What is said there comes first, then what the other place says.
        """
        yield from self._files()
        yield from self._places()
        yield from self._bands()
        yield from self._metrics()
        for name, rule in self.contents.rules.items():
            path = f"rules[{name}]"
            yield from self._rule(path, rule)
            yield from self._gains(path, rule)

    def _files(self) -> Iterator[Difference]:
        """The first file of a rule set gives its hash; origins name its files."""
        ruleset = self.report["ruleset"]
        if ruleset["files"]:
            first = ruleset["files"][0]["sha256"]
            yield from _unlike("ruleset.sha256", ruleset["sha256"], first)
        origins = self.report["origins"]
        if (ruleset["kind"] is None) != (ruleset["kind_title"] is None):
            yield Difference("ruleset.kind", ruleset["kind"], ruleset["kind_title"])
        if origins is None:
            for name, rule in self.contents.rules.items():
                yield from _unlike(f"rules[{name}].origin", rule["origin"], None)
            return
        for name, rule in self.contents.rules.items():
            yield from self._origin(f"rules[{name}].origin", rule)
        hashes = {(file["name"], file["sha256"]) for file in ruleset["files"]}
        for position, place in enumerate(origins["places"]):
            if (place["file"], place["sha256"]) not in hashes:
                path = f"origins.places[{position}]"
                yield Difference(path, place["file"], "ruleset.files")
        # Places are numbered as the fields first name them.
        numbers = [*dict.fromkeys(_numbers(origins["fields"]))]
        yield from _unlike("origins.fields", numbers, [*range(len(origins["places"]))])

    def _origin(self, path: str, rule: Any) -> Iterator[Difference]:
        """The words of an origin name the file that gives the threshold, or else the deduction."""
        origins = self.report["origins"]
        of_rules = origins["fields"].get("rule", {})
        fields = of_rules.get(rule["id"], {})
        number = fields.get("threshold", fields.get("deduction"))
        if number is None or number >= len(origins["places"]):
            yield from _unlike(path, rule["origin"], None)
        else:
            file = origins["places"][number]["file"]
            if rule["origin"] is None or file not in rule["origin"]:
                yield Difference(path, rule["origin"], file)

    def _places(self) -> Iterator[Difference]:
        """Points are written with all their places."""
        parts = {"index": self.report["index"]}
        parts |= {f"groups[{name}]": it for name, it in self.contents.groups.items()}
        parts |= {f"rules[{name}]": rule for name, rule in self.contents.rules.items()}
        for path, record in parts.items():
            for key in PARTS:
                _, _, decimals = record[key].partition(".")
                if len(decimals) != self.contents.places:
                    yield Difference(f"{path}.{key}", record[key], self.contents.places)

    def _bands(self) -> Iterator[Difference]:
        band = self.report["band"]
        if band is None:
            return
        titles = {step["id"]: step["title"] for step in band["ladder"]}
        yield from _unlike("band.title", band["title"], titles.get(band["id"]))
        if band["next"] is not None:
            title = titles.get(band["next"]["id"])
            yield from _unlike("band.next.title", band["next"]["title"], title)
        for gate in band.get("conditions", []):
            for need in gate["needs"]:
                if need["lacking"] is None:
                    continue
                # The sentence says how many points are lacking, too.
                said = numbers_said(need["text"], self.report["language"])
                if amount(need["lacking"]) not in said:
                    path = f"band.conditions[{gate['gate']}]"
                    yield Difference(path, need["text"], need["lacking"])

    def _metrics(self) -> Iterator[Difference]:
        """Metrics stand in the machine form when rules read them, and have one title and unit."""
        contents = self.contents
        read = set().union(*map(contents.read_by, contents.rules.values()))
        for name in contents.metrics:
            if name not in read:
                yield Difference(f"machine.metrics[{name}]", name, None)
        words: dict[str, tuple[Any, Any]] = {}
        for name, rule in contents.rules.items():
            said = rule["metric_title"], rule["unit"]
            expected = words.setdefault(rule["metric"], said)
            if rule["metric"] in contents.inputs:
                expected = contents.inputs[rule["metric"]]["title"], expected[1]
            yield from _unlike(f"rules[{name}].metric_title", said[0], expected[0])
            yield from _unlike(f"rules[{name}].unit", said[1], expected[1])

    def _rule(self, path: str, rule: Any) -> Iterator[Difference]:
        contents = self.contents
        submitted: list[str | None] = []
        submitted += sorted(contents.read_by(rule) - {*contents.derived})
        entries = [entry["metric"] for entry in rule["inputs"]]
        if None in entries:
            # Points that a person gave come last, and once.
            submitted.append(None)
        yield from _unlike(f"{path}.inputs", entries, submitted)
        for entry in rule["inputs"]:
            if (entry["metric"] is None) != (entry["points"] is not None):
                yield Difference(f"{path}.inputs", entry["points"], None)
        scored = {name for name, points in rule["tracks"].items() if points is not None}
        reasons = f"{path}.track_reasons"
        yield from _unlike(reasons, sorted(rule["track_reasons"]), sorted(scored))
        if amount(rule["lowest"]) > 0:
            yield Difference(f"{path}.lowest", rule["lowest"], "≤ 0")
        yield from self._required(path, rule)

    def _required(self, path: str, rule: Any) -> Iterator[Difference]:
        """The numbers of a threshold stand in the sentence that says what is required."""
        expression = rule["machine"]["threshold"]
        if expression is not None and not isinstance(expression, str):
            return
        threshold = rule["threshold"]
        if isinstance(threshold, dict):
            numbers = [*threshold.values()]
        elif isinstance(threshold, list):
            numbers = threshold
        else:
            numbers = [threshold]
        said = numbers_said(rule["required"], self.report["language"])
        for number in numbers:
            written = isinstance(number, str) and _NUMBER.fullmatch(number)
            if written and abs(amount(number)) not in said:
                yield Difference(f"{path}.threshold", number, rule["required"])

    # Gains

    def _gains(self, path: str, rule: Any) -> Iterator[Difference]:
        """Gains are the least and the greatest of one metric, or one that is both."""
        gains = rule["gains"]
        aims = [gain["aim"] for gain in gains]
        if aims not in ([], ["all"], ["any", "all"]):
            yield Difference(f"{path}.gains", aims, "any, all")
        metrics = [gain["metric"] for gain in gains]
        if len({*metrics}) > 1:
            yield Difference(f"{path}.gains", metrics, metrics[:1])
        points = [amount(gain["points"]) for gain in gains]
        if points != sorted(points):
            yield Difference(f"{path}.gains", aims, "any, all")
        if not gains:
            value = self._hidden_gain(rule)
            if value is not None:
                yield Difference(f"{path}.gains", [], value)
        # One step less than the least change gains nothing, one less than the other gains less.
        most = ZERO
        for position, gain in enumerate(gains):
            nearer = self._one_step_less(rule, gain)
            if nearer is not None and self._brought(rule, nearer) > most:
                yield Difference(f"{path}.gains[{position}].to", gain["to"], nearer)
            most = _below(points[-1], self.contents.places)

    def _brought(self, rule: Any, to: Any) -> Fraction:
        """Return what a rule brings its group when its own figure becomes another."""
        recount = self.recount
        _, figure = recount.tried(rule["metric"], to)
        leaf, _ = recount.trial(rule["metric"], figure, rule["id"])
        return recount.brought(rule, leaf)

    def _hidden_gain(self, rule: Any) -> Any:
        """Return the value by which a rule without gains gains some, None where none is found.

        Tried are the figures that just reach its threshold or an edge of a piece of its points,
        where it lost points by its own figure, and that was submitted.
        """
        recount = self.recount
        leaf = recount.leaves[rule["id"]]
        lost = recount.points.counted(rule["id"])["lost"]
        if leaf.state not in COMPUTED or leaf.reasons == {"gate_closed"} or not lost:
            return None
        entry = self.contents.inputs.get(rule["metric"])
        if entry is None or isinstance(recount.figures.figure(rule["metric"]), Gone):
            return None
        metric = self.contents.metrics[rule["metric"]]
        for value in _reaching(rule, entry, metric):
            if self._brought(rule, value) > 0:
                return value
        return None

    def _one_step_less(self, rule: Any, gain: Any) -> str | None:
        """Return a number one step nearer than a gain, None where steps are not plain.

        They are plain where a rule of a sum reads its own figure in pieces, and that is a number.
        The step is the last place that is written, which no true step is coarser than.
        """
        in_pieces = rule["deduction"] not in ("formula", "none", "manual")
        outside_sum = self.contents.in_mean(rule) or self.contents.pool(rule["group"])
        kind = self.contents.metrics[gain["metric"]]["type"]
        if not in_pieces or outside_sum or gain["metric"] != rule["metric"]:
            return None
        if kind not in ("percent", "count", "number", "rank"):
            return None
        if "/" in gain["from"] or "/" in gain["to"]:
            return None
        start = amount(gain["from"])
        end = amount(gain["to"])
        places = max(_decimals(gain["from"]), _decimals(gain["to"]))
        step = Fraction(1, 10**places)
        if abs(end - start) <= step:
            return None
        if end > start:
            return _decimal(end - step)
        return _decimal(end + step)


def _decimals(text: str) -> int:
    return len(text.partition(".")[2])


def _decimal(value: Fraction) -> str:
    """Return a number whose decimal ends as text, as a report writes it, or else as a fraction."""
    for places in range(MOST_PLACES + 1):
        ticks = value * 10**places
        if ticks.denominator == 1 and places:
            digits = f"{abs(ticks.numerator):0{places + 1}d}"
            sign = ""
            if value < 0:
                sign = "-"
            return f"{sign}{digits[:-places]}.{digits[-places:]}"
        if ticks.denominator == 1:
            return str(ticks.numerator)
    return str(value)


def _below(points: Fraction, places: int) -> Fraction:
    """Return the largest number of points, with all places, that is below some points."""
    return points - Fraction(1, 10**places)


def _reaching(
    rule: Any,
    entry: Any,
    metric: Any,
) -> Iterator[Any]:
    """Yield the values, or numerators, at a rule's threshold and at the edges of its pieces."""
    machine = rule["machine"]
    if metric["type"] == "yes_no":
        yield from (True, False)
    if metric["type"] == "level":
        yield from metric["levels"]
    if metric["type"] not in ("percent", "count", "number", "rank"):
        return
    # Between two edges points only rise or only fall, so that a gain shows at one of them.
    edges = {*_edges(machine["points"])}
    if isinstance(machine["threshold"], str):
        edges.add(amount(machine["threshold"]))
    for edge in sorted(edges):
        if entry["denominator"] is not None:
            yield from _numerators(edge, entry, metric)
        elif metric["type"] in ("count", "rank"):
            # The best rank is 1, while a count may be 0.
            least = ZERO
            if metric["type"] == "rank":
                least = Fraction(1)
            whole_beside = {edge // 1, -(-edge // 1)}
            yield from (str(count) for count in whole_beside if count >= least)
        elif edge >= 0 and (metric["type"] != "percent" or edge <= 100):
            yield str(edge)


def _numerators(
    edge: Fraction,
    entry: Any,
    metric: Any,
) -> Iterator[str]:
    """Yield the whole numerators beside a share; a denominator is never exceeded."""
    denominator = amount(entry["denominator"])
    exact = edge * denominator / _whole(metric)
    for numerator in sorted({exact // 1, -(-exact // 1)}):
        if 0 <= numerator <= denominator:
            yield str(numerator)


def _edges(expression: Any) -> Iterator[Fraction]:
    """Yield the numbers that an expression compares the rule's own figure with.

    Brackets take the smaller or the larger of the figure and their ends.
    """
    if not isinstance(expression, list):
        return
    name, *operands = expression
    if name in ("min", "max") and {"name": "value"} in operands:
        yield from (amount(end) for end in operands if isinstance(end, str))
    is_comparison = name in ("==", "<", "<=", ">", ">=")
    of_value = is_comparison and operands[0] == {"name": "value"}
    if of_value and isinstance(operands[1], str):
        yield amount(operands[1])
    for operand in operands:
        yield from _edges(operand)


def _unlike(
    path: str,
    said: Any,
    found: Any,
) -> Iterator[Difference]:
    if said != found:
        yield Difference(path, said, found)


def _numbers(fields: Any) -> Iterator[int]:
    if isinstance(fields, dict):
        for part in fields.values():
            yield from _numbers(part)
    else:
        yield fields


_WRITTEN = re.compile(r"\d[\d.,]*", re.ASCII)


def numbers_said(text: str, lang: str) -> set[Fraction]:
    """Return the numbers in a sentence: `1.902,5` in Vietnamese, `1,902.5` in English.

    >>> numbers_said("từ 1.000 đến dưới 2,5", "vi") == {Fraction(1000), Fraction(5, 2)}
    True
    """
    numbers = set()
    thousands = ","
    if lang == "vi":
        thousands = "."
    for written in _WRITTEN.findall(text):
        # A full stop or a comma at the end belongs to the sentence.
        digits = written.rstrip(".,").replace(thousands, "")
        digits = digits.replace(",", ".")
        if _NUMBER.fullmatch(digits):
            numbers.add(Fraction(digits))
    return numbers


# The program -----------------------------------------------------------------------------

PROVED = (
    "Đã tính lại mọi số từ chính báo cáo. Chưa đối chiếu với bộ tiêu chí và biểu số liệu.\n"
    "Every figure was worked out again from the report itself. It was not held against the rule "
    "file and the submission."
)


def main(path: str) -> int:
    """Check a report file, print what differs in both languages, and return the exit code.

    The code is 0 where nothing differs, 1 where something does, and 4 where the file is no report.
    """
    try:
        report = read(Path(path))
        apart = differences(report)
    except NoReportError as error:
        in_vietnamese = error.said("vi")
        in_english = error.said("en")
        print(f"Không phải báo cáo tính lại được: {in_vietnamese}")
        print(f"Not a report that can be recomputed: {in_english}")
        return 4
    for path_, said, found in apart:
        print(f"{path_}: báo cáo ghi / said {said}, tính lại / recomputed {found}")
    if apart:
        print(f"KHÔNG KHỚP / DIFFERS: {len(apart)}")
        return 1
    print(f"KHỚP / VERIFIED: {report['index']['value']}")
    print(PROVED)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))  # pragma: no cover - runs in a process of its own
