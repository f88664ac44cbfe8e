"""`score_table`: a table of submissions in, a table of scores out, with the same figures as one by one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl

from cchc_rules import calendar
from cchc_rules.measure import load_measurements, variant
from cchc_rules.model import RuleSet
from cchc_rules.outcome import Outcome
from cchc_rules.plan import Plan, compiled
from cchc_rules.problem import SubmissionError
from cchc_rules.report import Report
from cchc_rules.score import score
from cchc_rules.submission import Measurements
from cchc_rules.table.compiled import PLAIN, Steps, programmed
from cchc_rules.table.figures import REASONS
from cchc_rules.table.judges import STATES
from cchc_rules.table.layout import Layout, layout

ROW = "|row"
APART = ("unit_kind", "period", "as_of")
"""Rows that differ in these are scored apart: other rules may hold for them."""

GROUP = ("earned", "lost", "excluded")

STATE = pl.Enum([str(state) for state in STATES])
REASON = pl.Enum([str(reason) for reason in REASONS])
ERRORS = {"row": pl.Int64, "unit": pl.String, "column": pl.String, "code": pl.String, "words": pl.String}


@dataclass(frozen=True, eq=False)
class Scores:
    """The scores of a table: `results` and `errors`, every row in exactly one of them, and how they came about."""

    rules: RuleSet
    table: pl.DataFrame
    results: pl.DataFrame
    errors: pl.DataFrame
    steps: tuple[Steps, ...]
    singly: int
    as_of: date | None = None

    def report(self, row: int) -> Report:
        """Return the full report of a row of the table, counted from 0; raise `SubmissionError` for one refused."""
        return _single(self.rules, layout(self.rules), self.table.row(row, named=True), self.as_of)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Give the results to whatever reads Arrow data."""
        return self.results.__arrow_c_stream__(requested_schema)


def score_table(rules: RuleSet, table: Any, *, as_of: date | None = None) -> Scores:
    """Return the scores of a table of submissions, one row a unit.

    The table is anything that gives Arrow data (Polars, pandas, pyarrow, DuckDB), or a lazy Polars frame; `layout`
    says what columns it may have. Raises `SubmissionError` for a column that means nothing.
    """
    frame = table.collect() if isinstance(table, pl.LazyFrame) else pl.DataFrame(table)
    columns = layout(rules)
    columns.known(frame.columns)
    parts, steps = [], []
    for part in _partitions(frame.with_row_index(ROW)):
        scored, chosen = _in_columns(rules, columns, part, as_of)
        parts.append(scored)
        steps += [chosen] if chosen else []
    return _gathered(rules, columns, frame, parts, steps, as_of)


def _partitions(frame: pl.DataFrame) -> Iterator[pl.DataFrame]:
    apart = [name for name in APART if name in frame.columns]
    yield from frame.partition_by(apart, maintain_order=True) if apart else [frame]


def _in_columns(
    rules: RuleSet, columns: Layout, part: pl.DataFrame, as_of: date | None
) -> tuple[pl.DataFrame, Steps | None]:
    """Return the scored rows of a partition, none where it has no form in columns."""
    nothing = part.head(0).select(ROW), None
    if part.is_empty():
        return nothing
    envelope = {name: value for name, value in part.row(0, named=True).items() if name in APART}
    try:
        found = load_measurements({**columns.submission(envelope), "unit": "–"}, rules, as_of=as_of)
    except SubmissionError:
        return nothing
    day = as_of or found.judged_at
    plan = compiled(variant(found, rules, day))
    program = programmed(plan, part.schema, day, _months(found))
    if program is None:
        return nothing
    scored = program.run(part).filter(pl.col(PLAIN))
    return scored.select(ROW, *_results(plan, part.columns)), program.steps


def _months(found: Measurements) -> int | None:
    return calendar.whole_months(*found.span)


# What comes out


