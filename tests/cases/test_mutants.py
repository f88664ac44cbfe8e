"""Mutants: which there are, which the cases notice, and that a case that is found for one notices it."""

import io
import json
import re
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from rule_texts import one_rule as one_rule_text
from searches import examples
from strategies import rule_sets
from test_cases import GOOD, said, small  # noqa: F401

from cchc_rules import load_measurements, parse_rules, score
from cchc_rules.base.number import plain
from cchc_rules.cases.case_file import (
    Case,
    CaseFile,
    Expectation,
    read_cases,
    submission_of,
)
from cchc_rules.cases.case_text import case, head
from cchc_rules.cases.mutants import mutants, other_formulas
from cchc_rules.cases.mutation import fates
from cchc_rules.cases.run import Ran, run
from cchc_rules.cli.commands.mutate import Progress
from cchc_rules.rules import check

KITCHEN = (Path(__file__).parents[1] / "kitchen.toml").read_text(encoding="utf-8")

TINY = """
format = 1
[ruleset]
id = "tiny"
version = "1"
title = "Tiny"
valid = { from = 2023-01-01, until = 2023-12-31 }
[metric.held]
title = "Held"
type = "count"
[metric.issued]
title = "Issued"
type = "yes_no"
[group.all]
title = "All"
weight = 4
[rule.held]
group = "all"
title = "Held"
source = ["1"]
metric = "held"
comparator = ">="
threshold = 3
weight = 3
deduction = "all_or_nothing"
[rule.issued]
group = "all"
title = "Issued"
source = ["2"]
metric = "issued"
comparator = "is"
threshold = true
weight = 1
deduction = "all_or_nothing"
"""

BELOW = '[[case]]\nid = "below"\nmeasurements = { held = 2 }\nexpect.rule.held = { state = "not_met", points = 0 }\n'
AT = '[[case]]\nid = "at"\nmeasurements = { held = 3 }\nexpect.rule.held = { state = "met", points = 3 }\n'
ABOVE = '[[case]]\nid = "above"\nmeasurements = { held = 4 }\nexpect.rule.held = { state = "met", points = 3 }\n'
MISSING = (
    '[[case]]\nid = "missing"\nexpect.rule.held = { state = "missing", excluded = 0 }\n'
)
YES = '[[case]]\nid = "yes"\nmeasurements = { issued = true }\nexpect.rule.issued.points = 1\n'
NO = '[[case]]\nid = "no"\nmeasurements = { issued = false }\nexpect.rule.issued.points = 0\n'
NOTHING = '[[case]]\nid = "nothing"\nexpect.rule.issued.excluded = 0\n'
ALL = BELOW + AT + ABOVE + MISSING + YES + NO + NOTHING

PUT = "{at}: {before} → {after}"


def told(found):
    return [PUT.format(**one._asdict()) for one in found]


@pytest.fixture
def tiny(tmp_path):
    (tmp_path / "tiny.toml").write_text(TINY, encoding="utf-8")

    def write(cases):
        path = tmp_path / "tiny.cases.toml"
        path.write_text('format = 1\nrules = "tiny"\n' + cases, encoding="utf-8")
        file = read_cases(path)
        return file, run(file)

    return write


def test_every_mutant_of_a_small_rule_set():
    assert told(mutants(parse_rules(TINY))) == [
        "rule.held.threshold: 3 → 2",
        "rule.held.threshold: 3 → 4",
        "rule.held.comparator: >= → >",
        "rule.held.deduction: all_or_nothing → proportional",
        "rule.held.absence.missing: lost → exclude",
        "rule.held: held → –",
        "rule.issued.threshold: true → false",
        "rule.issued.absence.missing: lost → exclude",
        "rule.issued: issued → –",
        "rule.held.weight, rule.issued.weight: 3, 1 → 1, 3",
        "index.places: 2 → 1",
        "index.places: 2 → 3",
        "index.over_scale: false → true",
    ]


def of_status(found, status):
    return told(one.mutant for one in found if one.status == status)


