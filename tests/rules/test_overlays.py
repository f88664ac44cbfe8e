"""Files over files: several levels, several beside each other, what they may change, where values come from (V1)."""

import copy
import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from searches import examples
from strategies import read_toml, rule_sets, submissions, to_toml

from cchc_rules import (
    RulesError,
    dump_rules,
    load_measurements,
    load_rules,
    parse_rules,
    score,
)
from cchc_rules.render import render
from cchc_rules.rules.load import MAX_VERSIONS, problems_of
from cchc_rules.rules.overlay_files import MAX_OVERLAYS
from cchc_rules.rules.shared import Shared

FRAME = """
format = 1

[ruleset]
id = "frame"
version = "1"
title = "Khung"
valid = { from = 2023-01-01, until = 2023-12-31 }

[index]
scale = 5
weight_basis = "chosen"

[metric.share]
title = "Đúng hạn"
type = "percent"

[metric.plan]
title = "Kế hoạch"
type = "yes_no"

[group.work]
title = "Công việc"

[rule.on-time]
group = "work"
title = "Đúng hạn"
source = ["1"]
metric = "share"
comparator = ">="
threshold = 90
weight = 4
deduction = "all_or_nothing"
due = 2023-06-30
absence = { not_due = "exclude" }
remedy = "hurry"

[rule.plan]
group = "work"
title = "Kế hoạch"
source = ["2"]
metric = "plan"
comparator = "is"
threshold = true
weight = 1
deduction = "all_or_nothing"

[remedy.hurry]
task = "Làm nhanh hơn"

[[band]]
id = "good"
title = "Tốt"
from = 4

[[band]]
id = "low"
title = "Thấp"
below = 4

[[band_gate]]
rule = "plan"
at_most = "low"

[[target]]
id = "four"
title = "Đạt 4"
comparator = ">="
threshold = 4
"""

SUBMISSION = {
    "format": 1,
    "ruleset": "frame",
    "unit": "Xã A",
    "period": "2023",
    "measurements": {"share": 82, "plan": True},
}


@pytest.fixture
def files(tmp_path):
    """Writes files beside the frame; `load` and `problems` read the last."""
    (tmp_path / "frame.toml").write_text(FRAME, encoding="utf-8")

    class Files:
        folder = tmp_path
        last = tmp_path / "frame.toml"

        def write(self, name, text, extends="frame.toml"):
            head = "" if extends is None else f"extends = {json.dumps(extends)}\n"
            self.last = tmp_path / f"{name}.toml"
            self.last.write_text(
                f'format = 1\n{head}[ruleset]\nid = "{name}"\n{text}', encoding="utf-8"
            )
            return self

        def load(self):
            return load_rules(self.last)

        def problems(self):
            return [
                (one.code, Path(one.file).stem, one.line)
                for one in problems_of(self.last)
            ]

        def said(self):
            return "\n".join(one.text("en") for one in problems_of(self.last))

    return Files()


def bare(document):
    """A report without what tells files apart."""
    left = {
        key: value
        for key, value in document.items()
        if key not in ("digest", "origins")
    }
    left["ruleset"] = {
        key: left["ruleset"][key] for key in ("id", "version", "title", "note", "kind")
    }
    left["rules"] = [
        {key: value for key, value in rule.items() if key != "origin"}
        for rule in left["rules"]
    ]
    return left


