"""The rule set as frozen values; knows no file format and opens no file.

Points and thresholds are `Fraction`s here. References between parts are ids: `check` makes sure
that they resolve.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from cchc_rules.base.calendar import Calendar
from cchc_rules.base.frozen import FrozenDict, deeply_frozen, frozen, unchanging
from cchc_rules.base.interval import Interval
from cchc_rules.base.number import plain
from cchc_rules.base.problem import Problem
from cchc_rules.base.state import AbsenceKind, Effect

if TYPE_CHECKING:
    from cchc_rules.rules.deductions import Deduction, LevelTable
    from cchc_rules.rules.value_function import Piece

Basis: TypeAlias = Literal["stated", "borrowed", "chosen"]
"""Where weights come from: the plan states them, they are borrowed from another text, or the author
of the rule file chose them.
"""


# Words, metrics and what they are held against ----------------------------------------------


@dataclass(frozen=True, slots=True)
class Text:
    """Words for people in both languages.

    >>> Text("Tỷ lệ", "Share").of("en")
    'Share'
    """

    vi: str
    en: str

    def of(self, lang: str) -> str:
        """Return the words in a language, `vi` or `en`."""
        if lang == "vi":
            return self.vi
        return self.en


@dataclass(frozen=True, slots=True)
class Peers:
    """What a figure is taken from: those that all units of a table report for another metric.

    >>> Peers(of="share", take="max").within
    'all'
    """

    of: str
    """The id of the other metric."""
    take: str
    """`min`, `max`, `mean`, `count` (of the units that report it), or the unit's own `rank`."""
    within: str = "all"
    """`all`, or `district`: the units of the same group alone."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A quantity that units report or that is derived: its type, its range, where it comes from.

    >>> share = Metric("share", Text("Tỷ lệ", "Share"), "percent")
    >>> share.submitted, share.numeric, share.whole
    (True, True, False)
    """

    id: str
    title: Text
    type: str
    """One of `percent`, `count`, `number`, `yes_no`, `date`, `level` and `rank`."""
    unit: Text | None = None
    better: str = "higher"
    """Which way is better: `higher`, `lower` or `neither`."""
    range: Interval = Interval()
    """The values that it may have."""
    above_100: bool = False
    """Whether a percentage may exceed 100."""
    ratio: tuple[Text, Text] | None = None
    """What is counted above and below the line, of a metric that is reported as a ratio."""
    formula: str | None = None
    """The formula of a derived metric."""
    table: "LevelTable | None" = None
    """The decision table of a derived level."""
    from_period: str | None = None
    """What the period of a submission gives: `months`, how many whole months it has."""
    peers: Peers | None = None
    """What a table takes it from, where it is one of the figures of all units."""
    round: int | None = None
    """The decimal places to which its value is rounded; None leaves it exact."""
    levels: tuple[Text, ...] = ()
    """The levels of a metric of type `level`, the best first."""
    distinct: bool = False
    """Whether it counts a list of items, each once."""
    evidence: Text | None = None
    """The document that proves its value."""

    @property
    def derived(self) -> bool:
        """Whether it is worked out from other metrics, by a formula or a table."""
        return self.formula is not None or self.table is not None

    @property
    def submitted(self) -> bool:
        """Whether units report it: it is neither derived nor given by the period."""
        return not self.derived and self.from_period is None

    @property
    def numeric(self) -> bool:
        """Whether its values are numbers."""
        return self.type in NUMERIC

    @property
    def whole(self) -> bool:
        """Whether its values are whole numbers."""
        return self.type in ("count", "rank")


NUMERIC = ("percent", "count", "number", "rank")
"""The types of metrics whose values are numbers."""


@dataclass(frozen=True, slots=True)
class MetricRef:
    """A threshold read from another metric, by its id.

    >>> MetricRef("dossiers_received").metric
    'dossiers_received'
    """

    metric: str


@dataclass(frozen=True, slots=True)
class FormulaRef:
    """A threshold computed by a formula over metrics.

    >>> FormulaRef("max(1, last_rank - 1)").formula
    'max(1, last_rank - 1)'
    """

    formula: str


Scalar: TypeAlias = Fraction | bool | date | str
"""A literal of a rule file; of a level, its Vietnamese words."""
Threshold: TypeAlias = Scalar | Interval | tuple[Scalar, ...] | MetricRef | FormulaRef
"""What a value is held against: `between` has an interval, `one_of` a tuple, other comparators one
literal or a reference.
"""


