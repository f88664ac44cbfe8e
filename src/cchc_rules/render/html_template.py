"""The templates of the pages: read from `packaged/html`, escaped by their engine, and shown with a
policy of what a page may load.
"""

import base64
import hashlib
from functools import cache

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template
from markupsafe import Markup

from cchc_rules.base.packaged import packaged_text
from cchc_rules.render.display import safe

NO_BREAK_PERCENT = "\u00a0%"
"""A percent sign that stays on the line of its number."""


@cache
def template(name: str) -> Template:
    """Return a template; whatever it shows is escaped and free of control characters.

    A name that the template uses and nobody gave is an error, never an empty text.
    """
    # Escaping is the engine's default here, for every template and value. What must not be escaped,
    # the style and the script of the package, is marked as such where the page is made.
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
    """Return the text of a file of `packaged/html`."""
    return packaged_text(f"html/{name}")


def policy(style: str, script: str | None = None) -> str:
    """Return the content security policy of a page that loads nothing (W3C, CSP Level 3).

    Only the style and the script that stand in the page are allowed, each by its hash; a text that
    got past the escaping could therefore still run nothing.
    """
    rules = ["default-src 'none'", f"style-src '{_hash(style)}'"]
    if script is not None:
        rules.append(f"script-src '{_hash(script)}'")
    return "; ".join([*rules, "base-uri 'none'", "form-action 'none'"])


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return "sha256-" + base64.b64encode(digest).decode("ascii")


def _shown(value: object) -> object:
    """Return what a page shows of a value: the templates' own markup stays as it is."""
    if isinstance(value, Markup):
        return value
    if value is None:
        return ""
    return safe(value).replace(" %", NO_BREAK_PERCENT)
