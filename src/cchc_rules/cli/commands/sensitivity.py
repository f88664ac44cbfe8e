"""`cchc-rules sensitivity`: how far an index hangs on weights and readings that somebody chose."""

import argparse
import sys
from fractions import Fraction
from pathlib import Path

from cchc_rules.analysis.sensitivity.sensitivity import percent_of, sensitivity
from cchc_rules.base import number
from cchc_rules.base.messages import message
from cchc_rules.cli.commands.score import add_submission, rules_for, submitted
from cchc_rules.cli.console import DONE, USAGE, Parser, guarded, paper, put
from cchc_rules.render.sensitivity import FORMATS, render
from cchc_rules.report.score import score


def add(command: Parser) -> None:
    """Declare the arguments."""
    add_submission(command)
    command.add_argument(
        "--range",
        type=as_range,
        default=Fraction(20),
        metavar="N",
        help=command.say("range"),
    )
    command.add_argument(
        "--weightings", type=Path, metavar="TABLE", help=command.say("weightings")
    )
    command.add_argument(
        "--format", choices=FORMATS, default="text", help=command.say("format")
    )
    command.add_argument(
        "--output", type=Path, metavar="FILE", help=command.say("output")
    )


def as_range(text: str) -> Fraction:
    """Read an argument that is a range of weights in percent."""
    try:
        return percent_of(number.parse(text))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: 20 | 12.5 (0 … < 100)") from None


def run(options: argparse.Namespace, lang: str) -> int:
    """Study a submission and show what was found; return the exit code."""
    if options.weightings is not None:
        return guarded(lambda: _weighed(options, lang), lang, options.output)
    return guarded(lambda: _study(options), lang, options.output)


def _study(options: argparse.Namespace) -> int:
    rules = rules_for(options.measurements, options.rules)
    found = sensitivity(
        rules, submitted(options, rules), range=options.range, as_of=options.as_of
    )
    width, colour = paper(options.output)
    put(
        render(found.to_dict(options.lang), options.format, width=width, colour=colour),
        options.output,
    )
    return DONE


def _weighed(options: argparse.Namespace, lang: str) -> int:
    """Score the submission under every weighting of a table, into a file."""
    from cchc_rules.tables.file_sinks import SINKS, sink  # noqa: PLC0415
    from cchc_rules.tables.result_columns import INDEX  # noqa: PLC0415 - packages that only tables need
    from cchc_rules.tables.weightings import score_weightings  # noqa: PLC0415
    from cchc_rules.tables.whole_files import load_table  # noqa: PLC0415

    if options.output is None or options.output.suffix.lower() not in SINKS:
        print(
            message(lang, "cli.table-needs-output", endings=" ".join(SINKS)),
            file=sys.stderr,
        )
        return USAGE
    rules = rules_for(options.measurements, options.rules)
    report = score(rules, submitted(options, rules), as_of=options.as_of)
    found = score_weightings(report, load_table(options.weightings), results=INDEX)
    with sink(options.output, found.head(0)) as file:
        file.write(found)
    return DONE
