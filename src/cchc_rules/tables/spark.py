"""Tables beyond one machine: a Spark table of submissions in, scores out, by the same steps in
every partition.

Needs the extra `spark`, here and where the partitions are.
"""

import pickle
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl
import pyarrow as pa

from cchc_rules.base.problem import Problem, SubmissionError, nearest, quoted
from cchc_rules.rules.model import RuleSet
from cchc_rules.submissions.binding import judgement_day
from cchc_rules.tables.file_parts import PART
from cchc_rules.tables.peers import PeerFigures
from cchc_rules.tables.result_columns import RESULTS, ROW, Wanted, possible, schema
from cchc_rules.tables.score_files import GIVEN
from cchc_rules.tables.score_table import Scorer, Scores
from cchc_rules.tables.submission_columns import layout

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

PROBLEMS = "errors"
"""The column of what is wrong with a row, beside its results, while both are one table."""


@dataclass(frozen=True)
class SparkScores:
    """The scores of a Spark table: every row is in exactly one of `results` and `errors`.

    Both are read from `whole`, in which a refused row has its `errors` and no results. Spark works
    out what is asked for each time that it is asked for: where both are wanted, call
    `whole.cache()` first.
    """

    whole: "DataFrame"

    @property
    def results(self) -> "DataFrame":
        """The rows that were scored, with the columns of results as in tables."""
        return self.whole.where(f"{PROBLEMS} is null").drop(PROBLEMS)

    @property
    def errors(self) -> "DataFrame":
        """The rows that were refused: row, unit, column, code and words; a row may have several."""
        return self.whole.selectExpr(ROW, "unit", f"inline({PROBLEMS})")


def score_frame(
    rules: RuleSet,
    frame: "DataFrame",
    *,
    row: str,
    as_of: date | str | None = None,
    results: Iterable[str] = RESULTS,
) -> SparkScores:
    """Return the scores of a Spark table of submissions, one row a unit, as `score_table` gives
    them.

    Nothing runs before the scores are asked for. A row that cannot be scored is then in `errors`.

    Arguments:
        rules: The rule set.
        frame: The table. Beside `row` its columns are those of `layout`.
        row: The name of a column of whole numbers that tells rows apart, since partitions have no
            order. It is `row` in the results, with the numbers as they are given.
        as_of: The day of judgement; by default each row's own.
        results: What is worked out, of `RESULTS`.

    Raises `SubmissionError` for a column that means nothing or is missing, and `ValueError` for
    results that there are not.
    """
    wanted = Wanted(tuple(results))
    possible(wanted, RESULTS)
    _checked(rules, frame, row)
    names = [*frame.columns]
    names[names.index(row)] = ROW
    task = Task(
        pickle.dumps(rules),
        judgement_day(as_of),
        wanted,
        (*names,),
        version("cchc-rules"),
    )
    # `mapInArrow` takes no names with points in them, so that columns go by their positions.
    positions = [str(position) for position in range(len(names))]
    by_position = frame.toDF(*positions)
    declared = ddl(_columns(rules, wanted))
    return SparkScores(by_position.mapInArrow(task.scored, declared))


def _checked(
    rules: RuleSet,
    frame: "DataFrame",
    row: str,
) -> None:
    """Refuse a table before anything runs."""
    numbers = [
        name
        for name, kind in frame.dtypes
        if kind in ("bigint", "int", "smallint", "tinyint")
    ]
    if row not in numbers:
        arguments = {"name": quoted(row), "nearest": nearest(row, numbers)}
        raise SubmissionError([Problem("no-row-column", (row,), arguments)])
    columns = [name for name in frame.columns if name != row]
    read = layout(rules).headings.read(columns)
    # The parts of a table in Spark do not know each other.
    unknown = PeerFigures(rules, layout(rules), None, read.values()).metrics
    if unknown:
        raise SubmissionError(
            Problem("peers-in-parts", (id_,), {"name": quoted(id_)}) for id_ in unknown
        )


def _columns(rules: RuleSet, wanted: Wanted) -> dict[str, Any]:
    return {ROW: pl.Int64, **schema(rules, wanted, GIVEN)}


