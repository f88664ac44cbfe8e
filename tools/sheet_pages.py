"""The page that leads from a sentence of a scoring sheet to the lines of a rule file that say it.

It is made from the rule files and cases under `tests/good/`: each sentence stands there beside the
cases, as `sheet`, with the tables of the rule file that belong to it. The figures on the page are
scored anew each time, and the tests hold them against those worked by hand.
"""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from cchc_rules import load_measurements, load_rules, score

ROOT = Path(__file__).parents[1]
GOOD = ROOT / "tests" / "good"

HEAD = """# How does my sheet say it?

Sentences of scoring sheets, in Vietnamese and English, each with the lines of a rule file that say
it and the points that come out. `group`, `title` and `source`, which every rule has, are left out
of the lines; the whole file stands in `tests/good/` of the source under the name in brackets. What
each key means says [the rule file](../reference/format.md).
"""

TABLE_HEADER = re.compile(r"^\[{1,2}([^\[\]]+)\]{1,2}$")

LEFT_OUT = re.compile(r"^(group|title|source|parent) = ")
"""Lines that every rule has and that say nothing of how it scores."""

MOST_ROWS = 6
"""The most figures that are shown of one file."""


def page() -> str:
    """Return the page as Markdown."""
    parts = [HEAD]
    for path in sorted(GOOD.glob("*.json")):
        parts += entries(path)
    return "\n".join(parts)


def entries(path: Path) -> Iterator[str]:
    """Yield the part of the page for each sentence of one file."""
    text = path.read_text(encoding="utf-8")
    document = json.loads(text, parse_float=Decimal)
    tables = tables_of(path.with_suffix(".toml").read_text(encoding="utf-8"))
    for sheet in document.get("sheet", []):
        yield f"## {sheet['vi']}\n\n{sheet['en']}. [{path.stem}]\n"
        lines = "\n\n".join(tables[name] for name in sheet["show"])
        if lines:
            yield f"```toml\n{lines}\n```\n"
        yield figures(path, sheet["show"], document["cases"])


def tables_of(text: str) -> dict[str, str]:
    """Return the tables of a rule file as they are written, by their headers.

    Entries of a list of tables stand together under its name. A key before the first table stands
    under its own.
    """
    tables: dict[str, str] = {}
    name = ""
    for line in text.splitlines():
        header = TABLE_HEADER.match(line)
        if header:
            name = header[1]
            above = tables.get(name)
            tables[name] = line if above is None else f"{above}\n\n{line}"
        elif not name and " = " in line:
            tables[line.partition(" = ")[0]] = line
        elif name and line.strip() and not LEFT_OUT.match(line):
            tables[name] += f"\n{line}"
    return tables


def figures(path: Path, shown: list[str], cases: list[dict[str, Any]]) -> str:
    """Return what is reported in each case and what comes out, as a table."""
    rules = load_rules(path.with_suffix(".toml"))
    named = [name.removeprefix("rule.") for name in shown if name.startswith("rule.")]
    scored = [name for name in named if rules.rules[name].deduction.scored]
    # Without a rule that gives points, the index is what the sentence speaks of.
    of_index = not scored
    rows: dict[tuple[str, ...], None] = {}
    for case in cases:
        measurements = load_measurements(case["submission"], rules)
        document = score(rules, measurements).to_dict(lang="vi")
        rows[row(document, scored, of_index)] = None
    head = ["reported", *(f"`{name}`" for name in scored)]
    if of_index:
        head += ["index", "band"] if rules.bands else ["index"]
    table = [head, ["---"] * len(head), *list(rows)[:MOST_ROWS]]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in table) + "\n"


def row(document: dict[str, Any], scored: list[str], of_index: bool) -> tuple[str, ...]:
    """Return the cells of one case: what was reported, and the points that came out."""
    by_id = {rule["id"]: rule for rule in document["rules"]}
    read = [by_id[name] for name in scored] or list(by_id.values())
    # What several of the rules read is named once.
    inputs = {
        item["metric"] or rule["id"]: (rule, item)
        for rule in read
        for item in rule["inputs"]
    }
    reported = [what_was_reported(*pair) for pair in inputs.values()]
    kind = document["measurements"].get("unit_kind")
    if kind:
        reported.insert(0, kind)
    cells = ["; ".join(reported).replace("|", "\\|")]
    cells += [by_id[name]["earned"] for name in scored]
    if of_index:
        cells.append(document["index"]["value"] or "none")
        if document["band"]:
            cells.append(document["band"]["title"] or "none")
    return tuple(cells)


def what_was_reported(rule: dict[str, Any], item: dict[str, Any]) -> str:
    """Return one figure that a rule reads, or the points that a person gave it."""
    if item["metric"] is None:
        return f"{rule['title']}: {item['text']} by hand"
    return f"{item['title']}: {item['text'] or item['state']}"
