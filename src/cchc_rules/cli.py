"""The command line: arguments in, exit code out; the only place that prints or exits."""

import argparse
import io
import os
import shutil
import sys
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, NoReturn, cast

from cchc_rules import number
from cchc_rules.calendar import iso_date
from cchc_rules.load import load_rules, packaged, problems_of
from cchc_rules.measure import load_measurements
from cchc_rules.model import RuleSet
from cchc_rules.problem import DEFAULT_LANGUAGE, CchcError, Problem, RulesError, SubmissionError
from cchc_rules.render import FORMATS, render
from cchc_rules.report import Report
from cchc_rules.score import score
from cchc_rules.submission import named_ruleset
from cchc_rules.words import languages, message

SCORED, BELOW, USAGE, RULES_REFUSED, SUBMISSION_REFUSED = range(5)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0 done, 1 below --fail-under, 2 usage, 3 or 4 refused."""
    _utf8()
    lang = _language(sys.argv[1:] if arguments is None else arguments)
    try:
        options = _parser(lang).parse_args(arguments)
        return int(options.run(options, lang))
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else USAGE
    except BrokenPipeError:
        sys.stdout = io.StringIO()
        return SCORED


def _utf8() -> None:
    """Vietnamese must survive a Windows console and a pipe."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")


def _language(arguments: Sequence[str]) -> str:
    """Return the language asked for, before the arguments are parsed, so that help and usage errors speak it too."""
    for at, argument in enumerate(arguments):
        given = argument.partition("=")[2] if argument.startswith("--lang=") else ""
        given = arguments[at + 1] if argument == "--lang" and at + 1 < len(arguments) else given
        if given in languages():
            return given
    return DEFAULT_LANGUAGE


class _Parser(argparse.ArgumentParser):
    """An argument parser whose headings and options speak one language."""

    def __init__(self, *args: Any, lang: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs, add_help=False, allow_abbrev=False)  # type: ignore[misc]
        self.lang = lang
        self._positionals.title = self.say("arguments")
        self._optionals.title = self.say("options")
        self.add_argument("-h", "--help", action="help", help=self.say("help"))
        self.add_argument("--lang", choices=languages(), default=argparse.SUPPRESS, help=self.say("lang"))

    def say(self, id_: str, **places: str) -> str:
        return message(self.lang, f"cli.{id_}", **places)

    def format_usage(self) -> str:
        return super().format_usage().replace("usage:", self.say("usage"), 1)

    def format_help(self) -> str:
        return super().format_help().replace("usage:", self.say("usage"), 1)

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(USAGE, self.say("wrong-usage", complaint=message) + "\n")


def _parser(lang: str) -> _Parser:
    make = partial(_Parser, lang=lang)
    parser = make("cchc-rules")
    parser.description, parser.epilog = parser.say("about"), parser.say("exit-codes")
    parser.set_defaults(lang=None)
    commands = parser.add_subparsers(
        title=parser.say("commands"), required=True, metavar="score | check", parser_class=cast(type[_Parser], make)
    )
    for name, add_to, run in (("score", _add_score, _score), ("check", _add_check, _check)):
        command = commands.add_parser(name, help=parser.say(name), description=parser.say(name))
        add_to(command)
        command.set_defaults(run=run)
    return parser


def _add_score(command: _Parser) -> None:
    command.add_argument("measurements", type=Path, help=command.say("measurements"))
    command.add_argument("--rules", metavar="FILE|ID", help=command.say("rules"))
    command.add_argument("--as-of", type=_date, metavar="YYYY-MM-DD", help=command.say("as-of"))
    command.add_argument("--format", choices=FORMATS, default="text", help=command.say("format"))
    command.add_argument("--output", type=Path, metavar="FILE", help=command.say("output"))
    command.add_argument("--fail-under", type=_number, metavar="N", help=command.say("fail-under"))


def _add_check(command: _Parser) -> None:
    command.add_argument("rules", nargs="+", metavar="FILE|ID", help=command.say("check-rules"))


def _date(text: str) -> date:
    day = iso_date(text)
    if day is None:
        raise argparse.ArgumentTypeError(f"{text!r}: YYYY-MM-DD")
    return day


def _number(text: str) -> Decimal:
    try:
        number.parse(text)
    except number.NotANumberError:
        raise argparse.ArgumentTypeError(f"{text!r}: 80 | 79.5") from None
    return Decimal(text)


def _score(options: argparse.Namespace, lang: str) -> int:
    try:
        rules = _rules_for(options)
        report = score(rules, load_measurements(options.measurements, rules, as_of=options.as_of), as_of=options.as_of)
        _show(report, options)
    except RulesError as error:
        return _refuse(error, lang, RULES_REFUSED)
    except SubmissionError as error:
        return _refuse(error, lang, SUBMISSION_REFUSED)
    except BrokenPipeError:
        raise
    except OSError as error:
        return _unwritable(error, options.output, lang)
    below = options.fail_under is not None and report.index.value < options.fail_under
    return BELOW if below else SCORED


def _rules_for(options: argparse.Namespace) -> RuleSet:
    """Return the rule set that the options or else the submission names."""
    if options.rules:
        return load_rules(options.rules)
    name = named_ruleset(options.measurements)
    if name not in packaged():
        beside = options.measurements.parent / f"{name}.toml"
        return load_rules(beside if beside.is_file() else name)
    return load_rules(name)


def _show(report: Report, options: argparse.Namespace) -> None:
    document = report.to_dict(options.lang)
    if options.output:
        text = render(document, options.format)
        options.output.write_text(text, encoding="utf-8", newline="\n")
        return
    width = shutil.get_terminal_size((100, 24)).columns if sys.stdout.isatty() else 100
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    sys.stdout.write(render(document, options.format, width=max(40, min(width, 120)), colour=colour))


def _check(options: argparse.Namespace, lang: str) -> int:
    """Print every problem of each rule file; warnings alone do not refuse it."""
    refused = False
    for source in options.rules:
        problems = problems_of(source)
        _print_problems(problems, lang)
        errors = sum(not problem.warning for problem in problems)
        refused = refused or bool(errors)
        counts = {"errors": str(errors), "warnings": str(len(problems) - errors)}
        print(message(lang, "cli.checked" if errors else "cli.check-passed", source=str(source), **counts))
    return RULES_REFUSED if refused else SCORED


def _print_problems(problems: Sequence[Problem], lang: str) -> None:
    for problem in problems:
        print(problem.text(lang), file=sys.stderr)


def _refuse(error: CchcError, lang: str, code: int) -> int:
    _print_problems(error.problems, lang)
    summary = "cli.rules-refused" if code == RULES_REFUSED else "cli.submission-refused"
    print(message(lang, summary, count=str(len(error.problems))), file=sys.stderr)
    return code


def _unwritable(error: OSError, path: Path | None, lang: str) -> int:
    places = {"path": str(path or "-"), "reason": error.strerror or str(error)}
    print(message(lang, "cli.unwritable", **places), file=sys.stderr)
    return USAGE
