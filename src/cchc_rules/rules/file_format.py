"""The rule file's format as pydantic models; the only module that knows pydantic.

A table of the file is a class here, a key of it a field. `read` holds a parsed document against
them and turns what pydantic finds into problems of ours; the editors' JSON Schema is made from the
same classes. What the keys mean stands in docs/reference/format.md.
"""

import re
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, ClassVar, Literal, Self, TypeAlias, TypeVar, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PlainValidator,
    Tag,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
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
from cchc_rules.rules.shared import Shared

FORMAT = 1
"""The version of the rule file's format that is read."""


# Values as they are written ---------------------------------------------------------------


def _text(value: object) -> object:
    """A plain string stands for both languages."""
    if isinstance(value, str):
        return {"vi": value, "en": value}
    return value


def _nfc(value: object) -> object:
    """Vietnamese letters are composed, so that two ways to type one word are one word."""
    if not isinstance(value, str):
        raise PydanticCustomError("not-text", "text")
    if not value.strip():
        raise PydanticCustomError("empty-text", "text")
    return composed_text(value.strip())


def _number(value: object) -> Fraction:
    """Return a number as an exact fraction, or refuse it with what it should have been."""
    try:
        return number.fraction(value)
    except number.NotANumberError as error:
        code, arguments = refusal(error.code, value)
        raise PydanticCustomError(code, "number", arguments) from None


def _date(value: object) -> date:
    # A moment is a date for Python, and TOML has both; no rule depends on the hour.
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str):
        meant = unquoted(value, "date")
        if meant:
            raise PydanticCustomError("quoted-value", "date", {"hint": meant})
    raise PydanticCustomError("not-a-date", "date")


def _format(value: object) -> int:
    # `format = true` and `format = 1.0` are equal to 1, and are not meant.
    if value.__class__ is int and value == FORMAT:
        return FORMAT
    raise PydanticCustomError("format-version", "format")


def _scalar(value: object) -> model.Scalar:
    # True and false come first, for Python takes them for integers.
    if isinstance(value, bool):
        return value
    if isinstance(value, int | Decimal):
        return _number(value)
    if isinstance(value, date):
        return _date(value)
    return str(_nfc(value))


def _scalars(value: object) -> tuple[model.Scalar, ...]:
    # `is = "fair"` says the same as a list of one.
    if not isinstance(value, list):
        return (_scalar(value),)
    if not value:
        raise PydanticCustomError("empty-list", "list")
    return tuple(_scalar(item) for item in value)


def _threshold(value: object) -> model.Threshold:
    if isinstance(value, Mapping):
        return _threshold_table(value)
    if isinstance(value, list):
        return _scalars(value)
    return _scalar(value)


def _threshold_table(
    value: Mapping[str, object],
) -> model.MetricRef | model.FormulaRef | Interval:
    keys = set(value)
    if keys == {"metric"}:
        return model.MetricRef(str(_nfc(value["metric"])))
    if keys == {"formula"}:
        return model.FormulaRef(str(_nfc(value["formula"])))
    if keys and keys <= set(BOUNDS):
        return interval({key: _number(bound) for key, bound in value.items()})
    raise PydanticCustomError("bad-threshold", "threshold")


BOUNDS = ("from", "above", "to", "below")
"""The keys of an interval's edges: a closed and an open low one, a closed and an open high one."""


def interval(bounds: Mapping[str, Fraction | None]) -> Interval:
    """Return the interval that bounds declare.

    Args:
        bounds: an edge by its key, one of `BOUNDS`; a key that is missing or None bounds nothing.

    Raises:
        PydanticCustomError: `two-edges`, where both low or both high edges are given.

    >>> interval({"from": Fraction(90), "below": Fraction(100)})
    Interval(low=Fraction(90, 1), high=Fraction(100, 1), low_open=False, high_open=True)
    """
    low, low_open = _edge(bounds.get("from"), bounds.get("above"))
    high, high_open = _edge(bounds.get("to"), bounds.get("below"))
    return Interval(low, high, low_open, high_open)


def _edge(
    closed: Fraction | None, opened: Fraction | None
) -> tuple[Fraction | None, bool]:
    """Return one edge and whether it is open."""
    if opened is None:
        return closed, False
    if closed is not None:
        raise PydanticCustomError("two-edges", "edges")
    return opened, True


# Their types, for pydantic and as JSON Schema ----------------------------------------------

METRIC_ID = r"^[a-z][a-z0-9_]*$"
"""The ids of metrics: formulas name them, so they begin with a letter and hold no hyphen."""

OTHER_ID = r"^[a-z0-9]+(-[a-z0-9]+)*$"
"""The ids of everything else: they may stand in addresses of pages and names of files."""

