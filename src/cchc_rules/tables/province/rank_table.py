"""Ranks of many units: over all, within districts, against the period before (shape S31); and who
has no rank, and why.
"""

from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

import polars as pl

from cchc_rules.rules.model import RuleSet
from cchc_rules.tables.province.quota import needed_columns, within_quotas
from cchc_rules.tables.province.scored_units import (
    ScoredUnits,
    given_results,
    listed_units,
    read_units,
    refused_rows,
    require_once,
    unit_key,
)
from cchc_rules.tables.result_columns import EXACT, ROW

TIES = ("exact", "shown")
"""Which units are equal: those with the same index before rounding, or with the same index as
shown.
"""

REFUSED = "refused"
"""The unit's row, or its file, was refused by `score`."""

NO_SCORE = "no_score"
"""Nothing was left to score, so that the unit has no index."""

NOT_SUBMITTED = "not_submitted"
"""The unit is on the list of units, and in neither results nor errors."""

COLUMNS = (
    "rank", "district_rank", "unit", "district", "unit_kind", "period", "index", *EXACT, "band",
    "band_before_quota", "quota",
    "before", "district_before", "index_before", "before_unranked", "move", "district_move",
    "index_move", "unranked", "row",
)  # fmt: skip
"""The columns of a ranking. Moves are upwards, so 2 is from 5 to 3, and empty for a unit that is
new. `band_before_quota` and `quota` say what a quota has changed; `unranked` why a unit has no
rank, `before_unranked` why it had none in the period before; `row` is the row of a unit that was
refused.
"""


class Ranking(NamedTuple):
    """Units with their ranks, and what is known of the others."""

    table: pl.DataFrame
    """The units in the columns of `COLUMNS`, the best first, those without a rank last."""
    gone: list[str]
    """Units that had a rank in the period before and of which there is nothing now."""
    unlisted: list[str]
    """Units of the results that the list of units does not have."""
    refusals_known: bool
    """Whether there was a table of errors."""


class RankBy(NamedTuple):
    """How units are ranked."""

    ties: str = "exact"
    """Which units are equal, one of `TIES`."""
    each_kind: bool = False
    """Whether kinds of units are ranked apart."""
    rules: RuleSet | None = None
    """The rule set by whose quotas bands are given; None: as the results have them."""

    @property
    def needed(self) -> tuple[str, ...]:
        """The columns without which there is no ranking."""
        columns: tuple[str, ...] = ("unit", "index")
        if self.ties == "exact":
            columns = (*columns, *EXACT)
        if self.rules is not None:
            columns = (*columns, *needed_columns(self.rules))
        return columns

    def kinds(self, frame: pl.DataFrame) -> list[str]:
        """Return the column by which units are ranked apart, if there is one."""
        if self.each_kind and "unit_kind" in frame.columns:
            return ["unit_kind"]
        return []


def rank_table(  # noqa: PLR0913 - options, each given by its name
    results: Any,
    *,
    before: Any = None,
    ties: str = "exact",
    each_kind: bool = False,
    errors: Any = None,
    units: Any = None,
    rules: RuleSet | None = None,
) -> pl.DataFrame:
    """Return the ranks of scored units, the best first, as the table of `COLUMNS`.

    Equals share a rank, and the next is skipped: 1, 1, 3. Districts have ranks of their own where
    there is such a column. Nobody vanishes: units without a score, those that were refused and
    those that did not hand in stand last, without a rank, and `unranked` says why.

    Arguments:
        results: What `score_table` gives or `score` writes: any table of results.
        before: The results of the period before, in the same forms.
        ties: Who is equal, see `TIES`.
        each_kind: Whether kinds of units are ranked apart.
        errors: The rows that were refused, as `score` writes them; `Scores` bring their own.
        units: A list of all units, so that those that did not hand in are named.
        rules: The rule set with which the units were scored, where its quotas on bands count.

    Raises `SubmissionError` for results that cannot be ranked, and `ValueError` for other ties.

    >>> from decimal import Decimal
    >>> results = {"unit": ["An", "Binh", "Cam"], "index": [Decimal(80), Decimal(95), None]}
    >>> ranks = rank_table(results, ties="shown", units={"unit": ["An", "Binh", "Cam", "Dau"]})
    >>> for row in ranks.select("unit", "rank", "unranked").rows():
    ...     print(row)
    ('Binh', 1, None)
    ('An', 2, None)
    ('Cam', None, 'no_score')
    ('Dau', None, 'not_submitted')
    """
    given = given_results(results)
    if errors is not None:
        given = given._replace(refused=refused_rows(errors))
    by = RankBy(ties, each_kind, rules)
    return make_ranking(given, before, units, by).table


