"""The report: natural names for the results of one scoring."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from importlib import import_module
from typing import Any

from cchc_rules.base import number
from cchc_rules.base.messages import message
from cchc_rules.base.problem import Problem
from cchc_rules.base.state import Reason, State
from cchc_rules.report.arithmetic import Arithmetic
from cchc_rules.report.document import document, json_text
from cchc_rules.report.explanation import Explanation
from cchc_rules.report.heading import Document
from cchc_rules.report.result_text import ResultText
from cchc_rules.rules.model import Band, Group, Metric, Remedy, Rule, RuleSet, Target
from cchc_rules.scoring.compiled_rules import Run, compile_rules
from cchc_rules.scoring.results import Result
from cchc_rules.scoring.rule_figures import Figures
from cchc_rules.scoring.scoring import Scoring, Track, gather
from cchc_rules.scoring.totals import Counted, Sum
from cchc_rules.submissions import doubtful_figures
from cchc_rules.submissions.submission import EvidenceDocument, Measurements


@dataclass(frozen=True)
class Index:
    """The index and its parts, in points.

    All are exact decimals with the places of the index; `exact` is the index before rounding. The
    four parts are those of the base: pools of bonus and penalty points come on top of it. Where
    nothing is left to score there is no index: `value`, `exact`, `lowest`, `highest` and
    `supported` are None.
    """

    value: Decimal | None
    scale: Decimal
    exact: Fraction | None
    earned: Decimal
    lost: Decimal
    excluded: Decimal
    maximum: Decimal
    lowest: Decimal | None
    highest: Decimal | None
    supported: Decimal | None

    def __str__(self) -> str:
        if self.value is None:
            return "–"
        return str(self.value)

    @classmethod
    def of(cls, scoring: Scoring) -> "Index":
        """Return the index of a scoring; what few ask for is computed when it is read.

        The range and what is supported add up all points again, each of them once. A million
        reports of which only the values are wanted do without.
        """
        index = cls.__new__(cls)
        # A frozen dataclass refuses plain assignment; what is left out here comes by __getattr__.
        vars(index)["_scoring"] = scoring
        vars(index)["value"] = _shown(scoring, scoring.index)
        return index

    def __getattr__(self, name: str) -> Any:
        """Return a part that was not computed yet; Python asks here only where it finds none."""
        scoring = vars(self).get("_scoring")
        if scoring is None or name not in _PARTS:
            raise AttributeError(
                f"{type(self).__name__!r} object has no attribute {name!r}",
                name=name,
                obj=self,
            )
        part = _PARTS[name](scoring)
        vars(self)[name] = part
        return part

    def __getstate__(self) -> dict[str, Any]:
        """Return the parts alone, all computed: a pickled index does without its scoring."""
        return {part.name: getattr(self, part.name) for part in fields(self)}


def _points(scoring: Scoring, ticks: int) -> Decimal:
    """Return ticks of the index as points, with all its places."""
    return Decimal(scoring.points(ticks))


def _shown(scoring: Scoring, sums: Sum) -> Decimal | None:
    """Return an index in points, None where nothing is left to score."""
    if not sums.scored:
        return None
    return _points(scoring, sums.value)


def _exact(sums: Sum) -> Fraction | None:
    """Return an index before rounding, None where nothing is left to score."""
    if not sums.scored:
        return None
    return sums.exact


_PARTS: dict[str, Callable[[Scoring], object]] = {
    "scale": lambda scoring: Decimal(number.plain(scoring.rules.index.scale)),
    "exact": lambda scoring: _exact(scoring.index),
    "earned": lambda scoring: _points(scoring, scoring.index.base.earned),
    "lost": lambda scoring: _points(scoring, scoring.index.base.lost),
    "excluded": lambda scoring: _points(scoring, scoring.index.base.excluded),
    "maximum": lambda scoring: _points(scoring, scoring.index.base.maximum),
    "lowest": lambda scoring: _shown(scoring, scoring.lowest),
    "highest": lambda scoring: _shown(scoring, scoring.highest),
    "supported": lambda scoring: _shown(scoring, scoring.supported),
}
"""How each part of an index is computed from its scoring."""


@dataclass(frozen=True)
class RuleRecord:
    """One rule of a report, with what was asked, what was reported and what became of its points.

    Points are exact decimals; texts are in the language of the rule set. Both are made when they
    are read, so that a million reports may be held of which only the indices are wanted.

    >>> from cchc_rules import load_measurements, load_rules, score
    >>> rules = load_rules("example-access-to-law")
    >>> submission = {"format": 1, "ruleset": rules.id, "unit": "Commune A",
    ...               "period": "2023-07-01/2024-06-30", "measurements": {}}
    >>> rule = score(rules, load_measurements(submission, rules)).rules[0]
    >>> str(rule.state), rule.earned + rule.lost == rule.maximum
    ('missing', True)
    """

    report: "Report"
    at: int
    """The position of the rule in the rule file, from 0."""

    @property
    def rule(self) -> Rule:
        """The rule as the rule set declares it."""
        return self.report.scoring.rule(self.at)

    @property
    def id(self) -> str:
        """The rule's id."""
        return self.rule.id

    @property
    def source(self) -> tuple[str, ...]:
        """The clauses of the plan that the rule holds."""
        return self.rule.source

    @property
    def state(self) -> State:
        """What became of the rule."""
        return self.report.scoring.results[self.at].state

    @property
    def reason(self) -> Reason:
        """Why it is in that state."""
        return self.report.scoring.results[self.at].reason

    @property
    def maximum(self) -> Decimal:
        """The most points it could bring to its group; their sum is the group's."""
        return self.report.decimal(self._counted.maximum)

    @property
    def earned(self) -> Decimal:
        """The points it brought to its group."""
        return self.report.decimal(self._counted.earned)

    @property
    def lost(self) -> Decimal:
        """The points it took from its group; zero also for a loss that is too small for a tick."""
        return self.report.decimal(self._counted.lost)

    @property
    def excluded(self) -> Decimal:
        """The points that neither count as earned nor as lost."""
        return self.report.decimal(self._counted.excluded)

    @property
    def without_effect(self) -> Decimal:
        """The points it lost beyond the cap of a bonus or penalty pool."""
        return self.report.decimal(self._counted.without_effect)

    @property
    def weight(self) -> Decimal:
        """The rule's own weight; in a mean group it is relative to the other rules'."""
        worths = self.report.scoring.compiled.worths
        return self.report.decimal(worths[self.at].weight)

    @property
    def _counted(self) -> Counted:
        return self.report.scoring.counted[self.at]

    @property
    def title(self) -> str:
        """The rule's name in the rule set's language."""
        return self.rule.title.of(self.report.language)

    @property
    def calculation(self) -> str:
        """The arithmetic, as one line that a person can redo."""
        return self.report.arithmetic.calculation(self.at)

    @property
    def group(self) -> "GroupRecord":
        """The group that the rule lies in."""
        return self.report.group(self.rule.group)

    @property
    def metric(self) -> Metric | None:
        """The metric that it reads; None where a person gives the points."""
        return self.report.rules_used.metrics.get(self.rule.metric or "")

    @property
    def required(self) -> str:
        """What it asks for, in words."""
        return self.report.arithmetic.speaker.required(self.at)

    @property
    def reported(self) -> str:
        """What its metric came to, or why there is no figure, in words."""
        return self.report.arithmetic.speaker.reported(self.at)

    @property
    def reason_text(self) -> str:
        """Why it is in its state, as a sentence."""
        return self.report.explanation.reason(self.at)

    @property
    def win_back(self) -> str | None:
        """What would win its lost points back, in words; None where nothing is lost."""
        return self.report.explanation.win_back(self.at)

    @property
    def evidence(self) -> tuple[EvidenceDocument, ...]:
        """The documents that were handed in for it, valid or not."""
        documents = self.report.scoring.documents(self.at)
        return tuple(document for document, _ in documents)

    @property
    def supported(self) -> bool:
        """Whether its points stand: it needs no evidence, has valid evidence, or earned nothing."""
        return self.at not in self.report.scoring.unsupported

    @property
    def remedy(self) -> Remedy | None:
        """What the plan says is to be done, by whom and by when; None where it says nothing."""
        return self.report.rules_used.remedies.get(self.rule.remedy or "")

    def __str__(self) -> str:
        clauses = ", ".join(self.source)
        return f"{self.title} ({clauses}): {self.calculation}"

    def __repr__(self) -> str:
        return f"<Rule {self.id}: {self.state}, {self.earned} of {self.maximum}>"