# Numbers, words and dates are read by the functions above, not by pydantic; so their JSON Schema
# has to be said here. A TOML date stands in it as a text.
NUMBER: dict[str, Any] = {
    "type": "number",
    "exclusiveMinimum": -number.LIMIT,
    "exclusiveMaximum": number.LIMIT,
}
# Words have something in them that is no white space.
WORDS: dict[str, Any] = {"type": "string", "pattern": r"\S"}
DAY: dict[str, Any] = {"type": "string", "format": "date"}
ONE_LOW_ONE_HIGH: list[Any] = [
    {"not": {"required": ["from", "above"]}},
    {"not": {"required": ["to", "below"]}},
]
SCALAR: dict[str, Any] = {**NUMBER, **WORDS, "type": ["number", "boolean", "string"]}
SCALARS: dict[str, Any] = {"type": "array", "minItems": 1, "items": SCALAR}


def _closed(*required: str, **properties: Any) -> dict[str, Any]:
    """Return the schema of a table that has these keys and no others."""
    return {
        "type": "object",
        "required": [*required],
        "properties": properties,
        "additionalProperties": False,
    }


# What `_threshold` takes: a literal or several, a reference to a metric or a formula, or bounds.
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
"""The most decimal places that points and metrics may be rounded to."""

# Strict, since pydantic would else take "1" for a number, and 1 or "yes" for true.
Places: TypeAlias = Annotated[int, Field(ge=0, le=MAX_PLACES, strict=True)]
Flag: TypeAlias = Annotated[bool, Field(strict=True)]

# Words of which one must stand. An editor offers them in this order.
EffectName: TypeAlias = Literal["lost", "full", "exclude", "show", "manual"]
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


# Tables ------------------------------------------------------------------------------------


class _Table(BaseModel):
    # A key that is not declared is a misspelt one, never ignored. The models are built when a
    # file is first read, not when the package is imported.
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
    """A span of days, both ends included: a table `valid`, or `[window]`."""

    # Keys that are words of Python have `_` behind them here, and their own name in the file.
    from_: Day = Field(alias="from")
    until: Day


class RuleSetHead(_Table):
    """The table `[ruleset]`: what the instrument is called and when it governs."""

    id: Id
    version: Words
    title: Text
    language: Literal["vi", "en"] = "vi"
    valid: Validity
    source: Text | None = None
    note: Text | None = None


class RoundingTable(_Table):
    """An inline table `rounding`: how points are rounded, and to what step."""

    mode: Literal["half_up", "half_even", "down", "up"] = "half_up"
    step: Exact | None = None

    def model(self) -> model.Rounding:
        """Return the rounding of the rule set."""
        return model.Rounding(self.mode, self.step)


class IndexTable(_Table):
    """The table `[index]`: how points become the index."""

    scale: Exact = Fraction(100)
    places: Places = 2
    over_scale: Flag = False
    lowest: Exact | None = None
    rounding: RoundingTable | None = None
    weight_basis: BasisName = "stated"
    least_coverage: Exact | None = None


class CreditTable(_Table):
    """An effect of an absence that is worth a part of the points; one of its keys says which."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [{"required": ["points"]}, {"required": ["percent"]}]
        }
    )

    points: Exact | None = None
    percent: Exact | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.points is None) == (self.percent is None):
            raise PydanticCustomError("effect-value", "effect")
        return self

    def model(self) -> model.Credit:
        """Return the effect as the model has it."""
        return model.Credit(self.points, self.percent)


def _effect_form(value: object) -> str:
    """Return which of the two forms of an effect is meant, the tag of its type."""
    if isinstance(value, Mapping | CreditTable):
        return "credit"
    return "word"


EffectField: TypeAlias = Annotated[
    Annotated[EffectName, Tag("word")] | Annotated[CreditTable, Tag("credit")],
    Discriminator(_effect_form),
]


class AbsenceTable(_Table):
    """The table `[absence]`, or a rule's own: what each state without a value does."""

    # The keys are the names of states, and that of a reason. None is a key that is not written:
    # what stands further up holds, and nobody has declared an effect where nothing does.
    missing: EffectField | None = None
    not_applicable: EffectField | None = None
    zero_denominator: EffectField | None = None
    not_due: EffectField | None = None
    waived: EffectField | None = None


class CalendarTable(_Table):
    """The table `[calendar]`: which days are worked."""

    country: str = ""
    # Days that the government moves: off where the law has none, worked to make up for others.
    extra_holidays: tuple[Day, ...] = ()
    extra_workdays: tuple[Day, ...] = ()


class RatioTable(_Table):
    """The key `ratio` of a metric: what is counted above and below the line."""

    numerator: Text
    denominator: Text


