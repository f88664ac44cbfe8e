"""The sheet of figures: what was submitted, in cells that may be changed, and what each figure
comes to.
"""

from decimal import Decimal

from cchc_rules.render.display import Document
from cchc_rules.render.workbook.book import (
    BOLD,
    BOX,
    CENTRE,
    FAINT,
    OPEN,
    PALE,
    SUBTITLE,
    TITLE,
    Book,
    Cached,
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
    given_points,
)

CODES = {"reported": 0, "waived": 1, "not_applicable": 2, "missing": 3}
RATIOS = ("percent", "number")
"""Types of metrics that may be given as numerator and denominator."""


class Inputs:
    """Writes the sheet of figures."""

    def __init__(self, frame: Frame, book: Book) -> None:
        self.frame = frame
        self.sheet = book.sheet(
            frame.sheets["inputs"], [5, 44, 9, 9, 9, 11, 12, 11, 12, 7, 16, 28]
        )
        self.entries = {
            item["metric"]: item
            for rule in frame.document["rules"]
            for item in rule["inputs"]
        }
        self.titles = {name: item["title"] for name, item in self.entries.items()}
        self.units = {rule["metric"]: rule["unit"] for rule in frame.document["rules"]}
        self.titles |= {
            rule["metric"]: rule["metric_title"]
            for rule in frame.document["rules"]
            if rule["metric"]
        }
        self.kept: list[Document] = []

    def write(self) -> None:
        """Write the sheet."""
        frame = self.frame
        sheet = self.sheet
        sheet.banner(0, frame.say("inputs-title"), **TITLE)
        sheet.banner(1, frame.say("inputs-legend"), **SUBTITLE)
        sheet.text(HEAD - 2, NAME, frame.say("as-of"), **BOLD)
        style = {**BOX, **OPEN, **CENTRE, "num_format": self.format("date")}
        sheet.day(HEAD - 2, GIVEN, frame.document["as_of"], **style)
        sheet.heads(HEAD, [frame.say(f"input-{at}") for at in range(12)])
        for at, metric in enumerate(frame.metrics.values(), start=1):
            self._metric(at, metric)
        self._section(frame.point_rows, "given-points")
        for rule in frame.given:
            self._points(rule)
        self._section(frame.proof_rows, "proofs")
        for rule in frame.proved:
            self._proof(rule)
        self._section(frame.absent_rows, "absent-blocks")
        for group in frame.absent:
            self._block(group)

    def _section(self, rows: dict[str, int], word: str) -> None:
        if rows:
            row = min(rows.values()) - 1
            self.sheet.banner(row, self.frame.say(word), **BOX, **BOLD, bg_color=PALE)

    # Metrics

    def _metric(self, at: int, metric: Document) -> None:
        row = self.frame.metric_rows[metric["id"]]
        name = metric["id"]
        entry = self.entries.get(metric["id"])
        sheet = self.sheet
        sheet.number(row, 0, at, **BOX, **CENTRE)
        sheet.text(row, NAME, self.titles.get(name) or name, **BOX)
        unit = self.units.get(name) or ("%" if metric["type"] == "percent" else "")
        sheet.text(row, UNIT, unit, **BOX, **CENTRE)
        sheet.text(row, METRIC, name, **BOX, **FAINT)
        live = self._live(metric, entry)
        for place in (ABOVE, BELOW, GIVEN, STATUS):
            self._given(row, place, metric, entry, live)
        self._figure(row, metric, live)
        remarks = [
            entry["note"] if entry else None,
            self._items(entry),
            None if live else self.frame.say("kept"),
        ]
        remarks += [self.frame.say("derived")] if metric["formula"] is not None else []
        remarks += (
            [self.frame.say("counts-days")] if counts_days(metric["formula"]) else []
        )
        sheet.text(
            row, REMARK, "; ".join(str(remark) for remark in remarks if remark), **BOX
        )

    def _items(self, entry: Document | None) -> str | None:
        if not entry or entry["items"] is None:
            return None
        return self.frame.say(
            "items", count=len(entry["items"]), items="; ".join(entry["items"])
        )

    def _live(self, metric: Document, entry: Document | None) -> tuple[str, str] | None:
        """Return the formulas of a metric's code and figure, None where a sheet cannot have them."""
        try:
            code, figure = (
                self._derived(metric)
                if metric["formula"] is not None
                else self._submitted(metric, entry)
            )
            return checked(code), checked(figure)
        except NotInSheetError:
            self.kept.append(metric)
            return None

    def _derived(self, metric: Document) -> tuple[str, str]:
        if (
            metric["figure"] is not None
            and self.frame.kind(metric["id"]) == NUMBER
            and coarse(metric["figure"])
        ):
            raise NotInSheetError
        here = cell(self.frame.metric_rows[metric["id"]], FIGURE)
        write = Translator(self.frame, {})
        absence = write.absence(metric["formula"])
        value = self._rounded(metric, write.value(metric["formula"]))
        code = f'IF({here}="",2,0)'
        if absence == "0":
            return code, f'IFERROR({value},"")'
        return (
            f"IF({absence}>0,{absence},{code})",
            f'IF({absence}>0,"",IFERROR({value},""))',
        )

    def _submitted(self, metric: Document, entry: Document | None) -> tuple[str, str]:
        row = self.frame.metric_rows[metric["id"]]
        above, below, given, status, code = (
            cell(row, place) for place in (ABOVE, BELOW, GIVEN, STATUS, CODE)
        )
        figures = [
            entry[key]
            for key in ("numerator", "denominator", "value")
            if entry and isinstance(entry[key], str)
        ]
        numeric = self.frame.kind(metric["id"]) == NUMBER
        if numeric and not all(map(fits, figures)):
            raise NotInSheetError
        there = f'IF({given}<>"",0,3)'
        figure = given
        if metric["type"] == "yes_no":
            there = f"IF(OR({given}={self.frame.yes()},{given}={self.frame.no()}),0,3)"
            figure = f"IF({given}={self.frame.yes()},1,0)"
        elif metric["type"] in RATIOS:
            times = "100*" if metric["type"] == "percent" else ""
            there = f'IF({below}<>"",IF({above}="",3,IF({below}=0,2,0)),{there})'
            figure = f'IF({below}<>"",{times}{above}/{below},{given})'
        waived, not_applicable = (
            elsewhere(self.frame.sheets["lists"], cell(at, STATUSES)) for at in (2, 1)
        )
        figure = self._rounded(metric, figure)
        there = f"IF({status}={waived},1,IF({status}={not_applicable},2,{there}))"
        return there, f'IF({code}>0,"",{figure})'

    @staticmethod
    def _rounded(metric: Document, figure: str) -> str:
        return figure if metric["round"] is None else rounded(figure, metric["round"])

    def _given(
        self,
        row: int,
        place: int,
        metric: Document,
        entry: Document | None,
        live: tuple[str, str] | None,
    ) -> None:
        """Put what was submitted; cells are open where a change would be followed."""
        shut = live is None or metric["formula"] is not None
        shut = shut or (place in (ABOVE, BELOW) and metric["type"] not in RATIOS)
        style = {**BOX, **CENTRE, **({} if shut else OPEN)}
        if place == STATUS:
            self._status(row, entry, style)
        else:
            self._value(row, place, metric, entry, style)
        if not shut:
            self._held(row, place, metric)

    def _status(
        self, row: int, entry: Document | None, style: dict[str, object]
    ) -> None:
        bare = entry is not None and entry["denominator"] is None
        declared = (
            bare
            and entry is not None
            and entry["state"] in ("not_applicable", "waived")
        )
        words = self.frame.display.state(entry["state"]) if entry and declared else ""
        self.sheet.text(row, STATUS, words, **style)

    def _value(
        self,
        row: int,
        place: int,
        metric: Document,
        entry: Document | None,
        style: dict[str, object],
    ) -> None:
        value = (
            entry[{ABOVE: "numerator", BELOW: "denominator", GIVEN: "value"}[place]]
            if entry
            else None
        )
        if isinstance(value, bool):
            self.sheet.text(
                row, place, self.frame.say("yes" if value else "no"), **style
            )
        elif (
            value is None
            or metric["type"] == "level"
            or not (metric["type"] == "date" or fits(value))
        ):
            self.sheet.text(
                row,
                place,
                value,
                **{**style, "num_format": self.format(metric["type"], place)},
            )
        elif metric["type"] == "date":
            self.sheet.day(row, place, value, **style, num_format=self.format("date"))
        else:
            _, point, rest = value.partition(".")
            written = f"#,##0.{'0' * len(rest)}" if point else "#,##0"
            self.sheet.number(row, place, Decimal(value), **style, num_format=written)

    def _held(self, row: int, place: int, metric: Document) -> None:
        """Let an open cell hold only what its metric takes."""
        sheet = self.sheet
        lists = self.frame.sheets["lists"]
        if place == STATUS:
            source = elsewhere(lists, f"{cell(1, STATUSES)}:{cell(2, STATUSES)}")
            sheet.choice(row, place, "=" + source, self.frame.say("only-listed"))
        elif metric["type"] == "yes_no":
            sheet.choice(
                row,
                place,
                f"={self.frame.yes()}:{self.frame.no().partition('!')[2]}",
                self.frame.say("only-listed"),
            )
        elif metric["type"] == "level":
            at = LEVELS + self.frame.levels.index(metric)
            source = elsewhere(
                lists, f"{cell(1, at)}:{cell(len(metric['levels']), at)}"
            )
            sheet.choice(row, place, "=" + source, self.frame.say("only-listed"))
        elif metric["type"] == "date":
            window = self.frame.machine["window"]
            first = str(serial(window[0])) if window else "-100000"
            as_of = cell(HEAD - 2, GIVEN)
            last = f"MIN({as_of},{serial(window[1])})" if window else as_of
            sheet.between(
                (row, place), "date", (first, last), self.frame.say("only-days")
            )
        else:
            least = "-1E+15" if metric["type"] == "number" and place == GIVEN else "0"
            sheet.between(
                (row, place),
                "decimal",
                (least, "1E+15"),
                self.frame.say("only-numbers"),
            )

    def format(self, sort: str, place: int = FIGURE) -> str:
        """Return the number format of a type of metric."""
        if sort == "yes_no":
            return f'[=1]"{self.frame.say("yes")}";[=0]"{self.frame.say("no")}";General'
        if sort == "date":
            return "dd/mm/yyyy" if self.frame.display.lang == "vi" else "d mmm yyyy"
        if sort in ("count", "rank"):
            return "#,##0"
        return "#,##0.00##" if place == FIGURE else "General"

    def _figure(self, row: int, metric: Document, live: tuple[str, str] | None) -> None:
        style = {**BOX, **CENTRE, "num_format": self.format(metric["type"])}
        code = CODES[metric["state"]]
        figure = figure_of(metric)
        said = self.said(metric["state"])
        if live is None:
            self.sheet.put(row, FIGURE, figure, **style)
            self.sheet.put(row, CODE, code, **BOX, **CENTRE, **FAINT)
        else:
            self.sheet.formula(row, FIGURE, live[1], figure, **style)
            self.sheet.formula(row, CODE, live[0], code, **{**BOX, **CENTRE, **FAINT})
        words = ",".join(f'"{self.said(state)}"' for state in CODES)
        self.sheet.formula(
            row, SAID, f"CHOOSE({cell(row, CODE)}+1,{words})", said, **BOX, **CENTRE
        )

    def said(self, state: str) -> str:
        """Return the state of a figure in words."""
        return (
            self.frame.say("reported")
            if state == "reported"
            else self.frame.display.state(state)
        )

    # People's decisions

    def _named(self, row: int, name: str, title: str, remark: object) -> None:
        for place in range(REMARK):
            self.sheet.text(row, place, "", **BOX)
        self.sheet.text(row, NAME, title, **BOX)
        self.sheet.text(row, METRIC, name, **BOX, **FAINT)
        self.sheet.text(row, REMARK, remark, **BOX)

    def _points(self, rule: Document) -> None:
        row = self.frame.point_rows[rule["id"]]
        points = given_points(rule)
        reasons = [item["note"] for item in rule["inputs"] if item["metric"] is None]
        self._named(row, rule["id"], rule["title"], "; ".join(map(str, reasons)))
        style = {**BOX, **CENTRE, **OPEN, "num_format": "0.######"}
        self.sheet.put(row, GIVEN, None if points is None else decimal(points), **style)
        ends = (rule["lowest"], rule["maximum"])
        self.sheet.between((row, GIVEN), "decimal", ends, self.frame.say("only-points"))

    def _proof(self, rule: Document) -> None:
        documents = rule["evidence"]["documents"]
        proved = any(item["valid"] for item in documents)
        row = self.frame.proof_rows[rule["id"]]
        self._named(
            row,
            rule["id"],
            rule["title"],
            "; ".join(item["document"] for item in documents),
        )
        self._yes_no(row, proved)

    def _block(self, group: Document) -> None:
        row = self.frame.absent_rows[group["id"]]
        self._named(row, group["id"], group["title"], group["absent"])
        self._yes_no(row, True)

    def _yes_no(self, row: int, yes: bool) -> None:
        self.sheet.text(
            row, GIVEN, self.frame.say("yes" if yes else "no"), **BOX, **CENTRE, **OPEN
        )
        source = f"={self.frame.yes()}:{self.frame.no().partition('!')[2]}"
        self.sheet.choice(row, GIVEN, source, self.frame.say("only-listed"))


def figure_of(metric: Document) -> Cached:
    """Return a metric's figure as a sheet has it."""
    figure = metric["figure"]
    if figure is None or isinstance(figure, bool):
        return None if figure is None else int(figure)
    if metric["type"] == "date":
        return serial(figure)
    return str(figure) if metric["type"] == "level" else decimal(figure)
