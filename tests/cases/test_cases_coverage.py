"""What cases reach: goals counted by hand, edges and their sides, ways of formulas, and suggestions left open."""

import ast
from fractions import Fraction
from pathlib import Path

import pytest
import tomli
from hypothesis import given, settings
from rule_texts import one_rule
from searches import examples
from strategies import rule_sets
from test_cases import GOOD, HEAD, RULES, said, small  # noqa: F401

import cchc_rules
from cchc_rules import load_measurements, parse_rules, score
from cchc_rules.base.state import NOT_REPORTED
from cchc_rules.cases.branches import branches, taken
from cchc_rules.cases.case_file import (
    Case,
    CaseFile,
    Expectation,
    read_cases,
    submission_of,
    without_cases,
)
from cchc_rules.cases.coverage import Goal, coverage
from cchc_rules.cases.edges import edges, needed
from cchc_rules.cases.mutants import mutants
from cchc_rules.cases.run import Ran, run
from cchc_rules.cases.suggest import suggested
from cchc_rules.rules.formula import parse

KITCHEN = (Path(__file__).parents[1] / "kitchen.toml").read_text(encoding="utf-8")


def rules_with(rule, metric='type = "percent"', more="", head=""):
    """A rule set of one rule on one metric."""
    return parse_rules(one_rule(rule, metric, more, head))


def shown(rules):
    """The edges of the only rule: of what, the figure, the unit, the sides for which a case is needed."""
    rule = rules.rules["one"]
    return [(one.of, str(one.value), str(one.unit), "".join(side[0] for side in needed(rules, rule, one)))
            for one in edges(rules, rule)]  # fmt: skip


LESS = 'comparator = "<="\n'
MORE = 'comparator = ">="\n'
DAY = "738520"  # 2022-12-31 + 31 = 2023-01-31
OTHER = '[metric.other]\ntitle = "Other"\ntype = "count"\n'


@pytest.mark.parametrize(
    ("rule", "metric", "more", "found"),
    [
        (MORE + 'threshold = 90\ndeduction = "proportional"', 'type = "percent"', "",
         [("threshold", "90", "1/100", "baa")]),
        (MORE + 'threshold = 100\ndeduction = "proportional"', 'type = "percent"', "",
         [("threshold", "100", "1/100", "ba")]),
        (MORE + 'threshold = 99.5\ndeduction = "all_or_nothing"', 'type = "number"', "",
         [("threshold", "199/2", "1/10", "baa")]),
        (MORE + 'threshold = 90\ndeduction = "all_or_nothing"', 'type = "percent"\nround = 1', "",
         [("threshold", "90", "1/10", "baa")]),
        (LESS + 'threshold = 0\ndeduction = "all_or_nothing"', 'type = "count"', "", [("threshold", "0", "1", "aa")]),
        (LESS + 'threshold = 0\ndeduction = { kind = "per_unit", each = 1, exempt = "other" }', 'type = "count"', OTHER,
         [("threshold", "0", "1", "baa")]),
        (MORE + 'threshold = { metric = "other" }\ndeduction = "all_or_nothing"', 'type = "count"', OTHER,
         [("threshold", "0", "1", "baa")]),
        (MORE + 'threshold = { formula = "other + 1" }\ndeduction = "all_or_nothing"', 'type = "count"', OTHER,
         [("threshold", "0", "1", "baa")]),
        ('comparator = "between"\nthreshold = { from = 2, below = 5 }\ndeduction = "all_or_nothing"',
         'type = "count"', "",
         [("threshold", "2", "1", "baa"), ("threshold", "5", "1", "baa")]),
        (MORE + 'threshold = 90\ndeduction = { kind = "proportional", floor = 50.5 }', 'type = "percent"', "",
         [("threshold", "90", "1/100", "baa"), ("floor", "101/2", "1/100", "baa")]),
        ('deduction = { kind = "tiers", tiers = [{ from = 90, points = 2 }, { from = 50, below = 90, points = 1 }, '
         "{ below = 50, points = 0 }] }", 'type = "percent"', "",
         [("tier", "90", "1/100", "baa"), ("tier", "50", "1/100", "baa")]),
        ('comparator = "on_or_before"\nthreshold = 2023-01-31\ndeduction = { kind = "tiers", of = "days_late", '
         "tiers = [{ to = 0, points = 2 }, { from = 1, points = 0 }] }", 'type = "date"', "",
         [("threshold", "738551", "1", "baa"), ("tier", "738552", "1", "baa")]),
        ('comparator = "one_of"\nthreshold = [1, 2.5]\ndeduction = "all_or_nothing"', 'type = "number"', "", []),
        ('deduction = { kind = "tiers", tiers = [{ is = [1, 2.5], points = 2 }, { otherwise = true, points = 0 }] }',
         'type = "number"\nbetter = "neither"', "", []),
        ('comparator = "is"\nthreshold = true\ndeduction = "all_or_nothing"', 'type = "yes_no"', "", []),
    ],
)  # fmt: skip
def test_edges_and_their_sides(rule, metric, more, found):
    assert shown(rules_with(rule, metric, more)) == found


