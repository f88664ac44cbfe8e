"""What rules of means and of capped pools count for in their groups, as live formulas (semantics G4
and G5).

A loss is first rounded down; the ticks that are then left go to the largest remainders, of equal
ones to the first id. The floors and remainders stand in columns of their own on the sheet of
steps. Three rules that share a loss of 0.10 equally lost 3.33… ticks each:

    rule    exact ticks    floor    remainder    rank    counts for
    a       3.33…          3        0.33…        0       0.04          one tick is left: 10 − 9
    b       3.33…          3        0.33…        1       0.03
    c       3.33…          3        0.33…        2       0.03

The rank of a line is how many lines have a larger remainder, and how many of an earlier id an equal
one; it gets a tick where its rank is less than the ticks that are left. So every cell works out its
own part, and no cell needs the list to be sorted. Where each id stands among all is a number in a
column of its own: sheets compare texts by the rules of their user's language.
"""

from collections.abc import Callable, Iterator, Sequence
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
    ORDER,
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
        ids = sorted(rule["id"] for rule in frame.document["rules"])
        self.order = {rule: place for place, rule in enumerate(ids, start=1)}

    def applies(self, line: Line) -> bool:
        """Whether a rule's own points are not those that it counts for."""
        if line.group:
            return False
        if self.of_mean(line) or self.of_pool(line) is not None:
            return True
        return self.of_cap(line) is not None

    def of_mean(self, line: Line) -> bool:
        """Whether a rule's line lies in a mean group."""
        return not line.group and self._group(line)["combine"] == "mean"

    def of_pool(self, line: Line) -> Document | None:
        """Return the bonus or penalty pool that a line lies in, None where it lies in the base."""
        group = line.item
        if not line.group:
            group = self._group(line)
        # The kind of an area is that of all groups below it.
        while group["parent"] is not None:
            group = self.groups[group["parent"]]
        if group["kind"] == "base":
            return None
        return group

    def of_cap(self, line: Line) -> Document | None:
        """Return the outermost base group with a cap that a line is or lies in, None without."""
        caps = self._caps_around(line)
        if not caps:
            return None
        return caps[-1]

    def _caps_around(self, line: Line) -> list[Document]:
        """Return the base groups with a cap that a line is or lies in, the innermost first."""
        group = line.item
        if not line.group:
            group = self._group(line)
        caps = []
        while True:
            if group["cap"] is not None and group["kind"] == "base":
                caps.append(group)
            if group["parent"] is None:
                return caps
            group = self.groups[group["parent"]]

    def _group(self, line: Line) -> Document:
        return self.groups[line.item["group"]]

    # On the sheet of steps

    def write(self, sheet: ProtectedSheet) -> None:
        """Write the whole ticks and the remainders of every such rule."""
        # The columns to the right are left empty for all other rules: their own points count.
        for line in self.frame.lines:
            if line.group:
                continue
            for parts, amount in self._amounts(line):
                ticks = f"({amount})*{self.ticks}"
                floor = f"INT(ROUND({ticks},{STEADY}))"
                rest = f"ROUND({ticks}-{cell(line.row, parts.floor)},{STEADY})"
                style = {**BOX, **FAINT}
                sheet.formula(line.row, parts.floor, floor, None, **style)
                sheet.formula(line.row, parts.rest, rest, None, **style)
            if self.applies(line):
                place = self.order[line.item["id"]]
                sheet.number(line.row, ORDER, place, **{**BOX, **FAINT})
            for column, formula, key in self._formulas(line):
                said = decimal(line.item[key])
                sheet.formula(line.row, column, formula, said, **BOX)

    def _amounts(self, line: Line) -> Iterator[tuple[Parts, str]]:
        """Yield what a rule counts for in its group, in points that are not rounded yet.

        In a mean that is the group's weight times the rule's points over the weights that count; in
        a pool the part of what is held against the cap that the rule's loss has of all losses. In a
        base group with a cap, losses and what is excluded shrink as every cap around them cuts.
        """
        row = line.row
        weight = cell(row, WEIGHT)
        exact = f"N({cell(row, ACTUAL.exact)})"
        lacks = f"({weight}-{exact}-{cell(row, ACTUAL.excluded)})"
        if self.of_mean(line):
            group = self._group(line)
            group_weight = cell(self.frame.rows[True, group["id"]], WEIGHT)
            whole = self._mean_weight(group)
            for parts, points in ((EARNED_PARTS, exact), (LOST_PARTS, lacks)):
                share = f"{group_weight}*{points}/{whole}"
                yield parts, f"IF({whole}=0,0,{share})"
            # Where every rule leaves the mean, its whole weight is divided over all of them.
            out = f"({cell(row, ACTUAL.excluded)}-{cell(row, ACTUAL.rescaled)})"
            share = f"{group_weight}*{out}/{whole}"
            all_weights = self._sum(group, WEIGHT)
            of_all = f"{group_weight}*{weight}/{all_weights}"
            yield EXCLUDED_PARTS, f"IF({whole}=0,{of_all},{share})"
        pool = self.of_pool(line)
        if pool is not None:
            lost = f"({weight}-{cell(row, ACTUAL.earned)}-{cell(row, ACTUAL.excluded)})"
            whole = self._lost_in(pool)
            counts = self._counts(pool)
            yield LOST_PARTS, f"IF({whole}=0,0,{lost}*{counts}/{whole})"
        caps = self._caps_around(line)
        if caps:
            lost = f"({weight}-{cell(row, ACTUAL.earned)}-{cell(row, ACTUAL.excluded)})"
            cuts = [self._cut(cap, self._lost_of) for cap in caps]
            yield LOST_PARTS, "*".join([lost, *cuts])
            excluded = cell(row, ACTUAL.excluded)
            cuts = [self._cut(cap, self._excluded_of) for cap in caps]
            yield EXCLUDED_PARTS, "*".join([excluded, *cuts])

    def _cut(self, cap: Document, amount: Callable[[Sequence[str]], str]) -> str:
        """Return which part of an amount a cap leaves, of what its children have of it together."""
        columns = (WEIGHT, ACTUAL.earned, ACTUAL.excluded)
        row = self.frame.rows[True, cap["id"]]
        after = amount([cell(row, column) for column in columns])
        below = amount([self._of_children(cap, column) for column in columns])
        return f"IF({below}=0,0,{after}/{below})"

    def _lost_of(self, parts: Sequence[str]) -> str:
        weight, earned, excluded = parts
        return f"ROUND({weight}-{earned}-{excluded},{self.frame.places})"

    def _excluded_of(self, parts: Sequence[str]) -> str:
        return f"ROUND({parts[2]},{self.frame.places})"

    def _of_children(self, group: Document, column: int) -> str:
        """Return the sum of a group's own children in a column."""
        children = ",".join(self.frame.children(column, group))
        return f"SUM({children})"

    def _mean_weight(self, group: Document) -> str:
        weights = self._sum(group, WEIGHT)
        rescaled = self._sum(group, ACTUAL.rescaled)
        return f"ROUND({weights}-{rescaled},{self.frame.places})"

    def _sum(self, group: Document, column: int) -> str:
        ranges = ",".join(self._ranges(group, column))
        return f"SUM({ranges})"

    def _lost_in(self, pool: Document) -> str:
        weights = self._sum(pool, WEIGHT)
        earned = self._sum(pool, ACTUAL.earned)
        excluded = self._sum(pool, ACTUAL.excluded)
        return f"ROUND({weights}-{earned}-{excluded},{self.frame.places})"

    def _counts(self, pool: Document) -> str:
        """Return what the pool has lost within its cap, and no more than its rules lost."""
        there = self.frame.rows[True, pool["id"]]
        held = f"{cell(there, WEIGHT)}-{cell(there, ACTUAL.earned)}"
        return f"MIN(ROUND({held},{self.frame.places}),{self._lost_in(pool)})"

    def _ranges(self, group: Document, column: int) -> list[str]:
        """Return the addresses of all rules below a group in a column, a range a group."""
        ranges = []
        rules = self.frame.rules_of(group)
        if rules:
            first = self.frame.rows[False, rules[0]["id"]]
            last = self.frame.rows[False, rules[-1]["id"]]
            ranges.append(f"{cell(first, column)}:{cell(last, column)}")
        for child in self.frame.groups_of(group):
            ranges += self._ranges(child, column)
        return ranges

    # What the rules count for

    def _formulas(self, line: Line) -> Iterator[tuple[int, str, str]]:
        """Yield the columns of what a rule counts for, with their formulas and keys."""
        pool = self.of_pool(line)
        if pool is not None:
            counts = self._counts(pool)
            yield LOST_HERE, self._shared(line, LOST_PARTS, pool, counts), "lost"
        cap = self.of_cap(line)
        if cap is not None:
            row = self.frame.rows[True, cap["id"]]
            excluded = cell(row, ACTUAL.excluded)
            lost = f"{cell(row, WEIGHT)}-{cell(row, ACTUAL.earned)}-{excluded}"
            yield LOST_HERE, self._shared(line, LOST_PARTS, cap, lost), "lost"
            shared = self._shared(line, EXCLUDED_PARTS, cap, excluded)
            yield EXCLUDED_HERE, shared, "excluded"
        if not self.of_mean(line):
            return
        group = self._group(line)
        group_row = self.frame.rows[True, group["id"]]
        weight = cell(group_row, WEIGHT)
        earned = cell(group_row, ACTUAL.earned)
        excluded = cell(group_row, ACTUAL.excluded)
        lost = f"{weight}-{earned}-{excluded}"
        shared = self._shared(line, EARNED_PARTS, group, earned)
        yield EARNED_HERE, shared, "earned"
        shared = self._shared(line, LOST_PARTS, group, lost)
        yield LOST_HERE, shared, "lost"
        shared = self._shared(line, EXCLUDED_PARTS, group, excluded)
        yield EXCLUDED_HERE, shared, "excluded"

    def _shared(self, line: Line, parts: Parts, group: Document, total: str) -> str:
        """Return a line's whole ticks, with one more where its remainder is among the largest.

        Args:
            line: the line of the rule.
            parts: the columns of its whole ticks and its remainder.
            group: the mean or the pool in which the amount is shared out.
            total: the formula of the amount that all lines must add up to, in points.
        """
        remainders = self._ranges(group, parts.rest)
        orders = self._ranges(group, ORDER)
        here = cell(line.row, parts.rest)
        place = cell(line.row, ORDER)
        # `--` turns TRUE and FALSE into 1 and 0, so that the sum counts the lines.
        larger = [f"SUMPRODUCT(--({cells}>{here}))" for cells in remainders]
        equal_earlier = [
            f"SUMPRODUCT(({cells}={here})*({order}<{place}))"
            for cells, order in zip(remainders, orders, strict=True)
        ]
        rank = "+".join([*larger, *equal_earlier])
        floors_sum = self._sum(group, parts.floor)
        left = f"ROUND(({total})*{self.ticks}-{floors_sum},0)"
        more = f"IF({rank}<{left},1,0)"
        floor = cell(line.row, parts.floor)
        # Where the total was itself rounded below its parts, the last that has a tick gives it up:
        # its rank counts the lines with a tick from its id to the last, itself among them.
        floors = self._ranges(group, parts.floor)
        rank_from_last = "+".join(
            f"SUMPRODUCT(({cells}>0)*({order}>={place}))"
            for cells, order in zip(floors, orders, strict=True)
        )
        less = f"IF(AND({floor}>0,{rank_from_last}<=-{left}),1,0)"
        return f"ROUND(({floor}+{more}-{less})/{self.ticks},{self.frame.places})"
