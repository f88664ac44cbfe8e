"""`cchc-rules overview`: the scores of many units in, the page of a province out, with each unit's
report if asked.
"""

import argparse
from pathlib import Path
from typing import Any

from cchc_rules.base.messages import message
from cchc_rules.base.output_files import writing
from cchc_rules.cli.arguments import Parser
from cchc_rules.cli.commands.rank import add_results, ranking_of, say_unknown_refusals
from cchc_rules.cli.console import DONE, USAGE, complain, put
from cchc_rules.report.report import Report
from cchc_rules.rules.load import load_rules
from cchc_rules.rules.model import RuleSet

FORMATS = ("html", "json")


def add(command: Parser) -> None:
    """Declare the arguments."""
    add_results(command)
    command.add_rules("--rules", "rules-needed", required=True)
    command.add_input("--submissions", "overview-submissions", metavar="TABLE")
    command.add_day("--as-of", "as-of")
    command.add_argument(
        "--title",
        default="",
        metavar="TEXT",
        help=command.say("overview-title"),
    )
    command.add_format(FORMATS, default="html")
    command.add_output("overview-output", metavar="FILE|FOLDER")


def run(options: argparse.Namespace, lang: str) -> int:
    """Make the overview; return the exit code."""
    # With the reports of all units there are many pages, which lie in a folder.
    with_reports = options.submissions is not None
    if with_reports and (options.output is None or options.format != "html"):
        complain(message(lang, "cli.overview-needs-folder"))
        return USAGE
    from cchc_rules.render.overview import render  # noqa: PLC0415 - packages that only tables need

    rules = load_rules(options.rules)
    document = _document(rules, options)
    if not with_reports:
        put(render(document, options.format, title=options.title), options.output)
        return DONE
    links = _write_reports(rules, options, document)
    page = render(
        document,
        "html",
        title=options.title,
        links=links,
    )
    put(page, options.output / "index.html")
    return DONE


def _document(rules: RuleSet, options: argparse.Namespace) -> dict[str, Any]:
    """Return the overview of the results that the arguments name."""
    from cchc_rules.tables.province.overview import overview  # noqa: PLC0415 - packages that only tables need
    from cchc_rules.tables.province.scored_units import load_results  # noqa: PLC0415

    lang = options.lang or rules.language
    results = load_results(options.results, options.errors)
    ranks = ranking_of(options, results, rules, lang)
    document = overview(rules, results, ranks)
    say_unknown_refusals(document, options.results, lang)
    return document


def _write_reports(
    rules: RuleSet,
    options: argparse.Namespace,
    document: dict[str, Any],
) -> dict[int, str]:
    """Write the report of each unit; return the links to them, by the units' positions."""
    from cchc_rules.cli.commands.score_table import watch  # noqa: PLC0415
    from cchc_rules.render import render  # noqa: PLC0415
    from cchc_rules.tables.province.unit_pages import PAGES, Pages, write_unit_pages  # noqa: PLC0415

    def write(report: Report, path: Path) -> None:
        put(render(report.to_dict(options.lang, machine=False), "html"), path)

    folder = options.output / PAGES
    with writing(options.output):
        folder.mkdir(parents=True, exist_ok=True)
    pages = Pages(rules, options.as_of, write)
    lang = options.lang or rules.language
    written = write_unit_pages(
        options.submissions,
        document["units"],
        options.output,
        pages,
    )
    links = dict[int, str]()
    for position, link in written:
        links[position] = link
        done = len(links) / document["count"]
        watch(lang, len(links), done)
    return links
