"""From a rule file to a checked rule set: text → document → overlays → form → model → check. Opens files.

All problems of a file are found at once: what has the wrong form is set aside, and the rest is still checked.
"""

import copy
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from importlib import resources
from pathlib import Path as FilePath
from typing import Any

import tomli

from cchc_rules import check, schema
from cchc_rules.build import build
from cchc_rules.locate import Locator
from cchc_rules.model import RuleSet, SourceFile
from cchc_rules.problem import Path, Problem, RulesError, nearest, quoted

MAX_BYTES = 8_000_000
MAX_OVERLAYS = 8
MAX_DEPTH = 40

CASES = ".cases.toml"
"""How the files of cases end that stand beside rule files."""

Document = dict[str, Any]


@dataclass
class _Source:
    """A file as read: its name, text, hash and content."""

    name: str
    text: str
    sha256: str
    content: Document
    _locator: Locator | None = field(default=None, repr=False)

    @property
    def locator(self) -> Locator:
        if self._locator is None:
            self._locator = Locator(self.text)
        return self._locator


def load_rules(source: str | FilePath) -> RuleSet:
    """Return the checked rule set of a TOML file, or of a packaged id such as `cam-due-2023`.

    Raises `RulesError` with every problem found, each with file, line and what to do. Warnings do not refuse a file;
    they are in `warnings` of the rule set.
    """
    path = _find(str(source), FilePath())
    return _assemble(_read(path), path.parent)


def parse_rules(text: str, *, name: str = "<text>", folder: FilePath | None = None) -> RuleSet:
    """Return the checked rule set of a TOML text; `extends` is looked up beside `folder`. Raises as `load_rules`."""
    return _assemble(_parse(text.encode(errors="surrogatepass"), name), folder or FilePath())


def relaid(rules: RuleSet, changes: Mapping[str, Any]) -> RuleSet:
    """Return a rule set with changes laid over it as an overlay file would lay them: checked in the same way.

    It reads the same submissions. Raises as `load_rules`.
    """
    name = rules.files[0].name if rules.files else ""
    changed = _assemble(_Source(name, "", "", overlay(rules.document, changes)), FilePath())
    return replace(changed, bases=rules.bases, files=rules.files)


def problems_of(source: str | FilePath) -> tuple[Problem, ...]:
    """Return every problem of a rule file, warnings among them, instead of raising."""
    try:
        return load_rules(source).warnings
    except RulesError as error:
        return error.problems


def toml_file(path: FilePath) -> tuple[Document, Callable[[Path], int]]:
    """Return what a TOML file says, numbers exact, and what finds the line of a key path in it (0: in none).

    Raises `RulesError` where it cannot be read.
    """
    source = _read(path)

    def line(path: Path) -> int:
        return source.locator.line(path)

    return source.content, line


def read_rules(source: str | FilePath) -> tuple[FilePath, str, Document]:
    """Return the path of a rule file (or of a packaged id), its text and what it says; only its TOML is checked.

    Line ends stay as they are; a byte-order mark is no part of the text. Raises `RulesError`.
    """
    path = _find(str(source), FilePath())
    read = _read(path)
    return path, read.text, read.content


def parse_toml(text: str) -> Document:
    """Return what a TOML text says, numbers exact; raise `RulesError` where it is none."""
    return _toml(text, "")


def packaged_folder() -> FilePath:
    """Return the folder of the packaged rule sets (in a source checkout: `rules/` at its top)."""
    inside = FilePath(str(resources.files("cchc_rules"))) / "rules"
    return inside if inside.is_dir() else FilePath(__file__).parents[2] / "rules"


def packaged() -> tuple[str, ...]:
    """Return the ids of the packaged rule sets."""
    names = (path.name for path in packaged_folder().glob("*.toml") if not path.name.endswith(CASES))
    return tuple(sorted(name.removesuffix(".toml") for name in names))


def _find(source: str, folder: FilePath) -> FilePath:
    direct = folder / source
    if source.endswith(".toml") or direct.is_file():
        return direct
    if source in packaged():
        return packaged_folder() / f"{source}.toml"
    places = {"name": quoted(source), "nearest": nearest(source, packaged())}
    raise RulesError([Problem("unknown-ruleset", (), places)])


def _read(path: FilePath) -> _Source:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        places = {"path": quoted(path, 200), "reason": quoted(reason)}
        raise RulesError([Problem("file-unreadable", (), places, str(path))]) from None
    return _parse(data, str(path))


