"""Measure, as ratios in one run: `python benchmarks/run.py [--quick] [--write] [--check] [name …]`.

Names: scoring, mapping, growth, pages, process. `--write` puts the tables into docs/explanation/performance.md,
`--check` ends with 1 where a target is missed.
"""

import json
import os
import statistics
import subprocess
import sys
import time
import tracemalloc
from decimal import Decimal
from pathlib import Path

import engines
import measuring
import reference
from measuring import MISSED, target, write
from plan_table import ROWS

from cchc_rules import load_measurements, load_rules, parse_rules, score
from cchc_rules.base.state import Absent, State
from cchc_rules.render import render
from cchc_rules.scoring.compiled_rules import compile_rules
from cchc_rules.submissions.binding import figures_of

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "cam-due-2023.json"
QUICK = "--quick" in sys.argv


def interleaved(subjects, rounds=7):
    return measuring.interleaved(subjects, 3 if QUICK else rounds)


def example():
    rules = load_rules("cam-due-2023")
    raw = json.loads(EXAMPLE.read_text(encoding="utf-8"), parse_float=Decimal)
    return rules, raw, load_measurements(raw, rules)


def agreed(rules, measurements):
    """Return the reference and its figures, after holding every figure it gives against the engine's."""
    plan = compile_rules(rules)
    bound = plan.figures(figures_of(measurements, rules, measurements.judged_at))
    kinds = {
        State.MISSING: None,
        State.NOT_APPLICABLE: reference.GONE,
        State.WAIVED: reference.WAIVED,
    }
    figures = [
        kinds[figure.state] if isinstance(figure, Absent) else figure
        for figure in bound
    ]
    run, day = (
        reference.compile_rules(plan.positions),
        measurements.judged_at.toordinal(),
    )
    records, _, _, index = run(figures, day)
    report = score(rules, measurements)
    for record, rule in zip(records, report.rules, strict=True):
        theirs = (
            record.rule,
            record.state,
            record.earned,
            record.lost,
            record.excluded,
        )
        ours = (
            rule.id,
            str(rule.state),
            *(int(100 * points) for points in (rule.earned, rule.lost, rule.excluded)),
        )
        assert theirs == ours, (theirs, ours)
    assert Decimal(index) / 100 == report.index.value
    return lambda: run(figures, day)


def plain_values(measurements, rules):
    """Return each figure as one float, as engines without ratios want it; none for an absence."""
    plan = compile_rules(rules)
    bound = plan.figures(figures_of(measurements, rules, measurements.judged_at))
    return {
        name: None if isinstance(figure, Absent) else figure[0] / figure[1]
        for name, figure in zip(plan.metrics, bound, strict=True)
    }


def closeness(points, report):
    """Hold an engine's points against ours where the rule was computed; binary floats may miss a rounding."""
    off = 0
    for row, rule in zip(ROWS, report.rules, strict=True):
        if rule.state in ("met", "partly_met", "not_met"):
            got = float(
                points[row[0]] if row[0] in points else points[row[0].replace("-", "_")]
            )
            off += abs(got - float(100 * rule.earned)) > 0.5000001
    assert off == 0, off


def variants(raw, rules, count=20):
    """Return submissions that differ in their ranks and shares, so that nothing is scored twice running."""
    found = []
    for at in range(count):
        changed = dict(raw["measurements"])
        changed |= {
            name: 2 + (at + len(name)) % 9
            for name in changed
            if name.endswith("_rank_before")
        }
        changed["on_time"] = {"numerator": 2758 + at, "denominator": 2791}
        found.append(load_measurements({**raw, "measurements": changed}, rules))
    return found


def each(run, items):
    """Return what runs once over all items."""

    def over_all():
        for item in items:
            run(item)

    return over_all


def scoring():
    rules, raw, _ = example()
    units = variants(raw, rules)
    by_hand = [agreed(rules, unit) for unit in units]
    values = [
        {k: v for k, v in plain_values(unit, rules).items() if v is not None}
        for unit in units
    ]
    exact = [engines.exact_values(known) for known in values]
    simple, decimal = engines.with_simpleeval(), engines.with_rule_engine()
    for unit, known, decimals in zip(units, values, exact, strict=True):
        closeness(simple(known), score(rules, unit))
        closeness(decimal(decimals), score(rules, unit))
    times = interleaved(
        {
            "reference by hand": each(lambda run: run(), by_hand),
            "cchc-rules": each(lambda unit: score(rules, unit), units),
            "simpleeval, cached trees (floats)": each(simple, values),
            "rule-engine (decimals)": each(decimal, exact),
        }
    )
    times = {name: seconds / len(units) for name, seconds in times.items()}
    ours = times["cchc-rules"]
    aim = target("scoring against the reference", ours / times["reference by hand"], 3)
    lines = [
        "| scoring figures already read | a rule | times ours | target |",
        "|---|---|---|---|",
    ]
    for name, seconds in times.items():
        note = (
            f"ours is {ours / seconds:.1f} × this, {aim}"
            if name == "reference by hand"
            else ""
        )
        lines.append(
            f"| {name} | {1e6 * seconds / len(ROWS):.2f} µs | {seconds / ours:.2f} | {note} |"
        )
    return lines


