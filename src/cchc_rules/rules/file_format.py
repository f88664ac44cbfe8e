"""The rule file's format as pydantic models; the only module that knows pydantic."""

import re
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, ClassVar, Literal, Self, TypeAlias, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from cchc_rules.base import number
from cchc_rules.base.interval import Interval
from cchc_rules.base.messages import Figures
from cchc_rules.base.problem import Path, Problem, bounded, nearest, quoted
from cchc_rules.base.text import composed_text
from cchc_rules.base.written_values import refusal, unquoted
from cchc_rules.rules import deductions, model
from cchc_rules.rules.deductions import Deduction

FORMAT = 1
"""The version of the rule file's format that is read."""


def _text(value: object) -> object:
    if isinstance(value, str):
        return {"vi": value, "en": value}
    return value


def _nfc(value: object) -> object:
    if not isinstance(value, str):
        raise PydanticCustomError("not-text", "text")
    if not value.strip():
        raise PydanticCustomError("empty-text", "text")
    return composed_text(value.strip())


def _number(value: object) -> Fraction:
    try:
        return number.fraction(value)
    except number.NotANumberError as error:
        code, arguments = refusal(error.code, value)
        raise PydanticCustomError(code, "number", arguments) from None


def _date(value: object) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    meant = unquoted(value, "date") if isinstance(value, str) else ""
    if meant:
        raise PydanticCustomError("quoted-value", "date", {"hint": meant})
    raise PydanticCustomError("not-a-date", "date")


def _format(value: object) -> int:
    if value.__class__ is int and value == FORMAT:
        return FORMAT
    raise PydanticCustomError("format-version", "format")


def _scalar(value: object) -> model.Scalar:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | Decimal):
        return _number(value)
    if isinstance(value, date):
        return _date(value)
    return str(_nfc(value))


def _scalars(value: object) -> tuple[model.Scalar, ...]:
    if value == []:
        raise PydanticCustomError("empty-list", "list")
    return tuple(
        _scalar(item) for item in (value if isinstance(value, list) else [value])
    )


def _threshold(value: object) -> model.Threshold:
    if isinstance(value, Mapping):
        return _threshold_table(value)  # type: ignore[no-any-return]
    return _scalars(value) if isinstance(value, list) else _scalar(value)


def _threshold_table(value: Mapping[str, object]) -> Any:
    keys = set(value)
    if keys == {"metric"}:
        return model.MetricRef(str(_nfc(value["metric"])))
    if keys == {"formula"}:
        return model.FormulaRef(str(_nfc(value["formula"])))
    if keys and keys <= set(BOUNDS):
        return interval({key: _number(bound) for key, bound in value.items()})
    raise PydanticCustomError("bad-threshold", "threshold")


BOUNDS = ("from", "above", "to", "below")


def interval(bounds: Mapping[str, Fraction | None]) -> Interval:
    """Return the interval of `from`/`above` and `to`/`below`; both of a pair is refused."""
    low = bounds.get("from")
    low_open = bounds.get("above")
    high = bounds.get("to")
    high_open = bounds.get("below")
    if (low is not None and low_open is not None) or (
        high is not None and high_open is not None
    ):
        raise PydanticCustomError("two-edges", "edges")
    return Interval(
        low if low_open is None else low_open,
        high if high_open is None else high_open,
        low_open is not None,
        high_open is not None,
    )


METRIC_ID = r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$"
OTHER_ID = r"^[a-z0-9]+(-[a-z0-9]+)*$"

NUMBER: dict[str, Any] = {
    "type": "number",
    "exclusiveMinimum": -number.LIMIT,
    "exclusiveMaximum": number.LIMIT,
}
WORDS: dict[str, Any] = {"type": "string", "pattern": r"\S"}
DAY: dict[str, Any] = {"type": "string", "format": "date"}
ONE_LOW_ONE_HIGH: list[Any] = [
    {"not": {"required": ["from", "above"]}},
    {"not": {"required": ["to", "below"]}},
]
SCALAR: dict[str, Any] = {**NUMBER, **WORDS, "type": ["number", "boolean", "string"]}
SCALARS: dict[str, Any] = {"type": "array", "minItems": 1, "items": SCALAR}
"""What is read by hand, as JSON Schema; a TOML date stands there as a text."""


