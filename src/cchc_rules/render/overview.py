"""The view of an overview document: one page of HTML that needs no network and no script. It
computes nothing.
"""

import json
from collections.abc import Iterator, Mapping

from markupsafe import Markup

from cchc_rules.base import messages
from cchc_rules.render.display import Document, safe
from cchc_rules.render.html_template import file, policy, template
from cchc_rules.render.ranking import View as Ranking

FORMATS = ("html", "json")


def render(
    document: Document,
    form: str,
    *,
    title: str = "",
    links: Mapping[int, str] | None = None,
) -> str:
    """Return an overview document in one of `FORMATS`; `links` lead from units, by their place, to
    their pages.
    """
    if form == "json":
        return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    style = file("chart.css") + file("study.css") + file("overview.css")
    shown = {
        "style": Markup(style),
        "policy": policy(style),
        "title": title,
        "links": links or {},
    }
    return (
        template("overview.html.j2").render(
            view=View(document), document=document, **shown
        )
        + "\n"
    )


class View(Ranking):
    """Says the parts of an overview."""

    def of(self, id_: str, **places: object) -> str:
        """Return a message about overviews, its places made safe."""
        return messages.message(
            self.lang,
            f"overview.{id_}",
            **{key: safe(value) for key, value in places.items()},
        )

    def head(self) -> Iterator[tuple[str, str]]:
        """Yield the lines of the head: label and words."""
        rules = self.document["ruleset"]
        yield (
            self.of("ruleset"),
            safe(f"{rules['id']} {rules['version']} – {rules['title']}"),
        )
        yield from super().head()

    def findings(self) -> Iterator[tuple[str, str]]:
        """Yield the figures of the whole: label and words."""
        found = self.document["index"]
        yield self.of("count"), self.number(str(self.document["count"]))
        if self.document["refused"]:
            yield (
                self.of("refused"),
                self.of(
                    "refused-units", count=self.number(str(self.document["refused"]))
                ),
            )
        if found["average"] is not None:
            scale = self.number(self.document["scale"])
            yield from (
                (self.of(name), f"{self.number(found[name])} / {scale}")
                for name in found
            )

    def part(self, text: str | None) -> str:
        """Return a part in percent; a dash where there is none."""
        return "–" if text is None else f"{self.number(text)} %"

    def title_of(self, band: str | None) -> str:
        """Return the title of a band."""
        titles = {one["id"]: one["title"] for one in self.document["bands"]}
        return safe(titles.get(band or "", band or "–"))

    def cell(self, unit: Document, name: str) -> str:
        """Return what a unit has in a column; bands by their titles."""
        return (
            self.title_of(unit["band"]) if name == "band" else super().cell(unit, name)
        )
