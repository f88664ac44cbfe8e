"""Texts are compared as they read: letters composed, spaces normalised."""

import pytest

from cchc_rules.base.text import composed_text, normal_name, normal_text, text_key

COMPOSED = "X\u00e3 \u0110\u1ed3ng T\u00e2m"


@pytest.mark.parametrize(
    "typed",
    [
        COMPOSED,
        "Xa\u0303 \u0110o\u0302\u0300ng Ta\u0302m",
        f"  {COMPOSED}\t",
        COMPOSED.replace(" ", "\u00a0"),
        COMPOSED.replace(" ", " \u2009 "),
        COMPOSED.replace(" ", "\r\n"),
    ],
)
def test_what_reads_the_same_is_the_same(typed):
    assert normal_text(typed) == COMPOSED


def test_a_name_has_no_characters_that_nobody_sees():
    typed = f"\ufeff{COMPOSED[:2]}\u200b{COMPOSED[2:]}\u00ad"
    assert normal_name(typed) == COMPOSED
    assert normal_text(typed) != COMPOSED


def test_what_reads_otherwise_is_another():
    assert normal_text("xã an") != normal_text("Xã An")
    assert normal_text("Xã An") != normal_text("Xã Ân")
    assert normal_text(" \u00a0 ") == ""


def test_a_key_knows_no_case():
    assert text_key("XA\u0303  AN ") == text_key("xã an")
    assert text_key("Xã An") != text_key("Xã Ân")


def test_a_long_run_of_marks_is_left_as_it_is():
    """Ordering 120,000 marks would take minutes; a letter of any language has a handful."""
    marks = "\u0301" * 60_000 + "\u0323" * 60_000
    assert composed_text("o" + marks) == "o" + marks
    assert normal_text(f" o{marks} ") == "o" + marks
    long_text = "o\u0301 " * 1000
    assert composed_text(long_text) == "ó " * 1000
