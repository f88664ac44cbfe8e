"""Rule documents laid over each other, every field with the file that gave it. Pure: opens no file.

A document becomes a tree: tables down to their fields, and each field a `FieldValue`, that is its
value and its giver. `over` lays one tree over another, `beside` merges two that are laid over the
same, `settled` leaves out what only mattered for merging, `plain` gives the document back.

    frame.toml:     [rule.a]  weight = 2, threshold = 80, note = "…"
    district.toml:  [rule.a]  threshold = 85                (extends the frame)
    sector.toml:    [rule.a]  remove = ["note"]             (extends the frame)

    district over frame:  weight 2 (frame), threshold 85 (district), note … (frame)
    sector over frame:    weight 2 (frame), threshold 80 (frame),    note gone (sector)
    the two beside:       weight 2,         threshold 85,            note gone

A file that extends both asks, field by field, whose word holds. The threshold is given by district
and by frame; district lies over frame, so its word holds. Taking away is a word like any other:
this is why `over` keeps a mark for what it took away. Had sector only dropped the note, the note of
the frame would come back through district. Two givers of which neither lies over the other, and
that say different things, are a clash.

The same holds for what a file takes away without writing it down. Whoever removes rule a, or puts a
new one in its place whole, also takes away what kinds and dated sections below say of it: there
`over` marks every field as `FORGOTTEN`. And a section that gives `above = 50` to a tier edge takes
away the `from = 50` of a section below.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

from cchc_rules.base.frozen import deeply_frozen
from cchc_rules.base.problem import Path, Problem, nearest, quoted
from cchc_rules.rules import file_format
from cchc_rules.rules.shared import Shared
from cchc_rules.rules.source import TomlTable

Tree: TypeAlias = dict[str, Any]
"""Keys to field values, or to trees."""

ENTRIES = (
    "metric",
    "group",
    "rule",
    "remedy",
    "band",
    "band_gate",
    "band_quota",
    "target",
)
"""Tables of things with an id, laid field by field."""

NAMED_BY = {
    "band": ("id",),
    "band_gate": ("rule", "id"),
    "band_quota": ("band",),
    "target": ("id",),
}
"""The tables that stand in a document as lists, and the fields that may name an entry.

