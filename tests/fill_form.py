"""Fills in blank forms as a person would: into the cells beside the ids, by the words of the key rows."""

import io
from datetime import date

import openpyxl


class Sheets:
    """A workbook whose cells are found by table, id and column."""

    def __init__(self, data):
        self.book = openpyxl.load_workbook(io.BytesIO(data))
        self.cells, self.types = {}, {}
        for sheet in self.book.worksheets:
            table, columns = None, {}
            for row in sheet.iter_rows():
                first = row[0].value
                if isinstance(first, str) and first.startswith("cchc:"):
                    table = first.removeprefix("cchc:")
                    columns = {
                        at: cell.value
                        for at, cell in enumerate(row)
                        if at and cell.value
                    }
                elif table and first:
                    own = {key: row[at] for at, key in columns.items()}
                    where = own["track"].value if table == "tracks" else table
                    for key, cell in own.items():
                        self.cells[where, first, key] = cell
                    self.types[where, first] = (
                        own["type"].value if "type" in own else None
                    )

    def put(self, table, id_, key, value):
        if value is not None:
            cell = self.cells[table, id_, key]
            assert not cell.protection.locked, cell.coordinate
            cell.value = value

    def saved(self):
        out = io.BytesIO()
        self.book.save(out)
        return out.getvalue()


def filled(data, submission):
    """The form with everything of a submission in its cells."""
    sheets = Sheets(data)
    fill(sheets, submission)
    return sheets.saved()


def fill(sheets, submission):
    """Write everything of a submission into the cells of a form."""
    for key in ("unit", "unit_kind", "period", "note"):
        if key in submission and sheets.cells["head", key, "value"].value is None:
            sheets.put("head", key, "value", submission[key])
    if "period" in submission:
        sheets.put("head", "period", "value", submission["period"])
    sheets.put("head", "as_of", "value", day(submission.get("as_of")))
    for id_, entry in submission.get("measurements", {}).items():
        figure(sheets, id_, entry if isinstance(entry, dict) else {"value": entry})
    for id_, given in submission.get("points", {}).items():
        points(sheets, "points", id_, given)
    for track, table in submission.get("tracks", {}).items():
        for id_, given in table.items():
            points(sheets, track, id_, given)
    for id_, why in submission.get("absent", {}).items():
        sheets.put("absent", id_, "reason", why)


def figure(sheets, id_, entry):
    value = entry.get("value")
    if isinstance(value, bool):
        value = "có" if value else "không"
    elif "never" in entry:
        value = f"chưa có: {entry['never']}"
    elif sheets.types["figures", id_] == "date" and value:
        value = day(value)
    sheets.put("figures", id_, "value", value)
    for key in ("numerator", "denominator", "not_applicable", "note"):
        sheets.put("figures", id_, key, entry.get(key))
    if "items" in entry:
        sheets.put("figures", id_, "items", "\n".join(entry["items"]) or 0)
    waived = entry.get("waived", {})
    for key in ("by", "why"):
        sheets.put("figures", id_, key, waived.get(key))
    sheets.put("figures", id_, "until", day(waived.get("until")))
    documents(sheets, "figures", id_, entry.get("evidence", []))


def points(sheets, table, id_, given):
    sheets.put(table, id_, "points", given["points"])
    sheets.put(table, id_, "reason", given["reason"])
    documents(sheets, table, id_, given.get("evidence", []))


def documents(sheets, table, id_, evidence):
    both = [
        (one, None) if isinstance(one, str) else (one["document"], one.get("date"))
        for one in evidence
    ]
    if both:
        sheets.put(table, id_, "documents", "\n".join(name for name, _ in both))
    if len(both) == 1:
        sheets.put(table, id_, "dates", day(both[0][1]))
    elif any(on for _, on in both):
        sheets.put(
            table,
            id_,
            "dates",
            "\n".join(f"{day(on):%d/%m/%Y}" if on else "–" for _, on in both),
        )


def day(iso):
    return date.fromisoformat(iso) if iso else None
