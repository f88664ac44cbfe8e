"""`cchc_rules.testing`: the rule files of this project keep the laws, and each law finds what breaks it."""

import copy
from collections import Counter
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample
from oracle import oracle
from searches import examples
from strategies import read_toml

from cchc_rules import (
    load_measurements,
    load_rules,
    packaged_rule_sets,
    parse_rules,
    score,
)
from cchc_rules.report.report import Report
from cchc_rules.testing import (
    LAWS,
    LawBrokenError,
    hold,
    rule_files,
    rule_sets,
    submissions,
)
from cchc_rules.testing.submissions import edges_of, periods

DEDUCTIONS = (
    "all_or_nothing",
    "proportional",
    "per_unit",
    "tiers",
    "formula",
    "manual",
)
TYPES = ("percent", "count", "date", "yes_no", "level")

HEAD = """
format = 1
[ruleset]
id = "own"
version = "1"
title = "Own"
language = "en"
valid = { from = 2023-01-01, until = 2023-12-31 }
[index]
scale = 6
[absence]
not_applicable = "exclude"
[group.work]
title = "Work"
"""

POOL_AND_MEAN = """
[group.bonus]
title = "Bonus"
kind = "bonus"
cap = 1.5
[group.mean]
title = "Mean"
combine = "mean"
weight = 2
"""


def share_in(group, name):
    return f"""
[metric.{group}_{name}]
title = "{group} {name}"
type = "percent"
[rule.{group}-{name}]
group = "{group}"
title = "{group} {name}"
source = ["1"]
metric = "{group}_{name}"
comparator = ">="
threshold = 100
weight = 2
deduction = "proportional"
"""


ONE = """
[metric.share]
title = "Share"
type = "percent"
ratio = { numerator = "done", denominator = "all" }
[rule.share]
group = "work"
title = "Share"
source = ["1"]
metric = "share"
comparator = ">="
threshold = 90
weight = 2
deduction = "proportional"
"""

TWO = """
[metric.plan_date]
title = "Plan"
type = "date"
[metric.grade]
title = "Grade"
type = "level"
levels = ["good", "fair", "poor"]
[metric.ideas]
title = "Ideas"
type = "count"
distinct = true
[metric.fine]
title = "Fine"
type = "number"
[rule.plan]
group = "work"
title = "Plan"
source = ["2"]
metric = "plan_date"
comparator = "on_or_before"
threshold = 2023-03-31
weight = 1
deduction = { kind = "tiers", of = "days_late", tiers = [
  { to = 0, points = 1 }, { from = 1, to = 10, points = 0.5 }, { from = 11, points = 0 },
] }
[rule.grade]
group = "work"
title = "Grade"
source = ["3"]
metric = "grade"
comparator = "one_of"
threshold = ["good", "fair"]
weight = 1
deduction = "all_or_nothing"
[rule.ideas]
group = "work"
title = "Ideas"
source = ["4"]
metric = "ideas"
comparator = ">="
threshold = 3
weight = 1
deduction = "proportional"
requires = ["share"]
[rule.fine]
group = "work"
title = "Fine"
source = ["5"]
metric = "fine"
weight = 1
deduction = { kind = "tiers", tiers = [{ from = -1.125, points = 1 }, { below = -1.125, points = 0 }] }
"""

OWN = HEAD + ONE + TWO


def days_as_text(value):
    """A submission as its file has it: days in words."""
    if isinstance(value, dict):
        return {key: days_as_text(item) for key, item in value.items()}
    return value.isoformat() if isinstance(value, date) else value


USUAL = settings(
    max_examples=500,
    deadline=None,
    suppress_health_check=[*HealthCheck],
    derandomize=True,
    phases=[Phase.generate],
    database=None,
)


def law(name):
    return [one for one in LAWS if one.name == name]


@pytest.mark.wide
@pytest.mark.parametrize("name", [one.name for one in LAWS])
@pytest.mark.parametrize("rules", packaged_rule_sets())
def test_the_rule_files_keep_the_laws(rules, name):
    hold(load_rules(rules), examples=10, laws=law(name))


