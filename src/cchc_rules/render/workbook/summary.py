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
    Style,
)
from cchc_rules.render.workbook.cell_formulas import compared
from cchc_rules.render.workbook.cells import cell, decimal
from cchc_rules.render.workbook.layout import (
    AT_LEAST,
    AT_MOST,
    HEAD,
    STATE,
    STATE_CODES,
    SUPPORTED,
    Frame,
)
from cchc_rules.render.workbook.scores import (
    EARNED,
    EXCLUDED,
    LOST,
    MAXIMUM,
    points_format,
    state_words,
)

LABEL = 1
LIVE = 2
BEFORE = 3
APART = 4
_EDGES = {"from": ">=", "above": ">", "to": "<=", "below": "<"}
_SHOWN = {"from": "≥", "above": ">", "to": "≤", "below": "<"}
PASSES = (1, 5, 6, 7)
"""The codes of states that hold no band down (semantics I5)."""


class Summary:
    """Writes the first sheet."""

    def __init__(self, frame: Frame, book: Book) -> None:
        self.frame = frame
        self.sheet = book.sheet(frame.sheets["summary"], [6, 58, 16, 16, 16, 16, 16])
        self.sheet.worksheet.fit_to_pages(1, 1)
        self.points: Style = {**BOX, **CENTRE, "num_format": points_format(frame)}
        self.row = 0

    def write(self) -> None:
        """Write the sheet."""
        display = self.frame.display
        self.sheet.banner(0, display.say("title"), **TITLE)
        self.row = 1
        for label, words in display.head():
            self._pair(label, words)
        self.sheet.banner(
            self.row, self.frame.say("summary-legend"), **{**SUBTITLE, **FAINT}
        )
        self.row += 2
        self._index()
        self._areas()
        self._targets()
        self._bands()
        self._counts()

    def _pair(self, label: str, words: str) -> None:
        self.sheet.text(self.row, LABEL, label, **BOLD)
        self.sheet.over(self.row, (LIVE, 6), words)
        self.row += 1

    def _heads(self, *words: str) -> None:
        for at, word in enumerate(words):
            self.sheet.text(
                self.row, at, self.frame.say(word) if word else "", **HEADING
            )
        self.row += 1

    # The index

    def _index(self) -> None:
        index = self.frame.document["index"]
        self._heads("number", "quantity", "live", "in-report", "difference")
        self.sheet.worksheet.freeze_panes(1, 0)
        self._figure(
            "index", self.frame.total("value"), index["value"], bold=True, bg_color=PALE
        )
        self._kept("scale", index["scale"])
        for word, name in (
            ("maximum", "maximum"),
            ("earned", "earned"),
            ("rescaled", "rescaled"),
        ):
            self._figure(word, self.frame.total(name), index[name])
        for name in ("base", "bonus", "penalty"):
            self._figure(f"total-{name}", self.frame.total(name), index[name])
        for word, step, key in (
            ("at-least", AT_LEAST, "lowest"),
            ("at-most", AT_MOST, "highest"),
            ("supported", SUPPORTED, "supported"),
        ):
            self._figure(
                f"reckoning-{word}", self.frame.total("value", step), index[key]
            )
        self._pair(self.frame.display.say("arithmetic"), index["calculation"])
        self.row += 1

    def _figure(self, word: str, formula: str, said: str, **style: object) -> None:
        row = self.row
        sheet = self.sheet
        sheet.text(row, 0, "", **BOX)
        sheet.text(row, LABEL, self.frame.say(word), **(BOX | style))
        sheet.formula(row, LIVE, formula, decimal(said), **(self.points | style))
        sheet.number(row, BEFORE, decimal(said), **(self.points | FAINT))
        apart = f"ROUND({cell(row, LIVE)}-{cell(row, BEFORE)},{self.frame.places})"
        sheet.formula(
            row, APART, apart, 0, **(self.points | {"num_format": self._signed()})
        )
        self.row += 1

    def _signed(self) -> str:
        plain = points_format(self.frame)
        return f'+{plain};−{plain};"–"'

    def _kept(self, word: str, said: str) -> None:
        self.sheet.text(self.row, 0, "", **BOX)
        self.sheet.text(self.row, LABEL, self.frame.say(word), **BOX)
        self.sheet.number(self.row, LIVE, decimal(said), **{**BOX, **CENTRE})
        self.row += 1

    def _areas(self) -> None:
        self._heads("number", "area", "maximum", "earned", "lost", "excluded", "share")
        for line in self.frame.lines:
            if line.group and not line.depth:
                self._area(line.number, line.row, line.item)
        self.row += 1

    def _area(self, number: str, there: int, group: Document) -> None:
        row = self.row
        sheet = self.sheet
        sheet.text(row, 0, number, **BOX, **CENTRE)
        sheet.text(row, LABEL, self.frame.display.title(group), **BOX)
        columns = (
            (MAXIMUM, "maximum"),
            (EARNED, "earned"),
            (LOST, "lost"),
            (EXCLUDED, "excluded"),
        )
        for at, (column, key) in enumerate(columns, start=2):
            sheet.formula(
                row,
                at,
                self.frame.score(there, column),
                decimal(group[key]),
                **self.points,
            )
        left = f"({cell(row, 2)}-{cell(row, 5)})"
        share = f'IF({left}<=0,"–",{cell(row, 3)}/{left})'
        sheet.formula(row, 6, share, None, **{**BOX, **CENTRE, "num_format": "0.0%"})
        self.row += 1

    # What hangs on the index

    def _targets(self) -> None:
        targets = self.frame.document["targets"]
        if not targets:
            return
        self._heads("number", "target", "reached", "in-report", "threshold")
        for at, target in enumerate(targets, start=1):
            words = [
                self.frame.display.say(word) for word in ("reached", "not-reached")
            ]
            holds = compared(
                target["comparator"], self.frame.total("exact"), target["threshold"]
            )
            said = words[0] if target["reached"] else words[1]
            self.sheet.number(self.row, 0, at, **BOX, **CENTRE)
            self.sheet.text(self.row, LABEL, target["title"], **BOX)
            formula = f'IF({holds},"{words[0]}","{words[1]}")'
            self.sheet.formula(
                self.row, LIVE, formula, said, **{**BOX, **CENTRE, **BOLD}
            )
            self.sheet.text(self.row, BEFORE, said, **BOX, **CENTRE, **FAINT)
            threshold = f"{target['comparator']} {self.frame.display.number(target['threshold'])}"
            self.sheet.text(self.row, APART, threshold, **BOX, **CENTRE)
            self.row += 1
        self.row += 1

    def _bands(self) -> None:
        band = self.frame.document["band"]
        bands = self.frame.machine["bands"]
        if not band:
            return
        top = self.row
        gates = self.frame.machine["band_gates"]
        first = top + 3
        after = first + len(bands) + (1 if gates else 0)
        self._heads("number", "band", "live", "in-report", "next-distance")
        titles = f"{cell(first, LABEL)}:{cell(first + len(bands) - 1, LABEL)}"
        holds = f"{cell(first, LIVE)}:{cell(first + len(bands) - 1, LIVE)}"
        position = f"MATCH(1,{holds},0)"
        limits = [cell(after + at, BEFORE) for at in range(len(gates))]
        allowed = f"MIN({','.join([position, *limits])})"
        self.sheet.text(self.row, 0, "", **BOX)
        self.sheet.text(self.row, LABEL, self.frame.say("band"), **BOX, **BOLD)
        style = {**BOX, **CENTRE, **BOLD, "bg_color": PALE}
        self.sheet.formula(
            self.row,
            LIVE,
            f"INDEX({titles},{allowed})",
            self._band_title(band["id"]),
            **style,
        )
        self.sheet.text(
            self.row, BEFORE, self._band_title(band["id"]), **BOX, **CENTRE, **FAINT
        )
        self._distance(bands, position)
        self.row += 1
        self._heads("number", "band-edges", "holds", "")
        for at, step in enumerate(bands, start=1):
            self._band(at, step)
        if gates:
            self._heads("number", "band-gate", "state", "at-most")
            for gate in gates:
                self._gate(gate)
        self.row += 1

    def _distance(self, bands: list[Document], position: str) -> None:
        """How far the next band is, rounded up to the places of points."""
        following = self.frame.document["band"]["next"]
        lows = [step.get("from", step.get("above")) for step in bands[1:]]
        style = self.points | {"num_format": points_format(self.frame)}
        if not lows:
            self.sheet.text(self.row, APART, "–", **BOX, **CENTRE)
            return
        next_low = f"CHOOSE({position},{','.join(low or '0' for low in lows)})"
        apart = f"ROUNDUP(ROUND({next_low}-{self._read()},10),{self.frame.places})"
        formula = f'IF({position}>{len(lows)},"–",{apart})'
        value = decimal(following["distance"]) if following else "–"
        self.sheet.formula(self.row, APART, formula, value, **style)

    def _read(self) -> str:
        return self.frame.total(
            "value" if self.frame.machine["bands_read"] == "rounded" else "exact"
        )

    def _band_title(self, id_: str) -> str:
        """Return a band's title; the report says those of the band reached and of the next one."""
        band = self.frame.document["band"]
        named = {item["id"]: item["title"] for item in (band, band["next"]) if item}
        return str(named.get(id_, id_))

    def _band(self, at: int, band: Document) -> None:
        scale = self.frame.document["index"]["scale"]
        within = f"MAX(0,MIN({self._read()},{scale}))"
        edges = [(sign, band[edge]) for edge, sign in _EDGES.items() if edge in band]
        holds = (
            ",".join(compared(sign, within, f"({edge})") for sign, edge in edges)
            or "TRUE"
        )
        said = " ".join(
            f"{_SHOWN[edge]} {self.frame.display.number(band[edge])}"
            for edge in _EDGES
            if edge in band
        )
        self.sheet.number(self.row, 0, at, **BOX, **CENTRE)
        self.sheet.text(self.row, LABEL, self._band_title(band["id"]), **BOX)
        self.sheet.formula(
            self.row, LIVE, f"IF(AND({holds}),1,0)", None, **{**BOX, **CENTRE, **FAINT}
        )
        self.sheet.text(self.row, BEFORE, said, **BOX, **CENTRE)
        self.row += 1

    def _gate(self, gate: Document) -> None:
        """Unless its rule passes, a gate holds the index down to a band."""
        bands = [band["id"] for band in self.frame.machine["bands"]]
        state = self.frame.step(self.frame.rows[False, gate["rule"]], STATE)
        passes = ",".join(f"{state}={code}" for code in PASSES)
        rule = self.frame.display.rules[gate["rule"]]
        self.sheet.text(self.row, 0, "", **BOX)
        self.sheet.text(self.row, LABEL, rule["title"], **BOX)
        said = self.frame.display.state(rule["state"])
        self.sheet.formula(
            self.row, LIVE, state_words(self.frame, state), said, **{**BOX, **CENTRE}
        )
        limit = f"IF(OR({passes}),{len(bands)},{bands.index(gate['at_most']) + 1})"
        self.sheet.formula(self.row, BEFORE, limit, None, **{**BOX, **CENTRE, **FAINT})
        self.row += 1

    def _counts(self) -> None:
        self._heads("number", "state", "live", "in-report")
        states = f"{self.frame.step(HEAD + 1, STATE)}:{cell(self.frame.last, STATE)}"
        for code, state in enumerate(STATE_CODES, start=1):
            count = self.frame.document["index"]["counts"][state]
            self.sheet.text(self.row, 0, "", **BOX)
            self.sheet.text(self.row, LABEL, self.frame.display.state(state), **BOX)
            self.sheet.formula(
                self.row, LIVE, f"COUNTIF({states},{code})", count, **{**BOX, **CENTRE}
            )
            self.sheet.number(self.row, BEFORE, count, **BOX, **CENTRE, **FAINT)
            self.row += 1