A gate that is a rule's goes by that rule, one with conditions of its own by its id.
"""

SECTIONS = ("kind", "since")
"""Tables of overlays inside a file."""

REMOVE = "remove"

_OTHER_EDGE = {
    "from": "above",
    "above": "from",
    "to": "below",
    "below": "to",
    "at_most": "lower_by",
    "lower_by": "at_most",
}
"""An entry has one edge of each pair, and a gate one effect: the one that is given last replaces
the other.
"""


class Giver(NamedTuple):
    """Which file gave a value, and within it which dated section and which kind of unit."""

    source: Any = None
    since: str | None = None
    kind: str | None = None

    @property
    def section(self) -> Path:
        """The path of the section within its file; empty outside any.

        >>> Giver(since="2023-07-01", kind="ward").section
        ('since', '2023-07-01', 'kind', 'ward')
        """
        path: Path = ()
        if self.since is not None:
            path = ("since", self.since)
        if self.kind is not None:
            path = (*path, "kind", self.kind)
        return path


class _Mark:
    """The value of a field that is not there; in messages it reads as what took the field away."""

    def __str__(self) -> str:
        return REMOVE


GONE = _Mark()
"""The value of a field that was taken away: laid over an entry, it takes the field away there."""

FORGOTTEN = _Mark()
"""The value of a field of a section that can change nothing any more. Unlike `GONE` it takes
nothing away from what the section is laid over.
"""


class FieldValue(NamedTuple):
    """A value and who gave it; `rivals` are what other files beside that one give for the same
    field.
    """

    value: object
    giver: Giver
    rivals: tuple["FieldValue", ...] = ()


Part: TypeAlias = Tree | FieldValue
"""What stands under a key of a tree: a table with more keys, or a field."""


class Clash(NamedTuple):
    """A field for which two files that lie beside each other give different values."""

    path: Path
    one: FieldValue
    other: FieldValue


# From a document to its tree and back -----------------------------------------------------------


def tree(
    content: Mapping[str, Any], giver: Giver, sections: tuple[str, ...] = SECTIONS
) -> Tree:
    """Return the tree of a document, every field given by one giver; lists are one value until
    they are laid.

    Args:
        content: the parsed document, or the content of a section of one.
        giver: who gives its fields.
        sections: the keys under which sections of overlays may stand in it.

    >>> laid = tree({"rule": {"a": {"weight": 2}}}, Giver("frame.toml"))
    >>> laid["rule"]["a"]["weight"].giver.source
    'frame.toml'
    """
    return {key: _part(key, value, giver, sections) for key, value in content.items()}


def _part(key: str, value: object, giver: Giver, sections: tuple[str, ...]) -> Part:
    """Return what stands under a top key of a document.

    Fields lie at three depths: `format` at the top, `index.scale` in its table, `rule.a.weight` in
    its entry; and so again in sections. What a field holds, a threshold or a deduction, is one
    value: it is replaced as a whole, never mixed from two files.
    """
    # A title in two languages is a table for TOML, and yet one value.
    if not isinstance(value, Mapping) or key == "title":
        return FieldValue(value, giver)
    if key in sections:
        return {
            name: _section(key, name, table, giver) for name, table in value.items()
        }
    if key in ENTRIES:
        return {name: _fields(table, giver) for name, table in value.items()}
    return {name: FieldValue(field, giver) for name, field in value.items()}


def _section(key: str, name: str, table: object, giver: Giver) -> Part:
    inside = giver._replace(**{key: name})
    if not isinstance(table, Mapping):
        return FieldValue(table, inside)
    # A dated section may hold kinds, a kind holds no sections.
    sections: tuple[str, ...] = ()
    if key == "since":
        sections = ("kind",)
    return tree(table, inside, sections)


def _fields(table: object, giver: Giver) -> Part:
    """Return the fields of an entry, those that `remove = ["due", "note"]` names as `GONE`."""
    if not isinstance(table, Mapping):
        return FieldValue(table, giver)
    fields = {name: FieldValue(value, giver) for name, value in table.items()}
    taken = table.get(REMOVE)
    # `remove = true` takes the whole entry away: it stays a field, for which `removed` looks.
    if not isinstance(taken, list) or not all(isinstance(name, str) for name in taken):
        return fields
    del fields[REMOVE]
    # A field that is both taken away and given is given.
    return dict.fromkeys(taken, FieldValue(GONE, giver)) | fields


def plain(laid: Tree, shared: Shared | None = None) -> TomlTable:
    """Return the document of a settled tree: what was taken away is left out, but stands as
    `remove` in a section.

    Args:
        laid: the tree.
        shared: keeps the tables of entries that several trees have in common.
    """
    shared = shared or Shared()
    return {key: _plain(key, part, shared) for key, part in laid.items()}


def _plain(key: str, part: Part, shared: Shared) -> object:
    if isinstance(part, FieldValue):
        return part.value
    if key in SECTIONS:
        return {
            name: _plain_section(section)
            for name, section in part.items()
            if not removed(section)
        }
    if key not in ENTRIES:
        return {name: field.value for name, field in part.items()}
    entries = {
        name: shared.once("plain", (entry,), lambda: _frozen_fields(entry))  # noqa: B023
        for name, entry in part.items()
        if not removed(entry)
    }
    if key not in NAMED_BY:
        return entries
    return [_named(key, name, entry) for name, entry in entries.items()]


def name_of(key: str, entry: Mapping[str, Any]) -> object:
    """Return what an entry of a list goes by, None where it has no name.

    >>> name_of("band_gate", {"rule": "on-time", "at_most": "fair"})
    'on-time'
    """
    named = (entry[field] for field in NAMED_BY[key] if field in entry)
    return next(named, None)


def _named(key: str, name: str, entry: Any) -> Any:
    """Return an entry of a list with its name, which in the tree is its key."""
    if not isinstance(entry, Mapping):
        return entry
    # A gate with conditions of its own goes by its id, any other by its rule.
    field = NAMED_BY[key][0]
    if key == "band_gate" and ("needs" in entry or "id" in entry):
        field = "id"
    return {field: name, **entry}


def _frozen_fields(entry: Part) -> Any:
    """Return the fields of an entry as nobody can change them: several documents hold them."""
    return deeply_frozen(_plain_fields(entry))


def _plain_fields(entry: Part) -> Any:
    if isinstance(entry, FieldValue):
        return entry.value
    return {
        name: field.value
        for name, field in entry.items()
        if not isinstance(field.value, _Mark)
    }


def _plain_section(section: Tree) -> TomlTable:
    """Return a section as it would be written: what it takes away is named by `remove`."""
    written: TomlTable = {}
    for key, part in section.items():
        if key in ENTRIES and isinstance(part, dict):
            written[key] = {name: _plain_changes(entry) for name, entry in part.items()}
        else:
            written[key] = _plain(key, part, Shared())
    return written


def _plain_changes(entry: Part) -> Any:
    fields = _plain_fields(entry)
    if isinstance(entry, FieldValue):
        return fields
    taken = [name for name, field in entry.items() if field.value is GONE]
    if not taken:
        return fields
    return fields | {REMOVE: taken}


def names(laid: Tree, key: str) -> list[str] | None:
    """Return the names of the entries of a list, in its order; None where they have none of their
    own.
    """
    part = laid.get(key)
    if not isinstance(part, dict):
        return None
    return [name for name, entry in part.items() if not removed(entry)]


def origins(laid: Tree) -> Iterator[tuple[Path, Giver]]:
    """Yield every field of a document with its giver, sections left out.

    >>> laid = tree({"rule": {"a": {"weight": 2}}}, Giver("frame.toml"))
    >>> [(path, giver.source) for path, giver in origins(laid)]
    [(('rule', 'a', 'weight'), 'frame.toml')]
    """
    for key, part in laid.items():
        if isinstance(part, FieldValue):
            yield (key,), part.giver
        elif key in ENTRIES:
            for name, entry in part.items():
                for field, giver in _givers(entry):
                    yield (key, name, field), giver
        elif key not in SECTIONS:
            for field, giver in _givers(part):
                yield (key, field), giver


def _givers(fields: Part) -> Iterator[tuple[str, Giver]]:
    """Yield the fields of an entry that are there, each with its giver."""
    if not isinstance(fields, dict) or removed(fields):
        return
    for name, field in fields.items():
        if field.value is not GONE:
            yield name, field.giver


# One over another -------------------------------------------------------------------------------


def removed(entry: object) -> bool:
    """Whether an entry or a section is marked as taken away.

    >>> removed({"remove": FieldValue(True, Giver())}), removed({})
    (True, False)
    """
    if not isinstance(entry, dict):
        return False
    mark = entry.get(REMOVE)
    return isinstance(mark, FieldValue) and mark.value is True


def over(below: Tree, top: Tree) -> Tree:
    """Return a document with another laid over it: entries field by field, `remove` takes away,
    lists are replaced.

    What is taken away leaves a mark, so that `beside` can tell it from what was never there.

    >>> frame = tree({"rule": {"a": {"weight": 2, "due": "May"}}}, Giver("frame.toml"))
    >>> top = tree({"rule": {"a": {"weight": 3, "remove": ["due"]}}}, Giver("district.toml"))
    >>> plain(over(frame, top))
    {'rule': {'a': {'weight': 3}}}
    """
    laid = _forgetting(below, top)
    for key, part in top.items():
        if key in NAMED_BY:
            laid[key] = _over_list(key, laid.get(key), part)
        elif key in ENTRIES and isinstance(part, dict):
            laid[key] = _over_entries(_dict(laid.get(key)), part, _laid)
        else:
            laid[key] = _over_other(key, laid.get(key), part)
    return laid


def _over_other(key: str, below: Part | None, top: Part) -> Part:
    if isinstance(top, FieldValue):
        return top
    if key in SECTIONS:
        return _over_entries(_dict(below), top, _over_section)
    return {**_dict(below), **top}


def _dict(part: Part | None) -> Tree:
    """Return a table as it is; where there is none, or a value in its place, an empty one."""
    if isinstance(part, dict):
        return part
    return {}


Laying: TypeAlias = Callable[[Part | None, Part], Part]
"""What becomes of an entry (None where there is none) with another laid over it."""


def _over_entries(below: Tree, top: Tree, lay: Laying) -> Tree:
    changed = {name: lay(below.get(name), entry) for name, entry in top.items()}
    return {**below, **changed}


def _over_list(key: str, below: Part | None, top: Part) -> Part:
    """Return a list with another in its place, or with entries of it changed by their names.

    In a file, `[[band]]` gives a new list, and `[band.good]` changes an entry.
    """
    if isinstance(top, dict):
        if isinstance(below, FieldValue):
            return below  # entries without names of their own cannot be changed by name
        return _over_entries(_dict(below), top, _laid)
    entries = opened(key, top)
    if entries is None:
        return top
    # An entry of the same name is a new one: as in any list that is replaced, no field of the old
    # one is kept. Laid by name, each field still knows who gave it or took it away.
    old = _dict(below)
    new = {
        name: _in_place(old.get(name), entry, top.giver)
        for name, entry in entries.items()
    }
    gone = {
        name: _removal(entry, top.giver)
        for name, entry in old.items()
        if name not in entries
    }
    return {**new, **gone}


def _removal(below: Part | None, giver: Giver) -> Tree:
    """Return an entry that somebody has taken away, and with it every field that it had."""
    return {
        **_gone(below, giver),
        REMOVE: FieldValue(True, giver),
    }


def _gone(below: Part | None, giver: Giver) -> Tree:
    mark = FieldValue(GONE, giver)
    return {name: mark for name in _dict(below) if name != REMOVE}


def opened(key: str, field: FieldValue) -> Tree | None:
    """Return the entries of a list by their names, None where they have none of their own.

    Where two have the same name, or one has none, the list stays one value.

    Args:
        key: the key of the list, one of `NAMED_BY`.
        field: the list as its file gives it.

    >>> opened("band", FieldValue([{"id": "good", "from": 80}], Giver()))["good"]["from"].value
    80
    """
    if not isinstance(field.value, list):
        return None
    entries: Tree = {}
    for entry in field.value:
        name = name_of(key, entry) if isinstance(entry, Mapping) else None
        if not isinstance(name, str) or name in entries:
            return None
        fields = {part: FieldValue(value, field.giver) for part, value in entry.items()}
        entries[name] = fields
    return entries


def _in_place(below: Part | None, top: Tree, giver: Giver) -> Tree:
    """Return an entry that takes the place of another whole."""
    return {**_gone(below, giver), **top}


def _laid(below: Part | None, top: Part) -> Part:
    """Return an entry with its changes.

    `remove = true` alone takes it away; other fields beside it are a new entry in its place. An
    edge replaces the other one of its pair.
    """
    if isinstance(top, FieldValue) or not isinstance(below, dict):
        return _without_mark(top)
    if removed(top):
        giver = top[REMOVE].giver
        fields = {name: field for name, field in top.items() if name != REMOVE}
        if not fields:
            return _removal(below, giver)
        return _in_place(below, fields, giver)
    edges = {
        _OTHER_EDGE[name]: FieldValue(GONE, field.giver)
        for name, field in top.items()
        if _OTHER_EDGE.get(name) in below
    }
    kept = {name: field for name, field in below.items() if name != REMOVE}
    return {**kept, **edges, **top}


def _without_mark(top: Part) -> Part:
    """Return an entry with nothing below it: `remove` beside other fields takes nothing away."""
    if removed(top) and isinstance(top, dict) and len(top) > 1:
        return {name: field for name, field in top.items() if name != REMOVE}
    return top


def _composed(below: Part | None, top: Part) -> Part:
    """Return changes of an entry with later changes of it: both are still to be laid.

    `from = 50`, and later `above = 50`, are together `above = 50`; anything, and later
    `remove = true`, is together `remove = true`.
    """
    if isinstance(top, FieldValue) or not isinstance(below, dict):
        return top
    if removed(top):
        return {**_forgotten(below, top[REMOVE].giver), **top}
    edges = {
        _OTHER_EDGE[name]: FieldValue(FORGOTTEN, field.giver)
        for name, field in top.items()
        if _OTHER_EDGE.get(name) in below
    }
    return {**below, **edges, **top}


def _over_section(below: Part | None, top: Part) -> Part:
    """Return a section with a later one of the same name.

    Entries of a document are laid with `_laid`, those of a section with `_composed`: a section
    holds not rules but changes, which are still to be laid over the rules.
    """
    if isinstance(top, FieldValue) or not isinstance(below, dict):
        return top
    if removed(top):
        return {**_forgotten(below, top[REMOVE].giver), **top}
    laid = {key: part for key, part in below.items() if key != REMOVE}
    for key, part in top.items():
        under = laid.get(key)
        if key not in ENTRIES or isinstance(part, FieldValue):
            laid[key] = _over_other(key, under, part)
        elif key in NAMED_BY and isinstance(under, FieldValue):
            laid[key] = _over_section_list(key, under, part)
        else:
            laid[key] = _over_entries(_dict(under), part, _composed)
    return laid


def _over_section_list(key: str, below: FieldValue, top: Tree) -> Part:
    """Return a section's list with entries changed by their names: it stays a list, written by the
    later one.
    """
    entries = opened(key, below)
    if entries is None:
        return below
    changed = _over_entries(entries, top, _composed)
    last = next(_field_values(top), below)
    return FieldValue(_plain(key, changed, Shared()), last.giver)


def _field_values(part: Part) -> Iterator[FieldValue]:
    """Yield every field in a part of a tree, at any depth."""
    if isinstance(part, FieldValue):
        yield part
    else:
        for inside in part.values():
            yield from _field_values(inside)


# What sections say of something that is taken away -----------------------------------------------

_Removers: TypeAlias = Mapping[str, Mapping[str, Giver]]
"""By table and id, who takes an entry or a kind away."""


def _forgetting(below: Tree, top: Tree) -> Tree:
    """Return the document below; its sections no longer change what the top takes away."""
    removers = {key: _removers(key, below, top) for key in (*ENTRIES, "kind")}
    if not any(removers.values()):
        return dict(below)
    left = dict(below)
    for key in SECTIONS:
        if key in below:
            left[key] = _sections_forgetting(below[key], removers)
    return left


def _removers(key: str, below: Tree, top: Tree) -> dict[str, Giver]:
    """Return who takes away which entries of a table, by their ids."""
    part = top.get(key)
    if isinstance(part, dict):
        return {
            name: entry[REMOVE].giver for name, entry in part.items() if removed(entry)
        }
    if key not in NAMED_BY or part is None:
        return {}
    # A list in the place of another takes away the entries that it does not have.
    kept = opened(key, part)
    if kept is None:
        return {}
    return {name: part.giver for name in _dict(below.get(key)) if name not in kept}


def _sections_forgetting(part: Part, removers: _Removers) -> Part:
    """Return sections of which what was said of the entries that are gone is forgotten."""
    if isinstance(part, FieldValue):
        return part
    left: Tree = {}
    for name, section in part.items():
        # A section that is no table stays as it is: the form check reports it.
        if isinstance(section, FieldValue):
            left[name] = section
        else:
            left[name] = _section_forgetting(section, removers)
    return left


def _section_forgetting(section: Tree, removers: _Removers) -> Tree:
    left: Tree = {}
    for key, part in section.items():
        if isinstance(part, FieldValue):
            left[key] = part
            continue
        # A dated section may hold kinds: what is gone is forgotten in them too, and a kind that is
        # itself gone is forgotten as a whole.
        forget: Callable[[Any, Giver], Any] = _forgotten
        entries = part
        if key in SECTIONS:
            forget = _forgotten_section
            entries = _dict(_sections_forgetting(part, removers))
        gone = removers.get(key, {})
        forgotten = {
            name: forget(entry, gone[name])
            for name, entry in entries.items()
            if name in gone
        }
        left[key] = {**entries, **forgotten}
    return left


def _forgotten(part: Any, giver: Giver) -> Any:
    """Return changes that change nothing any more."""
    if isinstance(part, FieldValue):
        return FieldValue(FORGOTTEN, giver)
    return {name: _forgotten(inside, giver) for name, inside in part.items()}


def _forgotten_section(section: Any, giver: Giver) -> Tree:
    """Return a kind in a dated section that is forgotten as a whole."""
    inside: Tree = {}
    if isinstance(section, dict):
        inside = _forgotten(section, giver)
    return {**inside, REMOVE: FieldValue(FORGOTTEN, giver)}


def settled(laid: Tree) -> Tree:
    """Return a tree without what is forgotten, once no more documents are to be merged with it.

    Marks of what was taken away from entries stay: `plain` leaves these out.
    """
    left = dict(laid)
    for key in SECTIONS:
        if key in laid:
            left[key] = _settled_sections(laid[key])
    return left


def _settled_sections(part: Part) -> Part:
    if isinstance(part, FieldValue):
        return part
    left: Tree = {}
    for name, section in part.items():
        if isinstance(section, FieldValue):
            left[name] = section
        elif not _is_forgotten(section.get(REMOVE)):
            left[name] = _settled_section(section)
    return left


def _settled_section(section: Tree) -> Tree:
    left: Tree = {}
    for key, part in section.items():
        if isinstance(part, FieldValue):
            if not _is_forgotten(part):
                left[key] = part
        elif key in SECTIONS:
            left[key] = _settled_sections(part)
        else:
            left[key] = _remembered(part)
    return left


def _remembered(table: Tree) -> Tree:
    """Return what a table of changes still changes; an entry of which all is forgotten is none."""
    left: Tree = {}
    for name, part in table.items():
        if not isinstance(part, dict):
            if not _is_forgotten(part):
                left[name] = part
            continue
        kept = _remembered(part)
        # An entry that was written empty stays: nothing in it was forgotten.
        if kept or not part:
            left[name] = kept
    return left


def _is_forgotten(part: object) -> bool:
    return isinstance(part, FieldValue) and part.value is FORGOTTEN


# Two beside each other --------------------------------------------------------------------------

LiesOver: TypeAlias = "Callable[[Any, Any], bool]"
"""Whether one file is laid over another, however far below."""


def beside(one: Tree, other: Tree, lies_over: LiesOver) -> Tree:
    """Merge two documents of equal standing: where both give a field, the value counts over whose
    giver's file no other giver's file lies.

    Args:
        one: the first document, with all that it is laid over.
        other: the second; where neither lies over the other, its value is kept as a rival.
        lies_over: whether one file is laid over another.
    """
    merged = dict(one)
    for key, part in other.items():
        if key in merged:
            merged[key] = _joined(merged[key], part, lies_over)
        else:
            merged[key] = part
    return merged


def _joined(one: Part, other: Part, lies_over: LiesOver) -> Part:
    """Return what two documents make of one field, without values that are overruled.

    In the example at the top of this module, frame and district give the threshold. District lies
    over frame, so frame is overruled, and district's value is left.
    """
    if isinstance(one, dict) and isinstance(other, dict):
        return beside(one, other, lies_over)
    # By giver: what both documents have from one file below is one value, not two.
    by_giver = {
        field.giver: field
        for part in (one, other)
        for first in _field_values(part)
        for field in (first, *first.rivals)
    }
    standing = [
        field._replace(rivals=())
        for field in by_giver.values()
        if not _overruled(field, by_giver, lies_over)
    ]
    first, *others = standing
    return first._replace(rivals=tuple(others))


def _overruled(field: FieldValue, givers: Iterable[Giver], lies_over: LiesOver) -> bool:
    return any(lies_over(giver.source, field.giver.source) for giver in givers)


def clashes(
    laid: Tree, lies_over: LiesOver, path: Path = (), mark: FieldValue | None = None
) -> Iterator[Clash]:
    """Yield every field that files beside each other give different values, and no file over them
    settles.

    Args:
        laid: a merged document, or a table of it.
        lies_over: whether one file is laid over another.
        path: where in the document the table stands.
        mark: what takes away the table that is looked at, or one that it lies in.
    """
    if REMOVE in laid and isinstance(laid[REMOVE], FieldValue):
        mark = laid[REMOVE]
    for key, part in laid.items():
        if isinstance(part, dict):
            yield from clashes(part, lies_over, (*path, key), mark)
            continue
        # Two files that say the same agree, even though neither lies over the other.
        rivals = [rival for rival in part.rivals if not _same(part.value, rival.value)]
        if mark is not None and _takes_away(mark, part, lies_over):
            rivals.append(mark)
        if rivals:
            yield Clash((*path, key), part, rivals[0])


def _takes_away(mark: FieldValue, field: FieldValue, lies_over: LiesOver) -> bool:
    """Whether one file takes away something of which another, beside it, gives a field."""
    if mark.value is not True and not _is_forgotten(mark):
        return False
    if _is_forgotten(field) or mark.giver.source is field.giver.source:
        return False
    return not lies_over(mark.giver.source, field.giver.source)


def _same(one: object, other: object) -> bool:
    """Whether two values say the same: 35 and 35.0 do, true and 1 do not."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        if one.keys() != other.keys():
            return False
        return all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    # To Python, true is equal to 1.
    both_or_neither_bool = isinstance(one, bool) == isinstance(other, bool)
    return one == other and both_or_neither_bool