def _parse(data: bytes, name: str) -> _Source:
    if len(data) > MAX_BYTES:
        raise RulesError([Problem("file-too-large", (), {"most": str(MAX_BYTES)}, name)])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise RulesError([Problem("not-utf8", (), {}, name, line)]) from None
    return _Source(name, text, hashlib.sha256(data).hexdigest(), _toml(text, name))


def _toml(text: str, name: str) -> Document:
    try:
        content = tomli.loads(text, parse_float=_decimal)
        if _deeper(content, MAX_DEPTH):
            raise RecursionError
        return content
    except tomli.TOMLDecodeError as error:
        line = getattr(error, "lineno", 0)
        places = {"reason": quoted(getattr(error, "msg", error)), "column": str(getattr(error, "colno", 0))}
        raise RulesError([Problem("toml-syntax", (), places, name, line)]) from None
    except RecursionError:
        raise RulesError([Problem("toml-too-deep", (), {}, name)]) from None
    except ValueError as error:  # Python reads no whole number of thousands of digits
        raise RulesError([Problem("number-too-long", (), {"given": quoted(error)}, name)]) from None


def _deeper(content: object, levels: int) -> bool:
    """Whether tables and lists are nested more levels deep."""
    below = [content]
    for _ in range(levels):
        below = [part for outer in below for part in _parts(outer)]
    return bool(below)


def _parts(content: object) -> Iterable[object]:
    if isinstance(content, Mapping):
        return content.values()
    return content if isinstance(content, list) else ()


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal("1e999999")  # an exponent beyond all reason: refused later as too long


def _assemble(source: _Source, folder: FilePath) -> RuleSet:
    sources = [source, *_bases(source, folder)]
    document: Document = {}
    removed: list[Problem] = []
    for layer in reversed(sources):
        removed += _removals(layer.content, document)
        document = overlay(document, {key: value for key, value in layer.content.items() if key != "extends"})
    kinds = document.pop("kind", {})
    rules, problems = _check(document)
    problems += removed
    variants, more = _kinds(document, kinds, problems)
    problems += more
    found = sorted((_place(problem, sources) for problem in problems), key=lambda p: (p.file, p.line))
    if rules is None or not all(problem.warning for problem in found):
        raise RulesError(found)
    files = tuple(SourceFile(FilePath(layer.name).name, layer.sha256) for layer in sources)
    return replace(
        rules,
        bases=tuple(_id(layer.content) for layer in sources[1:]),
        files=files,
        warnings=tuple(found),
        document={**document, **({"kind": kinds} if kinds else {})},
        kinds={name: replace(variant, files=files) for name, variant in variants.items()},
    )


def _id(content: Document) -> str:
    head = content.get("ruleset")
    return str(head.get("id", "")) if isinstance(head, Mapping) else ""


def _bases(source: _Source, folder: FilePath) -> Iterator[_Source]:
    """Yield the files that a file is laid over, nearest first."""
    seen = 0
    while "extends" in source.content:
        wanted, seen = source.content["extends"], seen + 1
        if not isinstance(wanted, str) or seen > MAX_OVERLAYS:
            raise RulesError([_place(Problem("extends", ("extends",), {"most": str(MAX_OVERLAYS)}), [source])])
        try:
            path = _find(wanted, folder)
            source, folder = _read(path), path.parent
        except RulesError as error:
            at = source.locator.line(("extends",))
            raise RulesError([p if p.line else p.at(source.name, at) for p in error.problems]) from None
        yield source


ID_TABLES = ("metric", "group", "rule", "remedy", "kind")
LIST_TABLES = ("band", "band_gate", "target")


def overlay(base: Mapping[str, Any], top: Mapping[str, Any]) -> Document:
    """Return the base with the top laid over it: tables with ids field by field, `remove = true` takes away."""
    result = dict(base)
    for key, value in top.items():
        below = result.get(key)
        if key in ID_TABLES and isinstance(value, Mapping):
            result[key] = _overlay_ids(below if isinstance(below, Mapping) else {}, value, nested=key == "kind")
        elif isinstance(value, Mapping) and isinstance(below, Mapping):
            result[key] = {**below, **value}
        else:
            result[key] = value
    return result


