"""A date that is reported as never: L10, in every form that a submission may have."""

import json
from pathlib import Path

import polars
import pytest

from cchc_rules import (
    SubmissionError,
    dump_measurements,
    load_measurements,
    load_rules,
    parse_rules,
    score,
)
from cchc_rules.analysis.what_if.changed_figures import tried
from cchc_rules.base.written_values import day_or_never
from cchc_rules.report import verify
from cchc_rules.tables.score_table import score_table

RULES = load_rules(Path(__file__).parents[1] / "good" / "s20-never.toml")
NEVER = {"never": "cấp trên chưa giao"}


def submission(**measurements):
    return {
        "format": 1,
        "ruleset": RULES.id,
        "unit": "UBND xã",
        "period": "2023",
        "measurements": measurements,
    }


def loaded(**measurements):
    return load_measurements(submission(**measurements), RULES)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("never: no plan was asked for", "no plan was asked for"),
        ("NEVER – no plan", "no plan"),
        ("Chưa có: cấp trên chưa giao", "cấp trên chưa giao"),
        ("không có : cấp trên chưa giao", "cấp trên chưa giao"),
        ("never", ""),
    ],
)
def test_words_in_cells(text, why):
    assert day_or_never(text) == {"never": why}


@pytest.mark.parametrize("text", ["chưa", "nevermore: x", "soon: never", ": x", ""])
def test_other_words_are_no_days(text):
    assert day_or_never(text) == text


def test_it_is_printed_as_it_was_said():
    printed = dump_measurements(loaded(plan=NEVER))
    assert json.loads(printed)["measurements"] == {"plan": NEVER}
    again = load_measurements(json.loads(printed), RULES)
    assert dump_measurements(again) == printed


def test_a_report_recomputes_alone():
    report = score(RULES, loaded(plan=NEVER, report="2023-06-01"))
    document = report.to_dict("en")
    assert verify.differences(document) == []
    (entry,) = [
        one for one in document["rules"][0]["inputs"] if one["metric"] == "plan"
    ]
    assert (entry["state"], entry["value"], entry["text"]) == (
        "reported",
        "9999-12-31",
        "never: cấp trên chưa giao",
    )
    assert document["missing"] == []
    # what never was can still be said to have been later than the deadline: a day that is tried
    # lies before it
    entry["value"] = "2023-01-05"
    assert verify.differences(document) != []


def test_it_may_be_tried():
    measurements = loaded(plan="2023-01-31", report="2023-06-01")
    assert (
        score(RULES, measurements).index.value
        == score(RULES, tried(measurements, RULES, ["plan=2023-01-31"])).index.value
    )
    changed = tried(measurements, RULES, ["plan=never"])
    assert changed.entries["plan"].never == "never"
    assert str(score(RULES, changed).rule("plan").earned) == "0.00"


def test_what_was_never_done_can_be_done_today():
    rules = (
        (Path(__file__).parents[1] / "good" / "s20-never.toml")
        .read_text(encoding="utf-8")
        .replace("threshold = 2023-01-31", "threshold = 2023-10-31")
        .replace("[window]", '[absence]\nnot_due = "exclude"\n[window]')
        .replace('metric = "plan"\n', 'metric = "plan"\ndue = 2023-01-31\n')
    )
    late = {**submission(plan=NEVER, report=NEVER), "as_of": "2023-09-30"}
    document = score(parse_rules(rules), load_measurements(late)).to_dict("en")
    assert verify.differences(document) == []
    (gain,) = document["rules"][0]["gains"]
    assert (gain["from"], gain["to"], gain["points"]) == (
        "9999-12-31",
        "2023-09-30",
        "0.20",
    )


def test_before_its_day_it_is_not_due():
    rules = (
        (Path(__file__).parents[1] / "good" / "s20-never.toml")
        .read_text(encoding="utf-8")
        .replace("[window]", '[absence]\nnot_due = "exclude"\n[window]')
    )
    early = {**submission(plan=NEVER), "as_of": "2023-01-30", "period": "2023-01"}
    report = score(parse_rules(rules), load_measurements(early))
    assert str(report.rule("plan").state) == "not_due"


@pytest.mark.parametrize("column", ["plan", "plan.never"])
def test_tables(column):
    cell = "chưa có: cấp trên chưa giao"
    if column == "plan.never":
        cell = "cấp trên chưa giao"
    row = {"unit": ["A"], "period": ["2023"], column: [cell], "report": ["2023-06-01"]}
    table = score_table(RULES, polars.DataFrame(row))
    wanted = score(RULES, loaded(plan=NEVER, report="2023-06-01"))
    (index,) = table.results["index"].to_list()
    assert str(index) == str(wanted.index.value)


def test_the_word_alone_is_refused():
    with pytest.raises(SubmissionError) as caught:
        loaded(plan={"never": ""})
    assert [problem.code for problem in caught.value.problems] == ["never-unexplained"]
    with pytest.raises(SubmissionError) as caught:
        loaded(plan={"never": "x", "value": "2023-01-01"})
    assert [problem.code for problem in caught.value.problems] == ["entry-ways"]
