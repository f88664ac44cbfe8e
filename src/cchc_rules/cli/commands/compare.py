"""`cchc-rules compare`: two reports or submissions in, what moved the index out."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cchc_rules.analysis.comparison.compare import compare
from cchc_rules.analysis.comparison.compare_track import compare_track
from cchc_rules.base.messages import message
from cchc_rules.base.problem import Problem, SubmissionError, quoted
from cchc_rules.base.text import readable_name
from cchc_rules.cli.arguments import Parser
from cchc_rules.cli.commands.score import print_doubts, rules_for
from cchc_rules.cli.console import DONE, USAGE, complain, paper, put
from cchc_rules.render.comparison import FORMATS, render
from cchc_rules.report.printing import checked_report
from cchc_rules.report.report import Report
from cchc_rules.report.score import score
from cchc_rules.submissions.binding import load_measurements
from cchc_rules.submissions.submission import read_json

SIDES = ("before", "after")


def add(command: Parser) -> None:
    """Declare the arguments."""
    command.add_input("before", "compare-before")
    command.add_input("after", "compare-after", nargs="?")
    command.add_argument("--track", metavar="ID", help=command.say("compare-track"))
    command.add_rules("--rules", "compare-rules")
    for side in SIDES:
        command.add_rules(f"--rules-{side}", f"compare-rules-{side}")
    command.add_day("--as-of", "as-of")
    for side in SIDES:
        command.add_day(f"--as-of-{side}", f"compare-as-of-{side}")
    command.add_format(FORMATS)
    command.add_output()


def run(options: argparse.Namespace, lang: str) -> int:
    """Compare, and show what moved; return the exit code."""
    # Either two sides, or one and the appraisers' column in it.
    if (options.after is None) == (options.track is None):
        complain(message(lang, "cli.compare-two"))
        return USAGE
    document = _document(options)
    width, colour = paper(options.output)
    text = render(
        document,
        options.format,
        width=width,
        colour=colour,
    )
    put(text, options.output)
    return DONE


def _document(options: argparse.Namespace) -> dict[str, Any]:
    """Return the comparison of two sides, or of a report with a column of appraised points."""
    before = _side(options, "before")
    if options.track is not None:
        return compare_track(before, options.track, options.lang)
    after = _side(options, "after")
    return compare(before, after).to_dict(options.lang)


def _side(options: argparse.Namespace, side: str) -> Report | dict[str, Any]:
    """Return the report of a submission, or the document of a report.

    Raises `SubmissionError` for a file that is neither.
    """
    path: Path = getattr(options, side)
    content = read_json(path)
    # A report has an index, a submission measurements: nobody has to say which of them it is.
    if isinstance(content, Mapping) and "index" in content:
        return checked_report(content, readable_name(path))
    if not isinstance(content, Mapping) or "measurements" not in content:
        arguments = {"given": quoted(content)}
        problem = Problem("nothing-to-compare", (), arguments, readable_name(path))
        raise SubmissionError([problem])
    # What is given for one side goes before what is given for both.
    named = getattr(options, f"rules_{side}") or options.rules
    rules = rules_for(path, named)
    as_of = getattr(options, f"as_of_{side}") or options.as_of
    measurements = load_measurements(path, rules, as_of=as_of)
    day = as_of or measurements.judged_at
    print_doubts(measurements, rules, day, options.lang)
    return score(rules, measurements, as_of=as_of)
