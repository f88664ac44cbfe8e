"""The documents: a README of three minutes, every page in the navigation, and a site whose search finds both languages.

With CCHC_BROWSER=1 the site's tests fail instead of being skipped. `tools/check_docs.py` holds links, names and numbers.
"""

import ast
import importlib
import inspect
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

import cchc_rules
from cchc_rules.base import problem, state
from cchc_rules.base.number import DIGITS
from cchc_rules.cli import console
from cchc_rules.cli.arguments import Parser
from cchc_rules.cli.commands import COMMANDS
from cchc_rules.report import report as report_module
from cchc_rules.rules import (
    deductions,
    dependencies,
    file_format,
    formula,
    load,
    overlay_files,
    source,
)

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
INDEX = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def tool():
    """Load a tool by its name, as Python does that runs one."""
    sys.path.insert(0, str(ROOT / "tools"))
    yield importlib.import_module
    sys.path.remove(str(ROOT / "tools"))


class TestTheReadme:
    def test_is_read_in_three_minutes(self):
        assert len(README.split()) <= 600

    def test_has_two_commands_one_loss_one_picture_and_four_lines_of_python(self):
        blocks = FENCE.findall(README)
        commands = [body for kind, body in blocks if kind == ""]
        assert [body[:16] for body in commands] == ["python3 -m venv "] * 2
        (loss,) = (body for kind, body in blocks if kind == "text")
        assert len(re.findall(r"^\d+\. −", loss, re.MULTILINE)) == 1
        (python,) = (body for kind, body in blocks if kind == "python")
        assert len(python.splitlines()) == 4
        assert README.count("![") == 1

    def test_says_how_many_losses_there_are(self):
        rules = cchc_rules.load_rules("cam-due-2023")
        example = ROOT / "examples" / "cam-due-2023.json"
        measurements = cchc_rules.load_measurements(example, rules)
        report = cchc_rules.score(rules, measurements)
        assert f"one of its {len(report.losses)} losses" in README

    def test_leads_to_no_page_that_is_made_only_for_the_site(self, tool):
        for name in tool("generated_pages").pages():
            assert name not in README


class TestTheNavigation:
    def test_is_of_the_four_kinds_and_the_guides_in_vietnamese(self):
        assert re.findall(r"^## (.+)$", INDEX, re.MULTILINE) == [
            "Hướng dẫn tiếng Việt",
            "Tutorial",
            "How-to guides",
            "Reference",
            "Explanation",
        ]

    def test_has_every_page_once(self, tool):
        captions = tool("build_site").navigation(INDEX)
        listed = [page for pages in captions.values() for page in pages]
        there = {
            path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md")
        }
        made = set(tool("generated_pages").pages())
        assert len(listed) == len(set(listed))
        assert set(listed) == (there | made) - {"docs/README.md"}

    @pytest.mark.parametrize(
        ("caption", "folder"),
        [
            ("Tutorial", "tutorial"),
            ("How-to guides", "how-to"),
            ("Reference", "reference|instruments"),
            ("Explanation", "explanation"),
            ("Hướng dẫn tiếng Việt", "guide-vi"),
        ],
    )
    def test_has_each_page_under_its_kind(self, tool, caption, folder):
        for title, pages in tool("build_site").navigation(INDEX).items():
            if title.startswith(caption):
                for page in pages:
                    assert re.match(rf"docs/({folder})/", page), page


class TestThePlanThatIsScored:
    def test_its_rules_metrics_and_remedies_are_counted(self):
        rules = cchc_rules.load_rules("cam-due-2023")
        counts = [len(rules.rules), len(rules.metrics), len(rules.remedies)]
        page = ROOT / "docs" / "reference" / "plan-coverage.md"
        said = re.search(
            r"has (\d+) rules, (\d+) metrics and (\d+) remedies",
            page.read_text("utf-8"),
        )
        assert [*map(int, said.groups())] == counts

    def test_its_contradictions_are_counted(self):
        rules = cchc_rules.load_rules("cam-due-2023").rules.values()
        count = sum(bool(rule.conflicts) for rule in rules)
        for guide in ("can-bo.md", "kiem-tra.md"):
            text = (ROOT / "docs" / "guide-vi" / guide).read_text(encoding="utf-8")
            assert f"Có {count} tiêu chí" in text


GUIDES = sorted((ROOT / "docs" / "guide-vi").glob("*.md"))
NEEDS = {
    "html": r"--format html|cchc-rules overview",
    "xlsx": r"--format xlsx|score \w+\.xlsx",
    "table": r"score \w+\.csv|cchc-rules (?:rank|overview)",
}
"""The extras, and the commands of the guides that need them."""


