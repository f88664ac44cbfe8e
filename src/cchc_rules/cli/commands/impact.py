"""`cchc-rules impact`: who gains, who loses and who changes band under another version of an
instrument.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

from cchc_rules.analysis.versions.impact import impact
from cchc_rules.base.input_files import is_folder
from cchc_rules.base.messages import Figures, message
from cchc_rules.cli.arguments import Parser
from cchc_rules.cli.commands.diff import add_form, add_versions
from cchc_rules.cli.console import DONE, SUBMISSION_REFUSED, put, show_progress
from cchc_rules.render.versions import render
from cchc_rules.rules.load import load_rules


def add(command: Parser) -> None:
    """Declare the arguments."""
    add_versions(command)
    command.add_input(
        "submissions",
        "impact-submissions",
        nargs="+",
        metavar="SUBMISSION",
    )
    add_form(command)


def run(options: argparse.Namespace, lang: str) -> int:
    """Score every submission under both; return the exit code, that of a refusal when any was
    refused.
    """
    # Counted before the first is scored, so that the progress knows how many there are.
    paths = [*_files(options.submissions)]
    count = Figures(len(paths))

    def watch(done: int) -> None:
        progress = message(
            lang,
            "cli.impact-progress",
            done=Figures(done),
            all=count,
        )
        show_progress(progress)

    document = impact(
        load_rules(options.old),
        load_rules(options.new),
        paths,
        options.lang,
        watch=watch,
    )
    show_progress("")
    put(render(document, options.format), options.output)
    if document["refused"]:
        return SUBMISSION_REFUSED
    return DONE


def _files(paths: list[Path]) -> Iterator[Path]:
    """Yield the files that are named, and those of the folders that are named, by name."""
    for path in paths:
        if is_folder(path):
            yield from sorted(path.glob("*.json"))
        else:
            yield path
