"""Scores a public plan's targets exactly, and explains every lost point.

from cchc_rules import load_rules, load_measurements, score

rules = load_rules("cam-due-2023")
report = score(rules, load_measurements("measurements.json", rules))
print(report.index, report.band.title.vi if report.band else "")
"""

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

__all__ = [
    "CchcError",
    "Effect",
    "Index",
    "Measurements",
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
    "print_report",
    "rank",
    "score",
]
