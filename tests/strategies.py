"""Whole rule sets and submissions for them, drawn by hypothesis from docs/reference/format.md and submission.md.

``rule_sets()`` draws (TOML text, document); ``submissions(document)`` draws a mapping as submission.md describes it.
The figures lie on the edges: on a threshold, and one unit in the last place below and above it.
"""

from datetime import date, timedelta
from decimal import Decimal

import tomli
from hypothesis import strategies as st
from oracle import names_in, of_kind

LEVELS = ["tốt", "khá", "trung bình", "yếu"]
UP, DOWN = "higher", "lower"


# Writing TOML --------------------------------------------------------------------------------------------------------


def toml_value(value):
    """A value as TOML, numbers as exact decimal literals."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text if "." in text else text + ".0"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, list):
        return "[" + ", ".join(toml_value(item) for item in value) + "]"
    return (
        "{ "
        + ", ".join(f"{key} = {toml_value(item)}" for key, item in value.items())
        + " }"
    )


TABLES = ("ruleset", "index", "absence", "window", "calendar", "bands")
WITH_IDS = ("metric", "group", "rule", "remedy")
ARRAYS = ("band", "band_gate", "band_quota", "target")


def to_toml(document):
    """A document as a rule file."""
    lines = [
        f"{key} = {toml_value(value)}"
        for key, value in document.items()
        if key in ("format", "extends", "tracks")
    ]

    def table(path, fields):
        lines.append(f"\n[{path}]")
        lines.extend(f"{key} = {toml_value(value)}" for key, value in fields.items())

    for key in TABLES:
        if key in document:
            table(key, document[key])
    for key in WITH_IDS:
        for name, fields in document.get(key, {}).items():
            table(f"{key}.{name}", fields)
    for key in ARRAYS:
        for fields in document.get(key, []):
            lines.append(f"\n[[{key}]]")
            lines.extend(
                f"{name} = {toml_value(value)}" for name, value in fields.items()
            )
    for kind, changes in document.get("kind", {}).items():
        table(
            f"kind.{kind}",
            {key: value for key, value in changes.items() if key not in WITH_IDS},
        )
        for key in WITH_IDS:
            for name, fields in changes.get(key, {}).items():
                table(f"kind.{kind}.{key}.{name}", fields)
    return "\n".join(lines) + "\n"


def read_toml(text):
    return tomli.loads(text, parse_float=Decimal)


# Small things --------------------------------------------------------------------------------------------------------


def number(ticks, places):
    """An integer where it is one, else an exact decimal: both ways of writing occur in files."""
    value = Decimal(ticks).scaleb(-places)
    return int(value) if value == value.to_integral_value() else value.normalize()


def ticks(low, high, places):
    """Numbers with at most so many places between two whole numbers."""
    whole = st.integers(low, high)
    fine = st.integers(low * 10**places, high * 10**places).map(
        lambda drawn: number(drawn, places)
    )
    return st.one_of(whole, fine)


def days(first=date(2023, 1, 1), last=date(2023, 12, 31)):
    return st.dates(first, last)


def chance(draw, one_in):
    """True once in so many; shrinks to False."""
    return draw(st.integers(1, one_in)) == one_in


# Metrics -------------------------------------------------------------------------------------------------------------


class Build:
    """A rule set while it is being drawn."""

    def __init__(self, draw):
        self.draw = draw
        self.metrics = {}
        self.rules = {}
        self.remedies = {}
        self.places = draw(st.sampled_from([2, 2, 2, 1, 3]))

    def weight(self, most=20):
        places = min(2, self.places)
        return number(self.draw(st.integers(1, most * 10**places)), places)

    def add(self, **fields):
        name = f"m{len(self.metrics)}"
        self.metrics[name] = {"title": f"Số liệu {name}", **fields}
        return name

    def metric(self, kind, better=None, **fields):
        """A metric of a type and a direction: sometimes one that is there, sometimes derived."""
        draw = self.draw
        default = "lower" if kind in ("rank", "date") else "higher"
        better = better or default
        if not fields and chance(draw, 4):
            fitting = [
                name
                for name, metric in self.metrics.items()
                if metric["type"] == kind
                and metric.get("better", default) == better
                and not {"least", "most", "distinct", "above_100"} & set(metric)
            ]
            if fitting:
                return draw(st.sampled_from(fitting))
        if kind == "level":
            fields["levels"] = LEVELS[: draw(st.integers(2, 4))]
            if chance(draw, 4):
                return self.add(
                    type=kind, table=self.level_table(fields["levels"]), **fields
                )
        elif better != default:
            fields["better"] = better
        if not fields.keys() & {"least", "most"}:
            if kind in ("percent", "number") and chance(draw, 5):
                return self.add(type=kind, formula=self.formula(kind, better), **fields)
            if kind == "count" and chance(draw, 8):
                return self.add(type=kind, formula=self.count_formula(), **fields)
        if kind == "percent" and chance(draw, 8):
            fields["above_100"] = True
        if kind == "percent" or (kind == "number" and chance(draw, 4)):
            if draw(st.booleans()):
                fields["ratio"] = {"numerator": "đạt", "denominator": "tổng số"}
            if chance(draw, 6):
                fields["round"] = draw(st.integers(0, 2))
        if kind == "count" and chance(draw, 5):
            fields["distinct"] = True
        return self.add(type=kind, **fields)

    def level_table(self, levels):
        """A table of levels, best first, over a number and a yes/no, by the first row."""
        draw = self.draw
        amount, flag = self.plain("count", UP), self.add(type="yes_no")
        cuts = sorted(
            draw(st.sets(st.integers(1, 40), min_size=2, max_size=2)), reverse=True
        )
        rows = [{"when": {amount: {"from": cuts[0]}}, "level": levels[0]}]
        if draw(st.booleans()):
            when = {amount: {"from": cuts[1]}, flag: {"is": True}}
            rows.append({"when": when, "level": levels[0]})
        rows += [
            {"when": {amount: {"from": cut}}, "level": level}
            for cut, level in zip(cuts[1:], levels[1:-1], strict=False)
        ]
        return {"rows": [*rows, {"otherwise": True, "level": levels[-1]}]}

    def plain(self, kind, better=None, **fields):
        """A metric that is there, or a new one that is submitted."""
        if not fields and chance(self.draw, 3):
            fitting = [
                name
                for name, metric in self.metrics.items()
                if metric["type"] == kind
                and metric.get("better", better) == better
                and not {"least", "most", "distinct", "above_100"} & set(metric)
            ]
            if fitting:
                return self.draw(st.sampled_from(fitting))
        return self.add(type=kind, **({"better": better} if better else {}), **fields)

    def formula(self, kind, better):
        """A formula that stays within 0 to 100, whatever it reads."""
        a, b = self.plain("percent", better), self.plain("percent", better)
        if kind == "number":
            c = self.plain("count", better)
            more = [
                f"{a} / {c} if {c} > 0 else {b}",
                f"{a} - {b}",
                f"({c} - 3) / 4",
                f"{a} / {c}",
                f"-{a} + 2.5 * {c}",
                f"{a} * 100 / ({a} + {b})",
            ]
        else:
            more = []
        texts = [
            f"0.6 * {a} + 0.4 * {b}",
            f"({a} + {b}) / 2",
            f"min({a}, {b})",
            f"max({a}, {b}, 12.5)",
            f"first({a}, {b})",
            f"largest_known({a}, {b})",
            f"smallest_known({a}, {b}, 80)",
            f"{a} if {a} >= 33.3 else 0",
            f"round_half_up({a} / 3, 2)",
            f"100 - abs({a} - {b})",
            f"{a} if {a} > 50 else {b}",
            f"50 if {a} > 30 or {b} > 20 and {a} < {b} else 10",
            f"{a} if not ({a} < 10.5 or {a} > 90) else 50",
            *more,
        ]
        return self.draw(st.sampled_from(texts))

    def count_formula(self):
        yes = [self.add(type="yes_no") for _ in range(self.draw(st.integers(2, 3)))]
        a, b = self.plain("count"), self.plain("count")
        p = self.plain("percent")
        texts = [
            f"count({', '.join(yes)})",
            f"{a} + {b}",
            f"round_down({p} / 7)",
            f"round_up({p} / 7) + {a}",
        ]
        return self.draw(st.sampled_from(texts))

    # Rules

    def target(self, kind, places=2):
        """A threshold inside the range of a type."""
        if kind in ("count", "rank"):
            return self.draw(st.integers(2, 12))
        if kind == "number":
            return self.draw(ticks(-20, 120, places))
        return self.draw(ticks(1, 99, places))

    def numeric(self):
        """Type, direction and metric for a numeric rule."""
        kind = self.draw(
            st.sampled_from(["percent", "percent", "count", "number", "rank"])
        )
        better = self.draw(st.sampled_from([UP, UP, DOWN])) if kind != "rank" else DOWN
        return kind, better

    def elsewhere(self, kind, better, **fields):
        """A threshold read from another metric or a formula."""
        other = self.plain(kind, better, **fields)
        texts = [f"{other} + 1", f"min({other}, 40)"]
        if kind in ("percent", "number"):
            texts.append(f"{other} * 0.95")
        return self.draw(
            st.sampled_from(
                [{"metric": other}, {"formula": self.draw(st.sampled_from(texts))}]
            )
        )

    def number_target(self):
        """Metric, comparator and threshold on numbers."""
        draw = self.draw
        kind, better = self.numeric()
        odd = draw(st.integers(1, 8))
        if odd == 8:
            metric = self.metric(kind, better)
            return {
                "metric": metric,
                "comparator": "better",
                "threshold": {"metric": self.plain(kind, better)},
            }
        if odd >= 5:
            metric = self.metric(kind, "neither")
            if odd == 5:
                return {
                    "metric": metric,
                    "comparator": draw(st.sampled_from(["==", "!="])),
                    "threshold": self.target(kind),
                }
            if odd == 6:
                low = self.target(kind)
                high = low + draw(st.integers(1, 8))
                if kind == "percent" and high > 99:
                    low, high = 40, 60
                edges = {
                    draw(st.sampled_from(["from", "above"])): low,
                    draw(st.sampled_from(["to", "below"])): high,
                }
                if kind in ("count", "rank"):
                    edges = {"from": low, "to": high}
                return {"metric": metric, "comparator": "between", "threshold": edges}
            chosen = draw(
                st.lists(st.integers(2, 12), min_size=1, max_size=3, unique=True)
            )
            return {"metric": metric, "comparator": "one_of", "threshold": chosen}
        comparator = draw(
            st.sampled_from([">=", ">=", ">"] if better == UP else ["<=", "<=", "<"])
        )
        metric = self.metric(kind, better)
        threshold = (
            self.elsewhere(kind, better) if chance(draw, 5) else self.target(kind)
        )
        return {"metric": metric, "comparator": comparator, "threshold": threshold}

    def other_target(self):
        """Metric, comparator and threshold on yes/no, levels and dates."""
        draw = self.draw
        kind = draw(st.sampled_from(["yes_no", "level", "date"]))
        if kind == "yes_no":
            better = draw(st.sampled_from([UP, UP, DOWN]))
            return {
                "metric": self.metric("yes_no", better),
                "comparator": "is",
                "threshold": better == UP,
            }
        if kind == "level":
            metric = self.metric("level")
            levels = self.metrics[metric]["levels"]
            if draw(st.booleans()):
                return {"metric": metric, "comparator": "is", "threshold": levels[0]}
            return {
                "metric": metric,
                "comparator": "one_of",
                "threshold": levels[: draw(st.integers(1, len(levels) - 1))],
            }
        comparator = draw(
            st.sampled_from(
                ["on_or_before", "on_or_before", "before", "on_or_after", "after"]
            )
        )
        metric = self.metric("date", DOWN if "before" in comparator else UP)
        return {
            "metric": metric,
            "comparator": comparator,
            "threshold": self.date_threshold(),
        }

    def date_threshold(self):
        draw = self.draw
        if not chance(draw, 4):
            return draw(days(date(2023, 2, 1), date(2023, 11, 30)))
        other = self.plain("date", DOWN)
        text = draw(
            st.sampled_from(
                [f"add_days({other}, 15)", f"add_working_days({other}, 5)", None]
            )
        )
        return {"formula": text} if text else {"metric": other}

    def lowest(self, weight):
        """Sometimes below zero."""
        if self.plus_minus or not chance(self.draw, 6):
            return {}
        return {
            "lowest": number(
                -self.draw(st.integers(1, 100 * 10 ** min(2, self.places))),
                2 if self.places > 1 else 1,
            )
        }

    def draw_rule(self):
        """The fields of a rule that score it."""
        makers = [
            self.all_or_nothing,
            self.all_or_nothing,
            self.proportional,
            self.proportional,
            self.per_unit,
            self.tiers,
            self.progressive,
        ]
        makers += [self.other_tiers, self.own_formula, self.manual]
        makers.append(self.decision_table)
        return self.draw(st.sampled_from(makers))()

    def all_or_nothing(self):
        target = (
            self.number_target() if self.draw(st.booleans()) else self.other_target()
        )
        weight = self.weight()
        return {
            **target,
            "weight": weight,
            "deduction": "all_or_nothing",
            **self.lowest(weight),
        }

    def proportional(self):
        draw = self.draw
        kind = draw(st.sampled_from(["percent", "percent", "count", "number"]))
        weight = self.weight()
        fields = {"kind": "proportional"}
        if draw(st.booleans()):
            threshold = (
                draw(st.integers(2, 12))
                if kind == "count"
                else draw(st.one_of(st.just(100), ticks(2, 100, 2)))
            )
            if chance(draw, 4):
                fields["from"] = 1
                if kind != "count":
                    fields["from"] = draw(ticks(0, 1, 2))
            if chance(draw, 3):
                fields["floor"] = draw(
                    st.integers(1, int(threshold))
                    if kind == "count"
                    else ticks(1, int(threshold), 1)
                )
            elif chance(draw, 4):
                threshold = (
                    {"metric": self.plain(kind, UP, least=1)}
                    if fields.get("from", 0) == 0
                    else threshold
                )
            metric = self.metric(kind, UP)
            comparator = ">="
        else:
            threshold = (
                draw(st.integers(0, 12)) if kind == "count" else draw(ticks(0, 60, 2))
            )
            start = threshold + (
                draw(st.integers(1, 10)) if kind == "count" else draw(ticks(1, 30, 2))
            )
            fields["from"] = start
            if chance(draw, 3):
                fields["floor"] = draw(st.integers(int(threshold) + 1, int(start) + 1))
            metric = self.metric(kind, DOWN)
            comparator = "<="
        rule = {
            "metric": metric,
            "comparator": comparator,
            "threshold": threshold,
            "weight": weight,
        }
        rule["deduction"] = (
            "proportional" if len(fields) == 1 and draw(st.booleans()) else fields
        )
        if "floor" not in fields:
            rule |= self.lowest(weight)
        return rule

    def progressive(self):
        """Brackets of a count, with a target of its own in one of three."""
        draw = self.draw
        weight = self.weight()
        ends = sorted(draw(st.sets(st.integers(1, 30), max_size=3)))
        brackets = [
            {"each": number(draw(st.integers(0, 300)), 2), "to": end} for end in ends
        ]
        brackets.append({"each": number(draw(st.integers(0, 300)), 2)})
        rule = {
            "metric": self.add(type="count", better="higher"),
            "weight": weight,
            "deduction": {"kind": "progressive", "brackets": brackets},
        }
        if chance(draw, 3):
            rule |= {"comparator": ">=", "threshold": draw(st.integers(0, 40))}
        return rule

    def per_unit(self):
        draw = self.draw
        weight = self.weight()
        fields = {"kind": "per_unit"}
        if draw(st.booleans()):
            fields["each"] = number(draw(st.integers(1, int(Decimal(weight) * 100))), 2)
        else:
            fields["percent"] = draw(st.one_of(st.just(25), ticks(1, 60, 1)))
        shape = draw(st.sampled_from([">=", "<=", "<=", "on_or_before"]))
        if shape == "on_or_before":
            rule = {
                "metric": self.metric("date", DOWN),
                "threshold": self.date_threshold(),
            }
            if chance(draw, 3):
                fields["step"] = draw(st.integers(2, 10))
        else:
            kind = draw(st.sampled_from(["count", "count", "percent", "number"]))
            better = UP if shape == ">=" else DOWN
            rule = {"metric": self.metric(kind, better), "threshold": self.target(kind)}
            if kind == "count" and shape == "<=" and draw(st.booleans()):
                fields["exempt"] = self.add(type="count", better="neither")
            elif chance(draw, 3):
                fields["step"] = draw(
                    st.integers(2, 5) if kind == "count" else ticks(1, 5, 1)
                )
            if chance(draw, 6):
                rule["threshold"] = {"metric": self.plain(kind, better)}
        if (
            draw(st.booleans())
            or "step" in fields
            or self.metrics[rule["metric"]]["type"] != "count"
        ):
            fields["units"] = draw(st.sampled_from(["exact", "started", "whole"]))
        return {
            **rule,
            "comparator": shape,
            "weight": weight,
            "deduction": fields,
            **self.lowest(weight),
        }

    def values(self, count, weight):
        """So many tier values, best first: the first the weight, the last zero or more."""
        draw = self.draw
        if draw(st.booleans()):
            shares = sorted(
                draw(
                    st.lists(st.integers(0, 99), min_size=count - 1, max_size=count - 1)
                ),
                reverse=True,
            )
            return [{"percent": 100}, *({"percent": share} for share in shares)]
        places = min(2, self.places)
        most = int(Decimal(weight).scaleb(places))
        points = sorted(
            draw(
                st.lists(st.integers(0, most), min_size=count - 1, max_size=count - 1)
            ),
            reverse=True,
        )
        return [
            {"points": weight},
            *({"points": number(point, places)} for point in points),
        ]

    def tiers(self):
        """Tiers on a number, best first, open or closed at either edge."""
        draw = self.draw
        kind, better = self.numeric()
        weight = self.weight()
        metric = self.metric(kind, better)
        count = draw(st.integers(2, 4))
        whole = st.integers(2, 20)
        cuts = sorted(
            draw(
                st.lists(
                    whole if kind in ("count", "rank") else ticks(1, 99, 2),
                    min_size=count - 1,
                    max_size=count - 1,
                    unique=True,
                )
            ),
            reverse=better == UP,
        )
        if kind in (
            "count",
            "rank",
        ):  # two unlike edges could leave no whole number between them
            edges = [
                ("from", "below") if better == UP else ("to", "above") for _ in cuts
            ]
        elif better == UP:
            edges = [
                ("from", "below") if draw(st.booleans()) else ("above", "to")
                for _ in cuts
            ]
        else:
            edges = [
                ("to", "above") if draw(st.booleans()) else ("below", "from")
                for _ in cuts
            ]
        values = self.values(count, weight)
        tiers = []
        for place in range(count):
            tier = {}
            if place < len(cuts):
                tier[edges[place][0]] = cuts[place]
            if place:
                tier[edges[place - 1][1]] = cuts[place - 1]
            tiers.append({**tier, **values[place]})
        if kind == "percent" and better == UP and count == 3 and chance(draw, 3):
            tiers[1] = {
                key: item
                for key, item in tiers[1].items()
                if key not in ("points", "percent")
            }
            tiers[1]["formula"] = "weight * value / 100"
            tiers[2] = {
                key: item
                for key, item in tiers[2].items()
                if key not in ("points", "percent")
            } | {"points": 0}
        # The tier of the highest figures has a low edge: up from it points rise, or fall.
        elif better == UP and chance(draw, 3):
            key = edges[0][0]
            tiers[0] = {key: cuts[0], **values[1], **self.slope(kind, 1)}
        elif better == DOWN and chance(draw, 3):
            tiers[-1] |= self.slope(kind, -1)
        if chance(draw, 4):
            tiers.reverse()
        rule = {
            "metric": metric,
            "weight": weight,
            "deduction": {"kind": "tiers", "tiers": tiers},
        }
        if chance(draw, 4):
            comparator = {"from": ">=", "above": ">", "to": "<=", "below": "<"}[
                edges[0][0]
            ]
            rule |= {"comparator": comparator, "threshold": cuts[0]}
        return rule

    def decision_table(self):
        """A table over a number and a yes/no or a level: by the first row, or by the only one."""
        draw = self.draw
        weight = self.weight()
        kind = draw(st.sampled_from(["count", "percent"]))
        amount = self.metric(kind, UP)
        low, high = sorted(draw(st.sets(st.integers(1, 60), min_size=2, max_size=2)))
        if draw(st.booleans()):
            other = self.metric("yes_no", UP)
            good, bad = {"is": True}, {"is": False}
        else:
            other = self.metric("level")
            first, *rest = self.metrics[other]["levels"]
            good, bad = {"is": first}, {"is": rest}
        if draw(st.booleans()):
            whens = [
                {amount: {"from": high}},
                {amount: {"from": low, "below": high}, other: good},
                {other: bad, amount: {"from": low, "below": high}},
                {amount: {"below": low}, other: good},
                {amount: {"below": low}, other: bad},
            ]
            hit = "one"
        else:
            whens = [
                {amount: {"from": high}},
                {amount: {"from": low}, other: good},
                {amount: {"from": low}},
                {other: good},
                None,
            ]
            hit = "first"
        values = self.values(len(whens), weight)
        rows = [
            {**({"otherwise": True} if when is None else {"when": when}), **value}
            for when, value in zip(whens, values, strict=True)
        ]
        if hit == "one" and draw(st.booleans()):
            rows.reverse()
        return {
            "metric": draw(st.sampled_from([amount, other])),
            "weight": weight,
            "deduction": {"kind": "table", "hit": hit, "rows": rows},
        }

    def slope(self, kind, sign):
        """The keys of a slope: so many hundredths of a point for each unit, up or down."""
        draw = self.draw
        keys = {"each": number(sign * draw(st.integers(1, 200)), 2)}
        if draw(st.booleans()):
            whole = kind in ("count", "rank")
            keys["step"] = draw(st.integers(2, 5) if whole else ticks(1, 5, 1))
        if draw(st.booleans()):
            keys["units"] = draw(st.sampled_from(["exact", "started", "whole"]))
        return keys

    def other_tiers(self):
        """Tiers on levels, yes/no, single counts or days late."""
        draw = self.draw
        weight = self.weight()
        shape = draw(st.sampled_from(["level", "yes_no", "count", "days_late"]))
        rule = {"weight": weight}
        if shape == "level":
            rule["metric"] = self.metric("level")
            levels = self.metrics[rule["metric"]]["levels"]
            values = self.values(len(levels), weight)
            tiers = [
                {"is": level, **value}
                for level, value in zip(levels, values, strict=True)
            ]
            if chance(draw, 3):
                tiers = [*tiers[:1], {"is": levels[1:], **values[-1]}]
            elif chance(draw, 3):
                tiers[-1] = {"otherwise": True, **values[-1]}
        elif shape == "yes_no":
            rule["metric"] = self.metric("yes_no", UP)
            values = self.values(2, weight)
            tiers = [{"is": True, **values[0]}, {"is": False, **values[1]}]
        elif shape == "count":
            rule["metric"] = self.metric("count", UP)
            values = self.values(4, weight)
            tiers = [
                {"from": 3, **values[0]},
                {"is": 2, **values[1]},
                {"is": 1, **values[2]},
                {"is": 0, **values[3]},
            ]
            if draw(st.booleans()):
                tiers[3] = {"otherwise": True, **values[3]}
        else:
            rule |= {
                "metric": self.metric("date", DOWN),
                "comparator": "on_or_before",
                "threshold": self.date_threshold(),
            }
            values = self.values(3, weight)
            late = draw(st.integers(1, 30))
            tiers = [
                {"to": 0, **values[0]},
                {"above": 0, "to": late, **values[1]},
                {"above": late, **values[2]},
            ]
            if chance(draw, 3):
                tiers[-1] |= self.slope("count", -1)
            return {
                **rule,
                "deduction": {"kind": "tiers", "of": "days_late", "tiers": tiers},
            }
        return {**rule, "deduction": {"kind": "tiers", "tiers": tiers}}

    def own_formula(self):
        draw = self.draw
        weight = self.weight()
        metric = self.metric("percent", UP)
        other = self.plain("percent", UP)
        texts = [
            "weight * value / 100",
            "weight * (value - 55) / (88 - 55)",
            f"weight * (0.6 * value + 0.4 * {other}) / 100",
            f"weight * value / {other}",
            f"weight * value / first({other}, 80)",
            "weight if value >= 80 else weight * value / 80",
        ]
        rule = {"metric": metric, "weight": weight}
        if chance(draw, 3):
            rule |= {"comparator": ">=", "threshold": self.target("percent")}
            texts.append("weight * value / threshold")
        text = draw(st.sampled_from(texts))
        rule["deduction"] = {"kind": "formula", "formula": text}
        return {**rule, **self.lowest(weight)}

    def share(self):
        """A rule that gives the part of its points that the share is of its target."""
        return {
            "metric": self.add(type="percent"),
            "comparator": ">=",
            "threshold": 100,
            "weight": self.weight(),
            "deduction": "proportional",
        }

    def at_least(self):
        """A rule whose threshold another clause, or a kind of unit, may state otherwise."""
        return {
            "metric": self.metric("percent", UP),
            "comparator": ">=",
            "threshold": self.target("percent"),
            "weight": self.weight(),
            "deduction": "all_or_nothing",
        }

    def manual(self):
        weight = self.weight()
        return {"weight": weight, "deduction": "manual", **self.lowest(weight)}

    def information(self):
        if self.draw(st.booleans()):
            return {"metric": self.metric("percent"), "deduction": "none"}
        target = (
            self.number_target() if self.draw(st.booleans()) else self.other_target()
        )
        return {**target, "deduction": "none"}


EFFECTS = ["exclude", "exclude", "lost", "full", "show", "manual", {"percent": 40}]
CONFLICT = {"source": "PL.1", "comparator": ">=", "threshold": 35}


@st.composite
def rule_sets(draw, plain=False, kinds=True, always=()):
    """A valid rule file: its TOML text and its document. ``plain`` leaves out what makes doing better cost more;
    ``kinds`` may be "always". ``always`` names what no rule set lacks: "bands", "mean", a rule that gives a
    "share" of its points, one in "conflict", or a "change" that its kind may make and mostly makes."""
    build = Build(draw)
    index = {
        "places": build.places,
        "scale": draw(st.sampled_from([100, 100, 100, 70, 10, Decimal("62.5")])),
    }
    index["over_scale"] = draw(st.booleans())
    if chance(draw, 5):
        index["lowest"] = draw(st.sampled_from([-2, -1, 0, 0]))
    document = {
        "format": 1,
        "ruleset": {
            "id": "drawn",
            "version": "1.0",
            "title": {"vi": "Bộ quy tắc", "en": "Rules"},
            "language": "vi",
            "valid": {"from": date(2023, 1, 1), "until": date(2023, 12, 31)},
        },
        "index": index,
    }
    effects = {
        state: draw(st.sampled_from(EFFECTS))
        for state in ("not_applicable", "not_due", "waived")
    }
    if chance(draw, 4):
        effects["zero_denominator"] = draw(st.sampled_from(EFFECTS))
    if chance(draw, 4):
        effects["missing"] = draw(st.sampled_from(EFFECTS))
    by_rule = chance(draw, 5)  # the file declares nothing, every rule everything
    if not by_rule:
        document["absence"] = effects
    if draw(st.booleans()):
        document["window"] = {
            "from": date(2023, 1, draw(st.integers(1, 20))),
            "until": date(2023, 12, 31),
        }
    document["calendar"] = {"country": "VN"}
    if draw(st.booleans()):
        document["calendar"] |= {
            "extra_holidays": [date(2023, 3, 15)],
            "extra_workdays": [date(2023, 4, 8)],
        }
    if chance(draw, 5):
        document["tracks"] = ["appraised", "survey"]

    # Roundings of its own keep a rule set out of columns: few have any.
    own_rounding = not plain and chance(draw, 8)
    ticks_of_scale = index["scale"] * 10**build.places
    if own_rounding and draw(st.booleans()) and ticks_of_scale == int(ticks_of_scale):
        index["rounding"] = rounding_of(draw, index["scale"], build.places)

    # Groups
    groups = {}
    wanted = draw(st.integers(2 if "mean" in always else 1, 4))
    for place in range(wanted):
        name = f"g{place}"
        group = {"title": f"Nhóm {place}"}
        shape = "sum"
        if place == 1 and "mean" in always:
            shape = "mean"
        elif place:
            shape = draw(
                st.sampled_from(
                    ["sum", "sum", "sum", "child", "mean", "bonus", "penalty"]
                )
            )
        base = [
            other
            for other, fields in groups.items()
            if "kind" not in fields
            and "combine" not in fields
            # A mean lies in no group with a cap.
            and not (shape == "mean" and under_cap(groups, other))
        ]
        nested = shape == "child" or (shape in ("sum", "mean") and chance(draw, 4))
        if nested and base:
            group["parent"] = draw(st.sampled_from(base))
        if shape == "mean":
            group |= {"combine": "mean", "weight": build.weight()}
        elif shape in ("bonus", "penalty"):
            group |= {"kind": shape, "cap": build.weight(8)}
        if "kind" not in group and chance(draw, 4):
            group["optional"] = True
        if shape == "mean" and own_rounding and draw(st.booleans()):
            group["rounding"] = rounding_of(draw, group["weight"], build.places)
        if not {"kind", "combine"} & set(group) and chance(draw, 4):
            group["cap"] = build.weight(8)
        groups[name] = group

    # Rules
    with_kind = kinds == "always" or (kinds and chance(draw, 6))
    total = draw(st.integers(max(2, wanted), 10))
    for place in range(total):
        name = f"r{place}"
        group = f"g{place}" if place < wanted else draw(st.sampled_from(sorted(groups)))
        build.plus_minus = (
            "kind" in groups[group] or "combine" in groups[group] or plain
        )
        information = (
            place >= wanted and "combine" not in groups[group] and chance(draw, 8)
        )
        rule = {
            "group": group,
            "title": {"vi": f"Quy tắc {place}", "en": f"Rule {place}"},
            "source": [f"II.{place}"],
        }
        if place == 0 and "share" in always:
            rule |= build.share()
        elif place == 0 and {"change", "conflict"} & {*always}:
            rule |= build.at_least()
            if "conflict" in always:
                rule["conflict"] = [CONFLICT]
        else:
            rule |= build.information() if information else build.draw_rule()
        deduction = (
            rule["deduction"]
            if isinstance(rule["deduction"], str)
            else rule["deduction"]["kind"]
        )
        if by_rule or chance(draw, 4):
            rule["absence"] = {
                state: draw(st.sampled_from(EFFECTS)) for state in effects
            }
            if not by_rule and draw(st.booleans()):
                rule["absence"].pop(draw(st.sampled_from(sorted(effects))))
        if place and chance(draw, 5):
            required = draw(
                st.lists(
                    st.sampled_from(sorted(build.rules)),
                    min_size=1,
                    max_size=2,
                    unique=True,
                )
            )
            rule["requires"] = [
                {"rule": other, **draw(st.sampled_from(SHARES))}
                if build.rules[other].get("weight") and chance(draw, 3)
                else other
                for other in required
            ]
        full_when_met = deduction in ("all_or_nothing", "proportional", "per_unit")
        if (
            (full_when_met or not plain)
            and deduction not in ("manual", "none")
            and chance(draw, 3)
        ):
            rule["due"] = draw(days())
        if deduction != "none" and chance(draw, 4):
            rule["evidence_required"] = True
        if chance(draw, 6):
            build.remedies["fix"] = {"task": {"vi": "Khắc phục", "en": "Fix it"}}
            rule["remedy"] = "fix"
        if (
            "conflict" not in rule
            and rule.get("comparator") in (">=", ">")
            and not isinstance(rule["threshold"], dict)
            and chance(draw, 6)
        ):
            rule["conflict"] = [CONFLICT]
        # The fewest points would have to go into the step as well.
        may_round = deduction != "none" and not rule.get("lowest")
        may_round = may_round and "combine" not in groups[group]
        if own_rounding and may_round and draw(st.booleans()):
            rule["rounding"] = rounding_of(draw, rule["weight"], build.places)
        build.rules[name] = rule
    read = reads(build)
    build.metrics = {
        name: metric for name, metric in build.metrics.items() if name in read
    }
    if not with_kind and draw(st.booleans()):
        for name, group in groups.items():
            if "weight" not in group and "kind" not in group and draw(st.booleans()):
                group["weight"] = plain_number(group_weight(groups, build.rules, name))

    # Bands, gates, targets
    places = build.places
    if "bands" in always or draw(st.booleans()):
        scale = int(index["scale"] * 10**places)
        cuts = draw(
            st.lists(st.integers(1, scale - 1), min_size=1, max_size=3, unique=True)
        )
        cuts = [number(cut, places) for cut in sorted(cuts, reverse=True)]
        bands = [
            {"id": f"b{place}", "title": f"Hạng {place}"}
            for place in range(len(cuts) + 1)
        ]
        for place, cut in enumerate(cuts):
            bands[place]["from"] = cut
            bands[place + 1]["below"] = cut
        document["band"] = bands
        if "rounding" not in index:
            document["bands"] = {"reads": draw(st.sampled_from(["exact", "rounded"]))}
        if chance(draw, 3):
            most = {"at_most": bands[draw(st.integers(1, len(cuts)))]["id"]}
            if chance(draw, 3):
                most = {"lower_by": draw(st.integers(1, 2))}
            gate = {"rule": draw(st.sampled_from(sorted(build.rules)))}
            if draw(st.booleans()):
                needs = draw(st.lists(gate_need(build, groups), min_size=1, max_size=2))
                gate = {"id": "asks", "needs": needs}
            document["band_gate"] = [gate | most]
    if chance(draw, 3):
        threshold = draw(ticks(1, int(index["scale"]), 2))
        document["target"] = [
            {
                "id": "t0",
                "title": "Mục tiêu",
                "source": ["I.1"],
                "comparator": draw(st.sampled_from([">", ">="])),
                "threshold": threshold,
            }
        ]
        if chance(draw, 3):
            (target,) = document["target"]
            target["needs"] = [draw(gate_need(build, groups))]
            if draw(st.booleans()):
                del target["comparator"], target["threshold"]
    document |= {"metric": build.metrics, "group": groups, "rule": build.rules}
    if build.remedies:
        document["remedy"] = build.remedies
    if with_kind:
        document["kind"] = {"mountain": draw(kind_overlay(build, "change" in always))}
    text = to_toml(document)
    document = read_toml(text)
    return text, document


@st.composite
def gate_need(draw, build, groups):
    """A condition of a gate, on a rule, a group or a metric."""
    share = {draw(st.sampled_from(["from", "above"])): draw(st.integers(0, 99))}
    rules = sorted(build.rules)
    worth = [name for name in rules if build.rules[name].get("weight")]
    read = reads(build)
    metrics = [
        {"metric": name, **asked}
        for name, metric in sorted(build.metrics.items())
        if name in read
        for asked in NEEDED.get(metric["type"], [])
    ]
    choices = [{"rule": draw(st.sampled_from(rules))}]
    if metrics:
        choices.append(draw(st.sampled_from(metrics)))
    if worth:
        choices.append({"rule": draw(st.sampled_from(worth)), **share})
        group = build.rules[draw(st.sampled_from(worth))]["group"]
        choices += [
            {"group": group, **share},
            {"each_rule_of": group, **share},
            {"each_rule_of": group},
        ]
    return draw(st.sampled_from(choices))


SHARES = [{"above": 0}, {"from": 50}, {"above": 99}]
"""Shares of points that a rule may ask of another."""

NEEDED = {
    "percent": [{"from": 40}, {"above": 0, "below": 90}],
    "count": [{"from": 2}, {"is": [0, 1]}],
    "number": [{"from": 3}],
    "yes_no": [{"is": True}, {"is": False}],
    "level": [{"is": ["tốt", "khá"]}],
}


def kind_overlay(build, usually=False):
    """Changes of weights, and of thresholds that nothing else hangs on; each made every other time, or ``usually``."""
    changes = st.integers(0, 7).map(bool) if usually else st.booleans()

    @st.composite
    def drawn(draw):
        rules = {}
        for name, rule in build.rules.items():
            if (
                rule["deduction"] == "all_or_nothing"
                and rule["comparator"] in (">=", "<=", ">", "<")
                and draw(changes)
            ):
                if not isinstance(rule["threshold"], dict):
                    rules[name] = {
                        "threshold": build.target(build.metrics[rule["metric"]]["type"])
                    }
            elif (
                rule["deduction"] in ("all_or_nothing", "proportional", "manual")
                and "rounding" not in rule
                and draw(changes)
            ):
                rules[name] = {
                    "weight": number(draw(st.integers(1, 50)), min(1, build.places))
                }
        return {"title": "Miền núi", "rule": rules} if rules else {"title": "Miền núi"}

    return drawn()


def reads(build):
    """What is read by a rule, directly or under a formula: a set of metric names."""
    todo = [name for rule in build.rules.values() for name in direct_reads(rule)]
    names = set()
    while todo:
        name = todo.pop()
        names.add(name)
        metric = build.metrics[name]
        rows = metric.get("table", {}).get("rows", [])
        asked = {other for row in rows for other in row.get("when", {})}
        todo += sorted((names_in(metric.get("formula", "0")) | asked) - names)
    return names


def direct_reads(rule):
    """The metrics that a rule names itself."""
    names = {rule["metric"]} if "metric" in rule else set()
    threshold = rule.get("threshold")
    if isinstance(threshold, dict):
        names |= {threshold["metric"]} if "metric" in threshold else set()
        names |= names_in(threshold["formula"]) if "formula" in threshold else set()
    deduction = rule["deduction"]
    if isinstance(deduction, dict):
        names |= {deduction["exempt"]} if "exempt" in deduction else set()
        for part in [deduction, *deduction.get("tiers", [])]:
            names |= names_in(part["formula"]) if "formula" in part else set()
        for row in deduction.get("rows", []):
            names |= {*row.get("when", {})}
    return names - {"value", "threshold", "weight"}


def plain_number(value):
    value = Decimal(value)
    return int(value) if value == value.to_integral_value() else value


def rounding_of(draw, most, places):
    """A rounding whose step goes into the most that there is."""
    ticks = int(Decimal(most) * 10**places)
    parts = [part for part in (1, 2, 5, 8, 20) if ticks % part == 0]
    step = number(ticks // draw(st.sampled_from(parts)), places)
    mode = draw(st.sampled_from(["half_up", "half_even", "down", "up"]))
    return draw(
        st.sampled_from([{"mode": mode}, {"step": step}, {"mode": mode, "step": step}])
    )


def under_cap(groups, name):
    """Whether a base group, or one that it lies in, is held to a cap."""
    while name is not None:
        if "cap" in groups[name]:
            return True
        name = groups[name].get("parent")
    return False


def group_weight(groups, rules, name):
    """What the children of a group add up to."""
    total = sum(
        (
            Decimal(rule.get("weight", 0))
            for rule in rules.values()
            if rule["group"] == name
        ),
        Decimal(0),
    )
    if groups[name].get("combine") == "mean":
        return Decimal(groups[name]["weight"])
    total += sum(
        (
            group_weight(groups, rules, child)
            for child in groups
            if groups[child].get("parent") == name
        ),
        Decimal(0),
    )
    if "cap" in groups[name] and "kind" not in groups[name]:
        return min(total, Decimal(groups[name]["cap"]))
    return total


# Submissions ---------------------------------------------------------------------------------------------------------


def edges_of(document, name):
    """The figures that rules compare a metric with."""
    found = set()

    def collect(value):
        if isinstance(value, dict):
            for key, item in value.items():
                if key not in ("metric", "formula"):
                    collect(item)
        elif isinstance(value, list):
            for item in value:
                collect(item)
        elif not isinstance(value, (bool, str)) and value is not None:
            found.add(value)

    for metric in document["metric"].values():
        for row in metric.get("table", {}).get("rows", []):
            collect(row.get("when", {}).get(name))
    for rule in document["rule"].values():
        if name in direct_reads(rule):
            collect(rule.get("threshold"))
            if isinstance(rule["deduction"], dict):
                collect(
                    {
                        key: rule["deduction"][key]
                        for key in ("from", "floor")
                        if key in rule["deduction"]
                    }
                )
                for row in rule["deduction"].get("rows", []):
                    collect(row.get("when", {}).get(name))
                for tier in rule["deduction"].get("tiers", []):
                    collect(
                        {
                            key: item
                            for key, item in tier.items()
                            if key in ("from", "above", "to", "below", "is")
                        }
                    )
    return sorted(
        (edge for edge in found if not isinstance(edge, date)), key=Decimal
    ), sorted(edge for edge in found if isinstance(edge, date))


def bounds_of(metric):
    kind = metric["type"]
    least = metric.get("least", {"percent": 0, "count": 0, "rank": 1}.get(kind))
    most = metric.get(
        "most", None if metric.get("above_100") or kind != "percent" else 100
    )
    return least, most


@st.composite
def figures(draw, document, name, last):
    """A bare value for a metric, often on an edge of a rule that reads it."""
    metric = document["metric"][name]
    kind = metric["type"]
    if kind == "yes_no":
        return draw(st.booleans())
    if kind == "level":
        return draw(st.sampled_from(metric["levels"]))
    edges, dates = edges_of(document, name)
    if kind == "date":
        first = document.get("window", {}).get("from", date(2023, 1, 1))
        last = max(first, last)
        near = [edge + timedelta(days=off) for edge in dates for off in (-1, 0, 1)]
        near = [day for day in near if first <= day <= last]
        if near and draw(st.booleans()):
            return draw(st.sampled_from(near)).isoformat()
        return draw(days(first, last)).isoformat()
    least, most = bounds_of(metric)
    whole = kind in ("count", "rank")
    near = []
    for edge in edges:
        for off in (
            (-1, 0, 1)
            if whole
            else (
                0,
                Decimal("0.01"),
                Decimal("-0.01"),
                Decimal("0.001"),
                Decimal("-0.001"),
                1,
            )
        ):
            near.append(Decimal(edge) + off)
    near = [
        value
        for value in near
        if (least is None or value >= least) and (most is None or value <= most)
    ]
    near = [plain_number(value) for value in near if not whole or value == int(value)]
    if near and draw(st.booleans()):
        return draw(st.sampled_from(near))
    if whole:
        return draw(st.integers(0 if least is None else int(least), 15))
    low = -20 if least is None else int(least)
    return draw(ticks(low, 120 if most is None else int(most), draw(st.integers(0, 3))))


@st.composite
def evidence(draw, document, last):
    items = []
    for place in range(draw(st.integers(0, 2))):
        if draw(st.booleans()):
            items.append(f"Báo cáo số {place}")
        else:
            items.append(
                {
                    "document": f"Quyết định số {place}",
                    "date": draw(days(date(2022, 12, 1), last)).isoformat(),
                }
            )
    return items


@st.composite
def reported(draw, document, name, last):
    """One way of giving a metric with a figure."""
    metric = document["metric"][name]
    if metric.get("distinct"):
        items = draw(
            st.lists(
                st.sampled_from([f"Văn bản {place}" for place in range(9)]), max_size=8
            )
        )
        entry = {"items": items}
    elif "ratio" in metric and draw(st.integers(1, 4)) > 1:
        denominator = draw(st.integers(1, 400))
        numerator = draw(
            st.integers(0, denominator * 2 if metric.get("above_100") else denominator)
        )
        if metric["type"] == "percent" and "least" in metric:
            numerator = max(numerator, (denominator + 99) // 100)
        entry = {"numerator": numerator, "denominator": denominator}
    elif metric["type"] == "date" and chance(draw, 8):
        entry = {"never": "không ban hành"}
    else:
        value = draw(figures(document, name, last))
        if draw(st.booleans()):
            return value
        entry = {"value": value}
    documents = draw(evidence(document, last))
    if documents:
        entry["evidence"] = documents
    if chance(draw, 5):
        entry["note"] = "Ghi chú"
    return entry


PERIODS = [
    ("2023", date(2023, 1, 20), date(2023, 12, 31)),
    ("2023", date(2023, 1, 20), date(2023, 12, 31)),
    ("2023-H1", date(2023, 1, 20), date(2023, 6, 30)),
    ("2023-Q3", date(2023, 7, 1), date(2023, 9, 30)),
    ("2023-02", date(2023, 2, 1), date(2023, 2, 28)),
    ("2023-01-01/2023-11-30", date(2023, 1, 20), date(2023, 11, 30)),
]


@st.composite
def submissions(draw, document, absences=True):
    """A valid submission for a rule set: every way of giving a metric, or of not giving it."""
    period, first, end = draw(st.sampled_from(PERIODS))
    as_of = draw(st.one_of(st.none(), days(first, end)))
    last = as_of or end
    submission = {
        "format": 1,
        "ruleset": document["ruleset"]["id"],
        "unit": "UBND xã",
        "period": period,
    }
    if "kind" in document:
        submission["unit_kind"] = draw(st.sampled_from(sorted(document["kind"])))
    if as_of:
        submission["as_of"] = as_of.isoformat()
    measurements = {}
    for name, metric in document.get("metric", {}).items():
        if {"formula", "table"} & {*metric}:
            continue
        way = draw(st.integers(1, 15)) if absences else 1
        if way <= 10:
            measurements[name] = draw(reported(document, name, last))
        elif way == 11:
            measurements[name] = None
        elif way == 12 or (way == 15 and "ratio" not in metric):
            measurements[name] = {"not_applicable": "không phát sinh"}
        elif way == 13:
            until = draw(
                st.sampled_from(
                    [last - timedelta(days=1), last, last + timedelta(days=1)]
                )
            )
            measurements[name] = {
                "waived": {
                    "by": "UBND huyện",
                    "why": "thí điểm",
                    "until": until.isoformat(),
                }
            }
        elif way == 15:
            measurements[name] = {"numerator": 0, "denominator": 0}
    submission["measurements"] = measurements
    now = of_kind(document, submission.get("unit_kind"))
    points = {}
    for name, rule in now["rule"].items():
        if "weight" not in rule:
            continue
        effects = {**now.get("absence", {}), **rule.get("absence", {})}
        if (rule["deduction"] == "manual" or "manual" in effects.values()) and (
            not absences or draw(st.integers(1, 4)) > 1
        ):
            places = min(2, now["index"]["places"])
            low = int(Decimal(rule.get("lowest", 0)).scaleb(places))
            high = int(Decimal(rule["weight"]).scaleb(places))
            given_points = number(draw(st.integers(low, high)), places)
            points[name] = {"points": given_points, "reason": "theo biên bản"}
    if points:
        submission["points"] = points
    if "tracks" in document and draw(st.booleans()):
        name = draw(
            st.sampled_from(
                sorted(name for name, rule in now["rule"].items() if "weight" in rule)
            )
        )
        submission["tracks"] = {
            "appraised": {
                name: {"points": now["rule"][name]["weight"], "reason": "thẩm định"}
            }
        }
    absent = {
        name: "không tổ chức"
        for name, group in now["group"].items()
        if group.get("optional") and absences and chance(draw, 5)
    }
    if absent:
        submission["absent"] = absent
    return submission


@st.composite
def cases(draw, plain=False, absences=True, kinds=True, always=()):
    """A rule set with a submission for it: (TOML text, document, submission)."""
    text, document = draw(rule_sets(plain=plain, kinds=kinds, always=always))
    return text, document, draw(submissions(document, absences=absences))
