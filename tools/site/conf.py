"""How Sphinx builds the site; `python tools/build_site.py` calls it on a copy of the documents.

Nothing is loaded from the net: a built site opens from a folder, a memory stick or an intranet.
"""

import re
import tomllib
import unicodedata
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.search.en import SearchEnglish

ROOT = Path(__file__).parents[2]
_project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

project = "cchc-rules"
author = "The cchc-rules maintainers"
version = release = _project["project"]["version"]

extensions = ["myst_parser"]
root_doc = "README"
source_suffix = {".md": "markdown"}
exclude_patterns = ["src", "rules", "examples"]
nitpicky = True
myst_heading_anchors = 4
suppress_warnings = ["misc.highlighting_failure"]
"""Excerpts of JSON and TOML leave things out, and need not parse."""

html_theme = "furo"
html_title = f"cchc-rules {version}"
html_show_sphinx = False
html_show_copyright = False
html_copy_source = False
html_permalinks_icon = "#"
html_last_updated_fmt = None
html_search_language = "vi"


def folded(word: str) -> str:
    """Return a word as it is indexed: small letters without marks, so that `hanh chinh` finds
    `hành chính`.
    """
    plain = unicodedata.normalize("NFD", word.lower().replace("đ", "d"))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


class BilingualSearch(SearchEnglish):
    """Search in Vietnamese and English at once: marks are folded away, then English endings.

    No word is left out as too common: folded, `độ` is the English `do` and `thể` is `the`.
    """

    lang = "vi"
    stopwords = frozenset()
    js_splitter_code = """
const EnglishEndings = window.Stemmer;
window.Stemmer = function () {
  const endings = new EnglishEndings();
  this.stemWord = (word) =>
    endings.stemWord(
      word.toLowerCase().replaceAll("đ", "d").normalize("NFD").replace(/\\p{Mn}/gu, ""),
    );
};
function splitQuery(query) {
  return query
    .normalize("NFC")
    .split(/[^\\p{Letter}\\p{Number}_]+/u)
    .filter((term) => term !== "");
}
"""

    def stem(self, word: str) -> str:
        """Return what a word is indexed as; the JavaScript above does the same to a query."""
        return str(super().stem(folded(word)))


IN_VIETNAMESE = re.compile(r"docs/guide-vi/|\.vi$")


def in_its_language(
    app: Sphinx, page: str, template: str, context: dict[str, Any], tree: object
) -> None:
    """Tell browsers and screen readers which pages are Vietnamese."""
    if IN_VIETNAMESE.search(page):
        context["language"] = "vi"


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the search, and the language of pages."""
    app.add_search_language(BilingualSearch)
    app.connect("html-page-context", in_its_language)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
