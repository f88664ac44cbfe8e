"""Checks a printed report against itself: every figure is worked out again from what the report
records.

It needs Python's standard library and no other file of this package: copy it and run `python
verify.py report.json`. docs/reference/report.md says what it reads. Exit code: 0 verified, 1
differs, 4 not a report.
"""

import copy
import hashlib
import json
import operator
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

PRECEDENCE = ("missing", "not_applicable", "waived")
COMPUTED = ("met", "partly_met", "not_met")
PASSES = ("met", "not_applicable", "not_due", "waived")
SIGNS = {
    "is": "==",
    "on_or_before": "<=",
    "before": "<",
    "on_or_after": ">=",
    "after": ">",
}
EDGES = {"from": ">=", "above": ">", "to": "<=", "below": "<"}
SUMS = ("maximum", "earned", "lost", "excluded", "rescaled")
ZERO = Fraction(0)
NUMBER = re.compile(r"-?\d{1,9999}(\.\d{1,60}|/\d{1,9999})?", re.ASCII)
MOST_DAYS = 36_600
MOST_BITS = 20_000


class NoReportError(ValueError):
    """What was given is no report that can be recomputed."""


class Difference(NamedTuple):
    """A place of the report, what stands there, and what it should be."""

    path: str
    said: object
    found: object


class Gone(NamedTuple):
    """A figure that is not there, and the state that says why."""

    state: str


class Leaf(NamedTuple):
    """What a rule comes to: its exact points, whether its maximum is excluded and shrinks the
    whole, and a cause.
    """

    state: str
    exact: Fraction = ZERO
    excluded: bool = False
    rescales: bool = False
    cause: str = ""
    final: bool = False
    """Whether it stays what it is before its due day."""


def differences(report: Any) -> list[Difference]:
    """Return every place where a report does not agree with itself; raise `NoReportError` where it
    is none.
    """
    try:
        return [
            *_apart(
                "", report, {"digest": digest(report), **Recount(report).report_again()}
            )
        ]
    except (
        KeyError,
        TypeError,
        ValueError,
        AttributeError,
        IndexError,
        ArithmeticError,
        RecursionError,
    ) as error:
        raise NoReportError(f"{type(error).__name__}: {error}") from error


def digest(report: Mapping[str, Any]) -> str:
    """Return the SHA-256 of everything else in a report, printed with sorted keys and nothing
    between its parts.
    """
    rest = {key: value for key, value in report.items() if key != "digest"}
    text = json.dumps(rest, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _apart(path: str, said: Any, found: Any) -> Iterator[Difference]:
    """Yield where a report says something else than was found; what was not worked out again is
    passed over.
    """
    if isinstance(said, dict) and isinstance(found, dict):
        for key, value in found.items():
            yield from _apart(f"{path}.{key}" if path else key, said[key], value)
    elif isinstance(said, list) and isinstance(found, list) and len(said) == len(found):
        for at, (left, right) in enumerate(zip(said, found, strict=True)):
            id_ = left.get("id", at) if isinstance(left, dict) else at
            yield from _apart(f"{path}[{id_}]", left, right)
    elif isinstance(found, Fraction) and isinstance(said, str):
        yield from [Difference(path, said, found)] if amount(said) != found else []
    elif type(said) is not type(found) or said != found:
        yield Difference(path, said, found)


def amount(text: Any) -> Fraction:
    """Return the number of a decimal text or of a fraction such as `47/26`; anything else is no
    report's.
    """
    if not isinstance(text, str) or not NUMBER.fullmatch(text):
        raise NoReportError(f"not a number: {text!r:.60}")
    return Fraction(text)


def bounded(value: Any, most: int = 12) -> int:
    """Return a whole number that counts places or days; a report needs no more than so many."""
    if isinstance(value, bool) or value != int(value) or abs(value) > most:
        raise NoReportError(f"not a whole number up to {most}: {value!r:.60}")
    return int(value)


def rounded(value: Fraction, places: int) -> Fraction:
    """Return the value rounded to so many decimal places; a tie goes away from zero."""
    nearest = (2 * abs(value.numerator) * 10**places + value.denominator) // (
        2 * value.denominator
    )
    return Fraction(nearest if value >= 0 else -nearest, 10**places)


def shown(value: Any) -> Any:
    """Return a figure as a report shows it: 4 places where its decimal does not end within 12."""
    if isinstance(value, Fraction) and (value * 10**12).denominator > 1:
        return rounded(value, 4)
    return None if isinstance(value, Gone) else value


def _later(day: str, count: Fraction) -> str:
    return (
        date.fromisoformat(day) + timedelta(days=bounded(count, MOST_DAYS))
    ).isoformat()


