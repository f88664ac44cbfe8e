"""The rule file to begin with: one example of each thing that a beginner needs, with comments in
plain words.
"""

from cchc_rules.base.packaged import packaged_text


def starter(lang: str) -> str:
    """Return the text of the rule file to begin with; `check` finds nothing wrong with it.

    Args:
        lang: `vi` or `en`, the language of its comments and titles.

    >>> starter("en").splitlines()[0]
    '#:schema ./rules.schema.json'
    """
    return packaged_text(f"starter/{lang}.toml")
