"""`cchc-rules verify`: a report held against itself and, where they are given, against its rules
and submission.
"""

import argparse
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from cchc_rules.base.calendar import iso_date
from cchc_rules.base.messages import languages, message
from cchc_rules.base.messages import number as say_number
from cchc_rules.base.problem import Problem, ReportError, quoted
from cchc_rules.cli.commands.score import rules_for
from cchc_rules.cli.console import DONE, Parser, guarded
from cchc_rules.report.printing import load_report, print_report
from cchc_rules.report.score import score
from cchc_rules.report.verify import Difference, NoReportError, differences
from cchc_rules.rules.load import load_rules
from cchc_rules.submissions.binding import load_measurements

DIFFERS = 1


def add(command: Parser) -> None:
    """Declare the arguments."""
    command.add_argument("report", type=Path, help=command.say("verify-report"))
    command.add_argument("--rules", metavar="FILE|ID", help=command.say("verify-rules"))
    command.add_argument(
        "--measurements",
        type=Path,
        metavar="FILE",
        help=command.say("verify-measurements"),
    )


def run(options: argparse.Namespace, lang: str) -> int:
    """Print every place where the report does not hold; return the exit code."""
    return guarded(lambda: _verify(options, lang), lang)


def _verify(options: argparse.Namespace, lang: str) -> int:
    report = load_report(options.report)
    found = [*_recounted(report, options.report), *_rescored(report, options)]
    for one in found:
        said = quoted(one.said, 200)
        wanted = quoted(one.found, 200)
        print(
            message(
                lang,
                "cli.verify-differs",
                path=quoted(one.path, 200),
                said=said,
                found=wanted,
            )
        )
    index = say_number(lang, quoted(report["index"]["value"]))
    places = {
        "rules": str(len(report["rules"])),
        "index": index,
        "count": str(len(found)),
    }
    print(
        message(lang, "cli.verify-count" if found else "cli.verify-verified", **places)
    )
    return DIFFERS if found else DONE


def _recounted(report: dict[str, Any], path: Path) -> list[Difference]:
    try:
        return differences(report)
    except NoReportError as error:
        raise ReportError(
            [Problem("not-recomputable", (), {"why": quoted(error, 200)}, str(path))]
        ) from None


def _rescored(
    report: dict[str, Any], options: argparse.Namespace
) -> Iterator[Difference]:
    """Yield where scoring the submission again gives another report; with rules alone, where their
    hashes differ.
    """
    if options.measurements is not None:
        rules = rules_for(options.measurements, options.rules)
        day = report["as_of"]
        fresh = score(
            rules,
            load_measurements(options.measurements, rules, as_of=iso_date(day)),
            as_of=day,
        )
        document = fresh.to_dict(
            report["language"] if report["language"] in languages() else None
        )
        yield from _apart("", report, document)
        said, found = (
            sha256(data).hexdigest()
            for data in (options.report.read_bytes(), print_report(document).encode())
        )
        yield from _apart("SHA-256", said, found)
    elif options.rules is not None:
        files = [
            {"name": file.name, "sha256": file.sha256}
            for file in load_rules(options.rules).files
        ]
        yield from _apart("ruleset.files", report["ruleset"]["files"], files)


def _apart(path: str, said: Any, found: Any) -> Iterator[Difference]:
    """Yield where two documents differ."""
    if isinstance(said, dict) and isinstance(found, dict):
        for key in {**found, **said}:
            yield from _apart(
                f"{path}.{key}" if path else str(key), said.get(key), found.get(key)
            )
    elif isinstance(said, list) and isinstance(found, list) and len(said) == len(found):
        for at, (left, right) in enumerate(zip(said, found, strict=True)):
            yield from _apart(f"{path}[{at}]", left, right)
    elif said != found or type(said) is not type(found):
        yield Difference(path, said, found)