class TestLevels:
    def test_each_level_changes_what_it_says_and_no_more(self, files):
        files.write(
            "province",
            "[rule.on-time]\nthreshold = 85\nweight = 3\n[rule.plan]\nweight = 2\n",
        )
        files.write("commune", "[rule.on-time]\nthreshold = 80\n", "province.toml")
        rules = files.load()
        rule = rules.rules["on-time"]
        assert (
            rule.threshold,
            rule.weight,
            rule.comparator,
            rules.rules["plan"].weight,
        ) == (80, 3, ">=", 2)
        assert [file.name for file in rules.files] == [
            "commune.toml",
            "province.toml",
            "frame.toml",
        ]
        assert rules.bases == ("province", "frame")

    def test_all_that_has_an_id_is_added_and_taken_away(self, files):
        files.write(
            "top",
            "[metric.signed]\ntitle = 'S'\ntype = 'percent'\n[metric.plan]\nremove = true\n"
            "[group.more]\ntitle = 'M'\n[rule.signed]\ngroup = 'more'\ntitle = 'S'\nsource = ['3']\nmetric = 'signed'\n"
            "comparator = '>='\nthreshold = 50\nweight = 1\ndeduction = 'all_or_nothing'\n"
            "[rule.plan]\nremove = true\n[band_gate.plan]\nremove = true\n[band_gate.signed]\nat_most = 'low'\n"
            "[target.four]\nremove = true\n[target.three]\ntitle = 'Đạt 3'\ncomparator = '>'\nthreshold = 3\n"
            "[remedy.hurry]\nremove = true\n[rule.on-time]\nremove = ['remedy']\n",
        )
        rules = files.load()
        assert [*rules.rules] == ["on-time", "signed"]
        assert [*rules.metrics] == ["share", "signed"]
        assert [*rules.groups] == ["work", "more"]
        assert [gate.rule for gate in rules.band_gates] == ["signed"]
        assert [target.id for target in rules.targets] == ["three"]
        assert (rules.remedies, rules.rules["on-time"].remedy) == ({}, None)

    def test_one_band_is_moved_by_its_id(self, files):
        files.write(
            "top",
            "[band.good]\nfrom = 3.5\n[band.low]\nbelow = 3.5\n[target.four]\nthreshold = 3.5\n",
        )
        rules = files.load()
        assert [
            (band.id, band.interval.low, band.interval.high) for band in rules.bands
        ] == [
            ("good", 3.5, None),
            ("low", None, 3.5),
        ]
        assert (rules.targets[0].title.vi, rules.targets[0].threshold) == ("Đạt 4", 3.5)

    def test_the_other_edge_of_a_band_gives_way(self, files):
        files.write("top", "[band.good]\nabove = 4\n[band.low]\nto = 4\n")
        good, low = files.load().bands
        assert (
            good.interval.low,
            good.interval.low_open,
            low.interval.high,
            low.interval.high_open,
        ) == (
            4,
            True,
            4,
            False,
        )

    def test_a_band_is_added_between_others(self, files):
        files.write(
            "top",
            "[band.top]\ntitle = 'Xuất sắc'\nfrom = 4.5\n[band.good]\nbelow = 4.5\n",
        )
        assert [band.id for band in files.load().bands] == ["good", "low", "top"]

    def test_a_list_written_whole_takes_the_place_of_the_whole_list(self, files):
        files.write(
            "top",
            "[[band]]\nid = 'good'\ntitle = 'Đạt'\n[band_gate.plan]\nremove = true\n",
        )
        (band,) = files.load().bands
        assert (band.title.vi, band.interval.low) == ("Đạt", None)

    def test_entries_by_their_ids_make_a_list_in_a_file_of_its_own(self):
        lists = FRAME[FRAME.index("[[band]]") :]
        keyed = (
            "[band.good]\ntitle = 'Tốt'\nfrom = 4\n[band.low]\ntitle = 'Thấp'\nbelow = 4\n"
            "[band_gate.plan]\nat_most = 'low'\n"
            "[target.four]\ntitle = 'Đạt 4'\ncomparator = '>='\nthreshold = 4\n"
        )
        one, other = parse_rules(FRAME), parse_rules(FRAME.replace(lists, keyed))
        assert (one.bands, one.band_gates, one.targets) == (
            other.bands,
            other.band_gates,
            other.targets,
        )

    def test_remove_beside_fields_replaces_whole(self, files):
        files.write(
            "top",
            "[rule.on-time]\nremove = true\ngroup = 'work'\ntitle = 'T'\nsource = ['9']\nmetric = 'share'\n"
            "comparator = '>='\nthreshold = 50\nweight = 4\ndeduction = 'all_or_nothing'\n"
            "[remedy.hurry]\nremove = true\n",
        )
        rule = files.load().rules["on-time"]
        assert (rule.due, rule.remedy, rule.source) == (None, None, ("9",))

    def test_what_was_removed_can_be_added_anew(self, files):
        files.write(
            "middle", "[rule.plan]\nremove = true\n[band_gate.plan]\nremove = true\n"
        )
        files.write(
            "top",
            "[rule.plan]\ngroup = 'work'\ntitle = 'P'\nsource = ['5']\nmetric = 'plan'\ncomparator = 'is'\n"
            "threshold = true\nweight = 2\ndeduction = 'all_or_nothing'\n",
            "middle.toml",
        )
        assert files.load().rules["plan"].source == ("5",)

    def test_a_rule_taken_away_takes_its_changes_in_sections_with_it(self, files):
        sections = "[kind.hill]\n[kind.hill.rule.plan]\nweight = 2\n[since.2023-07-01.kind.hill.rule.plan]\nweight = 3\n"
        files.write("middle", sections)
        files.write(
            "top",
            "[rule.plan]\nremove = true\n[band_gate.plan]\nremove = true\n",
            "middle.toml",
        )
        rules = load_rules_without_unused(files)
        assert [*rules.kinds["hill"].rules] == ["on-time"]
        assert [*rules.dated[date(2023, 7, 1)].kinds["hill"].rules] == ["on-time"]

    def test_sections_are_changed_by_files_over_them(self, files):
        files.write(
            "middle",
            "[kind.hill]\n[kind.hill.rule.on-time]\nthreshold = 70\n[[kind.hill.band]]\nid = 'good'\ntitle = 'H'\n",
        )
        files.write(
            "top",
            "[kind.hill.rule.on-time]\nweight = 3\n[kind.hill.rule.plan]\nremove = true\n[kind.hill.band_gate.plan]\n"
            "remove = true\n[kind.hill.band.good]\ntitle = 'Đồi'\n[kind.sea]\n",
            "middle.toml",
        )
        rules = load_rules_without_unused(files)
        hill = rules.kinds["hill"]
        assert (
            hill.rules["on-time"].threshold,
            hill.rules["on-time"].weight,
            [*hill.rules],
        ) == (70, 3, ["on-time"])
        assert [band.title.vi for band in hill.bands] == ["Đồi"]
        assert [*rules.kinds] == ["hill", "sea"]

    def test_a_kind_is_taken_away_and_made_anew(self, files):
        files.write("a", "[kind.hill]\n[kind.hill.rule.on-time]\nthreshold = 70\n")
        files.write("b", "[kind.hill]\nremove = true\n", "a.toml")
        assert files.load().kinds == {}
        files.write("c", "[kind.hill]\ntitle = 'Đồi'\n", "b.toml")
        assert files.load().kinds["hill"].rules["on-time"].threshold == 90

    def test_an_edge_of_a_band_in_a_kind(self, files):
        files.write(
            "a",
            "[kind.hill]\n[kind.hill.band.good]\nfrom = 3\n[kind.hill.band.low]\nbelow = 3\n",
        )
        files.write(
            "b",
            "[kind.hill.band.good]\nabove = 3\n[kind.hill.band.low]\nto = 3\n",
            "a.toml",
        )
        good, _ = files.load().kinds["hill"].bands
        assert good.interval.low_open


def load_rules_without_unused(files):
    rules = files.load()
    assert {one.code for one in rules.warnings} <= {"metric-unused"}
    return rules


