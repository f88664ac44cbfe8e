"""The rule set as frozen values; knows no file format and opens no file.

Points and thresholds are `Fraction`s here. References between parts are ids: `check` makes sure
that they resolve.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from cchc_rules.base.calendar import Calendar
from cchc_rules.base.frozen import FrozenDict, deeply_frozen, frozen
from cchc_rules.base.interval import Interval
from cchc_rules.base.problem import Problem
from cchc_rules.base.state import Effect, State

if TYPE_CHECKING:
    from cchc_rules.rules.deductions import Deduction
    from cchc_rules.rules.value_function import Piece

Basis: TypeAlias = Literal["stated", "borrowed", "chosen"]


@dataclass(frozen=True, slots=True)
class Text:
    """Words for people in both languages."""

    vi: str
    en: str

    def of(self, lang: str) -> str:
        """Return the words in the language."""
        return self.vi if lang == "vi" else self.en


@dataclass(frozen=True, slots=True)
class Metric:
    """What is measured: its type, its range, how it is submitted or derived."""

    id: str
    title: Text
    type: str
    unit: Text | None = None
    better: str = "higher"
    range: Interval = Interval()
    above_100: bool = False
    ratio: tuple[Text, Text] | None = None
    formula: str | None = None
    from_period: str | None = None
    round: int | None = None
    levels: tuple[Text, ...] = ()
    distinct: bool = False
    evidence: Text | None = None

    @property
    def submitted(self) -> bool:
        """Whether people report it: it is neither derived nor given by the period."""
        return self.formula is None and self.from_period is None

    @property
    def numeric(self) -> bool:
        """Whether its figure is a number."""
        return self.type in NUMERIC

    @property
    def whole(self) -> bool:
        """Whether its figure is a whole number."""
        return self.type in ("count", "rank")


NUMERIC = ("percent", "count", "number", "rank")


@dataclass(frozen=True, slots=True)
class MetricRef:
    """A threshold read from another metric."""

    metric: str


@dataclass(frozen=True, slots=True)
class FormulaRef:
    """A threshold computed by a formula."""

    formula: str


Scalar: TypeAlias = Fraction | bool | date | str
Threshold: TypeAlias = Scalar | Interval | tuple[Scalar, ...] | MetricRef | FormulaRef


@dataclass(frozen=True, slots=True)
class Conflict:
    """Another reading of the same target elsewhere in the plan; the rule's own governs."""

    source: str
    comparator: str | None
    threshold: Threshold | None
    note: Text | None


@dataclass(frozen=True, slots=True)
class Remedy:
    """Who must act on a lost point, how and by when; as the plan words it."""

    id: str
    task: Text
    source: tuple[str, ...] = ()
    product: Text | None = None
    lead: Text | None = None
    with_: Text | None = None
    due: Text | None = None
    due_date: date | None = None
    budget: Text | None = None
    effort: Fraction | None = None


@dataclass(frozen=True)
class Rule:
    """One target: the metric it reads, what is asked, what it is worth and how points are lost."""

    id: str
    group: str
    title: Text
    source: tuple[str, ...]
    deduction: "Deduction"
    weight: Fraction = Fraction(0)
    metric: str | None = None
    comparator: str | None = None
    threshold: Threshold | None = None
    lowest: Fraction = Fraction(0)
    due: date | None = None
    requires: tuple[str, ...] = ()
    evidence_required: bool = False
    remedy: str | None = None
    conflicts: tuple[Conflict, ...] = ()
    absence: Mapping[State, Effect] = field(default_factory=dict)
    basis: Basis = "stated"
    note: Text | None = None
    effort: Fraction | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "absence", frozen(self.absence))

    @cached_property
    def pieces(self) -> "tuple[Piece, ...]":
        """The pieces of the rule's value function, worked out once; none where a person scores."""
        return self.deduction.pieces(self)


@dataclass(frozen=True, slots=True)
class Group:
    """A group of rules or groups whose points add up (or whose weighted mean counts)."""

    id: str
    title: Text
    parent: str | None = None
    weight: Fraction | None = None
    kind: str = "base"
    cap: Fraction | None = None
    combine: str = "sum"
    optional: bool = False
    basis: Basis = "stated"
    source: tuple[str, ...] = ()
    note: Text | None = None


