"""`cchc-rules check`: every problem of rule files, for people and for machines."""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

from cchc_rules.base.messages import message
from cchc_rules.base.problem import Problem
from cchc_rules.base.text import readable_name
from cchc_rules.cli.console import (
    DONE,
    RULES_REFUSED,
    Parser,
    guarded,
    print_problems,
    put,
)
from cchc_rules.rules.load import problems_of

FOR_MACHINES = ("json", "sarif", "github")


def add(command: Parser) -> None:
    """Declare the arguments."""
    command.add_argument(
        "rules", nargs="+", metavar="FILE|ID", help=command.say("check-rules")
    )
    command.add_argument(
        "--layout", action="store_true", help=command.say("check-layout")
    )
    command.add_argument(
        "--format",
        choices=("text", *FOR_MACHINES),
        default="text",
        help=command.say("check-format"),
    )
    command.add_argument(
        "--output", type=Path, metavar="FILE", help=command.say("output")
    )


def run(options: argparse.Namespace, lang: str) -> int:
    """Say every problem of each rule file; warnings alone do not refuse it."""
    return guarded(lambda: _check(options, lang), lang, options.output)


def _check(options: argparse.Namespace, lang: str) -> int:
    checked = {
        readable_name(Path(source)): _problems(source, layout=options.layout)
        for source in options.rules
    }
    if options.format == "text":
        _tell(checked, options.output, lang)
    else:
        _show(checked, options, lang)
    errors = any(
        not problem.warning for problems in checked.values() for problem in problems
    )
    return RULES_REFUSED if errors else DONE


def _problems(source: str, *, layout: bool) -> tuple[Problem, ...]:
    problems = problems_of(source)
    if not layout:
        return problems
    from cchc_rules.rules.layout.tidy import layout_problems  # noqa: PLC0415 - only for those who ask for it

    return (*problems, *(one for one in layout_problems(source) if one not in problems))


def _tell(
    checked: Mapping[str, Sequence[Problem]], output: Path | None, lang: str
) -> None:
    """Say the problems and then the outcome of each file; a file for the output gets all of it."""
    if output is None:
        for source, problems in checked.items():
            print_problems(problems, lang)
            print(_outcome(source, problems, lang))
        return
    told = (
        [
            *(problem.text(lang) for problem in problems),
            _outcome(source, problems, lang),
        ]
        for source, problems in checked.items()
    )
    put("".join(f"{line}\n" for lines in told for line in lines), output)


def _outcome(source: str, problems: Sequence[Problem], lang: str) -> str:
    errors = sum(not problem.warning for problem in problems)
    counts = {"errors": str(errors), "warnings": str(len(problems) - errors)}
    return message(
        lang, "cli.checked" if errors else "cli.check-passed", source=source, **counts
    )


def _show(
    checked: Mapping[str, Sequence[Problem]], options: argparse.Namespace, lang: str
) -> None:
    from cchc_rules.render.check_findings import render  # noqa: PLC0415
    from cchc_rules.report.check_findings import findings  # noqa: PLC0415 - only for machines

    put(render(findings(checked, lang), options.format), options.output)
    if options.format == "github" and options.output is None:
        for source, problems in checked.items():
            print(_outcome(source, problems, lang))