def test_a_rule_set_of_ones_own_in_three_lines():
    hold(parse_rules(OWN), examples=10)


def test_rules_count_for_what_those_beside_them_leave():
    """Beyond a cap points are without effect, and a rule that leaves a mean hands on its part: no law is broken."""
    rules = [
        share_in(group, name) for group in ("bonus", "mean", "work") for name in "ab"
    ]
    hold(
        parse_rules(HEAD + POOL_AND_MEAN + "".join(rules)),
        examples=examples(10, wide=40),
    )


def test_a_rule_set_without_figures_in_two_lines():
    by_hand = '[rule.share]\ngroup = "work"\ntitle = "Share"\nsource = ["1"]\nweight = 6\ndeduction = "manual"\n'
    hold(parse_rules(HEAD + by_hand), examples=5)


class TestWhatBreaksALawIsFound:
    """Each law against an engine that is wrong in one place, or a rule set that says what it should not."""

    @pytest.fixture(autouse=True)
    def without_looking_for_the_smallest(self):
        usual = settings.get_current_profile_name()
        settings.register_profile(
            "first", phases=[Phase.generate], print_blob=False, derandomize=True
        )
        settings.load_profile("first")
        yield
        settings.load_profile(usual)

    def broken(self, name, rules=OWN):
        with pytest.raises(LawBrokenError) as found:
            hold(parse_rules(rules), examples=200, laws=law(name))
        return str(found.value)

    def tamper(self, monkeypatch, change):
        honest = Report.to_dict

        def to_dict(report, *args, **kwargs):
            document = copy.deepcopy(honest(report, *args, **kwargs))
            change(document, report)
            return document

        monkeypatch.setattr(Report, "to_dict", to_dict)

    def test_a_formula_that_falls_while_its_figure_gets_better(self):
        falling = ONE.replace(
            '"proportional"',
            '{ kind = "formula", formula = "weight * (100 - value) / 100" }',
        )
        said = self.broken("monotone", HEAD.replace("6", "2") + falling)
        assert "monotone: While a figure gets better" in said
        assert "Not so at share" in said

    def test_points_above_the_maximum(self, monkeypatch):
        self.tamper(
            monkeypatch, lambda document, _: document["rules"][0].update(earned="2.01")
        )
        assert "share: found 201/100, allowed 0 … 2" in self.broken("bounds")

    def test_a_group_that_loses_less_than_nothing(self, monkeypatch):
        self.tamper(
            monkeypatch, lambda document, _: document["groups"][0].update(lost="-0.01")
        )
        assert "work: found -0.01" in self.broken("bounds")

    def test_an_index_above_its_scale(self, monkeypatch):
        self.tamper(
            monkeypatch, lambda document, _: document["index"].update(value="6.01")
        )
        assert "index: found 6.01, allowed … 6" in self.broken("bounds")

    @pytest.mark.parametrize("part", ["rules", "groups"])
    def test_points_that_go_astray(self, monkeypatch, part):
        self.tamper(
            monkeypatch, lambda document, _: document[part][0].update(excluded="7.00")
        )
        assert "7.00, allowed" in self.broken("conservation")

    def test_a_rule_that_changes_with_what_it_does_not_read(self, monkeypatch):
        def change(document, report):
            fine = report.scoring.measurements.entries.get("fine")
            document["rules"][0]["exact"] = str(fine and fine.value)

        self.tamper(monkeypatch, change)
        assert "Not so at share" in self.broken("independence")

    def test_a_figure_that_hangs_on_the_order(self, monkeypatch):
        def change(document, _):
            document["index"]["value"] = document["rules"][0]["earned"]

        self.tamper(monkeypatch, change)
        assert "Not so at index.value" in self.broken("order")

    def test_a_rule_whose_points_hang_on_the_order(self, monkeypatch):
        def change(document, _):
            document["rules"][0]["exact"] = "0.7"

        self.tamper(monkeypatch, change)
        assert "allowed" in self.broken("order")

    def test_what_does_not_apply_changes_another_rule(self, monkeypatch):
        def change(document, _):
            document["rules"][-1]["exact"] = str(len(document["rules"]))

        self.tamper(monkeypatch, change)
        assert "allowed" in self.broken("not-applicable")

    def test_a_report_that_does_not_come_out_again(self, monkeypatch):
        self.tamper(
            monkeypatch, lambda document, report: document.update(made=id(report))
        )
        assert "Not so at report" in self.broken("re-scores")

    def test_a_report_that_does_not_hold_by_itself(self, monkeypatch):
        self.tamper(
            monkeypatch, lambda document, _: document["index"].update(lowest="0.01")
        )
        assert "Not so at" in self.broken("re-scores")

    def test_said_in_vietnamese(self):
        assert law("order")[0].says() == "Thứ tự viết trong tệp không đổi con số nào."
        assert (
            law("order")[0].says("en")
            == "The order in which a file is written changes no figure."
        )