def _closed(*required: str, **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": [*required],
        "properties": properties,
        "additionalProperties": False,
    }


THRESHOLD: dict[str, Any] = {
    "anyOf": [
        SCALAR,
        SCALARS,
        _closed("metric", metric=WORDS),
        _closed("formula", formula=WORDS),
        {
            **_closed(**dict.fromkeys(BOUNDS, NUMBER)),
            "minProperties": 1,
            "allOf": ONE_LOW_ONE_HIGH,
        },
    ]
}

Words: TypeAlias = Annotated[str, BeforeValidator(_nfc), WithJsonSchema(WORDS)]
Exact: TypeAlias = Annotated[Fraction, PlainValidator(_number), WithJsonSchema(NUMBER)]
Day: TypeAlias = Annotated[date, PlainValidator(_date), WithJsonSchema(DAY)]
MetricId: TypeAlias = Annotated[str, Field(pattern=METRIC_ID)]
Id: TypeAlias = Annotated[str, Field(pattern=OTHER_ID)]
MAX_PLACES = 12
"""Points and metrics are rounded to at most so many decimal places."""

Places: TypeAlias = Annotated[int, Field(ge=0, le=MAX_PLACES, strict=True)]
EffectName: TypeAlias = Literal["lost", "full", "exclude", "show", "manual"]
Flag: TypeAlias = Annotated[bool, Field(strict=True)]
BasisName: TypeAlias = model.Basis
Comparator: TypeAlias = Literal[
    ">=",
    ">",
    "<=",
    "<",
    "==",
    "!=",
    "between",
    "one_of",
    "is",
    "on_or_before",
    "before",
    "on_or_after",
    "after",
    "better",
]


class _Table(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, arbitrary_types_allowed=True, defer_build=True
    )


class BothLanguages(_Table):
    """The same words in Vietnamese and English."""

    vi: Words
    en: Words

    def model(self) -> model.Text:
        """Return the words as the model holds them."""
        return model.Text(self.vi, self.en)


Text: TypeAlias = Annotated[
    BothLanguages, BeforeValidator(_text, json_schema_input_type=Words | BothLanguages)
]


class Validity(_Table):
    """The first and last day of something."""

    from_: Day = Field(alias="from")
    until: Day


class RuleSetHead(_Table):
    """The table `[ruleset]`."""

    id: Id
    version: Words
    title: Text
    language: Literal["vi", "en"] = "vi"
    valid: Validity
    source: Text | None = None
    note: Text | None = None


class IndexTable(_Table):
    """The table `[index]`."""

    scale: Exact = Fraction(100)
    places: Places = 2
    over_scale: Flag = False
    weight_basis: BasisName = "stated"


class AbsenceTable(_Table):
    """The table `[absence]`, or a rule's own."""

    missing: EffectName | None = None
    not_applicable: EffectName | None = None
    not_due: EffectName | None = None
    waived: EffectName | None = None


class CalendarTable(_Table):
    """The table `[calendar]`."""

    country: str = ""
    extra_holidays: tuple[Day, ...] = ()
    extra_workdays: tuple[Day, ...] = ()


class RatioTable(_Table):
    """What is counted above and below the line."""

    numerator: Text
    denominator: Text


class MetricTable(_Table):
    """A table `[metric.ID]`."""

    title: Text
    type: Literal["percent", "count", "number", "yes_no", "date", "level", "rank"]
    unit: Text | None = None
    better: Literal["higher", "lower", "neither"] | None = None
    least: Exact | None = None
    most: Exact | None = None
    above_100: Flag = False
    ratio: RatioTable | None = None
    formula: str | None = None
    from_period: Literal["months"] | None = None
    round: Places | None = None
    levels: tuple[Text, ...] = ()
    distinct: Flag = False
    evidence: Text | None = None


