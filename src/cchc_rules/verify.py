"""Checks a printed report against itself: every figure is worked out again from what the report records.

It needs Python's standard library and no other file of this package: copy it and run `python verify.py report.json`.
docs/reference/report.md says what it reads. Exit code: 0 verified, 1 differs, 4 not a report.
"""

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
COMPUTED, PASSES = ("met", "partly_met", "not_met"), ("met", "not_applicable", "not_due", "waived")
SIGNS = {"is": "==", "on_or_before": "<=", "before": "<", "on_or_after": ">=", "after": ">"}
EDGES = {"from": ">=", "above": ">", "to": "<=", "below": "<"}
SUMS = ("maximum", "earned", "lost", "excluded", "rescaled")
NO_BAND: dict[str, Any] = {"id": None, "gates": [], "gated_from": None, "next": None, "ladder": []}
ZERO = Fraction(0)
NUMBER = re.compile(r"-?\d{1,9999}(\.\d{1,60}|/\d{1,9999})?", re.ASCII)
MOST_DAYS, MOST_BITS = 36_600, 20_000


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
    """What a rule comes to: its exact points, whether its maximum is excluded and shrinks the whole, and a cause."""

    state: str
    exact: Fraction = ZERO
    excluded: bool = False
    rescales: bool = False
    cause: str = ""


def differences(report: Any) -> list[Difference]:
    """Return every place where a report does not agree with itself; raise `NoReportError` where it is none."""
    try:
        found = [Difference("digest", report["digest"], digest(report)), *Recount(report).checks()]
        return [one for one in found if not _same(one.said, one.found)]
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, ArithmeticError, RecursionError) as error:
        raise NoReportError(f"{type(error).__name__}: {error}") from error


