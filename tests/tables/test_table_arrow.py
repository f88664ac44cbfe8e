"""The same table from everything that gives Arrow data: the same scores, and what was a float is named."""

from decimal import Decimal

import polars as pl
import pytest
from drawn_tables import drawn_plan

from cchc_rules import score_table

FORMS = {
    "pandas": lambda table: table.to_pandas(use_pyarrow_extension_array=True),
    "pandas, as it comes": lambda table: without_whole_numbers(table).to_pandas(),
    "pyarrow": lambda table: table.to_arrow(),
    "DuckDB": lambda table: pytest.importorskip("duckdb").from_arrow(table.to_arrow()),
    "a lazy table": lambda table: table.lazy(),
    "dictionaries": lambda table: table.with_columns(
        pl.col("unit", "period").cast(pl.Categorical)
    ).to_arrow(),
    "decimals": lambda table: table.with_columns(
        pl.col(pl.Int64).cast(pl.Decimal(12, 3))
    ),
    "smaller numbers": lambda table: table.with_columns(
        pl.col(pl.Int64).cast(pl.Int16)
    ),
    "texts": lambda table: table.with_columns(
        pl.col(pl.Int64, pl.Boolean, pl.Date)
        .cast(pl.String)
        .replace({"true": "có", "false": "no"})
    ),
}


def without_whole_numbers(table):
    """Such columns have no place for a null in pandas: they come as floats."""
    return table.drop(pl.selectors.by_dtype(pl.Int64))


@pytest.fixture(scope="module")
def plan():
    return drawn_plan(300, seed=5, wrong=0)


@pytest.mark.wide
@pytest.mark.parametrize("name", FORMS)
def test_every_form_gives_the_same_scores(plan, name):
    if "pandas" in name:
        pytest.importorskip("pandas")
    rules, table = plan
    wanted = table
    if "as it comes" in name:
        wanted = without_whole_numbers(table)
    found = score_table(rules, FORMS[name](table))
    expected = score_table(rules, wanted)
    assert found.errors.is_empty()
    assert found.floats == ()
    assert found.results.with_columns(pl.col("unit", "period").cast(pl.String)).equals(
        expected.results
    )


@pytest.mark.wide
def test_floats_of_pandas_are_named_and_exact(plan):
    rules, _ = plan
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame(
        {
            "unit": ["A", "B"],
            "period": ["2023"] * 2,
            "satisfaction.numerator": [97, None],
        }
    )
    table["satisfaction.denominator"] = [100.0, None]
    found = score_table(rules, table, results=("rule.earned",))
    assert found.floats == ("satisfaction.numerator", "satisfaction.denominator")
    assert found.results["rule.satisfaction.earned"].to_list() == [
        Decimal("0.44"),
        Decimal(0),
    ]  # 0.45 × 0.97 = 0.4365


def test_results_go_back_to_anything(plan):
    rules, table = plan
    pyarrow = pytest.importorskip("pyarrow")
    duckdb = pytest.importorskip("duckdb")
    found = score_table(rules, table, results=("index",))
    assert pyarrow.table(found).num_rows == 300
    assert duckdb.from_arrow(pyarrow.table(found)).aggregate("count(*)").fetchall() == [
        (300,)
    ]
    assert str(pyarrow.table(found).schema.field("index").type) == "decimal128(18, 2)"