@dataclass(frozen=True)
class GroupRecord:
    """One group of a report, with its points as exact decimals.

    `kind` is `base`, `bonus` or `penalty`. In a penalty pool, `lost` is what is taken off the index
    and `maximum` the most that can be.
    """

    report: "Report" = field(repr=False)
    id: str
    kind: str
    maximum: Decimal
    earned: Decimal
    lost: Decimal
    excluded: Decimal

    @property
    def group(self) -> Group:
        """The group as the rule set declares it."""
        return self.report.rules_used.groups[self.id]

    @property
    def title(self) -> str:
        """The group's name in the rule set's language."""
        return self.group.title.of(self.report.language)

    @property
    def rules(self) -> tuple[RuleRecord, ...]:
        """The rules right below the group, in file order."""
        return tuple(rule for rule in self.report.rules if rule.rule.group == self.id)


@dataclass(frozen=True)
class TargetRecord:
    """One target on the index; `reached` is None where there is no index to judge."""

    target: Target
    reached: bool | None

    @property
    def id(self) -> str:
        """The target's id."""
        return self.target.id


class Report:
    """The result of one scoring; `to_dict` gives its document, which every view is drawn from.

    >>> from cchc_rules import load_measurements, load_rules, score
    >>> rules = load_rules("example-access-to-law")
    >>> submission = {"format": 1, "ruleset": rules.id, "unit": "Commune A",
    ...               "period": "2023-07-01/2024-06-30", "measurements": {}}
    >>> report = score(rules, load_measurements(submission, rules))
    >>> report.index.lost == report.index.maximum
    True
    >>> len(report.missing) == len(report.rules)
    True

    Two reports are equal when they come from the same rules, figures and day. A report can be
    pickled, and so sent from one process to another or kept in a cache.
    """

    def __init__(self, scoring: Scoring) -> None:
        self.scoring = scoring

    def __repr__(self) -> str:
        index = self.index
        value = "no index"
        if index.value is not None:
            value = f"{index} / {index.scale}"
        band = ""
        if self.band:
            band = f", {self.band.title.of(self.language)}"
        unit = self.scoring.measurements.unit
        return f"<Report {unit!r}, {self.rules_used.id}: {value}{band}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Report) and self._made_from == other._made_from

    def __hash__(self) -> int:
        # The id and version stand for the whole rule set, whose document cannot be hashed.
        rules = self.rules_used
        return hash((self.scoring.measurements, self.as_of, rules.id, rules.version))

    @property
    def _made_from(self) -> tuple[object, ...]:
        """What makes two reports equal; groups and index follow from it."""
        rules = self.rules_used
        # One document may hold several kinds of unit and days of effect: these say which was used.
        version = (rules.document, rules.kind, rules.since)
        return self.scoring.measurements, self.as_of, self.scoring.results, *version

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle what a scoring is made from: compiled functions are made anew."""
        scoring = self.scoring
        parts = (scoring.measurements, scoring.as_of, scoring.figures, scoring.results)
        return _report_of, (self.rules_used, *parts)

    @property
    def rules_used(self) -> RuleSet:
        """The rule set as it stood on the day of judgement for the unit's kind."""
        return self.scoring.rules

    def decimal(self, ticks: int) -> Decimal:
        """Return ticks of the index as points, with all its places."""
        return _points(self.scoring, ticks)

    @property
    def language(self) -> str:
        """The rule set's language."""
        return self.scoring.rules.language

    # Kept: their words for one rule are used again for its reason and its gains.

    @cached_property
    def arithmetic(self) -> Arithmetic:
        """Writes the sums of this report in its language."""
        return Arithmetic(ResultText(self.scoring, self.language))

    @cached_property
    def explanation(self) -> Explanation:
        """Explains states and losses in this report's language."""
        return Explanation(self.arithmetic)

    @property
    def as_of(self) -> date:
        """The day the submission is judged at."""
        return self.scoring.as_of

    @property
    def index(self) -> Index:
        """The index and its parts, in points."""
        return Index.of(self.scoring)

    @property
    def band(self) -> Band | None:
        """The band of the index, after its gates; None where there are no bands or no index."""
        return self.scoring.banding().band

    @cached_property
    def rules(self) -> tuple[RuleRecord, ...]:
        """Every rule, in file order."""
        positions = range(len(self.scoring.results))
        return tuple(RuleRecord(self, position) for position in positions)

    def rule(self, id_: str) -> RuleRecord:
        """Return one rule by its id.

        Raises:
            KeyError: The rule set has no rule of that id.
        """
        position = self.scoring.compiled.places[id_]
        return self.rules[position]

    @cached_property
    def groups(self) -> tuple[GroupRecord, ...]:
        """Every group, in file order."""
        # The totals stand children before parents; the report follows the rule file.
        scoring = self.scoring
        records = {}
        for group, total in zip(scoring.compiled.groups, scoring.groups, strict=True):
            records[group.id] = GroupRecord(
                self,
                group.id,
                group.kind,
                maximum=self.decimal(total.maximum),
                earned=self.decimal(total.earned),
                lost=self.decimal(total.lost),
                excluded=self.decimal(total.excluded),
            )
        return tuple(records[id_] for id_ in self.rules_used.groups)

    def group(self, id_: str) -> GroupRecord:
        """Return one group by its id.

        Raises:
            KeyError: The rule set has no group of that id.
        """
        # A plan has a dozen groups: to look through them takes no longer than to keep a table.
        for group in self.groups:
            if group.id == id_:
                return group
        raise KeyError(id_)

    @property
    def targets(self) -> tuple[TargetRecord, ...]:
        """The targets on the index, each with whether it is reached."""
        records = []
        for target in self.rules_used.targets:
            reached = self.scoring.reached(target)
            records.append(TargetRecord(target, reached))
        return tuple(records)

    @property
    def missing(self) -> tuple[RuleRecord, ...]:
        """The rules for which a figure or points are missing, in file order."""
        positions = self.scoring.in_state(State.MISSING)
        return tuple(self.rules[position] for position in positions)

    @property
    def unsupported(self) -> tuple[RuleRecord, ...]:
        """The rules that claim points without valid evidence, in file order."""
        positions = sorted(self.scoring.unsupported)
        return tuple(self.rules[position] for position in positions)

    @property
    def tracks(self) -> tuple[Track, ...]:
        """The totals of the further tracks, such as the appraised points."""
        return tuple(self.scoring.tracks())

    @property
    def losses(self) -> tuple[RuleRecord, ...]:
        """The rules that lost points by their values, the largest loss first.

        Rules for which nothing was reported are in `missing`, not here.
        """
        return tuple(self.rules[position] for position in self.scoring.losses())

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What is doubtful in the submission; it is scored as it stands, and no view shows it."""
        scoring = self.scoring
        return doubtful_figures.warnings(
            scoring.measurements, scoring.rules, scoring.as_of
        )

    def to_dict(self, lang: str | None = None, *, machine: bool = True) -> Document:
        """Return the document that every view is drawn from.

        Args:
            lang: The language of its texts, `"vi"` or `"en"`; else that of the rule set.
            machine: Whether the machine form and the digest are added. Views that only show words
                do without.

        Returns:
            Plain data that can be written as JSON; points are decimal strings.

        >>> from cchc_rules import load_measurements, load_rules, score
        >>> rules = load_rules("example-access-to-law")
        >>> submission = {"format": 1, "ruleset": rules.id, "unit": "Commune A",
        ...               "period": "2023-07-01/2024-06-30", "measurements": {}}
        >>> report = score(rules, load_measurements(submission, rules))
        >>> report.to_dict("en")["measurements"]["unit"]
        'Commune A'
        """
        # Nothing is kept of the document: it is large, and its reader may change it.
        return document(self.scoring, lang or self.language, machine=machine)

    def render(self, form: str = "text", *, lang: str | None = None) -> str | bytes:
        """Return the report in a form for people or programs.

        Args:
            form: `"text"`, `"markdown"`, `"html"`, `"json"` or `"xlsx"`.
            lang: The language of its texts, `"vi"` or `"en"`; else that of the rule set.

        Returns:
            Text; of `"xlsx"` the bytes of a workbook.

        Raises:
            ValueError: There is no such form.
            ImportError: The extra that the form needs is not installed.
        """
        # The views stand above reports, so that they are only asked for when they are wanted.
        views = import_module("cchc_rules.render")
        if form not in views.FORMATS:
            forms = ", ".join(views.FORMATS)
            raise ValueError(f"no such form: {form!r}; there are {forms}")
        if form == "json":
            return json_text(self.scoring, lang or self.language)
        # The machine form is a third of the document, and these two views show none of it.
        machine = form not in ("text", "markdown")
        shown = self.to_dict(lang, machine=machine)
        if form in views.TEXTS:
            text: str = views.render(shown, form)
            return text
        content: bytes = views.render_bytes(shown, form)
        return content

    def _repr_html_(self) -> str:
        """Return a table of the areas and the losses, which notebooks show."""
        from html import escape  # noqa: PLC0415 - only in notebooks

        shown = self.to_dict(machine=False)
        # Titles come from rule files of any origin: all text is escaped.
        headline = escape(repr(self).removeprefix("<").removesuffix(">"))
        head_cells = []
        for column in _AREA_COLUMNS:
            name = message(self.language, f"report.{column}")
            head_cells.append(f"<th>{escape(name)}</th>")
        rows = []
        for group in shown["groups"]:
            if group["parent"] is None:
                rows.append(_html_row(escape(group["title"]), group))
        losses = []
        for rule in self.losses:
            loss = f"−{rule.lost} {rule.title}"
            losses.append(f"<li>{escape(loss)}</li>")
        head = "".join(head_cells)
        return (
            f"<p><strong>{headline}</strong></p>"
            f"<table><tr>{head}</tr>{''.join(rows)}</table>"
            f"<ol>{''.join(losses)}</ol>"
        )

    def to_polars(self) -> Any:
        """Return a Polars table of the rules, one row each, points as exact decimals.

        Raises:
            ImportError: The extra `table` is not installed.
        """
        # Only who asks for a table needs the package, and waits for its import.
        polars = import_module("polars")
        places = self.rules_used.index.places
        # 38 digits are the most that Polars holds.
        points = polars.Decimal(38, places)
        texts = dict.fromkeys(_TEXT_COLUMNS, polars.String)
        schema = texts | dict.fromkeys(_POINT_COLUMNS, points)
        return polars.DataFrame(self._rows(), schema=schema)

    def to_pandas(self) -> Any:
        """Return a pandas table of the rules, one row each, points as `Decimal`.

        Raises:
            ImportError: pandas is not installed.
        """
        pandas = import_module("pandas")
        columns = [*_TEXT_COLUMNS, *_POINT_COLUMNS]
        return pandas.DataFrame(self._rows(), columns=columns)

    def _rows(self) -> list[dict[str, object]]:
        """Return the rules as rows of a table, by the names of its columns."""
        rows: list[dict[str, object]] = []
        for rule in self.rules:
            row: dict[str, object] = {
                "rule": rule.id,
                "group": rule.rule.group,
                "title": rule.title,
                "state": str(rule.state),
                "reason": str(rule.reason),
                "required": rule.required,
                "reported": rule.reported,
                "calculation": rule.calculation,
            }
            row |= {name: getattr(rule, name) for name in _POINT_COLUMNS}
            rows.append(row)
        return rows


# The columns of the table of areas that notebooks show, also the keys of their words.
_AREA_COLUMNS = ("area", "earned", "lost", "excluded", "maximum")

# The columns of the tables of rules: texts first, then points.
_TEXT_COLUMNS = (
    "rule",
    "group",
    "title",
    "state",
    "reason",
    "required",
    "reported",
    "calculation",
)
_POINT_COLUMNS = ("maximum", "earned", "lost", "excluded", "without_effect", "weight")


def _html_row(title: str, group: Document) -> str:
    """Return the row of one area for notebooks: its title, escaped before, and its points."""
    points = [f"<td>{group[column]}</td>" for column in _AREA_COLUMNS[1:]]
    return f"<tr><td>{title}</td>{''.join(points)}</tr>"


def _report_of(
    rules: RuleSet,
    measurements: Measurements,
    as_of: date,
    figures: Figures,
    results: Sequence[Result],
) -> Report:
    """Return a report again from what it was made from; only sums are made anew."""
    # The results are kept, so what only judging reads, given points and absences, is not needed.
    compiled = compile_rules(rules)
    run = Run(figures, [*results], as_of.toordinal(), {}, {})
    return Report(gather(compiled, measurements, as_of, run))
