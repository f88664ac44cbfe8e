"""A comparison as one page of HTML: self-contained, without script, for a screen, a phone and
paper.
"""

from typing import Any

from cchc_rules.render.html_template import template


def page(lang: str, title: str, blocks: list[Any]) -> str:
    """Return the page of a comparison's blocks."""
    return (
        template("compare.html.j2").render(lang=lang, title=title, blocks=blocks) + "\n"
    )
