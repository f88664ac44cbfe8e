"""The first sheet: the index, its band and targets, the areas, beside what the report says."""

from cchc_rules.render.display import Document
from cchc_rules.render.workbook.book import (
    BOLD,
    BOX,
    CENTRE,
    FAINT,
    HEADING,
    PALE,
    SUBTITLE,
    TITLE,
    Book,
    CachedValue,
    Style,
)
from cchc_rules.render.workbook.cell_formulas import compared
from cchc_rules.render.workbook.cells import cell, decimal, quoted
from cchc_rules.render.workbook.layout import (
    ACTUAL,
    AT_LEAST,
    AT_MOST,
    HEAD,
    STATE,
    STATE_CODES,
    SUPPORTED,
    Frame,
    Line,
    Reckoning,
)
from cchc_rules.render.workbook.scores import (
    EARNED,
    EXCLUDED,
    LOST,
    MAXIMUM,
    state_words,
)

LABEL, LIVE, REPORT, DIFFERENCE = range(1, 5)
"""The columns: what it is, as computed, as the report says, and the difference of the two."""

LAST = 6
"""The last column."""

WIDTHS = [6, 58, 16, 16, 16, 16, 16]

EDGES = {"from": ">=", "above": ">", "to": "<=", "below": "<"}
EDGES_SHOWN = {"from": "≥", "above": ">", "to": "≤", "below": "<"}

STATES_THAT_PASS = (1, 5, 6, 7)
"""The codes of states that hold no band down (semantics I5)."""