def test_with_all_its_cases_nothing_goes_unnoticed(tiny):
    found = fates(*tiny(ALL))
    assert of_status(found, "unnoticed") == []
    assert of_status(found, "refused") == []
    assert of_status(found, "same") == [
        "index.places: 2 → 1",
        "index.places: 2 → 3",
        "index.over_scale: false → true",
    ]
    assert [one.case for one in found[:6]] == [
        "below",
        "at",
        "at",
        "below",
        "missing",
        "below",
    ]


@pytest.mark.parametrize(
    ("left_out", "survivors"),
    [
        (AT, ["rule.held.threshold: 3 → 4", "rule.held.comparator: >= → >"]),
        (BELOW, ["rule.held.threshold: 3 → 2", "rule.held.deduction: all_or_nothing → proportional"]),
        (ABOVE, []),
        (MISSING, ["rule.held.absence.missing: lost → exclude"]),
        (NOTHING, ["rule.issued.absence.missing: lost → exclude"]),
        (YES + NO, ["rule.issued.threshold: true → false"]),
        (YES, []),
        (BELOW + AT + ABOVE + YES + NO, [
            "rule.held.threshold: 3 → 2",
            "rule.held.threshold: 3 → 4",
            "rule.held.comparator: >= → >",
            "rule.held.deduction: all_or_nothing → proportional",
            "rule.issued.threshold: true → false",
            "rule.held.weight, rule.issued.weight: 3, 1 → 1, 3",
        ]),
    ],
)  # fmt: skip
def test_exactly_the_mutants_survive_whose_case_is_missing(tiny, left_out, survivors):
    cases = ALL
    for one in left_out.split("[[case]]")[1:]:
        cases = cases.replace("[[case]]" + one, "")
    assert of_status(fates(*tiny(cases)), "unnoticed") == survivors


def test_cases_that_fail_or_are_open_notice_nothing(tiny, capsys):
    file, ran = tiny(
        ALL.replace("points = 3", "points = 1").replace(
            'state = "not_met"', 'state = "?"'
        )
    )
    assert "rule.held.threshold: 3 → 4" in of_status(fates(file, ran), "unnoticed")
    code, out, _ = said(capsys, "mutate", file.name)
    assert code == 1
    assert (
        "These cases fail or are open, and notice nothing: below, at, above"
        in " ".join(out.split())
    )


def test_a_case_of_the_group_or_the_index_notices_too(tiny):
    held = "measurements = { held = 3, issued = true }\n"
    for expected in ("expect.group.all.points = 4", "expect.index.value = 100"):
        found = fates(*tiny(f'[[case]]\nid = "whole"\n{held}{expected}\n'))
        assert "rule.held.threshold: 3 → 4" in of_status(found, "noticed")


def test_what_a_dropped_rule_leaves():
    """Its group is worth less by its points, or goes with it; nothing requires it, no band hangs on it."""
    rules = parse_rules(KITCHEN)
    dropped = {one.before: one.rules for one in mutants(rules) if one.kind == "drop"}
    assert set(dropped) == set(rules.rules)
    assert dropped["gate"].rules["behind"].requires == ()
    assert dropped["gate"].band_gates == ()
    assert "extra" not in dropped["bonus"].groups
    assert dropped["one"].groups["mean"].weight == 2
    one = next(one for one in mutants(parse_rules(TINY)) if one.before == "held")
    assert one.rules.groups["all"].weight == 1


