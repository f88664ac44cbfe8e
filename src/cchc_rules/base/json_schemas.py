"""The JSON Schemas that the package ships: the forms of its files, for editors and for other
programs.
"""

import json
from typing import Any

from cchc_rules.base.packaged import packaged_text

FORMS = ("rules", "submission", "report", "comparison", "sensitivity")
"""What has a schema: the files that people write, then the documents that come out."""


def form_text(name: str, lang: str | None = None) -> str:
    """Return the JSON Schema of a form as text, its descriptions in one language or, without one,
    in both.

    Args:
        name: the form, one of `FORMS`.
        lang: `vi` or `en`.

    >>> json.loads(form_text("rules", "en"))["$schema"]
    'https://json-schema.org/draft/2020-12/schema'
    """
    text = packaged_text(f"schemas/{name}.schema.json")
    # As shipped, byte for byte.
    if lang is None:
        return text
    schema = json.loads(text)
    in_one_language = _in_one_language(schema, lang)
    printed = json.dumps(in_one_language, ensure_ascii=False, indent=2)
    return printed + "\n"


def _in_one_language(part: Any, lang: str) -> Any:
    """Return part of a schema with descriptions of one language in place of `vi … / en …`."""
    if isinstance(part, list):
        return [_in_one_language(item, lang) for item in part]
    if not isinstance(part, dict):
        return part
    return {key: _value(key, value, lang) for key, value in part.items()}


def _value(key: str, value: Any, lang: str) -> Any:
    # A property of a form may be called `description` too; then its value is no text.
    if key != "description" or not isinstance(value, str):
        return _in_one_language(value, lang)
    vietnamese, _, english = value.partition(" / en ")
    if lang == "en":
        return english
    return vietnamese.removeprefix("vi ")
