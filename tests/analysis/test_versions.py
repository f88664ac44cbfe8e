"""`diff` and `impact`: whatever changes is told in words, and what it does to units is exact."""

import dataclasses
import json
import shutil
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from packaged_rules import packaged

from cchc_rules import compare, load_measurements, parse_rules, score
from cchc_rules.analysis.versions.difference import PARTS, difference
from cchc_rules.analysis.versions.impact import impact
from cchc_rules.base.calendar import Calendar
from cchc_rules.base.interval import Interval
from cchc_rules.base.state import Effect, State
from cchc_rules.cli.main import main
from cchc_rules.rules.deductions import LevelTable, Manual
from cchc_rules.rules.model import Conflict, Need, Peers, Rounding, Text

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
PLAN, ANNEX = packaged("cam-due-2023"), packaged("cam-due-2023-annex")

OLD = """format = 1
[ruleset]
id = "own"
version = "1"
title = "Own"
language = "en"
valid = { from = 2023-01-01, until = 2023-12-31 }
[index]
scale = 4
[absence]
not_applicable = "exclude"
[group.work]
title = "Work"
[metric.share]
title = "Share"
type = "percent"
[metric.late]
title = "Late"
type = "count"
better = "lower"
[remedy.act]
task = "Act"
[rule.share]
group = "work"
title = "Share"
source = ["1"]
metric = "share"
comparator = ">="
threshold = 90
weight = 3
deduction = "proportional"
remedy = "act"
[rule.late]
group = "work"
title = "None late"
source = ["2"]
metric = "late"
comparator = "<="
threshold = 2
weight = 1
deduction = "all_or_nothing"
[[band]]
id = "good"
title = "Good"
from = 2
[[band]]
id = "poor"
title = "Poor"
below = 2
[[band_gate]]
rule = "late"
at_most = "poor"
[[target]]
id = "three"
title = "Three"
comparator = ">="
threshold = 3
"""


def told(new, old=OLD, lang="en"):
    """What changed, as part → title → key → (before, after)."""
    found = difference(parse_rules(old), parse_rules(new), lang)
    return {
        part: {one["title"]: moved(one) for one in found[part]}
        for part in PARTS
        if found[part]
    }


def moved(one):
    return {field["key"]: (field["before"], field["after"]) for field in one["fields"]}