def make_ranking(
    results: Any,
    before: Any,
    units: Any,
    by: RankBy,
) -> Ranking:
    """Return ranks as `rank_table` does, with what is known of the units that have none."""
    if by.ties not in TIES:
        raise ValueError(f"ties are {' or '.join(TIES)}, not {by.ties!r}")
    now = read_units(results, by.needed)
    then: ScoredUnits | None = None
    if before is not None:
        then = read_units(before, by.needed, "before")
    listed: pl.DataFrame | None = None
    if units is not None:
        listed = listed_units(units)

    ranked = _ranked(now.frame, by)
    if then is not None:
        ranked = _moved(ranked, now, then, by)
    # Tables have different columns: a refused row has no district, and a listed unit no row.
    unranked = _unranked(now, ranked, listed)
    if by.rules is not None and by.rules.band_quotas:
        known_units = ranked.height + sum(table.height for table in unranked)
        ranked = within_quotas(ranked, by.rules, by.kinds(ranked), known_units)
    known = pl.concat([ranked, *unranked], how="diagonal_relaxed")
    # Equals stand by their names, so that the same results always give the same table.
    order = (*by.kinds(known), "rank", *unit_key(known))
    ordered = known.sort(order, nulls_last=True)
    table = ordered.select(name for name in COLUMNS if name in ordered.columns)
    gone: list[str] = []
    if then is not None:
        gone = _gone(known, then)
    unlisted: list[str] = []
    if listed is not None:
        unlisted = _unlisted(now.frame, listed)
    refusals_known = now.refused is not None
    return Ranking(table, gone, unlisted, refusals_known)


# Ranks


def _ranked(frame: pl.DataFrame, by: RankBy) -> pl.DataFrame:
    """Return units with their ranks; those without an index have none."""
    placed = _placed_by_index(frame, by.ties)
    kinds = by.kinds(frame)
    no_score = pl.when(pl.col("index").is_null()).then(pl.lit(NO_SCORE))
    ranked = placed.with_columns(
        _rank(kinds).alias("rank"),
        no_score.alias("unranked"),
    ).drop(ROW, strict=False)
    if "district" not in frame.columns:
        return ranked
    in_district = pl.when(pl.col("district").is_not_null())
    district_rank = in_district.then(_rank([*kinds, "district"]))
    return ranked.with_columns(district_rank.alias("district_rank"))


def _rank(apart: Sequence[str]) -> pl.Expr:
    """Return competition ranks, the highest place first, within each value of some columns."""
    # "min" gives equals the best rank among them, and skips as many as there are.
    rank = pl.col("place").rank("min", descending=True).cast(pl.Int64)
    if not apart:
        return rank
    return rank.over(apart)


def _placed_by_index(frame: pl.DataFrame, ties: str) -> pl.DataFrame:
    """Return units with a number that is higher for a higher index: by it they are ranked.

    Columns cannot compare fractions exactly, so the different pairs are put in order in Python, and
    each gets the number of different values below it: of 1/2, 2/4 and 3/4 the places are 0, 0, 1.
    """
    if ties == "shown":
        return frame.with_columns(place=pl.col("index"))
    different = {*frame.select(EXACT).drop_nulls().rows()}
    pairs = sorted(different, key=lambda pair: Fraction(*pair))
    rises = []
    for lower, higher in pairwise(pairs):
        rises.append(Fraction(*lower) != Fraction(*higher))
    # Without a single pair there is no first place either.
    places = [0, *accumulate(rises)][: len(pairs)]
    order = pl.DataFrame(
        pairs,
        schema=dict.fromkeys(EXACT, pl.Int64),
        orient="row",
    )
    order = order.with_columns(pl.Series("place", places, dtype=pl.Int64))
    return frame.join(
        order,
        on=EXACT,
        how="left",
        maintain_order="left",
    )


# The period before

BEFORE = {
    "rank": "before",
    "district_rank": "district_before",
    "index": "index_before",
}
"""What is carried from the period before, and what it is called beside the ranks of now."""


