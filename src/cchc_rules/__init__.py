"""Scores a public plan's targets exactly, and explains every lost point.

from cchc_rules import load_rules, load_measurements, score

rules = load_rules("cam-due-2023")
report = score(rules, load_measurements("measurements.json", rules))
print(report.index, report.band.title.vi if report.band else "")
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from cchc_rules.dump import dump_rules, load_report, parse_report, print_report
from cchc_rules.load import load_rules, parse_rules
from cchc_rules.measure import load_measurements
from cchc_rules.model import RuleSet
from cchc_rules.problem import CchcError, Problem, ReportError, RulesError, SubmissionError
from cchc_rules.ranking import Move, Ranked, moves, rank
from cchc_rules.report import Index, Report, RuleRecord
from cchc_rules.score import score
from cchc_rules.source import packaged
from cchc_rules.state import Effect, Reason, State
from cchc_rules.submission import Measurements, dump_measurements

if TYPE_CHECKING:
    from cchc_rules.comparing.sides import Comparison, compare
    from cchc_rules.comparing.track import compare_track
    from cchc_rules.province.ranks import rank_table
    from cchc_rules.robustness.study import Sensitivity, sensitivity
    from cchc_rules.table.score import Scores, score_table
    from cchc_rules.table.weightings import score_weightings
    from cchc_rules.whatif.document import Mending
    from cchc_rules.whatif.mend import plan_to

__all__ = [
    "CchcError",
    "Comparison",
    "Effect",
    "Index",
    "Measurements",
    "Mending",
    "Move",
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
    "packaged",
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

_WHEN_USED = {
    "Comparison": "comparing.sides",
    "Mending": "whatif.document",
    "Scores": "table.score",
    "Sensitivity": "robustness.study",
    "compare": "comparing.sides",
    "compare_track": "comparing.track",
    "plan_to": "whatif.mend",
    "rank_table": "province.ranks",
    "score_table": "table.score",
    "score_weightings": "table.weightings",
    "sensitivity": "robustness.study",
}
"""Where names are found that scoring has no need of: their modules are loaded when they are first asked for."""


def __getattr__(name: str) -> Any:
    """Return a name whose module is loaded when it is used."""
    if name not in _WHEN_USED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_WHEN_USED[name]}"), name)