EXPECTED = """
rule.behind.threshold: 90 → 89.99
rule.behind.comparator: >= → >
rule.behind.deduction: proportional → all_or_nothing
rule.behind.deduction.from: 20 → 19.99
rule.behind.deduction.floor: 50 → 50.01
rule.behind.deduction.floor: 50 → –
rule.behind.requires: gate → –
rule.delays.deduction.exempt: excused → –
rule.delays.deduction.each: 1 → 0.99
rule.delays.lowest: -1 → 0
rule.delays.lowest: -1 → -1.01
rule.items.deduction.percent: 25 → 26
rule.items.deduction.step: 2 → 3
rule.items.deduction.units: started → exact
rule.tiers.deduction.tiers[1]: ≥ 90 → ≥ 89.9
rule.tiers.deduction.tiers[1]: ≥ 90 → > 90
rule.tiers.deduction.tiers[2]: > 50, < 90 → > 50.1, < 90
rule.tiers.deduction.tiers[2]: > 50, < 90 → ≥ 50, < 90
rule.tiers.deduction.tiers[3]: 0 % → weight * value / 100 if value > 70 else weight / 2
rule.quality.threshold: good, fair → fair
rule.quality.deduction.tiers[2]: 50 % → 100 %
rule.best.threshold: fair → good
rule.best.threshold: fair → poor
rule.between.threshold: ≥ 1.5, < 3 → ≥ 1.4, < 3
rule.between.threshold: ≥ 1.5, < 3 → > 1.5, < 3
rule.between.threshold: ≥ 1.5, < 3 → ≥ 1.5, ≤ 3
rule.between.threshold: ≥ 1.5, < 3 → ≥ 1.5, < 3.1
rule.rank.comparator: better → <=
rule.rank-kept.threshold: rank_before → rank_before - 1
rule.rank-raised.threshold: max(rank_before - 1, 1) → min(rank_before - 1, 1)
rule.rank-raised.threshold: max(rank_before - 1, 1) → max(rank_before - 2, 1)
rule.by-hand.absence.not_applicable: manual → lost
rule.late.threshold: 2023-03-31 → 2023-04-01
rule.late.comparator: on_or_before → before
rule.late.deduction.tiers[2]: ≥ 1, ≤ 10 → ≥ 2, ≤ 10
rule.late.due: 2023-03-31 → –
rule.after.threshold: other_day → add_days(other_day, 1)
rule.after.due: 2023-06-30 → 2023-06-29
rule.after.absence.not_due: exclude → lost
rule.one.weight, rule.two.weight: 2, 5 → 5, 2
rule.one.comparator: > → >=
rule.two.comparator: == → !=
metric.rounded.round: 1 → –
metric.rounded.round: 1 → 0
metric.ratio.formula: 100 * made / max(asked, 1) → 100 * made / max(asked, 2)
group.extra.cap: 2.5 → 2.49
group.off.cap: 1 → 1.01
group.mean.weight: 2 → 2.01
band.high: ≥ 80 → ≥ 79.99
bands.reads: exact → rounded
band_gate[1]: gate → –
band_gate[1].at_most: middle → low
"""


FORMULAS = [
    "weight * value / 100 if value >= 70 else weight / 2",
    "weight * value / 100 if value > 71 else weight / 2",
    "weight * min(value, 80) / 80 if issued or value >= 10 else 0",
]


def test_every_kind_of_mistake_is_made():
    made = list(mutants(parse_rules(KITCHEN)))
    found = told(made)
    assert {*FORMULAS} <= {one.after for one in made}
    assert [line for line in EXPECTED.strip().splitlines() if line not in found] == []
    assert len(found) == len(set(found))


def test_a_deadline_moves_with_its_date_and_alone():
    moved = {
        one.after: one.rules.rules["late"]
        for one in mutants(parse_rules(KITCHEN))
        if one.at == "rule.late.threshold"
    }
    assert all(rule.due == rule.threshold for rule in moved.values())


def test_signs_words_and_numbers_of_a_formula():
    rules = parse_rules(KITCHEN)
    found = list(
        other_formulas(
            rules,
            "min(size, 0.50) if issued and not (size) > 1 or quality == 'good' else -size",
            {},
        )
    )
    assert found == [
        "max(size, 0.50) if issued and not (size) > 1 or quality == 'good' else -size",
        "min(size, 0.49) if issued and not (size) > 1 or quality == 'good' else -size",
        "min(size, 0.51) if issued and not (size) > 1 or quality == 'good' else -size",
        "min(size, 0.50) if issued or not (size) > 1 or quality == 'good' else -size",
        "min(size, 0.50) if issued and not (size) > 1 and quality == 'good' else -size",
        "min(size, 0.50) if issued and not (size) >= 1 or quality == 'good' else -size",
        "min(size, 0.50) if issued and not (size) > 0 or quality == 'good' else -size",
        "min(size, 0.50) if issued and not (size) > 2 or quality == 'good' else -size",
        "min(size, 0.50) if issued and not (size) > 1 or quality != 'good' else -size",
    ]