# Rules and groups ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Credit:
    """An effect of an absence: a part of the points all the same.

    >>> Credit(percent=Fraction(40)).points_of(Fraction(26))
    Fraction(52, 5)
    """

    points: Fraction | None = None
    """So many points; None where `percent` says how many."""
    percent: Fraction | None = None
    """So much of the weight, in percent."""

    def points_of(self, weight: Fraction) -> Fraction:
        """Return the unrounded points that a rule of a weight earns by it."""
        if self.points is not None:
            return self.points
        return weight * (self.percent or 0) / 100

    def __str__(self) -> str:
        """Return the effect as a rule file writes it."""
        if self.points is not None:
            return f"{{ points = {plain(self.points)} }}"
        return f"{{ percent = {plain(self.percent or Fraction(0))} }}"


DeclaredEffect: TypeAlias = Effect | Credit
"""What a rule file declares for a kind of absence: a word, or a part of the points."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """A second reading of a rule's target elsewhere in the plan; the rule's own governs.

    >>> Conflict("Annex, row 12", ">=", Fraction(95), None).threshold
    Fraction(95, 1)
    """

    source: str
    """Where in the plan the other reading stands."""
    comparator: str | None
    threshold: Threshold | None
    note: Text | None
    """Why the rule's own target governs."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """What the plan orders to be done about lost points: who acts, how and by when.

    >>> from cchc_rules import load_rules
    >>> rules = load_rules("cam-due-2023")
    >>> rules.remedies["issue-plan"].lead.of("en")
    'Commune People’s Committee'
    """

    id: str
    task: Text
    source: tuple[str, ...] = ()
    """The clauses of the plan that order it."""
    product: Text | None = None
    """What is there when it is done: a decision, a report, a list."""
    lead: Text | None = None
    """Who must see to it."""
    with_: Text | None = None
    """Who works with those who lead."""
    due: Text | None = None
    """The deadline in the plan's own words, which need not name a day."""
    due_date: date | None = None
    """The day of the deadline, where its wording names one."""
    budget: Text | None = None
    effort: Fraction | None = None
    """How much work it takes, in a unit that the author chose; None where nothing is said."""


@dataclass(frozen=True, slots=True)
class Need:
    """A condition that a gate asks for: of a rule, of a group, or of a metric.

    Without bounds a rule has to be met. With bounds its share of its points has to lie in them, in
    percent. What does not apply stands in nobody's way.

    >>> half_of_v = Need("group", "v", Interval(Fraction(50)))
    >>> half_of_v.bounds.holds(Fraction(60))
    True
    """

    subject: str
    """What `id` names: `rule`, `group`, `each_rule_of` a group, or `metric`."""
    id: str
    bounds: Interval = Interval()
    """Where the share of points, in percent, or the value of the metric has to lie."""
    values: tuple[Scalar, ...] = ()
    """The values of a metric that will do, where it has no bounds."""

    @property
    def is_share(self) -> bool:
        """Whether it asks for a share of points."""
        return self.subject != "metric" and self.bounds != Interval()

    def holds(self, value: Fraction, allowed: Collection[Fraction] = ()) -> bool:
        """Whether a share, in percent, or a metric's figure is what it asks for.

        Args:
            value: The share, or the figure as a number.
            allowed: Its values as numbers, of a metric that must have one of them.
        """
        if self.values:
            return value in allowed
        return self.bounds.holds(value)


