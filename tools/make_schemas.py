"""Write the JSON Schemas of rule files and submissions; run it after changing the form of either,
or their words.

The rule file's is made from the pydantic models, the submission's from the keys that its reader
knows; what keys mean is taken from the catalogues (`schema.…`), Vietnamese before English. Both are
for editors: they say what the form of a file must be, not whether its rules are right.
"""

import json
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po

from cchc_rules.rules import file_format
from cchc_rules.rules.formula import RESERVED
from cchc_rules.submissions import submission

ROOT = Path(__file__).parents[1] / "src" / "cchc_rules"
SCHEMAS = ROOT / "packaged" / "schemas"
DRAFT = "https://json-schema.org/draft/2020-12/schema"

Schema = dict[str, Any]

NAMES: dict[str, str] = {
    "RuleSetHead": "ruleset",
    "Validity": "days",
    "BothLanguages": "text",
    "BandGateTable": "band_gate",
    "BandQuotaTable": "band_quota",
    "RowTable": "row",
    "AskedTable": "asked",
    "LevelTableTable": "level_table",
    "LevelRowTable": "level_row",
    **{table.__name__: kind for kind, table in file_format.DEDUCTIONS.items()},
}
"""Models whose tables go by another name than theirs."""

WITH_IDS = ("metric", "group", "rule", "remedy")
NAMED_LISTS = ("band", "band_gate", "band_quota", "target")
"""Lists whose entries an overlay may change one by one."""

DAY = r"^\d{4}-\d{2}-\d{2}$"
REMOVE: Schema = {
    "anyOf": [
        {"const": True},
        {"type": "array", "minItems": 1, "items": file_format.WORDS},
    ]
}


def words(lang: str) -> dict[str, str]:
    """Return what the catalogue of a language says of keys."""
    with (ROOT / "packaged" / "locale" / f"{lang}.po").open("rb") as file:
        return {
            str(message.id): str(message.string)
            for message in read_po(file)
            if message.id
        }


VI, EN = words("vi"), words("en")


def described(part: Schema, *ids: str) -> Schema:
    """Return a schema that begins with what the first id that the catalogues know means."""
    known = next(f"schema.{id_}" for id_ in ids if f"schema.{id_}" in VI)
    return {"description": f"vi {VI[known]} / en {EN[known]}", **part}


def with_words(part: Schema, table: str) -> Schema:
    """Return the schema of a table with a description of each key: the table's own, else what
    all have in common.
    """
    kinds = ("deduction.kind",) if table in file_format.DEDUCTIONS else ()
    keys = part.get("properties", {})
    return part | {
        "properties": {
            key: described(one, f"{table}.{key}", *kinds, key)
            for key, one in keys.items()
        }
    }


def name_of(model_name: str) -> str:
    """Return the name of a model's table in a rule file."""
    return NAMES.get(model_name, model_name.removesuffix("Table").lower())


def cleaned(part: Any) -> Any:
    """Return a schema of pydantic's in the words of TOML, which has no null, without titles and
    empty defaults.
    """
    if isinstance(part, list):
        return [cleaned(one) for one in part]
    if not isinstance(part, dict):
        return part
    if part.get("anyOf", [{}])[-1] == {"type": "null"}:
        kept = part["anyOf"][:-1]
        part = {
            **(kept[0] if len(kept) == 1 else {"anyOf": kept}),
            **{k: v for k, v in part.items() if k != "anyOf"},
        }
    return {
        key: _inside(key, value)
        for key, value in part.items()
        if not _needless(key, value)
    }


def _needless(key: str, value: Any) -> bool:
    said = key in ("title", "description") and isinstance(value, str)
    return (
        said
        or key == "discriminator"
        or (key == "default" and value in (None, "", [], {}))
    )


def _inside(key: str, value: Any) -> Any:
    if key == "$ref":
        return f"#/$defs/{name_of(value.rpartition('/')[2])}"
    return (
        {name: cleaned(one) for name, one in value.items()}
        if key == "properties"
        else cleaned(value)
    )