def filled(text, ran):
    """The open expectations of cases, filled in with what comes out: a person's part, played by the test."""
    parts = text.split("[[case]]")
    for at, one in enumerate(ran, start=1):
        for check_ in one.checks:
            value = (
                f'"{check_.got}"'
                if isinstance(check_.got, str)
                else plain(check_.got or 0)
            )
            parts[at] = parts[at].replace(
                f'{check_.expectation.key} = "?"',
                f"{check_.expectation.key} = {value}",
                1,
            )
    return "[[case]]".join(parts)


@pytest.mark.wide
def test_the_case_that_is_found_for_a_mutant_notices_it(tmp_path, capsys):
    """Beginning without any case but one: put in what `mutate` prints, fill it in, and nothing goes unnoticed."""
    (tmp_path / "kitchen.toml").write_text(KITCHEN, encoding="utf-8")
    path = tmp_path / "kitchen.cases.toml"
    path.write_text(
        head("kitchen") + '[[case]]\nid = "one"\nexpect.rule.gate.state = "missing"\n',
        encoding="utf-8",
    )
    code, out, _ = said(capsys, "mutate", path, "--format", "json")
    (first,) = json.loads(out)["files"]
    assert code == 1
    new = "\n".join(one["case"] for one in first["mutants"] if one["case"])
    assert set(
        re.findall(
            r'(?:state|points|lost|excluded|value|band) = ("[^"]*"|[\d.]+)(?=[,} ])',
            new,
        )
    ) >= {'"?"'}
    path.write_text(path.read_text(encoding="utf-8") + "\n" + new, encoding="utf-8")
    file = read_cases(path)
    assert {one.status for one in run(file)[1:]} == {"open"}
    path.write_text(
        filled(path.read_text(encoding="utf-8"), run(file)), encoding="utf-8"
    )
    code, out, _ = said(capsys, "mutate", path, "--format", "json")
    (second,) = json.loads(out)["files"]
    assert second["counts"]["unnoticed"] == 0
    assert second["unused"] == []
    assert code == 0
    assert (
        second["counts"]["noticed"]
        == first["counts"]["noticed"] + first["counts"]["unnoticed"]
    )
    assert second["counts"]["mutants"] > 150


@pytest.mark.wide
def test_what_is_refused_is_refused_by_check():
    rules = parse_rules(KITCHEN)
    found = fates(CaseFile("x", rules, {}, ()), [])
    for one in found:
        errors = [
            problem for problem in check.run(one.mutant.rules) if not problem.warning
        ]
        assert (one.status == "refused") == bool(errors)
        assert (one.counterexample is not None) == (one.status == "unnoticed")


def test_the_text_says_it_all(tiny, capsys, monkeypatch):
    file, _ = tiny(ALL.replace(AT, ""))
    monkeypatch.chdir(Path(file.name).parent)
    code, out, err = said(capsys, "mutate", "tiny.toml")
    assert (code, err) == (1, "")
    assert out.startswith(
        "NOT NOTICED rule.held.threshold: 3 → 4\n"
        "\n"
        "[[case]]\n"
        'id  = "mutant-1"\n'
        'why = "rule.held.threshold: 3 → 4"\n'
        "measurements = { held = 3 }\n"
        'expect.rule.held = { state = "?", points = "?", lost = "?" }\n'
        "\n"
        "NOT NOTICED rule.held.comparator: >= → >\n"
    )
    assert "no difference found index.over_scale: false → true\n" in out
    assert (
        "tiny.cases.toml: 13 mistake(s): 8 noticed, 2 not noticed, 0 refused by check, 3 without a"
        in out
    )
    again = said(capsys, "mutate", "tiny.toml")[1]
    assert again == out
    assert (
        "Altogether"
        in said(capsys, "mutate", "tiny.toml", "tiny.toml", str(Path(file.name)))[1]
    )


def test_a_terminal_sees_how_far_it_is(tiny, capsys, monkeypatch):
    file, _ = tiny(ALL)

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr("sys.stderr", Terminal())
    assert said(capsys, "mutate", file.name)[0] == 0
    shown = sys.stderr.getvalue()
    assert "\r\x1b[K12 of 13 mistakes tried" in shown
    assert shown.endswith("\r\x1b[K")
    Progress("vi")(1, 2)
    assert "đã thử 1 trên 2" in sys.stderr.getvalue()


