"""Cases of rule files with dated sections: what they reach, what they notice, what is suggested."""

from fractions import Fraction

import pytest

from cchc_rules import dump_rules, parse_rules
from cchc_rules.cases.case_file import read_cases
from cchc_rules.cases.coverage import coverage
from cchc_rules.cases.mutation import fates
from cchc_rules.cases.run import run
from cchc_rules.cases.suggest import suggested
from cchc_rules.rules.source import toml

RULES = """
format = 1
[ruleset]
id = "dated"
version = "1"
title = "Dated"
language = "en"
valid = { from = 2024-01-01, until = 2024-12-31 }
[index]
scale = 3
weight_basis = "stated"
[absence]
missing = "lost"
not_applicable = "exclude"
waived = "exclude"
[metric.a]
title = "Cases in time"
type = "percent"
[group.g]
title = "Area"
[rule.r]
group = "g"
title = "Cases in time"
source = ["1"]
metric = "a"
comparator = ">="
threshold = 80
weight = 3
deduction = "all_or_nothing"
"""

WORDS = RULES + '[since."2024-10-01".rule.r]\ntitle = "As October words it"\n'
STRICTER = RULES + '[since."2024-10-01".rule.r]\nthreshold = 90\n'

CASES = """
format = 1
rules = "dated"
[[case]]
id = "at"
measurements = { a = 80 }
expect.rule.r = { state = "met", points = 3 }
[[case]]
id = "below"
measurements = { a = 79.99 }
expect.rule.r = { state = "not_met", points = 0 }
"""

IN_MAY = CASES.replace("measurements", "as_of = 2024-05-31\nmeasurements")
AT_90 = CASES.replace("80 }", "90 }").replace("79.99", "89.99")
BOTH = IN_MAY + AT_90.partition('rules = "dated"')[2].replace('id = "', 'id = "later-')


@pytest.fixture
def file(tmp_path):
    def written(rules, cases):
        (tmp_path / "dated.toml").write_text(rules, encoding="utf-8")
        path = tmp_path / "dated.cases.toml"
        path.write_text(cases, encoding="utf-8")
        return read_cases(path)

    return written


def statuses(file):
    return {
        f"{fate.mutant.at}: {fate.mutant.before} → {fate.mutant.after}": fate.status
        for fate in fates(file, run(file))
    }


class TestMutants:
    def test_words_of_a_section_change_nothing(self, file):
        """Noticed by the two cases at 80 and below: another threshold, `>`, half the weight …"""
        plain = statuses(file(RULES, CASES))
        assert "noticed" in plain.values()
        assert statuses(file(WORDS, CASES)) == plain

    def test_so_for_cases_before_the_day(self, file):
        assert statuses(file(WORDS, IN_MAY)) == statuses(file(RULES, CASES))

    def test_each_value_by_the_cases_of_its_days(self, file):
        only_may = statuses(file(STRICTER, IN_MAY))
        only_later = statuses(file(STRICTER, AT_90))
        both = statuses(file(STRICTER, BOTH))
        before = [key for key in both if "threshold: 80" in key]
        after = [key for key in both if "threshold: 90" in key]
        assert before
        assert after
        assert {only_may[key] for key in after} == {"unnoticed"}
        assert {only_later[key] for key in before} == {"unnoticed"}
        for key in (*before, *after):
            assert both[key] == "noticed" or "100" in key

    def test_a_difference_names_the_day_on_which_it_shows(self, file):
        plain = file(STRICTER, CASES.replace("80 }", "95 }"))
        shown = {
            fate.mutant.before: fate.counterexample.submission.get("as_of")
            for fate in fates(plain, [])
            if fate.counterexample and fate.mutant.at == "rule.r.threshold"
        }
        assert str(shown["80"]) == "2024-09-30"
        assert shown["90"] is None


class TestCoverage:
    def test_words_of_a_section_change_nothing(self, file):
        plain = file(RULES, CASES)
        dated = file(WORDS, CASES)
        expected = coverage(plain, run(plain))
        found = coverage(dated, run(dated))
        assert found.percent == expected.percent > Fraction(0)
        assert set(found.goals) == set(expected.goals)

    def test_a_rule_before_and_after_the_day(self, file):
        one = file(STRICTER, IN_MAY)
        both = file(STRICTER, BOTH)
        missed = {goal.which for goal in coverage(one, run(one)).missed}
        assert "threshold 90" in missed
        assert "threshold 80" in {
            goal.which for goal in coverage(both, run(both)).reached
        }
        assert coverage(both, run(both)).percent > coverage(one, run(one)).percent


class TestSuggested:
    def test_what_is_missing_of_both_is_suggested_with_its_day(self, file):
        nothing = file(STRICTER, 'format = 1\nrules = "dated"\n')
        text = suggested(nothing, "en")
        assert "as_of = 2024-09-30" in text
        filled = file(STRICTER, text)
        assert {case.id for case in filled.cases}

    def test_a_control_character_is_written_as_toml_has_it(self, file):
        level = RULES.replace(
            'type = "percent"', 'type = "level"\nlevels = ["Go\\u007Fod", "Poor"]'
        )
        level = level.replace(
            'comparator = ">="\nthreshold = 80', 'comparator = "is"\nthreshold = "Poor"'
        )
        nothing = file(level, 'format = 1\nrules = "dated"\n')
        text = suggested(nothing, "en")
        assert "\\u007F" in text
        assert "\x7f" not in text
        assert toml(text)["case"]

    def test_so_for_a_rule_set_that_is_printed(self):
        rules = parse_rules(RULES.replace('"Area"', '"Ar\\u007Fea"'))
        printed = dump_rules(rules)
        assert parse_rules(printed).groups["g"].title.en == "Ar\x7fea"
