"""`cchc-rules score`: a submission in, its report out."""

import argparse
from datetime import date
from pathlib import Path
from typing import Any

from cchc_rules.base.input_files import is_file
from cchc_rules.base.messages import message
from cchc_rules.base.output_files import write_bytes
from cchc_rules.cli.arguments import Parser
from cchc_rules.cli.console import (
    BELOW,
    DONE,
    NO_INDEX,
    USAGE,
    complain,
    paper,
    print_problems,
    put,
)
from cchc_rules.render import FORMATS, TEXTS, render, render_bytes
from cchc_rules.report.score import score
from cchc_rules.rules.load import load_rules
from cchc_rules.rules.model import RuleSet
from cchc_rules.rules.source import packaged_rule_sets, unknown_ruleset
from cchc_rules.submissions.binding import load_measurements
from cchc_rules.submissions.doubtful_figures import refuse_doubtful, warnings
from cchc_rules.submissions.submission import Measurements, named_ruleset
from cchc_rules.submissions.table_files import holds_many

WORDS = ("text", "markdown")
"""Forms that show nothing of the machine form of a report, which is not made for them."""


def add(command: Parser) -> None:
    """Declare the arguments."""
    add_submission(command, "measurements")
    command.add_format(FORMATS)
    command.add_output()
    command.add_argument(
        "--fail-under",
        type=command.as_number,
        metavar="N",
        help=command.say("fail-under"),
    )
    command.add_argument(
        "--errors",
        type=Path,
        metavar="FILE",
        help=command.say("table-errors-file"),
    )
    command.outputs.append("errors")
    command.add_argument("--long", action="store_true", help=command.say("table-long"))
    command.add_argument(
        "--column",
        type=command.as_column,
        action="append",
        default=[],
        metavar="HEADING=COLUMN",
        help=command.say("table-column"),
    )
    command.add_argument(
        "--leave-aside",
        action="append",
        default=[],
        metavar="HEADING",
        help=command.say("table-leave-aside"),
    )
    command.add_argument("--sheet", metavar="TITLE", help=command.say("table-sheet"))


def add_submission(command: Parser, about: str) -> None:
    """Declare the arguments that say what is scored; `about` names what the command takes."""
    command.add_input("measurements", about)
    command.add_rules("--rules", "rules")
    command.add_day("--as-of", "as-of")
    command.add_argument(
        "--set",
        type=command.as_setting,
        action="append",
        default=[],
        metavar="METRIC=VALUE",
        help=command.say("set"),
    )
    command.add_argument("--strict", action="store_true", help=command.say("strict"))


def run(options: argparse.Namespace, lang: str) -> int:
    """Score a submission and show its report, or score a table of them; return the exit code.

    The file itself says which of the two it is.
    """
    unit_headings = [heading for heading, name in options.column if name == "unit"]
    if holds_many(options.measurements, unit_headings):
        from cchc_rules.cli.commands.score_table import score_many  # noqa: PLC0415 - packages that only tables need

        return score_many(options, lang)
    if options.format not in TEXTS and options.output is None:
        complain(message(lang, "cli.needs-output"))
        return USAGE
    return _score(options)


def _score(options: argparse.Namespace) -> int:
    """Score one submission and show its report; return the exit code."""
    rules = rules_for(options.measurements, options.rules)
    measurements = submitted(options, rules)
    report = score(rules, measurements, as_of=options.as_of)
    document = report.to_dict(options.lang, machine=options.format not in WORDS)
    if options.format == "html":
        # What weights and readings would change of an index there is only where there is one.
        study: dict[str, Any] | None = None
        if report.index.value is not None:
            study = _study(rules, measurements, options)
        put(render(document, "html", study=study), options.output)
    elif options.format in TEXTS:
        width, colour = paper(options.output)
        text = render(
            document,
            options.format,
            width=width,
            colour=colour,
        )
        put(text, options.output)
    else:
        write_bytes(options.output, render_bytes(document, options.format))
    least = options.fail_under
    if least is None:
        return DONE
    if report.index.value is None:
        complain(message(document["language"], "cli.no-index"))
        return NO_INDEX
    # The index as it is shown: who reads 80.00 has reached 80.
    if report.index.value < least:
        return BELOW
    return DONE


def _study(
    rules: RuleSet,
    measurements: Measurements,
    options: argparse.Namespace,
) -> dict[str, Any]:
    """Return the study that a page shows beside the report."""
    from cchc_rules.analysis.sensitivity.sensitivity import WORK_FOR_A_PAGE, sensitivity  # noqa: PLC0415 - a page alone shows it

    study = sensitivity(
        rules,
        measurements,
        work=WORK_FOR_A_PAGE,
        as_of=options.as_of,
    )
    return study.to_dict(options.lang)


def submitted(options: argparse.Namespace, rules: RuleSet) -> Measurements:
    """Return the submission that the arguments name, with the figures that they set.

    Arguments:
        options: The arguments that `add_submission` declares.
        rules: The rule set that the submission is held against.

    What is doubtful in it is said on standard error; with `--strict` it is refused.
    """
    measurements = load_measurements(options.measurements, rules, as_of=options.as_of)
    if options.set:
        from cchc_rules.analysis.what_if.changed_figures import tried  # noqa: PLC0415 - only for those who try figures

        measurements = tried(
            measurements,
            rules,
            options.set,
            as_of=options.as_of,
        )
    day = options.as_of or measurements.judged_at
    if options.strict:
        refuse_doubtful(measurements, rules, day)
    print_doubts(measurements, rules, day, options.lang)
    return measurements


def print_doubts(
    measurements: Measurements,
    rules: RuleSet,
    as_of: date,
    lang: str | None,
) -> None:
    """Say on standard error what is doubtful in a submission.

    Arguments:
        measurements: The submission.
        rules: The rule set that it is held against.
        as_of: The day of judgement.
        lang: The language that was asked for; None for that of the rule set.
    """
    doubts = warnings(measurements, rules, as_of)
    print_problems(doubts, lang or rules.language)


def rules_for(measurements: Path, named: str | None) -> RuleSet:
    """Return the rule set that is named, or else the one that the submission names.

    A submission may come from anybody: it names a packaged rule set or one in its own folder, and
    no other file of this machine.

    Arguments:
        measurements: The file of the submission.
        named: The rule file or id that the user has given, which may lie anywhere.
    """
    if named:
        return load_rules(named)
    name = named_ruleset(measurements)
    if name in packaged_rule_sets():
        return load_rules(name)
    # A name with a folder in it, in the writing of any system, leads out of this one.
    beside = measurements.parent / f"{name}.toml"
    if Path(name).name != name or "\\" in name or not is_file(beside):
        raise unknown_ruleset(name)
    return load_rules(beside)
