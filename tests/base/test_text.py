"""Texts are compared as they read: letters composed, spaces normalised."""

import pytest

from cchc_rules.base.text import normal_text

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
        f"\ufeff{COMPOSED[:2]}\u200b{COMPOSED[2:]}",
    ],
)
def test_what_reads_the_same_is_the_same(typed):
    assert normal_text(typed) == COMPOSED


def test_what_reads_otherwise_is_another():
    assert normal_text("xã an") != normal_text("Xã An")
    assert normal_text("Xã An") != normal_text("Xã Ân")
    assert normal_text(" \u00a0 ") == ""