# fmt: off
OPERATORS: dict[str, Callable[..., Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "negative": operator.neg,
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "not": operator.not_, "abs": abs, "min": lambda *all: min(all), "max": lambda *all: max(all),
    "count": lambda *flags: Fraction(sum(flags)),
    "round_half_up": lambda value, places: rounded(value, bounded(places)),
    "round_down": lambda value: Fraction(value.numerator // value.denominator),
    "round_up": lambda value: Fraction(-(-value.numerator // value.denominator)),
    "days": lambda first, last: Fraction((date.fromisoformat(last) - date.fromisoformat(first)).days),
    "add_days": _later,
}
# fmt: on


class Recount:
    """Works a report out again. Numbers are `Fraction`s, dates ISO texts (their order is that of
    the days).
    """

    def __init__(self, report: Any) -> None:
        self.report = report
        self.machine = report["machine"]
        self.places = bounded(report["machine"]["places"])
        self.rules, self.groups = (
            {item["id"]: item for item in report[key]} for key in ("rules", "groups")
        )
        self.metrics = {metric["id"]: metric for metric in self.machine["metrics"]}
        self.inputs = {
            item["metric"]: item for rule in report["rules"] for item in rule["inputs"]
        }
        self.derived = [
            id_ for id_, metric in self.metrics.items() if metric["formula"] is not None
        ]
        self.gated = [rule for rule in report["rules"] if rule["requires"]]
        self.members: dict[Any, list[Any]] = {}
        self.readers: dict[Any, list[Any]] = {}
        for rule in report["rules"]:
            self.members.setdefault(rule["group"], []).append(rule)
            for item in rule["inputs"]:
                self.readers.setdefault(item["metric"], []).append(rule)
        self.figures: dict[str, Any] = {}
        self.leaves: dict[str, Leaf] = {}
        self.totals: dict[str, dict[str, Fraction]] = {}

    def report_again(self) -> dict[str, Any]:
        """Return every part of the report that can be worked out, in the report's own form."""
        index = self._index()
        rules = [self._rule(rule) for rule in self.report["rules"]]
        return {
            "rules": rules,
            "groups": [{"uncapped": None, **self._total(id_)} for id_ in self.groups],
            "index": {
                **index,
                **self._range(index),
                **self._by_state(rules),
                "steps": self._steps(index),
            },
            "band": self._band(
                index["value" if self.machine["bands_read"] == "rounded" else "exact"]
            )
            if index["value"] is not None
            else None,
            "targets": [
                self._target(target, index) for target in self.report["targets"]
            ],
            "tracks": [self._track(track["id"]) for track in self.report["tracks"]],
            "machine": {"metrics": [self._metric(id_) for id_ in self.metrics]},
            **self._lists(rules),
        }

    # Figures and expressions

    def _metric(self, id_: str) -> dict[str, Any]:
        figure = self._figure(id_)
        gone = isinstance(figure, Gone)
        return {
            "state": figure.state if gone else "reported",
            "figure": None if gone else figure,
        }

    def _figure(self, id_: str) -> Any:
        if id_ not in self.figures:
            tree = self.metrics[id_]["formula"]
            self.figures[id_] = self._held(
                id_,
                self._given(self.inputs[id_]) if tree is None else self._value(tree),
            )
        return self.figures[id_]

    def _held(self, id_: str, value: Any) -> Any:
        places = self.metrics[id_]["round"]
        return (
            value
            if places is None or isinstance(value, Gone)
            else rounded(value, bounded(places))
        )

    def _given(self, given: Any) -> Any:
        """Return the figure of an entry: a share, a count of items, a value, or the state that
        stands for none.
        """
        kind = self.metrics[given["metric"]]["type"]
        if given["denominator"] is not None:
            above = amount(given["numerator"])
            below = amount(given["denominator"])
            return (
                above * (100 if kind == "percent" else 1) / below
                if above or below
                else Gone("not_applicable")
            )
        if given["items"] is not None:
            return Fraction(
                len({" ".join(item.casefold().split()) for item in given["items"]})
            )
        if given["value"] is None:
            return Gone(given["state"])
        return (
            given["value"]
            if kind in ("yes_no", "date", "level")
            else amount(given["value"])
        )

    def _value(self, tree: Any, names: Mapping[str, Any] | None = None) -> Any:
        """Return what an expression comes to, or the absence that stands in its way."""
        state = self._absence(tree, names or {})
        try:
            return Gone(state) if state else self._evaluate(tree, names or {})
        except ZeroDivisionError:
            return Gone(self._obstacle(tree, names or {}))

    def _obstacle(self, tree: Any, names: Mapping[str, Any]) -> str:
        """Return the strongest state in the parts of an expression that has no value."""
        parts = tree[1:] if isinstance(tree, list) else []
        if parts and tree[0] == "if":
            test = self._value(parts[0], names)
            parts = (
                [parts[0]]
                if isinstance(test, Gone)
                else [parts[1] if test else parts[2]]
            )
        values = [self._value(part, names) for part in parts]
        states = [value.state for value in values if isinstance(value, Gone)]
        return min(states, key=PRECEDENCE.index, default="not_applicable")

    def _absence(self, tree: Any, names: Mapping[str, Any]) -> str | None:
        """Return the strongest state among the figures that an expression needs and that are not
        there.
        """
        if isinstance(tree, dict):
            found = (
                self._figure(tree["metric"])
                if "metric" in tree
                else names.get(tree.get("name", ""))
            )
            return found.state if isinstance(found, Gone) else None
        parts = (
            [self._absence(part, names) for part in tree[1:]]
            if isinstance(tree, list)
            else []
        )
        if parts and tree[0] in ("first", "largest_known") and None in parts:
            return None
        return min(filter(None, parts), key=PRECEDENCE.index, default=None)

    def _evaluate(self, tree: Any, names: Mapping[str, Any]) -> Any:
        if isinstance(tree, dict):
            ((kind, text),) = tree.items()
            return (
                self._figure(text)
                if kind == "metric"
                else names[text]
                if kind == "name"
                else text
            )
        if not isinstance(tree, list):
            return tree if isinstance(tree, bool) else amount(tree)
        name, *parts = tree
        if name == "if":
            return self._evaluate(
                parts[1] if self._evaluate(parts[0], names) else parts[2], names
            )
        if name in ("and", "or"):
            return (all if name == "and" else any)(
                self._evaluate(part, names) for part in parts
            )
        if name in ("first", "largest_known"):
            known = [
                value
                for part in parts
                if not isinstance(value := self._value(part, names), Gone)
            ]
            return (
                (known[0] if name == "first" else max(known))
                if known
                else Fraction(1) / 0
            )
        values = [self._evaluate(part, names) for part in parts]
        found = (
            self._working_day(*values)
            if name == "add_working_days"
            else OPERATORS[name](*values)
        )
        if (
            isinstance(found, Fraction)
            and found.numerator.bit_length() + found.denominator.bit_length()
            > MOST_BITS
        ):
            raise NoReportError("a figure outgrows every bound")
        return found

    def _working_day(self, day: str, count: Fraction) -> str:
        left = abs(bounded(count, MOST_DAYS // 10))
        step = Fraction(1 if count >= 0 else -1)
        while left > 0:
            day = _later(day, step)
            left -= bool(
                self.machine["unusual_days"].get(
                    day, date.fromisoformat(day).weekday() < 5
                )
            )
        return day

    # Rules (semantics L1 to L6)

    def _leaf(self, id_: str) -> Leaf:
        if id_ not in self.leaves:
            self.leaves[id_] = self._judged(self.rules[id_])
        return self.leaves[id_]

    def _judged(self, rule: Any) -> Leaf:
        own = self._figure(rule["metric"]) if rule["metric"] else None
        gates = {self._leaf(name).state for name in rule["requires"]}
        by_hand = rule["deduction"] == "manual"
        if any(group["absent"] is not None for group in self._above(rule["group"])):
            return Leaf("not_applicable", ZERO, True, True)
        if gates & {"not_met", "partly_met"} and own != Gone("waived"):
            return Leaf("not_met")
        found = self._measured(rule, own)
        if "missing" in gates and found.state in (
            *COMPUTED,
            "missing" if by_hand else "",
        ):
            found = self._absent(rule, "missing", "gate")
        if rule["due"] is None or self.report["as_of"] >= rule["due"] or found.final:
            return found
        if found.state in ("partly_met", "not_met", "missing"):
            return self._absent(rule, "not_due")
        return found

    def _above(self, id_: str | None) -> Iterator[Any]:
        while id_ is not None:
            yield self.groups[id_]
            id_ = self.groups[id_]["parent"]

    def _absent(self, rule: Any, state: str, cause: str = "") -> Leaf:
        """Return what the declared effect of an absence makes of a rule."""
        effect = rule["machine"]["effects"][state]
        given = _points(rule)
        gate = cause == "gate"
        if effect == "manual" and given is not None:
            return Leaf(state, given, cause="given", final=gate)
        if effect == "manual":
            return Leaf("missing", cause="awaited", final=gate or state != "missing")
        points = amount(rule["weight"]) if effect == "full" else ZERO
        out = effect in ("exclude", "show")
        return Leaf(state, points, out, effect == "exclude", cause, final=gate)

    def _measured(self, rule: Any, own: Any) -> Leaf:
        machine = rule["machine"]
        given = _points(rule)
        if rule["deduction"] == "manual":
            return (
                self._absent(rule, "missing", "awaited")
                if given is None
                else _computed(rule, given, None)
            )
        names = {
            "value": own,
            "weight": amount(rule["weight"]),
            "lowest": amount(rule["lowest"]),
        }
        exempt = {"metric": machine["exempt"]} if machine["exempt"] else True
        needed = [
            "needed",
            {"name": "value"},
            machine["threshold"],
            exempt,
            machine["points"],
        ]
        threshold = machine["threshold"]
        if threshold is not None:
            names["threshold"] = self._value(threshold)
        state = "waived" if own == Gone("waived") else self._absence(needed, names)
        if state is None and isinstance(names.get("threshold"), Gone):
            state = names["threshold"].state
        if state is not None:
            return self._absent(rule, state)
        try:
            names["met"] = self._met(rule, own, names.get("threshold"))
            return _computed(
                rule, self._evaluate(machine["points"], names), names["met"]
            )
        except ZeroDivisionError:
            return self._absent(rule, "not_applicable")

    def _met(self, rule: Any, value: Any, threshold: Any) -> bool | None:
        """Whether a figure reaches the target; None for a rule without one, whose points decide."""
        comparator = rule["comparator"]
        exempt = rule["machine"]["exempt"]
        metric = self.metrics[rule["metric"]]
        value = value if exempt is None else value - self._figure(exempt)
        if comparator is None:
            return True if rule["deduction"] == "none" else None
        if comparator == "between":
            return _inside(rule["threshold"], value)
        if comparator == "one_of":
            return value in [
                amount(item) if isinstance(value, Fraction) else item
                for item in rule["threshold"]
            ]
        if comparator == "better":
            comparator = "<" if metric["better"] == "lower" else ">"
        return bool(OPERATORS[SIGNS.get(comparator, comparator)](value, threshold))

    def _rule(self, rule: Any) -> dict[str, Any]:
        leaf = self._leaf(rule["id"])
        return {
            **self._counted(rule["id"]),
            "weight": amount(rule["weight"]),
            "state": leaf.state,
            "exact": leaf.exact,
            "value": shown(self._figure(rule["metric"])) if rule["metric"] else None,
            "threshold": self._threshold(rule),
            "inputs": [self._input(item) for item in rule["inputs"]],
            "evidence": self._evidence(rule, leaf),
            "gains": [self._gain(rule, gain) for gain in rule["gains"]],
        }

    def _input(self, item: Any) -> dict[str, Any]:
        """Return an input: the same wherever rules read the metric; points that a person gave are
        always there.
        """
        if item["metric"] is None:
            return {"state": "reported"}
        given = self.inputs[item["metric"]]
        figure = self._given(given)
        same = {
            key: given[key] for key in ("numerator", "denominator", "value", "items")
        }
        return same | {
            "state": figure.state if isinstance(figure, Gone) else "reported"
        }

    def _threshold(self, rule: Any) -> Any:
        tree = rule["machine"]["threshold"]
        if tree is None:
            return (
                rule["threshold"]
                if rule["comparator"] in ("between", "one_of")
                else None
            )
        return amount(tree) if isinstance(tree, str) else shown(self._value(tree))

    def _evidence(self, rule: Any, leaf: Leaf) -> dict[str, Any]:
        (first, last), evidence = (
            self.machine["window"] or ("", "9999-12-31"),
            rule["evidence"],
        )
        valid = [
            item["date"] is None or first <= item["date"] <= last
            for item in evidence["documents"]
        ]
        in_mean = self.groups[rule["group"]]["combine"] == "mean"
        earned = leaf.exact if in_mean else rounded(leaf.exact, self.places)
        claims = (
            evidence["required"]
            and earned > 0
            and (leaf.state in COMPUTED or leaf.cause == "given")
        )
        return {
            "documents": [{"valid": one} for one in valid],
            "supported": any(valid) or not claims,
        }

    def _gain(self, rule: Any, gain: Any) -> dict[str, Any]:
        """Return what a rule and the index gain when a figure is what it might have been."""
        id_ = rule["id"]
        given = self.inputs[gain["metric"]]
        key = "value" if given["denominator"] is None else "numerator"
        start = self._given(given) if key == "value" else amount(given[key])
        figure = self._held(
            gain["metric"], self._given(given | {"items": None, key: gain["to"]})
        )
        trial = self._trial(gain["metric"], figure)
        return {
            "from": start,
            "change": amount(gain["to"]) - start
            if isinstance(start, Fraction)
            else None,
            "points": self._brings(rule, trial._leaf(id_)),
            "index": self._rise(trial),
        }

    def _rise(self, trial: "Recount") -> Fraction:
        """Return how much more the index of a trial shows, nothing where either shows none."""
        now = self._index()["value"]
        then = trial._index()["value"]
        if now is None or then is None:
            return ZERO
        return Fraction(then - now)

    def _brings(self, rule: Any, leaf: Leaf) -> Fraction:
        """Return how many points a rule brings its group when it alone comes to something else."""
        id_ = rule["id"]
        totals = {**self.totals}
        for group in self._above(rule["group"]):
            totals.pop(group["id"], None)
        other = self._again(leaves={**self.leaves, id_: leaf}, totals=totals)
        pool = self._pool(rule["group"])
        if pool is not None:
            key = "earned" if self.groups[pool]["kind"] == "bonus" else "lost"
            change = other._total(pool)[key] - self._total(pool)[key]
            return change if key == "earned" else -change
        if self.groups[rule["group"]]["combine"] == "mean":
            return self._counted(id_)["lost"] - other._counted(id_)["lost"]
        return (
            self._part(rule, leaf)["earned"]
            - self._part(rule, self._leaf(id_))["earned"]
        )

    def _trial(self, metric: str, figure: Any) -> "Recount":
        """Return a recount with another figure, which keeps what the metric does not touch."""
        touched = {rule["id"] for rule in self.readers[metric]}
        while (
            more := {rule["id"] for rule in self.gated if touched & {*rule["requires"]}}
            - touched
        ):
            touched |= more
        groups = {
            group["id"]
            for id_ in touched
            for group in self._above(self.rules[id_]["group"])
        }
        figures = {**self.figures, metric: figure}
        leaves = {**self.leaves}
        totals = {**self.totals}
        for known, stale in (
            (figures, self.derived),
            (leaves, touched),
            (totals, groups),
        ):
            for id_ in stale:
                known.pop(id_, None)
        return self._again(figures=figures, leaves=leaves, totals=totals)

    def _again(self, **known: Any) -> "Recount":
        """Return a recount of the same report that starts from something else."""
        other = copy.copy(self)
        vars(other).update(known)
        return other

    # Groups and the index (semantics G1 to I7)

    def _pool(self, group: str) -> str | None:
        """Return the bonus or penalty pool that a group is or lies in."""
        *_, top = self._above(group)
        return None if top["kind"] == "base" else top["id"]

    def _counted(self, id_: str) -> dict[str, Fraction]:
        """Return what a rule counts for in its group, in points of the index (semantics G4 to G6)."""
        rule = self.rules[id_]
        pool = self._pool(rule["group"])
        if self.groups[rule["group"]]["combine"] == "mean":
            return self._counted_in_mean(rule["group"])[id_]
        part = self._part(rule, self._leaf(id_))
        beyond = ZERO if pool is None else self._beyond(pool)[id_]
        return {key: part[key] for key in SUMS[:4]} | {
            "lost": part["lost"] - beyond,
            "without_effect": beyond,
        }

    def _exact_in_mean(
        self, name: str
    ) -> dict[str, tuple[Fraction, Fraction, Fraction]]:
        """Return what the rules of a mean earn, lose and have excluded of its points, unrounded."""
        group = self.groups[name]
        leaves = {
            rule["id"]: self._leaf(rule["id"]) for rule in self.members.get(name, [])
        }
        weights = {id_: amount(self.rules[id_]["weight"]) for id_ in leaves}
        inside = [
            id_ for id_, leaf in leaves.items() if not (leaf.excluded and leaf.rescales)
        ]
        if not any(weights[id_] for id_ in inside):
            inside = [*leaves]
        whole = sum((weights[id_] for id_ in inside), ZERO)
        point = amount(group["maximum"]) / whole if whole else ZERO
        nothing = (ZERO, ZERO, ZERO)
        found = dict.fromkeys(leaves, nothing)
        for id_ in inside:
            most = weights[id_] * point
            earned = leaves[id_].exact * point
            excluded = most if leaves[id_].excluded else ZERO
            found[id_] = (earned, most - earned - excluded, excluded)
        return found

    def _counted_in_mean(self, name: str) -> dict[str, dict[str, Fraction]]:
        exact = self._exact_in_mean(name)
        total = self._total(name)
        parts = {
            key: self._apportioned(
                total[key], {id_: row[at] for id_, row in exact.items()}
            )
            for at, key in enumerate(("earned", "lost", "excluded"))
        }
        return {
            id_: {key: parts[key][id_] for key in parts}
            | {
                "maximum": sum((parts[key][id_] for key in parts), ZERO),
                "without_effect": ZERO,
            }
            for id_ in exact
        }

    def _beyond(self, pool: str) -> dict[str, Fraction]:
        """Return what each rule of a pool lost beyond its cap."""
        own = {
            id_: self._part(rule, self._leaf(id_))["lost"]
            for id_, rule in self.rules.items()
            if self._pool(rule["group"]) == pool
        }
        whole = sum(own.values(), ZERO)
        counts = min(self._total(pool)["lost"], whole)
        part = counts / whole if whole else ZERO
        lost = self._apportioned(counts, {id_: part * one for id_, one in own.items()})
        return {id_: own[id_] - lost[id_] for id_ in own}

    def _apportioned(
        self, total: Fraction, exact: dict[str, Fraction]
    ) -> dict[str, Fraction]:
        """Return points with all their places that add up to a total, by the largest remainders."""
        unit = 10**self.places
        ticks = {id_: part * unit // 1 for id_, part in exact.items()}
        left = int(total * unit) - sum(ticks.values())
        order = sorted(exact, key=lambda id_: ticks[id_] - exact[id_] * unit)
        for id_ in order[: max(left, 0)]:
            ticks[id_] += 1
        for id_ in reversed(exact):
            if left < 0 and ticks[id_] > 0:
                ticks[id_] -= 1
                left += 1
        return {id_: Fraction(count, unit) for id_, count in ticks.items()}

    def _loses(self, id_: str) -> bool:
        """Whether a rule takes anything from its group, be it too little to be shown."""
        return self._exact_loss(id_) > 0

    def _exact_loss(self, id_: str) -> Fraction:
        group = self.rules[id_]["group"]
        if self.groups[group]["combine"] == "mean":
            return self._exact_in_mean(group)[id_][1]
        return self._counted(id_)["lost"]

    def _part(self, rule: Any, leaf: Leaf) -> dict[str, Fraction]:
        most = amount(rule["weight"])
        excluded = most if leaf.excluded else ZERO
        return _sums(
            most,
            rounded(leaf.exact, self.places),
            excluded,
            excluded if leaf.rescales else ZERO,
        )

    def _total(self, id_: str) -> dict[str, Fraction]:
        if id_ not in self.totals:
            self.totals[id_] = self._summed(self.groups[id_])
        return self.totals[id_]

    def _summed(self, group: Any) -> dict[str, Fraction]:
        rules = [
            (rule, self._leaf(rule["id"])) for rule in self.members.get(group["id"], [])
        ]
        if group["combine"] == "mean":
            return self._mean(
                amount(group["maximum"]),
                [(amount(rule["weight"]), leaf) for rule, leaf in rules],
            )
        parts = [
            self._total(id_)
            for id_, child in self.groups.items()
            if child["parent"] == group["id"]
        ]
        parts += [self._part(rule, leaf) for rule, leaf in rules]
        whole = {key: sum((part[key] for part in parts), ZERO) for key in SUMS}
        if group["kind"] == "base":
            return whole
        key = "earned" if group["kind"] == "bonus" else "lost"
        cap = amount(group["cap"])
        most = min(cap, whole["maximum"])
        kept = min(cap, whole[key])
        return _sums(most, kept if key == "earned" else most - kept, ZERO, ZERO) | {
            "uncapped": whole[key]
        }

    def _mean(
        self, weight: Fraction, children: list[tuple[Fraction, Leaf]]
    ) -> dict[str, Fraction]:
        left = [
            (worth, leaf)
            for worth, leaf in children
            if not (leaf.excluded and leaf.rescales)
        ]
        most = sum((worth for worth, _ in left), ZERO)
        if not most:
            return _sums(weight, ZERO, weight, weight)
        earned = rounded(
            sum((leaf.exact for _, leaf in left), ZERO) * weight / most, self.places
        )
        gone = sum((worth for worth, leaf in left if leaf.excluded), ZERO)
        return _sums(
            weight,
            earned,
            min(rounded(weight * gone / most, self.places), weight - earned),
            ZERO,
        )

    def _index(self) -> dict[str, Any]:
        tops = [
            (group["kind"], self._total(id_))
            for id_, group in self.groups.items()
            if not group["parent"]
        ]
        sums = {
            key: sum((total[key] for kind, total in tops if kind == "base"), ZERO)
            for key in SUMS
        }
        bonus = sum((total["earned"] for kind, total in tops if kind == "bonus"), ZERO)
        penalty = sum(
            (total["lost"] for kind, total in tops if kind == "penalty"), ZERO
        )
        scale = amount(self.report["index"]["scale"])
        left = sums["maximum"] - sums["rescaled"]
        if not left:
            nothing = {"base": ZERO, "bonus": bonus, "penalty": penalty}
            return sums | nothing | {"value": None, "exact": None}
        exact = sums["earned"] * scale / left
        over = bonus - penalty
        base = rounded(exact, self.places)
        held = max(base, exact) + over > scale and not self.machine["over_scale"]
        value, exact = (
            min(figure + over, scale) if held else figure + over
            for figure in (base, exact)
        )
        return sums | {
            "base": base,
            "bonus": bonus,
            "penalty": penalty,
            "value": value,
            "exact": exact,
        }

    def _range(self, index: Mapping[str, Any]) -> dict[str, Any]:
        """Return the index claimed, what evidence supports of it, and what it may still become."""
        bare = {
            id_ for id_, rule in self.rules.items() if not rule["evidence"]["supported"]
        }
        found = {
            "lowest": {
                id_: self._settled(id_, leaf, "lowest")
                for id_, leaf in self.leaves.items()
            },
            "highest": {
                id_: self._settled(id_, leaf, "weight")
                for id_, leaf in self.leaves.items()
            },
            "supported": self.leaves
            | {id_: self.leaves[id_]._replace(exact=ZERO) for id_ in bare},
        }
        values = {
            name: self._again(leaves=leaves, totals={})._index()["value"]
            for name, leaves in found.items()
        }
        whole = index["value"] is not None and index["value"] == values["highest"]
        return values | {
            "claimed": index["value"],
            "at_its_highest": whole and not any(map(self._loses, self.rules)),
        }

    def _settled(self, id_: str, leaf: Leaf, key: str) -> Leaf:
        open_ = leaf.state in ("missing", "not_due") or leaf.cause == "awaited"
        return Leaf(leaf.state, amount(self.rules[id_][key])) if open_ else leaf

    # Bands, targets, tracks, lists

    def _band(self, value: Fraction) -> dict[str, Any] | None:
        """Return the step of the ladder that the index reaches, lowered by gates, and how far the
        next one is.
        """
        ladder = self.machine["bands"]
        if not ladder:
            return None
        names = [step["id"] for step in ladder]
        # Below the edge of the lowest step lies the lowest, above that of the highest the highest.
        last = len(ladder) - 1
        at = next(
            (at for at, step in enumerate(ladder) if not _lies_above(value, step)), last
        )
        limits = {
            gate["rule"]: names.index(gate["at_most"])
            for gate in self.machine["band_gates"]
        }
        barred = {
            id_: most
            for id_, most in limits.items()
            if self._leaf(id_).state not in PASSES
        }
        limits = {id_: most for id_, most in barred.items() if most < at}
        following = None
        if at + 1 < len(ladder):
            edge = amount(ladder[at + 1].get("from") or ladder[at + 1]["above"])
            away = Fraction(-((value - edge) * 10**self.places // 1), 10**self.places)
            following = {
                "id": names[at + 1],
                "distance": away,
                "gates": [id_ for id_, most in barred.items() if most <= at],
            }
        return {
            "id": names[min([at, *limits.values()])],
            "gates": list(limits),
            "gated_from": names[at] if limits else None,
            "ladder": [
                {"id": step.pop("id"), "range": step or None}
                for step in map(dict, ladder)
            ],
            "next": following,
        }

    def _target(self, target: Any, index: Mapping[str, Any]) -> dict[str, Any]:
        if index["exact"] is None:
            return {"reached": None, "value": None}
        reached = OPERATORS[target["comparator"]](
            index["exact"], amount(target["threshold"])
        )
        return {"reached": reached, "value": index["value"]}

    def _track(self, id_: str) -> dict[str, Any]:
        rules = [rule for rule in self.rules.values() if rule["deduction"] != "none"]
        scored = [
            rule for rule in self.rules.values() if rule["tracks"][id_] is not None
        ]
        return {
            "maximum": sum(
                (amount(rule["weight"]) for rule in scored if rule in rules), ZERO
            ),
            "earned": sum((amount(rule["tracks"][id_]) for rule in scored), ZERO),
            "scored": len(scored),
            "unscored": len(rules) - len(scored),
        }

    def _steps(self, index: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the steps from the maximum to the index; those that change nothing are left out."""
        tops = [
            (id_, group["kind"], self.totals[id_])
            for id_, group in self.groups.items()
            if not group["parent"]
        ]
        changes: list[tuple[str, str | None, Fraction]] = [
            *(
                ("lost", id_, -total["lost"])
                for id_, kind, total in tops
                if kind == "base"
            ),
            ("excluded", None, -index["excluded"]),
        ]
        if index["value"] is None:
            return _added([("maximum", None, index["maximum"]), *changes])
        changes += [
            ("rescaled", None, index["base"] - index["earned"]),
            *(
                ("bonus", id_, total["earned"])
                for id_, kind, total in tops
                if kind == "bonus"
            ),
            *(
                ("penalty", id_, -total["lost"])
                for id_, kind, total in tops
                if kind == "penalty"
            ),
            (
                "held",
                None,
                index["value"] - index["base"] - index["bonus"] + index["penalty"],
            ),
        ]
        return _added(
            [
                ("maximum", None, index["maximum"]),
                *changes,
                ("index", None, ZERO),
            ]
        )

    def _by_state(self, rules: list[dict[str, Any]]) -> dict[str, Any]:
        """Return how many rules are in each state, and what they have together."""
        inside = {
            state: [rule for rule in rules if rule["state"] == state]
            for state in self.report["index"]["counts"]
        }
        sums = {
            state: {key: sum((rule[key] for rule in some), ZERO) for key in SUMS[:4]}
            for state, some in inside.items()
        }
        return {
            "counts": {state: len(some) for state, some in inside.items()},
            "states": sums,
        }

    def _lists(self, rules: list[dict[str, Any]]) -> dict[str, Any]:
        """Return the lists of rules: by state, without evidence, and those that lost points, the
        largest loss first.
        """
        again = dict(zip(self.rules, rules, strict=True))
        lost = [
            id_
            for id_, rule in again.items()
            if rule["state"] in COMPUTED and self._loses(id_)
        ]
        states = (*PRECEDENCE, "not_due")
        return {
            "losses": sorted(
                lost, key=lambda id_: (-again[id_]["lost"], -self._exact_loss(id_), id_)
            ),
            "without_effect": [
                id_ for id_, rule in again.items() if rule["without_effect"]
            ],
            "unsupported": [
                id_ for id_, rule in again.items() if not rule["evidence"]["supported"]
            ],
            **{
                state: [id_ for id_, rule in again.items() if rule["state"] == state]
                for state in states
            },
        }


def _sums(
    maximum: Fraction, earned: Fraction, excluded: Fraction, rescaled: Fraction
) -> dict[str, Fraction]:
    return dict(
        zip(
            SUMS,
            (maximum, earned, maximum - earned - excluded, excluded, rescaled),
            strict=True,
        )
    )


def _lies_above(value: Fraction, step: Mapping[str, str]) -> bool:
    return any(
        not OPERATORS[EDGES[key]](value, amount(step[key]))
        for key in ("to", "below")
        if key in step
    )


def _added(
    changes: list[tuple[str, str | None, Fraction]],
) -> list[dict[str, Any]]:
    """Return steps with the total after each; changes of nothing are left out."""
    total = ZERO
    steps = []
    for kind, group, change in changes:
        total += change
        if change or kind in ("maximum", "index"):
            steps.append(
                {"kind": kind, "group": group, "change": change, "total": total}
            )
    return steps


def _inside(step: Mapping[str, str], value: Fraction) -> bool:
    return all(
        OPERATORS[EDGES[key]](value, amount(text))
        for key, text in step.items()
        if key in EDGES
    )


def _points(rule: Any) -> Fraction | None:
    return next(
        (
            amount(item["points"])
            for item in rule["inputs"]
            if item["points"] is not None
        ),
        None,
    )


def _computed(rule: Any, points: Fraction, met: bool | None) -> Leaf:
    full = points >= amount(rule["weight"]) if met is None else met
    return Leaf("met" if full else "partly_met" if points > 0 else "not_met", points)


def main(path: str) -> int:
    """Check a report file, print what differs in both languages, and return the exit code."""
    try:
        report = json.loads(Path(path).read_text(encoding="utf-8-sig"))
        found = differences(report)
    except (OSError, ValueError, RecursionError) as error:
        print(
            f"Không phải báo cáo tính lại được / not a report that can be recomputed: {error}"
        )
        return 4
    for one in found:
        print(
            f"{one.path}: báo cáo ghi / said {one.said}, tính lại / recomputed {one.found}"
        )
    print(
        f"KHÔNG KHỚP / DIFFERS: {len(found)}"
        if found
        else f"KHỚP / VERIFIED: {report['index']['value']}"
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(
        main(*sys.argv[1:2])
    )  # pragma: no cover - runs in a process of its own, as the tests do
