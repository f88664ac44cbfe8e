"""`cchc-rules rank`: the scores of many units in, their ranks and moves out."""

import argparse
from pathlib import Path

from cchc_rules.cli.console import DONE, Parser, guarded, paper, put
from cchc_rules.render.ranking import FORMATS, render


def add(command: Parser) -> None:
    """Declare the arguments."""
    add_results(command)
    command.add_argument(
        "--format", choices=FORMATS, default="text", help=command.say("rank-format")
    )
    command.add_argument(
        "--output", type=Path, metavar="FILE", help=command.say("output")
    )


def add_results(command: Parser) -> None:
    """Declare the arguments that say what is ranked, and how."""
    command.add_argument("results", type=Path, help=command.say("rank-results"))
    command.add_argument(
        "--before", type=Path, metavar="FILE", help=command.say("rank-before")
    )
    command.add_argument(
        "--ties",
        choices=("exact", "shown"),
        default="exact",
        help=command.say("rank-ties"),
    )
    command.add_argument(
        "--each-kind", action="store_true", help=command.say("rank-each-kind")
    )


def run(options: argparse.Namespace, lang: str) -> int:
    """Rank the units; return the exit code."""
    return guarded(lambda: _rank(options, lang), lang, options.output)


def _rank(options: argparse.Namespace, lang: str) -> int:
    from cchc_rules.tables.province.ranking_document import ranking  # noqa: PLC0415 - packages that only tables need
    from cchc_rules.tables.whole_files import load_table  # noqa: PLC0415

    before = None if options.before is None else load_table(options.before)
    ways = {"ties": options.ties, "each_kind": options.each_kind, "lang": lang}
    document = ranking(load_table(options.results), before=before, **ways)
    width, colour = paper(options.output)
    put(render(document, options.format, width=width, colour=colour), options.output)
    return DONE
