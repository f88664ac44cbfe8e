"""Decision tables: what `check` says of them is what trying every figure shows."""

import random
from itertools import product

import pytest

from cchc_rules import parse_rules
from cchc_rules.base.problem import RulesError

HEAD = """format = 1

[ruleset]
id = "tiny"
version = "1"
title = "A tiny rule set"
valid = {{ from = 2023-01-01, until = 2023-12-31 }}

[metric.count]
title = "Cases"
type = "count"
most = 6

[metric.flag]
title = "Urged"
type = "yes_no"
better = "{better}"

[group.work]
title = "Work"

[rule.tasks]
group = "work"
title = "Tasks"
source = ["1"]
metric = "count"
weight = 3
deduction = {{ kind = "table", hit = "{hit}", rows = [
{rows}] }}
"""

BOUNDS = {
    "from": lambda value, edge: value >= edge,
    "above": lambda value, edge: value > edge,
    "to": lambda value, edge: value <= edge,
    "below": lambda value, edge: value < edge,
}


def drawn_row(rng):
    """A row: bounds on the count, a flag, both, or whatever is left."""
    bounds, flag = {}, None
    if rng.random() < 0.8:
        low, high = sorted(rng.sample(range(7), 2))
        bounds = {rng.choice(("from", "above")): low}
        if rng.random() < 0.5:
            bounds[rng.choice(("to", "below"))] = high + 1
    if rng.random() < 0.4:
        flag = rng.random() < 0.5
    return bounds, flag, rng.randrange(4)


def text_of(row):
    bounds, flag, points = row
    asked = []
    if bounds:
        edges = ", ".join(f"{key} = {edge}" for key, edge in bounds.items())
        asked.append(f"count = {{ {edges} }}")
    if flag is not None:
        asked.append(f"flag = {{ is = {str(flag).lower()} }}")
    if not asked:
        return f"  {{ otherwise = true, points = {points} }},"
    return f"  {{ when = {{ {', '.join(asked)} }}, points = {points} }},"


def holds(row, count, flag):
    bounds, wanted, _ = row
    return (wanted is None or wanted is flag) and all(
        BOUNDS[key](count, edge) for key, edge in bounds.items()
    )


def faults(rows, hit, better):
    """The codes of all faults, found by trying every count with and without the flag."""
    cases = [*product(range(7), (True, False))]
    hits = {
        case: [n for n, row in enumerate(rows) if holds(row, *case)] for case in cases
    }
    codes = set()
    if not all(hits.values()):
        codes.add("rows-gap")
    asking = [n for n, row in enumerate(rows) if row[0] or row[1] is not None]
    if hit == "one" and any(len({*found} & {*asking}) > 1 for found in hits.values()):
        codes.add("rows-overlap")
    if {found[0] for found in hits.values() if found} != {*range(len(rows))}:
        codes.add("row-unreachable")
    worth = {case: rows[found[0]][2] for case, found in hits.items() if found}
    pairs = [((n, flag), (n + 1, flag)) for n in range(6) for flag in (True, False)]
    if better == "higher":
        pairs += [((n, False), (n, True)) for n in range(7)]
    if any(
        worse in worth and good in worth and worth[good] < worth[worse]
        for worse, good in pairs
    ):
        codes.add("rows-fall")
    return codes


@pytest.mark.parametrize("seed", range(150))
def test_faults_are_those_that_trying_every_figure_shows(seed):
    rng = random.Random(seed)
    rows = [drawn_row(rng) for _ in range(rng.randrange(1, 6))]
    hit = rng.choice(("first", "one"))
    better = rng.choice(("higher", "neither"))
    lines = "".join(f"{text_of(row)}\n" for row in rows)
    try:
        parse_rules(HEAD.format(better=better, hit=hit, rows=lines))
        told = set()
    except RulesError as error:
        told = {problem.code for problem in error.problems}
    told.discard("metric-unused")
    assert told == faults(rows, hit, better)