class PeersTable(_Table):
    """The key `peers` of a metric: which figures of all units it is taken from."""

    of: MetricId
    take: Literal["min", "max", "mean", "count", "rank"]
    within: Literal["all", "district"] = "all"


class _Bounded(_Table):
    """A table with at most one low edge and one high edge."""

    model_config = ConfigDict(json_schema_extra={"allOf": ONE_LOW_ONE_HIGH})

    from_: Exact | None = Field(None, alias="from")  # closed
    above: Exact | None = None  # open
    to: Exact | None = None  # closed
    below: Exact | None = None  # open

    @model_validator(mode="after")
    def _edges(self) -> Self:
        # Making the interval refuses two edges on one side.
        self.interval()
        return self

    def interval(self) -> Interval:
        """Return the numbers between the bounds."""
        bounds = {
            "from": self.from_,
            "above": self.above,
            "to": self.to,
            "below": self.below,
        }
        return interval(bounds)


class AskedTable(_Bounded):
    """What a row of a decision table asks of one metric: bounds, or values."""

    is_: Annotated[
        tuple[Any, ...] | None,
        PlainValidator(_scalars),
        WithJsonSchema({"anyOf": [SCALAR, SCALARS]}),
    ] = Field(None, alias="is")

    @model_validator(mode="after")
    def _one_condition(self) -> Self:
        is_bounded = self.interval() != Interval()
        if is_bounded == (self.is_ is not None):
            raise PydanticCustomError("row-when", "condition")
        return self

    def model(self, metric: str) -> deductions.Asked:
        """Return the condition on a metric as the model has it."""
        return deductions.Asked(
            metric, self.from_, self.above, self.to, self.below, self.is_
        )


class _RowTable(_Table):
    """A row of a decision table: what it asks of metrics, or whatever is left."""

    when: dict[MetricId, AskedTable] = {}
    otherwise: Flag = False

    @model_validator(mode="after")
    def _asks(self) -> Self:
        if bool(self.when) == self.otherwise:
            raise PydanticCustomError("row-when", "row")
        return self

    def asked(self) -> tuple[deductions.Asked, ...]:
        """Return the conditions of the row as the model has them."""
        return tuple(table.model(metric) for metric, table in self.when.items())


class LevelRowTable(_RowTable):
    """A row of a derived level, and the level that it gives."""

    level: Words

    def model(self) -> deductions.LevelRow:
        """Return the row as the model has it; `otherwise` is a row that asks nothing."""
        return deductions.LevelRow(self.asked(), self.level)


class LevelTableTable(_Table):
    """The key `table` of a derived level: rows over other metrics."""

    hit: Literal["first", "one"] = "first"
    rows: Annotated[tuple[LevelRowTable, ...], Field(min_length=1)]

    def model(self) -> deductions.LevelTable:
        """Return the table as the model has it."""
        rows = tuple(row.model() for row in self.rows)
        return deductions.LevelTable(self.hit, rows)


class MetricTable(_Table):
    """A table `[metric.ID]`: a value that is reported or derived."""

    title: Text
    type: Literal["percent", "count", "number", "yes_no", "date", "level", "rank"]
    unit: Text | None = None
    # What None means hangs on the type: see `build`.
    better: Literal["higher", "lower", "neither"] | None = None
    least: Exact | None = None
    most: Exact | None = None
    above_100: Flag = False
    # Where its value comes from: a ratio, a formula or the period; else it is reported as it is.
    ratio: RatioTable | None = None
    formula: str | None = None
    table: LevelTableTable | None = None
    from_period: Literal["months"] | None = None
    peers: PeersTable | None = None
    round: Places | None = None
    levels: tuple[Text, ...] = ()
    distinct: Flag = False
    evidence: Text | None = None


class GroupTable(_Table):
    """A table `[group.ID]`: rules or groups whose points are taken together."""

    parent: Id | None = None
    title: Text
    weight: Exact | None = None
    kind: Literal["base", "bonus", "penalty"] = "base"
    cap: Exact | None = None
    combine: Literal["sum", "mean"] = "sum"
    optional: Flag = False
    rounding: RoundingTable | None = None
    weight_basis: BasisName | None = None
    source: tuple[Words, ...] = ()
    note: Text | None = None


TIER_CONDITIONS: list[Any] = [
    {"anyOf": [{"required": [bound]} for bound in BOUNDS]},
    {"required": ["is"]},
    {"required": ["otherwise"], "properties": {"otherwise": {"const": True}}},
]
"""A tier has one of these conditions, as JSON Schema."""


