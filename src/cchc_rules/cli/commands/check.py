"""`cchc-rules check`: every problem of rule files, for people and for machines."""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

from cchc_rules.base.messages import Figures, message
from cchc_rules.base.problem import Problem, quoted
from cchc_rules.base.text import readable_name
from cchc_rules.cli.arguments import Parser
from cchc_rules.cli.console import DONE, RULES_REFUSED, print_problems, put, say
from cchc_rules.rules.load import problems_of, silence_problems

FOR_MACHINES = ("json", "sarif", "github")
"""Forms that other programs read: `github` marks the lines of a change under review."""


def add(command: Parser) -> None:
    """Declare the arguments."""
    command.add_rules("rules", "check-rules", nargs="+")
    command.add_argument(
        "--layout",
        action="store_true",
        help=command.say("check-layout"),
    )
    command.add_argument(
        "--silence",
        action="store_true",
        help=command.say("check-silence"),
    )
    command.add_format(("text", *FOR_MACHINES))
    command.add_output()


def run(options: argparse.Namespace, lang: str) -> int:
    """Say every problem of each rule file; warnings alone do not refuse it.

    Returns the exit code, that of a refusal if any file has an error.
    """
    # One bad file does not keep the others from being checked.
    problems_by_source = {
        readable_name(Path(source)): _problems(
            source, layout=options.layout, silence=options.silence
        )
        for source in options.rules
    }
    if options.format == "text":
        _tell(problems_by_source, options.output, lang)
    else:
        _show(problems_by_source, options, lang)
    for problems in problems_by_source.values():
        if not all(problem.warning for problem in problems):
            return RULES_REFUSED
    return DONE


def _problems(source: str, *, layout: bool, silence: bool) -> tuple[Problem, ...]:
    """Return the problems of a rule file, those of its layout and of silence among them if they are
    asked for.
    """
    problems = problems_of(source)
    if silence:
        problems = (*problems, *silence_problems(source))
    if not layout:
        return problems
    from cchc_rules.rules.layout.tidy import layout_problems  # noqa: PLC0415 - only for those who ask for it

    # A file that cannot be read at all has the same problem for both.
    further = [
        problem for problem in layout_problems(source) if problem not in problems
    ]
    return (*problems, *further)


def _tell(
    problems_by_source: Mapping[str, Sequence[Problem]],
    output: Path | None,
    lang: str,
) -> None:
    """Say the problems of each file, then how it stands; a file for the output gets all of it."""
    if output is None:
        for source, problems in problems_by_source.items():
            print_problems(problems, lang)
            say(_verdict(source, problems, lang))
        return
    lines = []
    for source, problems in problems_by_source.items():
        lines += [problem.text(lang) for problem in problems]
        lines.append(_verdict(source, problems, lang))
    put("".join(f"{line}\n" for line in lines), output)


def _verdict(
    source: str,
    problems: Sequence[Problem],
    lang: str,
) -> str:
    """Return the line that says whether a file passes, and with how many errors and warnings."""
    warnings = sum(problem.warning for problem in problems)
    errors = len(problems) - warnings
    id_ = "cli.check-passed"
    if errors:
        id_ = "cli.checked"
    return message(
        lang,
        id_,
        source=quoted(source, 200),
        errors=Figures(errors),
        warnings=Figures(warnings),
    )


def _show(
    problems_by_source: Mapping[str, Sequence[Problem]],
    options: argparse.Namespace,
    lang: str,
) -> None:
    from cchc_rules.render.check_findings import render  # noqa: PLC0415
    from cchc_rules.report.check_findings import findings  # noqa: PLC0415 - only for machines

    document = findings(problems_by_source, lang)
    put(render(document, options.format), options.output)
    # The lines for GitHub are read by its log, where people see the verdict as well.
    if options.format == "github" and options.output is None:
        for source, problems in problems_by_source.items():
            say(_verdict(source, problems, lang))