@dataclass(frozen=True, slots=True)
class Band:
    """A class of the index with declared edges."""

    id: str
    title: Text
    interval: Interval


@dataclass(frozen=True, slots=True)
class BandGate:
    """Unless the rule is met, no band above this one."""

    rule: str
    at_most: str


@dataclass(frozen=True, slots=True)
class Target:
    """A target on the index itself: reported as reached or not, never scored."""

    id: str
    title: Text
    source: tuple[str, ...]
    comparator: str
    threshold: Fraction


@dataclass(frozen=True, slots=True)
class Index:
    """How the points become the index."""

    scale: Fraction = Fraction(100)
    places: int = 2
    over_scale: bool = False
    basis: Basis = "stated"


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that a rule set was read from, with the hash of its bytes."""

    name: str
    sha256: str


class Origin(NamedTuple):
    """Which file gave a value, and within it which dated section and which kind of unit."""

    file: SourceFile
    since: date | None = None
    kind: str | None = None


@dataclass(frozen=True, eq=False)
class RuleSet:
    """A whole instrument, checked and ready to score with. Compared by identity; `dump_rules`
    prints it.

    `kinds` and `dated` hold it as it stands for each kind of unit, and from each day on that its
    file names; `origins` says for every field that a file gives, by its path such as `("rule",
    "on-time", "threshold")`, where it comes from.
    """

    id: str
    version: str
    title: Text
    language: str
    valid: tuple[date, date]
    metrics: Mapping[str, Metric]
    groups: Mapping[str, Group]
    rules: Mapping[str, Rule]
    remedies: Mapping[str, Remedy]
    index: Index = Index()
    bands: tuple[Band, ...] = ()
    bands_read: str = "exact"
    band_gates: tuple[BandGate, ...] = ()
    targets: tuple[Target, ...] = ()
    tracks: tuple[str, ...] = ()
    window: tuple[date, date] | None = None
    calendar: Calendar = Calendar()
    source: Text | None = None
    note: Text | None = None
    kind: str | None = None
    kind_title: Text | None = None
    kinds: Mapping[str, "RuleSet"] = field(default_factory=dict)
    since: date | None = None
    since_title: Text | None = None
    dated: Mapping[date, "RuleSet"] = field(default_factory=dict)
    bases: tuple[str, ...] = ()
    files: tuple[SourceFile, ...] = ()
    origins: Mapping[tuple[str | int, ...], Origin] = field(
        default_factory=dict, repr=False
    )
    document: Mapping[str, object] = field(default_factory=dict, repr=False)
    warnings: tuple[Problem, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        """Let nobody write into the mappings: a rule set may be shared between threads."""
        for name in _MAPPINGS:
            object.__setattr__(self, name, frozen(getattr(self, name)))
        object.__setattr__(self, "document", deeply_frozen(self.document))

    def __repr__(self) -> str:
        return (
            f"<RuleSet {self.id} {self.version}: {len(self.rules)} rules, "
            f"{len(self.metrics)} metrics>"
        )

    def __copy__(self) -> "RuleSet":
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> "RuleSet":
        return self

    @property
    def sha256(self) -> str:
        """The hash of the rule file itself (of its overlay file when it has several)."""
        return self.files[0].sha256 if self.files else ""

    def at(self, day: date) -> "RuleSet":
        """Return the rule set as it stands on a day: that of the last dated section that has begun,
        else itself.
        """
        begun = [first for first in self.dated if first <= day]
        return self.dated[max(begun)] if begun else self

    def reads_submissions_for(self, ruleset: str) -> bool:
        """Whether a submission that names this rule set may be scored: its own id, or one it is
        laid over.
        """
        return ruleset == self.id or ruleset in self.bases

    @cached_property
    def ladder(self) -> tuple[Band, ...]:
        """The bands, the lowest first."""
        return tuple(sorted(self.bands, key=lambda band: band.interval.low_key))

    @cached_property
    def metric_types(self) -> dict[str, str]:
        """The formula type of every metric by id."""
        types = {
            metric.id: FORMULA_TYPES.get(metric.type, "number")
            for metric in self.metrics.values()
        }
        return FrozenDict(types)


_MAPPINGS = ("metrics", "groups", "rules", "remedies", "kinds", "dated", "origins")
"""The mappings of a rule set, which nobody may write into."""

FORMULA_TYPES = {"yes_no": "yes_no", "date": "date", "level": "level"}