class TestRuleSets:
    """Drawn rule sets are whole instruments: they pass the check, keep the laws, and hold what the format has."""

    @settings(
        max_examples=30,
        deadline=None,
        suppress_health_check=[*HealthCheck],
        derandomize=True,
    )
    @given(st.data())
    def test_they_are_scored_as_the_oracle_scores_them(self, data):
        text = data.draw(rule_files())
        rules, document = parse_rules(text), read_toml(text)
        submission = data.draw(submissions(rules))
        report = score(rules, load_measurements(submission, rules)).to_dict()
        expected = oracle(document, days_as_text(submission))
        value = report["index"]["value"]
        # Where nothing is left to score there is no index, here and there.
        if value is not None:
            value = Fraction(value)
        assert value == expected["index"]["value"]
        for rule in report["rules"]:
            assert (rule["state"], Fraction(rule["exact"])) == (
                expected["rules"][rule["id"]]["state"],
                expected["rules"][rule["id"]]["exact"],
            )

    @pytest.mark.wide
    @settings(
        max_examples=6,
        deadline=None,
        suppress_health_check=[*HealthCheck],
        derandomize=True,
    )
    @given(rule_sets())
    def test_they_keep_the_laws(self, rules):
        hold(rules, examples=3)

    def test_everything_of_the_format_comes_up(self):
        seen = set()

        @settings(USUAL, max_examples=90)
        @given(rule_sets())
        def draw(rules):
            groups = rules.groups.values()
            seen.update(rule.deduction.kind for rule in rules.rules.values())
            seen.update(metric.type for metric in rules.metrics.values())
            seen.update(
                word
                for group in groups
                for word in (group.kind, group.combine, group.parent)
            )
            seen.update(
                word
                for rule in rules.rules.values()
                for word in (rule.requires and "requires", rule.lowest)
            )
            seen.update(
                ("bands", "gates")[: bool(rules.bands) + bool(rules.band_gates)]
            )

        draw()
        assert {
            *DEDUCTIONS,
            *TYPES,
            "bonus",
            "penalty",
            "mean",
            "base",
            "requires",
            -1,
            "bands",
            "gates",
        } <= seen


