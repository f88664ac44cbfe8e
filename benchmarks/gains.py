"""Measure what winning points back costs: `python benchmarks/gains.py [--quick]`.

Rule sets of 100, 1,000 and 4,000 rules, all of which lose points, in one group and in groups of twenty: the document
with and without what would win points back, and the fewest rules to mend. Costs are for one rule; they must stay level.
"""

import sys
import time
from unittest import mock

from cchc_rules import load_measurements, parse_rules, plan_to, score
from cchc_rules.scoring.gains import Gains

SIZES = (100, 400) if "--quick" in sys.argv else (100, 1000, 4000)

HEAD = """
format = 1
ruleset = { id = "many", version = "1", title = "Many", valid = { from = 2023-01-01, until = 2023-12-31 } }
absence = { not_applicable = "exclude" }
"""
SHAPES = [
    'comparator = ">="\nthreshold = 95\ndeduction = "proportional"',
    'comparator = ">="\nthreshold = 95\ndeduction = "all_or_nothing"',
    'comparator = ">="\nthreshold = 95\ndeduction = { kind = "per_unit", each = 0.01 }',
    'deduction = { kind = "tiers", tiers = [{ from = 95, points = 1 }, { from = 50, below = 95, points = 0.5 }, '
    "{ below = 50, points = 0 }] }",
]


def rule_set(size, together):
    text = [HEAD]
    for group in range(1 if together else size // 20):
        text.append(f'[group.g{group}]\ntitle = "Group {group}"')
    for at in range(size):
        text.append(
            f'[metric.m{at}]\ntitle = "Share {at}"\ntype = "percent"\n'
            'ratio = { numerator = "dossiers", denominator = "all" }\n'
            f'[rule.r{at}]\ngroup = "g{0 if together else at // 20}"\ntitle = "Rule {at}"\nsource = ["{at}"]\n'
            f'metric = "m{at}"\nweight = 1\n{SHAPES[at % len(SHAPES)]}'
        )
    return parse_rules("\n".join(text))


def submission(size):
    measurements = {
        f"m{at}": {"numerator": 400 + at % 300, "denominator": 1000 + at % 7}
        for at in range(size)
    }
    return {
        "format": 1,
        "ruleset": "many",
        "unit": "Unit",
        "period": "2023",
        "measurements": measurements,
    }


def seconds(run, rounds=3):
    best = float("inf")
    for _ in range(rounds):
        started = time.process_time()
        run()
        best = min(best, time.process_time() - started)
    return best


def main():
    print(
        "| rules | groups | document without gains | with gains | ratio | fewest rules to mend |"
    )
    print("|---|---|---|---|---|---|")
    for together in (False, True):
        for size in SIZES:
            rules = rule_set(size, together)
            measurements = load_measurements(submission(size), rules)
            report = score(rules, measurements)
            assert len(report.losses) == size
            with mock.patch.object(Gains, "of", return_value=()):
                bare = seconds(report.to_dict)
            full = seconds(report.to_dict)
            plan = seconds(
                lambda rules=rules, given=measurements: plan_to(rules, given, index=90),
                1,
            )
            costs = (f"{1e6 * cost / size:.0f} µs" for cost in (bare, full))
            groups = "one" if together else "of 20"
            print(
                f"| {size:,} | {groups} | {' | '.join(costs)} | {full / bare:.2f} | {1e6 * plan / size:.0f} µs |"
            )


main()
