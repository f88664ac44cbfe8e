"""Rule documents laid over each other, every field with the place that gave it. Pure: opens no
file.

A document becomes a tree: tables down to their fields, a field a cell with its value and its place.
`over` lays one tree over another, `beside` joins two that are laid over the same, `plain` gives the
document back.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

from cchc_rules.base.problem import Path, Problem, nearest, quoted
from cchc_rules.rules import file_format

Document = dict[str, Any]
Tree: TypeAlias = dict[str, Any]
"""Keys to cells, or to trees."""

ENTRIES = ("metric", "group", "rule", "remedy", "band", "band_gate", "target")
"""Tables of things with an id, laid field by field."""

NAMED_BY = {"band": "id", "band_gate": "rule", "target": "id"}
"""The tables that stand in a document as lists, and the field that names an entry."""

SECTIONS = ("kind", "since")
"""Tables of overlays inside a file."""

REMOVE = "remove"

_OTHER_EDGE = {"from": "above", "above": "from", "to": "below", "below": "to"}


class Place(NamedTuple):
    """Which file gave a value, and within it which dated section and which kind of unit."""

    source: Any = None
    since: str | None = None
    kind: str | None = None

    @property
    def section(self) -> Path:
        """The path of the section within its file; empty outside any."""
        since = () if self.since is None else ("since", self.since)
        return (*since, *(() if self.kind is None else ("kind", self.kind)))


class _Gone:
    """The value of a field that was taken away."""

    def __str__(self) -> str:
        return REMOVE


GONE = _Gone()


class Cell(NamedTuple):
    """A value and who gave it; `rivals` are what files that lie beside that one give for the same
    field.
    """

    value: object
    place: Place
    rivals: tuple["Cell", ...] = ()


class Clash(NamedTuple):
    """A field for which two files that lie beside each other give different values."""

    path: Path
    one: Cell
    other: Cell


# From a document to its tree and back --------------------------------------------------------------------------------


def tree(
    content: Mapping[str, Any], place: Place, sections: tuple[str, ...] = SECTIONS
) -> Tree:
    """Return the tree of a document, every field given by one place; lists are one cell until they
    are laid.
    """
    return {key: _part(key, value, place, sections) for key, value in content.items()}


def _part(
    key: str, value: object, place: Place, sections: tuple[str, ...]
) -> Tree | Cell:
    if not isinstance(value, Mapping) or key == "title":
        return Cell(value, place)
    if key in sections:
        return {
            name: _section(key, name, table, place) for name, table in value.items()
        }
    if key in ENTRIES:
        return {name: _fields(table, place) for name, table in value.items()}
    return {name: Cell(field, place) for name, field in value.items()}


def _section(key: str, name: str, table: object, place: Place) -> Tree | Cell:
    inside = place._replace(**{key: name})
    return (
        tree(table, inside, ("kind",) if key == "since" else ())
        if isinstance(table, Mapping)
        else Cell(table, inside)
    )


def _fields(table: object, place: Place) -> Tree | Cell:
    if not isinstance(table, Mapping):
        return Cell(table, place)
    taken = table.get(REMOVE)
    if not isinstance(taken, list) or not all(isinstance(name, str) for name in taken):
        return {name: Cell(value, place) for name, value in table.items()}
    fields = {
        name: Cell(value, place) for name, value in table.items() if name != REMOVE
    }
    return dict.fromkeys(taken, Cell(GONE, place)) | fields


def plain(found: Tree) -> Document:
    """Return the document of a tree: what was taken away is left out, but stands as `remove` in a
    section.
    """
    return {key: _plain(key, part) for key, part in found.items()}


def _plain(key: str, part: Tree | Cell) -> object:
    if isinstance(part, Cell):
        return part.value
    if key in SECTIONS:
        return {
            name: _plain_section(section)
            for name, section in part.items()
            if not removed(section)
        }
    if key not in ENTRIES:
        return {name: cell.value for name, cell in part.items()}
    entries = {
        name: _plain_fields(entry) for name, entry in part.items() if not removed(entry)
    }
    by = NAMED_BY.get(key)
    return (
        entries
        if by is None
        else [_named(by, name, entry) for name, entry in entries.items()]
    )


def _named(by: str, name: str, entry: Any) -> Any:
    return {by: name, **entry} if isinstance(entry, Mapping) else entry


def _plain_fields(entry: Tree | Cell) -> Any:
    if isinstance(entry, Cell):
        return entry.value
    return {name: cell.value for name, cell in entry.items() if cell.value is not GONE}


def _plain_section(section: Tree) -> Document:
    """Return a section as it would be written: what it takes away is named by `remove`."""
    found: Document = {}
    for key, part in section.items():
        if key in ENTRIES and isinstance(part, dict):
            found[key] = {name: _plain_changes(entry) for name, entry in part.items()}
        else:
            found[key] = _plain(key, part)
    return found


def _plain_changes(entry: Tree | Cell) -> Any:
    taken = (
        []
        if isinstance(entry, Cell)
        else [name for name, cell in entry.items() if cell.value is GONE]
    )
    return _plain_fields(entry) | {REMOVE: taken} if taken else _plain_fields(entry)


def names(found: Tree, key: str) -> list[str] | None:
    """Return the names of the entries of a list, in its order; None where they have none of their
    own.
    """
    part = found.get(key)
    return (
        [name for name, entry in part.items() if not removed(entry)]
        if isinstance(part, dict)
        else None
    )


def origins(found: Tree) -> Iterator[tuple[Path, Place]]:
    """Yield every field of a document with the place that gave it, sections left out."""
    for key, part in found.items():
        if isinstance(part, Cell):
            yield (key,), part.place
        elif key in ENTRIES:
            for name, entry in part.items():
                yield from (
                    ((key, name, field), place) for field, place in _given(entry)
                )
        elif key not in SECTIONS:
            yield from (((key, field), place) for field, place in _given(part))


def _given(fields: Tree | Cell) -> Iterator[tuple[str, Place]]:
    if isinstance(fields, dict) and not removed(fields):
        yield from (
            (name, cell.place)
            for name, cell in fields.items()
            if cell.value is not GONE
        )


# One over another ----------------------------------------------------------------------------------------------------


def removed(entry: object) -> bool:
    """Whether an entry or a section is marked as taken away."""
    mark = entry.get(REMOVE) if isinstance(entry, dict) else None
    return isinstance(mark, Cell) and mark.value is True


def over(below: Tree, top: Tree) -> Tree:
    """Return a document with another laid over it: entries field by field, `remove` takes away,
    lists are replaced.

    An entry or field that is taken away leaves a mark, so that `beside` can tell it from one that
    was never there.
    """
    result = _forgotten(below, top)
    for key, part in top.items():
        if key in NAMED_BY:
            result[key] = _over_list(key, result.get(key), part)
        elif key in ENTRIES and isinstance(part, dict):
            result[key] = _over_entries(_dict(result.get(key)), part, _laid)
        else:
            result[key] = _over_other(key, result.get(key), part)
    return result


def _over_other(key: str, below: Tree | Cell | None, top: Tree | Cell) -> Tree | Cell:
    if isinstance(top, Cell):
        return top
    if key in SECTIONS:
        return _over_entries(_dict(below), top, _over_section)
    return {**_dict(below), **top}


def _dict(part: Tree | Cell | None) -> Tree:
    return part if isinstance(part, dict) else {}


Laying: TypeAlias = "Callable[[Tree | Cell | None, Tree | Cell], Tree | Cell]"


def _over_entries(below: Tree, top: Tree, lay: Laying) -> Tree:
    return {
        **below,
        **{name: lay(below.get(name), entry) for name, entry in top.items()},
    }


def _over_list(key: str, below: Tree | Cell | None, top: Tree | Cell) -> Tree | Cell:
    """Return a list with another in its place, or with entries of it changed by their names."""
    if isinstance(top, dict):
        return (
            below
            if isinstance(below, Cell)
            else _over_entries(_dict(below), top, _laid)
        )
    entries = opened(key, top)
    if entries is None:
        return top
    whole = {
        name: _in_place(_dict(below).get(name), entry, top.place)
        for name, entry in entries.items()
    }
    gone = {
        name: {REMOVE: Cell(True, top.place)}
        for name in _dict(below)
        if name not in entries
    }
    return {**whole, **gone}


def opened(key: str, cell: Cell) -> Tree | None:
    """Return the entries of a list by their names, None where they have none of their own."""
    entries = cell.value if isinstance(cell.value, list) else [None]
    named = [
        entry.get(NAMED_BY[key]) if isinstance(entry, Mapping) else None
        for entry in entries
    ]
    texts = [name for name in named if isinstance(name, str)]
    if len(set(texts)) < len(entries):
        return None
    return {
        name: {field: Cell(value, cell.place) for field, value in entry.items()}
        for name, entry in zip(texts, entries, strict=True)
    }


def _in_place(below: Tree | Cell | None, top: Tree, place: Place) -> Tree:
    """Return an entry that takes the place of another whole."""
    return {
        **{name: Cell(GONE, place) for name in _dict(below) if name != REMOVE},
        **top,
    }


def _laid(below: Tree | Cell | None, top: Tree | Cell) -> Tree | Cell:
    """Return an entry with its changes."""
    if isinstance(top, Cell):
        return top
    if removed(top):
        fields = {name: cell for name, cell in top.items() if name != REMOVE}
        return _in_place(below, fields, top[REMOVE].place) if fields else top
    if not isinstance(below, dict) or removed(below):
        return top
    edges = {
        _OTHER_EDGE[name]: Cell(GONE, cell.place)
        for name, cell in top.items()
        if _OTHER_EDGE.get(name) in below
    }
    return {**below, **edges, **top}


def _composed(below: Tree | Cell | None, top: Tree | Cell) -> Tree | Cell:
    """Return changes of an entry with later changes of it: both are still to be laid."""
    if isinstance(top, Cell) or removed(top) or not isinstance(below, dict):
        return top
    edges = {_OTHER_EDGE[name] for name in top if name in _OTHER_EDGE}
    return {**{name: cell for name, cell in below.items() if name not in edges}, **top}


def _over_section(below: Tree | Cell | None, top: Tree | Cell) -> Tree | Cell:
    """Return a section with a later one of the same name."""
    if (
        isinstance(top, Cell)
        or removed(top)
        or not isinstance(below, dict)
        or removed(below)
    ):
        return top
    result = dict(below)
    for key, part in top.items():
        under = result.get(key)
        if key not in ENTRIES or isinstance(part, Cell):
            result[key] = _over_other(key, under, part)
        elif key in NAMED_BY and isinstance(under, Cell):
            result[key] = _over_cell(key, under, part)
        else:
            result[key] = _over_entries(_dict(under), part, _composed)
    return result


def _over_cell(key: str, below: Cell, top: Tree) -> Tree | Cell:
    """Return a section's list with entries changed by their names: it stays a list, written by the
    later one.
    """
    entries = opened(key, below)
    if entries is None:
        return below
    return Cell(
        _plain(key, _over_entries(entries, top, _composed)),
        next(_cells(top), below).place,
    )


def _cells(part: Tree | Cell) -> Iterator[Cell]:
    if isinstance(part, Cell):
        yield part
    else:
        for inside in part.values():
            yield from _cells(inside)


def _forgotten(below: Tree, top: Tree) -> Tree:
    """Return the document below, its sections without what the top takes away: they can change it
    no more.
    """
    gone = {
        key: {name for name, entry in _dict(top.get(key)).items() if removed(entry)}
        for key in ENTRIES
    }
    if not any(gone.values()):
        return dict(below)
    return {
        key: _without(part, gone) if key in SECTIONS else part
        for key, part in below.items()
    }


def _without(part: Tree | Cell, gone: Mapping[str, set[str]]) -> Tree | Cell:
    """Return sections without the entries that are gone."""
    if isinstance(part, Cell):
        return part
    left: Tree = {}
    for name, section in part.items():
        left[name] = (
            section
            if isinstance(section, Cell)
            else {key: _kept(key, inside, gone) for key, inside in section.items()}
        )
    return left


def _kept(key: str, part: Tree | Cell, gone: Mapping[str, set[str]]) -> Tree | Cell:
    if key in SECTIONS:
        return _without(part, gone)
    if isinstance(part, Cell) or key not in gone:
        return part
    return {name: entry for name, entry in part.items() if name not in gone[key]}


# Two beside each other -----------------------------------------------------------------------------------------------

LiesOver: TypeAlias = "Callable[[Any, Any], bool]"
"""Whether one file is laid over another, however far below."""


def beside(one: Tree, other: Tree, lies_over: LiesOver) -> Tree:
    """Return what two documents say together; of a field given by both, what no file laid over its
    giver changes.
    """
    result = dict(one)
    for key, part in other.items():
        result[key] = _joined(result[key], part, lies_over) if key in result else part
    return result


def _joined(one: Tree | Cell, other: Tree | Cell, lies_over: LiesOver) -> Tree | Cell:
    if isinstance(one, dict) and isinstance(other, dict):
        return beside(one, other, lies_over)
    given = {
        cell.place: cell
        for part in (one, other)
        for first in _cells(part)
        for cell in (first, *first.rivals)
    }
    standing = [
        cell for cell in given.values() if not _overruled(cell, given, lies_over)
    ]
    first, *rest = (cell._replace(rivals=()) for cell in standing)
    return first._replace(rivals=tuple(rest))


def _overruled(cell: Cell, given: Iterable[Place], lies_over: LiesOver) -> bool:
    return any(lies_over(place.source, cell.place.source) for place in given)


def clashes(found: Tree, lies_over: LiesOver, path: Path = ()) -> Iterator[Clash]:
    """Yield every field that files beside each other give different values, and no file over them
    settles.
    """
    mark = found[REMOVE] if removed(found) else None
    for key, part in found.items():
        if isinstance(part, dict):
            yield from clashes(part, lies_over, (*path, key))
            continue
        rivals = [rival for rival in part.rivals if not _same(part.value, rival.value)]
        if mark is not None and mark.place.source is not part.place.source:
            rivals += (
                [mark] if not lies_over(mark.place.source, part.place.source) else []
            )
        if rivals:
            yield Clash((*path, key), part, rivals[0])


def _same(one: object, other: object) -> bool:
    """Whether two values say the same: 35 and 35.0 do, true and 1 do not."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(
            _same(one[key], other[key]) for key in one
        )
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return one == other and isinstance(one, bool) == isinstance(other, bool)


