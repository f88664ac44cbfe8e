"""From a rule file to a checked rule set: files → one document → form → model → check, for every
date and kind.

All problems of a file are found at once: what has the wrong form is set aside, and the rest is
still checked.
"""

import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path as FilePath
from typing import Any

from cchc_rules.base import number
from cchc_rules.base.calendar import iso_date
from cchc_rules.base.frozen import LateDict
from cchc_rules.base.messages import Day, Figures, Phrase
from cchc_rules.base.problem import (
    Path,
    Problem,
    RulesError,
    bounded,
    quoted,
    unknown,
)
from cchc_rules.rules import check, file_format, overlay
from cchc_rules.rules.build import build
from cchc_rules.rules.model import Origin, RuleSet, SourceFile, Text
from cchc_rules.rules.overlay import (
    NAMED_BY,
    REMOVE,
    SECTIONS,
    FieldValue,
    Giver,
    Tree,
    removed,
)
from cchc_rules.rules.overlay_files import Layers, placed
from cchc_rules.rules.shared import Shared
from cchc_rules.rules.silence import Gain, Silence, Way
from cchc_rules.rules.source import Source, TomlTable, find, parse, read

MAX_VERSIONS = 500
"""A rule set has at most so many versions: each date with each kind of unit."""


def load_rules(source: str | FilePath) -> RuleSet:
    """Return the checked rule set of a TOML file, or of a packaged id such as `cam-due-2023`.

    Raises `RulesError` with every problem found, each with file, line and what to do. Warnings do
    not refuse a file; they are in `warnings` of the rule set.

    >>> rules = load_rules("cam-due-2023")
    >>> rules.valid[0].isoformat()
    '2023-01-01'
    >>> rules.rules["plan-issued"].weight
    Fraction(59, 100)
    """
    path = find(str(source), FilePath(), or_pipe=True)
    return _assemble(read(path, or_pipe=True), path.parent)


def parse_rules(
    text: str, *, name: str = "<text>", folder: FilePath | None = None
) -> RuleSet:
    """Return the checked rule set of a TOML text; `extends` is looked up beside `folder`.

    `name` stands in problems where a file's name would. Raises as `load_rules`.

    >>> from cchc_rules.rules.starter import starter
    >>> parse_rules(starter("en")).language
    'en'
    """
    # Half a surrogate pair is no UTF-8: the reader of bytes refuses it as it would in a file.
    data = text.encode(errors="surrogatepass")
    return _assemble(parse(data, name), folder or FilePath())


def relaid(rules: RuleSet, changes: Mapping[str, Any]) -> RuleSet:
    """Return a rule set with changes laid over it as an overlay file would lay them: checked in the
    same way.

    It reads the same submissions. Raises as `load_rules`.

    Args:
        rules: the rule set; it stays as it is.
        changes: what the overlay file would hold, without a head: `{"rule": {"on-time": {"weight":
            2}}}`. Its numbers are those of parsed TOML, exact.
    """
    name = rules.files[0].name if rules.files else ""
    # Which of the two gave a field is of no interest here, so both have a giver without a file. The
    # document is laid over nothing first: that opens its lists, so that changes can name entries.
    below = overlay.over({}, overlay.tree(rules.document, Giver()))
    top = overlay.tree(changes, Giver())
    laid = overlay.settled(overlay.over(below, top))
    changed_source = Source(name, "", "", overlay.plain(laid))
    changed = _assemble(changed_source, FilePath())
    return replace(changed, bases=rules.bases, files=rules.files)


def problems_of(source: str | FilePath) -> tuple[Problem, ...]:
    """Return every problem of a rule file, warnings among them, instead of raising.

    They are sorted by file and line; a file without fault has none.

    >>> problems_of("cam-due-2023")
    ()
    >>> [problem.code for problem in problems_of("no-such-rules")]
    ['unknown-ruleset']
    """
    try:
        return load_rules(source).warnings
    except RulesError as error:
        return error.problems


