"""`cchc-rules rank`: the scores of many units in, their ranks and moves out."""

import argparse
from pathlib import Path
from typing import Any

from cchc_rules.base.messages import message
from cchc_rules.base.problem import quoted
from cchc_rules.base.text import readable_name
from cchc_rules.cli.arguments import Parser
from cchc_rules.cli.console import DONE, complain, paper, put
from cchc_rules.render.ranking import FORMATS, render
from cchc_rules.rules.load import load_rules
from cchc_rules.rules.model import RuleSet

BYTE_ORDER_MARK = "\ufeff"
"""Spreadsheets read a CSV file without it in the code page of the machine."""


def add(command: Parser) -> None:
    """Declare the arguments."""
    add_results(command)
    command.add_rules("--rules", "rank-rules")
    command.add_format(FORMATS)
    command.add_output()


def add_results(command: Parser) -> None:
    """Declare the arguments that say what is ranked, and how."""
    command.add_input("results", "rank-results")
    command.add_input("--errors", "rank-errors", metavar="FILE")
    command.add_input("--units", "rank-units", metavar="TABLE")
    command.add_input("--before", "rank-before", metavar="FILE")
    command.add_input("--before-errors", "rank-before-errors", metavar="FILE")
    command.add_argument(
        "--ties",
        choices=("exact", "shown"),
        default="exact",
        help=command.say("rank-ties"),
    )
    command.add_argument(
        "--each-kind",
        action="store_true",
        help=command.say("rank-each-kind"),
    )


def run(options: argparse.Namespace, lang: str) -> int:
    """Rank the units; return the exit code."""
    from cchc_rules.tables.province.scored_units import load_results  # noqa: PLC0415 - packages that only tables need

    rules: RuleSet | None = None
    if options.rules is not None:
        rules = load_rules(options.rules)
        # Titles of bands are there in the language of the rule set for sure.
        lang = options.lang or rules.language
    results = load_results(options.results, options.errors)
    document = ranking_of(options, results, rules, lang)
    width, colour = paper(options.output)
    text = render(
        document,
        options.format,
        width=width,
        colour=colour,
    )
    if options.format == "csv" and options.output is not None:
        text = BYTE_ORDER_MARK + text
    put(text, options.output)
    say_unknown_refusals(document, options.results, lang)
    # Without a rule set bands go by their ids, which people may take for a fault.
    shows_bands = any(unit["band"] is not None for unit in document["units"])
    if shows_bands and rules is None and options.format != "json":
        complain(message(lang, "cli.rank-band-ids"))
    return DONE


def say_unknown_refusals(
    document: dict[str, Any],
    results: Path,
    lang: str,
) -> None:
    """Say where nobody knows whether rows were refused: the ranking may have gaps."""
    if document["counts"]["refused"] is None:
        name = quoted(readable_name(Path(results.name)), 200)
        complain(message(lang, "cli.rank-errors-unknown", path=name))


def ranking_of(
    options: argparse.Namespace,
    results: Any,
    rules: RuleSet | None,
    lang: str,
) -> dict[str, Any]:
    """Return the ranking document that the arguments of `add_results` ask for.

    Arguments:
        options: The arguments.
        results: The results, as `load_results` gives them.
        rules: The rule set whose titles bands have, if one is given.
        lang: The language of the titles.
    """
    from cchc_rules.tables.province.ranking_document import ranking  # noqa: PLC0415 - packages that only tables need
    from cchc_rules.tables.province.scored_units import load_results  # noqa: PLC0415
    from cchc_rules.tables.whole_files import load_table  # noqa: PLC0415

    before = None
    if options.before is not None:
        before = load_results(options.before, options.before_errors)
    units = None
    if options.units is not None:
        units = load_table(options.units)
    return ranking(
        results,
        before=before,
        ties=options.ties,
        each_kind=options.each_kind,
        units=units,
        rules=rules,
        lang=lang,
    )
