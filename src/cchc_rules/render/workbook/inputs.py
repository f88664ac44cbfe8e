"""The sheet of figures: what was submitted, in cells that may be changed, and what each figure
comes to.

A metric has cells for what people give (a ratio above and below the line, or a figure, or the
statement that there is none) and, right of them, what the workbook reads everywhere else: the
figure and the code of its state. 47 of 52 documents on time:

    above  below  given  status        figure     said          code
    47     52                          90.384…    reported      0
    0      0                                      not applicable  2      nothing to divide by
                         waived                   waived        1

A figure that a sheet would not keep exactly, such as one of more than 15 digits, stands as a text:
as a number it would silently lose its last digits. Its cells are locked then, and the figure beside
them is that of the report.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from cchc_rules.render.display import Document
from cchc_rules.render.workbook.book import (
    BOLD,
    BOX,
    CENTRE,
    CENTRED_BOX,
    FAINT,
    OPEN,
    PALE,
    SUBTITLE,
    TITLE,
    Book,
    CachedValue,
    Style,
)
from cchc_rules.render.workbook.cell_formulas import NUMBER, Translator, rounded
from cchc_rules.render.workbook.cells import (
    NotInSheetError,
    cell,
    checked,
    coarse,
    decimal,
    elsewhere,
    fits,
    serial,
)
from cchc_rules.render.workbook.layout import (
    ABOVE,
    BELOW,
    CODE,
    FIGURE,
    GIVEN,
    HEAD,
    LEVELS,
    METRIC,
    NAME,
    REMARK,
    SAID,
    STATUS,
    STATUSES,
    UNIT,
    Frame,
    counts_days,
    points_by_hand,
)

CODES = {"reported": 0, "waived": 1, "not_applicable": 2, "missing": 3}
"""The code of a metric's state; the largest of several is the absence that wins (semantics L6)."""

NUMBER_OF_LINE = 0
"""The first column."""

RATIOS = ("percent", "number")
"""Types of metrics that may be given as numerator and denominator."""

WIDTHS = {
    NUMBER_OF_LINE: 5,
    NAME: 44,
    UNIT: 9,
    ABOVE: 9,
    BELOW: 9,
    GIVEN: 11,
    STATUS: 12,
    FIGURE: 11,
    SAID: 12,
    CODE: 7,
    METRIC: 16,
    REMARK: 28,
}
"""The columns of the sheet, with their widths in characters."""

ENTRY_KEYS = {ABOVE: "numerator", BELOW: "denominator", GIVEN: "value"}
"""What of an entry stands in which column."""

DAY_OF_JUDGEMENT = HEAD - 2
"""The row of the day as of which everything is judged."""

NOT_APPLICABLE_ROW = 1
WAIVED_ROW = 2
"""The rows of the words for these states on the sheet of lists."""

LEAST_DAY = "-100000"
"""A number below that of any day, where a rule set says nothing of how old a day may be."""

# The limits of open cells: beyond them a sheet keeps not all digits of a whole number.
LEAST_NUMBER = "-1E+15"
MOST_NUMBER = "1E+15"


class FigureFormulas(NamedTuple):
    """The formulas of a metric: the code of its state, and its figure."""

    code: str
    figure: str


