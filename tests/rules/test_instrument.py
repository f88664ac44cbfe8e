"""The page of an instrument: every rule in words, texts shown and never run."""

import importlib.util
import re
from pathlib import Path

import pytest
from test_sensitivity_views import HOSTILE, Page
from test_shapes import GOOD, NAMES

from cchc_rules import load_rules, packaged_rule_sets, parse_rules
from cchc_rules.analysis.versions.all_variants import whole
from cchc_rules.cli.main import main
from cchc_rules.render.instrument import render, rule_count
from cchc_rules.rules.instrument import every_rule, instrument

ROOT = Path(__file__).parents[2]

HEAD = """format = 1
[ruleset]
id = "own"
version = "1"
title = "Own"
language = "en"
valid = { from = 2023-01-01, until = 2023-12-31 }
[absence]
not_applicable = "exclude"
[group.work]
title = "Work"
"""
SHARE = """[metric.share]
title = "Share"
type = "percent"
ratio = { numerator = "done", denominator = "all" }
"""


FAULTS = """[metric.share]
title = "Faults"
type = "count"
better = "lower"
[metric.excused]
title = "Excused"
type = "count"
"""
LADDER = """deduction = { kind = "tiers", tiers = [
  { from = 90, points = 4 },
  { from = 50, below = 90, percent = 50 },
  { below = 50, formula = "weight * value / 100" },
] }"""
NINETY = ('comparator = ">="', "threshold = 90")


def rule(metric, *lines, weight=4, name="one"):
    asked = "\n".join(lines)
    head = f'[rule.{name}]\ngroup = "work"\ntitle = "{name.title()}"\nsource = ["1.2", "3"]\nmetric = "{metric}"\n'
    return f"{head}weight = {weight}\n{asked}\n"


def the_rule(text):
    """What the document says of the only rule."""
    [found] = every_rule(instrument(parse_rules(HEAD + text))["areas"])
    return found


