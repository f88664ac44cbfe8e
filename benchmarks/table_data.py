"""Drawn tables of submissions of the plan, of any length: figures around the targets, holes, reasons for none.

The same seed gives the same table. All rows are plain: what a table with mistakes costs is another question.
"""

from datetime import date

import numpy as np
import polars as pl

from cchc_rules import load_rules

RULES = "cam-due-2023"
REASONS = ("Không phát sinh", "Không có trên địa bàn", "Xã không có đối tượng")


def table(rows, seed=1):
    """Return a table of so many rows."""
    dice = np.random.default_rng(seed)
    columns = {
        "unit": pl.Series(np.arange(rows)).cast(pl.String),
        "period": pl.repeat("2023", rows, eager=True),
    }
    for metric in load_rules(RULES).metrics.values():
        if metric.submitted:
            gone = dice.random(rows) < 0.02
            figures = FIGURES[
                "share" if metric.ratio else "items" if metric.distinct else metric.type
            ]
            silent = gone | (dice.random(rows) < 0.05)
            columns |= {
                f"{metric.id}{part}": holed(found, silent)
                for part, found in figures(dice, rows, metric)
            }
            reason = pl.Series(REASONS).gather(
                pl.Series(dice.integers(0, len(REASONS), rows))
            )
            columns[f"{metric.id}.not_applicable"] = holed(reason, ~gone)
    return pl.DataFrame(columns)


def holed(series, holes):
    """Return a series without what stands in holes."""
    return pl.select(
        pl.when(pl.lit(pl.Series(~holes))).then(pl.lit(series))
    ).to_series()


def share(dice, rows, _):
    below = dice.integers(1, 400, rows)
    below[dice.random(rows) < 0.01] = 0
    above = np.minimum(
        np.floor(below * np.minimum(dice.random(rows) + 0.4, 1)).astype(np.int64), below
    )
    return (".numerator", pl.Series(above)), (".denominator", pl.Series(below))


def items(dice, rows, _):
    length = dice.integers(0, 4, rows)
    names = pl.Series([f"Sáng kiến {at}" for at in range(40)]).gather(
        pl.Series(dice.integers(0, 40, length.sum()))
    )
    owner = pl.Series(np.repeat(np.arange(rows), length))
    lists = (
        pl.DataFrame({"owner": owner, "name": names})
        .group_by("owner", maintain_order=True)
        .agg("name")
    )
    every = pl.DataFrame({"owner": np.arange(rows)}).join(
        lists, on="owner", how="left", maintain_order="left"
    )
    return ((".items", every["name"].fill_null([])),)


def day(dice, rows, _):
    first = date(2023, 1, 1).toordinal() - date(1970, 1, 1).toordinal()
    return (
        (
            "",
            pl.Series(first + dice.integers(0, 300, rows)).cast(pl.Int32).cast(pl.Date),
        ),
    )


def level(dice, rows, metric):
    return (
        (
            "",
            pl.Series([one.vi for one in metric.levels]).gather(
                pl.Series(dice.integers(0, len(metric.levels), rows))
            ),
        ),
    )


def whole(dice, rows, _):
    return (("", pl.Series(dice.integers(1, 12, rows))),)


def percent(dice, rows, _):
    return (("", pl.Series(dice.integers(60, 130, rows))),)


FIGURES = {
    "share": share,
    "items": items,
    "date": day,
    "level": level,
    "yes_no": lambda dice, rows, _: (("", pl.Series(dice.random(rows) < 0.8)),),
    "percent": percent,
    "count": whole,
    "rank": whole,
    "number": whole,
}
