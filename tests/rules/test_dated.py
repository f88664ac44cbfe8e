"""Sections that hold from a day on: which governs (V2, V3), and that what came before scores as it did."""

import json
from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from oracle import of_kind
from searches import mostly_tests, tests_something
from strategies import read_toml, rule_sets, submissions, to_toml
from test_overlays import FRAME, SUBMISSION, bare

from cchc_rules import (
    RulesError,
    SubmissionError,
    compare,
    dump_rules,
    load_measurements,
    parse_rules,
    plan_to,
    print_report,
    score,
    sensitivity,
)
from cchc_rules.analysis.what_if.changed_figures import tried
from cchc_rules.cli.main import main
from cchc_rules.render import render
from cchc_rules.report.verify import differences
from cchc_rules.scoring.compiled_rules import compile_rules

DATED = (
    FRAME
    + """
[since.2023-07-01]
title = { vi = "Sửa đổi tháng 7", en = "Amended in July" }

[since.2023-07-01.rule.on-time]
threshold = 80

[since.2023-10-01.rule.on-time]
weight = 3

[since.2023-10-01.rule.plan]
weight = 2
"""
)


def report(as_of, text=DATED, **changes):
    rules = parse_rules(text)
    return score(
        rules, load_measurements(SUBMISSION | {"as_of": as_of} | changes, rules)
    )


class TestWhichGoverns:
    """The share is 82: below 90, above 80. The plan is issued."""

    @pytest.mark.parametrize(
        ("as_of", "since", "value"),
        [
            ("2023-06-30", None, "1.00"),
            ("2023-07-01", "2023-07-01", "5.00"),
            ("2023-09-30", "2023-07-01", "5.00"),
            ("2023-10-01", "2023-10-01", "5.00"),
            ("2024-03-01", "2023-10-01", "5.00"),
        ],
    )
    def test_the_last_that_has_begun(self, as_of, since, value):
        document = report(as_of).to_dict("vi")
        assert (document["ruleset"]["since"], document["index"]["value"]) == (
            since,
            value,
        )

    def test_later_ones_are_laid_over_earlier_ones(self):
        rules = parse_rules(DATED)
        last = rules.at(date(2023, 12, 31)).rules["on-time"]
        assert (last.threshold, last.weight) == (80, 3)
        assert rules.rules["on-time"].threshold == 90
        assert [*rules.dated] == [date(2023, 7, 1), date(2023, 10, 1)]

    def test_written_in_any_order(self):
        turned = (
            FRAME
            + "[since.2023-10-01.rule.on-time]\nthreshold = 70\n[since.2023-07-01.rule.on-time]\nthreshold = 80\n"
        )
        assert [
            version.rules["on-time"].threshold
            for version in parse_rules(turned).dated.values()
        ] == [80, 70]

    def test_the_end_of_the_period_where_nothing_else_says(self):
        rules = parse_rules(DATED)
        plain = load_measurements(SUBMISSION | {"period": "2023-H1"})
        assert score(rules, plain).to_dict()["ruleset"]["since"] is None
        assert (
            score(rules, plain, as_of="2023-07-01").to_dict()["ruleset"]["since"]
            == "2023-07-01"
        )

    def test_each_version_is_compiled_once(self):
        rules = parse_rules(DATED)
        version = rules.at(date(2023, 8, 1))
        assert version is rules.at(date(2023, 7, 1))
        assert compile_rules(version) is compile_rules(rules.at(date(2023, 8, 2)))

    def test_the_report_says_so(self):
        document = report("2023-07-01").to_dict("vi")
        assert document["ruleset"]["since_title"] == "Sửa đổi tháng 7"
        for view in ("text", "markdown", "html"):
            assert "01/07/2023 – Sửa đổi tháng 7" in render(document, view)
        untitled = report("2023-10-01").to_dict("en")
        assert untitled["ruleset"]["since_title"] is None
        assert "In force from" in render(untitled, "text")

    def test_where_values_come_from(self):
        document = report("2023-10-01").to_dict("vi")
        places, rule = (
            document["origins"]["places"],
            document["origins"]["fields"]["rule"]["on-time"],
        )
        assert [
            places[rule[key]]["since"] for key in ("threshold", "weight", "title")
        ] == [
            "2023-07-01",
            "2023-10-01",
            None,
        ]

    def test_a_figure_that_is_asked_for_from_a_day_on(self):
        metric = "[since.2023-07-01.metric.signed]\ntitle = 'Ký số'\ntype = 'percent'\n"
        rule = (
            "[since.2023-07-01.rule.signed]\ngroup = 'work'\ntitle = 'Ký số'\nsource = ['3']\nmetric = 'signed'\n"
            "comparator = '>='\nthreshold = 50\nweight = 5\ndeduction = 'all_or_nothing'\n"
        )
        figures = SUBMISSION["measurements"] | {"signed": 60}
        text = FRAME + metric + rule
        with pytest.raises(SubmissionError):
            report("2023-06-30", text, measurements=figures)
        assert (
            report("2023-07-01", text, measurements=figures).to_dict()["rules"][2][
                "state"
            ]
            == "met"
        )
        rules = parse_rules(text)
        plain = load_measurements(SUBMISSION, rules)
        assert (
            score(rules, tried(plain, rules, ["signed=60"])).to_dict()["rules"][2][
                "state"
            ]
            == "met"
        )
        assert score(rules, tried(plain, rules, ["signed=60"], as_of=date(2023, 8, 1)))
        with pytest.raises(SubmissionError):
            tried(plain, rules, ["signed=60"], as_of=date(2023, 6, 1))


