"""Measure tables, as ratios in one run: `python benchmarks/tables.py [--quick] [--write] [--check] [name …]`.

Names: columns, engines, weightings, growth, files. `--write` puts the tables into docs/explanation/performance.md,
`--check` ends with 1 where a target is missed. All of it takes ten minutes, and some gigabytes of disk for a while.
"""

import os
import subprocess
import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path

import by_hand_c
import by_hand_polars
import engines
import in_floats
import numpy as np
import polars as pl
import pyarrow.parquet as pq
import run
import table_data
from measuring import MISSED, interleaved, target, write
from plan_table import ROWS

from cchc_rules import (
    load_measurements,
    load_rules,
    score,
    score_table,
    score_weightings,
)
from cchc_rules.tables.score_files import Files, score_file
from cchc_rules.tables.score_table import Scorer
from cchc_rules.tables.submission_columns import layout

ROOT = Path(__file__).parents[1]
QUICK = "--quick" in sys.argv
MILLION = 100_000 if QUICK else 1_000_000
ROUNDS = 3 if QUICK else 7
LOST = ("index", "rule.lost")


def plan():
    """Return the rules of the plan, and the words of the one metric that has levels."""
    rules = load_rules(table_data.RULES)
    return rules, [level.vi for level in rules.metrics["structure_arranged"].levels]


def agree(ours, theirs, name):
    for column in theirs.columns:
        assert ours[column].equals(theirs[column].cast(pl.Int64)), f"{name}: {column}"


def ns(seconds, rows):
    return f"{1e9 * seconds / rows / len(ROWS):.1f} ns"


def columns():
    """A million rows in memory: the index and the points lost for each rule."""
    rules, levels = plan()
    frame = table_data.table(MILLION)
    subjects = {
        "cchc-rules": lambda: (
            score_table(rules, frame, results=LOST, decimals=False).results
        )
    }
    ours = subjects["cchc-rules"]()
    by_polars = by_hand_polars.program(levels)
    agree(ours, by_polars(frame), "Polars by hand")
    subjects["Polars by hand, 64-bit integers"] = lambda: by_polars(frame)
    arrays = by_hand_c.Arrays(frame, levels)
    for name, options in (
        ("C by hand, -O3", ["-O3"]),
        ("C by hand, -O3 -march=native", ["-O3", "-march=native"]),
    ):
        compiled = by_hand_c.library(*options)
        arrays.score(compiled)
        agree(ours, arrays.results(), name)
        subjects[name] = lambda compiled=compiled: arrays.score(compiled)
    figures = in_floats.figures(frame, levels)
    wrong = {}
    for name, (made, index) in FLOATS.items():
        subjects[name] = made(figures)
        wrong[name] = in_floats.off(index(subjects[name]()), ours["index"])
    times = interleaved(subjects, rounds=ROUNDS)
    return [
        f"| {MILLION:,} rows in memory: index, points lost for each rule | a rule | ours is | target | wrong indices |",
        "|---|---|---|---|---|",
        *(
            compared(name, seconds, times["cchc-rules"], wrong.get(name, 0))
            for name, seconds in times.items()
        ),
    ]


FLOATS = {
    "NumPy, floats": (in_floats.with_numpy, lambda found: found[0]),
    "pandas, floats": (in_floats.with_pandas, lambda found: found["index"]),
    "DuckDB, floats": (
        in_floats.with_duckdb,
        lambda found: found.column("index").to_numpy(),
    ),
    "OpenFisca, floats": (in_floats.with_openfisca, lambda found: found),
}
MOST = {"Polars by hand, 64-bit integers": 2, "C by hand, -O3": 4} | dict.fromkeys(
    FLOATS, 1
)


def compared(name, seconds, ours, wrong):
    ratio = ours / seconds
    aim = target(f"columns against {name}", ratio, MOST[name]) if name in MOST else ""
    cells = (
        name,
        ns(seconds, MILLION),
        "" if name == "cchc-rules" else f"{ratio:.2f} × this",
        aim,
        f"{wrong:,}",
    )
    return f"| {' | '.join(cells)} |"


