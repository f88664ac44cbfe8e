"""The law of tables where columns are really used: hundreds of rows, in which every way of giving a figure, or none,
stands beside every other, score as each row does by itself.

A table of one row has no column for what that row does not say. So a fault that needs a waiver in one row and a share in
another is seen only here.
"""

from datetime import date, timedelta
from fractions import Fraction
from random import Random

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from searches import examples
from strategies import rule_sets

from cchc_rules import RulesError, load_rules, parse_rules, score_table
from cchc_rules.submissions.binding import takes_points
from cchc_rules.tables.score_table import FEW, Scorer
from cchc_rules.tables.submission_columns import ENVELOPE, layout
from cchc_rules.testing.submissions import edges_of

HEIGHT = FEW + 110
WIDE = settings(
    max_examples=examples(8, wide=14, deep=300),
    deadline=None,
    suppress_health_check=[*HealthCheck],
    phases=[
        Phase.generate
    ],  # shrinking tables of this size takes minutes and says little more
)


def hold(rules, frame):
    """Score a table in columns and row by row, and compare all that both say."""
    in_columns = score_table(rules, frame)
    rows = frame.with_row_index("row", offset=1).with_columns(
        pl.col("row").cast(pl.Int64)
    )
    row_by_row = Scorer(rules, few=frame.height).score(rows)
    assert row_by_row.alone == row_by_row.results.height
    wanted = row_by_row.results.rows(named=True)
    for found, row in zip(in_columns.results.rows(named=True), wanted, strict=True):
        differences = {
            key: (found[key], row[key]) for key in row if found[key] != row[key]
        }
        assert not differences, (row["row"], frame.row(row["row"] - 1, named=True))
    assert in_columns.errors.equals(row_by_row.errors)
    return in_columns


# Tables drawn for a rule set


def table_for(rules, dice, as_of=None):
    """A table in which each row gives each figure in a way of its own."""
    every = [rules, *rules.kinds.values()]
    metrics = {
        id_: metric for version in every for id_, metric in version.metrics.items()
    }
    columns = {
        "unit": [f"Xã {at}" for at in range(HEIGHT)],
        "period": ["2023"] * HEIGHT,
    }
    if as_of is not None:
        columns["as_of"] = [as_of] * HEIGHT
    if rules.kinds:
        columns["unit_kind"] = [dice.choice(sorted(rules.kinds))] * HEIGHT
    last = as_of or date(2023, 12, 31)
    rows = [{} for _ in range(HEIGHT)]
    for metric in metrics.values():
        if metric.submitted:
            for row in rows:
                row |= cells_of(rules, metric, dice, last)
    for version in every:
        for rule in version.rules.values():
            if takes_points(version, rule.id):
                by_hand = rule.deduction.kind == "manual"
                for row in rows:
                    if dice.random() < (0.8 if by_hand else 0.01):
                        row[f"points.{rule.id}.points"] = plain(
                            Fraction(dice.randint(0, 100), 100) * rule.weight
                        )
                        row[f"points.{rule.id}.reason"] = "biên bản"
        for group in version.groups.values():
            if group.optional:
                for row in rows:
                    if dice.random() < 0.04:
                        row[f"absent.{group.id}"] = "không tổ chức"
    known = layout(rules).columns
    for name in dict.fromkeys(name for row in rows for name in row):
        assert name in known, name
        columns[name] = [row.get(name) for row in rows]
    return pl.DataFrame(columns, strict=False)


def cells_of(rules, metric, dice, last):
    """One metric's cells in one row."""
    way = dice.choices(
        ("figure", "nothing", "not_applicable", "waived", "ended", "zero"),
        (84, 4, 3, 5, 1, 3),
    )[0]
    if way == "nothing":
        return {}
    if way == "not_applicable":
        return {f"{metric.id}.not_applicable": "không phát sinh"}
    if way in ("waived", "ended"):
        until = last + timedelta(30 if way == "waived" else -30)
        words = {"by": "UBND tỉnh", "why": "thiên tai", "until": until}
        return {f"{metric.id}.waived_{key}": value for key, value in words.items()}
    if metric.ratio and way == "zero":
        return {f"{metric.id}.numerator": 0, f"{metric.id}.denominator": 0}
    cells = figure_cells(rules, metric, dice, last)
    if dice.random() < 0.6:
        cells[f"{metric.id}.evidence"] = "BC-12"
    return cells