TYPES = {pl.Int64: "bigint", pl.String: "string", pl.Date: "date"}
"""The types of results that Spark has by another name; enumerations, which it lacks, are texts."""


def ddl(columns: dict[str, Any]) -> str:
    """Return the columns of results, and of what is wrong, as Spark declares them."""
    declared = [f"`{name}` {_type(dtype)}" for name, dtype in columns.items()]
    problem = "struct<column:string,code:string,words:string>"
    declared.append(f"{PROBLEMS} array<{problem}>")
    return ", ".join(declared)


def _type(dtype: Any) -> str:
    if isinstance(dtype, pl.Decimal):
        return f"decimal({dtype.precision},{dtype.scale})"
    return TYPES.get(dtype, "string")


# Where the partitions are


class Task(NamedTuple):
    """What a partition is scored by: the rules as bytes, what was asked for, and how its columns
    are called.
    """

    rules: bytes
    as_of: date | None
    wanted: Wanted
    names: tuple[str, ...]
    version: str

    def scored(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield the scores of a partition."""
        scorer = scorer_of(self)
        for frame in gathered(batches):
            frame.columns = [*self.names]
            given = frame.get_column(ROW).cast(pl.Int64)
            numbers = pl.int_range(frame.height, eager=True).alias(ROW)
            numbered = frame.with_columns(numbers)
            scores = scorer.score(numbered, (), GIVEN)
            yield from _written(scores, given)


def scorer_of(task: Task) -> Scorer:
    """Return what scores on a worker; refuse one that has another version than the driver."""
    here = version("cchc-rules")
    if here != task.version:
        # Another version might score in another way.
        arguments = {"here": here, "there": task.version}
        raise SubmissionError([Problem("worker-version", (), arguments)])
    return _scorer(task._replace(names=()))


@lru_cache(maxsize=4)
def _scorer(task: Task) -> Scorer:
    """Return what scores the partitions of one table: it is made once in each process, not once for
    each partition.
    """
    return Scorer(
        pickle.loads(task.rules),
        as_of=task.as_of,
        wanted=task.wanted,
    )


def gathered(
    batches: Iterable[pa.RecordBatch],
    most: int = PART,
) -> Iterator[pl.DataFrame]:
    """Yield batches, which Spark makes small, as tables of about `most` rows."""
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        waiting.append(batch)
        if sum(part.num_rows for part in waiting) >= most:
            yield pl.DataFrame(pa.Table.from_batches(waiting))
            waiting = []
    if waiting:
        yield pl.DataFrame(pa.Table.from_batches(waiting))


def _written(scores: Scores, given: pl.Series) -> Iterator[pa.RecordBatch]:
    """Yield results and errors as one table, in the types that Spark reads.

    Rows have the numbers that were given only here: whatever those are, no row is taken for
    another.
    """
    refused = scores.errors.group_by(ROW, maintain_order=True).agg(
        pl.col("unit").first(),
        pl.struct("column", "code", "words").alias(PROBLEMS),
    )
    words = pl.col(pl.Enum, pl.Categorical)
    no_problems = pl.lit(None, refused.schema[PROBLEMS])
    scored = scores.results.with_columns(
        words.cast(pl.String),
        no_problems.alias(PROBLEMS),
    )
    whole = pl.concat([scored, refused], how="diagonal")
    given_numbers = given.gather(whole.get_column(ROW))
    whole = whole.with_columns(given_numbers.alias(ROW))
    # Spark reads texts with short offsets, and no views.
    table = whole.to_arrow(compat_level=pl.CompatLevel.oldest())
    yield from table.cast(pa.schema(map(_plain, table.schema))).to_batches()


def _plain(field: pa.Field) -> pa.Field:
    """Return a column with the texts and lists that Spark reads, which are the short ones."""
    if field.name == PROBLEMS:
        parts = [(name, pa.string()) for name in ("column", "code", "words")]
        return field.with_type(pa.list_(pa.struct(parts)))
    if pa.types.is_large_string(field.type):
        return field.with_type(pa.string())
    return field
