"""`cchc-rules sensitivity`: how far an index hangs on weights and readings that somebody chose."""

import argparse
from fractions import Fraction
from functools import partial
from pathlib import Path

from cchc_rules.analysis.sensitivity.sensitivity import percent_of, sensitivity
from cchc_rules.base import number
from cchc_rules.base.messages import message
from cchc_rules.base.problem import quoted
from cchc_rules.cli.arguments import Parser
from cchc_rules.cli.commands.score import add_submission, rules_for, submitted
from cchc_rules.cli.console import DONE, USAGE, complain, paper, put
from cchc_rules.render.sensitivity import FORMATS, render
from cchc_rules.report.score import score


def add(command: Parser) -> None:
    """Declare the arguments."""
    add_submission(command, "submission")
    command.add_argument(
        "--range",
        type=partial(as_range, command),
        default=Fraction(20),
        metavar="N",
        help=command.say("range"),
    )
    command.add_input("--weightings", "weightings", metavar="TABLE")
    command.add_format(FORMATS)
    command.add_output()


def as_range(command: Parser, text: str) -> Fraction:
    """Read an argument that is a range of weights in percent."""
    try:
        return percent_of(number.parse(text))
    except ValueError:
        said = command.say("no-range", given=quoted(text))
        raise argparse.ArgumentTypeError(said) from None


def run(options: argparse.Namespace, lang: str) -> int:
    """Study a submission and show what was found; return the exit code.

    With a table of weightings there is no study: the submission is scored under each of them.
    """
    if options.weightings is not None:
        return _score_weightings(options, lang)
    rules = rules_for(options.measurements, options.rules)
    study = sensitivity(
        rules,
        submitted(options, rules),
        range=options.range,
        as_of=options.as_of,
    )
    width, colour = paper(options.output)
    document = study.to_dict(options.lang)
    text = render(
        document,
        options.format,
        width=width,
        colour=colour,
    )
    put(text, options.output)
    return DONE


def _score_weightings(options: argparse.Namespace, lang: str) -> int:
    """Score the submission under every weighting of a table, into a file."""
    from cchc_rules.tables.file_sinks import SINKS, sink  # noqa: PLC0415
    from cchc_rules.tables.result_columns import INDEX  # noqa: PLC0415 - packages that only tables need
    from cchc_rules.tables.weightings import score_weightings  # noqa: PLC0415
    from cchc_rules.tables.whole_files import load_table  # noqa: PLC0415

    output: Path | None = options.output
    if output is None or output.suffix.lower() not in SINKS:
        endings = " ".join(SINKS)
        complain(message(lang, "cli.table-needs-output", endings=endings))
        return USAGE
    rules = rules_for(options.measurements, options.rules)
    report = score(rules, submitted(options, rules), as_of=options.as_of)
    weightings = load_table(options.weightings)
    scores = score_weightings(report, weightings, results=INDEX)
    # The empty table tells the columns; all rows are one part.
    with sink(output, scores.head(0)) as file:
        file.write(scores)
    return DONE