def digest(report: Mapping[str, Any]) -> str:
    """Return the SHA-256 of everything else in a report, printed with sorted keys and nothing between its parts."""
    rest = {key: value for key, value in report.items() if key != "digest"}
    text = json.dumps(rest, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _same(said: Any, found: Any) -> bool:
    if isinstance(found, Fraction):
        return isinstance(said, str) and amount(said) == found
    return type(said) is type(found) and bool(said == found)


def amount(text: Any) -> Fraction:
    """Return the number of a decimal text or of a fraction such as `47/26`; anything else is no report's."""
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
    nearest = (2 * abs(value.numerator) * 10**places + value.denominator) // (2 * value.denominator)
    return Fraction(nearest if value >= 0 else -nearest, 10**places)


def shown(value: Any) -> Any:
    """Return a figure as a report shows it: 4 places where its decimal does not end within 12."""
    if isinstance(value, Fraction) and (value * 10**12).denominator > 1:
        return rounded(value, 4)
    return None if isinstance(value, Gone) else value


def _later(day: str, count: Fraction) -> str:
    return (date.fromisoformat(day) + timedelta(days=bounded(count, MOST_DAYS))).isoformat()


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
    """Works a report out again. Numbers are `Fraction`s, dates ISO texts (their order is that of the days)."""

    def __init__(self, report: Any) -> None:
        self.report, self.machine, self.places = report, report["machine"], bounded(report["machine"]["places"])
        self.rules, self.groups = ({item["id"]: item for item in report[key]} for key in ("rules", "groups"))
        self.metrics = {metric["id"]: metric for metric in self.machine["metrics"]}
        self.inputs = {item["metric"]: item for rule in report["rules"] for item in rule["inputs"]}
        self.figures: dict[str, Any] = {}
        self.leaves: dict[str, Leaf] = {}
        self.members: dict[str | None, list[Any]] = {}
        for item in report["rules"]:
            self.members.setdefault(item["group"], []).append(item)

    def checks(self) -> Iterator[Difference]:
        """Yield each place with what stands there and what it should be."""
        for id_, rule in self.rules.items():
            yield from (Difference(f"rules[{id_}].{path}", *both) for path, *both in self._rule(rule))
        for id_, metric in self.metrics.items():
            figure = self._figure(id_)
            state = figure.state if isinstance(figure, Gone) else "reported"
            yield Difference(f"machine.metrics[{id_}].state", metric["state"], state)
            yield Difference(
                f"machine.metrics[{id_}].figure", metric["figure"], None if state != "reported" else figure
            )
        yield from self._sums()
        yield from self._steps()
        yield from self._lists()

    # Figures and expressions

    def _figure(self, id_: str) -> Any:
        if id_ not in self.figures:
            tree = self.metrics[id_]["formula"]
            value = self._submitted(self.inputs[id_]) if tree is None else self._value(tree, {})
            self.figures[id_] = self._held(id_, value)
        return self.figures[id_]

    def _held(self, id_: str, value: Any) -> Any:
        places = self.metrics[id_]["round"]
        return value if places is None or isinstance(value, Gone) else rounded(value, bounded(places))

    def _submitted(self, given: Any) -> Any:
        kind = self.metrics[given["metric"]]["type"]
        if given["denominator"] is not None:
            above, below = amount(given["numerator"]), amount(given["denominator"])
            return above * (100 if kind == "percent" else 1) / below if above or below else Gone("not_applicable")
        if given["items"] is not None:
            return Fraction(len({" ".join(item.casefold().split()) for item in given["items"]}))
        if given["value"] is None:
            return Gone(given["state"])
        return given["value"] if kind in ("yes_no", "date", "level") else amount(given["value"])

    def _value(self, tree: Any, names: Mapping[str, Any]) -> Any:
        """Return what an expression comes to, or the absence that stands in its way."""
        state = self._absence(tree, names)
        try:
            return Gone(state) if state else self._evaluate(tree, names)
        except ZeroDivisionError:
            return Gone("not_applicable")

    def _absence(self, tree: Any, names: Mapping[str, Any]) -> str | None:
        """Return the strongest state among the figures that an expression needs and that are not there."""
        if isinstance(tree, dict):
            found = self._figure(tree["metric"]) if "metric" in tree else names.get(tree.get("name", ""))
            return found.state if isinstance(found, Gone) else None
        parts = [self._absence(part, names) for part in tree[1:]] if isinstance(tree, list) else []
        if parts and tree[0] in ("first", "largest_known") and None in parts:
            return None
        return min(filter(None, parts), key=PRECEDENCE.index, default=None)

    def _evaluate(self, tree: Any, names: Mapping[str, Any]) -> Any:
        if isinstance(tree, dict):
            ((kind, text),) = tree.items()
            return self._figure(text) if kind == "metric" else names[text] if kind == "name" else text
        if not isinstance(tree, list):
            return tree if isinstance(tree, bool) else amount(tree)
        name, *parts = tree
        if name == "if":
            return self._evaluate(parts[1] if self._evaluate(parts[0], names) else parts[2], names)
        if name in ("and", "or"):
            return (all if name == "and" else any)(self._evaluate(part, names) for part in parts)
        if name in ("first", "largest_known"):
            known = [value for part in parts if not isinstance(value := self._value(part, names), Gone)]
            return (known[0] if name == "first" else max(known)) if known else Fraction(1) / 0
        values = [self._evaluate(part, names) for part in parts]
        found = self._working_day(*values) if name == "add_working_days" else OPERATORS[name](*values)
        if isinstance(found, Fraction) and found.numerator.bit_length() + found.denominator.bit_length() > MOST_BITS:
            raise NoReportError("a figure outgrows every bound")
        return found

    def _working_day(self, day: str, count: Fraction) -> str:
        left, step = abs(bounded(count, MOST_DAYS // 10)), Fraction(1 if count >= 0 else -1)
        while left > 0:
            day = _later(day, step)
            left -= bool(self.machine["unusual_days"].get(day, date.fromisoformat(day).weekday() < 5))
        return day

    # Rules (semantics L1 to L6)

    def _leaf(self, id_: str) -> Leaf:
        if id_ not in self.leaves:
            self.leaves[id_] = self._judged(self.rules[id_])
        return self.leaves[id_]

    def _judged(self, rule: Any) -> Leaf:
        own = self._figure(rule["metric"]) if rule["metric"] else None
        gates, by_hand = {self._leaf(name).state for name in rule["requires"]}, rule["deduction"] == "manual"
        if self._block_absent(rule["group"]):
            return Leaf("not_applicable", ZERO, True, True)
        if gates & {"not_met", "partly_met"} and own != Gone("waived"):
            return Leaf("not_met")
        found = self._measured(rule, own)
        if "missing" in gates and found.state in (*COMPUTED, "missing" if by_hand else ""):
            found = self._absent(rule, "missing", "gate")
        settled = found.cause in (("gate",) if by_hand else ("gate", "awaited"))
        if rule["due"] is None or self.report["as_of"] >= rule["due"] or settled:
            return found
        return self._absent(rule, "not_due") if found.state in ("partly_met", "not_met", "missing") else found

    def _block_absent(self, id_: str | None) -> bool:
        return id_ is not None and (
            self.groups[id_]["absent"] is not None or self._block_absent(self.groups[id_]["parent"])
        )

    def _absent(self, rule: Any, state: str, cause: str = "") -> Leaf:
        """Return what the declared effect of an absence makes of a rule."""
        effect, given = rule["machine"]["effects"][state], _given(rule)
        if effect == "manual":
            return Leaf("missing", cause="awaited") if given is None else Leaf(state, given, cause="given")
        points = amount(rule["maximum"]) if effect == "full" else ZERO
        return Leaf(state, points, effect in ("exclude", "show"), effect == "exclude", cause)

    def _measured(self, rule: Any, own: Any) -> Leaf:
        machine, given = rule["machine"], _given(rule)
        if rule["deduction"] == "manual":
            return self._absent(rule, "missing", "awaited") if given is None else _computed(rule, given, None)
        names = {"value": own, "weight": amount(rule["maximum"]), "lowest": amount(rule["lowest"])}
        exempt = {"metric": machine["exempt"]} if machine["exempt"] else True
        needed = ["needed", {"name": "value"}, machine["threshold"], exempt, machine["points"]]
        state = "waived" if own == Gone("waived") else self._absence(needed, names)
        if state is None and machine["threshold"] is not None:
            names["threshold"] = self._value(machine["threshold"], {})
            state = names["threshold"].state if isinstance(names["threshold"], Gone) else None
        if state is not None:
            return self._absent(rule, state)
        try:
            names["met"] = self._met(rule, own, names.get("threshold"))
            return _computed(rule, self._evaluate(machine["points"], names), names["met"])
        except ZeroDivisionError:
            return self._absent(rule, "not_applicable")

    def _met(self, rule: Any, value: Any, threshold: Any) -> bool | None:
        """Whether a figure reaches the target; None for a rule without one, whose points decide."""
        comparator, exempt, metric = rule["comparator"], rule["machine"]["exempt"], self.metrics[rule["metric"]]
        value = value if exempt is None else value - self._figure(exempt)
        if comparator is None:
            return True if rule["deduction"] == "none" else None
        if comparator == "between":
            return _inside(rule["threshold"], value)
        if comparator == "one_of":
            return value in [amount(item) if isinstance(value, Fraction) else item for item in rule["threshold"]]
        if comparator == "better":
            comparator = "<" if metric["better"] == "lower" else ">"
        return bool(OPERATORS[SIGNS.get(comparator, comparator)](value, threshold))

    def _rule(self, rule: Any) -> Iterator[tuple[str, Any, Any]]:
        leaf, part = self._leaf(rule["id"]), self._part(rule, self._leaf(rule["id"]))
        yield from (("state", rule["state"], leaf.state), ("exact", rule["exact"], leaf.exact))
        yield from ((key, rule[key], part[key]) for key in ("earned", "lost", "excluded"))
        yield "value", rule["value"], shown(self._figure(rule["metric"])) if rule["metric"] else None
        yield "threshold", rule["threshold"], self._threshold(rule)
        for item in rule["inputs"]:
            id_, by_hand = item["metric"], item["metric"] is None
            figure = ZERO if by_hand else self._held(id_, self._submitted(item))
            yield f"inputs[{id_}].state", item["state"], figure.state if isinstance(figure, Gone) else "reported"
            yield f"inputs[{id_}]", str(figure), str(ZERO if by_hand else self._figure(id_))
        documents, (first, last) = rule["evidence"]["documents"], self.machine["window"] or ("", "9999-12-31")
        valid = [item["date"] is None or first <= item["date"] <= last for item in documents]
        yield "evidence.documents", [item["valid"] for item in documents], valid
        claims = (
            rule["evidence"]["required"] and part["earned"] > 0 and (leaf.state in COMPUTED or leaf.cause == "given")
        )
        yield "evidence.supported", rule["evidence"]["supported"], any(valid) or not claims

    def _threshold(self, rule: Any) -> Any:
        tree = rule["machine"]["threshold"]
        if tree is None:
            return rule["threshold"] if rule["comparator"] in ("between", "one_of") else None
        return amount(tree) if isinstance(tree, str) else shown(self._value(tree, {}))

    # Groups and the index (semantics G1 to I7)

    def _part(self, rule: Any, leaf: Leaf) -> dict[str, Fraction]:
        most = amount(rule["maximum"])
        excluded = most if leaf.excluded else ZERO
        return _total(most, rounded(leaf.exact, self.places), excluded, excluded if leaf.rescales else ZERO)

    def _total(self, id_: str, leaves: Mapping[str, Leaf]) -> dict[str, Fraction]:
        group, rules = self.groups[id_], self.members.get(id_, [])
        if group["combine"] == "mean":
            return self._mean(amount(group["maximum"]), [(rule, leaves[rule["id"]]) for rule in rules])
        parts = [self._total(below, leaves) for below, child in self.groups.items() if child["parent"] == id_]
        whole = _added([*parts, *(self._part(rule, leaves[rule["id"]]) for rule in rules)])
        if group["kind"] == "base":
            return whole
        key, cap = "earned" if group["kind"] == "bonus" else "lost", amount(group["cap"])
        most, kept = min(cap, whole["maximum"]), min(cap, whole[key])
        return _total(most, kept if key == "earned" else most - kept, ZERO, ZERO) | {"uncapped": whole[key]}

    def _mean(self, weight: Fraction, children: list[tuple[Any, Leaf]]) -> dict[str, Fraction]:
        left = [(amount(rule["maximum"]), leaf) for rule, leaf in children if not (leaf.excluded and leaf.rescales)]
        most = sum((worth for worth, _ in left), ZERO)
        if not most:
            return _total(weight, ZERO, weight, weight)
        earned = rounded(sum((leaf.exact for _, leaf in left), ZERO) * weight / most, self.places)
        gone = sum((worth for worth, leaf in left if leaf.excluded), ZERO)
        return _total(weight, earned, min(rounded(weight * gone / most, self.places), weight - earned), ZERO)

    def _index(self, leaves: Mapping[str, Leaf]) -> dict[str, Fraction]:
        tops = [(group["kind"], self._total(id_, leaves)) for id_, group in self.groups.items() if not group["parent"]]
        sums = _added([total for kind, total in tops if kind == "base"])
        bonus = sum((total["earned"] for kind, total in tops if kind == "bonus"), ZERO)
        penalty = sum((total["lost"] for kind, total in tops if kind == "penalty"), ZERO)
        scale, left = amount(self.report["index"]["scale"]), sums["maximum"] - sums["rescaled"]
        exact, over = sums["earned"] * scale / left if left else ZERO, bonus - penalty
        base = rounded(exact, self.places)
        held = max(base, exact) + over > scale and not self.machine["over_scale"]
        value, exact = (min(figure + over, scale) if held else figure + over for figure in (base, exact))
        return sums | {"base": base, "bonus": bonus, "penalty": penalty, "value": value, "exact": exact}

    def _sums(self) -> Iterator[Difference]:
        leaves = {id_: self._leaf(id_) for id_ in self.rules}
        for id_, group in self.groups.items():
            found: dict[str, Any] = {"uncapped": None} | self._total(id_, leaves)
            yield from (Difference(f"groups[{id_}].{key}", group[key], value) for key, value in found.items())
        index = self._index(leaves)
        found = {**index, "claimed": index["value"]}
        for key, settle in (("lowest", self._settled), ("highest", self._settled), ("supported", self._proved)):
            found[key] = self._index({id_: settle(id_, leaf, key) for id_, leaf in leaves.items()})["value"]
        yield from (Difference(f"index.{key}", self.report["index"][key], value) for key, value in found.items())
        for at, target in enumerate(self.report["targets"]):
            reached = OPERATORS[target["comparator"]](index["exact"], amount(target["threshold"]))
            yield Difference(f"targets[{at}].reached", target["reached"], reached)
            yield Difference(f"targets[{at}].value", target["value"], index["value"])
        yield from self._band(index["value" if self.machine["bands_read"] == "rounded" else "exact"])

    def _steps(self) -> Iterator[Difference]:
        """Yield the steps from the maximum to the index; each total is the one before it and the change."""
        total, said = ZERO, [(step["kind"], step["group"], amount(step["change"])) for step in self._index_of("steps")]
        for at, step in enumerate(self._index_of("steps")):
            total += amount(step["change"])
            yield Difference(f"index.steps[{at}].total", step["total"], total)
        ends = ("maximum", None, amount(self._index_of("maximum"))), ("index", None, ZERO)
        yield Difference("index.steps", said, [ends[0], *(step for step in self._changes() if step[2]), ends[1]])

    def _changes(self) -> Iterator[tuple[str, str | None, Fraction]]:
        tops = [group for group in self.groups.values() if not group["parent"]]
        base, value = amount(self._index_of("base")), amount(self._index_of("value"))
        over = amount(self._index_of("bonus")) - amount(self._index_of("penalty"))
        yield from (("lost", group["id"], -amount(group["lost"])) for group in tops if group["kind"] == "base")
        yield "excluded", None, -amount(self._index_of("excluded"))
        yield "rescaled", None, base - amount(self._index_of("earned"))
        yield from (("bonus", group["id"], amount(group["earned"])) for group in tops if group["kind"] == "bonus")
        yield from (("penalty", group["id"], -amount(group["lost"])) for group in tops if group["kind"] == "penalty")
        yield "held", None, value - base - over

    def _index_of(self, key: str) -> Any:
        return self.report["index"][key]

    def _settled(self, id_: str, leaf: Leaf, key: str) -> Leaf:
        points = amount(self.rules[id_]["lowest" if key == "lowest" else "maximum"])
        return Leaf(leaf.state, points) if leaf.state in ("missing", "not_due") or leaf.cause == "awaited" else leaf

    def _proved(self, id_: str, leaf: Leaf, _: str) -> Leaf:
        return leaf if self.rules[id_]["evidence"]["supported"] else leaf._replace(exact=ZERO)

    def _band(self, exact: Fraction) -> Iterator[Difference]:
        ladder, band = self.machine["bands"], self.report["band"] or NO_BAND
        within = max(ZERO, min(exact, amount(self.report["index"]["scale"])))
        names = [step["id"] for step in ladder]
        at = next((at for at, step in enumerate(ladder) if _inside(step, within)), -1)
        gates = {gate["rule"]: names.index(gate["at_most"]) for gate in self.machine["band_gates"]}
        gates = {id_: most for id_, most in gates.items() if self._leaf(id_).state not in PASSES and most < at}
        yield Difference("band.id", band["id"], names[min([at, *gates.values()])] if at >= 0 else None)
        yield Difference("band.gates", band["gates"], list(gates))
        yield Difference("band.gated_from", band["gated_from"], names[at] if gates else None)
        steps = [{"id": step["id"], **(step["range"] or {})} for step in band["ladder"]]
        yield Difference("band.ladder", steps, ladder if band["id"] else [])
        said, following = band["next"], ladder[at + 1] if 0 <= at < len(ladder) - 1 else None
        yield Difference("band.next.id", said and said["id"], following and following["id"])
        if said and following:
            edge = amount(following.get("from") or following["above"])
            away = -((exact - edge) * 10**self.places // 1)
            yield Difference("band.next.distance", said["distance"], Fraction(away, 10**self.places))

    def _lists(self) -> Iterator[Difference]:
        rules, report = self.report["rules"], self.report
        lost = [rule for rule in rules if rule["state"] in COMPUTED and amount(rule["lost"]) > 0]
        lost.sort(key=lambda rule: (-amount(rule["lost"]), rule["id"]))
        yield Difference("losses", report["losses"], [rule["id"] for rule in lost])
        for state in (*PRECEDENCE, "not_due"):
            yield Difference(state, report[state], [rule["id"] for rule in rules if rule["state"] == state])
        bare = [rule["id"] for rule in rules if not rule["evidence"]["supported"]]
        yield Difference("unsupported", report["unsupported"], bare)
        for state, count in report["index"]["counts"].items():
            inside = [rule for rule in rules if rule["state"] == state]
            yield Difference(f"index.counts.{state}", count, len(inside))
            for key, points in report["index"]["states"][state].items():
                found = sum((amount(rule[key]) for rule in inside), ZERO)
                yield Difference(f"index.states.{state}.{key}", points, found)
        for track in report["tracks"]:
            scored = [rule for rule in rules if rule["tracks"][track["id"]] is not None]
            most = sum((amount(rule["maximum"]) for rule in scored if rule["deduction"] != "none"), ZERO)
            yield Difference(f"tracks[{track['id']}].maximum", track["maximum"], most)
            earned = sum((amount(rule["tracks"][track["id"]]) for rule in scored), ZERO)
            yield Difference(f"tracks[{track['id']}].earned", track["earned"], earned)
            unscored = sum(rule["deduction"] != "none" for rule in rules) - len(scored)
            counts = (track["scored"], track["unscored"])
            yield Difference(f"tracks[{track['id']}].scored", counts, (len(scored), unscored))


def _total(maximum: Fraction, earned: Fraction, excluded: Fraction, rescaled: Fraction) -> dict[str, Fraction]:
    return dict(zip(SUMS, (maximum, earned, maximum - earned - excluded, excluded, rescaled), strict=True))


def _added(parts: list[dict[str, Fraction]]) -> dict[str, Fraction]:
    return {key: sum((part[key] for part in parts), ZERO) for key in SUMS}


def _inside(step: Mapping[str, str], value: Fraction) -> bool:
    return all(OPERATORS[EDGES[key]](value, amount(text)) for key, text in step.items() if key in EDGES)


def _given(rule: Any) -> Fraction | None:
    return next((amount(item["points"]) for item in rule["inputs"] if item["points"] is not None), None)


def _computed(rule: Any, points: Fraction, met: bool | None) -> Leaf:
    full = points >= amount(rule["maximum"]) if met is None else met
    return Leaf("met" if full else "partly_met" if points > 0 else "not_met", points)


def main(path: str) -> int:
    """Check a report file, print what differs in both languages, and return the exit code."""
    try:
        report = json.loads(Path(path).read_text(encoding="utf-8-sig"))
        found = differences(report)
    except (OSError, ValueError, RecursionError) as error:
        print(f"Không phải báo cáo tính lại được / not a report that can be recomputed: {error}")
        return 4
    for one in found:
        print(f"{one.path}: báo cáo ghi / said {one.said}, tính lại / recomputed {one.found}")
    print(f"KHÔNG KHỚP / DIFFERS: {len(found)}" if found else f"KHỚP / VERIFIED: {report['index']['value']}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))  # pragma: no cover - runs in a process of its own, as the tests do