def rivals():
    """The engine by itself and general rules engines, from submissions as mappings."""
    rules, _ = plan()
    frame, few = table_data.table(MILLION), 100
    ranks = [
        name for row in ROWS if row[4] == "rank" for name in (row[3], row[5])
    ]  # the others want them all
    chosen = frame.head(few * 10).drop_nulls(ranks).head(few)
    submissions = [
        layout(rules).submission(row) for row in chosen.iter_rows(named=True)
    ]
    raw = [{**one, "measurements": plain(one["measurements"])} for one in submissions]
    zen = engines.with_zen(raw[0])
    mappings = [run.zen_mapping(one) for one in raw]
    values = [
        run.plain_values(load_measurements(one, rules), rules) for one in submissions
    ]
    exact = [
        engines.exact_values({k: v for k, v in found.items() if v is not None})
        for found in values
    ]
    by_rule = engines.with_rule_engine()
    times = interleaved(
        {
            "cchc-rules, in columns": lambda: score_table(
                rules, frame, results=LOST, decimals=False
            ),
            "cchc-rules, one by one: read, check, score": run.each(
                lambda one: score(rules, load_measurements(one, rules)).index,
                submissions,
            ),
            "zen-engine: decision graph with trace": run.each(zen, mappings),
            "rule-engine: figures already read, points alone": run.each(by_rule, exact),
        },
        rounds=3,
    )
    each = {
        name: seconds / (MILLION if "columns" in name else few)
        for name, seconds in times.items()
    }
    ours, alone = (
        each.pop("cchc-rules, in columns"),
        each["cchc-rules, one by one: read, check, score"],
    )
    fastest = min(seconds for name, seconds in each.items() if "engine" in name)
    lines = [
        "| one by one | a rule | times ours in columns | target |",
        "|---|---|---|---|",
    ]
    for name, seconds in each.items():
        least = {alone: 100, fastest: 300}.get(seconds, 0)
        if seconds / ours < least:
            MISSED.append(
                f"columns against {name}: {seconds / ours:.0f} times, wanted at least {least}"
            )
        aim = f"at least {least}" if least else ""
        lines.append(
            f"| {name} | {1e6 * seconds / len(ROWS):.2f} µs | {seconds / ours:,.0f} | {aim} |"
        )
    return lines


def plain(measurements):
    """Return measurements with days as texts, as a JSON file has them."""
    return {
        name: {"value": str(one["value"])} if hasattr(one.get("value"), "year") else one
        for name, one in measurements.items()
    }


def weightings():
    """Ten thousand weightings of the example, of every rule, against tables of units."""
    rules, _ = plan()
    many, frame = 10_000, table_data.table(MILLION)
    report = score(
        rules, load_measurements(ROOT / "examples" / "cam-due-2023.json", rules)
    )
    dice = np.random.default_rng(1)
    table = pl.DataFrame(
        {f"rule.{row[0]}": dice.integers(1, 500, many) for row in ROWS}
    )
    areas = pl.DataFrame(
        {
            f"group.{area}": dice.integers(1, 20, many)
            for area in dict.fromkeys(row[1] for row in ROWS)
        }
    )
    few = frame.head(many)
    times = interleaved(
        {
            "a million units": lambda: score_table(
                rules, frame, results=LOST, decimals=False
            ),
            "10,000 units": lambda: score_table(
                rules, few, results=LOST, decimals=False
            ),
            "10,000 weightings of all rules": lambda: score_weightings(
                report, table, results=LOST, decimals=False
            ),
            "10,000 weightings of the areas, index": lambda: score_weightings(
                report, areas, results=("index",)
            ),
        },
        rounds=ROUNDS,
    )
    rows = {name: MILLION if "million" in name else many for name in times}
    each = {name: seconds / rows[name] for name, seconds in times.items()}
    base = each["10,000 units"]
    lines = [
        "| many weightings of one submission | a row | against 10,000 units | target |",
        "|---|---|---|---|",
    ]
    for name, seconds in each.items():
        aim = (
            target(f"weightings against units: {name}", seconds / base, 1)
            if "weightings" in name
            else ""
        )
        lines.append(
            f"| {name} | {1e6 * seconds:.2f} µs | {seconds / base:.2f} | {aim} |"
        )
    return lines


# Files


def made(path, rows, part=100_000):
    """Write a drawn table of so many rows, part by part."""
    writer = None
    for seed, start in enumerate(range(0, rows, part)):
        arrow = table_data.table(min(part, rows - start), seed).to_arrow()
        writer = writer or pq.ParquetWriter(path, arrow.schema, compression="zstd")
        writer.write_table(arrow)
    writer.close()
    return path


