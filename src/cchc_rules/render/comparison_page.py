"""A comparison as one page of HTML: no script and no network; for a screen, a phone and paper."""

from typing import Any

from cchc_rules.render.html_template import template


def page(lang: str, title: str, blocks: list[Any]) -> str:
    """Return the page of the blocks of a comparison."""
    layout = template("compare.html.j2")
    return layout.render(lang=lang, title=title, blocks=blocks) + "\n"
