"""The scoring sheet itself, in the form of Vietnam's self-scoring sheets, and the sheet of lost
points.
"""

from collections.abc import Iterable

from cchc_rules.render.display import Document
from cchc_rules.render.workbook.book import (
    BOX,
    CENTRE,
    FAINT,
    HEADING,
    PALE,
    SHADE,
    SUBTITLE,
    TITLE,
    Book,
    Cached,
    Style,
)
from cchc_rules.render.workbook.cell_formulas import YES_NO
from cchc_rules.render.workbook.cells import cell, decimal, quoted
from cchc_rules.render.workbook.inputs import Inputs, figure_of
from cchc_rules.render.workbook.layout import (
    ACTUAL,
    HEAD,
    STATE,
    STATE_CODES,
    WEIGHT,
    Frame,
    Line,
    counts_days,
)

(
    NUMBER,
    TITLE_AT,
    SOURCE,
    MAXIMUM,
    REQUIRED,
    REPORTED,
    ARITHMETIC,
    STATED,
    EARNED,
    LOST,
    EXCLUDED,
    PROOF,
    NOTE,
    BEFORE,
) = range(14)


def points_format(frame: Frame) -> str:
    """Return the number format of points."""
    return "0." + "0" * frame.places if frame.places else "0"


def state_words(frame: Frame, code: str) -> str:
    """Return the formula of a state's words."""
    words = [frame.display.state(state) for state in STATE_CODES] + [
        frame.say("undeclared")
    ]
    return f"CHOOSE({code},{','.join(map(quoted, words))})"