class TestTheGuidesInVietnamese:
    @pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
    def test_install_what_their_commands_need(self, guide):
        """On a new machine; who reads the other two guides has followed the first."""
        text = guide.read_text(encoding="utf-8")
        first = (ROOT / "docs" / "guide-vi" / "can-bo.md").read_text(encoding="utf-8")
        commands = re.findall(r'pip install "\.\[([a-z,]+)\]"', first + text)
        installed = {extra for extras in commands for extra in extras.split(",")}
        assert {
            name for name, needs in NEEDS.items() if re.search(needs, text)
        } <= installed


API = (ROOT / "docs" / "reference" / "api.md").read_text(encoding="utf-8")
CELL = re.compile(r"^\| (`[^|]+) \|", re.MULTILINE)
CALL = re.compile(r"`([\w.]+)\(([^`]*)\)`")
CALLS = CALL.findall(" ".join(CELL.findall(API)))


class TestTheLibraryPage:
    @pytest.mark.parametrize(
        ("name", "arguments"), [call for call in CALLS if call[0] != "str"]
    )
    def test_calls_are_written_as_they_are(self, name, arguments):
        """Every call of the first table, and every method in the others, with all its defaults."""
        place, _, last = name.rpartition(".")
        holders = {"report": cchc_rules.Report, "plan": cchc_rules.Plan, "": cchc_rules}
        holders |= {
            "comparison": cchc_rules.Comparison,
            "error": cchc_rules.CchcError,
            "problem": cchc_rules.Problem,
        }
        if place not in holders:
            holders[place] = importlib.import_module(place)
        parameters = inspect.signature(getattr(holders[place], last)).parameters
        written = ast.parse(f"def call({arguments}): pass").body[0].args
        positional = [each.arg for each in written.args]
        named = [each.arg for each in written.kwonlyargs]
        is_named = inspect.Parameter.KEYWORD_ONLY
        real = [name for name in parameters if name != "self"]
        assert positional + named == real
        assert named == [name for name in real if parameters[name].kind is is_named]
        defaults = [*written.defaults, *(node for node in written.kw_defaults if node)]
        with_default = [
            parameters[name].default
            for name in real
            if parameters[name].default is not inspect.Parameter.empty
        ]
        assert len(defaults) == len(with_default)
        for node, default in zip(defaults, with_default, strict=True):
            if not isinstance(node, ast.Name):
                assert ast.literal_eval(node) == default

    @pytest.mark.parametrize(
        ("word", "kind"),
        [("report", "Report"), ("plan", "Plan"), ("comparison", "Comparison")],
    )
    def test_attributes_are_there(self, word, kind):
        thing = getattr(cchc_rules, kind)
        names = set(re.findall(rf"`{word}\.(\w+)[`(]", API))
        assert names
        assert names <= {*dir(thing), *getattr(thing, "__dataclass_fields__", ())}

    @pytest.mark.parametrize("kind", ["RuleRecord", "GroupRecord"])
    def test_what_a_record_has(self, kind):
        _, _, rest = API.partition(f"A `{kind}` has")
        text, _, _ = (
            rest.partition("\n\nA ") if kind == "RuleRecord" else rest.partition(".")
        )
        record = getattr(report_module, kind)
        there = {*dir(record), *getattr(record, "__dataclass_fields__", ())}
        keys = re.findall(
            r"`(\w+)`", "".join(re.findall(r"^\| (.*?) \|", text, re.MULTILINE)) or text
        )
        assert len(keys) > 5
        assert set(keys) <= there


