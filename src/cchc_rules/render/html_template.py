"""The templates of the pages: escaped by their engine, read from `packaged/html`, with a policy of
what may load.
"""

import base64
import hashlib
from functools import cache

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template
from markupsafe import Markup

from cchc_rules.base.packaged import packaged_text
from cchc_rules.render.display import safe


@cache
def template(name: str) -> Template:
    """Return a template; whatever it shows is escaped, and shown without control characters."""
    engine = Environment(
        loader=FunctionLoader(file),
        autoescape=True,
        finalize=_shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return engine.get_template(name)


@cache
def file(name: str) -> str:
    """Return a file of `packaged/html`."""
    return packaged_text(f"html/{name}")


def policy(style: str, script: str | None = None) -> str:
    """Return a page's content security policy: nothing but the style and the script that stand in
    it, by hash.
    """
    allowed = [
        f"style-src '{_hash(style)}'",
        *([f"script-src '{_hash(script)}'"] if script is not None else []),
    ]
    return "; ".join(
        ["default-src 'none'", *allowed, "base-uri 'none'", "form-action 'none'"]
    )


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode(
        "ascii"
    )


def _shown(value: object) -> object:
    """Return what a page shows of a value: markup of the templates as it is, all else without
    control characters.

    A percent sign stays on the line of its number.
    """
    return (
        value
        if isinstance(value, Markup)
        else ""
        if value is None
        else safe(value).replace(" %", "\u00a0%")
    )
