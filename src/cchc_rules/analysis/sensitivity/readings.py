"""The other readings of a plan that contradicts itself: each as an overlay over the rule set, and
scored.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any, NamedTuple

from cchc_rules.base.problem import CchcError, Problem
from cchc_rules.rules.load import relaid
from cchc_rules.rules.model import RuleSet
from cchc_rules.scoring.scoring import Scoring

Table = Mapping[str, Any]
Rescore = Callable[[RuleSet], Scoring]

AS_DECLARED = "as_declared"
TIERS_MOVED = "tiers_moved"
ALL_OR_NOTHING = "all_or_nothing"
"""How points are lost under another reading."""


class Place(NamedTuple):
    """Which contradiction: the rule, and the position among its conflicts."""

    rule: str
    at: int


class Reading(NamedTuple):
    """What the submission comes to under other readings; without an outcome, `problems` say why
    (none: no figure).
    """

    places: tuple[Place, ...]
    deduction: str = AS_DECLARED
    scoring: Scoring | None = None
    problems: tuple[Problem, ...] = ()


def places(found: Scoring) -> list[Place]:
    """Return every declared contradiction, in file order."""
    return [
        Place(rule.id, at)
        for rule in found.rules.rules.values()
        for at in range(len(rule.conflicts))
    ]


def each(found: Scoring, rescore: Rescore) -> list[Reading]:
    """Return every declared contradiction's other reading, in file order; one scoring each."""
    return [_read(found, place, rescore) for place in places(found)]


def _read(found: Scoring, place: Place, rescore: Rescore) -> Reading:
    table = _table(found, place.rule)
    conflict = table["conflict"][place.at]
    if (
        not table.get("metric")
        or "comparator" not in conflict
        or "threshold" not in conflict
    ):
        return Reading((place,))
    problems: tuple[Problem, ...] = ()
    for way, fields in _ways(table, conflict):
        scoring, problems = _scored(found, {place.rule: fields}, rescore)
        if scoring is not None:
            return Reading((place,), way, scoring)
    return Reading((place,), problems=problems)


class Together(NamedTuple):
    """All other readings at once (None without any); where some lower and some raise the index,
    each sort at once.
    """

    all: Reading | None = None
    lowering: Reading | None = None
    raising: Reading | None = None


def together(found: Scoring, each_: Sequence[Reading], rescore: Rescore) -> Together:
    """Return the readings that can be scored taken together; of one rule's the first, or the one
    that moves it most.
    """
    moves = [
        (reading, reading.scoring.index.exact - found.index.exact)
        for reading in each_
        if reading.scoring
    ]
    lowering = sorted([pair for pair in moves if pair[1] < 0], key=lambda pair: pair[1])
    raising = sorted([pair for pair in moves if pair[1] > 0], key=lambda pair: -pair[1])
    sorts = (moves, lowering, raising) if lowering and raising else (moves, [], [])
    return Together(
        *(_several(found, [one for one, _ in pairs], rescore) for pairs in sorts)
    )


def _several(
    found: Scoring, chosen: Sequence[Reading], rescore: Rescore
) -> Reading | None:
    if not chosen:
        return None
    first = {reading.places[0].rule: reading for reading in reversed(chosen)}
    fields = {rule: _fields(found, reading) for rule, reading in first.items()}
    places = tuple(
        reading.places[0]
        for reading in chosen
        if first[reading.places[0].rule] is reading
    )
    scoring, problems = _scored(found, fields, rescore)
    return Reading(places, scoring=scoring, problems=problems)


def _fields(found: Scoring, reading: Reading) -> Table:
    place = reading.places[0]
    table = _table(found, place.rule)
    return dict(_ways(table, table["conflict"][place.at]))[reading.deduction]


def _table(found: Scoring, rule: str) -> Table:
    """Return a rule's table as it stands on the day of judgement for the unit's kind."""
    document: Any = found.rules.document
    table: Table = document["rule"][rule]
    return table


