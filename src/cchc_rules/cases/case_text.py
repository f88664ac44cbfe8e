"""Cases as text: TOML that a case file can take in as it is, with expectations still to be filled
in.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from cchc_rules.cases.case_file import GIVEN, OPEN
from cchc_rules.cases.rescored import Try

Wanted = tuple[str, str, str]
"""What a case is to expect: `rule`, `group` or `index`, the id (empty for the index), the key."""


def head(rules: str) -> str:
    """Return the head of a case file."""
    return f"format = 1\nrules  = {_value(rules)}\n"


def case(id_: str, why: str, submission: Try, wanted: Iterable[Wanted]) -> str:
    """Return a case in which every expectation is left open."""
    lines = ["[[case]]", f"id  = {_value(id_)}", f"why = {_value(why)}"]
    lines += [
        f"{key} = {_value(submission[key])}" for key in GIVEN if submission.get(key)
    ]
    expected: dict[tuple[str, str], list[str]] = {}
    for part, name, key in wanted:
        expected.setdefault((part, name), []).append(key)
    for (part, name), keys in expected.items():
        where = ".".join(filter(None, ("expect", part, name)))
        lines.append(f"{where} = {_value(dict.fromkeys(keys, OPEN))}")
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    """Return a value as TOML has it, on one line."""
    if isinstance(value, Mapping):
        if not value:
            return "{}"
        inside = ", ".join(f"{key} = {_value(item)}" for key, item in value.items())
        return f"{{ {inside} }}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, date):
        return value.isoformat()
    return format(Decimal(value), "f")


def _text(value: str) -> str:
    """Return a text as TOML has it. JSON's escapes are TOML's, but TOML wants one for DEL too."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
