"""`cchc-rules fmt`: rule files in the one layout."""

import argparse
import difflib
from functools import partial
from pathlib import Path

from cchc_rules.base.messages import message
from cchc_rules.base.problem import RulesError
from cchc_rules.cli.console import (
    BELOW,
    DONE,
    RULES_REFUSED,
    Parser,
    guarded,
    print_problems,
    put,
)
from cchc_rules.rules.layout.tidy import Tidied, replaced, tidied


def add(command: Parser) -> None:
    """Declare the arguments."""
    command.add_argument(
        "rules", nargs="+", type=Path, metavar="FILE", help=command.say("fmt-rules")
    )
    command.add_argument("--check", action="store_true", help=command.say("fmt-check"))
    command.add_argument("--diff", action="store_true", help=command.say("fmt-diff"))


def run(options: argparse.Namespace, lang: str) -> int:
    """Lay each file out, or say what would change; return the exit code."""
    return max(
        guarded(partial(_tidy, path, options, lang), lang, path)
        for path in options.rules
    )


def _tidy(path: Path, options: argparse.Namespace, lang: str) -> int:
    try:
        found = tidied(path)
    except RulesError as error:
        print_problems(error.problems, lang)
        return RULES_REFUSED
    if found.changed and options.diff:
        put(_diff(found), None)
    if found.changed and not options.check and not options.diff:
        replaced(found)
    print(message(lang, f"cli.{_outcome(found, options)}", path=str(path)))
    return BELOW if found.changed and options.check else DONE


def _outcome(found: Tidied, options: argparse.Namespace) -> str:
    if not found.changed:
        return "fmt-kept"
    return "fmt-would" if options.check or options.diff else "fmt-done"


def _diff(found: Tidied) -> str:
    before, after = (
        text.splitlines(keepends=True) for text in (found.before, found.after)
    )
    return "".join(
        difflib.unified_diff(before, after, str(found.path), str(found.path))
    )
