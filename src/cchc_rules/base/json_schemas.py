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
    """
    text = packaged_text(f"schemas/{name}.schema.json")
    if lang is None:
        return text
    return (
        json.dumps(_said(json.loads(text), lang), ensure_ascii=False, indent=2) + "\n"
    )


def _said(part: Any, lang: str) -> Any:
    """Return part of a schema with descriptions of one language in place of `vi … / en …`."""
    if isinstance(part, list):
        return [_said(one, lang) for one in part]
    if not isinstance(part, dict):
        return part
    return {
        key: _in(lang, one) if _both(key, one) else _said(one, lang)
        for key, one in part.items()
    }


def _both(key: str, value: object) -> bool:
    return key == "description" and isinstance(value, str)


def _in(lang: str, text: str) -> str:
    vi, _, en = text.partition(" / en ")
    return en if lang == "en" else vi.removeprefix("vi ")