def zen_mapping(raw):
    """Return the submission as zen can take it: binary floats, dates as day numbers, levels by position."""
    from datetime import date  # noqa: PLC0415

    figures = {}
    for name, entry in raw["measurements"].items():
        given = dict(entry) if isinstance(entry, dict) else {"value": entry}
        value = given.get("value")
        if isinstance(value, str):
            given["value"] = (
                date.fromisoformat(value).toordinal() if value[:2] == "20" else 0
            )
        if isinstance(value, bool):
            given["value"] = int(value)
        if "items" in given:
            given["value"] = len(given["items"])
        if value is not None and "denominator" not in given:
            given |= {"numerator": given["value"], "denominator": 100}
        figures[name] = NOTHING | {
            key: float(v) if isinstance(v, Decimal) else v for key, v in given.items()
        }
    for row in ROWS:
        figures.setdefault(row[3], NOTHING)
        figures.setdefault(f"{row[3]}_before", NOTHING)
    return figures


NOTHING = {"value": None, "numerator": 0, "denominator": 0}


def mapping():
    rules, raw, _ = example()
    zen = engines.with_zen(raw)
    figures = zen_mapping(raw)
    report = score(rules, load_measurements(raw, rules))
    closeness(zen(figures)["result"], report)
    times = interleaved(
        {
            "cchc-rules: read, check, score": lambda: (
                score(rules, load_measurements(raw, rules)).index
            ),
            "zen-engine: decision graph with trace": lambda: zen(figures),
            "cchc-rules: the same, and the whole document in words": lambda: score(
                rules, load_measurements(raw, rules)
            ).to_dict(),
        }
    )
    ours, theirs = (
        times["cchc-rules: read, check, score"],
        times["zen-engine: decision graph with trace"],
    )
    aim = target("from a mapping against zen-engine", ours / theirs, 1)
    lines = [
        "| from the submission's mapping | a submission | times ours | target |",
        "|---|---|---|---|",
    ]
    for name, seconds in times.items():
        note = (
            f"ours is {ours / seconds:.2f} × this, {aim}" if seconds == theirs else ""
        )
        lines.append(
            f"| {name} | {1e6 * seconds:.0f} µs | {seconds / ours:.2f} | {note} |"
        )
    return lines


HEAD = """format = 1
[ruleset]
id = "grown"
version = "1"
title = "Grown"
valid = { from = 2023-01-01, until = 2023-12-31 }
[absence]
not_applicable = "exclude"
"""
METRICS = (
    'type = "percent"\nratio = { numerator = "a", denominator = "b" }',
    'type = "yes_no"',
    'type = "count"\nbetter = "lower"',
    'type = "percent"',
)
RULES = (
    'comparator = ">="\nthreshold = 90\ndeduction = "proportional"',
    'comparator = "is"\nthreshold = true\ndeduction = "all_or_nothing"',
    'comparator = "<="\nthreshold = 0\ndeduction = { kind = "per_unit", each = 0.1 }',
    'deduction = { kind = "tiers", tiers = [ { from = 90, points = 1 }, { from = 50, below = 90, points = 0.5 }, '
    "{ below = 50, points = 0 } ] }",
)
FIGURES = ({"numerator": 47, "denominator": 61}, True, 3, Decimal("71.25"))


