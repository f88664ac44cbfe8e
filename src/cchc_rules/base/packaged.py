"""The files that the package carries: catalogues, schemas, page templates, rule files. They stand
in `packaged/`.
"""

from pathlib import Path

_PACKAGED = Path(__file__).parents[1] / "packaged"
_REPOSITORY = Path(__file__).parents[3]


def packaged_bytes(name: str) -> bytes:
    """Return the bytes of a packaged file, named from `packaged/` on: `locale/vi.mo`."""
    return (_PACKAGED / name).read_bytes()


def packaged_text(name: str) -> str:
    """Return the text of a packaged file, named from `packaged/` on.

    >>> packaged_text("starter/en.toml").splitlines()[0]
    '#:schema ./rules.schema.json'
    """
    text = packaged_bytes(name).decode("utf-8")
    # A checkout on Windows may have given the files other line ends.
    return text.replace("\r\n", "\n")


def packaged_rules_folder() -> Path:
    """Return the folder of the packaged rule sets (in a source checkout: `rules/` at its top)."""
    installed = _PACKAGED / "rules"
    if installed.is_dir():
        return installed
    return _REPOSITORY / "rules"
