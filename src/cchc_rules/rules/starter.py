"""The rule file to begin with: one example of each shape that a beginner needs, with comments in
plain words.
"""

from cchc_rules.base.packaged import packaged_text


def starter(lang: str) -> str:
    """Return the text of the rule file in a language; `check` finds nothing wrong with it."""
    return packaged_text(f"starter/{lang}.toml")
