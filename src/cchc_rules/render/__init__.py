"""Views of a report document: text, Markdown, JSON, HTML. They lay out what the document says, and compute nothing."""

import json
from collections.abc import Mapping
from typing import Any

FORMATS = ("text", "markdown", "json", "html")


def render(document: Mapping[str, Any], form: str, *, width: int = 100, colour: bool = False) -> str:
    """Return a report document in one of `FORMATS`; width and colour count for text alone."""
    if form == "json":
        return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    if form == "markdown":
        from cchc_rules.render.markdown import markdown  # noqa: PLC0415 - each view is loaded when it is used

        return markdown(document)
    if form == "html":
        from cchc_rules.render.page import page  # noqa: PLC0415

        return page(document)
    from cchc_rules.render.text import text  # noqa: PLC0415

    return text(document, width=width, colour=colour)
