"""Submissions as values: what is kept, when they are equal, and how they are held against rules and a day."""

from datetime import date
from decimal import Decimal

import pytest
from packaged_rules import packaged

from cchc_rules import (
    SubmissionError,
    dump_measurements,
    load_measurements,
    parse_rules,
    score,
)

RULES = """
format = 1
[ruleset]
id = "small"
version = "1"
title = "Small"
valid = { from = 2023-01-01, until = 2023-12-31 }
[absence]
not_applicable = "exclude"
not_due = "exclude"
[metric.share]
title = "Share"
type = "percent"
ratio = { numerator = "a", denominator = "b" }
[metric.rounded]
title = "Share, rounded"
type = "percent"
formula = "share"
round = 1
[metric.issued]
title = "Issued"
type = "date"
[group.work]
title = "Work"
[rule.on-time]
group = "work"
title = "On time"
source = ["1"]
metric = "rounded"
comparator = ">="
threshold = 90.4
weight = 2
deduction = "all_or_nothing"
[rule.issued]
group = "work"
title = "Issued"
source = ["2"]
metric = "issued"
comparator = "on_or_before"
threshold = 2023-06-30
weight = 1
deduction = "all_or_nothing"
"""


def submission(**more):
    return {
        "format": 1,
        "ruleset": "small",
        "unit": "U",
        "period": "2023",
        "measurements": {
            "share": {"numerator": 47, "denominator": 52},
            "issued": "2023-03-01",
        },
        **more,
    }


class TestTheDay:
    """`as_of`: what is asked for, else the submission's, else the end of its period; never the clock."""

    @pytest.mark.parametrize("as_of", ["2023-04-01", date(2023, 4, 1)])
    def test_asked_for(self, as_of):
        rules = parse_rules(RULES)
        measurements = load_measurements(submission(as_of="2023-05-01"), rules)
        assert score(rules, measurements, as_of=as_of).as_of == date(2023, 4, 1)
        assert score(rules, measurements).as_of == date(2023, 5, 1)
        assert score(rules, load_measurements(submission())).as_of == date(2023, 12, 31)
        assert score(
            rules, load_measurements(submission(period="2023-Q2"))
        ).as_of == date(2023, 6, 30)

    def test_a_date_on_the_day_itself_is_no_future(self):
        rules = parse_rules(RULES)
        report = score(
            rules, load_measurements(submission(), rules), as_of="2023-03-01"
        )
        assert str(report.rules[1].state) == "met"

    def test_no_day(self):
        rules = parse_rules(RULES)
        with pytest.raises(SubmissionError) as error:
            score(rules, load_measurements(submission()), as_of="30/06/2023")
        assert [(one.code, one.path) for one in error.value.problems] == [
            ("not-a-date", ("as_of",))
        ]

    def test_a_report_of_the_future_is_refused_at_that_day(self):
        rules = parse_rules(RULES)
        measurements = load_measurements(submission(), rules)
        with pytest.raises(SubmissionError) as error:
            score(rules, measurements, as_of="2023-02-01")
        assert [one.code for one in error.value.problems] == ["date-after-as-of"]
        with pytest.raises(SubmissionError):
            load_measurements(submission(), rules, as_of=date(2023, 2, 1))


class TestBinding:
    def test_one_submission_under_two_rule_sets(self):
        rules, stricter = parse_rules(RULES), parse_rules(RULES.replace("90.4", "90.5"))
        measurements = load_measurements(submission(), rules)
        assert score(rules, measurements).index.value == 100
        assert score(stricter, measurements).index.value == Decimal("33.33")

    def test_faults_are_found_when_scoring_too(self):
        measurements = load_measurements(submission(measurements={"share": True}))
        with pytest.raises(SubmissionError) as error:
            score(parse_rules(RULES), measurements)
        assert [one.code for one in error.value.problems] == ["boolean-for-number"]

    def test_an_absent_figure_is_not_rounded(self):
        rules = parse_rules(RULES)
        gone = submission(measurements={"share": {"numerator": 0, "denominator": 0}})
        report = score(rules, load_measurements(gone, rules))
        assert [str(rule.state) for rule in report.rules] == [
            "not_applicable",
            "missing",
        ]

    def test_a_submission_for_the_base_fits_an_overlay(self):
        base, overlay = packaged("cam-due-2023"), packaged("cam-due-2023-annex")
        assert overlay.reads_submissions_for("cam-due-2023")
        assert not base.reads_submissions_for("cam-due-2023-annex")


class TestEquality:
    def test_equal_when_they_say_the_same(self):
        one, two = (
            load_measurements(submission()),
            load_measurements({**submission(), "note": None}),
        )
        assert one == two
        assert hash(one) == hash(two)
        assert one != load_measurements(submission(note="khác"))
        assert one != "one"
        assert one.sha256 == two.sha256

    def test_printed_text_reads_back(self, tmp_path):
        found = load_measurements(
            submission(
                measurements={"share": Decimal("90.380"), "issued": date(2023, 3, 1)}
            )
        )
        path = tmp_path / "again.json"
        path.write_text(dump_measurements(found), encoding="utf-8")
        assert load_measurements(path) == found
        assert '"share": {"value": 90.380}' in path.read_text()