def _moved(
    ranked: pl.DataFrame,
    now: ScoredUnits,
    then: ScoredUnits,
    by: RankBy,
) -> pl.DataFrame:
    """Return ranks beside those of the period before; a unit that was not there has none."""
    key = _common_key(now.frame, then.frame)
    require_once(now, key)
    require_once(then, key)
    earlier = _ranked(then.frame, by)
    carried = {}
    for name, name_before in BEFORE.items():
        if name in earlier.columns:
            carried[name] = name_before
    # Units without a district are told apart by their names alone: null is null here.
    beside = ranked.join(
        earlier.select(*key, *carried).rename(carried),
        on=key,
        how="left",
        nulls_equal=True,
        maintain_order="left",
    )
    # A rank is better when it is lower, an index when it is higher: both moves are upwards.
    moves = {
        "move": ("before", "rank"),
        "index_move": ("index", "index_before"),
    }
    if {"district_before", "district_rank"} <= {*beside.columns}:
        moves["district_move"] = ("district_before", "district_rank")
    columns = []
    for name, (minuend, subtrahend) in moves.items():
        move = pl.col(minuend) - pl.col(subtrahend)
        columns.append(move.alias(name))
    reasons = _unranked_before(beside, earlier, then)
    return beside.with_columns(*columns, reasons.alias("before_unranked"))


def _common_key(frame: pl.DataFrame, other: pl.DataFrame) -> list[str]:
    """Return the columns by which units of two tables are told to be the same."""
    return [name for name in unit_key(frame) if name in other.columns]


def _unranked_before(
    beside: pl.DataFrame,
    earlier: pl.DataFrame,
    then: ScoredUnits,
) -> pl.Series:
    """Return why units had no rank in the period before, by name: errors tell no districts."""
    reasons = dict.fromkeys(_unit_names(then.refused), REFUSED)
    without_rank = earlier.filter(pl.col("rank").is_null())
    reasons |= dict.fromkeys(_unit_names(without_rank), NO_SCORE)
    reasons_by_row: list[str | None] = []
    for unit, rank in beside.select("unit", "before").iter_rows():
        if rank is None:
            reasons_by_row.append(reasons.get(unit))
        else:
            reasons_by_row.append(None)
    return pl.Series(reasons_by_row, dtype=pl.String)


def _unit_names(frame: pl.DataFrame | None) -> list[str]:
    if frame is None:
        return []
    return frame.get_column("unit").drop_nulls().to_list()


def _gone(known: pl.DataFrame, then: ScoredUnits) -> list[str]:
    """Return who had an index in the period before and is now neither ranked nor unranked.

    Rows that were refused have no district, so that they are known by their name alone.
    """
    key = _common_key(known, then.frame)
    ranked_then = then.frame.filter(pl.col("index").is_not_null())
    absent = ranked_then.join(
        known,
        on=key,
        how="anti",
        nulls_equal=True,
    )
    without_row = pl.col("unranked").is_in([REFUSED, NOT_SUBMITTED])
    nameable = known.filter(without_row)
    names = absent.get_column("unit")
    return sorted({*names} - {*_unit_names(nameable)})


# Units without a rank


def _unranked(
    now: ScoredUnits,
    ranked: pl.DataFrame,
    listed: pl.DataFrame | None,
) -> list[pl.DataFrame]:
    """Return the units that were refused, and those of a list that did not hand in."""
    refused = _refused(now, ranked)
    tables = [refused.with_columns(unranked=pl.lit(REFUSED))]
    if listed is not None:
        key = _common_key(ranked, listed)
        absent = listed.join(
            ranked,
            on=key,
            how="anti",
            nulls_equal=True,
        )
        # A refused row has no district, and stands for every listed unit of its name.
        absent = absent.join(refused, on="unit", how="anti")
        tables.append(absent.with_columns(unranked=pl.lit(NOT_SUBMITTED)))
    return tables


def _refused(now: ScoredUnits, ranked: pl.DataFrame) -> pl.DataFrame:
    """Return the rows that were refused and of whose unit no other row was scored.

    Where units have districts, a row of the same name may be of another unit: errors tell no
    districts, and a unit is rather named once too often than left out.
    """
    if now.refused is None:
        return pl.DataFrame(schema={ROW: pl.Int64, "unit": pl.String})
    if "district" in ranked.columns:
        return now.refused
    return now.refused.join(
        ranked,
        on="unit",
        how="anti",
        maintain_order="left",
    )


def _unlisted(frame: pl.DataFrame, listed: pl.DataFrame) -> list[str]:
    """Return the units of the results that the list does not have."""
    key = _common_key(frame, listed)
    strangers = frame.join(
        listed,
        on=key,
        how="anti",
        nulls_equal=True,
    )
    return strangers.get_column("unit").unique().sort().to_list()
