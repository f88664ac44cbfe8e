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


class ChangePart(NamedTuple):
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


class Term(NamedTuple):
    """What one rule, or one weighted mean, brings to a quotient."""

    points: Fraction
    counted: Fraction


NO_TERM = Term(ZERO, ZERO)


@dataclass(frozen=True)
class Quotient:
    """A whole times the points earned of the points that count; nothing that counts gives 0."""

    whole: Fraction
    terms: Mapping[ChangePart, Term]

    @property
    def points(self) -> Fraction:
        """The points of all terms."""
        return sum((leaf.points for leaf in self.terms.values()), ZERO)

    @property
    def counted(self) -> Fraction:
        """The points that count of all terms."""
        return sum((leaf.counted for leaf in self.terms.values()), ZERO)

    @property
    def inverse(self) -> Fraction:
        """One over the points that count."""
        return 1 / self.counted if self.counted else ZERO

    @property
    def share(self) -> Fraction:
        """The points earned of the points that count."""
        return self.points * self.inverse

    def term(self, key: ChangePart) -> Term:
        """Return a term, or nothing earned of nothing."""
        return self.terms.get(key, NO_TERM)


NO_QUOTIENT = Quotient(ZERO, {})


class QuotientChange(NamedTuple):
    """How a quotient moved: what its terms' points did, what their counting did, what the whole
    did; they add up.

    `rise` is what one point more was worth.
    """

    rise: Fraction
    points: dict[ChangePart, Fraction]
    counted: dict[ChangePart, Fraction]
    whole: Fraction


def changed(before: Quotient, after: Quotient) -> QuotientChange:
    """Return how a quotient moved, term by term; every factor is taken at the mean of both sides.

    The quotient is W × P / N: a whole, the points earned, the points that count. Its change is

        ΔW × mean(P / N)  +  mean(W) × mean(1 / N) × ΔP  +  mean(W) × mean(P) × Δ(1 / N)

    to the last digit, in either direction. ΔP and ΔN are sums over the terms, so that each term has
    its part of the second and of the third. With W = 100, 8 of 10 points before and 9 of 12 after:
    the point more gives 100 × 11/120 = 9 1/6, the two that count more take 100 × 8.5 / 60 = 14 1/6;
    together −5, from 80 to 75.
    """
    whole = (before.whole + after.whole) * HALF
    rise = whole * (before.inverse + after.inverse) * HALF
    drag = whole * (before.points + after.points) * HALF * _inverse_slope(before, after)
    points: dict[ChangePart, Fraction] = {}
    counted: dict[ChangePart, Fraction] = {}
    for key in {**before.terms, **after.terms}:
        old = before.term(key)
        new = after.term(key)
        points[key] = rise * (new.points - old.points)
        counted[key] = drag * (new.counted - old.counted)
    by_whole = (after.whole - before.whole) * (before.share + after.share) * HALF
    return QuotientChange(rise, points, counted, by_whole)


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
    means: Mapping[ChangePart, Quotient]
    added: Mapping[ChangePart, Fraction]


def exact(text: object) -> Fraction:
    """Return a figure of a document, `"1.81"` or `"47/26"`; raise `ValueError` for other texts."""
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
    terms = {
        part: Term(exact(rule["earned"]), _counted(rule))
        for part, rule in parts
        if rule["group"] not in names and groups[part.area]["kind"] == "base"
    }
    terms |= {mean: _group_term(groups[mean.id]) for mean in means}
    index = document["index"]
    base = Quotient(exact(index["scale"]), terms)
    added = dict(_pools(groups, parts)) | dict(_mean_roundings(groups, inside))
    return Standing(
        _index_value(index), base, inside, added | _index_lines(index, base)
    )


def _part(
    kind: str, id_: str, groups: Mapping[str, Document], group: str
) -> ChangePart:
    return ChangePart(kind, id_, str(top(groups, group)["id"]))


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
    """Whether what a rule has excluded shrinks the maximum (semantics I2).

    A rule that leaves a mean counts for nothing in it, so that nothing of it is excluded either.
    """
    if exact(rule["maximum"]) and not exact(rule["excluded"]):
        return False
    effect: str | None = rule["machine"]["effects"].get(rule["state"])
    return rule["reason"]["code"] == "block_absent" or effect == "exclude"


def _counted(rule: Document) -> Fraction:
    return ZERO if rescales(rule) else own_weight(rule)


def own_weight(rule: Document) -> Fraction:
    """Return a rule's own weight, relative in a mean; reports of before have it as the maximum."""
    return exact(rule.get("weight", rule["maximum"]))


def _group_term(group: Document) -> Term:
    counted = exact(group["maximum"]) - exact(group["rescaled"])
    return Term(exact(group["earned"]), counted)


def _mean(group: Document, parts: Iterable[tuple[ChangePart, Document]]) -> Quotient:
    """Return a weighted mean before its rounding (semantics G2)."""
    below = {
        part: Term(exact(rule["exact"]), _counted(rule))
        for part, rule in parts
        if rule["group"] == group["id"] and not rescales(rule)
    }
    return Quotient(exact(group["maximum"]), below)


