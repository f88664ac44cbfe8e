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
from typing import Any, NamedTuple, TypeAlias

from cchc_rules.base.number import half_up
from cchc_rules.base.problem import quoted
from cchc_rules.report.machine_form import effect_of

Document: TypeAlias = Mapping[str, Any]
"""A report document, or a part of one."""

Groups: TypeAlias = Mapping[str, Document]
"""The groups of a report document by their ids."""

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


Amounts: TypeAlias = dict[ChangePart, Fraction]
"""By how many points each part moved the index."""

RuleParts: TypeAlias = Iterable[tuple[ChangePart, Document]]
"""The rules of a report document, each with the part that it is of a change."""

RULE = "rule"
"""The kind of part that a rule is."""

LINES = ("mean_weight", "mean_rounding", "cap", "scale", "rounding", "held")
"""The steps between the rules and the index; the first three belong to a group."""


class Term(NamedTuple):
    """What one rule, or one weighted mean, brings to a quotient: points earned, and the points
    that count, without those that were excluded so that the maximum shrinks.
    """

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
        return sum((term.points for term in self.terms.values()), ZERO)

    @property
    def counted(self) -> Fraction:
        """The points that count of all terms."""
        return sum((term.counted for term in self.terms.values()), ZERO)

    @property
    def inverse(self) -> Fraction:
        """One over the points that count."""
        counted = self.counted
        if not counted:
            return ZERO
        return 1 / counted

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
    points: Amounts
    counted: Amounts
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
    inverse = (before.inverse + after.inverse) * HALF
    earned = (before.points + after.points) * HALF
    share = (before.share + after.share) * HALF
    # What a point more that is earned brings, and what a point more that counts takes.
    rise = whole * inverse
    drag = whole * earned * _inverse_slope(before, after)
    points: Amounts = {}
    counted: Amounts = {}
    for key in {**before.terms, **after.terms}:
        old = before.term(key)
        new = after.term(key)
        points[key] = rise * (new.points - old.points)
        counted[key] = drag * (new.counted - old.counted)
    by_whole = (after.whole - before.whole) * share
    return QuotientChange(rise, points, counted, by_whole)


def _inverse_slope(before: Quotient, after: Quotient) -> Fraction:
    """Return how much one over the points that count moves for each point more that counts.

    It is Δ(1 / N) / ΔN. Over a common denominator 1/N₂ − 1/N₁ is −(N₂ − N₁) / (N₁ × N₂), so that
    the quotient is −1 / (N₁ × N₂): there even where the same points count, and no division by zero.
    """
    if before.counted and after.counted:
        return -1 / (before.counted * after.counted)
    # On one side nothing counts, and its inverse is 0 by definition.
    difference = after.counted - before.counted
    if not difference:
        return ZERO
    return (after.inverse - before.inverse) / difference


@dataclass(frozen=True)
class Standing:
    """The index of one report, taken apart, in points.

    `value` is the index as shown, `base` the quotient before its rounding. `means` has for each
    weighted mean the quotient that it is before its own rounding; in `base` the mean is one term.
    `added` has what is no part of a quotient: pools, caps, roundings, and the hold to the scale.
    `under_cap` has for each base group with a cap what its rules earned; it is one term, too.
    """

    value: Fraction
    base: Quotient
    means: Mapping[ChangePart, Quotient]
    added: Mapping[ChangePart, Fraction]
    under_cap: Mapping[ChangePart, Amounts]


def exact(text: object) -> Fraction:
    """Return a figure of a document, `"1.81"` or `"47/26"`; raise `ValueError` for other texts."""
    if not isinstance(text, str) or not _FIGURE.fullmatch(text):
        raise ValueError(quoted(text))
    return Fraction(text)


# A document may come from anybody; the bounds keep `Fraction` from digits without end.
_FIGURE = re.compile(r"-?\d{1,4000}(?:\.\d{1,30}|/\d{1,4000})?", re.ASCII)


