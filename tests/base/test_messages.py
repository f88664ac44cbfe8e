"""The catalogues: the same messages in both languages, every one of them used, and figures in the language's form."""

import ast
import datetime
import importlib.util
import re
import string
from decimal import Decimal
from pathlib import Path

import pytest
from babel.dates import format_date
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from package_source import SOURCE, nodes, texts

from cchc_rules import State
from cchc_rules.analysis.comparison.contributions import LINES
from cchc_rules.analysis.comparison.division import BASES
from cchc_rules.analysis.versions.difference import PARTS
from cchc_rules.base import messages
from cchc_rules.base.input_files import SYSTEM_REASONS
from cchc_rules.base.problem import Problem
from cchc_rules.base.state import COMPUTED, Effect, Reason
from cchc_rules.render.form_workbook import LINES as GUIDE_LINES
from cchc_rules.render.workbook.layout import SHEETS, TOTALS
from cchc_rules.render.workbook.steps import Reckoning
from cchc_rules.report.arithmetic import EFFECT_MESSAGES
from cchc_rules.rules.model import Basis
from cchc_rules.rules.rule_text import COMPARATOR_MESSAGES, CONDITION_WORDS
from cchc_rules.tables.province.quota import BEYOND, EQUAL
from cchc_rules.tables.province.rank_table import TIES
from cchc_rules.testing import LAWS

ROOT = Path(__file__).parents[2]
LOCALE = SOURCE / "packaged" / "locale"


def catalogue(lang):
    with (LOCALE / f"{lang}.po").open("rb") as file:
        return read_po(file, locale=lang)


MESSAGES = {
    lang: {item.id: item.string for item in catalogue(lang) if item.id}
    for lang in messages.languages()
}
IDS = sorted(MESSAGES["vi"])


def compiled_words(path):
    """The messages of a compiled catalogue: (those that people write, the language's forms of numbers and dates)."""
    with path.open("rb") as file:
        found = {item.id: item.string for item in read_mo(file) if item.id}
    forms = {id_: found.pop(id_) for id_ in sorted(found) if id_.startswith("locale.")}
    return found, forms


