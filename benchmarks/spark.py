"""What a billion rows would cost, from what a million do: `python benchmarks/spark.py [--quick] [--write]`.

Scores a drawn table from Parquet to Parquet, by the command's own reader and in a local Spark session of two cores.
`--write` puts the figures, and what follows for a billion rows, into docs/explanation/performance.md. Needs the
extra `spark` and Java 17.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

import polars as pl
import table_data
from measuring import write
from tables import MILLION, child, made

from cchc_rules import load_rules

BILLION = 1_000_000_000
CORES = 64
FILE = 1_000_000
FILES = 8


def in_spark(source, output):
    """Return the seconds of a Spark job, by the clock, its session being open and its workers warm."""
    from pyspark.sql import SparkSession  # noqa: PLC0415

    from cchc_rules.tables.spark import score_frame  # noqa: PLC0415

    os.environ["PYSPARK_PYTHON"] = sys.executable
    made = SparkSession.builder.master("local[2]").config("spark.driver.memory", "4g")
    session = made.config("spark.ui.enabled", "false").getOrCreate()
    table = session.read.parquet(str(source)).selectExpr(
        "monotonically_increasing_id() as id", "*"
    )
    whole = score_frame(load_rules(table_data.RULES), table, row="id").whole
    whole.limit(1).collect()
    started = time.perf_counter()
    whole.write.mode("overwrite").parquet(str(output))
    seconds = time.perf_counter() - started
    session.stop()
    return seconds


def files_in_spark(source, folder):
    """Return the seconds of the same session sharing files out, each scored by columns."""
    from pyspark.sql import SparkSession  # noqa: PLC0415

    from cchc_rules.tables.spark_files import score_files  # noqa: PLC0415

    rows = pl.read_parquet(source)
    part = rows.height // FILES
    sources = [folder / f"part-{number}.parquet" for number in range(FILES)]
    for number, path in enumerate(sources):
        rows.slice(number * part, part).write_parquet(path)
    os.environ["PYSPARK_PYTHON"] = sys.executable
    made = SparkSession.builder.master("local[2]").config("spark.driver.memory", "4g")
    session = made.config("spark.ui.enabled", "false").getOrCreate()
    rules = load_rules(table_data.RULES)
    score_files(session, rules, sources[:1], folder / "warm")
    started = time.perf_counter()
    score_files(session, rules, sources, folder / "scored")
    seconds = time.perf_counter() - started
    session.stop()
    return seconds


def measured():
    with tempfile.TemporaryDirectory() as folder:
        source, output = (
            made(Path(folder) / "in.parquet", MILLION),
            Path(folder) / "out.parquet",
        )
        clock, busy, _ = child("score", source, output)
        sizes = [path.stat().st_size / MILLION for path in (source, output)]
        files = files_in_spark(source, Path(folder))
        spark = in_spark(source, Path(folder) / "spark")
    return {
        "clock": clock / MILLION,
        "busy": busy / MILLION,
        "spark": spark / MILLION,
        "files": files / MILLION,
        "in": sizes[0],
        "out": sizes[1],
    }


def lines(found):
    """Return the figures and what follows from them, each with its arithmetic."""
    hours = found["busy"] * BILLION / 3600
    wide = found["files"] * 2 * BILLION / 3600
    ratio = found["files"] / found["clock"]
    return [
        "| measured, all results of the plan | |",
        "|---|---|",
        f"| a row, one machine of two cores, Parquet to Parquet | {1e6 * found['clock']:.1f} µs by the clock |",
        f"| the same, of the processors | {1e6 * found['busy']:.1f} µs |",
        f"| a row, local Spark with two cores, `score_files` | {1e6 * found['files']:.1f} µs by the clock, "
        f"{ratio:.1f} × one machine |",
        f"| a row, local Spark with two cores, `score_frame` | {1e6 * found['spark']:.1f} µs by the clock |",
        f"| a row in Parquet, zstd | {found['in']:.0f} bytes in, {found['out']:.0f} bytes out |",
        "",
        "| a billion rows, on paper | | by |",
        "|---|---|---|",
        f"| one machine of two cores | {found['clock'] * BILLION / 3600:.1f} hours | clock × 10⁹ |",
        f"| work, as the command does it | {hours:.1f} core-hours | processors × 10⁹ |",
        f"| work, in Spark, by files | {wide:.1f} core-hours | Spark's clock × 2 cores × 10⁹ |",
        f"| {CORES} cores in Spark, if none waits | {60 * wide / CORES:.0f} minutes | core-hours / {CORES} |",
        f"| read | {found['in'] * BILLION / 1e9:,.0f} GB | bytes in × 10⁹ |",
        f"| written | {found['out'] * BILLION / 1e9:,.0f} GB | bytes out × 10⁹ |",
        f"| files of {FILE:,} rows | {BILLION // FILE:,} | {found['in'] * FILE / 1e6:.0f} MB each in, "
        f"{found['out'] * FILE / 1e6:.0f} MB out |",
    ]


def main():
    text = "\n".join(lines(measured()))
    print(text)
    if "--write" in sys.argv:
        write("billion", text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