def tool():
    spec = importlib.util.spec_from_file_location(
        "instrument_pages", ROOT / "tools" / "instrument_pages.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def pages():
    return tool().pages()


class TestThePagesOfPackagedInstruments:
    def test_there_is_one_a_rule_set_and_language(self, pages):
        assert set(pages) == {
            f"{name}.{lang}.md"
            for name in packaged_rule_sets()
            for lang in ("en", "vi")
        }

    def test_they_are_what_the_command_prints(self, pages, capsys):
        assert main(["doc", "qd-766-2022", "--lang", "en"]) == 0
        assert capsys.readouterr().out == pages["qd-766-2022.en.md"]

    def test_every_rule_of_the_plan_with_its_clause_and_points(self, pages):
        page = pages["cam-due-2023.vi.md"]
        rules = load_rules("cam-due-2023").rules.values()
        assert len(re.findall(r"^- \*\*Căn cứ:\*\*", page, re.MULTILINE)) == len(rules)
        assert "### Ít nhất 05 đợt kiểm tra đột xuất – 1,17 điểm" in page
        assert "Từ 1,17 điểm, cứ 1 đợt chưa đạt mất 0,234 điểm, không dưới 0" in page
        assert page.count("| tối thiểu 60 % | PL.III.1.4 | tối thiểu 35 % |") == 1


class TestHowPointsAreLost:
    """A line a step, written out by hand for each deduction."""

    @pytest.mark.parametrize(
        ("metric", "lines", "said"),
        [
            (
                SHARE,
                (*NINETY, 'deduction = "all_or_nothing"'),
                ["Reached: 4 points; not reached: 0."],
            ),
            (
                SHARE,
                (*NINETY, 'deduction = "proportional"'),
                ["Short of it, the share: 4 × figure / target, not below 0."],
            ),
            (
                SHARE,
                (
                    *NINETY,
                    'deduction = { kind = "proportional", from = 50, floor = 60 }',
                ),
                [
                    "Short of it, the share: 4 × (figure − 50) / (target − 50), not below 0.",
                    "Below 60: nothing.",
                ],
            ),
            (
                SHARE.replace('type = "percent"', 'type = "percent"\nbetter = "lower"'),
                (
                    'comparator = "<="',
                    "threshold = 5",
                    'deduction = { kind = "proportional", from = 20, floor = 10 }',
                ),
                [
                    "Short of it, the share: 4 × (figure − 20) / (target − 20), not below 0.",
                    "Above 10: nothing.",
                ],
            ),
            (
                SHARE,
                (
                    *NINETY,
                    'deduction = { kind = "per_unit", each = 0.5, step = 10, units = "started" }',
                ),
                [
                    "From 4 points, 0.5 off for each 10 % off the target, one begun counts as one, not below 0."
                ],
            ),
            (
                SHARE,
                (
                    *NINETY,
                    'deduction = { kind = "per_unit", percent = 10, step = 2, units = "whole" }',
                ),
                [
                    "From 4 points, 0.4 off for each full 2 % off the target, not below 0."
                ],
            ),
            (
                SHARE,
                (*NINETY, 'deduction = { kind = "per_unit", each = 0.25 }'),
                [
                    "From 4 points, 0.25 off for each 1 % off the target, parts in proportion, not below 0."
                ],
            ),
            (
                FAULTS,
                (
                    'comparator = "<="',
                    "threshold = 0",
                    "lowest = -2",
                    'deduction = { kind = "per_unit", each = 1, exempt = "excused" }',
                ),
                [
                    "From 4 points, 1 off for each 1 unit(s) off the target, not below −2.",
                    "“Excused” is taken off first.",
                ],
            ),
            (
                '[metric.share]\ntitle = "Day"\ntype = "date"\n',
                (
                    'comparator = "on_or_before"',
                    "threshold = 2023-03-31",
                    'deduction = { kind = "per_unit", each = 1 }',
                ),
                ["From 4 points, 1 off for each 1 day(s) late, not below 0."],
            ),
            (
                SHARE,
                (LADDER,),
                [
                    "at least 90 %: 4 points",
                    "at least 50 % and below 90 %: 2 points",
                    "below 50 %: points = maximum × figure / 100, held between 0 and 4",
                ],
            ),
            (
                SHARE,
                (
                    *NINETY,
                    'deduction = { kind = "formula", formula = "weight * min(value / threshold, 1) - 0.5" }',
                ),
                [
                    "points = maximum × min(figure / target, 1) − 0.5, held between 0 and 4"
                ],
            ),
        ],
    )
    def test_each_deduction(self, metric, lines, said):
        assert the_rule(metric + rule("share", *lines))["losing"] == said

    def test_by_hand_and_for_information(self):
        by_hand = rule("share", 'deduction = "manual"').replace(
            'metric = "share"\n', ""
        )
        assert the_rule(by_hand)["losing"] == [
            "A person gives 0 to 4 points, with a reason."
        ]
        shown = instrument(
            parse_rules(
                HEAD
                + SHARE
                + by_hand
                + rule("share", 'deduction = "none"', name="two").replace(
                    "weight = 4\n", ""
                )
            )
        )
        two = [*every_rule(shown["areas"])][1]
        assert (two["weight"], two["losing"]) == (None, ["For information, no points."])


class TestTheDocument:
    def test_what_a_rule_says(self):
        found = the_rule(
            SHARE.replace("ratio", 'evidence = "Register"\nratio')
            + '[remedy.act]\ntask = "Act"\n'
            + rule("share", *NINETY, 'deduction = "all_or_nothing"', "evidence_required = true", 'remedy = "act"',
                   "due = 2023-06-30", 'absence = { not_applicable = "full", not_due = "show" }', 'note = "Mind"',
                   'conflict = [{ source = "PL.1", comparator = ">", threshold = 80 }]')
        )  # fmt: skip
        assert (found["measures"], found["required"], found["due"]) == (
            "Share: 100 × done / all",
            "at least 90 %",
            "30 June 2023",
        )
        assert (
            found["absence"] == []
        )  # it is the only rule: what it does is what is usual
        assert found["conflicts"] == [
            {
                "source": "PL.1",
                "required": "above 80 %",
                "note": None,
                "governs": "at least 90 %",
            }
        ]
        assert (
            found["evidence"],
            found["evidence_required"],
            found["remedy"],
            found["note"],
        ) == (
            "Register",
            True,
            "Act",
            "Mind",
        )

    def test_absences_that_differ_from_what_is_usual(self):
        asked = (*NINETY, 'deduction = "all_or_nothing"')
        text = SHARE + "".join(
            rule("share", *asked, name=name) for name in ("one", "two")
        )
        text += rule(
            "share",
            *asked,
            'absence = { not_applicable = "full" }',
            'requires = ["one"]',
            name="three",
        )
        found = instrument(parse_rules(HEAD + text))
        assert found["absence"] == [
            "missing: all points lost",
            "not applicable: taken out of the maximum, the index is rescaled",
        ]
        three = [*every_rule(found["areas"])][2]
        assert (three["absence"], three["requires"]) == (
            ["not applicable: all points given"],
            ["One"],
        )

    def test_derived_figures_thresholds_and_what_the_period_gives(self):
        found = instrument(load_rules(GOOD / "s15-fallback-by-period.toml"), "en")
        assert [(one["title"], one["formula"]) for one in found["derived"]] == [
            ("Số tháng của kỳ báo cáo", "months of the period"),
            (
                "Số hồ sơ phải giải quyết",
                "first(largest_known(“Hồ sơ theo Cổng dịch vụ công”, “Hồ sơ theo sổ theo dõi”), "
                "“Hồ sơ cả năm trước” × “Số tháng của kỳ báo cáo” / 12)",
            ),
            ("Tỷ lệ giải quyết", "100 × “Số hồ sơ đã giải quyết” / “Số hồ sơ phải giải quyết”"),
        ]  # fmt: skip

    @pytest.mark.parametrize("name", NAMES)
    @pytest.mark.parametrize("lang", ["vi", "en"])
    def test_of_every_shape(self, name, lang):
        rules = load_rules(GOOD / f"{name}.toml")
        found = whole(rules, lang)
        assert {one["id"] for one in every_rule(found["areas"])} == set(rules.rules)
        assert sum(map(rule_count, found["areas"])) == len(rules.rules)
        for one in every_rule(found["areas"]):
            assert one["losing"]
        assert render(found, "markdown").count("\n") > 10
        Page(render(found, "html"))


class TestThePage:
    def test_hostile_texts_are_shown_and_not_run(self):
        text = HEAD.replace(
            'title = "Own"',
            f'title = {{ vi = "x", en = "{HOSTILE.replace(chr(27), "")}" }}'.replace(
                "\u202e", ""
            ),
        )
        text += SHARE + rule("share", *NINETY, 'deduction = "all_or_nothing"')
        found = whole(parse_rules(text))
        page, paper = render(found, "html"), render(found, "markdown")
        assert "<script" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
        assert "\\<script\\>alert(1)" in paper
        assert "http" not in page.replace("http-equiv", "")

    def test_the_same_words_in_both(self):
        found = whole(load_rules("example-access-to-law"))
        texts = " ".join(" ".join(Page(render(found, "html")).texts).split())
        for words in (
            "Chỉ khi “Không có cán bộ, công chức bị xử lý” đạt",
            "Đạt chuẩn",
            "tối thiểu 80",
            "không áp dụng: được đủ điểm",
        ):
            assert words in texts
            assert words in render(found, "markdown")

    def test_the_command(self, capsys, tmp_path):
        assert main(["doc", "qd-766-2022", "--lang", "en"]) == 0
        assert (
            "# Index of service to citizens and businesses" in capsys.readouterr().out
        )
        page = tmp_path / "page.html"
        assert (
            main(["doc", "qd-766-2022", "--format", "html", "--output", str(page)]) == 0
        )
        assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
        assert main(["doc", "nothing-of-that-name"]) == 3


class TestKindsAndDays:
    """What holds for some units only, or from some day on, stands on the page too."""

    TEXT = (
        HEAD
        + SHARE
        + rule("share", *NINETY, 'deduction = "all_or_nothing"')
        + """
[kind.hill]
title = "Hill communes"
[kind.hill.rule.one]
threshold = 85
[since."2023-07-01"]
title = "Decision 30"
[since."2023-07-01".rule.one]
threshold = 98
[since."2023-10-01".kind.sea]
title = "Sea communes"
[since."2023-10-01".kind.sea.rule.one]
weight = 3
[since."2023-10-01".kind.hill.rule.one]
threshold = 80
"""
    )

    def test_each_says_what_it_changes_in_what_held_before(self):
        document = whole(parse_rules(self.TEXT))
        found = [
            (
                one["title"],
                one["since"],
                one["kind"],
                [(f["before"], f["after"]) for r in one["rules"] for f in r["fields"]],
            )
            for one in document["versions"]
        ]
        assert found == [
            ("Hill communes", None, "hill", [("at least 90 %", "at least 85 %")]),
            (
                "From 1 July 2023 on – Decision 30",
                "2023-07-01",
                None,
                [("at least 90 %", "at least 98 %")],
            ),
            (
                "From 1 July 2023 on – Decision 30 – Hill communes",
                "2023-07-01",
                "hill",
                [],
            ),
            ("From 1 October 2023 on", "2023-10-01", None, []),
            (
                "From 1 October 2023 on – Hill communes",
                "2023-10-01",
                "hill",
                [("at least 85 %", "at least 80 %")],
            ),
            (
                "From 1 October 2023 on – Sea communes",
                "2023-10-01",
                "sea",
                [("4", "3")],
            ),
        ]

    @pytest.mark.parametrize("lang", ["vi", "en"])
    def test_both_forms_show_them(self, lang):
        document = whole(parse_rules(self.TEXT), lang)
        paper, page = (
            render(document, "markdown"),
            " ".join(Page(render(document, "html")).texts),
        )
        for version in document["versions"]:
            assert f"### {version['title']}: " in paper
            assert f"{version['title']}: " in page
        assert "98 %\n" in paper
        assert "98 %" in page

    def test_a_kind_for_which_a_day_changes_what_it_does_for_all(self):
        found = whole(
            parse_rules(self.TEXT.replace("[kind.hill.rule.one]\nthreshold = 85\n", ""))
        )["versions"]
        assert [one["title"] for one in found][:3] == [
            "Hill communes",
            "From 1 July 2023 on – Decision 30",
            "From 1 October 2023 on",
        ]

    def test_without_any_there_is_no_such_part(self):
        assert "Otherwise" not in render(
            whole(load_rules("example-access-to-law"), "en"), "markdown"
        )


def test_a_zero_denominator_with_an_effect_of_its_own_is_told_beside_the_others():
    path = Path(__file__).parents[1] / "good" / "s16-zero-apart.toml"
    document = instrument(load_rules(path), "en")
    assert document["absence"] == [
        "missing: all points lost",
        "not applicable: all points lost",
        "denominator of zero: taken out of the maximum, the index is rescaled",
    ]
    (area,) = document["areas"]
    assert area["rules"][1]["absence"] == ["denominator of zero: all points given"]