class GroupTable(_Table):
    """A table `[group.ID]`."""

    parent: Id | None = None
    title: Text
    weight: Exact | None = None
    kind: Literal["base", "bonus", "penalty"] = "base"
    cap: Exact | None = None
    combine: Literal["sum", "mean"] = "sum"
    optional: Flag = False
    weight_basis: BasisName | None = None
    source: tuple[Words, ...] = ()
    note: Text | None = None


class _Bounded(_Table):
    """A table with bounds: one low edge and one high edge at most."""

    model_config = ConfigDict(json_schema_extra={"allOf": ONE_LOW_ONE_HIGH})

    from_: Exact | None = Field(None, alias="from")
    above: Exact | None = None
    to: Exact | None = None
    below: Exact | None = None

    @model_validator(mode="after")
    def _edges(self) -> Self:
        self.interval()
        return self

    def interval(self) -> Interval:
        """Return the numbers between the bounds."""
        return interval(
            {
                "from": self.from_,
                "above": self.above,
                "to": self.to,
                "below": self.below,
            }
        )


TIER_CONDITIONS: list[Any] = [
    {"anyOf": [{"required": [bound]} for bound in BOUNDS]},
    {"required": ["is"]},
    {"required": ["otherwise"], "properties": {"otherwise": {"const": True}}},
]


class TierTable(_Bounded):
    """One tier: a condition and a value."""

    model_config = ConfigDict(
        json_schema_extra={"allOf": ONE_LOW_ONE_HIGH, "oneOf": TIER_CONDITIONS}
    )

    is_: Annotated[
        tuple[Any, ...] | None,
        PlainValidator(_scalars),
        WithJsonSchema({"anyOf": [SCALAR, SCALARS]}),
    ] = Field(None, alias="is")
    otherwise: Flag = False
    points: Exact | None = None
    percent: Exact | None = None
    formula: str | None = None

    @model_validator(mode="after")
    def _one_condition(self) -> Self:
        if [self.interval() != Interval(), self.is_ is not None, self.otherwise].count(
            True
        ) != 1:
            raise PydanticCustomError("tier-condition", "tier")
        return self

    def model(self) -> deductions.Tier:
        """Return the tier; one without bounds takes everything else."""
        value = deductions.TierValue(self.points, self.percent, self.formula)
        interval = self.interval()
        bounded = interval != Interval()
        return deductions.Tier(value, interval if bounded else None, self.is_)


class _DeductionTable(_Table):
    """A deduction as rule files write it; its keys are the settings of the kind that it makes."""

    makes: ClassVar[type[Deduction]]

    def model(self) -> Deduction:
        """Return the deduction with these settings."""
        settings = (setting.name for setting in fields(self.makes))  # type: ignore[arg-type]
        return self.makes(**{name: _model(getattr(self, name)) for name in settings})


def _model(value: Any) -> Any:
    """Return a setting as the model has it: tables in it as what they make."""
    if isinstance(value, tuple):
        return tuple(_model(part) for part in value)
    return value.model() if isinstance(value, TierTable | BracketTable) else value


class AllOrNothingTable(_DeductionTable):
    """The weight, or nothing."""

    makes = deductions.AllOrNothing
    kind: Literal["all_or_nothing"]


class ProportionalTable(_DeductionTable):
    """A share of the weight."""

    makes = deductions.Proportional
    kind: Literal["proportional"]
    from_: Exact | None = Field(None, alias="from")
    floor: Exact | None = None


class PerUnitTable(_DeductionTable):
    """So much for each unit off the target."""

    makes = deductions.PerUnit
    kind: Literal["per_unit"]
    each: Exact | None = None
    percent: Exact | None = None
    step: Exact = Fraction(1)
    units: Literal["exact", "started", "whole"] = "exact"
    exempt: MetricId | None = None


class TiersTable(_DeductionTable):
    """A ladder."""

    makes = deductions.Tiers
    kind: Literal["tiers"]
    of: Literal["days_late"] | None = None
    tiers: Annotated[tuple[TierTable, ...], Field(min_length=1)]


