"""From a table in a file to its scores in a file.

The table is read, scored and written part by part, so that memory stays bounded however many rows
it has.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TypeAlias

import polars as pl

from cchc_rules.base.problem import Problem
from cchc_rules.rules.model import RuleSet
from cchc_rules.tables.doubtful_rows import MOST_EXAMINED, DoubtfulRow, placed
from cchc_rules.tables.file_parts import Part, may_hold_submissions, parts
from cchc_rules.tables.file_sinks import Sink, sinks
from cchc_rules.tables.peers import peers_of_file, with_peers
from cchc_rules.tables.program import Computation
from cchc_rules.tables.result_columns import (
    ERRORS,
    OF_UNIT,
    ROW,
    lost_points,
    refused,
    schema,
)
from cchc_rules.tables.score_table import Scorer, Scores

GIVEN = dict.fromkeys(OF_UNIT, pl.String)
"""What results in files say of each row, whatever the table has."""

Watch: TypeAlias = Callable[[int, float], None]
"""Told after each part how many rows have been read, and how much of the file, between 0 and 1."""


MOST_DOUBTS = 20
"""So many doubts are kept to be told: more than a screen of them nobody reads."""


@dataclass
class Tally:
    """How many rows were read, scored and refused, and what is to be told of them."""

    read: int = 0
    scored: int = 0
    refused: int = 0
    alone: int = 0
    """How many rows were scored one by one."""
    steps: dict[Computation, None] = field(default_factory=dict)
    """The computations in columns that the others went through, each once, in order."""
    floats: dict[str, None] = field(default_factory=dict)
    """The columns of binary floats that were met, each once, in order."""
    aside: dict[str, None] = field(default_factory=dict)
    """The headings of columns that were not read, each once, in order."""
    doubts: list[Problem] = field(default_factory=list)
    """The first warnings of rows that were scored, in the order of the rows."""
    more_doubts: bool = False
    """Whether there are doubtful rows beyond those that `doubts` are about."""
    examined: bool = True
    """Whether all rows were looked through for doubts."""

    def add(self, part: Part, scores: Scores) -> None:
        """Count a part; what is scored and what is refused make up what was read."""
        rows = part.frame.height + len(part.alone)
        # A row may be refused for several reasons and is one row all the same.
        unread = len({number for number, _ in part.refused})
        self.read += rows + unread
        self.scored += scores.results.height
        self.refused += scores.errors.get_column(ROW).n_unique() + unread
        self.alone += scores.alone
        self.steps |= dict.fromkeys(scores.steps)
        self.floats |= dict.fromkeys(scores.floats)
        self.aside |= dict.fromkeys(part.aside)

    def note(self, rows: Iterable[DoubtfulRow], source: Path) -> None:
        """Keep what is doubtful in the rows of a part, up to so many doubts in all.

        The rows are looked through as they are asked for: beyond the bound none is.
        """
        if self.read > MOST_EXAMINED:
            self.examined = False
            return
        if self.more_doubts:
            return
        for row in rows:
            if len(self.doubts) >= MOST_DOUBTS:
                self.more_doubts = True
                return
            self.doubts += placed(row, source)


class Files(NamedTuple):
    """The files of one run."""

    source: Path
    """Where the table is read: a file, or a folder of submissions."""
    output: Path
    """Where its scores are written."""
    errors: Path
    """Where the rows that are refused are written, with what is wrong with them."""


def errors_beside(output: Path) -> Path:
    """Return where the errors of a table stand, unless told otherwise: beside its results.

    >>> errors_beside(Path("scores.parquet")).name
    'scores.errors.csv'
    """
    return output.with_suffix(".errors.csv")


def score_file(
    scorer: Scorer,
    files: Files,
    *,
    long: bool = False,
    strict: bool = False,
    watch: Watch | None = None,
) -> Tally:
    """Score a table in a file, or a folder of submissions, into a file; write what is refused into
    another.

    Arguments:
        scorer: The rule set's scorer; what it is asked for decides the columns of the results.
        files: Where the table is read, and where results and refusals are written.
        long: Write a row for each rule of each unit that lost points, in place of a row for each
            unit.
        strict: Refuse each row in which something is doubtful. Otherwise doubts are only noted, in
            tables of up to `MOST_EXAMINED` rows.
        watch: Called after each part with the rows that were read so far and the part of the file
            that is done.

    Returns how many rows were read, scored and refused. Raises `SubmissionError` where the table
    cannot be read at all, and `OutputError` where a file cannot be written; neither leaves half a
    file.
    """
    tally = Tally()
    rules = scorer.rules
    # Columns have no points of tracks; only a whole submission can bring some.
    if rules.tracks and may_hold_submissions(files.source):
        scorer = scorer.with_tracks()
    head = pl.DataFrame(schema=schema(rules, scorer.wanted, GIVEN))
    # Both files are put in their places together, once everything has been written; errors without
    # their results would be taken for those of an earlier run.
    refusals = (files.errors, pl.DataFrame(schema=ERRORS))
    results = (files.output, _shown(rules, head, long))
    peers = peers_of_file(files.source, rules, scorer.columns, scorer.as_of)
    with sinks(refusals, results) as (wrong, good):
        for read in parts(files.source, scorer.columns):
            part = with_peers(read, peers)
            scores = scorer.score(part.frame, part.alone, GIVEN)
            # Before anything is counted or written: a doubtful row is then one that was refused.
            if strict:
                scores = scorer.refuse_doubtful(scores, part.alone)
            good.write(_shown(rules, scores.results, long))
            _refuse(part, scores, scorer, wrong)
            tally.add(part, scores)
            if not strict:
                tally.note(scorer.doubtful(scores, part.alone), files.source)
            if watch is not None:
                watch(tally.read, part.done)
    return tally


def _shown(
    rules: RuleSet,
    results: pl.DataFrame,
    long: bool,
) -> pl.DataFrame:
    """Return results as they are written: a row for each unit, or for each loss."""
    if long:
        return lost_points(rules, results)
    return results


def _refuse(
    part: Part,
    scores: Scores,
    scorer: Scorer,
    wrong: Sink,
) -> None:
    """Write the errors of a part: those of rows that cannot be read are among them."""
    rows = []
    for number, problem in part.refused:
        rows += refused([problem], number, None, scorer.columns, scorer.lang)
    unread = pl.DataFrame(rows, schema=ERRORS, orient="row")
    if unread.height or scores.errors.height:
        errors = pl.concat([scores.errors, unread])
        # In the order of the rows; the errors of one row stay as they were found.
        wrong.write(errors.sort(ROW, maintain_order=True))
