"""Submissions as rows of a table, and what a table's results must be: those of the single engine, row by row."""

from datetime import date, timedelta
from fractions import Fraction
from random import Random

import polars as pl
from packaged_rules import packaged

from cchc_rules import SubmissionError, load_measurements, score
from cchc_rules.tables.submission_columns import ENVELOPE, layout

DAYS = ("as_of",)


def row_of(rules, submission):
    """The row of a submission; tracks and notes have no columns."""
    row = {
        name: submission[name]
        for name in ("unit", "unit_kind", "period", "as_of")
        if submission.get(name)
    }
    for id_, entry in submission.get("measurements", {}).items():
        row |= {
            name(id_, part): value for part, value in _parts(entry) if value is not None
        }
    for id_, given in submission.get("points", {}).items():
        row |= {
            f"points.{id_}.{key}": given[key]
            for key in ("points", "reason")
            if key in given
        }
        row |= _documents(f"points.{id_}.evidence", given.get("evidence"))
    row |= {
        f"absent.{id_}": reason for id_, reason in submission.get("absent", {}).items()
    }
    return {key: value for key, value in row.items() if value != ""}


def name(id_, part):
    return id_ if part == "value" and id_ not in (*ENVELOPE, "row") else f"{id_}.{part}"


def _parts(entry):
    if not isinstance(entry, dict):
        yield "value", entry
        return
    for part, value in entry.items():
        if part == "waived":
            yield from ((f"waived_{key}", one) for key, one in value.items())
        elif part == "evidence":
            yield from ((key, value) for key, value in _documents(part, value).items())
        elif part != "note":
            yield part, value


def _documents(name, documents):
    texts = [
        one["document"] if isinstance(one, dict) else one for one in documents or ()
    ]
    return {name: "\n".join(texts)} if texts else {}


def table_of(rules, submissions, kinds=None):
    """A table of submissions, its columns of the types in which a clean file has them."""
    rows = [row_of(rules, one) for one in submissions]
    names = dict.fromkeys(key for row in rows for key in row)
    return pl.DataFrame(
        {key: _column(rules, key, [row.get(key) for row in rows]) for key in names}
    )


def _column(rules, key, values):
    column = layout(rules).columns[key]
    metric = rules.metrics.get(column.id)
    days = (
        key == "as_of"
        or column.part == "waived_until"
        or (column.part == "value" and metric and metric.type == "date")
    )
    if days:
        values = [
            date.fromisoformat(str(value)) if value is not None else None
            for value in values
        ]
    if all(
        value is None or (isinstance(value, int) and not isinstance(value, bool))
        for value in values
    ):
        return pl.Series(values, dtype=pl.Int64)
    if any(isinstance(value, (list, bool, date)) for value in values):
        return pl.Series(values)
    return pl.Series(
        [None if value is None else str(value) for value in values], dtype=pl.String
    )


def numbered(frame):
    """A table with the numbers of its rows."""
    return frame.with_row_index("row", offset=1).with_columns(
        pl.col("row").cast(pl.Int64)
    )


def expected(rules, submissions):
    """The results of the single engine, a mapping a row; None for a row that it refuses."""
    found = []
    for one in submissions:
        try:
            found.append(
                _row(score(rules, load_measurements(one, rules)).to_dict("en"))
            )
        except SubmissionError:
            found.append(None)
    return found


def _row(report):
    row = {
        "index": report["index"]["value"],
        "band": report["band"] and report["band"]["id"],
    }
    row |= {key: report["index"][key] for key in ("supported", "lowest", "highest")}
    exact = report["index"]["exact"]
    row["exact"] = None if exact is None else Fraction(exact)
    for group in report["groups"]:
        row |= {
            f"group.{group['id']}.{key}": group[key]
            for key in ("earned", "lost", "excluded")
        }
    for rule in report["rules"]:
        row |= {
            f"rule.{rule['id']}.{key}": rule[key] for key in ("earned", "lost", "state")
        }
        row[f"rule.{rule['id']}.reason"] = rule["reason"]["code"]
    return row


def shown(results, rows):
    """The columns of results that the single engine is compared in, as text."""
    plain = [_text(row) for row in results.iter_rows(named=True)]
    return [
        {key: found.get(key) for key in wanted}
        for found, wanted in zip(plain, rows, strict=True)
    ]


def _text(row):
    found = {key: None if value is None else str(value) for key, value in row.items()}
    if "index.numerator" in row:
        found["exact"] = None
        if row["index.numerator"] is not None:
            found["exact"] = Fraction(row["index.numerator"], row["index.denominator"])
    return found


def drawn_plan(rows, seed=7, wrong=1):
    """Rows of the plan, drawn: figures, holes, zero denominators, evidence; wrong cells too, unless that is 0."""
    rules, dice, columns = packaged("cam-due-2023"), Random(seed), {}
    for metric in rules.metrics.values():
        if metric.submitted:
            figures = _figures(metric, rows, dice, wrong)
            columns |= figures | _beside(metric, figures, rows, dice, wrong)
    units = {
        "unit": [f"Xã {at}" for at in range(rows)],
        "period": [dice.choice(["2023", "2023-H1"]) for _ in range(rows)],
    }
    return rules, pl.DataFrame(units | columns)


def _cells(rows, dice, draw, holes=0.1):
    return [None if dice.random() < holes else draw() for _ in range(rows)]


def _beside(metric, figures, rows, dice, wrong):
    """What is said beside figures; a figure that does not apply and is given all the same is wrong."""
    gone = _cells(rows, dice, lambda: "Không có", 0.97 if wrong else 0.7)
    given = next(iter(figures.values()))
    if not wrong:
        gone = [
            reason if figure is None else None
            for reason, figure in zip(gone, given, strict=True)
        ]
    return {
        f"{metric.id}.not_applicable": gone,
        f"{metric.id}.evidence": _cells(rows, dice, lambda: "BC-12", 0.4),
    }


def _figures(metric, rows, dice, wrong):
    if metric.ratio:
        below = _cells(
            rows, dice, lambda: 0 if dice.random() < 0.05 else dice.randint(1, 40)
        )
        above = [
            None
            if one is None
            else dice.randint(0, one + (dice.random() < 0.02 * wrong))
            for one in below
        ]
        return {f"{metric.id}.numerator": above, f"{metric.id}.denominator": below}
    if metric.distinct:
        items = lambda: [f"Tên {dice.randint(1, 3)}" for _ in range(dice.randint(0, 4))]  # noqa: E731
        return {f"{metric.id}.items": _cells(rows, dice, items)}
    kinds = {
        "yes_no": lambda: dice.random() < 0.7,
        "date": lambda: (
            date(2023, 1, 1) + timedelta(dice.randint(-3 * wrong, 180 + 20 * wrong))
        ),
        "level": lambda: dice.choice(metric.levels).vi,
    }
    least = -1 if wrong else 1
    return {
        metric.id: _cells(
            rows, dice, kinds.get(metric.type, lambda: dice.randint(least, 20))
        )
    }
