"""The public names: few, sorted, documented, and heavy packages stay unloaded until they are used."""

import inspect
import subprocess
import sys

import pytest

import cchc_rules


def test_names_are_sorted_and_there() -> None:
    assert sorted(cchc_rules.__all__) == list(cchc_rules.__all__)
    assert all(hasattr(cchc_rules, name) for name in cchc_rules.__all__)


def test_the_surface_is_what_the_reference_says() -> None:
    assert set(cchc_rules.__all__) == {
        "CchcError", "Comparison", "Effect", "Index", "Measurements", "Move", "Plan", "Problem", "Ranked",
        "Reason", "Report", "ReportError", "RuleRecord", "RuleSet", "RulesError", "Scores", "Sensitivity",
        "State", "SubmissionError", "compare", "compare_track", "dump_measurements", "dump_rules",
        "load_measurements", "load_report", "load_rules", "moves", "packaged_rule_sets", "parse_report", "parse_rules",
        "plan_to", "print_report", "rank", "rank_table", "score", "score_table",
        "score_weightings", "sensitivity",
    }  # fmt: skip


def test_every_public_thing_says_what_it_is() -> None:
    for name in cchc_rules.__all__:
        text = inspect.getdoc(getattr(cchc_rules, name))
        assert text, name
        assert text.split("\n")[0].rstrip().endswith((".", ":", ";")) or "." in text, (
            name
        )


def test_unknown_names_are_refused() -> None:
    assert not hasattr(cchc_rules, "comparison")


def test_importing_loads_nothing_heavy() -> None:
    heavy = {
        "babel",
        "holidays",
        "tomli_w",
        "hypothesis",
        "jinja2",
        "xlsxwriter",
        "openpyxl",
        "polars",
        "pyarrow",
        "cchc_rules.submissions.worksheets",
    }
    heavy |= {
        f"cchc_rules.{name}"
        for name in ("analysis", "render.page", "cases.case_file", "tables")
    }
    code = f"import sys, cchc_rules; print(sorted({heavy} & set(sys.modules)))"
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert shown.stdout.strip() == "[]"


def test_a_name_that_is_none_is_refused() -> None:
    with pytest.raises(AttributeError, match="no attribute 'whim'"):
        cchc_rules.whim  # noqa: B018
