"""A rule in columns, once it is judged: a ladder of branches, of which each row takes the first
that holds.

Points, state and reason are read from the same ladder, and only what is asked for is worked out:

    where             state         earned
    no figure         missing            0
    value >= 90       met              400
    in other rows     partly met       120

`part("earned")` becomes “0 where no figure, else 400 where value >= 90, else 120”. Neighbours that
agree in what is asked for are one: `holds(lambda result: result.earned ...)` needs no more tests
than there are different answers.
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

STATE = pl.Enum([str(state) for state in State])
REASON = pl.Enum([str(reason) for reason in Reason])

Read = TypeVar("Read")


class ColumnResult(NamedTuple):
    """What can become of a rule: its state and why, its points in ticks.

    `exact` are the points before they are rounded, which means add up.
    """

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
        """Whether both are known to be the same; two columns of equal values may not be."""
        same_words = self._words == other._words
        parts = all(getattr(self, part).same(getattr(other, part)) for part in PARTS)
        return same_words and parts and self.exact.same(other.exact)

    @property
    def _words(self) -> tuple[State, Reason, bool, bool]:
        """What of a result is the same in every row."""
        return self.state, self.reason, self.alone, self.given


PARTS = ("earned", "lost", "excluded", "rescaled")
"""The columns of points that a result has."""

Branch: TypeAlias = tuple[pl.Expr, ColumnResult]
"""Where a branch holds, and what becomes of the rule there."""


class Judged:
    """The ladder of one rule.

    Args:
        branches: The branches, of which the first that holds counts; one holds in every row.
    """

    def __init__(self, branches: Iterable[Branch]) -> None:
        self.branches = _open(branches)
        self._parts: dict[str, Whole] = {}

    def part(self, name: str) -> Whole:
        """Return a column of points: one of `PARTS`."""
        if name not in self._parts:
            values = [(where, getattr(result, name)) for where, result in self.branches]
            rungs = merged(values, Whole.same)
            column = rungs[-1][1]
            for where, whole in reversed(rungs[:-1]):
                column = pick(where, whole, column)
            self._parts[name] = column.kept()
        return self._parts[name]

    @property
    def exact(self) -> Ratio:
        """The points before they are rounded."""
        column = self.branches[-1][1].exact
        for where, result in reversed(self.branches[:-1]):
            column = choose(where, result.exact, column)
        return column

    def holds(self, test: Callable[[ColumnResult], bool]) -> pl.Expr:
        """Return in which rows a test of the result holds."""
        answers = [(where, test(result)) for where, result in self.branches]
        rungs = merged(answers, bool.__eq__)
        if len(rungs) == 1:
            return TRUE if rungs[0][1] else FALSE
        return stacked([(where, pl.lit(value)) for where, value in rungs])

    def word(self, of: Callable[[ColumnResult], str], dtype: pl.Enum) -> pl.Expr:
        """Return the state or the reason, as `of` reads it."""
        words = [(where, of(result)) for where, result in self.branches]
        rungs = merged(words, str.__eq__)
        return stacked([(where, pl.lit(word, dtype)) for where, word in rungs])

    def changed(self, change: Callable[[ColumnResult], ColumnResult]) -> "Judged":
        """Return the ladder with other results; the same where all stay as they were."""
        branches = [(where, change(result)) for where, result in self.branches]
        unchanged = all(
            new.same(old)
            for (_, new), (_, old) in zip(branches, self.branches, strict=True)
        )
        return self if unchanged else Judged(branches)

    def before(
        self,
        condition: Callable[[ColumnResult], pl.Expr],
        change: Callable[[ColumnResult], ColumnResult],
    ) -> "Judged":
        """Return the ladder in which a result becomes another where its condition holds."""
        branches: list[Branch] = []
        for where, result in self.branches:
            changes = condition(result)
            if changes is not FALSE:
                branches.append((every((where, changes)), change(result)))
            if changes is not TRUE:
                branches.append((where, result))
        return Judged(branches)


def _open(branches: Iterable[Branch]) -> list[Branch]:
    """Return the branches that a row can reach; the last holds in every row that is left."""
    possible = [branch for branch in branches if branch[0] is not FALSE]
    last = next(
        position for position, (where, _) in enumerate(possible) if where is TRUE
    )
    return possible[: last + 1]


def when(
    condition: pl.Expr,
    yes: Sequence[Branch],
    no: Sequence[Branch],
) -> list[Branch]:
    """Return the branches of one ladder where a condition holds, and of another where it does not.

    Only `yes` is narrowed to the condition: a row that comes past all of it does not meet that.
    """
    inner = [(every((condition, where)), result) for where, result in _open(yes)]
    return [*inner, *no]


def merged(
    rungs: Sequence[tuple[pl.Expr, Read]],
    same: Callable[[Read, Read], bool],
) -> list[tuple[pl.Expr, Read]]:
    """Return the rungs of a ladder of values, neighbours of the same value as one."""
    together: list[tuple[pl.Expr, Read]] = []
    for where, value in rungs:
        if together and same(together[-1][1], value):
            together[-1] = (some((together[-1][0], where)), value)
        else:
            together.append((where, value))
    return together


def stacked(rungs: Sequence[tuple[pl.Expr, pl.Expr]]) -> pl.Expr:
    """Return the value of the first rung whose condition holds, the last one's where none does."""
    column = rungs[-1][1]
    for where, value in reversed(rungs[:-1]):
        column = pl.when(where).then(value).otherwise(column)
    return column