class BracketTable(_Table):
    """One bracket: points for each unit of its part of the range."""

    each: Exact
    to: Exact | None = None

    def model(self) -> deductions.Bracket:
        """Return the bracket."""
        return deductions.Bracket(self.each, self.to)


class ProgressiveTable(_DeductionTable):
    """Brackets, each at its own rate on its own part."""

    makes = deductions.Progressive
    kind: Literal["progressive"]
    from_: Exact | None = Field(None, alias="from")
    brackets: Annotated[tuple[BracketTable, ...], Field(min_length=1)]


class ByFormulaTable(_DeductionTable):
    """Points by formula."""

    makes = deductions.ByFormula
    kind: Literal["formula"]
    formula: str


class ManualTable(_DeductionTable):
    """Points by a person."""

    makes = deductions.Manual
    kind: Literal["manual"]


class NoPointsTable(_DeductionTable):
    """Information only."""

    makes = deductions.NoPoints
    kind: Literal["none"]


DeductionTable: TypeAlias = Annotated[
    AllOrNothingTable
    | ProportionalTable
    | PerUnitTable
    | TiersTable
    | ProgressiveTable
    | ByFormulaTable
    | ManualTable
    | NoPointsTable,
    Field(discriminator="kind"),
]
ThresholdField: TypeAlias = Annotated[
    Any, PlainValidator(_threshold), WithJsonSchema(THRESHOLD)
]


def _deduction_word(value: object) -> object:
    return {"kind": value} if isinstance(value, str) else value


class ConflictTable(_Table):
    """Another reading of the same target."""

    source: Words
    comparator: Comparator | None = None
    threshold: ThresholdField | None = None
    note: Text | None = None


UNWEIGHED: dict[str, Any] = {
    "if": {"not": {"required": ["weight"]}},
    "then": {"properties": {"deduction": {"enum": ["none", {"kind": "none"}]}}},
}


class RuleTable(_Table):
    """A table `[rule.ID]`."""

    model_config = ConfigDict(json_schema_extra=UNWEIGHED)

    group: Id
    title: Text
    source: Annotated[tuple[Words, ...], Field(min_length=1)]
    metric: MetricId | None = None
    comparator: Comparator | None = None
    threshold: ThresholdField | None = None
    weight: Exact | None = None
    deduction: Annotated[DeductionTable, BeforeValidator(_deduction_word)]
    lowest: Exact = Fraction(0)
    due: Day | None = None
    requires: tuple[Id, ...] = ()
    evidence_required: Flag = False
    remedy: Id | None = None
    effort: Exact | None = None
    conflict: tuple[ConflictTable, ...] = ()
    absence: AbsenceTable = AbsenceTable()
    weight_basis: BasisName | None = None
    note: Text | None = None

    @model_validator(mode="after")
    def _weighed(self) -> Self:
        if self.weight is None and self.deduction.kind != "none":
            raise PydanticCustomError("missing-key", "weight")
        return self


class RemedyTable(_Table):
    """A table `[remedy.ID]`."""

    source: tuple[Words, ...] = ()
    task: Text
    product: Text | None = None
    lead: Text | None = None
    with_: Text | None = Field(None, alias="with")
    due: Text | None = None
    due_date: Day | None = None
    budget: Text | None = None
    effort: Exact | None = None


class BandTable(_Bounded):
    """A table `[[band]]`."""

    id: Id
    title: Text


class BandsTable(_Table):
    """The table `[bands]`."""

    reads: Literal["exact", "rounded"] = "exact"


class BandGateTable(_Table):
    """A table `[[band_gate]]`."""

    rule: Id
    at_most: Id


class TargetTable(_Table):
    """A table `[[target]]`."""

    id: Id
    title: Text
    source: tuple[Words, ...] = ()
    comparator: Literal[">=", ">", "<=", "<"]
    threshold: Exact


