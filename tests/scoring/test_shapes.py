"""One good file for each of the forty scoring shapes, with figures worked by hand: neither scorer is believed."""

import json
import re
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest
import tomli
from oracle import oracle, overlay

from cchc_rules import load_measurements, load_rules, rank, score

GOOD = Path(__file__).parents[1] / "good"
NAMES = sorted(path.stem for path in GOOD.glob("s*.toml"))


def document_of(name):
    """A good file as a document, laid over the file that it extends."""
    document = tomli.loads(
        (GOOD / f"{name}.toml").read_text(encoding="utf-8"), parse_float=Decimal
    )
    if "extends" in document:
        document = overlay(
            document_of(document["extends"].removesuffix(".toml")), document
        )
    return document


def expected_of(name):
    return json.loads(
        (GOOD / f"{name}.json").read_text(encoding="utf-8"), parse_float=Decimal
    )


CASES = [
    pytest.param(name, case["submission"], case["expect"], id=f"{name}-{number}")
    for name in NAMES
    for number, case in enumerate(expected_of(name)["cases"], 1)
]


NUMBERED = [(case, case.id.endswith("-1")) for case in CASES]
EACH_SHAPE = [
    case if first else pytest.param(*case.values, id=case.id, marks=pytest.mark.wide)
    for case, first in NUMBERED
]
"""The first case of each shape in every run, the others in a wide one: for what holds of documents, not of figures."""


@cache
def rules_of(name):
    """A good rule file, loaded once in a run."""
    return load_rules(GOOD / f"{name}.toml")


def report_of(name, submission):
    rules = rules_of(name)
    return score(rules, load_measurements(submission, rules))


def by_id(items):
    return {item["id"]: item for item in items}


def pick(document, wanted):
    """The part of a document that has the keys of ``wanted``."""
    return {key: document[key] for key in wanted}


class TestSlopes:
    """F1: a tier gives its points at its low edge, and so much more for each unit beyond."""

    @pytest.mark.parametrize(
        ("value", "points"),
        [
            *((9, "0.00"), (20, "1.00"), (Decimal("24.9"), "1.00")),
            *((25, "1.25"), (31, "1.50"), (44, "2.00"), (60, "2.00")),
        ],
    )
    def test_full_steps_above_20_percent(self, value, points):
        (submission,) = (
            case["submission"] for case in expected_of("s42-slope")["cases"][:1]
        )
        figures = {**submission["measurements"], "online": value}
        report = report_of("s42-slope", {**submission, "measurements": figures})
        assert report.rule("online").earned == Decimal(points)


class TestBrackets:
    """F2: each part of the value counts at the rate of its bracket."""

    def test_25_services_come_to_45_points(self):
        (submission,) = (
            case["submission"] for case in expected_of("s41-progressive")["cases"][:1]
        )
        report = report_of(
            "s41-progressive", {**submission, "measurements": {"services": 25}}
        )
        assert report.rule("services").earned == 45


class TestDecisionTables:
    """F3, F4: the row that decides, and the figures that it waits for."""

    @pytest.mark.parametrize(
        ("done", "urged", "state", "points"),
        [
            *((90, True, "met", 3), (90, False, "met", 3), (90, None, "met", 3)),
            (Decimal("79.99"), True, "partly_met", 2),
            (Decimal("79.99"), False, "partly_met", 1),
            (69, True, "partly_met", 2),
            *((80, None, "partly_met", 2), (Decimal("79.99"), None, "missing", 0)),
            # The own metric is needed, though every unit that is urged has a row.
            (None, True, "missing", 0),
        ],
    )
    def test_a_row_that_is_decided_waits_for_nothing(self, done, urged, state, points):
        figures = {"done": done, "urged": urged, "grade": "Kém"}
        case = expected_of("s47-decision-table")["cases"][0]["submission"]
        known = {name: value for name, value in figures.items() if value is not None}
        rule = report_of("s47-decision-table", {**case, "measurements": known}).rule(
            "tasks"
        )
        assert (rule.state, rule.earned) == (state, points)

    def test_only_what_keeps_rows_open_is_said_to_be_missing(self):
        case = expected_of("s47-decision-table")["cases"][0]["submission"]
        known = {"done": 50, "grade": "Tốt"}
        report = report_of("s47-decision-table", {**case, "measurements": known})
        rule = by_id(report.to_dict(lang="vi")["rules"])["tasks"]
        assert "“Đã đôn đốc bằng văn bản”" in rule["reason"]["text"]
        assert rule["state"] == "missing"


class TestDerivedLevels:
    """F5: the level of the row that decides; what it does not need is not waited for."""

    @pytest.mark.parametrize(
        ("online", "staff", "level"),
        [
            (80, 3, "Nâng cao"),
            (80, 2, "Cơ bản"),
            (49, None, "Chưa đạt"),
            (80, None, None),
        ],
    )
    def test_the_row_gives_the_level(self, online, staff, level):
        case = expected_of("s49-derived-level")["cases"][0]["submission"]
        figures = {"online": online, "staff": staff}
        known = {name: value for name, value in figures.items() if value is not None}
        report = report_of("s49-derived-level", {**case, "measurements": known})
        assert by_id(report.to_dict()["rules"])["grade"]["value"] == level


