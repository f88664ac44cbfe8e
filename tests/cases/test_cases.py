"""Case files: read, run, compared exactly; each bad file gives its problem on its line, and no other."""

import json
import re
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from searches import only_wide

from cchc_rules.base.messages import LANGUAGES
from cchc_rules.base.problem import CasesError, RulesError
from cchc_rules.cases.case_file import case_files, cases_beside, read_cases
from cchc_rules.cases.run import Refused, run
from cchc_rules.cli.main import main
from cchc_rules.rules.source import packaged_rule_sets

BAD = Path(__file__).parents[1] / "bad" / "cases"
FILES = sorted(path for path in BAD.glob("*.toml") if path.stem != "rules")

RULES = """
format = 1

[ruleset]
id = "small"
version = "1"
title = { vi = "Nhỏ", en = "Small" }
language = "vi"
valid = { from = 2023-01-01, until = 2023-12-31 }

[absence]
not_applicable = "exclude"

[metric.share]
title = { vi = "Đúng hạn", en = "On time" }
type = "percent"
ratio = { numerator = "a", denominator = "b" }

[metric.issued]
title = { vi = "Đã ban hành", en = "Issued" }
type = "yes_no"

[group.work]
title = "Work"

[group.extra]
title = "Extra"
kind = "bonus"
cap = 1

[rule.on-time]
group = "work"
title = { vi = "Đúng hạn", en = "On time" }
source = ["1"]
metric = "share"
comparator = ">="
threshold = 90
weight = 2
deduction = "proportional"
evidence_required = true

[rule.issued]
group = "extra"
title = { vi = "Ban hành", en = "Issued" }
source = ["2"]
metric = "issued"
comparator = "is"
threshold = true
weight = 1
deduction = "all_or_nothing"

[[band]]
id = "good"
title = "Good"
from = 50

[[band]]
id = "weak"
title = "Weak"
below = 50

[kind.small]
title = "Small"
[kind.small.rule.on-time]
threshold = 45
"""

MORE_RULES = """
[metric.figure]
title = "Figure"
type = "count"

[metric.double]
title = "Double"
type = "number"
formula = "figure * 2"

[metric.signed]
title = "Signed"
type = "date"
better = "neither"

[metric.later]
title = "Ten days later"
type = "date"
better = "neither"
formula = "add_days(signed, 10)"

[metric.enough]
title = "Enough"
type = "yes_no"
formula = "double >= 10"

[metric.risk]
title = "Risk"
type = "level"
levels = ["thấp", "cao"]

[rule.more]
group = "work"
title = "More"
source = ["3"]
metric = "double"
comparator = ">="
threshold = 16
weight = 8
deduction = "proportional"
"""
"""Further metrics of every type, and a rule that loses more than the others."""

HEAD = 'format = 1\nrules = "small"\n'

GOOD = (
    HEAD
    + """
[given]
period = "2023"
[given.measurements]
issued = true

[[case]]
id = "half"
why = "2 × 45 / 90 = 1; 1 of 2 is 50, and 1 on top"
measurements = { share = { numerator = 45, denominator = 100 } }
expect.rule.on-time = { state = "partly_met", points = 1, lost = 1.00, excluded = 0 }
expect.rule.issued.state = "met"
expect.group.work = { points = 1, lost = 1, excluded = 0 }
expect.group.extra = { points = 1 }
[case.expect.index]
value = 51
base = 50
bonus = 1
penalty = 0
claimed = 51
supported = 1
lowest = 51
highest = 51
band = "good"

[[case]]
id = "of-a-kind"
why = "45 is enough for this kind of commune"
unit_kind = "small"
measurements = { share = 45 }
expect.rule.on-time.state = "met"

[[case]]
id = "other-figure-than-given"
measurements = { issued = false }
expect.rule.issued.state = "not_met"
expect.rule.on-time.state = "missing"
expect.index.band = "weak"

[[case]]
id = "none-arose"
measurements.share = { numerator = 0, denominator = 0 }
expect.rule.on-time = { excluded = 2 }
"""
)


