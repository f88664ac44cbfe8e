"""How points are lost when a rule is read with another target.

A conflict states another comparator and threshold, and seldom how points are then lost. The rule's
own deduction is kept where it can be: as it is when its numbers do not stand on the target, with
tiers moved when they do. All or nothing is what is left.

For example: a rule asks for 90 % and more, and has the tiers “from 90: 100 %; from 50, below 90:
50 %; below 50: nothing”. The other reading asks for more than 80 %. The two edges that stand on 90
move, and change their side: “above 80: 100 %; from 50, to 80: 50 %; below 50: nothing”.
"""

from collections.abc import Container, Iterable, Mapping
from fractions import Fraction
from typing import Any

from cchc_rules.rules.deductions import AllOrNothing

Table = Mapping[str, Any]
"""A table of a rule file as it was read."""

# How points are lost under another reading.
AS_DECLARED = "as_declared"
"""As the rule says: nothing of its deduction stands on the target."""
TIERS_MOVED = "tiers_moved"
"""As its tiers say, moved with the target."""
ALL_OR_NOTHING = AllOrNothing.kind
"""The weight at the target, the fewest points elsewhere: what is left where nothing else can be
said.
"""


def deductions_for(table: Table, conflict: Table) -> dict[str, Table]:
    """Return the fields of a rule under another reading, by how points are then lost, the first to
    be preferred.

    Args:
        table: The rule as it stands in its file.
        conflict: The other reading, with its comparator and threshold.
    """
    target = {"comparator": conflict["comparator"], "threshold": conflict["threshold"]}
    fields: dict[str, Table] = {}
    tiers = _tiers_on_target(table)
    if tiers is None:
        fields[AS_DECLARED] = target
    else:
        moved = moved_tiers(tiers, table, conflict)
        if moved == tiers:
            fields[AS_DECLARED] = target
        elif moved is not None:
            deduction = {**table["deduction"], "tiers": moved}
            fields[TIERS_MOVED] = {**target, "deduction": deduction}
    fields[ALL_OR_NOTHING] = {**target, "deduction": ALL_OR_NOTHING}
    return fields


def _tiers_on_target(table: Table) -> list[Table] | None:
    """Return the tiers that may stand on the target's own threshold."""
    deduction = table["deduction"]
    if not isinstance(deduction, Mapping) or "tiers" not in deduction:
        return None
    # Tiers of days late count from the target, and move with it by themselves.
    if "of" in deduction or "comparator" not in table:
        return None
    return list(deduction["tiers"])


_EDGES = {
    ">=": ("from", "below"),
    ">": ("above", "to"),
    "<=": ("to", "above"),
    "<": ("below", "from"),
}
"""The edge of what reaches a target, and the edge of what does not."""


def moved_tiers(tiers: list[Table], old: Table, new: Table) -> list[Table] | None:
    """Return tiers whose edges that stand on the old target stand on the new one; None where that
    cannot be said.

    Args:
        tiers: The tiers as they stand in the file.
        old: The table with the target as it is, and the weight of the rule.
        new: The table with the other target.

    >>> old = {"comparator": ">=", "threshold": 90, "weight": 2}
    >>> moved_tiers([{"from": 90, "percent": 100}], old, {"comparator": ">", "threshold": 80})
    [{'above': 80, 'percent': 100}]
    """
    before = old["comparator"]
    after = new["comparator"]
    old_target = old["threshold"]
    new_target = new["threshold"]
    # From "at least" to "at most" better and worse change places: no edge can simply move.
    both_order = before in _EDGES and after in _EDGES
    if both_order and before[0] == after[0]:
        new_edges = dict(zip(_EDGES[before], _EDGES[after], strict=True))
        return [
            _with_moved_edges(tier, new_edges, old_target, new_target) for tier in tiers
        ]
    if {before, after} <= {"is", "one_of"}:
        points = [_points(tier, old["weight"]) for tier in tiers]
        known_points = [value for value in points if value is not None]
        # Without its points, no tier is known to be the best.
        if len(known_points) < len(tiers):
            return None
        old_values = _listed(old_target)
        new_values = _listed(new_target)
        return _with_moved_values(tiers, known_points, old_values, new_values)
    return None


def _with_moved_edges(
    tier: Table,
    new_edges: Mapping[str, str],
    old: object,
    new: object,
) -> Table:
    """Return a tier in which an edge that stands on the old target stands on the new one, under
    the key that says on which side the target itself lies.
    """
    moved: dict[str, Any] = {}
    for key, value in tier.items():
        if key in new_edges and value == old:
            moved[new_edges[key]] = new
        else:
            moved[key] = value
    return moved


def _listed(value: Any) -> list[Any]:
    if isinstance(value, list | tuple):
        return list(value)
    return [value]


def _points(tier: Table, weight: Any) -> Fraction | None:
    """Return the points of a tier; None where a formula gives them."""
    if "percent" in tier:
        return Fraction(weight) * Fraction(tier["percent"]) / 100
    if "points" in tier:
        return Fraction(tier["points"])
    return None


def _with_moved_values(
    tiers: list[Table],
    points: list[Fraction],
    old: list[Any],
    new: list[Any],
) -> list[Table] | None:
    """Return tiers in which the values that newly reach the target have joined the best tier, or
    those that no longer do have left it for the next.

    None where values would go both ways, or there is no tier below the best. For example: the
    target is A or B, the tiers give A and B everything and C a half. Where the other reading asks
    for A alone, B goes to C's tier; where it takes C as well, C goes to the tier of A and B.
    """
    joining = [value for value in new if value not in old]
    leaving = [value for value in old if value not in new]
    values = [_listed(tier.get("is", [])) for tier in tiers]
    # Positions of the tiers in which the target is met as it stands.
    reaching: list[int] = []
    for position, held in enumerate(values):
        if any(value in held for value in old):
            reaching.append(position)
    if not reaching or (joining and leaving):
        return None
    best = max(reaching, key=points.__getitem__)
    positions = range(len(tiers))
    lower = [position for position in positions if points[position] < points[best]]
    if not lower:
        return None
    next_best = max(lower, key=points.__getitem__)
    fallen = [value for value in values[best] if value in leaving]
    moving = [*joining, *fallen]
    values = [_without(held, moving) for held in values]
    values[best] += joining
    values[next_best] += fallen
    moved: list[Table] = []
    for tier, held in zip(tiers, values, strict=True):
        if "is" not in tier:
            # The tier for everything else holds no values of its own.
            moved.append(tier)
        elif held:
            moved.append({**tier, "is": held})
        # A tier that has lost all its values would be refused; without it the file says the same.
    return moved


def _without(values: Iterable[Any], moving: Container[Any]) -> list[Any]:
    return [value for value in values if value not in moving]
