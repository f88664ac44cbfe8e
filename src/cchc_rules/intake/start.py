"""The rule file to begin with: one example of each shape that a beginner needs, with comments in plain words."""

from pkgutil import get_data


def starter(lang: str) -> str:
    """Return the text of the rule file in a language; `check` finds nothing wrong with it."""
    return (get_data("cchc_rules", f"intake/start.{lang}.toml") or b"").decode()