def _mean_roundings(
    groups: Mapping[str, Document], means: Mapping[ChangePart, Quotient]
) -> Iterator[tuple[ChangePart, Fraction]]:
    """Yield what rounding gave each weighted mean, in points of its group."""
    for part, mean in means.items():
        unrounded = mean.whole * mean.share
        yield _rounding(part), exact(groups[part.id]["earned"]) - unrounded


def _rounding(mean: ChangePart) -> ChangePart:
    return mean._replace(kind="mean_rounding")


def _pools(
    groups: Mapping[str, Document], parts: Iterable[tuple[ChangePart, Document]]
) -> Iterator[tuple[ChangePart, Fraction]]:
    """Yield what the rules of bonus and penalty pools add, and what their caps hold back."""
    sums = {id_: ZERO for id_, group in groups.items() if group["kind"] != "base"}
    for part, rule in parts:
        if part.area in sums:
            added = _added(rule, groups[part.area]["kind"])
            sums[part.area] += added
            yield part, added
    for id_, total in sums.items():
        held = _added(groups[id_], groups[id_]["kind"])
        yield ChangePart("cap", id_, id_), held - total


def _added(part: Document, kind: str) -> Fraction:
    """Return what a rule or a pool adds to the index: a penalty takes what it lost.

    What a rule lost beyond its pool's cap is counted here, and given back by the line of the cap.
    """
    if kind == "bonus":
        return exact(part["earned"])
    beyond_cap = exact(part.get("without_effect", "0"))
    return -exact(part["lost"]) - beyond_cap


def _index_lines(index: Document, base: Quotient) -> dict[ChangePart, Fraction]:
    """Return what the rounding of the base and the hold to the scale do (semantics I2, I3)."""
    rounded = exact(index["base"])
    total = rounded + exact(index["bonus"]) - exact(index["penalty"])
    return {
        ChangePart("rounding"): rounded - base.whole * base.share,
        ChangePart("held"): _index_value(index) - total,
    }


def _index_value(index: Document) -> Fraction:
    """Return an index as shown; where nothing was left to score, what it is reckoned from."""
    if index["value"] is None:
        return exact(index["base"]) + exact(index["bonus"]) - exact(index["penalty"])
    return exact(index["value"])


def moved(before: Standing, after: Standing) -> dict[ChangePart, Fraction]:
    """Return the parts of the change of the index, those that are not zero; they add up to it
    exactly.
    """
    change = changed(before.base, after.base)
    amounts: dict[ChangePart, Fraction] = {ChangePart("scale"): change.whole}
    for part in change.points:
        if part.kind == RULE:
            _add(amounts, part, change.points[part] + change.counted[part])
        else:
            _add(amounts, part, change.counted[part])
            _spread(amounts, part, change.rise, before, after)
    for part in {**before.added, **after.added}:
        if part.kind != "mean_rounding":  # it has been spread with its mean
            _add(amounts, part, _rise(before.added, after.added, part))
    return {part: amounts[part] for part in sorted(amounts) if amounts[part]}


def _rise(
    before: Mapping[ChangePart, Fraction],
    after: Mapping[ChangePart, Fraction],
    part: ChangePart,
) -> Fraction:
    return after.get(part, ZERO) - before.get(part, ZERO)


def _spread(
    amounts: dict[ChangePart, Fraction],
    mean: ChangePart,
    rise: Fraction,
    before: Standing,
    after: Standing,
) -> None:
    """Add what a weighted mean's points moved the index by, in parts: its rules, its own weight,
    its rounding.
    """
    old = before.means.get(mean, NO_QUOTIENT)
    new = after.means.get(mean, NO_QUOTIENT)
    inside = changed(old, new)
    for part in inside.points:
        _add(amounts, part, (inside.points[part] + inside.counted[part]) * rise)
    _add(amounts, mean, inside.whole * rise)
    rounding = _rounding(mean)
    _add(amounts, rounding, _rise(before.added, after.added, rounding) * rise)


def _add(
    amounts: dict[ChangePart, Fraction], part: ChangePart, amount: Fraction
) -> None:
    amounts[part] = amounts.get(part, ZERO) + amount


def halved(*ways: Mapping[ChangePart, Fraction]) -> dict[ChangePart, Fraction]:
    """Return the mean of two ways to divide."""
    halves: dict[ChangePart, Fraction] = {}
    for way in ways:
        for part, amount in way.items():
            _add(halves, part, amount * HALF)
    return {part: halves[part] for part in sorted(halves) if halves[part]}


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
    # Ticks are added where rounding went down furthest, or taken away where it went up furthest.
    sign = 1 if missing > 0 else -1
    wanting = sorted(parts, key=lambda key: sign * (ticks[key] - parts[key] * unit))
    for key in wanting[: abs(missing)]:
        ticks[key] += sign
    return ticks
