"""Scores a public plan's targets exactly, and explains every lost point.

from cchc_rules import load_rules, load_measurements, score

rules = load_rules("cam-due-2023")
report = score(rules, load_measurements("measurements.json", rules))
print(report.index, report.band.title.vi if report.band else "")
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cchc_rules.analysis.comparison.compare import Comparison, compare
    from cchc_rules.analysis.comparison.compare_track import compare_track
    from cchc_rules.analysis.sensitivity.sensitivity import Sensitivity, sensitivity
    from cchc_rules.analysis.what_if.plan_document import Plan
    from cchc_rules.analysis.what_if.plan_to import plan_to
    from cchc_rules.base.problem import (
        CchcError,
        Problem,
        ReportError,
        RulesError,
        SubmissionError,
    )
    from cchc_rules.base.state import Effect, Reason, State
    from cchc_rules.report.printing import (
        dump_rules,
        load_report,
        parse_report,
        print_report,
    )
    from cchc_rules.report.ranking import Move, Ranked, moves, rank
    from cchc_rules.report.report import Index, Report, RuleRecord
    from cchc_rules.report.score import score
    from cchc_rules.rules.load import load_rules, parse_rules
    from cchc_rules.rules.model import RuleSet
    from cchc_rules.rules.source import packaged_rule_sets
    from cchc_rules.submissions.binding import load_measurements
    from cchc_rules.submissions.submission import Measurements, dump_measurements
    from cchc_rules.tables.province.rank_table import rank_table
    from cchc_rules.tables.score_table import Scores, score_table
    from cchc_rules.tables.weightings import score_weightings

__all__ = [
    "CchcError",
    "Comparison",
    "Effect",
    "Index",
    "Measurements",
    "Move",
    "Plan",
    "Problem",
    "Ranked",
    "Reason",
    "Report",
    "ReportError",
    "RuleRecord",
    "RuleSet",
    "RulesError",
    "Scores",
    "Sensitivity",
    "State",
    "SubmissionError",
    "compare",
    "compare_track",
    "dump_measurements",
    "dump_rules",
    "load_measurements",
    "load_report",
    "load_rules",
    "moves",
    "packaged_rule_sets",
    "parse_report",
    "parse_rules",
    "plan_to",
    "print_report",
    "rank",
    "rank_table",
    "score",
    "score_table",
    "score_weightings",
    "sensitivity",
]

_MODULES = {
    "CchcError": "cchc_rules.base.problem",
    "Comparison": "cchc_rules.analysis.comparison.compare",
    "Effect": "cchc_rules.base.state",
    "Index": "cchc_rules.report.report",
    "Measurements": "cchc_rules.submissions.submission",
    "Move": "cchc_rules.report.ranking",
    "Plan": "cchc_rules.analysis.what_if.plan_document",
    "Problem": "cchc_rules.base.problem",
    "Ranked": "cchc_rules.report.ranking",
    "Reason": "cchc_rules.base.state",
    "Report": "cchc_rules.report.report",
    "ReportError": "cchc_rules.base.problem",
    "RuleRecord": "cchc_rules.report.report",
    "RuleSet": "cchc_rules.rules.model",
    "RulesError": "cchc_rules.base.problem",
    "Scores": "cchc_rules.tables.score_table",
    "Sensitivity": "cchc_rules.analysis.sensitivity.sensitivity",
    "State": "cchc_rules.base.state",
    "SubmissionError": "cchc_rules.base.problem",
    "compare": "cchc_rules.analysis.comparison.compare",
    "compare_track": "cchc_rules.analysis.comparison.compare_track",
    "dump_measurements": "cchc_rules.submissions.submission",
    "dump_rules": "cchc_rules.report.printing",
    "load_measurements": "cchc_rules.submissions.binding",
    "load_report": "cchc_rules.report.printing",
    "load_rules": "cchc_rules.rules.load",
    "moves": "cchc_rules.report.ranking",
    "packaged_rule_sets": "cchc_rules.rules.source",
    "parse_report": "cchc_rules.report.printing",
    "parse_rules": "cchc_rules.rules.load",
    "plan_to": "cchc_rules.analysis.what_if.plan_to",
    "print_report": "cchc_rules.report.printing",
    "rank": "cchc_rules.report.ranking",
    "rank_table": "cchc_rules.tables.province.rank_table",
    "score": "cchc_rules.report.score",
    "score_table": "cchc_rules.tables.score_table",
    "score_weightings": "cchc_rules.tables.weightings",
    "sensitivity": "cchc_rules.analysis.sensitivity.sensitivity",
}
"""Where each public name is defined.

A module is loaded when one of its names is first asked for, so that a command loads only what it
uses: nothing but the words for its help, no tables to score a single submission.
"""


def __getattr__(name: str) -> Any:
    """Return a public name, and keep it here so that it is looked for once."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_MODULES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return every public name, those too whose modules are not loaded yet."""
    return sorted({*globals(), *__all__})
