"""Figures that are tried: how they are written, what is refused, and that nothing else changes."""

import copy
import json
from decimal import Decimal
from pathlib import Path

import pytest
from packaged_rules import packaged
from rule_texts import TINY_LINES

from cchc_rules import (
    SubmissionError,
    dump_measurements,
    load_measurements,
    parse_rules,
    score,
)
from cchc_rules.analysis.what_if.changed_figures import listed, tried
from cchc_rules.cli.main import main

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "cam-due-2023.json"

TEXT = (
    TINY_LINES
    + """absence = { not_applicable = "exclude" }
[metric.share]
title = "Share"
type = "percent"
ratio = { numerator = "a", denominator = "b" }
[metric.kept]
title = "Kept"
type = "percent"
formula = "share"
[metric.issued]
title = "Issued"
type = "yes_no"
[metric.day]
title = "Day"
type = "date"
[metric.state]
title = "State"
type = "level"
levels = [{ vi = "tốt", en = "good" }, { vi = "kém", en = "poor" }]
[metric.texts]
title = "Texts"
type = "count"
distinct = true
[group.work]
title = "Work"
"""
)
RULES = {
    "share": 'comparator = ">="\nthreshold = 50',
    "kept": 'comparator = ">="\nthreshold = 50',
    "issued": 'comparator = "is"\nthreshold = true',
    "day": 'comparator = "on_or_before"\nthreshold = 2023-06-30',
    "state": 'comparator = "is"\nthreshold = "tốt"',
    "texts": 'comparator = ">="\nthreshold = 3',
}


def rule_set():
    rules = [
        f'[rule.{name}]\ngroup = "work"\ntitle = "{name}"\nsource = ["1"]\nmetric = "{name}"\n{target}\nweight = 1\n'
        'deduction = "all_or_nothing"\n'
        for name, target in RULES.items()
    ]
    return parse_rules(TEXT + "".join(rules))


FIGURES = {
    "share": {"numerator": 1, "denominator": 4, "evidence": ["Report"]},
    "issued": False,
    "day": "2023-07-01",
    "state": "kém",
    "texts": {"items": ["A", "a", "B"]},
}


def submission(**figures):
    measurements = {**copy.deepcopy(FIGURES), **figures}
    return {
        "format": 1,
        "ruleset": "tiny",
        "unit": "Unit",
        "period": "2023",
        "measurements": measurements,
    }


class TestSettings:
    @pytest.mark.parametrize(
        ("setting", "name", "figure"),
        [
            ("share=97.5", "share", Decimal("97.5")),
            ("share = 97", "share", 97),
            ("share=2/4", "share", {"numerator": 2, "denominator": 4}),
            (
                "share= 2 / 4.5 ",
                "share",
                {"numerator": 2, "denominator": Decimal("4.5")},
            ),
            ("issued=true", "issued", True),
            ("issued=Có", "issued", True),
            ("issued=không", "issued", False),
            ("day=2023-06-30", "day", "2023-06-30"),
            ("state=good", "state", "good"),
            ("texts=3", "texts", {"items": ["A", "B", "+1"]}),
            ("texts=1", "texts", {"items": ["A"]}),
            ("share=missing", "share", None),
        ],
    )
    def test_mean_what_stands_in_a_submission(self, setting, name, figure):
        rules = rule_set()
        measurements = load_measurements(submission(), rules)
        found = score(rules, tried(measurements, rules, [setting]))
        again = score(rules, load_measurements(submission(**{name: figure}), rules))
        assert found.index == again.index
        assert found.scoring.figures == again.scoring.figures
        assert found.to_dict()["measurements"]["changes"][0]["metric"] == name
        assert found.to_dict()["measurements"]["sha256"] == measurements.sha256

    @pytest.mark.parametrize(
        ("setting", "code"),
        [
            ("shore=97.5", "unknown-metric"),
            ("shore=missing", "unknown-metric"),
            ("kept=97.5", "derived-metric"),
            ("kept=missing", "derived-metric"),
            ("share=much", "not-a-number"),
            ("share=5/4", "numerator-above-denominator"),
            ("share=101", "out-of-range"),
            ("issued=perhaps", "not-yes-no"),
            ("day=31/06/2023", "not-a-date"),
            ("day=2024-01-01", "date-after-as-of"),
            ("state=fair", "unknown-level"),
            ("texts=many", "items-asked"),
            ("texts=-1", "items-asked"),
        ],
    )
    def test_wrong_ones_are_refused(self, setting, code):
        rules = rule_set()
        measurements = load_measurements(submission(), rules)
        with pytest.raises(SubmissionError) as refused:
            score(rules, tried(measurements, rules, [setting]))
        assert [problem.code for problem in refused.value.problems] == [code]

    def test_the_nearest_name_is_said(self):
        rules = rule_set()
        with pytest.raises(SubmissionError, match="share"):
            tried(
                load_measurements(submission(), rules),
                rules,
                ["shore=97.5", "issued=true"],
            )

    def test_none_change_nothing(self):
        measurements = load_measurements(submission())
        assert tried(measurements, rule_set(), []) is measurements

    def test_items_are_made_up_until_there_are_enough(self):
        assert listed(["+1", "A", "a"], 4) == ["+1", "A", "+2", "+3"]
        assert listed([], 0) == []