def standing(document: Document) -> Standing:
    """Return the index of a report document, taken apart.

    Raises what reading a broken document raises (`BROKEN` in `compare`).
    """
    groups = {group["id"]: group for group in document["groups"]}
    parts: list[tuple[ChangePart, Document]] = []
    for rule in document["rules"]:
        part = _part(RULE, rule["id"], groups, rule["group"])
        parts.append((part, rule))
    # The part of a mean is named for its weight, which moves the base as that of a rule does.
    means = [
        _part("mean_weight", id_, groups, id_)
        for id_, group in groups.items()
        if group["combine"] == "mean"
    ]
    inside = {mean: _mean(groups[mean.id], parts) for mean in means}
    in_a_mean = {mean.id for mean in means}
    # What a cap holds is a term of its own, too: its rules moved the base through it.
    capped = [_part("cap", id_, groups, id_) for id_ in _outermost_caps(groups)]
    under_cap = {cap: _under(groups, cap.id, parts) for cap in capped}
    rules_under_cap = {part for points in under_cap.values() for part in points}
    terms: dict[ChangePart, Term] = {}
    for part, rule in parts:
        # A rule of a mean moves the index through the mean, which is the term in its place.
        if rule["group"] in in_a_mean or part in rules_under_cap:
            continue
        if groups[part.area]["kind"] == "base":
            terms[part] = Term(exact(rule["earned"]), _counted(rule))
    for mean in means:
        terms[mean] = _group_term(groups[mean.id])
    for cap in capped:
        terms[cap] = _group_term(groups[cap.id])
    index = document["index"]
    base = Quotient(exact(index["scale"]), terms)
    # There is no index that points could lift or lower, and the change is reckoned from or to 0
    # (semantics I2, I9): what rules earned moved nothing.
    if index["value"] is None:
        unmoved = {mean: _without_points(quotient) for mean, quotient in inside.items()}
        held_back = {
            cap: dict.fromkeys(earned, ZERO) for cap, earned in under_cap.items()
        }
        return Standing(ZERO, _without_points(base), unmoved, {}, held_back)
    added = {
        **dict(_pools(groups, parts)),
        **dict(_mean_roundings(groups, inside)),
        **_index_lines(index, base),
    }
    return Standing(exact(index["value"]), base, inside, added, under_cap)


def _without_points(quotient: Quotient) -> Quotient:
    """Return a quotient of the same terms of which none has any points."""
    terms = {part: Term(ZERO, term.counted) for part, term in quotient.terms.items()}
    return Quotient(quotient.whole, terms)


def _outermost_caps(groups: Groups) -> Iterator[str]:
    """Yield the base groups with a cap that lie in no other."""
    for id_ in groups:
        way_up = list(upwards(groups, id_))
        capped = [group["id"] for group in way_up if _is_capped(group)]
        if capped == [id_]:
            yield id_


def _is_capped(group: Document) -> bool:
    return group["kind"] == "base" and group["cap"] is not None


def _under(groups: Groups, cap: str, parts: RuleParts) -> Amounts:
    """Return what the rules below a group earned, by their parts of a change."""
    earned: Amounts = {}
    for part, rule in parts:
        way_up = [group["id"] for group in upwards(groups, rule["group"])]
        if cap in way_up:
            earned[part] = exact(rule["earned"])
    return earned


def _part(
    kind: str,
    id_: str,
    groups: Groups,
    group: str,
) -> ChangePart:
    area = top(groups, group)
    return ChangePart(kind, id_, str(area["id"]))


def upwards(groups: Groups, id_: str) -> Iterator[Document]:
    """Yield a group and those that it lies in.

    Raises `ValueError` where groups lie in each other.
    """
    group = groups[id_]
    # No way up is longer than there are groups, unless it goes round in a circle.
    for _ in groups:
        yield group
        if group["parent"] is None:
            return
        group = groups[group["parent"]]
    raise ValueError(id_)


def top(groups: Groups, id_: str) -> Document:
    """Return the group at the top that a group lies in; raise `ValueError` where groups lie in each
    other.
    """
    *_, highest = upwards(groups, id_)
    return highest


