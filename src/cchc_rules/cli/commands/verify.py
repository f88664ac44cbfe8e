"""`cchc-rules verify`: a report held against itself and, where they are given, against its rules
and submission.
"""

import argparse
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from cchc_rules.base.messages import Figures, message
from cchc_rules.base.messages import date as say_day
from cchc_rules.base.problem import Problem, ReportError, quoted
from cchc_rules.base.text import readable_name
from cchc_rules.cli.arguments import Parser
from cchc_rules.cli.commands.score import print_doubts, rules_for
from cchc_rules.cli.console import DONE, say
from cchc_rules.report.against_files import against_rules, against_submission, apart
from cchc_rules.report.printing import load_report, print_report
from cchc_rules.report.verify import Difference, NoReportError, differences
from cchc_rules.rules.load import load_rules
from cchc_rules.submissions.binding import load_measurements

DIFFERS = 1
"""The exit code for a report that does not hold; Unix has the same where two files differ."""


def add(command: Parser) -> None:
    """Declare the arguments."""
    command.add_input("report", "verify-report")
    command.add_rules("--rules", "verify-rules")
    command.add_input("--measurements", "verify-measurements", metavar="FILE")
    command.add_day("--as-of", "verify-as-of")


def run(options: argparse.Namespace, lang: str) -> int:
    """Print every place where the report does not hold; return the exit code.

    A report is always held against itself, and against its rules and its submission where they are
    given. What was proved is said last, since the three ways prove different things.
    """
    report = load_report(options.report)
    proof = _Proof(report, options, lang)
    for difference in proof.differences:
        arguments = {
            "path": quoted(difference.path, 200),
            "said": quoted(difference.said, 200),
            "found": quoted(difference.found, 200),
        }
        say(message(lang, "cli.verify-differs", **arguments))
    counts = {
        "rules": Figures(len(report["rules"])),
        "index": Figures(quoted(report["index"]["value"])),
        "count": Figures(len(proof.differences)),
    }
    if proof.differences:
        say(message(lang, "cli.verify-count", **counts))
        if proof.another_day is not None:
            say(message(lang, "cli.verify-another-day", **proof.another_day))
        return DIFFERS
    id_ = "cli.verify-no-index"
    if report["index"]["value"] is not None:
        id_ = "cli.verify-verified"
    say(message(lang, id_, **counts))
    say(proof.sentence)
    return DONE


class _Proof:
    """What one run has held a report against, what differed, and what to say of it."""

    def __init__(
        self,
        report: dict[str, Any],
        options: argparse.Namespace,
        lang: str,
    ) -> None:
        self.report = report
        self.options = options
        self.lang = lang
        self.another_day: dict[str, str] | None = None
        self.differences = self._with_itself()
        self.sentence = message(lang, "cli.verify-alone")
        if options.measurements is not None:
            self.differences += self._with_submission(options.measurements)
        elif options.rules is not None:
            self.differences += self._with_rules(options.rules)

    def _with_itself(self) -> list[Difference]:
        """Recompute the report from its own figures and expressions."""
        try:
            return differences(self.report)
        except NoReportError as error:
            arguments = {"why": quoted(error.said(self.lang), 200)}
            name = readable_name(self.options.report)
            problem = Problem("not-recomputable", (), arguments, name)
            raise ReportError([problem]) from None

    def _with_rules(self, named: str) -> list[Difference]:
        """Hold what the report says of its rules against the rule file."""
        rules = load_rules(named)
        self.sentence = message(
            self.lang,
            "cli.verify-by-rules",
            rules=quoted(named, 200),
            day=say_day(self.lang, date.fromisoformat(self.report["as_of"])),
        )
        return [*against_rules(self.report, rules)]

    def _with_submission(self, path: Path) -> list[Difference]:
        """Score the submission again, at its own day unless the reader names another."""
        rules = rules_for(path, self.options.rules)
        # Read twice: the first time tells the submission's own day, which decides what binds it.
        day: date = self.options.as_of or load_measurements(path, rules).judged_at
        measurements = load_measurements(path, rules, as_of=day)
        print_doubts(measurements, rules, day, self.options.lang)
        found, true = against_submission(self.report, rules, measurements, day)
        days = {
            "day": say_day(self.lang, day),
            "reported": say_day(self.lang, date.fromisoformat(self.report["as_of"])),
            "own": say_day(self.lang, measurements.judged_at),
            "iso": self.report["as_of"],
        }
        # Judged on another day a report differs in many places for one reason: that is said.
        if self.report["as_of"] != true["as_of"]:
            self.another_day = days
            return found
        self.sentence = message(
            self.lang,
            "cli.verify-by-both",
            rules=quoted(self.options.rules or rules.id, 200),
            measurements=readable_name(path),
            **days,
        )
        # All values may be the same, and the bytes not: a report has one form.
        written = sha256(self.options.report.read_bytes()).hexdigest()
        printed = sha256(print_report(true).encode()).hexdigest()
        return [*found, *apart("SHA-256", written, printed)]