def _removals(top: Mapping[str, Any], below: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield a problem for each thing that a file takes away although it is not there."""
    for code, key in _NAMES.items():
        table, known = top.get(key), below.get(key)
        names = known if isinstance(known, Mapping) else {}
        for id_, value in table.items() if isinstance(table, Mapping) else ():
            if isinstance(value, Mapping) and value.get("remove") is True and id_ not in names:
                yield Problem(code, (key, id_), {"name": quoted(id_), "nearest": nearest(id_, names)})


def _overlay_ids(base: Mapping[str, Any], top: Mapping[str, Any], *, nested: bool = False) -> Document:
    result = dict(base)
    for id_, table in top.items():
        if isinstance(table, Mapping) and table.get("remove") is True:
            result.pop(id_, None)
        elif isinstance(table, Mapping) and isinstance(result.get(id_), Mapping):
            result[id_] = overlay(result[id_], table) if nested else {**result[id_], **table}
        else:
            result[id_] = table
    return result


def _kinds(document: Document, kinds: object, known: list[Problem]) -> tuple[dict[str, RuleSet], list[Problem]]:
    """Return the rule set of each kind of unit, and the problems that are the kinds' own."""
    if not isinstance(kinds, Mapping) or not all(isinstance(table, Mapping) for table in kinds.values()):
        return {}, [Problem("wrong-type", ("kind",), {"given": quoted(kinds)})]
    variants, problems = {}, []
    for name, table in kinds.items():
        changes = {key: value for key, value in table.items() if key != "title"}
        variant, found = _check(overlay(document, changes))
        title, of_title = schema.read_kind(name, table)
        problems += [*of_title, *(replace(one, path=("kind", name, *one.path)) for one in found if one not in known)]
        if variant is not None:
            variants[name] = replace(variant, kind=name, kind_title=title)
    return variants, problems


def _check(document: Document) -> tuple[RuleSet | None, list[Problem]]:
    file, problems = schema.read(document)
    if file is not None:
        rules = build(file)
        return rules, check.run(rules)
    pruned = {**_STAND_IN, **_prune(document, problems), "format": schema.FORMAT}
    problems += _names_set_aside(document, pruned, {problem.path for problem in problems})
    file, _ = schema.read(pruned)
    if file is None:
        file, _ = schema.read(pruned | _STAND_IN)
    if file is None:
        return None, problems
    return None, problems + [problem for problem in check.run(build(file)) if not _follows(problem, document)]


_STAND_IN: Document = {
    "ruleset": {"id": "x", "version": "x", "title": "x", "valid": {"from": date.min, "until": date.max}}
}
"""A head for a file whose own is wrong, so that the rest can be checked all the same."""

_CONSEQUENCES = frozenset(
    {"group-sum", "group-empty", "metric-unused", "unknown-band", "no-rules", "bands-gap", "effect-undeclared"}
)
"""Problems that may only follow from what was set aside."""

_NAMES = {"unknown-metric": "metric", "unknown-group": "group", "unknown-rule": "rule", "unknown-remedy": "remedy"}


def _follows(problem: Problem, document: Document) -> bool:
    """Whether a problem may only follow from what was set aside: a name that is declared after all, for one."""
    table = document.get(_NAMES.get(problem.code, ""))
    declared = isinstance(table, Mapping) and problem.places.get("name") in table
    return problem.code in _CONSEQUENCES or declared


def _prune(document: Document, problems: list[Problem]) -> Document:
    """Return the document without what has the wrong form: an unknown key alone, anything else with its table."""
    pruned = copy.deepcopy(document)
    for path in sorted({_faulty(problem) for problem in problems}, key=str, reverse=True):
        here: Any = pruned
        for part in path[:-1]:
            here = here[part] if _has(here, part) else None
        if path and _has(here, path[-1]):
            del here[path[-1]]
    return pruned


def _names_set_aside(document: Document, pruned: Document, told: set[Path]) -> Iterator[Problem]:
    """Yield the unknown names of rules whose form is wrong: they are set aside, but their names can be looked up."""
    rules, kept = document.get("rule"), pruned.get("rule", {})
    for id_, rule in rules.items() if isinstance(rules, Mapping) else ():
        for key in ("metric", "group", "remedy") if isinstance(rule, Mapping) and id_ not in kept else ():
            name, known, path = rule.get(key), document.get(key, {}), ("rule", id_, key)
            if isinstance(name, str) and isinstance(known, Mapping) and name not in known and path not in told:
                yield check.unknown(f"unknown-{key}", path, name, known)


def _faulty(problem: Problem) -> Path:
    return problem.path if problem.code == "unknown-key" else problem.path[:2]


def _has(here: object, part: str | int) -> bool:
    if isinstance(here, list):
        return isinstance(part, int) and part < len(here)
    return isinstance(here, dict) and part in here


def _place(problem: Problem, sources: list[_Source]) -> Problem:
    """Return the problem with the file and line that declare its path, the topmost overlay first."""
    for length in range(len(problem.path), 0, -1):
        for source in sources:
            if source.locator.holds(problem.path[:length]):
                return problem.at(source.name, source.locator.line(problem.path[:length]))
    return problem.at(sources[0].name, 1)
