"""`cchc-rules sensitivity`: how far an index hangs on weights and readings that somebody chose."""

import argparse
from fractions import Fraction
from pathlib import Path

from cchc_rules import number
from cchc_rules.commands.score import add_submission, rules_for, submitted
from cchc_rules.console import DONE, Parser, guarded, paper, put
from cchc_rules.render.sensitivity import FORMATS, render
from cchc_rules.robustness.study import percent_of, sensitivity


def add(command: Parser) -> None:
    """Declare the arguments."""
    add_submission(command)
    command.add_argument("--range", type=as_range, default=Fraction(20), metavar="N", help=command.say("range"))
    command.add_argument("--format", choices=FORMATS, default="text", help=command.say("format"))
    command.add_argument("--output", type=Path, metavar="FILE", help=command.say("output"))


def as_range(text: str) -> Fraction:
    """Read an argument that is a range of weights in percent."""
    try:
        return percent_of(number.parse(text))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: 20 | 12.5 (0 … < 100)") from None


def run(options: argparse.Namespace, lang: str) -> int:
    """Study a submission and show what was found; return the exit code."""
    return guarded(lambda: _study(options), lang, options.output)


def _study(options: argparse.Namespace) -> int:
    rules = rules_for(options.measurements, options.rules)
    found = sensitivity(rules, submitted(options, rules), range=options.range, as_of=options.as_of)
    width, colour = paper(options.output)
    put(render(found.to_dict(options.lang), options.format, width=width, colour=colour), options.output)
    return DONE