# What a file changes although it is not there ------------------------------------------------------------------------


def unknown(below: Tree, top: Tree) -> Iterator[Problem]:
    """Yield a problem for each thing that is changed or taken away although it is not there."""
    for key in (*ENTRIES, *SECTIONS):
        under = below.get(key)
        part = top.get(key)
        if isinstance(part, dict) and not (key in NAMED_BY and isinstance(under, Cell)):
            known = [name for name, entry in _dict(under).items() if not removed(entry)]
            for name, entry in part.items():
                yield from _unknown(key, name, entry, _dict(under).get(name), known)


def _unknown(
    key: str, name: str, entry: Tree | Cell, under: Tree | Cell | None, known: list[str]
) -> Iterator[Problem]:
    if isinstance(entry, Cell):
        return
    there = isinstance(under, dict) and not removed(under)
    places = {"table": key, "name": quoted(name)}
    if removed(entry):
        if not there and len(entry) == 1:
            yield Problem(
                "remove-unknown",
                (key, name),
                {**places, "nearest": nearest(name, known)},
            )
    elif key in SECTIONS:
        return
    elif there:
        yield from _fields_unknown((key, name), entry, _dict(under))
    elif missing := [
        field
        for field in file_format.required(key)
        if field not in entry and field != NAMED_BY.get(key)
    ]:
        yield Problem(
            "overlay-unknown",
            (key, name),
            {**places, "keys": ", ".join(missing), "nearest": nearest(name, known)},
        )


def _fields_unknown(path: Path, entry: Tree, under: Tree) -> Iterator[Problem]:
    known = [name for name, cell in under.items() if cell.value is not GONE]
    for name, cell in entry.items():
        if cell.value is GONE and name not in known:
            places = {
                "table": str(path[0]),
                "name": f"{path[1]}.{quoted(name)}",
                "nearest": nearest(name, known),
            }
            yield Problem("remove-unknown", (*path, REMOVE), places)