@pytest.fixture
def small(tmp_path):
    (tmp_path / "small.toml").write_text(RULES, encoding="utf-8")

    def write(text, name="small"):
        path = tmp_path / f"{name}.cases.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def problems_of(path):
    """What is wrong with a case file as a whole, or with the submissions of its cases."""
    try:
        outcomes = run(read_cases(path))
    except CasesError as error:
        return error.problems
    refused = [outcome for outcome in outcomes if isinstance(outcome, Refused)]
    return [problem for outcome in refused for problem in outcome.problems]


def said(capsys, *arguments):
    code = main([*map(str, arguments), "--lang", "en"])
    out, err = capsys.readouterr()
    return code, out, err


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_a_bad_case_file_gives_its_problem_on_its_line_and_no_other(path, capsys):
    line = int(re.match(r"# expect: (\d+)", path.read_text(encoding="utf-8"))[1])
    problems = problems_of(path)
    found = [(one.code, one.line, one.file) for one in problems]
    assert found == [(path.stem.partition("--")[0], line, str(path))]
    for problem in problems:
        assert all(problem.text(lang) for lang in LANGUAGES)


def test_near_names_are_told():
    with pytest.raises(CasesError, match="on-time"):
        read_cases(BAD / "unknown-rule--case.toml")
    with pytest.raises(CasesError, match="partly_met"):
        read_cases(BAD / "unknown-state.toml")


def test_what_was_worked_out_by_hand_passes(small):
    file = read_cases(small(GOOD))
    assert [ran.status for ran in run(file)] == ["passed"] * 4
    assert file.cases[0].expects("on-time")
    assert not file.cases[3].expects("issued")


@pytest.mark.parametrize(
    "part",
    ["points = 1, lost", "lost = 1.00", "value = 51", "supported = 1\n", "base = 50"],
)
def test_the_smallest_difference_is_seen(small, part):
    ran = run(
        read_cases(
            small(
                GOOD.replace(
                    part, re.sub(r"\d[.\d]*", lambda n: f"{Fraction(n[0]) + 1}", part)
                )
            )
        )
    )
    assert [one.status for one in ran] == ["failed", "passed", "passed", "passed"]


def test_without_a_period_the_whole_validity_counts(small):
    text = (
        HEAD
        + '[[case]]\nid = "a"\nmeasurements = { share = 90 }\nexpect.rule.on-time.points = 2\n'
    )
    (ran,) = run(read_cases(small(text)))
    assert (ran.status, ran.case.measurements.period) == (
        "passed",
        "2023-01-01/2023-12-31",
    )


def test_what_failed_is_said_with_the_arithmetic(small, capsys, monkeypatch):
    path = small(HEAD + '[[case]]\nid = "a"\nwhy = "by hand"\nmeasurements = { share = 89.99 }\n'
                 "expect.rule.on-time = { state = \"met\", points = 1.99 }\n")  # fmt: skip
    monkeypatch.chdir(path.parent)
    code, out, err = said(capsys, "test", path.name)
    assert (code, err) == (1, "")
    assert out == (
        "FAILED small.cases.toml:3 a\n"
        "  Why: by hand\n"
        "  rule.on-time.state: expected met, got partly_met\n"
        "  rule.on-time.points: expected 1.99, got 2.00\n"
        "  Calculation of on-time: 2 × 89.99 / 90 = 1.9998 → 2.00\n"
        "\n"
        "small.cases.toml: 1 case(s): 0 passed, 1 failed, 0 open.\n"
    )


def test_what_is_open_does_not_pass_and_is_not_told(small, capsys):
    path = small(HEAD + '[[case]]\nid = "a"\nmeasurements = { share = 45 }\n'
                 'expect.rule.on-time = { state = "?", lost = 1 }\nexpect.index.value = "?"\n')  # fmt: skip
    code, out, _ = said(capsys, "test", path)
    assert code == 1
    assert "OPEN" in out
    assert "rule.on-time.state: still to be filled in" in out
    assert "partly" not in out
    code, out, _ = said(capsys, "test", path, "--format", "json")
    (case,) = json.loads(out)["files"][0]["cases"]
    assert [
        (one["path"], one["status"], one["got"]) for one in case["expectations"]
    ] == [
        ("rule.on-time.state", "open", None),
        ("rule.on-time.lost", "passed", "1.00"),
        ("index.value", "open", None),
    ]


