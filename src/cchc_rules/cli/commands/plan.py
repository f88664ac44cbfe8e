"""`cchc-rules plan`: the fewest rules to mend for an index or a band."""

import argparse
from pathlib import Path

from cchc_rules.analysis.what_if.plan_to import plan_to
from cchc_rules.cli.commands.score import add_submission, rules_for, submitted
from cchc_rules.cli.console import BELOW, DONE, Parser, as_number, guarded, paper, put
from cchc_rules.render.plan import FORMATS, render


def add(command: Parser) -> None:
    """Declare the arguments."""
    add_submission(command)
    target = command.add_mutually_exclusive_group(required=True)
    target.add_argument("--to", type=as_number, metavar="N", help=command.say("to"))
    target.add_argument("--to-band", metavar="ID", help=command.say("to-band"))
    command.add_argument(
        "--format", choices=FORMATS, default="text", help=command.say("format")
    )
    command.add_argument(
        "--output", type=Path, metavar="FILE", help=command.say("output")
    )


def run(options: argparse.Namespace, lang: str) -> int:
    """Work the plan out and show it; return the exit code."""
    return guarded(lambda: _plan(options), lang, options.output)


def _plan(options: argparse.Namespace) -> int:
    rules = rules_for(options.measurements, options.rules)
    measurements = submitted(options, rules)
    found = plan_to(
        rules, measurements, index=options.to, band=options.to_band, as_of=options.as_of
    )
    width, _ = paper(options.output)
    put(
        render(found.to_dict(options.lang), options.format, width=width),
        options.output,
    )
    return DONE if found.reached else BELOW
