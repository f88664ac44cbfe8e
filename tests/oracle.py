"""A second scorer, plain and slow, written from docs/reference alone: it shares no code with the package.

``oracle(rules_document, submission)`` reads a rule file as ``tomli.loads(text, parse_float=Decimal)`` returns it and a
submission as ``json.loads(text, parse_float=Decimal)`` returns it; every figure that it gives back is a Fraction.
"""

import ast
import calendar
import math
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

# Days off of Vietnam's offices in 2023 that fall on Monday to Friday, as the Ministry of Labour announced them.
VIETNAM_2023 = {
    date(2023, 1, 2),
    *(date(2023, 1, day) for day in range(20, 27)),
    date(2023, 5, 1),
    date(2023, 5, 2),
    date(2023, 5, 3),
    date(2023, 9, 1),
    date(2023, 9, 4),
}

ABSENCE_ORDER = ("missing", "not_applicable", "waived")  # L6
NOT_IN_THE_WAY = ("met", "not_applicable", "not_due", "waived")  # L2, I5


class Absent:
    """A figure that is not there: its state, its reason code, and whether a formula divided by zero."""

    def __init__(self, state, code, division=False):
        self.state = state
        self.code = code
        self.division = division

    def __repr__(self):
        return f"Absent({self.state}, {self.code})"


def first_absence(absences):
    """L6: the first of missing, not applicable, waived among several absences.

    L7: of equals the first; a division by zero in a formula counts only where no figure is absent.
    """
    figures = [absence for absence in absences if not absence.division]
    return strongest(figures) or strongest(absences)


def strongest(absences):
    """L6: the first of missing, not applicable, waived; L7: of equals a division by zero last."""
    for state in ABSENCE_ORDER:
        equals = [absence for absence in absences if absence.state == state]
        equals.sort(key=lambda absence: absence.division)
        if equals:
            return equals[0]
    return None


def half_up(figure, places):
    """L1: to a tick of 10**-places, away from zero at a tie."""
    ticks = math.floor(abs(figure) * 10**places + Fraction(1, 2))
    return Fraction(ticks if figure >= 0 else -ticks, 10**places)


def round_as(figure, places, rounding):
    """L8: to whole steps, as the file says; half up to a tick where it says nothing."""
    if rounding is None:
        return half_up(figure, places)
    # As a rule file has it, or a report: in figures, or in a text.
    step = Fraction(rounding.get("step", Fraction(1, 10**places)))
    steps = abs(figure) / step
    mode = rounding.get("mode", "half_up")
    whole = {
        "half_up": lambda: math.floor(steps + Fraction(1, 2)),
        "half_even": lambda: round(steps),  # of a Fraction: ties to even, exactly
        "down": lambda: math.floor(steps),
        "up": lambda: math.ceil(steps),
    }[mode]()
    return whole * step if figure >= 0 else -whole * step


# Overlays ------------------------------------------------------------------------------------------------------------

TABLES_WITH_IDS = ("metric", "group", "rule", "remedy", "kind")


def overlay(base, over):
    """A document laid over another: tables with ids field by field, lists and inline tables whole."""
    result = dict(base)
    for key, value in over.items():
        if key in TABLES_WITH_IDS:
            table = dict(result.get(key, {}))
            for name, fields in value.items():
                if fields.get("remove") is True:
                    table.pop(name, None)
                elif key == "kind":
                    table[name] = overlay(table.get(name, {}), fields)
                else:
                    table[name] = {**table.get(name, {}), **fields}
            result[key] = table
        elif key in ("ruleset", "index", "absence", "window", "calendar", "bands"):
            result[key] = {**result.get(key, {}), **value}
        elif key != "extends":
            result[key] = value
    return result


def of_kind(document, kind):
    """The document as it stands for one kind of unit."""
    plain = {key: value for key, value in document.items() if key != "kind"}
    if kind is None:
        return plain
    changes = {
        key: value for key, value in document["kind"][kind].items() if key != "title"
    }
    return overlay(plain, changes)


# Figures as written --------------------------------------------------------------------------------------------------


def exactly(value):
    """A number as a Fraction, a date text as a date; all else as it is."""
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, Decimal)):
        return Fraction(value)
    return value


def as_date(value):
    return date.fromisoformat(value) if isinstance(value, str) else value


def end_of_period(period):
    """The last day of 2023, 2023-Q1, 2023-H1, 2023-06 or a/b."""
    if "/" in period:
        return date.fromisoformat(period.split("/")[1])
    year = int(period[:4])
    part = period[5:]
    if not part:
        month = 12
    elif part[0] == "Q":
        month = 3 * int(part[1])
    elif part[0] == "H":
        month = 6 * int(part[1])
    else:
        month = int(part)
    return date(year, month, calendar.monthrange(year, month)[1])


MONTHS = {"": 12, "H": 6, "Q": 3}
"""How many months a year, a half, a quarter have."""


def months_of(period):
    """The months of a period of whole ones."""
    if "/" not in period:
        return MONTHS.get(period[5:6], 1)
    first, last = (date.fromisoformat(part) for part in period.split("/"))
    return 12 * (last.year - first.year) + last.month - first.month + 1


# Formulas ------------------------------------------------------------------------------------------------------------