class TestWhatIsNotThere:
    def test_a_misspelt_rule_gives_one_plain_message(self, files):
        files.write("top", "[rule.on-tme]\ntitle = 'Đúng hạn'\nthreshold = 35\n")
        assert files.problems() == [("overlay-unknown", "top", 5)]
        said = files.said()
        assert "Did you mean “on-time”?" in said
        assert "group, source, deduction" in said

    @pytest.mark.parametrize(
        ("text", "code", "line"),
        [
            ("[metric.shaer]\nmost = 50\n", "overlay-unknown", 5),
            ("[group.wrok]\nweight = 5\n", "overlay-unknown", 5),
            ("[remedy.hury]\ndue = 'Q4'\n", "overlay-unknown", 5),
            ("[band.god]\nfrom = 3\n", "overlay-unknown", 5),
            ("[band_gate.plna]\n", "overlay-unknown", 5),
            ("[target.for]\nthreshold = 3\n", "overlay-unknown", 5),
            ("[target.for]\nremove = true\n", "remove-unknown", 5),
            ("[since.2023-07-01]\nremove = true\n", "remove-unknown", 5),
            (
                "[rule.plan]\nweight = 1\nremove = ['note', 'weight']\n",
                "remove-unknown",
                7,
            ),
            ("[kind.hill]\n[kind.hill.rule.plna]\nweight = 2\n", "overlay-unknown", 6),
        ],
    )
    def test_so_for_all_that_has_an_id(self, files, text, code, line):
        assert files.write("top", text).problems() == [(code, "top", line)]

    def test_once_where_kinds_and_dates_repeat_it(self, files):
        files.write(
            "top",
            "[rule.plna]\nweight = 2\n[kind.hill]\n[kind.sea]\n[since.2023-07-01]\n[since.2023-08-01]\n",
        )
        assert files.problems() == [("overlay-unknown", "top", 5)]

    def test_a_lowest_file_lacks_keys_instead(self):
        with pytest.raises(RulesError) as refused:
            parse_rules(FRAME + "[rule.new]\ntitle = 'N'\n")
        assert {one.code for one in refused.value.problems} == {"missing-key"}

    def test_a_problem_of_a_middle_file_stands_there(self, files):
        files.write("middle", "[rule.plna]\nweight = 2\n")
        files.write("top", "[rule.plan]\nweight = 2\n", "middle.toml")
        assert files.problems() == [("overlay-unknown", "middle", 5)]

    def test_problems_of_a_band_are_found_in_the_file_that_gives_its_edge(self, files):
        files.write("top", "\n[band.good]\nfrom = 4.5\n")
        assert files.problems() == [("bands-gap", "frame", 57)] or files.problems()[0][
            1
        ] in ("top", "frame")


class TestMalformed:
    """What is no table, no list or no entry is told, and hides nothing."""

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("[rule]\nplan = 1\n", "wrong-type"),
            ("[kind]\nhill = 1\n", "wrong-type"),
            ("[since]\n2023-07-01 = 1\n", "wrong-type"),
            ("[since.2023-07-01]\nkind = 3\n", "wrong-type"),
            ("[since.2023-07-01.kind]\nhill = 3\n", "wrong-type"),
            ("[rule.plan]\nremove = [1]\n", "unknown-key"),
            ("[rule.plan]\nremove = false\n", "unknown-key"),
            ("[since.2023-07-01]\nsince = 3\n", "unknown-key"),
            ("[since.2023-07-01]\nextends = 'x'\n", "unknown-key"),
            ("[kind.hill.kind.low]\ntitle = 'x'\n", "unknown-key"),
        ],
    )
    def test_is_told(self, files, text, code):
        assert [one[0] for one in files.write("top", text).problems()] == [code]

    @pytest.mark.parametrize("text", ["[[band]]\nid = 3\ntitle = 'B'\n", "band = 3\n"])
    def test_a_list_below_that_has_no_ids_is_told_and_kept(self, files, text):
        below = "[rule.x]\n" if text.startswith("[") else ""
        files.folder.joinpath("broken.toml").write_text(
            FRAME[: FRAME.index("[[band]]")].replace(
                "format = 1", f"format = 1\n{text}" if not below else "format = 1"
            )
            + (text if below else ""),
            encoding="utf-8",
        )
        files.write("top", "[band.good]\nfrom = 3\n", "broken.toml")
        assert {one[:2] for one in files.problems()} <= {
            ("wrong-type", "broken"),
            ("wrong-type", "top"),
            ("not-text", "broken"),
            ("bad-id", "broken"),
        }
        assert files.problems()

    def test_tables_and_lists_in_sections_that_are_no_such_things(self, files):
        files.write("middle", "[kind.hill]\nband = 3\nindex = { scale = 5 }\n")
        files.write(
            "top",
            "[kind.hill.band.good]\nfrom = 3\n[kind.hill.index]\nplaces = 3\n",
            "middle.toml",
        )
        assert {one[0] for one in files.problems()} == {"wrong-type"}

    def test_sections_of_the_wrong_type_are_replaced(self, files):
        files.folder.joinpath("odd.toml").write_text(
            FRAME.replace("format = 1", "format = 1\nkind = 3\nsince = 3")
        )
        files.write("top", "[kind.hill]\n[since.2023-07-01]\n", "odd.toml")
        assert [*files.load().kinds] == ["hill"]

    def test_a_section_of_the_wrong_type_stays_beside_what_is_removed(self, files):
        files.write(
            "middle",
            "[kind]\nhill = 1\n[since]\n2023-07-01 = 2\n2023-08-01 = { kind = 4, rule = 3 }\n",
        )
        files.write(
            "top",
            "[rule.plan]\nremove = true\n[band_gate.plan]\nremove = true\n",
            "middle.toml",
        )
        assert {one[0] for one in files.problems()} >= {"wrong-type"}
        files.folder.joinpath("bottom.toml").write_text(
            FRAME.replace("format = 1", "format = 1\nkind = 1")
        )
        files.write(
            "top",
            "[rule.plan]\nremove = true\n[band_gate.plan]\nremove = true\n",
            "bottom.toml",
        )
        assert {one[0] for one in files.problems()} >= {"wrong-type"}

    def test_too_many_versions(self):
        dates = "".join(
            f"[since.2023-{month:02}-{day:02}]\n"
            for month in range(1, 13)
            for day in range(1, 23)
        )
        for text in (
            FRAME + dates + "[kind.hill]\n",
            FRAME + "".join(f"[kind.k{at}]\n" for at in range(MAX_VERSIONS)),
        ):
            with pytest.raises(RulesError) as refused:
                parse_rules(text)
            assert [one.code for one in refused.value.problems] == ["too-many-versions"]