class TestDifference:
    def test_nothing(self):
        found = difference(parse_rules(OLD), parse_rules(OLD))
        assert found["same"]
        assert not any(found[part] for part in PARTS)

    @pytest.mark.parametrize(
        ("old", "new", "part", "title", "fields"),
        [
            (
                "threshold = 90",
                "threshold = 95",
                "rules",
                "Share",
                {"required": ("at least 90 %", "at least 95 %")},
            ),
            (
                'comparator = ">="\nthreshold = 90',
                'comparator = ">="\nthreshold = 89.5',
                "rules",
                "Share",
                {"required": ("at least 90 %", "at least 89.5 %")},
            ),
            (
                'deduction = "proportional"',
                'deduction = "all_or_nothing"',
                "rules",
                "Share",
                {
                    "losing": (
                        "Short of it, the share: 3 × figure / target, not below 0.",
                        "Reached: 3 points; not reached: 0.",
                    )
                },
            ),
            (
                'remedy = "act"',
                'remedy = "act"\nabsence = { not_applicable = "full" }',
                "rules",
                "Share",
                {
                    "absence": (
                        "missing: all points lost; not applicable: taken out of the maximum, the index is rescaled",
                        "missing: all points lost; not applicable: all points given",
                    )
                },
            ),
            (
                'remedy = "act"',
                'remedy = "act"\ndue = 2023-06-30\nabsence = { not_due = "show" }',
                "rules",
                "Share",
                {
                    "due": ("", "30 June 2023"),
                    "absence": (
                        "missing: all points lost; not applicable: taken out of the maximum, the index is rescaled",
                        "missing: all points lost; not applicable: taken out of the maximum, the index is rescaled; "
                        "not yet due: neither earned nor lost, and no rescaling",
                    ),
                },
            ),
            (
                'title = "Work"',
                'title = "Duty"',
                "areas",
                "Duty",
                {"title": ("Work", "Duty")},
            ),
            (
                'type = "percent"',
                'type = "percent"\nmost = 99',
                "metrics",
                "Share",
                {"range": ("at least 0 and at most 100", "at least 0 and at most 99")},
            ),
            (
                'task = "Act"',
                'task = "Act"\nlead = "The chair"',
                "remedies",
                "Act",
                {"lead": ("", "The chair")},
            ),
            (
                "from = 2\n",
                "from = 2.5\n",
                "bands",
                "Good",
                {"interval": ("at least 2", "at least 2.5")},
            ),
            (
                "threshold = 3\n",
                "threshold = 3.5\n",
                "targets",
                "Three",
                {"threshold": ("3", "3.5")},
            ),
            ("scale = 4", "scale = 40", "head", "Own", {"scale": ("4", "40")}),
            (
                'version = "1"',
                'version = "1"\nnote = "Mind"',
                "head",
                "Own",
                {"note": ("", "Mind")},
            ),
        ],
    )
    def test_each_change_in_words(self, old, new, part, title, fields):
        assert OLD.count(old) == 1
        changed = OLD.replace(old, new)
        if part == "bands":
            changed = changed.replace("below = 2\n", "below = 2.5\n")
        found = told(changed)
        assert found[part][title] == fields
        assert set(found) == {part}

    def test_added_removed_renamed(self):
        renamed = OLD.replace("[rule.late]", "[rule.in-time]").replace(
            'rule = "late"', 'rule = "in-time"'
        )
        found = difference(parse_rules(OLD), parse_rules(renamed))
        assert [(one["change"], one["was"], one["id"]) for one in found["rules"]] == [
            ("renamed", "late", "in-time")
        ]
        start, end = OLD.index("[rule.late]"), OLD.index("[[band]]")
        without = OLD[:start] + OLD[end:].replace(
            '[[band_gate]]\nrule = "late"\nat_most = "poor"\n', ""
        )
        without = without.replace(
            '[metric.late]\ntitle = "Late"\ntype = "count"\nbetter = "lower"\n', ""
        ).replace("scale = 4", "scale = 3")
        gone = difference(parse_rules(OLD), parse_rules(without))
        assert [(one["change"], one["id"]) for one in gone["rules"]] == [
            ("removed", "late")
        ]
        assert [(one["change"], one["id"]) for one in gone["gates"]] == [
            ("removed", "late")
        ]
        come = difference(parse_rules(without), parse_rules(OLD))
        assert [(one["change"], one["id"]) for one in come["rules"]] == [
            ("added", "late")
        ]
        assert {field["key"]: field["after"] for field in come["rules"][0]["fields"]}[
            "required"
        ] == "at most 2"

    @pytest.mark.parametrize(
        ("old", "new", "stricter"),
        [
            ("threshold = 90", "threshold = 91", True),
            ("threshold = 90", "threshold = 89", False),
            ("threshold = 2\n", "threshold = 1\n", True),
            ("threshold = 2\n", "threshold = 3\n", False),
            (
                'comparator = "<="\nthreshold = 2\n',
                'comparator = "<"\nthreshold = 3\n',
                None,
            ),
            ('remedy = "act"', 'remedy = "act"\nnote = "x"', None),
        ],
    )
    def test_stricter_or_looser(self, old, new, stricter):
        found = difference(parse_rules(OLD), parse_rules(OLD.replace(old, new, 1)))
        assert [one["stricter"] for one in found["rules"]] == [stricter]

    @pytest.mark.parametrize(
        ("table", "changes"),
        [
            (
                "rules",
                {
                    "title": Text("khác", "other"),
                    "source": ("9",),
                    "deduction": Manual(),
                    "weight": Fraction(5),
                    "metric": "late",
                    "comparator": ">",
                    "threshold": Fraction(7),
                    "lowest": Fraction(-1),
                    "requires": ("late",),
                    "needs": (Need("rule", "late", Interval(Fraction(50))),),
                    "evidence_required": True,
                    "remedy": None,
                    "conflicts": (Conflict("PL.1", None, None, None),),
                    "absence": {State.MISSING: Effect.FULL},
                    "basis": "chosen",
                    "note": Text("x", "x"),
                    "effort": Fraction(3),
                    "rounding": Rounding("up", Fraction(1, 2)),
                },
            ),
            (
                "metrics",
                {
                    "title": Text("khác", "other"),
                    "type": "number",
                    "unit": None,
                    "better": "lower",
                    "above_100": True,
                    "range": Interval(Fraction(1), Fraction(2)),
                    "ratio": (Text("a", "a"), Text("b", "b")),
                    "formula": "late",
                    "from_period": "months",
                    "peers": Peers(of="late", take="max"),
                    "table": LevelTable("first", ()),
                    "round": 1,
                    "levels": (Text("a", "a"),),
                    "distinct": True,
                    "evidence": Text("x", "x"),
                },
            ),
            (
                "groups",
                {
                    "title": Text("khác", "other"),
                    "weight": Fraction(4),
                    "kind": "bonus",
                    "cap": Fraction(1),
                    "combine": "mean",
                    "optional": True,
                    "rounding": Rounding("half_even"),
                    "basis": "borrowed",
                    "source": ("9",),
                    "note": Text("x", "x"),
                },
            ),
            (
                "remedies",
                {
                    "task": Text("khác", "other"),
                    "source": ("9",),
                    "product": Text("x", "x"),
                    "lead": Text("x", "x"),
                    "with_": Text("x", "x"),
                    "due": Text("x", "x"),
                    "budget": Text("x", "x"),
                    "effort": Fraction(2),
                },
            ),
        ],
    )
    def test_no_field_of_the_model_is_passed_over(self, table, changes):
        rules = parse_rules(OLD)
        id_, part = next(iter(getattr(rules, table).items()))
        names = {field.name for field in dataclasses.fields(part)} - {
            "id",
            "group",
            "parent",
            "due",
            "due_date",
        }
        assert names <= {*changes, "due"}
        for name, value in changes.items():
            changed = {
                **getattr(rules, table),
                id_: dataclasses.replace(part, **{name: value}),
            }
            found = difference(rules, dataclasses.replace(rules, **{table: changed}))
            assert not found["same"], name

    def test_the_calendar_in_words(self):
        changed = dataclasses.replace(parse_rules(OLD), calendar=Calendar("VN"))
        [head] = difference(parse_rules(OLD), changed)["head"]
        assert head["fields"] == [{"key": "calendar", "before": "", "after": "VN"}]