class TestChanged:
    def test_evidence_stays_and_the_rest_too(self):
        measurements = load_measurements(submission())
        changed = measurements.changed({"share": 60})
        assert (
            changed.entries["share"].evidence == measurements.entries["share"].evidence
        )
        assert changed.entries["day"] is measurements.entries["day"]
        assert measurements.changes == ()
        assert changed.changed({"issued": True, "share": 50}).changes == (
            "share",
            "issued",
        )
        assert "60" in dump_measurements(changed)

    def test_new_evidence_takes_its_place(self):
        changed = load_measurements(submission()).changed(
            {"share": {"value": 60, "evidence": ["Other"]}, "new": 1}
        )
        assert [item.document for item in changed.entries["share"].evidence] == [
            "Other"
        ]

    def test_a_wrong_form_is_refused_at_once(self):
        with pytest.raises(SubmissionError) as refused:
            load_measurements(submission()).changed({"share": {"numerator": 1}})
        assert refused.value.problems[0].path == ("measurements", "share")

    def test_leaving_out_what_was_never_there_is_refused(self):
        rules = rule_set()
        with pytest.raises(SubmissionError) as refused:
            score(
                rules, load_measurements(submission(), rules).changed({"shore": None})
            )
        assert refused.value.problems[0].code == "unknown-metric"


class TestTheCommandLine:
    def test_hostile_text_is_shown_and_not_run(self, capsys):
        assert main(["score", str(EXAMPLE), "--set", "x\x1b[31m=1"]) == 4
        assert "\x1b" not in capsys.readouterr().err

    @pytest.mark.parametrize("setting", ["on_time", "=3", "on_time="])
    def test_a_setting_has_a_name_and_a_value(self, setting, capsys):
        assert main(["score", str(EXAMPLE), "--set", setting]) == 2
        assert "MÃ=97.5" in capsys.readouterr().err

    def test_the_document_names_them(self, capsys):
        assert (
            main(
                [
                    "score",
                    str(EXAMPLE),
                    "--set",
                    "deputies=có",
                    "--format",
                    "json",
                    "--lang",
                    "en",
                ]
            )
            == 0
        )
        document = json.loads(capsys.readouterr().out)
        rules = packaged("cam-due-2023")
        assert (
            document["measurements"]["sha256"]
            == load_measurements(EXAMPLE, rules).sha256
        )
        assert document["measurements"]["changes"] == [
            {"metric": "deputies", "text": "Number of deputies is as prescribed: yes"}
        ]
