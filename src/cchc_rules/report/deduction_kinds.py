"""What the kind of a rule's deduction means, for readers of a report's document.

A document names the kind of each rule. Views and comparisons ask here what follows from it, so that
none of them knows a kind by its name, and a new kind is told to all of them by its class.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

from cchc_rules.rules.deductions import KINDS, Deduction

RuleRecord: TypeAlias = Mapping[str, Any]
"""A rule as the document of a report has it."""

_BY_NAME: dict[str, type[Deduction]] = {kind.kind: kind for kind in KINDS}


def is_by_hand(rule: RuleRecord) -> bool:
    """Whether a person gives the points of a rule.

    >>> is_by_hand({"deduction": "manual"}), is_by_hand({"deduction": "tiers"})
    (True, False)
    """
    return _kind(rule).by_hand


def is_scored(rule: RuleRecord) -> bool:
    """Whether a rule can win or lose points; others are for information only.

    >>> is_scored({"deduction": "tiers"}), is_scored({"deduction": "none"})
    (True, False)
    """
    return _kind(rule).scored


def _kind(rule: RuleRecord) -> type[Deduction]:
    # A report of a later version may have a kind that this one does not know. It is taken for what
    # most kinds are: scored, and from figures.
    return _BY_NAME.get(rule["deduction"], Deduction)