class TierTable(_Bounded):
    """One tier: a condition on the metric's value, and what it earns."""

    model_config = ConfigDict(
        json_schema_extra={"allOf": ONE_LOW_ONE_HIGH, "oneOf": TIER_CONDITIONS}
    )

    # One of three conditions: bounds, values, or everything else. What the tier earns is one of
    # three, too, which `check` asks for, since a fault there leaves the form as it is.
    is_: Annotated[
        tuple[Any, ...] | None,
        PlainValidator(_scalars),
        WithJsonSchema({"anyOf": [SCALAR, SCALARS]}),
    ] = Field(None, alias="is")
    otherwise: Flag = False
    points: Exact | None = None
    percent: Exact | None = None
    formula: str | None = None
    # A slope from the low edge on: so much for each unit, as `per_unit` counts them.
    each: Exact | None = None
    step: Exact | None = None
    units: Literal["exact", "started", "whole"] | None = None

    @model_validator(mode="after")
    def _one_condition(self) -> Self:
        is_bounded = self.interval() != Interval()
        conditions = (is_bounded, self.is_ is not None, self.otherwise)
        if conditions.count(True) != 1:
            raise PydanticCustomError("tier-condition", "tier")
        return self

    def model(self) -> deductions.Tier:
        """Return the tier as the model has it; `otherwise` is a tier without a condition."""
        value = deductions.TierValue(
            self.points,
            self.percent,
            self.formula,
            self.each,
            self.step,
            self.units,
        )
        bounds = self.interval()
        if bounds == Interval():
            return deductions.Tier(value, None, self.is_)
        return deductions.Tier(value, bounds, self.is_)


class _DeductionTable(_Table):
    """A deduction as rule files write it; its keys are the settings of the kind that it makes."""

    makes: ClassVar[type[Deduction]]
    """The kind of deduction that it makes."""

    def model(self) -> Deduction:
        """Return the deduction with these settings, as the model has it."""
        # Settings are called alike here and there, so a new one has to be written only twice.
        names = [setting.name for setting in fields(self.makes)]  # type: ignore[arg-type]
        settings = {name: _model(getattr(self, name)) for name in names}
        return self.makes(**settings)


def _model(value: Any) -> Any:
    """Return a setting as the model has it: tables in it as what they make."""
    if isinstance(value, tuple):
        return tuple(_model(part) for part in value)
    if isinstance(value, TierTable | BracketTable | RowTable):
        return value.model()
    return value


class AllOrNothingTable(_DeductionTable):
    """`all_or_nothing`: the weight where the target is met, else nothing."""

    makes = deductions.AllOrNothing
    kind: Literal["all_or_nothing"]


class ProportionalTable(_DeductionTable):
    """`proportional`: a share of the weight, as large as the share of the target reached."""

    makes = deductions.Proportional
    kind: Literal["proportional"]
    from_: Exact | None = Field(None, alias="from")
    floor: Exact | None = None


class PerUnitTable(_DeductionTable):
    """`per_unit`: so many points lost for each unit off the target."""

    makes = deductions.PerUnit
    kind: Literal["per_unit"]
    each: Exact | None = None
    percent: Exact | None = None
    step: Exact = Fraction(1)
    units: Literal["exact", "started", "whole"] = "exact"
    exempt: MetricId | None = None


class TiersTable(_DeductionTable):
    """`tiers`: the points of the tier that the value falls in."""

    makes = deductions.Tiers
    kind: Literal["tiers"]
    of: Literal["days_late"] | None = None
    tiers: Annotated[tuple[TierTable, ...], Field(min_length=1)]


class BracketTable(_Table):
    """One bracket of `progressive`: points for each unit of its part of the range."""

    each: Exact
    to: Exact | None = None

    def model(self) -> deductions.Bracket:
        """Return the bracket as the model has it."""
        return deductions.Bracket(self.each, self.to)


class ProgressiveTable(_DeductionTable):
    """`progressive`: brackets, each at its own rate on its own part of the range."""

    makes = deductions.Progressive
    kind: Literal["progressive"]
    from_: Exact | None = Field(None, alias="from")
    brackets: Annotated[tuple[BracketTable, ...], Field(min_length=1)]


class RowTable(_RowTable):
    """A row of a decision table, and what it earns."""

    points: Exact | None = None
    percent: Exact | None = None

    def model(self) -> deductions.TableRow:
        """Return the row as the model has it; `otherwise` is a row that asks nothing."""
        return deductions.TableRow(self.asked(), self.points, self.percent)


class DecisionTableTable(_DeductionTable):
    """`table`: rows over several metrics, of which one gives the points."""

    makes = deductions.DecisionTable
    kind: Literal["table"]
    hit: Literal["first", "one"] = "first"
    rows: Annotated[tuple[RowTable, ...], Field(min_length=1)]