def grown(count):
    """Return a rule set of so many rules of four kinds, ten to a group, and a submission for it."""
    parts = [HEAD] + [
        f'[group.g{at}]\ntitle = "G"\n' for at in range(max(1, count // 10))
    ]
    for at in range(count):
        parts.append(f'[metric.m{at}]\ntitle = "M"\n{METRICS[at % 4]}\n')
        parts.append(
            f'[rule.r{at}]\ngroup = "g{min(at // 10, max(1, count // 10) - 1)}"\ntitle = "R"\nsource = ["{at}"]\n'
            f'metric = "m{at}"\nweight = 1\n{RULES[at % 4]}\n'
        )
    figures = {f"m{at}": FIGURES[at % 4] for at in range(count)}
    return "".join(parts), {
        "format": 1,
        "ruleset": "grown",
        "unit": "U",
        "period": "2023",
        "measurements": figures,
    }


def growth():
    sizes = (10, 100, 1000) if QUICK else (10, 100, 1000, 10_000)
    lines = [
        "| rules | load | read and check | score | memory of a report |",
        "|---|---|---|---|---|",
    ]
    costs = {}
    for count in sizes:
        text, raw = grown(count)
        rules = parse_rules(text)
        measurements = load_measurements(raw, rules)
        score(rules, measurements)
        times = interleaved(
            {
                "load": lambda text=text: parse_rules(text),
                "read": lambda raw=raw, rules=rules: load_measurements(raw, rules),
                "score": lambda rules=rules, measurements=measurements: score(
                    rules, measurements
                ),
            },
            rounds=3,
        )
        tracemalloc.start()
        kept = score(rules, measurements)
        memory = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        del kept
        costs[count] = [1e6 * seconds / count for seconds in times.values()] + [
            memory / count
        ]
        cells = [f"{cost:.2f} µs" for cost in costs[count][:3]] + [
            f"{costs[count][3]:.0f} B"
        ]
        lines.append(f"| {count:,} | {' | '.join(cells)} |")
    worst = max(
        big / middle for big, middle in zip(costs[sizes[-1]], costs[100], strict=True)
    )
    target("cost of a rule, the largest rule set against 100 rules", worst, 2.5)
    return [
        *lines,
        "",
        "Costs are for one rule; they stay level, so the whole grows with the number of rules.",
    ]


def pages():
    """The page of documents that grow: for each rule it must cost the same, in time and in bytes."""
    documents = {}
    for count in (100, 1000, 2000):
        text, raw = grown(count)
        rules = parse_rules(text)
        documents[count] = score(rules, load_measurements(raw, rules)).to_dict()
    times = interleaved(
        {count: lambda at=at: render(at, "html") for count, at in documents.items()},
        rounds=3,
    )
    lines = [
        "| rules | page | times that of 100 | for a rule | bytes for a rule | target |",
        "|---|---|---|---|---|---|",
    ]
    for count, seconds in times.items():
        ratio, size = (
            seconds / times[100],
            len(render(documents[count], "html").encode()) // count,
        )
        aim = (
            ""
            if count == 100
            else target(f"page of {count} rules", ratio, count / 100 * 1.5)
        )
        cells = [
            f"{count:,}",
            f"{1e3 * seconds:.0f} ms",
            f"{ratio:.2f}",
            f"{1e6 * seconds / count:.0f} µs",
            size,
            aim,
        ]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return lines


BASELINE = "import pydantic, simpleeval, tomli\nclass Model(pydantic.BaseModel):\n    a: int\nModel(a=1)\n"


def process():
    commands = {
        "imports pydantic (one model), simpleeval, tomli": [
            sys.executable,
            "-c",
            BASELINE,
        ],
        "python -m cchc_rules score": [
            sys.executable,
            "-m",
            "cchc_rules",
            "score",
            str(EXAMPLE),
        ],
    }
    times = {name: [] for name in commands}
    compiled_once = {
        key: value
        for key, value in os.environ.items()
        if key != "PYTHONDONTWRITEBYTECODE"
    }
    for turn in range(6 if QUICK else 21):
        for name, command in commands.items():
            started = time.perf_counter()
            subprocess.run(
                command, check=True, stdout=subprocess.DEVNULL, env=compiled_once
            )
            if turn:
                times[name].append(time.perf_counter() - started)
    base, ours = (statistics.median(found) for found in times.values())
    aim = target("the whole process against its libraries' imports", ours / base, 2)
    lines = [
        "| whole process | median | best | ratio of medians | target |",
        "|---|---|---|---|---|",
    ]
    for name, found in times.items():
        middle = statistics.median(found)
        aimed = aim if found is times["python -m cchc_rules score"] else ""
        lines.append(
            f"| {name} | {1e3 * middle:.0f} ms | {1e3 * min(found):.0f} ms | {middle / base:.2f} | {aimed} |"
        )
    return lines


MEASURES = {
    "scoring": scoring,
    "mapping": mapping,
    "growth": growth,
    "pages": pages,
    "process": process,
}


def main():
    names = [name for name in sys.argv[1:] if not name.startswith("-")] or list(
        MEASURES
    )
    tables = []
    for name in names:
        print(f"measuring {name} …", file=sys.stderr)
        tables.append("\n".join(MEASURES[name]()))
    text = "\n\n".join(tables)
    print(text)
    if "--write" in sys.argv:
        write("figures", text)
    for line in MISSED:
        print(f"missed: {line}", file=sys.stderr)
    return 1 if MISSED and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
