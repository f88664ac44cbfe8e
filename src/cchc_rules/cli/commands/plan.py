"""`cchc-rules plan`: the fewest rules to mend for an index or a band."""

import argparse

from cchc_rules.analysis.what_if.plan_to import plan_to
from cchc_rules.cli.arguments import Parser
from cchc_rules.cli.commands.score import add_submission, rules_for, submitted
from cchc_rules.cli.console import BELOW, DONE, paper, put
from cchc_rules.render.plan import FORMATS, render


def add(command: Parser) -> None:
    """Declare the arguments."""
    add_submission(command, "submission")
    target = command.add_mutually_exclusive_group(required=True)
    target.add_argument(
        "--to",
        type=command.as_number,
        metavar="N",
        help=command.say("to"),
    )
    target.add_argument("--to-band", metavar="ID", help=command.say("to-band"))
    command.add_format(FORMATS)
    command.add_output()


def run(options: argparse.Namespace, lang: str) -> int:
    """Work the plan out and show it; return the exit code."""
    rules = rules_for(options.measurements, options.rules)
    plan = plan_to(
        rules,
        submitted(options, rules),
        index=options.to,
        band=options.to_band,
        as_of=options.as_of,
    )
    width, _ = paper(options.output)
    document = plan.to_dict(options.lang)
    put(render(document, options.format, width=width), options.output)
    # The best that can be done is shown either way.
    if plan.reached:
        return DONE
    return BELOW
