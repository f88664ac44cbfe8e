"""`cchc-rules schema`: the JSON Schema of a form, for an editor or another program."""

import argparse
from pathlib import Path

from cchc_rules.base.json_schemas import FORMS, form_text
from cchc_rules.cli.console import DONE, Parser, guarded, put


def add(command: Parser) -> None:
    """Declare the arguments."""
    command.add_argument("name", choices=FORMS, help=command.say("schema-name"))
    command.add_argument(
        "--output", type=Path, metavar="FILE", help=command.say("output")
    )


def run(options: argparse.Namespace, lang: str) -> int:
    """Print or write the schema; return the exit code."""
    return guarded(lambda: _put(options), lang, options.output)


def _put(options: argparse.Namespace) -> int:
    put(form_text(options.name, options.lang), options.output)
    return DONE
