"""Where everything stands in a workbook: the lines of the scoring sheets, and the address of every
figure.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from cchc_rules.base.messages import message
from cchc_rules.render.display import Display, Document, safe
from cchc_rules.render.workbook.cell_formulas import KINDS, NUMBER
from cchc_rules.render.workbook.cells import NotInSheetError, cell, elsewhere

SHEETS = ("summary", "scores", "losses", "inputs", "steps", "lists", "origin")
HEAD = 5
"""The row of the headings, from 0; lines follow below it."""


class Line(NamedTuple):
    """One line of the scoring sheets: a group, or a rule."""

    number: str
    row: int
    item: Document
    group: bool
    depth: int


class Step(NamedTuple):
    """The four columns of one reckoning on the sheet of steps."""

    exact: int
    earned: int
    excluded: int
    rescaled: int


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

ACTUAL, AT_LEAST, AT_MOST, SUPPORTED = RECKONINGS = tuple(
    Step(*range(13 + 4 * at, 17 + 4 * at)) for at in range(4)
)

NAME, UNIT, ABOVE, BELOW, GIVEN, STATUS, FIGURE, SAID, CODE, METRIC, REMARK = range(
    1, 12
)
"""The columns of the sheet of figures, after the number of the line."""

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
        self.metrics: dict[str, Document] = {
            metric["id"]: metric for metric in self.machine["metrics"]
        }
        self.levels = [metric for metric in self.machine["metrics"] if metric["levels"]]
        self.lines = list(self._lines())
        self.rows = {(line.group, line.item["id"]): line.row for line in self.lines}
        self.last = HEAD + len(self.lines)
        self._place_inputs()

    def say(self, word: str, **places: object) -> str:
        """Return a message of the workbook."""
        return message(
            self.display.lang,
            f"workbook.{word}",
            **{key: safe(text) for key, text in places.items()},
        )

    # Lines

    def _lines(self) -> Iterator[Line]:
        row = HEAD + 1
        for at, group in enumerate(self.display.areas(), start=1):
            for number, item, is_group, depth in self._under(_roman(at), "", group, 0):
                yield Line(number, row, item, is_group, depth)
                row += 1

    def _under(
        self, number: str, prefix: str, group: Document, depth: int
    ) -> Iterator[tuple[str, Document, bool, int]]:
        yield number, group, True, depth
        rules = self.rules_of(group)
        groups = self.groups_of(group)
        for at, rule in enumerate(rules, start=1):
            yield f"{prefix}{at}", rule, False, depth + 1
        for at, child in enumerate(groups, start=len(rules) + 1):
            yield from self._under(f"{prefix}{at}", f"{prefix}{at}.", child, depth + 1)

    def full_number(self, row: int) -> str:
        """Return a line's number with that of its area: `IV.3`."""
        above = [line for line in self.lines if line.row <= row]
        area = next(line for line in reversed(above) if not line.depth)
        return f"{area.number}.{above[-1].number}"

    def rules_of(self, group: Document) -> list[Document]:
        """Return the rules right below a group."""
        return [rule for rule in self.document["rules"] if rule["group"] == group["id"]]

    def groups_of(self, group: Document) -> list[Document]:
        """Return the groups right below a group."""
        return [
            child for child in self.document["groups"] if child["parent"] == group["id"]
        ]

    def above(self, group: str | None) -> Iterator[Document]:
        """Yield a group and those it lies in, the nearest first."""
        groups = {item["id"]: item for item in self.document["groups"]}
        while group is not None:
            yield groups[group]
            group = groups[group]["parent"]

    def area(self, column: int, group: Document) -> list[str]:
        """Return the addresses of a group's children in a column: its rules as one range, then each
        group.
        """
        rules = [self.rows[False, rule["id"]] for rule in self.rules_of(group)]
        parts = [f"{cell(rules[0], column)}:{cell(rules[-1], column)}"] if rules else []
        return parts + [
            cell(self.rows[True, child["id"]], column)
            for child in self.groups_of(group)
        ]

    # Figures

    def _place_inputs(self) -> None:
        row = HEAD + 1
        self.metric_rows = {name: row + at for at, name in enumerate(self.metrics)}
        row += len(self.metrics) + 2
        self.given = [rule for rule in self.document["rules"] if _by_hand(rule)]
        self.point_rows = {rule["id"]: row + at for at, rule in enumerate(self.given)}
        row += len(self.given) + 2
        self.proved = [
            rule for rule in self.document["rules"] if rule["evidence"]["required"]
        ]
        self.proof_rows = {rule["id"]: row + at for at, rule in enumerate(self.proved)}
        row += len(self.proved) + 2
        self.absent = [
            group for group in self.document["groups"] if group["absent"] is not None
        ]
        self.absent_rows = {
            group["id"]: row + at for at, group in enumerate(self.absent)
        }
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
        return (
            self.input(self.point_rows[rule], GIVEN)
            if rule in self.point_rows
            else None
        )

    def as_of(self) -> str:
        """Return the address of the day of judgement."""
        return self.input(HEAD - 2, GIVEN)

    def holidays(self) -> str:
        """Return the address of the free days; worked weekends are beyond a sheet."""
        if any(self.machine["unusual_days"].values()):
            raise NotInSheetError
        return elsewhere(
            self.sheets["lists"], f"{cell(1, HOLIDAYS)}:{cell(MOST_HOLIDAYS, HOLIDAYS)}"
        )

    def yes(self) -> str:
        """Return the address of the word for yes."""
        return elsewhere(self.sheets["lists"], cell(1, YES))

    def no(self) -> str:
        """Return the address of the word for no."""
        return elsewhere(self.sheets["lists"], cell(2, YES))

    def step(self, row: int, column: int) -> str:
        """Return the address of a cell on the sheet of steps."""
        return elsewhere(self.sheets["steps"], cell(row, column))

    def total(self, name: str, step: Step = ACTUAL) -> str:
        """Return the address of a line of the index on the sheet of steps."""
        return self.step(self.total_row(name), step.earned)

    def total_row(self, name: str) -> int:
        """Return the row of a line of the index on the sheet of steps."""
        return self.last + 2 + TOTALS.index(name)

    def score(self, row: int, column: int) -> str:
        """Return the address of a cell on the sheet of scores."""
        return elsewhere(self.sheets["scores"], cell(row, column))


STATES, YES, STATUSES, HOLIDAYS, LEVELS = range(5)
"""The columns of the sheet of lists; each metric of levels has one from the last on."""

MOST_HOLIDAYS = 60

STATE_CODES = (
    "met",
    "partly_met",
    "not_met",
    "missing",
    "not_applicable",
    "not_due",
    "waived",
)


def counts_days(machine: object) -> bool:
    """Whether working days are counted somewhere in a machine form."""
    if isinstance(machine, Mapping):
        return any(map(counts_days, machine.values()))
    if isinstance(machine, list):
        return any(map(counts_days, machine))
    return machine == "add_working_days"


def _by_hand(rule: Document) -> bool:
    return (
        rule["deduction"] == "manual" or "manual" in rule["machine"]["effects"].values()
    )


def given_points(rule: Document) -> str | None:
    """Return the points that a person gave a rule."""
    return next(
        (item["points"] for item in rule["inputs"] if item["metric"] is None), None
    )


def _roman(number: int) -> str:
    signs = (
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
    text = ""
    for worth, sign in signs:
        text += sign * (number // worth)
        number %= worth
    return text