def test_a_window_bounds_dates():
    rule = 'comparator = "on_or_before"\nthreshold = 2023-01-01\ndeduction = "all_or_nothing"'
    head = "[window]\nfrom = 2023-01-01\nuntil = 2023-12-31\n"
    assert shown(rules_with(rule, 'type = "date"', head=head)) == [
        ("threshold", "738521", "1", "aa")
    ]


def test_the_unit_takes_every_number_that_the_file_writes_for_a_metric():
    rule = 'comparator = "one_of"\nthreshold = [1, 2.125]\ndeduction = "all_or_nothing"'
    more = """[group.more]
title = "More"
[rule.two]
group = "more"
title = "Two"
source = ["2"]
metric = "figure"
comparator = ">="
threshold = 3
weight = 1
deduction = "all_or_nothing"
"""
    rules = rules_with(rule, 'type = "number"', more)
    assert [str(one.unit) for one in edges(rules, rules.rules["two"])] == ["1/1000"]


@pytest.mark.parametrize(
    ("offset", "side"),
    [
        ("-0.02", None),
        ("-0.01", "below"),
        ("-0.001", "below"),
        ("0", "at"),
        ("0.01", "above"),
        ("0.011", None),
    ],
)
def test_just_beside_is_at_most_one_unit(offset, side):
    (edge,) = edges(
        rules := rules_with(MORE + 'threshold = 90\ndeduction = "proportional"'),
        rules.rules["one"],
    )
    assert edge.side(90 + Fraction(offset), None) == side


def test_an_edge_of_an_unknown_threshold_has_no_sides():
    rules = rules_with(
        MORE + 'threshold = { metric = "other" }\ndeduction = "all_or_nothing"',
        'type = "count"',
        OTHER,
    )
    (edge,) = edges(rules, rules.rules["one"])
    assert edge.side(Fraction(3), None) is None
    assert [edge.side(Fraction(n), Fraction(5)) for n in (3, 4, 5, 6, 7)] == [
        None,
        "below",
        "at",
        "above",
        None,
    ]


TYPES = {"a": "number", "b": "number", "yes": "yes_no", "no": "yes_no"}


