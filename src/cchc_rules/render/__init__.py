"""Views of documents: text, Markdown, JSON, HTML, workbooks. They lay out, and compute nothing."""

from collections.abc import Mapping
from typing import Any

from cchc_rules.report.printing import print_report

TEXTS = ("text", "markdown", "json", "html")
"""The forms that are text."""

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
    """Lay out a report in one of the forms that are text.

    Args:
        document: the report, as `Report.to_dict` gives it.
        form: one of `TEXTS`.
        width: how many characters a line of the text may have; the other forms have no width.
        colour: whether the text has escape codes for colour.
        study: the sensitivity document of the same scoring, which HTML shows too.

    Returns:
        The view, with a line end at its end.

    Raises:
        ValueError: the study is of another scoring than the report.

    >>> from cchc_rules import load_measurements, load_rules, score
    >>> report = score(load_rules("cam-due-2023"), load_measurements("examples/cam-due-2023.json"))
    >>> print(render(report.to_dict(lang="en"), "text").splitlines()[0])
    SELF-ASSESSMENT OF ADMINISTRATIVE REFORM
    """
    # Each view is loaded when it is used: the template engine is an extra.
    if form == "json":
        return print_report(document)
    if form == "markdown":
        from cchc_rules.render.markdown import markdown  # noqa: PLC0415

        return markdown(document)
    if form == "html":
        from cchc_rules.render.page import page  # noqa: PLC0415

        return page(document, study)
    from cchc_rules.render.text import text  # noqa: PLC0415

    return text(document, width=width, colour=colour)


def render_bytes(document: Mapping[str, Any], form: str) -> bytes:
    """Lay out a report in one of `FORMATS`, as the bytes of a file.

    Args:
        document: the report, as `Report.to_dict` gives it.
        form: one of `FORMATS`; texts are written as UTF-8.
    """
    # Line ends stay as they are on every system, so that a hash of the file means something.
    if form in TEXTS:
        return render(document, form).encode()
    from cchc_rules.render.workbook import workbook  # noqa: PLC0415 - heavy and optional

    return workbook(document)