def rescales(rule: Document) -> bool:
    """Whether what a rule has excluded shrinks the maximum (semantics I2).

    A rule that leaves a mean counts for nothing in it, so that nothing of it is excluded either.
    """
    if exact(rule["maximum"]) and not exact(rule["excluded"]):
        return False
    if rule["reason"]["code"] == "block_absent":
        return True
    return bool(effect_of(rule) == "exclude")


def _counted(rule: Document) -> Fraction:
    if rescales(rule):
        return ZERO
    return own_weight(rule)


def own_weight(rule: Document) -> Fraction:
    """Return a rule's own weight in points, in a weighted mean its weight relative to the others.

    Older reports do not have it; their maximum is the weight.
    """
    weight = rule.get("weight", rule["maximum"])
    return exact(weight)


def _group_term(group: Document) -> Term:
    # A mean whose rules were all rescaled away counts for nothing.
    counted = exact(group["maximum"]) - exact(group["rescaled"])
    return Term(exact(group["earned"]), counted)


def _mean(group: Document, parts: RuleParts) -> Quotient:
    """Return a weighted mean before its rounding (semantics G2)."""
    terms: dict[ChangePart, Term] = {}
    for part, rule in parts:
        if rule["group"] == group["id"] and not rescales(rule):
            # Points before rounding: a mean is rounded once, over all of its rules.
            terms[part] = Term(exact(rule["exact"]), _counted(rule))
    return Quotient(exact(group["maximum"]), terms)


def _mean_roundings(
    groups: Groups,
    means: Mapping[ChangePart, Quotient],
) -> Iterator[tuple[ChangePart, Fraction]]:
    """Yield what rounding gave each weighted mean, in points of its group."""
    for part, mean in means.items():
        unrounded = mean.whole * mean.share
        rounded = exact(groups[part.id]["earned"])
        yield _rounding(part), rounded - unrounded


def _rounding(mean: ChangePart) -> ChangePart:
    return mean._replace(kind="mean_rounding")


def _pools(
    groups: Groups,
    parts: RuleParts,
) -> Iterator[tuple[ChangePart, Fraction]]:
    """Yield what the rules of bonus and penalty pools add, and what their caps hold back."""
    pools = [id_ for id_, group in groups.items() if group["kind"] != "base"]
    sums = dict.fromkeys(pools, ZERO)
    for part, rule in parts:
        if part.area in sums:
            added = _added(rule, groups[part.area]["kind"])
            sums[part.area] += added
            yield part, added
    # Negative in a bonus pool, positive in a penalty pool: what the cap keeps away or spares.
    for id_, total in sums.items():
        pool = groups[id_]
        held = _added(pool, pool["kind"])
        yield ChangePart("cap", id_, id_), held - total


def _added(part: Document, kind: str) -> Fraction:
    """Return what a rule or a pool adds to the index: a penalty takes what it lost.

    What a rule lost beyond its pool's cap is counted here, and given back by the line of the cap.
    """
    if kind == "bonus":
        return exact(part["earned"])
    beyond_cap = exact(part.get("without_effect", "0"))
    return -exact(part["lost"]) - beyond_cap


def _index_lines(index: Document, base: Quotient) -> Amounts:
    """Return what the rounding of the base and the hold to the scale do (semantics I2, I3)."""
    rounded = exact(index["base"])
    total = rounded + _pools_of(index)
    return {
        ChangePart("rounding"): rounded - base.whole * base.share,
        ChangePart("held"): exact(index["value"]) - total,
    }


def _pools_of(index: Document) -> Fraction:
    """Return bonus less penalty."""
    return exact(index["bonus"]) - exact(index["penalty"])


def moved(before: Standing, after: Standing) -> Amounts:
    """Return the parts of the change of the index, those that are not zero; they add up to it
    exactly.
    """
    change = changed(before.base, after.base)
    amounts: Amounts = {ChangePart("scale"): change.whole}
    for part in change.points:
        _add(amounts, part, change.counted[part])
        if part.kind == RULE:
            _add(amounts, part, change.points[part])
        elif part.kind == "cap":
            _spread_under_cap(amounts, part, change, before, after)
        else:
            # What a mean's points did is what its rules and its rounding did.
            _spread(amounts, part, change.rise, before, after)
    for part in {**before.added, **after.added}:
        # The rounding of a mean has been spread with it: in the base it is worth `rise` a point.
        if part.kind != "mean_rounding":
            rise = _rise(before.added, after.added, part)
            _add(amounts, part, rise)
    return _without_zeros(amounts)


