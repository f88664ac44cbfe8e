"""`cchc-rules diff`: what changed between two instruments, in words, rule by rule."""

import argparse
from pathlib import Path

from cchc_rules.analysis.versions.difference import difference
from cchc_rules.cli.console import DONE, Parser, guarded, put
from cchc_rules.render.versions import FORMATS, render
from cchc_rules.rules.load import load_rules


def add(command: Parser) -> None:
    """Declare the arguments."""
    add_versions(command)
    add_form(command)


def add_versions(command: Parser) -> None:
    """Declare the two rule sets."""
    command.add_argument("old", metavar="OLD", help=command.say("diff-old"))
    command.add_argument("new", metavar="NEW", help=command.say("diff-new"))


def add_form(command: Parser) -> None:
    """Declare the form of what is printed."""
    command.add_argument(
        "--format", choices=FORMATS, default="text", help=command.say("format")
    )
    command.add_argument(
        "--output", type=Path, metavar="FILE", help=command.say("output")
    )


def run(options: argparse.Namespace, lang: str) -> int:
    """Show what changed; return the exit code."""
    return guarded(lambda: _diff(options), lang, options.output)


def _diff(options: argparse.Namespace) -> int:
    found = difference(load_rules(options.old), load_rules(options.new), options.lang)
    put(render(found, options.format), options.output)
    return DONE