class ByFormulaTable(_DeductionTable):
    """`formula`: the points that a formula gives."""

    makes = deductions.ByFormula
    kind: Literal["formula"]
    formula: str


class ManualTable(_DeductionTable):
    """`manual`: the points that a person gives in the submission."""

    makes = deductions.Manual
    kind: Literal["manual"]


class NoPointsTable(_DeductionTable):
    """`none`: no points, information only."""

    makes = deductions.NoPoints
    kind: Literal["none"]


DeductionTable: TypeAlias = Annotated[
    AllOrNothingTable
    | ProportionalTable
    | PerUnitTable
    | TiersTable
    | ProgressiveTable
    | DecisionTableTable
    | ByFormulaTable
    | ManualTable
    | NoPointsTable,
    Field(discriminator="kind"),
]
ThresholdField: TypeAlias = Annotated[
    Any, PlainValidator(_threshold), WithJsonSchema(THRESHOLD)
]


def _deduction_word(value: object) -> object:
    """A word alone is a deduction of that kind without settings."""
    if isinstance(value, str):
        return {"kind": value}
    return value


class ConflictTable(_Table):
    """One of a rule's `conflict`: another reading of the same target elsewhere in the plan."""

    source: Words
    comparator: Comparator | None = None
    threshold: ThresholdField | None = None
    note: Text | None = None


SUBJECTS = ("rule", "group", "each_rule_of", "metric")
"""What a condition may be about: one key of these names it."""

ONE_SUBJECT: list[Any] = [{"required": [subject]} for subject in SUBJECTS]
"""A condition has just one subject, as JSON Schema."""


class NeedTable(_Bounded):
    """One of `needs`: a condition on a rule, a group or a metric."""

    model_config = ConfigDict(
        json_schema_extra={"allOf": ONE_LOW_ONE_HIGH, "oneOf": ONE_SUBJECT}
    )

    rule: Id | None = None
    group: Id | None = None
    each_rule_of: Id | None = None
    metric: MetricId | None = None
    is_: Annotated[
        tuple[Any, ...] | None,
        PlainValidator(_scalars),
        WithJsonSchema({"anyOf": [SCALAR, SCALARS]}),
    ] = Field(None, alias="is")

    @model_validator(mode="after")
    def _one_subject(self) -> Self:
        if len(self._named()) != 1:
            raise PydanticCustomError("need-subject", "needs")
        return self

    def model(self) -> model.Need:
        """Return the condition as the model has it."""
        ((subject, name),) = self._named().items()
        return model.Need(subject, name, self.interval(), self.is_ or ())

    def _named(self) -> dict[str, str]:
        """Return what it names, by the keys of subjects."""
        subjects = {
            "rule": self.rule,
            "group": self.group,
            "each_rule_of": self.each_rule_of,
            "metric": self.metric,
        }
        return {key: name for key, name in subjects.items() if name is not None}


def _required(value: object) -> object:
    """An id alone is a rule that has to be met."""
    if isinstance(value, str):
        return {"rule": value}
    return value


RequiredField: TypeAlias = Annotated[
    NeedTable, BeforeValidator(_required, json_schema_input_type=Id | NeedTable)
]


UNWEIGHED: dict[str, Any] = {
    "if": {"not": {"required": ["weight"]}},
    "then": {"properties": {"deduction": {"enum": ["none", {"kind": "none"}]}}},
}
"""A rule without a weight gives no points, as JSON Schema."""


class RuleTable(_Table):
    """A table `[rule.ID]`: what is asked of a metric, and what it earns."""

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
    rounding: RoundingTable | None = None
    due: Day | None = None
    requires: tuple[RequiredField, ...] = ()
    evidence_required: Flag = False
    remedy: Id | None = None
    effort: Exact | None = None
    conflict: tuple[ConflictTable, ...] = ()
    absence: AbsenceTable = AbsenceTable.model_construct()
    weight_basis: BasisName | None = None
    note: Text | None = None

    @model_validator(mode="after")
    def _weighed(self) -> Self:
        # A rule for information only has no points, every other needs its weight.
        if self.weight is None and self.deduction.kind != "none":
            raise PydanticCustomError("missing-key", "weight")
        return self


class RemedyTable(_Table):
    """A table `[remedy.ID]`: who must act on lost points, how and by when."""

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
    """A table `[[band]]`: a class of the index."""

    id: Id
    title: Text


class BandsTable(_Table):
    """The table `[bands]`: which index the bands read."""

    reads: Literal["exact", "rounded"] = "exact"


def _one_gate(present: list[str], *others: str) -> dict[str, Any]:
    """Return the schema of a gate that has some keys and none of those that they replace."""
    return {
        "required": present,
        "not": {"anyOf": [{"required": [other]} for other in others]},
    }


