"""The first sheet: the index, its band and targets, the areas, beside what the report says.

Each figure stands there twice, and so does their difference: live, as the formulas reckon it from
the sheets behind, and as the report says it. As long as nobody changes a figure the differences are
dashes. That is how an auditor sees at a glance that the workbook and the report are one; afterwards
they show what a change would do.
"""

from collections.abc import Iterator

from cchc_rules.render.display import Document
from cchc_rules.render.workbook.book import (
    BOLD,
    BOX,
    CENTRED_BOX,
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
from cchc_rules.render.workbook.cells import GUARD, cell, decimal, quoted
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
"""The edges of a band, with the comparisons that formulas make."""

EDGES_SHOWN = {"from": "≥", "above": ">", "to": "≤", "below": "<"}
"""The edges of a band, with the signs that people read."""

UPPER_EDGES = ("to", "below")

AREA_COLUMNS = {
    "maximum": MAXIMUM,
    "earned": EARNED,
    "lost": LOST,
    "excluded": EXCLUDED,
}
"""The points of an area, with the columns of the scoring sheet that have them."""

STATES_THAT_PASS = (1, 5, 6, 7)
"""The codes of states that hold no band down (semantics I5)."""


class SummarySheet:
    """Writes the first sheet, from the top down; `row` is the next row to write.

    Where nothing is left to score there is no index (semantics I2). Live cells then have a dash, by
    a formula that asks how many points are left: a figure that is put in brings the index back.
    """

    def __init__(self, frame: Frame, book: Book) -> None:
        self.frame = frame
        self.sheet = book.sheet(frame.sheets["summary"], WIDTHS)
        self.sheet.worksheet.fit_to_pages(1, 1)
        points = frame.points_format()
        self.points: Style = {**CENTRED_BOX, "num_format": points}
        self.signed_points: Style = {**self.points, "num_format": _signed(points)}
        self.row = 0

    def write(self) -> None:
        """Write the sheet."""
        display = self.frame.display
        self.sheet.banner(0, display.say("title"), **TITLE)
        self.row = 1
        for label, words in display.head():
            self._fact(label, words)
        legend = self.frame.say("summary-legend")
        self.sheet.banner(self.row, legend, **(SUBTITLE | FAINT))
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
            words = ""
            if key:
                words = self.frame.say(key)
            self.sheet.text(self.row, column, words, **HEADING)
        self.row += 1

    # The index

    def _index(self) -> None:
        # Top down as it is reckoned: the index, then what it is made of, then how far it may move.
        index = self.frame.document["index"]
        total = self.frame.total
        self._heads("number", "quantity", "live", "in-report", "difference")
        self.sheet.worksheet.freeze_panes(1, 0)
        formula = self._where_there_is_one(total("value"))
        self._figure("index", formula, index["value"], bold=True, bg_color=PALE)
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
        """Put the index of another reckoning: with all open rules at their least, say."""
        value = self.frame.total("value", reckoning)
        formula = self._where_there_is_one(value, reckoning)
        self._figure(f"reckoning-{key}", formula, reported)

    def _where_there_is_one(self, formula: str, reckoning: Reckoning = ACTUAL) -> str:
        """Return what reads an index, or a dash where there is none (semantics I2, I9)."""
        return f'IF({self.frame.no_index(reckoning)},"–",{formula})'

    def _figure(
        self, key: str, formula: str, reported: str | None, **style: object
    ) -> None:
        """Put a figure as computed, as the report says, and the difference of the two.

        Args:
            key: the message that names the figure.
            formula: what it comes to on the sheets behind.
            reported: what the report says; None, a dash, where there is no index.
            style: how its name and its live cell look besides.
        """
        row = self.row
        sheet = self.sheet
        live = cell(row, LIVE)
        report = cell(row, REPORT)
        # A dash, live or in the report, is no number: the difference is an error of the sheet, and
        # differs from nothing.
        difference = f"IFERROR(ROUND({live}-{report},{self.frame.places}),0)"
        value: CachedValue = "–"
        if reported is not None:
            value = decimal(reported)
        sheet.text(row, 0, "", **BOX)
        name = self.frame.say(key)
        sheet.text(row, LABEL, name, **(BOX | style))
        sheet.formula(row, LIVE, formula, value, **(self.points | style))
        sheet.put(row, REPORT, value, **(self.points | FAINT))
        sheet.formula(row, DIFFERENCE, difference, 0, **self.signed_points)
        self.row += 1

    def _scale(self, scale: str) -> None:
        name = self.frame.say("scale")
        self.sheet.text(self.row, 0, "", **BOX)
        self.sheet.text(self.row, LABEL, name, **BOX)
        self.sheet.number(self.row, LIVE, decimal(scale), **CENTRED_BOX)
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
        title = self.frame.display.title(line.item)
        sheet.text(row, 0, line.number, **CENTRED_BOX)
        sheet.text(row, LABEL, title, **BOX)
        addresses = {}
        for column, key in enumerate(AREA_COLUMNS, start=LIVE):
            formula = self.frame.score(line.row, AREA_COLUMNS[key])
            points = decimal(line.item[key])
            sheet.formula(row, column, formula, points, **self.points)
            addresses[key] = cell(row, column)
        earned = addresses["earned"]
        left = f"({addresses['maximum']}-{addresses['excluded']})"
        # The report does not tell this share, so that no value is kept beside the formula.
        share = f'IF({left}<=0,"–",{earned}/{left})'
        sheet.formula(row, LAST, share, None, **CENTRED_BOX, num_format="0.0%")
        self.row += 1

    # What hangs on the index

    def _targets(self) -> None:
        targets = self.frame.document["targets"]
        if not targets:
            return
        self._heads("number", "target", "reached", "in-report", "threshold")
        for number, target in enumerate(targets, start=1):
            if "needs" in target:
                self._kept_target(number, target)
            else:
                self._target(number, target)
        self.row += 1

    def _target(self, number: int, target: Document) -> None:
        """Put a target on the index, and whether it is reached.

        The exact index is held against the threshold, as the report does: an index that is only
        rounded up to 80 does not reach 80.
        """
        row = self.row
        sheet = self.sheet
        display = self.frame.display
        sign = target["comparator"]
        exact = self.frame.total("exact")
        holds = compared(sign, exact, target["threshold"])
        reached = quoted(display.reached(reached=True))
        not_reached = quoted(display.reached(reached=False))
        not_judged = quoted(display.reached(reached=None))
        verdict = f"IF({holds},{reached},{not_reached})"
        formula = f"IF({self.frame.no_index()},{not_judged},{verdict})"
        reported = display.reached(reached=target["reached"])
        threshold = f"{sign} {display.number(target['threshold'])}"
        sheet.number(row, 0, number, **CENTRED_BOX)
        sheet.text(row, LABEL, target["title"], **BOX)
        sheet.formula(row, LIVE, formula, reported, **CENTRED_BOX, **BOLD)
        sheet.text(row, REPORT, reported, **CENTRED_BOX, **FAINT)
        sheet.text(row, DIFFERENCE, threshold, **CENTRED_BOX)
        self.row += 1

    def _kept_target(self, number: int, target: Document) -> None:
        """Put a target with conditions: whether it is reached is the report's, not live."""
        display = self.frame.display
        threshold = "; ".join(need["text"] for need in target["needs"])
        if target["comparator"] is not None:
            index = f"{target['comparator']} {display.number(target['threshold'])}"
            threshold = f"{index}; {threshold}"
        sheet = self.sheet
        sheet.number(self.row, 0, number, **CENTRED_BOX)
        sheet.text(self.row, LABEL, target["title"], **BOX)
        sheet.text(self.row, LIVE, self.frame.say("kept"), **CENTRED_BOX)
        reported = display.reached(reached=target["reached"])
        sheet.text(self.row, REPORT, reported, **CENTRED_BOX, **FAINT)
        sheet.text(self.row, DIFFERENCE, threshold, **CENTRED_BOX)
        self.row += 1

    def _bands(self) -> None:
        """Put the band, the ladder of bands, and the gates that hold the band down.

        The band is found from two lists below it: `MATCH` gives the first band of the ladder whose
        edges hold, and every gate gives the highest band that it lets pass. For an index of 82.5:

            band            2 good     the least of 2, found by MATCH, and 2, let pass by the gate
            1 fair          0          82.5 is not below 80
            2 good          1          82.5 is below 90, and no band above this line has a 1
            3 excellent     0          one has
            on time         2          not met: at most good
        """
        bands = self.frame.machine["bands"]
        if not bands:
            return
        gates = self.frame.machine["band_gates"]
        # Addresses are needed above before the rows below are written: they follow from the counts.
        # Below the row of the band come the heads of the ladder, its bands, and the heads of gates.
        first = self.row + 3
        last = first + len(bands) - 1
        first_gate = last + 2
        titles = f"{cell(first, LABEL)}:{cell(last, LABEL)}"
        holds = f"{cell(first, LIVE)}:{cell(last, LIVE)}"
        position = f"MATCH(1,{holds},0)"
        gate_rows = range(first_gate, first_gate + len(gates))
        cells = [cell(row, REPORT) for row in gate_rows]
        pairs = list(zip(gates, cells, strict=True))
        limits = [limit for gate, limit in pairs if "at_most" in gate]
        lowerings = [lowers for gate, lowers in pairs if "lower_by" in gate]
        allowed = f"MIN({','.join([position, *limits])})"
        if lowerings:
            allowed = f"MAX(1,{allowed}-{'-'.join(lowerings)})"
        reached = f"INDEX({titles},{allowed})"
        self._heads("number", "band", "live", "in-report", "next-distance")
        self._band_reached(self._where_there_is_one(reached))
        self._distance(bands, position)
        self.row += 1
        self._heads("number", "band-edges", "holds", "threshold")
        for number, band in enumerate(bands, start=1):
            self._band(number, band, first, is_last=number == len(bands))
        if gates:
            self._heads("number", "band-gate", "state", "at-most")
            for gate in gates:
                if "needs" in gate:
                    self._kept_gate(gate)
                else:
                    self._gate(gate)
        self.row += 1

    def _band_reached(self, formula: str) -> None:
        """Put the band of now beside that of the report, which has none without an index."""
        row = self.row
        style = {**CENTRED_BOX, **BOLD, "bg_color": PALE}
        band = self.frame.document["band"]
        value = "–"
        reported = self.frame.display.reached(reached=None)
        if band:
            value = reported = self._band_title(band)
        name = self.frame.say("band")
        self.sheet.text(row, 0, "", **BOX)
        self.sheet.text(row, LABEL, name, **BOX, **BOLD)
        self.sheet.formula(row, LIVE, formula, value, **style)
        self.sheet.text(row, REPORT, reported, **CENTRED_BOX, **FAINT)

    def _distance(self, bands: list[Document], position: str) -> None:
        """Put how far the next band is, rounded up to the places of points."""
        band = self.frame.document["band"] or {}
        following = band.get("next")
        # Where the bands above the lowest begin.
        lows = [step.get("from", step.get("above")) for step in bands[1:]]
        if not lows:
            self.sheet.text(self.row, DIFFERENCE, "–", **CENTRED_BOX)
            return
        choices = ",".join(low or "0" for low in lows)
        next_low = f"CHOOSE({position},{choices})"
        # What binary digits add would be rounded up to a whole tick: 0.1 + 0.2 to 0.31.
        exact = f"ROUND({next_low}-{self._index_read()},{GUARD})"
        distance = f"ROUNDUP({exact},{self.frame.places})"
        # From the highest band there is no next one.
        formula = f'IF({position}>{len(lows)},"–",{distance})'
        formula = self._where_there_is_one(formula)
        value: CachedValue = "–"
        if following:
            value = decimal(following["distance"])
        self.sheet.formula(self.row, DIFFERENCE, formula, value, **self.points)

    def _index_read(self) -> str:
        """Return the address of the index that bands read, exact or rounded."""
        # A rule set says whether 79.996, printed as 80.00, is in the band from 80 (semantics I5).
        if self.frame.machine["bands_read"] == "rounded":
            return self.frame.total("value")
        return self.frame.total("exact")

    def _band_title(self, band: Document) -> str:
        """Return the title of a band; the ladder of the report names them all.

        A report without an index has no ladder: its bands are known by their edges.
        """
        reported = self.frame.document["band"]
        if not reported:
            return self._edges_shown(band)
        id_ = band["id"]
        titles = {rung["id"]: rung["title"] for rung in reported["ladder"]}
        return str(titles.get(id_, id_))

    def _edges_shown(self, band: Document) -> str:
        """Return the edges of a band as people read them, such as `≥ 80 < 90`."""
        shown = []
        for edge, sign in EDGES_SHOWN.items():
            if edge in band:
                figure = self.frame.display.number(band[edge])
                shown.append(f"{sign} {figure}")
        return " ".join(shown)

    def _band(self, number: int, band: Document, first: int, *, is_last: bool) -> None:
        """Put a band with its edges, and 1 where it is the first that the index is not above.

        `MATCH` takes the band that has the 1. The last one has it where no other does: above its
        edge, too, an index is in the highest band. `first` is the row of the lowest band.
        """
        row = self.row
        sheet = self.sheet
        conditions = []
        if row > first:
            bands_below = f"{cell(first, LIVE)}:{cell(row - 1, LIVE)}"
            conditions.append(f"SUM({bands_below})=0")
        if not is_last:
            conditions += self._below_edges(band)
        joined = ",".join(conditions) or "TRUE"
        holds = self._where_there_is_one(f"IF(AND({joined}),1,0)")
        sheet.number(row, 0, number, **CENTRED_BOX)
        sheet.text(row, LABEL, self._band_title(band), **BOX)
        sheet.formula(row, LIVE, holds, None, **CENTRED_BOX, **FAINT)
        sheet.text(row, REPORT, self._edges_shown(band), **CENTRED_BOX)
        self.row += 1

    def _below_edges(self, band: Document) -> Iterator[str]:
        """Yield the conditions that the index lies below the upper edges of a band.

        Its lower edges need none: where the index lies below them, a lower band has the 1 already.
        """
        for edge in UPPER_EDGES:
            if edge in band:
                limit = f"({band[edge]})"
                yield compared(EDGES[edge], self._index_read(), limit)

    def _gate(self, gate: Document) -> None:
        """Put a gate: unless its rule passes, it holds the index down to a band."""
        row = self.row
        sheet = self.sheet
        frame = self.frame
        bands = [band["id"] for band in frame.machine["bands"]]
        rule = frame.display.rules[gate["rule"]]
        rule_row = frame.rows[False, gate["rule"]]
        state = frame.step(rule_row, STATE)
        passes = ",".join(f"{state}={code}" for code in STATES_THAT_PASS)
        without, with_it = self._effects(gate, bands)
        limit = f"IF(OR({passes}),{without},{with_it})"
        reported = frame.display.state(rule["state"])
        words = state_words(frame, state)
        sheet.text(row, 0, "", **BOX)
        sheet.text(row, LABEL, rule["title"], **BOX)
        # The limit is the position of a band, faint: it is for the formula above, not for readers.
        sheet.formula(row, LIVE, words, reported, **CENTRED_BOX)
        sheet.formula(row, REPORT, limit, None, **CENTRED_BOX, **FAINT)
        self.row += 1

    def _effects(self, gate: Document, bands: list[str]) -> tuple[int, int]:
        """Return what a gate does where it passes, and where it does not: the highest band that it
        lets pass, or by how many it lowers.
        """
        if "lower_by" in gate:
            return 0, gate["lower_by"]
        return len(bands), bands.index(gate["at_most"]) + 1

    def _kept_gate(self, gate: Document) -> None:
        """Put a gate with conditions of its own: whether it passes is the report's, not live."""
        band = self.frame.document["band"] or {}
        gates = {one["gate"]: one for one in band.get("conditions", [])}
        reported = gates.get(gate["id"])
        bands = [step["id"] for step in self.frame.machine["bands"]]
        limit, with_it = self._effects(gate, bands)
        # Without an index there is no band that a gate could hold down.
        if reported and not reported["passes"]:
            limit = with_it
        title = gate["id"]
        if reported:
            title = "; ".join(need["text"] for need in reported["needs"])
        sheet = self.sheet
        sheet.text(self.row, 0, "", **BOX)
        sheet.text(self.row, LABEL, title, **BOX)
        sheet.text(self.row, LIVE, self.frame.say("kept"), **CENTRED_BOX)
        sheet.number(self.row, REPORT, limit, **CENTRED_BOX, **FAINT)
        self.row += 1

    def _counts(self) -> None:
        """Put how many rules are in each state.

        Groups have no state, so that the whole column may be counted, lines of groups and all.
        """
        sheet = self.sheet
        counts = self.frame.document["index"]["counts"]
        first = self.frame.step(HEAD + 1, STATE)
        states = f"{first}:{cell(self.frame.last, STATE)}"
        self._heads("number", "state", "live", "in-report")
        for code, state in enumerate(STATE_CODES, start=1):
            count = f"COUNTIF({states},{code})"
            name = self.frame.display.state(state)
            reported = counts[state]
            sheet.text(self.row, 0, "", **BOX)
            sheet.text(self.row, LABEL, name, **BOX)
            sheet.formula(self.row, LIVE, count, reported, **CENTRED_BOX)
            sheet.number(self.row, REPORT, reported, **CENTRED_BOX, **FAINT)
            self.row += 1


def _signed(number_format: str) -> str:
    """Return a number format with a sign; nothing is a dash.

    >>> _signed("0.00")
    '+0.00;−0.00;"–"'
    """
    return f'+{number_format};−{number_format};"–"'
