"""A rule in columns, once it is judged: a ladder of outcomes, of which each row has the first whose
condition holds.

Points, state and reason are read from the same ladder, and only what is asked for is worked out.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeAlias, TypeVar

import polars as pl

from cchc_rules.base.state import Reason, State
from cchc_rules.tables.exact_columns import (
    FALSE,
    TRUE,
    Ratio,
    Whole,
    choose,
    every,
    pick,
    some,
)

STATE = pl.Enum([str(one) for one in State])
REASON = pl.Enum([str(one) for one in Reason])

Read = TypeVar("Read")


class ColumnResult(NamedTuple):
    """What can become of a rule: its state and why, its points in ticks, rounded and exact."""

    state: State
    reason: Reason
    earned: Whole
    lost: Whole
    excluded: Whole
    rescaled: Whole
    exact: Ratio
    alone: bool = False
    """Whether the row goes to the single engine."""
    given: bool = False
    """Whether a person gave the points in place of a figure."""

    def same(self, other: "ColumnResult") -> bool:
        """Whether both are known to be the same."""
        words = self[:2] + self[-2:] == other[:2] + other[-2:]
        parts = all(getattr(self, part).same(getattr(other, part)) for part in PARTS)
        return words and parts and self.exact.same(other.exact)


PARTS = ("earned", "lost", "excluded", "rescaled")
Branch: TypeAlias = tuple[pl.Expr, ColumnResult]


class Judged:
    """The ladder of one rule's outcomes."""

    def __init__(self, branches: Iterable[Branch]) -> None:
        self.branches = _open(branches)
        self._parts: dict[str, Whole] = {}

    def part(self, name: str) -> Whole:
        """Return a column of points: one of `PARTS`."""
        if name not in self._parts:
            rungs = merged(
                [(where, getattr(one, name)) for where, one in self.branches],
                Whole.same,
            )
            found = rungs[-1][1]
            for where, whole in reversed(rungs[:-1]):
                found = pick(where, whole, found)
            self._parts[name] = found.kept()
        return self._parts[name]

    @property
    def exact(self) -> Ratio:
        """The points before they are rounded."""
        found = self.branches[-1][1].exact
        for where, one in reversed(self.branches[:-1]):
            found = choose(where, one.exact, found)
        return found

    def holds(self, test: Callable[[ColumnResult], bool]) -> pl.Expr:
        """Return in which rows a test of the outcome holds."""
        rungs = merged(
            [(where, test(one)) for where, one in self.branches], bool.__eq__
        )
        if len(rungs) == 1:
            return TRUE if rungs[0][1] else FALSE
        return stacked([(where, pl.lit(value)) for where, value in rungs])

    def word(self, of: Callable[[ColumnResult], str], dtype: pl.Enum) -> pl.Expr:
        """Return the state or the reason."""
        rungs = merged([(where, of(one)) for where, one in self.branches], str.__eq__)
        return stacked([(where, pl.lit(word, dtype)) for where, word in rungs])

    def changed(self, change: Callable[[ColumnResult], ColumnResult]) -> "Judged":
        """Return the ladder with other outcomes; the same where all stay as they were."""
        found = [(where, change(one)) for where, one in self.branches]
        alike = all(
            new.same(old)
            for (_, new), (_, old) in zip(found, self.branches, strict=True)
        )
        return self if alike else Judged(found)

    def before(
        self,
        condition: Callable[[ColumnResult], pl.Expr],
        outcome: Callable[[ColumnResult], ColumnResult],
    ) -> "Judged":
        """Return the ladder in which an outcome becomes another where its condition holds."""
        found: list[Branch] = []
        for where, one in self.branches:
            change = condition(one)
            if change is not FALSE:
                found.append((every((where, change)), outcome(one)))
            if change is not TRUE:
                found.append((where, one))
        return Judged(found)


def _open(branches: Iterable[Branch]) -> list[Branch]:
    """Return the branches that a row can reach; the last holds in every row that is left."""
    possible = [branch for branch in branches if branch[0] is not FALSE]
    last = next(at for at, (where, _) in enumerate(possible) if where is TRUE)
    return possible[: last + 1]


def when(
    condition: pl.Expr, yes: Sequence[Branch], no: Sequence[Branch]
) -> list[Branch]:
    """Return the branches of one ladder where a condition holds, and of another where it does not."""
    inner = [(every((condition, where)), outcome) for where, outcome in _open(yes)]
    return [*inner, *no]


def merged(
    rungs: Sequence[tuple[pl.Expr, Read]], same: Callable[[Read, Read], bool]
) -> list[tuple[pl.Expr, Read]]:
    """Return the rungs of a ladder of values, neighbours of the same value as one."""
    found: list[tuple[pl.Expr, Read]] = []
    for where, value in rungs:
        if found and same(found[-1][1], value):
            found[-1] = (some((found[-1][0], where)), value)
        else:
            found.append((where, value))
    return found


def stacked(rungs: Sequence[tuple[pl.Expr, pl.Expr]]) -> pl.Expr:
    """Return the value of the first rung whose condition holds, the last one's where none does."""
    found = rungs[-1][1]
    for where, value in reversed(rungs[:-1]):
        found = pl.when(where).then(value).otherwise(found)
    return found