class TestBesideEachOther:
    def write(self, files, district, sector, top=""):
        files.write("district", "version = 'd'\n" + district)
        files.write("sector", "version = 'd'\n" + sector)
        return files.write("top", top, ["district.toml", "sector.toml"])

    def test_what_both_say_holds(self, files):
        self.write(
            files,
            "[rule.on-time]\nthreshold = 80\n",
            "[rule.on-time]\nweight = 3\n[rule.plan]\nweight = 2\n",
        )
        rules = files.load()
        rule = rules.rules["on-time"]
        assert (rule.threshold, rule.weight, rules.rules["plan"].weight) == (80, 3, 2)
        assert [file.name for file in rules.files] == [
            "top.toml",
            "district.toml",
            "sector.toml",
            "frame.toml",
        ]

    def test_the_same_value_is_no_conflict(self, files):
        self.write(
            files,
            "[rule.on-time]\nthreshold = 80\n",
            "[rule.on-time]\nthreshold = 80.0\n",
        )
        assert files.load().rules["on-time"].threshold == 80
        lists = "source = ['1', '2']\n"
        self.write(files, "[rule.on-time]\n" + lists, "[rule.on-time]\n" + lists)
        assert files.load().rules["on-time"].source == ("1", "2")
        titles = "title = { vi = 'A', en = 'B' }\n"
        self.write(files, "[rule.on-time]\n" + titles, "[rule.on-time]\n" + titles)
        assert files.load().rules["on-time"].title.en == "B"

    def test_different_values_are_refused_and_both_places_shown(self, files):
        self.write(
            files,
            "[rule.on-time]\nthreshold = 80\n",
            "\n[rule.on-time]\nweight = 3\nthreshold = 85\n",
        )
        assert files.problems() == [("overlay-conflict", "district", 7)]
        assert "“80”" in files.said()
        assert "district.toml:7" in files.said()
        assert "“85”" in files.said()
        assert "sector.toml:9" in files.said()

    def test_the_file_over_both_settles_it(self, files):
        self.write(
            files,
            "[rule.on-time]\nthreshold = 80\n",
            "[rule.on-time]\nthreshold = 85\n",
            "[rule.on-time]\nthreshold = 82\n",
        )
        assert files.load().rules["on-time"].threshold == 82

    def test_a_file_over_one_of_them_settles_nothing(self, files):
        files.write("district", "[rule.on-time]\nthreshold = 80\n")
        files.write("sector", "[rule.on-time]\nthreshold = 85\n")
        files.write("town", "[rule.on-time]\nthreshold = 70\n", "district.toml")
        files.write("top", "", ["town.toml", "sector.toml"])
        assert files.problems() == [("overlay-conflict", "town", 6)]

    def test_a_file_that_also_stands_below_another_is_overruled_by_it(self, files):
        files.write("district", "[rule.on-time]\nthreshold = 80\n")
        files.write("town", "[rule.on-time]\nthreshold = 70\n", "district.toml")
        for order in (["town.toml", "district.toml"], ["district.toml", "town.toml"]):
            files.write("top", "", order)
            rules = files.load()
            assert rules.rules["on-time"].threshold == 70
            assert len(rules.files) == 4

    def test_three_beside_each_other(self, files):
        for name, threshold in (("a", 80), ("b", 80), ("c", 81)):
            files.write(name, f"[rule.on-time]\nthreshold = {threshold}\n")
        files.write("a2", "[rule.on-time]\nthreshold = 81\n", "a.toml")
        files.write("top", "", ["a.toml", "b.toml", "c.toml"])
        assert [one[0] for one in files.problems()] == ["overlay-conflict"]
        files.write("top", "", ["a2.toml", "a.toml", "c.toml"])
        assert files.load().rules["on-time"].threshold == 81

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            (
                "[rule.plan]\nremove = true\n[band_gate.plan]\nremove = true\n",
                "[rule.plan]\nweight = 2\n",
            ),
            (
                "[rule.on-time]\nremove = ['due']\n",
                "[rule.on-time]\ndue = 2023-05-31\n",
            ),
            ("[band.good]\nfrom = 3\n", "[band.good]\nabove = 3\n"),
            ("[[band]]\nid = 'good'\ntitle = 'T'\n", "[band.low]\ntitle = 'L'\n"),
            (
                "[kind.hill]\n[kind.hill.rule.plan]\nremove = true\n",
                "[kind.hill]\n[kind.hill.rule.plan]\nweight = 2\n",
            ),
            (
                "[[kind.hill.band]]\nid = 'x'\ntitle = 'X'\n",
                "[kind.hill.band.good]\ntitle = 'G'\n",
            ),
            (
                "[since.2023-07-01.rule.plan]\nweight = 2\n",
                "[since.2023-07-01.rule.plan]\nweight = 3\n",
            ),
            ("[rule.plan]\nthreshold = true\n", "[rule.plan]\nthreshold = 1\n"),
            ("[rule.on-time]\nthreshold = [80]\n", "[rule.on-time]\nthreshold = 80\n"),
            ("tracks = ['a']\n", "tracks = ['b']\n"),
        ],
    )
    def test_a_conflict_is_one_in_either_order(self, files, one, other):
        def written(name, text):
            files.write(name, text)
            if text.startswith("tracks"):
                files.last.write_text(
                    f'{text}format = 1\nextends = "frame.toml"\n[ruleset]\nid = "{name}"\n'
                )

        for first, second in ((one, other), (other, one)):
            written("district", first)
            written("sector", second)
            files.write("top", "", ["district.toml", "sector.toml"])
            assert "overlay-conflict" in {code for code, _, _ in files.problems()}

    def test_removed_by_both_is_removed(self, files):
        gone = "[rule.plan]\nremove = true\n[band_gate.plan]\nremove = true\n[metric.plan]\nremove = true\n"
        self.write(files, gone, gone)
        assert [*files.load().rules] == ["on-time"]

    def test_removed_beside_a_file_that_does_not_speak_of_it(self, files):
        gone = "[rule.plan]\nremove = true\n[band_gate.plan]\nremove = true\n[metric.plan]\nremove = true\n"
        for parts in ((gone, ""), ("", gone)):
            self.write(files, *parts)
            assert [*files.load().rules] == ["on-time"]

    def test_two_without_a_common_base(self, files):
        whole = FRAME.replace('id = "frame"', 'id = "other"')
        files.folder.joinpath("other.toml").write_text(whole, encoding="utf-8")
        files.write("top", "", ["frame.toml", "other.toml"])
        assert [*files.load().rules] == ["on-time", "plan"]

    def test_shapes_that_do_not_fit(self, files):
        files.write("district", "[rule]\nplan = 1\n")
        files.write("sector", "[rule.plan]\nweight = 3\n")
        files.write("top", "", ["district.toml", "sector.toml"])
        assert "overlay-conflict" in {code for code, _, _ in files.problems()}


