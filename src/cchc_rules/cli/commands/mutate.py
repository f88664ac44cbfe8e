"""`cchc-rules mutate`: small mistakes are made in rule files, to see whether their cases notice."""

import argparse
import sys
from pathlib import Path

from cchc_rules.base.messages import message
from cchc_rules.cases.case_document import mutated
from cchc_rules.cases.case_file import CaseFile, case_files, read_cases
from cchc_rules.cases.mutation import UNNOTICED, Fate, fates
from cchc_rules.cases.run import Ran
from cchc_rules.cases.run import run as run_cases
from cchc_rules.cli.console import BELOW, DONE, Parser, guarded, paper, put
from cchc_rules.render.cases import FORMATS, mutants


def add(command: Parser) -> None:
    """Declare the arguments."""
    command.add_argument(
        "paths", nargs="+", metavar="PATH", help=command.say("test-paths")
    )
    command.add_argument(
        "--format", choices=FORMATS, default="text", help=command.say("format")
    )
    command.add_argument(
        "--output", type=Path, metavar="FILE", help=command.say("output")
    )


def run(options: argparse.Namespace, lang: str) -> int:
    """Try the mutants and show those that no case notices; return the exit code."""
    return guarded(lambda: _mutate(options, lang), lang, options.output)


def _mutate(options: argparse.Namespace, lang: str) -> int:
    files = [_tried(path, lang) for path in case_files(options.paths)]
    document = mutated(files, lang)
    width, _ = paper(options.output)
    put(mutants(document, options.format, width=width), options.output)
    return BELOW if document["counts"][UNNOTICED] else DONE


def _tried(path: Path, lang: str) -> tuple[CaseFile, list[Ran], list[Fate]]:
    file = read_cases(path)
    ran = run_cases(file)
    return file, ran, fates(file, ran, Progress(lang) if sys.stderr.isatty() else None)


class Progress:
    """Says on standard error, on one line, how many mutants are done."""

    def __init__(self, lang: str) -> None:
        self.lang = lang

    def __call__(self, done: int, count: int) -> None:
        """Write the line again; take it away when all are done."""
        text = (
            message(self.lang, "cli.mutants-done", done=str(done), count=str(count))
            if done < count
            else ""
        )
        sys.stderr.write(f"\r\x1b[K{text}")
        sys.stderr.flush()
