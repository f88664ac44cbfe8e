"""The same table from everything that gives Arrow data: the same scores, and what was a float is named."""

from decimal import Decimal

import polars as pl
import pytest
from drawn_tables import drawn_plan

from cchc_rules import score_table

duckdb, pandas, pyarrow = map(pytest.importorskip, ("duckdb", "pandas", "pyarrow"))
RULES, TABLE = drawn_plan(300, seed=5, wrong=0)
FORMS = {
    "pandas": lambda: TABLE.to_pandas(use_pyarrow_extension_array=True),
    "pandas, as it comes": lambda: TABLE.drop(
        [name for name in TABLE.columns if TABLE[name].dtype == pl.Int64]
    ).to_pandas(),
    "pyarrow": TABLE.to_arrow,
    "DuckDB": lambda: duckdb.from_arrow(TABLE.to_arrow()),
    "a lazy table": TABLE.lazy,
    "dictionaries": lambda: TABLE.with_columns(
        pl.col("unit", "period").cast(pl.Categorical)
    ).to_arrow(),
    "decimals": lambda: TABLE.with_columns(pl.col(pl.Int64).cast(pl.Decimal(12, 3))),
    "smaller numbers": lambda: TABLE.with_columns(pl.col(pl.Int64).cast(pl.Int16)),
    "texts": lambda: TABLE.with_columns(
        pl.col(pl.Int64, pl.Boolean, pl.Date)
        .cast(pl.String)
        .replace({"true": "có", "false": "no"})
    ),
}


@pytest.mark.wide
@pytest.mark.parametrize("name", FORMS)
def test_every_form_gives_the_same_scores(name):
    wanted = (
        TABLE
        if "as it comes" not in name
        else TABLE.drop(pl.selectors.by_dtype(pl.Int64))
    )
    found = score_table(RULES, FORMS[name]())
    expected = score_table(RULES, wanted)
    assert found.errors.is_empty()
    assert found.floats == ()
    assert found.results.with_columns(pl.col("unit", "period").cast(pl.String)).equals(
        expected.results
    )


def test_floats_of_pandas_are_named_and_exact():
    table = pandas.DataFrame(
        {
            "unit": ["A", "B"],
            "period": ["2023"] * 2,
            "satisfaction.numerator": [97, None],
        }
    )
    table["satisfaction.denominator"] = [100.0, None]
    found = score_table(RULES, table, results=("rule.earned",))
    assert found.floats == ("satisfaction.numerator", "satisfaction.denominator")
    assert found.results["rule.satisfaction.earned"].to_list() == [
        Decimal("0.44"),
        Decimal(0),
    ]  # 0.45 × 0.97 = 0.4365


def test_results_go_back_to_anything():
    found = score_table(RULES, TABLE, results=("index",))
    assert pyarrow.table(found).num_rows == 300
    assert duckdb.from_arrow(pyarrow.table(found)).aggregate("count(*)").fetchall() == [
        (300,)
    ]
    assert str(pyarrow.table(found).schema.field("index").type) == "decimal128(18, 2)"