SIDE = "[rule.plan]\nnote = 'Văn bản riêng'\n"
"""A file beside that says nothing of what the other takes away."""

ANEW = """
[rule.on-time]
remove = true
group = "work"
title = "Đúng hạn, cách mới"
source = ["1"]
metric = "share"
comparator = ">="
threshold = 70
weight = 4
deduction = "all_or_nothing"
"""


def orders(*names):
    """The same files beside each other, in either order."""
    return [[f"{name}.toml" for name in order] for order in (names, names[::-1])]


class TestTakenAwayBesideAFileThatIsSilent:
    """What one file takes away stays away: the file beside it has it only from the frame (V1)."""

    def both(self, files, frame, taking, side=SIDE):
        """The rule sets of the taking file alone, and beside the silent one in both orders."""
        (files.folder / "base.toml").write_text(FRAME + frame, encoding="utf-8")
        files.write("taking", taking, "base.toml")
        alone = files.load()
        files.write("side", side, "base.toml")
        for extends in orders("taking", "side"):
            files.write("top", "", extends)
            yield alone, files.load()

    def test_a_rule_put_in_its_place_whole_and_a_dated_section(self, files):
        section = '[since."2023-04-01".rule.on-time]\nthreshold = 99\n'
        for _, beside in self.both(files, section, ANEW):
            later = beside.at(date(2023, 5, 1)).rules["on-time"]
            assert (later.threshold, later.title.vi) == (70, "Đúng hạn, cách mới")

    def test_a_rule_put_in_its_place_whole_and_a_kind(self, files):
        kind = '[kind.hill]\ntitle = "Miền núi"\n[kind.hill.rule.on-time]\nthreshold = 60\n'
        for _, beside in self.both(files, kind, ANEW):
            assert beside.kinds["hill"].rules["on-time"].threshold == 70

    def test_a_rule_put_in_its_place_whole_and_a_kind_in_a_dated_section(self, files):
        section = '[since."2023-04-01".kind.hill.rule.on-time]\nthreshold = 60\n'
        for _, beside in self.both(files, section, ANEW):
            later = beside.at(date(2023, 5, 1)).kinds["hill"]
            assert later.rules["on-time"].threshold == 70

    def test_a_rule_that_a_section_takes_away_is_put_back(self, files):
        section = '[since."2023-04-01".rule.on-time]\nremove = true\n'
        for alone, beside in self.both(files, section, ANEW):
            assert list(alone.at(date(2023, 5, 1)).rules) == ["on-time", "plan"]
            assert list(beside.at(date(2023, 5, 1)).rules) == ["on-time", "plan"]

    def test_a_change_in_a_section_that_is_taken_away_in_the_section(self, files):
        section = (
            '[since."2023-04-01".rule.on-time]\nthreshold = 99\nnote = "Từ tháng 4"\n'
        )
        taking = ANEW.replace("[rule.", '[since."2023-04-01".rule.')
        for _, beside in self.both(files, section, taking):
            later = beside.at(date(2023, 5, 1)).rules["on-time"]
            assert (later.threshold, later.note) == (70, None)

    def test_the_other_edge_of_a_band_in_a_section(self, files):
        section = '[since."2023-04-01".band.good]\nfrom = 3\n[since."2023-04-01".band.low]\nbelow = 3\n'
        taking = (
            '[since."2023-04-01".band.good]\nabove = 3\n'
            '[since."2023-04-01".band.low]\nto = 3\n'
        )
        for _, beside in self.both(files, section, taking):
            good, low = beside.at(date(2023, 5, 1)).bands
            assert (good.interval.low, good.interval.low_open) == (3, True)
            assert (low.interval.high, low.interval.high_open) == (3, False)

    def test_a_band_that_a_new_list_does_not_have(self, files):
        section = '[since."2023-04-01".band.low]\ntitle = "Rất thấp"\n'
        taking = (
            '[[band]]\nid = "good"\ntitle = "Tốt"\nfrom = 2\n'
            '[[band]]\nid = "poor"\ntitle = "Yếu"\nbelow = 2\n[[band_gate]]\n'
            'rule = "plan"\nat_most = "poor"\n'
        )
        for alone, beside in self.both(files, section, taking):
            for rules in (alone, beside):
                bands = rules.at(date(2023, 5, 1)).bands
                assert {band.id for band in bands} == {"good", "poor"}

    def test_a_kind_that_is_taken_away_and_a_dated_section(self, files):
        kind = (
            '[kind.hill]\ntitle = "Miền núi"\n[kind.hill.rule.on-time]\nthreshold = 60\n'
            '[since."2023-04-01".kind.hill.rule.on-time]\nthreshold = 50\n'
        )
        for alone, beside in self.both(files, kind, "[kind.hill]\nremove = true\n"):
            for rules in (alone, beside):
                assert not rules.kinds
                assert not rules.at(date(2023, 5, 1)).kinds

    def test_a_section_that_is_taken_away(self, files):
        section = '[since."2023-04-01".rule.on-time]\nthreshold = 99\n'
        taking = '[since."2023-04-01"]\nremove = true\n'
        for alone, beside in self.both(files, section, taking):
            assert not alone.dated
            assert not beside.dated

    def test_three_beside_each_other_and_one_over_all(self, files):
        section = '[since."2023-04-01".rule.on-time]\nthreshold = 99\n'
        for _, beside in self.both(files, section, ANEW):
            assert beside.rules["on-time"].threshold == 70
        files.write("third", "[metric.share]\nunit = 'phần trăm'\n", "base.toml")
        for names in (["side", "taking", "third"], ["third", "side", "taking"]):
            files.write("top", "", [f"{name}.toml" for name in names])
            files.write("over", "[rule.plan]\nnote = 'Trên cùng'\n", "top.toml")
            later = files.load().at(date(2023, 5, 1))
            assert later.rules["on-time"].threshold == 70

    def test_a_rule_that_is_taken_away_and_made_anew(self, files):
        """The note of the frame's rule is gone for good, although a file over it made a new rule."""
        note = '[rule.extra]\nnote = "Cũ"\n' + ANEW.replace(
            "remove = true", ""
        ).replace("[rule.on-time]", "")
        for alone, _ in self.both(files, note, "[rule.extra]\nremove = true\n"):
            assert "extra" not in alone.rules
        files.write(
            "made",
            ANEW.replace("on-time", "extra").replace("remove = true", ""),
            "taking.toml",
        )
        for extends in orders("made", "side"):
            files.write("top", "", extends)
            assert files.load().rules["extra"].note is None

    def test_a_section_that_one_takes_away_and_the_other_changes(self, files):
        section = '[since."2023-04-01".rule.on-time]\nthreshold = 99\n'
        taking = '[since."2023-04-01"]\nremove = true\n'
        changing = '[since."2023-04-01".rule.plan]\nnote = "Từ tháng 4"\n'
        with pytest.raises(RulesError) as error:
            [*self.both(files, section, taking, changing)]
        assert {problem.code for problem in error.value.problems} == {
            "overlay-conflict"
        }

    def test_a_section_of_the_file_beside_is_in_conflict(self, files):
        """Here the file beside itself changes the rule, from a day on: no file settles it."""
        files.write("taking", ANEW)
        files.write("side", '[since."2023-04-01".rule.on-time]\nthreshold = 99\n')
        for extends in orders("taking", "side"):
            files.write("top", "", extends)
            loaded = files.load()
            assert loaded.at(date(2023, 5, 1)).rules["on-time"].threshold == 99
        frame = FRAME + '[since."2023-04-01".rule.on-time]\nthreshold = 95\n'
        (files.folder / "frame.toml").write_text(frame, encoding="utf-8")
        for extends in orders("taking", "side"):
            files.write("top", "", extends)
            (problem,) = files.problems()
            assert problem[0] == "overlay-conflict"


