"""What reports of one rule set have in common is kept: no report may show by it which others came before."""

import copy
import json
import pickle
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cchc_rules import (
    load_measurements,
    load_rules,
    parse_rules,
    print_report,
    score,
)
from cchc_rules.base.messages import languages
from cchc_rules.report.document import document
from cchc_rules.report.machine_form import digest
from cchc_rules.report.rule_document import MOST_KEPT, RuleDocuments
from cchc_rules.scoring.compiled_rules import compile_rules
from cchc_rules.scoring.scoring import Scoring
from cchc_rules.testing import submissions

ROOT = Path(__file__).parents[2]
EXAMPLES = ("cam-due-2023", "cam-due-2023-strong", "cam-due-2023-mid-year")

KITCHEN = (ROOT / "tests" / "kitchen.toml").read_text(encoding="utf-8")

RULES = """
format = 1
ruleset = { id = "kept", version = "1", title = "Kept", valid = { from = 2023-01-01, until = 2023-12-31 } }
absence = { not_applicable = "exclude" }
[group.work]
title = "Work"
[metric.days]
title = "Days"
type = "number"
better = "lower"
[metric.open]
title = "Open"
type = "yes_no"
[rule.fast]
group = "work"
title = "Fast"
source = ["1"]
metric = "days"
comparator = "<="
threshold = 10
weight = 1
deduction = "all_or_nothing"
[rule.open]
group = "work"
title = "Open"
source = ["2"]
metric = "open"
comparator = "is"
threshold = true
weight = 3
deduction = "all_or_nothing"
"""


@pytest.fixture
def rules():
    """The plan's rule set, of which nothing is kept yet."""
    compile_rules.cache_clear()
    return load_rules("cam-due-2023")


def example(rules, name):
    return load_measurements(ROOT / "examples" / f"{name}.json", rules)


def submitted(rules, **figures):
    return load_measurements(
        {
            "format": 1,
            "ruleset": rules.id,
            "unit": "U",
            "period": "2023",
            "measurements": figures,
        },
        rules,
    )


def entries_of(rules, position, lang="vi"):
    return compile_rules(rules).kept[RuleDocuments, lang][position]


class TestNoReportShowsWhichCameBefore:
    @pytest.mark.parametrize("lang", languages())
    def test_the_examples_in_any_order(self, rules, lang):
        alone = {}
        for name in EXAMPLES:
            compile_rules.cache_clear()
            alone[name] = score(rules, example(rules, name)).to_dict(lang)
        compile_rules.cache_clear()
        for name in (*EXAMPLES, *reversed(EXAMPLES), *EXAMPLES):
            assert score(rules, example(rules, name)).to_dict(lang) == alone[name]

    @given(st.data())
    def test_whatever_is_drawn(self, data):
        rules = load_rules("qd-766-2022")
        drawn = [data.draw(submissions(rules)) for _ in range(2)]
        first, second = (load_measurements(item, rules) for item in drawn)
        compile_rules.cache_clear()
        alone = score(rules, second).to_dict()
        compile_rules.cache_clear()
        score(rules, first).to_dict()
        assert score(rules, second).to_dict() == alone

    def test_a_gain_raises_the_index_of_its_own_submission(self):
        rules = parse_rules(RULES)
        both = score(rules, submitted(rules, days=12, open=True)).to_dict("en")
        alone = submitted(rules, days=12, open={"not_applicable": "no such office"})
        without = score(rules, alone).to_dict("en")
        assert both["rules"][0]["gains"][0]["index"] == "25.00"
        assert without["rules"][0]["gains"][0]["index"] == "100.00"

    def test_figures_that_are_equal_keep_their_own_digits(self):
        rules = parse_rules(RULES)
        written = []
        for days in (Decimal("12.5"), Decimal("12.50"), Decimal("12.500")):
            report = score(rules, submitted(rules, days=days, open=True))
            written.append(report.to_dict()["rules"][0]["inputs"][0]["value"])
        assert written == ["12.5", "12.50", "12.500"]

    def test_with_gains_and_without(self):
        rules = parse_rules(RULES)
        scoring = score(rules, submitted(rules, days=12, open=True)).scoring
        with_gains = document(scoring, "en")["rules"][0]
        bare = document(scoring, "en", gains=False)["rules"][0]
        assert with_gains["gains"]
        assert with_gains["win_back"]
        assert bare["gains"] == []
        assert bare["win_back"] is None


