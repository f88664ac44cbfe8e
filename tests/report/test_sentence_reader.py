"""Every printed sentence of a report, read back into what it claims and held against the report's document."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rule_texts import head
from searches import examples
from sentence_reader import SENTENCES, WORDS, faults
from strategies import cases
from test_shapes import CASES, report_of

from cchc_rules import load_measurements, load_rules, parse_rules, score
from cchc_rules.base.state import Reason, State
from cchc_rules.render.text import text
from cchc_rules.testing import rule_files, submissions

LANGUAGES = ("vi", "en")
WIDE_ENOUGH = 1_000_000
EXAMPLES = [
    path
    for path in sorted((Path(__file__).parents[2] / "examples").glob("*.json"))
    if "mistakes" not in path.name  # a submission to be refused
]
DRAWN = examples(50, wide=500, deep=10_000)


def printed(document):
    return text(document, width=WIDE_ENOUGH)


def faults_of(report):
    return [
        f"{lang}: {fault}"
        for lang in LANGUAGES
        for document in (report.to_dict(lang),)
        for fault in faults(printed(document), document)
    ]


def scored(rules, submission):
    return score(rules, load_measurements(submission, rules))


def of(*parts, scale=10, **submission):
    """The report of a rule set of such parts, in the year 2023."""
    rules = parse_rules(
        f"{head('read', 'Đọc', 'Read')}[index]\nscale = {scale}\n" + "".join(parts)
    )
    whole = {"format": 1, "ruleset": "read", "unit": "Commune A", "period": "2023"}
    return scored(rules, whole | {"measurements": {}} | submission)


class TestReports:
    @pytest.mark.parametrize(("name", "submission", "_"), CASES)
    def test_of_every_shape(self, name, submission, _):
        assert faults_of(report_of(name, submission)) == []

    @pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
    def test_of_every_example(self, path):
        name = json.loads(path.read_text(encoding="utf-8"))["ruleset"]
        assert faults_of(scored(load_rules(name), path)) == []

    @settings(max_examples=DRAWN)
    @given(cases())
    def test_drawn(self, case):
        rule_text, _, submission = case
        assert faults_of(scored(parse_rules(rule_text), submission)) == []

    @settings(max_examples=DRAWN // 5)
    @given(st.data())
    def test_drawn_as_other_instruments_draw_them(self, data):
        rules = parse_rules(data.draw(rule_files()))
        assert faults_of(scored(rules, data.draw(submissions(rules)))) == []


class TestTheReader:
    def test_knows_every_reason_and_state(self):
        for lang in LANGUAGES:
            assert set(SENTENCES[lang]["reason"]) == {*map(str, Reason)}
            assert set(WORDS[lang]["states"].values()) == {*map(str, State)}

    def test_reads_the_same_sentences_in_both_languages(self):
        vi, en = ({k: set(v) for k, v in SENTENCES[lang].items()} for lang in LANGUAGES)
        assert vi == en

    @pytest.mark.parametrize("lang", LANGUAGES)
    def test_does_not_read_past_an_unknown_line(self, lang):
        document = report_of(CASES[0].values[0], CASES[0].values[1]).to_dict(lang)
        lines = printed(document).splitlines()
        for position in range(1, len(lines) + 1):
            more = [*lines[:position], "something else", *lines[position:]]
            assert faults("\n".join(more), document), position

    @pytest.mark.parametrize("lang", LANGUAGES)
    def test_notices_any_other_figure(self, lang):
        """Each figure of points on the page, one at a time, made greater by a last digit."""
        document = penalties().to_dict(lang)
        whole = printed(document)
        body, _, _ = whole.partition(WORDS_OF_PROVENANCE[lang])
        figures = [*re.finditer(r"\d[.,]\d(\d)", body)]
        assert len(figures) > 20
        for figure in figures:
            digit = str((int(figure[1]) + 1) % 10)
            other = body[: figure.start(1)] + digit + body[figure.end(1) :]
            line = other[other.rfind("\n", 0, figure.start(1)) :].split("\n")[1]
            assert faults(other + whole[len(body) :], document), line


WORDS_OF_PROVENANCE = {"vi": "NGUỒN GỐC", "en": "PROVENANCE"}

ABSENCE = """
[absence]
missing = "lost"
not_applicable = "manual"
not_due = "manual"
waived = "manual"
"""


def penalty(*rules, cap=1):
    return (
        f'[group.penalty]\ntitle = "Penalties"\nkind = "penalty"\ncap = {cap}\n'
        + "".join(rules)
    )


def group(id_):
    return f'[group.{id_}]\ntitle = "Group {id_}"\n'


def yes(id_, weight, group_id, **more):
    lines = "".join(f"{key} = {value}\n" for key, value in more.items())
    return f"""
