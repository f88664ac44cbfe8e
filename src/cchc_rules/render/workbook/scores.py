"""The scoring sheet itself, in the form of Vietnam's self-scoring sheets, and the sheet of lost
points.
"""

from collections.abc import Iterable, Iterator

from cchc_rules.render.display import Document
from cchc_rules.render.workbook.book import (
    BOX,
    CENTRE,
    CENTRED_BOX,
    FAINT,
    HEADING,
    PALE,
    SHADE,
    SUBTITLE,
    TITLE,
    Book,
    CachedValue,
    Style,
)
from cchc_rules.render.workbook.cell_formulas import YES_NO
from cchc_rules.render.workbook.cells import cell, decimal, quoted
from cchc_rules.render.workbook.counted import CountedFormulas
from cchc_rules.render.workbook.inputs import InputSheet, figure_of
from cchc_rules.render.workbook.layout import (
    ACTUAL,
    EARNED_HERE,
    EXCLUDED_HERE,
    HEAD,
    LOST_HERE,
    SAID,
    STATE,
    STATE_CODES,
    WEIGHT,
    Frame,
    Line,
    counts_days,
    points_by_hand,
)

(
    NUMBER,
    TITLE_COLUMN,
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
"""The columns of the scoring sheet; `BEFORE` has the points of the report."""

WIDTHS = {
    NUMBER: 5,
    TITLE_COLUMN: 36,
    SOURCE: 9,
    MAXIMUM: 7,
    REQUIRED: 14,
    REPORTED: 11,
    ARITHMETIC: 25,
    STATED: 10,
    EARNED: 8,
    LOST: 8,
    EXCLUDED: 8,
    PROOF: 20,
    NOTE: 24,
    BEFORE: 8,
}
"""The widths of the columns, in characters: together they fill a page across."""

POINTS = (
    (MAXIMUM, "maximum"),
    (EARNED, "earned"),
    (LOST, "lost"),
    (EXCLUDED, "excluded"),
)
"""The columns of points, with the keys of the document."""

STEP_COLUMNS = {
    MAXIMUM: WEIGHT,
    EARNED: ACTUAL.earned,
    EXCLUDED: ACTUAL.excluded,
}
"""Where on the sheet of steps the points of a column stand; what is lost is left over."""

CHANGED = "#FFD9B3"
"""The colour of points that are no longer those of the report."""

DEEPEST_INDENT = 4
"""Most steps that a title is set in: deeper ones leave too little of a narrow column."""

REPORTED_STATES = STATE_CODES[:3]
"""The states in which a rule has its figure."""


def state_words(frame: Frame, code: str) -> str:
    """Return the formula of a state's words.

    Args:
        frame: where everything stands, and the words of the document's language.
        code: the address of the state's code, from 1.
    """
    states = [frame.display.state(state) for state in STATE_CODES]
    words = [*states, frame.say("undeclared")]
    return f"CHOOSE({code},{','.join(map(quoted, words))})"


class ScoreSheet:
    """Writes the sheet of all rules."""

    def __init__(self, frame: Frame, book: Book) -> None:
        self.frame = frame
        self.counted = CountedFormulas(frame)
        self.kept: frozenset[str] = frozenset()
        self.sheet = book.sheet(frame.sheets["scores"], [*WIDTHS.values()])
        points = frame.points_format()
        self.points: Style = {**CENTRED_BOX, "num_format": points}
        self.changed = book.workbook.add_format({"bg_color": CHANGED})

    def write(self, inputs: InputSheet, kept: Iterable[str]) -> None:
        """Write the sheet.

        Args:
            inputs: the sheet of figures, which knows how figures are shown.
            kept: the ids of the rules whose points no formula gives.
        """
        self.inputs = inputs
        self.kept = frozenset(kept)
        self._head()
        for line in self.frame.lines:
            if line.group:
                self._group(line)
            else:
                self._rule(line)
        self._total()
        self._index()
        self._mark_changes()

    def _head(self) -> None:
        frame = self.frame
        sheet = self.sheet
        display = frame.display
        unit, period, ruleset, *_ = display.head()
        facts = "; ".join(f"{label}: {words}" for label, words in (unit, period))
        sheet.banner(0, display.say("title"), **TITLE)
        sheet.banner(1, facts, **SUBTITLE)
        sheet.banner(2, ruleset[1], **SUBTITLE)
        sheet.banner(3, frame.say("scores-legend"), **SUBTITLE, **FAINT)
        heads = [frame.say(f"score-{column}") for column in WIDTHS]
        sheet.heads(HEAD, heads)

    def _mark_changes(self) -> None:
        """Colour the points that differ from the report's.

        The condition is written for the first row; a sheet moves its rows along, for which the
        addresses have no `$` before the row.
        """
        row = HEAD + 1
        earned = cell(row, EARNED).replace(f"${row + 1}", str(row + 1))
        before = cell(row, BEFORE).replace(f"${row + 1}", str(row + 1))
        condition = {
            "type": "formula",
            "criteria": f"={earned}<>{before}",
            "format": self.changed,
        }
        self.sheet.worksheet.conditional_format(
            row, EARNED, self.frame.last + 1, EARNED, condition
        )

    # Groups

    def _group(self, line: Line) -> None:
        group = line.item
        sheet = self.sheet
        row = line.row
        # Areas are darker than the groups in them.
        colour = SHADE
        if line.depth:
            colour = PALE
        style: Style = {**BOX, "bold": True, "bg_color": colour}
        notes = filter(None, (group["note"], group["absent"]))
        note_style = {**style, **FAINT, "bold": False}
        points_style = self.points | style
        title = self.frame.display.title(group)
        clauses = ", ".join(group["source"])
        # A group asks for nothing itself: its notes have the room of the columns in between.
        self._empty_line(row, style)
        sheet.text(row, NUMBER, line.number, **style, **CENTRE)
        sheet.text(row, TITLE_COLUMN, title, **style)
        sheet.text(row, SOURCE, clauses, **style, **CENTRE)
        words = "; ".join(notes)
        sheet.over(row, (REQUIRED, STATED), words, **note_style)
        for column, key in POINTS:
            formula = self._subtotal(line, column)
            value = decimal(group[key])
            sheet.formula(row, column, formula, value, **points_style)
        before = decimal(group["earned"])
        sheet.number(row, BEFORE, before, **(points_style | FAINT))

    def _empty_line(self, row: int, style: Style) -> None:
        for column in range(len(WIDTHS)):
            self.sheet.text(row, column, "", **style)

    def _subtotal(self, line: Line, column: int) -> str:
        """Return the sum of a group's lines; means and pools are reckoned on the sheet of steps.

        Where nothing is divided or held to a cap, the sum stands here, so that whoever reads the
        sheet on paper can follow it.
        """
        group = line.item
        is_plain_sum = group["combine"] == "sum" and group["kind"] == "base"
        # In a pool the losses of rules are cut at the cap, so they need not add up to the group's.
        if column == LOST and self.counted.of_pool(line) is not None:
            return self._left(line.row)
        if self.counted.of_cap(line) is not None:
            is_plain_sum = False
        if is_plain_sum:
            children = self.frame.children(column, group)
            parts = ",".join(children) or "0"
            # Points are whole ticks, but binary digits are not: 0.1 + 0.2 is 0.30000000000000004.
            return f"ROUND(SUM({parts}),{self.frame.places})"
        if column == LOST:
            return self._left(line.row)
        return self.frame.step(line.row, STEP_COLUMNS[column])

    def _left(self, row: int) -> str:
        """Return what is lost: the maximum less what is earned and excluded (semantics L5)."""
        maximum = cell(row, MAXIMUM)
        earned = cell(row, EARNED)
        excluded = cell(row, EXCLUDED)
        return f"ROUND({maximum}-{earned}-{excluded},{self.frame.places})"

    # Rules

    def _rule(self, line: Line) -> None:
        rule = line.item
        sheet = self.sheet
        row = line.row
        indent = min(line.depth - 1, DEEPEST_INDENT)
        clauses = ", ".join(rule["source"])
        sheet.text(row, NUMBER, line.number, **CENTRED_BOX)
        sheet.text(row, TITLE_COLUMN, rule["title"], **BOX, indent=indent)
        sheet.text(row, SOURCE, clauses, **CENTRED_BOX)
        sheet.text(row, REQUIRED, rule["required"], **BOX)
        sheet.text(row, ARITHMETIC, rule["calculation"], **BOX)
        sheet.text(row, PROOF, evidence_words(rule), **BOX)
        sheet.text(row, NOTE, self.note_words(rule), **BOX)
        self._reported(row, rule)
        self._state(row, rule)
        for column, key in POINTS:
            formula = self._points(line, column)
            value = decimal(rule[key])
            sheet.formula(row, column, formula, value, **self.points)
        # The points of the report, for the condition that colours those that differ from them.
        before = decimal(rule["earned"])
        sheet.number(row, BEFORE, before, **(self.points | FAINT))

    def _points(self, line: Line, column: int) -> str:
        """Return the formula of a rule's points: its own, or its part of a mean or a pool."""
        counted = self.counted
        if counted.applies(line) and column == LOST:
            return self.frame.step(line.row, LOST_HERE)
        if counted.of_cap(line) is not None and column == EXCLUDED:
            # What lies beyond the cap leaves no maximum either.
            return self.frame.step(line.row, EXCLUDED_HERE)
        if counted.of_mean(line) and column == MAXIMUM:
            # What a rule of a mean could bring its group is what became of it, all parts together.
            parts = [cell(line.row, part) for part in (EARNED, LOST, EXCLUDED)]
            together = "+".join(parts)
            return f"ROUND({together},{self.frame.places})"
        if counted.of_mean(line):
            here = {EARNED: EARNED_HERE, EXCLUDED: EXCLUDED_HERE}
            return self.frame.step(line.row, here[column])
        if column == LOST:
            return self._left(line.row)
        return self.frame.step(line.row, STEP_COLUMNS[column])

    def _state(self, row: int, rule: Document) -> None:
        formula = state_words(self.frame, self.frame.step(row, STATE))
        state = self.frame.display.state(rule["state"])
        self.sheet.formula(row, STATED, formula, state, **CENTRED_BOX)

    def _reported(self, row: int, rule: Document) -> None:
        """Put the rule's own figure, or why there is none; or the points that a person gave."""
        if rule["metric"] is None:
            self._points_by_hand(row, rule)
            return
        frame = self.frame
        id_ = rule["metric"]
        metric = frame.metrics[id_]
        is_reported = metric["state"] == "reported"
        value: CachedValue = self.inputs.state_words(metric["state"])
        if is_reported:
            value = figure_of(metric)
        number_format = self.inputs.format(metric["type"])
        if metric["type"] == "percent":
            # The sign is quoted: a bare % would make the sheet show a hundred times the figure.
            number_format += '" %"'
        if frame.kind(id_) == YES_NO and not is_reported:
            number_format = self.inputs.format("yes_no")
        style = {**CENTRED_BOX, "num_format": number_format}
        code = frame.code(id_)
        figure = frame.figure(id_)
        words = frame.input(frame.metric_rows[id_], SAID)
        formula = f"IF({code}=0,{figure},{words})"
        self.sheet.formula(row, REPORTED, formula, value, **style)

    def _points_by_hand(self, row: int, rule: Document) -> None:
        address = self.frame.points(rule["id"])
        given = points_by_hand(rule)
        value: CachedValue = "–"
        if given is not None:
            value = decimal(given)
        formula = f'IF({address}="","–",{address})'
        self.sheet.formula(row, REPORTED, formula, value, **CENTRED_BOX)

    def note_words(self, rule: Document) -> str:
        """Return the notes of a rule, each once: several figures may come with the same remark."""
        notes = filter(None, self._notes(rule))
        return "; ".join(dict.fromkeys(notes))

    def _notes(self, rule: Document) -> Iterator[str | None]:
        """Yield why a rule has no figure, what was remarked of it, and other readings."""
        if rule["state"] not in REPORTED_STATES:
            yield rule["reason"]["text"]
        if decimal(rule["without_effect"]):
            display = self.frame.display
            beyond = display.number(rule["without_effect"])
            yield f"{display.list_heading('without_effect')}: {beyond}"
        if rule["id"] in self.kept:
            yield self.frame.say("kept")
        if counts_days(rule["machine"]):
            yield self.frame.say("counts-days")
        for item in rule["inputs"]:
            yield item["note"]
        yield rule["note"]
        for conflict in rule["conflicts"]:
            yield self.frame.display.conflict(conflict)

    # The last lines

    def _total(self) -> None:
        """Put the sum of the areas of the base."""
        frame = self.frame
        row = frame.last + 1
        index = frame.document["index"]
        style = self.points | self._last_line(row, "total")
        base_rows = [
            frame.rows[True, group["id"]]
            for group in frame.display.areas()
            if group["kind"] == "base"
        ]
        for column, key in POINTS:
            areas = [cell(base_row, column) for base_row in base_rows]
            areas_sum = "+".join(areas) or "0"
            formula = f"ROUND({areas_sum},{frame.places})"
            value = decimal(index[key])
            self.sheet.formula(row, column, formula, value, **style)
        before = decimal(index["earned"])
        self.sheet.number(row, BEFORE, before, **(style | FAINT))

    def _index(self) -> None:
        """Put the index, and how it comes about."""
        row = self.frame.last + 2
        index = self.frame.document["index"]
        style = self._last_line(row, "index")
        value: CachedValue = "–"
        if index["value"] is not None:
            value = decimal(index["value"])
        index_address = self.frame.total("value")
        # Where there is no index a dash stands, rather than one of 0 (semantics I2, I9).
        formula = f'IF({self.frame.no_index()},"–",{index_address})'
        points_style = self.points | style
        self.sheet.formula(row, EARNED, formula, value, **points_style)
        self.sheet.put(row, BEFORE, value, **(points_style | FAINT))
        plain = {**style, "bold": False}
        self.sheet.text(row, ARITHMETIC, index["calculation"], **plain)

    def _last_line(self, row: int, key: str) -> Style:
        """Put the empty cells and the title of a line; return its style."""
        style: Style = {**BOX, "bold": True, "bg_color": SHADE}
        self._empty_line(row, style)
        title = self.frame.say(key)
        self.sheet.text(row, TITLE_COLUMN, title, **style)
        return style


def evidence_words(rule: Document) -> str:
    """Return the documents that prove a rule; one that does not count is in brackets.

    >>> valid = {"document": "Report 12", "valid": True}
    >>> late = {"document": "Report 40", "valid": False}
    >>> evidence_words({"evidence": {"documents": [valid, late]}})
    'Report 12; (Report 40)'
    """
    names = []
    for document in rule["evidence"]["documents"]:
        name = document["document"]
        if not document["valid"]:
            name = f"({name})"
        names.append(name)
    return "; ".join(names)


LOSS_WIDTHS = {
    "position": 5,
    "number": 7,
    "title": 30,
    "clauses": 9,
    "required": 13,
    "reported": 13,
    "points": 7,
    "win_back": 22,
    "task": 28,
    "lead": 13,
    "with": 14,
    "due": 10,
    "product": 19,
}
"""The columns of the sheet of lost points, with their widths in characters."""

LOSS_POINTS = [*LOSS_WIDTHS].index("points")
"""The column of the points on the sheet of lost points."""

CENTRED_COLUMNS = (0, 1, 3)
"""The columns of numbers and clauses on the sheet of lost points."""

REMEDY_KEYS = ("task", "lead", "with", "due", "product")
"""What is said of a remedy, in the order of the columns."""


class LossSheet:
    """Writes the sheet of lost points: the rules in the order of the report, their points live.

    The order stays when figures change. A sheet sorts only on demand, and a list that says where
    points were lost at the day of judgement must not lose its lines.
    """

    def __init__(self, frame: Frame, book: Book) -> None:
        self.frame = frame
        self.sheet = book.sheet(frame.sheets["losses"], [*LOSS_WIDTHS.values()])

    def write(self) -> None:
        """Write the sheet."""
        frame = self.frame
        sheet = self.sheet
        heads = [frame.say(f"loss-{column}") for column in range(len(LOSS_WIDTHS))]
        sheet.banner(0, frame.say("losses-title"), **TITLE)
        sheet.banner(1, frame.say("losses-legend"), **SUBTITLE)
        sheet.heads(HEAD, heads)
        missing = frame.display.listed_rules("missing")
        rules = frame.display.listed_rules("losses")
        # A missing rule whose points leave the maximum, or are still given, lost nothing.
        rules += [rule for rule in missing if decimal(rule["lost"])]
        for number, rule in enumerate(rules, start=1):
            self._rule(HEAD + number, number, rule)
        sum_row = HEAD + len(rules) + 1
        self._sum(sum_row, rules)

    def _rule(self, row: int, number: int, rule: Document) -> None:
        frame = self.frame
        remedy = rule["remedy"] or {}
        score_row = frame.rows[False, rule["id"]]
        texts = (
            str(number),
            frame.full_number(score_row),
            rule["title"],
            ", ".join(rule["source"]),
            rule["required"],
            rule["reported"],
            "",
            rule["win_back"],
            *map(remedy.get, REMEDY_KEYS),
        )
        for column, text in enumerate(texts):
            style = BOX
            if column in CENTRED_COLUMNS:
                style = CENTRED_BOX
            self.sheet.text(row, column, text, **style)
        points = {"bold": True, "num_format": frame.points_format()}
        formula = frame.score(score_row, LOST)
        value: CachedValue = decimal(rule["lost"])
        if not value:
            # A loss of less than a tick is listed, though its points are printed as 0: the cell has
            # words for it, such as “under 0.01”, until the live points say otherwise.
            value = frame.display.under_a_tick()
            formula = f"IF({formula}=0,{quoted(value)},{formula})"
        self.sheet.formula(row, LOSS_POINTS, formula, value, **CENTRED_BOX, **points)

    def _sum(self, row: int, rules: list[Document]) -> None:
        frame = self.frame
        style = {**HEADING, "num_format": frame.points_format()}
        for column in range(len(LOSS_WIDTHS)):
            self.sheet.text(row, column, "", **style)
        self.sheet.text(row, 2, frame.say("losses-total"), **style)
        if not rules:
            return
        first = cell(HEAD + 1, LOSS_POINTS)
        last = cell(row - 1, LOSS_POINTS)
        formula = f"ROUND(SUM({first}:{last}),{frame.places})"
        total = decimal("0")
        for rule in rules:
            total += decimal(rule["lost"])
        self.sheet.formula(row, LOSS_POINTS, formula, total, **style)