class TestBounds:
    def test_a_round_through_a_list(self, files):
        files.write("a", "", ["frame.toml", "b.toml"])
        files.write("b", "", "a.toml")
        assert files.problems() == [("extends-round", "a", 2)]
        assert "b.toml → a.toml → b.toml" in files.said()

    @pytest.mark.parametrize(
        "extends", ["[]", "[1]", "['frame.toml', 3]", "true", "{ a = 1 }"]
    )
    def test_what_is_no_list_of_files(self, files, extends):
        files.folder.joinpath("top.toml").write_text(
            f'format = 1\nextends = {extends}\n[ruleset]\nid = "top"\n'
        )
        files.last = files.folder / "top.toml"
        assert files.problems() == [("extends", "top", 2)]

    def test_the_most_files(self, files):
        for at in range(MAX_OVERLAYS + 1):
            files.write(f"f{at}", "", f"f{at - 1}.toml" if at else None)
        top = files.last
        files.folder.joinpath("f0.toml").write_text(FRAME, encoding="utf-8")
        assert len(load_rules(top).files) == MAX_OVERLAYS + 1
        files.write("one-more", "", f"f{MAX_OVERLAYS}.toml")
        assert [one[0] for one in files.problems()] == ["extends"]

    def test_a_common_base_is_read_once(self, files):
        for name in "abcdefgh":
            files.write(name, "")
        files.write("top", "", [f"{name}.toml" for name in "abcdefgh"])
        assert len(files.load().files) == 10

    def test_ways_that_multiply_are_walked_once(self, files):
        files.write("f0", "")
        for at in range(1, MAX_OVERLAYS):
            files.write(
                f"f{at}", "", [f"f{at - 1}.toml", f"f{max(at - 2, 0)}.toml"] * 3
            )
        assert len(files.load().files) == MAX_OVERLAYS + 1

    def test_a_missing_file_is_told_where_it_is_named(self, files):
        files.write("top", "", ["frame.toml", "fraem.toml"])
        assert [one[0] for one in files.problems()] == ["file-unreadable"]