def silence_problems(source: str | FilePath) -> tuple[Problem, ...]:
    """Return a warning for each figure of which to say nothing could raise the index.

    Each version of the rule set is looked at: every day on which it changes, every kind of unit. A
    file that cannot be read has its problems, which `problems_of` tells, and none here.

    >>> {problem.code for problem in silence_problems("cam-due-2023")}
    {'gain-by-silence'}
    """
    try:
        path = find(str(source), FilePath())
        rules = load_rules(path)
        layers = Layers(read(path), path.parent)
    except RulesError:
        return ()
    dated = [rules, *rules.dated.values()]
    versions = [variant for day in dated for variant in (day, *day.kinds.values())]
    # Of several versions the one in which silence wins most is told.
    most: dict[tuple[str, Way], tuple[Gain, RuleSet]] = {}
    for version in versions:
        for gain in Silence(version).gains():
            key = (gain.metric, gain.way)
            if key not in most or most[key][0].most < gain.most:
                most[key] = (gain, version)
    problems = []
    for gain, version in most.values():
        places = version.index.places
        shown = number.ceiling(gain.most * 10**places) / 10**places
        arguments = {
            "metric": version.metrics[gain.metric].id,
            "way": Phrase(f"silence.{gain.way}"),
            "most": Figures(number.plain(shown)),
            "rules": ", ".join(gain.rules[:_MOST_NAMED]),
        }
        problem = Problem(
            "gain-by-silence", ("metric", gain.metric), arguments, warning=True
        )
        problems.append(placed(problem, layers.sources))
    return tuple(problems)


_MOST_NAMED = 5
"""The most rules that a warning names: those that could win most."""


def _assemble(source: Source, folder: FilePath) -> RuleSet:
    layers = Layers(source, folder)
    versions = _Versions(layers)
    rules = versions.all()
    # Problems of the overlays know their line already: they lie in one file, not in the result.
    problems = [
        problem if problem.line else placed(problem, layers.sources)
        for problem in versions.problems
    ]
    problems.sort(key=lambda problem: (problem.file, problem.line))
    only_warnings = all(problem.warning for problem in problems)
    if rules is None or not only_warnings:
        raise RulesError(problems)
    document = overlay.plain(layers.tree)
    return replace(rules, warnings=tuple(problems), document=document)


