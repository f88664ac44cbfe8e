"""The command line: arguments in, exit code out."""

import io
import sys
from collections.abc import Sequence
from functools import partial
from importlib import import_module
from typing import cast

from cchc_rules.base.messages import languages, message
from cchc_rules.base.problem import DEFAULT_LANGUAGE
from cchc_rules.cli.commands import COMMANDS
from cchc_rules.cli.console import DONE, INTERRUPTED, USAGE, Parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0 done, 1 below --fail-under, 2 usage, 3 or 4
    refused, 130 stopped.
    """
    _utf8()
    arguments = sys.argv[1:] if arguments is None else arguments
    lang = _language(arguments)
    try:
        options = _parser(arguments, lang).parse_args(arguments)
        return int(options.run(options, lang))
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else USAGE
    except KeyboardInterrupt:
        print(f"\n{message(lang, 'cli.interrupted')}", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        sys.stdout = io.StringIO()
        return DONE


def _utf8() -> None:
    """Vietnamese must survive a Windows console and a pipe."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")


def _language(arguments: Sequence[str]) -> str:
    """Return the language asked for, before the arguments are parsed, so that help and usage errors
    speak it too.
    """
    for at, argument in enumerate(arguments):
        given = argument.partition("=")[2] if argument.startswith("--lang=") else ""
        given = (
            arguments[at + 1]
            if argument == "--lang" and at + 1 < len(arguments)
            else given
        )
        if given in languages():
            return given
    return DEFAULT_LANGUAGE


def _parser(arguments: Sequence[str], lang: str) -> Parser:
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
        command = commands.add_parser(
            name, help=parser.say(name), description=parser.say(name)
        )
        if name in arguments:
            module = import_module(f"cchc_rules.cli.commands.{name}")
            module.add(command)
            command.set_defaults(run=module.run)
    return parser