class TestOrigins:
    def report(self, files, **changes):
        return score(files.load(), load_measurements(SUBMISSION | changes)).to_dict(
            "vi"
        )

    def test_every_field_names_its_file(self, files):
        files.write(
            "province",
            "[index]\nplaces = 3\n[band.good]\nfrom = 3.5\n[band.low]\nbelow = 3.5\n[group.work]\nweight = 5\n",
        )
        files.write("commune", "[rule.on-time]\nthreshold = 85\n", "province.toml")
        document = self.report(files)
        places, fields = document["origins"]["places"], document["origins"]["fields"]

        def file(*path):
            found = fields
            for part in path:
                found = found[part]
            return places[found]["file"]

        assert file("rule", "on-time", "threshold") == "commune.toml"
        assert {
            file("rule", "on-time", key)
            for key in ("comparator", "weight", "deduction", "due", "absence", "title")
        } == {"frame.toml"}
        assert (file("group", "work", "title"), file("group", "work", "weight")) == (
            "frame.toml",
            "province.toml",
        )
        assert (file("band", "good", "from"), file("band", "good", "title")) == (
            "province.toml",
            "frame.toml",
        )
        assert (file("index", "scale"), file("index", "places")) == (
            "frame.toml",
            "province.toml",
        )
        assert (file("ruleset", "id"), file("ruleset", "valid")) == (
            "commune.toml",
            "frame.toml",
        )
        assert file("format") == "commune.toml"
        sha = {one["name"]: one["sha256"] for one in document["ruleset"]["files"]}
        assert {one["file"]: one["sha256"] for one in places} == sha
        assert {(one["since"], one["kind"]) for one in places} == {(None, None)}

    def test_one_file_needs_no_origins(self, files):
        document = self.report(files)
        assert document["origins"] is None
        assert {rule["origin"] for rule in document["rules"]} == {None}

    def test_what_was_taken_away_has_none(self, files):
        files.write(
            "top",
            "[rule.plan]\nremove = true\n[band_gate.plan]\nremove = true\n[rule.on-time]\nremove = ['remedy']\n",
        )
        fields = self.report(files)["origins"]["fields"]
        assert [*fields["rule"]] == ["on-time"]
        assert "remedy" not in fields["rule"]["on-time"]

    def test_a_loss_names_the_file_of_its_threshold(self, files):
        files.write("commune", "[rule.on-time]\nthreshold = 85\n")
        document = self.report(files)
        assert [rule["origin"] for rule in document["rules"]] == [
            "ngưỡng lấy từ commune.toml",
            "ngưỡng lấy từ frame.toml",
        ]
        for view in ("text", "markdown", "html"):
            assert "ngưỡng lấy từ commune.toml" in render(document, view)

    def test_a_section_and_a_kind_are_named_too(self, files):
        files.write(
            "commune",
            "[kind.hill]\ntitle = { vi = 'Xã miền núi', en = 'Hills' }\n[kind.hill.rule.plan]\nthreshold = false\n"
            "[since.2023-07-01.rule.on-time]\nthreshold = 85\n",
        )
        document = self.report(files, unit_kind="hill")
        assert [rule["origin"] for rule in document["rules"]] == [
            "ngưỡng lấy từ commune.toml (áp dụng từ 01/07/2023)",
            "ngưỡng lấy từ commune.toml (Xã miền núi)",
        ]
        assert [
            (one["since"], one["kind"]) for one in document["origins"]["places"]
        ].count(("2023-07-01", None)) == 1

    def test_a_rule_without_a_threshold_names_the_file_of_its_deduction(self, files):
        tiers = "{ kind = 'tiers', tiers = [{ from = 50, points = 4 }, { below = 50, points = 0 }] }"
        files.write(
            "commune",
            f"[rule.on-time]\nremove = ['comparator', 'threshold', 'due']\ndeduction = {tiers}\n",
        )
        assert (
            self.report(files)["rules"][0]["origin"]
            == "cách tính điểm lấy từ commune.toml"
        )


class TestPrinted:
    def test_a_chain_prints_as_one_file(self, files):
        files.write(
            "middle",
            "[kind.hill]\n[kind.hill.rule.plan]\nremove = true\n[kind.hill.band_gate.plan]\nremove = true\n",
        )
        files.write(
            "top",
            "[rule.on-time]\nremove = ['remedy']\n[kind.hill.rule.on-time]\nremove = ['due', 'absence']\n"
            "[remedy.hurry]\nremove = true\n"
            "[band.good]\nfrom = 3\n[band.low]\nbelow = 3\n[since.2023-07-01.band.low]\ntitle = 'L'\n",
            "middle.toml",
        )
        rules = load_rules_without_unused(files)
        again = parse_rules(dump_rules(rules))
        for one, other in (
            (rules, again),
            (rules.kinds["hill"], again.kinds["hill"]),
            (rules.dated[date(2023, 7, 1)], again.dated[date(2023, 7, 1)]),
        ):
            assert (one.rules, one.bands, one.band_gates, one.remedies) == (
                other.rules,
                other.bands,
                other.band_gates,
                other.remedies,
            )
        assert again.document == rules.document
        assert (
            parse_rules(dump_rules(rules.kinds["hill"])).rules
            == rules.kinds["hill"].rules
        )


@st.composite
def chains(draw):
    """A rule set as one file, and as a frame with two files over it that come to the same."""
    _, whole = draw(rule_sets())
    frame, layers = copy.deepcopy(whole), ({}, {})
    frame.pop("kind", None)
    for key in ("rule", "metric", "remedy"):
        for id_, fields in whole.get(key, {}).items():
            way = draw(st.integers(0, 4))
            if way == 1:  # added by one of them
                draw(st.sampled_from(layers)).setdefault(key, {})[id_] = frame[key].pop(
                    id_
                )
            elif way > 1:  # a field changed by one, or by both
                field = draw(st.sampled_from(sorted(fields)))
                frame[key][id_][field] = "sai"
                draw(st.sampled_from(layers)).setdefault(key, {})[id_] = {
                    field: fields[field]
                }
                if way > 2:
                    layers[0].setdefault(key, {}).setdefault(id_, {})[field] = "sai nữa"
                    layers[1].setdefault(key, {}).setdefault(id_, {})[field] = fields[
                        field
                    ]
    if draw(st.booleans()):
        frame["rule"]["thua"] = {"title": "Thừa"}
        layers[1].setdefault("rule", {})["thua"] = {"remove": True}
    for band in whole.get("band", []):
        if draw(st.booleans()):
            moved = next(one for one in frame["band"] if one["id"] == band["id"])
            moved["title"] = "Sai"
            layers[1].setdefault("band", {})[band["id"]] = {"title": band["title"]}
    if "kind" in whole:
        layers[1]["kind"] = whole["kind"]
    return whole, frame, layers