def rules() -> Schema:
    """Return the JSON Schema of rule files."""
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # an exact fraction is no default that JSON could hold
        raw = file_format.RuleFile.model_json_schema(by_alias=True)
    tables = {name_of(name): cleaned(part) for name, part in raw["$defs"].items()}
    tables["window"] = {
        key: value for key, value in tables["days"].items() if key != "required"
    }
    tables["rule"]["properties"]["deduction"] = _deduction(tables)
    whole = _whole(raw["required"], tables)
    for name in WITH_IDS:
        tables[name]["properties"]["remove"] = REMOVE
    tables |= {f"{name}_change": _change(tables[name]) for name in NAMED_LISTS}
    tables = {name: with_words(part, _spoken(name)) for name, part in tables.items()}
    top = _file(cleaned(raw)["properties"])
    tables |= {"kind": _section(top, ("extends", "kind", "since"))}
    tables |= {
        "since": _section(top, ("extends", "since", "format", "ruleset")),
        "whole": whole,
    }
    return _top("rules", "file", top) | {
        "if": {"not": {"required": ["extends"]}},
        "then": {"$ref": "#/$defs/whole"},
        "$defs": {name: tables[name] for name in sorted(tables)},
    }


def _top(name: str, id_: str, properties: Schema) -> Schema:
    head = {
        "$schema": DRAFT,
        "$id": f"urn:cchc-rules:{name}:1",
        "title": f"cchc-rules {name}, format 1",
    }
    return head | described(
        {"type": "object", "additionalProperties": False, "properties": properties}, id_
    )


def _deduction(tables: dict[str, Schema]) -> Schema:
    """Return the schema of a deduction: a word where its kind needs nothing else, or a table."""
    alone = [
        kind for kind in file_format.DEDUCTIONS if tables[kind]["required"] == ["kind"]
    ]
    return {
        "anyOf": [
            {"enum": alone},
            *({"$ref": f"#/$defs/{kind}"} for kind in file_format.DEDUCTIONS),
        ]
    }


def _whole(required: list[str], tables: dict[str, Schema]) -> Schema:
    """Return what a whole file needs and an overlay may leave out, and take it out of the
    tables.
    """
    inside: Schema = {
        "ruleset": _needs(tables["ruleset"]),
        "window": {"required": tables["days"]["required"]},
    }
    for name in WITH_IDS:
        inside[name] = {
            "additionalProperties": _needs(tables[name])
            | {"not": {"required": ["remove"]}}
        }
    return {"required": required, "properties": inside}


def _needs(table: Schema) -> Schema:
    return {key: table.pop(key) for key in ("required", "if", "then") if key in table}


def _file(fields: Schema) -> Schema:
    """Return the keys at the top of a rule file."""
    extends = {
        "anyOf": [
            file_format.WORDS,
            {"type": "array", "minItems": 1, "items": file_format.WORDS},
        ]
    }
    found = {**fields, "window": {"$ref": "#/$defs/window"}, "extends": extends}
    found |= {
        name: {"anyOf": [fields[name], _named(f"{name}_change")]}
        for name in NAMED_LISTS
    }
    found |= {name: _by_id(name) for name in (*WITH_IDS, "kind")}
    found["since"] = _named("since") | {"propertyNames": {"pattern": DAY}}
    return {
        key: described(found[key], f"file.{key}") for key in file_format.keys_in_order()
    }


def _by_id(name: str) -> Schema:
    names: Schema = {"pattern": file_format.OTHER_ID}
    if name == "metric":
        names = {"pattern": file_format.METRIC_ID, "not": {"enum": sorted(RESERVED)}}
    return {
        "type": "object",
        "propertyNames": names,
        "additionalProperties": {"$ref": f"#/$defs/{name}"},
    }


def _named(name: str) -> Schema:
    return {"type": "object", "additionalProperties": {"$ref": f"#/$defs/{name}"}}


def _change(entry: Schema) -> Schema:
    """Return the schema of a change of one entry of a list: any of its fields, or that it is
    taken away.
    """
    # A change need not say what the entry is, nor which of its forms it has.
    dropped = ("required", "oneOf")
    kept = {key: value for key, value in entry.items() if key not in dropped}
    return kept | {"properties": {**entry["properties"], "remove": REMOVE}}


def _spoken(name: str) -> str:
    """Return the table whose words say what the keys of a table mean."""
    return "days" if name == "window" else name.removesuffix("_change")


def _section(top: Schema, without: tuple[str, ...]) -> Schema:
    """Return the schema of an overlay inside the file: a kind of unit, or what holds from a day
    on.
    """
    own = {
        "title": described(either_text(), "kind.title"),
        "remove": described(REMOVE, "remove"),
    }
    changes = {key: value for key, value in top.items() if key not in without}
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": own | changes,
    }


def either_text() -> Schema:
    """Return the schema of a text: one for both languages, or one for each."""
    return {"anyOf": [file_format.WORDS, {"$ref": "#/$defs/text"}]}