GATE_FORMS: list[Any] = [
    _one_gate(["rule", "at_most"], "needs", "lower_by"),
    _one_gate(["rule", "lower_by"], "needs", "at_most"),
    _one_gate(["id", "needs", "at_most"], "rule", "lower_by"),
    _one_gate(["id", "needs", "lower_by"], "rule", "at_most"),
]
"""A gate names a rule, or has an id and conditions; it lowers to a band or by some: as JSON
Schema.
"""


class BandGateTable(_Table):
    """A table `[[band_gate]]`: what has to hold before a higher band is given."""

    model_config = ConfigDict(json_schema_extra={"oneOf": GATE_FORMS})

    id: Id | None = None
    title: Text | None = None
    rule: Id | None = None
    needs: Annotated[tuple[NeedTable, ...] | None, Field(min_length=1)] = None
    at_most: Id | None = None
    lower_by: Annotated[int, Field(strict=True)] | None = None

    @model_validator(mode="after")
    def _one_effect(self) -> Self:
        if self.at_most is not None and self.lower_by is not None:
            raise PydanticCustomError("gate-effect", "band_gate")
        if self.at_most is None and self.lower_by is None:
            raise PydanticCustomError("missing-key", "at_most")
        return self

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        has_own_words = (self.id, self.needs, self.title) != (None, None, None)
        if self.rule is not None and has_own_words:
            raise PydanticCustomError("gate-form", "band_gate")
        if self.rule is None and not has_own_words:
            raise PydanticCustomError("missing-key", "rule")
        if self.rule is None and self.id is None:
            raise PydanticCustomError("missing-key", "id")
        if self.rule is None and self.needs is None:
            raise PydanticCustomError("missing-key", "needs")
        return self


TARGET_FORMS: list[Any] = [
    {"required": ["comparator", "threshold"]},
    {
        "required": ["needs"],
        "not": {
            "anyOf": [{"required": ["comparator"]}, {"required": ["threshold"]}],
        },
    },
]
"""A target asks something of the index, or has conditions in its place, as JSON Schema."""


class BandQuotaTable(_Table):
    """A table `[[band_quota]]`: how many units may be in a band when they are ranked."""

    band: Id
    percent: Exact | None = None
    units: Annotated[int, Field(ge=0, strict=True)] | None = None
    of: Literal["ranked", "all"] = "ranked"
    within: Literal["all", "district"] = "all"
    order: tuple[Id, ...] = ()
    source: tuple[Words, ...] = ()


class TargetTable(_Table):
    """A table `[[target]]`: what the plan asks of the index itself."""

    model_config = ConfigDict(json_schema_extra={"oneOf": TARGET_FORMS})

    id: Id
    title: Text
    source: tuple[Words, ...] = ()
    comparator: Literal[">=", ">", "<=", "<"] | None = None
    threshold: Exact | None = None
    needs: Annotated[tuple[NeedTable, ...] | None, Field(min_length=1)] = None

    @model_validator(mode="after")
    def _asks(self) -> Self:
        # Of the index, of conditions, or of both; a comparator and its threshold stand together.
        asks_of_index = self.comparator is not None or self.threshold is not None
        if self.comparator is None and (asks_of_index or self.needs is None):
            raise PydanticCustomError("missing-key", "comparator")
        if asks_of_index and self.threshold is None:
            raise PydanticCustomError("missing-key", "threshold")
        return self


def _read_once(
    value: object,
    read: ValidatorFunctionWrapHandler,
    info: ValidationInfo,
) -> Any:
    """Return the table of a value; of one that several versions share, the table that it was."""
    if not isinstance(info.context, Shared):
        return read(value)
    # A wrong table raises an error each time, and is not kept.
    return info.context.once("table", (value,), lambda: read(value))


_Entry = TypeVar("_Entry")
Shareable: TypeAlias = Annotated[_Entry, WrapValidator(_read_once)]
"""A table that is read once for all versions of a file that have it."""


class RuleFile(_Table):
    """A whole rule file, overlays already laid."""

    format: Annotated[
        int,
        PlainValidator(_format),
        WithJsonSchema({"type": "integer", "const": FORMAT}),
    ]
    ruleset: RuleSetHead
    index: IndexTable = IndexTable.model_construct()
    absence: AbsenceTable = AbsenceTable.model_construct()
    window: Validity | None = None
    calendar: CalendarTable = CalendarTable.model_construct()
    tracks: tuple[Id, ...] = ()
    metric: dict[MetricId, Shareable[MetricTable]] = {}
    group: dict[Id, Shareable[GroupTable]] = {}
    rule: dict[Id, Shareable[RuleTable]] = {}
    remedy: dict[Id, Shareable[RemedyTable]] = {}
    band: tuple[BandTable, ...] = ()
    bands: BandsTable = BandsTable.model_construct()
    band_gate: tuple[BandGateTable, ...] = ()
    band_quota: tuple[BandQuotaTable, ...] = ()
    target: tuple[TargetTable, ...] = ()