def test_cases_of_a_kind_of_unit_are_left_aside(small):  # noqa: F811
    file = read_cases(small(GOOD))
    found = fates(file, run(file))
    assert not {one.case for one in found} & {"of-a-kind"}


def test_a_case_is_written_so_that_it_is_read_back():
    lines = case(
        "a",
        'say "why"\n',
        {"measurements": {"share": 1}, "points": {}},
        [("index", "", "value")],
    ).splitlines()
    assert lines == [
        "[[case]]",
        'id  = "a"',
        'why = "say \\"why\\"\\n"',
        "measurements = { share = 1 }",
        'expect.index = { value = "?" }',
    ]


def one_rule(rule, metric='type = "count"', more="", index=""):
    """A rule set of one rule on one metric."""
    return parse_rules(one_rule_text(rule, metric, more, f"[index]\n{index}"))


def untested(rules):
    """What becomes of the mutants of a rule set that has no cases, by what they change."""
    return {
        PUT.format(**one.mutant._asdict()): one
        for one in fates(CaseFile("x", rules, {}, ()), [])
    }


@pytest.mark.parametrize(
    ("rule", "metric", "found"),
    [
        ('comparator = "between"\nthreshold = { to = 3 }\ndeduction = "all_or_nothing"', 'type = "number"',
         ["≤ 3 → ≤ 2", "≤ 3 → ≤ 4", "≤ 3 → < 3"]),
        ('comparator = "between"\nthreshold = { above = 3 }\ndeduction = "all_or_nothing"', 'type = "number"',
         ["> 3 → > 2", "> 3 → > 4", "> 3 → ≥ 3"]),
        ('deduction = { kind = "tiers", tiers = [{ to = 3, points = 0 }, { otherwise = true, points = 2 }] }',
         'type = "number"', ["≤ 3 → ≤ 2", "≤ 3 → ≤ 4", "≤ 3 → < 3", "0 → 2", "2 → 0"]),
        ('deduction = { kind = "tiers", tiers = [{ from = 4, points = 2 }, { otherwise = true, points = 2 }] }',
         'type = "count"', ["≥ 4 → ≥ 3", "≥ 4 → ≥ 5"]),
        ('deduction = { kind = "tiers", tiers = [{ above = 3, points = 2 }, { to = 3, points = 1 }] }',
         'type = "count"', ["> 3 → > 2", "> 3 → > 4", "2 → 1", "1 → 2"]),
        ('deduction = { kind = "tiers", tiers = [{ from = 4, points = 2 }, { to = 1, points = 0 }, '
         "{ is = [2, 3], points = 1 }] }", 'type = "count"',
         ["≥ 4 → ≥ 3", "≥ 4 → ≥ 5", "≤ 1 → ≤ 0", "≤ 1 → ≤ 2", "2 → 0", "0 → 2", "0 → 1", "1 → 0"]),
    ],
)  # fmt: skip
def test_intervals_and_ladders(rule, metric, found):
    kinds = ("threshold", "tier")
    made = [
        f"{one.before} → {one.after}"
        for one in mutants(one_rule(rule, metric))
        if one.kind in kinds
    ]
    assert made == found


def test_without_places_there_are_none_to_take_away():
    rules = one_rule(
        'comparator = ">="\nthreshold = 1\ndeduction = "all_or_nothing"',
        index="places = 0",
    )
    assert [one.after for one in mutants(rules) if one.kind == "places"] == ["1"]


def test_a_sign_beside_a_comment_is_left_alone():
    rules = one_rule('comparator = ">="\nthreshold = 1\ndeduction = "all_or_nothing"')
    assert list(
        other_formulas(rules, "1 if (figure > # more\n 2) else figure", {})
    ) == [
        "0 if (figure > # more\n 2) else figure",
        "2 if (figure > # more\n 2) else figure",
        "1 if (figure > # more\n 1) else figure",
        "1 if (figure > # more\n 3) else figure",
    ]


def test_a_mutant_whose_formula_fails_is_no_case():
    """Thirteen places are more than a formula rounds to: nothing that is tried is scored then."""
    rules = one_rule(
        'deduction = { kind = "formula", formula = "round_half_up(value / 7, value - value + 12)" }'
    )
    at = "rule.one.deduction.formula: round_half_up(value / 7, value - value + 12) → round_half_up(value / "
    found = untested(rules)
    assert found[at + "7, value - value + 13)"].status == "same"
    assert found[at + "8, value - value + 12)"].status == "unnoticed"


