"""Case files: TOML in, checked cases out; every problem at once, with its line. Opens files.

A case is a submission, and what must come out when it is scored:

    format = 1
    rules  = "example"
    given  = { period = "2023" }                  # what every case starts from

    [[case]]
    id  = "late"
    why = "one day late costs half"
    measurements = { plan_date = 2023-02-01 }
    expect.rule.plan-issued = { state = "partly_met", points = 0.5 }
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path as FilePath
from typing import Any, NamedTuple, TypeAlias

from cchc_rules.base import messages, number
from cchc_rules.base.input_files import is_file, is_folder
from cchc_rules.base.packaged import packaged_rules_folder
from cchc_rules.base.problem import (
    CasesError,
    Path,
    Problem,
    RulesError,
    SubmissionError,
    bounded,
    nearest,
    quoted,
)
from cchc_rules.base.state import PRECEDENCE, State
from cchc_rules.base.written_values import refusal
from cchc_rules.rules.load import load_rules
from cchc_rules.rules.metric_values import literal_fits
from cchc_rules.rules.model import Metric, RuleSet
from cchc_rules.rules.source import CASES, packaged_rule_sets, read
from cchc_rules.submissions.binding import load_measurements, variant
from cchc_rules.submissions.submission import Measurements

FORMAT = 1
"""The version of the case file's format that is read."""

OPEN = "?"
"""What stands for an expectation that a person has still to fill in."""

RULE_KEYS = ("state", "points", "lost", "excluded", "maximum")
"""What may be expected of a rule."""

DECIDING_KEYS = ("state", "points")
"""What must be expected of a rule for a case to count as one of its cases."""

GROUP_KEYS = ("points", "lost", "excluded", "maximum", "share")
"""What may be expected of a group."""

METRIC_KEYS = ("value", "state")
"""What may be expected of a metric: what it came to, or why there is nothing."""

INDEX_KEYS = (
    "value",
    "base",
    "bonus",
    "penalty",
    "claimed",
    "supported",
    "lowest",
    "highest",
    "maximum",
    "exact",
    "scored",
    "band",
    "band_before_gates",
)
"""What may be expected of the index."""

SUBMISSION_KEYS = (
    "measurements",
    "points",
    "absent",
    "tracks",
    "unit_kind",
    "period",
    "as_of",
)
"""What a case says of its submission, with the keys of a submission."""

# The keys that each table may have; anything else is a fault.
_TOP_KEYS = ("format", "rules", "given", "case")
_CASE_KEYS = ("id", "why", "expect", *SUBMISSION_KEYS)
_EXPECT_KEYS = ("metric", "rule", "group", "index", "losses", "refused")

Value: TypeAlias = Fraction | bool | date | str | tuple[str, ...] | None
"""What is expected or came out: points, a figure, a state, a band, ids in their order. None where
there is nothing, or where a person has still to fill it in.
"""

QUOTIENT = re.compile(r"(-?[0-9]+(?:\.[0-9]+)?)/([0-9]+)")
"""A number whose decimal does not end, as a text: `"899/15"`."""


class Expectation(NamedTuple):
    """What one thing must come to, such as the points of a rule.

    >>> Expectation("rule", "on-time", "points", Fraction(2)).path
    'rule.on-time.points'
    """

    part: str
    """`metric`, `rule`, `group`, `index`, `losses` or `refused`."""
    id: str
    """The id of the metric, rule or group; empty for the others."""
    key: str
    """One of `METRIC_KEYS`, `RULE_KEYS`, `GROUP_KEYS` or `INDEX_KEYS`; empty for the last two."""
    value: Value
    """What must come out; None where that is still open."""

    @property
    def path(self) -> str:
        """What it is about, as the case file writes it."""
        # The index has no id; the order of losses and a refusal have no key either.
        names = (self.part, self.id, self.key)
        return ".".join(filter(None, names))

    @property
    def decides_rule(self) -> bool:
        """Whether it makes its case one of the rule's cases."""
        return self.part == "rule" and self.key in DECIDING_KEYS