class TestKindsAndDays:
    """What changed for some units only, or from some day on, is told too."""

    OWN = (
        OLD
        + """
[kind.hill]
title = "Hill"
[kind.hill.rule.share]
threshold = 85
[since."2023-07-01"]
title = "Decision 30"
[since."2023-07-01".rule.share]
threshold = 98
"""
    )

    def told(self, new):
        found = difference(parse_rules(self.OWN), parse_rules(new), "en")
        return [
            (
                one["title"],
                [
                    (f["before"], f["after"])
                    for rule in one["rules"]
                    for f in rule["fields"]
                ],
            )
            for one in (found | {"title": ""}, *found["versions"])
        ]

    def test_nothing(self):
        assert self.told(self.OWN) == [("", [])]
        assert difference(parse_rules(self.OWN), parse_rules(self.OWN))["same"]

    def test_for_one_kind(self):
        new = self.OWN.replace("threshold = 85", "threshold = 80")
        assert self.told(new) == [
            ("", []),
            ("Hill", [("at least 85 %", "at least 80 %")]),
        ]
        assert not difference(parse_rules(self.OWN), parse_rules(new))["same"]

    def test_for_all_but_one_kind(self):
        new = self.OWN.replace("threshold = 90", "threshold = 91")
        fields = ("at least 90 %", "at least 91 %")
        assert self.told(new) == [
            ("", [fields]),
            ("Hill", []),
            ("From 1 July 2023 on – Decision 30", []),
        ]

    def test_from_a_day_on(self):
        fields = ("at least 98 %", "at least 97 %")
        decision = "From 1 July 2023 on – Decision 30"
        new = self.OWN.replace("threshold = 98", "threshold = 97")
        assert self.told(new) == [
            ("", []),
            (decision, [fields]),
            (f"{decision} – Hill", []),
        ]
        new += '[since."2023-07-01".kind.hill.rule.share]\nthreshold = 97\n'
        assert self.told(new)[2] == (
            f"{decision} – Hill",
            [("at least 85 %", "at least 97 %")],
        )

    def test_a_section_that_is_gone_and_a_kind_that_is_new(self):
        new = (
            self.OWN[: self.OWN.index("[since")]
            + '[kind.sea]\ntitle = "Sea"\n[kind.sea.rule.share]\nthreshold = 70\n'
        )
        decision = "From 1 July 2023 on – Decision 30"
        assert self.told(new) == [
            ("", []),
            ("Sea", [("at least 90 %", "at least 70 %")]),
            (decision, [("at least 98 %", "at least 90 %")]),
            (f"{decision} – Hill", []),
            (f"{decision} – Sea", [("at least 98 %", "at least 70 %")]),
        ]

    @pytest.mark.parametrize("form", ["text", "markdown"])
    def test_the_command_says_for_whom_and_from_when(self, form, tmp_path, capsys):
        old, new = tmp_path / "old.toml", tmp_path / "new.toml"
        old.write_text(self.OWN, encoding="utf-8")
        new.write_text(
            self.OWN.replace("threshold = 98", "threshold = 97"), encoding="utf-8"
        )
        assert main(["diff", str(old), str(new), "--lang", "en", "--format", form]) == 0
        out = capsys.readouterr().out
        assert "From 1 July 2023 on – Decision 30: Rules\n" in out
        assert "required: at least 98 % → at least 97 %" in out
        assert "From 1 July 2023 on – Decision 30 – Hill: Nothing changed.\n" in out


