"""A rule in columns, once it is judged: a ladder of branches, of which each row takes the first
that holds.

Points, state and reason are read from the same ladder, and only what is asked for is worked out:

    where             state         earned
    no figure         missing            0
    value >= 90       met              400
    in other rows     partly met       120

`part("earned")` becomes “0 where no figure, else 400 where value >= 90, else 120”. Neighbours that
agree in what is asked for are one: `holds(lambda result: result.state in PASSING)` needs no more
tests than there are changes between yes and no, going down the ladder.
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
    certain,
    choose,
    every,
    pick,
    some,
)

STATE = pl.Enum([str(state) for state in State])
REASON = pl.Enum([str(reason) for reason in Reason])

Read = TypeVar("Read")


class ColumnResult(NamedTuple):
    """What can become of a rule: its state and why, its points in ticks."""

    state: State
    reason: Reason
    earned: Whole
    lost: Whole
    excluded: Whole
    rescaled: Whole
    """The part of `excluded` that leaves the scale."""
    exact: Ratio
    """The points earned, before they are rounded: means add up these."""
    alone: bool = False
    """Whether the row goes to the single engine."""
    given: bool = False
    """Whether a person gave the points in place of a figure."""

    def same(self, other: "ColumnResult") -> bool:
        """Whether both are known to be the same; two columns of equal values may not be."""
        if self._words != other._words:
            return False
        for part in PARTS:
            mine: Whole = getattr(self, part)
            if not mine.same(getattr(other, part)):
                return False
        return self.exact.same(other.exact)

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
            values = []
            for where, result in self.branches:
                values.append((where, getattr(result, name)))
            rungs = merged(values, Whole.same)
            # From the last to the first: each needs the column of those after it.
            _, column = rungs[-1]
            for where, whole in reversed(rungs[:-1]):
                column = pick(where, whole, column)
            self._parts[name] = column.kept()
        return self._parts[name]

    @property
    def exact(self) -> Ratio:
        """The points before they are rounded."""
        _, last = self.branches[-1]
        column = last.exact
        for where, result in reversed(self.branches[:-1]):
            column = choose(where, result.exact, column)
        return column

    def holds(self, test: Callable[[ColumnResult], bool]) -> pl.Expr:
        """Return in which rows a test of the result holds."""
        answers = [(where, test(result)) for where, result in self.branches]
        rungs = merged(answers, bool.__eq__)
        if len(rungs) == 1:
            _, answer = rungs[0]
            return certain(answer)
        return stacked([(where, pl.lit(value)) for where, value in rungs])

    def word(self, of: Callable[[ColumnResult], str], dtype: pl.Enum) -> pl.Expr:
        """Return the state or the reason, as `of` reads it."""
        words = [(where, of(result)) for where, result in self.branches]
        rungs = merged(words, str.__eq__)
        return stacked([(where, pl.lit(word, dtype)) for where, word in rungs])

    def changed(self, change: Callable[[ColumnResult], ColumnResult]) -> "Judged":
        """Return the ladder with other results; the same where all stay as they were."""
        branches = [(where, change(result)) for where, result in self.branches]
        # The ladder itself keeps the columns that were made of it; a new one makes its own.
        pairs = zip(branches, self.branches, strict=True)
        if all(new.same(old) for (_, new), (_, old) in pairs):
            return self
        return Judged(branches)

    def before(
        self,
        condition: Callable[[ColumnResult], pl.Expr],
        change: Callable[[ColumnResult], ColumnResult],
    ) -> "Judged":
        """Return the ladder in which a result becomes another where its condition holds."""
        branches: list[Branch] = []
        # The changed result stands before the old one, which takes the rows that are left. Where it
        # is known beforehand which of the two it is, there is one branch.
        for where, result in self.branches:
            changes = condition(result)
            if changes is not FALSE:
                both = every((where, changes))
                branches.append((both, change(result)))
            if changes is not TRUE:
                branches.append((where, result))
        return Judged(branches)


def _open(branches: Iterable[Branch]) -> list[Branch]:
    """Return the branches that a row can reach; the last holds in every row that is left."""
    possible = [branch for branch in branches if branch[0] is not FALSE]
    reachable: list[Branch] = []
    for branch in possible:
        reachable.append(branch)
        if branch[0] is TRUE:
            break
    return reachable


def when(
    condition: pl.Expr,
    yes: Sequence[Branch],
    no: Sequence[Branch],
) -> list[Branch]:
    """Return the branches of one ladder where a condition holds, and of another where it does not.

    Only `yes` is narrowed to the condition: a row that comes past all of it does not meet that.
    """
    inner = []
    for where, result in _open(yes):
        both = every((condition, where))
        inner.append((both, result))
    return [*inner, *no]


def merged(
    rungs: Sequence[tuple[pl.Expr, Read]],
    same: Callable[[Read, Read], bool],
) -> list[tuple[pl.Expr, Read]]:
    """Return the rungs of a ladder of values, neighbours of the same value as one."""
    together: list[tuple[pl.Expr, Read]] = []
    for where, value in rungs:
        if together:
            where_before, value_before = together[-1]
            if same(value_before, value):
                either = some((where_before, where))
                together[-1] = (either, value)
                continue
        together.append((where, value))
    return together


def stacked(rungs: Sequence[tuple[pl.Expr, pl.Expr]]) -> pl.Expr:
    """Return the value of the first rung whose condition holds, the last one's where none does."""
    _, column = rungs[-1]
    for where, value in reversed(rungs[:-1]):
        column = pl.when(where).then(value).otherwise(column)
    return column
