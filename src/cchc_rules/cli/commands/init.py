"""`cchc-rules init`: a small rule file to begin with, and beside it the schema that it names, for
editors.
"""

import argparse
import sys
from pathlib import Path

from cchc_rules.base.json_schemas import form_text
from cchc_rules.base.messages import message
from cchc_rules.cli.console import DONE, USAGE, Parser, guarded
from cchc_rules.rules.starter import starter

SCHEMA = "rules.schema.json"
"""What the first line of the file names."""


def add(command: Parser) -> None:
    """Declare the arguments."""
    command.add_argument(
        "file", type=Path, metavar="FILE", help=command.say("init-file")
    )


def run(options: argparse.Namespace, lang: str) -> int:
    """Write a rule file to begin with, where there is no file yet; return the exit code."""
    return guarded(lambda: _write(options.file, lang), lang, options.file)


def _write(path: Path, lang: str) -> int:
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(starter(lang))
    except FileExistsError:
        print(message(lang, "cli.init-exists", path=str(path)), file=sys.stderr)
        return USAGE
    schema = path.with_name(SCHEMA)
    if not schema.exists():
        schema.write_text(form_text("rules", lang), encoding="utf-8", newline="\n")
    print(message(lang, "cli.init-written", path=str(path), schema=SCHEMA))
    return DONE
