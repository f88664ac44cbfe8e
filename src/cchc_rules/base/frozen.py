"""Mappings and lists that nobody can write into: what rule sets and submissions are made of."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


def _refuse(self: object, *_: object, **__: object) -> NoReturn:
    # A TypeError, as tuples and other things that do not change raise it.
    raise TypeError(f"{type(self).__name__} cannot be written into")


class FrozenDict(dict[Key, Value]):
    """A dictionary that is read like any other and refuses to be changed.

    A shallow copy is the mapping itself, a pickle comes back frozen, and a deep copy is a plain
    dictionary, which may be changed.

    >>> weights = FrozenDict({"on-time": 2})
    >>> weights["on-time"] = 20
    Traceback (most recent call last):
    TypeError: FrozenDict cannot be written into
    """

    __slots__ = ()

    __setitem__ = _refuse
    __delitem__ = _refuse
    __ior__ = _refuse
    clear = _refuse
    pop = _refuse
    popitem = _refuse
    setdefault = _refuse
    update = _refuse

    def __copy__(self) -> "FrozenDict[Key, Value]":
        return self

    def copy(self) -> "FrozenDict[Key, Value]":
        """Return the mapping itself: it does not change."""
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[Key, Value]:
        from copy import deepcopy  # noqa: PLC0415 - only for those who copy

        return {deepcopy(key, memo): deepcopy(self[key], memo) for key in self}

    def __reduce__(self) -> tuple[Any, ...]:
        # Pickle would else fill an empty one item by item, which is refused.
        return FrozenDict, (dict(self),)


class FrozenList(list[Value]):
    """A list that is read like any other and refuses to be changed.

    >>> FrozenList(["a"]).append("b")
    Traceback (most recent call last):
    TypeError: FrozenList cannot be written into
    """

    __slots__ = ()

    __setitem__ = _refuse
    __delitem__ = _refuse
    __iadd__ = _refuse
    __imul__ = _refuse
    append = _refuse
    clear = _refuse
    extend = _refuse
    insert = _refuse
    pop = _refuse
    remove = _refuse
    reverse = _refuse
    sort = _refuse

    def __deepcopy__(self, memo: dict[int, Any]) -> list[Value]:
        from copy import deepcopy  # noqa: PLC0415 - only for those who copy

        return [deepcopy(item, memo) for item in self]

    def __reduce__(self) -> tuple[Any, ...]:
        return FrozenList, (list(self),)


class LateDict(Mapping[Key, Value]):
    """A mapping that is worked out when something of it is first asked for, and never changes.

    A pickle of it holds what it comes to.

    >>> late = LateDict(lambda: {"on-time": 2})
    >>> late["on-time"], len(late), late == {"on-time": 2}
    (2, 1, True)
    """

    def __init__(self, make: Callable[[], Mapping[Key, Value]]) -> None:
        self._make: Callable[[], Mapping[Key, Value]] | None = make
        self._made: FrozenDict[Key, Value] = FrozenDict()

    def _all(self) -> "FrozenDict[Key, Value]":
        # What it is made of is let go when it is made.
        if self._make is not None:
            self._made = frozen(self._make())
            self._make = None
        return self._made

    def __getitem__(self, key: Key) -> Value:
        return self._all()[key]

    def __iter__(self) -> Iterator[Key]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def __reduce__(self) -> tuple[Any, ...]:
        return FrozenDict, (dict(self._all()),)


def unchanging(mapping: Mapping[Key, Value]) -> Mapping[Key, Value]:
    """Return a mapping that cannot be written into, which may be one that is still to be made."""
    if isinstance(mapping, LateDict):
        return mapping
    return frozen(mapping)


def frozen(mapping: Mapping[Key, Value]) -> FrozenDict[Key, Value]:
    """Return a mapping that cannot be written into; the values stay what they are.

    One that is frozen already comes back itself.
    """
    if isinstance(mapping, FrozenDict):
        return mapping
    return FrozenDict(mapping)


def deeply_frozen(value: Any) -> Any:
    """Return parsed TOML or JSON whose tables and lists cannot be written into, however deep.

    >>> deeply_frozen({"rule": {"on-time": {"weight": 2}}})["rule"].clear()
    Traceback (most recent call last):
    TypeError: FrozenDict cannot be written into
    """
    # What tomli and json give are plain dicts and lists: no need to ask for their kin.
    if value.__class__ is dict:
        return FrozenDict({key: deeply_frozen(item) for key, item in value.items()})
    if value.__class__ is list:
        return FrozenList(map(deeply_frozen, value))
    return value