class TestEachDocumentIsItsOwn:
    def test_one_that_was_changed_all_through(self, rules):
        report = score(rules, example(rules, "cam-due-2023"))
        untouched = copy.deepcopy(report.to_dict())
        spoil(report.to_dict())
        assert report.to_dict() == untouched


def changeable_in(value):
    """Yield all tables and lists of plain data."""
    if isinstance(value, dict | list):
        yield value
        for item in value.values() if isinstance(value, dict) else value:
            yield from changeable_in(item)


def spoil(content):
    for part in [*changeable_in(content)]:
        part.clear()


class TestBounds:
    def test_no_more_entries_than_that(self):
        compile_rules.cache_clear()
        rules = parse_rules(RULES)
        for days in range(3 * MOST_KEPT):
            score(rules, submitted(rules, days=days, open=True)).to_dict("vi")
        assert len(entries_of(rules, 0)) == MOST_KEPT
        assert len(entries_of(rules, 1)) == 1

    def test_rules_that_read_others_keep_nothing(self, rules):
        score(rules, example(rules, "cam-due-2023")).to_dict("vi")
        behind_gates = [
            position
            for position, rule in enumerate(rules.rules.values())
            if rule.requires
        ]
        assert all(entries_of(rules, position) is None for position in behind_gates)


class TestTheDigest:
    @pytest.mark.parametrize("name", EXAMPLES)
    def test_it_is_that_of_the_whole_document(self, rules, name):
        for _ in range(2):
            content = score(rules, example(rules, name)).to_dict()
            told = content.pop("digest")
            assert told == digest(content)


class TestTheJsonText:
    @pytest.mark.parametrize("lang", languages())
    def test_it_is_that_of_the_document(self, rules, lang):
        for name in (*EXAMPLES, *EXAMPLES):
            report = score(rules, example(rules, name))
            assert report.render("json", lang=lang) == print_report(
                report.to_dict(lang)
            )

    @given(st.data())
    def test_whatever_is_drawn(self, data):
        rules = parse_rules(KITCHEN)
        report = score(rules, load_measurements(data.draw(submissions(rules)), rules))
        assert report.render("json") == print_report(report.to_dict())

    def test_per_cent_signs_and_other_signs_of_a_title(self):
        title = 'title = "100 % of 50%s, “all” {0} \\\\ \\t"'
        rules = parse_rules(RULES.replace('title = "Fast"', title))
        report = score(rules, submitted(rules, days=12, open=True))
        text = report.render("json")
        assert text == print_report(report.to_dict())
        assert "100 % of 50%s" in text


class TestTheIndex:
    def test_what_is_not_asked_for_is_not_computed(self, rules):
        report = score(rules, example(rules, "cam-due-2023"))
        assert str(report.index) == str(report.index.value)
        assert not {"lowest", "highest", "supported"} & {*vars(report.scoring)}
        assert report.index.lowest <= report.index.value <= report.index.highest
        assert {"lowest", "highest"} <= {*vars(report.scoring)}

    def test_equal_and_pickled(self, rules):
        report = score(rules, example(rules, "cam-due-2023"))
        again = pickle.loads(pickle.dumps(report.index))
        assert again == report.index
        assert hash(again) == hash(report.index)
        assert repr(again) == repr(report.index)
        assert copy.deepcopy(report.index) == report.index
        # It does not hold on to the scoring that it came from.
        assert not any(isinstance(value, Scoring) for value in vars(again).values())

    def test_no_other_attribute(self, rules):
        index = score(rules, example(rules, "cam-due-2023")).index
        with pytest.raises(AttributeError, match="no attribute 'median'"):
            assert index.median


class TestIndentedText:
    @pytest.mark.parametrize(
        "value",
        [
            {},
            {"a": [], "b": {}, "c": None, "d": True, "e": False, "f": -12},
            {"xã": ["“có”", "a\nb\t\\ \u2028 \x7f"], "nested": [[1, [2]], {"k": [{}]}]},
            {"pair": (1, 2)},
            {1: "a key that is a number"},
        ],
    )
    def test_as_the_standard_library_writes_it(self, value):
        expected = json.dumps(value, ensure_ascii=False, indent=2) + "\n"
        assert print_report(value) == expected
