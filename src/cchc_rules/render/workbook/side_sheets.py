"""The sheets behind the others: lists to choose from, and where everything comes from."""

from cchc_rules.render.workbook.book import (
    BOLD,
    BOX,
    CENTRE,
    HEADING,
    OPEN,
    SUBTITLE,
    TITLE,
    Book,
)
from cchc_rules.render.workbook.cells import serial
from cchc_rules.render.workbook.layout import (
    HOLIDAYS,
    LEVELS,
    MOST_HOLIDAYS,
    STATE_CODES,
    STATES,
    STATUSES,
    YES,
    Frame,
)

INSTRUCTIONS = (
    "how-change",
    "how-steps",
    "how-exact",
    "how-texts",
    "how-holidays",
    "how-judge",
)
"""The messages that say how to use the workbook, in the order of reading."""


def write_lists(frame: Frame, book: Book) -> None:
    """Write the sheet of lists."""
    levels = frame.levels
    widths = [26, 14, 18, 22, *[24] * len(levels)]
    sheet = book.sheet(frame.sheets["lists"], widths)
    heads = [frame.say(f"list-{column}") for column in range(4)]
    sheet.heads(0, [*heads, *(metric["id"] for metric in levels)])
    for column, texts in _lists(frame).items():
        for row, text in enumerate(texts, start=1):
            sheet.text(row, column, text, **BOX)
    _write_holidays(frame, book)


def _lists(frame: Frame) -> dict[int, list[str]]:
    """Return the texts of each column."""
    display = frame.display
    states = [
        f"{code} = {display.state(state)}"
        for code, state in enumerate(STATE_CODES, start=1)
    ]
    undeclared = f"{len(STATE_CODES) + 1} = {frame.say('undeclared')}"
    lists = {
        STATES: [*states, undeclared],
        YES: [frame.say("yes"), frame.say("no")],
        STATUSES: [display.state("not_applicable"), display.state("waived")],
    }
    for column, metric in enumerate(frame.levels, start=LEVELS):
        lists[column] = metric["levels"]
    return lists


def _write_holidays(frame: Frame, book: Book) -> None:
    """Put the free days of the calendar, and open cells below them for more."""
    sheet = book.sheets[-1]
    unusual_days = frame.machine["unusual_days"]
    free_days = [day for day, works in unusual_days.items() if not works]
    style = {**BOX, **CENTRE, **OPEN, "num_format": frame.date_format()}
    for index in range(MOST_HOLIDAYS):
        value = serial(free_days[index]) if index < len(free_days) else None
        sheet.put(index + 1, HOLIDAYS, value, **style)


def write_origin(frame: Frame, book: Book, kept: list[str]) -> None:
    """Write where everything comes from, how to use the workbook, and what it does not compute.

    `kept` has the ids of the metrics and rules whose values no formula gives.
    """
    display = frame.display
    sheet = book.sheet(frame.sheets["origin"], [34, 110])
    sheet.banner(0, display.say("provenance"), **TITLE)
    sheet.banner(1, frame.say("origin-legend"), **SUBTITLE)
    row = 3
    for label, words in (*display.head(), *display.foot()):
        sheet.text(row, 0, label, **BOX, **BOLD)
        sheet.text(row, 1, words, **BOX)
        row += 1
    row += 1
    sheet.text(row, 0, frame.say("how"), **HEADING)
    sheet.text(row, 1, "", **HEADING)
    for instruction in INSTRUCTIONS:
        row += 1
        sheet.text(row, 0, frame.say(f"{instruction}-head"), **BOX, **BOLD)
        sheet.text(row, 1, frame.say(instruction), **BOX)
    row += 1
    sheet.text(row, 0, frame.say("kept-head"), **BOX, **BOLD)
    sheet.text(row, 1, ", ".join(kept) or frame.say("kept-none"), **BOX)
