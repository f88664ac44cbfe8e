"""The columns of results: names and types for a whole rule set, and the row that the single
engine's score makes.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple, TypeAlias

import polars as pl

from cchc_rules.base.number import half_up
from cchc_rules.base.problem import Problem
from cchc_rules.rules.model import RuleSet
from cchc_rules.scoring.scoring import Scoring
from cchc_rules.tables.exact_columns import Dtype
from cchc_rules.tables.judged import REASON, STATE
from cchc_rules.tables.submission_columns import NUMBER, Layout, versions

ROW = NUMBER
APART = ("unit_kind", "period", "as_of")
"""Rows that differ in these are scored apart: other rules may hold for them."""

OF_UNIT = ("unit", "district", *APART)
"""The columns of a table that stand in its results too."""

INDEX = ("index", "exact", "band", "supported", "lowest", "highest")
"""`exact` is the index before it is rounded, in two columns: a numerator and a denominator."""

EXACT = ("index.numerator", "index.denominator")
OF_GROUP = ("earned", "lost", "excluded")
OF_RULE = ("earned", "lost", "state", "reason")
OF_TRACK = ("earned", "maximum")
RESULTS = (
    *INDEX,
    *(f"group.{part}" for part in OF_GROUP),
    *(f"rule.{part}" for part in OF_RULE),
)
"""What can be asked for of any table."""

TRACKS = tuple(f"track.{part}" for part in OF_TRACK)
"""What can be asked for besides where whole submissions are read: rows of a table have no tracks."""

ERRORS = {
    ROW: pl.Int64,
    "unit": pl.String,
    "column": pl.String,
    "code": pl.String,
    "words": pl.String,
}
TEXTS = {"band": pl.String, "state": STATE, "reason": REASON}
Row: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Wanted:
    """What is asked for: which results, and whether points are decimals or whole numbers of the
    last place.
    """

    results: tuple[str, ...] = RESULTS
    decimals: bool = True

    def of(self, kind: str) -> list[str]:
        """Return the parts that are asked for of groups or of rules."""
        return [
            name.partition(".")[2]
            for name in self.results
            if name.startswith(f"{kind}.")
        ]

    def index(self) -> list[str]:
        """Return what is asked for that there is once in a row."""
        return [name for name in self.results if name in INDEX]


def possible(wanted: Wanted, names: Sequence[str]) -> None:
    """Raise `ValueError` where something is asked for that there is not."""
    odd = [name for name in wanted.results if name not in names]
    if odd:
        raise ValueError(
            f"no such results: {', '.join(odd)}; there are {', '.join(names)}"
        )


def schema(
    rules: RuleSet, wanted: Wanted, given: Mapping[str, Dtype]
) -> dict[str, Dtype]:
    """Return the columns of a rule set's results, those of every kind of unit and every day among
    them.
    """
    points = scale(rules, wanted).dtype
    found: dict[str, Dtype] = {ROW: pl.Int64} | {
        name: given[name] for name in OF_UNIT if name in given
    }
    for name in wanted.index():
        found |= (
            dict.fromkeys(EXACT, pl.Int64)
            if name == "exact"
            else {name: TEXTS.get(name, points)}
        )
    for kind in ("group", "rule", "track"):
        found |= {
            f"{kind}.{id_}.{part}": TEXTS.get(part, points)
            for id_ in _ids(rules, f"{kind}s")
            for part in wanted.of(kind)
        }
    return found


class Scale(NamedTuple):
    """How points are written: with how many decimal places, and as which type."""

    places: int
    dtype: Dtype


def scale(rules: RuleSet, wanted: Wanted) -> Scale:
    """Return how the points of a table are written: decimals of 18 digits take half the room of
    longer ones.
    """
    places = max(version.index.places for version in versions(rules))
    if not wanted.decimals:
        return Scale(places, pl.Int64)
    most = max(_most(version) for version in versions(rules)) * 10**places
    return Scale(places, pl.Decimal(18 if most < 10**18 else 38, places))


def _most(rules: RuleSet) -> Fraction:
    """Return a number that no points exceed: all weights together, on the scale of the index."""
    weights = sum(
        (abs(rule.weight) + abs(rule.lowest) for rule in rules.rules.values()),
        Fraction(1),
    )
    most: Fraction = weights * rules.index.scale * 10**rules.index.places
    return most


def _ids(rules: RuleSet, kind: str) -> Iterable[str]:
    return dict.fromkeys(
        id_ for version in versions(rules) for id_ in getattr(version, kind)
    )


def conformed(frame: pl.DataFrame, columns: Mapping[str, Dtype]) -> pl.DataFrame:
    """Return a frame with exactly these columns; what holds for other kinds of unit only is null."""
    return frame.select(
        pl.col(name).cast(dtype)
        if name in frame.columns
        else pl.lit(None, dtype).alias(name)
        for name, dtype in columns.items()
    )


def reduced(frame: pl.DataFrame) -> pl.DataFrame:
    """Return results whose exact index is in lowest terms, as the single engine gives it; few steps
    of Euclid do.
    """
    if EXACT[0] not in frame.columns:
        return frame
    one, other = (pl.col(name) for name in EXACT)
    pair = frame.select(
        pl.max_horizontal(one, 0 - one).alias("one"), other.alias("other")
    )
    one = pl.col("one")
    other = pl.col("other")
    while pair["other"].max():
        left = pl.when(other != 0)
        pair = pair.select(
            left.then(other).otherwise(one).alias("one"),
            left.then(one % other).otherwise(0).alias("other"),
        )
    return frame.with_columns(pl.col(name) // pair["one"] for name in EXACT)


def row_of(
    scoring: Scoring, number: int, given: object, wanted: Wanted, places: int
) -> Row:
    """Return the row of results for a submission that the single engine scored; points have so many
    places.
    """
    own = scoring.rules.index.places
    found: Row = {ROW: number} | _envelope(scoring, given)
    for name, value in _figures(scoring):
        if value is None:
            found[name] = None
        elif wanted.decimals:
            found[name] = Decimal(value).scaleb(-own)
        else:
            found[name] = value * 10 ** (places - own)
    exact: tuple[int | None, int | None] = (None, None)
    if scoring.index.scored:
        exact = scoring.index.exact.as_integer_ratio()
    return found | dict(zip(EXACT, exact, strict=True)) | dict(_words(scoring))


def _envelope(scoring: Scoring, given: object) -> Row:
    """Return what a row says of itself: its own cells, or the fields of a whole submission."""
    if isinstance(given, Mapping) and "measurements" not in given:
        return {name: given[name] for name in OF_UNIT if name in given}
    found = scoring.measurements
    as_of = found.as_of.isoformat() if found.as_of else None
    return {
        "unit": found.unit,
        "unit_kind": found.unit_kind or None,
        "period": found.period,
        "as_of": as_of,
    }


def _figures(scoring: Scoring) -> Iterator[tuple[str, int | None]]:
    for name in ("index", "supported", "lowest", "highest"):
        sums = getattr(scoring, name)
        yield name, sums.value if sums.scored else None
    for group, total in zip(scoring.compiled.groups, scoring.groups, strict=True):
        yield from (
            (f"group.{group.id}.{part}", getattr(total, part)) for part in OF_GROUP
        )
    for id_, rule in zip(scoring.compiled.names, scoring.counted, strict=True):
        yield f"rule.{id_}.earned", rule.earned
        yield f"rule.{id_}.lost", rule.lost
    for track in scoring.tracks():
        if track.scored:  # nobody's points are not zero points
            yield f"track.{track.id}.earned", _ticks(scoring, track.earned)
            yield f"track.{track.id}.maximum", _ticks(scoring, track.maximum)


def _ticks(scoring: Scoring, points: Fraction) -> int:
    """Return points in ticks, rounded half up: people may give points with more places."""
    return half_up(*(points * scoring.compiled.unit).as_integer_ratio())


def _words(scoring: Scoring) -> Iterator[tuple[str, str | None]]:
    band = scoring.banding().band
    yield "band", band.id if band else None
    for id_, result in zip(scoring.compiled.names, scoring.results, strict=True):
        yield f"rule.{id_}.state", str(result.state)
        yield f"rule.{id_}.reason", str(result.reason)


def refused(
    problems: Iterable[Problem], number: int, given: object, columns: Layout, lang: str
) -> list[tuple[Any, ...]]:
    """Return the rows of the table of errors for a row that is refused; a file stands for its unit."""
    unit = (
        given.get("unit")
        if isinstance(given, Mapping)
        else getattr(given, "name", None)
    )
    said = str(unit) if isinstance(unit, str | int) else None
    in_cells = isinstance(given, Mapping) and "measurements" not in given
    told = [replace(one, in_cell=in_cells) for one in problems]
    return [
        (
            number,
            said,
            columns.column(one.path),
            one.code,
            f"{one.what(lang)} {one.fix(lang)}",
        )
        for one in told
    ]


def lost_points(rules: RuleSet, results: pl.DataFrame) -> pl.DataFrame:
    """Return a row for each rule of each unit that lost points: the long form of the results."""
    first = [name for name in (ROW, *OF_UNIT) if name in results.columns]
    parts = [
        results.select(
            *first,
            pl.lit(rule.group).alias("group"),
            pl.lit(rule.id).alias("rule"),
            *(
                pl.col(f"rule.{rule.id}.{part}").alias(part)
                for part in OF_RULE
                if f"rule.{rule.id}.{part}" in results.columns
            ),
        ).filter(pl.col("lost") > 0)
        for rule in {
            id_: rule
            for version in versions(rules)
            for id_, rule in version.rules.items()
        }.values()
    ]
    return pl.concat(parts).sort(ROW, maintain_order=True)
