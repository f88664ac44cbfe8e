"""Spark's adaptor without Spark: what it declares, what a partition gives, what is refused before anything runs."""

import pickle
from datetime import date
from types import SimpleNamespace

import polars as pl
import pyarrow as pa
import pytest
from drawn_tables import drawn_plan
from packaged_rules import packaged

from cchc_rules import SubmissionError, load_rules, score_table
from cchc_rules.tables import spark
from cchc_rules.tables.result_columns import ROW, Wanted
from cchc_rules.tables.spark import Task, gathered, score_frame


class Frame:
    """What the adaptor asks of a Spark table: its columns, and to run something over its partitions."""

    def __init__(self, dtypes, parts=()):
        self.dtypes, self.parts = dtypes, parts
        self.columns = [name for name, _ in dtypes]

    def toDF(self, *names):
        assert not any("." in name for name in names), (
            "Spark takes them for fields of a structure"
        )
        return self

    def mapInArrow(self, task, ddl):
        self.ddl = ddl
        self.batches = [
            batch
            for part in self.parts
            for batch in pickle.loads(pickle.dumps(task))(iter(part))
        ]
        return SimpleNamespace(
            where=lambda test: SimpleNamespace(drop=lambda name: (test, name)),
            selectExpr=lambda *a: a,
        )


def task(rules, **changes):
    return Task(
        pickle.dumps(rules), None, Wanted(), (), spark.version("cchc-rules")
    )._replace(**changes)


def batches(frame, size):
    return [
        frame.slice(at, size).to_arrow().combine_chunks().to_batches()[0]
        for at in range(0, frame.height, size)
    ]


@pytest.mark.wide
def test_partitions_give_what_the_whole_table_gives():
    rules, table = drawn_plan(600)
    wanted = score_table(rules, table)
    parts = batches(table.with_row_index("id", offset=1), 70)
    frame = Frame(
        [("id", "bigint"), *((name, "string") for name in table.columns)],
        [parts[:2], parts[2:]],
    )
    score_frame(rules, frame, row="id")
    whole = pl.DataFrame(pa.Table.from_batches(frame.batches))
    results = whole.filter(pl.col("errors").is_null()).drop("errors").sort(ROW)
    assert results.height + wanted.errors[ROW].n_unique() == 600
    texts = wanted.results.with_columns(pl.col(pl.Enum).cast(pl.String))
    assert results.select(texts.columns).equals(texts)
    errors = (
        whole.filter(pl.col("errors").is_not_null())
        .select(ROW, "unit", "errors")
        .explode("errors")
        .unnest("errors")
    )
    assert errors.sort(ROW, maintain_order=True).equals(wanted.errors)


@pytest.mark.parametrize(
    "numbers", [[1, 2, 3], [7, 7, 7], [3, 7, 3], [None, None, None], [5, None, 5]]
)
def test_no_row_is_taken_for_another(numbers):
    """Whatever the numbers are, as many rows come out as went in, refused ones with their own errors."""
    rules = packaged("cam-due-2023")
    table = pl.DataFrame(
        {
            "id": pl.Series(numbers, dtype=pl.Int64),
            "unit": ["A", "B", "C"],
            "period": ["2023", "2022", "2021"],
            "on_time.numerator": [95, 1, 1],
            "on_time.denominator": [100, 1, 1],
        }
    )
    frame = Frame(
        [("id", "bigint"), *((name, "string") for name in table.columns[1:])],
        [batches(table, 3)],
    )
    score_frame(rules, frame, row="id")
    whole = pl.DataFrame(pa.Table.from_batches(frame.batches)).sort("unit")
    assert whole[ROW].to_list() == numbers
    assert [
        errors and [one["code"] for one in errors]
        for errors in whole["errors"].to_list()
    ] == [
        None,
        ["other-period"],
        ["other-period"],
    ]


def test_columns_are_declared_as_spark_names_them():
    rules, table = drawn_plan(1)
    frame = Frame([("id", "int"), *((name, "string") for name in table.columns)])
    found = score_frame(
        rules,
        frame,
        row="id",
        results=("index", "exact", "band", "rule.state"),
        as_of=date(2023, 12, 1),
    )
    declared = frame.ddl.split(", ")
    assert declared[:4] == [
        "`row` bigint",
        "`unit` string",
        "`district` string",
        "`unit_kind` string",
    ]
    assert "`index` decimal(18,2)" in declared
    assert "`index.numerator` bigint" in declared
    assert "`rule.on-time.state` string" in declared
    assert (
        declared[-1] == "errors array<struct<column:string,code:string,words:string>>"
    )
    assert found.results == ("errors is null", "errors")
    assert found.errors == ("row", "unit", "inline(errors)")


def test_batches_are_gathered_until_they_are_enough():
    frame = pl.DataFrame({"a": range(10)})
    assert [part.height for part in gathered(batches(frame, 2), 4)] == [4, 4, 2]
    assert [part.height for part in gathered(batches(frame, 5), 4)] == [5, 5]
    assert [*gathered([])] == []


def test_rules_are_made_once_in_a_process():
    one, other = (task(load_rules("cam-due-2023")) for _ in range(2))
    assert one == other
    assert spark.scorer_of(one) is spark.scorer_of(other)


@pytest.mark.parametrize(
    ("columns", "row", "code", "path"),
    [
        ({"unit": "string", "period": "string"}, "id", "no-row-column", ("id",)),
        ({"id": "string", "unit": "string"}, "id", "no-row-column", ("id",)),
        (
            {"id": "bigint", "unit": "string", "ontime": "int"},
            "id",
            "unknown-column",
            ("ontime",),
        ),
    ],
)
def test_what_is_wrong_is_said_before_anything_runs(columns, row, code, path):
    with pytest.raises(SubmissionError) as refused:
        score_frame(packaged("cam-due-2023"), Frame([*columns.items()]), row=row)
    assert [(one.code, one.path) for one in refused.value.problems] == [(code, path)]


def test_results_that_there_are_not():
    with pytest.raises(ValueError, match="no such results: indx"):
        score_frame(
            packaged("cam-due-2023"),
            Frame([("id", "bigint")]),
            row="id",
            results=("indx",),
        )


def test_a_worker_of_another_version_is_refused():
    with pytest.raises(SubmissionError) as refused:
        next(task(packaged("cam-due-2023"), version="0.0.1").scored(iter([])))
    assert refused.value.problems[0].code == "worker-version"
    assert "0.0.1" in refused.value.problems[0].text("en")
