"""Write the pages that are made from the program into `docs/`: the list of problems, the sentences
of scoring sheets, and each packaged instrument in both languages. They are not kept in the
repository.
"""

from pathlib import Path

import instrument_pages
import problem_pages
import sheet_pages

ROOT = Path(__file__).parents[1]


def pages() -> dict[str, str]:
    """Return the text of every generated page by its path from the root of the project."""
    return {
        "docs/reference/problems.md": problem_pages.page(),
        "docs/how-to/how-does-my-sheet-say-it.md": sheet_pages.page(),
        **{
            f"docs/instruments/{name}": text
            for name, text in instrument_pages.pages().items()
        },
    }


def write(folder: Path) -> None:
    """Write every page under a folder."""
    for name, text in pages().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write(ROOT)