def _without_zeros(
    amounts: Mapping[ChangePart, Fraction],
) -> Amounts:
    """Return the amounts that are not zero, sorted by their parts."""
    return {part: amounts[part] for part in sorted(amounts) if amounts[part]}


def _rise(
    before: Mapping[ChangePart, Fraction],
    after: Mapping[ChangePart, Fraction],
    part: ChangePart,
) -> Fraction:
    return after.get(part, ZERO) - before.get(part, ZERO)


def _spread(
    amounts: Amounts,
    mean: ChangePart,
    rise: Fraction,
    before: Standing,
    after: Standing,
) -> None:
    """Add what a weighted mean's points moved the index by, in parts: its rules, its own weight,
    its rounding.
    """
    # A mean that only one side has comes from nothing, or goes to it.
    old = before.means.get(mean, NO_QUOTIENT)
    new = after.means.get(mean, NO_QUOTIENT)
    inside = changed(old, new)
    for part in inside.points:
        moved_mean = inside.points[part] + inside.counted[part]
        _add(amounts, part, moved_mean * rise)
    _add(amounts, mean, inside.whole * rise)
    rounding = _rounding(mean)
    moved_rounding = _rise(before.added, after.added, rounding)
    _add(amounts, rounding, moved_rounding * rise)


def _spread_under_cap(
    amounts: Amounts,
    cap: ChangePart,
    change: QuotientChange,
    before: Standing,
    after: Standing,
) -> None:
    """Add what the points of a base group with a cap moved the index by: what its rules did, and
    what its cap held back of it.
    """
    old = before.under_cap.get(cap, {})
    new = after.under_cap.get(cap, {})
    left = change.points[cap]
    for part in {**old, **new}:
        by_rule = change.rise * _rise(old, new, part)
        _add(amounts, part, by_rule)
        left -= by_rule
    _add(amounts, cap, left)


def _add(
    amounts: Amounts,
    part: ChangePart,
    amount: Fraction,
) -> None:
    amounts[part] = amounts.get(part, ZERO) + amount


def halved(*ways: Mapping[ChangePart, Fraction]) -> Amounts:
    """Return the mean of two ways to divide a change.

    Going from the old figures and rules to the new, one may change the figures first or the rules
    first. What each did comes out differently; the mean of both orders favours neither (it is the
    Shapley value of two players), and still adds up to the change.
    """
    halves: Amounts = {}
    for way in ways:
        for part, amount in way.items():
            _add(halves, part, amount * HALF)
    return _without_zeros(halves)


def apportioned(parts: Mapping[Any, Fraction], total: int, unit: int) -> dict[Any, int]:
    """Return the parts in whole ticks of 1/unit that add up to a total: each rounded, then as few
    as can be moved.

    Those are moved that rounding had moved furthest the other way, so none is a whole tick off;
    swapping all signs swaps the signs of the ticks.

    Args:
        parts: The exact parts, in points.
        total: What the ticks must add up to; within a tick of the exact sum.
        unit: How many ticks make a point.

    >>> thirds = {"a": Fraction(1, 3), "b": Fraction(1, 3), "c": Fraction(1, 3)}
    >>> apportioned(thirds, 100, 100)
    {'a': 34, 'b': 33, 'c': 33}
    """
    ticks = {
        key: half_up(amount.numerator * unit, amount.denominator)
        for key, amount in parts.items()
    }
    missing = total - sum(ticks.values())
    # Ticks are added where rounding went down furthest, or taken away where it went up furthest.
    sign = 1 if missing > 0 else -1

    def rounded_up_by(key: Any) -> Fraction:
        return sign * (ticks[key] - parts[key] * unit)

    wanting = sorted(parts, key=rounded_up_by)
    for key in wanting[: abs(missing)]:
        ticks[key] += sign
    return ticks