class InputSheet:
    """Writes the sheet of figures.

    `kept` has, once the sheet is written, the metrics that a sheet cannot compute.
    """

    def __init__(self, frame: Frame, book: Book) -> None:
        self.frame = frame
        self.sheet = book.sheet(frame.sheets["inputs"], [*WIDTHS.values()])
        rules = frame.document["rules"]
        self.entries = {
            item["metric"]: item for rule in rules for item in rule["inputs"]
        }
        self.titles = {}
        for metric, entry in self.entries.items():
            self.titles[metric] = entry["title"]
        self.units = {}
        for rule in rules:
            self.units[rule["metric"]] = rule["unit"]
            if rule["metric"]:
                self.titles[rule["metric"]] = rule["metric_title"]
        self.kept: list[Document] = []

    def write(self) -> None:
        """Write the sheet."""
        frame = self.frame
        self._head()
        # The order of the tables is that in which the frame gave them their rows.
        for number, metric in enumerate(frame.metrics.values(), start=1):
            self._metric(number, metric)
        self._table_name(frame.point_rows, "given-points")
        for rule in frame.by_hand:
            self._points(rule)
        self._table_name(frame.proof_rows, "proofs")
        for rule in frame.proved:
            self._proof(rule)
        self._table_name(frame.absent_rows, "absent-blocks")
        for group in frame.absent:
            self._block(group)

    def _head(self) -> None:
        frame = self.frame
        sheet = self.sheet
        style = {**BOX, **OPEN, **CENTRE, "num_format": frame.date_format()}
        sheet.banner(0, frame.say("inputs-title"), **TITLE)
        sheet.banner(1, frame.say("inputs-legend"), **SUBTITLE)
        sheet.text(DAY_OF_JUDGEMENT, NAME, frame.say("as-of"), **BOLD)
        sheet.day(DAY_OF_JUDGEMENT, GIVEN, frame.document["as_of"], **style)
        heads = [frame.say(f"input-{column}") for column in WIDTHS]
        sheet.heads(HEAD, heads)

    def _table_name(self, rows: dict[str, int], key: str) -> None:
        """Put the name of a table above its rows, where it has any."""
        if rows:
            row = min(rows.values()) - 1
            words = self.frame.say(key)
            style = {**BOX, **BOLD, "bg_color": PALE}
            self.sheet.banner(row, words, **style)

    # Metrics

    def _metric(self, number: int, metric: Document) -> None:
        id_ = metric["id"]
        row = self.frame.metric_rows[id_]
        entry = self.entries.get(id_)
        sheet = self.sheet
        formulas = self._formulas(metric, entry)
        is_live = formulas is not None
        sheet.number(row, 0, number, **CENTRED_BOX)
        # A metric that only other metrics read has no title in the report: its id stands for it.
        title = self.titles.get(id_) or id_
        sheet.text(row, NAME, title, **BOX)
        sheet.text(row, UNIT, self._unit(metric), **CENTRED_BOX)
        sheet.text(row, METRIC, id_, **BOX, **FAINT)
        for column in (ABOVE, BELOW, GIVEN, STATUS):
            self._input_cell(row, column, metric, is_live=is_live)
        self._figure(row, metric, formulas)
        remarks = self._remarks(metric, entry, is_live=is_live)
        sheet.text(row, REMARK, "; ".join(remarks), **BOX)

    def _unit(self, metric: Document) -> str:
        unit = self.units.get(metric["id"])
        if unit:
            return str(unit)
        if metric["type"] == "percent":
            return "%"
        return ""

    def _remarks(
        self, metric: Document, entry: Document | None, *, is_live: bool
    ) -> Iterator[str]:
        """Yield what is said of a metric: the note and items of its entry, and what it is."""
        say = self.frame.say
        if entry and entry["note"]:
            yield str(entry["note"])
        if entry and entry["items"] is not None:
            items = entry["items"]
            names = "; ".join(items)
            yield say("items", count=len(items), items=names)
        if not is_live:
            yield say("kept")
        if metric["formula"] is not None:
            yield say("derived")
        if counts_days(metric["formula"]):
            yield say("counts-days")

    def _formulas(
        self, metric: Document, entry: Document | None
    ) -> FigureFormulas | None:
        """Return the formulas of a metric, None where a sheet cannot have them."""
        try:
            if metric["formula"] is None:
                formulas = self._submitted(metric, entry)
            else:
                formulas = self._derived(metric)
            checked(formulas.code)
            checked(formulas.figure)
        except NotInSheetError:
            self.kept.append(metric)
            return None
        return formulas

    def _derived(self, metric: Document) -> FigureFormulas:
        """Return the formulas of a derived metric: absent as what it reads, else computed."""
        id_ = metric["id"]
        figure = metric["figure"]
        is_number = self.frame.kind(id_) == NUMBER
        if figure is not None and is_number and coarse(figure):
            raise NotInSheetError
        own_figure = cell(self.frame.metric_rows[id_], FIGURE)
        translator = Translator(self.frame, {})
        absence = translator.absence(metric["formula"])
        value = _rounded(metric, translator.value(metric["formula"]))
        # A division by zero leaves the figure empty: the metric is not applicable.
        not_applicable = CODES["not_applicable"]
        code = f'IF({own_figure}="",{not_applicable},0)'
        computed = f'IFERROR({value},"")'
        if absence == "0":
            return FigureFormulas(code, computed)
        return FigureFormulas(
            f"IF({absence}>0,{absence},{code})",
            f'IF({absence}>0,"",{computed})',
        )

    def _submitted(self, metric: Document, entry: Document | None) -> FigureFormulas:
        """Return the formulas of a submitted metric: what was declared, else what is there.

        The figure is asked for after its state, and empty unless it is reported: a figure that was
        typed before a waiver was declared must not count.
        """
        row = self.frame.metric_rows[metric["id"]]
        is_number = self.frame.kind(metric["id"]) == NUMBER
        if is_number and not all(map(fits, _submitted_figures(entry))):
            raise NotInSheetError
        status = cell(row, STATUS)
        not_applicable = self._status_word(NOT_APPLICABLE_ROW)
        waived = self._status_word(WAIVED_ROW)
        code, figure = self._code_and_figure(row, metric)
        code = f"IF({status}={waived},1,IF({status}={not_applicable},2,{code}))"
        figure = f'IF({cell(row, CODE)}>0,"",{_rounded(metric, figure)})'
        return FigureFormulas(code, figure)

    def _status_word(self, row: int) -> str:
        """Return the address of a status on the sheet of lists."""
        return elsewhere(self.frame.sheets["lists"], cell(row, STATUSES))

    def _code_and_figure(self, row: int, metric: Document) -> tuple[str, str]:
        """Return the code and the figure of what stands in the cells of a metric.

        A ratio counts where its denominator is given; over a denominator of zero it is not
        applicable.
        """
        given = cell(row, GIVEN)
        given_code = f'IF({given}<>"",0,3)'
        # Yes and no are words of the language in the cell, and 1 and 0 for whatever reads them. A
        # cell in which something else was pasted is missing, not “no”.
        if metric["type"] == "yes_no":
            yes = self.frame.yes()
            is_answered = f"OR({given}={yes},{given}={self.frame.no()})"
            return f"IF({is_answered},0,3)", f"IF({given}={yes},1,0)"
        if metric["type"] not in RATIOS:
            return given_code, given
        above = cell(row, ABOVE)
        below = cell(row, BELOW)
        times = ""
        if metric["type"] == "percent":
            times = "100*"
        ratio_code = f'IF({above}="",3,IF({below}=0,2,0))'
        return (
            f'IF({below}<>"",{ratio_code},{given_code})',
            f'IF({below}<>"",{times}{above}/{below},{given})',
        )

    # Cells of a metric

    def _input_cell(
        self, row: int, column: int, metric: Document, *, is_live: bool
    ) -> None:
        """Put what was submitted; a cell is open where a change of it would be followed."""
        entry = self.entries.get(metric["id"])
        is_ratio_cell = column in (ABOVE, BELOW)
        # A derived metric is computed, and takes no entry.
        is_open = is_live and metric["formula"] is None
        if is_ratio_cell and metric["type"] not in RATIOS:
            is_open = False
        style: Style = CENTRED_BOX
        if is_open:
            style = CENTRED_BOX | OPEN
        if column == STATUS:
            self.sheet.text(row, STATUS, self._status(entry), **style)
        else:
            self._value(row, column, metric, style)
        if is_open:
            self._limit(row, column, metric)

    def _status(self, entry: Document | None) -> str:
        """Return the declared state of an entry; a ratio of nothing over nothing declares none."""
        if entry is None or entry["denominator"] is not None:
            return ""
        if entry["state"] not in ("not_applicable", "waived"):
            return ""
        return self.frame.display.state(entry["state"])

    def _value(self, row: int, column: int, metric: Document, style: Style) -> None:
        """Put a submitted value, with as many decimals as it was written with.

        An empty cell has the format of its type too, for whoever fills it in.
        """
        sheet = self.sheet
        sort = metric["type"]
        entry = self.entries.get(metric["id"])
        value = None
        if entry:
            value = entry[ENTRY_KEYS[column]]
        if isinstance(value, bool):
            sheet.text(row, column, self._yes_or_no(value), **style)
        elif value is not None and sort == "date":
            style = {**style, "num_format": self.frame.date_format(value)}
            sheet.day(row, column, value, **style)
        elif value is None or sort == "level" or not fits(value):
            style = {**style, "num_format": self.format(sort, column)}
            sheet.text(row, column, value, **style)
        else:
            style = {**style, "num_format": _format_as_written(value)}
            sheet.number(row, column, Decimal(value), **style)

    def _yes_or_no(self, value: bool) -> str:
        if value:
            return self.frame.say("yes")
        return self.frame.say("no")

    def _limit(self, row: int, column: int, metric: Document) -> None:
        """Let an open cell hold only what its metric takes."""
        sheet = self.sheet
        say = self.frame.say
        sort = metric["type"]
        if column == STATUS:
            source = self._list_range(STATUSES, 2)
            sheet.choice(row, column, source, say("only-listed"))
        elif sort == "yes_no":
            source = self.frame.yes_and_no()
            sheet.choice(row, column, source, say("only-listed"))
        elif sort == "level":
            list_column = LEVELS + self.frame.levels.index(metric)
            source = self._list_range(list_column, len(metric["levels"]))
            sheet.choice(row, column, source, say("only-listed"))
        elif sort == "date":
            sheet.between((row, column), "date", self._days(), say("only-days"))
        else:
            least = "0"
            # Of all types only `number` goes below zero, and no part of a ratio does.
            if sort == "number" and column == GIVEN:
                least = LEAST_NUMBER
            ends = (least, MOST_NUMBER)
            sheet.between((row, column), "decimal", ends, say("only-numbers"))

    def _list_range(self, column: int, length: int) -> str:
        """Return a column of the sheet of lists, as a list to choose from."""
        cells = f"{cell(1, column)}:{cell(length, column)}"
        return "=" + elsewhere(self.frame.sheets["lists"], cells)

    def _days(self) -> tuple[str, str]:
        """Return the first and the last day of a date: none after the day of judgement."""
        as_of = cell(DAY_OF_JUDGEMENT, GIVEN)
        window = self.frame.machine["window"]
        if not window:
            return LEAST_DAY, as_of
        first, last = map(serial, window)
        return str(first), f"MIN({as_of},{last})"

    def format(self, sort: str, column: int = FIGURE) -> str:
        """Return the number format of a type of metric.

        Args:
            sort: the type of the metric.
            column: the column of the sheet; what is typed is shown as it was typed.
        """
        if sort == "yes_no":
            # The cell has the number that formulas read, and shows the word that people read.
            yes = self.frame.say("yes")
            no = self.frame.say("no")
            return f'[=1]"{yes}";[=0]"{no}";General'
        if sort == "date":
            return self.frame.date_format()
        if sort in ("count", "rank"):
            return "#,##0"
        if column == FIGURE:
            return "#,##0.00##"
        return "General"

    def _figure(
        self, row: int, metric: Document, formulas: FigureFormulas | None
    ) -> None:
        """Put what a metric comes to, the code of its state, and the state in words."""
        sheet = self.sheet
        number_format = self.format(metric["type"])
        if metric["type"] == "date":
            number_format = self.frame.date_format(metric["figure"])
        style = {**CENTRED_BOX, "num_format": number_format}
        faint = {**CENTRED_BOX, **FAINT}
        code = CODES[metric["state"]]
        figure = figure_of(metric)
        if formulas is None:
            sheet.put(row, FIGURE, figure, **style)
            sheet.put(row, CODE, code, **faint)
        else:
            sheet.formula(row, FIGURE, formulas.figure, figure, **style)
            sheet.formula(row, CODE, formulas.code, code, **faint)
        choices = [f'"{self.state_words(state)}"' for state in CODES]
        words = ",".join(choices)
        formula = f"CHOOSE({cell(row, CODE)}+1,{words})"
        state = self.state_words(metric["state"])
        sheet.formula(row, SAID, formula, state, **CENTRED_BOX)

    def state_words(self, state: str) -> str:
        """Return the state of a figure in words."""
        if state == "reported":
            return self.frame.say("reported")
        return self.frame.display.state(state)

    # People's decisions

    def _decision(self, row: int, id_: str, title: str, remark: object) -> None:
        """Put the line of something that a person decides; its cell is put after it."""
        for column in range(REMARK):
            self.sheet.text(row, column, "", **BOX)
        self.sheet.text(row, NAME, title, **BOX)
        self.sheet.text(row, METRIC, id_, **BOX, **FAINT)
        self.sheet.text(row, REMARK, remark, **BOX)

    def _points(self, rule: Document) -> None:
        """Put the points that a person gives, and the reason for them."""
        row = self.frame.point_rows[rule["id"]]
        given = points_by_hand(rule)
        points = None
        if given is not None:
            points = decimal(given)
        # Points that a person gives are an input that belongs to no metric.
        by_hand = [item for item in rule["inputs"] if item["metric"] is None]
        reasons = [str(item["note"]) for item in by_hand]
        style = {**CENTRED_BOX, **OPEN, "num_format": "0.######"}
        ends = (rule["lowest"], rule["weight"])
        remark = "; ".join(reasons)
        complaint = self.frame.say("only-points")
        self._decision(row, rule["id"], rule["title"], remark)
        self.sheet.put(row, GIVEN, points, **style)
        self.sheet.between((row, GIVEN), "decimal", ends, complaint)

    def _proof(self, rule: Document) -> None:
        """Put whether a rule has valid evidence, and which documents were given."""
        row = self.frame.proof_rows[rule["id"]]
        documents = rule["evidence"]["documents"]
        names = "; ".join(document["document"] for document in documents)
        is_proved = any(document["valid"] for document in documents)
        self._decision(row, rule["id"], rule["title"], names)
        self._yes_no_cell(row, yes=is_proved)

    def _block(self, group: Document) -> None:
        """Put a block that is absent, and why."""
        row = self.frame.absent_rows[group["id"]]
        self._decision(row, group["id"], group["title"], group["absent"])
        self._yes_no_cell(row, yes=True)

    def _yes_no_cell(self, row: int, *, yes: bool) -> None:
        source = self.frame.yes_and_no()
        word = self._yes_or_no(yes)
        complaint = self.frame.say("only-listed")
        self.sheet.text(row, GIVEN, word, **CENTRED_BOX, **OPEN)
        self.sheet.choice(row, GIVEN, source, complaint)


