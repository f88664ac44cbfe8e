"""From a rule file to a checked rule set: files → one document → form → model → check, for every
date and kind.

All problems of a file are found at once: what has the wrong form is set aside, and the rest is
still checked.
"""

import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path as FilePath
from typing import Any

from cchc_rules.base.calendar import iso_date
from cchc_rules.base.problem import Path, Problem, RulesError, quoted
from cchc_rules.rules import check, file_format, overlay
from cchc_rules.rules.build import build
from cchc_rules.rules.model import Origin, RuleSet, SourceFile, Text
from cchc_rules.rules.overlay import (
    NAMED_BY,
    REMOVE,
    SECTIONS,
    Cell,
    Place,
    Tree,
    removed,
)
from cchc_rules.rules.overlay_files import Layers, placed
from cchc_rules.rules.source import Document, Source, find, parse, read

MAX_VERSIONS = 400
"""A rule set has at most so many versions: each date with each kind of unit."""


def load_rules(source: str | FilePath) -> RuleSet:
    """Return the checked rule set of a TOML file, or of a packaged id such as `cam-due-2023`.

    Raises `RulesError` with every problem found, each with file, line and what to do. Warnings do
    not refuse a file; they are in `warnings` of the rule set.
    """
    path = find(str(source), FilePath())
    return _assemble(read(path), path.parent)


def parse_rules(
    text: str, *, name: str = "<text>", folder: FilePath | None = None
) -> RuleSet:
    """Return the checked rule set of a TOML text; `extends` is looked up beside `folder`. Raises as
    `load_rules`.
    """
    return _assemble(
        parse(text.encode(errors="surrogatepass"), name), folder or FilePath()
    )


def relaid(rules: RuleSet, changes: Mapping[str, Any]) -> RuleSet:
    """Return a rule set with changes laid over it as an overlay file would lay them: checked in the
    same way.

    It reads the same submissions. Raises as `load_rules`.
    """
    name = rules.files[0].name if rules.files else ""
    laid = overlay.over(
        overlay.over({}, overlay.tree(rules.document, Place())),
        overlay.tree(changes, Place()),
    )
    changed = _assemble(Source(name, "", "", overlay.plain(laid)), FilePath())
    return replace(changed, bases=rules.bases, files=rules.files)


def problems_of(source: str | FilePath) -> tuple[Problem, ...]:
    """Return every problem of a rule file, warnings among them, instead of raising."""
    try:
        return load_rules(source).warnings
    except RulesError as error:
        return error.problems


def _assemble(source: Source, folder: FilePath) -> RuleSet:
    layers = Layers(source, folder)
    versions = _Versions(layers)
    rules = versions.all()
    found = [
        one if one.line else placed(one, layers.sources) for one in versions.problems
    ]
    found.sort(key=lambda problem: (problem.file, problem.line))
    if rules is None or not all(problem.warning for problem in found):
        raise RulesError(found)
    return replace(rules, warnings=tuple(found), document=overlay.plain(layers.tree))


