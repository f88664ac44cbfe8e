"""What a rule set of your own is tested with: drawn submissions, drawn rule sets, and the laws that
must hold.

    from cchc_rules import load_rules
    from cchc_rules.testing import hold

    def test_our_rules_keep_the_laws():
        hold(load_rules("our-index.toml"))

Needs hypothesis: `pip install 'cchc-rules[test]'`.
"""

from cchc_rules.testing.laws import LAWS, Law, LawBrokenError, hold
from cchc_rules.testing.rule_sets import rule_files, rule_sets
from cchc_rules.testing.submissions import submissions

__all__ = [
    "LAWS",
    "Law",
    "LawBrokenError",
    "hold",
    "rule_files",
    "rule_sets",
    "submissions",
]
