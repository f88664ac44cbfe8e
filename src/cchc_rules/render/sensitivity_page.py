"""A sensitivity document as one page of HTML: no script and no network; the template engine escapes all that is shown.

What the page may load is said in its policy: the style that stands in it, by its hash.
"""

import base64
import hashlib
from functools import cache
from pkgutil import get_data
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from cchc_rules.render.display import safe


def page(view: Any) -> str:
    """Return the page of a view."""
    engine = Environment(
        loader=FunctionLoader(_file),
        autoescape=True,
        finalize=_shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = _file("study.css")
    template = engine.get_template("sensitivity.html.j2")
    return template.render(view=view, document=view.document, style=Markup(style), policy=_policy(style)) + "\n"


def _policy(style: str) -> str:
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


@cache
def _file(name: str) -> str:
    return (get_data("cchc_rules", f"render/html/{name}") or b"").decode("utf-8").replace("\r\n", "\n")


def _shown(value: object) -> object:
    """Return what is shown of a value: texts without control characters."""
    return value if isinstance(value, Markup) else safe(value)
