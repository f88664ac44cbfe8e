"""Tables in many files, scored by the workers of a Spark session.

Spark hands a table to Python by turning its columns into rows and back, which costs several times
what scoring does. Where the table lies in files that every worker can reach, Spark need only share
the files out: a worker reads each in columns, and writes its scores, just as the command does.
"""

import errno
import os
import pickle
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from cchc_rules.base.output_files import OutputError, OutputIsInputError
from cchc_rules.base.problem import Problem, SubmissionError
from cchc_rules.rules.model import RuleSet
from cchc_rules.submissions.binding import judgement_day
from cchc_rules.tables.result_columns import RESULTS, Wanted, possible
from cchc_rules.tables.score_files import Files, errors_beside, score_file
from cchc_rules.tables.spark import Task, scorer_of

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

COUNTS = "file bigint, read bigint, scored bigint, refused bigint, problems binary"
"""What a worker says of a file: its position, how many rows, or why it was refused whole."""


class FileScores(NamedTuple):
    """A file that was scored: where its scores and its refused rows stand, and how many rows."""

    source: Path
    output: Path
    errors: Path
    read: int
    scored: int
    refused: int


def score_files(  # noqa: PLR0913 - what is read, by whom, where to, and how
    session: "SparkSession",
    rules: RuleSet,
    sources: Iterable[str | os.PathLike[str]],
    folder: str | os.PathLike[str],
    *,
    as_of: date | str | None = None,
    results: Iterable[str] = RESULTS,
) -> list[FileScores]:
    """Score tables in files into a folder, a file for each, by the workers of a Spark session.

    What a file gives is what `cchc-rules score FILE --output …` gives, row numbers included: they
    begin anew in each file. A file that is written is whole; a task that Spark repeats writes it
    anew.

    Args:
        session: The Spark session. Its workers need the same version of cchc-rules.
        rules: The rule set.
        sources: Tables, such as the parts of a Parquet data set, by paths that lead to the same
            files on all workers.
        folder: Where `NAME.parquet`, and `NAME.errors.csv` for refused rows, are written. It is
            made where there is none.
        as_of: The day of judgement, a day or its ISO text.
        results: Which results, as in `score_table`.

    Returns:
        What became of each file, in the order of `sources`.

    Raises:
        SubmissionError: For files that cannot be read as tables; all others have been scored.
        OutputError: Where a file would be written over one that is read, or twice.
        ValueError: For results that there are not.
    """
    wanted = Wanted(tuple(results))
    possible(wanted, RESULTS)
    tasks = _files([Path(source) for source in sources], Path(folder))
    if not tasks:
        return []
    task = Task(
        pickle.dumps(rules), judgement_day(as_of), wanted, (), version("cchc-rules")
    )
    # As many partitions as files, so that each file is a task of its own.
    positions = session.range(0, len(tasks), 1, len(tasks))
    counted = positions.mapInArrow(FilesTask(task, tuple(tasks)).scored, COUNTS)
    rows = sorted(counted.collect(), key=lambda row: row["file"])
    refused: list[Problem] = []
    for row in rows:
        if row["problems"] is not None:
            refused += pickle.loads(bytes(row["problems"]))
    if refused:
        raise SubmissionError(refused)
    return [
        FileScores(*files, row["read"], row["scored"], row["refused"])
        for files, row in zip(tasks, rows, strict=True)
    ]


def _files(sources: Sequence[Path], folder: Path) -> list[Files]:
    """Return what is read and written; refuse to write over what is read, or one file twice."""
    folder.mkdir(parents=True, exist_ok=True)
    read = {os.path.realpath(source) for source in sources}
    written: set[str] = set()
    tasks = []
    for source in sources:
        output = folder / f"{source.stem}.parquet"
        files = Files(
            source.absolute(), output.absolute(), errors_beside(output.absolute())
        )
        for path in (files.output, files.errors):
            if os.path.realpath(path) in read:
                raise OutputIsInputError(path)
        if source.stem in written:
            raise OutputError(errno.EEXIST, output)
        written.add(source.stem)
        tasks.append(files)
    return tasks


class FilesTask(NamedTuple):
    """What the workers do: the rules and what was asked for, and all files, by their positions."""

    task: Task
    files: tuple[Files, ...]

    def scored(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Score the files whose positions come in, and yield what became of each."""
        scorer = scorer_of(self.task)
        for batch in batches:
            for position in batch.column(0).to_pylist():
                yield _counts(position, *self._tally(scorer, self.files[position]))

    def _tally(self, scorer: Any, files: Files) -> tuple[int, int, int, bytes | None]:
        try:
            tally = score_file(scorer, files)
        except SubmissionError as error:
            return 0, 0, 0, pickle.dumps(error.problems)
        return tally.read, tally.scored, tally.refused, None


def _counts(
    position: int, read: int, scored: int, refused: int, problems: bytes | None
) -> pa.RecordBatch:
    columns = {
        "file": pa.array([position], pa.int64()),
        "read": pa.array([read], pa.int64()),
        "scored": pa.array([scored], pa.int64()),
        "refused": pa.array([refused], pa.int64()),
        "problems": pa.array([problems], pa.binary()),
    }
    return pa.RecordBatch.from_pydict(columns)