def evaluate(text, lookup, day_off):
    """The value of a formula: ``lookup`` gives a name's value or Absent, ``day_off`` whether nobody works that day."""

    def nothing(node):
        """The absences of the figures that a part of a formula reads, whichever way it goes (L6).

        A lenient call is absent as a figure is where none of its arguments has a value.
        """
        if isinstance(node, ast.Name):
            values = [lookup(node.id)]
        elif lenient(node):
            values = [known_of(node)]
        else:
            parts = (
                node.args if isinstance(node, ast.Call) else ast.iter_child_nodes(node)
            )
            return [absence for part in parts for absence in nothing(part)]
        absent = [value for value in values if isinstance(value, Absent)]
        return [absence for absence in absent if not absence.division]

    def lenient(node):
        names = ("first", "largest_known", "smallest_known")
        return isinstance(node, ast.Call) and node.func.id in names

    def known_of(node):
        values = [walk(argument) for argument in node.args]
        known = [value for value in values if not isinstance(value, Absent)]
        if not known:
            return strongest(values)
        choose = {"first": lambda some: some[0], "largest_known": max}
        return choose.get(node.func.id, min)(known)

    def call(name, values):
        if name == "min":
            return min(values)
        if name == "max":
            return max(values)
        if name == "abs":
            return abs(values[0])
        if name == "count":
            return Fraction(sum(1 for value in values if value is True))
        if name == "round_half_up":
            return half_up(values[0], int(values[1]))
        if name == "round_down":
            return Fraction(math.floor(values[0]))
        if name == "round_up":
            return Fraction(math.ceil(values[0]))
        if name == "days":
            return Fraction((values[1] - values[0]).days)
        if name.startswith("add_") and values[0] == date.max:
            return values[0]  # so many days after never is never
        if name == "add_days":
            return values[0] + timedelta(days=int(values[1]))
        if name == "add_working_days":
            day, left = values[0], int(values[1])
            while left:
                day += timedelta(days=1)
                if not day_off(day):
                    left -= 1
            return day
        raise ValueError(f"no such function: {name}")

    def compare(operator, a, b):
        if isinstance(operator, ast.Eq):
            return a == b
        if isinstance(operator, ast.NotEq):
            return a != b
        if isinstance(operator, ast.Lt):
            return a < b
        if isinstance(operator, ast.LtE):
            return a <= b
        if isinstance(operator, ast.Gt):
            return a > b
        if isinstance(operator, ast.GtE):
            return a >= b
        raise ValueError("no such comparison")

    def walk(node):
        """The value of a part, the absence of a figure in its way, or a division by zero."""
        absent = first_absence(nothing(node))
        if absent:
            return absent
        try:
            return compute(node)
        except ZeroDivisionError:
            return Absent("not_applicable", "zero_denominator", True)

    def compute(node):
        """The value of a part whose figures are all there; what is not reached is not looked at."""
        if isinstance(node, ast.Constant):
            if isinstance(node.value, (str, bool)):
                return node.value
            return Fraction(
                ast.get_source_segment(source, node)
            )  # the digits as written, never a float
        if isinstance(node, ast.Name):
            value = lookup(node.id)
            if isinstance(value, Absent):
                raise ZeroDivisionError  # a threshold that divided
            return value
        if lenient(node):
            value = known_of(node)
            if isinstance(value, Absent):
                raise ZeroDivisionError
            return value
        if isinstance(node, ast.Call):
            return call(node.func.id, [compute(argument) for argument in node.args])
        if isinstance(node, ast.IfExp):
            return compute(node.body if compute(node.test) else node.orelse)
        if isinstance(node, ast.UnaryOp):
            value = compute(node.operand)
            if isinstance(node.op, ast.Not):
                return not value
            return -value if isinstance(node.op, ast.USub) else value
        if isinstance(node, ast.BoolOp):
            decide = all if isinstance(node.op, ast.And) else any
            return decide(compute(value) for value in node.values)
        if isinstance(node, ast.Compare):
            left = compute(node.left)
            for operator, part in zip(node.ops, node.comparators, strict=True):
                right = compute(part)
                if not compare(operator, left, right):
                    return False
                left = right
            return True
        if isinstance(node, ast.BinOp):
            a, b = compute(node.left), compute(node.right)
            if isinstance(node.op, ast.Add):
                return a + b
            if isinstance(node.op, ast.Sub):
                return a - b
            if isinstance(node.op, ast.Mult):
                return a * b
            if isinstance(node.op, ast.Div):
                return a / b
        raise ValueError(f"not in a formula: {ast.dump(node)}")

    source = "(" + text + ")"
    return walk(ast.parse(source, mode="eval").body)


def names_in(text):
    """The names that a formula reads, functions left out."""
    tree = ast.parse("(" + text + ")", mode="eval")
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and id(node) not in called
    }


# Bounds --------------------------------------------------------------------------------------------------------------


def within(bounds, value):
    """Does a value satisfy ``from``, ``above``, ``to``, ``below``?"""
    if "from" in bounds and not value >= exactly(bounds["from"]):
        return False
    if "above" in bounds and not value > exactly(bounds["above"]):
        return False
    if "to" in bounds and not value <= exactly(bounds["to"]):
        return False
    return not ("below" in bounds and not value < exactly(bounds["below"]))


# The oracle ----------------------------------------------------------------------------------------------------------


