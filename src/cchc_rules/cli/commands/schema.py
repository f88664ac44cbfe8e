"""`cchc-rules schema`: the JSON Schema of a form, for an editor or another program."""

import argparse

from cchc_rules.base.json_schemas import FORMS, form_text
from cchc_rules.cli.arguments import Parser
from cchc_rules.cli.console import DONE, put


def add(command: Parser) -> None:
    """Declare the arguments."""
    command.add_argument("name", choices=FORMS, help=command.say("schema-name"))
    command.add_output()


def run(options: argparse.Namespace, lang: str) -> int:
    """Print or write the schema; return the exit code."""
    put(form_text(options.name, options.lang), options.output)
    return DONE
