"""The overview document of a province: how the indices lie, who stands where, areas by unit, what
costs most points.

Every figure that a page shows is made here, exactly; averages and shares are rounded half up, once.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from cchc_rules.base import number
from cchc_rules.base.problem import Problem, SubmissionError
from cchc_rules.report import heading
from cchc_rules.report.heading import Document
from cchc_rules.rules.model import Band, Group, Rule, RuleSet
from cchc_rules.tables.province.scores import checked, key
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
    rules: RuleSet, results: Any, ranks: Document, refused: int | None = None
) -> Document:
    """Return the overview of scored units as a document.

    `results` must have the index, the points of groups and what rules lost, as `score` writes them;
    `ranks` are what `ranking` gives of the same units, and in their language it is; `refused` is
    how many rows were refused. Raises `SubmissionError` for results of other rules, and for more
    units than a page can show.
    """
    return Overview(rules, results, ranks["language"]).document(ranks, refused)


class Overview:
    """Makes the parts of one overview."""

    def __init__(self, rules: RuleSet, results: Any, lang: str) -> None:
        self.rules = rules
        self.lang = lang
        self.unit = 10**rules.index.places
        stands = versions(rules)
        self.groups = {
            id_: group for stand in stands for id_, group in stand.groups.items()
        }
        self.all_rules = {
            id_: rule for stand in stands for id_, rule in stand.rules.items()
        }
        self.areas = [
            group
            for group in self.groups.values()
            if group.parent is None and group.kind == "base"
        ]
        parts = (
            f"group.{area.id}.{part}"
            for area in self.areas
            for part in ("earned", "lost")
        )
        lost = (f"rule.{id_}.lost" for id_ in self.all_rules)
        self.frame = checked(results, ("unit", "index", *parts, *lost))
        if self.frame.height > MOST_UNITS:
            raise SubmissionError(
                [Problem("table-too-long", (), {"most": str(MOST_UNITS)})]
            )

    def document(self, ranks: Document, refused: int | None) -> Document:
        """Return the document."""
        shares = self._shares()
        units = [{**unit, "areas": shares[self._key(unit)]} for unit in ranks["units"]]
        return {
            **ranks,
            "kind": "overview",
            "ruleset": heading.ruleset(self.rules, self.lang),
            "scale": number.plain(self.rules.index.scale),
            "count": len(units),
            "refused": refused,
            "index": self._index(),
            "bands": self._bands(),
            "distribution": self._distribution(),
            "districts": self._districts(ranks["units"]),
            "areas": [self._area(area) for area in self.areas],
            "units": units,
            "costly": self._costly(),
        }

    def _key(self, row: Mapping[str, Any]) -> tuple[Any, ...]:
        return tuple(row[name] for name in key(self.frame))

    def _points(self, value: Fraction) -> str:
        """Return points as text, rounded half up to the places of the index."""
        return number.fixed(
            number.half_up(*(value * self.unit).as_integer_ratio()),
            self.rules.index.places,
        )

    # The index

    def _index(self) -> Document:
        found = sorted(map(Fraction, self.frame["index"]))
        if not found:
            return dict.fromkeys(("highest", "lowest", "average", "median"))
        middle = (found[(len(found) - 1) // 2] + found[len(found) // 2]) / 2
        parts = {
            "highest": found[-1],
            "lowest": found[0],
            "average": sum(found) / len(found),
            "median": middle,
        }
        return {name: self._points(Fraction(value)) for name, value in parts.items()}

    def _bands(self) -> list[Document]:
        """Return how many units are in each band, the highest first."""
        if "band" not in self.frame.columns:
            return []
        counts = dict(self.frame["band"].value_counts().rows())
        return [self._band(band, counts.get(band.id, 0)) for band in self._ladder()]

    def _ladder(self) -> list[Band]:
        edge = lambda band: (band.interval.low is not None, band.interval.low or 0)  # noqa: E731
        return sorted(self.rules.bands, key=edge, reverse=True)

    def _band(self, band: Band, units: int) -> Document:
        return {
            "id": band.id,
            "title": band.title.of(self.lang),
            "units": units,
            "share": self._share_of_units(units),
        }

    def _share_of_units(self, units: int) -> str:
        return percent(Fraction(units), Fraction(self.frame.height)) or "0.0"

    def _distribution(self) -> list[Document]:
        """Return how many units have an index in each part of the scale, without the empty ends."""
        width = self.rules.index.scale / BINS
        bins = [
            min(max(int(Fraction(value) / width), 0), BINS - 1)
            for value in self.frame["index"]
        ]
        if not bins:
            return []
        counts = [bins.count(at) for at in range(BINS)]
        return [
            {
                "from": number.plain(at * width),
                "to": number.plain((at + 1) * width),
                "units": counts[at],
                "bar": percent(Fraction(counts[at]), Fraction(max(counts))),
            }
            for at in range(min(bins), max(bins) + 1)
        ]

    def _districts(self, units: Sequence[Document]) -> list[Document]:
        """Return the districts, that with the best average first."""
        found: dict[str, list[Document]] = {}
        for unit in units:
            if unit["district"] is not None:
                found.setdefault(unit["district"], []).append(unit)
        parts = [self._district(name, inside) for name, inside in found.items()]
        return sorted(
            parts, key=lambda one: (-Decimal(one["average"]), one["district"])
        )

    def _district(self, name: str, units: Sequence[Document]) -> Document:
        indices = [Fraction(unit["index"]) for unit in units]
        best = max(units, key=_index_of)
        last = min(units, key=_index_of)
        average = self._points(Fraction(sum(indices), len(indices)))
        ends = {
            end: {"unit": unit["unit"], "index": unit["index"]}
            for end, unit in (("best", best), ("last", last))
        }
        return {"district": name, "units": len(units), "average": average, **ends}

    # Areas and rules

    def _shares(self) -> dict[tuple[Any, ...], list[Document]]:
        """Return, for each unit, what part of its points each area earned."""
        return {
            self._key(row): [
                self._share(
                    row[f"group.{area.id}.earned"], row[f"group.{area.id}.lost"]
                )
                for area in self.areas
            ]
            for row in self.frame.iter_rows(named=True)
        }

    def _share(
        self, earned: Decimal | Fraction | None, lost: Decimal | Fraction | None
    ) -> Document:
        """Return a share in percent and its step; none where nothing was to be had, or for another
        kind of unit.
        """
        if earned is None or lost is None:
            return {"share": None, "step": 0}
        share = percent(Fraction(earned), Fraction(earned) + Fraction(lost))
        return {
            "share": share,
            "step": 0
            if share is None
            else 1 + sum(Decimal(share) >= edge for edge in STEPS),
        }

    def _area(self, area: Group) -> Document:
        """Return an area with what part of all its points all units earned."""
        earned, lost = (
            Fraction(self.frame[f"group.{area.id}.{part}"].sum() or 0)
            for part in ("earned", "lost")
        )
        return {
            "id": area.id,
            "title": area.title.of(self.lang),
            **self._share(earned, lost),
        }

    def _costly(self) -> list[Document]:
        """Return the rules that cost most points over all units."""
        lost = {
            id_: Fraction(self.frame[f"rule.{id_}.lost"].sum() or 0)
            for id_ in self.all_rules
        }
        every = sum(lost.values())
        first = sorted(lost, key=lambda id_: (-lost[id_], id_))[:COSTLY]
        return [
            self._rule(self.all_rules[id_], lost[id_], Fraction(every))
            for id_ in first
            if lost[id_] > 0
        ]

    def _rule(self, rule: Rule, lost: Fraction, every: Fraction) -> Document:
        states = f"rule.{rule.id}.state"
        missing = (
            int((self.frame[states] == "missing").sum())
            if states in self.frame.columns
            else None
        )
        return {
            "rule": rule.id,
            "title": rule.title.of(self.lang),
            "area": self.groups[self._top(rule.group)].title.of(self.lang),
            "source": [*rule.source],
            "lost": self._points(lost),
            "share": percent(lost, every),
            "average": self._points(lost / self.frame.height),
            "units": int((self.frame[f"rule.{rule.id}.lost"] > 0).sum()),
            "missing": missing,
        }

    def _top(self, group: str) -> str:
        parent = self.groups[group].parent
        return group if parent is None else self._top(parent)


def _index_of(unit: Document) -> Decimal:
    return Decimal(unit["index"])


def percent(part: Fraction, whole: Fraction) -> str | None:
    """Return a part of a whole in percent, rounded half up to one place; None of nothing."""
    return (
        number.fixed(number.half_up(*(part * 1000 / whole).as_integer_ratio()), 1)
        if whole
        else None
    )
