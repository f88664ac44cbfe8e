"""Where everything stands in a workbook: the lines of the scoring sheets, and the address of every
figure.

All places are settled before anything is written, so that a formula may name a cell that is written
after it. The scoring sheet and the sheet of steps have the same rows: what a line says in points on
the one, it says in steps on the other.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from cchc_rules.base import messages
from cchc_rules.base.calendar import NEVER
from cchc_rules.render.display import Display, Document, message
from cchc_rules.render.workbook.cell_formulas import KINDS, NUMBER
from cchc_rules.render.workbook.cells import (
    GUARD,
    NotInSheetError,
    cell,
    elsewhere,
    serial,
)
from cchc_rules.report.deduction_kinds import is_by_hand

SHEETS = ("summary", "scores", "losses", "inputs", "steps", "lists", "origin")
HEAD = 5
"""The row of the headings, from 0; lines follow below it."""

TABLE_GAP = 2
"""Rows between two tables of the sheet of figures: an empty one, and the name of the second."""


class Line(NamedTuple):
    """One line of the scoring sheets: a group, or a rule.

    Areas have Roman numbers (`IV`), what lies in them counts from 1 (`3`, `3.1`).
    """

    number: str
    row: int
    item: Document
    group: bool
    depth: int


class Reckoning(NamedTuple):
    """The four columns on the sheet of steps of one way to reckon the index."""

    exact: int
    earned: int
    excluded: int
    rescaled: int


# Columns and rows count from 0 as in XlsxWriter; only addresses in formulas count from 1.

(
    NUMBER_COLUMN,
    ID,
    WEIGHT,
    LOWEST,
    ABSENCE,
    MET,
    POINTS,
    FIRST,
    GATES,
    CAUSE,
    EFFECT,
    STATE,
    UNSUPPORTED,
) = range(13)
"""The columns of the sheet of steps, before the four reckonings."""

FIRST_RECKONING = UNSUPPORTED + 1

ACTUAL, AT_LEAST, AT_MOST, SUPPORTED = RECKONINGS = tuple(
    Reckoning(*range(column, column + 4))
    for column in range(FIRST_RECKONING, FIRST_RECKONING + 16, 4)
)
"""The index as it is, at least, at most, and with only what is proved."""

SHARES = 29
"""The first of four columns of the sheet of steps by which points are shared out in whole ticks."""

EARNED_HERE, LOST_HERE, EXCLUDED_HERE = range(33, 36)
"""The columns of what rules of means and pools count for in their groups."""

EXCLUDED_SHARES = 36
"""The first of two columns by which what a mean excludes is shared out in whole ticks."""

ORDER = 38
"""The column of where a rule stands in the order of ids, which decides between equal remainders."""

PARTS = 39
"""The column of what a rule is worth where a least coverage is asked for."""

OPEN_STATES = (4, 6)
"""The codes of states that are open: missing, not yet due."""

(
    NAME,
    UNIT,
    ABOVE,
    BELOW,
    GIVEN,
    STATUS,
    FIGURE,
    SAID,
    CODE,
    METRIC,
    REMARK,
) = range(1, 12)
"""The columns of the sheet of figures, after the number of the line."""

# Order matters to readers alone: formulas find a line by its name.
TOTALS = (
    "maximum",
    "earned",
    "rescaled",
    "left",
    "exact-base",
    "base",
    "bonus",
    "penalty",
    "exact",
    "sum",
    "value",
)
"""The lines below the steps that make the index."""


class Frame:
    """Knows where everything of one document stands."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.display = Display(document)
        self.machine: Document = document["machine"]
        self.places: int = self.machine["places"]
        self.sheets = {sheet: self.say(f"sheet-{sheet}") for sheet in SHEETS}
        self.metrics: dict[str, Document] = _by_id(self.machine["metrics"])
        metrics = self.machine["metrics"]
        self.levels = [metric for metric in metrics if metric["levels"]]
        self.lines = list(self._lines())
        # A group and a rule may have one id.
        self.rows: dict[tuple[bool, str], int] = {}
        for line in self.lines:
            self.rows[line.group, line.item["id"]] = line.row
        self.last = HEAD + len(self.lines)
        self._place_inputs()

    def say(self, key: str, **arguments: object) -> str:
        """Return a message of the workbook."""
        return message(self.display.lang, f"workbook.{key}", arguments)

    def points_format(self) -> str:
        """Return the number format of points."""
        if not self.places:
            return "0"
        return "0." + "0" * self.places

    def date_format(self, day: object = None) -> str:
        """Return the number format of days, in the form of the language.

        Args:
            day: The day that stands in the cell, as ISO text: where it is the one that stands for
                never, the cell shows that word, and any other day as a day.
        """
        days = "d mmm yyyy"
        if self.display.lang == "vi":
            days = "dd/mm/yyyy"
        if day != NEVER.isoformat():
            return days
        word = messages.date(self.display.lang, NEVER)
        return f'[={serial(str(day))}]"{word}";{days}'

    # Lines

    def _lines(self) -> Iterator[Line]:
        """Yield the lines as they are read: each group, its rules, the groups below it."""
        row = HEAD + 1
        for index, area in enumerate(self.display.areas(), start=1):
            lines_of_area = self._under(roman_number(index), "", area, 0)
            for number, item, is_group, depth in lines_of_area:
                yield Line(number, row, item, is_group, depth)
                row += 1

    def _under(
        self, number: str, prefix: str, group: Document, depth: int
    ) -> Iterator[tuple[str, Document, bool, int]]:
        """Yield a group and what lies in it; `prefix` begins the numbers of its children."""
        yield number, group, True, depth
        rules = self.rules_of(group)
        groups = self.groups_of(group)
        for index, rule in enumerate(rules, start=1):
            yield f"{prefix}{index}", rule, False, depth + 1
        for index, child in enumerate(groups, start=len(rules) + 1):
            number = f"{prefix}{index}"
            yield from self._under(number, f"{number}.", child, depth + 1)

    def full_number(self, row: int) -> str:
        """Return a line's number with that of its area: `IV.3`."""
        lines = [line for line in self.lines if line.row <= row]
        # Areas are the lines at depth 0; the last of them above a line is the one that it lies in.
        areas = [line for line in lines if not line.depth]
        return f"{areas[-1].number}.{lines[-1].number}"

    def rules_of(self, group: Document) -> list[Document]:
        """Return the rules right below a group."""
        rules = self.document["rules"]
        return [rule for rule in rules if rule["group"] == group["id"]]

    def groups_of(self, group: Document) -> list[Document]:
        """Return the groups right below a group."""
        groups = self.document["groups"]
        return [child for child in groups if child["parent"] == group["id"]]

    def ancestors(self, id_: str | None) -> Iterator[Document]:
        """Yield a group and those it lies in, the nearest first."""
        groups = _by_id(self.document["groups"])
        while id_ is not None:
            yield groups[id_]
            id_ = groups[id_]["parent"]

    def children(self, column: int, group: Document) -> list[str]:
        """Return the addresses of a group's children in a column.

        Its rules stand below each other and are one range; then comes each group. A range of many
        rules counts as one operand, so that no group is too large for a function of a sheet.
        """
        addresses = []
        rule_rows = [self.rows[False, rule["id"]] for rule in self.rules_of(group)]
        if rule_rows:
            first = cell(rule_rows[0], column)
            last = cell(rule_rows[-1], column)
            addresses.append(f"{first}:{last}")
        for child in self.groups_of(group):
            row = self.rows[True, child["id"]]
            addresses.append(cell(row, column))
        return addresses

    # Figures

    def _place_inputs(self) -> None:
        """Give every metric, and every decision of a person, its row on the sheet of figures.

        There are four tables, one below the other, each under a row of its own name: metrics,
        points that people give, rules that need evidence, blocks that are absent.
        """
        rules = self.document["rules"]
        groups = self.document["groups"]
        # Where a table is empty its name is not written, but its rows stay, so that nothing moves.
        row = HEAD + 1
        self.metric_rows = _rows_from(row, self.metrics)
        row += len(self.metrics) + TABLE_GAP
        self.by_hand = [rule for rule in rules if _may_get_points_by_hand(rule)]
        self.point_rows = _rows_from(row, _ids(self.by_hand))
        row += len(self.by_hand) + TABLE_GAP
        self.proved = [rule for rule in rules if rule["evidence"]["required"]]
        self.proof_rows = _rows_from(row, _ids(self.proved))
        row += len(self.proved) + TABLE_GAP
        self.absent = [group for group in groups if group["absent"] is not None]
        self.absent_rows = _rows_from(row, _ids(self.absent))
        self.end = row + len(self.absent)

    def input(self, row: int, column: int) -> str:
        """Return the address of a cell on the sheet of figures."""
        return elsewhere(self.sheets["inputs"], cell(row, column))

    def figure(self, metric: str) -> str:
        """Return the address of a metric's figure."""
        return self.input(self.metric_rows[metric], FIGURE)

    def code(self, metric: str) -> str:
        """Return the address of the code of a metric's state."""
        return self.input(self.metric_rows[metric], CODE)

    def kind(self, metric: str) -> str:
        """Return the kind of a metric's figure."""
        return KINDS.get(self.metrics[metric]["type"], NUMBER)

    def points(self, rule: str) -> str | None:
        """Return the address of the points that a person gives a rule, None where nobody may."""
        if rule not in self.point_rows:
            return None
        return self.input(self.point_rows[rule], GIVEN)

    def as_of(self) -> str:
        """Return the address of the day of judgement."""
        return self.input(HEAD - 2, GIVEN)

    def holidays(self) -> str:
        """Return the address of the free days.

        Raises:
            NotInSheetError: a weekend is worked somewhere; `WORKDAY` knows days off, and none more.
        """
        if any(self.machine["unusual_days"].values()):
            raise NotInSheetError
        cells = f"{cell(1, HOLIDAYS)}:{cell(MOST_HOLIDAYS, HOLIDAYS)}"
        return elsewhere(self.sheets["lists"], cells)

    def yes(self) -> str:
        """Return the address of the word for yes."""
        return elsewhere(self.sheets["lists"], cell(1, YES))

    def no(self) -> str:
        """Return the address of the word for no."""
        return elsewhere(self.sheets["lists"], cell(2, YES))

    def yes_and_no(self) -> str:
        """Return the range of the words for yes and no, as a list to choose from."""
        # The name of the sheet stands before the first cell alone: 'Lists'!$B$2:$B$3.
        _, _, last = self.no().partition("!")
        return f"={self.yes()}:{last}"

    def step(self, row: int, column: int) -> str:
        """Return the address of a cell on the sheet of steps."""
        return elsewhere(self.sheets["steps"], cell(row, column))

    def total(self, name: str, reckoning: Reckoning = ACTUAL) -> str:
        """Return the address of a line of the index on the sheet of steps."""
        return self.step(self.total_row(name), reckoning.earned)

    def no_index(self, reckoning: Reckoning = ACTUAL) -> str:
        """Return the condition that there is no index (semantics I2, I9).

        Nothing is left to score, or less was reported than is asked for. At their fewest or most
        points all open rules count as reported.
        """
        nothing_left = f"{self.total('left', reckoning)}=0"
        coverage = self.document["index"]["coverage"]
        if coverage is None or reckoning not in (ACTUAL, SUPPORTED):
            return nothing_left
        states = self._steps_column(STATE)
        parts = self._steps_column(PARTS)
        reported = f"SUMPRODUCT(({states}>=1)*({states}<=3)*{parts})"
        waiting = "+".join(
            f"SUMPRODUCT(({states}={state})*{parts})" for state in OPEN_STATES
        )
        asked = f"({reported}+{waiting})"
        lacking = f"ROUND(100*{reported}-{coverage['least']}*{asked},{GUARD})<0"
        return f"OR({nothing_left},{lacking})"

    def _steps_column(self, column: int) -> str:
        """Return the address of all lines in a column of the sheet of steps."""
        first = cell(HEAD + 1, column)
        return elsewhere(self.sheets["steps"], f"{first}:{cell(self.last, column)}")

    def total_row(self, name: str) -> int:
        """Return the row of a line of the index on the sheet of steps."""
        return self.last + 2 + TOTALS.index(name)

    def score(self, row: int, column: int) -> str:
        """Return the address of a cell on the sheet of scores."""
        return elsewhere(self.sheets["scores"], cell(row, column))


