"""The report as a workbook that computes: change a figure, and the points and the index move.

What the report says stands in every cell beside its formula, so that a viewer that does not compute
shows the same.
"""

from cchc_rules.render.display import Document
from cchc_rules.render.workbook.book import Book
from cchc_rules.render.workbook.inputs import Inputs
from cchc_rules.render.workbook.layout import Frame
from cchc_rules.render.workbook.scores import Losses, Scores
from cchc_rules.render.workbook.side_sheets import lists, origin
from cchc_rules.render.workbook.steps import Steps
from cchc_rules.render.workbook.summary import Summary


def workbook(document: Document) -> bytes:
    """Return the workbook of a report document; the same document always gives the same bytes."""
    frame = Frame(document)
    engine = document["engine"]
    title = f"{frame.display.say('title')} – {document['measurements']['unit']}"
    book = Book(document["as_of"], title, f"{engine['name']} {engine['version']}")
    summary = Summary(frame, book)
    scores = Scores(frame, book)
    losses = Losses(frame, book)
    inputs = Inputs(frame, book)
    steps = Steps(frame, book)
    inputs.write()
    steps.write()
    summary.write()
    scores.write(inputs, [rule["id"] for rule in steps.kept])
    losses.write()
    lists(frame, book)
    origin(frame, book, [item["id"] for item in (*inputs.kept, *steps.kept)])
    return book.done()