class Scoring:
    """One rule set, one submission, one day."""

    def __init__(self, document, submission, as_of):
        self.document = of_kind(document, submission.get("unit_kind"))
        self.submission = submission
        if as_of is None:
            as_of = submission.get("as_of")
        self.as_of = (
            end_of_period(submission["period"]) if as_of is None else as_date(as_of)
        )
        self.metrics = self.document.get("metric", {})
        self.groups = self.document["group"]
        self.rules = self.document["rule"]
        self.places = int(self.document.get("index", {}).get("places", 2))
        self.values = {}
        self.results = {}
        self.leaves = {}

    # What was reported

    def day_off(self, day):
        table = self.document.get("calendar", {})
        if day in table.get("extra_workdays", []):
            return False
        return (
            day.weekday() >= 5
            or day in VIETNAM_2023
            or day in table.get("extra_holidays", [])
        )

    def level(self, metric, text):
        """A level's first text, whichever language it is given in."""
        for level in metric["levels"]:
            texts = list(level.values()) if isinstance(level, dict) else [level]
            if text in texts:
                return level["vi"] if isinstance(level, dict) else level
        raise ValueError(f"no such level: {text}")

    def value(self, name):
        """A metric's value, or Absent."""
        if name not in self.values:
            self.values[name] = self.read(name)
        return self.values[name]

    def read(self, name):
        metric = self.metrics[name]
        if "table" in metric:
            row = self.row(metric["table"])
            if isinstance(row, Absent):
                return Absent(row.state, row.code)
            return self.level(metric, row["level"])
        value = (
            self.formula(metric["formula"])
            if "formula" in metric
            else self.submitted(name, metric)
        )
        if isinstance(value, Absent):
            return Absent(value.state, value.code)  # a figure to whoever reads it
        if "round" in metric:
            value = half_up(value, int(metric["round"]))
        return value

    def submitted(self, name, metric):
        if "from_period" in metric:
            return Fraction(months_of(self.submission["period"]))
        entry = self.submission.get("measurements", {}).get(name)
        if not isinstance(entry, dict):
            entry = {"value": entry}
        if "not_applicable" in entry:
            return Absent("not_applicable", "not_applicable")
        if "waived" in entry:
            if as_date(entry["waived"]["until"]) < self.as_of:
                return Absent("missing", "waiver_ended")
            return Absent("waived", "waived")
        if "never" in entry:
            return date.max  # later than every date
        if "items" in entry:
            return Fraction(len(set(entry["items"])))
        if "numerator" in entry:
            numerator, denominator = (
                exactly(entry["numerator"]),
                exactly(entry["denominator"]),
            )
            if denominator == 0:
                return Absent("not_applicable", "zero_denominator")
            return (100 if metric["type"] == "percent" else 1) * numerator / denominator
        value = entry["value"]
        if value is None:
            return Absent("missing", "not_reported")
        if metric["type"] == "date":
            return as_date(value)
        if metric["type"] == "level":
            return self.level(metric, value)
        return exactly(value)

    def formula(self, text, **own):
        return evaluate(
            text,
            lambda name: own[name] if name in own else self.value(name),
            self.day_off,
        )

    # One rule

    def weight(self, rule):
        return exactly(rule.get("weight", 0))

    def absent_block(self, rule):
        group = rule["group"]
        while group is not None:
            if group in self.submission.get("absent", {}):
                return True
            group = self.groups[group].get("parent")
        return False

    def threshold(self, rule):
        """The threshold's figure, or Absent."""
        threshold = rule.get("threshold")
        if isinstance(threshold, dict) and "metric" in threshold:
            return self.value(threshold["metric"])
        if isinstance(threshold, dict) and "formula" in threshold:
            return self.formula(threshold["formula"])
        if isinstance(threshold, list):
            return [self.literal(rule, item) for item in threshold]
        return self.literal(rule, threshold)

    def literal(self, rule, value):
        metric = self.metrics[rule["metric"]] if "metric" in rule else {}
        if isinstance(value, str) and metric.get("type") == "level":
            return self.level(metric, value)
        return exactly(value)

    def holds(self, rule, value, threshold):
        comparator = rule["comparator"]
        if comparator in (">=", "on_or_after"):
            return value >= threshold
        if comparator in (">", "after"):
            return value > threshold
        if comparator in ("<=", "on_or_before"):
            return value <= threshold
        if comparator in ("<", "before"):
            return value < threshold
        if comparator in ("==", "is"):
            return value == threshold
        if comparator == "!=":
            return value != threshold
        if comparator == "between":
            return within(threshold, value)
        if comparator == "one_of":
            return value in threshold
        if comparator == "better":
            return (
                value < threshold
                if self.better(rule["metric"]) == "lower"
                else value > threshold
            )
        raise ValueError(f"no such comparator: {comparator}")

    def better(self, name):
        metric = self.metrics[name]
        return metric.get(
            "better", "lower" if metric["type"] in ("rank", "date") else "higher"
        )

    def effect(self, rule, state, codes):
        if codes == {"zero_denominator"}:
            own = {**self.document.get("absence", {}), **rule.get("absence", {})}
            if "zero_denominator" in own:
                return own["zero_denominator"]
        if state == "missing":
            return rule.get("absence", {}).get(
                "missing", self.document.get("absence", {}).get("missing", "lost")
            )
        return rule.get("absence", {}).get(state) or self.document["absence"][state]

    def due(self, rule):
        if "due" in rule:
            return rule["due"]
        if rule.get("comparator") == "on_or_before" and isinstance(
            rule["threshold"], date
        ):
            return rule["threshold"]
        return None

    def given(self, name):
        entry = self.submission.get("points", {}).get(name)
        return None if entry is None else exactly(entry["points"])

    def absence(self, name, state, codes):
        """L4."""
        rule = self.rules[name]
        effect = self.effect(rule, state, codes)
        if effect == "manual" and self.weight(
            rule
        ):  # where no points are to be had, none are awaited
            points = self.given(name)
            if points is None:
                return self.result(name, "missing", {"points_awaited"}, Fraction(0))
            return self.result(name, state, codes, points, manual=True)
        if effect == "full":
            return self.result(name, state, codes, self.weight(rule))
        if isinstance(effect, dict):
            points = exactly(effect.get("points", 0))
            if "percent" in effect:
                points = self.weight(rule) * exactly(effect["percent"]) / 100
            return self.result(name, state, codes, points)
        if effect == "lost":
            return self.result(name, state, codes, Fraction(0))
        return self.result(name, state, codes, Fraction(0), out=effect)

    def result(
        self, name, state, codes, points, out=None, computed=False, manual=False
    ):
        return {
            "id": name,
            "state": state,
            "codes": set(codes),
            "points": points,
            "out": out,
            "claims": computed or manual,
        }

    def judge(self, name):
        if name not in self.results:
            self.results[name] = self.judged(name)
        return self.results[name]

    def judged(self, name):
        rule = self.rules[name]
        if self.absent_block(rule):  # L2 a
            return self.result(
                name, "not_applicable", {"block_absent"}, Fraction(0), out="exclude"
            )
        value = self.value(rule["metric"]) if "metric" in rule else None
        if isinstance(value, Absent) and value.state == "waived":  # L2 b
            return self.absence(name, "waived", {value.code})
        required = [self.required(asked) for asked in rule.get("requires", [])]
        if "not_met" in required or "partly_met" in required:  # L2 c
            return self.result(
                name,
                "not_met",
                {"gate_closed"},
                max(Fraction(0), exactly(rule.get("lowest", 0))),
            )
        deduction = rule["deduction"]
        settings = {"kind": deduction} if isinstance(deduction, str) else deduction
        threshold = self.threshold(rule)
        exempt = self.value(settings["exempt"]) if "exempt" in settings else Fraction(0)
        points = None
        figures = [value, threshold, exempt]
        if settings["kind"] == "formula":
            points = self.formula(
                settings["formula"],
                value=value,
                threshold=threshold,
                weight=self.weight(rule),
            )
            figures.append(points)
        if settings["kind"] == "table":
            points = self.decided(rule, settings)
            figures.append(points)
        absent = first_absence(
            [figure for figure in figures if isinstance(figure, Absent)]
        )
        due = self.due(rule)
        early = due is not None and self.as_of < due
        if absent:  # L2 d
            if absent.state == "missing" and early:
                return self.absence(name, "not_due", {"not_due"})
            return self.absence(name, absent.state, {absent.code})
        if "missing" in required:  # L2 e
            return self.absence(name, "missing", {"gate_unknown"})
        if settings["kind"] == "manual" and self.given(name) is None:
            if early:
                return self.absence(name, "not_due", {"not_due"})
            return self.absence(name, "missing", {"points_awaited"})
        if "exempt" in settings:
            value = value - exempt
        points, code = self.points(
            name, rule, settings, value, threshold, points
        )  # L2 f
        met = (
            self.holds(rule, value, threshold)
            if "comparator" in rule
            else points >= self.weight(rule)
        )  # L3
        if not met and early:  # L2 g
            return self.absence(name, "not_due", {"not_due"})
        if met:
            state = "met"
            if code in ("target_missed", "below_target", "units_off"):
                code = "target_met"
        else:
            state = "partly_met" if points > 0 else "not_met"
        return self.result(name, state, {code}, points, computed=True)

    def points(self, name, rule, settings, value, threshold, formula):
        weight, lowest = self.weight(rule), exactly(rule.get("lowest", 0))
        kind = settings["kind"]
        if kind == "none":
            return Fraction(0), "information"
        if kind == "manual":
            return self.given(name), "manual"
        if kind == "table":
            return formula, "tier"
        if kind == "formula":
            return min(weight, max(lowest, formula)), "formula"
        if kind == "all_or_nothing":
            return (
                weight if self.holds(rule, value, threshold) else lowest
            ), "target_missed"
        if kind == "proportional":
            if "floor" in settings:
                floor = exactly(settings["floor"])
                if (value < floor) if rule["comparator"] == ">=" else (value > floor):
                    return Fraction(0), "below_floor"
            start = exactly(settings.get("from", 0))
            if (
                threshold == start
            ):  # no way from start to target: the target alone decides
                return (
                    weight if self.holds(rule, value, threshold) else lowest
                ), "below_target"
            share = weight * (value - start) / (threshold - start)
            return min(weight, max(lowest, share)), "below_target"
        if kind == "per_unit":
            each = (
                exactly(settings["each"])
                if "each" in settings
                else weight * exactly(settings["percent"]) / 100
            )
            if rule["comparator"] == "on_or_before":
                off = Fraction((value - threshold).days)
            else:
                off = (
                    threshold - value
                    if rule["comparator"] == ">="
                    else value - threshold
                )
            units = max(Fraction(0), off / exactly(settings.get("step", 1)))
            if settings.get("units") == "started":
                units = Fraction(math.ceil(units))
            elif settings.get("units") == "whole":
                units = Fraction(math.floor(units))
            return max(lowest, weight - each * units), "units_off"
        if kind == "tiers":
            figure = (
                Fraction((value - threshold).days)
                if settings.get("of") == "days_late"
                else value
            )
            for tier in settings["tiers"]:
                if self.in_tier(rule, tier, figure):
                    base = None
                    if "points" in tier:
                        base = exactly(tier["points"])
                    if "percent" in tier:
                        base = weight * exactly(tier["percent"]) / 100
                    if "each" in tier:
                        low = exactly(tier["from"] if "from" in tier else tier["above"])
                        units = (figure - low) / exactly(tier.get("step", 1))
                        if tier.get("units") == "started":
                            units = Fraction(math.ceil(units))
                        elif tier.get("units") == "whole":
                            units = Fraction(math.floor(units))
                        base = base + exactly(tier["each"]) * units
                        base = min(weight, max(lowest, base))
                    if base is not None:
                        return base, "tier"
                    points = self.formula(
                        tier["formula"],
                        value=figure,
                        threshold=threshold,
                        weight=weight,
                    )
                    return min(weight, max(lowest, points)), "tier"
        if kind == "progressive":
            start = exactly(settings.get("from", 0))
            points = Fraction(0)
            for bracket in settings["brackets"]:
                end = exactly(bracket["to"]) if "to" in bracket else value
                points += exactly(bracket["each"]) * max(0, min(value, end) - start)
                start = end
            return min(weight, max(lowest, points)), "tier"
        raise ValueError(f"no points for {name}")

    def decided(self, rule, settings):
        """F3, F4: the points of the row that decides, or the absence that keeps rows open."""
        row = self.row(settings)
        if row is None or isinstance(row, Absent):
            return row
        if "points" in row:
            return exactly(row["points"])
        return self.weight(rule) * exactly(row["percent"]) / 100

    def row(self, settings):
        """F3: the row of a table that decides, or the absence that keeps rows open."""
        open_rows = []
        for row in settings["rows"]:
            verdicts = [
                self.asked(name, asked) for name, asked in row.get("when", {}).items()
            ]
            if False in verdicts:
                continue
            absences = [item for item in verdicts if isinstance(item, Absent)]
            if absences:
                open_rows += absences
                if settings.get("hit", "first") == "first":
                    break
                continue
            if row.get("otherwise") and open_rows:
                break
            return row
        return first_absence(open_rows)

    def asked(self, name, asked):
        """Whether a metric is as a row asks, or why its figure is not there."""
        value = self.value(name)
        if isinstance(value, Absent):
            return value
        if "is" in asked:
            items = asked["is"] if isinstance(asked["is"], list) else [asked["is"]]
            return value in [
                item if isinstance(item, bool | str) else exactly(item)
                for item in items
            ]
        return within(asked, value)

    def in_tier(self, rule, tier, figure):
        if tier.get("otherwise"):
            others = [
                other for other in self.tiers_of(rule) if not other.get("otherwise")
            ]
            return not any(self.in_tier(rule, other, figure) for other in others)
        if "is" in tier:
            items = tier["is"] if isinstance(tier["is"], list) else [tier["is"]]
            return figure in [self.literal(rule, item) for item in items]
        return within(tier, figure)

    def tiers_of(self, rule):
        return rule["deduction"]["tiers"]

    # Adding up

    def leaf(self, result):
        """A rule's shown figures; the same again for the same result."""
        known = (result["id"], result["points"], result["out"])
        if known not in self.leaves:
            self.leaves[known] = self.shown(*known)
        return self.leaves[known]

    def shown(self, name, points, out):
        maximum = self.weight(self.rules[name])
        earned = round_as(points, self.places, self.rules[name].get("rounding"))
        excluded = maximum if out else Fraction(0)
        return {
            "maximum": maximum,
            "earned": earned,
            "excluded": excluded,
            "lost": maximum - earned - excluded,
            "rescaled": maximum if out == "exclude" else Fraction(0),
        }

    def counted(self, results):
        """G4 to G6: what every rule brings to its group and takes from it, in points of the index."""
        found = {}
        for name in self.groups:
            inside = [
                result
                for result in results.values()
                if self.rules[result["id"]]["group"] == name
            ]
            if self.groups[name].get("combine") == "mean":
                rounding = self.groups[name].get("rounding")
                found |= self.in_mean(self.group(name, results), inside, rounding)
        for name in self.groups:
            if self.groups[name].get("kind", "base") != "base":
                found |= self.in_pool(name, results)
        for name in {self.outermost_cap(name) for name in self.groups} - {None}:
            found |= self.under_cap(name, results)
        for id_, result in results.items():
            if id_ not in found:
                own = self.leaf(result)
                parts = {key: own[key] for key in ("earned", "lost", "excluded")}
                found[id_] = {**parts, "beyond": Fraction(0), "loss": own["lost"]}
        return found

    def in_mean(self, total, inside, rounding=None):
        """G4. Of the ticks that are left when all parts are rounded down, the largest remainders
        have one each.
        """
        staying = [result for result in inside if result["out"] != "exclude"]
        if not any(self.weight(self.rules[result["id"]]) for result in staying):
            staying = inside
        whole = sum(
            (self.weight(self.rules[result["id"]]) for result in staying), Fraction(0)
        )
        exact = {}
        for result in inside:
            weight = self.weight(self.rules[result["id"]])
            if result not in staying:
                weight = Fraction(0)
            most = total["maximum"] * weight / whole if whole else Fraction(0)
            share = result["points"] / weight if weight else Fraction(0)
            out = most if result["out"] else Fraction(0)
            won = Fraction(0) if result["out"] else most * share
            exact[result["id"]] = {
                "earned": won,
                "lost": most - won - out,
                "excluded": out,
            }
        if rounding is not None:
            for key in ("earned", "lost"):
                sum_ = sum((row[key] for row in exact.values()), Fraction(0))
                for row in exact.values():
                    row[key] *= total[key] / sum_ if sum_ else 0
        parts = {
            key: self.spread(total[key], {id_: row[key] for id_, row in exact.items()})
            for key in ("earned", "lost", "excluded")
        }
        return {
            id_: {
                **{key: parts[key][id_] for key in parts},
                "beyond": Fraction(0),
                "loss": row["lost"],
            }
            for id_, row in exact.items()
        }

    def in_pool(self, name, results):
        """G5: the loss that counts is shared out by what each rule lost."""
        own = {
            id_: self.leaf(result)
            for id_, result in results.items()
            if self.top(self.rules[id_]["group"]) == name
        }
        lost = {id_: part["lost"] for id_, part in own.items()}
        whole = sum(lost.values(), Fraction(0))
        counts = min(whole, self.group(name, results)["lost"])
        effective = self.spread(
            counts,
            {
                id_: counts * part / whole if whole else Fraction(0)
                for id_, part in lost.items()
            },
        )
        return {
            id_: {
                "earned": part["earned"],
                "lost": effective[id_],
                "excluded": part["excluded"],
                "beyond": lost[id_] - effective[id_],
                "loss": effective[id_],
            }
            for id_, part in own.items()
        }

    def top(self, name):
        while "parent" in self.groups[name]:
            name = self.groups[name]["parent"]
        return name

    def spread(self, total, exact):
        tick = Fraction(1, 10**self.places)
        found = {id_: math.floor(part / tick) * tick for id_, part in exact.items()}
        while sum(found.values(), Fraction(0)) < total:
            id_ = max(sorted(exact), key=lambda one: exact[one] - found[one])
            found[id_] += tick
        for id_ in sorted(exact, reverse=True):
            if sum(found.values(), Fraction(0)) > total and found[id_] > 0:
                found[id_] -= tick
        return found

    def group(self, name, results):
        table = self.groups[name]
        inside = [
            result
            for result in results.values()
            if self.rules[result["id"]]["group"] == name
        ]
        if table.get("combine") == "mean":  # G2
            rounding = table.get("rounding")
            return self.mean(exactly(table["weight"]), inside, rounding)
        total = self.added(name, results)
        kind = table.get("kind", "base")
        if kind == "base" and "cap" in table:  # G7
            return self.within(exactly(table["cap"]), total)
        if kind == "base":  # G1
            return total
        cap = exactly(table["cap"])  # G3
        maximum = min(cap, total["maximum"])
        if kind == "bonus":
            earned = min(cap, total["earned"])
            lost = maximum - earned
        else:
            lost = min(cap, total["lost"])
            earned = maximum - lost
        nothing = Fraction(0)
        return {
            "maximum": maximum,
            "earned": earned,
            "lost": lost,
            "excluded": nothing,
            "rescaled": nothing,
        }

    def added(self, name, results):
        """What a group's rules and groups come to together."""
        children = [
            self.leaf(result)
            for result in results.values()
            if self.rules[result["id"]]["group"] == name
        ]
        children += [
            self.group(child, results)
            for child in self.groups
            if self.groups[child].get("parent") == name
        ]
        return {
            key: sum((child[key] for child in children if child[key]), Fraction(0))
            for key in ("maximum", "earned", "excluded", "lost", "rescaled")
        }

    def within(self, cap, total):
        """What a cap leaves of a base group: what can still be had, and what was had."""
        maximum = min(cap, total["maximum"])
        earned = min(cap, total["earned"])
        attainable = min(cap, total["maximum"] - total["excluded"])
        scale = min(cap, total["maximum"] - total["rescaled"])
        return {
            "maximum": maximum,
            "earned": earned,
            "lost": attainable - earned,
            "excluded": maximum - attainable,
            "rescaled": maximum - scale,
        }

    def up(self, name):
        """A group and those that it lies in."""
        while name is not None:
            yield name
            name = self.groups[name].get("parent")

    def outermost_cap(self, name):
        caps = [
            group
            for group in self.up(name)
            if "cap" in self.groups[group] and "kind" not in self.groups[group]
        ]
        return caps[-1] if caps else None

    def under_cap(self, name, results):
        """G7: every cap between a rule and the outermost one cuts by its own ratio."""
        own = {
            id_: self.leaf(result)
            for id_, result in results.items()
            if self.outermost_cap(self.rules[id_]["group"]) == name
        }
        kept = {}
        for key in ("lost", "excluded"):
            exact = {}
            for id_, part in own.items():
                exact[id_] = part[key]
                for group in self.up(self.rules[id_]["group"]):
                    if "cap" in self.groups[group]:
                        after = self.group(group, results)[key]
                        before = self.added(group, results)[key]
                        exact[id_] *= after / before if before else 0
            kept[key] = self.spread(self.group(name, results)[key], exact)
        return {
            id_: {
                "earned": part["earned"],
                "lost": kept["lost"][id_],
                "excluded": kept["excluded"][id_],
                "beyond": part["lost"]
                + part["excluded"]
                - kept["lost"][id_]
                - kept["excluded"][id_],
                "loss": kept["lost"][id_],
            }
            for id_, part in own.items()
        }

    def mean(self, weight, inside, rounding=None):
        counted = [result for result in inside if result["out"] is None]
        shown = [result for result in inside if result["out"] == "show"]

        def weights(results):
            return sum(
                (self.weight(self.rules[result["id"]]) for result in results),
                Fraction(0),
            )

        if not counted:
            rescaled = Fraction(0) if shown else weight
            return {
                "maximum": weight,
                "earned": Fraction(0),
                "lost": Fraction(0),
                "excluded": weight,
                "rescaled": rescaled,
            }
        whole = weights(counted) + weights(shown)
        points = sum((result["points"] for result in counted), Fraction(0))
        earned = round_as(weight * points / whole, self.places, rounding)
        excluded = half_up(weight * weights(shown) / whole, self.places)
        excluded = min(
            excluded, weight - earned
        )  # where both were ties, the tick goes to what was earned
        lost = weight - earned - excluded
        return {
            "maximum": weight,
            "earned": earned,
            "lost": lost,
            "excluded": excluded,
            "rescaled": Fraction(0),
        }

    def index(self, results):
        """I1 to I3."""
        table = self.document.get("index", {})
        scale = exactly(table.get("scale", 100))
        tops = {
            name: self.group(name, results)
            for name in self.groups
            if "parent" not in self.groups[name]
        }
        kinds = {name: self.groups[name].get("kind", "base") for name in tops}
        total = {
            key: sum(
                (tops[name][key] for name in tops if kinds[name] == "base"), Fraction(0)
            )
            for key in ("maximum", "earned", "excluded", "lost", "rescaled")
        }
        bonus = sum(
            (tops[name]["earned"] for name in tops if kinds[name] == "bonus"),
            Fraction(0),
        )
        penalty = sum(
            (tops[name]["lost"] for name in tops if kinds[name] == "penalty"),
            Fraction(0),
        )
        left = total["maximum"] - total["rescaled"]
        exact = total["earned"] * scale / left if left else Fraction(0)
        base = round_as(exact, self.places, table.get("rounding"))

        def held(figure):
            if not table.get("over_scale", False):
                figure = min(figure, scale)
            return (
                max(figure, exactly(table["lowest"])) if "lowest" in table else figure
            )

        return {
            **total,
            "base": base,
            "bonus": bonus,
            "penalty": penalty,
            "value": held(base + bonus - penalty) if left else None,
            "exact": held(exact + bonus - penalty) if left else None,
        }

    def parts(self):
        """I9: what each rule of the base is worth, as the file has it."""
        parts = {}
        for name, rule in self.rules.items():
            part, group = self.weight(rule), rule["group"]
            while group is not None:
                table = self.groups[group]
                if table.get("combine") == "mean":
                    whole = self.beneath(group)
                    part = part * exactly(table["weight"]) / whole if whole else 0
                elif "cap" in table:
                    whole = self.beneath(group)
                    part = part * self.most_of(group) / whole if whole else 0
                top, group = group, table.get("parent")
            if self.groups[top].get("kind", "base") == "base":
                parts[name] = part
        return parts

    def beneath(self, group):
        """What lies right below a group is worth together."""
        rules = [
            self.weight(rule) for rule in self.rules.values() if rule["group"] == group
        ]
        groups = [
            self.most_of(child)
            for child, table in self.groups.items()
            if table.get("parent") == group
        ]
        return sum([*rules, *groups], Fraction(0))

    def most_of(self, group):
        table = self.groups[group]
        if table.get("combine") == "mean":
            return exactly(table["weight"])
        whole = self.beneath(group)
        return min(whole, exactly(table["cap"])) if "cap" in table else whole

    def reached(self, results):
        """I9: how many percent of the points were reported; None where nothing is asked for."""
        if "least_coverage" not in self.document.get("index", {}):
            return None
        parts = self.parts()
        reported = sum(
            (
                part
                for name, part in parts.items()
                if results[name]["state"] in ("met", "partly_met", "not_met")
            ),
            Fraction(0),
        )
        waiting = sum(
            (
                part
                for name, part in parts.items()
                if results[name]["state"] in ("missing", "not_due")
            ),
            Fraction(0),
        )
        asked = reported + waiting
        return 100 * reported / asked if asked else Fraction(100)

    def open_at(self, results, end):
        """I4."""
        changed = {}
        for name, result in results.items():
            if result["state"] in ("missing", "not_due"):
                rule = self.rules[name]
                points = (
                    self.weight(rule)
                    if end == "highest"
                    else exactly(rule.get("lowest", 0))
                )
                if rule["deduction"] == "none":
                    points = Fraction(0)
                result = {**result, "points": points, "out": None}
            changed[name] = result
        return self.index(changed)["value"]

    def documents(self, name):
        """The evidence under every submitted metric that a rule read."""
        documents = []
        for metric in inputs_of(self.document, self.rules[name]):
            entry = self.submission.get("measurements", {}).get(metric)
            if isinstance(entry, dict):
                documents += entry.get("evidence", [])
        return documents

    def proves(self, document):
        window = self.document.get("window")
        if window is None or isinstance(document, str) or document.get("date") is None:
            return True
        day = as_date(document["date"])
        return window.get("from", day) <= day <= window.get("until", day)

    def unsupported(self, result):
        """I6."""
        rule = self.rules[result["id"]]
        earned = result["points"]
        if self.groups[rule["group"]].get("combine") != "mean":
            earned = round_as(earned, self.places, rule.get("rounding"))
        if not rule.get("evidence_required") or not result["claims"] or not earned > 0:
            return False
        return not any(
            self.proves(document) for document in self.documents(result["id"])
        )

    def required(self, asked):
        """L2: the state that a required rule has for the one behind it."""
        if not isinstance(asked, dict):
            return self.judge(asked)["state"]
        result = self.judge(asked["rule"])
        if result["state"] not in ("met", "partly_met", "not_met"):
            return result["state"]
        return "met" if self.rule_stands(asked, result) else "not_met"

    def stands(self, need, results):
        """N1 to N3: whether a condition is there, or asks for nothing that this unit could have."""
        if "metric" in need:
            value = self.value(need["metric"])
            if isinstance(value, Absent):
                return value.state != "missing"
            if "is" not in need:
                return within(need, value)
            allowed = need["is"] if isinstance(need["is"], list) else [need["is"]]
            return any(
                value == (exactly(one) if isinstance(value, Fraction) else one)
                for one in allowed
            )
        if "rule" in need:
            return self.rule_stands(need, results[need["rule"]])
        if "each_rule_of" in need:
            return all(
                self.rule_stands(need, results[name])
                for name, rule in self.rules.items()
                if need["each_rule_of"] in self.groups_above(rule["group"])
                and self.weight(rule) > 0
            )
        total = self.group(need["group"], results)
        counting = total["maximum"] - total["excluded"]
        return counting == 0 or within(need, 100 * total["earned"] / counting)

    def groups_above(self, name):
        while name is not None:
            yield name
            name = self.groups[name].get("parent")

    def rule_stands(self, need, result):
        if result["state"] not in ("met", "partly_met", "not_met"):
            return result["state"] in NOT_IN_THE_WAY
        if "from" not in need and "above" not in need:
            return result["state"] == "met"
        weight = self.weight(self.rules[result["id"]])
        return within(need, 100 * result["points"] / weight)

    def band(self, index, results):
        """I5: the band, and the band before the gates."""
        bands = self.document.get("band", [])
        if not bands or index["value"] is None:
            return None, None
        read = (
            index["value"]
            if self.document.get("bands", {}).get("reads", "exact") == "rounded"
            else index["exact"]
        )

        def bottom(band):
            edges = [edge for edge in ("from", "above") if edge in band]
            return (bool(edges), exactly(band[edges[0]]) if edges else 0)

        ordered = sorted(bands, key=bottom)
        names = [band["id"] for band in ordered]
        inside = [number for number, band in enumerate(ordered) if within(band, read)]
        # Nothing lies outside the ladder but what is below all of it or above all of it.
        place = inside[0] if inside else (0 if read < 0 else len(ordered) - 1)
        before = place
        lowered = 0
        for gate in self.document.get("band_gate", []):
            needs = gate.get("needs", [{"rule": gate.get("rule")}])
            if not all(self.stands(need, results) for need in needs):
                if "at_most" in gate:
                    place = min(place, names.index(gate["at_most"]))
                lowered += gate.get("lower_by", 0)
        place = max(place - lowered, 0)
        return names[place], names[before]

    def all(self):
        results = {name: self.judge(name) for name in self.rules}
        index = self.index(results)
        reached = self.reached(results)
        too_little = reached is not None and reached < exactly(
            self.document["index"]["least_coverage"]
        )
        if too_little:
            index |= {"value": None, "exact": None}
        unsupported = {
            name for name, result in results.items() if self.unsupported(result)
        }
        supported = {
            name: {**result, "points": Fraction(0)} if name in unsupported else result
            for name, result in results.items()
        }
        index["lowest"] = self.open_at(results, "lowest")
        index["highest"] = self.open_at(results, "highest")
        index["claimed"] = index["value"]
        index["supported"] = None if too_little else self.index(supported)["value"]
        index["coverage"] = reached
        band, ungated = self.band(index, results)
        counted = self.counted(results)
        return {
            "rules": {
                name: {
                    **self.leaf(result),
                    **counted[name],
                    "maximum": sum(
                        (
                            counted[name][key]
                            for key in ("earned", "lost", "excluded", "beyond")
                        ),
                        Fraction(0),
                    ),
                    "weight": self.weight(self.rules[name]),
                    "state": result["state"],
                    "exact": result["points"],
                    "reason": min(result["codes"]),
                    "reasons": result["codes"],
                    "out": result["out"],
                }
                for name, result in results.items()
            },
            "groups": {name: self.group(name, results) for name in self.groups},
            "index": index,
            "band": band,
            "ungated": ungated,
            "unsupported": unsupported,
            "targets": {
                target["id"]: (
                    "comparator" not in target
                    or self.holds(target, index["exact"], exactly(target["threshold"]))
                )
                and all(self.stands(need, results) for need in target.get("needs", []))
                if index["exact"] is not None
                else None
                for target in self.document.get("target", [])
            },
        }


