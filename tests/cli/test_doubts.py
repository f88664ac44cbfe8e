"""Every command that reads a submission says what is doubtful in it, and does its work all the same."""

import pytest
from rule_texts import OF_TEN

from cchc_rules.cli.main import main

RULES = (
    OF_TEN
    + """
[metric.online]
title = "online"
type = "percent"
[group.g]
title = "g"
[rule.online]
group = "g"
title = "online"
source = ["1"]
metric = "online"
comparator = ">="
threshold = 90
weight = 8
deduction = "all_or_nothing"
"""
)
SUBMISSION = """{"format": 1, "ruleset": "tiny", "unit": "Xã A", "period": "2023",
"measurements": {"online": {"value": %s}}}"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.toml").write_text(RULES, encoding="utf-8")
    for name, value in (("plain", "95"), ("doubtful", "0.95")):
        text = SUBMISSION % value
        (tmp_path / f"{name}.json").write_text(text, encoding="utf-8")
    return tmp_path


def complaints(capsys):
    return capsys.readouterr().err


@pytest.mark.parametrize(
    ("before", "after"), [("plain", "doubtful"), ("doubtful", "plain")]
)
def test_compare(folder, capsys, before, after):
    assert main(["compare", f"{before}.json", f"{after}.json", "--lang", "en"]) == 0
    said = complaints(capsys)
    assert "doubtful.json: warning[doubtful-percentage] measurements.online" in said
    assert said.count("warning[") == 1


def test_compare_speaks_the_language_of_the_rules(folder, capsys):
    assert main(["compare", "plain.json", "doubtful.json"]) == 0
    assert "cảnh báo[doubtful-percentage]" in complaints(capsys)


def test_compare_of_plain_submissions_says_nothing(folder, capsys):
    assert main(["compare", "plain.json", "plain.json"]) == 0
    assert complaints(capsys) == ""


def test_verify(folder, capsys):
    score = ["score", "doubtful.json", "--format", "json", "--output", "report.json"]
    assert main(score) == 0
    complaints(capsys)
    verify = ["verify", "report.json", "--lang", "en"]
    assert main(verify) == 0
    assert complaints(capsys) == ""
    assert main([*verify, "--measurements", "doubtful.json"]) == 0
    said = complaints(capsys)
    assert "doubtful.json: warning[doubtful-percentage]" in said
    assert said.count("warning[") == 1
