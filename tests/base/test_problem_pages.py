"""Each problem code has words, a bad file or a generated test, and a section in the reference made from both."""

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BAD = ROOT / "tests" / "bad"
MADE_IN_TESTS = {
    "gain-by-silence",
    "peers-digits",
    "peers-in-parts",
    "column-ambiguous",
    "unknown-sheet",
    "file-too-large",
    "toml-too-deep",
    "json-too-deep",
    "calendar-missing",
    "too-many-problems",
} | {
    "too-many-versions",
    "cell-error",
    "cell-hidden",
    "column-unnamed",
    "doubtful-evidence",
    "doubtful-fraction",
    "doubtful-percentage",
    "doubtful-scale",
    "doubtful-thousand",
    "doubtful-threshold",
    "float-for-number",
    "form-as-text",
    "form-broken",
    "form-dates",
    "form-formula",
    "form-id-twice",
    "form-macros",
    "form-merged",
    "form-no-id",
    "form-percent",
    "form-too-large",
    "form-unknown",
    "form-version",
    "no-row-column",
    "not-recomputable",
    "report-broken",
    "nested-value",
    "nothing-to-compare",
    "other-format",
    "no-cases",
    "layout",
    "layout-unsafe",
    "repeated-column",
    "row-length",
    "scores-cell",
    "scores-columns",
    "several-periods",
    "several-rulesets",
    "scores-band",
    "scores-denominator",
    "scores-empty",
    "scores-no-unit",
    "errors-of-others",
    "table-encoding",
    "table-form",
    "table-sheets",
    "table-too-long",
    "unit-twice",
    "row-no-object",
    "sheet-full",
    "table-unreadable",
    "unknown-column",
    "weight-column",
    "weight-unread",
    "weights-of-both",
    "weights-of-rules",
    "weights-too-long",
    "workbook-too-large",
    "worker-version",
}
"""Codes that no file in the folder can show; the tests named below make what gives them."""


def tool():
    """The tool that writes the page, loaded from its file."""
    spec = importlib.util.spec_from_file_location(
        "problem_pages", ROOT / "tools" / "problem_pages.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def page():
    return tool().page()


def in_files():
    found = [
        *BAD.glob("rules/*.toml"),
        *BAD.glob("submissions/*.json"),
        *BAD.glob("cases/*-*.toml"),
    ]
    return {path.stem.partition("--")[0] for path in found}


def test_a_section_has_both_languages_and_what_the_bad_files_say(page):
    _, _, rest = page.partition("## `unknown-metric`\n")
    section, _, _ = rest.partition("\n## ")
    assert section.startswith("\nError in a rule file or a submission")
    assert "\nTo do: " in section
    assert "\nTiếng Việt: " in section
    assert "\nFor example:\n\n- " in section


def test_every_code_has_a_section_and_every_section_a_code(page):
    catalogue = {
        id_.removeprefix("problem.")
        for id_ in tool().catalogue("en")
        if id_.startswith("problem.")
    }
    sections = re.findall(r"^## `([^`]+)`$", page, re.MULTILINE)
    assert len(sections) == len(set(sections))
    assert set(sections) == catalogue == in_files() | MADE_IN_TESTS


def test_codes_made_in_tests_are_made_there():
    modules = set((ROOT / "tests").rglob("test_*.py")) - {Path(__file__)}
    tests = "".join(path.read_text(encoding="utf-8") for path in modules)
    for code in MADE_IN_TESTS:
        assert f'"{code}"' in tests or f"[{code}]" in tests
