"""From the headings of people's tables to the columns of submissions.

A table need not be made from our blank one. Its headings may be the names of columns, the titles of
what they say in either language, or anything else that somebody maps to a column:

    Tên đơn vị   Kỳ     Hồ sơ đúng hạn   Số điện thoại
    unit         period on_time          (left aside by name)
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from cchc_rules.base.messages import LANGUAGES, message
from cchc_rules.base.problem import Problem, SubmissionError, bounded, nearest, quoted
from cchc_rules.base.text import normal_text, text_key
from cchc_rules.rules.model import Metric

ENVELOPE_TITLES = {
    "unit": "table.heading-unit",
    "district": "table.heading-district",
    "period": "table.heading-period",
}
"""The messages with the titles of the envelope's columns, divided by `|`."""


class Choices(NamedTuple):
    """What somebody says of the columns of a table that was made elsewhere.

    >>> Choices(mapped=(("Tỷ lệ", "on_time"),), aside=("Số điện thoại",)).aside
    ('Số điện thoại',)
    """

    mapped: tuple[tuple[str, str], ...] = ()
    """Pairs of a heading and the name of the column that it stands for."""
    aside: tuple[str, ...] = ()
    """Headings of columns that are not read."""
    sheet: str | None = None
    """The title of the worksheet that is read; None for the one that has a table."""

    @property
    def unit_headings(self) -> tuple[str, ...]:
        """The headings that somebody has said to name the unit."""
        return tuple(heading for heading, column in self.mapped if column == "unit")


class Headings:
    """Leads from headings to columns, and back.

    Args:
        columns: the names that columns may have.
        titles: the columns that each title may stand for, by its key of comparison.
        choices: what somebody says of a table's own headings.
    """

    def __init__(
        self,
        columns: Iterable[str],
        titles: Mapping[str, Iterable[str]],
        choices: Choices,
    ) -> None:
        self._columns = dict.fromkeys(columns)
        self._titles = titles
        self._mapped = {text_key(name): column for name, column in choices.mapped}
        self._aside = {text_key(name) for name in choices.aside}
        # How the table that is read last heads its columns, by their names.
        self._heading_of: dict[str, str] = {}
        self._refuse_unknown(choices)

    def _refuse_unknown(self, choices: Choices) -> None:
        """Refuse a heading that is mapped to a column that there is not."""
        problems = [
            self._unknown(column)
            for _, column in choices.mapped
            if column not in self._columns
        ]
        if problems:
            raise SubmissionError(problems)

    def read(self, names: Iterable[str]) -> dict[str, str]:
        """Return the column of each heading that is read, in the order of the table.

        Args:
            names: the headings as they stand.

        Raises:
            SubmissionError: with every heading that leads nowhere or to several columns, and every
                column to which several headings lead. A column that was passed over would lose a
                figure without a word.
        """
        columns: dict[str, str] = {}
        problems: list[Problem] = []
        for position, name in enumerate(names, 1):
            if text_key(name) in self._aside:
                continue
            column = self._column(name, position)
            if isinstance(column, Problem):
                problems.append(column)
            else:
                columns[name] = column
        times = Counter(columns.values())
        for name, column in columns.items():
            if times[column] > 1:
                problems.append(
                    Problem("repeated-column", (name,), {"name": quoted(name)})
                )
        if problems:
            raise SubmissionError(bounded(problems))
        for name, column in columns.items():
            self._heading_of[column] = name
        return columns

    def heading(self, column: str) -> str:
        """Return how the table heads a column; its own name where the table does not have it."""
        return self._heading_of.get(column, column)

    def left_aside(self, names: Iterable[str]) -> list[str]:
        """Return the headings that are not read, as they stand."""
        return [name for name in names if text_key(name) in self._aside]

    def _column(self, name: str, position: int) -> str | Problem:
        """Return the column that a heading leads to, or what is wrong with it."""
        if not name.strip():
            return Problem("column-unnamed", (), {"column": str(position)})
        key = text_key(name)
        # What somebody says of a heading goes before what it might mean by itself.
        if key in self._mapped:
            return self._mapped[key]
        # The names of columns are compared letter by letter, as they always were.
        if normal_text(name) in self._columns:
            return normal_text(name)
        candidates = [*self._titles.get(key, ())]
        if len(candidates) == 1:
            return candidates[0]
        if candidates:
            arguments = {"name": quoted(name), "columns": ", ".join(candidates)}
            return Problem("column-ambiguous", (name,), arguments)
        return self._unknown(name)

    def _unknown(self, name: str) -> Problem:
        arguments = {"name": quoted(name), "nearest": nearest(name, self._columns)}
        return Problem("unknown-column", (name,), arguments)


def titles_of_envelope() -> Iterator[tuple[str, str]]:
    """Yield the titles of the columns that say of whom a row speaks, each with its column.

    >>> dict(titles_of_envelope())["Kỳ báo cáo"]
    'period'
    """
    for name, titles in ENVELOPE_TITLES.items():
        for lang in LANGUAGES:
            for title in message(lang, titles).split(" | "):
                yield title, name


def titles_of_metric(metric: Metric) -> Iterator[tuple[str, str]]:
    """Yield the titles of a metric's columns, each with what its column says.

    A share may be headed by what stands above and below its line, alone or after the title:
    `Hồ sơ đúng hạn: đã giải quyết`.
    """
    part = "value"
    if metric.distinct:
        part = "items"
    for lang in LANGUAGES:
        title = metric.title.of(lang)
        yield title, part
        if metric.ratio is None:
            continue
        for words, ratio_part in zip(
            metric.ratio, ("numerator", "denominator"), strict=True
        ):
            yield words.of(lang), ratio_part
            yield f"{title}: {words.of(lang)}", ratio_part
