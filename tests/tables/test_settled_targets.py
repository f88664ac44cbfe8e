"""A target that every row of a table meets, or none: points are those of the tier all the same."""

import polars as pl
import pytest

from cchc_rules import parse_rules, score_table

RULES = """
format = 1
ruleset = { id = "t", version = "1", title = "T", valid = { from = 2023-01-01, until = 2023-12-31 } }
index = { scale = 10, weight_basis = "stated" }

[group.g]
title = "G"

[metric.share]
title = "Share"
type = "percent"

[rule.share]
group = "g"
title = "Share"
source = ["1"]
metric = "share"
comparator = ">="
threshold = TARGET
weight = 10
deduction = { kind = "tiers", tiers = [
  { from = 80, points = 7.5 },
  { from = 40, below = 80, percent = 33.335 },
  { below = 40, points = 0 },
] }
"""


# By hand: 7.5 points from 80 on; 33.335 % of 10, 3.3335, is 3.33; below 40 nothing.
@pytest.mark.parametrize("target", ["0", "100"])
@pytest.mark.parametrize(
    ("share", "points"), [("90", "7.50"), ("60", "3.33"), ("10", "0.00")]
)
def test_points_of_the_tier(target, share, points):
    rules = parse_rules(RULES.replace("TARGET", target))
    frame = pl.DataFrame(
        {"unit": [f"Xã {row}" for row in range(300)], "period": "2023", "share": share}
    )
    scores = score_table(rules, frame)
    assert {str(index) for index in scores.results["index"]} == {points}