@dataclass(frozen=True, eq=False)
class Case:
    """One case: where it stands, its submission, what must come out."""

    id: str
    position: int
    """How many cases stand before it in its file."""
    line: Callable[[], int]
    """Returns the line on which it begins; lines are searched for only where they are shown."""
    why: str
    measurements: Measurements | None
    """Its submission; None where that is refused."""
    expectations: tuple[Expectation, ...]
    problems: tuple[Problem, ...] = ()
    """Why its submission is refused, each with its line; none where it is not."""

    def expects(self, rule: str) -> bool:
        """Whether it says the state or the points of a rule, by its id."""
        for expectation in self.expectations:
            if expectation.id == rule and expectation.decides_rule:
                return True
        return False


@dataclass(frozen=True, eq=False)
class CaseFile:
    """The cases of one rule set."""

    name: str
    """The path of the file, as problems show it."""
    rules: RuleSet
    given: Mapping[str, Any]
    """The table `given`: what the submission of every case starts from."""
    cases: tuple[Case, ...]

    def problem_at(self, case: Case, problem: Problem) -> Problem:
        """Return a problem that scoring a case ran into, on the line where the case stands."""
        path = ("case", case.position, *problem.path)
        problem_of_case = Problem(problem.code, path, problem.arguments)
        return problem_of_case.at(self.name, case.line())


def case_files(paths: list[str]) -> list[FilePath]:
    """Return the case files that some paths stand for, each once.

    Args:
        paths: folders, which are searched to any depth; rule files or packaged ids, whose cases
            stand beside them; case files.

    Raises:
        CasesError: `no-cases`, where one of the paths stands for no case file.

    >>> [file.name for file in case_files(["cam-due-2023"])]
    ['cam-due-2023.cases.toml']
    """
    files: dict[FilePath, None] = {}
    for path in paths:
        files_of_path = _files(path)
        if not files_of_path:
            problem = Problem("no-cases", (), {"path": quoted(path, 200)})
            raise CasesError([problem])
        # A file that two of the paths stand for is run once.
        files |= dict.fromkeys(files_of_path)
    return list(files)


def _files(source: str) -> list[FilePath]:
    path = FilePath(source)
    if is_folder(path):
        return sorted(path.rglob(f"*{CASES}"))
    if not source.endswith(CASES):
        path = cases_beside(source)
    if not is_file(path):
        return []
    return [path]


def cases_beside(source: str) -> FilePath:
    """Return where the cases of a rule file, or of a packaged id, stand; there may be none.

    >>> cases_beside("rules/example.toml").name
    'example.cases.toml'
    """
    path = FilePath(source)
    # A file of the user's goes before a packaged rule set of the same name.
    if source in packaged_rule_sets() and not is_file(path):
        return packaged_rules_folder() / f"{source}{CASES}"
    stem = path.name.removesuffix(".toml")
    return path.with_name(stem + CASES)


def without_cases(source: str) -> CaseFile:
    """Return a case file without cases, for a rule file that has none.

    Raises:
        RulesError: where the rule file is refused.

    >>> without_cases("cam-due-2023").cases
    ()
    """
    name = str(cases_beside(source))
    return CaseFile(name, load_rules(source), {}, ())


def read_cases(path: FilePath) -> CaseFile:
    """Return the checked cases of a file.

    Raises:
        CasesError: with every problem of the file.
        RulesError: where its rule set is refused.

    >>> [path] = case_files(["cam-due-2023"])
    >>> read_cases(path).cases[0].expectations[0].part
    'rule'
    """
    try:
        source = read(path)
    except RulesError as error:
        # Case files are found and read like rule files; only the name of the error differs.
        raise CasesError(error.problems) from None
    reader = _CaseReader(path, source.content, source.locator.line)
    file = reader.read()
    if reader.problems or file is None:
        raise CasesError(_placed(reader.problems, path, source.locator.line))
    return file


