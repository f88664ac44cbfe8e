"""Problems in the reader's language: figures, days and the words of other programs."""

import copy
import pickle
from fractions import Fraction

import pytest

from cchc_rules.base.messages import Day, Figures, Foreign, Phrase
from cchc_rules.base.problem import Problem, SubmissionError, figure


class TestArguments:
    def test_figures_have_the_decimal_sign_of_the_language(self):
        arguments = {"numerator": Figures("998"), "denominator": Figures("1.902")}
        problem = Problem("numerator-above-denominator", (), arguments)
        assert problem.what("vi") == "Tử số 998 lớn hơn mẫu số 1,902."
        assert problem.what("en") == "The numerator 998 is above the denominator 1.902."

    def test_signs_stay(self):
        problem = Problem("tiers-gap", (), {"range": Figures("≥ 0.5, < 1000")})
        assert problem.what("vi") == "Không bậc nào chứa ≥ 0,5, < 1.000."

    def test_days(self):
        arguments = {"given": Day("2023-07-14"), "as_of": Day("2023-06-30")}
        problem = Problem("date-after-as-of", (), arguments)
        assert "14/07/2023" in problem.what("vi")
        assert "30 June 2023" in problem.what("en")

    def test_words_of_a_parser_stay_in_english_messages_only(self):
        arguments = {
            "column": Figures(3),
            "reason": Foreign("Expecting value", "parser.json"),
        }
        problem = Problem("json-syntax", (), arguments)
        assert "Expecting value" in problem.what("en")
        assert "Expecting" not in problem.what("vi")

    def test_as_a_text_a_figure_is_what_programs_write(self):
        assert figure(Fraction(241, 2)) == "120.5"

    @pytest.mark.parametrize(
        "again", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))]
    )
    def test_they_can_be_copied_and_sent(self, again):
        arguments = {
            "a": Figures("1.5"),
            "b": Day("2023-07-14"),
            "c": Foreign("x", "parser.json"),
            "d": Phrase("system.other", name="EXDEV"),
        }
        problem = again(Problem("x", (), arguments))
        for name, value in arguments.items():
            assert problem.arguments[name].said("vi") == value.said("vi")


HOSTILE = "II.1\x1b[2J\x9b\u202e\nin.json: lỗi[x] made up"


class TestTexts:
    @pytest.mark.parametrize("lang", ["vi", "en"])
    def test_what_stands_in_a_file_does_not_rule_the_terminal(self, lang):
        problem = Problem(
            "unknown-metric", (HOSTILE,), {"name": HOSTILE, "nearest": HOSTILE}, HOSTILE
        )
        text = SubmissionError([problem]).text(lang)
        assert not {"\x1b", "\x9b", "\u202e"} & set(text)
        assert len(text.splitlines()) == 3