@pytest.mark.parametrize(
    ("text", "names", "found"),
    [
        ("1 if a > 2 else b", {"a": 3}, {("a > 2", "true")}),
        ("1 if a > 2 else b", {"a": 2}, {("a > 2", "false")}),
        ("1 if yes and no else 0", {"yes": False, "no": True},
         {("yes and no", "false"), ("yes", "false")}),
        ("1 if yes or no else 0", {"yes": False, "no": True},
         {("yes or no", "true"), ("yes", "false"), ("no", "true")}),
        ("min(a, b)", {"a": 1, "b": 2}, {("min(a, b)", "a")}),
        ("max(a, b)", {"a": 1, "b": 2}, {("max(a, b)", "b")}),
        ("max(a, b)", {"a": 2, "b": 2}, {("max(a, b)", "a")}),
        ("min(a)", {"a": 1}, set()),
        ("abs(a)", {"a": 1}, set()),
        ("first(a, b)", {"a": NOT_REPORTED, "b": 2}, {("first(a, b)", "b")}),
        ("largest_known(a, b)", {"a": 3, "b": NOT_REPORTED}, {("largest_known(a, b)", "a")}),
        ("first(a, b)", {"a": NOT_REPORTED, "b": NOT_REPORTED}, set()),
        ("min(a, b)", {"a": NOT_REPORTED, "b": 2}, set()),
        ("1 if a > 2 else b", {"a": NOT_REPORTED}, set()),
        ("1 if yes and no else 0", {"yes": NOT_REPORTED, "no": True}, set()),
        ("max(a, 1) + min(max(a, 1), b)", {"a": 0, "b": 5},
         {("max(a, 1) @1", "1"), ("max(a, 1) @17", "1"), ("min(max(a, 1), b)", "max(a, 1)")}),
    ],
)  # fmt: skip
def test_which_way_a_formula_went(text, names, found):
    parsed = parse(text, TYPES)
    figures = {"a": 0, "b": 0, "yes": True, "no": False, **names}
    values = {
        name: Fraction(v) if isinstance(v, int) and not isinstance(v, bool) else v
        for name, v in figures.items()
    }
    went = taken(parsed, {name: values[name] for name in parsed.names})
    assert went == found
    assert went <= set(branches(parsed))


def test_every_way_of_a_formula_is_listed():
    assert branches(parse("min(a, 2) if yes and a > 1 else b", TYPES)) == [
        ("yes and a > 1", "true"),
        ("yes and a > 1", "false"),
        ("min(a, 2)", "a"),
        ("min(a, 2)", "2"),
        ("yes", "true"),
        ("yes", "false"),
        ("a > 1", "true"),
        ("a > 1", "false"),
    ]


def test_what_there_is_to_reach_and_what_is_reached(small):  # noqa: F811
    """on-time: met, partly, not, missing, not applicable, and three figures at 90; issued, which is given: met, not,
    not applicable."""
    file = read_cases(small(GOOD))
    found = coverage(file, run(file))
    assert len(found.goals) == 5 + 3 + 3
    assert found.missed == [
        Goal("state", "on-time", "met"),
        Goal(
            "state", "on-time", "not_applicable"
        ),  # the case expects only what is excluded
        Goal("state", "on-time", "not_met"),
        Goal("edge", "on-time", "threshold 90", "below"),
        Goal("edge", "on-time", "threshold 90", "at"),
        Goal("edge", "on-time", "threshold 90", "above"),
        Goal("state", "issued", "not_applicable"),
    ]
    assert found.percent == Fraction(400, 11)


def test_coverage_is_shown_and_may_fail(small, capsys):  # noqa: F811
    path = small(GOOD)
    code, out, _ = said(capsys, "test", path, "--coverage")
    assert code == 0
    assert "The cases reach 36.36 % of the rules: 4 of 11." in out
    assert "no case: on-time, just below threshold 90" in out
    assert "no case: on-time in the state met" in out
    assert said(capsys, "test", path, "--fail-under", "36.36")[0] == 0
    assert said(capsys, "test", path, "--fail-under", "36.37")[0] == 1


def test_where_there_is_nothing_to_reach_all_is_reached():
    """A period outside the validity: nothing can be tried, and points given by a person have no edge."""
    manual = """format = 1
[ruleset]
id = "one"
version = "1"
title = "One"
valid = { from = 2023-01-01, until = 2023-12-31 }
[group.all]
title = "All"
[rule.one]
group = "all"
title = "One"
source = ["1"]
weight = 2
deduction = "manual"
"""
    assert (
        coverage(CaseFile("x", parse_rules(manual), {"period": "1999"}, ()), []).percent
        == 100
    )
    assert coverage(CaseFile("x", parse_rules(manual), {}, ()), []).percent == 0


