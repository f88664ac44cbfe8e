"""Write the map of rooms in CONTRIBUTING.md from the docstrings of the packages; `--check` only
compares.
"""

import ast
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "cchc_rules"
PAGE = ROOT / "CONTRIBUTING.md"
BEGIN = "<!-- rooms: made by tools/room_map.py -->\n"
END = "<!-- end of rooms -->\n"


def rooms() -> list[str]:
    """Return the names of the rooms, the highest first, as the contract of imports lists them."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))[
        "tool"
    ]["importlinter"]["contracts"]
    layers = next(
        contract["layers"] for contract in contracts if contract["id"] == "rooms"
    )
    return [name for name in layers if (SOURCE / name).is_dir()]


def purpose(module: Path) -> str:
    """Return the first sentence block of a module's docstring."""
    docstring = ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or ""
    return " ".join(docstring.split("\n\n")[0].split())


def table() -> str:
    """Return the map as a Markdown table: each room and, below it, the packages in it."""
    lines = ["| room | what it is for |", "|---|---|"]
    for room in rooms():
        folders = [
            SOURCE / room,
            *sorted(path.parent for path in (SOURCE / room).glob("*/__init__.py")),
        ]
        for folder in folders:
            name = ".".join(folder.relative_to(SOURCE).parts)
            lines.append(f"| `{name}` | {purpose(folder / '__init__.py')} |")
    return "\n".join(lines) + "\n"


def page(text: str) -> str:
    """Return CONTRIBUTING.md with the map as it should stand."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def main() -> int:
    """Write the map, or with `--check` say whether it is as it should be."""
    text = PAGE.read_text(encoding="utf-8")
    wanted = page(text)
    if "--check" not in sys.argv:
        PAGE.write_text(wanted, encoding="utf-8")
    elif text != wanted:
        print(
            "CONTRIBUTING.md: the map of rooms is not that of the docstrings;"
            " run python tools/room_map.py"
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
