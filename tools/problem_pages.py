"""The page of problems, from the catalogues and the tests' bad files; `generated_pages.py` writes
it.
"""

import json
import re
from pathlib import Path

from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[1]
LOCALE = ROOT / "src" / "cchc_rules" / "packaged" / "locale"
BAD = ROOT / "tests" / "bad"
WARNINGS = ("metric-unused", "clause-claimed-twice", "calendar-undeclared")
DOUBTS = "doubtful-"
"""How the codes of a submission's warnings begin."""

HEAD = """\
# Problems

Whatever is wrong with a rule file, a submission or a case file is said at once, each problem with its code, its place,
what is wrong and what to do:

```text
rules/my-index.toml:21: error[unknown-metric] rule.on-time.metric
    {problem}
    → {fix} {nearest}
```

Codes are stable; words may change. A warning does not refuse a file. Values in ‹ › stand for what was found. This page
is made from the words of the program and the examples of its tests.
"""  # noqa: E501 - the lines of a document


def catalogue(lang: str) -> dict[str, str]:
    """Return the messages of a language by id."""
    with (LOCALE / f"{lang}.po").open("rb") as file:
        return {
            str(message.id): str(message.string)
            for message in read_po(file)
            if message.id
        }


def shown(text: str) -> str:
    """Return a message with its places shown as ‹place›."""
    return re.sub(r"\{(\w+)\}", r"‹\1›", text)


def examples(code: str) -> dict[str, list[str]]:
    """Return what the bad files of a code say of themselves, by where they stand."""
    rules = sorted(BAD.glob(f"rules/{code}.toml")) + sorted(
        BAD.glob(f"rules/{code}--*.toml")
    )
    submissions = sorted(BAD.glob(f"submissions/{code}.json")) + sorted(
        BAD.glob(f"submissions/{code}--*.json")
    )
    cases = sorted(BAD.glob(f"cases/{code}.toml")) + sorted(
        BAD.glob(f"cases/{code}--*.toml")
    )
    return {
        "rules": [_comment(path) for path in rules],
        "submissions": [_measurements(path) for path in submissions],
        "cases": [_comment(path) for path in cases],
    }


def _comment(path: Path) -> str:
    lines = path.read_bytes().decode("utf-8", "replace").splitlines()
    return (
        lines[1].removeprefix("# ")
        if len(lines) > 1 and lines[1].startswith("# ")
        else ""
    )


def _measurements(path: Path) -> str:
    """Return the part of a bad submission that is wrong, as it stands there, where its path
    shows one.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"), parse_float=str)
        part = content["note"].removeprefix("expect: ").split(".")[:2]
        return "`" + json.dumps(content[part[0]][part[1]], ensure_ascii=False) + "`"
    except (ValueError, KeyError, TypeError, IndexError):
        return ""


def section(code: str, vi: dict[str, str], en: dict[str, str]) -> str:
    """Return the section of one code."""
    found = examples(code)
    names = (
        ("rule file", "rules"),
        ("submission", "submissions"),
        ("case file", "cases"),
    )
    where = [name for name, key in names if found[key]]
    if code.startswith(DOUBTS):
        where = ["submission"]
    kind = "Warning" if code in WARNINGS or code.startswith(DOUBTS) else "Error"
    lines = [f"## `{code}`", ""]
    lines.append(
        f"{kind} in a {' or a '.join(where) or 'file'}. {shown(en[f'problem.{code}'])}"
    )
    lines += ["", f"To do: {shown(en[f'fix.{code}'])}"]
    lines += [
        "",
        f"Tiếng Việt: {shown(vi[f'problem.{code}'])} {shown(vi[f'fix.{code}'])}",
    ]
    lines += in_cells(code, vi, en)
    said = [text for texts in found.values() for text in texts if text]
    if said:
        lines += [
            "",
            "For example:",
            "",
            *(f"- {text}" for text in dict.fromkeys(said)),
        ]
    return "\n".join(lines) + "\n"


def in_cells(code: str, vi: dict[str, str], en: dict[str, str]) -> list[str]:
    """Return what is said of a code in a cell of a form or a table, where that differs."""
    if f"fix-cell.{code}" not in en:
        return []
    said = [
        f"{shown(words.get(f'problem-cell.{code}', ''))} {shown(words[f'fix-cell.{code}'])}"
        for words in (en, vi)
    ]
    return ["", "In a cell: " + " Tiếng Việt: ".join(text.strip() for text in said)]


def page() -> str:
    """Return the whole page."""
    vi, en = catalogue("vi"), catalogue("en")
    codes = [id_.removeprefix("problem.") for id_ in en if id_.startswith("problem.")]
    head = HEAD.format(
        problem=en["problem.unknown-metric"].format(name="on_tme"),
        fix=en["fix.unknown-metric"],
        nearest=en["fix.nearest"].format(nearest="on_time"),
    )
    return "\n".join([head, *(section(code, vi, en) for code in codes)])