class RuleFile(_Table):
    """A whole rule file, overlays already laid."""

    format: Annotated[
        int,
        PlainValidator(_format),
        WithJsonSchema({"type": "integer", "const": FORMAT}),
    ]
    ruleset: RuleSetHead
    index: IndexTable = IndexTable()
    absence: AbsenceTable = AbsenceTable()
    window: Validity | None = None
    calendar: CalendarTable = CalendarTable()
    tracks: tuple[Id, ...] = ()
    metric: dict[MetricId, MetricTable] = {}
    group: dict[Id, GroupTable] = {}
    rule: dict[Id, RuleTable] = {}
    remedy: dict[Id, RemedyTable] = {}
    band: tuple[BandTable, ...] = ()
    bands: BandsTable = BandsTable()
    band_gate: tuple[BandGateTable, ...] = ()
    target: tuple[TargetTable, ...] = ()


def read(document: Mapping[str, object]) -> tuple[RuleFile | None, list[Problem]]:
    """Return the rule file of a parsed document, or None and every problem with its form."""
    try:
        return RuleFile.model_validate(document), []
    except ValidationError as error:
        found = [
            _problem(details, document)
            for details in _own(error.errors(include_url=False))
        ]
        return None, bounded(
            {
                (one.code, one.path, *one.arguments.values()): one for one in found
            }.values()
        )


def _own(errors: list[ErrorDetails]) -> list[ErrorDetails]:
    """Return the errors without those that only follow: a list whose entries are wrong is not too
    short as well.
    """
    return [
        details
        for details in errors
        if details["type"] != "too_short" or not details["input"]
    ]


class SectionHead(_Table):
    """What a table `[kind.ID]` or `[since.DATE]` says of itself, beside its changes."""

    title: Text


def read_title(path: Path, title: object) -> tuple[model.Text, list[Problem]]:
    """Return the title of a section at a path and every problem with its form and with the id of a
    kind.
    """
    name = str(path[-1])
    head = {"title": title}
    if path[-2] == "kind" and not re.match(OTHER_ID, name):
        return model.Text(name, name), [
            Problem("bad-id", path, {"given": quoted(name)})
        ]
    try:
        return SectionHead.model_validate(head).title.model(), []
    except ValidationError as error:
        found = {
            one.code: one
            for one in (
                _problem(details, head) for details in error.errors(include_url=False)
            )
        }
        return model.Text(name, name), [
            replace(problem, path=(*path, *problem.path)) for problem in found.values()
        ]


def required(table: str) -> tuple[str, ...]:
    """Return the keys that every table of a sort must have: of `rule`, `group`, `title` …"""
    return tuple(
        field.alias or name
        for name, field in _TABLES[table].model_fields.items()
        if field.is_required()
    )


def _problem(details: ErrorDetails, document: Mapping[str, object]) -> Problem:
    path = _clean_path(details["loc"], document)
    code, places = _meaning(details)
    if details["type"] == "missing-key":
        return Problem(code, path, {"key": details["msg"]})
    if code == "missing-key":
        places = {"key": str(path[-1])}
        path = path[:-1]
    if code == "unknown-key":
        places = {
            "key": quoted(path[-1]),
            "nearest": nearest(path[-1], _keys_beside(details["loc"])),
        }
    return Problem(code, path, places)


_CODES: dict[str, str] = {
    "missing": "missing-key",
    "extra_forbidden": "unknown-key",
    "string_pattern_mismatch": "bad-id",
    "literal_error": "unknown-word",
    "union_tag_invalid": "unknown-word",
    "union_tag_not_found": "missing-kind",
    "too_short": "empty-list",
    "greater_than_equal": "number-outside",
    "less_than_equal": "number-outside",
}


_SIGNS_MEANT = {
    "=>": ">=",
    "=<": "<=",
    "=": "==",
    "<>": "!=",
    "≥": ">=",
    "≤": "<=",
    "≠": "!=",
}
"""What people write who mean one of our comparators."""

SHORTEST_OFFERED = 3
"""Shorter words are not offered for a misspelt one: `>` for `=>`, or `is` for `is not`, would turn
the rule into another.
"""


