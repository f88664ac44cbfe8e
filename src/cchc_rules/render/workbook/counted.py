"""What rules of means and of capped pools count for in their groups, as live formulas (semantics G4
and G5).

A loss is first rounded down; the ticks that are then left go to the largest remainders, of equal
ones to the first line. The floors and remainders stand in columns of their own on the sheet of
steps.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from cchc_rules.render.display import Document
from cchc_rules.render.workbook.book import BOX, FAINT, ProtectedSheet
from cchc_rules.render.workbook.cells import cell, decimal
from cchc_rules.render.workbook.layout import (
    ACTUAL,
    EARNED_HERE,
    EXCLUDED_HERE,
    EXCLUDED_SHARES,
    LOST_HERE,
    SHARES,
    WEIGHT,
    Frame,
    Line,
)

STEADY = 8
"""So many places of a tick are kept, so that binary digits decide no tie."""


class Parts(NamedTuple):
    """The columns of one amount that is shared out: the whole ticks, and what is left of each."""

    floor: int
    rest: int


EARNED_PARTS = Parts(SHARES, SHARES + 1)
LOST_PARTS = Parts(SHARES + 2, SHARES + 3)
EXCLUDED_PARTS = Parts(EXCLUDED_SHARES, EXCLUDED_SHARES + 1)


class CountedFormulas:
    """Writes the formulas of the rules whose own points are not those of their group."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.ticks = 10**frame.places
        self.groups: dict[str, Document] = {
            group["id"]: group for group in frame.document["groups"]
        }

    def applies(self, line: Line) -> bool:
        """Whether a rule's own points are not those that it counts for."""
        return not line.group and (self.of_mean(line) or self.of_pool(line) is not None)

    def of_mean(self, line: Line) -> bool:
        """Whether a rule's line lies in a mean group."""
        return not line.group and self._group(line)["combine"] == "mean"

    def of_pool(self, line: Line) -> Document | None:
        """Return the bonus or penalty pool that a line lies in."""
        group = line.item if line.group else self._group(line)
        while group["parent"] is not None:
            group = self.groups[group["parent"]]
        return None if group["kind"] == "base" else group

    def _group(self, line: Line) -> Document:
        return self.groups[line.item["group"]]

    # On the sheet of steps

    def write(self, sheet: ProtectedSheet) -> None:
        """Write the whole ticks and the remainders of every such rule."""
        for line in self.frame.lines:
            if line.group:
                continue
            for parts, amount in self._amounts(line):
                ticks = f"({amount})*{self.ticks}"
                floor = f"INT(ROUND({ticks},{STEADY}))"
                rest = f"ROUND({ticks}-{cell(line.row, parts.floor)},{STEADY})"
                for column, formula in ((parts.floor, floor), (parts.rest, rest)):
                    sheet.formula(line.row, column, formula, None, **BOX, **FAINT)
            for column, formula, key in self._formulas(line):
                said = decimal(line.item[key])
                sheet.formula(line.row, column, formula, said, **BOX)

    def _amounts(self, line: Line) -> Iterator[tuple[Parts, str]]:
        row = line.row
        weight = cell(row, WEIGHT)
        exact = f"N({cell(row, ACTUAL.exact)})"
        lacks = f"({weight}-{exact}-{cell(row, ACTUAL.excluded)})"
        if self.of_mean(line):
            there = self.frame.rows[True, self._group(line)["id"]]
            whole = self._mean_weight(self._group(line))
            for parts, points in ((EARNED_PARTS, exact), (LOST_PARTS, lacks)):
                share = f"{cell(there, WEIGHT)}*{points}/{whole}"
                yield parts, f"IF({whole}=0,0,{share})"
            # Where every rule leaves the mean, its whole weight is divided over all of them.
            out = f"({cell(row, ACTUAL.excluded)}-{cell(row, ACTUAL.rescaled)})"
            share = f"{cell(there, WEIGHT)}*{out}/{whole}"
            of_all = (
                f"{cell(there, WEIGHT)}*{weight}/{self._sum(self._group(line), WEIGHT)}"
            )
            yield EXCLUDED_PARTS, f"IF({whole}=0,{of_all},{share})"
        pool = self.of_pool(line)
        if pool is not None:
            lost = f"({weight}-{cell(row, ACTUAL.earned)}-{cell(row, ACTUAL.excluded)})"
            whole = self._lost_in(pool)
            yield LOST_PARTS, f"IF({whole}=0,0,{lost}*{self._counts(pool)}/{whole})"

    def _mean_weight(self, group: Document) -> str:
        weights = self._sum(group, WEIGHT)
        return (
            f"ROUND({weights}-{self._sum(group, ACTUAL.rescaled)},{self.frame.places})"
        )

    def _sum(self, group: Document, column: int) -> str:
        return f"SUM({','.join(self._ranges(group, column))})"

    def _lost_in(self, pool: Document) -> str:
        earned = self._sum(pool, ACTUAL.earned)
        excluded = self._sum(pool, ACTUAL.excluded)
        lost = f"{self._sum(pool, WEIGHT)}-{earned}-{excluded}"
        return f"ROUND({lost},{self.frame.places})"

    def _counts(self, pool: Document) -> str:
        """Return what the pool has lost within its cap, and no more than its rules lost."""
        there = self.frame.rows[True, pool["id"]]
        held = f"{cell(there, WEIGHT)}-{cell(there, ACTUAL.earned)}"
        return f"MIN(ROUND({held},{self.frame.places}),{self._lost_in(pool)})"

    def _ranges(self, group: Document, column: int) -> list[str]:
        """Return the addresses of all rules below a group in a column, a range a group."""
        rows = [
            self.frame.rows[False, rule["id"]] for rule in self.frame.rules_of(group)
        ]
        ranges = [f"{cell(rows[0], column)}:{cell(rows[-1], column)}"] if rows else []
        for child in self.frame.groups_of(group):
            ranges += self._ranges(child, column)
        return ranges

    # What the rules count for

    def _formulas(self, line: Line) -> Iterator[tuple[int, str, str]]:
        """Yield the columns of what a rule counts for, with their formulas and keys."""
        pool = self.of_pool(line)
        if pool is not None:
            yield (
                LOST_HERE,
                self._shared(line, LOST_PARTS, pool, self._counts(pool)),
                "lost",
            )
        if not self.of_mean(line):
            return
        group = self._group(line)
        there = self.frame.rows[True, group["id"]]
        earned = cell(there, ACTUAL.earned)
        lost = f"{cell(there, WEIGHT)}-{earned}-{cell(there, ACTUAL.excluded)}"
        yield EARNED_HERE, self._shared(line, EARNED_PARTS, group, earned), "earned"
        yield LOST_HERE, self._shared(line, LOST_PARTS, group, lost), "lost"
        excluded = cell(there, ACTUAL.excluded)
        yield (
            EXCLUDED_HERE,
            self._shared(line, EXCLUDED_PARTS, group, excluded),
            "excluded",
        )

    def _shared(self, line: Line, parts: Parts, group: Document, total: str) -> str:
        """Return a line's whole ticks, with one more where its remainder is among the largest."""
        rests = self._ranges(group, parts.rest)
        here = cell(line.row, parts.rest)
        rank = [f"SUMPRODUCT(--({rest}>{here}))" for rest in rests]
        rank += [
            f"SUMPRODUCT(--({rest}={here}))"
            for rest in self._before(line, parts.rest, group)
        ]
        left = f"ROUND(({total})*{self.ticks}-{self._sum(group, parts.floor)},0)"
        more = f"IF({'+'.join(rank)}<{left},1,0)"
        floor = cell(line.row, parts.floor)
        # Where the total was itself rounded below its parts, the last that has a tick gives it up.
        floors = self._ranges(group, parts.floor)
        before = self._before(line, parts.floor, group)
        here_and_below = [f"SUMPRODUCT(--({name}>0))" for name in floors]
        above = [f"-SUMPRODUCT(--({name}>0))" for name in before]
        rank_from_last = "".join(["+".join(here_and_below), *above])
        less = f"IF(AND({floor}>0,{rank_from_last}<=-{left}),1,0)"
        return f"ROUND(({floor}+{more}-{less})/{self.ticks},{self.frame.places})"

    def _before(self, line: Line, column: int, group: Document) -> Sequence[str]:
        """Return the addresses of the rules of a group above a line."""
        own = self._group(line)
        first = self.frame.rows[False, self.frame.rules_of(own)[0]["id"]]
        above = []
        for name in self._ranges(group, column):
            if name.split(":")[0] == cell(first, column):
                break
            above.append(name)
        if first < line.row:
            above.append(f"{cell(first, column)}:{cell(line.row - 1, column)}")
        return above
