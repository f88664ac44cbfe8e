"""The form of a case file: TOML in, checked cases out; every problem at once, with its line. Opens
files.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path as FilePath
from typing import Any, NamedTuple, TypeAlias

from cchc_rules.base import number
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
from cchc_rules.base.state import State
from cchc_rules.base.written_values import refusal
from cchc_rules.rules.load import load_rules
from cchc_rules.rules.model import RuleSet
from cchc_rules.rules.source import CASES, packaged_rule_sets, read
from cchc_rules.submissions.binding import load_measurements, variant
from cchc_rules.submissions.submission import Measurements

FORMAT = 1
OPEN = "?"
"""What stands for an expectation that a person has still to fill in."""

RULE_KEYS = ("state", "points", "lost", "excluded")
SAYING = ("state", "points")
"""What must be expected of a rule for a case to count as one of its cases."""
GROUP_KEYS = ("points", "lost", "excluded")
INDEX_KEYS = (
    "value",
    "base",
    "bonus",
    "penalty",
    "claimed",
    "supported",
    "lowest",
    "highest",
    "band",
)
TABLES = ("measurements", "points", "absent", "tracks")
GIVEN = (*TABLES, "unit_kind", "period", "as_of")
"""What a case says of its submission, with the keys of a submission."""

_TOP = ("format", "rules", "given", "case")
_CASE = ("id", "why", "expect", *GIVEN)
_PARTS = ("rule", "group", "index")

Value: TypeAlias = Fraction | str | None
"""What is expected or found: points, a state, a band; None where nothing is there (or still to be
filled in).
"""


class Expectation(NamedTuple):
    """What one figure must come to: of a rule or a group by id, or of the index (no id); None is
    still open.
    """

    part: str
    id: str
    key: str
    value: Value

    @property
    def path(self) -> str:
        """Return what it is about, as the case file writes it."""
        return ".".join(filter(None, (self.part, self.id, self.key)))


@dataclass(frozen=True, eq=False)
class Case:
    """One case: where it stands, its submission, what must come out."""

    id: str
    at: int
    line: Callable[[], int]
    why: str
    measurements: Measurements
    expectations: tuple[Expectation, ...]

    def expects(self, rule: str) -> bool:
        """Whether it says a rule's state or points."""
        return any(
            one.part == "rule" and one.id == rule and one.key in SAYING
            for one in self.expectations
        )


@dataclass(frozen=True, eq=False)
class CaseFile:
    """The cases of one rule set. `problem_at` places a problem with a case on its line."""

    name: str
    rules: RuleSet
    given: Mapping[str, Any]
    cases: tuple[Case, ...]

    def problem_at(self, case: Case, problem: Problem) -> Problem:
        """Return a problem that scoring a case ran into, on the line where the case stands."""
        return Problem(
            problem.code,
            ("case", case.at, *problem.path),
            problem.arguments,
            self.name,
            case.line(),
        )


def case_files(paths: list[str]) -> list[FilePath]:
    """Return the case files that folders, rule files (or packaged ids) and case files stand for,
    each once.

    Raises `CasesError` where there are none.
    """
    found: dict[FilePath, None] = {}
    for path in paths:
        files = _files(path)
        if not files:
            raise CasesError([Problem("no-cases", (), {"path": quoted(path, 200)})])
        found |= dict.fromkeys(files)
    return list(found)


def _files(source: str) -> list[FilePath]:
    path = FilePath(source)
    if is_folder(path):
        return sorted(path.rglob(f"*{CASES}"))
    beside = path if source.endswith(CASES) else cases_beside(source)
    return [beside] if is_file(beside) else []


def cases_beside(source: str) -> FilePath:
    """Return where the cases of a rule file, or of a packaged id, stand."""
    path = FilePath(source)
    if source in packaged_rule_sets() and not is_file(path):
        return packaged_rules_folder() / f"{source}{CASES}"
    return path.with_name(path.name.removesuffix(".toml") + CASES)


def without_cases(source: str) -> CaseFile:
    """Return a case file without cases, for a rule file that has none. Raises `RulesError`."""
    return CaseFile(str(cases_beside(source)), load_rules(source), {}, ())