def _meaning(details: ErrorDetails) -> tuple[str, dict[str, str]]:
    """Return the code of a problem and the arguments of its message, from pydantic's details."""
    kind = details["type"]
    context = details.get("ctx", {})
    given = quoted(context.get("tag", details["input"]))
    if "-" in kind:
        # Ours: pydantic's own kinds have underscores.
        return kind, {
            "given": given,
            **{key: str(value) for key, value in context.items()},
        }
    code = _CODES.get(kind, "wrong-type")
    allowed = str(context.get("expected") or context.get("expected_tags") or "")
    allowed = allowed.replace(" or ", ", ")
    arguments = {"given": given, "allowed": allowed, "nearest": ""}
    if code == "unknown-word":
        words = [word.strip().strip("'") for word in allowed.split(",")]
        arguments["nearest"] = _nearest_word(given, words)
    if code == "number-outside":
        arguments |= {"least": "0", "most": Figures(MAX_PLACES)}
    return code, arguments


def _nearest_word(given: str, words: list[str]) -> str:
    """Return the word that was probably meant, an empty text where another meaning is as likely."""
    meant = _SIGNS_MEANT.get(given, "")
    if meant in words:
        return meant
    return nearest(given, [word for word in words if len(word) >= SHORTEST_OFFERED])


def _clean_path(
    location: tuple[int | str, ...], document: Mapping[str, object]
) -> Path:
    """Return the location without the marks pydantic adds for unions and dictionary keys."""
    path: list[str | int] = []
    here: object = document
    for part in location:
        if isinstance(here, str):
            break  # one text stands for both languages
        inside = _step(here, part)
        if inside is _ABSENT and part is not location[-1]:
            continue
        if part == "[key]" or (inside is _ABSENT and part in _MARKS):
            continue
        path.append(part)
        here = None if inside is _ABSENT else inside
    return tuple(path)


_ABSENT = object()
DEDUCTIONS = {
    table.makes.kind: table for table in get_args(get_args(DeductionTable)[0])
}
"""The table of each kind of deduction."""

_MARKS = frozenset({*DEDUCTIONS, "BothLanguages"})


def _step(here: object, part: str | int) -> object:
    if isinstance(here, Mapping):
        return here.get(part, _ABSENT)
    if isinstance(here, list) and isinstance(part, int) and part < len(here):
        return here[part]
    return _ABSENT


_TABLES: dict[str, type[BaseModel]] = {
    "ruleset": RuleSetHead,
    "index": IndexTable,
    "absence": AbsenceTable,
    "calendar": CalendarTable,
    "window": Validity,
    "valid": Validity,
    "metric": MetricTable,
    "ratio": RatioTable,
    "group": GroupTable,
    "rule": RuleTable,
    "conflict": ConflictTable,
    **DEDUCTIONS,
    "remedy": RemedyTable,
    "band": BandTable,
    "bands": BandsTable,
    "band_gate": BandGateTable,
    "target": TargetTable,
}


_LISTED: dict[str, type[BaseModel]] = {"tiers": TierTable, "brackets": BracketTable}
"""The tables in the lists of deductions."""


def _keys_beside(location: tuple[int | str, ...]) -> list[str]:
    """Return the keys that a table knows, without the unknown one itself; the table is the
    innermost on the way.
    """
    if len(location) == 1:
        names = [*RuleFile.model_fields, "extends", "kind", "since"]
    elif isinstance(location[-2], int) and location[-3] in _LISTED:
        names = _keys(_LISTED[str(location[-3])])
    else:
        tables = (
            _TABLES[str(part)] for part in reversed(location[:-1]) if part in _TABLES
        )
        names = _keys(next(tables, BothLanguages))
    return [name for name in names if name != location[-1]]


def _keys(table: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in table.model_fields.items()]


def keys_in_order(*path: str) -> list[str]:
    """Return the keys of a table in the order of the reference: `rule` for `[rule.ID]`, nothing for
    the top.

    A band's bounds, which it shares with tiers, come last.
    """
    if not path:
        return ["format", "extends", *_keys(RuleFile)[1:], "kind", "since"]
    table = _TABLES.get(path[-1])
    if table is None:
        return []
    return sorted(_keys(table), key=lambda key: key in BOUNDS and table is BandTable)
