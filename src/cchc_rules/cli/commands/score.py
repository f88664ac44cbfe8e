"""`cchc-rules score`: a submission in, its report out."""

import argparse
import sys
from pathlib import Path
from typing import Any

from cchc_rules.base.messages import message
from cchc_rules.cli.console import (
    BELOW,
    DONE,
    USAGE,
    Parser,
    as_date,
    as_number,
    as_setting,
    guarded,
    paper,
    print_problems,
    put,
)
from cchc_rules.render import FORMATS, TEXTS, render, render_bytes
from cchc_rules.report.score import score
from cchc_rules.rules.load import load_rules
from cchc_rules.rules.model import RuleSet
from cchc_rules.rules.source import packaged_rule_sets
from cchc_rules.submissions.binding import load_measurements
from cchc_rules.submissions.doubtful_figures import refuse_doubtful, warnings
from cchc_rules.submissions.submission import Measurements, named_ruleset
from cchc_rules.submissions.table_files import holds_many

WORDS = ("text", "markdown")
"""Forms that show nothing of the machine form of a report, which is not made for them."""


def add(command: Parser) -> None:
    """Declare the arguments."""
    add_submission(command)
    command.add_argument(
        "--format", choices=FORMATS, default="text", help=command.say("format")
    )
    command.add_argument(
        "--output", type=Path, metavar="FILE", help=command.say("output")
    )
    command.add_argument(
        "--fail-under", type=as_number, metavar="N", help=command.say("fail-under")
    )
    command.add_argument(
        "--errors", type=Path, metavar="FILE", help=command.say("table-errors-file")
    )
    command.add_argument("--long", action="store_true", help=command.say("table-long"))


def add_submission(command: Parser) -> None:
    """Declare the arguments that say what is scored."""
    command.add_argument("measurements", type=Path, help=command.say("measurements"))
    command.add_argument("--rules", metavar="FILE|ID", help=command.say("rules"))
    command.add_argument(
        "--as-of", type=as_date, metavar="YYYY-MM-DD", help=command.say("as-of")
    )
    command.add_argument(
        "--set",
        type=as_setting,
        action="append",
        default=[],
        metavar="METRIC=VALUE",
        help=command.say("set"),
    )
    command.add_argument("--strict", action="store_true", help=command.say("strict"))


def run(options: argparse.Namespace, lang: str) -> int:
    """Score a submission and show its report, or score a table of them; return the exit code."""
    return guarded(lambda: _one_or_many(options, lang), lang, options.output)


def _one_or_many(options: argparse.Namespace, lang: str) -> int:
    if holds_many(options.measurements):
        return _tables(options, lang)
    if options.format not in TEXTS and options.output is None:
        print(message(lang, "cli.needs-output"), file=sys.stderr)
        return USAGE
    return _score(options)


def _tables(options: argparse.Namespace, lang: str) -> int:
    from cchc_rules.cli.commands.score_table import score_many  # noqa: PLC0415 - packages that only tables need

    return score_many(options, lang)


def _score(options: argparse.Namespace) -> int:
    rules = rules_for(options.measurements, options.rules)
    measurements = submitted(options, rules)
    report = score(rules, measurements, as_of=options.as_of)
    document = report.to_dict(options.lang, machine=options.format not in WORDS)
    if options.format == "html":
        put(
            render(document, "html", study=_study(rules, measurements, options)),
            options.output,
        )
    elif options.format in TEXTS:
        width, colour = paper(options.output)
        put(
            render(document, options.format, width=width, colour=colour), options.output
        )
    else:
        options.output.write_bytes(render_bytes(document, options.format))
    return (
        BELOW
        if options.fail_under is not None and report.index.value < options.fail_under
        else DONE
    )


def _study(
    rules: RuleSet, measurements: Measurements, options: argparse.Namespace
) -> dict[str, Any]:
    """Return the study that a page shows beside the report."""
    from cchc_rules.analysis.sensitivity.sensitivity import WORK_FOR_A_PAGE, sensitivity  # noqa: PLC0415 - a page alone shows it

    return sensitivity(
        rules, measurements, work=WORK_FOR_A_PAGE, as_of=options.as_of
    ).to_dict(options.lang)


def submitted(options: argparse.Namespace, rules: RuleSet) -> Measurements:
    """Return the submission that the arguments name, with the figures that they set.

    What is doubtful in it is said on standard error; with `--strict` it is refused.
    """
    measurements = load_measurements(options.measurements, rules, as_of=options.as_of)
    if options.set:
        from cchc_rules.analysis.what_if.changed_figures import tried  # noqa: PLC0415 - only for those who try figures

        measurements = tried(measurements, rules, options.set, as_of=options.as_of)
    day = options.as_of or measurements.judged_at
    if options.strict:
        refuse_doubtful(measurements, rules, day)
    print_problems(warnings(measurements, rules, day), options.lang or rules.language)
    return measurements


def rules_for(measurements: Path, named: str | None) -> RuleSet:
    """Return the rule set that is named, or else the one that the submission names."""
    if named:
        return load_rules(named)
    name = named_ruleset(measurements)
    if name not in packaged_rule_sets():
        beside = measurements.parent / f"{name}.toml"
        return load_rules(beside if beside.is_file() else name)
    return load_rules(name)