[metric.{id_}]
title = "Number {id_}"
type = "yes_no"
[rule.{id_}]
group = "{group_id}"
title = "Rule {id_}"
source = ["{id_}"]
metric = "{id_}"
comparator = "is"
threshold = true
weight = {weight}
deduction = "all_or_nothing"
{lines}"""


def penalties():
    """Losses of 20.01 points beside a cap of 1.00: none of the three wins anything back by itself."""
    pool = penalty(
        *(yes(id_, w, "penalty") for id_, w in (("a", 10), ("b", 10), ("c", "0.01")))
    )
    return of(
        ABSENCE,
        group("base"),
        yes("d", 10, "base"),
        pool,
        measurements={"d": True, "b": False},
    )


class TestWhatItFound:
    """Sentences that said something else than the figures, or that nobody could have understood."""

    def test_what_does_not_move_a_full_cap_is_not_won_back(self):
        """Of 20.01 points lost 1.00 counts; with any one of them earned the others still fill the cap."""
        report = penalties()
        assert faults_of(report) == []
        document = report.to_dict("en")
        a, b, c = document["rules"][1:]
        assert (a["lost"], b["lost"], c["lost"]) == ("0.50", "0.50", "0.00")
        said = (
            "Wins nothing back by itself: what else is lost in the group fills its cap"
        )
        assert a["win_back"] == said
        assert c["win_back"] is None

    def test_a_missing_rule_beyond_the_cap_lost_nothing(self):
        """Its 0.01 points lie beyond the cap, whole: no loss too small to be shown."""
        page = printed(penalties().to_dict("en"))
        assert "no points lost  Rule c" in page
        assert "under 0.01" not in page

    @pytest.mark.parametrize(
        ("entry", "more", "said"),
        [
            (
                None,
                {"due": "2023-12-31"},
                "Not yet due (31 December 2023): not reported, required “yes”. Points given by a person: as agreed",
            ),
            (
                {
                    "waived": {
                        "by": "the district",
                        "why": "trial",
                        "until": "2023-12-31",
                    }
                },
                {},
                "Waived: by the district, until 31 December 2023: trial. Points given by a person: as agreed",
            ),
            (
                {"not_applicable": "no office"},
                {},
                "Not applicable: no office. Points given by a person: as agreed",
            ),
        ],
        ids=["not-due", "waived", "not-applicable"],
    )
    def test_points_given_for_an_absence_do_not_hide_the_absence(
        self, entry, more, said
    ):
        report = of(
            ABSENCE,
            group("base"),
            yes("a", 10, "base", **more),
            measurements={} if entry is None else {"a": entry},
            points={"a": {"points": 4, "reason": "as agreed"}},
            as_of="2023-06-30",
        )
        assert faults_of(report) == []
        assert report.to_dict("en")["rules"][0]["reason"]["text"] == said

    @pytest.mark.parametrize(
        ("late", "said", "gains"),
        [
            (
                13,
                "Cannot all be won back: the date has passed (on or before 17 February 2023)",
                ["0.50"],
            ),
            (
                0,
                "Cannot be won back: the date has passed (on or before 17 February 2023)",
                [],
            ),
        ],
    )
    def test_what_a_later_day_still_earns_can_be_won_back(self, late, said, gains):
        """A day late it earns half the points, and today is that day."""
        tier = f"{{ from = 1, to = {late}, percent = 50 }}, " if late else ""
        report = of(
            group("base"),
            f"""
[metric.m]
title = "Number m"
type = "date"
[rule.m]
group = "base"
title = "Rule m"
source = ["m"]
metric = "m"
comparator = "on_or_before"
threshold = 2023-02-17
weight = 1
deduction = {{ kind = "tiers", of = "days_late", tiers = [
  {{ to = 0, percent = 100 }}, {tier}{{ otherwise = true, percent = 0 }}] }}
""",
            scale=1,
            as_of="2023-02-18",
            measurements={"m": {"never": "not done"}},
        )
        assert faults_of(report) == []
        rule = report.to_dict("en")["rules"][0]
        assert rule["win_back"] == said
        assert [gain["points"] for gain in rule["gains"]] == gains

    def test_points_given_behind_an_unknown_gate_do_not_hide_the_gate(self):
        report = of(
            ABSENCE.replace('missing = "lost"', 'missing = "manual"'),
            group("base"),
            yes("a", 5, "base"),
            yes("b", 5, "base", requires='["a"]'),
            measurements={"b": True},
            points={"b": {"points": 4, "reason": "as agreed"}},
        )
        assert faults_of(report) == []
        said = report.to_dict("en")["rules"][1]["reason"]["text"]
        gate = "Open, because a rule that comes first is not reported: Rule a."
        assert said == f"{gate} Points given by a person: as agreed"


def test_a_part_of_the_points_whose_rest_lies_beyond_a_cap():
    """In a bonus of half a point, 40 % of 2 points for what is missing: 0.80, and nothing is lost."""
    rules = parse_rules(
        """format = 1
ruleset = { id = "read", version = "1", title = "Read", valid = { from = 2023-01-01, until = 2023-12-31 } }
index = { scale = 5 }
[metric.m]
title = "M"
type = "percent"
[group.base]
title = "Base"
[group.off]
title = "Off"
kind = "bonus"
cap = 0.5
[rule.by-hand]
group = "base"
title = "By hand"
source = ["1"]
weight = 5
deduction = "manual"
[rule.first]
group = "off"
title = "First"
source = ["2"]
metric = "m"
comparator = ">="
threshold = 50
weight = 2
deduction = "all_or_nothing"
absence = { missing = { percent = 40 } }
"""
    )
    submission = {
        "format": 1,
        "ruleset": "read",
        "unit": "Commune A",
        "period": "2023",
        "measurements": {},
    }
    report = scored(rules, submission)
    assert "vẫn được 0,80 điểm" in text(report.to_dict("vi"))
    assert faults_of(report) == []
