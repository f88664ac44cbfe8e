"""The same rules in other engines, each in the form its own documents show.

None of them knows a missing figure from a zero, a waiver, a due date or an exclusion: they are given the computed
rules alone. That is less work than ours.
"""

import json
from decimal import Decimal

import rule_engine
import simpleeval
import zen
from plan_table import ROWS

SHARES = ("share", "share!")


def figure_expression(row, value, rank_before, style):
    """Return the points of a rule, in hundredths, as an expression of an engine's language."""
    _, _, _, _, kind, target, weight, _ = row
    choose = {"python": "({1} if {0} else {2})", "ternary": "({0} ? {1} : {2})"}[
        style
    ].format
    kind = kind.rstrip("!")
    if kind == "share":
        return choose(f"{value} >= {target}", weight, f"{weight} * {value} / {target}")
    if kind == "rank":
        most = choose(f"{rank_before} > 2", f"{rank_before} - 1", 1)
        return choose(f"{value} <= {most}", weight, 0)
    if kind == "fewer":
        part = choose(
            f"{value} > 0", f"{weight} * (100 - 20 * ({target} - {value})) / 100", 0
        )
        return choose(f"{value} >= {target}", weight, part)
    if kind == "late_months":
        late = [
            (0, weight),
            (30, weight * 0.75),
            (60, weight * 0.5),
            (90, weight * 0.25),
        ]
        text = "0"
        for days, points in reversed(late):
            text = choose(f"{value} <= {target + days}", points, text)
        return text
    if kind == "late_tiers":
        return choose(
            f"{value} <= {target}",
            weight,
            choose(f"{value} <= {target + 15}", weight / 2, 0),
        )
    if kind == "level":
        return choose(f"{value} == 0", weight, choose(f"{value} == 1", weight / 2, 0))
    if kind == "revenue":
        return choose(
            f"{value} > {target}", weight, choose(f"{value} >= 95", weight / 2, 0)
        )
    return choose(f"{value} >= {target}", weight, 0)


def with_simpleeval():
    """Cached trees, evaluated over floats."""
    evaluator = simpleeval.SimpleEval(names={})
    trees = []
    for row in ROWS:
        text = figure_expression(row, row[3], f"{row[3]}_before", "python")
        trees.append((row[0], row[3], text, evaluator.parse(text)))

    def run(values):
        evaluator.names = values
        return {
            rule: evaluator.eval(text, previously_parsed=tree)
            if values.get(metric) is not None
            else 0
            for rule, metric, text, tree in trees
        }

    return run


def with_rule_engine():
    """Compiled rules, evaluated over decimals."""
    context = rule_engine.Context(resolver=rule_engine.resolve_item)
    rules = [
        (
            row[0],
            row[3],
            rule_engine.Rule(
                figure_expression(row, row[3], f"{row[3]}_before", "ternary"),
                context=context,
            ),
        )
        for row in ROWS
    ]

    def run(values):
        return {
            rule: one.evaluate(values) if values.get(metric) is not None else 0
            for rule, metric, one in rules
        }

    return run


def exact_values(values):
    return {name: Decimal(str(value)) for name, value in values.items()}


def with_zen(raw):
    """A decision graph with an expression node, evaluated with its trace from the submission's own mapping."""
    expressions = []
    for row in ROWS:
        metric = row[3]
        entry = f"figures.{metric}"
        given = f"{entry}.value"
        if row[4] in (*SHARES, "revenue"):
            given = f"({entry}.numerator * 100 / {entry}.denominator)"
        there = (
            f"{entry}.denominator > 0"
            if "numerator" in given
            else f"{entry}.value != null"
        )
        text = figure_expression(
            row, given, f"figures.{metric}_before.value", "ternary"
        )
        expressions.append(
            {
                "id": row[0],
                "key": row[0].replace("-", "_"),
                "value": f"({there} ? {text} : 0)",
            }
        )
    graph = {
        "nodes": [
            {
                "id": "in",
                "type": "inputNode",
                "name": "Request",
                "position": {"x": 0, "y": 0},
            },
            {
                "id": "rules",
                "type": "expressionNode",
                "name": "Rules",
                "position": {"x": 200, "y": 0},
                "content": {"expressions": expressions},
            },
            {
                "id": "out",
                "type": "outputNode",
                "name": "Response",
                "position": {"x": 400, "y": 0},
            },
        ],
        "edges": [
            {"id": "a", "type": "edge", "sourceId": "in", "targetId": "rules"},
            {"id": "b", "type": "edge", "sourceId": "rules", "targetId": "out"},
        ],
    }
    decision = zen.ZenEngine().create_decision(json.dumps(graph))
    return lambda mapping: decision.evaluate({"figures": mapping}, {"trace": True})