def page(name):
    return (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8")


def first_cells(text):
    """What stands in backticks in the first cells of the tables of a text."""
    return set(re.findall(r"`([^`]+)`", " ".join(CELL.findall(text))))


def part(text, heading):
    """The part of a page under a heading, up to the next one of its rank."""
    rank, _, _ = heading.partition(" ")
    _, _, rest = f"\n{text}".partition(f"\n{heading}\n")
    assert rest, heading
    return re.split(rf"^{rank} ", rest, flags=re.MULTILINE)[0]


FORMAT = page("format.md")


class TestThePageOfTheRuleFile:
    """Tables of the page list what the program knows, and nothing else."""

    def test_comparators(self):
        listed = first_cells(part(FORMAT, "### Comparators and thresholds"))
        assert listed == set(get_args(file_format.Comparator))

    def test_deductions(self):
        kinds = part(FORMAT, "### Deductions").partition("\n\nA tier has")[0]
        assert first_cells(kinds) == {each.kind for each in deductions.KINDS}

    def test_functions(self):
        listed = first_cells(part(FORMAT, "## Formulas"))
        assert {cell.partition("(")[0] for cell in listed} == set(formula.FUNCTIONS)

    @pytest.mark.parametrize(
        ("heading", "table"),
        [
            ("## Metrics", file_format.MetricTable),
            ("## Groups", file_format.GroupTable),
            ("## Rules", file_format.RuleTable),
            ("## Remedies", file_format.RemedyTable),
            ("## Head", file_format.RuleSetHead),
            ("## Head", file_format.IndexTable),
            ("## Head", file_format.CalendarTable),
        ],
    )
    def test_keys(self, heading, table):
        """Each key of a table is explained, or stands in its example."""
        text = part(FORMAT, heading)
        keys = {field.alias or name for name, field in table.model_fields.items()}
        assert {
            key
            for key in keys
            if f"`{key}`" not in text
            and not re.search(rf"^{key} *=", text, re.MULTILINE)
        } == set()

    def test_limits(self):
        limits = part(FORMAT, "## Limits")
        for number in (
            source.MAX_BYTES,
            source.MAX_DEPTH,
            file_format.MAX_PLACES,
            dependencies.DEEPEST,
            formula.MAX_LENGTH,
            formula.MAX_DEPTH,
            formula.MAX_DAYS,
            formula.MAX_WORKING_DAYS,
            formula.MAX_BITS,
            overlay_files.MAX_OVERLAYS,
            load.MAX_VERSIONS,
            problem.MOST_PROBLEMS,
            DIGITS,
        ):
            assert re.search(rf"\b{number:,}\b", limits), number


class TestOtherPages:
    def test_reason_codes(self):
        codes = part(page("report.md"), "## Reason codes")
        assert first_cells(codes) == {str(reason) for reason in state.Reason}

    def test_states_and_effects(self):
        for names in (state.State, state.Effect):
            for name in names:
                assert f"`{name}`" in API

    def test_warnings(self):
        listed = first_cells(part(page("submission.md"), "## Warnings"))
        codes = re.findall(
            r'^msgid "problem\.(doubtful-[\w-]+)"',
            (ROOT / "src/cchc_rules/packaged/locale/en.po").read_text(encoding="utf-8"),
            re.MULTILINE,
        )
        assert listed == set(codes)

    @pytest.mark.parametrize("name", ["cli.md", "exit-codes.md"])
    def test_exit_codes(self, name):
        path = ROOT / "docs" / ("how-to" if name == "exit-codes.md" else "reference")
        table = (
            (path / name).read_text(encoding="utf-8").partition("| code | meaning")[2]
        )
        for code in (
            console.DONE,
            console.BELOW,
            console.USAGE,
            console.RULES_REFUSED,
            console.SUBMISSION_REFUSED,
            console.NO_INDEX,
            console.UNFORESEEN,
        ):
            assert f"\n| {code} |" in table


CLI = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
SECTIONS = re.split(r"^## ", CLI, flags=re.MULTILINE)
NUMBER_OF_COMMANDS = 17


def actions(command):
    """The options of a command, as its parser has them."""
    parser = Parser(lang="en")
    importlib.import_module(f"cchc_rules.cli.commands.{command}").add(parser)
    return [action for action in parser._actions if action.option_strings]


class TestThePageOfTheCommandLine:
    def test_begins_with_all_commands(self):
        listed = re.findall(r"`(\w+)` ", SECTIONS[0])
        assert len(COMMANDS) == NUMBER_OF_COMMANDS
        assert set(COMMANDS) <= set(listed)

    @pytest.mark.parametrize("command", COMMANDS)
    def test_names_the_choices_of_each_option(self, command):
        """`--format text\\|json` in the section of a command is what its parser takes."""
        (section,) = (
            text
            for text in SECTIONS
            if re.search(rf"`cchc-rules {command}\b", text.splitlines()[0])
        )
        for action in actions(command):
            name = action.option_strings[-1]
            written = re.findall(rf"`{name} ([\w|\\]+\|[\w|\\]+)`", section)
            for choices in written:
                choices = choices.replace("\\", "")
                if choices.isupper():
                    continue
                assert set(choices.split("|")) == set(action.choices)
            if name == "--format" and action.choices:
                assert written, "the forms are not said"


def required(package):
    """Skip where a package is not installed, unless `CCHC_BROWSER=1`."""
    if os.environ.get("CCHC_BROWSER") == "1":
        return importlib.import_module(package)
    return pytest.importorskip(package)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site, built without a warning."""
    for package in ("sphinx", "myst_parser", "furo"):
        required(package)
    folder = tmp_path_factory.mktemp("built")
    command = [sys.executable, "tools/build_site.py", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True)
    return folder / "site"


@pytest.mark.wide
@pytest.mark.untraced
class TestTheSite:
    def test_loads_nothing_from_the_net(self, site):
        outside = re.compile(
            r"<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=\"(?:https?:)?//"
        )
        for page in site.rglob("*.html"):
            assert not outside.search(page.read_text(encoding="utf-8")), page
        for style in site.rglob("*.css"):
            text = style.read_text(encoding="utf-8")
            assert not re.search(r"@import|url\([\"']?https?:", text), style

    def test_says_which_pages_are_vietnamese(self, site):
        def language(page):
            text = (site / "docs" / page).read_text(encoding="utf-8")
            return re.search(r'<html[^>]* lang="(\w+)"', text)[1]

        assert language("guide-vi/can-bo.html") == "vi"
        assert language("instruments/cam-due-2023.vi.html") == "vi"
        assert language("instruments/cam-due-2023.en.html") == "en"
        assert language("tutorial/first-index.html") == "en"

    def test_has_the_pages_that_are_made(self, site):
        page = (site / "docs/reference/problems.html").read_text(encoding="utf-8")
        assert 'id="unknown-metric"' in page

    @pytest.mark.parametrize(
        ("query", "page"),
        [
            ("tài liệu kiểm chứng", "docs/guide-vi/can-bo"),
            ("tai lieu kiem chung", "docs/guide-vi/can-bo"),
            ("Thẩm định", "docs/guide-vi/kiem-tra"),
            ("độ", "docs/guide-vi/can-bo"),
            ("đơn vị", "docs/guide-vi/tinh"),
            ("cong chuc", "docs/instruments/cam-due-2023.vi"),
            ("rescaled", "docs/reference/semantics"),
            ("weighted means", "docs/how-to/shape-mean"),
            ("unknown-metric", "docs/reference/problems"),
        ],
    )
    def test_a_query_in_either_language_finds(self, site, browser, query, page):
        assert page in found(browser, site, query)

    def test_what_stands_nowhere_is_not_found(self, site, browser):
        assert found(browser, site, "xyzzyplugh") == []


@pytest.fixture(scope="module")
def browser():
    playwright = required("playwright.sync_api")
    chromium = shutil.which("chromium")
    if chromium is None and os.environ.get("CCHC_BROWSER") != "1":
        pytest.skip("no Chromium")
    with playwright.sync_playwright() as program:
        started = program.chromium.launch(
            executable_path=chromium,
            args=["--headless", "--no-sandbox", "--disable-gpu"],
        )
        yield started
        started.close()


def found(browser, site, query):
    """The pages that the search of the site, opened from its folder, finds for a query."""
    page = browser.new_page()
    try:
        page.goto(f"{(site / 'search.html').as_uri()}?q={query}")
        page.wait_for_function("Search.hasIndex()")
        script = "query => Search._performSearch(...Search._parseQuery(query))"
        return [name for name, *_ in page.evaluate(script, query)]
    finally:
        page.close()


def unlike(shown, real, path=""):
    """Yield where the keys of a document differ from those of its example in the reference.

    `…` in an example stands for more of the same; of a list the first entry is shown, and a real entry may leave `null`
    what another one has.
    """
    if isinstance(shown, dict) and isinstance(real, dict):
        if "…" in shown:
            return
        if shown.keys() != real.keys():
            yield path, shown.keys() ^ real.keys()
        for key in shown.keys() & real.keys():
            if key not in BY_ID:
                yield from unlike(shown[key], real[key], f"{path}.{key}")
    elif isinstance(shown, list) and isinstance(real, list) and shown and real:
        together = {}
        for entry in real:
            if isinstance(entry, dict):
                together |= {key: value for key, value in entry.items() if value}
                together = dict.fromkeys(entry) | together
        yield from unlike(shown[0], together, f"{path}[]")


BY_ID = {"tracks", "track_reasons", "effects", "range"}
"""Parts of a document whose keys are ids, or are those that the rule set gives."""


@pytest.fixture(scope="module")
def example():
    rules = cchc_rules.load_rules("cam-due-2023")
    file = ROOT / "examples" / "cam-due-2023.json"
    return rules, cchc_rules.load_measurements(file, rules)


class TestTheExamplesOfDocuments:
    def example_in(self, name):
        text = re.search(
            r"^```json\n(\{\n.*?\n\})\n```$", page(name), re.MULTILINE | re.DOTALL
        )
        return json.loads(text[1])

    def test_of_the_report(self, example):
        document = cchc_rules.score(*example).to_dict()
        assert [*unlike(self.example_in("report.md"), document)] == []

    def test_of_the_comparison(self, example):
        rules, measurements = example
        annex = cchc_rules.load_rules("cam-due-2023-annex")
        reports = [cchc_rules.score(each, measurements) for each in (rules, annex)]
        document = cchc_rules.compare(*reports).to_dict()
        assert [*unlike(self.example_in("comparison.md"), document)] == []

    def test_of_the_study(self, example):
        document = cchc_rules.sensitivity(*example).to_dict()
        assert [*unlike(self.example_in("sensitivity.md"), document)] == []