class _Versions:
    """The rule set of a file for every date and kind of unit, and the problems of all of them.

    Each version is a whole document: that of the file with its sections laid over it, a dated
    section over those before it, a kind over the result. Each is read and checked as a whole. A
    fault in the plain rules is therefore found again in every version. So each version passes on,
    as `told`, what was reported before, and only what a section adds is reported at that section.

        since 2023-03 ─▶ since 2023-07          each dated version lies over the one before it,
             │                 │
        kind ward         kind ward             each kind over the version of its date

    What March says of wards holds in July too: the sections of a kind are laid over each other, and
    the result over the rules of July.
    """

    def __init__(self, layers: Layers) -> None:
        self.tree = layers.tree
        self.shared = Shared()
        self.problems = [*layers.problems]
        self.bases = tuple(source.id for source in layers.sources[1:])
        self.files = {
            source: SourceFile(FilePath(source.name).name, source.sha256)
            for source in layers.sources
        }
        # By kind of unit, what was reported of its versions of earlier dates.
        self.told_of_kind: dict[str, list[Problem]] = {}
        # What an overlay changes although it is not there: most often a misspelt id. It becomes an
        # entry of its own with few keys; that it lacks the others is not reported as well.
        self.misspelt = {
            problem.path
            for problem in self.problems
            if problem.code == "overlay-unknown"
        }
        # Metrics by where a version first declares them, and those that some version reads.
        self.declared: dict[str, Path] = {}
        self.read: set[str] = set()
        # Whether that is known of every version.
        self.all_readable = True

    def all(self) -> RuleSet | None:
        """Return the rule set with all its versions, None where its own could not be read."""
        dates = _sections(self.tree, "since")
        kinds = {*_sections(self.tree, "kind")}
        for section in dates.values():
            kinds |= {*_sections(section, "kind")}
        # Every kind has a version for every date; the plain rules count as one more of each.
        version_count = (len(dates) + 1) * (len(kinds) + 1)
        if version_count > MAX_VERSIONS:
            most = {"most": Figures(MAX_VERSIONS)}
            self.problems.append(Problem("too-many-versions", (), most))
            return None
        self.problems += _misshapen(self.tree)
        rules, told = self.with_kinds(self.tree, (), [])
        dated = dict(self.dated(dates, rules, told))
        # Last, since any of the versions may read a metric.
        self.problems += bounded(self.unused())
        if rules is None:
            return None
        return replace(rules, dated=dated)

    def dated(
        self, sections: Mapping[str, Tree], rules: RuleSet | None, told: list[Problem]
    ) -> Iterator[tuple[date, RuleSet]]:
        """Yield the rule set of each date, each section laid over those before it."""
        tree = self.tree
        # Dates in the form of ISO 8601 sort as texts.
        for name, section in sorted(sections.items()):
            day = iso_date(name)
            path = ("since", name)
            problem = _wrong_day(name, day, rules)
            if problem is not None:
                self.problems.append(problem)
                continue
            title = None
            if "title" in section:
                title = self.title(path, section)
            tree, told = self.laid(tree, section, path, told)
            self.problems += (
                replace(problem, path=(*path, *problem.path))
                for problem in _misshapen(section, ("kind",))
            )
            version, told = self.with_kinds(tree, path, told)
            if version is not None and day is not None:
                kinds = {
                    kind: replace(rules_of_kind, since=day, since_title=title)
                    for kind, rules_of_kind in version.kinds.items()
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
            known = [*told, *self.told_of_kind.get(name, [])]
            title = self.title(inside, section)
            laid, known = self.laid(tree, section, inside, known)
            version, known = self.version(laid, inside, known)
            self.told_of_kind[name] = known
            if version is not None:
                kinds[name] = replace(version, kind=name, kind_title=title)
        if rules is None:
            return None, told
        return replace(rules, kinds=kinds), told

    def laid(
        self, tree: Tree, section: Tree, path: Path, told: list[Problem]
    ) -> tuple[Tree, list[Problem]]:
        """Return a document with a section laid over it, and all problems that are known; what the
        section may not hold is set aside and reported.
        """
        # A path ends in `("kind", "ward")` or `("since", "2023-07-01")`.
        sort_of_section = str(path[-2])
        barred = [key for key in section if key in _BARRED[sort_of_section]]
        # The title is the section's own, not the rule set's.
        set_aside = (*barred, "title", REMOVE)
        body = {key: part for key, part in section.items() if key not in set_aside}
        problems = []
        for key in barred:
            arguments = {"key": key, "nearest": ""}
            problems.append(Problem("unknown-key", (key,), arguments))
        problems += overlay.unknown(tree, body)
        self.misspelt |= {
            problem.path for problem in problems if problem.code == "overlay-unknown"
        }
        laid = overlay.settled(overlay.over(tree, body))
        return laid, self.tell(problems, path, told)

    def version(
        self, tree: Tree, path: Path, told: list[Problem]
    ) -> tuple[RuleSet | None, list[Problem]]:
        """Return the rule set of a document without its sections, and all problems that it is known
        to have.
        """
        without_sections = {
            key: part for key, part in tree.items() if key not in SECTIONS
        }
        document = overlay.plain(without_sections, self.shared)
        rules, problems = _check(document, self.shared)
        by_name = (_by_name(problem, tree) for problem in problems)
        known = self.tell(by_name, path, told)
        self.note_metrics(rules, path, problems)
        if rules is None:
            return None, known
        version = replace(
            rules,
            bases=self.bases,
            files=tuple(self.files.values()),
            document=document,
            origins=LateDict(partial(self.origins, tree)),
        )
        return version, known

    def note_metrics(
        self, rules: RuleSet | None, path: Path, problems: Iterable[Problem]
    ) -> None:
        """Note which metrics a version declares and reads."""
        if rules is None or any(map(_hides_metrics, problems)):
            self.all_readable = False
            return
        for metric in rules.metrics:
            metric_path = (*path, "metric", metric)
            self.declared.setdefault(metric, metric_path)
        self.read |= check.read_metrics(rules, self.shared)

    def unused(self) -> Iterator[Problem]:
        """Yield a warning for each metric that no version reads; it is probably a slip.

        A metric may be read on some days only, or for some kind of unit. Where a version could not
        be read, or a name in a formula is wrong, the metric may only look unused.
        """
        if not self.all_readable:
            return
        for metric, path in self.declared.items():
            if metric not in self.read:
                arguments = {"name": metric}
                yield Problem("metric-unused", path, arguments, warning=True)

    def tell(
        self, problems: Iterable[Problem], path: Path, told: list[Problem]
    ) -> list[Problem]:
        """Note the problems that a version adds, and return all that are known."""
        added = [
            problem
            for problem in problems
            if problem not in told and not self._follows(problem)
        ]
        self.problems += (
            replace(problem, path=(*path, *problem.path)) for problem in added
        )
        return [*told, *added]

    def _follows(self, problem: Problem) -> bool:
        """Whether a problem only follows from a change of something that is not there."""
        return problem.code == "missing-key" and problem.path[:2] in self.misspelt

    def title(self, path: Path, section: Tree) -> Text:
        """Return the title of a section, its name where it has none."""
        words: object = path[-1]
        field = section.get("title")
        if isinstance(field, FieldValue):
            words = field.value
        title, problems = file_format.read_title(path, words)
        self.problems += problems
        return title

    def origins(self, tree: Tree) -> dict[Path, Origin]:
        """Return where every field of a document comes from, by its path."""
        # A file gives hundreds of fields: they share one object.
        by_giver: dict[Giver, Origin] = {}
        origins: dict[Path, Origin] = {}
        for path, giver in overlay.origins(tree):
            if giver not in by_giver:
                by_giver[giver] = self._origin(giver)
            origins[path] = by_giver[giver]
        return origins

    def _origin(self, giver: Giver) -> Origin:
        file = self.files[giver.source]
        since = iso_date(giver.since or "")
        return Origin(file, since, giver.kind)


def _hides_metrics(problem: Problem) -> bool:
    """Whether a problem may be why a metric looks unused."""
    return problem.code.startswith(("formula-", "unknown-metric"))


_BARRED = {
    "kind": ("extends", "since", "kind"),
    "since": ("extends", "since", "format", "ruleset"),
}
"""What may not stand in a section, by its sort. Files below are those of the whole file; a kind has
no sections of its own; and a date changes what is asked, not which rule set it is.
"""


def _sections(tree: Tree, key: str) -> dict[str, Tree]:
    part = tree.get(key)
    if not isinstance(part, dict):
        return {}
    return {
        name: section
        for name, section in part.items()
        if isinstance(section, dict) and not removed(section)
    }


def _misshapen(tree: Tree, keys: Iterable[str] = SECTIONS) -> Iterator[Problem]:
    """Yield a problem for each section that is no table."""
    for key in keys:
        part = tree.get(key, {})
        if isinstance(part, FieldValue):
            yield Problem("wrong-type", (key,), {"given": quoted(part.value)})
            continue
        for name, section in part.items():
            if isinstance(section, FieldValue):
                given = {"given": quoted(section.value)}
                yield Problem("wrong-type", (key, name), given)


def _wrong_day(name: str, day: date | None, rules: RuleSet | None) -> Problem | None:
    """Return what is wrong with the date of a section."""
    if day is None:
        return Problem("since-date", ("since", name), {"given": quoted(name)})
    if rules is not None and not rules.valid[0] <= day <= rules.valid[1]:
        first, last = (Day(edge.isoformat()) for edge in rules.valid)
        arguments = {
            "given": Day(name),
            "first": first,
            "last": last,
        }
        return Problem("since-outside", ("since", name), arguments)
    return None


def _by_name(problem: Problem, tree: Tree) -> Problem:
    """Return a problem whose path names an entry of a list, where entries have names, and does not
    count it.

    When files are laid over each other, the bands of one list may come from two files, and a number
    would say nothing.
    """
    if len(problem.path) < 2:
        return problem
    key, position, *rest = problem.path
    # Entries of tables have their ids in the path already.
    if key not in NAMED_BY or not isinstance(position, int):
        return problem
    names = overlay.names(tree, str(key))
    if names is None:
        return problem
    return replace(problem, path=(key, names[position], *rest))


def _check(document: TomlTable, shared: Shared) -> tuple[RuleSet | None, list[Problem]]:
    """Return the rule set of a document and its problems; none where its form is wrong.

    Then what has the wrong form is set aside, and the rest is checked all the same.
    """
    file, problems = file_format.read(document, shared)
    if file is not None:
        rules = build(file, shared)
        return rules, check.run(rules, shared)
    # A head without fault stays; the format is set to one that can be read.
    pruned = {**_STAND_IN, **_prune(document, problems), "format": file_format.FORMAT}
    told = {problem.path for problem in problems}
    problems += _names_set_aside(document, pruned, told)
    file, _ = file_format.read(pruned)
    # A head from which something was set aside may now lack a key: the stand-in replaces it.
    if file is None:
        file, _ = file_format.read(pruned | _STAND_IN)
    if file is None:
        return None, problems
    more = check.run(build(file))
    problems += [problem for problem in more if not _follows(problem, document)]
    return None, problems


_STAND_IN: TomlTable = {
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
        "group-sum",  # a rule of the group is missing from the sum
        "group-empty",  # all of them are
        "unknown-band",
        "no-rules",
        "bands-gap",
        "effect-undeclared",  # the table of absences was set aside
        "calendar-undeclared",
    }
)
"""Problems that may only follow from what was set aside."""