class Scores:
    """Writes the sheet of all rules."""

    def __init__(self, frame: Frame, book: Book) -> None:
        self.frame = frame
        self.kept: frozenset[str] = frozenset()
        self.sheet = book.sheet(
            frame.sheets["scores"], [5, 36, 9, 7, 14, 11, 25, 10, 8, 8, 8, 20, 24, 8]
        )
        self.points: Style = {**BOX, **CENTRE, "num_format": points_format(frame)}
        self.changed = book.workbook.add_format({"bg_color": "#FFD9B3"})

    def write(self, inputs: Inputs, kept: Iterable[str]) -> None:
        """Write the sheet; some rules keep their values."""
        self.inputs = inputs
        self.kept = frozenset(kept)
        frame = self.frame
        sheet = self.sheet
        display = frame.display
        sheet.banner(0, display.say("title"), **TITLE)
        sheet.banner(
            1,
            "; ".join(f"{label}: {words}" for label, words in list(display.head())[:2]),
            **SUBTITLE,
        )
        sheet.banner(2, list(display.head())[2][1], **SUBTITLE)
        sheet.banner(3, frame.say("scores-legend"), **{**SUBTITLE, **FAINT})
        sheet.heads(HEAD, [frame.say(f"score-{at}") for at in range(14)])
        for line in frame.lines:
            if line.group:
                self._group(line)
            else:
                self._rule(line)
        self._total()
        first = cell(HEAD + 1, EARNED)
        last = cell(HEAD + 1, BEFORE)
        criteria = f"={first.replace('$' + str(HEAD + 2), str(HEAD + 2))}<>{last.replace('$' + str(HEAD + 2), str(HEAD + 2))}"
        rule = {"type": "formula", "criteria": criteria, "format": self.changed}
        sheet.worksheet.conditional_format(
            HEAD + 1, EARNED, frame.last + 1, EARNED, rule
        )

    def _group(self, line: Line) -> None:
        group = line.item
        sheet = self.sheet
        row = line.row
        style: Style = {**BOX, "bold": True, "bg_color": PALE if line.depth else SHADE}
        for column in range(14):
            sheet.text(row, column, "", **style)
        sheet.text(row, NUMBER, line.number, **style, **CENTRE)
        sheet.text(row, TITLE_AT, self.frame.display.title(group), **style)
        sheet.text(row, SOURCE, ", ".join(group["source"]), **style, **CENTRE)
        notes = [group["note"], group["absent"]]
        sheet.over(
            row,
            (REQUIRED, STATED),
            "; ".join(note for note in notes if note),
            **{**style, **FAINT, "bold": False},
        )
        columns = (
            (MAXIMUM, "maximum"),
            (EARNED, "earned"),
            (LOST, "lost"),
            (EXCLUDED, "excluded"),
        )
        for column, key in columns:
            sheet.formula(
                row,
                column,
                self._subtotal(line, column),
                decimal(group[key]),
                **(self.points | style),
            )
        sheet.number(
            row, BEFORE, decimal(group["earned"]), **(self.points | style | FAINT)
        )

    def _subtotal(self, line: Line, column: int) -> str:
        """Return the sum of a group's lines; means and pools are reckoned on the sheet of steps."""
        group = line.item
        steps = {MAXIMUM: WEIGHT, EARNED: ACTUAL.earned, EXCLUDED: ACTUAL.excluded}
        if group["combine"] == "sum" and group["kind"] == "base":
            parts = ",".join(self.frame.area(column, group)) or "0"
            return f"ROUND(SUM({parts}),{self.frame.places})"
        if column in steps:
            return self.frame.step(line.row, steps[column])
        return self._left(line.row)

    def _left(self, row: int) -> str:
        """Return what is lost: the maximum less what is earned and excluded (semantics L5)."""
        return f"ROUND({cell(row, MAXIMUM)}-{cell(row, EARNED)}-{cell(row, EXCLUDED)},{self.frame.places})"

    def _rule(self, line: Line) -> None:
        rule = line.item
        sheet = self.sheet
        row = line.row
        texts: tuple[tuple[int, object, Style], ...] = (
            (NUMBER, line.number, CENTRE),
            (TITLE_AT, rule["title"], {"indent": min(line.depth - 1, 4)}),
            (SOURCE, ", ".join(rule["source"]), CENTRE),
            (REQUIRED, rule["required"], {}),
            (ARITHMETIC, rule["calculation"], {}),
            (PROOF, self.proofs(rule), {}),
            (NOTE, self.notes(rule), {}),
        )
        for column, text, style in texts:
            sheet.text(row, column, text, **BOX, **style)
        self._reported(row, rule)
        state = state_words(self.frame, self.frame.step(row, STATE))
        sheet.formula(
            row, STATED, state, self.frame.display.state(rule["state"]), **BOX, **CENTRE
        )
        steps = (
            (MAXIMUM, WEIGHT, "maximum"),
            (EARNED, ACTUAL.earned, "earned"),
            (EXCLUDED, ACTUAL.excluded, "excluded"),
        )
        for column, step, key in steps:
            sheet.formula(
                row,
                column,
                self.frame.step(row, step),
                decimal(rule[key]),
                **self.points,
            )
        sheet.formula(row, LOST, self._left(row), decimal(rule["lost"]), **self.points)
        sheet.number(row, BEFORE, decimal(rule["earned"]), **(self.points | FAINT))

    def _reported(self, row: int, rule: Document) -> None:
        """The rule's own figure, or why there is none; the points that a person gave."""
        frame = self.frame
        name = rule["metric"]
        if name is None:
            given = frame.points(rule["id"])
            points = next(
                (item["points"] for item in rule["inputs"] if item["metric"] is None),
                None,
            )
            value: Cached = "–" if points is None else decimal(points)
            self.sheet.formula(
                row, REPORTED, f'IF({given}="","–",{given})', value, **BOX, **CENTRE
            )
            return
        metric = frame.metrics[name]
        code = frame.code(name)
        said = frame.input(frame.metric_rows[name], SAID_AT)
        value = (
            figure_of(metric)
            if metric["state"] == "reported"
            else self.inputs.said(metric["state"])
        )
        form = self.inputs.format(metric["type"])
        if metric["type"] == "percent":
            form += '" %"'
        if frame.kind(name) == YES_NO and metric["state"] != "reported":
            form = self.inputs.format("yes_no")
        formula = f"IF({code}=0,{frame.figure(name)},{said})"
        self.sheet.formula(
            row, REPORTED, formula, value, **BOX, **CENTRE, num_format=form
        )

    @staticmethod
    def proofs(rule: Document) -> str:
        """Return the documents that prove a rule, one that does not count marked so."""
        return "; ".join(
            item["document"] if item["valid"] else f"({item['document']})"
            for item in rule["evidence"]["documents"]
        )

    def notes(self, rule: Document) -> str:
        """Return the notes of a rule: why it has no figure, what was remarked, other readings."""
        notes = [rule["reason"]["text"]] if rule["state"] not in STATE_CODES[:3] else []
        notes += [self.frame.say("kept")] if rule["id"] in self.kept else []
        notes += [self.frame.say("counts-days")] if counts_days(rule["machine"]) else []
        notes += [item["note"] for item in rule["inputs"]] + [rule["note"]]
        notes += [
            self.frame.display.conflict(conflict) for conflict in rule["conflicts"]
        ]
        return "; ".join(dict.fromkeys(note for note in notes if note))

    def _total(self) -> None:
        frame = self.frame
        row = self.frame.last + 1
        style: Style = {**BOX, "bold": True, "bg_color": SHADE}
        for column in range(14):
            self.sheet.text(row, column, "", **style)
        self.sheet.text(row, TITLE_AT, frame.say("total"), **style)
        bases = [
            frame.rows[True, group["id"]]
            for group in frame.display.areas()
            if group["kind"] == "base"
        ]
        for column, key in (
            (MAXIMUM, "maximum"),
            (EARNED, "earned"),
            (LOST, "lost"),
            (EXCLUDED, "excluded"),
        ):
            total = f"ROUND({'+'.join(cell(base, column) for base in bases) or '0'},{frame.places})"
            self.sheet.formula(
                row,
                column,
                total,
                decimal(frame.document["index"][key]),
                **(self.points | style),
            )
        self.sheet.number(
            row,
            BEFORE,
            decimal(frame.document["index"]["earned"]),
            **(self.points | style | FAINT),
        )
        row += 1
        for column in range(14):
            self.sheet.text(row, column, "", **style)
        self.sheet.text(row, TITLE_AT, frame.say("index"), **style)
        index = frame.document["index"]
        self.sheet.formula(
            row,
            EARNED,
            frame.total("value"),
            decimal(index["value"]),
            **(self.points | style),
        )
        self.sheet.number(
            row, BEFORE, decimal(index["value"]), **(self.points | style | FAINT)
        )
        self.sheet.text(
            row, ARITHMETIC, index["calculation"], **{**style, "bold": False}
        )


