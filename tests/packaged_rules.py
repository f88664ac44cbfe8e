"""The rule sets of the package, each loaded once in a process: tests that only score by one share it.

A rule set cannot be changed, and to load that of the plan, and to say its fixed words, takes longer than to score.
"""

from functools import cache

from cchc_rules import RuleSet, load_rules


@cache
def packaged(id_: str) -> RuleSet:
    """A packaged rule set."""
    return load_rules(id_)
