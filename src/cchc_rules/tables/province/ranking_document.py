"""The ranking document: who stands where, and who moved."""

from decimal import Decimal
from typing import Any

from cchc_rules.report.heading import Document, written
from cchc_rules.tables.province.rank_table import gone, rank_table
from cchc_rules.tables.result_columns import EXACT


def ranking(
    results: Any,
    *,
    before: Any = None,
    ties: str = "exact",
    each_kind: bool = False,
    lang: str = "vi",
) -> Document:
    """Return the ranks of scored units as a document, the best first; raises as `rank_table` does."""
    found = rank_table(results, before=before, ties=ties, each_kind=each_kind)
    units = [
        {name: said(value) for name, value in row.items()}
        for row in found.iter_rows(named=True)
    ]
    return {
        **written(lang),
        "kind": "ranking",
        "ties": ties,
        "each_kind": each_kind,
        "compared": before is not None,
        "period": next((unit["period"] for unit in units if unit.get("period")), None),
        "units": [_told(unit) for unit in units],
        "gone": [] if before is None else gone(results, before),
    }


def _told(unit: Document) -> Document:
    """Return a unit of the document: the exact index as one fraction, and no column of its own for
    the period.
    """
    exact = None
    if EXACT[0] in unit:
        exact = (
            f"{unit[EXACT[0]]}/{unit[EXACT[1]]}"
            if unit[EXACT[1]] != 1
            else str(unit[EXACT[0]])
        )
    told = {
        name: value for name, value in unit.items() if name not in (*EXACT, "period")
    }
    return {**dict.fromkeys(OPTIONAL), **told, "exact": exact}


OPTIONAL = (
    "district", "district_rank", "unit_kind", "band", "before", "district_before", "index_before", "move",
    "district_move", "index_move",
)  # fmt: skip
"""What a unit may lack."""


def said(value: Any) -> Any:
    """Return a value of a document: points as decimal text, with no more places than they have, but
    at least two.
    """
    if not isinstance(value, Decimal):
        return value
    shown = value.normalize()
    exponent = shown.as_tuple().exponent
    places = max(-exponent if isinstance(exponent, int) else 0, 2)
    return f"{value:.{places}f}"
