"""A change of the index divided: its exact parts by figures and by rules, and the parts as they are
shown.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any, Literal, NamedTuple, TypeAlias

from cchc_rules.analysis.comparison.contributions import (
    ZERO,
    Amounts,
    ChangePart,
    Standing,
    apportioned,
)
from cchc_rules.base.problem import Problem
from cchc_rules.report.report import Report

Document: TypeAlias = Mapping[str, Any]
Basis: TypeAlias = Literal["same_rules", "same_figures", "rescored", "unsplit"]

BASES: tuple[Basis, ...] = (
    # The rules are the same: all of the change is the figures' doing.
    "same_rules",
    # The figures are the same: all of it is the rules' doing.
    "same_figures",
    # Both differ: each side's figures were scored under the other's rules.
    "rescored",
    # Both differ, and there was nothing to score, or scoring refused it.
    "unsplit",
)
"""How a change was divided between figures and rules."""


class Side(NamedTuple):
    """One side of a comparison: its report document, and the report itself where it was scored
    here.
    """

    document: Document
    report: Report | None
    standing: Standing


class Columns(NamedTuple):
    """The exact parts of a change: of figures and of rules; all in the first when `rules` is None:
    not divided.
    """

    figures: Amounts
    rules: Amounts | None

    @property
    def both(self) -> tuple[Amounts, Amounts]:
        """Both columns, the second empty where the change is not divided."""
        return self.figures, self.rules or {}

    @property
    def parts(self) -> list[ChangePart]:
        """Every part, sorted."""
        return sorted({**self.figures, **(self.rules or {})})


class TickShares(NamedTuple):
    """An amount by column, in ticks; all in the first where the change is not divided."""

    figures: int
    rules: int

    @property
    def change(self) -> int:
        """Both columns together."""
        return self.figures + self.rules


class ExactShares(NamedTuple):
    """An amount that the index moved by, in points: in all, by figures, by rules (both None when
    not divided).
    """

    change: Fraction
    figures: Fraction | None
    rules: Fraction | None


@dataclass(frozen=True)
class Crossings:
    """The index of each side's figures under the other's rules, and whose figures stood in; or why
    there is none.

    `rules_before` is the index of the new figures under the old rules, `kept_before` the ids for
    which the old figure stood in there; `rules_after` and `kept_after` are the same the other way
    round. `years` is by how many years dates were moved.
    """

    rules_before: Decimal | None = None
    rules_after: Decimal | None = None
    kept_before: tuple[str, ...] = ()
    kept_after: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    years: int = 0


@dataclass(frozen=True, eq=False)
class Division:
    """What moved the index from one side to the other, by parts that add up exactly."""

    before: Side
    after: Side
    basis: Basis
    columns: Columns
    crossings: Crossings

    @property
    def divided(self) -> bool:
        """Whether the change is divided between figures and rules."""
        return self.columns.rules is not None

    @cached_property
    def places(self) -> int:
        """The decimal places in which the change is shown: those of the finer index."""
        # The base has the places of the index, and is there where there is no index.
        places = []
        for side in (self.before, self.after):
            base = side.document["index"]["base"]
            _, _, decimals = base.partition(".")
            places.append(len(decimals))
        return max(places)

    @property
    def unit(self) -> int:
        """How many ticks make a point."""
        unit: int = 10**self.places
        return unit

    def exact(self, parts: Iterable[ChangePart]) -> ExactShares:
        """Return what some parts moved the index by, exactly."""
        parts = [*parts]
        by_figures, by_rules = self.columns.both
        figures = sum((by_figures.get(part, ZERO) for part in parts), ZERO)
        rules = sum((by_rules.get(part, ZERO) for part in parts), ZERO)
        if not self.divided:
            return ExactShares(figures, None, None)
        return ExactShares(figures + rules, figures, rules)

    @cached_property
    def totals(self) -> TickShares:
        """The change by column, in ticks; the columns add up to the change as shown."""
        figures, rules = self.columns.both
        exact = {
            "figures": sum(figures.values(), ZERO),
            "rules": sum(rules.values(), ZERO),
        }
        change = (exact["figures"] + exact["rules"]) * self.unit
        ticks = apportioned(exact, int(change), self.unit)
        return TickShares(ticks["figures"], ticks["rules"])

    @cached_property
    def ticks(self) -> dict[ChangePart, TickShares]:
        """Every part by column, in ticks; each column adds up to its total."""
        by_figures, by_rules = self.columns.both
        figures = apportioned(by_figures, self.totals.figures, self.unit)
        rules = apportioned(by_rules, self.totals.rules, self.unit)
        return {
            part: TickShares(figures.get(part, 0), rules.get(part, 0))
            for part in self.columns.parts
        }

    def shown(self, parts: Iterable[ChangePart]) -> TickShares:
        """Return what some parts moved the index by, by column, in ticks as shown."""
        cells = [self.ticks[part] for part in parts if part in self.ticks]
        figures = sum(cell.figures for cell in cells)
        rules = sum(cell.rules for cell in cells)
        return TickShares(figures, rules)
