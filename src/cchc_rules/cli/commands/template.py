"""`cchc-rules template`: a blank submission to fill in, as JSON or as a workbook."""

import argparse
import sys
from pathlib import Path

from cchc_rules.base.messages import message
from cchc_rules.cli.console import DONE, USAGE, Parser, guarded, put
from cchc_rules.rules.load import load_rules
from cchc_rules.submissions.blank import blank
from cchc_rules.submissions.blank_json import template
from cchc_rules.tables.submission_columns import heading

FORMATS = ("json", "xlsx", "csv")


def add(command: Parser) -> None:
    """Declare the arguments."""
    command.add_argument("rules", metavar="FILE|ID", help=command.say("template-rules"))
    command.add_argument(
        "--format", choices=FORMATS, default="json", help=command.say("format")
    )
    command.add_argument("--kind", metavar="ID", help=command.say("template-kind"))
    command.add_argument(
        "--output", type=Path, metavar="FILE", help=command.say("output")
    )


def run(options: argparse.Namespace, lang: str) -> int:
    """Print or write a blank submission; return the exit code."""
    if options.format == "xlsx" and options.output is None:
        print(message(lang, "cli.needs-output"), file=sys.stderr)
        return USAGE
    return guarded(lambda: _write(options), lang, options.output)


def _write(options: argparse.Namespace) -> int:
    if options.format == "csv":
        put(heading(load_rules(options.rules), options.kind), options.output)
        return DONE
    document = blank(load_rules(options.rules), options.lang, options.kind)
    if options.format == "xlsx":
        from cchc_rules.render.form_workbook import form  # noqa: PLC0415 - a package that only this form needs

        options.output.write_bytes(form(document))
    else:
        put(template(document), options.output)
    return DONE
