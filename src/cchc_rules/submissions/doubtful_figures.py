"""Figures that are right in form and still ask for a look: warnings, which never change a score.

Only what can be told exactly is told; each doubt has a code of its own.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from cchc_rules.base import number
from cchc_rules.base.messages import Figures
from cchc_rules.base.problem import Problem, SubmissionError, bounded, quoted
from cchc_rules.base.text import text_key
from cchc_rules.rules.model import Metric, MetricRef, RuleSet
from cchc_rules.submissions.binding import decided, variant
from cchc_rules.submissions.submission import Entry, Measurements

MOST_TIMES_ONE_DOCUMENT = 20
"""A document that proves so many figures is probably the cover of all of them."""

DECIMALS_OF_A_THOUSAND = 3
"""`1.774` has so many where one thousand seven hundred and seventy-four may be meant."""

A_THOUSAND = 1000
"""How far off a figure is whose sign for thousands was read as a decimal one, or left out."""


def warnings(
    measurements: Measurements, rules: RuleSet, as_of: date
) -> tuple[Problem, ...]:
    """Return what is doubtful in a submission, in the order of its figures.

    The problems are warnings, as many as are told at once; none of them changes a score.

    Args:
        measurements: the submission.
        rules: the rule set that it is scored with.
        as_of: the day of judgement, which chooses the sections that hold.

    >>> from cchc_rules import load_measurements, load_rules
    >>> submission = load_measurements({"format": 1, "ruleset": "cam-due-2023", "unit": "Xã A",
    ...     "period": "2023", "measurements": {"on_time": {"numerator": 1, "denominator": 200}}})
    >>> [doubt.code for doubt in warnings(submission, load_rules("cam-due-2023"), date.max)]
    []
    """
    doubts = _Doubts(measurements, rules, as_of)
    return tuple(bounded(doubts.all()))


def refuse_doubtful(measurements: Measurements, rules: RuleSet, as_of: date) -> None:
    """Raise `SubmissionError` with every warning of a submission as an error, if it has any.

    For those who would rather ask once more than publish a figure that is a slip.
    """
    doubts = warnings(measurements, rules, as_of)
    if doubts:
        raise SubmissionError(replace(doubt, warning=False) for doubt in doubts)


class _Doubts:
    """Finds what is doubtful in one submission."""

    def __init__(self, measurements: Measurements, rules: RuleSet, as_of: date) -> None:
        self.measurements = measurements
        self.rules = variant(measurements, rules, as_of)
        # With numbers in place of what was typed, where the metric leaves one reading only.
        self.entries = decided(measurements.entries, self.rules)

    def all(self) -> Iterator[Problem]:
        """Yield every doubt: of each figure in turn, then of the evidence."""
        thresholds = self._thresholds()
        references = self._references()
        # A figure that is only tried, often just what a plan asks for, is nobody's mistake.
        tried = {*self.measurements.changes}
        for id_, entry in self.entries.items():
            metric = self.rules.metrics.get(id_)
            if metric is None or not metric.numeric or id_ in tried:
                continue
            yield from self._share(metric, entry)
            # The rest asks for single values; a share has none.
            value = _exact(entry.value)
            if value is None:
                continue
            yield from self._three_decimals(metric, entry.value)
            if metric.type == "percent":
                yield from self._percentage(metric, value, thresholds[id_])
            yield from self._beside_reference(metric, value, references[id_])
        yield from self._evidence()

    def _doubt(self, code: str, *path: str | int, **arguments: str) -> Problem:
        measurements = self.measurements
        return Problem(
            code,
            path,
            arguments,
            measurements.place(path),
            warning=True,
            in_cell=bool(measurements.cells),
        )

    # Figures by themselves

    def _share(self, metric: Metric, entry: Entry) -> Iterator[Problem]:
        """Doubt a fraction on one side of a share when the other side is whole.

        Of `1.774` dossiers out of 1,900, a thousand seven hundred and seventy-four are meant. Where
        both sides are fractions, such as hectares, nothing is odd.
        """
        numerator = _exact(entry.numerator)
        denominator = _exact(entry.denominator)
        if numerator is None or denominator is None:
            return
        is_whole_above = numerator.denominator == 1
        is_whole_below = denominator.denominator == 1
        if is_whole_above == is_whole_below:
            return
        part = "denominator"
        given = entry.denominator
        if is_whole_below:
            part = "numerator"
            given = entry.numerator
        path = ("measurements", metric.id, part)
        arguments = {"given": quoted(given)}
        if _may_be_a_thousand(given):
            arguments["hint"] = str(Fraction(str(given)) * A_THOUSAND)
            yield self._doubt("doubtful-thousand", *path, **arguments)
        else:
            yield self._doubt("doubtful-fraction", *path, **arguments)

    def _three_decimals(self, metric: Metric, value: object) -> Iterator[Problem]:
        """Doubt a number of three decimals where all other numbers of the submission are whole."""
        if metric.type != "number" or not _may_be_a_thousand(value):
            return
        thousand = Fraction(str(value)) * A_THOUSAND
        # Whoever writes decimals does so in more than one figure.
        if metric.range.holds(thousand) and self._others_are_whole(metric.id):
            path = ("measurements", metric.id)
            arguments = {"given": quoted(value), "hint": str(thousand)}
            yield self._doubt("doubtful-thousand", *path, **arguments)

    def _others_are_whole(self, id_: str) -> bool:
        """Whether the submission has other numbers than a metric's, and all of them are whole."""
        others: list[Fraction] = []
        for name, entry in self.entries.items():
            if name == id_ or not self._counts(name):
                continue
            for value in (entry.value, entry.numerator, entry.denominator):
                exact = _exact(value)
                if exact is not None:
                    others.append(exact)
        return bool(others) and all(value.denominator == 1 for value in others)

    def _counts(self, id_: str) -> bool:
        """Whether the figures of a metric tell anything: percentages have decimals anyway."""
        metric = self.rules.metrics.get(id_)
        return metric is not None and metric.numeric and metric.type != "percent"

    def _percentage(
        self, metric: Metric, value: Fraction, thresholds: set[Fraction]
    ) -> Iterator[Problem]:
        """Doubt a share where percentages are expected, and one that just meets a target.

        0.922 was probably meant as 92.2 %. A value that is the target itself, to the last digit,
        was often copied from the plan; 0 and 100 come about by themselves.
        """
        path = ("measurements", metric.id)
        given = Figures(number.shown(value))
        # Where less is better, such as dossiers overdue, half a percent is a usual figure.
        if 0 < value <= 1 and metric.better == "higher":
            hint = number.shown(value * 100)
            yield self._doubt(
                "doubtful-percentage",
                *path,
                given=given,
                hint=hint,
            )
        if value in thresholds and 0 < value < 100:
            yield self._doubt("doubtful-threshold", *path, given=given)

    # Figures beside others

    def _thresholds(self) -> dict[str, set[Fraction]]:
        """Return the plain thresholds of each metric's rules."""
        thresholds: dict[str, set[Fraction]] = defaultdict(set)
        for rule in self.rules.rules.values():
            if rule.metric and isinstance(rule.threshold, Fraction):
                thresholds[rule.metric].add(rule.threshold)
        return thresholds

    def _references(self) -> dict[str, set[str]]:
        """Return the metrics that each metric is compared with, such as last year's figure."""
        references: dict[str, set[str]] = defaultdict(set)
        for rule in self.rules.rules.values():
            if rule.metric and isinstance(rule.threshold, MetricRef):
                references[rule.metric].add(rule.threshold.metric)
        return references

    def _beside_reference(
        self, metric: Metric, value: Fraction, references: set[str]
    ) -> Iterator[Problem]:
        """Doubt a figure that is about a thousand times another year's, or a thousandth.

        From 500 to 2,000 times counts: between two years a figure may double or fall to half.
        """
        for name in sorted(references & self.entries.keys()):
            other = _exact(self.entries[name].value)
            # Of nothing there is no multiple.
            if not value or not other:
                continue
            times = max(value, other) / min(value, other)
            about_a_thousand = 2 * times >= A_THOUSAND and times <= 2 * A_THOUSAND
            if about_a_thousand:
                yield self._doubt(
                    "doubtful-scale",
                    "measurements",
                    metric.id,
                    given=Figures(number.shown(value)),
                    other=Figures(number.shown(other)),
                    name=name,
                )

    def _evidence(self) -> Iterator[Problem]:
        """Doubt a document that proves nearly everything."""
        # By what its spellings have in common: the metrics that a document proves, and its name as
        # it is written first.
        proves: dict[str, list[str]] = defaultdict(list)
        names: dict[str, str] = {}
        for id_, entry in self.entries.items():
            # A document that one figure names twice counts once.
            documents = {
                text_key(item.document): item.document for item in entry.evidence
            }
            for key, name in documents.items():
                names.setdefault(key, name)
                proves[key].append(id_)
        for key, ids in proves.items():
            if len(ids) < MOST_TIMES_ONE_DOCUMENT:
                continue
            path = ("measurements", ids[0], "evidence")
            arguments = {"given": quoted(names[key]), "count": str(len(ids))}
            yield self._doubt("doubtful-evidence", *path, **arguments)


def _exact(value: object) -> Fraction | None:
    """Return the exact value of a number, None for anything else."""
    try:
        return number.fraction(value)
    except number.NotANumberError:
        return None


def _may_be_a_thousand(value: object) -> bool:
    """Whether a number has exactly three decimals and less than four digits before them.

    >>> _may_be_a_thousand(Decimal("1.774")), _may_be_a_thousand(Decimal("1.7740"))
    (True, False)
    """
    if not isinstance(value, Decimal) or not value.is_finite():
        return False
    # As it was written: 1.770 has three decimals too.
    decimals = -int(value.as_tuple().exponent)
    return decimals == DECIMALS_OF_A_THOUSAND and 1 <= abs(value) < A_THOUSAND