def required_ids(rule):
    """The ids of the rules that a rule requires, whatever it asks of them."""
    return [
        asked["rule"] if isinstance(asked, dict) else asked
        for asked in rule.get("requires", [])
    ]


def submitted_under(document, name):
    """The submitted metrics under a metric, itself if it is one."""
    metric = document["metric"][name]
    if "table" in metric:
        names = {
            other for row in metric["table"]["rows"] for other in row.get("when", {})
        }
        return set().union(*(submitted_under(document, other) for other in names))
    if "formula" not in metric:
        return {name}
    return set().union(
        *(submitted_under(document, other) for other in names_in(metric["formula"]))
    )


def inputs_of(document, rule):
    """The submitted metrics that a rule reads, directly or through formulas."""
    names = set()
    if "metric" in rule:
        names.add(rule["metric"])
    threshold = rule.get("threshold")
    if isinstance(threshold, dict):
        if "metric" in threshold:
            names.add(threshold["metric"])
        if "formula" in threshold:
            names |= names_in(threshold["formula"])
    deduction = rule["deduction"]
    if isinstance(deduction, dict):
        if "exempt" in deduction:
            names.add(deduction["exempt"])
        for row in deduction.get("rows", []):
            names |= {*row.get("when", {})}
        for part in [deduction, *deduction.get("tiers", [])]:
            if "formula" in part:
                names |= names_in(part["formula"])
    names -= {"value", "threshold", "weight"}
    return set().union(*(submitted_under(document, name) for name in names))


def oracle(rules_document, submission, as_of=None):
    """Every figure, state and reason of a scoring, as Fractions."""
    return Scoring(rules_document, submission, as_of).all()
