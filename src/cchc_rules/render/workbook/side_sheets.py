"""The sheets behind the others: lists to choose from, and where everything comes from."""

from cchc_rules.render.workbook.book import (
    BOLD,
    BOX,
    CENTRED_BOX,
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
    """Write the sheet of lists.

    Cells that hold only what a list has point here. A list inside the rule of a cell would be held
    to 255 characters, and levels may have long names.
    """
    levels = frame.levels
    widths = [26, 14, 18, 22, *[24] * len(levels)]
    sheet = book.sheet(frame.sheets["lists"], widths)
    heads = [frame.say(f"list-{column}") for column in range(4)]
    heads += [metric["id"] for metric in levels]
    sheet.heads(0, heads)
    # The first row has heads, so that lists begin in the second: `cell(1, column)`.
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
    # The code after the last state stands for an absence whose effect nobody declared.
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
    # `WORKDAY` reads the whole range; empty cells in it are no days, so there is room for more.
    style = {**CENTRED_BOX, **OPEN, "num_format": frame.date_format()}
    days: list[int | None] = [serial(day) for day in free_days[:MOST_HOLIDAYS]]
    days += [None] * (MOST_HOLIDAYS - len(days))
    for row, day in enumerate(days, start=1):
        sheet.put(row, HOLIDAYS, day, **style)


def write_origin(frame: Frame, book: Book, kept: list[str]) -> None:
    """Write where everything comes from, how to use the workbook, and what it does not compute.

    Args:
        frame: where everything stands, and the words of the document's language.
        book: the workbook, which gets the sheet.
        kept: the ids of the metrics and rules whose values no formula gives.
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
    # The workbook may be passed on without its report or a word of explanation: it has its own.
    for instruction in INSTRUCTIONS:
        row += 1
        heading = frame.say(f"{instruction}-head")
        words = frame.say(instruction)
        sheet.text(row, 0, heading, **BOX, **BOLD)
        sheet.text(row, 1, words, **BOX)
    row += 1
    heading = frame.say("kept-head")
    names = ", ".join(kept) or frame.say("kept-none")
    sheet.text(row, 0, heading, **BOX, **BOLD)
    sheet.text(row, 1, names, **BOX)