# From pydantic's errors to problems ----------------------------------------------------------


def read(
    document: Mapping[str, object], shared: Shared | None = None
) -> tuple[RuleFile | None, list[Problem]]:
    """Hold a document against the format of rule files.

    Args:
        document: a parsed TOML file, overlays already laid.
        shared: keeps the tables that several documents have in common.

    Returns:
        The rule file and no problem, or None and every problem with its form.

    >>> rule_file, problems = read({"format": 2})
    >>> [problem.code for problem in problems]
    ['format-version', 'missing-key']
    """
    try:
        return RuleFile.model_validate(document, context=shared), []
    except ValidationError as error:
        details = _without_followers(error.errors(include_url=False))
        problems = [_problem(detail, document) for detail in details]
    # A union reports one fault once for each of its types.
    distinct = {
        (problem.code, problem.path, *problem.arguments.values()): problem
        for problem in problems
    }
    return None, bounded(distinct.values())


def _without_followers(errors: list[ErrorDetails]) -> list[ErrorDetails]:
    """Return the errors without those that only follow from others.

    Pydantic calls a list too short when all of its entries were refused; ours is too short only
    when it is empty.
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
    """Read the title of a section, and check the id of a kind of unit.

    Args:
        path: where the section stands, such as `("kind", "mountain")`.
        title: the title as it is written: a text, or one in each language.

    Returns:
        The title and no problem, or the section's own name and every problem.

    >>> read_title(("kind", "mountain"), "Mountain communes")
    (Text(vi='Mountain communes', en='Mountain communes'), [])
    """
    name = str(path[-1])
    fallback = model.Text(name, name)
    if path[-2] == "kind" and not re.match(OTHER_ID, name):
        return fallback, [Problem("bad-id", path, {"given": quoted(name)})]
    head = {"title": title}
    try:
        section = SectionHead.model_validate(head)
    except ValidationError as error:
        errors = error.errors(include_url=False)
    else:
        return section.title.model(), []
    problems = [_problem(details, head) for details in errors]
    # Both languages may have the same fault, which is told once.
    by_code = {problem.code: problem for problem in problems}
    return fallback, [
        replace(problem, path=(*path, *problem.path)) for problem in by_code.values()
    ]


def required(table: str) -> tuple[str, ...]:
    """Return the keys that every table of a sort must have.

    >>> required("target")
    ('id', 'title', 'comparator', 'threshold')
    """
    # A gate lowers to a band or by some: of the two the first is what it is told to lack.
    if table == "band_gate":
        return ("at_most",)
    # A target without conditions asks something of the index.
    if table == "target":
        return ("id", "title", "comparator", "threshold")
    declared = _TABLES[table].model_fields
    return tuple(
        field.alias or name for name, field in declared.items() if field.is_required()
    )


def _problem(details: ErrorDetails, document: Mapping[str, object]) -> Problem:
    """Return what pydantic finds as a problem of ours."""
    path = _clean_path(details["loc"], document)
    code, arguments = _meaning(details)
    if details["type"] == "missing-key":
        # Ours, raised by a table: its message is the key, its place the table.
        return Problem(code, path, {"key": details["msg"]})
    if code == "missing-key":
        # Pydantic's names the key as its place, which does not exist.
        *table, key = path
        return Problem(code, tuple(table), {"key": str(key)})
    if code == "unknown-key":
        known = _keys_beside(details["loc"])
        arguments = {
            "key": quoted(path[-1]),
            "nearest": nearest(path[-1], known),
        }
    return Problem(code, path, arguments)


# Codes of pydantic that have their own code here; any other means a wrong type.
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
    # Of a table whose `kind` is no kind of deduction, the kind is what was written wrongly.
    written = quoted(context.get("tag", details["input"]))
    if "-" in kind:
        # Ours: pydantic's own kinds have underscores.
        texts = {key: str(value) for key, value in context.items()}
        return kind, {"given": written, **texts}
    code = _CODES.get(kind, "wrong-type")
    # Pydantic lists words as `'a', 'b' or 'c'`; " or " is English, and the list is not.
    allowed = str(context.get("expected") or context.get("expected_tags") or "")
    allowed = allowed.replace(" or ", ", ")
    arguments = {
        "given": written,
        "allowed": allowed,
        "nearest": "",
    }
    if code == "unknown-word":
        words = [word.strip().strip("'") for word in allowed.split(",")]
        arguments["nearest"] = _nearest_word(written, words)
    if code == "number-outside":
        arguments |= {"least": "0", "most": Figures(MAX_PLACES)}
    return code, arguments


def _nearest_word(written: str, words: list[str]) -> str:
    """Return the word that was probably meant, an empty text where another meaning is as likely."""
    meant = _SIGNS_MEANT.get(written, "")
    if meant in words:
        return meant
    offered = [word for word in words if len(word) >= SHORTEST_OFFERED]
    return nearest(written, offered)


def _clean_path(
    location: tuple[int | str, ...], document: Mapping[str, object]
) -> Path:
    """Return where in the document an error lies, from pydantic's location.

    Pydantic puts the name of the type that it tried into the location, and `[key]` behind a key of
    a dictionary. Of `('rule', 'on-time', 'deduction', 'tiers', 'tiers', 0, 'to')` one `tiers` is
    the key and one such a name. The location is walked along the document itself: a part that leads
    nowhere is dropped, unless it is the last one, which may be a key that is missing.
    """
    path: list[str | int] = []
    here: object = document
    for part in location:
        if isinstance(here, str):
            break  # one text stands for both languages
        inside = _step(here, part)
        is_absent = inside is _ABSENT
        if is_absent and part is not location[-1]:
            continue
        if part == "[key]" or (is_absent and part in _MARKS):
            continue
        path.append(part)
        here = inside
    return tuple(path)


_ABSENT = object()
"""What a step into a document comes to that leads nowhere."""

DEDUCTIONS = {
    table.makes.kind: table for table in get_args(get_args(DeductionTable)[0])
}
"""The table of each kind of deduction."""

_MARKS = frozenset({*DEDUCTIONS, "BothLanguages", "word", "credit"})
"""The names of types that pydantic puts into locations."""


def _step(here: object, part: str | int) -> object:
    """Return what stands in a table under a key, or in a list at a position."""
    if isinstance(here, Mapping):
        return here.get(part, _ABSENT)
    if isinstance(here, list) and isinstance(part, int) and part < len(here):
        return here[part]
    return _ABSENT


# The keys of tables -------------------------------------------------------------------------

_TABLES: dict[str, type[BaseModel]] = {
    "ruleset": RuleSetHead,
    "index": IndexTable,
    "absence": AbsenceTable,
    "credit": CreditTable,
    "calendar": CalendarTable,
    "window": Validity,
    "valid": Validity,
    "metric": MetricTable,
    "ratio": RatioTable,
    "peers": PeersTable,
    "group": GroupTable,
    "rule": RuleTable,
    "conflict": ConflictTable,
    **DEDUCTIONS,
    "remedy": RemedyTable,
    "band": BandTable,
    "bands": BandsTable,
    "band_gate": BandGateTable,
    "band_quota": BandQuotaTable,
    "target": TargetTable,
}


_LISTED: dict[str, type[BaseModel]] = {
    "tiers": TierTable,
    "brackets": BracketTable,
    "rows": RowTable,
    "needs": NeedTable,
    "requires": NeedTable,
}
"""The tables in the lists of deductions, gates and rules."""


def _keys_beside(location: tuple[int | str, ...]) -> list[str]:
    """Return the keys that the table of an unknown key knows.

    Args:
        location: where pydantic found the unknown key; the table is the innermost on the way to it.
    """
    *way, unknown_key = location
    if not way:
        # The three that an overlay or a file with sections has beside.
        keys = [*RuleFile.model_fields, "extends", "kind", "since"]
    elif isinstance(way[-1], int) and way[-2] in _LISTED:
        list_key = str(way[-2])
        keys = _keys(_LISTED[list_key])
    else:
        # Names of tables only: a text in two languages has none, and is what is left.
        tables = [_TABLES[str(part)] for part in reversed(way) if part in _TABLES]
        innermost = next(iter(tables), BothLanguages)
        keys = _keys(innermost)
    return [key for key in keys if key != unknown_key]


def _keys(table: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in table.model_fields.items()]


def keys_in_order(*path: str) -> list[str]:
    """Return the keys of a table in the order of the reference.

    Args:
        path: the table without its id: `"rule"` for `[rule.ID]`, nothing for the top of a file.

    Returns:
        The keys as files write them; none for a table that the format does not know.

    >>> keys_in_order("band")
    ['id', 'title', 'from', 'above', 'to', 'below']
    """
    if not path:
        return ["format", "extends", *_keys(RuleFile)[1:], "kind", "since"]
    table = _TABLES.get(path[-1])
    if table is None:
        return []
    keys = _keys(table)
    if table is BandTable:
        # Its bounds are inherited, so they are declared before what is a band's own.
        keys.sort(key=lambda key: key in BOUNDS)
    return keys