def _results(plan: Plan, given: list[str]) -> Iterator[pl.Expr]:
    """Yield the columns of the results; points as decimals with the places of the index."""
    places = plan.rules.index.places
    yield from (pl.col(name) for name in ("unit", *APART) if name in given)
    yield _points(pl.col("|index"), places, "index")
    yield pl.col("|band").alias("band")
    yield from (_points(pl.col(f"|{name}"), places, name) for name in ("supported", "lowest", "highest"))
    for id_ in plan.rules.groups:
        yield from (_points(pl.col(f"group.{id_}|{part}"), places, f"group.{id_}.{part}") for part in GROUP)
    for rule in plan.rules.rules.values():
        weight, earned = int(rule.weight * plan.unit), pl.col(f"{rule.id}|earned")
        yield _points(earned, places, f"rule.{rule.id}.earned")
        yield _points(weight - earned - pl.col(f"{rule.id}|excluded"), places, f"rule.{rule.id}.lost")
        for part, names in (("state", STATE), ("reason", REASON)):
            yield pl.col(f"{rule.id}|{part}").cat.to(names).alias(f"rule.{rule.id}.{part}")


def _points(ticks: pl.Expr, places: int, name: str) -> pl.Expr:
    """Return ticks as points: a decimal that is exact, for nothing is divided."""
    return (ticks.cast(pl.Decimal(38, 0)) * pl.lit(Decimal(1).scaleb(-places))).cast(pl.Decimal(38, places)).alias(name)


def _gathered(
    rules: RuleSet,
    columns: Layout,
    frame: pl.DataFrame,
    parts: list[pl.DataFrame],
    steps: list[Steps],
    as_of: date | None,
) -> Scores:
    """Score what is left row by row; put everything in the order of the table."""
    done = pl.concat([part.select(ROW) for part in parts]) if parts else pl.DataFrame({ROW: []})
    left = frame.with_row_index(ROW).join(done.cast({ROW: pl.UInt32}), on=ROW, how="anti").sort(ROW)
    found: list[dict[str, Any]] = []
    errors: list[tuple[Any, ...]] = []
    for row in left.iter_rows(named=True):
        at = row.pop(ROW)
        try:
            found.append({ROW: at, **_row(_single(rules, columns, row, as_of).outcome, row)})
        except SubmissionError as error:
            errors += [(at, row.get("unit"), _column(one.path), one.code, one.text()) for one in error.problems]
    singles = _frame(rules, found)
    results = pl.concat([*(part for part in parts if part.height), *([singles] if found else [])], how="diagonal_relaxed")
    refused = pl.DataFrame(errors, schema=ERRORS, orient="row")
    return Scores(rules, frame, results.sort(ROW).drop(ROW), refused, tuple(steps), len(found), as_of)


def _single(rules: RuleSet, columns: Layout, row: Mapping[str, Any], as_of: date | None) -> Report:
    return score(rules, load_measurements(columns.submission(row), rules, as_of=as_of), as_of=as_of)


def _column(path: tuple[object, ...]) -> str:
    return ".".join(map(str, path))


def _row(outcome: Outcome, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of the results for one row that the single engine scored."""
    places, banding, index = outcome.rules.index.places, outcome.banding(), outcome.index.value
    found: dict[str, Any] = {name: row[name] for name in ("unit", *APART) if name in row}
    totals = {"supported": outcome.supported, "lowest": outcome.lowest, "highest": outcome.highest}
    ticks = {"index": index, **{name: one.value for name, one in totals.items()}}
    for group, total in zip(outcome.plan.groups, outcome.groups, strict=True):
        ticks |= {f"group.{group.id}.{part}": getattr(total, part) for part in GROUP}
    for at, (id_, result) in enumerate(zip(outcome.plan.names, outcome.results, strict=True)):
        ticks |= {f"rule.{id_}.earned": result.earned, f"rule.{id_}.lost": outcome.lost(at)}
        found |= {f"rule.{id_}.state": str(result.state), f"rule.{id_}.reason": str(result.reason)}
    found["band"] = banding.band.id if banding.band else None
    return found | {name: Decimal(value).scaleb(-places) for name, value in ticks.items()}


def _frame(rules: RuleSet, found: list[dict[str, Any]]) -> pl.DataFrame:
    """Return rows with the types that columns have."""
    names = dict.fromkeys(name for row in found for name in row)
    kinds = {ROW: pl.UInt32, "band": pl.String, "unit": pl.String, "unit_kind": pl.String, "period": pl.String}
    schema = {name: kinds.get(name) or _dtype(name, rules) for name in names}
    return pl.DataFrame(found, schema=schema)


def _dtype(name: str, rules: RuleSet) -> Any:
    if name == "as_of":
        return None
    kind = name.rpartition(".")[2]
    return {"state": STATE, "reason": REASON}.get(kind, pl.Decimal(38, rules.index.places))
