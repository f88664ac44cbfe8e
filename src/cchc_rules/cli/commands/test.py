"""`cchc-rules test`: the cases of rule files are run."""

import argparse
from fractions import Fraction
from pathlib import Path

from cchc_rules.base.input_files import is_file, is_folder
from cchc_rules.base.messages import message
from cchc_rules.base.output_files import rewrite_bytes, utf8, writing
from cchc_rules.cases.case_document import tested
from cchc_rules.cases.case_file import (
    CaseFile,
    case_files,
    cases_beside,
    read_cases,
    without_cases,
)
from cchc_rules.cases.coverage import Coverage, coverage
from cchc_rules.cases.run import Outcome, scored
from cchc_rules.cases.run import run as run_cases
from cchc_rules.cases.suggest import suggested
from cchc_rules.cli.arguments import Parser, refuse_overlap
from cchc_rules.cli.console import BELOW, DONE, USAGE, complain, paper, put
from cchc_rules.render.cases import FORMATS, cases
from cchc_rules.rules.source import CASES


def add(command: Parser) -> None:
    """Declare the arguments."""
    # No `add_input`: suggested cases are added to the very file that is read.
    command.add_argument(
        "paths",
        nargs="+",
        metavar="PATH",
        help=command.say("test-paths"),
    )
    command.add_argument(
        "--coverage",
        action="store_true",
        help=command.say("coverage"),
    )
    command.add_argument(
        "--fail-under",
        type=command.as_number,
        metavar="PERCENT",
        help=command.say("coverage-under"),
    )
    command.add_argument("--suggest", action="store_true", help=command.say("suggest"))
    command.add_format(FORMATS)
    command.add_output("test-output")


def run(options: argparse.Namespace, lang: str) -> int:
    """Run the cases and show what failed or is open; return the exit code.

    With `--suggest` none is run: cases that are missing are printed, or added to a file.
    """
    if not options.suggest:
        return _test(options, lang)
    if options.output is not None and len(options.paths) > 1:
        complain(message(lang, "cli.suggest-one"))
        return USAGE
    return _suggest(options, lang)


def _suggest(options: argparse.Namespace, lang: str) -> int:
    """Print the cases that are missing, or add them to a file."""
    files = []
    for path in options.paths:
        files += _files(path)
    text = "\n".join(suggested(file, lang) for file in files)
    if options.output is None:
        put(text, None)
    else:
        _add_to_file(options.output, text)
    return DONE


def _add_to_file(path: Path, text: str) -> None:
    """Add a text at the end of a file, a blank line between; the whole file is written anew."""
    before = b""
    if is_file(path):
        with writing(path):
            before = path.read_bytes()
    between = b""
    if before:
        between = b"\n"
    rewrite_bytes(path, before + between + utf8(text))


def _files(path: str) -> list[CaseFile]:
    """Return the case files of a path; of a rule file that has none, an empty one."""
    holds_cases = is_folder(Path(path)) or path.endswith(CASES)
    if not holds_cases and not is_file(cases_beside(path)):
        return [without_cases(path)]
    return [read_cases(file) for file in case_files([path])]


def _test(options: argparse.Namespace, lang: str) -> int:
    """Run the cases; return the exit code, `BELOW` where one fails or coverage falls short."""
    # Which files a folder holds is known only here: the output may be none of them.
    if options.output is not None:
        refuse_overlap(options.output, options.paths)
    with_coverage = options.coverage or options.fail_under is not None
    files = [_run(path, with_coverage) for path in case_files(options.paths)]
    document = tested(files, lang)
    width, _ = paper(options.output)
    put(cases(document, options.format, width=width), options.output)
    counts = document["counts"]
    if counts["passed"] != counts["cases"]:
        return BELOW
    least = Fraction(options.fail_under or 0)
    for _, _, reached in files:
        if reached is not None and reached.percent < least:
            return BELOW
    return DONE


def _run(
    path: Path,
    with_coverage: bool,
) -> tuple[CaseFile, list[Outcome], Coverage | None]:
    """Run the cases of a file, and measure what they reach if that is asked for."""
    file = read_cases(path)
    outcomes = run_cases(file)
    reached: Coverage | None = None
    if with_coverage:
        reached = coverage(file, scored(outcomes))
    return file, outcomes, reached
