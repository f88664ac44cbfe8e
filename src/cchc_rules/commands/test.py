"""`cchc-rules test`: the cases of rule files are run."""

import argparse
from pathlib import Path

from cchc_rules.cases.document import tested
from cchc_rules.cases.form import case_files, read_cases
from cchc_rules.cases.run import run as run_cases
from cchc_rules.console import BELOW, DONE, Parser, guarded, paper, put
from cchc_rules.render.cases import FORMATS, cases


def add(command: Parser) -> None:
    """Declare the arguments."""
    command.add_argument("paths", nargs="+", metavar="PATH", help=command.say("test-paths"))
    command.add_argument("--format", choices=FORMATS, default="text", help=command.say("format"))
    command.add_argument("--output", type=Path, metavar="FILE", help=command.say("output"))


def run(options: argparse.Namespace, lang: str) -> int:
    """Run the cases and show what failed or is open; return the exit code."""
    return guarded(lambda: _test(options, lang), lang, options.output)


def _test(options: argparse.Namespace, lang: str) -> int:
    files = [(file, run_cases(file)) for file in map(read_cases, case_files(options.paths))]
    document = tested(files, lang)
    width, _ = paper(options.output)
    put(cases(document, options.format, width=width), options.output)
    return DONE if document["counts"]["passed"] == document["counts"]["cases"] else BELOW
