"""`cchc-rules test`: the cases of rule files are run."""

import argparse
import sys
from fractions import Fraction
from pathlib import Path

from cchc_rules.base.messages import message
from cchc_rules.cases.case_document import tested
from cchc_rules.cases.case_file import (
    CaseFile,
    case_files,
    cases_beside,
    read_cases,
    without_cases,
)
from cchc_rules.cases.coverage import Coverage, coverage
from cchc_rules.cases.run import Ran
from cchc_rules.cases.run import run as run_cases
from cchc_rules.cases.suggest import suggested
from cchc_rules.cli.console import (
    BELOW,
    DONE,
    USAGE,
    Parser,
    as_number,
    guarded,
    paper,
    put,
)
from cchc_rules.render.cases import FORMATS, cases
from cchc_rules.rules.source import CASES


def add(command: Parser) -> None:
    """Declare the arguments."""
    command.add_argument(
        "paths", nargs="+", metavar="PATH", help=command.say("test-paths")
    )
    command.add_argument(
        "--coverage", action="store_true", help=command.say("coverage")
    )
    command.add_argument(
        "--fail-under",
        type=as_number,
        metavar="PERCENT",
        help=command.say("coverage-under"),
    )
    command.add_argument("--suggest", action="store_true", help=command.say("suggest"))
    command.add_argument(
        "--format", choices=FORMATS, default="text", help=command.say("format")
    )
    command.add_argument(
        "--output", type=Path, metavar="FILE", help=command.say("output")
    )


def run(options: argparse.Namespace, lang: str) -> int:
    """Run the cases and show what failed or is open; return the exit code."""
    if options.suggest and options.output is not None and len(options.paths) > 1:
        print(message(lang, "cli.suggest-one"), file=sys.stderr)
        return USAGE
    work = _suggest if options.suggest else _test
    return guarded(lambda: work(options, lang), lang, options.output)


def _suggest(options: argparse.Namespace, lang: str) -> int:
    """Print the cases that are missing, or add them to a file."""
    texts = [suggested(file, lang) for path in options.paths for file in _files(path)]
    text = "\n".join(texts)
    if options.output is None:
        sys.stdout.write(text)
    else:
        with options.output.open("a", encoding="utf-8", newline="\n") as output:
            output.write(("\n" if output.tell() else "") + text)
    return DONE


def _files(path: str) -> list[CaseFile]:
    """Return the case files of a path; of a rule file that has none, an empty one."""
    if (
        not Path(path).is_dir()
        and not path.endswith(CASES)
        and not cases_beside(path).is_file()
    ):
        return [without_cases(path)]
    return [read_cases(file) for file in case_files([path])]


def _test(options: argparse.Namespace, lang: str) -> int:
    wanted = options.coverage or options.fail_under is not None
    files = [_run(path, wanted) for path in case_files(options.paths)]
    document = tested(files, lang)
    width, _ = paper(options.output)
    put(cases(document, options.format, width=width), options.output)
    passed = document["counts"]["passed"] == document["counts"]["cases"]
    under = options.fail_under or 0
    enough = all(
        reached is None or reached.percent >= Fraction(under) for _, _, reached in files
    )
    return DONE if passed and enough else BELOW


def _run(path: Path, wanted: bool) -> tuple[CaseFile, list[Ran], Coverage | None]:
    file = read_cases(path)
    ran = run_cases(file)
    return file, ran, coverage(file, ran) if wanted else None
