"""The report as an importer holds it: records, lists, views, tables; what cannot be changed; pickles; days."""

import copy
import pickle
import re
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from packaged_rules import packaged

import cchc_rules
from cchc_rules import (
    SubmissionError,
    load_measurements,
    rank,
    score,
    score_table,
)
from cchc_rules.base.frozen import FrozenDict, FrozenList, deeply_frozen
from cchc_rules.report.report import Report, RuleRecord

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "cam-due-2023.json"
API = (ROOT / "docs" / "reference" / "api.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def rules():
    return packaged("cam-due-2023")


@pytest.fixture(scope="module")
def measurements(rules):
    return load_measurements(EXAMPLE, rules)


@pytest.fixture(scope="module")
def report(rules, measurements):
    return score(rules, measurements)


class TestRecords:
    def test_a_rule_by_its_id(self, report):
        rule = report.rule("officials-placed")
        assert rule.id == "officials-placed"
        assert rule.group.id == rule.rule.group
        assert rule.metric.id == rule.rule.metric
        with pytest.raises(KeyError):
            report.rule("no-such-rule")

    def test_a_rule_says_what_its_document_says(self, report):
        for rule, shown in zip(report.rules, report.to_dict()["rules"], strict=True):
            assert rule.reason_text == shown["reason"]["text"]
            for key in ("required", "reported", "calculation", "win_back"):
                assert getattr(rule, key) == shown[key]
            documents = [item["document"] for item in shown["evidence"]["documents"]]
            assert [document.document for document in rule.evidence] == documents
            assert rule.supported is shown["evidence"]["supported"]
            for key in ("without_effect", "weight"):
                assert str(getattr(rule, key)) == shown[key]
            remedy = shown["remedy"]
            assert (rule.remedy and rule.remedy.id) == (remedy and remedy["id"])

    def test_groups(self, report):
        shown = report.to_dict()["groups"]
        assert [group.id for group in report.groups] == [item["id"] for item in shown]
        for group, item in zip(report.groups, shown, strict=True):
            assert group.title == item["title"]
            for key in ("maximum", "earned", "lost", "excluded"):
                assert str(getattr(group, key)) == item[key]
        first = report.groups[0]
        assert report.group(first.id) is first
        with pytest.raises(KeyError):
            report.group("no-such-group")

    def test_the_losses_of_the_areas_are_those_of_their_rules(self, report):
        for group in report.groups:
            assert all(rule.rule.group == group.id for rule in group.rules)
        lost = sum((rule.lost for rule in report.rules), Decimal(0))
        assert lost == report.index.lost

    def test_lists(self, report):
        document = report.to_dict()
        for key in ("losses", "missing", "unsupported"):
            assert [rule.id for rule in getattr(report, key)] == document[key]
        targets = [(target.id, target.reached) for target in report.targets]
        assert targets == [
            (item["id"], item["reached"]) for item in document["targets"]
        ]
        assert [track.id for track in report.tracks] == [
            item["id"] for item in document["tracks"]
        ]


class TestViews:
    @pytest.mark.parametrize("form", ["text", "markdown", "json", "html"])
    def test_a_text(self, report, form):
        shown = report.render(form, lang="en")
        assert isinstance(shown, str)
        assert "82.56" in shown

    def test_a_workbook(self, report):
        assert report.render("xlsx").startswith(b"PK")

    def test_a_form_that_there_is_not(self, report):
        with pytest.raises(ValueError, match="doc"):
            report.render("doc")

    def test_a_notebook(self, report):
        shown = report._repr_html_()
        assert shown.startswith("<p><strong>")
        assert shown.count("<li>") == len(report.losses)

    def test_one_line(self, rules, measurements, report):
        assert repr(report) == (
            "<Report 'UBND xã Cẩm Duệ', cam-due-2023: 82.56 / 100, Tốt>"
        )
        for value in (rules, measurements, report, report.rules[0], report.groups[0]):
            assert "\n" not in repr(value)
            assert len(repr(value)) < 200

    def test_tables(self, report):
        table = report.to_polars()
        assert table["rule"].to_list() == [rule.id for rule in report.rules]
        assert sum(table["lost"].to_list()) == report.index.lost

    @pytest.mark.wide
    def test_a_table_of_pandas(self, report):
        pytest.importorskip("pandas")
        assert list(report.to_pandas()["lost"]) == [rule.lost for rule in report.rules]


class TestNobodyWritesInto:
    def test_rule_sets(self, rules):
        for name in ("rules", "metrics", "groups", "remedies", "kinds", "document"):
            mapping = getattr(rules, name)
            with pytest.raises(TypeError):
                mapping["new"] = None
        for change in ("clear", "popitem"):
            with pytest.raises(TypeError):
                getattr(rules.rules, change)()
        (first, *_) = rules.rules.values()
        with pytest.raises(TypeError):
            first.absence["met"] = "full"
        with pytest.raises(TypeError):
            rules.metric_types.update(x="number")

    def test_submissions(self, measurements):
        for name in ("entries", "points", "absent", "tracks", "cells"):
            with pytest.raises(TypeError):
                getattr(measurements, name)["new"] = None

    def test_a_document_however_deep(self):
        kept = deeply_frozen({"a": [{"b": 1}]})
        assert kept == {"a": [{"b": 1}]}
        assert isinstance(kept, FrozenDict)
        assert isinstance(kept["a"], FrozenList)
        with pytest.raises(TypeError):
            kept["a"].append(2)
        with pytest.raises(TypeError):
            kept["a"][0]["b"] = 2
        assert deeply_frozen(kept) is kept
        assert pickle.loads(pickle.dumps(kept)) == kept
        changed = copy.deepcopy(kept)
        changed["a"][0]["b"] = 2
        assert (changed, kept) == ({"a": [{"b": 2}]}, {"a": [{"b": 1}]})


class TestCopies:
    def test_a_report_comes_back_from_a_pickle(self, report):
        again = pickle.loads(pickle.dumps(report))
        assert again == report
        assert hash(again) == hash(report)
        assert again.to_dict("en") == report.to_dict("en")

    def test_so_do_what_it_is_made_from_and_what_ranks_it(
        self, rules, measurements, report
    ):
        assert score(pickle.loads(pickle.dumps(rules)), measurements) == report
        assert pickle.loads(pickle.dumps(measurements)) == measurements
        (ranked,) = pickle.loads(pickle.dumps(rank([report])))
        assert ranked.report == report

    def test_a_deep_copy_says_the_same(self, report):
        assert copy.deepcopy(report).to_dict() == report.to_dict()

    def test_errors_come_back_from_a_worker(self, rules, measurements):
        with pytest.raises(SubmissionError) as raised:
            score(rules, measurements, as_of="31/12/2023")
        again = pickle.loads(pickle.dumps(raised.value))
        assert again.problems == raised.value.problems

    def test_another_figure_or_day_is_another_report(self, rules, measurements, report):
        assert score(rules, measurements.changed({"deputies": True})) != report
        assert score(rules, measurements, as_of="2023-12-30") != report
        assert report != "report"


class TestDays:
    DAY = date(2023, 12, 31)

    @pytest.mark.parametrize("day", [DAY, "2023-12-31", datetime(2023, 12, 31)])
    def test_every_way_to_give_one(self, rules, day):
        measurements = load_measurements(EXAMPLE, rules, as_of=day)
        assert score(rules, measurements, as_of=day).as_of == self.DAY
        assert cchc_rules.plan_to(rules, measurements, index=1, as_of=day).reached
        assert cchc_rules.sensitivity(rules, measurements, as_of=day, work=1)

    @pytest.mark.parametrize("day", ["31/12/2023", datetime(2023, 12, 31, 8), 20231231])
    def test_anything_else_is_refused_in_words(self, rules, measurements, day):
        for call in (
            lambda: score(rules, measurements, as_of=day),
            lambda: load_measurements(EXAMPLE, rules, as_of=day),
            lambda: score_table(rules, {"unit": ["A"]}, as_of=day),
        ):
            with pytest.raises(SubmissionError) as raised:
                call()
            (problem,) = raised.value.problems
            assert (problem.code, problem.path) == ("not-a-date", ("as_of",))


class TestThePageOfTheLibrary:
    """docs/reference/api.md names what there is."""

    def test_every_name_of_a_report_is_there(self):
        names = set(re.findall(r"`report\.([a-z_]+)", API))
        assert {"groups", "targets", "missing", "unsupported", "tracks"} <= names
        assert {"rule", "render", "to_polars", "to_pandas", "losses"} <= names
        assert all(hasattr(Report, name) for name in names - {"md", "rules"})

    def test_every_public_name_of_a_report_is_told(self):
        public = {name for name in vars(Report) if not name.startswith("_")}
        inside = {"decimal", "arithmetic", "explanation", "rules_used", "warnings"}
        told = set(re.findall(r"`report\.([a-z_]+)", API))
        assert public - inside <= told

    def test_every_name_of_a_rule_is_told(self):
        section = API.partition("A `RuleRecord` has")[2].partition("A `GroupRecord`")[0]
        told = set(re.findall(r"`([a-z_]+)`", section))
        public = {name for name in vars(RuleRecord) if not name.startswith("_")}
        assert public - {"report", "at"} <= told

    def test_every_public_name_is_in_dir(self):
        assert set(cchc_rules.__all__) <= set(dir(cchc_rules))