def read_cases(path: FilePath) -> CaseFile:
    """Return the checked cases of a file.

    Raises `CasesError` with every problem of the file, or `RulesError` where its rule set is
    refused.
    """
    try:
        source = read(path)
    except RulesError as error:
        raise CasesError(error.problems) from None
    reader = _Reader(path, source.content, source.locator.line)
    found = reader.read()
    if reader.problems or found is None:
        placed = {
            (one.code, one.path, *one.arguments.values()): one
            for one in reader.problems
        }
        problems = [
            one.at(str(path), source.locator.line(one.path) or 1)
            for one in bounded(placed.values())
        ]
        raise CasesError(sorted(problems, key=lambda one: one.line))
    return found


class _Reader:
    """Reads one case file and collects what is wrong."""

    def __init__(
        self, path: FilePath, content: Mapping[str, Any], line: Callable[[Path], int]
    ) -> None:
        self.path = path
        self.content = content
        self.line = line
        self.given: Mapping[str, Any] = {}
        self.ids: set[str] = set()
        self.problems: list[Problem] = []

    def fault(self, code: str, *path: str | int, **places: str) -> None:
        self.problems.append(Problem(code, path, places))

    def read(self) -> CaseFile | None:
        self.keys(self.content, _TOP)
        version = self.content.get("format")
        if version.__class__ is not int or version != FORMAT:
            self.fault("format-version", "format", given=quoted(version))
        rules = self.rules()
        self.given = self.table(self.content.get("given", {}), "given")
        self.keys(self.given, GIVEN, "given")
        rows = self.content.get("case", [])
        if not isinstance(rows, list):
            self.fault("wrong-type", "case", given=quoted(rows))
            rows = []
        if rules is None:
            return None
        cases = [self.case(row, at, rules) for at, row in enumerate(rows)]
        return CaseFile(
            str(self.path),
            rules,
            self.given,
            tuple(case for case in cases if case is not None),
        )

    def rules(self) -> RuleSet | None:
        name = self.content.get("rules")
        if name is None:
            self.fault("missing-key", key="rules")
        elif not isinstance(name, str):
            self.fault("not-text", "rules", given=quoted(name))
        else:
            return self.loaded(name)
        return None

    def loaded(self, name: str) -> RuleSet:
        try:
            return load_rules(self.rules_named(name))
        except RulesError as error:
            at = self.line(("rules",))
            raise RulesError(
                [
                    one if one.file else one.at(str(self.path), at)
                    for one in error.problems
                ]
            ) from None

    def rules_named(self, name: str) -> str:
        """Return the file that is named relative to this one, with its ending or without, else the
        name as an id.
        """
        beside = [self.path.parent / one for one in (name, f"{name}.toml")]
        return next(
            (str(file) for file in beside if file.suffix == ".toml" and file.is_file()),
            name,
        )

    def keys(
        self, table: Mapping[str, Any], known: tuple[str, ...], *path: str | int
    ) -> None:
        for key in table:
            if key not in known:
                self.fault(
                    "unknown-key",
                    *path,
                    key,
                    key=quoted(key),
                    nearest=nearest(key, known),
                )

    def table(self, value: object, *path: str | int) -> Mapping[str, Any]:
        if isinstance(value, Mapping):
            return value
        self.fault("wrong-type", *path, given=quoted(value))
        return {}

    def text(self, table: Mapping[str, Any], key: str, *path: str | int) -> str:
        value = table.get(key, "")
        if isinstance(value, str):
            return value
        self.fault("not-text", *path, key, given=quoted(value))
        return ""

    def case(self, row: object, at: int, rules: RuleSet) -> Case | None:
        """Return a case, None where it is refused."""
        before = len(self.problems)
        table = self.table(row, "case", at)
        self.keys(table, _CASE, "case", at)
        id_ = self.text(table, "id", "case", at)
        why = self.text(table, "why", "case", at)
        self.named_once(id_, at)
        measurements = self.measurements(table, at, rules)
        active = (
            rules
            if measurements is None
            else variant(measurements, rules, measurements.judged_at)
        )
        expectations = tuple(self.expectations(table, at, active))
        if measurements is None or len(self.problems) > before:
            return None
        return Case(
            id_, at, lambda: self.line(("case", at)), why, measurements, expectations
        )

    def named_once(self, id_: str, at: int) -> None:
        if not id_:
            self.fault("missing-key", "case", at, key="id")
        if id_ and id_ in self.ids:
            self.fault("id-twice", "case", at, "id", name=quoted(id_))
        self.ids.add(id_)

    def measurements(
        self, table: Mapping[str, Any], at: int, rules: RuleSet
    ) -> Measurements | None:
        submission = submission_of(rules, self.given, table)
        try:
            return load_measurements(submission, rules)
        except SubmissionError as error:
            self.problems += [
                self.replaced(problem, table, at) for problem in error.problems
            ]
            return None

    def replaced(self, problem: Problem, table: Mapping[str, Any], at: int) -> Problem:
        """Return a problem of a submission where the case, or what all cases start from, declares
        its path.
        """
        for path, content in ((("case", at), table), (("given",), self.given)):
            if _declares(content, problem.path[:2]):
                return Problem(problem.code, (*path, *problem.path), problem.arguments)
        return Problem(problem.code, ("case", at), problem.arguments)

    def expectations(
        self, table: Mapping[str, Any], at: int, rules: RuleSet
    ) -> Iterator[Expectation]:
        path = ("case", at, "expect")
        before = len(self.problems)
        expect = self.table(table.get("expect", {}), *path)
        self.keys(expect, _PARTS, *path)
        found = [
            *self.named(expect, "rule", RULE_KEYS, rules, *path),
            *self.named(expect, "group", GROUP_KEYS, rules, *path),
            *self.values(
                expect.get("index", {}),
                ("index", ""),
                INDEX_KEYS,
                rules,
                *path,
                "index",
            ),
        ]
        if not found and len(self.problems) == before:
            self.fault("no-expectation", "case", at, name=quoted(table.get("id", "")))
        yield from found

    def named(
        self,
        expect: Mapping[str, Any],
        part: str,
        keys: tuple[str, ...],
        rules: RuleSet,
        *path: str | int,
    ) -> Iterator[Expectation]:
        known, code = (
            (rules.rules, "unknown-rule")
            if part == "rule"
            else (rules.groups, "unknown-group")
        )
        for id_, values in self.table(expect.get(part, {}), *path, part).items():
            if id_ not in known:
                self.fault(
                    code,
                    *path,
                    part,
                    id_,
                    name=quoted(id_),
                    nearest=nearest(id_, known),
                )
            yield from self.values(values, (part, id_), keys, rules, *path, part, id_)

    def values(
        self,
        values: object,
        of: tuple[str, str],
        keys: tuple[str, ...],
        rules: RuleSet,
        *path: str | int,
    ) -> Iterator[Expectation]:
        table = self.table(values, *path)
        self.keys(table, keys, *path)
        for key, value in table.items():
            read = None if value == OPEN else self.value(key, value, rules, *path, key)
            yield Expectation(*of, key, read)

    def value(self, key: str, value: object, rules: RuleSet, *path: str | int) -> Value:
        if key in ("state", "band"):
            bands = [band.id for band in rules.bands]
            known, code = (
                ([*State], "unknown-state")
                if key == "state"
                else (bands, "unknown-band")
            )
            if not isinstance(value, str):
                self.fault("not-text", *path, given=quoted(value))
            elif value not in known:
                places = {"allowed": ", ".join(known), "nearest": nearest(value, known)}
                self.fault(code, *path, name=quoted(value), **places)
            return str(value)
        try:
            return number.fraction(value)
        except number.NotANumberError as error:
            code, arguments = refusal(error.code, value)
            self.fault(code, *path, **arguments)
            return None


def _declares(content: object, path: Path) -> bool:
    """Whether a table holds a path."""
    for part in path:
        if not isinstance(content, Mapping) or part not in content:
            return False
        content = content[part]
    return bool(path)


def submission_of(
    rules: RuleSet, given: Mapping[str, Any], case: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the submission of a case: what all cases start from, and what it gives itself laid
    over.

    Where neither names a period, it is the whole validity of the rule set.
    """
    first, last = rules.valid
    submission: dict[str, Any] = {"format": 1, "ruleset": rules.id, "unit": "–"}
    submission["period"] = f"{first.isoformat()}/{last.isoformat()}"
    for key in GIVEN:
        for table in (given, case):
            if key in table:
                below = submission.get(key)
                both = isinstance(below, Mapping) and isinstance(table[key], Mapping)
                submission[key] = {**below, **table[key]} if both else table[key]  # type: ignore[dict-item]
    return submission
