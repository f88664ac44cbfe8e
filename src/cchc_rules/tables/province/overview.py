"""The overview document of a province: how the indices lie, who stands where, areas by unit, what
costs most points.

Every figure that a page shows is made here, exactly; averages and shares are rounded half up, once.
Units without an index are in no average: the document counts and names them.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any

import polars as pl

from cchc_rules.base import number
from cchc_rules.base.messages import Figures
from cchc_rules.base.problem import Problem, SubmissionError
from cchc_rules.report import heading
from cchc_rules.report.heading import Document
from cchc_rules.rules.model import Band, Group, Rule, RuleSet
from cchc_rules.tables.province.ranking_document import band_titles
from cchc_rules.tables.province.scored_units import read_units, unit_key
from cchc_rules.tables.submission_columns import versions

BINS = 50
"""The scale is cut into so many parts for the distribution."""

COSTLY = 15
"""So many rules are named, those that cost most points over all units."""

MOST_UNITS = 5_000
"""A page of more units is none to read."""

STEPS = (Decimal(50), Decimal(70), Decimal(80), Decimal(90))
"""What part of its points an area earned, in percent, in five steps: below the first, …, at least
the last.
"""


def overview(
    rules: RuleSet,
    results: Any,
    ranks: Document,
) -> Document:
    """Return the overview of scored units as a document.

    Arguments:
        rules: The rule set that the units were scored with.
        results: Their results, which must have the index, the points of groups and what rules lost,
            as `score` writes them.
        ranks: The document that `ranking` makes of the same units; it gives the language, too.

    Returns plain data, in which points and shares are texts with the places of the index. Raises
    `SubmissionError` for results of other rules, and for more units than a page can show.
    """
    return Overview(rules, results, ranks["language"]).document(ranks)


class Overview:
    """Makes the parts of one overview.

    Arguments:
        rules: The rule set, of which groups and rules of all versions are shown.
        results: The scored units.
        lang: The language of titles.
    """

    def __init__(
        self,
        rules: RuleSet,
        results: Any,
        lang: str,
    ) -> None:
        self.rules = rules
        self.lang = lang
        self.ticks_per_point = 10**rules.index.places
        self.groups: dict[str, Group] = {}
        self.all_rules: dict[str, Rule] = {}
        for version in versions(rules):
            self.groups |= version.groups
            self.all_rules |= version.rules
        self.areas = [group for group in self.groups.values() if _is_area(group)]
        needed = ("unit", "index", *self._columns())
        units = read_units(results, needed)
        # A unit of which nothing was left to score has no index, and takes no part in averages.
        self.frame = units.frame.filter(pl.col("index").is_not_null())
        if units.frame.height > MOST_UNITS:
            most = {"most": Figures(MOST_UNITS)}
            raise SubmissionError([Problem("table-too-long", (), most)])

    def _columns(self) -> Iterator[str]:
        """Yield the columns that an overview reads, beside unit and index."""
        for area in self.areas:
            yield f"group.{area.id}.earned"
            yield f"group.{area.id}.lost"
        for group in self.groups.values():
            if _is_scaled(group):
                yield f"group.{group.id}.lost"
        for id_ in self.all_rules:
            yield f"rule.{id_}.lost"

    def document(self, ranks: Document) -> Document:
        """Return the document."""
        shares = self._shares()
        titles = band_titles(self.rules, self.lang)
        units = []
        for unit in ranks["units"]:
            band = unit["band"] or ""
            further = {
                "band_title": titles.get(band),
                "areas": shares[self._key(unit)],
            }
            units.append({**unit, **further})
        return {
            **ranks,
            "kind": "overview",
            "ruleset": heading.ruleset(self.rules, self.lang),
            "scale": number.plain(self.rules.index.scale),
            "count": len(units),
            "refused": ranks["counts"]["refused"],
            "index": self._index(),
            "bands": self._bands(ranks["units"]),
            "distribution": self._distribution(),
            "districts": self._districts(ranks["units"]),
            "areas": [self._area(area) for area in self.areas],
            "units": units,
            "costly": self._costly(),
        }

    def _key(self, row: Mapping[str, Any]) -> tuple[Any, ...]:
        return tuple(row[name] for name in unit_key(self.frame))

    def _points(self, value: Fraction) -> str:
        """Return points as text, rounded half up to the places of the index."""
        ticks = value * self.ticks_per_point
        rounded = number.half_up(ticks.numerator, ticks.denominator)
        return number.fixed(rounded, self.rules.index.places)

    # The index

    def _index(self) -> Document:
        """Return the highest, the lowest, the average and the median index; nulls of no unit."""
        indices = sorted(map(Fraction, self.frame["index"]))
        if not indices:
            return dict.fromkeys(("highest", "lowest", "average", "median"))
        count = len(indices)
        # With an even number of units two stand in the middle, with an odd one the same one twice.
        lower_middle = indices[(count - 1) // 2]
        upper_middle = indices[count // 2]
        median = (lower_middle + upper_middle) / 2
        return {
            "highest": self._points(indices[-1]),
            "lowest": self._points(indices[0]),
            "average": self._points(_average(indices)),
            "median": self._points(median),
        }

    def _bands(self, units: Iterable[Document]) -> list[Document]:
        """Return how many units are in each band, the highest first, after quotas."""
        if "band" not in self.frame.columns:
            return []
        counts = Counter(unit["band"] for unit in units)
        highest_first = sorted(
            self.rules.bands,
            key=_lower_edge,
            reverse=True,
        )
        return [self._band(band, counts[band.id]) for band in highest_first]

    def _band(self, band: Band, units: int) -> Document:
        all_units = Fraction(self.frame.height)
        share = percent(Fraction(units), all_units)
        return {
            "id": band.id,
            "title": band.title.of(self.lang),
            "units": units,
            "share": share or "0.0",
        }

    def _distribution(self) -> list[Document]:
        """Return how many units have an index in each part of the scale, without the empty ends.

        A bar's length is in percent of the longest one.
        """
        width = self.rules.index.scale / BINS
        bins = [self._bin(Fraction(index), width) for index in self.frame["index"]]
        if not bins:
            return []
        counts = [bins.count(position) for position in range(BINS)]
        # Some part is not empty, so nothing is divided by zero.
        fullest = Fraction(max(counts))
        return [
            {
                "from": number.plain(position * width),
                "to": number.plain((position + 1) * width),
                "units": counts[position],
                "bar": percent(Fraction(counts[position]), fullest),
            }
            for position in range(min(bins), max(bins) + 1)
        ]

    def _bin(self, index: Fraction, width: Fraction) -> int:
        """Return the part of the scale that an index lies in; one beyond it lies at its end."""
        position = int(index / width)
        return min(max(position, 0), BINS - 1)

    def _districts(self, units: Sequence[Document]) -> list[Document]:
        """Return the districts, that with the best average first."""
        members: dict[str, list[Document]] = {}
        for unit in units:
            if unit["district"] is not None:
                members.setdefault(unit["district"], []).append(unit)
        districts = []
        for name, inside in members.items():
            districts.append(self._district(name, inside))
        return sorted(districts, key=_best_average_first)

    def _district(self, name: str, units: Sequence[Document]) -> Document:
        indices = [Fraction(unit["index"]) for unit in units]
        best = max(units, key=_index_of)
        last = min(units, key=_index_of)
        return {
            "district": name,
            "units": len(units),
            "average": self._points(_average(indices)),
            "best": _named_index(best),
            "last": _named_index(last),
        }

    # Areas

    def _shares(self) -> dict[tuple[Any, ...], list[Document]]:
        """Return, for each unit, what part of its points each area earned."""
        shares = {}
        for row in self.frame.iter_rows(named=True):
            of_unit = [self._share_of(area, row) for area in self.areas]
            shares[self._key(row)] = of_unit
        return shares

    def _share_of(self, area: Group, row: Mapping[str, Any]) -> Document:
        """Return an area's share of one unit; none where the area is for other kinds of unit."""
        earned = row[f"group.{area.id}.earned"]
        lost = row[f"group.{area.id}.lost"]
        if earned is None:
            return {"share": None, "step": 0}
        return _share(Fraction(earned), Fraction(lost))

    def _area(self, area: Group) -> Document:
        """Return an area with what part of all its points all units earned."""
        # Of no units the sum may be null.
        earned_sum = self.frame[f"group.{area.id}.earned"].sum() or 0
        lost_sum = self.frame[f"group.{area.id}.lost"].sum() or 0
        shares = _share(Fraction(earned_sum), Fraction(lost_sum))
        return {
            "id": area.id,
            "title": area.title.of(self.lang),
            **shares,
        }

    # Rules

    def _costly(self) -> list[Document]:
        """Return the rules that cost most points over all units."""
        lost = {}
        for id_, rule in self.all_rules.items():
            lost[id_] = self._lost(rule)
        together = sum(lost.values(), Fraction(0))
        # Of equal losses the id decides: so the same results always give the same page.
        most_first = sorted(lost, key=lambda id_: (-lost[id_], id_))
        return [
            self._rule(self.all_rules[id_], lost[id_], together)
            for id_ in most_first[:COSTLY]
            if lost[id_] > 0
        ]

    def _lost(self, rule: Rule) -> Fraction:
        """Return what a rule took from its group's points over all units, exactly.

        The weights of a mean's rules are relative, and what a pool lost beyond its cap is no loss.
        There the group's own loss is divided by what its rules lost: a mean of 30 points with the
        weights 80 and 20, of which 24 and 1 are lost, lost 30 × 25/100 = 7.50; 24/25 of them, 7.20,
        by the first rule. Where the group lost exactly what its rules did, this changes nothing.
        """
        own = self.frame[f"rule.{rule.id}.lost"]
        scaled = self._scaled_group(rule.group)
        if scaled is None:
            return Fraction(own.sum() or 0)
        group_lost = self.frame[f"group.{scaled}.lost"]
        together = self.lost_together[scaled]
        lost = Fraction(0)
        for part, whole, all_parts in zip(own, group_lost, together, strict=True):
            if part and whole:
                part_of_all = Fraction(part) / Fraction(all_parts)
                lost += Fraction(whole) * part_of_all
        return lost

    @cached_property
    def lost_together(self) -> dict[str, pl.Series]:
        """What the rules of each mean and each pool lost together, of each unit."""
        columns: dict[str, list[str]] = {}
        for rule in self.all_rules.values():
            scaled = self._scaled_group(rule.group)
            if scaled is not None:
                inside = columns.setdefault(scaled, [])
                inside.append(f"rule.{rule.id}.lost")
        together = {}
        for group, inside in columns.items():
            sums = self.frame.select(pl.sum_horizontal(inside))
            together[group] = sums.to_series()
        return together

    def _scaled_group(self, group: str) -> str | None:
        """Return the mean or the pool that a group is or lies in, None for plain sums."""
        for id_ in self._upwards(group):
            if _is_scaled(self.groups[id_]):
                return id_
        return None

    def _upwards(self, group: str) -> Iterator[str]:
        """Yield a group, the one that it lies in, and so on to the top."""
        above: str | None = group
        while above is not None:
            yield above
            above = self.groups[above].parent

    def _rule(
        self,
        rule: Rule,
        lost: Fraction,
        together: Fraction,
    ) -> Document:
        # A rule is shown under its area, the group at the top.
        *_, top = self._upwards(rule.group)
        lost_some = self.frame[f"rule.{rule.id}.lost"] > 0
        return {
            "rule": rule.id,
            "title": rule.title.of(self.lang),
            "area": self.groups[top].title.of(self.lang),
            "source": [*rule.source],
            "lost": self._points(lost),
            "share": percent(lost, together),
            "average": self._points(lost / self.frame.height),
            "units": int(lost_some.sum()),
            "missing": self._missing(rule),
        }

    def _missing(self, rule: Rule) -> int | None:
        """Return for how many units the figure was missing, None where results have no states."""
        column = f"rule.{rule.id}.state"
        if column not in self.frame.columns:
            return None
        return int((self.frame[column] == "missing").sum())


