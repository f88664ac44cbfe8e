"""What the commands share: the parser that speaks one language, exit codes, arguments that are
dates or numbers.
"""

import argparse
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

from cchc_rules.base import number
from cchc_rules.base.calendar import iso_date
from cchc_rules.base.messages import languages, message
from cchc_rules.base.problem import (
    CasesError,
    CchcError,
    Problem,
    ReportError,
    RulesError,
    SubmissionError,
)

DONE, BELOW, USAGE, RULES_REFUSED, SUBMISSION_REFUSED = range(5)
INTERRUPTED = 130
"""Stopped by hand, as shells have it."""


class Parser(argparse.ArgumentParser):
    """An argument parser whose headings and options speak one language."""

    def __init__(self, *args: Any, lang: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs, add_help=False, allow_abbrev=False)  # type: ignore[misc]
        self.lang = lang
        self._positionals.title = self.say("arguments")
        self._optionals.title = self.say("options")
        self.add_argument("-h", "--help", action="help", help=self.say("help"))
        self.add_argument(
            "--lang",
            choices=languages(),
            default=argparse.SUPPRESS,
            help=self.say("lang"),
        )

    def say(self, id_: str, **places: str) -> str:
        """Return a message of the command line."""
        return message(self.lang, f"cli.{id_}", **places)

    def format_usage(self) -> str:
        """Return the usage line."""
        return super().format_usage().replace("usage:", self.say("usage"), 1)

    def format_help(self) -> str:
        """Return the whole help."""
        return super().format_help().replace("usage:", self.say("usage"), 1)

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the arguments, and stop."""
        self.print_usage(sys.stderr)
        self.exit(USAGE, self.say("wrong-usage", complaint=message) + "\n")


EXTRAS = {
    "jinja2": "html",
    "xlsxwriter": "xlsx",
    "openpyxl": "xlsx",
    "polars": "table",
    "pyarrow": "table",
}
"""Which extra brings a package that some output needs."""


def as_date(text: str) -> date:
    """Read an argument that is a date."""
    day = iso_date(text)
    if day is None:
        raise argparse.ArgumentTypeError(f"{text!r}: YYYY-MM-DD")
    return day


def as_number(text: str) -> Decimal:
    """Read an argument that is a number."""
    try:
        number.parse(text)
    except number.NotANumberError:
        raise argparse.ArgumentTypeError(f"{text!r}: 80 | 79.5") from None
    return Decimal(text)


def as_setting(text: str) -> str:
    """Read an argument that sets a metric to a value."""
    if not text.partition("=")[0].strip() or not text.partition("=")[2].strip():
        raise argparse.ArgumentTypeError(
            f"{text!r}: METRIC=97.5 | METRIC=48/52 | METRIC=missing"
        )
    return text


def guarded(work: Callable[[], int], lang: str, output: Path | None = None) -> int:
    """Do a command's work; what is refused or cannot be written is said, and becomes the exit code."""
    try:
        return work()
    except RulesError as error:
        return refuse(error, lang, RULES_REFUSED)
    except (SubmissionError, ReportError, CasesError) as error:
        return refuse(error, lang, SUBMISSION_REFUSED)
    except ModuleNotFoundError as error:
        return without(error, lang)
    except BrokenPipeError:
        raise
    except OSError as error:
        return unwritable(error, output, lang)


def print_problems(problems: Sequence[Problem], lang: str) -> None:
    """Print problems on standard error."""
    for problem in problems:
        print(problem.text(lang), file=sys.stderr)


_REFUSED = {
    RulesError: "rules-refused",
    SubmissionError: "submission-refused",
    ReportError: "report-refused",
    CasesError: "cases-refused",
}


def refuse(error: CchcError, lang: str, code: int) -> int:
    """Say why a rule file, a submission, a report or a case file is refused; return the exit code."""
    print_problems(error.problems, lang)
    what = next(word for kind, word in _REFUSED.items() if isinstance(error, kind))
    print(message(lang, f"cli.{what}", count=str(len(error.problems))), file=sys.stderr)
    return code


def unwritable(error: OSError, path: Path | None, lang: str) -> int:
    """Say that the output cannot be written; return the exit code."""
    places = {"path": str(path or "-"), "reason": error.strerror or str(error)}
    print(message(lang, "cli.unwritable", **places), file=sys.stderr)
    return USAGE


def without(error: ModuleNotFoundError, lang: str) -> int:
    """Say which extra to install for a package that is not there; return the exit code."""
    package = error.name or ""
    if package not in EXTRAS:
        raise error
    print(
        message(lang, "cli.extra-missing", package=package, extra=EXTRAS[package]),
        file=sys.stderr,
    )
    return USAGE


def paper(output: Path | None) -> tuple[int, bool]:
    """Return the width to write in, between 40 and 120 columns, and whether there is colour: never
    in a file.
    """
    terminal = output is None and sys.stdout.isatty()
    width = shutil.get_terminal_size((100, 24)).columns if terminal else 100
    return max(40, min(width, 120)), terminal and "NO_COLOR" not in os.environ


def put(text: str, output: Path | None) -> None:
    """Print a text, or write it to a file (UTF-8, line ends `\\n`)."""
    if output is None:
        sys.stdout.write(text)
    else:
        output.write_text(text, encoding="utf-8", newline="\n")
