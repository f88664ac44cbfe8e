"""Views of a report document: text, Markdown, JSON, HTML, a workbook. They lay out, and compute
nothing.
"""

import json
from collections.abc import Mapping
from typing import Any

TEXTS = ("text", "markdown", "json", "html")
FORMATS = (*TEXTS, "xlsx")
"""Every form; those that are no text are files of bytes, see `render_bytes`."""


def render(
    document: Mapping[str, Any],
    form: str,
    *,
    width: int = 100,
    colour: bool = False,
    study: Mapping[str, Any] | None = None,
) -> str:
    """Return a report document in one of `TEXTS`; width and colour count for text alone.

    `study` is the sensitivity document of the same scoring, which HTML shows too; `ValueError` if
    it is of another.
    """
    if form == "json":
        return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    if form == "markdown":
        from cchc_rules.render.markdown import markdown  # noqa: PLC0415 - each view is loaded when it is used

        return markdown(document)
    if form == "html":
        from cchc_rules.render.page import page  # noqa: PLC0415

        return page(document, study)
    from cchc_rules.render.text import text  # noqa: PLC0415

    return text(document, width=width, colour=colour)


def render_bytes(document: Mapping[str, Any], form: str) -> bytes:
    """Return a report document in one of `FORMATS` as the bytes of a file."""
    if form in TEXTS:
        return render(document, form).encode()
    from cchc_rules.render.workbook import workbook  # noqa: PLC0415 - heavy and optional

    return workbook(document)