def _placed(
    problems: list[Problem],
    path: FilePath,
    line: Callable[[Path], int],
) -> list[Problem]:
    """Return problems with their file and line, each once, in the order of their lines."""
    # A fault in the table `given` is met anew in every case.
    distinct: dict[tuple[object, ...], Problem] = {}
    for problem in problems:
        identity = (problem.code, problem.path, *problem.arguments.values())
        distinct[identity] = problem
    placed: list[Problem] = []
    for problem in bounded(distinct.values()):
        # What is missing has no line of its own.
        line_number = line(problem.path) or 1
        placed.append(problem.at(str(path), line_number))
    return sorted(placed, key=lambda problem: problem.line)


class _CaseReader:
    """Reads one case file and collects what is wrong.

    Each method reads one part of the file. It notes what is wrong with it, under the path where it
    stands, and returns something that the rest can go on with.

    Args:
        path: Where the file lies; its rule set is looked for beside it.
        content: What the file says.
        line: Says on which line the key of a path stands.
    """

    def __init__(
        self,
        path: FilePath,
        content: Mapping[str, Any],
        line: Callable[[Path], int],
    ) -> None:
        self.path = path
        self.content = content
        self.line = line
        self.given: Mapping[str, Any] = {}
        self.ids: set[str] = set()
        self.problems: list[Problem] = []

    def fault(self, code: str, *path: str | int, **arguments: str) -> None:
        """Note what is wrong, under the path where it stands."""
        self.problems.append(Problem(code, path, arguments))

    def read(self) -> CaseFile | None:
        """Return the cases that are sound, None where they have no rule set."""
        self.keys(self.content, _TOP_KEYS)
        version = self.content.get("format")
        # `format = true` is equal to 1, and is not meant.
        if version.__class__ is not int or version != FORMAT:
            self.fault("format-version", "format", given=quoted(version))
        rules = self.rules()
        given = self.content.get("given", {})
        self.given = self.table(given, "given")
        self.keys(self.given, SUBMISSION_KEYS, "given")
        rows = self.content.get("case", [])
        if not isinstance(rows, list):
            self.fault("wrong-type", "case", given=quoted(rows))
            rows = []
        # Without a rule set nothing of a case can be read; its other problems are told first.
        if rules is None:
            return None
        sound_cases: list[Case] = []
        for position, row in enumerate(rows):
            case = self.case(row, position, rules)
            if case is not None:
                sound_cases.append(case)
        return CaseFile(str(self.path), rules, self.given, tuple(sound_cases))

    def rules(self) -> RuleSet | None:
        name = self.content.get("rules")
        if name is None:
            self.fault("missing-key", key="rules")
            return None
        if not isinstance(name, str):
            self.fault("not-text", "rules", given=quoted(name))
            return None
        return self.loaded(name)

    def loaded(self, name: str) -> RuleSet:
        try:
            return load_rules(self.rules_named(name))
        except RulesError as error:
            line = self.line(("rules",))
            problems: list[Problem] = []
            for problem in error.problems:
                # Of a rule set that is not there at all, the line that names it is to blame.
                if not problem.file:
                    problems.append(problem.at(str(self.path), line))
                else:
                    problems.append(problem)
            raise RulesError(problems) from None

    def rules_named(self, name: str) -> str:
        """Return the rule file that is named relative to the case file, else the name as an id.

        The ending may be left out.
        """
        folder = self.path.parent
        for file in (folder / name, folder / f"{name}.toml"):
            if file.suffix == ".toml" and file.is_file():
                return str(file)
        return name

    def keys(
        self,
        table: Mapping[str, Any],
        known: tuple[str, ...],
        *path: str | int,
    ) -> None:
        for key in table:
            if key not in known:
                arguments = {"key": quoted(key), "nearest": nearest(key, known)}
                self.fault("unknown-key", *path, key, **arguments)

    def table(self, value: object, *path: str | int) -> Mapping[str, Any]:
        """Return a value that must be a table; an empty one for anything else."""
        if isinstance(value, Mapping):
            return value
        self.fault("wrong-type", *path, given=quoted(value))
        return {}

    def text(self, table: Mapping[str, Any], key: str, *path: str | int) -> str:
        """Return the text under a key; an empty one where there is none."""
        value = table.get(key, "")
        if isinstance(value, str):
            return value
        self.fault("not-text", *path, key, given=quoted(value))
        return ""

    def case(self, row: object, position: int, rules: RuleSet) -> Case | None:
        """Return a case, None where it is refused."""
        problems_before = len(self.problems)
        path = ("case", position)
        table = self.table(row, *path)
        self.keys(table, _CASE_KEYS, *path)
        id_ = self.text(table, "id", *path)
        why = self.text(table, "why", *path)
        self.named_once(id_, position)
        measurements, refusals = self.measurements(table, position, rules)
        # What is expected is read even where the submission is refused, for all problems at once.
        # A kind of unit or a dated section may have rules of its own.
        governing = rules
        if measurements is not None:
            governing = variant(measurements, rules, measurements.judged_at)
        expectations = tuple(self.expectations(table, position, governing))
        if len(self.problems) > problems_before:
            return None
        return Case(
            id=id_,
            position=position,
            line=lambda: self.line(path),
            why=why,
            measurements=measurements,
            expectations=expectations,
            problems=refusals,
        )

    def named_once(self, id_: str, position: int) -> None:
        # Ids are what people find a case by, in the list of failures and in the file.
        if not id_:
            self.fault("missing-key", "case", position, key="id")
        if id_ and id_ in self.ids:
            self.fault("id-twice", "case", position, "id", name=quoted(id_))
        self.ids.add(id_)

    def measurements(
        self,
        table: Mapping[str, Any],
        position: int,
        rules: RuleSet,
    ) -> tuple[Measurements | None, tuple[Problem, ...]]:
        """Return the submission of a case, or None and why it is refused."""
        submission = submission_of(rules, self.given, table)
        try:
            return load_measurements(submission, rules), ()
        except SubmissionError as error:
            problems = [
                self.placed(problem, table, position) for problem in error.problems
            ]
            return None, tuple(_placed(problems, self.path, self.line))

    def placed(
        self,
        problem: Problem,
        table: Mapping[str, Any],
        position: int,
    ) -> Problem:
        """Return a problem of a submission at the place of the file that is to blame.

        That is the case where it declares the path, else the table `given`, else the case as a
        whole.
        """
        case_path: Path = ("case", position)
        # The table and the key in it, such as `measurements` and a metric.
        start = problem.path[:2]
        if _declares(table, start):
            path = (*case_path, *problem.path)
        elif _declares(self.given, start):
            path = ("given", *problem.path)
        else:
            path = case_path
        return Problem(problem.code, path, problem.arguments)

    def expectations(
        self,
        table: Mapping[str, Any],
        position: int,
        rules: RuleSet,
    ) -> Iterator[Expectation]:
        """Yield what a case expects; one that expects nothing is a fault."""
        path = ("case", position, "expect")
        problems_before = len(self.problems)
        expect = self.table(table.get("expect", {}), *path)
        self.keys(expect, _EXPECT_KEYS, *path)
        of_metrics = self.of_metrics(expect, rules, *path)
        of_rules = self.of_rules(expect, rules, *path)
        of_groups = self.of_groups(expect, rules, *path)
        index = expect.get("index", {})
        of_index = self.values(
            index,
            ("index", ""),
            INDEX_KEYS,
            rules,
            *path,
            "index",
        )
        # Read in this order, which is that of the problems of one line.
        expectations = [
            *of_metrics,
            *of_rules,
            *of_groups,
            *of_index,
            *self.of_losses(expect, rules, *path),
            *self.of_refusal(expect, *path),
        ]
        if not expectations and len(self.problems) == problems_before:
            id_ = table.get("id", "")
            self.fault("no-expectation", "case", position, name=quoted(id_))
        yield from expectations

    def of_metrics(
        self,
        expect: Mapping[str, Any],
        rules: RuleSet,
        *path: str | int,
    ) -> Iterator[Expectation]:
        """Yield what is expected of metrics: what they come to, or why they come to nothing."""
        by_id = self.table(expect.get("metric", {}), *path, "metric")
        for id_, values in by_id.items():
            subject_path = (*path, "metric", id_)
            metric = rules.metrics.get(id_)
            if metric is None:
                self.declared(id_, rules.metrics, "unknown-metric", *subject_path)
                continue
            table = self.table(values, *subject_path)
            self.keys(table, METRIC_KEYS, *subject_path)
            for key, written in table.items():
                value: Value = None
                if written != OPEN and key == "state":
                    value = self.word(
                        written, PRECEDENCE, "unknown-state", *subject_path, key
                    )
                elif written != OPEN:
                    value = self.figure(written, metric, *subject_path, key)
                yield Expectation("metric", id_, key, value)

    def figure(self, written: object, metric: Metric, *path: str | int) -> Value:
        """Return what a metric must come to, of its own type."""
        if metric.numeric:
            return self.exact(written, *path)
        if metric.type == "level":
            levels = [level.vi for level in metric.levels]
            if written in levels:
                return str(written)
            arguments = {"given": quoted(written), "allowed": ", ".join(levels)}
            self.fault(
                "unknown-level",
                *path,
                **arguments,
                nearest=nearest(str(written), levels),
            )
            return None
        if isinstance(written, bool | date) and literal_fits(written, metric):
            return written
        self.fault("wrong-type", *path, given=quoted(written))
        return None

    def of_losses(
        self,
        expect: Mapping[str, Any],
        rules: RuleSet,
        *path: str | int,
    ) -> Iterator[Expectation]:
        """Yield which rules must lose points, the largest loss first."""
        written = expect.get("losses")
        if written is None:
            return
        ids = self.texts(written, *path, "losses")
        for position, id_ in enumerate(ids):
            self.declared(id_, rules.rules, "unknown-rule", *path, "losses", position)
        yield Expectation("losses", "", "", ids)

    def of_refusal(
        self, expect: Mapping[str, Any], *path: str | int
    ) -> Iterator[Expectation]:
        """Yield the codes of the problems for which the submission must be refused."""
        written = expect.get("refused")
        if written is None:
            return
        if isinstance(written, str):
            written = [written]
        codes = self.texts(written, *path, "refused")
        for code in codes:
            if not messages.known("en", f"problem.{code}"):
                self.fault("unknown-code", *path, "refused", name=quoted(code))
        yield Expectation("refused", "", "", codes)

    def texts(self, written: object, *path: str | int) -> tuple[str, ...]:
        """Return a list of texts; none where something else is written."""
        if isinstance(written, list) and all(isinstance(item, str) for item in written):
            return tuple(written)
        self.fault("wrong-type", *path, given=quoted(written))
        return ()

    def of_rules(
        self,
        expect: Mapping[str, Any],
        rules: RuleSet,
        *path: str | int,
    ) -> Iterator[Expectation]:
        """Yield what is expected of rules."""
        by_id = self.table(expect.get("rule", {}), *path, "rule")
        for id_, values in by_id.items():
            subject_path = (*path, "rule", id_)
            self.declared(id_, rules.rules, "unknown-rule", *subject_path)
            yield from self.values(
                values,
                ("rule", id_),
                RULE_KEYS,
                rules,
                *subject_path,
            )

    def of_groups(
        self,
        expect: Mapping[str, Any],
        rules: RuleSet,
        *path: str | int,
    ) -> Iterator[Expectation]:
        """Yield what is expected of groups."""
        by_id = self.table(expect.get("group", {}), *path, "group")
        for id_, values in by_id.items():
            subject_path = (*path, "group", id_)
            self.declared(id_, rules.groups, "unknown-group", *subject_path)
            yield from self.values(
                values,
                ("group", id_),
                GROUP_KEYS,
                rules,
                *subject_path,
            )

    def declared(
        self,
        id_: str,
        known: Mapping[str, object],
        code: str,
        *path: str | int,
    ) -> None:
        """Note that a rule set does not declare an id, with the nearest that it does."""
        if id_ in known:
            return
        arguments = {"name": quoted(id_), "nearest": nearest(id_, known)}
        self.fault(code, *path, **arguments)

    def values(
        self,
        values: object,
        subject: tuple[str, str],
        keys: tuple[str, ...],
        rules: RuleSet,
        *path: str | int,
    ) -> Iterator[Expectation]:
        """Yield what is expected of a subject: a part of the scoring, and its id."""
        table = self.table(values, *path)
        self.keys(table, keys, *path)
        for key, written in table.items():
            # What is open has no value yet, and is not checked.
            value = None
            if written != OPEN:
                value = self.value(key, written, rules, *path, key)
            yield Expectation(*subject, key, value)

    def value(
        self,
        key: str,
        value: object,
        rules: RuleSet,
        *path: str | int,
    ) -> Value:
        """Return what is expected under a key: a state, a band, or points."""
        if key == "state":
            return self.word(value, [*State], "unknown-state", *path)
        if key in ("band", "band_before_gates"):
            bands = [band.id for band in rules.bands]
            return self.word(value, bands, "unknown-band", *path)
        if key == "scored":
            return self.truth(value, *path)
        return self.exact(value, *path)

    def truth(self, value: object, *path: str | int) -> bool | None:
        """Return true or false."""
        if isinstance(value, bool):
            return value
        self.fault("wrong-type", *path, given=quoted(value))
        return None

    def exact(self, value: object, *path: str | int) -> Fraction | None:
        """Return a number, which may be written as a quotient: `"899/15"`."""
        quotient = QUOTIENT.fullmatch(value) if isinstance(value, str) else None
        if quotient and int(quotient[2]):
            return number.parse(quotient[1]) / int(quotient[2])
        try:
            return number.fraction(value)
        except number.NotANumberError as error:
            code, arguments = refusal(error.code, value)
            self.fault(code, *path, **arguments)
            return None

    def word(
        self,
        value: object,
        known: Sequence[str],
        code: str,
        *path: str | int,
    ) -> str:
        """Return a word that must be one of some known words, as text whatever it is."""
        if not isinstance(value, str):
            self.fault("not-text", *path, given=quoted(value))
        elif value not in known:
            allowed = ", ".join(known)
            arguments = {"name": quoted(value), "allowed": allowed}
            self.fault(code, *path, **arguments, nearest=nearest(value, known))
        return str(value)