def test_suggested_cases_reach_everything_and_say_nothing_of_what_comes_out(
    small,  # noqa: F811
    tmp_path,
    capsys,
):
    (tmp_path / "kitchen.toml").write_text(KITCHEN, encoding="utf-8")
    code, out, _ = said(
        capsys,
        "test",
        "--suggest",
        tmp_path / "kitchen.toml",
        "--output",
        tmp_path / "kitchen.cases.toml",
    )
    assert (code, out) == (0, "")
    file = read_cases(tmp_path / "kitchen.cases.toml")
    assert coverage(file, run(file)).missed == []
    assert all(one.value is None for case in file.cases for one in case.expectations)
    assert all(ran.status == "open" for ran in run(file))
    code, out, _ = said(capsys, "test", "--suggest", tmp_path / "kitchen.toml")
    assert out == "# No case is missing.\n"


def test_a_zero_denominator_with_an_effect_of_its_own_is_a_state_to_reach():
    ratio = 'type = "percent"\nratio = { numerator = "done", denominator = "due" }'
    rule = 'comparator = ">="\nthreshold = 90\ndeduction = "all_or_nothing"\n'
    head = '[absence]\nnot_applicable = "lost"\n'
    apart = head + 'zero_denominator = "exclude"\n'
    goal = Goal("state", "one", "zero_denominator")

    def goals(text):
        rules = rules_with(rule, metric=ratio, head=text)
        return coverage(CaseFile("x", rules, {}, ()), []).goals

    assert goal not in goals(head)
    assert goal in goals(apart)
    tried = [
        (mutant.before, mutant.after)
        for mutant in mutants(rules_with(rule, metric=ratio, head=apart))
        if mutant.at == "rule.one.absence.zero_denominator"
    ]
    assert tried == [("exclude", "lost")]


def test_suggestions_do_not_hang_on_what_the_engine_comes_to():
    """Seven times the points, the same text: no figure of points is written."""
    text = KITCHEN
    more = text.replace("weight = 2\n", "weight = 14\n")
    assert more != text
    one, two = (
        suggested(CaseFile("x", parse_rules(rules), {}, ()), "en")
        for rules in (text, more)
    )
    assert one == two
    for case in tomli.loads(one)["case"]:
        for values in case["expect"]["rule"].values():
            assert set(values.values()) == {"?"}


def test_the_code_that_suggests_reads_no_points():
    source = (Path(cchc_rules.__file__).parent / "cases" / "suggest.py").read_text(
        encoding="utf-8"
    )
    names = {
        node.attr
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute)
    }
    assert not names & {
        "earned",
        "lost",
        "excluded",
        "value",
        "exact",
        "points",
        "results",
        "groups",
        "state",
    }


def test_a_new_case_goes_behind_those_that_are_there(small, capsys):  # noqa: F811
    path = small(
        GOOD
        + '\n[[case]]\nid = "on-time-1"\nmeasurements = { share = 90 }\nexpect.rule.on-time.points = 2\n'
    )
    assert said(capsys, "test", "--suggest", path, "--output", path)[0] == 0
    file = read_cases(path)
    assert [case.id for case in file.cases][5:] == [
        "on-time-2",
        "on-time-3",
        "on-time-4",
        "on-time-5",
        "issued-1",
    ]
    assert coverage(file, run(file)).missed == []
    assert said(capsys, "test", "--suggest", path, path, "--output", path)[0] == 2
    assert said(capsys, "test", "--suggest", path.parent)[0] == 0


def test_what_no_figure_reaches_is_a_note(tmp_path):
    """A tier's formula that never goes one way: 1 is above 0 whatever is reported."""
    rule = 'deduction = { kind = "formula", formula = "weight if weight > 0 else 0" }'
    text = suggested(CaseFile("x.cases.toml", rules_with(rule), {}, ()), "en")
    assert (
        "# rule.one.deduction.formula: no figure that was tried reaches this: another way of the formula"
        in text
    )


def test_cases_of_a_kind_of_unit_do_not_count_where_its_rule_differs(small):  # noqa: F811
    file = read_cases(small(GOOD.replace("share = 45 }", "share = 90 }")))
    assert (
        Goal("edge", "on-time", "threshold 90", "at")
        in coverage(file, run(file)).missed
    )


