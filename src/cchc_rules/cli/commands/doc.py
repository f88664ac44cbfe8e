"""`cchc-rules doc`: an instrument as a page to read and to publish."""

import argparse
from pathlib import Path

from cchc_rules.analysis.versions.all_variants import whole
from cchc_rules.cli.console import DONE, Parser, guarded, put
from cchc_rules.render.instrument import FORMATS, render
from cchc_rules.rules.load import load_rules


def add(command: Parser) -> None:
    """Declare the arguments."""
    command.add_argument("rules", metavar="FILE|ID", help=command.say("doc-rules"))
    command.add_argument(
        "--format", choices=FORMATS, default="markdown", help=command.say("format")
    )
    command.add_argument(
        "--output", type=Path, metavar="FILE", help=command.say("output")
    )


def run(options: argparse.Namespace, lang: str) -> int:
    """Print the page of an instrument; return the exit code."""
    return guarded(lambda: _print(options), lang, options.output)


def _print(options: argparse.Namespace) -> int:
    put(
        render(whole(load_rules(options.rules), options.lang), options.format),
        options.output,
    )
    return DONE
