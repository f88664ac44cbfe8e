"""`cchc-rules doc`: an instrument as a page to read and to publish."""

import argparse

from cchc_rules.analysis.versions.all_variants import whole
from cchc_rules.cli.arguments import Parser
from cchc_rules.cli.console import DONE, put
from cchc_rules.render.instrument import FORMATS, render
from cchc_rules.rules.load import load_rules


def add(command: Parser) -> None:
    """Declare the arguments."""
    command.add_rules("rules", "doc-rules")
    command.add_format(FORMATS, default="markdown")
    command.add_output()


def run(options: argparse.Namespace, lang: str) -> int:
    """Print the page of an instrument; return the exit code."""
    document = whole(load_rules(options.rules), options.lang)
    put(render(document, options.format), options.output)
    return DONE
