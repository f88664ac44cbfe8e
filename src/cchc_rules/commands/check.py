"""`cchc-rules check`: every problem of rule files."""

import argparse

from cchc_rules.console import DONE, RULES_REFUSED, Parser, print_problems
from cchc_rules.load import problems_of
from cchc_rules.words import message


def add(command: Parser) -> None:
    """Declare the arguments."""
    command.add_argument("rules", nargs="+", metavar="FILE|ID", help=command.say("check-rules"))


def run(options: argparse.Namespace, lang: str) -> int:
    """Print every problem of each rule file; warnings alone do not refuse it."""
    refused = False
    for source in options.rules:
        problems = problems_of(source)
        print_problems(problems, lang)
        errors = sum(not problem.warning for problem in problems)
        refused = refused or bool(errors)
        counts = {"errors": str(errors), "warnings": str(len(problems) - errors)}
        print(message(lang, "cli.checked" if errors else "cli.check-passed", source=str(source), **counts))
    return RULES_REFUSED if refused else DONE
