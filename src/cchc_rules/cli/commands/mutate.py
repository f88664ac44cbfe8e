"""`cchc-rules mutate`: small mistakes are made in rule files, to see whether their cases notice."""

import argparse
import sys
from pathlib import Path

from cchc_rules.base.messages import Figures, message
from cchc_rules.cases.case_document import mutated
from cchc_rules.cases.case_file import CaseFile, case_files, read_cases
from cchc_rules.cases.mutation import UNNOTICED, Fate, fates
from cchc_rules.cases.run import Outcome, scored
from cchc_rules.cases.run import run as run_cases
from cchc_rules.cli.arguments import Parser
from cchc_rules.cli.console import BELOW, DONE, paper, put, show_progress
from cchc_rules.render.cases import FORMATS, mutants


def add(command: Parser) -> None:
    """Declare the arguments."""
    command.add_input("paths", "test-paths", nargs="+", type=str, metavar="PATH")
    command.add_format(FORMATS)
    command.add_output()


def run(options: argparse.Namespace, lang: str) -> int:
    """Try the mutants and show those that no case notices; return the exit code."""
    files = [_tried(path, lang) for path in case_files(options.paths)]
    document = mutated(files, lang)
    width, _ = paper(options.output)
    put(mutants(document, options.format, width=width), options.output)
    if document["counts"][UNNOTICED]:
        return BELOW
    return DONE


def _tried(path: Path, lang: str) -> tuple[CaseFile, list[Outcome], list[Fate]]:
    """Run the cases of a file, then try every mutant on them."""
    file = read_cases(path)
    outcomes = run_cases(file)
    progress: Progress | None = None
    # A line that is written over itself is of no use in a file.
    if sys.stderr is not None and sys.stderr.isatty():
        progress = Progress(lang)
    return file, outcomes, fates(file, scored(outcomes), progress)


class Progress:
    """Says on standard error, on one line, how many mutants are done."""

    def __init__(self, lang: str) -> None:
        self.lang = lang

    def __call__(self, done: int, count: int) -> None:
        """Write the line again; take it away when all are done."""
        if done >= count:
            show_progress("")
            return
        arguments = {"done": Figures(done), "count": Figures(count)}
        show_progress(message(self.lang, "cli.mutants-done", **arguments))
