"""The catalogues: the same messages in both languages, every one of them used, and figures in the language's form."""

import datetime
import importlib.util
import re
import string
from decimal import Decimal
from pathlib import Path

import pytest
from babel.dates import format_date
from babel.messages.mofile import read_mo
from babel.numbers import format_decimal
from catalogues import ABSENT, IDS, LOCALE, MESSAGES

from cchc_rules.base import messages
from cchc_rules.base.problem import Problem
from cchc_rules.base.state import COMPUTED, Reason

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def source():
    """What the source says of messages: all of it is parsed for that, so only where these tests run."""
    import messages_of_source  # noqa: PLC0415

    return messages_of_source


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
    def test_every_completed_id_is_of_a_known_family(self, source):
        assert {
            prefix
            for prefix in source.prefixes()
            if f"{prefix}" in source.FAMILIES or prefix.endswith(".")
        } == set(source.FAMILIES)

    def test_every_id_that_the_source_makes_exists(self, source):
        assert set().union(*source.FAMILIES.values()) - set(IDS) == set()

    def test_every_id_written_in_full_exists(self, source):
        heads = "|".join(sorted({id_.partition(".")[0] for id_ in IDS}))
        written = {
            text
            for text in source.EVERYWHERE
            if re.fullmatch(rf"({heads})\.[a-z_-]+", text)
        } - {"overview.css"}
        begun = {text for text in written if text.endswith("-")}
        assert written - begun - set(IDS) == set()
        assert all(any(id_.startswith(text) for id_ in IDS) for text in begun)

    def test_every_word_of_the_views_exists(self, source):
        said = source.called({"say", "tell"}) | set(
            re.findall(r"""say\(["']([a-z-]+)["'][,)]""", source.templates())
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

    def test_every_code_has_what_is_wrong_and_what_to_do(self, source):
        codes = {
            id_.removeprefix("problem.") for id_ in IDS if id_.startswith("problem.")
        }
        fixes = {id_.removeprefix("fix.") for id_ in IDS if id_.startswith("fix.")}
        assert fixes - codes == {"nearest"}
        assert codes <= fixes
        raised = source.called(
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

    def test_no_dead_words(self, source):
        assert set(IDS) - source.USED == set()

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
        assert alike <= {"required.is", "word.quoted"} | {
            # Words of the rule file around signs alone.
            f"need.{name}"
            for name in ("metric", "text", "now-rule", "now-share", "titled")
        }


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