class TestTheReadingsOfThePlan:
    def test_what_the_annex_reads_otherwise(self):
        found = difference(PLAN, ANNEX)
        assert (
            len(found["rules"]) == 18
        )  # the declared conflicts, as docs/reference/plan-coverage.md counts them
        assert {one["change"] for one in found["rules"]} == {"changed"}
        digitised = next(
            one for one in found["rules"] if one["id"] == "results-digitised"
        )
        assert digitised["stricter"] is False
        assert {
            "key": "required",
            "before": "tối thiểu 60 %",
            "after": "tối thiểu 35 %",
        } in digitised["fields"]

    def test_turned_round(self):
        one, other = difference(PLAN, ANNEX), difference(ANNEX, PLAN)
        flip = {
            one["id"]: [(f["key"], f["after"], f["before"]) for f in one["fields"]]
            for one in other["rules"]
        }
        assert {
            one["id"]: [(f["key"], f["before"], f["after"]) for f in one["fields"]]
            for one in one["rules"]
        } == flip


class TestImpact:
    PATHS = sorted(EXAMPLES.glob("cam-due-2023*.json"))

    def test_each_unit_as_it_scores_under_both(self):
        found = impact(PLAN, ANNEX, self.PATHS)
        assert found["counts"] == {
            "scored": 3,
            "refused": 1,
            "gain": 3,
            "lose": 0,
            "same": 0,
            "band_moved": 0,
            "change": "3.04",
        }
        for unit in found["units"]:
            measurements = load_measurements(EXAMPLES / unit["file"])
            before, after = score(PLAN, measurements), score(ANNEX, measurements)
            assert (unit["before"], unit["after"]) == (
                str(before.index.value),
                str(after.index.value),
            )
            assert Decimal(unit["change"]) == after.index.value - before.index.value
        assert [one["file"] for one in found["refused"]] == [
            "cam-due-2023-mistakes.json"
        ]
        assert "duplicate-key" in found["refused"][0]["problems"][0]

    def test_the_rules_that_move_most_are_those_of_the_comparison(self):
        found = impact(PLAN, ANNEX, [EXAMPLES / "cam-due-2023.json"])
        measurements = load_measurements(EXAMPLES / "cam-due-2023.json")
        moved = compare(score(PLAN, measurements), score(ANNEX, measurements)).by_rule
        assert {one["id"]: Decimal(one["change"]) for one in found["rules"]} == {
            id_: points for id_, points in moved.items() if points
        }

    def test_no_change_moves_nobody(self):
        found = impact(PLAN, PLAN, [EXAMPLES / "cam-due-2023.json"])
        assert (
            found["counts"]["same"],
            found["units"][0]["change"],
            found["rules"],
        ) == (1, "0.00", [])

    def written(self, tmp_path, **figures):
        path = tmp_path / "one.json"
        content = {
            "format": 1,
            "ruleset": "own",
            "unit": "UBND xã",
            "period": "2023",
            "measurements": figures,
        }
        path.write_text(json.dumps(content), encoding="utf-8")
        return path

    def test_who_loses_and_changes_band_worked_by_hand(self, tmp_path):
        """3 × 60/90 = 2 and 1 for none late make 3 (good); late above the new limit costs 1 and closes the gate."""
        path = self.written(tmp_path, share=60, late=2)
        new = parse_rules(OLD.replace("threshold = 2\n", "threshold = 1\n"))
        [unit] = impact(parse_rules(OLD), new, [path])["units"]
        assert (unit["before"], unit["after"], unit["change"]) == (
            "3.00",
            "2.00",
            "-1.00",
        )
        assert (unit["band_before"], unit["band_after"], unit["band_moved"]) == (
            "Good",
            "Poor",
            True,
        )
        assert unit["rules"] == [
            {"id": "late", "title": "None late", "change": "-1.00"}
        ]

    def test_a_new_year_a_new_figure_and_a_figure_that_is_no_longer_asked_for(
        self, tmp_path
    ):
        path = self.written(tmp_path, share=90, late=0)
        new = OLD.replace("2023-", "2024-").replace('id = "own"', 'id = "own-2024"')
        new = new.replace(
            '[metric.late]\ntitle = "Late"\n', '[metric.errors]\ntitle = "Errors"\n'
        ).replace('metric = "late"', 'metric = "errors"')
        [unit] = impact(parse_rules(OLD), parse_rules(new), [path])["units"]
        assert (unit["before"], unit["after"]) == (
            "4.00",
            "3.00",
        )  # errors are not reported

    def test_a_submission_that_names_the_new_rule_set(self, tmp_path):
        path = self.written(tmp_path, share=90, late=0)
        old = OLD.replace('id = "own"', 'id = "earlier"')
        [unit] = impact(parse_rules(old), parse_rules(OLD), [path])["units"]
        assert unit["change"] == "0.00"

    def test_what_the_new_rules_cannot_score_at_all(self, tmp_path):
        path = self.written(tmp_path, share=90, late={"not_applicable": "x"})
        new = parse_rules(
            OLD.replace('not_applicable = "exclude"\n', "").replace("[absence]\n", "")
        )
        found = impact(parse_rules(OLD), new, [path])
        assert found["counts"]["refused"] == 1
        assert "effect-undeclared" in found["refused"][0]["problems"][0]