class TestTheFolder:
    def test_every_shape_has_a_file(self):
        numbers = {int(re.match(r"s(\d\d)-", name)[1]) for name in NAMES}
        assert numbers == set(range(1, max(numbers) + 1))

    def test_every_file_has_figures(self):
        assert sorted(path.stem for path in GOOD.glob("*.json")) == NAMES
        assert all(expected_of(name)["cases"] for name in NAMES)

    def test_every_file_has_the_sentences_that_it_says(self):
        for name in NAMES:
            for sheet in expected_of(name)["sheet"]:
                assert sheet["vi"]
                assert sheet["en"]

    def test_every_case_says_what_the_index_is(self):
        assert all("value" in case.values[2]["index"] for case in CASES)


class TestFiguresWorkedByHand:
    @pytest.mark.parametrize(("name", "submission", "expect"), CASES)
    def test_the_report_gives_them(self, name, submission, expect):
        document = report_of(name, submission).to_dict(lang="vi")
        rules, groups, tracks = (
            by_id(document["rules"]),
            by_id(document["groups"]),
            by_id(document["tracks"]),
        )
        for rule, figures in expect.get("rules", {}).items():
            assert pick(rules[rule], figures) == figures
        for group, figures in expect.get("groups", {}).items():
            assert pick(groups[group], figures) == figures
        for track, figures in expect.get("tracks", {}).items():
            assert pick(tracks[track], figures) == figures
        for rule, code in expect.get("reasons", {}).items():
            assert rules[rule]["reason"]["code"] == code
        assert pick(document["index"], expect["index"]) == expect["index"]
        if "band" in expect:
            assert pick(document["band"], expect["band"]) == expect["band"]
        if "unsupported" in expect:
            assert document["unsupported"] == expect["unsupported"]

    @pytest.mark.parametrize(("name", "submission", "expect"), CASES)
    def test_the_oracle_gives_them(self, name, submission, expect):
        found = oracle(document_of(name), submission)
        figures = (
            "earned",
            "lost",
            "excluded",
            "maximum",
            "rescaled",
            "exact",
            "lowest",
            "highest",
            "claimed",
            "supported",
        )
        figures += ("value", "base", "bonus", "penalty")
        for part in ("rules", "groups"):
            for name_, wanted in expect.get(part, {}).items():
                for key, figure in wanted.items():
                    if key == "state":
                        assert found[part][name_]["state"] == figure
                    elif key in figures and key in found[part][name_]:
                        assert found[part][name_][key] == Fraction(figure), (name_, key)
        for key, figure in expect["index"].items():
            wanted = None if figure is None else Fraction(figure)
            assert found["index"][key] == wanted, key
        for rule, code in expect.get("reasons", {}).items():
            assert found["rules"][rule]["reasons"] == {code}
        if "band" in expect:
            assert found["band"] == expect["band"]["id"]
            assert expect["band"]["gated_from"] == (
                None if found["ungated"] == found["band"] else found["ungated"]
            )
        if "unsupported" in expect:
            assert found["unsupported"] == set(expect["unsupported"])


class TestS31Ranks:
    """Competition ranking: equals share a rank, the next one is skipped."""

    def ranks(self, order):
        cases = expected_of("s31-ranks")["cases"]
        reports = [
            report_of("s31-ranks", cases[place]["submission"]) for place in order
        ]
        return reports, rank(reports)

    def test_equal_indices_share_a_rank(self):
        _, ranked = self.ranks([0, 1, 2])
        assert [item.rank for item in ranked] == expected_of("s31-ranks")["ranks"]
        assert [item.report.to_dict()["index"]["value"] for item in ranked] == [
            "95.45",
            "95.45",
            "95.20",
        ]

    @pytest.mark.parametrize("order", [[2, 0, 1], [0, 2, 1], [1, 0, 2]])
    def test_the_order_of_the_reports_is_no_matter(self, order):
        _, ranked = self.ranks(order)
        assert sorted(item.rank for item in ranked) == [1, 1, 3]
        assert {
            item.report.to_dict()["index"]["value"] for item in ranked if item.rank == 3
        } == {"95.20"}


class TestS15Fallback:
    """The report says that a fallback was used."""

    def test_the_texts_differ_when_a_fallback_was_used(self):
        cases = expected_of("s15-fallback")["cases"]
        used = by_id(
            report_of("s15-fallback", cases[0]["submission"]).to_dict()["rules"]
        )["share"]
        states = {item["metric"]: item["state"] for item in used["inputs"]}
        assert states == {
            "last_year": "reported",
            "portal": "missing",
            "register": "missing",
            "settled": "reported",
        }
