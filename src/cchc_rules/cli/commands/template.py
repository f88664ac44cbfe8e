"""`cchc-rules template`: a blank submission to fill in."""

import argparse

from cchc_rules.base.messages import message
from cchc_rules.base.output_files import write_bytes
from cchc_rules.cli.arguments import Parser
from cchc_rules.cli.console import DONE, USAGE, complain, put
from cchc_rules.rules.load import load_rules
from cchc_rules.submissions.blank import blank
from cchc_rules.submissions.blank_json import template
from cchc_rules.tables.submission_columns import heading

FORMATS = ("json", "xlsx", "csv")
"""`csv` is the heading of a table, with a row for each unit; the others are for one unit."""


def add(command: Parser) -> None:
    """Declare the arguments."""
    command.add_rules("rules", "template-rules")
    command.add_format(FORMATS, default="json")
    command.add_argument("--kind", metavar="ID", help=command.say("template-kind"))
    command.add_output()


def run(options: argparse.Namespace, lang: str) -> int:
    """Print or write a blank submission; return the exit code."""
    if options.format == "xlsx" and options.output is None:
        complain(message(lang, "cli.needs-output"))
        return USAGE
    rules = load_rules(options.rules)
    # The heading of a table says nothing in words, and is the same in every language.
    if options.format == "csv":
        put(heading(rules, options.kind), options.output)
        return DONE
    document = blank(rules, options.lang, options.kind)
    if options.format == "xlsx":
        from cchc_rules.render.form_workbook import form  # noqa: PLC0415 - a package that only this form needs

        write_bytes(options.output, form(document))
    else:
        put(template(document), options.output)
    return DONE
