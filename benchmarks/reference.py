"""The reference: the plan's rules by hand, as plain integer closures that fill slotted records. No generality at all.

Figures come as they do to the engine: a pair of integers for a metric, `None` when it is missing, `GONE` when it does
not apply, `WAIVED` when it is waived. Points are hundredths.
"""

from plan_table import ROWS

GONE, WAIVED = "gone", "waived"
LATE_STEP = 30


class Record:
    """What became of one rule."""

    __slots__ = (
        "earned",
        "excluded",
        "lost",
        "maximum",
        "reason",
        "rule",
        "state",
        "value",
    )

    def __init__(self, rule, state, reason, earned, lost, excluded, maximum, value):
        self.rule, self.state, self.reason, self.value = rule, state, reason, value
        self.earned, self.lost, self.excluded, self.maximum = (
            earned,
            lost,
            excluded,
            maximum,
        )


def half_up(n, d):
    return (2 * n + d) // (2 * d)


def share(weight, target):
    def points(v):
        n, d = v
        if n >= target * d:
            return "met", "target_met", weight
        earned = half_up(weight * n, target * d)
        return ("partly_met" if n else "not_met"), "below_target", earned

    return points


def whole(weight, test):
    def points(v):
        return (
            ("met", "target_met", weight)
            if test(v)
            else ("not_met", "target_missed", 0)
        )

    return points


def fewer(weight, target):
    def points(v):
        short = target - v[0]
        if short <= 0:
            return "met", "target_met", weight
        hundredths = max(weight * (100 - 20 * short), 0)
        return (
            ("partly_met" if hundredths else "not_met"),
            "units_off",
            half_up(hundredths, 100),
        )

    return points


def late_months(weight, target):
    def points(v):
        late = v[0] - target
        if late <= 0:
            return "met", "target_met", weight
        quarters = max(4 + late // -LATE_STEP, 0)
        return (
            ("partly_met" if quarters else "not_met"),
            "units_off",
            half_up(weight * quarters, 4),
        )

    return points


def late_tiers(weight, target):
    def points(v):
        late = v[0] - target
        if late <= 0:
            return "met", "tier", weight
        return (
            ("partly_met", "tier", half_up(weight, 2))
            if late <= 15
            else ("not_met", "tier", 0)
        )

    return points


def level(weight, _):
    outcomes = (
        ("met", "tier", weight),
        ("partly_met", "tier", half_up(weight, 2)),
        ("not_met", "tier", 0),
    )
    return lambda v: outcomes[v[0]]


def revenue(weight, target):
    def points(v):
        n, d = v
        if n > target * d:
            return "met", "tier", weight
        return (
            ("partly_met", "tier", half_up(weight, 2))
            if n >= 95 * d
            else ("not_met", "tier", 0)
        )

    return points


KINDS = {
    "share": share,
    "yes": lambda weight, _: whole(weight, lambda v: v[0] == 1),
    "count": lambda weight, target: whole(weight, lambda v: v[0] >= target * v[1]),
    "fewer": fewer,
    "late_months": late_months,
    "late_tiers": late_tiers,
    "level": level,
    "revenue": revenue,
}


def judge_of(row, positions):
    """Return the function from (figures, day) to a rule's record."""
    rule, _, _, metric, kind, target, weight, due = row
    at, lost_if_gone, kind = positions[metric], kind.endswith("!"), kind.rstrip("!")
    if kind == "rank":
        return rank_of(rule, at, positions[target], weight, due)
    points = KINDS[kind](weight, target)

    def judge(figures, day):
        v = figures[at]
        if v.__class__ is not tuple:
            return absent(rule, v, weight, lost_if_gone, day < due)
        state, reason, earned = points(v)
        if day < due and state != "met":
            return Record(rule, "not_due", "not_due", 0, 0, weight, weight, v)
        return Record(rule, state, reason, earned, weight - earned, 0, weight, v)

    return judge


def rank_of(rule, at, before, weight, due):
    def judge(figures, day):
        v, last = figures[at], figures[before]
        if v.__class__ is not tuple or last.__class__ is not tuple:
            gone = v if v is None or last is not None else last
            return absent(
                rule,
                gone if gone.__class__ is not tuple else last,
                weight,
                False,
                day < due,
            )
        met = v[0] <= max(last[0] - 1, 1)
        if day < due and not met:
            return Record(rule, "not_due", "not_due", 0, 0, weight, weight, v)
        if met:
            return Record(rule, "met", "target_met", weight, 0, 0, weight, v)
        return Record(rule, "not_met", "target_missed", 0, weight, 0, weight, v)

    return judge


def absent(rule, why, weight, lost_if_gone, early):
    if why is None and early:
        return Record(rule, "not_due", "not_due", 0, 0, weight, weight, None)
    if why is None:
        return Record(rule, "missing", "not_reported", 0, weight, 0, weight, None)
    if why is GONE and lost_if_gone:
        return Record(
            rule, "not_applicable", "not_applicable", 0, weight, 0, weight, None
        )
    state = "waived" if why is WAIVED else "not_applicable"
    return Record(rule, state, state, 0, 0, weight, weight, None)


def compiled(positions):
    """Return the function that scores figures on a day: records, groups, the index in hundredths."""
    judges = [judge_of(row, positions) for row in ROWS]
    tops = {top: at for at, top in enumerate(dict.fromkeys(row[1] for row in ROWS))}
    nested = {
        inner: at for at, inner in enumerate(dict.fromkeys(row[2] for row in ROWS))
    }
    places = [(tops[row[1]], nested[row[2]]) for row in ROWS]

    def run(figures, day):
        records = [judge(figures, day) for judge in judges]
        areas = [[0, 0, 0, 0] for _ in tops]
        groups = [[0, 0, 0, 0] for _ in nested]
        for record, (top, inner) in zip(records, places, strict=True):
            for total in (areas[top], groups[inner]):
                total[0] += record.earned
                total[1] += record.lost
                total[2] += record.excluded
                total[3] += record.maximum
        earned, excluded, maximum = (sum(area[k] for area in areas) for k in (0, 2, 3))
        left = maximum - excluded
        return records, areas, groups, half_up(earned * 10000, left) if left else 0

    return run
