"""The command line: arguments in, exit code out.

The order of things matters here. The language is found first, so that whatever goes wrong is said
in it. Then signals are caught, the arguments parsed, the command run, and what was printed sent on
its way. Only when that, too, went well is the command's own exit code returned.
"""

import gc
import io
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from types import FrameType
from typing import cast

from cchc_rules.base.input_files import recorded
from cchc_rules.base.messages import languages, message
from cchc_rules.base.output_files import OutputError
from cchc_rules.base.problem import DEFAULT_LANGUAGE
from cchc_rules.cli.arguments import Parser, refuse_overlaps
from cchc_rules.cli.commands import COMMANDS
from cchc_rules.cli.console import (
    INTERRUPTED,
    UNFORESEEN,
    USAGE,
    complain,
    flush_output,
    guarded,
    unforeseen,
    unwritable,
)


class StoppedError(KeyboardInterrupt):
    """A signal asks the program to end; `number` is the signal's."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


MANY_OBJECTS = 100_000
"""How many new objects the garbage collector waits for in the process of a command.

A command makes most of its objects once and keeps them to its end: going through them after each
700, as Python does by itself, costs a tenth of a whole command and frees nothing.
"""


def run_process() -> int:
    """Run the command as a process of its own, and return its exit code.

    Who imports `main` keeps a collector set as before.
    """
    gc.set_threshold(MANY_OBJECTS)
    code = main()
    # The process ends, and Python would go through everything that is left once more.
    gc.freeze()
    return code


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    0 done, 1 below what was asked for, 2 wrong usage or nowhere to write, 3 or 4 refused, 5 no
    index, 70 a fault of the program, 128 and more stopped by a signal.

    Arguments:
        arguments: What stands behind the program's name; by default what it was called with.

    >>> main(["score", "no-such-file.json", "--lang", "en"])
    4
    """
    _use_utf8()
    if arguments is None:
        arguments = sys.argv[1:]
    lang = _language(arguments)
    with _signals_raise(), recorded():
        try:
            code = _run(arguments, lang)
        except KeyboardInterrupt as stop:
            complain(f"\n{message(lang, 'cli.interrupted')}")
            code = INTERRUPTED
            if isinstance(stop, StoppedError):
                code = 128 + stop.number
        except BaseException as fault:  # a Rust panic of a package is no `Exception`
            code = unforeseen(fault, lang)
        return _flushed(code, lang)


def _run(arguments: Sequence[str], lang: str) -> int:
    """Parse the arguments and run the command that they name; return the exit code."""
    try:
        options = _parser(arguments, lang).parse_args(arguments)
    except SystemExit as stop:  # after --help, or a complaint about the arguments
        # `argparse` ends the program itself, but main() returns to whoever has called it.
        if isinstance(stop.code, int):
            return stop.code
        return USAGE

    def work() -> int:
        refuse_overlaps(options)
        return int(options.run(options, lang))

    return guarded(work, lang)


def _flushed(code: int, lang: str) -> int:
    """Return the exit code once all is printed; a result that cannot be printed is none."""
    try:
        flush_output()
    except OutputError as error:
        unwritable_code = unwritable(error, lang)
        # A fault of the program, or a signal, says more than an output that is closed besides.
        if code < UNFORESEEN:
            return unwritable_code
    return code


@contextmanager
def _signals_raise() -> Iterator[None]:
    """Let signals that end the program raise inside, so that half-written files are removed.

    The system would end it on the spot. One signal is enough: further ones do not disturb the
    tidying up. What is ignored (under `nohup`) stays ignored.
    """
    numbers = [
        getattr(signal, name)
        for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
        if hasattr(signal, name)
    ]
    # Python lets only the main thread say what signals do; a test may call main() in another.
    if threading.current_thread() is not threading.main_thread():
        numbers = []
    before = {number: signal.getsignal(number) for number in numbers}

    def stop(number: int, frame: FrameType | None) -> None:
        for other in numbers:
            signal.signal(other, signal.SIG_IGN)
        raise StoppedError(number)

    # A handler that somebody else has set is left alone, and so is what is ignored.
    for number in numbers:
        if before[number] in (signal.SIG_DFL, signal.default_int_handler):
            signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            if handler is not None:
                signal.signal(number, handler)


def _use_utf8() -> None:
    """Vietnamese must survive a Windows console and a pipe."""
    # A stream may be missing (`pythonw`), or be another object, as in tests: it is left as it is.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")


def _language(arguments: Sequence[str]) -> str:
    """Return the language asked for, before the arguments are parsed.

    Help and complaints about the arguments speak it too.
    """
    for position, argument in enumerate(arguments):
        option, _, language = argument.partition("=")
        if option != "--lang":
            continue
        if not language and position + 1 < len(arguments):
            language = arguments[position + 1]
        if language in languages():
            return language
    return DEFAULT_LANGUAGE


def _parser(arguments: Sequence[str], lang: str) -> Parser:
    """Return the parser, with the arguments of the commands that may be meant.

    The module of a command brings all that the command needs, so that to import every one of them
    would take longer than most commands take. Only those whose names are among the arguments are.
    """
    make = partial(Parser, lang=lang)
    parser = make("cchc-rules")
    parser.description = parser.say("about")
    parser.epilog = parser.say("exit-codes")
    parser.set_defaults(lang=None)
    commands = parser.add_subparsers(
        title=parser.say("commands"),
        required=True,
        metavar=" | ".join(COMMANDS),
        parser_class=cast(type[Parser], make),
    )
    for name in COMMANDS:
        said = parser.say(name)
        command = commands.add_parser(name, help=said, description=said)
        if name in arguments:
            module = import_module(f"cchc_rules.cli.commands.{name}")
            module.add(command)
            command.set_defaults(run=module.run)
    return parser
