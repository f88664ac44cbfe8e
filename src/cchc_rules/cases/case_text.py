"""Cases as text: TOML that can be added to a case file as it is, with expectations still open."""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, TypeAlias

from cchc_rules.cases.case_file import OPEN, SUBMISSION_KEYS
from cchc_rules.cases.trial_scorer import Try

Wanted: TypeAlias = tuple[str, str, str]
"""What a case is to expect: `rule`, `group` or `index`, the id (empty for the index), the key."""


def head(rules: str) -> str:
    """Return the head of a case file for the rule set of a name.

    >>> print(head("example"))
    format = 1
    rules  = "example"
    <BLANKLINE>
    """
    return f"format = 1\nrules  = {_value(rules)}\n"


def case(
    id_: str,
    why: str,
    submission: Try,
    wanted: Iterable[Wanted],
) -> str:
    """Return a case in which every expectation is left open.

    Args:
        id_: the id of the case.
        why: what it is for.
        submission: what it says of its submission.
        wanted: what it is to expect.

    >>> tried = {"measurements": {"share": 90}}
    >>> print(case("a-1", "edge", tried, [("rule", "a", "state"), ("rule", "a", "points")]))
    [[case]]
    id  = "a-1"
    why = "edge"
    measurements = { share = 90 }
    expect.rule.a = { state = "?", points = "?" }
    <BLANKLINE>
    """
    lines = ["[[case]]", f"id  = {_value(id_)}", f"why = {_value(why)}"]
    for key in SUBMISSION_KEYS:
        entry = submission.get(key)
        if entry:
            lines.append(f"{key} = {_value(entry)}")
    # What is expected of one rule stands on one line.
    keys_of: dict[tuple[str, str], list[str]] = {}
    for part, name, key in wanted:
        keys_of.setdefault((part, name), []).append(key)
    for (part, name), keys in keys_of.items():
        # The index has no name: `expect.index`.
        subject = ".".join(filter(None, ("expect", part, name)))
        open_keys = dict.fromkeys(keys, OPEN)
        lines.append(f"{subject} = {_value(open_keys)}")
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    """Return a value as TOML has it, on one line."""
    if isinstance(value, Mapping):
        if not value:
            return "{}"
        pairs = [f"{key} = {_value(item)}" for key, item in value.items()]
        return f"{{ {', '.join(pairs)} }}"
    if isinstance(value, list):
        items = ", ".join(map(_value, value))
        return f"[{items}]"
    # True and false before numbers, for Python takes them for integers.
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, date):
        return value.isoformat()
    # Never with an exponent: people write 10000, not 1E+4.
    return format(Decimal(value), "f")


def _text(value: str) -> str:
    """Return a text as TOML has it. JSON's escapes are TOML's, but TOML wants one for DEL too."""
    as_json = json.dumps(value, ensure_ascii=False)
    return as_json.replace("\x7f", "\\u007F")
