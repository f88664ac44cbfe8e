"""`cchc-rules score` for a table of submissions: scores into a file, what is refused into another."""

import argparse
import sys
from pathlib import Path

from cchc_rules.base.messages import message
from cchc_rules.cli.console import DONE, SUBMISSION_REFUSED, USAGE
from cchc_rules.rules.load import load_rules
from cchc_rules.tables.file_sinks import SINKS
from cchc_rules.tables.score_files import Files, Tally, errors_beside, score_file
from cchc_rules.tables.score_table import Scorer


def score_many(options: argparse.Namespace, lang: str) -> int:
    """Score a table; return the exit code, that of a refusal where rows were refused."""
    fault = _fault(options)
    if fault:
        print(message(lang, fault, endings=" ".join(SINKS)), file=sys.stderr)
        return USAGE
    errors = options.errors or errors_beside(options.output)
    scorer = Scorer(load_rules(options.rules), as_of=options.as_of, lang=lang)
    files = Files(options.measurements, options.output, errors)
    tally = score_file(
        scorer, files, long=options.long, watch=watch if sys.stderr.isatty() else None
    )
    for line in _said(tally, errors, lang):
        print(line, file=sys.stderr)
    return SUBMISSION_REFUSED if tally.refused else DONE


def _fault(options: argparse.Namespace) -> str:
    """Return what the arguments lack."""
    if not options.rules:
        return "cli.table-needs-rules"
    known = options.output is not None and options.output.suffix.lower() in SINKS
    errors = options.errors is None or options.errors.suffix.lower() in SINKS
    return "" if known and errors else "cli.table-needs-output"


def watch(rows: int, done: float) -> None:
    """Draw how far it is, over what was drawn before."""
    width = 30
    full = round(done * width)
    bar = "█" * full + "·" * (width - full)
    print(
        f"\r{bar} {done:4.0%} {rows:,}",
        end="\n" if done >= 1 else "",
        file=sys.stderr,
        flush=True,
    )


def _said(tally: Tally, errors: Path, lang: str) -> list[str]:
    """Return what was done, a line each."""
    places = {
        name: str(getattr(tally, name))
        for name in ("read", "scored", "refused", "alone")
    }
    lines = [message(lang, "cli.table-done", **places)]
    for steps in tally.steps:
        chosen = {"bits": str(steps.bits), "limit": str(steps.limit)}
        lines.append(message(lang, "cli.table-steps", **chosen))
        if steps.by_row:
            lines.append(
                message(lang, "cli.table-by-row", rules=", ".join(steps.by_row))
            )
    if tally.floats:
        lines.append(message(lang, "cli.table-floats", columns=", ".join(tally.floats)))
    if tally.refused:
        lines.append(message(lang, "cli.table-errors", path=str(errors)))
    return lines
