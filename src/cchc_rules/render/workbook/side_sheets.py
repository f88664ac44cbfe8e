"""The sheets behind the others: the lists that cells choose from, and where everything comes from."""

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


def lists(frame: Frame, book: Book) -> None:
    """Write the sheet of lists."""
    levels = frame.levels
    sheet = book.sheet(frame.sheets["lists"], [26, 14, 18, 22, *[24] * len(levels)])
    sheet.heads(
        0,
        [
            *(frame.say(f"list-{at}") for at in range(4)),
            *(metric["id"] for metric in levels),
        ],
    )
    states = [
        f"{at} = {frame.display.state(state)}"
        for at, state in enumerate(STATE_CODES, start=1)
    ]
    columns = {
        STATES: [*states, f"8 = {frame.say('undeclared')}"],
        YES: [frame.say("yes"), frame.say("no")],
        STATUSES: [
            frame.display.state("not_applicable"),
            frame.display.state("waived"),
        ],
    }
    columns |= {LEVELS + at: metric["levels"] for at, metric in enumerate(levels)}
    for column, texts in columns.items():
        for row, text in enumerate(texts, start=1):
            sheet.text(row, column, text, **BOX)
    days = [day for day, works in frame.machine["unusual_days"].items() if not works]
    form = "dd/mm/yyyy" if frame.display.lang == "vi" else "d mmm yyyy"
    for row in range(1, MOST_HOLIDAYS + 1):
        value = serial(days[row - 1]) if row <= len(days) else None
        sheet.put(row, HOLIDAYS, value, **BOX, **CENTRE, **OPEN, num_format=form)


def origin(frame: Frame, book: Book, kept: list[str]) -> None:
    """Write where everything comes from, how to use the workbook, and what it does not compute."""
    sheet = book.sheet(frame.sheets["origin"], [34, 110])
    sheet.banner(0, frame.display.say("provenance"), **TITLE)
    sheet.banner(1, frame.say("origin-legend"), **SUBTITLE)
    row = 3
    for label, words in [*frame.display.head(), *frame.display.foot()]:
        sheet.text(row, 0, label, **BOX, **BOLD)
        sheet.text(row, 1, words, **BOX)
        row += 1
    row += 1
    sheet.text(row, 0, frame.say("how"), **HEADING)
    sheet.text(row, 1, "", **HEADING)
    for word in (
        "how-change",
        "how-steps",
        "how-exact",
        "how-texts",
        "how-holidays",
        "how-judge",
    ):
        row += 1
        sheet.text(row, 0, frame.say(f"{word}-head"), **BOX, **BOLD)
        sheet.text(row, 1, frame.say(word), **BOX)
    row += 1
    sheet.text(row, 0, frame.say("kept-head"), **BOX, **BOLD)
    sheet.text(row, 1, ", ".join(kept) if kept else frame.say("kept-none"), **BOX)