class TestTheCommands:
    def test_diff(self, capsys, tmp_path):
        assert main(["diff", "cam-due-2023", "cam-due-2023-annex"]) == 0
        out = capsys.readouterr().out
        assert "yêu cầu: tối thiểu 60 % → tối thiểu 35 %" in out
        assert "(nới lỏng)" in out
        assert (
            main(
                [
                    "diff",
                    "cam-due-2023",
                    "cam-due-2023",
                    "--lang",
                    "en",
                    "--format",
                    "markdown",
                ]
            )
            == 0
        )
        assert "Nothing changed." in capsys.readouterr().out
        page = tmp_path / "d.json"
        assert (
            main(
                [
                    "diff",
                    "cam-due-2023",
                    "cam-due-2023-annex",
                    "--format",
                    "json",
                    "--output",
                    str(page),
                ]
            )
            == 0
        )
        assert json.loads(page.read_text(encoding="utf-8"))["kind"] == "difference"

    def test_what_was_added_taken_away_and_renamed_is_said(self, capsys, tmp_path):
        old, new = tmp_path / "old.toml", tmp_path / "new.toml"
        old.write_text(OLD, encoding="utf-8")
        new.write_text(
            OLD.replace("[rule.late]", "[rule.in-time]")
            .replace('rule = "late"', 'rule = "in-time"')
            .replace('remedy = "act"\n', ""),
            encoding="utf-8",
        )
        assert main(["diff", str(old), str(new), "--lang", "en"]) == 0
        out = capsys.readouterr().out
        assert "None late: id changed from late to in-time" in out
        assert "remedy: “act” taken away" in out
        assert "  Share\n" in out

    def test_what_was_not_there_before_and_a_list_in_markdown(self, capsys, tmp_path):
        old, new = tmp_path / "old.toml", tmp_path / "new.toml"
        old.write_text(OLD.replace('remedy = "act"\n', ""), encoding="utf-8")
        new.write_text(OLD, encoding="utf-8")
        assert (
            main(["diff", str(old), str(new), "--lang", "en", "--format", "markdown"])
            == 0
        )
        out = capsys.readouterr().out
        assert "\n## Rules\n\n- Share\n  - remedy: act\n" in out

    def test_impact(self, capsys, tmp_path):
        shutil.copy(EXAMPLES / "cam-due-2023.json", tmp_path)
        assert (
            main(
                [
                    "impact",
                    "cam-due-2023",
                    "cam-due-2023-annex",
                    str(tmp_path),
                    "--lang",
                    "en",
                ]
            )
            == 0
        )
        out, err = capsys.readouterr()
        assert err == ""
        assert "UBND xã Cẩm Duệ (cam-due-2023.json): 82.56 → 84.01 (1.45)" in out
        assert (
            main(
                [
                    "impact",
                    "cam-due-2023",
                    "cam-due-2023-annex",
                    str(EXAMPLES / "cam-due-2023-mistakes.json"),
                ]
            )
            == 4
        )
        assert "Không chấm được" in capsys.readouterr().out

    def test_bands_that_change_are_said(self, capsys, tmp_path):
        path = TestImpact().written(tmp_path, share=60, late=2)
        for name, text in (
            ("old", OLD),
            ("new", OLD.replace("threshold = 2\n", "threshold = 1\n")),
        ):
            (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
        assert (
            main(
                [
                    "impact",
                    str(tmp_path / "old.toml"),
                    str(tmp_path / "new.toml"),
                    str(path),
                ]
            )
            == 0
        )
        assert (
            "UBND xã (one.json): 3.00 → 2.00 (−1.00); Band: Good → Poor"
            in capsys.readouterr().out
        )

    def test_long_work_shows_how_far_it_is(self, capsys, monkeypatch):
        monkeypatch.setattr("sys.stderr.isatty", lambda: True)
        assert (
            main(
                [
                    "impact",
                    "cam-due-2023",
                    "cam-due-2023",
                    str(EXAMPLES / "cam-due-2023.json"),
                    "--lang",
                    "en",
                ]
            )
            == 0
        )
        assert "0 of 1 scored" in capsys.readouterr().err


MEAN = OLD.replace(
    'title = "Work"', 'title = "Work"\ncombine = "mean"\nweight = 8'
).replace("scale = 4", "scale = 8")
"""The rules of weight 3 and 1 in a mean of 8 points: 6 points and 2."""


class TestRulesOfAMean:
    """Their weights are relative: what is told is what they come to in points of the index."""

    def told(self, new):
        document = difference(parse_rules(MEAN), parse_rules(new), "en")
        return {
            rule["id"]: [(f["before"], f["after"]) for f in rule["fields"]]
            for rule in document["rules"]
        }

    def test_a_weight(self):
        """8 x 3/4 = 6 becomes 8 x 1/2 = 4, and so the other becomes 4 of 2."""
        assert self.told(MEAN.replace("weight = 3", "weight = 1")) == {
            "share": [
                ("6 points (3 of 4 in the mean)", "4 points (1 of 2 in the mean)")
            ],
            "late": [
                ("2 points (1 of 4 in the mean)", "4 points (1 of 2 in the mean)")
            ],
        }

    def test_the_weight_of_the_mean(self):
        """Of 4 points instead of 8 each rule counts for half as much."""
        assert self.told(MEAN.replace("weight = 8", "weight = 4")) == {
            "share": [
                ("6 points (3 of 4 in the mean)", "3 points (3 of 4 in the mean)")
            ],
            "late": [
                ("2 points (1 of 4 in the mean)", "1 points (1 of 4 in the mean)")
            ],
        }

    def test_what_it_does_to_units(self, tmp_path):
        """Share at 45 of 90 loses half of it: 8 - 3 = 5 becomes 8 - 2 = 6, all of it by that rule."""
        submission = {
            "format": 1,
            "ruleset": "own",
            "unit": "A",
            "period": "2023",
            "measurements": {"share": 45, "late": 0},
        }
        (tmp_path / "a.json").write_text(json.dumps(submission))
        new = parse_rules(MEAN.replace("weight = 3", "weight = 1"))
        document = impact(parse_rules(MEAN), new, [tmp_path / "a.json"], "en")
        (unit,) = document["units"]
        assert (unit["before"], unit["after"], unit["change"]) == (
            "5.00",
            "6.00",
            "1.00",
        )
        assert [(r["id"], r["change"]) for r in unit["rules"]] == [("share", "1.00")]
