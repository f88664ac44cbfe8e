"""The document of a rule set as one page of HTML: no script and no network."""

from typing import Any

from markupsafe import Markup

from cchc_rules.render.html_template import file, policy, template


def page(view: Any) -> str:
    """Return the page of an `InstrumentView`."""
    # What this page adds to the style that it shares comes last, so that it may overrule.
    style = file("study.css") + file("rules-page.css")
    html = template("instrument.html.j2").render(
        view=view,
        document=view.document,
        style=Markup(style),
        policy=policy(style),
    )
    return html + "\n"