def test_a_threshold_that_is_not_there_reaches_nothing():
    """Ten over nought is no threshold, and the formula of the points that names it is not computed."""
    rule = MORE + 'threshold = { formula = "10 / other" }\n'
    rule += 'deduction = { kind = "formula", formula = "min(weight, threshold)" }\nabsence = { not_applicable = "full" }'
    rules = rules_with(rule, 'type = "number"', OTHER)
    figures = {"figure": 1, "other": 0}
    ran = [
        Ran(
            case_of(rules, figures),
            score(rules, case_of(rules, figures).measurements).scoring,
        )
    ]
    found = coverage(CaseFile("x", rules, {}, ()), ran)
    assert {(one.kind, one.which) for one in found.reached} == {
        ("state", "not_applicable")
    }
    assert {one.which for one in found.goals if one.kind == "edge"} == {"threshold"}


def case_of(rules, figures):
    """A case that expects a state of the only rule."""
    measurements = load_measurements(
        submission_of(rules, {}, {"measurements": figures}), rules
    )
    return Case(
        "a",
        0,
        lambda: 1,
        "",
        measurements,
        (Expectation("rule", "one", "state", "met"),),
    )


@settings(max_examples=examples(3, wide=6, deep=6))
@given(rule_sets())
def test_suggestions_read_back_and_reach_what_they_say(tmp_path_factory, drawn):
    folder = tmp_path_factory.mktemp("suggested")
    (folder / "drawn.toml").write_text(drawn[0], encoding="utf-8")
    bare = without_cases(str(folder / "drawn.toml"))
    text = suggested(bare, "vi")
    (folder / "drawn.cases.toml").write_text(text, encoding="utf-8")
    file = read_cases(folder / "drawn.cases.toml")
    left = coverage(file, run(file)).missed
    assert len(left) == text.count("\n# ") or left == []


class TestOverlays:
    """What an overlay takes over has its cases in the file below; counted and mutated is what it gives itself."""

    def file(self, folder, text):
        (folder / "small.toml").write_text(RULES, encoding="utf-8")
        (folder / "top.toml").write_text(
            f'format = 1\nextends = "small.toml"\n[ruleset]\nid = "top"\nversion = "1"\n{text}',
            encoding="utf-8",
        )
        return without_cases(str(folder / "top.toml"))

    @pytest.mark.parametrize(
        ("text", "counted", "mutated"),
        [
            ("", set(), set()),
            ("[rule.on-time]\nthreshold = 95\n", {"on-time"}, {"rule.on-time"}),
            ('[metric.issued]\ntitle = "Ký"\n', {"issued"}, {"rule.issued"}),
            (
                '[absence]\nwaived = "lost"\n',
                {"on-time", "issued"},
                {"rule.on-time", "rule.issued"},
            ),
            ("[group.extra]\ncap = 2\n", set(), {"group.extra"}),
            ("[index]\nplaces = 3\n", set(), {"index.places", "index.over_scale"}),
            ("[band.good]\nfrom = 60\n[band.weak]\nbelow = 60\n", set(), {"band.good"}),
        ],
    )
    def test_only_what_the_overlay_gives(self, tmp_path, text, counted, mutated):
        file = self.file(tmp_path, text)
        assert {goal.of for goal in coverage(file, []).goals} == counted
        assert {
            ".".join(one.at.split(".")[:2]) for one in mutants(file.rules)
        } == mutated

    def test_it_is_said(self, tmp_path, capsys):
        self.file(tmp_path, "")
        (tmp_path / "top.cases.toml").write_text(
            'format = 1\nrules = "top"\n[[case]]\nid = "a"\nexpect.rule.issued.state = "missing"\n',
            encoding="utf-8",
        )
        told = "  Counted is what this file changes; what it takes over from small has its cases there."
        for command in (("test", "--coverage"), ("mutate",)):
            assert (
                told
                in said(capsys, *command, tmp_path / "top.cases.toml")[1].splitlines()
            )
