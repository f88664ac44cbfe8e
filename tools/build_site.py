"""Build the documents as a site: `python tools/build_site.py`, then open `build/site/README.html`;
or `python tools/build_site.py FOLDER`, then open `FOLDER/site/README.html`.

Needs the extra `docs`. Any warning, a broken link among them, fails the build. Sphinx reads a copy
of the documents, into which the generated pages are written and the navigation is added; the files
in the repository stay plain Markdown.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import generated_pages
from check_docs import LINK, links, pages

ROOT = Path(__file__).parents[1]
CONFIGURATION = ROOT / "tools" / "site"
BUILD = ROOT / "build"
HOME = "README.md"
INDEX = "docs/README.md"
FOR_CONTRIBUTORS = {"Project": [INDEX, "CONTRIBUTING.md", "CHANGELOG.md"]}

HEADING = re.compile(r"^## (.+)$")
GROUP = re.compile(r"^(\S.*):$")


def navigation(index: str) -> dict[str, list[str]]:
    """Return the pages under each caption of the navigation, as the index of documents lists them.

    A heading is a caption; a line that ends in a colon divides what stands under a heading.
    """
    captions: dict[str, list[str]] = {}
    heading = caption = ""
    for line in index.splitlines():
        if title := HEADING.match(line):
            heading = caption = title[1]
        elif group := GROUP.match(line):
            caption = f"{heading}: {group[1][0].lower()}{group[1][1:]}"
        else:
            for target in LINK.findall(line):
                page = target.partition("#")[0]
                if heading and page.endswith(".md"):
                    captions.setdefault(caption, []).append(f"docs/{page}")
    return captions


def tree(caption: str, names: list[str]) -> str:
    """Return one part of the navigation, as MyST writes it."""
    entries = "\n".join(name.removesuffix(".md") for name in names)
    return f"\n```{{toctree}}\n:hidden:\n:caption: '{caption}'\n\n{entries}\n```\n"


def documents() -> Iterator[Path]:
    """Yield every document that belongs to the site, and every file that one of them links to."""
    for page in pages():
        place = page.relative_to(ROOT)
        if place.parts[0] == "docs" or len(place.parts) == 1:
            yield page
            yield from (file for *_, file, _ in links(page) if file.is_file())
    yield from (ROOT / "docs" / "images").glob("*.png")


def lay_out(source: Path) -> None:
    """Copy the documents into a folder, with the generated pages and the navigation."""
    shutil.rmtree(source, ignore_errors=True)
    for path in documents():
        copy = source / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    generated_pages.write(source)
    captions = navigation((source / INDEX).read_text(encoding="utf-8"))
    with (source / HOME).open("a", encoding="utf-8") as home:
        for caption, names in (captions | FOR_CONTRIBUTORS).items():
            home.write(tree(caption, names))


def build(folder: Path) -> int:
    """Build the site into a folder; return Sphinx's exit code, which is 0 without any warning."""
    source = folder / "site-source"
    lay_out(source)
    strictly = ("-q", "-E", "-W", "--keep-going", "-j", "auto")
    places = ("-c", CONFIGURATION, "-d", folder / "site-doctrees")
    command = (sys.executable, "-m", "sphinx", *strictly, *places, "-b", "html")
    return subprocess.run(
        [*map(str, (*command, source, folder / "site"))], check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(build(Path(sys.argv[1]) if sys.argv[1:] else BUILD))
