"""Quotas on bands: at most so many units may be in one, and the others are given the band below.

Of eleven units of which three are excellent by their index, a quota of 25 % leaves two: a quarter
of eleven is 2.75, cut off. The third is good, and the ranking says so.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import groupby
from typing import Any, NamedTuple, TypeAlias

import polars as pl

from cchc_rules.rules.model import BandQuota, RuleSet
from cchc_rules.tables.exact_columns import Dtype

BEYOND = "beyond"
"""Units that stand higher fill the quota."""

EQUAL = "equal"
"""The unit is equal to others in everything that decides, and there is no room for all of them."""

COLUMNS = ("band_before_quota", "quota")
"""What a ranking says of a unit that a quota has moved: the band that it had, and why."""

Row: TypeAlias = dict[str, Any]
Order: TypeAlias = tuple[Fraction, ...]
"""By what units in a band are ordered: the index, then the points of groups."""


def needed_columns(rules: RuleSet) -> tuple[str, ...]:
    """Return the columns of results that the quotas of a rule set need."""
    if not rules.band_quotas:
        return ()
    groups = [group for quota in rules.band_quotas for group in quota.order]
    columns = [f"group.{group}.earned" for group in dict.fromkeys(groups)]
    return ("band", *columns)


def within_quotas(
    ranked: pl.DataFrame,
    rules: RuleSet,
    apart: Sequence[str],
    known_units: int,
) -> pl.DataFrame:
    """Return ranked units with the bands that quotas leave them, and what was changed.

    Args:
        ranked: The units with `place`, higher for a higher index, and their bands.
        rules: The rule set with the quotas.
        apart: The columns by which units are ranked apart, such as their kinds.
        known_units: How many units there are, those without a rank among them.
    """
    rows = ranked.to_dicts()
    for row in rows:
        row.update(dict.fromkeys(COLUMNS))
    # From the highest band down: who leaves one may be too many in the next.
    ladder = [band.id for band in rules.ladder]
    quotas = {quota.band: quota for quota in rules.band_quotas}
    for position in range(len(ladder) - 1, 0, -1):
        quota = quotas.get(ladder[position])
        if quota is not None:
            limit = _Limit(quota, ladder[position - 1], known_units)
            _apply(limit, rows, apart)
    schema: dict[str, Dtype] = {**ranked.schema}
    for name in COLUMNS:
        schema[name] = pl.String
    return pl.DataFrame(rows, schema=schema, orient="row")


class _Limit(NamedTuple):
    """A quota, where its units go that are too many, and how many units there are in all."""

    quota: BandQuota
    below: str
    known_units: int

    def most(self, units: int) -> int:
        """Return how many units may be in the band, of so many that are ranked together."""
        if self.quota.units is not None:
            return self.quota.units
        of = units
        if self.quota.of == "all":
            of = self.known_units
        percent = self.quota.percent or Fraction(0)
        # Cut off: a quarter of eleven is two.
        return int(percent * of / 100)


def _apply(limit: _Limit, rows: Iterable[Row], apart: Sequence[str]) -> None:
    """Give the band below to the units that are too many, in each part of the ranking."""
    keys = [*apart]
    if limit.quota.within == "district":
        keys.append("district")
    parts: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        # Nothing was left to score of it: it has no band, and is no unit that is ranked.
        if row["place"] is not None:
            parts.setdefault(tuple(row.get(key) for key in keys), []).append(row)
    for part in parts.values():
        inside = [row for row in part if row["band"] == limit.quota.band]
        for row, reason in _too_many(inside, limit.most(len(part)), limit.quota):
            row["band_before_quota"] = row["band_before_quota"] or row["band"]
            row["band"] = limit.below
            row["quota"] = reason


def _too_many(
    inside: Sequence[Row],
    most: int,
    quota: BandQuota,
) -> Iterator[tuple[Row, str]]:
    """Yield the units for which a band has no room, each with the reason.

    Equals stay or go together: nobody may guess which of them is the better one.
    """

    def order(row: Row) -> Order:
        return _order(row, quota.order)

    room = most
    for _, equals in groupby(sorted(inside, key=order, reverse=True), key=order):
        together = list(equals)
        reason = BEYOND
        # Some of them would have had room.
        if room > 0:
            reason = EQUAL
        if len(together) > room:
            room = 0
            yield from ((row, reason) for row in together)
        else:
            room -= len(together)


def _order(row: Mapping[str, Any], groups: Iterable[str]) -> Order:
    """Return by what a unit is ordered; a group that its kind of unit does not have gives 0."""
    points = [Fraction(row[f"group.{group}.earned"] or 0) for group in groups]
    return (Fraction(row["place"]), *points)