class SummarySheet:
    """Writes the first sheet, from the top down; `row` is the next row to write."""

    def __init__(self, frame: Frame, book: Book) -> None:
        self.frame = frame
        self.sheet = book.sheet(frame.sheets["summary"], WIDTHS)
        self.sheet.worksheet.fit_to_pages(1, 1)
        points = frame.points_format()
        self.points: Style = {**BOX, **CENTRE, "num_format": points}
        self.row = 0

    def write(self) -> None:
        """Write the sheet."""
        display = self.frame.display
        self.sheet.banner(0, display.say("title"), **TITLE)
        self.row = 1
        for label, words in display.head():
            self._fact(label, words)
        legend = self.frame.say("summary-legend")
        self.sheet.banner(self.row, legend, **{**SUBTITLE, **FAINT})
        self.row += 2
        self._index()
        self._areas()
        self._targets()
        self._bands()
        self._counts()

    def _fact(self, label: str, words: str) -> None:
        self.sheet.text(self.row, LABEL, label, **BOLD)
        self.sheet.over(self.row, (LIVE, LAST), words)
        self.row += 1

    def _heads(self, *keys: str) -> None:
        """Put the heads of a table; an empty key is an empty head."""
        for column, key in enumerate(keys):
            words = self.frame.say(key) if key else ""
            self.sheet.text(self.row, column, words, **HEADING)
        self.row += 1

    # The index

    def _index(self) -> None:
        index = self.frame.document["index"]
        total = self.frame.total
        self._heads("number", "quantity", "live", "in-report", "difference")
        self.sheet.worksheet.freeze_panes(1, 0)
        value = total("value")
        self._figure(
            "index", self._read(value), index["value"], bold=True, bg_color=PALE
        )
        self._scale(index["scale"])
        for name in ("maximum", "earned", "rescaled"):
            self._figure(name, total(name), index[name])
        for name in ("base", "bonus", "penalty"):
            self._figure(f"total-{name}", total(name), index[name])
        self._reckoning("at-least", AT_LEAST, index["lowest"])
        self._reckoning("at-most", AT_MOST, index["highest"])
        self._reckoning("supported", SUPPORTED, index["supported"])
        self._fact(self.frame.display.say("arithmetic"), index["calculation"])
        self.row += 1

    def _reckoning(self, key: str, reckoning: Reckoning, reported: str | None) -> None:
        value = self.frame.total("value", reckoning)
        self._figure(f"reckoning-{key}", self._read(value, reckoning), reported)

    def _read(self, formula: str, reckoning: Reckoning = ACTUAL) -> str:
        """Return what reads an index, or a dash where nothing is left to score (semantics I2)."""
        return f'IF({self.frame.total("left", reckoning)}=0,"–",{formula})'

    def _figure(
        self, key: str, formula: str, reported: str | None, **style: object
    ) -> None:
        """Put a figure as computed, as the report says, and the difference of the two; a dash where
        there is no index.
        """
        row = self.row
        sheet = self.sheet
        apart = f"{cell(row, LIVE)}-{cell(row, REPORT)}"
        # A dash, live or in the report, differs from nothing.
        difference = f"IFERROR(ROUND({apart},{self.frame.places}),0)"
        value: CachedValue = "–" if reported is None else decimal(reported)
        signed = self.points | {"num_format": self._signed_format()}
        sheet.text(row, 0, "", **BOX)
        sheet.text(row, LABEL, self.frame.say(key), **(BOX | style))
        sheet.formula(row, LIVE, formula, value, **(self.points | style))
        sheet.put(row, REPORT, value, **(self.points | FAINT))
        sheet.formula(row, DIFFERENCE, difference, 0, **signed)
        self.row += 1

    def _signed_format(self) -> str:
        """Return a number format with a sign; nothing is a dash."""
        plain = self.frame.points_format()
        return f'+{plain};−{plain};"–"'

    def _scale(self, scale: str) -> None:
        self.sheet.text(self.row, 0, "", **BOX)
        self.sheet.text(self.row, LABEL, self.frame.say("scale"), **BOX)
        self.sheet.number(self.row, LIVE, decimal(scale), **BOX, **CENTRE)
        self.row += 1

    def _areas(self) -> None:
        self._heads("number", "area", "maximum", "earned", "lost", "excluded", "share")
        for line in self.frame.lines:
            if line.group and not line.depth:
                self._area(line)
        self.row += 1

    def _area(self, line: Line) -> None:
        """Put an area with its points, and the share of what could be earned that was earned."""
        row = self.row
        sheet = self.sheet
        sheet.text(row, 0, line.number, **BOX, **CENTRE)
        sheet.text(row, LABEL, self.frame.display.title(line.item), **BOX)
        columns = {
            "maximum": MAXIMUM,
            "earned": EARNED,
            "lost": LOST,
            "excluded": EXCLUDED,
        }
        addresses = {}
        for column, (key, source) in enumerate(columns.items(), start=LIVE):
            formula = self.frame.score(line.row, source)
            sheet.formula(row, column, formula, decimal(line.item[key]), **self.points)
            addresses[key] = cell(row, column)
        left = f"({addresses['maximum']}-{addresses['excluded']})"
        share = f'IF({left}<=0,"–",{addresses["earned"]}/{left})'
        sheet.formula(row, LAST, share, None, **BOX, **CENTRE, num_format="0.0%")
        self.row += 1

    # What hangs on the index

    def _targets(self) -> None:
        targets = self.frame.document["targets"]
        if not targets:
            return
        self._heads("number", "target", "reached", "in-report", "threshold")
        for number, target in enumerate(targets, start=1):
            self._target(number, target)
        self.row += 1

    def _target(self, number: int, target: Document) -> None:
        row = self.row
        sheet = self.sheet
        display = self.frame.display
        sign = target["comparator"]
        holds = compared(sign, self.frame.total("exact"), target["threshold"])
        reached = display.reached(reached=True)
        not_reached = display.reached(reached=False)
        not_judged = display.reached(reached=None)
        formula = f"IF({holds},{quoted(reached)},{quoted(not_reached)})"
        formula = f"IF({self.frame.total('left')}=0,{quoted(not_judged)},{formula})"
        reported = display.reached(reached=target["reached"])
        threshold = f"{sign} {display.number(target['threshold'])}"
        sheet.number(row, 0, number, **BOX, **CENTRE)
        sheet.text(row, LABEL, target["title"], **BOX)
        sheet.formula(row, LIVE, formula, reported, **BOX, **CENTRE, **BOLD)
        sheet.text(row, REPORT, reported, **BOX, **CENTRE, **FAINT)
        sheet.text(row, DIFFERENCE, threshold, **BOX, **CENTRE)
        self.row += 1

    def _bands(self) -> None:
        """Put the band, the ladder of bands, and the gates that hold the band down.

        The band is found from two lists below it: `MATCH` gives the first band of the ladder whose
        edges hold, and every gate gives the highest band that it lets pass.
        """
        band = self.frame.document["band"]
        if not band:
            return
        bands = self.frame.machine["bands"]
        gates = self.frame.machine["band_gates"]
        first = self.row + 3
        last = first + len(bands) - 1
        first_gate = last + 2
        titles = f"{cell(first, LABEL)}:{cell(last, LABEL)}"
        holds = f"{cell(first, LIVE)}:{cell(last, LIVE)}"
        position = f"MATCH(1,{holds},0)"
        limits = [cell(first_gate + index, REPORT) for index in range(len(gates))]
        allowed = f"MIN({','.join([position, *limits])})"
        self._heads("number", "band", "live", "in-report", "next-distance")
        reached = self._read(f"INDEX({titles},{allowed})")
        self._band_reached(reached, self._band_title(band["id"]))
        self._distance(bands, position)
        self.row += 1
        self._heads("number", "band-edges", "holds", "")
        for number, step in enumerate(bands, start=1):
            self._band(number, step, is_last=number == len(bands))
        if gates:
            self._heads("number", "band-gate", "state", "at-most")
            for gate in gates:
                self._gate(gate)
        self.row += 1

    def _band_reached(self, formula: str, title: str) -> None:
        row = self.row
        style = {**BOX, **CENTRE, **BOLD, "bg_color": PALE}
        self.sheet.text(row, 0, "", **BOX)
        self.sheet.text(row, LABEL, self.frame.say("band"), **BOX, **BOLD)
        self.sheet.formula(row, LIVE, formula, title, **style)
        self.sheet.text(row, REPORT, title, **BOX, **CENTRE, **FAINT)

    def _distance(self, bands: list[Document], position: str) -> None:
        """Put how far the next band is, rounded up to the places of points."""
        following = self.frame.document["band"]["next"]
        lows = [band.get("from", band.get("above")) for band in bands[1:]]
        if not lows:
            self.sheet.text(self.row, DIFFERENCE, "–", **BOX, **CENTRE)
            return
        next_low = f"CHOOSE({position},{','.join(low or '0' for low in lows)})"
        exact = f"ROUND({next_low}-{self._index_read()},10)"
        distance = f"ROUNDUP({exact},{self.frame.places})"
        formula = f'IF({position}>{len(lows)},"–",{distance})'
        value = decimal(following["distance"]) if following else "–"
        self.sheet.formula(
            self.row, DIFFERENCE, self._read(formula), value, **self.points
        )

    def _index_read(self) -> str:
        """Return the address of the index that bands read, exact or rounded."""
        if self.frame.machine["bands_read"] == "rounded":
            return self.frame.total("value")
        return self.frame.total("exact")

    def _band_title(self, id_: str) -> str:
        """Return the title of a band; the ladder of the report names them all."""
        ladder = self.frame.document["band"]["ladder"]
        titles = {band["id"]: band["title"] for band in ladder}
        return str(titles.get(id_, id_))

    def _band(self, number: int, band: Document, *, is_last: bool) -> None:
        """Put a band with its edges, and whether the index lies in it or below it.

        `MATCH` takes the first band that holds. The last one always does: above its edge, too, an
        index is in the highest band.
        """
        row = self.row
        sheet = self.sheet
        conditions = []
        shown = []
        for edge, sign in EDGES.items():
            if edge in band:
                if edge in ("to", "below") and not is_last:
                    index = self._index_read()
                    conditions.append(compared(sign, index, f"({band[edge]})"))
                figure = self.frame.display.number(band[edge])
                shown.append(f"{EDGES_SHOWN[edge]} {figure}")
        holds = f"IF(AND({','.join(conditions) or 'TRUE'}),1,0)"
        sheet.number(row, 0, number, **BOX, **CENTRE)
        sheet.text(row, LABEL, self._band_title(band["id"]), **BOX)
        sheet.formula(row, LIVE, holds, None, **BOX, **CENTRE, **FAINT)
        sheet.text(row, REPORT, " ".join(shown), **BOX, **CENTRE)
        self.row += 1

    def _gate(self, gate: Document) -> None:
        """Put a gate: unless its rule passes, it holds the index down to a band."""
        row = self.row
        sheet = self.sheet
        bands = [band["id"] for band in self.frame.machine["bands"]]
        rule = self.frame.display.rules[gate["rule"]]
        state = self.frame.step(self.frame.rows[False, gate["rule"]], STATE)
        passes = ",".join(f"{state}={code}" for code in STATES_THAT_PASS)
        at_most = bands.index(gate["at_most"]) + 1
        limit = f"IF(OR({passes}),{len(bands)},{at_most})"
        reported = self.frame.display.state(rule["state"])
        words = state_words(self.frame, state)
        sheet.text(row, 0, "", **BOX)
        sheet.text(row, LABEL, rule["title"], **BOX)
        sheet.formula(row, LIVE, words, reported, **BOX, **CENTRE)
        sheet.formula(row, REPORT, limit, None, **BOX, **CENTRE, **FAINT)
        self.row += 1

    def _counts(self) -> None:
        """Put how many rules are in each state."""
        sheet = self.sheet
        counts = self.frame.document["index"]["counts"]
        first = self.frame.step(HEAD + 1, STATE)
        states = f"{first}:{cell(self.frame.last, STATE)}"
        self._heads("number", "state", "live", "in-report")
        for code, state in enumerate(STATE_CODES, start=1):
            count = f"COUNTIF({states},{code})"
            name = self.frame.display.state(state)
            sheet.text(self.row, 0, "", **BOX)
            sheet.text(self.row, LABEL, name, **BOX)
            sheet.formula(self.row, LIVE, count, counts[state], **BOX, **CENTRE)
            sheet.number(self.row, REPORT, counts[state], **BOX, **CENTRE, **FAINT)
            self.row += 1
