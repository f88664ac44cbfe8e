"""A sensitivity document as one page of HTML: no script and no network."""

from typing import Any

from markupsafe import Markup

from cchc_rules.render.html_template import file, policy, template


def page(view: Any) -> str:
    """Return the page of a `SensitivityView`."""
    # The chart of this page and that in a report are one: they share its style.
    style = file("chart.css") + file("study.css")
    html = template("sensitivity.html.j2").render(
        view=view,
        document=view.document,
        style=Markup(style),
        policy=policy(style),
    )
    return html + "\n"