def figure_cells(rules, metric, dice, last):
    """A figure, often on an edge of a rule, or just beside one."""
    if metric.distinct:
        items = [f"Văn bản {dice.randint(1, 6)}" for _ in range(dice.randint(0, 6))]
        return {f"{metric.id}.items": "\n".join(items) or "0"}
    if metric.ratio and dice.random() < 0.7:
        below = dice.randint(1, 40)
        above = dice.randint(0, 2 * below if metric.above_100 else below)
        return {f"{metric.id}.numerator": above, f"{metric.id}.denominator": below}
    name = metric.id if metric.id not in (*ENVELOPE, "row") else f"{metric.id}.value"
    edges = edges_of(rules, metric.id)
    match metric.type:
        case "yes_no":
            return {name: dice.random() < 0.6}
        case "level":
            return {name: dice.choice(metric.levels).vi}
        case "date":
            first = rules.window[0] if rules.window else date(2023, 1, 1)
            days = [first + timedelta(dice.randint(0, max(0, (last - first).days)))]
            days += [
                edge + timedelta(off)
                for edge in edges
                if isinstance(edge, date)
                for off in (-1, 0, 1)
            ]
            return {
                name: dice.choice(
                    [day for day in days if first <= day <= last] or [first]
                )
            }
        case _:
            return {name: plain(number_near(metric, edges, dice))}


def number_near(metric, edges, dice):
    steps = (
        (0, 0, 1, -1)
        if metric.whole
        else (0, 0, Fraction(1, 100), Fraction(-1, 100), 1)
    )
    choices = [
        edge + off for edge in edges if isinstance(edge, Fraction) for off in steps
    ]
    unit = 1 if metric.whole else 4
    choices += [Fraction(dice.randint(-10 * unit, 110 * unit), unit) for _ in range(3)]
    choices += [Fraction(dice.randint(0, 12)) for _ in range(3)]
    fitting = [
        value
        for value in choices
        if metric.range.holds(value)
        and (not metric.whole or value.denominator == 1)
        and (value * 10_000).denominator == 1
    ]
    return dice.choice(
        fitting or [metric.range.low or metric.range.high or Fraction(0)]
    )


def plain(value):
    """A number as people type it, with four places at most."""
    ticks = int(Fraction(value) * 10_000)
    sign = "-" if ticks < 0 else ""
    whole, rest = divmod(abs(ticks), 10_000)
    return sign + f"{whole}.{rest:04}".rstrip("0").rstrip(".")


# Rule sets: drawn, and changed by a dated section or by an overlay

SINCE = date(2023, 7, 1)


@st.composite
def changed(draw, document):
    """What a later file, or a later day, changes of a rule: a new target, a day it is due, a figure derived anew."""
    rules = document["rule"]
    id_ = draw(st.sampled_from(sorted(rules)))
    rule = rules[id_]
    changes = [f"[rule.{id_}]\ndue = 2023-11-30\n"]
    threshold = rule.get("threshold")
    if not isinstance(threshold, (dict, list, bool, str, date, type(None))):
        changes.append(f"[rule.{id_}]\nthreshold = {threshold + 1}\n")
    metric = rule.get("metric")
    if metric and document["metric"][metric]["type"] == "percent":
        better = document["metric"][metric].get("better", "higher")
        head = f'[metric.anew]\ntitle = "Mới"\ntype = "percent"\nbetter = "{better}"\n'
        text = draw(
            st.sampled_from([f"100 - {metric}", f"{metric} / 2", f"110 - {metric}"])
        )
        changes.append(f'{head}formula = "{text}"\n[rule.{id_}]\nmetric = "anew"\n')
    return draw(st.sampled_from(changes))


def dated_section(text, change):
    """The text with a section that makes the change from a day on."""
    lines = [
        line.replace("[", f'[since."{SINCE}".', 1) if line.startswith("[") else line
        for line in change.splitlines()
    ]
    return text + "\n".join(["", *lines, ""])


class TestLaw:
    @WIDE
    @given(st.data(), st.integers(0, 10**6))
    def test_hundreds_of_rows(self, data, seed):
        text, _ = data.draw(rule_sets())
        hold(parse_rules(text), table_for(parse_rules(text), Random(seed)))

    @pytest.mark.wide
    @WIDE
    @given(st.data(), st.integers(0, 10**6), st.booleans())
    def test_before_and_after_a_dated_section(self, data, seed, after):
        text, document = data.draw(rule_sets(kinds=False))
        try:
            rules = parse_rules(dated_section(text, data.draw(changed(document))))
        except RulesError:
            assume(False)
        day = SINCE + timedelta(60 if after else -1)
        hold(rules, table_for(rules, Random(seed), day))

    @pytest.mark.wide
    @WIDE
    @given(st.data(), st.integers(0, 10**6))
    def test_an_overlay(self, tmp_path_factory, data, seed):
        text, document = data.draw(rule_sets())
        folder = tmp_path_factory.mktemp("overlay")
        (folder / "base.toml").write_text(text, encoding="utf-8")
        overlay = 'format = 1\nextends = "base.toml"\n[ruleset]\nid = "over"\n'
        (folder / "over.toml").write_text(
            overlay + data.draw(changed(document)), encoding="utf-8"
        )
        try:
            rules = load_rules(folder / "over.toml")
        except RulesError:
            assume(False)
        hold(rules, table_for(rules, Random(seed)))
