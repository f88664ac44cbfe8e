"""A comparison as one page of HTML: self-contained, without script, for a screen, a phone and paper."""

from functools import cache
from pkgutil import get_data
from typing import Any

from jinja2 import Environment, StrictUndefined, Template

from cchc_rules.render.display import safe


def page(lang: str, title: str, blocks: list[Any]) -> str:
    """Return the page of a comparison's blocks."""
    return _template().render(lang=lang, title=title, blocks=blocks) + "\n"


@cache
def _template() -> Template:
    """Return the template; every word that it shows is escaped and shown without control characters."""
    source = (get_data("cchc_rules", "render/html/compare.html.j2") or b"").decode("utf-8").replace("\r\n", "\n")
    templates = Environment(
        autoescape=True, finalize=_shown, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return templates.from_string(source)


def _shown(value: object) -> str:
    return safe(value)