SAID_AT = 8
"""The column of the sheet of figures that says the state of a figure."""


class Losses:
    """Writes the sheet of lost points: the rules in the order of the report, their points live."""

    def __init__(self, frame: Frame, book: Book) -> None:
        self.frame = frame
        self.sheet = book.sheet(
            frame.sheets["losses"], [5, 7, 30, 9, 13, 13, 7, 22, 28, 13, 14, 10, 19]
        )

    def write(self) -> None:
        """Write the sheet."""
        frame = self.frame
        sheet = self.sheet
        sheet.banner(0, frame.say("losses-title"), **TITLE)
        sheet.banner(1, frame.say("losses-legend"), **SUBTITLE)
        sheet.heads(HEAD, [frame.say(f"loss-{at}") for at in range(13)])
        display = frame.display
        rules = display.picked("losses") + [
            rule for rule in display.picked("missing") if decimal(rule["lost"])
        ]
        for at, rule in enumerate(rules, start=1):
            self._rule(HEAD + at, at, rule)
        self._sum(HEAD + len(rules) + 1, rules)

    def _rule(self, row: int, at: int, rule: Document) -> None:
        frame = self.frame
        remedy = rule["remedy"] or {}
        there = frame.rows[False, rule["id"]]
        number = frame.full_number(there)
        texts = [
            str(at),
            number,
            rule["title"],
            ", ".join(rule["source"]),
            rule["required"],
            rule["reported"],
            "",
        ]
        texts += [
            rule["win_back"],
            *(remedy.get(key) for key in ("task", "lead", "with", "due", "product")),
        ]
        for column, text in enumerate(texts):
            self.sheet.text(
                row, column, text, **BOX, **(CENTRE if column in (0, 1, 3) else {})
            )
        style = {**BOX, **CENTRE, "bold": True, "num_format": points_format(frame)}
        self.sheet.formula(
            row, 6, frame.score(there, LOST), decimal(rule["lost"]), **style
        )

    def _sum(self, row: int, rules: list[Document]) -> None:
        frame = self.frame
        style = {**HEADING, "num_format": points_format(self.frame)}
        for column in range(13):
            self.sheet.text(row, column, "", **style)
        self.sheet.text(row, 2, frame.say("losses-total"), **style)
        if rules:
            formula = (
                f"ROUND(SUM({cell(HEAD + 1, 6)}:{cell(row - 1, 6)}),{frame.places})"
            )
            total = sum((decimal(rule["lost"]) for rule in rules), start=decimal("0"))
            self.sheet.formula(row, 6, formula, total, **style)