class TestEarlierSubmissions:
    @pytest.mark.parametrize("as_of", ["2023-03-31", "2023-06-30"])
    def test_score_byte_for_byte_as_they_did(self, as_of):
        """Only the hash of the rule file, and what hangs on it, the digest, are other ones."""
        with_sections, without = (
            report(as_of, text).to_dict("vi") for text in (DATED, FRAME)
        )
        for document in (with_sections, without):
            del (
                document["digest"],
                document["ruleset"]["sha256"],
                document["ruleset"]["files"],
            )
        assert print_report(with_sections) == print_report(without)

    def test_are_the_same_in_every_view(self):
        documents = [
            report("2023-06-30", text).to_dict("vi", machine=False)
            for text in (DATED, FRAME)
        ]
        for document in documents:
            document["ruleset"] |= {"sha256": "", "files": []}
        for view in ("text", "markdown", "html"):
            assert render(documents[0] | {"digest": ""}, view) == render(
                documents[1] | {"digest": ""}, view
            )


class TestKinds:
    TEXT = DATED + (
        "[kind.hill]\ntitle = 'Đồi'\n[kind.hill.rule.on-time]\nthreshold = 85\n"
        "[since.2023-10-01.kind.hill.rule.on-time]\nthreshold = 60\n[since.2023-10-01.kind.sea]\ntitle = 'Biển'\n"
    )

    def test_are_laid_over_the_day_s_rules(self):
        rules = parse_rules(self.TEXT)
        found = [
            rules.at(day).kinds["hill"].rules["on-time"]
            for day in (date(2023, 6, 1), date(2023, 8, 1), date(2023, 11, 1))
        ]
        assert [(rule.threshold, rule.weight) for rule in found] == [
            (85, 4),
            (85, 4),
            (60, 3),
        ]

    def test_a_kind_may_begin_on_a_day(self):
        assert (
            report("2023-10-01", self.TEXT, unit_kind="sea").to_dict()["ruleset"][
                "kind"
            ]
            == "sea"
        )
        with pytest.raises(SubmissionError) as refused:
            report("2023-09-30", self.TEXT, unit_kind="sea")
        assert [one.code for one in refused.value.problems] == ["unknown-kind"]

    def test_the_report_names_both(self):
        ruleset = report("2023-07-01", self.TEXT, unit_kind="hill").to_dict()["ruleset"]
        assert (ruleset["kind"], ruleset["since"], ruleset["since_title"]) == (
            "hill",
            "2023-07-01",
            "Sửa đổi tháng 7",
        )


class TestChecks:
    def problems(self, text):
        with pytest.raises(RulesError) as refused:
            parse_rules(text)
        return [(one.code, one.path) for one in refused.value.problems]

    def test_every_version_is_checked_as_a_whole(self):
        text = (
            FRAME.replace('title = "Công việc"', 'title = "Công việc"\nweight = 5')
            + "[since.2023-07-01.rule.plan]\nweight = 2\n"
        )
        ((code, path),) = self.problems(text)
        assert (code, path[:2]) == ("group-sum", ("since", "2023-07-01"))

    def test_what_stays_wrong_is_told_once(self):
        text = (
            FRAME
            + "[since.2023-07-01.rule.on-time]\nthreshold = 190\n[since.2023-08-01]\n"
            + "[since.2023-09-01.rule.plan]\nweight = 2\n"
        )
        assert self.problems(text) == [
            (
                "threshold-out-of-range",
                ("since", "2023-07-01", "rule", "on-time", "threshold"),
            )
        ]

    def test_a_kind_on_a_day(self):
        text = (
            FRAME
            + "[kind.hill]\n[since.2023-07-01.kind.hill.rule.on-time]\nthreshold = 190\n[since.2023-08-01]\n"
        )
        path = ("since", "2023-07-01", "kind", "hill", "rule", "on-time", "threshold")
        assert self.problems(text) == [("threshold-out-of-range", path)]

    def test_a_version_s_bands_are_called_by_their_names(self):
        ((_, path),) = self.problems(
            FRAME + "[since.2023-07-01.band.good]\nfrom = 'x'\n"
        )
        assert path == ("since", "2023-07-01", "band", "good", "from")

    def test_a_day_that_cannot_be_held_against_a_broken_validity(self):
        text = (
            FRAME.replace("until = 2023-12-31", "until = 31") + "[since.2030-07-01]\n"
        )
        assert [code for code, _ in self.problems(text)] == ["not-a-date"]

    @pytest.mark.parametrize(
        "day",
        ["2023-02-30", "20230701", "2023-7-1", "2023-07-01T00:00:00", "٢٠٢٣-07-01", ""],
    )
    def test_what_is_no_day(self, day):
        assert [code for code, _ in self.problems(FRAME + f'[since."{day}"]\n')] == [
            "since-date"
        ]

    @pytest.mark.parametrize("day", ["2023-01-01", "2023-12-31"])
    def test_the_ends_of_the_validity(self, day):
        assert [
            one.isoformat() for one in parse_rules(FRAME + f"[since.{day}]\n").dated
        ] == [day]


