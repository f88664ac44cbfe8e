"""What the command line says and where: results, complaints, progress, and the exit codes.

Results go to standard output, everything else to standard error: so a result can be piped into
another program whatever is complained about. Nothing outside `cli` prints.
"""

import errno
import os
import re
import shutil
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from cchc_rules.base import output_files
from cchc_rules.base.input_files import system_reason
from cchc_rules.base.messages import Figures, Phrase, message
from cchc_rules.base.output_files import OutputError, OutputIsInputError
from cchc_rules.base.problem import (
    CasesError,
    CchcError,
    Problem,
    ReportError,
    RulesError,
    SubmissionError,
    quoted,
)
from cchc_rules.base.text import readable_name

DONE = 0
"""The result is there."""
BELOW = 1
"""The result is there, and falls short of what was asked for."""
USAGE = 2
"""Wrong usage, a package that is not installed, or a result that cannot be written."""
RULES_REFUSED = 3
"""A rule file is refused."""
SUBMISSION_REFUSED = 4
"""A submission, a report or a case file is refused, or some rows of a table."""
NO_INDEX = 5
"""The result is there, but nothing is left to score: no index can be held against a number."""
UNFORESEEN = 70
"""A fault of this program. The number is that of `EX_SOFTWARE` in sysexits.h: far from the others,
so that a script cannot take it for one of them."""
INTERRUPTED = 130
"""Stopped by hand, as shells have it: 128 and the number of the signal."""

TRACEBACK = "CCHC_RULES_TRACEBACK"
"""The environment variable that shows where in the program an unforeseen fault arose."""

EXTRAS = {
    "holidays": "calendar",
    "jinja2": "html",
    "markupsafe": "html",
    "xlsxwriter": "xlsx",
    "openpyxl": "xlsx",
    "polars": "table",
    "pyarrow": "table",
    "pyspark": "spark",
    "pandas": "spark",
}
"""Which extra brings a package that some command needs."""

# What a terminal would obey: control codes but for line end and tab, marks that turn the direction
# of writing, line separators, halves of surrogate pairs. Colours (group 1) are ours: views and
# problems let none through that stands in a file.
_OBEYED = re.compile(
    r"(\x1b\[[0-9;]*m)"
    r"|[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]"
    r"|[\ud800-\udfff]"
)


# Writing


def put(text: str, output: Path | None) -> None:
    """Print a result, or write it to a file (UTF-8, line ends `\\n`).

    Raises `OutputError` where that cannot be done.
    """
    if output is None:
        _print(text)
    else:
        output_files.write_text(output, text)


def say(line: str) -> None:
    """Print a line on standard output, where there is one."""
    if sys.stdout is not None:
        _print(f"{line}\n")


def complain(line: str) -> None:
    """Print a line on standard error; where that cannot be written, nobody can be told."""
    with suppress(OSError, ValueError, AttributeError):
        sys.stderr.write(_OBEYED.sub("\ufffd", line) + "\n")
        sys.stderr.flush()


def show_progress(line: str) -> None:
    """Write a line over the one before it, on a terminal only; an empty one takes it away."""
    # "\r" goes back to the line's beginning, and ESC [ K takes away what stands there.
    with suppress(OSError, ValueError, AttributeError):
        if sys.stderr.isatty():
            sys.stderr.write(f"\r\x1b[K{line}")
            sys.stderr.flush()


def _print(text: str) -> None:
    """Print a text; a reader that has seen enough (`| head`) closes its pipe without a failure."""
    # Without a console (`pythonw`, a service) there is no standard output at all.
    stream = sys.stdout
    if stream is None:
        raise OutputError(errno.EBADF, None)
    # In a file or a pipe nothing obeys, and the text stays as it is.
    if stream.isatty():
        text = _OBEYED.sub(lambda match: match[1] or "\ufffd", text)
    try:
        stream.write(text)
    except BrokenPipeError:
        silence_output()
    except OSError as error:
        silence_output()
        raise OutputError(error.errno, None) from error


def flush_output() -> None:
    """Send what was printed on its way. Raises `OutputError` where that cannot be done."""
    if sys.stdout is None:
        return
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        silence_output()
    except (OSError, ValueError) as error:
        silence_output()
        raise OutputError(getattr(error, "errno", None), None) from error


