"""`cchc-rules diff`: what changed between two instruments, in words, rule by rule."""

import argparse

from cchc_rules.analysis.versions.difference import difference
from cchc_rules.cli.arguments import Parser
from cchc_rules.cli.console import DONE, put
from cchc_rules.render.versions import FORMATS, render
from cchc_rules.rules.load import load_rules


def add(command: Parser) -> None:
    """Declare the arguments."""
    add_versions(command)
    add_form(command)


def add_versions(command: Parser) -> None:
    """Declare the two rule sets."""
    command.add_input("old", "diff-old", type=str, metavar="OLD")
    command.add_input("new", "diff-new", type=str, metavar="NEW")


def add_form(command: Parser) -> None:
    """Declare the form of what is printed, and where it goes."""
    command.add_format(FORMATS)
    command.add_output()


def run(options: argparse.Namespace, lang: str) -> int:
    """Show what changed; return the exit code."""
    old = load_rules(options.old)
    new = load_rules(options.new)
    document = difference(old, new, options.lang)
    put(render(document, options.format), options.output)
    return DONE