class TestOtherCommands:
    def test_reports_on_both_sides_of_a_day_are_compared(self):
        before, after = report("2023-06-30"), report("2023-07-01")
        found = compare(before, after)
        assert (found.basis, str(found.change)) == ("rescored", "4.00")
        assert str(found.rules) == "4.00"

    def test_sensitivity_reads_the_rules_of_the_day(self):
        conflict = 'conflict = [{ source = "9", comparator = ">=", threshold = 95 }]\nweight = 4\n'
        text = DATED.replace("weight = 4\n", conflict)
        rules = parse_rules(text)
        found = sensitivity(
            rules, load_measurements(SUBMISSION, rules), as_of="2023-07-01"
        )
        (reading,) = found.readings
        assert (found.report.index.value, reading.scoring.index.value) == (5, 100)

    def test_a_plan_mends_by_the_rules_of_the_day(self):
        rules = parse_rules(DATED)
        low = load_measurements(
            SUBMISSION | {"measurements": {"share": 70, "plan": True}}, rules
        )
        for as_of, to in (("2023-06-30", 90), ("2023-07-01", 80)):
            plan = plan_to(rules, low, index=5, as_of=as_of)
            assert plan.to_dict()["steps"][0]["to"] == str(to)

    def test_a_report_proves_itself(self):
        for as_of in ("2023-06-30", "2023-07-01", "2023-10-01"):
            assert differences(report(as_of).to_dict("vi")) == []

    def test_verify_scores_again_by_the_day_of_the_report(self, tmp_path, capsys):
        (tmp_path / "frame.toml").write_text(DATED, encoding="utf-8")
        submitted, saved = tmp_path / "submission.json", tmp_path / "report.json"
        submitted.write_text(json.dumps(SUBMISSION), encoding="utf-8")
        for as_of in ("2023-06-30", "2023-08-01"):
            assert (
                main(
                    [
                        "score",
                        str(submitted),
                        "--as-of",
                        as_of,
                        "--format",
                        "json",
                        "--output",
                        str(saved),
                    ]
                )
                == 0
            )
            held_against = ["verify", str(saved), "--measurements", str(submitted)]
            assert main(held_against) == 1  # the submission's own day is another
            assert main([*held_against, "--as-of", as_of]) == 0
        capsys.readouterr()

    def test_printed_and_read_back(self):
        rules = parse_rules(TestKinds.TEXT)
        again = parse_rules(dump_rules(rules))
        assert again.document == rules.document
        for day, version in rules.dated.items():
            assert again.dated[day].rules == version.rules
            assert again.dated[day].kinds["hill"].rules == version.kinds["hill"].rules
            assert parse_rules(dump_rules(version)).rules == version.rules


@mostly_tests
@given(rule_sets(kinds="always", always=["change"]), st.data())
def test_a_dated_file_scores_as_the_file_written_for_that_day(drawn, data):
    """The changes of the drawn kind of unit, from the first of July on; the file for that day is the oracle's."""
    _, document = drawn
    changes = document["kind"]["mountain"]
    document = {key: value for key, value in document.items() if key != "kind"}
    assume("rule" in changes)
    tests_something()
    before = to_toml(document)
    after = to_toml(of_kind(document | {"kind": {"k": changes}}, "k"))
    sections = "".join(
        f"[since.2023-07-01.rule.{name}]\n"
        + to_toml({"x": 1, "index": fields}).split("[index]\n")[1]
        for name, fields in changes["rule"].items()
    )
    dated = parse_rules(before + sections)
    submission = data.draw(submissions(read_toml(before)))
    for as_of, text in (("2023-06-30", before), ("2023-07-01", after)):
        hand = parse_rules(text)
        try:
            wanted = bare(
                score(hand, load_measurements(submission), as_of=as_of).to_dict("vi")
            )
        except SubmissionError as error:
            with pytest.raises(SubmissionError) as refused:
                score(dated, load_measurements(submission), as_of=as_of)
            assert [one.code for one in refused.value.problems] == [
                one.code for one in error.problems
            ]
            continue
        assert (
            bare(score(dated, load_measurements(submission), as_of=as_of).to_dict("vi"))
            == wanted
        )
