"""How far a run searches: how many examples hypothesis draws for a property, and which.

A usual run draws few, the same ones each time, so that two runs say the same. A wide run draws more of the same
sequence. The deep search and the one for new seeds draw examples that no run has tried.
"""

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

USUAL, WIDE, NEW_SEEDS, DEEP = "usual", "wide", "new seeds", "deep"
EXAMPLES = {USUAL: 15, WIDE: 30, NEW_SEEDS: 100, DEEP: 2000}
"""How many examples a property tries that does not say otherwise."""

UNHURRIED = {
    "deadline": None,
    "suppress_health_check": [
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.filter_too_much,
    ],
    "print_blob": True,
}
"""Whole rule sets take their time to draw; a failing example is printed so that it can be tried again."""


def asked_for() -> str:
    """The search that the options of the run ask for; the widest, where there are several."""
    for variable, name in (
        ("CCHC_DEEP", DEEP),
        ("CCHC_NEW_SEEDS", NEW_SEEDS),
        ("CCHC_WIDE", WIDE),
    ):
        if os.environ.get(variable) == "1":
            return name
    return USUAL


def examples(usual: int, *, wide: int | None = None, deep: int = 2000) -> int:
    """How many examples a property tries that needs other numbers than most."""
    numbers = {USUAL: usual, WIDE: wide or 2 * usual, DEEP: deep}
    return numbers.get(asked_for(), EXAMPLES[NEW_SEEDS])


def only_wide(*values: Any) -> list[Any]:
    """Values of a parametrised test that are tried in wide runs only."""
    return [pytest.param(value, marks=pytest.mark.wide) for value in values]


def load_profile() -> None:
    """Make what the run asks for the settings of every property."""
    name = asked_for()
    settings.register_profile(
        name,
        max_examples=EXAMPLES[name],
        derandomize=name in (USUAL, WIDE),
        **UNHURRIED,
    )
    settings.load_profile(name)