def _is_area(group: Group) -> bool:
    return group.parent is None and group.kind == "base"


def _is_scaled(group: Group) -> bool:
    """Whether a group may lose other points than its rules do: a mean, or a pool with its cap."""
    is_pool = group.parent is None and group.kind != "base"
    return is_pool or group.combine == "mean"


def _share(earned: Fraction, lost: Fraction) -> Document:
    """Return a share in percent and its step; none where nothing was to be had."""
    share = percent(earned, earned + lost)
    if share is None:
        return {"share": None, "step": 0}
    # The share as it is shown decides: 79.96 shows as 80.0, and stands with what is 80.
    step = 1 + sum(Decimal(share) >= edge for edge in STEPS)
    return {"share": share, "step": step}


def _lower_edge(band: Band) -> tuple[bool, Fraction]:
    """Return what orders bands: that without a lower edge is the lowest."""
    low = band.interval.low
    return low is not None, low or Fraction(0)


def _best_average_first(district: Document) -> tuple[Decimal, str]:
    return -Decimal(district["average"]), district["district"]


def _index_of(unit: Document) -> Decimal:
    return Decimal(unit["index"])


def _named_index(unit: Document) -> Document:
    return {
        "unit": unit["unit"],
        "index": unit["index"],
    }


def _average(indices: Sequence[Fraction]) -> Fraction:
    return sum(indices, Fraction(0)) / len(indices)


def percent(part: Fraction, whole: Fraction) -> str | None:
    """Return a part of a whole in percent, rounded half up to one place; None of nothing.

    >>> percent(Fraction(1), Fraction(8))
    '12.5'
    """
    if not whole:
        return None
    tenths = part * 1000 / whole
    rounded = number.half_up(tenths.numerator, tenths.denominator)
    return number.fixed(rounded, 1)