def places(text):
    return sorted(
        {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    )


# What the source says -------------------------------------------------------------------------------------------------


def constants(*modules):
    """The texts that stand in modules of the source, docstrings left out."""
    return frozenset().union(*map(texts, modules))


def prefixes():
    """The beginnings of ids that the source completes: `reason.` of f"reason.{code}"."""
    found = set()
    silent = {
        SOURCE / "report" / "verify.py",
        SOURCE / "tables" / "province" / "overview.py",
    }  # it runs alone; others make names of columns
    silent |= {*(SOURCE / "tables").rglob("*.py")}  # they make names of columns
    for module in set(SOURCE.rglob("*.py")) - silent:
        for node in nodes(module):
            first = (
                node.values[0]
                if isinstance(node, ast.JoinedStr) and node.values
                else None
            )
            if isinstance(first, ast.Constant) and re.fullmatch(
                r"[a-z-]+[.-]", str(first.value)
            ):
                found.add(first.value)
    return found | set(re.findall(r"""say\(["']([a-z-]+-)["'] ~""", templates()))


def called(first_arguments_of):
    """The literal first arguments of calls to functions of these names: the codes of problems."""
    found = set()
    for module in SOURCE.rglob("*.py"):
        for node in nodes(module):
            if (
                isinstance(node, ast.Call)
                and node.args
                and isinstance(node.args[0], ast.Constant)
            ):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                if name in first_arguments_of and isinstance(node.args[0].value, str):
                    found.add(node.args[0].value)
    return found


def templates():
    """What the page's templates say."""
    return "\n".join(
        path.read_text(encoding="utf-8")
        for path in sorted((SOURCE / "packaged" / "html").glob("*.html"))
    )


PAGE = set(re.findall(r"""["']([a-z-]+)["']""", templates()))
"""The words of the templates, among them what they say."""

EVERYWHERE = constants(*SOURCE.rglob("*.py"))
SHOWN = constants(
    *(SOURCE / "render").glob("*.py"), *(SOURCE / "render" / "workbook").glob("*.py")
)
COMPARED = constants(
    SOURCE / "analysis" / "comparison" / "comparison_document.py",
    SOURCE / "render" / "comparison.py",
)
COMMANDED = constants(*(SOURCE / "cli").rglob("*.py"))
CASED = constants(SOURCE / "render" / "cases.py", *(SOURCE / "cases").glob("*.py"))
TEMPLATES = "".join(
    path.read_text(encoding="utf-8")
    for path in (SOURCE / "packaged" / "html").glob("sensitivity*.j2")
)
STUDIED = constants(
    SOURCE / "analysis" / "sensitivity" / "sensitivity_document.py",
    SOURCE / "render" / "sensitivity.py",
) | set(re.findall(r'say\("([a-z-]+)"', TEMPLATES))
INSTRUMENT = constants(
    SOURCE / "rules" / "instrument.py", SOURCE / "render" / "instrument.py"
) | set(
    re.findall(
        r'say\("([a-z-]+)"',
        (SOURCE / "packaged" / "html" / "instrument.html.j2").read_text(
            encoding="utf-8"
        ),
    )
)
OVERVIEW = (SOURCE / "packaged" / "html" / "overview.html.j2").read_text(
    encoding="utf-8"
)
RANKED = constants(
    SOURCE / "render" / "ranking.py", SOURCE / "render" / "overview.py"
) | set(re.findall(r'of\("([a-z-]+)"', OVERVIEW))
UNRANKED = ("refused", "no-score", "not-submitted")
VERSIONED = {"added", "removed", "renamed"} | constants(
    SOURCE / "render" / "versions.py"
)
FILLED = constants(
    SOURCE / "render" / "form_workbook.py", *(SOURCE / "submissions").glob("*.py")
)
KINDS = ("all-or-nothing", "manual", "none", "bonus", "penalty")
ABSENT = {Reason.NOT_REPORTED, *(r for r in Reason if f"absent.{r}" in IDS)}

STEPS = ("maximum", "lost", "excluded", "rescaled", "bonus", "penalty", "held", "index")
NUMBERED = {
    f"workbook.{family}-{at}"
    for family, count in (
        ("step", 13),
        ("score", 14),
        ("input", 12),
        ("loss", 13),
        ("list", 4),
    )
    for at in range(count)
} | {f"workbook.{word}-head" for word in SHOWN if f"workbook.{word}-head" in IDS}
"""The headings of columns, which go by their places, and of lines."""

FAMILIES = {
    "state.": {*(f"state.{state}" for state in State), "state.zero_denominator"},
    "reason.": {f"reason.{reason}" for reason in Reason},
    "absent.": {f"absent.{reason}" for reason in ABSENT},
    "origin.": {"origin.threshold", "origin.deduction"},
    "required.": {
        f"required.{word}"
        for word in {
            *COMPARATOR_MESSAGES.values(),
            "at-least",
            "above",
            "at-most",
            "below",
        }
    },
    "calculation.": {
        f"calculation.{word}"
        for word in {*EFFECT_MESSAGES.values(), "met", "not-met", "below-floor"}
    },
    "list-": {
        f"report.list-{s}"
        for s in (
            *("missing", "not-due", "not-applicable", "waived", "unsupported"),
            *("without-effect", "fallback"),
        )
    },
    "gain-": {f"report.gain-{aim}" for aim in ("any", "all")},
    "basis-": {f"report.basis-{basis}" for basis in Basis.__args__}
    | {f"comparison.basis-{basis.replace('_', '-')}" for basis in BASES},
    "state-": {f"report.state-{key}" for key in ("earned", "lost", "excluded")},
    "step-": {f"report.step-{kind}" for kind in STEPS}
    | {f"workbook.step-{name}" for name in Reckoning._fields}
    | NUMBERED,
    "line-": {f"comparison.line-{line.replace('_', '-')}" for line in LINES},
    "moved-": {
        f"comparison.moved-{key}"
        for key in ("state", "figures", "requirement", "weight", "points")
    }
    | {"comparison.moved-surroundings"},
    "comparison.": {
        f"comparison.{name}" for name in COMPARED if f"comparison.{name}" in IDS
    },
    "compare-rules-": {"cli.compare-rules-before", "cli.compare-rules-after"},
    "compare-as-of-": {"cli.compare-as-of-before", "cli.compare-as-of-after"},
    "word.": {"word.bonus", "word.penalty"},
    "formula.": {f"formula.{word}" for word in CONDITION_WORDS},
    "report.": {
        f"report.{name}"
        for name in {*SHOWN, *PAGE, "bonus", "penalty"}
        if f"report.{name}" in IDS
    },
    "sensitivity.": {
        f"sensitivity.{name}" for name in STUDIED if f"sensitivity.{name}" in IDS
    }
    | {
        f"sensitivity.{name}"
        for name in (
            "one-area",
            "nothing-left",
            "band-up",
            "band-down",
            "band-never-up",
        )
    }
    | {f"sensitivity.band-{name}" for name in ("never-down", "top", "bottom", "gated")},
    "ranking.": {f"ranking.{name}" for name in RANKED if f"ranking.{name}" in IDS},
    "overview.": {f"overview.{name}" for name in RANKED if f"overview.{name}" in IDS}
    | {
        f"overview.{name}"
        for name in (
            "highest",
            "lowest",
            "average",
            "median",
            *(f"step-{at}" for at in range(1, 6)),
        )
    },
    "ties-": {f"ranking.ties-{ties}" for ties in TIES},
    "count-": {f"ranking.count-{reason}" for reason in UNRANKED},
    "unranked-": {f"ranking.unranked-{reason}" for reason in UNRANKED},
    "before-": {f"ranking.before-{reason}" for reason in UNRANKED[:2]},
    "cases.": {f"cases.{name}" for name in CASED if f"cases.{name}" in IDS},
    "workbook.": {f"workbook.{name}" for name in SHOWN if f"workbook.{name}" in IDS}
    | NUMBERED,
    "sheet-": {f"workbook.sheet-{sheet}" for sheet in SHEETS}
    | {f"form.sheet-{name}" for name in ("figures", "points", "tracks", "absent")},
    "reckoning-": {
        id_ for id_ in IDS if id_.removeprefix("workbook.reckoning-") in SHOWN
    },
    "total-": {f"workbook.total-{name}" for name in TOTALS},
    "score-": NUMBERED,
    "loss-": NUMBERED,
    "input-": NUMBERED,
    "cli.": {f"cli.{name}" for name in COMMANDED if f"cli.{name}" in IDS},
    "instrument.": {
        f"instrument.{name}"
        for name in {*INSTRUMENT, *KINDS}
        if f"instrument.{name}" in IDS
    },
    "effect-": {f"instrument.effect-{effect}" for effect in Effect},
    "units-": {
        f"instrument.units-{how}" for how in ("exact", "started", "whole", "plain")
    },
    "own-": {f"instrument.own-{name}" for name in ("value", "threshold", "weight")},
    "difference.": {
        f"difference.{name}" for name in VERSIONED if f"difference.{name}" in IDS
    },
    "impact.": {f"impact.{name}" for name in VERSIONED if f"impact.{name}" in IDS},
    "label-": {id_ for id_ in IDS if id_.startswith("difference.label-")},
    "part-": {f"difference.part-{part}" for part in PARTS},
    "form.": {f"form.{name}" for name in FILLED if f"form.{name}" in IDS},
    "column-": {id_ for id_ in IDS if id_.removeprefix("form.column-") in FILLED}
    | {
        f"ranking.column-{name.replace('_', '-')}"
        for name in RANKED
        if f"ranking.column-{name.replace('_', '-')}" in IDS
    },
    "head-": {id_ for id_ in IDS if id_.removeprefix("form.head-") in FILLED},
    "guide-": {f"form.guide-{at}" for at in range(1, GUIDE_LINES + 1)},
    "quota-": {f"ranking.quota-{reason}" for reason in (BEYOND, EQUAL)},
    "law.": {f"law.{law.name}" for law in LAWS},
    "problem-cell.": {
        id_
        for id_ in IDS
        if id_.startswith("problem-cell.")
        and id_.removeprefix("problem-cell.") in EVERYWHERE
    },
    "fix-cell.": {
        id_
        for id_ in IDS
        if id_.startswith("fix-cell.") and id_.removeprefix("fix-cell.") in EVERYWHERE
    },
    "system.": {f"system.{reason}" for reason in SYSTEM_REASONS},
    "no-": {f"cli.no-{kind}" for kind in ("column", "day", "number", "setting")},
    "problem.": {
        id_
        for id_ in IDS
        if id_.startswith("problem.") and id_.removeprefix("problem.") in EVERYWHERE
    },
    "fix.": {
        id_
        for id_ in IDS
        if id_.startswith("fix.") and id_.removeprefix("fix.") in EVERYWHERE
    },
}
"""What each beginning of an id in the source may become."""

DESCRIBED = "".join(
    path.read_text(encoding="utf-8")
    for path in (SOURCE / "packaged" / "schemas").glob("*.json")
)
"""The JSON Schemas, whose descriptions are words of the catalogues; tools/make_schemas.py puts them there."""

USED = set().union(*FAMILIES.values()) | {id_ for id_ in IDS if id_ in EVERYWHERE}
USED |= {
    id_
    for id_ in IDS
    if id_.startswith("schema.") and f'"vi {MESSAGES["vi"][id_]} / en ' in DESCRIBED
}


def careful(id_, text):
    """Whether a text has its signs in the right places, on one line, and ends as a sentence where it is one."""
    legend = text.replace("█ đạt  ░ mất  ·", "").replace("█ earned  ░ lost  ·", "")
    if not text.strip() or "  " in legend or "\n" in text:
        return False
    if re.search(r" [.,;!?](?! |toml)", text.replace(" …", "")):
        return False
    sentence = id_.startswith(("problem", "fix", "reason."))
    return not sentence or "{why}" in text[-6:] or text[-1] in ".?"


class TestTheCatalogues:
    def test_the_same_ids_in_both_languages(self):
        assert sorted(MESSAGES["vi"]) == sorted(MESSAGES["en"])
        assert len(IDS) > 300

    def test_the_ids_stand_in_the_same_order(self):
        assert list(MESSAGES["vi"]) == list(MESSAGES["en"])

    @pytest.mark.parametrize("lang", messages.languages())
    def test_no_id_stands_twice(self, lang):
        ids = re.findall(
            r'^msgid "(.+)"$',
            (LOCALE / f"{lang}.po").read_text(encoding="utf-8"),
            re.MULTILINE,
        )
        assert sorted(ids) == sorted(set(ids)) == IDS

    def test_the_same_places_in_both_languages(self):
        assert [
            id_
            for id_ in IDS
            if places(MESSAGES["vi"][id_]) != places(MESSAGES["en"][id_])
        ] == []

    @pytest.mark.parametrize("lang", messages.languages())
    def test_texts_are_written_with_care(self, lang):
        careless = {
            id_: text for id_, text in MESSAGES[lang].items() if not careful(id_, text)
        }
        assert careless == {}

    @pytest.mark.parametrize("lang", messages.languages())
    def test_the_compiled_catalogue_is_the_written_one(self, lang):
        assert compiled_words(LOCALE / f"{lang}.mo")[0] == MESSAGES[lang]

    def test_the_tool_compiles_them(self, tmp_path, monkeypatch):
        spec = importlib.util.spec_from_file_location(
            "compile_words", ROOT / "tools" / "compile_words.py"
        )
        tool = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(tool)
        assert tool.LOCALE == LOCALE
        for lang in messages.languages():
            (tmp_path / f"{lang}.po").write_bytes((LOCALE / f"{lang}.po").read_bytes())
        monkeypatch.setattr(tool, "LOCALE", tmp_path)
        tool.main()
        for lang in messages.languages():
            assert compiled_words(tmp_path / f"{lang}.mo") == compiled_words(
                LOCALE / f"{lang}.mo"
            )


class TestTheSourceAndTheCatalogues:
    def test_every_completed_id_is_of_a_known_family(self):
        assert {
            prefix
            for prefix in prefixes()
            if f"{prefix}" in FAMILIES or prefix.endswith(".")
        } == set(FAMILIES)

    def test_every_id_that_the_source_makes_exists(self):
        assert set().union(*FAMILIES.values()) - set(IDS) == set()

    def test_every_id_written_in_full_exists(self):
        heads = "|".join(sorted({id_.partition(".")[0] for id_ in IDS}))
        written = {
            text for text in EVERYWHERE if re.fullmatch(rf"({heads})\.[a-z_-]+", text)
        } - {"overview.css"}
        begun = {text for text in written if text.endswith("-")}
        assert written - begun - set(IDS) == set()
        assert all(any(id_.startswith(text) for id_ in IDS) for text in begun)

    def test_every_word_of_the_views_exists(self):
        said = called({"say", "tell"}) | set(
            re.findall(r"""say\(["']([a-z-]+)["'][,)]""", templates())
        )
        assert len(said) > 100
        views = (
            "report.",
            "instrument.",
            "difference.",
            "impact.",
            "cli.",
            "comparison.",
            "sensitivity.",
            "workbook.",
        )
        views += ("cases.", "form.", "ranking.")
        known = {id_.partition(".")[2] for id_ in IDS if id_.startswith(views)}
        assert {word for word in said if "." not in word} - known == set()

    def test_every_code_has_what_is_wrong_and_what_to_do(self):
        codes = {
            id_.removeprefix("problem.") for id_ in IDS if id_.startswith("problem.")
        }
        fixes = {id_.removeprefix("fix.") for id_ in IDS if id_.startswith("fix.")}
        assert fixes - codes == {"nearest"}
        assert codes <= fixes
        raised = called(
            {
                "Problem",
                "fault",
                "NotANumberError",
                "FormulaError",
                "PydanticCustomError",
            }
        )
        assert {code for code in raised if code != "number"} - codes == set()
        assert len(raised) > 80

    def test_no_dead_words(self):
        assert set(IDS) - USED == set()

    @pytest.mark.parametrize(
        "reason", [reason for reason in Reason if reason in ABSENT]
    )
    def test_only_absences_have_words_for_an_absent_figure(self, reason):
        assert reason not in {Reason.TARGET_MET, Reason.TIER, Reason.GATE_CLOSED}
        assert len(COMPUTED) == 3


VIETNAMESE = re.compile(
    "[ăâđêôơưĂÂĐÊÔƠƯàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ]",
    re.IGNORECASE,
)
ENGLISH = re.compile(
    r"\b(the|is|are|was|not|with|above|below|points?|rules?|met|write|give|take|number|must|lies|should|cannot|its)\b",
    re.IGNORECASE,
)
CODE = re.compile(
    r"\{[^{}]*\}|`[^`]*`|\S*[=:]\s*\"[^\"]*\"|\"[^\"]*\"|\w+: |\[[^\]]*\]|--[a-z-]+|[a-z_]+\.[a-z]+\b"
)
"""What is written for the machine, in either language: places, keys, values, options."""


KEYS_OF_RULE_FILES = (
    re.compile(
        r"from/above|to/below|\((from|to) và (above|below), hoặc (from|to) và (above|below)\)"
    ),
    re.compile(
        r"(from|to) \([≥≤]\) hoặc (above|below) \([<>]\)|points, percent, formula|value, .*"
    ),
    re.compile(r"\bis\b(?= = |\.)|is;|: is\b|hoặc is\b"),
)
"""Keys of rule files that stand in a Vietnamese text without quotes."""


def for_people(text):
    """A Vietnamese text without what is written for the machine."""
    text = CODE.sub(" ", text).replace("(below thay cho to)", "")
    text = text.replace("and/or/not", "")
    for keys in KEYS_OF_RULE_FILES:
        text = keys.sub(" ", text)
    return text


class TestTheLanguages:
    def test_no_english_is_left_in_vietnamese(self):
        spoken = {id_: for_people(text) for id_, text in MESSAGES["vi"].items()}
        assert {id_: text for id_, text in spoken.items() if ENGLISH.search(text)} == {}
        assert {
            id_: text
            for id_, text in spoken.items()
            if len(re.findall(r"\w{2,}", text)) > 4 and not VIETNAMESE.search(text)
        } == {}

    def test_no_vietnamese_is_left_in_english(self):
        assert {
            id_: text for id_, text in MESSAGES["en"].items() if VIETNAMESE.search(text)
        } == {}

    def test_the_languages_differ(self):
        alike = {id_ for id_ in IDS if MESSAGES["vi"][id_] == MESSAGES["en"][id_]}
        assert alike <= {"required.is", "word.quoted"}


class TestMessages:
    def test_places_are_filled(self):
        assert (
            messages.message("vi", "required.at-least", threshold="100 %")
            == "tối thiểu 100 %"
        )
        assert (
            messages.message("en", "required.at-least", threshold="100 %")
            == "at least 100 %"
        )

    def test_places_are_not_filled_twice(self):
        assert (
            messages.message("en", "required.at-least", threshold="{why}")
            == "at least {why}"
        )

    @pytest.mark.parametrize("lang", messages.languages())
    def test_unknown_ids_are_refused(self, lang):
        with pytest.raises(LookupError, match=r"no message 'reason\.whim'"):
            messages.message(lang, "reason.whim")

    def test_unknown_languages_are_refused(self):
        with pytest.raises(LookupError, match="no language 'fr'; there are vi, en"):
            messages.message("fr", "word.yes")

    def test_a_forgotten_place_is_refused(self):
        with pytest.raises(KeyError):
            messages.message("vi", "required.at-least")

    def test_problems_speak_both_languages(self):
        problem = Problem(
            "unknown-metric",
            ("rule", "one", 0),
            {"name": "lat", "nearest": "late"},
            "a.toml",
            3,
        )
        assert problem.text("en") == (
            "a.toml:3: error[unknown-metric] rule.one[1]\n"
            "    There is no metric “lat”.\n"
            "    → Declare [metric.…] or correct the name. Did you mean “late”?"
        )
        assert problem.text("vi").endswith("Có phải là “late”?")
        assert problem.text() == problem.text("vi")


class TestNumbers:
    @pytest.mark.parametrize(
        ("text", "vi", "en"),
        [
            ("0", "0", "0"),
            ("-0.5", "−0,5", "−0.5"),
            ("12.50", "12,50", "12.50"),
            ("999", "999", "999"),
            ("1000", "1.000", "1,000"),
            ("1212.5", "1.212,5", "1,212.5"),
            ("-1212.5", "−1.212,5", "−1,212.5"),
            ("-999", "−999", "−999"),
            ("1234567.890", "1.234.567,890", "1,234,567.890"),
            ("47/26", "47/26", "47/26"),
            ("1" + "0" * 29, "100" + ".000" * 9, "100" + ",000" * 9),
            ("1" * 45, "1" * 45, "1" * 45),
        ],
    )
    def test_forms(self, text, vi, en):
        assert messages.number("vi", text) == vi
        assert messages.number("en", text) == en

    def test_no_digit_is_lost(self):
        for text in ("0.1", "3.0000", "100", "-7.25", "1000000.000001"):
            for lang in messages.languages():
                assert re.sub(r"\D", "", messages.number(lang, text)) == re.sub(
                    r"\D", "", text
                )


class TestDates:
    @pytest.mark.parametrize(
        ("day", "vi", "en"),
        [
            (datetime.date(2023, 12, 31), "31/12/2023", "31 December 2023"),
            (datetime.date(2023, 1, 5), "05/01/2023", "5 January 2023"),
            (datetime.date(2024, 2, 29), "29/02/2024", "29 February 2024"),
            (datetime.date(987, 6, 5), "05/06/0987", "5 June 0987"),
        ],
    )
    def test_forms(self, day, vi, en):
        assert messages.date("vi", day) == vi
        assert messages.date("en", day) == en

    @pytest.mark.parametrize("lang", messages.languages())
    def test_every_month_is_that_of_the_locale_data(self, lang):
        pattern = {"vi": "dd/MM/yyyy", "en": "d MMMM yyyy"}[lang]
        for month in range(1, 13):
            for day in (datetime.date(2023, month, 1), datetime.date(2024, month, 28)):
                assert messages.date(lang, day) == format_date(
                    day, pattern, locale=lang
                )

    @pytest.mark.parametrize("lang", messages.languages())
    def test_signs_are_those_of_the_locale_data(self, lang):
        assert messages.number(lang, "1234.5") == format_decimal(
            Decimal("1234.5"), locale=lang
        )