# No slots: `pieces` is kept in the rule's dictionary.
@dataclass(frozen=True)
class Rule:
    """What the plan asks of a metric, and how points are given for it.

    >>> from cchc_rules import load_rules
    >>> rules = load_rules("cam-due-2023")
    >>> rule = rules.rules["plan-issued"]
    >>> rule.metric, rule.comparator, rule.weight
    ('plan_date', 'on_or_before', Fraction(59, 100))
    """

    id: str
    group: str
    title: Text
    source: tuple[str, ...]
    """The clauses of the plan that it stands for."""
    deduction: "Deduction"
    weight: Fraction = Fraction(0)
    """The most points that it can earn."""
    metric: str | None = None
    """The metric that it reads; None where a person gives the points."""
    comparator: str | None = None
    """How the value is held against the threshold, as rule files write it: `>=`, `is`, `before`."""
    threshold: Threshold | None = None
    lowest: Fraction = Fraction(0)
    """The fewest points that it can earn: zero, or less where it takes points off."""
    due: date | None = None
    """Before this day a target that is not reached is not due."""
    requires: tuple[str, ...] = ()
    """Rules that have to be met before it can earn points."""
    needs: tuple[Need, ...] = ()
    """Of those of them that need not be met as a whole, the share of points that is enough."""
    evidence_required: bool = False
    """Whether points without evidence are not supported."""
    remedy: str | None = None
    """The id of what the plan orders where points are lost."""
    conflicts: tuple[Conflict, ...] = ()
    """Other readings of its target in the same plan."""
    absence: Mapping[AbsenceKind, DeclaredEffect] = field(default_factory=dict)
    """What each kind of absence does to its points; a zero denominator stands in it only where it
    has an effect of its own.
    """
    basis: Basis = "stated"
    """Where its weight comes from."""
    note: Text | None = None
    effort: Fraction | None = None
    """How much work it takes to mend it, in a unit that the author chose."""
    rounding: "Rounding | None" = None
    """How its points are rounded; None for half up to the last place."""

    def __post_init__(self) -> None:
        # A frozen dataclass refuses plain assignment.
        object.__setattr__(self, "absence", frozen(self.absence))

    def need_of(self, required: str) -> Need | None:
        """Return what it asks of a required rule; None where that has to be met."""
        of_it = (need for need in self.needs if need.id == required)
        return next(of_it, None)

    @cached_property
    def pieces(self) -> "tuple[Piece, ...]":
        """The pieces of its value function, worked out once; none where a person scores."""
        return self.deduction.pieces(self)


@dataclass(frozen=True, slots=True)
class Rounding:
    """How points are rounded where the file says it.

    >>> Rounding(step=Fraction(1, 4)).mode
    'half_up'
    """

    mode: str = "half_up"
    """`half_up`, `half_even`, `down` or `up`."""
    step: Fraction | None = None
    """The points of a step; None for the last place of points."""


@dataclass(frozen=True, slots=True)
class Group:
    """A group of rules or groups, whose points add up or whose weighted mean counts.

    >>> Group("work", Text("Việc", "Work")).combine
    'sum'
    """

    id: str
    title: Text
    parent: str | None = None
    """The id of the group that it lies in."""
    weight: Fraction | None = None
    """Its most points where the file says them; the sum of its parts must agree."""
    kind: str = "base"
    """`base`, `bonus` or `penalty`; the last two stand beside the index's own points."""
    cap: Fraction | None = None
    """The most points that a bonus or penalty group gives or takes."""
    combine: str = "sum"
    """`sum`, or `mean` for the weighted mean of its rules."""
    optional: bool = False
    """Whether a unit may declare that the whole group does not apply to it."""
    rounding: Rounding | None = None
    """How a mean is rounded; None for half up to the last place."""
    basis: Basis = "stated"
    source: tuple[str, ...] = ()
    note: Text | None = None


# The index -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Band:
    """A class of the index, such as “good”, with declared edges.

    >>> Band("good", Text("Tốt", "Good"), Interval(Fraction(80))).interval.holds(Fraction(80))
    True
    """

    id: str
    title: Text
    interval: Interval


@dataclass(frozen=True, slots=True)
class BandGate:
    """Unless the rule is met, or everything in `needs` holds, the index gets no band above
    `at_most`, or a band `lower_by` so many.

    >>> BandGate(rule="on-time", at_most="fair").name
    'on-time'
    """

    rule: str | None
    """The id of the rule; None where `needs` say what is asked."""
    at_most: str | None = None
    """The id of the best band that is still given; None where it lowers by bands."""
    id: str | None = None
    """Its id; None where the rule names it."""
    needs: tuple[Need, ...] = ()
    title: Text | None = None
    lower_by: int = 0
    """By how many bands it lowers the band that other gates leave."""

    @property
    def name(self) -> str:
        """What it goes by in reports and overlays: its id, or that of its rule."""
        return self.id or self.rule or ""

    @property
    def every_need(self) -> tuple[Need, ...]:
        """What it asks for, a rule that stands for itself included."""
        if self.rule is not None:
            return (Need("rule", self.rule),)
        return self.needs


