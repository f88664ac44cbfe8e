"""Which row of a decision table decides, and which figures it waits for.

Of each row every condition is asked by itself. A row *fails* as soon as one of them does, whatever
the others may come to; it *holds* where all do; else it is *open*, for figures are not there. So
“below 80 % but urged in writing” fails at 90 %, and nobody needs to know what was written.

Under `first` the search ends at the first row that holds or is open: an open one might have been
the first to hold. Under `one` rows exclude each other, so that one that holds is the one, wherever
it stands, and only what is left over (`otherwise`) has to wait for the open ones.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from cchc_rules.base.state import Absent
from cchc_rules.rules.model import Metric
from cchc_rules.rules.value_function import AllOf, Condition, Hit, MetricTest, Within
from cchc_rules.scoring.evaluators import Test, among, within
from cchc_rules.submissions.submission import Figure


class RowHit(NamedTuple):
    """The row that decides, or the figures that it hangs on."""

    row: int | None
    """The position of the row; None where rows are open, or none holds."""
    open: tuple[int, ...] = ()
    """The positions of the absent metrics that keep rows open, in the order of the rows."""


class RowSearch:
    """Finds the row of a decision table.

    Args:
        conditions: Where each row holds.
        hit: Which row counts.
        metrics: The metrics of the rule set, by their ids.
        positions: The position of each metric among the figures, by its id.
    """

    def __init__(
        self,
        conditions: Iterable[Condition],
        hit: Hit | None,
        metrics: Mapping[str, Metric],
        positions: Mapping[str, int],
    ) -> None:
        self.first = hit == "first"
        self.rows: list[list[tuple[int, Test]]] = []
        # The formula of the first derived metric that a row asks for, empty without one: rows cover
        # the ranges of their metrics, so that only a formula comes to what none of them takes.
        self.formula = ""
        for condition in conditions:
            tests = _tests(condition)
            self.rows.append(
                [
                    (positions[test.metric], _test(test, metrics[test.metric]))
                    for test in tests
                ]
            )
            for test in tests:
                self.formula = self.formula or metrics[test.metric].formula or ""

    def find(self, figures: Mapping[int, Figure] | list[Figure]) -> RowHit:
        """Return the row that decides over some figures, by position."""
        open_metrics: list[int] = []
        for position, tests in enumerate(self.rows):
            absent = _absent(tests, figures)
            if absent is None:
                continue
            # What is left over is so only where no row before may still hold.
            is_left_over = not tests
            if not absent and not (is_left_over and open_metrics):
                return RowHit(position)
            open_metrics += absent
            if self.first:
                break
        return RowHit(None, tuple(open_metrics))


def absences_at(
    positions: Iterable[int], figures: Mapping[int, Figure] | list[Figure]
) -> list[Absent]:
    """Return what is absent among the figures at some positions, in their order."""
    read = [figures[position] for position in positions]
    return [figure for figure in read if isinstance(figure, Absent)]


def _absent(
    tests: list[tuple[int, Test]], figures: Mapping[int, Figure] | list[Figure]
) -> list[int] | None:
    """Return the absent metrics that a row waits for, none where it holds; None where it fails."""
    absent: list[int] = []
    for position, test in tests:
        figure = figures[position]
        if isinstance(figure, Absent):
            absent.append(position)
        elif not test(figure):
            return None
    return absent


def _tests(condition: Condition) -> tuple[MetricTest, ...]:
    if isinstance(condition, AllOf):
        return condition.tests
    return ()


def _test(test: MetricTest, metric: Metric) -> Test:
    """Return the function that asks a figure."""
    if isinstance(test.where, Within):
        return within(test.where.interval)
    return among(frozenset(test.where.numbers(metric)))
