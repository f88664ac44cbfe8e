"""`compare`: two reports in, what moved the index out, divided exactly between the figures and the
rules.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from cchc_rules.analysis.comparison.comparison_document import document
from cchc_rules.analysis.comparison.contributions import (
    RULE,
    Amounts,
    ChangePart,
    exact,
    halved,
    moved,
    standing,
)
from cchc_rules.analysis.comparison.crossing import crossed
from cchc_rules.analysis.comparison.division import (
    Basis,
    Columns,
    Crossings,
    Division,
    Document,
    Side,
)
from cchc_rules.base.number import fixed
from cchc_rules.base.problem import Problem, ReportError, quoted
from cchc_rules.base.state import State
from cchc_rules.report.document import document as report_document
from cchc_rules.report.report import Report

KINDS = ("base", "bonus", "penalty")
"""What a group may be."""


class Comparison:
    """What moved the index from one report to another; points as exact decimals, fractions where it
    says so.

    `to_dict` gives the document of docs/reference/comparison.md.

    Args:
        division: The change, divided into its parts.
    """

    def __init__(self, division: Division) -> None:
        self.division = division

    def decimal(self, ticks: int) -> Decimal:
        """Return ticks as points, with the places of the finer index."""
        return Decimal(fixed(ticks, self.division.places))

    @property
    def basis(self) -> Basis:
        """How the change was divided: `same_rules`, `same_figures`, `rescored`, or `unsplit`."""
        return self.division.basis

    @property
    def change(self) -> Decimal:
        """By how many points the index moved, as shown."""
        return self.decimal(self.division.totals.change)

    @property
    def figures(self) -> Decimal | None:
        """What of the change the figures did; None when it is not divided."""
        return self._if_divided(self.division.totals.figures)

    @property
    def rules(self) -> Decimal | None:
        """What of the change the rules did; None when it is not divided."""
        return self._if_divided(self.division.totals.rules)

    def _if_divided(self, ticks: int) -> Decimal | None:
        if not self.division.divided:
            return None
        return self.decimal(ticks)

    @property
    def parts(self) -> Mapping[ChangePart, Fraction]:
        """What every part moved the index by, exactly: rules, and the steps between the rules and
        the index.
        """
        exact = self.division.exact
        return {part: exact([part]).change for part in self.division.columns.parts}

    @property
    def by_rule(self) -> Mapping[str, Decimal]:
        """What every rule that moved the index did, in points as shown, by its id."""
        sums: dict[str, int] = {}
        for part, ticks in self.division.ticks.items():
            # A rule that went to another area is two parts.
            if part.kind == RULE:
                sums[part.id] = sums.get(part.id, 0) + ticks.change
        return {id_: self.decimal(ticks) for id_, ticks in sums.items()}

    def to_dict(self, lang: str | None = None) -> dict[str, Any]:
        """Return the document that every view is drawn from, in the language asked for."""
        language = lang or self.division.after.document["language"]
        return document(self.division, language)


def compare(before: Report | Document, after: Report | Document) -> Comparison:
    """Return what moved the index from one report, or report document, to another.

    The change is divided between figures and rules when both sides name the same rules or the same
    figures, or when both are reports scored here, so that each side's figures can be scored by the
    other's rules.

    Args:
        before: The report that the change starts from, as a `Report` or as its document.
        after: The report that it leads to.

    Raises:
        ReportError: When a document is no report.

    >>> from cchc_rules import load_measurements, load_rules, score
    >>> rules = load_rules("cam-due-2023")
    >>> figures = load_measurements("examples/cam-due-2023.json", rules)
    >>> better = figures.changed({"officials_placed": {"numerator": 11, "denominator": 11}})
    >>> comparison = compare(score(rules, figures), score(rules, better))
    >>> comparison.basis, comparison.change == comparison.figures, comparison.rules
    ('same_rules', True, Decimal('0.00'))
    """
    first = read_side(before)
    second = read_side(after)
    change = _change(first, second)
    # What is the same on both sides has moved nothing, so that the other did all of it.
    if _rules_named(first.document) == _rules_named(second.document):
        columns = Columns(figures=change, rules={})
        return _comparison(first, second, "same_rules", columns)
    if _figures_named(first.document) == _figures_named(second.document):
        columns = Columns(figures={}, rules=change)
        return _comparison(first, second, "same_figures", columns)
    if first.report is None or second.report is None:
        # Documents alone cannot be scored by other rules.
        columns = Columns(figures=change, rules=None)
        return _comparison(first, second, "unsplit", columns)
    return _rescored(first, second, first.report, second.report)


def compare_rules(before: Report, after: Report) -> Comparison:
    """Return what moved the index between two reports of the same figures: all of it is the rules'
    doing.

    The caller knows that the figures are the same, also where the two files that say them differ.
    """
    first = read_side(before)
    second = read_side(after)
    columns = Columns({}, _change(first, second))
    return _comparison(first, second, "same_figures", columns)


def read_side(source: Report | Document) -> Side:
    """Return a report or a report document as a side of a comparison; raise `ReportError` when it
    is broken.
    """
    if isinstance(source, Report):
        # A comparison says nothing of what would win points back, the dearest part of a report.
        scored = report_document(source.scoring, source.language, gains=False)
        return Side(scored, source, standing(scored))
    try:
        side = Side(source, None, standing(source))
        _tried(side)
    except BROKEN as error:
        raise broken(error) from None
    return side


BROKEN = (LookupError, TypeError, ValueError, ArithmeticError, AttributeError)
"""What reading a broken document raises."""


def broken(error: Exception) -> ReportError:
    """Return the error that says that a report document is broken."""
    problem = Problem("report-broken", (), {"what": quoted(error)})
    return ReportError([problem])


def _tried(side: Side) -> None:
    """Compare a document with itself and hold what views rely on, so that what is broken shows
    here.
    """
    document = side.document
    # Compared with itself it has nothing to tell, but every part of it is read for that.
    columns = Columns(_change(side, side), {})
    written = _comparison(side, side, "same_rules", columns).to_dict()
    date.fromisoformat(written["before"]["as_of"])
    _rules_named(document)
    _figures_named(document)
    for key in ("groups", "rules", "targets", "tracks"):
        _listed(document[key])
    for rule in document["rules"]:
        State(rule["state"])
        _listed(rule["source"])
    for target in document["targets"]:
        _listed(target["source"])
    for part in [*document["rules"], *document["groups"]]:
        for key in ("earned", "lost", "excluded", "maximum"):
            exact(part[key])
    for group in document["groups"]:
        KINDS.index(group["kind"])


def _listed(value: object) -> None:
    if not isinstance(value, list):
        raise TypeError(f"{quoted(value)}: []")


def _change(before: Side, after: Side) -> Amounts:
    """Return the parts of the change from one side to another."""
    return moved(before.standing, after.standing)


def _rules_named(document: Document) -> object:
    """Return what tells rules apart: the bytes of the files, the dated section and the kind of
    unit.
    """
    ruleset = document["ruleset"]
    return (
        [file["sha256"] for file in ruleset["files"]],
        ruleset.get("since"),
        ruleset["kind"],
    )


def _figures_named(document: Document) -> object:
    """Return what tells figures apart: the bytes of the submission and the day."""
    return document["measurements"]["sha256"], document["as_of"]


def _rescored(
    first: Side,
    second: Side,
    before: Report,
    after: Report,
) -> Comparison:
    """Return the comparison of two reports that differ in figures and rules, each effect the mean
    of both orders.
    """
    old = crossed(before, after)
    new = crossed(after, before)
    # Both orders are needed for the mean: one alone would favour what came first.
    if old.report is None or new.report is None:
        problems = Crossings(problems=(*old.problems, *new.problems))
        columns = Columns(_change(first, second), None)
        return _comparison(first, second, "unsplit", columns, problems)
    # From the first to the second there are two ways: figures first, over the new figures under the
    # old rules, or rules first, over the old figures under the new rules.
    new_figures = read_side(old.report)
    new_rules = read_side(new.report)
    figures_first = _change(first, new_figures)
    figures_last = _change(new_rules, second)
    rules_first = _change(first, new_rules)
    rules_last = _change(new_figures, second)
    columns = Columns(
        figures=halved(figures_first, figures_last),
        rules=halved(rules_first, rules_last),
    )
    first_year = before.scoring.rules.valid[0].year
    second_year = after.scoring.rules.valid[0].year
    crossings = Crossings(
        rules_before=old.report.index.value,
        rules_after=new.report.index.value,
        kept_before=old.kept,
        kept_after=new.kept,
        years=second_year - first_year,
    )
    return _comparison(first, second, "rescored", columns, crossings)


NO_CROSSINGS = Crossings()
"""Where nothing was scored by the other side's rules."""


def _comparison(
    before: Side,
    after: Side,
    basis: Basis,
    columns: Columns,
    crossings: Crossings = NO_CROSSINGS,
) -> Comparison:
    division = Division(before, after, basis, columns, crossings)
    return Comparison(division)
