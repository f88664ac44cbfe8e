"""Tables of the plan against the oracle, which shares nothing with the library: every figure, every state, every band.

``CCHC_ORACLE=100000`` draws so many rows in place of a few, and takes minutes; CI does.
"""

import os
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
import tomli
from drawn_tables import drawn_plan, numbered
from oracle import oracle
from searches import examples

from cchc_rules.tables.score_table import Scorer
from cchc_rules.tables.submission_columns import layout

ROWS = int(os.environ.get("CCHC_ORACLE", str(examples(150, wide=400))))
PARTS = max(1, ROWS // 1000)
PLAN = Path(__file__).parents[2] / "rules" / "cam-due-2023.toml"


def figures_of(row):
    """A row of results as the oracle says it: decimals as fractions, one exact index."""
    found = {
        key: Fraction(value) if isinstance(value, Decimal) else value
        for key, value in row.items()
    }
    return found | {"exact": Fraction(row["index.numerator"], row["index.denominator"])}


def wanted_of(expected):
    """What the oracle says of a submission, by the names of a table's columns."""
    index = expected["index"]
    found = {"index": index["value"], "band": expected["band"], "exact": index["exact"]}
    found |= {key: index[key] for key in ("supported", "lowest", "highest")}
    for kind, parts in (
        ("group", ("earned", "lost", "excluded")),
        ("rule", ("earned", "lost", "state")),
    ):
        for id_, one in expected[f"{kind}s"].items():
            found |= {f"{kind}.{id_}.{part}": one[part] for part in parts}
    return found


@pytest.mark.untraced
@pytest.mark.parametrize("part", range(PARTS))
def test_the_plan_in_columns(part):
    document = tomli.loads(PLAN.read_text(encoding="utf-8"), parse_float=Decimal)
    rules, table = drawn_plan(ROWS // PARTS, seed=part, wrong=0)
    columns, scores = layout(rules), Scorer(rules, few=0).score(numbered(table))
    assert scores.results.height == table.height
    assert scores.alone == 0, "all of it is columnar"
    for row, given in zip(
        scores.results.iter_rows(named=True), table.iter_rows(named=True), strict=True
    ):
        expected = oracle(document, columns.submission(given))
        found, wanted = figures_of(row), wanted_of(expected)
        assert {key: found[key] for key in wanted} == wanted
        assert all(
            row[f"rule.{id_}.reason"] in rule["reasons"]
            for id_, rule in expected["rules"].items()
        )
