"""A real Spark session on this machine: the same scores as on one machine, wherever the partitions are cut.

Needs pyspark and Java 17; without ``CCHC_SPARK=1`` it is skipped where they are not.
"""

import os
import re
import shutil
import sys
from pathlib import Path

import polars as pl
import pytest
from drawn_tables import drawn_plan

from cchc_rules import SubmissionError, load_rules, score_table
from cchc_rules.base.output_files import OutputError, OutputIsInputError
from cchc_rules.tables.result_columns import ROW

if os.environ.get("CCHC_SPARK") != "1" and shutil.which("java") is None:
    pytest.skip("no Java here", allow_module_level=True)
sql = (
    pytest.importorskip("pyspark.sql")
    if os.environ.get("CCHC_SPARK") != "1"
    else __import__("pyspark.sql").sql
)
pytestmark = [
    pytest.mark.wide,
    pytest.mark.untraced,
    pytest.mark.filterwarnings("ignore"),
]

STORY = Path(__file__).parents[2] / "docs" / "how-to" / "score-with-spark.md"
ROWS = 200_000


@pytest.fixture(scope="module")
def session():
    os.environ["PYSPARK_PYTHON"] = sys.executable
    made = (
        sql.SparkSession.builder.master("local[2]")
        .config("spark.driver.memory", "2g")
        .config("spark.ui.enabled", "false")
    )
    opened = made.config("spark.sql.shuffle.partitions", "5").getOrCreate()
    yield opened
    opened.stop()


@pytest.fixture(scope="module")
def table():
    """Rows of the plan, one in fifty drawn with cells that are wrong."""
    _, good = drawn_plan(ROWS // 100 * 98 // 100, seed=1, wrong=0)
    rules, bad = drawn_plan(ROWS // 100 * 2 // 100, seed=2)
    some = pl.concat([good, bad])
    whole = pl.concat(
        [some.sample(fraction=1, shuffle=True, seed=seed) for seed in range(100)]
    )
    return rules, whole.with_columns(
        unit="Xã " + pl.int_range(pl.len()).cast(pl.String)
    )


def read(frame, path):
    frame.write.mode("overwrite").parquet(str(path))
    return pl.read_parquet(path / "*.parquet").sort(ROW)


def test_the_same_scores_in_partitions(session, table, tmp_path):
    from cchc_rules.tables.spark import score_frame  # noqa: PLC0415 - where there is Spark

    rules, whole = table
    whole.with_row_index("id", offset=1).cast({"id": pl.Int64}).write_parquet(
        tmp_path / "table.parquet"
    )
    given = session.read.parquet(str(tmp_path / "table.parquet")).repartition(5)
    scores = score_frame(rules, given, row="id")
    found = read(scores.whole, tmp_path / "whole")
    wanted = score_table(rules, whole)
    results = found.filter(pl.col("errors").is_null()).drop("errors")
    texts = wanted.results.with_columns(pl.col(pl.Enum).cast(pl.String))
    assert results.select(texts.columns).equals(texts)
    assert results.height + found.filter(pl.col("errors").is_not_null()).height == ROWS
    assert wanted.errors[ROW].n_unique() > ROWS // 100, "bad rows are among them"
    errors = read(scores.errors.where("row % 7 = 0"), tmp_path / "errors").sort(
        ROW, "column", "code"
    )
    sevenths = wanted.errors.filter(pl.col(ROW) % 7 == 0).sort(ROW, "column", "code")
    assert errors.equals(sevenths)


def test_files_shared_out_give_what_each_gives_alone(session, table, tmp_path):
    from cchc_rules.tables.spark_files import score_files  # noqa: PLC0415 - where there is Spark

    rules, whole = table
    sources = [tmp_path / f"part-{number}.parquet" for number in range(3)]
    parts = [whole.slice(number * 3_000, 3_000) for number in range(3)]
    for source, part in zip(sources, parts, strict=True):
        part.write_parquet(source)
    scored = score_files(session, rules, sources, tmp_path / "scored")
    assert [file.source for file in scored] == sources
    for file, part in zip(scored, parts, strict=True):
        wanted = score_table(rules, part)
        texts = wanted.results.with_columns(pl.col(pl.Enum).cast(pl.String))
        found = pl.read_parquet(file.output)
        found = found.with_columns(pl.col(pl.Enum, pl.Categorical).cast(pl.String))
        assert found.select(texts.columns).equals(texts)
        assert (file.read, file.scored) == (3_000, wanted.results.height)
        assert file.refused == wanted.errors[ROW].n_unique()
        refused = pl.read_csv(file.errors, infer_schema=False)
        assert refused["code"].to_list() == wanted.errors["code"].to_list()


def test_files_that_cannot_be_scored(session, tmp_path):
    """A table that is none is told, the others are scored; nothing that is read is written over."""
    from cchc_rules.tables.spark_files import score_files  # noqa: PLC0415 - where there is Spark

    rules = load_rules("cam-due-2023")
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text("unit,period\nXã Một,2023\n", encoding="utf-8")
    bad.write_text("unit,period,nothing_known\nXã Hai,2023,1\n", encoding="utf-8")
    with pytest.raises(SubmissionError) as raised:
        score_files(session, rules, [bad, good], tmp_path / "scored")
    assert {problem.code for problem in raised.value.problems} == {"unknown-column"}
    assert pl.read_parquet(tmp_path / "scored" / "good.parquet").height == 1
    assert not (tmp_path / "scored" / "bad.parquet").exists()
    assert score_files(session, rules, [], tmp_path / "scored") == []
    (tmp_path / "a").mkdir()
    with pytest.raises(OutputError, match="good"):
        score_files(session, rules, [good, tmp_path / "a" / "good.csv"], tmp_path / "b")
    parquet = tmp_path / "own.parquet"
    pl.DataFrame({"unit": ["Xã Một"], "period": ["2023"]}).write_parquet(parquet)
    with pytest.raises(OutputIsInputError):
        score_files(session, rules, [parquet], tmp_path)
    assert pl.read_parquet(parquet).columns == ["unit", "period"]


def test_the_story(session, tmp_path, monkeypatch):
    """The page shows what happens."""
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(
        r"```python\n(.*?)```", STORY.read_text(encoding="utf-8"), re.DOTALL
    )
    printed = []
    for block in blocks:
        exec(
            block,
            {
                "spark": session,
                "print": lambda *words: printed.append(" ".join(map(str, words))),
            },
        )
    assert printed == [
        line
        for block in blocks
        for line in re.findall(r"^#> (.*)$", block, re.MULTILINE)
    ]