def child(*words):
    """Run a part of this file in a process of its own; return its seconds by the clock and by processors, its peak."""
    shown = subprocess.run(
        [sys.executable, __file__, "child", *map(str, words)],
        check=True,
        capture_output=True,
        text=True,
    )
    seconds, busy, peak = map(Decimal, shown.stdout.split()[-3:])
    return float(seconds), float(busy), float(peak)


def peak():
    """Return the most memory that this process has had, in megabytes; what `getrusage` says may be its parent's."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return (
        int(
            next(
                line for line in status.splitlines() if line.startswith("VmHWM")
            ).split()[1]
        )
        / 1024
    )


def score_child(source, output):
    files = Files(Path(source), Path(output), Path(output).with_suffix(".errors.csv"))
    tally = score_file(Scorer(load_rules(table_data.RULES)), files)
    assert tally.refused == tally.alone == 0


def copy_child(source, results):
    """Read both files whole, and write the results again."""
    pl.read_parquet(source)
    pl.read_parquet(results).write_parquet(
        Path(results).with_suffix(".again"), compression="zstd"
    )


CHILDREN = {"score": score_child, "copy": copy_child}


def growth():
    """From Parquet to Parquet in a process of its own, ten times as many rows."""
    lines = [
        "| Parquet to Parquet, all results | a row | peak memory | against fewer | target |",
        "|---|---|---|---|---|",
    ]
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for rows in (MILLION, 10 * MILLION):
            source = made(Path(folder) / f"{rows}.parquet", rows)
            seconds, _, peak = child("score", source, Path(folder) / "out.parquet")
            found[rows] = (seconds / rows, peak)
            slower, larger = (
                now / first
                for now, first in zip(found[rows], found[MILLION], strict=True)
            )
            times, memory = (
                target("time a row", slower, 1.2),
                target("memory", larger, 1.5),
            )
            lines.append(
                f"| {rows:,} rows | {1e6 * seconds / rows:.1f} µs | {peak:,.0f} MB "
                f"| time a row {slower:.2f}, memory {larger:.2f} | {times}, {memory} |"
            )
    return lines


def files():
    """From Parquet to Parquet, against Polars reading the same table and results and writing the results."""
    found = {"score": [], "copy": []}
    with tempfile.TemporaryDirectory() as folder:
        source, output = (
            made(Path(folder) / "in.parquet", MILLION),
            Path(folder) / "out.parquet",
        )
        for _ in range(3):
            found["score"].append(child("score", source, output))
            found["copy"].append(child("copy", source, output))
        sizes = [path.stat().st_size / 1e6 for path in (source, output)]
    best = {
        name: [min(part) for part in zip(*times, strict=True)]
        for name, times in found.items()
    }
    ratios = [
        ours / theirs for ours, theirs in zip(best["score"], best["copy"], strict=True)
    ][:2]
    aim = target("files against reading and writing", ratios[0], 3)
    lines = [
        f"| {MILLION:,} rows, {sizes[0]:.0f} MB to {sizes[1]:.0f} MB of Parquet | clock | processors | target |",
        "|---|---|---|---|",
    ]
    names = {
        "score": "cchc-rules: all results, the rules loaded too",
        "copy": "Polars: read both files, write the results",
    }
    lines += [
        f"| {names[name]} | {clock:.1f} s | {busy:.1f} s | |"
        for name, (clock, busy, _) in best.items()
    ]
    return [*lines, f"| ours is | {ratios[0]:.2f} × | {ratios[1]:.2f} × | {aim} |"]


MEASURES = {
    "columns": columns,
    "engines": rivals,
    "weightings": weightings,
    "growth": growth,
    "files": files,
}


def main():
    if sys.argv[1:2] == ["child"]:
        started, busy = time.perf_counter(), time.process_time()
        CHILDREN[sys.argv[2]](*sys.argv[3:])
        print(time.perf_counter() - started, time.process_time() - busy, peak())
        return 0
    names = [name for name in sys.argv[1:] if not name.startswith("-")] or list(
        MEASURES
    )
    tables = []
    for name in names:
        print(f"measuring {name} …", file=sys.stderr)
        tables.append("\n".join(MEASURES[name]()))
        print(tables[-1], end="\n\n", flush=True)
    if "--write" in sys.argv:
        write("tables", f"{os.cpu_count()} cores.\n\n" + "\n\n".join(tables))
    for line in MISSED:
        print(f"missed: {line}", file=sys.stderr)
    return 1 if MISSED and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
