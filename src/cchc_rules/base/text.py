"""Texts that people type, brought into the one form in which they are compared."""

import unicodedata

# Word processors and web pages leave these in copied text. They have no width, so a reader cannot
# see them, and `str.split` does not take them for spaces: zero-width space, word joiner, byte order
# mark, soft hyphen.
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u2060\ufeff\u00ad"))


def normal_text(text: str) -> str:
    """Return a text in the form in which texts are compared: what reads the same is the same.

    Letters are composed (Unicode NFC: a Mac writes `ồ` as three characters, Windows as one), every
    run of white space becomes one space (no-break and thin spaces and line ends too), and there is
    none at either end. Upper and lower case stay as they are.

    >>> normal_text(" Xã  Đồng\\u00a0Tâm ")
    'Xã Đồng Tâm'
    >>> normal_text("Đo\\u0302\\u0300ng") == "Đồng"
    True
    """
    visible = text.translate(_INVISIBLE)
    return unicodedata.normalize("NFC", " ".join(visible.split()))
