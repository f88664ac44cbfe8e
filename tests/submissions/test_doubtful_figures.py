"""Warnings: what asks for a look is told by its code, changes no score, and is refused only when asked."""

import re
from decimal import Decimal

import pytest
from rule_texts import DOUBTFUL

from cchc_rules import SubmissionError, load_measurements, parse_rules, score
from cchc_rules.base.messages import LANGUAGES
from cchc_rules.cli.main import main
from cchc_rules.submissions.doubtful_figures import refuse_doubtful


@pytest.fixture(scope="module")
def rules():
    return parse_rules(DOUBTFUL)


def submission(**measurements):
    return {
        "format": 1,
        "ruleset": "tiny",
        "unit": "Xã A",
        "period": "2023",
        "measurements": measurements,
    }


def doubts(rules, **measurements):
    measurements = load_measurements(submission(**measurements), rules)
    report = score(rules, measurements)
    assert report.warnings == measurements.warnings
    for problem in report.warnings:
        assert problem.warning
        for lang in LANGUAGES:
            assert not re.search(r"\{\w+\}", problem.text(lang))
    return {".".join(map(str, one.path[1:])): one for one in report.warnings}


@pytest.mark.parametrize(
    ("name", "entry", "place", "code", "hint"),
    [
        # 1.774 of 1902 papers: one thousand seven hundred and seventy-four is meant
        (
            "online",
            {"numerator": Decimal("1.774"), "denominator": 1902},
            "online.numerator",
            "doubtful-thousand",
            "1774",
        ),
        (
            "online",
            {"numerator": 900, "denominator": Decimal("1902.5")},
            "online.denominator",
            "doubtful-fraction",
            None,
        ),
        ("online", Decimal("0.922"), "online", "doubtful-percentage", "92.2"),
        ("online", 1, "online", "doubtful-percentage", "100"),
        ("online", 90, "online", "doubtful-threshold", None),
    ],
)
def test_a_figure_that_asks_for_a_look(rules, name, entry, place, code, hint):
    found = doubts(rules, **{name: entry})
    assert {key: one.code for key, one in found.items()} == {place: code}
    assert found[place].arguments.get("hint") == hint


@pytest.mark.parametrize(
    "measurements",
    [
        {"online": {"numerator": 1774, "denominator": 1902}},
        {"online": {"numerator": Decimal("1.5"), "denominator": Decimal("2.5")}},
        {"online": {"numerator": 0, "denominator": 0}},
        {"online": {"numerator": 90, "denominator": 100}},  # counted, not copied
        {"online": Decimal("96.125")},
        {"online": 0},
        {"online": {"not_applicable": "không phát sinh"}},
        {"late": Decimal("0.5")},  # few dossiers late: a usual figure
        {"income": 1500, "income_before": 1400},
        {"income": Decimal("1.5")},
        {"income": Decimal("1.774"), "income_before": Decimal("1.5")},
        {"income": 0, "income_before": 1400},
        {},
    ],
)
def test_figures_that_nobody_has_to_look_at(rules, measurements):
    assert doubts(rules, **measurements) == {}


def test_a_number_of_three_decimals_beside_whole_ones(rules):
    """1.774 beside last year's 1902: a thousandth of it, and written as a thousand is."""
    measurements = submission(income=Decimal("1.774"), income_before=1902)
    found = load_measurements(measurements, rules).warnings
    assert [one.code for one in found] == ["doubtful-thousand", "doubtful-scale"]
    assert [one.arguments.get("hint") for one in found] == ["1774", None]


def test_one_document_for_twenty_figures():
    metrics = [f"m{number}" for number in range(20)]
    text = DOUBTFUL + "".join(
        f'[metric.{name}]\ntitle = "{name}"\ntype = "count"\n' for name in metrics
    )
    rules = parse_rules(text)
    entry = {"value": 5, "evidence": ["Báo cáo  số 12"]}
    measurements = dict.fromkeys(metrics, entry)
    found = load_measurements(submission(**measurements), rules).warnings
    assert [one.code for one in found] == ["doubtful-evidence"]
    del measurements["m0"]
    assert load_measurements(submission(**measurements), rules).warnings == ()


def test_a_warning_changes_nothing_and_can_be_refused(rules):
    measurements = load_measurements(submission(online=Decimal("0.922")), rules)
    assert (
        score(rules, measurements).to_dict()
        == score(
            rules, load_measurements(submission(online=Decimal("0.922")))
        ).to_dict()
    )
    with pytest.raises(SubmissionError) as error:
        refuse_doubtful(measurements, rules, measurements.judged_at)
    (problem,) = error.value.problems
    assert (problem.code, problem.warning) == ("doubtful-percentage", False)
    refuse_doubtful(
        load_measurements(submission(online=92), rules), rules, measurements.judged_at
    )


def test_a_figure_that_is_only_tried_is_not_doubted(rules):
    measurements = load_measurements(submission(online=80), rules)
    assert score(rules, measurements.changed({"online": 90})).warnings == ()


def test_without_a_rule_set_there_is_nothing_to_doubt():
    assert load_measurements(submission(online=Decimal("0.922"))).warnings == ()


@pytest.mark.parametrize("form", ["text", "json"])
def test_they_are_said_on_standard_error(tmp_path, capsys, form):
    (tmp_path / "rules.toml").write_text(DOUBTFUL, encoding="utf-8")
    (tmp_path / "in.json").write_text(
        '{"format": 1, "ruleset": "tiny", "unit": "A", "period": "2023",'
        ' "measurements": {"online": 0.922}}',
        encoding="utf-8",
    )
    command = ["score", str(tmp_path / "in.json"), "--rules"]
    command += [str(tmp_path / "rules.toml"), "--format", form]
    assert main([*command, "--lang", "en"]) == 0
    output = capsys.readouterr()
    assert "warning[doubtful-percentage] measurements.online" in output.err
    assert "doubtful" not in output.out
    assert main([*command, "--strict"]) == 4
    assert "lỗi[doubtful-percentage]" in capsys.readouterr().err
