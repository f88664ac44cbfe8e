"""`cchc-rules overview`: the scores of many units in, the page of a province out, with each unit's
report if asked.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

from cchc_rules.base.messages import message
from cchc_rules.cli.commands.rank import add_results, ranking_of, say_unknown_refusals
from cchc_rules.cli.console import DONE, USAGE, Parser, as_date, guarded, put
from cchc_rules.report.report import Report
from cchc_rules.rules.load import load_rules


def add(command: Parser) -> None:
    """Declare the arguments."""
    add_results(command)
    command.add_argument(
        "--rules", metavar="FILE|ID", required=True, help=command.say("rules")
    )
    command.add_argument(
        "--submissions",
        type=Path,
        metavar="TABLE",
        help=command.say("overview-submissions"),
    )
    command.add_argument(
        "--as-of", type=as_date, metavar="YYYY-MM-DD", help=command.say("as-of")
    )
    command.add_argument(
        "--title", default="", metavar="TEXT", help=command.say("overview-title")
    )
    command.add_argument(
        "--format",
        choices=("html", "json"),
        default="html",
        help=command.say("overview-format"),
    )
    command.add_argument(
        "--output",
        type=Path,
        metavar="FILE|FOLDER",
        help=command.say("overview-output"),
    )


def run(options: argparse.Namespace, lang: str) -> int:
    """Make the overview; return the exit code."""
    if options.submissions is not None and (
        options.output is None or options.format != "html"
    ):
        print(message(lang, "cli.overview-needs-folder"), file=sys.stderr)
        return USAGE
    return guarded(lambda: _overview(options), lang, options.output)


def _overview(options: argparse.Namespace) -> int:
    from cchc_rules.render.overview import render  # noqa: PLC0415
    from cchc_rules.tables.province.overview import overview  # noqa: PLC0415 - packages that only tables need
    from cchc_rules.tables.province.scored_units import load_results  # noqa: PLC0415

    rules = load_rules(options.rules)
    lang = options.lang or rules.language
    results = load_results(options.results, options.errors)
    ranks = ranking_of(options, results, rules, lang)
    document = overview(rules, results, ranks)
    say_unknown_refusals(document, options.results, lang)
    if options.submissions is None:
        put(render(document, options.format, title=options.title), options.output)
        return DONE
    links = _reports(options, document)
    page = render(document, "html", title=options.title, links=links)
    put(page, options.output / "index.html")
    return DONE


def _reports(options: argparse.Namespace, document: dict[str, Any]) -> dict[int, str]:
    """Write the report of each unit; return the links to them."""
    from cchc_rules.cli.commands.score_table import watch  # noqa: PLC0415
    from cchc_rules.render import render  # noqa: PLC0415
    from cchc_rules.tables.province.unit_pages import Pages, write_unit_pages  # noqa: PLC0415

    def write(report: Report, path: Path) -> None:
        put(render(report.to_dict(options.lang, machine=False), "html"), path)

    pages = Pages(load_rules(options.rules), options.as_of, write)
    written = write_unit_pages(
        options.submissions, document["units"], options.output, pages
    )
    links = dict[int, str]()
    for position, link in written:
        links[position] = link
        if sys.stderr.isatty():
            watch(len(links), len(links) / document["count"])
    return links
