"""A report proves itself: honest ones always verify, and whatever is changed in one is found."""

import ast
import contextlib
import json
import random
import re
import shutil
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from packaged_rules import packaged
from rule_texts import EXCLUDED, IN_SHARE, SHARE, WORK, head
from searches import only_wide
from strategies import cases
from test_shapes import CASES, report_of, rules_of

from cchc_rules import (
    load_measurements,
    parse_report,
    parse_rules,
    print_report,
    score,
)
from cchc_rules.cli.main import main
from cchc_rules.report import verify
from cchc_rules.report.against_files import against_rules
from cchc_rules.report.verify import NoReportError, differences, digest
from cchc_rules.scoring import evaluators

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
EXAMPLE = EXAMPLES / "cam-due-2023.json"
SCORED = ["cam-due-2023", "cam-due-2023-mid-year", "cam-due-2023-strong"]
CHECKER = Path(verify.__file__)
STATES = [
    "met",
    "partly_met",
    "not_met",
    "missing",
    "not_applicable",
    "not_due",
    "waived",
]


@cache
def plan_text(name, lang):
    rules = packaged("cam-due-2023")
    report = score(rules, load_measurements(EXAMPLES / f"{name}.json", rules))
    return print_report(report.to_dict(lang))


def plan_report(name="cam-due-2023", lang="vi"):
    """The report of an example, new each time so that a test may change it."""
    return json.loads(plan_text(name, lang))


def printed(report):
    """The report as another program reads it."""
    return json.loads(print_report(report))


GOOD = [case.id for case in CASES]
GOOD_REPORTS = {case.id: (case.values[0], case.values[1]) for case in CASES}


@cache
def good_text(id_):
    return print_report(report_of(*GOOD_REPORTS[id_]).to_dict())


def good(id_):
    """The report of a shape's case, new each time so that a test may change it."""
    return json.loads(good_text(id_))


# Honest reports ------------------------------------------------------------------------------------------------------


class TestHonestReports:
    @pytest.mark.parametrize("id_", GOOD)
    def test_every_shape_verifies(self, id_):
        assert differences(good(id_)) == []

    @pytest.mark.parametrize("name", SCORED)
    @pytest.mark.parametrize("lang", ["vi", "en"])
    def test_the_plan_verifies(self, name, lang):
        assert differences(printed(plan_report(name, lang))) == []

    def test_a_figure_of_twelve_places_is_shown_in_full(self):
        text = head("twelve", "Bộ nhỏ", "Small") + SHARE + WORK + IN_SHARE + EXCLUDED
        rules = parse_rules(text.replace('type = "percent"', 'type = "number"'))
        submission = {
            "format": 1,
            "ruleset": "twelve",
            "unit": "A",
            "period": "2023",
            "measurements": {"share": Decimal("0.123456789012")},
        }
        report = printed(score(rules, load_measurements(submission, rules)).to_dict())
        assert report["rules"][0]["value"] == "0.123456789012"
        assert differences(report) == []

    @given(cases())
    def test_generated_reports_verify(self, case):
        text, _, submission = case
        rules = parse_rules(text)
        report = score(rules, load_measurements(submission, rules)).to_dict()
        assert differences(printed(report)) == []


# Changed reports -----------------------------------------------------------------------------------------------------


def leaves(part, path=()):
    """Every single value of a document with its path."""
    if isinstance(part, dict):
        for key, value in part.items():
            yield from leaves(value, (*path, key))
    elif isinstance(part, list):
        for at, value in enumerate(part):
            yield from leaves(value, (*path, at))
    else:
        yield path, part


def other(value):
    """Something else of the same kind: one more in the last place, another state, the opposite, another text."""
    if isinstance(value, bool):
        return not value
    if value is None:
        return "1"
    if isinstance(value, int):
        return value + 1
    if value in STATES:
        return STATES[(STATES.index(value) + 1) % len(STATES)]
    found = list(re.finditer(r"\d", value))
    if not found:
        return value + "x"
    at = found[-1].start()
    return value[:at] + str((int(value[at]) + 1) % 10) + value[at + 1 :]


@contextlib.contextmanager
def changed(report, path, value):
    """The report with one value changed, for as long as it is looked at."""
    place = report
    for step in path[:-1]:
        place = place[step]
    before, place[path[-1]] = place[path[-1]], value
    try:
        yield report
    finally:
        place[path[-1]] = before


