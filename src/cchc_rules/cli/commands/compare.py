"""`cchc-rules compare`: two reports or submissions in, what moved the index out."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cchc_rules.analysis.comparison.compare import compare
from cchc_rules.analysis.comparison.compare_track import compare_track
from cchc_rules.base.messages import message
from cchc_rules.base.problem import Problem, SubmissionError, quoted
from cchc_rules.cli.commands.score import rules_for
from cchc_rules.cli.console import DONE, USAGE, Parser, as_date, guarded, paper, put
from cchc_rules.render.comparison import FORMATS, render
from cchc_rules.report.printing import checked_report
from cchc_rules.report.report import Report
from cchc_rules.report.score import score
from cchc_rules.submissions.binding import load_measurements
from cchc_rules.submissions.submission import read_json


def add(command: Parser) -> None:
    """Declare the arguments."""
    command.add_argument("before", type=Path, help=command.say("compare-before"))
    command.add_argument(
        "after", type=Path, nargs="?", help=command.say("compare-after")
    )
    command.add_argument("--track", metavar="ID", help=command.say("compare-track"))
    command.add_argument(
        "--rules", metavar="FILE|ID", help=command.say("compare-rules")
    )
    for side in ("before", "after"):
        command.add_argument(
            f"--rules-{side}",
            metavar="FILE|ID",
            help=command.say(f"compare-rules-{side}"),
        )
    command.add_argument(
        "--as-of", type=as_date, metavar="YYYY-MM-DD", help=command.say("as-of")
    )
    for side in ("before", "after"):
        said = command.say(f"compare-as-of-{side}")
        command.add_argument(
            f"--as-of-{side}", type=as_date, metavar="YYYY-MM-DD", help=said
        )
    command.add_argument(
        "--format", choices=FORMATS, default="text", help=command.say("compare-format")
    )
    command.add_argument(
        "--output", type=Path, metavar="FILE", help=command.say("output")
    )


def run(options: argparse.Namespace, lang: str) -> int:
    """Compare, and show what moved; return the exit code."""
    if (options.after is None) == (options.track is None):
        print(message(lang, "cli.compare-two"), file=sys.stderr)
        return USAGE
    return guarded(lambda: _compare(options), lang, options.output)


def _compare(options: argparse.Namespace) -> int:
    document = _document(options)
    width, colour = paper(options.output)
    put(render(document, options.format, width=width, colour=colour), options.output)
    return DONE


def _document(options: argparse.Namespace) -> dict[str, Any]:
    before = _side(options, "before")
    if options.track is not None:
        return compare_track(before, options.track, options.lang)
    return compare(before, _side(options, "after")).to_dict(options.lang)


def _side(options: argparse.Namespace, side: str) -> Report | dict[str, Any]:
    """Return the report of a submission, or the document of a report."""
    path: Path = getattr(options, side)
    content = read_json(path)
    if isinstance(content, Mapping) and "index" in content:
        return checked_report(content, str(path))
    if not isinstance(content, Mapping) or "measurements" not in content:
        raise SubmissionError(
            [Problem("nothing-to-compare", (), {"given": quoted(content)}, str(path))]
        )
    rules = rules_for(path, getattr(options, f"rules_{side}") or options.rules)
    as_of = getattr(options, f"as_of_{side}") or options.as_of
    return score(rules, load_measurements(path, rules, as_of=as_of), as_of=as_of)