# What a file changes although it is not there ---------------------------------------------------


def unknown(below: Tree, top: Tree) -> Iterator[Problem]:
    """Yield a problem for each thing that is changed or taken away although it is not there.

    An entry with all the keys that it needs is a new one, and no problem. One with fewer was meant
    as a change, and its id is probably misspelt.
    """
    for key in (*ENTRIES, *SECTIONS):
        under = below.get(key)
        part = top.get(key)
        if not isinstance(part, dict):
            continue
        if key in NAMED_BY and isinstance(under, FieldValue):
            continue  # a list whose entries have no names of their own
        entries = _dict(under)
        known = [name for name, entry in entries.items() if not removed(entry)]
        for name, entry in part.items():
            yield from _unknown(key, name, entry, entries.get(name), known)


def _unknown(
    key: str,
    name: str,
    entry: Part,
    under: Part | None,
    known: list[str],
) -> Iterator[Problem]:
    if isinstance(entry, FieldValue):
        return
    is_there = isinstance(under, dict) and not removed(under)
    arguments = {
        "table": key,
        "name": quoted(name),
        "nearest": nearest(name, known),
    }
    if removed(entry):
        # With other fields beside it, `remove` puts a new table in the place of an old one or none.
        if not is_there and len(entry) == 1:
            yield Problem("remove-unknown", (key, name), arguments)
    elif key in SECTIONS:
        return
    elif is_there:
        yield from _fields_unknown((key, name), entry, _dict(under))
    else:
        missing = [
            field
            for field in file_format.required(key)
            if field not in entry and field not in NAMED_BY.get(key, ())
        ]
        # A gate that lowers by bands needs no band to lower to.
        if key == "band_gate" and "lower_by" in entry:
            missing = []
        # A target with conditions need ask nothing of the index.
        if key == "target" and "needs" in entry:
            of_index = ("comparator", "threshold")
            missing = [field for field in missing if field not in of_index]
        if missing:
            arguments["keys"] = ", ".join(missing)
            yield Problem("overlay-unknown", (key, name), arguments)


def _fields_unknown(path: Path, entry: Tree, under: Tree) -> Iterator[Problem]:
    known = [name for name, field in under.items() if field.value is not GONE]
    for name, field in entry.items():
        if field.value is GONE and name not in known:
            arguments = {
                "table": str(path[0]),
                "name": f"{path[1]}.{quoted(name)}",
                "nearest": nearest(name, known),
            }
            yield Problem("remove-unknown", (*path, REMOVE), arguments)
