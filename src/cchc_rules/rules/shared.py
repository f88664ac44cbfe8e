"""What the versions of a rule set share: most of their tables are the same ones, and are read,
built and checked once.

A file of 500 rules with 20 dated sections and 20 kinds of unit has 441 versions. A section changes
a rule or two, and lays them over the tree of the version before; all other tables of the tree stay
the very same objects. So what was made of an object is kept by the object, not by what it says.
"""

from collections.abc import Callable, Hashable, Iterable
from typing import Any, TypeVar

Made = TypeVar("Made")


class Shared:
    """Keeps what was made of objects, for as long as the versions of one file are read.

    >>> shared = Shared()
    >>> table = {"weight": 2}
    >>> shared.once("copy", (table,), lambda: dict(table)) is shared.once("copy", (table,), dict)
    True
    """

    def __init__(self) -> None:
        self._made: dict[tuple[Hashable, ...], tuple[object, Any]] = {}

    def once(
        self,
        what: str,
        of: tuple[object, ...],
        make: Callable[[], Made],
        alike: Hashable = None,
    ) -> Made:
        """Return what is made of some objects: what was made of them before, else what is made now.

        Args:
            what: names what is made.
            of: the objects, told apart by their identity.
            make: makes it; it must read nothing else that may differ between versions.
            alike: what else it is made of, told apart by what it says.
        """
        key = (what, alike, *map(id, of))
        known = self._made.get(key)
        if known is None:
            # The objects are kept, too: the identity of one that is gone may be given to another.
            known = (of, make())
            self._made[key] = known
        made: Made = known[1]
        return made

    def stamp(self, of: Iterable[object], alike: Hashable = None) -> object:
        """Return an object that stands for some objects together, the same for the same ones."""
        return self.once("stamp", tuple(of), object, alike)
