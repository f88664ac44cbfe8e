"""`cchc-rules impact`: who gains, who loses and who changes band under another version of an
instrument.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from cchc_rules.analysis.versions.impact import impact
from cchc_rules.base.messages import message
from cchc_rules.cli.commands.diff import add_form, add_versions
from cchc_rules.cli.console import DONE, SUBMISSION_REFUSED, Parser, guarded, put
from cchc_rules.render.versions import render
from cchc_rules.rules.load import load_rules


def add(command: Parser) -> None:
    """Declare the arguments."""
    add_versions(command)
    command.add_argument(
        "submissions",
        type=Path,
        nargs="+",
        metavar="SUBMISSION",
        help=command.say("impact-submissions"),
    )
    add_form(command)


def run(options: argparse.Namespace, lang: str) -> int:
    """Score every submission under both; return the exit code, that of a refusal when any was
    refused.
    """
    return guarded(lambda: _impact(options, lang), lang, options.output)


def _impact(options: argparse.Namespace, lang: str) -> int:
    paths = [*_files(options.submissions)]

    def watch(done: int) -> None:
        if sys.stderr.isatty():
            places = {"done": str(done), "all": str(len(paths))}
            print(
                "\r" + message(lang, "cli.impact-progress", **places),
                end="",
                file=sys.stderr,
                flush=True,
            )

    found = impact(
        load_rules(options.old),
        load_rules(options.new),
        paths,
        options.lang,
        watch=watch,
    )
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr)
    put(render(found, options.format), options.output)
    return SUBMISSION_REFUSED if found["refused"] else DONE


def _files(paths: list[Path]) -> Iterator[Path]:
    """Yield the files that are named, and those of the folders that are named, by name."""
    for path in paths:
        yield from sorted(path.glob("*.json")) if path.is_dir() else [path]
