"""`cchc-rules verify`: a report held against itself and, where they are given, against its rules
and submission.
"""

import argparse
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from cchc_rules.base.calendar import iso_date
from cchc_rules.base.messages import Figures, languages, message
from cchc_rules.base.problem import Problem, ReportError, quoted
from cchc_rules.base.text import readable_name
from cchc_rules.cli.arguments import Parser
from cchc_rules.cli.commands.score import rules_for
from cchc_rules.cli.console import DONE, say
from cchc_rules.report.printing import load_report, print_report
from cchc_rules.report.score import score
from cchc_rules.report.verify import Difference, NoReportError, differences
from cchc_rules.rules.load import load_rules
from cchc_rules.submissions.binding import load_measurements

DIFFERS = 1


def add(command: Parser) -> None:
    """Declare the arguments."""
    command.add_input("report", "verify-report")
    command.add_rules("--rules", "verify-rules")
    command.add_input("--measurements", "verify-measurements", metavar="FILE")


def run(options: argparse.Namespace, lang: str) -> int:
    """Print every place where the report does not hold; return the exit code."""
    report = load_report(options.report)
    _refuse_unread(report, options.report)
    apart = [*_recounted(report, options.report), *_rescored(report, options)]
    for difference in apart:
        arguments = {
            "path": quoted(difference.path, 200),
            "said": quoted(difference.said, 200),
            "found": quoted(difference.found, 200),
        }
        say(message(lang, "cli.verify-differs", **arguments))
    counts = {
        "rules": Figures(len(report["rules"])),
        "index": Figures(quoted(report["index"]["value"])),
        "count": Figures(len(apart)),
    }
    id_ = "cli.verify-count" if apart else "cli.verify-verified"
    say(message(lang, id_, **counts))
    return DIFFERS if apart else DONE


def _refuse_unread(report: Mapping[str, Any], path: Path) -> None:
    """Raise `ReportError` where what this command itself reads of a report is not of its kind."""
    as_of = report["as_of"]
    ruleset = report["ruleset"]
    faults = []
    if not isinstance(as_of, str) or iso_date(as_of) is None:
        faults.append("as_of")
    if report.get("language") not in languages():
        faults.append("language")
    if not isinstance(ruleset, Mapping) or not isinstance(ruleset.get("files"), list):
        faults.append("ruleset.files")
    if not isinstance(report["index"], Mapping) or "value" not in report["index"]:
        faults.append("index.value")
    if not isinstance(report["rules"], list):
        faults.append("rules")
    if faults:
        name = readable_name(path)
        raise ReportError(
            Problem("report-broken", (), {"what": fault}, name) for fault in faults
        )


def _recounted(report: dict[str, Any], path: Path) -> list[Difference]:
    try:
        return differences(report)
    except NoReportError as error:
        arguments = {"why": quoted(error, 200)}
        problem = Problem("not-recomputable", (), arguments, readable_name(path))
        raise ReportError([problem]) from None


def _rescored(
    report: dict[str, Any], options: argparse.Namespace
) -> Iterator[Difference]:
    """Yield where scoring the submission again gives another report.

    With rules alone, yield where their hashes differ.
    """
    if options.measurements is not None:
        rules = rules_for(options.measurements, options.rules)
        day = iso_date(report["as_of"])
        measurements = load_measurements(options.measurements, rules, as_of=day)
        document = score(rules, measurements, as_of=day).to_dict(report["language"])
        yield from _apart("", report, document)
        written = sha256(options.report.read_bytes()).hexdigest()
        printed = sha256(print_report(document).encode()).hexdigest()
        yield from _apart("SHA-256", written, printed)
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
            inside = f"{path}.{key}" if path else str(key)
            yield from _apart(inside, said.get(key), found.get(key))
    elif isinstance(said, list) and isinstance(found, list) and len(said) == len(found):
        for position, (left, right) in enumerate(zip(said, found, strict=True)):
            yield from _apart(f"{path}[{position}]", left, right)
    elif said != found or type(said) is not type(found):
        yield Difference(path, said, found)