@dataclass(frozen=True, slots=True)
class BandQuota:
    """At most so many units may be in a band when they are ranked; the others get the one below.

    >>> BandQuota(band="excellent", percent=Fraction(25), order=("bonus",)).within
    'all'
    """

    band: str
    """The id of the band."""
    percent: Fraction | None = None
    """How many of the units, in percent, cut off to whole units; None where `units` says it."""
    units: int | None = None
    """How many units."""
    of: str = "ranked"
    """`ranked`: of the units that have an index; `all`: of every unit that is known."""
    within: str = "all"
    """`all`, or `district`: whether each group of units has a quota of its own."""
    order: tuple[str, ...] = ()
    """The groups whose points decide, one after the other, among units with the same index."""
    source: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """A target on the index itself: reported as reached or not, never scored.

    >>> from cchc_rules import load_rules
    >>> rules = load_rules("cam-due-2023")
    >>> [target.threshold for target in rules.targets]
    [Fraction(80, 1)]
    """

    id: str
    title: Text
    source: tuple[str, ...]
    comparator: str | None = None
    """One of `>=`, `>`, `<=` and `<`; None where `needs` alone say what is asked."""
    threshold: Fraction | None = None
    """What the index is held against, on its own scale."""
    needs: tuple[Need, ...] = ()
    """What it asks for beside the index, or in its place."""


@dataclass(frozen=True, slots=True)
class IndexSettings:
    """How points become the index.

    >>> IndexSettings().scale
    Fraction(100, 1)
    """

    scale: Fraction = Fraction(100)
    """The index of a unit that earns every point."""
    places: int = 2
    """The decimal places of points and of the index; a tick is one unit of the last place."""
    over_scale: bool = False
    """Whether bonus points may lift the index above the scale."""
    basis: Basis = "stated"
    """Where the weights of rules come from, whose group says nothing of it."""
    lowest: Fraction | None = None
    """Below which the index does not fall; None where nothing holds it from below."""
    least_coverage: Fraction | None = None
    """How many percent of the points must be reported, so that there is an index (semantics I9)."""
    rounding: Rounding | None = None
    """How the base is rounded; None for half up to the last place."""


