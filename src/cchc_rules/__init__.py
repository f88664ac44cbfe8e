"""Scores a public plan's targets exactly, and explains every lost point.

from cchc_rules import load_rules, load_measurements, score

rules = load_rules("cam-due-2023")
report = score(rules, load_measurements("measurements.json", rules))
print(report.index, report.band.title.vi if report.band else "")
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from cchc_rules.dump import dump_rules, load_report, parse_report, print_report
from cchc_rules.load import load_rules, packaged, parse_rules
from cchc_rules.measure import load_measurements
from cchc_rules.model import RuleSet
from cchc_rules.problem import CchcError, Problem, ReportError, RulesError, SubmissionError
from cchc_rules.ranking import Ranked, rank
from cchc_rules.report import Index, Report, RuleRecord
from cchc_rules.score import score
from cchc_rules.state import Effect, Reason, State
from cchc_rules.submission import Measurements, dump_measurements

if TYPE_CHECKING:
    from cchc_rules.mend import plan_to
    from cchc_rules.mending import Mending

__all__ = [
    "CchcError",
    "Effect",
    "Index",
    "Measurements",
    "Mending",
    "Problem",
    "Ranked",
    "Reason",
    "Report",
    "ReportError",
    "RuleRecord",
    "RuleSet",
    "RulesError",
    "State",
    "SubmissionError",
    "dump_measurements",
    "dump_rules",
    "load_measurements",
    "load_report",
    "load_rules",
    "packaged",
    "parse_report",
    "parse_rules",
    "plan_to",
    "print_report",
    "rank",
    "score",
]

_LATER = {"Mending": "mending", "plan_to": "mend"}
"""What is loaded when it is first asked for, and the module it stands in."""


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