NOTHING: Schema = {"type": "null"}


def or_nothing(part: Schema) -> Schema:
    """Return a schema that takes null as well: in a submission it stands for a key left out."""
    return {"anyOf": [part, NOTHING]}


def closed(
    table: str, keys: Iterable[str], forms: Schema, required: Iterable[str] = ()
) -> Schema:
    """Return the schema of an object with the keys that the reader knows, in the order of their
    forms.
    """
    assert set(forms) == set(keys), (table, set(forms) ^ set(keys))
    needed = [key for key in forms if key in set(required)]
    properties = {
        key: form if key in needed else or_nothing(form) for key, form in forms.items()
    }
    part = {
        "type": "object",
        "required": needed,
        "additionalProperties": False,
        "properties": properties,
    }
    return with_words(part, table)


def _map(inside: Schema) -> Schema:
    return {"type": "object", "additionalProperties": inside}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def submissions() -> Schema:
    """Return the JSON Schema of submissions."""
    points = _map(or_nothing(_ref("given")))
    top = closed(
        "submission",
        submission.KEYS_OF_SUBMISSION,
        {
            "format": {"type": "integer", "const": 1},
            "guide": {},
            "ruleset": file_format.WORDS,
            "unit": file_format.WORDS,
            "unit_kind": file_format.WORDS,
            "period": {"type": "string", "pattern": PERIOD},
            "as_of": file_format.DAY,
            "note": file_format.WORDS,
            "measurements": _map(_ref("measurement")),
            "points": points,
            "absent": _map(file_format.WORDS),
            "tracks": _map(or_nothing(points)),
        },
        required=("format", "ruleset", "unit", "period"),
    )
    head = _top("submission", "submission", top["properties"]) | {
        "required": top["required"]
    }
    return head | {"$defs": _parts()}


_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
PERIOD = rf"^\s*([0-9]{{4}}|[0-9]{{4}}-(Q[1-4]|H[12]|0[1-9]|1[0-2])|{_DAY}/{_DAY})\s*$"


def _parts() -> Schema:
    given = {
        "points": file_format.NUMBER,
        "reason": file_format.WORDS,
        "evidence": _ref("evidence"),
    }
    document = {"document": file_format.WORDS, "date": file_format.DAY}
    waiver = {
        "by": file_format.WORDS,
        "why": file_format.WORDS,
        "until": file_format.DAY,
    }
    return {
        "measurement": {"anyOf": [file_format.SCALAR, NOTHING, _ref("entry")]},
        "entry": _entry(),
        "given": closed("given", submission.KEYS_OF_GIVEN, given, ("points", "reason")),
        "waiver": closed("waiver", submission.KEYS_OF_WAIVER, waiver, waiver),
        "document": closed(
            "document", submission.KEYS_OF_DOCUMENT, document, ("document",)
        ),
        "evidence": {
            "type": "array",
            "items": {"anyOf": [file_format.WORDS, _ref("document")]},
        },
    }


def _entry() -> Schema:
    """Return the schema of what is said of one metric: exactly one way of giving it, or figures
    left null.
    """
    forms = {
        "value": file_format.SCALAR,
        "numerator": file_format.NUMBER,
        "denominator": file_format.NUMBER,
        "items": {"type": "array", "items": file_format.WORDS},
        "not_applicable": file_format.WORDS,
        "waived": _ref("waiver"),
        "never": file_format.WORDS,
        "evidence": _ref("evidence"),
        "note": file_format.WORDS,
    }
    ways = [_said(way) for way in submission.WAYS]
    left_null = {
        "anyOf": [{"required": [key]} for key in sorted(submission.FIGURE)],
        "not": {"anyOf": ways},
    }
    halves = {
        "if": _said("numerator"),
        "then": _said("denominator"),
        "else": {"not": _said("denominator")},
    }
    return closed("entry", submission.KEYS_OF_ENTRY, forms) | {
        "oneOf": [*ways, left_null],
        **halves,
    }


def _said(key: str) -> Schema:
    return {"required": [key], "properties": {key: {"not": NOTHING}}}


def printed(document: Schema) -> str:
    """Return a schema as the package holds it."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def made() -> Iterator[tuple[Path, str]]:
    """Yield the file and the text of each schema that is made here."""
    for name, document in (("rules", rules()), ("submission", submissions())):
        yield SCHEMAS / f"{name}.schema.json", printed(document)


def main() -> None:
    for path, text in made():
        path.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