class TestSubmissions:
    @pytest.mark.wide
    @pytest.mark.parametrize("rules", packaged_rule_sets())
    def test_every_one_is_accepted(self, rules):
        rules = load_rules(rules)

        @settings(
            max_examples=15,
            deadline=None,
            suppress_health_check=[*HealthCheck],
            derandomize=True,
        )
        @given(submissions(rules))
        def scored(submission):
            score(rules, load_measurements(submission, rules))

        scored()

    def reaches(self, condition, rules=OWN, **settings_):
        find(submissions(parse_rules(rules), **settings_), condition, settings=USUAL)

    @pytest.mark.wide
    @pytest.mark.parametrize(
        ("metric", "value"),
        [
            ("share", "90"),
            ("share", "89.99"),
            ("share", "90.01"),
            ("fine", "-1.125"),
            ("fine", "-1.126"),
            ("plan_date", date(2023, 3, 30)),
            ("plan_date", date(2023, 3, 31)),
            ("plan_date", date(2023, 4, 1)),
            ("plan_date", date(2023, 4, 10)),
            ("plan_date", date(2023, 4, 11)),
        ],
    )
    def test_figures_on_the_edge_and_beside_it(self, metric, value):
        wanted = value if isinstance(value, date) else Fraction(value)

        def there(submission):
            found = submission["measurements"][metric]
            return (found == wanted) if not isinstance(found, (dict, bool)) else False

        self.reaches(there)

    @pytest.mark.parametrize(
        "condition",
        [
            lambda entry: entry is None,
            lambda entry: isinstance(entry, dict) and "not_applicable" in entry,
            lambda entry: isinstance(entry, dict) and entry.get("denominator", 0) > 300,
        ],
    )
    def test_absences_and_ratios(self, condition):
        self.reaches(lambda submission: condition(submission["measurements"]["share"]))

    def test_a_share_that_few_numbers_come_to(self):
        rules = OWN.replace(
            'type = "percent"', 'type = "percent"\nleast = 90\nmost = 90.2'
        )
        self.reaches(
            lambda submission: (
                "denominator" in str(submission["measurements"]["share"])
            ),
            rules,
        )

    @pytest.mark.wide
    def test_no_absence_without_an_effect(self):
        with pytest.raises(NoSuchExample):
            self.reaches(lambda submission: "waived" in str(submission))

    def test_waivers_where_they_have_an_effect(self):
        rules = OWN.replace("[absence]", '[absence]\nwaived = "exclude"')
        self.reaches(lambda submission: "waived" in str(submission), rules)

    @pytest.mark.wide
    def test_none_at_all_on_request(self):
        with pytest.raises(NoSuchExample):
            self.reaches(
                lambda submission: any(
                    entry is None or "not_applicable" in str(entry)
                    for entry in submission["measurements"].values()
                ),
                absences=False,
            )

    def test_blocks_kinds_points_and_days_before_the_window(self):
        rules = OWN.replace('title = "Work"', 'title = "Work"\noptional = true')
        rules = rules.replace(
            'deduction = "all_or_nothing"', 'deduction = "manual"'
        ).replace(
            'metric = "grade"\ncomparator = "one_of"\nthreshold = ["good", "fair"]\n',
            "",
        )
        rules = rules.replace(
            TWO[TWO.index("[metric.grade]") : TWO.index("[metric.ideas]")], ""
        )
        rules += '[window]\nfrom = 2023-06-01\nuntil = 2023-12-31\n[kind.hills]\ntitle = "Hills"\n'
        for condition in (
            lambda submission: submission["absent"],
            lambda submission: submission.get("unit_kind") == "hills",
            lambda submission: (
                submission["points"].get("grade", {}).get("points", 0) > 0.9
            ),
            lambda submission: submission.get("as_of", "9") < "2023-06-01",
        ):
            self.reaches(condition, rules)

    def test_periods_lie_inside_the_validity(self):
        found = Counter(
            text for text, _ in periods(date(2023, 7, 1), date(2025, 3, 31))
        )
        assert list(found) == [
            "2023-07-01/2025-03-31",
            "2023-Q3",
            "2024",
            "2024-H1",
            "2024-Q3",
            "2024-02",
            "2025-02",
        ]

    def test_edges(self):
        rules = parse_rules(OWN)
        assert edges_of(rules, "share") == [90, 0]
        assert edges_of(rules, "fine") == [Fraction("-1.125")]
        assert edges_of(rules, "plan_date") == [
            date(2023, 3, 31),
            date(2023, 4, 1),
            date(2023, 4, 10),
            date(2023, 4, 11),
        ]
        assert edges_of(rules, "grade") == []
