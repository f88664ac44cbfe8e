"""`cchc-rules init`: a small rule file to begin with, and beside it the schema that it names, for
editors.
"""

import argparse
from contextlib import suppress
from pathlib import Path

from cchc_rules.base.json_schemas import form_text
from cchc_rules.base.messages import message
from cchc_rules.base.output_files import create_text
from cchc_rules.base.problem import quoted
from cchc_rules.base.text import readable_name
from cchc_rules.cli.arguments import Parser
from cchc_rules.cli.console import DONE, USAGE, complain, say
from cchc_rules.rules.starter import starter

SCHEMA = "rules.schema.json"
"""What the first line of the file names."""


def add(command: Parser) -> None:
    """Declare the arguments."""
    command.add_argument(
        "file",
        type=Path,
        metavar="FILE",
        help=command.say("init-file"),
    )


def run(options: argparse.Namespace, lang: str) -> int:
    """Write a rule file to begin with, where there is no file yet; return the exit code."""
    path: Path = options.file
    name = quoted(readable_name(path), 200)
    try:
        create_text(path, starter(lang))
    except FileExistsError:
        complain(message(lang, "cli.init-exists", path=name))
        return USAGE
    # A schema that is there already serves other rule files of the folder, too.
    with suppress(FileExistsError):
        create_text(path.with_name(SCHEMA), form_text("rules", lang))
    say(message(lang, "cli.init-written", path=name, schema=SCHEMA))
    return DONE