def silence_output() -> None:
    """Let standard output lead nowhere: nobody reads it any more, or it cannot be written.

    The interpreter writes what is left in the buffer when it ends, and would complain once more.
    """
    with suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def paper(output: Path | None) -> tuple[int, bool]:
    """Return the width to write in, between 40 and 120 columns, and whether there is colour.

    In a file there never is.
    """
    terminal = output is None and sys.stdout is not None and sys.stdout.isatty()
    # A file has the same width wherever it is written, so that two runs give the same file.
    if not terminal:
        return 100, False
    width = shutil.get_terminal_size((100, 24)).columns
    return max(40, min(width, 120)), "NO_COLOR" not in os.environ


# Faults


def guarded(work: Callable[[], int], lang: str) -> int:
    """Do a command's work; say what is refused or cannot be written. Return the exit code.

    Arguments:
        work: The command, ready to run; it returns an exit code of its own.
        lang: The language in which anything is said.

    What is raised for any other reason is a fault of the program, and is left to `main`.
    """
    try:
        return work()
    except RulesError as error:
        return refuse(error, lang, RULES_REFUSED)
    except (SubmissionError, ReportError, CasesError) as error:
        # All three are files that a user hands in, and scripts treat them alike.
        return refuse(error, lang, SUBMISSION_REFUSED)
    except OutputError as error:
        return unwritable(error, lang)
    except ModuleNotFoundError as error:
        return without(error, lang)
    except OSError as error:
        return unreadable(error, lang)


def print_problems(problems: Sequence[Problem], lang: str) -> None:
    """Print problems on standard error."""
    for problem in problems:
        complain(problem.text(lang))


_REFUSED = {
    RulesError: "rules-refused",
    SubmissionError: "submission-refused",
    ReportError: "report-refused",
    CasesError: "cases-refused",
}


def refuse(
    error: CchcError,
    lang: str,
    code: int,
) -> int:
    """Say why a file that people hand in is refused; return the exit code."""
    print_problems(error.problems, lang)
    what = next(id_ for kind, id_ in _REFUSED.items() if isinstance(error, kind))
    complain(message(lang, f"cli.{what}", count=Figures(len(error.problems))))
    return code


def unwritable(error: OutputError, lang: str) -> int:
    """Say that the output cannot be written; return the exit code."""
    if error.path is None:
        path: str = Phrase("cli.standard-output")
    else:
        path = quoted(readable_name(error.path), 200)
    if isinstance(error, OutputIsInputError):
        complain(message(lang, "cli.output-is-input", path=path))
    else:
        reason = system_reason(error)
        complain(message(lang, "cli.unwritable", path=path, reason=reason))
    return USAGE


def unreadable(error: OSError, lang: str) -> int:
    """Say that the operating system refuses what is needed; return the exit code."""
    # Some calls, such as on a pipe, name no file.
    path = "-"
    if isinstance(error.filename, str):
        name = readable_name(Path(error.filename))
        path = quoted(name, 200)
    reason = system_reason(error)
    complain(message(lang, "cli.unreadable", path=path, reason=reason))
    return USAGE


def without(error: ModuleNotFoundError, lang: str) -> int:
    """Say which extra to install for a package that is not there; return the exit code."""
    package, _, _ = (error.name or "").partition(".")
    # A module of our own that is not there is a fault of the program.
    if package not in EXTRAS:
        raise error
    extra = EXTRAS[package]
    complain(message(lang, "cli.extra-missing", package=package, extra=extra))
    return USAGE


def unforeseen(fault: BaseException, lang: str) -> int:
    """Say that the program itself is at fault, and where; return the exit code."""
    import traceback  # noqa: PLC0415 - seldom used

    if TRACEBACK in os.environ:
        complain("".join(traceback.format_exception(fault)).rstrip())
    frames = traceback.extract_tb(fault.__traceback__)
    # The name of the file alone: its folder may tell more of the machine than people want to post.
    place = "-"
    if frames:
        innermost = frames[-1]
        file = Path(innermost.filename).name
        place = f"{file}:{innermost.lineno}"
    kind = type(fault).__name__
    words = quoted(fault, 200)
    complain(
        message(
            lang,
            "cli.unforeseen",
            kind=kind,
            words=words,
            place=place,
            name=TRACEBACK,
        )
    )
    return UNFORESEEN