def written(document):
    """A document as TOML, its bands by id."""
    bands = document.get("band", {})
    keyed = {} if isinstance(bands, list) else bands
    plain = {
        key: value
        for key, value in document.items()
        if key != "band" or isinstance(bands, list)
    }
    return to_toml(plain) + "".join(
        f'[band.{id_}]\ntitle = "{fields["title"]}"\n' for id_, fields in keyed.items()
    )


@given(chains(), st.data())
def test_a_chain_scores_as_the_file_it_comes_to(tmp_path_factory, chain, data):
    whole, frame, (middle, top) = chain
    folder = tmp_path_factory.mktemp("chain")
    (folder / "frame.toml").write_text(to_toml(frame), encoding="utf-8")
    (folder / "middle.toml").write_text(
        'extends = "frame.toml"\n' + written(middle), encoding="utf-8"
    )
    (folder / "top.toml").write_text(
        'extends = "middle.toml"\n' + written(top), encoding="utf-8"
    )
    flat, laid = parse_rules(to_toml(whole)), load_rules(folder / "top.toml")
    submission = data.draw(submissions(read_toml(to_toml(whole))))
    one, other = (
        score(rules, load_measurements(submission, rules)).to_dict("vi")
        for rules in (flat, laid)
    )
    assert ordered(bare(one)) == ordered(bare(other))


def ordered(document):
    """A report whose rules and machine metrics stand by their ids: files may add them in another order."""
    document["rules"] = sorted(document["rules"], key=lambda rule: rule["id"])
    document["machine"]["metrics"] = sorted(
        document["machine"]["metrics"], key=lambda metric: metric["id"]
    )
    for key in (
        "losses",
        "missing",
        "not_due",
        "not_applicable",
        "waived",
        "unsupported",
        "without_effect",
    ):
        document[key] = sorted(document[key])
    if "required_shares" in document:
        shares = document["required_shares"]
        document["required_shares"] = sorted(shares, key=lambda share: share["rule"])
        asked = document["machine"]["required_shares"]
        document["machine"]["required_shares"] = sorted(
            asked, key=lambda share: share["id"]
        )
    for target in document["targets"]:
        for need in target.get("needs", []):
            # The rules of a group that fall short, and the sentence that names them one by one.
            need["rules"] = sorted(need["rules"])
            need["text"] = sorted(need["text"])
    return document


@st.composite
def files_with_sections(draw):
    """A rule file with dated sections and kinds that change this and that, rightly or wrongly."""
    text, document = draw(rule_sets())
    sections = draw(st.lists(sections_of(document), min_size=1, max_size=4))
    return "\n".join([text, *dict.fromkeys(sections)])


@st.composite
def sections_of(draw, document):
    days = ('since."2023-05-01"', 'since."2023-08-01"')
    where = draw(st.sampled_from([*days, "kind.drawn", f"{days[0]}.kind.drawn"]))
    table = draw(st.sampled_from(["rule", "metric", "group", "absence"]))
    if table == "absence":
        return f'\n[{where}.absence]\nmissing = "full"'
    id_ = draw(st.sampled_from(sorted(document[table])))
    change = draw(
        st.sampled_from(
            {
                "rule": ["weight = 3", "threshold = 85", "remove = true", "metric = \"nothing\"", "lowest = -1"],
                "metric": ["least = 5", "round = 1", "type = \"count\"", "remove = true"],
                "group": [
                    'weight_basis = "borrowed"',"weight = 7", "combine = \"mean\"", "optional = true"],
            }[table]
        )
    )  # fmt: skip
    return f"\n[{where}.{table}.{id_}]\n{change}"


def everything_of(text):
    """All that a rule file comes to: each version of it, or every problem."""
    try:
        rules = parse_rules(text)
    except RulesError as error:
        return [
            (one.code, one.path, one.line, one.text("en")) for one in error.problems
        ]
    dated = [rules, *rules.dated.values()]
    versions = [version for day in dated for version in (day, *day.kinds.values())]
    return [
        (
            *(dict(getattr(version, part)) for part in ("metrics", "groups", "rules", "remedies", "origins")),
            version.index,
            version.document,
            version.warnings,
        )
        for version in versions
    ]  # fmt: skip


class TestWhatVersionsShare:
    """Tables that versions have in common are read, built and checked once; nothing else changes for it."""

    @settings(max_examples=examples(20, wide=100, deep=1000))
    @given(files_with_sections())
    def test_a_file_says_the_same_when_nothing_is_shared(self, text):
        shared = everything_of(text)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                Shared, "once", lambda self, what, of, make, alike=None: make()
            )
            alone = everything_of(text)
        assert shared == alone

    def test_an_object_stays_the_same_in_every_version_that_leaves_it(self):
        rules = parse_rules(
            FRAME + '[since."2023-07-01".rule.on-time]\nthreshold = 98\n'
        )
        later = rules.dated[date(2023, 7, 1)]
        changed = [
            id_ for id_ in rules.rules if rules.rules[id_] is not later.rules[id_]
        ]
        assert changed == ["on-time"]
        assert all(rules.metrics[id_] is later.metrics[id_] for id_ in rules.metrics)
