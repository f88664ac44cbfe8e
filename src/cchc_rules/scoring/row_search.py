"""Which row of a decision table decides, and which figures it waits for.

Of each row every condition is asked by itself. A row *fails* as soon as one of them does, whatever
the others may come to; it *holds* where all do; else it is *open*, for figures are not there. So
“below 80 % but urged in writing” fails at 90 %, and nobody needs to know what was written.

Under `first` the search ends at the first row that holds or is open: an open one might have been
the first to hold. Under `one` rows exclude each other, so that one that holds is the one, wherever
it stands, and only what is left over (`otherwise`) has to wait for the open ones.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from cchc_rules.base.state import Absent
from cchc_rules.rules.model import Metric, Rule, RuleSet
from cchc_rules.rules.value_function import AllOf, Condition, MetricTest, Within
from cchc_rules.scoring.evaluators import Test, among, within
from cchc_rules.submissions.submission import Figure


class RowHit(NamedTuple):
    """The row that decides, or the figures that it hangs on."""

    row: int | None
    """The position of the row; None where rows are open, or none holds."""
    open: tuple[int, ...] = ()
    """The positions of the absent metrics that keep rows open, in the order of the rows."""


class RowSearch:
    """Finds the row of one rule's decision table.

    Args:
        rules: The rule set.
        rule: The rule, whose deduction is a decision table.
        positions: The position of each metric among the figures, by its id.
    """

    def __init__(
        self,
        rules: RuleSet,
        rule: Rule,
        positions: Mapping[str, int],
    ) -> None:
        self.first = rule.deduction.hit == "first"
        self.own_position = positions[rule.metric or ""]
        self.rows: list[list[tuple[int, Test]]] = []
        for piece in rule.pieces:
            tests = [
                (positions[test.metric], _test(test, rules.metrics[test.metric]))
                for test in _tests(piece.condition)
            ]
            self.rows.append(tests)
        self.formula = self._formula(rules, rule)

    def _formula(self, rules: RuleSet, rule: Rule) -> str:
        """Return the formula of the first derived metric among the rows, empty without one.

        Rows cover the ranges of their metrics, so that only a formula can come to what none takes.
        """
        for piece in rule.pieces:
            for test in _tests(piece.condition):
                text = rules.metrics[test.metric].formula
                if text is not None:
                    return text
        return ""

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

    def absences(
        self, figures: Mapping[int, Figure] | list[Figure], hit: RowHit
    ) -> Iterator[Absent]:
        """Yield the absences in the way of a rule: of its own metric, then of open rows."""
        for position in (self.own_position, *hit.open):
            figure = figures[position]
            if isinstance(figure, Absent):
                yield figure


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
