"""Ranks of many units: over all, within districts, against the period before (shape S31)."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate, pairwise
from typing import Any

import polars as pl

from cchc_rules.tables.province.scores import checked, key
from cchc_rules.tables.result_columns import EXACT

TIES = ("exact", "shown")
"""Which units are equal: those with the same index before rounding, or with the same index as
shown.
"""

COLUMNS = (
    "rank", "district_rank", "unit", "district", "unit_kind", "period", "index", *EXACT, "band",
    "before", "district_before", "index_before", "move", "district_move", "index_move",
)  # fmt: skip
"""The columns of a ranking; moves are upwards, so 2 is from 5 to 3, and empty for a unit that is
new.
"""


def rank_table(
    results: Any, *, before: Any = None, ties: str = "exact", each_kind: bool = False
) -> pl.DataFrame:
    """Return the ranks of scored units, the best first, as the table of `COLUMNS`.

    `results` and `before` (the period before) are what `score_table` gives or `score` writes: any
    table of results. Equals share a rank, and the next is skipped: 1, 1, 3. `ties` says who is
    equal (see `TIES`); with `each_kind`, kinds are ranked apart. Districts have ranks of their own
    where there is such a column. Raises `SubmissionError` for results that cannot be ranked, and
    `ValueError` for other ties.
    """
    if ties not in TIES:
        raise ValueError(f"ties are {' or '.join(TIES)}, not {ties!r}")
    needed = ("unit", "index", *(EXACT if ties == "exact" else ()))
    now = _ranked(checked(results, needed), ties, each_kind)
    if before is not None:
        now = _moved(now, _ranked(checked(before, needed, "before"), ties, each_kind))
    kinds = ["unit_kind"] if each_kind and "unit_kind" in now.columns else []
    shown = [name for name in COLUMNS if name in now.columns]
    return now.sort(*kinds, "rank", *key(now), nulls_last=True).select(shown)


def _ranked(frame: pl.DataFrame, ties: str, each_kind: bool) -> pl.DataFrame:
    """Return units with their ranks."""
    placed = (
        frame.with_columns(place=pl.col("index")) if ties == "shown" else _placed(frame)
    )
    kinds = ["unit_kind"] if each_kind and "unit_kind" in frame.columns else []
    ranked = placed.with_columns(_rank(kinds).alias("rank"))
    if "district" in frame.columns:
        inside = pl.when(pl.col("district").is_not_null()).then(
            _rank([*kinds, "district"])
        )
        ranked = ranked.with_columns(inside.alias("district_rank"))
    return ranked


def _rank(apart: Sequence[str]) -> pl.Expr:
    found = pl.col("place").rank("min", descending=True).cast(pl.Int64)
    return found.over(apart) if apart else found


def _placed(frame: pl.DataFrame) -> pl.DataFrame:
    """Return units with the place of their exact index among all, compared as fractions."""
    pairs = sorted({*frame.select(EXACT).rows()}, key=lambda pair: Fraction(*pair))
    steps = [Fraction(*one) != Fraction(*other) for one, other in pairwise(pairs)]
    places = pl.Series([0, *accumulate(steps)][: len(pairs)], dtype=pl.Int64)
    order = pl.DataFrame(pairs, schema=dict.fromkeys(EXACT, pl.Int64), orient="row")
    return frame.join(order.with_columns(place=places), on=EXACT, how="left")


def _moved(now: pl.DataFrame, then: pl.DataFrame) -> pl.DataFrame:
    """Return ranks beside those of the period before, by unit; a unit that was not there has none."""
    apart = [name for name in key(now) if name in then.columns]
    old = {
        "rank": "before",
        "district_rank": "district_before",
        "index": "index_before",
    }
    old = {name: called for name, called in old.items() if name in then.columns}
    found = now.join(
        then.select(*apart, *old).rename(old), on=apart, how="left", nulls_equal=True
    )
    moves = {"move": ("before", "rank"), "index_move": ("index", "index_before")}
    if {"district_before", "district_rank"} <= {*found.columns}:
        moves["district_move"] = ("district_before", "district_rank")
    return found.with_columns(
        (pl.col(more) - pl.col(less)).alias(name)
        for name, (more, less) in moves.items()
    )


def gone(results: Any, before: Any) -> list[str]:
    """Return the units that were ranked before and are not now."""
    now = checked(results, ("unit",))
    then = checked(before, ("unit",), "before")
    apart = [name for name in key(now) if name in then.columns]
    return (
        then.join(now, on=apart, how="anti", nulls_equal=True)["unit"].sort().to_list()
    )