class _Versions:
    """The rule set of a file for every date and kind of unit, and the problems of all of them."""

    def __init__(self, layers: Layers) -> None:
        self.tree = layers.tree
        self.problems = [*layers.problems]
        self.bases = tuple(source.id for source in layers.sources[1:])
        self.files = {
            source: SourceFile(FilePath(source.name).name, source.sha256)
            for source in layers.sources
        }
        self.told_of: dict[str, list[Problem]] = {}
        self.misspelt = {
            problem.path
            for problem in self.problems
            if problem.code == "overlay-unknown"
        }

    def all(self) -> RuleSet | None:
        """Return the rule set with all its versions, None where its own could not be read."""
        dates = _sections(self.tree, "since")
        kinds = _sections(self.tree, "kind")
        kinds |= {
            name: table
            for section in dates.values()
            for name, table in _sections(section, "kind").items()
        }
        if (len(dates) + 1) * (len(kinds) + 1) > MAX_VERSIONS:
            self.problems.append(
                Problem("too-many-versions", (), {"most": str(MAX_VERSIONS)})
            )
            return None
        self.problems += _misshapen(self.tree)
        rules, told = self.with_kinds(self.tree, (), [])
        dated = dict(self.dated(dates, rules, told))
        return replace(rules, dated=dated) if rules is not None else None

    def dated(
        self, sections: Mapping[str, Tree], rules: RuleSet | None, told: list[Problem]
    ) -> Iterator[tuple[date, RuleSet]]:
        """Yield the rule set of each date, each section laid over those before it."""
        tree = self.tree
        for name, section in sorted(sections.items()):
            day = iso_date(name)
            path = ("since", name)
            problem = _wrong_day(name, day, rules)
            if day is None or problem is not None:
                self.problems += [problem] if problem else []
                continue
            title = self.title(path, section) if "title" in section else None
            tree, told = self.laid(tree, section, path, told)
            self.problems += (
                replace(one, path=(*path, *one.path))
                for one in _misshapen(section, ("kind",))
            )
            version, told = self.with_kinds(tree, path, told)
            if version is not None:
                kinds = {
                    kind: replace(one, since=day, since_title=title)
                    for kind, one in version.kinds.items()
                }
                yield day, replace(version, since=day, since_title=title, kinds=kinds)

    def with_kinds(
        self, tree: Tree, path: Path, told: list[Problem]
    ) -> tuple[RuleSet | None, list[Problem]]:
        """Return a version with its kinds of unit, and all problems that it is known to have."""
        rules, told = self.version(tree, path, told)
        kinds: dict[str, RuleSet] = {}
        for name, section in _sections(tree, "kind").items():
            inside = (*path, "kind", name)
            known = [*told, *self.told_of.get(name, [])]
            title = self.title(inside, section)
            laid, known = self.laid(tree, section, inside, known)
            version, self.told_of[name] = self.version(laid, inside, known)
            if version is not None:
                kinds[name] = replace(version, kind=name, kind_title=title)
        return replace(rules, kinds=kinds) if rules is not None else None, told

    def laid(
        self, tree: Tree, section: Tree, path: Path, told: list[Problem]
    ) -> tuple[Tree, list[Problem]]:
        """Return a document with a section laid over it; what the section may not hold is set aside
        and told.
        """
        barred = [key for key in section if key in _BARRED[str(path[-2])]]
        body = {
            key: part
            for key, part in section.items()
            if key not in (*barred, "title", REMOVE)
        }
        found = [
            Problem("unknown-key", (key,), {"key": key, "nearest": ""})
            for key in barred
        ]
        found += overlay.unknown(tree, body)
        self.misspelt |= {
            problem.path for problem in found if problem.code == "overlay-unknown"
        }
        return overlay.over(tree, body), self.tell(found, path, told)

    def version(
        self, tree: Tree, path: Path, told: list[Problem]
    ) -> tuple[RuleSet | None, list[Problem]]:
        """Return the rule set of a document without its sections, and all problems that it is known
        to have.
        """
        document = overlay.plain(
            {key: part for key, part in tree.items() if key not in SECTIONS}
        )
        rules, problems = _check(document)
        known = self.tell((_by_name(problem, tree) for problem in problems), path, told)
        if rules is None:
            return None, known
        files = tuple(self.files.values())
        origins = self.origins(tree)
        return replace(
            rules, bases=self.bases, files=files, document=document, origins=origins
        ), known

    def tell(
        self, found: Iterable[Problem], path: Path, told: list[Problem]
    ) -> list[Problem]:
        """Note the problems of a version that are its own, and return all that are known."""
        own = [
            problem
            for problem in found
            if problem not in told and not self._follows(problem)
        ]
        self.problems += (
            replace(problem, path=(*path, *problem.path)) for problem in own
        )
        return [*told, *own]

    def _follows(self, problem: Problem) -> bool:
        return problem.code == "missing-key" and problem.path[:2] in self.misspelt

    def title(self, path: Path, section: Tree) -> Text:
        """Return the title of a section, its name where it has none."""
        given = (
            section["title"].value
            if isinstance(section.get("title"), Cell)
            else path[-1]
        )
        title, problems = file_format.read_title(path, given)
        self.problems += problems
        return title

    def origins(self, tree: Tree) -> dict[Path, Origin]:
        """Return where every field of a document comes from."""
        found: dict[Place, Origin] = {}
        return {
            path: found.setdefault(place, self._origin(place))
            for path, place in overlay.origins(tree)
        }

    def _origin(self, place: Place) -> Origin:
        return Origin(self.files[place.source], iso_date(place.since or ""), place.kind)


_BARRED = {
    "kind": ("extends", "since", "kind"),
    "since": ("extends", "since", "format", "ruleset"),
}
"""What may not stand in a section."""


def _sections(tree: Tree, key: str) -> dict[str, Tree]:
    part = tree.get(key)
    found = part.items() if isinstance(part, dict) else ()
    return {
        name: section
        for name, section in found
        if isinstance(section, dict) and not removed(section)
    }