def _scored(
    found: Scoring, fields: Mapping[str, Table], rescore: Rescore
) -> tuple[Scoring | None, tuple[Problem, ...]]:
    """Score with other fields of some rules, over the rule set as it stood; other days and kinds
    are left out.
    """
    kind = found.rules.kind
    document = {
        key: value
        for key, value in found.rules.document.items()
        if key not in ("kind", "since")
    }
    changes: Table = (
        {"rule": fields} if kind is None else {"rule": fields, "kind": {kind: {}}}
    )
    try:
        return rescore(relaid(replace(found.rules, document=document), changes)), ()
    except CchcError as error:
        return None, error.problems


# How points are lost under another reading ---------------------------------------------------------------------------


def _ways(table: Table, conflict: Table) -> list[tuple[str, Table]]:
    """Return the ways of losing points, by preference: the rule's own, tiers moved with the target;
    all or nothing.
    """
    target = {"comparator": conflict["comparator"], "threshold": conflict["threshold"]}
    ways: list[tuple[str, Table]] = []
    tiers = _tiers(table)
    if tiers is None:
        ways.append((AS_DECLARED, target))
    else:
        moved = moved_tiers(tiers, table, conflict)
        if moved == tiers:
            ways.append((AS_DECLARED, target))
        elif moved is not None:
            ways.append(
                (
                    TIERS_MOVED,
                    {**target, "deduction": {**table["deduction"], "tiers": moved}},
                )
            )
    return [*ways, (ALL_OR_NOTHING, {**target, "deduction": "all_or_nothing"})]


def _tiers(table: Table) -> list[Table] | None:
    """Return the tiers that may stand on the target's own threshold."""
    deduction = table["deduction"]
    tiers = (
        isinstance(deduction, Mapping)
        and deduction["kind"] == "tiers"
        and "of" not in deduction
    )
    return list(deduction["tiers"]) if tiers and "comparator" in table else None


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
    """
    one = old["comparator"]
    other = new["comparator"]
    if one in _EDGES and other in _EDGES and one[0] == other[0]:
        names = dict(zip(_EDGES[one], _EDGES[other], strict=True))
        return [
            _moved_edge(tier, names, old["threshold"], new["threshold"])
            for tier in tiers
        ]
    if {one, other} <= {"is", "one_of"}:
        worths = [_worth(tier, old["weight"]) for tier in tiers]
        return (
            None
            if None in worths
            else _moved_values(
                tiers, worths, _listed(old["threshold"]), _listed(new["threshold"])
            )
        )
    return None


def _moved_edge(
    tier: Table, names: Mapping[str, str], old: object, new: object
) -> Table:
    moved: dict[str, Any] = {}
    for key, value in tier.items():
        on_target = key in names and value == old
        moved[names[key] if on_target else key] = new if on_target else value
    return moved


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _worth(tier: Table, weight: Any) -> Fraction | None:
    """Return the points of a tier; None where a formula gives them."""
    if "percent" in tier:
        return Fraction(weight) * Fraction(tier["percent"]) / 100
    return Fraction(tier["points"]) if "points" in tier else None


def _moved_values(
    tiers: list[Table], worths: list[Any], old: list[Any], new: list[Any]
) -> list[Table] | None:
    """Values that newly reach the target join the best tier; those that no longer do leave it for
    the next.
    """
    more = [item for item in new if item not in old]
    less = [item for item in old if item not in new]
    values = [_listed(tier.get("is", [])) for tier in tiers]
    reaching = [
        at for at, held in enumerate(values) if any(item in held for item in old)
    ]
    top = max(reaching, key=worths.__getitem__, default=-1)
    below = [at for at in range(len(tiers)) if top >= 0 and worths[at] < worths[top]]
    if not below or (more and less):
        return None
    fallen = [item for item in values[top] if item in less]
    values = [
        [item for item in held if item not in (*more, *fallen)] for held in values
    ]
    values[top] += more
    values[max(below, key=worths.__getitem__)] += fallen
    return [
        _with_values(tier, held)
        for tier, held in zip(tiers, values, strict=True)
        if held or "is" not in tier
    ]


def _with_values(tier: Table, held: Iterable[Any]) -> Table:
    return {**tier, "is": list(held)} if "is" in tier else tier