def each_field(paths, most=2):
    """At most so many places of each field: `rules, 3, earned` and `rules, 7, earned` are one field."""
    fields = {}
    for path, value in paths:
        fields.setdefault(field_of(path), []).append((path, value))
    return [
        found[at]
        for found in fields.values()
        for at in sorted({0, len(found) // 2, len(found) - 1})[:most]
    ]


def field_of(path):
    """The field that a place belongs to: its path with the places in lists left out."""
    return tuple("" if isinstance(step, int) else step for step in path)


@cache
def every_field():
    """Every field that any good report has, in the first, the middle and the last report that have it."""
    found = {}
    for report in map(good, GOOD):
        for field, path in {field_of(path): path for path, _ in leaves(report)}.items():
            found.setdefault(field, []).append((report, path))
    return [
        places[at]
        for places in found.values()
        for at in sorted({0, len(places) // 2, len(places) - 1})
    ]


def unfound(report, most=2, tries=1000):
    """What can be changed, with a new digest, and nobody notices, though a figure hangs on it."""
    missed = []
    fields = each_field(
        [(path, value) for path, value in leaves(report) if why_allowed(path) is None],
        most,
    )
    for path, value in fields[:: len(fields) // tries + 1]:
        with changed(report, path, other(value)):
            if not found_in(sealed(report)) and not without_effect(report, path):
                missed.append((path, value))
    return missed


def sealed(report):
    """The report with a new digest, as a forger would print it."""
    return {**report, "digest": digest(report)}


def found_in(report):
    try:
        return bool(differences(report))
    except NoReportError:
        return True


WORDS = "words for people: no figure hangs on them, and `verify --rules` or `--measurements` holds them"
NAMED = "the name of a file, a rule set, a unit: `verify --rules` or `--measurements` holds it"
SOURCE_OF_FIGURES = (
    "what was submitted beside the figures: `verify --measurements` holds it"
)
ALLOWED = {
    ("digest",): "made anew",
    ("engine", "version"): NAMED,
    ("ruleset", "id"): NAMED,
    ("ruleset", "version"): NAMED,
    ("ruleset", "title"): WORDS,
    ("ruleset", "source"): WORDS,
    ("ruleset", "note"): WORDS,
    ("ruleset", "kind"): NAMED,
    ("ruleset", "kind_title"): WORDS,
    ("ruleset", "since_title"): WORDS,
    ("ruleset", "files", "", "name"): NAMED,
    ("measurements", "unit"): NAMED,
    ("measurements", "unit_kind"): NAMED,
    ("measurements", "period"): NAMED,
    ("measurements", "sha256"): NAMED,
    ("measurements", "note"): WORDS,
    ("index", "calculation"): WORDS,
    ("band", "ladder", "", "title"): WORDS,
    ("band", "conditions", "", "title"): WORDS,
    ("band", "conditions", "", "needs", "", "text"): WORDS,
    ("targets", "", "needs", "", "text"): WORDS,
    ("required_shares", "", "text"): WORDS,
    ("targets", "", "id"): NAMED,
    ("targets", "", "title"): WORDS,
    ("targets", "", "source", ""): WORDS,
    ("groups", "", "title"): WORDS,
    ("groups", "", "note"): WORDS,
    ("groups", "", "source", ""): WORDS,
    ("origins", "places", "", "kind"): NAMED,
    ("origins", "places", "", "since"): NAMED,
    ("rules", "", "id"): "a rule that stands in no list and in no other rule: its name",
    ("rules", "", "title"): WORDS,
    ("rules", "", "metric_title"): WORDS,
    ("rules", "", "unit"): WORDS,
    ("rules", "", "track_reasons", "appraised"): WORDS,
    ("rules", "", "track_reasons", ""): WORDS,
    ("rules", "", "source", ""): WORDS,
    ("rules", "", "calculation"): WORDS,
    ("rules", "", "required"): WORDS,
    ("rules", "", "reported"): WORDS,
    ("rules", "", "origin"): WORDS,
    ("rules", "", "fallback"): WORDS,
    ("rules", "", "win_back"): WORDS,
    ("rules", "", "note"): WORDS,
    ("rules", "", "reason", "text"): WORDS,
    ("rules", "", "gains", "", "text"): WORDS,
    ("rules", "", "inputs", "", "title"): WORDS,
    ("rules", "", "inputs", "", "text"): WORDS,
    ("rules", "", "inputs", "", "note"): WORDS,
    (
        "rules",
        "",
        "inputs",
        "",
        "items",
        "",
    ): "another name of an item: the count is the same",
    ("rules", "", "evidence", "documents", "", "document"): SOURCE_OF_FIGURES,
    ("rules", "", "evidence", "documents", "", "date"): SOURCE_OF_FIGURES,
    ("rules", "", "evidence", "expected"): WORDS,
    ("rules", "", "remedy"): WORDS,
    ("rules", "", "conflicts", "", "source"): WORDS,
    ("rules", "", "conflicts", "", "required"): WORDS,
    ("rules", "", "conflicts", "", "note"): WORDS,
}
"""Fields that may change, each with the reason why no figure of the report speaks against it."""

SETTINGS = {
    ("index", "scale"): "nothing was left to score, so that there is no index to scale",
    ("groups", "", "cap"): "neither cap is reached",
    ("groups", "", "absent"): "absent for another reason",
    ("targets", "", "threshold"): "the index lies on the same side of both",
    ("targets", "", "comparator"): "the index lies on the same side of both",
    ("machine", "over_scale"): "nothing goes over the scale",
    (
        "machine",
        "band_gates",
        "",
        "lower_by",
    ): "the gate passes, or the lowest band is reached",
    (
        "machine",
        "band_gates",
        "",
        "needs",
    ): "what was reached is on the same side of both bounds",
    (
        "machine",
        "targets",
        "",
        "needs",
    ): "what was reached is on the same side of both bounds",
    ("machine", "bands_read"): "exact and rounded index lie in one band",
    (
        "machine",
        "window",
        "",
    ): "every document is dated within both windows, or has no date",
    ("machine", "required_shares"): "the share is on the same side of both bounds",
    ("machine", "lowest"): "the index lies above both",
    ("machine", "metrics", "", "round"): "the figure has fewer places than both",
    ("machine", "metrics", "", "better"): "no target asks for the better figure",
    ("machine", "metrics", "", "levels", ""): "a level that is not the reported one",
    ("machine", "unusual_days"): "a day that no date counts over",
    ("rules", "", "lowest"): "the rule is not open, and its points are above both",
    (
        "rules",
        "",
        "due",
    ): "both days have passed, or the rule is met or absent before either",
    ("rules", "", "comparator"): "the figure is on the same side by both",
    (
        "rules",
        "",
        "threshold",
        "",
    ): "what was reported is another of the list, or none of it",
    ("rules", "", "requires", ""): "both required rules stand, or do not, in its way",
    (
        "rules",
        "",
        "evidence",
        "required",
    ): "valid evidence is there, or nothing was earned",
    (
        "rules",
        "",
        "inputs",
        "",
        "points",
    ): "a gate, a day or an absent block comes before them",
    (
        "rules",
        "",
        "inputs",
        "",
        "numerator",
    ): "the metric is rounded, to the same figure",
    (
        "rules",
        "",
        "inputs",
        "",
        "denominator",
    ): "0/3 and 0/4 are one figure, as are rounded ones",
    ("rules", "", "inputs", "", "value"): "the metric is rounded, to the same figure",
    ("rules", "", "machine", "points"): "a branch that the figure does not reach",
    ("rules", "", "machine", "effects"): "an absence that the rule does not have",
    ("rules", "", "machine", "exempt"): "what is exempt is none",
    ("rules", "", "machine", "threshold"): "a branch that is not reached",
    ("machine", "metrics", "", "formula"): "a branch that is not reached",
    ("origins", "fields"): "another place for a field that no word of the report names",
    ("as_of",): "no rule falls due between the two days",
}
"""Settings of the rule file that may change where they have no effect on this submission.

`verify --rules` holds each of them, `--measurements` the day.
"""


def listed(path, allowed):
    """The reason that a list gives for a place, by its field or one that it lies in."""
    field = field_of(path)
    for length in range(len(field), 0, -1):
        if field[:length] in allowed:
            return allowed[field[:length]]
    return None


def why_allowed(path):
    return listed(path, ALLOWED)


UNREAD = {"gate_closed", "gate_unknown", "block_absent", "not_due"}


def without_effect(report, path):
    """Whether a place is a setting, and nothing that the program works out hangs on its value here."""
    if listed(path, SETTINGS) is None:
        return False
    if path[0] != "rules" or path[2] != "inputs":
        return True
    rule = report["rules"][path[1]]
    entry = rule["inputs"][path[3]]
    if entry["points"] is not None:
        # What a person gave is kept, though a gate, a day or an absent block came before it.
        by_hand = rule["machine"]["effects"].get(rule["state"]) == "manual"
        code = rule["reason"]["code"]
        return code in UNREAD or not (code == "manual" or by_hand)
    rounded = [
        metric["id"]
        for metric in report["machine"]["metrics"]
        if metric["round"] is not None
    ]
    if entry["metric"] in rounded:
        return True
    return path[4] == "denominator" and not Fraction(entry["numerator"])


class TestWhateverIsChangedIsFound:
    @pytest.mark.untraced
    @pytest.mark.parametrize("id_", GOOD[::6])
    def test_each_single_value_breaks_the_digest(self, id_):
        report = good(id_)
        for path, value in list(leaves(report)):
            if path != ("digest",):
                with changed(report, path, other(value)):
                    assert digest(report) != report["digest"], path

    @pytest.mark.untraced
    def test_so_does_a_value_of_each_field(self):
        for report, path in every_field():
            if path != ("digest",):
                with changed(report, path, "changed"):
                    assert digest(report) != report["digest"], path

    @pytest.mark.parametrize("id_", GOOD[::6])
    def test_a_changed_word_is_found_by_the_digest_alone(self, id_):
        report = good(id_)
        with changed(report, ("rules", 0, "title"), "x"):
            assert [one.path for one in differences(report)] == ["digest"]

    @pytest.mark.wide
    @pytest.mark.untraced
    @pytest.mark.parametrize("id_", GOOD)
    def test_each_figure_is_found_even_with_a_new_digest(self, id_):
        assert unfound(good(id_)) == []

    @pytest.mark.wide
    @pytest.mark.untraced
    def test_the_plan_too(self):
        report = printed(plan_report())
        assert len([1 for path, _ in leaves(report) if not why_allowed(path)]) > 1000
        assert unfound(report, 3) == []

    @pytest.mark.wide
    @given(cases())
    def test_generated_reports_too(self, case):
        text, _, submission = case
        rules = parse_rules(text)
        report = printed(score(rules, load_measurements(submission, rules)).to_dict())
        assert unfound(report, 1, 20) == []

    def test_the_place_is_named(self):
        report = printed(plan_report())
        report["rules"][0]["earned"] = "0.58"
        assert (
            "rules[direction-tasks].earned",
            "0.58",
            Fraction("0.48"),
        ) in differences(report)

    def test_a_scorer_that_rounds_otherwise_is_caught(self, monkeypatch):
        rules = parse_rules(TIE)
        submission = load_measurements(
            {**TIED, "measurements": {"share": {"numerator": 1, "denominator": 8}}}
        )
        assert score(rules, submission).to_dict()["rules"][0]["earned"] == "0.13"
        monkeypatch.setattr(evaluators, "half_up", lambda n, d: round(Fraction(n, d)))
        report = score(rules, submission).to_dict()
        assert report["rules"][0]["earned"] == "0.12"
        assert "rules[share].earned" in [
            one.path for one in differences(printed(report))
        ]


TIE = (
    head("tie", "Hòa", "Tie")
    + SHARE
    + 'ratio = { numerator = "a", denominator = "b" }\n'
    + WORK
    + IN_SHARE
    + EXCLUDED
    + "[index]\nscale = 1\n"
)
TIED = {"format": 1, "ruleset": "tie", "unit": "UBND xã", "period": "2023"}


# What it needs -------------------------------------------------------------------------------------------------------


class TestTheCheckerStandsAlone:
    def test_it_imports_the_standard_library_alone(self):
        tree = ast.parse(CHECKER.read_text(encoding="utf-8"))
        names = {
            alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.Import)
            for alias in node.names
        }
        names |= {
            node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)
        }
        assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names

    def run(self, folder, report):
        shutil.copy(CHECKER, folder / "verify.py")
        (folder / "report.json").write_text(report, encoding="utf-8")
        command = [sys.executable, "-I", "-S", "verify.py", "report.json"]
        return subprocess.run(
            command,
            cwd=folder,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )

    def test_a_copied_file_verifies(self, tmp_path):
        done = self.run(tmp_path, print_report(plan_report()))
        assert (done.returncode, done.stdout, done.stderr) == (
            0,
            f"KHỚP / VERIFIED: 82.56\n{verify.PROVED}\n",
            "",
        )

    def test_a_copied_file_finds_a_change(self, tmp_path):
        report = plan_report()
        report["index"]["value"] = "92.56"
        done = self.run(tmp_path, print_report(report))
        assert done.returncode == 1
        assert (
            "index.value: báo cáo ghi / said 92.56, tính lại / recomputed 2064/25"
            in done.stdout
        )
        assert "KHÔNG KHỚP / DIFFERS" in done.stdout

    @pytest.mark.parametrize(
        "text", ["", "{", "[]", "3", "{}", '{"digest": 1}', "null", "[" * 100_000]
    )
    def test_what_is_no_report(self, tmp_path, text):
        done = self.run(tmp_path, text)
        assert done.returncode == 4
        assert "Not a report" in done.stdout
        assert done.stderr == ""


class TestTheCheckerAsAProgram:
    """The same in this process: what `python verify.py report.json` prints and returns."""

    def run(self, folder, report, capsys):
        (folder / "report.json").write_text(print_report(report), encoding="utf-8")
        return verify.main(str(folder / "report.json")), capsys.readouterr().out

    def test_verified(self, tmp_path, capsys):
        assert self.run(tmp_path, plan_report(), capsys) == (
            0,
            f"KHỚP / VERIFIED: 82.56\n{verify.PROVED}\n",
        )

    def test_differs(self, tmp_path, capsys):
        code, out = self.run(tmp_path, plan_report() | {"language": "en"}, capsys)
        assert (code, out.splitlines()[-1]) == (1, "KHÔNG KHỚP / DIFFERS: 1")
        assert out.startswith("digest: báo cáo ghi / said ")

    def test_no_report(self, tmp_path, capsys):
        assert self.run(tmp_path, {"a": 1}, capsys)[0] == 4
        assert verify.main(str(tmp_path / "none.json")) == 4


class TestWhatIsRare:
    """Corners that no good file has: free days that a derived date counts over, a mean with nothing left."""

    def report(self, middle, figures):
        rules = parse_rules(HEAD + middle + TAIL)
        submission = {**TIED, "as_of": "2023-12-31", "measurements": figures}
        return printed(score(rules, load_measurements(submission, rules)).to_dict())

    def test_a_derived_date_counts_working_days(self):
        report = self.report(
            DERIVED_DATE, {"received": "2023-04-27", "answered": "2023-05-05"}
        )
        assert report["machine"]["unusual_days"] == dict.fromkeys(
            ("2023-05-01", "2023-05-02", "2023-05-03"), False
        )
        assert (report["rules"][0]["threshold"], report["rules"][0]["state"]) == (
            "2023-05-05",
            "met",
        )
        assert differences(report) == []
        with changed(report, ("machine", "unusual_days"), {}):
            assert "rules[answer].threshold" in [
                one.path for one in differences(sealed(report))
            ]

    def test_points_count_working_days_themselves(self):
        middle = DERIVED_DATE.replace(
            'comparator = "on_or_before"\nthreshold = { metric = "deadline" }\n', ""
        )
        by_formula = '{ kind = "formula", formula = "weight if value <= add_working_days(received, 3) else 0" }'
        report = self.report(
            middle.replace('"all_or_nothing"', by_formula),
            {"received": "2023-04-27", "answered": "2023-05-05"},
        )
        assert report["machine"]["unusual_days"] == dict.fromkeys(
            ("2023-05-01", "2023-05-02", "2023-05-03"), False
        )
        assert report["rules"][0]["state"] == "met"
        assert differences(report) == []

    def test_a_mean_with_nothing_left(self):
        report = self.report(MEAN, {"share": {"not_applicable": "không phát sinh"}})
        assert [
            report["groups"][0][key] for key in ("earned", "excluded", "rescaled")
        ] == ["0.00", "4.00", "4.00"]
        assert differences(report) == []

    def test_points_that_divide_by_zero(self):
        middle = MEAN.replace('combine = "mean"\nweight = 4\n', "").replace(
            "weight = 1\n", "weight = 4\n"
        )
        middle = middle.replace('comparator = ">="\nthreshold = 100\n', "")
        middle = middle.replace(
            '"proportional"', '{ kind = "formula", formula = "weight * 50 / value" }'
        )
        report = self.report(middle, {"share": 0})
        assert (report["rules"][0]["value"], report["rules"][0]["state"]) == (
            "0",
            "not_applicable",
        )
        assert differences(report) == []

    def test_a_gain_through_a_gate_and_a_formula_that_is_forged(self):
        """Two gates one after the other, and a metric that another is derived from: what they gain is worked out."""
        report = self.report(GATED, {"share": 40, "plan": False, "half": 10})
        gains = {rule["id"]: rule["gains"] for rule in report["rules"]}
        assert [
            (gain["metric"], gain["points"], gain["index"]) for gain in gains["plan"]
        ] == [("plan", "1.00", "4.00")]
        assert differences(report) == []
        for key, value in (("points", "1.01"), ("index", "3.99"), ("from", True)):
            with changed(report, ("rules", 0, "gains", 0, key), value):
                assert [one.path for one in differences(sealed(report))] == [
                    f"rules[plan].gains[0].{key}"
                ]


HEAD = head("tie", "Hiếm", "Rare") + '[calendar]\ncountry = "VN"\n'
TAIL = EXCLUDED + "[index]\nscale = 4\n"
DERIVED_DATE = """[metric.received]
title = { vi = "Ngày nhận", en = "Received" }
type = "date"
[metric.answered]
title = { vi = "Ngày trả", en = "Answered" }
type = "date"
[metric.deadline]
title = { vi = "Hạn trả", en = "Deadline" }
type = "date"
formula = "add_working_days(received, 3)"
[group.work]
title = { vi = "Việc", en = "Work" }
[rule.answer]
group = "work"
title = { vi = "Trả đúng hạn", en = "Answered in time" }
source = ["1"]
metric = "answered"
comparator = "on_or_before"
threshold = { metric = "deadline" }
weight = 4
deduction = "all_or_nothing"
"""
MEAN = SHARE + WORK + 'combine = "mean"\nweight = 4\n' + IN_SHARE


GATED = """[metric.plan]
title = { vi = "Kế hoạch", en = "Plan" }
type = "yes_no"
[metric.share]
title = { vi = "Tỷ lệ", en = "Share" }
type = "percent"
[metric.half]
title = { vi = "Nửa", en = "Half" }
type = "percent"
[metric.both]
title = { vi = "Cả hai", en = "Both" }
type = "percent"
formula = "(share + half) / 2"
[group.work]
title = { vi = "Việc", en = "Work" }
[rule.plan]
group = "work"
title = { vi = "Kế hoạch", en = "Plan" }
source = ["1"]
metric = "plan"
comparator = "is"
threshold = true
weight = 1
deduction = "all_or_nothing"
[rule.share]
group = "work"
title = { vi = "Tỷ lệ", en = "Share" }
source = ["2"]
metric = "share"
comparator = ">="
threshold = 40
weight = 2
deduction = "proportional"
requires = ["plan"]
[rule.both]
group = "work"
title = { vi = "Cả hai", en = "Both" }
source = ["3"]
metric = "both"
comparator = ">="
threshold = 25
weight = 1
deduction = "proportional"
requires = ["share"]
"""


class TestBounds:
    """A report is a stranger's file: bounded time and memory, whatever it holds."""

    def report_with(self, points):
        report = good("s03-straight-ratio-1")
        report["rules"][0]["machine"]["points"] = points
        return sealed(report)

    @pytest.mark.parametrize(
        "points",
        [
            "1e999999999",
            "9" * 10_000,
            ["round_half_up", {"name": "value"}, "1000000000"],
            [
                "days",
                {"date": "2023-01-01"},
                ["add_days", {"date": "2023-01-01"}, "999999999"],
            ],
            [
                "days",
                {"date": "2023-01-01"},
                ["add_working_days", {"date": "2023-01-01"}, "999999999"],
            ],
            ["round_up"],
            ["system", "1"],
            {"name": "nothing"},
            {"metric": "nothing"},
        ],
        ids=lambda points: str(points)[:40],
    )
    def test_what_would_take_for_ever_is_refused(self, points):
        with pytest.raises(NoReportError):
            differences(self.report_with(points))

    def test_a_figure_that_outgrows_every_bound(self):
        points = {"name": "value"}
        big = "9" * 4000
        for _ in range(3):
            points = ["*", points, ["*", big, big]]
        with pytest.raises(NoReportError, match="outgrows"):
            differences(self.report_with(points))

    def test_expressions_nested_beyond_reason(self):
        points = "1"
        for _ in range(5000):
            points = ["abs", points]
        report = good("s03-straight-ratio-1")
        report["rules"][0]["machine"]["points"] = points
        with pytest.raises(NoReportError):
            differences(report)


class TestNoReport:
    @pytest.mark.wide
    @pytest.mark.untraced
    @pytest.mark.parametrize(
        "junk", [None, "", "x", 7, [], {}, ["if"], "1/0", True], ids=repr
    )
    def test_nothing_but_a_difference_or_a_refusal_comes_of_a_broken_report(self, junk):
        for report, path in every_field():
            with changed(report, path, junk):
                found_in(sealed(report))


# The command ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "report.json").write_text(
        print_report(plan_report()), encoding="utf-8", newline="\n"
    )
    return tmp_path


def change(folder, old, new):
    path = folder / "report.json"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8", newline="\n")


class TestTheCommand:
    def test_verified(self, folder, capsys):
        assert main(["verify", str(folder / "report.json"), "--lang", "en"]) == 0
        assert (
            capsys.readouterr().out
            == "VERIFIED: 81 rules and the index 82.56 recompute to the last digit.\n"
            "Held against itself alone. Whether rules and words are those of the rule file, and the "
            "figures those that were submitted, was not looked at (--rules, --measurements).\n"
        )

    def test_verified_in_vietnamese(self, folder, capsys):
        assert main(["verify", str(folder / "report.json")]) == 0
        assert (
            capsys.readouterr().out
            == "KHỚP: 81 tiêu chí và chỉ số 82,56 tính lại đúng đến chữ số cuối cùng.\n"
            "Chỉ đối chiếu báo cáo với chính nó. Chưa kiểm tra tiêu chí và câu chữ có đúng với tệp "
            "tiêu chí, số liệu có đúng với biểu số liệu đã nộp hay không (--rules, --measurements).\n"
        )

    def test_a_difference(self, folder, capsys):
        change(folder, '"earned": "0.48"', '"earned": "0.49"')
        assert main(["verify", str(folder / "report.json"), "--lang", "en"]) == 1
        out = capsys.readouterr().out
        assert (
            "rules[direction-tasks].earned: the report says 0.49, recomputed 12/25"
            in out
        )
        assert "DIFFERS: 2 place(s)" in out

    def test_no_report(self, capsys):
        assert main(["verify", str(EXAMPLE), "--lang", "en"]) == 4
        assert "This is no report that can be read" in capsys.readouterr().err

    def test_no_file(self, folder, capsys):
        assert main(["verify", str(folder / "none.json")]) == 4
        assert "file-unreadable" in capsys.readouterr().err

    def test_a_report_that_cannot_be_recomputed(self, folder, capsys):
        change(folder, '"digest"', '"digset"')
        assert main(["verify", str(folder / "report.json"), "--lang", "en"]) == 4
        assert "error[not-recomputable]" in capsys.readouterr().err

    def test_the_submission_gives_the_same_bytes(self, folder):
        assert (
            main(
                ["verify", str(folder / "report.json"), "--measurements", str(EXAMPLE)]
            )
            == 0
        )
        assert (
            main(["verify", str(folder / "report.json"), "--rules", "cam-due-2023"])
            == 0
        )

    def test_words_that_were_forged_with_a_new_digest_are_found_by_scoring_again(
        self, folder, capsys
    ):
        report = parse_report((folder / "report.json").read_text(encoding="utf-8"))
        report["rules"][0]["remedy"]["lead"] = "UBND tỉnh"
        (folder / "report.json").write_text(
            print_report(sealed(report)), encoding="utf-8", newline="\n"
        )
        assert main(["verify", str(folder / "report.json")]) == 0
        capsys.readouterr()
        assert (
            main(
                [
                    "verify",
                    str(folder / "report.json"),
                    "--measurements",
                    str(EXAMPLE),
                    "--lang",
                    "en",
                ]
            )
            == 1
        )
        assert (
            "rules[0].remedy.lead: the report says UBND tỉnh, recomputed UBND xã"
            in capsys.readouterr().out
        )

    def test_another_submission(self, folder, capsys):
        strong = str(EXAMPLES / "cam-due-2023-strong.json")
        assert (
            main(
                [
                    "verify",
                    str(folder / "report.json"),
                    "--measurements",
                    strong,
                    "--lang",
                    "en",
                ]
            )
            == 1
        )
        assert "measurements.sha256: the report says " in capsys.readouterr().out

    def test_other_rules(self, folder, capsys):
        assert (
            main(
                [
                    "verify",
                    str(folder / "report.json"),
                    "--rules",
                    "cam-due-2023-annex",
                    "--lang",
                    "en",
                ]
            )
            == 1
        )
        assert "ruleset.files" in capsys.readouterr().out

    def test_a_file_laid_out_anew_is_no_longer_the_same_bytes(self, folder, capsys):
        change(folder, "{\n", "{\n\n")
        assert main(["verify", str(folder / "report.json")]) == 0
        assert (
            main(
                ["verify", str(folder / "report.json"), "--measurements", str(EXAMPLE)]
            )
            == 1
        )
        assert "SHA-256: " in capsys.readouterr().out

    def test_a_language_that_is_none(self, folder, capsys):
        self.write(folder, lambda report: report.update(language="xx"))
        assert main(["verify", str(folder / "report.json"), "--lang", "en"]) == 4
        assert "language: the value is not of its kind" in capsys.readouterr().err

    def test_refused_rules_and_submissions(self, folder):
        assert main(["verify", str(folder / "report.json"), "--rules", "no-such"]) == 3
        mistakes = str(EXAMPLES / "cam-due-2023-mistakes.json")
        assert (
            main(["verify", str(folder / "report.json"), "--measurements", mistakes])
            == 4
        )

    def write(self, folder, alter):
        """Alter the report and give it a new digest, as a forger does."""
        report = parse_report((folder / "report.json").read_text(encoding="utf-8"))
        alter(report)
        (folder / "report.json").write_text(
            print_report(sealed(report)), encoding="utf-8", newline="\n"
        )

    def verify(self, folder, *more):
        return main(["verify", str(folder / "report.json"), "--lang", "en", *more])

    def test_each_mode_says_what_it_proved(self, folder, capsys):
        said = []
        for more in ((), ("--rules", "cam-due-2023"), ("--measurements", str(EXAMPLE))):
            assert self.verify(folder, *more) == 0
            said.append(capsys.readouterr().out.splitlines()[1])
        assert said[0].startswith("Held against itself alone.")
        assert said[1].startswith(
            "Weights, thresholds, pieces, bands, targets and words"
        )
        assert said[1].endswith("was not looked at (--measurements).")
        assert "(the submission's own day: 20 December 2023): every byte" in said[2]

    def test_another_day_of_judgement_is_another_report(self, folder, capsys):
        rules = packaged("cam-due-2023")
        day = "2023-12-31"
        report = score(rules, load_measurements(EXAMPLE, rules), as_of=day).to_dict()
        text = print_report(report)
        (folder / "report.json").write_text(text, encoding="utf-8", newline="\n")
        files = ("--measurements", str(EXAMPLE))
        assert self.verify(folder, *files) == 1
        out = capsys.readouterr().out
        assert "as_of: the report says 2023-12-31, recomputed 2023-12-20" in out
        assert "add --as-of 2023-12-31" in out
        assert self.verify(folder, *files, "--as-of", day) == 0
        assert "the submission's own day: 20 December 2023" in capsys.readouterr().out

    @pytest.mark.parametrize(
        ("alter", "path"),
        [
            (lambda r: r["rules"][0].update(title="x"), "rules[0].title"),
            (
                lambda r: r["rules"][0]["remedy"].update(lead="x"),
                "rules[0].remedy.lead",
            ),
            (lambda r: r["groups"][0].update(note="x"), "groups[0].note"),
            (lambda r: r["targets"][0].update(threshold="79"), "targets[0].threshold"),
            (lambda r: r["machine"].update(over_scale=True), "machine.over_scale"),
            (
                lambda r: r["rules"][0]["machine"]["effects"].update(waived="show"),
                "rules[0].machine.effects.waived",
            ),
            (lambda r: r["band"]["ladder"][0].update(title="x"), "band.ladder[0]"),
            (lambda r: r["ruleset"].update(version="9"), "ruleset.version"),
        ],
    )
    def test_rules_alone_hold_the_rules(self, alter, path):
        report = plan_report()
        alter(report)
        report = sealed(report)
        assert [*differences(report)] == []
        against = against_rules(report, packaged("cam-due-2023"))
        assert path in {difference.path for difference in against}

    def test_what_the_rules_hold_is_told(self, folder, capsys):
        self.write(folder, lambda report: report["rules"][0].update(title="x"))
        assert self.verify(folder, "--rules", "cam-due-2023") == 1
        assert "rules[0].title: the report says " in capsys.readouterr().out

    @pytest.mark.parametrize("lang", ["vi", "en"])
    @pytest.mark.parametrize("id_", GOOD[::4])
    def test_an_honest_report_has_the_rules_of_its_file(self, id_, lang):
        name, submission = GOOD_REPORTS[id_]
        report = printed(report_of(name, submission).to_dict(lang))
        assert [*against_rules(report, rules_of(name))] == []

    @pytest.mark.parametrize("junk", [None, *only_wide(3, [], {}, "x")], ids=repr)
    @pytest.mark.parametrize(
        "key", ["language", "as_of", "ruleset", "measurements", "engine", "index"]
    )
    def test_broken_keys_are_refused_in_every_mode(self, folder, capsys, key, junk):
        self.write(folder, lambda report: report.update({key: junk}))
        for more in ((), ("--rules", "cam-due-2023"), ("--measurements", str(EXAMPLE))):
            assert self.verify(folder, *more) == 4
            assert "not-recomputable" in capsys.readouterr().err


# What a report alone gives away --------------------------------------------------------------------------------------


def refusal(report):
    with pytest.raises(NoReportError) as caught:
        differences(sealed(report))
    return caught.value.said("en")


def paths(report):
    return [one.path for one in differences(sealed(report))]


@pytest.fixture
def plan():
    return printed(plan_report(lang="en"))


class TestNoReportOfThisForm:
    def test_a_group_that_is_its_own_parent(self, plan):
        first, second, third = (group["id"] for group in plan["groups"][:3])
        plan["groups"][0]["parent"] = first
        assert refusal(plan) == f"groups: “{first}” leads back to itself"
        plan["groups"][0]["parent"] = third
        plan["groups"][1]["parent"] = first
        plan["groups"][2]["parent"] = second
        assert "leads back to itself" in refusal(plan)

    def test_rules_that_require_each_other(self, plan):
        first, second = (rule["id"] for rule in plan["rules"][:2])
        plan["rules"][0]["requires"] = [second]
        plan["rules"][1]["requires"] = [first]
        assert refusal(plan) == f"rules: “{first}” leads back to itself"

    def test_metrics_that_are_derived_from_each_other(self, plan):
        first, second = plan["machine"]["metrics"][:2]
        first["formula"] = {"metric": second["id"]}
        second["formula"] = {"metric": first["id"]}
        assert refusal(plan).startswith("machine.metrics: “")

    def test_a_rule_cut_out(self, plan):
        gone = plan["losses"][0]
        plan["rules"] = [rule for rule in plan["rules"] if rule["id"] != gone]
        assert refusal(plan) == f"losses: names “{gone}”, which is not in the report"

    @pytest.mark.parametrize(
        ("place", "value", "sentence"),
        [
            (("rules", 0, "group"), "no", "rules[direction-tasks].group: names “no”"),
            (
                ("rules", 0, "comparator"),
                "~",
                "rules[direction-tasks].comparator: the value",
            ),
            (
                ("rules", 0, "deduction"),
                "half",
                "rules[direction-tasks].deduction: the",
            ),
            (
                ("rules", 0, "machine", "effects", "missing"),
                "double",
                "effects.missing: the",
            ),
            (("rules", 0, "machine", "points"), ["~", "1"], "points: no form of"),
            (("rules", 0, "earned"), 1, "rules[direction-tasks].earned: not a number"),
            (
                ("rules", 0, "weight"),
                "1/0",
                "rules[direction-tasks].weight: not a number",
            ),
            (
                ("groups", 0, "combine"),
                "median",
                "groups[direction].combine: the value",
            ),
            (("groups", 0, "kind"), "extra", "groups[direction].kind: the value"),
            (("machine", "places"), 13, "machine.places: the value"),
            (("machine", "bands_read"), "loosely", "machine.bands_read: the value"),
            (("format",), 2, "format: the value"),
            (("format",), True, "format: the value"),
            (("extra",), "1", "the key “extra” is not part of this form of report"),
        ],
        ids=str,
    )
    def test_what_is_not_of_its_kind(self, plan, place, value, sentence):
        part = plan
        for step in place[:-1]:
            part = part[step]
        part[place[-1]] = value
        assert sentence in refusal(plan)

    def test_each_key_that_is_left_out(self, plan):
        """Every key of the report itself, of its index, of a rule, a group and an input."""
        rule = plan["rules"][0]
        records = [plan, plan["index"], plan["index"]["counts"], plan["machine"], rule]
        records += [
            rule["inputs"][0],
            rule["machine"],
            rule["evidence"],
            plan["groups"][0],
        ]
        for record in records:
            for key in [key for key in record if key != "digest"]:
                value = record.pop(key)
                assert f"the key “{key}” is missing" in refusal(plan)
                record[key] = value

    @pytest.mark.parametrize("case", GOOD[::8])
    def test_values_of_another_kind_anywhere(self, case):
        """Whatever stands in the place of a rule's data is refused or differs; nothing fails."""
        report = printed(report_of(*GOOD_REPORTS[case]).to_dict("en"))
        chance = random.Random(case)
        every = [*every_place(report["rules"]), *every_place(report["machine"])]
        for owner, key in chance.sample(every, 30):
            value = owner[key]
            owner[key] = chance.choice([[], {}, "x", -1, None])
            with contextlib.suppress(NoReportError):
                differences(sealed(report))
            owner[key] = value

    @pytest.mark.parametrize(
        ("type_", "figure", "threshold", "reached"),
        [
            ("percent", 80, "90", "90"),
            ("percent", 80, "90.5", "90.5"),
            ("number", 80, "120", "120"),
            ("count", 2, "3", "3"),
            # The first whole number of 2.5 and more.
            ("count", 1, "2.5", "3"),
        ],
    )
    def test_a_gain_that_is_not_told(self, type_, figure, threshold, reached):
        rule = IN_SHARE.replace("threshold = 100", f"threshold = {threshold}").replace(
            "proportional", "all_or_nothing"
        )
        share = SHARE.replace("percent", type_)
        rules = parse_rules(head("tiny", "Nhỏ", "Tiny") + share + WORK + rule)
        submission = {
            "format": 1,
            "ruleset": "tiny",
            "unit": "A",
            "period": "2023",
            "measurements": {"share": figure},
        }
        measurements = load_measurements(submission, rules)
        report = printed(score(rules, measurements).to_dict("en"))
        assert differences(report) == []
        report["rules"][0]["gains"] = []
        [difference] = differences(sealed(report))
        assert difference.path == "rules[share].gains"
        assert Fraction(difference.found) == Fraction(reached)

    @pytest.mark.parametrize("state", STATES)
    def test_counts_and_sums_of_a_state(self, plan, state):
        plan["index"]["counts"][state] += 1
        assert paths(plan) == [f"index.counts.{state}"]
        plan["index"]["counts"][state] -= 1
        sums = plan["index"]["states"][state]
        for part in sums:
            value = sums[part]
            sums[part] = "77.77"
            assert paths(plan) == [f"index.states.{state}.{part}"]
            sums[part] = value

    def test_both_languages(self, plan):
        del plan["rules"]
        with pytest.raises(NoReportError) as caught:
            differences(plan)
        assert caught.value.said("vi") == "thiếu khóa “rules”"

    @pytest.mark.parametrize(
        "text", ['{"a": 1, "a": 2}', '{"a": [{"b": 1, "b": 1}]}', "[NaN]", "[1.0]"]
    )
    def test_what_can_be_read_in_two_ways(self, tmp_path, text):
        (tmp_path / "report.json").write_text(text, encoding="utf-8")
        with pytest.raises(NoReportError):
            verify.read(tmp_path / "report.json")


def every_place(data):
    """Every place of nested data: what holds a value, and its key or position."""
    keys = []
    if isinstance(data, dict):
        keys = [*data]
    elif isinstance(data, list):
        keys = [*range(len(data))]
    for key in keys:
        yield data, key
        yield from every_place(data[key])


class TestWhatStandsTwice:
    """Each change is made alone, with a new digest; before, all of them verified."""

    def rule(self, report, state, deduction):
        return next(
            rule
            for rule in report["rules"]
            if (rule["state"], rule["deduction"]) == (state, deduction)
        )

    def test_a_reason_of_another_state(self, plan):
        for state, deduction, code in [
            ("partly_met", "proportional", "target_met"),
            ("partly_met", "proportional", "below_floor"),
            ("not_met", "all_or_nothing", "zero_denominator"),
            ("not_met", "all_or_nothing", "gate_closed"),
            ("met", "all_or_nothing", "tier"),
            ("missing", "all_or_nothing", "points_awaited"),
            ("not_due", "proportional", "waived"),
        ]:
            rule = self.rule(plan, state, deduction)
            with changed(rule, ("reason", "code"), code):
                assert paths(plan) == [f"rules[{rule['id']}].reason.code"]

    def test_a_value_beside_items(self):
        report = next(
            report
            for report in map(good, GOOD)
            if any(
                entry["items"] for rule in report["rules"] for entry in rule["inputs"]
            )
        )
        for rule in report["rules"]:
            for entry in rule["inputs"]:
                if entry["items"]:
                    with changed(entry, ("value",), "47"):
                        assert any(path.endswith("value") for path in paths(report))

    def test_a_gain_told_twice_swapped_or_hidden(self, plan):
        rule = next(rule for rule in plan["rules"] if len(rule["gains"]) == 2)
        path = f"rules[{rule['id']}].gains"
        gains = rule["gains"]
        for forged in ([gains[1]] * 2, gains[::-1], gains[:1], []):
            with changed(rule, ("gains",), forged):
                assert path in paths(plan)

    def test_the_title_of_another_band(self, plan):
        with changed(plan, ("band", "title"), "Excellent"):
            assert paths(plan) == ["band.title"]

    def test_an_input_that_no_rule_reads_and_one_that_is_left_out(self, plan):
        rule = plan["rules"][0]
        path = f"rules[{rule['id']}].inputs"
        with changed(rule, ("inputs",), rule["inputs"] + plan["rules"][1]["inputs"]):
            assert path in paths(plan)
        rule = next(rule for rule in plan["rules"] if len(rule["inputs"]) == 2)
        left_out = changed(rule, ("inputs",), rule["inputs"][:1])
        with left_out, pytest.raises(NoReportError):
            differences(plan)

    def test_edges_of_an_interval(self):
        report = next(
            report
            for report in map(good, GOOD)
            if any(isinstance(rule["threshold"], dict) for rule in report["rules"])
        )
        rule = next(
            rule for rule in report["rules"] if isinstance(rule["threshold"], dict)
        )
        for edge, number in [*rule["threshold"].items()]:
            with changed(rule, ("threshold", edge), other(number)):
                assert f"rules[{rule['id']}].threshold" in paths(report)

    def test_the_hash_of_the_rule_set_is_that_of_its_first_file(self, plan):
        with changed(plan, ("ruleset", "sha256"), "0" * 64):
            assert paths(plan) == ["ruleset.sha256"]