_NAMES = {
    "unknown-metric": "metric",
    "unknown-group": "group",
    "unknown-rule": "rule",
    "unknown-remedy": "remedy",
}
"""The problems of names, each with the table in which the name may stand after all."""


def _follows(problem: Problem, document: TomlTable) -> bool:
    """Whether a problem may only follow from what was set aside: a name that is declared after all,
    for one.
    """
    if problem.code in _CONSEQUENCES:
        return True
    table = document.get(_NAMES.get(problem.code, ""))
    return isinstance(table, Mapping) and problem.arguments.get("name") in table


def _prune(document: TomlTable, problems: list[Problem]) -> TomlTable:
    """Return the document without what has the wrong form: an unknown key alone, anything else with
    its table.
    """
    pruned = copy.deepcopy(document)
    faulty = {_faulty(problem) for problem in problems}
    # From the back, so that positions in lists stay right.
    for path in sorted(faulty, key=str, reverse=True):
        here: Any = pruned
        for part in path[:-1]:
            if not _has(here, part):
                here = None
                break
            here = here[part]
        if path and _has(here, path[-1]):
            del here[path[-1]]
    return pruned


def _names_set_aside(
    document: TomlTable, pruned: TomlTable, told: set[Path]
) -> Iterator[Problem]:
    """Yield the unknown names of rules whose form is wrong: they are set aside, but their names can
    be looked up.
    """
    rules = document.get("rule")
    if not isinstance(rules, Mapping):
        return
    kept = pruned.get("rule", {})
    for id_, rule in rules.items():
        if id_ in kept or not isinstance(rule, Mapping):
            continue
        # Each of these keys has the name of the table in which its value is declared.
        for key in ("metric", "group", "remedy"):
            name = rule.get(key)
            known = document.get(key, {})
            path = ("rule", id_, key)
            if not isinstance(name, str) or not isinstance(known, Mapping):
                continue
            if name not in known and path not in told:
                yield unknown(f"unknown-{key}", path, name, known)


def _faulty(problem: Problem) -> Path:
    """Return the path of what must be set aside for a problem of form: `("rule", "on-time")`."""
    if problem.code == "unknown-key":
        return problem.path
    return problem.path[:2]


def _has(here: object, part: str | int) -> bool:
    if isinstance(here, list):
        return isinstance(part, int) and part < len(here)
    return isinstance(here, dict) and part in here