def test_a_folder_a_rule_file_and_a_case_file_name_the_same_cases(
    small, capsys, tmp_path
):
    path = small(GOOD)
    assert case_files([str(tmp_path), str(tmp_path / "small.toml"), str(path)]) == [
        path
    ]
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "other.cases.toml").write_text(
        'format = 1\nrules = "../small.toml"\n[[case]]\nid = "a"\nexpect.rule.issued.state = "missing"\n'
    )
    code, out, _ = said(capsys, "test", tmp_path)
    assert code == 0
    assert "Altogether 5 case(s): 5 passed, 0 failed, 0 open." in out


def test_packaged_rule_sets_have_their_cases_beside_them():
    for name in packaged_rule_sets():
        assert cases_beside(name).name == f"{name}.cases.toml"


DEAREST = "cam-due-2023"
"""A rule set of 81 rules; its annex, which lies over it, is tried in every run."""

WITH_CASES = [name for name in packaged_rule_sets() if cases_beside(name).is_file()]


@pytest.mark.parametrize(
    "name", [*(name for name in WITH_CASES if name != DEAREST), *only_wide(DEAREST)]
)
def test_the_cases_of_packaged_rule_sets_pass_and_reach_everything(name, capsys):
    code, out, _ = said(capsys, "test", name, "--coverage", "--fail-under", "100")
    assert code == 0, out


def test_nothing_to_run_is_said(tmp_path, capsys):
    code, _, err = said(capsys, "test", tmp_path)
    assert code == 4
    assert "error[no-cases]" in err
    assert "The case file is refused; problems above: 1." in err
    (tmp_path / "lonely.toml").write_text(RULES, encoding="utf-8")
    assert said(capsys, "test", tmp_path / "lonely.toml")[0] == 4


def test_refused_rules_and_broken_cases_have_their_own_exit_codes(
    small, tmp_path, capsys
):
    path = small(GOOD)
    (tmp_path / "small.toml").write_text(
        RULES.replace("threshold = 90", "threshold = 190"), encoding="utf-8"
    )
    assert said(capsys, "test", path)[0] == 3
    (tmp_path / "small.toml").unlink()
    with pytest.raises(RulesError) as caught:
        read_cases(path)
    assert [(one.code, one.line) for one in caught.value.problems] == [
        ("unknown-ruleset", 2)
    ]
    assert said(capsys, "test", BAD / "no-expectation.toml")[0] == 4
    assert said(capsys, "test", tmp_path / "none.cases.toml")[0] == 4


HOSTILE = (
    "case = [1, 2]",
    "given = 1",
    "[given]\nmeasurements = 1\n[[case]]\nid = 'a'",
    "[[case]]\nid = 1\nexpect = 2",
    "[[case]]\nid = 'a'\nexpect.index.value = 1e400000",
    "[[case]]\nid = 'a'\nexpect.index.value = nan",
    "[[case]]\nid = 'a'\nexpect.index.value = 2023-01-01T00:00:00",
    "[[case]]\nid = 'a'\nas_of = 07:32:00\nexpect.index.value = 1",
)


def test_hostile_files_are_refused_not_run(small):
    for text in HOSTILE:
        problems = problems_of(small(HEAD + text))
        assert problems
        assert all(problem.text("en") for problem in problems)
    with pytest.raises(CasesError):
        read_cases(small(HEAD + "case = " + "[" * 100 + "]" * 100))


def test_figures_are_read_as_written(small):
    text = (
        HEAD
        + '[[case]]\nid = "a"\nmeasurements = { share = 0.1 }\nexpect.rule.on-time.points = 0.00222\n'
    )
    (ran,) = run(read_cases(small(text)))
    assert ran.case.measurements.entries["share"].value == Decimal("0.1")
    assert ran.checks[0].expectation.value == Fraction(222, 100000)
    assert ran.status == "failed"


def test_a_problem_with_what_nobody_wrote_stands_at_the_case(small, tmp_path):
    """The validity, taken as the period, is not made of whole months, which this rule set needs."""
    path = small(HEAD + '[[case]]\nid = "a"\nexpect.rule.issued.state = "missing"\n')
    months = '[metric.months]\ntitle = "Months"\ntype = "count"\nfrom_period = "months"\n[group.work]'
    text = RULES.replace("[group.work]", months, 1).replace(
        "from = 2023-01-01", "from = 2023-01-02"
    )
    (tmp_path / "small.toml").write_text(text, encoding="utf-8")
    assert [(one.code, one.line) for one in problems_of(path)] == [
        ("period-not-months", 3)
    ]