def _submitted_figures(entry: Document | None) -> list[str]:
    """Return the numbers of an entry, as they were written; yes and no are none."""
    if entry is None:
        return []
    values = (entry[key] for key in ("numerator", "denominator", "value"))
    return [value for value in values if isinstance(value, str)]


def _rounded(metric: Document, figure: str) -> str:
    """Return a figure rounded as its metric says."""
    if metric["round"] is None:
        return figure
    return rounded(figure, metric["round"])


def _format_as_written(number: str) -> str:
    """Return the number format that shows all decimals that a number was written with.

    >>> _format_as_written("97.50")
    '#,##0.00'
    """
    _, point, decimals = number.partition(".")
    if not point:
        return "#,##0"
    return f"#,##0.{'0' * len(decimals)}"


def figure_of(metric: Document) -> CachedValue:
    """Return a metric's figure as a sheet has it: yes as 1, a day as its serial number.

    >>> figure_of({"type": "date", "figure": "2023-07-14"})
    45121
    >>> figure_of({"type": "percent", "figure": "1175/13"})
    Decimal('90.38461538461538461538461538')
    """
    figure = metric["figure"]
    if figure is None:
        return None
    if isinstance(figure, bool):
        return int(figure)
    if metric["type"] == "date":
        return serial(figure)
    if metric["type"] == "level":
        return str(figure)
    return decimal(figure)
