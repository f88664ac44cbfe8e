"""`cchc-rules score` for a table of submissions: scores into a file, refused rows into another."""

import argparse
from functools import partial
from pathlib import Path

from cchc_rules.base.messages import Figures, message
from cchc_rules.base.messages import number as say_number
from cchc_rules.base.problem import quoted
from cchc_rules.base.text import readable_name
from cchc_rules.cli.arguments import refuse_overlap
from cchc_rules.cli.console import (
    DONE,
    SUBMISSION_REFUSED,
    USAGE,
    complain,
    print_problems,
    show_progress,
)
from cchc_rules.rules.load import load_rules
from cchc_rules.tables.doubtful_rows import MOST_EXAMINED
from cchc_rules.tables.file_sinks import SINKS
from cchc_rules.tables.headings import Choices
from cchc_rules.tables.score_files import Files, Tally, errors_beside, score_file
from cchc_rules.tables.score_table import Scorer

MOST_SAID = 1000
"""So many characters of the headings that were left aside are said."""

BAR_WIDTH = 30
"""The characters of the bar that shows the progress."""


def score_many(options: argparse.Namespace, lang: str) -> int:
    """Score a table; return the exit code, that of a refusal where rows were refused."""
    fault = _fault(options)
    if fault:
        complain(message(lang, fault, endings=" ".join(SINKS)))
        return USAGE
    errors = options.errors or errors_beside(options.output)
    # The name beside the output may be that of the table: `score q.errors.csv --output q.csv`.
    refuse_overlap(errors, [options.measurements, options.rules, options.output])
    scorer = Scorer(
        load_rules(options.rules),
        as_of=options.as_of,
        lang=lang,
        choices=choices(options),
    )
    files = Files(options.measurements, options.output, errors)
    tally = score_file(
        scorer,
        files,
        long=options.long,
        strict=options.strict,
        watch=partial(watch, lang),
    )
    print_problems(tally.doubts, lang)
    for line in _said(tally, errors, lang):
        complain(line)
    if tally.refused:
        return SUBMISSION_REFUSED
    return DONE


def choices(options: argparse.Namespace) -> Choices:
    """Return what the arguments say of the headings of a table."""
    return Choices(
        tuple(options.column),
        tuple(options.leave_aside),
        options.sheet,
    )


def _fault(options: argparse.Namespace) -> str:
    """Return the id of the message that says what the arguments lack; empty where all is there."""
    # Rows may differ in everything else, but a table has one rule set, which no row names.
    if not options.rules:
        return "cli.table-needs-rules"
    if options.output is None or options.output.suffix.lower() not in SINKS:
        return "cli.table-needs-output"
    if options.errors is not None and options.errors.suffix.lower() not in SINKS:
        return "cli.table-needs-output"
    return ""


def watch(
    lang: str,
    rows: int,
    done: float,
) -> None:
    """Draw how far it is, over what was drawn before.

    Arguments:
        lang: The language of numbers.
        rows: How many rows have been read.
        done: How much of the file that is, between 0 and 1.
    """
    full = round(done * BAR_WIDTH)
    bar = "█" * full + "·" * (BAR_WIDTH - full)
    # The full bar stays, and what is said next stands below it.
    end = ""
    if done >= 1:
        end = "\n"
    show_progress(f"{bar} {done:4.0%} {say_number(lang, str(rows))}{end}")


def _said(
    tally: Tally,
    errors: Path,
    lang: str,
) -> list[str]:
    """Return what was done, a line each."""
    counts = {
        name: Figures(getattr(tally, name))
        for name in ("read", "scored", "refused", "alone")
    }
    lines = [message(lang, "cli.table-done", **counts)]
    for steps in tally.steps:
        chosen = {"bits": str(steps.bits), "limit": Figures(steps.limit)}
        lines.append(message(lang, "cli.table-steps", **chosen))
        if steps.by_row:
            rules = ", ".join(steps.by_row)
            lines.append(message(lang, "cli.table-by-row", rules=rules))
    if tally.floats:
        columns = ", ".join(tally.floats)
        lines.append(message(lang, "cli.table-floats", columns=columns))
    if tally.aside:
        headings = quoted(", ".join(tally.aside), MOST_SAID)
        lines.append(message(lang, "cli.table-aside", headings=headings))
    if tally.more_doubts:
        lines.append(message(lang, "cli.table-more-doubts"))
    if not tally.examined:
        most = Figures(MOST_EXAMINED)
        lines.append(message(lang, "cli.table-not-examined", most=most))
    if tally.refused:
        path = quoted(readable_name(errors), 200)
        lines.append(message(lang, "cli.table-errors", path=path))
    return lines