class TestWhatElseACaseMayExpect:
    """The figures of `MORE_RULES` by hand; what a case expects beside points and states."""

    def outcomes(self, small, tmp_path, cases):
        (tmp_path / "small.toml").write_text(RULES + MORE_RULES, encoding="utf-8")
        return run(read_cases(small(HEAD + cases)))

    def statuses(self, *arguments):
        return [outcome.status for outcome in self.outcomes(*arguments)]

    def test_derived_figures_maxima_shares_and_the_order_of_losses(
        self, small, tmp_path
    ):
        # 1/3 of 90 % comes to 2 × (100/3) / 90 = 20/27 → 0.74 of 2; 0.5 × 10 = 5 of 8.
        case = """
[[case]]
id = "all"
measurements = { share = { numerator = 1, denominator = 3 }, figure = 5, issued = true,
  signed = 2023-02-01, risk = "thấp" }
expect.metric.share.value = "100/3"
expect.metric.double.value = 10
expect.metric.later.value = 2023-02-11
expect.metric.enough.value = true
expect.metric.risk.value = "thấp"
expect.rule.on-time = { points = 0.74, maximum = 2 }
expect.rule.more = { points = 5, lost = 3 }
expect.group.work = { points = 5.74, maximum = 10, share = 57.4 }
expect.index = { maximum = 10, scored = true, exact = 58.4, band = "good", band_before_gates = "good" }
expect.losses = ["more", "on-time"]
"""
        assert self.statuses(small, tmp_path, case) == ["passed"]

    def test_a_figure_that_is_not_there_has_a_state_and_no_value(self, small, tmp_path):
        case = """
[[case]]
id = "all"
measurements = { share = { not_applicable = "none" } }
expect.metric.share.state = "not_applicable"
expect.metric.double.state = "missing"
"""
        assert self.statuses(small, tmp_path, case) == ["passed"]

    def test_a_refusal_is_expected_by_its_code_and_stops_no_other_case(
        self, small, tmp_path, capsys
    ):
        cases = """
[[case]]
id = "expected"
measurements = { share = 120 }
expect.refused = "out-of-range"
[[case]]
id = "another-reason"
measurements = { share = 120 }
expect.refused = ["unknown-metric"]
[[case]]
id = "not-refused"
measurements = { share = 90 }
expect.refused = "out-of-range"
[[case]]
id = "not-expected"
measurements = { share = 120 }
expect.rule.on-time.points = 2
[[case]]
id = "still-open"
measurements = { share = 120 }
expect.rule.on-time.points = "?"
[[case]]
id = "scored"
measurements = { share = 90 }
expect.rule.on-time.points = 2
"""
        statuses = self.statuses(small, tmp_path, cases)
        assert statuses == ["passed", *["failed"] * 4, "passed"]
        code, out, err = said(capsys, "test", tmp_path / "small.cases.toml")
        assert (code, err) == (1, "")
        assert "refused: expected unknown-metric, got out-of-range" in out
        assert "refused: expected out-of-range, got –" in out
        assert out.count("Refused [out-of-range], line") == 3
        assert "rule.on-time.points: expected" not in out
        assert "2 passed, 4 failed, 0 open." in " ".join(out.split())

    def test_what_has_no_decimal_is_told_as_one_all_the_same(
        self, small, tmp_path, capsys
    ):
        case = """
[[case]]
id = "third"
measurements = { share = { numerator = 1, denominator = 3 } }
expect.metric.share.value = 33
"""
        assert self.statuses(small, tmp_path, case) == ["failed"]
        _, out, _ = said(capsys, "test", tmp_path / "small.cases.toml")
        assert "expected 33.00, got ≈ 33.33333333333333" in out

    def test_no_index_is_not_an_index_of_0(self, small, tmp_path):
        case = """
[[case]]
id = "nothing-left"
measurements = { share = { not_applicable = "none" }, figure = { not_applicable = "none" } }
expect.index = { scored = false, maximum = 10 }
[[case]]
id = "nothing-left-is-no-zero"
measurements = { share = { not_applicable = "none" }, figure = { not_applicable = "none" } }
expect.index.value = 0
"""
        assert self.statuses(small, tmp_path, case) == ["passed", "failed"]
