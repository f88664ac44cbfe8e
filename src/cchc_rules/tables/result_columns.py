"""The columns of results: their names and types for a whole rule set.

Results of rows that the single engine scored get the same columns here (`row_of`).
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
from cchc_rules.submissions.submission import Measurements
from cchc_rules.tables.exact_columns import Dtype
from cchc_rules.tables.judged import REASON, STATE
from cchc_rules.tables.submission_columns import NUMBER, Layout, versions

ROW = NUMBER
"""The column that numbers the rows, in results and in errors."""

APART = ("unit_kind", "period", "as_of")
"""Rows that differ in these are scored apart: other rules may hold for them."""

OF_UNIT = ("unit", "district", *APART)
"""The columns of a table that stand in its results too."""

INDEX = ("index", "exact", "band", "supported", "lowest", "highest")
"""`exact` is the index before it is rounded, in two columns: a numerator and a denominator."""

EXACT = ("index.numerator", "index.denominator")
"""The columns of the exact index, in points."""

# What results say of each group, rule and track.
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
"""What can be asked for besides where whole submissions are read: flat rows have no tracks."""

ERRORS = {
    ROW: pl.Int64,
    "unit": pl.String,
    "column": pl.String,
    "code": pl.String,
    "words": pl.String,
}
"""The columns of the table of errors: a row for each thing that is wrong."""

TEXTS = {
    "band": pl.String,
    "state": STATE,
    "reason": REASON,
}
"""The types of results that are words; all others are points."""

Row: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Wanted:
    """What is asked for of a table.

    Arguments:
        results: Which results, of those in `RESULTS` and `TRACKS`.
        decimals: Whether points are decimals, or whole numbers of the last place.

    >>> Wanted(("index", "band", "rule.lost")).of("rule")
    ['lost']
    """

    results: tuple[str, ...] = RESULTS
    decimals: bool = True

    def of(self, kind: str) -> list[str]:
        """Return the parts that are asked for of groups or of rules."""
        parts = []
        for name in self.results:
            of, _, part = name.partition(".")
            if of == kind and part:
                parts.append(part)
        return parts

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
    rules: RuleSet,
    wanted: Wanted,
    given: Mapping[str, Dtype],
) -> dict[str, Dtype]:
    """Return the columns of a rule set's results, with the type of each.

    Those of every kind of unit and every day are among them, so that all parts of a table have the
    same columns.

    Arguments:
        rules: The rule set.
        wanted: Which results are asked for.
        given: The types of the table's own columns, of which those of the unit stand in front.
    """
    points = scale(rules, wanted).dtype
    # The order of the dictionary is that of the columns.
    columns: dict[str, Dtype] = {ROW: pl.Int64}
    columns |= {name: given[name] for name in OF_UNIT if name in given}
    for name in wanted.index():
        if name == "exact":
            columns |= dict.fromkeys(EXACT, pl.Int64)
        else:
            columns[name] = TEXTS.get(name, points)
    for kind in ("group", "rule", "track"):
        parts = wanted.of(kind)
        for id_ in _ids(rules, f"{kind}s"):
            for part in parts:
                columns[f"{kind}.{id_}.{part}"] = TEXTS.get(part, points)
    return columns


class Scale(NamedTuple):
    """How points are written in the results of one table."""

    places: int
    """Decimal places; of whole numbers, those of the unit that they count."""
    dtype: Dtype
    """A decimal of so many places, or whole numbers of 64 bits."""


def scale(rules: RuleSet, wanted: Wanted) -> Scale:
    """Return how the points of a table are written: with the most places of all versions."""
    all_versions = versions(rules)
    places = max(version.index.places for version in all_versions)
    if not wanted.decimals:
        return Scale(places, pl.Int64)
    most_points = max(_most(version) for version in all_versions)
    most = most_points * 10**places
    # Decimals of 18 digits fit into 64 bits; longer ones take twice the room in a file.
    digits = 38
    if most < 10**18:
        digits = 18
    return Scale(places, pl.Decimal(digits, places))


def _most(rules: RuleSet) -> Fraction:
    """Return a number that no points exceed: all weights together, on the scale of the index.

    The closest bound is not worth finding. An index is farthest from zero where points below zero
    (`lowest`) are divided by the single tick that is left to score, and that comes to about this.
    """
    weights = Fraction(1)
    for rule in rules.rules.values():
        weights += abs(rule.weight) + abs(rule.lowest)
    ticks_per_point = 10**rules.index.places
    most: Fraction = weights * rules.index.scale * ticks_per_point
    return most


def _ids(rules: RuleSet, kind: str) -> Iterable[str]:
    """Return the ids of the groups, rules or tracks of all versions, each once."""
    ids: dict[str, None] = {}
    for version in versions(rules):
        ids |= dict.fromkeys(getattr(version, kind))
    return ids


def conformed(frame: pl.DataFrame, columns: Mapping[str, Dtype]) -> pl.DataFrame:
    """Return a frame with exactly these columns; a column that it lacks is null in every row.

    >>> frame = pl.DataFrame({"index": [82]})
    >>> conformed(frame, {"band": pl.String, "index": pl.Int64}).to_dicts()
    [{'band': None, 'index': 82}]
    """
    # Polars makes the list of names anew each time that it is asked for.
    present = set(frame.columns)
    selected = []
    for name, dtype in columns.items():
        if name in present:
            selected.append(pl.col(name).cast(dtype))
        else:
            selected.append(pl.lit(None, dtype).alias(name))
    return frame.select(selected)


def reduced(frame: pl.DataFrame) -> pl.DataFrame:
    """Return results whose exact index is in lowest terms, as the single engine gives it.

    Euclid's algorithm goes through all rows at once, until no row has a remainder: 8250/100 goes to
    (100, 50), (50, 0), and both numbers are divided by 50. Rows that are done stay as they are.

    >>> frame = pl.DataFrame({"index.numerator": [8250], "index.denominator": [100]})
    >>> reduced(frame).row(0)
    (165, 2)
    """
    if EXACT[0] not in frame.columns:
        return frame
    numerator, denominator = (pl.col(name) for name in EXACT)
    # Where there is no index both are null, and stay so: a null has no remainder that goes on.
    magnitude = pl.max_horizontal(numerator, 0 - numerator)
    pair = frame.select(magnitude.alias("divisor"), denominator.alias("remainder"))
    divisor = pl.col("divisor")
    remainder = pl.col("remainder")
    while pair["remainder"].max():
        goes_on = pl.when(remainder != 0)
        next_divisor = goes_on.then(remainder).otherwise(divisor)
        next_remainder = goes_on.then(divisor % remainder).otherwise(0)
        pair = pair.select(
            next_divisor.alias("divisor"),
            next_remainder.alias("remainder"),
        )
    return frame.with_columns(pl.col(name) // pair["divisor"] for name in EXACT)


def row_of(
    scoring: Scoring,
    number: int,
    given: object,
    wanted: Wanted,
    places: int,
) -> Row:
    """Return the row of results for a submission that the single engine scored.

    Arguments:
        scoring: What the submission comes to.
        number: The number of the row in its table.
        given: The row of the table, or the whole submission, that was scored.
        wanted: What is asked for of the table; the row may hold more.
        places: The decimal places of points in the results.
    """
    # A version may have fewer places than the results: its ticks are then multiplied.
    places_of_version = scoring.rules.index.places
    row: Row = {ROW: number} | _envelope(scoring, given)
    for name, ticks in _figures(scoring):
        if ticks is None:
            row[name] = None
        elif wanted.decimals:
            row[name] = Decimal(ticks).scaleb(-places_of_version)
        else:
            row[name] = ticks * 10 ** (places - places_of_version)
    # `as_integer_ratio` is in lowest terms, as `reduced` makes the pairs of columns.
    exact: tuple[int | None, int | None] = (None, None)
    if scoring.index.scored:
        exact = scoring.index.exact.as_integer_ratio()
    row |= zip(EXACT, exact, strict=True)
    row |= _words(scoring)
    return row


def _envelope(scoring: Scoring, given: object) -> Row:
    """Return what a row says of itself: its own cells, or the fields of a whole submission."""
    if isinstance(given, Mapping) and "measurements" not in given:
        return {name: given[name] for name in OF_UNIT if name in given}
    submission = scoring.measurements
    as_of = None
    if submission.as_of is not None:
        as_of = submission.as_of.isoformat()
    return {
        "unit": submission.unit,
        "unit_kind": submission.unit_kind or None,
        "period": submission.period,
        "as_of": as_of,
    }


def _figures(scoring: Scoring) -> Iterator[tuple[str, int | None]]:
    """Yield each column of points with its ticks, None where nothing is left to score."""
    for name in ("index", "supported", "lowest", "highest"):
        index = getattr(scoring, name)
        if index.scored:
            yield name, index.value
        else:
            yield name, None
    for group, total in zip(scoring.compiled.groups, scoring.groups, strict=True):
        for part in OF_GROUP:
            yield f"group.{group.id}.{part}", getattr(total, part)
    for id_, rule in zip(scoring.compiled.names, scoring.counted, strict=True):
        yield f"rule.{id_}.earned", rule.earned
        yield f"rule.{id_}.lost", rule.lost
    for track in scoring.tracks():
        if track.scored:  # nobody's points are not zero points
            yield f"track.{track.id}.earned", _ticks(scoring, track.earned)
            yield f"track.{track.id}.maximum", _ticks(scoring, track.maximum)


def _ticks(scoring: Scoring, points: Fraction) -> int:
    """Return points in ticks, rounded half up: people may give points with more places."""
    ticks = points * scoring.compiled.unit
    return half_up(ticks.numerator, ticks.denominator)


def _words(scoring: Scoring) -> Iterator[tuple[str, str | None]]:
    """Yield each column of words: the band, and the state and reason of every rule."""
    band = scoring.banding().band
    if band:
        yield "band", band.id
    else:
        yield "band", None
    for id_, result in zip(scoring.compiled.names, scoring.results, strict=True):
        yield f"rule.{id_}.state", str(result.state)
        yield f"rule.{id_}.reason", str(result.reason)


def refused(
    problems: Iterable[Problem],
    number: int,
    given: object,
    columns: Layout,
    lang: str,
) -> list[tuple[Any, ...]]:
    """Return the rows of the table of errors for a row that is refused, one for each problem.

    Arguments:
        problems: What is wrong with the row.
        number: Its number in the table.
        given: The row, the whole submission, or the file of one, whose name stands for the unit.
        columns: The layout of the table, which names the column that a problem points to.
        lang: The language of the words.
    """
    if isinstance(given, Mapping):
        unit = given.get("unit")
    elif isinstance(given, Measurements):
        # A submission that stands alone is known by its file, as one that cannot be read is.
        unit = given.file or given.unit
    else:
        unit = getattr(given, "name", None)
    unit_text = None
    if isinstance(unit, str | int):
        unit_text = str(unit)
    in_cells = isinstance(given, Mapping) and "measurements" not in given
    rows = []
    for problem in problems:
        # The words of a problem differ where people fill in cells, and keys of JSON.
        worded = replace(problem, in_cell=in_cells)
        words = f"{worded.what(lang)} {worded.fix(lang)}"
        column = columns.column(worded.path)
        rows.append((number, unit_text, column, worded.code, words))
    return rows


def lost_points(rules: RuleSet, results: pl.DataFrame) -> pl.DataFrame:
    """Return a row for each rule of each unit that lost points: the long form of the results.

    Arguments:
        rules: The rule set.
        results: Results with the columns `rule.<id>.lost`, at least.
    """
    first = [name for name in (ROW, *OF_UNIT) if name in results.columns]
    # A rule that several versions have comes once.
    rules_by_id = {
        id_: rule for version in versions(rules) for id_, rule in version.rules.items()
    }
    parts = []
    for rule in rules_by_id.values():
        group = pl.lit(rule.group).alias("group")
        id_ = pl.lit(rule.id).alias("rule")
        columns = []
        for part in OF_RULE:
            name = f"rule.{rule.id}.{part}"
            if name in results.columns:
                columns.append(pl.col(name).alias(part))
        of_rule = results.select(*first, group, id_, *columns)
        parts.append(of_rule.filter(pl.col("lost") > 0))
    return pl.concat(parts).sort(ROW, maintain_order=True)