def test_a_case_that_can_no_longer_be_scored_has_noticed():
    rules = one_rule(
        'deduction = { kind = "formula", formula = "round_half_up(value / 7, value - value + 12)" }'
    )
    measurements = load_measurements(
        submission_of(rules, {}, {"measurements": {"figure": 7}}), rules
    )
    seven = Case(
        "seven",
        0,
        lambda: 1,
        "",
        measurements,
        (Expectation("rule", "one", "points", Fraction(1)),),
    )
    ran = [Ran(seven, score(rules, measurements).scoring)]
    found = {
        one.mutant.after: one for one in fates(CaseFile("x", rules, {}, (seven,)), ran)
    }
    failed = found["round_half_up(value / 7, value - value + 13)"]
    assert (failed.status, failed.case) == ("noticed", "seven")


BANDS = """
[[band]]
id = "high"
title = "High"
from = 50
[[band]]
id = "low"
title = "Low"
below = 50
[metric.parts]
title = "Parts"
type = "count"
[group.more]
title = "More"
[rule.whole]
group = "more"
title = "Whole"
source = ["2"]
metric = "parts"
comparator = ">="
threshold = 3
weight = 1
deduction = "proportional"
[rule.yes]
group = "more"
title = "Yes"
source = ["3"]
metric = "yes"
comparator = "is"
threshold = true
weight = {weight}
deduction = "all_or_nothing"
[metric.yes]
title = "Yes"
type = "yes_no"
"""


@pytest.mark.parametrize(
    ("weight", "metric", "found"),
    [
        (
            "48.50",
            'type = "percent"',
            "unnoticed",
        ),  # 48.5 and 1 are left out, half a point is taken off the 50.5
        (
            "49.50",
            'type = "percent"',
            "unnoticed",
        ),  # 49.5 is left out, half a point is taken off the other 49.5
        ("20", 'type = "percent"', "same"),  # nothing lies near enough: 20 and 1, or 79
        ("48.50", 'type = "count"', "same"),  # 90 days are too coarse for half a point
    ],
)
def test_an_index_at_the_edge_of_a_band_is_aimed_at(weight, metric, found):
    rule = 'comparator = ">="\nthreshold = 90\ndeduction = "proportional"'
    rules = one_rule(rule, metric, BANDS.replace("{weight}", weight))
    rest = replace(rules.rules["one"], weight=99 - rules.rules["yes"].weight)
    rules = replace(rules, rules={**rules.rules, "one": rest})
    fates_ = untested(rules)
    assert {
        fates_[f"band.high: ≥ 50 → {after}"].status
        for after in ("≥ 49.99", "≥ 50.01", "> 50")
    } == {found}


def test_lists_of_more_items_than_anybody_reads_are_not_tried():
    rule = 'comparator = ">="\nthreshold = 150\ndeduction = "all_or_nothing"'
    found = untested(one_rule(rule, 'type = "count"\ndistinct = true'))
    assert found["rule.one.threshold: 150 → 151"].status == "same"


def test_a_derived_figure_is_brought_to_its_edge_through_the_number_it_reads():
    rule = 'comparator = ">="\nthreshold = 36.5\ndeduction = "all_or_nothing"'
    more = '[metric.flag]\ntitle = "Flag"\ntype = "yes_no"\n[metric.share]\ntitle = "Share"\ntype = "percent"\n'
    found = untested(
        one_rule(
            rule, 'type = "number"\nformula = "share / 2 + 1.5 if flag else 0"', more
        )
    )
    assert found["rule.one.comparator: >= → >"].counterexample.submission[
        "measurements"
    ] == {
        "flag": True,
        "share": 70,
    }


@settings(max_examples=examples(2, wide=4, deep=4))
@given(rule_sets())
def test_mutants_of_drawn_rule_sets(drawn):
    rules = parse_rules(drawn[0])
    for one in fates(CaseFile("x", rules, {}, ()), []):
        assert one.status in ("unnoticed", "refused", "same")
