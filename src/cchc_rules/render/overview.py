"""The view of an overview document: one page of HTML that needs no network and no script. It
computes nothing.
"""

import json
from collections.abc import Mapping

from markupsafe import Markup

from cchc_rules.base import messages
from cchc_rules.render.display import Document, Facts, safe
from cchc_rules.render.html_template import file, policy, template
from cchc_rules.render.ranking import RankingView

FORMATS = ("html", "json")
STYLES = ("chart.css", "study.css", "overview.css")


def render(
    document: Document,
    form: str,
    *,
    title: str = "",
    links: Mapping[int, str] | None = None,
) -> str:
    """Return an overview document in one of `FORMATS`.

    Args:
        document: the ranked units of a province with their figures.
        form: one of `FORMATS`.
        title: the heading of the page; without one it is that of the catalogue.
        links: where the reports of ranked units are, by their position in the document.

    Returns:
        The view, with a line end at its end.
    """
    if form == "json":
        return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    # The styles in their order: later ones may build on earlier ones.
    style = "".join(map(file, STYLES))
    page = template("overview.html.j2").render(
        view=OverviewView(document),
        document=document,
        style=Markup(style),
        policy=policy(style),
        title=title,
        links=links or {},
    )
    return page + "\n"


class OverviewView(RankingView):
    """Says the parts of an overview."""

    def of(self, id_: str, **arguments: object) -> str:
        """Return a message about overviews, its arguments made safe."""
        shown = {name: safe(value) for name, value in arguments.items()}
        return messages.message(self.lang, f"overview.{id_}", **shown)

    def findings(self) -> Facts:
        """Yield the figures of the whole: label and words."""
        yield self.of("count"), self.count(self.document["count"])
        if self.document["unranked"]:
            yield self.of("unranked"), self.incomplete()
        # Where no unit is ranked there is no average, nor a lowest or highest index.
        figures = self.document["index"]
        if figures["average"] is None:
            return
        scale = self.number(self.document["scale"])
        for name, figure in figures.items():
            yield self.of(name), f"{self.number(figure)} / {scale}"

    def part(self, text: str | None) -> str:
        """Return a part in percent; a dash where there is none."""
        if text is None:
            return "–"
        # The space before the sign is Vietnamese usage; it must not end a line.
        return f"{self.number(text)}\N{NO-BREAK SPACE}%"
