"""The arguments of a command: declared in one way everywhere, complained about in one language."""

import argparse
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

from cchc_rules.base import number
from cchc_rules.base.calendar import iso_date
from cchc_rules.base.input_files import is_file
from cchc_rules.base.messages import languages, message
from cchc_rules.base.output_files import OutputIsInputError
from cchc_rules.base.problem import nearest, quoted
from cchc_rules.cli.commands import COMMANDS
from cchc_rules.cli.console import USAGE, complain


class Parser(argparse.ArgumentParser):
    """An argument parser that speaks one language, and knows which arguments are files.

    Arguments:
        lang: The language of help and complaints. All others are those of `argparse`.
    """

    def __init__(self, *args: Any, lang: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs, add_help=False, allow_abbrev=False)  # type: ignore[misc]
        self.lang = lang
        # The names of arguments that are files: no output may be one of the inputs.
        self.inputs: list[str] = []
        self.outputs: list[str] = []
        self.set_defaults(inputs=self.inputs, outputs=self.outputs)
        # argparse offers no other way to give these two groups a title of another language.
        self._positionals.title = self.say("arguments")
        self._optionals.title = self.say("options")
        self.add_argument("-h", "--help", action="help", help=self.say("help"))
        self.add_argument(
            "--lang",
            choices=languages(),
            # Without it a command's own default would overwrite what stands before the command.
            default=argparse.SUPPRESS,
            help=self.say("lang"),
        )

    def say(self, id_: str, **arguments: str) -> str:
        """Return a message of the command line.

        Arguments:
            id_: What follows `cli.` in the catalogue.
            arguments: What is filled in.
        """
        return message(self.lang, f"cli.{id_}", **arguments)

    # Arguments that several commands have

    def add_input(self, name: str, about: str, **settings: Any) -> None:
        """Declare an argument that is a file to read; no output may take its place.

        Arguments:
            name: The argument, `--name` for an option.
            about: The message that says what it is.
            settings: What else `argparse` takes.
        """
        settings.setdefault("type", Path)
        action = self.add_argument(name, help=self.say(about), **settings)
        self.inputs.append(action.dest)

    def add_rules(self, name: str, about: str, **settings: Any) -> None:
        """Declare an argument that is a rule file or the id of a packaged rule set."""
        self.add_input(name, about, type=str, metavar="FILE|ID", **settings)

    def add_day(self, name: str, about: str) -> None:
        """Declare an option that is a date."""
        said = self.say(about)
        self.add_argument(name, type=self.as_day, metavar="YYYY-MM-DD", help=said)

    def add_format(self, forms: Sequence[str], default: str = "text") -> None:
        """Declare the forms in which the result can be had."""
        said = self.say(
            "format",
            forms=", ".join(forms),
            default=default,
        )
        self.add_argument("--format", choices=forms, default=default, help=said)

    def add_output(self, about: str = "output", metavar: str = "FILE") -> None:
        """Declare where the result is written in place of standard output."""
        said = self.say(about)
        self.add_argument("--output", type=Path, metavar=metavar, help=said)
        self.outputs.append("output")

    # What arguments are read as

    def as_day(self, text: str) -> date:
        """Read an argument that is a date."""
        day = iso_date(text)
        if day is None:
            raise self._unreadable("day", text)
        return day

    def as_number(self, text: str) -> Decimal:
        """Read an argument that is a number, such as a least index: exactly, as it is written."""
        try:
            number.parse(text)
        except number.NotANumberError:
            raise self._unreadable("number", text) from None
        return Decimal(text)

    def as_setting(self, text: str) -> str:
        """Read an argument that sets a metric to a value."""
        metric, _, value = text.partition("=")
        if not metric.strip() or not value.strip():
            raise self._unreadable("setting", text)
        return text

    def as_column(self, text: str) -> tuple[str, str]:
        """Read an argument that says which column a heading stands for.

        The last sign of equality divides them: headings may hold any.
        """
        heading, _, column = text.rpartition("=")
        if not heading.strip() or not column.strip():
            raise self._unreadable("column", text)
        return heading.strip(), column.strip()

    def _unreadable(self, kind: str, text: str) -> argparse.ArgumentTypeError:
        return argparse.ArgumentTypeError(self.say(f"no-{kind}", given=quoted(text)))

    # Help and complaints

    def format_usage(self) -> str:
        """Return the usage line."""
        return (
            super()
            .format_usage()
            .replace(
                "usage:",
                self.say("usage"),
                1,
            )
        )

    def format_help(self) -> str:
        """Return the whole help."""
        return (
            super()
            .format_help()
            .replace(
                "usage:",
                self.say("usage"),
                1,
            )
        )

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the arguments, and stop."""
        complain(self.format_usage().rstrip())
        complain(self.say("wrong-usage", complaint=self.complaint(message)))
        self.exit(USAGE)

    def complaint(self, english: str) -> str:
        """Return a complaint of `argparse` in the language of this parser.

        `argparse` has its words in English only. Its few sentences are recognised, and what they
        are about is put into ours.
        """
        for pattern, id_ in _COMPLAINTS:
            match = pattern.fullmatch(english)
            if match is not None:
                return self._own_complaint(id_, match.groupdict())
        return self.say("usage-other")

    def _own_complaint(self, id_: str, parts: dict[str, str]) -> str:
        arguments = {name: quoted(part, 200) for name, part in parts.items()}
        # The argument that is the command has no name of its own: `argparse` calls it by its
        # metavar, which is the list of all commands.
        if _LIST_OF_COMMANDS in parts.get("names", ""):
            return self.say("usage-no-command")
        if parts.get("name") == _LIST_OF_COMMANDS:
            name = parts["value"].strip("'")
            near = nearest(name, COMMANDS)
            complaint = self.say("usage-unknown-command", name=quoted(name))
            if near:
                hint = message(self.lang, "fix.nearest", nearest=near)
                complaint = f"{complaint}. {hint.removesuffix('.')}"
            return complaint
        if id_ == "usage-no-choice":
            arguments["value"] = quoted(parts["value"].strip("'"))
            arguments["choices"] = parts["choices"].replace("'", "")
        return self.say(id_, **arguments)


_LIST_OF_COMMANDS = " | ".join(COMMANDS)

_COMPLAINTS = [
    (re.compile(pattern, re.DOTALL), id_)
    for pattern, id_ in (
        (
            "the following arguments are required: (?P<names>.+)",
            "usage-missing",
        ),
        (
            "one of the arguments (?P<names>.+) is required",
            "usage-one-of",
        ),
        (
            "unrecognized arguments: (?P<names>.+)",
            "usage-unknown",
        ),
        (
            "argument (?P<name>.+?): not allowed with argument (?P<other>.+)",
            "usage-not-both",
        ),
        (
            "argument (?P<name>.+?): expected (?:one|at least one) argument",
            "usage-no-value",
        ),
        (
            "argument (?P<name>.+?): ignored explicit argument (?P<value>.+)",
            "usage-no-value-taken",
        ),
        (
            r"argument (?P<name>.+?): invalid choice: (?P<value>.+) "
            r"\(choose from (?P<choices>.+)\)",
            "usage-no-choice",
        ),
        (
            "argument (?P<name>.+?): (?P<complaint>.+)",
            "usage-bad-value",
        ),
    )
]
"""The sentences of `argparse`, and the messages that say the same."""


def refuse_overlaps(options: argparse.Namespace) -> None:
    """Raise `OutputIsInputError` where an output of a command is one of its inputs.

    Files that are read later (those that a rule file extends, those of a folder) are known only
    when they have been read; `output_files` looks at them again before it puts a file in place.
    """
    for name in options.outputs:
        output = getattr(options, name)
        if output is not None:
            refuse_overlap(output, _named(options, options.inputs))


def refuse_overlap(output: Path, others: Iterable[Path | str]) -> None:
    """Raise `OutputIsInputError` where a file to write is one of some other files."""
    for other in others:
        if _same(output, Path(other)):
            raise OutputIsInputError(output)


def _named(options: argparse.Namespace, names: Iterable[str]) -> Iterator[Path]:
    """Yield the files that the arguments of these names lead to."""
    for name in names:
        value = getattr(options, name)
        # An argument that may be repeated is a list, and one that is left out is None.
        values = value
        if not isinstance(value, list):
            values = [value]
        for path in values:
            if path is not None:
                yield Path(path)


def _same(one: Path, other: Path) -> bool:
    """Whether two paths lead to one file, by whatever links, or would."""
    if is_file(one) and is_file(other):
        return os.path.samefile(one, other)
    # Of two files that are not there yet the paths are compared, with all links followed. A file
    # and something else (a folder, a device, nothing) are two things.
    if one.exists() or other.exists():
        return False
    return os.path.realpath(one) == os.path.realpath(other)