# The whole -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that a rule set was read from, with the hash of its bytes.

    >>> from cchc_rules import load_rules
    >>> rules = load_rules("cam-due-2023")
    >>> [file.name for file in rules.files]
    ['cam-due-2023.toml']
    """

    name: str
    sha256: str


class Origin(NamedTuple):
    """The provenance of a value: its file, and in it the dated section and the kind of unit.

    >>> from cchc_rules import load_rules
    >>> rules = load_rules("cam-due-2023")
    >>> rules.origins["rule", "plan-issued", "threshold"].file.name
    'cam-due-2023.toml'
    """

    file: SourceFile
    since: date | None = None
    """The date of the dated section; None outside any."""
    kind: str | None = None
    """The id of the kind of unit whose section gives it; None for all kinds."""


# Compared by identity: caches are keyed by the rule set, and two that say the same may come from
# different files.
@dataclass(frozen=True, eq=False)
class RuleSet:
    """A whole instrument, checked and ready to score with.

    `load_rules` and `parse_rules` make one, `dump_rules` prints one. It is compared by identity.

    >>> from cchc_rules import load_rules
    >>> rules = load_rules("cam-due-2023")
    >>> rules.id, rules.language, len(rules.rules)
    ('cam-due-2023', 'vi', 81)
    >>> sum(rule.weight for rule in rules.rules.values())
    Fraction(100, 1)
    """

    id: str
    version: str
    title: Text
    language: str
    """`vi` or `en`: the language of reports where none is asked for."""
    valid: tuple[date, date]
    """The first and the last day that it governs."""
    # Each by its id, in the order of the file, which is that of reports.
    metrics: Mapping[str, Metric]
    groups: Mapping[str, Group]
    rules: Mapping[str, Rule]
    remedies: Mapping[str, Remedy]
    index: IndexSettings = IndexSettings()
    bands: tuple[Band, ...] = ()
    bands_read: str = "exact"
    """Whether bands read the `exact` index or the `rounded` one."""
    band_gates: tuple[BandGate, ...] = ()
    band_quotas: tuple[BandQuota, ...] = ()
    """What ranking many units does to their bands; the report of one unit knows nothing of it."""
    targets: tuple[Target, ...] = ()
    tracks: tuple[str, ...] = ()
    """The tracks of points beside the self-score, by id."""
    window: tuple[date, date] | None = None
    """The first and the last day that a reported date may name; None where any may stand."""
    calendar: Calendar = Calendar()
    source: Text | None = None
    note: Text | None = None
    kind: str | None = None
    """The kind of unit for which it stands so; None for units of no kind that the file names."""
    kind_title: Text | None = None
    kinds: Mapping[str, "RuleSet"] = field(default_factory=dict)
    """The rule set as it stands for each kind of unit that the file names."""
    since: date | None = None
    """The day from which it stands so, where a dated section changed it."""
    since_title: Text | None = None
    dated: Mapping[date, "RuleSet"] = field(default_factory=dict)
    """The rule set as it stands from each day on that begins a dated section."""
    bases: tuple[str, ...] = ()
    """The ids of the rule sets that it is laid over."""
    files: tuple[SourceFile, ...] = ()
    """What it was read from, the top file first."""
    origins: Mapping[tuple[str | int, ...], Origin] = field(
        default_factory=dict, repr=False
    )
    """The provenance of every field that a file gives, by its path such as
    `("rule", "on-time", "threshold")`.
    """
    document: Mapping[str, object] = field(default_factory=dict, repr=False)
    """The parsed file, overlays laid."""
    warnings: tuple[Problem, ...] = field(default=(), repr=False)
    """What is doubtful in the file, yet no reason to refuse it."""

    def __post_init__(self) -> None:
        """Let nobody write into the mappings: a rule set may be shared between threads."""
        # A frozen dataclass refuses plain assignment.
        for name in _MAPPINGS:
            mapping = unchanging(getattr(self, name))
            object.__setattr__(self, name, mapping)
        object.__setattr__(self, "document", deeply_frozen(self.document))

    def __repr__(self) -> str:
        # The generated one would print the whole plan.
        counts = f"{len(self.rules)} rules, {len(self.metrics)} metrics"
        return f"<RuleSet {self.id} {self.version}: {counts}>"

    # Nothing in it can change, so a copy would be the same; and what is kept by a rule set, such as
    # its compiled form, would be worked out once more for each copy.

    def __copy__(self) -> "RuleSet":
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> "RuleSet":
        return self

    @property
    def sha256(self) -> str:
        """The SHA-256 of the rule file itself; of its overlay file when it has several."""
        # One that a program put together was read from no file.
        if not self.files:
            return ""
        return self.files[0].sha256

    def at(self, day: date) -> "RuleSet":
        """Return the rule set as it stands on a day: that of the last dated section that has begun,
        else itself.

        >>> from cchc_rules import load_rules
        >>> rules = load_rules("cam-due-2023")
        >>> rules.at(date(2023, 10, 1)) is rules
        True
        """
        begun = [first_day for first_day in self.dated if first_day <= day]
        if not begun:
            return self
        return self.dated[max(begun)]

    def reads_submissions_for(self, ruleset: str) -> bool:
        """Whether a submission that names the rule set `ruleset` may be scored.

        It may where that is this rule set, or one that this is laid over: a province's overlay
        scores what was handed in for the country's.

        >>> from cchc_rules import load_rules
        >>> rules = load_rules("cam-due-2023")
        >>> rules.reads_submissions_for("cam-due-2023"), rules.reads_submissions_for("other")
        (True, False)
        """
        return ruleset == self.id or ruleset in self.bases

    @cached_property
    def ladder(self) -> tuple[Band, ...]:
        """The bands, the lowest first, in whatever order the file has them.

        >>> from cchc_rules import load_rules
        >>> [band.id for band in load_rules("qd-766-2022").ladder][-1]
        'excellent'
        """
        ordered = sorted(self.bands, key=lambda band: band.interval.low_key)
        return tuple(ordered)

    @cached_property
    def metric_types(self) -> dict[str, str]:
        """The type that every metric has in formulas, by id.

        >>> from cchc_rules import load_rules
        >>> rules = load_rules("cam-due-2023")
        >>> rules.metric_types["plan_date"]
        'date'
        """
        types = {
            metric.id: FORMULA_TYPES.get(metric.type, "number")
            for metric in self.metrics.values()
        }
        return FrozenDict(types)


_MAPPINGS = ("metrics", "groups", "rules", "remedies", "kinds", "dated", "origins")
"""The mappings of a rule set, which nobody may write into."""

FORMULA_TYPES = {"yes_no": "yes_no", "date": "date", "level": "level"}
"""The types of formulas by the type of a metric; every other metric is a `number`."""