def _declares(content: object, path: Path) -> bool:
    """Whether a table holds a path."""
    for part in path:
        if not isinstance(content, Mapping) or part not in content:
            return False
        content = content[part]
    return bool(path)


def submission_of(
    rules: RuleSet,
    given: Mapping[str, Any],
    case: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the submission of a case: its own values laid over those that all cases start from.

    Where neither names a period, it is the whole validity of the rule set.

    Args:
        rules: the rule set that the submission is for.
        given: the table `given` of the case file.
        case: the table of the case; of its keys, those of a submission are read.

    >>> from cchc_rules import load_rules
    >>> given = {"period": "2023", "measurements": {"a": 1, "b": 2}}
    >>> submission = submission_of(load_rules("cam-due-2023"), given, {"measurements": {"b": 3}})
    >>> submission["period"], submission["measurements"]
    ('2023', {'a': 1, 'b': 3})
    """
    first, last = rules.valid
    submission: dict[str, Any] = {
        "format": 1,
        "ruleset": rules.id,
        "unit": "–",
        "period": f"{first.isoformat()}/{last.isoformat()}",
    }
    for key in SUBMISSION_KEYS:
        for table in (given, case):
            if key in table:
                below = submission.get(key)
                submission[key] = _laid(below, table[key])
    return submission


def _laid(below: object, top: object) -> object:
    """Return one value laid over another: of two tables their keys, else the upper one."""
    if isinstance(below, Mapping) and isinstance(top, Mapping):
        return {**below, **top}
    return top