STATES, YES, STATUSES, HOLIDAYS, LEVELS = range(5)
"""The columns of the sheet of lists; each metric of levels has one from the last on."""

MOST_HOLIDAYS = 60
"""Free days that the sheet of lists has room for."""

# States are numbers in a sheet: formulas that read numbers are the same for every language of the
# report, and no title can be mistaken for a state. `CHOOSE` turns a code into its word where people
# read it.
STATE_CODES = (
    "met",
    "partly_met",
    "not_met",
    "missing",
    "not_applicable",
    "not_due",
    "waived",
)
"""The states in the order of their codes, from 1."""


def counts_days(machine: object) -> bool:
    """Whether working days are counted somewhere in the machine form of a rule or a metric.

    >>> counts_days(["add_working_days", {"metric": "received"}, "15"])
    True
    """
    if isinstance(machine, Mapping):
        return any(map(counts_days, machine.values()))
    if isinstance(machine, list):
        return any(map(counts_days, machine))
    return machine == "add_working_days"


def _may_get_points_by_hand(rule: Document) -> bool:
    """Whether a person may give a rule its points: always, or in an absence that leaves it so."""
    if is_by_hand(rule):
        return True
    return "manual" in rule["machine"]["effects"].values()


def _by_id(items: list[Document]) -> dict[str, Document]:
    return {item["id"]: item for item in items}


def _ids(items: list[Document]) -> list[str]:
    return [item["id"] for item in items]


def _rows_from(row: int, ids: Iterable[str]) -> dict[str, int]:
    """Return the rows of ids that stand one below the other, from a row on."""
    return {id_: index for index, id_ in enumerate(ids, start=row)}


def points_by_hand(rule: Document) -> str | None:
    """Return the points that a person gave a rule, None where nobody did.

    >>> points_by_hand({"inputs": [{"metric": "late", "value": "2"}]})
    >>> points_by_hand({"inputs": [{"metric": None, "points": "1.5"}]})
    '1.5'
    """
    for item in rule["inputs"]:
        if item["metric"] is None:
            points: str | None = item["points"]
            return points
    return None


ROMAN = (
    (100, "C"),
    (90, "XC"),
    (50, "L"),
    (40, "XL"),
    (10, "X"),
    (9, "IX"),
    (5, "V"),
    (4, "IV"),
    (1, "I"),
)
"""The Roman signs, the greatest first; those that take one off count as signs of their own."""


def roman_number(number: int) -> str:
    """Return a Roman number.

    >>> roman_number(14)
    'XIV'
    """
    written = ""
    for worth, sign in ROMAN:
        written += sign * (number // worth)
        number %= worth
    return written
