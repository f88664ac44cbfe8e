"""The report as a workbook that computes: change a figure, and the points and the index move.

What the report says stands in every cell beside its formula, so that a viewer that does not compute
shows the same. Seven sheets, of which people read the first three and change the fourth:

    summary   index, band and targets, live beside the report
    scores    all rules in the form of Vietnam's self-scoring sheets
    losses    the lost points, with what is to be done
    inputs    the figures; yellow cells may be changed
    steps     every rule from its figures to its points
    lists     what cells are chosen from
    origin    documents, hashes, and how to use the workbook
"""

from cchc_rules.render.display import Document
from cchc_rules.render.workbook.book import Book
from cchc_rules.render.workbook.inputs import InputSheet
from cchc_rules.render.workbook.layout import Frame
from cchc_rules.render.workbook.scores import LossSheet, ScoreSheet
from cchc_rules.render.workbook.side_sheets import write_lists, write_origin
from cchc_rules.render.workbook.steps import StepSheet
from cchc_rules.render.workbook.summary import SummarySheet


def workbook(document: Document) -> bytes:
    """Return a report as a workbook; the same document always gives the same bytes.

    Args:
        document: the report, as `Report.to_dict` gives it.

    Returns:
        The bytes of an `.xlsx` file. Cells that may be changed are open, all others locked without
        a password; changing them is a matter of a click, and never of an accident.
    """
    frame = Frame(document)
    engine = document["engine"]
    title = f"{frame.display.say('title')} – {document['measurements']['unit']}"
    book = Book(document["as_of"], title, f"{engine['name']} {engine['version']}")
    # Sheets stand in the order in which they are made. They are written in another: the inputs and
    # the steps find out which values no formula can give, and the scores say so.
    summary = SummarySheet(frame, book)
    scores = ScoreSheet(frame, book)
    losses = LossSheet(frame, book)
    inputs = InputSheet(frame, book)
    steps = StepSheet(frame, book)
    inputs.write()
    steps.write()
    summary.write()
    scores.write(inputs, [rule["id"] for rule in steps.kept])
    losses.write()
    write_lists(frame, book)
    gates = document["machine"]["band_gates"]
    kept_gates = [gate for gate in gates if "needs" in gate]
    kept_targets = [target for target in document["targets"] if "needs" in target]
    everything_kept = (*inputs.kept, *steps.kept, *kept_gates, *kept_targets)
    kept = [item["id"] for item in everything_kept]
    write_origin(frame, book, kept)
    return book.done()
