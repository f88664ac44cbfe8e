"""The page of every packaged instrument, in both languages; `generated_pages.py` writes them."""

from cchc_rules import load_rules, packaged_rule_sets
from cchc_rules.analysis.versions.all_variants import whole
from cchc_rules.render.instrument import render


def pages() -> dict[str, str]:
    """Return the text of every page by its file name."""
    return {
        f"{name}.{lang}.md": render(whole(load_rules(name), lang), "markdown")
        for name in packaged_rule_sets()
        for lang in ("vi", "en")
    }