def _misshapen(tree: Tree, keys: Iterable[str] = SECTIONS) -> Iterator[Problem]:
    """Yield a problem for each section that is no table."""
    for key in keys:
        part = tree.get(key, {})
        for path, one in (
            [((key,), part)]
            if isinstance(part, Cell)
            else [((key, name), one) for name, one in part.items()]
        ):
            if isinstance(one, Cell):
                yield Problem("wrong-type", path, {"given": quoted(one.value)})


def _wrong_day(name: str, day: date | None, rules: RuleSet | None) -> Problem | None:
    """Return what is wrong with the date of a section."""
    if day is None:
        return Problem("since-date", ("since", name), {"given": quoted(name)})
    if rules is not None and not rules.valid[0] <= day <= rules.valid[1]:
        first, last = (edge.isoformat() for edge in rules.valid)
        return Problem(
            "since-outside",
            ("since", name),
            {"given": name, "first": first, "last": last},
        )
    return None


def _by_name(problem: Problem, tree: Tree) -> Problem:
    """Return a problem whose path names an entry of a list, where entries have names, and does not
    count it.
    """
    if (
        len(problem.path) < 2
        or problem.path[0] not in NAMED_BY
        or not isinstance(problem.path[1], int)
    ):
        return problem
    key, at, *rest = problem.path
    names = overlay.names(tree, str(key))
    return (
        replace(problem, path=(key, names[int(at)], *rest))
        if names is not None
        else problem
    )


def _check(document: Document) -> tuple[RuleSet | None, list[Problem]]:
    file, problems = file_format.read(document)
    if file is not None:
        rules = build(file)
        return rules, check.run(rules)
    pruned = {**_STAND_IN, **_prune(document, problems), "format": file_format.FORMAT}
    problems += _names_set_aside(
        document, pruned, {problem.path for problem in problems}
    )
    file, _ = file_format.read(pruned)
    if file is None:
        file, _ = file_format.read(pruned | _STAND_IN)
    if file is None:
        return None, problems
    return None, problems + [
        problem for problem in check.run(build(file)) if not _follows(problem, document)
    ]


_STAND_IN: Document = {
    "ruleset": {
        "id": "x",
        "version": "x",
        "title": "x",
        "valid": {"from": date.min, "until": date.max},
    }
}
"""A head for a file whose own is wrong, so that the rest can be checked all the same."""

_CONSEQUENCES = frozenset(
    {
        "group-sum",
        "group-empty",
        "metric-unused",
        "unknown-band",
        "no-rules",
        "bands-gap",
        "effect-undeclared",
    }
)
"""Problems that may only follow from what was set aside."""

_NAMES = {
    "unknown-metric": "metric",
    "unknown-group": "group",
    "unknown-rule": "rule",
    "unknown-remedy": "remedy",
}


def _follows(problem: Problem, document: Document) -> bool:
    """Whether a problem may only follow from what was set aside: a name that is declared after all,
    for one.
    """
    table = document.get(_NAMES.get(problem.code, ""))
    declared = isinstance(table, Mapping) and problem.places.get("name") in table
    return problem.code in _CONSEQUENCES or declared


def _prune(document: Document, problems: list[Problem]) -> Document:
    """Return the document without what has the wrong form: an unknown key alone, anything else with
    its table.
    """
    pruned = copy.deepcopy(document)
    for path in sorted(
        {_faulty(problem) for problem in problems}, key=str, reverse=True
    ):
        here: Any = pruned
        for part in path[:-1]:
            here = here[part] if _has(here, part) else None
        if path and _has(here, path[-1]):
            del here[path[-1]]
    return pruned


def _names_set_aside(
    document: Document, pruned: Document, told: set[Path]
) -> Iterator[Problem]:
    """Yield the unknown names of rules whose form is wrong: they are set aside, but their names can
    be looked up.
    """
    rules = document.get("rule")
    kept = pruned.get("rule", {})
    for id_, rule in rules.items() if isinstance(rules, Mapping) else ():
        for key in (
            ("metric", "group", "remedy")
            if isinstance(rule, Mapping) and id_ not in kept
            else ()
        ):
            name = rule.get(key)
            known = document.get(key, {})
            path = ("rule", id_, key)
            if (
                isinstance(name, str)
                and isinstance(known, Mapping)
                and name not in known
                and path not in told
            ):
                yield check.unknown(f"unknown-{key}", path, name, known)


def _faulty(problem: Problem) -> Path:
    return problem.path if problem.code == "unknown-key" else problem.path[:2]


def _has(here: object, part: str | int) -> bool:
    if isinstance(here, list):
        return isinstance(part, int) and part < len(here)
    return isinstance(here, dict) and part in here
