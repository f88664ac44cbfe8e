"""What moves an index between two report documents: exact parts, one a rule, that add up to the
change.

The base of an index is a quotient: points earned × scale / points that count. A rule moves it by
its own points and by how much of it counts; both are taken at the mean of the two sides, so that
the parts add up exactly, change their sign when the sides are swapped, and are zero for a rule that
did not move (docs/reference/comparison.md).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

from cchc_rules.base.number import half_up
from cchc_rules.base.problem import quoted

Document = Mapping[str, Any]

ZERO = Fraction(0)
HALF = Fraction(1, 2)


class Part(NamedTuple):
    """One part of a change: a rule, or a step between the rules and the index (`LINES`) of a group
    or of the index.

    `area` is the group at the top that it lies in. A rule that went from one area to another makes
    two parts: one area lost it, the other won it.
    """

    kind: str
    id: str = ""
    area: str = ""


RULE = "rule"
LINES = ("mean_weight", "mean_rounding", "cap", "scale", "rounding", "held")
"""The steps between the rules and the index; the first three belong to a group."""


class Leaf(NamedTuple):
    """Points earned, and how many count as reachable."""

    points: Fraction
    counted: Fraction


NO_LEAF = Leaf(ZERO, ZERO)


@dataclass(frozen=True)
class Quotient:
    """A whole times the points earned of the points that count; nothing that counts gives 0."""

    whole: Fraction
    leaves: Mapping[Part, Leaf]

    @property
    def points(self) -> Fraction:
        """The points of all leaves."""
        return sum((leaf.points for leaf in self.leaves.values()), ZERO)

    @property
    def counted(self) -> Fraction:
        """The points that count of all leaves."""
        return sum((leaf.counted for leaf in self.leaves.values()), ZERO)

    @property
    def inverse(self) -> Fraction:
        """One over the points that count."""
        return 1 / self.counted if self.counted else ZERO

    @property
    def share(self) -> Fraction:
        """The points earned of the points that count."""
        return self.points * self.inverse

    def leaf(self, key: Part) -> Leaf:
        """Return a leaf, or nothing earned of nothing."""
        return self.leaves.get(key, NO_LEAF)


NO_QUOTIENT = Quotient(ZERO, {})


class Change(NamedTuple):
    """How a quotient moved: what its leaves' points did, what their counting did, what the whole
    did; they add up.

    `rise` is what one point more was worth.
    """

    rise: Fraction
    points: dict[Part, Fraction]
    counted: dict[Part, Fraction]
    whole: Fraction


def changed(before: Quotient, after: Quotient) -> Change:
    """Return how a quotient moved, leaf by leaf; every factor is taken at the mean of both sides."""
    keys = {**before.leaves, **after.leaves}
    whole = (before.whole + after.whole) * HALF
    rise = whole * (before.inverse + after.inverse) * HALF
    drag = whole * (before.points + after.points) * HALF * _inverse_slope(before, after)
    points = {
        key: rise * (after.leaf(key).points - before.leaf(key).points) for key in keys
    }
    counted = {
        key: drag * (after.leaf(key).counted - before.leaf(key).counted) for key in keys
    }
    return Change(
        rise,
        points,
        counted,
        (after.whole - before.whole) * (before.share + after.share) * HALF,
    )


def _inverse_slope(before: Quotient, after: Quotient) -> Fraction:
    """Return how much one over the points that count moves for each point more that counts."""
    if before.counted and after.counted:
        return -1 / (before.counted * after.counted)
    total = after.counted - before.counted
    return (after.inverse - before.inverse) / total if total else ZERO


@dataclass(frozen=True)
class Standing:
    """The index of one report, taken apart: the base as a quotient, weighted means below it, and
    what is added.
    """

    value: Fraction
    base: Quotient
    means: Mapping[Part, Quotient]
    added: Mapping[Part, Fraction]


def exact(text: object) -> Fraction:
    """Return a figure of a document, `"1.81"` or `"47/26"`; raise `ValueError` for anything else."""
    if not isinstance(text, str) or not _FIGURE.fullmatch(text):
        raise ValueError(quoted(text))
    return Fraction(text)


_FIGURE = re.compile(r"-?\d{1,4000}(?:\.\d{1,30}|/\d{1,4000})?", re.ASCII)


def standing(document: Document) -> Standing:
    """Return the index of a report document, taken apart."""
    groups = {group["id"]: group for group in document["groups"]}
    parts = [
        (_part(RULE, rule["id"], groups, rule["group"]), rule)
        for rule in document["rules"]
    ]
    means = [
        _part("mean_weight", id_, groups, id_)
        for id_, group in groups.items()
        if group["combine"] == "mean"
    ]
    inside = {mean: _mean(groups[mean.id], parts) for mean in means}
    names = {mean.id for mean in means}
    leaves = {
        part: Leaf(exact(rule["earned"]), _counted(rule))
        for part, rule in parts
        if rule["group"] not in names and groups[part.area]["kind"] == "base"
    }
    leaves |= {mean: _group_leaf(groups[mean.id]) for mean in means}
    index = document["index"]
    base = Quotient(exact(index["scale"]), leaves)
    added = dict(_pools(groups, parts)) | dict(_mean_roundings(groups, inside))
    return Standing(
        exact(index["value"]), base, inside, added | _index_lines(index, base)
    )


def _part(kind: str, id_: str, groups: Mapping[str, Document], group: str) -> Part:
    return Part(kind, id_, str(top(groups, group)["id"]))


def top(groups: Mapping[str, Document], id_: str) -> Document:
    """Return the group at the top that a group lies in; raise `ValueError` where groups lie in each
    other.
    """
    group = groups[id_]
    for _ in groups:
        if group["parent"] is None:
            return group
        group = groups[group["parent"]]
    raise ValueError(id_)


def rescales(rule: Document) -> bool:
    """Whether what a rule has excluded shrinks the maximum (semantics I2)."""
    if not exact(rule["excluded"]):
        return False
    effect: str | None = rule["machine"]["effects"].get(rule["state"])
    return rule["reason"]["code"] == "block_absent" or effect == "exclude"


def _counted(rule: Document) -> Fraction:
    return ZERO if rescales(rule) else exact(rule["maximum"])


def _group_leaf(group: Document) -> Leaf:
    return Leaf(
        exact(group["earned"]), exact(group["maximum"]) - exact(group["rescaled"])
    )


def _mean(group: Document, parts: Iterable[tuple[Part, Document]]) -> Quotient:
    """Return a weighted mean before its rounding (semantics G2)."""
    below = {
        part: Leaf(exact(rule["exact"]), _counted(rule))
        for part, rule in parts
        if rule["group"] == group["id"] and not rescales(rule)
    }
    return Quotient(exact(group["maximum"]), below)


def _mean_roundings(
    groups: Mapping[str, Document], means: Mapping[Part, Quotient]
) -> Iterator[tuple[Part, Fraction]]:
    """Yield what rounding gave each weighted mean, in points of its group."""
    for part, mean in means.items():
        yield (
            _rounding(part),
            exact(groups[part.id]["earned"]) - mean.whole * mean.share,
        )


def _rounding(mean: Part) -> Part:
    return mean._replace(kind="mean_rounding")


def _pools(
    groups: Mapping[str, Document], parts: Iterable[tuple[Part, Document]]
) -> Iterator[tuple[Part, Fraction]]:
    """Yield what the rules of bonus and penalty pools add, and what their caps hold back."""
    sums = {id_: ZERO for id_, group in groups.items() if group["kind"] != "base"}
    for part, rule in parts:
        if part.area in sums:
            added = (
                exact(rule["earned"])
                if groups[part.area]["kind"] == "bonus"
                else -exact(rule["lost"])
            )
            sums[part.area] += added
            yield part, added
    for id_, total in sums.items():
        pool = groups[id_]
        held = (
            exact(pool["earned"]) if pool["kind"] == "bonus" else -exact(pool["lost"])
        )
        yield Part("cap", id_, id_), held - total


def _index_lines(index: Document, base: Quotient) -> dict[Part, Fraction]:
    """Return what the rounding of the base and the hold to the scale do (semantics I2, I3)."""
    rounded = exact(index["base"])
    total = rounded + exact(index["bonus"]) - exact(index["penalty"])
    return {
        Part("rounding"): rounded - base.whole * base.share,
        Part("held"): exact(index["value"]) - total,
    }


def moved(before: Standing, after: Standing) -> dict[Part, Fraction]:
    """Return the parts of the change of the index, those that are not zero; they add up to it
    exactly.
    """
    change = changed(before.base, after.base)
    found: dict[Part, Fraction] = {Part("scale"): change.whole}
    for part in change.points:
        if part.kind == RULE:
            _add(found, part, change.points[part] + change.counted[part])
        else:
            _add(found, part, change.counted[part])
            _spread(found, part, change.rise, before, after)
    for part in {**before.added, **after.added}:
        if part.kind != "mean_rounding":
            _add(
                found, part, after.added.get(part, ZERO) - before.added.get(part, ZERO)
            )
    return {part: found[part] for part in sorted(found) if found[part]}


def _spread(
    found: dict[Part, Fraction],
    mean: Part,
    rise: Fraction,
    before: Standing,
    after: Standing,
) -> None:
    """Add what a weighted mean's points moved the index by, in parts: its rules, its own weight,
    its rounding.
    """
    inside = changed(
        before.means.get(mean, NO_QUOTIENT), after.means.get(mean, NO_QUOTIENT)
    )
    rounding = _rounding(mean)
    rounded = after.added.get(rounding, ZERO) - before.added.get(rounding, ZERO)
    for part in inside.points:
        _add(found, part, (inside.points[part] + inside.counted[part]) * rise)
    _add(found, mean, inside.whole * rise)
    _add(found, rounding, rounded * rise)


def _add(found: dict[Part, Fraction], part: Part, amount: Fraction) -> None:
    found[part] = found.get(part, ZERO) + amount


def halved(*ways: Mapping[Part, Fraction]) -> dict[Part, Fraction]:
    """Return the mean of two ways to divide."""
    keys = sorted({part for way in ways for part in way})
    mean = {
        part: sum((way.get(part, ZERO) for way in ways), ZERO) * HALF for part in keys
    }
    return {part: amount for part, amount in mean.items() if amount}


def apportioned(parts: Mapping[Any, Fraction], total: int, unit: int) -> dict[Any, int]:
    """Return the parts in whole ticks of 1/unit that add up to a total: each rounded, then as few
    as can be moved.

    Those are moved that rounding had moved furthest the other way, so none is a whole tick off;
    swapping all signs swaps the signs of the ticks. The total must lie within a tick of the exact
    sum.
    """
    ticks = {
        key: half_up(amount.numerator * unit, amount.denominator)
        for key, amount in parts.items()
    }
    missing = total - sum(ticks.values())
    sign = 1 if missing > 0 else -1
    wanting = sorted(parts, key=lambda key: sign * (ticks[key] - parts[key] * unit))
    for key in wanting[: abs(missing)]:
        ticks[key] += sign
    return ticks
