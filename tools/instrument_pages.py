"""Write `docs/instruments/`: the page of every packaged instrument, in both languages. Run it
after changing one.
"""

from pathlib import Path

from cchc_rules import load_rules, packaged_rule_sets
from cchc_rules.analysis.versions.all_variants import whole
from cchc_rules.render.instrument import render

FOLDER = Path(__file__).parents[1] / "docs" / "instruments"


def pages() -> dict[str, str]:
    """Return the text of every page by its file name."""
    return {
        f"{name}.{lang}.md": render(whole(load_rules(name), lang), "markdown")
        for name in packaged_rule_sets()
        for lang in ("vi", "en")
    }


def main() -> None:
    """Write the pages."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
