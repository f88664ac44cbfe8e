"""`cchc-rules fmt`: rule files in the one layout."""

import argparse
import difflib
from functools import partial
from pathlib import Path

from cchc_rules.base.messages import message
from cchc_rules.base.problem import RulesError, quoted
from cchc_rules.base.text import readable_name
from cchc_rules.cli.arguments import Parser
from cchc_rules.cli.console import (
    BELOW,
    DONE,
    RULES_REFUSED,
    guarded,
    print_problems,
    put,
    say,
)
from cchc_rules.rules.layout.tidy import Tidied, replaced, tidied


def add(command: Parser) -> None:
    """Declare the arguments."""
    command.add_argument(
        "rules",
        nargs="+",
        type=Path,
        metavar="FILE",
        help=command.say("fmt-rules"),
    )
    command.add_argument("--check", action="store_true", help=command.say("fmt-check"))
    command.add_argument("--diff", action="store_true", help=command.say("fmt-diff"))


def run(options: argparse.Namespace, lang: str) -> int:
    """Lay each file out, or say what would change; return the exit code.

    A file that is refused does not keep the others from being laid out.
    """
    codes = []
    for path in options.rules:
        tidy = partial(_tidy, path, options, lang)
        codes.append(guarded(tidy, lang))
    # Of several outcomes the worst: the codes rise from done to refused.
    return max(codes)


def _tidy(
    path: Path,
    options: argparse.Namespace,
    lang: str,
) -> int:
    """Lay one file out, or say what would change; return the exit code."""
    try:
        layout = tidied(path)
    except RulesError as error:
        print_problems(error.problems, lang)
        return RULES_REFUSED
    if layout.changed and options.diff:
        put(_diff(layout), None)
    if layout.changed and not options.check and not options.diff:
        replaced(layout)
    name = quoted(readable_name(path), 200)
    say(message(lang, f"cli.{_outcome(layout, options)}", path=name))
    if layout.changed and options.check:
        return BELOW
    return DONE


def _outcome(layout: Tidied, options: argparse.Namespace) -> str:
    """Return the id of the message that says what became of a file."""
    if not layout.changed:
        return "fmt-kept"
    if options.check or options.diff:
        return "fmt-would"
    return "fmt-done"


def _diff(layout: Tidied) -> str:
    """Return what would change, as `patch` reads it."""
    before = layout.before.splitlines(keepends=True)
    after = layout.after.splitlines(keepends=True)
    name = readable_name(layout.path)
    return "".join(difflib.unified_diff(before, after, name, name))
